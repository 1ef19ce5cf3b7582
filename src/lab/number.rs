//! Numbers → text: shortest digits that read back to the same bits for files, engineering notation for people.

/// The shortest decimal that reads back as the same f64, with an exponent where it would be long.
pub fn exact(v: f64) -> String {
    let size = v.abs();
    match v {
        v if v.is_nan() => "nan".into(),
        v if v.is_infinite() => if v > 0.0 { "inf" } else { "-inf" }.into(),
        _ if size == 0.0 || (1e-4..1e16).contains(&size) => format!("{v}"),
        _ => format!("{v:e}"),
    }
}

const PREFIXES: [(f64, &str); 11] = [
    (1e12, "T"),
    (1e9, "G"),
    (1e6, "M"),
    (1e3, "k"),
    (1.0, ""),
    (1e-3, "m"),
    (1e-6, "µ"),
    (1e-9, "n"),
    (1e-12, "p"),
    (1e-15, "f"),
    (1e-18, "a"),
];

/// The SI prefix in which `v` has one to three digits before the point: its factor and its sign.
pub fn prefix(v: f64) -> (f64, &'static str) {
    let size = v.abs() * (1.0 + 1e-9);
    match PREFIXES.iter().find(|(factor, _)| size >= *factor) {
        Some(found) => *found,
        None if size > 0.0 => (1e-18, "a"),
        None => (1.0, ""),
    }
}

/// Whether values of this unit are written with SI prefixes: its first factor is a unit to the first power that has none.
pub fn takes_prefix(unit: &str) -> bool {
    const PLAIN: [&str; 15] = ["V", "A", "S", "ohm", "Ω", "s", "Hz", "F", "H", "C", "W", "J", "K", "m", "eV"];
    PLAIN.contains(&unit.split(['/', '*', '·', ' ']).next().unwrap_or(""))
}

/// A number with `digits` significant digits and no trailing zeros.
pub fn significant(v: f64, digits: usize) -> String {
    if v == 0.0 || !v.is_finite() {
        return if v == 0.0 { "0".into() } else { exact(v) };
    }
    let scientific = format!("{:.*e}", digits.saturating_sub(1), v);
    // The exponent of the rounded number: 9.9996 to four digits is 10.00.
    let exponent = scientific.split_once('e').and_then(|(_, e)| e.parse::<i32>().ok()).unwrap_or(0);
    if !(-5..15).contains(&exponent) {
        return match scientific.split_once('e') {
            Some((mantissa, e)) => format!("{}e{e}", trim(mantissa)),
            None => scientific,
        };
    }
    let decimals = (digits as i32 - 1 - exponent).max(0) as usize;
    trim(&format!("{v:.decimals$}")).into()
}

fn trim(text: &str) -> &str {
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => text,
    }
}

/// For people: `1.234 mV`, `12.5 kohm`, `3 dB`, `0.25`; five digits.
pub fn engineering(v: f64, unit: &str) -> String {
    with_digits(v, unit, 5)
}

/// The same with three digits.
pub fn rough(v: f64, unit: &str) -> String {
    with_digits(v, unit, 3)
}

/// The same with this many digits.
pub fn with_digits(v: f64, unit: &str, digits: usize) -> String {
    if !v.is_finite() {
        return exact(v);
    }
    let text = match takes_prefix(unit) && v.abs() < 1e15 {
        true => {
            let (factor, sign) = prefix(v);
            format!("{} {sign}{unit}", significant(v / factor, digits))
        }
        false => format!("{} {unit}", significant(v, digits)),
    };
    text.trim_end().into()
}

/// A number without a unit as a netlist writes it: `0.25`, `1500`, `149.39u`, `2meg`; five digits.
pub fn scaled(v: f64) -> String {
    const SCALES: [(f64, &str); 10] = [
        (1e12, "t"),
        (1e9, "g"),
        (1e6, "meg"),
        (1.0, ""),
        (1e-3, "m"),
        (1e-6, "u"),
        (1e-9, "n"),
        (1e-12, "p"),
        (1e-15, "f"),
        (1e-18, "a"),
    ];
    let size = v.abs() * (1.0 + 1e-9);
    let plain = !(1e-2..1e6).contains(&size);
    match SCALES.iter().find(|(factor, _)| size >= *factor).filter(|_| plain && size < 1e15) {
        Some((factor, sign)) => format!("{}{sign}", significant(v / factor, 5)),
        None => significant(v, 5),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_text_reads_back_to_the_same_bits() {
        for v in [0.0, -0.0, 1.0, 0.1, 1e-15, 1.0 / 3.0, 6.02214076e23, f64::MIN_POSITIVE, 5e-324, f64::MAX, -1e16] {
            assert_eq!(exact(v).parse::<f64>().unwrap().to_bits(), v.to_bits(), "{}", exact(v));
        }
        assert_eq!(exact(1e-15), "1e-15");
        assert_eq!(exact(2.5), "2.5");
    }

    #[test]
    fn numbers_as_a_netlist_writes_them() {
        for (v, text) in [
            (0.00014939, "149.39u"),
            (2.0009e-13, "200.09f"),
            (-0.001, "-1m"),
            (0.25, "0.25"),
            (-0.01, "-0.01"),
            (54321.0, "54321"),
            (2e6, "2meg"),
            (3.3e9, "3.3g"),
            (1e20, "1e20"),
            (1e-20, "1e-20"),
            (0.0, "0"),
            (f64::NAN, "nan"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(scaled(v), text);
        }
    }

    #[test]
    fn engineering_notation() {
        for (v, unit, text) in [
            (1.2345e-3, "V", "1.2345 mV"),
            (999.999999, "A", "1 kA"),
            (1e-6, "s", "1 µs"),
            (-4.7e4, "ohm", "-47 kohm"),
            (0.0, "V", "0 V"),
            (-3.0103, "dB", "-3.0103 dB"),
            (0.25, "", "0.25"),
            (1e-30, "", "1e-30"),
            (3e-20, "A", "0.03 aA"),
            (2e17, "V", "2e17 V"),
            (2e3, "V/s", "2 kV/s"),
            (0.5, "nm", "0.5 nm"),
            (1e3, "1/s", "1000 1/s"),
            (1e-4, "m^2", "0.0001 m^2"),
        ] {
            assert_eq!(engineering(v, unit), text);
        }
    }
}

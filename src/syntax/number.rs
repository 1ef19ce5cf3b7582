//! SPICE numbers: `4.7k`, `10meg`, `100nF`, `20%` → values, and values → short text that reads back the same.

/// A number and what stood behind its digits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number<'a> {
    /// Scale factor applied, correctly rounded.
    pub value: f64,
    /// All letters after the digits: `k`, `meg`, `F`, `nF`, `%`; a pass that knows the unit warns on `1F` and `10M`.
    pub suffix: &'a str,
}

/// Scale factors by their letters, longest first. `m` is milli and `meg` mega, whatever the case.
const SCALES: [(&str, i32); 13] = [
    ("meg", 6),
    ("t", 12),
    ("g", 9),
    ("k", 3),
    ("m", -3),
    ("u", -6),
    ("µ", -6),
    ("μ", -6),
    ("n", -9),
    ("p", -12),
    ("f", -15),
    ("a", -18),
    ("%", -2),
];

const MIL: f64 = 25.4e-6;

/// Reads the whole of `text` as a number with an optional sign. None when it is not a number, is not finite, or goes on
/// after its letters (`1k5`: 1.5k to some programs and 1k to others).
pub fn parse(text: &str) -> Option<Number<'_>> {
    let digits = mantissa(text)?;
    let suffix = &text[digits..];
    if !(suffix == "%" || suffix.chars().all(is_unit)) {
        return None;
    }
    let plain = text[..digits].parse::<f64>().ok()?;
    let value = match scale(suffix) {
        Scale::One => plain,
        Scale::Mil => plain * MIL,
        Scale::Ten(power) => shifted(&text[..digits], power)?,
    };
    value.is_finite().then_some(Number { value, suffix })
}

/// A letter that may stand in a unit.
fn is_unit(c: char) -> bool {
    c.is_ascii_alphabetic() || matches!(c, 'µ' | 'μ' | '\u{3A9}' | '\u{2126}' | '°')
}

/// Bytes of sign, digits and exponent at the start of `text`.
fn mantissa(text: &str) -> Option<usize> {
    let b = text.as_bytes();
    let run = |mut i: usize| {
        while b.get(i).is_some_and(u8::is_ascii_digit) {
            i += 1;
        }
        i
    };
    let start = usize::from(matches!(b.first(), Some(b'+' | b'-')));
    let whole = run(start);
    let end = if b.get(whole) == Some(&b'.') { run(whole + 1) } else { whole };
    if end - start == usize::from(end > whole) {
        return None;
    }
    if !matches!(b.get(end), Some(b'e' | b'E')) {
        return Some(end);
    }
    let sign = end + 1 + usize::from(matches!(b.get(end + 1), Some(b'+' | b'-')));
    let exponent = run(sign);
    Some(if exponent > sign { exponent } else { end })
}

enum Scale {
    One,
    Mil,
    Ten(i32),
}

fn scale(suffix: &str) -> Scale {
    let starts = |with: &str| suffix.get(..with.len()).is_some_and(|s| s.eq_ignore_ascii_case(with));
    if suffix.is_empty() {
        return Scale::One;
    }
    if starts("mil") {
        return Scale::Mil;
    }
    SCALES.iter().find(|(letters, _)| starts(letters)).map_or(Scale::One, |(_, power)| Scale::Ten(*power))
}

/// The number in `digits` times 10^power, rounded once: 3.3u is the double nearest to 3.3e-6, not 3.3 · 1e-6.
fn shifted(digits: &str, power: i32) -> Option<f64> {
    let (mantissa, exponent) = digits.split_once(['e', 'E']).unwrap_or((digits, "0"));
    let exponent = exponent.parse::<i64>().unwrap_or(if exponent.starts_with('-') { -100_000 } else { 100_000 });
    let exponent = exponent.saturating_add(i64::from(power));
    format!("{mantissa}e{exponent}").parse().ok()
}

/// A short text that [`parse`] reads back as exactly `value` (finite), with a scale factor where that is about as short.
pub fn format(value: f64) -> String {
    let plain = format!("{value}");
    let scientific = format!("{value:e}");
    let plain_length = plain.len();
    let shortest = if plain.len() <= scientific.len() + 2 { plain } else { scientific };
    let scaled = [("t", 12), ("g", 9), ("meg", 6), ("k", 3), ("m", -3), ("u", -6), ("n", -9), ("p", -12), ("f", -15)]
        .iter()
        .find(|(_, power)| (1.0..1e3).contains(&(value.abs() / 10f64.powi(*power))))
        .map(|(letters, power)| {
            let digits = (value / 10f64.powi(*power) * 1e9).round() / 1e9;
            format!("{digits}{letters}")
        });
    match scaled {
        Some(text)
            if text.len() <= plain_length
                && text.len() <= shortest.len() + 2
                && parse(&text).is_some_and(|n| n.value == value) =>
        {
            text
        }
        _ => shortest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value(text: &str) -> Option<f64> {
        parse(text).map(|n| n.value)
    }

    #[test]
    fn scale_factors_ignore_case_and_units() {
        for (text, expected) in [
            ("1k", 1e3),
            ("10meg", 10e6),
            ("10MEG", 10e6),
            ("10M", 10e-3),
            ("3.3u", 3.3e-6),
            ("3.3µ", 3.3e-6),
            ("3.3μF", 3.3e-6),
            ("5mil", 5.0 * 25.4e-6),
            ("1e-9", 1e-9),
            ("1.5E+3k", 1.5e6),
            ("100nF", 100e-9),
            ("20%", 0.2),
            ("4.7kOhm", 4.7e3),
            ("10V", 10.0),
            ("1F", 1e-15),
            (".5", 0.5),
            ("5.", 5.0),
            ("-2.5m", -2.5e-3),
            ("+1T", 1e12),
            ("2G", 2e9),
            ("1a", 1e-18),
            ("2e", 2.0),
            ("27°C", 27.0),
        ] {
            assert_eq!(value(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_number() {
        for text in ["", "-", ".", "e5", "1k5", "1_000", "nan", "inf", "1e999", "1-2", "1 k", "0x10", "20%x"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn suffix_is_kept() {
        assert_eq!(parse("10M").map(|n| n.suffix), Some("M"));
        assert_eq!(parse("1e-3F").map(|n| n.suffix), Some("F"));
        assert_eq!(parse("5").map(|n| n.suffix), Some(""));
    }

    #[test]
    fn format_is_short() {
        for (value, expected) in [
            (1e3, "1k"),
            (0.0, "0"),
            (1.0, "1"),
            (-4.7e3, "-4.7k"),
            (1e-9, "1n"),
            (0.2, "0.2"),
            (1e30, "1e30"),
            (10e6, "10meg"),
        ] {
            assert_eq!(format(value), expected);
        }
    }

    proptest! {
        #[test]
        fn any_finite_number_reads_back(x in proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL | proptest::num::f64::ZERO) {
            prop_assert_eq!(value(&format(x)), Some(x));
        }

        #[test]
        fn parse_never_panics(text in ".{0,20}") {
            parse(&text);
        }
    }
}

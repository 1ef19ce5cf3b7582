//! Units with SI prefixes ↔ units without and a factor: `mV` is `V` times 1e-3.

use crate::lab::number::prefix;

/// Only these take prefixes, so that no unit can be read in two ways.
const BASES: [&str; 11] = ["V", "A", "s", "Hz", "ohm", "S", "F", "H", "W", "J", "C"];
const SIGNS: [(&str, f64); 10] = [
    ("T", 1e12),
    ("G", 1e9),
    ("M", 1e6),
    ("k", 1e3),
    ("m", 1e-3),
    ("µ", 1e-6),
    ("n", 1e-9),
    ("p", 1e-12),
    ("f", 1e-15),
    ("a", 1e-18),
];

/// A unit without its prefix, and what values are to be multiplied with.
pub fn bare(unit: &str) -> (&str, f64) {
    if BASES.contains(&unit) {
        return (unit, 1.0);
    }
    let found = SIGNS.iter().find_map(|(sign, factor)| {
        unit.strip_prefix(sign).filter(|rest| BASES.contains(rest)).map(|rest| (rest, *factor))
    });
    found.unwrap_or((unit, 1.0))
}

/// The prefix for values of this size: what values are to be divided by, and the unit with its prefix.
pub fn fitting(size: f64, unit: &str) -> (f64, String) {
    if !BASES.contains(&unit) || !size.is_finite() || size == 0.0 {
        return (1.0, unit.into());
    }
    let (factor, sign) = prefix(size);
    (factor, format!("{sign}{unit}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_taken_off_where_it_is_one() {
        assert_eq!(bare("mV"), ("V", 1e-3));
        assert_eq!(bare("µs"), ("s", 1e-6));
        assert_eq!(bare("mohm"), ("ohm", 1e-3));
        for unit in ["V", "Hz", "S", "", "m", "nm", "°C", "dB", "mol", "eV"] {
            assert_eq!(bare(unit), (unit, 1.0));
        }
    }

    #[test]
    fn what_is_put_on_can_be_taken_off() {
        for unit in BASES {
            for size in [3e-20, 1e-13, 4.7e-6, 0.2, 1.0, 999.0, 5e7, 1e14] {
                let (factor, shown) = fitting(size, unit);
                assert_eq!(bare(&shown), (unit, factor), "{size} {unit}");
            }
        }
        assert_eq!(fitting(1e-9, "m"), (1.0, "m".into()));
    }
}

//! How far a snapshot may be off: what a statement says behind `within` → a tolerance for each column.

use std::fmt;
use std::str::FromStr;

/// Below these the solver itself promises nothing: `vntol`, `abstol`, `chgtol`.
const FLOORS: [(&str, f64); 3] = [("V", 1e-6), ("A", 1e-12), ("C", 1e-14)];
/// Of quantities without a unit: rounding.
const FLOOR_OF_NUMBERS: f64 = 1e-12;
/// Of all others, in their units.
const FLOOR: f64 = 1e-18;

/// What stands behind `within`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Within {
    /// Percent of the largest value of a column
    Percent(f64),
    /// In the unit of the column
    Absolute(f64),
}

impl Within {
    /// Where a statement says nothing.
    pub const DEFAULT: Within = Within::Percent(1.0);

    /// The tolerance of a column whose largest value is `size`, in its unit. Zero percent and zero are exact: nothing is
    /// forgiven, not even what the solver does not know.
    pub fn tolerance(self, size: f64, unit: &str) -> f64 {
        match self {
            Within::Absolute(number) => number.abs(),
            Within::Percent(0.0) => 0.0,
            Within::Percent(percent) => (percent.abs() / 100.0 * size).max(floor(unit)),
        }
    }
}

/// The smallest tolerance that a percentage comes to, in this unit.
fn floor(unit: &str) -> f64 {
    let numbers = matches!(unit, "" | "dB" | "°" | "rad" | "%" | "°C" | "K");
    let known = FLOORS.iter().find(|(name, _)| *name == unit).map(|(_, floor)| *floor);
    known.unwrap_or(if numbers { FLOOR_OF_NUMBERS } else { FLOOR })
}

impl fmt::Display for Within {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Within::Percent(percent) => write!(f, "{percent}%"),
            Within::Absolute(number) => write!(f, "{number:?}"),
        }
    }
}

impl FromStr for Within {
    type Err = ();

    fn from_str(text: &str) -> Result<Within, ()> {
        let number = |text: &str| text.trim().parse::<f64>().ok().filter(|v| v.is_finite()).ok_or(());
        match text.trim().strip_suffix('%') {
            Some(percent) => number(percent).map(Within::Percent),
            None => number(text).map(Within::Absolute),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_is_of_the_largest_and_a_number_is_absolute() {
        assert_eq!(Within::Percent(2.0).tolerance(5.0, "V"), 0.1);
        assert_eq!(Within::Absolute(1e-3).tolerance(5.0, "V"), 1e-3);
        // A net that rests at zero is not compared with its own noise.
        assert_eq!(Within::Percent(2.0).tolerance(1e-9, "V"), 1e-6);
        assert_eq!(Within::Percent(2.0).tolerance(0.0, "A"), 1e-12);
        assert_eq!(Within::Percent(0.0).tolerance(0.0, "V"), 0.0);
        assert_eq!(Within::Absolute(0.0).tolerance(1.0, "V"), 0.0);
    }

    #[test]
    fn as_text() {
        for (within, text) in
            [(Within::Percent(0.5), "0.5%"), (Within::Absolute(8e-5), "8e-5"), (Within::Absolute(0.0), "0.0")]
        {
            assert_eq!(within.to_string(), text);
            assert_eq!(text.parse(), Ok(within));
        }
        assert_eq!("1 %".parse(), Ok(Within::Percent(1.0)));
        assert_eq!("one".parse::<Within>(), Err(()));
    }
}

//! Phasors → what is drawn of them: decibels and a continuous phase.

use num_complex::Complex64;

/// What is shown of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Show {
    Real,
    /// 20·log10 |v|
    Decibels,
    /// Degrees, continuous
    Phase,
}

/// What is shown of phasors.
pub fn values(phasors: &[Complex64], show: Show) -> Vec<f64> {
    match show {
        Show::Real => phasors.iter().map(|v| v.re).collect(),
        Show::Decibels => phasors.iter().map(|v| 20.0 * v.norm().log10()).collect(),
        Show::Phase => unwrap(phasors.iter().map(|v| v.arg().to_degrees())),
    }
}

/// Adds whole turns so that neighbors are less than half a turn apart.
fn unwrap(degrees: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut turns = 0.0;
    let mut last = None;
    degrees
        .map(|d| {
            if let Some(l) = last {
                let jump: f64 = d - l;
                turns -= (jump / 360.0).round() * 360.0;
            }
            last = Some(d);
            d + turns
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phase_goes_on_past_half_a_turn() {
        let phasors: Vec<Complex64> = (0..5).map(|k| Complex64::from_polar(2.0, -1.5 * k as f64)).collect();
        let phase = values(&phasors, Show::Phase);
        assert!((phase[4] - (-6f64).to_degrees()).abs() < 1e-9, "{phase:?}");
        assert!((values(&phasors, Show::Decibels)[3] - 6.0206).abs() < 1e-4);
    }
}

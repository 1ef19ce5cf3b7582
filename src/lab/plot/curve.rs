//! Columns of waves → curves to draw: magnitude and phase of phasors, no more points than pixels can show.

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

/// Points of one curve; a value that is not finite interrupts it.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    pub label: String,
    pub points: Vec<(f64, f64)>,
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

/// At most four points a pixel: the first, the least, the most and the last of those whose `part` (0 … 1) falls on it.
pub fn thin(points: &[(f64, f64)], pixels: usize, part: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
    if points.len() <= 2 * pixels {
        return points.to_vec();
    }
    let pixel = |p: &(f64, f64)| (part(p.0) * pixels as f64).floor() as i64;
    let mut kept = Vec::new();
    for run in points.chunk_by(|a, b| pixel(a) == pixel(b) && a.1.is_finite() == b.1.is_finite()) {
        let order = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
        let low = run.iter().min_by(order);
        let high = run.iter().max_by(order);
        let mut of_pixel: Vec<(f64, f64)> =
            [run.first(), low, high, run.last()].into_iter().flatten().copied().collect();
        of_pixel[1..3].sort_by(|a, b| a.0.total_cmp(&b.0));
        of_pixel.dedup();
        kept.extend(of_pixel);
    }
    kept
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

    #[test]
    fn thinning_keeps_the_peaks() {
        // 100 000 points, one of them a spike
        let spike = |k: i32| if k == 54_321 { 9.0 } else { 0.0 };
        let points: Vec<(f64, f64)> = (0..100_000).map(|k| (k as f64, spike(k))).collect();
        let kept = thin(&points, 800, |x| x / 1e5);
        assert!(kept.len() < 4000);
        assert!(kept.contains(&(54_321.0, 9.0)));
        assert_eq!((kept.first(), kept.last()), (points.first(), points.last()));
    }
}

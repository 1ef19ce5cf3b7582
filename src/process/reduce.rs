//! Values of a wave at moments of the past → its extremes, mean, effective value or integral.

/// A moment between a kept point and the next.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    pub point: usize,
    /// 0 … 1 of the way to the next point
    pub fraction: f64,
    /// s
    pub time: f64,
}

/// Moments with the middle between each two of them behind the first: m, middle, m, middle, …, m.
pub fn with_middles(moments: &[Moment]) -> Vec<Moment> {
    let mut out = Vec::with_capacity(2 * moments.len());
    for pair in moments.windows(2) {
        let end = if pair[1].point > pair[0].point { 1.0 } else { pair[1].fraction };
        let fraction = 0.5 * (pair[0].fraction + end);
        out.extend([pair[0], Moment { fraction, time: 0.5 * (pair[0].time + pair[1].time), ..pair[0] }]);
    }
    out.extend(moments.last());
    out
}

/// Integrals by Simpson's rule over moments with their middles: exact for products of up to three waves that are straight
/// between points.
pub fn reduce(which: &str, moments: &[Moment], column: &[f64]) -> f64 {
    let integral = |of: &dyn Fn(f64) -> f64| -> f64 {
        let pieces = moments.windows(3).zip(column.windows(3)).step_by(2);
        pieces.map(|(m, v)| (m[2].time - m[0].time) / 6.0 * (of(v[0]) + 4.0 * of(v[1]) + of(v[2]))).sum()
    };
    let length = moments[moments.len() - 1].time - moments[0].time;
    match which {
        "max" => column.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        "min" => column.iter().copied().fold(f64::INFINITY, f64::min),
        "integ" => integral(&|v| v),
        "mean" if length > 0.0 => integral(&|v| v) / length,
        "rms" if length > 0.0 => (integral(&|v| v * v) / length).sqrt(),
        "mean" => column[0],
        _ => column[0].abs(),
    }
}

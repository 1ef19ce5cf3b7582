//! Piecewise linear tables: y between points by straight lines, constant outside.

/// Points in ascending order of x.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    points: Vec<(f64, f64)>,
}

impl Table {
    /// Sorts the points by x; of two at one x the function jumps from the first to the second. No points: the constant 0.
    pub fn new(points: impl IntoIterator<Item = (f64, f64)>) -> Table {
        let mut points: Vec<_> = points.into_iter().collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        Table { points }
    }

    /// How many points lie at or below x.
    #[inline]
    fn place(&self, x: f64) -> usize {
        self.points.partition_point(|p| p.0 <= x)
    }

    /// y at x; NaN gives NaN.
    pub fn value(&self, x: f64) -> f64 {
        if x.is_nan() {
            return x;
        }
        let k = self.place(x);
        match (k.checked_sub(1).and_then(|k| self.points.get(k)), self.points.get(k)) {
            (Some(a), Some(b)) => a.1 + (b.1 - a.1) * ((x - a.0) / (b.0 - a.0)),
            (Some(end), None) | (None, Some(end)) => end.1,
            (None, None) => 0.0,
        }
    }

    /// dy/dx at x; at a point that of the right, 0 outside.
    pub fn slope(&self, x: f64) -> f64 {
        let k = self.place(x);
        match (k.checked_sub(1).and_then(|k| self.points.get(k)), self.points.get(k)) {
            (Some(a), Some(b)) => (b.1 - a.1) / (b.0 - a.0),
            _ => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_at_and_outside_the_points() {
        let t = Table::new([(2.0, 5.0), (0.0, 1.0), (1.0, 3.0)]);
        for (x, y, slope) in [
            (-1.0, 1.0, 0.0),
            (0.0, 1.0, 2.0),
            (0.25, 1.5, 2.0),
            (1.0, 3.0, 2.0),
            (1.5, 4.0, 2.0),
            (2.0, 5.0, 0.0),
            (9.0, 5.0, 0.0),
        ] {
            assert_eq!((t.value(x), t.slope(x)), (y, slope), "at {x}");
        }
    }

    #[test]
    fn a_jump_and_no_points() {
        let jump = Table::new([(0.0, 0.0), (0.0, 1.0)]);
        assert_eq!((jump.value(-1e-9), jump.value(0.0)), (0.0, 1.0));
        assert_eq!(Table::new([]).value(3.0), 0.0);
    }
}

//! Piecewise linear tables: y between points by straight lines, constant outside, with corners sharp or rounded.

/// Points in ascending order of x.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    points: Vec<(f64, f64)>,
    rounded: bool,
}

/// How far from a corner a rounded table leaves the straight line, as a share of the shorter segment beside it.
const ROUNDED: f64 = 0.1;

impl Table {
    /// Sorts the points by x; of two at one x the function jumps from the first to the second. No points: the constant 0.
    pub fn new(points: impl IntoIterator<Item = (f64, f64)>) -> Table {
        let mut points: Vec<_> = points.into_iter().collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        Table { points, rounded: false }
    }

    /// With corners rounded by parabolas, as the `pwl` model of XSPICE does for the TABLE of ngspice's E and G
    /// (`input_domain=0.1 fraction=true`). A corner at a jump stays sharp.
    pub fn rounded(self) -> Table {
        Table { rounded: true, ..self }
    }

    /// How many points lie at or below x.
    #[inline]
    fn place(&self, x: f64) -> usize {
        self.points.partition_point(|p| p.0 <= x)
    }

    /// The slope of the segment before point k; 0 before the first and after the last.
    fn before(&self, k: usize) -> f64 {
        match (k.checked_sub(1).and_then(|k| self.points.get(k)), self.points.get(k)) {
            (Some(a), Some(b)) if b.0 > a.0 => (b.1 - a.1) / (b.0 - a.0),
            _ => 0.0,
        }
    }

    /// The rounded corner at x: (y at the corner, distance from it, half width, slope before, slope after).
    fn corner(&self, x: f64) -> Option<(f64, f64, f64, f64, f64)> {
        let k = self.place(x);
        let near = |k: usize| {
            let (at, y) = *self.points.get(k)?;
            let left = k.checked_sub(1).map_or(f64::INFINITY, |j| at - self.points[j].0);
            let right = self.points.get(k + 1).map_or(f64::INFINITY, |p| p.0 - at);
            let half = ROUNDED * left.min(right);
            let inside = half.is_finite() && (x - at).abs() < half;
            inside.then(|| (y, x - at, half, self.before(k), self.before(k + 1)))
        };
        k.checked_sub(1).and_then(near).or_else(|| near(k)).filter(|_| self.rounded)
    }

    /// y at x; NaN gives NaN.
    pub fn value(&self, x: f64) -> f64 {
        if x.is_nan() {
            return x;
        }
        if let Some((y, d, half, before, after)) = self.corner(x) {
            let bend = (after - before) / (4.0 * half);
            return y + before * d + bend * (d + half) * (d + half);
        }
        let k = self.place(x);
        match (k.checked_sub(1).and_then(|k| self.points.get(k)), self.points.get(k)) {
            (Some(a), Some(b)) => a.1 + (b.1 - a.1) * ((x - a.0) / (b.0 - a.0)),
            (Some(end), None) | (None, Some(end)) => end.1,
            (None, None) => 0.0,
        }
    }

    /// dy/dx at x; at a sharp corner that of the right, 0 outside.
    pub fn slope(&self, x: f64) -> f64 {
        match self.corner(x) {
            Some((_, d, half, before, after)) => before + (after - before) * (d + half) / (2.0 * half),
            None => self.before(self.place(x)),
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
        assert_eq!(jump.rounded().value(0.0), 1.0);
        assert_eq!(Table::new([]).value(3.0), 0.0);
    }

    /// ngspice-39: `E1 a 0 TABLE {V(in)} = (0,0) (1,1) (2,0.5) (3,4)` swept over V(in).
    #[test]
    fn rounded_corners_are_those_of_ngspice() {
        let t = Table::new([(0.0, 0.0), (1.0, 1.0), (2.0, 0.5), (3.0, 4.0)]).rounded();
        for (x, y) in [
            (-0.05, 6.25e-3),
            (0.0, 2.5e-2),
            (0.05, 5.625e-2),
            (0.1, 0.1),
            (0.5, 0.5),
            (0.95, 0.940625),
            (1.0, 0.9625),
            (1.05, 0.965625),
            (2.0, 0.6),
            (2.95, 3.803125),
            (3.0, 3.9125),
            (3.05, 3.978125),
            (3.2, 4.0),
        ] {
            assert!((t.value(x) - y).abs() < 1e-12, "{} at {x}", t.value(x));
            let difference = (t.value(x + 1e-7) - t.value(x - 1e-7)) / 2e-7;
            assert!((t.slope(x) - difference).abs() < 1e-4, "slope at {x}");
        }
    }
}

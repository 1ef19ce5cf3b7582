//! Waves at accepted points → sheets on a grid, by linear dense output. Where a curve has an edge a cell is the range
//! that it covers, so that an edge may move by δ and no more.

use thiserror::Error;

use super::sheet::{Cell, Column, Kind, Sheet};
use super::within::Within;
use crate::lab::wave::Wave;

/// Of the grid, the share by which an edge may move.
const GRID_SHARE: f64 = 1e-3;
/// A cell is a range where the curve moves by more than this share of the tolerance.
const EDGE: f64 = 0.25;
/// An instant this near (of the grid) to the end of a wave is still in it.
const END: f64 = 1e-9;
/// The name of the column of instants.
pub const TIME: &str = "time";
/// Values of one snapshot
const MOST_VALUES: usize = 2_000_000;
/// A grid that nobody states has at least this many instants.
const INSTANTS: f64 = 100.0;

/// Instants at which waves are compared: the multiples of `every`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    /// s
    pub every: f64,
    /// The longest edge of sources that follow statements, s: an edge may move by 0.1 % of the grid and two of these
    pub edge: f64,
    /// The longest common shift in time that is removed; instants this near to the ends are left out. s
    pub shift: f64,
}

#[derive(Clone, Debug, PartialEq, Error)]
pub enum GridError {
    #[error("a snapshot every {every} s has no instants; say `every` with a positive time")]
    Step { every: f64 },
    #[error(
        "a snapshot every {every} s would hold {rows} rows of {columns} columns; choose a coarser grid or fewer columns"
    )]
    TooMuch { every: f64, rows: usize, columns: usize },
}

impl Grid {
    /// How far an edge may move, s.
    pub fn delta(&self) -> f64 {
        GRID_SHARE * self.every + 2.0 * self.edge.max(0.0)
    }

    /// A round grid for a wave of this length, where a statement names none. s
    pub fn every_of(span: f64) -> f64 {
        if !(span.is_finite() && span > 0.0) {
            return 1.0;
        }
        let power = 10f64.powf((span / INSTANTS).log10().floor());
        let fits = [5.0, 2.0, 1.0].into_iter().find(|f| f * power * INSTANTS <= span * (1.0 + END));
        fits.unwrap_or(1.0) * power
    }

    /// The instants of a wave from `first` to `last`, s.
    fn instants(&self, first: f64, last: f64) -> Vec<f64> {
        let from = ((first + self.shift) / self.every - END).ceil() as i64;
        let to = ((last - self.shift) / self.every + END).floor() as i64;
        (from..=to).map(|k| k as f64 * self.every).collect()
    }

    fn check(&self, waves: &[Wave]) -> Result<(), GridError> {
        if !(self.every.is_finite() && self.every > 0.0) {
            return Err(GridError::Step { every: self.every });
        }
        let span = |w: &Wave| w.scale.last().unwrap_or(&0.0) - w.scale.first().unwrap_or(&0.0);
        let rows = waves.iter().map(|w| (span(w) / self.every).clamp(0.0, 1e15) as usize + 1).sum::<usize>();
        let columns = waves.first().map_or(0, |w| w.header.columns.len());
        match rows.saturating_mul(columns + 1) > MOST_VALUES {
            true => Err(GridError::TooMuch { every: self.every, rows, columns }),
            false => Ok(()),
        }
    }
}

/// All waves of a statement on the grid, one below the other, the columns of their points in front; the `k`th is looked at
/// `shifts[k]` seconds later (not at all where there are fewer).
pub fn sheet(waves: &[Wave], grid: &Grid, shifts: &[f64], within: Within) -> Result<Sheet, GridError> {
    grid.check(waves)?;
    let Some(first) = waves.first() else {
        return Ok(Sheet { kind: Kind::Waves, keys: Vec::new(), columns: Vec::new() });
    };
    let instants: Vec<Vec<f64>> = waves.iter().map(|w| instants_of(w, grid)).collect();
    let per_row = |value: &dyn Fn(&Wave) -> f64| -> Vec<f64> {
        waves.iter().zip(&instants).flat_map(|(w, at)| std::iter::repeat_n(value(w), at.len())).collect()
    };
    let mut keys = Vec::new();
    for (k, (name, _)) in first.header.steps.iter().enumerate() {
        keys.push(Column::key(name, "", per_row(&|w| w.header.steps.get(k).map_or(f64::NAN, |s| s.1))));
    }
    keys.push(Column::key(TIME, "s", instants.concat()));
    let mut columns = Vec::new();
    for (k, about) in first.header.columns.iter().enumerate() {
        let mut samples = Vec::new();
        for (w, (wave, at)) in waves.iter().zip(&instants).enumerate() {
            let shift = shifts.get(w).copied().unwrap_or(0.0);
            let values = wave.real(k);
            let curve = Curve { time: &wave.scale, values: &values };
            samples.extend(at.iter().map(|t| curve.around(t + shift, 0.5 * grid.delta())));
        }
        let mut column = Column::new(&about.name, &about.unit, []);
        let size = samples.iter().map(|s| s.value.abs()).filter(|v| v.is_finite()).fold(0.0, f64::max);
        let tolerance = within.tolerance(size, &column.unit);
        column.cells = samples.iter().map(|s| s.cell(tolerance)).collect();
        columns.push(column);
    }
    Ok(Sheet { kind: Kind::Waves, keys, columns })
}

/// The instants at which a wave is looked at, s.
pub fn instants_of(wave: &Wave, grid: &Grid) -> Vec<f64> {
    match (wave.scale.first(), wave.scale.last()) {
        (Some(first), Some(last)) => grid.instants(*first, *last),
        _ => Vec::new(),
    }
}

/// A curve of straight lines between points; two points at one instant are a jump.
#[derive(Clone, Copy, Debug)]
pub struct Curve<'a> {
    /// Never falling, s
    pub time: &'a [f64],
    pub values: &'a [f64],
}

/// A curve at an instant and around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

impl Sample {
    /// A range only where the curve moves so much that it matters; exact values have none.
    fn cell(self, tolerance: f64) -> Cell {
        match tolerance > 0.0 && self.high - self.low > EDGE * tolerance {
            true => Cell { low: self.low, high: self.high },
            false => Cell::at(self.value),
        }
    }
}

impl Curve<'_> {
    /// The value at `t`, behind a jump; before the first and after the last point the curve is constant.
    pub fn at(&self, t: f64) -> f64 {
        self.between(self.time.partition_point(|p| *p <= t), t)
    }

    /// The value just before `t`, where it jumps there.
    fn before(&self, t: f64) -> f64 {
        self.between(self.time.partition_point(|p| *p < t), t)
    }

    /// On the line that ends at point `next`.
    fn between(&self, next: usize, t: f64) -> f64 {
        match (next.checked_sub(1), self.time.get(next)) {
            (None, _) => self.values.first().copied().unwrap_or(f64::NAN),
            (Some(last), None) => self.values[last],
            (Some(k), Some(end)) => {
                let (start, a, b) = (self.time[k], self.values[k], self.values[next]);
                let part = (t - start) / (end - start);
                if a == b || part <= 0.0 { a } else { a + (b - a) * part }
            }
        }
    }

    /// The value at `t`, and the least and the most from `half` seconds before to `half` seconds after.
    pub fn around(&self, t: f64, half: f64) -> Sample {
        let value = self.at(t);
        let (from, to) = (t - half, t + half);
        let inner = self.time.partition_point(|p| *p < from)..self.time.partition_point(|p| *p <= to);
        let seen = self.values[inner].iter().copied().chain([value, self.before(to), self.at(from)]);
        let (mut low, mut high) = (value, value);
        for v in seen {
            if v.is_nan() {
                return Sample { value: f64::NAN, low: f64::NAN, high: f64::NAN };
            }
            (low, high) = (low.min(v), high.max(v));
        }
        Sample { value, low, high }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::lab::wave::tests::tran;

    const GRID: Grid = Grid { every: 1e-6, edge: 1e-9, shift: 0.0 };

    proptest! {
        #[test]
        fn lines_and_corners_are_resampled_exactly(
            slopes in proptest::collection::vec((1e-9..3e-6f64, -1e6..1e6f64), 1..20), start in -5.0..5.0f64,
        ) {
            let (mut time, mut values) = (vec![0.0], vec![start]);
            for (length, slope) in &slopes {
                time.push(time[time.len() - 1] + length);
                values.push(values[values.len() - 1] + slope * length);
            }
            let curve = Curve { time: &time, values: &values };
            for t in GRID.instants(0.0, time[time.len() - 1]) {
                let mut expected = start;
                let mut from = 0.0;
                for (length, slope) in &slopes {
                    expected += slope * (t - from).clamp(0.0, *length);
                    from += length;
                }
                prop_assert!((curve.at(t) - expected).abs() < 1e-9, "{} {} {}", t, curve.at(t), expected);
                let around = curve.around(t, 1e-9);
                prop_assert!(around.low <= around.value && around.value <= around.high);
            }
        }
    }

    #[test]
    fn a_jump_has_both_its_sides_around_it() {
        let curve = Curve { time: &[0.0, 1.0, 1.0, 2.0], values: &[0.0, 0.0, 5.0, 5.0] };
        assert_eq!((curve.at(1.0), curve.at(0.999), curve.at(3.0), curve.at(-1.0)), (5.0, 0.0, 5.0, 0.0));
        assert_eq!(curve.around(1.0, 0.0), Sample { value: 5.0, low: 0.0, high: 5.0 });
        assert_eq!(curve.around(0.5, 0.4), Sample { value: 0.0, low: 0.0, high: 0.0 });
        assert_eq!(curve.around(0.7, 0.3), Sample { value: 0.0, low: 0.0, high: 5.0 });
        let broken = Curve { time: &[0.0, 1.0, 2.0], values: &[0.0, f64::NAN, 0.0] };
        assert!(broken.around(0.5, 0.1).value.is_nan() && broken.around(2.0, 0.1).value.is_nan());
    }

    #[test]
    fn cells_are_ranges_at_edges_only() {
        // A pulse whose edge takes 1 ns from 2 µs on: the grid falls on its foot.
        let pulse = |t: f64| ((t - 2e-6) / 1e-9).clamp(0.0, 1.0);
        let times = [0.0, 1e-6, 2e-6, 2.001e-6, 4e-6];
        let wave = tran(times.into_iter(), &[("V(p)", &pulse), ("V(r)", &|t| 1e6 * t)]);
        let sheet = sheet(&[wave], &GRID, &[], Within::Percent(1.0)).unwrap();
        assert_eq!(sheet.keys[0].cells[3].low, 3e-6);
        let cells = |k: usize| sheet.columns[k].cells.iter().map(|c| (c.low, c.high)).collect::<Vec<_>>();
        assert_eq!(cells(0), [(0.0, 0.0), (0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (1.0, 1.0)]);
        // The slow ramp moves 3 mV in δ of 3 ns, its tolerance is 40 mV.
        let ramp: Vec<f64> = cells(1).iter().map(|c| c.0).collect();
        assert!(sheet.columns[1].cells.iter().all(|c| !c.is_range()));
        assert!(ramp.iter().enumerate().all(|(k, v)| (v - k as f64).abs() < 1e-12), "{ramp:?}");
    }

    #[test]
    fn grids() {
        assert_eq!(GRID.instants(0.0, 2.9999999999e-6).len(), 4);
        assert_eq!(GRID.instants(0.4e-6, 2.99e-6), [1e-6, 2e-6]);
        assert_eq!(Grid { shift: 1e-6, ..GRID }.instants(0.0, 4e-6), [1e-6, 2e-6, 3e-6]);
        assert!(GRID.instants(2.0, 1.0).is_empty());
        for (span, every) in [(3e-3, 2e-5), (1e-6, 1e-8), (9.9e-3, 5e-5), (0.0, 1.0)] {
            assert!((Grid::every_of(span) / every - 1.0).abs() < 1e-12, "{span}");
        }
        let wave = tran([0.0, 1.0].into_iter(), &[("V(a)", &|t| t)]);
        let on = |every: f64| sheet(std::slice::from_ref(&wave), &Grid { every, ..GRID }, &[], Within::DEFAULT);
        assert!(matches!(on(1e-7), Err(GridError::TooMuch { rows: 10_000_001, columns: 1, .. })));
        assert!(matches!(on(0.0), Err(GridError::Step { .. })) && matches!(on(f64::NAN), Err(GridError::Step { .. })));
    }

    #[test]
    fn points_of_a_sweep_stand_in_front() {
        let wave = |r: f64| {
            let mut wave = tran([0.0, 2e-6].into_iter(), &[("V(a)", &|t| r * t)]);
            wave.header.steps = vec![("r".into(), r)];
            wave
        };
        let sheet = sheet(&[wave(1.0), wave(2.0)], &GRID, &[], Within::DEFAULT).unwrap();
        assert_eq!((sheet.rows(), sheet.label(4)), (6, "r = 2, time = 1 µs".into()));
        assert!((sheet.columns[0].cells[4].low - 2e-6).abs() < 1e-18);
    }
}

//! Waves of an oscillator and what was kept of them → the common shift in time that brings them closest.

use super::sample::{Curve, Grid, instants_of};
use super::sheet::{Cell, Column, Sheet};
use super::within::Within;
use crate::lab::wave::Wave;

/// Steps of the first search in one grid interval, and all of them.
const STEPS: f64 = 8.0;
const MOST_STEPS: usize = 4000;
/// Rows the first search looks at.
const ROWS: usize = 500;
/// The best places of the first search that are looked at closely.
const CANDIDATES: usize = 3;
/// Steps of a golden-section search: 1e-8 of its interval.
const GOLDEN_STEPS: usize = 40;

/// For each wave how many seconds later it is what was kept, within ±`grid.shift`; 0 where it is within the tolerance as
/// it is, or nothing was kept of it.
pub fn shifts(waves: &[Wave], grid: &Grid, kept: &Sheet, within: Within) -> Vec<f64> {
    waves.iter().map(|wave| Alignment::new(wave, grid, kept, within).map_or(0.0, |a| a.best(grid))).collect()
}

/// A wave against the rows kept of it.
struct Alignment<'a> {
    time: &'a [f64],
    /// Values now, cells kept and tolerance of each column
    columns: Vec<(Vec<f64>, Vec<Cell>, f64)>,
    instants: Vec<f64>,
    half: f64,
}

impl<'a> Alignment<'a> {
    fn new(wave: &'a Wave, grid: &Grid, kept: &Sheet, within: Within) -> Option<Alignment<'a>> {
        let (time, points) = kept.keys.split_last()?;
        let steps = &wave.header.steps;
        if points.len() != steps.len() {
            return None;
        }
        let point: Vec<Column> = steps.iter().map(|(name, v)| Column::key(name, "", [*v])).collect();
        let of_wave = |row: &usize| points.iter().zip(&point).all(|(p, s)| p.cells[*row] == s.cells[0]);
        let (first, last) = (instants_of(wave, grid).first().copied()?, instants_of(wave, grid).last().copied()?);
        let slack = 1e-6 * grid.every;
        let inside = |row: &usize| (first - slack..=last + slack).contains(&time.cells[*row].low);
        let rows: Vec<usize> = (0..kept.rows()).filter(of_wave).filter(inside).collect();
        let mut columns = Vec::new();
        for column in &kept.columns {
            let k = wave.column(&column.name)?;
            let tolerance = column.tolerance(within);
            let cells: Vec<Cell> = rows.iter().map(|&r| column.cells[r]).collect();
            let scale = if tolerance > 0.0 { tolerance } else { f64::MIN_POSITIVE };
            columns.push((wave.real(k).into_owned(), cells, scale));
        }
        let instants: Vec<f64> = rows.iter().map(|&r| time.cells[r].low).collect();
        Some(Alignment { time: &wave.scale, columns, instants, half: 0.5 * grid.delta() })
            .filter(|a| !a.instants.is_empty())
    }

    fn best(&self, grid: &Grid) -> f64 {
        let bound = grid.shift;
        if bound <= 0.0 || self.worst(0.0) <= 1.0 {
            return 0.0;
        }
        let steps = ((2.0 * bound / grid.every * STEPS).ceil().max(16.0) as usize).min(MOST_STEPS);
        let step = 2.0 * bound / steps as f64;
        let at = |k: usize| -bound + k as f64 * step;
        let stride = self.instants.len().div_ceil(ROWS);
        let found: Vec<f64> = (0..=steps).map(|k| self.mean_square(at(k), stride)).collect();
        let lowest = |k: &usize| {
            let beside = [k.checked_sub(1), Some(k + 1)].into_iter().flatten().filter_map(|j| found.get(j));
            beside.copied().all(|v| found[*k] <= v)
        };
        let mut places: Vec<usize> = (0..=steps).filter(lowest).collect();
        places.sort_by(|a, b| found[*a].total_cmp(&found[*b]));
        let mut best = (self.worst(0.0), 0.0);
        for place in places.into_iter().take(CANDIDATES) {
            let near = golden(at(place), step, bound, |s| self.mean_square(s, 1));
            // The least mean is near the least maximum, which is what counts.
            for shift in [near, golden(near, 0.1 * step, bound, |s| self.worst(s))] {
                let worst = self.worst(shift);
                if worst < best.0 {
                    best = (worst, shift);
                }
            }
        }
        best.1
    }

    /// The mean square deviation over every `stride`th row, relative to the size of each column.
    fn mean_square(&self, shift: f64, stride: usize) -> f64 {
        let mut sum = 0.0;
        for (values, cells, tolerance) in &self.columns {
            let curve = Curve { time: self.time, values };
            for (t, cell) in self.instants.iter().zip(cells).step_by(stride) {
                let gap = cell.gap(Cell::at(curve.at(t + shift))) / tolerance;
                sum += gap * gap;
            }
        }
        sum
    }

    /// The largest deviation, in units of the tolerance.
    fn worst(&self, shift: f64) -> f64 {
        let mut worst = 0.0f64;
        for (values, cells, tolerance) in &self.columns {
            let curve = Curve { time: self.time, values };
            for (t, cell) in self.instants.iter().zip(cells) {
                let around = curve.around(t + shift, self.half);
                worst = worst.max(cell.gap(Cell { low: around.low, high: around.high }) / tolerance);
            }
        }
        worst
    }
}

/// The place of a minimum within `reach` of `middle` and within ±`bound`.
fn golden(middle: f64, reach: f64, bound: f64, f: impl Fn(f64) -> f64) -> f64 {
    let ratio = 0.5 * (5f64.sqrt() - 1.0);
    let (mut a, mut b) = ((middle - reach).max(-bound), (middle + reach).min(bound));
    let (mut c, mut d) = (b - ratio * (b - a), a + ratio * (b - a));
    let (mut at_c, mut at_d) = (f(c), f(d));
    for _ in 0..GOLDEN_STEPS {
        if at_c < at_d {
            (b, d, at_d) = (d, c, at_c);
            c = b - ratio * (b - a);
            at_c = f(c);
        } else {
            (a, c, at_c) = (c, d, at_d);
            d = a + ratio * (b - a);
            at_d = f(d);
        }
    }
    0.5 * (a + b)
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::super::sample::sheet;
    use super::*;
    use crate::lab::wave::tests::tran;

    /// 12.5 periods of 8 µs, seen every 0.5 µs.
    const GRID: Grid = Grid { every: 0.5e-6, edge: 1e-9, shift: 3e-6 };

    fn oscillator(delay: f64, period: f64) -> Wave {
        let phase = move |t: f64| ((t - delay) / period).rem_euclid(1.0);
        let square = move |t: f64| if phase(t) < 0.5 { 1.0 } else { 0.0 };
        tran((0..20_000).map(|k| k as f64 * 5e-9), &[("V(s)", &move |t| (TAU * phase(t)).sin()), ("V(q)", &square)])
    }

    fn found(delay: f64, period: f64) -> f64 {
        let kept = sheet(&[oscillator(0.0, 8e-6)], &GRID, &[], Within::Percent(1.0)).unwrap();
        shifts(&[oscillator(delay, period)], &GRID, &kept, Within::Percent(1.0))[0]
    }

    #[test]
    fn a_shift_within_the_bound_is_found() {
        for delay in [0.3e-6, -1.234e-6, 2.9e-6] {
            assert!((found(delay, 8e-6) - delay).abs() < 6e-9, "{delay}: {}", found(delay, 8e-6));
        }
        assert_eq!(found(0.0, 8e-6), 0.0);
        // Further away than it may be: the end of the range
        assert!(found(3.5e-6, 8e-6) <= 3e-6);
    }

    #[test]
    fn each_point_of_a_sweep_has_its_own() {
        let at = |r: f64, delay: f64| {
            let mut wave = oscillator(delay, 8e-6);
            wave.header.steps = vec![("r".into(), r)];
            wave
        };
        let kept = sheet(&[at(1.0, 0.0), at(2.0, 1e-6)], &GRID, &[], Within::Percent(1.0)).unwrap();
        let found = shifts(&[at(2.0, 2e-6), at(1.0, -1e-6), at(3.0, 1e-6)], &GRID, &kept, Within::Percent(1.0));
        assert!((found[0] - 1e-6).abs() < 6e-9 && (found[1] + 1e-6).abs() < 6e-9 && found[2] == 0.0, "{found:?}");
    }

    #[test]
    fn minima() {
        let place = golden(0.5, 2.0, 10.0, |x| (x - 1.3) * (x - 1.3));
        assert!((place - 1.3).abs() < 1e-6);
        assert!((golden(0.0, 2.0, 0.7, |x| (x - 1.3).abs()) - 0.7).abs() < 1e-6);
    }
}

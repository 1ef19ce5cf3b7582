//! The past of a circuit: the values of what somebody asked to keep, at every accepted point, for `first`, `count`,
//! `max(…, from=…)`, plots and snapshots of waves.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::program::{SignalId, SmuId};
use super::world::World;
use crate::circuit::PartId;
use crate::circuit::equation::Quantity;

/// Numbers that a history holds at most.
const MOST: usize = 200_000_000;
/// Of a column's largest value, how far the line between two points that are kept may be from the curve.
const CHORD: f64 = 2e-3;
/// Into how many pieces a step is divided at most.
const PIECES: f64 = 8.0;

/// One number of a circuit whose past may be kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Kept {
    Quantity(Quantity),
    /// A: into the circuit through a unit
    Unit(SmuId),
    Signal(SignalId),
    /// J: delivered by a unit, or by all
    Energy(Option<SmuId>),
    /// C
    Charge(Option<SmuId>),
    /// J: into a part through all its pins
    Absorbed(PartId),
}

impl Kept {
    /// Its value now.
    pub fn read(&self, world: &mut dyn World) -> f64 {
        match self {
            Kept::Quantity(q) => world.quantity(q),
            Kept::Unit(smu) => world.current(*smu),
            Kept::Signal(signal) => world.signal(*signal),
            Kept::Energy(smu) => world.energy(*smu),
            Kept::Charge(smu) => world.charge(*smu),
            Kept::Absorbed(part) => world.absorbed(*part),
        }
    }
}

/// Times and values, oldest first. Where something jumps its instant is there twice: before and after.
///
/// A long step of the integrator is more than a straight line: where the curve through its points bends, points of that
/// curve are kept between them. With t₋, t₀, t₁ three accepted points, what comes on top of the line from t₀ to t₁ is
/// (v[t₋ t₀ t₁] + v[t₋₋ t₋ t₀ t₁]·(t − t₋))·(t − t₀)·(t − t₁), the cubic through four of them: of one order more than the
/// formulas of integration. The first factor is at most v[t₋ t₀ t₁] and that of the step before, at least half of the smaller
/// one, and nothing where their signs differ: a kink between two points (a comparator, a diode) then stays one. Nor does the
/// curve leave the range of its ends: what no accepted point has (an overshoot beyond a compliance) no curve has.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// s
    times: Vec<f64>,
    kept: Vec<Kept>,
    columns: Vec<Vec<f64>>,
    places: HashMap<Kept, usize>,
    /// The largest magnitude of each column
    sizes: Vec<f64>,
    /// Of each column the slope of the last step and the divided difference of second order of the last two
    slopes: Vec<f64>,
    bends: Vec<f64>,
    /// Bends of the present step: their limit, and how they change, 1/s
    trial: Vec<(f64, f64)>,
    /// s: the last step, and the one before
    steps: [f64; 2],
    /// Steps since the last corner
    smooth: usize,
}

/// The numbers of a [`History`], in the order of what it keeps.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Numbers {
    times: Vec<f64>,
    columns: Vec<Vec<f64>>,
    of_columns: [Vec<f64>; 3],
    steps: [f64; 2],
    smooth: usize,
}

impl History {
    /// Everything but what is kept.
    pub fn numbers(&self) -> Numbers {
        let (times, columns) = (self.times.clone(), self.columns.clone());
        let of_columns = [self.sizes.clone(), self.slopes.clone(), self.bends.clone()];
        Numbers { times, columns, of_columns, steps: self.steps, smooth: self.smooth }
    }

    /// Goes on from there; false where other things are kept.
    pub fn remember(&mut self, numbers: Numbers) -> bool {
        if numbers.columns.len() != self.kept.len() || numbers.of_columns.iter().any(|l| l.len() != self.kept.len()) {
            return false;
        }
        (self.times, self.columns) = (numbers.times, numbers.columns);
        [self.sizes, self.slopes, self.bends] = numbers.of_columns;
        (self.steps, self.smooth) = (numbers.steps, numbers.smooth);
        true
    }

    /// Becomes the first `count` points of another that keeps the same.
    pub fn begin_of(&mut self, other: &History, count: usize) {
        if self.kept != other.kept {
            self.kept.clone_from(&other.kept);
            self.places.clone_from(&other.places);
            self.columns = vec![Vec::new(); other.columns.len()];
            self.times.clear();
        }
        let count = count.min(other.times.len());
        let grow = |own: &mut Vec<f64>, all: &[f64]| {
            own.truncate(count);
            own.extend_from_slice(&all[own.len()..count]);
        };
        grow(&mut self.times, &other.times);
        self.columns.iter_mut().zip(&other.columns).for_each(|(own, all)| grow(own, all));
    }

    /// Keeps nothing.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// s, not falling
    pub fn times(&self) -> &[f64] {
        &self.times
    }

    /// What is kept, in the order of [`History::push`].
    pub fn kept(&self) -> &[Kept] {
        &self.kept
    }

    /// One value for each of [`History::times`]; NaN before it was asked for.
    pub fn column(&self, what: &Kept) -> Option<&[f64]> {
        self.places.get(what).map(|k| &self.columns[*k][..])
    }

    /// Adds something to keep; false where it is kept already.
    pub fn add(&mut self, what: &Kept) -> bool {
        if self.places.contains_key(what) {
            return false;
        }
        self.places.insert(what.clone(), self.kept.len());
        self.kept.push(what.clone());
        self.columns.push(vec![f64::NAN; self.times.len()]);
        [&mut self.sizes, &mut self.slopes, &mut self.bends].into_iter().for_each(|list| list.push(0.0));
        self.trial.push((0.0, 0.0));
        self.smooth = 0;
        true
    }

    /// What comes after the last point is another curve than what came before.
    pub fn corner(&mut self) {
        self.smooth = 0;
    }

    /// Takes a point. Of more than two at one instant the first and the last stay. False: there is no more room.
    pub fn push(&mut self, time: f64, values: &[f64]) -> bool {
        if self.times.len().saturating_mul(self.columns.len() + 1) > MOST {
            return false;
        }
        let n = self.times.len();
        let h = self.times.last().map_or(0.0, |last| time - last);
        if h > 0.0 {
            self.bend(time, h, values);
        } else {
            self.smooth = 0;
        }
        self.sizes.iter_mut().zip(values).for_each(|(s, v)| *s = s.max(v.abs()));
        if n >= 2 && self.times[n - 1] == time && self.times[n - 2] == time {
            self.columns.iter_mut().zip(values).for_each(|(c, v)| c[n - 1] = *v);
        } else {
            self.times.push(time);
            self.columns.iter_mut().zip(values).for_each(|(c, v)| c.push(*v));
        }
        true
    }

    /// Adds points of the curve to the one at `time`, `h` after the last, where the line to it is too far from it.
    fn bend(&mut self, time: f64, h: f64, values: &[f64]) {
        let mut pieces = 1.0_f64;
        let [h1, h2] = self.steps;
        for (k, v) in values.iter().enumerate() {
            let before = self.columns[k].last().copied().unwrap_or(f64::NAN);
            let slope = (v - before) / h;
            let now = (slope - self.slopes[k]) / (h + h1);
            let then = std::mem::replace(&mut self.bends[k], now);
            self.slopes[k] = slope;
            let stays = matches!(self.kept[k], Kept::Signal(_)) || self.smooth < 2 || now * then <= 0.0;
            // Its slopes at the ends of the step are those of the line ± this · h.
            let most = now.abs().min(then.abs()).min(slope.abs() / h);
            self.trial[k] = match stays || !now.is_finite() {
                true => (0.0, 0.0),
                false => (most.copysign(now), (now - then) / (h + h1 + h2)),
            };
            let far = 0.25 * h * h * most / (CHORD * self.sizes[k].max(v.abs()));
            if far.is_finite() && !stays {
                pieces = pieces.max(far.sqrt().ceil().min(PIECES));
            }
        }
        (self.steps, self.smooth) = ([h, h1], self.smooth + 1);
        let start = time - h;
        for piece in 1..pieces as usize {
            let fraction = piece as f64 / pieces;
            self.times.push(start + fraction * h);
            for (k, column) in self.columns.iter_mut().enumerate() {
                let Some(before) = column[..column.len() - (piece - 1)].last().copied() else { continue };
                let line = before + fraction * (values[k] - before);
                let (most, rate) = self.trial[k];
                // The share of the limit that the cubic has here.
                let share = if most == 0.0 { 0.0 } else { (self.bends[k] + rate * (h1 + fraction * h)) / most };
                let curve = line - most * share.clamp(0.5, 1.0) * h * h * fraction * (1.0 - fraction);
                let curve = curve.max(before.min(values[k])).min(before.max(values[k]));
                column.push(if matches!(self.kept[k], Kept::Signal(_)) { before } else { curve });
            }
        }
    }

    /// Values of the last point again, after something more is kept.
    pub fn complete(&mut self, values: &[f64]) {
        if let Some(last) = self.times.len().checked_sub(1) {
            self.columns.iter_mut().zip(values).for_each(|(c, v)| c[last] = *v);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// t² from t = 1 on in steps of 0.25, a kink before it. What is 0.25²/4 above the line is too far where t² is below 8.
    #[test]
    fn between_points_that_bend_there_are_more() {
        let a = Kept::Signal(SignalId(0));
        let b = Kept::Quantity(Quantity::Time);
        let mut h = History::default();
        assert!(h.add(&a) && h.add(&b));
        let v = |t: f64| if t < 1.0 { 1.0 } else { t * t };
        for n in 0..=16 {
            let t = 0.25 * f64::from(n);
            assert!(h.push(t, &[f64::from(n), v(t)]));
        }
        let (times, curve) = (h.times(), h.column(&b).unwrap());
        let straight = |to: f64| times.iter().filter(|t| **t <= to).count();
        assert_eq!(straight(1.25), 6, "a kink is no curve: {times:?}");
        assert_eq!(times.len(), 17 + 6, "{times:?}");
        for (t, v) in times.iter().zip(curve).filter(|(t, _)| **t >= 1.5) {
            assert!((v - t * t).abs() < 1e-12, "{t}: {v}");
        }
        let signal = h.column(&a).unwrap();
        assert!(signal.iter().all(|v| v.fract() == 0.0), "signals hold their value: {signal:?}");
    }

    /// A ramp that bends into a plateau: the plateau is flat, and nothing is above it.
    #[test]
    fn no_curve_leaves_the_range_of_its_ends() {
        let a = Kept::Quantity(Quantity::Time);
        let mut h = History::default();
        assert!(h.add(&a));
        for (t, v) in [(0.0, 0.0), (1.0, 0.5), (2.0, 0.8), (3.0, 0.95), (4.0, 1.0), (5.0, 1.0), (9.0, 1.0), (13.0, 1.0)]
        {
            assert!(h.push(t, &[v]));
        }
        let column = h.column(&a).unwrap();
        assert!(column.len() > 8, "{column:?}");
        assert!(column.windows(2).all(|w| w[1] >= w[0]) && column.last() == Some(&1.0), "{column:?}");
    }

    #[test]
    fn a_jump_has_two_points_and_what_came_later_no_past() {
        let (a, b) = (Kept::Signal(SignalId(0)), Kept::Signal(SignalId(1)));
        let mut h = History::default();
        assert!(h.add(&a) && !h.add(&a));
        for (t, v) in [(0.0, 1.0), (1.0, 2.0), (1.0, 3.0), (1.0, 4.0), (2.0, 5.0)] {
            assert!(h.push(t, &[v]));
        }
        assert_eq!((h.times(), h.column(&a)), (&[0.0, 1.0, 1.0, 2.0][..], Some(&[1.0, 2.0, 4.0, 5.0][..])));
        h.add(&b);
        h.complete(&[5.0, 7.0]);
        let late = h.column(&b).unwrap();
        assert!(late[2].is_nan() && late[3] == 7.0);
    }
}

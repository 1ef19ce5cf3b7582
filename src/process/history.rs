//! The past of a circuit: the values of what somebody asked to keep, at every accepted point, for `first`, `count`,
//! `max(…, from=…)`, plots and snapshots of waves.

use std::collections::HashMap;

use super::program::{SignalId, SmuId};
use super::world::World;
use crate::circuit::equation::Quantity;

/// Numbers that a history holds at most.
const MOST: usize = 200_000_000;

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
        }
    }
}

/// Times and values, oldest first. Where something jumps its instant is there twice: before and after.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// s
    times: Vec<f64>,
    kept: Vec<Kept>,
    columns: Vec<Vec<f64>>,
    places: HashMap<Kept, usize>,
}

impl History {
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
        true
    }

    /// Takes a point. Of more than two at one instant the first and the last stay. False: there is no more room.
    pub fn push(&mut self, time: f64, values: &[f64]) -> bool {
        if self.times.len().saturating_mul(self.columns.len() + 1) > MOST {
            return false;
        }
        let n = self.times.len();
        if n >= 2 && self.times[n - 1] == time && self.times[n - 2] == time {
            self.columns.iter_mut().zip(values).for_each(|(c, v)| c[n - 1] = *v);
        } else {
            self.times.push(time);
            self.columns.iter_mut().zip(values).for_each(|(c, v)| c.push(*v));
        }
        true
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

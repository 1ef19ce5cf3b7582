//! Currents that are no unknown: F plus the change of Q at a pin of a part, followed from one accepted point to the next.

use std::collections::HashMap;

use super::formula::Coefficients;
use super::observe::{View, branch_of};
use crate::circuit::PartId;
use crate::circuit::equation::Quantity;
use crate::mna::System;

#[derive(Clone)]
struct Track {
    pin: usize,
    place: (usize, usize),
    /// At the last two accepted points
    charge: f64,
    older: f64,
    current: f64,
    value: f64,
}

impl Track {
    /// F, Q and dQ/dt at a point.
    fn at(&self, view: &View) -> (f64, f64, f64) {
        let (f, q) = view.assembly.terminal(view.system, self.place, self.pin, view.lane, view.x);
        let Coefficients { a, b, c, d } = view.coefficients;
        (f, q, a * q + b * self.charge + c * self.older + d * self.current)
    }
}

/// The currents that somebody wants to know.
#[derive(Clone, Default)]
pub struct Tracks {
    list: Vec<Track>,
    places: HashMap<(PartId, usize), usize>,
}

impl Tracks {
    /// Follows a current from now on, if it must be followed. True if it is a new one.
    pub fn follow(&mut self, system: &System, quantity: &Quantity) -> bool {
        if let Quantity::Current(part, pin) = *quantity
            && branch_of(system, part, pin).is_none()
            && let Some(&place) = system.places.get(&part)
            && !self.places.contains_key(&(part, pin))
        {
            self.places.insert((part, pin), self.list.len());
            self.list.push(Track { pin, place, charge: 0.0, older: 0.0, current: 0.0, value: 0.0 });
            return true;
        }
        false
    }

    /// What is remembered of each.
    pub fn numbers(&self) -> Vec<[f64; 4]> {
        self.list.iter().map(|t| [t.charge, t.older, t.current, t.value]).collect()
    }

    /// Remembers it again, where it is of the same currents.
    pub fn remember(&mut self, numbers: &[[f64; 4]]) {
        for (track, n) in self.list.iter_mut().zip(numbers) {
            [track.charge, track.older, track.current, track.value] = *n;
        }
    }

    /// The point was accepted.
    pub fn update(&mut self, view: &View) {
        for track in &mut self.list {
            let (f, q, dq) = track.at(view);
            (track.older, track.charge, track.current, track.value) = (track.charge, q, dq, f + dq);
        }
    }

    /// A point without a past: no charge moves.
    pub fn start(&mut self, view: &View) {
        for track in &mut self.list {
            let (f, q) = view.assembly.terminal(view.system, track.place, track.pin, view.lane, view.x);
            (track.older, track.charge, track.current, track.value) = (q, q, 0.0, f);
        }
    }

    fn of(&self, part: PartId, pin: usize) -> Option<&Track> {
        self.places.get(&(part, pin)).and_then(|k| self.list.get(*k))
    }

    /// At the last accepted point.
    /// Of a current that nobody follows only F is known, without what charges take.
    pub fn value(&self, view: &View, part: PartId, pin: usize) -> f64 {
        match (self.of(part, pin), view.system.places.get(&part)) {
            (Some(track), _) => track.value,
            (None, Some(&place)) => view.assembly.terminal(view.system, place, pin, view.lane, view.x).0,
            (None, None) => 0.0,
        }
    }

    /// At a point that is not accepted yet: `fraction` of the way from the last accepted one to the end of the trial step,
    /// which `view` shows.
    pub fn ahead(&self, view: &View, part: PartId, pin: usize, fraction: f64) -> f64 {
        self.of(part, pin).map_or(0.0, |t| {
            let (f, _, dq) = t.at(view);
            t.value + fraction * (f + dq - t.value)
        })
    }
}

//! The circuit at a point that is not accepted yet: the end of a trial step, or a point on the line to it.

use super::absorbed::Absorbed;
use crate::analysis::{Tracks, View, quantity};
use crate::circuit::PartId;
use crate::circuit::equation::Quantity;
use crate::device::Ticks;
use crate::device::smu::delivered;
use crate::mna::System;
use crate::process::history::History;
use crate::process::looking::Look;
use crate::process::program::{Program, SignalId, SmuId};

/// What a condition may look at while its crossing is being located. Nothing can be done here, only looked at.
pub(super) struct Glance<'a> {
    pub view: View<'a>,
    /// The whole trial step, for currents that are no unknown.
    pub end: View<'a>,
    /// How far along the trial step this is.
    pub fraction: f64,
    pub program: &'a Program,
    pub signals: &'a [f64],
    pub tracks: &'a Tracks,
    pub history: &'a History,
    pub absorbed: &'a Absorbed,
}

/// Energy and charge that a unit, or all, delivered up to the last accepted point.
pub(super) fn meters(program: &Program, view: &View, smu: Option<SmuId>) -> (f64, f64) {
    let one = |part: PartId| {
        let &(group, instance) = view.system.places.get(&part)?;
        Some(delivered(&view.memories[group], instance, view.lane))
    };
    let chosen = program.smus.iter().enumerate().filter(|(k, _)| smu.is_none_or(|s| s.0 as usize == *k));
    chosen.filter_map(|(_, s)| one(s.part)).fold((0.0, 0.0), |sum, d| (sum.0 + d.0, sum.1 + d.1))
}

/// The current into the circuit from a unit's part.
pub(super) fn current(system: &System, view: &View, part: PartId) -> f64 {
    system.branches.get(&part).map_or(0.0, |&u| -view.x[u as usize * view.lanes + view.lane])
}

impl Look for Glance<'_> {
    fn now(&self) -> Ticks {
        Ticks::from_seconds(self.view.time)
    }

    fn quantity(&mut self, what: &Quantity) -> f64 {
        match what {
            Quantity::Current(part, pin) if !self.view.system.branches.contains_key(part) => {
                self.tracks.ahead(&self.end, *part, *pin, self.fraction)
            }
            _ => quantity(&self.view, self.tracks, what),
        }
    }

    fn current(&mut self, smu: SmuId) -> f64 {
        let part = self.program.smus.get(smu.0 as usize).map(|s| s.part);
        part.map_or(0.0, |part| current(self.view.system, &self.view, part))
    }

    fn energy(&self, smu: Option<SmuId>) -> f64 {
        meters(self.program, &self.view, smu).0
    }

    fn charge(&self, smu: Option<SmuId>) -> f64 {
        meters(self.program, &self.view, smu).1
    }

    fn absorbed(&mut self, part: PartId) -> f64 {
        self.absorbed.of(part)
    }

    fn signal(&self, signal: SignalId) -> f64 {
        self.signals.get(signal.0 as usize).copied().unwrap_or(0.0)
    }

    fn history(&self) -> &History {
        self.history
    }
}

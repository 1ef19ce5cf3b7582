//! A trial step that was no good → a shorter one, or the reason why there is none.
//!
//! Time is whole ticks. A state whose rate grows with it (a filament that heats itself) may run from one end of its range to the
//! other within one: there the tick is divided into steps as short as its equation asks for, all at the same time, and the point
//! at the end of the tick is the next that anybody sees. To the circuit it is a jump.

use super::failure::Failure;
use super::lane::Phase;
use super::pace::{FLOOR, HARD};
use super::trace::Verdict;
use super::transient::Transient;
use crate::circuit::PartId;
use crate::device::layout::Role;
use crate::device::{Memory, Ticks};
use crate::mna::Group;

/// Where a state runs away within a tick of time, no step is shorter than this (s): its square is still a number.
const FINEST: f64 = 1e-150;

impl Transient {
    /// Tries the step again, `h` long.
    pub(super) fn reject(&mut self, lane: usize, h: f64, culprit: usize) -> Result<(), Failure> {
        self.stats.rejected += 1;
        self.lanes[lane].tries += usize::from(culprit != 0);
        self.note(lane, Verdict::Rejected);
        let mut h = h;
        let (fine, trial) = (self.lanes[lane].fine, self.lanes[lane].h);
        if h < HARD && culprit != 0 && !self.system.is_state(culprit) && (!fine || self.system.is_voltage(culprit)) {
            // A current of a capacitance that has vanished alternates under the trapezoidal rule, however short the steps are, and
            // some nets and branches relax faster than any step: implicit Euler damps both. Its first step is not judged, so that
            // it need not be shorter than is worth it, nor as short as a tolerance asks for that is tight even for 0.
            self.history.restart(lane);
            h = if fine { trial } else { h.max(FLOOR) };
        }
        self.retry(lane, h, Some(culprit))
    }

    /// Newton failed: a much shorter step at first order.
    pub(super) fn give_up(&mut self, lane: usize, unknown: Option<usize>) -> Result<(), Failure> {
        self.stats.rejected += 1;
        self.lanes[lane].failures += 1;
        self.lanes[lane].tries += 1;
        self.history.restart(lane);
        let state = &mut self.lanes[lane];
        state.culprit = unknown.unwrap_or(0);
        state.limiter = self.memories.iter().position(|m| m.limited[lane]);
        self.note(lane, Verdict::NoConvergence);
        let h = self.lanes[lane].h / 8.0;
        self.retry(lane, h, unknown)
    }

    fn retry(&mut self, lane: usize, h: f64, unknown: Option<usize>) -> Result<(), Failure> {
        let below = h < Ticks(1).seconds();
        let stuck = self.options.fixed_step.is_some() && self.lanes[lane].failures > 0;
        if stuck || below && (h < FINEST || !self.divides(lane)) {
            return Err(self.too_small(lane, h, unknown.unwrap_or(0)));
        }
        let state = &mut self.lanes[lane];
        state.fine |= below;
        state.want = h;
        state.phase = Phase::Rest;
        Ok(())
    }

    /// Whether a tick of time is worth dividing: there is a state between bounds. Its equation may run away faster than the grid
    /// of time, but not for long.
    fn divides(&self, lane: usize) -> bool {
        let bounded = |&u: &u32| {
            let Role::State(part, name, _) = self.system.roles.get(u as usize)? else { return None };
            let &(group, instance) = self.system.places.get(part)?;
            let (low, high) = self.system.groups[group].device.range(instance, name, &self.memories[group], lane)?;
            Some(low.is_finite() && high.is_finite())
        };
        self.lanes[lane].fine || self.tolerances.states.iter().any(|u| bounded(u).unwrap_or(false))
    }

    /// No step is short enough: what is no number, else what does not settle.
    pub(super) fn too_small(&self, lane: usize, step: f64, unknown: usize) -> Failure {
        let state = &self.lanes[lane];
        let time = state.now.seconds();
        let blame = self.blame(lane);
        if let Some(broken) = state.broken {
            let part = self.broken_part(lane, broken);
            let why = blame.filter(|b| part.is_none_or(|p| p == b.part)).map_or(String::new(), |b| b.why);
            return Failure::NotFinite { unknown: self.system.name(broken), part, time: Some(time), why };
        }
        let trace = state.trace.lines(&self.system);
        let is_state = matches!(self.system.roles.get(unknown), Some(Role::State(..)));
        let blame = blame.or_else(|| if is_state { None } else { self.restless(lane) });
        let (what, part) = match (blame, unknown) {
            (Some(blame), _) => (format!("{}: {}", blame.path, blame.why), Some(blame.part)),
            (None, 0) => ("no unknown stands out".into(), None),
            (None, unknown) => {
                let whereabouts = self.whereabouts(lane, unknown).map_or(String::new(), |w| format!(" ({w})"));
                (format!("{} does not settle{whereabouts}", self.system.name(unknown)), self.system.part_at(unknown))
            }
        };
        Failure::StepTooSmall { time, step, unknown: what, part, trace }
    }

    /// The part whose equations are not finite: one with this unknown that says so, else the first with it.
    fn broken_part(&self, lane: usize, unknown: usize) -> Option<PartId> {
        let group = |(group, memory): (&Group, &Memory)| {
            let instance = memory.culprit[lane] as usize;
            let terms = group.terms.chunks_exact(group.width).nth(instance)?;
            let says = memory.limited[lane] && terms.contains(&(unknown as u32));
            group.parts.get(instance).copied().filter(|_| says)
        };
        self.system.groups.iter().zip(&self.memories).find_map(group).or_else(|| self.system.part_at(unknown))
    }
}

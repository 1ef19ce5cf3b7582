//! A solution that fails → the equation of a device that is no number there, or so large that nothing can follow it.

use super::simulator::Simulator;
use super::transient::{Transient, point};
use crate::circuit::PartId;
use crate::device::layout::Role;
use crate::device::{Blown, Memory, Mode, Point};
use crate::mna::{Group, System};

/// The part at fault, and what its equation comes to: `ddt(w) = inf`.
pub(super) struct Blame {
    pub part: PartId,
    pub path: String,
    pub why: String,
}

fn blame<'a>(
    system: &'a System,
    memories: &[Memory],
    lane: usize,
    at: impl Fn(&'a Group) -> Point<'a>,
) -> Option<Blame> {
    system.groups.iter().zip(memories).find_map(|(group, memory)| {
        let Blown { instance, what, value } = group.device.blown(&at(group), memory, lane)?;
        let part = *group.parts.get(instance)?;
        let path = system.circuit.part(part).path.clone();
        Some(Blame { part, path, why: format!("{what} = {value:.4e}") })
    })
}

impl Transient {
    /// At the iterate with which the last trial ended, else at the last accepted point.
    pub(super) fn blame(&self, lane: usize) -> Option<Blame> {
        [&self.x, &self.last].into_iter().find_map(|x| {
            let at = |group| point(group, x, &self.last, &self.time, &self.ticks, &self.options, self.lanes.len());
            blame(&self.system, &self.memories, lane, at)
        })
    }

    /// Where a state that does not settle is, and where its equation takes it: `w = 3, ddt(w) = 1e9`.
    pub(super) fn whereabouts(&self, lane: usize, unknown: usize) -> Option<String> {
        let Role::State(part, name, _) = self.system.roles.get(unknown)? else { return None };
        let &(group, instance) = self.system.places.get(part)?;
        let (memory, group) = (&self.memories[group], &self.system.groups[group]);
        let terms = &group.terms[instance * group.width..(instance + 1) * group.width];
        let terminal = terms.iter().position(|t| *t as usize == unknown)?;
        let at = point(group, &self.last, &self.last, &self.time, &self.ticks, &self.options, self.lanes.len());
        let rate = group.device.rate(instance, terminal, &at, memory, lane)?;
        let value = self.last[unknown * self.lanes.len() + lane];
        Some(format!("{name} = {value:.4e}, ddt({name}) = {rate:.4e}"))
    }
}

impl Simulator {
    /// At the iterate with which the search ended, else at the last accepted point.
    pub(super) fn blame(&self, transient: bool) -> Option<Blame> {
        let (time, ticks) = ([self.now.seconds()], [self.now]);
        [&self.x, &self.last].into_iter().find_map(|x| {
            let at = |group| Point {
                mode: Mode::Static,
                transient,
                ..point(group, x, &self.last, &time, &ticks, &self.options, 1)
            };
            blame(&self.system, &self.memories, 0, at)
        })
    }
}

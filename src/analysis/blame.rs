//! A solution that fails → the equation of a device that is no number there, or so large that nothing can follow it.

use super::simulator::Simulator;
use super::transient::{Transient, point};
use crate::circuit::PartId;
use crate::device::layout::Role;
use crate::device::{Blown, Memory, Mode, Point, Ticks};
use crate::mna::{Group, System};

/// Where a step of the smallest length is too long, something changes by at least this part of itself within it.
const RESTLESS: f64 = 0.01;
/// States of a part that are shown.
const SHOWN: usize = 3;

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
        let too_large = if value.is_finite() { ", too large to go on" } else { "" };
        Some(Blame { part, path, why: format!("{what} = {value:.4e}{too_large}") })
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

    /// The equation that changes faster at the last accepted point than the grid of time can show, and the time (s) in which it
    /// would be another.
    pub(super) fn restless(&self, lane: usize) -> Option<Blame> {
        let tick = Ticks(1).seconds();
        let found = self.system.groups.iter().zip(&self.memories).filter_map(|(group, memory)| {
            let at = point(group, &self.last, &self.last, &self.time, &self.ticks, &self.options, self.lanes.len());
            let (Blown { instance, what, value }, change) = group.device.restless(&at, memory, lane, tick)?;
            let part = *group.parts.get(instance)?;
            Some((part, format!("{what} = {value:.4e} changes by {:.0} % within {tick:.0e} s", 100.0 * change), change))
        });
        let (part, why, _) = found.filter(|f| f.2 > RESTLESS).max_by(|a, b| a.2.total_cmp(&b.2))?;
        let states = self.system.roles.iter().enumerate().filter_map(|(u, role)| match role {
            Role::State(of, name, _) if *of == part => {
                Some(format!("{name} = {:.4e}", self.last[u * self.lanes.len() + lane]))
            }
            _ => None,
        });
        let states: Vec<String> = states.take(SHOWN).collect();
        let why = format!("{why} ({})", states.join(", "));
        Some(Blame { part, path: self.system.circuit.part(part).path.clone(), why })
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

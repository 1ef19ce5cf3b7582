//! Parameters that change while the circuit runs: drawn anew with each switching cycle, or jumping between two levels.
//!
//! What such a parameter is depends on how many cycles have begun and how often it has jumped, and on nothing else: nothing
//! is remembered but these counts. As it changes, the setup of its instance runs again; between events it costs nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::device::Equations;
use super::events::both;
use super::watch::Watched;
use crate::circuit::definition::{Definition, Own};
use crate::circuit::equation::Quantity;
use crate::circuit::unsteady::Telegraph;
use crate::circuit::{Circuit, PartId, unsteady};
use crate::device::Memory;
use crate::random::{Spread, Stream};

/// Of the instances of one device.
#[derive(Clone, Debug, Default)]
pub(super) struct Unsteady {
    /// Places of the parameters that some instance draws with each cycle, and of those that jump in some instance
    pub cycles: Vec<usize>,
    pub telegraphs: Vec<usize>,
    instances: Vec<Option<Instance>>,
}

#[derive(Clone, Debug)]
struct Instance {
    of: Arc<unsteady::Unsteady>,
    /// All parameters as they are set
    nominal: Vec<f64>,
}

impl Unsteady {
    pub fn new(circuit: &Circuit, definition: &Definition, parts: &[PartId]) -> Unsteady {
        let (mut cycles, mut telegraphs) = (BTreeSet::new(), BTreeSet::new());
        let mut instances = Vec::new();
        if parts.iter().any(|p| circuit.unsteady.contains_key(p)) {
            for part in parts {
                let of = circuit.unsteady.get(part).cloned();
                if let Some(of) = &of {
                    cycles.extend(of.cycles.iter().filter_map(|(name, _)| definition.kind.param(name)));
                    telegraphs.extend(of.telegraphs.iter().filter_map(|(name, _)| definition.kind.param(name)));
                }
                instances.push(of.map(|of| Instance { of, nominal: circuit.numbers(*part) }));
            }
        }
        Unsteady { cycles: cycles.into_iter().collect(), telegraphs: telegraphs.into_iter().collect(), instances }
    }

    pub fn is_empty(&self) -> bool {
        self.cycles.is_empty() && self.telegraphs.is_empty()
    }

    fn spread(&self, definition: &Definition, i: usize, param: usize) -> Option<&Spread> {
        let named = &definition.kind.params.get(param)?.name;
        let instance = self.instances.get(i)?.as_ref()?;
        instance.of.cycles.iter().find(|(name, _)| name == named).map(|(_, spread)| spread)
    }

    fn telegraph(&self, definition: &Definition, i: usize, param: usize) -> Option<Telegraph> {
        let named = &definition.kind.params.get(param)?.name;
        let instance = self.instances.get(i)?.as_ref()?;
        instance.of.telegraphs.iter().find(|(name, _)| name == named).map(|(_, telegraph)| *telegraph)
    }
}

/// These parameters and all whose defaults follow them.
pub(super) fn followers(definition: &Definition, params: &[usize]) -> BTreeSet<usize> {
    let mut found: BTreeSet<usize> = params.iter().copied().collect();
    for (k, default) in definition.defaults.iter().enumerate() {
        let follows = |q: &Quantity| matches!(q, Quantity::Own(Own::Param(n)) if found.contains(n));
        if default.as_ref().is_some_and(|e| e.quantities().iter().any(follows)) {
            found.insert(k);
        }
    }
    found
}

impl Equations {
    fn name(&self, param: usize) -> &str {
        &self.definition.kind.params[param].name
    }

    /// Numbers of what a parameter of an instance does in time; `purpose` is `cycle` or `telegraph`.
    fn stream(&self, memory: &Memory, (i, lane): (usize, usize), purpose: &str, param: usize) -> Stream {
        Stream::in_time(memory.keys[lane], &self.paths[i], &format!("{purpose}:{}", self.name(param)))
    }

    /// The event of the n-th telegraph.
    fn telegraph_event(&self, n: usize) -> usize {
        self.program.jumps.len() - self.program.telegraphs + n
    }

    /// Whether an event begins a cycle.
    pub(super) fn is_cycle(&self, e: usize) -> bool {
        (self.definition.events.len()..self.telegraph_event(0)).contains(&e)
    }

    /// Cycles that an instance has begun.
    pub(super) fn begun(&self, memory: &Memory, (i, lane): (usize, usize)) -> u64 {
        let cycles = self.definition.events.len()..self.telegraph_event(0);
        cycles.map(|e| memory.state(i, self.program.slots.count_of(e), lane) as u64).sum()
    }

    /// How often the parameter of the n-th telegraph jumps, 1/s, as it is now.
    pub(super) fn telegraph_rate(&self, memory: &Memory, place: (usize, usize), n: usize) -> f64 {
        let param = self.unsteady.telegraphs[n];
        match self.unsteady.telegraph(&self.definition, place.0, param) {
            Some(t) => 1.0 / t.dwell[self.telegraph_level(memory, place, n, &t)],
            None => 0.0,
        }
    }

    /// At which of its levels the n-th telegraph is.
    fn telegraph_level(&self, memory: &Memory, place: (usize, usize), n: usize, t: &Telegraph) -> usize {
        let jumps = memory.state(place.0, self.program.slots.count_of(self.telegraph_event(n)), place.1) as usize;
        let first = self.stream(memory, place, "telegraph:start", self.unsteady.telegraphs[n]).uniform(0);
        (usize::from(first < t.share()) + jumps) % 2
    }

    /// What the n-th telegraph may spend until its next jump, as [`super::events`] counts it.
    pub(super) fn telegraph_budget(&self, memory: &Memory, place: (usize, usize), n: usize, count: u64) -> f64 {
        self.stream(memory, place, "telegraph", self.unsteady.telegraphs[n]).exponential(count)
    }

    /// Parameters as they are from now on, after what happened at event `e`; at the start (None) all of them.
    pub(super) fn refresh(&self, memory: &mut Memory, (i, lane): (usize, usize), e: Option<usize>) {
        let Some(Some(instance)) = self.unsteady.instances.get(i) else { return };
        let mut now: BTreeMap<usize, f64> = BTreeMap::new();
        let telegraph = e.and_then(|e| match self.program.jumps[e].watched {
            Watched::Telegraph(n) => Some(self.unsteady.telegraphs[n]),
            _ => None,
        });
        let cycle = e.is_none_or(|e| self.is_cycle(e));
        let begun = self.begun(memory, (i, lane));
        for &param in self.unsteady.cycles.iter().chain(&self.unsteady.telegraphs) {
            let spread = self.unsteady.spread(&self.definition, i, param);
            if !(e.is_none() || telegraph == Some(param) || cycle && spread.is_some()) {
                continue;
            }
            let nominal = instance.nominal[param];
            let drawn = spread.map(|s| s.draw(nominal, &mut self.stream(memory, (i, lane), "cycle", param), begun));
            now.insert(param, drawn.unwrap_or(nominal));
        }
        for (n, param) in self.unsteady.telegraphs.iter().enumerate() {
            if let Some(value) = now.get_mut(param)
                && let Some(t) = self.unsteady.telegraph(&self.definition, i, *param)
            {
                *value *= t.levels[self.telegraph_level(memory, (i, lane), n, &t)];
            }
        }
        if now.is_empty() {
            return;
        }
        for (param, value) in now {
            memory.set_param(i, param, lane, value);
        }
        let parameters = self.parameters(i, |k| memory.param(i, k, lane));
        let temperature = memory.derived(i, self.program.derived, lane);
        for (n, value) in self.derive(parameters, temperature).into_iter().enumerate() {
            memory.set_derived(i, n, lane, value);
        }
    }

    /// Random numbers from now on are those of the branch that `memory.keys` names.
    pub(super) fn rekey(&self, memory: &mut Memory, lane: usize) {
        let keys = memory.keys[lane];
        if self.program.lattice.is_some() {
            memory.set_streams(lane, |i| Stream::in_time(keys, &self.paths[i], "white"));
        }
        if self.program.watches() {
            for i in 0..memory.instances {
                for e in 0..self.program.jumps.len() {
                    if !matches!(self.program.jumps[e].watched, Watched::Becomes { .. }) {
                        let budget = self.budget(memory, (i, lane), e);
                        both(memory, (i, lane), self.program.slots.past(e), budget);
                    }
                }
            }
        }
    }
}

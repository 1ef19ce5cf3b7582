//! A state or parameter of a part set at once, in the midst of a run.

use std::collections::{HashMap, HashSet};

use super::bench::{Bench, FIRST};
use crate::circuit::PartId;
use crate::device::layout::Role;
use crate::process::world::{Deposit, Stop};

/// Unknowns that are states, by their part and lower-case name.
type States = HashMap<(PartId, String), usize>;

impl Bench {
    /// All of them, or none where one is refused.
    pub(super) fn deposit_values(&mut self, values: &[Deposit]) -> Result<(), Stop> {
        self.still.take(&self.transient);
        let parts: HashSet<PartId> = values.iter().map(|d| d.part).collect();
        let state = |(unknown, role): (usize, &Role)| match role {
            Role::State(part, name, _) if parts.contains(part) => Some(((*part, name.to_ascii_lowercase()), unknown)),
            _ => None,
        };
        let states: States = self.transient.system.roles.iter().enumerate().filter_map(state).collect();
        for deposit in values {
            self.place_value(deposit, &states)?;
        }
        self.transient.reseat(&mut self.still, FIRST);
        self.begin_again();
        Ok(())
    }

    fn place_value(&mut self, deposit: &Deposit, states: &States) -> Result<(), Stop> {
        let &Deposit { part, ref name, value } = deposit;
        let system = self.transient.system.clone();
        let path = &system.circuit.part(part).path;
        let refuse = |message: String, help: &str| Err(Stop::Refused { message, help: help.into() });
        if !value.is_finite() {
            return refuse(format!("{path}.{name} = {value} is not a finite number"), "look at what was computed");
        }
        let Some(&(group, instance)) = system.places.get(&part) else {
            return refuse(format!("{path} has no equations"), "name a part of the circuit");
        };
        let ranges = &system.groups[group].device;
        if let Some((low, high)) = ranges.range(instance, name, &self.still.memories[group], 0)
            && !(low..=high).contains(&value)
        {
            let message = outside(path, name, value, [low, high], self.now().seconds());
            return refuse(message, "the device says between which values this state lies");
        }
        let kind = &system.circuit.part(part).kind;
        let device = &system.groups[group].device;
        if let Some(&unknown) = states.get(&(part, name.clone())) {
            self.still.x[unknown] = value;
            self.still.last[unknown] = value;
        } else if device.assign(instance, name, value, &mut self.still.memories[group], 0) {
            let memory = &mut self.still.memories[group];
            memory.trial.clone_from(&memory.state);
        } else if let Some(k) = kind.find(name) {
            let (low, high) = kind.params[k].range;
            if !(low..=high).contains(&value) {
                return refuse(
                    outside(path, name, value, [low, high], self.now().seconds()),
                    "see the device's ranges",
                );
            }
            let memory = &mut self.still.memories[group];
            let (state, trial) = (memory.state.clone(), memory.trial.clone());
            memory.set_param(instance, k, 0, value);
            device.setup(&self.transient.env, memory, 0);
            (memory.state, memory.trial) = (state, trial);
        } else {
            return refuse(
                format!("{path} has neither a state nor a parameter '{name}'"),
                "'memspice devices' and 'memspice show device' list them",
            );
        }
        Ok(())
    }

    /// Currents that were not followed before, at the present point.
    pub(super) fn begin_at_rest(&mut self) {
        let (transient, still) = (&self.transient, &mut self.still);
        crate::analysis::evaluate_at_rest(still);
        let view = crate::analysis::View { assembly: &still.assembly, ..transient.view(0) };
        self.tracks.start(&view);
    }
}

/// With the digits of an f32: enough to see what is wrong.
fn outside(path: &str, name: &str, value: f64, [low, high]: [f64; 2], time: f64) -> String {
    let (value, low, high) = (value as f32, low as f32, high as f32);
    format!("{path}.{name} = {value} lies outside {low} … {high}, at t = {time:.6e} s")
}

//! A state or parameter of a part set at once, in the midst of a run.

use super::bench::{Bench, FIRST};
use crate::circuit::PartId;
use crate::device::layout::Role;
use crate::process::world::Stop;

impl Bench {
    /// All of them, or none where one is refused.
    pub(super) fn deposit_values(&mut self, name: &str, values: &[(PartId, f64)]) -> Result<(), Stop> {
        self.still.take(&self.transient);
        for &(part, value) in values {
            self.place_value(part, name, value)?;
        }
        self.transient.reseat(&mut self.still, FIRST);
        self.begin_again();
        Ok(())
    }

    fn place_value(&mut self, part: PartId, name: &str, value: f64) -> Result<(), Stop> {
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
        if let Some((low, high)) = ranges.range(instance, &name.to_lowercase(), &self.still.memories[group], 0)
            && !(low..=high).contains(&value)
        {
            let message = outside(path, name, value, low, high);
            return refuse(message, "the device says between which values this state lies");
        }
        let state = system.roles.iter().position(
            |role| matches!(role, Role::State(p, state, _) if *p == part && state.eq_ignore_ascii_case(name)),
        );
        let kind = &system.circuit.part(part).kind;
        let device = &system.groups[group].device;
        if let Some(unknown) = state {
            self.still.x[unknown] = value;
            self.still.last[unknown] = value;
        } else if device.assign(instance, name, value, &mut self.still.memories[group], 0) {
            let memory = &mut self.still.memories[group];
            memory.trial.clone_from(&memory.state);
        } else if let Some(k) = kind.find(name) {
            let (low, high) = kind.params[k].range;
            if !(low..=high).contains(&value) {
                return refuse(outside(path, name, value, low, high), "see the device's ranges");
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
fn outside(path: &str, name: &str, value: f64, low: f64, high: f64) -> String {
    format!("{path}.{name} = {} lies outside {} … {}", value as f32, low as f32, high as f32)
}

//! Parts of a `.device`: the equations of a netlist as a device like any built-in one.
//!
//! A [`Definition`] becomes a program: a graph of everything the equations say, split into tapes for the setup,
//! the equations with all their derivatives, start values, events and probes; all instances and lanes run through a tape 64
//! at a time.
//!
//! | what | becomes |
//! |---|---|
//! | `param`, temperature | inputs of the setup tape, whose results the other tapes read |
//! | `I(a,b) = f + c·ddt(q)` | F and Q of both pins |
//! | `V(a,b) = …` | a current as an unknown and its row |
//! | `state x` with `ddt(x) = r` | an unknown of its own, condensed: Q = x, F = −r, bounds by complementarity |
//! | `state x` without, or with `white()` | a number in the memory |
//! | `ddt` elsewhere | an unknown u with u = d(…)/dt |
//! | a parameter that `.variation` draws anew | a setup of its instance at an event |

mod bounds;
mod device;
mod domain;
mod draws;
mod events;
mod gather;
mod graph;
mod lattice;
mod piece;
mod program;
mod rows;
mod slots;
mod start;
#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;
mod unsteady;
mod warn;
mod watch;

use std::sync::Arc;

use super::Device;
use crate::circuit::definition::Definition;
use crate::circuit::{Circuit, PartId};
use device::Equations;
use program::Program;
use unsteady::Unsteady;

/// One device of all parts of one definition and model.
pub fn build(circuit: &Circuit, parts: &[PartId]) -> Vec<Box<dyn Device>> {
    let Some(definition) = parts.first().and_then(|p| circuit.part(*p).kind.definition()) else { return Vec::new() };
    vec![Box::new(equations(circuit, definition, parts))]
}

fn equations(circuit: &Circuit, definition: &Arc<Definition>, parts: &[PartId]) -> Equations {
    let given = |&part: &PartId| {
        definition.kind.params.iter().map(|p| circuit.setting(part, &p.name).is_some()).collect::<Vec<bool>>()
    };
    let unsteady = Unsteady::new(circuit, definition, parts);
    // Defaults that follow other parameters do so as long as nobody sets them.
    let follow = definition.defaults.iter().any(Option::is_some);
    Equations {
        program: Program::compile(definition, &unsteady),
        unsteady,
        numbers: if follow { parts.iter().map(|&p| circuit.numbers(p)).collect() } else { Vec::new() },
        definition: definition.clone(),
        given: parts.iter().map(given).collect(),
        paths: parts.iter().map(|&p| circuit.part(p).path.clone()).collect(),
        parts: parts.to_vec(),
    }
}

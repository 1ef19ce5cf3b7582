//! Element equations: every device is F(x, t) + dQ(x)/dt, given with its Jacobians G = ∂F/∂x and C = ∂Q/∂x.
//!
//! All parts of one kind and model are one [`Device`] (or several, where they need differently many terminals); its parts are
//! called instances. A device is immutable once laid
//! out: what moves lives in its [`Memory`], owned by the run. A device knows no analysis and no integration formula.
//!
//! **Lanes.** Every value has a lane axis: copies of the same circuit with their own parameters, time and step, side by
//! side. Flat slices are lane-minor, `value[index * lanes + lane]`. A lane's values depend on no other lane's.

pub mod analog_switch;
pub mod behavioral;
mod behavioral_device;
mod behavioral_program;
mod behavioral_shape;
pub mod bjt;
pub mod capacitor;
pub mod comparator;
pub mod contacts;
pub mod controlled;
pub mod coupled;
pub mod decision;
pub mod diode;
#[cfg(test)]
mod diode_reference;
pub mod edge;
pub mod equations;
mod independent;
pub mod inductor;
pub mod isource;
pub mod junction;
pub mod lane;
pub mod layout;
pub mod logic;
pub mod memory;
pub mod meyer;
pub mod mosfet;
pub mod mosfet_bulk;
pub mod mosfet_kind;
pub mod mosfet_level1;
pub mod mosfet_limit;
#[cfg(test)]
mod mosfet_reference;
pub mod mosfet_setup;
pub mod mux;
pub mod noise;
mod nonlinear;
pub mod opamp;
mod places;
pub mod point;
pub mod registry;
pub mod resistor;
pub mod slope;
pub mod smu;
mod stamping;
pub mod stamps;
pub mod switch;
#[cfg(test)]
pub mod testing;
pub mod vsource;
pub mod waveform;

pub use layout::{Layout, Local, Rest, Unknown};
pub use memory::{Memory, Slots};
pub use noise::{Noise, makes_noise};
pub use point::{Environment, Mode, Point, Ticks};
pub use stamps::Stamps;

use num_complex::Complex64;

use crate::diag::Span;

/// One kind of element with all its instances of one model.
pub trait Device: Send + Sync {
    /// Says what it needs: terminals, unknowns, matrix entries, memory. Called once.
    fn layout(&mut self, layout: &mut Layout);

    /// Derives what the equations need (`memory.derived`) from `memory.params` and the environment, for one lane;
    /// called before the first load and whenever a parameter or the temperature changes. Sets initial `memory.state`.
    fn setup(&self, _env: &Environment, _memory: &mut Memory, _lane: usize) {}

    /// States at their start, for one lane, after its setup: those outside Newton into `memory.state` and `memory.trial`, unknowns by
    /// `put(instance, terminal, value)`.
    fn start(&self, _memory: &mut Memory, _lane: usize, _put: &mut dyn FnMut(usize, usize, f64)) {}

    /// Adds F, Q, G and C of every instance and lane at `at` into `out` (all zero before the call). No allocation.
    ///
    /// A linear device ([`Layout::linear`]) is loaded only after a setup, at x = 0, and only its G and C are used.
    fn load(&self, at: &Point, memory: &mut Memory, out: &mut Stamps);

    /// Whether `load` passes over instances marked in `memory.resting`: then those whose terminals, all of them node
    /// voltages, do not move are continued linearly from their last evaluation. Only for devices whose F and Q depend on
    /// terminals and accepted state alone, not on time.
    fn rests(&self) -> bool {
        false
    }

    /// Whether [`Device::excite`] ever adds anything.
    fn excites(&self) -> bool {
        false
    }

    /// For linear devices: adds the part of F that does not depend on x (sources), at every iteration.
    fn excite(&self, _at: &Point, _memory: &Memory, _out: &mut Stamps) {}

    /// Before a trial step is iterated: `at.x` is its predicted end. States that advance outside Newton go there as far as that is
    /// known, into `memory.trial`, so that `load` sees them at the end of the step, not at its start.
    fn foretell(&self, _at: &Point, _memory: &mut Memory, _lane: usize) {}

    /// Looks at a converged trial step before it is accepted (`at.x` is its end, `at.last` its start). States that advance
    /// outside Newton, on a lattice of their own, do so here: from `memory.state` to `memory.trial`.
    fn review(&self, _at: &Point, _memory: &mut Memory, _lane: usize) -> Review {
        Review::Accept
    }

    /// Calls `held` with each unknown (by instance and terminal) that a bound holds at the iterate: it does not change, whatever a
    /// formula makes of its charges, and its truncation error means nothing.
    fn bound(&self, _at: &Point, _memory: &Memory, _lane: usize, _held: &mut dyn FnMut(usize, usize)) {}

    /// The step holds. `memory.trial` has already become `memory.state`; what else must be remembered is done here.
    /// True if something jumped, so that the integrator must start again at first order.
    fn accept(&self, _at: &Point, _memory: &mut Memory, _lane: usize) -> bool {
        false
    }

    /// What of its equations is no finite number at the iterate, or so large that nothing can follow it, in the first
    /// instance of which that is so.
    fn blown(&self, _at: &Point, _memory: &Memory, _lane: usize) -> Option<Blown> {
        None
    }

    /// The equation that changes most while every state goes on as it does at `at` for `time` (s), of all instances, and by
    /// which part of itself. None where nothing depends on states.
    fn restless(&self, _at: &Point, _memory: &Memory, _lane: usize, _time: f64) -> Option<(Blown, f64)> {
        None
    }

    /// d/dt of a state that is an unknown, by its terminal.
    fn rate(&self, _instance: usize, _terminal: usize, _at: &Point, _memory: &Memory, _lane: usize) -> Option<f64> {
        None
    }

    /// What a user is warned of, in the order of [`Memory::warned`].
    fn notices(&self) -> Vec<Notice> {
        Vec::new()
    }

    /// How many switching cycles an instance has begun (`cycle when`).
    fn cycles(&self, _instance: usize, _memory: &Memory, _lane: usize) -> u64 {
        0
    }

    /// A branch parts from the present point: what happens at random from now on follows `memory.keys`, which are new.
    fn branch(&self, _memory: &mut Memory, _lane: usize) {}

    /// Between which values a state may be set, by its name. None if there is none of that name, or nothing to say.
    fn range(&self, _instance: usize, _name: &str, _memory: &Memory, _lane: usize) -> Option<(f64, f64)> {
        None
    }

    /// After an `accept` that returned true: calls `put(instance, terminal, value)` with each state that is an unknown and jumped.
    fn deposit(&self, _memory: &mut Memory, _lane: usize, _put: &mut dyn FnMut(usize, usize, f64)) {}

    /// The next time after `after` at which the integrator must land: a corner of a waveform, a pending edge.
    fn corner(&self, _memory: &Memory, _lane: usize, _after: Ticks) -> Option<Ticks> {
        None
    }

    /// The next time at which a step must end though nothing jumps there: a cell of a noise lattice.
    fn landing(&self, _memory: &Memory, _lane: usize, _after: Ticks) -> Option<Ticks> {
        None
    }

    /// A bound on the next step (s) that a truncation error cannot see: a sine into a resistor.
    fn max_step(&self, _at: &Point, _memory: &Memory, _lane: usize) -> Option<f64> {
        None
    }

    /// The value of a named internal (`gm`, `x`), lower case; lane 0 … of the accepted point.
    fn probe(&self, _instance: usize, _name: &str, _at: &Point, _memory: &Memory, _lane: usize) -> Option<f64> {
        None
    }

    /// Sets a state kept in memory ([`Memory::state`]) by its name, lower case. False if there is none of that name.
    fn assign(&self, _instance: usize, _name: &str, _value: f64, _memory: &mut Memory, _lane: usize) -> bool {
        false
    }

    /// Calls `add` with each source of noise of an instance at an operating point (lane 0).
    fn noise(&self, _instance: usize, _at: &Point, _memory: &Memory, _env: &Environment, _add: &mut dyn FnMut(Noise)) {}

    /// Small-signal excitation: calls `add(instance, terminal, value)` with what an AC source adds to F.
    fn stimulus(&self, _memory: &Memory, _lane: usize, _add: &mut dyn FnMut(usize, usize, Complex64)) {}
}

/// An equation that is no finite number, too large, or too fast.
#[derive(Clone, Debug, PartialEq)]
pub struct Blown {
    pub instance: usize,
    /// `ddt(w)`, `I(a,b)`
    pub what: String,
    pub value: f64,
}

/// A condition that a user is warned of.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    pub text: String,
    /// The number that is shown of the first point at which it held
    pub compared: String,
    /// The line of the device that it is about; None: that of the part
    pub span: Option<Span>,
}

/// What a device says about a trial step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Review {
    Accept,
    /// Try again with this fraction of the step (0 < f < 1): an event must be landed on.
    Cut(f64),
}

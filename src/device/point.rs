//! Where equations are evaluated: iterate, last accepted point, time, mode.

use serde::{Deserialize, Serialize};

/// Simulated time in whole femtoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Ticks(pub i128);

impl Ticks {
    pub const PER_SECOND: f64 = 1e15;

    /// The nearest tick; saturates.
    pub fn from_seconds(t: f64) -> Ticks {
        Ticks((t * Ticks::PER_SECOND).round() as i128)
    }

    pub fn seconds(self) -> f64 {
        self.0 as f64 / Ticks::PER_SECOND
    }
}

/// What kind of point is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// First iteration of an operating point: no iterate yet, junctions start from their critical voltage.
    Start,
    /// Operating point or DC sweep: memory states are held.
    Static,
    /// A time point.
    Dynamic,
    /// At a solution, for small signals or probes: no limiting.
    Linearize,
    /// Charges from initial conditions (UIC): where an instance has an IC, Q is that of the IC, else that of x. Only Q is used.
    Initial,
}

/// What the whole circuit shares, for [`super::Device::setup`].
#[derive(Clone, Copy, Debug)]
pub struct Environment {
    /// °C
    pub temp: f64,
    /// °C, at which model parameters were measured
    pub tnom: f64,
    /// S
    pub gmin: f64,
    /// s: printing step and end of the transient, defaults of PULSE, EXP and so on
    pub tstep: f64,
    pub tstop: f64,
    /// m, m²: default sizes of MOS transistors
    pub defl: f64,
    pub defw: f64,
    pub defad: f64,
    pub defas: f64,
    /// What random numbers are keyed by, beside paths and purposes: seed, number of the draw, point of a sweep
    pub seed: u64,
    pub draw: u64,
    pub point: u64,
}

/// A point of evaluation, seen by one device: terminals are addressed by instance and terminal number.
pub struct Point<'a> {
    pub lanes: usize,
    /// The iterate: `x[unknown * lanes + lane]`; unknown 0 is ground and 0.
    pub x: &'a [f64],
    /// The last accepted point.
    pub last: &'a [f64],
    /// s, a value a lane; DC analyses are at 0.
    pub time: &'a [f64],
    /// The same, exactly.
    pub ticks: &'a [Ticks],
    /// S: across junctions; raised by gmin stepping.
    pub gmin: f64,
    /// Factor on independent sources; below 1 in source stepping.
    pub source: f64,
    pub mode: Mode,
    /// This point belongs to a transient (its operating point included): sources follow their waveforms, not their DC values.
    pub transient: bool,
    /// Unknown of each terminal, `terms[instance * width + terminal]`.
    pub terms: &'a [u32],
    /// Terminals an instance.
    pub width: usize,
    /// How far along the trial step, 0 … 1, probes look at states outside Newton: 0 at accepted points.
    pub part: f64,
}

impl Point<'_> {
    /// The iterate's value at a terminal.
    #[inline(always)]
    pub fn x(&self, instance: usize, terminal: usize, lane: usize) -> f64 {
        self.x[self.terms[instance * self.width + terminal] as usize * self.lanes + lane]
    }

    /// The last accepted value at a terminal.
    #[inline(always)]
    pub fn last(&self, instance: usize, terminal: usize, lane: usize) -> f64 {
        self.last[self.terms[instance * self.width + terminal] as usize * self.lanes + lane]
    }

    /// x(a) − x(b)
    #[inline(always)]
    pub fn across(&self, instance: usize, a: usize, b: usize, lane: usize) -> f64 {
        self.x(instance, a, lane) - self.x(instance, b, lane)
    }
}

//! Errors of readings: what a source-measure unit shows is off by a random share of itself (`.smu … noise=0.5%`), anew at
//! every reading that a statement takes. A condition that is waited for is watched, not read: it sees the circuit as it is.

use std::collections::HashMap;

use super::machine::Machine;
use super::program::SmuId;
use crate::random::key::hash;
use crate::random::{Draws, Stream};

/// Where the errors of readings come from, and how many were taken of each unit.
#[derive(Clone, Debug, Default)]
pub(super) struct Readings {
    /// Readings are off; else everything is nominal.
    pub noisy: bool,
    seed: u64,
    /// Number of the Monte-Carlo run, and of the point of a sweep
    draw: u64,
    pub point: u64,
    /// Which branch of which `map`; empty outside
    branch: String,
    /// `map`s so far
    pub maps: u64,
    taken: HashMap<SmuId, Draws>,
}

impl Readings {
    pub fn new(seed: u64, draw: u64) -> Readings {
        Readings { seed, draw, ..Readings::default() }
    }

    /// What a unit shows of a value.
    pub fn show(&mut self, machine: &Machine, smu: SmuId, value: f64) -> f64 {
        let unit = machine.program.smus.get(smu.0 as usize).filter(|u| self.noisy && u.noise > 0.0);
        let Some(unit) = unit else { return value };
        let (seed, draw, point, branch) = (self.seed, self.draw, self.point, self.key());
        let draws = self.taken.entry(smu).or_insert_with(|| {
            let path = &machine.circuit.part(unit.part).path;
            Draws::new(Stream::new(seed, draw, path, "reading").at(point, branch))
        });
        value * (1.0 + unit.noise * draws.normal())
    }

    /// For a branch of the present `map`: errors of its own.
    pub fn fork(&self, number: u64) -> Readings {
        let branch = format!("{}map[{}][{number}]", self.branch, self.maps);
        let (noisy, seed, draw, point) = (self.noisy, self.seed, self.draw, self.point);
        Readings { noisy, seed, draw, point, branch, ..Readings::default() }
    }

    fn key(&self) -> u64 {
        if self.branch.is_empty() { 0 } else { hash(&self.branch) }
    }

    /// Where what statements draw comes from.
    pub fn draws(&self) -> Draws {
        Draws::new(Stream::new(self.seed, self.draw, "", "process").at(self.point, self.key()))
    }
}

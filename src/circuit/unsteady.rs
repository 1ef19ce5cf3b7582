//! What `.variation` makes of the parameters of a part while the circuit runs: numbers, as everything of a circuit.

use super::kind::Label;
use crate::random::Spread;

/// Parameters of a part that do not stay as they are set, by their canonical names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Unsteady {
    /// Drawn at time 0, and anew with each `cycle when`
    pub cycles: Vec<(Label, Spread)>,
    pub telegraphs: Vec<(Label, Telegraph)>,
}

/// Random-telegraph noise: a parameter is multiplied by one of two levels, and jumps between them at random.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Telegraph {
    pub levels: [f64; 2],
    /// s: how long it stays at each, on average
    pub dwell: [f64; 2],
}

impl Telegraph {
    /// How likely the second level is where nothing is known.
    pub fn share(&self) -> f64 {
        self.dwell[1] / (self.dwell[0] + self.dwell[1])
    }
}

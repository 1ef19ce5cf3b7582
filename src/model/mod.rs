//! Equations of the circuit turned into something that runs.

pub mod eval;
pub mod math;

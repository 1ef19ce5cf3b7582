//! Equations of the circuit turned into something that runs.

pub mod math;

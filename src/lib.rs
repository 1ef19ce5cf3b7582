//! memspice: a declarative netlist compiler and mixed-signal circuit simulator for memristive and neuromorphic systems.
//!
//! The passes, each knowing only the type before it: text → [`syntax`] → `Ast` → [`elab`] → `Circuit` and `Plan` →
//! [`mna`] → `System` → [`analysis`] → [`lab`] → tables, waves, plots.

pub mod analysis;
pub mod circuit;
pub mod cli;
pub mod condense;
pub mod device;
pub mod diag;
pub mod elab;
pub mod kernel;
pub mod lab;
pub mod mna;
pub mod model;
pub mod nn;
pub mod process;
pub mod random;
pub mod solve;
pub mod syntax;
pub mod value;

//! Equations of the circuit turned into something that runs: [`crate::circuit::equation::Equation`] → [`dag`] (shared
//! subexpressions, folded constants) → [`diff`] (exact derivatives) → [`tape`] (instructions over lanes).

#[cfg(test)]
mod agreement;
pub mod dag;
pub mod derived;
pub mod diff;
pub mod eval;
pub mod guard;
mod lanes;
pub mod lower;
pub mod math;
pub mod op;
#[cfg(test)]
pub mod oracle;
pub mod regions;
pub mod substitute;
pub mod table;
pub mod tape;

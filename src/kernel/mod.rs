//! The event loop's analog half: a circuit in which time passes step by step, under source-measure units and signals, as the
//! processes beside it see it ([`crate::process::world`]).
//!
//! The analog side leads: processes act at accepted points only, so nothing digital ever rolls back. A condition that comes
//! true within a step is located on the line between its ends, and the step is cut to land just behind it.

mod absorbed;
mod bench;
mod checkpoint;
mod deposit;
mod glance;
mod plant;
mod study;
#[cfg(test)]
mod tests;

pub use bench::{Bench, Setting};
pub use checkpoint::past;

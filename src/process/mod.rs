//! What runs beside the circuit: `.always`, `.protocol` and the bodies of experiments as state machines, signals, delta
//! cycles. Statements come in as syntax, with the names of their instance resolved ([`program`]); what they see and do of the
//! circuit goes through the traits of [`world`]. Knows expressions, values and the names of a circuit; no solver, no device,
//! no step.

mod act;
pub mod analysis;
pub mod bodies;
pub mod bounds;
mod calling;
pub mod code;
pub mod compile;
pub mod flow;
mod frame;
pub mod fsm;
mod groups;
pub mod history;
pub mod leaves;
pub mod lint;
pub mod looking;
pub mod machine;
mod map;
pub mod names;
mod networks;
pub mod notebook;
mod numbers;
mod past;
pub mod program;
mod read;
mod reading;
mod reduce;
mod run;
pub mod scheduler;
mod share;
mod sight;
pub mod study;
#[cfg(test)]
mod tests;
pub mod world;

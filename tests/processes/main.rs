//! Processes beside circuits: when what happens, what it costs, and what is said where it cannot be.

mod cost;
mod flow;
mod groups;
mod limits;
mod mistakes;
mod oscillator;
mod readings;
mod semantics;
mod support;

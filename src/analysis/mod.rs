//! What a user asks of a circuit: operating point, DC sweep, AC, transient. Knows the system, not the devices in it.

mod ac;
mod advance;
mod blame;
mod checkpoint;
mod dc;
mod failure;
pub mod formula;
mod history;
mod homotopy;
mod iterate;
mod judge;
mod lane;
mod lane_solver;
mod newton;
mod noise;
mod observe;
mod op;
mod pace;
mod reseat;
mod retry;
#[cfg(test)]
mod seams;
mod simulator;
pub mod sink;
#[cfg(test)]
mod tests;
mod trace;
mod tracks;
mod tran;
mod transient;
mod warned;

pub use ac::{AcSweep, ac};
pub use advance::Step;
pub use dc::{DcSweep, dc, set_source};
pub use failure::Failure;
pub use noise::{NoiseSweep, noise, total as noise_total};
pub use observe::{Observer, View, quantity};
pub use op::{op, operating_point};
pub use reseat::evaluate_at_rest;
pub use simulator::{Simulator, environment};
pub use sink::{Column, Control, Header, Keep, Progress, Restart, Row, Sink, Stats};
pub use trace::Attempt;
pub use tracks::Tracks;
pub use tran::{TranSpec, initial_conditions, rest, tran};
pub use transient::{Pace, Transient};
pub use warned::{Warned, warned};
#[cfg(test)]
mod tests_devices;
#[cfg(test)]
mod tests_equations;
#[cfg(test)]
mod tests_homotopy;

//! `Circuit` → [`System`]: unknowns numbered, matrix pattern fixed, devices ready to load; and [`Assembly`], which gathers
//! what they load into residual and Jacobian. Knows no integration formula: the caller says what a time derivative is.

mod assembly;
mod block;
mod condensation;
mod loss;
mod numbering;
mod rest;
mod scatter;
pub mod show;
mod small_signal;
mod system;

pub use assembly::{Assembly, Clamp, Inputs};
pub use small_signal::SmallSignal;
pub use system::{Condensation, Group, System, SystemError};

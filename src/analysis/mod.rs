//! What a user asks of a circuit: operating point, DC sweep, AC, transient. Knows the system, not the devices in it.

pub mod sink;

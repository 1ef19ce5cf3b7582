//! Circuits of built-in parts against other mathematics: closed forms, a dense nodal solve.

mod crossbar;
mod events;
mod opamp;
mod support;

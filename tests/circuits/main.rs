//! Circuits of built-in parts against other mathematics: closed forms, a dense nodal solve, device equations of their own.

mod abrupt;
mod balance;
mod copies;
mod crossbar;
mod devices;
mod events;
mod laws;
mod ledger;
mod logic;
mod noise;
mod opamp;
mod random;
mod support;

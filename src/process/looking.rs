//! A circuit that can be looked at and not touched: its past, a trial step, or nothing at all → a [`World`] whose every act
//! is refused.

use super::history::{History, Kept};
use super::program::{SignalId, SmuId};
use super::study::{Rows, Study};
use super::world::{Deposit, Drive, Level, Plant, Stop, World};
use crate::circuit::PartId;
use crate::circuit::equation::Quantity;
use crate::device::Ticks;

/// What can be seen of a circuit.
pub trait Look {
    fn now(&self) -> Ticks;
    fn quantity(&mut self, what: &Quantity) -> f64;
    /// A
    fn current(&mut self, smu: SmuId) -> f64;
    /// J
    fn energy(&self, smu: Option<SmuId>) -> f64;
    /// C
    fn charge(&self, smu: Option<SmuId>) -> f64;
    /// J
    fn absorbed(&mut self, part: PartId) -> f64;
    fn signal(&self, signal: SignalId) -> f64;
    fn history(&self) -> &History;
}

/// See the module.
pub struct Looking<L>(pub L);

fn refused<T>() -> Result<T, Stop> {
    Err(Stop::Refused {
        message: "a condition, or an expression over the past, cannot act on the circuit".into(),
        help: "call the protocol before, and look at its result".into(),
    })
}

impl<L: Look> World for Looking<L> {
    fn now(&self) -> Ticks {
        self.0.now()
    }

    fn quantity(&mut self, what: &Quantity) -> f64 {
        self.0.quantity(what)
    }

    fn current(&mut self, smu: SmuId) -> f64 {
        self.0.current(smu)
    }

    fn energy(&mut self, smu: Option<SmuId>) -> f64 {
        self.0.energy(smu)
    }

    fn charge(&mut self, smu: Option<SmuId>) -> f64 {
        self.0.charge(smu)
    }

    fn absorbed(&mut self, part: PartId) -> f64 {
        self.0.absorbed(part)
    }

    fn signal(&self, signal: SignalId) -> f64 {
        self.0.signal(signal)
    }

    fn set_signal(&mut self, _: SignalId, _: f64) {}

    fn level(&mut self, _: SmuId) -> (Level, f64) {
        (Level::Float, f64::INFINITY)
    }

    fn drive(&mut self, _: &[Drive]) -> Result<(), Stop> {
        refused()
    }

    fn deposit(&mut self, _: &[Deposit]) -> Result<(), Stop> {
        refused()
    }

    fn settle(&mut self) -> Result<(), Stop> {
        refused()
    }

    fn study(&mut self, _: &Study, _: &[Kept]) -> Result<Rows, Stop> {
        refused()
    }

    fn branch(&mut self) -> Result<Box<dyn Plant + Send>, Stop> {
        refused()
    }

    fn history(&self) -> &History {
        self.0.history()
    }
}

/// A circuit of which nothing is known but its names: every number is 0.
#[derive(Debug, Default)]
pub struct Blank(History);

impl Look for Blank {
    fn now(&self) -> Ticks {
        Ticks(0)
    }

    fn quantity(&mut self, _: &Quantity) -> f64 {
        0.0
    }

    fn current(&mut self, _: SmuId) -> f64 {
        0.0
    }

    fn energy(&self, _: Option<SmuId>) -> f64 {
        0.0
    }

    fn charge(&self, _: Option<SmuId>) -> f64 {
        0.0
    }

    fn absorbed(&mut self, _: PartId) -> f64 {
        0.0
    }

    fn signal(&self, _: SignalId) -> f64 {
        0.0
    }

    fn history(&self) -> &History {
        &self.0
    }
}

//! A settled point while time passes → what a process hears there, for the tape.

use super::tape::Heard;
use crate::circuit::PartId;
use crate::circuit::equation::Quantity;
use crate::device::Ticks;
use crate::process::history::{History, Kept};
use crate::process::program::{SignalId, SmuId};
use crate::process::study::{Rows, Study};
use crate::process::world::{Deposit, Drive, Level, Plant, Stop, World};

/// The circuit at a settled point while time passes, and what a process hears there.
pub struct Listener<'w> {
    pub world: &'w mut dyn World,
    pub heard: Vec<Heard>,
    /// What a process remembers is not what it remembered before.
    pub changed: bool,
}

impl Listener<'_> {
    fn number(&mut self, v: f64) -> f64 {
        self.heard.push(Heard::Number(v));
        v
    }
}

impl World for Listener<'_> {
    fn now(&self) -> Ticks {
        self.world.now()
    }

    fn settled(&self) -> bool {
        true
    }

    fn quantity(&mut self, what: &Quantity) -> f64 {
        let v = self.world.quantity(what);
        if matches!(what, Quantity::Temperature) { v } else { self.number(v) }
    }

    fn current(&mut self, smu: SmuId) -> f64 {
        let v = self.world.current(smu);
        self.number(v)
    }

    fn energy(&mut self, smu: Option<SmuId>) -> f64 {
        let v = self.world.energy(smu);
        self.number(v)
    }

    fn charge(&mut self, smu: Option<SmuId>) -> f64 {
        let v = self.world.charge(smu);
        self.number(v)
    }

    fn absorbed(&mut self, part: PartId) -> f64 {
        let v = self.world.absorbed(part);
        self.number(v)
    }

    fn signal(&self, signal: SignalId) -> f64 {
        self.world.signal(signal)
    }

    fn set_signal(&mut self, signal: SignalId, value: f64) {
        self.world.set_signal(signal, value);
    }

    fn remembered(&mut self) {
        self.changed = true;
    }

    fn level(&mut self, smu: SmuId) -> (Level, f64) {
        let level = self.world.level(smu);
        self.heard.push(Heard::level(level));
        level
    }

    fn drive(&mut self, drives: &[Drive]) -> Result<(), Stop> {
        self.world.drive(drives)
    }

    fn deposit(&mut self, values: &[Deposit]) -> Result<(), Stop> {
        self.world.deposit(values)
    }

    fn settle(&mut self) -> Result<(), Stop> {
        self.world.settle()
    }

    fn study(&mut self, study: &Study, see: &[Kept]) -> Result<Rows, Stop> {
        self.world.study(study, see)
    }

    fn branch(&mut self) -> Result<Box<dyn Plant + Send>, Stop> {
        self.world.branch()
    }

    fn wake(&mut self) -> Result<(), Stop> {
        self.heard.push(Heard::Past(self.world.history().times().len()));
        self.world.wake()
    }

    fn history(&self) -> &History {
        self.world.history()
    }
}

//! A circuit that comes to life when somebody first touches it: experiments of software alone need no operating point.

use crate::circuit::PartId;
use crate::circuit::equation::Quantity;
use crate::device::Ticks;
use crate::kernel::Bench;
use crate::process::history::{History, Kept};
use crate::process::program::{SignalId, SmuId};
use crate::process::study::{Rows, Study};
use crate::process::world::{Drive, Level, Plant, Stop, World};

/// Makes the circuit, at its operating point.
pub type Make<'a> = Box<dyn Fn() -> Result<Bench, Stop> + 'a>;

/// See the module.
pub struct LazyPlant<'a> {
    make: Make<'a>,
    bench: Option<Bench>,
    keep: Vec<Kept>,
    follow: Vec<Quantity>,
    meter: Vec<PartId>,
    nothing: History,
    /// °C
    temp: f64,
    signals: Vec<f64>,
    /// Why there is no circuit, where a number was asked for
    pub failure: Option<Stop>,
}

impl<'a> LazyPlant<'a> {
    /// `signals` are the start values of signals.
    pub fn new(make: Make<'a>, temp: f64, signals: Vec<f64>) -> LazyPlant<'a> {
        LazyPlant {
            make,
            bench: None,
            keep: Vec::new(),
            follow: Vec::new(),
            meter: Vec::new(),
            nothing: History::default(),
            temp,
            signals,
            failure: None,
        }
    }

    /// The circuit, if it was needed.
    pub fn bench(&self) -> Option<&Bench> {
        self.bench.as_ref()
    }

    fn get(&mut self) -> Result<&mut Bench, Stop> {
        if self.bench.is_none() {
            if let Some(failure) = &self.failure {
                return Err(failure.clone());
            }
            let mut bench = (self.make)().inspect_err(|stop| self.failure = Some(stop.clone()))?;
            bench.follow(&self.follow);
            bench.meter(&self.meter);
            if !self.keep.is_empty() {
                bench.keep(&self.keep);
            }
            self.bench = Some(bench);
        }
        self.bench.as_mut().ok_or(Stop::Interrupted)
    }

    fn number(&mut self, ask: impl FnOnce(&mut Bench) -> f64) -> f64 {
        self.get().map_or(f64::NAN, ask)
    }
}

impl World for LazyPlant<'_> {
    fn now(&self) -> Ticks {
        self.bench.as_ref().map_or(Ticks(0), World::now)
    }

    fn quantity(&mut self, what: &Quantity) -> f64 {
        match (what, &self.bench) {
            (Quantity::Temperature, None) => self.temp,
            _ => self.number(|b| b.quantity(what)),
        }
    }

    fn current(&mut self, smu: SmuId) -> f64 {
        self.number(|b| b.current(smu))
    }

    fn energy(&self, smu: Option<SmuId>) -> f64 {
        self.bench.as_ref().map_or(0.0, |b| b.energy(smu))
    }

    fn charge(&self, smu: Option<SmuId>) -> f64 {
        self.bench.as_ref().map_or(0.0, |b| b.charge(smu))
    }

    fn absorbed(&mut self, part: PartId) -> f64 {
        self.number(|b| b.absorbed(part))
    }

    fn signal(&self, signal: SignalId) -> f64 {
        match &self.bench {
            Some(b) => b.signal(signal),
            None => self.signals.get(signal.0 as usize).copied().unwrap_or(0.0),
        }
    }

    fn set_signal(&mut self, signal: SignalId, value: f64) {
        if let Ok(b) = self.get() {
            b.set_signal(signal, value);
        }
    }

    fn level(&self, smu: SmuId) -> (Level, f64) {
        self.bench.as_ref().map_or((Level::Float, f64::INFINITY), |b| b.level(smu))
    }

    fn drive(&mut self, drives: &[Drive]) -> Result<(), Stop> {
        self.get()?.drive(drives)
    }

    fn deposit(&mut self, name: &str, values: &[(PartId, f64)]) -> Result<(), Stop> {
        World::deposit(self.get()?, name, values)
    }

    fn settle(&mut self) -> Result<(), Stop> {
        World::settle(self.get()?)
    }

    fn study(&mut self, study: &Study, see: &[Kept]) -> Result<Rows, Stop> {
        self.get()?.study(study, see)
    }

    fn branch(&mut self) -> Result<Box<dyn Plant + Send>, Stop> {
        self.get()?.branch()
    }

    fn wake(&mut self) -> Result<(), Stop> {
        self.get().map(|_| ())
    }

    fn history(&self) -> &History {
        self.bench.as_ref().map_or(&self.nothing, World::history)
    }
}

impl Plant for LazyPlant<'_> {
    fn advance(&mut self, horizon: Option<Ticks>, fires: &mut dyn FnMut(&mut dyn World) -> bool) -> Result<bool, Stop> {
        self.get()?.advance(horizon, fires)
    }

    fn keep(&mut self, what: &[Kept]) {
        match &mut self.bench {
            Some(b) => b.keep(what),
            None => self.keep.extend_from_slice(what),
        }
    }

    fn follow(&mut self, what: &[Quantity]) {
        match &mut self.bench {
            Some(b) => b.follow(what),
            None => self.follow.extend_from_slice(what),
        }
    }

    fn meter(&mut self, parts: &[PartId]) {
        match &mut self.bench {
            Some(b) => b.meter(parts),
            None => self.meter.extend_from_slice(parts),
        }
    }

    fn world(&mut self) -> &mut dyn World {
        self
    }
}

//! A circuit that comes to life when somebody first touches it: experiments of software alone need no operating point.
//!
//! Where a run is kept ([`UnderWay`]) it takes down what processes hear of it, and itself from time to time. Where there is
//! such a record of an earlier run, processes first hear that again; when it ends the circuit is as it was then.

use std::sync::Arc;

use super::journal::UnderWay;
use super::listener::Listener;
use super::replay::Replay;
use super::spool::Opened;
use super::tape::{Heard, Under};
use crate::circuit::PartId;
use crate::circuit::equation::Quantity;
use crate::device::Ticks;
use crate::kernel::{Bench, past};
use crate::process::history::{History, Kept};
use crate::process::program::{SignalId, SmuId};
use crate::process::study::{Rows, Study};
use crate::process::world::{Deposit, Drive, Level, Plant, Stop, World};

/// Makes the circuit, at its operating point or where an earlier run was.
pub type Make<'a> = Box<dyn Fn(Option<&Under>) -> Result<Bench, Stop> + 'a>;

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
    /// Where this run is kept, and what was heard so far
    kept: Option<(UnderWay, Vec<Heard>)>,
    /// What an earlier run heard
    replay: Option<Replay>,
    opened: &'a Opened,
}

impl<'a> LazyPlant<'a> {
    /// `signals` are the start values of signals.
    pub fn new(
        make: Make<'a>,
        temp: f64,
        signals: Vec<f64>,
        kept: Option<UnderWay>,
        opened: &'a Opened,
    ) -> LazyPlant<'a> {
        let replay = kept.as_ref().and_then(UnderWay::read).map(|under| Replay::new(under, signals.clone()));
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
            kept: kept.map(|under_way| (under_way, Vec::new())),
            replay,
            opened,
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
            let bench = self.born(None).inspect_err(|stop| self.failure = Some(stop.clone()))?;
            self.bench = Some(bench);
        }
        self.bench.as_mut().ok_or(Stop::Interrupted)
    }

    fn born(&self, under: Option<&Under>) -> Result<Bench, Stop> {
        let mut bench = (self.make)(under)?;
        bench.follow(&self.follow);
        bench.meter(&self.meter);
        if !self.keep.is_empty() {
            bench.keep(&self.keep);
        }
        Ok(bench)
    }

    /// Everything that an earlier run heard has been heard again: the circuit goes on from there.
    fn revive(&mut self) -> Result<(), Stop> {
        let Some(replay) = self.replay.take() else { return Ok(()) };
        let mut bench = self.born(Some(&replay.under))?;
        match bench.restore(&replay.under.circuit) {
            Ok(true) => {}
            Ok(false) => return Err(other_run()),
            Err(failure) => return Err(Stop::Analysis(Box::new(failure.diagnostic(bench.system())))),
        }
        if let Some((_, heard)) = &mut self.kept {
            *heard = replay.under.heard;
        }
        self.bench = Some(bench);
        Ok(())
    }

    /// Something that processes hear: as an earlier run heard it, or as the circuit says it now.
    fn hear<T>(
        &mut self,
        again: impl FnOnce(&Heard) -> Option<T>,
        now: impl FnOnce(&mut Self) -> T,
        note: impl FnOnce(&T) -> Heard,
    ) -> T {
        if let Some(replay) = &mut self.replay {
            if let Some(v) = replay.next().and_then(again) {
                return v;
            }
            self.failure = Some(other_run());
            self.replay = None;
        }
        let v = now(self);
        if let Some((_, heard)) = &mut self.kept {
            heard.push(note(&v));
        }
        v
    }

    fn number(&mut self, ask: impl FnOnce(&mut Bench) -> f64) -> f64 {
        let now = |plant: &mut Self| plant.get().map_or(f64::NAN, ask);
        self.hear(as_number, now, |v| Heard::Number(*v))
    }

    /// The same of what costs nothing to know before the circuit lives.
    fn meter_of(&mut self, ask: impl FnOnce(&mut Bench) -> f64) -> f64 {
        let now = |plant: &mut Self| plant.bench.as_mut().map_or(0.0, ask);
        self.hear(as_number, now, |v| Heard::Number(*v))
    }

    /// Whether an earlier run did this already: it is part of the circuit that goes on.
    fn is_done(&self) -> Result<bool, Stop> {
        match &self.failure {
            Some(failure) => Err(failure.clone()),
            None => Ok(self.replay.is_some()),
        }
    }

    /// Keeps the run as it is, where that can be written.
    fn write(&mut self) {
        let (Some(bench), Some((under_way, heard))) = (&self.bench, &mut self.kept) else { return };
        let Ok(circuit) = bench.state() else { return };
        let files = self.opened.lock().map(|list| list.iter().filter_map(|s| s.out.clone()).collect::<Vec<_>>());
        let flushed = |file: &Arc<std::sync::Mutex<super::spool::Rows>>| file.lock().ok()?.flushed().ok();
        let rows: Option<Vec<u64>> = files.unwrap_or_default().iter().map(flushed).collect();
        if let Some(rows) = rows {
            let under = Under { heard: std::mem::take(heard), circuit, rows };
            // What cannot be written is computed again next time.
            let _ = under_way.write(&under);
            *heard = under.heard;
        }
    }

    /// Time passes in the circuit itself.
    fn go_on(&mut self, horizon: Option<Ticks>, fires: &mut dyn FnMut(&mut dyn World) -> bool) -> Result<bool, Stop> {
        self.get()?;
        loop {
            let Some(bench) = &mut self.bench else { return Err(Stop::Interrupted) };
            let Some((under_way, heard)) = &mut self.kept else { return bench.advance(horizon, fires) };
            let mut pause = false;
            let fired = bench.advance(horizon, &mut |world| {
                if !world.settled() {
                    return fires(world);
                }
                let mut listener = Listener { world, heard: Vec::new(), changed: false };
                let fired = fires(&mut listener);
                let Listener { world, heard: list, changed } = listener;
                if changed {
                    heard.push(Heard::Point(world.now()));
                    heard.extend(list);
                }
                // Where a process goes on it hears what is no more the same after a new start.
                pause = !fired && world.renews() && under_way.is_due() && horizon.is_none_or(|h| world.now() < h);
                fired || pause
            })?;
            if !pause {
                heard.push(Heard::Passed(World::now(bench), fired));
                return Ok(fired);
            }
            self.write();
        }
    }
}

fn as_number(heard: &Heard) -> Option<f64> {
    if let Heard::Number(v) = heard { Some(*v) } else { None }
}

/// What was kept is of another run.
fn other_run() -> Stop {
    Stop::Refused {
        message: "what was kept of this experiment is not of this run".into(),
        help: "run it without --resume; was something asked that is another each time, as elapsed( )?".into(),
    }
}

impl World for LazyPlant<'_> {
    fn now(&self) -> Ticks {
        match (&self.replay, &self.bench) {
            (Some(replay), _) => replay.now,
            (None, bench) => bench.as_ref().map_or(Ticks(0), World::now),
        }
    }

    fn settled(&self) -> bool {
        self.replay.is_some()
    }

    fn quantity(&mut self, what: &Quantity) -> f64 {
        match what {
            Quantity::Temperature => self.temp,
            _ => self.number(|b| b.quantity(what)),
        }
    }

    fn current(&mut self, smu: SmuId) -> f64 {
        self.number(|b| b.current(smu))
    }

    fn energy(&mut self, smu: Option<SmuId>) -> f64 {
        self.meter_of(|b| b.energy(smu))
    }

    fn charge(&mut self, smu: Option<SmuId>) -> f64 {
        self.meter_of(|b| b.charge(smu))
    }

    fn absorbed(&mut self, part: PartId) -> f64 {
        self.meter_of(|b| b.absorbed(part))
    }

    fn signal(&self, signal: SignalId) -> f64 {
        match (&self.replay, &self.bench) {
            (None, Some(b)) => b.signal(signal),
            (replay, _) => {
                let list = replay.as_ref().map_or(&self.signals, |r| &r.signals);
                list.get(signal.0 as usize).copied().unwrap_or(0.0)
            }
        }
    }

    fn set_signal(&mut self, signal: SignalId, value: f64) {
        if let Some(replay) = &mut self.replay {
            if let Some(slot) = replay.signals.get_mut(signal.0 as usize) {
                *slot = value;
            }
        } else if let Ok(b) = self.get() {
            b.set_signal(signal, value);
        }
    }

    fn level(&mut self, smu: SmuId) -> (Level, f64) {
        let now = |plant: &mut Self| plant.bench.as_mut().map_or((Level::Float, f64::INFINITY), |b| b.level(smu));
        self.hear(Heard::as_level, now, |level| Heard::level(*level))
    }

    fn drive(&mut self, drives: &[Drive]) -> Result<(), Stop> {
        if self.is_done()? { Ok(()) } else { self.get()?.drive(drives) }
    }

    fn deposit(&mut self, values: &[Deposit]) -> Result<(), Stop> {
        if self.is_done()? { Ok(()) } else { World::deposit(self.get()?, values) }
    }

    fn settle(&mut self) -> Result<(), Stop> {
        if self.is_done()? { Ok(()) } else { World::settle(self.get()?) }
    }

    fn study(&mut self, study: &Study, see: &[Kept]) -> Result<Rows, Stop> {
        let again = |h: &Heard| if let Heard::Study(rows) = h { Some(Ok(rows.clone().into())) } else { None };
        let now = |plant: &mut Self| plant.get().and_then(|b| b.study(study, see));
        self.hear(again, now, |rows| Heard::Study(rows.as_ref().map_or_else(|_| Default::default(), Into::into)))
    }

    fn branch(&mut self) -> Result<Box<dyn Plant + Send>, Stop> {
        if self.is_done()? { Err(other_run()) } else { self.get()?.branch() }
    }

    fn answered(&mut self) -> Option<Vec<u8>> {
        match self.replay.as_mut()?.next() {
            Some(Heard::Answer(bytes)) => Some(bytes.clone()),
            _ => None,
        }
    }

    fn answer(&mut self, bytes: &dyn Fn() -> Vec<u8>) {
        if let Some((_, heard)) = &mut self.kept {
            heard.push(Heard::Answer(bytes()));
        }
    }

    fn wake(&mut self) -> Result<(), Stop> {
        if !self.is_done()? {
            self.get()?;
        }
        let again = |h: &Heard| if let Heard::Past(n) = h { Some(*n) } else { None };
        let now = |plant: &mut Self| plant.bench.as_ref().map_or(0, |b| World::history(b).times().len());
        let count = self.hear(again, now, |n| Heard::Past(*n));
        if let Some(replay) = &mut self.replay {
            if replay.past.is_none() {
                replay.past = past(&replay.under.circuit, &self.keep);
            }
            replay.looks_back(count);
        }
        Ok(())
    }

    fn history(&self) -> &History {
        match (&self.replay, &self.bench) {
            (Some(replay), _) => &replay.known,
            (None, bench) => bench.as_ref().map_or(&self.nothing, World::history),
        }
    }
}

impl Plant for LazyPlant<'_> {
    fn advance(&mut self, horizon: Option<Ticks>, fires: &mut dyn FnMut(&mut dyn World) -> bool) -> Result<bool, Stop> {
        loop {
            if let Some(failure) = &self.failure {
                return Err(failure.clone());
            }
            let Some(replay) = &mut self.replay else { return self.go_on(horizon, fires) };
            match replay.next().cloned() {
                None => self.revive()?,
                Some(Heard::Passed(now, fired)) => {
                    replay.now = now;
                    return Ok(fired);
                }
                Some(Heard::Point(now)) => {
                    replay.now = now;
                    fires(self);
                }
                Some(_) => return Err(other_run()),
            }
        }
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

//! Time passes on a bench, and processes act between its steps.

use std::sync::atomic::Ordering;

use super::bench::{Bench, FIRST};
use super::glance::{Glance, current, meters};
use crate::analysis::{Failure, Step, Transient, View, operating_point, quantity};
use crate::circuit::PartId;
use crate::circuit::equation::Quantity;
use crate::device::Ticks;
use crate::device::smu::{Order, Task};
use crate::process::history::{History, Kept};
use crate::process::looking::Looking;
use crate::process::program::{SignalId, SmuId};
use crate::process::study::{Rows, Study};
use crate::process::world::{Deposit, Drive, Level, Plant, Stop, World};

/// A crossing is landed on within this fraction of the step in which it was found.
const LANDING: f64 = 1e-6;
/// Halvings of the interval in which a condition comes true.
const HALVINGS: usize = 40;
/// So near to its compliance (relative) a unit is at it.
const AT_LIMIT: f64 = 1e-3;
/// s: where nothing else ends a step, it ends here.
const FAR: f64 = 1e15;

impl World for Bench {
    fn now(&self) -> Ticks {
        self.transient.now(0)
    }

    fn settled(&self) -> bool {
        true
    }

    fn renews(&self) -> bool {
        self.transient.renews()
    }

    fn quantity(&mut self, what: &Quantity) -> f64 {
        quantity(&self.transient.view(0), &self.tracks, what)
    }

    fn current(&mut self, smu: SmuId) -> f64 {
        let view = self.view();
        current(view.system, &view, self.smu_part(smu))
    }

    fn energy(&mut self, smu: Option<SmuId>) -> f64 {
        meters(&self.program, &self.view(), smu).0
    }

    fn charge(&mut self, smu: Option<SmuId>) -> f64 {
        meters(&self.program, &self.view(), smu).1
    }

    fn absorbed(&mut self, part: PartId) -> f64 {
        self.absorbed.of(part)
    }

    fn signal(&self, signal: SignalId) -> f64 {
        self.signals.get(signal.0 as usize).copied().unwrap_or(0.0)
    }

    fn set_signal(&mut self, signal: SignalId, value: f64) {
        let place = signal.0 as usize;
        let Some(old) = self.signals.get_mut(place) else { return };
        let changed = std::mem::replace(old, value) != value;
        if changed && let Some(part) = self.program.signals.get(place).and_then(|s| s.driver) {
            self.follow_signal(part, value);
        }
        if changed {
            self.follow_parameters(signal);
        }
        if !self.history.is_empty() {
            self.note();
        }
    }

    fn level(&mut self, smu: SmuId) -> (Level, f64) {
        let order = self.order_of(self.smu_part(smu));
        let edge = self.program.smus.get(smu.0 as usize).map_or(0.0, |s| s.edge);
        let value = if order.length <= edge { order.to } else { order.level(self.now()) };
        let level = match order.task {
            Task::Float => Level::Float,
            Task::Voltage => Level::Voltage(value),
            Task::Current => Level::Current(value),
        };
        (level, order.limit)
    }

    fn drive(&mut self, drives: &[Drive]) -> Result<(), Stop> {
        let now = self.now();
        let mut first = FIRST;
        for drive in drives {
            let part = self.smu_part(drive.smu);
            let (task, to) = Bench::task(drive.to);
            let before = self.order_of(part);
            let from = match drive.from.map(Bench::task) {
                Some((t, from)) if t == task => from,
                // At its compliance a unit is not where it was told to be: from where it is, no edge exceeds what it ends.
                _ if before.task == task && !self.limited(drive.smu, &before) => before.level(now),
                _ => self.measured(drive.smu, task),
            };
            let length = if task == Task::Float { 0.0 } else { drive.over.max(0.0) };
            self.tell(part, Order { task, from, to, start: now, length, limit: drive.limit });
            if length > 0.0 {
                first = first.max(0.1 * length);
            }
        }
        self.transient.jolt(first);
        Ok(())
    }

    fn deposit(&mut self, values: &[Deposit]) -> Result<(), Stop> {
        self.deposit_values(values)
    }

    fn settle(&mut self) -> Result<(), Stop> {
        self.heed_refusal()?;
        self.finish_edges();
        self.still.take(&self.transient);
        self.leak_to(|v| v);
        operating_point(&mut self.still, true, true).map_err(|f| self.stop(&f))?;
        self.leak_to(|_| 0.0);
        self.transient.reseat(&mut self.still, FIRST);
        self.begin_again();
        Ok(())
    }

    fn study(&mut self, study: &Study, see: &[Kept]) -> Result<Rows, Stop> {
        self.heed_refusal()?;
        self.analyzed(study, see).map_err(|f| self.stop(&f))
    }

    fn branch(&mut self) -> Result<Box<dyn Plant + Send>, Stop> {
        let mut branch = self.fork().map_err(|f| self.stop(&f))?;
        self.branches += 1;
        branch.transient.branch(&self.branches.to_string());
        Ok(Box::new(branch))
    }

    fn history(&self) -> &History {
        &self.history
    }
}

impl Bench {
    /// A parameter that could not follow its signal stops what comes next.
    fn heed_refusal(&mut self) -> Result<(), Stop> {
        self.refused.take().map_or(Ok(()), Err)
    }

    /// Whether a unit is at its compliance.
    fn limited(&mut self, smu: SmuId, order: &Order) -> bool {
        let held = match order.task {
            Task::Float => return false,
            Task::Voltage => self.measured(smu, Task::Current),
            Task::Current => self.measured(smu, Task::Voltage),
        };
        held.abs() >= (1.0 - AT_LIMIT) * order.limit
    }

    /// Where a net is that was not forced in this way before: its voltage, or the current into it.
    fn measured(&mut self, smu: SmuId, task: Task) -> f64 {
        let Some(unit) = self.program.smus.get(smu.0 as usize) else { return 0.0 };
        match task {
            Task::Current => self.current(smu),
            _ => self.view().x[unit.net.0 as usize],
        }
    }

    /// Floating nets leak to a voltage that may depend on the one they have: to that itself, and what has no other path for
    /// direct current stays where it is.
    fn leak_to(&mut self, to: impl Fn(f64) -> f64) {
        for unit in &self.program.smus {
            let Some(&(group, instance)) = self.still.system.places.get(&unit.part) else { continue };
            let memory = &mut self.still.memories[group];
            let order = Order::read(memory, instance, 0);
            if order.task == Task::Float {
                let to = to(self.still.x[unit.net.0 as usize]);
                Order { from: to, to, ..order }.write(memory, instance, 0);
            }
        }
    }

    /// After a point at which no time passed: currents have no past, records see the point.
    pub(super) fn begin_again(&mut self) {
        let view = View { assembly: &self.still.assembly, ..self.transient.view(0) };
        self.tracks.start(&view);
        self.absorbed.start(&view, &self.tracks, self.transient.now(0));
        self.note();
    }

    /// The same once more, to go its own way, with the same past. Watchers stay behind.
    fn fork(&self) -> Result<Bench, Failure> {
        let mut transient = self.transient.clone();
        transient.log = None;
        let mut still =
            crate::analysis::Simulator::new(transient.system.clone(), transient.options.clone(), transient.env);
        still.interrupted = self.interrupted.clone();
        Ok(Bench {
            still,
            transient,
            program: self.program.clone(),
            signals: self.signals.clone(),
            tracks: self.tracks.clone(),
            absorbed: self.absorbed.clone(),
            history: self.history.clone(),
            full: self.full,
            point: Vec::new(),
            before: Vec::new(),
            line: Vec::new(),
            interrupted: self.interrupted.clone(),
            watcher: None,
            recorder: None,
            tracer: None,
            inherited: self.transient.stats,
            branches: 0,
            refused: None,
            told: self.told.clone(),
        })
    }

    /// What is kept, at the present point.
    fn values_kept(&mut self, history: &History) -> Vec<f64> {
        let mut point = std::mem::take(&mut self.point);
        point.clear();
        point.extend(history.kept().iter().map(|k| k.read(self)));
        point
    }

    /// The recorder takes the present point.
    pub(super) fn recorded(&mut self) {
        if let Some((what, mut recorder)) = self.recorder.take() {
            let values: Vec<f64> = what.iter().map(|k| k.read(self)).collect();
            if recorder(self.now().seconds(), &values) {
                self.recorder = Some((what, recorder));
            }
        }
    }

    /// What became of the attempts at the last step.
    fn traced(&mut self) {
        if let (Some(see), Some(log)) = (self.tracer.as_mut(), self.transient.log.as_mut()) {
            let list = std::mem::take(log);
            list.iter().for_each(|attempt| see(&self.transient.system, attempt));
        }
    }

    /// History and watchers look at the point just accepted.
    fn note(&mut self) {
        if !self.history.is_empty() {
            let mut history = std::mem::take(&mut self.history);
            let now = self.now().seconds();
            if self.transient.jumped() && self.before.len() == history.kept().len() {
                self.full |= !history.push(now, &self.before);
            }
            self.point = self.values_kept(&history);
            self.full |= !history.push(now, &self.point);
            if self.transient.restarts() {
                history.corner();
            }
            self.history = history;
        }
        self.recorded();
        if let Some(mut watcher) = self.watcher.take() {
            watcher(&self.transient.view(0), &self.tracks);
            self.watcher = Some(watcher);
        }
    }

    /// One accepted point. A condition that comes true before its end shortens it.
    fn step(&mut self, until: Ticks, fires: &mut dyn FnMut(&mut dyn World) -> bool) -> Result<Step, Failure> {
        let (program, signals, tracks, history) = (&*self.program, &self.signals, &self.tracks, &self.history);
        let (line, before, absorbed) = (&mut self.line, &mut self.before, &self.absorbed);
        let mut longest = 0.0_f64;
        self.transient.step_watched(until, &mut |transient: &Transient| {
            let (from, end) = (transient.now(0).seconds(), transient.trial());
            let h = transient.trial_step();
            longest = longest.max(h);
            let mut glance = |fraction: f64, look: &mut dyn FnMut(&mut dyn World) -> bool| {
                line.clear();
                line.extend(transient.solution().iter().zip(end.x).map(|(a, b)| a + fraction * (b - a)));
                let time = if fraction == 1.0 { end.time } else { from + fraction * h };
                let view = View { x: line.as_slice(), time, part: fraction, ..transient.trial() };
                look(&mut Looking(Glance {
                    view,
                    end: transient.trial(),
                    fraction,
                    program,
                    signals,
                    tracks,
                    history,
                    absorbed,
                }))
            };
            let landing = LANDING * longest + 2.0 / Ticks::PER_SECOND;
            if glance(1.0, fires) && h > landing && !glance(0.0, fires) {
                let (mut low, mut high) = (0.0, 1.0);
                for _ in 0..HALVINGS {
                    let middle = 0.5 * (low + high);
                    if glance(middle, fires) { high = middle } else { low = middle }
                }
                if (1.0 - high) * h > landing {
                    // Land behind the crossing, by half of what is allowed.
                    return Ok(Some(high + 0.5 * landing / h));
                }
            }
            before.clear();
            if !history.is_empty() {
                // What is kept, as it is before something jumps.
                glance(1.0, &mut |world| {
                    before.extend(history.kept().iter().map(|k| k.read(world)));
                    true
                });
            }
            Ok(None)
        })
    }
}

impl Plant for Bench {
    fn advance(&mut self, horizon: Option<Ticks>, fires: &mut dyn FnMut(&mut dyn World) -> bool) -> Result<bool, Stop> {
        let until = horizon.unwrap_or_else(|| Ticks(self.now().0 + Ticks::from_seconds(FAR).0));
        self.heed_refusal()?;
        while self.now() < until {
            if self.interrupted.load(Ordering::Relaxed) {
                return Err(Stop::Interrupted);
            }
            let step = self.step(until, fires);
            self.traced();
            let step = step.map_err(|f| self.stop(&f))?;
            self.tracks.update(&self.transient.view(0));
            self.absorbed.go_on(&self.transient.view(0), &self.tracks, self.transient.now(0));
            self.note();
            if self.full {
                let message = "the past that waves, plots and snapshots need is too long for memory".to_string();
                let help = "keep fewer nets, or a shorter time, or ask for what is needed with from=".to_string();
                return Err(Stop::Refused { message, help });
            }
            if self.transient.renews() {
                self.still.begin_anew();
            }
            if fires(self) {
                return Ok(true);
            }
            if step == Step::Reached {
                break;
            }
        }
        Ok(false)
    }

    fn keep(&mut self, what: &[Kept]) {
        let quantity = |k: &Kept| if let Kept::Quantity(q) = k { Some(q.clone()) } else { None };
        self.follow(&what.iter().filter_map(quantity).collect::<Vec<_>>());
        let mut history = std::mem::take(&mut self.history);
        let new = what.iter().filter(|k| history.add(k)).count();
        if new > 0 {
            let point = self.values_kept(&history);
            match history.times().is_empty() {
                true => self.full |= !history.push(self.now().seconds(), &point),
                false => history.complete(&point),
            }
            self.point = point;
        }
        self.history = history;
    }

    fn follow(&mut self, what: &[Quantity]) {
        let system = self.transient.system.clone();
        let new = what.iter().filter(|q| self.tracks.follow(&system, q)).count();
        if new > 0 {
            self.still.take(&self.transient);
            self.begin_at_rest();
        }
    }

    fn meter(&mut self, parts: &[PartId]) {
        let circuit = self.transient.system.circuit.clone();
        let pins = |part: &PartId| {
            let part = *part;
            (0..circuit.part(part).pins.len()).map(move |k| Quantity::Current(part, k))
        };
        let currents: Vec<Quantity> = parts.iter().flat_map(pins).collect();
        self.follow(&currents);
        let new = parts.iter().filter(|part| self.absorbed.add(**part)).count();
        if new > 0 {
            self.absorbed.start(&self.transient.view(0), &self.tracks, self.transient.now(0));
        }
    }

    fn world(&mut self) -> &mut dyn World {
        self
    }
}

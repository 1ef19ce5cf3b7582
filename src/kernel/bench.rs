//! A circuit under source-measure units: what it consists of, how it starts, how its units are told what to do.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use super::absorbed::Absorbed;
use crate::analysis::{
    Attempt, Failure, Pace, Simulator, Stats, Tracks, Transient, View, Warned, operating_point, warned,
};
use crate::circuit::plan::Options;
use crate::circuit::{NetId, PartId};
use crate::device::smu::{Order, Task};
use crate::device::{Environment, Ticks};
use crate::mna::System;
use crate::process::history::{History, Kept};
use crate::process::program::{Follower, Program, SignalId, SmuId};
use crate::process::world::{Deposit, Level, Stop};

/// s: the first step where nothing tells how fast the circuit is.
pub(super) const FIRST: f64 = 1e-10;
/// s: how long a signal's net takes from one value to the next.
const SIGNAL_EDGE: f64 = 1e-9;

/// What a run on a bench is given besides the circuit.
#[derive(Clone)]
pub struct Setting {
    pub options: Options,
    pub env: Environment,
    /// s: no step is longer; infinite where idle steps may grow to the next event.
    pub max_step: f64,
    /// Held while the operating point is found
    pub initial: Vec<(NetId, f64)>,
    /// Guesses for it
    pub nodeset: Vec<(NetId, f64)>,
    /// Set when the user wants to stop.
    pub interrupted: Arc<AtomicBool>,
}

/// What looks at every accepted point.
pub type Watcher = Box<dyn FnMut(&View, &Tracks) + Send>;

/// Takes time (s) and numbers of every accepted point; false where it wants no more.
pub type Recorder = Box<dyn FnMut(f64, &[f64]) -> bool + Send>;

/// Looks at every attempt at a time step.
pub type Tracer = Box<dyn FnMut(&System, &Attempt) + Send>;

/// A circuit beside which processes run.
pub struct Bench {
    pub(super) transient: Transient,
    /// Where points at which no time passes are solved.
    pub(super) still: Simulator,
    pub(super) program: Arc<Program>,
    pub(super) signals: Vec<f64>,
    pub(super) tracks: Tracks,
    pub(super) absorbed: Absorbed,
    pub(super) history: History,
    /// There is no more room in it
    pub(super) full: bool,
    /// Numbers of one point of it
    pub(super) point: Vec<f64>,
    /// The same at the end of the step under way, before anything jumps there
    pub(super) before: Vec<f64>,
    /// Unknowns on the line to the end of the step under way
    pub(super) line: Vec<f64>,
    pub(super) interrupted: Arc<AtomicBool>,
    pub(super) watcher: Option<Watcher>,
    pub(super) recorder: Option<(Vec<Kept>, Recorder)>,
    pub(super) tracer: Option<Tracer>,
    /// Work that this branch took over from the one it parted from
    pub(super) inherited: Stats,
    /// Branches that have parted from this one
    pub(super) branches: u64,
    /// Why a parameter could not follow a signal
    pub(super) refused: Option<Stop>,
    /// What models had to say of branches that are over, and the work they did; all of them share it
    pub(super) told: Arc<Mutex<(Vec<Warned>, Stats)>>,
}

fn sum(a: Stats, b: Stats) -> Stats {
    Stats { accepted: a.accepted + b.accepted, rejected: a.rejected + b.rejected, newton: a.newton + b.newton }
}

impl Drop for Bench {
    fn drop(&mut self) {
        if let Ok(mut told) = self.told.lock() {
            Warned::merge(&mut told.0, self.warned_here());
            told.1 = sum(told.1, self.work());
        }
    }
}

impl Bench {
    /// At time 0, at the operating point: units float, signals are at their start.
    pub fn new(system: Arc<System>, setting: &Setting, program: Arc<Program>) -> Result<Bench, Failure> {
        let mut still = Simulator::new(system.clone(), setting.options.clone(), setting.env);
        let by_unknown = |list: &[(NetId, f64)]| list.iter().map(|(n, v)| (n.0 as usize, *v)).collect();
        still.initial = by_unknown(&setting.initial);
        still.nodeset = by_unknown(&setting.nodeset);
        still.interrupted = setting.interrupted.clone();
        for signal in &program.signals {
            if let Some(&(group, instance)) = signal.driver.and_then(|part| system.places.get(&part)) {
                let level = signal.start;
                let order = Order { task: Task::Voltage, from: level, to: level, ..Order::FLOAT };
                order.write(&mut still.memories[group], instance, 0);
            }
        }
        operating_point(&mut still, true, false)?;
        still.initial.clear();
        let pace = Pace { first: FIRST.min(setting.max_step), max: setting.max_step, fine: 0.0 };
        let charges = vec![0.0; system.unknowns()];
        let mut transient = Transient::new(std::slice::from_ref(&still), &[charges], pace, None)?;
        transient.reseat(&mut still, pace.first);
        Ok(Bench {
            signals: program.signals.iter().map(|s| s.start).collect(),
            transient,
            still,
            program,
            tracks: Tracks::default(),
            absorbed: Absorbed::default(),
            history: History::default(),
            full: false,
            point: Vec::new(),
            before: Vec::new(),
            line: Vec::new(),
            interrupted: setting.interrupted.clone(),
            watcher: None,
            recorder: None,
            tracer: None,
            inherited: Stats::default(),
            branches: 0,
            refused: None,
            told: Arc::default(),
        })
    }

    /// Shows every point accepted from now on, the present one first.
    pub fn watch(&mut self, mut watcher: Watcher) {
        watcher(&self.view(), &self.tracks);
        self.watcher = Some(watcher);
    }

    pub fn now(&self) -> Ticks {
        self.transient.now(0)
    }

    /// Gives numbers of every point accepted from now on, and of the present one if it is wanted.
    pub fn record(&mut self, what: Vec<Kept>, present: bool, recorder: Recorder) {
        self.recorder = Some((what, recorder));
        if present {
            self.recorded();
        }
    }

    /// Shows every attempt at a time step from now on.
    pub fn trace(&mut self, tracer: Tracer) {
        self.transient.log = Some(Vec::new());
        self.tracer = Some(tracer);
    }

    /// Accepted and rejected steps and Newton iterations so far, those of branches that are over included.
    pub fn stats(&self) -> Stats {
        let branches = self.told.lock().map(|t| t.1).unwrap_or_default();
        sum(branches, self.work())
    }

    fn work(&self) -> Stats {
        let (all, before) = (self.transient.stats, self.inherited);
        Stats {
            accepted: all.accepted - before.accepted,
            rejected: all.rejected - before.rejected,
            newton: all.newton - before.newton,
        }
    }

    /// What models had to say of the run so far, its branches included.
    pub fn warned(&self) -> Vec<Warned> {
        let mut all = self.told.lock().map(|t| t.0.clone()).unwrap_or_default();
        Warned::merge(&mut all, self.warned_here());
        all
    }

    fn warned_here(&self) -> Vec<Warned> {
        warned(&self.transient.system, &self.transient.memories)
    }

    pub fn system(&self) -> &System {
        &self.transient.system
    }

    /// The last accepted point.
    pub(super) fn view(&self) -> View<'_> {
        self.transient.view(0)
    }

    pub(super) fn stop(&self, failure: &Failure) -> Stop {
        match failure {
            Failure::Interrupted => Stop::Interrupted,
            other => Stop::Analysis(Box::new(other.diagnostic(&self.transient.system))),
        }
    }

    /// Where a unit's part keeps what it does.
    pub(super) fn place(&self, part: PartId) -> (usize, usize) {
        self.transient.system.places.get(&part).copied().unwrap_or_default()
    }

    pub(super) fn order_of(&self, part: PartId) -> Order {
        let (group, instance) = self.place(part);
        Order::read(&self.transient.memories[group], instance, 0)
    }

    /// Tells a unit's part what to do from now on. The caller restarts the integration.
    pub(super) fn tell(&mut self, part: PartId, order: Order) {
        let (group, instance) = self.place(part);
        order.write(&mut self.transient.memories[group], instance, 0);
    }

    /// A part's net moves to a voltage within the edge of signals.
    pub(super) fn follow_signal(&mut self, part: PartId, value: f64) {
        let now = self.now();
        let from = self.order_of(part).level(now);
        self.tell(
            part,
            Order { task: Task::Voltage, from, to: value, start: now, length: SIGNAL_EDGE, limit: f64::INFINITY },
        );
        self.transient.jolt(SIGNAL_EDGE);
    }

    /// Parameters of parts that a signal changes have their new values, at once.
    pub(super) fn follow_parameters(&mut self, signal: SignalId) {
        let program = self.program.clone();
        let changed = program.followers.iter().filter(|f| f.signals.contains(&signal));
        let value = |s: SignalId| self.signals.get(s.0 as usize).copied().unwrap_or(0.0);
        let deposit = |f: &Follower| Deposit { part: f.part, name: f.name.clone(), value: f.value(&value) };
        let deposits: Vec<Deposit> = changed.map(deposit).collect();
        if !deposits.is_empty()
            && let Err(stop) = self.deposit_values(&deposits)
        {
            self.refused = Some(stop);
        }
    }

    pub(super) fn smu_part(&self, smu: SmuId) -> PartId {
        self.program.smus.get(smu.0 as usize).map_or(PartId(u32::MAX), |s| s.part)
    }

    /// What a level and a compliance are to a unit's part.
    pub(super) fn task(level: Level) -> (Task, f64) {
        match level {
            Level::Float => (Task::Float, 0.0),
            Level::Voltage(v) => (Task::Voltage, v),
            Level::Current(i) => (Task::Current, i),
        }
    }
}

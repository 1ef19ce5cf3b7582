//! Integration in time, one accepted point at a time, over lanes: every lane has its own time, step, order and history;
//! what lanes share is that one Newton iteration of all of them is one tick.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::failure::Failure;
use super::formula::{Coefficients, Formula, extrapolation};
use super::history::History;
use super::judge::Tolerances;
use super::lane::{Lane, Onset, Phase};
use super::lane_solver::LaneSolver;
use super::observe::View;
use super::pace::{Mood, Sizes, land, restart_step, step_on};
use super::simulator::{Simulator, pivoting};
use super::sink::Stats;
use super::trace::{Attempt, Verdict};
use crate::circuit::plan::{Method, Options};
use crate::device::{Environment, Memory, Mode, Ticks};
use crate::mna::{Assembly, Inputs, System};

/// Iterations of a step that are not worth speaking of.
const AT_EASE: usize = 4;

/// Steps without a leap after one that was tried in vain.
const WARY: usize = 4;

/// So many fine steps one after the other follow a ringing; fewer where one was damped before.
const RINGS: u32 = 1000;
const RINGS_AGAIN: u32 = 200;
/// Of the longest step that sources allow: longer ones follow the sources.
const DRIVEN: f64 = 0.1;

/// Limits on the step, seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    pub first: f64,
    pub max: f64,
    /// Steps shorter than this are finer than anything that was asked for; 0: none is.
    pub fine: f64,
}

/// A transient of one circuit in one or more lanes. Nothing is allocated while it steps.
#[derive(Clone)]
pub struct Transient {
    pub system: Arc<System>,
    pub options: Options,
    pub env: Environment,
    pub memories: Vec<Memory>,
    pub assembly: Assembly,
    pub stats: Stats,
    /// Every attempt at a step, where it is Some; taken out by whoever wants to know. It allocates.
    pub log: Option<Vec<Attempt>>,
    /// Set when the user wants to stop.
    pub interrupted: Arc<AtomicBool>,
    pub(super) solver: LaneSolver,
    pub(super) lanes: Vec<Lane>,
    pub(super) x: Vec<f64>,
    pub(super) last: Vec<f64>,
    pub(super) dx: Vec<f64>,
    pub(super) time: Vec<f64>,
    pub(super) ticks: Vec<Ticks>,
    pub(super) a: Vec<f64>,
    pub(super) beta: Vec<f64>,
    pub(super) active: Vec<bool>,
    /// `a` of each lane when the matrix was last factored.
    pub(super) factored: Vec<f64>,
    pub(super) history: History,
    pub(super) sizes: Sizes,
    /// Unknowns that a bound holds at the trial point, `[unknown * lanes + lane]`
    pub(super) held: Vec<bool>,
    pub(super) tolerances: Tolerances,
    pace: Pace,
    /// V; see [`Inputs::rest`]. Members of an ensemble do not rest: their bits must not depend on the number of lanes.
    pub(super) rest: f64,
    /// Accepted points when pivots and what rests were last forgotten; see `checkpoint`.
    pub(super) renewed: u64,
    /// Converged steps wait for [`Transient::step_watched`] to agree.
    pub(super) watched: bool,
}

impl Transient {
    /// From simulators (one a lane) of the same system, each at its start: an accepted operating point in `x` and its
    /// charges in `charges` (by row), or with initial conditions as [`super::initial_conditions`] makes them.
    ///
    /// An ensemble gives the Jacobian of its nominal member: every member uses its pivots, however many run together.
    pub fn new(
        simulators: &[Simulator],
        charges: &[Vec<f64>],
        pace: Pace,
        nominal: Option<&[f64]>,
    ) -> Result<Transient, Failure> {
        let count = simulators.len();
        let first = simulators.first().ok_or_else(|| Failure::Sweep("an ensemble without members".into()))?;
        let (system, options, env) = (first.system.clone(), first.options.clone(), first.env);
        let n = system.unknowns();
        let gather = |of: &dyn Fn(&Simulator) -> &[f64]| -> Vec<f64> {
            let mut all = vec![0.0; of(first).len() * count];
            for (lane, s) in simulators.iter().enumerate() {
                of(s).iter().enumerate().for_each(|(k, v)| all[k * count + lane] = *v);
            }
            all
        };
        let x = gather(&|s| &s.x);
        let memories: Vec<Memory> = (0..system.groups.len())
            .map(|g| {
                let mut memory = Memory::new(system.groups[g].parts.len(), system.groups[g].slots, count);
                memory.params = gather(&|s| &s.memories[g].params);
                memory.derived = gather(&|s| &s.memories[g].derived);
                memory.state = gather(&|s| &s.memories[g].state);
                memory.trial = gather(&|s| &s.memories[g].trial);
                memory.limit = gather(&|s| &s.memories[g].limit);
                memory.gather(&simulators.iter().map(|s| &s.memories[g]).collect::<Vec<_>>());
                memory
            })
            .collect();
        let mut transient = Transient {
            assembly: Assembly::new(&system, count),
            solver: LaneSolver::new(&system.pattern, pivoting(&options), count, nominal)?,
            stats: Stats::default(),
            log: None,
            interrupted: first.interrupted.clone(),
            lanes: (0..count).map(|_| Lane::new(pace.first)).collect(),
            last: x.clone(),
            dx: vec![0.0; n * count],
            time: vec![0.0; count],
            ticks: vec![Ticks(0); count],
            a: vec![0.0; count],
            beta: vec![0.0; n * count],
            active: vec![false; count],
            factored: vec![f64::NAN; count],
            history: History::new(n, count),
            sizes: Sizes::new(n * count),
            held: vec![false; n * count],
            tolerances: Tolerances::new(&system, &options),
            pace,
            watched: false,
            renewed: 0,
            rest: if nominal.is_some() || count > 1 { 0.0 } else { 0.01 * options.reltol },
            memories,
            x,
            env,
            options,
            system,
        };
        transient.start(charges);
        Ok(transient)
    }

    fn start(&mut self, charges: &[Vec<f64>]) {
        let count = self.lanes.len();
        let at = inputs(&self.x, &self.last, (&self.time, &self.ticks), &self.a, &self.beta, &self.options, self.rest);
        self.assembly.relinearize(&self.system, &mut self.memories, &at);
        let mut q = vec![0.0; self.x.len()];
        for (lane, charges) in charges.iter().enumerate() {
            charges.iter().enumerate().for_each(|(row, v)| q[row * count + lane] = *v);
        }
        for lane in 0..count {
            self.history.push(lane, 0.0, &self.x, &q, 0.0, &self.beta);
            self.look_ahead(lane);
            for k in (lane..self.x.len()).step_by(count) {
                self.sizes.see(k, self.x[k]);
            }
        }
    }

    /// Time of the last accepted point of a lane.
    pub fn now(&self, lane: usize) -> Ticks {
        self.lanes[lane].now
    }

    /// The last accepted solution, lane-minor.
    pub fn solution(&self) -> &[f64] {
        &self.last
    }

    /// The point just accepted in a lane, for observers. Valid until the next tick.
    pub fn view(&self, lane: usize) -> View<'_> {
        let state = &self.lanes[lane];
        View {
            system: &self.system,
            memories: &self.memories,
            assembly: &self.assembly,
            x: &self.last,
            lanes: self.lanes.len(),
            lane,
            time: state.now.seconds(),
            temp: self.env.temp,
            gmin: self.options.gmin,
            coefficients: state.coefficients,
            part: 0.0,
        }
    }

    /// One Newton iteration of every lane that is not done, and the decisions that follow from it.
    pub(super) fn tick(&mut self) -> Result<(), Failure> {
        if self.interrupted.load(Ordering::Relaxed) {
            return Err(Failure::Interrupted);
        }
        for lane in 0..self.lanes.len() {
            if self.lanes[lane].phase == Phase::Rest {
                if let Some(storm) = self.lanes[lane].storm {
                    return Err(self.storm(lane, storm));
                }
                if self.lanes[lane].stands() {
                    return Err(self.no_advance(lane));
                }
                if self.lanes[lane].drags() {
                    return Err(self.too_small(lane, self.lanes[lane].h, self.lanes[lane].culprit));
                }
                self.predict(lane);
            }
        }
        let at = inputs(&self.x, &self.last, (&self.time, &self.ticks), &self.a, &self.beta, &self.options, self.rest);
        self.assembly.assemble(&self.system, &mut self.memories, &at);
        for lane in 0..self.lanes.len() {
            self.active[lane] = self.lanes[lane].phase == Phase::Iterate && self.judge(lane)?;
        }
        if self.active.contains(&true) {
            self.solve()?;
        }
        Ok(())
    }

    /// Chooses the next step of a lane and where to start its iteration.
    fn predict(&mut self, lane: usize) {
        let count = self.lanes.len();
        let [h1, h2] = self.history.steps[lane];
        let points = self.history.points[lane];
        let state = &mut self.lanes[lane];
        let corner = state.horizon.map_or(state.until, |c| c.min(state.until));
        let want = self.options.fixed_step.unwrap_or_else(|| state.want.min(self.pace.max));
        state.fine &= state.within > 0.0 || want < Ticks(1).seconds();
        if state.fine {
            (state.end, state.h) = (Ticks(state.now.0 + 1), state.slice(want));
        } else {
            state.end = land(state.now, want, Some(corner));
            state.h = Ticks(state.end.0 - state.now.0).seconds();
        }
        let damp = state.rings >= if state.damped.is_some() { RINGS_AGAIN } else { RINGS };
        state.formula = Formula::choose(self.options.method, self.options.maxord, points, state.h / h1, damp);
        state.coefficients = state.formula.coefficients(state.h, h1);
        state.iteration = 0;
        state.changes = [0.0; 2];
        (state.error, state.culprit, state.limiter) = (f64::NAN, 0, None);
        state.phase = Phase::Iterate;
        let Coefficients { a, b, c, d } = state.coefficients;
        self.a[lane] = a;
        self.time[lane] = state.end.seconds();
        self.ticks[lane] = state.end;
        self.history.charge_history(lane, b, c, d, &mut self.beta);
        self.history.predict(lane, extrapolation(points, state.h, h1, h2), &mut self.x);
        self.x[lane] = 0.0;
        for (group, memory) in self.system.groups.iter().zip(&mut self.memories) {
            debug_assert_eq!(memory.lanes, count);
            memory.limited[lane] = false;
            let at = point(group, &self.x, &self.last, &self.time, &self.ticks, &self.options, count);
            group.device.foretell(&at, memory, lane);
        }
    }

    pub(super) fn accept(&mut self, lane: usize, ratio: f64, order: i32) {
        let count = self.lanes.len();
        let (h, end) = (self.lanes[lane].h, self.lanes[lane].end);
        let mood = match &self.lanes[lane] {
            state if self.history.points[lane] < 2 && state.onset == Onset::Blind => Mood::Blind,
            state if state.tries + state.wary == 0 && state.iteration <= AT_EASE => Mood::AtEase,
            _ => Mood::Careful,
        };
        self.assembly.remember(&self.system, lane);
        self.history.push(lane, h, &self.x, &self.assembly.q, self.a[lane], &self.beta);
        self.history.hold(lane, &self.held);
        let mut jumped = None;
        for (g, (group, memory)) in self.system.groups.iter().zip(&mut self.memories).enumerate() {
            for k in (lane..memory.state.len()).step_by(count) {
                memory.state[k] = memory.trial[k];
            }
            let at = point(group, &self.x, &self.last, &self.time, &self.ticks, &self.options, count);
            let jumps = group.device.accept(&at, memory, lane);
            if let Some((instance, rate)) = memory.storm.take() {
                self.lanes[lane].storm = Some((g, instance, rate));
            }
            if jumps {
                jumped = Some(g);
                let (x, history) = (&mut self.x, &mut self.history);
                group.device.deposit(memory, lane, &mut |instance, terminal, value| {
                    let k = group.terms[instance * group.width + terminal] as usize * count + lane;
                    history.deposit(lane, k, value - x[k]);
                    x[k] = value;
                });
            }
        }
        for k in (lane..self.x.len()).step_by(count) {
            self.last[k] = self.x[k];
            self.sizes.see(k, self.x[k]);
        }
        let lands = self.lanes[lane].lands();
        let at_corner = lands && self.lanes[lane].corner == Some(end);
        self.listen(lane, h, end);
        let state = &mut self.lanes[lane];
        let uncut = std::mem::take(&mut state.uncut);
        if lands {
            state.crawl(jumped);
        }
        state.jumped = jumped.is_some() || state.jumped && state.within > 0.0;
        state.advance();
        state.failures = 0;
        state.losses = 0;
        state.wary = if state.tries > 0 { WARY } else { state.wary.saturating_sub(1) };
        state.tries = 0;
        state.onset = match state.onset {
            _ if jumped.is_some() => Onset::Jump,
            // What the voltages were before a jump tells nothing of what they do after it.
            Onset::Jump => {
                self.history.restart(lane);
                Onset::Landed
            }
            _ => Onset::Blind,
        };
        state.just_accepted = lands;
        state.phase = if lands && end >= state.until { Phase::Done } else { Phase::Rest };
        state.want = step_on(h, ratio, order, mood);
        self.stats.accepted += 1;
        self.note(lane, Verdict::Accepted);
        self.look_ahead(lane);
        if jumped.is_some() {
            self.assembly.forget(lane);
        }
        if at_corner || jumped.is_some() {
            self.history.restart(lane);
            let state = &mut self.lanes[lane];
            let gap = state.corner.map_or(f64::INFINITY, |c| Ticks(c.0 - state.now.0).seconds());
            state.want = match lands {
                true => restart_step(state.want.max(uncut).min(self.pace.max), gap, self.options.reltol),
                false => h,
            };
        }
    }

    /// Whether something rings that nobody asked to see: voltages and currents have kept steps short for long.
    fn listen(&mut self, lane: usize, h: f64, end: Ticks) {
        let state = &mut self.lanes[lane];
        let culprit = state.culprit;
        // What sources drive at such a pace was asked for.
        let fine = self.pace.fine.min(DRIVEN * state.bound);
        let rings = h < fine && culprit != 0 && !self.system.is_state(culprit);
        state.rings = if rings { state.rings.saturating_add(1) } else { 0 };
        if state.rings == RINGS && self.options.method == Method::Automatic && state.damped.is_none() {
            state.damped = Some((end.seconds(), culprit));
        }
    }

    /// When a ringing was first damped (s), and by which unknown it was seen.
    pub fn damped(&self, lane: usize) -> Option<(f64, usize)> {
        self.lanes[lane].damped
    }

    /// Asks the devices for the next corner and for bounds on the step.
    pub(super) fn look_ahead(&mut self, lane: usize) {
        let now = self.lanes[lane].now;
        let (mut corner, mut landing, mut bound) = (None, None, f64::INFINITY);
        let sooner = |a: Option<Ticks>, b: Option<Ticks>| a.into_iter().chain(b.filter(|t| *t > now)).min();
        for (group, memory) in self.system.groups.iter().zip(&self.memories) {
            corner = sooner(corner, group.device.corner(memory, lane, now));
            landing = sooner(landing, group.device.landing(memory, lane, now));
            let at = point(group, &self.last, &self.last, &self.time, &self.ticks, &self.options, self.lanes.len());
            if let Some(b) = group.device.max_step(&at, memory, lane) {
                bound = bound.min(b);
            }
        }
        let state = &mut self.lanes[lane];
        state.corner = corner;
        state.horizon = sooner(corner, landing);
        state.want = state.want.min(bound);
        state.bound = bound;
    }

    pub(super) fn note(&mut self, lane: usize, verdict: Verdict) {
        let state = &mut self.lanes[lane];
        let attempt = Attempt {
            time: state.end.seconds(),
            step: state.h,
            order: state.formula.order(),
            iterations: state.iteration,
            verdict,
            error: state.error,
            unknown: state.culprit,
            limiter: state.limiter,
        };
        state.trace.note(attempt);
        if let Some(log) = &mut self.log {
            log.push(attempt);
        }
    }
}

/// Inputs of a time point; `clock` is the time of each lane in seconds and in ticks.
pub(super) fn inputs<'a>(
    x: &'a [f64],
    last: &'a [f64],
    clock: (&'a [f64], &'a [Ticks]),
    a: &'a [f64],
    beta: &'a [f64],
    options: &Options,
    rest: f64,
) -> Inputs<'a> {
    Inputs {
        x,
        last,
        time: clock.0,
        ticks: clock.1,
        a,
        beta,
        mode: Mode::Dynamic,
        transient: true,
        gmin: options.gmin,
        source: 1.0,
        shunt: 1.0 / options.rshunt,
        anchor: 0.0,
        clamps: &[],
        rest,
    }
}

pub(super) fn point<'a>(
    group: &'a crate::mna::Group,
    x: &'a [f64],
    last: &'a [f64],
    time: &'a [f64],
    ticks: &'a [Ticks],
    options: &Options,
    lanes: usize,
) -> crate::device::Point<'a> {
    crate::device::Point {
        lanes,
        x,
        last,
        time,
        ticks,
        gmin: options.gmin,
        source: 1.0,
        mode: Mode::Dynamic,
        transient: true,
        terms: &group.terms,
        width: group.width,
        part: 0.0,
    }
}

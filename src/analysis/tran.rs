//! `.tran`: a transient from its start to its end, every accepted point to the sink.

use std::sync::atomic::Ordering;

use super::advance::Step;
use super::failure::Failure;
use super::newton::{Problem, Trouble, newton};
use super::observe::{Observer, View};
use super::op::operating_point;
use super::pace::SETTLING;
use super::simulator::Simulator;
use super::sink::{Column, Control, Progress, Restart, Row, Sink, Stats};
use super::transient::{Pace, Transient};
use super::warned::{Warned, ringing, warned};
use crate::circuit::plan::Options;
use crate::device::{Mode, Ticks};
use crate::mna::Inputs;

/// Steps below this share of tstep, or of a tmax that is given, follow what nobody asked to see: at default tolerances a period
/// has some twenty of them.
const FINE: f64 = 2e-3;

/// A `.tran` card, seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TranSpec {
    pub step: f64,
    pub stop: f64,
    /// Points before are computed, not shown.
    pub start: f64,
    pub max_step: Option<f64>,
    /// Start from initial conditions, without an operating point.
    pub uic: bool,
}

impl TranSpec {
    /// SPICE's limits: the largest step is tmax, else min(tstep, (tstop − tstart)/50); the first a tenth of
    /// min(tstep, tstop/100).
    pub fn pace(&self) -> Pace {
        let max = self.max_step.unwrap_or_else(|| self.step.min((self.stop - self.start) / 50.0));
        Pace {
            first: (self.step.min(self.stop / 100.0) / 10.0).min(max),
            max,
            fine: FINE * self.step.min(self.max_step.unwrap_or(f64::INFINITY)),
        }
    }
}

/// Runs to the end. Progress is reported every few hundred points.
pub fn tran(
    mut simulator: Simulator,
    spec: &TranSpec,
    observer: &mut Observer,
    sink: &mut dyn Sink,
    control: &mut Control,
) -> Result<Stats, Failure> {
    let mut pace = spec.pace();
    // Steps through a sine go with the cube root of what they may be off by; by those of default tolerances one knows a period.
    let Options { reltol, trtol, .. } = simulator.options;
    let Options { reltol: usual, trtol: factor, .. } = Options::default();
    pace.fine *= (reltol * trtol / (usual * factor)).cbrt().min(1.0);
    if spec.uic || !simulator.initial.is_empty() {
        pace.first *= SETTLING;
    }
    simulator.interrupted = control.interrupted.clone();
    let charges = if spec.uic { initial_conditions(&mut simulator, pace.first)? } else { rest(&mut simulator)? };
    let iterations = simulator.iterations;
    let mut transient = Transient::new(std::slice::from_ref(&simulator), &[charges], pace, None)?;
    transient.log = control.trace.is_some().then(Vec::new);
    sink.begin(&observer.header("tran", Some(Column { name: "time".into(), unit: "s".into() }), false))?;
    let from = Ticks::from_seconds(spec.start).seconds();
    let restart = match &mut control.keep {
        None => Restart::Begin,
        Some(keep) => keep.restart(observer.header("tran", None, false).columns.len(), &mut |time, row| {
            if time >= from { sink.row(time, Row::Real(row)) } else { Ok(()) }
        })?,
    };
    let given = match restart {
        Restart::Begin => false,
        Restart::Done(stats) => {
            sink.end()?;
            return Ok(stats);
        }
        Restart::From(bytes) => {
            let (tracks, state): (Vec<[f64; 4]>, Vec<u8>) =
                postcard::from_bytes(&bytes).map_err(|e| Failure::Output(std::io::Error::other(e)))?;
            if !transient.restore(&state)? {
                let message = "what was kept of this transient is of another circuit";
                return Err(Failure::Output(std::io::Error::other(message)));
            }
            observer.remember(&tracks);
            true
        }
    };
    let begin = if given { Begin::Given } else { Begin::At(&simulator) };
    let result = follow(&mut transient, spec, observer, sink, control, begin);
    Warned::merge(&mut control.warned, warned(&transient.system, &transient.memories));
    Warned::merge(&mut control.warned, ringing(&transient).into_iter().collect());
    sink.end()?;
    let mut stats = transient.stats;
    stats.newton += iterations;
    control.stats = Some(stats);
    result?;
    if let Some(keep) = &mut control.keep {
        keep.done(stats)?;
    }
    Ok(stats)
}

/// Where the points of a transient that are still to be told begin.
enum Begin<'a> {
    /// At the solution of this simulator, with its devices evaluated there
    At(&'a Simulator),
    /// Behind the present point, which has been told
    Given,
    /// Anywhere after the first point
    Later,
}

fn follow(
    transient: &mut Transient,
    spec: &TranSpec,
    observer: &mut Observer,
    sink: &mut dyn Sink,
    control: &mut Control,
    mut begin: Begin,
) -> Result<(), Failure> {
    let (stop, from) = (Ticks::from_seconds(spec.stop), Ticks::from_seconds(spec.start));
    loop {
        let here = std::mem::replace(&mut begin, Begin::Later);
        if !matches!(here, Begin::Given) {
            let view = transient.view(0);
            let row = match here {
                Begin::At(simulator) => observer.first_row(&View { assembly: &simulator.assembly, ..view }),
                _ => observer.row(&view),
            };
            let time = transient.now(0).seconds();
            if let Some(keep) = &mut control.keep {
                keep.row(time, row)?;
            }
            if transient.now(0) >= from {
                sink.row(time, Row::Real(row))?;
            }
            if let Some(keep) = control.keep.as_mut().filter(|k| k.is_due())
                && transient.renews()
            {
                let state = transient.state().map_err(std::io::Error::other)?;
                let bytes = postcard::to_stdvec(&(observer.memory(), state)).map_err(std::io::Error::other)?;
                keep.keep(bytes)?;
            }
        }
        if transient.now(0) >= stop {
            return Ok(());
        }
        if control.interrupted.load(Ordering::Relaxed) {
            return Err(Failure::Interrupted);
        }
        if transient.stats.accepted.is_multiple_of(256) {
            let time = transient.now(0).seconds();
            (control.progress)(Progress { fraction: time / spec.stop, time, steps: transient.stats.accepted });
        }
        let stepped: Result<Step, Failure> = transient.step(stop);
        if let (Some(see), Some(log)) = (control.trace.as_mut(), transient.log.as_mut()) {
            log.drain(..).for_each(|attempt| see(&transient.system, &attempt));
        }
        stepped?;
    }
}

/// The operating point at time 0 and its charges by row.
pub fn rest(simulator: &mut Simulator) -> Result<Vec<f64>, Failure> {
    operating_point(simulator, true, false)?;
    charges(simulator, Mode::Linearize);
    Ok(simulator.assembly.q.clone())
}

/// The first instant with UIC: charges are those of the initial conditions (IC= of parts, else `.ic` of nets, else 0),
/// everything else is solved consistently, as an implicit Euler step too short to move a charge.
pub fn initial_conditions(simulator: &mut Simulator, first_step: f64) -> Result<Vec<f64>, Failure> {
    simulator.x = simulator.system.start(1);
    simulator.start_states(0..simulator.system.groups.len());
    for &(unknown, value) in &simulator.initial {
        simulator.x[unknown] = value;
    }
    simulator.last.clone_from(&simulator.x);
    charges(simulator, Mode::Initial);
    let held = simulator.assembly.q.clone();
    let a = 1e3 / first_step;
    let beta: Vec<f64> = held.iter().map(|q| -a * q).collect();
    let problem = Problem { transient: true, charges: Some((a, &beta)), ..Problem::plain(simulator.options.itl1) };
    if let Err(trouble) = newton(simulator, &problem) {
        if trouble == Trouble::Interrupted {
            return Err(Failure::Interrupted);
        }
        let tried = vec![format!("initial conditions: {}", trouble.describe(simulator))];
        let what = " at t = 0 from the initial conditions".to_string();
        return Err(Failure::OperatingPoint { what, unknown: "the circuit".into(), change: 0.0, part: None, tried });
    }
    simulator.last.clone_from(&simulator.x);
    simulator.memories.iter_mut().for_each(|m| m.state.clone_from(&m.trial));
    Ok(held)
}

/// Q of every row at x into `assembly.q`; what devices remember of it is accepted.
pub(super) fn charges(simulator: &mut Simulator, mode: Mode) {
    let at = Inputs {
        x: &simulator.x,
        last: &simulator.last,
        time: &[simulator.now.seconds()],
        ticks: &[simulator.now],
        a: &[0.0],
        beta: &simulator.zeros,
        mode,
        transient: true,
        gmin: simulator.options.gmin,
        source: 1.0,
        shunt: simulator.shunt(),
        anchor: 0.0,
        clamps: &[],
        rest: 0.0,
    };
    simulator.assembly.charges(&simulator.system, &mut simulator.memories, &at);
    simulator.memories.iter_mut().for_each(|m| m.state.clone_from(&m.trial));
}

//! Small-signal response over frequency: (G + jω·C)·x = stimulus, at the operating point.

use std::sync::atomic::Ordering;

use num_complex::Complex64;

use super::failure::Failure;
use super::observe::Observer;
use super::op::operating_point;
use super::simulator::{Simulator, pivoting};
use super::sink::{Column, Control, Progress, Row, Sink, Stats};
use super::warned::{Warned, warned};
use crate::circuit::plan::AcScale;
use crate::device::Mode;
use crate::mna::{Inputs, SmallSignal};
use crate::solve::Solver;

/// The frequencies of an `.ac` card, hertz.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AcSweep {
    pub scale: AcScale,
    /// Points a decade, an octave, or in all
    pub points: usize,
    pub start: f64,
    pub stop: f64,
}

impl AcSweep {
    /// From `start` up to `stop`, as SPICE counts: each decade or octave has `points` intervals.
    pub fn frequencies(&self) -> Vec<f64> {
        let points = self.points.max(1) as f64;
        let base: f64 = match self.scale {
            AcScale::Decade => 10.0,
            AcScale::Octave => 2.0,
            AcScale::Linear => {
                let step = if self.points > 1 { (self.stop - self.start) / (points - 1.0) } else { 0.0 };
                return (0..self.points.max(1)).map(|k| self.start + k as f64 * step).collect();
            }
        };
        let intervals = (self.stop / self.start).log(base) * points;
        let count = (intervals + 1e-9).floor() as usize;
        (0..=count).map(|k| self.start * base.powf(k as f64 / points)).collect()
    }
}

/// Solves at every frequency and hands the phasors to the sink.
pub fn ac(
    simulator: &mut Simulator,
    sweep: &AcSweep,
    observer: &mut Observer,
    sink: &mut dyn Sink,
    control: &mut Control,
) -> Result<Stats, Failure> {
    let before = simulator.iterations;
    let mut small = linearized(simulator, control)?;
    let mut solver: Solver<Complex64> = Solver::new(&simulator.system.pattern, pivoting(&simulator.options));
    let stimulus = stimulus(simulator);
    let frequencies = sweep.frequencies();
    sink.begin(&observer.header("ac", Some(frequency_column()), true))?;
    let mut stats = Stats { newton: simulator.iterations - before, ..Stats::default() };
    let slots = simulator.system.pattern.rows.len();
    for (k, &frequency) in frequencies.iter().enumerate() {
        if control.interrupted.load(Ordering::Relaxed) {
            sink.end()?;
            return Err(Failure::Interrupted);
        }
        let mut x = stimulus.clone();
        let regular = small.assemble(&simulator.system, 2.0 * std::f64::consts::PI * frequency, &mut x);
        let factored = solver.factor(&small.matrix[..slots]);
        if let Err(error) = factored {
            sink.end()?;
            return Err(simulator.solve_failure(&error, None));
        }
        solver.solve(&mut x[1..=simulator.system.solved]);
        x[0] = Complex64::ZERO;
        small.back_substitute(&simulator.system, &mut x);
        if let Some(u) = x.iter().position(|v| !v.is_finite()).or((!regular).then_some(0)) {
            sink.end()?;
            let system = &simulator.system;
            return Err(Failure::NotFinite {
                unknown: system.name(u),
                part: system.part_at(u),
                time: None,
                why: String::new(),
            });
        }
        let row = observer.phasors(&simulator.system, &small, frequency, simulator.env.temp, &x);
        sink.row(frequency, Row::Complex(row))?;
        stats.accepted += 1;
        (control.progress)(Progress {
            fraction: (k + 1) as f64 / frequencies.len() as f64,
            time: 0.0,
            steps: stats.accepted,
        });
    }
    sink.end()?;
    Ok(stats)
}

/// The circuit about its operating point.
pub(super) fn linearized(simulator: &mut Simulator, control: &mut Control) -> Result<SmallSignal, Failure> {
    simulator.interrupted = control.interrupted.clone();
    operating_point(simulator, false, false)?;
    Warned::merge(&mut control.warned, warned(&simulator.system, &simulator.memories));
    let x = simulator.x.clone();
    let at = Inputs { shunt: simulator.shunt(), ..simulator.still(&x, Mode::Linearize) };
    Ok(SmallSignal::new(&simulator.system, &mut simulator.memories, &at))
}

pub(super) fn frequency_column() -> Column {
    Column { name: "frequency".into(), unit: "Hz".into() }
}

/// The right-hand side: minus what AC sources add to F.
fn stimulus(simulator: &Simulator) -> Vec<Complex64> {
    let mut rhs = vec![Complex64::ZERO; simulator.system.unknowns()];
    for (group, memory) in simulator.system.groups.iter().zip(&simulator.memories) {
        group.device.stimulus(memory, 0, &mut |instance, terminal, value| {
            rhs[group.terms[instance * group.width + terminal] as usize] -= value;
        });
    }
    rhs[0] = Complex64::ZERO;
    rhs
}

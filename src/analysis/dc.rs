//! DC sweep: operating points along one or two nested sweeps, each started from the one before.

use std::sync::atomic::Ordering;

use super::failure::Failure;
use super::observe::Observer;
use super::op::operating_point;
use super::simulator::Simulator;
use super::sink::{Column, Control, Header, Progress, Row, Sink, Stats};
use super::warned::{Warned, warned};
use crate::circuit::PartId;
use crate::circuit::kind::Label;
use crate::circuit::plan::{Sweep, Target};

/// Makes a simulator of the circuit with these values, and an observer of the same columns.
pub type Rebuild<'a> = dyn FnMut(&[(&Target, f64)]) -> Result<(Simulator, Observer), Failure> + 'a;

/// What a sweep does to the circuit, and how to get another one.
pub struct DcSweep<'a> {
    /// The first is the inner loop.
    pub sweeps: &'a [Sweep],
    /// For sweeps of anything but a source: other values may depend on it, and how many unknowns there are.
    pub rebuild: &'a mut Rebuild<'a>,
}

/// Runs all points, inner loop fastest; outer values are columns in front.
pub fn dc(
    simulator: &mut Simulator,
    sweep: DcSweep,
    observer: &mut Observer,
    sink: &mut dyn Sink,
    control: &mut Control,
) -> Result<Stats, Failure> {
    let (sweeps, rebuild) = (sweep.sweeps, sweep.rebuild);
    let Some(inner) = sweeps.first() else { return Ok(Stats::default()) };
    let mut stats = Stats::default();
    simulator.interrupted = control.interrupted.clone();
    let mut built = Vec::new();
    let total: usize = sweeps.iter().map(|s| s.values.len()).product();
    let scale = Column { name: inner.label.clone(), unit: unit(simulator, &inner.target) };
    let outer_points: usize = sweeps[1..].iter().map(|s| s.values.len()).product();
    for outer in 0..outer_points {
        let mut steps = Vec::new();
        let mut rest = outer;
        for s in &sweeps[1..] {
            steps.push((s.label.clone(), s.values[rest % s.values.len()]));
            rest /= s.values.len();
        }
        sink.begin(&Header { steps: steps.clone(), ..observer.header("dc", Some(scale.clone()), false) })?;
        for (k, &value) in inner.values.iter().enumerate() {
            if control.interrupted.load(Ordering::Relaxed) {
                sink.end()?;
                return Err(Failure::Interrupted);
            }
            let values = std::iter::once(value).chain(steps.iter().map(|s| s.1));
            let point: Vec<(&Target, f64)> = sweeps.iter().map(|s| &s.target).zip(values).collect();
            let done = apply((simulator, observer), &mut built, &point, rebuild)
                .and_then(|()| solve(simulator, stats.accepted > 0));
            if let Err(failure) = done {
                sink.end()?;
                return Err(name_point(failure, inner, value));
            }
            sink.row(value, Row::Real(observer.still(simulator)))?;
            Warned::merge(&mut control.warned, warned(&simulator.system, &simulator.memories));
            stats.accepted += 1;
            let fraction = (outer * inner.values.len() + k + 1) as f64 / total as f64;
            (control.progress)(Progress { fraction, time: 0.0, steps: stats.accepted });
        }
        sink.end()?;
    }
    stats.newton = simulator.iterations;
    Ok(stats)
}

/// From the point before, else from nothing.
fn solve(simulator: &mut Simulator, warm: bool) -> Result<(), Failure> {
    if warm {
        let before = simulator.x.clone();
        if operating_point_plain(simulator).is_ok() {
            return Ok(());
        }
        simulator.x = before;
    }
    operating_point(simulator, false, false)
}

fn operating_point_plain(simulator: &mut Simulator) -> Result<(), Failure> {
    operating_point(simulator, false, true)
}

fn name_point(failure: Failure, sweep: &Sweep, value: f64) -> Failure {
    match failure {
        Failure::OperatingPoint { unknown, change, part, tried, .. } => {
            Failure::OperatingPoint { what: format!(" at {} = {value}", sweep.label), unknown, change, part, tried }
        }
        other => other,
    }
}

/// Brings the circuit to a point of the sweep; `built` are the values it was last built with.
fn apply(
    (simulator, observer): (&mut Simulator, &mut Observer),
    built: &mut Vec<f64>,
    point: &[(&Target, f64)],
    rebuild: &mut Rebuild,
) -> Result<(), Failure> {
    let deep = |t: &&(&Target, f64)| !matches!(t.0, Target::Source(_));
    let others: Vec<(&Target, f64)> = point.iter().filter(deep).copied().collect();
    let values: Vec<f64> = others.iter().map(|o| o.1).collect();
    if *built != values {
        let (mut fresh, eyes) = rebuild(&others)?;
        if eyes.header("dc", None, false) != observer.header("dc", None, false) {
            return Err(Failure::Sweep("what changes which nets there are; .step can".into()));
        }
        // Nets come first among the unknowns, whatever inner nodes a part has.
        let (nets, now) = (simulator.system.circuit.nets.len(), fresh.system.circuit.nets.len());
        let known = if nets == now && fresh.x.len() == simulator.x.len() { fresh.x.len() } else { nets.min(now) };
        fresh.x[..known].copy_from_slice(&simulator.x[..known]);
        fresh.last[..known].copy_from_slice(&simulator.last[..known]);
        fresh.iterations = simulator.iterations;
        fresh.interrupted = simulator.interrupted.clone();
        (*simulator, *observer, *built) = (fresh, eyes, values);
    }
    point.iter().try_for_each(|(target, value)| match target {
        Target::Source(part) => set_source(simulator, *part, *value),
        _ => Ok(()),
    })
}

/// Sets the DC value of an independent source.
pub fn set_source(simulator: &mut Simulator, source: PartId, value: f64) -> Result<(), Failure> {
    match simulator.set_param(source, "dc", value) {
        true => Ok(()),
        false => Err(Failure::Sweep(simulator.system.circuit.part(source).path.clone())),
    }
}

fn unit(simulator: &Simulator, target: &Target) -> Label {
    let circuit = &simulator.system.circuit;
    match target {
        Target::Temperature => "°C".into(),
        Target::Source(p) => {
            if circuit.part(*p).kind.name.starts_with('i') {
                "A".into()
            } else {
                "V".into()
            }
        }
        Target::Part(p, name) => {
            let kind = &circuit.part(*p).kind;
            kind.param(name).map_or("".into(), |k| kind.params[k].unit.clone())
        }
        Target::Model(..) | Target::Param(_) => "".into(),
    }
}

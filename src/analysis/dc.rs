//! DC sweep: operating points along one or two nested sweeps, each started from the one before.

use std::sync::atomic::Ordering;

use super::failure::Failure;
use super::observe::Observer;
use super::op::operating_point;
use super::simulator::Simulator;
use super::sink::{Column, Control, Header, Progress, Row, Sink, Stats};
use crate::circuit::kind::Label;
use crate::circuit::plan::{Sweep, Target};

/// Makes a simulator of the circuit with these `.param`s (lower case).
pub type Rebuild<'a> = dyn FnMut(&[(String, f64)]) -> Result<Simulator, Failure> + 'a;

/// What a sweep does to the circuit, and how to get one whose `.param`s have other values.
pub struct DcSweep<'a> {
    /// The first is the inner loop.
    pub sweeps: &'a [Sweep],
    /// A simulator of the circuit with these parameters (lower case), for sweeps of a `.param`.
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
            let done = apply(simulator, &point, rebuild).and_then(|()| solve(simulator, stats.accepted > 0));
            if let Err(failure) = done {
                sink.end()?;
                return Err(name_point(failure, inner, value));
            }
            sink.row(value, Row::Real(observer.still(simulator)))?;
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

/// Brings the circuit to a point of the sweep.
fn apply(simulator: &mut Simulator, point: &[(&Target, f64)], rebuild: &mut Rebuild) -> Result<(), Failure> {
    let params: Vec<(String, f64)> = point
        .iter()
        .filter_map(|(t, v)| match t {
            Target::Param(name) => Some((name.clone(), *v)),
            _ => None,
        })
        .collect();
    if !params.is_empty() {
        let mut fresh = rebuild(&params)?;
        if fresh.x.len() == simulator.x.len() {
            fresh.x.clone_from(&simulator.x);
            fresh.last.clone_from(&simulator.last);
        }
        fresh.iterations = simulator.iterations;
        *simulator = fresh;
    }
    point.iter().try_for_each(|(target, value)| set_target(simulator, target, *value))
}

/// Sets what a sweep or step names. A `.param` is set by elaborating again, not here.
pub fn set_target(simulator: &mut Simulator, target: &Target, value: f64) -> Result<(), Failure> {
    match target {
        Target::Param(_) => {}
        Target::Temperature => {
            simulator.env.temp = value;
            simulator.setup();
        }
        Target::Source(part) => {
            if !simulator.set_param(*part, "dc", value) {
                return Err(Failure::Sweep(simulator.system.circuit.part(*part).path.clone()));
            }
        }
        Target::Part(part, name) => {
            if !simulator.set_param(*part, name, value) {
                return Err(Failure::Sweep(format!("{}({name})", simulator.system.circuit.part(*part).path)));
            }
        }
        Target::Model(model, name) => {
            let circuit = simulator.system.circuit.clone();
            let uses =
                |p: &crate::circuit::Part| p.model.is_some_and(|m| circuit.model(m).name.eq_ignore_ascii_case(model));
            for part in circuit.part_ids().filter(|p| uses(circuit.part(*p))) {
                if !simulator.set_param(part, name, value) {
                    return Err(Failure::Sweep(format!("{model}({name})")));
                }
            }
        }
    }
    Ok(())
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

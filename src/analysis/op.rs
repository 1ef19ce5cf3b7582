//! The operating point: Newton, and if it fails each homotopy in turn.

use super::blame::Blame;
use super::failure::Failure;
use super::homotopy::Homotopy;
use super::newton::{Problem, Trouble, assemble};
use super::observe::Observer;
use super::simulator::Simulator;
use super::sink::{Row, Sink, Stats};
use crate::device::{Mode, Point};
use crate::mna::Clamp;

/// S: of what holds a net at its `.ic` or `.nodeset`.
const CLAMP: f64 = 1e10;

/// Brings `simulator.x` to an operating point and accepts it. With `transient`, sources are at their value at time 0 and
/// `.ic` holds its nets. `warm` starts from the present x.
pub fn operating_point(simulator: &mut Simulator, transient: bool, warm: bool) -> Result<(), Failure> {
    let clamp = |list: &[(usize, f64)]| -> Vec<Clamp> {
        list.iter().map(|&(unknown, value)| Clamp { unknown, value, conductance: CLAMP }).collect()
    };
    let held = if transient { clamp(&simulator.initial) } else { Vec::new() };
    let guesses = clamp(&simulator.nodeset);
    let limit = if warm { simulator.options.itl2 } else { simulator.options.itl1 };
    let problem = Problem { cold: !warm, transient, clamps: &held, ..Problem::plain(limit) };
    if !warm {
        simulator.x = simulator.system.start(1);
        simulator.x.iter_mut().zip(&simulator.last).enumerate().for_each(|(u, (x, l))| {
            if !simulator.system.is_voltage(u) {
                *x = *l;
            }
        });
        let all: Vec<Clamp> = held.iter().chain(&guesses).copied().collect();
        begin_at(simulator, &all);
        if !guesses.is_empty() {
            // A first solution with the guesses held; whether it converges does not matter.
            let guessed = Homotopy::Newton.run(simulator, &Problem { clamps: &all, ..problem });
            if guessed.is_err() {
                simulator.x = simulator.system.start(1);
                begin_at(simulator, &all);
            }
            return climb(simulator, &Problem { cold: guessed.is_err(), ..problem });
        }
    }
    climb(simulator, &problem)
}

/// Newton's first point has the nets that are held or guessed at their values: an expression may have none at 0 V.
fn begin_at(simulator: &mut Simulator, clamps: &[Clamp]) {
    for clamp in clamps {
        simulator.x[clamp.unknown] = clamp.value;
    }
}

/// A solution above this is a quotient by 0, which expressions bound (`model::math::div`), and no circuit.
pub(super) const LARGEST: f64 = 1e100;

/// Every homotopy in turn, and what each said if none succeeds.
fn climb(simulator: &mut Simulator, problem: &Problem) -> Result<(), Failure> {
    let (mut tried, mut found) = (Vec::new(), None);
    let mut last = Trouble::Slow { unknown: 0, change: 0.0 };
    for homotopy in Homotopy::ALL {
        match homotopy.run(simulator, problem) {
            Ok(_) => {
                if let Some(u) = simulator.x.iter().position(|v| v.abs() > LARGEST) {
                    return Err(not_finite(simulator, problem, u));
                }
                accept(simulator, problem);
                return Ok(());
            }
            Err(trouble) => {
                found = found.or_else(|| simulator.blame(problem.transient));
                tried.push(format!("{}: {}", homotopy.name(), trouble.describe(simulator)));
                // Pseudo-transient steps that lead nowhere say nothing of an unknown.
                if !matches!(trouble, Trouble::Slow { unknown: 0, .. }) {
                    last = trouble;
                }
            }
        }
        if last == Trouble::Interrupted {
            break;
        }
        if homotopy == Homotopy::Newton && !simulator.system.nonlinear {
            break;
        }
    }
    let system = &simulator.system;
    if let Some(blame) = found.filter(|_| last != Trouble::Interrupted) {
        return Err(at_fault(simulator, blame));
    }
    Err(match last {
        Trouble::Matrix(error) => simulator.solve_failure(&error, None),
        Trouble::Interrupted => Failure::Interrupted,
        Trouble::NotFinite(u) => not_finite(simulator, problem, u),
        Trouble::Slow { unknown, change } => Failure::OperatingPoint {
            what: String::new(),
            unknown: system.name(unknown),
            change,
            part: system.part_at(unknown),
            tried,
        },
    })
}

/// An equation of a device is no number.
fn at_fault(simulator: &Simulator, blame: Blame) -> Failure {
    let time = Some(simulator.now.seconds()).filter(|t| *t > 0.0);
    Failure::NotFinite { unknown: blame.path, part: Some(blame.part), time, why: blame.why }
}

fn not_finite(simulator: &Simulator, problem: &Problem, unknown: usize) -> Failure {
    let system = &simulator.system;
    match simulator.blame(problem.transient) {
        Some(blame) => at_fault(simulator, blame),
        None => Failure::NotFinite {
            unknown: system.name(unknown),
            part: system.part_at(unknown),
            time: None,
            why: String::new(),
        },
    }
}

/// The solution becomes the last accepted point; devices are loaded there once more, so that what they show belongs to it.
fn accept(simulator: &mut Simulator, problem: &Problem) {
    assemble(simulator, problem, Mode::Static);
    for (group, memory) in simulator.system.groups.iter().zip(&mut simulator.memories) {
        memory.state.clone_from(&memory.trial);
        let at = Point {
            lanes: 1,
            x: &simulator.x,
            last: &simulator.last,
            time: &[simulator.now.seconds()],
            ticks: &[simulator.now],
            gmin: simulator.options.gmin,
            source: 1.0,
            mode: Mode::Static,
            transient: problem.transient,
            terms: &group.terms,
            width: group.width,
            part: 0.0,
        };
        // That something jumped matters to integration only.
        group.device.accept(&at, memory, 0);
    }
    simulator.last.clone_from(&simulator.x);
}

/// `.op`: the operating point as one row.
pub fn op(simulator: &mut Simulator, observer: &mut Observer, sink: &mut dyn Sink) -> Result<Stats, Failure> {
    let before = simulator.iterations;
    operating_point(simulator, false, false)?;
    sink.begin(&observer.header("op", None, false))?;
    let row = observer.still(simulator);
    sink.row(0.0, Row::Real(row))?;
    sink.end()?;
    Ok(Stats { accepted: 1, rejected: 0, newton: simulator.iterations - before })
}

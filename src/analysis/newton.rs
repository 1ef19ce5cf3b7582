//! Newton's method where no time passes: R(x) = 0 from a start, or why not.

use std::sync::atomic::Ordering;

use super::simulator::Simulator;
use crate::device::Mode;
use crate::mna::{Clamp, Inputs};
use crate::solve::SolveError;

/// Rounding error of a sum, relative to its terms.
pub(super) const ROUNDING: f64 = 16.0 * f64::EPSILON;

/// An imbalance that moves its own unknown by less than this share of its absolute tolerance is none: the state of a slow
/// memristor behind a large capacitor balances currents far above and far below any tolerance of currents.
pub(super) const NEGLIGIBLE: f64 = 1e-3;

/// … as long as the terms of its row balance to this share: beside a pole of a law every move is small.
pub(super) const BALANCED: f64 = 0.01;

/// A state that has all but reached its end is moved by terms that are nothing but rounding, 1 − (1 − x)⁴ at 10⁻¹⁷, and never
/// balance: this share of a negligible move is none.
pub(super) const NOTHING: f64 = 1e-6;

/// Iterations at most, those of changing decisions included.
const MOST: usize = 100_000;

/// What is solved: the circuit itself, or a deformation of it that a homotopy asks for.
#[derive(Clone, Copy, Debug)]
pub struct Problem<'a> {
    /// Start junctions from their critical voltage in the first iteration, not from x.
    pub cold: bool,
    pub transient: bool,
    pub source: f64,
    /// S, every net to ground, beside `.options rshunt`
    pub shunt: f64,
    /// S, every net to its last accepted value
    pub anchor: f64,
    pub clamps: &'a [Clamp],
    /// Charges held: 1/s and the history −a·Q of every row, for the first instant of a transient.
    pub charges: Option<(f64, &'a [f64])>,
    pub iterations: usize,
}

impl Problem<'_> {
    /// The circuit as it is.
    pub fn plain(iterations: usize) -> Problem<'static> {
        Problem {
            cold: false,
            transient: false,
            source: 1.0,
            shunt: 0.0,
            anchor: 0.0,
            clamps: &[],
            charges: None,
            iterations,
        }
    }
}

/// Why Newton stopped without a solution.
#[derive(Clone, Debug, PartialEq)]
pub enum Trouble {
    Matrix(SolveError),
    /// The unknown that is not finite.
    NotFinite(usize),
    /// The user wants to stop.
    Interrupted,
    /// The unknown that moved most, relative to its tolerance, and by how much.
    Slow {
        unknown: usize,
        change: f64,
    },
}

impl Trouble {
    pub fn describe(&self, simulator: &Simulator) -> String {
        let name = |u: usize| simulator.system.name(u);
        match self {
            Trouble::Matrix(SolveError::NotFinite { column }) => format!("{} not finite", name(column + 1)),
            Trouble::Matrix(SolveError::Singular { column, .. }) => format!("singular at {}", name(column + 1)),
            Trouble::Matrix(SolveError::Structural { columns, .. }) => {
                format!("singular at {}", columns.iter().map(|c| name(c + 1)).collect::<Vec<_>>().join(", "))
            }
            Trouble::NotFinite(u) => format!("{} not finite", name(*u)),
            Trouble::Interrupted => "interrupted".into(),
            Trouble::Slow { unknown, change } => format!("{} still moving by {change:.2e}", name(*unknown)),
        }
    }
}

/// Solves `problem` from `simulator.x`; the solution replaces it. Returns the number of iterations.
/// On trouble x is where the iteration ended.
///
/// An iterate is accepted when its last change is within reltol·|x| + abstol of every unknown, no device limited, and each
/// row's residual is within reltol·Σ|terms| + abstol. One more step then goes the last bit of the way.
pub fn newton(simulator: &mut Simulator, problem: &Problem) -> Result<usize, Trouble> {
    let mut small_change = false;
    let mut worst = (0, 0.0);
    let (mut decided, mut patience) = (0, problem.iterations);
    for k in 0.. {
        if k >= patience {
            break;
        }
        if simulator.interrupted.load(Ordering::Relaxed) {
            return Err(Trouble::Interrupted);
        }
        assemble(simulator, problem, if k == 0 && problem.cold { Mode::Start } else { Mode::Static });
        simulator.iterations += 1;
        let decisions = simulator.memories.iter().map(|m| m.decisions).sum();
        // An iteration in which gates and switches change their mind brings them on by one; each changes a bounded number of
        // times.
        if k > 0 && decisions != decided && patience < MOST {
            patience += 1;
        }
        decided = decisions;
        let limited = simulator.memories.iter().any(|m| m.limited[0]);
        if let Some(u) = not_finite(&simulator.assembly.residual) {
            return Err(Trouble::NotFinite(u));
        }
        let converged = k > 0 && small_change && !limited && small_residual(simulator, problem);
        let linear_done = !simulator.system.nonlinear && k > 0;
        worst = step(simulator)?;
        if converged || linear_done {
            return Ok(k + 1);
        }
        small_change = worst.1 <= 1.0;
    }
    let (unknown, _) = worst;
    Err(Trouble::Slow { unknown, change: simulator.dx[unknown].abs() })
}

pub(super) fn assemble(simulator: &mut Simulator, problem: &Problem, mode: Mode) {
    let (a, beta) = problem.charges.unwrap_or((0.0, &simulator.zeros));
    let mode = if problem.charges.is_some() { Mode::Dynamic } else { mode };
    let at = Inputs {
        x: &simulator.x,
        last: &simulator.last,
        time: &[simulator.now.seconds()],
        ticks: &[simulator.now],
        a: &[a],
        beta,
        mode,
        transient: problem.transient,
        gmin: simulator.options.gmin,
        source: problem.source,
        shunt: problem.shunt + 1.0 / simulator.options.rshunt,
        anchor: problem.anchor,
        clamps: problem.clamps,
        rest: 0.0,
    };
    simulator.assembly.assemble(&simulator.system, &mut simulator.memories, &at);
}

/// Whether each row's residual is within its tolerance, or within what rounding of x leaves of it.
fn small_residual(simulator: &mut Simulator, problem: &Problem) -> bool {
    let small = |simulator: &Simulator, rounding: f64, still: f64| {
        let (options, assembly) = (&simulator.options, &simulator.assembly);
        (1..simulator.system.unknowns()).all(|u| {
            // A row of a net sums currents, a branch's row voltages.
            let abstol = simulator.system.abstol(u, options.abstol, options.vntol);
            let movement = still * simulator.system.abstol(u, options.vntol, options.abstol) * assembly.diagonal[u];
            let movement = movement.min(BALANCED * assembly.magnitude[u]);
            let allowed = options.reltol * assembly.magnitude[u] + abstol + rounding * assembly.leverage[u] + movement;
            // Where a term or slope overflows, anything would be allowed.
            allowed.is_finite() && assembly.imbalance[u].abs() <= allowed
        })
    };
    if small(simulator, 0.0, 0.0) {
        return true;
    }
    let a = problem.charges.map_or(0.0, |(a, _)| a);
    simulator.assembly.sum_jacobian(&simulator.system, &simulator.x, a, 0);
    small(simulator, ROUNDING, NEGLIGIBLE)
}

/// Factors, solves, moves x. Returns the unknown that moved most and by how many tolerances.
fn step(simulator: &mut Simulator) -> Result<(usize, f64), Trouble> {
    let slots = simulator.system.pattern.rows.len();
    simulator.solver.factor(&simulator.assembly.jacobian[..slots]).map_err(Trouble::Matrix)?;
    let solved = simulator.system.solved;
    for (d, r) in simulator.dx.iter_mut().zip(&simulator.assembly.residual) {
        *d = -r;
    }
    simulator.solver.solve(&mut simulator.dx[1..=solved]);
    simulator.dx[0] = 0.0;
    simulator.assembly.back_substitute(&simulator.system, &mut simulator.dx);
    let options = &simulator.options;
    let mut worst = (0, 0.0);
    for u in 1..simulator.x.len() {
        let (old, d) = (simulator.x[u], simulator.dx[u]);
        if !d.is_finite() {
            return Err(Trouble::NotFinite(u));
        }
        let new = old + d;
        let tolerance =
            options.reltol * old.abs().max(new.abs()) + simulator.system.abstol(u, options.vntol, options.abstol);
        let ratio = d.abs() / tolerance;
        if ratio > worst.1 {
            worst = (u, ratio);
        }
        simulator.x[u] = new;
    }
    Ok(worst)
}

fn not_finite(values: &[f64]) -> Option<usize> {
    values.iter().position(|v| !v.is_finite())
}

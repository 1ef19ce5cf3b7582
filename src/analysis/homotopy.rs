//! The operating point when plain Newton does not find it: gmin stepping, source stepping, pseudo-transient.
//!
//! Each deforms the circuit into one that is easy to solve and follows the solution back. References: Nagel, SPICE2
//! (1975) for the first two; Kelley and Keyes, SIAM J. Numer. Anal. 35 (1998) 508 for pseudo-transient continuation.

use super::newton::{Problem, Trouble, newton};
use super::simulator::Simulator;

/// A way to an operating point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Homotopy {
    Newton,
    Gmin,
    Source,
    PseudoTransient,
}

impl Homotopy {
    /// In the order they are tried.
    pub const ALL: [Homotopy; 4] = [Homotopy::Newton, Homotopy::Gmin, Homotopy::Source, Homotopy::PseudoTransient];

    pub fn name(self) -> &'static str {
        match self {
            Homotopy::Newton => "Newton",
            Homotopy::Gmin => "gmin stepping",
            Homotopy::Source => "source stepping",
            Homotopy::PseudoTransient => "pseudo-transient",
        }
    }

    /// Tries to bring `simulator.x` to a solution of `problem`.
    pub fn run(self, simulator: &mut Simulator, problem: &Problem) -> Result<usize, Trouble> {
        match self {
            Homotopy::Newton => newton(simulator, problem),
            Homotopy::Gmin => gmin_stepping(simulator, problem),
            Homotopy::Source => source_stepping(simulator, problem),
            Homotopy::PseudoTransient => pseudo_transient(simulator, problem),
        }
    }
}

/// From a conductance of 10 mS at every net down to nothing, in steps that shrink where Newton fails.
fn gmin_stepping(simulator: &mut Simulator, problem: &Problem) -> Result<usize, Trouble> {
    simulator.x = simulator.system.start(1);
    let (mut shunt, mut factor, mut count) = (1e-2_f64, 10.0_f64, 0);
    let mut cold = true;
    let mut good = simulator.x.clone();
    let mut solved_at: Option<f64> = None;
    while shunt > 1e-13 {
        match newton(simulator, &Problem { shunt, cold, ..*problem }) {
            Ok(n) => {
                count += n;
                good.clone_from(&simulator.x);
                solved_at = Some(shunt);
                factor = if n <= 12 { f64::min(factor * factor.sqrt(), 10.0) } else { factor };
            }
            Err(trouble) => {
                factor = factor.sqrt();
                simulator.x.clone_from(&good);
                if factor < 1.05 || (solved_at.is_none() && shunt > 1e3) {
                    return Err(trouble);
                }
                if solved_at.is_none() {
                    // Not even the first one: begin with a larger conductance.
                    shunt *= 1e3;
                    continue;
                }
            }
        }
        cold = false;
        shunt = solved_at.unwrap_or(shunt) / factor;
    }
    Ok(count + newton(simulator, &Problem { cold: false, ..*problem })?)
}

/// From sources off to sources fully on.
fn source_stepping(simulator: &mut Simulator, problem: &Problem) -> Result<usize, Trouble> {
    simulator.x = simulator.system.start(1);
    let mut count = newton(simulator, &Problem { source: 0.0, cold: false, ..*problem })
        .or_else(|_| gmin_stepping(simulator, &Problem { source: 0.0, ..*problem }))?;
    let mut good = simulator.x.clone();
    let (mut at, mut by) = (0.0_f64, 0.01);
    while at < 1.0 {
        let next = (at + by).min(1.0);
        match newton(simulator, &Problem { source: next, cold: false, ..*problem }) {
            Ok(n) => {
                count += n;
                at = next;
                good.clone_from(&simulator.x);
                by *= if n <= 10 { 2.0 } else { 1.0 };
            }
            Err(trouble) => {
                simulator.x.clone_from(&good);
                by /= 4.0;
                if by < 1e-7 {
                    return Err(trouble);
                }
            }
        }
    }
    Ok(count)
}

/// A capacitor at every net, charged from 0 V: implicit Euler steps of growing size, until none is left.
fn pseudo_transient(simulator: &mut Simulator, problem: &Problem) -> Result<usize, Trouble> {
    let held = simulator.last.clone();
    simulator.x = simulator.system.start(1);
    let result = follow_pseudo_transient(simulator, problem, &held);
    simulator.last = held;
    result
}

fn follow_pseudo_transient(simulator: &mut Simulator, problem: &Problem, held: &[f64]) -> Result<usize, Trouble> {
    let (mut anchor, mut count) = (1.0, 0);
    let mut cold = true;
    for _ in 0..2000 {
        // States keep what is held; only nets remember the last pseudo-step.
        for (u, held) in held.iter().enumerate().skip(1) {
            simulator.last[u] = if simulator.system.is_voltage(u) { simulator.x[u] } else { *held };
        }
        match newton(simulator, &Problem { anchor, cold, ..*problem }) {
            Ok(n) => {
                count += n;
                cold = false;
                let moved = simulator.x.iter().zip(&simulator.last).enumerate().skip(1);
                let moved = moved.filter(|(u, _)| simulator.system.is_voltage(*u)).map(|(_, (x, l))| (x - l).abs());
                let moved = moved.fold(0.0, f64::max);
                anchor *= if moved > 0.5 { 1.0 } else { 0.3 };
                if anchor < 1e-14 {
                    return Ok(count + newton(simulator, &Problem { cold: false, ..*problem })?);
                }
            }
            Err(trouble) => {
                simulator.x.clone_from(&simulator.last);
                anchor *= 8.0;
                if anchor > 1e12 {
                    return Err(trouble);
                }
            }
        }
    }
    Err(Trouble::Slow { unknown: 0, change: 0.0 })
}

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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::analysis::{Failure, environment, operating_point};
    use crate::circuit::Circuit;
    use crate::circuit::equation::{Equation, Function, Quantity};
    use crate::circuit::plan::Options;
    use crate::circuit::{NetId, Setting};
    use crate::device::testing::{circuit, model, net, numbers, part};
    use crate::device::{behavioral, diode, mosfet, resistor, vsource};
    use crate::mna::{Condensation, System};

    /// Five CMOS inverters, each driving the next, the input at half the supply: gain ~10⁵ from one end to the other.
    fn inverters() -> Circuit {
        let nets = ["vdd", "n0", "n1", "n2", "n3", "n4", "n5"];
        let mut c = circuit(&nets);
        let n = model(
            &mut c,
            "n",
            "nmos",
            &[("vto", 0.5), ("kp", 1.2e-4), ("gamma", 0.45), ("phi", 0.8), ("lambda", 0.02)],
        );
        let p =
            model(&mut c, "p", "pmos", &[("vto", -0.6), ("kp", 4e-5), ("gamma", 0.4), ("phi", 0.8), ("lambda", 0.02)]);
        part(&mut c, &vsource::KIND, "Vdd", &["vdd", "0"], None, numbers(&[("dc", 3.3)]));
        part(&mut c, &vsource::KIND, "Vin", &["n0", "0"], None, numbers(&[("dc", 1.45)]));
        for k in 1..=5 {
            let (a, b) = (nets[k], nets[k + 1]);
            let size = |w| numbers(&[("w", w), ("l", 5e-7)]);
            part(&mut c, &mosfet::KIND, &format!("Mn{k}"), &[b, a, "0", "0"], Some(n), size(2e-6));
            part(&mut c, &mosfet::KIND, &format!("Mp{k}"), &[b, a, "vdd", "vdd"], Some(p), size(5e-6));
        }
        c
    }

    /// Ten diodes in series at 12 V behind 1 Ω.
    fn stack() -> Circuit {
        let nets: Vec<String> = (0..11).map(|k| format!("n{k}")).collect();
        let names: Vec<&str> = nets.iter().map(String::as_str).collect();
        let mut c = circuit(&names);
        let d = model(&mut c, "d", "d", &[("is", 1e-14), ("rs", 0.1)]);
        part(&mut c, &vsource::KIND, "V1", &["n0", "0"], None, numbers(&[("dc", 12.0)]));
        part(&mut c, &resistor::KIND, "R1", &["n0", "n1"], None, numbers(&[("r", 1.0)]));
        for k in 1..=10 {
            let to = if k == 10 { "0" } else { names[k + 1] };
            part(&mut c, &diode::KIND, &format!("D{k}"), &[names[k], to], Some(d), vec![]);
        }
        c
    }

    fn simulator(circuit: Circuit) -> Simulator {
        let options = Options::default();
        let system = System::new(Arc::new(circuit), Condensation::Condensed).unwrap();
        let env = environment(&options, 0.0, 0.0);
        Simulator::new(Arc::new(system), options, env)
    }

    /// V1 = 5 V through 1 kΩ into a current of 10 mA·atan(50·(v − 1 V)): from 0 V Newton runs back and forth
    /// between −11 V and 21 V for ever.
    fn cycle() -> Circuit {
        let mut c = circuit(&["a", "x"]);
        part(&mut c, &vsource::KIND, "V1", &["a", "0"], None, numbers(&[("dc", 5.0)]));
        part(&mut c, &resistor::KIND, "R1", &["a", "x"], None, numbers(&[("r", 1e3)]));
        let v = Equation::Quantity(Quantity::Voltage(net(&c, "x"), NetId::GROUND));
        let difference = Equation::apply(Function::Sub, [v, Equation::Const(1.0)]);
        let steep = Equation::apply(Function::Mul, [Equation::Const(50.0), difference]);
        let bent = Equation::apply(Function::Atan, [steep]);
        let value = Equation::apply(Function::Mul, [Equation::Const(1e-2), bent]);
        part(&mut c, &behavioral::CURRENT, "B1", &["x", "0"], None, vec![("value", Setting::Equation(value))]);
        c
    }

    #[test]
    fn each_homotopy_finds_what_newton_misses() {
        let problem = Problem { cold: true, ..Problem::plain(100) };
        let mut alone = simulator(cycle());
        let result = Homotopy::Newton.run(&mut alone, &problem);
        assert!(result.is_err(), "{result:?} at {:?}", alone.x);
        for homotopy in [Homotopy::Gmin, Homotopy::Source, Homotopy::PseudoTransient] {
            let mut s = simulator(cycle());
            homotopy.run(&mut s, &problem).unwrap_or_else(|t| panic!("{homotopy:?}: {}", t.describe(&s)));
            let v = s.x[2];
            let current = (5.0 - v) / 1e3 - 1e-2 * (50.0 * (v - 1.0)).atan();
            assert!(current.abs() < 1e-9, "{homotopy:?}: {v} V leaves {current} A");
        }
    }

    /// The plain way is tried first, then the others: five inverters at half supply need none of them.
    #[test]
    fn a_chain_of_inverters_needs_no_homotopy() {
        let mut s = simulator(inverters());
        Homotopy::Newton.run(&mut s, &Problem { cold: true, ..Problem::plain(100) }).unwrap();
    }

    #[test]
    fn all_are_tried_in_order_and_say_what_happened() {
        let mut s = simulator(stack());
        s.options.itl1 = 2;
        let Err(Failure::OperatingPoint { tried, .. }) = operating_point(&mut s, false, false) else {
            panic!("two iterations cannot be enough")
        };
        let names: Vec<&str> = tried.iter().filter_map(|t| t.split(':').next()).collect();
        assert_eq!(names, ["Newton", "gmin stepping", "source stepping", "pseudo-transient"]);
    }
}

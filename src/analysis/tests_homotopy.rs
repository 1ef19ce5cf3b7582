//! Circuits that one homotopy finds and those before it miss.

use std::sync::Arc;

use super::homotopy::Homotopy;
use super::newton::Problem;
use super::simulator::Simulator;
use crate::analysis::{Failure, environment, operating_point};
use crate::circuit::Circuit;
use crate::circuit::equation::{Equation, Function, Quantity};
use crate::circuit::plan::Options;
use crate::circuit::{NetId, PartId, Setting};
use crate::device::testing::{circuit, model, net, numbers, part};
use crate::device::{behavioral, diode, mosfet, resistor, vsource};
use crate::mna::{Condensation, System};

/// Five CMOS inverters, each driving the next, the input at half the supply: gain ~10⁵ from one end to the other.
fn inverters() -> Circuit {
    let nets = ["vdd", "n0", "n1", "n2", "n3", "n4", "n5"];
    let mut c = circuit(&nets);
    let n =
        model(&mut c, "n", "nmos", &[("vto", 0.5), ("kp", 1.2e-4), ("gamma", 0.45), ("phi", 0.8), ("lambda", 0.02)]);
    let p = model(&mut c, "p", "pmos", &[("vto", -0.6), ("kp", 4e-5), ("gamma", 0.4), ("phi", 0.8), ("lambda", 0.02)]);
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

/// Sums and products as formulas are written.
fn apply<const N: usize>(function: Function, args: [Equation; N]) -> Equation {
    Equation::apply(function, args)
}

fn c(value: f64) -> Equation {
    Equation::Const(value)
}

/// scale·(atan(steep·(x/at − 1)) + atan(steep)): 0 at 0, a wall at `at`.
#[derive(Clone, Copy)]
struct Wall {
    scale: f64,
    at: f64,
    steep: f64,
}

const CURRENT: Wall = Wall { scale: 10e-3, at: 1.0, steep: 50.0 };
const VOLTAGE: Wall = Wall { scale: 10.0, at: 1e-3, steep: 50.0 };
const BEHIND_THE_HUMP: Wall = Wall { scale: 10e-3, at: 0.8, steep: 5000.0 };

impl Wall {
    fn equation(self, x: Equation) -> Equation {
        let relative = apply(Function::Sub, [apply(Function::Div, [x, c(self.at)]), c(1.0)]);
        let bent = apply(Function::Atan, [apply(Function::Mul, [c(self.steep), relative])]);
        apply(Function::Mul, [c(self.scale), apply(Function::Add, [bent, c(self.steep.atan())])])
    }

    fn value(self, x: f64) -> f64 {
        self.scale * ((self.steep * (x / self.at - 1.0)).atan() + self.steep.atan())
    }
}

fn voltage(circuit: &Circuit, name: &str) -> Equation {
    Equation::Quantity(Quantity::Voltage(net(circuit, name), NetId::GROUND))
}

/// V1 = 5 V and R1 = 1 kΩ from a to x, and from x to ground a current of V(x).
fn driven(current: impl Fn(Equation) -> Equation) -> Circuit {
    let mut c = circuit(&["a", "x"]);
    part(&mut c, &vsource::KIND, "V1", &["a", "0"], None, numbers(&[("dc", 5.0)]));
    part(&mut c, &resistor::KIND, "R1", &["a", "x"], None, numbers(&[("r", 1e3)]));
    let value = vec![("value", Setting::Equation(current(voltage(&c, "x"))))];
    part(&mut c, &behavioral::CURRENT, "B1", &["x", "0"], None, value);
    c
}

/// A current wall at 1 V: Newton runs back and forth beyond it for ever, unless a conductance from x to ground takes the
/// current that the wall would.
fn current_wall() -> Circuit {
    driven(|v| CURRENT.equation(v))
}

/// 5 V across 1 kΩ and a voltage wall at 1 mA, as one part: its nets are held, no conductance at them changes anything.
fn voltage_wall() -> Circuit {
    let mut circuit = circuit(&["a"]);
    part(&mut circuit, &vsource::KIND, "V1", &["a", "0"], None, numbers(&[("dc", 5.0)]));
    let own = Equation::Quantity(Quantity::Current(PartId(1), 0));
    let value = apply(Function::Add, [apply(Function::Mul, [c(1e3), own.clone()]), VOLTAGE.equation(own)]);
    part(&mut circuit, &behavioral::VOLTAGE, "B1", &["a", "0"], None, vec![("value", Setting::Equation(value))]);
    circuit
}

/// S and V: a hump of 4 mA at 0.2 V, HUMP·v·exp(−(v/WIDTH)²)
const HUMP: f64 = 0.031;
const WIDTH: f64 = 0.3;

/// The hump before a current wall at 0.8 V: as the source comes, or the last conductance to ground goes, the solution
/// below the hump ends, and none is near.
fn fold() -> Circuit {
    driven(|v| {
        let square = apply(Function::Mul, [v.clone(), v.clone()]);
        let falling = apply(Function::Exp, [apply(Function::Div, [square, c(-WIDTH * WIDTH)])]);
        let hump = apply(Function::Mul, [c(HUMP), apply(Function::Mul, [v.clone(), falling])]);
        apply(Function::Add, [hump, BEHIND_THE_HUMP.equation(v)])
    })
}

/// A: how far Kirchhoff's law is from fulfilled.
fn imbalance(circuit: &str, s: &Simulator) -> f64 {
    let (v, resistor) = (s.x[2], (5.0 - s.x[2]) / 1e3);
    match circuit {
        "current wall" => resistor - CURRENT.value(v),
        "voltage wall" => (5.0 - 1e3 * s.x[3] - VOLTAGE.value(s.x[3])) / 1e3,
        _ => resistor - HUMP * v * (-(v / WIDTH).powi(2)).exp() - BEHIND_THE_HUMP.value(v),
    }
}

#[test]
fn each_homotopy_finds_what_those_before_it_miss() {
    use Homotopy::*;
    let problem = Problem { cold: true, ..Problem::plain(100) };
    for (name, circuit, misses, finds) in [
        ("current wall", current_wall as fn() -> Circuit, &[Newton][..], Gmin),
        ("voltage wall", voltage_wall, &[Newton, Gmin], Source),
        ("fold", fold, &[Newton, Gmin, Source], PseudoTransient),
    ] {
        for homotopy in misses {
            let mut s = simulator(circuit());
            let result = homotopy.run(&mut s, &problem);
            assert!(result.is_err(), "{name}: {homotopy:?} finds {:?}", s.x);
        }
        let mut s = simulator(circuit());
        finds.run(&mut s, &problem).unwrap_or_else(|t| panic!("{name}: {finds:?}: {}", t.describe(&s)));
        assert!(imbalance(name, &s).abs() < 1e-9, "{name}: {finds:?} gives {:?}", s.x);
        // And so does who asks for an operating point.
        let mut s = simulator(circuit());
        operating_point(&mut s, false, false).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(imbalance(name, &s).abs() < 1e-9, "{name}: {:?}", s.x);
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

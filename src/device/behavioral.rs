//! Behavioral sources: a current or a voltage that is an expression of voltages, currents, time and temperature; what B lines
//! are, and E, F, G, H with VALUE, TABLE or POLY, and R with an expression.
//!
//! The value may hold `ddt(e)` and `idt(e, start)`. A `ddt` that is a term of the value, with a constant factor, becomes
//! a charge (or a flux) of the part; any other becomes an unknown u with u = de/dt. `idt` becomes an unknown y with
//! dy/dt = e, which an operating point holds at its start value. Source stepping leaves these sources alone, as ngspice does.

use std::borrow::Cow;

use std::collections::HashMap;

use super::Device;
use super::behavioral_device::Behavioral;
use super::behavioral_program::{Output, Program};
use super::behavioral_shape::Shape;
use crate::circuit::equation::{Equation, Quantity};
use crate::circuit::kind::{Conduct, Kind, ModelUse, Param, Path, Pin, ValueKind, pin};
use crate::circuit::{Circuit, PartId, Setting};

pub(super) const PINS: &[Pin] = &[pin("p", "positive"), pin("n", "negative")];

pub(super) const TC1: Param =
    Param::new("tc1", 0.0, "1/K", "first temperature coefficient of the value").alias(&["tc"]);
pub(super) const TC2: Param = Param::new("tc2", 0.0, "1/K²", "second temperature coefficient of the value");
pub(super) const TEMP: Param = Param::absent("temp", "°C", "temperature of this part");
pub(super) const DTEMP: Param = Param::new("dtemp", 0.0, "K", "temperature above the circuit's");
pub(super) const PARALLEL: Param = Param::new("m", 1.0, "", "number in parallel").range(0.0, f64::INFINITY);
const RECIPROCAL: Param =
    Param::new("reciproctc", 0.0, "", "1: the temperature coefficients divide (the value is over a resistance)");

pub static CURRENT: Kind = Kind {
    name: Cow::Borrowed("behavioral_current"),
    letter: None,
    models: &[],
    model: ModelUse::None,
    doc: Cow::Borrowed(
        "Current source of an expression: B I=, G and F with VALUE, TABLE or POLY, R with an expression",
    ),
    pins: Cow::Borrowed(PINS),
    positional: &[],
    params: Cow::Borrowed(&[
        Param::new("value", 0.0, "A", "current from p to n").of(ValueKind::Equation),
        PARALLEL,
        TC1,
        TC2,
        TEMP,
        DTEMP,
        RECIPROCAL,
    ]),
    probes: Cow::Borrowed(&[]),
    paths: Cow::Borrowed(&[Path { a: 0, b: 1, conduct: Conduct::Yes }]),
};

pub static VOLTAGE: Kind = Kind {
    name: Cow::Borrowed("behavioral_voltage"),
    letter: None,
    models: &[],
    model: ModelUse::None,
    doc: Cow::Borrowed("Voltage source of an expression: B V=, E and H with VALUE, TABLE or POLY"),
    pins: Cow::Borrowed(PINS),
    positional: &[],
    params: Cow::Borrowed(&[
        Param::new("value", 0.0, "V", "V(p) − V(n)").of(ValueKind::Equation),
        Param::new("m", 1.0, "", "number in parallel; changes nothing").range(0.0, f64::INFINITY),
        TC1,
        TC2,
        TEMP,
        DTEMP,
        RECIPROCAL,
    ]),
    probes: Cow::Borrowed(&[]),
    paths: Cow::Borrowed(&[Path { a: 0, b: 1, conduct: Conduct::Voltage }]),
};

/// Whether a source's expression can read this: voltages, time, temperature, and currents of parts that have them as an
/// unknown (those that fix a voltage: V, L, E, H, B V=).
pub fn readable(circuit: &Circuit, quantity: &Quantity) -> bool {
    match quantity {
        Quantity::Voltage(..) | Quantity::Time | Quantity::Temperature => true,
        Quantity::Current(part, pin) => {
            let kind = &circuit.part(*part).kind;
            *pin < 2 && kind.paths.iter().any(|p| p.conduct == Conduct::Voltage && (p.a, p.b) == (0, 1))
        }
        Quantity::Probe(..) | Quantity::Frequency | Quantity::Own(_) => false,
    }
}

/// The first thing in the expression of a part that its device cannot read. Expressions that are only looked at between
/// steps (controls of switches) read the same as sources.
pub fn unreadable(circuit: &Circuit, part: PartId, equation: &Equation) -> Option<Quantity> {
    let compiled = [
        &CURRENT,
        &VOLTAGE,
        &super::nonlinear::CAPACITOR,
        &super::nonlinear::INDUCTOR,
        &super::analog_switch::KIND,
        &super::mux::KIND,
    ];
    if !compiled.iter().any(|k| circuit.part(part).kind.is(k)) {
        return None;
    }
    equation.quantities().into_iter().find(|q| !readable(circuit, q))
}

/// Whether the expression of a part needs a history that its device does not keep: ddt or idt in the control of a switch.
pub fn remembers(circuit: &Circuit, part: PartId, equation: &Equation) -> bool {
    let kind = &circuit.part(part).kind;
    (kind.is(&super::analog_switch::KIND) || kind.is(&super::mux::KIND)) && equation.has_history()
}

pub fn build_current(circuit: &Circuit, parts: &[PartId]) -> Vec<Box<dyn Device>> {
    let equations = parts.iter().map(|&p| (p, value(circuit, p))).collect();
    devices(circuit, &CURRENT, Output::Current, equations)
}

pub fn build_voltage(circuit: &Circuit, parts: &[PartId]) -> Vec<Box<dyn Device>> {
    let equations = parts.iter().map(|&p| (p, value(circuit, p))).collect();
    devices(circuit, &VOLTAGE, Output::Voltage, equations)
}

fn value(circuit: &Circuit, part: PartId) -> Equation {
    equation(circuit, part, "value").unwrap_or(Equation::Const(0.0))
}

/// What a parameter is set to, as an equation.
pub(super) fn equation(circuit: &Circuit, part: PartId, name: &str) -> Option<Equation> {
    match circuit.setting(part, name) {
        Some(Setting::Equation(e)) => Some(e.clone()),
        Some(Setting::Number(v)) => Some(Equation::Const(*v)),
        _ => None,
    }
}

/// One device for each structure among the equations, in the order of first appearance.
pub(super) fn devices(
    circuit: &Circuit,
    kind: &'static Kind,
    output: Output,
    equations: Vec<(PartId, Equation)>,
) -> Vec<Box<dyn Device>> {
    let mut groups: Vec<(Vec<PartId>, Vec<Shape>)> = Vec::new();
    let mut index = HashMap::new();
    for (part, equation) in equations {
        let [p, n] = circuit.part(part).pins[..] else { continue };
        let shape = Shape::new(&equation, [p, n], (output == Output::Voltage).then_some(part));
        let at = *index.entry(shape.key()).or_insert(groups.len());
        if at == groups.len() {
            groups.push(Default::default());
        }
        groups[at].0.push(part);
        groups[at].1.push(shape);
    }
    let device = |(parts, shapes): (Vec<PartId>, Vec<Shape>)| {
        let program = Program::compile(&shapes.iter().collect::<Vec<_>>(), output)?;
        let device: Box<dyn Device> = Box::new(Behavioral { kind, output, parts, shapes, program });
        Some(device)
    };
    groups.into_iter().filter_map(device).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::equation::Function::{self, *};
    use crate::device::testing::{Bench, circuit, net, numbers, part};
    use crate::device::{Mode, Ticks, vsource};

    fn c(v: f64) -> Equation {
        Equation::Const(v)
    }

    fn f(function: Function, args: impl Into<Vec<Equation>>) -> Equation {
        Equation::apply(function, args)
    }

    fn v(circuit: &Circuit, name: &str) -> Equation {
        Equation::Quantity(Quantity::Voltage(net(circuit, name), net(circuit, "0")))
    }

    fn time() -> Equation {
        Equation::Quantity(Quantity::Time)
    }

    fn value(e: Equation) -> Vec<(&'static str, Setting)> {
        vec![("value", Setting::Equation(e))]
    }

    /// B1 a 0 I = 2·V(b)² + 3·V(a)
    #[test]
    fn a_current_of_two_voltages() {
        let mut ckt = circuit(&["a", "b"]);
        let square = f(AbsPow, [v(&ckt, "b"), c(2.0)]);
        let e = f(Add, [f(Mul, [c(2.0), square]), f(Mul, [c(3.0), v(&ckt, "a")])]);
        let mut settings = value(e);
        settings.extend(numbers(&[("m", 2.0), ("tc1", 0.01), ("dtemp", 50.0)]));
        let b = part(&mut ckt, &CURRENT, "B1", &["a", "0"], None, settings);
        let mut bench = Bench::new(&ckt, build_current, &[b]);
        let x = [0.0, 0.5, -3.0];
        let at = bench.load(&x);
        assert_eq!(at.f[1], 2.0 * 1.5 * (2.0 * 9.0 + 1.5));
        assert_eq!((at.g[(1, 1)], at.g[(1, 2)]), (3.0 * 3.0, 3.0 * 2.0 * 2.0 * -3.0));
        bench.check_jacobians(&x, 1e-8);
    }

    /// B1 a b V = V(c)·I(V1) + temper
    #[test]
    fn a_voltage_of_a_current_and_the_temperature() {
        let mut ckt = circuit(&["a", "b", "c"]);
        let v1 = part(&mut ckt, &vsource::KIND, "V1", &["c", "0"], None, vec![]);
        let product = f(Mul, [v(&ckt, "c"), Equation::Quantity(Quantity::Current(v1, 0))]);
        let e = f(Add, [product, Equation::Quantity(Quantity::Temperature)]);
        let b = part(&mut ckt, &VOLTAGE, "B1", &["a", "b"], None, value(e));
        let mut bench = Bench::new(&ckt, build_voltage, &[b]);
        let mut x = vec![0.0, 9.0, 2.0, 5.0, 0.0, 0.0];
        (x[bench.branch(b)], x[bench.branch(v1)]) = (0.25, -0.5);
        let at = bench.load(&x);
        assert_eq!((at.f[1], at.f[2]), (0.25, -0.25));
        assert_eq!(at.f[bench.branch(b)], 7.0 - (-2.5 + 27.0));
        bench.check_jacobians(&x, 1e-8);
    }

    /// B1 a 0 I = V(a)/1k + 1n·ddt(V(a)³)
    #[test]
    fn a_derivative_in_a_sum_is_a_charge_of_the_part() {
        let mut ckt = circuit(&["a"]);
        let cube = f(Ddt, [f(Pow, [v(&ckt, "a"), c(3.0)])]);
        let e = f(Add, [f(Div, [v(&ckt, "a"), c(1e3)]), f(Mul, [c(1e-9), cube])]);
        let b = part(&mut ckt, &CURRENT, "B1", &["a", "0"], None, value(e));
        let mut bench = Bench::new(&ckt, build_current, &[b]);
        assert_eq!(bench.unknowns(), 2);
        let at = bench.load(&[0.0, 2.0]);
        assert_eq!((at.f[1], at.q[1]), (2e-3, 8e-9));
        bench.check_jacobians(&[0.0, 2.0], 1e-8);
    }

    /// B1 a 0 I = V(a)·ddt(V(a)) + idt(V(a), 4): unknowns u = dV/dt and y with dy/dt = V
    #[test]
    fn other_derivatives_and_integrals_are_unknowns() {
        let mut ckt = circuit(&["a"]);
        let a = v(&ckt, "a");
        let e = f(Add, [f(Mul, [a.clone(), f(Ddt, [a.clone()])]), f(Idt, [a, c(4.0)])]);
        let b = part(&mut ckt, &CURRENT, "B1", &["a", "0"], None, value(e));
        let mut bench = Bench::new(&ckt, build_current, &[b]);
        let (u, y) = (bench.inner("ddt"), bench.inner("idt"));
        let mut x = vec![0.0; bench.unknowns()];
        (x[1], x[u], x[y]) = (2.0, 7.0, 0.5);
        let at = bench.load(&x);
        assert_eq!((at.f[1], at.q[1]), (2.0 * 7.0 + 0.5, 0.0));
        assert_eq!((at.f[u], at.q[u]), (-7.0, 2.0));
        assert_eq!((at.f[y], at.q[y]), (-2.0, 0.5));
        bench.check_jacobians(&x, 1e-8);
        assert!(matches!(&bench.roles[y], crate::device::layout::Role::State(_, _, l) if l.start == 4.0));
    }

    /// Seven parts of one structure and different numbers are one device, and each computes what it would alone.
    #[test]
    fn parts_of_one_structure_are_instances_of_one_device() {
        let mut ckt = circuit(&["a", "b"]);
        let mut parts = Vec::new();
        for k in 0..7 {
            let gain = c(1.0 + k as f64);
            let e = f(Mul, [gain, f(Exp, [f(Mul, [c(0.5), v(&ckt, "b")])])]);
            parts.push(part(&mut ckt, &CURRENT, &format!("B{k}"), &["a", "0"], None, value(e)));
        }
        let mut bench = Bench::new(&ckt, build_current, &parts);
        assert_eq!(bench.units.len(), 1);
        let all = bench.load(&[0.0, 0.0, 1.2]);
        assert!((all.f[1] - 28.0 * 0.6f64.exp()).abs() < 1e-13 * all.f[1]);
        let alone = |p: PartId| Bench::new(&ckt, build_current, &[p]).load(&[0.0, 0.0, 1.2]).f[1];
        let sum: f64 = parts.iter().map(|&p| alone(p)).sum();
        assert!((all.f[1] - sum).abs() < 1e-15 * sum);
        bench.check_jacobians(&[0.0, 0.0, 1.2], 1e-8);
    }

    /// sin(2π·1k·time): 16 points a period; time > 3 µs ? 1 : 0: a corner at 3 µs after which things have jumped.
    #[test]
    fn time_bounds_the_step_and_comparisons_of_times_are_corners() {
        let mut ckt = circuit(&["a"]);
        let rate = c(2.0 * std::f64::consts::PI * 1e4);
        let sine = f(Sin, [f(Mul, [rate, time()])]);
        let b = part(&mut ckt, &VOLTAGE, "B1", &["a", "0"], None, value(sine));
        let bench = Bench::new(&ckt, build_voltage, &[b]);
        let bound = |b: &Bench| b.units[0].memory.derived.iter().cloned().fold(f64::INFINITY, f64::min);
        assert!((bound(&bench) - 1e-4 / 16.0).abs() < 1e-18);

        let step = f(Select, [f(Gt, [time(), c(3e-6)]), c(1.0), c(0.0)]);
        let b = part(&mut ckt, &VOLTAGE, "B2", &["a", "0"], None, value(step));
        let mut bench = Bench::new(&ckt, build_voltage, &[b]);
        assert_eq!(bench.corner(Ticks(0)), Some(Ticks(3_000_000_000)));
        assert_eq!(bench.corner(Ticks(3_000_000_000)), None);
        (bench.mode, bench.time) = (Mode::Dynamic, 3e-6);
        let x = vec![0.0; bench.unknowns()];
        assert_eq!(bench.load(&x).f[2], 0.0);
        assert!(bench.accept(&x));
        bench.time = 3.0001e-6;
        assert_eq!(bench.load(&x).f[2], -1.0);
        assert!(!bench.accept(&x));
    }

    #[test]
    fn what_can_be_read() {
        let mut ckt = circuit(&["a"]);
        let v1 = part(&mut ckt, &vsource::KIND, "V1", &["a", "0"], None, vec![]);
        let r1 = part(&mut ckt, &crate::device::resistor::KIND, "R1", &["a", "0"], None, vec![]);
        assert!(readable(&ckt, &Quantity::Current(v1, 0)));
        assert!(!readable(&ckt, &Quantity::Current(r1, 0)));
        assert!(!readable(&ckt, &Quantity::Frequency));
        let through = Quantity::Current(r1, 0);
        let b1 = part(&mut ckt, &CURRENT, "B1", &["a", "0"], None, vec![]);
        assert_eq!(unreadable(&ckt, b1, &Equation::Quantity(through.clone())), Some(through));
    }
}

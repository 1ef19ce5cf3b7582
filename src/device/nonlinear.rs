//! Capacitors and inductors whose value is an expression.
//!
//! A capacitor is given by its charge, Q = q(…), which is conserved to the bit, or by its capacitance, I = c(…)·dV/dt, as
//! ngspice does it (not d(c·V)/dt: where c depends on other voltages no charge exists whose change the current is; where c
//! depends on its own voltage only, the charge over a closed loop is conserved as well as the steps are short). An inductor
//! likewise: V = dΦ/dt with Φ = flux(…), or V = l(…)·di/dt. With UIC an `ic` stands for the part's own voltage or current.

use std::borrow::Cow;

use super::Device;
use super::behavioral::{DTEMP, PARALLEL, PINS, TC1, TC2, TEMP, devices, equation};
use super::behavioral_program::Output;
use crate::circuit::equation::{Equation, Function, Quantity};
use crate::circuit::kind::{Conduct, Kind, ModelUse, Param, Path, ValueKind};
use crate::circuit::{Circuit, PartId};

pub static CAPACITOR: Kind = Kind {
    name: Cow::Borrowed("nonlinear_capacitor"),
    letter: None,
    models: &[],
    model: ModelUse::None,
    doc: Cow::Borrowed("Capacitor of an expression: C with C= or Q= of voltages and currents"),
    pins: Cow::Borrowed(PINS),
    positional: &[],
    params: Cow::Borrowed(&[
        Param::new("c", 0.0, "F", "capacitance: I = c·dV/dt").of(ValueKind::Equation),
        Param::new("q", 0.0, "C", "charge: I = dq/dt").of(ValueKind::Equation),
        Param::absent("ic", "V", "voltage at the start of a transient with UIC"),
        PARALLEL,
        Param::new("scale", 1.0, "", "factor on the value"),
        TC1,
        TC2,
        TEMP,
        DTEMP,
    ]),
    probes: Cow::Borrowed(&[]),
    paths: Cow::Borrowed(&[Path { a: 0, b: 1, conduct: Conduct::No }]),
};

pub static INDUCTOR: Kind = Kind {
    name: Cow::Borrowed("nonlinear_inductor"),
    letter: None,
    models: &[],
    model: ModelUse::None,
    doc: Cow::Borrowed("Inductor of an expression: L with L= or FLUX= of voltages and currents"),
    pins: Cow::Borrowed(PINS),
    positional: &[],
    params: Cow::Borrowed(&[
        Param::new("l", 0.0, "H", "inductance: V = l·di/dt").of(ValueKind::Equation),
        Param::new("flux", 0.0, "Vs", "flux: V = dflux/dt").of(ValueKind::Equation),
        Param::absent("ic", "A", "current at the start of a transient with UIC"),
        PARALLEL,
        Param::new("scale", 1.0, "", "factor on the value"),
        TC1,
        TC2,
        TEMP,
        DTEMP,
    ]),
    probes: Cow::Borrowed(&[]),
    paths: Cow::Borrowed(&[Path { a: 0, b: 1, conduct: Conduct::Voltage }]),
};

fn ddt(e: Equation) -> Equation {
    Equation::apply(Function::Ddt, [e])
}

pub fn build_capacitor(circuit: &Circuit, parts: &[PartId]) -> Vec<Box<dyn Device>> {
    let current = |&part: &PartId| {
        if let Some(q) = equation(circuit, part, "q") {
            return (part, ddt(q));
        }
        let c = equation(circuit, part, "c").unwrap_or(Equation::Const(0.0));
        let own = match circuit.part(part).pins[..] {
            [p, n] => Equation::Quantity(Quantity::Voltage(p, n)),
            _ => Equation::Const(0.0),
        };
        (part, Equation::apply(Function::Mul, [c, ddt(own)]))
    };
    devices(circuit, &CAPACITOR, Output::Current, parts.iter().map(current).collect())
}

pub fn build_inductor(circuit: &Circuit, parts: &[PartId]) -> Vec<Box<dyn Device>> {
    let voltage = |&part: &PartId| {
        if let Some(flux) = equation(circuit, part, "flux") {
            return (part, ddt(flux));
        }
        let l = equation(circuit, part, "l").unwrap_or(Equation::Const(0.0));
        (part, Equation::apply(Function::Mul, [l, ddt(Equation::Quantity(Quantity::Current(part, 0)))]))
    };
    devices(circuit, &INDUCTOR, Output::Voltage, parts.iter().map(voltage).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::Setting;
    use crate::device::Mode;
    use crate::device::testing::{Bench, circuit, net, numbers, part};

    /// 1n·(1 + V(a)²)
    fn nano(circuit: &Circuit) -> Equation {
        let v = Equation::Quantity(Quantity::Voltage(net(circuit, "a"), net(circuit, "0")));
        let square = Equation::apply(Function::Mul, [v.clone(), v]);
        let sum = Equation::apply(Function::Add, [Equation::Const(1.0), square]);
        Equation::apply(Function::Mul, [Equation::Const(1e-9), sum])
    }

    #[test]
    fn a_charge_of_a_voltage() {
        let mut c = circuit(&["a"]);
        let mut settings = vec![("q", Setting::Equation(nano(&c)))];
        settings.extend(numbers(&[("ic", 3.0), ("m", 2.0)]));
        let part = part(&mut c, &CAPACITOR, "C1", &["a", "0"], None, settings);
        let mut bench = Bench::new(&c, build_capacitor, &[part]);
        let near = |a: f64, b: f64| (a - b).abs() < 1e-15 * b.abs();
        assert!(near(bench.load(&[0.0, 2.0]).q[1], 10e-9));
        bench.check_jacobians(&[0.0, 2.0], 1e-8);
        bench.mode = Mode::Initial;
        assert!(near(bench.load(&[0.0, 2.0]).q[1], 20e-9));
    }

    /// I = c(V)·u with u = dV/dt
    #[test]
    fn a_capacitance_of_a_voltage() {
        let mut c = circuit(&["a"]);
        let mut settings = vec![("c", Setting::Equation(nano(&c)))];
        settings.extend(numbers(&[("ic", 3.0)]));
        let part = part(&mut c, &CAPACITOR, "C1", &["a", "0"], None, settings);
        let mut bench = Bench::new(&c, build_capacitor, &[part]);
        let u = bench.inner("ddt");
        let mut x = vec![0.0; bench.unknowns()];
        (x[1], x[u]) = (2.0, 1e6);
        let at = bench.load(&x);
        assert!((at.f[1] - 5e-3).abs() < 1e-17);
        assert_eq!(at.q[u], 2.0);
        bench.check_jacobians(&x, 1e-8);
        bench.mode = Mode::Initial;
        assert_eq!(bench.load(&x).q[u], 3.0);
    }

    /// A flux of 1n·(1 + V²) with V(a) = 2 and an inductance that is a number
    #[test]
    fn inductors() {
        let mut c = circuit(&["a"]);
        let flux = vec![("flux", Setting::Equation(nano(&c)))];
        let l1 = part(&mut c, &INDUCTOR, "L1", &["a", "0"], None, flux);
        let mut bench = Bench::new(&c, build_inductor, &[l1]);
        let x = [0.0, 2.0, 0.5];
        let at = bench.load(&x);
        assert_eq!((at.f[1], at.f[2]), (0.5, 2.0));
        assert!((at.q[2] + 5e-9).abs() < 1e-23);
        bench.check_jacobians(&x, 1e-8);

        let fixed = vec![("l", Setting::Equation(Equation::Const(1e-3)))];
        let l2 = part(&mut c, &INDUCTOR, "L2", &["a", "0"], None, fixed);
        let mut bench = Bench::new(&c, build_inductor, &[l2]);
        assert_eq!(bench.load(&x).q[2], -0.5e-3);
    }
}

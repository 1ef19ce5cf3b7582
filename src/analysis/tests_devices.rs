//! Nonlinear devices in circuits, against ngspice-39 run with reltol=1e-6 abstol=1e-15 vntol=1e-9 chgtol=1e-19 and a
//! tight step (`.tran` lines beside the tests), and against closed forms.

use std::sync::Arc;

use super::*;
use crate::circuit::equation::{Equation, Quantity};
use crate::circuit::plan::{Observation, Options};
use crate::circuit::{Circuit, ModelId, Setting, Wave};
use crate::device::testing::{circuit, model, net, numbers, part};
use crate::device::{capacitor, coupled, diode, inductor, mosfet, resistor, switch, vsource};
use crate::diag::{FileId, Span};
use crate::mna::{Condensation, System};

#[derive(Default)]
struct Rows(Vec<(f64, Vec<f64>)>);

impl Sink for Rows {
    fn begin(&mut self, _: &Header) -> std::io::Result<()> {
        Ok(())
    }
    fn row(&mut self, scale: f64, row: Row) -> std::io::Result<()> {
        if let Row::Real(v) = row {
            self.0.push((scale, v.to_vec()));
        }
        Ok(())
    }
    fn end(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn voltage(circuit: &Circuit, name: &str) -> Observation {
    let q = Quantity::Voltage(net(circuit, name), crate::circuit::NetId::GROUND);
    Observation { label: format!("V({name})"), equation: Equation::Quantity(q), span: Span::new(FileId(0), 0, 0) }
}

fn simulator(circuit: Circuit, options: Options, tstep: f64, tstop: f64) -> Simulator {
    let system = Arc::new(System::new(Arc::new(circuit), Condensation::Condensed).unwrap());
    let env = environment(&options, tstep, tstop);
    Simulator::new(system, options, env)
}

fn wave(shape: &str, args: &[f64]) -> (&'static str, Setting) {
    let args = args.iter().map(|&a| Some(a)).collect();
    ("wave", Setting::Wave(Wave { shape: shape.into(), args, repeat: None, delay: 0.0 }))
}

fn operating(c: Circuit, names: &[&str], options: Options) -> Vec<f64> {
    let out: Vec<Observation> = names.iter().map(|n| voltage(&c, n)).collect();
    let mut s = simulator(c, options, 0.0, 0.0);
    let mut observer = Observer::new(&s.system, &out.iter().collect::<Vec<_>>());
    let mut rows = Rows::default();
    op(&mut s, &mut observer, &mut rows).unwrap();
    rows.0[0].1.clone()
}

fn transient(c: Circuit, names: &[&str], options: Options, spec: TranSpec) -> Vec<(f64, Vec<f64>)> {
    let out: Vec<Observation> = names.iter().map(|n| voltage(&c, n)).collect();
    let s = simulator(c, options, spec.step, spec.stop);
    let mut observer = Observer::new(&s.system, &out.iter().collect::<Vec<_>>());
    let mut rows = Rows::default();
    let interrupted = Arc::default();
    let mut quiet = |_| {};
    let mut control = Control::new(&interrupted, &mut quiet);
    tran(s, &spec, &mut observer, &mut rows, &mut control).unwrap();
    rows.0
}

fn at(rows: &[(f64, Vec<f64>)], t: f64, k: usize) -> f64 {
    let n = rows.partition_point(|r| r.0 < t).clamp(1, rows.len() - 1);
    let (a, b) = (&rows[n - 1], &rows[n]);
    a.1[k] + (b.1[k] - a.1[k]) * (t - a.0) / (b.0 - a.0)
}

/// The last time between rising crossings of `level`.
fn period(rows: &[(f64, Vec<f64>)], level: f64) -> f64 {
    let mut crossings = Vec::new();
    for w in rows.windows(2) {
        let (a, b) = (w[0].1[0] - level, w[1].1[0] - level);
        if a < 0.0 && b >= 0.0 {
            crossings.push(w[0].0 + (w[1].0 - w[0].0) * a / (a - b));
        }
    }
    crossings[crossings.len() - 1] - crossings[crossings.len() - 2]
}

fn tight() -> Options {
    Options { reltol: 1e-6, abstol: 1e-15, vntol: 1e-9, trtol: 1.0, ..Options::default() }
}

fn spec(step: f64, stop: f64, max_step: f64, uic: bool) -> TranSpec {
    TranSpec { step, stop, start: 0.0, max_step: Some(max_step), uic }
}

fn transistors(c: &mut Circuit) -> (ModelId, ModelId) {
    let process = [
        ("gamma", 0.5),
        ("phi", 0.65),
        ("lambda", 0.05),
        ("tox", 20e-9),
        ("cgso", 0.3e-9),
        ("cgdo", 0.3e-9),
        ("cj", 0.4e-3),
        ("cjsw", 0.3e-9),
    ];
    let n = model(c, "nm", "nmos", &[&process[..], &[("vto", 0.7), ("kp", 100e-6)]].concat());
    let p = model(c, "pm", "pmos", &[&process[..], &[("vto", -0.8), ("kp", 40e-6)]].concat());
    (n, p)
}

fn size(w: f64) -> Vec<(&'static str, Setting)> {
    let (area, edge) = (w * 2e-6, w + 4e-6);
    numbers(&[("w", w), ("l", 1e-6), ("ad", area), ("as", area), ("pd", edge), ("ps", edge)])
}

/// Inverters of 5u and 12u in a ring, with a capacitor at each output.
fn ring(stages: usize, load: f64) -> Circuit {
    let names: Vec<String> = (0..stages).map(|k| format!("n{k}")).collect();
    let mut nets: Vec<&str> = names.iter().map(String::as_str).collect();
    nets.push("vdd");
    let mut c = circuit(&nets);
    let (n, p) = transistors(&mut c);
    part(&mut c, &vsource::KIND, "VDD", &["vdd", "0"], None, numbers(&[("dc", 3.3)]));
    for k in 0..stages {
        let (input, output) = (names[k].as_str(), names[(k + 1) % stages].as_str());
        part(&mut c, &mosfet::KIND, &format!("MN{k}"), &[output, input, "0", "0"], Some(n), size(5e-6));
        part(&mut c, &mosfet::KIND, &format!("MP{k}"), &[output, input, "vdd", "vdd"], Some(p), size(12e-6));
        let start = if k == 0 { numbers(&[("c", load), ("ic", 3.3)]) } else { numbers(&[("c", load)]) };
        part(&mut c, &capacitor::KIND, &format!("C{k}"), &[output, "0"], None, start);
    }
    c
}

/// `.tran 0.001n 10n 0 1p uic`: 1.392032 ns
#[test]
fn a_ring_of_five_inverters_has_the_period_of_ngspice() {
    let rows = transient(ring(5, 10e-15), &["n0"], tight(), spec(1e-11, 6e-9, 5e-12, true));
    let period = period(&rows, 1.65);
    assert!((period / 1.392032e-9 - 1.0).abs() < 1e-4, "{period:e}");
}

#[test]
fn a_ring_of_51_inverters_finds_its_operating_point_without_hints() {
    let v = operating(ring(51, 1e-15), &["n0", "n7", "n50"], Options { reltol: 1e-9, ..Options::default() });
    assert!((v[0] - v[1]).abs() < 1e-6 && (v[0] - v[2]).abs() < 1e-6 && v[0] > 1.0 && v[0] < 2.0, "{v:?}");
}

/// `.tran 0.01n 12n 0 2p`; MX, a pass transistor with `nrd=2 nrs=2` and `rsh=200`, turns its ends around.
#[test]
fn an_inverter_and_a_pass_transistor_switch_as_in_ngspice() {
    let mut c = circuit(&["vdd", "in", "out", "x"]);
    let (n, p) = transistors(&mut c);
    let mut card = c.model(n).settings.clone();
    card.push(("rsh".into(), Setting::Number(200.0)));
    let r = model(&mut c, "nr", "nmos", &[]);
    c.models[r.0 as usize].settings = card;
    let pulse = wave("pulse", &[0.0, 3.3, 1e-9, 0.2e-9, 0.2e-9, 2e-9, 6e-9]);
    part(&mut c, &vsource::KIND, "VDD", &["vdd", "0"], None, numbers(&[("dc", 3.3)]));
    part(&mut c, &vsource::KIND, "VIN", &["in", "0"], None, vec![pulse]);
    part(&mut c, &mosfet::KIND, "MN", &["out", "in", "0", "0"], Some(n), size(5e-6));
    part(&mut c, &mosfet::KIND, "MP", &["out", "in", "vdd", "vdd"], Some(p), size(12e-6));
    let mut squares = size(5e-6);
    squares.extend(numbers(&[("nrd", 2.0), ("nrs", 2.0)]));
    part(&mut c, &mosfet::KIND, "MX", &["x", "out", "in", "0"], Some(r), squares);
    part(&mut c, &capacitor::KIND, "C1", &["out", "0"], None, numbers(&[("c", 20e-15)]));
    part(&mut c, &capacitor::KIND, "C2", &["x", "0"], None, numbers(&[("c", 10e-15)]));
    let rows = transient(c, &["out", "x"], tight(), spec(1e-11, 8e-9, 5e-12, false));
    for (ns, out, x) in [
        (1.2, 2.187300, 1.323308),
        (1.5, 2.109194e-3, 1.063440),
        (3.5, 2.909099, 2.624486e-1),
        (7.3, 2.551411e-1, 1.088259),
    ] {
        let t = ns * 1e-9;
        let (v_out, v_x) = (at(&rows, t, 0), at(&rows, t, 1));
        assert!((v_out - out).abs() < 3.3e-4 && (v_x - x).abs() < 3.3e-4, "at {ns} ns: {v_out} {v_x}");
    }
}

/// `.tran 0.1n 500n 0 0.05n`; the diode breaks down at each trough.
#[test]
fn a_rectifier_charges_and_leaks_as_in_ngspice() {
    let mut c = circuit(&["in", "out"]);
    let card = [
        ("is", 1e-14),
        ("n", 1.1),
        ("rs", 5.0),
        ("cjo", 2e-12),
        ("vj", 0.8),
        ("mj", 0.4),
        ("tt", 2e-9),
        ("bv", 8.0),
        ("ibv", 1e-6),
    ];
    let d = model(&mut c, "dm", "d", &card);
    part(&mut c, &vsource::KIND, "V1", &["in", "0"], None, vec![wave("sin", &[0.0, 5.0, 10e6])]);
    part(&mut c, &diode::KIND, "D1", &["in", "out"], Some(d), vec![]);
    part(&mut c, &resistor::KIND, "R1", &["out", "0"], None, numbers(&[("r", 1e4)]));
    part(&mut c, &capacitor::KIND, "C1", &["out", "0"], None, numbers(&[("c", 1e-11)]));
    let rows = transient(c, &["out"], tight(), spec(1e-10, 3e-7, 1e-10, false));
    for (ns, v) in [(30.0, 4.108862), (100.0, 1.920049), (275.0, 1.897927)] {
        let out = at(&rows, ns * 1e-9, 0);
        assert!((out - v).abs() < 5e-5, "at {ns} ns: {out}");
    }
}

/// C charges over R from 3 to 7 V of 10 V, S discharges it.
#[test]
fn a_switch_with_hysteresis_oscillates_with_the_period_of_its_exponentials() {
    let mut c = circuit(&["vdd", "c"]);
    let m = model(&mut c, "sm", "sw", &[("vt", 5.0), ("vh", 2.0), ("ron", 10.0), ("roff", 1e9)]);
    part(&mut c, &vsource::KIND, "V1", &["vdd", "0"], None, numbers(&[("dc", 10.0)]));
    part(&mut c, &resistor::KIND, "R1", &["vdd", "c"], None, numbers(&[("r", 1e4)]));
    part(&mut c, &capacitor::KIND, "C1", &["c", "0"], None, numbers(&[("c", 1e-9), ("ic", 0.0)]));
    part(&mut c, &switch::VOLTAGE, "S1", &["c", "0", "c", "0"], Some(m), vec![]);
    let rows = transient(c, &["c"], tight(), spec(1e-8, 4e-5, 1e-8, true));
    let on = 10.0 / (1.0 + 10.0 / 1e4);
    let low: f64 = 10.0 * 10.0 / (1e4 + 10.0);
    let truth = 1e-5 * (7.0_f64 / 3.0).ln() + on * 1e-9 * ((7.0 - low) / (3.0 - low)).ln();
    let period = period(&rows, 5.0);
    assert!((period / truth - 1.0).abs() < 1e-4, "{period:e} {truth:e}");
}

/// `.tran 10n 20u 0 5n`: V1 pulse(0 1 1u 10n 10n 5u 20u), 50 ohm, 100 uH : 25 uH with k = 0.95, 20 ohm and 1 nF.
#[test]
fn a_transformer_passes_a_pulse_as_in_ngspice() {
    let mut c = circuit(&["in", "a", "b"]);
    let pulse = wave("pulse", &[0.0, 1.0, 1e-6, 1e-8, 1e-8, 5e-6, 20e-6]);
    part(&mut c, &vsource::KIND, "V1", &["in", "0"], None, vec![pulse]);
    part(&mut c, &resistor::KIND, "R1", &["in", "a"], None, numbers(&[("r", 50.0)]));
    let l1 = part(&mut c, &inductor::KIND, "L1", &["a", "0"], None, numbers(&[("l", 1e-4)]));
    let l2 = part(&mut c, &inductor::KIND, "L2", &["b", "0"], None, numbers(&[("l", 25e-6)]));
    let k = vec![("k", Setting::Number(0.95)), ("inductor", Setting::Part(l1)), ("inductor", Setting::Part(l2))];
    part(&mut c, &coupled::KIND, "K1", &[], None, k);
    part(&mut c, &resistor::KIND, "R2", &["b", "0"], None, numbers(&[("r", 20.0)]));
    part(&mut c, &capacitor::KIND, "C2", &["b", "0"], None, numbers(&[("c", 1e-9)]));
    let rows = transient(c, &["b"], tight(), spec(1e-8, 5e-6, 5e-9, false));
    for (us, v) in [(1.5, 2.635432e-1), (4.0, 1.196871e-1)] {
        let b = at(&rows, us * 1e-6, 0);
        assert!((b - v).abs() < 1e-5, "at {us} us: {b}");
    }
}

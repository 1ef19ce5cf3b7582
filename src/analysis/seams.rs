//! The first experiment: do the seams carry a transistor, a memristor with a condensed state and a stochastic cell on a
//! noise lattice, in operating point, AC and transient, condensed and full, in one lane and in eight?

use std::borrow::Cow;

use std::sync::Arc;

use num_complex::Complex64;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::tran::rest;
use super::*;
use crate::circuit::kind::{Kind, ModelUse, Param, pin};
use crate::circuit::plan::Options;
use crate::circuit::{Circuit, PartId, Setting, Wave};
use crate::device::registry::build_of;
use crate::device::testing::{circuit, model, numbers, part};
use crate::device::{Device, Environment, Layout, Local, Memory, Mode, Point, Rest, Review, Stamps, Ticks};
use crate::device::{capacitor, mosfet, resistor, vsource};
use crate::mna::{Assembly, Condensation, Inputs, SmallSignal, System};
use crate::solve::{Pivoting, Solver};

static VTEAM: Kind = Kind {
    name: Cow::Borrowed("test vteam"),
    letter: None,
    models: &[],
    model: ModelUse::None,
    doc: Cow::Borrowed("VTEAM memristor (Kvatinsky 2015), linear I-V, state 0 (on) … 1 (off)"),
    pins: Cow::Borrowed(&[pin("p", ""), pin("n", "")]),
    positional: &[],
    params: Cow::Borrowed(&[Param::new("w0", 0.5, "", "start")]),
    probes: Cow::Borrowed(&[]),
    paths: Cow::Borrowed(&[]),
};

static LANGEVIN: Kind = Kind {
    name: Cow::Borrowed("test langevin"),
    letter: None,
    models: &[],
    model: ModelUse::None,
    doc: Cow::Borrowed("One particle shaken on a lattice of 10 ns, in series with nothing"),
    pins: Cow::Borrowed(&[pin("p", ""), pin("n", "")]),
    positional: &[],
    params: Cow::Borrowed(&[Param::new("x0", 0.0, "", "start")]),
    probes: Cow::Borrowed(&[]),
    paths: Cow::Borrowed(&[]),
};

struct Vteam {
    parts: Vec<PartId>,
    /// An error put into ∂(dw/dt)/∂v, to see that the comparisons notice.
    sabotage: f64,
}

const RON: f64 = 1e4;
const ROFF: f64 = 1e6;
const VT: f64 = 0.7;
const RATE: f64 = 1e8;

impl Device for Vteam {
    fn layout(&mut self, layout: &mut Layout) {
        for &part in &self.parts {
            let start = layout.circuit.number(part, "w0");
            let pins = layout.pins(part);
            let local = Local { start, scale: 1.0, abstol: 1e-9, rest: Rest::Held };
            let w = layout.local(part, "w", local);
            layout.instance(part, &[pins[0], pins[1], w]);
        }
        layout.pattern(&[(0, 0), (0, 1), (1, 0), (1, 1), (0, 2), (1, 2), (2, 0), (2, 1), (2, 2)], &[(2, 2)]);
    }

    fn load(&self, at: &Point, memory: &mut Memory, out: &mut Stamps) {
        for i in 0..memory.instances {
            for l in 0..at.lanes {
                let (v, w) = (at.across(i, 0, 1, l), at.x(i, 2, l));
                let r = RON + (ROFF - RON) * w;
                let (current, dw) = (v / r, -v / (r * r) * (ROFF - RON));
                let over = (v.abs() / VT - 1.0).max(0.0);
                let (rate, slope) = (v.signum() * RATE * over.powi(3), 3.0 * RATE * over * over / VT);
                // (1 − w⁴) toward off, (1 − (1 − w)⁴) toward on
                let u = if v > 0.0 { w } else { 1.0 - w };
                let (window, dwindow) = (1.0 - u.powi(4), -4.0 * u.powi(3) * v.signum());
                out.f(i, 0, l, current);
                out.f(i, 1, l, -current);
                out.conductance(i, 0, l, 1.0 / r);
                out.g(i, 4, l, dw);
                out.g(i, 5, l, -dw);
                out.f(i, 2, l, -rate * window);
                out.q(i, 2, l, w);
                out.g(i, 6, l, -slope * window * (1.0 + self.sabotage));
                out.g(i, 7, l, slope * window * (1.0 + self.sabotage));
                out.g(i, 8, l, -rate * dwindow);
                out.c(i, 0, l, 1.0);
            }
        }
    }
}

struct Langevin {
    parts: Vec<PartId>,
}

const CELL: i128 = 10_000_000;
const X: usize = 0;
const CELLS: usize = 1;

fn resistance(x: f64) -> f64 {
    1e5 * (2.0 * x).cosh()
}

impl Device for Langevin {
    fn layout(&mut self, layout: &mut Layout) {
        for &part in &self.parts {
            let pins = layout.pins(part);
            layout.instance(part, &pins);
        }
        layout.pattern(&[(0, 0), (0, 1), (1, 0), (1, 1)], &[]);
        layout.memory(0, 2, 0);
    }

    fn setup(&self, _: &Environment, memory: &mut Memory, lane: usize) {
        for i in 0..memory.instances {
            let start = memory.param(i, 0, lane);
            memory.set_state(i, X, lane, start);
        }
    }

    fn load(&self, at: &Point, memory: &mut Memory, out: &mut Stamps) {
        for i in 0..memory.instances {
            for l in 0..at.lanes {
                let g = 1.0 / resistance(memory.state(i, X, l));
                out.f(i, 0, l, g * at.across(i, 0, 1, l));
                out.f(i, 1, l, -g * at.across(i, 0, 1, l));
                out.conductance(i, 0, l, g);
            }
        }
    }

    /// x over the cells completed by this step; the noise of a cell depends on its number and the instance only.
    fn review(&self, at: &Point, memory: &mut Memory, lane: usize) -> Review {
        for i in 0..memory.instances {
            let (start, done) = (memory.state(i, X, lane), memory.state(i, CELLS, lane));
            let cells = at.ticks[lane].0.div_euclid(CELL);
            let mut x = start;
            for cell in done as i128..cells {
                let mut rng = ChaCha8Rng::seed_from_u64(7);
                rng.set_stream(u64::from(self.parts[i].0));
                rng.set_word_pos(cell as u128 * 4);
                let kick = (rng.next_u32() as f64 / f64::from(u32::MAX) - 0.5) * 0.2;
                x += -0.01 * x + 0.02 * at.across(i, 0, 1, lane) + kick;
            }
            if (resistance(x) / resistance(start)).ln().abs() > 0.3 && cells - done as i128 > 1 {
                return Review::Cut(0.5);
            }
            memory.set_trial(i, X, lane, x);
            memory.set_trial(i, CELLS, lane, cells as f64);
        }
        Review::Accept
    }

    fn landing(&self, _: &Memory, _: usize, after: Ticks) -> Option<Ticks> {
        Some(Ticks((after.0.div_euclid(CELL) + 1) * CELL))
    }
}

/// A MOS amplifier whose load is a memristor, a stochastic cell hanging on its output.
fn bench(w0: f64, amplitude: f64) -> Circuit {
    let mut c = circuit(&["vdd", "in", "out", "x"]);
    let nch =
        model(&mut c, "nch", "nmos", &[("vto", 0.7), ("kp", 1e-4), ("lambda", 0.02), ("cgso", 1e-10), ("cgdo", 1e-10)]);
    part(&mut c, &vsource::KIND, "Vdd", &["vdd", "0"], None, numbers(&[("dc", 3.0)]));
    let wave =
        Wave { shape: "sin".into(), args: vec![Some(1.0), Some(amplitude), Some(2e6)], repeat: None, delay: 0.0 };
    let mut vin = numbers(&[("dc", 1.0), ("acmag", 1.0)]);
    vin.push(("wave", Setting::Wave(wave)));
    part(&mut c, &vsource::KIND, "Vin", &["in", "0"], None, vin);
    part(&mut c, &mosfet::KIND, "M1", &["out", "in", "0", "0"], Some(nch), numbers(&[("w", 1e-6), ("l", 1e-6)]));
    part(&mut c, &VTEAM, "Xm", &["vdd", "out"], None, numbers(&[("w0", w0)]));
    part(&mut c, &capacitor::KIND, "C1", &["out", "0"], None, numbers(&[("c", 1e-13)]));
    part(&mut c, &resistor::KIND, "R1", &["out", "x"], None, numbers(&[("r", 1e5)]));
    part(&mut c, &LANGEVIN, "Xl", &["x", "0"], None, numbers(&[("x0", 0.3)]));
    c
}

fn system(circuit: Circuit, condensation: Condensation, sabotage: f64) -> Arc<System> {
    let circuit = Arc::new(circuit);
    let mut devices: Vec<Box<dyn Device>> = Vec::new();
    for id in circuit.part_ids() {
        match &*circuit.part(id).kind.name {
            "test vteam" => devices.push(Box::new(Vteam { parts: vec![id], sabotage })),
            "test langevin" => devices.push(Box::new(Langevin { parts: vec![id] })),
            _ => devices.extend(build_of(&circuit.part(id).kind).unwrap()(&circuit, &[id])),
        }
    }
    Arc::new(System::with_devices(circuit, devices, condensation))
}

fn simulator(circuit: Circuit, condensation: Condensation, sabotage: f64) -> Simulator {
    let options = Options::default();
    let env = environment(&options, 1e-8, 1e-6);
    Simulator::new(system(circuit, condensation, sabotage), options, env)
}

/// Values by name, so that systems with different numbering compare.
fn by_name<T: Copy>(system: &System, x: &[T]) -> Vec<(String, T)> {
    let mut named: Vec<_> = (1..system.unknowns()).map(|u| (system.name(u), x[u])).collect();
    named.sort_by(|a, b| a.0.cmp(&b.0));
    named
}

/// One Newton step of an implicit Euler step from the operating point, memristor well above its threshold.
fn one_step(condensation: Condensation, sabotage: f64) -> Vec<(String, f64)> {
    let mut s = simulator(bench(0.4, 0.5), condensation, sabotage);
    rest(&mut s).unwrap();
    let a = 1e9;
    let beta: Vec<f64> = s.assembly.q.iter().map(|q| -a * q).collect();
    let mut x = s.x.clone();
    for (name, value) in [("V(out)", 0.3), ("V(x)", 0.1), ("Xm.w", 0.45)] {
        let unknown = (1..s.system.unknowns()).find(|&u| s.system.name(u) == name).unwrap();
        x[unknown] = value;
    }
    let at = Inputs {
        x: &x,
        last: &s.last,
        time: &[1e-9],
        ticks: &[Ticks(1_000_000)],
        a: &[a],
        beta: &beta,
        mode: Mode::Dynamic,
        transient: true,
        gmin: 1e-12,
        source: 1.0,
        shunt: 0.0,
        anchor: 0.0,
        clamps: &[],
        rest: 0.0,
    };
    let system = s.system.clone();
    s.assembly.assemble(&system, &mut s.memories, &at);
    let mut solver = Solver::new(&system.pattern, Pivoting::default());
    solver.factor(&s.assembly.jacobian[..system.pattern.rows.len()]).unwrap();
    let mut dx: Vec<f64> = s.assembly.residual.iter().map(|r| -r).collect();
    solver.solve(&mut dx[1..=system.solved]);
    dx[0] = 0.0;
    s.assembly.back_substitute(&system, &mut dx);
    by_name(&system, &dx)
}

fn worst(a: &[(String, f64)], b: &[(String, f64)]) -> f64 {
    let names = |v: &[(String, f64)]| v.iter().map(|p| p.0.clone()).collect::<Vec<_>>();
    assert_eq!(names(a), names(b));
    a.iter().zip(b).map(|(a, b)| (a.1 - b.1).abs() / (a.1.abs() + b.1.abs() + 1e-15)).fold(0.0, f64::max)
}

#[test]
fn one_newton_step_condensed_is_the_full_one() {
    let full = one_step(Condensation::Full, 0.0);
    assert!(worst(&one_step(Condensation::Condensed, 0.0), &full) < 1e-10);
    // A wrong block does not go unnoticed.
    assert!(worst(&one_step(Condensation::Condensed, 0.01), &full) > 1e-6);
}

/// Phasors at an operating point whose memristor voltage is above threshold: G_wv and G_ww are not zero.
fn phasors(condensation: Condensation, sabotage: f64) -> Vec<(String, Complex64)> {
    let mut s = simulator(bench(0.4, 0.5), condensation, sabotage);
    rest(&mut s).unwrap();
    let zeros = vec![0.0; s.system.unknowns()];
    let at = Inputs {
        x: &s.x,
        last: &s.last,
        time: &[0.0],
        ticks: &[Ticks(0)],
        a: &[0.0],
        beta: &zeros,
        mode: Mode::Linearize,
        transient: false,
        gmin: 1e-12,
        source: 1.0,
        shunt: 0.0,
        anchor: 0.0,
        clamps: &[],
        rest: 0.0,
    };
    let system = s.system.clone();
    let mut small = SmallSignal::new(&system, &mut s.memories, &at);
    let mut solver = Solver::new(&system.pattern, Pivoting::default());
    let mut x = vec![Complex64::ZERO; system.unknowns()];
    let branch = (1..system.unknowns()).find(|&u| system.name(u) == "I(Vin)").unwrap();
    x[branch] = Complex64::ONE;
    assert!(small.assemble(&system, 1e7, &mut x));
    solver.factor(&small.matrix[..system.pattern.rows.len()]).unwrap();
    solver.solve(&mut x[1..=system.solved]);
    x[0] = Complex64::ZERO;
    small.back_substitute(&system, &mut x);
    by_name(&system, &x)
}

#[test]
fn phasors_condensed_are_the_full_ones() {
    let differ = |a: &[(String, Complex64)], b: &[(String, Complex64)]| {
        a.iter().zip(b).map(|(a, b)| (a.1 - b.1).norm() / (a.1.norm() + b.1.norm() + 1e-15)).fold(0.0, f64::max)
    };
    let full = phasors(Condensation::Full, 0.0);
    assert!(full.iter().any(|(n, v)| n == "Xm.w" && v.norm() > 1e-6), "{full:?}");
    assert!(differ(&phasors(Condensation::Condensed, 0.0), &full) < 1e-10);
    assert!(differ(&phasors(Condensation::Condensed, 0.01), &full) > 1e-6);
}

/// Every accepted point of every lane: time in ticks and the bits of all unknowns.
fn run(members: &[(f64, f64)]) -> Vec<Vec<(i128, Vec<u64>)>> {
    let mut simulators = Vec::new();
    let mut charges = Vec::new();
    // Lanes share the system of the nominal member; what differs are parameters.
    let nominal_system = system(bench(0.5, 0.5), Condensation::Condensed, 0.0);
    let options = Options { reltol: 1e-6, ..Options::default() };
    let fresh = || Simulator::new(nominal_system.clone(), options.clone(), environment(&options, 1e-8, 1e-6));
    let mut nominal = fresh();
    rest(&mut nominal).unwrap();
    for &(kp, x0) in members {
        let mut s = fresh();
        let id = |name: &str| nominal_system.circuit.part_names[name];
        assert!(s.set_param(id("r1"), "r", kp));
        assert!(s.set_param(id("xl"), "x0", x0));
        charges.push(rest(&mut s).unwrap());
        simulators.push(s);
    }
    let pace = Pace { first: 1e-10, max: 5e-8, fine: 0.0 };
    let mut transient = Transient::new(&simulators, &charges, pace, Some(&nominal.assembly.jacobian)).unwrap();
    let mut points = vec![Vec::new(); members.len()];
    transient
        .run(Ticks::from_seconds(1e-6), &mut |lane, view| {
            let bits = (0..view.system.unknowns()).map(|u| view.x[u * view.lanes + lane].to_bits()).collect();
            points[lane].push((Ticks::from_seconds(view.time).0, bits));
        })
        .unwrap();
    points
}

#[test]
fn a_member_is_the_same_alone_and_among_eight() {
    let members: Vec<(f64, f64)> = (0..8).map(|k| (2e4 * f64::from(k + 1), 0.1 * f64::from(k))).collect();
    let together = run(&members);
    let steps: std::collections::HashSet<usize> = together.iter().map(Vec::len).collect();
    assert!(steps.len() > 2, "lanes should take their own steps: {steps:?}");
    for (k, member) in members.iter().enumerate() {
        assert_eq!(run(&[*member])[0], together[k], "member {k}");
    }
    let mut shuffled = members.clone();
    shuffled.reverse();
    assert_eq!(run(&shuffled)[0], together[7]);
}

#[test]
fn assembly_has_a_lane_axis_everywhere() {
    let s = simulator(bench(0.5, 0.5), Condensation::Condensed, 0.0);
    let wide = Assembly::new(&s.system, 8);
    assert_eq!(wide.jacobian.len(), 8 * s.assembly.jacobian.len());
}

//! Parts of `.device`s in time: states, bounds, events, hazards and noise against closed forms.

use std::f64::consts::PI;
use std::sync::Arc;

use super::*;
use crate::circuit::definition::Law;
use crate::circuit::equation::{Equation, Function, Quantity};
use crate::circuit::plan::{Method, Observation, Options};
use crate::circuit::{Circuit, Setting, Wave};
use crate::device::equations::testing::*;
use crate::device::testing::{circuit, net, numbers, part};
use crate::device::{capacitor, resistor, vsource};
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

/// `out` is V(out), `X1.w` a probe.
fn observation(circuit: &Circuit, name: &str) -> Observation {
    let quantity = match name.split_once('.') {
        Some((part, probe)) => Quantity::Probe(circuit.part_names[&part.to_lowercase()], probe.into()),
        None => Quantity::Voltage(net(circuit, name), crate::circuit::NetId::GROUND),
    };
    Observation { label: name.into(), equation: Equation::Quantity(quantity), span: Span::new(FileId(0), 0, 0) }
}

fn wave(shape: &str, args: &[f64]) -> Vec<(&'static str, Setting)> {
    let args = args.iter().map(|&a| Some(a)).collect();
    vec![("wave", Setting::Wave(Wave { shape: shape.into(), args, repeat: None, delay: 0.0 }))]
}

struct Run {
    rows: Vec<(f64, Vec<f64>)>,
    stats: Stats,
}

impl Run {
    /// A column at a time, by a straight line between points.
    fn at(&self, time: f64, column: usize) -> f64 {
        let k = self.rows.partition_point(|(t, _)| *t < time).clamp(1, self.rows.len() - 1);
        let ((t0, a), (t1, b)) = (&self.rows[k - 1], &self.rows[k]);
        a[column] + (b[column] - a[column]) * (time - t0) / (t1 - t0)
    }

    fn last(&self, column: usize) -> f64 {
        self.rows.last().unwrap().1[column]
    }
}

fn run(c: &Circuit, names: &[&str], options: &Options, stop: f64, max: f64, condensation: Condensation) -> Run {
    let seen: Vec<Observation> = names.iter().map(|n| observation(c, n)).collect();
    let system = Arc::new(System::new(Arc::new(c.clone()), condensation).unwrap());
    let spec = TranSpec { step: max, stop, start: 0.0, max_step: Some(max), uic: false };
    let simulator = Simulator::new(system, options.clone(), environment(options, spec.step, spec.stop));
    let mut observer = Observer::new(&simulator.system, &seen.iter().collect::<Vec<_>>());
    let mut rows = Rows::default();
    let interrupted = Arc::default();
    let mut silent = |_| {};
    let control = &mut Control::new(&interrupted, &mut silent);
    let stats = tran(simulator, &spec, &mut observer, &mut rows, control).unwrap();
    Run { rows: rows.0, stats }
}

fn tight() -> Options {
    Options { reltol: 1e-6, vntol: 1e-9, ..Options::default() }
}

/// Linear ion drift: x in 0:1, R = ron·x + roff·(1 − x), dx/dt = k·V/R.
fn drift() -> Make {
    device("drift", &["a", "b"])
        .param("ron", 100.0)
        .param("roff", 16e3)
        .param("k", 1.5e7)
        .param("x0", 0.3)
        .state("x", p(3))
        .within(0.0, 1.0)
        .value("r", p(0) * s(0) + p(1) * (E::from(1.0) - s(0)))
        .rate(0, p(2) * v(0, 1) / l(0))
        .current(0, 1, v(0, 1) / l(0))
}

/// R² falls by 2(roff − ron)·k·∫V dt until R = ron, rests there, and rises again from the instant at which V changes sign.
#[test]
fn ion_drift_into_its_bound_and_out_again() {
    let mut c = circuit(&["a"]);
    part(&mut c, &vsource::KIND, "V1", &["a", "0"], None, wave("sin", &[0.0, 1.0, 1e3]));
    part(&mut c, drift().kind(), "X1", &["a", "0"], None, vec![]);
    let tight = Options { reltol: 1e-8, vntol: 1e-10, ..Options::default() };
    let run = run(&c, &["X1.r", "X1.x"], &tight, 1e-3, 2e-6, Condensation::Condensed);
    let (ron, gain) = (100.0f64, 2.0 * 15.9e3 * 1.5e7);
    let r0 = ron * 0.3 + 16e3 * 0.7;
    let flux = |t: f64| (1.0 - (2e3 * PI * t).cos()) / (2e3 * PI);
    let mut bound = 0;
    for (t, v) in &run.rows {
        let square = if *t < 0.5e-3 {
            (r0 * r0 - gain * flux(*t)).max(ron * ron)
        } else {
            ron * ron + gain * (flux(0.5e-3) - flux(*t))
        };
        bound += usize::from(square == ron * ron);
        assert!((v[0] * v[0] - square).abs() < 1e-4 * r0 * r0, "{t}: {} {}", v[0], square.sqrt());
        assert!((0.0..=1.0).contains(&v[1]));
    }
    assert!(bound > 20, "{bound}");
}

/// A state at its bound lets steps grow as if it were not there.
#[test]
fn a_state_at_its_bound_costs_no_steps() {
    let mut c = circuit(&["a"]);
    part(&mut c, &vsource::KIND, "V1", &["a", "0"], None, numbers(&[("dc", 1.0)]));
    for k in 0..20 {
        let speed = numbers(&[("k", 1e9 * f64::from(k + 1))]);
        part(&mut c, drift().kind(), &format!("X{k}"), &["a", "0"], None, speed);
    }
    let run = run(&c, &["X0.x", "X19.x"], &Options::default(), 1.0, 1.0, Condensation::Condensed);
    assert_eq!((run.last(0), run.last(1)), (1.0, 1.0));
    let late = run.rows.iter().filter(|(t, _)| *t > 1e-3).count();
    assert!(late < 20 && run.stats.accepted < 200, "{late} {:?}", run.stats);
}

/// VTEAM with two thresholds in series with a resistor, a capacitor across.
fn memristive() -> Circuit {
    let over = |x: E| f(Function::Max, [x, 0.0.into()]);
    let up = over(v(0, 1) / 0.5 - 1.0);
    let down = over(v(1, 0) / 0.4 - 1.0);
    let window = |x: E| E::from(1.0) - x.clone() * x;
    let made = device("vteam", &["a", "b"])
        .param("w0", 0.4)
        .state("w", p(0))
        .within(0.0, 1.0)
        .rate(0, up.clone() * up * window(s(0)) * 4e6 - down.clone() * down * window(E::from(1.0) - s(0)) * 6e6)
        .current(0, 1, v(0, 1) / (s(0) * 9e3 + 1e3))
        .current(0, 1, ddt(v(0, 1) * (s(0) * 1e-12 + 1e-12)));
    let mut c = circuit(&["in", "a"]);
    part(&mut c, &vsource::KIND, "V1", &["in", "0"], None, wave("sin", &[0.0, 2.0, 1e6]));
    part(&mut c, &resistor::KIND, "R1", &["in", "a"], None, numbers(&[("r", 2e3)]));
    part(&mut c, &capacitor::KIND, "C1", &["a", "0"], None, numbers(&[("c", 1e-11)]));
    part(&mut c, made.kind(), "X1", &["a", "0"], None, vec![]);
    c
}

#[test]
fn condensed_and_full_give_the_same_waveform() {
    let c = memristive();
    let go = |fixed: Option<f64>, condensation| {
        let options = Options { fixed_step: fixed, ..tight() };
        run(&c, &["a", "X1.w"], &options, 2e-6, 1e-8, condensation)
    };
    let (a, b) = (go(Some(2e-9), Condensation::Condensed), go(Some(2e-9), Condensation::Full));
    let swing = a.rows.iter().map(|r| r.1[1]).fold(0.0, f64::max) - a.rows.iter().map(|r| r.1[1]).fold(1.0, f64::min);
    assert!(swing > 0.3, "{swing}");
    assert_eq!(a.rows.len(), b.rows.len());
    for ((t, x), (_, y)) in a.rows.iter().zip(&b.rows) {
        assert!((x[0] - y[0]).abs() < 1e-8 && (x[1] - y[1]).abs() < 1e-8, "{t}: {x:?} {y:?}");
    }
    let (a, b) = (go(None, Condensation::Condensed), go(None, Condensation::Full));
    for k in 1..40 {
        let t = 5e-8 * f64::from(k);
        assert!((a.at(t, 1) - b.at(t, 1)).abs() < 1e-4);
    }
}

/// Half the step, a quarter of the error, with a smooth state device in an RC.
#[test]
fn order_two_with_states() {
    let made = device("cell", &["a", "b"])
        .state("w", 0.2)
        .rate(0, (v(0, 1) * v(0, 1) - s(0)) * 3e3)
        .current(0, 1, v(0, 1) * (s(0) + 0.5) * 1e-3)
        .current(0, 1, ddt(v(0, 1) * s(0)) * 1e-7);
    let mut c = circuit(&["in", "a"]);
    part(&mut c, &vsource::KIND, "V1", &["in", "0"], None, wave("sin", &[0.0, 1.0, 1e3]));
    part(&mut c, &resistor::KIND, "R1", &["in", "a"], None, numbers(&[("r", 1e3)]));
    part(&mut c, made.kind(), "X1", &["a", "0"], None, vec![]);
    for method in [Method::Trapezoidal, Method::Gear] {
        let last = |h: f64| {
            let options = Options { method, fixed_step: Some(h), reltol: 1e-9, ..Options::default() };
            run(&c, &["X1.w"], &options, 1.28e-3, h, Condensation::Condensed).last(0)
        };
        let [a, b, d] = [4e-6, 2e-6, 1e-6].map(last);
        let order = ((a - b) / (b - d)).log2();
        assert!((order - 2.0).abs() < 0.15, "{method:?}: {order}");
    }
}

/// A switch between 1 V and 0.2 V discharges what R charges: the period is that of two exponentials.
#[test]
fn events_are_landed_on() {
    let made = device("neuron", &["a", "b"])
        .state("on", 0.0)
        .value("g", pick(s(0), 1e-3, 1e-9))
        .current(0, 1, l(0) * v(0, 1))
        .when(gt(v(0, 1), 1.0), [(0, 1.0.into())])
        .when(lt(v(0, 1), 0.2), [(0, 0.0.into())]);
    let mut c = circuit(&["in", "a"]);
    part(&mut c, &vsource::KIND, "V1", &["in", "0"], None, numbers(&[("dc", 2.0)]));
    part(&mut c, &resistor::KIND, "R1", &["in", "a"], None, numbers(&[("r", 1e5)]));
    part(&mut c, &capacitor::KIND, "C1", &["a", "0"], None, numbers(&[("c", 1e-9), ("ic", 0.0)]));
    part(&mut c, made.kind(), "X1", &["a", "0"], None, vec![]);
    let seen: Vec<Observation> = ["a", "X1.on"].iter().map(|n| observation(&c, n)).collect();
    let system = Arc::new(System::new(Arc::new(c.clone()), Condensation::Condensed).unwrap());
    let spec = TranSpec { step: 5e-6, stop: 1e-3, start: 0.0, max_step: None, uic: true };
    let tight = Options { reltol: 1e-8, vntol: 1e-10, ..Options::default() };
    let simulator = Simulator::new(system, tight.clone(), environment(&tight, spec.step, spec.stop));
    let mut observer = Observer::new(&simulator.system, &seen.iter().collect::<Vec<_>>());
    let mut rows = Rows::default();
    let interrupted = Arc::default();
    tran(simulator, &spec, &mut observer, &mut rows, &mut Control::new(&interrupted, &mut |_| {})).unwrap();
    let falls: Vec<f64> = rows.0.windows(2).filter(|w| w[0].1[1] == 1.0 && w[1].1[1] == 0.0).map(|w| w[1].0).collect();
    // Charging toward 2 V·(1 − 10⁻⁴) with 100 µs, discharging toward 2 V/101 with 1 µs/1.01.
    let (high, low) = (2.0f64 / 1.0001, 2.0f64 / 101.0);
    let up = 1e-4 / 1.0001 * ((high - 0.2f64) / (high - 1.0)).ln();
    let down = 1e-6 / 1.01 * ((1.0 - low) / (0.2 - low)).ln();
    assert!(falls.len() > 10);
    for pair in falls.windows(2) {
        assert!(((pair[1] - pair[0]) / (up + down) - 1.0).abs() < 1e-4, "{} {}", pair[1] - pair[0], up + down);
    }
}

/// dx/dt = 1, and at 1 back to 0.25: a saw whose jumps are the only events. What is true at the start does not fire.
#[test]
fn a_state_jumps() {
    let made = device("saw", &["a", "b"])
        .state("x", 0.0)
        .rate(0, 1.0)
        .state("n", 0.0)
        .state("never", 0.0)
        .current(0, 1, v(0, 1) * 1e-3)
        .when(gt(s(0), 1.0), [(0, 0.25.into()), (1, s(1) + s(0) * 4.0)])
        .when(gt(s(0), -1.0), [(2, 1.0.into())])
        .when(gt(s(1), 1.5), [(2, s(2) - 1.0)]);
    let mut c = circuit(&["a"]);
    part(&mut c, &resistor::KIND, "R1", &["a", "0"], None, numbers(&[("r", 1e3)]));
    part(&mut c, made.kind(), "X1", &["a", "0"], None, vec![]);
    for condensation in [Condensation::Condensed, Condensation::Full] {
        let run = run(&c, &["X1.x", "X1.n", "X1.never"], &Options::default(), 3.5, 0.2, condensation);
        // Jumps at 1, 1.75, 2.5, 3.25; n counts by the new x.
        assert!((run.last(0) - 0.5).abs() < 2e-4, "{}", run.last(0));
        assert_eq!(run.last(1), 4.0);
        assert_eq!(run.last(2), -1.0);
        assert!((run.at(1.7, 0) - 0.95).abs() < 1e-3);
    }
}

/// Many parts each with one hazard of 1 per second: `t` is when it fired.
fn mortal(count: usize, tag: &str) -> Circuit {
    let made = device("mortal", &["a", "b"])
        .state("t", -1.0)
        .current(0, 1, v(0, 1) * 1e-3)
        .hazard(pick(lt(s(0), 0.0), 1.0, 0.0), [(0, time())]);
    let kind = made.kind();
    let mut c = circuit(&["a"]);
    part(&mut c, &resistor::KIND, "R1", &["a", "0"], None, numbers(&[("r", 1e3)]));
    for k in 0..count {
        part(&mut c, kind.clone(), &format!("{tag}{k}"), &["a", "0"], None, vec![]);
    }
    c
}

#[test]
fn a_constant_hazard_is_exponential() {
    let count = 300;
    let c = mortal(count, "X");
    let names: Vec<String> = (0..count).map(|k| format!("X{k}.t")).collect();
    let names: Vec<&str> = names.iter().map(|n| n.as_str()).collect();
    let end = run(&c, &names, &Options::default(), 20.0, 0.5, Condensation::Condensed);
    let mut times: Vec<f64> = (0..count).map(|k| end.last(k)).collect();
    let first = times.clone();
    times.sort_by(f64::total_cmp);
    let n = count as f64;
    let law = |t: f64| 1.0 - (-t).exp();
    let apart = |(k, t): (usize, &f64)| (law(*t) - k as f64 / n).abs().max((law(*t) - (k + 1) as f64 / n).abs());
    let distance = times.iter().enumerate().map(apart).fold(0.0, f64::max);
    assert!(times[0] > 0.0 && distance < 1.63 / n.sqrt(), "{distance}");

    // Other steps, the same events; another part, the same numbers.
    let few = ["X0.t", "X1.t", "X2.t"];
    let fine = run(&mortal(3, "X"), &few, &Options::default(), 20.0, 0.02, Condensation::Condensed);
    let mut more = mortal(3, "X");
    part(&mut more, memristive().parts[3].kind.clone(), "Xother", &["a", "0"], None, vec![]);
    let more = run(&more, &few, &Options::default(), 20.0, 0.5, Condensation::Condensed);
    for (k, first) in first.iter().enumerate().take(3) {
        assert!((fine.last(k) - first).abs() < 1e-3, "{} {first}", fine.last(k));
        assert!((more.last(k) - first).abs() < 1e-3);
    }
}

/// dn = −n/τ dt + √(2/τ) dW, stationary: mean 0, variance 1, correlation e^−1 after τ, and the very same path whatever the
/// steps, rejected ones included.
#[test]
fn noise_does_not_depend_on_the_step() {
    let count = 64;
    let made = device("ou", &["a", "b"])
        .param("tau", 1e-6)
        .draw(Law::Normal, [E::from(0.0), 1.0.into()])
        .noise(p(0) / 100.0)
        .state("n", drawn(0))
        .rate(0, -(s(0) / p(0)) + sqrt(E::from(2.0) / p(0)) * white(0))
        .current(0, 1, v(0, 1) * (s(0) * 0.0 + 1e-3));
    let kind = made.kind();
    let mut c = circuit(&["a"]);
    part(&mut c, &resistor::KIND, "R1", &["a", "0"], None, numbers(&[("r", 1e3)]));
    for k in 0..count {
        part(&mut c, kind.clone(), &format!("X{k}"), &["a", "0"], None, vec![]);
    }
    let names: Vec<String> = (0..count).map(|k| format!("X{k}.n")).collect();
    let names: Vec<&str> = names.iter().map(|n| n.as_str()).collect();
    let paths = [5e-8, 5e-7, 5e-6].map(|h| {
        let options = Options { fixed_step: Some(h), ..Options::default() };
        run(&c, &names, &options, 2e-4, h, Condensation::Condensed)
    });
    for (run, every) in paths.iter().zip([20, 2, 1]) {
        // Samples τ apart (5τ apart in the last).
        let samples: Vec<&Vec<f64>> = run.rows.iter().step_by(every).map(|r| &r.1).collect();
        let total = (samples.len() * count) as f64;
        let mean: f64 = samples.iter().flat_map(|s| s.iter()).sum::<f64>() / total;
        let square: f64 = samples.iter().flat_map(|s| s.iter()).map(|v| v * v).sum::<f64>() / total;
        assert!(mean.abs() < 0.05 && (square - 1.0).abs() < 0.06, "{mean} {square}");
        let next = samples.windows(2).flat_map(|w| w[0].iter().zip(w[1]).map(|(a, b)| a * b)).sum::<f64>();
        let lag = if every == 1 { 5.0f64 } else { 1.0 };
        let correlation = next / ((samples.len() - 1) * count) as f64;
        assert!((correlation - (-lag).exp()).abs() < 0.06, "{correlation} {lag}");
    }
    let [fine, middle, coarse] = &paths;
    for k in 0..coarse.rows.len() {
        assert_eq!(coarse.rows[k].1, middle.rows[10 * k].1);
        assert_eq!(coarse.rows[k].1, fine.rows[100 * k].1);
    }
}

/// Every accepted point of each lane, to the bit; members differ in a parameter and in their random numbers.
fn ensemble(members: &[(f64, u64)]) -> Vec<Vec<Vec<u64>>> {
    let made = device("all", &["a", "b"])
        .param("k", 1.0)
        .draw(Law::Normal, [E::from(0.0), 1.0.into()])
        .draw(Law::Uniform, [E::from(0.2), 0.4.into()])
        .noise(1e-8)
        .state("w", 0.1)
        .within(0.0, 1.0)
        .rate(0, p(0) * v(0, 1) * 4e6)
        .state("n", drawn(0))
        .rate(1, -(s(1) * 1e7) + white(0) * 1e3)
        .state("jumps", 0.0)
        .current(0, 1, v(0, 1) * (s(0) + 0.1) * (exp(s(1) * 0.1) * 1e-3))
        .when(gt(v(0, 1), 0.5), [(0, drawn(1))])
        .hazard(v(0, 1) * v(0, 1) * 5e6, [(2, s(2) + 1.0)]);
    let mut c = circuit(&["in", "a"]);
    part(&mut c, &vsource::KIND, "V1", &["in", "0"], None, wave("sin", &[0.0, 2.0, 2e6]));
    part(&mut c, &resistor::KIND, "R1", &["in", "a"], None, numbers(&[("r", 1e3)]));
    part(&mut c, &capacitor::KIND, "C1", &["a", "0"], None, numbers(&[("c", 1e-11)]));
    let kind = made.kind();
    for k in 0..3 {
        part(&mut c, kind.clone(), &format!("X{k}"), &["a", "0"], None, vec![]);
    }
    let system = Arc::new(System::new(Arc::new(c), Condensation::Condensed).unwrap());
    let options = Options::default();
    let mut charges = Vec::new();
    let mut start = |k: f64, draw: u64| {
        let env = crate::device::Environment { draw, ..environment(&options, 1e-8, 1e-6) };
        let mut s = Simulator::new(system.clone(), options.clone(), env);
        assert!(s.set_param(system.circuit.part_names["x1"], "k", k));
        charges.push(rest(&mut s).unwrap());
        s
    };
    let nominal = start(1.0, 0);
    let simulators: Vec<Simulator> = members.iter().map(|m| start(m.0, m.1)).collect();
    let pace = Pace { first: 1e-10, max: 2e-8, fine: 0.0 };
    let mut transient = Transient::new(&simulators, &charges[1..], pace, Some(&nominal.assembly.jacobian)).unwrap();
    let mut points = vec![Vec::new(); members.len()];
    let see = &mut |lane: usize, view: &observe::View| {
        let mut bits: Vec<u64> = (0..view.system.unknowns()).map(|u| view.x[u * view.lanes + lane].to_bits()).collect();
        bits.push(view.time.to_bits());
        points[lane].push(bits);
    };
    transient.run(crate::device::Ticks::from_seconds(1e-6), see).unwrap();
    points
}

#[test]
fn one_lane_is_one_of_eight() {
    let members: Vec<(f64, u64)> = (0..8).map(|k| (1.0 + 0.3 * k as f64, k)).collect();
    let together = ensemble(&members);
    assert!(together.iter().zip(together.iter().skip(1)).all(|(a, b)| a != b));
    for (k, member) in members.iter().enumerate() {
        assert!(ensemble(&[*member])[0] == together[k], "member {k}");
    }
}

/// dx/dt = √(x − 2·V) stops being a number as V rises: a failure that names the state and the time.
#[test]
fn an_equation_that_is_no_number_is_named() {
    let root = f(Function::Pow, [s(0) - v(0, 1) * 2.0, 0.5.into()]);
    let made = device("bad", &["a", "b"]).state("x", 1.0).rate(0, root).current(0, 1, v(0, 1) * 1e-3);
    let mut c = circuit(&["a"]);
    part(&mut c, &vsource::KIND, "V1", &["a", "0"], None, wave("pulse", &[0.0, 5.0, 1e-3, 1e-3, 1e-3, 1.0, 2.0]));
    part(&mut c, made.kind(), "X1", &["a", "0"], None, vec![]);
    let system = Arc::new(System::new(Arc::new(c.clone()), Condensation::Condensed).unwrap());
    let spec = TranSpec { step: 1e-4, stop: 3e-3, start: 0.0, max_step: None, uic: false };
    let simulator = Simulator::new(system, Options::default(), environment(&Options::default(), spec.step, spec.stop));
    let mut observer = Observer::new(&simulator.system, &[]);
    let (mut rows, interrupted, mut silent) = (Rows::default(), Arc::default(), |_| {});
    let control = &mut Control::new(&interrupted, &mut silent);
    let failure = tran(simulator, &spec, &mut observer, &mut rows, control).unwrap_err();
    match &failure {
        Failure::NotFinite { unknown, part, time: Some(time), why } => {
            assert_eq!((unknown.as_str(), *part, why.as_str()), ("X1.x", Some(c.part_names["x1"]), "ddt(x) = NaN"));
            assert!((1e-3..1.2e-3).contains(time), "{time}");
        }
        other => panic!("{other}"),
    }
}

/// At x = 1 back by 10⁻⁹ at 10⁶/s: a jump every femtosecond.
#[test]
fn events_without_end_are_an_error() {
    let made = device("saw", &["a", "b"])
        .state("x", 0.0)
        .rate(0, 1e6)
        .current(0, 1, v(0, 1) * s(0))
        .when(gt(s(0), 1.0), [(0, (1.0 - 1e-9).into())]);
    let mut c = circuit(&["a"]);
    part(&mut c, &vsource::KIND, "V1", &["a", "0"], None, numbers(&[("dc", 1.0)]));
    part(&mut c, made.kind(), "X1", &["a", "0"], None, vec![]);
    let system = Arc::new(System::new(Arc::new(c.clone()), Condensation::Condensed).unwrap());
    let spec = TranSpec { step: 1e-6, stop: 1e-3, start: 0.0, max_step: None, uic: false };
    let simulator = Simulator::new(system, Options::default(), environment(&Options::default(), spec.step, spec.stop));
    let mut observer = Observer::new(&simulator.system, &[]);
    let (mut rows, interrupted, mut silent) = (Rows::default(), Arc::default(), |_| {});
    let failure = tran(simulator, &spec, &mut observer, &mut rows, &mut Control::new(&interrupted, &mut silent));
    match failure.unwrap_err() {
        Failure::NoAdvance { time, who, part, .. } => {
            assert_eq!((who.as_str(), part), ("X1", Some(c.part_names["x1"])));
            assert!((1e-6..1.01e-6).contains(&time), "{time}");
        }
        other => panic!("{other}"),
    }
}

//! Closed forms through all analyses, on circuits made by hand.

use std::sync::Arc;

use num_complex::Complex64;

use super::*;
use crate::circuit::equation::{Equation, Quantity};
use crate::circuit::plan::{AcScale, Method, Observation, Options};
use crate::circuit::{Circuit, Setting, Wave};
use crate::device::testing::{circuit, net, numbers, part};
use crate::device::{capacitor, resistor, vsource};
use crate::diag::{FileId, Span};
use crate::mna::{Condensation, System};

/// No test needs more: one that would go on for ever fails.
const MOST_ROWS: usize = 100_000;

struct Rows(Vec<(f64, Vec<f64>)>, Vec<(f64, Vec<Complex64>)>);

impl Sink for Rows {
    fn begin(&mut self, _: &Header) -> std::io::Result<()> {
        Ok(())
    }
    fn row(&mut self, scale: f64, row: Row) -> std::io::Result<()> {
        match row {
            Row::Real(v) => self.0.push((scale, v.to_vec())),
            Row::Complex(v) => self.1.push((scale, v.to_vec())),
        }
        if self.0.len() > MOST_ROWS { Err(std::io::Error::other("too many rows")) } else { Ok(()) }
    }
    fn end(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn voltage(circuit: &Circuit, name: &str) -> Observation {
    let q = Quantity::Voltage(net(circuit, name), crate::circuit::NetId::GROUND);
    Observation { label: format!("V({name})"), equation: Equation::Quantity(q), span: Span::new(FileId(0), 0, 0) }
}

/// V1 in 0 SIN(0 1 1k) AC 1; R1 in out 1k; C1 out 0 1u
fn rc(wave: Option<Wave>) -> Circuit {
    let mut c = circuit(&["in", "out"]);
    let mut v = numbers(&[("dc", 2.0), ("acmag", 1.0)]);
    v.extend(wave.map(|w| ("wave", Setting::Wave(w))));
    part(&mut c, &vsource::KIND, "V1", &["in", "0"], None, v);
    part(&mut c, &resistor::KIND, "R1", &["in", "out"], None, numbers(&[("r", 1e3)]));
    part(&mut c, &capacitor::KIND, "C1", &["out", "0"], None, numbers(&[("c", 1e-6)]));
    c
}

fn simulator(circuit: Circuit, options: Options, tstep: f64, tstop: f64) -> Simulator {
    let system = Arc::new(System::new(Arc::new(circuit), Condensation::Condensed).unwrap());
    let env = environment(&options, tstep, tstop);
    Simulator::new(system, options, env)
}

fn quiet<T>(run: impl FnOnce(&mut Control) -> T) -> T {
    let interrupted = Arc::default();
    run(&mut Control::new(&interrupted, &mut |_| {}))
}

#[test]
fn divider_operating_point() {
    let mut c = circuit(&["in", "out"]);
    part(&mut c, &vsource::KIND, "V1", &["in", "0"], None, numbers(&[("dc", 2.0)]));
    part(&mut c, &resistor::KIND, "R1", &["in", "out"], None, numbers(&[("r", 1e3)]));
    part(&mut c, &resistor::KIND, "R2", &["out", "0"], None, numbers(&[("r", 3e3)]));
    let out = voltage(&c, "out");
    let mut s = simulator(c, Options::default(), 0.0, 0.0);
    let mut observer = Observer::new(&s.system, &[&out]);
    let mut rows = Rows(vec![], vec![]);
    op(&mut s, &mut observer, &mut rows).unwrap();
    assert!((rows.0[0].1[0] - 1.5).abs() < 1e-12);
}

#[test]
fn low_pass_phasor() {
    let c = rc(None);
    let out = voltage(&c, "out");
    let mut s = simulator(c, Options::default(), 0.0, 0.0);
    let mut observer = Observer::new(&s.system, &[&out]);
    let mut rows = Rows(vec![], vec![]);
    let sweep = AcSweep { scale: AcScale::Decade, points: 5, start: 1.0, stop: 1e4 };
    quiet(|control| ac(&mut s, &sweep, &mut observer, &mut rows, control)).unwrap();
    assert_eq!(rows.1.len(), 21);
    for (f, v) in rows.1 {
        let truth = 1.0 / Complex64::new(1.0, 2.0 * std::f64::consts::PI * f * 1e-3);
        assert!((v[0] - truth).norm() < 1e-12, "{f}: {} {truth}", v[0]);
    }
}

fn sine() -> Wave {
    Wave { shape: "sin".into(), args: vec![Some(0.0), Some(1.0), Some(1e3)], repeat: None, delay: 0.0 }
}

/// Largest error of V(out) for a sine switched on at t = 0 into a discharged RC.
fn sine_error(options: Options, max_step: f64) -> (f64, Stats) {
    let c = rc(Some(sine()));
    let out = voltage(&c, "out");
    let spec = TranSpec { step: 1e-5, stop: 3e-3, start: 0.0, max_step: Some(max_step), uic: false };
    let s = simulator(c, options, spec.step, spec.stop);
    let mut observer = Observer::new(&s.system, &[&out]);
    let mut rows = Rows(vec![], vec![]);
    let stats = quiet(|control| tran(s, &spec, &mut observer, &mut rows, control)).unwrap();
    let (w, tau) = (2e3 * std::f64::consts::PI, 1e-3);
    let truth = |t: f64| {
        let (d, a) = (1.0 + w * w * tau * tau, w * tau);
        (a * (-t / tau).exp() + (w * t).sin() - a * (w * t).cos()) / d
    };
    assert!((rows.0.last().unwrap().0 - 3e-3).abs() < 1e-15);
    (rows.0.iter().map(|(t, v)| (v[0] - truth(*t)).abs()).fold(0.0, f64::max), stats)
}

/// Half the step, a quarter (half) of the error.
#[test]
fn convergence_order_at_fixed_step() {
    for (method, order) in [(Method::Euler, 1.0), (Method::Trapezoidal, 2.0), (Method::Gear, 2.0)] {
        let error = |h: f64| sine_error(Options { method, fixed_step: Some(h), ..Options::default() }, h).0;
        let slope = (error(4e-6) / error(2e-6)).log2();
        assert!((slope - order).abs() < 0.15, "{method:?}: {slope}");
    }
}

#[test]
fn error_falls_with_tolerance() {
    let mut before = f64::INFINITY;
    for reltol in [1e-4, 1e-5, 1e-6, 1e-7] {
        let (error, _) = sine_error(Options { reltol, vntol: 1e-9, ..Options::default() }, 1.0);
        assert!(error < 0.6 * before, "{reltol}: {error} after {before}");
        before = error;
    }
}

/// A pulse of 50 ns after 1 ms of nothing, seen with an unbounded step: idle steps double, so a quiet millisecond costs a
/// few dozen points, and the corner of the pulse is landed on all the same.
#[test]
fn idle_steps_grow_and_no_pulse_is_missed() {
    let mut c = circuit(&["in", "out"]);
    let args = [0.0, 1.0, 1e-3, 1e-9, 1e-9, 50e-9, 1.0].map(Some).to_vec();
    let pulse = Wave { shape: "pulse".into(), args, repeat: None, delay: 0.0 };
    part(&mut c, &vsource::KIND, "V1", &["in", "0"], None, vec![("wave", Setting::Wave(pulse))]);
    part(&mut c, &resistor::KIND, "R1", &["in", "out"], None, numbers(&[("r", 1e3)]));
    part(&mut c, &capacitor::KIND, "C1", &["out", "0"], None, numbers(&[("c", 1e-11)]));
    let out = voltage(&c, "out");
    let spec = TranSpec { step: 1e-9, stop: 2e-3, start: 0.0, max_step: Some(f64::INFINITY), uic: false };
    let s = simulator(c, Options { reltol: 1e-4, ..Options::default() }, spec.step, spec.stop);
    let mut observer = Observer::new(&s.system, &[&out]);
    let mut rows = Rows(vec![], vec![]);
    quiet(|control| tran(s, &spec, &mut observer, &mut rows, control)).unwrap();
    let before = rows.0.iter().filter(|(t, _)| *t < 1e-3).count();
    assert!(before < 60, "{before} points where nothing happens");
    assert!(rows.0.len() < 300, "{} points", rows.0.len());
    assert!(rows.0.iter().any(|(t, _)| (t - 1e-3).abs() < 1e-15), "the corner is a point");
    // 1 − exp(−t/τ) with τ = 10 ns after 50 ns at the top and 1 ns of rise
    let peak = rows.0.iter().map(|(_, v)| v[0]).fold(0.0, f64::max);
    assert!((peak - 0.9933).abs() < 2e-3, "{peak}");
}

/// Charge balance from the waveforms alone: what the source delivers by trapezoidal sums of its current is what the
/// capacitor holds, C·V, and what the resistor across it has burned; and at every accepted point the currents into the
/// node, each from its own branch law, sum to nothing.
#[test]
fn currents_and_charges_balance() {
    let mut c = circuit(&["in", "out"]);
    part(&mut c, &vsource::KIND, "V1", &["in", "0"], None, vec![("wave", Setting::Wave(sine()))]);
    part(&mut c, &resistor::KIND, "R1", &["in", "out"], None, numbers(&[("r", 1e3)]));
    part(&mut c, &capacitor::KIND, "C1", &["out", "0"], None, numbers(&[("c", 1e-6)]));
    part(&mut c, &resistor::KIND, "R2", &["out", "0"], None, numbers(&[("r", 5e3)]));
    let current = |name: &str| {
        let q = Quantity::Current(c.part_names[name], 0);
        Observation { label: name.into(), equation: Equation::Quantity(q), span: Span::new(FileId(0), 0, 0) }
    };
    let seen = [voltage(&c, "out"), current("r1"), current("c1"), current("r2")];
    let spec = TranSpec { step: 1e-5, stop: 3e-3, start: 0.0, max_step: None, uic: false };
    let s = simulator(c, Options { reltol: 1e-6, ..Options::default() }, spec.step, spec.stop);
    let mut observer = Observer::new(&s.system, &seen.iter().collect::<Vec<_>>());
    let mut rows = Rows(vec![], vec![]);
    quiet(|control| tran(s, &spec, &mut observer, &mut rows, control)).unwrap();
    let (mut delivered, mut burned) = (0.0, 0.0);
    for pair in rows.0.windows(2) {
        let ([(t0, a), (t1, b)], half) = ([&pair[0], &pair[1]], 0.5 * (pair[1].0 - pair[0].0));
        assert!(t1 > t0);
        delivered += half * (a[1] + b[1]);
        burned += half * (a[3] + b[3]);
        assert!((b[1] - b[2] - b[3]).abs() < 1e-9 * b[1].abs() + 1e-12, "at {t1}: {b:?}");
    }
    let held = 1e-6 * rows.0.last().unwrap().1[0];
    assert!((delivered - burned - held).abs() < 1e-5 * 1e-6, "{delivered} − {burned} is not {held}");
}

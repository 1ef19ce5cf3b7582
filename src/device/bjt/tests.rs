//! Bipolar transistors against operating points of ngspice, finite differences and conservation of charge.

use super::reference::{CASES, NAMES};
use super::*;
use crate::device::testing::{Bench, circuit, environment, model, numbers, part};

fn bench(base: &str, card: &[(&'static str, f64)], line: &[(&'static str, f64)], temp: f64) -> Bench {
    let mut c = circuit(&["c", "b", "e", "s"]);
    let m = model(&mut c, "qm", base, card);
    let id = part(&mut c, &KIND, "Q1", &["c", "b", "e", "s"], Some(m), numbers(line));
    Bench::in_environment(&c, build, &[id], Environment { temp, ..environment() })
}

/// Ground, collector, base, emitter, substrate for these vbe and vbc of an npn transistor.
fn nodes(base: &str, [be, bc]: [f64; 2]) -> [f64; 5] {
    let s = if base == "pnp" { -1.0 } else { 1.0 };
    [0.0, -s * bc, 0.0, -s * be, 0.0]
}

#[test]
fn operating_points_are_those_of_ngspice() {
    for case in CASES {
        let mut b = bench(case.base, case.card, case.line, case.temp);
        let s = if case.base == "pnp" { -1.0 } else { 1.0 };
        for (v, expected) in case.points {
            let x = nodes(case.base, *v);
            for (name, expected) in NAMES.into_iter().zip(*expected) {
                let value = b.probe(name, &x) * if matches!(name, "ic" | "ib") { s } else { 1.0 };
                assert!(
                    (value - expected).abs() <= 1e-9 * expected.abs() + 1e-24,
                    "{name} of {} at {v:?}: {value:e}, {expected:e}",
                    case.base
                );
            }
            let at = b.load(&x);
            assert!(at.f.sum().abs() <= 1e-15 * at.f.amax() && at.q.sum().abs() <= 1e-15 * at.q.amax());
        }
    }
}

#[test]
fn derivatives_are_exact() {
    let more: &[&[(&'static str, f64)]] = &[
        &[],
        &[("rb", 100.0), ("re", 0.5), ("rc", 5.0)],
        &[("rb", 100.0), ("rbm", 10.0), ("irb", 1e-4)],
        &[("rb", 50.0), ("rbm", 10.0), ("rco", 80.0), ("vo", 3.0), ("gamma", 1e-8), ("qco", 1e-11), ("rc", 5.0)],
        &[("subs", -1.0), ("iss", 1e-15)],
    ];
    for case in CASES {
        for added in more {
            let card: Vec<_> =
                case.card.iter().filter(|p| added.iter().all(|a| a.0 != p.0)).chain(added.iter()).copied().collect();
            let mut b = bench(case.base, &card, case.line, case.temp);
            // Large enough that no slope is lost in the rounding of a current.
            b.gmin = 1e-9;
            let s = if case.base == "pnp" { -1.0 } else { 1.0 };
            for (v, _) in case.points {
                let mut x = nodes(case.base, *v).to_vec();
                x[4] = -0.4 * s;
                x.resize(b.unknowns(), 0.0);
                let mut put = |name: &str, value: f64| {
                    if let Some(k) = b.find_inner(name) {
                        x[k] = value;
                    }
                };
                put("collector", -s * v[1] - 0.02);
                put("epitaxy", -s * v[1] - 0.3 * s);
                put("base", -0.03 * s);
                put("emitter", -s * v[0] + 0.01);
                b.check_jacobians(&x, 2e-5);
            }
        }
    }
}

/// Without gmin a transistor of three times the area is three transistors.
#[test]
fn area_counts_transistors() {
    let card = [CASES[1].card, &[("rb", 100.0), ("rbm", 10.0), ("irb", 1e-4), ("rc", 3.0), ("re", 0.2)]].concat();
    let mut large = bench("npn", &card, &[("area", 3.0)], 60.0);
    let mut many = bench("npn", &card, &[("m", 3.0)], 60.0);
    (large.gmin, many.gmin) = (0.0, 0.0);
    for (v, _) in CASES[1].points {
        let mut x = nodes("npn", *v).to_vec();
        x.resize(large.unknowns(), 0.1);
        let (a, b) = (large.load(&x), many.load(&x));
        assert!((&a.f - &b.f).amax() <= 1e-14 * a.f.amax() && (&a.q - &b.q).amax() <= 1e-14 * a.q.amax(), "{v:?}");
    }
}

#[test]
fn an_initial_condition_gives_the_charge() {
    let mut c = circuit(&["c", "b", "e", "s"]);
    let m = model(&mut c, "qm", "npn", &[("cje", 1e-12), ("mje", 0.5), ("vje", 1.0)]);
    let ic = vec![("ic", Setting::Numbers(vec![-3.0, 2.0]))];
    let id = part(&mut c, &KIND, "Q1", &["c", "b", "e", "s"], Some(m), ic);
    let mut b = Bench::in_environment(&c, build, &[id], environment());
    b.mode = Mode::Initial;
    let q = b.load(&[0.0, 1.0, 0.2, 0.1, 0.0]).q;
    assert!((q[2] + 2e-12).abs() < 1e-24, "{q}");
}

/// A base resistor and 5 V: Newton's method with limiting ends where the branch equations hold.
#[test]
fn newton_converges_from_the_start() {
    let mut b = bench("npn", &[], &[], 27.0);
    let (mut v, mut steps) = (0.0, 0);
    b.mode = Mode::Start;
    loop {
        let at = b.load(&[0.0, 5.0, v, 0.0, 0.0]);
        let step = (at.f[2] + (v - 5.0) / 1e5) / (at.g[(2, 2)] + 1e-5);
        v -= step;
        steps += 1;
        if steps > 1 && !at.limited && step.abs() < 1e-12 {
            break;
        }
        assert!(steps < 20, "{v} V after {steps} steps");
        b.mode = Mode::Static;
    }
    let x = [0.0, 5.0, v, 0.0, 0.0];
    assert!((b.probe("ib", &x) - (5.0 - v) / 1e5).abs() < 1e-15);
    assert!((b.probe("ic", &x) / b.probe("ib", &x) - 100.0).abs() < 1e-2);
}

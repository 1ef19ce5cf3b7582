//! MOS transistors against operating points of ngspice, finite differences and conservation of charge.

use super::*;
use crate::device::mosfet_reference::{CASES, NAMES};
use crate::device::testing::{Bench, circuit, environment, model, numbers, part};

fn bench(base: &str, card: &[(&'static str, f64)], line: &[(&'static str, f64)], temp: f64) -> Bench {
    let mut c = circuit(&["d", "g", "s", "b"]);
    let m = model(&mut c, "mm", base, card);
    let id = part(&mut c, &KIND, "M1", &["d", "g", "s", "b"], Some(m), numbers(line));
    Bench::in_environment(&c, build, &[id], Environment { temp, ..environment() })
}

#[test]
fn operating_points_are_those_of_ngspice() {
    for case in CASES {
        let mut b = bench(case.base, case.card, case.line, case.temp);
        for (v, expected) in case.points {
            let x = [0.0, v[1], v[0], 0.0, v[2]];
            for (name, &expected) in NAMES.iter().zip(expected) {
                // Under forward bias ngspice's gmbs is not the derivative of its current.
                let value = b.probe(name, &x);
                let skip = *name == "gmbs" && v[2] > 0.0 && case.base == "nmos";
                assert!(
                    skip || (value - expected).abs() <= 1e-9 * expected.abs(),
                    "{name} at {v:?}: {value}, {expected}"
                );
            }
            let at = b.load(&x);
            let sign = if case.base == "pmos" { -1.0 } else { 1.0 };
            assert!((at.f[1] - sign * expected[0]).abs() <= 1e-9 * expected[0].abs());
            assert!((at.f[4] - sign * expected[1]).abs() <= 1e-9 * expected[1].abs() && at.f[2] == 0.0);
            assert!(at.f.sum().abs() <= 1e-15 * at.f.amax());
        }
    }
}

/// At an accepted point the incremental gate charge has the derivative C, so all of C can be tested there.
#[test]
fn derivatives_are_exact() {
    for case in CASES {
        for resistances in [&[][..], &[("rd", 50.0)], &[("rs", 20.0)], &[("rsh", 20.0)]] {
            let card = [case.card, resistances].concat();
            let mut b = bench(case.base, &card, case.line, case.temp);
            for (v, _) in case.points {
                let mut x = vec![0.0, v[1], v[0], 0.01, v[2] + 0.02];
                x.resize(b.unknowns(), 0.1);
                (b.mode, b.transient) = (Mode::Static, true);
                for _ in 0..20 {
                    b.load(&x);
                }
                b.accept(&x);
                b.mode = Mode::Dynamic;
                b.check_jacobians(&x, 1e-5);
            }
        }
    }
}

#[test]
fn gate_charge_moves_by_the_mean_capacitance() {
    let mut b = bench("nmos", CASES[0].card, CASES[0].line, 27.0);
    let settle = |b: &mut Bench, x: &[f64]| (0..20).map(|_| b.load(x)).last().expect("loaded");
    let (from, to) = ([0.0, 2.0, 0.6, 0.0, 0.0], [0.0, 1.5, 1.4, 0.0, 0.0]);
    (b.mode, b.transient) = (Mode::Static, true);
    let start = settle(&mut b, &from);
    b.accept(&from);
    b.mode = Mode::Dynamic;
    assert!((settle(&mut b, &from).q - &start.q).amax() < 1e-28, "nothing moves where nothing changes");
    let end = settle(&mut b, &to);
    let mean = |name: &str| 0.5 * (b.probe(name, &from) + b.probe(name, &to));
    let gate = mean("cgs") * 0.8 + mean("cgd") * (0.8 + 0.5) + mean("cgb") * 0.8;
    assert!((end.q[2] - start.q[2] - gate).abs() < 1e-24);
    assert!(end.q.sum().abs() < 1e-28, "charge is conserved");
}

#[test]
fn a_start_is_no_solution() {
    let mut b = bench("pmos", CASES[2].card, CASES[2].line, 27.0);
    b.mode = Mode::Start;
    assert!(b.load(&[0.0, -1.0, -3.0, 0.0, 0.0]).limited);
    b.mode = Mode::Static;
    assert!(b.load(&[0.0, -1.0, -3.0, 0.0, 0.0]).limited, "the gate may not jump 3 V");
    b.load(&[0.0, -1.0, -3.0, 0.0, 0.0]);
    assert!(!b.load(&[0.0, -1.0, -3.0, 0.0, 0.0]).limited);
}

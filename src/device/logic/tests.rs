//! Loads and corners of logic parts by hand.

use super::*;
use crate::device::testing::{Bench, circuit, numbers, part};
use crate::device::{Mode, Review, Ticks};

fn inverter(settings: &[(&'static str, f64)]) -> Bench {
    let mut c = circuit(&["in", "out"]);
    let x = part(&mut c, &NOT, "X1", &["in", "out"], None, numbers(settings));
    let mut b = Bench::new(&c, build, &[x]);
    b.mode = Mode::Static;
    b
}

/// The voltage that the output drives, by its current into 0 V.
fn output(b: &mut Bench, input: f64) -> f64 {
    -b.load(&[0.0, input, 0.0]).f[2] * 50.0
}

#[test]
fn an_output_is_a_voltage_behind_a_resistance() {
    let mut b = inverter(&[("high", 3.0), ("low", 1.0)]);
    assert!((output(&mut b, 0.5) - 3.0).abs() < 1e-12 && (output(&mut b, 2.5) - 1.0).abs() < 1e-12);
    b.check_jacobians(&[0.0, 0.5, 2.0], 1e-6);
    let mut b = inverter(&[("cin", 1e-12)]);
    b.check_jacobians(&[0.0, 0.5, 2.0], 1e-6);
    assert_eq!(b.load(&[0.0, 2.0, 0.0]).q[1], 2e-12);
}

#[test]
fn a_crossing_is_landed_on_and_the_edge_announced() {
    let mut b = inverter(&[("delay", 20e-9), ("rise", 2e-9), ("fall", 2e-9)]);
    b.load(&[0.0; 3]);
    b.accept(&[0.0; 3]);
    (b.mode, b.time) = (Mode::Dynamic, 1e-8);
    // 0 → 10 V within 10 ns: 2.5 V at a quarter.
    match b.review(&[0.0, 10.0, 0.0]) {
        Review::Cut(f) => assert!((f - 0.25).abs() < 1e-5 && f > 0.25, "{f}"),
        Review::Accept => panic!("not cut"),
    }
    b.load(&[0.0, 10.0, 0.0]);
    assert!(!b.accept(&[0.0, 10.0, 0.0]));
    // Sets out at 2.5 + 20 − 1 ns, though the point was late: at once where that is past, here not.
    assert_eq!(b.corner(Ticks(0)), Some(Ticks::from_seconds(21.5e-9)));
}

#[test]
fn nothing_but_the_active_edge_of_a_clock_is_landed_on() {
    let mut c = circuit(&["d", "clk", "q"]);
    let x = part(&mut c, &DFF, "X1", &["d", "clk", "q"], None, vec![]);
    let mut b = Bench::new(&c, build, &[x]);
    b.mode = Mode::Static;
    b.load(&[0.0, 0.0, 5.0, 0.0]);
    b.accept(&[0.0, 0.0, 5.0, 0.0]);
    (b.mode, b.time) = (Mode::Dynamic, 1e-8);
    assert_eq!(b.review(&[0.0, 5.0, 0.0, 0.0]), Review::Accept);
    b.load(&[0.0, 5.0, 0.0, 0.0]);
    b.accept(&[0.0, 5.0, 0.0, 0.0]);
    b.time = 2e-8;
    assert!(matches!(b.review(&[0.0, 5.0, 5.0, 0.0]), Review::Cut(_)));
    b.load(&[0.0, 5.0, 5.0, 0.0]);
    b.accept(&[0.0, 5.0, 5.0, 0.0]);
    assert_eq!(b.probe("code", &[0.0, 5.0, 5.0, 0.0]), 1.0);
}

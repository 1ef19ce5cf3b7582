//! Switches and multiplexers: edges through decades of conductance, dead times, what selects them.

use super::*;
use crate::circuit::equation::Function;
use crate::device::testing::{Bench, circuit, net, numbers, part};
use crate::device::{analog_switch, mux};

/// `X1 a b switch on={V(c) > 2.5}`
fn switch(settings: &[(&'static str, f64)]) -> Bench {
    let mut c = circuit(&["a", "b", "c"]);
    let v = Equation::Quantity(Quantity::Voltage(net(&c, "c"), NetId::GROUND));
    let on = Equation::apply(Function::Gt, [v, Equation::Const(2.5)]);
    let mut settings = numbers(settings);
    settings.push(("on", Setting::Equation(on)));
    let x1 = part(&mut c, &analog_switch::KIND, "X1", &["a", "b"], None, settings);
    bench(&c, analog_switch::build, x1)
}

/// `X1 a b d com mux sel={V(c)}`
fn mux(settings: &[(&'static str, f64)]) -> Bench {
    let mut c = circuit(&["a", "b", "d", "com", "c"]);
    let sel = Equation::Quantity(Quantity::Voltage(net(&c, "c"), NetId::GROUND));
    let mut settings = numbers(settings);
    settings.push(("sel", Setting::Equation(sel)));
    let x1 = part(&mut c, &mux::KIND, "X1", &["a", "b", "d", "com"], None, settings);
    bench(&c, mux::build, x1)
}

fn bench(c: &Circuit, build: crate::device::registry::Build, part: PartId) -> Bench {
    let mut b = Bench::new(c, build, &[part]);
    b.mode = Mode::Static;
    b
}

fn accept(b: &mut Bench, mode: Mode, time: f64, x: &[f64]) -> bool {
    (b.mode, b.time) = (mode, time);
    b.load(x);
    b.accept(x)
}

fn close(got: f64, want: f64) {
    assert!((got - want).abs() <= 1e-9 * want.abs(), "{got:e} is not {want:e}");
}

#[test]
fn an_operating_point_sees_on_and_off_resistance_and_capacitance() {
    let mut b = switch(&[("ron", 9.5), ("roff", 1e9), ("coff", 12e-12), ("con", 110e-12)]);
    let (off, on) = (b.load(&[0.0, 1.0, 0.0, 0.0]), b.load(&[0.0, 1.0, 0.0, 5.0]));
    close(off.f[1], 1e-9);
    close(on.f[1], 1.0 / 9.5);
    close(off.c[(1, 1)], 12e-12);
    close(on.c[(2, 2)], 110e-12);
}

#[test]
fn conductance_moves_through_decades_during_the_edge() {
    let mut b = switch(&[("ron", 1.0), ("roff", 1e8), ("ton", 1e-7), ("toff", 2e-7)]);
    accept(&mut b, Mode::Static, 0.0, &[0.0, 1.0, 0.0, 0.0]);
    assert!(!accept(&mut b, Mode::Dynamic, 1e-6, &[0.0, 1.0, 0.0, 5.0]), "a smooth edge is no jump");
    let t = Ticks::from_seconds;
    assert_eq!((b.landing(t(1e-6)), b.corner(t(1e-6))), (Some(t(1.1e-6)), None));
    // Half the edge is half the decades: 1e-4 S.
    for (time, siemens) in [(1e-6, 1e-8), (1.05e-6, 1e-4), (1.1e-6, 1.0), (5e-6, 1.0)] {
        b.time = time;
        close(b.load(&[0.0, 1.0, 0.0, 5.0]).f[1], siemens);
    }
    assert!(!accept(&mut b, Mode::Dynamic, 2e-6, &[0.0, 1.0, 0.0, 5.0]));
    assert!(!accept(&mut b, Mode::Dynamic, 3e-6, &[0.0, 1.0, 0.0, 0.0]));
    b.time = 3.1e-6;
    close(b.load(&[0.0, 1.0, 0.0, 0.0]).f[1], 1e-4);
}

#[test]
fn opening_pushes_half_the_injected_charge_out_of_each_pin() {
    let mut b = switch(&[("qinj", 2e-12), ("toff", 1e-9)]);
    let x = [0.0, 0.0, 0.0, 5.0];
    accept(&mut b, Mode::Static, 0.0, &x);
    let closed = b.load(&x).q;
    let x = [0.0, 0.0, 0.0, 0.0];
    accept(&mut b, Mode::Dynamic, 1e-6, &x);
    b.time = 1.1e-6;
    let open = b.load(&x).q;
    close(open[1] - closed[1], -1e-12);
    close(open[2] - closed[2], -1e-12);
}

#[test]
fn a_step_over_the_change_is_cut_to_land_behind_it() {
    let mut b = switch(&[("ton", 1e-9), ("toff", 1e-9)]);
    accept(&mut b, Mode::Static, 0.0, &[0.0; 4]);
    (b.mode, b.time) = (Mode::Dynamic, 1e-6);
    match b.review(&[0.0, 0.0, 0.0, 10.0]) {
        Review::Cut(f) => assert!((f - 0.2500005).abs() < 1e-8, "{f}"),
        Review::Accept => panic!("not cut"),
    }
    assert_eq!(b.review(&[0.0, 0.0, 0.0, 2.4]), Review::Accept);
}

#[test]
fn a_mux_connects_the_input_that_is_selected() {
    let mut b = mux(&[("ron", 100.0), ("roff", 1e12)]);
    for (sel, want) in [(0.0, 1.0), (1.2, 2.0), (2.0, 3.0), (3.0, 0.0), (-1.0, 0.0)] {
        let f = b.load(&[0.0, 1.0, 2.0, 3.0, 0.0, sel]).f[4];
        assert!((f + want / 100.0).abs() < 1e-10, "{f}");
    }
}

#[test]
fn break_before_make_waits_until_the_last_input_is_open() {
    let mut b = mux(&[("ron", 1.0), ("roff", 1e8), ("ton", 1e-7), ("toff", 2e-7), ("bbm", 1e-8)]);
    accept(&mut b, Mode::Static, 0.0, &[0.0; 6]);
    let x = [0.0, 1.0, 2.0, 0.0, 0.0, 1.0];
    accept(&mut b, Mode::Dynamic, 1e-6, &x);
    let t = Ticks::from_seconds;
    let mut landings = vec![t(1e-6)];
    while let Some(next) = b.landing(landings[landings.len() - 1]) {
        landings.push(next);
    }
    assert_eq!(landings, [1e-6, 1.2e-6, 1.21e-6, 1.31e-6].map(t));
    b.time = 1.205e-6;
    let dead = b.load(&x);
    close(dead.f[1], 1e-8);
    close(dead.f[2], 2e-8);
    b.time = 1.31e-6;
    close(b.load(&x).f[2], 2.0);
}

#[test]
fn jacobians_agree_with_differences() {
    let mut b = mux(&[("coff", 1e-12), ("con", 5e-12), ("qinj", 1e-12), ("ton", 1e-7), ("toff", 1e-7)]);
    accept(&mut b, Mode::Static, 0.0, &[0.0; 6]);
    let x = [0.0, 1.0, 2.0, 3.0, 0.5, 1.0];
    b.check_jacobians(&x, 1e-6);
    accept(&mut b, Mode::Dynamic, 1e-6, &x);
    b.time = 1.06e-6;
    b.check_jacobians(&x, 1e-6);
}

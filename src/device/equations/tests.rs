//! F, Q, G, C of small definitions against formulas and finite differences.

use super::build;
use super::testing::*;
use crate::circuit::definition::Law;
use crate::circuit::equation::Function;
use crate::device::testing::{Bench, circuit, environment, numbers, part};
use crate::device::{Environment, Mode};

/// `I(a,b) = g*V(a,b) + c*ddt(V(a,b))` in two statements, with `m` in parallel.
fn leaky(m: f64) -> (Bench, usize, usize) {
    let made = device("leaky", &["a", "b"])
        .param("g", 1e-3)
        .param("c", 1e-9)
        .param("m", 1.0)
        .current(0, 1, p(0) * v(0, 1))
        .current(1, 0, -(p(1) * ddt(v(0, 1))));
    let mut c = circuit(&["a", "b"]);
    let x = part(&mut c, made.kind(), "X1", &["a", "b"], None, numbers(&[("g", 2e-3), ("m", m)]));
    (Bench::new(&c, build, &[x]), 1, 2)
}

#[test]
fn a_derivative_in_a_sum_is_a_charge() {
    let (mut bench, a, b) = leaky(1.0);
    assert_eq!(bench.unknowns(), 3);
    let x = [0.0, 3.0, 1.0];
    let at = bench.load(&x);
    assert_eq!((at.f[a], at.f[b], at.q[a], at.q[b]), (4e-3, -4e-3, 2e-9, -2e-9));
    bench.check_jacobians(&x, 1e-9);
    assert_eq!(leaky(3.0).0.load(&x).f[a], 12e-3);
}

/// `V(a,b) = r*I(a,b) + l*ddt(I(a,b))`: a coil with its resistance, one unknown current.
#[test]
fn a_voltage_of_its_own_current() {
    let made =
        device("coil", &["a", "b"]).param("r", 5.0).param("l", 1e-3).voltage(0, 1, p(0) * i(0) + p(1) * ddt(i(0)));
    let mut c = circuit(&["a", "b"]);
    let part = part(&mut c, made.kind(), "X1", &["a", "b"], None, vec![]);
    let mut bench = Bench::new(&c, build, &[part]);
    let x = [0.0, 3.0, 1.0, 0.2];
    let at = bench.load(&x);
    assert_eq!((at.f[1], at.f[2], at.f[3], at.q[3]), (0.2, -0.2, 2.0 - 1.0, -0.2e-3));
    bench.check_jacobians(&x, 1e-9);
}

/// `I(a,b) = V(a,b)*ddt(V(a,b)^2)`: u = d(V²)/dt is an unknown.
#[test]
fn a_derivative_in_a_product_is_an_unknown() {
    let made = device("d", &["a", "b"]).current(0, 1, v(0, 1) * ddt(v(0, 1) * v(0, 1)));
    let mut c = circuit(&["a", "b"]);
    let part = part(&mut c, made.kind(), "X1", &["a", "b"], None, vec![]);
    let mut bench = Bench::new(&c, build, &[part]);
    let u = bench.inner("ddt");
    let x = [0.0, 3.0, 1.0, 7.0];
    let at = bench.load(&x);
    assert_eq!((at.f[1], at.f[u], at.q[u]), (14.0, -7.0, 4.0));
    bench.check_jacobians(&x, 1e-9);
}

/// `state w = w0 in lo:hi`, `ddt(w) = k*V(a,b)`, `I(a,b) = (w + 1)*V(a,b)`
fn bounded() -> Make {
    device("bounded", &["a", "b"])
        .param("k", 10.0)
        .follows("w0", 0.3, p(0) * 0.03)
        .param("hi", 2.0)
        .state("w", p(1))
        .within(0.0, p(2))
        .rate(0, p(0) * v(0, 1))
        .value("g", s(0) + 1.0)
        .current(0, 1, l(0) * v(0, 1))
}

#[test]
fn a_bound_holds_the_state_while_its_rate_points_outward() {
    let mut c = circuit(&["a", "b"]);
    let part = part(&mut c, bounded().kind(), "X1", &["a", "b"], None, numbers(&[("k", 4.0)]));
    let mut bench = Bench::new(&c, build, &[part]);
    let w = bench.inner("w");
    // Inside: dw/dt = 4·V.
    let inside = [0.0, 3.0, 1.0, 0.5];
    let at = bench.load(&inside);
    assert_eq!((at.f[1], at.f[w], at.q[w]), (3.0, -8.0, 0.5));
    bench.check_jacobians(&inside, 1e-9);
    // 10⁻⁸ of the range beyond the bound the row balances the whole rate (but for its slow part).
    let beyond = [0.0, 3.0, 1.0, 2.0 + 2e-8];
    let at = bench.load(&beyond);
    assert!((at.f[w] - 2e-3).abs() < 1e-5 && at.q[w] == 2.0 && at.f[1] == 6.0, "{at:?}");
    assert!(at.c[(w, w)] == 0.0 && at.g[(1, w)] == 0.0, "{at:?}");
    // The slope of the rate alone: that of what holds the state is left out of the Jacobian.
    assert_eq!(at.g[(w, 1)], -4.0, "{at:?}");
    assert_eq!(bench.probe("w", &beyond), 2.0);
    assert_eq!(bench.probe("g", &inside), 1.5);
}

#[test]
fn defaults_follow_and_starts_are_drawn() {
    let mut c = circuit(&["a", "b"]);
    let made = bounded().draw(Law::Normal, [E::from(0.0), p(0)]).state("n", drawn(0) * 2.0);
    let kind = made.kind();
    let plain = part(&mut c, kind.clone(), "X1", &["a", "b"], None, numbers(&[("k", 5.0)]));
    let given = part(&mut c, kind, "X2", &["a", "b"], None, numbers(&[("k", 5.0), ("w0", 1.0)]));
    let start = |env: Environment, id| {
        let mut bench = Bench::in_environment(&c, build, &[id], env);
        let w = bench.inner("w");
        let mut x = vec![0.0; bench.unknowns()];
        bench.start(&mut x);
        (x[w], bench.probe("w0", &x), bench.probe("n", &x))
    };
    let (env, other) = (environment(), Environment { draw: 1, ..environment() });
    assert_eq!((start(env, plain).0, start(env, plain).1), (0.15, 0.15));
    assert_eq!(start(env, given).0, 1.0);
    assert_eq!(start(env, plain), start(env, plain));
    let drawn = [start(env, plain).2, start(env, given).2, start(other, plain).2];
    assert!(drawn[0] != drawn[1] && drawn[0] != drawn[2] && drawn.iter().all(|d| d.abs() < 50.0), "{drawn:?}");
}

/// `I(a,b) = 1m*exp($limit(V(a,b), 0.1)/26m)`: from 0 V Newton gets no farther than 0.1 V, on the tangent there.
#[test]
fn a_limited_voltage_moves_a_step_at_a_time() {
    let limited = f(Function::Limit, [v(0, 1), 0.1.into()]);
    let made = device("d", &["a", "b"]).current(0, 1, exp(limited / 26e-3) * 1e-3);
    let mut c = circuit(&["a", "b"]);
    let part = part(&mut c, made.kind(), "X1", &["a", "b"], None, vec![]);
    let mut bench = Bench::new(&c, build, &[part]);
    bench.check_jacobians(&[0.0, 0.3, 0.2], 1e-7);
    bench.mode = Mode::Static;
    let mut x = vec![0.0; bench.unknowns()];
    bench.start(&mut x);
    assert!(!bench.load(&[0.0, 0.0, 0.0]).limited);
    let at = bench.load(&[0.0, 1.0, 0.0]);
    let (i, g) = (1e-3 * (0.1f64 / 26e-3).exp(), (0.1f64 / 26e-3).exp() / 26.0);
    assert!(at.limited && (at.f[1] / (i + g * 0.9) - 1.0).abs() < 1e-12, "{at:?}");
    assert!((at.g[(1, 1)] / g - 1.0).abs() < 1e-12);
}

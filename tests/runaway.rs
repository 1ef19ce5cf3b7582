//! States that run away faster than the grid of time, 1 fs, can show: where they end, and when.

#[allow(dead_code, reason = "shared by several tests; each uses a part")]
#[path = "models/csv.rs"]
mod csv;
#[allow(dead_code, reason = "shared by several tests; each uses a part")]
#[path = "models/memspice.rs"]
mod memspice;

use std::f64::consts::PI;

use csv::Table;

fn run(text: &str) -> Table {
    memspice::run_text(text).expect("a run")
}

/// dx/dt = r·e^(k·x) is −ln(1 − k·r·t)/k until 1/(k·r) = 5 µs, where it passes from a tenth of its range to the bound at r·e^(k/10) … r·e^k = 10¹² …
/// 10⁹⁰ a second. With a place of rest on the way it ends there, not at the bound.
#[test]
fn a_state_runs_to_its_bound_or_to_its_rest_at_once() {
    let table = run("runaway\n.device hot (p n) {\n param r=1k k=200 rest=1e9\n state x = 0 in 0:1\n\
                     I(p,n) = V(p,n)*(1u + 1m*x)\n ddt(x) = r*exp(k*x)*(1 - x/rest)\n}\n\
                     V1 a 0 1\nR1 a b 1k\nC1 b 0 1p\nX1 b 0 hot\nX2 b 0 hot rest=0.7\n\
                     .options reltol=1e-6\n.tran 50n 10u\n.save X1.x X2.x V(b)\n.end\n");
    let x = table.column("X1.x");
    for (t, x) in table.columns[0].iter().zip(x).filter(|(t, _)| **t < 4.9e-6) {
        let exact = -(1.0 - 200e3 * t).ln() / 200.0;
        assert!((x - exact).abs() < 1e-4, "{t}: {x} instead of {exact}");
    }
    let jump = x.iter().position(|x| *x > 0.5).expect("a jump");
    assert!((table.columns[0][jump] - 5e-6).abs() < 0.01 * 5e-6, "{}", table.columns[0][jump]);
    assert!(x[jump - 1] < 0.2, "{}", x[jump - 1]);
    let last = |name: &str| *table.column(name).last().expect("a row");
    assert!(
        (last("X1.x") - 1.0).abs() < 1e-9 && (last("X2.x") - 0.7).abs() < 1e-5,
        "{} {}",
        last("X1.x"),
        last("X2.x")
    );
    // 1 kΩ over (1.001 + 0.701) mS
    let v = 1.0 / (1.0 + 1.001 + 0.701);
    assert!((last("V(b)") - v).abs() < 1e-4, "{} {v}", last("V(b)"));
}

/// HP's TaOx at 1 mΩ: t as a function of w, dt/dw = 1/(dw/dt), has nothing to run away from.
#[test]
fn taox_without_a_resistor_jumps_where_its_equation_does() {
    let models = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("netlists/models");
    let table = run(&format!(
        "runaway\n.include \"{}/taox_hp.cir\"\nV1 a 0 SIN(0 1 1meg)\nR1 a b 1m\nX1 b 0 taox_hp\n\
         .options reltol=1e-5\n.tran 10n 240n 0 10n\n.save X1.w\n.end\n",
        models.display()
    ));
    let slope = |w: f64, t: f64| {
        let v = (2e6 * PI * t).sin();
        let g = w * 25e-3 + (1.0 - w) * 7.2e-6 * (4.7 * v.sqrt()).exp();
        1.0 / (1e-4 * (v / 0.45).sinh() * (-(w / 0.06) * (w / 0.06)).exp() * (g * v * v / 40e-6).exp())
    };
    // From where a row before the runaway is.
    let (times, states) = (&table.columns[0], table.column("X1.w"));
    let start = times.iter().position(|t| *t > 90e-9).expect("a row");
    let (mut w, mut t, h) = (states[start], times[start], 2e-6);
    let mut path = vec![(w, t)];
    while t < 240e-9 && w < 0.99 {
        let k1 = slope(w, t);
        let k2 = slope(w + h / 2.0, t + h / 2.0 * k1);
        let k3 = slope(w + h / 2.0, t + h / 2.0 * k2);
        let k4 = slope(w + h, t + h * k3);
        t += h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4);
        w += h;
        path.push((w, t));
    }
    let jump = times.iter().zip(states).find(|(_, w)| **w > 0.4).map(|(t, _)| *t).expect("a jump");
    let expected = path.iter().find(|p| p.0 > 0.4).map(|p| p.1).expect("a jump");
    assert!((jump - expected).abs() < 1e-3 * expected, "{jump} instead of {expected}");
    let mut compared = 0;
    for (t, w) in times.iter().zip(states).filter(|(t, _)| **t > 1.002 * expected) {
        let k = path.partition_point(|p| p.1 < *t);
        if let Some((exact, _)) = path.get(k) {
            assert!((w - exact).abs() < 2e-3, "{t}: {w} instead of {exact}");
            compared += 1;
        }
    }
    assert!(compared > 10, "{compared}");
}

/// Above its threshold the rate of DRIFT begins with a kink, and the field concentrates as the state grows. A step that goes over all
/// of it at once is found out: at default tolerances every point of a pulse is within 1 % of the range of where it belongs.
#[test]
fn no_step_goes_over_a_kink_unseen() {
    let models = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("netlists/models");
    let pulse = |source: &str, options: &str| {
        run(&format!(
            "kink\n.include \"{}/drift.cir\"\nV1 a 0 {source}\nR1 a b 1m\nX1 b 0 drift g0=13.7u\n{options}\n\
             .tran 10u 50u\n.save X1.w\n.end\n",
            models.display()
        ))
    };
    for source in ["PULSE(0 1.1 10u 1n 1n 20u 1)", "PULSE(0 2 10u 1n 1n 20u 1)", "PULSE(0 0.95 10u 1u 1u 30u 1)"] {
        let (ours, tight) = (pulse(source, ""), pulse(source, ".options reltol=1e-6 trtol=0.1"));
        let moved = ours.column("X1.w");
        assert!(moved[0] < 0.2 && moved[moved.len() - 1] > 0.7, "{source}: {} rows", moved.len());
        for (t, w) in ours.columns[0].iter().zip(moved) {
            let exact = tight.at("X1.w", *t);
            assert!((w - exact).abs() < 0.01, "{source}, {t}: {w} instead of {exact}");
        }
    }
}

//! What a `.device` can say beside rates and currents: states solved to rest, derivatives of its own values, exponentials that
//! do not overflow, Newton steps held short; each against a closed form.

use super::support::{Netlist, Waves};

fn tran(body: &str, seen: &[&str]) -> Waves {
    Netlist::new(&format!("a device\n{body}\n.end\n")).deck(&[]).tran(seen)
}

fn near(got: f64, want: f64, share: f64) {
    assert!((got - want).abs() <= share * want.abs(), "{got:e} is not {want:e}");
}

/// A resistor that heats itself, R = r·(1 + a·(T − T0)): at rest T − T0 = rth·V²/R is a quadratic equation. What is a memory
/// stays where it was, however fast it would move.
#[test]
fn an_operating_point_solves_what_settles_and_holds_what_remembers() {
    let waves = tran(
        ".device heater (a b) {
  param cold=1k al=4m rth=2000 tau=1u
  state T = 300 settles
  state w = 0.25 in 0:1
  let R = cold*(1 + al*(T - 300))
  I(a,b) = V(a,b)/R*(1 + w - 0.25)
  ddt(T) = (300 + rth*V(a,b)^2/R - T)/tau
  ddt(w) = 1meg*V(a,b)
}
V1 in 0 10
X1 in 0 heater
.tran 1n 2n",
        &["X1.T", "X1.w"],
    );
    // al·u² + u = rth·V²/r
    let rise = (-1.0 + (1.0f64 + 4.0 * 4e-3 * 2000.0 * 100.0 / 1e3).sqrt()) / (2.0 * 4e-3);
    near(waves.columns["X1.T"][0] - 300.0, rise, 1e-6);
    near(waves.last("X1.T") - 300.0, rise, 1e-6);
    assert_eq!(waves.columns["X1.w"][0], 0.25);
    near(waves.last("X1.w"), 0.25 + 1e7 * 2e-9, 1e-3);
}

/// A sweep of a source, as a card: each point solves T anew and moves no memory.
#[test]
fn a_sweep_too() {
    let text = ".device heater (a b) {
  param r=1k rth=2000
  state T = 300 settles
  state w = 0.25 in 0:1
  I(a,b) = V(a,b)/r*(1 + w)
  ddt(T) = 300 + rth*V(a,b)^2/r - T
  ddt(w) = V(a,b)
}
V1 in 0 0
X1 in 0 heater
";
    for v in [0.0, 1.0, 5.0, -3.0] {
        let waves = tran(&format!("{}.tran 1f 2f", text.replace("0 0\n", &format!("0 {v}\n"))), &["X1.T", "X1.w"]);
        near(waves.columns["X1.T"][0], 300.0 + 2.0 * v * v, 1e-6);
        assert_eq!(waves.columns["X1.w"][0], 0.25);
    }
}

/// `ddx` of a current is its conductance, of a let by a state the rule by hand.
#[test]
fn ddx_is_the_derivative() {
    let waves = tran(
        ".device cell (p n) {
  param a=2m b=3
  state x = 0.5
  let i = a*x^2*sinh(b*V(p,n))
  let g = ddx(i, V(p,n))
  let s = ddx(i*exp(x), x)
  let c = ddx(g, x)
  I(p,n) = i
  ddt(x) = V(p,n)
}
V1 in 0 SIN(0 0.4 1k)
X1 in 0 cell
.tran 1u 1m 0 1u",
        &["in", "X1.x", "X1.g", "X1.s", "X1.c"],
    );
    let each = |name: &str| waves.columns[name].clone();
    let (v, x, g, s, c) = (each("in"), each("X1.x"), each("X1.g"), each("X1.s"), each("X1.c"));
    assert!(v.len() > 900);
    for k in 0..v.len() {
        let (sinh, cosh) = ((3.0 * v[k]).sinh(), (3.0 * v[k]).cosh());
        near(g[k], 2e-3 * x[k] * x[k] * 3.0 * cosh, 1e-12);
        near(c[k], 2e-3 * 2.0 * x[k] * 3.0 * cosh, 1e-12);
        let slope = 2e-3 * x[k].exp() * sinh * (2.0 * x[k] + x[k] * x[k]);
        assert!((s[k] - slope).abs() < 1e-15 + 1e-12 * slope.abs(), "{} {slope}", s[k]);
    }
}

/// I = is·(e^(V/vt) − 1) behind a resistor, the same with `exp`, `limexp` and `$limit`: V + r·I = 20 V.
#[test]
fn steep_currents_are_found_with_limexp_and_with_limit() {
    let at = |current: &str| {
        let text = format!(
            ".device junction (a c) {{\n param is=1f vt=25m\n I(a,c) = {current}\n}}\n\
             V1 in 0 20\nR1 in d 1k\nX1 d 0 junction\n.options reltol=1e-9 vntol=1e-12\n.tran 1n 2n"
        );
        tran(&text, &["d"]).columns["d"][0]
    };
    let (mut low, mut high) = (0.0f64, 1.0f64);
    for _ in 0..200 {
        let v = 0.5 * (low + high);
        if v + 1e3 * 1e-15 * ((v / 25e-3).exp() - 1.0) > 20.0 { high = v } else { low = v }
    }
    for current in ["is*(limexp(V(a,c)/vt) - 1)", "is*(exp($limit(V(a,c), 0.1)/vt) - 1)"] {
        near(at(current), low, 1e-8);
    }
}

/// Above 80 `limexp` goes on as its tangent: 2.5 V across 25 mV is e^80·21, not e^100.
#[test]
fn limexp_goes_on_straight() {
    let waves = tran(
        ".device junction (a c) {
  param is=1e-30
  let i = is*(limexp(V(a,c)/25m) - 1)
  let g = ddx(i, V(a,c))
  I(a,c) = i
}
V1 in 0 2.5
X1 in 0 junction
.tran 1n 2n",
        &["X1.i", "X1.g"],
    );
    near(waves.last("X1.i"), 1e-30 * 80f64.exp() * 21.0, 1e-12);
    near(waves.last("X1.g"), 1e-30 * 80f64.exp() / 25e-3, 1e-12);
}

/// A force that pushes into mirrors: dx = −k dt + s dW between reflecting walls is exponential with the mean s²/2k.
#[test]
fn mirrors_give_the_law_of_a_pressed_walk() {
    let count = 25;
    let names: Vec<String> = (0..count).map(|k| format!("X[{k}].x")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let waves = tran(
        &format!(
            ".device walk (a b) {{
  param k=2 s=1
  state x = 0.25 in 0:100 reflect
  I(a,b) = V(a,b)*1m
  ddt(x) = -k + s*white(every=1m)
}}
V1 in 0 1
.for n = 0:{} {{
  X[n] in 0 walk
}}
.tran 1 100 0 1",
            count - 1
        ),
        &names,
    );
    // Correlated over s²/k² = 0.25 s: points a second apart are apart.
    let late: Vec<f64> =
        (5..100).flat_map(|t| names.iter().map(move |n| (n, f64::from(t)))).map(|(n, t)| waves.at(n, t)).collect();
    let mean = late.iter().sum::<f64>() / late.len() as f64;
    let below = late.iter().filter(|x| **x < 0.25).count() as f64 / late.len() as f64;
    // Euler's mirror is off by 0.58·s·√δ, 0.018 here (Broadie, Glasserman, Kou 1997).
    assert!((mean - 0.25).abs() < 0.03, "{mean}");
    assert!((below - (1.0 - (-1.0f64).exp())).abs() < 0.06, "{below}");
    assert!(late.iter().all(|x| *x >= 0.0));
}

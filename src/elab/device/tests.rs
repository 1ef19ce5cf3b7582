//! `.device` blocks and what they must come to.

use crate::circuit::definition::{Definition, Own};
use crate::circuit::equation::{Equation, Quantity};
use crate::circuit::evaluate::Numbers;
use crate::circuit::kind::Conduct;
use crate::device::registry;
use crate::elab::tests::{codes, deck};
use crate::elab::{DataRoots, Kinds, Overrides, elaborate};
use crate::model::dag::{Dag, Id};
use crate::model::diff::derivatives;
use crate::model::lower::{Leaf, lower};
use crate::model::oracle::{Dual, dual};

/// The definition of the only device.
fn definition(text: &str) -> std::sync::Arc<Definition> {
    let deck = deck(text);
    assert_eq!(deck.devices.len(), 1);
    deck.devices[0].clone()
}

/// ddt of each state and the sum of the contributions, default parameters, all pins but the first at 0.
fn values(d: &Definition, v: f64, states: &[f64]) -> (Vec<f64>, f64) {
    let params = d.parameters(&vec![None; d.kind.params.len()]);
    let mut pins = vec![0.0; d.kind.pins.len()];
    pins[0] = v;
    let at = Numbers { params: &params, states, pins: &pins, time: 0.0, temp: 27.0 };
    let lets = d.lets_at(&at);
    let rates = d.states.iter().map(|s| s.rate.as_ref().map_or(0.0, |r| d.at(r, &at, &lets))).collect();
    (rates, d.contributions.iter().map(|c| d.at(&c.value, &at, &lets)).sum())
}

const VTEAM: &str = "
.device vteam (p n) {
  param ron=50 roff=1000                  ; ohm
  param kon=-10 koff=5e-4                 ; m/s
  param von=-0.2 voff=0.02 in 0:10        ; V
  param d=3n                              ; m
  state w = 0.5 in 0:1
  let R = ron + (roff - ron)*w            ; ohm  of the filament
  let v = V(p,n)
  I(p,n) = v/R
  ddt(w) = v > voff ? koff/d*(v/voff - 1) : v < von ? kon/d*(v/von - 1)^3 : 0
}
";

#[test]
fn vteam_by_hand() {
    let d = definition(&format!("{VTEAM}\nV1 a 0 1\nX1 a 0 vteam roff=2k\n.op"));
    let (rates, i) = values(&d, 0.1, &[0.5]);
    assert!((rates[0] - 5e-4 / 3e-9 * 4.0).abs() < 1e-6, "{rates:?}");
    assert!((i - 0.1 / 525.0).abs() < 1e-18, "{i}");
    assert!((values(&d, -0.6, &[0.5]).0[0] + 10.0 / 3e-9 * 8.0).abs() < 1e-3);
    assert_eq!(d.kind.probes.iter().map(|p| &*p.name).collect::<Vec<_>>(), ["w", "R", "v"]);
    assert_eq!((&*d.kind.probes[1].unit, &*d.kind.probes[1].doc), ("ohm", "of the filament"));
    assert_eq!(d.kind.paths[0].conduct, Conduct::Yes);
    assert_eq!(d.kind.params[5].range, (0.0, 10.0));
}

/// The models of the library: no error, no warning about a device; and what each comes to, to be read.
#[test]
fn the_library_elaborates() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("netlists/models");
    let mut wrong = String::new();
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let options = crate::syntax::LoadOptions::default();
        let (ast, _, mut found) = crate::syntax::parse_file(&path, &options);
        let ast = ast.unwrap();
        let kinds = Kinds::new(registry::REGISTRY.iter().map(|r| r.kind));
        let (deck, more) = elaborate(&ast, &kinds, &Overrides::default(), &DataRoots::default());
        found.extend(more);
        for d in found.iter().filter(|d| !matches!(d.code, "elab::no-analysis" | "syntax::title")) {
            wrong += &format!("{}: {} {}\n", path.display(), d.code, d.message);
        }
        for d in deck.iter().flat_map(|d| &d.devices) {
            let name = d.kind.name.to_string();
            insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
                insta::assert_snapshot!(name, crate::model::derived::text(d, &[]));
            });
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// A device of one state `x` and what its body makes wrong.
fn mistakes(body: &str) -> Vec<&'static str> {
    codes(&format!(".device d (a b) {{\n param p=1 q=0\n state x = 0 in 0:1\n{body}\n}}\nX1 a b d\nV1 a b 1\n.op"))
}

#[test]
fn mistakes_have_their_codes() {
    let fine = "I(a,b) = V(a,b)\nddt(x) = -x\n";
    for (body, code) in [
        ("let y = z", "elab::undeclared"),
        ("let y = a", "elab::undeclared"),
        ("let y = w + 1\nlet w = 2", "elab::let-order"),
        ("let y = w + 1\nlet w = y", "elab::let-cycle"),
        ("let y = y", "elab::let-cycle"),
        ("let p = 1", "elab::duplicate-name"),
        ("let A = 1", "elab::duplicate-name"),
        ("let time = 1", "elab::reserved-name"),
        ("let y = x/0", "elab::division-by-zero"),
        ("let y = V(a,c)", "elab::unknown-pin"),
        ("let y = I(a,b)", "elab::no-current"),
        ("let y = white(every=1n)", "elab::white-place"),
        ("let y = normal(0, 1)", "elab::draw-place"),
        ("let y = ddt(x)", "elab::ddt-place"),
        ("let y = ddx(x^2, p)", "elab::ddx"),
        ("let y = [1, 2] + [1, 2, 3]", "elab::array-length"),
        ("let y = [1, 2]\nlet z = y[2]", "elab::index"),
        ("let y = x[0]", "elab::index"),
        ("let y = sinn(x)", "elab::unknown-function"),
        ("let y = ln(0)", "elab::not-finite"),
        ("ddt(x) = 1", "elab::two-equations"),
        ("ddt(p) = 1", "elab::not-a-state"),
        ("I(a,b) = x*ddt(V(a,b))", "elab::ddt-factor"),
        ("I(a,a) = 1", "elab::same-pin"),
        ("when x > 0.5 {\n p = 1\n}", "elab::not-a-state"),
        ("when x > 0.5 {\n wait 1n\n}", "elab::when-body"),
        ("let y = hazard(1)", "elab::hazard-place"),
        ("state y = 0", "elab::constant-state"),
        ("state y = 0 reflect\nddt(y) = 0", "elab::no-bounds"),
        ("state y = 2 in 0:1\nddt(y) = 0", "elab::start-out-of-range"),
        ("state y = V(a,b)\nddt(y) = 0", "elab::not-yet-known"),
        ("state y[0:q-1] = 0\nddt(y) = 0", "elab::state-extent"),
        ("state y = 0\nddt(y) = 1/y", "elab::rate-not-finite"),
        ("I(a,b) = V(a,b) > 0.5 ? 1m : 0", "elab::discontinuous-current"),
        ("I(a,b) = sinh(V(a,b))/V(a,b)", "elab::current-not-finite"),
    ] {
        assert_eq!(mistakes(&format!("{fine}{body}")), [code], "{body}");
    }
    assert_eq!(mistakes("ddt(x) = -x"), ["elab::no-contribution"]);
    assert_eq!(codes(".device d () {\n I(0,0) = 1\n}\n.op").first(), Some(&"elab::no-pins"));
}

#[test]
fn currents_that_bend_are_continuous() {
    for body in [
        "I(a,b) = V(a,b) > 0.5 ? V(a,b) - 0.5 : 0",
        "I(a,b) = abs(V(a,b))",
        "I(a,b) = x > 0.5 ? V(a,b)*x : V(a,b)/2",
        "I(a,b) = V(a,b) > 0 ? p*V(a,b) : 1000*V(a,b)",
    ] {
        assert_eq!(mistakes(&format!("ddt(x) = -x\n{body}")), [] as [&str; 0], "{body}");
    }
}

#[test]
fn arrays_and_sizes() {
    let text = ".device d (a b) {\n param n=3\n state x[0:n-1] = 1 in 0:9\n let s = sort(x[:])\n let g = sum(s[0:1])\n
 I(a,b) = g*V(a,b)\n ddt(x[:]) = -x[:]*mean(x[:])\n}
V1 a 0 1\nX1 a 0 d\nX2 a 0 d\nX3 a 0 d n=5\n.op";
    let deck = deck(text);
    let of = |path: &str| deck.circuit.part(deck.id(path)).kind.definition().unwrap().clone();
    assert!(std::sync::Arc::ptr_eq(&of("X1"), &of("X2")));
    assert_eq!((of("X1").states.len(), of("X3").states.len()), (3, 5));
    let (rates, i) = values(&of("X1"), 2.0, &[3.0, 1.0, 2.0]);
    assert_eq!((rates, i), (vec![-6.0, -2.0, -4.0], 6.0));
}

#[test]
fn branches_charges_functions_and_defaults() {
    let d = definition(
        ".func twice(y) = 2*y
.device d (a b c) {
  param k=3 l={2*k}
  state x = 0.5
  if V(a,b) > 1 {
    let g = 10
    ddt(x) = 1
  } else if V(a,b) > 0 {
    let g = twice(k)
    ddt(x) = 2
    I(a,c) = 1m
  } else {
    let g = l
  }
  I(a,b) = g*V(a,b) - 2*ddt(k*V(a,b)^2)
}
V1 a 0 1\nX1 a 0 0 d\n.op",
    );
    assert_eq!(values(&d, 2.0, &[0.5]), (vec![1.0], 20.0));
    assert_eq!(values(&d, 0.5, &[0.5]), (vec![2.0], 3.0 + 1e-3));
    assert_eq!(values(&d, -1.0, &[0.5]), (vec![0.0], -6.0));
    assert!(d.contributions.iter().any(|c| c.parts().1.is_some()));
}

#[test]
fn jumps_keep_what_they_read() {
    let d = definition(
        ".device d (a b) {
  state x = 1
  state y = 2
  I(a,b) = x*y*V(a,b)
  when V(a,b) > 1 {
    let old = x
    x = y
    if x > 1 {
      y = old
    }
  }
}
V1 a 0 1\nX1 a 0 d\n.op",
    );
    let mut states = d.starts(&[], 27.0);
    for (k, e) in &d.events[0].sets {
        let at = Numbers { params: &[], states: &states, pins: &[0.0; 2], time: 0.0, temp: 27.0 };
        states[*k] = d.at(e, &at, &d.lets_at(&at));
    }
    assert_eq!(states[..2], [2.0, 1.0]);
}

#[test]
fn kinds_of_parts_as_parameters() {
    let deck = deck(
        ".device d (a b) {\n param g=1\n I(a,b) = g*V(a,b)\n}
.model strong d (g=5)
.subckt pair a b neuron=d
X1 a b {neuron}
X2 a b neuron
.ends
V1 a 0 1\nX1 a 0 pair neuron=strong\nX2 a 0 pair\nX3 a 0 strong g=7 m=2\n.op",
    );
    for (path, g) in [("X1.X1", 5.0), ("X1.X2", 5.0), ("X2.X1", 1.0), ("X3", 7.0)] {
        assert_eq!(deck.value(path, "g"), g, "{path}");
    }
    assert_eq!(deck.value("X3", "m"), 2.0);
}

#[test]
fn elements_of_arrays_are_saved() {
    let deck = deck(
        ".device d (a b) {\n state x[0:2] = 1\n I(a,b) = x[0]*V(a,b)\n ddt(x) = -x\n}
V1 a 0 1\nX1 a 0 d\n.op\n.save X1.x[:] X1.x[1] {X1.x[2] + 1}",
    );
    let labels: Vec<&str> = deck.plan.observations.iter().map(|o| o.label.as_str()).collect();
    assert_eq!(labels[..3], ["X1.x[0]", "X1.x[1]", "X1.x[2]"]);
    assert_eq!(labels.len(), 4);
}

/// A device as a graph: what its inputs are, its contributions and rates.
struct Equations {
    dag: Dag,
    inputs: Vec<Quantity>,
    roots: Vec<Id>,
}

fn graph(d: &Definition) -> Equations {
    let (mut dag, mut inputs, mut lets) = (Dag::new(), Vec::new(), Vec::<Id>::new());
    let mut lowered = |dag: &mut Dag, e: &Equation, lets: &[Id]| {
        lower(dag, e, &mut |dag, leaf| match leaf {
            Leaf::Const(v) => dag.constant(v),
            Leaf::Quantity(Quantity::Own(Own::Let(k))) => lets[*k],
            Leaf::Quantity(Quantity::Own(Own::White(_))) | Leaf::Ddt(_) | Leaf::Idt(..) => dag.constant(0.0),
            Leaf::Limit(x, _) => x,
            Leaf::Quantity(q) => {
                let n = inputs.iter().position(|i| i == q).unwrap_or_else(|| {
                    inputs.push(q.clone());
                    inputs.len() - 1
                });
                dag.input(n as u32)
            }
        })
    };
    for l in &d.lets {
        let id = lowered(&mut dag, &l.value, &lets);
        lets.push(id);
    }
    let equations = d.contributions.iter().map(|c| &c.value).chain(d.states.iter().filter_map(|s| s.rate.as_ref()));
    let roots = equations.map(|e| lowered(&mut dag, e, &lets)).collect();
    Equations { dag, inputs, roots }
}

/// Every shipped model at random points: derivatives of its currents and rates by every voltage and state are those of dual
/// numbers, whose rules are written apart, to 1e-12 of the terms they are made of.
#[test]
fn derivatives_of_every_model_are_those_of_dual_numbers() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("netlists/models");
    let (mut seen, mut compared, mut wrong) = (0, 0, Vec::new());
    for path in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
        let (ast, ..) = crate::syntax::parse_file(&path, &crate::syntax::LoadOptions::default());
        let kinds = Kinds::new(registry::REGISTRY.iter().map(|r| r.kind));
        let (deck, _) = elaborate(&ast.unwrap(), &kinds, &Overrides::default(), &DataRoots::default());
        for d in deck.iter().flat_map(|d| &d.devices) {
            let Equations { mut dag, inputs, roots } = graph(d);
            let params = d.parameters(&[]);
            let starts = d.starts(&params, 27.0);
            let still = Numbers { params: &params, states: &starts, pins: &[], time: 0.0, temp: 27.0 };
            let mut stream = crate::random::Stream::new(1, 0, &d.kind.name, "dual");
            let mut count = 0;
            let mut uniform = || {
                count += 1;
                stream.uniform(count)
            };
            for _ in 0..30 {
                let values: Vec<f64> = (inputs.iter())
                    .map(|q| match q {
                        Quantity::Own(Own::Param(k)) => params[*k],
                        Quantity::Own(Own::State(k)) => {
                            let bound = |e: &Option<Equation>| e.as_ref().map(|e| d.at(e, &still, &[]));
                            match (bound(&d.states[*k].low), bound(&d.states[*k].high)) {
                                (Some(low), Some(high)) => low + (high - low) * (0.001 + 0.998 * uniform()),
                                _ => starts[*k] * (0.7 + 0.6 * uniform()),
                            }
                        }
                        Quantity::Temperature => 27.0,
                        Quantity::Time => uniform(),
                        _ => 2.4 * uniform() - 1.2,
                    })
                    .collect();
                for by in 0..inputs.len() {
                    if !matches!(inputs[by], Quantity::Own(Own::Voltage(..) | Own::State(_) | Own::Current(_))) {
                        continue;
                    }
                    let input = dag.input(by as u32);
                    let slopes = derivatives(&mut dag, &roots, input);
                    let found = dag.evaluate(&values);
                    let mut lets: Vec<Dual> = Vec::new();
                    let leaf = |e: &Equation, lets: &[Dual]| match e {
                        Equation::Quantity(Quantity::Own(Own::Let(k))) => lets[*k],
                        Equation::Quantity(Quantity::Own(Own::White(_))) => Dual::constant(0.0),
                        Equation::Quantity(q) => match inputs.iter().position(|i| i == q) {
                            Some(n) if n == by => Dual::input(values[n]),
                            Some(n) => Dual::constant(values[n]),
                            None => Dual::constant(0.0),
                        },
                        _ => Dual::constant(0.0),
                    };
                    for l in &d.lets {
                        let value = dual(&l.value, &|e| leaf(e, &lets));
                        lets.push(value);
                    }
                    let rates = d.states.iter().filter_map(|s| s.rate.as_ref());
                    for (n, e) in d.contributions.iter().map(|c| &c.value).chain(rates).enumerate() {
                        let want = dual(e, &|e| leaf(e, &lets));
                        let got = found[slopes[n].0 as usize];
                        // Where an exponential is beyond its end, or a term of the slope, there is nothing to compare.
                        if !want.slope_scale.is_finite() || want.slope_scale > 1e100 || want.value.is_nan() {
                            continue;
                        }
                        compared += 1;
                        let (apart, allowed) =
                            ((got - want.slope).abs(), 1e-12 * want.slope_scale.max(want.slope.abs()) + 1e-200);
                        if apart.is_nan() || apart > allowed {
                            wrong.push(format!("{} {:?} #{n}: {got:e}, {:e}", d.kind.name, inputs[by], want.slope));
                        }
                    }
                }
            }
            seen += 1;
        }
    }
    assert!(
        seen >= 30 && compared > 3000 && wrong.is_empty(),
        "{seen}, {compared}: {:#?}",
        &wrong[..wrong.len().min(20)]
    );
}

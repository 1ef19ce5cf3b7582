//! Nanoseconds an evaluation of two memristors with all their derivatives: 1024, 64, 8 and 1 as lanes of one tape, spread over
//! all regions or all at rest (below threshold), with the vectors that the machine has, beside the same by hand in scalar Rust
//! with branches. What it gave is in `docs/performance.md`.
//!
//! VTEAM: S. Kvatinsky et al., IEEE TCAS-II 62 (2015) 786, with the windows exp(−exp(±(x − a)/w)) and i = V/R_on·exp(−λ·x).
//! Yakopcic: C. Yakopcic et al., IEEE EDL 32 (2011) 1436, parameters of the fit to HP Labs' device of 2010.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use memspice::circuit::NetId;
use memspice::circuit::equation::{Equation, Function, Quantity};
use memspice::model::dag::Dag;
use memspice::model::diff::derivatives;
use memspice::model::lower::{Leaf, lower};
use memspice::model::tape::Tape;
use pulp::Arch;
#[cfg(target_arch = "x86_64")]
use pulp::x86::{V3, V4};

use Function::{Add, Div, Exp, Gt, Le, Lt, Mul, Neg, Pow, Select, Sinh, Sub};

fn apply<const N: usize>(f: Function, args: [Equation; N]) -> Equation {
    Equation::apply(f, args)
}

fn number(v: f64) -> Equation {
    Equation::Const(v)
}

/// Terminal voltage
fn v() -> Equation {
    Equation::Quantity(Quantity::Voltage(NetId(1), NetId::GROUND))
}

/// State, 0 … 1
fn x() -> Equation {
    Equation::Quantity(Quantity::Voltage(NetId(2), NetId::GROUND))
}

const V_OFF: f64 = 0.5;
const V_ON: f64 = -0.53;

/// k·(V/v0 − 1)^α·exp(−exp(sign·(x − a)/w))
fn rate(k: f64, v0: f64, alpha: f64, sign: f64, a: f64) -> Equation {
    let over = apply(Sub, [apply(Div, [v(), number(v0)]), number(1.0)]);
    let power = apply(Pow, [over, number(alpha)]);
    let along = apply(Div, [apply(Sub, [x(), number(a)]), number(sign * 0.1)]);
    let window = apply(Exp, [apply(Neg, [apply(Exp, [along])])]);
    apply(Mul, [number(k), apply(Mul, [power, window])])
}

/// (dx/dt, current)
fn vteam() -> [Equation; 2] {
    let off = rate(4.0e-3, V_OFF, 3.5, 1.0, 0.9);
    let on = rate(-3.0e-2, V_ON, 1.7, -1.0, 0.1);
    let below = apply(Select, [apply(Lt, [v(), number(V_ON)]), on, number(0.0)]);
    let dx = apply(Select, [apply(Gt, [v(), number(V_OFF)]), off, below]);
    let attenuation = apply(Exp, [apply(Mul, [number(-2.3), x()])]);
    [dx, apply(Mul, [apply(Div, [v(), number(50.0)]), attenuation])]
}

/// The same by hand: (dx/dt, i) and their derivatives by V and x.
fn vteam_by_hand(v: f64, x: f64) -> [f64; 6] {
    let rate = |k: f64, v0: f64, alpha: f64, sign: f64, a: f64| {
        let over = v / v0 - 1.0;
        let power = over.powf(alpha);
        let inner = ((x - a) / (sign * 0.1)).exp();
        let window = (-inner).exp();
        let f = k * power * window;
        (f, alpha * f / over / v0, -f * inner / (sign * 0.1))
    };
    let (dx, by_v, by_x) = if v > V_OFF {
        rate(4.0e-3, V_OFF, 3.5, 1.0, 0.9)
    } else if v < V_ON {
        rate(-3.0e-2, V_ON, 1.7, -1.0, 0.1)
    } else {
        (0.0, 0.0, 0.0)
    };
    let g = (-2.3 * x).exp() / 50.0;
    [dx, v * g, by_v, g, by_x, -2.3 * v * g]
}

const VP: f64 = 0.16;
const VN: f64 = 0.15;
const XP: f64 = 0.3;
const XN: f64 = 0.5;

/// (dx/dt, current)
fn yakopcic() -> [Equation; 2] {
    let strength = apply(Select, [apply(Gt, [v(), number(0.0)]), number(0.17), number(0.17)]);
    let current = apply(Mul, [apply(Mul, [strength, x()]), apply(Sinh, [apply(Mul, [number(0.05), v()])])]);
    let up = apply(Mul, [number(4000.0), apply(Sub, [apply(Exp, [v()]), number(VP.exp())])]);
    let down = apply(Mul, [number(-4000.0), apply(Sub, [apply(Exp, [apply(Neg, [v()])]), number(VN.exp())])]);
    let below = apply(Select, [apply(Lt, [v(), number(-VN)]), down, number(0.0)]);
    let g = apply(Select, [apply(Gt, [v(), number(VP)]), up, below]);
    let from_p = apply(Sub, [x(), number(XP)]);
    let wp = apply(Add, [apply(Div, [apply(Neg, [from_p.clone()]), number(1.0 - XP)]), number(1.0)]);
    let fp = apply(Mul, [apply(Exp, [apply(Neg, [from_p])]), wp]);
    let fp = apply(Select, [apply(Gt, [x(), number(XP)]), fp, number(1.0)]);
    let from_n = apply(Sub, [apply(Add, [x(), number(XN)]), number(1.0)]);
    let wn = apply(Div, [x(), number(1.0 - XN)]);
    let fnn = apply(Mul, [apply(Exp, [apply(Mul, [number(5.0), from_n])]), wn]);
    let fnn = apply(Select, [apply(Le, [x(), number(1.0 - XN)]), fnn, number(1.0)]);
    let f = apply(Select, [apply(Gt, [v(), number(0.0)]), fp, fnn]);
    [apply(Mul, [g, f]), current]
}

fn yakopcic_by_hand(v: f64, x: f64) -> [f64; 6] {
    let (s, c) = ((0.05 * v).sinh(), (0.05 * v).cosh());
    let (g, dg) = if v > VP {
        (4000.0 * (v.exp() - VP.exp()), 4000.0 * v.exp())
    } else if v < -VN {
        (-4000.0 * ((-v).exp() - VN.exp()), 4000.0 * (-v).exp())
    } else {
        (0.0, 0.0)
    };
    let (f, df) = if v > 0.0 {
        if x > XP {
            let (e, w) = ((XP - x).exp(), (XP - x) / (1.0 - XP) + 1.0);
            (e * w, -e * w - e / (1.0 - XP))
        } else {
            (1.0, 0.0)
        }
    } else if x <= 1.0 - XN {
        let (e, w) = ((5.0 * (x + XN - 1.0)).exp(), x / (1.0 - XN));
        (e * w, 5.0 * e * w + e / (1.0 - XN))
    } else {
        (1.0, 0.0)
    };
    [g * f, 0.17 * x * s, dg * f, 0.17 * x * 0.05 * c, g * df, 0.17 * s]
}

fn tape(equations: [Equation; 2]) -> Tape {
    let mut dag = Dag::new();
    let inputs = [dag.input(0), dag.input(1)];
    let values = equations.map(|e| {
        lower(&mut dag, &e, &mut |dag, leaf| match leaf {
            Leaf::Quantity(Quantity::Voltage(NetId(1), _)) => dag.input(0),
            Leaf::Quantity(_) => dag.input(1),
            Leaf::Const(v) => dag.constant(v),
            Leaf::Ddt(id) | Leaf::Idt(id, _) | Leaf::Limit(id, _) => id,
        })
    });
    let mut outputs = values.to_vec();
    for by in inputs {
        outputs.extend(derivatives(&mut dag, &values, by));
    }
    Tape::compile(&dag, &inputs, &outputs)
}

/// Voltages from −most to most, then states from 0 to 1.
fn inputs(width: usize, most: f64) -> Vec<f64> {
    let part = |k: usize| ((k * 7919) % 1000) as f64 / 1000.0;
    (0..width).map(|k| most * (2.0 * part(k) - 1.0)).chain((0..width).map(|k| part(3 * k + 1))).collect()
}

/// The kinds of vectors that this machine has.
fn machines() -> Vec<(&'static str, Arch)> {
    let mut found = vec![("SSE2", Arch::Scalar)];
    #[cfg(target_arch = "x86_64")]
    {
        found.extend(V3::try_new().map(|v| ("AVX2", Arch::V3(v))));
        found.extend(V4::try_new().map(|v| ("AVX-512", Arch::V4(v))));
    }
    found
}

fn bench(c: &mut Criterion) {
    type Model = (&'static str, [Equation; 2], fn(f64, f64) -> [f64; 6], f64);
    let models: [Model; 2] =
        [("VTEAM", vteam(), vteam_by_hand, 0.45), ("Yakopcic", yakopcic(), yakopcic_by_hand, 0.14)];
    for (name, equations, by_hand, rest) in models {
        let tape = tape(equations);
        let mut scratch = vec![0.0; tape.scratch()];
        for (where_, most) in [("all regions", 1.0), ("at rest", rest)] {
            let mut group = c.benchmark_group(format!("{name}, {where_}"));
            for width in [1024, 64, 8, 1] {
                let inputs = inputs(width, most);
                let mut outputs = vec![0.0; tape.outputs() * width];
                tape.run(width, &inputs, &mut scratch, &mut outputs);
                for k in 0..width {
                    let truth = by_hand(inputs[k], inputs[width + k]);
                    for (n, t) in truth.iter().enumerate() {
                        let got = outputs[n * width + k];
                        assert!((got - t).abs() <= 1e-9 * t.abs() + 1e-12, "{name} {n}: {got} {t}");
                    }
                }
                group.throughput(Throughput::Elements(width as u64));
                for (vectors, machine) in machines() {
                    group.bench_function(format!("tape, {vectors}, {width} at once"), |b| {
                        b.iter(|| tape.run_on(machine, width, black_box(&inputs), &mut scratch, &mut outputs));
                    });
                }
            }
            let inputs = inputs(1024, most);
            let mut outputs = vec![[0.0; 6]; 1024];
            group.throughput(Throughput::Elements(1024));
            group.bench_function("by hand, scalar, 1024", |b| {
                b.iter(|| {
                    let inputs = black_box(&inputs);
                    for k in 0..1024 {
                        outputs[k] = by_hand(inputs[k], inputs[1024 + k]);
                    }
                });
            });
        }
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);

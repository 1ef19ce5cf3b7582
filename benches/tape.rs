//! Nanoseconds an evaluation of VTEAM with all its derivatives: 1024 memristors as lanes of one tape, and one alone.
//!
//! dx/dt = x > … of S. Kvatinsky et al., "VTEAM: A General Model for Voltage-Controlled Memristors", IEEE TCAS-II 62 (2015)
//! 786, with the windows exp(−exp(±(x − a)/w)) and i = V/R_on·exp(−λ·x): six transcendental functions.

use criterion::{Criterion, criterion_group, criterion_main};
use memspice::circuit::NetId;
use memspice::circuit::equation::{Equation, Function, Quantity};
use memspice::model::dag::Dag;
use memspice::model::diff::derivatives;
use memspice::model::lower::{Leaf, lower};
use memspice::model::tape::Tape;

fn apply(f: Function, args: &[Equation]) -> Equation {
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

/// k·(V/v0 − 1)^α·exp(−exp(sign·(x − a)/w))
fn rate(k: f64, v0: f64, alpha: f64, sign: f64, a: f64) -> Equation {
    use Function::{AbsPow, Div, Exp, Mul, Neg, Sub};
    let over = apply(Sub, &[apply(Div, &[v(), number(v0)]), number(1.0)]);
    let power = apply(AbsPow, &[over, number(alpha)]);
    let along = apply(Div, &[apply(Sub, &[x(), number(a)]), number(sign * 0.1)]);
    let window = apply(Exp, &[apply(Neg, &[apply(Exp, &[along])])]);
    apply(Mul, &[number(k), apply(Mul, &[power, window])])
}

/// (dx/dt, current)
fn vteam() -> [Equation; 2] {
    use Function::{Div, Exp, Gt, Lt, Mul, Select};
    let (v_off, v_on) = (0.5, -0.53);
    let off = rate(4.0e-3, v_off, 3.5, 1.0, 0.9);
    let on = rate(-3.0e-2, v_on, 1.7, -1.0, 0.1);
    let below = apply(Select, &[apply(Lt, &[v(), number(v_on)]), on, number(0.0)]);
    let dx = apply(Select, &[apply(Gt, &[v(), number(v_off)]), off, below]);
    let attenuation = apply(Exp, &[apply(Mul, &[number(-2.3), x()])]);
    let current = apply(Mul, &[apply(Div, &[v(), number(50.0)]), attenuation]);
    [dx, current]
}

fn tape() -> Tape {
    let mut dag = Dag::new();
    let inputs = [dag.input(0), dag.input(1)];
    let values = vteam().map(|e| {
        lower(&mut dag, &e, &mut |dag, leaf| match leaf {
            Leaf::Quantity(Quantity::Voltage(NetId(1), _)) => dag.input(0),
            Leaf::Quantity(_) => dag.input(1),
            Leaf::Const(v) => dag.constant(v),
            Leaf::Ddt(id) | Leaf::Idt(id, _) => id,
        })
    });
    let mut outputs = values.to_vec();
    for by in inputs {
        outputs.extend(derivatives(&mut dag, &values, by));
    }
    Tape::compile(&dag, &inputs, &outputs)
}

fn bench(c: &mut Criterion) {
    let tape = tape();
    let mut scratch = vec![0.0; tape.scratch()];
    for width in [1024, 64, 8, 1] {
        let inputs: Vec<f64> = (0..2 * width).map(|k| ((k * 7919) % 1000) as f64 / 500.0 - 1.0).collect();
        let mut outputs = vec![0.0; tape.outputs() * width];
        let name = format!("VTEAM with derivatives, {width} at once ({} instructions)", tape.len());
        c.bench_function(&name, |b| b.iter(|| tape.run(width, &inputs, &mut scratch, &mut outputs)));
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);

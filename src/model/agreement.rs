//! Random equations at random points: the tape gives what the tree gives, and its derivatives what dual numbers and
//! differences give.

use proptest::prelude::*;

use super::dag::{Dag, Id};
use super::diff::derivatives;
use super::eval::evaluate;
use super::lower::{Leaf, lower};
use super::tape::Tape;
use crate::circuit::NetId;
use crate::circuit::equation::{Equation, Function, Quantity};

const INPUTS: usize = 3;

fn input(n: usize) -> Equation {
    Equation::Quantity(Quantity::Voltage(NetId(n as u32 + 1), NetId::GROUND))
}

fn number_of(quantity: &Quantity) -> usize {
    match quantity {
        Quantity::Voltage(net, _) => net.0 as usize - 1,
        _ => unreachable!("only voltages are made"),
    }
}

/// An equation as a DAG with its inputs.
fn lowered(equation: &Equation) -> (Dag, Vec<Id>, Id) {
    let mut dag = Dag::new();
    let inputs: Vec<Id> = (0..INPUTS).map(|n| dag.input(n as u32)).collect();
    let id = lower(&mut dag, equation, &mut |dag, leaf| match leaf {
        Leaf::Const(v) => dag.constant(v),
        Leaf::Quantity(q) => dag.input(number_of(q) as u32),
        Leaf::Ddt(_) | Leaf::Idt(..) | Leaf::Limit(..) => unreachable!("only functions of real numbers are made"),
    });
    (dag, inputs, id)
}

fn run(tape: &Tape, x: &[f64], width: usize) -> Vec<f64> {
    let mut outputs = vec![f64::NAN; tape.outputs() * width];
    tape.run(width, x, &mut vec![f64::NAN; tape.scratch()], &mut outputs);
    outputs
}

/// A number and its derivative: the oracle, with the functions of `std` and rules of its own.
#[derive(Clone, Copy, Debug)]
struct Dual(f64, f64);

impl Dual {
    fn chain(self, value: f64, slope: f64) -> Dual {
        Dual(value, slope * self.1)
    }
}

fn dual(equation: &Equation, x: &[f64], by: usize) -> Dual {
    let Equation::Apply(f, args) = equation else {
        return match equation {
            Equation::Quantity(q) => Dual(x[number_of(q)], if number_of(q) == by { 1.0 } else { 0.0 }),
            other => Dual(other.constant().unwrap(), 0.0),
        };
    };
    let a: Vec<Dual> = args.iter().map(|a| dual(a, x, by)).collect();
    let power = |a: Dual, b: Dual| {
        let value = a.0.abs().powf(b.0);
        let by_base = if a.1 == 0.0 { 0.0 } else { b.0 * a.0.abs().powf(b.0 - 1.0) * a.0.signum() * a.1 };
        let by_exponent = if b.1 == 0.0 { 0.0 } else { value * a.0.abs().ln() * b.1 };
        Dual(value, by_base + by_exponent)
    };
    match (f, a.as_slice()) {
        (Function::Add, [a, b]) => Dual(a.0 + b.0, a.1 + b.1),
        (Function::Sub, [a, b]) => Dual(a.0 - b.0, a.1 - b.1),
        (Function::Mul, [a, b]) => Dual(a.0 * b.0, a.0 * b.1 + a.1 * b.0),
        (Function::Div, [a, b]) => Dual(a.0 / b.0, (a.1 * b.0 - a.0 * b.1) / (b.0 * b.0)),
        (Function::Neg, [a]) => Dual(-a.0, -a.1),
        (Function::AbsPow, [a, b]) => power(*a, *b),
        (Function::Exp, [a]) => a.chain(a.0.exp(), a.0.exp()),
        (Function::LimExp, [a]) if a.0 > 80.0 => a.chain(80f64.exp() * (a.0 - 79.0), 80f64.exp()),
        (Function::LimExp, [a]) => a.chain(a.0.exp(), a.0.exp()),
        (Function::Ln, [a]) => a.chain(a.0.abs().ln(), 1.0 / a.0),
        (Function::Sqrt, [a]) => a.chain(a.0.abs().sqrt(), 0.5 / a.0.abs().sqrt() * a.0.signum()),
        (Function::Abs, [a]) => a.chain(a.0.abs(), a.0.signum()),
        (Function::Sin, [a]) => a.chain(a.0.sin(), a.0.cos()),
        (Function::Cos, [a]) => a.chain(a.0.cos(), -a.0.sin()),
        (Function::Atan, [a]) => a.chain(a.0.atan(), 1.0 / (1.0 + a.0 * a.0)),
        (Function::Sinh, [a]) => a.chain(a.0.sinh(), a.0.cosh()),
        (Function::Tanh, [a]) => a.chain(a.0.tanh(), a.0.cosh().powi(-2)),
        (Function::Asinh, [a]) => a.chain(a.0.asinh(), 1.0 / (1.0 + a.0 * a.0).sqrt()),
        (Function::Atan2, [a, b]) => Dual(a.0.atan2(b.0), (b.0 * a.1 - a.0 * b.1) / (a.0 * a.0 + b.0 * b.0)),
        (Function::Hypot, [a, b]) => Dual(a.0.hypot(b.0), (a.0 * a.1 + b.0 * b.1) / a.0.hypot(b.0)),
        (Function::Min, [a, b]) => {
            if a.0 < b.0 {
                *a
            } else {
                *b
            }
        }
        (Function::Max, [a, b]) => {
            if a.0 > b.0 {
                *a
            } else {
                *b
            }
        }
        (Function::Gt, [a, b]) => Dual(f64::from(a.0 > b.0), 0.0),
        (Function::Floor, [a]) => Dual(a.0.floor(), 0.0),
        (Function::Ramp, [a]) => {
            if a.0 > 0.0 {
                *a
            } else {
                Dual(0.0, 0.0)
            }
        }
        (Function::Select, [c, a, b]) => {
            if c.0 != 0.0 {
                *a
            } else {
                *b
            }
        }
        (Function::Table, [x, ..]) => {
            let (left, right) = (a[1..].as_chunks::<2>().0, a[3..].as_chunks::<2>().0);
            let inside = left.iter().zip(right).find(|([xa, _], [xb, _])| xa.0 <= x.0 && x.0 < xb.0);
            match inside {
                Some(([xa, ya], [xb, yb])) => {
                    let slope = (yb.0 - ya.0) / (xb.0 - xa.0);
                    x.chain(ya.0 + slope * (x.0 - xa.0), slope)
                }
                None => Dual(if x.0 < a[1].0 { a[2].0 } else { a[a.len() - 1].0 }, 0.0),
            }
        }
        other => unreachable!("{other:?}"),
    }
}

/// Equations with bounded values: what could grow without limit is squeezed by tanh or atan first.
fn equations() -> impl Strategy<Value = Equation> {
    let leaf = prop_oneof![(0..INPUTS).prop_map(input), (-3.0..3.0f64).prop_map(Equation::Const)];
    leaf.prop_recursive(5, 40, 3, |inner| {
        let one = prop::sample::select(vec![
            Function::Neg,
            Function::Ln,
            Function::Sqrt,
            Function::Abs,
            Function::Sin,
            Function::Cos,
            Function::Atan,
            Function::Tanh,
            Function::Asinh,
            Function::Floor,
            Function::Ramp,
        ]);
        let two = prop::sample::select(vec![
            Function::Add,
            Function::Sub,
            Function::Mul,
            Function::Div,
            Function::Atan2,
            Function::Hypot,
            Function::Min,
            Function::Max,
            Function::Gt,
        ]);
        let grows = prop::sample::select(vec![Function::Exp, Function::LimExp, Function::Sinh]);
        let exponents = prop::sample::select(vec![-2.0, -1.0, 0.5, 1.0, 1.5, 2.0, 3.0, 2.7]);
        prop_oneof![
            (one, inner.clone()).prop_map(|(f, a)| Equation::apply(f, [a])),
            (two, inner.clone(), inner.clone()).prop_map(|(f, a, b)| Equation::apply(f, [a, b])),
            (grows, inner.clone()).prop_map(|(f, a)| Equation::apply(f, [Equation::apply(Function::Atan, [a])])),
            (inner.clone(), exponents).prop_map(|(a, y)| Equation::apply(Function::AbsPow, [a, Equation::Const(y)])),
            (inner.clone(), inner.clone())
                .prop_map(|(a, y)| { Equation::apply(Function::AbsPow, [a, Equation::apply(Function::Tanh, [y])]) }),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|(c, a, b)| {
                let positive = Equation::apply(Function::Gt, [c, Equation::Const(0.1)]);
                Equation::apply(Function::Select, [positive, a, b])
            }),
            inner.prop_map(|x| {
                let points = [-2.0, 1.0, -0.3, -0.5, 0.4, 2.0, 2.2, 0.7].map(Equation::Const);
                Equation::Apply(Function::Table, std::iter::once(x).chain(points).collect())
            }),
        ]
    })
}

/// Whether the equation is well away from poles, kinks and jumps at x: small changes of x change little.
fn smooth(equation: &Equation, x: &[f64]) -> bool {
    let here = evaluate(equation, &mut |q| x[number_of(q)]);
    let tame = |v: f64| v.abs() < 1e6;
    tame(here)
        && (0..INPUTS).all(|n| {
            let slope = dual(equation, x, n).1;
            let shifted = |h: f64| {
                let mut x = x.to_vec();
                x[n] += h;
                dual(equation, &x, n)
            };
            let change = (shifted(1e-4).1 - slope).abs().max((shifted(-1e-4).1 - slope).abs());
            tame(slope) && change < 0.05 * (1.0 + slope.abs())
        })
        && match equation {
            Equation::Apply(_, args) => args.iter().all(|a| smooth(a, x)),
            _ => true,
        }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, max_global_rejects: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_tape_gives_what_the_tree_gives(e in equations(), x in prop::array::uniform3(-2.0..2.0f64)) {
        prop_assume!(smooth(&e, &x));
        let tree = evaluate(&e, &mut |q| x[number_of(q)]);
        let (dag, inputs, id) = lowered(&e);
        let tape = run(&Tape::compile(&dag, &inputs, &[id]), &x, 1)[0];
        prop_assert!((tape - tree).abs() <= 1e-9 * (1.0 + tree.abs()), "{tape} {tree}");
    }

    #[test]
    fn derivatives_are_those_of_dual_numbers_and_differences(e in equations(), x in prop::array::uniform3(-2.0..2.0f64)) {
        prop_assume!(smooth(&e, &x));
        let (mut dag, inputs, id) = lowered(&e);
        let slopes: Vec<Id> = inputs.iter().map(|&by| derivatives(&mut dag, &[id], by)[0]).collect();
        let got = run(&Tape::compile(&dag, &inputs, &slopes), &x, 1);
        for n in 0..INPUTS {
            let exact = dual(&e, &x, n).1;
            prop_assert!((got[n] - exact).abs() <= 1e-9 * (1.0 + exact.abs()), "by {n}: {} {exact}", got[n]);
            let at = |h: f64| {
                let mut x = x;
                x[n] += h;
                evaluate(&e, &mut |q| x[number_of(q)])
            };
            let difference = (at(1e-6) - at(-1e-6)) / 2e-6;
            let rounding = 1e-9 * at(0.0).abs();
            prop_assert!((got[n] - difference).abs() <= 1e-3 * (1.0 + exact.abs()) + rounding, "by {n}: {} {difference}", got[n]);
        }
    }

    #[test]
    fn a_lane_has_the_same_bits_alone_and_among_others(e in equations(), x in prop::collection::vec(-2.0..2.0f64, INPUTS * 70)) {
        let (mut dag, inputs, id) = lowered(&e);
        let slope = derivatives(&mut dag, &[id], inputs[0])[0];
        let tape = Tape::compile(&dag, &inputs, &[id, slope]);
        let all = run(&tape, &x, 70);
        for lane in [0, 1, 37, 63, 64, 69] {
            let alone = run(&tape, &[x[lane], x[70 + lane], x[140 + lane]], 1);
            prop_assert_eq!(alone[0].to_bits(), all[lane].to_bits());
            prop_assert_eq!(alone[1].to_bits(), all[70 + lane].to_bits());
        }
    }
}

/// Each function by itself, away from its kinks: derivatives to 1e-12 of dual numbers.
#[test]
fn derivatives_of_each_function_are_good_to_1e_12() {
    use Function::*;
    let (x, y) = (input(0), input(1));
    let one = [Exp, LimExp, Ln, Sqrt, Abs, Sin, Cos, Atan, Sinh, Tanh, Asinh, Neg, Ramp];
    let two = [Add, Sub, Mul, Div, AbsPow, Atan2, Hypot, Min, Max];
    let all = one.map(|f| Equation::apply(f, [x.clone()])).into_iter();
    for e in all.chain(two.map(|f| Equation::apply(f, [x.clone(), y.clone()]))) {
        let (mut dag, inputs, id) = lowered(&e);
        let slopes: Vec<Id> = inputs.iter().map(|&by| derivatives(&mut dag, &[id], by)[0]).collect();
        let tape = Tape::compile(&dag, &inputs, &slopes);
        for k in 0..200 {
            let at = [-2.9 + 0.029 * k as f64 + 1e-3, 2.3 - 0.021 * k as f64, 0.0];
            let got = run(&tape, &at, 1);
            for (n, got) in got.iter().take(2).enumerate() {
                let exact = dual(&e, &at, n).1;
                assert!((got - exact).abs() <= 1e-12 * (1e-3 + exact.abs()), "{e:?} at {at:?}: {got} {exact}");
            }
        }
    }
}

/// What has no derivative at 0 has a finite one in the tape.
#[test]
fn slopes_at_zero_are_finite() {
    use Function::*;
    let x = input(0);
    let power = |f, y| Equation::apply(f, [x.clone(), Equation::Const(y)]);
    for (e, slope) in [
        (power(AbsPow, 1.5), Some(0.0)),
        (power(AbsPow, 1.0), Some(1.0)),
        (power(SignPow, 1.0), Some(1.0)),
        (power(Pow, 3.0), Some(0.0)),
        (Equation::apply(Abs, [x.clone()]), Some(1.0)),
        (Equation::apply(Ramp, [x.clone()]), Some(1.0)),
        (Equation::apply(Step, [x.clone()]), Some(0.0)),
        (power(AbsPow, 0.3), None),
        (power(AbsPow, -0.7), None),
        (Equation::apply(Sqrt, [x.clone()]), None),
        (Equation::apply(Ln, [x.clone()]), None),
        (Equation::apply(Div, [x.clone(), x.clone()]), None),
        (Equation::apply(Hypot, [x.clone(), x.clone()]), Some(0.0)),
        (Equation::apply(Atan2, [x.clone(), x.clone()]), Some(0.0)),
    ] {
        let (mut dag, inputs, id) = lowered(&e);
        let by_x = derivatives(&mut dag, &[id], inputs[0])[0];
        let got = run(&Tape::compile(&dag, &inputs, &[id, by_x]), &[0.0; INPUTS], 1);
        assert!(got.iter().all(|v| v.is_finite()), "{e:?}: {got:?}");
        if let Some(slope) = slope {
            assert!((got[1] - slope).abs() < 1e-11, "{e:?}: {got:?}");
        }
    }
}

//! Random equations at random points: the tape gives what the tree gives, and its derivatives what dual numbers and
//! differences give.

use proptest::prelude::*;

use super::dag::{Dag, Id};
use super::diff::derivatives;
use super::eval::evaluate;
use super::lower::{Leaf, lower};
use super::oracle::{self, Dual};
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

/// Value and derivative by input `by` at x.
fn dual(equation: &Equation, x: &[f64], by: usize) -> Dual {
    oracle::dual(equation, &|leaf| match leaf {
        Equation::Quantity(q) if number_of(q) == by => Dual::input(x[by]),
        Equation::Quantity(q) => Dual::constant(x[number_of(q)]),
        other => unreachable!("{other:?}"),
    })
}

/// x with one of its numbers moved.
fn moved(x: &[f64; INPUTS], n: usize, h: f64) -> [f64; INPUTS] {
    let mut x = *x;
    x[n] += h;
    x
}

/// Whether every function of the equation stays on its smooth piece while each input moves by up to h.
fn one_piece(equation: &Equation, x: &[f64; INPUTS], h: f64) -> bool {
    let at = |x: &[f64]| {
        let leaf = |leaf: &Equation| match leaf {
            Equation::Quantity(q) => Dual::constant(x[number_of(q)]),
            other => unreachable!("{other:?}"),
        };
        oracle::pieces(equation, &leaf)
    };
    let here = at(x);
    here.is_some() && (0..INPUTS).all(|n| at(&moved(x, n, h)) == here && at(&moved(x, n, -h)) == here)
}

/// Equations with bounded values: what could grow without limit is squeezed by tanh or atan first.
fn equations() -> impl Strategy<Value = Equation> {
    let leaf = prop_oneof![(0..INPUTS).prop_map(input), (-3.0..3.0f64).prop_map(Equation::Const)];
    leaf.prop_recursive(5, 40, 3, |inner| {
        let one = prop::sample::select(vec![
            Function::Neg,
            Function::Ln,
            Function::Sqrt,
            Function::Log10,
            Function::Abs,
            Function::Sign,
            Function::Sin,
            Function::Cos,
            Function::Atan,
            Function::Tanh,
            Function::Asinh,
            Function::Floor,
            Function::Ceil,
            Function::Step,
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
            Function::Le,
        ]);
        let grows =
            prop::sample::select(vec![Function::Exp, Function::LimExp, Function::Sinh, Function::Cosh, Function::Tan]);
        let inside = prop::sample::select(vec![Function::Asin, Function::Acos, Function::Atanh]);
        let powers = prop::sample::select(vec![Function::AbsPow, Function::SignPow]);
        let exponents = prop::sample::select(vec![-2.0, -1.0, 0.5, 1.0, 1.5, 2.0, 3.0, 2.7]);
        prop_oneof![
            (one, inner.clone()).prop_map(|(f, a)| Equation::apply(f, [a])),
            (two, inner.clone(), inner.clone()).prop_map(|(f, a, b)| Equation::apply(f, [a, b])),
            (grows, inner.clone()).prop_map(|(f, a)| Equation::apply(f, [Equation::apply(Function::Atan, [a])])),
            (inside, inner.clone()).prop_map(|(f, a)| {
                let tanh = Equation::apply(Function::Tanh, [a]);
                Equation::apply(f, [Equation::apply(Function::Mul, [Equation::Const(0.9), tanh])])
            }),
            inner.clone().prop_map(|a| {
                let above = Equation::apply(Function::Hypot, [a, Equation::Const(1.5)]);
                Equation::apply(Function::Acosh, [above])
            }),
            (powers, inner.clone(), exponents).prop_map(|(f, a, y)| Equation::apply(f, [a, Equation::Const(y)])),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| {
                let high = Equation::apply(Function::Hypot, [b, Equation::Const(0.5)]);
                Equation::apply(Function::Clip, [a, Equation::Const(-1.0), high])
            }),
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

/// Half of the step of differences; pieces must be this wide and more.
const STEP: f64 = 2e-5;

/// Whether the equation is well away from poles and bends at x: slopes change little within five steps.
fn smooth(equation: &Equation, x: &[f64; INPUTS]) -> bool {
    let tame = |v: f64| v.abs() < 1e6;
    let here = |n: usize| {
        let slope = dual(equation, x, n);
        let change = |h: f64| (dual(equation, &moved(x, n, h), n).slope - slope.slope).abs();
        tame(slope.value)
            && tame(slope.slope)
            && change(5.0 * STEP).max(change(-5.0 * STEP)) < 0.05 * (1.0 + slope.slope.abs())
    };
    (0..INPUTS).all(here)
        && match equation {
            Equation::Apply(_, args) => args.iter().all(|a| smooth(a, x)),
            _ => true,
        }
}

/// ∂f/∂x of input n by central differences of two steps, the error of second order taken out (Richardson).
fn difference(equation: &Equation, x: &[f64; INPUTS], n: usize) -> f64 {
    let at = |h: f64| {
        let x = moved(x, n, h);
        evaluate(equation, &mut |q| x[number_of(q)])
    };
    let central = |h: f64| (at(h) - at(-h)) / (2.0 * h);
    (4.0 * central(STEP) - central(2.0 * STEP)) / 3.0
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, max_global_rejects: 100_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn values_and_derivatives_are_those_of_dual_numbers_to_1e_12(e in equations(), x in prop::array::uniform3(-2.0..2.0f64)) {
        prop_assume!(one_piece(&e, &x, 1e-9));
        let (mut dag, inputs, id) = lowered(&e);
        let mut outputs: Vec<Id> = inputs.iter().map(|&by| derivatives(&mut dag, &[id], by)[0]).collect();
        outputs.push(id);
        let got = run(&Tape::compile(&dag, &inputs, &outputs), &x, 1);
        let tree = evaluate(&e, &mut |q| x[number_of(q)]);
        for n in 0..INPUTS {
            let exact = dual(&e, &x, n);
            prop_assume!(exact.slope_scale < 1e12 && exact.value_scale < 1e12);
            prop_assert!((got[n] - exact.slope).abs() <= 1e-12 * exact.slope_scale, "by {n}: {} {exact:?}", got[n]);
            for value in [got[INPUTS], tree] {
                prop_assert!((value - exact.value).abs() <= 1e-12 * exact.value_scale, "{value} {exact:?}");
            }
        }
    }

    #[test]
    fn derivatives_are_those_of_differences_to_1e_6(e in equations(), x in prop::array::uniform3(-2.0..2.0f64)) {
        prop_assume!(one_piece(&e, &x, 2.0 * STEP) && smooth(&e, &x));
        let (mut dag, inputs, id) = lowered(&e);
        let slopes: Vec<Id> = inputs.iter().map(|&by| derivatives(&mut dag, &[id], by)[0]).collect();
        let got = run(&Tape::compile(&dag, &inputs, &slopes), &x, 1);
        for (n, got) in got.iter().enumerate() {
            let (difference, Dual { slope_scale, value_scale, .. }) = (difference(&e, &x, n), dual(&e, &x, n));
            let rounding = f64::EPSILON * value_scale / STEP;
            let allowed = 1e-6 * slope_scale + rounding;
            prop_assert!((got - difference).abs() <= allowed, "by {n}: {got} {difference} {slope_scale}");
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
                let exact = dual(&e, &at, n).slope;
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

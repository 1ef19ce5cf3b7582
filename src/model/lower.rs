//! Equation → DAG: functions become operations, leaves what the caller makes of them.

use super::dag::{Dag, Id, Node};
use super::diff::derivatives;
use super::math::LIMEXP_FROM;
use super::op::{Binary, Unary};
use super::table::Table;
use crate::circuit::equation::{Equation, Function, Quantity};

/// A place in an equation that only the caller knows the meaning of.
#[derive(Clone, Copy, Debug)]
pub enum Leaf<'a> {
    /// A number; they come in the order of [`Equation`]'s text, so the n-th is the same place in equations of one structure
    Const(f64),
    Quantity(&'a Quantity),
    /// The time derivative of what stands at this node
    Ddt(Id),
    /// The time integral of what stands at the first node, from the second on where it is given
    Idt(Id, Option<Id>),
    /// The first node, which Newton may change by the second at most from one iteration to the next
    Limit(Id, Id),
}

/// Lowers `equation` into `dag`. `leaf` says what node a leaf is.
///
/// Functions of phasors are taken at real arguments: magnitude |x|, phase 0 or π, decibels 20·log₁₀|x|. The elaborator has
/// counted the arguments; one that is missing counts as 0.
pub fn lower(dag: &mut Dag, equation: &Equation, leaf: &mut dyn FnMut(&mut Dag, Leaf) -> Id) -> Id {
    match equation {
        Equation::Const(v) => leaf(dag, Leaf::Const(*v)),
        Equation::Quantity(q) => leaf(dag, Leaf::Quantity(q)),
        Equation::Apply(function, args) => {
            let args: Vec<Id> = args.iter().map(|a| lower(dag, a, leaf)).collect();
            match function {
                Function::Ddt => {
                    let of = argument(dag, &args, 0);
                    leaf(dag, Leaf::Ddt(of))
                }
                Function::Idt => {
                    let of = argument(dag, &args, 0);
                    leaf(dag, Leaf::Idt(of, args.get(1).copied()))
                }
                Function::Limit if args.len() == 2 => leaf(dag, Leaf::Limit(args[0], args[1])),
                _ => apply(dag, *function, &args),
            }
        }
    }
}

fn argument(dag: &mut Dag, args: &[Id], n: usize) -> Id {
    args.get(n).copied().unwrap_or_else(|| dag.constant(0.0))
}

/// A function other than `ddt` and `idt` of nodes.
fn apply(dag: &mut Dag, function: Function, args: &[Id]) -> Id {
    let [a, b, c] = [0, 1, 2].map(|n| argument(dag, args, n));
    let zero = dag.constant(0.0);
    let unary = |dag: &mut Dag, op| dag.unary(op, a);
    let binary = |dag: &mut Dag, op| dag.binary(op, a, b);
    match function {
        Function::Add => binary(dag, Binary::Add),
        Function::Sub => binary(dag, Binary::Sub),
        Function::Mul => binary(dag, Binary::Mul),
        Function::Div => binary(dag, Binary::Div),
        Function::Neg => unary(dag, Unary::Neg),
        Function::Pow => binary(dag, Binary::Pow),
        Function::AbsPow => binary(dag, Binary::AbsPow),
        Function::SignPow => binary(dag, Binary::SignPow),
        Function::Exp => unary(dag, Unary::Exp),
        Function::LimExp => {
            let from = dag.constant(LIMEXP_FROM);
            let below = dag.binary(Binary::Min, a, from);
            let e = dag.unary(Unary::Exp, below);
            dag.binary(Binary::Tangent, a, e)
        }
        Function::Ln => unary(dag, Unary::Ln),
        Function::Log10 => unary(dag, Unary::Log10),
        Function::Sqrt => unary(dag, Unary::Sqrt),
        Function::Abs | Function::Magnitude => unary(dag, Unary::Abs),
        Function::Sign => unary(dag, Unary::Sign),
        Function::Sin => unary(dag, Unary::Sin),
        Function::Cos => unary(dag, Unary::Cos),
        Function::Tan => unary(dag, Unary::Tan),
        Function::Asin => unary(dag, Unary::Asin),
        Function::Acos => unary(dag, Unary::Acos),
        Function::Atan => unary(dag, Unary::Atan),
        Function::Sinh => unary(dag, Unary::Sinh),
        Function::Cosh => unary(dag, Unary::Cosh),
        Function::Tanh => unary(dag, Unary::Tanh),
        Function::Asinh => unary(dag, Unary::Asinh),
        Function::Acosh => unary(dag, Unary::Acosh),
        Function::Atanh => unary(dag, Unary::Atanh),
        Function::Atan2 => binary(dag, Binary::Atan2),
        Function::Hypot => binary(dag, Binary::Hypot),
        Function::Min => binary(dag, Binary::Min),
        Function::Max => binary(dag, Binary::Max),
        Function::Clip => {
            let above = dag.binary(Binary::Max, a, b);
            dag.binary(Binary::Min, above, c)
        }
        Function::Floor => unary(dag, Unary::Floor),
        Function::Ceil => unary(dag, Unary::Ceil),
        Function::Round => unary(dag, Unary::Round),
        Function::Trunc => unary(dag, Unary::Trunc),
        Function::Step => dag.binary(Binary::Gt, a, zero),
        Function::Ramp => dag.binary(Binary::Max, a, zero),
        Function::Mod => binary(dag, Binary::Mod),
        Function::Lt => binary(dag, Binary::Lt),
        Function::Le => binary(dag, Binary::Le),
        Function::Gt => binary(dag, Binary::Gt),
        Function::Ge => binary(dag, Binary::Ge),
        Function::Eq => binary(dag, Binary::Eq),
        Function::Ne => binary(dag, Binary::Ne),
        Function::And => binary(dag, Binary::And),
        Function::Or => binary(dag, Binary::Or),
        Function::Not => unary(dag, Unary::Not),
        Function::Select => dag.select(a, b, c),
        Function::Table => piecewise(dag, a, args.get(1..).unwrap_or(&[]), false),
        Function::SmoothTable => piecewise(dag, a, args.get(1..).unwrap_or(&[]), true),
        Function::Phase => {
            let pi = dag.constant(std::f64::consts::PI);
            let negative = dag.binary(Binary::Lt, a, zero);
            dag.select(negative, pi, zero)
        }
        Function::Decibel => {
            let twenty = dag.constant(20.0);
            let log = dag.unary(Unary::Log10, a);
            dag.mul(twenty, log)
        }
        Function::Real => a,
        Function::Ddx => by(dag, a, b),
        // Where Newton is held back is the device's business; the value is x.
        Function::Limit => a,
        Function::Imaginary | Function::Ddt | Function::Idt => zero,
    }
}

/// ∂of/∂by, `by` being an input or the negative of one.
fn by(dag: &mut Dag, of: Id, by: Id) -> Id {
    let zero = dag.constant(0.0);
    let (by, negative) = match dag.node(by) {
        Node::Unary(Unary::Neg, x) => (x, true),
        _ => (by, false),
    };
    let slope = derivatives(dag, &[of], by).first().copied().unwrap_or(zero);
    if negative { dag.neg(slope) } else { slope }
}

/// A table: constant points are looked up by halving; points that are computed (ascending, by agreement; their corners stay
/// sharp) by a chain of selects.
fn piecewise(dag: &mut Dag, x: Id, points: &[Id], smooth: bool) -> Id {
    let constants: Option<Vec<f64>> = points.iter().map(|&p| dag.value(p)).collect();
    if let Some(values) = constants {
        let table = Table::new(values.as_chunks::<2>().0.iter().map(|p| (p[0], p[1])));
        return dag.piecewise(if smooth { table.rounded() } else { table }, x);
    }
    let points = points.as_chunks::<2>().0;
    let Some(&[_, first]) = points.first() else { return dag.constant(0.0) };
    let mut y = first;
    for (&[xa, ya], &[xb, yb]) in points.iter().zip(points.iter().skip(1)) {
        let (rise, run, along) = (dag.sub(yb, ya), dag.sub(xb, xa), dag.sub(x, xa));
        let part = dag.div(along, run);
        let up = dag.mul(rise, part);
        let line = dag.add(ya, up);
        let reached = dag.binary(Binary::Ge, x, xa);
        let passed = dag.binary(Binary::Ge, x, xb);
        let here = dag.select(passed, yb, line);
        y = dag.select(reached, here, y);
    }
    y
}

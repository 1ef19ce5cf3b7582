//! Exact derivatives of DAG nodes with respect to one input, as more nodes of the same DAG.
//!
//! Where a function has no derivative: |x|, max(x, 0) and tables take the one from the right; what jumps (step, floor,
//! comparisons, sign) has derivative 0; the slopes of √|x| and |x|^y at 0 are those at |x| = 1e-24, so they stay finite;
//! a function continued beyond its domain by a constant (asin, acosh, atanh) has derivative 0 there.

use std::collections::HashMap;

use super::dag::{Dag, Id, Node};
use super::op::{Binary, Unary};

/// Nearer to 0 the slope of a root or a power is that of here.
const ROOT_FLOOR: f64 = 1e-24;

/// ∂ of each of `of` by the input node `by`.
pub fn derivatives(dag: &mut Dag, of: &[Id], by: Id) -> Vec<Id> {
    let zero = dag.constant(0.0);
    let order = dag.reachable(of, &[]);
    // What does not depend on `by` has no entry: of thousands of equations each reads few of thousands of inputs.
    let mut known: HashMap<Id, Id> = HashMap::new();
    for id in order {
        let d = |a: Id| known.get(&a).copied().unwrap_or(zero);
        let slope = if id == by {
            dag.constant(1.0)
        } else {
            match dag.node(id) {
                Node::Const(_) | Node::Input(_) => zero,
                Node::Unary(op, a) => unary(dag, op, id, a, d(a)),
                Node::Binary(op, a, b) => binary(dag, op, id, (a, d(a)), (b, d(b))),
                Node::Select(c, a, b) => dag.select(c, d(a), d(b)),
                Node::Table(t, a) if d(a) != zero => {
                    let slope = dag.slope(t, a);
                    dag.mul(slope, d(a))
                }
                Node::Table(..) | Node::Slope(..) => zero,
            }
        };
        if slope != zero {
            known.insert(id, slope);
        }
    }
    of.iter().map(|id| known.get(id).copied().unwrap_or(zero)).collect()
}

/// The derivative of y = op(x).
fn unary(dag: &mut Dag, op: Unary, y: Id, x: Id, dx: Id) -> Id {
    let zero = dag.constant(0.0);
    if dx == zero {
        return zero;
    }
    let one = dag.constant(1.0);
    // √(1 + x²) and (1 − x)(1 + x), which several rules divide by
    let root_above = |dag: &mut Dag| {
        let square = dag.mul(x, x);
        let sum = dag.add(one, square);
        dag.unary(Unary::Sqrt, sum)
    };
    let product = |dag: &mut Dag| {
        let (minus, plus) = (dag.sub(one, x), dag.add(one, x));
        dag.mul(minus, plus)
    };
    let inside = |dag: &mut Dag, value: Id| {
        let size = dag.unary(Unary::Abs, x);
        let inside = dag.binary(Binary::Lt, size, one);
        dag.select(inside, value, zero)
    };
    match op {
        Unary::Neg => dag.neg(dx),
        Unary::Exp => dag.mul(y, dx),
        Unary::Ln => dag.div(dx, x),
        Unary::Log10 => {
            let e = dag.constant(std::f64::consts::LOG10_E);
            let scaled = dag.mul(e, dx);
            dag.div(scaled, x)
        }
        Unary::Sqrt => {
            let half = dag.constant(0.5);
            let slope = power_slope(dag, y, x, half);
            dag.mul(slope, dx)
        }
        Unary::Abs => {
            let negative = dag.binary(Binary::Lt, x, zero);
            let down = dag.neg(dx);
            dag.select(negative, down, dx)
        }
        Unary::Sin => {
            let cos = dag.unary(Unary::Cos, x);
            dag.mul(cos, dx)
        }
        Unary::Cos => {
            let sin = dag.unary(Unary::Sin, x);
            let slope = dag.neg(sin);
            dag.mul(slope, dx)
        }
        Unary::Tan => {
            let square = dag.mul(y, y);
            let slope = dag.add(one, square);
            dag.mul(slope, dx)
        }
        Unary::Asin | Unary::Acos => {
            let root = product(dag);
            let root = dag.unary(Unary::Sqrt, root);
            let slope = dag.div(one, root);
            let slope = inside(dag, slope);
            let slope = if op == Unary::Asin { slope } else { dag.neg(slope) };
            dag.mul(slope, dx)
        }
        Unary::Atan => {
            let square = dag.mul(x, x);
            let sum = dag.add(one, square);
            dag.div(dx, sum)
        }
        Unary::Sinh => {
            let cosh = dag.unary(Unary::Cosh, x);
            dag.mul(cosh, dx)
        }
        Unary::Cosh => {
            let sinh = dag.unary(Unary::Sinh, x);
            dag.mul(sinh, dx)
        }
        Unary::Tanh => {
            let (minus, plus) = (dag.sub(one, y), dag.add(one, y));
            let slope = dag.mul(minus, plus);
            dag.mul(slope, dx)
        }
        Unary::Asinh => {
            let root = root_above(dag);
            dag.div(dx, root)
        }
        Unary::Acosh => {
            let minus = product(dag);
            let root = dag.unary(Unary::Sqrt, minus);
            let slope = dag.div(one, root);
            let above = dag.binary(Binary::Gt, x, one);
            let slope = dag.select(above, slope, zero);
            dag.mul(slope, dx)
        }
        Unary::Atanh => {
            let product = product(dag);
            let slope = dag.div(one, product);
            let slope = inside(dag, slope);
            dag.mul(slope, dx)
        }
        Unary::Sign | Unary::Floor | Unary::Ceil | Unary::Round | Unary::Trunc | Unary::Not => zero,
    }
}

/// The derivative of z = op(x, y).
fn binary(dag: &mut Dag, op: Binary, z: Id, (x, dx): (Id, Id), (y, dy): (Id, Id)) -> Id {
    let zero = dag.constant(0.0);
    if dx == zero && dy == zero {
        return zero;
    }
    match op {
        Binary::Add => dag.add(dx, dy),
        Binary::Sub => dag.sub(dx, dy),
        Binary::Mul => {
            let (a, b) = (dag.mul(dx, y), dag.mul(x, dy));
            dag.add(a, b)
        }
        Binary::Div => {
            let change = dag.mul(z, dy);
            let top = dag.sub(dx, change);
            dag.div(top, y)
        }
        Binary::Pow | Binary::AbsPow | Binary::SignPow => {
            let slope = power_slope(dag, z, x, y);
            let by_base = dag.mul(slope, dx);
            if dy == zero {
                return by_base;
            }
            let (size, floor) = (dag.unary(Unary::Abs, x), dag.constant(ROOT_FLOOR));
            let size = dag.binary(Binary::Max, size, floor);
            let log = dag.unary(Unary::Ln, size);
            let growth = dag.mul(z, log);
            let by_exponent = dag.mul(growth, dy);
            dag.add(by_base, by_exponent)
        }
        Binary::Tangent => dag.mul(y, dx),
        Binary::Atan2 => {
            // z = atan2(x, y): ordinate first
            let (a, b) = (dag.mul(y, dx), dag.mul(x, dy));
            let top = dag.sub(a, b);
            let (xx, yy) = (dag.mul(x, x), dag.mul(y, y));
            let square = dag.add(xx, yy);
            dag.div(top, square)
        }
        Binary::Hypot => {
            let (a, b) = (dag.mul(x, dx), dag.mul(y, dy));
            let top = dag.add(a, b);
            dag.div(top, z)
        }
        Binary::Min => {
            let first = dag.binary(Binary::Lt, x, y);
            dag.select(first, dx, dy)
        }
        Binary::Max => {
            let first = dag.binary(Binary::Ge, x, y);
            dag.select(first, dx, dy)
        }
        Binary::Mod => {
            let quotient = dag.div(x, y);
            let whole = dag.unary(Unary::Trunc, quotient);
            let change = dag.mul(whole, dy);
            dag.sub(dx, change)
        }
        Binary::Lt | Binary::Le | Binary::Gt | Binary::Ge | Binary::Eq | Binary::Ne | Binary::And | Binary::Or => zero,
    }
}

/// ∂z/∂x of z = |x|^y, sgn(x)·|x|^y or x^y: y·z/x, and near 0 the slope at x = 1e-24.
fn power_slope(dag: &mut Dag, z: Id, x: Id, y: Id) -> Id {
    let (one, floor) = (dag.constant(1.0), dag.constant(ROOT_FLOOR));
    let size = dag.unary(Unary::Abs, x);
    let away = dag.binary(Binary::Gt, size, floor);
    let ratio = dag.div(z, x);
    let slope = dag.mul(y, ratio);
    let less = dag.sub(y, one);
    let near = dag.binary(Binary::AbsPow, floor, less);
    let near = dag.mul(y, near);
    dag.select(away, slope, near)
}

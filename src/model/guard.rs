//! Functions where they are not defined: which of them an equation has, where they are left, and whether a result changes
//! with what is put in their place.
//!
//! Outside its domain a function of [`super::math`] goes on somehow, so that an iteration that strays there comes back.
//! A solution that rests on such a value means nothing. It does where a result changes as the value does: a logarithm in
//! the branch that is not taken, or 1/(1 + e^x) where e^x overflows, changes nothing.

use std::collections::HashMap;

use super::dag::{Dag, Id, Node};
use super::op::{Binary, Unary};

/// e^x is taken as e^this above.
const OVERFLOW: f64 = super::math::EXP_TO;
/// A power that is larger has overflowed.
const LARGEST_POWER: f64 = 8e307;
/// Rounding takes a sine this far beyond 1.
const BEYOND_ONE: f64 = 1.0 + 1e-12;
/// A result that changes by less than this part of itself, or by less than this, does not change.
const CHANGE: f64 = 1e-6;
const LEAST_CHANGE: f64 = 1e-100;

/// A function that may be outside its domain.
#[derive(Clone, Copy, Debug)]
pub struct Guard {
    pub node: Id,
    pub argument: Id,
    /// What it is then: "ln( ) of a number that is not positive"
    pub fault: &'static str,
    /// Not 0 where it is outside
    pub outside: Id,
}

/// Every function in `roots` whose argument moves and may leave its domain.
pub fn guards(dag: &mut Dag, roots: &[Id], moves: impl Fn(Id) -> bool) -> Vec<Guard> {
    let order = dag.reachable(roots, &[]);
    order.into_iter().filter_map(|id| guard(dag, id, &moves)).collect()
}

fn guard(dag: &mut Dag, node: Id, moves: &impl Fn(Id) -> bool) -> Option<Guard> {
    let [zero, one, beyond] = [0.0, 1.0, BEYOND_ONE].map(|v| dag.constant(v));
    let new = |argument, fault, outside| Some(Guard { node, argument, fault, outside });
    match dag.node(node) {
        Node::Unary(op, a) if moves(a) => match op {
            Unary::Ln | Unary::Log10 if !is_positive(dag, a) => {
                let outside = dag.binary(Binary::Le, a, zero);
                new(a, "a logarithm of a number that is not positive", outside)
            }
            Unary::Sqrt if !is_positive(dag, a) => {
                let outside = dag.binary(Binary::Lt, a, zero);
                new(a, "a square root of a negative number", outside)
            }
            Unary::Asin | Unary::Acos | Unary::Atanh => {
                let size = dag.unary(Unary::Abs, a);
                let outside = dag.binary(Binary::Gt, size, beyond);
                new(a, "asin( ), acos( ) or atanh( ) of a number outside -1 … 1", outside)
            }
            Unary::Acosh => {
                let outside = dag.binary(Binary::Lt, a, one);
                new(a, "acosh( ) of a number below 1", outside)
            }
            Unary::Exp if !is_bounded(dag, a, moves) => {
                let most = dag.constant(OVERFLOW);
                let outside = dag.binary(Binary::Gt, a, most);
                new(a, "exp( ) overflows", outside)
            }
            Unary::Sinh | Unary::Cosh => {
                let (size, most) = (dag.unary(Unary::Abs, a), dag.constant(OVERFLOW));
                let outside = dag.binary(Binary::Gt, size, most);
                new(a, "sinh( ) or cosh( ) overflows", outside)
            }
            _ => None,
        },
        Node::Binary(Binary::Div, _, by) if moves(by) => {
            let (size, least) = (dag.unary(Unary::Abs, by), dag.constant(super::math::SMALLEST_DIVISOR));
            let outside = dag.binary(Binary::Lt, size, least);
            new(by, "a division by 0", outside)
        }
        Node::Binary(Binary::Pow | Binary::AbsPow | Binary::SignPow, a, b) if moves(a) && is_negative(dag, b) => {
            let (size, least) = (dag.unary(Unary::Abs, a), dag.constant(super::math::SMALLEST_DIVISOR));
            let outside = dag.binary(Binary::Lt, size, least);
            new(a, "a division by 0", outside)
        }
        Node::Binary(Binary::Pow | Binary::AbsPow | Binary::SignPow, a, b) if moves(a) || moves(b) => {
            let (size, most) = (dag.unary(Unary::Abs, node), dag.constant(LARGEST_POWER));
            let outside = dag.binary(Binary::Ge, size, most);
            new(a, "a power overflows", outside)
        }
        _ => None,
    }
}

/// Whether a node is above 0, or at least not below, by its form.
fn is_positive(dag: &Dag, id: Id) -> bool {
    let is = |id| is_positive(dag, id);
    match dag.node(id) {
        Node::Const(bits) => f64::from_bits(bits) > 0.0,
        Node::Unary(Unary::Exp | Unary::Cosh, _) => true,
        Node::Binary(Binary::Add, a, b) => is(a) && is_square(dag, b) || is(b) && is_square(dag, a) || is(a) && is(b),
        Node::Binary(Binary::Mul | Binary::Div, a, b) => is(a) && is(b),
        Node::Binary(Binary::Max, a, b) => is(a) || is(b),
        Node::Binary(Binary::Min, a, b) | Node::Select(_, a, b) => is(a) && is(b),
        _ => false,
    }
}

/// Whether a node is a number below 0.
fn is_negative(dag: &Dag, id: Id) -> bool {
    matches!(dag.node(id), Node::Const(bits) if f64::from_bits(bits) < 0.0)
}

fn is_square(dag: &Dag, id: Id) -> bool {
    match dag.node(id) {
        Node::Binary(Binary::Mul, a, b) => a == b,
        Node::Unary(Unary::Abs | Unary::Sqrt, _) => true,
        _ => is_positive(dag, id),
    }
}

/// Whether something that does not move is above it.
fn is_bounded(dag: &Dag, id: Id, moves: &impl Fn(Id) -> bool) -> bool {
    match dag.node(id) {
        Node::Binary(Binary::Min, a, b) => !moves(a) || !moves(b),
        Node::Binary(Binary::Max, a, b) => {
            let bounded = |id| !moves(id) || is_bounded(dag, id, moves);
            bounded(a) && bounded(b)
        }
        _ => false,
    }
}

/// Not 0 where one of the guards is outside.
pub fn any_outside(dag: &mut Dag, guards: &[Guard]) -> Id {
    let mut of: Vec<Id> = guards.iter().map(|g| g.outside).collect();
    // A tree as flat as can be.
    while of.len() > 1 {
        of = of.chunks(2).filter_map(|pair| pair.iter().copied().reduce(|a, b| dag.binary(Binary::Or, a, b))).collect();
    }
    of.first().copied().unwrap_or_else(|| dag.constant(0.0))
}

/// Whether a result changes with what stands in for the guards that are outside, and the argument of the first of them.
pub fn matters(dag: &mut Dag, roots: &[Id], guards: &[Guard]) -> (Id, Id) {
    let outside: HashMap<Id, Id> = guards.iter().map(|g| (g.node, g.outside)).collect();
    let [half, one, zero] = [0.5, 1.0, 0.0].map(|v| dag.constant(v));
    let mut new: HashMap<Id, Id> = HashMap::new();
    for id in dag.reachable(roots, &[]) {
        let mut other = super::substitute::rebuilt(dag, id, &new);
        if let Some(&outside) = outside.get(&id) {
            // What overflows may be anything as large; a logarithm or a root may be anything.
            let halved = dag.mul(half, other);
            let large =
                matches!(dag.node(id), Node::Binary(..) | Node::Unary(Unary::Exp | Unary::Sinh | Unary::Cosh, _));
            let changed = if large { halved } else { dag.add(halved, one) };
            other = dag.select(outside, changed, other);
        }
        if other != id {
            new.insert(id, other);
        }
    }
    let mut any = zero;
    for &root in roots {
        let Some(&other) = new.get(&root) else { continue };
        let difference = dag.sub(root, other);
        let [change, size] = [difference, root].map(|id| dag.unary(Unary::Abs, id));
        let (part, least) = (dag.constant(CHANGE), dag.constant(LEAST_CHANGE));
        let allowed = dag.mul(part, size);
        let allowed = dag.binary(Binary::Max, allowed, least);
        let changes = dag.binary(Binary::Gt, change, allowed);
        any = dag.binary(Binary::Or, any, changes);
    }
    let argument = guards.iter().rev().fold(zero, |rest, g| dag.select(g.outside, g.argument, rest));
    (any, argument)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of f(x): whether it matters at x that a function is outside its domain, with its argument.
    fn at(f: impl Fn(&mut Dag, Id) -> Id, x: f64) -> Option<f64> {
        let mut d = Dag::new();
        let input = d.input(0);
        let root = f(&mut d, input);
        let guards = guards(&mut d, &[root], |_| true);
        let suspect = any_outside(&mut d, &guards);
        let (matters, argument) = matters(&mut d, &[root], &guards);
        let values = d.evaluate(&[x]);
        let value = |id: Id| values[id.0 as usize];
        (value(suspect) != 0.0 && value(matters) != 0.0).then(|| value(argument))
    }

    #[test]
    fn what_is_outside_and_matters_is_found() {
        let ln = |d: &mut Dag, x| d.unary(Unary::Ln, x);
        assert_eq!(at(ln, -1.0), Some(-1.0));
        assert_eq!(at(ln, 0.0), Some(0.0));
        assert_eq!(at(ln, 1e-300), None);
        assert_eq!(at(|d, x| d.unary(Unary::Sqrt, x), -0.5), Some(-0.5));
        assert_eq!(at(|d, x| d.unary(Unary::Asin, x), 2.0), Some(2.0));
        assert_eq!(at(|d, x| d.unary(Unary::Asin, x), 1.0), None);
        assert_eq!(at(|d, x| d.unary(Unary::Exp, x), 1000.0), Some(1000.0));
        let inverse = |d: &mut Dag, x| {
            let one = d.constant(1.0);
            d.div(one, x)
        };
        assert_eq!(at(inverse, 0.0), Some(0.0));
        let power = |d: &mut Dag, x| {
            let y = d.constant(-0.3);
            d.binary(Binary::AbsPow, x, y)
        };
        assert_eq!(at(power, 0.0), Some(0.0));
        assert_eq!(at(power, -1.0), None);
        // One inside another
        let both = |d: &mut Dag, x| {
            let ln = d.unary(Unary::Ln, x);
            d.unary(Unary::Exp, ln)
        };
        assert_eq!(at(both, -1.0), Some(-1.0));
    }

    #[test]
    fn what_changes_nothing_is_not() {
        let branch = |d: &mut Dag, x| {
            let zero = d.constant(0.0);
            let (positive, ln) = (d.binary(Binary::Gt, x, zero), d.unary(Unary::Ln, x));
            d.select(positive, ln, zero)
        };
        assert_eq!(at(branch, -1.0), None);
        let fermi = |d: &mut Dag, x| {
            let (one, e) = (d.constant(1.0), d.unary(Unary::Exp, x));
            let sum = d.add(one, e);
            d.div(one, sum)
        };
        assert_eq!(at(fermi, 1000.0), None);
        let softplus = |d: &mut Dag, x| {
            let (one, e) = (d.constant(1.0), d.unary(Unary::Exp, x));
            let sum = d.add(one, e);
            d.unary(Unary::Ln, sum)
        };
        assert_eq!((at(softplus, 490.0), at(softplus, 1000.0)), (None, Some(1000.0)));
    }
}

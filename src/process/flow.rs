//! The flow of control through a [`Code`]: which operation follows which, under what condition, and what can be reached.

use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::Dfs;

use super::code::{Code, OpKind};
use crate::syntax::ast::{Binary, Expr, ExprKind, Iter, Unary};

/// Under what condition an operation follows another.
#[derive(Clone, Copy, Debug)]
pub enum Way<'c> {
    Always,
    /// Where the expression is true, or false
    If(&'c Expr, bool),
    /// There is another pass of a `for`
    Pass(&'c Iter),
    /// There is none
    Over(&'c Iter),
    /// A `repeat` has not reached its `max`, or has
    Bound(bool),
}

/// What may follow an operation; the place behind the last one is the end. Nothing follows a wait for what never holds.
pub fn ways(code: &Code, at: usize) -> Vec<(usize, Way<'_>)> {
    let Some(op) = code.ops.get(at) else { return Vec::new() };
    let next = at + 1;
    match &op.kind {
        OpKind::Jump(to) => vec![(to.0, Way::Always)],
        OpKind::Unless(test, to) => match constant(test) {
            Some(v) => vec![(if v != 0.0 { next } else { to.0 }, Way::Always)],
            None => vec![(next, Way::If(test, true)), (to.0, Way::If(test, false))],
        },
        OpKind::Next(iter, exit) => vec![(next, Way::Pass(iter)), (exit.0, Way::Over(iter))],
        OpKind::Bounded(exit) if has_bound(code, at) => {
            vec![(next, Way::Bound(false)), (exit.0, Way::Bound(true))]
        }
        OpKind::Until { condition, timeout: None } if constant(condition) == Some(0.0) => Vec::new(),
        OpKind::Par { first, branches } => {
            let mut ending = branches.iter().map(|b| ends(b));
            let goes_on = if *first { branches.is_empty() || ending.any(|e| e) } else { ending.all(|e| e) };
            if goes_on { vec![(next, Way::Always)] } else { Vec::new() }
        }
        _ => vec![(next, Way::Always)],
    }
}

/// Whether the `repeat` that tests its bound here has one: its operation stands before.
fn has_bound(code: &Code, at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|k| code.ops.get(k));
    before.is_none_or(|op| !matches!(op.kind, OpKind::Count { max: None, .. }))
}

/// Whether simulated time may pass in an operation: it is a state of the machine.
pub fn takes_time(kind: &OpKind) -> bool {
    matches!(
        kind,
        OpKind::Pulse(..)
            | OpKind::Return
            | OpKind::Ramp(..)
            | OpKind::Wait(_)
            | OpKind::Until { .. }
            | OpKind::Call { .. }
            | OpKind::Par { .. }
    )
}

/// A vertex for each operation and one for the end, in their order.
pub fn graph(code: &Code) -> DiGraph<(), ()> {
    let edges =
        (0..code.ops.len()).flat_map(|at| ways(code, at).into_iter().map(move |(to, _)| (at as u32, to as u32)));
    let mut graph = DiGraph::from_edges(edges);
    while graph.node_count() <= code.ops.len() {
        graph.add_node(());
    }
    graph
}

/// Which operations may follow one, itself included where a way leads back to it.
pub fn after(graph: &DiGraph<(), ()>, at: usize) -> Vec<bool> {
    let mut reached = vec![false; graph.node_count()];
    for first in graph.neighbors(NodeIndex::new(at)) {
        let mut search = Dfs::new(graph, first);
        while let Some(node) = search.next(graph) {
            reached[node.index()] = true;
        }
    }
    reached
}

/// Which operations can be reached from the beginning; the last place is the end.
pub fn reached(graph: &DiGraph<(), ()>) -> Vec<bool> {
    let mut out = after(graph, 0);
    out[0] = true;
    out
}

/// Whether the end can be reached.
pub fn ends(code: &Code) -> bool {
    code.ops.is_empty() || reached(&graph(code)).last() == Some(&true)
}

/// The value of an expression of nothing but numbers.
pub fn constant(e: &Expr) -> Option<f64> {
    let truth = |b: bool| Some(f64::from(b));
    match &e.kind {
        ExprKind::Number(v) => Some(*v),
        ExprKind::Name(n) => {
            crate::value::constants::constant(&n.to_ascii_lowercase()).filter(|v| *v == 0.0 || *v == 1.0)
        }
        ExprKind::Unary(Unary::Not, a) => truth(constant(a)? == 0.0),
        ExprKind::Unary(Unary::Neg, a) => constant(a).map(|a| -a),
        ExprKind::Unary(Unary::Plus, a) => constant(a),
        ExprKind::Binary(op, a, b) => {
            let (a, b) = (constant(a)?, constant(b)?);
            match op {
                Binary::Lt => truth(a < b),
                Binary::Le => truth(a <= b),
                Binary::Gt => truth(a > b),
                Binary::Ge => truth(a >= b),
                Binary::Eq => truth(a == b),
                Binary::Ne => truth(a != b),
                Binary::And => truth(a != 0.0 && b != 0.0),
                Binary::Or => truth(a != 0.0 || b != 0.0),
                _ => None,
            }
        }
        _ => None,
    }
}

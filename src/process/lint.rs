//! What looks wrong in the flow of control of `.always` and `.protocol`, before anything runs: statements that nothing
//! reaches, waits and loops that never end; and as notes, what nothing bounds and bounds that nobody tests.

use std::collections::{BTreeSet, HashSet};

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::bodies::{Body, BodyKind, bodies};
use super::code::{Code, Op, OpKind};
use super::flow::{after, constant, graph, reached, takes_time};
use super::machine::Machine;
use crate::diag::{Diagnostic, Span};
use crate::syntax::ast::{Drive, Expr, ExprKind, Name, Stmt, StmtKind};

/// Everything found, in the order of the files.
pub fn lint(machine: &Machine) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    for body in bodies(machine) {
        each_code(&body.code, &mut |code| {
            dead(code, &mut out);
            endless(code, &body, &mut out);
        });
        if body.kind == BodyKind::Protocol {
            out.extend(unbounded(&body.code));
            each_code(&body.code, &mut |code| untested(code, &body.code.results, &mut out));
        }
    }
    out
}

/// A code and those of the branches in it.
fn each_code(code: &Code, see: &mut dyn FnMut(&Code)) {
    see(code);
    for op in &code.ops {
        if let OpKind::Par { branches, .. } = &op.kind {
            branches.iter().for_each(|b| each_code(b, see));
        }
    }
}

/// Waits that never end, and statements behind them or behind loops without an end.
fn dead(code: &Code, out: &mut Vec<Diagnostic>) {
    let reached = reached(&graph(code));
    let mut told = false;
    for (op, &reached) in code.ops.iter().zip(&reached) {
        if let OpKind::Until { condition, timeout: None } = &op.kind
            && reached
            && constant(condition) == Some(0.0)
        {
            out.push(
                Diagnostic::warning("process::never-ends", "this wait never ends")
                    .at(condition.span, "never true")
                    .help("a condition reads V( ), I( ), a signal or a variable; a timeout bounds the wait"),
            );
        }
        if reached {
            told = false;
        } else if !told && is_statement(&op.kind) {
            told = true;
            out.push(
                Diagnostic::warning("process::unreachable", "nothing leads to this statement")
                    .at(op.span, "never reached")
                    .help("what stands before it never ends, or its condition is never true"),
            );
        }
    }
}

/// Whether an operation is a statement by itself, no part of a loop.
fn is_statement(kind: &OpKind) -> bool {
    !matches!(
        kind,
        OpKind::Jump(_)
            | OpKind::Enter
            | OpKind::Leave
            | OpKind::Next(..)
            | OpKind::Bounded(_)
            | OpKind::Counted
            | OpKind::Uncount
            | OpKind::Return
    )
}

/// Loops that take no time and have no end.
fn endless(code: &Code, body: &Body, out: &mut Vec<Diagnostic>) {
    let graph = graph(code);
    let reached = reached(&graph);
    for mut circle in tarjan_scc(&graph) {
        circle.sort();
        let inside: HashSet<NodeIndex> = circle.iter().copied().collect();
        let is_loop = circle.iter().any(|n| graph.neighbors(*n).any(|m| inside.contains(&m)));
        let leaves = circle.iter().any(|n| graph.neighbors(*n).any(|m| !inside.contains(&m)));
        let waits = |n: &NodeIndex| code.ops.get(n.index()).is_some_and(|op| takes_time(&op.kind));
        let Some(first) = circle.first().filter(|n| reached[n.index()]) else { continue };
        if is_loop && !leaves && !circle.iter().any(waits) {
            let span = code.ops.get(first.index()).map_or(body.name.span, head);
            out.push(
                Diagnostic::warning(
                    "process::no-wait",
                    format!("a loop of {} has no end and takes no time", body.path),
                )
                .at(span, "nothing in it waits")
                .help("a wait, a pulse or a call of a protocol lets time pass"),
            );
        }
    }
}

/// The place of an operation, of a `let` or assignment its own.
fn head(op: &Op) -> Span {
    match &op.kind {
        OpKind::Do(s) => s.span,
        _ => op.span,
    }
}

/// Loops and waits that nothing bounds. A branch of `par first` is bounded by the others.
fn unbounded(code: &Code) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    for op in &code.ops {
        match &op.kind {
            OpKind::Until { condition, timeout: None } if constant(condition).is_none() => out.push(
                Diagnostic::note("process::unbounded", "nothing bounds this wait")
                    .at(op.span, "waits for ever if it never comes")
                    .help("wait until … timeout 1m; then test why it ended"),
            ),
            OpKind::Count { max: None, .. } => out.push(
                Diagnostic::note("process::unbounded", "nothing bounds this loop")
                    .at(first_line(op.span), "goes on for ever if its condition never holds")
                    .help("repeat n until … max 1000 { … }; then test n"),
            ),
            OpKind::Par { first, branches } => {
                let lists: Vec<Vec<Diagnostic>> = branches.iter().map(|b| unbounded(b)).collect();
                if !first || lists.iter().all(|l| !l.is_empty()) {
                    out.extend(lists.into_iter().flatten());
                }
            }
            _ => {}
        }
    }
    out
}

/// The keyword of a statement whose block follows.
fn first_line(span: Span) -> Span {
    Span { end: span.end.min(span.start + "repeat".len() as u32), ..span }
}

/// Bounds that may be reached without anybody noticing.
fn untested(code: &Code, results: &[Name], out: &mut Vec<Diagnostic>) {
    let graph = graph(code);
    for (at, op) in code.ops.iter().enumerate() {
        let (mut names, inside, what) = match &op.kind {
            OpKind::Until { condition, timeout: Some(_) } => (read(condition), at..at + 1, "timeout"),
            OpKind::Count { counter, max: Some(_) } => {
                let Some(OpKind::Bounded(exit)) = code.ops.get(at + 1).map(|o| &o.kind) else { continue };
                let mut names = BTreeSet::new();
                let tests = code.ops.get(at + 2..exit.0).unwrap_or(&[]);
                let until = tests.iter().position(|o| matches!(o.kind, OpKind::Unless(..))).unwrap_or(0);
                tests.iter().take(until + 1).for_each(|o| names.extend(reads(&o.kind)));
                names.extend(counter.iter().map(Name::lower));
                (names, at..exit.0 + 1, "max")
            }
            _ => continue,
        };
        names.retain(|n| n != "time");
        let given = results.iter().any(|r| names.contains(&r.lower()));
        if names.is_empty() || given || looked_at(code, &graph, &names, inside) {
            continue;
        }
        let (place, help) = match what {
            "max" => (first_line(op.span), "give it a counter and test that, or test its condition again"),
            _ => (op.span, "test the condition again, to know why the wait ended"),
        };
        out.push(
            Diagnostic::note("process::untested", format!("nobody notices when the {what} is reached"))
                .at(place, "goes on then as if all were well")
                .help(help),
        );
    }
}

/// Whether an operation that may follow, outside of a range, reads one of these.
fn looked_at(code: &Code, graph: &DiGraph<(), ()>, names: &BTreeSet<String>, inside: std::ops::Range<usize>) -> bool {
    let later = after(graph, inside.end - 1);
    let reads_one = |op: &Op| !reads(&op.kind).is_disjoint(names);
    code.ops.iter().enumerate().any(|(k, op)| later[k] && !inside.contains(&k) && reads_one(op))
}

/// What an expression reads: variables, signals, nets, calls of protocols, all in lower case.
fn read(e: &Expr) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    e.each(&mut |e| match &e.kind {
        ExprKind::Name(n) => drop(out.insert(n.to_ascii_lowercase())),
        ExprKind::Node(w) => drop(out.insert(format!("({})", w.text.to_ascii_lowercase()))),
        ExprKind::Field(_, name) => drop(out.insert(format!(".{}", name.lower()))),
        _ => {}
    });
    out
}

/// What an operation reads.
fn reads(kind: &OpKind) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    let mut see = |e: &Expr| out.extend(read(e));
    match kind {
        OpKind::Do(s) | OpKind::Note(s) => match &s.kind {
            StmtKind::Assign(a) => a.values.iter().for_each(&mut see),
            _ => s.expressions(&mut see),
        },
        OpKind::Unless(e, _) | OpKind::Wait(e) | OpKind::Answer(e) => see(e),
        OpKind::Until { condition, timeout } => std::iter::once(condition).chain(timeout).for_each(&mut see),
        OpKind::Force(list) => drives(list, &mut see),
        OpKind::Pulse(list, e) | OpKind::Ramp(list, e) => {
            drives(list, &mut see);
            see(e);
        }
        OpKind::Passes(iter) => {
            let s = Stmt { span: NOWHERE, kind: StmtKind::For { loops: vec![iter.clone()], body: Vec::new() } };
            s.expressions(&mut see);
        }
        OpKind::Call { callee: e, .. } | OpKind::Map { call: e, .. } => {
            see(e);
            if let ExprKind::Call { name, .. } | ExprKind::Method { name, .. } = &e.kind {
                out.insert(format!("{}( )", name.lower()));
            }
        }
        OpKind::Par { branches, .. } => {
            branches.iter().flat_map(|b| &b.ops).for_each(|op| out.extend(reads(&op.kind)));
        }
        _ => {}
    }
    out
}

const NOWHERE: Span = Span { file: crate::diag::FileId(0), start: 0, end: 0 };

fn drives(list: &[Drive], see: &mut dyn FnMut(&Expr)) {
    for d in list {
        see(&d.value);
        d.to.iter().chain(&d.limit).for_each(&mut *see);
    }
}

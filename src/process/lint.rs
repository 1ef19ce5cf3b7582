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

/// Everything found in `.always` and protocols, in the order of the files.
pub fn lint(machine: &Machine) -> Vec<Diagnostic> {
    bodies(machine).iter().flat_map(look).collect()
}

/// Everything found in one body.
pub fn look(body: &Body) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    each_code(&body.code, &mut |code| {
        dead(code, &mut out);
        endless(code, body, &mut out);
    });
    if body.kind != BodyKind::Always {
        out.extend(unbounded(&body.code));
        let mut known = BTreeSet::new();
        known.extend(body.code.results.iter().map(Name::lower));
        untested(&body.code, &known, &mut out);
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
        let exits = circle.iter().filter(|n| graph.neighbors(**n).any(|m| !inside.contains(&m)));
        let exits: Vec<&OpKind> = exits.filter_map(|n| code.ops.get(n.index())).map(|op| &op.kind).collect();
        let within = || circle.iter().filter_map(|n| code.ops.get(n.index())).map(|op| &op.kind);
        let Some(first) = circle.first().filter(|n| reached[n.index()]) else { continue };
        if !is_loop || within().any(passes_time) {
            continue;
        }
        let span = code.ops.get(first.index()).map_or(body.name.span, head);
        let (message, label) = match &exits[..] {
            [] => (format!("a loop of {} has no end and takes no time", body.path), "nothing in it waits"),
            exits if exits.iter().all(|e| is_fixed(e, &counted(code, &circle), &within)) => (
                format!("a loop of {} takes no time, and its condition cannot change meanwhile", body.path),
                "nothing in it waits",
            ),
            _ => continue,
        };
        out.push(
            Diagnostic::warning("process::no-wait", message)
                .at(span, label)
                .help("a wait, a pulse or a call of a protocol lets time pass"),
        );
    }
}

/// Whether time may pass in an operation that stands in a loop.
fn passes_time(kind: &OpKind) -> bool {
    match kind {
        OpKind::Wait(e) => constant(e) != Some(0.0),
        OpKind::Settle | OpKind::Map { .. } => true,
        other => takes_time(other),
    }
}

/// Whether the condition by which a loop is left is the same in each of its passes: nothing in it is given a value there,
/// and nothing is drawn.
fn is_fixed<'c, I: Iterator<Item = &'c OpKind>>(
    exit: &OpKind,
    counted: &BTreeSet<String>,
    within: &dyn Fn() -> I,
) -> bool {
    let OpKind::Unless(test, _) = exit else { return false };
    let mut steady = true;
    test.each(&mut |e| {
        steady &= match &e.kind {
            ExprKind::Call { name, .. } => {
                matches!(name.lower().as_str(), "v" | "i" | "e" | "q" | "abs" | "any" | "all")
            }
            ExprKind::Method { .. } => false,
            _ => true,
        };
    });
    let read = read(test);
    steady && counted.is_disjoint(&read) && within().all(|kind| gives(kind).is_disjoint(&read))
}

/// Counters of the `repeat`s in a loop, or of the loop itself.
fn counted(code: &Code, circle: &[NodeIndex]) -> BTreeSet<String> {
    let is_counted = |n: &&NodeIndex| matches!(code.ops.get(n.index()).map(|op| &op.kind), Some(OpKind::Counted));
    if circle.iter().find(is_counted).is_none() {
        return BTreeSet::new();
    }
    let counters = code.ops.iter().filter_map(|op| match &op.kind {
        OpKind::Count { counter: Some(name), .. } => Some(name.lower()),
        _ => None,
    });
    counters.collect()
}

/// What an operation gives a value: variables and signals by their names, what stands behind a `.` with it.
fn gives(kind: &OpKind) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    match kind {
        OpKind::Do(s) => match &s.kind {
            StmtKind::Let(l) => out.extend(l.names.iter().map(Name::lower)),
            StmtKind::Assign(a) => a.targets.iter().for_each(|t| out.extend(read(t))),
            _ => {}
        },
        OpKind::Next(iter, _) => out.extend(iter.names.iter().map(Name::lower)),
        _ => {}
    }
    out
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

/// Bounds that may be reached without anybody noticing. `known`: what somebody looks at when all of this is over.
fn untested(code: &Code, known: &BTreeSet<String>, out: &mut Vec<Diagnostic>) {
    let graph = graph(code);
    for (at, op) in code.ops.iter().enumerate() {
        if let OpKind::Par { branches, .. } = &op.kind {
            let later = after(&graph, at);
            let behind = code.ops.iter().zip(&later).filter(|(_, later)| **later).flat_map(|(op, _)| reads(&op.kind));
            let known: BTreeSet<String> = behind.chain(known.iter().cloned()).collect();
            branches.iter().for_each(|b| untested(b, &known, out));
            continue;
        }
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
        if names.is_empty() || !known.is_disjoint(&names) || looked_at(code, &graph, &names, inside) {
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

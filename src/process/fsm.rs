//! A [`Code`] as a state machine: its waits are the states, what lies between two of them is a transition.

use std::collections::HashSet;
use std::fmt::Write;

use super::bodies::{Body, BodyKind};
use super::code::{Code, OpKind};
use super::flow::{Way, constant, graph, takes_time, ways};
use crate::diag::Span;
use crate::syntax::ast::{Expr, ExprKind, Unary};

/// Transitions of one state; where there are more, ways that meet become a state of their own.
const MOST: usize = 32;

/// How a place of a netlist reads.
pub type Reads<'t> = &'t dyn Fn(Span) -> String;

/// A state machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Fsm {
    /// `protocol X1.tune`
    pub title: String,
    /// The first is the start.
    pub states: Vec<State>,
    pub transitions: Vec<Transition>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct State {
    pub kind: StateKind,
    /// The statement that waits
    pub text: String,
    /// Of a `par`: its branches
    pub branches: Vec<Fsm>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateKind {
    Start,
    Wait,
    /// Where ways meet; no time passes
    Joint,
    End,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Transition {
    pub from: usize,
    pub to: usize,
    /// All of them hold.
    pub guards: Vec<String>,
    /// What is done, in this order
    pub actions: Vec<String>,
}

/// The machine of an `.always` or `.protocol`.
pub fn fsm(body: &Body, reads: Reads) -> Fsm {
    let kind = match body.kind {
        BodyKind::Always => "always",
        BodyKind::Protocol => "protocol",
        BodyKind::Experiment => "experiment",
    };
    machine(format!("{kind} {}", body.path), &body.code, reads)
}

fn machine(title: String, code: &Code, reads: Reads) -> Fsm {
    let plain = Tracer { code, reads, joints: HashSet::new() }.trace(title.clone());
    plain.unwrap_or_else(|title| {
        let graph = graph(code);
        let meets = |at: &usize| {
            let node = petgraph::graph::NodeIndex::new(*at);
            graph.neighbors_directed(node, petgraph::Direction::Incoming).nth(1).is_some()
        };
        let joints = (0..code.ops.len()).filter(meets).collect();
        match (Tracer { code, reads, joints }).trace(title) {
            Ok(fsm) => fsm,
            Err(title) => Fsm { title, states: Vec::new(), transitions: Vec::new() },
        }
    })
}

struct Tracer<'c> {
    code: &'c Code,
    reads: Reads<'c>,
    joints: HashSet<usize>,
}

/// A way under way.
#[derive(Clone)]
struct Path {
    at: usize,
    seen: HashSet<usize>,
    guards: Vec<String>,
    actions: Vec<String>,
}

impl Tracer<'_> {
    /// The machine; its title again if a state has too many transitions.
    fn trace(&self, title: String) -> Result<Fsm, String> {
        // States by the operation that waits; None: the start.
        let mut places: Vec<Option<usize>> = vec![None];
        let mut transitions = Vec::new();
        let mut next = 0;
        while next < places.len() {
            let starts: Vec<usize> = match places[next] {
                None => vec![0],
                Some(at) if self.joints.contains(&at) && !self.waits(at) => vec![at],
                Some(at) => ways(self.code, at).into_iter().map(|(to, _)| to).collect(),
            };
            let mut count: usize = 0;
            let mut paths: Vec<Path> = starts.into_iter().map(Path::new).collect();
            while let Some(mut path) = paths.pop() {
                let stops = self.waits(path.at) || self.joints.contains(&path.at) && places[next] != Some(path.at);
                if stops || path.at >= self.code.ops.len() {
                    count += 1;
                    let to = places.iter().position(|p| *p == Some(path.at)).unwrap_or_else(|| {
                        places.push(Some(path.at));
                        places.len() - 1
                    });
                    transitions.push(Transition { from: next, to, guards: path.guards, actions: path.actions });
                    continue;
                }
                if count + paths.len() > MOST && self.joints.is_empty() {
                    return Err(title);
                }
                // A loop without a wait comes to no next state.
                if !path.seen.insert(path.at) {
                    continue;
                }
                path.actions.extend(self.action(path.at));
                for (to, way) in ways(self.code, path.at).into_iter().rev() {
                    if matches!(way, Way::Bound(true)) && self.is_fresh(&path) {
                        continue;
                    }
                    let mut branch = path.clone();
                    branch.at = to;
                    branch.guards.extend(self.guard(way));
                    paths.push(branch);
                }
            }
            next += 1;
        }
        // The end has the last number.
        let end = places.iter().position(|p| p.is_some_and(|at| at >= self.code.ops.len()));
        if let Some(end) = end {
            let place = places.remove(end);
            places.push(place);
            let last = places.len() - 1;
            let moved = |k: usize| if k == end { last } else { k - usize::from(k > end) };
            transitions.iter_mut().for_each(|t| (t.from, t.to) = (moved(t.from), moved(t.to)));
        }
        let states = places.into_iter().map(|p| self.state(p)).collect();
        Ok(Fsm { title, states, transitions })
    }

    /// Whether the `repeat` whose bound is tested here has just begun, with a bound above 0.
    fn is_fresh(&self, path: &Path) -> bool {
        let Some(count) = path.at.checked_sub(1).filter(|k| path.seen.contains(k)) else { return false };
        let OpKind::Count { max: Some(max), .. } = &self.code.ops[count].kind else { return false };
        constant(max).is_some_and(|m| m > 0.0)
    }

    fn waits(&self, at: usize) -> bool {
        self.code.ops.get(at).is_some_and(|op| takes_time(&op.kind))
    }

    fn state(&self, place: Option<usize>) -> State {
        let (kind, text) = match place.map(|at| self.code.ops.get(at)) {
            None => (StateKind::Start, String::new()),
            Some(None) => (StateKind::End, String::new()),
            Some(Some(op)) => match &op.kind {
                OpKind::Return => (StateKind::Wait, "back to the level before".to_string()),
                OpKind::Call { callee, .. } => (StateKind::Wait, self.head(callee.span)),
                OpKind::Par { first, .. } => (StateKind::Wait, if *first { "par first" } else { "par" }.to_string()),
                kind if takes_time(kind) => (StateKind::Wait, self.head(op.span)),
                _ => (StateKind::Joint, String::new()),
            },
        };
        let branches = match place.and_then(|at| self.code.ops.get(at)).map(|op| &op.kind) {
            Some(OpKind::Par { branches, .. }) => branches
                .iter()
                .enumerate()
                .map(|(k, code)| machine(format!("branch {}", k + 1), code, self.reads))
                .collect(),
            _ => Vec::new(),
        };
        State { kind, text, branches }
    }

    /// What an operation that takes no time does, as it is written.
    fn action(&self, at: usize) -> Option<String> {
        let op = self.code.ops.get(at)?;
        match &op.kind {
            OpKind::Do(_) | OpKind::Force(_) | OpKind::Float(_) | OpKind::Settle | OpKind::Note(_) => {
                Some(self.head(op.span))
            }
            OpKind::Map { call, .. } => Some(self.head(call.span)),
            OpKind::Answer(e) => Some(self.head(e.span)),
            _ => None,
        }
    }

    fn guard(&self, way: Way) -> Option<String> {
        Some(match way {
            Way::Always | Way::Bound(false) => return None,
            Way::Bound(true) => "max reached".to_string(),
            Way::Pass(iter) => format!("next {}", names(iter)),
            Way::Over(iter) => format!("no more {}", names(iter)),
            Way::If(test, holds) => {
                let (test, holds) = positive(test, holds);
                let text = self.head(test.span);
                if holds { text } else { format!("not ({text})") }
            }
        })
    }

    /// A statement on one line, without its block.
    fn head(&self, span: Span) -> String {
        let text = (self.reads)(span);
        let head = text.split('{').next().unwrap_or("");
        head.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

impl Path {
    fn new(at: usize) -> Path {
        Path { at, seen: HashSet::new(), guards: Vec::new(), actions: Vec::new() }
    }
}

fn names(iter: &crate::syntax::ast::Iter) -> String {
    iter.names.iter().map(|n| n.text.as_str()).collect::<Vec<_>>().join(", ")
}

/// A condition without the `not` that compiling `repeat until` puts before it.
fn positive(test: &Expr, holds: bool) -> (&Expr, bool) {
    match &test.kind {
        ExprKind::Unary(Unary::Not, inner) if inner.span == test.span => (inner, !holds),
        _ => (test, holds),
    }
}

/// As lines of text: each state with its number and what follows.
pub fn text(fsm: &Fsm) -> String {
    let mut out = format!("{}\n", fsm.title);
    lines(fsm, "  ", &mut out);
    out
}

fn lines(fsm: &Fsm, indent: &str, out: &mut String) {
    let width = fsm.states.len().to_string().len();
    for (k, state) in fsm.states.iter().enumerate().filter(|(_, s)| s.kind != StateKind::End) {
        let name = match state.kind {
            StateKind::Start => "start",
            StateKind::Joint => "(ways meet)",
            _ => &state.text,
        };
        let _ = writeln!(out, "{indent}{k:width$}  {name}");
        for branch in &state.branches {
            let _ = writeln!(out, "{indent}{:width$}    {}", "", branch.title);
            lines(branch, &format!("{indent}{:width$}      ", ""), out);
        }
        for t in fsm.transitions.iter().filter(|t| t.from == k) {
            let to = match fsm.states[t.to].kind {
                StateKind::End => "end".to_string(),
                _ => t.to.to_string(),
            };
            let label = label(t, "  ");
            let _ = writeln!(out, "{}", format!("{indent}{:width$}    → {to}{label}", "").trim_end());
        }
    }
}

fn label(t: &Transition, before: &str) -> String {
    let guards = t.guards.join(" and ");
    let guards = if guards.is_empty() { String::new() } else { format!("{before}[{guards}]") };
    let actions = t.actions.join("; ");
    let actions = if actions.is_empty() { String::new() } else { format!("{before}{actions}") };
    guards + &actions
}

/// For Graphviz.
pub fn dot(list: &[Fsm]) -> String {
    let mut out = String::from(
        "digraph fsm {\n  compound=true;\n  node [fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\"];\n",
    );
    let mut count = 0;
    for fsm in list {
        cluster(fsm, "  ", &mut count, &mut out);
    }
    out.push_str("}\n");
    out
}

/// One machine in a frame; gives its number.
fn cluster(fsm: &Fsm, indent: &str, count: &mut usize, out: &mut String) -> usize {
    let own = *count;
    *count += 1;
    let _ = writeln!(out, "{indent}subgraph cluster_{own} {{\n{indent}  label=\"{}\";", quoted(&fsm.title));
    for (k, state) in fsm.states.iter().enumerate() {
        let shape = match state.kind {
            StateKind::Start => "shape=circle, style=filled, fillcolor=black, width=0.15, label=\"\"".to_string(),
            StateKind::Joint => "shape=point".to_string(),
            StateKind::End => "shape=doublecircle, style=filled, fillcolor=black, width=0.12, label=\"\"".to_string(),
            StateKind::Wait => format!("shape=box, style=rounded, label=\"{}\"", quoted(&state.text)),
        };
        let _ = writeln!(out, "{indent}  s{own}_{k} [{shape}];");
        for branch in &state.branches {
            let inner = cluster(branch, &format!("{indent}  "), count, out);
            let _ = writeln!(out, "{indent}  s{own}_{k} -> s{inner}_0 [style=dashed];");
        }
    }
    for t in &fsm.transitions {
        let label = quoted(label(t, "\n").trim_start());
        let _ = writeln!(out, "{indent}  s{own}_{} -> s{own}_{} [label=\"{label}\"];", t.from, t.to);
    }
    let _ = writeln!(out, "{indent}}}");
    own
}

fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

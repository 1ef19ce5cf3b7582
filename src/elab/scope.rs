//! Names of one body of statements (a deck, a subcircuit, a loop): what it defines, and the values of one copy of it.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use petgraph::graph::{DiGraph, NodeIndex};

use super::network::network_reads;
use super::routines::routine_reads;
use super::value::{Value, builtin};
use crate::diag::{Diagnostic, Span};
use crate::syntax::ast::{
    Assign, Device, Expr, ExprKind, Func, Item, Model, Name, Network, Routine, Slot, Statement, Subckt, Tolerance,
    Variation,
};

/// What the statements of a body define. Names are lower case.
#[derive(Debug, Default)]
pub struct Definitions<'a> {
    /// Every parameter once, its last definition, each after those it reads.
    pub params: Vec<(String, &'a Expr)>,
    /// Parameters and networks in the order in which they get their values
    pub steps: Vec<(String, Step<'a>)>,
    pub funcs: HashMap<String, &'a Func>,
    /// Functions with statements
    pub routines: HashMap<String, &'a Routine>,
    pub networks: HashMap<String, &'a Network>,
    pub protocols: HashSet<String>,
    pub signals: HashSet<String>,
    /// Parameters and functions that define themselves in a circle, which has been reported
    pub circular: HashSet<String>,
    pub models: HashMap<String, &'a Model>,
    pub subckts: HashMap<String, &'a Subckt>,
    pub devices: HashMap<String, &'a Device>,
    /// In file order
    pub variations: Vec<&'a Variation>,
}

/// One definition to evaluate.
#[derive(Clone, Copy, Debug)]
pub enum Step<'a> {
    Param(&'a Expr),
    Network(&'a Network),
}

impl<'a> Definitions<'a> {
    /// Collects what `items` define and puts the parameters in order; `formals` are defaults of a subcircuit's parameters,
    /// which a `.param` of the same name replaces.
    pub fn collect(formals: &'a [Assign], items: &'a [Item], diagnostics: &mut Vec<Diagnostic>) -> Definitions<'a> {
        let (mut out, mut circular) = (Definitions::default(), HashSet::new());
        let mut assigns: Vec<&'a Assign> = formals.iter().collect();
        for item in items {
            match &item.kind {
                Statement::Param(list) => assigns.extend(list),
                Statement::Func(f) => {
                    out.routines.remove(&f.name.lower());
                    out.funcs.insert(f.name.lower(), f);
                }
                Statement::Function(r) => {
                    out.funcs.remove(&r.name.lower());
                    out.routines.insert(r.name.lower(), r);
                }
                Statement::Network(n) => {
                    if let Some(old) = out.networks.insert(n.name.lower(), n)
                        && old != n
                    {
                        let code = "elab::duplicate-network";
                        diagnostics.push(redefined(code, "network", &n.name.text, n.name.span, old.name.span));
                    }
                }
                Statement::Protocol(p) => {
                    out.protocols.insert(p.name.lower());
                }
                Statement::Signal(list) => out.signals.extend(list.iter().map(|s| s.name.text.to_ascii_lowercase())),
                Statement::Model(m) => {
                    if let Some(old) = out.models.insert(m.name.lower(), m)
                        && old != m
                    {
                        diagnostics.push(redefined(
                            "elab::duplicate-model",
                            "model",
                            &m.name.text,
                            m.name.span,
                            old.name.span,
                        ));
                    }
                }
                Statement::Subckt(s) => {
                    if let Some(old) = out.subckts.insert(s.name.lower(), s)
                        && old != s
                    {
                        diagnostics.push(redefined(
                            "elab::duplicate-subckt",
                            "subcircuit",
                            &s.name.text,
                            s.name.span,
                            old.name.span,
                        ));
                    }
                }
                Statement::Device(d) => {
                    if let Some(old) = out.devices.insert(d.name.lower(), d)
                        && old != d
                    {
                        let code = "elab::duplicate-device";
                        diagnostics.push(redefined(code, "device", &d.name.text, d.name.span, old.name.span));
                    }
                }
                Statement::Variation(v) => out.variations.push(v),
                _ => {}
            }
        }
        out.shadowed(&assigns, diagnostics);
        out.steps = in_order(&assigns, &out, &mut circular, diagnostics);
        out.circular = circular;
        out.params = out.steps.iter().filter_map(|(name, step)| step.param().map(|e| (name.clone(), e))).collect();
        out.funcs.retain(|name, _| !out.circular.contains(name));
        out
    }

    /// A network is called like a function and stands for itself like a parameter: it shares its name with neither.
    fn shadowed(&self, assigns: &[&'a Assign], diagnostics: &mut Vec<Diagnostic>) {
        let mut networks: Vec<_> = self.networks.iter().collect();
        networks.sort_by_key(|(_, n)| (n.name.span.file.0, n.name.span.start));
        for (lower, network) in networks {
            let func = self.funcs.get(lower).map(|f| ("a function", f.name.span));
            let routine = self.routines.get(lower).map(|r| ("a function", r.name.span));
            let param = assigns.iter().find(|a| a.name.is(lower)).map(|a| ("a parameter", a.name.span));
            if let Some((what, at)) = func.or(routine).or(param) {
                let message = format!("a network and {what} are both called '{}'", network.name.text);
                let d = Diagnostic::error("elab::network-name", message).at(network.name.span, "this network");
                diagnostics.push(d.at(at, format!("{what} of this name")).help("rename one of them"));
            } else if builtin::find(lower).is_some() {
                let message = format!("'{}' is the name of a built-in function", network.name.text);
                let d = Diagnostic::error("elab::network-name", message).at(network.name.span, "this network");
                diagnostics.push(d.help("call the network something else"));
            }
        }
    }
}

/// The second definition counts, and a warning says so.
fn redefined(code: &'static str, what: &str, name: &str, span: Span, old: Span) -> Diagnostic {
    Diagnostic::warning(code, format!("{what} '{name}' is defined twice; the last one counts"))
        .at(span, "this one counts")
        .at(old, "not this one")
}

/// What a parameter may have to wait for.
#[derive(Clone, Copy)]
enum Defined<'a> {
    Param(&'a Assign),
    Network(&'a Network),
    Func(&'a Func),
    Routine(&'a Routine),
}

impl<'a> Step<'a> {
    fn param(self) -> Option<&'a Expr> {
        match self {
            Step::Param(e) => Some(e),
            Step::Network(_) => None,
        }
    }
}

impl<'a> Defined<'a> {
    fn name(self) -> &'a Name {
        match self {
            Defined::Param(a) => &a.name,
            Defined::Network(n) => &n.name,
            Defined::Func(f) => &f.name,
            Defined::Routine(r) => &r.name,
        }
    }
}

/// The last definition of each name, each after those it reads (through functions too); members of a cycle are reported
/// and left out.
fn in_order<'a>(
    assigns: &[&'a Assign],
    definitions: &Definitions<'a>,
    circular: &mut HashSet<String>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<(String, Step<'a>)> {
    let Definitions { funcs, routines, networks, .. } = definitions;
    let mut last: HashMap<String, usize> = HashMap::with_capacity(assigns.len());
    for (k, a) in assigns.iter().enumerate() {
        last.insert(a.name.lower(), k);
    }
    let mut kept: Vec<usize> = last.values().copied().collect();
    kept.sort_unstable();
    let mut graph: DiGraph<Defined<'a>, ()> = DiGraph::with_capacity(kept.len() + funcs.len(), kept.len());
    // What stands for a value
    let mut value_nodes: HashMap<String, NodeIndex> = HashMap::with_capacity(kept.len());
    for &k in &kept {
        value_nodes.insert(assigns[k].name.lower(), graph.add_node(Defined::Param(assigns[k])));
    }
    for (name, network) in by_place(networks.iter().map(|(name, n)| (name.as_str(), Defined::Network(n)))) {
        value_nodes.entry(name.to_string()).or_insert_with(|| graph.add_node(network));
    }
    let functions = funcs.iter().map(|(name, f)| (name.as_str(), Defined::Func(f)));
    let routines = routines.iter().map(|(name, r)| (name.as_str(), Defined::Routine(r)));
    let func_nodes: HashMap<&str, NodeIndex> =
        by_place(functions.chain(routines)).into_iter().map(|(name, f)| (name, graph.add_node(f))).collect();
    for node in graph.node_indices() {
        let formals = if let Defined::Func(f) = graph[node] { &f.formals[..] } else { &[] };
        let mut sources = HashSet::new();
        let mut see = |name: &str, called: bool| {
            let lower = name.to_ascii_lowercase();
            let (func, value) = (func_nodes.get(lower.as_str()), value_nodes.get(&lower));
            if called {
                // A network is called too.
                sources.extend(func.or(value));
            } else if !formals.iter().any(|(f, _)| f.is(name)) {
                // A function in place of a layer: cnn(x, conv1=f)
                sources.extend(value.or(func.filter(|f| **f != node)));
            }
        };
        match graph[node] {
            Defined::Param(a) => reads(&a.value, &mut see),
            Defined::Network(n) => network_reads(n, &mut see),
            Defined::Func(f) => reads(&f.body, &mut see),
            Defined::Routine(r) => routine_reads(r, &mut see),
        }
        for source in sources {
            graph.add_edge(source, node, ());
        }
    }
    let step = |d: Defined<'a>| match d {
        Defined::Param(a) => Some((a.name.lower(), Step::Param(&a.value))),
        Defined::Network(n) => Some((n.name.lower(), Step::Network(n))),
        Defined::Func(_) | Defined::Routine(_) => None,
    };
    match petgraph::algo::toposort(&graph, None) {
        Ok(order) => order.into_iter().filter_map(|n| step(graph[n])).collect(),
        Err(_) => {
            let mut out = Vec::new();
            // Strongly connected components; reversed, what is read comes first.
            for group in petgraph::algo::kosaraju_scc(&graph).into_iter().rev() {
                let software = |n: &NodeIndex| matches!(graph[*n], Defined::Func(_) | Defined::Routine(_));
                if group.len() == 1 && !graph.contains_edge(group[0], group[0]) {
                    out.extend(step(graph[group[0]]));
                } else if group.iter().all(software) && group.iter().any(|n| matches!(graph[*n], Defined::Routine(_))) {
                    // A function with statements may call itself: how deep is seen when it runs.
                } else {
                    let mut members: Vec<NodeIndex> = group;
                    members.sort_unstable();
                    let members: Vec<Defined> = members.iter().map(|&n| graph[n]).collect();
                    circular.extend(members.iter().map(|d| d.name().lower()));
                    diagnostics.push(cycle(&members));
                }
            }
            out
        }
    }
}

fn cycle(members: &[Defined]) -> Diagnostic {
    let names: Vec<&str> = members.iter().map(|d| &d.name().text[..]).collect();
    let names = names.join(", ");
    let mut d = if members.iter().all(|d| matches!(d, Defined::Func(_))) {
        Diagnostic::error("elab::recursive-function", format!("functions call themselves: {names}"))
            .help("a .func is put in place of its call, so it cannot call itself")
    } else {
        Diagnostic::error("elab::parameter-cycle", format!("parameters define each other in a circle: {names}"))
            .help("give one of them a value that does not depend on the others")
    };
    for member in members.iter().take(8) {
        d = d.at(member.name().span, format!("'{}' is defined here", member.name().text));
    }
    d
}

/// In file order, whatever the order of a map.
fn by_place<'n, 'a>(definitions: impl Iterator<Item = (&'n str, Defined<'a>)>) -> Vec<(&'n str, Defined<'a>)> {
    let mut list: Vec<(&str, Defined)> = definitions.collect();
    list.sort_by_key(|(_, d)| d.name().span);
    list
}

/// Calls `see` with every name an expression may read as a parameter, and (true) with every function it calls.
pub fn reads<'a>(expr: &'a Expr, see: &mut impl FnMut(&'a str, bool)) {
    let mut stack = vec![expr];
    while let Some(e) = stack.pop() {
        match &e.kind {
            ExprKind::Number(_) | ExprKind::Text(_) => {}
            ExprKind::Name(n) => see(n, false),
            ExprKind::Node(w) => push_slots(&w.index, &mut stack),
            ExprKind::Index(base, slots) => {
                stack.push(base);
                push_slots(slots, &mut stack);
            }
            ExprKind::Call { name, args } => {
                see(&name.text, true);
                stack.extend(args.iter().map(|a| &a.value));
            }
            ExprKind::Field(base, _) | ExprKind::Unary(_, base) => stack.push(base),
            ExprKind::Binary(_, a, b) => stack.extend([&**a, &**b]),
            ExprKind::Cond(c, a, b) => stack.extend([&**c, &**a, &**b]),
            ExprKind::Method { base, args, .. } => {
                stack.push(base);
                stack.extend(args.iter().map(|a| &a.value));
            }
            ExprKind::Near(a, b, within) => {
                stack.extend([&**a, &**b]);
                if let Tolerance::Absolute(e) = &**within {
                    stack.push(e);
                }
            }
            ExprKind::List(items) => stack.extend(items),
        }
    }
}

fn push_slots<'a>(slots: &'a [Slot], stack: &mut Vec<&'a Expr>) {
    for slot in slots {
        match slot {
            Slot::At(e) => stack.push(e),
            Slot::Range(a, b) => stack.extend([a, b]),
            Slot::All(_) => {}
        }
    }
}

/// The values of one copy of a body. Lookups go on in the body that encloses its definition.
#[derive(Debug)]
pub struct Scope<'a> {
    /// Unlike that of any other scope
    pub id: u64,
    pub parent: Option<Rc<Scope<'a>>>,
    pub definitions: Rc<Definitions<'a>>,
    /// Lower-case names
    pub values: HashMap<String, Value>,
}

impl<'a> Scope<'a> {
    pub fn new(id: u64, parent: Option<Rc<Scope<'a>>>, definitions: Rc<Definitions<'a>>) -> Scope<'a> {
        Scope { id, parent, definitions, values: HashMap::new() }
    }

    /// This scope and those around it, inside first.
    pub fn chain(&self) -> impl Iterator<Item = &Scope<'a>> {
        std::iter::successors(Some(self), |s| s.parent.as_deref())
    }

    pub fn value(&self, lower: &str) -> Option<&Value> {
        self.chain().find_map(|s| s.values.get(lower))
    }

    /// A function and the scope that it was defined in.
    pub fn func(&self, lower: &str) -> Option<(&'a Func, &Scope<'a>)> {
        self.chain().find_map(|s| s.definitions.funcs.get(lower).map(|f| (*f, s)))
    }

    pub fn model(&self, lower: &str) -> Option<(&'a Model, &Scope<'a>)> {
        self.chain().find_map(|s| s.definitions.models.get(lower).map(|m| (*m, s)))
    }

    /// A device and the scope that it was defined in.
    pub fn device(&self, lower: &str) -> Option<(&'a Device, &Scope<'a>)> {
        self.chain().find_map(|s| s.definitions.devices.get(lower).map(|d| (*d, s)))
    }

    /// Whether something that an X line can make is called so.
    pub fn names_part(&self, lower: &str) -> bool {
        self.chain().any(|s| {
            let d = &s.definitions;
            d.devices.contains_key(lower) || d.models.contains_key(lower) || d.subckts.contains_key(lower)
        })
    }

    /// Whether a `.signal` is called so: what reads it changes while the circuit runs.
    pub fn names_signal(&self, lower: &str) -> bool {
        self.chain().any(|s| s.definitions.signals.contains(lower))
    }

    /// Every parameter name in sight.
    pub fn value_names(&self) -> Vec<&str> {
        self.chain().flat_map(|s| s.values.keys().map(String::as_str)).collect()
    }

    pub fn func_names(&self) -> Vec<&str> {
        self.chain()
            .flat_map(|s| s.definitions.funcs.keys().chain(s.definitions.routines.keys()))
            .map(String::as_str)
            .collect()
    }

    pub fn model_names(&self) -> Vec<&str> {
        self.chain().flat_map(|s| s.definitions.models.keys().map(String::as_str)).collect()
    }

    pub fn device_names(&self) -> Vec<&str> {
        self.chain().flat_map(|s| s.definitions.devices.keys().map(String::as_str)).collect()
    }

    pub fn subckt_names(&self) -> Vec<&str> {
        self.chain().flat_map(|s| s.definitions.subckts.keys().map(String::as_str)).collect()
    }
}

/// A subcircuit and the scope that it was defined in.
pub fn find_subckt<'a>(scope: &Rc<Scope<'a>>, lower: &str) -> Option<(&'a Subckt, Rc<Scope<'a>>)> {
    let mut at = scope.clone();
    loop {
        if let Some(s) = at.definitions.subckts.get(lower).copied() {
            return Some((s, at));
        }
        at = at.parent.clone()?;
    }
}

//! The experiments of a netlist → what each consists of: templates expanded, `with` and `slow` inherited, and which others
//! it needs the results of.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use petgraph::algo::{tarjan_scc, toposort};
use petgraph::graph::DiGraph;

use super::expand::{Templates, expand};
use crate::diag::{Diagnostic, FileId, Span};
use crate::process::machine::Functions;
use crate::syntax::ast::visit::statements;
use crate::syntax::ast::{Assign, Content, Experiment, Expr, ExprKind, Name, Stmt};
use crate::value::fault::did_you_mean;

/// An experiment that can run.
#[derive(Clone, Debug)]
pub struct Entry {
    pub name: String,
    pub span: Span,
    /// Parameters of the netlist
    pub with: Vec<Assign>,
    /// Runs only when asked for
    pub slow: bool,
    /// Stands in the main file; those of included files run only when named
    pub main: bool,
    pub body: Vec<Stmt>,
    /// Places in [`Catalog::entries`] of those whose results it reads
    pub needs: Vec<usize>,
}

/// What runs only when it is called.
#[derive(Clone, Debug)]
pub struct Template {
    pub name: String,
    pub span: Span,
    pub formals: Vec<(Name, Option<Expr>)>,
    /// Other templates in it are expanded.
    pub body: Vec<Stmt>,
}

/// All experiments that can run, in file order.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    pub entries: Vec<Entry>,
    pub templates: Vec<Template>,
}

impl Catalog {
    /// What the experiments of a netlist consist of, and what is wrong with them. `main` is the main file.
    pub fn new(list: &[Arc<Experiment>], functions: &Functions, main: FileId) -> (Catalog, Vec<Diagnostic>) {
        let mut found = Vec::new();
        let mut names: HashMap<String, Span> = HashMap::new();
        for e in list {
            if let Some(old) = names.insert(e.name.lower(), e.name.span) {
                let message = format!("two experiments are called '{}'", e.name.text);
                found.push(
                    Diagnostic::error("lab::duplicate-experiment", message)
                        .at(e.name.span, "this one")
                        .at(old, "and this one")
                        .help("names ignore case; give one of them another name"),
                );
            }
        }
        let templates: Templates = list
            .iter()
            .filter(|e| !matches!(e.content, Content::Call(_)))
            .map(|e| (e.name.lower(), e.clone()))
            .collect();
        let mut catalog = Catalog::default();
        for e in list {
            if let Content::Template(formals, body) = &e.content
                && let Ok(body) = expand(body, &templates)
            {
                let (name, formals) = (e.name.text.clone(), formals.clone());
                catalog.templates.push(Template { name, span: e.name.span, formals, body });
            }
        }
        for e in list {
            match entry(e, &templates, main) {
                Ok(Some(entry)) => catalog.entries.push(entry),
                Ok(None) => {}
                Err(d) => found.push(*d),
            }
        }
        catalog.connect(functions);
        found.extend(catalog.circles());
        (catalog, found)
    }

    /// The place of an experiment by its name, whatever the case.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.entries.iter().position(|e| e.name.eq_ignore_ascii_case(name))
    }

    /// Which experiments run, in order: those named, or all of the main file that are not slow; what they need comes first.
    /// With them what was left out, as notes.
    pub fn chosen(&self, names: &[String], slow: bool) -> Result<(Vec<usize>, Vec<Diagnostic>), Vec<Diagnostic>> {
        let (mut notes, mut wrong) = (Vec::new(), Vec::new());
        let mut wanted: Vec<usize> = Vec::new();
        for name in names {
            match self.find(name) {
                Some(k) => wanted.push(k),
                None => wrong.push(self.unknown(name)),
            }
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        if names.is_empty() {
            for (k, e) in self.entries.iter().enumerate().filter(|(_, e)| e.main) {
                let blocked = self.all_needs(k).into_iter().find(|n| self.entries[*n].slow);
                match (e.slow && !slow, blocked.filter(|_| !slow)) {
                    (true, _) => {}
                    (false, None) => wanted.push(k),
                    (false, Some(n)) => {
                        let message = format!("{} waits for the slow experiment {}", e.name, self.entries[n].name);
                        notes.push(
                            Diagnostic::note("lab::needs-slow", message)
                                .help(format!("-e {} runs both, --slow runs all", e.name)),
                        );
                    }
                }
            }
        }
        let mut set: HashSet<usize> = HashSet::new();
        for k in wanted {
            set.insert(k);
            set.extend(self.all_needs(k));
        }
        let order = toposort(&self.graph(), None).map(|list| list.into_iter().map(|n| n.index()).collect::<Vec<_>>());
        let order: Vec<usize> = order.unwrap_or_else(|_| (0..self.entries.len()).collect());
        // In file order, but for what must come first.
        let mut out: Vec<usize> = Vec::new();
        let mut rest: Vec<usize> = (0..self.entries.len()).filter(|k| set.contains(k)).collect();
        while let Some(next) = rest.iter().position(|k| self.entries[*k].needs.iter().all(|n| out.contains(n))) {
            out.push(rest.remove(next));
        }
        out.extend(order.into_iter().filter(|k| rest.contains(k)));
        Ok((out, notes))
    }

    fn unknown(&self, name: &str) -> Diagnostic {
        if self.templates.iter().any(|t| t.name.eq_ignore_ascii_case(name)) {
            let message = format!("'{name}' is a template: it takes arguments");
            return Diagnostic::error("lab::template", message)
                .help(format!(".experiment … = {name}(…) makes an experiment of it"));
        }
        let d = Diagnostic::error("lab::unknown-experiment", format!("there is no experiment '{name}'"));
        let known = self.entries.iter().map(|e| e.name.as_str());
        match did_you_mean(name, known.clone()) {
            Some(help) => d.help(help),
            None if self.entries.is_empty() => d.help("this netlist has none; its cards run without -e"),
            None => d.help(format!("the experiments are {}", known.collect::<Vec<_>>().join(", "))),
        }
    }

    /// Everything that must have run before.
    fn all_needs(&self, k: usize) -> HashSet<usize> {
        let mut out = HashSet::new();
        let mut stack = self.entries[k].needs.clone();
        while let Some(n) = stack.pop() {
            if out.insert(n) {
                stack.extend(&self.entries[n].needs);
            }
        }
        out
    }

    fn connect(&mut self, functions: &Functions) {
        let names: HashMap<String, usize> =
            self.entries.iter().enumerate().map(|(k, e)| (e.name.to_ascii_lowercase(), k)).collect();
        for k in 0..self.entries.len() {
            let mut reads: HashSet<String> = HashSet::new();
            statements(&self.entries[k].body, &mut |s| {
                s.expressions(&mut |e| read(e, functions, &mut reads, 0));
            });
            let mut needs: Vec<usize> =
                reads.iter().filter_map(|n| names.get(n).copied()).filter(|n| *n != k).collect();
            needs.sort_unstable();
            self.entries[k].needs = needs;
        }
    }

    fn graph(&self) -> DiGraph<usize, ()> {
        let mut graph = DiGraph::new();
        let nodes: Vec<_> = (0..self.entries.len()).map(|k| graph.add_node(k)).collect();
        for (k, e) in self.entries.iter().enumerate() {
            e.needs.iter().for_each(|n| {
                graph.add_edge(nodes[*n], nodes[k], ());
            });
        }
        graph
    }

    fn circles(&self) -> Vec<Diagnostic> {
        let circles = tarjan_scc(&self.graph()).into_iter().filter(|c| c.len() > 1);
        circles
            .map(|circle| {
                let d = Diagnostic::error("lab::circle", "experiments need each other's results");
                circle
                    .iter()
                    .map(|n| &self.entries[n.index()])
                    .fold(d, |d, e| d.at(e.span, format!("{} is in the circle", e.name)))
                    .help("one of them must not read the other")
            })
            .collect()
    }
}

/// The experiments that an expression reads, itself or through functions.
fn read(e: &Expr, functions: &Functions, out: &mut HashSet<String>, depth: usize) {
    e.each(&mut |e| match &e.kind {
        ExprKind::Field(base, _) => {
            if let ExprKind::Name(n) = &base.kind {
                out.insert(n.to_ascii_lowercase());
            }
        }
        ExprKind::Call { name, args } if depth < 20 => {
            let named = args.iter().filter_map(|a| match &a.value.kind {
                ExprKind::Name(n) => Some(n.to_ascii_lowercase()),
                _ => None,
            });
            // A function may be handed on by its name.
            for lower in named.chain([name.lower()]) {
                if let Some(f) = functions.expressions.get(&lower) {
                    read(&f.body, functions, out, depth + 1);
                }
            }
        }
        _ => {}
    });
}

/// An experiment that can run; None: a template.
fn entry(e: &Experiment, templates: &Templates, main: FileId) -> Result<Option<Entry>, Box<Diagnostic>> {
    let (body, with, slow) = match &e.content {
        Content::Template(..) => return Ok(None),
        Content::Body(body) => (expand(body, templates)?, e.with.clone(), e.slow),
        Content::Call(call) => {
            let template = match &call.kind {
                ExprKind::Call { name, .. } => templates.get(&name.lower()).ok_or_else(|| {
                    let message = format!("there is no template '{}'", name.text);
                    let d = Diagnostic::error("lab::unknown-template", message).at(name.span, "not known");
                    Box::new(match did_you_mean(&name.text, templates.keys().map(String::as_str)) {
                        Some(help) => d.help(help),
                        None => d.help(format!(".experiment {}(…) {{ … }} defines it", name.text)),
                    })
                })?,
                _ => return Ok(None),
            };
            let statement = Stmt { span: call.span, kind: crate::syntax::ast::StmtKind::Call(call.clone()) };
            let body = expand(std::slice::from_ref(&statement), templates)?;
            let with = template.with.iter().chain(&e.with).cloned().collect();
            (body, with, e.slow || template.slow)
        }
    };
    let (name, span) = (e.name.text.clone(), e.name.span);
    Ok(Some(Entry { name, span, with, slow, main: e.name.span.file == main, body, needs: Vec::new() }))
}

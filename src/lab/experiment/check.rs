//! Experiments, protocols and functions → what their text shows to be wrong, all of it, before anything runs.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::Catalog;
use super::page::{Leaf, label};
use crate::diag::{Diagnostic, Span};
use crate::lab::plot::Fit;
use crate::process::bodies::experiment;
use crate::process::lint::look;
use crate::process::machine::Machine;
use crate::process::names::{self, Around};
use crate::process::program::InstanceId;
use crate::syntax::ast::visit::statements;
use crate::syntax::ast::{Name, Stmt, StmtKind};
use crate::value::fault::{Fault, did_you_mean};

/// See the module. A file without parts and experiments is a library: its names are those of the files that include it.
pub fn check(catalog: &Catalog, machine: &Machine) -> Vec<Diagnostic> {
    if machine.circuit.parts.is_empty() && catalog.entries.is_empty() {
        return Vec::new();
    }
    let experiments: HashMap<String, BTreeSet<String>> =
        catalog.entries.iter().map(|e| (e.name.to_ascii_lowercase(), names_left(&e.body).collect())).collect();
    let bodies = || catalog.entries.iter().map(|e| &e.body).chain(catalog.templates.iter().map(|t| &t.body));
    let fixed = catalog.entries.iter().all(|e| e.with.is_empty()) && !bodies().any(|b| varies(b, machine));
    let templates = catalog.templates.iter().map(|t| t.name.to_ascii_lowercase()).collect();
    let around = Around { own: None, experiments, templates, fixed };
    let mut found = names::check(machine, &around);
    for t in &catalog.templates {
        let own = Some(names_left(&t.body).collect());
        // Its arguments may be parameters to sweep.
        let around = Around { own, fixed: false, ..around.clone() };
        found.extend(names::body(machine, InstanceId::TOP, &t.formals, &[], &t.body, &around));
        found.extend(laws(&t.body));
    }
    for e in &catalog.entries {
        let known = &machine.functions.values;
        for name in e.with.iter().map(|a| &a.name).filter(|n| !n.is("temp") && !known.contains_key(&n.lower())) {
            let d = crate::elab::unknown_override(&name.text, known.keys().map(String::as_str));
            found.push(d.at(name.span, "not a .param of the netlist"));
        }
        let own = Some(names_left(&e.body).collect());
        let around = Around { own, fixed: e.with.is_empty() && !varies(&e.body, machine), ..around.clone() };
        found.extend(names::body(machine, InstanceId::TOP, &[], &[], &e.body, &around));
        found.extend(laws(&e.body));
    }
    found.extend(flow(catalog, machine));
    let mut told: HashSet<(&'static str, Option<Span>)> = HashSet::new();
    found.retain(|d| told.insert((d.code, d.labels.first().map(|l| l.span))));
    found
}

/// What looks wrong in the flow of control of experiments and templates.
fn flow(catalog: &Catalog, machine: &Machine) -> Vec<Diagnostic> {
    let named = |text: &str, span| Name { text: text.to_string(), span };
    let entries = catalog.entries.iter().map(|e| experiment(machine, &named(&e.name, e.span), &e.body));
    let templates = catalog.templates.iter().map(|t| experiment(machine, &named(&t.name, t.span), &t.body));
    entries.chain(templates).flat_map(|body| look(&body)).collect()
}

/// The law that is laid through a histogram, lower case.
pub fn law(name: &Name) -> Result<String, Fault> {
    if Fit::named(&name.text).is_some() {
        return Ok(name.lower());
    }
    let fault = Fault::new("lab::fit", name.span, format!("there is no law '{}' to fit", name.text), "not known");
    Err(match did_you_mean(&name.text, Fit::NAMES) {
        Some(help) => fault.with_help(help),
        None => fault.with_help(format!("the laws are {}", Fit::NAMES.join(", "))),
    })
}

/// Laws that nothing is fitted to.
fn laws(body: &[Stmt]) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    statements(body, &mut |s| {
        if let StmtKind::Histogram { fit: Some(name), .. } = &s.kind
            && let Err(Fault::Wrong(d)) = law(name)
        {
            out.push(*d);
        }
    });
    out
}

/// Measures, columns and sweep variables, by lower-case name.
pub fn leaves(body: &[Stmt]) -> HashMap<String, Leaf> {
    let mut out = HashMap::new();
    statements(body, &mut |s| match &s.kind {
        StmtKind::Measure(columns) => {
            out.extend(columns.iter().map(|c| (label(c).to_ascii_lowercase(), Leaf::Measure)));
        }
        StmtKind::Record(columns) => {
            out.extend(columns.iter().map(|c| (label(c).to_ascii_lowercase(), Leaf::Column)));
        }
        StmtKind::Sweep { loops, .. } => {
            out.extend(loops.iter().flat_map(|l| &l.names).map(|n| (n.lower(), Leaf::Column)));
        }
        StmtKind::MonteCarlo { .. } => drop(out.insert("run".to_string(), Leaf::Column)),
        _ => {}
    });
    out
}

fn names_left(body: &[Stmt]) -> impl Iterator<Item = String> + use<> {
    leaves(body).into_keys()
}

/// Whether a sweep sets a parameter of the netlist.
fn varies(body: &[Stmt], machine: &Machine) -> bool {
    let mut any = false;
    statements(body, &mut |s| {
        if let StmtKind::Sweep { loops, .. } = &s.kind {
            any |= loops.iter().flat_map(|l| &l.names).any(|n| machine.functions.values.contains_key(&n.lower()));
        }
    });
    any
}

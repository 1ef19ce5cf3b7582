//! Ast → Circuit and Plan: parameters evaluated, hierarchy flattened, names resolved.

mod bench;
mod builder;
mod bus;
mod cards;
mod consistency;
mod controlled;
pub mod device;
mod draw;
mod elements;
mod estimate;
mod eval;
mod flatten;
mod follow;
mod functions;
mod generate;
mod instance;
mod kinds;
mod line;
mod live;
mod measures;
mod missing;
mod network;
mod network_layer;
mod noise;
mod options;
mod outputs;
mod parts;
mod passive;
mod quantity;
mod routines;
mod scope;
mod settings;
mod several;
mod sources;
mod sweeps;
mod term;
mod variation;

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

pub use crate::value::data::DataRoots;
pub use kinds::Kinds;

use self::eval::Context;
use self::fault::Fault;
use crate::circuit::definition::Definition;
use crate::circuit::kind::Label;
use crate::circuit::plan::{AnalysisKind, Plan};
use crate::circuit::{Circuit, NetId, Part, PartId, Setting, check};
use crate::diag::{Diagnostic, any_error, first_of};
use crate::process::machine::Functions;
use crate::process::program::Program;
use crate::syntax::ast::visit::expressions;
use crate::syntax::ast::{Argument, Ast, Experiment, ExprKind, Item, Statement, Value as AstValue};
use crate::syntax::number;
use crate::value::{self, Value, data, fault};
use builder::Builder;
use cards::Planner;
use data::Files;
use eval::Shared;
use instance::{Instance, is_ground};

/// A circuit and what to run on it.
#[derive(Clone, Debug, Default)]
pub struct Deck {
    pub circuit: Circuit,
    pub plan: Plan,
    /// What runs beside the circuit, and the functions it may call
    pub program: Program,
    pub functions: Arc<Functions>,
    /// In file order
    pub experiments: Vec<Arc<Experiment>>,
    /// Each `.device` as defined, for the sizes of its default parameters where it is used with them
    pub devices: Vec<Arc<Definition>>,
    /// Whether a `.variation` makes circuits of different draws differ
    pub varies: bool,
}

/// Values that win over those of the netlist: what `.step`, `.dc` of a parameter and `--param` set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overrides {
    /// `.param`s of the deck
    pub params: Vec<(String, Value)>,
    /// °C
    pub temp: Option<f64>,
    /// Name of a model, parameter, value
    pub models: Vec<(String, Label, f64)>,
    /// Path of a part, parameter, value
    pub parts: Vec<(String, Label, f64)>,
    /// What is drawn at random; None: everything is nominal
    pub draw: Option<Draw>,
}

/// Which draw of a Monte-Carlo run a circuit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw {
    pub seed: u64,
    /// Number of the draw, from 0
    pub run: u64,
    /// Number of the sweep point: what differs from part to part is equal at all of them, what happens in time is not
    pub point: u64,
}

/// °C, where a deck names no temperature.
const ROOM: f64 = 27.0;

/// The circuit and plan of a parsed netlist; None if something in it is an error.
pub fn elaborate(ast: &Ast, kinds: &Kinds, overrides: &Overrides, data: &DataRoots) -> (Option<Deck>, Vec<Diagnostic>) {
    if estimate::parts(&ast.items) > builder::MAX_WORK {
        return (None, vec![builder::too_big()]);
    }
    let temp = overrides.temp.or_else(|| temperature(&ast.items)).unwrap_or(ROOM);
    let files = Files::new(data.clone());
    let shared = Shared::new(&files, temp);
    let mut builder = Builder::new(kinds, &shared, &ast.title);
    builder.missing.unread = ast.lost.clone();
    builder.overrides = overrides.clone();
    globals(&ast.items, &mut builder);

    let given: HashMap<String, Value> =
        overrides.params.iter().map(|(n, v)| (n.to_ascii_lowercase(), v.clone())).collect();
    let scope = builder.scope(None, &[], &ast.items, given);
    for (name, _) in &overrides.params {
        if !scope.definitions.params.iter().any(|(n, _)| n.eq_ignore_ascii_case(name)) {
            let known = scope.definitions.params.iter().map(|(n, _)| n.as_str());
            builder.report(unknown_override(name, known));
        }
    }
    let top = Rc::new(Instance::top());
    let on = options::variation(&ast.items, &shared, &scope);
    builder.drawing = overrides.draw.filter(|_| on);
    builder.whole_body(&ast.items, &scope, &top);
    builder.other_variations(&scope);
    builder.unused_devices(&scope);
    let devices = builder.definitions();
    resolve(&mut builder);
    drop_loose_nets(&mut builder);
    builder.drive_signals();
    apply(&mut builder, overrides);
    if let Some(draw) = builder.drawing {
        builder.draw(draw);
        builder.keep_spread();
    }
    unused_ports(&mut builder);
    builder.unused_models(&ast.items);

    let functions = Arc::new(bench::functions(&ast.items, &scope));
    let Builder { circuit, mut diagnostics, cards, mut missing, bench, .. } = builder;
    let program = bench::program(&circuit, &bench);
    let experiments: Vec<Arc<Experiment>> = ast
        .items
        .iter()
        .filter_map(|item| if let Statement::Experiment(e) = &item.kind { Some(Arc::new(e.clone())) } else { None })
        .collect();
    let mut planner = Planner {
        circuit: &circuit,
        kinds,
        shared: &shared,
        scope,
        instance: top,
        plan: Plan::default(),
        observed: HashMap::new(),
        diagnostics: Vec::new(),
    };
    // Measures come last: they may look at the kind of the analyses.
    let (measures, others): (Vec<_>, Vec<_>) =
        cards.iter().partition(|c| c.card.name.is("meas") || c.card.name.is("measure"));
    for placed in others.into_iter().chain(measures) {
        if let Err(fault) = planner.card(placed) {
            // What only looks at nets and parts makes none.
            if !["save", "probe", "print", "plot", "ic", "nodeset"].iter().any(|n| placed.card.name.is(n)) {
                missing.refuse(&placed.card.name.text, &placed.card.args, &fault, &[]);
            }
            let faults = Context::constant(&shared, &placed.scope).faults_among(&expressions(&placed.card.args), fault);
            planner.diagnostics.extend(faults.into_iter().filter_map(Fault::report));
        }
    }
    let Planner { mut plan, diagnostics: found, .. } = planner;
    diagnostics.extend(found);
    if let Some(t) = overrides.temp {
        plan.options.temp = t;
    }
    if let Some(draw) = overrides.draw {
        (plan.options.seed, plan.options.run, plan.options.point) = (draw.seed, draw.run, draw.point);
    }
    if let Some(ac) = plan.analyses.iter().find(|a| matches!(a.kind, AnalysisKind::Ac { .. }))
        && !circuit.parts.iter().any(|p| p.settings.iter().any(|(name, _)| &**name == "acmag"))
    {
        let d = Diagnostic::warning("elab::no-stimulus", "no source has an AC value: every phasor is 0");
        diagnostics.push(d.at(ac.span, "this analysis").help("V1 in 0 DC 0 AC 1"));
    }
    let analysis = |name: &str| matches!(name, "op" | "dc" | "ac" | "tran" | "noise");
    // A line that could not be read may have been the analysis.
    if !missing.all()
        && missing.unread.is_empty()
        && experiments.is_empty()
        && !cards.iter().any(|c| c.instance.prefix.is_empty() && analysis(&c.card.name.lower()))
    {
        diagnostics.push(
            Diagnostic::warning("elab::no-analysis", "this deck asks for no analysis")
                .help("add .op, .dc, .ac or .tran"),
        );
    }
    if let Some(always) = program.instances.iter().flat_map(|i| &i.always).next()
        && !plan.analyses.is_empty()
    {
        diagnostics.push(
            Diagnostic::warning(
                "elab::not-beside-cards",
                "the analysis cards of a deck do not run what is beside the circuit",
            )
            .at(always.name.span, "stands still")
            .help("an .experiment runs it"),
        );
    }
    let has_noise = cards.iter().any(|c| c.card.name.is("noise"));
    diagnostics.extend(consistency::check(&mut plan, &missing, has_noise));
    diagnostics.extend(shared.notes.take());
    diagnostics.extend(files.take_notes());
    diagnostics = missing.not_explained(diagnostics);
    // Where these cards are wrong, any net may be held by what they say.
    let all = missing.names("rshunt") || missing.names("uic");
    diagnostics.extend(check::check(&circuit, &plan, &|net| all || missing.doubts(net)));
    let circuit = shunted(circuit, plan.options.cshunt, kinds);
    let deck = (!any_error(&diagnostics)).then_some(Deck {
        circuit,
        plan,
        program,
        functions,
        experiments,
        devices,
        varies: on && varies(&ast.items),
    });
    (deck, first_of(diagnostics))
}

/// `.options cshunt`: a capacitor from every net to ground.
fn shunted(mut circuit: Circuit, farad: f64, kinds: &Kinds) -> Circuit {
    let Some(kind) = kinds.by_name("capacitor").filter(|_| farad > 0.0) else { return circuit };
    for (n, net) in circuit.nets.iter().enumerate().skip(1).filter(|(_, net)| !net.name.starts_with("signal(")) {
        let path = format!("cshunt({})", net.name);
        circuit.part_names.insert(path.to_ascii_lowercase(), PartId(circuit.parts.len() as u32));
        circuit.parts.push(Part {
            path,
            kind: kind.into(),
            pins: vec![NetId(n as u32), NetId::GROUND],
            model: None,
            settings: vec![("c".into(), Setting::Number(farad))],
            span: net.span,
        });
    }
    circuit
}

/// Whether a `.variation` stands in the netlist.
fn varies(items: &[Item]) -> bool {
    items.iter().any(|item| match &item.kind {
        Statement::Variation(_) => true,
        Statement::Subckt(s) => varies(&s.items),
        Statement::For(f) => varies(&f.items),
        _ => false,
    })
}

/// What is said of a parameter set from outside that the deck does not have.
pub fn unknown_override<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Diagnostic {
    let d = Diagnostic::error("elab::unknown-override", format!("the deck has no parameter '{name}' to set"));
    match fault::did_you_mean(name, known) {
        Some(help) => d.help(help),
        None => d,
    }
}

/// The temperature a deck sets as a plain number, needed before anything is evaluated.
fn temperature(items: &[Item]) -> Option<f64> {
    let literal = |e: &crate::syntax::ast::Expr| if let ExprKind::Number(v) = e.kind { Some(v) } else { None };
    let mut found = None;
    for item in items {
        let Statement::Card(card) = &item.kind else { continue };
        let values: Vec<f64> = card
            .args
            .iter()
            .filter_map(|a| match a {
                Argument::Value(AstValue::Word(w)) if card.name.is("temp") => number::parse(&w.text).map(|n| n.value),
                Argument::Setting(s) if card.name.lower().starts_with("option") && s.name.is("temp") => {
                    s.values.first().and_then(literal)
                }
                _ => None,
            })
            .collect();
        found = values.first().copied().or(found);
    }
    found
}

/// Nets that are the same everywhere.
fn globals(items: &[Item], builder: &mut Builder) {
    for item in items {
        match &item.kind {
            Statement::Card(card) if card.name.is("global") => {
                for a in &card.args {
                    if let Argument::Value(AstValue::Word(w)) = a
                        && !is_ground(&w.text.to_ascii_lowercase())
                    {
                        builder.globals.insert(w.text.to_ascii_lowercase());
                    }
                }
            }
            Statement::Subckt(s) => globals(&s.items, builder),
            _ => {}
        }
    }
}

/// Settings that waited until all names were known.
fn resolve(builder: &mut Builder) {
    for pending in std::mem::take(&mut builder.pending) {
        if let live::Want::Followed { of, param } = &pending.want {
            if let Err(fault) = builder.follow(&pending, of, param) {
                builder.missing.refuse_expression(of, std::slice::from_ref(&fault));
                builder.fault(fault);
            }
            continue;
        }
        let resolved = pending.resolve(&builder.circuit, builder.shared);
        match resolved {
            Ok(setting) => {
                let share = pending.share(&builder.circuit, &setting);
                let settings = &mut builder.circuit.parts[pending.part.0 as usize].settings;
                settings.push((pending.name, setting));
                settings.extend(share.map(|share| ("share".into(), Setting::Number(share))));
            }
            Err(fault) => {
                let faults = pending.faults(&builder.circuit, builder.shared, fault);
                if let Some(e) = pending.expression() {
                    builder.missing.refuse_expression(e, &faults);
                }
                faults.into_iter().for_each(|fault| builder.fault(fault));
            }
        }
    }
}

/// Takes out nets that no pin and no equation touches: what is connected to a port that its subcircuit does not use.
fn drop_loose_nets(builder: &mut Builder) {
    let circuit = &mut builder.circuit;
    let mut touched = vec![false; circuit.nets.len()];
    touched[0] = true;
    for part in &circuit.parts {
        part.pins.iter().for_each(|n| touched[n.0 as usize] = true);
        for (_, setting) in &part.settings {
            if let Setting::Equation(e) = setting {
                e.nets(&mut |n| touched[n.0 as usize] = true);
            }
        }
    }
    if touched.iter().all(|t| *t) {
        return;
    }
    let mut next = 0;
    let places: Vec<Option<NetId>> = touched
        .iter()
        .map(|t| {
            t.then(|| {
                next += 1;
                NetId(next - 1)
            })
        })
        .collect();
    let place = |n: &mut NetId| *n = places[n.0 as usize].unwrap_or(NetId::GROUND);
    let mut k = 0;
    circuit.nets.retain(|_| {
        k += 1;
        touched[k - 1]
    });
    circuit.net_names.retain(|_, n| {
        let kept = touched[n.0 as usize];
        place(n);
        kept
    });
    for part in &mut circuit.parts {
        part.pins.iter_mut().for_each(place);
        for (_, setting) in &mut part.settings {
            if let Setting::Equation(e) = setting {
                e.rename_nets(&place);
            }
        }
    }
    // Cards and copies share instances: each of its ports moves once.
    let mut moved = HashSet::new();
    for instance in builder.cards.iter().map(|c| &c.instance).chain(builder.bench.instances()) {
        if moved.insert(Rc::as_ptr(instance)) {
            for port in instance.ports.values() {
                let mut net = port.net.get();
                place(&mut net);
                port.net.set(net);
            }
        }
    }
}

/// Values of models and parts from outside.
fn apply(builder: &mut Builder, overrides: &Overrides) {
    for (name, param, v) in &overrides.models {
        let mut found = false;
        for model in builder.circuit.models.iter_mut().filter(|m| m.name.eq_ignore_ascii_case(name)) {
            model.settings.push((param.clone(), Setting::Number(*v)));
            found = true;
        }
        if !found {
            builder.report(Diagnostic::error("elab::unknown-override", format!("the deck uses no model '{name}'")));
        }
    }
    for (path, param, v) in &overrides.parts {
        match builder.circuit.part_names.get(&path.to_ascii_lowercase()) {
            Some(id) => builder.circuit.parts[id.0 as usize].settings.push((param.clone(), Setting::Number(*v))),
            None => {
                builder.report(Diagnostic::error("elab::unknown-override", format!("the deck has no element '{path}'")))
            }
        }
    }
}

fn unused_ports(builder: &mut Builder) {
    builder.count_ports();
    let mut unused: Vec<_> = builder.ports.values().flatten().filter(|p| !p.2).map(|p| (p.0, p.1.clone())).collect();
    unused.sort();
    unused.retain(|(_, name)| !builder.missing.doubts(name));
    for (span, name) in unused {
        let d = Diagnostic::warning(
            "check::unused-port",
            format!("nothing inside the subcircuit connects to its port '{name}'"),
        );
        builder.report(d.at(span, "never used"));
    }
}

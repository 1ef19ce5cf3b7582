//! What runs beside the circuit: `.smu`, `.signal`, `.always` and `.protocol` of every copy of a body become the program of
//! the processes, with the names that each copy knows.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::builder::Builder;
use super::bus;
use super::eval::Context;
use super::fault::Fault;
use super::instance::{Instance, spread};
use super::scope::Scope;
use crate::circuit::{Circuit, NetId, Part};
use crate::device::smu;
use crate::diag::{Diagnostic, Span};
use crate::process::machine::Functions;
use crate::process::program::{self, Bus, InstanceId, Member, Program, SignalId};
use crate::syntax::ast::{self, Item, Statement};

/// One copy of a body.
pub struct Site<'a> {
    items: &'a [Item],
    scope: Rc<Scope<'a>>,
    instance: Rc<Instance>,
}

/// A `.signal` of one copy, one element of a bus apart.
struct Wire {
    /// As written, with its path
    path: String,
    start: f64,
    span: Span,
}

/// What was found while the hierarchy was made flat.
#[derive(Default)]
pub struct Bench<'a> {
    sites: Vec<Site<'a>>,
    wires: Vec<Wire>,
    /// Path of the net of each unit, and how it is set
    units: Vec<(String, f64, f64, Span)>,
    pub followers: Vec<program::Follower>,
}

impl Bench<'_> {
    /// Every copy of a body.
    pub fn instances(&self) -> impl Iterator<Item = &Rc<Instance>> {
        self.sites.iter().map(|s| &s.instance)
    }

    /// The signal that a net follows.
    pub fn signal_of(&self, net: &str) -> Option<SignalId> {
        let place = self.wires.iter().position(|w| signal_net(&w.path) == net);
        place.map(|k| SignalId(k as u32))
    }

    pub fn start_of(&self, signal: SignalId) -> f64 {
        self.wires.get(signal.0 as usize).map_or(0.0, |w| w.start)
    }
}

/// s: rise and fall time where `.smu` does not say.
const EDGE: f64 = 1e-9;

/// The name of the net that follows a signal where analog parts read it.
pub fn signal_net(path: &str) -> String {
    format!("signal({})", path.to_ascii_lowercase())
}

fn unit_path(net: &str) -> String {
    format!("smu({net})")
}

/// Whether something of a body has the name that another one there has.
fn twice(named: &mut HashMap<(&'static str, String), Span>, what: &'static str, name: &ast::Name) -> Result<(), Fault> {
    let Some(other) = named.insert((what, name.lower()), name.span) else { return Ok(()) };
    let d = Diagnostic::error("elab::duplicate-process", format!("two {what} are called '{}'", name.text))
        .at(name.span, "this one")
        .at(other, "and this one")
        .help("names ignore case; rename one of them");
    Err(Fault::Wrong(Box::new(d)))
}

impl<'a> Builder<'a> {
    /// A copy of a body, its elements all known.
    pub fn bench(&mut self, items: &'a [Item], scope: &Rc<Scope<'a>>, instance: &Rc<Instance>) {
        let mut named: HashMap<(&'static str, String), Span> = HashMap::new();
        for item in items {
            let outcome = match &item.kind {
                Statement::Smu(s) => self.units(s, scope, instance),
                Statement::Signal(list) => list.iter().try_for_each(|s| self.signal(s, scope, instance)),
                Statement::Protocol(r) => twice(&mut named, "protocols", &r.name),
                Statement::Always(a) => twice(&mut named, "always processes", &a.name),
                _ => Ok(()),
            };
            if let Err(fault) = outcome {
                self.fault(fault);
            }
        }
        self.bench.sites.push(Site { items, scope: scope.clone(), instance: instance.clone() });
    }

    /// A source-measure unit on each net of a `.smu`.
    fn units(&mut self, s: &ast::Smu, scope: &Rc<Scope<'a>>, instance: &Rc<Instance>) -> Result<(), Fault> {
        let (mut edge, mut noise) = (EDGE, 0.0);
        for setting in &s.settings {
            let context = Context::constant(self.shared, scope);
            let [value] = &setting.values[..] else {
                return Err(Fault::new("elab::one-value", setting.span, "this takes one value", "here"));
            };
            let v = context.number(value)?;
            let place = match setting.name.lower().as_str() {
                "edge" => &mut edge,
                "noise" => &mut noise,
                _ => {
                    let d = super::settings::unknown(setting, &["edge", "noise"], "a .smu");
                    self.report(d);
                    continue;
                }
            };
            if !(v.is_finite() && v >= 0.0) || (setting.name.is("edge") && v == 0.0) {
                let message = format!("{}={v} is not possible", setting.name.text);
                return Err(Fault::new("elab::range", setting.span, message, "here"));
            }
            *place = v;
        }
        for word in &s.nets {
            for net in self.nets(word, scope, instance)? {
                if net == NetId::GROUND {
                    let message = "a source-measure unit on ground measures nothing";
                    return Err(Fault::new("elab::smu-on-ground", word.span, message, "ground"));
                }
                let name = self.circuit.net(net).name.clone();
                let path = unit_path(&name);
                if let Some(old) = self.places.insert(path.to_ascii_lowercase(), word.span) {
                    let d =
                        Diagnostic::error("elab::two-units", format!("two source-measure units are on the net {name}"))
                            .at(word.span, "this one")
                            .at(old, "and this one")
                            .help("one .smu a net; a port's net may have one outside");
                    return Err(Fault::Wrong(Box::new(d)));
                }
                self.bench.units.push((path.clone(), edge, noise, word.span));
                self.add(Part {
                    path,
                    kind: (&smu::KIND).into(),
                    pins: vec![net],
                    model: None,
                    settings: Vec::new(),
                    span: word.span,
                });
            }
        }
        Ok(())
    }

    /// A signal, or a bus of them, and a net for each.
    fn signal(&mut self, s: &ast::Signal, scope: &Rc<Scope<'a>>, instance: &Rc<Instance>) -> Result<(), Fault> {
        let context = Context::constant(self.shared, scope);
        let start = context.value(&s.start)?;
        let whole = |_: usize, span: Span| {
            Err(Fault::new("elab::unknown-width", span, "a bus of signals needs its range", "here")
                .with_help("on[0:2]=0"))
        };
        let names = match s.name.index.is_empty() {
            true => vec![s.name.text.clone()],
            false => spread(&s.name.text, &bus::axes(&s.name, &context, whole)?, s.name.span)?,
        };
        let values = start.numbers();
        if values.len() != 1 && values.len() != names.len() {
            let message = format!("{} start values for {} signals", values.len(), names.len());
            return Err(Fault::new("elab::signal-width", s.start.span, message, "one, or one for each"));
        }
        for (k, name) in names.into_iter().enumerate() {
            let start = values.get(k).or(values.first()).copied().unwrap_or(0.0);
            if !start.is_finite() {
                let message = format!("a signal cannot start at {start}");
                return Err(Fault::new("elab::not-finite", s.start.span, message, "here"));
            }
            let path = format!("{}{name}", instance.prefix);
            let next = NetId(self.circuit.nets.len() as u32);
            let key = signal_net(&path);
            if let Some(&other) = self.circuit.net_names.get(&key) {
                let d = Diagnostic::error("elab::duplicate-signal", format!("two signals are called '{name}'"))
                    .at(s.name.span, "this one")
                    .at(self.circuit.net(other).span, "and this one")
                    .help("names ignore case; one .signal a name, on[0:2]=0 makes three of them");
                return Err(Fault::Wrong(Box::new(d)));
            }
            self.circuit.net_names.insert(key.clone(), next);
            self.circuit.nets.push(crate::circuit::Net { name: key, span: s.name.span });
            self.bench.wires.push(Wire { path, start, span: s.name.span });
        }
        Ok(())
    }

    /// Units on the nets of the signals that analog parts read; the other nets are gone by now.
    pub fn drive_signals(&mut self) {
        for k in 0..self.bench.wires.len() {
            let wire = &self.bench.wires[k];
            let (path, span) = (signal_net(&wire.path), wire.span);
            if let Some(&net) = self.circuit.net_names.get(&path) {
                self.add(Part {
                    path,
                    kind: (&smu::KIND).into(),
                    pins: vec![net],
                    model: None,
                    settings: Vec::new(),
                    span,
                });
            }
        }
    }
}

/// The program of the processes; nets and parts have their final numbers.
pub fn program(circuit: &Circuit, bench: &Bench) -> Program {
    let part = |path: &str| circuit.part_names.get(&path.to_ascii_lowercase()).copied();
    let smus = bench.units.iter().filter_map(|(path, edge, noise, span)| {
        let part = part(path)?;
        Some(program::Smu { net: circuit.part(part).pins[0], part, edge: *edge, noise: *noise, span: *span })
    });
    let signals = bench.wires.iter().map(|w| program::Signal {
        path: w.path.clone(),
        start: w.start,
        driver: part(&signal_net(&w.path)),
        span: w.span,
    });
    let mut out = Program {
        smus: smus.collect(),
        signals: signals.collect(),
        instances: Vec::new(),
        followers: bench.followers.clone(),
    };
    // The netlist itself was visited last, copies before what is around them.
    let order: Vec<&Site> = bench.sites.iter().rev().collect();
    let numbers: HashMap<&str, InstanceId> =
        order.iter().enumerate().map(|(k, s)| (s.instance.lower.as_str(), InstanceId(k as u32))).collect();
    let mut homes: Vec<Homes> = order.iter().map(|_| Homes::default()).collect();
    for (name, net) in &circuit.net_names {
        place(&numbers, name, |at, local, index| homes[at].nets.push((local, index, *net)));
    }
    for (path, id) in &circuit.part_names {
        place(&numbers, path, |at, local, index| homes[at].members.push((local, index, Member::Part(*id))));
    }
    for (lower, id) in &numbers {
        if let Some(path) = lower.strip_suffix('.') {
            place(&numbers, path, |at, local, index| homes[at].members.push((local, index, Member::Instance(*id))));
        }
    }
    for (k, wire) in bench.wires.iter().enumerate() {
        let id = SignalId(k as u32);
        place(&numbers, &wire.path.to_ascii_lowercase(), |at, local, index| homes[at].signals.push((local, index, id)));
    }
    for (site, mut home) in order.iter().zip(homes) {
        for (name, port) in &site.instance.ports {
            let (local, index) = indexed(name);
            home.nets.push((local, index, port.net.get()));
        }
        let parent = site.instance.lower.strip_suffix('.').map(|path| home_of(&numbers, path));
        let mut instance = program::Instance {
            path: site.instance.prefix.trim_end_matches('.').to_string(),
            parent,
            params: site.scope.values.clone(),
            nets: buses(home.nets),
            members: buses(home.members),
            signals: buses(home.signals),
            ..program::Instance::default()
        };
        let parts = |item: &&Item| matches!(item.kind, Statement::Func(_) | Statement::Function(_));
        if let Some(parent) = parent.filter(|_| site.items.iter().any(|i| parts(&i))) {
            let mut outer = Some(parent);
            let mut found = None;
            while let Some(around) = outer.and_then(|at| out.instances.get(at.0 as usize)).filter(|_| found.is_none()) {
                (found, outer) = (around.functions.clone(), around.parent);
            }
            let around = found.unwrap_or_else(|| {
                Arc::new(order.first().map_or_else(Functions::default, |s| functions(s.items, &s.scope)))
            });
            instance.functions =
                Some(Arc::new(within(&around, functions(site.items, &site.scope), out.instances.len())));
        }
        for item in site.items {
            match &item.kind {
                Statement::Protocol(r) => {
                    instance.protocols.insert(r.name.lower(), Arc::new(r.clone()));
                }
                Statement::Always(a) => instance.always.push(Arc::new(a.clone())),
                _ => {}
            }
        }
        out.instances.push(instance);
    }
    out
}

/// What lives directly in one instance: local name, index, thing.
#[derive(Default)]
struct Homes {
    nets: Vec<(String, Vec<i64>, NetId)>,
    members: Vec<(String, Vec<i64>, Member)>,
    signals: Vec<(String, Vec<i64>, SignalId)>,
}

/// The innermost instance that a lower-case path lies in.
fn home_of(numbers: &HashMap<&str, InstanceId>, path: &str) -> InstanceId {
    let dots = path.rmatch_indices('.').map(|(k, _)| k);
    dots.filter_map(|k| numbers.get(&path[..=k])).next().copied().unwrap_or(InstanceId::TOP)
}

fn place(numbers: &HashMap<&str, InstanceId>, path: &str, put: impl FnOnce(usize, String, Vec<i64>)) {
    let dots = path.rmatch_indices('.').map(|(k, _)| k);
    let found = dots.filter_map(|k| numbers.get(&path[..=k]).map(|id| (*id, &path[k + 1..]))).next();
    let (at, local) = found.unwrap_or((InstanceId::TOP, path));
    let (name, index) = indexed(local);
    put(at.0 as usize, name, index);
}

/// `row[3,4]` as its name and its index.
fn indexed(name: &str) -> (String, Vec<i64>) {
    let split = name.strip_suffix(']').and_then(|n| n.split_once('['));
    let index = split.and_then(|(_, list)| list.split(',').map(|i| i.parse().ok()).collect::<Option<Vec<i64>>>());
    match (split, index) {
        (Some((base, _)), Some(index)) => (base.to_string(), index),
        _ => (name.to_string(), Vec::new()),
    }
}

/// Things of one name as a bus: each axis from its least index to its greatest.
fn buses<T: Copy>(list: Vec<(String, Vec<i64>, T)>) -> HashMap<String, Bus<T>> {
    let mut groups: HashMap<String, Vec<(Vec<i64>, T)>> = HashMap::new();
    for (name, index, item) in list {
        groups.entry(name).or_default().push((index, item));
    }
    groups.into_iter().filter_map(|(name, items)| bus_of(items).map(|bus| (name, bus))).collect()
}

/// Holes of a bus are at most this many for each thing in it.
const SPARSE: usize = 1000;

fn bus_of<T: Copy>(items: Vec<(Vec<i64>, T)>) -> Option<Bus<T>> {
    let first = items.first()?.0.clone();
    let mut range: Vec<(i64, i64)> = first.iter().map(|i| (*i, *i)).collect();
    for (index, _) in items.iter().filter(|(index, _)| index.len() == first.len()) {
        range.iter_mut().zip(index).for_each(|(r, i)| *r = (r.0.min(*i), r.1.max(*i)));
    }
    let axes: Vec<(i64, usize)> = range.iter().map(|r| (r.0, (r.1 - r.0 + 1) as usize)).collect();
    let count = axes.iter().try_fold(1usize, |n, a| n.checked_mul(a.1))?;
    if count > items.len().saturating_mul(SPARSE) {
        return None;
    }
    let mut out = Bus { axes, items: vec![None; count] };
    for (index, item) in items {
        if index.len() == out.axes.len() {
            let place = index.iter().zip(&out.axes).fold(0, |p, (i, a)| p * a.1 + (i - a.0) as usize);
            out.items[place] = Some(item);
        }
    }
    Some(out)
}

/// Functions and parameters of an instance with those around it; its own come first.
fn within(around: &Functions, mut own: Functions, number: usize) -> Functions {
    own.number = number as u64;
    for (name, f) in &around.expressions {
        if !own.blocks.contains_key(name) {
            own.expressions.entry(name.clone()).or_insert_with(|| f.clone());
        }
    }
    for (name, f) in &around.blocks {
        if !own.expressions.contains_key(name) {
            own.blocks.entry(name.clone()).or_insert_with(|| f.clone());
        }
    }
    for (name, v) in &around.values {
        own.values.entry(name.clone()).or_insert_with(|| v.clone());
    }
    own
}

/// `.func`s and parameters of the netlist itself, or of an instance, for the processes.
pub fn functions(items: &[Item], top: &Scope) -> Functions {
    let mut out = Functions { values: top.values.clone(), ..Functions::default() };
    for item in items {
        match &item.kind {
            Statement::Func(f) => {
                out.expressions.insert(f.name.lower(), Arc::new(f.clone()));
            }
            Statement::Function(r) => {
                out.blocks.insert(r.name.lower(), Arc::new(r.clone()));
            }
            _ => {}
        }
    }
    out
}

//! The circuit in the making: nets, parts and scopes as the netlist is walked, and what is found on the way.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::bench::Bench;
use super::bus::{self, Extents, Late};
use super::device::Variants;
use super::eval::{Context, Shared};
use super::fault::Fault;
use super::instance::{Instance, is_ground, spread};
use super::kinds::Kinds;
use super::live::Pending;
use super::missing::Missing;
use super::network;
use super::scope::{Definitions, Scope, Step};
use super::value::Value as Constant;
use super::variation::{Owner, Scatter};
use super::{Draw, Overrides};
use crate::circuit::{Circuit, ModelId, Net, NetId, Part, PartId};
use crate::diag::{Diagnostic, Span};
use crate::syntax::ast::{Assign, Card, Item, Word};

/// Parts and passes of loops, together, are at most this many.
pub const MAX_WORK: u64 = 16_000_000;
/// A dot card and where it stands.
pub struct Placed<'a> {
    pub card: &'a Card,
    pub span: Span,
    pub scope: Rc<Scope<'a>>,
    pub instance: Rc<Instance>,
}

/// A circuit in the making.
pub struct Builder<'a> {
    pub kinds: &'a Kinds,
    pub shared: &'a Shared<'a>,
    pub circuit: Circuit,
    pub diagnostics: Vec<Diagnostic>,
    seen: HashSet<(&'static str, Option<Span>)>,
    definitions: HashMap<usize, Rc<Definitions<'a>>>,
    /// Where each instance and part was defined, by lower-case path.
    pub places: HashMap<String, Span>,
    pub globals: HashSet<String>,
    /// By model card and scope.
    pub models: HashMap<(usize, u64), Option<ModelId>>,
    pub pending: Vec<Pending<'a>>,
    pub cards: Vec<Placed<'a>>,
    /// Ports of each subcircuit: where, its name, whether any copy connects it.
    pub ports: HashMap<usize, Vec<(Span, String, bool)>>,
    /// The first copies of each subcircuit
    pub copies: HashMap<usize, Vec<Rc<Instance>>>,
    /// Names of lines that were left out: nets and parts of which the circuit shows less than the netlist
    pub missing: Missing,
    pub late: Late<'a>,
    /// What runs beside the circuit
    pub bench: Bench<'a>,
    extents: Extents,
    /// Definitions of devices, by their block.
    pub devices: HashMap<usize, Variants>,
    pub overrides: Overrides,
    /// Which draw is made; None: everything stays nominal
    pub drawing: Option<Draw>,
    /// Parts that vary, and how
    pub scattered: Vec<(PartId, Rc<Scatter>)>,
    /// What `.variation` says of parts of an owner, by the scope that they see it from
    pub scatters: HashMap<(u64, Owner), Option<Rc<Scatter>>>,
    /// Blocks of `.variation` that have been read
    pub read_variations: HashSet<usize>,
    work: u64,
    scopes: u64,
}

impl<'a> Builder<'a> {
    pub fn new(kinds: &'a Kinds, shared: &'a Shared<'a>, title: &str) -> Builder<'a> {
        let mut circuit = Circuit { title: title.to_string(), ..Circuit::default() };
        circuit.nets.push(Net { name: "0".to_string(), span: Span::new(crate::diag::FileId(0), 0, 0) });
        circuit.net_names.insert("0".to_string(), NetId::GROUND);
        Builder {
            kinds,
            shared,
            circuit,
            diagnostics: Vec::new(),
            seen: HashSet::new(),
            definitions: HashMap::new(),
            places: HashMap::new(),
            globals: HashSet::new(),
            models: HashMap::new(),
            pending: Vec::new(),
            cards: Vec::new(),
            ports: HashMap::new(),
            copies: HashMap::new(),
            missing: Missing::default(),
            late: Late::default(),
            bench: Bench::default(),
            extents: Extents::default(),
            devices: HashMap::new(),
            overrides: Overrides::default(),
            drawing: None,
            scattered: Vec::new(),
            scatters: HashMap::new(),
            read_variations: HashSet::new(),
            work: 0,
            scopes: 0,
        }
    }

    /// Adds a finding, once for each place however many copies a subcircuit has.
    pub fn report(&mut self, d: Diagnostic) {
        if self.seen.insert((d.code, d.labels.first().map(|l| l.span))) || d.labels.is_empty() {
            self.diagnostics.push(d);
        }
    }

    /// One of two results that may both be wrong; what the other has to say is reported here.
    pub fn both(&mut self, one: Result<(), Fault>, other: Result<(), Fault>) -> Result<(), Fault> {
        match (one, other) {
            (Err(first), Err(second)) => {
                self.fault(second);
                Err(first)
            }
            (one, other) => one.and(other),
        }
    }

    pub fn fault(&mut self, fault: Fault) {
        if let Some(d) = fault.report() {
            self.report(d);
        }
    }

    /// Counts `n` more steps; false once there are too many.
    pub fn spend(&mut self, n: u64, span: Span) -> bool {
        let before = self.work;
        self.work = self.work.saturating_add(n);
        if self.work > MAX_WORK && before <= MAX_WORK {
            self.report(too_big().at(span, "while building this"));
            self.missing.refused.all = true;
        }
        self.work <= MAX_WORK
    }

    /// How many more steps there may be.
    pub fn left(&self) -> u64 {
        MAX_WORK.saturating_sub(self.work)
    }

    /// A body's definitions, collected once.
    pub fn defined(&mut self, formals: &'a [Assign], items: &'a [Item]) -> Rc<Definitions<'a>> {
        let key = items.as_ptr() as usize;
        if let Some(d) = self.definitions.get(&key)
            && !items.is_empty()
        {
            return d.clone();
        }
        let mut found = Vec::new();
        let definitions = Rc::new(Definitions::collect(formals, items, &mut found));
        for d in found {
            self.report(d);
        }
        self.definitions.insert(key, definitions.clone());
        definitions
    }

    /// A scope for one copy of a body, its parameters evaluated; `given` wins over what the body says.
    pub fn scope(
        &mut self,
        parent: Option<Rc<Scope<'a>>>,
        formals: &'a [Assign],
        items: &'a [Item],
        given: HashMap<String, Constant>,
    ) -> Rc<Scope<'a>> {
        let definitions = self.defined(formals, items);
        self.scopes += 1;
        let mut scope = Scope::new(self.scopes, parent, definitions.clone());
        scope.values = given;
        for name in &definitions.circular {
            scope.values.entry(name.clone()).or_insert(Constant::Broken);
        }
        for (name, step) in &definitions.steps {
            if scope.values.contains_key(name) {
                continue;
            }
            let value = match step {
                Step::Param(expr) => {
                    let context = Context::constant(self.shared, &scope);
                    context.value(expr).map_err(|fault| context.faults(expr, fault))
                }
                Step::Network(network) => network::network(network, &Context::constant(self.shared, &scope)),
            };
            let value = value.unwrap_or_else(|faults| {
                faults.into_iter().for_each(|f| self.fault(f));
                Constant::Broken
            });
            scope.values.insert(name.clone(), value);
        }
        Rc::new(scope)
    }

    /// The net of a name seen from an instance, made if it is new.
    pub fn net(&mut self, name: &str, span: Span, instance: &Instance) -> Result<NetId, Fault> {
        let lower = name.to_ascii_lowercase();
        if is_ground(&lower) {
            return Ok(NetId::GROUND);
        }
        if let Some(net) = instance.port(&lower) {
            return Ok(net);
        }
        if instance.buses.contains_key(&lower) {
            return Err(Fault::new("elab::whole-bus", span, format!("'{name}' is a bus"), "which of its nets?")
                .with_help(format!("write {name}[:] for all of it, {name}[0] for one net")));
        }
        let (key, name) = match instance.prefix.is_empty() || self.globals.contains(&lower) {
            true => (lower, name.to_string()),
            false => (format!("{}{lower}", instance.lower), format!("{}{name}", instance.prefix)),
        };
        let next = NetId(self.circuit.nets.len() as u32);
        Ok(match self.circuit.net_names.entry(key) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(free) => {
                self.extents.see(free.key());
                free.insert(next);
                self.circuit.nets.push(Net { name, span });
                next
            }
        })
    }

    /// The nets of a word, a bus spread out.
    pub fn nets(&mut self, word: &Word, scope: &Scope<'a>, instance: &Instance) -> Result<Vec<NetId>, Fault> {
        if word.index.is_empty() {
            return Ok(vec![self.net(&word.text, word.span, instance)?]);
        }
        let context = Context::constant(self.shared, scope);
        let lower = word.text.to_ascii_lowercase();
        let extents = &self.extents;
        let axes = bus::axes(word, &context, |k, span| bus::known(extents, word, k, instance, span))?;
        if let Some(declared) = instance.buses.get(&lower) {
            check_inside(word, &axes, declared)?;
        }
        let names = spread(&word.text, &axes, word.span)?;
        names.iter().map(|n| self.net(n, word.span, instance)).collect()
    }

    /// The full name of an element, its index resolved; refuses a name that is taken.
    pub fn claim(&mut self, name: &Word, scope: &Scope<'a>, instance: &Instance) -> Result<String, Fault> {
        let own = Context::constant(self.shared, scope).word(name)?;
        let lower = format!("{}{}", instance.lower, own.to_ascii_lowercase());
        match self.places.entry(lower) {
            Entry::Occupied(old) => {
                let d = Diagnostic::error("elab::duplicate-element", format!("two elements are called '{own}'"))
                    .at(name.span, "this one")
                    .at(*old.get(), "and this one")
                    .help("names ignore case; rename one of them");
                Err(Fault::Wrong(Box::new(d)))
            }
            Entry::Vacant(free) => {
                free.insert(name.span);
                Ok(format!("{}{own}", instance.prefix))
            }
        }
    }

    pub fn add(&mut self, part: Part) -> PartId {
        let id = PartId(self.circuit.parts.len() as u32);
        self.circuit.part_names.insert(part.path.to_ascii_lowercase(), id);
        self.circuit.parts.push(part);
        id
    }
}

/// What is said of a deck that grows without bound.
pub fn too_big() -> Diagnostic {
    Diagnostic::error("elab::too-big", format!("more than {MAX_WORK} parts and passes of loops"))
        .help("a loop bound or nested subcircuits multiply to more than fits")
}

/// Indices of a bus port lie inside its declared range.
fn check_inside(word: &Word, axes: &[(i64, i64)], declared: &[(i64, i64)]) -> Result<(), Fault> {
    let fits =
        axes.len() == declared.len() && axes.iter().zip(declared).all(|(a, d)| a.0 > a.1 || (a.0 >= d.0 && a.1 <= d.1));
    if fits {
        return Ok(());
    }
    let show = |axes: &[(i64, i64)]| {
        let each = |(a, b): &(i64, i64)| if a == b { a.to_string() } else { format!("{a}:{b}") };
        format!("{}[{}]", word.text, axes.iter().map(each).collect::<Vec<_>>().join(","))
    };
    Err(Fault::new(
        "elab::bus-range",
        word.span,
        format!("{} lies outside the port {}", show(axes), show(declared)),
        "outside the port",
    ))
}

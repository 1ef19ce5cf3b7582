//! The hierarchy made flat: every copy of a subcircuit becomes parts and nets with a path.

use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;

use super::builder::{Builder, Placed};
use super::bus;
use super::eval::Context;
use super::fault::{Fault, did_you_mean};
use super::instance::{Buses, Instance, Port, spread};
use super::missing::outer_nets;
use super::scope::{Scope, find_subckt};
use super::value::Value as Constant;
use crate::circuit::NetId;
use crate::diag::{Diagnostic, Span};
use crate::syntax::ast::visit::expressions;
use crate::syntax::ast::{Argument, Element, Item, Statement, Subckt, Value, Word};

/// Subcircuits inside each other.
const MAX_NESTING: usize = 100;

/// A port is unused if none of so many copies uses it.
const COPIES_LOOKED_AT: usize = 16;

impl<'a> Builder<'a> {
    /// Every statement of a body in one copy of it.
    pub fn body(&mut self, items: &'a [Item], scope: &Rc<Scope<'a>>, instance: &Rc<Instance>) {
        for item in items {
            match &item.kind {
                Statement::Element(e) => {
                    if !self.spend(1, item.span) {
                        return;
                    }
                    if !self.put_off(e, item.span, scope, instance) {
                        self.statement(e, item.span, scope, instance);
                    }
                }
                Statement::For(f) => self.repeat(f, 0, &mut Vec::new(), scope, instance),
                Statement::Card(card) => {
                    let (scope, instance) = (scope.clone(), instance.clone());
                    self.cards.push(Placed { card, span: item.span, scope, instance });
                }
                // Definitions, and what `later` reports once
                _ => {}
            }
        }
    }

    /// An element line; what a wrong one names is noted.
    pub fn statement(&mut self, e: &'a Element, span: Span, scope: &Rc<Scope<'a>>, instance: &Rc<Instance>) {
        let result = match e.letter() {
            'x' => self.x(e, span, scope, instance),
            _ => self.element(e, span, scope, instance),
        };
        if let Err(fault) = result {
            if self.missing.is_new(span, instance) {
                let nets = outer_nets(&e.args, instance, &self.circuit);
                self.missing.refuse(&e.name.text, &e.args, &fault, &nets);
            }
            let faults = Context::constant(self.shared, scope).faults_among(&expressions(&e.args), fault);
            faults.into_iter().for_each(|fault| self.fault(fault));
        }
    }

    /// An `X` line: a subcircuit, else a built-in kind or a model of one.
    fn x(&mut self, e: &'a Element, span: Span, scope: &Rc<Scope<'a>>, instance: &Rc<Instance>) -> Result<(), Fault> {
        let values: Vec<&Value> =
            e.args.iter().filter_map(|a| if let Argument::Value(v) = a { Some(v) } else { None }).collect();
        let no_name = || {
            Fault::new(
                "elab::no-subckt",
                span,
                "an X line ends with the name of a subcircuit or device",
                "no name here",
            )
        };
        let Some((last, nodes)) = values.split_last() else { return Err(no_name()) };
        let words: Vec<&Word> =
            nodes.iter().filter_map(|v| if let Value::Word(w) = v { Some(w) } else { None }).collect();
        if words.len() != nodes.len() {
            return Err(no_name());
        }
        let what = self.part_of(last, scope)?.ok_or_else(no_name)?;
        let lower = what.text.to_ascii_lowercase();
        if let Some((definition, home)) = find_subckt(scope, &lower) {
            return self.copy(e, definition, &words, home, scope, instance);
        }
        let around = scope.clone();
        if let Some(device) = around.device(&lower) {
            return self.device(e, span, &words, device, None, scope, instance);
        }
        if let Some((card, home)) = around.model(&lower)
            && let Some(device) = home.device(&card.base.lower())
        {
            return self.device(e, span, &words, device, Some((card, home)), scope, instance);
        }
        self.builtin(e, span, &words, &what, scope, instance)
    }

    /// What an X line makes: the word at its end, or the text of a parameter: `{neuron}`.
    fn part_of(&self, value: &'a Value, scope: &Scope<'a>) -> Result<Option<Word>, Fault> {
        let named = |text: &str, span| Some(Word { text: text.to_string(), index: Vec::new(), span });
        match value {
            Value::Word(w) => {
                let lower = w.text.to_ascii_lowercase();
                let known = scope.names_part(&lower) || self.kinds.by_name(&lower).is_some();
                Ok(match scope.value(&lower) {
                    Some(Constant::Text(t)) if w.index.is_empty() && !known => named(t, w.span),
                    _ => Some(w.clone()),
                })
            }
            Value::Expr(e) => match Context::constant(self.shared, scope).value(e)? {
                Constant::Text(t) => Ok(named(&t, e.span)),
                other => {
                    let message =
                        format!("the name of a subcircuit or device is needed here, not {}", other.describe());
                    Err(Fault::new("elab::no-subckt", e.span, message, "no name"))
                }
            },
            _ => Ok(None),
        }
    }

    /// A copy of a subcircuit.
    fn copy(
        &mut self,
        e: &'a Element,
        definition: &'a Subckt,
        words: &[&'a Word],
        home: Rc<Scope<'a>>,
        scope: &Rc<Scope<'a>>,
        outer: &Rc<Instance>,
    ) -> Result<(), Fault> {
        let path = self.claim(&e.name, scope, outer)?;
        let name = definition.name.lower();
        if outer.within.contains(&name) || outer.within.len() >= MAX_NESTING {
            let message = if outer.within.contains(&name) {
                let mut chain = outer.within.clone();
                chain.push(name);
                format!("subcircuit '{}' contains itself: {}", definition.name.text, chain.join(" → "))
            } else {
                format!("subcircuit '{}' lies more than {MAX_NESTING} deep", definition.name.text)
            };
            let d = Diagnostic::error("elab::recursive-subckt", message)
                .at(e.name.span, "this copy")
                .at(definition.name.span, "defined here");
            return Err(Fault::Wrong(Box::new(d)));
        }
        let (given, multiplier) = self.arguments(e, definition, scope)?;
        let inner = self.scope(Some(home), &definition.params, &definition.items, given);
        let (ports, buses) = self.connect(e, definition, words, &inner, scope, outer)?;
        let mut within = outer.within.clone();
        within.push(name);
        let instance = Rc::new(Instance {
            lower: format!("{}.", path.to_ascii_lowercase()),
            prefix: format!("{path}."),
            ports,
            buses,
            multiplier: outer.multiplier * multiplier,
            within,
        });
        self.whole_body(&definition.items, &inner, &instance);
        self.other_variations(&inner);
        self.note_ports(definition, instance);
        Ok(())
    }

    /// Parameters given on an X line, and its `m=` where that is no parameter of the subcircuit.
    fn arguments(
        &mut self,
        e: &'a Element,
        definition: &'a Subckt,
        scope: &Rc<Scope<'a>>,
    ) -> Result<(HashMap<String, Constant>, f64), Fault> {
        let definitions = self.defined(&definition.params, &definition.items);
        let mut given = HashMap::new();
        let mut multiplier = 1.0;
        for setting in e.args.iter().filter_map(|a| if let Argument::Setting(s) = a { Some(s) } else { None }) {
            let context = Context::constant(self.shared, scope);
            let key = setting.name.lower();
            let known = definitions.params.iter().any(|(n, _)| *n == key);
            let [value] = &setting.values[..] else {
                return Err(Fault::new(
                    "elab::one-value",
                    setting.span,
                    format!("'{}' takes one value", setting.name.text),
                    "here",
                ));
            };
            if known {
                given.insert(key, context.value(value)?);
            } else if key == "m" {
                multiplier = context.number(value)?;
                if !(multiplier.is_finite() && multiplier >= 0.0) {
                    return Err(Fault::new(
                        "elab::range",
                        setting.span,
                        format!("m={multiplier} is not possible"),
                        "must be 0 or more",
                    ));
                }
            } else {
                let names: Vec<&str> = definitions.params.iter().map(|(n, _)| n.as_str()).collect();
                let d = super::settings::unknown(setting, &names, &format!("subcircuit '{}'", definition.name.text));
                self.report(d.at(definition.name.span, "its definition"));
            }
        }
        Ok((given, multiplier))
    }

    /// Which net each port is.
    fn connect(
        &mut self,
        e: &'a Element,
        definition: &'a Subckt,
        words: &[&'a Word],
        inner: &Rc<Scope<'a>>,
        scope: &Rc<Scope<'a>>,
        outer: &Rc<Instance>,
    ) -> Result<(HashMap<String, Port>, Buses), Fault> {
        let mut buses = HashMap::new();
        let mut formal: Vec<Vec<String>> = Vec::with_capacity(definition.ports.len());
        for port in &definition.ports {
            formal.push(self.port_names(port, inner, &mut buses)?);
        }
        let mut actual: Vec<Vec<NetId>> = Vec::with_capacity(words.len());
        for word in words {
            actual.push(self.nets(word, scope, outer)?);
        }
        if words.len() == formal.len()
            && let Some(k) = (0..words.len()).find(|&k| actual[k].len() != formal[k].len())
        {
            let message = format!("{} nets connected to a port of {}", actual[k].len(), formal[k].len());
            let d = Diagnostic::error("elab::port-width", message)
                .at(words[k].span, format!("{} wide", actual[k].len()))
                .at(definition.ports[k].span, format!("{} wide", formal[k].len()));
            return Err(Fault::Wrong(Box::new(d)));
        }
        let (have, want) = (actual.iter().map(Vec::len).sum::<usize>(), formal.iter().map(Vec::len).sum::<usize>());
        if have != want {
            let message =
                format!("'{}' connects {have} nets, but '{}' has {want} ports", e.name.text, definition.name.text);
            let ports: Vec<&str> = definition.ports.iter().map(|p| &p.text[..]).collect();
            let d = Diagnostic::error("elab::port-count", message)
                .at(e.name.span, format!("{have} nets"))
                .at(definition.name.span, format!("{want} ports"))
                .help(format!("its ports are: {}", ports.join(" ")));
            return Err(Fault::Wrong(Box::new(d)));
        }
        let mut ports = HashMap::with_capacity(want);
        for (name, net) in formal.into_iter().flatten().zip(actual.into_iter().flatten()) {
            if self.missing.unread.names(&name) {
                self.missing.refused.net(&self.circuit.net(net).name);
            }
            ports.insert(name.to_ascii_lowercase(), Port { net: Cell::new(net), used: Cell::new(false) });
        }
        Ok((ports, buses))
    }

    /// The names of a port, a bus spread out; its width may depend on the parameters of the copy.
    fn port_names(&mut self, port: &'a Word, inner: &Scope<'a>, buses: &mut Buses) -> Result<Vec<String>, Fault> {
        if port.index.is_empty() {
            return Ok(vec![port.text.clone()]);
        }
        let context = Context::constant(self.shared, inner);
        let axes = bus::axes(port, &context, |_, span| {
            Err(Fault::new("elab::unknown-width", span, "a port needs its range", "here").with_help("col[0:nc-1]"))
        })?;
        let names = spread(&port.text, &axes, port.span)?;
        buses.insert(port.text.to_ascii_lowercase(), axes);
        Ok(names)
    }

    fn note_ports(&mut self, definition: &'a Subckt, instance: Rc<Instance>) {
        let key = definition as *const Subckt as usize;
        let unused = || definition.ports.iter().map(|p| (p.span, p.text.clone(), false)).collect();
        self.ports.entry(key).or_insert_with(unused);
        let kept = self.copies.entry(key).or_default();
        if kept.len() < COPIES_LOOKED_AT {
            kept.push(instance);
        }
    }

    /// Takes note of which ports the first copies of each subcircuit have used.
    pub fn count_ports(&mut self) {
        let copies = std::mem::take(&mut self.copies);
        for (key, instance) in copies.iter().flat_map(|(k, list)| list.iter().map(move |i| (k, i))) {
            for (_, name, used) in self.ports.get_mut(key).into_iter().flatten() {
                let lower = name.to_ascii_lowercase();
                let is_used = |p: &Port| p.used.get();
                *used = *used
                    || match instance.buses.contains_key(&lower) {
                        true => {
                            instance.ports.iter().any(|(n, p)| is_used(p) && n.split('[').next() == Some(&lower[..]))
                        }
                        false => instance.ports.get(&lower).is_some_and(is_used),
                    };
            }
        }
    }
}

/// What an X line that names nothing known may have meant.
pub fn unknown_subckt(builder: &Builder, what: &Word, scope: &Scope) -> Fault {
    let fault = Fault::new(
        "elab::unknown-subckt",
        what.span,
        format!("there is no subcircuit or device '{}'", what.text),
        "not defined",
    )
    .missing(&what.text);
    let mut known: Vec<&str> = builder.kinds.names().collect();
    known.extend(scope.subckt_names());
    known.extend(scope.device_names());
    known.extend(scope.model_names());
    match did_you_mean(&what.text, known) {
        Some(help) => fault.with_help(help),
        None => fault.with_help("define it with .subckt, or .include the file that does"),
    }
}

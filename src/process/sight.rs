//! What the expressions of a process see: variables, parameters, signals, the circuit; and what its assignments change.

use std::collections::HashMap;
use std::sync::Arc;

use super::code::Code;
use super::compile::ANSWER;
use super::groups::{instance, lengths, pick, shaped, unknown};
use super::machine::Machine;
use super::notebook::Notebook;
use super::program::{Bus, Instance, InstanceId, Member, SignalId};
use super::reading::Readings;
use super::study::Curves;
use super::world::{Deposit, Stop, World};
use crate::circuit::equation::Quantity;
use crate::diag::Span;
use crate::random::Draws;
use crate::syntax::ast::{Expr, ExprArg, ExprKind, Name, Slot};
use crate::value::answer::Answer;
use crate::value::assign::{self, Given, Store};
use crate::value::builtin::Tools;
use crate::value::constants;
use crate::value::eval::{eval, picks};
use crate::value::fault::{Fault, did_you_mean};
use crate::value::index::Pick;
use crate::value::scope::{Budget, Scope};
use crate::value::software::{self, Definition, Library};
use crate::value::variables::Variables;
use crate::value::{self, Handle, HandleKind, Value};

/// Who wrote which signal in this instant: number of the process, and where.
pub(super) type Writes = HashMap<SignalId, (usize, Span)>;

/// One process at one moment.
pub(super) struct Sight<'a> {
    pub machine: &'a Machine,
    pub world: &'a mut dyn World,
    pub notebook: &'a dyn Notebook,
    pub at: InstanceId,
    pub variables: &'a mut Variables,
    pub answers: &'a HashMap<String, Answer>,
    pub budget: &'a mut Budget,
    pub draws: &'a mut Draws,
    pub writes: &'a mut Writes,
    pub readings: &'a mut Readings,
    /// Number of the process
    pub who: usize,
    /// Columns of the notebook are in sight
    pub columns: bool,
    /// What runs, and where in it
    pub code: &'a Code,
    pub place: usize,
    /// The rows of an analysis are: numbers of the circuit are one for each row
    pub study: Option<Arc<Curves>>,
}

/// What stopped the circuit, as a fault at a statement.
pub(super) fn stopped(stop: Stop, span: Span) -> Fault {
    match stop {
        Stop::Analysis(d) => Fault::Wrong(d),
        Stop::Refused { message, help } => Fault::new("process::refused", span, message, "here").with_help(help),
        Stop::Interrupted => Fault::new("process::interrupted", span, "interrupted", "here"),
    }
}

impl Sight<'_> {
    pub fn here(&self) -> Option<&Instance> {
        self.machine.program.instances.get(self.at.0 as usize)
    }

    /// An instance and those around it, from the inside out.
    fn around(&self, from: InstanceId) -> impl Iterator<Item = &Instance> {
        let instances = &self.machine.program.instances;
        let mut next = Some(from);
        std::iter::from_fn(move || {
            let at = instances.get(next?.0 as usize)?;
            next = at.parent;
            Some(at)
        })
    }

    fn signals(&self, bus: &Bus<SignalId>) -> Value {
        let shape: Vec<usize> = bus.axes.iter().map(|a| a.1).collect();
        shaped(bus.items.iter().flatten().map(|s| self.world.signal(*s)).collect(), &shape)
    }

    /// The signals of a lower-case name, as this instance knows it.
    pub fn signals_of(&self, lower: &str) -> Vec<SignalId> {
        let own = self.around(self.at).find_map(|i| match i.params.contains_key(lower) {
            true => Some(Vec::new()),
            false => i.signals.get(lower).map(|bus| bus.items.iter().flatten().copied().collect()),
        });
        own.unwrap_or_default()
    }

    /// Whether signals of a name have such places, and room there for a value. `exact`: the index is known.
    pub fn fits(
        &mut self,
        n: &str,
        slots: &[Slot],
        exact: bool,
        value: Option<&Value>,
        span: Span,
    ) -> Result<(), Fault> {
        let lower = n.to_ascii_lowercase();
        let Some(bus) = self.around(self.at).find_map(|i| i.signals.get(&lower)).cloned() else { return Ok(()) };
        let index = match exact {
            true => picks(slots, Some(&lengths(&bus.axes)), self)?,
            false => slots.iter().enumerate().map(|(k, _)| Pick::At(bus.axes.get(k).map_or(0, |a| a.0))).collect(),
        };
        let (_, shape) = pick(&bus, n, &index, span)?;
        match value.filter(|_| exact) {
            Some(value) => spread(value, &shape, span).map(|_| ()),
            None => Ok(()),
        }
    }

    /// A name that cannot be given a value; `more` are variables besides those of the process.
    pub fn no_target(&self, name: &str, span: Span, more: &[String]) -> Fault {
        let lower = name.to_ascii_lowercase();
        let param = self.around(self.at).any(|i| i.params.contains_key(&lower));
        if param || self.machine.functions.values.contains_key(&lower) {
            let message = format!("'{name}' is a parameter: it keeps its value while the circuit runs");
            return Fault::new("process::parameter", span, message, "not a variable").with_help(format!(
                "let {name} = … declares a variable of this name; sweep {name} in […] and with {name}=… set the parameter"
            ));
        }
        let signals = self.around(self.at).flat_map(|i| i.signals.keys().map(String::as_str));
        let known = self.variables.names().chain(more.iter().map(String::as_str)).chain(signals);
        let message = format!("there is no variable or signal '{name}' here");
        let fault = Fault::new("process::unknown", span, message, "not known");
        match did_you_mean(name, known) {
            Some(help) => fault.with_help(help),
            None => fault.with_help(format!("let {name} = … declares a variable")),
        }
    }

    /// What an instance calls by a lower-case name: a signal or a parameter.
    fn inside(&self, member: Member, lower: &str) -> Option<Value> {
        let Member::Instance(at) = member else { return None };
        let instance = self.machine.program.instances.get(at.0 as usize)?;
        instance.signals.get(lower).map(|bus| self.signals(bus)).or_else(|| instance.params.get(lower).cloned())
    }

    fn set_signals(
        &mut self,
        bus: &Bus<SignalId>,
        name: &str,
        index: &[Pick],
        value: &Value,
        span: Span,
    ) -> Result<(), Fault> {
        let (signals, shape) = pick(bus, name, index, span)?;
        let values = spread(value, &shape, span)?;
        for (signal, value) in signals.into_iter().zip(values) {
            if let Some((who, other)) = self.writes.insert(signal, (self.who, span))
                && who != self.who
            {
                let message = format!("the signal '{name}' is written by two processes at the same instant");
                return Err(Fault::Wrong(Box::new(
                    crate::diag::Diagnostic::error("process::two-writers", message)
                        .at(span, "written here")
                        .at(other, "and here")
                        .help("let one process write it, or let time pass between the two"),
                )));
            }
            self.world.set_signal(signal, value);
        }
        Ok(())
    }
}

/// Whether something can be taken out of a value with a `.`.
fn has_inside(v: &Value) -> bool {
    matches!(v, Value::Handle(_) | Value::Network(_) | Value::Archive(_) | Value::Broken)
}

/// A value for each place of a shape: a number serves all.
pub(super) fn spread(value: &Value, shape: &[usize], span: Span) -> Result<Vec<f64>, Fault> {
    let count: usize = shape.iter().product();
    match value {
        Value::Number(v) => Ok(vec![*v; count]),
        Value::Array(a) if a.shape() == shape || a.len() == count && a.ndim() <= 1 => Ok(a.iter().copied().collect()),
        Value::Array(a) if a.len() == 1 => Ok(vec![a.first().copied().unwrap_or(f64::NAN); count]),
        other => {
            let message = format!("{} does not fit {count} places of shape {shape:?}", other.describe());
            Err(Fault::new("process::shape", span, message, "the lengths differ")
                .with_help("a number alone serves all places"))
        }
    }
}

/// The values that instances of a shape have: that of a single one as it is, numbers and arrays of one shape together.
fn stacked(mut values: Vec<Value>, shape: &[usize], name: &Name) -> Result<Value, Fault> {
    if let (1, []) = (values.len(), shape)
        && let Some(value) = values.pop()
    {
        return Ok(value);
    }
    let inner: Vec<Option<Vec<usize>>> = values.iter().map(|v| v.to_array().map(|a| a.shape().to_vec())).collect();
    match inner.first() {
        Some(Some(first)) if inner.iter().all(|s| s.as_ref() == Some(first)) => {
            let all: Vec<usize> = shape.iter().chain(first).copied().collect();
            Ok(shaped(values.iter().flat_map(Value::numbers).collect(), &all))
        }
        _ => {
            let message = format!("'{}' is not the same kind of thing in every instance here", name.text);
            Err(Fault::new("process::path", name.span, message, "different shapes").with_help("name one of them"))
        }
    }
}

/// A value for each of some instances: a number, or an array of one number for each, or of a row for each.
fn rows(value: &Value, shape: &[usize], span: Span) -> Result<Vec<Value>, Fault> {
    let count: usize = shape.iter().product();
    if let Value::Array(a) = value
        && a.ndim() > shape.len()
        && a.shape().starts_with(shape)
    {
        let (inner, flat) = (&a.shape()[shape.len()..], value.numbers());
        let each = flat.len() / count.max(1);
        return Ok(flat.chunks(each.max(1)).map(|row| shaped(row.to_vec(), inner)).collect());
    }
    spread(value, shape, span).map(|list| list.into_iter().map(Value::Number).collect())
}

impl Scope for Sight<'_> {
    fn name(&mut self, lower: &str, span: Span) -> Result<Option<Value>, Fault> {
        if let Some(v) = self.variables.get(lower) {
            return Ok(Some(v.clone()));
        }
        if let Some(v) = self.study.as_ref().and_then(|s| s.scale(lower)) {
            return Ok(Some(v));
        }
        // Within the block of its `record` a column is under way: what else has the name is meant.
        let under_way = self.columns && self.code.records(self.place, lower);
        if !under_way && let Some(v) = self.notebook.name(lower, self.columns) {
            return Ok(Some(v));
        }
        for instance in self.around(self.at) {
            if let Some(v) = instance.params.get(lower) {
                return Ok(Some(v.clone()));
            }
            if let Some(bus) = instance.signals.get(lower) {
                return Ok(Some(self.signals(bus)));
            }
        }
        match lower {
            "time" => return Ok(Some(Value::Number(self.world.now().seconds()))),
            "temp" | "temper" => return Ok(Some(Value::Number(self.world.quantity(&Quantity::Temperature)))),
            _ => {}
        }
        if let Some(handle) = self.machine.groups.member(&self.machine.program, self.at, lower) {
            return Ok(Some(Value::Handle(handle)));
        }
        if let Some(v) = self.machine.functions.value(lower) {
            return Ok(Some(v));
        }
        if under_way && let Some(v) = self.notebook.name(lower, true) {
            return Ok(Some(v));
        }
        if self.columns && constants::constant(lower).is_none() {
            if self.code.precedes(self.place, lower) {
                let message = format!("the column {lower} has no rows yet");
                return Err(
                    Fault::new("lab::unreached", span, message, "read here").with_help("its record comes later")
                );
            }
            return self.notebook.unreached(lower, span);
        }
        Ok(None)
    }

    fn owner(&mut self, lower: &str, span: Span) -> Result<Option<Value>, Fault> {
        if self.variables.get(lower).is_some_and(has_inside) || self.notebook.name(lower, false).is_some() {
            return Ok(None);
        }
        match self.machine.groups.member(&self.machine.program, self.at, lower) {
            Some(handle) if !self.name(lower, span)?.as_ref().is_some_and(has_inside) => {
                Ok(Some(Value::Handle(handle)))
            }
            _ => Ok(None),
        }
    }

    fn call(&mut self, name: &Name, args: &[ExprArg], span: Span) -> Result<Option<Answer>, Fault> {
        let lower = name.lower();
        if lower.starts_with(ANSWER) {
            return Ok(self.answers.get(&lower).cloned());
        }
        if lower == "elapsed"
            && args.is_empty()
            && let Some(seconds) = self.notebook.elapsed()
        {
            return Ok(Some(Answer::One(Value::Number(seconds))));
        }
        if let Some(answer) = self.circuit(&lower, args, span)? {
            return Ok(Some(answer));
        }
        if let Some(answer) = self.look_back(&lower, args, span)? {
            return Ok(Some(answer));
        }
        if self.machine.functions_of(self.at).function(&lower).is_none() {
            if self.machine.code(self.at, &lower).is_some() {
                let message = format!("the protocol '{}' takes time, and none passes here", name.text);
                return Err(Fault::new("process::call-place", span, message, "called here")
                    .with_help(format!("call it in a statement before: let x = {}(…)", name.text)));
            }
            return Ok(None);
        }
        let given = assign::given(args, self)?;
        self.apply(name, &given, span)
    }

    fn apply(&mut self, name: &Name, given: &[Given], span: Span) -> Result<Option<Answer>, Fault> {
        let machine = self.machine;
        let Some(found) = machine.functions_of(self.at).function(&name.lower()) else { return Ok(None) };
        match found.definition {
            // It may read the circuit where it is called.
            Definition::Expression(func) => {
                let mark = self.variables.call();
                let columns = std::mem::replace(&mut self.columns, false);
                let value =
                    assign::bind(&func.name, &func.formals, given, span, self).and_then(|()| eval(&func.body, self));
                self.columns = columns;
                self.variables.leave(mark);
                value.map(|v| Some(Answer::One(v)))
            }
            Definition::Block(_) => {
                let temp = self.world.quantity(&Quantity::Temperature);
                let budget = std::mem::take(self.budget);
                let mut run = software::Machine {
                    files: &machine.files,
                    memo: &machine.memo,
                    draws: Some(&mut *self.draws),
                    budget,
                    temp,
                    threads: machine.threads,
                };
                let answer = software::call(found, given, span, &mut run);
                *self.budget = run.budget;
                answer.map(Some)
            }
        }
    }

    fn field(&mut self, handle: &Handle, name: &Name, span: Span) -> Result<Value, Fault> {
        if handle.kind == HandleKind::Experiment {
            return self.notebook.result(&handle.path, name);
        }
        let Some(group) = self.machine.groups.of(handle) else { return Err(Fault::Said) };
        let lower = name.lower();
        if let Some((parts, shape)) = self.machine.groups.parts(handle) {
            let numbers = self.numbers(&parts, &shape, name, &[], span)?;
            return Ok(self.read_numbers(numbers));
        }
        if group.members.first().is_some_and(|m| self.inside(*m, &lower).is_some()) {
            let values: Option<Vec<Value>> = group.members.iter().map(|m| self.inside(*m, &lower)).collect();
            if let Some(values) = values {
                return stacked(values, &group.shape, name);
            }
        }
        match self.machine.groups.inside(&self.machine.program, handle, &lower, span)? {
            Some(inner) => Ok(Value::Handle(inner)),
            None => {
                let inside = instance(&self.machine.groups, handle, span).ok();
                let inside = inside.and_then(|i| self.machine.program.instances.get(i.0 as usize));
                let known =
                    inside.into_iter().flat_map(|i| i.members.keys().chain(i.signals.keys()).map(String::as_str));
                Err(unknown("part, signal or parameter", &name.text, name.span, known))
            }
        }
    }

    fn places(&mut self, handle: &Handle, name: &Name, slots: &[Slot], span: Span) -> Result<Option<Value>, Fault> {
        let Some((parts, shape)) = self.machine.groups.parts(handle) else { return Ok(None) };
        if parts.first().is_none_or(|p| self.machine.circuit.part(*p).kind.array(&name.text).is_none()) {
            return Ok(None);
        }
        self.numbers(&parts, &shape, name, slots, span).map(|numbers| Some(self.read_numbers(numbers)))
    }

    fn shape(&mut self, handle: &Handle) -> Option<Vec<usize>> {
        self.machine.groups.shape(handle)
    }

    fn index(&mut self, handle: &Handle, picks: &[Pick], span: Span) -> Result<Value, Fault> {
        match handle.kind {
            HandleKind::Part => self.machine.groups.index(handle, picks, span).map(Value::Handle),
            _ => Err(Fault::new("process::index", span, format!("{} has no places", handle.describe()), "here")),
        }
    }

    fn tools(&mut self) -> Tools<'_> {
        Tools { files: &self.machine.files, draws: Some(self.draws) }
    }

    fn budget(&mut self) -> &mut Budget {
        self.budget
    }

    fn threads(&self) -> usize {
        self.machine.threads
    }

    fn known(&self) -> Vec<String> {
        let mut names: Vec<String> = self.variables.names().map(str::to_string).collect();
        for instance in self.around(self.at) {
            names.extend(instance.params.keys().chain(instance.signals.keys()).chain(instance.members.keys()).cloned());
        }
        names.extend(self.machine.functions.known());
        names
    }
}

impl Store for Sight<'_> {
    fn declare(&mut self, name: &Name, value: Value) -> Result<(), Fault> {
        self.variables.declare(name.lower(), value, name.span)
    }

    fn set(&mut self, lower: &str, value: Value, span: Span) -> Result<bool, Fault> {
        self.variables.set(lower, value, span)
    }

    fn variable(&mut self, lower: &str) -> Option<&mut Value> {
        self.variables.get_mut(lower)
    }

    /// A signal (`spike = 1`, `X1.mode = 2`, `on[3] = 1`), or a state or parameter of parts (`X1.Xm[:,:].g = 1u`).
    fn write(&mut self, target: &Expr, value: Value) -> Result<(), Fault> {
        let span = target.span;
        let (base, slots) = match &target.kind {
            ExprKind::Index(base, slots) => (&**base, &slots[..]),
            _ => (target, &[][..]),
        };
        match &base.kind {
            ExprKind::Name(n) => {
                let lower = n.to_ascii_lowercase();
                let found = self.around(self.at).find_map(|i| i.signals.get(&lower)).cloned();
                match found {
                    Some(bus) => {
                        let index = picks(slots, Some(&lengths(&bus.axes)), self)?;
                        self.set_signals(&bus, n, &index, &value, span)
                    }
                    None => Err(self.no_target(n, base.span, &[])),
                }
            }
            ExprKind::Field(owner, name) => {
                let Value::Handle(handle) = value::eval::owner(owner, self)?.first() else {
                    return Err(Fault::new("process::path", owner.span, "this is not a part of the circuit", "here")
                        .with_help("X1.fire = 1 sets a signal of an instance, X1.Xm.g = 1u a state of a part"));
                };
                let Some(group) = self.machine.groups.of(&handle) else { return Err(Fault::Said) };
                if let Some((parts, shape)) = self.machine.groups.parts(&handle) {
                    let (numbers, shape) = self.numbers(&parts, &shape, name, slots, span)?;
                    let values = spread(&value, &shape, span)?;
                    let deposit = |((part, name), value)| Deposit { part, name, value };
                    let deposits: Vec<Deposit> = numbers.into_iter().zip(values).map(deposit).collect();
                    return self.world.deposit(&deposits).map_err(|s| stopped(s, span));
                }
                let inside = |m: &Member| match m {
                    Member::Instance(i) => {
                        self.machine.program.instances.get(i.0 as usize)?.signals.get(&name.lower()).cloned()
                    }
                    Member::Part(_) => None,
                };
                let buses: Option<Vec<Bus<SignalId>>> = group.members.iter().map(inside).collect();
                let Some(buses) = buses else {
                    return Err(unknown("signal", &name.text, name.span, std::iter::empty()));
                };
                let axes = buses.first().map(|b| lengths(&b.axes)).unwrap_or_default();
                let index = picks(slots, Some(&axes), self)?;
                let values = if buses.len() == 1 { vec![value] } else { rows(&value, &group.shape, span)? };
                for (bus, value) in buses.iter().zip(values) {
                    self.set_signals(bus, &name.text, &index, &value, span)?;
                }
                Ok(())
            }
            _ => Err(Fault::new("process::target", span, "this cannot be given a value", "here")
                .with_help("a variable, a signal, or a state or parameter of a part can")),
        }
    }
}

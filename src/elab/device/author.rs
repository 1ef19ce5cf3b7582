//! The definition in the making: what has been declared, where in the device we are, and what is wrong so far.

use std::collections::{BTreeMap, HashMap};

use super::cell::{Cell, any_own, is_leaf, own_quantity, size};
use crate::circuit::definition::{Contribution, Draw, Event, Let, Noise, Own, State, Warning};
use crate::circuit::equation::{Equation, Quantity};
use crate::circuit::kind::{Param, Probe};
use crate::diag::{Diagnostic, Span};
use crate::elab::scope::Scope;
use crate::syntax::ast::{Device, Name};
use crate::value::Value;
use crate::value::fault::Fault;

/// Numbers, quantities and functions of one device, repetitions counted.
const MAX_SIZE: u64 = 2_000_000;
/// Expressions inside each other, calls of functions included.
const MAX_DEPTH: usize = 300;

/// Where in a device an expression stands: what it may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The default or range of a parameter: parameters before it
    Default,
    /// How many, or which element: parameters, known before the run
    Size,
    /// Bounds of states, intervals of noise: parameters and temperature
    Bound,
    /// Start values: as bounds, and random numbers
    Start,
    Let,
    /// Right side of a contribution: charges too
    Current,
    /// Right side of `ddt(x) =`: noise too
    Rate,
    Condition,
    /// Body of a `when`: random numbers too
    Jump,
}

impl Place {
    /// Whether voltages, states and time may stand here.
    pub fn is_live(self) -> bool {
        matches!(self, Place::Let | Place::Current | Place::Rate | Place::Condition | Place::Jump)
    }

    /// Whether an equation may be named aside here, to be read from several places.
    pub fn may_share(self) -> bool {
        self.is_live() && self != Place::Jump
    }

    /// `a start value reads parameters …`
    pub fn rule(self) -> &'static str {
        match self {
            Place::Default => "the default of a parameter reads parameters before it and nothing else",
            Place::Size => "sizes and indices read parameters and nothing else",
            Place::Bound => "bounds and intervals read parameters and the temperature",
            Place::Start => "a start value reads parameters, the temperature and random numbers",
            _ => "known only while the circuit runs",
        }
    }
}

/// What a name stands for.
#[derive(Clone, Debug)]
pub enum Binding {
    Param(usize),
    /// `count`: None for a single state; `from`: the index of the first
    States {
        at: usize,
        count: Option<usize>,
        from: i64,
    },
    Value(Cell),
    /// Wrong, which has been said.
    Broken,
}

/// Names inside a function, a branch or a jump.
pub struct Frame<'b, 'a> {
    pub names: HashMap<String, Binding>,
    /// The body of a function sees these and what is around its definition; None: what is around it in the device.
    pub home: Option<&'b Scope<'a>>,
}

/// A value from around the device that its definition rests on.
#[derive(Clone, Debug)]
pub struct Read {
    /// Functions it was reached through
    pub via: Vec<String>,
    pub name: String,
    pub value: Value,
}

/// `ddt(x) = …`, perhaps in a branch.
pub struct Rate {
    pub state: usize,
    pub value: Equation,
    pub guard: Option<Equation>,
    /// Which branch of which `if`, from outside in
    pub branch: Vec<(usize, usize)>,
    pub span: Span,
}

pub struct Author<'b, 'a> {
    pub scope: &'b Scope<'a>,
    pub device: &'a Device,
    /// Parameters that the instance gives, by place
    pub given: &'b HashMap<String, f64>,
    pub params: Vec<Param>,
    pub defaults: Vec<Option<Equation>>,
    /// Where given, the ranges of parameters
    pub ranges: Vec<Option<(Equation, Equation)>>,
    /// What the parameters come to
    pub values: Vec<f64>,
    pub states: Vec<State>,
    pub lets: Vec<Let>,
    /// For each let: it reads parameters and temperature only
    pub steady: Vec<bool>,
    pub contributions: Vec<Contribution>,
    pub rates: Vec<Rate>,
    pub events: Vec<Event>,
    pub cycles: Vec<Equation>,
    pub warnings: Vec<Warning>,
    pub noises: Vec<Noise>,
    pub draws: Vec<Draw>,
    pub probes: Vec<Probe>,
    pub names: HashMap<String, Binding>,
    pub declared: HashMap<String, Span>,
    /// Lets that have not been reached
    pub later: HashMap<String, Span>,
    pub frames: Vec<Frame<'b, 'a>>,
    /// Condition of the branch we are in
    pub guard: Option<Equation>,
    pub branch: Vec<(usize, usize)>,
    pub branches: usize,
    pub place: Place,
    /// Parameters that sizes and indices rest on, and their values
    pub sizes: BTreeMap<usize, f64>,
    pub reads: Vec<Read>,
    pub via: Vec<String>,
    pub found: Vec<Diagnostic>,
    /// Some line of it is missing: here, or in what it rests on, which has been said
    pub broken: bool,
    work: u64,
    depth: usize,
}

impl<'b, 'a> Author<'b, 'a> {
    pub fn new(scope: &'b Scope<'a>, device: &'a Device, given: &'b HashMap<String, f64>) -> Author<'b, 'a> {
        Author {
            scope,
            device,
            given,
            params: Vec::new(),
            defaults: Vec::new(),
            ranges: Vec::new(),
            values: Vec::new(),
            states: Vec::new(),
            lets: Vec::new(),
            steady: Vec::new(),
            contributions: Vec::new(),
            rates: Vec::new(),
            events: Vec::new(),
            cycles: Vec::new(),
            warnings: Vec::new(),
            noises: Vec::new(),
            draws: Vec::new(),
            probes: Vec::new(),
            names: HashMap::new(),
            declared: HashMap::new(),
            later: HashMap::new(),
            frames: Vec::new(),
            guard: None,
            branch: Vec::new(),
            branches: 0,
            place: Place::Default,
            sizes: BTreeMap::new(),
            reads: Vec::new(),
            via: Vec::new(),
            found: Vec::new(),
            broken: false,
            work: 0,
            depth: 0,
        }
    }

    pub fn report(&mut self, d: Diagnostic) {
        self.found.push(d);
    }

    /// Takes note of what is wrong; None then.
    pub fn said<T>(&mut self, result: Result<T, Fault>) -> Option<T> {
        match result {
            Ok(v) => Some(v),
            Err(fault) => {
                self.broken = true;
                self.found.extend(fault.report());
                None
            }
        }
    }

    /// Does `work` with expressions standing at `place`.
    pub fn at<T>(&mut self, place: Place, work: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.place, place);
        let out = work(self);
        self.place = before;
        out
    }

    /// Counts `n` more numbers, quantities and functions.
    pub fn spend(&mut self, n: u64, span: Span) -> Result<(), Fault> {
        self.work = self.work.saturating_add(n);
        if self.work <= MAX_SIZE {
            return Ok(());
        }
        Err(Fault::new("elab::device-too-big", span, format!("more than {MAX_SIZE} operations in one device"), "here")
            .with_help("smaller arrays, or a let for what is used often, keep it small"))
    }

    /// Does `work` one level deeper.
    pub fn deeper<T>(&mut self, span: Span, work: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        if self.depth >= MAX_DEPTH {
            return Err(Fault::new("elab::too-deep", span, "this expression is nested too deeply", "here")
                .with_help("name parts of it with let"));
        }
        self.depth += 1;
        let out = work(self);
        self.depth -= 1;
        out
    }

    /// Takes a name for a parameter, state or let; says so when it is taken.
    pub fn declare(&mut self, name: &Name, what: &str) -> bool {
        let lower = name.lower();
        if matches!(lower.as_str(), "time" | "temp" | "temper") {
            let d = Diagnostic::error("elab::reserved-name", format!("'{}' cannot name a {what}", name.text))
                .at(name.span, "has a meaning of its own in a .device")
                .help("time is the simulated time in s, temp the temperature in °C; choose another name");
            self.report(d);
            return false;
        }
        match self.declared.entry(lower.clone()) {
            std::collections::hash_map::Entry::Vacant(free) => {
                free.insert(name.span);
                true
            }
            std::collections::hash_map::Entry::Occupied(old) => {
                let d = Diagnostic::error("elab::duplicate-name", format!("two things are called '{}'", name.text))
                    .at(name.span, format!("this {what}"))
                    .at(*old.get(), "and this")
                    .help("pins, parameters, states and lets of a device share their names, whatever the case; rename one");
                self.report(d);
                // What else is said of either would only follow from this.
                self.names.insert(lower, Binding::Broken);
                false
            }
        }
    }

    /// An equation that can be repeated at no cost: a leaf, or the name of one that is put aside.
    pub fn share(&mut self, e: Equation, span: Span) -> Result<Equation, Fault> {
        if is_leaf(&e) {
            return Ok(e);
        }
        if !self.place.may_share() || any_own(&e, |o| matches!(o, Own::White(_) | Own::Draw(_))) || has_charge(&e) {
            // It will be repeated as it is.
            self.spend(size(&e), span)?;
            return Ok(e);
        }
        Ok(own_quantity(Own::Let(self.put_aside(e, span))))
    }

    /// A let that no user named.
    pub fn put_aside(&mut self, value: Equation, span: Span) -> usize {
        self.push_let(Let { name: None, value, span })
    }

    pub fn push_let(&mut self, l: Let) -> usize {
        let steady = self.is_steady(&l.value);
        self.lets.push(l);
        self.steady.push(steady);
        self.lets.len() - 1
    }

    /// Whether it reads nothing but numbers, parameters and the temperature.
    pub fn is_steady(&self, e: &Equation) -> bool {
        let mut moves = |q: &Quantity| match q {
            Quantity::Temperature | Quantity::Own(Own::Param(_)) => false,
            Quantity::Own(Own::Let(k)) => !self.steady[*k],
            _ => true,
        };
        !super::cell::any(e, &mut moves, &mut |_| false)
    }

    /// The same with lets replaced by what they stand for.
    pub fn unfold(&mut self, e: &Equation, span: Span) -> Result<Equation, Fault> {
        Ok(match e {
            Equation::Const(_) => e.clone(),
            Equation::Quantity(Quantity::Own(Own::Let(k))) => {
                let value = self.lets[*k].value.clone();
                self.deeper(span, |a| a.unfold(&value, span))?
            }
            Equation::Quantity(_) => e.clone(),
            Equation::Apply(f, args) => {
                self.spend(1, span)?;
                let args: Result<Vec<Equation>, Fault> = args.iter().map(|a| self.unfold(a, span)).collect();
                Equation::Apply(*f, args?)
            }
        })
    }
}

/// Whether `ddt( )` is in it.
pub fn has_charge(e: &Equation) -> bool {
    super::cell::any(e, &mut |_| false, &mut |f| f == crate::circuit::equation::Function::Ddt)
}

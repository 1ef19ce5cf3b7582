//! Statements → what their names, numbers of arguments and shapes show to be wrong, before anything runs.
//!
//! Expressions are evaluated with *samples*: values of the shape that they will have, of which only those made of constants
//! mean their numbers. What depends on something that the text does not show has no sample, and nothing is said of it. So
//! the rules, and the words of the reports, are those of the run itself.

mod calls;
mod expressions;
mod paths;
mod statements;

use std::collections::{BTreeSet, HashMap, HashSet};

use super::frame::Frame;
use super::looking::{Blank, Looking};
use super::machine::Machine;
use super::notebook::NoNotebook;
use super::program::InstanceId;
use super::reading::Readings;
use super::run::Run;
use super::sight::{Sight, Writes};
use crate::diag::Diagnostic;
use crate::random::Draws;
use crate::syntax::ast::{Expr, Name, Routine, Stmt};
use crate::value::Value;
use crate::value::fault::Fault;
use crate::value::scope::Budget;

/// What the statements of an experiment may name beside the circuit.
#[derive(Clone, Debug, Default)]
pub struct Around {
    /// Its own columns, measures and sweep variables, in lower case; None: no experiment
    pub own: Option<HashSet<String>>,
    /// What every experiment of the netlist leaves, by its lower-case name
    pub experiments: HashMap<String, BTreeSet<String>>,
    /// Names of templates
    pub templates: Vec<String>,
    /// Parameters keep the values they have: no `with`, no sweep over one
    pub fixed: bool,
}

/// What an expression will be.
#[derive(Clone, Debug)]
struct Sample {
    value: Value,
    /// It is the value itself, not only something of its shape
    real: bool,
}

/// A variable: what it will be, where that is known.
type Local = Option<Sample>;

/// Names that assignments change.
#[derive(Clone, Debug, Default)]
struct Changed {
    whole: HashSet<String>,
    places: HashSet<String>,
}

/// How the names of a body are looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    /// Variables, parameters, signals, the circuit
    Circuit,
    /// Variables, parameters of the netlist, functions: a block `.func`
    Software,
}

struct Checker<'c> {
    machine: &'c Machine,
    at: InstanceId,
    around: &'c Around,
    seen: Seen,
    scopes: Vec<HashMap<String, Local>>,
    /// Variables as they were first written, by their lower-case names
    written: HashMap<String, Name>,
    /// Variables that get other values later: whole, or only places of them
    changed: Changed,
    /// A `dc` or `ac` has come: numbers of the circuit may be one for each of its rows
    studied: bool,
    /// Functions looked at so far
    visited: HashSet<String>,
    /// For [`Sight`]: variables that lead to parts
    frame: Frame,
    found: Vec<Diagnostic>,
}

/// Everything wrong in the bodies of a netlist's `.protocol`, `.always` and `.func`, each looked at once.
pub fn check(machine: &Machine, around: &Around) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    let mut told: HashSet<crate::diag::Span> = HashSet::new();
    for (k, instance) in machine.program.instances.iter().enumerate() {
        let at = InstanceId(k as u32);
        for always in instance.always.iter().filter(|a| told.insert(a.name.span)) {
            out.extend(body(machine, at, &[], &[], &always.body, around));
        }
        let mut list: Vec<&Routine> = instance.protocols.values().map(|p| &**p).collect();
        list.sort_by_key(|p| p.name.span);
        for p in list.into_iter().filter(|p| told.insert(p.name.span)) {
            out.extend(body(machine, at, &p.formals, &p.results, &p.body, around));
        }
    }
    let mut blocks: Vec<&Routine> = machine.functions.blocks.values().map(|b| &**b).collect();
    blocks.sort_by_key(|b| b.name.span);
    for block in blocks {
        let mut checker = Checker::new(machine, InstanceId::TOP, around, Seen::Software);
        checker.formals(&block.formals, &block.results);
        checker.block(&block.body);
        out.extend(checker.found);
    }
    out
}

/// Everything wrong in one body of an instance.
pub fn body(
    machine: &Machine,
    at: InstanceId,
    formals: &[(Name, Option<Expr>)],
    results: &[Name],
    list: &[Stmt],
    around: &Around,
) -> Vec<Diagnostic> {
    let mut checker = Checker::new(machine, at, around, Seen::Circuit);
    checker.formals(formals, results);
    checker.block(list);
    checker.found
}

impl<'c> Checker<'c> {
    fn new(machine: &'c Machine, at: InstanceId, around: &'c Around, seen: Seen) -> Checker<'c> {
        Checker {
            machine,
            at,
            around,
            seen,
            scopes: vec![HashMap::new()],
            written: HashMap::new(),
            changed: Changed::default(),
            studied: false,
            visited: HashSet::new(),
            frame: Frame::new(Default::default(), at),
            found: Vec::new(),
        }
    }

    fn formals(&mut self, formals: &[(Name, Option<Expr>)], results: &[Name]) {
        for (name, default) in formals {
            if let Some(e) = default {
                self.expression(e);
            }
            self.declare(name, None);
        }
        results.iter().for_each(|r| self.declare(r, None));
    }

    fn declare(&mut self, name: &Name, sample: Local) {
        let lower = name.lower();
        self.look_at_case(name);
        let places = self.changed.places.contains(&lower);
        let sample = sample.filter(|_| !self.changed.whole.contains(&lower));
        let sample = sample.map(|s| Sample { real: s.real && !places, ..s });
        if let Some(Sample { value: value @ Value::Handle(_), .. }) = &sample {
            let _ = self.frame.variables.declare(lower.clone(), value.clone(), name.span);
        }
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(lower, sample);
        }
    }

    /// Notes a variable that is written as another one but for capital letters: they are one.
    fn look_at_case(&mut self, name: &Name) {
        let lower = name.lower();
        match self.written.get(&lower) {
            Some(first) if first.text != name.text => {
                let message = format!("'{}' and '{}' are one variable: names ignore case", first.text, name.text);
                let d =
                    Diagnostic::note("process::case", message).at(name.span, "this one").at(first.span, "is this one");
                if !self.found.iter().any(|old| old.code == d.code && old.labels[0].span == d.labels[0].span) {
                    self.found.push(d.help("give one of them another name if two are meant"));
                }
            }
            Some(_) => {}
            None => drop(self.written.insert(lower, name.clone())),
        }
    }

    /// A variable in sight.
    fn local(&self, lower: &str) -> Option<&Local> {
        self.scopes.iter().rev().find_map(|s| s.get(lower))
    }

    /// Notes a mistake.
    fn wrong(&mut self, fault: Fault) {
        let Fault::Wrong(d) = fault else { return };
        let again = |old: &Diagnostic| {
            old.code == d.code && old.labels.first().map(|l| l.span) == d.labels.first().map(|l| l.span)
        };
        if !self.found.iter().any(again) {
            self.found.push(*d);
        }
    }

    /// What an outcome is worth; a mistake is noted.
    fn kept<T>(&mut self, outcome: Result<T, Fault>) -> Option<T> {
        match outcome {
            Ok(v) => Some(v),
            Err(fault) => {
                self.wrong(fault);
                None
            }
        }
    }

    /// Looks at the circuit of which only the names are known.
    fn sight<T>(&mut self, look: impl FnOnce(&mut Sight) -> T) -> T {
        let mut draws = Draws::new(crate::random::Stream::new(0, 0, "", "check"));
        let (mut budget, mut writes, mut readings) = (Budget::default(), Writes::new(), Readings::new(0, 0));
        let mut run = Run {
            machine: self.machine,
            world: &mut Looking(Blank::default()),
            notebook: &NoNotebook,
            budget: &mut budget,
            draws: &mut draws,
            writes: &mut writes,
            readings: &mut readings,
            study: &mut None,
            seen: &[],
            others: &[],
            who: 0,
        };
        look(&mut run.sight(&mut self.frame))
    }

    /// Names in sight, for suggestions.
    fn known(&mut self) -> Vec<String> {
        let mut names: Vec<String> = self.scopes.iter().flat_map(|s| s.keys().cloned()).collect();
        names.extend(self.around.own.iter().flatten().cloned());
        names.extend(self.around.experiments.keys().cloned());
        match self.seen {
            Seen::Circuit => {
                names.extend(self.sight(|s| crate::value::scope::Scope::known(s)));
                names.extend(["time", "temp"].map(str::to_string));
            }
            _ => names.extend(crate::value::software::Library::known(&*self.machine.functions)),
        }
        names
    }
}

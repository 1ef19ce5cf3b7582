//! `.func` with statements, called while a netlist is elaborated: what it reads, and its value for constant arguments.

use std::collections::HashSet;

use super::eval::Context;
use super::fault::Fault;
use super::scope::{Scope, reads};
use super::term::Term;
use super::value::assign::Given;
use super::value::scope::Budget;
use super::value::software::{self, Definition, Found, Library, Machine};
use super::value::variables::Variables;
use super::value::{Answer, Value};
use crate::diag::Span;
use crate::syntax::ast::{Expr, ExprArg, ExprKind, Iter, Name, Over, Routine, Slot, Stmt, StmtKind};

impl Library for Scope<'_> {
    fn id(&self) -> u64 {
        self.id
    }

    fn value(&self, lower: &str) -> Option<Value> {
        Scope::value(self, lower).cloned()
    }

    fn function(&self, lower: &str) -> Option<Found<'_>> {
        self.chain().find_map(|s| {
            let expression = s.definitions.funcs.get(lower).map(|f| Definition::Expression(f));
            let definition = expression.or_else(|| s.definitions.routines.get(lower).map(|r| Definition::Block(r)))?;
            Some(Found { definition, library: s })
        })
    }

    fn known(&self) -> Vec<String> {
        self.value_names().into_iter().chain(self.func_names()).map(str::to_string).collect()
    }
}

impl Context<'_, '_> {
    /// The results of a call, if it is of a function with statements.
    pub fn routine(&self, name: &Name, args: &[ExprArg], span: Span) -> Result<Option<Answer>, Fault> {
        let Some(found) = self.scope.function(&name.lower()) else { return Ok(None) };
        if !matches!(found.definition, Definition::Block(_)) {
            return Ok(None);
        }
        let mut given = Vec::with_capacity(args.len());
        for a in args {
            match self.term(&a.value)? {
                Term::Fixed(value) => given.push(Given { name: a.name.clone(), value, span: a.value.span }),
                Term::Live(_) => return Err(Fault::Live(a.value.span)),
            }
        }
        self.with_machine(|machine| software::call(found, &given, span, machine)).map(Some)
    }

    /// The value of an expression that is nothing but software, such as the call of a network.
    pub fn software(&self, expr: &Expr) -> Result<Term, Fault> {
        let mut variables = Variables::default();
        let mut live = None;
        reads(expr, &mut |name, _| {
            let argument = self.locals.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
            if matches!(argument, Some((_, Term::Live(_)))) {
                live = Some(expr.span);
            }
        });
        if let Some(span) = live {
            return Err(Fault::Live(span));
        }
        for (name, term) in self.locals {
            if let Term::Fixed(value) = term {
                variables.declare(name.clone(), value.clone(), expr.span)?;
            }
        }
        self.with_machine(|machine| software::evaluate(expr, variables, self.scope, machine))
            .map(|answer| Term::Fixed(answer.first()))
    }

    /// Runs software on what all expressions of the elaboration share.
    fn with_machine<T>(&self, run: impl FnOnce(&mut Machine) -> Result<T, Fault>) -> Result<T, Fault> {
        let shared = self.shared;
        let budget = Budget { depth: shared.depth(), steps: shared.steps.get(), interrupted: None };
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let mut machine =
            Machine { files: shared.files, memo: &shared.memo, draws: None, budget, temp: shared.temp, threads };
        let out = run(&mut machine);
        shared.steps.set(machine.budget.steps);
        out
    }

    /// `f(x).name`, if `base` is the call of a function with statements.
    pub fn result(&self, base: &Expr, name: &Name) -> Result<Option<Term>, Fault> {
        let ExprKind::Call { name: callee, args } = &base.kind else { return Ok(None) };
        let Some(answer) = self.routine(callee, args, base.span)? else { return Ok(None) };
        match answer.named(&name.text) {
            Some(v) => Ok(Some(Term::Fixed(v.clone()))),
            None => {
                let message = format!("{}( ) has no result '{}'", callee.text, name.text);
                Err(Fault::new("value::no-result", name.span, message, "not known"))
            }
        }
    }
}

/// Calls `see` as [`reads`] does, with every name a routine may read of the scope around it; its own variables are none.
pub fn routine_reads<'a>(routine: &'a Routine, see: &mut impl FnMut(&'a str, bool)) {
    let mut exprs: Vec<&'a Expr> = routine.formals.iter().filter_map(|(_, default)| default.as_ref()).collect();
    let formals = routine.formals.iter().map(|(n, _)| n);
    let mut own: HashSet<String> = formals.chain(&routine.results).map(Name::lower).collect();
    body(&routine.body, &mut exprs, &mut own);
    for e in exprs {
        reads(e, &mut |name, called| {
            if called || !own.contains(&name.to_ascii_lowercase()) {
                see(name, called);
            }
        });
    }
}

/// The expressions of statements that software may hold, and the variables they declare.
fn body<'a>(list: &'a [Stmt], exprs: &mut Vec<&'a Expr>, own: &mut HashSet<String>) {
    for s in list {
        match &s.kind {
            StmtKind::Let(l) => {
                own.extend(l.names.iter().map(Name::lower));
                exprs.extend(&l.values);
            }
            StmtKind::Assign(a) => {
                exprs.extend(&a.values);
                for target in &a.targets {
                    // The place is written, its index is read.
                    if let ExprKind::Index(_, slots) = &target.kind {
                        for slot in slots {
                            match slot {
                                Slot::At(e) => exprs.push(e),
                                Slot::Range(a, b) => exprs.extend([a, b]),
                                Slot::All(_) => {}
                            }
                        }
                    }
                }
            }
            StmtKind::Call(e) => exprs.push(e),
            StmtKind::Block(inner) => body(inner, exprs, own),
            StmtKind::If { branches, otherwise } => {
                for (test, inner) in branches {
                    exprs.push(test);
                    body(inner, exprs, own);
                }
                otherwise.iter().for_each(|inner| body(inner, exprs, own));
            }
            StmtKind::For { loops, body: inner } => {
                loops.iter().for_each(|l| passes(l, exprs, own));
                body(inner, exprs, own);
            }
            StmtKind::Repeat { counter, until, max, body: inner } => {
                own.extend(counter.iter().map(Name::lower));
                exprs.push(until);
                exprs.extend(max);
                body(inner, exprs, own);
            }
            _ => {}
        }
    }
}

fn passes<'a>(iter: &'a Iter, exprs: &mut Vec<&'a Expr>, own: &mut HashSet<String>) {
    own.extend(iter.names.iter().map(Name::lower));
    match &iter.over {
        Over::Range(a, b) => exprs.extend([a, b]),
        Over::List(e) => exprs.push(e),
    }
}

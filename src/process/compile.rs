//! Statements → [`Code`]. Calls that may take time are taken out of expressions and put before them, in the order of
//! evaluation; their answers have names of their own.

use std::ops::Range;
use std::sync::Arc;

use super::code::{Code, Op, OpKind, Place};
use super::{analysis, networks};
use crate::diag::Span;
use crate::syntax::ast::visit::statements;
use crate::syntax::ast::{
    Assignment, Column, Drive, Expr, ExprArg, ExprKind, Let, Name, Routine, Stmt, StmtKind, Tolerance,
};
use crate::value::network::Part;

/// Which names are protocols where a body stands: own ones, and `.func`s whose expression calls one.
pub trait Callables {
    /// Whether a call of this lower-case name may take time.
    fn takes_time(&self, lower: &str) -> bool;

    /// Whether an expression is the name of a protocol, or the path to one: `slot`, `X1.slot`.
    fn is_protocol(&self, _path: &Expr) -> bool {
        false
    }

    /// The network of a lower-case name.
    fn network(&self, _lower: &str) -> Option<Part> {
        None
    }
}

/// First character of the names of answers: no name of a netlist begins with it.
pub const ANSWER: char = '%';

/// Compiles the body of a protocol or block function.
pub fn routine(routine: &Routine, callables: &dyn Callables) -> Code {
    let mut code = body(&routine.name.text, &routine.body, callables);
    code.formals.clone_from(&routine.formals);
    code.results.clone_from(&routine.results);
    code
}

/// Compiles the body of an `.always` or an experiment.
pub fn body(name: &str, statements: &[Stmt], callables: &dyn Callables) -> Code {
    within(name, statements, callables, Vec::new())
}

/// … that stands within blocks which record these columns.
fn within(name: &str, statements: &[Stmt], callables: &dyn Callables, around: Vec<String>) -> Code {
    let mut compiler = Compiler { callables, around, ..Compiler::new(callables) };
    compiler.statements(statements);
    let everywhere = (0..compiler.ops.len(), std::mem::take(&mut compiler.around));
    compiler.recorded.push(everywhere);
    Code { name: name.to_string(), ops: compiler.ops, recorded: compiler.recorded, ..Code::default() }
}

/// Compiles `.func f(x) = expr` as a protocol with one result.
pub fn expression(name: &Name, formals: &[(Name, Option<Expr>)], value: &Expr, callables: &dyn Callables) -> Code {
    let mut compiler = Compiler::new(callables);
    let value = compiler.hoist(value);
    compiler.op(value.span, OpKind::Answer(value));
    Code { name: name.text.clone(), formals: formals.to_vec(), ops: compiler.ops, ..Code::default() }
}

/// Whether evaluating an expression may take time.
pub fn takes_time(e: &Expr, callables: &dyn Callables) -> bool {
    match &e.kind {
        ExprKind::Call { name, args } => {
            name.is("map")
                || callables.takes_time(&name.lower())
                || args.iter().any(|a| takes_time(&a.value, callables))
                || networks::waits(e, callables)
        }
        ExprKind::Method { .. } => true,
        ExprKind::Index(base, _) | ExprKind::Field(base, _) | ExprKind::Unary(_, base) => takes_time(base, callables),
        ExprKind::Binary(_, a, b) | ExprKind::Near(a, b, _) => takes_time(a, callables) || takes_time(b, callables),
        ExprKind::Cond(c, a, b) => [c, a, b].into_iter().any(|e| takes_time(e, callables)),
        ExprKind::List(items) => items.iter().any(|e| takes_time(e, callables)),
        _ => false,
    }
}

pub(super) struct Compiler<'c> {
    pub callables: &'c dyn Callables,
    ops: Vec<Op>,
    answers: usize,
    /// Columns of the blocks around
    around: Vec<String>,
    recorded: Vec<(Range<usize>, Vec<String>)>,
}

/// Lower-case names of the columns that statements of a list record.
fn columns_of(list: &[Stmt]) -> Vec<String> {
    let columns =
        list.iter().filter_map(|s| if let StmtKind::Record(columns) = &s.kind { Some(columns) } else { None });
    columns.flatten().map(|c| column_name(c).lower()).collect()
}

/// Lower-case names that measure themselves: `measure pulses, n`.
fn measured_themselves(columns: &[Column]) -> Vec<String> {
    let of = |c: &Column| match &c.value.kind {
        ExprKind::Name(n) if c.name.as_ref().is_none_or(|name| name.is(n)) => Some(n.to_ascii_lowercase()),
        _ => None,
    };
    columns.iter().filter_map(of).collect()
}

/// What a column is called: what it says, if nothing else.
fn column_name(c: &Column) -> Name {
    c.name.clone().unwrap_or_else(|| Name { text: crate::syntax::print::expr(&c.value), span: c.value.span })
}

impl<'c> Compiler<'c> {
    fn new(callables: &'c dyn Callables) -> Compiler<'c> {
        Compiler { callables, ops: Vec::new(), answers: 0, around: Vec::new(), recorded: Vec::new() }
    }
}

impl Compiler<'_> {
    pub fn op(&mut self, span: Span, kind: OpKind) -> usize {
        self.ops.push(Op { span, kind });
        self.ops.len() - 1
    }

    fn here(&self) -> Place {
        Place(self.ops.len())
    }

    fn aim(&mut self, op: usize) {
        let here = self.here();
        if let OpKind::Jump(p) | OpKind::Unless(_, p) | OpKind::Next(_, p) | OpKind::Bounded(p) = &mut self.ops[op].kind
        {
            *p = here;
        }
    }

    fn statements(&mut self, list: &[Stmt]) {
        self.recording(columns_of(list), |inner| list.iter().for_each(|s| inner.statement(s)));
    }

    /// Compiles something that records columns.
    fn recording(&mut self, names: Vec<String>, act: impl FnOnce(&mut Self)) {
        let (start, around) = (self.ops.len(), self.around.len());
        self.around.extend(names.iter().cloned());
        act(self);
        self.around.truncate(around);
        if !names.is_empty() {
            self.recorded.push((start..self.ops.len(), names));
        }
    }

    /// The body of a loop: whatever is recorded in it, it comes round again.
    fn body(&mut self, span: Span, list: &[Stmt]) {
        let mut names = Vec::new();
        statements(list, &mut |s| names.extend(columns_of(std::slice::from_ref(s))));
        self.recording(names, |inner| inner.block(span, list));
    }

    fn block(&mut self, span: Span, list: &[Stmt]) {
        self.op(span, OpKind::Enter);
        self.statements(list);
        self.op(span, OpKind::Leave);
    }

    fn statement(&mut self, s: &Stmt) {
        let span = s.span;
        match &s.kind {
            StmtKind::Force(drives) => {
                let drives = self.drives(drives);
                self.op(span, OpKind::Force(drives));
            }
            StmtKind::Float(nets) => {
                self.op(span, OpKind::Float(nets.clone()));
            }
            StmtKind::Pulse { drives, width } => {
                let (drives, width) = (self.drives(drives), self.hoist(width));
                self.op(span, OpKind::Pulse(drives, width));
                self.op(span, OpKind::Return);
            }
            StmtKind::Ramp { drives, time } => {
                let (drives, time) = (self.drives(drives), self.hoist(time));
                self.op(span, OpKind::Ramp(drives, time));
            }
            StmtKind::Wait(time) => {
                let time = self.hoist(time);
                self.op(span, OpKind::Wait(time));
            }
            StmtKind::WaitUntil { condition, timeout } => {
                let timeout = timeout.as_ref().map(|t| self.hoist(t));
                self.op(span, OpKind::Until { condition: condition.clone(), timeout });
            }
            StmtKind::Settle => {
                self.op(span, OpKind::Settle);
            }
            StmtKind::Repeat { counter, until, max, body } => {
                let max = max.as_ref().map(|m| self.hoist(m));
                self.op(span, OpKind::Count { counter: counter.clone(), max });
                let top = self.here();
                let bound = self.op(span, OpKind::Bounded(Place(0)));
                let until = self.hoist(until);
                let not =
                    Expr { span: until.span, kind: ExprKind::Unary(crate::syntax::ast::Unary::Not, Box::new(until)) };
                let exit = self.op(span, OpKind::Unless(not, Place(0)));
                self.body(span, body);
                self.op(span, OpKind::Counted);
                self.op(span, OpKind::Jump(top));
                self.aim(bound);
                self.aim(exit);
                self.op(span, OpKind::Uncount);
            }
            StmtKind::Forever(body) => {
                let top = self.here();
                self.body(span, body);
                self.op(span, OpKind::Jump(top));
            }
            StmtKind::For { loops, body } => self.loops(span, loops, body),
            StmtKind::If { branches, otherwise } => {
                let mut ends = Vec::new();
                for (condition, body) in branches {
                    let condition = self.hoist(condition);
                    let next = self.op(span, OpKind::Unless(condition, Place(0)));
                    self.block(span, body);
                    ends.push(self.op(span, OpKind::Jump(Place(0))));
                    self.aim(next);
                }
                if let Some(body) = otherwise {
                    self.block(span, body);
                }
                ends.into_iter().for_each(|end| self.aim(end));
            }
            StmtKind::Par { first, body } => {
                let branch = |s: &Stmt| {
                    let list = match &s.kind {
                        StmtKind::Block(inner) => &inner[..],
                        _ => std::slice::from_ref(s),
                    };
                    Arc::new(within("branch", list, self.callables, self.around.clone()))
                };
                let branches = body.iter().map(branch).collect();
                self.op(span, OpKind::Par { first: *first, branches });
            }
            StmtKind::Block(body) => self.block(span, body),
            StmtKind::Let(l) => {
                let values = self.in_order(&l.values);
                self.op(span, OpKind::Do(Stmt { span, kind: StmtKind::Let(Let { values, ..l.clone() }) }));
            }
            StmtKind::Assign(a) => {
                let values = self.in_order(&a.values);
                self.op(span, OpKind::Do(Stmt { span, kind: StmtKind::Assign(Assignment { values, ..a.clone() }) }));
            }
            StmtKind::Call(e) => {
                let e = self.hoist(e);
                // What takes no time is evaluated for its mistakes.
                if !matches!(&e.kind, ExprKind::Call { name, .. } if name.text.starts_with(ANSWER)) {
                    self.op(span, OpKind::Do(Stmt { span, kind: StmtKind::Call(e) }));
                }
            }
            StmtKind::Analysis(card) => {
                match (card.name.lower().as_str(), analysis::duration(card)) {
                    ("tran", Some(time)) => {
                        let time = self.hoist(&time);
                        self.op(span, OpKind::Wait(time));
                    }
                    ("op", _) => {
                        self.op(span, OpKind::Settle);
                    }
                    _ => {}
                }
                self.op(span, OpKind::Note(s.clone()));
            }
            StmtKind::Measure(columns) => {
                // They are what they are called, and remain so.
                self.recorded.push((0..usize::MAX, measured_themselves(columns)));
                for column in columns {
                    let column = self.columns(std::slice::from_ref(column));
                    self.op(span, OpKind::Note(Stmt { span, kind: StmtKind::Measure(column) }));
                }
            }
            StmtKind::Record(columns) => {
                let columns = self.columns(columns);
                self.op(span, OpKind::Note(Stmt { span, kind: StmtKind::Record(columns) }));
            }
            StmtKind::Assert { condition, why } => {
                let condition = self.hoist(condition);
                self.op(span, OpKind::Note(Stmt { span, kind: StmtKind::Assert { condition, why: why.clone() } }));
            }
            StmtKind::Save { value, path } => {
                let value = self.hoist(value);
                self.op(span, OpKind::Note(Stmt { span, kind: StmtKind::Save { value, path: path.clone() } }));
            }
            _ => {
                self.op(span, OpKind::Note(s.clone()));
            }
        }
    }

    fn loops(&mut self, span: Span, loops: &[crate::syntax::ast::Iter], body: &[Stmt]) {
        let Some((first, inner)) = loops.split_first() else { return self.body(span, body) };
        self.op(span, OpKind::Passes(first.clone()));
        let next = self.op(span, OpKind::Next(first.clone(), Place(0)));
        self.loops(span, inner, body);
        self.op(span, OpKind::Leave);
        self.op(span, OpKind::Jump(Place(next)));
        self.aim(next);
    }

    fn drives(&mut self, drives: &[Drive]) -> Vec<Drive> {
        let parts = |d: &Drive| [Some(d.value.clone()), d.to.clone(), d.limit.clone()];
        let all: Vec<Expr> = drives.iter().flat_map(parts).flatten().collect();
        let mut all = self.in_order(&all).into_iter();
        let mut next = |e: &Option<Expr>| e.as_ref().and_then(|_| all.next());
        let drive = |d: &Drive| {
            let [value, to, limit] = parts(d).map(|e| next(&e));
            Drive { value: value.unwrap_or_else(|| d.value.clone()), to, limit, ..d.clone() }
        };
        drives.iter().map(drive).collect()
    }

    /// A column that names itself keeps its text as a name: what is hoisted would not.
    fn columns(&mut self, columns: &[Column]) -> Vec<Column> {
        let values: Vec<Expr> = columns.iter().map(|c| c.value.clone()).collect();
        let values = self.in_order(&values).into_iter();
        columns.iter().zip(values).map(|(c, value)| Column { name: Some(column_name(c)), value }).collect()
    }

    /// Takes calls out of expressions that are evaluated from left to right: what stands to the left of one that may take
    /// time is evaluated before it.
    fn in_order(&mut self, items: &[Expr]) -> Vec<Expr> {
        let last = items.iter().rposition(|e| takes_time(e, self.callables)).unwrap_or(0);
        let one = |(k, e): (usize, &Expr)| {
            let value = self.hoist(e);
            let still = matches!(&value.kind, ExprKind::Number(_) | ExprKind::Text(_))
                || self.callables.is_protocol(&value)
                || matches!(&value.kind, ExprKind::Call { name, .. } if name.text.starts_with(ANSWER));
            if k < last && !still { self.keep(value) } else { value }
        };
        items.iter().enumerate().map(one).collect()
    }

    pub fn remember(&mut self, into: &str, value: Expr) {
        let span = value.span;
        let name = Name { text: into.to_string(), span };
        let l = Let { names: vec![name], values: vec![value], doc: Default::default(), span };
        self.op(span, OpKind::Do(Stmt { span, kind: StmtKind::Let(l) }));
    }

    fn pair(&mut self, a: &Expr, b: &Expr) -> [Box<Expr>; 2] {
        let mut both = self.in_order(&[a.clone(), b.clone()]).into_iter().map(Box::new);
        let mut next = |e: &Expr| both.next().unwrap_or_else(|| Box::new(e.clone()));
        [next(a), next(b)]
    }

    /// Takes the calls that may take time out of an expression.
    pub fn hoist(&mut self, e: &Expr) -> Expr {
        if !takes_time(e, self.callables) {
            return e.clone();
        }
        if let Some(software) = self.network(e) {
            return software;
        }
        let span = e.span;
        let kind = match &e.kind {
            ExprKind::Call { name, args } if name.is("map") => {
                let mut args = args.clone();
                args.iter_mut().skip(1).for_each(|a| a.value = self.hoist(&a.value));
                let call = Expr { span, kind: ExprKind::Call { name: name.clone(), args } };
                return self.answer(span, |into| OpKind::Map { call, into });
            }
            ExprKind::Call { name, args } => {
                let args = self.arguments(args);
                let callee = Expr { span, kind: ExprKind::Call { name: name.clone(), args } };
                if !self.callables.takes_time(&name.lower()) {
                    return callee;
                }
                return self.answer(span, |into| OpKind::Call { callee, into });
            }
            ExprKind::Method { base, name, args } => {
                let (base, args) = (Box::new(self.hoist(base)), self.arguments(args));
                let callee = Expr { span, kind: ExprKind::Method { base, name: name.clone(), args } };
                return self.answer(span, |into| OpKind::Call { callee, into });
            }
            ExprKind::Index(base, slots) => ExprKind::Index(Box::new(self.hoist(base)), slots.clone()),
            ExprKind::Field(base, name) => ExprKind::Field(Box::new(self.hoist(base)), name.clone()),
            ExprKind::Unary(op, a) => ExprKind::Unary(*op, Box::new(self.hoist(a))),
            ExprKind::Binary(op, a, b) => {
                let [a, b] = self.pair(a, b);
                ExprKind::Binary(*op, a, b)
            }
            ExprKind::Near(a, b, t) => {
                let t = match &**t {
                    Tolerance::Absolute(e) => Tolerance::Absolute(self.hoist(e)),
                    percent => percent.clone(),
                };
                let [a, b] = self.pair(a, b);
                ExprKind::Near(a, b, Box::new(t))
            }
            ExprKind::Cond(c, a, b) => return self.choice(span, c, a, b),
            ExprKind::List(items) => ExprKind::List(self.in_order(items)),
            other => other.clone(),
        };
        Expr { span, kind }
    }

    fn arguments(&mut self, args: &[ExprArg]) -> Vec<ExprArg> {
        let values: Vec<Expr> = args.iter().map(|a| a.value.clone()).collect();
        let values = self.in_order(&values).into_iter();
        args.iter().zip(values).map(|(a, value)| ExprArg { name: a.name.clone(), value }).collect()
    }

    /// An operation whose answer stands in place of the expression.
    fn answer(&mut self, span: Span, op: impl FnOnce(String) -> OpKind) -> Expr {
        let into = self.fresh();
        self.op(span, op(into.clone()));
        recall(span, into)
    }

    pub fn fresh(&mut self) -> String {
        self.answers += 1;
        format!("{ANSWER}{}", self.answers)
    }

    /// Only the side that is chosen is called.
    fn choice(&mut self, span: Span, c: &Expr, a: &Expr, b: &Expr) -> Expr {
        let into = self.fresh();
        let keep = |compiler: &mut Self, e: &Expr| {
            let value = compiler.hoist(e);
            compiler.remember(&into, value);
        };
        let c = self.hoist(c);
        let otherwise = self.op(span, OpKind::Unless(c, Place(0)));
        keep(self, a);
        let end = self.op(span, OpKind::Jump(Place(0)));
        self.aim(otherwise);
        keep(self, b);
        self.aim(end);
        Expr { span, kind: ExprKind::Name(into) }
    }
}

/// The answer of an earlier operation.
fn recall(span: Span, into: String) -> Expr {
    Expr { span, kind: ExprKind::Call { name: Name { text: into, span }, args: Vec::new() } }
}

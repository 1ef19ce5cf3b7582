//! `when … { … }` and `cycle when …` of a `.device`.
//!
//! What a body sets takes effect in order. A let of a body, and the condition of an `if` in it, is put into a hidden state
//! first where it reads what the body changes, so that it keeps the value it had at its line.

use std::collections::{HashMap, HashSet};

use super::author::{Author, Binding, Frame, Place};
use super::cell::{Cell, any_own, own_quantity};
use crate::circuit::definition::{Event, Own, Trigger, Warning};
use crate::circuit::equation::{Equation, Function};
use crate::diag::{Diagnostic, Span};
use crate::syntax::ast::{Assignment, Binary, Cycle, Expr, ExprKind, Stmt, StmtKind, Unary, Update, Warn, When};
use crate::syntax::print;
use crate::value::fault::Fault;

/// A body as far as it has been read.
#[derive(Default)]
struct Body {
    sets: Vec<(usize, Equation)>,
    /// States that it sets somewhere
    assigned: HashSet<usize>,
}

impl<'b, 'a> Author<'b, 'a> {
    pub fn cycle(&mut self, c: &'a Cycle) {
        let condition = self.at(Place::Condition, |a| a.scalar(&c.condition));
        if let Some(condition) = self.said(condition) {
            let condition = self.only_here(condition);
            self.cycles.push(condition);
        }
    }

    pub fn warn(&mut self, w: &'a Warn) {
        let compared = compared(&w.condition);
        let pair = self.at(Place::Condition, |a| Ok::<_, Fault>((a.scalar(&w.condition)?, a.scalar(compared)?)));
        if let Some((condition, value)) = self.said(pair) {
            let condition = self.only_here(condition);
            let (compared, text) = (print::expr(compared), w.text.clone());
            self.warnings.push(Warning { condition, compared, value, text, span: w.span });
        }
    }

    /// A condition inside a branch holds only where the branch does.
    fn only_here(&self, condition: Equation) -> Equation {
        match &self.guard {
            None => condition,
            Some(g) => Equation::apply(Function::And, [g.clone(), condition]),
        }
    }

    pub fn when(&mut self, w: &'a When) {
        let trigger = self.trigger(&w.condition);
        let trigger = self.said(trigger);
        let mut body = Body::default();
        self.assigned(&w.body, &mut body.assigned);
        self.frames.push(Frame { names: HashMap::new(), home: None });
        self.at(Place::Jump, |a| a.statements(&w.body, None, &mut body));
        self.frames.pop();
        if let Some(trigger) = trigger {
            self.events.push(Event { trigger, sets: body.sets, span: w.span });
        }
    }

    fn trigger(&mut self, condition: &'a Expr) -> Result<Trigger, Fault> {
        if let ExprKind::Call { name, args } = &condition.kind
            && name.is("hazard")
        {
            let [rate] = &args[..] else {
                return Err(Fault::new("elab::arguments", condition.span, "hazard( ) takes one rate, in 1/s", "here"));
            };
            let rate = self.at(Place::Condition, |a| a.scalar(&rate.value))?;
            return Ok(Trigger::Hazard(match &self.guard {
                None => rate,
                Some(g) => Equation::apply(Function::Select, [g.clone(), rate, Equation::Const(0.0)]),
            }));
        }
        let condition = self.at(Place::Condition, |a| a.scalar(condition))?;
        Ok(Trigger::Becomes(self.only_here(condition)))
    }

    /// The states that statements set.
    fn assigned(&self, statements: &[Stmt], out: &mut HashSet<usize>) {
        for s in statements {
            match &s.kind {
                StmtKind::Assign(a) => {
                    for t in &a.targets {
                        let name = match &t.kind {
                            ExprKind::Name(n) => n,
                            ExprKind::Index(base, _) => match &base.kind {
                                ExprKind::Name(n) => n,
                                _ => continue,
                            },
                            _ => continue,
                        };
                        if let Some((at, count, _)) = self.states_called(name) {
                            out.extend(at..at + count.unwrap_or(1));
                        }
                    }
                }
                StmtKind::If { branches, otherwise } => {
                    branches.iter().map(|b| &b.1).chain(otherwise).for_each(|b| self.assigned(b, out));
                }
                StmtKind::Block(inner) => self.assigned(inner, out),
                _ => {}
            }
        }
    }

    fn statements(&mut self, statements: &'a [Stmt], guard: Option<Equation>, body: &mut Body) {
        for s in statements {
            let done = self.statement(s, &guard, body);
            self.said(done);
        }
    }

    fn statement(&mut self, s: &'a Stmt, guard: &Option<Equation>, body: &mut Body) -> Result<(), Fault> {
        match &s.kind {
            StmtKind::Let(l) => {
                if l.names.len() != l.values.len() {
                    return Err(Fault::new("elab::let-count", l.span, "one value for each name is needed", "here"));
                }
                for (name, value) in l.names.iter().zip(&l.values) {
                    let cell = self.cell(value)?;
                    let cell = match cell {
                        Cell::Scalar(e) => Cell::Scalar(self.keep(e, &name.text, value.span, body)),
                        Cell::Array(all) => {
                            Cell::Array(all.into_iter().map(|e| self.keep(e, &name.text, value.span, body)).collect())
                        }
                    };
                    if let Some(frame) = self.frames.last_mut() {
                        frame.names.insert(name.lower(), Binding::Value(cell));
                    }
                }
                Ok(())
            }
            StmtKind::Assign(a) => self.assign(a, s.span, guard, body),
            StmtKind::Block(inner) => {
                self.frames.push(Frame { names: HashMap::new(), home: None });
                self.statements(inner, guard.clone(), body);
                self.frames.pop();
                Ok(())
            }
            StmtKind::If { branches, otherwise } => {
                let mut left = guard.clone();
                for (condition, inner) in branches {
                    let c = self.scalar(condition)?;
                    let c = self.keep(c, "condition", condition.span, body);
                    self.block(inner, Some(and(left.clone(), c.clone())), body);
                    left = Some(and(left, Equation::apply(Function::Not, [c])));
                }
                if let Some(inner) = otherwise {
                    self.block(inner, left, body);
                }
                Ok(())
            }
            _ => Err(Fault::new(
                "elab::when-body",
                s.span,
                "a `when` of a device sets states and nothing else",
                "not here",
            )
            .with_help("x = …, let y = …, if … { } else { }; waiting, forcing and reading are for protocols")),
        }
    }

    fn block(&mut self, statements: &'a [Stmt], guard: Option<Equation>, body: &mut Body) {
        self.frames.push(Frame { names: HashMap::new(), home: None });
        self.statements(statements, guard, body);
        self.frames.pop();
    }

    /// A value as it is now: in a hidden state if the body changes what it reads.
    fn keep(&mut self, e: Equation, name: &str, span: Span, body: &mut Body) -> Equation {
        if !any_own(&e, |o| matches!(o, Own::State(k) if body.assigned.contains(&k))) {
            return e;
        }
        let state = self.hidden_state(format!("{}.{name}", self.events.len()), span);
        body.sets.push((state, e));
        own_quantity(Own::State(state))
    }

    fn assign(
        &mut self,
        a: &'a Assignment,
        span: Span,
        guard: &Option<Equation>,
        body: &mut Body,
    ) -> Result<(), Fault> {
        if a.targets.len() != a.values.len() {
            let message = format!("{} targets and {} values", a.targets.len(), a.values.len());
            return Err(Fault::new("elab::let-count", span, message, "one value for each is needed"));
        }
        let mut pairs = Vec::new();
        for (target, value) in a.targets.iter().zip(&a.values) {
            let states = self.target(target)?;
            let mut values = self.spread(value, states.len())?;
            if let Some(f) = update(a.op) {
                for (v, k) in values.iter_mut().zip(&states) {
                    let old = Author::state_quantity(*k);
                    *v = self.apply(f, vec![old, std::mem::replace(v, Equation::Const(0.0))], value.span)?;
                }
            }
            // Elements of an array, and several targets, are set at once.
            if a.targets.len() > 1 || states.len() > 1 {
                let seen: HashSet<usize> = states.iter().copied().collect();
                for (v, own) in values.iter_mut().zip(&states) {
                    let others =
                        |o: Own| matches!(o, Own::State(k) if k != *own && (seen.contains(&k) || a.targets.len() > 1));
                    if any_own(v, others) {
                        *v = self.keep(std::mem::replace(v, Equation::Const(0.0)), "new", value.span, body);
                    }
                }
            }
            pairs.extend(states.into_iter().zip(values));
        }
        for (state, value) in pairs {
            let value = match guard {
                None => value,
                Some(g) => Equation::apply(Function::Select, [g.clone(), value, Author::state_quantity(state)]),
            };
            body.sets.push((state, value));
        }
        Ok(())
    }

    /// States that nothing ever changes.
    pub fn warn_constant_states(&mut self, named: usize) {
        if self.broken {
            return;
        }
        let set: HashSet<usize> = self.events.iter().flat_map(|e| e.sets.iter().map(|s| s.0)).collect();
        let mut said: HashSet<Span> = HashSet::new();
        for k in 0..named {
            let (moves, span) = (self.rates.iter().any(|r| r.state == k) || set.contains(&k), self.states[k].span);
            if !moves && said.insert(span) {
                let message = format!("nothing changes the state '{}'", self.states[k].name);
                let d =
                    Diagnostic::warning("elab::constant-state", message).at(span, "no ddt( ) and no `when` sets it");
                self.report(d.help("it holds its start value until a protocol sets it; a param says that better"));
            }
        }
    }
}

/// The left side of the first comparison in a condition; the condition where it compares nothing.
fn compared(condition: &Expr) -> &Expr {
    match &condition.kind {
        ExprKind::Binary(Binary::And | Binary::Or, a, _) | ExprKind::Unary(Unary::Not, a) => compared(a),
        ExprKind::Binary(Binary::Lt | Binary::Le | Binary::Gt | Binary::Ge | Binary::Eq | Binary::Ne, a, _) => a,
        _ => condition,
    }
}

fn and(a: Option<Equation>, b: Equation) -> Equation {
    match a {
        None => b,
        Some(a) => Equation::apply(Function::And, [a, b]),
    }
}

fn update(op: Update) -> Option<Function> {
    match op {
        Update::Set => None,
        Update::Add => Some(Function::Add),
        Update::Sub => Some(Function::Sub),
        Update::Mul => Some(Function::Mul),
        Update::Div => Some(Function::Div),
    }
}

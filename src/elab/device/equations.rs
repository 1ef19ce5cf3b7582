//! `let`, contributions, `ddt( ) =` and `if` of a `.device`.

use std::collections::HashMap;

use super::author::{Author, Binding, Frame, Place, Rate, has_charge};
use super::cell::{Cell, own_quantity};
use super::lower::Picked;
use crate::circuit::definition::{Contribution, Flow, Let, Own};
use crate::circuit::equation::{Equation, Function};
use crate::diag::{Diagnostic, Span};
use crate::syntax::ast::{self, DeviceIf, DeviceItem, Expr, ExprKind, Name};
use crate::value::fault::{Fault, did_you_mean};

/// Names of lets, in branches too, and their values.
pub fn lets(items: &[DeviceItem]) -> Vec<(&Name, &Expr)> {
    let mut out = Vec::new();
    for item in items {
        match item {
            DeviceItem::Let(l) => out.extend(l.names.iter().zip(&l.values)),
            DeviceItem::If(i) => {
                let bodies = i.branches.iter().map(|b| &b.1).chain(&i.otherwise);
                bodies.for_each(|b| out.extend(lets(b)));
            }
            _ => {}
        }
    }
    out
}

impl<'b, 'a> Author<'b, 'a> {
    /// Contributions to voltages first: their currents may be read anywhere.
    pub fn foresee_voltages(&mut self, items: &'a [DeviceItem]) {
        for item in items {
            match item {
                DeviceItem::Equation(e) => {
                    if let ExprKind::Call { name, args } = &e.left.kind
                        && name.is("v")
                        && let args = args.iter().map(|a| a.value.clone()).collect::<Vec<_>>()
                        && let Ok((plus, minus)) = self.pins(&args, e.span)
                        && !self.contributions.iter().any(|c| (c.plus, c.minus) == (plus, minus))
                    {
                        let value = Equation::Const(0.0);
                        self.contributions.push(Contribution { flow: Flow::Voltage, plus, minus, value, span: e.span });
                    }
                }
                DeviceItem::If(i) => {
                    i.branches.iter().map(|b| &b.1).chain(&i.otherwise).for_each(|b| self.foresee_voltages(b));
                }
                _ => {}
            }
        }
    }

    /// Lets and branches in their order, then what reads them.
    pub fn items(&mut self, items: &'a [DeviceItem]) {
        for item in items {
            match item {
                DeviceItem::Let(l) => self.define(l),
                DeviceItem::If(i) => self.branches(i),
                _ => {}
            }
        }
        for item in items {
            match item {
                DeviceItem::Equation(e) => {
                    let done = self.equation(e);
                    self.said(done);
                }
                DeviceItem::When(w) => self.when(w),
                DeviceItem::Cycle(c) => self.cycle(c),
                DeviceItem::Warn(w) => self.warn(w),
                _ => {}
            }
        }
    }

    fn define(&mut self, l: &'a ast::Let) {
        if l.names.len() != l.values.len() {
            let message = format!("{} names and {} values", l.names.len(), l.values.len());
            self.report(Diagnostic::error("elab::let-count", message).at(l.span, "one value for each name"));
        }
        for (name, value) in l.names.iter().zip(&l.values) {
            let cell = self.at(Place::Let, |a| a.cell(value));
            let cell = self.said(cell);
            let local = !self.branch.is_empty();
            // A name in two branches of one `if` is the same.
            if !local {
                self.later.remove(&name.lower());
                if !self.declare(name, "let") {
                    continue;
                }
            }
            let binding = match cell {
                None => Binding::Broken,
                Some(cell) => Binding::Value(self.name_cell(name, cell, &l.doc, value.span, !local)),
            };
            match self.frames.last_mut().filter(|_| local) {
                Some(frame) => frame.names.insert(name.lower(), binding),
                None => self.names.insert(name.lower(), binding),
            };
        }
    }

    /// Lets for a value and its elements; `probed`: the user can look at them.
    fn name_cell(&mut self, name: &Name, cell: Cell, doc: &ast::Doc, span: Span, probed: bool) -> Cell {
        let mut one = |text: String, value: Equation| {
            if probed {
                self.probe(&text, doc);
            }
            let name = probed.then(|| text.into());
            own_quantity(Own::Let(self.push_let(Let { name, value, span })))
        };
        match cell {
            Cell::Scalar(e) => Cell::Scalar(one(name.text.clone(), e)),
            Cell::Array(all) => {
                Cell::Array(all.into_iter().enumerate().map(|(k, e)| one(format!("{}[{k}]", name.text), e)).collect())
            }
        }
    }

    /// `if … { } else if … { } else { }`: names that every branch defines go on to exist behind it.
    fn branches(&mut self, i: &'a DeviceIf) {
        let outer = self.guard.clone();
        let number = self.branches;
        self.branches += 1;
        // What must be false for the next branch to be looked at
        let mut left = outer.clone();
        let mut found: Vec<(Option<Equation>, HashMap<String, Binding>)> = Vec::new();
        for (k, (condition, body)) in i.branches.iter().enumerate() {
            let c = self.at(Place::Condition, |a| {
                let c = a.scalar(condition)?;
                a.share(c, condition.span)
            });
            let Some(c) = self.said(c) else { return };
            let guard = self.both(left.clone(), c.clone(), condition.span);
            let not = Equation::apply(Function::Not, [c.clone()]);
            left = Some(self.both(left, not, condition.span));
            found.push((Some(c), self.branch_body(body, guard, (number, k))));
        }
        if let Some(body) = &i.otherwise {
            let guard = left.unwrap_or(Equation::Const(1.0));
            found.push((None, self.branch_body(body, guard, (number, i.branches.len()))));
        }
        self.guard = outer;
        if i.otherwise.is_some() {
            self.merge(i, found);
        }
    }

    fn both(&mut self, a: Option<Equation>, b: Equation, span: Span) -> Equation {
        match a {
            None => b,
            Some(a) => {
                let both = Equation::apply(Function::And, [a, b]);
                own_quantity(Own::Let(self.put_aside(both, span)))
            }
        }
    }

    fn branch_body(
        &mut self,
        body: &'a [DeviceItem],
        guard: Equation,
        branch: (usize, usize),
    ) -> HashMap<String, Binding> {
        self.guard = Some(guard);
        self.branch.push(branch);
        self.frames.push(Frame { names: HashMap::new(), home: None });
        for item in body {
            if let DeviceItem::Param(_) | DeviceItem::State(_) = item {
                let d = Diagnostic::error("elab::declared-in-branch", "parameters and states stand outside of `if`")
                    .at(item.span(), "in a branch");
                self.report(d.help("they exist whatever the condition says; move the line above the `if`"));
            }
        }
        self.items(body);
        self.branch.pop();
        self.frames.pop().map(|f| f.names).unwrap_or_default()
    }

    /// Names of all branches → lets that choose.
    fn merge(&mut self, i: &'a DeviceIf, found: Vec<(Option<Equation>, HashMap<String, Binding>)>) {
        let all = lets_of_branch(&i.branches[0].1);
        for (name, value) in all {
            let lower = name.lower();
            let mut cells = Vec::new();
            for (c, names) in &found {
                match names.get(&lower) {
                    Some(Binding::Value(cell)) => cells.push((c.clone(), cell.clone())),
                    _ => break,
                }
            }
            let local = !self.branch.is_empty();
            if cells.len() != found.len() {
                continue;
            }
            self.later.remove(&lower);
            if !local && !self.declare(name, "let") {
                continue;
            }
            let mut out = None;
            for (c, cell) in cells.into_iter().rev() {
                out = match (c, out) {
                    (Some(c), Some(rest)) => {
                        let chosen = self.combine(Function::Select, vec![Cell::Scalar(c), cell, rest], value.span);
                        self.said(chosen)
                    }
                    (_, _) => Some(cell),
                };
            }
            let binding = match out {
                None => Binding::Broken,
                Some(cell) => Binding::Value(self.name_cell(name, cell, &ast::Doc::default(), value.span, !local)),
            };
            match self.frames.last_mut().filter(|_| local) {
                Some(frame) => frame.names.insert(lower, binding),
                None => self.names.insert(lower, binding),
            };
        }
    }

    fn equation(&mut self, e: &'a ast::Equation) -> Result<(), Fault> {
        let wrong = || {
            Fault::new("elab::left-side", e.left.span, "an equation defines I( ), V( ) or ddt( )", "not one of them")
                .with_help("I(a,b) = current, V(a,b) = voltage, ddt(x) = rate of a state, let y = any value")
        };
        let ExprKind::Call { name, args } = &e.left.kind else { return Err(wrong()) };
        let args: Vec<Expr> = args.iter().map(|a| a.value.clone()).collect();
        match name.lower().as_str() {
            "i" => {
                let (plus, minus) = self.pins(&args, e.left.span)?;
                self.distinct(plus, minus, e.left.span)?;
                let value = self.at(Place::Current, |a| a.scalar(&e.right))?;
                let (flow, charge) = self.split(&value, e.right.span)?;
                let value = self.guarded(flow, charge, e.span)?;
                self.contributions.push(Contribution { flow: Flow::Current, plus, minus, value, span: e.span });
            }
            "v" => {
                let (plus, minus) = self.pins(&args, e.left.span)?;
                self.distinct(plus, minus, e.left.span)?;
                let value = self.at(Place::Current, |a| a.scalar(&e.right))?;
                let (flow, charge) = self.split(&value, e.right.span)?;
                let value = self.guarded(flow, charge, e.span)?;
                let same = |c: &&mut Contribution| c.flow == Flow::Voltage && (c.plus, c.minus) == (plus, minus);
                if let Some(c) = self.contributions.iter_mut().find(same) {
                    let before = std::mem::replace(&mut c.value, Equation::Const(0.0));
                    c.value = match before.constant() {
                        Some(0.0) => value,
                        _ => Equation::apply(Function::Add, [before, value]),
                    };
                }
            }
            "ddt" => self.rate(&args, e)?,
            _ => return Err(wrong()),
        }
        Ok(())
    }

    fn distinct(&self, plus: Option<usize>, minus: Option<usize>, span: Span) -> Result<(), Fault> {
        match plus == minus {
            true => {
                Err(Fault::new("elab::same-pin", span, "from a pin to itself", "two different pins are needed here"))
            }
            false => Ok(()),
        }
    }

    /// `ddt(x) =`, `ddt(x[:]) =`
    fn rate(&mut self, args: &[Expr], e: &'a ast::Equation) -> Result<(), Fault> {
        let [target] = args else {
            return Err(Fault::new("elab::arguments", e.left.span, "ddt( ) = … takes one state", "here"));
        };
        let states = self.target(target)?;
        let values = self.at(Place::Rate, |a| a.spread(&e.right, states.len()))?;
        for (state, value) in states.into_iter().zip(values) {
            let (guard, branch, span) = (self.guard.clone(), self.branch.clone(), e.span);
            let apart = |r: &Rate| r.branch.iter().zip(&branch).any(|(a, b)| a.0 == b.0 && a.1 != b.1);
            if let Some(old) = self.rates.iter().find(|r| r.state == state && !apart(r)) {
                let message = format!("'{}' has two equations", self.states[state].name);
                let d = Diagnostic::error("elab::two-equations", message)
                    .at(e.left.span, "this one")
                    .at(old.span, "and this one");
                return Err(Fault::Wrong(Box::new(
                    d.help("ddt( ) of a state stands once; add the rates up in one line"),
                )));
            }
            self.rates.push(Rate { state, value, guard, branch, span });
        }
        Ok(())
    }

    /// The states that `x`, `x[2]` or `x[:]` names.
    pub fn target(&mut self, e: &Expr) -> Result<Vec<usize>, Fault> {
        let (name, slots) = match &e.kind {
            ExprKind::Name(n) => (n, None),
            ExprKind::Index(base, slots) => match &base.kind {
                ExprKind::Name(n) => (n, Some(slots)),
                _ => return Err(self.no_state("this", e.span)),
            },
            _ => return Err(self.no_state("this", e.span)),
        };
        if matches!(self.names.get(&name.to_ascii_lowercase()), Some(Binding::Broken)) {
            return Err(Fault::Said);
        }
        let Some((at, count, from)) = self.states_called(name) else {
            return Err(self.no_state(&format!("'{name}'"), e.span));
        };
        let n = count.unwrap_or(1);
        let picked = match (slots, count) {
            (None, _) => Picked::Range(0, n),
            (Some(slots), Some(n)) => self.pick(slots, n, from, e.span)?,
            (Some(_), None) => {
                return Err(Fault::new(
                    "elab::index",
                    e.span,
                    format!("'{name}' is no array of states"),
                    "an index here",
                ));
            }
        };
        Ok(match picked {
            Picked::One(k) => vec![at + k],
            Picked::Range(a, b) => (at + a..at + b).collect(),
        })
    }

    fn no_state(&self, what: &str, span: Span) -> Fault {
        let fault = Fault::new("elab::not-a-state", span, format!("{what} is not a state of this device"), "no state");
        let states: Vec<String> = self.states.iter().map(|s| s.name.to_ascii_lowercase()).collect();
        let name = what.trim_matches('\'');
        match did_you_mean(name, states.iter().map(String::as_str)) {
            Some(help) => fault.with_help(help),
            None => fault.with_help("declare it with its value at the start: state x = 0"),
        }
    }

    /// A contribution in a branch counts only there.
    fn guarded(&mut self, flow: Option<Equation>, charge: Option<Equation>, span: Span) -> Result<Equation, Fault> {
        let guard = self.guard.clone();
        if let (Some(g), true) = (&guard, charge.is_some())
            && !self.is_steady(g)
        {
            return Err(Fault::new(
                "elab::charge-in-branch",
                span,
                "a charge that appears and vanishes",
                "in this branch",
            )
            .with_help(
                "the condition around ddt( ) may read parameters only; put the choice inside: ddt(c ? q1 : q2)",
            ));
        }
        let zero = Equation::Const(0.0);
        let choose = |e: Equation| match &guard {
            None => e,
            Some(g) => Equation::apply(Function::Select, [g.clone(), e, zero.clone()]),
        };
        let charge = charge.map(|q| Equation::apply(Function::Ddt, [choose(q)]));
        Ok(match (flow.map(choose), charge) {
            (Some(f), Some(q)) => Equation::apply(Function::Add, [f, q]),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => Equation::Const(0.0),
        })
    }

    /// A current as what flows at rest and the charge whose derivative is added: f + ddt(q).
    fn split(&mut self, e: &Equation, span: Span) -> Result<(Option<Equation>, Option<Equation>), Fault> {
        if !has_charge(e) {
            return Ok((Some(e.clone()), None));
        }
        let Equation::Apply(f, args) = e else { return Ok((Some(e.clone()), None)) };
        let factor = || {
            Fault::new(
                "elab::ddt-factor",
                span,
                "ddt( ) may be added, and multiplied by parameters; no more",
                "in here",
            )
            .with_help("put what multiplies it inside: ddt(C*V(a,b)) is the current of a charge, C*ddt(V(a,b)) is not")
        };
        let join = |f: Function, a: Option<Equation>, b: Option<Equation>| match (a, b) {
            (Some(a), Some(b)) => Some(Equation::apply(f, [a, b])),
            (None, Some(b)) if f == Function::Sub => Some(Equation::apply(Function::Neg, [b])),
            (a, b) => a.or(b),
        };
        match (f, &args[..]) {
            (Function::Ddt, [q]) => Ok((None, Some(q.clone()))),
            (Function::Add | Function::Sub, [a, b]) => {
                let ((fa, qa), (fb, qb)) = (self.split(a, span)?, self.split(b, span)?);
                Ok((join(*f, fa, fb), join(*f, qa, qb)))
            }
            (Function::Neg, [a]) => {
                let (fa, qa) = self.split(a, span)?;
                let neg = |e| Equation::apply(Function::Neg, [e]);
                Ok((fa.map(neg), qa.map(neg)))
            }
            (Function::Mul | Function::Div, [a, b]) => {
                let (of, by, turned) = match (has_charge(a), has_charge(b)) {
                    (true, false) => (a, b, false),
                    (false, true) if *f == Function::Mul => (b, a, true),
                    _ => return Err(factor()),
                };
                if !self.is_steady(by) {
                    return Err(factor());
                }
                let (flow, charge) = self.split(of, span)?;
                let scale = |e: Equation| match turned {
                    true => Equation::apply(*f, [by.clone(), e]),
                    false => Equation::apply(*f, [e, by.clone()]),
                };
                Ok((flow.map(scale), charge.map(scale)))
            }
            (Function::Select, [c, a, b]) if self.is_steady(c) => {
                let ((fa, qa), (fb, qb)) = (self.split(a, span)?, self.split(b, span)?);
                let choose = |a: Option<Equation>, b: Option<Equation>| match (a, b) {
                    (None, None) => None,
                    (a, b) => {
                        let [a, b] = [a, b].map(|e| e.unwrap_or(Equation::Const(0.0)));
                        Some(Equation::apply(Function::Select, [c.clone(), a, b]))
                    }
                };
                Ok((choose(fa, fb), choose(qa, qb)))
            }
            _ => Err(factor()),
        }
    }
}

/// Lets of one branch itself, not of the branches in it… whose common names are its own again.
fn lets_of_branch(items: &[DeviceItem]) -> Vec<(&Name, &Expr)> {
    let mut out: Vec<(&Name, &Expr)> = Vec::new();
    for (name, value) in lets(items) {
        if !out.iter().any(|(n, _)| n.is(&name.text)) {
            out.push((name, value));
        }
    }
    out
}

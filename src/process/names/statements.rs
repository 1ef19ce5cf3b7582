//! Statements → the mistakes in them and in their blocks.

use super::{Checker, Local, Sample, Seen};
use crate::process::analysis;
use crate::process::groups::instance;
use crate::process::sight::spread;
use crate::syntax::ast::visit::statements;
use crate::syntax::ast::{Bins, Card, Column, Drive, Expr, ExprKind, Iter, Name, Over, Stmt, StmtKind, Tolerance};
use crate::value::Value;
use crate::value::eval::{one_number, truth};
use crate::value::fault::Fault;

impl Checker<'_> {
    /// Statements with variables of their own.
    pub(super) fn block(&mut self, list: &[Stmt]) {
        if self.scopes.len() == 1 {
            self.changed = changed(list);
        }
        let mark = self.frame.variables.block();
        self.scopes.push(Default::default());
        list.iter().for_each(|s| self.statement(s));
        self.scopes.pop();
        self.frame.variables.leave(mark);
    }

    fn statement(&mut self, s: &Stmt) {
        match &s.kind {
            StmtKind::Force(drives) => self.drives(drives),
            StmtKind::Float(nets) => nets.iter().for_each(|n| {
                self.units(n);
            }),
            StmtKind::Pulse { drives, width: time } | StmtKind::Ramp { drives, time } => {
                self.drives(drives);
                self.number(time);
            }
            StmtKind::Wait(time) => self.number(time),
            StmtKind::WaitUntil { condition, timeout } => {
                self.condition(condition);
                timeout.iter().for_each(|t| self.number(t));
            }
            StmtKind::Repeat { counter, until, max, body } => {
                max.iter().for_each(|m| self.number(m));
                if let Some(name) = counter.as_ref().filter(|n| self.local(&n.lower()).is_none()) {
                    self.declare(name, None);
                }
                self.condition(until);
                self.block(body);
            }
            StmtKind::For { loops, body } | StmtKind::Sweep { loops, body } => self.loops(loops, body),
            StmtKind::MonteCarlo { count, seed, body } => {
                self.number(count);
                seed.iter().for_each(|e| self.number(e));
                self.block(body);
            }
            StmtKind::Forever(body) | StmtKind::Par { body, .. } | StmtKind::Block(body) => self.block(body),
            StmtKind::If { branches, otherwise } => {
                for (test, body) in branches {
                    self.condition(test);
                    self.block(body);
                }
                otherwise.iter().for_each(|body| self.block(body));
            }
            StmtKind::Let(l) => {
                let samples: Vec<Local> = l.values.iter().map(|v| self.expression(v)).collect();
                for (k, name) in l.names.iter().enumerate() {
                    let sample = samples.get(k).filter(|_| samples.len() == l.names.len()).cloned().flatten();
                    self.declare(name, sample);
                }
            }
            StmtKind::Assign(a) => {
                a.values.iter().for_each(|v| {
                    self.expression(v);
                });
                a.targets.iter().for_each(|t| self.target(t));
            }
            StmtKind::Call(e) => {
                self.expression(e);
            }
            StmtKind::Measure(columns) | StmtKind::Record(columns) => self.columns(columns),
            StmtKind::Assert { condition, .. } => {
                self.expression(condition);
            }
            StmtKind::Plot(traces) => {
                for t in traces {
                    match &t.y.kind {
                        ExprKind::Call { name, args } if name.is("heatmap") && args.len() == 1 => {
                            self.expression(&args[0].value);
                        }
                        _ => drop(self.expression(&t.y)),
                    }
                    t.x.iter().for_each(|x| drop(self.expression(x)));
                }
            }
            StmtKind::Histogram { value, bins, .. } => {
                self.expression(value);
                match bins {
                    Some(Bins::Range(a, b)) => [a, b].into_iter().for_each(|e| self.number(e)),
                    Some(Bins::Count(n)) => self.number(n),
                    None => {}
                }
            }
            StmtKind::Snapshot { values, every, within, shift } => {
                let table = |e: &&Expr| !matches!(&e.kind, ExprKind::Name(n) if n.eq_ignore_ascii_case("table"));
                values.iter().filter(table).for_each(|e| drop(self.expression(e)));
                every.iter().chain(shift).for_each(|e| self.number(e));
                if let Some(Tolerance::Absolute(e)) = within {
                    self.number(e);
                }
            }
            StmtKind::Save { value, .. } => drop(self.expression(value)),
            StmtKind::Analysis(card) => self.analysis(card),
            StmtKind::Settle => {}
        }
    }

    fn analysis(&mut self, card: &Card) {
        match card.name.lower().as_str() {
            "tran" => analysis::duration(card).iter().for_each(|t| self.number(t)),
            "dc" => {
                let Some(loops) = self.kept(analysis::loops(card)) else { return };
                for l in loops {
                    l.numbers.iter().for_each(|n| self.number(n));
                    let swept = self.sight(|s| s.swept(l.target));
                    if let Some((_, name)) = self.kept(swept) {
                        self.declare(&Name { text: name, span: l.target.span }, None);
                    }
                }
                self.studied = true;
            }
            "noise" => {
                let Some(noisy) = self.kept(analysis::noisy(card)) else { return };
                noisy.numbers.iter().for_each(|n| self.number(n));
                for word in &noisy.nets {
                    let nets = self.sight(|s| s.nets(word).map(|_| ()));
                    self.kept(nets);
                }
                let swept = self.sight(|s| s.swept(noisy.input).map(|_| ()));
                self.kept(swept);
                for name in ["frequency", "onoise", "inoise"] {
                    self.declare(&Name { text: name.into(), span: card.name.span }, None);
                }
                self.studied = true;
            }
            "ac" => {
                let Some((_, numbers)) = self.kept(analysis::frequencies(card)) else { return };
                numbers.iter().for_each(|n| self.number(n));
                self.declare(&Name { text: "frequency".into(), span: card.name.span }, None);
                self.studied = true;
            }
            _ => {}
        }
    }

    fn columns(&mut self, columns: &[Column]) {
        columns.iter().for_each(|c| drop(self.expression(&c.value)));
    }

    /// Where one number is needed.
    fn number(&mut self, e: &Expr) {
        if let Some(sample) = self.expression(e)
            && !matches!(sample.value, Value::Handle(_))
        {
            let outcome = one_number(&sample.value, e.span);
            self.kept(outcome);
        }
    }

    /// Where something is true or false.
    fn condition(&mut self, e: &Expr) {
        let of = match &e.kind {
            ExprKind::Call { name, args } if args.len() == 1 && (name.is("rise") || name.is("fall")) => {
                return self.number(&args[0].value);
            }
            _ => self.expression(e),
        };
        if let Some(sample) = of {
            let outcome = truth(&sample.value, e.span);
            self.kept(outcome);
        }
    }

    fn loops(&mut self, loops: &[Iter], body: &[Stmt]) {
        let Some((first, inner)) = loops.split_first() else { return self.block(body) };
        match &first.over {
            Over::Range(a, b) => [a, b].into_iter().for_each(|e| self.number(e)),
            Over::List(e) => drop(self.expression(e)),
        }
        let sample = matches!(first.over, Over::Range(..)).then(|| Sample { value: Value::Number(0.0), real: false });
        let mark = self.frame.variables.block();
        self.scopes.push(Default::default());
        first.names.iter().for_each(|n| self.declare(n, sample.clone()));
        self.loops(inner, body);
        self.scopes.pop();
        self.frame.variables.leave(mark);
    }

    fn drives(&mut self, drives: &[Drive]) {
        for d in drives {
            let shape = self.units(&d.net);
            for value in std::iter::once(&d.value).chain(&d.to) {
                let sample = self.expression(value);
                if let (Some(shape), Some(sample)) = (&shape, sample) {
                    let outcome = spread(&sample.value, shape, value.span);
                    self.kept(outcome);
                }
            }
            d.limit.iter().for_each(|l| self.number(l));
        }
    }

    /// Nets that units are on, and their shape where every index is known.
    fn units(&mut self, path: &Expr) -> Option<Vec<usize>> {
        if self.seen != Seen::Circuit {
            return None;
        }
        let (path, exact) = self.path(path);
        let exact = exact && self.around.fixed;
        let outcome = self.sight(|s| {
            let (nets, shape) = s.net_path(&path)?;
            nets.iter().try_for_each(|n| s.unit(*n, path.span).map(|_| ()))?;
            Ok::<_, Fault>(shape)
        });
        self.kept(outcome.or_else(|f| lenient(f, exact))).filter(|_| exact)
    }

    /// What is given a value: a variable, a signal, a state or parameter of parts.
    fn target(&mut self, target: &Expr) {
        let base = match &target.kind {
            ExprKind::Index(base, _) => base,
            _ => target,
        };
        match &base.kind {
            ExprKind::Name(n) => {
                if let ExprKind::Index(_, slots) = &target.kind {
                    self.slots(slots);
                }
                let lower = n.to_ascii_lowercase();
                if self.local(&lower).is_some() {
                    return;
                }
                let signal = self.seen == Seen::Circuit && !self.sight(|s| s.signals_of(&lower)).is_empty();
                if signal {
                    self.expression(target);
                    return;
                }
                let known = self.known();
                let what = if self.seen == Seen::Circuit { "variable or signal" } else { "variable" };
                let fault =
                    super::paths::unknown(what, n, base.span, &known, &format!("let {n} = … declares a variable"));
                self.wrong(fault);
            }
            ExprKind::Field(owner, name) if self.leads_to_parts(owner) => self.deposit(target, owner, name),
            ExprKind::Field(..) => drop(self.expression(base)),
            _ => {}
        }
    }

    /// A signal of instances, or a state or parameter of parts, of which the first stands for all.
    fn deposit(&mut self, target: &Expr, owner: &Expr, name: &Name) {
        let (path, mut exact) = self.path(owner);
        let Some(first) = self.handle(&path).and_then(|h| self.machine.groups.first(&h, owner.span)) else {
            return drop(self.expression(owner));
        };
        let mut whole = Expr { span: target.span, kind: ExprKind::Field(Box::new(path), name.clone()) };
        if let ExprKind::Index(_, slots) = &target.kind {
            self.slots(slots);
            exact &= self.constant_slots(slots);
            if exact {
                whole = Expr { span: target.span, kind: ExprKind::Index(Box::new(whole), slots.clone()) };
            }
        }
        if let Ok(inside) = instance(&self.machine.groups, &first, owner.span) {
            let here = self.machine.program.instances.get(inside.0 as usize);
            let known: Vec<String> = here.into_iter().flat_map(|i| i.signals.keys().cloned()).collect();
            if !known.contains(&name.lower()) {
                let help = format!(".signal {} in the subcircuit declares it", name.text);
                self.wrong(super::paths::unknown("signal", &name.text, name.span, &known, &help));
            }
        } else {
            self.quantity_of(&whole, exact);
        }
    }
}

/// Of what is only an example of what will be asked for, only an unknown name is a mistake for certain.
pub(super) fn lenient<T>(fault: Fault, exact: bool) -> Result<T, Fault> {
    match &fault {
        Fault::Wrong(d) if !exact && !matches!(d.code, "process::unknown" | "process::no-smu") => Err(Fault::Said),
        _ => Err(fault),
    }
}

/// Variables that assignments give another value.
fn changed(list: &[Stmt]) -> std::collections::HashSet<String> {
    let mut out = std::collections::HashSet::new();
    statements(list, &mut |s| {
        if let StmtKind::Assign(a) = &s.kind {
            for target in &a.targets {
                let base = if let ExprKind::Index(base, _) = &target.kind { base } else { target };
                if let ExprKind::Name(n) = &base.kind {
                    out.insert(n.to_ascii_lowercase());
                }
            }
        }
    });
    out
}

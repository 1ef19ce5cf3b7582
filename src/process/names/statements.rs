//! Statements → the mistakes in them and in their blocks.

use super::{Changed, Checker, Local, Sample, Seen};
use crate::circuit::plan::AcScale;
use crate::diag::{Diagnostic, Span};
use crate::process::groups::instance;
use crate::process::sight::spread;
use crate::process::{analysis, bounds};
use crate::syntax::ast::visit::statements;
use crate::syntax::ast::{
    Bins, Card, Column, Drive, Expr, ExprKind, Iter, Name, Over, Slot, Stmt, StmtKind, Tolerance, Update,
};
use crate::value::assign::{no_places, uneven, uneven_results};
use crate::value::eval::{one_number, picks, truth};
use crate::value::fault::Fault;
use crate::value::{Value, index};

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
                self.bounded(time, bounds::passing);
            }
            StmtKind::Wait(time) => self.bounded(time, bounds::passing),
            StmtKind::WaitUntil { condition, timeout } => {
                self.condition(condition);
                timeout.iter().for_each(|t| self.bounded(t, bounds::timeout));
            }
            StmtKind::Repeat { counter, until, max, body } => {
                max.iter().for_each(|m| self.bounded(m, bounds::passes));
                if let Some(name) = counter.as_ref().filter(|n| self.local(&n.lower()).is_none()) {
                    self.declare(name, None);
                }
                self.condition(until);
                self.block(body);
            }
            StmtKind::For { loops, body } | StmtKind::Sweep { loops, body } => self.loops(loops, body),
            StmtKind::MonteCarlo { count, seed, body } => {
                self.bounded(count, bounds::draws);
                seed.iter().for_each(|e| self.bounded(e, bounds::seed));
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
                let samples = self.values(l.names.len(), &l.values, l.span);
                for (k, name) in l.names.iter().enumerate() {
                    let sample = samples.get(k).filter(|_| samples.len() == l.names.len()).cloned().flatten();
                    self.declare(name, sample);
                }
            }
            StmtKind::Assign(a) => {
                let samples = self.values(a.targets.len(), &a.values, s.span);
                let whole = a.op == Update::Set && samples.len() == a.targets.len();
                for (k, t) in a.targets.iter().enumerate() {
                    self.target(t, samples.get(k).filter(|_| whole).and_then(Option::as_ref));
                }
            }
            StmtKind::Call(e) => {
                self.expression(e);
            }
            StmtKind::Measure(columns) => self.columns(columns),
            StmtKind::Record(columns) => {
                self.columns(columns);
                columns.iter().for_each(|c| self.look_at_column(c));
            }
            StmtKind::Assert { condition, .. } => {
                self.expression(condition);
            }
            StmtKind::Plot(traces) => {
                for t in traces {
                    match &t.y.kind {
                        ExprKind::Call { name, args } if (name.is("heatmap") || name.is("bars")) && args.len() == 1 => {
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
                    Some(Bins::Range(a, b)) => {
                        if let [Some(low), Some(high)] = [a, b].map(|e| self.number(e)) {
                            let outcome = bounds::ends(low, high, a.span.to(b.span));
                            self.kept(outcome);
                        }
                    }
                    Some(Bins::Count(n)) => self.bounded(n, bounds::bins),
                    None => {}
                }
            }
            StmtKind::Snapshot { values, every, within, shift } => {
                let table = |e: &&Expr| !matches!(&e.kind, ExprKind::Name(n) if n.eq_ignore_ascii_case("table"));
                values.iter().filter(table).for_each(|e| drop(self.expression(e)));
                every.iter().for_each(|e| self.bounded(e, bounds::grid));
                shift.iter().for_each(|e| self.bounded(e, bounds::tolerance));
                if let Some(Tolerance::Absolute(e)) = within {
                    self.bounded(e, bounds::tolerance);
                }
            }
            StmtKind::Save { value, path } => {
                self.expression(value);
                let ending = path.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase());
                if !matches!(ending.as_deref(), Some("csv" | "npy")) {
                    let message = format!("'{path}' is neither csv nor npy: its name says how it is written");
                    let fault = Fault::new("lab::save", s.span, message, "this file");
                    self.wrong(fault.with_help("save g to \"g.npy\", save g to \"g.csv\""));
                }
            }
            StmtKind::Analysis(card) => self.analysis(card),
            StmtKind::Settle => {}
        }
    }

    fn analysis(&mut self, card: &Card) {
        let outcome = analysis::complete(card);
        if self.kept(outcome).is_none() {
            return;
        }
        match card.name.lower().as_str() {
            "tran" => analysis::duration(card).iter().for_each(|t| self.bounded(t, bounds::passing)),
            "dc" => {
                for l in analysis::loops(card).into_iter().flatten() {
                    let numbers = l.numbers.each_ref().map(|n| self.number(n));
                    if let [Some(start), Some(stop), Some(step)] = numbers {
                        let outcome = bounds::steps([start, stop, step], l.target.span);
                        self.kept(outcome);
                    }
                    let swept = self.sight(|s| s.swept(l.target));
                    if let Some((_, name)) = self.kept(swept) {
                        self.declare(&Name { text: name, span: l.target.span }, None);
                    }
                }
                self.studied = true;
            }
            "noise" => {
                let Ok(noisy) = analysis::noisy(card) else { return };
                self.band(card, noisy.scale, &noisy.numbers);
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
                let Ok((scale, numbers)) = analysis::frequencies(card) else { return };
                self.band(card, scale, &numbers);
                self.declare(&Name { text: "frequency".into(), span: card.name.span }, None);
                self.studied = true;
            }
            _ => {}
        }
    }

    fn band(&mut self, card: &Card, scale: AcScale, numbers: &[Expr; 3]) {
        if let [Some(points), Some(start), Some(stop)] = numbers.each_ref().map(|n| self.number(n)) {
            let outcome = bounds::band(&card.name.text, scale, [points, start, stop], card.name.span);
            self.kept(outcome);
        }
    }

    /// Values for so many names: samples of them, one for each name where that is known.
    fn values(&mut self, names: usize, values: &[Expr], span: Span) -> Vec<Local> {
        let samples: Vec<Local> = values.iter().map(|v| self.expression(v)).collect();
        let results: Vec<Option<usize>> = values.iter().map(|v| self.results(v).map(|r| r.len())).collect();
        if let Some(k) = results.iter().position(|r| *r == Some(0)) {
            let fault = Fault::new("value::count", values[k].span, "this call gives nothing back", "no value");
            self.wrong(fault.with_help(".protocol f(…) -> y { … } names a result"));
            return Vec::new();
        }
        if values.len() == names {
            return samples;
        }
        let count = match (values, &results[..], samples.first()) {
            (_, &[Some(count)], _) if count > 1 => Some(count),
            ([_], [Some(1) | None], Some(Some(s))) => match &s.value {
                Value::Array(a) => a.shape().first().copied(),
                Value::Number(_) => Some(1),
                _ => None,
            },
            ([_], ..) => None,
            _ => {
                self.wrong(uneven(names, values.len(), span));
                None
            }
        };
        if let Some(count) = count.filter(|c| *c != names) {
            self.wrong(uneven_results(names, count, values[0].span));
        }
        Vec::new()
    }

    fn columns(&mut self, columns: &[Column]) {
        columns.iter().for_each(|c| drop(self.expression(&c.value)));
    }

    /// Notes a column that is given the name of a variable or parameter and holds something else.
    fn look_at_column(&mut self, c: &Column) {
        let Some(name) = &c.name else { return };
        let lower = name.lower();
        // A variable of the loop around, or of the same block, is out of sight where the column is read.
        let outside = self.scopes.len().saturating_sub(2);
        let lives_on = self.scopes[..outside].iter().any(|s| s.contains_key(&lower));
        let (what, help) = match self.local(&lower) {
            Some(_) if !lives_on => return,
            Some(_) => ("variable", "where both are in sight the variable is meant; another name for the column"),
            None if self.machine.functions.values.contains_key(&lower) => {
                ("parameter", "within its loop the parameter is meant, behind it the column; another name for it")
            }
            None => return,
        };
        let itself = matches!(&c.value.kind, ExprKind::Name(n) if name.is(n));
        if !itself && !self.found.iter().any(|d| d.code == "process::column-name" && d.labels[0].span == name.span) {
            let message = format!("the column '{}' has the name of a {what}", name.text);
            let d = Diagnostic::note("process::column-name", message).at(name.span, "and holds something else");
            self.found.push(d.help(format!("{help} tells them apart")));
        }
    }

    /// Where one number is needed: that number, where the text shows it.
    fn number(&mut self, e: &Expr) -> Option<f64> {
        let sample = self.expression(e).filter(|s| !matches!(s.value, Value::Handle(_)))?;
        let outcome = one_number(&sample.value, e.span);
        self.kept(outcome).filter(|_| sample.real)
    }

    /// Where one number is needed that not every number can be.
    fn bounded<T>(&mut self, e: &Expr, check: fn(f64, Span) -> Result<T, Fault>) {
        if let Some(v) = self.number(e) {
            let outcome = check(v, e.span);
            self.kept(outcome);
        }
    }

    /// Where something is true or false.
    fn condition(&mut self, e: &Expr) {
        let of = match &e.kind {
            ExprKind::Call { name, args } if args.len() == 1 && (name.is("rise") || name.is("fall")) => {
                self.number(&args[0].value);
                return;
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
            Over::Range(a, b) => [a, b].into_iter().for_each(|e| {
                self.number(e);
            }),
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
            if let Some(l) = &d.limit
                && self.number(l).is_some_and(|v| v.is_nan() || v <= 0.0)
            {
                let fault = Fault::new("process::limit", l.span, "a compliance is positive", "this one is not");
                self.wrong(fault.with_help("force a = 1 limit 100u, force I(a) = 1u limit 4"));
            }
        }
    }

    /// Nets that units are on, and their shape where every index is known.
    fn units(&mut self, path: &Expr) -> Option<Vec<usize>> {
        if self.seen != Seen::Circuit {
            return None;
        }
        let (path, exact) = self.net_path(path);
        let exact = exact && self.around.fixed;
        let outcome = self.sight(|s| {
            let (nets, shape) = s.net_path(&path)?;
            nets.iter().try_for_each(|n| s.unit(*n, path.span).map(|_| ()))?;
            Ok::<_, Fault>(shape)
        });
        self.kept(outcome.or_else(|f| lenient(f, exact))).filter(|_| exact)
    }

    /// What is given a value: a variable, a signal, a state or parameter of parts.
    fn target(&mut self, target: &Expr, given: Option<&Sample>) {
        let (base, slots) = match &target.kind {
            ExprKind::Index(base, slots) => (&**base, &slots[..]),
            _ => (target, &[][..]),
        };
        self.slots(slots);
        match &base.kind {
            ExprKind::Name(n) => {
                let lower = n.to_ascii_lowercase();
                if let Some(local) = self.local(&lower).cloned() {
                    return self.places(n, local, slots, target.span, given);
                }
                let signals = self.seen == Seen::Circuit && !self.sight(|s| s.signals_of(&lower)).is_empty();
                if signals {
                    let exact = self.constant_slots(slots);
                    let outcome = self.sight(|s| s.fits(n, slots, exact, given.map(|g| &g.value), target.span));
                    self.kept(outcome);
                    return;
                }
                let fault = if self.seen == Seen::Circuit {
                    let more: Vec<String> = self.scopes.iter().flat_map(|s| s.keys().cloned()).collect();
                    self.sight(|s| s.no_target(n, base.span, &more))
                } else {
                    let (known, help) = (self.known(), format!("let {n} = … declares a variable"));
                    super::paths::unknown("variable", n, base.span, &known, &help)
                };
                self.wrong(fault);
            }
            ExprKind::Field(owner, name) if self.leads_to_parts(owner) => self.deposit(target, owner, name),
            ExprKind::Field(..) => drop(self.expression(base)),
            _ => {}
        }
    }

    /// Places of a variable that are given a value.
    fn places(&mut self, name: &str, local: Local, slots: &[Slot], span: Span, given: Option<&Sample>) {
        let Some(local) = local.filter(|_| !slots.is_empty()) else { return };
        match (&local.value, given.and_then(|g| g.value.to_array())) {
            (Value::Array(a), given) if self.constant_slots(slots) => {
                let (shape, mut copy) = (a.shape().to_vec(), (**a).clone());
                let picks = self.sight(|s| picks(slots, Some(&shape), s));
                let outcome = picks.and_then(|p| match given {
                    Some(value) => index::assign(&mut copy, &p, &value, span),
                    None => index::slice(&copy, &p, span).map(|_| ()),
                });
                self.kept(outcome);
            }
            (number @ Value::Number(_), _) => self.wrong(no_places(name, number, span)),
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
fn changed(list: &[Stmt]) -> Changed {
    let mut out = Changed::default();
    statements(list, &mut |s| {
        if let StmtKind::Assign(a) = &s.kind {
            for target in &a.targets {
                let (base, set) = match &target.kind {
                    ExprKind::Index(base, _) => (&**base, &mut out.places),
                    _ => (target, &mut out.whole),
                };
                if let ExprKind::Name(n) = &base.kind {
                    set.insert(n.to_ascii_lowercase());
                }
            }
        }
    });
    out
}

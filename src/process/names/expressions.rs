//! Expressions → samples of what they will be, and the mistakes in them.

use super::{Checker, Local, Sample, Seen};
use crate::circuit::equation::Function;
use crate::diag::Span;
use crate::process::bounds;
use crate::syntax::ast::{Binary, Expr, ExprKind, Name, Tolerance, Unary};
use crate::value::eval::{binary, eval, no_result};
use crate::value::fault::{Fault, did_you_mean};
use crate::value::scope::Scope;
use crate::value::software::Library;
use crate::value::{HandleKind, Value, apply, constants, index};

/// Samples of more numbers are not made.
const MOST: usize = 100_000;

impl Checker<'_> {
    /// What an expression will be, where the text shows it.
    pub(super) fn expression(&mut self, e: &Expr) -> Local {
        let sample = self.sample(e)?;
        match &sample.value {
            Value::Array(a) if a.len() > MOST || a.is_empty() => None,
            _ => Some(sample),
        }
    }

    fn sample(&mut self, e: &Expr) -> Local {
        let span = e.span;
        match &e.kind {
            ExprKind::Number(v) => Some(Sample { value: Value::Number(*v), real: true }),
            ExprKind::Text(t) => Some(Sample { value: Value::Text(t.as_str().into()), real: true }),
            ExprKind::Name(n) => self.name(n, span),
            ExprKind::Index(base, slots) => {
                if self.leads_to_parts(base) {
                    let (path, exact) = self.path(e);
                    if let Some(handle) = self.handle(&path) {
                        return exact.then_some(Sample { value: Value::Handle(handle), real: true });
                    }
                    return if matches!(base.kind, ExprKind::Field(..)) {
                        self.quantity_of(&path, exact)
                    } else {
                        None
                    };
                }
                self.slots(slots);
                let of = self.expression(base)?;
                let Value::Array(a) = &of.value else { return None };
                if !self.constant_slots(slots) {
                    return None;
                }
                let shape = a.shape().to_vec();
                let picks = self.sight(|s| crate::value::eval::picks(slots, Some(&shape), s));
                let value = picks.and_then(|p| index::slice(a, &p, span));
                self.kept(value).map(|value| Sample { value, real: of.real })
            }
            ExprKind::Call { name, args } => self.call(name, args, span),
            ExprKind::Node(_) => None,
            ExprKind::Field(base, name) => self.field(e, base, name),
            ExprKind::Method { base, name, args } => self.method(base, name, args, span),
            ExprKind::Unary(op, a) => {
                let a = self.expression(a)?;
                let f = match op {
                    Unary::Plus => return Some(a),
                    Unary::Neg => Function::Neg,
                    Unary::Not => Function::Not,
                };
                self.applied(f, &[a], span)
            }
            ExprKind::Binary(..) => self.chain(e),
            ExprKind::Cond(c, a, b) => {
                if let Some(test) = self.expression(c) {
                    let outcome = crate::value::eval::truth(&test.value, c.span);
                    self.kept(outcome);
                }
                let (a, b) = (self.expression(a), self.expression(b));
                let (a, b) = (a?, b?);
                let alike = a.value.to_array()?.shape() == b.value.to_array()?.shape();
                alike.then_some(Sample { real: false, ..a })
            }
            ExprKind::Near(a, b, within) => {
                let (a, b) = (self.expression(a), self.expression(b));
                if let Tolerance::Absolute(t) = &**within {
                    let t = self.expression(t).filter(|s| s.real).and_then(|s| s.value.number());
                    let outcome = t.map_or(Ok(0.0), |v| bounds::tolerance(v, span));
                    self.kept(outcome);
                }
                self.applied(Function::Sub, &[a?, b?], span).map(|s| Sample { real: false, ..s })
            }
            ExprKind::List(items) => {
                let samples: Vec<Local> = items.iter().map(|e| self.expression(e)).collect();
                let samples: Vec<Sample> = samples.into_iter().collect::<Option<_>>()?;
                let values: Vec<Value> = samples.iter().map(|s| s.value.clone()).collect();
                let outcome = index::stack(&values, span);
                let real = samples.iter().all(|s| s.real);
                self.kept(outcome).map(|value| Sample { value, real })
            }
        }
    }

    /// A long chain of operators, without recursion to the left.
    fn chain(&mut self, e: &Expr) -> Local {
        let mut links: Vec<(Binary, &Expr, Span)> = Vec::new();
        let mut at = e;
        while let ExprKind::Binary(op, left, right) = &at.kind {
            links.push((*op, right, at.span));
            at = left;
        }
        let mut out = self.expression(at);
        for (op, right, span) in links.into_iter().rev() {
            let right = self.expression(right);
            out = match (out, right) {
                (Some(a), Some(b)) if numeric(&a) && numeric(&b) => {
                    let outcome = self.sight(|s| binary(op, a.value, b.value, span, s));
                    self.kept(outcome).map(|value| Sample { value, real: a.real && b.real })
                }
                _ => None,
            };
        }
        out
    }

    pub(super) fn applied(&mut self, f: Function, args: &[Sample], span: Span) -> Local {
        if !args.iter().all(numeric) {
            return None;
        }
        let values: Vec<Value> = args.iter().map(|s| s.value.clone()).collect();
        let outcome = apply(f, &values, span);
        self.kept(outcome).map(|value| Sample { value, real: args.iter().all(|s| s.real) })
    }

    /// Whether a path begins at a part of the circuit.
    pub(super) fn leads_to_parts(&mut self, path: &Expr) -> bool {
        let (mut at, mut owner) = (path, false);
        loop {
            match &at.kind {
                ExprKind::Index(base, _) => at = base,
                ExprKind::Field(base, _) => (at, owner) = (base, true),
                ExprKind::Name(n) => return self.is_part(&n.to_ascii_lowercase(), at.span, owner),
                _ => return false,
            }
        }
    }

    /// Whether what stands in front of a `.` begins at a part of the circuit, which comes before a number of its name.
    pub(super) fn owns(&mut self, base: &Expr) -> bool {
        let mut at = base;
        while let ExprKind::Index(inner, _) = &at.kind {
            at = inner;
        }
        match &at.kind {
            ExprKind::Name(n) => self.is_part(&n.to_ascii_lowercase(), at.span, true),
            _ => self.leads_to_parts(at),
        }
    }

    fn is_part(&mut self, lower: &str, span: Span, owner: bool) -> bool {
        if self.seen != Seen::Circuit || self.local(lower).is_none() && self.around.experiments.contains_key(lower) {
            return false;
        }
        match self.local(lower) {
            Some(Some(Sample { value: Value::Handle(_), .. })) => return true,
            Some(Some(sample)) if owner && numeric(sample) => {}
            Some(_) => return false,
            None if !owner && self.around.own.as_ref().is_some_and(|o| o.contains(lower)) => return false,
            None => {}
        }
        let found = self.sight(|s| match owner {
            true => s.owner(lower, span).and_then(|found| found.map_or_else(|| s.name(lower, span), |v| Ok(Some(v)))),
            false => s.name(lower, span),
        });
        matches!(found, Ok(Some(Value::Handle(_))))
    }

    fn name(&mut self, n: &str, span: Span) -> Local {
        let lower = n.to_ascii_lowercase();
        if let Some(local) = self.local(&lower) {
            return local.clone();
        }
        if self.around.own.as_ref().is_some_and(|o| o.contains(&lower))
            || self.around.experiments.contains_key(&lower) && self.seen == Seen::Circuit
        {
            return None;
        }
        let value = match self.seen {
            Seen::Circuit => self.sight(|s| s.name(&lower, span)).unwrap_or(None),
            _ if matches!(lower.as_str(), "temp" | "temper") => Some(Value::Number(0.0)),
            _ => self.machine.functions.value(&lower),
        };
        if let Some(value) = value.or_else(|| constants::constant(&lower).map(Value::Number)) {
            let param = self.machine.functions.values.contains_key(&lower) && self.around.fixed;
            let kept = matches!(value, Value::Handle(_)) || param || constants::constant(&lower).is_some();
            let known = kept || matches!(lower.as_str(), "time" | "temp" | "temper");
            return known.then_some(Sample { value, real: kept });
        }
        let fault = Fault::new("value::unknown-name", span, format!("'{n}' has no value here"), "not defined");
        let known = self.known();
        let fault = match did_you_mean(n, known.iter().map(String::as_str)) {
            Some(help) => fault.with_help(help),
            None => fault.with_help(format!("let {n} = … declares a variable, .param {n}=… a parameter")),
        };
        self.wrong(fault);
        None
    }

    fn field(&mut self, e: &Expr, base: &Expr, name: &Name) -> Local {
        if let ExprKind::Name(n) = &base.kind
            && self.local(&n.to_ascii_lowercase()).is_none()
            && let Some(kept) = self.around.experiments.get(&n.to_ascii_lowercase())
        {
            if !kept.contains(&name.lower()) {
                let message = format!("the experiment {n} has no measure or column '{}'", name.text);
                let fault = Fault::new("lab::no-results", name.span, message, "not there");
                let list: Vec<&str> = kept.iter().map(String::as_str).collect();
                let fault = match did_you_mean(&name.text, list.iter().copied()) {
                    Some(help) => fault.with_help(help),
                    None if list.is_empty() => fault.with_help("it measures and records nothing"),
                    None => fault.with_help(format!("it has {}", list.join(", "))),
                };
                self.wrong(fault);
            }
            return None;
        }
        if self.owns(base) {
            return self.quantity(e);
        }
        let of = self.expression(base);
        if let Some(results) = self.results(base)
            && !results.contains(&name.lower())
        {
            let known: Vec<&str> = results.iter().map(String::as_str).collect();
            self.wrong(no_result(name, &known));
        }
        let of = of?;
        match &of.value {
            Value::Network(_) | Value::Archive(_) => {
                let outcome = self.sight(|s| eval(e, s));
                self.kept(outcome).map(|value| Sample { value, real: false })
            }
            _ => None,
        }
    }
}

pub(super) fn numeric(s: &Sample) -> bool {
    match &s.value {
        Value::Number(_) | Value::Array(_) | Value::Text(_) => true,
        Value::Handle(h) => h.kind != HandleKind::Part && h.kind != HandleKind::Experiment,
        _ => false,
    }
}

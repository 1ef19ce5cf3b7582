//! Expressions → values where everything in them is constant, equations where they read the running circuit.

use std::cell::{Cell, RefCell};

use super::data::Files;
use super::fault::{Fault, did_you_mean};
use super::functions;
use super::quantity::Quantities;
use super::scope::Scope;
use super::term::{Term, combine, to_equation};
use super::value::Value;
use super::value::index::{self, Pick};
use super::value::memo::Memo;
use crate::circuit::NetId;
use crate::circuit::equation::{Equation, Function, Quantity};
use crate::diag::{Diagnostic, Span};
use crate::syntax::ast::{Expr, ExprArg, ExprKind, Func, Name, Slot, Tolerance, Unary};

/// Nested expressions, functions included, go no deeper.
const MAX_DEPTH: usize = 400;
/// Terms of one sum or product that reads the circuit.
const MAX_TERMS: usize = 2000;
/// Operations one expression may take, functions put in place.
const MAX_OPERATIONS: u64 = 5_000_000;

/// What all expressions of an elaboration share.
pub struct Shared<'d> {
    pub files: &'d Files,
    /// °C
    pub temp: f64,
    pub notes: RefCell<Vec<Diagnostic>>,
    /// What functions with statements gave
    pub memo: Memo,
    /// Operations of functions with statements so far
    pub steps: Cell<u64>,
    depth: Cell<usize>,
    operations: Cell<u64>,
}

impl<'d> Shared<'d> {
    pub fn new(files: &'d Files, temp: f64) -> Shared<'d> {
        Shared {
            files,
            temp,
            notes: RefCell::default(),
            depth: Cell::new(0),
            operations: Cell::new(0),
            memo: Memo::default(),
            steps: Cell::new(0),
        }
    }

    /// Expressions around the one being evaluated.
    pub fn depth(&self) -> usize {
        self.depth.get()
    }
}

/// Where an expression stands.
#[derive(Clone, Copy)]
pub struct Context<'c, 'a> {
    pub shared: &'c Shared<'c>,
    pub scope: &'c Scope<'a>,
    /// Arguments of the function it is the body of.
    pub locals: &'c [(String, Term)],
    /// None: only constants are allowed.
    pub live: Option<&'c dyn Quantities>,
}

impl<'c, 'a> Context<'c, 'a> {
    /// For expressions that must be constant.
    pub fn constant(shared: &'c Shared<'c>, scope: &'c Scope<'a>) -> Context<'c, 'a> {
        Context { shared, scope, locals: &[], live: None }
    }

    pub fn value(&self, expr: &Expr) -> Result<Value, Fault> {
        match self.term(expr)? {
            Term::Fixed(v) => Ok(v),
            Term::Live(_) => Err(Fault::Live(expr.span)),
        }
    }

    pub fn number(&self, expr: &Expr) -> Result<f64, Fault> {
        if let ExprKind::Number(v) = expr.kind {
            return Ok(v);
        }
        let v = self.value(expr)?;
        v.number().ok_or_else(|| {
            let message = format!("a number is needed here, not {}", v.describe());
            Fault::new("elab::not-a-number", expr.span, message, "this is not one number")
        })
    }

    /// A whole number: an index, a bound of a loop.
    pub fn integer(&self, expr: &Expr) -> Result<i64, Fault> {
        whole(&Value::Number(self.number(expr)?), expr.span)
    }

    /// An expression of the running circuit; a constant is one too.
    pub fn equation(&self, expr: &Expr) -> Result<Equation, Fault> {
        self.term(expr).and_then(|t| to_equation(t, expr.span))
    }

    /// All that is wrong with an expression, beginning with what its evaluation met first: mistakes in one part of it do not
    /// hide those in another.
    pub fn faults(&self, expr: &Expr, first: Fault) -> Vec<Fault> {
        let endless = matches!(&first, Fault::Wrong(d) if matches!(d.code, "elab::too-deep" | "elab::too-long"));
        let mut inner = Vec::new();
        // What a named argument means, its function knows.
        let opaque = match &expr.kind {
            ExprKind::Method { .. } | ExprKind::Field(..) => true,
            ExprKind::Call { args, .. } => args.iter().any(|a| a.name.is_some()),
            _ => false,
        };
        if !endless && !opaque {
            expr.children(&mut |e| {
                if !matches!(e.kind, ExprKind::Node(_))
                    && let Err(fault) = self.term(e)
                {
                    inner.extend(self.faults(e, fault));
                }
            });
        }
        if inner.is_empty() { vec![first] } else { inner }
    }

    /// The same for one of these expressions: the one in which `first` stands.
    pub fn faults_among(&self, exprs: &[&Expr], first: Fault) -> Vec<Fault> {
        let at = match &first {
            Fault::Wrong(d) => d.labels.first().map(|l| l.span),
            Fault::Live(_) | Fault::Said => None,
        };
        let holds = |e: &&&Expr| at.is_some_and(|at| e.span.to(at) == e.span);
        match exprs.iter().find(holds) {
            Some(expr) => self.faults(expr, first),
            None => vec![first],
        }
    }

    /// Value or equation of a whole expression.
    pub fn term(&self, expr: &Expr) -> Result<Term, Fault> {
        if self.shared.depth.get() == 0 {
            self.shared.operations.set(0);
        }
        self.nested(expr)
    }

    fn nested(&self, expr: &Expr) -> Result<Term, Fault> {
        if let ExprKind::Number(v) = expr.kind {
            return Ok(Term::Fixed(Value::Number(v)));
        }
        let (depth, operations) = (self.shared.depth.get(), self.shared.operations.get());
        if depth >= MAX_DEPTH {
            return Err(Fault::new("elab::too-deep", expr.span, "this expression is nested too deeply", "here")
                .with_help("name parts of it with .param"));
        }
        if operations >= MAX_OPERATIONS {
            return Err(Fault::new("elab::too-long", expr.span, "this expression grows without bound", "here")
                .with_help(
                    "each .func is put in place of its call; functions that call others twice double the work",
                ));
        }
        self.shared.depth.set(depth + 1);
        self.shared.operations.set(operations + 1);
        let out = self.compute(expr);
        self.shared.depth.set(depth);
        out
    }

    fn compute(&self, expr: &Expr) -> Result<Term, Fault> {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Number(v) => Ok(Term::Fixed(Value::Number(*v))),
            ExprKind::Text(t) => Ok(Term::Fixed(Value::Text(t.as_str().into()))),
            ExprKind::Name(n) => self.name(n, span),
            ExprKind::Index(base, slots) => self.index(base, slots, span),
            ExprKind::Call { .. } | ExprKind::Method { .. } if self.of_network(expr) => self.software(expr),
            ExprKind::Call { name, args } => self.call(name, args, span),
            ExprKind::Node(_) => Err(Fault::new("elab::node", span, "a node stands only in V( ) and I( )", "here")),
            ExprKind::Field(base, name) => self.field(base, name, span),
            ExprKind::Unary(op, a) => {
                let a = self.nested(a)?;
                match op {
                    Unary::Plus => Ok(a),
                    Unary::Neg => combine(Function::Neg, vec![a], span),
                    Unary::Not => combine(Function::Not, vec![a], span),
                }
            }
            ExprKind::Binary(..) => self.chain(expr),
            ExprKind::Cond(c, a, b) => {
                let c = self.nested(c)?;
                match &c {
                    Term::Fixed(v) => match v.number() {
                        Some(v) => self.nested(if v != 0.0 { a } else { b }),
                        None => {
                            let message = format!("the condition of ?: must be one number, not {}", v.describe());
                            Err(Fault::new("elab::not-a-number", span, message, "here")
                                .with_help("where(condition, a, b) chooses element by element"))
                        }
                    },
                    Term::Live(_) => combine(Function::Select, vec![c, self.nested(a)?, self.nested(b)?], span),
                }
            }
            ExprKind::Near(a, b, within) => self.near(a, b, within, span),
            ExprKind::Method { name, .. } => {
                let message = format!("`.{}( )` is called in protocols and experiments only", name.text);
                Err(Fault::new("elab::method", span, message, "not in a value of the netlist"))
            }
            ExprKind::List(items) => self.list(items, span),
        }
    }

    /// A sum or product of many terms is a long chain to the left: taken from its left end, without recursion.
    fn chain(&self, expr: &Expr) -> Result<Term, Fault> {
        let mut links = Vec::new();
        let mut at = expr;
        while let ExprKind::Binary(op, left, right) = &at.kind {
            links.push((*op, right, at.span));
            at = left;
        }
        let mut out = self.nested(at)?;
        let mut lives = 0;
        for (op, right, span) in links.into_iter().rev() {
            out = combine(super::term::binary(op), vec![out, self.nested(right)?], span)?;
            lives += matches!(out, Term::Live(_)) as usize;
            if lives > MAX_TERMS {
                return Err(Fault::new("elab::too-deep", span, format!("more than {MAX_TERMS} terms"), "here")
                    .with_help("split it between several sources"));
            }
        }
        Ok(out)
    }

    /// `a ~= b within c`
    fn near(&self, a: &Expr, b: &Expr, within: &Tolerance, span: Span) -> Result<Term, Fault> {
        let (a, b) = (self.nested(a)?, self.nested(b)?);
        let tolerance = match within {
            Tolerance::Absolute(e) => self.nested(e)?,
            Tolerance::Percent(p) => {
                let size = combine(Function::Abs, vec![b.clone()], span)?;
                combine(Function::Mul, vec![Term::Fixed(Value::Number(p / 100.0)), size], span)?
            }
        };
        let distance = combine(Function::Abs, vec![combine(Function::Sub, vec![a, b], span)?], span)?;
        combine(Function::Le, vec![distance, tolerance], span)
    }

    fn name(&self, name: &str, span: Span) -> Result<Term, Fault> {
        let lower = name.to_ascii_lowercase();
        if let Some((_, t)) = self.locals.iter().find(|(n, _)| *n == lower) {
            return Ok(t.clone());
        }
        if let Some(v) = self.scope.value(&lower) {
            if matches!(v, Value::Broken) {
                return Err(Fault::Said);
            }
            return Ok(Term::Fixed(v.clone()));
        }
        if let Some(q) = match lower.as_str() {
            "time" => Some(Quantity::Time),
            "hertz" | "frequency" => Some(Quantity::Frequency),
            "temp" | "temper" if self.live.is_some() => Some(Quantity::Temperature),
            _ => None,
        } {
            return if self.live.is_some() { Ok(Term::Live(Equation::Quantity(q))) } else { Err(Fault::Live(span)) };
        }
        if let Some(net) = self.live.and_then(|live| live.signal(&lower)) {
            return Ok(Term::Live(Equation::Quantity(Quantity::Voltage(net, NetId::GROUND))));
        }
        if self.live.is_none() && self.scope.names_signal(&lower) {
            return Err(Fault::Live(span));
        }
        if matches!(lower.as_str(), "temp" | "temper") {
            return Ok(Term::Fixed(Value::Number(self.shared.temp)));
        }
        if let Some(v) = super::value::constants::constant(&lower) {
            return Ok(Term::Fixed(Value::Number(v)));
        }
        // What a part is made of, as a parameter: neuron=dmem
        if self.scope.names_part(&lower) {
            return Ok(Term::Fixed(Value::Text(name.into())));
        }
        if name.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+')) {
            let message = format!("'{name}' is not a number");
            let digits = name.trim_start_matches(['-', '+']).chars().all(|c| c.is_ascii_digit() || ".eE+-".contains(c));
            let why = if digits { "not a number below 1.8e308" } else { "not of the form of a number" };
            return Err(Fault::new("elab::bad-number", span, message, why)
                .with_help("numbers look like 12.5, 1e-9, 10k, 4.7meg, 100nF"));
        }
        if matches!(lower.as_str(), "nan" | "inf" | "infinity") {
            return Err(Fault::new("elab::bad-number", span, format!("'{name}' is no value"), "not a finite number"));
        }
        let fault = Fault::new(
            "elab::unknown-parameter",
            span,
            format!("'{name}' is not defined"),
            "no parameter of this name",
        )
        .missing(name);
        Err(match did_you_mean(name, self.scope.value_names()) {
            Some(help) => fault.with_help(help),
            None => fault.with_help(format!("define it with .param {name}=…")),
        })
    }

    /// `on[3]` of `on[k]`; with a range or a whole axis no element has this name.
    fn element(&self, name: &str, slots: &[Slot]) -> Result<String, Fault> {
        let mut list = Vec::with_capacity(slots.len());
        for slot in slots {
            match slot {
                Slot::At(e) => list.push(self.integer(e)?.to_string()),
                Slot::Range(..) | Slot::All(_) => return Ok(String::new()),
            }
        }
        Ok(format!("{}[{}]", name.to_ascii_lowercase(), list.join(",")))
    }

    fn index(&self, base: &Expr, slots: &[Slot], span: Span) -> Result<Term, Fault> {
        // An element of what a part lets read: X1.x[2]
        if let (Some(live), ExprKind::Field(owner, name), [Slot::At(at)]) = (self.live, &base.kind, slots)
            && let Some(path) = self.path(owner)?
            && let Some(part) = live.part(&path)
        {
            let name = format!("{}[{}]", name.text, self.integer(at)?);
            return live.probe(part, &name, span).map(|q| Term::Live(Equation::Quantity(q)));
        }
        if let Some(live) = self.live
            && let ExprKind::Name(n) = &base.kind
            && self.scope.value(&n.to_ascii_lowercase()).is_none()
            && let Some(net) = live.signal(&self.element(n, slots)?)
        {
            return Ok(Term::Live(Equation::Quantity(Quantity::Voltage(net, NetId::GROUND))));
        }
        let base = match self.nested(base)? {
            Term::Fixed(v) => v,
            live => return Ok(live),
        };
        let Value::Array(array) = &base else { return Ok(Term::Fixed(base)) };
        let mut picks = Vec::with_capacity(slots.len());
        let mut taken = 0;
        for slot in slots {
            let pick = match slot {
                Slot::At(e) => match self.value(e)? {
                    Value::Array(a) if a.len() != 1 || matches!(e.kind, ExprKind::List(_)) => {
                        let axes = array.shape().get(taken..).unwrap_or(&[]);
                        Pick::of_array(a, axes, matches!(e.kind, ExprKind::List(_)))
                    }
                    v => Pick::At(whole(&v, e.span)?),
                },
                Slot::Range(a, b) => Pick::Range(self.integer(a)?, self.integer(b)?),
                Slot::All(_) => Pick::All,
            };
            taken += pick.takes();
            picks.push(pick);
        }
        index::slice(array, &picks, span).map(Term::Fixed)
    }

    fn list(&self, items: &[Expr], span: Span) -> Result<Term, Fault> {
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            match self.nested(item)? {
                Term::Fixed(v) => values.push(v),
                Term::Live(_) => return Err(Fault::Live(item.span)),
            }
        }
        index::stack(&values, span).map(Term::Fixed)
    }

    fn call(&self, name: &Name, args: &[ExprArg], span: Span) -> Result<Term, Fault> {
        let lower = name.lower();
        if self.scope.value(&lower).is_some_and(|v| matches!(v, Value::Broken)) {
            return Err(Fault::Said);
        }
        if let Some(answer) = self.routine(name, args, span)? {
            return Ok(Term::Fixed(answer.first()));
        }
        if let Some((func, scope)) = self.scope.func(&lower) {
            return self.user(func, scope, args, span);
        }
        if functions::is_live(&lower)
            && let Some(words) = self.words(args)?
        {
            return self.quantity(&lower, &words, span);
        }
        let mut positional = Vec::with_capacity(args.len());
        let mut named = Vec::new();
        for a in args {
            let term = self.nested(&a.value)?;
            match &a.name {
                None => positional.push(term),
                Some(n) => named.push((n.clone(), term)),
            }
        }
        functions::call(self, name, positional, named, span)
    }

    /// Whether a call is of a network, or of a layer by its path.
    fn of_network(&self, expr: &Expr) -> bool {
        let mut root = expr;
        loop {
            let name = match &root.kind {
                ExprKind::Method { base, .. } | ExprKind::Field(base, _) => {
                    root = base;
                    continue;
                }
                ExprKind::Call { name, .. } if std::ptr::eq(root, expr) => name.lower(),
                ExprKind::Name(n) => n.to_ascii_lowercase(),
                _ => return false,
            };
            return match self.locals.iter().find(|(n, _)| *n == name) {
                Some((_, term)) => matches!(term, Term::Fixed(Value::Network(_))),
                None => matches!(self.scope.value(&name), Some(Value::Network(_))),
            };
        }
    }

    /// A `.func`: its body with the arguments in place, in the scope it was defined in.
    fn user(&self, func: &Func, scope: &Scope<'a>, args: &[ExprArg], span: Span) -> Result<Term, Fault> {
        if args.len() > func.formals.len() {
            let message = format!("{} takes {} arguments, not {}", func.name.text, func.formals.len(), args.len());
            return Err(Fault::new("elab::arguments", span, message, "called here"));
        }
        let mut locals: Vec<(String, Term)> = Vec::with_capacity(func.formals.len());
        for (k, (formal, default)) in func.formals.iter().enumerate() {
            let given = args.iter().enumerate().find(|(i, a)| match &a.name {
                Some(n) => n.is(&formal.text),
                None => *i == k,
            });
            let inside = Context { scope, locals: &locals, ..*self };
            let term = match (given, default) {
                (Some((_, a)), _) => self.nested(&a.value)?,
                (None, Some(d)) => inside.nested(d)?,
                (None, None) => {
                    let message = format!("{} needs its argument '{}'", func.name.text, formal.text);
                    return Err(Fault::new("elab::arguments", span, message, "called here"));
                }
            };
            locals.push((formal.lower(), term));
        }
        Context { scope, locals: &locals, ..*self }.nested(&func.body)
    }
}

/// The whole number a value is.
fn whole(value: &Value, span: Span) -> Result<i64, Fault> {
    let v = value.number().ok_or_else(|| {
        let message = format!("a number is needed here, not {}", value.describe());
        Fault::new("elab::not-a-number", span, message, "this is not one number")
    })?;
    if (v - v.round()).abs() > 1e-9 || v.abs() > 1e15 || v.is_nan() {
        return Err(Fault::new("elab::not-an-integer", span, format!("{v} is not a whole number"), "here"));
    }
    Ok(v.round() as i64)
}

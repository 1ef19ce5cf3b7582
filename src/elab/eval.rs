//! Expressions → values where everything in them is constant, equations where they read the running circuit.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::path::PathBuf;

use super::data::DataRoots;
use super::fault::{Fault, did_you_mean};
use super::scope::Scope;
use super::value::{self, Value};
use super::{functions, tensor};
use crate::circuit::equation::{Equation, Function, Quantity};
use crate::circuit::{NetId, PartId};
use crate::diag::{Diagnostic, Span};
use crate::syntax::ast::{Binary, Expr, ExprArg, ExprKind, Func, Name, Slot, Unary, Word};

/// Nested expressions, functions included, go no deeper.
const MAX_DEPTH: usize = 400;
/// Terms of one sum or product that reads the circuit.
const MAX_TERMS: usize = 2000;
/// Operations one expression may take, functions put in place.
const MAX_OPERATIONS: u64 = 5_000_000;

/// What an expression came to.
#[derive(Clone, Debug)]
pub enum Term {
    Fixed(Value),
    Live(Equation),
}

/// Finds what expressions name in the flat circuit, as seen from one instance.
pub trait Quantities {
    fn net(&self, name: &str, span: Span) -> Result<NetId, Fault>;
    /// A part or a pin of a part: `R1`, `X1.V2`, `M1.d`.
    fn current(&self, name: &str, span: Span) -> Result<Quantity, Fault>;
    fn part(&self, name: &str) -> Option<PartId>;
    /// `name` of the part, if it has one.
    fn probe(&self, part: PartId, name: &str, span: Span) -> Result<Quantity, Fault>;
}

/// What all expressions of an elaboration share.
pub struct Shared<'d> {
    pub data: &'d DataRoots,
    /// °C
    pub temp: f64,
    pub notes: RefCell<Vec<Diagnostic>>,
    /// Arrays of files already read.
    pub files: RefCell<HashMap<(PathBuf, String), Value>>,
    depth: Cell<usize>,
    operations: Cell<u64>,
}

impl<'d> Shared<'d> {
    pub fn new(data: &'d DataRoots, temp: f64) -> Shared<'d> {
        let (notes, files) = (RefCell::default(), RefCell::default());
        Shared { data, temp, notes, files, depth: Cell::new(0), operations: Cell::new(0) }
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
        let v = self.number(expr)?;
        if (v - v.round()).abs() > 1e-9 || v.abs() > 1e15 || v.is_nan() {
            return Err(Fault::new("elab::not-an-integer", expr.span, format!("{v} is not a whole number"), "here"));
        }
        Ok(v.round() as i64)
    }

    /// An expression of the running circuit; a constant is one too.
    pub fn equation(&self, expr: &Expr) -> Result<Equation, Fault> {
        self.term(expr).and_then(|t| to_equation(t, expr.span))
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
            out = combine(binary(op), vec![out, self.nested(right)?], span)?;
            lives += matches!(out, Term::Live(_)) as usize;
            if lives > MAX_TERMS {
                return Err(Fault::new("elab::too-deep", span, format!("more than {MAX_TERMS} terms"), "here")
                    .with_help("split it between several sources"));
            }
        }
        Ok(out)
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
        if matches!(lower.as_str(), "temp" | "temper") {
            return Ok(Term::Fixed(Value::Number(self.shared.temp)));
        }
        if let Some(v) = functions::constant(&lower) {
            return Ok(Term::Fixed(Value::Number(v)));
        }
        if name.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+')) {
            let message = format!("'{name}' is not a number");
            return Err(Fault::new("elab::bad-number", span, message, "not a number below 1.8e308")
                .with_help("numbers look like 12.5, 1e-9, 10k, 4.7meg, 100nF"));
        }
        let fault = Fault::new(
            "elab::unknown-parameter",
            span,
            format!("'{name}' is not defined"),
            "no parameter of this name",
        );
        Err(match did_you_mean(name, self.scope.value_names()) {
            Some(help) => fault.with_help(help),
            None => fault.with_help(format!("define it with .param {name}=…")),
        })
    }

    fn index(&self, base: &Expr, slots: &[Slot], span: Span) -> Result<Term, Fault> {
        let base = match self.nested(base)? {
            Term::Fixed(v) => v,
            live => return Ok(live),
        };
        let Value::Array(array) = &base else { return Ok(Term::Fixed(base)) };
        let mut picks = Vec::with_capacity(slots.len());
        for slot in slots {
            picks.push(match slot {
                Slot::At(e) => tensor::Pick::At(self.integer(e)?),
                Slot::Range(a, b) => tensor::Pick::Range(self.integer(a)?, self.integer(b)?),
                Slot::All(_) => tensor::Pick::All,
            });
        }
        tensor::slice(array, &picks, span).map(Term::Fixed)
    }

    /// `npz(f).name`, or a probe of a part.
    fn field(&self, base: &Expr, name: &Name, span: Span) -> Result<Term, Fault> {
        if let Some(live) = self.live
            && let Some(path) = self.path(base)?
            && let Some(part) = live.part(&path)
        {
            return live.probe(part, &name.text, span).map(|q| Term::Live(Equation::Quantity(q)));
        }
        if self.live.is_none()
            && matches!(base.kind, ExprKind::Name(_) | ExprKind::Field(..))
            && self.value(base).is_err()
        {
            return Err(Fault::Live(span));
        }
        match self.value(base)? {
            Value::Archive(arrays) => match arrays.get(&name.text) {
                Some(v) => Ok(Term::Fixed(v.clone())),
                None => {
                    let fault =
                        Fault::new("elab::no-array", span, format!("the file has no array '{}'", name.text), "here");
                    let names: Vec<&str> = arrays.keys().map(String::as_str).collect();
                    Err(fault.with_help(format!("it has {}", names.join(", "))))
                }
            },
            other => {
                let message = format!("{} has no part named '{}'", other.describe(), name.text);
                Err(Fault::new("elab::no-field", span, message, "here"))
            }
        }
    }

    /// The instance path an expression spells, if it spells one: `X1.Xm[3,4]`.
    fn path(&self, expr: &Expr) -> Result<Option<String>, Fault> {
        Ok(match &expr.kind {
            ExprKind::Name(n) => Some(n.clone()),
            ExprKind::Field(base, name) => self.path(base)?.map(|p| format!("{p}.{}", name.text)),
            ExprKind::Index(base, slots) => match self.path(base)? {
                None => None,
                Some(p) => {
                    let mut places = Vec::new();
                    for slot in slots {
                        let Slot::At(e) = slot else { return Ok(None) };
                        places.push(self.integer(e)?.to_string());
                    }
                    Some(format!("{p}[{}]", places.join(",")))
                }
            },
            _ => None,
        })
    }

    /// The full text of a word, its indices resolved: `row[3]`.
    pub fn word(&self, word: &Word) -> Result<String, Fault> {
        if word.index.is_empty() {
            return Ok(word.text.clone());
        }
        let mut places = Vec::with_capacity(word.index.len());
        for slot in &word.index {
            match slot {
                Slot::At(e) => places.push(self.integer(e)?.to_string()),
                Slot::Range(..) | Slot::All(_) => {
                    return Err(Fault::new("elab::bus-here", word.span, "one net is needed here, not a bus", "a bus")
                        .with_help(format!("pick one: {}[0]", word.text)));
                }
            }
        }
        Ok(format!("{}[{}]", word.text, places.join(",")))
    }

    fn list(&self, items: &[Expr], span: Span) -> Result<Term, Fault> {
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            match self.nested(item)? {
                Term::Fixed(v) => values.push(v),
                Term::Live(_) => return Err(Fault::Live(item.span)),
            }
        }
        tensor::stack(&values, span).map(Term::Fixed)
    }

    fn call(&self, name: &Name, args: &[ExprArg], span: Span) -> Result<Term, Fault> {
        let lower = name.lower();
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

    /// What stands in `V( )`: names with their places; None where it is something else, as in `min(a, b)`.
    fn words(&self, args: &[ExprArg]) -> Result<Option<Vec<(String, Span)>>, Fault> {
        let mut words = Vec::with_capacity(args.len());
        for a in args {
            let text = match &a.value.kind {
                ExprKind::Node(w) => self.word(w)?,
                ExprKind::Number(v) => v.to_string(),
                _ => match self.path(&a.value)? {
                    Some(path) => path,
                    None => return Ok(None),
                },
            };
            words.push((text, a.value.span));
        }
        Ok(Some(words))
    }

    fn quantity(&self, lower: &str, words: &[(String, Span)], span: Span) -> Result<Term, Fault> {
        let Some(live) = self.live else { return Err(Fault::Live(span)) };
        let quantity = match (lower, words) {
            ("@", [(part, at), (probe, _)]) => {
                let id = live.part(part).ok_or_else(|| unknown_part(part, *at))?;
                live.probe(id, probe, span)?
            }
            (v, [(a, at)]) if v.starts_with('v') => Quantity::Voltage(live.net(a, *at)?, NetId::GROUND),
            (v, [(a, at), (b, bt)]) if v.starts_with('v') => Quantity::Voltage(live.net(a, *at)?, live.net(b, *bt)?),
            (i, [(part, at)]) if i.starts_with('i') => live.current(part, *at)?,
            (v, _) if v.starts_with('v') => {
                return Err(Fault::new("elab::arguments", span, "V( ) takes one node or two", "here"));
            }
            _ => return Err(Fault::new("elab::arguments", span, "I( ) takes one element", "here")),
        };
        let phasor = functions::phasor(lower);
        let equation = Equation::Quantity(quantity);
        Ok(Term::Live(match phasor {
            Some(f) => Equation::apply(f, [equation]),
            None => equation,
        }))
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

pub fn unknown_part(name: &str, span: Span) -> Fault {
    Fault::new("elab::unknown-part", span, format!("there is no element '{name}'"), "not in the circuit")
}

/// `^` and `**` take the magnitude of the base, as SPICE does.
fn binary(op: Binary) -> Function {
    match op {
        Binary::Add => Function::Add,
        Binary::Sub => Function::Sub,
        Binary::Mul => Function::Mul,
        Binary::Div => Function::Div,
        Binary::Pow => Function::AbsPow,
        Binary::Lt => Function::Lt,
        Binary::Le => Function::Le,
        Binary::Gt => Function::Gt,
        Binary::Ge => Function::Ge,
        Binary::Eq => Function::Eq,
        Binary::Ne => Function::Ne,
        Binary::And => Function::And,
        Binary::Or => Function::Or,
    }
}

/// A function of terms: computed where all are constant.
pub fn combine(f: Function, args: Vec<Term>, span: Span) -> Result<Term, Fault> {
    if args.iter().any(|a| matches!(a, Term::Live(_))) || matches!(f, Function::Ddt | Function::Idt) {
        let args: Result<Vec<Equation>, Fault> = args.into_iter().map(|a| to_equation(a, span)).collect();
        return Ok(Term::Live(Equation::Apply(f, args?)));
    }
    let values: Vec<Value> = args
        .into_iter()
        .filter_map(|a| match a {
            Term::Fixed(v) => Some(v),
            Term::Live(_) => None,
        })
        .collect();
    value::apply(f, &values, span).map(Term::Fixed)
}

/// An equation; constants in it must be finite.
pub fn to_equation(term: Term, span: Span) -> Result<Equation, Fault> {
    match term {
        Term::Live(e) => Ok(e),
        Term::Fixed(v) => match v.number() {
            Some(v) if v.is_finite() => Ok(Equation::Const(v)),
            Some(v) => Err(not_finite(v, span)),
            None => {
                let message = format!("a number is needed here, not {}", v.describe());
                Err(Fault::new("elab::not-a-number", span, message, "this is not one number"))
            }
        },
    }
}

pub fn not_finite(v: f64, span: Span) -> Fault {
    let what = if v.is_nan() { "not a number (NaN)" } else { "infinite" };
    Fault::new("elab::not-finite", span, format!("this value is {what}"), "comes to no finite number")
        .with_help("look for a division by zero or a logarithm of zero in the parameters it is made of")
}

//! Expressions → values, in any [`Scope`].

use super::answer::Answer;
use super::builtin;
use super::constants;
use super::fault::{Fault, did_you_mean};
use super::index::{self, Pick};
use super::network;
use super::scope::Scope;
use super::{Value, apply};
use crate::circuit::equation::Function;
use crate::diag::Span;
use crate::syntax::ast::{Binary, Expr, ExprArg, ExprKind, Name, Slot, Tolerance, Unary};

/// The value of an expression; of a call with several results the first.
pub fn eval(expr: &Expr, scope: &mut dyn Scope) -> Result<Value, Fault> {
    match &expr.kind {
        ExprKind::Number(v) => Ok(Value::Number(*v)),
        _ => answer(expr, scope).map(Answer::first),
    }
}

/// Value or values of an expression: several only of a call.
pub fn answer(expr: &Expr, scope: &mut dyn Scope) -> Result<Answer, Fault> {
    scope.budget().enter(expr.span)?;
    let out = compute(expr, scope);
    scope.budget().leave();
    if let Ok(Answer::One(Value::Array(a))) = &out {
        scope.budget().step(a.len() as u64 / 4096, expr.span)?;
    }
    out
}

/// What stands in front of a `.`: of a part and a number of one name the part is meant.
pub fn owner(expr: &Expr, scope: &mut dyn Scope) -> Result<Answer, Fault> {
    match &expr.kind {
        ExprKind::Name(n) => match scope.owner(&n.to_ascii_lowercase(), expr.span)? {
            Some(v) => Ok(Answer::One(v)),
            None => answer(expr, scope),
        },
        ExprKind::Index(base, slots) => {
            let base = owner(base, scope)?.first();
            indexed(&base, slots, expr.span, scope).map(Answer::One)
        }
        _ => answer(expr, scope),
    }
}

/// One number: a condition, a bound.
pub fn number(expr: &Expr, scope: &mut dyn Scope) -> Result<f64, Fault> {
    let v = eval(expr, scope)?;
    one_number(&v, expr.span)
}

/// A value as one number.
pub fn one_number(v: &Value, span: Span) -> Result<f64, Fault> {
    v.number().ok_or_else(|| {
        let message = format!("a number is needed here, not {}", v.describe());
        Fault::new("value::not-a-number", span, message, "this is not one number")
            .with_help("an index takes one number out of an array; max(…), mean(…) or sum(…) make one of it")
    })
}

/// A whole number: an index, a bound of a loop.
pub fn integer(expr: &Expr, scope: &mut dyn Scope) -> Result<i64, Fault> {
    let v = number(expr, scope)?;
    whole(v, expr.span)
}

/// Whether a condition holds; an array of more than one number is no condition.
pub fn condition(expr: &Expr, scope: &mut dyn Scope) -> Result<bool, Fault> {
    let v = eval(expr, scope)?;
    truth(&v, expr.span)
}

/// Whether a value is true.
pub fn truth(v: &Value, span: Span) -> Result<bool, Fault> {
    match v {
        Value::Number(v) => Ok(*v != 0.0),
        Value::Array(a) if a.len() == 1 => Ok(a.first() != Some(&0.0)),
        Value::Array(_) => {
            let message = format!("{} is neither true nor false", v.describe());
            Err(Fault::new("value::condition", span, message, "a condition is one number")
                .with_help("any(…) or all(…) make one of it; where(mask, a, b) chooses element by element"))
        }
        other => {
            let message = format!("{} is neither true nor false", other.describe());
            Err(Fault::new("value::condition", span, message, "a condition is one number"))
        }
    }
}

fn whole(v: f64, span: Span) -> Result<i64, Fault> {
    match (v - v.round()).abs() <= 1e-9 && v.abs() <= 1e15 {
        true => Ok(v.round() as i64),
        false => Err(Fault::new("value::not-an-integer", span, format!("{v} is not a whole number"), "here")),
    }
}

fn compute(expr: &Expr, scope: &mut dyn Scope) -> Result<Answer, Fault> {
    let span = expr.span;
    let value = match &expr.kind {
        ExprKind::Number(v) => Value::Number(*v),
        ExprKind::Text(t) => Value::Text(t.as_str().into()),
        ExprKind::Name(n) => name(n, span, scope)?,
        ExprKind::Index(base, slots) => {
            let base = match &base.kind {
                ExprKind::Field(owner, name) => {
                    let owner = self::owner(owner, scope)?;
                    if let Answer::One(Value::Handle(handle)) = &owner
                        && let Some(v) = scope.places(handle, name, slots, span)?
                    {
                        return Ok(Answer::One(v));
                    }
                    field(owner, name, base.span, scope)?
                }
                _ => eval(base, scope)?,
            };
            indexed(&base, slots, span, scope)?
        }
        ExprKind::Call { name, args } => return call(name, args, span, scope),
        ExprKind::Node(_) => {
            return Err(Fault::new("value::node", span, "a node stands only in V( ) and I( )", "here"));
        }
        ExprKind::Field(base, name) => {
            let base = owner(base, scope)?;
            field(base, name, span, scope)?
        }
        ExprKind::Method { base, name, args } => {
            return match network::method(base, name, args, span, scope)? {
                Some(answer) => Ok(answer),
                None => scope.method(base, name, args, span),
            };
        }
        ExprKind::Near(a, b, within) => {
            let (a, b) = (eval(a, scope)?, eval(b, scope)?);
            near(a, b, within, span, scope)?
        }
        ExprKind::Unary(op, a) => {
            let a = eval(a, scope)?;
            match op {
                Unary::Plus => a,
                Unary::Neg => apply(Function::Neg, &[a], span)?,
                Unary::Not => apply(Function::Not, &[a], span)?,
            }
        }
        ExprKind::Binary(..) => chain(expr, scope)?,
        ExprKind::Cond(c, a, b) => match condition(c, scope)? {
            true => eval(a, scope)?,
            false => eval(b, scope)?,
        },
        ExprKind::List(items) => {
            let values = items.iter().map(|e| eval(e, scope)).collect::<Result<Vec<_>, _>>()?;
            index::stack(&values, span)?
        }
    };
    Ok(Answer::One(value))
}

/// `a ~= b within …`, element by element: percent are of |b|, anything else is absolute.
fn near(a: Value, b: Value, within: &Tolerance, span: Span, scope: &mut dyn Scope) -> Result<Value, Fault> {
    let allowed = match within {
        Tolerance::Percent(p) => apply(
            Function::Mul,
            &[Value::Number(p / 100.0), apply(Function::Abs, std::slice::from_ref(&b), span)?],
            span,
        )?,
        Tolerance::Absolute(e) => eval(e, scope)?,
    };
    let apart = apply(Function::Abs, &[apply(Function::Sub, &[a, b], span)?], span)?;
    apply(Function::Le, &[apart, allowed], span)
}

/// A sum or product of many terms is a long chain to the left: taken from its left end, without recursion. `and` and `or`
/// leave out their right side where a number on the left decides.
fn chain(expr: &Expr, scope: &mut dyn Scope) -> Result<Value, Fault> {
    let mut links = Vec::new();
    let mut at = expr;
    while let ExprKind::Binary(op, left, right) = &at.kind {
        links.push((*op, right, at.span));
        at = left;
    }
    let mut out = eval(at, scope)?;
    for (op, right, span) in links.into_iter().rev() {
        out = match (op, &out) {
            (Binary::And, Value::Number(0.0)) => Value::Number(0.0),
            (Binary::Or, Value::Number(v)) if *v != 0.0 => Value::Number(1.0),
            _ => {
                let right = eval(right, scope)?;
                binary(op, out, right, span, scope)?
            }
        };
    }
    Ok(out)
}

/// An operator on two finished values.
pub fn binary(op: Binary, a: Value, b: Value, span: Span, scope: &dyn Scope) -> Result<Value, Fault> {
    let f = match op {
        Binary::Add => Function::Add,
        Binary::Sub => Function::Sub,
        Binary::Mul => Function::Mul,
        Binary::Div => Function::Div,
        Binary::Pow => scope.powers().function(),
        Binary::Lt => Function::Lt,
        Binary::Le => Function::Le,
        Binary::Gt => Function::Gt,
        Binary::Ge => Function::Ge,
        Binary::Eq => Function::Eq,
        Binary::Ne => Function::Ne,
        Binary::And => Function::And,
        Binary::Or => Function::Or,
    };
    // Texts are only equal or not.
    match (op, &a, &b) {
        (Binary::Eq, Value::Text(a), Value::Text(b)) => Ok(Value::truth(a == b)),
        (Binary::Ne, Value::Text(a), Value::Text(b)) => Ok(Value::truth(a != b)),
        _ => apply(f, &[a, b], span),
    }
}

fn name(name: &str, span: Span, scope: &mut dyn Scope) -> Result<Value, Fault> {
    let lower = name.to_ascii_lowercase();
    match scope.name(&lower, span)? {
        Some(Value::Broken) => return Err(Fault::Said),
        Some(v) => return Ok(v),
        None => {}
    }
    if let Some(v) = constants::constant(&lower) {
        return Ok(Value::Number(v));
    }
    let fault = Fault::new("value::unknown-name", span, format!("'{name}' has no value here"), "not defined");
    let known = scope.known();
    Err(match did_you_mean(name, known.iter().map(String::as_str)) {
        Some(help) => fault.with_help(help),
        None => fault.with_help(format!("let {name} = … declares a variable, .param {name}=… a parameter")),
    })
}

fn call(name: &Name, args: &[ExprArg], span: Span, scope: &mut dyn Scope) -> Result<Answer, Fault> {
    if let Some(answer) = scope.call(name, args, span)? {
        return Ok(answer);
    }
    let lower = name.lower();
    let Some(builtin) = builtin::find(&lower) else {
        match scope.name(&lower, name.span)? {
            Some(Value::Network(part)) => return network::call(&part, args, span, scope),
            Some(Value::Broken) => return Err(Fault::Said),
            _ => {}
        }
        let message = format!("there is no function '{}'", name.text);
        let fault = Fault::new("value::unknown-function", name.span, message, "not known");
        let known = scope.known();
        let names = builtin::all().map(|b| b.name).chain(known.iter().map(String::as_str));
        return Err(match did_you_mean(&lower, names) {
            Some(help) => fault.with_help(help),
            None => fault.with_help(format!("define it with .func {}(x) = …", name.text)),
        });
    };
    if matches!(builtin.body, builtin::Body::Circuit) {
        let message = format!("{}( ) reads the running circuit, which software does not see", name.text);
        return Err(Fault::new("value::no-circuit", span, message, "here")
            .with_help("read it where the function is called and give it as an argument"));
    }
    let mut values = Vec::with_capacity(args.len());
    let mut options = Vec::new();
    for a in args {
        let v = eval(&a.value, scope)?;
        match &a.name {
            Some(n) => options.push((n.clone(), v)),
            None if options.is_empty() => values.push(v),
            None => return Err(unnamed_after_named(a.value.span)),
        }
    }
    builtin.call(&values, &options, span, scope.tools())
}

/// `f(a=1, 2)`
pub fn unnamed_after_named(span: Span) -> Fault {
    Fault::new("value::arguments", span, "an argument without a name stands behind one with a name", "give it its name")
}

/// A call has no result of this name.
pub fn no_result(name: &Name, known: &[&str]) -> Fault {
    let message = format!("there is no result '{}'", name.text);
    let fault = Fault::new("value::no-result", name.span, message, "not known");
    match known {
        [] => fault.with_help("it gives nothing back: -> in its head names results"),
        [one] => fault.with_help(format!("its result is {one}")),
        _ => fault.with_help(format!("the results are {}", known.join(", "))),
    }
}

fn field(base: Answer, name: &Name, span: Span, scope: &mut dyn Scope) -> Result<Value, Fault> {
    if let Answer::Several(list) = &base {
        let names: Vec<&str> = list.iter().map(|(n, _)| &n[..]).collect();
        return base.named(&name.text).cloned().ok_or_else(|| no_result(name, &names));
    }
    match base.first() {
        Value::Archive(arrays) => {
            let found = arrays.iter().find(|(k, _)| k.eq_ignore_ascii_case(&name.text));
            found.map(|(_, v)| v.clone()).ok_or_else(|| {
                let message = format!("the file holds no array '{}'", name.text);
                let fault = Fault::new("value::no-array", name.span, message, "not there");
                let list: Vec<&str> = arrays.keys().map(String::as_str).collect();
                fault.with_help(format!("it holds {}", list.join(", ")))
            })
        }
        Value::Handle(handle) => scope.field(&handle, name, span),
        Value::Network(part) => part.field(name).map(Value::Network),
        other => {
            let message = format!("{} has no '{}'", other.describe(), name.text);
            Err(Fault::new("value::no-result", name.span, message, "no such part"))
        }
    }
}

fn indexed(base: &Value, slots: &[Slot], span: Span, scope: &mut dyn Scope) -> Result<Value, Fault> {
    match base {
        Value::Array(a) => {
            let picks = picks(slots, Some(a.shape()), scope)?;
            index::slice(a, &picks, span)
        }
        Value::Handle(handle) => {
            let shape = scope.shape(handle);
            let picks = picks(slots, shape.as_deref(), scope)?;
            scope.index(handle, &picks, span)
        }
        // A number stands for an array of any shape.
        Value::Number(v) => Ok(Value::Number(*v)),
        other => {
            let message = format!("{} cannot be indexed", other.describe());
            Err(Fault::new("value::index", span, message, "no array"))
        }
    }
}

/// The places an index names in an array of this shape; of an unknown shape arrays are places.
pub fn picks(slots: &[Slot], shape: Option<&[usize]>, scope: &mut dyn Scope) -> Result<Vec<Pick>, Fault> {
    let mut out = Vec::with_capacity(slots.len());
    let mut taken = 0;
    for slot in slots {
        let pick = match slot {
            Slot::All(_) => Pick::All,
            Slot::Range(a, b) => Pick::Range(integer(a, scope)?, integer(b, scope)?),
            Slot::At(e) => {
                let literal = matches!(e.kind, ExprKind::List(_));
                match eval(e, scope)? {
                    // One number is a place, but for a mask of an axis of one.
                    Value::Array(a)
                        if a.len() != 1 || literal || a.ndim() == 1 && shape.and_then(|s| s.get(taken)) == Some(&1) =>
                    {
                        Pick::of_array(a, shape.and_then(|s| s.get(taken..)).unwrap_or(&[]), literal)
                    }
                    v => match v.number() {
                        Some(v) => Pick::At(whole(v, e.span)?),
                        None => {
                            let message = format!("{} is no index", v.describe());
                            return Err(Fault::new("value::not-a-number", e.span, message, "here"));
                        }
                    },
                }
            }
        };
        taken += pick.takes();
        out.push(pick);
    }
    Ok(out)
}

//! `let`, assignment, the passes of loops, the arguments of calls: what all statements share, be they software, protocol or
//! experiment.

use std::sync::Arc;

use super::answer::Answer;
use super::eval::{answer, binary, eval, integer, picks, unnamed_after_named};
use super::fault::{Fault, did_you_mean};
use super::scope::Scope;
use super::{Value, index};
use crate::diag::Span;
use crate::syntax::ast::{Assignment, Binary, Expr, ExprArg, ExprKind, Iter, Let, Name, Over, Update};

/// A scope whose names can be given values.
pub trait Store: Scope {
    /// Declares a variable up to the end of the block.
    fn declare(&mut self, name: &Name, value: Value) -> Result<(), Fault>;

    /// Gives the variable of a lower-case name another value; false where there is none.
    fn set(&mut self, lower: &str, value: Value, span: Span) -> Result<bool, Fault>;

    /// The variable of a lower-case name, to change in place without changing its shape.
    fn variable(&mut self, lower: &str) -> Option<&mut Value>;

    /// Gives what is no variable a value: a signal, a state or parameter of a part.
    fn write(&mut self, target: &Expr, value: Value) -> Result<(), Fault> {
        let _ = value;
        Err(Fault::new("value::no-circuit", target.span, "software cannot change the circuit", "not a variable"))
    }
}

/// As many values as there are names: one by one, or the results of one call, or the items of one array.
pub fn spread(names: usize, values: &[Expr], span: Span, scope: &mut dyn Scope) -> Result<Vec<Value>, Fault> {
    if values.len() == names {
        return values.iter().map(|e| eval(e, scope)).collect();
    }
    let [only] = values else {
        return Err(uneven(names, values.len(), span));
    };
    let given = answer(only, scope)?;
    let list = match given {
        Answer::Several(list) if list.len() > 1 => list.into_iter().map(|(_, v)| v).collect(),
        other => match other.first() {
            v @ Value::Array(_) => index::items(&v, only.span)?,
            v => vec![v],
        },
    };
    match list.len() == names {
        true => Ok(list),
        false => Err(uneven_results(names, list.len(), only.span)),
    }
}

/// Other numbers of names and of values.
pub fn uneven(names: usize, values: usize, span: Span) -> Fault {
    let message = format!("{names} {} for {values} {}", plural("name", names), plural("value", values));
    Fault::new("value::count", span, message, "here").with_help("one value for each name")
}

/// Other numbers of names and of what one expression is worth.
pub fn uneven_results(names: usize, values: usize, span: Span) -> Fault {
    let message = format!("{names} {} for {values} {}", plural("name", names), plural("value", values));
    Fault::new("value::count", span, message, "this has another number of values")
        .with_help("a function of several results gives them to as many names; f(x).name is one of them")
}

fn plural(what: &str, count: usize) -> String {
    if count == 1 { what.to_string() } else { format!("{what}s") }
}

/// `let a, b = 1, 2`
pub fn declare(l: &Let, store: &mut dyn Store) -> Result<(), Fault> {
    let values = spread(l.names.len(), &l.values, l.span, store)?;
    l.names.iter().zip(values).try_for_each(|(name, value)| store.declare(name, value))
}

/// `a, b = f(x)`, `e[:,3] = 0`, `n += 1`
pub fn assign(a: &Assignment, span: Span, store: &mut dyn Store) -> Result<(), Fault> {
    let values = spread(a.targets.len(), &a.values, span, store)?;
    let op = match a.op {
        Update::Set => None,
        Update::Add => Some(Binary::Add),
        Update::Sub => Some(Binary::Sub),
        Update::Mul => Some(Binary::Mul),
        Update::Div => Some(Binary::Div),
    };
    for (target, value) in a.targets.iter().zip(values) {
        let value = match op {
            None => value,
            Some(op) => binary(op, eval(target, store)?, value, target.span, store)?,
        };
        put(target, value, store)?;
    }
    Ok(())
}

/// Gives one target its value.
pub fn put(target: &Expr, value: Value, store: &mut dyn Store) -> Result<(), Fault> {
    match &target.kind {
        ExprKind::Name(n) => {
            let lower = n.to_ascii_lowercase();
            if store.variable(&lower).is_none() {
                return write(n, target, value, store);
            }
            store.set(&lower, value, target.span).map(|_| ())
        }
        ExprKind::Index(base, slots) => {
            let ExprKind::Name(n) = &base.kind else { return store.write(target, value) };
            let lower = n.to_ascii_lowercase();
            let shape = match store.variable(&lower) {
                None | Some(Value::Handle(_)) => return write(n, target, value, store),
                Some(Value::Array(a)) => a.shape().to_vec(),
                Some(other) => return Err(no_places(n, other, target.span)),
            };
            let picks = picks(slots, Some(&shape), store)?;
            let Some(value) = value.to_array() else {
                let message = format!("{} cannot be part of an array", value.describe());
                return Err(Fault::new("value::not-a-number", target.span, message, "assigned here"));
            };
            match store.variable(&lower) {
                Some(Value::Array(a)) => index::assign(Arc::make_mut(a), &picks, &value, target.span),
                _ => Ok(()),
            }
        }
        _ => store.write(target, value),
    }
}

/// A variable that is indexed and is no array.
pub fn no_places(name: &str, value: &Value, span: Span) -> Fault {
    let message = format!("'{name}' is {} and has no places", value.describe());
    Fault::new("value::index", span, message, "not an array").with_help(format!("{name} = zeros(…) makes it one"))
}

/// A target that is no variable; without a circuit that is a variable not declared.
fn write(name: &str, target: &Expr, value: Value, store: &mut dyn Store) -> Result<(), Fault> {
    match store.write(target, value) {
        Err(Fault::Wrong(d)) if d.code == "value::no-circuit" => {
            let known = store.known();
            let fault =
                Fault::new("value::undeclared", target.span, format!("'{name}' is not declared"), "no variable");
            Err(match did_you_mean(name, known.iter().map(String::as_str)) {
                Some(help) => fault.with_help(help),
                None => fault.with_help(format!("let {name} = … declares it")),
            })
        }
        other => other,
    }
}

/// The values one loop goes through, each pass a value for every name.
#[derive(Debug)]
pub enum Passes {
    /// Inclusive
    Range(i64, i64),
    /// One list for each name
    Columns(Vec<Vec<Value>>),
}

impl Passes {
    /// What a loop says, its bounds evaluated.
    pub fn of(iter: &Iter, scope: &mut dyn Scope) -> Result<Passes, Fault> {
        let names = iter.names.len();
        match &iter.over {
            Over::Range(a, b) => {
                let (first, last) = (integer(a, scope)?, integer(b, scope)?);
                match names {
                    1 => Ok(Passes::Range(first, last)),
                    _ => Err(Fault::new("value::count", a.span, "a range has one variable", "this range")),
                }
            }
            Over::List(e) => {
                let columns = match answer(e, scope)? {
                    Answer::Several(list) if list.len() > 1 => {
                        list.iter().map(|(_, v)| index::items(v, e.span)).collect::<Result<Vec<_>, _>>()?
                    }
                    other => {
                        let items = index::items(&other.first(), e.span)?;
                        match names {
                            1 => vec![items],
                            _ => columns(&items, names, e.span)?,
                        }
                    }
                };
                match columns.len() == names {
                    true => Ok(Passes::Columns(columns)),
                    false => {
                        let message = format!("{names} variables for {} lists", columns.len());
                        Err(Fault::new("value::count", e.span, message, "here")
                            .with_help("where(mask) gives one list for each axis of the mask"))
                    }
                }
            }
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        match self {
            Passes::Range(a, b) => usize::try_from(b - a + 1).unwrap_or(0),
            Passes::Columns(columns) => columns.iter().map(Vec::len).min().unwrap_or(0),
        }
    }

    /// The values of pass `k`.
    pub fn values(&self, k: usize) -> Vec<Value> {
        match self {
            Passes::Range(a, _) => vec![Value::Number((a + k as i64) as f64)],
            Passes::Columns(columns) => columns.iter().filter_map(|c| c.get(k).cloned()).collect(),
        }
    }
}

/// Rows of `names` items each → a list for each name.
fn columns(rows: &[Value], names: usize, span: Span) -> Result<Vec<Vec<Value>>, Fault> {
    let mut out = vec![Vec::with_capacity(rows.len()); names];
    for row in rows {
        let items = index::items(row, span)?;
        if items.len() != names {
            let message = format!("{names} variables for {} values", items.len());
            return Err(Fault::new("value::count", span, message, "in this list"));
        }
        out.iter_mut().zip(items).for_each(|(column, v)| column.push(v));
    }
    Ok(out)
}

/// One argument of a call, finished.
#[derive(Clone, Debug)]
pub struct Given {
    pub name: Option<Name>,
    pub value: Value,
    pub span: Span,
}

/// The arguments of a call, evaluated where the call stands.
pub fn given(args: &[ExprArg], scope: &mut dyn Scope) -> Result<Vec<Given>, Fault> {
    let mut out: Vec<Given> = Vec::with_capacity(args.len());
    for a in args {
        if a.name.is_none() && out.iter().any(|g| g.name.is_some()) {
            return Err(unnamed_after_named(a.value.span));
        }
        out.push(Given { name: a.name.clone(), value: eval(&a.value, scope)?, span: a.value.span });
    }
    Ok(out)
}

/// Declares the arguments of a call in the new scope; defaults are evaluated there and may read earlier arguments.
pub fn bind(
    callee: &Name,
    formals: &[(Name, Option<Expr>)],
    given: &[Given],
    span: Span,
    store: &mut dyn Store,
) -> Result<(), Fault> {
    let places = fit(callee, formals, given.len(), &|k| given[k].name.as_ref(), span)?;
    for ((formal, default), place) in formals.iter().zip(places) {
        let value = match (place, default) {
            (Some(k), _) => given[k].value.clone(),
            (None, Some(default)) => eval(default, store)?,
            (None, None) => continue,
        };
        store.declare(formal, value)?;
    }
    Ok(())
}

/// Which of `count` arguments, each with its name if it has one, each formal gets; None: it has a default.
pub fn fit<'n>(
    callee: &Name,
    formals: &[(Name, Option<Expr>)],
    count: usize,
    name: &dyn Fn(usize) -> Option<&'n Name>,
    span: Span,
) -> Result<Vec<Option<usize>>, Fault> {
    let takes = || {
        let list: Vec<&str> = formals.iter().map(|(n, _)| n.text.as_str()).collect();
        format!("it is called as {}({})", callee.text, list.join(", "))
    };
    let positional = (0..count).filter(|k| name(*k).is_none()).count();
    if positional > formals.len() {
        let message = format!("{} takes {} arguments, not {positional}", callee.text, formals.len());
        return Err(Fault::new("value::arguments", span, message, "called here").with_help(takes()));
    }
    for given in (0..count).filter_map(name) {
        let place = formals.iter().position(|(f, _)| f.is(&given.text));
        let what = match place {
            None => format!("{} has no argument '{}'", callee.text, given.text),
            Some(k) if k < positional => format!("'{}' is given twice", given.text),
            Some(_) => continue,
        };
        return Err(Fault::new("value::arguments", given.span, what, "here").with_help(takes()));
    }
    let place = |(k, (formal, default)): (usize, &(Name, Option<Expr>))| {
        let named = || (0..count).find(|g| name(*g).is_some_and(|n| n.is(&formal.text)));
        match (k < positional).then_some(k).or_else(named) {
            None if default.is_none() => {
                let message = format!("{} needs its argument '{}'", callee.text, formal.text);
                Err(Fault::new("value::arguments", span, message, "called here").with_help(takes()))
            }
            place => Ok(place),
        }
    };
    formals.iter().enumerate().map(place).collect()
}

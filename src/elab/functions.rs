//! Built-in functions in expressions of the netlist: values where all arguments are constant, else equations.

use super::eval::Context;
use super::fault::{Fault, arguments, did_you_mean};
use super::term::{Term, combine};
use super::value::Value;
use super::value::builtin::{self, Body, Builtin, Tools};
use super::value::converter::{check_bits, check_range};
use crate::circuit::equation::{Equation, Function};
use crate::diag::{Diagnostic, Span};
use crate::syntax::ast::Name;

/// Whether a call of this name reads a voltage or current, if its arguments are names.
pub fn is_live(lower: &str) -> bool {
    matches!(lower, "v" | "i" | "@") || phasor(lower).is_some()
}

/// What `vm`, `idb` and so on take of a phasor.
pub fn phasor(lower: &str) -> Option<Function> {
    let rest = lower.strip_prefix(['v', 'i'])?;
    Some(match rest {
        "m" | "mag" => Function::Magnitude,
        "p" | "ph" => Function::Phase,
        "db" => Function::Decibel,
        "r" | "re" => Function::Real,
        "i" | "im" => Function::Imaginary,
        _ => return None,
    })
}

/// A built-in function of arguments already evaluated: an equation where one of them reads the running circuit.
pub fn call(
    context: &Context,
    name: &Name,
    args: Vec<Term>,
    named: Vec<(Name, Term)>,
    span: Span,
) -> Result<Term, Fault> {
    let lower = name.lower();
    let Some(builtin) = builtin::find(&lower) else { return Err(unknown(context, name)) };
    let history = matches!(builtin.body, Body::Scalar(Function::Ddt | Function::Idt));
    let live = history || args.iter().any(|t| matches!(t, Term::Live(_)));
    if live && named.is_empty() {
        return equation(builtin, args, span);
    }
    let mut values = Vec::with_capacity(args.len());
    for a in args {
        values.push(fixed(a, span)?);
    }
    let mut options = Vec::with_capacity(named.len());
    for (n, t) in named {
        options.push((n, fixed(t, span)?));
    }
    if matches!(builtin.body, Body::Nominal) && !(lower == "limit" && values.len() == 3) {
        context.shared.notes.borrow_mut().push(
            Diagnostic::note("elab::nominal", format!("{lower}( ) gives its nominal value"))
                .at(span, "no draw is made outside a Monte-Carlo run"),
        );
    }
    let tools = Tools { files: context.shared.files, draws: None };
    builtin.call(&values, &options, span, tools).map(|answer| Term::Fixed(answer.first()))
}

/// A function of terms of which one reads the running circuit.
fn equation(builtin: &Builtin, args: Vec<Term>, span: Span) -> Result<Term, Fault> {
    let count = args.len();
    let (least, most) = builtin.arity;
    if count < least || count > most {
        let takes = if least == most { least.to_string() } else { format!("at least {least}") };
        return Err(arguments(builtin.name, &takes, count, span));
    }
    match (builtin.body, count) {
        (Body::Scalar(f), _) => combine(f, args, span),
        (Body::Extreme(f, _), _) => {
            let mut args = args.into_iter();
            let first = args.next().unwrap_or(Term::Fixed(Value::Number(f64::NAN)));
            args.try_fold(first, |a, b| combine(f, vec![a, b], span))
        }
        (Body::Several(_), 3) if builtin.name == "where" => combine(Function::Select, args, span),
        (Body::Nominal, 3) if builtin.name == "limit" => combine(Function::Clip, args, span),
        (Body::Nominal, _) => Ok(args.into_iter().next().unwrap_or(Term::Fixed(Value::Number(f64::NAN)))),
        (Body::CopySign, 1) => combine(Function::Sign, args, span),
        (Body::CopySign, _) => {
            let mut args = args.into_iter();
            let size = combine(Function::Abs, args.next().into_iter().collect(), span)?;
            let sign = combine(Function::Sign, args.collect(), span)?;
            combine(Function::Mul, vec![size, sign], span)
        }
        (Body::Converter(c), _) => {
            if let Some(bits) = args.get(1).and_then(constant) {
                check_bits(bits, span)?;
            }
            if let [_, _, Term::Fixed(low), Term::Fixed(high)] = &args[..] {
                check_range(low, high, span)?;
            }
            c.of(&args, |v| Term::Fixed(Value::Number(v)), |f, args| combine(f, args, span))
        }
        (Body::Table, _) => {
            let points: Vec<Value> = args[1..]
                .iter()
                .map(|t| match t {
                    Term::Fixed(v) => v.clone(),
                    Term::Live(_) => Value::Number(f64::NAN),
                })
                .collect();
            builtin::table_points(&points, span)?;
            combine(Function::Table, args, span)
        }
        _ => Err(Fault::Live(span)),
    }
}

fn unknown(context: &Context, name: &Name) -> Fault {
    let fault =
        Fault::new("elab::unknown-function", name.span, format!("there is no function '{}'", name.text), "not known")
            .missing(&name.text);
    let known = builtin::all().map(|b| b.name).chain(context.scope.func_names());
    match did_you_mean(&name.lower(), known) {
        Some(help) => fault.with_help(help),
        None => fault.with_help(format!("define it with .func {}(x) = …", name.text)),
    }
}

fn constant(term: &Term) -> Option<f64> {
    match term {
        Term::Fixed(v) => v.number(),
        Term::Live(_) => None,
    }
}

fn fixed(term: Term, span: Span) -> Result<Value, Fault> {
    match term {
        Term::Fixed(v) => Ok(v),
        Term::Live(Equation::Const(v)) => Ok(Value::Number(v)),
        Term::Live(_) => Err(Fault::Live(span)),
    }
}

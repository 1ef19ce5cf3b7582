//! Functions of expressions by name: SPICE's and the scalar half of numpy's here, arrays in `tensor`.

use super::eval::Context;
use super::fault::{Fault, arguments, did_you_mean};
use super::term::{Term, combine};
use super::value::Value;
use super::{data, tensor};
use crate::circuit::equation::{Equation, Function};
use crate::diag::{Diagnostic, Span};
use crate::syntax::ast::Name;

/// Name and meaning of functions that take a fixed number of arguments.
const SCALAR: &[(&str, Function)] = &[
    ("abs", Function::Abs),
    ("acos", Function::Acos),
    ("acosh", Function::Acosh),
    ("arctan", Function::Atan),
    ("asin", Function::Asin),
    ("asinh", Function::Asinh),
    ("atan", Function::Atan),
    ("atan2", Function::Atan2),
    ("atanh", Function::Atanh),
    ("ceil", Function::Ceil),
    ("cos", Function::Cos),
    ("cosh", Function::Cosh),
    ("ddt", Function::Ddt),
    ("exp", Function::Exp),
    ("floor", Function::Floor),
    ("hypot", Function::Hypot),
    ("if", Function::Select),
    ("int", Function::Trunc),
    ("limexp", Function::LimExp),
    ("ln", Function::Ln),
    ("log", Function::Ln),
    ("log10", Function::Log10),
    ("mod", Function::Mod),
    ("nint", Function::Round),
    ("not", Function::Not),
    ("pow", Function::AbsPow),
    ("pwr", Function::AbsPow),
    ("pwrs", Function::SignPow),
    ("relu", Function::Ramp),
    ("round", Function::Round),
    ("sgn", Function::Sign),
    ("sin", Function::Sin),
    ("sinh", Function::Sinh),
    ("sqrt", Function::Sqrt),
    ("stp", Function::Step),
    ("tan", Function::Tan),
    ("tanh", Function::Tanh),
    ("ternary_fcn", Function::Select),
    ("trunc", Function::Trunc),
    ("u", Function::Step),
    ("uramp", Function::Ramp),
];

/// Functions with rules of their own.
const SPECIAL: &[&str] = &[
    "agauss", "aunif", "clip", "gauss", "idt", "limit", "max", "min", "sdt", "sign", "table", "unif", "where", "v", "i",
];

/// Names that always mean the same number, unless a parameter has the name.
pub fn constant(lower: &str) -> Option<f64> {
    Some(match lower {
        "pi" => std::f64::consts::PI,
        "e" => std::f64::consts::E,
        "inf" => f64::INFINITY,
        "true" | "yes" => 1.0,
        "false" | "no" => 0.0,
        "boltz" => 1.380_649e-23,
        "echarge" => 1.602_176_634e-19,
        "kelvin" => -273.15,
        "planck" => 6.626_070_15e-34,
        _ => return None,
    })
}

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

/// A built-in function of arguments already evaluated.
pub fn call(
    context: &Context,
    name: &Name,
    args: Vec<Term>,
    named: Vec<(Name, Term)>,
    span: Span,
) -> Result<Term, Fault> {
    let lower = name.lower();
    let lower = lower.as_str();
    if named.is_empty() {
        let count = args.len();
        if let Some((_, f)) = SCALAR.iter().find(|(n, _)| *n == lower) {
            let (least, most) = f.arity();
            return match count >= least && count <= most {
                true => combine(*f, args, span),
                false => Err(arguments(lower, &least.to_string(), count, span)),
            };
        }
        match (lower, count) {
            ("min" | "max", 2..) => {
                let f = if lower == "min" { Function::Min } else { Function::Max };
                let mut args = args.into_iter();
                let first = args.next().unwrap_or(Term::Fixed(Value::Number(f64::NAN)));
                return args.try_fold(first, |a, b| combine(f, vec![a, b], span));
            }
            ("min" | "max", 1) if matches!(args[0], Term::Live(_)) => {
                return args.into_iter().next().ok_or_else(|| arguments(lower, "1", 0, span));
            }
            ("sign", 1) => return combine(Function::Sign, args, span),
            ("sign", 2) => {
                let mut args = args.into_iter();
                let size = combine(Function::Abs, args.next().into_iter().collect(), span)?;
                let sign = combine(Function::Sign, args.collect(), span)?;
                return combine(Function::Mul, vec![size, sign], span);
            }
            ("limit" | "clip", 3) => return combine(Function::Clip, args, span),
            ("where", 3) => return combine(Function::Select, args, span),
            ("idt" | "sdt", 1 | 2) => return combine(Function::Idt, args, span),
            ("table", 3..) if count % 2 == 1 => return table(args, span),
            ("table", _) => return Err(arguments("table", "an odd number, at least 3,", count, span)),
            ("agauss" | "aunif" | "gauss" | "unif" | "limit", 2..) => {
                context.shared.notes.borrow_mut().push(
                    Diagnostic::note("elab::nominal", format!("{lower}( ) gives its nominal value"))
                        .at(span, "no draw is made outside a Monte-Carlo run"),
                );
                return args.into_iter().next().ok_or_else(|| arguments(lower, "2", 0, span));
            }
            _ => {}
        }
    }
    let mut values = Vec::with_capacity(args.len());
    for a in args {
        values.push(fixed(a, span)?);
    }
    let mut options = Vec::with_capacity(named.len());
    for (n, t) in named {
        options.push((n, fixed(t, span)?));
    }
    if data::NAMES.contains(&lower) {
        return data::read(context.shared.files, lower, &values, &options, span).map(Term::Fixed);
    }
    if tensor::NAMES.contains(&lower) {
        return tensor::call(lower, &values, &options, span).map(Term::Fixed);
    }
    let known = SCALAR.iter().map(|s| s.0).chain(SPECIAL.iter().copied());
    let known = known.chain(data::NAMES.iter().copied()).chain(tensor::NAMES.iter().copied());
    if known.clone().any(|k| k == lower) {
        return Err(arguments(lower, "a different number", values.len(), span));
    }
    let fault =
        Fault::new("elab::unknown-function", name.span, format!("there is no function '{}'", name.text), "not known");
    Err(match did_you_mean(lower, known.chain(context.scope.func_names())) {
        Some(help) => fault.with_help(help),
        None => fault.with_help(format!("define it with .func {}(x) = …", name.text)),
    })
}

/// table(x, x1, y1, …): the points are constants with rising x.
fn table(args: Vec<Term>, span: Span) -> Result<Term, Fault> {
    let mut last = f64::NEG_INFINITY;
    for x in args[1..].iter().step_by(2) {
        let x = match x {
            Term::Fixed(v) => v.number().unwrap_or(f64::NAN),
            Term::Live(_) => f64::NAN,
        };
        if x.is_nan() || x < last {
            return Err(Fault::new(
                "elab::table",
                span,
                "the points of a table must be numbers with rising x",
                "in this table",
            ));
        }
        last = x;
    }
    combine(Function::Table, args, span)
}

fn fixed(term: Term, span: Span) -> Result<Value, Fault> {
    match term {
        Term::Fixed(v) => Ok(v),
        Term::Live(Equation::Const(v)) => Ok(Value::Number(v)),
        Term::Live(_) => Err(Fault::Live(span)),
    }
}

//! What expressions come to, and functions of it.

use super::fault::Fault;
use super::value::{self, Value};
use crate::circuit::equation::{Equation, Function};
use crate::diag::Span;
use crate::syntax::ast::Binary;

/// What an expression came to.
#[derive(Clone, Debug)]
pub enum Term {
    Fixed(Value),
    Live(Equation),
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

/// `^` and `**` take the magnitude of the base, as SPICE does.
pub fn binary(op: Binary) -> Function {
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

pub fn not_finite(v: f64, span: Span) -> Fault {
    let what = if v.is_nan() { "not a number (NaN)" } else { "infinite" };
    Fault::new("elab::not-finite", span, format!("this value is {what}"), "comes to no finite number")
        .with_help("look for a division by zero or a logarithm of zero in the parameters it is made of")
}

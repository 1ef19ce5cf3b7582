//! `op`, `tran 3m` in the body of an experiment: they go on from where the circuit is.

use crate::diag::Span;
use crate::syntax::ast::{Argument, Card, Expr, ExprKind, Value, Word};
use crate::syntax::number;

/// How long a `tran` takes: `tran 3m`, `tran 1u 3m` (the step of SPICE is not needed), `tran {T}`; None where it does not
/// say.
pub fn duration(card: &Card) -> Option<Expr> {
    let mut numbers = card.args.iter().filter_map(|a| match a {
        Argument::Value(v) => time(v),
        _ => None,
    });
    let first = numbers.next()?;
    Some(numbers.next().unwrap_or(first))
}

/// What a `tran` says that has no meaning here.
pub fn left_over(card: &Card) -> Option<Span> {
    card.args.iter().enumerate().find_map(|(k, a)| match a {
        Argument::Value(v) if k < 2 && time(v).is_some() => None,
        other => Some(other.span()),
    })
}

fn time(v: &Value) -> Option<Expr> {
    match v {
        Value::Expr(e) => Some(e.clone()),
        Value::Word(Word { text, index, span }) if index.is_empty() => {
            let kind = match number::parse(text) {
                Some(n) => ExprKind::Number(n.value),
                None => ExprKind::Name(text.clone()),
            };
            Some(Expr { span: *span, kind })
        }
        _ => None,
    }
}

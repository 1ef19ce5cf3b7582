//! A condition that does not hold → what its sides were: `set_mean = 1.06`.

use crate::lab::number::engineering;
use crate::process::notebook::Desk;
use crate::syntax::ast::{Binary, Expr, ExprKind};
use crate::syntax::print::expr as text_of;
use crate::value::Value;
use crate::value::eval::eval;

/// Arrays longer than this are not shown.
const MOST_SHOWN: usize = 6;

/// What the sides of the comparisons in a condition are.
pub fn sides(test: &Expr, desk: &mut dyn Desk) -> String {
    let mut parts: Vec<&Expr> = Vec::new();
    let mut stack = vec![test];
    while let Some(e) = stack.pop() {
        match &e.kind {
            ExprKind::Binary(Binary::And | Binary::Or, a, b) => stack.extend([&**b, &**a]),
            ExprKind::Binary(Binary::Lt | Binary::Le | Binary::Gt | Binary::Ge | Binary::Eq | Binary::Ne, a, b)
            | ExprKind::Near(a, b, _) => parts.extend([&**a, &**b]),
            ExprKind::Call { name, args } if name.is("all") || name.is("any") => {
                stack.extend(args.iter().map(|a| &a.value));
            }
            ExprKind::Number(_) => {}
            _ => parts.push(e),
        }
    }
    let mut shown: Vec<String> = Vec::new();
    for e in parts.into_iter().filter(|e| !matches!(e.kind, ExprKind::Number(_))) {
        let Ok(v) = eval(e, desk) else { continue };
        let numbers = v.numbers();
        let list: Vec<String> = numbers.iter().take(MOST_SHOWN).map(|v| short(*v)).collect();
        let text = match &v {
            Value::Number(v) => short(*v),
            _ if numbers.is_empty() => continue,
            _ if numbers.len() > MOST_SHOWN => format!("[{}, … {} numbers]", list.join(", "), numbers.len()),
            _ => format!("[{}]", list.join(", ")),
        };
        let line = format!("{} = {text}", text_of(e));
        if !shown.contains(&line) {
            shown.push(line);
        }
    }
    shown.join(", ")
}

/// A number with five digits.
fn short(v: f64) -> String {
    engineering(v, "").trim().to_string()
}

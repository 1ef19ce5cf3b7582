//! What a wrong line names: nets, parts and definitions of which the circuit knows less than the netlist says, and the
//! findings that only follow from that.

use super::scope::reads;
use crate::diag::Diagnostic;
use crate::syntax::ast::{Argument, Expr, ExprKind, Lost, Value, Word};

/// Whether a finding only says that something is not there which a wrong line may have brought.
pub fn follows(d: &Diagnostic, lost: &Lost) -> bool {
    let Some(name) = &d.missing else { return false };
    let suggests = d.help.as_ref().is_some_and(|h| h.starts_with("did you mean"));
    lost.names(name) || lost.all && !suggests
}

/// Takes in every name among the arguments of a line.
pub fn lose(lost: &mut Lost, args: &[Argument]) {
    for a in args {
        match a {
            Argument::Value(v) => lose_value(lost, v),
            Argument::Setting(s) => {
                lost.word(&s.name.text);
                s.values.iter().for_each(|e| lose_expr(lost, e));
            }
            Argument::Equal { left, right, .. } => {
                lose_value(lost, left);
                lose_expr(lost, right);
            }
        }
    }
}

fn lose_value(lost: &mut Lost, value: &Value) {
    match value {
        Value::Word(w) => lose_word(lost, w),
        Value::Expr(e) => lose_expr(lost, e),
        Value::Call { args, .. } => lose(lost, args),
        Value::Table { input, .. } => lose_expr(lost, input),
        Value::Text(..) => {}
    }
}

fn lose_word(lost: &mut Lost, word: &Word) {
    lost.word(&word.text);
    // A path names each of its components.
    word.text.split('.').for_each(|part| lost.word(part));
}

/// Takes in every name of an expression.
pub fn lose_expr(lost: &mut Lost, e: &Expr) {
    reads(e, &mut |name, _| lost.word(name));
    let mut stack = vec![e];
    while let Some(e) = stack.pop() {
        match &e.kind {
            ExprKind::Node(w) => lose_word(lost, w),
            ExprKind::Call { args, .. } => stack.extend(args.iter().map(|a| &a.value)),
            ExprKind::Index(base, _) | ExprKind::Field(base, _) | ExprKind::Unary(_, base) => stack.push(base),
            ExprKind::Method { base, args, .. } => {
                stack.push(base);
                stack.extend(args.iter().map(|a| &a.value));
            }
            ExprKind::Binary(_, a, b) | ExprKind::Near(a, b, _) => stack.extend([&**a, &**b]),
            ExprKind::Cond(c, a, b) => stack.extend([&**c, &**a, &**b]),
            ExprKind::List(items) => stack.extend(items),
            ExprKind::Number(_) | ExprKind::Text(_) | ExprKind::Name(_) => {}
        }
    }
}

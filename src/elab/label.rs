//! An expression as text again, to name a column.

use crate::syntax::ast::{Binary, Expr, ExprKind, Slot, Unary, Word};

/// The expression with as few brackets and blanks as will do.
pub fn text(e: &Expr) -> String {
    match &e.kind {
        ExprKind::Number(v) => v.to_string(),
        ExprKind::Text(t) => format!("\"{t}\""),
        ExprKind::Name(n) => n.clone(),
        ExprKind::Node(w) => word(w),
        ExprKind::Index(base, index) => format!("{}{}", text(base), slots(index)),
        ExprKind::Call { name, args } => {
            let args: Vec<String> = args.iter().map(|a| text(&a.value)).collect();
            let name = if args.len() <= 2 && (name.is("v") || name.is("i")) {
                name.text.to_uppercase()
            } else {
                name.text.clone()
            };
            format!("{name}({})", args.join(","))
        }
        ExprKind::Field(base, name) => format!("{}.{}", text(base), name.text),
        ExprKind::Unary(op, a) => {
            let sign = match op {
                Unary::Neg => "-",
                Unary::Plus => "+",
                Unary::Not => "!",
            };
            format!("{sign}{}", within(a, 8))
        }
        ExprKind::Binary(op, a, b) => {
            let level = level(*op);
            format!("{}{}{}", within(a, level), symbol(*op), within(b, level + 1))
        }
        ExprKind::Cond(c, a, b) => format!("{}?{}:{}", within(c, 1), within(a, 1), text(b)),
        ExprKind::List(items) => format!("[{}]", items.iter().map(text).collect::<Vec<_>>().join(",")),
    }
}

/// In brackets where it binds less than `least`.
fn within(e: &Expr, least: u8) -> String {
    let own = match &e.kind {
        ExprKind::Cond(..) => 0,
        ExprKind::Binary(op, ..) => level(*op),
        ExprKind::Unary(..) => 7,
        _ => 9,
    };
    if own < least { format!("({})", text(e)) } else { text(e) }
}

fn level(op: Binary) -> u8 {
    match op {
        Binary::Or => 1,
        Binary::And => 2,
        Binary::Lt | Binary::Le | Binary::Gt | Binary::Ge | Binary::Eq | Binary::Ne => 3,
        Binary::Add | Binary::Sub => 5,
        Binary::Mul | Binary::Div => 6,
        Binary::Pow => 8,
    }
}

fn symbol(op: Binary) -> &'static str {
    match op {
        Binary::Add => "+",
        Binary::Sub => "-",
        Binary::Mul => "*",
        Binary::Div => "/",
        Binary::Pow => "^",
        Binary::Lt => "<",
        Binary::Le => "<=",
        Binary::Gt => ">",
        Binary::Ge => ">=",
        Binary::Eq => "==",
        Binary::Ne => "!=",
        Binary::And => " and ",
        Binary::Or => " or ",
    }
}

fn word(w: &Word) -> String {
    if w.index.is_empty() { w.text.clone() } else { format!("{}{}", w.text, slots(&w.index)) }
}

fn slots(slots: &[Slot]) -> String {
    let one = |s: &Slot| match s {
        Slot::At(e) => text(e),
        Slot::Range(a, b) => format!("{}:{}", text(a), text(b)),
        Slot::All(_) => ":".to_string(),
    };
    format!("[{}]", slots.iter().map(one).collect::<Vec<_>>().join(","))
}

//! The arguments of elements and cards: words, calls, expressions and settings in the order written.

use crate::diag::{Diagnostic, Span};
use crate::syntax::ast::{Argument, Expr, ExprKind, Name, Setting, Value, Word};
use crate::syntax::expr::{self, expr};
use crate::syntax::number;
use crate::syntax::parser::{self, Fault, Node, Place, Rule};

/// Puts what `node` says behind `args`; a group in parentheses is laid out flat, its commas being blanks.
pub fn argument(place: Place, node: Node<'_>, args: &mut Vec<Argument>) -> Result<(), Fault> {
    match node.as_rule() {
        Rule::plain | Rule::word => {
            let word = expr::word(place, node)?;
            if !word.text.is_ascii() {
                typographic(&word.text, word.span)?;
            }
            args.push(Argument::Value(Value::Word(word)));
        }
        Rule::setting => args.push(Argument::Setting(setting(place, node)?)),
        Rule::operand => args.push(operand(place, node)?),
        Rule::table => args.push(Argument::Value(table(place, node)?)),
        Rule::string => args.push(Argument::Value(Value::Text(expr::text(&node), place.span(&node)))),
        Rule::group => {
            for piece in node.into_inner() {
                argument(place, piece, args)?;
            }
        }
        Rule::EOI => {}
        _ => return Err(expr::fault(place.span(&node))),
    }
    Ok(())
}

/// Refuses quotes and minus signs that a word processor made; never true.
fn typographic(text: &str, span: Span) -> Result<bool, Fault> {
    let Some(sign) = text.chars().find(|c| "‘’“”−–—".contains(*c)) else { return Ok(false) };
    let plain = if "−–—".contains(sign) { "-" } else { "' or \"" };
    Err(Box::new(
        Diagnostic::error("syntax::typographic", format!("`{sign}` comes from a word processor"))
            .at(span, "in this word")
            .help(format!("write {plain}")),
    ))
}

/// `name = value, value …`
pub fn setting(place: Place, node: Node<'_>) -> Result<Setting, Fault> {
    let span = place.span(&node);
    let mut pieces = node.into_inner();
    let name = pieces.next().map(|n| place.name(&n)).ok_or_else(|| expr::fault(span))?;
    let mut values = Vec::with_capacity(1);
    for piece in pieces {
        let span = place.span(&piece);
        values.push(match piece.as_rule() {
            Rule::bare if typographic(piece.as_str(), span)? => continue,
            Rule::bare => Expr { span, kind: ExprKind::Text(piece.as_str().to_owned()) },
            _ if name.is("file") => file_name(expr(place, piece.clone())?, piece.as_str()),
            _ => expr(place, piece)?,
        });
    }
    Ok(Setting { name, values, span })
}

/// A path without quotes, `data/x.csv`, reads as a division or a field: it is its own text.
fn file_name(value: Expr, text: &str) -> Expr {
    match value.kind {
        ExprKind::Binary(..) | ExprKind::Field(..) => Expr { span: value.span, kind: ExprKind::Text(text.to_owned()) },
        _ => value,
    }
}

/// A call or expression, perhaps with `= expr` behind it.
fn operand(place: Place, node: Node<'_>) -> Result<Argument, Fault> {
    let span = place.span(&node);
    let mut pieces = node.into_inner();
    let head = pieces.next().ok_or_else(|| expr::fault(span))?;
    let left = match head.as_rule() {
        Rule::fn_value | Rule::at_value => call(place, head)?,
        Rule::expr => Value::Expr(expr(place, head)?),
        _ => Value::Expr(bracketed(place, head)?),
    };
    match pieces.next() {
        Some(right) => Ok(Argument::Equal { left, right: expr(place, right)?, span }),
        None => Ok(Argument::Value(left)),
    }
}

/// `{x}` or `'x'`; the span takes the brackets in.
fn bracketed(place: Place, node: Node<'_>) -> Result<Expr, Fault> {
    let span = place.span(&node);
    let inside = node.into_inner().next().ok_or_else(|| expr::fault(span))?;
    Ok(Expr { span, ..expr(place, inside)? })
}

/// `PULSE(0 5)`, `V(a,b)`, `@m1[gm]`
fn call(place: Place, node: Node<'_>) -> Result<Value, Fault> {
    let span = place.span(&node);
    let at = node.as_rule() == Rule::at_value;
    let mut pieces = node.into_inner();
    let mut args = Vec::new();
    if at {
        for piece in pieces {
            let word = Word { text: piece.as_str().to_owned(), index: Vec::new(), span: place.span(&piece) };
            args.push(Argument::Value(Value::Word(word)));
        }
        let at = span.start as usize - place.base;
        return Ok(Value::Call { name: Name { text: "@".into(), span: place.range(at, at + 1) }, args, span });
    }
    let name = pieces.next().map(|n| place.name(&n)).ok_or_else(|| expr::fault(span))?;
    for piece in pieces {
        argument(place, piece, &mut args)?;
    }
    if !is_probe(&name) {
        for arg in &mut args {
            if let Argument::Value(Value::Word(word)) = arg
                && let Some(value) = computed(place, word)
            {
                *arg = Argument::Value(Value::Expr(value));
            }
        }
    }
    Ok(Value::Call { name, args, span })
}

/// Whether the arguments of this function are nets or parts: `V`, `I`, `VDB`, `IM`, …
fn is_probe(name: &Name) -> bool {
    let lower = name.lower();
    matches!(lower.as_bytes(), [b'v' | b'i', rest @ ..] if matches!(rest, b"" | b"m" | b"p" | b"r" | b"i" | b"db"))
}

/// A word among the arguments of a source that is a computation: `2*t`, `-vdd`.
fn computed(place: Place, word: &Word) -> Option<Expr> {
    let text = &word.text;
    let operators = text.contains(['*', '/', '^']) || text.starts_with(['-', '+']);
    if !operators || !word.index.is_empty() || number::parse(text).is_some() {
        return None;
    }
    let mut pieces = parser::parse(Rule::expr_line, text).ok()?;
    let base = word.span.start as usize;
    expr(Place { base, ..place }, pieces.next()?).ok()
}

/// `TABLE {x} = (x, y) (x, y)`
fn table(place: Place, node: Node<'_>) -> Result<Value, Fault> {
    let span = place.span(&node);
    let mut pieces = node.into_inner();
    let input = bracketed(place, pieces.next().ok_or_else(|| expr::fault(span))?)?;
    let spots = pieces.map(|piece| spot(place, piece)).collect::<Result<Vec<Expr>, Fault>>()?;
    let points = spots.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect();
    Ok(Value::Table { input, points, span })
}

/// A coordinate of a table point: a signed number, a name or an expression in braces.
fn spot(place: Place, node: Node<'_>) -> Result<Expr, Fault> {
    let span = place.span(&node);
    let mut minus = false;
    for piece in node.into_inner() {
        let value = match piece.as_rule() {
            Rule::sign => {
                minus ^= piece.as_str() == "-";
                continue;
            }
            Rule::brace | Rule::quote => bracketed(place, piece)?,
            _ => expr::leaf(place, piece)?,
        };
        let negative = |e| ExprKind::Unary(crate::syntax::ast::Unary::Neg, Box::new(e));
        return Ok(if minus { Expr { span, kind: negative(value) } } else { value });
    }
    Err(expr::fault(span))
}

//! Ast → text in canonical form: what it prints parses to the same Ast.

use crate::syntax::ast::{
    Argument, Assign, Ast, Binary, Card, Element, Expr, ExprArg, ExprKind, For, Func, Item, Model, Over, Setting, Slot,
    Statement, Subckt, Unary, Value, Word,
};
use crate::syntax::expr::strength;
use crate::syntax::number;
use crate::syntax::print_blocks::{Blocks, formals, tolerance};

/// A whole netlist, blocks indented by two blanks.
pub fn print(ast: &Ast) -> String {
    let mut out = format!("{}\n", ast.title);
    items(&ast.items, 0, &mut out);
    out
}

fn items(list: &[Item], depth: usize, out: &mut String) {
    for item in list {
        let indent = "  ".repeat(depth);
        out.push_str(&indent);
        match &item.kind {
            Statement::Element(e) => out.push_str(&element(e)),
            Statement::Model(m) => out.push_str(&model(m)),
            Statement::Subckt(s) => subckt(s, depth, out),
            Statement::Param(p) => out.push_str(&format!(".param {}", assigns(p))),
            Statement::Func(f) => out.push_str(&func(f)),
            Statement::For(f) => for_block(f, depth, out),
            Statement::Card(c) => out.push_str(&card(c)),
            other => Blocks { out, depth }.statement(other),
        }
        out.push('\n');
    }
}

/// `R1 a b 1k`
pub fn element(element: &Element) -> String {
    format!("{}{}", word(&element.name), args(&element.args))
}

/// `.tran 1n 1u`
pub fn card(card: &Card) -> String {
    format!(".{}{}", card.name.text, args(&card.args))
}

pub(super) fn args(list: &[Argument]) -> String {
    list.iter().map(|arg| format!(" {}", argument(arg))).collect()
}

fn argument(argument: &Argument) -> String {
    match argument {
        Argument::Value(v) => value(v),
        Argument::Setting(s) => setting(s),
        Argument::Equal { left, right, .. } => format!("{}={}", value(left), expr(right)),
    }
}

pub(super) fn value(value: &Value) -> String {
    match value {
        Value::Word(w) => word(w),
        Value::Expr(e) => format!("{{{}}}", expr(e)),
        Value::Call { name, args, .. } if name.text == "@" => {
            let parts: Vec<String> = args.iter().map(argument).collect();
            format!("@{}[{}]", parts.first().map_or("", String::as_str), parts.get(1).map_or("", String::as_str))
        }
        Value::Call { name, args, .. } => format!("{}({})", name.text, join(args, " ", argument)),
        Value::Table { input, points, .. } => {
            let points = join(points, " ", |(x, y)| format!("({{{}}}, {{{}}})", expr(x), expr(y)));
            format!("TABLE {{{}}} = {points}", expr(input))
        }
        Value::Text(text, _) => format!("\"{text}\""),
    }
}

pub(super) fn setting(setting: &Setting) -> String {
    match setting.values.as_slice() {
        [] => setting.name.text.clone(),
        values => format!("{}={}", setting.name.text, join(values, ",", braced)),
    }
}

/// A value behind `=`: bare where nothing can be mistaken.
fn braced(value: &Expr) -> String {
    match &value.kind {
        ExprKind::Number(_) | ExprKind::Name(_) => expr(value),
        ExprKind::Text(text) if !text.contains([' ', '\t', '"', ',', '(', ')', '{', '}', '\'']) => {
            format!("\"{text}\"")
        }
        ExprKind::Text(text) => format!("\"{text}\""),
        _ => format!("{{{}}}", expr(value)),
    }
}

fn assigns(list: &[Assign]) -> String {
    join(list, " ", |a| format!("{}={}", a.name.text, braced(&a.value)))
}

fn model(model: &Model) -> String {
    let settings = join(&model.settings, " ", setting);
    format!(".model {} {} ({settings})", model.name.text, model.base.text)
}

fn func(func: &Func) -> String {
    format!(".func {}({}) = {}", func.name.text, formals(&func.formals), expr(&func.body))
}

fn subckt(subckt: &Subckt, depth: usize, out: &mut String) {
    out.push_str(&format!(".subckt {}", subckt.name.text));
    subckt.ports.iter().for_each(|port| out.push_str(&format!(" {}", word(port))));
    if !subckt.params.is_empty() {
        out.push_str(&format!(" {}", assigns(&subckt.params)));
    }
    out.push('\n');
    items(&subckt.items, depth + 1, out);
    out.push_str(&format!("{}.ends", "  ".repeat(depth)));
}

fn for_block(block: &For, depth: usize, out: &mut String) {
    let head = join(&block.loops, ", ", |l| match &l.over {
        Over::Range(from, to) => format!("{} = {}:{}", l.name.text, expr(from), expr(to)),
        Over::List(list) => format!("{} in {}", l.name.text, expr(list)),
    });
    out.push_str(&format!(".for {head} {{\n"));
    items(&block.items, depth + 1, out);
    out.push_str(&format!("{}}}", "  ".repeat(depth)));
}

/// A word with its index.
pub fn word(word: &Word) -> String {
    if word.index.is_empty() { word.text.clone() } else { format!("{}[{}]", word.text, slots(&word.index, &expr)) }
}

fn slots(list: &[Slot], expr: &dyn Fn(&Expr) -> String) -> String {
    join(list, ", ", |slot| match slot {
        Slot::At(at) => expr(at),
        Slot::Range(from, to) => format!("{}:{}", expr(from), expr(to)),
        Slot::All(_) => ":".into(),
    })
}

pub(super) fn join<T>(list: &[T], between: &str, text: impl Fn(&T) -> String) -> String {
    list.iter().map(text).collect::<Vec<_>>().join(between)
}

/// An expression with no more parentheses than it needs.
pub fn expr(e: &Expr) -> String {
    write(e, &|child, least, _| if binding(child) < least { format!("({})", expr(child)) } else { expr(child) })
}

/// An expression where only sums and what binds more strongly may stand bare.
pub(super) fn sum(e: &Expr) -> String {
    if binding(e) < SUM { format!("({})", expr(e)) } else { expr(e) }
}

/// An expression with every operation in parentheses: shows how it groups.
pub fn grouped(e: &Expr) -> String {
    let text = write(e, &|child, _, _| grouped(child));
    if binding(e) < ATOM { format!("({text})") } else { text }
}

const COMPARE: u8 = 5;
const SUM: u8 = 6;
const ATOM: u8 = 10;
const SIGN: u8 = 8;

/// How strongly the outermost operation of an expression holds it together.
fn binding(e: &Expr) -> u8 {
    match &e.kind {
        ExprKind::Cond(..) => 1,
        ExprKind::Binary(op, ..) => strength(*op),
        ExprKind::Unary(Unary::Not, _) => 4,
        ExprKind::Near(..) => COMPARE,
        ExprKind::Unary(..) => SIGN,
        _ => ATOM,
    }
}

/// Prints one level; `part(child, least, right)` prints an operand that must bind at least that strongly.
fn write(e: &Expr, part: &dyn Fn(&Expr, u8, bool) -> String) -> String {
    let whole = |child: &Expr| part(child, 0, false);
    match &e.kind {
        ExprKind::Number(value) => number::format(*value),
        ExprKind::Text(text) => format!("\"{text}\""),
        ExprKind::Name(name) => name.clone(),
        ExprKind::Index(base, index) => format!("{}[{}]", part(base, ATOM, false), slots(index, &whole)),
        ExprKind::Call { name, args } if name.text == "@" => {
            let parts = join(args, "\0", |a| whole(&a.value));
            let (device, quantity) = parts.split_once('\0').unwrap_or((&parts, ""));
            format!("@{device}[{quantity}]")
        }
        ExprKind::Call { name, args } => format!("{}({})", name.text, arguments(args, &whole)),
        ExprKind::Method { base, name, args } => {
            format!("{}.{}({})", part(base, ATOM, false), name.text, arguments(args, &whole))
        }
        ExprKind::Near(left, right, within) => {
            let right = part(right, SUM, true);
            format!("{} ~= {right} within {}", part(left, COMPARE, false), tolerance(within))
        }
        ExprKind::Node(node) if node.index.is_empty() => node.text.clone(),
        ExprKind::Node(node) => format!("{}[{}]", node.text, slots(&node.index, &whole)),
        ExprKind::Field(base, name) => format!("{}.{}", part(base, ATOM, false), name.text),
        ExprKind::Unary(Unary::Not, operand) => format!("not {}", part(operand, 4, true)),
        ExprKind::Unary(op, operand) => {
            let sign = if *op == Unary::Neg { "-" } else { "+" };
            format!("{sign}{}", part(operand, SIGN, true))
        }
        ExprKind::Binary(op, left, right) => {
            let own = strength(*op);
            let (least_left, least_right) = if *op == Binary::Pow { (own + 1, own) } else { (own, own + 1) };
            format!("{} {} {}", part(left, least_left, false), sign(*op), part(right, least_right, true))
        }
        ExprKind::Cond(test, yes, no) => {
            format!("{} ? {} : {}", part(test, 2, false), part(yes, 0, false), part(no, 1, true))
        }
        ExprKind::List(list) => format!("[{}]", join(list, ", ", whole)),
    }
}

fn arguments(args: &[ExprArg], expr: &dyn Fn(&Expr) -> String) -> String {
    join(args, ", ", |a| match &a.name {
        Some(formal) => format!("{}={}", formal.text, expr(&a.value)),
        None => expr(&a.value),
    })
}

fn sign(op: Binary) -> &'static str {
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
        Binary::And => "and",
        Binary::Or => "or",
    }
}

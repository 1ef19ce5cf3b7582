//! Expressions: terms and operators in a row → a tree, by operator precedence without recursion along the row.
//!
//! From weak to strong: `? :` · `or ||` · `and &&` · `not` · comparisons and `~= … within` · `+ -` · `* /` · unary
//! `- + !` · `^ **`.
//! Powers and `? :` group from the right, all others from the left; `2^-x` is 2^(−x), `-x^2` is −(x²).

use crate::diag::{Diagnostic, Span};
use crate::syntax::ast::{Binary, Expr, ExprArg, ExprKind, Slot, Tolerance, Unary, Word};
use crate::syntax::number;
use crate::syntax::parser::{Fault, Node, Place, Rule};

/// Deepest tree made; passes after this one may recurse.
pub const MAX_TREE: usize = 1000;

/// A tree and how deep it is.
struct Tree {
    expr: Expr,
    depth: usize,
}

enum Pending {
    Prefix(Unary, u8, Span),
    Infix(Binary, u8),
    Cond(Tree),
}

const COND: u8 = 1;
const NOT: u8 = 4;
const COMPARE: u8 = 5;
const SIGN: u8 = 8;
const POWER: u8 = 9;

impl Pending {
    fn strength(&self) -> u8 {
        match self {
            Pending::Prefix(_, strength, _) | Pending::Infix(_, strength) => *strength,
            Pending::Cond(_) => COND,
        }
    }
}

/// How strongly an operator binds; the printer puts parentheses by the same numbers.
pub fn strength(op: Binary) -> u8 {
    match op {
        Binary::Or => 2,
        Binary::And => 3,
        Binary::Lt | Binary::Le | Binary::Gt | Binary::Ge | Binary::Eq | Binary::Ne => COMPARE,
        Binary::Add | Binary::Sub => 6,
        Binary::Mul | Binary::Div => 7,
        Binary::Pow => POWER,
    }
}

fn infix(text: &str) -> Binary {
    match text {
        "**" | "^" => Binary::Pow,
        "*" => Binary::Mul,
        "/" => Binary::Div,
        "+" => Binary::Add,
        "-" => Binary::Sub,
        "<" => Binary::Lt,
        "<=" => Binary::Le,
        ">" => Binary::Gt,
        ">=" => Binary::Ge,
        "==" => Binary::Eq,
        "!=" | "<>" => Binary::Ne,
        "&&" | "&" => Binary::And,
        _ if text.eq_ignore_ascii_case("and") => Binary::And,
        _ => Binary::Or,
    }
}

/// The tree of an `expr` node.
pub fn expr(place: Place, node: Node<'_>) -> Result<Expr, Fault> {
    tree(place, node).map(|t| t.expr)
}

fn tree(place: Place, node: Node<'_>) -> Result<Tree, Fault> {
    let whole = place.span(&node);
    let mut row = Row { terms: Vec::with_capacity(1), pending: Vec::new(), whole };
    for piece in node.into_inner() {
        let span = place.span(&piece);
        match piece.as_rule() {
            Rule::prefix => row.pending.push(match piece.as_str() {
                "-" => Pending::Prefix(Unary::Neg, SIGN, span),
                "+" => Pending::Prefix(Unary::Plus, SIGN, span),
                "!" | "~" => Pending::Prefix(Unary::Not, SIGN, span),
                _ => Pending::Prefix(Unary::Not, NOT, span),
            }),
            Rule::op | Rule::arith => {
                let op = infix(piece.as_str());
                let strength = strength(op);
                row.reduce(|top| top > strength || top == strength && op != Binary::Pow)?;
                row.pending.push(Pending::Infix(op, strength));
            }
            Rule::cond => {
                let middle = inner(place, piece)?;
                row.reduce(|top| top > COND)?;
                row.pending.push(Pending::Cond(middle));
            }
            Rule::near => {
                row.reduce(|top| top >= COMPARE)?;
                row.near(place, piece)?;
            }
            Rule::method => {
                let mut parts = piece.into_inner();
                let name = parts.next().map(|n| place.name(&n)).ok_or_else(|| fault(span))?;
                let mut args = Vec::new();
                let mut depth = 0;
                for part in parts {
                    depth = depth.max(argument(place, part, &mut args)?);
                }
                row.extend(span, depth, |base| ExprKind::Method { base, name, args })?;
            }
            Rule::index => {
                let (slots, depth) = slots(place, piece)?;
                row.extend(span, depth, |base| ExprKind::Index(base, slots))?;
            }
            Rule::field => {
                let name = piece.into_inner().next().map(|n| place.name(&n));
                let name = name.ok_or_else(|| fault(span))?;
                row.extend(span, 0, |base| ExprKind::Field(base, name))?;
            }
            _ => row.terms.push(primary(place, piece)?),
        }
    }
    row.reduce(|_| true)?;
    row.terms.pop().ok_or_else(|| fault(whole))
}

/// The expression being put together.
struct Row {
    terms: Vec<Tree>,
    pending: Vec<Pending>,
    whole: Span,
}

impl Row {
    fn pop(&mut self) -> Result<Tree, Fault> {
        self.terms.pop().ok_or_else(|| fault(self.whole))
    }

    fn push(&mut self, span: Span, kind: ExprKind, depth: usize) -> Result<(), Fault> {
        if depth > MAX_TREE {
            return Err(too_deep(self.whole));
        }
        self.terms.push(Tree { expr: Expr { span, kind }, depth });
        Ok(())
    }

    /// Puts an index (as deep as it says) or a field behind the last term.
    fn extend(&mut self, end: Span, depth: usize, kind: impl FnOnce(Box<Expr>) -> ExprKind) -> Result<(), Fault> {
        let base = self.pop()?;
        let span = base.expr.span.to(end);
        self.push(span, kind(Box::new(base.expr)), base.depth.max(depth) + 1)
    }

    /// Puts `~= right within tolerance` behind the last term.
    fn near(&mut self, place: Place, node: Node<'_>) -> Result<(), Fault> {
        let at = place.span(&node);
        let mut parts = node.into_inner();
        let right = tree(place, parts.next().ok_or_else(|| fault(at))?)?;
        let Some(within) = parts.next() else {
            let report = Diagnostic::error("syntax::near", "`~=` does not say how near")
                .at(at, "no `within` follows")
                .help("write a ~= b within 1%   (of b), or   a ~= b within 0.5   (absolute)");
            return Err(Box::new(report));
        };
        let end = place.span(&within);
        let (tolerance, depth) = tolerance(place, within)?;
        let left = self.pop()?;
        let depth = left.depth.max(right.depth).max(depth);
        let span = left.expr.span.to(end);
        let kind = ExprKind::Near(Box::new(left.expr), Box::new(right.expr), Box::new(tolerance));
        self.push(span, kind, depth + 1)
    }

    /// Applies the waiting operators from the last one on, as long as their strength passes `while_`.
    fn reduce(&mut self, while_: impl Fn(u8) -> bool) -> Result<(), Fault> {
        while self.pending.last().is_some_and(|p| while_(p.strength())) {
            let Some(pending) = self.pending.pop() else { break };
            let right = self.pop()?;
            let (span, kind, depth) = match pending {
                Pending::Prefix(op, _, at) => {
                    (at.to(right.expr.span), ExprKind::Unary(op, Box::new(right.expr)), right.depth)
                }
                Pending::Infix(op, _) => {
                    let left = self.pop()?;
                    let span = left.expr.span.to(right.expr.span);
                    let depth = left.depth.max(right.depth);
                    (span, ExprKind::Binary(op, Box::new(left.expr), Box::new(right.expr)), depth)
                }
                Pending::Cond(middle) => {
                    let test = self.pop()?;
                    let span = test.expr.span.to(right.expr.span);
                    let depth = test.depth.max(middle.depth).max(right.depth);
                    let [test, yes, no] = [test, middle, right].map(|t| Box::new(t.expr));
                    (span, ExprKind::Cond(test, yes, no), depth)
                }
            };
            self.push(span, kind, depth + 1)?;
        }
        Ok(())
    }
}

/// The only expression inside brackets; its span takes the brackets in.
fn inner(place: Place, node: Node<'_>) -> Result<Tree, Fault> {
    let span = place.span(&node);
    let mut tree = tree(place, node.into_inner().next().ok_or_else(|| fault(span))?)?;
    tree.expr.span = span;
    tree.depth += 1;
    Ok(tree)
}

/// A number or name by itself.
pub fn leaf(place: Place, node: Node<'_>) -> Result<Expr, Fault> {
    primary(place, node).map(|t| t.expr)
}

fn primary(place: Place, node: Node<'_>) -> Result<Tree, Fault> {
    let span = place.span(&node);
    let leaf = |kind| Ok(Tree { expr: Expr { span, kind }, depth: 1 });
    match node.as_rule() {
        Rule::number => {
            let text = node.as_str();
            let value = number::parse(text).ok_or_else(|| {
                Diagnostic::error("syntax::number", format!("`{text}` is too large for a number"))
                    .at(span, "beyond 1.8e308")
                    .help("was an exponent mistyped?")
            })?;
            leaf(ExprKind::Number(value.value))
        }
        Rule::string => leaf(ExprKind::Text(text(&node))),
        Rule::name | Rule::net_name => leaf(ExprKind::Name(node.as_str().to_owned())),
        Rule::paren | Rule::brace | Rule::quote => inner(place, node),
        Rule::list => {
            let (items, depth) = trees(place, node)?;
            Ok(Tree { expr: Expr { span, kind: ExprKind::List(items) }, depth })
        }
        Rule::call | Rule::probe | Rule::at_expr => call(place, node),
        _ => Err(fault(span)),
    }
}

/// The text of a `string` node without its quotes.
pub fn text(node: &Node<'_>) -> String {
    node.as_str().trim_matches('"').to_owned()
}

fn trees(place: Place, node: Node<'_>) -> Result<(Vec<Expr>, usize), Fault> {
    let mut items = Vec::new();
    let mut depth = 0;
    for piece in node.into_inner() {
        let tree = tree(place, piece)?;
        depth = depth.max(tree.depth);
        items.push(tree.expr);
    }
    Ok((items, depth + 1))
}

fn call(place: Place, node: Node<'_>) -> Result<Tree, Fault> {
    let span = place.span(&node);
    let device = node.as_rule() == Rule::at_expr;
    let mut name = None;
    let mut args = Vec::new();
    let mut depth = 0;
    if device {
        let at = span.start as usize - place.base;
        name = Some(crate::syntax::ast::Name { text: "@".into(), span: place.range(at, at + 1) });
    }
    for piece in node.into_inner() {
        match piece.as_rule() {
            Rule::name | Rule::probe_name | Rule::limited if name.is_none() => name = Some(place.name(&piece)),
            Rule::earg => depth = depth.max(argument(place, piece, &mut args)?),
            Rule::node => {
                let span = place.span(&piece);
                let (word, deep) = indexed(place, piece)?;
                depth = depth.max(deep);
                args.push(ExprArg { name: None, value: Expr { span, kind: ExprKind::Node(word) } });
            }
            _ => {
                let span = place.span(&piece);
                let word = Word { text: piece.as_str().to_owned(), index: Vec::new(), span };
                args.push(ExprArg { name: None, value: Expr { span, kind: ExprKind::Node(word) } });
            }
        }
    }
    let name = name.ok_or_else(|| fault(span))?;
    Ok(Tree { expr: Expr { span, kind: ExprKind::Call { name, args } }, depth: depth + 1 })
}

/// Puts an `earg` behind `args` and says how deep it is.
fn argument(place: Place, node: Node<'_>, args: &mut Vec<ExprArg>) -> Result<usize, Fault> {
    let mut formal = None;
    let mut depth = 0;
    for part in node.into_inner() {
        if part.as_rule() == Rule::name {
            formal = Some(place.name(&part));
        } else {
            let value = tree(place, part)?;
            depth = value.depth;
            args.push(ExprArg { name: formal.take(), value: value.expr });
        }
    }
    Ok(depth)
}

/// What a `within` node says and how deep it is.
fn tolerance(place: Place, node: Node<'_>) -> Result<(Tolerance, usize), Fault> {
    let span = place.span(&node);
    let sum = node.into_inner().next().ok_or_else(|| fault(span))?;
    let percent = sum.as_str().strip_suffix('%').and_then(|digits| digits.parse::<f64>().ok());
    match percent.filter(|p| p.is_finite() && !sum.as_str().starts_with(['-', '+'])) {
        Some(percent) => Ok((Tolerance::Percent(percent), 1)),
        None => tree(place, sum).map(|t| (Tolerance::Absolute(t.expr), t.depth)),
    }
}

/// The tolerance of a `within` node.
pub fn within(place: Place, node: Node<'_>) -> Result<Tolerance, Fault> {
    tolerance(place, node).map(|(tolerance, _)| tolerance)
}

/// A `word`, `plain` or `node` with its index.
pub fn word(place: Place, node: Node<'_>) -> Result<Word, Fault> {
    indexed(place, node).map(|(word, _)| word)
}

fn indexed(place: Place, node: Node<'_>) -> Result<(Word, usize), Fault> {
    let span = place.span(&node);
    let mut word = Word { text: String::new(), index: Vec::new(), span };
    let mut depth = 0;
    for piece in node.into_inner() {
        match piece.as_rule() {
            Rule::index => (word.index, depth) = slots(place, piece)?,
            _ => word.text = piece.as_str().to_owned(),
        }
    }
    Ok((word, depth + 1))
}

/// The places of an index and how deep its deepest expression is.
fn slots(place: Place, node: Node<'_>) -> Result<(Vec<Slot>, usize), Fault> {
    let mut slots = Vec::new();
    let mut depth = 0;
    for slot in node.into_inner() {
        let span = place.span(&slot);
        let (mut bounds, deep) = trees(place, slot)?;
        depth = depth.max(deep);
        slots.push(match (bounds.pop(), bounds.pop()) {
            (Some(to), Some(from)) => Slot::Range(from, to),
            (Some(at), None) => Slot::At(at),
            _ => Slot::All(span),
        });
    }
    Ok((slots, depth))
}

fn too_deep(span: Span) -> Fault {
    Box::new(
        Diagnostic::error(
            "syntax::long-expression",
            format!("this expression has more than {MAX_TREE} levels of operators"),
        )
        .at(span, "too long")
        .help("split it: name its parts with .param, .func or more B sources"),
    )
}

/// The grammar and this file disagree: nothing that a netlist can cause.
pub fn fault(span: Span) -> Fault {
    Box::new(
        Diagnostic::error("syntax::internal", "memspice cannot read this line, which is its own mistake")
            .at(span, "here"),
    )
}

#[cfg(test)]
mod tests {
    use crate::syntax::parse_expr;
    use crate::syntax::print;

    /// The tree as text with every operation in parentheses.
    fn tree(text: &str) -> String {
        parse_expr(text).map_or_else(|d| d.code.to_owned(), |e| print::grouped(&e))
    }

    #[test]
    fn precedence() {
        for (text, expected) in [
            ("1+2*3", "(1 + (2 * 3))"),
            ("a-b-c", "((a - b) - c)"),
            ("-a^2", "(-(a ^ 2))"),
            ("2^-3^2", "(2 ^ (-(3 ^ 2)))"),
            ("a**b**c", "(a ^ (b ^ c))"),
            ("not a == b and c", "((not (a == b)) and c)"),
            ("!a && b || c", "(((not a) and b) or c)"),
            ("a ? b : c ? d : e", "(a ? b : (c ? d : e))"),
            ("a ? b ? 1 : 2 : 3", "(a ? (b ? 1 : 2) : 3)"),
            ("a < b ? x : y + 1", "((a < b) ? x : (y + 1))"),
            ("20%*3", "(0.2 * 3)"),
            ("{a}*'b'", "(a * b)"),
            ("- - a", "(-(-a))"),
        ] {
            assert_eq!(tree(text), expected, "{text}");
        }
    }

    #[test]
    fn postfix_and_calls() {
        for (text, expected) in [
            ("g[i,j]", "g[i, j]"),
            ("w[:, 0:9]", "w[:, 0:9]"),
            ("npz(\"f\").w1[0]", "npz(\"f\").w1[0]"),
            ("csv(\"w.csv\", cols=\"p0:p15\")", "csv(\"w.csv\", cols=\"p0:p15\")"),
            ("V(n+, net-1)", "V(n+, net-1)"),
            ("V( /net/1 )*2", "(V(/net/1) * 2)"),
            ("i(X1.V2)+@m1[gm]", "(i(X1.V2) + @m1[gm])"),
            ("V(row[i+1])", "V(row[(i + 1)])"),
            ("[[1, 2], [3]]", "[[1, 2], [3]]"),
            ("max (a, b)", "max(a, b)"),
        ] {
            assert_eq!(tree(text), expected, "{text}");
        }
    }

    #[test]
    fn hopeless_expressions_are_refused() {
        assert_eq!(tree("1e999"), "syntax::number");
        assert_eq!(tree(&"1+".repeat(3000)), "syntax::expression");
        assert_eq!(tree(&format!("{}1", "1+".repeat(3000))), "syntax::long-expression");
        assert_eq!(tree(&format!("{}1", "-".repeat(3000))), "syntax::long-expression");
        assert_eq!(tree(&format!("{}1", "a?1:".repeat(3000))), "syntax::long-expression");
        assert_eq!(tree(&format!("{}1", "a^".repeat(3000))), "syntax::long-expression");
        assert_eq!(tree(&format!("{}1", "(".repeat(3000))), "syntax::too-deep");
    }
}

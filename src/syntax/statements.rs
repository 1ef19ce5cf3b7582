//! One line of a body → one statement, or the head of one that has a block.

use crate::diag::{Diagnostic, closest};
use crate::syntax::args;
use crate::syntax::ast::{
    Assignment, Bins, Card, Column, Doc, Drive, Expr, ExprKind, Iter, Let, Name, Over, Quantity, Stmt, StmtKind, Trace,
    Update,
};
use crate::syntax::expr::{self, expr};
use crate::syntax::parser::{Fault, Node, Place, Rule, pieces};
use crate::syntax::scan::word_at;

/// The words that begin a statement.
pub const WORDS: [&str; 29] = [
    "force",
    "float",
    "pulse",
    "ramp",
    "wait",
    "settle",
    "repeat",
    "forever",
    "for",
    "if",
    "else",
    "par",
    "let",
    "sweep",
    "montecarlo",
    "op",
    "dc",
    "ac",
    "tran",
    "noise",
    "tf",
    "measure",
    "record",
    "assert",
    "snapshot",
    "plot",
    "histogram",
    "save",
    "when",
];

/// The head of a statement with a block, the condition of `if` apart.
pub enum Head {
    Repeat { counter: Option<Name>, until: Expr, max: Option<Expr> },
    Forever,
    For(Vec<Iter>),
    Sweep(Vec<Iter>),
    Par(bool),
    MonteCarlo { count: Expr, seed: Option<Expr> },
    Bare,
}

impl Head {
    /// The statement of this head with its block.
    pub fn with(self, body: Vec<Stmt>) -> StmtKind {
        match self {
            Head::Repeat { counter, until, max } => StmtKind::Repeat { counter, until, max, body },
            Head::Forever => StmtKind::Forever(body),
            Head::For(loops) => StmtKind::For { loops, body },
            Head::Sweep(loops) => StmtKind::Sweep { loops, body },
            Head::Par(first) => StmtKind::Par { first, body },
            Head::MonteCarlo { count, seed } => StmtKind::MonteCarlo { count, seed, body },
            Head::Bare => StmtKind::Block(body),
        }
    }
}

/// The lower-case word that begins a statement; empty where it is a name that something is assigned to.
pub fn leading(text: &str) -> String {
    let word = word_at(text, 0);
    let rest = &text[word.len()..];
    let assigned = ["+=", "-=", "*=", "/=", ","].iter().any(|sign| rest.trim_start().starts_with(sign))
        || rest.trim_start().starts_with('=') && !rest.trim_start().starts_with("==")
        || rest.starts_with(['[', '.']);
    let analysis = matches!(word.to_ascii_lowercase().as_str(), "op" | "dc" | "ac" | "tran" | "noise" | "tf");
    if assigned || analysis && rest.starts_with('(') { String::new() } else { word.to_ascii_lowercase() }
}

/// The head of a statement with a block.
pub fn head(place: Place, text: &str) -> Result<Head, Fault> {
    let lower = leading(text);
    match lower.as_str() {
        "" if text.is_empty() => Ok(Head::Bare),
        "repeat" => repeat(place, text),
        "forever" => pieces(Rule::forever_line, place, text).map(|_| Head::Forever),
        "for" => iters(Rule::loop_line, place, text).map(Head::For),
        "sweep" => iters(Rule::loop_line, place, text).map(Head::Sweep),
        "par" => Ok(Head::Par(pieces(Rule::par_line, place, text)?.any(|p| p.as_rule() == Rule::first))),
        "montecarlo" => {
            let (count, mut options) = (pieces(Rule::montecarlo_line, place, text)?, None);
            let mut draws = None;
            for piece in count {
                match piece.as_rule() {
                    Rule::seed => options = Some(inside(place, piece)?),
                    Rule::expr => draws = Some(expr(place, piece)?),
                    _ => {}
                }
            }
            let count = draws.ok_or_else(|| expr::fault(place.range(0, text.len())))?;
            Ok(Head::MonteCarlo { count, seed: options })
        }
        "else" => Err(Box::new(
            Diagnostic::error("syntax::else", "this `else` has no `if`")
                .at(place.range(0, 4), "follows no `}` of an `if`")
                .help("the form is: if CONDITION { … } else { … }"),
        )),
        word => Err(Box::new(unknown(
            place,
            word,
            text,
            &WORDS,
            "statement",
            "a block has one of: if else for repeat forever par sweep montecarlo",
        ))),
    }
}

fn repeat(place: Place, text: &str) -> Result<Head, Fault> {
    let (mut counter, mut until, mut max) = (None, None, None);
    for piece in pieces(Rule::repeat_line, place, text)? {
        match piece.as_rule() {
            Rule::name => counter = Some(place.name(&piece)),
            Rule::until => until = Some(inside(place, piece)?),
            Rule::most => max = Some(inside(place, piece)?),
            _ => {}
        }
    }
    let until = until.ok_or_else(|| expr::fault(place.range(0, text.len())))?;
    Ok(Head::Repeat { counter, until, max })
}

/// The condition of `if`, `else if` or `when`; none for a bare `else`.
pub fn condition(place: Place, text: &str) -> Result<Option<Expr>, Fault> {
    let rule = match (word_at(text, 0), text[word_at(text, 0).len()..].trim()) {
        (word, "") if word.eq_ignore_ascii_case("else") => Rule::else_line,
        (word, _) if word.eq_ignore_ascii_case("when") => Rule::when_line,
        _ => Rule::if_line,
    };
    pieces(rule, place, text)?.find(|p| p.as_rule() == Rule::expr).map(|p| expr(place, p)).transpose()
}

/// `i = 0:3, a, b in list`
fn iters(rule: Rule, place: Place, text: &str) -> Result<Vec<Iter>, Fault> {
    pieces(rule, place, text)?.filter(|p| p.as_rule() == Rule::over).map(|piece| iter(place, piece)).collect()
}

fn iter(place: Place, node: Node<'_>) -> Result<Iter, Fault> {
    let span = place.span(&node);
    let mut names = Vec::new();
    let mut bounds = Vec::new();
    for piece in node.into_inner() {
        match piece.as_rule() {
            Rule::name => names.push(place.name(&piece)),
            _ => bounds.push(expr(place, piece)?),
        }
    }
    let over = match (bounds.pop(), bounds.pop()) {
        (Some(to), Some(from)) => Over::Range(from, to),
        (Some(list), None) => Over::List(list),
        _ => return Err(expr::fault(span)),
    };
    Ok(Iter { names, over })
}

/// A statement without a block.
pub fn simple(place: Place, text: &str) -> Result<StmtKind, Fault> {
    let word = leading(text);
    let broken = || expr::fault(place.range(0, text.len()));
    let one = |rule| -> Result<Expr, Fault> {
        let mut found = pieces(rule, place, text)?.filter(|p| p.as_rule() == Rule::expr);
        expr(place, found.next().ok_or_else(broken)?)
    };
    Ok(match word.as_str() {
        "force" => StmtKind::Force(drives(Rule::force_line, place, text)?.0),
        "pulse" => {
            let (drives, width) = drives(Rule::pulse_line, place, text)?;
            StmtKind::Pulse { drives, width: width.ok_or_else(broken)? }
        }
        "ramp" => {
            let (drives, time) = drives(Rule::ramp_line, place, text)?;
            if let Some(drive) = drives.iter().find(|d| d.to.is_none()) {
                let report = Diagnostic::error("syntax::ramp", "this ramp does not say where it goes")
                    .at(drive.span, "no `to` here")
                    .help("the form is: ramp NET = FROM to TO in TIME");
                return Err(Box::new(report));
            }
            StmtKind::Ramp { drives, time: time.ok_or_else(broken)? }
        }
        "float" => {
            let nets = pieces(Rule::float_line, place, text)?.filter(|p| p.as_rule() == Rule::net);
            StmtKind::Float(nets.map(|net| expr(place, net)).collect::<Result<_, _>>()?)
        }
        "wait" => wait(place, text)?,
        "settle" => pieces(Rule::settle_line, place, text).map(|_| StmtKind::Settle)?,
        "let" => StmtKind::Let(let_names(place, text)?),
        "op" | "dc" | "ac" | "tran" | "noise" | "tf" => StmtKind::Analysis(analysis(place, text)?),
        "measure" => StmtKind::Measure(columns(Rule::measure_line, place, text)?),
        "record" => StmtKind::Record(columns(Rule::record_line, place, text)?),
        "assert" => {
            let mut why = None;
            for piece in pieces(Rule::assert_line, place, text)?.filter(|p| p.as_rule() == Rule::string) {
                why = Some(expr::text(&piece));
            }
            StmtKind::Assert { condition: one(Rule::assert_line)?, why }
        }
        "snapshot" => snapshot(place, text)?,
        "plot" => {
            let traces = pieces(Rule::plot_line, place, text)?.filter(|p| p.as_rule() == Rule::trace);
            StmtKind::Plot(traces.map(|piece| trace(place, piece)).collect::<Result<_, _>>()?)
        }
        "histogram" => histogram(place, text)?,
        "save" => {
            let path = pieces(Rule::save_line, place, text)?.find(|p| p.as_rule() == Rule::string);
            StmtKind::Save { value: one(Rule::save_line)?, path: path.map(|p| expr::text(&p)).ok_or_else(broken)? }
        }
        "repeat" | "forever" | "for" | "if" | "else" | "par" | "sweep" | "montecarlo" | "when" => {
            return Err(Box::new(
                Diagnostic::error("syntax::no-block", format!("this `{word}` has no block"))
                    .at(place.range(0, text.len()), "no `{` follows")
                    .help(format!("the form is: {}", crate::syntax::forms::statement(&word))),
            ));
        }
        word if stands_alone(text, word) => {
            return Err(Box::new(unknown(place, word, text, &WORDS, "statement", SOME)));
        }
        _ if assigns(text) => StmtKind::Assign(update(place, text)?),
        _ => {
            let call = crate::syntax::cards::expression(place, text)?;
            if !matches!(call.kind, ExprKind::Call { .. } | ExprKind::Method { .. }) {
                let report = Diagnostic::error("syntax::no-effect", "this value is computed and not used")
                    .at(call.span, "does nothing")
                    .help("keep it with `let NAME = …`, or record, measure or plot it");
                return Err(Box::new(report));
            }
            StmtKind::Call(call)
        }
    })
}

const SOME: &str = "statements: force float pulse ramp wait settle repeat for if par let sweep montecarlo measure record assert snapshot plot histogram save, a call or an assignment";

/// The report on a line that begins with a word nobody knows.
pub fn unknown(place: Place, word: &str, text: &str, known: &[&str], what: &str, others: &str) -> Diagnostic {
    let written = &text[..word.len().min(text.len())];
    let report = Diagnostic::error("syntax::unknown-statement", format!("no {what} begins with `{written}`"))
        .at(place.range(0, written.len()), "unknown word");
    // A word cut short, as `meas`, is a near miss too.
    let begun = || known.iter().copied().find(|k| word.len() >= 3 && k.starts_with(word));
    match closest(word, known.iter().copied()).or_else(begun) {
        Some(like) => report.help(format!("did you mean `{like}`?")),
        None => report.help(others),
    }
}

/// Whether a word is followed by another word or number, as the keyword of a statement is.
fn stands_alone(text: &str, word: &str) -> bool {
    let rest = &text[word.len().min(text.len())..];
    let next = rest.trim_start();
    let infix = ["and", "or"].iter().any(|w| word_at(next, 0).eq_ignore_ascii_case(w));
    !word.is_empty()
        && (next.is_empty()
            || rest.len() > next.len() && next.starts_with(|c: char| c.is_alphanumeric() || "_\"{.".contains(c)))
        && !infix
}

/// Whether `=` stands outside of all brackets and quotes.
fn assigns(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (mut depth, mut quote) = (0usize, 0u8);
    for (i, &c) in bytes.iter().enumerate() {
        match c {
            _ if quote != 0 => quote = if c == quote { 0 } else { quote },
            b'"' | b'\'' => quote = c,
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b'=' if depth == 0 => {
                let before = if i > 0 { bytes[i - 1] } else { 0 };
                if bytes.get(i + 1) != Some(&b'=') && !b"=<>!~".contains(&before) {
                    return true;
                }
            }
            _ => {}
        }
    }
    false
}

/// The expression inside a node such as `until …`.
pub fn inside(place: Place, node: Node<'_>) -> Result<Expr, Fault> {
    let span = place.span(&node);
    expr(place, node.into_inner().next().ok_or_else(|| expr::fault(span))?)
}

/// The two bounds inside a node such as `in a:b`.
pub fn bounds(place: Place, node: Node<'_>) -> Result<(Expr, Expr), Fault> {
    let span = place.span(&node);
    let mut parts = node.into_inner();
    let mut next = || expr(place, parts.next().ok_or_else(|| expr::fault(span))?);
    Ok((next()?, next()?))
}

/// Drives, and how long they last where the statement says that.
fn drives(rule: Rule, place: Place, text: &str) -> Result<(Vec<Drive>, Option<Expr>), Fault> {
    let (mut drives, mut time) = (Vec::new(), None);
    for piece in pieces(rule, place, text)? {
        match piece.as_rule() {
            Rule::drive => drives.push(drive(place, piece)?),
            Rule::width | Rule::lasting => time = Some(inside(place, piece)?),
            _ => {}
        }
    }
    match drives.iter().find(|d| d.to.is_some() && rule != Rule::ramp_line) {
        Some(drive) => Err(Box::new(
            Diagnostic::error("syntax::to", "only a ramp goes from one value to another")
                .at(drive.span, "has a `to`")
                .help("write ramp NET = FROM to TO in TIME"),
        )),
        None => Ok((drives, time)),
    }
}

fn drive(place: Place, node: Node<'_>) -> Result<Drive, Fault> {
    let span = place.span(&node);
    let (mut quantity, mut net, mut value, mut to, mut limit) = (Quantity::Voltage, None, None, None, None);
    for piece in node.into_inner() {
        match piece.as_rule() {
            Rule::forced if piece.as_str().eq_ignore_ascii_case("i") => quantity = Quantity::Current,
            Rule::net => net = Some(expr(place, piece)?),
            Rule::to => to = Some(inside(place, piece)?),
            Rule::limit => limit = Some(inside(place, piece)?),
            Rule::expr => value = Some(expr(place, piece)?),
            _ => {}
        }
    }
    match (net, value) {
        (Some(net), Some(value)) => Ok(Drive { quantity, net, value, to, limit, span }),
        _ => Err(expr::fault(span)),
    }
}

fn wait(place: Place, text: &str) -> Result<StmtKind, Fault> {
    let (mut time, mut condition, mut timeout) = (None, None, None);
    for piece in pieces(Rule::wait_line, place, text)? {
        match piece.as_rule() {
            Rule::until => condition = Some(inside(place, piece)?),
            Rule::timeout => timeout = Some(inside(place, piece)?),
            Rule::expr => time = Some(expr(place, piece)?),
            _ => {}
        }
    }
    match (time, condition) {
        (_, Some(condition)) => Ok(StmtKind::WaitUntil { condition, timeout }),
        (Some(time), None) => Ok(StmtKind::Wait(time)),
        _ => Err(expr::fault(place.range(0, text.len()))),
    }
}

/// `let a, b = …`
pub fn let_names(place: Place, text: &str) -> Result<Let, Fault> {
    let (mut names, mut values) = (Vec::new(), Vec::new());
    for piece in pieces(Rule::let_line, place, text)? {
        match piece.as_rule() {
            Rule::name => names.push(place.name(&piece)),
            Rule::expr => values.push(expr(place, piece)?),
            _ => {}
        }
    }
    let span = place.range(0, text.len());
    agree(place, text, names.len(), &values)?;
    Ok(Let { names, values, doc: Doc::default(), span })
}

/// As many values as names, or one value for all of them.
fn agree(place: Place, text: &str, names: usize, values: &[Expr]) -> Result<(), Fault> {
    if values.len() == names || values.len() == 1 {
        return Ok(());
    }
    Err(Box::new(
        Diagnostic::error("syntax::values", format!("{names} names and {} values", values.len()))
            .at(place.range(0, text.len()), "they do not agree")
            .help("give each name a value, or take the results of one call: let a, b = f(x)"),
    ))
}

fn update(place: Place, text: &str) -> Result<Assignment, Fault> {
    let (mut targets, mut values, mut op) = (Vec::new(), Vec::new(), Update::Set);
    for piece in pieces(Rule::update_line, place, text)? {
        match piece.as_rule() {
            Rule::place => targets.push(expr(place, piece)?),
            Rule::update => {
                op = match piece.as_str() {
                    "+=" => Update::Add,
                    "-=" => Update::Sub,
                    "*=" => Update::Mul,
                    "/=" => Update::Div,
                    _ => Update::Set,
                }
            }
            Rule::expr => values.push(expr(place, piece)?),
            _ => {}
        }
    }
    agree(place, text, targets.len(), &values)?;
    Ok(Assignment { targets, op, values })
}

fn analysis(place: Place, text: &str) -> Result<Card, Fault> {
    let mut parts = pieces(Rule::analysis_line, place, text)?;
    let name = parts.next().map(|n| place.name(&n)).ok_or_else(|| expr::fault(place.range(0, text.len())))?;
    let mut args = Vec::new();
    for piece in parts {
        args::argument(place, piece, &mut args)?;
    }
    Ok(Card { name, args })
}

fn columns(rule: Rule, place: Place, text: &str) -> Result<Vec<Column>, Fault> {
    pieces(rule, place, text)?
        .filter(|p| p.as_rule() == Rule::column)
        .map(|piece| {
            let span = place.span(&piece);
            let (mut name, mut value) = (None, None);
            for part in piece.into_inner() {
                match part.as_rule() {
                    Rule::name => name = Some(place.name(&part)),
                    _ => value = Some(expr(place, part)?),
                }
            }
            Ok(Column { name, value: value.ok_or_else(|| expr::fault(span))? })
        })
        .collect()
}

fn snapshot(place: Place, text: &str) -> Result<StmtKind, Fault> {
    let (mut values, mut every, mut within, mut shift) = (Vec::new(), None, None, None);
    for piece in pieces(Rule::snapshot_line, place, text)? {
        match piece.as_rule() {
            Rule::expr => values.push(expr(place, piece)?),
            Rule::every => every = Some(inside(place, piece)?),
            Rule::within => within = Some(expr::within(place, piece)?),
            Rule::shift => shift = Some(inside(place, piece)?),
            _ => {}
        }
    }
    Ok(StmtKind::Snapshot { values, every, within, shift })
}

fn trace(place: Place, node: Node<'_>) -> Result<Trace, Fault> {
    let span = place.span(&node);
    let (mut y, mut x) = (None, None);
    for piece in node.into_inner() {
        match piece.as_rule() {
            Rule::versus => x = Some(inside(place, piece)?),
            _ => y = Some(expr(place, piece)?),
        }
    }
    Ok(Trace { y: y.ok_or_else(|| expr::fault(span))?, x })
}

fn histogram(place: Place, text: &str) -> Result<StmtKind, Fault> {
    let (mut value, mut bins, mut fit) = (None, None, None);
    for piece in pieces(Rule::histogram_line, place, text)? {
        match piece.as_rule() {
            Rule::expr => value = Some(expr(place, piece)?),
            Rule::bins => {
                let count = piece.clone().into_inner().count();
                bins = Some(match count {
                    1 => Bins::Count(inside(place, piece)?),
                    _ => bounds(place, piece).map(|(from, to)| Bins::Range(from, to))?,
                });
            }
            Rule::fit => fit = piece.into_inner().next().map(|n| place.name(&n)),
            _ => {}
        }
    }
    Ok(StmtKind::Histogram { value: value.ok_or_else(|| expr::fault(place.range(0, text.len())))?, bins, fit })
}

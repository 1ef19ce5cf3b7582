//! What stands between the braces of a block → its statements, device items, draws or layers.

use crate::diag::{Diagnostic, FileId, Span};
use crate::syntax::ast::{DeviceIf, DeviceItem, Expr, Layer, Stmt, StmtKind, VariationItem, When};
use crate::syntax::equations;
use crate::syntax::error;
use crate::syntax::lines::{Inside, Kind, Lines, Logical};
use crate::syntax::parser::{Fault, Place};
use crate::syntax::statements;

/// Blocks inside each other.
pub const MAX_BLOCKS: usize = 100;

/// Reads the blocks of one card.
pub struct Bodies<'l, 'a> {
    lines: &'l mut Lines<'a>,
    file: FileId,
    /// What is wrong in them.
    pub findings: Vec<Diagnostic>,
    /// Blocks begun and not ended, the card first.
    pub open: Vec<Span>,
    /// Blocks around the card.
    depth: usize,
    /// How far right the card stands.
    indent: usize,
    /// A block whose closing brace does not stand below its head: perhaps it is the brace of another.
    pub askew: Option<(Span, Span)>,
}

/// The file or the block around ends before a block does.
pub struct Unclosed;

/// Reads one line of a block, perhaps the head of another.
type Read<'l, 'a, T> = fn(&mut Bodies<'l, 'a>, &Logical<'a>, &mut Vec<T>) -> Result<(), Unclosed>;

/// The branches of an `if`, what its `else` holds, and where it ends.
type Branches<T> = (Vec<(Option<Expr>, Vec<T>)>, Option<Vec<T>>, Span);

impl<'l, 'a> Bodies<'l, 'a> {
    /// For the blocks of a card that begins at `start`; `depth` blocks stand around it.
    pub fn new(lines: &'l mut Lines<'a>, file: FileId, start: usize, depth: usize) -> Bodies<'l, 'a> {
        let indent = lines.indent(start).unwrap_or(0);
        Bodies { lines, file, findings: Vec::new(), open: Vec::new(), depth, indent, askew: None }
    }

    /// What a block holds whose `{` has been read, and its `}`.
    pub fn block<T>(&mut self, head: Span, read: Read<'l, 'a, T>) -> Result<(Vec<T>, Span), Unclosed> {
        self.open.push(head);
        let mut items = Vec::new();
        if self.open.len() + self.depth > MAX_BLOCKS {
            self.findings.push(too_deep(head));
            let end = self.lines.skip_block().ok_or(Unclosed)?;
            self.open.pop();
            return Ok((items, Span::new(self.file, end - 1, end)));
        }
        loop {
            if let Some(at) = self.lines.card_follows() {
                if self.lines.indent(at).is_none_or(|indent| indent <= self.indent) {
                    return Err(Unclosed);
                }
                self.stray_card();
                continue;
            }
            let Some(line) = self.lines.next_line(Inside::Block) else { return Err(Unclosed) };
            if line.kind == Kind::Closes {
                let close = Span::new(self.file, line.start, line.end);
                self.open.pop();
                self.look_at_brace(head, close);
                return Ok((items, close));
            }
            read(self, &line, &mut items)?;
        }
    }

    /// Keeps the first block whose brace stands elsewhere than its head: the place to look when another is never closed.
    fn look_at_brace(&mut self, head: Span, close: Span) {
        let columns = (self.lines.indent(head.start as usize), self.lines.indent(close.start as usize));
        if let (Some(from), Some(to)) = columns
            && from != to
        {
            self.askew.get_or_insert((head, close));
        }
    }

    /// A dot card inside a block, indented as if it belonged there.
    fn stray_card(&mut self) {
        let Some(line) = self.lines.next_line(Inside::Netlist) else { return };
        let span = Span::new(self.file, line.start, line.end);
        if line.kind == Kind::Opens {
            self.lines.skip_block();
        }
        self.findings.push(
            Diagnostic::error("syntax::card-inside", "a card cannot stand inside a block")
                .at(span, "left out")
                .help("put it above the block; a value inside one is `let NAME = …`"),
        );
    }

    /// Parses a line unless the splitter found it hopeless.
    fn read<T>(&mut self, line: &Logical<'_>, parse: impl FnOnce(Place, &str) -> Result<T, Fault>) -> Option<T> {
        if let Some(trouble) = line.trouble {
            self.findings.push(error::refuse(trouble, line, self.file, self.lines.text));
            return None;
        }
        match parse(Place { file: self.file, base: line.start }, &line.text) {
            Ok(found) => Some(found),
            Err(fault) => {
                self.findings.push(*fault);
                None
            }
        }
    }

    fn span(&self, line: &Logical<'_>) -> Span {
        Span::new(self.file, line.start, line.end)
    }

    /// A statement with all its blocks.
    pub fn statement(&mut self, line: &Logical<'a>, out: &mut Vec<Stmt>) -> Result<(), Unclosed> {
        let span = self.span(line);
        if line.kind == Kind::Statement {
            let kind = self.read(line, statements::simple);
            out.extend(kind.map(|kind| Stmt { span, kind }));
            return Ok(());
        }
        if statements::leading(&line.text) == "if" {
            let (branches, otherwise, end) = self.branches(line, Bodies::statement)?;
            if let Some(branches) = complete(branches) {
                out.push(Stmt { span: span.to(end), kind: StmtKind::If { branches, otherwise } });
            }
            return Ok(());
        }
        let head = self.read(line, statements::head);
        let (body, end) = self.block(span, Bodies::statement)?;
        out.extend(head.map(|head| Stmt { span: span.to(end), kind: head.with(body) }));
        Ok(())
    }

    /// A line of a `.device` with all its blocks.
    pub fn device_item(&mut self, line: &Logical<'a>, out: &mut Vec<DeviceItem>) -> Result<(), Unclosed> {
        let span = self.span(line);
        if line.kind == Kind::Statement {
            let comment = self.lines.comment_behind(line.end);
            self.read(line, |place, text| equations::device_items(place, text, comment, out));
            return Ok(());
        }
        match statements::leading(&line.text).as_str() {
            "if" => {
                let (branches, otherwise, end) = self.branches(line, Bodies::device_item)?;
                if let Some(branches) = complete(branches) {
                    out.push(DeviceItem::If(DeviceIf { branches, otherwise, span: span.to(end) }));
                }
            }
            "when" => {
                let condition = self.read(line, statements::condition).flatten();
                let (body, end) = self.block(span, Bodies::statement)?;
                out.extend(condition.map(|condition| DeviceItem::When(When { condition, body, span: span.to(end) })));
            }
            "elif" | "elsif" | "elseif" => self.no_block_here(line, "write `else if CONDITION {`")?,
            _ => self.no_block_here(line, "a device has blocks behind `when` and `if` only")?,
        }
        Ok(())
    }

    /// A line of a `.variation`.
    pub fn variation_item(&mut self, line: &Logical<'a>, out: &mut Vec<VariationItem>) -> Result<(), Unclosed> {
        if line.kind == Kind::Opens {
            return self.no_block_here(line, "a .variation has no blocks inside");
        }
        out.extend(self.read(line, equations::variation_item));
        Ok(())
    }

    /// A line of a `.network`.
    pub fn layer(&mut self, line: &Logical<'a>, out: &mut Vec<Layer>) -> Result<(), Unclosed> {
        if line.kind == Kind::Opens {
            return self.no_block_here(line, "a .network has no blocks inside");
        }
        out.extend(self.read(line, equations::layer));
        Ok(())
    }

    /// Skips a block where none belongs.
    fn no_block_here(&mut self, line: &Logical<'a>, help: &str) -> Result<(), Unclosed> {
        let span = self.span(line);
        self.findings
            .push(Diagnostic::error("syntax::block-here", "no block belongs here").at(span, "begins one").help(help));
        self.open.push(span);
        self.lines.skip_block().ok_or(Unclosed)?;
        self.open.pop();
        Ok(())
    }

    /// `if a { … } else if b { … } else { … }` from its first line on.
    fn branches<T>(&mut self, first: &Logical<'a>, read: Read<'l, 'a, T>) -> Result<Branches<T>, Unclosed> {
        let condition = self.read(first, statements::condition).flatten();
        let (items, mut end) = self.block(self.span(first), read)?;
        let mut branches = vec![(condition, items)];
        let mut otherwise = None;
        while otherwise.is_none() && self.lines.else_follows() {
            let Some(line) = self.lines.next_line(Inside::Block) else { break };
            let condition = self.read(&line, statements::condition);
            if line.kind != Kind::Opens {
                if condition.is_some() {
                    let report = self.read(&line, statements::simple).is_some();
                    debug_assert!(!report, "`else` is a word of blocks");
                }
                break;
            }
            let (items, close) = self.block(self.span(&line), read)?;
            end = close;
            match condition {
                Some(None) => otherwise = Some(items),
                Some(some) => branches.push((some, items)),
                None => branches.push((None, items)),
            }
        }
        Ok((branches, otherwise, end))
    }
}

/// The branches, where all their conditions could be read.
fn complete<T>(branches: Vec<(Option<Expr>, Vec<T>)>) -> Option<Vec<(Expr, Vec<T>)>> {
    branches.into_iter().map(|(condition, items)| Some((condition?, items))).collect()
}

/// The report on blocks nested absurdly.
pub fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::error("syntax::block-depth", format!("blocks nested more than {MAX_BLOCKS} deep"))
        .at(span, "this one is too deep")
        .help("what it holds is left out")
}

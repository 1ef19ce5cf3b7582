//! A file → its items: blocks opened and closed, files included, every bad line reported and left out.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diag::{Diagnostic, FileId, Span};
use crate::syntax::ast::{Ast, Item, Lost, Statement};
use crate::syntax::bodies::{self, MAX_BLOCKS};
use crate::syntax::cards;
use crate::syntax::control;
use crate::syntax::error::{self, Findings};
use crate::syntax::include::{Library, LoadOptions};
use crate::syntax::lines::{Kind, Lines, Logical};
use crate::syntax::parser::{Fault, Place};
use crate::syntax::programs::is_program;
use crate::syntax::scan::{line_end, word_at};
use crate::syntax::sections::has_sections;
use crate::syntax::source::{Sources, Text};

/// Reads the main file and all it includes.
pub struct Reader<'o> {
    pub(super) options: &'o LoadOptions,
    pub sources: Sources,
    pub findings: Findings,
    pub(super) library: Library,
    title: String,
    pub(super) lost: Lost,
    /// Where the last block was found not to be closed: those around it need no report of their own.
    pub(super) torn: Option<(FileId, usize)>,
}

/// A file being read.
#[derive(Clone)]
pub struct Here {
    pub file: FileId,
    pub path: PathBuf,
    /// It has `.lib NAME … .endl` sections.
    pub sections: bool,
    subckts: usize,
    fors: usize,
    /// The innermost block around is a `.for`.
    in_for: bool,
}

impl Here {
    /// At the beginning of a file.
    pub fn new(file: FileId, path: PathBuf, text: &str) -> Here {
        Here { file, path, sections: has_sections(text), subckts: 0, fors: 0, in_for: false }
    }

    /// Blocks around.
    pub fn depth(&self) -> usize {
        self.subckts + self.fors
    }
}

/// What ended a list of items.
pub enum End {
    File,
    /// `.end`
    Stop,
    /// `.ends` and the name behind it
    Subckt(Span, String),
    /// `}`
    Brace(Span),
    /// `.endl`
    Section,
    /// A card that stands in no loop; it is read again.
    Card,
}

/// Cards that are never inside a `.for`: there its `}` is missing.
const OUTSIDE: [&str; 14] = [
    "device",
    "variation",
    "always",
    "protocol",
    "experiment",
    "network",
    "op",
    "dc",
    "ac",
    "tran",
    "noise",
    "four",
    "step",
    "control",
];

impl<'o> Reader<'o> {
    pub fn new(options: &'o LoadOptions) -> Reader<'o> {
        Reader {
            options,
            sources: Sources::default(),
            findings: Findings::default(),
            library: Library::default(),
            title: String::new(),
            lost: Lost::default(),
            torn: None,
        }
    }

    /// Reads the main file, whose first line is the title.
    pub fn main(&mut self, path: &Path, name: &str, text: Arc<Text>) -> Ast {
        let file = self.sources.add(name, text.clone(), None);
        if let Ok(real) = std::fs::canonicalize(path) {
            self.library.open.push((real, None));
        }
        let mut lines = Lines::new(&text.content);
        let (title, start) = lines.take_line();
        self.look_at_title(title, Span::new(file, start, start + title.len()));
        self.title = title.trim().to_owned();
        let mut items = Vec::new();
        let here = Here::new(file, path.to_path_buf(), &text.content);
        self.items(&mut lines, &here, &mut items);
        Ast { title: std::mem::take(&mut self.title), items, lost: std::mem::take(&mut self.lost) }
    }

    /// The first line is the title, always; says so when it seems meant otherwise.
    fn look_at_title(&mut self, title: &str, span: Span) {
        let words: Vec<&str> = title.split_whitespace().take(4).collect();
        let Some(first) = words.first() else { return };
        let card = first.strip_prefix('.').is_some_and(error::is_card);
        let element = words.len() == 4 && first.len() < 8 && {
            let mut letters = first.chars();
            letters.next().is_some_and(|c| c.is_ascii_alphabetic()) && letters.any(|c| c.is_ascii_digit())
        };
        if card || element {
            let kind = if card { "a card" } else { "an element" };
            self.findings.add(
                Diagnostic::note("syntax::title", format!("the first line is the title, though it looks like {kind}"))
                    .at(span, "not read as a statement")
                    .help("put a title line above it"),
            );
        }
    }

    /// Reads items up to the end of the block or file.
    pub(super) fn items(&mut self, lines: &mut Lines<'_>, here: &Here, items: &mut Vec<Item>) -> End {
        while let Some(line) = lines.next() {
            let place = Place { file: here.file, base: line.start };
            let span = Span::new(here.file, line.start, line.end);
            if let Some((from, to)) = line.dollar {
                self.findings.add(
                    Diagnostic::warning("syntax::dollar", "a `$` behind a blank begins a comment, as in ngspice")
                        .at(Span::new(here.file, from, to), "not read")
                        .help("a name cannot begin with `$`; if a comment is meant, put a blank behind the `$`"),
                );
            }
            if line.kind == Kind::Closes {
                if here.fors > 0 {
                    return End::Brace(span);
                }
                self.findings.add(
                    Diagnostic::error("syntax::brace", "`}` closes nothing").at(span, "this one").help("remove it"),
                );
                continue;
            }
            let card = line.text.strip_prefix('.').map(|rest| {
                let length = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
                rest[..length].to_ascii_lowercase()
            });
            let Some(card) = card else {
                self.element(&line, place, span, items);
                if line.kind == Kind::Opens {
                    lines.skip_block();
                }
                continue;
            };
            match card.as_str() {
                outside if here.in_for && OUTSIDE.contains(&outside) => {
                    lines.rewind(line.start);
                    return End::Card;
                }
                "end" if line.text.len() == 4 || !line.text.contains('=') => return End::Stop,
                "ends" | "eom" => {
                    let name = line.text[card.len() + 1..].trim().to_owned();
                    if here.subckts > 0 {
                        return End::Subckt(span, name);
                    }
                    self.findings.add(
                        Diagnostic::error("syntax::stray-ends", format!(".{card} without .subckt"))
                            .at(span, "closes nothing")
                            .help("remove it, or is a .subckt line above commented out or wrong?"),
                    );
                }
                "endl" => {
                    if here.sections {
                        return End::Section;
                    }
                }
                "title" if here.file != FileId(0) => {}
                "title" => self.title = line.text["title".len() + 1..].trim().to_owned(),
                "include" | "inc" | "incl" => self.include(&line, here, span, items),
                "lib" => {
                    if self.library_card(&line, lines, here, span, items) {
                        continue;
                    }
                }
                "control" => self.skip_control(lines, here, span),
                "subckt" | "macro" => {
                    if let Some(end) = self.subckt(&line, lines, here, place, span, items) {
                        return end;
                    }
                }
                "for" => {
                    if let Some(end) = self.for_block(&line, lines, here, place, span, items) {
                        return end;
                    }
                }
                _ if is_program(&card, &line.text) => self.program(&card, &line, lines, here, span, items),
                _ => self.card(&card, &line, lines, place, span, items),
            }
        }
        End::File
    }

    /// Parses a line unless the splitter found it hopeless.
    pub(super) fn read<T>(
        &mut self,
        line: &Logical<'_>,
        place: Place,
        parse: impl FnOnce(Place, &str) -> Result<T, Fault>,
    ) -> Option<T> {
        if let Some(trouble) = line.trouble {
            self.lose(line);
            let report = error::refuse(trouble, line, place.file, self.sources.text(place.file));
            self.findings.add(report);
            return None;
        }
        match parse(place, &line.text) {
            Ok(found) => Some(found),
            Err(fault) => {
                self.lose(line);
                self.findings.add(*fault);
                None
            }
        }
    }

    /// Takes note of what a line names that is left out.
    pub(super) fn lose(&mut self, line: &Logical<'_>) {
        // The text of a line that is too long is not kept.
        self.lost.all |= line.text.is_empty();
        self.lost.line(&line.text);
    }

    fn element(&mut self, line: &Logical<'_>, place: Place, span: Span, items: &mut Vec<Item>) {
        let first = line.text.chars().next();
        if line.kind == Kind::Opens {
            self.lost.all = true;
            self.findings.add(error::dot_missing(word_at(&line.text, 0), place));
            return;
        }
        if line.trouble.is_none() && !first.is_some_and(|c| c.is_ascii_alphabetic()) {
            let report = match first {
                Some('+') => Diagnostic::error("syntax::continuation", "there is no line that this one continues")
                    .at(span, "begins with `+`")
                    .help("a `+` at the start of a line continues the line above"),
                first => {
                    let first = first.map(String::from).unwrap_or_default();
                    Diagnostic::error("syntax::statement", format!("no statement begins with `{first}`"))
                        .at(place.range(0, first.len()), "here")
                        .help("a line is an element (R1 …), a card (.tran …) or a comment (* …)")
                }
            };
            self.lose(line);
            self.findings.add(report);
            return;
        }
        if let Some(element) = self.read(line, place, cards::element) {
            items.push(Item { span, kind: Statement::Element(element) });
        }
    }

    fn card(
        &mut self,
        card: &str,
        line: &Logical<'_>,
        lines: &mut Lines<'_>,
        place: Place,
        span: Span,
        items: &mut Vec<Item>,
    ) {
        let statements = match card {
            "model" => self.read(line, place, cards::model).map(|m| vec![Statement::Model(m)]),
            "param" | "params" | "csparam" => self.read(line, place, cards::param),
            "func" => self.read(line, place, cards::func).map(|f| vec![Statement::Func(f)]),
            _ if error::CARDS.contains(&card) => self.read(line, place, cards::card).map(|c| vec![Statement::Card(c)]),
            _ => {
                self.lose(line);
                self.findings.add(error::unknown_card(card, place.range(0, card.len() + 1)));
                if line.kind == Kind::Opens {
                    lines.skip_block();
                }
                None
            }
        };
        items.extend(statements.into_iter().flatten().map(|kind| Item { span, kind }));
    }

    fn skip_control(&mut self, lines: &mut Lines<'_>, here: &Here, span: Span) {
        let from = lines.at();
        let closed = lines.skip_past(&[".endc"]).is_some();
        self.lost.all |= !closed;
        let body = &self.sources.text(here.file)[from..lines.at()];
        let report =
            Diagnostic::warning("syntax::control", "the commands between .control and .endc are not carried out")
                .at(
                    span,
                    if closed { "skipped up to .endc" } else { "skipped up to the end of the file: there is no .endc" },
                )
                .help(control::instead(body));
        self.findings.add(report);
    }

    fn subckt(
        &mut self,
        line: &Logical<'_>,
        lines: &mut Lines<'_>,
        here: &Here,
        place: Place,
        span: Span,
        items: &mut Vec<Item>,
    ) -> Option<End> {
        let head = self.read(line, place, cards::subckt);
        let mut inside = Vec::new();
        let inner = Here { subckts: here.subckts + 1, in_for: false, ..here.clone() };
        let end = self.nested(lines, &inner, span, &mut inside);
        let mut whole = span;
        let result = match end {
            End::Subckt(at, name) => {
                whole = span.to(at);
                if let Some(head) = &head
                    && !name.is_empty()
                    && !head.name.is(&name)
                {
                    self.findings.add(
                        Diagnostic::warning(
                            "syntax::ends-name",
                            format!(".ends {name} closes .subckt {}", head.name.text),
                        )
                        .at(at, "closes")
                        .at(head.name.span, "this one")
                        .help("is an .ends missing between them?"),
                    );
                }
                None
            }
            End::File if self.torn == Some((here.file, lines.at())) => Some(End::File),
            other => {
                self.lost.all = true;
                self.findings.add(
                    Diagnostic::error("syntax::no-ends", "this .subckt has no .ends")
                        .at(span, "begins here")
                        .help("put .ends below its last line"),
                );
                Some(other)
            }
        };
        if let Some(mut subckt) = head {
            subckt.items = inside;
            items.push(Item { span: whole, kind: Statement::Subckt(subckt) });
        }
        result
    }

    fn for_block(
        &mut self,
        line: &Logical<'_>,
        lines: &mut Lines<'_>,
        here: &Here,
        place: Place,
        span: Span,
        items: &mut Vec<Item>,
    ) -> Option<End> {
        let head = self.read(line, place, cards::for_head);
        if head.is_none() {
            let text = self.sources.text(here.file).as_bytes();
            self.findings.hush(Span::new(here.file, line.start, line_end(text, line.end)));
        }
        if line.kind != Kind::Opens {
            if head.is_some() {
                self.findings.add(
                    Diagnostic::error("syntax::for", "this .for has no block")
                        .at(span, "no `{` follows")
                        .help("the form is: .for i = FIRST:LAST { … }"),
                );
            }
            return None;
        }
        let mut inside = Vec::new();
        let inner = Here { fors: here.fors + 1, in_for: true, ..here.clone() };
        let end = self.nested(lines, &inner, span, &mut inside);
        let mut whole = span;
        let result = match end {
            End::Brace(at) => {
                whole = span.to(at);
                None
            }
            other => {
                self.lost.all = true;
                let at = Some((here.file, lines.at()));
                if self.torn != at {
                    self.torn = at;
                    self.findings.add(
                        Diagnostic::error("syntax::no-brace", "this .for block is never closed")
                            .at(span, "begins here")
                            .help("put `}` below its last line"),
                    );
                }
                Some(other).filter(|end| here.in_for || !matches!(end, End::Card))
            }
        };
        match head {
            Some(mut block) => {
                block.items = inside;
                items.push(Item { span: whole, kind: Statement::For(block) });
            }
            None => self.lost.all = true,
        }
        result
    }

    /// The items of a block, refused when blocks are nested absurdly.
    fn nested(&mut self, lines: &mut Lines<'_>, inner: &Here, span: Span, items: &mut Vec<Item>) -> End {
        if inner.depth() <= MAX_BLOCKS {
            return self.items(lines, inner, items);
        }
        self.lost.all = true;
        self.findings.add(bodies::too_deep(span));
        while lines.next().is_some() {}
        End::File
    }
}

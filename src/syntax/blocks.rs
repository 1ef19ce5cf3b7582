//! A file → its items: blocks opened and closed, files included, every bad line reported and left out.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diag::{Diagnostic, FileId, Span, closest};
use crate::syntax::ast::{Ast, Item, Statement};
use crate::syntax::cards;
use crate::syntax::error::{self, Findings};
use crate::syntax::include::{Library, LoadOptions, Loaded};
use crate::syntax::lines::{Kind, Lines, Logical};
use crate::syntax::parser::{Fault, Place};
use crate::syntax::source::{Sources, Text};

/// Blocks inside each other.
const MAX_BLOCKS: usize = 100;

/// Reads the main file and all it includes.
pub struct Reader<'o> {
    options: &'o LoadOptions,
    pub sources: Sources,
    pub findings: Findings,
    library: Library,
    title: String,
}

/// A file being read.
#[derive(Clone)]
struct Here {
    file: FileId,
    path: PathBuf,
    /// It has `.lib NAME … .endl` sections.
    sections: bool,
    subckts: usize,
    fors: usize,
}

/// What ended a list of items.
enum End {
    File,
    /// `.end`
    Stop,
    /// `.ends` and the name behind it
    Subckt(Span, String),
    /// `}`
    Brace(Span),
    /// `.endl`
    Section,
}

impl<'o> Reader<'o> {
    pub fn new(options: &'o LoadOptions) -> Reader<'o> {
        Reader {
            options,
            sources: Sources::default(),
            findings: Findings::default(),
            library: Library::default(),
            title: String::new(),
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
        let here = Here { file, path: path.to_path_buf(), sections: has_sections(&text.content), subckts: 0, fors: 0 };
        self.items(&mut lines, &here, &mut items);
        Ast { title: std::mem::take(&mut self.title), items }
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
    fn items(&mut self, lines: &mut Lines<'_>, here: &Here, items: &mut Vec<Item>) -> End {
        while let Some(line) = lines.next() {
            let place = Place { file: here.file, base: line.start };
            let span = Span::new(here.file, line.start, line.end);
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
                continue;
            };
            match card.as_str() {
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
                _ => self.card(&card, &line, lines, place, span, items),
            }
        }
        End::File
    }

    /// Parses a line unless the splitter found it hopeless.
    fn read<T>(
        &mut self,
        line: &Logical<'_>,
        place: Place,
        parse: impl FnOnce(Place, &str) -> Result<T, Fault>,
    ) -> Option<T> {
        if let Some(trouble) = line.trouble {
            let report = error::refuse(trouble, line, place.file, self.sources.text(place.file));
            self.findings.add(report);
            return None;
        }
        match parse(place, &line.text) {
            Ok(found) => Some(found),
            Err(fault) => {
                self.findings.add(*fault);
                None
            }
        }
    }

    fn element(&mut self, line: &Logical<'_>, place: Place, span: Span, items: &mut Vec<Item>) {
        let first = line.text.chars().next();
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
        let software = card == "func" && line.text.contains("->");
        if software
            || matches!(
                card,
                "device" | "variation" | "always" | "protocol" | "experiment" | "network" | "smu" | "signal"
            )
        {
            self.not_yet(card, line, lines, span);
            return;
        }
        let statements = match card {
            "model" => self.read(line, place, cards::model).map(|m| vec![Statement::Model(m)]),
            "param" | "params" | "csparam" => self.read(line, place, cards::param),
            "func" => self.read(line, place, cards::func).map(|f| vec![Statement::Func(f)]),
            _ if error::CARDS.contains(&card) => self.read(line, place, cards::card).map(|c| vec![Statement::Card(c)]),
            _ => {
                self.findings.add(error::unknown_card(card, place.range(0, card.len() + 1)));
                if line.kind == Kind::Opens {
                    lines.skip_block();
                }
                None
            }
        };
        items.extend(statements.into_iter().flatten().map(|kind| Item { span, kind }));
    }

    /// A block of the language that this version has no meaning for: one report, and its braces are skipped.
    fn not_yet(&mut self, card: &str, line: &Logical<'_>, lines: &mut Lines<'_>, span: Span) {
        let mut closed = true;
        if line.kind == Kind::Opens {
            closed = lines.skip_block().is_some();
        }
        let report = Diagnostic::error("syntax::not-yet", format!(".{card} is not yet supported"))
            .at(span, if line.kind == Kind::Opens { "this block is left out" } else { "left out" });
        self.findings.add(if closed {
            report.help("this version reads elements, .subckt, .model, .param, .func, .for and the analysis cards")
        } else {
            report.help("its `{` is never closed, so that everything below is left out too")
        });
    }

    fn skip_control(&mut self, lines: &mut Lines<'_>, here: &Here, span: Span) {
        let from = lines.at();
        let closed = lines.skip_past(&[".endc"]).is_some();
        let body = &self.sources.text(here.file)[from..lines.at()];
        let report =
            Diagnostic::warning("syntax::control", "the commands between .control and .endc are not carried out")
                .at(
                    span,
                    if closed { "skipped up to .endc" } else { "skipped up to the end of the file: there is no .endc" },
                )
                .help(instead(body));
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
        let inner = Here { subckts: here.subckts + 1, ..here.clone() };
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
            other => {
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
        let inner = Here { fors: here.fors + 1, ..here.clone() };
        let end = self.nested(lines, &inner, span, &mut inside);
        let mut whole = span;
        let result = match end {
            End::Brace(at) => {
                whole = span.to(at);
                None
            }
            other => {
                self.findings.add(
                    Diagnostic::error("syntax::no-brace", "this .for block is never closed")
                        .at(span, "begins here")
                        .help("put `}` below its last line"),
                );
                Some(other)
            }
        };
        if let Some(mut block) = head {
            block.items = inside;
            items.push(Item { span: whole, kind: Statement::For(block) });
        }
        result
    }

    /// The items of a block, refused when blocks are nested absurdly.
    fn nested(&mut self, lines: &mut Lines<'_>, inner: &Here, span: Span, items: &mut Vec<Item>) -> End {
        if inner.subckts + inner.fors <= MAX_BLOCKS {
            return self.items(lines, inner, items);
        }
        self.findings.add(
            Diagnostic::error("syntax::block-depth", format!("blocks nested more than {MAX_BLOCKS} deep"))
                .at(span, "this one is too deep")
                .help("the rest of the file is left out"),
        );
        while lines.next().is_some() {}
        End::File
    }

    fn include(&mut self, line: &Logical<'_>, here: &Here, span: Span, items: &mut Vec<Item>) {
        let rest = argument_text(&line.text);
        if rest.is_empty() {
            self.findings.add(no_file(span));
            return;
        }
        self.bring_in(unquoted(rest), None, here, span, items);
    }

    /// `.lib file section`, `.lib file`, or the head of a section that is not wanted here; whether it was that.
    fn library_card(
        &mut self,
        line: &Logical<'_>,
        lines: &mut Lines<'_>,
        here: &Here,
        span: Span,
        items: &mut Vec<Item>,
    ) -> bool {
        let (file, section) = file_and_section(argument_text(&line.text));
        if file.is_empty() {
            self.findings.add(no_file(span));
        } else if section.is_empty() && here.sections {
            lines.skip_past(&[".endl"]);
            return true;
        } else {
            self.bring_in(file, Some(section).filter(|s| !s.is_empty()), here, span, items);
        }
        false
    }

    fn bring_in(&mut self, name: &str, section: Option<&str>, here: &Here, span: Span, items: &mut Vec<Item>) {
        let loaded = match self.library.load(name, section, &here.path, span, self.options) {
            Ok(loaded) => loaded,
            Err(report) => {
                self.findings.add(*report);
                return;
            }
        };
        let Loaded { path, real, text, finding } = loaded;
        let file = self.sources.add(path.to_string_lossy(), text.clone(), Some(span));
        if let Some(mut finding) = finding {
            finding.labels.iter_mut().for_each(|label| label.span.file = file);
            self.findings.add(finding);
        }
        let inner = Here { file, path, sections: has_sections(&text.content), subckts: 0, fors: 0 };
        let mut lines = Lines::new(&text.content);
        if let Some(section) = section
            && !seek_section(&mut lines, section)
        {
            let names = section_names(&text.content);
            let report = Diagnostic::error("syntax::section", format!("{name} has no section `{section}`"))
                .at(span, "asked for here");
            let like = closest(section, names.iter().copied());
            self.findings.add(match like {
                Some(like) => report.help(format!("did you mean `{like}`?")),
                None => report.help(format!("its sections: {}", names.join(" "))),
            });
            return;
        }
        self.library.open.push((real, section.map(str::to_ascii_lowercase)));
        self.items(&mut lines, &inner, items);
        self.library.open.pop();
    }
}

fn no_file(span: Span) -> Diagnostic {
    Diagnostic::error("syntax::no-file-name", "no file is named")
        .at(span, "which one?")
        .help("write .include \"FILE\" or .lib \"FILE\" SECTION")
}

/// What stands behind the name of a card.
fn argument_text(text: &str) -> &str {
    text.find([' ', '\t', '"', '\'']).map_or("", |at| text[at..].trim())
}

fn unquoted(text: &str) -> &str {
    text.trim_matches(['"', '\''])
}

/// The file, in quotes or up to a blank, and the section behind it.
fn file_and_section(text: &str) -> (&str, &str) {
    let (file, rest) = match text.chars().next() {
        Some(quote @ ('"' | '\'')) => text[1..].split_once(quote).unwrap_or((&text[1..], "")),
        _ => text.split_once([' ', '\t']).unwrap_or((text, "")),
    };
    (file, unquoted(rest.trim()))
}

/// Whether a text has sections: then `.lib NAME` begins one and does not include a file.
fn has_sections(text: &str) -> bool {
    Lines::new(text).skip_past(&[".endl"]).is_some()
}

/// The first words of all `.lib NAME` lines.
fn section_names(text: &str) -> Vec<&str> {
    let mut lines = Lines::new(text);
    let mut names = Vec::new();
    while let Some((_, end)) = lines.skip_past(&[".lib"]) {
        let rest = text[end..].lines().next().unwrap_or("");
        let (name, section) = file_and_section(rest.trim());
        if section.is_empty() && !name.is_empty() && names.len() < 50 {
            names.push(unquoted(name));
        }
    }
    names
}

/// Goes to the line after `.lib section`; whether there is one.
fn seek_section(lines: &mut Lines<'_>, section: &str) -> bool {
    while let Some(rest) = lines.skip_to_rest(".lib") {
        let (name, other) = file_and_section(rest);
        if other.is_empty() && unquoted(name).eq_ignore_ascii_case(section) {
            return true;
        }
    }
    false
}

/// What to write instead of the commands of a `.control` section.
fn instead(body: &str) -> String {
    let mut cards: Vec<&str> = Vec::new();
    for line in body.lines().take(1000) {
        let command = line.split_whitespace().next().unwrap_or("").to_ascii_lowercase();
        let card = match command.as_str() {
            "op" => ".op",
            "dc" => ".dc",
            "ac" => ".ac",
            "tran" => ".tran",
            "noise" => ".noise",
            "tf" => ".tf",
            "meas" | "measure" => ".meas",
            "save" => ".save",
            "print" | "plot" | "wrdata" | "write" => ".print (every run writes its waves as CSV)",
            "let" | "set" => ".param",
            "option" | "options" => ".options",
            "alter" | "alterparam" | "foreach" | "while" | "repeat" | "dowhile" => ".step",
            "fourier" => ".four",
            _ => continue,
        };
        if !cards.contains(&card) {
            cards.push(card);
        }
    }
    if cards.is_empty() {
        "write the analyses as cards: .op .dc .ac .tran .step .meas".to_owned()
    } else {
        format!("write cards outside of it instead: {}", cards.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use crate::syntax::{LoadOptions, ast::Ast, parse_file, parse_str, print, report};

    /// Codes of all findings of a netlist whose title line is given here.
    fn codes(lines: &str) -> Vec<&'static str> {
        parse_str("test", &format!("title\n{lines}")).2.iter().map(|d| d.code).collect()
    }

    /// Reads `main.cir` of a folder with these files.
    fn folder(files: &[(&str, &str)]) -> (Ast, Vec<&'static str>, String) {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let root = Some(dir.path().to_path_buf());
        let search = vec![dir.path().join("search")];
        let (ast, sources, findings) = parse_file(&dir.path().join("main.cir"), &LoadOptions { root, search });
        let drawn = findings.iter().map(|d| report::render(d, &sources, false)).collect();
        (ast.unwrap(), findings.iter().map(|d| d.code).collect(), drawn)
    }

    fn names(ast: &Ast) -> String {
        print::print(ast).lines().skip(1).filter_map(|l| l.split_whitespace().next()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_first_line_is_the_title() {
        assert_eq!(parse_str("t", "* A deck \r\nR1 a 0 1").0.title, "* A deck");
        assert_eq!(parse_str("t", "A deck\n.title Better\nR1 a 0 1").0.title, "Better");
        assert_eq!(parse_str("t", "R1 a 0 1k\n").2[0].code, "syntax::title");
        assert_eq!(parse_str("t", ".tran 1n 1u\n").2[0].code, "syntax::title");
        assert!(parse_str("t", "RC low pass 2\n").2.is_empty());
        assert!(parse_str("t", "").2.is_empty());
    }

    #[test]
    fn all_errors_in_one_run() {
        let wrong = "R1 a b {1+}\nR2 a b 1\n.trann 1n\n.param a\n+ b\nC1 a b {(1]}\n.model\n.subckt x a\n";
        assert_eq!(
            codes(wrong),
            [
                "syntax::element",
                "syntax::unknown-card",
                "syntax::param",
                "syntax::bracket",
                "syntax::model",
                "syntax::no-ends",
            ]
        );
    }

    #[test]
    fn blocks_must_close() {
        assert_eq!(codes(".ends\n}\n"), ["syntax::stray-ends", "syntax::brace"]);
        assert_eq!(codes(".for i = 0:1 {\nR1 a b 1\n"), ["syntax::no-brace"]);
        assert_eq!(codes(".subckt a b\n.for i = 0:1 {\nR1 a b 1\n.ends\nR2 a b 1"), ["syntax::no-brace"]);
        assert_eq!(codes(".for i = 0:1 {\n.subckt a b\nR1 b 0 1\n}\nR2 a b 1"), ["syntax::no-ends"]);
        assert_eq!(codes(".subckt a b\n.subckt c d\n.ends a\n.ends a\n"), ["syntax::ends-name"]);
        assert_eq!(codes(".for i = 0:1\nR1 a b 1"), ["syntax::for"]);
        assert_eq!(codes(&".subckt a b\n".repeat(200)).len(), 101);
        assert_eq!(codes(&".for i=0:1 {".repeat(200)).first(), Some(&"syntax::block-depth"));
    }

    #[test]
    fn later_blocks_are_left_out_whole() {
        let text = ".device m(a b) {\n param x = 1 ; }\n when x > 1 { x = 0 }\n}\nR1 a b 1\n.smu a b\n.func f(x) -> y {\n y = x\n}\nR2 a b 1";
        let (ast, _, findings) = parse_str("t", &format!("title\n{text}"));
        assert_eq!(names(&ast), "R1 R2");
        assert_eq!(findings.iter().map(|d| d.code).collect::<Vec<_>>(), ["syntax::not-yet"; 3]);
    }

    #[test]
    fn control_sections_are_skipped_with_advice() {
        let (ast, _, findings) =
            parse_str("t", "title\n.control\nrun 'it\ntran 1n 1u\nalter r1=2\n.endc\nR1 a 0 1\n.end\nrubbish {");
        assert_eq!(names(&ast), "R1");
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].help.as_deref(), Some("write cards outside of it instead: .tran, .step"));
    }

    #[test]
    fn included_files_stand_where_they_are_included() {
        let (ast, codes, _) = folder(&[
            ("main.cir", "title\nR1 a 0 1\n.include sub/one.inc\nR4 a 0 1\n"),
            ("sub/one.inc", "* no title here\nR2 a 0 1\n.inc \"two.inc\"\n.include models/m.lib\n.include far.lib\n"),
            ("sub/two.inc", "R3 a 0 1\n"),
            ("models/m.lib", ".model d d\n"),
            ("search/far.lib", "C1 a 0 1n\n"),
        ]);
        assert_eq!(codes, [""; 0]);
        assert_eq!(names(&ast), "R1 R2 R3 .model C1 R4");
    }

    #[test]
    fn library_sections() {
        let library = ".lib tt\nR1 a 0 1\n.lib 'm.lib' common\n.endl tt\n.lib ff\nR2 a 0 1\n.endl\n.lib common\nR3 a 0 1\n.endl\n";
        let (ast, codes, _) = folder(&[("main.cir", "title\n.lib m.lib TT\n"), ("m.lib", library)]);
        assert_eq!((names(&ast).as_str(), codes.len()), ("R1 R3", 0));
        let (ast, codes, drawn) =
            folder(&[("main.cir", "title\n.lib \"m.lib\" tf\n.include m.lib"), ("m.lib", library)]);
        assert_eq!((names(&ast).as_str(), codes.as_slice()), ("", ["syntax::section"].as_slice()));
        assert!(drawn.contains("did you mean `tt`"), "{drawn}");
    }

    #[test]
    fn loops_and_missing_files_show_the_chain() {
        let (_, codes, drawn) = folder(&[
            ("main.cir", "title\n\n.include a.inc\n"),
            ("a.inc", ".include b.inc\n"),
            ("b.inc", "\n.include a.inc\n.include c.inc\nR1 a b {"),
        ]);
        assert_eq!(codes, ["syntax::include-loop", "syntax::missing-file", "syntax::unclosed"]);
        assert!(drawn.contains("a.inc:1") && drawn.contains("main.cir:3"), "{drawn}");
        assert!(drawn.contains("did you mean"), "{drawn}");
    }

    #[test]
    fn inclusions_that_multiply_are_stopped() {
        let text: Vec<(String, String)> =
            (0..40).map(|i| (format!("f{i}.inc"), format!(".include f{0}.inc\n.include f{0}.inc\n", i + 1))).collect();
        let mut files: Vec<(&str, &str)> = text.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        files.extend([("main.cir", "title\n.include f0.inc\n"), ("f40.inc", "R1 a 0 1\n")]);
        assert!(folder(&files).1.contains(&"syntax::too-much"));
    }

    #[test]
    fn unreadable_files_are_reports() {
        let read = |path: &Path| parse_file(path, &LoadOptions::default());
        let dir = tempfile::tempdir().unwrap();
        let huge = dir.path().join("huge.cir");
        fs::File::create(&huge).unwrap().set_len(1 << 30).unwrap();
        for path in [dir.path(), &dir.path().join("none.cir"), &huge] {
            let (ast, _, findings) = read(path);
            assert_eq!((ast, findings[0].code), (None, "syntax::unreadable"));
        }
        let (_, codes, _) = folder(&[("main.cir", "title\n.include huge\n"), ("huge", "ab\0c")]);
        assert_eq!(codes, ["syntax::binary"]);
    }

    #[test]
    fn no_more_reports_than_a_person_reads() {
        let found = codes(&".trann\n".repeat(1000));
        assert_eq!((found.len(), found.last()), (101, Some(&"syntax::more")));
    }
}

//! Text → [`ast::Ast`]. Knows no circuit.
//!
//! `decode` makes text of bytes, `lines` cuts it into logical lines, `parser` (made by pest of
//! `grammar/netlist.pest`) parses each of them, `cards`, `args` and `expr` make statements of what it finds, and
//! `blocks` puts them into blocks and brings included files in. A bad line is reported and left out; the rest goes on.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use crate::diag::{Diagnostic, FileId, Span};

mod args;
pub mod ast;
mod blocks;
mod bodies;
mod cards;
mod control;
mod decode;
mod doc;
mod equations;
mod error;
mod expr;
mod format;
mod forms;
mod heads;
mod include;
mod inclusion;
mod lines;
pub mod number;
mod parser;
pub mod print;
mod print_blocks;
mod programs;
pub mod report;
mod scan;
mod sections;
pub mod source;
mod statements;

pub use format::format;
pub use include::{LoadOptions, ReadError, read, read_from};

use ast::{Ast, Expr};
use source::{Sources, Text};

/// Reads a netlist file and all it includes. No Ast when the file itself cannot be read.
pub fn parse_file(path: &Path, options: &LoadOptions) -> (Option<Ast>, Sources, Vec<Diagnostic>) {
    let name = path.to_string_lossy();
    match include::read(path) {
        Ok(bytes) => {
            let (ast, sources, findings) = parse_bytes(&name, &bytes, options);
            (Some(ast), sources, findings)
        }
        Err(error) => (None, Sources::default(), vec![unreadable(&name, &error)]),
    }
}

/// Reads a netlist from a stream, standard input for one; `name` stands for it in reports.
pub fn parse_stream(name: &str, stream: impl Read, options: &LoadOptions) -> (Option<Ast>, Sources, Vec<Diagnostic>) {
    match include::read_from(stream) {
        Ok(bytes) => {
            let (ast, sources, findings) = parse_bytes(name, &bytes, options);
            (Some(ast), sources, findings)
        }
        Err(error) => (None, Sources::default(), vec![unreadable(name, &error)]),
    }
}

/// Reads a netlist from bytes; files it includes are looked for from the folder of `name` on.
pub fn parse_bytes(name: &str, bytes: &[u8], options: &LoadOptions) -> (Ast, Sources, Vec<Diagnostic>) {
    let decoded = decode::decode(bytes);
    let mut reader = blocks::Reader::new(options);
    if let Some(finding) = &decoded.finding {
        reader.findings.add(finding.report(FileId(0), name));
    }
    let mut ast = reader.main(Path::new(name), name, Arc::new(Text::new(decoded.content)));
    ast.lost.all |= matches!(decoded.finding, Some(decode::Finding::Binary));
    (ast, reader.sources, reader.findings.finish())
}

/// Reads a netlist from a text.
pub fn parse_str(name: &str, text: &str) -> (Ast, Sources, Vec<Diagnostic>) {
    parse_bytes(name, text.as_bytes(), &LoadOptions::default())
}

/// Reads one expression, of the command line for one; its spans count from the start of the text.
pub fn parse_expr(text: &str) -> Result<Expr, Box<Diagnostic>> {
    parse_expr_at(text, Span::new(FileId(0), 0, 0))
}

/// Reads one expression that stands in a file from the start of `span` on.
pub fn parse_expr_at(text: &str, span: Span) -> Result<Expr, Box<Diagnostic>> {
    let place = parser::Place { file: span.file, base: span.start as usize };
    let line = lines::Logical::of(text);
    match line.trouble {
        Some(trouble) => Err(Box::new(error::refuse(trouble, &line, span.file, text))),
        None => cards::expression(place, text),
    }
}

/// How a card is written.
pub fn card_form(card: &str) -> &'static str {
    forms::card(card)
}

/// The text of a file laid out anew; what is wrong with it where that keeps it from being understood.
pub fn format_bytes(name: &str, bytes: &[u8]) -> Result<String, (Sources, Vec<Diagnostic>)> {
    let (_, sources, findings) = parse_bytes(name, bytes, &LoadOptions::default());
    let mut errors: Vec<Diagnostic> = findings
        .into_iter()
        .filter(|d| d.is_error() && d.code != "syntax::missing-file")
        .filter(|d| d.labels.first().is_none_or(|label| label.span.file == FileId(0)))
        .collect();
    match std::str::from_utf8(bytes) {
        Ok(text) if errors.is_empty() => return Ok(format(text)),
        Ok(_) => {}
        Err(error) => {
            let at = error.valid_up_to();
            errors.push(
                Diagnostic::error("syntax::not-utf-8", format!("{name} is not UTF-8"))
                    .at(Span::new(FileId(0), at, at), "the first such character is here")
                    .help("save the file as UTF-8"),
            );
        }
    }
    Err((sources, errors))
}

/// Whether a block was never closed: what follows it was read as part of it, and says nothing true about the netlist.
pub fn is_torn(findings: &[Diagnostic]) -> bool {
    findings.iter().any(|d| matches!(d.code, "syntax::no-brace" | "syntax::no-ends"))
}

fn unreadable(name: &str, error: &include::ReadError) -> Diagnostic {
    Diagnostic::error("syntax::unreadable", format!("cannot read {name}: {error}")).help(error.help())
}

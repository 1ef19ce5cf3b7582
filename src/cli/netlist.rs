//! A netlist file → its circuit and plan with everything found wrong on the way; what all commands on netlists share.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::terminal::complain;
use crate::device::registry::REGISTRY;
use crate::diag::{Diagnostic, Severity, Span, any_error};
use crate::elab::{self, DataRoots, Kinds, Overrides};
use crate::lab::report::Finding;
use crate::lab::run::Deck;
use crate::syntax::ast::Ast;
use crate::syntax::source::Sources;
use crate::syntax::{LoadOptions, number, parse_file, parse_stream, report};

/// Arguments that say how a netlist is read.
#[derive(Args, Clone, Debug)]
pub struct Reading {
    /// Set a parameter of the netlist: `--param rload=1k` (may be repeated)
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = assignment)]
    pub params: Vec<(String, f64)>,
    /// Look for data files here too, before $MEMSPICE_DATA
    #[arg(long, value_name = "DIR")]
    pub data: Vec<PathBuf>,
}

/// `rload=1k`
fn assignment(text: &str) -> Result<(String, f64), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    let number = number::parse(value.trim()).map(|n| n.value).filter(|v| v.is_finite());
    let value = number.ok_or_else(|| format!("`{value}` is not a number"))?;
    match name.trim() {
        "" => Err("expected NAME=VALUE".into()),
        name => Ok((name.to_ascii_lowercase(), value)),
    }
}

/// A netlist as read, and what is wrong with it.
pub struct Netlist {
    /// As the user named it
    pub file: String,
    pub sources: Sources,
    ast: Option<Ast>,
    kinds: Kinds,
    data: DataRoots,
    params: Vec<(String, f64)>,
    /// None if something is an error.
    pub deck: Option<Deck>,
    pub diagnostics: Vec<Diagnostic>,
}

impl Netlist {
    /// Reads a file, or standard input for `-`; parses, elaborates, checks.
    pub fn read(file: &str, reading: &Reading) -> Netlist {
        let environment = std::env::var_os("MEMSPICE_DATA");
        let more = environment.iter().flat_map(std::env::split_paths);
        let extra: Vec<PathBuf> = reading.data.iter().cloned().chain(more).collect();
        let options = LoadOptions { search: extra.clone(), ..LoadOptions::default() };
        let (ast, sources, diagnostics) = match file {
            "-" => parse_stream("standard input", std::io::stdin().lock(), &options),
            path => parse_file(Path::new(path), &options),
        };
        let folder = |path: &str| Path::new(path).parent().unwrap_or(Path::new("")).to_path_buf();
        let data = DataRoots { folders: sources.iter().map(|(_, s)| folder(&s.path)).collect(), extra };
        let mut netlist = Netlist {
            file: file.into(),
            sources,
            ast,
            kinds: Kinds::new(REGISTRY.iter().map(|r| r.kind)),
            data,
            params: reading.params.clone(),
            deck: None,
            diagnostics,
        };
        let (deck, found) = netlist.elaborate(&Overrides::default());
        netlist.diagnostics.extend(found);
        if let Some(deck) = deck {
            netlist.deck = Some(deck).filter(|_| !any_error(&netlist.diagnostics));
        }
        netlist
    }

    /// With values that win over those of the netlist and of `--param`.
    fn elaborate(&self, overrides: &Overrides) -> (Option<Deck>, Vec<Diagnostic>) {
        let Some(ast) = &self.ast else { return (None, Vec::new()) };
        // The last of a name wins.
        let mut params: Vec<(String, f64)> = Vec::new();
        let mut places: HashMap<&str, usize> = HashMap::new();
        for (name, value) in self.params.iter().chain(&overrides.params) {
            let place = *places.entry(name).or_insert(params.len());
            match params.get_mut(place) {
                Some(earlier) => earlier.1 = *value,
                None => params.push((name.clone(), *value)),
            }
        }
        let overrides = Overrides { params, ..overrides.clone() };
        let (deck, found) = elab::elaborate(ast, &self.kinds, &overrides, &self.data);
        (deck.map(|d| Deck { circuit: Arc::new(d.circuit), plan: d.plan }), found)
    }

    /// For step points: an elaboration without errors, or why not.
    pub fn again(&self, overrides: &Overrides) -> Result<Deck, Vec<Diagnostic>> {
        let (deck, found) = self.elaborate(overrides);
        deck.filter(|_| !any_error(&found)).ok_or(found)
    }

    /// File and line of a place.
    pub fn place(&self, span: Span) -> (String, usize) {
        (self.sources.path(span.file).to_string(), self.sources.line_column(span).0)
    }

    /// Diagnostics as the report lists them.
    pub fn findings(&self, diagnostics: &[Diagnostic]) -> Vec<Finding> {
        diagnostics.iter().map(|d| Finding::new(d, |span| self.place(span))).collect()
    }

    /// Draws diagnostics on standard error; only errors if `quiet`.
    pub fn show(&self, diagnostics: &[Diagnostic], quiet: bool) {
        let color = super::terminal::color();
        for d in diagnostics.iter().filter(|d| !quiet || d.severity == Severity::Error) {
            complain(&report::render(d, &self.sources, color));
        }
    }

    /// The name of the file without folder and extension.
    pub fn stem(&self) -> String {
        match self.file.as_str() {
            "-" => "stdin".into(),
            path => Path::new(path).file_stem().unwrap_or(OsStr::new("netlist")).to_string_lossy().into_owned(),
        }
    }
}

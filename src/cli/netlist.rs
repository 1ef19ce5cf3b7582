//! A netlist file → its circuit and plan with everything found wrong on the way; what all commands on netlists share.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::terminal::complain;
use crate::circuit::definition::Definition;
use crate::circuit::plan::{Options, Plan};
use crate::device::registry::REGISTRY;
use crate::diag::{Diagnostic, FileId, Severity, Span, any_error};
use crate::elab::{self, DataRoots, Kinds, Overrides};
use crate::lab::experiment::{Catalog, check};
use crate::lab::report::Finding;
use crate::lab::run::Deck;
use crate::process::lint::lint;
use crate::process::machine::Machine;
use crate::random::key::hash;
use crate::syntax::ast::{Assign, Ast, Experiment, Item, Lost, Name, Setting, Statement};
use crate::syntax::print;
use crate::syntax::source::{Sources, Text};
use crate::syntax::{LoadOptions, is_torn, parse_expr_at, parse_file, parse_stream, report};
use crate::value::data::Files;

/// Arguments that say how a netlist is read.
#[derive(Args, Clone, Debug)]
pub struct Reading {
    /// Set a parameter of the netlist: `--param rload=1k`, `--param 'w=2*l'` (may be repeated)
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = assignment)]
    pub params: Vec<(String, String)>,
    /// Look for data files here too, before $MEMSPICE_DATA
    #[arg(long, value_name = "DIR")]
    pub data: Vec<PathBuf>,
}

/// `rload=1k`, `w=2*l`: the name in lower case and the expression.
fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=').map(|(name, value)| (name.trim(), value.trim())) {
        None | Some(("", _) | (_, "")) => Err("expected NAME=VALUE".into()),
        Some((name, value)) => Ok((name.to_ascii_lowercase(), value.to_string())),
    }
}

/// Puts what `--param` says behind the netlist, where it wins over other definitions of the same name.
fn set_params(params: &[(String, String)], ast: &mut Ast, sources: &mut Sources, diagnostics: &mut Vec<Diagnostic>) {
    for (name, value) in params {
        let written = format!("{name}={value}");
        let file = sources.add("--param", Arc::new(Text::new(written.clone())), None);
        let at = Span::new(file, 0, name.len());
        let defined = ast.items.iter().flat_map(|item| match &item.kind {
            Statement::Param(list) => &list[..],
            _ => &[],
        });
        let known: Vec<String> = defined.map(|a| a.name.lower()).collect();
        if !known.contains(name) {
            diagnostics
                .push(elab::unknown_override(name, known.iter().map(String::as_str)).at(at, "not in the netlist"));
            continue;
        }
        let place = Span::new(file, name.len() + 1, written.len());
        // A value in braces or quotes is what stands in them.
        let bare = value.strip_prefix('{').and_then(|v| v.strip_suffix('}'));
        let (text, place) = match bare {
            Some(inner) => (inner, Span { start: place.start + 1, end: place.end - 1, ..place }),
            None => (value.as_str(), place),
        };
        match parse_expr_at(text, place) {
            Ok(value) => {
                let assign = Assign { name: Name { text: name.clone(), span: at }, value };
                ast.items.push(Item { span: at.to(place), kind: Statement::Param(vec![assign]) });
            }
            Err(d) => diagnostics.push(*d),
        }
    }
}

/// What an elaboration gives: a deck and the devices it defines.
struct Elaborated {
    deck: Deck,
    devices: Vec<Arc<Definition>>,
    experiments: Vec<Arc<Experiment>>,
}

/// A netlist as read, and what is wrong with it.
pub struct Netlist {
    /// As the user named it
    pub file: String,
    pub sources: Sources,
    ast: Option<Ast>,
    kinds: Kinds,
    data: DataRoots,
    seed: u64,
    /// None if something is an error.
    pub deck: Option<Deck>,
    /// Each `.device`
    pub devices: Vec<Arc<Definition>>,
    /// Experiments in file order, those of included files too
    pub catalog: Catalog,
    pub diagnostics: Vec<Diagnostic>,
}

impl Netlist {
    /// The `.model` of this name: what it is a set of, and what it sets, as written.
    pub fn model(&self, name: &str) -> Option<(String, Vec<(String, String)>)> {
        let model = self.ast.iter().flat_map(|ast| &ast.items).rev().find_map(|item| match &item.kind {
            Statement::Model(m) if m.name.is(name) => Some(m),
            _ => None,
        })?;
        let written = |s: &Setting| s.values.iter().map(print::expr).collect::<Vec<_>>().join(", ");
        Some((model.base.text.clone(), model.settings.iter().map(|s| (s.name.lower(), written(s))).collect()))
    }

    /// Reads a file, or standard input for `-`; parses, elaborates, checks.
    pub fn read(file: &str, reading: &Reading) -> Netlist {
        let environment = std::env::var_os("MEMSPICE_DATA");
        let more = environment.iter().flat_map(std::env::split_paths);
        let extra: Vec<PathBuf> = reading.data.iter().cloned().chain(more).collect();
        let options = LoadOptions { search: extra.clone(), ..LoadOptions::default() };
        let (mut ast, mut sources, mut diagnostics) = match file {
            "-" => parse_stream("standard input", std::io::stdin().lock(), &options),
            path => parse_file(Path::new(path), &options),
        };
        if let Some(ast) = &mut ast {
            set_params(&reading.params, ast, &mut sources, &mut diagnostics);
        }
        let folder = |path: &str| Path::new(path).parent().unwrap_or(Path::new("")).to_path_buf();
        let data = DataRoots { folders: sources.iter().map(|(_, s)| folder(&s.path)).collect(), extra };
        let mut netlist = Netlist {
            file: file.into(),
            sources,
            ast,
            kinds: Kinds::new(REGISTRY.iter().map(|r| r.kind)),
            data,
            seed: Options::default().seed,
            deck: None,
            devices: Vec::new(),
            catalog: Catalog::default(),
            diagnostics,
        };
        if is_torn(&netlist.diagnostics) {
            return netlist;
        }
        let (deck, found) = netlist.elaborate(&Overrides::default());
        netlist.diagnostics.extend(found);
        if let Some(Elaborated { deck, devices, experiments }) = deck {
            netlist.devices = devices;
            let (catalog, wrong) = Catalog::new(&experiments, &deck.functions, FileId(0));
            netlist.catalog = catalog;
            netlist.diagnostics.extend(wrong);
            netlist.deck = Some(deck);
            netlist.look_at_statements(&experiments);
            netlist.deck = netlist.deck.take().filter(|_| !any_error(&netlist.diagnostics));
        }
        netlist
    }

    /// What is wrong in protocols and experiments, also where another block could not be read: what it would have brought is
    /// not missed then.
    fn look_at_statements(&mut self, experiments: &[Arc<Experiment>]) {
        let mut lost = self.ast.as_ref().map_or(Lost::default(), |ast| ast.lost.clone());
        let (entries, templates) = (&self.catalog.entries, &self.catalog.templates);
        let known: HashSet<&str> = entries.iter().map(|e| &*e.name).chain(templates.iter().map(|t| &*t.name)).collect();
        experiments.iter().filter(|e| !known.contains(&*e.name.text)).for_each(|e| lost.word(&e.name.text));
        let Some(machine) = self.machine().filter(|_| !lost.all) else { return };
        if !any_error(&self.diagnostics) {
            self.diagnostics.extend(lint(&machine));
        }
        let sources = &self.sources;
        let follows = |d: &Diagnostic| {
            let text = |span: Span| sources.text(span.file).get(span.start as usize..span.end as usize);
            let word = d.labels.first().and_then(|l| text(l.span));
            word.is_some_and(|w| w.split(|c: char| !c.is_alphanumeric() && c != '_').any(|part| lost.names(part)))
        };
        let found = check(&self.catalog, &machine).into_iter().filter(|d| lost.is_empty() || !follows(d));
        let found: Vec<Diagnostic> = found.collect();
        self.diagnostics.extend(found);
    }

    /// What runs beside the circuit.
    pub fn machine(&self) -> Option<Machine> {
        let deck = self.deck.as_ref()?;
        Some(Machine::new(deck.circuit.clone(), deck.program.clone(), deck.functions.clone(), self.files()))
    }

    /// With values that win over those of the netlist.
    fn elaborate(&self, overrides: &Overrides) -> (Option<Elaborated>, Vec<Diagnostic>) {
        let Some(ast) = &self.ast else { return (None, Vec::new()) };
        let (deck, found) = elab::elaborate(ast, &self.kinds, overrides, &self.data);
        let deck = deck.map(|mut d| {
            let (devices, experiments) = (std::mem::take(&mut d.devices), std::mem::take(&mut d.experiments));
            d.plan = self.seeded(d.plan);
            Elaborated { deck: Deck::new(d), devices, experiments }
        });
        (deck, found)
    }

    fn seeded(&self, plan: Plan) -> Plan {
        Plan { options: Options { seed: self.seed, ..plan.options }, ..plan }
    }

    /// Of the text of all its files.
    pub fn fingerprint(&self) -> u64 {
        let texts = self.sources.iter().map(|(id, _)| format!("{:016x}", hash(self.sources.text(id))));
        hash(&texts.collect::<String>())
    }

    /// Its data files.
    pub fn files(&self) -> Arc<Files> {
        Arc::new(Files::new(self.data.clone()))
    }

    /// The seed of all random numbers of the netlist's runs.
    pub fn set_seed(&mut self, seed: u64) {
        self.seed = seed;
        if let Some(deck) = &mut self.deck {
            deck.plan.options.seed = seed;
        }
    }

    /// For step points: an elaboration without errors, or why not.
    pub fn again(&self, overrides: &Overrides) -> Result<Deck, Vec<Diagnostic>> {
        let (deck, found) = self.elaborate(overrides);
        deck.map(|d| d.deck).filter(|_| !any_error(&found)).ok_or(found)
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

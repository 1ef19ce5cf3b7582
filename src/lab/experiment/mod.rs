//! Experiments: their statements, points and draws → tables, measures, asserts, pictures, snapshots.
//!
//! `catalog` says what runs and in which order, `walk` runs the statements of a point and `fan` many points side by
//! side, `page` takes down what they ask and keep, `files` writes it.

mod analyzed;
mod catalog;
mod check;
mod draw;
mod expand;
mod fan;
mod files;
mod journal;
mod listener;
mod meter;
mod notes;
mod page;
mod pictures;
mod place;
mod plant;
mod record;
mod replay;
mod shots;
mod sides;
mod spool;
mod stopped;
mod table;
mod tape;
mod trail;
mod walk;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

pub use catalog::{Catalog, Entry};
pub use check::check;
pub use journal::Journal;
pub use meter::Meter;
pub use notes::Verdict;
pub use shots::Keeping;

use super::report::{self, Assert, Status, Totals};
use super::run::{Elaborate, End};
use super::snapshot;
use super::writer::Format;
use crate::analysis::Warned;
use crate::diag::{Diagnostic, FileId, Span, any_error};
use crate::elab::Overrides;
use crate::process::machine::Functions;
use crate::syntax::ast::{Assign, Expr, ExprKind, Func};
use crate::value::data::Files;
use crate::value::memo::Memo;
use crate::value::software::{self, Definition, Found};
use crate::value::{Answer, Value};
use notes::Notes;
use page::Leaf;
use place::Place;
use spool::Spooling;
use stopped::Stopped;

const NOWHERE: Span = Span { file: FileId(0), start: 0, end: 0 };

/// What experiments are run with.
pub struct Settings<'a> {
    pub elaborate: Elaborate<'a>,
    /// Data that the netlist names
    pub files: Arc<Files>,
    /// The folder of the report
    pub dir: PathBuf,
    pub formats: Vec<Format>,
    pub plots: bool,
    /// Where snapshots are kept and what is done about those that differ
    pub keeping: Keeping,
    /// Write every attempt at a time step
    pub trace: bool,
    /// What an earlier run finished, and where this one notes it
    pub journal: Option<Journal>,
    /// Points computed at a time
    pub threads: usize,
    pub interrupted: Arc<AtomicBool>,
    pub meter: Arc<Meter>,
    /// Line of a place in its file
    pub line: &'a (dyn Fn(Span) -> usize + Sync),
}

/// What an experiment left for others.
#[derive(Clone, Debug, Default)]
pub struct Finished {
    /// Measures, and columns of the table, by lower-case name
    pub values: HashMap<String, Value>,
}

/// What all points of an experiment share.
pub struct Shared<'a> {
    pub elaborate: Elaborate<'a>,
    pub files: Arc<Files>,
    pub interrupted: Arc<AtomicBool>,
    pub meter: Arc<Meter>,
    pub results: HashMap<String, Finished>,
    pub known: Vec<String>,
    /// What the statements of the present experiment leave, by lower-case name
    pub leaves: HashMap<String, Leaf>,
    /// Where transients of the present experiment are kept
    pub spooling: Spooling,
    /// Analyses are written to files
    pub writes: bool,
    pub journal: Option<&'a Journal>,
    pub threads: usize,
    /// When the present experiment began
    pub started: Instant,
    /// Threads that nobody uses
    idle: AtomicUsize,
}

impl Shared<'_> {
    /// Takes at most `most` idle threads.
    fn take_threads(&self, most: usize) -> usize {
        let mut taken = 0;
        let take = |idle: usize| {
            taken = idle.min(most);
            Some(idle - taken)
        };
        let _ = self.idle.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        taken
    }

    fn give_threads(&self, count: usize) {
        self.idle.fetch_add(count, Ordering::Relaxed);
    }
}

/// What an experiment came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub end: End,
    pub experiment: report::Experiment,
    pub diagnostics: Vec<Diagnostic>,
    pub measures: Vec<(String, Value)>,
    pub asserts: Vec<Verdict>,
    pub snapshots: Vec<snapshot::Verdict>,
    /// Rows of its table
    pub rows: usize,
}

/// Runs the experiments of a catalog at these places, in this order; `done` sees each as it ends.
pub fn run(
    catalog: &Catalog,
    chosen: &[usize],
    functions: &Functions,
    settings: &Settings,
    done: &mut dyn FnMut(&Outcome),
) -> Vec<Outcome> {
    let mut shared = Shared {
        elaborate: settings.elaborate,
        files: settings.files.clone(),
        interrupted: settings.interrupted.clone(),
        meter: settings.meter.clone(),
        results: HashMap::new(),
        spooling: Spooling::new(settings.dir.clone(), false, false),
        writes: !settings.formats.is_empty(),
        journal: settings.journal.as_ref(),
        leaves: HashMap::new(),
        known: catalog.entries.iter().map(|e| e.name.to_ascii_lowercase()).collect(),
        threads: settings.threads,
        started: Instant::now(),
        idle: AtomicUsize::new(settings.threads.saturating_sub(1)),
    };
    let mut outcomes: Vec<Outcome> = Vec::new();
    let mut ended: HashMap<usize, End> = HashMap::new();
    for &k in chosen {
        let entry = &catalog.entries[k];
        if settings.interrupted.load(Ordering::Relaxed) {
            break;
        }
        settings.meter.reset();
        let (folder, waves) = (settings.dir.join(&entry.name), !settings.formats.is_empty());
        shared.spooling = Spooling::new(folder, waves, settings.trace);
        let started = Instant::now();
        shared.started = started;
        shared.leaves = check::leaves(&entry.body);
        let lost = entry.needs.iter().find(|n| ended.get(n).is_some_and(|e| *e != End::Completed));
        let (notes, result) = match lost {
            Some(n) => {
                let message =
                    format!("{} was not run: {} did not come to its end", entry.name, catalog.entries[*n].name);
                let d = Diagnostic::warning("lab::needs-failed", message).at(entry.span, "reads its results");
                (Notes::default(), Err(Stopped::Failed(vec![d])))
            }
            None => one(&shared, entry, functions),
        };
        let end = result.as_ref().map_or_else(Stopped::end, |()| End::Completed);
        let (outcome, finished) = finish(entry, notes, result, settings, started);
        ended.insert(k, end);
        shared.results.insert(entry.name.to_ascii_lowercase(), finished);
        done(&outcome);
        outcomes.push(outcome);
    }
    outcomes
}

fn one(shared: &Shared, entry: &Entry, functions: &Functions) -> (Notes, Result<(), Stopped>) {
    let key = &entry.name;
    if let Some(notes) = shared.journal.and_then(|j| j.find(key, &entry.body)) {
        return (notes, Ok(()));
    }
    let place = with(&entry.with, functions, &shared.files).and_then(|overrides| Place::new(shared, overrides, key));
    let (notes, outcome) = match place {
        Ok(place) => walk::run(shared, &place, &entry.body, Default::default()),
        Err(stopped) => (Notes::default(), Err(stopped)),
    };
    if let (Some(journal), Ok(())) = (shared.journal, &outcome) {
        journal.keep(key, &notes);
    }
    (notes, outcome)
}

/// `with p=…`, evaluated among the parameters of the netlist; a name that nothing has is a text.
fn with(list: &[Assign], functions: &Functions, files: &Files) -> Result<Overrides, Stopped> {
    let mut overrides = Overrides::default();
    for Assign { name, value } in list {
        let v = match &value.kind {
            ExprKind::Name(n) if !functions.values.contains_key(&n.to_ascii_lowercase()) => {
                Value::Text(n.as_str().into())
            }
            _ => constant(value, functions, files)?,
        };
        match (name.is("temp"), v.number()) {
            (true, Some(t)) => overrides.temp = Some(t),
            _ if functions.values.contains_key(&name.lower()) => overrides.params.push((name.lower(), v)),
            _ => {
                let known = functions.values.keys().map(String::as_str);
                let d = crate::elab::unknown_override(&name.text, known).at(name.span, "not a .param of the netlist");
                return Err(Stopped::Netlist(vec![d]));
            }
        }
    }
    Ok(overrides)
}

fn constant(e: &Expr, functions: &Functions, files: &Files) -> Result<Value, Stopped> {
    let name = crate::syntax::ast::Name { text: "with".into(), span: e.span };
    let func = Func { name, formals: Vec::new(), body: e.clone() };
    let memo = Memo::default();
    let mut machine =
        software::Machine { files, memo: &memo, draws: None, budget: Default::default(), temp: 27.0, threads: 1 };
    let found = Found { definition: Definition::Expression(&func), library: functions };
    software::call(found, &[], e.span, &mut machine).map(Answer::first).map_err(Stopped::from)
}

/// Writes what was kept, and says how it went.
fn finish(
    entry: &Entry,
    mut notes: Notes,
    result: Result<(), Stopped>,
    settings: &Settings,
    started: Instant,
) -> (Outcome, Finished) {
    let end = result.as_ref().map_or_else(Stopped::end, |()| End::Completed);
    let mut diagnostics = std::mem::take(&mut notes.diagnostics);
    diagnostics.extend(notes.warned.iter().map(Warned::diagnostic));
    if let Err(stopped) = result {
        diagnostics.extend(stopped.diagnostics(""));
    }
    let written = files::write(entry, &notes, settings);
    diagnostics.extend(written.troubles);
    // Of an experiment that did not come to its end not everything is seen.
    let complete = end == End::Completed && !any_error(&diagnostics);
    let (snapshots, said) = if complete { shots::judge(entry, &notes, settings) } else { Default::default() };
    diagnostics.extend(said);
    diagnostics.extend(failures(&notes.asserts));
    let asserts = notes.asserts.iter().map(|a| Assert {
        text: if a.label.is_empty() { a.text.clone() } else { format!("{} (at {})", a.text, a.label) },
        line: (settings.line)(a.span),
        passed: a.passed,
    });
    let failed = notes.asserts.iter().any(|a| !a.passed) || snapshots.iter().any(|s| !s.passed());
    let status = match end {
        End::Completed if any_error(&diagnostics) => Status::Error,
        End::Completed if failed => Status::Failed,
        End::Completed => Status::Passed,
        End::Netlist | End::Simulation => Status::Error,
        End::Interrupted => Status::Interrupted,
    };
    let mut stats = Totals::default();
    stats.add(&notes.stats);
    stats.seconds = started.elapsed().as_secs_f64();
    let experiment = report::Experiment {
        name: entry.name.clone(),
        status,
        measures: notes.measures.iter().map(|(n, v)| (n.clone(), reported(v))).collect(),
        asserts: asserts.collect(),
        snapshots: snapshots.iter().map(snapshot::Verdict::report).collect(),
        tables: written.tables,
        waves: written.waves,
        plots: written.plots.into_iter().chain(shots::pictures(&snapshots, settings)).collect(),
        stats,
    };
    let mut values = HashMap::new();
    for name in notes.table.names().to_vec() {
        if let Ok(Some(v)) = notes.table.column(&name, entry.span) {
            values.insert(name.to_ascii_lowercase(), v);
        }
    }
    values.extend(notes.measures.iter().map(|(n, v)| (n.to_ascii_lowercase(), v.clone())));
    let rows = notes.table.len();
    let (measures, asserts) = (notes.measures, notes.asserts);
    let outcome = Outcome { end, experiment, diagnostics, measures, asserts, snapshots, rows };
    (outcome, Finished { values })
}

/// A warning for each `assert` that failed; at many points of a sweep, one.
fn failures(list: &[Verdict]) -> Vec<Diagnostic> {
    let mut seen: Vec<Span> = Vec::new();
    let mut out = Vec::new();
    for a in list.iter().filter(|a| !a.passed) {
        if seen.contains(&a.span) {
            continue;
        }
        seen.push(a.span);
        let same = list.iter().filter(|b| b.span == a.span);
        let (failed, all) = (same.clone().filter(|b| !b.passed).count(), same.count());
        let why = a.why.as_ref().map_or(String::new(), |w| format!(": {w}"));
        let points = match all {
            1 => String::new(),
            _ => format!(", at {failed} of {all} points, first at {}", a.label),
        };
        let d = Diagnostic::warning("lab::assert", format!("assert failed{why}{points}"));
        let d = d.at(a.span, if a.detail.is_empty() { "is false" } else { &a.detail });
        out.push(d);
    }
    out
}

/// A value as the report lists it.
fn reported(v: &Value) -> report::Value {
    let finite = |v: f64| v.is_finite().then_some(v);
    match v {
        Value::Number(v) => report::Value::One(finite(*v)),
        other => report::Value::Steps(other.numbers().into_iter().map(finite).collect()),
    }
}

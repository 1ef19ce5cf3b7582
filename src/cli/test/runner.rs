//! One netlist → its experiments run, their asserts and snapshots.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{Exit, Settings};
use crate::analysis::sink::Control;
use crate::cli::netlist::Netlist;
use crate::cli::terminal::{Bar, complain};
use crate::lab::experiment::{self, Keeping, Meter};
use crate::lab::previous;
use crate::lab::report::{self, Assert, Report, Status};
use crate::lab::run::{self, End, RunOptions, VALUES_WITHOUT_SAVE};
use crate::lab::snapshot::{Outcome, Verdict, store};

/// What an experiment came to.
pub struct Ran {
    pub name: String,
    pub end: End,
    pub status: Status,
    pub asserts: Vec<Assert>,
    pub verdicts: Vec<Verdict>,
    /// Wall time
    pub seconds: f64,
}

impl Ran {
    pub fn of(name: &str, end: End, status: Status) -> Ran {
        Ran { name: name.into(), end, status, asserts: Vec::new(), verdicts: Vec::new(), seconds: 0.0 }
    }

    fn from(about: &report::Experiment, end: End, verdicts: Vec<Verdict>) -> Ran {
        let (asserts, seconds) = (about.asserts.clone(), about.stats.seconds);
        Ran { asserts, verdicts, seconds, ..Ran::of(&about.name, end, about.status) }
    }

    /// Stands for the experiments of a netlist that has none, being wrong.
    pub fn wrong() -> Ran {
        Ran::of("", End::Netlist, Status::Error)
    }

    /// What it is for a test: a snapshot that nobody has looked at does not pass.
    pub fn exit(&self) -> Exit {
        let unseen = self.verdicts.iter().any(|v| matches!(v.outcome, Outcome::Changed | Outcome::New));
        match (self.end, self.status) {
            (End::Interrupted, _) | (_, Status::Interrupted) => Exit::Interrupted,
            (End::Netlist, _) => Exit::Netlist,
            (End::Simulation, _) | (_, Status::Error) => Exit::Simulation,
            (End::Completed, Status::Failed) => Exit::Failed,
            (End::Completed, Status::Passed) if unseen => Exit::Failed,
            (End::Completed, Status::Passed) => Exit::Passed,
        }
    }
}

/// Runs a netlist: the analyses of its cards, as the experiment `deck`, and the experiments of the file that are not slow.
/// A netlist that has neither is a library. Says how many slow experiments were left out, or None where it is wrong.
pub fn run_file(file: &Path, settings: &Settings, each: &mut dyn FnMut(Ran)) -> Option<usize> {
    let name = file.to_string_lossy();
    let netlist = Netlist::read(&name, &settings.reading);
    netlist.show(&netlist.diagnostics, true);
    let deck = netlist.deck.as_ref()?;
    let catalog = &netlist.catalog;
    let chosen = catalog.chosen(&[], false).map_or_else(|_| Vec::new(), |(chosen, _)| chosen);
    let slow = catalog.entries.iter().enumerate().filter(|(k, e)| e.main && !chosen.contains(k)).count();
    if deck.plan.analyses.is_empty() && chosen.is_empty() {
        return Some(slow);
    }
    previous::remove(&settings.out);
    let mut report = Report {
        file: name.clone().into_owned(),
        version: env!("CARGO_PKG_VERSION").into(),
        seed: deck.plan.options.seed,
        status: Status::Passed,
        diagnostics: netlist.findings(&netlist.diagnostics),
        experiments: Vec::new(),
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut done = |ran: Ran, about: report::Experiment, diagnostics: &[crate::diag::Diagnostic]| {
        netlist.show(diagnostics, true);
        report.status = worse(report.status, about.status);
        report.diagnostics.extend(netlist.findings(diagnostics));
        report.experiments.push(about);
        each(ran);
    };
    if !deck.plan.analyses.is_empty() {
        let options = RunOptions {
            dir: settings.out.clone(),
            formats: Vec::new(),
            plots: false,
            room: VALUES_WITHOUT_SAVE,
            threads,
            trace: false,
            checkpoint: None,
        };
        let bar = Bar::new(settings.quiet);
        let mut progress = |p| bar.show(p);
        let mut control = Control::new(&settings.interrupted, &mut progress);
        let outcome = run::run(deck, "deck", &|o| netlist.again(o), &options, &mut control);
        bar.finish();
        let ran = Ran::from(&outcome.experiment, outcome.end, Vec::new());
        done(ran, outcome.experiment, &outcome.diagnostics);
    }
    if !chosen.is_empty() && !settings.interrupted.load(Ordering::Relaxed) {
        let with = experiment::Settings {
            elaborate: &|o| netlist.again(o),
            files: netlist.files(),
            dir: settings.out.clone(),
            formats: Vec::new(),
            plots: false,
            trace: false,
            journal: None,
            keeping: Keeping { netlist: file.to_path_buf(), mode: settings.mode },
            threads,
            interrupted: settings.interrupted.clone(),
            meter: Arc::new(Meter::default()),
            line: &|span| netlist.place(span).1,
        };
        let bar = Bar::watching(settings.quiet, with.meter.clone());
        let mut one = |outcome: &experiment::Outcome| {
            let ran = Ran::from(&outcome.experiment, outcome.end, outcome.snapshots.clone());
            bar.hide(|| done(ran, outcome.experiment.clone(), &outcome.diagnostics));
        };
        experiment::run(catalog, &chosen, &deck.functions, &with, &mut one);
        bar.finish();
    }
    write(&report, &settings.out);
    Some(slow)
}

/// The one that is more to be noticed.
fn worse(a: Status, b: Status) -> Status {
    let order = [Status::Passed, Status::Failed, Status::Error, Status::Interrupted];
    let place = |s: Status| order.iter().position(|o| *o == s);
    if place(b) > place(a) { b } else { a }
}

fn write(report: &Report, out: &Path) {
    let path = out.join("report.json");
    let json = report.json().map_err(|e| e.to_string());
    if let Err(why) = json.and_then(|json| store::write(&path, &json).map_err(|e| e.to_string())) {
        complain(&format!("warning: {} cannot be written: {why}\n", path.display()));
    }
}

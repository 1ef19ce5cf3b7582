//! One netlist → its experiments run, their asserts and snapshots.

use std::path::Path;
use std::sync::atomic::Ordering;

use super::{Exit, Settings};
use crate::analysis::sink::Control;
use crate::cli::netlist::Netlist;
use crate::cli::terminal::{Bar, complain};
use crate::lab::report::{Assert, Report, Status};
use crate::lab::run::{self, RunOptions, VALUES_WITHOUT_SAVE};
use crate::lab::snapshot::Verdict;
use crate::lab::snapshot::store;
use crate::lab::{previous, snapshot::Outcome};

/// What an experiment came to.
pub struct Ran {
    pub name: String,
    pub status: Status,
    pub asserts: Vec<Assert>,
    pub verdicts: Vec<Verdict>,
    /// Wall time
    pub seconds: f64,
}

impl Ran {
    pub fn of(name: &str, status: Status) -> Ran {
        Ran { name: name.into(), status, asserts: Vec::new(), verdicts: Vec::new(), seconds: 0.0 }
    }

    /// Stands for the experiments of a netlist that has none, being wrong.
    pub fn wrong() -> Ran {
        Ran::of("", Status::Error)
    }

    /// What it is for a test: a snapshot that nobody has looked at does not pass.
    pub fn exit(&self) -> Exit {
        let unseen = self.verdicts.iter().any(|v| matches!(v.outcome, Outcome::Changed | Outcome::New));
        match self.status {
            Status::Interrupted => Exit::Interrupted,
            Status::Error => Exit::Simulation,
            Status::Failed => Exit::Failed,
            Status::Passed if unseen => Exit::Failed,
            Status::Passed => Exit::Passed,
        }
    }
}

/// Runs a netlist: the analyses of its cards are the experiment `deck`. A netlist without any is a library and passes.
pub fn run_file(file: &Path, settings: &Settings, each: &mut dyn FnMut(Ran)) -> Exit {
    let name = file.to_string_lossy();
    let netlist = Netlist::read(&name, &settings.reading);
    netlist.show(&netlist.diagnostics, true);
    let Some(deck) = &netlist.deck else { return Exit::Netlist };
    if deck.plan.analyses.is_empty() {
        return Exit::Passed;
    }
    previous::remove(&settings.out);
    let options = RunOptions {
        dir: settings.out.clone(),
        formats: Vec::new(),
        plots: false,
        room: VALUES_WITHOUT_SAVE,
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        trace: false,
    };
    let bar = Bar::new(false);
    let mut progress = |p| bar.show(p);
    let mut control = Control::new(&settings.interrupted, &mut progress);
    let outcome = run::run(deck, "deck", &|o| netlist.again(o), &options, &mut control);
    bar.finish();
    netlist.show(&outcome.diagnostics, true);
    let status = match settings.interrupted.load(Ordering::Relaxed) {
        true => Status::Interrupted,
        false => outcome.experiment.status,
    };
    each(Ran {
        asserts: outcome.experiment.asserts.clone(),
        seconds: outcome.experiment.stats.seconds,
        ..Ran::of("deck", status)
    });
    let report = Report {
        file: name.into_owned(),
        version: env!("CARGO_PKG_VERSION").into(),
        seed: deck.plan.options.seed,
        status,
        diagnostics: netlist.findings(&outcome.diagnostics),
        experiments: vec![outcome.experiment],
    };
    let written = report.json().map_err(|e| e.to_string());
    let path = settings.out.join("report.json");
    if let Err(why) = written.and_then(|json| store::write(&path, &json).map_err(|e| e.to_string())) {
        complain(&format!("warning: {} cannot be written: {why}\n", path.display()));
    }
    Exit::Passed
}

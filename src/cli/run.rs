//! `memspice run FILE`: simulates what the netlist asks for, writes results and report, says what came out.

use std::num::NonZeroU16;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::Exit;
use super::interrupt::listen;
use super::netlist::{Netlist, Reading};
use super::terminal::{Bar, complain, print};
use crate::analysis::sink::Control;
use crate::diag::Diagnostic;
use crate::lab::checkpoint::Checkpoint;
use crate::lab::experiment::{self, Catalog, Journal, Keeping, Meter, Settings};
use crate::lab::experiments;
use crate::lab::previous;
use crate::lab::report::{Report, Status};
use crate::lab::run::{self, End, RunOptions, VALUES_WITHOUT_SAVE};
use crate::lab::snapshot::Mode;
use crate::lab::summary::summary;
use crate::lab::writer::Format;
use crate::random::key::hash;

/// More threads than this only cost memory.
const MOST_THREADS: usize = 256;

/// Simulates a netlist and writes tables, waves, plots and a report.
#[derive(Args, Debug)]
pub struct Run {
    /// The netlist, or - for standard input
    pub file: String,
    /// Folder for results [default: out/STEM]
    #[arg(short, long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Files to write: csv, npy, raw, separated by commas; none for the report alone
    #[arg(long, default_value = "csv", value_name = "FORMATS")]
    pub format: Formats,
    #[command(flatten)]
    pub reading: Reading,
    /// Run this experiment, and those it needs (may be repeated)
    #[arg(short, long = "experiment", value_name = "NAME")]
    pub experiments: Vec<String>,
    /// Run slow experiments too
    #[arg(long)]
    pub slow: bool,
    /// Seed of all random numbers
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Points of .step computed at a time; results are the same for any number [default: all cores]
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZeroU16>,
    /// Same bits on every machine, if slower; at present every run is so
    #[arg(long)]
    pub deterministic: bool,
    /// Show the work done by each analysis
    #[arg(long)]
    pub stats: bool,
    /// Write every attempt at a time step, and what limited it, to tran-trace.csv
    #[arg(long)]
    pub trace: bool,
    /// Keep the run in this file and files beside it, so that it can go on after it was killed
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
    /// Go on with the run that was kept in this file, and keep it there
    #[arg(long, value_name = "FILE", conflicts_with = "checkpoint")]
    pub resume: Option<PathBuf>,
    /// Seconds from one state of a transient kept to the next
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0)]
    pub checkpoint_every: f64,
    /// Print errors only
    #[arg(short, long)]
    pub quiet: bool,
}

/// `csv,raw,npy` or `none`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Formats(pub Vec<Format>);

impl FromStr for Formats {
    type Err = String;

    fn from_str(text: &str) -> Result<Formats, String> {
        let mut formats = Vec::new();
        if text.trim() == "none" {
            return Ok(Formats(formats));
        }
        for word in text.split(',').map(str::trim) {
            if word == "none" {
                return Err("none stands alone: it writes no rows".into());
            }
            let format = word.parse()?;
            if !formats.contains(&format) {
                formats.push(format);
            }
        }
        Ok(Formats(formats))
    }
}

pub fn run(args: &Run) -> Exit {
    let mut netlist = Netlist::read(&args.file, &args.reading);
    netlist.set_seed(args.seed);
    let dir = args.out.clone().unwrap_or_else(|| PathBuf::from("out").join(netlist.stem()));
    let chosen = choose(&mut netlist, args);
    netlist.show(&netlist.diagnostics, args.quiet);
    previous::remove(&dir);
    let mut report = Report {
        file: args.file.clone(),
        version: env!("CARGO_PKG_VERSION").into(),
        seed: args.seed,
        status: Status::Error,
        diagnostics: netlist.findings(&netlist.diagnostics),
        experiments: Vec::new(),
    };
    let (Some(deck), Some(chosen)) = (&netlist.deck, chosen) else {
        return if write(&report, &dir) { Exit::Netlist } else { Exit::Simulation };
    };

    // Better known before an hour of simulation than after it.
    if let Err(why) = std::fs::create_dir_all(&dir) {
        complain(&format!("error: cannot create the folder {}: {why}; choose another with -o\n", dir.display()));
        return Exit::Simulation;
    }
    let checkpoint = match kept(args, &netlist) {
        Ok(checkpoint) => checkpoint,
        Err(why) => {
            complain(&format!("error: {why}\n"));
            return Exit::Simulation;
        }
    };
    let journal = match checkpoint.as_ref().map(|c| Journal::open(&c.points(), c.every)).transpose() {
        Ok(journal) => journal,
        Err(why) => {
            complain(&format!("error: the checkpoint cannot be used: {why}\n"));
            return Exit::Simulation;
        }
    };
    let interrupted = listen();
    let threads = args.threads.map_or_else(cores, |n| usize::from(n.get()).min(MOST_THREADS));
    let mut ends: Vec<End> = Vec::new();
    if !chosen.deck && chosen.experiments.is_empty() {
        report.status = Status::Passed;
    }
    if chosen.deck {
        let bar = Bar::new(args.quiet);
        let options = RunOptions {
            dir: dir.clone(),
            formats: args.format.0.clone(),
            plots: !args.format.0.is_empty(),
            room: VALUES_WITHOUT_SAVE,
            threads,
            trace: args.trace,
            checkpoint,
        };
        let mut progress = |p| bar.show(p);
        let mut control = Control::new(&interrupted, &mut progress);
        let outcome = run::run(deck, "deck", &|o| netlist.again(o), &options, &mut control);
        bar.finish();
        netlist.show(&outcome.diagnostics, args.quiet);
        report.diagnostics.extend(netlist.findings(&outcome.diagnostics));
        report.status = outcome.experiment.status;
        report.experiments.push(outcome.experiment.clone());
        if !args.quiet && chosen.experiments.is_empty() {
            print(&summary(&outcome, &report, &deck.circuit.title, &dir, args.stats));
        }
        ends.push(outcome.end);
    }
    if !chosen.experiments.is_empty() {
        let settings = Settings {
            elaborate: &|o| netlist.again(o),
            files: netlist.files(),
            dir: dir.clone(),
            formats: args.format.0.clone(),
            plots: !args.format.0.is_empty(),
            keeping: keeping(args),
            trace: args.trace,
            journal,
            threads,
            interrupted: interrupted.clone(),
            meter: Arc::new(Meter::default()),
            line: &|span| netlist.place(span).1,
        };
        if !args.quiet {
            print(&experiments::title(&deck.circuit.title));
        }
        let bar = Bar::watching(args.quiet, settings.meter.clone());
        let functions = deck.functions.clone();
        let mut done = |outcome: &experiment::Outcome| {
            bar.hide(|| {
                netlist.show(&outcome.diagnostics, args.quiet);
                if !args.quiet {
                    print(&experiments::summary(outcome, &dir, args.stats));
                }
            });
            report.diagnostics.extend(netlist.findings(&outcome.diagnostics));
            report.experiments.push(outcome.experiment.clone());
        };
        let outcomes = experiment::run(&chosen.catalog, &chosen.experiments, &functions, &settings, &mut done);
        bar.finish();
        ends.extend(outcomes.iter().map(|o| o.end));
        if outcomes.len() < chosen.experiments.len() {
            ends.push(End::Interrupted);
        }
        report.status = overall(&report, &ends);
        if !args.quiet {
            print(&experiments::verdict(&report, &dir, chosen.slow.len()));
        }
    }
    let written = write(&report, &dir);
    let worst = |end: End| ends.contains(&end);
    match report.status {
        _ if worst(End::Interrupted) => Exit::Interrupted,
        _ if !written || worst(End::Simulation) => Exit::Simulation,
        _ if worst(End::Netlist) => Exit::Netlist,
        Status::Failed => Exit::Failed,
        // A file that could not be written.
        Status::Error => Exit::Simulation,
        _ => Exit::Passed,
    }
}

/// What a run consists of.
struct Chosen {
    /// The analysis cards
    deck: bool,
    catalog: Catalog,
    experiments: Vec<usize>,
    /// Names of slow experiments that were left out
    slow: Vec<String>,
}

/// What is asked for; None where something asked for is not there or the experiments are wrong, which is added to what is
/// known of the netlist.
fn choose(netlist: &mut Netlist, args: &Run) -> Option<Chosen> {
    let deck = netlist.deck.as_ref()?;
    let catalog = netlist.catalog.clone();
    let cards = !deck.plan.analyses.is_empty();
    let names: Vec<String> = args.experiments.iter().filter(|n| !n.eq_ignore_ascii_case("deck")).cloned().collect();
    let only_deck = names.is_empty() && !args.experiments.is_empty();
    let (experiments, notes) = match only_deck {
        true => (Vec::new(), Vec::new()),
        false => match catalog.chosen(&names, args.slow) {
            Ok(list) => list,
            Err(wrong) => {
                netlist.diagnostics.extend(wrong);
                return None;
            }
        },
    };
    netlist.diagnostics.extend(notes);
    let asked = args.experiments.iter().any(|n| n.eq_ignore_ascii_case("deck"));
    let is_left_out = |e: &&experiment::Entry| e.main && e.slow && !args.slow && args.experiments.is_empty();
    let slow: Vec<String> = catalog.entries.iter().filter(is_left_out).map(|e| e.name.clone()).collect();
    let nothing = !cards && experiments.is_empty();
    if nothing && let [first, ..] = &slow[..] {
        let message = format!("nothing was run: {} slow", are(&slow));
        let help = format!("-e {first} runs it, --slow all of them");
        netlist.diagnostics.push(Diagnostic::note("lab::slow", message).help(help));
    }
    let deck = asked || args.experiments.is_empty() && (cards || nothing && slow.is_empty());
    Some(Chosen { deck, catalog, experiments, slow })
}

/// `a is`, `a, b and c are`
fn are(names: &[String]) -> String {
    match names {
        [one] => format!("{one} is"),
        [list @ .., last] => format!("{} and {last} are", list.join(", ")),
        [] => String::new(),
    }
}

/// Where the run is kept, if it is: begun anew, or what `--resume` names.
fn kept(args: &Run, netlist: &Netlist) -> Result<Option<Checkpoint>, String> {
    let Some(file) = args.checkpoint.as_ref().or(args.resume.as_ref()) else { return Ok(None) };
    let every = Duration::try_from_secs_f64(args.checkpoint_every).map_err(|e| format!("--checkpoint-every: {e}"))?;
    let text = format!("{:016x} {:?} {}", netlist.fingerprint(), args.reading.params, args.seed);
    let checkpoint = Checkpoint { file: file.clone(), every, of: hash(&text) };
    let shown = file.display();
    if args.resume.is_none() {
        checkpoint.begin().map_err(|e| format!("the checkpoint {shown} cannot be written: {e}"))?;
    } else if !checkpoint.goes_on().map_err(|e| format!("the checkpoint {shown} cannot be read: {e}"))? {
        let help = "the same netlist, parameters, seed and version are needed";
        return Err(format!("the checkpoint {shown} is of another run: {help}"));
    }
    Ok(Some(checkpoint))
}

/// With other parameters or another seed other numbers are no news.
fn keeping(args: &Run) -> Keeping {
    let as_written = args.reading.params.is_empty() && args.seed == 1 && args.file != "-";
    let netlist = PathBuf::from(if args.file == "-" { "stdin.cir" } else { &args.file });
    Keeping { netlist, mode: if as_written { Mode::Pending } else { Mode::Compare } }
}

/// How all experiments together went.
fn overall(report: &Report, ends: &[End]) -> Status {
    let any = |status| report.experiments.iter().any(|e| e.status == status);
    match () {
        () if ends.contains(&End::Interrupted) || any(Status::Interrupted) => Status::Interrupted,
        () if any(Status::Error) => Status::Error,
        () if any(Status::Failed) => Status::Failed,
        () => Status::Passed,
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Writes `report.json`; says so and returns false where that is not possible.
fn write(report: &Report, dir: &std::path::Path) -> bool {
    let path = dir.join("report.json");
    let written = std::fs::create_dir_all(dir)
        .map_err(|e| e.to_string())
        .and_then(|()| report.json().map_err(|e| e.to_string()))
        .and_then(|json| std::fs::write(&path, json).map_err(|e| e.to_string()));
    if let Err(why) = &written {
        complain(&format!("error: {} cannot be written: {why}\n", path.display()));
    }
    written.is_ok()
}

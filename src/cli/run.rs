//! `memspice run FILE`: simulates what the netlist asks for, writes results and report, says what came out.

use std::num::NonZeroU16;
use std::path::PathBuf;
use std::process;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;

use super::Exit;
use super::netlist::{Netlist, Reading};
use super::terminal::{Bar, complain, print};
use crate::analysis::sink::Control;
use crate::diag::Diagnostic;
use crate::lab::previous;
use crate::lab::report::{Report, Status};
use crate::lab::run::{self, End, RunOptions, VALUES_WITHOUT_SAVE};
use crate::lab::summary::summary;
use crate::lab::writer::Format;

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
        for word in text.split(',').map(str::trim).filter(|w| *w != "none") {
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
    let Some(deck) = &netlist.deck else {
        return if write(&report, &dir) { Exit::Netlist } else { Exit::Simulation };
    };

    // Better known before an hour of simulation than after it.
    if let Err(why) = std::fs::create_dir_all(&dir) {
        complain(&format!("error: cannot create the folder {}: {why}; choose another with -o\n", dir.display()));
        return Exit::Simulation;
    }
    let interrupted = listen();
    let bar = Bar::new(args.quiet);
    let options = RunOptions {
        dir: dir.clone(),
        formats: args.format.0.clone(),
        plots: !args.format.0.is_empty(),
        room: VALUES_WITHOUT_SAVE,
        threads: args.threads.map_or_else(cores, |n| usize::from(n.get()).min(MOST_THREADS)),
        trace: args.trace,
    };
    let mut progress = |p| bar.show(p);
    let mut control = Control::new(&interrupted, &mut progress);
    let outcome = run::run(deck, "deck", &|o| netlist.again(o), &options, &mut control);
    bar.finish();

    let known: &[Diagnostic] = &outcome.diagnostics;
    netlist.show(known, args.quiet);
    report.diagnostics.extend(netlist.findings(known));
    report.status = outcome.experiment.status;
    report.experiments.push(outcome.experiment.clone());
    let written = write(&report, &dir);
    if !args.quiet {
        print(&summary(&outcome, &report, &deck.circuit.title, &dir, args.stats));
    }
    match outcome.end {
        End::Interrupted => Exit::Interrupted,
        _ if !written => Exit::Simulation,
        End::Netlist => Exit::Netlist,
        End::Simulation => Exit::Simulation,
        End::Completed => match report.status {
            Status::Failed => Exit::Failed,
            _ => Exit::Passed,
        },
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

/// Ctrl-C raises the flag; a second one ends the program at once.
fn listen() -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    let raised = flag.clone();
    let handler = move || {
        if raised.swap(true, Ordering::Relaxed) {
            process::exit(i32::from(Exit::Interrupted.code()));
        }
    };
    if let Err(why) = ctrlc::set_handler(handler) {
        complain(&format!("warning: Ctrl-C will lose what is computed: {why}\n"));
    }
    flag
}

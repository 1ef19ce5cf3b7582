//! A deck → results: for each step point each analysis, its files, measures and plots; what is there is kept when a run
//! fails or is interrupted.

mod bench;
mod figures;
mod measures;
mod output;
mod parallel;
mod selection;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

pub use measures::Measured;

use super::checkpoint::Checkpoint;
use super::plot::step_label;
use super::report::{Experiment, Status, Totals};
use super::wave::{Full, Recorder, Wave};
use super::writer::{Format, is_too_much};
use crate::analysis::sink::{Control, Keep, Progress};
use crate::analysis::{Attempt, Failure, Stats, Warned};
use crate::circuit::Circuit;
use crate::circuit::plan::Plan;
use crate::diag::{Diagnostic, any_error};
use crate::elab::{self, Overrides};
use crate::mna::System;
use crate::process::machine::Functions;
use crate::process::program::Program;
use bench::{Bench, Stop};
use measures::Recorded;
use output::{Output, Recorders};
use parallel::Remote;
use selection::Selection;

/// Values (rows × columns) written without a `.save` card.
pub const VALUES_WITHOUT_SAVE: u64 = 10_000_000;
/// Values of one analysis kept in memory for measures.
const VALUES_MEASURED: usize = 50_000_000;
/// Values of one analysis kept for plots, and those of all step points together.
const VALUES_DRAWN: usize = 2_000_000;
const ALL_VALUES_DRAWN: usize = 20_000_000;

/// A netlist elaborated.
#[derive(Clone, Debug)]
pub struct Deck {
    pub circuit: Arc<Circuit>,
    pub plan: Plan,
    /// What runs beside the circuit, and the functions it may call
    pub program: Arc<Program>,
    pub functions: Arc<Functions>,
    /// Whether circuits of different draws differ
    pub varies: bool,
}

impl Deck {
    /// An elaborated netlist without its experiments.
    pub fn new(deck: elab::Deck) -> Deck {
        Deck {
            circuit: Arc::new(deck.circuit),
            plan: deck.plan,
            program: Arc::new(deck.program),
            functions: deck.functions,
            varies: deck.varies,
        }
    }
}

/// Elaborates the netlist with values that win over its own.
pub type Elaborate<'a> = &'a (dyn Fn(&Overrides) -> Result<Deck, Vec<Diagnostic>> + Sync);

#[derive(Clone, Debug)]
pub struct RunOptions {
    /// The folder of the report.
    pub dir: PathBuf,
    pub formats: Vec<Format>,
    pub plots: bool,
    /// See [`VALUES_WITHOUT_SAVE`].
    pub room: u64,
    /// Step points computed at a time. Results do not depend on it.
    pub threads: usize,
    /// Write every attempt at a time step.
    pub trace: bool,
    /// Keep transients under way; step points are then computed one after the other.
    pub checkpoint: Option<Checkpoint>,
}

/// How far a run came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Completed,
    /// A step point made the netlist wrong.
    Netlist,
    Simulation,
    Interrupted,
}

/// What one analysis did.
#[derive(Clone, Debug)]
pub struct Done {
    /// `tran`, `tran-2`
    pub name: String,
    pub rows: u64,
    pub stats: Stats,
    pub seconds: f64,
    /// The last rows of an operating point without steps: names, units, values.
    pub values: Vec<(String, String, f64)>,
}

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub end: End,
    pub experiment: Experiment,
    pub diagnostics: Vec<Diagnostic>,
    pub analyses: Vec<Done>,
    pub measures: Vec<Measured>,
    /// Number of step points; 1 without `.step`.
    pub points: usize,
    pub stepped: bool,
}

/// Runs everything the deck asks for under the experiment `name`; its files go to `options.dir/name`.
pub fn run(deck: &Deck, name: &str, elaborate: Elaborate, options: &RunOptions, control: &mut Control) -> Outcome {
    let started = Instant::now();
    let mut runner = Runner::new(deck, name, options);
    let points = step_points(&deck.plan);
    let done = match options.threads > 1 && points.len() > 1 && options.checkpoint.is_none() {
        false => points.iter().enumerate().try_for_each(|(k, values)| {
            let bench = Bench::new(deck, (k, values), elaborate)?;
            runner.point(Computed::Here(&bench), values, (k, points.len()), control)
        }),
        true => {
            let how = (options.threads, options.trace);
            parallel::run(deck, &points, elaborate, how, control, &mut |remote, control, values| {
                runner.point(Computed::Elsewhere(remote), values, (0, 1), control)
            })
        }
    };
    let end = done.map_or_else(
        |stop| {
            let values = points.get(runner.finished).map_or(&[][..], Vec::as_slice);
            let labels = deck.plan.steps.iter().map(|s| s.label.clone());
            runner.stopped(stop, &step_label(&labels.zip(values.iter().copied()).collect::<Vec<_>>()))
        },
        |()| End::Completed,
    );
    runner.finish(end, points.len(), started)
}

/// All combinations of the values of `.step` cards, the first card slowest.
fn step_points(plan: &Plan) -> Vec<Vec<f64>> {
    let mut points = vec![Vec::new()];
    for sweep in &plan.steps {
        let grown = |p: &Vec<f64>| sweep.values.iter().map(|v| [&p[..], &[*v]].concat()).collect::<Vec<_>>();
        points = points.iter().flat_map(grown).collect();
    }
    points
}

/// Who computes a step point.
enum Computed<'c, 'a, 's> {
    Here(&'c Bench<'a>),
    Elsewhere(Remote<'a, 's>),
}

impl Computed<'_, '_, '_> {
    fn bench(&self) -> &Bench<'_> {
        match self {
            Computed::Here(bench) => bench,
            Computed::Elsewhere(remote) => &remote.bench,
        }
    }

    /// Analysis `a`, each in turn; its seconds.
    fn run(
        &mut self,
        a: usize,
        selection: &Selection,
        sink: &mut dyn crate::analysis::Sink,
        control: &mut Control,
    ) -> (Result<Stats, Failure>, f64) {
        match self {
            Computed::Here(bench) => {
                let started = Instant::now();
                let result = bench.run(a, &selection.observations, sink, control);
                (result, started.elapsed().as_secs_f64())
            }
            Computed::Elsewhere(remote) => remote.run(sink, control),
        }
    }
}

struct Runner<'a> {
    options: &'a RunOptions,
    name: &'a str,
    title: String,
    outputs: Vec<Output>,
    raw: output::Raw,
    diagnostics: Vec<Diagnostic>,
    measures: Vec<Measured>,
    /// What models had to say
    warned: Vec<Warned>,
    totals: Totals,
    room: u64,
    plotted: usize,
    stepped: bool,
    /// Step points that are done
    finished: usize,
}

impl<'a> Runner<'a> {
    fn new(deck: &Deck, name: &'a str, options: &'a RunOptions) -> Runner<'a> {
        let mut outputs: Vec<Output> = Vec::new();
        for analysis in &deck.plan.analyses {
            let kind = analysis.kind.name();
            let earlier = outputs.iter().filter(|o| o.kind == kind).count();
            let name = if earlier == 0 { kind.to_string() } else { format!("{kind}-{}", earlier + 1) };
            outputs.push(Output::new(kind, name));
        }
        Runner {
            options,
            name,
            title: deck.circuit.title.clone(),
            outputs,
            raw: output::Raw::default(),
            diagnostics: Vec::new(),
            measures: Vec::new(),
            warned: Vec::new(),
            totals: Totals::default(),
            room: options.room,
            plotted: 0,
            finished: 0,
            stepped: !deck.plan.steps.is_empty(),
        }
    }

    /// All analyses of one step point.
    fn point(
        &mut self,
        mut computed: Computed,
        values: &[f64],
        (k, of): (usize, usize),
        control: &mut Control,
    ) -> Result<(), Stop> {
        let (deck, system) = (computed.bench().deck.clone(), computed.bench().system.clone());
        let steps: Vec<(String, f64)> =
            deck.plan.steps.iter().map(|s| s.label.clone()).zip(values.iter().copied()).collect();
        let mut records: Vec<(Selection, Recorders)> = Vec::new();
        let mut stop = None;
        let analyses = deck.plan.analyses.len();
        for a in 0..analyses.min(self.outputs.len()) {
            let before = (k * analyses + a) as f64;
            let share = move |p: Progress| Progress { fraction: (before + p.fraction) / (of * analyses) as f64, ..p };
            let outer = &mut *control.progress;
            let mut progress = |p: Progress| match of {
                // Those who compute many at a time know how far all of them are.
                1 => outer(p),
                _ => outer(share(p)),
            };
            let mut inner = Control::new(control.interrupted, &mut progress);
            let selection = Selection::new(&deck.circuit, &deck.plan, self.outputs[a].kind);
            let (recorders, result) = self.analysis(&mut computed, a, &selection, &steps, &mut inner);
            records.push((selection, recorders));
            if let Err(failure) = result {
                stop = Some(Stop::Failed(failure, Some(system)));
                break;
            }
        }
        self.measure(&deck, &steps, &records, stop.is_some());
        for (output, (selection, recorders)) in self.outputs.iter_mut().zip(records) {
            let waves = recorders.drawn.waves;
            let size: usize = waves.iter().map(|w| w.len() * (w.header.columns.len() + 1)).sum();
            self.plotted += size;
            if self.plotted <= ALL_VALUES_DRAWN {
                output.keep(selection, waves);
            }
        }
        self.finished += usize::from(stop.is_none());
        stop.map_or(Ok(()), Err)
    }

    /// One analysis of one step point: what it left in memory, how it ended.
    fn analysis(
        &mut self,
        computed: &mut Computed,
        a: usize,
        selection: &Selection,
        steps: &[(String, f64)],
        control: &mut Control,
    ) -> (Recorders, Result<(), Failure>) {
        let mut recorders = Recorders {
            measured: Recorder::new(VALUES_MEASURED, Full::Drop),
            drawn: Recorder::new(VALUES_DRAWN, Full::Halve),
        };
        let limit = computed.bench().deck.plan.saves.is_none().then_some(&mut self.room);
        let place = output::Place { dir: &self.options.dir, name: self.name, title: &self.title };
        let kind = self.outputs[a].kind;
        let output = &mut self.outputs[a];
        let before = output.rows;
        let opened = output
            .open(&place, &self.options.formats, selection, &mut self.raw)
            .and_then(|()| if self.options.trace { output.open_trace(&place, steps) } else { Ok(()) });
        let mut trace = output.trace.take();
        let mut counted = None;
        let (mut result, seconds) = match opened {
            Err(error) => (Err(Failure::from(error)), 0.0),
            Ok(()) => {
                let mut sink = output.sink(selection, steps, &mut recorders, &mut self.raw, limit);
                let mut write = |system: &System, attempt: &Attempt| {
                    if let Some(to) = &mut trace {
                        to.attempt(system, attempt);
                    }
                };
                let checkpoint = self.options.checkpoint.as_ref().filter(|_| kind == "tran");
                let mut keeper = checkpoint.map(|c| c.keeper(self.finished, a));
                let mut control = Control::new(control.interrupted, &mut *control.progress);
                if self.options.trace {
                    control.trace = Some(&mut write);
                }
                control.keep = keeper.as_mut().map(|k| k as &mut dyn Keep);
                let done = computed.run(a, selection, &mut sink, &mut control);
                Warned::merge(&mut self.warned, control.warned);
                counted = control.stats;
                done
            }
        };
        if let Some(trace) = &mut trace
            && let Err(error) = trace.end()
        {
            result = result.and(Err(error.into()));
        }
        output.trace = trace;
        // Of some analyses that did not come to their end only the rows are known.
        let rows = Stats { accepted: output.rows - before, ..Stats::default() };
        let stats = *result.as_ref().unwrap_or(&counted.unwrap_or(rows));
        self.totals.add(&stats);
        output.add(&stats);
        output.seconds += seconds;
        (recorders, result.map(|_| ()))
    }

    fn measure(&mut self, deck: &Deck, steps: &[(String, f64)], records: &[(Selection, Recorders)], stopped: bool) {
        if deck.plan.measures.is_empty() {
            return;
        }
        let joined: Vec<Option<Wave>> = records.iter().map(|(_, r)| Wave::join(&r.measured.waves)).collect();
        let last = records.len().saturating_sub(1);
        let recorded: Vec<Recorded> = records
            .iter()
            .zip(&joined)
            .enumerate()
            .map(|(a, ((selection, recorders), wave))| Recorded {
                analysis: self.outputs[a].kind,
                wave: wave.as_ref().filter(|_| !(stopped && a == last)),
                columns: &selection.measured_of,
                full: recorders.measured.full,
            })
            .chain(self.outputs[records.len().min(self.outputs.len())..].iter().map(|o| Recorded {
                analysis: o.kind,
                wave: None,
                columns: &[],
                full: false,
            }))
            .collect();
        let label = step_label(steps);
        measures::point(&deck.plan, &recorded, &label, &mut self.measures, &mut self.diagnostics);
    }

    /// Reports why the run stopped.
    fn stopped(&mut self, stop: Stop, label: &str) -> End {
        let place = |mut d: Diagnostic| {
            if d.is_error() && !label.is_empty() {
                d.message += &format!(", at{label}");
            }
            d
        };
        match stop {
            Stop::Netlist(diagnostics) => {
                self.diagnostics.extend(diagnostics.into_iter().map(place));
                End::Netlist
            }
            Stop::Failed(Failure::Interrupted, _) => End::Interrupted,
            Stop::Failed(Failure::Output(error), _) if is_too_much(&error) => {
                let many = format!("more than {} values without a .save card", self.options.room);
                self.diagnostics.push(
                    Diagnostic::error("lab::too-much", many)
                        .help("name what you need, `.save V(out) I(V1)`; what came before is written"),
                );
                End::Simulation
            }
            Stop::Failed(failure, system) => {
                self.diagnostics.push(place(match system {
                    Some(system) => failure.diagnostic(&system),
                    None => Diagnostic::error("run::no-device", failure.to_string()),
                }));
                End::Simulation
            }
        }
    }

    fn finish(mut self, end: End, points: usize, started: Instant) -> Outcome {
        self.diagnostics.extend(self.warned.iter().map(Warned::diagnostic));
        let mut plots = Vec::new();
        if self.options.plots {
            for output in &self.outputs {
                let (paths, troubles) = figures::draw(output, &self.options.dir, self.name, &self.title);
                plots.extend(paths);
                self.diagnostics.extend(troubles);
            }
        }
        self.totals.seconds = started.elapsed().as_secs_f64();
        let status = match end {
            End::Completed if any_error(&self.diagnostics) => Status::Error,
            End::Completed => Status::Passed,
            End::Netlist | End::Simulation => Status::Error,
            End::Interrupted => Status::Interrupted,
        };
        let measures = self.measures.iter().map(|m| (m.name.clone(), m.value(self.stepped))).collect();
        let waves = self.outputs.iter().flat_map(|o| o.paths.clone()).chain(self.raw.path.clone()).collect();
        Outcome {
            end,
            experiment: Experiment {
                name: self.name.into(),
                status,
                measures,
                asserts: Vec::new(),
                snapshots: Vec::new(),
                tables: self.outputs.iter().filter_map(|o| o.trace_path.clone()).collect(),
                waves,
                plots,
                stats: self.totals,
            },
            diagnostics: self.diagnostics,
            analyses: self.outputs.into_iter().map(Output::done).collect(),
            measures: self.measures,
            points,
            stepped: self.stepped,
        }
    }
}

//! Netlists in, results of their protocol `main()` out.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use memspice::analysis::environment;
use memspice::circuit::plan::Options;
use memspice::device::registry::REGISTRY;
use memspice::diag::{Diagnostic, FileId, Span};
use memspice::elab::{DataRoots, Deck, Kinds, Overrides, elaborate};
use memspice::kernel::{Bench, Setting};
use memspice::mna::{Condensation, System};
use memspice::process::lint::lint;
use memspice::process::machine::Machine;
use memspice::process::names::{self, Around};
use memspice::process::notebook::NoNotebook;
use memspice::process::program::InstanceId;
use memspice::process::scheduler::{Halt, Job, Scheduler};
use memspice::syntax::ast::Name;
use memspice::syntax::parse_str;
use memspice::syntax::source::Sources;
use memspice::value::answer::Answer;
use memspice::value::data::Files;

/// How `main()` is run.
#[derive(Clone, Copy)]
pub struct Setup {
    pub reltol: f64,
    pub vntol: f64,
    pub trtol: f64,
    /// As a Monte-Carlo run: readings have their errors
    pub noisy: bool,
    pub seed: u64,
    pub draw: u64,
}

impl Default for Setup {
    fn default() -> Setup {
        Setup { reltol: 1e-5, vntol: 1e-6, trtol: 1.0, noisy: false, seed: 1, draw: 0 }
    }
}

/// What came of it.
pub struct Outcome {
    results: Vec<(String, Vec<f64>)>,
    /// s: accepted time points
    pub times: Vec<f64>,
}

impl Outcome {
    /// A result, flat.
    pub fn get(&self, name: &str) -> &[f64] {
        let found = self.results.iter().find(|(n, _)| n == name);
        &found.unwrap_or_else(|| panic!("no result {name}")).1
    }

    /// The only number of a result.
    pub fn number(&self, name: &str) -> f64 {
        let [v] = self.get(name) else { panic!("{name} is no number") };
        *v
    }
}

type Wrong = Box<Diagnostic>;

fn deck(text: &str) -> Result<(Deck, Sources), Wrong> {
    let (ast, sources, mut found) = parse_str("test.cir", &format!("a test\n{text}\n"));
    let kinds = Kinds::new(REGISTRY.iter().map(|r| r.kind));
    let (deck, more) = elaborate(&ast, &kinds, &Overrides::default(), &DataRoots::default());
    found.extend(more);
    match found.iter().find(|d| d.is_error()) {
        Some(d) => Err(Box::new(d.clone())),
        None => Ok((deck.expect("a deck without errors"), sources)),
    }
}

/// What runs beside the circuit of a netlist.
pub fn machine(text: &str) -> (Machine, Sources) {
    let (deck, sources) = deck(text).unwrap_or_else(|d| panic!("{}: {}", d.code, d.message));
    let files = Arc::new(Files::new(DataRoots::default()));
    (Machine::new(Arc::new(deck.circuit), Arc::new(deck.program), deck.functions, files), sources)
}

/// Findings about the flow of control: code and the text they point at.
pub fn lints(text: &str) -> Vec<(&'static str, String)> {
    let (machine, sources) = machine(text);
    let place = |d: &Diagnostic| sources.snippet(d.labels[0].span).lines().next().unwrap_or("").trim().to_string();
    lint(&machine).iter().map(|d| (d.code, place(d))).collect()
}

/// Mistakes that the text shows: code and the text they point at.
pub fn mistakes(text: &str) -> Vec<(&'static str, String)> {
    let (machine, sources) = machine(text);
    let around = Around { fixed: true, ..Around::default() };
    let place = |d: &Diagnostic| sources.snippet(d.labels[0].span).to_string();
    names::check(&machine, &around)
        .iter()
        .map(|d| {
            assert!(d.help.is_some(), "{} has no help: {}", d.code, d.message);
            (d.code, place(d))
        })
        .collect()
}

pub fn run_with(text: &str, setup: &Setup) -> Result<Outcome, Wrong> {
    run_text(text, setup).map_err(|(d, _)| d)
}

/// As [`run_with`]; a report comes with what its labels point at: the text, and the line it stands in.
pub fn run_text(text: &str, setup: &Setup) -> Result<Outcome, (Wrong, Vec<[String; 2]>)> {
    let (deck, sources) = deck(text).map_err(|d| (d, Vec::new()))?;
    let options = Options { reltol: setup.reltol, vntol: setup.vntol, trtol: setup.trtol, ..deck.plan.options };
    let (circuit, program) = (Arc::new(deck.circuit), Arc::new(deck.program));
    let system = Arc::new(System::new(circuit.clone(), Condensation::Condensed).expect("known kinds"));
    let env = environment(&options, 1e-9, 1e-3);
    let setting = Setting {
        options,
        env,
        max_step: f64::INFINITY,
        interrupted: Arc::new(AtomicBool::new(false)),
        initial: Vec::new(),
        nodeset: Vec::new(),
    };
    let mut bench = Bench::new(system, &setting, program.clone()).expect("an operating point");
    let times = Arc::new(Mutex::new(Vec::new()));
    let noted = times.clone();
    bench.watch(Box::new(move |view, _| noted.lock().expect("times").push(view.time)));
    let files = Arc::new(Files::new(DataRoots::default()));
    let machine = Machine::new(circuit, program, deck.functions, files);
    let mut scheduler = Scheduler::new(&machine, setup.seed, setup.draw);
    scheduler.set_noisy(setup.noisy, 0);
    let name = Name { text: "main".into(), span: Span { file: FileId(0), start: 0, end: 0 } };
    let job = Job::Protocol { at: InstanceId::TOP, name: &name, given: Vec::new() };
    let answer = match scheduler.perform(job, &mut bench, &NoNotebook) {
        Ok(done) => done.answer,
        Err(Halt::Fault(fault)) => {
            let d = fault.report().expect("a fault with a report");
            let line = |span: Span| {
                let (k, _) = sources.line_column(span);
                sources.text(span.file).lines().nth(k - 1).unwrap_or("").trim().to_string()
            };
            let places = d.labels.iter().map(|l| [sources.snippet(l.span).to_string(), line(l.span)]).collect();
            return Err((Box::new(d), places));
        }
        Err(Halt::Interrupted(_)) => panic!("nobody interrupted it"),
    };
    let results = match answer {
        Answer::Several(list) => list.into_iter().map(|(n, v)| (n.to_string(), v.numbers())).collect(),
        Answer::One(v) => vec![(String::new(), v.numbers())],
    };
    let times = times.lock().expect("times").clone();
    Ok(Outcome { results, times })
}

/// Runs `main()`, which must come to its end.
pub fn run(text: &str) -> Outcome {
    run_with(text, &Setup::default()).unwrap_or_else(|d| panic!("{}: {}", d.code, d.message))
}

pub fn near(got: f64, want: f64, share: f64) {
    assert!((got - want).abs() <= share * want.abs(), "{got:e} is not {want:e}: off by {:e}", got / want - 1.0);
}

pub fn close(got: f64, want: f64, within: f64) {
    assert!((got - want).abs() <= within, "{got:e} is not {want:e} within {within:e}");
}

//! SPICE decks that ngspice runs unchanged: at equal tight settings we give its curves, at default settings we are no
//! further from the truth than it is. References and how they were made: `tests/compat/make_references.py`.
//!
//! `MEMSPICE_NGSPICE=1` computes the references anew with the ngspice on the path; `MEMSPICE_COMPAT_TABLE=1` writes
//! `docs/compat.md`; `MEMSPICE_COMPAT=ring5,rc_lowpass` runs these decks alone.

#[path = "compat/deck.rs"]
mod deck;
#[path = "compat/reference.rs"]
mod reference;
#[path = "compat/simulate.rs"]
mod simulate;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::env;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use deck::{Deck, Kind};
use reference::{Deviation, Table};

/// What became of one signal of one deck.
struct Outcome {
    deck: String,
    kind: Kind,
    signal: String,
    result: Result<Deviation, String>,
}

impl Outcome {
    fn worst(&self) -> f64 {
        self.result.as_ref().map_or(f64::INFINITY, |d| d.worst)
    }

    fn key(&self) -> String {
        format!("{},{},{},{}", self.deck, self.kind.analysis(), self.kind.name(), self.signal)
    }

    fn line(&self, allowed: f64) -> String {
        let head = format!("{} {} {}", self.deck, self.kind.name(), self.signal);
        match &self.result {
            Ok(d) => format!("{head}: {:.2e} instead of {allowed:.1e}, worst at {:.6e}", d.worst, d.at),
            Err(why) => format!("{head}: {why}"),
        }
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compat")
}

fn chosen() -> Vec<Deck> {
    let only = env::var("MEMSPICE_COMPAT").unwrap_or_default();
    let only: Vec<&str> = only.split(',').filter(|n| !n.is_empty()).collect();
    deck::all().into_iter().filter(|d| only.is_empty() || only.contains(&d.name.as_str())).collect()
}

/// Runs every deck, a few at a time, and holds what it gives against the references in `references`.
fn run_all(decks: &[Deck], tight: bool, references: &Path) -> Vec<Outcome> {
    let (next, outcomes) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(deck) = decks.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let found = run_deck(deck, tight, references);
                    outcomes.lock().expect("outcomes").extend(found);
                }
            });
        }
    });
    let mut outcomes = outcomes.into_inner().expect("outcomes");
    outcomes.sort_by_key(Outcome::key);
    outcomes
}

fn run_deck(deck: &Deck, tight: bool, references: &Path) -> Vec<Outcome> {
    let reference = reference::sections(&references.join(format!("{}.ref", deck.name)));
    let ran = |wanted: bool, text: String| if wanted { simulate::run(&deck.name, &text) } else { Ok(HashMap::new()) };
    let still = ran(deck.has_static(), deck.static_copy(tight));
    let moving = ran(deck.has_transient(), deck.transient_copy(tight));
    let mut outcomes = Vec::new();
    for compare in &deck.compares {
        let kind = compare.kind;
        let run = if kind.is_static() { &still } else { &moving };
        let section = if kind == Kind::Oscillator { "oscillator" } else { kind.analysis() };
        for signal in &compare.signals {
            let result = run.as_ref().map_err(String::clone).and_then(|tables: &HashMap<String, Table>| {
                let ours = tables.get(kind.analysis()).ok_or_else(|| format!("no {}.csv", kind.analysis()))?;
                let theirs = reference.get(section).ok_or_else(|| format!("no [{section}] in the reference"))?;
                reference::deviation(kind, signal, ours, theirs)
            });
            outcomes.push(Outcome { deck: deck.name.clone(), kind, signal: signal.clone(), result });
        }
    }
    outcomes
}

/// ngspice's error at its default settings, by deck, analysis, kind and signal.
fn ngspice_errors() -> HashMap<String, f64> {
    let text = fs::read_to_string(folder().join("ngspice_default_errors.csv")).expect("ngspice_default_errors.csv");
    let cells = text.lines().filter(|l| !l.starts_with('#')).skip(1).map(|l| l.rsplitn(3, ',').collect::<Vec<_>>());
    cells.map(|c| (c[2].to_string(), c[1].parse().expect("an error"))).collect()
}

/// Signals whose error at default settings is known to be larger than ngspice's, with the error when it was noted.
/// The test keeps them from growing; an entry goes when the engine gets better.
fn known_worse() -> HashMap<String, f64> {
    let text = fs::read_to_string(folder().join("known_worse.csv")).unwrap_or_default();
    let rows = text.lines().filter(|l| !l.starts_with('#')).filter_map(|l| l.rsplit_once(','));
    rows.map(|(key, error)| (key.to_string(), error.parse().expect("an error"))).collect()
}

/// What an error at default settings may be: ngspice's, and a difference that does not count.
fn allowed_by_default(outcome: &Outcome, ngspice: &HashMap<String, f64>) -> f64 {
    ngspice.get(&outcome.key()).copied().unwrap_or(0.0) + indifferent(outcome.kind)
}

/// Differences below this do not count at default settings: 0.05 % of the range, 1e-6 of a static value.
fn indifferent(kind: Kind) -> f64 {
    if kind.is_static() { 1e-6 } else { 5e-4 }
}

fn fail_if_any(failures: Vec<String>, decks: usize) {
    assert!(failures.is_empty(), "{} signals of {decks} decks:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn agrees_with_ngspice_at_equal_settings() {
    let decks = chosen();
    let outcomes = run_all(&decks, true, &folder());
    let wrong = outcomes.iter().filter(|o| o.worst() > o.kind.tolerance());
    fail_if_any(wrong.map(|o| o.line(o.kind.tolerance())).collect(), decks.len());
}

#[test]
fn error_at_default_settings_is_no_larger_than_ngspice() {
    let decks = chosen();
    let theirs = ngspice_errors();
    let known = known_worse();
    let allowed = |o: &Outcome| {
        let noted = known.get(&o.key()).map_or(0.0, |e| 1.5 * e);
        allowed_by_default(o, &theirs).max(noted)
    };
    let outcomes = run_all(&decks, false, &folder());
    let wrong = outcomes.iter().filter(|o| o.worst() > allowed(o));
    fail_if_any(wrong.map(|o| o.line(allowed(o))).collect(), decks.len());
}

#[test]
fn every_row_of_the_table_is_covered() {
    let decks = deck::all();
    assert!(decks.len() >= 40, "{} decks", decks.len());
    let mut wanted: BTreeSet<String> = BTreeSet::new();
    for element in "RCLKVIEFGHBDMQSWX".chars() {
        wanted.extend(["op", "dc", "ac", "tran"].map(|analysis| format!("{element} {analysis}")));
    }
    wanted.extend(FEATURES.iter().map(|f| f.to_string()));
    let covered: BTreeSet<String> = decks.iter().flat_map(Deck::rows).collect();
    let missing: Vec<&String> = wanted.difference(&covered).collect();
    assert!(missing.is_empty(), "no deck covers {missing:?}");
}

/// Rows beside element × analysis. `.step` has no counterpart in ngspice and is tested in `tests/steps.rs`.
const FEATURES: [&str; 29] = [
    "PULSE",
    "SIN",
    "EXP",
    "PWL",
    "SFFM",
    "AM",
    "POLY",
    "VALUE",
    "TABLE",
    "IC",
    "M",
    "TIME",
    "nonlinear C",
    "subckt parameters",
    "temperature sweep",
    "nested sweep",
    "UIC",
    ".meas",
    ".ic",
    ".nodeset",
    ".temp",
    ".param",
    ".func",
    ".subckt",
    ".global",
    ".model",
    ".ac dec",
    ".ac lin",
    ".op",
];

#[test]
fn agrees_with_a_live_ngspice() {
    if env::var_os("MEMSPICE_NGSPICE").is_none() {
        println!("skipped: set MEMSPICE_NGSPICE to compute the references with the ngspice on the path");
        return;
    }
    let decks = chosen();
    let into = tempfile::tempdir().expect("a folder");
    let made = Command::new("python3")
        .arg(folder().join("make_references.py"))
        .arg("--into")
        .arg(into.path())
        .args(decks.iter().map(|d| &d.name))
        .status()
        .expect("python3");
    assert!(made.success(), "make_references.py: {made}");
    let outcomes = run_all(&decks, true, into.path());
    let wrong = outcomes.iter().filter(|o| o.worst() > o.kind.tolerance());
    fail_if_any(wrong.map(|o| o.line(o.kind.tolerance())).collect(), decks.len());
}

#[test]
fn the_table_in_docs() {
    if env::var_os("MEMSPICE_COMPAT_TABLE").is_none() {
        println!("skipped: set MEMSPICE_COMPAT_TABLE to write docs/compat.md and tests/compat/known_worse.csv");
        return;
    }
    let decks = deck::all();
    let (tight, default) = (run_all(&decks, true, &folder()), run_all(&decks, false, &folder()));
    let theirs = ngspice_errors();
    let worse = default.iter().filter(|o| o.worst() > allowed_by_default(o, &theirs));
    let worse: Vec<String> = worse.map(|o| format!("{},{:.2e}\n", o.key(), o.worst())).collect();
    let head = "# deck,analysis,kind,signal,error at default settings: larger than ngspice's\n";
    fs::write(folder().join("known_worse.csv"), format!("{head}{}", worse.concat())).expect("known_worse.csv");
    let text = table(&decks, &tight, &default, &theirs);
    fs::write(folder().join("../../docs/compat.md"), text).expect("docs/compat.md");
}

/// The worst of each deck and kind, in Markdown.
fn table(decks: &[Deck], tight: &[Outcome], default: &[Outcome], ngspice: &HashMap<String, f64>) -> String {
    let mut rows: BTreeMap<(String, &str), [f64; 3]> = BTreeMap::new();
    let mut add = |o: &Outcome, k: usize, value: f64| {
        let row = rows.entry((o.deck.clone(), o.kind.name())).or_default();
        row[k] = row[k].max(value);
    };
    tight.iter().for_each(|o| add(o, 0, o.worst()));
    default.iter().for_each(|o| add(o, 1, o.worst()));
    default.iter().for_each(|o| add(o, 2, ngspice.get(&o.key()).copied().unwrap_or(f64::NAN)));
    let mut out = String::from(HEAD);
    for ((deck, kind), [equal, ours, theirs]) in &rows {
        let title = decks.iter().find(|d| d.name == *deck).and_then(|d| d.text.lines().next()).unwrap_or("");
        let kind = Kind::named(kind);
        let mark = |bad: bool| if bad { " **✗**" } else { "" };
        let wide = *equal > kind.tolerance();
        let worse =
            default.iter().any(|o| o.deck == *deck && o.kind == kind && o.worst() > allowed_by_default(o, ngspice));
        let _ = writeln!(
            out,
            "| `{deck}` | {} | {} | {equal:.1e}{} | {ours:.1e}{} | {theirs:.1e} |",
            title.trim_start_matches("* "),
            kind.name(),
            mark(wide),
            mark(worse)
        );
    }
    let signals = |bad: &dyn Fn(&Outcome) -> bool, all: &[Outcome]| all.iter().filter(|o| bad(o)).count();
    let wide = signals(&|o| o.worst() > o.kind.tolerance(), tight);
    let better = signals(&|o| o.worst() <= allowed_by_default(o, ngspice), default);
    let _ = writeln!(
        out,
        "\n{} decks, {} signals: {} within tolerance at equal settings; at default settings {} are no further from the \
         reference than ngspice.",
        decks.len(),
        tight.len(),
        tight.len() - wide,
        better
    );
    out
}

const HEAD: &str = "# Compatibility with ngspice 39\n
Made by `MEMSPICE_COMPAT_TABLE=1 cargo test --test compat the_table`; do not edit.\n
*Equal settings*: the largest deviation from ngspice when both run with reltol 1e-6 (operating points and sweeps 1e-9) and
the same small largest step. *Default*: the error of each at its default settings against that reference. Waves are
relative to their range, oscillators are period and amplitude, static values are relative to max(|v|, 1 mV) or
max(|i|, 1 µA), AC to the largest magnitude. Each row is the worst signal of the deck. ✗ marks a deviation above 1e-3
(waves) or 1e-6 (static), and a default error above ngspice's (differences below 5e-4 and 1e-6 do not count).\n
| deck | what it is | compared | equal settings | default, memspice | default, ngspice |
|---|---|---|---|---|---|
";

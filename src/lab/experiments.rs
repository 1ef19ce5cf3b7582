//! What experiments came to → the lines a person reads after each.

use std::fmt::Write;
use std::path::Path;

use super::experiment::Outcome;
use super::number::{rough, scaled};
use super::report::{Report, Status};
use super::snapshot::{Outcome as Seen, Verdict};
use crate::diag::Severity;
use crate::value::Value;

/// More numbers of a measure than these are counted.
const MOST_NUMBERS: usize = 8;
/// More files than these are looked up in the folder.
const MOST_FILES: usize = 12;

/// The first line.
pub fn title(title: &str) -> String {
    let title = title.trim_start_matches(['*', ' ']).trim_end();
    format!("{}\n", if title.is_empty() { "(no title)" } else { title })
}

/// One experiment; `dir` is where the report lies.
pub fn summary(outcome: &Outcome, dir: &Path, stats: bool) -> String {
    let e = &outcome.experiment;
    let word = match e.status {
        Status::Passed => "passed",
        Status::Failed => "FAILED",
        Status::Error => "stopped by an error; what was computed until then is written",
        Status::Interrupted => "interrupted; what was computed until then is written",
    };
    let mut text = format!("\n{}: {word}, {}", e.name, rough(e.stats.seconds, "s"));
    if outcome.rows > 0 {
        let _ = write!(text, ", {} row{}", outcome.rows, if outcome.rows == 1 { "" } else { "s" });
    }
    if !e.asserts.is_empty() {
        let passed = e.asserts.iter().filter(|a| a.passed).count();
        let _ = write!(text, ", {passed} of {} asserts hold", e.asserts.len());
    }
    text += &snapshots(&outcome.snapshots);
    text.push('\n');
    if stats {
        let s = &e.stats;
        let _ = writeln!(text, "  {} accepted, {} rejected, {} Newton iterations", s.accepted, s.rejected, s.newton);
    }
    let width = outcome.measures.iter().map(|m| m.0.chars().count()).max().unwrap_or(0);
    for (name, value) in &outcome.measures {
        let _ = writeln!(text, "  {name:width$}  {}", measure(value));
    }
    let files: Vec<&String> = e.plots.iter().chain(&e.tables).chain(&e.waves).collect();
    for file in files.iter().take(MOST_FILES) {
        let _ = writeln!(text, "  {}", dir.join(file).display());
    }
    if files.len() > MOST_FILES {
        let _ = writeln!(text, "  and {} more", files.len() - MOST_FILES);
    }
    text
}

/// `, 1 of 2 snapshots agrees, 1 new, not compared`
fn snapshots(verdicts: &[Verdict]) -> String {
    let count = |o: Seen| verdicts.iter().filter(|v| v.outcome == o).count();
    let (new, kept) = (count(Seen::New), count(Seen::Accepted));
    let mut text = String::new();
    match (count(Seen::Same), verdicts.len() - new - kept) {
        (_, 0) => {}
        (same, of) => text += &format!(", {same} of {of} snapshots agree"),
    }
    if new > 0 {
        text += &format!(
            ", {new} snapshot{} new, not compared; `memspice test --accept` keeps {}",
            if new == 1 { " is" } else { "s are" },
            if new == 1 { "it" } else { "them" },
        );
    }
    if kept > 0 {
        text += &format!(", {kept} snapshot{} kept from now on", if kept == 1 { " is" } else { "s are" });
    }
    text
}

fn measure(value: &Value) -> String {
    let show = scaled;
    match value {
        Value::Number(v) => show(*v),
        other if other.numbers().is_empty() => "no numbers".into(),
        other => {
            let list = other.numbers();
            let mut text = list.iter().take(MOST_NUMBERS).map(|v| show(*v)).collect::<Vec<_>>().join(", ");
            if list.len() > MOST_NUMBERS {
                let _ = write!(text, ", … {} numbers", list.len());
            }
            text
        }
    }
}

/// The last lines: `5 experiments passed in 12 ms, seed 1, 2 warnings`; `slow` is how many were left out.
pub fn verdict(report: &Report, dir: &Path, slow: usize) -> String {
    let seconds: f64 = report.experiments.iter().map(|e| e.stats.seconds).sum();
    let all = report.experiments.len();
    let passed = report.experiments.iter().filter(|e| e.status == Status::Passed).count();
    let mut line = match passed == all {
        true => format!("{all} experiment{} passed", if all == 1 { "" } else { "s" }),
        false => format!("{passed} of {all} experiments passed"),
    };
    let _ = write!(line, " in {}, seed {}", rough(seconds, "s"), report.seed);
    for (severity, name) in [(Severity::Error, "error"), (Severity::Warning, "warning")] {
        match report.diagnostics.iter().filter(|d| d.severity == severity.to_string()).count() {
            0 => {}
            1 => line += &format!(", 1 {name}"),
            n => line += &format!(", {n} {name}s"),
        }
    }
    match slow {
        0 => {}
        1 => line += "; 1 slow one left out",
        n => line += &format!("; {n} slow ones left out"),
    }
    format!("\n  {}\n\n{line}\n", dir.join("report.json").display())
}

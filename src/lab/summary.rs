//! What a run came to → the lines a person reads after it.

use std::fmt::Write;
use std::path::Path;

use super::number::{engineering, rough};
use super::report::{Report, Status};
use super::run::{Done, Measured, Outcome};
use crate::diag::Severity;

/// More values of an operating point than these are looked up in its file.
const MOST_VALUES: usize = 24;
/// More files than these are looked up in the folder.
const MOST_FILES: usize = 12;

/// Everything about a run; `dir` is where the report lies. `stats` adds the work done.
pub fn summary(outcome: &Outcome, report: &Report, title: &str, dir: &Path, stats: bool) -> String {
    let mut text = String::new();
    let title = title.trim_start_matches(['*', ' ']).trim_end();
    let title = if title.is_empty() { "(no title)" } else { title };
    let _ = writeln!(text, "{title}\n");
    let width = outcome.analyses.iter().map(|d| d.name.len()).max().unwrap_or(0);
    for done in &outcome.analyses {
        let _ = writeln!(text, "  {:width$}  {}", done.name, analysis(done, outcome.points, stats));
    }
    if outcome.analyses.is_empty() {
        text.push_str("  no analysis\n");
    }
    measures(&mut text, outcome);
    if !outcome.stepped {
        values(&mut text, &outcome.analyses);
    }
    files(&mut text, report, dir);
    let _ = writeln!(text, "\n{}", verdict(report));
    text
}

fn analysis(done: &Done, points: usize, stats: bool) -> String {
    let steps = if points > 1 { format!(" at {points} step points") } else { String::new() };
    let rows = if done.rows == 1 { "1 row".to_string() } else { format!("{} rows", done.rows) };
    let mut line = format!("{rows}{steps}, {}", rough(done.seconds, "s"));
    if stats {
        let s = &done.stats;
        let _ = write!(line, "; {} accepted, {} rejected, {} Newton iterations", s.accepted, s.rejected, s.newton);
    }
    line
}

fn measures(text: &mut String, outcome: &Outcome) {
    if outcome.measures.is_empty() {
        return;
    }
    text.push('\n');
    let width = outcome.measures.iter().map(|m| m.name.chars().count()).max().unwrap_or(0);
    for m in &outcome.measures {
        let _ = writeln!(text, "  {:width$}  {}", m.name, measure(m, outcome.stepped));
    }
}

fn measure(m: &Measured, stepped: bool) -> String {
    let known: Vec<f64> = m.values.iter().copied().flatten().collect();
    let show = |v: f64| engineering(v, &m.unit);
    match (&known[..], stepped) {
        ([], _) => "no value".into(),
        ([v], false) => show(*v),
        (known, _) => {
            let low = known.iter().copied().fold(f64::INFINITY, f64::min);
            let high = known.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let missing = match m.values.len() - known.len() {
                0 => String::new(),
                n => format!(", {n} without value"),
            };
            match low == high {
                true => format!("{} at all steps{missing}", show(low)),
                false => format!("{} … {} over {} steps{missing}", show(low), show(high), m.values.len()),
            }
        }
    }
}

fn values(text: &mut String, analyses: &[Done]) {
    for done in analyses.iter().filter(|d| (1..=MOST_VALUES).contains(&d.values.len())) {
        text.push('\n');
        let width = done.values.iter().map(|v| v.0.chars().count()).max().unwrap_or(0);
        for (name, unit, value) in &done.values {
            let _ = writeln!(text, "  {name:width$}  {}", engineering(*value, unit));
        }
    }
}

fn files(text: &mut String, report: &Report, dir: &Path) {
    let of_experiments = report.experiments.iter().flat_map(|e| e.plots.iter().chain(&e.tables).chain(&e.waves));
    let files: Vec<&String> = of_experiments.collect();
    text.push('\n');
    for file in files.iter().take(MOST_FILES) {
        let _ = writeln!(text, "  {}", dir.join(file).display());
    }
    if files.len() > MOST_FILES {
        let _ = writeln!(text, "  and {} more", files.len() - MOST_FILES);
    }
    let _ = writeln!(text, "  {}", dir.join("report.json").display());
}

/// `passed in 12 ms, seed 1, 2 warnings`
fn verdict(report: &Report) -> String {
    let seconds: f64 = report.experiments.iter().map(|e| e.stats.seconds).sum();
    let word = match report.status {
        Status::Passed => "passed",
        Status::Failed => "failed",
        Status::Error => "stopped by an error; what was computed until then is written,",
        Status::Interrupted => "interrupted; what was computed until then is written,",
    };
    let mut line = format!("{word} in {}, seed {}", rough(seconds, "s"), report.seed);
    for (severity, name) in [(Severity::Error, "error"), (Severity::Warning, "warning")] {
        match report.diagnostics.iter().filter(|d| d.severity == severity.to_string()).count() {
            0 => {}
            1 => line += &format!(", 1 {name}"),
            n => line += &format!(", {n} {name}s"),
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::sink::Stats;
    use crate::lab::report::{Experiment, Finding, Totals};
    use crate::lab::run::End;

    #[test]
    fn a_summary_names_values_files_and_warnings() {
        let experiment = Experiment {
            name: "deck".into(),
            status: Status::Passed,
            measures: vec![],
            asserts: vec![],
            snapshots: vec![],
            tables: vec![],
            waves: vec!["deck/tran.csv".into()],
            plots: vec!["deck/tran.svg".into()],
            stats: Totals { seconds: 0.0123, ..Totals::default() },
        };
        let warning = Finding {
            code: "lab::measure".into(),
            severity: "warning".into(),
            file: "a.cir".into(),
            line: 3,
            text: "".into(),
        };
        let report = Report {
            file: "a.cir".into(),
            version: "0.1.0".into(),
            seed: 1,
            status: Status::Passed,
            diagnostics: vec![warning],
            experiments: vec![experiment.clone()],
        };
        let measured = |name: &str, values: &[Option<f64>]| Measured {
            name: name.into(),
            unit: "s".into(),
            values: values.to_vec(),
        };
        let done =
            |name: &str, values| Done { name: name.into(), rows: 512, stats: Stats::default(), seconds: 0.01, values };
        let outcome = Outcome {
            end: End::Completed,
            experiment,
            diagnostics: vec![],
            analyses: vec![done("tran", vec![]), done("op", vec![("V(out)".into(), "V".into(), 0.0125)])],
            measures: vec![measured("half", &[Some(6.9315e-7)]), measured("never", &[None])],
            points: 1,
            stepped: false,
        };
        let text = summary(&outcome, &report, "* low pass", Path::new("out/a"), false);
        let expected = "low pass\n\n  tran  512 rows, 10 ms\n  op    512 rows, 10 ms\n\n  half   693.15 ns\n  never  no value\n\
                        \n  V(out)  12.5 mV\n\n  out/a/deck/tran.svg\n  out/a/deck/tran.csv\n  out/a/report.json\n\
                        \npassed in 12.3 ms, seed 1, 1 warning\n";
        assert_eq!(text, expected);
        assert_eq!(
            measure(&measured("t", &[Some(1e-6), None, Some(3e-6)]), true),
            "1 µs … 3 µs over 3 steps, 1 without value"
        );
    }
}

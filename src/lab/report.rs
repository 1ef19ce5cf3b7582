//! What a run came to → `report.json`.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::analysis::sink::Stats;
use crate::diag::{Diagnostic, Span};

/// How a run or an experiment ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Passed,
    /// An assert or a snapshot failed.
    Failed,
    /// The netlist is wrong or the simulation failed.
    Error,
    Interrupted,
}

/// The whole report; paths are relative to the folder it lies in.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    pub file: String,
    pub version: String,
    pub seed: u64,
    pub status: Status,
    pub diagnostics: Vec<Finding>,
    pub experiments: Vec<Experiment>,
}

/// A diagnostic at its line (0 where it has no place).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    pub code: String,
    pub severity: String,
    pub file: String,
    pub line: usize,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Experiment {
    pub name: String,
    pub status: Status,
    #[serde(serialize_with = "as_map")]
    pub measures: Vec<(String, Value)>,
    pub asserts: Vec<Assert>,
    pub snapshots: Vec<Snapshot>,
    pub tables: Vec<String>,
    pub waves: Vec<String>,
    pub plots: Vec<String>,
    pub stats: Totals,
}

/// A measure: a number, one a step point where the run is stepped; null where it failed.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    One(Option<f64>),
    Steps(Vec<Option<f64>>),
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Assert {
    pub text: String,
    pub line: usize,
    pub passed: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Snapshot {
    pub text: String,
    pub passed: bool,
}

/// Work done in all analyses together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Totals {
    pub accepted: u64,
    pub rejected: u64,
    pub newton: u64,
    /// Wall time
    pub seconds: f64,
}

impl Totals {
    pub fn add(&mut self, stats: &Stats) {
        self.accepted += stats.accepted;
        self.rejected += stats.rejected;
        self.newton += stats.newton;
    }
}

fn as_map<S: Serializer>(measures: &[(String, Value)], to: S) -> Result<S::Ok, S::Error> {
    let mut map = to.serialize_map(Some(measures.len()))?;
    for (name, value) in measures {
        map.serialize_entry(name, value)?;
    }
    map.end()
}

impl Finding {
    /// `place` says file and line of a span.
    pub fn new(diagnostic: &Diagnostic, place: impl Fn(Span) -> (String, usize)) -> Finding {
        let (file, line) = diagnostic.labels.first().map(|l| place(l.span)).unwrap_or_default();
        let mut text = diagnostic.message.clone();
        if let Some(label) = diagnostic.labels.first().filter(|l| !l.text.is_empty()) {
            text += &format!(": {}", label.text);
        }
        if let Some(help) = &diagnostic.help {
            text += &format!(" (help: {help})");
        }
        Finding { code: diagnostic.code.into(), severity: diagnostic.severity.to_string(), file, line, text }
    }
}

impl Report {
    /// Indented, with a line end.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::FileId;

    #[test]
    fn the_report_has_the_agreed_form() {
        let span = Span::new(FileId(0), 10, 12);
        let diagnostic = Diagnostic::warning("lab::measure", "no value").at(span, "here").help("look");
        let report = Report {
            file: "rc.cir".into(),
            version: "0.1.0".into(),
            seed: 1,
            status: Status::Passed,
            diagnostics: vec![Finding::new(&diagnostic, |s| ("rc.cir".into(), s.start as usize))],
            experiments: vec![Experiment {
                name: "deck".into(),
                status: Status::Passed,
                measures: vec![
                    ("tau".into(), Value::One(Some(1e-6))),
                    ("bad".into(), Value::One(None)),
                    ("amp".into(), Value::Steps(vec![Some(1.0), None])),
                ],
                asserts: vec![],
                snapshots: vec![],
                tables: vec![],
                waves: vec!["deck/tran.csv".into()],
                plots: vec![],
                stats: Totals { accepted: 3, rejected: 1, newton: 9, seconds: 0.5 },
            }],
        };
        let json: serde_json::Value = serde_json::from_str(&report.json().unwrap()).unwrap();
        let expected = serde_json::json!({
            "file": "rc.cir", "version": "0.1.0", "seed": 1, "status": "passed",
            "diagnostics": [{"code": "lab::measure", "severity": "warning", "file": "rc.cir", "line": 10,
                             "text": "no value: here (help: look)"}],
            "experiments": [{
                "name": "deck", "status": "passed", "measures": {"tau": 1e-6, "bad": null, "amp": [1.0, null]},
                "asserts": [], "snapshots": [], "tables": [], "waves": ["deck/tran.csv"], "plots": [],
                "stats": {"accepted": 3, "rejected": 1, "newton": 9, "seconds": 0.5}
            }]
        });
        assert_eq!(json, expected);
    }
}

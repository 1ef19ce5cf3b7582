//! What an experiment keeps while it runs: rows, measures, asserts, pictures, snapshots, arrays to save. A point of a sweep
//! keeps its own; they are put together in the order of the points.

use serde::{Deserialize, Serialize};

use super::analyzed::Analyzed;
use super::spool::Spool;
use super::table::Table;
use crate::analysis::{Stats, Warned};
use crate::diag::{Diagnostic, Span};
use crate::process::bounds;
use crate::syntax::ast::{Bins, Stmt, StmtKind};
use crate::value::Value;
use crate::value::fault::Fault;

/// An `assert` and how it went.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Verdict {
    /// As written, without its first word
    pub text: String,
    pub span: Span,
    pub passed: bool,
    pub why: Option<String>,
    /// What its sides were
    pub detail: String,
    /// The point of a sweep it was looked at
    pub label: String,
}

/// A curve over time or over other numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    pub name: String,
    #[serde(deserialize_with = "unit")]
    pub unit: Unit,
    pub x_name: String,
    #[serde(deserialize_with = "unit")]
    pub x_unit: Unit,
    pub x: Vec<f64>,
    pub y: Vec<f64>,
    /// Standard deviations
    pub spread: Option<Vec<f64>>,
    /// A wave, straight between its points
    pub wave: bool,
}

/// One thing that a `plot` or `histogram` shows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Drawn {
    Curve(Curve),
    Heat {
        name: String,
        #[serde(deserialize_with = "unit")]
        unit: Unit,
        rows: usize,
        columns: usize,
        values: Vec<f64>,
    },
    Histogram {
        name: String,
        #[serde(deserialize_with = "unit")]
        unit: Unit,
        values: Vec<f64>,
        bins: Option<(f64, f64)>,
        count: Option<usize>,
        fit: Option<String>,
    },
    Bars {
        name: String,
        #[serde(deserialize_with = "unit")]
        unit: Unit,
        labels: Vec<String>,
        values: Vec<f64>,
        spread: Option<Vec<f64>>,
    },
}

/// A `plot` or `histogram` statement with everything it showed, at each point of a sweep.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sketch {
    pub span: Span,
    pub text: String,
    /// The point of a sweep, and what is shown there
    pub list: Vec<(String, Drawn)>,
}

/// A column of a snapshot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    pub name: String,
    #[serde(deserialize_with = "unit")]
    pub unit: Unit,
    pub values: Vec<f64>,
}

/// What one `snapshot` statement saw at one point.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Seen {
    /// The columns of the table, those that sweeps made apart
    Table {
        keys: Vec<Shown>,
        columns: Vec<Shown>,
    },
    /// Columns over the times of accepted points, s
    Waves {
        times: Vec<f64>,
        columns: Vec<Shown>,
    },
    Columns(Vec<Shown>),
}

/// A `snapshot` statement.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Shot {
    pub span: Span,
    /// The statement itself
    #[serde(skip, default = "nothing")]
    pub statement: Stmt,
    /// s
    pub every: Option<f64>,
    /// Where the tolerance is an expression: its value
    pub within: Option<f64>,
    /// The longest common shift that is removed, s
    pub shift: f64,
    /// The longest edge of the circuit's source-measure units, s
    pub edge: f64,
    /// The point of a sweep, and what was seen there
    pub list: Vec<(Vec<(String, f64)>, Seen)>,
}

/// A name for serde, which would borrow a reference from what it reads.
pub type Unit = &'static str;

/// Units of what is drawn and kept.
const UNITS: [&str; 8] = ["V", "A", "s", "Hz", "J", "C", "dB", "rad"];

/// A unit that was written.
pub fn unit<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Unit, D::Error> {
    let text = String::deserialize(from)?;
    Ok(UNITS.iter().copied().find(|u| *u == text).unwrap_or(""))
}

/// Stands for a statement until it is looked up again.
fn nothing() -> Stmt {
    Stmt { span: super::NOWHERE, kind: StmtKind::Settle }
}

/// Everything kept so far.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Notes {
    pub table: Table,
    pub measures: Vec<(String, Value)>,
    pub asserts: Vec<Verdict>,
    pub sketches: Vec<Sketch>,
    pub shots: Vec<Shot>,
    pub saves: Vec<(String, Value)>,
    pub analyzed: Vec<Analyzed>,
    pub spools: Vec<Spool>,
    pub diagnostics: Vec<Diagnostic>,
    /// What models had to say
    pub warned: Vec<Warned>,
    pub stats: Stats,
}

impl Notes {
    /// A measure; a later one of the same name takes its place.
    pub fn measure(&mut self, name: &str, value: Value) {
        match self.measures.iter_mut().find(|(n, _)| n.eq_ignore_ascii_case(name)) {
            Some((_, old)) => *old = value,
            None => self.measures.push((name.to_string(), value)),
        }
    }

    /// Something a statement at `span` shows.
    pub fn draw(&mut self, span: Span, text: &str, label: &str, drawn: Drawn) {
        let k = match self.sketches.iter().position(|s| s.span == span) {
            Some(k) => k,
            None => {
                self.sketches.push(Sketch { span, text: text.to_string(), list: Vec::new() });
                self.sketches.len() - 1
            }
        };
        self.sketches[k].list.push((label.to_string(), drawn));
    }

    /// Takes in what a point kept.
    pub fn absorb(&mut self, other: Notes, span: Span) -> Result<(), Fault> {
        self.table.append(other.table, span)?;
        for (name, value) in other.measures {
            self.measure(&name, value);
        }
        self.asserts.extend(other.asserts);
        for sketch in other.sketches {
            match self.sketches.iter_mut().find(|s| s.span == sketch.span) {
                Some(own) => own.list.extend(sketch.list),
                None => self.sketches.push(sketch),
            }
        }
        for shot in other.shots {
            match self.shots.iter_mut().find(|s| s.span == shot.span) {
                Some(own) => own.list.extend(shot.list),
                None => self.shots.push(shot),
            }
        }
        self.saves.extend(other.saves);
        self.analyzed.extend(other.analyzed);
        self.spools.extend(other.spools);
        self.diagnostics.extend(other.diagnostics);
        Warned::merge(&mut self.warned, other.warned);
        self.stats.accepted += other.stats.accepted;
        self.stats.rejected += other.stats.rejected;
        self.stats.newton += other.stats.newton;
        Ok(())
    }
}

/// The ends of the axis, or a number of bins
pub type Ends = (Option<(f64, f64)>, Option<usize>);

/// `bins 1:20` or `bins 30`, evaluated by `number`.
pub fn bins(
    bins: Option<&Bins>,
    number: &mut dyn FnMut(&crate::syntax::ast::Expr) -> Result<f64, Fault>,
) -> Result<Ends, Fault> {
    Ok(match bins {
        None => (None, None),
        Some(Bins::Range(a, b)) => (Some(bounds::ends(number(a)?, number(b)?, a.span.to(b.span))?), None),
        Some(Bins::Count(n)) => (None, Some(bounds::bins(number(n)?, n.span)?)),
    })
}

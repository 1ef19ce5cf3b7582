//! Why a run stopped: which net, which device, when, and what to try.

use std::io;

use thiserror::Error;

use crate::circuit::PartId;
use crate::diag::Diagnostic;
use crate::mna::{System, SystemError};
use crate::solve::SolveError;

/// Names are those of the circuit; times in seconds.
#[derive(Debug, Error)]
pub enum Failure {
    #[error(transparent)]
    System(#[from] SystemError),
    /// The nominal member of an ensemble has a singular matrix.
    #[error(transparent)]
    Nominal(#[from] SolveError),
    #[error("the matrix is singular at {unknown}{}", at(*.time))]
    Singular { unknown: String, part: Option<PartId>, time: Option<f64> },
    /// Every method for an operating point failed; `tried` says what each reported.
    #[error("no operating point{}: {unknown} still moves by {change:.3e}", .what)]
    OperatingPoint { what: String, unknown: String, change: f64, part: Option<PartId>, tried: Vec<String> },
    #[error("the time step became too small at t = {time:.6e} s (step {step:.1e} s): {unknown}")]
    StepTooSmall { time: f64, step: f64, unknown: String, part: Option<PartId>, trace: Vec<String> },
    #[error("time stands still at t = {time:.6e} s: events of {who} follow one another without end")]
    NoAdvance { time: f64, who: String, part: Option<PartId>, trace: Vec<String> },
    #[error("events of {who} come {rate:.1e} times a second at t = {time:.6e} s")]
    Storm { time: f64, who: String, rate: f64, part: Option<PartId> },
    /// `why`: what an equation comes to, if one is at fault
    #[error("{unknown} is not finite{}{}", at(*.time), because(.why))]
    NotFinite { unknown: String, part: Option<PartId>, time: Option<f64>, why: String },
    #[error("interrupted")]
    Interrupted,
    /// A DC sweep asks for a target that this circuit cannot change.
    #[error("cannot sweep {0}")]
    Sweep(String),
    /// The sink refused or failed; its own words.
    #[error("{0}")]
    Output(#[from] io::Error),
}

fn at(time: Option<f64>) -> String {
    time.map_or(String::new(), |t| format!(" at t = {t:.6e} s"))
}

fn because(why: &str) -> String {
    if why.is_empty() { String::new() } else { format!(": {why}") }
}

/// How it came to it, where that is known.
fn quoted(trace: &[String]) -> String {
    match trace.is_empty() {
        true => String::new(),
        false => format!("\nlast steps (--trace writes all):\n  {}", trace.join("\n  ")),
    }
}

impl Failure {
    /// The failure as a report, at the line of the part or net it is about.
    pub fn diagnostic(&self, system: &System) -> Diagnostic {
        let (code, help) = match self {
            Failure::System(_) => ("run::no-device", "this kind of part cannot be simulated".to_string()),
            Failure::Singular { .. } => (
                "run::singular",
                "a node without a DC path to ground, or a loop of voltage sources; try a large resistor to ground or .options rshunt=1e12".into(),
            ),
            Failure::OperatingPoint { tried, .. } => (
                "run::no-operating-point",
                format!("tried: {}; try .nodeset or .ic on the nets that should be known, or .options gmin=1e-10 itl1=500", tried.join("; ")),
            ),
            Failure::StepTooSmall { trace, .. } => (
                "run::step-too-small",
                "try a smaller first step, .options reltol=1e-4 or method=gear, or a small capacitor at the node; a state whose \
                 equation grows without bound needs a range, `state x = … in LOW:HIGH`"
                    .to_string()
                    + &quoted(trace),
            ),
            Failure::NoAdvance { trace, .. } => (
                "run::no-advance",
                "what a `when`, a switch or a comparator does makes its condition, or that of another one, true again at once; some \
                 hysteresis ends that"
                    .to_string()
                    + &quoted(trace),
            ),
            Failure::Storm { .. } => (
                "run::event-storm",
                "its hazard has left the range that the model is made for: look at the voltage across it, and drive it with a \
                 compliance (`force I(net) = … limit …`) or bound the rate in the model"
                    .to_string(),
            ),
            Failure::NotFinite { why, .. } if !why.is_empty() => (
                "run::not-finite",
                "this equation overflows or is no number there: bound what grows (`state x = … in LOW:HIGH`, clip( ), limexp( ) in \
                 place of exp( )), or look at the voltage that drives it there"
                    .into(),
            ),
            Failure::NotFinite { .. } => ("run::not-finite", "look for a division by zero or an overflow in the expressions of this part".into()),
            Failure::Nominal(_) => ("run::singular", "the nominal member of the ensemble has no solution".into()),
            Failure::Interrupted => ("run::interrupted", "what was computed is written".into()),
            Failure::Sweep(_) => ("run::sweep", "sweep a source, a parameter, a model parameter or temp".into()),
            Failure::Output(error) => (
                "run::output",
                match error.kind() {
                    io::ErrorKind::InvalidInput | io::ErrorKind::Other => {
                        "name what you need with .save, or choose another --format".into()
                    }
                    _ => "make room, or choose another folder with -o".into(),
                },
            ),
        };
        let mut d = Diagnostic::error(code, self.to_string()).help(help);
        if let Some(part) = self.part() {
            let part = system.circuit.part(part);
            d = d.at(part.span, format!("{} is involved", part.path));
        }
        d
    }

    fn part(&self) -> Option<PartId> {
        match self {
            Failure::Singular { part, .. }
            | Failure::OperatingPoint { part, .. }
            | Failure::StepTooSmall { part, .. }
            | Failure::NoAdvance { part, .. }
            | Failure::Storm { part, .. }
            | Failure::NotFinite { part, .. } => *part,
            _ => None,
        }
    }

    /// A solver's error in the words of the circuit.
    pub(super) fn solve(error: &SolveError, system: &System, time: Option<f64>) -> Failure {
        let columns = match error {
            SolveError::Structural { columns, .. } => columns.as_slice(),
            SolveError::Singular { dependent, .. } => dependent.as_slice(),
            SolveError::NotFinite { column } => std::slice::from_ref(column),
        };
        let part = error.column().and_then(|c| system.part_at(c + 1));
        let more = if columns.len() > 6 { ", …" } else { "" };
        let names: Vec<String> = columns.iter().take(6).map(|c| system.name(c + 1)).collect();
        let unknown = names.join(", ") + more;
        match error {
            SolveError::NotFinite { .. } => Failure::NotFinite { unknown, part, time, why: String::new() },
            _ => Failure::Singular { unknown, part, time },
        }
    }
}

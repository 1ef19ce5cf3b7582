//! The measures of a deck over all its step points.

use std::collections::HashMap;

use crate::circuit::plan::{Measure, MeasureKind, Place, Plan, Reduction};
use crate::diag::Diagnostic;
use crate::lab::measure::{self, Curves};
use crate::lab::report::Value;
use crate::lab::wave::Wave;

/// What one measure gave.
#[derive(Clone, Debug)]
pub struct Measured {
    pub name: String,
    /// `s`, `V`, `V·s`; empty where unknown
    pub unit: String,
    /// One a step point.
    pub values: Vec<Option<f64>>,
}

impl Measured {
    /// As the report shows it.
    pub fn value(&self, stepped: bool) -> Value {
        match stepped {
            true => Value::Steps(self.values.clone()),
            false => Value::One(self.values.first().copied().flatten()),
        }
    }
}

/// The code of a measure without value.
const FAILED: &str = "lab::measure";

/// What one analysis of a step point left for its measures.
pub(super) struct Recorded<'a> {
    pub analysis: &'a str,
    /// None: it did not run to its end.
    pub wave: Option<&'a Wave>,
    /// For each observation of the plan its column in the wave.
    pub columns: &'a [Option<usize>],
    /// Points are missing: there were more than are kept in memory.
    pub full: bool,
}

/// Adds the values of one step point. Every failed measure is a warning.
pub(super) fn point(
    plan: &Plan,
    recorded: &[Recorded],
    label: &str,
    measured: &mut Vec<Measured>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    if measured.is_empty() {
        let empty = |m: &Measure| Measured { name: m.name.clone(), unit: String::new(), values: Vec::new() };
        measured.extend(plan.measures.iter().map(empty));
    }
    let mut done: HashMap<String, f64> = HashMap::new();
    let nothing = Wave::nothing();
    // Expressions of other measures come last, in their order.
    let is_param = |m: &Measure| matches!(m.kind, MeasureKind::Param(_));
    let mut order: Vec<usize> = (0..plan.measures.len()).collect();
    order.sort_by_key(|&k| is_param(&plan.measures[k]));
    for k in order {
        let (m, Some(to)) = (&plan.measures[k], measured.get_mut(k)) else { continue };
        let from = recorded.iter().find(|r| r.analysis == m.analysis);
        let outcome = match from {
            _ if is_param(m) => value(m, &Curves { wave: &nothing, columns: &[] }, &done),
            // Elaboration has said so.
            None => Err(None),
            Some(Recorded { full: true, .. }) => Err(Some("there were more points than are kept in memory".into())),
            Some(Recorded { wave: None, analysis, .. }) => Err(Some(format!("its {analysis} did not come to its end"))),
            Some(Recorded { wave: Some(wave), columns, .. }) => {
                let curves = Curves { wave, columns };
                if to.unit.is_empty() {
                    to.unit = unit(&m.kind, &curves);
                }
                value(m, &curves, &done)
            }
        };
        if let Ok(v) = outcome {
            done.insert(m.name.to_lowercase(), v);
        }
        to.values.push(outcome.as_ref().ok().copied());
        if let Err(Some(why)) = outcome {
            let told =
                diagnostics.iter_mut().find(|d| d.code == FAILED && d.labels.first().is_some_and(|l| l.span == m.span));
            if let Some(told) = told {
                let others = to.values.iter().filter(|v| v.is_none()).count() - 1;
                let points = if others == 1 { "step point" } else { "step points" };
                told.help = Some(format!("it has none at {others} more {points} either"));
                continue;
            }
            let place = if label.is_empty() { String::new() } else { format!(" at{label}") };
            diagnostics.push(
                Diagnostic::warning(FAILED, format!("the measure `{}` has no value{place}: {why}", m.name))
                    .at(m.span, "its value is null"),
            );
        }
    }
}

fn value(m: &Measure, curves: &Curves, done: &HashMap<String, f64>) -> Result<f64, Option<String>> {
    measure::value(&m.kind, curves, done).map_err(|e| Some(e.to_string()))
}

/// What a measure is counted in.
fn unit(kind: &MeasureKind, curves: &Curves) -> String {
    let header = &curves.wave.header;
    let scale = header.scale.as_ref().map_or("", |c| &*c.unit);
    let of = |o: usize| {
        let column = curves.columns.get(o).copied().flatten();
        column.and_then(|c| header.columns.get(c)).map_or("", |c| &*c.unit)
    };
    let join = |a: &str, sign: &str, b: &str| {
        if a.is_empty() || b.is_empty() { String::new() } else { format!("{a}{sign}{b}") }
    };
    match kind {
        MeasureKind::Delay { from, .. } | MeasureKind::When(from) => match from.left {
            Place::Curve(_) | Place::At(_) => scale.into(),
        },
        MeasureKind::FindWhen { find: o, .. } | MeasureKind::FindAt { find: o, .. } => of(*o).into(),
        MeasureKind::DerivWhen { of: o, .. } | MeasureKind::DerivAt { of: o, .. } => join(of(*o), "/", scale),
        MeasureKind::Over { what: Reduction::MinimumAt | Reduction::MaximumAt, .. } => scale.into(),
        MeasureKind::Over { what: Reduction::Integral, of: o, .. } => match (of(*o), scale) {
            ("A", "s") => "C".into(),
            (a, b) => join(a, "·", b),
        },
        MeasureKind::Over { of: o, .. } => of(*o).into(),
        MeasureKind::Param(_) => String::new(),
    }
}

//! `op`, `dc`, `ac` and `noise` of an experiment → their files: `op.csv`, `dc.csv`, `ac-2.csv`.

use serde::{Deserialize, Serialize};

use std::sync::Arc;

use super::notes::Unit;
use super::page::Page;
use crate::analysis::sink::{Column, Header, Row, Sink};
use crate::diag::Span;
use crate::process::history::Kept;
use crate::process::notebook::Desk;
use crate::process::study::{Column as Values, Curves, Scale};
use crate::syntax::ast::Stmt;

/// What one statement gave at one point of a sweep.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Analyzed {
    /// `op`, `dc`, `ac`
    #[serde(deserialize_with = "name")]
    pub name: Unit,
    pub span: Span,
    pub point: Vec<(String, f64)>,
    /// The inner loop first, with its values row by row
    pub scales: Vec<(Column, Vec<f64>)>,
    pub columns: Vec<(Column, Values)>,
}

/// The name of an analysis that was written.
fn name<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Unit, D::Error> {
    let text = String::deserialize(from)?;
    Ok(["dc", "ac", "noise"].into_iter().find(|n| *n == text).unwrap_or("op"))
}

impl Page<'_> {
    /// The operating point as it is.
    pub(super) fn rest(&self, s: &Stmt, desk: &mut dyn Desk) {
        if self.trails.is_empty() {
            return;
        }
        let what: Vec<Kept> = self.trails.iter().map(|t| t.what.clone()).collect();
        let values = desk.now(&what).into_iter().map(|v| Values::Real(vec![v]));
        let columns = self.trails.iter().map(|t| t.column.clone()).zip(values).collect();
        self.keep(Analyzed { name: "op", span: s.span, point: self.numbers(), scales: Vec::new(), columns });
    }

    /// Rows of a `dc` or `ac`.
    pub(super) fn swept(&self, s: &Stmt, curves: &Arc<Curves>) {
        if self.trails.is_empty() {
            return;
        }
        let column = |t: &super::trail::Trail| Some((t.column.clone(), curves.columns.get(&t.what)?.clone()));
        let named = |s: &Scale| (Column { name: s.name.clone(), unit: s.unit.into() }, Values::Real(s.values.clone()));
        self.keep(Analyzed {
            name: match (curves.named.is_empty(), curves.phasors()) {
                (false, _) => "noise",
                (_, true) => "ac",
                _ => "dc",
            },
            span: s.span,
            point: self.numbers(),
            scales: curves
                .scales
                .iter()
                .map(|s| (Column { name: s.name.clone(), unit: s.unit.into() }, s.values.clone()))
                .collect(),
            columns: self.trails.iter().filter_map(column).chain(curves.named.iter().map(named)).collect(),
        });
    }

    fn numbers(&self) -> Vec<(String, f64)> {
        self.point.iter().map(|(n, v)| (n.clone(), v.number().unwrap_or(f64::NAN))).collect()
    }

    fn keep(&self, analyzed: Analyzed) {
        self.notes.borrow_mut().analyzed.push(analyzed);
    }
}

impl Analyzed {
    /// Gives its rows to a sink; outer loops are steps.
    pub fn write(&self, sink: &mut dyn Sink) -> std::io::Result<()> {
        let complex = self.columns.iter().any(|(_, v)| matches!(v, Values::Phasors(_)));
        let scale = self.scales.first();
        let rows = scale.map_or(1, |s| s.1.len());
        let mut steps: Option<Vec<(String, f64)>> = None;
        for row in 0..rows {
            let outer = self.scales.iter().skip(1).map(|s| (s.0.name.clone(), s.1[row]));
            let now: Vec<(String, f64)> = self.point.iter().cloned().chain(outer).collect();
            if steps.as_ref() != Some(&now) {
                if steps.is_some() {
                    sink.end()?;
                }
                sink.begin(&Header {
                    analysis: self.name,
                    steps: now.clone(),
                    scale: scale.map(|s| s.0.clone()),
                    columns: self.columns.iter().map(|c| c.0.clone()).collect(),
                    complex,
                })?;
                steps = Some(now);
            }
            let at = scale.map_or(0.0, |s| s.1[row]);
            match complex {
                true => {
                    let values = self.columns.iter().map(|(_, v)| match v {
                        Values::Phasors(v) => v[row],
                        Values::Real(v) => v[row].into(),
                    });
                    sink.row(at, Row::Complex(&values.collect::<Vec<_>>()))?;
                }
                false => {
                    let values = self.columns.iter().map(|(_, v)| match v {
                        Values::Real(v) => v[row],
                        Values::Phasors(v) => v[row].re,
                    });
                    sink.row(at, Row::Real(&values.collect::<Vec<_>>()))?;
                }
            }
        }
        sink.end()
    }
}

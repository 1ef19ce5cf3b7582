//! The statements of an experiment that ask and keep: `record measure assert snapshot plot histogram save`.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use super::Finished;
use super::check::law;
use super::meter::Meter;
use super::notes::{Drawn, Notes, Seen, Shot, Shown, Verdict, bins};
use super::sides::sides;
use super::trail::Trail;
use crate::diag::Span;
use crate::process::history::Kept;
use crate::process::notebook::{Desk, Notebook, Series, Underway};
use crate::process::study::{Curves, Scale};
use crate::process::{analysis, bounds};
use crate::syntax::ast::{Binary, Column, Expr, ExprKind, Name, Stmt, StmtKind, Tolerance};
use crate::syntax::print::expr as text_of;
use crate::value::eval::{eval, number, truth};
use crate::value::fault::{Fault, did_you_mean};
use crate::value::{Handle, HandleKind, Value};

/// What a statement leaves under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaf {
    Column,
    Measure,
}

/// The notebook of one point of an experiment.
pub struct Page<'p> {
    pub notes: RefCell<Notes>,
    /// Sweep variables and `run`, in the order of their loops
    pub point: &'p [(String, Value)],
    /// `vth=0.5 run=3`
    pub label: &'p str,
    /// The longest edge of the circuit's source-measure units, s
    pub edge: f64,
    /// Experiments that have run, by lower-case name
    pub results: &'p HashMap<String, Finished>,
    /// Names of all experiments, lower case
    pub known: &'p [String],
    /// What the statements of this one leave, by lower-case name
    pub leaves: &'p HashMap<String, Leaf>,
    /// When the experiment began
    pub started: std::time::Instant,
    pub meter: &'p Meter,
    /// What goes to the files of analyses
    pub trails: Vec<Trail>,
}

impl Notebook for Page<'_> {
    fn note(&self, s: &Stmt, desk: &mut dyn Desk) -> Result<(), Fault> {
        match &s.kind {
            StmtKind::Record(columns) => self.record(s, columns, desk),
            StmtKind::Measure(columns) => self.measure(columns, desk),
            StmtKind::Assert { condition, why } => self.assert(s, condition, why.as_deref(), desk),
            StmtKind::Plot(traces) => traces.iter().try_for_each(|t| self.plot(s, t, desk)),
            StmtKind::Histogram { value, bins: wanted, fit } => {
                let values = self.array(value, desk)?;
                let (bins, count) = bins(wanted.as_ref(), &mut |e| number(e, desk))?;
                let fit = fit.as_ref().map(law).transpose()?;
                let name = text_of(value);
                let drawn = Drawn::Histogram { name: name.clone(), unit: unit(value), values, bins, count, fit };
                self.notes.borrow_mut().draw(s.span, &name, self.label, drawn);
                Ok(())
            }
            StmtKind::Snapshot { .. } => self.snapshot(s, desk),
            StmtKind::Save { value, path } => {
                let v = self.value(value, desk)?;
                if v.to_array().is_none() {
                    let message = format!("{} cannot be saved as numbers", v.describe());
                    return Err(Fault::new("lab::save", value.span, message, "here"));
                }
                self.notes.borrow_mut().saves.push((path.clone(), v));
                Ok(())
            }
            StmtKind::Analysis(card) => {
                analysis::complete(card)?;
                if card.name.is("op") {
                    self.rest(s, desk);
                }
                Ok(())
            }
            StmtKind::Sweep { .. } | StmtKind::MonteCarlo { .. } => {
                let message =
                    "a sweep restarts the circuit: it stands in an experiment, a template, a sweep, a for or an if";
                Err(Fault::new("lab::sweep-place", s.span, message, "not here")
                    .with_help("map(protocol, values) tries several things from this moment on"))
            }
            _ => Ok(()),
        }
    }

    fn underway(&self, way: Option<Underway>) {
        if self.point.is_empty() {
            self.meter.underway(way);
        }
    }

    fn elapsed(&self) -> Option<f64> {
        Some(self.started.elapsed().as_secs_f64())
    }

    fn shown(&self) -> Vec<Kept> {
        self.trails.iter().map(|t| t.what.clone()).collect()
    }

    fn analyzed(&self, s: &Stmt, curves: &Arc<Curves>) {
        self.swept(s, curves);
    }

    fn name(&self, lower: &str, columns: bool) -> Option<Value> {
        if columns && let Some(v) = self.own(lower) {
            return Some(v);
        }
        let handle = || Value::Handle(Handle { kind: HandleKind::Experiment, path: lower.into() });
        self.known.iter().any(|k| k == lower).then(handle)
    }

    fn unreached(&self, lower: &str, span: Span) -> Result<Option<Value>, Fault> {
        match self.leaves.get(lower) {
            None => Ok(None),
            Some(Leaf::Column) => Ok(Some(Value::vector(Vec::new()))),
            Some(Leaf::Measure) => {
                let message = format!("the measure {lower} has no value yet");
                Err(Fault::new("lab::unreached", span, message, "read here")
                    .with_help("its statement comes later, or was not reached"))
            }
        }
    }

    fn result(&self, experiment: &str, name: &Name) -> Result<Value, Fault> {
        let Some(finished) = self.results.get(experiment) else {
            let message = format!("the experiment {experiment} has no results yet");
            return Err(Fault::new("lab::no-results", name.span, message, "it has not run"));
        };
        if let Some(v) = finished.values.get(&name.lower()) {
            return Ok(v.clone());
        }
        let message = format!("the experiment {experiment} has no measure or column '{}'", name.text);
        let fault = Fault::new("lab::no-results", name.span, message, "not there");
        let mut known: Vec<&str> = finished.values.keys().map(String::as_str).collect();
        known.sort_unstable();
        Err(match did_you_mean(&name.text, known.iter().copied()) {
            Some(help) => fault.with_help(help),
            None if known.is_empty() => fault.with_help("it kept nothing: did it fail?"),
            None => fault.with_help(format!("it has {}", known.join(", "))),
        })
    }
}

const NOWHERE: Span = Span { file: crate::diag::FileId(0), start: 0, end: 0 };

impl Page<'_> {
    /// A sweep variable, a column or a measure.
    fn own(&self, lower: &str) -> Option<Value> {
        if let Some((_, v)) = self.point.iter().find(|(n, _)| n.eq_ignore_ascii_case(lower)) {
            return Some(v.clone());
        }
        let mut notes = self.notes.borrow_mut();
        if let Ok(Some(v)) = notes.table.column(lower, NOWHERE) {
            return Some(v);
        }
        notes.measures.iter().find(|(n, _)| n.eq_ignore_ascii_case(lower)).map(|(_, v)| v.clone())
    }

    fn measure(&self, columns: &[Column], desk: &mut dyn Desk) -> Result<(), Fault> {
        for c in columns {
            let value = self.value(&c.value, desk)?;
            if value.to_array().is_none() {
                let message = format!("{} is no measure", value.describe());
                return Err(Fault::new("lab::measure-value", c.value.span, message, "not a number"));
            }
            self.notes.borrow_mut().measure(&label(c), value);
        }
        Ok(())
    }

    fn assert(&self, s: &Stmt, test: &Expr, why: Option<&str>, desk: &mut dyn Desk) -> Result<(), Fault> {
        // Of an array all numbers are meant.
        let passed = match eval(test, desk)? {
            Value::Array(a) => a.iter().all(|v| *v != 0.0),
            one => truth(&one, test.span)?,
        };
        let detail = if passed { String::new() } else { sides(test, desk) };
        self.notes.borrow_mut().asserts.push(Verdict {
            text: text_of(test),
            span: s.span,
            passed,
            why: why.map(str::to_string),
            detail,
            label: self.label.to_string(),
        });
        Ok(())
    }

    pub(super) fn value(&self, e: &Expr, desk: &mut dyn Desk) -> Result<Value, Fault> {
        eval(e, desk)
    }

    pub(super) fn array(&self, e: &Expr, desk: &mut dyn Desk) -> Result<Vec<f64>, Fault> {
        let v = self.value(e, desk)?;
        match v.to_array() {
            Some(a) => Ok(a.iter().copied().collect()),
            None => Err(Fault::new("lab::plot", e.span, format!("{} cannot be drawn", v.describe()), "here")),
        }
    }

    /// A wave, where the expression is one and not a matter of the table.
    pub(super) fn wave(&self, e: &Expr, desk: &mut dyn Desk) -> Result<Option<Series>, Fault> {
        desk.wave(e)
    }

    /// The columns of the table; those of texts have no numbers.
    fn table(&self, span: Span) -> Result<Seen, Fault> {
        let table = &mut self.notes.borrow_mut().table;
        let (mut keys, mut columns) = (Vec::new(), Vec::new());
        for (k, name) in table.names().to_vec().iter().enumerate() {
            if let Some(v) = table.column(name, span)?.filter(|v| !matches!(v, Value::Number(_))) {
                if k < table.keys() { &mut keys } else { &mut columns }.extend(shown(name, "", &v));
            }
        }
        Ok(Seen::Table { keys, columns })
    }

    fn snapshot(&self, s: &Stmt, desk: &mut dyn Desk) -> Result<(), Fault> {
        let StmtKind::Snapshot { values, every, within, shift } = &s.kind else { return Ok(()) };
        let mut of = |e: &Expr, check: fn(f64, Span) -> Result<f64, Fault>| check(number(e, desk)?, e.span);
        let every = every.as_ref().map(|e| of(e, bounds::grid)).transpose()?;
        let shift = shift.as_ref().map(|e| of(e, bounds::tolerance)).transpose()?.unwrap_or(0.0);
        let within = match within {
            Some(Tolerance::Absolute(e)) => Some(of(e, bounds::tolerance)?),
            _ => None,
        };
        let mut seen: Vec<Seen> = Vec::new();
        for e in values {
            let name = text_of(e);
            if matches!(&e.kind, ExprKind::Name(n) if n.eq_ignore_ascii_case("table")) {
                seen.push(self.table(e.span)?);
                continue;
            }
            let unit = unit(e);
            if let Some(series) = self.wave(e, desk)? {
                let names = element_names(&name, &series.shape);
                let columns: Vec<Shown> =
                    names.into_iter().zip(series.columns).map(|(name, values)| Shown { name, unit, values }).collect();
                match seen.iter_mut().find_map(|s| match s {
                    Seen::Waves { times, columns } if *times == series.times => Some(columns),
                    _ => None,
                }) {
                    Some(own) => own.extend(columns),
                    None => seen.push(Seen::Waves { times: series.times, columns }),
                }
                continue;
            }
            let v = self.value(e, desk)?;
            if v.to_array().is_none() {
                let message = format!("{} cannot be kept in a snapshot", v.describe());
                return Err(Fault::new("lab::snapshot", e.span, message, "here"));
            }
            let columns = shown(&name, unit, &v);
            if let Some(curves) = desk.curves().filter(|c| c.rows() == columns[0].values.len()) {
                let key = |s: &Scale| Shown { name: s.name.clone(), unit: s.unit, values: s.values.clone() };
                match seen
                    .iter_mut()
                    .find_map(|s| if let Seen::Table { columns, .. } = s { Some(columns) } else { None })
                {
                    Some(own) => own.extend(columns),
                    None => seen.push(Seen::Table { keys: curves.scales.iter().map(key).collect(), columns }),
                }
                continue;
            }
            match seen.iter_mut().find_map(|s| match s {
                Seen::Columns(own) if own.first().is_some_and(|c| c.values.len() == columns[0].values.len()) => {
                    Some(own)
                }
                _ => None,
            }) {
                Some(own) => own.extend(columns),
                None => seen.push(Seen::Columns(columns)),
            }
        }
        let point = self.point.iter().map(|(n, v)| (n.clone(), v.number().unwrap_or(f64::NAN)));
        let point: Vec<(String, f64)> = point.collect();
        let list = seen.into_iter().map(|s| (point.clone(), s));
        let shots = &mut self.notes.borrow_mut().shots;
        match shots.iter_mut().find(|k| k.span == s.span) {
            Some(shot) => shot.list.extend(list),
            None => {
                let list = list.collect();
                shots.push(Shot { span: s.span, statement: s.clone(), every, within, shift, edge: self.edge, list });
            }
        }
        Ok(())
    }
}

/// What a column or measure is called.
pub fn label(c: &Column) -> String {
    c.name.as_ref().map_or_else(|| text_of(&c.value), |n| n.text.clone())
}

/// Names of the elements of a value of this shape: `V(row[2])`, `h[0,3]`.
pub fn element_names(name: &str, shape: &[usize]) -> Vec<String> {
    let count: usize = shape.iter().product();
    let index = |mut k: usize| {
        let mut out = vec![0; shape.len()];
        for (axis, size) in shape.iter().enumerate().rev() {
            out[axis] = k % size;
            k /= size;
        }
        out.iter().map(usize::to_string).collect::<Vec<_>>().join(",")
    };
    match shape {
        [] => vec![name.to_string()],
        _ if name.contains("[:]") && shape.len() == 1 => {
            (0..count).map(|k| name.replacen("[:]", &format!("[{}]", index(k)), 1)).collect()
        }
        _ if name.contains("[:,:]") && shape.len() == 2 => {
            (0..count).map(|k| name.replacen("[:,:]", &format!("[{}]", index(k)), 1)).collect()
        }
        _ => (0..count).map(|k| format!("{name}[{}]", index(k))).collect(),
    }
}

/// The columns of a value whose first axis are rows; a number is one row.
fn shown(name: &str, unit: &'static str, v: &Value) -> Vec<Shown> {
    let Some(a) = v.to_array() else { return Vec::new() };
    let inner = if a.ndim() <= 1 { Vec::new() } else { a.shape()[1..].to_vec() };
    let each = inner.iter().product::<usize>().max(1);
    let flat: Vec<f64> = a.iter().copied().collect();
    let names = element_names(name, &inner);
    let column = |(k, name)| Shown { name, unit, values: flat.iter().copied().skip(k).step_by(each).collect() };
    names.into_iter().enumerate().map(column).collect()
}

/// The unit of a quantity of the circuit, as far as the expression shows it.
pub fn unit(e: &Expr) -> &'static str {
    match &e.kind {
        ExprKind::Call { name, args } => match name.lower().as_str() {
            "v" | "vm" | "vr" | "vi" => "V",
            "i" | "im" | "ir" | "ii" => "A",
            "vdb" | "idb" => "dB",
            "vp" | "ip" => "rad",
            "e" => "J",
            "q" => "C",
            "abs" | "max" | "min" | "mean" | "std" | "median" | "first_of" => {
                args.first().map_or("", |a| unit(&a.value))
            }
            _ => "",
        },
        ExprKind::Unary(_, a) | ExprKind::Index(a, _) => unit(a),
        ExprKind::Binary(Binary::Add | Binary::Sub, a, b) if unit(a) == unit(b) || unit(b).is_empty() => unit(a),
        ExprKind::Name(n) if n.eq_ignore_ascii_case("time") => "s",
        _ => "",
    }
}

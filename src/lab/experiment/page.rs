//! The statements of an experiment that ask and keep: `record measure assert snapshot plot histogram save`.

use std::cell::RefCell;
use std::collections::HashMap;

use super::Finished;
use super::notes::{Curve, Drawn, Notes, Seen, Shot, Shown, Verdict, bins};
use crate::process::analysis;
use crate::process::notebook::{Desk, Notebook, Series};
use crate::syntax::ast::{Binary, Column, Expr, ExprKind, Name, Stmt, StmtKind, Tolerance, Trace};
use crate::syntax::print::expr as text_of;
use crate::value::eval::{condition, eval, number};
use crate::value::fault::{Fault, did_you_mean};
use crate::value::{Handle, HandleKind, Value};

/// Arrays longer than this are not shown in the detail of an assert.
const MOST_SHOWN: usize = 6;
/// A heat map has at most this many cells.
const MOST_CELLS: usize = 4_000_000;

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
                let fit = fit.as_ref().map(Name::lower);
                let name = text_of(value);
                let drawn = Drawn::Histogram { name: name.clone(), values, bins, count, fit };
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
            StmtKind::Analysis(card) => match card.name.lower().as_str() {
                "op" => Ok(()),
                "tran" => match (analysis::duration(card), analysis::left_over(card)) {
                    (None, _) => Err(Fault::new("lab::tran", s.span, "tran takes the time it goes on for", "here")
                        .with_help("tran 3m")),
                    (Some(_), Some(span)) => {
                        Err(Fault::new("lab::tran", span, "this has no meaning in an experiment", "left over")
                            .with_help("tran 3m goes on for 3 ms from where the circuit is; nothing else is needed"))
                    }
                    _ => Ok(()),
                },
                other => {
                    let message = format!("{other} is an analysis card: inside an experiment only op and tran go on");
                    Err(Fault::new("lab::analysis", s.span, message, "here")
                        .with_help(format!("a card .{other} outside of experiments runs it")))
                }
            },
            StmtKind::Sweep { .. } | StmtKind::MonteCarlo { .. } => {
                let message =
                    "a sweep restarts the circuit: it stands in an experiment, a template, a sweep, a for or an if";
                Err(Fault::new("lab::sweep-place", s.span, message, "not here")
                    .with_help("map(protocol, values) tries several things from this moment on"))
            }
            _ => Ok(()),
        }
    }

    fn name(&self, lower: &str, columns: bool) -> Option<Value> {
        if columns && let Some(v) = self.own(lower) {
            return Some(v);
        }
        let handle = || Value::Handle(Handle { kind: HandleKind::Experiment, path: lower.into() });
        self.known.iter().any(|k| k == lower).then(handle)
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

const NOWHERE: crate::diag::Span = crate::diag::Span { file: crate::diag::FileId(0), start: 0, end: 0 };

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

    fn record(&self, s: &Stmt, columns: &[Column], desk: &mut dyn Desk) -> Result<(), Fault> {
        let mut row: Vec<(String, Value)> = self.point.to_vec();
        for c in columns {
            let name = label(c);
            if row.iter().any(|(n, _)| n.eq_ignore_ascii_case(&name)) {
                // A sweep variable is a column by itself.
                continue;
            }
            let value = self.value(&c.value, desk)?;
            row.push((name, value));
        }
        let table = &mut self.notes.borrow_mut().table;
        table.set_keys(self.point.len());
        table.push(row, s.span)
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
        let passed = condition(test, desk)?;
        let detail = if passed { String::new() } else { self.sides(test, desk) };
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

    /// What the sides of the comparisons in a condition are: `set_mean = 1.06`.
    fn sides(&self, test: &Expr, desk: &mut dyn Desk) -> String {
        let mut parts: Vec<&Expr> = Vec::new();
        let mut stack = vec![test];
        while let Some(e) = stack.pop() {
            match &e.kind {
                ExprKind::Binary(Binary::And | Binary::Or, a, b) => stack.extend([&**b, &**a]),
                ExprKind::Binary(Binary::Lt | Binary::Le | Binary::Gt | Binary::Ge | Binary::Eq | Binary::Ne, a, b)
                | ExprKind::Near(a, b, _) => parts.extend([&**a, &**b]),
                ExprKind::Call { name, args } if name.is("all") || name.is("any") => {
                    stack.extend(args.iter().map(|a| &a.value));
                }
                ExprKind::Number(_) => {}
                _ => parts.push(e),
            }
        }
        let mut shown: Vec<String> = Vec::new();
        for e in parts.into_iter().filter(|e| !matches!(e.kind, ExprKind::Number(_))) {
            let Ok(v) = eval(e, desk) else { continue };
            let numbers = v.numbers();
            let list: Vec<String> = numbers.iter().take(MOST_SHOWN).map(|v| short(*v)).collect();
            let text = match &v {
                Value::Number(v) => short(*v),
                _ if numbers.is_empty() => continue,
                _ if numbers.len() > MOST_SHOWN => format!("[{}, … {} numbers]", list.join(", "), numbers.len()),
                _ => format!("[{}]", list.join(", ")),
            };
            let line = format!("{} = {text}", text_of(e));
            if !shown.contains(&line) {
                shown.push(line);
            }
        }
        shown.join(", ")
    }

    fn value(&self, e: &Expr, desk: &mut dyn Desk) -> Result<Value, Fault> {
        eval(e, desk)
    }

    fn array(&self, e: &Expr, desk: &mut dyn Desk) -> Result<Vec<f64>, Fault> {
        let v = self.value(e, desk)?;
        match v.to_array() {
            Some(a) => Ok(a.iter().copied().collect()),
            None => Err(Fault::new("lab::plot", e.span, format!("{} cannot be drawn", v.describe()), "here")),
        }
    }

    /// A wave, where the expression is one and not a matter of the table.
    fn wave(&self, e: &Expr, desk: &mut dyn Desk) -> Result<Option<Series>, Fault> {
        desk.wave(e)
    }

    fn plot(&self, s: &Stmt, t: &Trace, desk: &mut dyn Desk) -> Result<(), Fault> {
        if let ExprKind::Call { name, args } = &t.y.kind
            && name.is("heatmap")
            && let [of] = &args[..]
        {
            return self.heat(s, &of.value, desk);
        }
        let (y_name, text) = (text_of(&t.y), text_of_trace(t));
        let unit = unit(&t.y);
        if let Some(series) = self.wave(&t.y, desk)? {
            let over = match &t.x {
                None => None,
                Some(x) => match self.wave(x, desk)? {
                    Some(over) if over.columns.len() == 1 && over.times == series.times => Some((x, over)),
                    _ => {
                        let message = "this is not a wave at the same times";
                        return Err(Fault::new("lab::plot", x.span, message, "here"));
                    }
                },
            };
            let (x_name, x_unit, x) = match over {
                None => ("time".to_string(), "s", series.times),
                Some((x, mut over)) => (text_of(x), self::unit(x), over.columns.swap_remove(0)),
            };
            let names = element_names(&y_name, &series.shape);
            for (name, y) in names.into_iter().zip(series.columns) {
                let curve =
                    Curve { name, unit, x_name: x_name.clone(), x_unit, x: x.clone(), y, spread: None, wave: true };
                self.notes.borrow_mut().draw(s.span, &text, self.label, Drawn::Curve(curve));
            }
            return Ok(());
        }
        let y = self.value(&t.y, desk)?;
        let Some(y) = y.to_array() else {
            let message = format!("{} cannot be drawn", y.describe());
            return Err(Fault::new("lab::plot", t.y.span, message, "here"));
        };
        let x = t.x.as_ref().map(|x| self.array(x, desk)).transpose()?;
        let rows = y.shape().first().copied().unwrap_or(1);
        let x = self.abscissa(t, x, rows, desk)?;
        let spread = self.spread(&t.y, desk)?.filter(|v| v.len() == y.len());
        let inner = if y.ndim() <= 1 { Vec::new() } else { y.shape()[1..].to_vec() };
        let each: usize = inner.iter().product();
        let flat: Vec<f64> = y.iter().copied().collect();
        let names = element_names(&y_name, &inner);
        for (k, name) in names.into_iter().enumerate() {
            let column = |list: &[f64]| list.iter().copied().skip(k).step_by(each.max(1)).collect::<Vec<f64>>();
            let curve = Curve {
                name,
                unit,
                x_name: t.x.as_ref().map_or("row".to_string(), text_of),
                x_unit: t.x.as_ref().map_or("", self::unit),
                x: if x.len() == flat.len() && each > 1 { column(&x) } else { x.clone() },
                y: column(&flat),
                spread: spread.as_deref().map(column),
                wave: false,
            };
            self.notes.borrow_mut().draw(s.span, &text, self.label, Drawn::Curve(curve));
        }
        Ok(())
    }

    /// The numbers a curve of `rows` points is drawn over.
    fn abscissa(&self, t: &Trace, x: Option<Vec<f64>>, rows: usize, desk: &mut dyn Desk) -> Result<Vec<f64>, Fault> {
        let Some(given) = x else { return Ok((0..rows).map(|k| k as f64).collect()) };
        if given.len() % rows.max(1) == 0 && given.len() >= rows && given.len() != rows {
            // `mean(n, by=v) vs v`: one point for each different v.
            let mut apart = given.clone();
            apart.sort_by(f64::total_cmp);
            apart.dedup();
            if apart.len() == rows {
                return Ok(apart);
            }
        }
        let y_len = rows;
        let same = given.len() == y_len || {
            let y = self.value(&t.y, desk)?;
            y.to_array().is_some_and(|a| a.len() == given.len())
        };
        if same {
            return Ok(given);
        }
        let mut apart = given.clone();
        apart.sort_by(f64::total_cmp);
        apart.dedup();
        if apart.len() == y_len {
            return Ok(apart);
        }
        let span = t.x.as_ref().map_or(t.y.span, |x| x.span);
        let message = format!("{} numbers over {}", y_len, given.len());
        Err(Fault::new("lab::plot", span, message, "another number of values")
            .with_help("both sides of vs have as many numbers, or one for each different value"))
    }

    /// Of `mean(n, by=v)`: the standard deviations `std(n, by=v)`.
    fn spread(&self, y: &Expr, desk: &mut dyn Desk) -> Result<Option<Vec<f64>>, Fault> {
        let ExprKind::Call { name, args } = &y.kind else { return Ok(None) };
        let grouped = args.iter().any(|a| a.name.as_ref().is_some_and(|n| n.is("by")));
        if !name.is("mean") || !grouped {
            return Ok(None);
        }
        let name = Name { text: "std".into(), span: name.span };
        let std = Expr { span: y.span, kind: ExprKind::Call { name, args: args.clone() } };
        self.array(&std, desk).map(Some)
    }

    fn heat(&self, s: &Stmt, of: &Expr, desk: &mut dyn Desk) -> Result<(), Fault> {
        let v = self.value(of, desk)?;
        let name = text_of(of);
        let matrix = v.to_array().filter(|a| a.len() <= MOST_CELLS);
        let shape = matrix.as_ref().map(|a| a.shape().to_vec()).unwrap_or_default();
        let (Some(a), [rows, columns]) = (&matrix, &shape[..]) else {
            let message = format!("{} is no matrix", v.describe());
            return Err(Fault::new("lab::plot", of.span, message, "two axes are needed")
                .with_help("reshape(a, rows, columns) gives a list two axes"));
        };
        let values = a.iter().copied().collect();
        let drawn = Drawn::Heat { name: name.clone(), rows: *rows, columns: *columns, values };
        self.notes.borrow_mut().draw(s.span, &name, self.label, drawn);
        Ok(())
    }

    /// The columns of the table; those of texts have no numbers.
    fn table(&self, span: crate::diag::Span) -> Result<Seen, Fault> {
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
        let mut time = |e: &Option<Expr>| e.as_ref().map(|e| number(e, desk)).transpose();
        let (every, shift) = (time(every)?, time(shift)?.unwrap_or(0.0));
        let within = match within {
            Some(Tolerance::Absolute(e)) => Some(number(e, desk)?),
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

fn label(c: &Column) -> String {
    c.name.as_ref().map_or_else(|| text_of(&c.value), |n| n.text.clone())
}

fn text_of_trace(t: &Trace) -> String {
    match &t.x {
        None => text_of(&t.y),
        Some(x) => format!("{} vs {}", text_of(&t.y), text_of(x)),
    }
}

/// A number with six digits.
fn short(v: f64) -> String {
    crate::lab::number::engineering(v, "").trim().to_string()
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
fn unit(e: &Expr) -> &'static str {
    match &e.kind {
        ExprKind::Call { name, args } => match name.lower().as_str() {
            "v" => "V",
            "i" => "A",
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

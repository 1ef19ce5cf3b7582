//! `plot` → curves and heat maps of the notes.

use super::notes::{Curve, Drawn};
use super::page::{Page, element_names, unit};
use crate::lab::number::scaled;
use crate::process::notebook::Desk;
use crate::process::study::Curves;
use crate::syntax::ast::{Expr, ExprArg, ExprKind, Name, Slot, Stmt, Trace, Word};
use crate::syntax::print::expr as text_of;
use crate::value::fault::Fault;

/// A heat map has at most this many cells.
const MOST_CELLS: usize = 4_000_000;

impl Page<'_> {
    pub(super) fn plot(&self, s: &Stmt, t: &Trace, desk: &mut dyn Desk) -> Result<(), Fault> {
        if let ExprKind::Call { name, args } = &t.y.kind
            && name.is("heatmap")
            && let [of] = &args[..]
        {
            return self.heat(s, &of.value, desk);
        }
        if let ExprKind::Call { name, args } = &t.y.kind
            && name.is("bars")
            && let [of] = &args[..]
        {
            return self.bars(s, &Trace { y: of.value.clone(), ..t.clone() }, desk);
        }
        // Points of a sweep have their curves under one name.
        let y_name = if self.label.is_empty() { text_of(&placed(&t.y, desk)) } else { text_of(&t.y) };
        let text = text_of_trace(t);
        let unit = unit(&t.y);
        if let Some(series) = self.wave(&t.y, desk)? {
            let over = match &t.x {
                None => None,
                Some(x) if matches!(&x.kind, ExprKind::Name(n) if n.eq_ignore_ascii_case("time")) => None,
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
                Some((x, mut over)) => (text_of(x), super::page::unit(x), over.columns.swap_remove(0)),
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
        let curves = desk.curves().filter(|c| t.x.is_none() && c.rows() == rows);
        let x = self.abscissa(t, x, rows, desk)?;
        let spread = self.spread(&t.y, desk)?.filter(|v| v.len() == y.len());
        let inner = if y.ndim() <= 1 { Vec::new() } else { y.shape()[1..].to_vec() };
        let each: usize = inner.iter().product();
        let flat: Vec<f64> = y.iter().copied().collect();
        let names = element_names(&y_name, &inner);
        if let Some(curves) = curves {
            let columns = (0..each.max(1)).map(|k| flat.iter().copied().skip(k).step_by(each.max(1)).collect());
            for curve in swept_curves(&curves, names, unit, columns) {
                self.notes.borrow_mut().draw(s.span, &text, self.label, Drawn::Curve(curve));
            }
            return Ok(());
        }
        for (k, name) in names.into_iter().enumerate() {
            let column = |list: &[f64]| list.iter().copied().skip(k).step_by(each.max(1)).collect::<Vec<f64>>();
            let curve = Curve {
                name,
                unit,
                x_name: t.x.as_ref().map_or("row".to_string(), text_of),
                x_unit: t.x.as_ref().map_or("", super::page::unit),
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

    /// A bar for each number, under those of the other side of `vs`.
    fn bars(&self, s: &Stmt, t: &Trace, desk: &mut dyn Desk) -> Result<(), Fault> {
        let values = self.array(&t.y, desk)?;
        let x = t.x.as_ref().map(|x| self.array(x, desk)).transpose()?;
        let labels = self.abscissa(t, x, values.len(), desk)?.into_iter().map(scaled).collect();
        let spread = self.spread(&t.y, desk)?.filter(|v| v.len() == values.len());
        let name = text_of(&placed(&t.y, desk));
        let drawn = Drawn::Bars { name, unit: unit(&t.y), labels, values, spread };
        self.notes.borrow_mut().draw(s.span, &text_of_trace(t), self.label, drawn);
        Ok(())
    }

    fn heat(&self, s: &Stmt, of: &Expr, desk: &mut dyn Desk) -> Result<(), Fault> {
        let v = self.value(of, desk)?;
        let name = text_of(&placed(of, desk));
        let matrix = v.to_array().filter(|a| a.len() <= MOST_CELLS);
        let shape = matrix.as_ref().map(|a| a.shape().to_vec()).unwrap_or_default();
        let (Some(a), [rows, columns]) = (&matrix, &shape[..]) else {
            let message = format!("{} is no matrix", v.describe());
            return Err(Fault::new("lab::plot", of.span, message, "two axes are needed")
                .with_help("reshape(a, rows, columns) gives a list two axes"));
        };
        let values = a.iter().copied().collect();
        let drawn = Drawn::Heat { name: name.clone(), unit: unit(of), rows: *rows, columns: *columns, values };
        self.notes.borrow_mut().draw(s.span, &name, self.label, drawn);
        Ok(())
    }
}

/// An expression whose indices are the numbers that variables hold now: what is drawn in one pass of a loop is told from what
/// is drawn in the next.
fn placed(e: &Expr, desk: &mut dyn Desk) -> Expr {
    let kind = match &e.kind {
        ExprKind::Index(base, slots) => {
            let slots = slots.iter().map(|s| placed_slot(s, desk)).collect();
            ExprKind::Index(Box::new(placed(base, desk)), slots)
        }
        ExprKind::Node(w) => {
            let index = w.index.iter().map(|s| placed_slot(s, desk)).collect();
            ExprKind::Node(Word { index, ..w.clone() })
        }
        ExprKind::Field(base, name) => ExprKind::Field(Box::new(placed(base, desk)), name.clone()),
        ExprKind::Unary(op, a) => ExprKind::Unary(*op, Box::new(placed(a, desk))),
        ExprKind::Binary(op, a, b) => ExprKind::Binary(*op, Box::new(placed(a, desk)), Box::new(placed(b, desk))),
        ExprKind::Call { name, args } => {
            let arg = |a: &ExprArg| ExprArg { name: a.name.clone(), value: placed(&a.value, desk) };
            ExprKind::Call { name: name.clone(), args: args.iter().map(arg).collect() }
        }
        other => other.clone(),
    };
    Expr { span: e.span, kind }
}

fn placed_slot(slot: &Slot, desk: &mut dyn Desk) -> Slot {
    let Slot::At(Expr { kind: ExprKind::Name(n), span }) = slot else { return slot.clone() };
    let number = desk.variable(&n.to_ascii_lowercase()).and_then(|v| v.number());
    Slot::At(Expr { span: *span, kind: number.map_or_else(|| ExprKind::Name(n.clone()), ExprKind::Number) })
}

fn text_of_trace(t: &Trace) -> String {
    match &t.x {
        None => text_of(&t.y),
        Some(x) => format!("{} vs {}", text_of(&t.y), text_of(x)),
    }
}

/// Curves over what an analysis swept, one for each value of an outer loop.
fn swept_curves(
    curves: &Curves,
    names: Vec<String>,
    unit: &'static str,
    columns: impl Iterator<Item = Vec<f64>>,
) -> Vec<Curve> {
    let Some(inner) = curves.scales.first() else { return Vec::new() };
    let outer = curves.scales.get(1);
    let length = outer.map_or(inner.values.len(), |o| {
        o.values.iter().position(|v| v.to_bits() != o.values[0].to_bits()).unwrap_or(o.values.len())
    });
    let mut out = Vec::new();
    for (name, y) in names.into_iter().zip(columns) {
        for (k, (x, y)) in inner.values.chunks(length.max(1)).zip(y.chunks(length.max(1))).enumerate() {
            let name = match outer {
                None => name.clone(),
                Some(o) => {
                    let value = crate::lab::number::engineering(o.values[k * length], o.unit);
                    format!("{name}, {}={value}", o.name)
                }
            };
            let (x_name, x_unit) = (inner.name.clone(), inner.unit);
            let (x, y) = (x.to_vec(), y.to_vec());
            out.push(Curve { name, unit, x_name, x_unit, x, y, spread: None, wave: true });
        }
    }
    out
}

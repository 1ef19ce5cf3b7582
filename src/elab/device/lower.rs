//! Expressions of a `.device` → equations: names and pins resolved, arrays element by element, powers those of mathematics.

use super::author::{Author, Binding, Place, Read};
use super::cell::{Cell, MAX_ELEMENTS, own_quantity};
use crate::circuit::definition::Own;
use crate::circuit::equation::{Equation, Function, Quantity};
use crate::diag::Span;
use crate::elab::instance::is_ground;
use crate::elab::scope::{Scope, reads};
use crate::elab::term::not_finite;
use crate::syntax::ast::{Binary, DeviceItem, Expr, ExprKind, Slot, Tolerance, Unary};
use crate::value::fault::{Fault, did_you_mean};
use crate::value::{Value, constants};

/// Terms of one sum or product.
const MAX_TERMS: usize = 2000;

impl<'b, 'a> Author<'b, 'a> {
    /// One equation.
    pub fn scalar(&mut self, e: &Expr) -> Result<Equation, Fault> {
        match self.cell(e)? {
            Cell::Scalar(e) => Ok(e),
            array => {
                let message = format!("one number is needed here, not {}", array.describe());
                Err(Fault::new("elab::not-a-number", e.span, message, "an array")
                    .with_help("sum, mean, max and min make one number of an array; x[2] is one element"))
            }
        }
    }

    /// A number that parameters alone determine.
    pub fn constant(&mut self, e: &Expr) -> Result<f64, Fault> {
        match self.at(Place::Size, |a| a.scalar(e))? {
            Equation::Const(v) => Ok(v),
            _ => Err(self.unreadable(e.span, Place::Size)),
        }
    }

    pub fn integer(&mut self, e: &Expr) -> Result<i64, Fault> {
        let v = self.constant(e)?;
        if (v - v.round()).abs() > 1e-9 || v.abs() > 1e15 {
            return Err(Fault::new("elab::not-an-integer", e.span, format!("{v} is not a whole number"), "here"));
        }
        Ok(v.round() as i64)
    }

    /// Something that may not stand at this place.
    pub fn unreadable(&self, span: Span, place: Place) -> Fault {
        Fault::new("elab::not-yet-known", span, "this is known only while the circuit runs", "cannot stand here")
            .with_help(place.rule())
    }

    pub fn cell(&mut self, e: &Expr) -> Result<Cell, Fault> {
        self.spend(1, e.span)?;
        let span = e.span;
        match &e.kind {
            ExprKind::Number(v) => Ok(Cell::number(*v)),
            ExprKind::Name(n) => self.name(n, span),
            ExprKind::Index(base, slots) => self.deeper(span, |a| a.index(base, slots, span)),
            ExprKind::Call { name, args } => self.deeper(span, |a| a.call(name, args, span)),
            ExprKind::Unary(op, of) => {
                let of = self.deeper(span, |a| a.cell(of))?;
                match op {
                    Unary::Plus => Ok(of),
                    Unary::Neg => self.combine(Function::Neg, vec![of], span),
                    Unary::Not => self.combine(Function::Not, vec![of], span),
                }
            }
            ExprKind::Binary(..) => self.deeper(span, |a| a.chain(e)),
            ExprKind::Cond(c, x, y) => self.deeper(span, |a| {
                let condition = a.cell(c)?;
                if condition.len().is_some() {
                    let message = format!("the condition of ?: must be one number, not {}", condition.describe());
                    return Err(Fault::new("elab::not-a-number", c.span, message, "an array")
                        .with_help("where(condition, a, b) chooses element by element"));
                }
                let (x, y) = (a.cell(x)?, a.cell(y)?);
                a.combine(Function::Select, vec![condition, x, y], span)
            }),
            ExprKind::Near(x, y, within) => self.deeper(span, |a| {
                let (x, y) = (a.cell(x)?, a.cell(y)?);
                let tolerance = match &**within {
                    Tolerance::Absolute(e) => a.cell(e)?,
                    Tolerance::Percent(p) => {
                        let size = a.combine(Function::Abs, vec![y.clone()], span)?;
                        a.combine(Function::Mul, vec![Cell::number(p / 100.0), size], span)?
                    }
                };
                let difference = a.combine(Function::Sub, vec![x, y], span)?;
                let distance = a.combine(Function::Abs, vec![difference], span)?;
                a.combine(Function::Le, vec![distance, tolerance], span)
            }),
            ExprKind::List(items) => self.deeper(span, |a| {
                let elements: Result<Vec<Equation>, Fault> = items.iter().map(|i| a.scalar(i)).collect();
                a.array(elements?, span)
            }),
            ExprKind::Text(_) => Err(Fault::new("elab::not-a-number", span, "a text is no number", "here")),
            ExprKind::Node(_) => Err(Fault::new("elab::node", span, "a pin stands only in V( ) and I( )", "here")),
            ExprKind::Field(..) | ExprKind::Method { .. } => {
                let message = "a device sees its own pins, parameters, states and lets only";
                Err(Fault::new("elab::outside-device", span, message, "not of this device")
                    .with_help("let another pin or parameter bring it in"))
            }
        }
    }

    /// An array, if it is not too long.
    pub fn array(&mut self, elements: Vec<Equation>, span: Span) -> Result<Cell, Fault> {
        match elements.len() {
            0 => Err(Fault::new("elab::empty-array", span, "an array without elements", "empty")),
            n if n > MAX_ELEMENTS => {
                let message = format!("an array of {n}; a device's arrays have at most {MAX_ELEMENTS} elements");
                Err(Fault::new("elab::array-too-big", span, message, "too long"))
            }
            _ => Ok(Cell::Array(elements)),
        }
    }

    /// A sum or product of many terms is a long chain to the left: taken from its left end, without recursion.
    fn chain(&mut self, e: &Expr) -> Result<Cell, Fault> {
        let mut links = Vec::new();
        let mut at = e;
        while let ExprKind::Binary(op, left, right) = &at.kind {
            links.push((*op, right, at.span));
            at = left;
        }
        if links.len() > MAX_TERMS {
            return Err(Fault::new("elab::too-deep", e.span, format!("more than {MAX_TERMS} terms"), "here")
                .with_help("split it between several lets"));
        }
        let mut out = self.cell(at)?;
        for (op, right, span) in links.into_iter().rev() {
            let right = self.cell(right)?;
            out = self.combine(binary(op), vec![out, right], span)?;
        }
        Ok(out)
    }

    /// A function of cells, element by element; scalars go with every element.
    pub fn combine(&mut self, f: Function, args: Vec<Cell>, span: Span) -> Result<Cell, Fault> {
        let mut count = None;
        for n in args.iter().filter_map(Cell::len) {
            match count {
                None => count = Some(n),
                Some(m) if m != n => {
                    let message = format!("an array of {m} and an array of {n} do not fit each other");
                    return Err(Fault::new("elab::array-length", span, message, "combined here")
                        .with_help("arrays go with arrays of their length and with single numbers"));
                }
                Some(_) => {}
            }
        }
        let Some(n) = count else {
            let args = args.into_iter().flat_map(Cell::into_elements).collect();
            return self.apply(f, args, span).map(Cell::Scalar);
        };
        let mut columns = Vec::with_capacity(args.len());
        for arg in args {
            columns.push(match arg {
                Cell::Scalar(e) if n > 1 => Cell::Scalar(self.share(e, span)?),
                other => other,
            });
        }
        let mut out = Vec::with_capacity(n);
        for k in 0..n {
            let args = columns.iter().map(|c| match c {
                Cell::Scalar(e) => e.clone(),
                Cell::Array(a) => a[k].clone(),
            });
            let args = args.collect();
            out.push(self.apply(f, args, span)?);
        }
        Ok(Cell::Array(out))
    }

    /// A function of equations, computed where all are numbers.
    pub fn apply(&mut self, f: Function, args: Vec<Equation>, span: Span) -> Result<Equation, Fault> {
        self.spend(1, span)?;
        let zero = |e: Option<&Equation>| e.and_then(Equation::constant) == Some(0.0);
        if f == Function::Div && zero(args.get(1)) {
            return Err(Fault::new("elab::division-by-zero", span, "this divides by 0", "by 0 whatever happens"));
        }
        if f == Function::Select
            && let Some(c) = args[0].constant()
        {
            return Ok(args[if c != 0.0 { 1 } else { 2 }].clone());
        }
        let numbers: Option<Vec<f64>> = args.iter().map(Equation::constant).collect();
        match numbers.and_then(|n| f.value(&n)) {
            Some(v) if v.is_finite() => Ok(Equation::Const(v)),
            Some(v) => Err(not_finite(v, span)),
            None => Ok(Equation::Apply(f, args)),
        }
    }

    fn name(&mut self, name: &str, span: Span) -> Result<Cell, Fault> {
        let lower = name.to_ascii_lowercase();
        for k in (0..self.frames.len()).rev() {
            if let Some(b) = self.frames[k].names.get(&lower).cloned() {
                return self.bound(b, span);
            }
            if let Some(home) = self.frames[k].home {
                return self.outer(home, name, &lower, span);
            }
        }
        if let Some(b) = self.names.get(&lower).cloned() {
            return self.bound(b, span);
        }
        if let Some(&at) = self.later.get(&lower) {
            return Err(self.too_early(name, span, at));
        }
        self.outer(self.scope, name, &lower, span)
    }

    /// A let read before its line: too early, or in a circle.
    fn too_early(&self, name: &str, span: Span, at: Span) -> Fault {
        let circle = self.circle(&name.to_ascii_lowercase());
        let (code, message, help) = match circle {
            Some(names) if names.len() == 1 => (
                "elab::let-cycle",
                format!("'{name}' is defined by itself"),
                "a state with ddt( ) depends on its own past",
            ),
            Some(names) => (
                "elab::let-cycle",
                format!("lets define each other in a circle: {}", names.join(", ")),
                "make one of them a state: `state x = 0 settles` with `ddt(x) = (value - x)/tau`",
            ),
            None => {
                ("elab::let-order", format!("'{name}' is read before it is defined"), "move its line above this one")
            }
        };
        let d = crate::diag::Diagnostic::error(code, message).at(span, "read here");
        let d = if at == span { d } else { d.at(at, "defined here") };
        Fault::Wrong(Box::new(d.help(help)))
    }

    /// The lets on the way from a let back to itself.
    fn circle(&self, lower: &str) -> Option<Vec<String>> {
        let lets = super::equations::lets(&self.device.items);
        let mut path: Vec<String> = Vec::new();
        let mut stack = vec![(lower.to_string(), 0)];
        let mut seen = std::collections::HashSet::new();
        while let Some((name, depth)) = stack.pop() {
            path.truncate(depth);
            if name == lower && depth > 0 {
                return Some(path);
            }
            if !seen.insert(name.clone()) && depth > 0 {
                continue;
            }
            path.push(name.clone());
            for (_, value) in lets.iter().filter(|(n, _)| n.is(&name)) {
                reads(value, &mut |n, called| {
                    let n = n.to_ascii_lowercase();
                    if !called && lets.iter().any(|(l, _)| l.is(&n)) {
                        stack.push((n, depth + 1));
                    }
                });
            }
        }
        None
    }

    fn bound(&mut self, binding: Binding, span: Span) -> Result<Cell, Fault> {
        match binding {
            Binding::Broken => Err(Fault::Said),
            Binding::Param(k) if self.place == Place::Size => {
                let v = self.values[k];
                self.sizes.insert(k, v);
                Ok(Cell::number(v))
            }
            Binding::Param(k) => Ok(Cell::own(Own::Param(k))),
            Binding::States { .. } if !self.place.is_live() => Err(self.unreadable(span, self.place)),
            Binding::States { at, count: None, .. } => Ok(Cell::own(Own::State(at))),
            Binding::States { at, count: Some(n), .. } => {
                Ok(Cell::Array((at..at + n).map(|k| own_quantity(Own::State(k))).collect()))
            }
            Binding::Value(cell) if self.place.is_live() || !self.frames.is_empty() => {
                self.spend(cell.elements().len() as u64, span)?;
                Ok(cell)
            }
            // Where there are no lets, what they stand for.
            Binding::Value(cell) => {
                if self.place == Place::Size || cell.elements().iter().any(|e| !self.is_steady(e)) {
                    return Err(self.unreadable(span, self.place));
                }
                let elements: Result<Vec<Equation>, Fault> =
                    cell.elements().iter().map(|e| self.unfold(e, span)).collect();
                Ok(match (cell, elements?) {
                    (Cell::Scalar(_), mut one) => Cell::Scalar(one.swap_remove(0)),
                    (Cell::Array(_), all) => Cell::Array(all),
                })
            }
        }
    }

    /// A name from around the device or with a meaning of its own.
    fn outer(&mut self, scope: &Scope<'a>, name: &str, lower: &str, span: Span) -> Result<Cell, Fault> {
        if let Some(value) = scope.value(lower) {
            let cell = match value {
                Value::Broken => return Err(Fault::Said),
                Value::Number(v) if v.is_finite() => Cell::number(*v),
                Value::Number(v) => return Err(not_finite(*v, span)),
                Value::Array(a) if a.ndim() == 1 => {
                    if let Some(v) = a.iter().find(|v| !v.is_finite()) {
                        return Err(not_finite(*v, span));
                    }
                    self.array(a.iter().map(|v| Equation::Const(*v)).collect(), span)?
                }
                other => {
                    let message = format!("'{name}' is {}, not a number or a list of numbers", other.describe());
                    return Err(Fault::new("elab::not-a-number", span, message, "here"));
                }
            };
            self.reads.push(Read { via: self.via.clone(), name: lower.to_string(), value: value.clone() });
            return Ok(cell);
        }
        match lower {
            "time" if self.place.is_live() => return Ok(Cell::Scalar(Equation::Quantity(Quantity::Time))),
            "temp" | "temper" if !matches!(self.place, Place::Default | Place::Size) => {
                return Ok(Cell::Scalar(Equation::Quantity(Quantity::Temperature)));
            }
            "time" | "temp" | "temper" => return Err(self.unreadable(span, self.place)),
            _ => {}
        }
        match constants::constant(lower).filter(|v| v.is_finite()) {
            Some(v) => Ok(Cell::number(v)),
            None => Err(self.undeclared(name, span)),
        }
    }

    fn undeclared(&self, name: &str, span: Span) -> Fault {
        let message = format!("device '{}' has nothing called '{name}'", self.device.name.text);
        let fault = Fault::new("elab::undeclared", span, message, "not declared");
        if self.device.pins.iter().any(|p| p.is(name)) {
            return fault.with_help(format!("'{name}' is a pin: V({name}) is its voltage"));
        }
        let below = |i: &DeviceItem| matches!(i, DeviceItem::Param(p) if p.name.is(name));
        if self.device.items.iter().any(below) {
            return fault.with_help(format!("a default reads the parameters before it: declare '{name}' first"));
        }
        let mut known: Vec<&str> = self.declared.keys().chain(self.later.keys()).map(String::as_str).collect();
        known.extend(self.scope.value_names());
        known.sort_unstable();
        match did_you_mean(name, known) {
            Some(help) => fault.with_help(help),
            None => fault.with_help(format!("declare it: param {name}=…, state {name} = … or let {name} = …")),
        }
    }

    /// The place of a pin; None for ground.
    pub fn pin(&self, name: &str, span: Span) -> Result<Option<usize>, Fault> {
        if let Some(k) = self.device.pins.iter().position(|p| p.is(name)) {
            return Ok(Some(k));
        }
        if is_ground(&name.to_ascii_lowercase()) {
            return Ok(None);
        }
        let message = format!("device '{}' has no pin '{name}'", self.device.name.text);
        let pins: Vec<&str> = self.device.pins.iter().map(|p| p.text.as_str()).collect();
        let list =
            if pins.is_empty() { "it has none".to_string() } else { format!("its pins are {}", pins.join(", ")) };
        let fault = Fault::new("elab::unknown-pin", span, message, "no such pin");
        Err(match did_you_mean(name, pins) {
            Some(help) => fault.with_help(format!("{help} {list}")),
            None => fault.with_help(list),
        })
    }

    fn index(&mut self, base: &Expr, slots: &[Slot], span: Span) -> Result<Cell, Fault> {
        let from = match &base.kind {
            ExprKind::Name(n) => match self.names.get(&n.to_ascii_lowercase()) {
                Some(Binding::States { from, .. }) => *from,
                _ => 0,
            },
            _ => 0,
        };
        let Cell::Array(elements) = self.cell(base)? else {
            return Err(Fault::new("elab::index", span, "one number has no elements", "not an array")
                .with_help("an array of states is declared with its range: state x[0:3] = 0"));
        };
        let picked = self.pick(slots, elements.len(), from, span)?;
        Ok(match picked {
            Picked::One(k) => Cell::Scalar(elements[k].clone()),
            Picked::Range(a, b) => self.array(elements[a..b].to_vec(), span)?,
        })
    }

    /// Which elements of an array of `count`, the first of which has index `from`.
    pub fn pick(&mut self, slots: &[Slot], count: usize, from: i64, span: Span) -> Result<Picked, Fault> {
        let [slot] = slots else {
            return Err(Fault::new("elab::index", span, "arrays of a device have one index", "several here"));
        };
        let last = from + count as i64 - 1;
        let place = |i: i64, at: Span| match i >= from && i <= last {
            true => Ok((i - from) as usize),
            false => {
                let message = format!("index {i} lies outside {from}:{last}");
                Err(Fault::new("elab::index", at, message, "outside the array"))
            }
        };
        Ok(match slot {
            Slot::All(_) => Picked::Range(0, count),
            Slot::At(e) => Picked::One(place(self.integer(e)?, e.span)?),
            Slot::Range(a, b) => {
                let (first, end) = (self.integer(a)?, self.integer(b)?);
                if end < first {
                    return Err(Fault::new(
                        "elab::empty-array",
                        span,
                        format!("{first}:{end} has no elements"),
                        "empty",
                    ));
                }
                Picked::Range(place(first, a.span)?, place(end, b.span)? + 1)
            }
        })
    }
}

/// Elements of an array.
pub enum Picked {
    One(usize),
    /// From, to before
    Range(usize, usize),
}

/// Operators with the meaning they have in mathematics.
pub fn binary(op: Binary) -> Function {
    match op {
        Binary::Pow => Function::Pow,
        other => crate::elab::term::binary(other),
    }
}

//! Functions inside a `.device` by name: voltages, random numbers, noise, derivatives, `.func`s, and those of mathematics.

use std::collections::HashMap;

use super::arrays;
use super::author::{Author, Binding, Frame, Place, has_charge};
use super::cell::{Cell, own_quantity};
use crate::circuit::definition::{Draw, Flow, Law, Noise, Own};
use crate::circuit::equation::{Equation, Function, Quantity};
use crate::diag::Span;
use crate::elab::scope::Scope;
use crate::syntax::ast::{Expr, ExprArg, ExprKind, Func, Name};
use crate::value::builtin::{self, Body};
use crate::value::fault::{Fault, arguments, did_you_mean};

/// Functions that are neither of mathematics nor of arrays.
const SPECIAL: [&str; 20] = [
    "V",
    "I",
    "clip",
    "ddt",
    "ddx",
    "exponential",
    "hazard",
    "$limit",
    "limit",
    "loguniform",
    "lognormal",
    "max",
    "min",
    "normal",
    "sign",
    "table",
    "uniform",
    "where",
    "white",
    "pow",
];

impl<'b, 'a> Author<'b, 'a> {
    pub fn call(&mut self, name: &Name, args: &[ExprArg], span: Span) -> Result<Cell, Fault> {
        let lower = name.lower();
        match lower.as_str() {
            "v" => return self.voltage(args, span).map(Cell::own),
            "i" => return self.current(args, span).map(Cell::Scalar),
            _ => {}
        }
        let scope = self.frames.iter().rev().find_map(|f| f.home).unwrap_or(self.scope);
        if let Some(crate::value::Value::Broken) = scope.value(&lower) {
            return Err(Fault::Said);
        }
        if let Some((func, home)) = scope.func(&lower) {
            return self.user(func, home, args, span);
        }
        let plain = args.iter().all(|a| a.name.is_none());
        if let Some(law) = law(&lower) {
            return self.draw(law, &lower, args, span);
        }
        match (lower.as_str(), args) {
            ("white", _) => return self.white(args, span),
            ("ddt", [of]) if plain => return self.charge(&of.value, span),
            ("ddx", [of, by]) if plain => return self.derivative(&of.value, &by.value, span),
            ("hazard", _) => {
                return Err(Fault::new(
                    "elab::hazard-place",
                    span,
                    "hazard( ) is a condition of `when`",
                    "not a value",
                )
                .with_help("when hazard(rate) { … }: rate is the mean number of events in a second"));
            }
            ("idt" | "sdt", _) => {
                return Err(Fault::new("elab::no-integral", span, "a device has no idt( )", "here")
                    .with_help("declare a state: state q = 0, then ddt(q) = …"));
            }
            _ => {}
        }
        let Some(named) = args.iter().find_map(|a| a.name.as_ref()) else {
            let mut cells = Vec::with_capacity(args.len());
            for a in args {
                cells.push(self.cell(&a.value)?);
            }
            return self.mathematics(name, &lower, cells, span);
        };
        let message = format!("{lower}( ) has no argument '{}'", named.text);
        Err(Fault::new("elab::arguments", named.span, message, "not known"))
    }

    /// A function of cells alone.
    fn mathematics(&mut self, name: &Name, lower: &str, args: Vec<Cell>, span: Span) -> Result<Cell, Fault> {
        let count = args.len();
        if let Some(f) = scalar(lower) {
            // Powers are those of mathematics, whatever SPICE says.
            let f = if lower == "pow" { Function::Pow } else { f };
            let (least, most) = f.arity();
            return match count >= least && count <= most {
                true => self.combine(f, args, span),
                false => Err(arguments(lower, &least.to_string(), count, span)),
            };
        }
        match (lower, count) {
            ("min" | "max", 2..) => {
                let f = if lower == "min" { Function::Min } else { Function::Max };
                let mut args = args.into_iter();
                let first = args.next().unwrap_or(Cell::number(f64::NAN));
                return args.try_fold(first, |a, b| self.combine(f, vec![a, b], span));
            }
            ("sign", 1) => return self.combine(Function::Sign, args, span),
            ("limit" | "clip", 3) => return self.combine(Function::Clip, args, span),
            ("$limit" | "limit", 2) => return self.combine(Function::Limit, args, span),
            ("where", 3) => return self.combine(Function::Select, args, span),
            ("table", 3..) if count % 2 == 1 => return self.combine(Function::Table, args, span),
            ("table", _) => return Err(arguments("table", "an odd number, at least 3,", count, span)),
            _ => {}
        }
        if let Some(out) = arrays::call(self, lower, args, span) {
            return out;
        }
        let scalars = builtin::all().filter(|b| matches!(b.body, Body::Scalar(_))).map(|b| b.name);
        let known = SPECIAL.iter().copied().chain(scalars).chain(arrays::NAMES);
        let mut known: Vec<&str> = known.collect();
        if known.iter().any(|k| k.eq_ignore_ascii_case(lower)) {
            return Err(arguments(lower, "a different number of", count, span));
        }
        let message = format!("a device has no function '{}'", name.text);
        let fault = Fault::new("elab::unknown-function", name.span, message, "not known");
        known.extend(self.scope.func_names());
        Err(match did_you_mean(lower, known) {
            Some(help) => fault.with_help(help),
            None => fault.with_help(format!("define it outside with .func {}(x) = …", name.text)),
        })
    }

    /// What stands in `V( )` and `I( )`: pins; None is ground.
    pub fn pins(&mut self, args: &[Expr], span: Span) -> Result<(Option<usize>, Option<usize>), Fault> {
        let mut places = Vec::with_capacity(2);
        for a in args {
            let (text, indexed) = match &a.kind {
                ExprKind::Node(w) => (w.text.clone(), !w.index.is_empty()),
                ExprKind::Name(n) => (n.clone(), false),
                ExprKind::Number(v) => (v.to_string(), false),
                _ => (String::new(), true),
            };
            if indexed {
                return Err(Fault::new("elab::unknown-pin", a.span, "a pin is needed here", "not a pin"));
            }
            places.push(self.pin(&text, a.span)?);
        }
        match places[..] {
            [a] => Ok((a, None)),
            [a, b] => Ok((a, b)),
            _ => Err(Fault::new("elab::arguments", span, "V( ) and I( ) take one pin or two", "here")),
        }
    }

    fn voltage(&mut self, args: &[ExprArg], span: Span) -> Result<Own, Fault> {
        if !self.place.is_live() {
            return Err(self.unreadable(span, self.place));
        }
        let args: Vec<Expr> = args.iter().map(|a| a.value.clone()).collect();
        let (a, b) = self.pins(&args, span)?;
        Ok(Own::Voltage(a, b))
    }

    /// The current of a contribution to a voltage.
    fn current(&mut self, args: &[ExprArg], span: Span) -> Result<Equation, Fault> {
        if !self.place.is_live() {
            return Err(self.unreadable(span, self.place));
        }
        let args: Vec<Expr> = args.iter().map(|a| a.value.clone()).collect();
        let pins = self.pins(&args, span)?;
        for (k, c) in self.contributions.iter().enumerate().filter(|(_, c)| c.flow == Flow::Voltage) {
            if (c.plus, c.minus) == pins {
                return Ok(own_quantity(Own::Current(k)));
            }
            if (c.minus, c.plus) == pins {
                return Ok(Equation::apply(Function::Neg, [own_quantity(Own::Current(k))]));
            }
        }
        Err(Fault::new(
            "elab::no-current",
            span,
            "no V( ) = … between these pins has a current to read",
            "this current",
        )
        .with_help("name the current first: let i = …, then I(a,b) = i"))
    }

    /// `ddt(q)` in a contribution.
    fn charge(&mut self, of: &Expr, span: Span) -> Result<Cell, Fault> {
        if self.place != Place::Current {
            return Err(Fault::new("elab::ddt-place", span, "ddt( ) stands here only in contributions", "not here")
                .with_help("I(a,b) = … + ddt(charge), or a line ddt(state) = … of its own"));
        }
        let q = self.at(Place::Let, |a| a.scalar(of))?;
        Ok(Cell::Scalar(Equation::apply(Function::Ddt, [q])))
    }

    /// `ddx(U, x)`
    fn derivative(&mut self, of: &Expr, by: &Expr, span: Span) -> Result<Cell, Fault> {
        if !self.place.is_live() {
            return Err(self.unreadable(span, self.place));
        }
        let place = if self.place == Place::Jump { Place::Jump } else { Place::Let };
        let (of_cell, by_cell) = self.at(place, |a| Ok::<_, Fault>((a.cell(of)?, a.scalar(by)?)))?;
        if !matches!(by_cell, Equation::Quantity(Quantity::Own(Own::State(_) | Own::Voltage(..)))) {
            let message = "ddx( ) differentiates by a state or by a voltage";
            return Err(Fault::new("elab::ddx", by.span, message, "neither").with_help("ddx(U, x), ddx(i, V(a,b))"));
        }
        self.combine(Function::Ddx, vec![of_cell, Cell::Scalar(by_cell)], span)
    }

    /// `white(every=dt)`, `white(N, every=dt)`
    fn white(&mut self, args: &[ExprArg], span: Span) -> Result<Cell, Fault> {
        if self.place != Place::Rate {
            return Err(Fault::new(
                "elab::white-place",
                span,
                "white( ) stands on the right of ddt( ) = … only",
                "not here",
            )
            .with_help("its force on a state is noise; a let or a current that jumps with every step has no limit"));
        }
        let mut every = None;
        let mut count = None;
        for a in args {
            match &a.name {
                Some(n) if n.is("every") => every = Some(self.at(Place::Bound, |x| x.scalar(&a.value))?),
                None if count.is_none() => count = Some((self.integer(&a.value)?, a.value.span)),
                _ => {
                    return Err(Fault::new(
                        "elab::arguments",
                        a.value.span,
                        "white( ) takes white(N, every=dt)",
                        "not known",
                    ));
                }
            }
        }
        let Some(every) = every else {
            return Err(Fault::new(
                "elab::white-every",
                span,
                "white( ) does not say how often it changes",
                "no every=",
            )
            .with_help("white(every=dt): dt is the step of the noise in s, a hundredth of the fastest time constant"));
        };
        if every.constant().is_some_and(|v| v <= 0.0) {
            return Err(Fault::new(
                "elab::white-every",
                span,
                "the step of white( ) must be above 0 s",
                "every= is not",
            ));
        }
        let mut one = || {
            self.noises.push(Noise { every: every.clone(), span });
            own_quantity(Own::White(self.noises.len() - 1))
        };
        match count {
            None => Ok(Cell::Scalar(one())),
            Some((n, at)) if n < 1 || n > super::cell::MAX_ELEMENTS as i64 => {
                Err(Fault::new("elab::array-too-big", at, format!("{n} forces are not possible"), "here"))
            }
            Some((n, _)) => Ok(Cell::Array((0..n).map(|_| one()).collect())),
        }
    }

    /// A random number.
    fn draw(&mut self, law: Law, name: &str, args: &[ExprArg], span: Span) -> Result<Cell, Fault> {
        if !matches!(self.place, Place::Start | Place::Jump) {
            let message = format!("{name}( ) is drawn at a moment: in a start value or in the body of a `when`");
            return Err(Fault::new("elab::draw-place", span, message, "not here")
                .with_help("a parameter that differs from part to part or cycle to cycle belongs in .variation"));
        }
        let formals: &[&str] = match law {
            Law::Normal => &["mean", "sigma"],
            Law::Uniform | Law::Loguniform => &["low", "high"],
            Law::Lognormal => &["sigma", "mean"],
            Law::Exponential => &["mean"],
        };
        let least = if law == Law::Lognormal { 1 } else { formals.len() };
        let mut values: Vec<Option<Equation>> = vec![None; formals.len()];
        for (k, a) in args.iter().enumerate() {
            let place = match &a.name {
                None => k,
                Some(n) => formals.iter().position(|f| n.is(f)).unwrap_or(usize::MAX),
            };
            let Some(slot) = values.get_mut(place).filter(|v| v.is_none()) else {
                let message = format!("{name}( ) takes {}", formals.join(", "));
                return Err(Fault::new("elab::arguments", a.value.span, message, "one too many"));
            };
            *slot = Some(self.scalar(&a.value)?);
        }
        let given: Vec<Equation> = values.into_iter().map_while(|v| v).collect();
        if given.len() < least || given.len() < args.len() {
            let message = format!("{name}( ) takes {}", formals.join(", "));
            return Err(Fault::new("elab::arguments", span, message, "one is missing"));
        }
        self.draws.push(Draw { law, args: given, span });
        Ok(Cell::own(Own::Draw(self.draws.len() - 1)))
    }

    /// A `.func`: its body with the arguments in place, in the scope it was defined in.
    fn user(&mut self, func: &'a Func, home: &'b Scope<'a>, args: &[ExprArg], span: Span) -> Result<Cell, Fault> {
        if args.len() > func.formals.len() {
            return Err(arguments(&func.name.text, &func.formals.len().to_string(), args.len(), span));
        }
        let mut names: HashMap<String, Binding> = HashMap::new();
        for (k, (formal, default)) in func.formals.iter().enumerate() {
            let given = args.iter().enumerate().find(|(i, a)| match &a.name {
                Some(n) => n.is(&formal.text),
                None => *i == k,
            });
            let cell = match (given, default) {
                (Some((_, a)), _) => {
                    let cell = self.cell(&a.value)?;
                    self.share_all(cell, a.value.span)?
                }
                (None, Some(d)) => {
                    let names = names.clone();
                    self.inside(Frame { names, home: Some(home) }, func, |a| a.cell(d))?
                }
                (None, None) => {
                    let message = format!("{} needs its argument '{}'", func.name.text, formal.text);
                    return Err(Fault::new("elab::arguments", span, message, "called here"));
                }
            };
            names.insert(formal.lower(), Binding::Value(cell));
        }
        self.inside(Frame { names, home: Some(home) }, func, |a| a.cell(&func.body))
    }

    fn inside(
        &mut self,
        frame: Frame<'b, 'a>,
        func: &Func,
        work: impl FnOnce(&mut Self) -> Result<Cell, Fault>,
    ) -> Result<Cell, Fault> {
        self.frames.push(frame);
        self.via.push(func.name.lower());
        let out = work(self);
        self.via.pop();
        self.frames.pop();
        out
    }

    /// All elements cheap to repeat.
    pub fn share_all(&mut self, cell: Cell, span: Span) -> Result<Cell, Fault> {
        if cell.elements().iter().any(has_charge) {
            return Ok(cell);
        }
        Ok(match cell {
            Cell::Scalar(e) => Cell::Scalar(self.share(e, span)?),
            Cell::Array(all) => {
                let all: Result<Vec<Equation>, Fault> = all.into_iter().map(|e| self.share(e, span)).collect();
                Cell::Array(all?)
            }
        })
    }
}

fn law(lower: &str) -> Option<Law> {
    Some(match lower {
        "normal" => Law::Normal,
        "uniform" => Law::Uniform,
        "lognormal" => Law::Lognormal,
        "loguniform" => Law::Loguniform,
        "exponential" => Law::Exponential,
        _ => return None,
    })
}

/// A function of numbers, element by element.
fn scalar(lower: &str) -> Option<Function> {
    match builtin::find(lower)?.body {
        Body::Scalar(f) if !matches!(f, Function::Ddt | Function::Idt) => Some(f),
        _ => None,
    }
}

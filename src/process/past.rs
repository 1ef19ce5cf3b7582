//! Expressions over the past: `first last count integ`, `max min mean rms` from one time to another, and whole waves.
//!
//! Between two kept points every voltage, current and probe is a straight line; signals hold their value.

use std::sync::Arc;

use super::groups::shaped;
use super::history::{History, Kept};
use super::leaves::{DEEPEST, Extent, looks_back};
use super::looking::{Look, Looking};
use super::notebook::{Desk, Series};
use super::program::{SignalId, SmuId};
use super::reduce::{Moment, reduce, with_middles};
use super::sight::{Sight, stopped};
use super::study::Curves;
use crate::circuit::equation::{Function, Quantity};
use crate::circuit::{NetId, PartId};
use crate::device::Ticks;
use crate::diag::Span;
use crate::syntax::ast::{Expr, ExprArg, ExprKind, Unary};
use crate::value::answer::Answer;
use crate::value::eval::{binary, eval, number};
use crate::value::fault::Fault;
use crate::value::{Value, apply, builtin};

/// Halvings of the interval in which a condition changes.
const HALVINGS: usize = 40;

/// The first point.
const START: Moment = Moment { point: 0, fraction: 0.0, time: 0.0 };

/// The circuit at a moment of its past: nothing can be done there, only looked at.
struct Past<'h> {
    history: &'h History,
    at: Moment,
    /// °C
    temp: f64,
    /// Something was asked for that nobody kept.
    missing: bool,
}

impl Past<'_> {
    fn value(&mut self, what: &Kept) -> f64 {
        match kept(self.history, what, self.at) {
            Some(v) => v,
            None => {
                self.missing = true;
                f64::NAN
            }
        }
    }
}

fn kept(history: &History, what: &Kept, at: Moment) -> Option<f64> {
    if let (None, Kept::Quantity(Quantity::Voltage(a, b))) = (history.column(what), what)
        && *b != NetId::GROUND
    {
        let of = |net: NetId| match net {
            NetId::GROUND => Some(0.0),
            net => kept(history, &Kept::Quantity(Quantity::Voltage(net, NetId::GROUND)), at),
        };
        return Some(of(*a)? - of(*b)?);
    }
    let column = history.column(what)?;
    let v = *column.get(at.point)?;
    match column.get(at.point + 1) {
        Some(next) if at.fraction > 0.0 && !matches!(what, Kept::Signal(_)) => Some(v + at.fraction * (next - v)),
        _ => Some(v),
    }
}

impl Look for Past<'_> {
    fn now(&self) -> Ticks {
        Ticks::from_seconds(self.at.time)
    }

    fn quantity(&mut self, what: &Quantity) -> f64 {
        match what {
            Quantity::Temperature => self.temp,
            Quantity::Time => self.at.time,
            _ => self.value(&Kept::Quantity(what.clone())),
        }
    }

    fn current(&mut self, smu: SmuId) -> f64 {
        self.value(&Kept::Unit(smu))
    }

    fn energy(&self, smu: Option<SmuId>) -> f64 {
        kept(self.history, &Kept::Energy(smu), self.at).unwrap_or(f64::NAN)
    }

    fn charge(&self, smu: Option<SmuId>) -> f64 {
        kept(self.history, &Kept::Charge(smu), self.at).unwrap_or(f64::NAN)
    }

    fn absorbed(&mut self, part: PartId) -> f64 {
        self.value(&Kept::Absorbed(part))
    }

    fn signal(&self, signal: SignalId) -> f64 {
        kept(self.history, &Kept::Signal(signal), self.at).unwrap_or(f64::NAN)
    }

    fn history(&self) -> &History {
        self.history
    }
}

/// An edge or a condition whose first, last or number of occurrences is asked for.
enum Occurrence<'e> {
    Edge { of: &'e Expr, up: bool },
    Holds(&'e Expr),
}

impl<'e> Occurrence<'e> {
    fn of(e: &'e Expr) -> Occurrence<'e> {
        match &e.kind {
            ExprKind::Call { name, args } if args.len() == 1 && (name.is("rise") || name.is("fall")) => {
                Occurrence::Edge { of: &args[0].value, up: name.is("rise") }
            }
            _ => Occurrence::Holds(e),
        }
    }
}

impl Sight<'_> {
    /// The answer of the past to a call; None: the call does not look back.
    pub fn look_back(&mut self, lower: &str, args: &[ExprArg], span: Span) -> Result<Option<Answer>, Fault> {
        if !looks_back(lower, args) || self.machine.functions_of(self.at).functions_named(lower) {
            return Ok(None);
        }
        let (mut of, mut from, mut until) = (None, None, None);
        for a in args {
            let slot = match &a.name {
                None => &mut of,
                Some(n) if n.is("from") => &mut from,
                Some(n) if n.is("until") => &mut until,
                Some(n) => {
                    let message = format!("{lower}( ) has no argument '{}'", n.text);
                    return Err(Fault::new("process::wave", n.span, message, "here").with_help(USAGE));
                }
            };
            if slot.replace(&a.value).is_some() {
                let message = format!("{lower}( ) takes one expression");
                return Err(Fault::new("process::wave", a.value.span, message, "one too many").with_help(USAGE));
            }
        }
        let Some(of) = of else {
            return Err(Fault::new("process::wave", span, format!("{lower}( ) of nothing"), "here").with_help(USAGE));
        };
        let mut leaves = Vec::new();
        self.leaves(of, Extent::Exact, DEEPEST, &mut leaves);
        if leaves.is_empty() && builtin::find(lower).is_some_and(|b| !matches!(b.body, builtin::Body::Circuit)) {
            return Ok(None);
        }
        if leaves.is_empty() {
            let message = format!("{lower}( ) looks at the past, and nothing of the circuit is in its argument");
            return Err(
                Fault::new("process::wave", of.span, message, "no voltage, current, probe or signal").with_help(USAGE)
            );
        }
        self.world.wake().map_err(|s| stopped(s, span))?;
        let times = self.world.history().times();
        let (Some(&start), Some(&end)) = (times.first(), times.last()) else { return Err(not_kept(of.span)) };
        let from = from.map_or(Ok(start), |e| self.instant(e, start, end))?.max(start);
        let until = until.map_or(Ok(end), |e| self.instant(e, from.min(end), end))?.min(end);
        let moments = self.moments(from, until);
        let value = match lower {
            "first" | "last" | "count" => self.occurrences(lower, of, &moments, from)?,
            _ if moments.is_empty() => {
                let message = format!("{lower}( ) of no time: from {from} s until {until} s");
                return Err(Fault::new("process::wave", span, message, "here"));
            }
            _ => {
                let moments = if matches!(lower, "max" | "min") { moments } else { with_middles(&moments) };
                let (shape, columns) = self.columns(of, &moments)?;
                let values = columns.iter().map(|c| reduce(lower, &moments, c)).collect();
                shaped(values, &shape)
            }
        };
        Ok(Some(Answer::One(value)))
    }

    /// The time that `from=` or `until=` names: a number, or the first edge from `start` on (infinite: it never came).
    fn instant(&mut self, e: &Expr, start: f64, end: f64) -> Result<f64, Fault> {
        match Occurrence::of(e) {
            Occurrence::Edge { .. } => {
                let moments = self.moments(start, end);
                let value = self.occurrences("first", e, &moments, start)?;
                value.number().ok_or_else(|| Fault::new("process::wave", e.span, "this is more than one time", "here"))
            }
            Occurrence::Holds(e) => number(e, self),
        }
    }

    /// The kept points from one time to another, and the ends themselves.
    fn moments(&self, from: f64, until: f64) -> Vec<Moment> {
        let times = self.world.history().times();
        if from.is_nan() || until.is_nan() || from > until || times.is_empty() {
            return Vec::new();
        }
        let between = |time: f64| {
            let point = times.partition_point(|t| *t <= time).saturating_sub(1);
            let fraction = match times.get(point + 1) {
                Some(next) if *next > times[point] => ((time - times[point]) / (next - times[point])).clamp(0.0, 1.0),
                _ => 0.0,
            };
            Moment { point, fraction, time }
        };
        let first = times.partition_point(|t| *t < from);
        let past = times.partition_point(|t| *t <= until);
        let mut out = Vec::with_capacity(past.saturating_sub(first) + 2);
        if times.get(first) != Some(&from) {
            out.push(between(from));
        }
        out.extend((first..past).map(|point| Moment { point, fraction: 0.0, time: times[point] }));
        if past > first && times[past - 1] < until || past <= first && until > from {
            out.push(between(until));
        }
        out
    }

    /// Looks at something at a moment of the past.
    fn glimpse<T>(
        &mut self,
        at: Moment,
        temp: f64,
        span: Span,
        look: impl FnOnce(&mut Sight) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let noisy = std::mem::replace(&mut self.readings.noisy, false);
        let mut past = Looking(Past { history: self.world.history(), at, temp, missing: false });
        let out = look(&mut Sight {
            machine: self.machine,
            world: &mut past,
            notebook: self.notebook,
            at: self.at,
            variables: &mut *self.variables,
            answers: self.answers,
            budget: &mut *self.budget,
            draws: &mut *self.draws,
            writes: &mut *self.writes,
            readings: &mut *self.readings,
            who: self.who,
            columns: self.columns,
            code: self.code,
            place: self.place,
            study: None,
        });
        let missing = past.0.missing;
        self.readings.noisy = noisy;
        if missing { Err(not_kept(span)) } else { out }
    }

    /// The values of an expression at moments: its shape, and a column for each of its numbers.
    fn columns(&mut self, e: &Expr, moments: &[Moment]) -> Result<(Vec<usize>, Vec<Vec<f64>>), Fault> {
        if let Some(v) = self.vector(e, moments)? {
            let column = match v {
                Value::Array(a) => a.iter().copied().collect(),
                other => vec![other.number().unwrap_or(f64::NAN); moments.len()],
            };
            return finite(column, e.span).map(|c| (Vec::new(), vec![c]));
        }
        let temp = self.world.quantity(&Quantity::Temperature);
        let mut shape: Option<Vec<usize>> = None;
        let mut columns: Vec<Vec<f64>> = Vec::new();
        for m in moments {
            self.budget.steps = 0;
            let value = self.glimpse(*m, temp, e.span, |s| eval(e, s))?;
            let Some(a) = value.to_array() else {
                return Err(Fault::new("process::wave", e.span, format!("{} is no wave", value.describe()), "here"));
            };
            match &shape {
                None => {
                    shape = Some(a.shape().to_vec());
                    columns = vec![Vec::with_capacity(moments.len()); a.len()];
                }
                Some(s) if s == a.shape() => {}
                Some(_) => return Err(Fault::new("process::wave", e.span, "its shape changes with time", "here")),
            }
            columns.iter_mut().zip(a.iter()).for_each(|(c, v)| c.push(*v));
        }
        let columns = columns.into_iter().map(|c| finite(c, e.span)).collect::<Result<_, _>>()?;
        Ok((shape.unwrap_or_default(), columns))
    }

    /// An expression of single numbers at all moments at once: an array, or a number that does not change. None: it is not
    /// made of single numbers and functions of such.
    fn vector(&mut self, e: &Expr, moments: &[Moment]) -> Result<Option<Value>, Fault> {
        let all = |list: Vec<Option<Value>>| list.into_iter().collect::<Option<Vec<Value>>>();
        Ok(match &e.kind {
            ExprKind::Number(v) => Some(Value::Number(*v)),
            ExprKind::Name(n) if n.eq_ignore_ascii_case("time") => {
                Some(Value::vector(moments.iter().map(|m| m.time).collect()))
            }
            ExprKind::Name(_) | ExprKind::Field(..) => {
                let mut leaves = Vec::new();
                self.leaves(e, Extent::Exact, 0, &mut leaves);
                match &leaves[..] {
                    [] => eval(e, self)?.number().map(Value::Number),
                    [one] => Some(self.column(one, moments, e.span)?),
                    _ => None,
                }
            }
            ExprKind::Unary(op, a) => {
                let Some(a) = self.vector(a, moments)? else { return Ok(None) };
                Some(match op {
                    Unary::Plus => a,
                    Unary::Neg => apply(Function::Neg, &[a], e.span)?,
                    Unary::Not => apply(Function::Not, &[a], e.span)?,
                })
            }
            ExprKind::Binary(op, a, b) => {
                let (a, b) = (self.vector(a, moments)?, self.vector(b, moments)?);
                let (Some(a), Some(b)) = (a, b) else { return Ok(None) };
                Some(binary(*op, a, b, e.span, self)?)
            }
            ExprKind::Call { name, args } => {
                let lower = name.lower();
                if let Some((kept, shape)) = self.asked(&lower, args, e.span)? {
                    return match (&kept[..], shape.is_empty()) {
                        ([one], true) => self.column(one, moments, e.span).map(Some),
                        _ => Ok(None),
                    };
                }
                let known = self.machine.functions_of(self.at).functions_named(&lower);
                let function = match builtin::find(&lower).map(|b| (b.body, b.arity)) {
                    Some((builtin::Body::Scalar(f), arity)) if !known && arity.0 == args.len() => f,
                    Some((builtin::Body::Extreme(f, _), _)) if !known && args.len() == 2 => f,
                    _ => return Ok(None),
                };
                if args.iter().any(|a| a.name.is_some()) {
                    return Ok(None);
                }
                let args = args.iter().map(|a| self.vector(&a.value, moments)).collect::<Result<Vec<_>, _>>()?;
                match all(args) {
                    Some(args) => Some(apply(function, &args, e.span)?),
                    None => None,
                }
            }
            _ => None,
        })
    }

    fn column(&self, what: &Kept, moments: &[Moment], span: Span) -> Result<Value, Fault> {
        let history = self.world.history();
        let values: Option<Vec<f64>> = moments.iter().map(|m| kept(history, what, *m)).collect();
        values.map(Value::vector).ok_or_else(|| not_kept(span))
    }

    /// First, last or number of times that something happens, for each number of the expression.
    fn occurrences(&mut self, which: &str, e: &Expr, moments: &[Moment], from: f64) -> Result<Value, Fault> {
        let (of, edge) = match Occurrence::of(e) {
            Occurrence::Edge { of, up } => (of, Some(up)),
            Occurrence::Holds(e) => (e, None),
        };
        if moments.is_empty() {
            return Ok(Value::Number(if which == "count" { 0.0 } else { f64::INFINITY }));
        }
        let (shape, columns) = self.columns(of, moments)?;
        let mut out = Vec::with_capacity(columns.len());
        for (element, column) in columns.iter().enumerate() {
            let holds = |k: usize| match edge {
                Some(true) => column[k] > 0.0,
                Some(false) => column[k] <= 0.0,
                None => column[k] != 0.0,
            };
            let begins = |k: usize| holds(k) && !holds(k - 1);
            let place = match which {
                "count" => {
                    let already = usize::from(edge.is_none() && holds(0));
                    out.push((already + (1..column.len()).filter(|k| begins(*k)).count()) as f64);
                    continue;
                }
                "first" if edge.is_none() && holds(0) => {
                    out.push(moments[0].time);
                    continue;
                }
                "first" => (1..column.len()).find(|k| begins(*k)).map(|k| (k - 1, k)),
                _ if edge.is_some() => (1..column.len()).rev().find(|k| begins(*k)).map(|k| (k - 1, k)),
                _ if column.last().is_some_and(|v| *v != 0.0) => {
                    out.push(moments[column.len() - 1].time);
                    continue;
                }
                _ => (1..column.len()).rev().find(|k| holds(k - 1) && !holds(*k)).map(|k| (k - 1, k)),
            };
            out.push(match place {
                None if which == "first" || edge.is_some() => f64::INFINITY,
                // It never held: as if it had ended at once.
                None => from,
                Some((a, b)) => match edge {
                    Some(_) => self.change(of, element, (moments[a], moments[b]), (column[a] > 0.0, |v| v > 0.0))?,
                    None => self.change(of, element, (moments[a], moments[b]), (column[a] != 0.0, |v| v != 0.0))?,
                },
            });
        }
        Ok(shaped(out, &shape))
    }

    /// When a condition that is `before` at one moment is not so any more at the next; `test` says whether a number fulfils it.
    fn change(
        &mut self,
        of: &Expr,
        element: usize,
        ends: (Moment, Moment),
        (before, test): (bool, fn(f64) -> bool),
    ) -> Result<f64, Fault> {
        let temp = self.world.quantity(&Quantity::Temperature);
        let (a, b) = ends;
        let (mut low, mut high) = (a.fraction, if b.point > a.point { 1.0 } else { b.fraction });
        let times = self.world.history().times();
        let start = times.get(a.point).copied().unwrap_or(a.time);
        let length = times.get(a.point + 1).map_or(0.0, |t| t - start);
        for _ in 0..HALVINGS {
            let fraction = 0.5 * (low + high);
            let at = Moment { fraction, time: start + fraction * length, ..a };
            let value = self.glimpse(at, temp, of.span, |s| eval(of, s))?;
            let holds = value.numbers().get(element).is_some_and(|v| test(*v));
            if holds == before { low = fraction } else { high = fraction }
        }
        Ok(start + high * length)
    }
}

impl Desk for Sight<'_> {
    fn wave(&mut self, e: &Expr) -> Result<Option<Series>, Fault> {
        if self.study.is_some() {
            return Ok(None);
        }
        let mut leaves = Vec::new();
        self.leaves(e, Extent::Exact, DEEPEST, &mut leaves);
        if leaves.is_empty() {
            return Ok(None);
        }
        self.world.wake().map_err(|s| stopped(s, e.span))?;
        let times = self.world.history().times().to_vec();
        let (Some(&first), Some(&last)) = (times.first(), times.last()) else { return Ok(None) };
        if leaves.iter().any(|k| kept(self.world.history(), k, START).is_none()) {
            return Ok(None);
        }
        let moments = self.moments(first, last);
        let (shape, columns) = self.columns(e, &moments)?;
        Ok(Some(Series { times: moments.iter().map(|m| m.time).collect(), shape, columns }))
    }

    fn curves(&self) -> Option<Arc<Curves>> {
        self.study.clone()
    }

    fn now(&mut self, what: &[Kept]) -> Vec<f64> {
        what.iter().map(|k| k.read(self.world)).collect()
    }
}

const USAGE: &str =
    "count(rise(V(in) - 0.5), until=rise(I(X1) - 20u)), max(V(out), from=t): one expression of the circuit";

fn not_kept(span: Span) -> Fault {
    Fault::new("process::not-kept", span, "the past of this was not kept", "looked back at here").with_help(
        "what is looked back at is found before the run begins: name the nets and parts themselves, not through a variable",
    )
}

fn finite(column: Vec<f64>, span: Span) -> Result<Vec<f64>, Fault> {
    if column.iter().any(|v| v.is_nan()) {
        let fault = Fault::new("process::wave", span, "this has no value for a part of that time", "here");
        return Err(fault.with_help("0/0, or a time before anybody knew that it would be looked at"));
    }
    Ok(column)
}

impl super::machine::Functions {
    /// Whether the netlist defines a function of this lower-case name.
    pub(super) fn functions_named(&self, lower: &str) -> bool {
        self.expressions.contains_key(lower) || self.blocks.contains_key(lower)
    }
}

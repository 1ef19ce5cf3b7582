//! `.meas` cards: all of ngspice's forms.

use super::cards::{Args, Planner};
use super::eval::Context;
use super::fault::Fault;
use super::quantity::{Quantities, unknown_part};
use super::term::{Term, combine};
use crate::circuit::equation::{Equation, Quantity};
use crate::circuit::plan::{Edge, Event, Measure, MeasureKind, ParamExpr, Place, Reduction};
use crate::circuit::{NetId, PartId};
use crate::diag::Span;
use crate::syntax::ast::{Argument, Expr, ExprKind, Setting, Value, Word};

/// In expressions of measures a measure stands as a probe of this part, which no circuit has.
const MEASURES: PartId = PartId(u32::MAX);

/// What a measure does, as the word behind its name says.
const VERBS: &[&str] = &[
    "avg",
    "rms",
    "pp",
    "min",
    "max",
    "min_at",
    "max_at",
    "integ",
    "integral",
    "trig",
    "find",
    "deriv",
    "derivative",
    "when",
    "param",
];

/// What may be set in a measure.
const WORDS: &[&str] = &["val", "td", "from", "to", "rise", "fall", "cross", "at"];

/// What follows the name of a measure, taken apart.
#[derive(Default)]
struct Parts<'a> {
    settings: Vec<&'a Setting>,
    curve: Option<&'a Value>,
    /// `v(a)=0.5`
    equal: Option<(&'a Value, &'a Expr)>,
    at: Option<f64>,
}

impl<'p, 'a> Planner<'p, 'a> {
    pub fn measure(&mut self, args: &mut Args<'a>, span: Span) -> Result<(), Fault> {
        let given = args.keyword(&["tran", "dc", "ac", "op", "sp", "noise"]);
        let is_given = given.is_some();
        let analysis = given.unwrap_or_else(|| self.first_analysis());
        let Some(Argument::Value(Value::Word(name))) = args.take() else {
            return Err(wrong(span, "a measure needs a name").with_help(".meas tran NAME find V(out) at=1u"));
        };
        self.look_at_name(name, args, is_given)?;
        let name = match &self.spread_word(name, &self.context(), &self.instance)?[..] {
            [one] => one.clone(),
            _ => return Err(wrong(name.span, "a measure has one name").with_help("in a `.for` loop: NAME[k]")),
        };
        if self.plan.measures.iter().any(|m| m.name.eq_ignore_ascii_case(&name) && m.analysis == analysis) {
            return Err(Fault::new(
                "elab::duplicate-measure",
                span,
                format!("two measures are called '{name}'"),
                "the second one",
            ));
        }
        let kind = self.measure_kind(args, span)?;
        self.plan.measures.push(Measure { analysis, name, kind, span });
        Ok(())
    }

    fn first_analysis(&self) -> String {
        self.plan.analyses.first().map_or("tran", |a| a.kind.name()).to_string()
    }

    /// The word before this one is a measure's name, if what is measured comes next; else one of the two is missing or
    /// not what it should be.
    fn look_at_name(&self, name: &Word, args: &Args<'a>, given: bool) -> Result<(), Fault> {
        let is_verb = |a: Option<&Argument>| match a {
            Some(Argument::Value(Value::Word(w))) => VERBS.iter().any(|v| w.is(v)),
            Some(Argument::Setting(s)) => s.name.is("param"),
            _ => false,
        };
        let mut rest = args.rest().iter();
        let (next, after) = (rest.next(), rest.next());
        if is_verb(next) {
            return Ok(());
        }
        if !given && is_verb(after) {
            let known = ["tran", "dc", "ac", "op", "noise"];
            return Err(super::cards::unknown("elab::unknown-analysis", "analysis", &name.text, name.span, known));
        }
        if VERBS.iter().any(|v| name.is(v)) {
            return Err(Fault::new("elab::measure", name.span, "the name of the measure is missing", "before this")
                .with_help(format!(".meas tran NAME {} …", name.text)));
        }
        if next.is_none() {
            let message = format!("the measure '{}' does not say what to measure", name.text);
            return Err(Fault::new("elab::measure", name.span, message, "ends here")
                .with_help(".meas tran NAME find V(out) at=1u"));
        }
        Ok(())
    }

    fn measure_kind(&mut self, args: &mut Args<'a>, span: Span) -> Result<MeasureKind, Fault> {
        if let Some(Argument::Setting(s)) = args.peek()
            && s.name.is("param")
            && let [e] = &s.values[..]
        {
            args.take();
            self.nothing_more(args);
            return self.measure_expr(e).map(MeasureKind::Param);
        }
        let Some(verb) = args.peek_word() else { return Err(wrong(args.span(), "what is to be measured?")) };
        let reduction = match verb.as_str() {
            "avg" => Reduction::Average,
            "rms" => Reduction::Rms,
            "pp" => Reduction::PeakToPeak,
            "min" => Reduction::Minimum,
            "max" => Reduction::Maximum,
            "min_at" => Reduction::MinimumAt,
            "max_at" => Reduction::MaximumAt,
            "integ" | "integral" => Reduction::Integral,
            "trig" => return self.delay(args, span),
            "find" => return self.find(args, span, false),
            "deriv" | "derivative" => return self.find(args, span, true),
            "when" => {
                args.take();
                let parts = self.parts(args, &[])?;
                return Ok(MeasureKind::When(self.event(&parts, span)?));
            }
            "param" => {
                args.take();
                return match args.take() {
                    Some(Argument::Value(Value::Expr(e))) => self.measure_expr(e).map(MeasureKind::Param),
                    _ => Err(wrong(span, "param needs an expression").with_help("param='a/b'")),
                };
            }
            _ => {
                return Err(super::cards::unknown(
                    "elab::unknown-measure",
                    "measure",
                    &verb,
                    args.span(),
                    VERBS.iter().copied(),
                ));
            }
        };
        args.take();
        let parts = self.parts(args, &[])?;
        let of = self.curve(&parts, span)?;
        let (from, to) = self.window(&parts)?;
        Ok(MeasureKind::Over { what: reduction, of, from, to })
    }

    /// `trig … targ …`
    fn delay(&mut self, args: &mut Args<'a>, span: Span) -> Result<MeasureKind, Fault> {
        args.take();
        let parts = self.parts(args, &["targ"])?;
        let from = self.event(&parts, span)?;
        if args.keyword(&["targ"]).is_none() {
            return Err(wrong(span, "trig needs a targ"));
        }
        let parts = self.parts(args, &[])?;
        let to = self.event(&parts, span)?;
        Ok(MeasureKind::Delay { from, to })
    }

    /// `find x when …`, `find x at=t`, `deriv x …`
    fn find(&mut self, args: &mut Args<'a>, span: Span, derivative: bool) -> Result<MeasureKind, Fault> {
        args.take();
        let parts = self.parts(args, &["when"])?;
        let find = self.curve(&parts, span)?;
        if args.keyword(&["when"]).is_some() {
            let parts = self.parts(args, &[])?;
            let when = self.event(&parts, span)?;
            return Ok(if derivative {
                MeasureKind::DerivWhen { of: find, when }
            } else {
                MeasureKind::FindWhen { find, when }
            });
        }
        let Some(at) = parts.at else { return Err(wrong(span, "find needs at=… or when …")) };
        Ok(if derivative { MeasureKind::DerivAt { of: find, at } } else { MeasureKind::FindAt { find, at } })
    }

    /// Everything up to one of the words `ends`.
    fn parts(&mut self, args: &mut Args<'a>, ends: &[&str]) -> Result<Parts<'a>, Fault> {
        let mut parts = Parts::default();
        while let Some(a) = args.peek() {
            if args.peek_word().is_some_and(|w| ends.contains(&w.as_str())) {
                break;
            }
            args.take();
            match a {
                Argument::Setting(s) if s.name.is("at") => parts.at = Some(self.one(s)?),
                Argument::Setting(s) => parts.settings.push(s),
                Argument::Equal { left, right, .. } => parts.equal = Some((left, right)),
                Argument::Value(v) if parts.curve.is_none() => parts.curve = Some(v),
                Argument::Value(v) => {
                    let fault = wrong(v.span(), "this does not belong here");
                    return Err(match v {
                        Value::Word(w) if WORDS.iter().any(|k| w.is(k)) => {
                            fault.with_help(format!("write {}=…", w.text.to_lowercase()))
                        }
                        _ => fault,
                    });
                }
            }
        }
        Ok(parts)
    }

    fn one(&self, s: &Setting) -> Result<f64, Fault> {
        match &s.values[..] {
            [e] => self.context().number(e),
            _ => Err(wrong(s.span, "one value is needed")),
        }
    }

    fn curve(&mut self, parts: &Parts<'a>, span: Span) -> Result<usize, Fault> {
        let Some(value) = parts.curve else { return Err(wrong(span, "what is to be measured?")) };
        match self.observe(value)?[..] {
            [k] => Ok(k),
            _ => Err(wrong(value.span(), "one curve is needed, not a bus")),
        }
    }

    fn window(&self, parts: &Parts<'a>) -> Result<(Option<f64>, Option<f64>), Fault> {
        let (mut from, mut to) = (None, None);
        for s in &parts.settings {
            match s.name.lower().as_str() {
                "from" => from = Some(self.one(s)?),
                "to" => to = Some(self.one(s)?),
                "td" | "goal" | "minval" | "weight" | "print" => {}
                _ => return Err(unknown_word(s)),
            }
        }
        Ok((from, to))
    }

    fn event(&mut self, parts: &Parts<'a>, span: Span) -> Result<Event, Fault> {
        let mut event = Event {
            left: Place::At(0.0),
            right: 0.0,
            right_of: None,
            edge: Edge::Cross,
            count: 1,
            after: 0.0,
            from: None,
            to: None,
        };
        let mut level = None;
        for s in &parts.settings {
            match s.name.lower().as_str() {
                "val" => level = Some(self.one(s)?),
                "td" => event.after = self.one(s)?,
                "from" => event.from = Some(self.one(s)?),
                "to" => event.to = Some(self.one(s)?),
                "rise" => (event.edge, event.count) = (Edge::Rise, self.count(s)?),
                "fall" => (event.edge, event.count) = (Edge::Fall, self.count(s)?),
                "cross" => (event.edge, event.count) = (Edge::Cross, self.count(s)?),
                "goal" | "minval" | "weight" | "print" => {}
                _ => return Err(unknown_word(s)),
            }
        }
        if let Some(at) = parts.at {
            event.left = Place::At(at);
            return Ok(event);
        }
        if let Some((left, right)) = parts.equal {
            let [k] = self.observe(left)?[..] else { return Err(wrong(left.span(), "one curve is needed, not a bus")) };
            event.left = Place::Curve(k);
            let view = self.view();
            match (Context { live: Some(&view), ..self.context() }).term(right)? {
                Term::Fixed(v) => event.right = v.number().ok_or_else(|| wrong(right.span, "a number is needed"))?,
                Term::Live(_) => event.right_of = Some(self.observe_expr(right)?),
            }
            return Ok(event);
        }
        event.left = Place::Curve(self.curve(parts, span)?);
        event.right = level.ok_or_else(|| wrong(span, "val= is missing"))?;
        Ok(event)
    }

    /// `rise=2`, `rise=last`
    fn count(&self, s: &Setting) -> Result<usize, Fault> {
        if let [Expr { kind: ExprKind::Name(n), .. }] = &s.values[..]
            && n.eq_ignore_ascii_case("last")
        {
            return Ok(usize::MAX);
        }
        let v = self.one(s)?;
        if v >= 1.0 && v.fract() == 0.0 && v < 1e9 {
            Ok(v as usize)
        } else {
            Err(wrong(s.span, "crossings are counted from 1; or say last"))
        }
    }

    /// `param='…'`: an expression of parameters and earlier measures.
    fn measure_expr(&mut self, e: &Expr) -> Result<ParamExpr, Fault> {
        let earlier = self.plan.measures.iter().map(|m| {
            let name = m.name.to_ascii_lowercase();
            (name.clone(), Term::Live(Equation::Quantity(Quantity::Probe(MEASURES, name))))
        });
        let locals: Vec<(String, Term)> = earlier.collect();
        let context = Context { locals: &locals, live: Some(&OnlyMeasures), ..self.context() };
        let term = context.term(e)?;
        // Checks that a constant is a number.
        let Term::Live(equation) =
            combine(crate::circuit::equation::Function::Add, vec![Term::Live(Equation::Const(0.0)), term], e.span)?
        else {
            return Err(wrong(e.span, "an expression is needed"));
        };
        match equation {
            Equation::Apply(_, mut args) if args.len() == 2 => to_param(args.swap_remove(1), e.span),
            other => to_param(other, e.span),
        }
    }
}

fn to_param(e: Equation, span: Span) -> Result<ParamExpr, Fault> {
    Ok(match e {
        Equation::Const(v) => ParamExpr::Number(v),
        Equation::Quantity(Quantity::Probe(MEASURES, name)) => ParamExpr::Measure(name),
        Equation::Quantity(_) => return Err(wrong(span, "param= takes other measures and parameters, no curves")),
        Equation::Apply(f, args) => {
            let args: Result<Vec<ParamExpr>, Fault> = args.into_iter().map(|a| to_param(a, span)).collect();
            ParamExpr::Apply(f, args?)
        }
    })
}

/// Nothing of the circuit can be read where only measures count.
struct OnlyMeasures;

impl Quantities for OnlyMeasures {
    fn net(&self, _: &str, span: Span) -> Result<NetId, Fault> {
        Err(wrong(span, "param= takes other measures and parameters, no curves"))
    }

    fn current(&self, name: &str, span: Span) -> Result<Quantity, Fault> {
        Err(unknown_part(name, span))
    }

    fn part(&self, _: &str) -> Option<PartId> {
        None
    }

    fn probe(&self, _: PartId, name: &str, span: Span) -> Result<Quantity, Fault> {
        Err(unknown_part(name, span))
    }
}

fn unknown_word(s: &Setting) -> Fault {
    super::cards::unknown("elab::measure", "word of .meas", &s.name.text, s.name.span, WORDS.iter().copied())
}

fn wrong(span: Span, text: &str) -> Fault {
    Fault::new("elab::measure", span, text, "in this measure")
}

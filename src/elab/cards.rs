//! Dot cards → [`Plan`]: what to run and what to look at.

use std::collections::HashMap;
use std::rc::Rc;

use super::builder::Placed;
use super::eval::{Context, Shared};
use super::fault::{Fault, did_you_mean};
use super::instance::Instance;
use super::kinds::Kinds;
use super::live::View;
use super::scope::Scope;
use crate::circuit::plan::{AcScale, Analysis, AnalysisKind, Plan, Sweep, Target};
use crate::circuit::{Circuit, NetId};
use crate::diag::{Diagnostic, Span, closest};
use crate::syntax::ast::{Argument, Card, Expr, ExprKind, Value};
use crate::syntax::card_form;

const KNOWN: &[&str] = &[
    "ac", "dc", "four", "global", "ic", "meas", "measure", "nodeset", "noise", "op", "opt", "option", "options",
    "plot", "print", "probe", "pz", "save", "sens", "step", "temp", "tf", "tran", "disto",
];
/// Cards that say how other programs print.
const WITHOUT_EFFECT: &[&str] =
    &["backanno", "width", "acct", "title", "alias", "data", "wave", "ends", "eom", "scale"];

/// A plan in the making.
pub struct Planner<'p, 'a> {
    pub circuit: &'p Circuit,
    pub kinds: &'p Kinds,
    pub shared: &'p Shared<'p>,
    pub scope: Rc<Scope<'a>>,
    pub instance: Rc<Instance>,
    pub plan: Plan,
    /// Labels of the observations so far
    pub observed: HashMap<String, usize>,
    pub diagnostics: Vec<Diagnostic>,
}

/// Arguments of a card, taken one by one.
pub struct Args<'a> {
    list: &'a [Argument],
    at: usize,
    /// The card's name
    card: Span,
}

impl<'a> Args<'a> {
    pub fn new(card: &'a Card) -> Args<'a> {
        Args { list: &card.args, at: 0, card: card.name.span }
    }

    pub fn peek(&self) -> Option<&'a Argument> {
        self.list.get(self.at)
    }

    /// Everything that is left.
    pub fn rest(&self) -> &'a [Argument] {
        self.list.get(self.at..).unwrap_or(&[])
    }

    pub fn take(&mut self) -> Option<&'a Argument> {
        self.at += 1;
        self.list.get(self.at - 1)
    }

    /// The place of the next argument, or of the card where there is none.
    pub fn span(&self) -> Span {
        self.peek().map_or(self.card, Argument::span)
    }

    /// The next argument if it is a plain word, in lower case.
    pub fn peek_word(&self) -> Option<String> {
        match self.peek() {
            Some(Argument::Value(Value::Word(w))) if w.index.is_empty() => Some(w.text.to_ascii_lowercase()),
            _ => None,
        }
    }

    /// Takes the next argument if it is one of these words.
    pub fn keyword(&mut self, words: &[&str]) -> Option<String> {
        let word = self.peek_word().filter(|w| words.contains(&w.as_str()))?;
        self.at += 1;
        Some(word)
    }
}

impl<'p, 'a> Planner<'p, 'a> {
    pub fn context(&self) -> Context<'_, 'a> {
        Context::constant(self.shared, &self.scope)
    }

    /// The circuit as the deck's own cards see it.
    pub fn view(&self) -> View<'_> {
        View { circuit: self.circuit, instance: &self.instance }
    }

    /// The next argument as a number; `what` names it for the message.
    pub fn number(&self, args: &mut Args, what: &str) -> Result<f64, Fault> {
        let span = args.span();
        let v = match args.take() {
            Some(Argument::Value(Value::Expr(e))) => self.context().number(e)?,
            Some(Argument::Value(Value::Word(w))) => {
                let v = super::line::word_value(w, &self.context())?;
                v.number()
                    .ok_or_else(|| Fault::new("elab::not-a-number", span, format!("{what} must be a number"), "here"))?
            }
            Some(_) => return Err(Fault::new("elab::not-a-number", span, format!("{what} must be a number"), "here")),
            None => {
                return Err(Fault::new(
                    "elab::missing-number",
                    span,
                    format!("{what} is missing"),
                    "this card is too short",
                ));
            }
        };
        if v.is_finite() { Ok(v) } else { Err(super::term::not_finite(v, span)) }
    }

    /// Does something with each item of a card, whatever is wrong with others: the first mistake is the answer, the rest
    /// is reported here.
    pub fn each<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut act: impl FnMut(&mut Self, T) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let mut all = Ok(());
        for item in items {
            match (act(self, item), &all) {
                (Err(fault), Ok(())) => all = Err(fault),
                (Err(fault), Err(_)) => self.diagnostics.extend(fault.report()),
                (Ok(()), _) => {}
            }
        }
        all
    }

    /// What follows the last argument that a card understands.
    pub fn nothing_more(&mut self, args: &Args) {
        if args.peek().is_some() {
            let d =
                Diagnostic::warning("elab::extra-argument", "this card has no use for this").at(args.span(), "ignored");
            self.diagnostics.push(d);
        }
    }

    /// A card sees the names of the place it stands in: the loop variables of a `.for` around it.
    pub fn card(&mut self, placed: &Placed<'a>) -> Result<(), Fault> {
        let deck = std::mem::replace(&mut self.scope, placed.scope.clone());
        let result = self.placed_card(placed);
        self.scope = deck;
        result.map_err(|fault| match fault {
            Fault::Wrong(d) if d.code == "elab::missing-number" && d.help.is_none() => {
                let form = card_form(&placed.card.name.lower());
                Fault::Wrong(Box::new(d.help(format!("the form is: {form}"))))
            }
            other => other,
        })
    }

    fn placed_card(&mut self, placed: &Placed<'a>) -> Result<(), Fault> {
        let card = placed.card;
        let name = card.name.lower();
        let nested = !placed.instance.prefix.is_empty();
        if nested && !matches!(name.as_str(), "ic" | "nodeset" | "global") {
            if !WITHOUT_EFFECT.contains(&name.as_str()) {
                let message = format!(".{name} inside a subcircuit is ignored");
                let d = Diagnostic::warning("elab::card-in-subckt", message).at(card.name.span, "ignored");
                self.diagnostics.push(d.help("cards belong to the deck itself"));
            }
            return Ok(());
        }
        let mut args = Args::new(card);
        let span = placed.span;
        match name.as_str() {
            "op" => {
                self.nothing_more(&args);
                self.plan.analyses.push(Analysis { kind: AnalysisKind::Op, span });
            }
            "tran" => self.tran(&mut args, span)?,
            "ac" => self.ac(&mut args, span)?,
            "noise" => self.noise(&mut args, span)?,
            "dc" => {
                let mut sweeps = vec![self.sweep(&mut args, span, true)?];
                while args.peek().is_some() {
                    sweeps.push(self.sweep(&mut args, span, true)?);
                }
                self.plan.analyses.push(Analysis { kind: AnalysisKind::Dc(sweeps), span });
            }
            "step" => {
                let sweep = self.sweep(&mut args, span, false)?;
                self.nothing_more(&args);
                self.plan.steps.push(sweep);
            }
            "temp" => self.temp(&mut args, span)?,
            "opt" | "option" | "options" => self.options(card)?,
            "ic" | "nodeset" => self.initial(&name, placed)?,
            "save" | "probe" => self.save(card)?,
            "print" | "plot" => self.print(&name, &mut args, span)?,
            "meas" | "measure" => self.measure(&mut args, span)?,
            "global" => {}
            "tf" | "four" | "sens" | "pz" | "disto" => {
                let d = Diagnostic::warning(
                    "elab::analysis-not-yet",
                    format!(".{name} is not supported yet; it is skipped"),
                );
                self.diagnostics.push(d.at(card.name.span, "skipped"));
            }
            _ if WITHOUT_EFFECT.contains(&name.as_str()) => {
                let d = Diagnostic::note("elab::card-without-effect", format!(".{name} has no effect here"));
                self.diagnostics.push(d.at(card.name.span, "ignored"));
            }
            _ => {
                let d = match closest(&name, KNOWN.iter().copied()) {
                    Some(k) => Diagnostic::error("elab::unknown-card", format!("there is no card .{name}"))
                        .help(format!("did you mean .{k}?")),
                    None => Diagnostic::warning("elab::ignored-card", format!(".{name} is not known; it is ignored")),
                };
                self.diagnostics.push(d.at(card.name.span, "not known"));
            }
        }
        Ok(())
    }

    /// `.tran tstep tstop [tstart [tmax]] [uic]`
    fn tran(&mut self, args: &mut Args, span: Span) -> Result<(), Fault> {
        let mut numbers = Vec::new();
        let mut uic = false;
        let mut places = Vec::new();
        while args.peek().is_some() {
            if args.keyword(&["uic"]).is_some() {
                uic = true;
            } else if let Some(word) = args.peek_word()
                && closest(&word, ["uic"]).is_some()
                && self.scope.value(&word).is_none()
            {
                return Err(unknown("elab::tran", "word", &word, args.span(), ["uic"]));
            } else if numbers.len() < 4 {
                places.push(args.span());
                numbers.push(self.number(args, "a time")?);
            } else {
                break;
            }
        }
        self.nothing_more(args);
        let wrong = |k: usize, text: &str| {
            Err(Fault::new("elab::tran", places.get(k).copied().unwrap_or(span), text, "this time")
                .with_help(".tran tstep tstop [tstart [tmax]] [uic]"))
        };
        let (step, stop) = match numbers[..] {
            [] => return wrong(0, ".tran needs a step and an end"),
            // Only an end: fifty points are printed, as without a step.
            [stop] => (stop / 50.0, stop),
            [step, stop, ..] => (step, stop),
        };
        let start = numbers.get(2).copied().unwrap_or(0.0);
        let max_step = numbers.get(3).copied();
        if stop <= 0.0 {
            return wrong(numbers.len().min(2) - 1, "the end of .tran must be after 0");
        }
        if step <= 0.0 {
            return wrong(0, "the step of .tran must be above 0");
        }
        if start < 0.0 || start >= stop {
            return wrong(2, "tstart must lie between 0 and tstop");
        }
        if max_step.is_some_and(|m| m <= 0.0) {
            return wrong(3, "the largest step must be above 0");
        }
        self.plan.analyses.push(Analysis { kind: AnalysisKind::Tran { step, stop, start, max_step, uic }, span });
        Ok(())
    }

    /// `.ac dec|oct|lin points start stop`
    fn ac(&mut self, args: &mut Args, span: Span) -> Result<(), Fault> {
        let (scale, points, start, stop) = self.frequencies(args, "ac", ".ac dec|oct|lin points fstart fstop")?;
        self.nothing_more(args);
        self.plan.analyses.push(Analysis { kind: AnalysisKind::Ac { scale, points, start, stop }, span });
        Ok(())
    }

    /// `dec|oct|lin points start stop` of a card.
    pub fn frequencies(&self, args: &mut Args, card: &str, form: &str) -> Result<(AcScale, usize, f64, f64), Fault> {
        let at = args.span();
        let wrong = |text: &str| Err(Fault::new("elab::ac", at, text, "here").with_help(form));
        let scale = match args.keyword(&["dec", "oct", "lin"]).as_deref() {
            Some("dec") => AcScale::Decade,
            Some("oct") => AcScale::Octave,
            Some(_) => AcScale::Linear,
            None => return wrong(&format!(".{card} needs dec, oct or lin")),
        };
        let points = self.number(args, "the number of points")?;
        let start = self.number(args, "the first frequency")?;
        let stop = self.number(args, "the last frequency")?;
        if !(1.0..=1e7).contains(&points) || points.fract() != 0.0 {
            return wrong("the number of points must be a whole number from 1 on");
        }
        if start < 0.0 || stop < start || (start == 0.0 && scale != AcScale::Linear) {
            return wrong("frequencies must be positive, the last not below the first");
        }
        Ok((scale, points as usize, start, stop))
    }

    /// `.temp 27`; several temperatures are a step.
    fn temp(&mut self, args: &mut Args, span: Span) -> Result<(), Fault> {
        let mut values = Vec::new();
        while args.peek().is_some() {
            values.push(self.number(args, "a temperature")?);
        }
        if let Some(v) = values.iter().find(|v| **v <= -273.15) {
            return Err(Fault::new("elab::temperature", span, format!("{v} °C is below absolute zero"), "here"));
        }
        match values[..] {
            [] => return Err(Fault::new("elab::missing-number", span, ".temp needs a temperature", "here")),
            [t] => self.plan.options.temp = t,
            _ => self.plan.steps.push(Sweep { target: Target::Temperature, label: "temp".to_string(), values, span }),
        }
        Ok(())
    }

    /// `.ic V(a)=1`, `.nodeset V(a)=1`; inside a subcircuit its own nets.
    fn initial(&mut self, name: &str, placed: &Placed<'a>) -> Result<(), Fault> {
        self.each(&placed.card.args, |planner, a| planner.one_initial(name, placed, a))
    }

    fn one_initial(&mut self, name: &str, placed: &Placed<'a>, a: &'a Argument) -> Result<(), Fault> {
        let (nets, value) = match a {
            Argument::Equal { left, right, .. } => (self.nets_of(left, placed)?, right),
            Argument::Setting(s) if s.values.len() == 1 => {
                (vec![self.net_in(&s.name.text, s.name.span, placed)?], &s.values[0])
            }
            // `.nodeset all=…` has no meaning for single nets.
            other => {
                let message = format!(".{name} needs V(net)=value");
                return Err(Fault::new("elab::initial", other.span(), message, "not of this form"));
            }
        };
        let v = Context::constant(self.shared, &placed.scope).number(value)?;
        if !v.is_finite() {
            return Err(super::term::not_finite(v, value.span));
        }
        let list = if name == "ic" { &mut self.plan.initial } else { &mut self.plan.nodeset };
        list.extend(nets.into_iter().filter(|n| *n != NetId::GROUND).map(|n| (n, v)));
        Ok(())
    }

    fn net_in(&self, name: &str, span: Span, placed: &Placed<'a>) -> Result<NetId, Fault> {
        use super::quantity::Quantities;
        View { circuit: self.circuit, instance: &placed.instance }.net(name, span)
    }

    /// The nets of `V(a)` or `V(row[0:3])`.
    fn nets_of(&self, left: &Value, placed: &Placed<'a>) -> Result<Vec<NetId>, Fault> {
        let words: Vec<_> = match left {
            Value::Call { name, args, .. } if name.is("v") => {
                args.iter().filter_map(super::outputs::argument_word).collect()
            }
            Value::Expr(Expr { kind: ExprKind::Call { name, args }, .. }) if name.is("v") => args
                .iter()
                .filter_map(|a| if let ExprKind::Node(w) = &a.value.kind { Some(w.clone()) } else { None })
                .collect(),
            _ => Vec::new(),
        };
        let [word] = &words[..] else {
            return Err(Fault::new("elab::initial", left.span(), "V(net) is needed on the left", "not of this form"));
        };
        let names = self.spread_word(word, &Context::constant(self.shared, &placed.scope), &placed.instance)?;
        names.iter().map(|n| self.net_in(n, word.span, placed)).collect()
    }
}

/// An error for a name that nothing has.
pub fn unknown<'k>(
    code: &'static str,
    what: &str,
    name: &str,
    span: Span,
    known: impl IntoIterator<Item = &'k str>,
) -> Fault {
    let fault = Fault::new(code, span, format!("there is no {what} '{name}'"), "not known").missing(name);
    match did_you_mean(name, known) {
        Some(help) => fault.with_help(help),
        None => fault,
    }
}

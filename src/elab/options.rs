//! `.options`: tolerances and methods.

use super::cards::Planner;
use super::eval::{Context, Shared};
use super::fault::Fault;
use super::scope::Scope;
use super::settings::unknown_name;
use crate::circuit::plan::{Method, Options};
use crate::diag::{Diagnostic, Span};
use crate::syntax::ast::{Argument, Card, ExprKind, Item, Setting, Statement, Value};

/// Options that are numbers, with what they set and the smallest value allowed (not itself where it is 0).
type Place = fn(&mut Options) -> &mut f64;
const NUMBERS: &[(&str, Place)] = &[
    ("reltol", |o| &mut o.reltol),
    ("abstol", |o| &mut o.abstol),
    ("vntol", |o| &mut o.vntol),
    ("trtol", |o| &mut o.trtol),
    ("maxstep", |o| &mut o.max_step),
    ("gmin", |o| &mut o.gmin),
    ("temp", |o| &mut o.temp),
    ("tnom", |o| &mut o.tnom),
    ("rshunt", |o| &mut o.rshunt),
    ("cshunt", |o| &mut o.cshunt),
    ("pivtol", |o| &mut o.pivtol),
    ("pivrel", |o| &mut o.pivrel),
    ("defl", |o| &mut o.defl),
    ("defw", |o| &mut o.defw),
    ("defad", |o| &mut o.defad),
    ("defas", |o| &mut o.defas),
];
/// Options that may be 0.
const MAY_BE_ZERO: &[&str] = &["gmin", "cshunt", "defad", "defas", "pivtol"];
type Count = fn(&mut Options) -> &mut usize;
const COUNTS: &[(&str, Count)] =
    &[("itl1", |o| &mut o.itl1), ("itl2", |o| &mut o.itl2), ("itl4", |o| &mut o.itl4), ("maxord", |o| &mut o.maxord)];
/// Known to other simulators, without effect here.
const WITHOUT_EFFECT: &[&str] = &[
    "acct",
    "autostop",
    "badmos3",
    "bypass",
    "chgtol",
    "convstep",
    "cptime",
    "csdf",
    "dcstep",
    "gminsteps",
    "ingold",
    "interp",
    "itl3",
    "itl5",
    "itl6",
    "keepopinfo",
    "limpts",
    "limtim",
    "list",
    "lvltim",
    "maxevtiter",
    "maxopalter",
    "maxwarns",
    "measdgt",
    "minbreak",
    "noacct",
    "noinit",
    "node",
    "nomod",
    "noopalter",
    "noopiter",
    "nopage",
    "notrnoise",
    "numdgt",
    "numthreads",
    "oldlimit",
    "opts",
    "plotwinsize",
    "post",
    "probe",
    "ramptime",
    "rseed",
    "runlvl",
    "savecurrents",
    "seed",
    "sparse",
    "klu",
    "srcsteps",
    "trytocompact",
    "warn",
    "xmu",
    "accurate",
    "delmax",
    "fast",
    "ltra",
    "scale",
];
const OTHERS: &[&str] = &["method", "fixed_step", "variation"];

impl<'p, 'a> Planner<'p, 'a> {
    pub fn options(&mut self, card: &'a Card) -> Result<(), Fault> {
        self.each(&card.args, |planner, a| match a {
            Argument::Setting(s) => planner.option(s),
            Argument::Value(Value::Word(w)) => {
                planner.flag(&w.text, w.span);
                Ok(())
            }
            other => {
                let message = "an option is a name or name=value";
                Err(Fault::new("elab::option", other.span(), message, "not of this form"))
            }
        })
    }

    /// An option without a value.
    fn flag(&mut self, name: &str, span: Span) {
        let lower = name.to_ascii_lowercase();
        if names().any(|n| n == lower) {
            self.diagnostics.push(
                Diagnostic::error("elab::option-value", format!("option {lower} needs a value")).at(span, "no value"),
            );
        } else {
            self.unknown_option(name, span);
        }
    }

    fn unknown_option(&mut self, name: &str, span: Span) {
        let lower = name.to_ascii_lowercase();
        if WITHOUT_EFFECT.contains(&lower.as_str()) {
            let d = Diagnostic::note("elab::option-without-effect", format!("option {lower} has no effect here"));
            self.diagnostics.push(d.at(span, "ignored"));
            return;
        }
        let known: Vec<&str> = names().collect();
        let mut d = unknown_name(name, span, &known, ".options");
        d.code = if d.is_error() { "elab::misspelled-option" } else { "elab::ignored-option" };
        d.message = d.message.replace("parameter", "option");
        self.diagnostics.push(d);
    }

    fn option(&mut self, s: &'a Setting) -> Result<(), Fault> {
        let lower = s.name.lower();
        let [value] = &s.values[..] else {
            self.flag(&s.name.text, s.name.span);
            return Ok(());
        };
        let wrong = |text: String| Fault::new("elab::option-value", s.span, text, "not possible");
        if lower == "method" {
            let text = match &value.kind {
                ExprKind::Name(n) | ExprKind::Text(n) => n.to_ascii_lowercase(),
                _ => String::new(),
            };
            self.plan.options.method = match text.as_str() {
                "auto" => Method::Automatic,
                "trap" | "trapezoidal" | "modified" => Method::Trapezoidal,
                "gear" | "bdf" => Method::Gear,
                "euler" => Method::Euler,
                _ => return Err(wrong("method is auto, trap, gear or euler".to_string())),
            };
            return Ok(());
        }
        if let Some((_, place)) = NUMBERS.iter().find(|(n, _)| *n == lower) {
            let v = self.context().number(value)?;
            let temperature = matches!(lower.as_str(), "temp" | "tnom");
            let least = if temperature { -273.15 } else { 0.0 };
            let zero = MAY_BE_ZERO.contains(&lower.as_str());
            if v.is_nan()
                || v < least
                || (v == least && !zero)
                || (v.is_infinite() && !matches!(lower.as_str(), "rshunt" | "maxstep"))
            {
                return Err(wrong(format!("{lower}={v} is not possible: it must be above {least}")));
            }
            if lower == "reltol" && v >= 1.0 {
                return Err(wrong(format!("reltol={v} is not possible: as a share it must be below 1")));
            }
            *place(&mut self.plan.options) = v;
        } else if let Some((_, place)) = COUNTS.iter().find(|(n, _)| *n == lower) {
            let v = self.context().integer(value)?;
            if !(1..=1_000_000).contains(&v) {
                return Err(wrong(format!("{lower}={v} is not possible: it must be at least 1")));
            }
            *place(&mut self.plan.options) = v as usize;
            if self.plan.options.maxord > 2 {
                self.plan.options.maxord = 2;
                let d = Diagnostic::note("elab::maxord", "formulas go up to order 2; maxord is 2")
                    .at(s.span, "more than there is");
                self.diagnostics.push(d);
            }
        } else if lower == "variation" {
            let v = self.context().number(value)?;
            if v != 0.0 && v != 1.0 {
                return Err(wrong(format!(
                    "variation={v} is not possible: 0 keeps everything nominal, 1 lets it vary"
                )));
            }
            self.plan.options.variation = v == 1.0;
        } else if lower == "fixed_step" {
            let v = self.context().number(value)?;
            if !(v > 0.0 && v.is_finite()) {
                return Err(wrong(format!("a fixed step of {v} s")));
            }
            self.plan.options.fixed_step = Some(v);
        } else {
            self.unknown_option(&s.name.text, s.name.span);
        }
        Ok(())
    }
}

/// Whether `.variation` may act: needed before a circuit is made. The last card counts.
pub fn variation(items: &[Item], shared: &Shared, scope: &Scope) -> bool {
    let mut on = true;
    for item in items {
        let Statement::Card(card) = &item.kind else { continue };
        for a in card.args.iter().filter(|_| card.name.lower().starts_with("option")) {
            if let Argument::Setting(s) = a
                && s.name.is("variation")
                && let [value] = &s.values[..]
                && let Ok(v) = Context::constant(shared, scope).number(value)
            {
                on = v != 0.0;
            }
        }
    }
    on
}

fn names() -> impl Iterator<Item = &'static str> {
    NUMBERS.iter().map(|n| n.0).chain(COUNTS.iter().map(|n| n.0)).chain(OTHERS.iter().copied())
}

//! `name=value` of elements and models → settings of a kind, checked against what it takes.

use std::collections::{HashMap, HashSet};

use super::builder::Builder;
use super::device::Form;
use super::eval::Context;
use super::fault::{Fault, did_you_mean};
use super::kinds::{is_foreign, param_names};
use super::term::not_finite;
use super::value::Value;
use crate::circuit::kind::{Kind, Label, Param, Place, ValueKind};
use crate::circuit::{Model, ModelId, Setting};
use crate::diag::{Diagnostic, Severity, Span, a, closest};
use crate::syntax::ast::{self, Expr, ExprKind, Item, Statement};

/// Names shorter than this have no near misses: `w` and `l` are one edit apart.
const LONG_ENOUGH: usize = 5;

/// The finding about a setting whose name is not known: near misses are errors, names of other simulators notes.
pub fn unknown(setting: &ast::Setting, known: &[&str], owner: &str) -> Diagnostic {
    unknown_name(&setting.name.text, setting.name.span, known, owner)
}

pub fn unknown_name(name: &str, span: Span, known: &[&str], owner: &str) -> Diagnostic {
    if is_foreign(name) {
        return Diagnostic::note("elab::foreign-parameter", format!("'{name}' has no effect here"))
            .at(span, "known from other simulators' libraries");
    }
    let lower = name.to_ascii_lowercase();
    let near = known
        .iter()
        .find(|k| k.len() >= LONG_ENOUGH && strsim::damerau_levenshtein(&lower, &k.to_ascii_lowercase()) == 1)
        .copied()
        .or_else(|| if name.len() >= LONG_ENOUGH { closest(name, known.iter().copied()) } else { None });
    match near {
        Some(k) => Diagnostic::error("elab::misspelled-parameter", format!("{owner} has no parameter '{name}'"))
            .at(span, "not known")
            .help(format!("did you mean '{k}'?")),
        None => {
            let d = Diagnostic::warning(
                "elab::ignored-parameter",
                format!("{owner} has no parameter '{name}'; it is ignored"),
            );
            let d = d.at(span, "not known");
            let mut like = known.iter().filter(|k| strsim::damerau_levenshtein(&lower, &k.to_ascii_lowercase()) == 1);
            if let (Some(only), None) = (like.next(), like.next()) {
                return d.help(format!("did you mean '{only}'?"));
            }
            match known.len() {
                0 => d.help("it has no parameters"),
                1..=12 => d.help(format!("it has {}", known.join(", "))),
                _ => d.help("'memspice devices NAME' lists what it has"),
            }
        }
    }
}

/// The settings an element or model makes, with problems on the way.
pub type Settings = Vec<(Label, Setting)>;

impl<'a> Builder<'a> {
    /// One setting of a kind with constant values; None if it is one that waits for the whole circuit or is not known.
    pub fn constant_setting(
        &mut self,
        param: &Param,
        values: &[Expr],
        span: Span,
        context: &Context<'_, 'a>,
    ) -> Result<Setting, Fault> {
        match param.value {
            ValueKind::Number => match values {
                // A flag without a value: `off`.
                [] => Ok(Setting::Number(1.0)),
                [e] => {
                    let v = context.number(e)?;
                    check_range(param, v, e.span)?;
                    Ok(Setting::Number(v))
                }
                _ => Err(Fault::new(
                    "elab::one-value",
                    span,
                    format!("'{}' takes one value", param.name),
                    "several here",
                )),
            },
            ValueKind::Numbers => {
                let mut out = Vec::new();
                for e in values {
                    for v in context.value(e)?.numbers() {
                        check_range(param, v, e.span)?;
                        out.push(v);
                    }
                }
                Ok(Setting::Numbers(out))
            }
            ValueKind::Choice(words) => match values {
                [e] => choice(words, &keyword(e, context)?, &param.name, e.span),
                _ => Err(Fault::new("elab::one-value", span, format!("'{}' takes one word", param.name), "here")),
            },
            ValueKind::Equation | ValueKind::Part | ValueKind::Nets | ValueKind::Wave => {
                Err(Fault::new("elab::place", span, format!("'{}' cannot be set here", param.name), "here"))
            }
        }
    }

    /// The model of a name seen from a scope, evaluated; None where it is wrong (and said so).
    pub fn model(&mut self, card: &'a ast::Model, home: &super::scope::Scope<'a>) -> Option<ModelId> {
        let key = (card as *const ast::Model as usize, home.id);
        if let Some(&known) = self.models.get(&key) {
            return known;
        }
        let made = self.make_model(card, home);
        self.models.insert(key, made);
        made
    }

    fn make_model(&mut self, card: &'a ast::Model, home: &super::scope::Scope<'a>) -> Option<ModelId> {
        let base = card.base.lower();
        let defined = match home.device(&base) {
            Some((device, around)) => Some(self.definition(device, around, &HashMap::new(), Form::default())?),
            None => None,
        };
        let kind = defined.as_ref().map(|d| &d.kind);
        let Some(kind) = kind.or_else(|| self.kinds.by_model(&base)) else {
            let d =
                Diagnostic::error("elab::unknown-model-type", format!("there is no model type '{}'", card.base.text));
            let d = d.at(card.base.span, "not known");
            let mut known: Vec<&str> = self.kinds.model_names().collect();
            known.extend(home.device_names());
            let d = match closest(&base, known) {
                Some(k) => d.help(format!("did you mean '{k}'?")),
                None => d.help("'memspice devices' lists all kinds and their model types"),
            };
            self.report(d);
            return None;
        };
        let mut settings = Settings::new();
        for s in &card.settings {
            match kind.find_at(&s.name.text, Place::Model).map(|k| &kind.params[k]) {
                None if s.name.is(&base) => {}
                None => {
                    let known: Vec<&str> = param_names(kind).collect();
                    let d = unknown(s, &known, &format!("model type '{}'", card.base.text));
                    self.report(d);
                }
                Some(p) if p.place == Place::Instance && p.name == "m" => {
                    self.report(misplaced(s, kind, "belongs on the element's line, not in its .model"));
                }
                Some(p) => match self.constant_setting(p, &s.values, s.span, &Context::constant(self.shared, home)) {
                    Ok(v) => settings.push((p.name.clone(), v)),
                    Err(fault) => {
                        let exprs: Vec<&Expr> = s.values.iter().collect();
                        let faults = Context::constant(self.shared, home).faults_among(&exprs, fault);
                        faults.into_iter().for_each(|fault| self.fault(fault));
                    }
                },
            }
        }
        // Copies of a subcircuit with equal models share one, so that their parts make one device.
        let same = |m: &Model| m.span == card.name.span && m.base == base && m.settings == settings;
        if let Some(k) = self.circuit.models.iter().rposition(same) {
            return Some(ModelId(k as u32));
        }
        self.circuit.models.push(Model { name: card.name.text.clone(), base, settings, span: card.name.span });
        Some(ModelId(self.circuit.models.len() as u32 - 1))
    }
}

impl<'a> Builder<'a> {
    /// Models that no part uses: their parameters are not evaluated, but near misses of names are said.
    pub fn unused_models(&mut self, items: &'a [Item]) {
        let used: HashSet<usize> = self.models.keys().map(|k| k.0).collect();
        let mut lists = vec![items];
        while let Some(items) = lists.pop() {
            for item in items {
                match &item.kind {
                    Statement::Subckt(s) => lists.push(&s.items),
                    Statement::For(f) => lists.push(&f.items),
                    Statement::Model(card) if !used.contains(&(card as *const ast::Model as usize)) => {
                        self.look_at_names(card);
                    }
                    _ => {}
                }
            }
        }
    }

    fn look_at_names(&mut self, card: &'a ast::Model) {
        let base = card.base.lower();
        let Some(kind) = self.kinds.by_model(&base).cloned() else { return };
        let known: Vec<&str> = param_names(&kind).collect();
        for s in card.settings.iter().filter(|s| kind.find(&s.name.text).is_none() && !s.name.is(&base)) {
            let mut d = unknown(s, &known, &format!("model type '{}'", card.base.text));
            if d.help.as_ref().is_some_and(|h| h.starts_with("did you mean")) {
                d.severity = Severity::Warning;
                d.message.push_str("; nothing uses this model");
                self.report(d);
            }
        }
    }
}

pub fn misplaced(s: &ast::Setting, kind: &Kind, text: &str) -> Diagnostic {
    Diagnostic::error("elab::misplaced-parameter", format!("'{}' of {} {text}", s.name.text, a(&kind.name)))
        .at(s.span, "here")
}

/// A value inside the range of its parameter, and finite.
pub fn check_range(param: &Param, v: f64, span: Span) -> Result<(), Fault> {
    if !v.is_finite() {
        return Err(not_finite(v, span));
    }
    let (low, high) = param.range;
    if v >= low && v <= high {
        return Ok(());
    }
    let bounds = match (low.is_finite(), high.is_finite()) {
        (true, true) => format!("it must lie between {low} and {high}"),
        (true, false) if low > 0.0 && low < 1e-30 => "it must be above 0".to_string(),
        (true, false) => format!("it must be at least {low}"),
        _ => format!("it must be at most {high}"),
    };
    Err(Fault::new("elab::range", span, format!("{}={v} is not possible: {bounds}", param.name), "out of range"))
}

/// One of the words a parameter may be.
pub fn choice(words: &[&str], text: &str, name: &str, span: Span) -> Result<Setting, Fault> {
    let lower = text.to_ascii_lowercase();
    if words.contains(&lower.as_str()) {
        return Ok(Setting::Text(lower));
    }
    let fault =
        Fault::new("elab::choice", span, format!("{name} cannot be '{text}'"), format!("{} here", words.join(" or ")));
    Err(match did_you_mean(text, words.iter().copied()) {
        Some(help) => fault.with_help(help),
        None => fault.with_help(format!("write {name}={}", words.first().copied().unwrap_or_default())),
    })
}

/// A word: `open`, "open", or a parameter that holds a text.
fn keyword(e: &Expr, context: &Context) -> Result<String, Fault> {
    match &e.kind {
        ExprKind::Name(n) if context.scope.value(&n.to_ascii_lowercase()).is_none() => Ok(n.to_ascii_lowercase()),
        _ => match context.value(e)? {
            Value::Text(t) => Ok(t.to_ascii_lowercase()),
            Value::Number(v) => Ok(v.to_string()),
            other => Err(Fault::new(
                "elab::not-a-word",
                e.span,
                format!("a word is needed here, not {}", other.describe()),
                "here",
            )),
        },
    }
}

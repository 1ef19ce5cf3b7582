//! R, C and L lines with constant values or expressions, and K.

use super::builder::Builder;
use super::elements::is_live;
use super::eval::Context;
use super::fault::Fault;
use super::line::{Draft, Line, path_text};
use super::live::{Shape, Want};
use crate::circuit::Setting;
use crate::diag::{Diagnostic, Span};
use crate::syntax::ast::{Expr, Value};
use crate::syntax::number;

/// What an R of 0 ohm becomes, as in ngspice.
const LEAST_RESISTANCE: f64 = 1e-3;

impl<'a> Builder<'a> {
    /// R, C, L.
    pub fn passive(&mut self, line: &Line<'a>) -> Result<(), Fault> {
        if let Some((expr, param, span)) = self.live_value(line) {
            return self.nonlinear(line, expr, param, span);
        }
        self.classic_trap(line);
        let name = match line.e.letter() {
            'r' => "resistor",
            'c' => "capacitor",
            _ => "inductor",
        };
        let kind = self.kind(name, line)?;
        let (pins, used) = self.pins(line, 2, kind)?;
        let mut draft = Draft::new(kind, pins);
        let positional = self.positional(line, &mut draft, used);
        let settings = self.set(line, &mut draft);
        self.both(positional, settings)?;
        let Some(&main) = kind.positional.first() else { return self.finish(line, draft) };
        if draft.model.is_none() && !draft.has(main) {
            let message = format!("{} has no value", line.e.name.text);
            return Err(Fault::new("elab::no-value", line.span, message, "no value here")
                .with_help(format!("{} a b 1k", line.e.name.text)));
        }
        for (n, s) in draft.settings.iter_mut().filter(|(n, _)| *n == main) {
            let Setting::Number(v) = s else { continue };
            let d = if *v < 0.0 {
                let message = format!("{} = {} is negative", line.e.name.text, number::format(*v));
                Diagnostic::warning("elab::negative-value", message).at(line.span, "an active element")
            } else if *v == 0.0 && *n == "r" {
                *v = LEAST_RESISTANCE;
                Diagnostic::warning("elab::zero-resistance", format!("{} = 0 becomes 1 mohm", line.e.name.text))
                    .at(line.span, "0 ohm")
                    .help("a voltage source of 0 V is an ideal connection")
            } else {
                continue;
            };
            self.report(d);
        }
        self.finish(line, draft)
    }

    /// The value of a line if it depends on the running circuit: the expression and the parameter that it sets.
    fn live_value(&self, line: &Line<'a>) -> Option<(&'a Expr, &'static str, Span)> {
        let context = Context::constant(self.shared, &line.scope);
        let live = |e: &Expr| is_live(&context.value(e));
        let names: &[(&str, &'static str)] = match line.e.letter() {
            'r' => &[("r", "r"), ("resistance", "r"), ("value", "r")],
            'c' => &[("c", "c"), ("capacitance", "c"), ("q", "q"), ("value", "c")],
            _ => &[("l", "l"), ("inductance", "l"), ("flux", "flux"), ("value", "l")],
        };
        for (written, param) in names {
            if let Some(s) = line.setting(written)
                && let [e] = &s.values[..]
                && (matches!(*param, "q" | "flux") || live(e))
            {
                return Some((e, param, s.span));
            }
        }
        line.values.iter().find_map(|v| match v {
            Value::Expr(e) if live(e) => Some((e, names[0].1, e.span)),
            _ => None,
        })
    }

    fn nonlinear(&mut self, line: &Line<'a>, of: &'a Expr, param: &'static str, span: Span) -> Result<(), Fault> {
        let (name, param, shape) = match line.e.letter() {
            'r' => ("behavioral_current", "", Shape::Resistance),
            'c' => ("nonlinear_capacitor", param, Shape::Plain),
            _ => ("nonlinear_inductor", param, Shape::Plain),
        };
        let kind = self.kind(name, line)?;
        let (pins, _) = self.pins(line, 2, kind)?;
        let equation = kind.params.iter().filter(|p| p.value == crate::circuit::kind::ValueKind::Equation);
        let target =
            equation.clone().find(|p| p.name == param).or_else(|| equation.clone().next()).map(|p| p.name.clone());
        let Some(target) = target else {
            return Err(Fault::new("elab::unexpected", span, format!("a {name} takes no expression"), "here"));
        };
        let mut draft = Draft::new(kind, pins);
        if line.e.letter() == 'r' {
            // The temperature coefficients are those of the resistance, the value is a current.
            draft.settings.push(("reciproctc".into(), Setting::Number(1.0)));
        }
        draft.wants.push((target, Want::Equation { of, shape, scale: 1.0 }, span));
        for s in line.settings.iter().filter(|s| s.span != span) {
            self.set_one(line, &mut draft, s)?;
        }
        self.finish(line, draft)
    }

    /// `1M` is a milliohm, `1F` a femtofarad.
    fn classic_trap(&mut self, line: &Line<'a>) {
        let Some(w) = line.word(2) else { return };
        let Some(n) = number::parse(&w.text) else { return };
        let d = match (line.e.letter(), n.suffix) {
            ('r', s)
                if s.starts_with('M')
                    && !s.to_ascii_lowercase().starts_with("me")
                    && !s.to_ascii_lowercase().starts_with("mil") =>
            {
                Diagnostic::warning("elab::milli", format!("{} is {} ohm: M means milli", w.text, n.value))
                    .at(w.span, "milliohms")
                    .help(format!("write {}Meg for a million", w.text.trim_end_matches(char::is_alphabetic)))
            }
            ('c', s) if s.starts_with('F') => Diagnostic::warning(
                "elab::femto",
                format!("{} is {} farad: F means femto", w.text, number::format(n.value)),
            )
            .at(w.span, "femtofarads")
            .help(format!("write {} for farads", w.text.trim_end_matches(char::is_alphabetic))),
            _ => return,
        };
        self.report(d);
    }

    /// `K1 L1 L2 [L3 …] 0.99`
    pub fn coupling(&mut self, line: &Line<'a>) -> Result<(), Fault> {
        let kind = self.kind("coupling", line)?;
        let mut draft = Draft::new(kind, Vec::new());
        let by_name =
            line.setting("k").is_some() || line.setting("coefficient").is_some() || line.setting("coupling").is_some();
        let count = line.values.len() - usize::from(!by_name && !line.values.is_empty());
        if count < 2 {
            return Err(Fault::new(
                "elab::coupling",
                line.span,
                "K couples two inductors or more, then comes the coefficient",
                "here",
            )
            .with_help("K1 L1 L2 0.99"));
        }
        let mut seen: Vec<String> = Vec::new();
        for value in &line.values[..count] {
            let name = match value {
                Value::Expr(e) => path_text(e).ok_or_else(|| {
                    Fault::new("elab::not-an-element", e.span, "the name of an inductor is needed here", "here")
                })?,
                other => self.part_name(other, line)?,
            };
            if seen.iter().any(|s| s.eq_ignore_ascii_case(&name)) {
                return Err(Fault::new(
                    "elab::coupling",
                    value.span(),
                    format!("{name} is coupled to itself"),
                    "named twice",
                ));
            }
            seen.push(name.clone());
            draft.wants.push(("inductor".into(), Want::Part(name), value.span()));
        }
        if let Some(value) = line.values.get(count) {
            let v = self.number(value, line)?;
            if let Some(k) = kind.param("k") {
                super::settings::check_range(&kind.params[k], v, value.span())?;
            }
            draft.settings.push(("k".into(), Setting::Number(v)));
        }
        self.set(line, &mut draft)?;
        self.finish(line, draft)
    }
}

//! V and I lines: a DC value, an AC value, a waveform.

use super::builder::Builder;
use super::data;
use super::elements::is_live;
use super::eval::Context;
use super::fault::Fault;
use super::line::{Draft, Line};
use crate::circuit::{Setting, Wave};
use crate::diag::{Diagnostic, Span};
use crate::syntax::ast::{self, Argument, Value};
use crate::syntax::number;

/// Waveforms and the largest number of their arguments.
const WAVES: &[(&str, usize)] = &[("pulse", 8), ("sin", 6), ("exp", 6), ("pwl", usize::MAX), ("sffm", 7), ("am", 6)];

fn wave_name(name: &str) -> Option<(&'static str, usize)> {
    let lower = name.to_ascii_lowercase();
    let lower = if lower == "sine" { "sin" } else { &lower };
    WAVES.iter().find(|(n, _)| *n == lower).copied()
}

/// A waveform as far as it has been read.
struct Reading {
    wave: Wave,
    span: Span,
    most: usize,
}

impl<'a> Builder<'a> {
    /// `V1 a 0 5`, `I1 a 0 DC 1m AC 1 45 SIN(0 1 1k)`, in any order.
    pub fn independent(&mut self, line: &Line<'a>) -> Result<(), Fault> {
        let context = Context::constant(self.shared, &line.scope);
        let level = match line.values.get(2..).unwrap_or_default() {
            [Value::Expr(e)] => Some(e),
            [Value::Word(w), Value::Expr(e)] if w.is("dc") => Some(e),
            _ => None,
        };
        if let Some(e) = level
            && line.settings.is_empty()
            && is_live(&context.value(e))
        {
            return self.level(line, e);
        }
        let name = if line.e.letter() == 'v' { "vsource" } else { "isource" };
        let kind = self.kind(name, line)?;
        let (pins, mut k) = self.pins(line, 2, kind)?;
        let mut draft = Draft::new(kind, pins);
        let mut wave: Option<Reading> = None;
        while let Some(value) = line.values.get(k).copied() {
            k += 1;
            let keyword = match value {
                Value::Word(w) if w.index.is_empty() => w.text.to_ascii_lowercase(),
                Value::Call { name, args, span } => {
                    let Some((shape, most)) = wave_name(&name.text) else {
                        return Err(unknown_wave(&name.text, name.span));
                    };
                    let mut reading = Reading::new(shape, most, *span);
                    for a in args {
                        match a {
                            Argument::Value(v) => self.wave_value(&mut reading, v, line)?,
                            Argument::Setting(s) => self.wave_setting(&mut reading, s, line)?,
                            Argument::Equal { span, .. } => return Err(unexpected(*span)),
                        }
                    }
                    wave = Some(reading);
                    continue;
                }
                _ => String::new(),
            };
            match keyword.as_str() {
                "dc" => {
                    let Some(v) = line.values.get(k) else { return Err(missing("DC", value.span())) };
                    let v = self.finite(v, line)?;
                    draft.settings.push(("dc".into(), Setting::Number(v)));
                    k += 1;
                }
                "ac" => {
                    let mut numbers = Vec::new();
                    while numbers.len() < 2
                        && let Some(v) = line.values.get(k)
                        && is_value(v, line)
                    {
                        numbers.push(self.finite(v, line)?);
                        k += 1;
                    }
                    draft.settings.push(("acmag".into(), Setting::Number(numbers.first().copied().unwrap_or(1.0))));
                    if let [_, phase] = numbers[..] {
                        draft.settings.push(("acphase".into(), Setting::Number(phase)));
                    }
                }
                word => match wave_name(word) {
                    // Without parentheses: all values up to the next keyword.
                    Some((shape, most)) => {
                        let mut reading = Reading::new(shape, most, value.span());
                        while let Some(v) = line.values.get(k)
                            && is_value(v, line)
                        {
                            self.wave_value(&mut reading, v, line)?;
                            k += 1;
                        }
                        wave = Some(reading);
                    }
                    None if wave.is_none() && !draft.has("dc") => {
                        if let Value::Word(w) = value
                            && number::parse(&w.text).is_none()
                            && line.scope.value(word).is_none()
                        {
                            return Err(unknown_wave(&w.text, w.span));
                        }
                        let v = self.finite(value, line)?;
                        draft.settings.push(("dc".into(), Setting::Number(v)));
                    }
                    None => {
                        return Err(match value {
                            Value::Word(w) if !is_value(value, line) => unknown_wave(&w.text, w.span),
                            _ => unexpected(value.span()),
                        });
                    }
                },
            }
        }
        for s in &line.settings {
            match (s.name.lower().as_str(), &mut wave) {
                ("r" | "td" | "file", Some(reading)) if reading.wave.shape == "pwl" => {
                    self.wave_setting(reading, s, line)?
                }
                ("ac", _) if s.values.len() == 2 => {
                    let context = Context::constant(self.shared, &line.scope);
                    let (mag, phase) = (context.number(&s.values[0])?, context.number(&s.values[1])?);
                    draft.settings.push(("acmag".into(), Setting::Number(mag)));
                    draft.settings.push(("acphase".into(), Setting::Number(phase)));
                }
                _ => self.set_one(line, &mut draft, s)?,
            }
        }
        if let Some(reading) = wave {
            let wave = self.wave(reading)?;
            draft.settings.push(("wave".into(), Setting::Wave(wave)));
        }
        self.finish(line, draft)
    }

    fn finite(&self, value: &'a Value, line: &Line<'a>) -> Result<f64, Fault> {
        let v = self.number(value, line)?;
        if v.is_finite() { Ok(v) } else { Err(super::term::not_finite(v, value.span())) }
    }

    /// One value of a waveform; a list is several.
    fn wave_value(&mut self, reading: &mut Reading, value: &'a Value, line: &Line<'a>) -> Result<(), Fault> {
        for v in self.constant(value, line)?.numbers() {
            if !v.is_finite() {
                return Err(super::term::not_finite(v, value.span()));
            }
            reading.wave.args.push(Some(v));
        }
        Ok(())
    }

    /// `r=`, `td=` and `file=` of a PWL.
    fn wave_setting(&mut self, reading: &mut Reading, s: &'a ast::Setting, line: &Line<'a>) -> Result<(), Fault> {
        let context = Context::constant(self.shared, &line.scope);
        let [value] = &s.values[..] else {
            return Err(Fault::new("elab::one-value", s.span, format!("'{}' takes one value", s.name.text), "here"));
        };
        match (reading.wave.shape.as_str(), s.name.lower().as_str()) {
            // A negative r= means no repetition.
            ("pwl", "r") => reading.wave.repeat = Some(context.number(value)?).filter(|r| *r >= 0.0),
            ("pwl", "td") => reading.wave.delay = context.number(value)?,
            ("pwl", "file") => {
                let name = match super::line::path_text(value) {
                    Some(name) => name,
                    None => {
                        return Err(Fault::new("elab::no-file", value.span, "file= takes the name of a file", "here"));
                    }
                };
                let roots = &self.shared.files.roots;
                let path =
                    roots.find(s.span.file, &name).ok_or_else(|| data::missing(roots, &name, &[], value.span))?;
                for v in data::columns(&path, &name, value.span)? {
                    reading.wave.args.push(Some(v));
                }
            }
            (shape, other) => {
                return Err(Fault::new(
                    "elab::unexpected",
                    s.span,
                    format!("{shape} has no '{other}'"),
                    "not expected here",
                ));
            }
        }
        Ok(())
    }

    /// Checks a waveform.
    fn wave(&mut self, reading: Reading) -> Result<Wave, Fault> {
        let Reading { wave, span, most } = reading;
        let shape = wave.shape.to_ascii_uppercase();
        if wave.args.len() > most {
            let message = format!("{shape} takes at most {most} values, not {}", wave.args.len());
            return Err(Fault::new("elab::wave", span, message, "here"));
        }
        let least = if wave.shape == "pwl" { 2 } else { 1 };
        if wave.args.len() < least {
            return Err(Fault::new("elab::wave", span, format!("{shape} has no values"), "here"));
        }
        if wave.shape == "pwl" {
            if wave.args.len() % 2 == 1 {
                return Err(Fault::new(
                    "elab::pwl",
                    span,
                    "PWL needs pairs of time and value",
                    "one value is left over",
                ));
            }
            let times: Vec<f64> = wave.args.iter().step_by(2).map(|t| t.unwrap_or(0.0)).collect();
            if let Some(k) = (1..times.len()).find(|&k| times[k] < times[k - 1]) {
                let message = format!(
                    "the times of PWL go back: {} after {}",
                    number::format(times[k]),
                    number::format(times[k - 1])
                );
                return Err(Fault::new("elab::pwl", span, message, "times must not fall"));
            }
            if let Some(r) = wave.repeat
                && r >= times[times.len() - 1]
            {
                return Err(Fault::new(
                    "elab::pwl",
                    span,
                    format!("r={r} is not before the last time"),
                    "nothing to repeat",
                ));
            }
        }
        // A negative delay begins in the midst of the wave; edges, widths and time constants have no such meaning.
        let (first, names): (usize, &[&str]) = match wave.shape.as_str() {
            "pulse" => (3, &["rise time", "fall time", "pulse width", "period"]),
            "exp" => (3, &["first time constant", "second delay", "second time constant"]),
            _ => (0, &[]),
        };
        for (what, value) in names.iter().zip(wave.args.iter().skip(first)) {
            if let Some(value) = value.filter(|v| *v < 0.0) {
                let message = format!("a {what} of {} s is negative", number::format(value));
                self.report(Diagnostic::warning("elab::wave", message).at(span, "here"));
            }
        }
        if let ("pulse", [_, _, _, Some(rise), Some(fall), Some(width), Some(period), ..]) =
            (wave.shape.as_str(), &wave.args[..])
            && *period > 0.0
            && *period < rise + fall + width
        {
            let whole = number::format(rise + fall + width);
            let message = format!("the period of {} s is shorter than the pulse of {whole} s", number::format(*period));
            let d = Diagnostic::warning("elab::wave", message).at(span, "each pulse is cut off by the next");
            self.report(d.help("PULSE(v1 v2 delay rise fall width period)"));
        }
        if let ("exp", [_, _, Some(up), _, Some(down), ..]) = (wave.shape.as_str(), &wave.args[..])
            && down < up
        {
            let d = Diagnostic::warning("elab::wave", "the second exponential begins before the first");
            self.report(d.at(span, "here").help("EXP(v1 v2 td1 tau1 td2 tau2) with td2 after td1"));
        }
        Ok(wave)
    }
}

impl Reading {
    fn new(shape: &str, most: usize, span: Span) -> Reading {
        let wave = Wave { shape: shape.to_string(), args: Vec::new(), repeat: None, delay: 0.0 };
        Reading { wave, span, most }
    }
}

/// Whether an argument is a value rather than a keyword.
fn is_value(value: &Value, line: &Line) -> bool {
    match value {
        Value::Word(w) => {
            !w.index.is_empty()
                || number::parse(&w.text).is_some()
                || line.scope.value(&w.text.to_ascii_lowercase()).is_some()
        }
        Value::Expr(_) => true,
        _ => false,
    }
}

fn unknown_wave(name: &str, span: Span) -> Fault {
    let fault = Fault::new("elab::unknown-wave", span, format!("'{name}' is no value or waveform"), "not known");
    let known = WAVES.iter().map(|w| w.0).chain(["dc", "ac"]);
    match super::fault::did_you_mean(name, known) {
        Some(help) => fault.with_help(help),
        None => fault.with_help("a source takes DC, AC, PULSE, SIN, EXP, PWL, SFFM or AM"),
    }
}

fn missing(what: &str, span: Span) -> Fault {
    Fault::new("elab::no-value", span, format!("{what} needs a value"), "nothing follows")
}

fn unexpected(span: Span) -> Fault {
    Fault::new("elab::unexpected", span, "a source has no use for this", "not expected here")
        .with_help("a source has one DC value, AC with magnitude and phase, and one waveform")
}

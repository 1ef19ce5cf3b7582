//! Sweeps of `.dc` and `.step`: what is swept, and over which values.

use super::cards::{Args, Planner, unknown};
use super::fault::Fault;
use super::kinds::param_names;
use super::line::word_value;
use super::quantity::Quantities;
use super::settings::check_range;
use super::term::not_finite;
use crate::circuit::PartId;
use crate::circuit::kind::{KindRef, Label, Place};
use crate::circuit::plan::{Sweep, Target};
use crate::diag::{Span, a};
use crate::syntax::ast::{Argument, Name, Value, Word};
use crate::syntax::number;

const MAX_POINTS: f64 = 1e7;
const SCALES: &[&str] = &["lin", "dec", "oct", "list"];

impl<'p, 'a> Planner<'p, 'a> {
    /// `V1 0 5 0.1`, `param r list 1k 2k`, `dec V1 1m 1 10`, `temp 0 100 25`, `nch(vto) 0.4 0.8 0.1`
    /// Another one may follow where they are `nested`.
    pub fn sweep(&mut self, args: &mut Args, span: Span, nested: bool) -> Result<Sweep, Fault> {
        let before = args.keyword(SCALES);
        let is_param = args.keyword(&["param"]).is_some();
        let at = args.span();
        let (target, label) = self.target(args, is_param)?;
        let scale = args.keyword(SCALES).or(before).unwrap_or_else(|| "lin".to_string());
        let values = match scale.as_str() {
            "list" => self.list(args, at, nested)?,
            scale => self.spaced(scale, args, at)?,
        };
        self.possible(&target, &values, at)?;
        Ok(Sweep { target, label, values, span })
    }

    fn target(&mut self, args: &mut Args, is_param: bool) -> Result<(Target, String), Fault> {
        let at = args.span();
        let nothing = || {
            Fault::new("elab::sweep", at, "a sweep needs a source, a parameter or temp", "what is swept?")
                .with_help("V1 0 5 0.1, or param r 1k 10k 1k, or temp 0 100 25")
        };
        match args.take() {
            Some(Argument::Value(Value::Word(w))) => {
                // `.step NPN QMOD(VAF) …`: the type of the model comes first.
                if let Some(Argument::Value(Value::Call { name, args: inner, span })) = args.peek()
                    && self.kinds.by_model(&w.text.to_ascii_lowercase()).is_some()
                {
                    args.take();
                    return self.inner_target(name, inner, *span);
                }
                self.named_target(w, is_param)
            }
            Some(Argument::Value(Value::Call { name, args: inner, span })) => self.inner_target(name, inner, *span),
            _ => Err(nothing()),
        }
    }

    fn named_target(&self, w: &Word, is_param: bool) -> Result<(Target, String), Fault> {
        let name = self.context().word(w)?;
        let lower = name.to_ascii_lowercase();
        let defined = self.scope.values.contains_key(&lower);
        if is_param && !defined {
            let known = self.scope.values.keys().map(String::as_str);
            return Err(unknown("elab::unknown-parameter", "parameter", &name, w.span, known));
        }
        if is_param {
            return Ok((Target::Param(lower), name));
        }
        if lower == "temp" || lower == "temper" {
            return Ok((Target::Temperature, "temp".to_string()));
        }
        if let Some(part) = self.view().part(&lower) {
            return self.part_target(part, w.span);
        }
        if defined {
            return Ok((Target::Param(lower), name));
        }
        let sources = self.circuit.parts.iter().map(|p| p.path.as_str());
        let known = sources.chain(self.scope.values.keys().map(String::as_str)).chain(["temp"]);
        Err(unknown("elab::unknown-source", "source or parameter", &name, w.span, known))
    }

    /// A source's value, or what stands first on the line of another part.
    fn part_target(&self, id: PartId, span: Span) -> Result<(Target, String), Fault> {
        let part = self.circuit.part(id);
        if matches!(part.kind.letter, Some('v' | 'i')) {
            return Ok((Target::Source(id), part.path.clone()));
        }
        let main = part.kind.positional.first().and_then(|n| part.kind.param(n));
        match main.map(|k| &part.kind.params[k]) {
            Some(p) if p.value == crate::circuit::kind::ValueKind::Number => {
                Ok((Target::Part(id, p.name.clone()), part.path.clone()))
            }
            _ => Err(Fault::new(
                "elab::sweep",
                span,
                format!("{} has no single value to sweep", a(&part.kind.name)),
                "here",
            )
            .with_help(format!("name the parameter: {}(…)", part.path))),
        }
    }

    /// `nch(vto)`, `R1(tc1)`, `@r1[r]`
    fn inner_target(&self, name: &Name, args: &[Argument], span: Span) -> Result<(Target, String), Fault> {
        let words: Vec<Word> = args.iter().filter_map(super::outputs::argument_word).collect();
        let (owner, param) = match &words[..] {
            [param] if !name.is("@") => (name.text.clone(), param),
            [owner, param] if name.is("@") => (self.context().word(owner)?, param),
            _ => return Err(Fault::new("elab::sweep", span, "name(parameter) is needed here", "not of this form")),
        };
        let lower = owner.to_ascii_lowercase();
        let (kind, place, target): (KindRef, _, &dyn Fn(Label) -> Target) = if let Some(part) = self.view().part(&lower)
        {
            (self.circuit.part(part).kind.clone(), Place::Instance, &move |p| Target::Part(part, p))
        } else {
            let model = self.circuit.models.iter().find(|m| m.name.eq_ignore_ascii_case(&owner));
            match model.and_then(|m| self.kinds.by_model(&m.base)) {
                Some(kind) => (kind.into(), Place::Model, &|p| Target::Model(lower.clone(), p)),
                None => {
                    let known = self.circuit.models.iter().map(|m| m.name.as_str());
                    return Err(unknown("elab::unknown-model", "model", &owner, span, known));
                }
            }
        };
        match kind.find_at(&param.text, place) {
            Some(k) => Ok((target(kind.params[k].name.clone()), format!("{owner}({})", param.text))),
            None => Err(unknown(
                "elab::unknown-sweep-parameter",
                &format!("{} parameter", kind.name),
                &param.text,
                param.span,
                param_names(&kind),
            )),
        }
    }

    /// The values of a list, each of which must be one; a name may begin the next sweep where they are `nested`.
    fn list(&self, args: &mut Args, at: Span, nested: bool) -> Result<Vec<f64>, Fault> {
        let mut values = Vec::new();
        while let Some(a) = args.peek() {
            let found = match a {
                Argument::Value(Value::Expr(e)) => self.context().value(e)?,
                Argument::Value(Value::Word(w)) if number::parse(&w.text).is_some() => word_value(w, &self.context())?,
                Argument::Value(Value::Word(_) | Value::Call { .. }) if nested => break,
                Argument::Value(Value::Word(w)) => word_value(w, &self.context())?,
                other => {
                    return Err(Fault::new("elab::not-a-number", other.span(), "a list holds numbers", "not a number"));
                }
            };
            let numbers = found.numbers();
            if let Some(v) = numbers.iter().find(|v| !v.is_finite()) {
                return Err(not_finite(*v, a.span()));
            }
            if numbers.is_empty() {
                return Err(Fault::new("elab::not-a-number", a.span(), "a list holds numbers", "no number"));
            }
            values.extend(numbers);
            args.take();
        }
        match values.len() {
            0 => Err(Fault::new("elab::sweep", at, "a list needs values", "this sweep")),
            _ => Ok(values),
        }
    }

    /// Values of a parameter of a part or model must be in its range.
    fn possible(&self, target: &Target, values: &[f64], at: Span) -> Result<(), Fault> {
        let (kind, name) = match target {
            Target::Part(part, name) => (Some(&*self.circuit.part(*part).kind), name),
            Target::Model(model, name) => {
                let card = self.circuit.models.iter().find(|m| m.name.eq_ignore_ascii_case(model));
                (card.and_then(|m| self.kinds.by_model(&m.base)), name)
            }
            Target::Source(_) | Target::Param(_) | Target::Temperature => return Ok(()),
        };
        let Some(param) = kind.and_then(|k| k.param(name).map(|p| &k.params[p])) else { return Ok(()) };
        values.iter().try_for_each(|&v| check_range(param, v, at))
    }

    /// From start to end, linearly or by factors.
    fn spaced(&mut self, scale: &str, args: &mut Args, at: Span) -> Result<Vec<f64>, Fault> {
        let wrong = |text: String| Err(Fault::new("elab::sweep", at, text, "this sweep"));
        let start = self.number(args, "the start of the sweep")?;
        let stop = self.number(args, "the end of the sweep")?;
        if scale == "lin" {
            let step = self.number(args, "the step of the sweep")?;
            return linear(start, stop, step).or_else(wrong);
        }
        let points = self.number(args, "the number of points")?;
        let base: f64 = if scale == "dec" { 10.0 } else { 2.0 };
        if start <= 0.0 || stop < start || points < 1.0 {
            return wrong(format!("a {scale} sweep needs 0 < start ≤ end and at least one point"));
        }
        let count = (points * (stop / start).ln() / base.ln() + 1e-9).floor() + 1.0;
        if count > MAX_POINTS {
            return wrong(format!("{count} points are too many"));
        }
        Ok((0..count as usize).map(|k| start * base.powf(k as f64 / points)).collect())
    }
}

/// start, start + step … up to stop: floor((stop − start)/step + 1e-9) + 1 points, as SPICE has them.
fn linear(start: f64, stop: f64, step: f64) -> Result<Vec<f64>, String> {
    if start == stop {
        return Ok(vec![start]);
    }
    let count = ((stop - start) / step + 1e-9).floor() + 1.0;
    if step == 0.0 || count < 1.0 || !count.is_finite() {
        return Err(format!("a step of {step} never leads from {start} to {stop}"));
    }
    if count > MAX_POINTS {
        return Err(format!("{count} points are too many"));
    }
    Ok((0..count as usize).map(|k| start + k as f64 * step).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_of_a_linear_sweep() {
        assert_eq!(linear(0.0, 1.0, 0.1).unwrap().len(), 11);
        assert_eq!(linear(0.0, 1.0, 0.3).unwrap(), [0.0, 0.3, 0.6, 0.3 * 3.0]);
        assert_eq!(linear(5.0, 1.0, -2.0).unwrap(), [5.0, 3.0, 1.0]);
        assert!(linear(0.0, 1.0, -0.1).is_err());
        assert!(linear(0.0, 1.0, 0.0).is_err());
        assert!(linear(0.0, 1.0, 1e-12).is_err());
    }
}

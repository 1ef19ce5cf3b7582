//! `param` and `state` lines: names, numbers known before the run, start values and bounds.

use super::author::{Author, Binding, Place};
use super::cell::{Cell, MAX_ELEMENTS, any_own, own_quantity};
use crate::circuit::definition::{Own, State};
use crate::circuit::equation::{Equation, Quantity};
use crate::circuit::kind::{Param, Place as On, Probe};
use crate::diag::{Diagnostic, Span};
use crate::syntax::ast::{self, DeviceItem, DeviceParam};
use crate::value::fault::Fault;

impl<'b, 'a> Author<'b, 'a> {
    pub fn declare_pins(&mut self) {
        let device = self.device;
        for pin in &device.pins {
            self.declare(pin, "pin");
        }
        if device.pins.is_empty() {
            let d = Diagnostic::error("elab::no-pins", format!("device '{}' has no pins", device.name.text))
                .at(device.name.span, "nothing connects to it");
            self.report(d.help(format!(".device {} (a b) {{ … }}", device.name.text)));
        }
    }

    pub fn declare_param(&mut self, p: &'a DeviceParam) {
        let declared = self.declare(&p.name, "parameter");
        let place = self.params.len();
        let default = self.at(Place::Default, |a| a.scalar(&p.default));
        let Some(default) = self.said(default) else {
            if declared {
                self.names.insert(p.name.lower(), Binding::Broken);
            }
            return;
        };
        let range = p.range.as_ref().and_then(|(low, high)| {
            let pair = self.at(Place::Default, |a| Ok::<_, Fault>((a.scalar(low)?, a.scalar(high)?)));
            self.said(pair)
        });
        if !declared {
            return;
        }
        let nominal = self.of_params(&default, |k, a| a.params[k].default.unwrap_or(f64::NAN));
        let value = self.given.get(&p.name.lower()).copied();
        let value = value.unwrap_or_else(|| self.of_params(&default, |k, a| a.values[k]));
        if !nominal.is_finite() {
            let d =
                Diagnostic::error("elab::not-finite", format!("the default of '{}' comes to {nominal}", p.name.text));
            self.report(d.at(p.default.span, "no finite number"));
        }
        let mut param = Param::new("", nominal, "", "");
        param.name = p.name.text.clone().into();
        param.unit = unit(&p.doc.unit).to_string().into();
        param.doc = p.doc.text.clone().into();
        param.place = On::Both;
        if let Some((low, high)) = &range {
            // A range that follows other parameters is looked at in each instance.
            param.range = (low.constant().unwrap_or(f64::NEG_INFINITY), high.constant().unwrap_or(f64::INFINITY));
            let [l, h] = [low, high].map(|e| self.of_params(e, |k, a| a.params[k].default.unwrap_or(f64::NAN)));
            if l > h {
                let d = Diagnostic::error("elab::empty-range", format!("nothing lies in {l}:{h}"));
                self.report(d.at(p.span, "the lower bound is above the upper one"));
            } else if nominal < l || nominal > h {
                let message = format!("the default of '{}', {nominal}, lies outside {l}:{h}", p.name.text);
                self.report(Diagnostic::error("elab::range", message).at(p.default.span, "out of range"));
            }
        }
        self.ranges.push(range);
        self.defaults.push((default.constant().is_none()).then_some(default));
        self.params.push(param);
        self.values.push(value);
        self.names.insert(p.name.lower(), Binding::Param(place));
    }

    /// The value of an equation of parameters.
    pub fn of_params(&self, e: &Equation, value: impl Fn(usize, &Self) -> f64) -> f64 {
        e.value(&mut |q| match q {
            Quantity::Own(Own::Param(k)) => value(*k, self),
            _ => f64::NAN,
        })
    }

    /// The names of states; their start values come later.
    pub fn declare_state(&mut self, s: &'a ast::State) {
        if !self.declare(&s.name, "state") {
            return;
        }
        let extent = s.extent.as_ref().map(|(a, b)| Ok::<_, Fault>((self.integer(a)?, self.integer(b)?)));
        let indices: Vec<Option<i64>> = match extent {
            None => vec![None],
            Some(found) => {
                let Some((first, last)) = self.said(found) else {
                    self.names.insert(s.name.lower(), Binding::Broken);
                    return;
                };
                let count = last.saturating_sub(first).saturating_add(1);
                if first < 0 || count < 1 || count > MAX_ELEMENTS as i64 {
                    let message = format!("'{}[{first}:{last}]' is no array of states", s.name.text);
                    let d = Diagnostic::error("elab::state-extent", message).at(s.name.span, format!("{count} states"));
                    self.report(d.help(format!("from an index of 0 or more, at most {MAX_ELEMENTS} states")));
                    self.names.insert(s.name.lower(), Binding::Broken);
                    return;
                }
                (first..=last).map(Some).collect()
            }
        };
        let at = self.states.len();
        let (count, from) = match indices[0] {
            None => (None, 0),
            Some(first) => (Some(indices.len()), first),
        };
        if s.reflect && s.range.is_none() {
            let d = Diagnostic::error("elab::no-bounds", format!("'{}' has no bounds to reflect at", s.name.text))
                .at(s.span, "no range")
                .help(format!("state {} = … in -1:1 reflect", s.name.text));
            self.report(d);
        }
        for index in indices {
            let name = match index {
                None => s.name.text.clone(),
                Some(i) => format!("{}[{i}]", s.name.text),
            };
            self.probe(&name, &s.doc);
            self.states.push(State {
                name: name.into(),
                start: Equation::Const(0.0),
                low: None,
                high: None,
                reflect: s.reflect,
                settles: s.settles,
                rate: None,
                span: s.name.span,
            });
        }
        self.names.insert(s.name.lower(), Binding::States { at, count, from });
    }

    pub fn probe(&mut self, name: &str, doc: &ast::Doc) {
        let (unit, doc) = (unit(&doc.unit).to_string(), doc.text.clone());
        self.probes.push(Probe { name: name.to_string().into(), unit: unit.into(), doc: doc.into() });
    }

    /// A state between jumps that no user named.
    pub fn hidden_state(&mut self, name: String, span: Span) -> usize {
        self.states.push(State {
            name: name.into(),
            start: Equation::Const(0.0),
            low: None,
            high: None,
            reflect: false,
            settles: false,
            rate: None,
            span,
        });
        self.states.len() - 1
    }

    /// Start values and bounds of all states.
    pub fn starts(&mut self) {
        let device = self.device;
        for item in &device.items {
            let DeviceItem::State(s) = item else { continue };
            let Some(&Binding::States { at, count, .. }) = self.names.get(&s.name.lower()) else { continue };
            let n = count.unwrap_or(1);
            let start = self.at(Place::Start, |a| a.spread(&s.start, n));
            if let Some(values) = self.said(start) {
                for (k, v) in values.into_iter().enumerate() {
                    self.states[at + k].start = v;
                }
            }
            let Some((low, high)) = &s.range else { continue };
            let bounds = self.at(Place::Bound, |a| Ok::<_, Fault>((a.spread(low, n)?, a.spread(high, n)?)));
            if let Some((lows, highs)) = self.said(bounds) {
                for (k, (low, high)) in lows.into_iter().zip(highs).enumerate() {
                    (self.states[at + k].low, self.states[at + k].high) = (Some(low), Some(high));
                }
            }
        }
    }

    /// An expression for each of `n` states: an array of as many, or one number for all (random numbers: a new one each).
    pub fn spread(&mut self, e: &ast::Expr, n: usize) -> Result<Vec<Equation>, Fault> {
        match self.cell(e)? {
            Cell::Array(a) if a.len() == n => Ok(a),
            array @ Cell::Array(_) => {
                let message = format!("{} where {n} are needed", array.describe());
                Err(Fault::new("elab::array-length", e.span, message, "of another length"))
            }
            Cell::Scalar(first) => {
                let random = any_own(&first, |o| matches!(o, Own::Draw(_)));
                let mut out = vec![first];
                while out.len() < n {
                    out.push(if random { self.scalar(e)? } else { self.repeat(&out[0].clone(), e.span)? });
                }
                Ok(out)
            }
        }
    }

    fn repeat(&mut self, e: &Equation, span: Span) -> Result<Equation, Fault> {
        self.spend(super::cell::size(e), span)?;
        Ok(e.clone())
    }

    /// All names of lets, so that one read too early is told from one that does not exist.
    pub fn foresee(&mut self) {
        for (name, _) in super::equations::lets(&self.device.items) {
            self.later.entry(name.lower()).or_insert(name.span);
        }
    }

    /// The states a name stands for.
    pub fn states_called(&self, name: &str) -> Option<(usize, Option<usize>, i64)> {
        match self.names.get(&name.to_ascii_lowercase()) {
            Some(Binding::States { at, count, from }) => Some((*at, *count, *from)),
            _ => None,
        }
    }

    pub fn state_quantity(k: usize) -> Equation {
        own_quantity(Own::State(k))
    }
}

/// Units as written; `-` is none.
fn unit(text: &str) -> &str {
    if text == "-" { "" } else { text }
}

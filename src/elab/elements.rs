//! Element lines → parts: nodes, model, values and settings of every kind that needs nothing special.

use std::rc::Rc;

use super::builder::Builder;
use super::fault::{Fault, did_you_mean};
use super::instance::Instance;
use super::line::{Draft, Line, no_kind};
use super::live::Want;
use super::scope::Scope;
use super::settings::{check_range, choice};
use super::variation::Owner;
use crate::circuit::Setting;
use crate::circuit::kind::{Kind, ModelUse, Param, Pin, ValueKind};
use crate::diag::{Diagnostic, Span, a};
use crate::syntax::ast::{self, Argument, Element, Value, Word};
use crate::syntax::number;

impl<'a> Builder<'a> {
    /// Any element but `X`.
    pub fn element(
        &mut self,
        e: &'a Element,
        span: Span,
        scope: &Rc<Scope<'a>>,
        instance: &Rc<Instance>,
    ) -> Result<(), Fault> {
        let letter = e.letter();
        let line = self.line(e, span, scope, instance)?;
        match letter {
            'v' | 'i' => self.independent(&line),
            'e' | 'f' | 'g' | 'h' => self.controlled(&line),
            'b' => self.behavioral(&line),
            'k' => self.coupling(&line),
            'r' | 'c' | 'l' => self.passive(&line),
            _ => self.general(&line),
        }
    }

    /// An element whose kind says all there is to know.
    pub fn general(&mut self, line: &Line<'a>) -> Result<(), Fault> {
        let candidates = self.kinds.by_letter(line.e.letter());
        let Some(&first) = candidates.first() else { return Err(no_kind(line)) };
        let nets = first.nets();
        // A model's name ends the nodes where their number may vary.
        let (mut count, mut found) = (*nets.start(), None);
        if first.model == ModelUse::Required {
            for k in *nets.start()..=(*nets.end()).min(line.values.len()) {
                if let Some(card) = line.word(k).filter(|w| w.index.is_empty()).and_then(|w| self.find_model(w, line)) {
                    (count, found) = (k, Some(card));
                    break;
                }
            }
        }
        let kind = match found.map(|(card, _)| self.kinds.by_model(&card.base.lower())) {
            Some(Some(kind)) if candidates.iter().any(|c| std::ptr::eq(*c, kind)) => kind,
            _ => first,
        };
        let (pins, used) = self.pins(line, count, kind)?;
        let mut draft = Draft::new(kind, pins);
        self.positional(line, &mut draft, used)?;
        self.set(line, &mut draft)?;
        self.finish(line, draft)
    }

    pub fn find_model(&self, word: &Word, line: &Line<'a>) -> Option<(&'a ast::Model, u64)> {
        line.scope.model(&word.text.to_ascii_lowercase()).map(|(m, home)| (m, home.id))
    }

    /// The model a word names; its type must fit the kind.
    pub fn use_model(&mut self, word: &Word, line: &Line<'a>, draft: &mut Draft<'a>) -> Result<bool, Fault> {
        let scope = line.scope.clone();
        let Some((card, home)) = scope.model(&word.text.to_ascii_lowercase()) else { return Ok(false) };
        if let Some(kind) = self.kinds.by_model(&card.base.lower())
            && !draft.kind.is(kind)
        {
            let message =
                format!("'{}' is a model of type {}, not of {}", word.text, card.base.text, a(&draft.kind.name));
            let types = draft.kind.models.join(" or ");
            let d = Diagnostic::error("elab::model-type", message)
                .at(word.span, "used here")
                .at(card.base.span, "its type");
            let d = if types.is_empty() { d } else { d.help(format!("its type must be {types}")) };
            return Err(Fault::Wrong(Box::new(d)));
        }
        match self.model(card, home) {
            Some(id) => {
                draft.model = Some(id);
                draft.owner = Owner::new(None, Some(card));
                Ok(true)
            }
            // What is wrong with the model has been said; the part would only say it again.
            None => Err(Fault::Said),
        }
    }

    /// Values after the nodes: the model and what stands without a name.
    pub fn positional(&mut self, line: &Line<'a>, draft: &mut Draft<'a>, from: usize) -> Result<(), Fault> {
        let kind = draft.kind.clone();
        let mut places = kind.positional.iter();
        let mut k = from;
        while k < line.values.len() {
            let value = line.values[k];
            if let Value::Word(w) = value
                && w.index.is_empty()
            {
                if draft.model.is_none() && kind.model != ModelUse::None && self.use_model(w, line, draft)? {
                    k += 1;
                    continue;
                }
                let flag = kind.find(&w.text).map(|p| &kind.params[p]);
                if let Some(p) = flag.filter(|p| p.value == ValueKind::Number && number::parse(&w.text).is_none()) {
                    let in_model = kind.model == ModelUse::Required && draft.model.is_none();
                    if !in_model && line.scope.value(&w.text.to_ascii_lowercase()).is_none() {
                        draft.settings.push((p.name.clone(), Setting::Number(1.0)));
                        k += 1;
                        continue;
                    }
                }
            }
            let next = places.next().and_then(|n| kind.find(n)).map(|p| &kind.params[p]);
            let Some(param) = next else { return Err(self.unexpected(line, value, draft)) };
            if let Value::Word(w) = value
                && param.value == ValueKind::Number
                && kind.model == ModelUse::Required
                && draft.model.is_none()
            {
                return Err(self.unknown_model(w, line));
            }
            self.place(line, draft, param, value)?;
            k += 1;
        }
        if kind.model == ModelUse::Required && draft.model.is_none() {
            let message = format!("{} needs a model", line.e.name.text);
            let fault = Fault::new("elab::no-model", line.span, message, "no model here");
            let mut nodes = line.e.args.iter().filter_map(|a| match a {
                Argument::Value(Value::Word(w)) => Some(w),
                _ => None,
            });
            return Err(match nodes.next_back().filter(|w| line.scope.model_names().iter().any(|m| w.is(m))) {
                Some(model) => fault.with_help(format!(
                    "'{}' stands where its last node should be: the nodes are {}",
                    model.text,
                    pin_names(&kind)
                )),
                None => fault.with_help(format!(
                    "add its name after the nodes and a card .model NAME {} (…)",
                    kind.models.join("|")
                )),
            });
        }
        Ok(())
    }

    /// One value without a name.
    fn place(&mut self, line: &Line<'a>, draft: &mut Draft<'a>, param: &Param, value: &'a Value) -> Result<(), Fault> {
        match param.value {
            ValueKind::Number => {
                let v = self.number(value, line)?;
                check_range(param, v, value.span())?;
                draft.settings.push((param.name.clone(), Setting::Number(v)));
            }
            ValueKind::Part => {
                let name = self.part_name(value, line)?;
                draft.wants.push((param.name.clone(), Want::Part(name), value.span()));
            }
            ValueKind::Choice(words) => {
                let text = match value {
                    Value::Word(w) if w.index.is_empty() => &w.text,
                    Value::Text(t, _) => t,
                    _ => return Err(Fault::new("elab::not-a-word", value.span(), "a word is needed here", "here")),
                };
                draft.settings.push((param.name.clone(), choice(words, text, &param.name, value.span())?));
            }
            _ => return Err(self.unexpected(line, value, draft)),
        }
        Ok(())
    }

    fn unexpected(&self, line: &Line<'a>, value: &Value, draft: &Draft) -> Fault {
        if let Value::Word(w) = value
            && number::parse(&w.text).is_none()
            && draft.kind.model != ModelUse::None
            && draft.model.is_none()
        {
            return self.unknown_model(w, line);
        }
        let message = format!("{} has no use for this", line.e.name.text);
        Fault::new("elab::unexpected", value.span(), message, "not expected here")
            .with_help(format!("'memspice devices {}' shows what a line takes", draft.kind.name))
    }

    fn unknown_model(&self, word: &Word, line: &Line<'a>) -> Fault {
        let fault =
            Fault::new("elab::unknown-model", word.span, format!("there is no model '{}'", word.text), "not defined")
                .missing(&word.text);
        match did_you_mean(&word.text, line.scope.model_names()) {
            Some(help) => fault.with_help(help),
            None => fault.with_help(format!("add a card .model {} …, or .include the file that has it", word.text)),
        }
    }
}

/// Whether a fault only says that a value is not constant.
pub fn is_live<T>(result: &Result<T, Fault>) -> bool {
    matches!(result, Err(Fault::Live(_)))
}

/// `drain gate source bulk`, `in … com`
pub fn pin_names(kind: &Kind) -> String {
    let name = |p: &Pin| match (p.optional, p.repeats) {
        (true, _) => format!("[{}]", p.name),
        (_, true) => format!("{} …", p.name),
        _ => p.name.to_string(),
    };
    kind.pins.iter().map(name).collect::<Vec<_>>().join(" ")
}

//! `X1 a b NAME p=…` of a `.device`, or of a `.model` of one → a part.

use std::collections::HashMap;
use std::rc::Rc;

use super::{Form, check, in_order};
use crate::circuit::definition::Definition;
use crate::circuit::kind::KindRef;
use crate::circuit::{ModelId, Setting};
use crate::diag::{Diagnostic, Span};
use crate::elab::builder::Builder;
use crate::elab::elements::pin_names;
use crate::elab::instance::Instance;
use crate::elab::line::Draft;
use crate::elab::live::Want;
use crate::elab::scope::Scope;
use crate::elab::variation::{Owner, Scatter};
use crate::syntax::ast::{self, Argument, Device, DeviceItem, Element, Word};
use crate::value::fault::Fault;

/// Sets of parameters at which the numbers of a definition are looked at.
const MOST_CHECKED: usize = 5000;

impl<'a> Builder<'a> {
    /// An instance of a device, or of a model of one (`card` and where it stands).
    #[expect(clippy::too_many_arguments, reason = "a line, what it names, and where it stands")]
    pub fn device(
        &mut self,
        e: &'a Element,
        span: Span,
        pins: &[&'a Word],
        (device, home): (&'a Device, &Scope<'a>),
        card: Option<(&'a ast::Model, &Scope<'a>)>,
        scope: &Rc<Scope<'a>>,
        instance: &Rc<Instance>,
    ) -> Result<(), Fault> {
        let line = self.line(e, span, scope, instance)?;
        let own = device.items.iter().any(|i| matches!(i, DeviceItem::Param(p) if p.name.is("m")));
        let asked = e.args.iter().any(|a| matches!(a, Argument::Setting(s) if s.name.is("m")));
        let multiplied = !own && (asked || instance.multiplier != 1.0);
        let key = std::ptr::from_ref(device) as usize;
        self.devices.entry(key).or_default().used = true;
        let mut form = Form { multiplied, stuck: false };
        let nominal = self.definition(device, home, &HashMap::new(), form).ok_or(Fault::Said)?;
        let mut draft = Draft::new(KindRef::Defined(nominal.clone()), Vec::new());
        for word in pins {
            draft.pins.extend(self.nets(word, scope, instance)?);
        }
        if draft.pins.len() != nominal.kind.pins.len() {
            let message = format!(
                "{} connects {} nodes; a {} has {}",
                e.name.text,
                draft.pins.len(),
                nominal.kind.name,
                pin_names(&nominal.kind)
            );
            let d =
                Diagnostic::error("elab::pin-count", message).at(span, "here").at(device.name.span, "its definition");
            return Err(Fault::Wrong(Box::new(d)));
        }
        draft.owner = Owner::new(Some(device), card.map(|c| c.0));
        let scatter = self.scatter(draft.owner, &draft.kind, scope);
        form.stuck = self.drawing.is_some() && scatter.as_ref().is_some_and(|s| s.sticks());
        if let Some((card, home)) = card {
            draft.model = Some(self.model(card, home).ok_or(Fault::Said)?);
        }
        self.set(&line, &mut draft)?;
        let given = self.given(draft.model, &draft, &line.path);
        let definition = self.definition(device, home, &given, form).ok_or(Fault::Said)?;
        if let Some(scatter) = &scatter {
            self.varied_sizes(device, &definition, scatter);
        }
        self.followed_sizes(device, &definition, &draft);
        draft.kind = KindRef::Defined(definition.clone());
        self.look_at_numbers(key, &definition, &given, &line.path, span);
        self.finish(&line, draft)
    }

    /// A parameter that decides how many states there are cannot be drawn: the equations would be others.
    fn varied_sizes(&mut self, device: &Device, definition: &std::sync::Arc<Definition>, scatter: &Scatter) {
        for k in self.sizes(device, definition) {
            let name = &definition.kind.params[k].name;
            if let Some(span) = scatter.varies(name) {
                let message = format!("'{name}' decides how many states {} has", crate::diag::a(&definition.kind.name));
                self.report(Diagnostic::error("elab::varied-size", message).at(span, "cannot be drawn"));
            }
        }
    }

    /// Nor can it follow a signal.
    fn followed_sizes(&mut self, device: &Device, definition: &std::sync::Arc<Definition>, draft: &Draft) {
        for k in self.sizes(device, definition) {
            let name = &definition.kind.params[k].name;
            let followed = draft.wants.iter().find(|w| w.0 == *name && matches!(w.1, Want::Followed { .. }));
            if let Some((_, _, span)) = followed {
                let message = format!("'{name}' decides how many states {} has", crate::diag::a(&definition.kind.name));
                let d = Diagnostic::error("elab::varied-size", message).at(*span, "cannot change with a signal");
                self.report(d.help("give it a number that is known before the run"));
            }
        }
    }

    /// Parameters that the model, the line or the outside gives, by lower-case name.
    fn given(&self, model: Option<ModelId>, draft: &Draft, path: &str) -> HashMap<String, f64> {
        let mut out = HashMap::new();
        let model = model.map(|m| &self.circuit.models[m.0 as usize]);
        for (name, setting) in model.iter().flat_map(|m| &m.settings).chain(&draft.settings) {
            if let Setting::Number(v) = setting {
                out.insert(name.to_ascii_lowercase(), *v);
            }
        }
        let models = self.overrides.models.iter().filter(|o| model.is_some_and(|m| m.name.eq_ignore_ascii_case(&o.0)));
        for (_, name, v) in models.chain(self.overrides.parts.iter().filter(|o| path.eq_ignore_ascii_case(&o.0))) {
            out.insert(name.to_ascii_lowercase(), *v);
        }
        out
    }

    fn look_at_numbers(
        &mut self,
        key: usize,
        d: &std::sync::Arc<Definition>,
        given: &HashMap<String, f64>,
        path: &str,
        span: Span,
    ) {
        let values = d.parameters(&in_order(d, given));
        let made = self.devices.get_mut(&key).and_then(|v| {
            v.made.iter_mut().find(|m| m.definition.as_ref().is_some_and(|x| std::sync::Arc::ptr_eq(x, d)))
        });
        let Some(made) = made else { return };
        let bits: Vec<u64> = values.iter().map(|v| v.to_bits()).collect();
        if made.checked.len() >= MOST_CHECKED || !made.checked.insert(bits) {
            return;
        }
        let mut found = Vec::new();
        for (param, (range, v)) in d.kind.params.iter().zip(made.ranges.iter().zip(&values)) {
            let Some((low, high)) = range else { continue };
            let of = |e: &crate::circuit::equation::Equation| {
                let at = crate::circuit::evaluate::Numbers {
                    params: &values,
                    states: &[],
                    pins: &[],
                    time: 0.0,
                    temp: self.shared.temp,
                };
                d.at(e, &at, &[])
            };
            let (low, high) = (of(low), of(high));
            if !(*v >= low && *v <= high) {
                let message =
                    format!("{path}: {}={v} is not possible: it must lie between {low} and {high}", param.name);
                found.push(Diagnostic::error("elab::range", message).at(span, "out of range"));
            }
        }
        if found.is_empty() {
            found = check::numbers(d, &values, self.shared.temp, Some((path, span)));
        }
        for f in found {
            self.report(f);
        }
    }
}

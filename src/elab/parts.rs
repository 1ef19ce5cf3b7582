//! Drafts → parts: settings by name, multipliers down the hierarchy, and the built-in kinds of X lines.

use std::rc::Rc;

use super::builder::Builder;
use super::elements::pin_names;
use super::eval::Context;
use super::fault::Fault;
use super::flatten::unknown_subckt;
use super::instance::Instance;
use super::kinds::param_names;
use super::line::{Draft, Line, path_text};
use super::live::Want;
use super::scope::Scope;
use super::settings::{misplaced, unknown};
use super::variation::Owner;
use crate::circuit::kind::{Conduct, Kind, Label, ModelUse, Place, ValueKind};
use crate::circuit::{Part, PartId, Setting};
use crate::diag::{Diagnostic, Span, a};
use crate::syntax::ast::{self, Element, Word};

impl<'a> Builder<'a> {
    /// All `name=value` of the line.
    pub fn set(&mut self, line: &Line<'a>, draft: &mut Draft<'a>) -> Result<(), Fault> {
        let mut all = Ok(());
        for s in &line.settings {
            let one = self.set_one(line, draft, s);
            all = self.both(all, one);
        }
        all
    }

    pub fn set_one(&mut self, line: &Line<'a>, draft: &mut Draft<'a>, s: &'a ast::Setting) -> Result<(), Fault> {
        let kind = draft.kind.clone();
        let Some(param) = kind.find(&s.name.text).map(|k| &kind.params[k]) else {
            let known: Vec<&str> = param_names(&kind).collect();
            self.report(unknown(s, &known, &kind.name));
            return Ok(());
        };
        if param.place == Place::Model {
            self.report(misplaced(s, &kind, "belongs in its .model, not on the line"));
            return Ok(());
        }
        match (param.value, &s.values[..]) {
            // The old form of two temperature coefficients: tc=1m,2u
            (ValueKind::Number, [first, second]) if s.name.is("tc") => {
                let context = Context::constant(self.shared, &line.scope);
                for (name, e) in ["tc1", "tc2"].into_iter().zip([first, second]) {
                    if let Some(p) = kind.param(name).map(|k| &kind.params[k]) {
                        let setting = self.constant_setting(p, std::slice::from_ref(e), s.span, &context)?;
                        draft.settings.push((p.name.clone(), setting));
                    }
                }
            }
            (ValueKind::Equation, [e]) => draft.wants.push((param.name.clone(), Want::plain(e), s.span)),
            (ValueKind::Part, list) => {
                for e in list {
                    let name = path_text(e).ok_or_else(|| {
                        Fault::new("elab::not-an-element", e.span, "the name of an element is needed here", "here")
                    })?;
                    draft.wants.push((param.name.clone(), Want::Part(name), e.span));
                }
            }
            (_, values) => {
                if draft.has(&param.name) {
                    let message = format!("{} is given twice", param.name);
                    let d = Diagnostic::warning("elab::given-twice", message).at(s.span, "this one counts");
                    self.report(d.help("leave one of them out"));
                }
                let context = Context::constant(self.shared, &line.scope);
                match (self.constant_setting(param, values, s.span, &context), values) {
                    (Err(Fault::Live(_)), [of]) if param.value == ValueKind::Number && param.name != "m" => {
                        draft.wants.push((param.name.clone(), Want::Followed { of, param: param.clone() }, s.span));
                    }
                    (setting, _) => draft.settings.push((param.name.clone(), setting?)),
                }
            }
        }
        Ok(())
    }

    /// Multiplies `m` down the hierarchy and adds the part.
    pub fn finish(&mut self, line: &Line<'a>, mut draft: Draft<'a>) -> Result<(), Fault> {
        let around = line.instance.multiplier;
        if around != 1.0 {
            match draft.kind.find("m").map(|k| draft.kind.params[k].name.clone()) {
                Some(name) => {
                    let own = draft.settings.iter().rfind(|(n, _)| *n == name).map_or(1.0, |(_, s)| match s {
                        Setting::Number(v) => *v,
                        _ => 1.0,
                    });
                    draft.settings.retain(|(n, _)| *n != name);
                    draft.settings.push((name, Setting::Number(own * around)));
                }
                None if conducts(&draft.kind, Conduct::Current) => {
                    for (name, setting) in &mut draft.settings {
                        if let Setting::Number(v) = setting
                            && *name == "gain"
                        {
                            *v *= around;
                        }
                    }
                    for (_, want, _) in &mut draft.wants {
                        if let Want::Equation { scale, .. } | Want::Poly { scale, .. } = want {
                            *scale *= around;
                        }
                    }
                }
                None if !conducts(&draft.kind, Conduct::Voltage) && !draft.pins.is_empty() => {
                    let message = format!("{} cannot be multiplied; m={around} does not reach it", a(&draft.kind.name));
                    self.report(
                        Diagnostic::warning("elab::not-multiplied", message)
                            .at(line.span, "in a multiplied subcircuit"),
                    );
                }
                None => {}
            }
        }
        let given = |name: &str| draft.settings.iter().any(|s| s.0 == name) || draft.wants.iter().any(|w| w.0 == name);
        for param in draft.kind.params.iter().filter(|p| p.required && !given(&p.name)) {
            let message = format!("{} needs {}=", a(&draft.kind.name), param.name);
            self.report(
                Diagnostic::error("elab::missing-parameter", message)
                    .at(line.span, format!("{} is not set", param.name))
                    .help(format!("{}: {}", param.name, param.doc)),
            );
        }
        let scatter = match draft.owner == Owner::default() {
            true => None,
            false => self.scatter(draft.owner, &draft.kind, &line.scope),
        };
        let id = self.add(Part {
            path: line.path.clone(),
            kind: draft.kind,
            pins: draft.pins,
            model: draft.model,
            settings: draft.settings,
            span: line.span,
        });
        self.scattered.extend(scatter.map(|s| (id, s)));
        for (name, want, span) in draft.wants {
            self.wait(id, name, want, span, line);
        }
        Ok(())
    }

    fn wait(&mut self, part: PartId, name: Label, want: Want<'a>, span: Span, line: &Line<'a>) {
        let (scope, instance) = (line.scope.clone(), line.instance.clone());
        self.pending.push(super::live::Pending { part, name, want, span, scope, instance });
    }

    /// An X line of a built-in kind, by its name or that of a model.
    pub fn builtin(
        &mut self,
        e: &'a Element,
        span: Span,
        words: &[&'a Word],
        what: &Word,
        scope: &Rc<Scope<'a>>,
        instance: &Rc<Instance>,
    ) -> Result<(), Fault> {
        let lower = what.text.to_ascii_lowercase();
        let card = scope.model(&lower);
        let kind = match card {
            Some((card, _)) => self.kinds.by_model(&card.base.lower()),
            None => self.kinds.by_name(&lower),
        };
        let Some(kind) = kind else {
            return match card {
                // Says what is wrong with the type of the model.
                Some((card, home)) => {
                    self.model(card, home);
                    Ok(())
                }
                None => Err(unknown_subckt(self, what, scope)),
            };
        };
        let line = self.line(e, span, scope, instance)?;
        let mut draft = Draft::new(kind, Vec::new());
        for word in words {
            draft.pins.extend(self.nets(word, scope, instance)?);
        }
        if !kind.fits(draft.pins.len()) {
            let message = format!(
                "{} connects {} nodes; {} has {}",
                e.name.text,
                draft.pins.len(),
                a(&kind.name),
                pin_names(kind)
            );
            let fault = Fault::new("elab::pin-count", span, message, "here");
            return Err(match &kind.pins.iter().filter(|p| p.repeats).collect::<Vec<_>>()[..] {
                [first, second] => {
                    let help = format!("'{}' stands for 2ⁿ nodes where '{}' stands for n", second.name, first.name);
                    fault.with_help(help)
                }
                _ => fault,
            });
        }
        if card.is_some() {
            self.use_model(what, &line, &mut draft)?;
        } else if kind.model == ModelUse::Required {
            return Err(Fault::new(
                "elab::no-model",
                what.span,
                format!("{} needs a .model", a(&kind.name)),
                "not a model",
            ));
        }
        self.set(&line, &mut draft)?;
        self.finish(&line, draft)
    }
}

/// Whether some two pins of a kind conduct so.
pub fn conducts(kind: &Kind, how: Conduct) -> bool {
    kind.paths.iter().any(|p| p.conduct == how)
}

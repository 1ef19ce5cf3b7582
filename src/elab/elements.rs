//! Element lines → parts: nodes, model, values and settings of every kind that needs nothing special.

use std::rc::Rc;

use super::eval::Context;
use super::fault::{Fault, did_you_mean};
use super::flatten::{Builder, unknown_subckt};
use super::instance::Instance;
use super::kinds::param_names;
use super::live::Want;
use super::scope::Scope;
use super::settings::{Settings, check_range, misplaced, unknown};
use super::value::Value as Constant;
use crate::circuit::kind::{Conduct, Kind, ModelUse, Param, Place, ValueKind};
use crate::circuit::{ModelId, NetId, Part, PartId, Setting};
use crate::diag::{Diagnostic, Span};
use crate::syntax::ast::{self, Argument, Element, Expr, ExprKind, Value, Word};
use crate::syntax::number;

/// An element line being read.
pub struct Line<'a> {
    pub e: &'a Element,
    pub span: Span,
    /// Full path
    pub path: String,
    pub scope: Rc<Scope<'a>>,
    pub instance: Rc<Instance>,
    pub values: Vec<&'a Value>,
    pub settings: Vec<&'a ast::Setting>,
}

impl<'a> Line<'a> {
    pub fn word(&self, k: usize) -> Option<&'a Word> {
        match self.values.get(k) {
            Some(Value::Word(w)) => Some(w),
            _ => None,
        }
    }

    /// The place of value `k`, or of the name where the line ends before.
    pub fn at(&self, k: usize) -> Span {
        self.values.get(k).map_or(self.e.name.span, |v| v.span())
    }

    pub fn setting(&self, name: &str) -> Option<&'a ast::Setting> {
        self.settings.iter().rfind(|s| s.name.is(name)).copied()
    }
}

/// A part as far as its line has been read.
pub struct Draft<'a> {
    pub kind: &'static Kind,
    pub pins: Vec<NetId>,
    pub model: Option<ModelId>,
    pub settings: Settings,
    /// What waits until all names are known.
    pub wants: Vec<(&'static str, Want<'a>, Span)>,
}

impl Draft<'_> {
    pub fn new(kind: &'static Kind, pins: Vec<NetId>) -> Self {
        Draft { kind, pins, model: None, settings: Settings::new(), wants: Vec::new() }
    }

    pub fn has(&self, name: &str) -> bool {
        self.settings.iter().any(|(n, _)| *n == name) || self.wants.iter().any(|(n, ..)| *n == name)
    }
}

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

    pub fn line(
        &mut self,
        e: &'a Element,
        span: Span,
        scope: &Rc<Scope<'a>>,
        instance: &Rc<Instance>,
    ) -> Result<Line<'a>, Fault> {
        let path = self.claim(&e.name, scope, instance)?;
        let (mut values, mut settings) = (Vec::with_capacity(e.args.len()), Vec::new());
        for a in &e.args {
            match a {
                Argument::Value(v) => values.push(v),
                Argument::Setting(s) => settings.push(s),
                Argument::Equal { span, .. } => {
                    return Err(Fault::new(
                        "elab::unexpected",
                        *span,
                        "this does not belong on an element line",
                        "here",
                    ));
                }
            }
        }
        Ok(Line { e, span, path, scope: scope.clone(), instance: instance.clone(), values, settings })
    }

    /// The kind of a letter, or of a name where the letter has several.
    pub fn kind(&self, name: &str, line: &Line) -> Result<&'static Kind, Fault> {
        self.kinds.by_name(name).ok_or_else(|| no_kind(line))
    }

    /// Nodes from the start of the line: at least `count` nets, a bus counts as many. Gives how many words they took.
    pub fn pins(&mut self, line: &Line<'a>, count: usize, kind: &'static Kind) -> Result<(Vec<NetId>, usize), Fault> {
        let mut nets = Vec::with_capacity(count);
        let mut k = 0;
        while nets.len() < count {
            let Some(word) = line.word(k) else {
                let names: Vec<&str> = kind.pins.iter().map(|p| p.name).collect();
                let message = format!("{} needs {count} nodes, not {}", line.e.name.text, nets.len());
                return Err(Fault::new("elab::too-few-nodes", line.at(k), message, "a node is missing")
                    .with_help(format!("the nodes of a {} are: {}", kind.name, names.join(" "))));
            };
            nets.extend(self.nets(word, &line.scope, &line.instance)?);
            k += 1;
        }
        if nets.len() > count {
            let message = format!("{} needs {count} nodes, not {}", line.e.name.text, nets.len());
            return Err(Fault::new("elab::too-many-nodes", line.at(k - 1), message, "this bus is too wide"));
        }
        Ok((nets, k))
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
            && !std::ptr::eq(kind, draft.kind)
        {
            let message =
                format!("'{}' is a model of type {}, not of a {}", word.text, card.base.text, draft.kind.name);
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
                Ok(true)
            }
            // What is wrong with the model has been said; the part would only say it again.
            None => Err(Fault::Said),
        }
    }

    /// Values after the nodes: the model and what stands without a name.
    pub fn positional(&mut self, line: &Line<'a>, draft: &mut Draft<'a>, from: usize) -> Result<(), Fault> {
        let kind = draft.kind;
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
                        draft.settings.push((p.name, Setting::Number(1.0)));
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
            let nodes = line.e.args.iter().filter_map(|a| match a {
                Argument::Value(Value::Word(w)) => Some(w),
                _ => None,
            });
            return Err(match nodes.last().filter(|w| line.scope.model_names().iter().any(|m| w.is(m))) {
                Some(model) => fault.with_help(format!(
                    "'{}' stands where its last node should be: the nodes are {}",
                    model.text,
                    kind.pins.iter().map(|p| p.name).collect::<Vec<_>>().join(" ")
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
    fn place(
        &mut self,
        line: &Line<'a>,
        draft: &mut Draft<'a>,
        param: &'static Param,
        value: &'a Value,
    ) -> Result<(), Fault> {
        match param.value {
            ValueKind::Number => {
                let v = self.number(value, line)?;
                check_range(param, v, value.span())?;
                draft.settings.push((param.name, Setting::Number(v)));
            }
            ValueKind::Part => {
                let name = self.part_name(value, line)?;
                draft.wants.push((param.name, Want::Part(name), value.span()));
            }
            ValueKind::Text => match value {
                Value::Word(w) if w.index.is_empty() => {
                    draft.settings.push((param.name, Setting::Text(w.text.to_ascii_lowercase())));
                }
                Value::Text(t, _) => draft.settings.push((param.name, Setting::Text(t.to_ascii_lowercase()))),
                _ => return Err(Fault::new("elab::not-a-word", value.span(), "a word is needed here", "here")),
            },
            _ => return Err(self.unexpected(line, value, draft)),
        }
        Ok(())
    }

    pub fn part_name(&self, value: &'a Value, line: &Line<'a>) -> Result<String, Fault> {
        match value {
            Value::Word(w) => Context::constant(self.shared, &line.scope).word(w),
            _ => Err(Fault::new("elab::not-an-element", value.span(), "the name of an element is needed here", "here")),
        }
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
            Fault::new("elab::unknown-model", word.span, format!("there is no model '{}'", word.text), "not defined");
        match did_you_mean(&word.text, line.scope.model_names()) {
            Some(help) => fault.with_help(help),
            None => fault.with_help(format!("add a card .model {} …, or .include the file that has it", word.text)),
        }
    }

    /// The number of a value: `1k`, a parameter, `{2*a}`.
    pub fn number(&self, value: &'a Value, line: &Line<'a>) -> Result<f64, Fault> {
        let v = self.constant(value, line)?;
        v.number().ok_or_else(|| {
            let message = format!("a number is needed here, not {}", v.describe());
            Fault::new("elab::not-a-number", value.span(), message, "here")
        })
    }

    /// The constant value of an argument.
    pub fn constant(&self, value: &'a Value, line: &Line<'a>) -> Result<Constant, Fault> {
        let context = Context::constant(self.shared, &line.scope);
        match value {
            Value::Word(w) => {
                if w.index.is_empty()
                    && let Some(n) = number::parse(&w.text)
                {
                    return Ok(Constant::Number(n.value));
                }
                context.value(&word_expr(w))
            }
            Value::Expr(e) => context.value(e),
            Value::Call { span, .. } | Value::Table { span, .. } => {
                Err(Fault::new("elab::not-a-number", *span, "a number is needed here", "not a number")
                    .with_help("put expressions in braces: {…}"))
            }
            Value::Text(_, span) => {
                Err(Fault::new("elab::not-a-number", *span, "a number is needed here, not a text", "here"))
            }
        }
    }

    /// All `name=value` of the line.
    pub fn set(&mut self, line: &Line<'a>, draft: &mut Draft<'a>) -> Result<(), Fault> {
        for s in &line.settings {
            self.set_one(line, draft, s)?;
        }
        Ok(())
    }

    pub fn set_one(&mut self, line: &Line<'a>, draft: &mut Draft<'a>, s: &'a ast::Setting) -> Result<(), Fault> {
        let kind = draft.kind;
        let Some(param) = kind.find(&s.name.text).map(|k| &kind.params[k]) else {
            let known: Vec<&str> = param_names(kind).collect();
            self.report(unknown(s, &known, kind.name));
            return Ok(());
        };
        if param.place == Place::Model {
            self.report(misplaced(s, kind, "belongs in its .model, not on the line"));
            return Ok(());
        }
        match (param.value, &s.values[..]) {
            (ValueKind::Equation, [e]) => draft.wants.push((param.name, Want::plain(e), s.span)),
            (ValueKind::Part, list) => {
                for e in list {
                    let name = path_text(e).ok_or_else(|| {
                        Fault::new("elab::not-an-element", e.span, "the name of an element is needed here", "here")
                    })?;
                    draft.wants.push((param.name, Want::Part(name), e.span));
                }
            }
            (_, values) => {
                let context = Context::constant(self.shared, &line.scope);
                let setting = self.constant_setting(param, values, s.span, &context)?;
                draft.settings.push((param.name, setting));
            }
        }
        Ok(())
    }

    /// Multiplies `m` down the hierarchy and adds the part.
    pub fn finish(&mut self, line: &Line<'a>, mut draft: Draft<'a>) -> Result<(), Fault> {
        let around = line.instance.multiplier;
        if around != 1.0 {
            match draft.kind.find("m").map(|k| draft.kind.params[k].name) {
                Some(name) => {
                    let own = draft.settings.iter().rfind(|(n, _)| *n == name).map_or(1.0, |(_, s)| match s {
                        Setting::Number(v) => *v,
                        _ => 1.0,
                    });
                    draft.settings.retain(|(n, _)| *n != name);
                    draft.settings.push((name, Setting::Number(own * around)));
                }
                None if conducts(draft.kind, Conduct::Current) => {
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
                None if !conducts(draft.kind, Conduct::Voltage) && !draft.pins.is_empty() => {
                    let message = format!("a {} cannot be multiplied; m={around} does not reach it", draft.kind.name);
                    self.report(
                        Diagnostic::warning("elab::not-multiplied", message)
                            .at(line.span, "in a multiplied subcircuit"),
                    );
                }
                None => {}
            }
        }
        let id = self.add(Part {
            path: line.path.clone(),
            kind: draft.kind,
            pins: draft.pins,
            model: draft.model,
            settings: draft.settings,
            span: line.span,
        });
        for (name, want, span) in draft.wants {
            self.wait(id, name, want, span, line);
        }
        Ok(())
    }

    fn wait(&mut self, part: PartId, name: &'static str, want: Want<'a>, span: Span, line: &Line<'a>) {
        let (scope, instance) = (line.scope.clone(), line.instance.clone());
        self.pending.push(super::live::Pending { part, name, want, span, scope, instance });
    }

    /// An X line of a built-in kind, by its name or that of a model.
    pub fn builtin(
        &mut self,
        e: &'a Element,
        span: Span,
        words: &[&'a Word],
        scope: &Rc<Scope<'a>>,
        instance: &Rc<Instance>,
    ) -> Result<(), Fault> {
        let what = words[words.len() - 1];
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
        for word in &words[..words.len() - 1] {
            draft.pins.extend(self.nets(word, scope, instance)?);
        }
        let nets = kind.nets();
        if !nets.contains(&draft.pins.len()) {
            let names: Vec<String> = kind
                .pins
                .iter()
                .map(|p| if p.optional { format!("[{}]", p.name) } else { p.name.to_string() })
                .collect();
            let message =
                format!("{} connects {} nodes; a {} has {}", e.name.text, draft.pins.len(), kind.name, names.join(" "));
            return Err(Fault::new("elab::pin-count", span, message, "here"));
        }
        if card.is_some() {
            self.use_model(what, &line, &mut draft)?;
        } else if kind.model == ModelUse::Required {
            return Err(Fault::new(
                "elab::no-model",
                what.span,
                format!("a {} needs a .model", kind.name),
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

fn no_kind(line: &Line) -> Fault {
    let text = &line.e.name.text;
    let message = format!("there is no element of letter '{}'", line.e.letter().to_ascii_uppercase());
    Fault::new("elab::unknown-element", line.e.name.span, message, format!("'{text}'"))
        .with_help("the first letter of a line says what it is: R C L K V I E F G H B D Q J M S W T X")
}

/// A word that is not a number, as an expression: a parameter, perhaps indexed.
pub fn word_expr(w: &Word) -> Expr {
    let name = Expr { span: w.span, kind: ExprKind::Name(w.text.clone()) };
    match w.index.is_empty() {
        true => name,
        false => Expr { span: w.span, kind: ExprKind::Index(Box::new(name), w.index.clone()) },
    }
}

/// The name an expression spells: `Vsense`, `X1.V2`.
pub fn path_text(e: &Expr) -> Option<String> {
    match &e.kind {
        ExprKind::Name(n) | ExprKind::Text(n) => Some(n.clone()),
        ExprKind::Field(base, name) => Some(format!("{}.{}", path_text(base)?, name.text)),
        _ => None,
    }
}

/// Whether a fault only says that a value is not constant.
pub fn is_live<T>(result: &Result<T, Fault>) -> bool {
    matches!(result, Err(Fault::Live(_)))
}

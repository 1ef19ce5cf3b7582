//! An element line being read: its nodes and values.

use std::rc::Rc;

use super::builder::Builder;
use super::eval::Context;
use super::fault::Fault;
use super::instance::Instance;
use super::live::Want;
use super::scope::Scope;
use super::settings::Settings;
use super::value::Value as Constant;
use super::variation::Owner;
use crate::circuit::kind::{Kind, KindRef, Label};
use crate::circuit::{ModelId, NetId};
use crate::diag::{Span, a};
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
    pub kind: KindRef,
    pub pins: Vec<NetId>,
    pub model: Option<ModelId>,
    pub settings: Settings,
    /// What waits until all names are known.
    pub wants: Vec<(Label, Want<'a>, Span)>,
    /// What `.variation` may name it by
    pub owner: Owner,
}

impl Draft<'_> {
    pub fn new(kind: impl Into<KindRef>, pins: Vec<NetId>) -> Self {
        Draft {
            kind: kind.into(),
            pins,
            model: None,
            settings: Settings::new(),
            wants: Vec::new(),
            owner: Owner::default(),
        }
    }

    pub fn has(&self, name: &str) -> bool {
        self.settings.iter().any(|(n, _)| *n == name) || self.wants.iter().any(|(n, ..)| *n == name)
    }
}

impl<'a> Builder<'a> {
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
                let message = format!("{} needs {count} nodes, not {}", line.e.name.text, nets.len());
                return Err(Fault::new("elab::too-few-nodes", line.at(k), message, "a node is missing")
                    .with_help(format!("the nodes of {} are: {}", a(&kind.name), super::elements::pin_names(kind))));
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

    pub fn part_name(&self, value: &'a Value, line: &Line<'a>) -> Result<String, Fault> {
        match value {
            Value::Word(w) => Context::constant(self.shared, &line.scope).word(w),
            _ => Err(Fault::new("elab::not-an-element", value.span(), "the name of an element is needed here", "here")),
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
            Value::Word(w) => word_value(w, &context),
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
}

/// Nothing starts with this letter.
pub fn no_kind(line: &Line) -> Fault {
    let text = &line.e.name.text;
    let later = match line.e.letter() {
        'j' => Some("junction field-effect transistors"),
        't' | 'o' => Some("transmission lines"),
        _ => None,
    };
    if let Some(what) = later {
        return Fault::new(
            "elab::not-yet",
            line.e.name.span,
            format!("{what} are not supported yet"),
            format!("'{text}'"),
        );
    }
    let message = format!("there is no element of letter '{}'", line.e.letter().to_ascii_uppercase());
    Fault::new("elab::unknown-element", line.e.name.span, message, format!("'{text}'"))
        .with_help("the first letter of a line says what it is: R C L K V I E F G H B D Q M S W X")
}

/// The value of a word: a number, or a parameter.
pub fn word_value(w: &Word, context: &Context) -> Result<Constant, Fault> {
    if w.index.is_empty()
        && let Some(n) = number::parse(&w.text)
    {
        return Ok(Constant::Number(n.value));
    }
    context.value(&word_expr(w))
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

//! One line of a `.network` → its kind, sizes, words and settings, each checked for being there at all.

use super::eval::Context;
use super::fault::{Fault, did_you_mean};
use super::line::word_value;
use super::value::Value as Constant;
use crate::diag::Span;
use crate::nn::{Padding, Window};
use crate::syntax::ast::{Layer, Setting, Value};

/// Kinds of layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Input,
    Conv,
    MaxPool,
    AvgPool,
    Dense,
    Flatten,
    Activation,
}

/// Name, settings and form of each kind.
const KINDS: [(Kind, &str, &[&str], &str); 7] = [
    (Kind::Input, "input", &[], "input 28x28, input 3x32x32 or input 784"),
    (
        Kind::Conv,
        "conv",
        &["weights", "bias", "activation", "stride"],
        "conv 32 5x5 same stride=1 activation=relu weights=\"conv1.npy\": filters, window, same or valid",
    ),
    (Kind::MaxPool, "maxpool", &["stride"], "maxpool 2x2 valid stride=2: a window"),
    (Kind::AvgPool, "avgpool", &["stride"], "avgpool 2x2 valid stride=2: a window"),
    (Kind::Dense, "dense", &["weights", "bias", "activation"], "dense 10 activation=softmax weights=\"fc.npy\": units"),
    (Kind::Flatten, "flatten", &[], "flatten"),
    (Kind::Activation, "activation", &[], "activation relu"),
];

impl Kind {
    /// The kind a line begins with.
    pub fn of(layer: &Layer) -> Result<Kind, Fault> {
        let lower = layer.kind.lower();
        if let Some((kind, ..)) = KINDS.iter().find(|(_, name, ..)| *name == lower) {
            return Ok(*kind);
        }
        let message = format!("there is no kind of layer '{}'", layer.kind.text);
        let fault = Fault::new("elab::unknown-layer", layer.kind.span, message, "not known");
        let names = KINDS.iter().map(|(_, name, ..)| *name);
        Err(match did_you_mean(&lower, names.clone()) {
            Some(help) => fault.with_help(help),
            None => fault.with_help(format!("layers are {}", names.collect::<Vec<_>>().join(", "))),
        })
    }

    fn row(self) -> &'static (Kind, &'static str, &'static [&'static str], &'static str) {
        &KINDS[self as usize]
    }

    pub fn name(self) -> &'static str {
        self.row().1
    }
}

/// The arguments of a layer.
pub struct Line<'l> {
    pub kind: Kind,
    pub layer: &'l Layer,
    /// `5x5` is two numbers
    sizes: Vec<(Vec<usize>, Span)>,
    padding: Option<(Padding, Span)>,
    /// `relu` of `activation relu`
    pub word: Option<(String, Span)>,
}

impl<'l> Line<'l> {
    pub fn read(layer: &'l Layer, kind: Kind, context: &Context) -> Result<Line<'l>, Fault> {
        let mut line = Line { kind, layer, sizes: Vec::new(), padding: None, word: None };
        for value in &layer.args {
            let word = match value {
                Value::Word(w) if w.index.is_empty() => w.text.to_ascii_lowercase(),
                _ => String::new(),
            };
            match (kind, word.as_str()) {
                (Kind::Activation, name) if !name.is_empty() && line.word.is_none() => {
                    line.word = Some((word, value.span()));
                }
                (Kind::Conv | Kind::MaxPool | Kind::AvgPool, "same") => line.pad(Padding::Same, value.span())?,
                (Kind::Conv | Kind::MaxPool | Kind::AvgPool, "valid") => line.pad(Padding::Valid, value.span())?,
                _ => line.sizes.push((line.sizes(value, &word, context)?, value.span())),
            }
        }
        for setting in &layer.settings {
            if !line.kind.row().2.iter().any(|name| setting.name.is(name)) {
                return Err(line.unknown(setting));
            }
        }
        Ok(line)
    }

    /// `28x28`, `32`, `n`, `{2*n}`
    fn sizes(&self, value: &Value, lower: &str, context: &Context) -> Result<Vec<usize>, Fault> {
        let span = value.span();
        let literal: Option<Vec<usize>> = lower.split('x').map(|n| n.parse().ok()).collect();
        let constant = match (literal, value) {
            (Some(list), _) => Constant::vector(list.into_iter().map(|n| n as f64).collect()),
            (None, Value::Word(w)) => {
                word_value(w, context).map_err(|fault| match did_you_mean(lower, ["same", "valid"]) {
                    Some(help) => self.wrong(span, &format!("'{}' is no size", w.text)).with_help(help),
                    None => fault.with_help(format!("the form is: {}", self.kind.row().3)),
                })?
            }
            (None, Value::Expr(e)) => context.value(e)?,
            _ => return Err(self.wrong(span, "a size is needed here")),
        };
        whole(&constant, span)
    }

    fn pad(&mut self, padding: Padding, span: Span) -> Result<(), Fault> {
        match self.padding.replace((padding, span)) {
            None => Ok(()),
            Some(_) => Err(self.wrong(span, "the edges are said twice")),
        }
    }

    fn unknown(&self, setting: &Setting) -> Fault {
        let (_, name, known, _) = self.kind.row();
        let message = format!("{name} has no setting '{}'", setting.name.text);
        let fault = Fault::new("elab::layer-setting", setting.name.span, message, "not known");
        match did_you_mean(&setting.name.text, known.iter().copied()) {
            Some(help) => fault.with_help(help),
            None if known.is_empty() => fault.with_help("it has none"),
            None => fault.with_help(format!("it has {}", known.join(", "))),
        }
    }

    /// A line of another form than its kind has.
    pub fn wrong(&self, span: Span, message: &str) -> Fault {
        Fault::new("elab::layer-form", span, message, "here").with_help(format!("the form is: {}", self.kind.row().3))
    }

    pub fn setting(&self, name: &str) -> Option<&'l Setting> {
        self.layer.settings.iter().rfind(|s| s.name.is(name))
    }

    /// All sizes one behind the other.
    pub fn axes(&self) -> Vec<usize> {
        self.sizes.iter().flat_map(|(list, _)| list.iter().copied()).collect()
    }

    /// As many sizes as the kind has, each of one number or, a window, of one or two.
    pub fn exactly(&self, count: usize) -> Result<(), Fault> {
        match self.sizes.get(count) {
            Some((_, span)) => Err(self.wrong(*span, "this is one size too many")),
            None if self.sizes.len() < count => Err(self.wrong(self.layer.kind.span, "a size is missing")),
            None => Ok(()),
        }
    }

    /// Size `k`, one number.
    pub fn count(&self, k: usize) -> Result<usize, Fault> {
        match self.sizes.get(k) {
            Some((list, span)) => match list[..] {
                [n] => Ok(n),
                _ => Err(self.wrong(*span, "one number is needed here")),
            },
            None => Err(self.wrong(self.layer.kind.span, "a size is missing")),
        }
    }

    /// Size `k` as a window; it moves by `stride=`, else by `stride` of its size.
    pub fn window(&self, k: usize, context: &Context, stride: impl Fn(usize) -> usize) -> Result<Window, Fault> {
        let Some((list, span)) = self.sizes.get(k) else {
            return Err(self.wrong(self.layer.kind.span, "a window is missing"));
        };
        let pair = |list: &[usize], span| match list[..] {
            [n] => Ok([n, n]),
            [rows, columns] => Ok([rows, columns]),
            _ => Err(self.wrong(span, "one number or two are needed here: rows and columns")),
        };
        let size = pair(list, *span)?;
        let stride = match self.setting("stride") {
            None => size.map(stride),
            Some(s) => match &s.values[..] {
                [e] => pair(&whole(&context.value(e)?, e.span)?, e.span)?,
                _ => return Err(self.wrong(s.span, "a stride is one number, or a list of two")),
            },
        };
        Ok(Window { size, stride, padding: self.padding.map_or_else(Padding::default, |p| p.0) })
    }
}

/// Counts from 1 on.
fn whole(value: &Constant, span: Span) -> Result<Vec<usize>, Fault> {
    let numbers = value.numbers();
    let size = |v: f64| (v >= 1.0 && v.fract() == 0.0 && v <= 1e9).then_some(v as usize);
    let list: Option<Vec<usize>> = numbers.iter().map(|v| size(*v)).collect();
    match list {
        Some(list) if !list.is_empty() => Ok(list),
        _ => {
            let message = format!("{} is no size", value.describe());
            Err(Fault::new("elab::layer-size", span, message, "a whole number from 1 on is needed"))
        }
    }
}

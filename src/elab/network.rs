//! `.network` blocks → networks of software. Shapes are checked line by line; a line that is wrong does not hide the mistakes
//! of the next as long as its shape is known.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use ndarray::ArrayD;

use super::eval::Context;
use super::fault::Fault;
use super::network_layer::{Kind, Line};
use super::scope::reads;
use super::value::Value as Constant;
use super::value::network::{Network, Outside, Part, scalar, unknown};
use super::value::{data, software::Library};
use crate::diag::{Diagnostic, Span};
use crate::nn::{self, Activation, Error, Shape, Weights};
use crate::syntax::ast::{self, Expr, ExprKind, Name, Setting, Value};

/// A network as a value, or everything that is wrong with it.
pub fn network(block: &ast::Network, context: &Context) -> Result<Constant, Vec<Fault>> {
    let mut maker = Maker {
        context,
        net: None,
        shape: None,
        layers: Vec::new(),
        counts: HashMap::new(),
        outside: BTreeMap::new(),
        faults: Vec::new(),
    };
    block.layers.iter().for_each(|layer| maker.line(layer));
    let Maker { net, layers, outside, mut faults, .. } = maker;
    match net {
        Some(net) if faults.is_empty() => {
            let name = block.name.text.clone();
            Ok(Constant::Network(Part::whole(Network { name, net, layers, outside })))
        }
        _ => {
            if faults.is_empty() {
                let message = format!("the network {} has no input", block.name.text);
                let fault = Fault::new("elab::network-input", block.name.span, message, "this network");
                faults.push(fault.with_help("its first layer is input 28x28, or whatever the images are"));
            }
            Err(faults)
        }
    }
}

/// Calls `see` as [`reads`] does, with every name a network reads of the scope around it.
pub fn network_reads<'a>(network: &'a ast::Network, see: &mut impl FnMut(&'a str, bool)) {
    for layer in &network.layers {
        for value in &layer.args {
            match value {
                Value::Expr(e) => reads(e, see),
                Value::Word(w) if !(w.is("same") || w.is("valid")) => see(&w.text, false),
                _ => {}
            }
        }
        layer.settings.iter().flat_map(|s| &s.values).for_each(|e| reads(e, see));
    }
}

/// A network in the making.
struct Maker<'m, 'c, 'a> {
    context: &'m Context<'c, 'a>,
    /// From the input on
    net: Option<nn::Network>,
    /// What the next layer gets; None where that is not known
    shape: Option<Shape>,
    layers: Vec<String>,
    counts: HashMap<&'static str, usize>,
    outside: BTreeMap<nn::LayerId, Outside>,
    faults: Vec<Fault>,
}

/// A layer that could not be made: why, and the shape that it would have.
type Refused = (Fault, Option<Shape>);

impl Maker<'_, '_, '_> {
    fn line(&mut self, layer: &ast::Layer) {
        let line = Kind::of(layer).and_then(|kind| Line::read(layer, kind, self.context));
        let line = match line {
            Ok(line) => line,
            Err(fault) => {
                self.shape = None;
                self.faults.push(fault);
                return;
            }
        };
        let outcome = match (line.kind, self.net.is_some()) {
            (Kind::Input, false) => self.input(&line),
            (Kind::Input, true) => {
                let fault =
                    Fault::new("elab::network-input", layer.kind.span, "a network has one input", "a second one");
                Err((fault, self.shape.take()))
            }
            (_, false) if self.faults.is_empty() => {
                let message = format!("{} stands before the input", line.kind.name());
                let fault = Fault::new("elab::network-input", layer.kind.span, message, "the first layer");
                Err((fault.with_help("a network begins with its input: input 28x28"), None))
            }
            _ => self.layer(&line),
        };
        if let Err((fault, shape)) = outcome {
            self.shape = shape;
            self.faults.push(fault);
        }
    }

    fn input(&mut self, line: &Line) -> Result<(), Refused> {
        let none = |fault| (fault, None);
        let shape = Shape::new(line.axes())
            .ok_or_else(|| none(line.wrong(line.layer.kind.span, "an input has one to three sizes")))?;
        let shape = shape
            .checked()
            .map_err(|e| none(wrong("elab::layer-shape", line.layer.kind.span, format!("input: {e}"), "too big")))?;
        self.net = Some(nn::Network::new(shape.clone()));
        self.shape = Some(shape);
        Ok(())
    }

    /// Adds a layer behind the others.
    fn layer(&mut self, line: &Line) -> Result<(), Refused> {
        let kind = line.kind.name();
        let number = self.counts.entry(kind).and_modify(|n| *n += 1).or_insert(1);
        self.layers.push(format!("{kind}{number}"));
        // What comes of a layer whose shape is not known is not known either.
        let Some(input) = self.shape.take() else { return Ok(()) };
        let made = self.made(line, &input)?;
        let (activation, outside) = self.activation(line).map_err(|f| (f, Some(made.shape.clone())))?;
        self.shape = Some(made.shape.clone());
        if let Some(net) = &mut self.net {
            let id = net.push(made.with(activation));
            self.outside.extend(outside.map(|o| (id, o)));
        }
        Ok(())
    }

    fn made(&self, line: &Line, input: &Shape) -> Result<nn::Layer, Refused> {
        let none = |fault| (fault, None);
        let misfit = |e: Error| none(self.misfit(line, input, &e));
        match line.kind {
            Kind::Conv => {
                line.exactly(2).map_err(none)?;
                let filters = line.count(0).map_err(none)?;
                let window = line.window(1, self.context, |_| 1).map_err(none)?;
                let shape = nn::Layer::conv_shape(input, filters, window).map_err(misfit)?;
                self.weighted(line, input, &shape, |w| nn::Layer::conv(input, filters, window, w))
            }
            Kind::Dense => {
                line.exactly(1).map_err(none)?;
                let units = line.count(0).map_err(none)?;
                let shape = Shape::units(units).checked().map_err(misfit)?;
                self.weighted(line, input, &shape, |w| nn::Layer::dense(input, units, w))
            }
            Kind::MaxPool | Kind::AvgPool => {
                line.exactly(1).map_err(none)?;
                let window = line.window(0, self.context, |size| size).map_err(none)?;
                match line.kind {
                    Kind::MaxPool => nn::Layer::maxpool(input, window).map_err(misfit),
                    _ => nn::Layer::avgpool(input, window).map_err(misfit),
                }
            }
            Kind::Flatten => {
                line.exactly(0).map_err(none)?;
                Ok(nn::Layer::flatten(input))
            }
            Kind::Activation | Kind::Input => {
                line.exactly(0).map_err(none)?;
                Ok(nn::Layer::activation(input, Activation::Identity))
            }
        }
    }

    /// A layer with weights that gives this shape.
    fn weighted(
        &self,
        line: &Line,
        input: &Shape,
        shape: &Shape,
        make: impl Fn(Weights) -> Result<nn::Layer, Error>,
    ) -> Result<nn::Layer, Refused> {
        let known = |fault| (fault, Some(shape.clone()));
        let Some(setting) = line.setting("weights") else {
            // Weights of no shape: what is said against them is the shape that serves.
            let nothing = ArrayD::zeros(ndarray::IxDyn(&[0]));
            let mut fault = Fault::new(
                "elab::no-weights",
                line.layer.kind.span,
                format!("{} has no weights", line.kind.name()),
                "needs weights=",
            );
            if let Err(Error::Weights { expected, .. }) = make(Weights { matrix: &nothing, bias: None })
                && let Some(first) = expected.first()
            {
                fault = fault.with_help(format!("weights=\"file.npy\" or weights={{…}} of shape {first:?}"));
            }
            return Err(known(fault));
        };
        let matrix = self.array(setting).map_err(known)?;
        let bias = line.setting("bias").map(|s| self.array(s)).transpose().map_err(known)?;
        make(Weights { matrix: &matrix, bias: bias.as_deref() }).map_err(|e| known(self.misfit(line, input, &e)))
    }

    /// The numbers that `weights=` or `bias=` names.
    fn array(&self, setting: &Setting) -> Result<Arc<ArrayD<f64>>, Fault> {
        let [e] = &setting.values[..] else {
            let message = format!("'{}' takes one value", setting.name.text);
            return Err(Fault::new("elab::one-value", setting.span, message, "here"));
        };
        let value = match self.context.value(e)? {
            Constant::Text(file) => data::named(self.context.shared.files, &file, e.span)?,
            value => value,
        };
        match &value {
            Constant::Archive(arrays) => {
                let names: Vec<&str> = arrays.keys().map(String::as_str).collect();
                let message = format!("{} are several arrays", setting.name.text);
                let help = format!("which of {}? {}={{npz(\"file\").name}}", names.join(", "), setting.name.text);
                Err(Fault::new("elab::weights", e.span, message, "an archive").with_help(help))
            }
            value => value.to_array().ok_or_else(|| {
                let message = format!("{} are numbers, not {}", setting.name.text, value.describe());
                Fault::new("elab::weights", e.span, message, "here")
            }),
        }
    }

    /// The activation of a layer, and what it is where a network does not know it itself. A user's function wins.
    fn activation(&self, line: &Line) -> Result<(Activation, Option<Outside>), Fault> {
        let expr = match (&line.word, line.setting("activation")) {
            (Some((word, span)), _) => Expr { span: *span, kind: ExprKind::Name(word.clone()) },
            (None, Some(Setting { values, span, .. })) => match &values[..] {
                [e] => e.clone(),
                _ => return Err(line.wrong(*span, "one activation is needed here")),
            },
            (None, None) if line.kind == Kind::Activation => {
                return Err(line.wrong(line.layer.kind.span, "which activation?"));
            }
            (None, None) => return Ok((Activation::Identity, None)),
        };
        let outside = |o| Ok((Activation::Outside, Some(o)));
        let name = match &expr.kind {
            ExprKind::Name(n) => Name { text: n.clone(), span: expr.span },
            ExprKind::Text(n) => Name { text: n.clone(), span: expr.span },
            // A protocol of an instance
            ExprKind::Field(..) => return outside(Outside::Hardware(expr)),
            _ => return Err(Fault::new("elab::activation", expr.span, "an activation is a name", "not a name")),
        };
        let (lower, scope) = (name.lower(), self.context.scope);
        if scope.function(&lower).is_some() {
            return outside(Outside::Function(name));
        }
        if let Some(activation) = Activation::named(&lower) {
            return Ok((activation, None));
        }
        if scope.chain().any(|s| s.definitions.protocols.contains(&lower)) {
            return outside(Outside::Hardware(expr));
        }
        match scalar(&lower) {
            Some(_) => outside(Outside::Function(name)),
            None => Err(unknown(&name, &scope.func_names().into_iter().map(str::to_string).collect::<Vec<_>>())),
        }
    }

    /// What does not fit, at the line.
    fn misfit(&self, line: &Line, input: &Shape, error: &Error) -> Fault {
        let name = self.layers.last().map_or("", String::as_str);
        let place = line.layer.kind.span;
        let at = |name: &str| line.setting(name).map_or(place, |s| s.span);
        match error {
            Error::Weights { expected, found } => {
                let wanted = &expected[0];
                let d = Diagnostic::error("elab::weights-shape", format!("{name}: {error}"))
                    .at(at("weights"), format!("shape {found:?}"))
                    .at(place, format!("needs {wanted:?}"));
                Fault::Wrong(Box::new(d.help(reshaped(wanted, found, input))))
            }
            Error::Bias { expected, found } => {
                let d = Diagnostic::error("elab::bias-shape", format!("{name}: {error}"))
                    .at(at("bias"), format!("shape {found:?}"))
                    .at(place, format!("needs one number for each of its {expected}"));
                Fault::Wrong(Box::new(d))
            }
            Error::NotFinite(_) => wrong("elab::weights", at("weights"), format!("{name}: {error}"), "read from here"),
            Error::NoPlanes(_) => {
                wrong("elab::layer-shape", place, format!("{name}: {error}"), "needs rows and columns")
                    .with_help("input 28x28 has rows and columns; dense and flatten take them away")
            }
            Error::Window(..) => {
                wrong("elab::layer-shape", place, format!("{name}: {error}"), "larger than what it gets")
                    .with_help("'same' lets a window stand out over the edges")
            }
            other => wrong("elab::layer-shape", place, format!("{name}: {other}"), "this layer"),
        }
    }
}

fn wrong(code: &'static str, span: Span, message: String, label: &str) -> Fault {
    Fault::new(code, span, message, label)
}

/// How weights of a wrong shape may be meant.
fn reshaped(wanted: &[usize], found: &[usize], input: &Shape) -> String {
    let turned: Vec<usize> = found.iter().rev().copied().collect();
    if turned == wanted && wanted.len() == 2 {
        return "weights are units × inputs: transpose( ) turns them".to_string();
    }
    if wanted.iter().product::<usize>() == found.iter().product::<usize>() {
        let list: Vec<String> = wanted.iter().map(usize::to_string).collect();
        return format!("as many numbers; if their order is right, reshape(w, {}) fits", list.join(", "));
    }
    match wanted.len() {
        2 => format!("units × inputs, and what it gets is {input}"),
        _ => format!("filters × channels × rows × columns of the window, and what it gets is {input}"),
    }
}

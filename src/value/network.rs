//! Calls of networks: `cnn(x)`, `cnn(x, conv1=f)`, `cnn.maxpool1(x)`, `cnn.conv1.sums(x)`. What a network does not compute
//! itself (a `.func` as activation, a function in place of one) is called between its layers.

use std::collections::BTreeMap;
use std::sync::Arc;

use ndarray::{ArrayD, Axis, IxDyn};

use super::answer::Answer;
use super::assign::Given;
use super::builtin::{self, Body, Builtin};
use super::eval::{eval, unnamed_after_named};
use super::fault::{Fault, did_you_mean};
use super::scope::Scope;
use super::{Value, check_size};
use crate::diag::Span;
use crate::nn::{self, Activation, LayerId, Replaced, Shape};
use crate::syntax::ast::{Expr, ExprArg, ExprKind, Name};

/// A function is given at most so many sums at a time, whole images of them.
const PORTION: usize = 1 << 23;

/// A `.network`: its layers by name, and what it does not compute itself.
#[derive(Debug)]
pub struct Network {
    pub name: String,
    pub net: nn::Network,
    /// `conv1`, `maxpool1` …: kind and number from 1
    pub layers: Vec<String>,
    /// Activations that are none of [`Activation::NAMES`]
    pub outside: BTreeMap<LayerId, Outside>,
}

/// An activation that a network does not compute itself.
#[derive(Clone, Debug, PartialEq)]
pub enum Outside {
    /// A `.func` or a built-in function, called with the weighted sums
    Function(Name),
    /// A protocol, as written: it takes time
    Hardware(Expr),
}

impl Network {
    pub fn layer(&self, name: &str) -> Option<LayerId> {
        self.layers.iter().position(|n| n.eq_ignore_ascii_case(name)).map(LayerId)
    }

    fn no_layer(&self, name: &Name) -> Fault {
        let message = format!("the network {} has no layer '{}'", self.name, name.text);
        let fault = Fault::new("value::unknown-layer", name.span, message, "not known");
        let names = self.layers.iter().map(String::as_str);
        fault.with_help(did_you_mean(&name.text, names).unwrap_or_else(|| match self.layers.len() {
            0 => "it has no layers but its input".to_string(),
            _ => format!("its layers are {}", self.layers.join(", ")),
        }))
    }
}

/// A network or one of its layers as a value: `cnn`, `cnn.conv1`.
#[derive(Clone, Debug)]
pub struct Part {
    pub network: Arc<Network>,
    pub layer: Option<LayerId>,
}

/// The same one, not one that computes the same.
impl PartialEq for Part {
    fn eq(&self, other: &Part) -> bool {
        Arc::ptr_eq(&self.network, &other.network) && self.layer == other.layer
    }
}

impl Part {
    pub fn whole(network: Network) -> Part {
        Part { network: Arc::new(network), layer: None }
    }

    /// For messages: `the network cnn`, `the layer cnn.conv1`.
    pub fn describe(&self) -> String {
        match self.layer.and_then(|l| self.network.layers.get(l.0)) {
            None => format!("the network {}", self.network.name),
            Some(layer) => format!("the layer {}.{layer}", self.network.name),
        }
    }

    /// `cnn.conv1`
    pub fn field(&self, name: &Name) -> Result<Part, Fault> {
        let layer = match self.layer {
            None => self.network.layer(&name.text).ok_or_else(|| self.network.no_layer(name))?,
            Some(_) => return Err(self.nothing_inside(name)),
        };
        Ok(Part { network: self.network.clone(), layer: Some(layer) })
    }

    fn nothing_inside(&self, name: &Name) -> Fault {
        let message = format!("{} has no '{}'", self.describe(), name.text);
        Fault::new("value::unknown-layer", name.span, message, "not known")
            .with_help("a layer is called for what it gives, its sums(x) for what it gives to its activation")
    }
}

/// What is asked of a network.
#[derive(Clone, Copy, Debug)]
enum Ask {
    /// Of this layer, or of the last
    Output(Option<LayerId>),
    Sums(LayerId),
}

/// What stands in place of a layer.
enum Stand {
    Array(Arc<ArrayD<f64>>),
    /// Called with the weighted sums
    Function(Name),
}

/// `name(…)`, where the name is that of a network or a layer.
pub fn call(part: &Part, args: &[ExprArg], span: Span, scope: &mut dyn Scope) -> Result<Answer, Fault> {
    ask(&part.network, Ask::Output(part.layer), args, span, scope)
}

/// `base.name(…)`, where the base leads to a network: `cnn.maxpool1(x)`, `cnn.conv1.sums(x)`. None where it does not.
pub fn method(
    base: &Expr,
    name: &Name,
    args: &[ExprArg],
    span: Span,
    scope: &mut dyn Scope,
) -> Result<Option<Answer>, Fault> {
    let Some(part) = part(base, scope)? else { return Ok(None) };
    let question = match part.layer {
        Some(layer) if name.is("sums") => Ask::Sums(layer),
        Some(_) => return Err(part.nothing_inside(name)),
        None => Ask::Output(part.field(name)?.layer),
    };
    ask(&part.network, question, args, span, scope).map(Some)
}

/// The network or layer that a path spells.
fn part(path: &Expr, scope: &mut dyn Scope) -> Result<Option<Part>, Fault> {
    match &path.kind {
        ExprKind::Name(n) => match scope.name(&n.to_ascii_lowercase(), path.span)? {
            Some(Value::Network(part)) => Ok(Some(part)),
            Some(Value::Broken) => Err(Fault::Said),
            _ => Ok(None),
        },
        ExprKind::Field(base, name) => part(base, scope)?.map(|p| p.field(name)).transpose(),
        _ => Ok(None),
    }
}

fn ask(network: &Network, ask: Ask, args: &[ExprArg], span: Span, scope: &mut dyn Scope) -> Result<Answer, Fault> {
    let (x, mut stands) = arguments(network, args, span, scope)?;
    let (layer, activated) = match ask {
        Ask::Output(layer) => (layer.or(network.net.last()), true),
        Ask::Sums(layer) => (Some(layer), false),
    };
    let Some(layer) = layer else {
        return network
            .net
            .forward(&x, &Replaced::new())
            .map(|y| Value::array(y).into())
            .map_err(|e| wrong(network, e, span));
    };
    let shown = |id: LayerId| id < layer || id == layer && activated;
    for (id, activation) in network.outside.iter().filter(|(id, _)| shown(**id)) {
        if !stands.contains_key(id) {
            let stand = match activation {
                Outside::Function(name) => Stand::Function(name.clone()),
                Outside::Hardware(path) => return Err(takes_time(network, *id, path.span)),
            };
            stands.insert(*id, (stand, span));
        }
    }
    if let Some((id, (_, at))) = stands.iter().find(|(id, _)| !shown(**id)) {
        let (name, wanted) = (&network.layers[id.0], &network.layers[layer.0]);
        let what = if activated { wanted.clone() } else { format!("the sums of {wanted}") };
        return Err(Fault::new("value::unused-layer", *at, format!("{name} has no part in {what}"), "comes later"));
    }
    let portion = stands.iter().filter(|(_, (s, _))| matches!(s, Stand::Function(_)));
    let portion = portion.filter_map(|(id, _)| network.net.layer(*id)).map(|l| PORTION / l.shape.count()).min();
    let images = network.net.images(&x).map_err(|e| wrong(network, e, span))?;
    let mut run = Run { network, layer, activated, span };
    match (images, portion.map(|p| p.max(1))) {
        (Some(count), Some(portion)) if count > portion => {
            let finished =
                stands.values().any(|(s, _)| matches!(s, Stand::Array(a) if a.shape().first() != Some(&count)));
            if finished {
                let message = format!("an array in place of a layer needs the {count} images on its first axis here");
                return Err(Fault::new("value::layer-shape", span, message, "too many images for one go"));
            }
            run.portions(&x, count, portion, &stands, scope)
        }
        _ => run.once(&x, &stands, scope).map(Value::array),
    }
    .map(Answer::One)
}

/// Input and what replaces layers, each with its place.
type Arguments = (Arc<ArrayD<f64>>, BTreeMap<LayerId, (Stand, Span)>);

fn arguments(network: &Network, args: &[ExprArg], span: Span, scope: &mut dyn Scope) -> Result<Arguments, Fault> {
    let usage = || format!("{}(x) or {}(x, LAYER=f)", network.name, network.name);
    let (mut x, mut stands) = (None, BTreeMap::new());
    for arg in args {
        let at = arg.value.span;
        let Some(name) = &arg.name else {
            if !stands.is_empty() {
                return Err(unnamed_after_named(at));
            }
            let value = eval(&arg.value, scope)?;
            let array = value.to_array().ok_or_else(|| {
                let message = format!("a network takes numbers, not {}", value.describe());
                Fault::new("value::not-a-number", at, message, "here")
            })?;
            if x.replace(array).is_some() {
                let message = format!("{} takes one array", network.name);
                return Err(Fault::new("value::arguments", at, message, "a second one").with_help(usage()));
            }
            continue;
        };
        let layer = network.layer(&name.text).ok_or_else(|| network.no_layer(name))?;
        if stands.insert(layer, (stand(&arg.value, scope)?, at)).is_some() {
            return Err(Fault::new("value::arguments", name.span, format!("'{}' is given twice", name.text), "here"));
        }
    }
    let x = x.ok_or_else(|| {
        let message = format!("{} is called without an input", network.name);
        Fault::new("value::arguments", span, message, "called here").with_help(usage())
    })?;
    Ok((x, stands))
}

/// What `conv1=…` means: a value, else the name of a function.
fn stand(expr: &Expr, scope: &mut dyn Scope) -> Result<Stand, Fault> {
    if let ExprKind::Name(n) = &expr.kind
        && scope.name(&n.to_ascii_lowercase(), expr.span)?.is_none()
    {
        return Ok(Stand::Function(Name { text: n.clone(), span: expr.span }));
    }
    let value = eval(expr, scope)?;
    match value.to_array() {
        Some(array) => Ok(Stand::Array(array)),
        None => {
            let message = format!("{} cannot stand for a layer", value.describe());
            Err(Fault::new("value::layer-shape", expr.span, message, "here")
                .with_help("a function of the weighted sums can, or a finished array"))
        }
    }
}

fn takes_time(network: &Network, layer: LayerId, span: Span) -> Fault {
    let message =
        format!("the activation of {}.{} is a protocol, which takes time", network.name, network.layers[layer.0]);
    Fault::new("value::hardware-activation", span, message, "software cannot wait for it").with_help(
        "a protocol or an experiment can call this network; software can put a function in place of the layer",
    )
}

/// One question on its way through the layers.
struct Run<'n> {
    network: &'n Network,
    layer: LayerId,
    activated: bool,
    /// The call
    span: Span,
}

impl Run<'_> {
    fn once(
        &mut self,
        x: &ArrayD<f64>,
        stands: &BTreeMap<LayerId, (Stand, Span)>,
        scope: &mut dyn Scope,
    ) -> Result<ArrayD<f64>, Fault> {
        let net = &self.network.net;
        let mut replaced = Replaced::new();
        for (id, (stand, at)) in stands {
            let array = match stand {
                Stand::Array(a) => a.clone(),
                Stand::Function(f) => {
                    let sums =
                        net.sums(*id, x, &replaced, scope.threads()).map_err(|e| wrong(self.network, e, self.span))?;
                    scope.budget().step(sums.len() as u64 / 4096, self.span)?;
                    let Some(layer) = net.layer(*id) else { continue };
                    apply(f, sums, &layer.shape, *at, scope)?
                }
            };
            replaced.insert(*id, array);
        }
        let y = match self.activated {
            true => net.activated(self.layer, x, &replaced, scope.threads()),
            false => net.sums(self.layer, x, &replaced, scope.threads()),
        };
        y.map_err(|e| {
            let at = match &e {
                nn::Error::Replaced { layer, .. } => stands.get(layer).map_or(self.span, |(_, at)| *at),
                _ => self.span,
            };
            wrong(self.network, e, at)
        })
    }

    /// A batch that is too big for the memory of functions, some images after the other.
    fn portions(
        &mut self,
        x: &ArrayD<f64>,
        count: usize,
        portion: usize,
        stands: &BTreeMap<LayerId, (Stand, Span)>,
        scope: &mut dyn Scope,
    ) -> Result<Value, Fault> {
        let mut numbers = Vec::new();
        let mut shape = Vec::new();
        for start in (0..count).step_by(portion) {
            let end = (start + portion).min(count);
            let cut = |a: &ArrayD<f64>| a.slice_axis(Axis(0), (start..end).into()).to_owned();
            let these = stands.iter().map(|(id, (stand, at))| {
                let stand = match stand {
                    Stand::Array(a) => Stand::Array(Arc::new(cut(a))),
                    Stand::Function(f) => Stand::Function(f.clone()),
                };
                (*id, (stand, *at))
            });
            let y = self.once(&cut(x), &these.collect(), scope)?;
            shape = y.shape().to_vec();
            shape[0] = count;
            check_size(&shape, self.span)?;
            numbers.extend(y);
        }
        ArrayD::from_shape_vec(IxDyn(&shape), numbers)
            .map(Value::array)
            .map_err(|_| Fault::new("value::layer-shape", self.span, "portions of different shapes", "here"))
    }
}

/// A user's function of the weighted sums, else one that networks know, else a built-in one.
fn apply(
    f: &Name,
    sums: ArrayD<f64>,
    shape: &Shape,
    at: Span,
    scope: &mut dyn Scope,
) -> Result<Arc<ArrayD<f64>>, Fault> {
    let lower = f.lower();
    let mut given = [Given { name: None, value: Value::array(sums), span: at }];
    let answer = match scope.apply(f, &given, at)? {
        Some(answer) => answer,
        None => match (Activation::named(&lower), scalar(&lower), &mut given[0].value) {
            (Some(activation), _, Value::Array(sums)) => {
                activation.over(Arc::make_mut(sums), shape);
                return Ok(sums.clone());
            }
            (_, Some(builtin), value) => builtin.call(std::slice::from_ref(value), &[], at, scope.tools())?,
            _ => return Err(unknown(f, &scope.known())),
        },
    };
    let value = answer.first();
    value.to_array().ok_or_else(|| {
        let message = format!("{}( ) gives {}, not numbers", f.text, value.describe());
        Fault::new("value::not-a-number", at, message, "in place of an activation")
    })
}

/// A built-in function of one number, element by element.
pub fn scalar(lower: &str) -> Option<&'static Builtin> {
    builtin::find(lower).filter(|b| b.arity == (1, 1) && matches!(b.body, Body::Scalar(_)))
}

/// An activation that is neither a network's own nor a function of the netlist.
pub fn unknown(f: &Name, known: &[String]) -> Fault {
    let fault =
        Fault::new("value::unknown-activation", f.span, format!("there is no activation '{}'", f.text), "not known");
    let own = Activation::NAMES.iter().copied();
    match did_you_mean(&f.text, own.chain(known.iter().map(String::as_str))) {
        Some(help) => fault.with_help(help),
        None => fault.with_help(format!("{} or the name of a .func", Activation::NAMES.join(", "))),
    }
}

/// What a network says of arrays that do not fit.
fn wrong(network: &Network, error: nn::Error, span: Span) -> Fault {
    let layer = |id: &LayerId| network.layers.get(id.0).map_or("a layer", String::as_str).to_string();
    match &error {
        nn::Error::Input { expected, found } => {
            let message =
                format!("an array of shape {found:?} is not the input {expected} of the network {}", network.name);
            let count: usize = found.iter().product();
            let axes: Vec<String> = expected.axes().iter().map(usize::to_string).collect();
            let help = match !found.is_empty() && count > 0 && count.is_multiple_of(expected.count()) {
                true => format!("reshape(x, -1, {}) makes images of these numbers", axes.join(", ")),
                false => format!("it takes shape [{0}], or [n, {0}] for n images", axes.join(", ")),
            };
            Fault::new("value::input-shape", span, message, "called here").with_help(help)
        }
        nn::Error::Replaced { layer: id, expected, found } => {
            let message = format!("an array of shape {found:?} cannot stand for {}, which is {expected:?}", layer(id));
            Fault::new("value::layer-shape", span, message, "another shape")
                .with_help("a function keeps the shape of the sums it gets, or gives them as one list")
        }
        nn::Error::TooBig => {
            Fault::new("value::array-too-big", span, format!("the network {}: {error}", network.name), "in this call")
                .with_help("fewer images at a time")
        }
        other => Fault::new("value::network", span, format!("the network {}: {other}", network.name), "in this call"),
    }
}

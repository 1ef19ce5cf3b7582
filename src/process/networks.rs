//! Calls of networks that wait for hardware → their steps: the sums of a layer, a protocol for each of them side by side, the
//! rest of the network with what came out. `cnn(x, conv1=X1.slot)` becomes
//! `cnn(x, conv1=reshape(map(X1.slot, flat(s)), shape(s)))` behind `let s = cnn.conv1.sums(x)`.

use std::collections::BTreeMap;

use super::compile::{Callables, Compiler};
use crate::diag::Span;
use crate::nn::LayerId;
use crate::syntax::ast::{Expr, ExprArg, ExprKind, Name};
use crate::value::network::{Network, Outside, Part};

/// What hardware does for a layer.
#[derive(Clone)]
enum Hardware {
    /// A protocol, for each sum
    Each(Expr),
    /// A function that takes time, of all sums
    All(Name),
}

/// A call of a network, by its parts.
struct Asked<'e> {
    part: Part,
    /// The expression that names the network
    base: Expr,
    /// The first layer that does not matter
    end: LayerId,
    args: &'e [ExprArg],
}

/// Whether a call is of a network of which a layer takes time.
pub(super) fn waits(e: &Expr, callables: &dyn Callables) -> bool {
    asked(e, callables).is_some_and(|a| !hardware(&a, callables).is_empty())
}

/// The network that a call asks, where it is called by its name.
fn asked<'e>(e: &'e Expr, callables: &dyn Callables) -> Option<Asked<'e>> {
    let (base, args) = match &e.kind {
        ExprKind::Call { name, args } => (Expr { span: name.span, kind: ExprKind::Name(name.text.clone()) }, args),
        ExprKind::Method { base, args, .. } => match &base.kind {
            ExprKind::Field(network, _) => ((**network).clone(), args),
            _ => ((**base).clone(), args),
        },
        _ => return None,
    };
    let ExprKind::Name(n) = &base.kind else { return None };
    let part = callables.network(&n.to_ascii_lowercase()).filter(|p| p.layer.is_none())?;
    let network = &part.network;
    let end = match &e.kind {
        ExprKind::Method { base: path, name, .. } => match &path.kind {
            ExprKind::Field(_, layer) if name.is("sums") => network.layer(&layer.text)?,
            ExprKind::Field(..) => return None,
            _ => LayerId(network.layer(&name.text)?.0 + 1),
        },
        _ => LayerId(network.layers.len()),
    };
    Some(Asked { part, base, end, args })
}

/// The layers that take time, first to last.
fn hardware(asked: &Asked, callables: &dyn Callables) -> BTreeMap<LayerId, Hardware> {
    let network = &asked.part.network;
    let mut out = BTreeMap::new();
    for (id, activation) in &network.outside {
        if let Outside::Hardware(path) = activation {
            out.insert(*id, Hardware::Each(path.clone()));
        }
    }
    for (id, value) in replaced(network, asked.args) {
        let found = match &value.kind {
            _ if callables.is_protocol(value) => Some(Hardware::Each(value.clone())),
            ExprKind::Name(n) if callables.takes_time(&n.to_ascii_lowercase()) => {
                Some(Hardware::All(Name { text: n.clone(), span: value.span }))
            }
            _ => None,
        };
        match found {
            Some(hardware) => out.insert(id, hardware),
            None => out.remove(&id),
        };
    }
    out.retain(|id, _| *id < asked.end);
    out
}

/// The arguments that replace layers.
fn replaced<'e>(network: &Network, args: &'e [ExprArg]) -> Vec<(LayerId, &'e Expr)> {
    args.iter().filter_map(|a| Some((network.layer(&a.name.as_ref()?.text)?, &a.value))).collect()
}

impl Compiler<'_> {
    /// A call of a network without the waits in it; None where it has none.
    pub(super) fn network(&mut self, e: &Expr) -> Option<Expr> {
        let asked = asked(e, self.callables)?;
        let hardware = hardware(&asked, self.callables);
        let network = asked.part.network.clone();
        if hardware.is_empty() {
            return None;
        }
        let mut args: Vec<ExprArg> = Vec::with_capacity(asked.args.len());
        for arg in asked.args {
            let waits =
                arg.name.as_ref().and_then(|n| network.layer(&n.text)).is_some_and(|l| hardware.contains_key(&l));
            if !waits {
                let value = self.hoist(&arg.value);
                // The input is worked out once.
                let value = if arg.name.is_none() { self.keep(value) } else { value };
                args.push(ExprArg { name: arg.name.clone(), value });
            }
        }
        for (layer, what) in hardware {
            let name = Name { text: network.layers[layer.0].clone(), span: e.span };
            let known =
                |a: &&ExprArg| a.name.as_ref().is_none_or(|n| network.layer(&n.text).is_some_and(|l| l < layer));
            let before: Vec<ExprArg> = args.iter().filter(known).cloned().collect();
            let path = ExprKind::Field(Box::new(asked.base.clone()), name.clone());
            let path = Expr { span: asked.base.span, kind: path };
            let sums = Name { text: "sums".into(), span: e.span };
            let sums = Expr { span: e.span, kind: ExprKind::Method { base: Box::new(path), name: sums, args: before } };
            let sums = self.keep(sums);
            let value = match what {
                Hardware::All(f) => {
                    let call = ExprKind::Call { name: f, args: vec![unnamed(sums)] };
                    self.hoist(&Expr { span: e.span, kind: call })
                }
                Hardware::Each(protocol) => {
                    let map = call("map", vec![protocol, call("flat", vec![sums.clone()], e.span)], e.span);
                    let answers = self.hoist(&map);
                    call("reshape", vec![answers, call("shape", vec![sums], e.span)], e.span)
                }
            };
            let value = self.keep(value);
            args.push(ExprArg { name: Some(name), value });
        }
        let kind = match &e.kind {
            ExprKind::Method { base, name, .. } => ExprKind::Method { base: base.clone(), name: name.clone(), args },
            ExprKind::Call { name, .. } => ExprKind::Call { name: name.clone(), args },
            _ => return None,
        };
        Some(Expr { span: e.span, kind })
    }

    /// A variable of no name in the netlist that holds a value.
    pub fn keep(&mut self, value: Expr) -> Expr {
        let (into, span) = (self.fresh(), value.span);
        self.remember(&into, value);
        Expr { span, kind: ExprKind::Name(into) }
    }
}

fn unnamed(value: Expr) -> ExprArg {
    ExprArg { name: None, value }
}

fn call(name: &str, args: Vec<Expr>, span: Span) -> Expr {
    let args = args.into_iter().map(unnamed).collect();
    Expr { span, kind: ExprKind::Call { name: Name { text: name.into(), span }, args } }
}

//! Values of parameters and of software: numbers, tensors and text, with numpy's functions and broadcasting.

pub mod answer;
mod arrange;
pub mod assign;
pub mod broadcast;
mod build;
pub mod builtin;
mod call;
pub mod constants;
pub mod converter;
pub mod data;
mod draw;
pub mod eval;
pub mod fault;
pub mod functions;
pub mod index;
mod keep;
mod kolmogorov;
mod linear;
pub mod memo;
pub mod network;
mod order;
mod reduce;
pub mod scope;
pub mod software;
pub mod special;
mod statistics;
pub mod variables;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use ndarray::{ArrayD, IxDyn};

pub use answer::Answer;
pub use broadcast::{apply, check_size, common_shape, shaped};

/// A tensor holds at most this many numbers.
pub const MAX_ELEMENTS: usize = 100_000_000;

/// The value of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Number(f64),
    Array(Arc<ArrayD<f64>>),
    Text(Arc<str>),
    /// The arrays of an npz file by name.
    Archive(Arc<BTreeMap<String, Value>>),
    /// Layers of software, or one of them
    Network(network::Part),
    /// Something outside of values that a name stands for
    Handle(Handle),
    /// Its definition is wrong, which has been reported.
    Broken,
}

/// A thing of the circuit or of the netlist that an expression names: a reference, not a copy.
#[derive(Clone, Debug, PartialEq)]
pub struct Handle {
    pub kind: HandleKind,
    /// Its path in lower case, indices included: `x1.xm[0:3,2]`
    pub path: Arc<str>,
}

/// What a [`Handle`] leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandleKind {
    /// An instance, or a bus of them
    Part,
    Net,
    Signal,
    Function,
    Protocol,
    Experiment,
}

impl Handle {
    /// For messages: `the part x1`.
    pub fn describe(&self) -> String {
        let kind = match self.kind {
            HandleKind::Part => "part",
            HandleKind::Net => "net",
            HandleKind::Signal => "signal",
            HandleKind::Function => "function",
            HandleKind::Protocol => "protocol",
            HandleKind::Experiment => "experiment",
        };
        format!("the {kind} {}", self.path)
    }
}

impl Value {
    /// An array; one without axes is a number.
    pub fn array(a: ArrayD<f64>) -> Value {
        match a.ndim() {
            0 => Value::Number(a.first().copied().unwrap_or(f64::NAN)),
            _ => Value::Array(Arc::new(a)),
        }
    }

    /// 1 or 0.
    pub fn truth(b: bool) -> Value {
        Value::Number(f64::from(u8::from(b)))
    }

    /// A list of numbers, an array of one axis.
    pub fn vector(v: Vec<f64>) -> Value {
        Value::array(ArrayD::from_shape_vec(IxDyn(&[v.len()]), v).unwrap_or_else(|_| ArrayD::zeros(IxDyn(&[0]))))
    }

    /// The number, of a number or an array of one element.
    pub fn number(&self) -> Option<f64> {
        match self {
            Value::Number(v) => Some(*v),
            Value::Array(a) if a.len() == 1 => a.first().copied(),
            _ => None,
        }
    }

    /// All its numbers in row-major order; none for text.
    pub fn numbers(&self) -> Vec<f64> {
        match self {
            Value::Number(v) => vec![*v],
            Value::Array(a) => a.iter().copied().collect(),
            _ => Vec::new(),
        }
    }

    /// It as an array, a number without axes; None for text.
    pub fn to_array(&self) -> Option<Arc<ArrayD<f64>>> {
        match self {
            Value::Number(v) => Some(Arc::new(ArrayD::from_elem(IxDyn(&[]), *v))),
            Value::Array(a) => Some(a.clone()),
            _ => None,
        }
    }

    /// What it is, for messages: `an array of shape [10, 17]`.
    pub fn describe(&self) -> String {
        match self {
            Value::Number(v) => format!("the number {v}"),
            Value::Array(a) => format!("an array of shape {:?}", a.shape()),
            Value::Text(t) => format!("the text \"{t}\""),
            Value::Network(part) => part.describe(),
            Value::Handle(h) => h.describe(),
            Value::Broken => "a wrong definition".to_string(),
            Value::Archive(m) => format!("an archive of {}", m.keys().cloned().collect::<Vec<_>>().join(", ")),
        }
    }
}

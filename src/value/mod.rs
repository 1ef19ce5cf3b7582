//! Values of parameters and of software: numbers, tensors and text, with numpy's functions and broadcasting.

pub mod broadcast;
pub mod data;
pub mod fault;
pub mod tensor;

use std::collections::BTreeMap;
use std::sync::Arc;

use ndarray::{ArrayD, IxDyn};

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
    /// Its definition is wrong, which has been reported.
    Broken,
}

impl Value {
    /// An array; one without axes is a number.
    pub fn array(a: ArrayD<f64>) -> Value {
        match a.ndim() {
            0 => Value::Number(a.first().copied().unwrap_or(f64::NAN)),
            _ => Value::Array(Arc::new(a)),
        }
    }

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
            Value::Broken => "a wrong definition".to_string(),
            Value::Archive(m) => format!("an archive of {}", m.keys().cloned().collect::<Vec<_>>().join(", ")),
        }
    }
}

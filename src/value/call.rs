//! One call of a built-in function: its arguments taken out with the errors that wrong ones deserve.

use std::sync::Arc;

use ndarray::ArrayD;

use super::fault::Fault;
use super::{MAX_ELEMENTS, Value};
use crate::diag::Span;
use crate::syntax::ast::Name;

pub type Array = Arc<ArrayD<f64>>;

/// A call whose number of arguments and names of options have been checked.
#[derive(Clone, Copy, Debug)]
pub struct Call<'c> {
    pub name: &'c str,
    pub args: &'c [Value],
    pub options: &'c [(Name, Value)],
    pub span: Span,
}

impl Call<'_> {
    /// Argument `k` as an array, a number as one without axes.
    pub fn array(&self, k: usize) -> Result<Array, Fault> {
        self.args.get(k).map_or_else(|| Err(self.missing(k)), |v| self.as_array(v))
    }

    /// All arguments as arrays.
    pub fn arrays(&self) -> Result<Vec<Array>, Fault> {
        self.args.iter().map(|v| self.as_array(v)).collect()
    }

    /// Argument `k` as a list of numbers.
    pub fn vector(&self, k: usize) -> Result<Vec<f64>, Fault> {
        self.array(k).map(|a| a.iter().copied().collect())
    }

    /// Argument `k` as one number.
    pub fn number(&self, k: usize) -> Result<f64, Fault> {
        self.args.get(k).map_or_else(|| Err(self.missing(k)), |v| self.as_number(v))
    }

    /// Argument `k` as a count.
    pub fn count(&self, k: usize) -> Result<usize, Fault> {
        let v = self.number(k)?;
        self.size(v)
    }

    pub fn text(&self, k: usize) -> Result<&str, Fault> {
        match self.args.get(k) {
            Some(Value::Text(t)) => Ok(t),
            Some(v) => Err(Fault::new(
                "value::not-a-text",
                self.span,
                format!("{}( ) takes a text here, not {}", self.name, v.describe()),
                "here",
            )
            .with_help("texts stand in double quotes")),
            None => Err(self.missing(k)),
        }
    }

    pub fn option(&self, name: &str) -> Option<&Value> {
        self.options.iter().find(|(n, _)| n.is(name)).map(|(_, v)| v)
    }

    /// `axis=`, or argument `k`, counted from the last where negative; None where neither is given.
    pub fn axis(&self, k: usize, axes: usize) -> Result<Option<usize>, Fault> {
        let Some(v) = self.option("axis").or(self.args.get(k)) else { return Ok(None) };
        let v = self.as_number(v)?;
        let from_last = if v < 0.0 { v + axes as f64 } else { v };
        match from_last >= 0.0 && from_last.fract() == 0.0 && from_last < axes as f64 {
            true => Ok(Some(from_last as usize)),
            false => Err(self.fault("value::shape", format!("an array of {axes} axes has no axis {v}"))),
        }
    }

    /// Sizes of axes, from argument `k` on: one by one or in one list.
    pub fn sizes(&self, k: usize) -> Result<Vec<usize>, Fault> {
        let mut out = Vec::new();
        for v in self.args.get(k..).unwrap_or(&[]) {
            for &size in self.as_array(v)?.iter() {
                out.push(self.size(size)?);
            }
        }
        Ok(out)
    }

    /// The shape that `shape=` names.
    pub fn shape_option(&self) -> Result<Option<Vec<usize>>, Fault> {
        let Some(v) = self.option("shape") else { return Ok(None) };
        self.as_array(v)?.iter().map(|&size| self.size(size)).collect::<Result<Vec<_>, _>>().map(Some)
    }

    pub fn size(&self, v: f64) -> Result<usize, Fault> {
        match v >= 0.0 && v.fract() == 0.0 {
            true if v > MAX_ELEMENTS as f64 => {
                let message = format!("an axis of {v} numbers is too long: at most {MAX_ELEMENTS} fit in one array");
                Err(self.fault("value::array-too-big", message))
            }
            true => Ok(v as usize),
            false => Err(self.fault("value::not-an-integer", format!("{v} is not a size: a whole number, 0 or more"))),
        }
    }

    pub fn as_array(&self, v: &Value) -> Result<Array, Fault> {
        v.to_array().ok_or_else(|| {
            self.fault("value::not-a-number", format!("{}( ) takes numbers, not {}", self.name, v.describe()))
        })
    }

    pub fn as_number(&self, v: &Value) -> Result<f64, Fault> {
        v.number().ok_or_else(|| {
            self.fault("value::not-a-number", format!("{}( ) takes one number here, not {}", self.name, v.describe()))
        })
    }

    pub fn fault(&self, code: &'static str, message: impl Into<String>) -> Fault {
        Fault::new(code, self.span, message, "in this call")
    }

    /// Two arrays that should have been of equal shape.
    pub fn differ(&self, a: &[usize], b: &[usize]) -> Fault {
        self.fault("value::shape", format!("{}( ) of shapes {a:?} and {b:?}", self.name))
    }

    fn missing(&self, k: usize) -> Fault {
        super::fault::arguments(self.name, &format!("at least {}", k + 1), self.args.len(), self.span)
    }
}

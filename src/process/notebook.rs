//! Where statements that ask and keep go: `record`, `measure`, `assert`, `snapshot`, `plot`, `histogram`, `save`, and the
//! analyses of an experiment. The lab has one; a protocol in a branch of a `map` has none.

use std::sync::Arc;

use super::history::Kept;
use super::study::Curves;
use crate::diag::Span;
use crate::syntax::ast::{Expr, Name, Stmt};
use crate::value::Value;
use crate::value::assign::Store;
use crate::value::fault::Fault;

/// An expression over the past.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// s, not falling; a time that is there twice is a jump
    pub times: Vec<f64>,
    /// Of the expression: empty for a number
    pub shape: Vec<usize>,
    /// For each number of the expression, row by row, its values
    pub columns: Vec<Vec<f64>>,
}

/// What a statement that asks and keeps may look at.
pub trait Desk: Store {
    /// An expression from the beginning of the run until now; None where it is not made of kept numbers of the circuit.
    fn wave(&mut self, e: &Expr) -> Result<Option<Series>, Fault>;

    /// The rows of the analysis that is in sight, if one is.
    fn curves(&self) -> Option<Arc<Curves>>;

    /// Numbers of the circuit as they are now.
    fn now(&mut self, what: &[Kept]) -> Vec<f64>;
}

/// How far a process is, as far as its statements show it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Underway {
    /// s
    pub now: f64,
    /// 0 … 1
    pub share: f64,
    /// What it waits for now, s, and the share that is done then
    pub until: f64,
    pub then: f64,
}

/// Takes down what an experiment wants to keep.
pub trait Notebook {
    /// One statement, its expressions evaluated in `scope`, which asks this notebook for names.
    fn note(&self, statement: &Stmt, scope: &mut dyn Desk) -> Result<(), Fault>;

    /// How far the experiment is; None: its statements do not show it.
    fn underway(&self, _way: Option<Underway>) {}

    /// Seconds on the wall since the experiment began.
    fn elapsed(&self) -> Option<f64> {
        None
    }

    /// What of the circuit goes to the files of an analysis.
    fn shown(&self) -> Vec<Kept> {
        Vec::new()
    }

    /// Rows of an analysis that ended at a statement.
    fn analyzed(&self, _statement: &Stmt, _curves: &Arc<Curves>) {}

    /// A column of the table or a measure (`columns`: where they are in sight), or another experiment; lower case.
    fn name(&self, _lower: &str, _columns: bool) -> Option<Value> {
        None
    }

    /// A column or measure of a statement that has not been reached: a column without rows, or why there is no value.
    fn unreached(&self, _lower: &str, _span: Span) -> Result<Option<Value>, Fault> {
        Ok(None)
    }

    /// `other.name`: a measure or column of an experiment that a handle leads to.
    fn result(&self, _experiment: &str, name: &Name) -> Result<Value, Fault> {
        Err(Fault::new("process::no-notebook", name.span, "no experiment is known here", "here"))
    }
}

/// Keeps nothing: for protocols run by themselves and branches of a `map`.
pub struct NoNotebook;

impl Notebook for NoNotebook {
    fn note(&self, statement: &Stmt, _: &mut dyn Desk) -> Result<(), Fault> {
        Err(Fault::new("process::no-notebook", statement.span, "only an experiment records and asks", "not here")
            .with_help("give back a result with '->' and record that"))
    }
}

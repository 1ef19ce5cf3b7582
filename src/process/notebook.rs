//! Where statements that ask and keep go: `record`, `measure`, `assert`, `snapshot`, `plot`, `histogram`, `save`, and the
//! analyses of an experiment. The lab has one; a protocol in a branch of a `map` has none.

use crate::syntax::ast::Stmt;
use crate::value::Value;
use crate::value::assign::Store;
use crate::value::fault::Fault;

/// Takes down what an experiment wants to keep.
pub trait Notebook {
    /// One statement, its expressions evaluated in `scope`, which does not know [`Notebook::name`].
    fn note(&mut self, statement: &Stmt, scope: &mut dyn Store) -> Result<(), Fault>;

    /// A column of the table, a measure or another experiment: names beyond those of the circuit, lower case.
    fn name(&mut self, _lower: &str) -> Option<Value> {
        None
    }
}

/// Keeps nothing: for protocols run by themselves and branches of a `map`.
pub struct NoNotebook;

impl Notebook for NoNotebook {
    fn note(&mut self, statement: &Stmt, _: &mut dyn Store) -> Result<(), Fault> {
        Err(Fault::new("process::no-notebook", statement.span, "only an experiment records and asks", "not here")
            .with_help("give back a result with '->' and record that"))
    }
}

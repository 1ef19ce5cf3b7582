//! The cards of the lab bench: `.smu .signal .always .protocol .experiment .network` and the block form of `.func`.

use crate::diag::Span;
use crate::syntax::ast::{Assign, Expr, Name, Setting, Stmt, Value, Word};

/// `.smu bl[0:7] wl edge=2n noise=0.5%`
#[derive(Clone, Debug, PartialEq)]
pub struct Smu {
    pub nets: Vec<Word>,
    pub settings: Vec<Setting>,
}

/// One of `.signal on[0:2]=1 count=0`
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    /// Perhaps a bus
    pub name: Word,
    pub start: Expr,
}

/// `.always name { … }`
#[derive(Clone, Debug, PartialEq)]
pub struct Always {
    pub name: Name,
    pub body: Vec<Stmt>,
}

/// `.protocol name(args) -> results { … }`, or a `.func` of that form.
#[derive(Clone, Debug, PartialEq)]
pub struct Routine {
    pub name: Name,
    /// Arguments and their defaults
    pub formals: Vec<(Name, Option<Expr>)>,
    pub results: Vec<Name>,
    pub body: Vec<Stmt>,
}

/// `.experiment name(args) with p=1 slow { … }` or `.experiment name = template(…) with p=1`
#[derive(Clone, Debug, PartialEq)]
pub struct Experiment {
    pub name: Name,
    pub content: Content,
    /// Parameters of the netlist for this experiment
    pub with: Vec<Assign>,
    /// Runs only when asked for
    pub slow: bool,
}

/// What an experiment consists of.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    Body(Vec<Stmt>),
    /// With arguments, perhaps none: runs only when named or called
    Template(Vec<(Name, Option<Expr>)>, Vec<Stmt>),
    /// The call of a template
    Call(Expr),
}

/// `.network name { … }`
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    pub name: Name,
    pub layers: Vec<Layer>,
}

/// `conv 32 5x5 same activation=relu weights="w.npy"`
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    pub kind: Name,
    /// `32`, `5x5`, `same`, `{n}` in the order written
    pub args: Vec<Value>,
    pub settings: Vec<Setting>,
    pub span: Span,
}

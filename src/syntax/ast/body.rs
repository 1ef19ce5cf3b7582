//! The statements of `.always`, `.protocol`, `.experiment`, block `.func` and `when`.

use crate::diag::Span;
use crate::syntax::ast::{Card, Expr, Name, Over, Tolerance};

/// A statement of a body.
#[derive(Clone, Debug, PartialEq)]
pub struct Stmt {
    pub span: Span,
    pub kind: StmtKind,
}

/// Bodies are lists of statements; their blocks are nested less than a hundred deep.
#[derive(Clone, Debug, PartialEq)]
pub enum StmtKind {
    /// `force bl = 2, I(c) = 1u limit 4`
    Force(Vec<Drive>),
    /// `float row[:], col[2]`: paths of nets
    Float(Vec<Expr>),
    /// `pulse bl = 2.1, sl = 0 for 50n`
    Pulse {
        drives: Vec<Drive>,
        width: Expr,
    },
    /// `ramp I(c) = 5u to 40u limit 4 in 1m`
    Ramp {
        drives: Vec<Drive>,
        time: Expr,
    },
    /// `wait 100n`
    Wait(Expr),
    /// `wait until V(x) > 1 timeout 1m`
    WaitUntil {
        condition: Expr,
        timeout: Option<Expr>,
    },
    /// The operating point now, device states and signals held
    Settle,
    /// `repeat n until g >= target max 300 { … }`; tests before its body
    Repeat {
        counter: Option<Name>,
        until: Expr,
        max: Option<Expr>,
        body: Vec<Stmt>,
    },
    Forever(Vec<Stmt>),
    /// `for i = 0:3, j in [1, 2] { … }`, the first the slowest
    For {
        loops: Vec<Iter>,
        body: Vec<Stmt>,
    },
    /// `if a { … } else if b { … } else { … }`
    If {
        branches: Vec<(Expr, Vec<Stmt>)>,
        otherwise: Option<Vec<Stmt>>,
    },
    /// `par { … }`: each statement (a bare block is one) is a branch; `first`: the first to end cancels the others
    Par {
        first: bool,
        body: Vec<Stmt>,
    },
    /// `{ … }`
    Block(Vec<Stmt>),
    Let(Let),
    /// `a = 1`, `a, b = f(x)`, `X1.Xm[:,:].g = 1u`, `n += 1`
    Assign(Assignment),
    /// A call for what it does: `tune(40u)`, `X1.read(3)`; always [`crate::syntax::ast::ExprKind::Call`] or `Method`
    Call(Expr),
    /// `sweep v in [1, 2], R = 1:3 { … }`
    Sweep {
        loops: Vec<Iter>,
        body: Vec<Stmt>,
    },
    /// `montecarlo 400 seed 5 { … }`
    MonteCarlo {
        count: Expr,
        seed: Option<Expr>,
        body: Vec<Stmt>,
    },
    /// `op`, `dc …`, `ac …`, `tran …`, `noise …`, `tf …` with the arguments of the card of that name
    Analysis(Card),
    /// `measure a = mean(x), b`
    Measure(Vec<Column>),
    /// `record k, delay = t - t0`
    Record(Vec<Column>),
    /// `assert n < 500 "the cell never reached its target"`
    Assert {
        condition: Expr,
        why: Option<String>,
    },
    /// `snapshot V(out), table every 10u within 1% shift 5u`
    Snapshot {
        values: Vec<Expr>,
        every: Option<Expr>,
        within: Option<Tolerance>,
        /// The longest common shift in time that is removed from waves
        shift: Option<Expr>,
    },
    /// `plot a vs b, c`
    Plot(Vec<Trace>),
    /// `histogram n bins 1:20 fit normal`
    Histogram {
        value: Expr,
        bins: Option<Bins>,
        fit: Option<Name>,
    },
    /// `save g to "g.npy"`
    Save {
        value: Expr,
        path: String,
    },
}

/// `let a, b = 1, 2`: as many values as names, or one call with several results.
#[derive(Clone, Debug, PartialEq)]
pub struct Let {
    pub names: Vec<Name>,
    pub values: Vec<Expr>,
    /// What the comment behind it says; kept in a `.device` only
    pub doc: crate::syntax::ast::Doc,
    pub span: Span,
}

/// An assignment to variables, elements, signals, or states and parameters of instances.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// Paths: names with indices and fields
    pub targets: Vec<Expr>,
    pub op: Update,
    pub values: Vec<Expr>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Update {
    Set,
    Add,
    Sub,
    Mul,
    Div,
}

/// What a source-measure unit does: `bl = 2`, `V(bl) = 2`, `I(c) = a to b limit 4`.
#[derive(Clone, Debug, PartialEq)]
pub struct Drive {
    pub quantity: Quantity,
    /// The path of a net
    pub net: Expr,
    pub value: Expr,
    /// Where a ramp goes
    pub to: Option<Expr>,
    /// Compliance: of the current when a voltage is forced, of the voltage when a current is
    pub limit: Option<Expr>,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    Voltage,
    Current,
}

/// `i = 0:19`, `v in [1, 2]`, `a, b in [[1, 2], [3, 4]]`
#[derive(Clone, Debug, PartialEq)]
pub struct Iter {
    pub names: Vec<Name>,
    pub over: Over,
}

/// A column of a table: `n = count(x)`, or an expression that names itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub name: Option<Name>,
    pub value: Expr,
}

/// `a vs b`
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    pub y: Expr,
    pub x: Option<Expr>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Bins {
    /// `bins 1:20`: whole numbers, or the ends of the axis
    Range(Expr, Expr),
    /// `bins 30`: how many
    Count(Expr),
}

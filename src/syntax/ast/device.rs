//! What `.device` and `.variation` say: the equations of a device, and how its instances differ.

use crate::diag::Span;
use crate::syntax::ast::{Expr, Let, Name, Stmt};

/// `.device name (a b) { … }`
#[derive(Clone, Debug, PartialEq)]
pub struct Device {
    pub name: Name,
    pub pins: Vec<Name>,
    pub items: Vec<DeviceItem>,
}

/// One line (or block) of a `.device`.
#[derive(Clone, Debug, PartialEq)]
pub enum DeviceItem {
    Param(DeviceParam),
    State(State),
    Let(Let),
    Equation(Equation),
    When(When),
    /// `cycle when condition`: the end of a switching cycle
    Cycle(Cycle),
    /// `warn when condition "text"`
    Warn(Warn),
    If(DeviceIf),
}

impl DeviceItem {
    pub fn span(&self) -> Span {
        match self {
            DeviceItem::Param(p) => p.span,
            DeviceItem::State(s) => s.span,
            DeviceItem::Let(l) => l.span,
            DeviceItem::Equation(e) => e.span,
            DeviceItem::When(w) => w.span,
            DeviceItem::Cycle(c) => c.span,
            DeviceItem::Warn(w) => w.span,
            DeviceItem::If(i) => i.span,
        }
    }
}

/// What the comment behind a declaration says of it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Doc {
    /// `S` of `; S  conductance when the run starts`; `-` where it has none, empty where the comment names no unit
    pub unit: String,
    /// The rest in one line
    pub text: String,
}

/// `param g0=40u in 4u:160u ; S  conductance when the run starts`; a line of several is several of these.
#[derive(Clone, Debug, PartialEq)]
pub struct DeviceParam {
    pub name: Name,
    pub default: Expr,
    pub range: Option<(Expr, Expr)>,
    pub doc: Doc,
    pub span: Span,
}

/// `state x[0:N-1] = -0.98 in -1:1 reflect`
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    pub name: Name,
    /// First and last index of an array of states, both inclusive
    pub extent: Option<(Expr, Expr)>,
    pub start: Expr,
    pub range: Option<(Expr, Expr)>,
    /// The bounds are mirrors (for a state with a random force) and not stops.
    pub reflect: bool,
    /// Solved to rest in the operating point, and not held.
    pub settles: bool,
    pub doc: Doc,
    pub span: Span,
}

/// `I(a,b) = …`, `V(a,b) = …`, `ddt(x) = …`, `ddt(x[:]) = …`: the left side is a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Equation {
    pub left: Expr,
    pub right: Expr,
    pub span: Span,
}

/// `when condition { … }`; the condition `hazard(rate)` makes it a jump at random.
#[derive(Clone, Debug, PartialEq)]
pub struct When {
    pub condition: Expr,
    pub body: Vec<Stmt>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Cycle {
    pub condition: Expr,
    pub span: Span,
}

/// What is said of a run in which the condition held: the model means nothing there.
#[derive(Clone, Debug, PartialEq)]
pub struct Warn {
    pub condition: Expr,
    pub text: String,
    pub span: Span,
}

/// `if condition { … } else if … { … } else { … }` around lets and equations.
#[derive(Clone, Debug, PartialEq)]
pub struct DeviceIf {
    pub branches: Vec<(Expr, Vec<DeviceItem>)>,
    pub otherwise: Option<Vec<DeviceItem>>,
    pub span: Span,
}

/// `.variation name { … }` of a device or model
#[derive(Clone, Debug, PartialEq)]
pub struct Variation {
    pub name: Name,
    pub items: Vec<VariationItem>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum VariationItem {
    Vary(Vary),
    Stuck(Stuck),
}

/// `device vs, vr ~ normal(13%) in 0.6:1.45`
#[derive(Clone, Debug, PartialEq)]
pub struct Vary {
    pub each: Each,
    pub names: Vec<Name>,
    /// A call: the distribution
    pub law: Expr,
    pub range: Option<(Expr, Expr)>,
    pub span: Span,
}

/// When a varied parameter is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Each {
    /// Once for every instance
    Device,
    /// Again after each `cycle when`
    Cycle,
    /// Jumps between two levels at random
    Telegraph,
}

/// `stuck p=1.5% g ~ uniform(10u, 100u)`
#[derive(Clone, Debug, PartialEq)]
pub struct Stuck {
    /// Share of instances that do not switch
    pub p: Expr,
    /// What they draw
    pub draws: Vec<(Name, Expr)>,
    pub span: Span,
}

//! What a netlist says, before anybody knows what it means: names and expressions unresolved, every node with its span.
//!
//! Included files are already in place: their items stand where the `.include` stood, with spans in their own file.

use std::collections::HashSet;

use crate::diag::Span;

mod bench;
mod body;
mod device;
pub mod visit;

pub use bench::{Always, Content, Experiment, Layer, Network, Routine, Signal, Smu};
pub use body::{Assignment, Bins, Column, Drive, Iter, Let, Quantity, Stmt, StmtKind, Trace, Update};
pub use device::{
    Cycle, Device, DeviceIf, DeviceItem, DeviceParam, Doc, Each, Equation, State, Stuck, Variation, VariationItem,
    Vary, Warn, When,
};

/// A parsed netlist with everything it includes.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Ast {
    /// The first line of the main file.
    pub title: String,
    pub items: Vec<Item>,
    pub lost: Lost,
}

/// What is known of lines that could not be read: whatever they name may be more than the rest of the netlist shows.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Lost {
    /// Everything that looks like a name, in lower case, without index.
    words: HashSet<String>,
    /// Whole files or blocks are missing: nothing is known of what they name.
    pub all: bool,
}

impl Lost {
    /// Takes in the words of a line.
    pub fn line(&mut self, text: &str) {
        let words = text.split(|c: char| c.is_whitespace() || "(){}[],='\"".contains(c));
        words.for_each(|w| self.word(w.trim_start_matches('.')));
    }

    pub fn word(&mut self, word: &str) {
        if !word.is_empty() {
            self.words.insert(word.to_ascii_lowercase());
        }
    }

    /// Takes in a net by the name that its last component has without index.
    pub fn net(&mut self, name: &str) {
        let own = name.rsplit('.').next().unwrap_or(name);
        self.word(own.split('[').next().unwrap_or(own));
    }

    /// Takes out a name, so that [`Lost::names`] does not know it.
    pub fn forget(&mut self, name: &str) {
        let lower = name.to_ascii_lowercase();
        self.words.remove(&lower);
        for part in lower.split(['.', ':']) {
            self.words.remove(part.split('[').next().unwrap_or(part));
        }
    }

    /// Whether nothing is lost.
    pub fn is_empty(&self) -> bool {
        !self.all && self.words.is_empty()
    }

    pub fn add(&mut self, other: Lost) {
        self.words.extend(other.words);
        self.all |= other.all;
    }

    /// Whether a line that is missing names this: a net, a model, a path, by any of its components.
    pub fn names(&self, name: &str) -> bool {
        let lower = name.to_ascii_lowercase();
        let base = |part: &str| self.words.contains(part.split('[').next().unwrap_or(part));
        !self.words.is_empty() && (self.words.contains(&lower) || lower.split(['.', ':']).any(base))
    }
}

/// A statement and the logical line (or block) it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    pub span: Span,
    pub kind: Statement,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Statement {
    /// `R1 a b 1k tc1=1m`
    Element(Element),
    /// `.model nch nmos (level=1 vto=0.7)`
    Model(Model),
    /// `.subckt name ports params … .ends`
    Subckt(Subckt),
    /// `.param a=1 b={2*a}`
    Param(Vec<Assign>),
    /// `.func f(a, b=1) = expr` or `{expr}`
    Func(Func),
    /// `.for i = 0:19, j = 0:2 { … }`
    For(For),
    /// Any other dot card: `.tran 1n 1u`, `.options reltol=1e-4`, `.meas …`, `.ic V(a)=1`; `.end` and `.control` do not get here.
    Card(Card),
    /// `.device name (a b) { … }`
    Device(Device),
    /// `.variation name { … }`
    Variation(Variation),
    /// `.smu bl wl edge=2n`
    Smu(Smu),
    /// `.signal s=0 on[0:2]=1`
    Signal(Vec<Signal>),
    /// `.always name { … }`
    Always(Always),
    /// `.protocol name(args) -> results { … }`
    Protocol(Routine),
    /// `.func name(args) -> results { … }`
    Function(Routine),
    /// `.experiment name { … }`
    Experiment(Experiment),
    /// `.network name { … }`
    Network(Network),
}

/// A name as written; comparisons ignore case.
#[derive(Clone, Debug, PartialEq)]
pub struct Name {
    pub text: String,
    pub span: Span,
}

impl Name {
    pub fn is(&self, other: &str) -> bool {
        self.text.eq_ignore_ascii_case(other)
    }

    pub fn lower(&self) -> String {
        self.text.to_ascii_lowercase()
    }
}

/// A bare word, perhaps indexed: a node, an instance, a model, a number or a keyword; its place in the line decides.
/// `text` is the word without its index: `row` of `row[0:19]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    pub text: String,
    pub index: Vec<Slot>,
    pub span: Span,
}

impl Word {
    pub fn is(&self, other: &str) -> bool {
        self.index.is_empty() && self.text.eq_ignore_ascii_case(other)
    }
}

/// One place of an index: `i`, `0:19` (inclusive) or `:`.
#[derive(Clone, Debug, PartialEq)]
pub enum Slot {
    At(Expr),
    Range(Expr, Expr),
    All(Span),
}

/// One argument of an element or card, in the order written.
#[derive(Clone, Debug, PartialEq)]
pub enum Argument {
    Value(Value),
    Setting(Setting),
    /// `V(a)=1` of `.ic`, `when v(a)=v(b)` of `.meas`, `{x}=0`: the left side is a call or an expression, never a word
    Equal {
        left: Value,
        right: Expr,
        span: Span,
    },
}

impl Argument {
    pub fn span(&self) -> Span {
        match self {
            Argument::Value(v) => v.span(),
            Argument::Setting(s) => s.span,
            Argument::Equal { span, .. } => *span,
        }
    }
}

/// A positional argument.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `a`, `5`, `1k`, `n+`, `row[0:19]`
    Word(Word),
    /// `{2*a}` or `'2*a'`
    Expr(Expr),
    /// `PULSE(0 5 1n)`, `POLY(2)`, `V(a,b)`; the function name without index; arguments split at blanks or commas.
    /// `@m1[gm]` is the call of `@` with the words `m1` and `gm`
    Call { name: Name, args: Vec<Argument>, span: Span },
    /// `TABLE {expr} = (x, y) (x, y)` of E and G
    Table { input: Expr, points: Vec<(Expr, Expr)>, span: Span },
    /// `"file.csv"`
    Text(String, Span),
}

impl Value {
    pub fn span(&self) -> Span {
        match self {
            Value::Word(w) => w.span,
            Value::Expr(e) => e.span,
            Value::Call { span, .. } | Value::Table { span, .. } | Value::Text(_, span) => *span,
        }
    }
}

/// `w=1u`, `ic=0,1` (several values), `v={V(a)*2}`, `out=open` (an expression that is one name), `file=a/b.csv`
/// (what is no expression is an [`ExprKind::Text`]). No values: a flag of a model, `nchan` in `(nchan vto=1)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    pub name: Name,
    pub values: Vec<Expr>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    /// The whole name, letter included: `R1`, `Xm[i,j]`.
    pub name: Word,
    pub args: Vec<Argument>,
}

impl Element {
    /// The first letter in lower case: what kind of element it is.
    pub fn letter(&self) -> char {
        self.name.text.chars().next().map_or('?', |c| c.to_ascii_lowercase())
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    pub name: Name,
    /// `nmos`, `d`, `opamp`, or the name of a device
    pub base: Name,
    pub settings: Vec<Setting>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Subckt {
    pub name: Name,
    /// Ports, perhaps buses: `col[0:nc-1]`
    pub ports: Vec<Word>,
    pub params: Vec<Assign>,
    pub items: Vec<Item>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Assign {
    pub name: Name,
    pub value: Expr,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Func {
    pub name: Name,
    pub formals: Vec<(Name, Option<Expr>)>,
    pub body: Expr,
}

#[derive(Clone, Debug, PartialEq)]
pub struct For {
    /// Nested from left (outer) to right (inner); bounds are inclusive.
    pub loops: Vec<Loop>,
    pub items: Vec<Item>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Loop {
    pub name: Name,
    pub over: Over,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Over {
    /// `i = a:b`, inclusive
    Range(Expr, Expr),
    /// `i in [1, 2, 5]`
    List(Expr),
}

/// A dot card; `name` without the dot.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    pub name: Name,
    pub args: Vec<Argument>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    pub span: Span,
    pub kind: ExprKind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `1k`, `5%`: the value, scale factor applied
    Number(f64),
    Text(String),
    /// A parameter, a loop variable, `time`, `temp`, or a keyword (`open`)
    Name(String),
    /// `g[i,j]`, `w[:,0:9]`
    Index(Box<Expr>, Vec<Slot>),
    /// `exp(x)`, `V(a,b)`, `csv("w.csv", cols="p0:p15")`. In `V(…)` and `I(…)` arguments are [`ExprKind::Node`].
    /// `@m1[gm]` is the call of `@` with the nodes `m1` and `gm`
    Call {
        name: Name,
        args: Vec<ExprArg>,
    },
    /// A net or part inside `V( )`, `I( )`: `V(n+)`, `V(row[3])`, `I(X1.V2)`
    Node(Word),
    /// `npz(f).w1`, `X1.g`
    Field(Box<Expr>, Name),
    /// `X1.read(3)`, `cnn.conv1.sums(x)`: the call of what a path leads to
    Method {
        base: Box<Expr>,
        name: Name,
        args: Vec<ExprArg>,
    },
    Unary(Unary, Box<Expr>),
    Binary(Binary, Box<Expr>, Box<Expr>),
    /// `c ? a : b`
    Cond(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `a ~= b within c`: element by element |a − b| ≤ the tolerance
    Near(Box<Expr>, Box<Expr>, Box<Tolerance>),
    /// `[1, 2]`, `[[1, 2], [3, 4]]`
    List(Vec<Expr>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct ExprArg {
    /// `cols=…`
    pub name: Option<Name>,
    pub value: Expr,
}

/// What stands behind `within`.
#[derive(Clone, Debug, PartialEq)]
pub enum Tolerance {
    /// `within 3%`, a percent number alone: this many percent of the right side (of a snapshot: of the largest value)
    Percent(f64),
    /// `within 80u`, `within 1%*abs(x)`: absolute
    Absolute(Expr),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unary {
    Neg,
    Plus,
    Not,
}

/// `^` and `**` are both [`Binary::Pow`]; what a power of a negative number means depends on the place (SPICE: |x|^y).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    Pow,
    Lt,
    Le,
    Gt,
    Ge,
    Eq,
    Ne,
    And,
    Or,
}

//! A body of statements as a machine: operations with jumps. What lies between two operations that take time is a
//! transition, the waits are its states.

use std::ops::Range;
use std::sync::Arc;

use crate::diag::Span;
use crate::syntax::ast::{Column, Drive, Expr, Iter, Name, Stmt, StmtKind};

/// A place in a [`Code`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Place(pub usize);

/// One operation and the statement it comes from.
#[derive(Clone, Debug)]
pub struct Op {
    pub span: Span,
    pub kind: OpKind,
}

#[derive(Clone, Debug)]
pub enum OpKind {
    /// `let` or an assignment
    Do(Stmt),
    Force(Vec<Drive>),
    Float(Vec<Expr>),
    /// Units set out for the top of a pulse of this width; the machine waits until it is over
    Pulse(Vec<Drive>, Expr),
    /// … then they set out for where they were
    Return,
    /// Units set out on a line of this length; the machine waits until they are there
    Ramp(Vec<Drive>, Expr),
    Wait(Expr),
    Until {
        condition: Expr,
        timeout: Option<Expr>,
    },
    Settle,
    /// Calls a protocol; its answer is known as `into` to the operations that follow
    Call {
        callee: Expr,
        into: String,
    },
    /// `map(protocol, xs)`
    Map {
        call: Expr,
        into: String,
    },
    Jump(Place),
    /// Goes to a place where the condition does not hold
    Unless(Expr, Place),
    /// A block begins, ends
    Enter,
    Leave,
    /// Works out what a loop goes through
    Passes(Iter),
    /// The next pass of the innermost loop, or on to a place where there is none; each pass is a block
    Next(Iter, Place),
    /// A `repeat` begins: its bound and its counter
    Count {
        counter: Option<Name>,
        max: Option<Expr>,
    },
    /// On to a place where the innermost `repeat` has reached its bound
    Bounded(Place),
    /// One more pass of it
    Counted,
    /// It is over
    Uncount,
    /// Branches side by side; the machine goes on when all have ended, or the first
    Par {
        first: bool,
        branches: Vec<Arc<Code>>,
    },
    /// For the notebook
    Note(Stmt),
    /// The value of an expression as the result of this code
    Answer(Expr),
}

/// A body, compiled.
#[derive(Clone, Debug, Default)]
pub struct Code {
    pub name: String,
    pub formals: Vec<(Name, Option<Expr>)>,
    pub results: Vec<Name>,
    pub ops: Vec<Op>,
    /// Blocks with a `record` among their statements, and the lower-case names of its columns; and what measures itself, everywhere
    pub recorded: Vec<(Range<usize>, Vec<String>)>,
}

impl Code {
    /// Whether a column of this lower-case name is recorded by a statement of a block that this place stands in, or a measure of
    /// this name is what it is called.
    pub fn records(&self, at: usize, lower: &str) -> bool {
        self.recorded.iter().any(|(block, names)| block.contains(&at) && names.iter().any(|n| n == lower))
    }

    /// Whether this place comes before every `record` of a column of this name, and none leads back to it.
    pub fn precedes(&self, at: usize, lower: &str) -> bool {
        let is = |c: &Column| c.name.as_ref().is_some_and(|n| n.is(lower));
        let records = |op: &Op| match &op.kind {
            OpKind::Note(Stmt { kind: StmtKind::Record(columns), .. }) => columns.iter().any(is),
            _ => false,
        };
        let Some(first) = self.ops.iter().position(records) else { return false };
        let back = |(k, op): (usize, &Op)| k > first && matches!(&op.kind, OpKind::Jump(to) if to.0 <= at);
        first > at && !self.ops.iter().enumerate().any(back)
    }
}

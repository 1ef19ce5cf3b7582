//! A process: its stack of calls, and what it waits for.

use std::collections::HashMap;
use std::sync::Arc;

use super::code::Code;
use super::program::{InstanceId, SmuId};
use super::world::Level;
use crate::device::Ticks;
use crate::diag::Span;
use crate::syntax::ast::Expr;
use crate::value::answer::Answer;
use crate::value::assign::Passes;
use crate::value::variables::{Mark, Variables};

/// A loop under way.
#[derive(Clone, Debug)]
pub(super) enum Loop {
    Passes { passes: Arc<Passes>, done: usize },
    Repeat { done: f64, max: f64 },
}

/// A unit and what it did before a pulse.
#[derive(Clone, Debug)]
pub(super) struct Before {
    pub smu: SmuId,
    pub level: Level,
    pub limit: f64,
}

/// One call under way.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub code: Arc<Code>,
    pub next: usize,
    pub at: InstanceId,
    pub variables: Variables,
    /// Answers of calls, by their names
    pub answers: HashMap<String, Answer>,
    pub marks: Vec<Mark>,
    pub loops: Vec<Loop>,
    /// Units that a pulse under way will give back
    pub pulse: Vec<Before>,
    /// It is the body of an experiment, which sees the columns of its table
    pub body: bool,
    /// What the caller calls the answer
    pub into: Option<String>,
}

impl Frame {
    pub fn new(code: Arc<Code>, at: InstanceId) -> Frame {
        Frame {
            code,
            next: 0,
            at,
            variables: Variables::default(),
            answers: HashMap::new(),
            marks: Vec::new(),
            loops: Vec::new(),
            pulse: Vec::new(),
            body: false,
            into: None,
        }
    }
}

/// An edge that a process waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edge {
    Rise,
    Fall,
}

/// What a process is doing.
#[derive(Clone, Debug)]
pub(super) enum State {
    Ready,
    Until(Ticks),
    /// `edge`: and whether it was up when last looked at
    When {
        condition: Expr,
        edge: Option<(Edge, bool)>,
        deadline: Option<Ticks>,
    },
    /// For its branches
    Branches {
        first: bool,
    },
    Done,
}

/// A machine under way.
#[derive(Clone, Debug)]
pub struct Process {
    pub(super) name: String,
    pub(super) frames: Vec<Frame>,
    pub(super) state: State,
    pub(super) branches: Vec<Process>,
    /// What the last call gave, when all is done
    pub(super) answer: Option<Answer>,
    /// Where it stands
    pub(super) span: Span,
}

impl Process {
    pub(super) fn new(frame: Frame, span: Span) -> Process {
        Process {
            name: frame.code.name.clone(),
            frames: vec![frame],
            state: State::Ready,
            branches: Vec::new(),
            answer: None,
            span,
        }
    }

    /// Whether a `map` stands in the code of any call under way: its branches need a copy of the processes beside.
    pub(super) fn uses_map(&self) -> bool {
        let in_code = |f: &Frame| {
            f.code
                .ops
                .iter()
                .any(|op| matches!(op.kind, super::code::OpKind::Map { .. } | super::code::OpKind::Call { .. }))
        };
        self.frames.iter().any(in_code) || self.branches.iter().any(Process::uses_map)
    }

    /// What one of the branches changed of the variables around them the others have from now on, and so does this process.
    pub(super) fn share(&mut self, branch: usize) {
        let (Some(frame), Some(own)) =
            (self.frames.last_mut(), self.branches.get(branch).and_then(|b| b.frames.first()))
        else {
            return;
        };
        if frame.variables.take_over(&own.variables) {
            let variables = &frame.variables;
            self.branches.iter_mut().for_each(|b| b.hear(variables));
        }
    }

    /// Takes over the variables around it, and so do branches that see them.
    fn hear(&mut self, around: &Variables) {
        let own = self.frames.len() == 1;
        let Some(frame) = self.frames.first_mut() else { return };
        frame.variables.take_over(around);
        if own {
            let variables = &frame.variables;
            self.branches.iter_mut().for_each(|b| b.hear(variables));
        }
    }

    pub(super) fn done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    /// Every process that is no parent of others under way, in order.
    pub(super) fn leaves(&mut self, see: &mut dyn FnMut(&mut Process)) {
        match self.state {
            State::Branches { .. } => self.branches.iter_mut().for_each(|b| b.leaves(see)),
            _ => see(self),
        }
    }
}

//! What an expression may see and do beside the built-in functions: the seam between values and everything else.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::answer::Answer;
use super::assign::Given;
use super::builtin::Tools;
use super::fault::Fault;
use super::index::Pick;
use super::{Handle, Value};
use crate::circuit::equation::Function;
use crate::diag::{Diagnostic, Span};
use crate::syntax::ast::{Expr, ExprArg, Name, Slot};

/// Expressions and calls go no deeper.
pub const MAX_DEPTH: usize = 400;
/// Operations of one run of statements; an array counts as one for every 4096 numbers.
pub const MAX_STEPS: u64 = 50_000_000;

/// How much work and stack an evaluation may still take.
#[derive(Clone, Debug, Default)]
pub struct Budget {
    /// Expressions and calls around this one
    pub depth: usize,
    /// Operations done
    pub steps: u64,
    /// Raised by whoever wants the work to stop
    pub interrupted: Option<Arc<AtomicBool>>,
}

/// Operations between two looks at whether to stop.
const LOOK: u64 = 4096;

impl Budget {
    /// Goes one level down; `leave` comes back.
    pub fn enter(&mut self, span: Span) -> Result<(), Fault> {
        if self.depth >= MAX_DEPTH {
            return Err(Fault::new("value::too-deep", span, "this is nested too deeply", "here")
                .with_help("does a function call itself without end?"));
        }
        self.depth += 1;
        self.step(1, span)
    }

    pub fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Counts work.
    pub fn step(&mut self, count: u64, span: Span) -> Result<(), Fault> {
        let before = self.steps;
        self.steps = self.steps.saturating_add(count);
        if before / LOOK != self.steps / LOOK
            && self.interrupted.as_ref().is_some_and(|flag| flag.load(Ordering::Relaxed))
        {
            let d = Diagnostic::warning("value::interrupted", "interrupted in work that takes no simulated time");
            let d = d.at(span, format!("here, after {} operations", self.steps));
            return Err(Fault::Wrong(Box::new(d.help("a loop without end? a wait in it lets time pass"))));
        }
        match self.steps > MAX_STEPS {
            false => Ok(()),
            true => Err(Fault::new(
                "value::endless",
                span,
                format!("stopped after {} million operations", MAX_STEPS / 1_000_000),
                "still at work here",
            )
            .with_help("a loop without end? `repeat until … max n` bounds it")),
        }
    }
}

/// What powers of negative numbers mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Powers {
    /// |x|^y, in cards of SPICE
    Spice,
    /// As in mathematics, in statements
    Mathematical,
}

impl Powers {
    pub fn function(self) -> Function {
        match self {
            Powers::Spice => Function::AbsPow,
            Powers::Mathematical => Function::Pow,
        }
    }
}

/// Where an expression stands.
pub trait Scope {
    /// The value of a lower-case name; None where it has none.
    fn name(&mut self, lower: &str, span: Span) -> Result<Option<Value>, Fault>;

    /// What a lower-case name in front of a `.` stands for, where that is not what it stands for alone.
    fn owner(&mut self, _lower: &str, _span: Span) -> Result<Option<Value>, Fault> {
        Ok(None)
    }

    /// A call that a user's definition or the circuit answers; asked before the built-in functions. None: not known here.
    fn call(&mut self, name: &Name, args: &[ExprArg], span: Span) -> Result<Option<Answer>, Fault>;

    /// A call of a user's function with finished arguments; None: there is none of this name.
    fn apply(&mut self, _name: &Name, _given: &[Given], _span: Span) -> Result<Option<Answer>, Fault> {
        Ok(None)
    }

    /// `handle.name`
    fn field(&mut self, handle: &Handle, name: &Name, span: Span) -> Result<Value, Fault> {
        let message = format!("{} has no '{}' here", handle.describe(), name.text);
        Err(Fault::new("value::no-circuit", span, message, "software knows numbers only"))
    }

    /// `handle.name[…]` where the name is an array of numbers; None where it is not.
    fn places(&mut self, _handle: &Handle, _name: &Name, _slots: &[Slot], _span: Span) -> Result<Option<Value>, Fault> {
        Ok(None)
    }

    /// `base.name(…)`: the call of what a path leads to.
    fn method(&mut self, _base: &Expr, name: &Name, _args: &[ExprArg], span: Span) -> Result<Answer, Fault> {
        let message = format!("software cannot call '{}' of a part", name.text);
        Err(Fault::new("value::no-circuit", span, message, "software knows numbers only"))
    }

    /// `handle[…]`
    fn index(&mut self, handle: &Handle, _picks: &[Pick], span: Span) -> Result<Value, Fault> {
        let message = format!("{} has no places here", handle.describe());
        Err(Fault::new("value::no-circuit", span, message, "software knows numbers only"))
    }

    /// Lengths of the axes that an index of a handle counts; None where they are not known.
    fn shape(&mut self, _handle: &Handle) -> Option<Vec<usize>> {
        None
    }

    /// Files and random numbers for built-in functions.
    fn tools(&mut self) -> Tools<'_>;

    fn budget(&mut self) -> &mut Budget;

    fn powers(&self) -> Powers {
        Powers::Mathematical
    }

    /// How many threads may work on one value.
    fn threads(&self) -> usize {
        std::thread::available_parallelism().map_or(1, usize::from)
    }

    /// Names in sight, for suggestions.
    fn known(&self) -> Vec<String> {
        Vec::new()
    }
}

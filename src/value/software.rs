//! `.func` without the circuit: a pure function of values, by its expression or by its statements.

use super::Value;
use super::answer::Answer;
use super::assign::{self, Given, Passes, Store};
use super::builtin::Tools;
use super::data::Files;
use super::eval::{answer, condition, eval, number};
use super::fault::Fault;
use super::memo::Memo;
use super::scope::{Budget, Powers, Scope};
use super::variables::Variables;
use crate::diag::Span;
use crate::random::Draws;
use crate::syntax::ast::{Expr, ExprArg, Func, Iter, Name, Routine, Stmt, StmtKind};

/// Results of calls that took fewer operations are not worth remembering.
const WORTH_KEEPING: u64 = 1000;

/// Constants and functions in sight of a definition.
pub trait Library {
    /// Unlike that of any other scope.
    fn id(&self) -> u64;

    /// The constant of a lower-case name.
    fn value(&self, lower: &str) -> Option<Value>;

    /// The function of a lower-case name.
    fn function(&self, lower: &str) -> Option<Found<'_>>;

    /// Names in sight, for suggestions.
    fn known(&self) -> Vec<String>;
}

/// A function and the scope it was defined in.
#[derive(Clone, Copy)]
pub struct Found<'l> {
    pub definition: Definition<'l>,
    pub library: &'l dyn Library,
}

/// How a function is defined.
#[derive(Clone, Copy, Debug)]
pub enum Definition<'l> {
    /// `.func f(x) = expr`
    Expression(&'l Func),
    /// `.func f(x) -> r { … }`
    Block(&'l Routine),
}

/// What all calls of one run of software share.
#[derive(Debug)]
pub struct Machine<'m> {
    pub files: &'m Files,
    pub memo: &'m Memo,
    /// The caller's stream of random numbers; None where draws need a seed
    pub draws: Option<&'m mut Draws>,
    pub budget: Budget,
    /// °C
    pub temp: f64,
    /// That may work on one value
    pub threads: usize,
}

impl Machine<'_> {
    /// Numbers drawn without a seed so far.
    fn drawn(&self) -> u64 {
        self.draws.as_ref().map_or(0, |d| d.counter)
    }
}

/// Calls a function. One that draws nothing without a seed is remembered by its arguments.
pub fn call(found: Found, given: &[Given], span: Span, machine: &mut Machine) -> Result<Answer, Fault> {
    let Found { definition, library } = found;
    match definition {
        Definition::Expression(func) => {
            let mut frame = Frame { library, variables: Variables::default(), machine, powers: Powers::Spice };
            assign::bind(&func.name, &func.formals, given, span, &mut frame)?;
            eval(&func.body, &mut frame).map(Answer::One)
        }
        Definition::Block(routine) => {
            let mut frame = Frame { library, variables: Variables::default(), machine, powers: Powers::Mathematical };
            assign::bind(&routine.name, &routine.formals, given, span, &mut frame)?;
            let args: Vec<Value> =
                routine.formals.iter().filter_map(|(n, _)| frame.variables.get(&n.lower()).cloned()).collect();
            let function = (library.id(), routine.name.span);
            if let Some(known) = frame.machine.memo.find(function, &args) {
                return Ok(known);
            }
            let (steps, drawn) = (frame.machine.budget.steps, frame.machine.drawn());
            let answer = frame.run(routine)?;
            let machine = frame.machine;
            if machine.drawn() == drawn && machine.budget.steps - steps >= WORTH_KEEPING {
                machine.memo.keep(function, args, answer.clone());
            }
            Ok(answer)
        }
    }
}

/// The value of an expression with these variables, in sight of a library: for callers that are no software themselves.
pub fn evaluate(
    expr: &Expr,
    variables: Variables,
    library: &dyn Library,
    machine: &mut Machine,
) -> Result<Answer, Fault> {
    answer(expr, &mut Frame { library, variables, machine, powers: Powers::Spice })
}

/// One running call.
struct Frame<'f, 'm> {
    library: &'f dyn Library,
    variables: Variables,
    machine: &'f mut Machine<'m>,
    powers: Powers,
}

impl Scope for Frame<'_, '_> {
    fn name(&mut self, lower: &str, _: Span) -> Result<Option<Value>, Fault> {
        Ok(match self.variables.get(lower).cloned().or_else(|| self.library.value(lower)) {
            None if matches!(lower, "temp" | "temper") => Some(Value::Number(self.machine.temp)),
            found => found,
        })
    }

    fn call(&mut self, name: &Name, args: &[ExprArg], span: Span) -> Result<Option<Answer>, Fault> {
        if self.library.function(&name.lower()).is_none() {
            return Ok(None);
        }
        let given = assign::given(args, self)?;
        self.apply(name, &given, span)
    }

    fn apply(&mut self, name: &Name, given: &[Given], span: Span) -> Result<Option<Answer>, Fault> {
        let Some(found) = self.library.function(&name.lower()) else { return Ok(None) };
        call(found, given, span, self.machine).map(Some)
    }

    fn tools(&mut self) -> Tools<'_> {
        Tools { files: self.machine.files, draws: self.machine.draws.as_deref_mut() }
    }

    fn budget(&mut self) -> &mut Budget {
        &mut self.machine.budget
    }

    fn powers(&self) -> Powers {
        self.powers
    }

    fn threads(&self) -> usize {
        self.machine.threads
    }

    fn known(&self) -> Vec<String> {
        let mut names: Vec<String> = self.variables.names().map(str::to_string).collect();
        names.extend(self.library.known());
        names
    }
}

impl Store for Frame<'_, '_> {
    fn declare(&mut self, name: &Name, value: Value) -> Result<(), Fault> {
        self.variables.declare(name.lower(), value, name.span)
    }

    fn set(&mut self, lower: &str, value: Value, span: Span) -> Result<bool, Fault> {
        self.variables.set(lower, value, span)
    }

    fn variable(&mut self, lower: &str) -> Option<&mut Value> {
        self.variables.get_mut(lower)
    }
}

impl Frame<'_, '_> {
    /// Results start at 0.
    fn run(&mut self, routine: &Routine) -> Result<Answer, Fault> {
        for result in &routine.results {
            if self.variables.get(&result.lower()).is_none() {
                self.declare(result, Value::Number(0.0))?;
            }
        }
        self.block(&routine.body)?;
        let value = |n: &Name| self.variables.get(&n.lower()).cloned().unwrap_or(Value::Number(0.0));
        Ok(Answer::Several(routine.results.iter().map(|n| (n.lower().into(), value(n))).collect()))
    }

    fn block(&mut self, body: &[Stmt]) -> Result<(), Fault> {
        let Some(first) = body.first() else { return Ok(()) };
        self.machine.budget.enter(first.span)?;
        let mark = self.variables.block();
        let out = body.iter().try_for_each(|s| self.statement(s));
        self.variables.leave(mark);
        self.machine.budget.leave();
        out
    }

    fn statement(&mut self, s: &Stmt) -> Result<(), Fault> {
        self.machine.budget.step(1, s.span)?;
        match &s.kind {
            StmtKind::Let(l) => assign::declare(l, self),
            StmtKind::Assign(a) => assign::assign(a, s.span, self),
            StmtKind::Call(e) => eval(e, self).map(|_| ()),
            StmtKind::Block(body) => self.block(body),
            StmtKind::If { branches, otherwise } => {
                for (test, body) in branches {
                    if condition(test, self)? {
                        return self.block(body);
                    }
                }
                otherwise.as_ref().map_or(Ok(()), |body| self.block(body))
            }
            StmtKind::For { loops, body } => self.passes(loops, body),
            StmtKind::Repeat { counter, until, max, body } => {
                self.repeat(counter.as_ref(), until, max.as_ref(), body, s.span)
            }
            other => Err(Fault::new(
                "value::no-circuit",
                s.span,
                format!("a .func cannot {}: it knows numbers only", act(other)),
                "not in software",
            )
            .with_help("a .protocol drives the circuit, an .experiment asks it")),
        }
    }

    fn passes(&mut self, loops: &[Iter], body: &[Stmt]) -> Result<(), Fault> {
        let Some((first, inner)) = loops.split_first() else { return self.block(body) };
        let passes = Passes::of(first, self)?;
        for k in 0..passes.count() {
            let mark = self.variables.block();
            self.machine
                .budget
                .step(1, first.names.first().map_or(Span::new(crate::diag::FileId(0), 0, 0), |n| n.span))?;
            for (name, value) in first.names.iter().zip(passes.values(k)) {
                self.declare(name, value)?;
            }
            self.passes(inner, body)?;
            self.variables.leave(mark);
        }
        Ok(())
    }

    /// The counter holds the passes completed and lives on.
    fn repeat(
        &mut self,
        counter: Option<&Name>,
        until: &Expr,
        max: Option<&Expr>,
        body: &[Stmt],
        span: Span,
    ) -> Result<(), Fault> {
        let max = max.map_or(Ok(f64::INFINITY), |e| number(e, self))?;
        let count = |frame: &mut Self, done: f64| match counter {
            None => Ok(true),
            Some(n) => frame.set(&n.lower(), Value::Number(done), n.span),
        };
        let mut done = 0.0;
        if !count(self, done)?
            && let Some(n) = counter
        {
            self.declare(n, Value::Number(0.0))?;
        }
        while done < max && !condition(until, self)? {
            self.machine.budget.step(1, span)?;
            self.block(body)?;
            done += 1.0;
            count(self, done)?;
        }
        Ok(())
    }
}

/// What a statement does, for messages.
fn act(kind: &StmtKind) -> &'static str {
    match kind {
        StmtKind::Force(_) => "force",
        StmtKind::Float(_) => "float",
        StmtKind::Pulse { .. } => "pulse",
        StmtKind::Ramp { .. } => "ramp",
        StmtKind::Wait(_) | StmtKind::WaitUntil { .. } => "wait",
        StmtKind::Settle => "settle",
        StmtKind::Forever(_) => "go on forever",
        StmtKind::Par { .. } => "do things side by side",
        StmtKind::Sweep { .. } => "sweep",
        StmtKind::MonteCarlo { .. } => "run a Monte-Carlo",
        StmtKind::Analysis(_) => "run an analysis",
        StmtKind::Measure(_) => "measure",
        StmtKind::Record(_) => "record",
        StmtKind::Assert { .. } => "assert",
        StmtKind::Snapshot { .. } => "take snapshots",
        StmtKind::Plot(_) | StmtKind::Histogram { .. } => "plot",
        StmtKind::Save { .. } => "save",
        _ => "do this",
    }
}

//! One process running from one wait to the next. No simulated time passes here.

use std::sync::Arc;

use super::bounds;
use super::code::{OpKind, Place};
use super::frame::{Edge, Frame, Loop, Process, State};
use super::history::Kept;
use super::machine::Machine;
use super::map;
use super::notebook::Notebook;
use super::reading::Readings;
use super::sight::{Sight, Writes, stopped};
use super::study::{Curves, Scale, Study};
use super::world::{Drive, World};
use crate::device::Ticks;
use crate::diag::Span;
use crate::random::Draws;
use crate::syntax::ast::{Expr, ExprKind, Stmt, StmtKind};
use crate::value::Value;
use crate::value::answer::Answer;
use crate::value::assign::{self, Passes};
use crate::value::eval::{condition, eval, number};
use crate::value::fault::Fault;
use crate::value::scope::Budget;

/// What a running process needs of the run.
pub(super) struct Run<'a> {
    pub machine: &'a Machine,
    pub world: &'a mut dyn World,
    pub notebook: &'a dyn Notebook,
    pub budget: &'a mut Budget,
    pub draws: &'a mut Draws,
    pub writes: &'a mut Writes,
    pub readings: &'a mut Readings,
    /// The rows of the last analysis, until something acts on the circuit
    pub study: &'a mut Option<Arc<Curves>>,
    /// What statements after an analysis look at
    pub seen: &'a [Kept],
    /// The processes beside this one, for the branches of a map
    pub others: &'a [Process],
    /// Number of the process
    pub who: usize,
}

impl Run<'_> {
    pub fn sight<'s>(&'s mut self, frame: &'s mut Frame) -> Sight<'s> {
        Sight {
            machine: self.machine,
            world: &mut *self.world,
            notebook: self.notebook,
            at: frame.at,
            variables: &mut frame.variables,
            answers: &frame.answers,
            budget: &mut *self.budget,
            draws: &mut *self.draws,
            writes: &mut *self.writes,
            readings: &mut *self.readings,
            who: self.who,
            columns: frame.body,
            code: &frame.code,
            place: frame.next.saturating_sub(1),
            study: self.study.clone().filter(|_| frame.body),
        }
    }

    /// Whether a process or one of its branches can go on now.
    pub fn ready(&mut self, process: &mut Process) -> Result<bool, Fault> {
        let now = self.world.now();
        match &mut process.state {
            State::Ready => Ok(true),
            State::Done => Ok(false),
            State::Until(t) => Ok(now >= *t),
            State::Branches { .. } => {
                let mut any = false;
                for branch in &mut process.branches {
                    any |= self.ready(branch)?;
                }
                Ok(any)
            }
            State::When { deadline, .. } if deadline.is_some_and(|d| now >= d) => Ok(true),
            State::When { .. } => self.holds(process, true),
        }
    }

    /// Whether what a process waits for holds. `settled`: at an accepted point, where an edge remembers what it saw.
    pub fn holds(&mut self, process: &mut Process, settled: bool) -> Result<bool, Fault> {
        let noisy = std::mem::replace(&mut self.readings.noisy, false);
        let out = self.watched(process, settled);
        self.readings.noisy = noisy;
        out
    }

    fn watched(&mut self, process: &mut Process, settled: bool) -> Result<bool, Fault> {
        let State::When { condition: test, edge, deadline } = process.state.clone() else { return Ok(false) };
        let Some(frame) = process.frames.last_mut() else { return Ok(false) };
        let Some((edge, before)) = edge else { return condition(&test, &mut self.sight(frame)) };
        let up = number(&test, &mut self.sight(frame))? > 0.0;
        let holds = match edge {
            Edge::Rise => up && !before,
            Edge::Fall => !up && before,
        };
        if settled && !holds && up != before {
            process.state = State::When { condition: test, edge: Some((edge, up)), deadline };
            self.world.remembered();
        }
        Ok(holds)
    }

    /// Runs a process that is ready, and its branches, until all of it waits.
    pub fn go(&mut self, process: &mut Process) -> Result<(), Fault> {
        if let State::Branches { first } = process.state {
            for k in 0..process.branches.len() {
                if self.ready(&mut process.branches[k])? {
                    self.go(&mut process.branches[k])?;
                    process.share(k);
                }
            }
            let ended = process.branches.iter().filter(|b| b.done()).count();
            if ended < process.branches.len() && !(first && ended > 0) {
                return Ok(());
            }
            self.join(process)?;
        }
        process.state = State::Ready;
        while matches!(process.state, State::Ready) {
            self.operation(process)?;
        }
        match process.state {
            // Branches begin at once.
            State::Branches { .. } => self.go(process),
            _ => Ok(()),
        }
    }

    /// Branches are over: those still under way are cancelled.
    fn join(&mut self, process: &mut Process) -> Result<(), Fault> {
        let mut branches = std::mem::take(&mut process.branches);
        for branch in &mut branches {
            self.cancel(branch)?;
        }
        Ok(())
    }

    /// A pulse gives its nets back, a ramp stays where it is.
    fn cancel(&mut self, process: &mut Process) -> Result<(), Fault> {
        for branch in &mut process.branches {
            self.cancel(branch)?;
        }
        let span = process.span;
        if process.done() {
            return Ok(());
        }
        for frame in &mut process.frames {
            let pulse = std::mem::take(&mut frame.pulse);
            let ramp =
                frame.code.ops.get(frame.next.wrapping_sub(1)).is_some_and(|op| matches!(op.kind, OpKind::Ramp(..)));
            if ramp {
                let mut hold = |b: &super::frame::Before| {
                    let (level, limit) = self.world.level(b.smu);
                    Drive { smu: b.smu, from: None, to: level, over: 0.0, limit }
                };
                let list: Vec<Drive> = pulse.iter().map(&mut hold).collect();
                self.world.drive(&list).map_err(|s| stopped(s, span))?;
            } else if !pulse.is_empty() {
                self.sight(frame).give_back(&pulse, span)?;
            }
        }
        Ok(())
    }

    fn later(&self, seconds: f64) -> State {
        State::Until(Ticks(self.world.now().0.saturating_add(Ticks::from_seconds(seconds).0)))
    }

    /// A time that a statement says, s.
    fn time(&mut self, frame: &mut Frame, e: &Expr) -> Result<f64, Fault> {
        bounds::passing(number(e, &mut self.sight(frame))?, e.span)
    }

    /// The next operation of the innermost call.
    fn operation(&mut self, process: &mut Process) -> Result<(), Fault> {
        let Some(mut frame) = process.frames.pop() else {
            process.state = State::Done;
            return Ok(());
        };
        let code = frame.code.clone();
        let Some(op) = code.ops.get(frame.next) else {
            self.finish(process, frame);
            return Ok(());
        };
        process.span = op.span;
        frame.next += 1;
        self.budget.step(1, op.span)?;
        let outcome = self.perform(process, &mut frame, &op.kind, op.span);
        let call = match outcome {
            Ok(call) => call,
            Err(fault) => {
                process.frames.push(frame);
                return Err(fault);
            }
        };
        process.frames.push(frame);
        if let Some(call) = call {
            if process.frames.len() > crate::value::scope::MAX_DEPTH {
                return Err(Fault::new("process::too-deep", op.span, "calls are nested too deeply", "this call")
                    .with_help("does a protocol call itself without end?"));
            }
            process.frames.push(call);
        }
        Ok(())
    }

    /// A call is over.
    fn finish(&mut self, process: &mut Process, mut frame: Frame) {
        let answer = frame.answers.remove("").unwrap_or_else(|| {
            let value =
                |n: &crate::syntax::ast::Name| frame.variables.get(&n.lower()).cloned().unwrap_or(Value::Number(0.0));
            Answer::Several(frame.code.results.iter().map(|n| (n.lower().into(), value(n))).collect())
        });
        match (process.frames.last_mut(), frame.into) {
            (Some(caller), Some(into)) => {
                caller.answers.insert(into, answer);
            }
            (Some(_), None) => {}
            (None, _) => {
                process.answer = Some(answer);
                // A branch keeps its variables for the one that forked it.
                let rest = Frame { variables: frame.variables, ..Frame::new(Arc::default(), frame.at) };
                process.frames.push(rest);
                process.state = State::Done;
            }
        }
    }

    /// Does one operation. A call to enter is given back.
    fn perform(
        &mut self,
        process: &mut Process,
        frame: &mut Frame,
        op: &OpKind,
        span: Span,
    ) -> Result<Option<Frame>, Fault> {
        let acts = matches!(
            op,
            OpKind::Force(_)
                | OpKind::Float(_)
                | OpKind::Pulse(..)
                | OpKind::Ramp(..)
                | OpKind::Wait(_)
                | OpKind::Until { .. }
                | OpKind::Settle
                | OpKind::Call { .. }
        );
        if acts {
            *self.study = None;
        }
        match op {
            OpKind::Do(s) => self.simple(frame, s)?,
            OpKind::Force(drives) => {
                self.sight(frame).set_out(drives, None)?;
            }
            OpKind::Float(nets) => self.sight(frame).let_go(nets)?,
            OpKind::Pulse(drives, width) => {
                let width = self.time(frame, width)?;
                let before = self.sight(frame).set_out(drives, None)?;
                let edge = self.sight(frame).longest_edge(&before);
                frame.pulse = before;
                process.state = self.later(edge + width);
            }
            OpKind::Return => {
                let before = std::mem::take(&mut frame.pulse);
                let edge = self.sight(frame).give_back(&before, span)?;
                process.state = self.later(edge);
            }
            OpKind::Ramp(drives, time) => {
                let time = self.time(frame, time)?;
                frame.pulse = self.sight(frame).set_out(drives, Some(time))?;
                process.state = self.later(time);
            }
            OpKind::Wait(time) => {
                let time = self.time(frame, time)?;
                process.state = self.later(time);
            }
            OpKind::Until { condition: test, timeout } => self.until(process, frame, test, timeout.as_ref())?,
            OpKind::Settle => self.world.settle().map_err(|s| stopped(s, span))?,
            OpKind::Call { callee, into } => {
                let Some(answer) = self.software(frame, callee)? else {
                    return self.call(frame, callee, into.clone()).map(Some);
                };
                frame.answers.insert(into.clone(), answer);
            }
            OpKind::Map { call, into } => {
                let answer = map::map(self, frame, call)?;
                frame.answers.insert(into.clone(), answer);
            }
            OpKind::Jump(to) => frame.next = to.0,
            OpKind::Unless(test, to) => {
                if !condition(test, &mut self.sight(frame))? {
                    frame.next = to.0;
                }
            }
            OpKind::Enter => frame.marks.push(frame.variables.block()),
            OpKind::Leave => leave(frame),
            OpKind::Passes(iter) => {
                let passes = Passes::of(iter, &mut self.sight(frame))?;
                frame.loops.push(Loop::Passes { passes: Arc::new(passes), done: 0 });
            }
            OpKind::Next(iter, exit) => self.next(frame, iter, *exit)?,
            OpKind::Count { counter, max } => {
                let max = match max {
                    Some(m) => bounds::passes(number(m, &mut self.sight(frame))?, m.span)?,
                    None => f64::INFINITY,
                };
                frame.loops.push(Loop::Repeat { done: 0.0, max });
                if let Some(name) = counter
                    && !frame.variables.set(&name.lower(), Value::Number(0.0), name.span)?
                {
                    frame.variables.declare(name.lower(), Value::Number(0.0), name.span)?;
                }
            }
            OpKind::Bounded(exit) => {
                if let Some(Loop::Repeat { done, max }) = frame.loops.last()
                    && done >= max
                {
                    frame.next = exit.0;
                }
            }
            OpKind::Counted => {
                if let Some(Loop::Repeat { done, .. }) = frame.loops.last_mut() {
                    *done += 1.0;
                    let done = *done;
                    if let Some(name) = counter_of(frame) {
                        frame.variables.set(&name.lower(), Value::Number(done), span)?;
                    }
                }
            }
            OpKind::Uncount => {
                frame.loops.pop();
            }
            OpKind::Par { first, branches } => {
                let branch = |code: &Arc<super::code::Code>| {
                    let variables = frame.variables.clone();
                    let own = Frame { variables, body: frame.body, ..Frame::new(code.clone(), frame.at) };
                    Process::new(Frame { answers: frame.answers.clone(), ..own }, span)
                };
                process.branches = branches.iter().map(branch).collect();
                process.state = State::Branches { first: *first };
            }
            OpKind::Note(s) => self.note(frame, s)?,
            OpKind::Answer(e) => {
                let value = eval(e, &mut self.sight(frame))?;
                frame.answers.insert(String::new(), Answer::One(value));
            }
        }
        Ok(None)
    }

    fn simple(&mut self, frame: &mut Frame, s: &Stmt) -> Result<(), Fault> {
        let mut sight = self.sight(frame);
        match &s.kind {
            StmtKind::Let(l) => assign::declare(l, &mut sight),
            StmtKind::Assign(a) => assign::assign(a, s.span, &mut sight),
            StmtKind::Call(e) => eval(e, &mut sight).map(|_| ()),
            _ => Ok(()),
        }
    }

    fn until(
        &mut self,
        process: &mut Process,
        frame: &mut Frame,
        test: &Expr,
        timeout: Option<&Expr>,
    ) -> Result<(), Fault> {
        let deadline = match timeout {
            None => None,
            Some(t) => {
                let limit = bounds::timeout(number(t, &mut self.sight(frame))?, t.span)?;
                limit.map(|t| Ticks(self.world.now().0.saturating_add(Ticks::from_seconds(t).0)))
            }
        };
        let edge = match &test.kind {
            ExprKind::Call { name, args } if name.is("rise") => args.first().map(|a| (Edge::Rise, &a.value)),
            ExprKind::Call { name, args } if name.is("fall") => args.first().map(|a| (Edge::Fall, &a.value)),
            _ => None,
        };
        let noisy = std::mem::replace(&mut self.readings.noisy, false);
        let state = self.watch(frame, test, edge, deadline);
        self.readings.noisy = noisy;
        process.state = state?;
        Ok(())
    }

    /// The state of one who waits for a condition or an edge: ready where it holds.
    fn watch(
        &mut self,
        frame: &mut Frame,
        test: &Expr,
        edge: Option<(Edge, &Expr)>,
        deadline: Option<Ticks>,
    ) -> Result<State, Fault> {
        Ok(match edge {
            Some((edge, of)) => {
                let up = number(of, &mut self.sight(frame))? > 0.0;
                State::When { condition: of.clone(), edge: Some((edge, up)), deadline }
            }
            None if condition(test, &mut self.sight(frame))? => State::Ready,
            None => State::When { condition: test.clone(), edge: None, deadline },
        })
    }

    fn next(&mut self, frame: &mut Frame, iter: &crate::syntax::ast::Iter, exit: Place) -> Result<(), Fault> {
        let Some(Loop::Passes { passes, done }) = frame.loops.last_mut() else { return Ok(()) };
        if *done >= passes.count() {
            frame.loops.pop();
            frame.next = exit.0;
            return Ok(());
        }
        let values = passes.values(*done);
        *done += 1;
        frame.marks.push(frame.variables.block());
        for (name, value) in iter.names.iter().zip(values) {
            frame.variables.declare(name.lower(), value, name.span)?;
        }
        Ok(())
    }

    fn note(&mut self, frame: &mut Frame, s: &Stmt) -> Result<(), Fault> {
        let notebook = self.notebook;
        notebook.note(s, &mut self.sight(frame))?;
        if let StmtKind::Analysis(card) = &s.kind
            && let Some((study, names)) = self.sight(frame).study(card)?
        {
            self.analyze(s, &study, names)?;
        }
        Ok(())
    }

    /// A `dc` or `ac`: its rows go to the notebook, and are in sight from now on.
    fn analyze(&mut self, s: &Stmt, study: &Study, names: Vec<String>) -> Result<(), Fault> {
        let mut see = self.notebook.shown();
        let more: Vec<Kept> = self.seen.iter().filter(|k| !see.contains(k)).cloned().collect();
        see.extend(more);
        let rows = self.world.study(study, &see).map_err(|stop| stopped(stop, s.span))?;
        let scales = names.into_iter().zip(rows.units).zip(rows.scales);
        let scales = scales.map(|((name, unit), values)| Scale { name, unit, values }).collect();
        let columns = see.into_iter().zip(rows.columns).collect();
        let curves = Arc::new(Curves { scales, columns, named: rows.named });
        self.notebook.analyzed(s, &curves);
        *self.study = Some(curves);
        Ok(())
    }
}

fn leave(frame: &mut Frame) {
    if let Some(mark) = frame.marks.pop() {
        frame.variables.leave(mark);
    }
}

/// The name of the innermost `repeat`'s counter: its operation stands before the place where the pass jumps back to.
fn counter_of(frame: &Frame) -> Option<crate::syntax::ast::Name> {
    let OpKind::Jump(top) = &frame.code.ops.get(frame.next)?.kind else { return None };
    match &frame.code.ops.get(top.0.checked_sub(1)?)?.kind {
        OpKind::Count { counter, .. } => counter.clone(),
        _ => None,
    }
}

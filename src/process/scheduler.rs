//! The event loop's digital half: processes run until all of them wait, then time passes until one of them has to wake.
//!
//! Processes run in the order of the file, the one that was started last. What one does at an instant the others see at
//! the same instant, in as many rounds as it takes; a thousand rounds without time passing are an error.

use std::collections::HashMap;
use std::sync::Arc;

use super::frame::{Frame, Process, State};
use super::history::Kept;
use super::leaves::Needs;
use super::machine::Machine;
use super::notebook::{Desk, NoNotebook, Notebook};
use super::program::InstanceId;
use super::reading::Readings;
use super::run::Run;
use super::sight::Writes;
use super::study::Curves;
use super::world::{Plant, Stop};
use crate::device::Ticks;
use crate::diag::{Diagnostic, Span};
use crate::random::Draws;
use crate::syntax::ast::{Name, Stmt};
use crate::value::answer::Answer;
use crate::value::assign::Given;
use crate::value::fault::Fault;
use crate::value::scope::Budget;
use crate::value::variables::Variables;

/// Rounds of processes waking each other without time passing.
const ROUNDS: usize = 1000;

/// Why processes came to no end.
#[derive(Debug)]
pub enum Halt {
    Fault(Fault),
    /// With what to say of it
    Interrupted(Option<Box<Diagnostic>>),
}

impl From<Fault> for Halt {
    fn from(fault: Fault) -> Halt {
        match fault {
            Fault::Wrong(d) if d.code == "process::interrupted" => Halt::Interrupted(None),
            Fault::Wrong(d) if d.code == "value::interrupted" => Halt::Interrupted(Some(d)),
            other => Halt::Fault(other),
        }
    }
}

/// Processes beside one circuit.
pub struct Scheduler<'m> {
    machine: &'m Machine,
    list: Vec<Process>,
    budget: Budget,
    writes: Writes,
    draws: Draws,
    readings: Readings,
    /// The rows of the last analysis of the experiment, until something acts on the circuit
    study: Option<Arc<Curves>>,
    /// What its statements look at
    seen: Vec<Kept>,
    /// What protocols and `.always` look back at is being kept.
    prepared: bool,
}

/// What a job came to.
#[derive(Clone, Debug)]
pub struct Done {
    pub answer: Answer,
    /// What a body declared outside of its blocks
    pub variables: Variables,
}

/// What is to be run.
pub enum Job<'j> {
    /// Statements at the top of the netlist
    Body { name: &'j str, statements: &'j [Stmt], variables: Variables },
    /// A protocol of an instance
    Protocol { at: InstanceId, name: &'j Name, given: Vec<Given> },
}

impl<'m> Scheduler<'m> {
    /// With every `.always` of the program about to begin. `seed` and `draw` (the number of the Monte-Carlo run) key what is
    /// drawn at random.
    pub fn new(machine: &'m Machine, seed: u64, draw: u64) -> Scheduler<'m> {
        let mut list = Vec::new();
        for (k, instance) in machine.program.instances.iter().enumerate() {
            let at = InstanceId(k as u32);
            for always in &instance.always {
                let code = super::bodies::always_code(machine, at, always);
                let mut process = Process::new(Frame::new(code.into(), at), always.name.span);
                if !instance.path.is_empty() {
                    process.name = format!("{}.{}", instance.path, always.name.text);
                }
                list.push(process);
            }
        }
        let readings = Readings::new(seed, draw);
        Scheduler {
            machine,
            list,
            budget: machine.budget(),
            writes: HashMap::new(),
            draws: readings.draws(),
            readings,
            study: None,
            seen: Vec::new(),
            prepared: false,
        }
    }

    /// For one branch of a map: the same processes beside it, with random numbers of its own.
    pub(super) fn branch(machine: &'m Machine, others: &[Process], readings: &Readings, number: u64) -> Scheduler<'m> {
        let readings = readings.fork(number);
        Scheduler {
            machine,
            list: others.to_vec(),
            budget: machine.budget(),
            writes: HashMap::new(),
            draws: readings.draws(),
            readings,
            study: None,
            seen: Vec::new(),
            prepared: true,
        }
    }

    /// Its calls stand in so many others.
    pub(super) fn go_down(&mut self, depth: usize) {
        self.budget.depth = depth;
    }

    /// Runs one job to its end, the others beside it. They stay where they are then, so that a next job finds them there.
    pub fn perform(&mut self, job: Job, plant: &mut dyn Plant, notebook: &dyn Notebook) -> Result<Done, Halt> {
        let statements = if let Job::Body { statements, .. } = &job { *statements } else { &[] };
        self.prepare(statements, plant, notebook);
        let main = match job {
            Job::Body { name, statements, variables } => {
                let code = super::compile::body(name, statements, &self.machine.callables(InstanceId::TOP));
                let frame = Frame { variables, body: true, ..Frame::new(code.into(), InstanceId::TOP) };
                let span = statements.first().map_or(NOWHERE, |s| s.span);
                Process::new(frame, span)
            }
            Job::Protocol { at, name, given } => {
                let Some(code) = self.machine.code(at, &name.lower()) else {
                    return Err(super::groups::unknown("protocol", &name.text, name.span, std::iter::empty()).into());
                };
                let mut frame = Frame::new(code, at);
                self.with_run(plant, notebook, |run| super::calling::bind(run, &mut frame, &given, name.span, name))?;
                Process::new(frame, name.span)
            }
        };
        let main = self.run(main, plant, notebook)?;
        let variables = main.frames.into_iter().next().map(|f| f.variables).unwrap_or_default();
        Ok(Done { answer: main.answer.unwrap_or(Answer::Several(Vec::new())), variables })
    }

    /// Evaluates something in the body of an experiment, with its variables; no time passes.
    pub fn ask<T>(
        &mut self,
        variables: &mut Variables,
        plant: &mut dyn Plant,
        notebook: &dyn Notebook,
        act: impl FnOnce(&mut dyn Desk) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let own = std::mem::take(variables);
        let mut frame = Frame { variables: own, body: true, ..Frame::new(Default::default(), InstanceId::TOP) };
        let out = self.with_run(plant, notebook, |run| act(&mut run.sight(&mut frame)));
        *variables = frame.variables;
        out
    }

    /// What statements look back at, and currents that they read, are followed from now on.
    pub fn prepare(&mut self, statements: &[Stmt], plant: &mut dyn Plant, notebook: &dyn Notebook) {
        let (machine, all) = (self.machine, !std::mem::replace(&mut self.prepared, true));
        let needs = self.with_run(plant, notebook, |run| Ok(Self::needs(run, machine, statements, all)));
        let needs = needs.unwrap_or_default();
        plant.follow(&needs.follow);
        plant.meter(&needs.meter);
        for k in needs.seen {
            if !self.seen.contains(&k) {
                self.seen.push(k);
            }
        }
        if !needs.keep.is_empty() {
            plant.keep(&needs.keep);
        }
    }

    /// What statements at the top need, and with `all` every protocol, `.always` and function.
    fn needs(run: &mut Run, machine: &Machine, statements: &[Stmt], all: bool) -> Needs {
        let mut needs = Needs::default();
        run.sight(&mut Frame::new(Default::default(), InstanceId::TOP)).needs(statements, &mut needs);
        if all {
            for (k, instance) in machine.program.instances.iter().enumerate() {
                let mut frame = Frame::new(Default::default(), InstanceId(k as u32));
                let mut sight = run.sight(&mut frame);
                instance.protocols.values().for_each(|p| sight.needs(&p.body, &mut needs));
                instance.always.iter().for_each(|a| sight.needs(&a.body, &mut needs));
                let own = instance.functions.iter().flat_map(|f| f.expressions.values());
                own.for_each(|f| sight.needs_of(&f.body, &mut needs));
            }
            let mut frame = Frame::new(Default::default(), InstanceId::TOP);
            let mut sight = run.sight(&mut frame);
            machine.functions.expressions.values().for_each(|f| sight.needs_of(&f.body, &mut needs));
        }
        needs
    }

    pub(super) fn with_run<T>(
        &mut self,
        plant: &mut dyn Plant,
        notebook: &dyn Notebook,
        act: impl FnOnce(&mut Run) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        act(&mut Run {
            machine: self.machine,
            world: plant.world(),
            notebook,
            budget: &mut self.budget,
            draws: &mut self.draws,
            writes: &mut self.writes,
            readings: &mut self.readings,
            study: &mut self.study,
            seen: &self.seen,
            others: &[],
            who: 0,
        })
    }

    /// Runs a process to its end. It comes last in every round.
    pub(super) fn run(
        &mut self,
        main: Process,
        plant: &mut dyn Plant,
        notebook: &dyn Notebook,
    ) -> Result<Process, Halt> {
        self.list.push(main);
        let outcome = self.until_done(plant, notebook);
        let main = self.list.pop();
        outcome?;
        Ok(main.unwrap_or_else(|| Process::new(Frame::new(Default::default(), InstanceId::TOP), NOWHERE)))
    }

    fn until_done(&mut self, plant: &mut dyn Plant, notebook: &dyn Notebook) -> Result<(), Halt> {
        loop {
            self.rounds(plant, notebook)?;
            if self.list.last().is_none_or(Process::done) {
                return Ok(());
            }
            notebook.underway(self.list.last().and_then(|main| super::share::underway(main, plant.now())));
            self.pass(plant)?;
            self.writes.clear();
            self.budget.steps = 0;
        }
    }

    /// Runs processes until all wait.
    fn rounds(&mut self, plant: &mut dyn Plant, notebook: &dyn Notebook) -> Result<(), Fault> {
        for _ in 0..ROUNDS {
            let mut active = false;
            for k in 0..self.list.len() {
                let rest = Process::new(Frame::new(Default::default(), InstanceId::TOP), NOWHERE);
                let mut process = std::mem::replace(&mut self.list[k], rest);
                let outcome = self.turn(k, &mut process, plant, notebook);
                self.list[k] = process;
                active |= outcome?;
            }
            if !active || self.list.last().is_none_or(Process::done) {
                return Ok(());
            }
        }
        let d = Diagnostic::error("process::zero-delay-loop", format!("{ROUNDS} rounds without time passing"));
        let busy: Vec<(String, Span)> = self
            .list
            .iter()
            .filter(|p| matches!(p.state, State::Ready | State::When { .. }))
            .map(|p| (p.name.clone(), p.span))
            .collect();
        let d =
            busy.iter().take(4).fold(d, |d, (name, span)| d.at(*span, format!("{name} wakes here again and again")));
        Err(Fault::Wrong(Box::new(d.help("a wait between what two processes do to each other ends the loop"))))
    }

    /// One process, if it can go on. True if it did.
    fn turn(
        &mut self,
        k: usize,
        process: &mut Process,
        plant: &mut dyn Plant,
        notebook: &dyn Notebook,
    ) -> Result<bool, Fault> {
        let others: Vec<Process> = Vec::new();
        let maps = process.uses_map();
        let last = self.list.len() - 1;
        let beside: Vec<Process> = match maps {
            true => {
                self.list.iter().enumerate().filter(|(n, _)| *n != k && *n != last).map(|(_, p)| p.clone()).collect()
            }
            false => others,
        };
        let mut run = Run {
            machine: self.machine,
            world: plant.world(),
            notebook,
            budget: &mut self.budget,
            draws: &mut self.draws,
            writes: &mut self.writes,
            readings: &mut self.readings,
            study: &mut self.study,
            seen: &self.seen,
            others: &beside,
            who: k,
        };
        if !run.ready(process)? {
            return Ok(false);
        }
        run.go(process)?;
        Ok(true)
    }

    /// Time passes until a process has to wake.
    fn pass(&mut self, plant: &mut dyn Plant) -> Result<(), Halt> {
        let (mut horizon, mut waits): (Option<Ticks>, bool) = (None, false);
        let mut where_stuck = NOWHERE;
        for process in &mut self.list {
            process.leaves(&mut |leaf| {
                let wake = match &leaf.state {
                    State::Until(t) => Some(*t),
                    State::When { deadline, .. } => {
                        (waits, where_stuck) = (true, leaf.span);
                        *deadline
                    }
                    _ => None,
                };
                horizon = horizon.into_iter().chain(wake).min();
            });
        }
        if horizon.is_none() && !waits {
            let d = Diagnostic::error("process::stuck", "nothing is left that could wake what is under way");
            return Err(Fault::Wrong(Box::new(d.at(where_stuck, "the last that waited"))).into());
        }
        let (machine, list) = (self.machine, &mut self.list);
        let (budget, draws, writes) = (&mut self.budget, &mut self.draws, &mut self.writes);
        let readings = &mut self.readings;
        let mut study = None;
        let mut wrong = None;
        let mut fires = |world: &mut dyn super::world::World| {
            let settled = world.settled();
            let mut run = Run {
                machine,
                world,
                notebook: &NoNotebook,
                budget: &mut *budget,
                draws: &mut *draws,
                writes: &mut *writes,
                readings: &mut *readings,
                study: &mut study,
                seen: &[],
                others: &[],
                who: 0,
            };
            run.budget.steps = 0;
            let mut any = false;
            for process in list.iter_mut() {
                process.leaves(&mut |leaf| match run.holds(leaf, settled) {
                    Ok(holds) => any |= holds,
                    // Said where time stops for it.
                    Err(fault) => (any, wrong) = (true, Some(fault)),
                });
            }
            any
        };
        let outcome = match waits {
            true => plant.advance(horizon, &mut fires),
            false => plant.advance(horizon, &mut |_| false),
        };
        match (wrong, outcome) {
            (Some(fault), _) => Err(fault.into()),
            (None, Ok(false)) if horizon.is_none() => {
                let d = Diagnostic::error("process::stuck", "what is waited for never comes");
                let d = d.at(where_stuck, "still waiting").help("a timeout bounds the wait");
                Err(Fault::Wrong(Box::new(d)).into())
            }
            (None, Ok(_)) => Ok(()),
            (None, Err(Stop::Interrupted)) => Err(Halt::Interrupted(None)),
            (None, Err(stop)) => Err(super::sight::stopped(stop, where_stuck).into()),
        }
    }

    /// Whether readings have their errors (`.smu … noise=`), as in a Monte-Carlo run at this point of a sweep.
    pub fn set_noisy(&mut self, noisy: bool, point: u64) {
        (self.readings.noisy, self.readings.point) = (noisy, point);
    }
}

const NOWHERE: Span = Span { file: crate::diag::FileId(0), start: 0, end: 0 };

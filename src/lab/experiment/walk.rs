//! The statements of an experiment, one after the other: what takes time is left to the processes, sweeps go to
//! `super::fan`.

use std::cell::RefCell;

use super::Shared;
use super::fan::{Arm, fan};
use super::notes::Notes;
use super::page::Page;
use super::place::Place;
use super::plant::LazyPlant;
use super::spool::{Opened, Spool};
use super::stopped::Stopped;
use super::trail::trails;
use crate::analysis::{Stats, Warned};
use crate::diag::Span;
use crate::elab::Draw;
use crate::process::bounds;
use crate::process::notebook::Desk;
use crate::process::scheduler::{Job, Scheduler};
use crate::process::world::World;
use crate::syntax::ast::visit::statements;
use crate::syntax::ast::{Expr, ExprKind, Iter, Over, Stmt, StmtKind};
use crate::value::Value;
use crate::value::assign::Passes;
use crate::value::eval::{condition, number};
use crate::value::fault::Fault;
use crate::value::variables::Variables;

/// Points of one sweep.
const MOST_POINTS: usize = bounds::MOST_POINTS as usize;

/// Runs the body of an experiment, or of a sweep at one of its points. What was kept comes back in any case.
pub fn run(shared: &Shared, place: &Place, body: &[Stmt], variables: Variables) -> (Notes, Result<(), Stopped>) {
    let label = place.label();
    let within = !place.names.is_empty() && place.ready.deck.plan.saves.is_none();
    let opened = Opened::default();
    let page = Page {
        trails: if shared.writes && !within { trails(&place.ready.deck) } else { Vec::new() },
        notes: RefCell::new(Notes::default()),
        point: &place.names,
        label: &label,
        edge: place.ready.deck.program.smus.iter().map(|s| s.edge).fold(0.0, f64::max),
        results: &shared.results,
        known: &shared.known,
        leaves: &shared.leaves,
        started: shared.started,
        meter: &shared.meter,
    };
    let (seed, draw) = place.draw();
    let mut walker = Walker {
        shared,
        place,
        page,
        scheduler: Scheduler::new(&place.ready.machine, seed, draw),
        plant: place.plant(shared, &opened),
        fans: 0,
    };
    if let Some(draw) = place.overrides.draw {
        walker.scheduler.set_noisy(place.ready.deck.plan.options.variation, draw.point);
    }
    walker.scheduler.prepare(body, &mut walker.plant, &walker.page);
    let mut variables = variables;
    let outcome = walker.block(body, &mut variables);
    let stats = walker.plant.bench().map_or(Stats::default(), |b| b.stats());
    let Walker { page, plant, .. } = walker;
    let mut notes = page.notes.into_inner();
    Warned::merge(&mut notes.warned, plant.bench().map_or(Vec::new(), |b| b.warned()));
    // Nothing more is written to the files.
    drop(plant);
    let spools = opened.lock().map(|mut list| std::mem::take(&mut *list)).unwrap_or_default();
    notes.spools.extend(spools.into_iter().map(Spool::closed));
    notes.stats.accepted += stats.accepted;
    notes.stats.rejected += stats.rejected;
    notes.stats.newton += stats.newton;
    (notes, outcome)
}

struct Walker<'w> {
    shared: &'w Shared<'w>,
    place: &'w Place,
    page: Page<'w>,
    scheduler: Scheduler<'w>,
    plant: LazyPlant<'w>,
    /// Sweeps so far
    fans: usize,
}

/// Whether a sweep stands in a statement.
fn restarts(s: &Stmt) -> bool {
    let mut found = false;
    statements(std::slice::from_ref(s), &mut |s| {
        found |= matches!(s.kind, StmtKind::Sweep { .. } | StmtKind::MonteCarlo { .. });
    });
    found
}

impl Walker<'_> {
    fn block(&mut self, list: &[Stmt], variables: &mut Variables) -> Result<(), Stopped> {
        let mut rest = list;
        while !rest.is_empty() {
            let plain = rest.iter().position(restarts).unwrap_or(rest.len());
            let (now, later) = rest.split_at(plain);
            if !now.is_empty() {
                self.plain(now, variables)?;
            }
            let Some((s, after)) = later.split_first() else { break };
            self.compound(s, variables)?;
            rest = after;
        }
        Ok(())
    }

    /// Statements without a sweep.
    fn plain(&mut self, list: &[Stmt], variables: &mut Variables) -> Result<(), Stopped> {
        let job = Job::Body { name: "experiment", statements: list, variables: std::mem::take(variables) };
        let outcome = self.scheduler.perform(job, &mut self.plant, &self.page);
        self.alive(list.first().map_or(super::NOWHERE, |s| s.span))?;
        *variables = outcome?.variables;
        Ok(())
    }

    /// Why there is no circuit, where one was asked for a number.
    fn alive(&mut self, span: Span) -> Result<(), Stopped> {
        match self.plant.failure.take() {
            None => Ok(()),
            Some(crate::process::world::Stop::Interrupted) => Err(Stopped::Interrupted(Vec::new())),
            Some(crate::process::world::Stop::Analysis(d)) => Err(Stopped::Failed(vec![*d])),
            Some(crate::process::world::Stop::Refused { message, help }) => {
                Err(Fault::new("process::refused", span, message, "here").with_help(help).into())
            }
        }
    }

    fn ask<T>(
        &mut self,
        variables: &mut Variables,
        act: impl FnOnce(&mut dyn Desk) -> Result<T, Fault>,
    ) -> Result<T, Stopped> {
        self.scheduler.ask(variables, &mut self.plant, &self.page, act).map_err(Stopped::from)
    }

    /// A statement with a sweep in it.
    fn compound(&mut self, s: &Stmt, variables: &mut Variables) -> Result<(), Stopped> {
        match &s.kind {
            StmtKind::Block(body) => {
                let mark = variables.block();
                let outcome = self.block(body, variables);
                variables.leave(mark);
                outcome
            }
            StmtKind::If { branches, otherwise } => {
                for (test, body) in branches {
                    if self.ask(variables, |desk| condition(test, desk))? {
                        return self.compound(&block_of(s.span, body), variables);
                    }
                }
                match otherwise {
                    Some(body) => self.compound(&block_of(s.span, body), variables),
                    None => Ok(()),
                }
            }
            StmtKind::For { loops, body } => self.passes(loops, body, variables),
            StmtKind::Sweep { loops, body } => self.sweep(s.span, loops, body, variables),
            StmtKind::MonteCarlo { count, seed, body } => {
                self.montecarlo(s.span, count, seed.as_ref(), body, variables)
            }
            _ => {
                let message = "a sweep restarts the circuit and cannot stand in a repeat, a par or a forever";
                Err(Fault::new("lab::sweep-place", s.span, message, "a sweep is in here")
                    .with_help("map(protocol, values) tries several things from this moment on")
                    .into())
            }
        }
    }

    /// A `for` around sweeps.
    fn passes(&mut self, loops: &[Iter], body: &[Stmt], variables: &mut Variables) -> Result<(), Stopped> {
        let Some((first, inner)) = loops.split_first() else { return self.block(body, variables) };
        let passes = self.ask(variables, |desk| Passes::of(first, desk))?;
        for k in 0..passes.count() {
            let mark = variables.block();
            for (name, value) in first.names.iter().zip(passes.values(k)) {
                variables.declare(name.lower(), value, name.span)?;
            }
            let outcome = self.passes(inner, body, variables);
            variables.leave(mark);
            outcome?;
        }
        Ok(())
    }

    /// The circuit begins anew: nothing may have happened to it yet.
    fn untouched(&self, span: Span) -> Result<(), Stopped> {
        if World::now(&self.plant).0 == 0 {
            return Ok(());
        }
        let message = "a sweep restarts the circuit, and time has passed before it";
        Err(Fault::new("lab::sweep-after-time", span, message, "what came before would be lost")
            .with_help(
                "map(protocol, values) tries several things from this moment on; or put the start into the sweep",
            )
            .into())
    }

    fn sweep(&mut self, span: Span, loops: &[Iter], body: &[Stmt], variables: &mut Variables) -> Result<(), Stopped> {
        self.untouched(span)?;
        let mut points: Vec<Vec<(String, Value)>> = vec![Vec::new()];
        for (depth, iter) in loops.iter().enumerate() {
            // What names an outer variable of the sweep is another list for each of its values.
            let follows = names_one_of(iter, &loops[..depth]);
            let mut passes = self.values(span, iter, &points[0], variables)?;
            let mut grown = Vec::new();
            for (at, p) in points.iter().enumerate() {
                if follows && at > 0 {
                    passes = self.values(span, iter, p, variables)?;
                }
                if (points.len() - at).saturating_mul(passes.count()).saturating_add(grown.len()) > MOST_POINTS {
                    let message = format!("a sweep of more than {MOST_POINTS} points");
                    return Err(Fault::new("lab::sweep-size", span, message, "here").into());
                }
                for k in 0..passes.count() {
                    let names = iter.names.iter().map(|n| n.text.clone()).zip(passes.values(k));
                    grown.push(p.iter().cloned().chain(names).collect());
                }
            }
            points = grown;
            if points.is_empty() {
                break;
            }
        }
        let count = points.len() as u64;
        let place = self.place;
        let known = &place.ready.deck.functions.values;
        let arms = points.into_iter().enumerate().map(|(k, values)| {
            let mut overrides = place.overrides.clone();
            for (name, value) in &values {
                let lower = name.to_ascii_lowercase();
                if let (true, Some(t)) = (lower == "temp", value.number()) {
                    overrides.temp = Some(t);
                } else if known.contains_key(&lower) {
                    overrides.params.retain(|(n, _)| *n != lower);
                    overrides.params.push((lower, value.clone()));
                }
            }
            let number = place.number * count + k as u64;
            if let Some(draw) = &mut overrides.draw {
                draw.point = number;
            }
            Arm { overrides, names: values, number }
        });
        self.fan(span, arms.collect(), body, variables)
    }

    /// The values of one variable of a sweep, beside these of the variables before it.
    fn values(
        &mut self,
        span: Span,
        iter: &Iter,
        before: &[(String, Value)],
        variables: &mut Variables,
    ) -> Result<Passes, Stopped> {
        let mark = variables.block();
        for (name, value) in before {
            variables.declare(name.to_ascii_lowercase(), value.clone(), span)?;
        }
        let passes = self.ask(variables, |desk| Passes::of(iter, desk));
        variables.leave(mark);
        passes
    }

    fn montecarlo(
        &mut self,
        span: Span,
        count: &Expr,
        seed: Option<&Expr>,
        body: &[Stmt],
        variables: &mut Variables,
    ) -> Result<(), Stopped> {
        self.untouched(span)?;
        if self.place.overrides.draw.is_some() {
            let message = "a montecarlo stands in another one";
            return Err(Fault::new("lab::montecarlo-twice", span, message, "the inner one")
                .with_help("one montecarlo of more draws, with sweeps in it")
                .into());
        }
        let n = self.ask(variables, |desk| number(count, desk))?;
        let n = bounds::draws(n, count.span)?;
        let seed = match seed {
            None => self.place.ready.deck.plan.options.seed,
            Some(e) => bounds::seed(self.ask(variables, |desk| number(e, desk))?, e.span)?,
        };
        let place = self.place;
        let arms = (0..n).map(|run| {
            let mut overrides = place.overrides.clone();
            overrides.draw = Some(Draw { seed, run, point: place.number });
            Arm { overrides, names: vec![("run".to_string(), Value::Number(run as f64))], number: place.number }
        });
        self.fan(span, arms.collect(), body, variables)
    }

    fn fan(&mut self, span: Span, arms: Vec<Arm>, body: &[Stmt], variables: &Variables) -> Result<(), Stopped> {
        let number = self.fans;
        self.fans += 1;
        let (list, outcome) = fan(self.shared, self.place, arms, body, variables, (span, number));
        for notes in list {
            self.page.notes.borrow_mut().absorb(notes, span)?;
        }
        outcome
    }
}

fn block_of(span: Span, body: &[Stmt]) -> Stmt {
    Stmt { span, kind: StmtKind::Block(body.to_vec()) }
}

/// Whether the values of a variable depend on those of one of these.
fn names_one_of(iter: &Iter, outer: &[Iter]) -> bool {
    let mut found = false;
    let mut look = |e: &Expr| {
        e.each(&mut |e| {
            if let ExprKind::Name(name) = &e.kind {
                found |= outer.iter().flat_map(|o| &o.names).any(|n| n.is(name));
            }
        });
    };
    match &iter.over {
        Over::Range(a, b) => [a, b].into_iter().for_each(&mut look),
        Over::List(e) => look(e),
    }
    found
}

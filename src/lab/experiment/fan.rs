//! The points of a sweep or draws of a Monte-Carlo run, side by side on all cores. They know nothing of each other, and what
//! they kept is put together in their order: the same bits for any number of threads.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::Shared;
use super::notes::Notes;
use super::place::Place;
use super::stopped::Stopped;
use super::walk;
use crate::diag::Span;
use crate::elab::Overrides;
use crate::syntax::ast::Stmt;
use crate::value::Value;
use crate::value::variables::Variables;

/// One point to compute.
pub struct Arm {
    pub overrides: Overrides,
    pub names: Vec<(String, Value)>,
    pub number: u64,
}

type Outcome = (Notes, Result<(), Stopped>);

/// Computes every point, as the `number`-th sweep of its place. What finished points kept comes back, in their order, and of the first that did not finish too,
/// with why it did not.
pub fn fan(
    shared: &Shared,
    place: &Place,
    arms: Vec<Arm>,
    body: &[Stmt],
    variables: &Variables,
    (span, number): (Span, usize),
) -> (Vec<Notes>, Result<(), Stopped>) {
    shared.meter.more(arms.len());
    let next = AtomicUsize::new(0);
    let stop = AtomicBool::new(false);
    let outcomes: Vec<Mutex<Option<Outcome>>> = arms.iter().map(|_| Mutex::new(None)).collect();
    let work = || {
        while !stop.load(Ordering::Relaxed) && !shared.interrupted.load(Ordering::Relaxed) {
            let k = next.fetch_add(1, Ordering::Relaxed);
            let Some(arm) = arms.get(k) else { break };
            let key = format!("{}/{number}.{k}", place.key);
            let outcome = match shared.journal.and_then(|j| j.find(&key, body)) {
                Some(notes) => (notes, Ok(())),
                None => {
                    let outcome = point(shared, place, arm, body, variables, (span, &key));
                    if let (Some(journal), (notes, Ok(()))) = (shared.journal, &outcome) {
                        journal.keep(&key, notes);
                    }
                    outcome
                }
            };
            if outcome.1.is_err() {
                stop.store(true, Ordering::Relaxed);
            }
            shared.meter.done();
            if let Ok(mut slot) = outcomes[k].lock() {
                *slot = Some(outcome);
            }
        }
    };
    let helpers = shared.take_threads(arms.len().saturating_sub(1));
    std::thread::scope(|scope| {
        for _ in 0..helpers {
            scope.spawn(work);
        }
        work();
    });
    shared.give_threads(helpers);
    let mut list = Vec::with_capacity(arms.len());
    let mut end = Ok(());
    let mut missing = false;
    for slot in outcomes {
        match slot.into_inner().ok().flatten() {
            Some((notes, outcome)) => {
                list.push(notes);
                if end.is_ok() {
                    end = outcome;
                }
            }
            None => missing = true,
        }
    }
    if end.is_ok() && missing {
        end = Err(Stopped::Interrupted(Vec::new()));
    }
    (list, end)
}

fn point(
    shared: &Shared,
    place: &Place,
    arm: &Arm,
    body: &[Stmt],
    variables: &Variables,
    (span, key): (Span, &str),
) -> Outcome {
    let mut variables = variables.clone();
    for (name, value) in &arm.names {
        if let Err(fault) = variables.declare(name.to_ascii_lowercase(), value.clone(), span) {
            return (Notes::default(), Err(fault.into()));
        }
    }
    let names = place.names.iter().chain(&arm.names).cloned().collect();
    let inner = match place.with(shared, arm.overrides.clone(), names, arm.number, key.to_string()) {
        Ok(inner) => inner,
        Err(stopped) => return (Notes::default(), Err(stopped)),
    };
    let label = inner.label();
    let (notes, outcome) = walk::run(shared, &inner, body, variables);
    // The innermost point says where it was.
    let outcome = outcome.map_err(|s| match s {
        Stopped::Netlist(list) => Stopped::Netlist(placed(list, &label)),
        Stopped::Failed(list) => Stopped::Failed(placed(list, &label)),
        interrupted => interrupted,
    });
    (notes, outcome)
}

fn placed(mut list: Vec<crate::diag::Diagnostic>, label: &str) -> Vec<crate::diag::Diagnostic> {
    for d in list.iter_mut().filter(|d| d.is_error() && !d.message.contains(", at ")) {
        d.message += &format!(", at {label}");
    }
    list
}

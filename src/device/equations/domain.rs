//! Functions of a device that may leave their domain: where they stand, and the tapes that say at an accepted point
//! whether one has and a contribution, a rate or a condition changes with it.

use std::collections::HashMap;

use super::graph::Source;
use super::piece::Piece;
use super::program::Roots;
use super::rows::Rows;
use super::watch::EventRoots;
use crate::circuit::definition::{Definition, Flow, Trigger};
use crate::device::Notice;
use crate::diag::Span;
use crate::model::dag::Id;
use crate::model::guard::{Guard, any_outside, guards, matters};

/// Faults of a device that are told apart; more are one.
const MOST: usize = 12;

/// Before the tapes are made.
pub(super) struct DomainRoots {
    pub suspect: Vec<Id>,
    /// Of each notice: whether it holds, and the argument
    pub verdicts: Vec<Id>,
    notices: Vec<Notice>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Domain {
    /// One result: not 0 where some function is outside its domain; none if no function ever is
    pub suspect: Piece,
    /// Pairs
    pub verdicts: Piece,
    pub notices: Vec<Notice>,
}

impl DomainRoots {
    /// `results` is what matters to the circuit.
    pub fn new(definition: &Definition, rows: &mut Rows, roots: &mut Roots, results: &[Id]) -> DomainRoots {
        let moves = rows.graph.depends(Source::moves);
        let found = guards(&mut rows.graph.dag, results, |id| moves.get(id.0 as usize).copied().unwrap_or(true));
        if found.is_empty() {
            return DomainRoots { suspect: Vec::new(), verdicts: Vec::new(), notices: Vec::new() };
        }
        let homes = homes(definition, rows, roots);
        let mut groups: Vec<(Notice, Vec<Guard>)> = Vec::new();
        for guard in found {
            let home = homes.get(&guard.node);
            let (place, span) = home.map_or((String::new(), definition.span), |(place, span)| (place.clone(), *span));
            let notice =
                Notice { text: format!("{}{place}", guard.fault), compared: "its argument".into(), span: Some(span) };
            let full = groups.len() >= MOST;
            match groups.iter_mut().find(|g| g.0 == notice) {
                Some(group) => group.1.push(guard),
                None if full => groups[MOST - 1].1.push(guard),
                None => groups.push((notice, vec![guard])),
            }
        }
        let all: Vec<Guard> = groups.iter().flat_map(|g| g.1.iter().copied()).collect();
        let dag = &mut rows.graph.dag;
        let suspect = vec![any_outside(dag, &all)];
        let pair = |(_, guards): &(Notice, Vec<Guard>)| <[Id; 2]>::from(matters(dag, results, guards));
        let verdicts = groups.iter().flat_map(pair).collect();
        DomainRoots { suspect, verdicts, notices: groups.into_iter().map(|g| g.0).collect() }
    }

    pub fn domain(self, piece: impl Fn(&[Id]) -> Piece) -> Domain {
        Domain { suspect: piece(&self.suspect), verdicts: piece(&self.verdicts), notices: self.notices }
    }
}

/// Of each node, the line that it stands in first.
fn homes(definition: &Definition, rows: &mut Rows, roots: &mut Roots) -> HashMap<Id, (String, Span)> {
    let mut lines: Vec<(Id, String, Span)> = Vec::new();
    let mut equation = |rows: &mut Rows, roots: &mut Roots, id: Id, place: String, span: Span| {
        lines.extend(roots.plain(rows, &[id]).into_iter().map(|id| (id, place.clone(), span)));
    };
    for (n, l) in definition.lets.iter().enumerate() {
        let place = l.name.as_ref().map_or(String::new(), |name| format!(" in `{}`", base(name)));
        let id = rows.graph.names.lets[n];
        equation(rows, roots, id, place, l.span);
    }
    for c in &definition.contributions {
        let id = rows.graph.lower(&c.value);
        let pin = |k: Option<usize>| k.map_or("0".to_string(), |k| definition.kind.pins[k].name.to_string());
        let letter = if c.flow == Flow::Current { 'I' } else { 'V' };
        let place = format!(" in {letter}({},{})", pin(c.plus), pin(c.minus));
        equation(rows, roots, id, place, c.span);
    }
    for s in &definition.states {
        if let Some(rate) = &s.rate {
            let id = rows.graph.lower(rate);
            equation(rows, roots, id, format!(" in ddt({})", base(&s.name)), s.span);
        }
    }
    for e in &definition.events {
        let (Trigger::Becomes(condition) | Trigger::Hazard(condition)) = &e.trigger;
        let id = rows.graph.lower(condition);
        equation(rows, roots, id, " in a `when`".into(), e.span);
    }
    let mut homes = HashMap::new();
    let mut known: Vec<Id> = Vec::new();
    for (id, place, span) in lines {
        for node in rows.graph.dag.reachable(&[id], &known) {
            homes.entry(node).or_insert_with(|| (place.clone(), span));
        }
        known.push(id);
    }
    homes
}

/// `x` of `x[3]`
fn base(name: &str) -> &str {
    name.split('[').next().unwrap_or(name)
}

/// What is said of states that events set beyond their bounds, by event and place among what it sets, and of hazards below 0.
pub(super) fn of_events(definition: &Definition, events: &[EventRoots]) -> Vec<(Said, Notice)> {
    let mut out = Vec::new();
    for (e, (event, roots)) in definition.events.iter().zip(events).enumerate() {
        if matches!(event.trigger, Trigger::Hazard(_)) {
            let text = "the rate of a hazard is negative or no number; it counts as 0".to_string();
            out.push((Said::Hazard(e), Notice { text, compared: "its rate".into(), span: Some(event.span) }));
        }
        for (k, state) in roots.sets.iter().enumerate() {
            if roots.values[k] != roots.values[roots.sets.len() + k] {
                let name = &definition.states[*state].name;
                let text = format!("a `when` sets the state '{name}' outside its range; it stays at the bound");
                out.push((Said::Set(e, k), Notice { text, compared: format!("{name} set"), span: Some(event.span) }));
            }
        }
    }
    out
}

/// What a notice of an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// The rate of this event
    Hazard(usize),
    /// Of what this event sets, the n-th
    Set(usize, usize),
}

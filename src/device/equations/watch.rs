//! What is watched between accepted points: conditions of `when` and `cycle when` as numbers whose sign tells, rates of
//! hazards, and what jumps when they fire.

use std::collections::{BTreeSet, HashMap};

use super::graph::{Graph, Place};
use super::rows::Rows;
use super::unsteady::{Unsteady, followers};
use crate::circuit::definition::{Definition, Own, Trigger};
use crate::circuit::equation::{Equation, Quantity};
use crate::model::dag::{Id, Node};
use crate::model::op::{Binary, Unary};

/// What makes an event happen, with the places of its numbers among the results of the watching tape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Watched {
    /// The condition, and a number that is above 0 where it holds and crosses 0, if it can, as the condition changes.
    Becomes { condition: usize, level: usize },
    /// The rate, 1/s
    Hazard { rate: usize },
    /// The n-th parameter that jumps by itself: its rate is no result, it is the same between two jumps
    Telegraph(usize),
}

/// An event before its tapes are made.
pub(super) struct EventRoots {
    pub watched: Watched,
    /// States that it sets, in order
    pub sets: Vec<usize>,
    /// What they become, within their bounds; then the same wherever it lies
    pub values: Vec<Id>,
    /// Places among `definition.draws`, and the arguments of their laws
    pub draws: Vec<(usize, Vec<Id>)>,
    /// Parameters that change
    pub params: BTreeSet<usize>,
}

/// The events of a definition, cycles and parameters that jump behind them, and the results of the watching tape.
pub(super) fn events(definition: &Definition, unsteady: &Unsteady, rows: &mut Rows) -> (Vec<EventRoots>, Vec<Id>) {
    let mut results = Vec::new();
    let mut events = Vec::new();
    for event in &definition.events {
        let watched = match &event.trigger {
            Trigger::Becomes(condition) => becomes(rows, condition, &mut results),
            Trigger::Hazard(rate) => {
                let rate = rows.graph.lower(rate);
                results.push(unstuck(rows, rate));
                Watched::Hazard { rate: results.len() - 1 }
            }
        };
        let mut changed = HashMap::new();
        let (mut values, mut wanted) = (Vec::new(), Vec::new());
        for (state, equation) in &event.sets {
            let value = rows.graph.lower_after(equation, &changed);
            wanted.push(value);
            let value = super::bounds::clip(&mut rows.graph, value, rows.bounds[*state]);
            changed.insert(*state, value);
            values.push(value);
        }
        values.extend(wanted);
        let read = |n: usize| {
            let draw = Quantity::Own(Own::Draw(n));
            event.sets.iter().any(|(_, e)| e.quantities().contains(&draw))
        };
        let draws = (0..definition.draws.len())
            .filter(|&n| read(n))
            .map(|n| (n, definition.draws[n].args.iter().map(|a| rows.graph.lower(a)).collect()))
            .collect();
        let sets = event.sets.iter().map(|s| s.0).collect();
        events.push(EventRoots { watched, sets, values, draws, params: BTreeSet::new() });
    }
    for cycle in &definition.cycles {
        let watched = becomes(rows, cycle, &mut results);
        events.push(redraws(watched, followers(definition, &unsteady.cycles)));
    }
    for (n, param) in unsteady.telegraphs.iter().enumerate() {
        events.push(redraws(Watched::Telegraph(n), followers(definition, &[*param])));
    }
    (events, results)
}

/// An event that sets no states.
fn redraws(watched: Watched, params: BTreeSet<usize>) -> EventRoots {
    EventRoots { watched, sets: Vec::new(), values: Vec::new(), draws: Vec::new(), params }
}

fn becomes(rows: &mut Rows, condition: &Equation, results: &mut Vec<Id>) -> Watched {
    let condition = rows.graph.lower(condition);
    let condition = unstuck(rows, condition);
    let level = level(&mut rows.graph, condition);
    results.extend([condition, level]);
    Watched::Becomes { condition: results.len() - 2, level: results.len() - 1 }
}

/// 0 where the instance is stuck.
fn unstuck(rows: &mut Rows, id: Id) -> Id {
    let Some(stuck) = rows.stuck else { return id };
    let zero = rows.graph.dag.constant(0.0);
    rows.graph.dag.select(stuck, zero, id)
}

/// Of a condition that does not say how far it is from changing.
const FAR: f64 = 1e30;

/// A number above 0 where the condition holds and below where not: a − b of a > b, the smaller of both of `and`, the larger
/// of `or`; ±[`FAR`] where nothing crosses 0, so that the other part of an `and` or `or` decides.
fn level(graph: &mut Graph, condition: Id) -> Id {
    match graph.dag.node(condition) {
        Node::Binary(Binary::Gt | Binary::Ge, a, b) => graph.dag.sub(a, b),
        Node::Binary(Binary::Lt | Binary::Le, a, b) => graph.dag.sub(b, a),
        Node::Unary(Unary::Not, c) => {
            let level = level(graph, c);
            graph.dag.neg(level)
        }
        Node::Binary(op @ (Binary::And | Binary::Or), a, b) => {
            let (a, b) = (level(graph, a), level(graph, b));
            graph.dag.binary(if op == Binary::And { Binary::Min } else { Binary::Max }, a, b)
        }
        Node::Select(c, a, b) => {
            let (a, b) = (level(graph, a), level(graph, b));
            graph.dag.select(c, a, b)
        }
        _ => {
            let [zero, high, low] = [0.0, FAR, -FAR].map(|v| graph.dag.constant(v));
            let holds = graph.dag.binary(Binary::Ne, condition, zero);
            graph.dag.select(holds, high, low)
        }
    }
}

/// States that are unknowns and that some event sets, with their terminals.
pub(super) fn jumping(definition: &Definition, places: &[Place]) -> Vec<(usize, usize)> {
    let set = |n: usize| definition.events.iter().any(|e| e.sets.iter().any(|(state, _)| *state == n));
    let inside = |(n, place): (usize, &Place)| match place {
        Place::Unknown(terminal) if set(n) => Some((n, *terminal)),
        _ => None,
    };
    places.iter().enumerate().filter_map(inside).collect()
}

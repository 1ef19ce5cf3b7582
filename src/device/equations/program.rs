//! A definition → its program: which terminals and numbers an instance has, and the tapes of everything it computes.

use std::collections::HashMap;

use super::graph::{Place, Source};
use super::piece::{Piece, derived};
use super::rows::Rows;
use crate::circuit::definition::{Definition, Own};
use crate::circuit::equation::Quantity;
use crate::device::stamping::{Stamp, Stamping};
use crate::model::dag::Id;
use crate::model::diff::derivatives;
use crate::model::substitute::substitute;
use crate::model::tape::Tape;

/// A named value that can be looked at.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    /// Lower case
    pub name: String,
    pub piece: Piece,
}

/// What the setup computes for a state, as places of the derived numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounded {
    pub low: Option<usize>,
    pub high: Option<usize>,
    pub range: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Program {
    /// Currents that are unknowns
    pub branches: usize,
    /// States that are unknowns, in the order of their terminals
    pub inside: Vec<usize>,
    /// Time derivatives that are unknowns
    pub inner: usize,
    pub places: Vec<Place>,
    pub bounds: Vec<Bounded>,
    /// States outside Newton
    pub kept: usize,
    /// Parameters, then temperature → derived numbers
    pub setup: Tape,
    pub derived: usize,
    /// Random numbers of start values: place among `definition.draws`, derived numbers that are the law's arguments
    pub draws: Vec<(usize, Vec<usize>)>,
    /// One result a state
    pub starts: Piece,
    pub main: Piece,
    pub stamps: Vec<Stamp>,
    pub pattern_g: Vec<(usize, usize)>,
    pub pattern_c: Vec<(usize, usize)>,
    /// Pairs (value, step) of `$limit`
    pub limits: Piece,
    pub limited: usize,
    pub shown: Vec<Shown>,
}

/// Roots of the pieces, before what they share is known.
struct Roots {
    /// What the setup has to give, in this order
    fixed: Vec<Id>,
    starts: Vec<Id>,
    limits: Vec<Id>,
    shown: Vec<(String, Id)>,
}

impl Program {
    pub fn compile(definition: &Definition) -> Program {
        let mut rows = Rows::new(definition);
        let stamping = stamp(&mut rows);
        let (roots, draws) = Program::roots(definition, &mut rows);
        let shown: Vec<Id> = roots.shown.iter().map(|s| s.1).collect();
        let all: Vec<Id> =
            [&stamping.outputs[..], &roots.starts, &roots.limits, &shown].into_iter().flatten().copied().collect();
        let derived = derived(&rows.graph, &roots.fixed, &all);
        let slot = |id: Id| derived.iter().position(|d| *d == id).unwrap_or(0);
        let mut given: Vec<Id> =
            (0..definition.kind.params.len()).map(|n| rows.graph.source(Source::Param(n))).collect();
        given.push(rows.graph.source(Source::Temperature));
        let graph = &rows.graph;
        let piece = |roots: &[Id]| Piece::new(graph, &derived, roots);
        Program {
            setup: Tape::compile(&graph.dag, &given, &derived),
            derived: derived.len(),
            starts: piece(&roots.starts),
            main: piece(&stamping.outputs),
            limits: piece(&roots.limits),
            limited: graph.names.limits.len(),
            shown: roots.shown.into_iter().map(|(name, id)| Shown { name, piece: piece(&[id]) }).collect(),
            draws: draws.into_iter().map(|(n, args)| (n, args.into_iter().map(slot).collect())).collect(),
            bounds: (rows.bounds.iter().zip(&rows.ranges))
                .map(|(b, range)| Bounded { low: b.0.map(slot), high: b.1.map(slot), range: slot(*range) })
                .collect(),
            kept: rows.places.iter().filter(|p| !matches!(p, Place::Unknown(_))).count(),
            branches: rows.branches,
            inside: rows.inside,
            inner: rows.inner,
            places: rows.places,
            stamps: stamping.stamps,
            pattern_g: stamping.pattern_g,
            pattern_c: stamping.pattern_c,
        }
    }

    fn roots(definition: &Definition, rows: &mut Rows) -> (Roots, Vec<(usize, Vec<Id>)>) {
        let starts: Vec<Id> = definition.states.iter().map(|s| rows.graph.lower(&s.start)).collect();
        let mut fixed: Vec<Id> =
            rows.bounds.iter().flat_map(|b| [b.0, b.1]).flatten().chain(rows.ranges.clone()).collect();
        let mut draws = Vec::new();
        for n in 0..definition.draws.len() {
            let read = Quantity::Own(Own::Draw(n));
            if definition.states.iter().any(|s| s.start.quantities().contains(&read)) {
                let args: Vec<Id> = definition.draws[n].args.iter().map(|a| rows.graph.lower(a)).collect();
                fixed.extend(&args);
                draws.push((n, args));
            }
        }
        // Where nothing is iterated, `$limit(x, step)` is x.
        let limits = rows.graph.names.limits.clone();
        let mut plain = HashMap::new();
        for (n, (value, _)) in limits.iter().enumerate() {
            let at = rows.graph.source(Source::Limited(n));
            plain.insert(at, *value);
        }
        let pairs: Vec<Id> = limits.iter().flat_map(|l| [l.0, l.1]).collect();
        let limits = substitute(&mut rows.graph.dag, &pairs, &plain);
        let mut names = Vec::new();
        for (n, l) in definition.lets.iter().enumerate() {
            if let Some(name) = &l.name {
                names.push((name.to_lowercase(), rows.graph.names.lets[n]));
            }
        }
        for (n, s) in definition.states.iter().enumerate() {
            names.push((s.name.to_lowercase(), rows.graph.names.states[n]));
        }
        let ids: Vec<Id> = names.iter().map(|n| n.1).collect();
        let ids = substitute(&mut rows.graph.dag, &ids, &plain);
        let shown = names.into_iter().zip(ids).map(|((name, _), id)| (name, id)).collect();
        (Roots { fixed, starts, limits, shown }, draws)
    }
}

/// Outputs of the main tape: F and Q of every row with their derivatives.
///
/// With L the values at which `$limit`ed expressions x are evaluated, a row is F(L) + ∂F/∂L·(x − L): linear from L on.
fn stamp(rows: &mut Rows) -> Stamping {
    let mut stamping = Stamping::default();
    let graph = &mut rows.graph;
    let zero = graph.dag.constant(0.0);
    let limits: Vec<(Id, Id)> =
        (0..graph.names.limits.len()).map(|n| (graph.source(Source::Limited(n)), graph.names.limits[n].0)).collect();
    let parts: Vec<(usize, bool, Id)> = (rows.rows.iter().enumerate())
        .flat_map(|(n, row)| [(n, true, row.f), (n, false, row.q)])
        .filter_map(|(n, fixed, id)| id.map(|id| (n, fixed, id)))
        .collect();
    let ids: Vec<Id> = parts.iter().map(|p| p.2).collect();
    let by_limit: Vec<Vec<Id>> = limits.iter().map(|l| derivatives(&mut graph.dag, &ids, l.0)).collect();
    let mut values = ids.clone();
    for (slopes, &(at, x)) in by_limit.iter().zip(&limits) {
        let away = graph.dag.sub(x, at);
        for (value, &slope) in values.iter_mut().zip(slopes) {
            let more = graph.dag.mul(slope, away);
            *value = graph.dag.add(*value, more);
        }
    }
    for (&(n, fixed, _), &value) in parts.iter().zip(&values) {
        stamping.value(&rows.rows[n], fixed, value);
    }
    for (k, source) in graph.names.sources.clone().into_iter().enumerate() {
        let Source::Difference(plus, minus) = source else { continue };
        let by = graph.dag.input(k as u32);
        let mut slopes = derivatives(&mut graph.dag, &ids, by);
        for (by_limit, &(_, x)) in by_limit.iter().zip(&limits) {
            let inner = derivatives(&mut graph.dag, &[x], by).first().copied().unwrap_or(zero);
            for (slope, &outer) in slopes.iter_mut().zip(by_limit) {
                let more = graph.dag.mul(outer, inner);
                *slope = graph.dag.add(*slope, more);
            }
        }
        for (&(n, fixed, _), &slope) in parts.iter().zip(&slopes) {
            if slope != zero {
                stamping.slope(&rows.rows[n], fixed, (plus, minus), slope);
            }
        }
    }
    stamping
}

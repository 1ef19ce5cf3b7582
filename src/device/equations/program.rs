//! A definition → its program: which terminals and numbers an instance has, and the tapes of everything it computes.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::domain::{Domain, DomainRoots, Said, of_events};
use super::graph::{Place, Source};
use super::lattice::{Lattice, shaking};
use super::piece::{Piece, derived};
use super::rows::Rows;
use super::slots::Slots;
use super::unsteady::Unsteady;
use super::watch::{EventRoots, Watched, events, jumping};
use crate::circuit::definition::{Definition, Own};
use crate::circuit::equation::Quantity;
use crate::device::Notice;
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

/// Something that happens at a point in time, or a cycle that begins.
#[derive(Clone, Debug)]
pub(super) struct Jump {
    pub watched: Watched,
    /// A step must end where it happens: what it sets changes a contribution or an unknown, or depends on when it happens.
    pub lands: bool,
    /// States and, in the same order, the results of `values`
    pub sets: Vec<usize>,
    pub values: Piece,
    /// Random numbers: place among `definition.draws`, arguments of the law
    pub draws: Vec<(usize, Piece)>,
}

#[derive(Clone, Debug)]
pub(super) struct Program {
    pub pins: usize,
    /// Currents that are unknowns
    pub branches: usize,
    /// States that are unknowns, in the order of their terminals
    pub inside: Vec<usize>,
    /// Time derivatives that are unknowns
    pub inner: usize,
    pub places: Vec<Place>,
    pub bounds: Vec<Bounded>,
    /// States outside Newton and what events remember
    pub slots: Slots,
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
    /// Contributions: what must not jump without a restart
    pub outputs: Piece,
    pub watch: Piece,
    /// Of each warning: its condition and what it compares
    pub warnings: Piece,
    pub domain: Domain,
    /// Contributions by name, then rates of the states that are unknowns, in the order of `inside`
    pub flows: Piece,
    pub called: Vec<String>,
    /// What is said of events
    pub said: Vec<(Said, Notice)>,
    pub jumps: Vec<Jump>,
    /// The last of them: parameters that jump by themselves
    pub telegraphs: usize,
    /// States that are unknowns and that events set, with their terminals
    pub jumping: Vec<(usize, usize)>,
    pub lattice: Option<Lattice>,
}

impl Program {
    pub fn compile(definition: &Definition, unsteady: &Unsteady) -> Program {
        let mut rows = Rows::new(definition);
        let stamping = stamp(&mut rows);
        let starts: Vec<Id> = definition.states.iter().map(|s| rows.graph.lower(&s.start)).collect();
        let draws = start_draws(definition, &mut rows);
        let (events, watch) = events(definition, unsteady, &mut rows);
        let warnings = definition.warnings.iter().flat_map(|w| [&w.condition, &w.value]);
        let warnings: Vec<Id> = warnings.map(|e| rows.graph.lower(e)).collect();
        let names = names(definition, &rows);
        let shaking = shaking(definition, &mut rows);
        let limits: Vec<Id> = rows.graph.names.limits.iter().flat_map(|l| [l.0, l.1]).collect();
        // Where nothing is iterated, `$limit(x, step)` is x.
        let mut roots = Roots::new(&mut rows);
        let limits = roots.plain(&mut rows, &limits);
        let warnings = roots.plain(&mut rows, &warnings);
        let watch = roots.plain(&mut rows, &watch);
        let outputs = rows.outputs.clone();
        let outputs = roots.plain(&mut rows, &outputs);
        let shown = roots.plain(&mut rows, &names.iter().map(|n| n.1).collect::<Vec<_>>());
        let shaken = roots.plain(&mut rows, &shaking.roots);
        let events: Vec<EventRoots> = events.into_iter().map(|e| roots.event(&mut rows, e)).collect();
        let rates: Vec<Id> = (rows.places.iter().zip(&rows.rates))
            .filter_map(|(place, rate)| rate.filter(|_| matches!(place, Place::Unknown(_))))
            .collect();
        let rates = roots.plain(&mut rows, &rates);
        let results: Vec<Id> = [&outputs, &watch, &shaken, &rates].into_iter().flatten().copied().collect();
        let domain = DomainRoots::new(definition, &mut rows, &mut roots, &results);
        roots.all.extend(domain.suspect.iter().chain(&domain.verdicts));
        let said = of_events(definition, &events);
        let flows: Vec<Id> = outputs.iter().chain(&rates).copied().collect();
        roots.all.extend(stamping.outputs.iter().chain(&starts));
        roots.fixed.extend(rows.bounds.iter().flat_map(|b| [b.0, b.1]).flatten().chain(rows.ranges.clone()));
        roots.fixed.extend(draws.iter().flat_map(|d| &d.1).chain(&shaking.every));

        let derived = derived(&rows.graph, &roots.fixed, &roots.all);
        let slot = |id: Id| derived.iter().position(|d| *d == id).unwrap_or(0);
        let given: Vec<Source> =
            (0..definition.kind.params.len()).map(Source::Param).chain([Source::Temperature]).collect();
        let given: Vec<Id> = given.into_iter().map(|source| rows.graph.source(source)).collect();
        let graph = &rows.graph;
        let piece = |roots: &[Id]| Piece::new(graph, &derived, roots);
        let changing = events.iter().flat_map(|e| e.params.iter().copied()).collect();
        let prompt = prompt(&rows, &outputs, &changing);
        let jump = |e: EventRoots| Jump {
            watched: e.watched,
            lands: prompt(&e),
            sets: e.sets,
            values: piece(&e.values),
            draws: e.draws.into_iter().map(|(n, args)| (n, piece(&args))).collect(),
        };
        let jumping = jumping(definition, &rows.places);
        let lattice = shaking.lattice(definition, &rows.places, piece(&shaken), slot);
        Program {
            setup: Tape::compile(&graph.dag, &given, &derived),
            derived: derived.len(),
            starts: piece(&starts),
            main: piece(&stamping.outputs),
            limits: piece(&limits),
            limited: graph.names.limits.len(),
            shown: names.into_iter().zip(shown).map(|((name, _), id)| Shown { name, piece: piece(&[id]) }).collect(),
            draws: draws.into_iter().map(|(n, args)| (n, args.into_iter().map(slot).collect())).collect(),
            bounds: (rows.bounds.iter().zip(&rows.ranges))
                .map(|(b, range)| Bounded { low: b.0.map(slot), high: b.1.map(slot), range: slot(*range) })
                .collect(),
            slots: Slots::new(
                rows.places.iter().filter(|p| !matches!(p, Place::Unknown(_))).count(),
                events.len(),
                jumping.len(),
                lattice.is_some(),
            ),
            outputs: piece(&outputs),
            watch: piece(&watch),
            warnings: piece(&warnings),
            domain: domain.domain(piece),
            flows: piece(&flows),
            called: rows.called.clone(),
            said,
            jumps: events.into_iter().map(jump).collect(),
            telegraphs: unsteady.telegraphs.len(),
            jumping,
            lattice,
            pins: rows.pins,
            branches: rows.branches,
            inside: rows.inside,
            inner: rows.inner,
            places: rows.places,
            stamps: stamping.stamps,
            pattern_g: stamping.pattern_g,
            pattern_c: stamping.pattern_c,
        }
    }

    /// Whether anything happens between accepted points.
    pub fn watches(&self) -> bool {
        !self.jumps.is_empty() || self.lattice.is_some()
    }
}

/// Whether an event must be landed on. What only a rate reads, a state or a parameter, and what is the same whenever it is
/// set, takes effect at the next accepted point: 65 000 cells whose rates are drawn anew in one pulse do not cut its edge 65 000 times.
fn prompt(rows: &Rows, outputs: &[Id], changing: &BTreeSet<usize>) -> impl Fn(&EventRoots) -> bool + use<> {
    let seen: Vec<bool> = (rows.places.iter())
        .map(|place| match place {
            Place::Kept(slot) => {
                let reads = rows.graph.depends(|s| s == Source::Kept(*slot));
                outputs.iter().any(|id| reads[id.0 as usize])
            }
            Place::Unknown(_) | Place::Lattice(_) => true,
        })
        .collect();
    let read: HashSet<usize> = (changing.iter().copied())
        .filter(|&param| {
            let reads = rows.graph.depends(|s| s == Source::Param(param));
            outputs.iter().any(|id| reads[id.0 as usize])
        })
        .collect();
    let moves = rows.graph.depends(|s| matches!(s, Source::Difference(..) | Source::Time | Source::Kept(_)));
    move |event| {
        event.sets.iter().any(|s| seen[*s])
            || event.values.iter().any(|id| moves[id.0 as usize])
            || event.params.iter().any(|p| read.contains(p))
    }
}

/// Nodes that some tape computes.
pub(super) struct Roots {
    /// Of every `$limit`, where it is evaluated → its value
    plain: HashMap<Id, Id>,
    all: Vec<Id>,
    /// What the setup has to give whoever else reads it
    fixed: Vec<Id>,
}

impl Roots {
    fn new(rows: &mut Rows) -> Roots {
        let limits = rows.graph.names.limits.clone();
        let plain = limits.iter().enumerate().map(|(n, l)| (rows.graph.source(Source::Limited(n)), l.0)).collect();
        Roots { plain, all: Vec::new(), fixed: Vec::new() }
    }

    /// These nodes with nothing limited; they become roots.
    pub fn plain(&mut self, rows: &mut Rows, ids: &[Id]) -> Vec<Id> {
        // A limited value may itself hold another.
        let mut ids = ids.to_vec();
        for _ in 0..self.plain.len() {
            ids = substitute(&mut rows.graph.dag, &ids, &self.plain);
        }
        self.all.extend(&ids);
        ids
    }

    fn event(&mut self, rows: &mut Rows, event: EventRoots) -> EventRoots {
        let values = self.plain(rows, &event.values);
        let draws = event.draws.into_iter().map(|(n, args)| (n, self.plain(rows, &args))).collect();
        EventRoots { values, draws, ..event }
    }
}

/// The random numbers that start values read, with the arguments of their laws.
fn start_draws(definition: &Definition, rows: &mut Rows) -> Vec<(usize, Vec<Id>)> {
    let read = |n: usize| {
        let draw = Quantity::Own(Own::Draw(n));
        definition.states.iter().any(|s| s.start.quantities().contains(&draw))
    };
    let args = |n: usize, rows: &mut Rows| definition.draws[n].args.iter().map(|a| rows.graph.lower(a)).collect();
    (0..definition.draws.len()).filter(|&n| read(n)).map(|n| (n, args(n, rows))).collect()
}

/// Everything that has a name: lets and states.
fn names(definition: &Definition, rows: &Rows) -> Vec<(String, Id)> {
    let lets = definition.lets.iter().zip(&rows.graph.names.lets);
    let lets = lets.filter_map(|(l, id)| l.name.as_ref().map(|name| (name.to_lowercase(), *id)));
    let states = definition.states.iter().zip(&rows.graph.names.states);
    lets.chain(states.map(|(s, id)| (s.name.to_lowercase(), *id))).collect()
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

//! Contributions and rates → rows of F + dQ/dt = 0 with their terminals.

use super::bounds::{Bounds, clip, range, resistance};
use super::graph::{Graph, Place, Source, shaken};
use crate::circuit::definition::{Contribution, Definition, Flow, Own};
use crate::circuit::equation::{Equation, Quantity};
use crate::device::stamping::Row;
use crate::model::dag::Id;

/// A `.device` as rows of a graph, before it is compiled.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    pub graph: Graph,
    pub rows: Vec<Row>,
    pub places: Vec<Place>,
    /// Bounds and typical size of each state.
    pub bounds: Vec<Bounds>,
    pub ranges: Vec<Id>,
    /// The unknown of each state that is one.
    pub unknowns: Vec<Option<Id>>,
    /// The rate of each state, its time derivatives apart.
    pub rates: Vec<Option<Id>>,
    pub pins: usize,
    /// Currents that are unknowns: terminals behind the pins.
    pub branches: usize,
    /// States that are unknowns, in the order of their terminals.
    pub inside: Vec<usize>,
    /// Values of the currents and voltages that the device contributes, a change of which is a jump.
    pub outputs: Vec<Id>,
    /// What each of them is called: `I(a,b)`
    pub called: Vec<String>,
    /// Time derivatives that are unknowns, behind all other terminals.
    pub inner: usize,
    /// Not 0 where nothing happens to the states
    pub stuck: Option<Id>,
}

/// Contributions between one pair of pins.
struct Branch {
    pair: (Option<usize>, Option<usize>),
    /// Place among `definition.contributions` and whether it points the same way.
    terms: Vec<(usize, bool)>,
}

/// Contributions of one sort, those between the same pins together.
fn branches(contributions: &[Contribution], flow: Flow) -> Vec<Branch> {
    let mut found: Vec<Branch> = Vec::new();
    for (n, c) in contributions.iter().enumerate().filter(|(_, c)| c.flow == flow && c.plus != c.minus) {
        let pair = (c.plus, c.minus);
        match found.iter_mut().find(|b| b.pair == pair || b.pair == (c.minus, c.plus)) {
            Some(branch) => branch.terms.push((n, branch.pair == pair)),
            None => found.push(Branch { pair, terms: vec![(n, true)] }),
        }
    }
    found
}

/// `I(a,b)`, with the names of the pins
fn called(letter: char, branch: &Branch, definition: &Definition) -> String {
    let pin = |pin: Option<usize>| pin.map_or("0", |k| &*definition.kind.pins[k].name);
    match branch.pair {
        (plus, None) => format!("{letter}({})", pin(plus)),
        (plus, minus) => format!("{letter}({},{})", pin(plus), pin(minus)),
    }
}

impl Rows {
    pub fn new(definition: &Definition) -> Rows {
        let mut rows = Rows { pins: definition.kind.pins.len(), ..Rows::default() };
        let voltages = branches(&definition.contributions, Flow::Voltage);
        rows.branches = voltages.len();
        rows.graph.names.currents = vec![None; definition.contributions.len()];
        for (b, branch) in voltages.iter().enumerate() {
            for &(n, forth) in &branch.terms {
                rows.graph.names.currents[n] = Some((rows.pins + b, forth));
            }
        }
        rows.place_states(definition);
        for l in &definition.lets {
            let id = rows.graph.lower(&l.value);
            rows.graph.names.lets.push(id);
        }
        let values: Vec<Id> = definition.contributions.iter().map(|c| rows.graph.lower(&c.value)).collect();
        rows.rates = definition.states.iter().map(|s| s.rate.as_ref().map(|r| rows.graph.lower(r))).collect();
        rows.stick(definition, &values);
        let factor = rows.parallel(definition, &values);
        for branch in branches(&definition.contributions, Flow::Current) {
            let called = called('I', &branch, definition);
            rows.current(&branch, &values, factor, &called);
        }
        for (b, branch) in voltages.iter().enumerate() {
            rows.voltage(b, branch, &values, factor, &called('V', branch, definition));
        }
        for n in 0..definition.states.len() {
            rows.state(n);
        }
        rows.derivatives();
        rows
    }

    /// Decides where each state lives and makes the nodes of their values.
    fn place_states(&mut self, definition: &Definition) {
        let shaken = shaken(definition);
        let (mut terminal, mut slot) = (self.pins + self.branches, 0);
        for (n, state) in definition.states.iter().enumerate() {
            let bound = |graph: &mut Graph, e: &Option<Equation>| e.as_ref().map(|e| graph.lower(e));
            let bounds = (bound(&mut self.graph, &state.low), bound(&mut self.graph, &state.high));
            let place = if state.rate.is_some() && !shaken[n] {
                terminal += 1;
                self.inside.push(n);
                Place::Unknown(terminal - 1)
            } else {
                slot += 1;
                if shaken[n] { Place::Lattice(slot - 1) } else { Place::Kept(slot - 1) }
            };
            let (unknown, value) = match place {
                Place::Unknown(t) => {
                    let w = self.graph.source(Source::Difference(Some(t), None));
                    (Some(w), clip(&mut self.graph, w, bounds))
                }
                Place::Kept(slot) | Place::Lattice(slot) => (None, self.graph.source(Source::Kept(slot))),
            };
            let range = range(&mut self.graph, bounds);
            self.places.push(place);
            self.bounds.push(bounds);
            self.ranges.push(range);
            self.unknowns.push(unknown);
            self.graph.names.states.push(value);
        }
    }

    /// `stuck`, if the kind has such a parameter and no equation reads it: where it is not 0 no state changes. One that an
    /// operating point solves to rest has its start value there.
    fn stick(&mut self, definition: &Definition, values: &[Id]) {
        let Some(stuck) = self.unread(definition, "stuck", values) else { return };
        let zero = self.graph.dag.constant(0.0);
        for n in 0..self.rates.len() {
            let Some(rate) = self.rates[n] else { continue };
            let state = &definition.states[n];
            let drawn = state.start.quantities().iter().any(|q| matches!(q, Quantity::Own(Own::Draw(_))));
            let rest = match state.settles && !drawn {
                true => {
                    let start = self.graph.lower(&state.start);
                    self.graph.dag.sub(start, self.graph.names.states[n])
                }
                false => zero,
            };
            self.rates[n] = Some(self.graph.dag.select(stuck, rest, rate));
        }
        self.stuck = Some(stuck);
    }

    /// `m`, if the kind has such a parameter and no equation reads it: so many instances in parallel.
    fn parallel(&mut self, definition: &Definition, values: &[Id]) -> Option<Id> {
        self.unread(definition, "m", values)
    }

    /// A parameter of the kind that no contribution, rate or bound reads.
    fn unread(&mut self, definition: &Definition, name: &str, values: &[Id]) -> Option<Id> {
        let slot = definition.kind.param(name)?;
        let read = Source::Param(slot);
        let known: Vec<Id> = values
            .iter()
            .copied()
            .chain(self.rates.iter().flatten().copied())
            .chain(self.graph.names.states.clone())
            .collect();
        let reads = self.graph.depends(|s| s == read);
        if known.iter().any(|id| reads[id.0 as usize]) { None } else { Some(self.graph.source(read)) }
    }

    fn scaled(&mut self, factor: Option<Id>, id: Id) -> Id {
        factor.map_or(id, |m| self.graph.dag.mul(m, id))
    }

    /// The sum of the contributions of a branch.
    fn total(&mut self, branch: &Branch, values: &[Id]) -> Id {
        let zero = self.graph.dag.constant(0.0);
        branch.terms.iter().fold(zero, |sum, &(n, forth)| {
            if forth { self.graph.dag.add(sum, values[n]) } else { self.graph.dag.sub(sum, values[n]) }
        })
    }

    fn ends(pair: (Option<usize>, Option<usize>)) -> Vec<(usize, f64)> {
        [(pair.0, 1.0), (pair.1, -1.0)].into_iter().filter_map(|(pin, sign)| pin.map(|pin| (pin, sign))).collect()
    }

    fn current(&mut self, branch: &Branch, values: &[Id], factor: Option<Id>, called: &str) {
        let total = self.total(branch, values);
        let (f, q) = self.graph.split(total);
        let f = self.scaled(factor, f);
        let q = q.map(|q| self.scaled(factor, q));
        self.outputs.push(f);
        self.outputs.extend(q);
        self.called.push(called.to_string());
        self.called.extend(q.map(|_| format!("the charge of {called}")));
        self.rows.push(Row { terminals: Rows::ends(branch.pair), f: Some(f), q });
    }

    /// The current i of the branch into its pins; its own row is V(plus) − V(minus) − value.
    fn voltage(&mut self, b: usize, branch: &Branch, values: &[Id], factor: Option<Id>, called: &str) {
        let terminal = self.pins + b;
        let i = self.graph.source(Source::Difference(Some(terminal), None));
        let into = self.scaled(factor, i);
        self.rows.push(Row { terminals: Rows::ends(branch.pair), f: Some(into), q: None });
        let total = self.total(branch, values);
        let (value, flux) = self.graph.split(total);
        self.outputs.push(value);
        self.outputs.extend(flux);
        self.called.push(called.to_string());
        self.called.extend(flux.map(|_| format!("the flux of {called}")));
        let across = self.graph.names.difference(&mut self.graph.dag, branch.pair.0, branch.pair.1);
        let f = self.graph.dag.sub(across, value);
        let q = flux.map(|q| self.graph.dag.neg(q));
        self.rows.push(Row { terminals: vec![(terminal, 1.0)], f: Some(f), q });
    }

    /// dx/dt = rate, x held within its bounds.
    fn state(&mut self, n: usize) {
        let (Place::Unknown(terminal), Some(w), Some(rate)) = (self.places[n], self.unknowns[n], self.rates[n]) else {
            return;
        };
        let s = self.graph.names.states[n];
        let (rate, charge) = self.graph.split(rate);
        self.rates[n] = Some(rate);
        let mut f = self.graph.dag.neg(rate);
        if s != w {
            let held = resistance(&mut self.graph, w, s, rate, self.ranges[n]);
            f = self.graph.dag.add(f, held);
        }
        let q = charge.map_or(s, |c| self.graph.dag.sub(s, c));
        self.rows.push(Row { terminals: vec![(terminal, 1.0)], f: Some(f), q: Some(q) });
    }

    /// Time derivatives that are left become unknowns u with u = d(argument)/dt.
    fn derivatives(&mut self) {
        let first = self.pins + self.branches + self.inside.len();
        let mut n = 0;
        // An argument may itself hold a derivative, which then is found in a later round.
        while n < self.graph.names.derivatives.len() {
            let wanted = Source::Derivative(n);
            let reads = self.graph.depends(|s| s == wanted);
            let used = self.rows.iter().flat_map(|r| [r.f, r.q]).flatten().any(|id| reads[id.0 as usize]);
            if let Some(place) = self.graph.names.sources.iter().position(|s| *s == wanted)
                && used
            {
                let terminal = first + self.inner;
                self.inner += 1;
                self.graph.names.becomes(place, Source::Difference(Some(terminal), None));
                let u = self.graph.dag.input(place as u32);
                let f = self.graph.dag.neg(u);
                let q = self.graph.names.derivatives[n];
                self.rows.push(Row { terminals: vec![(terminal, 1.0)], f: Some(f), q: Some(q) });
                n = 0;
                continue;
            }
            n += 1;
        }
    }
}

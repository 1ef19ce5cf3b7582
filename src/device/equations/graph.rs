//! The equations of a `.device` as one graph whose inputs are what an instance knows: voltages, states, time, parameters.

use std::collections::HashMap;

use crate::circuit::definition::{Definition, Own};
use crate::circuit::equation::{Equation, Quantity};
use crate::model::dag::{Dag, Id};
use crate::model::diff::derivatives;
use crate::model::lower::{Leaf, lower};
use crate::model::substitute::substitute;

/// An input of the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Source {
    /// x(plus) − x(minus) of terminals; ground where absent
    Difference(Option<usize>, Option<usize>),
    /// s
    Time,
    /// °C
    Temperature,
    /// The n-th parameter of the kind
    Param(usize),
    /// A state outside Newton, by its slot in the memory
    Kept(usize),
    /// The n-th source of white noise
    White(usize),
    /// The n-th random number
    Draw(usize),
    /// The time derivative of the n-th of [`Names::derivatives`]
    Derivative(usize),
    /// Where the n-th of [`Names::limits`] is evaluated
    Limited(usize),
}

impl Source {
    /// Whether it may change after a setup.
    pub fn moves(self) -> bool {
        !matches!(self, Source::Temperature | Source::Param(_))
    }
}

/// Where a state lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// An unknown: this terminal
    Unknown(usize),
    /// Changed by jumps only: this slot of the memory
    Kept(usize),
    /// Driven by white noise, advanced outside Newton: this slot of the memory
    Lattice(usize),
}

/// What names in the equations stand for.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    pub sources: Vec<Source>,
    /// Where each of them was put; it may have become another since
    places: HashMap<Source, usize>,
    /// Those that have become another
    changed: Vec<usize>,
    /// What is differentiated by time, each once.
    pub derivatives: Vec<Id>,
    /// `$limit(value, step)`, each once.
    pub limits: Vec<(Id, Id)>,
    pub lets: Vec<Id>,
    /// The values of the states, within their bounds.
    pub states: Vec<Id>,
    /// Branch terminal and sign of each contribution to a voltage.
    pub currents: Vec<Option<(usize, bool)>>,
}

impl Names {
    pub fn source(&mut self, dag: &mut Dag, source: Source) -> Id {
        let known = self.places.get(&source).copied().filter(|n| self.sources.get(*n) == Some(&source));
        let n =
            known.or_else(|| self.changed.iter().copied().find(|n| self.sources[*n] == source)).unwrap_or_else(|| {
                self.sources.push(source);
                self.places.insert(source, self.sources.len() - 1);
                self.sources.len() - 1
            });
        dag.input(n as u32)
    }

    fn has(&self, source: Source) -> bool {
        self.places.contains_key(&source) || self.changed.iter().any(|n| self.sources[*n] == source)
    }

    /// A source becomes another.
    pub fn becomes(&mut self, place: usize, source: Source) {
        self.sources[place] = source;
        self.changed.push(place);
    }

    /// x(plus) − x(minus); the negative of a difference that is an input already is no new input.
    pub fn difference(&mut self, dag: &mut Dag, plus: Option<usize>, minus: Option<usize>) -> Id {
        match (plus, minus) {
            _ if plus == minus => dag.constant(0.0),
            (None, Some(_)) => {
                let x = self.source(dag, Source::Difference(minus, None));
                dag.neg(x)
            }
            (Some(_), Some(_)) if self.has(Source::Difference(minus, plus)) => {
                let x = self.source(dag, Source::Difference(minus, plus));
                dag.neg(x)
            }
            _ => self.source(dag, Source::Difference(plus, minus)),
        }
    }

    fn leaf(&mut self, dag: &mut Dag, leaf: Leaf, changed: &HashMap<usize, Id>) -> Id {
        let nothing = dag.constant(0.0);
        let known = |list: &[Id], n: usize| list.get(n).copied().unwrap_or(nothing);
        match leaf {
            Leaf::Const(v) => dag.constant(v),
            Leaf::Ddt(of) => {
                let n = self.derivatives.iter().position(|d| *d == of).unwrap_or_else(|| {
                    self.derivatives.push(of);
                    self.derivatives.len() - 1
                });
                self.source(dag, Source::Derivative(n))
            }
            Leaf::Limit(value, step) => {
                let n = self.limits.iter().position(|l| *l == (value, step)).unwrap_or_else(|| {
                    self.limits.push((value, step));
                    self.limits.len() - 1
                });
                self.source(dag, Source::Limited(n))
            }
            Leaf::Quantity(Quantity::Time) => self.source(dag, Source::Time),
            Leaf::Quantity(Quantity::Temperature) => self.source(dag, Source::Temperature),
            Leaf::Quantity(Quantity::Own(own)) => match *own {
                Own::Voltage(a, b) => self.difference(dag, a, b),
                Own::Current(n) => match self.currents.get(n).copied().flatten() {
                    Some((terminal, forth)) => {
                        let i = self.source(dag, Source::Difference(Some(terminal), None));
                        if forth { i } else { dag.neg(i) }
                    }
                    None => nothing,
                },
                Own::Param(n) => self.source(dag, Source::Param(n)),
                Own::State(n) => changed.get(&n).copied().unwrap_or_else(|| known(&self.states, n)),
                Own::Let(n) => known(&self.lets, n),
                Own::White(n) => self.source(dag, Source::White(n)),
                Own::Draw(n) => self.source(dag, Source::Draw(n)),
            },
            // Quantities of a circuit and integrals over time: the elaborator has refused them.
            Leaf::Quantity(_) | Leaf::Idt(..) => nothing,
        }
    }
}

/// The graph with its names.
#[derive(Clone, Debug, Default)]
pub(super) struct Graph {
    pub dag: Dag,
    pub names: Names,
}

impl Graph {
    pub fn lower(&mut self, equation: &Equation) -> Id {
        self.lower_after(equation, &HashMap::new())
    }

    /// With some states changed already, as later statements of a jump see them.
    pub fn lower_after(&mut self, equation: &Equation, changed: &HashMap<usize, Id>) -> Id {
        let names = &mut self.names;
        lower(&mut self.dag, equation, &mut |dag, leaf| names.leaf(dag, leaf, changed))
    }

    pub fn source(&mut self, source: Source) -> Id {
        self.names.source(&mut self.dag, source)
    }

    /// Of each node, whether it depends on a source that `counts`.
    pub fn depends(&self, counts: impl Fn(Source) -> bool) -> Vec<bool> {
        self.dag.depends(|n| self.names.sources.get(n as usize).is_some_and(|s| counts(*s)))
    }

    pub fn sum(&mut self, a: Option<Id>, b: Id) -> Id {
        a.map_or(b, |a| self.dag.add(a, b))
    }

    /// value = first + d(second)/dt, as far as its time derivatives stand beside factors that never change.
    pub fn split(&mut self, value: Id) -> (Id, Option<Id>) {
        let zero = self.dag.constant(0.0);
        let mut charge = None;
        let mut gone = HashMap::new();
        for (n, arg) in self.names.derivatives.clone().into_iter().enumerate() {
            let rate = self.source(Source::Derivative(n));
            let factor = derivatives(&mut self.dag, &[value], rate).first().copied().unwrap_or(zero);
            if factor == zero {
                continue;
            }
            let moves = self.depends(Source::moves);
            let nested = self.depends(|s| matches!(s, Source::Derivative(_)));
            if moves[factor.0 as usize] || nested[arg.0 as usize] {
                continue;
            }
            let part = self.dag.mul(factor, arg);
            charge = Some(self.sum(charge, part));
            gone.insert(rate, zero);
        }
        let rest = substitute(&mut self.dag, &[value], &gone).first().copied().unwrap_or(value);
        (rest, charge)
    }
}

/// Of each state, whether its rate contains white noise, directly or through lets.
pub(super) fn shaken(definition: &Definition) -> Vec<bool> {
    let reads = |equation: &Equation, lets: &[bool]| {
        equation.quantities().iter().any(|q| match q {
            Quantity::Own(Own::White(_)) => true,
            Quantity::Own(Own::Let(n)) => lets.get(*n).copied().unwrap_or(false),
            _ => false,
        })
    };
    let mut lets = Vec::with_capacity(definition.lets.len());
    for l in &definition.lets {
        let noisy = reads(&l.value, &lets);
        lets.push(noisy);
    }
    definition.states.iter().map(|s| s.rate.as_ref().is_some_and(|r| reads(r, &lets))).collect()
}

//! What a `.device` block means: parameters, states, equations, jumps and noise, with arrays unrolled to scalars and names
//! resolved. All parts whose array sizes agree share one [`Definition`].
//!
//! Equations are [`Equation`] trees whose leaves are [`Quantity::Own`] (see [`Own`]) beside time and temperature. What is
//! used more than once is a [`Let`], so that a tree never grows by repetition; a let reads only lets before it. Start
//! values, bounds, arguments of draws in start values and intervals of noise read no lets; jumps read lets as they were
//! before the jump.
//!
//! [`Quantity::Own`]: super::equation::Quantity::Own

use super::equation::{Equation, Function, Quantity};
use super::kind::{Kind, Label};
use crate::diag::Span;

/// What an equation of a `.device` reads of its own instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Own {
    /// V(a, b) between two pins, by their place in `kind.pins`; `None` is ground
    Voltage(Option<usize>, Option<usize>),
    /// I(a, b): the current of the n-th [`Contribution`] to a voltage
    Current(usize),
    /// The n-th parameter of `kind.params`
    Param(usize),
    /// The n-th [`State`]
    State(usize),
    /// The n-th [`Let`]
    Let(usize),
    /// The n-th [`Noise`]: white noise of unit strength, 1/√s
    White(usize),
    /// The n-th [`Draw`]; only in start values and in what a jump sets
    Draw(usize),
}

/// The equations of a `.device`.
#[derive(Clone, Debug)]
pub struct Definition {
    /// Its name, pins, parameters and probes (every state and named let), and which pins conduct.
    pub kind: Kind,
    /// One for each parameter: its default where that depends on parameters before it; `kind` holds what this comes to
    /// when none is given.
    pub defaults: Vec<Option<Equation>>,
    pub states: Vec<State>,
    pub lets: Vec<Let>,
    /// They add up.
    pub contributions: Vec<Contribution>,
    /// Jumps, in file order.
    pub events: Vec<Event>,
    /// `cycle when …`: true starts a new switching cycle.
    pub cycles: Vec<Equation>,
    pub warnings: Vec<Warning>,
    pub noises: Vec<Noise>,
    pub draws: Vec<Draw>,
    pub span: Span,
}

impl Definition {
    /// All parameters, of those that are given.
    pub fn parameters(&self, given: &[Option<f64>]) -> Vec<f64> {
        let mut values: Vec<f64> = Vec::with_capacity(self.kind.params.len());
        for (k, param) in self.kind.params.iter().enumerate() {
            let default = || match self.defaults.get(k) {
                Some(Some(e)) => e.value(&mut |q| match q {
                    Quantity::Own(Own::Param(n)) => values.get(*n).copied().unwrap_or(f64::NAN),
                    _ => f64::NAN,
                }),
                _ => param.default.unwrap_or(f64::NAN),
            };
            let value = given.get(k).copied().flatten().unwrap_or_else(default);
            values.push(value);
        }
        values
    }
}

/// A scalar state, or one element of an array of states.
#[derive(Clone, Debug)]
pub struct State {
    /// `w`, `x[3]`
    pub name: Label,
    /// Its value at the start: of parameters, temperature and draws.
    pub start: Equation,
    /// Inclusive bounds, of parameters.
    pub low: Option<Equation>,
    pub high: Option<Equation>,
    /// Mirrored at the bounds instead of held there.
    pub reflect: bool,
    /// Solved to rest in operating points instead of held.
    pub settles: bool,
    /// ddt(state); None: it holds its value until a jump changes it.
    pub rate: Option<Equation>,
    pub span: Span,
}

/// A named value, or one that several equations share.
#[derive(Clone, Debug)]
pub struct Let {
    /// `g`, `gaps[2]`; None: shared, but not named by the user.
    pub name: Option<Label>,
    pub value: Equation,
    pub span: Span,
}

/// `I(a,b) = …` or `V(a,b) = …`; charges are [`Function::Ddt`] inside.
///
/// [`Function::Ddt`]: super::equation::Function::Ddt
#[derive(Clone, Debug)]
pub struct Contribution {
    pub flow: Flow,
    /// Pins; the current is from `plus` to `minus` through the device. None: ground.
    pub plus: Option<usize>,
    pub minus: Option<usize>,
    pub value: Equation,
    pub span: Span,
}

impl Contribution {
    /// What flows at rest, and the charge whose derivative is added; one of them is there.
    pub fn parts(&self) -> (Option<&Equation>, Option<&Equation>) {
        match &self.value {
            Equation::Apply(Function::Ddt, q) => (None, q.first()),
            Equation::Apply(Function::Add, args) => match &args[..] {
                [f, Equation::Apply(Function::Ddt, q)] => (Some(f), q.first()),
                _ => (Some(&self.value), None),
            },
            _ => (Some(&self.value), None),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    Current,
    Voltage,
}

/// `when condition { x = …; … }`
#[derive(Clone, Debug)]
pub struct Event {
    pub trigger: Trigger,
    /// States and what they become, in order: later ones see earlier ones.
    pub sets: Vec<(usize, Equation)>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum Trigger {
    /// Fires when this changes from 0 to something else.
    Becomes(Equation),
    /// `when hazard(rate)`: fires at random, so often per second.
    Hazard(Equation),
}

/// `warn when condition "text"`: looked at where points are accepted.
#[derive(Clone, Debug)]
pub struct Warning {
    pub condition: Equation,
    /// What the condition compares, as written, and its value: what is shown of the point
    pub compared: String,
    pub value: Equation,
    pub text: String,
    pub span: Span,
}

/// `white(every=dt)`: one source of white noise on a fixed lattice of time.
#[derive(Clone, Debug)]
pub struct Noise {
    /// s, of parameters
    pub every: Equation,
    pub span: Span,
}

/// A random number of a law; its arguments are of parameters (start values) or of anything (jumps).
#[derive(Clone, Debug)]
pub struct Draw {
    pub law: Law,
    pub args: Vec<Equation>,
    pub span: Span,
}

/// Laws of random numbers and their arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Law {
    /// mean, standard deviation
    Normal,
    /// low, high
    Uniform,
    /// sigma of the logarithm, mean (or median where `mean` is not given: the factor's median is 1)
    Lognormal,
    /// low, high
    Loguniform,
    /// mean
    Exponential,
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::super::kind::{ModelUse, Param};
    use super::*;
    use crate::diag::FileId;

    /// `param a=2 b={3*a}`
    #[test]
    fn a_default_follows_earlier_parameters() {
        let a = Equation::Quantity(Quantity::Own(Own::Param(0)));
        let kind = Kind {
            name: "d".into(),
            letter: None,
            models: &[],
            model: ModelUse::Optional,
            doc: "".into(),
            pins: Cow::Borrowed(&[]),
            positional: &[],
            params: Cow::Owned(vec![Param::new("a", 2.0, "", ""), Param::new("b", 6.0, "", "")]),
            probes: Cow::Borrowed(&[]),
            paths: Cow::Borrowed(&[]),
        };
        let d = Definition {
            kind,
            defaults: vec![None, Some(Equation::apply(Function::Mul, [Equation::Const(3.0), a]))],
            states: Vec::new(),
            lets: Vec::new(),
            contributions: Vec::new(),
            events: Vec::new(),
            cycles: Vec::new(),
            warnings: Vec::new(),
            noises: Vec::new(),
            draws: Vec::new(),
            span: Span::new(FileId(0), 0, 0),
        };
        assert_eq!(d.parameters(&[None, None]), [2.0, 6.0]);
        assert_eq!(d.parameters(&[Some(5.0), None]), [5.0, 15.0]);
        assert_eq!(d.parameters(&[Some(5.0), Some(1.0)]), [5.0, 1.0]);
    }
}

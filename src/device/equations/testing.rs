//! Definitions by hand, for tests: `device("d", &["a", "b"]).param("g", 1e-3).current(0, 1, p(0) * v(0, 1))`.

use std::borrow::Cow;
use std::ops::{Add, Div, Mul, Neg, Sub};
use std::sync::Arc;

use crate::circuit::definition::*;
use crate::circuit::equation::{Equation, Function, Quantity};
use crate::circuit::kind::{Conduct, Kind, KindRef, ModelUse, Param, Path, Pin};
use crate::diag::{FileId, Span};

const NOWHERE: Span = Span { file: FileId(0), start: 0, end: 0 };

/// An equation that can be calculated with.
#[derive(Clone, Debug)]
pub struct E(pub Equation);

impl From<f64> for E {
    fn from(v: f64) -> E {
        E(Equation::Const(v))
    }
}

pub fn f<const N: usize>(function: Function, args: [E; N]) -> E {
    E(Equation::apply(function, args.map(|a| a.0)))
}

fn own(own: Own) -> E {
    E(Equation::Quantity(Quantity::Own(own)))
}

/// V(a, b) of two pins
pub fn v(a: usize, b: usize) -> E {
    own(Own::Voltage(Some(a), Some(b)))
}

/// V(a)
pub fn at(a: usize) -> E {
    own(Own::Voltage(Some(a), None))
}

/// The n-th parameter, state, let; the current of the n-th contribution
pub fn p(n: usize) -> E {
    own(Own::Param(n))
}

pub fn s(n: usize) -> E {
    own(Own::State(n))
}

pub fn l(n: usize) -> E {
    own(Own::Let(n))
}

pub fn i(n: usize) -> E {
    own(Own::Current(n))
}

pub fn white(n: usize) -> E {
    own(Own::White(n))
}

pub fn drawn(n: usize) -> E {
    own(Own::Draw(n))
}

pub fn time() -> E {
    E(Equation::Quantity(Quantity::Time))
}

pub fn temp() -> E {
    E(Equation::Quantity(Quantity::Temperature))
}

pub fn ddt(e: E) -> E {
    f(Function::Ddt, [e])
}

pub fn exp(e: E) -> E {
    f(Function::Exp, [e])
}

pub fn sqrt(e: E) -> E {
    f(Function::Sqrt, [e])
}

/// c ? a : b
pub fn pick(c: E, a: impl Into<E>, b: impl Into<E>) -> E {
    f(Function::Select, [c, a.into(), b.into()])
}

/// a > b
pub fn gt(a: E, b: impl Into<E>) -> E {
    f(Function::Gt, [a, b.into()])
}

/// a < b
pub fn lt(a: E, b: impl Into<E>) -> E {
    f(Function::Lt, [a, b.into()])
}

macro_rules! operator {
    ($trait:ident, $method:ident) => {
        impl<T: Into<E>> $trait<T> for E {
            type Output = E;
            fn $method(self, other: T) -> E {
                f(Function::$trait, [self, other.into()])
            }
        }
    };
}
operator!(Add, add);
operator!(Sub, sub);
operator!(Mul, mul);
operator!(Div, div);

impl Neg for E {
    type Output = E;
    fn neg(self) -> E {
        f(Function::Neg, [self])
    }
}

/// A definition under construction.
#[derive(Clone, Debug)]
pub struct Make(pub Definition);

pub fn device(name: &str, pins: &[&str]) -> Make {
    let pin = |name: &&str| Pin { name: name.to_string().into(), doc: "".into(), optional: false, repeats: false };
    Make(Definition {
        kind: Kind {
            name: name.to_string().into(),
            letter: None,
            models: &[],
            model: ModelUse::Optional,
            doc: "".into(),
            pins: Cow::Owned(pins.iter().map(pin).collect()),
            positional: &[],
            params: Cow::Owned(Vec::new()),
            probes: Cow::Owned(Vec::new()),
            paths: Cow::Owned(vec![Path { a: 0, b: 1, conduct: Conduct::Yes }]),
        },
        defaults: Vec::new(),
        states: Vec::new(),
        lets: Vec::new(),
        contributions: Vec::new(),
        events: Vec::new(),
        cycles: Vec::new(),
        warnings: Vec::new(),
        noises: Vec::new(),
        draws: Vec::new(),
        span: NOWHERE,
    })
}

impl Make {
    pub fn param(mut self, name: &'static str, default: f64) -> Make {
        self.0.kind.params.to_mut().push(Param::new(name, default, "", ""));
        self.0.defaults.push(None);
        self
    }

    /// A parameter whose default follows others.
    pub fn follows(mut self, name: &'static str, default: f64, equation: E) -> Make {
        self.0.kind.params.to_mut().push(Param::new(name, default, "", ""));
        self.0.defaults.push(Some(equation.0));
        self
    }

    /// `state name = start`
    pub fn state(mut self, name: &'static str, start: impl Into<E>) -> Make {
        self.0.states.push(State {
            name: name.into(),
            start: start.into().0,
            low: None,
            high: None,
            reflect: false,
            settles: false,
            rate: None,
            span: NOWHERE,
        });
        self
    }

    /// The last state: `in low:high`
    pub fn within(mut self, low: impl Into<E>, high: impl Into<E>) -> Make {
        if let Some(state) = self.0.states.last_mut() {
            (state.low, state.high) = (Some(low.into().0), Some(high.into().0));
        }
        self
    }

    /// The last state settles, reflects.
    pub fn settles(mut self) -> Make {
        self.0.states.last_mut().unwrap().settles = true;
        self
    }

    pub fn reflect(mut self) -> Make {
        self.0.states.last_mut().unwrap().reflect = true;
        self
    }

    /// `ddt(the n-th state) = rate`
    pub fn rate(mut self, n: usize, rate: impl Into<E>) -> Make {
        self.0.states[n].rate = Some(rate.into().0);
        self
    }

    /// `let name = value`
    pub fn value(mut self, name: &'static str, value: E) -> Make {
        self.0.lets.push(Let { name: Some(name.into()), value: value.0, span: NOWHERE });
        self
    }

    fn contribution(mut self, flow: Flow, plus: usize, minus: usize, value: E) -> Make {
        let (plus, minus) = (Some(plus), Some(minus));
        self.0.contributions.push(Contribution { flow, plus, minus, value: value.0, span: NOWHERE });
        self
    }

    /// `I(plus,minus) = value`
    pub fn current(self, plus: usize, minus: usize, value: E) -> Make {
        self.contribution(Flow::Current, plus, minus, value)
    }

    /// `V(plus,minus) = value`
    pub fn voltage(self, plus: usize, minus: usize, value: E) -> Make {
        self.contribution(Flow::Voltage, plus, minus, value)
    }

    pub fn noise(mut self, every: impl Into<E>) -> Make {
        self.0.noises.push(Noise { every: every.into().0, span: NOWHERE });
        self
    }

    pub fn draw<const N: usize>(mut self, law: Law, args: [E; N]) -> Make {
        self.0.draws.push(Draw { law, args: args.into_iter().map(|a| a.0).collect(), span: NOWHERE });
        self
    }

    /// `when trigger { states = values }`
    pub fn when<const N: usize>(mut self, condition: E, sets: [(usize, E); N]) -> Make {
        let sets = sets.into_iter().map(|(n, e)| (n, e.0)).collect();
        self.0.events.push(Event { trigger: Trigger::Becomes(condition.0), sets, span: NOWHERE });
        self
    }

    pub fn hazard<const N: usize>(mut self, rate: E, sets: [(usize, E); N]) -> Make {
        let sets = sets.into_iter().map(|(n, e)| (n, e.0)).collect();
        self.0.events.push(Event { trigger: Trigger::Hazard(rate.0), sets, span: NOWHERE });
        self
    }

    pub fn kind(self) -> KindRef {
        KindRef::Defined(Arc::new(self.0))
    }
}

//! The shape of a behavioral equation: what it reads as terminals of its part, its numbers apart from its structure, so that
//! parts whose equations differ in numbers only can run as lanes of one program.

use crate::circuit::equation::{Equation, Function, Quantity};
use crate::circuit::{NetId, PartId};

/// What a quantity is to the part that reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Reading {
    /// x(plus) − x(minus) of terminals; ground where absent
    Difference(Option<usize>, Option<usize>),
    Time,
    Temperature,
    /// Nothing a source can know (a probe, a frequency): reads as 0; the elaborator has refused it.
    Nothing,
}

/// An unknown that a part reads beside its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Foreign {
    Net(NetId),
    Branch(PartId),
}

/// The terminals of a part: its two pins, its own current where it has one, then what else its equation reads.
#[derive(Clone, Debug)]
pub(super) struct Terminals {
    pins: [NetId; 2],
    own: Option<PartId>,
    pub foreign: Vec<Foreign>,
}

impl Terminals {
    /// `own`: the part itself, if it has a current as an unknown, which is then terminal 2.
    pub fn new(pins: [NetId; 2], own: Option<PartId>) -> Terminals {
        Terminals { pins, own, foreign: Vec::new() }
    }

    /// How many there are, inner unknowns not counted.
    pub fn count(&self) -> usize {
        2 + usize::from(self.own.is_some()) + self.foreign.len()
    }

    fn foreign(&mut self, what: Foreign) -> usize {
        let place = self.foreign.iter().position(|f| *f == what).unwrap_or_else(|| {
            self.foreign.push(what);
            self.foreign.len() - 1
        });
        2 + usize::from(self.own.is_some()) + place
    }

    fn net(&mut self, net: NetId) -> Option<usize> {
        match self.pins.iter().position(|p| *p == net) {
            Some(own) => Some(own),
            None if net == NetId::GROUND => None,
            None => Some(self.foreign(Foreign::Net(net))),
        }
    }

    /// What a quantity is; gives it a terminal if it has none yet.
    pub fn reading(&mut self, quantity: &Quantity) -> Reading {
        match quantity {
            Quantity::Voltage(a, b) if a == b => Reading::Difference(None, None),
            Quantity::Voltage(a, b) => {
                let plus = self.net(*a);
                Reading::Difference(plus, self.net(*b))
            }
            Quantity::Current(part, pin) => {
                let terminal = if self.own == Some(*part) { 2 } else { self.foreign(Foreign::Branch(*part)) };
                match pin {
                    0 => Reading::Difference(Some(terminal), None),
                    _ => Reading::Difference(None, Some(terminal)),
                }
            }
            Quantity::Time => Reading::Time,
            Quantity::Temperature => Reading::Temperature,
            Quantity::Probe(..) | Quantity::Frequency | Quantity::Own(_) => Reading::Nothing,
        }
    }
}

/// A piece of an equation's structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Token {
    /// A number that may differ from part to part
    Number,
    /// A number that decides how the equation is compiled: an exponent, a point of a table
    Exactly(u64),
    Read(Reading),
    Apply(Function, usize),
}

/// An equation as a value plus the time derivative of a charge (or flux), taken apart.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub value: Option<Equation>,
    pub charge: Option<Equation>,
    pub terminals: Terminals,
    /// Every number, in the order in which lowering meets them.
    pub numbers: Vec<f64>,
    /// What each `idt` starts from, in the order in which lowering meets them.
    pub starts: Vec<f64>,
    tokens: Vec<Token>,
}

impl Shape {
    pub fn new(equation: &Equation, pins: [NetId; 2], own: Option<PartId>) -> Shape {
        let (value, charge) = split(equation, 1.0);
        let mut shape = Shape {
            value: None,
            charge: None,
            terminals: Terminals::new(pins, own),
            numbers: Vec::new(),
            starts: Vec::new(),
            tokens: Vec::new(),
        };
        for part in [&value, &charge] {
            match part {
                Some(e) => shape.walk(e, false),
                None => shape.tokens.push(Token::Read(Reading::Nothing)),
            }
        }
        Shape { value, charge, ..shape }
    }

    /// Whether both can be lanes of one program.
    pub fn key(&self) -> impl Eq + std::hash::Hash + use<> {
        self.tokens.clone()
    }

    fn walk(&mut self, equation: &Equation, exactly: bool) {
        match equation {
            Equation::Const(v) => {
                self.numbers.push(*v);
                self.tokens.push(if exactly { Token::Exactly(v.to_bits()) } else { Token::Number });
            }
            Equation::Quantity(q) => {
                let reading = self.terminals.reading(q);
                self.tokens.push(Token::Read(reading));
            }
            Equation::Apply(function, args) => {
                self.tokens.push(Token::Apply(*function, args.len()));
                for (n, arg) in args.iter().enumerate() {
                    let exactly = match function {
                        Function::Pow | Function::AbsPow | Function::SignPow => n == 1,
                        Function::Table | Function::SmoothTable => n >= 1,
                        _ => false,
                    };
                    self.walk(arg, exactly);
                }
                if *function == Function::Idt {
                    let start = args.get(1).map(|a| crate::model::eval::evaluate(a, &mut |_| 0.0));
                    self.starts.push(start.unwrap_or(0.0));
                }
            }
        }
    }
}

/// value + d(charge)/dt = scale · equation, as far as `ddt` stands in sums and beside constant factors; a `ddt` elsewhere
/// stays in the value.
fn split(equation: &Equation, scale: f64) -> (Option<Equation>, Option<Equation>) {
    let scaled = |e: &Equation| match scale {
        1.0 => e.clone(),
        _ => Equation::apply(Function::Mul, [Equation::Const(scale), e.clone()]),
    };
    match equation {
        Equation::Apply(Function::Ddt, args) if args.len() == 1 => (None, Some(scaled(&args[0]))),
        Equation::Apply(Function::Neg, args) if args.len() == 1 => split(&args[0], -scale),
        Equation::Apply(f @ (Function::Add | Function::Sub), args) if args.len() == 2 => {
            let second = if *f == Function::Sub { -scale } else { scale };
            let (a, b) = (split(&args[0], scale), split(&args[1], second));
            if a.1.is_none() && b.1.is_none() {
                return (Some(scaled(equation)), None);
            }
            (sum(a.0, b.0), sum(a.1, b.1))
        }
        Equation::Apply(Function::Mul, args) if args.len() == 2 => match (args[0].constant(), args[1].constant()) {
            (Some(c), None) if has_ddt(&args[1]) => split(&args[1], scale * c),
            (None, Some(c)) if has_ddt(&args[0]) => split(&args[0], scale * c),
            _ => (Some(scaled(equation)), None),
        },
        Equation::Apply(Function::Div, args) if args.len() == 2 && has_ddt(&args[0]) => match args[1].constant() {
            Some(c) if c != 0.0 => split(&args[0], scale / c),
            _ => (Some(scaled(equation)), None),
        },
        _ => (Some(scaled(equation)), None),
    }
}

fn has_ddt(equation: &Equation) -> bool {
    match equation {
        Equation::Apply(Function::Ddt, _) => true,
        Equation::Apply(_, args) => args.iter().any(has_ddt),
        _ => false,
    }
}

fn sum(a: Option<Equation>, b: Option<Equation>) -> Option<Equation> {
    match (a, b) {
        (Some(a), Some(b)) => Some(Equation::apply(Function::Add, [a, b])),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v(n: u32) -> Equation {
        Equation::Quantity(Quantity::Voltage(NetId(n), NetId::GROUND))
    }

    fn times(c: f64, e: Equation) -> Equation {
        Equation::apply(Function::Mul, [Equation::Const(c), e])
    }

    const PINS: [NetId; 2] = [NetId(1), NetId(2)];

    #[test]
    fn numbers_do_not_matter_to_the_shape_but_exponents_do() {
        let shape = |c: f64, y: f64| {
            let power = Equation::apply(Function::AbsPow, [v(1), Equation::Const(y)]);
            Shape::new(&times(c, power), PINS, None)
        };
        assert!(shape(1.0, 2.0).key() == shape(5.0, 2.0).key());
        assert!(shape(1.0, 2.0).key() != shape(1.0, 3.0).key());
        assert_eq!(shape(5.0, 2.0).numbers, [5.0, 2.0]);
    }

    #[test]
    fn own_nets_are_terminals_0_and_1_whatever_their_numbers() {
        let own = |p, n, read| Shape::new(&v(read), [NetId(p), NetId(n)], None);
        assert!(own(1, 2, 2).key() == own(7, 9, 9).key());
        assert!(own(1, 2, 2).key() != own(1, 2, 1).key());
        assert!(own(1, 2, 5).key() == own(3, 4, 6).key());
        assert_eq!(own(1, 2, 5).terminals.foreign, [Foreign::Net(NetId(5))]);
    }

    /// V(1) − 2·ddt(V(3)) = V(1) + d(−2·V(3))/dt
    #[test]
    fn a_derivative_in_a_sum_is_a_charge() {
        let ddt = Equation::apply(Function::Ddt, [v(3)]);
        let shape = Shape::new(&Equation::apply(Function::Sub, [v(1), times(2.0, ddt)]), PINS, None);
        assert_eq!(shape.value, Some(v(1)));
        assert_eq!(shape.charge, Some(times(-2.0, v(3))));
    }

    #[test]
    fn a_derivative_times_a_voltage_is_not() {
        let product = Equation::apply(Function::Mul, [v(1), Equation::apply(Function::Ddt, [v(3)])]);
        let shape = Shape::new(&product, PINS, None);
        assert_eq!((shape.value, shape.charge), (Some(product), None));
    }
}

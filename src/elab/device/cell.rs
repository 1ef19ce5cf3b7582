//! What an expression inside a `.device` comes to: one equation, or an array of them.

use crate::circuit::definition::Own;
use crate::circuit::equation::{Equation, Function, Quantity};

/// Arrays inside a device have at most this many elements.
pub const MAX_ELEMENTS: usize = 10_000;

#[derive(Clone, Debug)]
pub enum Cell {
    Scalar(Equation),
    Array(Vec<Equation>),
}

impl Cell {
    pub fn number(v: f64) -> Cell {
        Cell::Scalar(Equation::Const(v))
    }

    pub fn own(own: Own) -> Cell {
        Cell::Scalar(own_quantity(own))
    }

    /// None for one equation.
    pub fn len(&self) -> Option<usize> {
        match self {
            Cell::Scalar(_) => None,
            Cell::Array(a) => Some(a.len()),
        }
    }

    /// All its equations.
    pub fn elements(&self) -> &[Equation] {
        match self {
            Cell::Scalar(e) => std::slice::from_ref(e),
            Cell::Array(a) => a,
        }
    }

    pub fn into_elements(self) -> Vec<Equation> {
        match self {
            Cell::Scalar(e) => vec![e],
            Cell::Array(a) => a,
        }
    }

    /// `one number`, `an array of 3`
    pub fn describe(&self) -> String {
        match self {
            Cell::Scalar(_) => "one number".to_string(),
            Cell::Array(a) => format!("an array of {}", a.len()),
        }
    }
}

pub fn own_quantity(own: Own) -> Equation {
    Equation::Quantity(Quantity::Own(own))
}

/// A number or a single quantity: cheap to repeat.
pub fn is_leaf(e: &Equation) -> bool {
    !matches!(e, Equation::Apply(..))
}

/// How many numbers, quantities and functions it is made of.
pub fn size(e: &Equation) -> u64 {
    match e {
        Equation::Apply(_, args) => 1 + args.iter().map(size).sum::<u64>(),
        Equation::Const(_) | Equation::Quantity(_) => 1,
    }
}

/// Whether some quantity or function in it is such.
pub fn any(
    e: &Equation,
    quantity: &mut impl FnMut(&Quantity) -> bool,
    function: &mut impl FnMut(Function) -> bool,
) -> bool {
    match e {
        Equation::Const(_) => false,
        Equation::Quantity(q) => quantity(q),
        Equation::Apply(f, args) => function(*f) || args.iter().any(|a| any(a, quantity, function)),
    }
}

/// Whether some quantity of the instance in it is such.
pub fn any_own(e: &Equation, mut own: impl FnMut(Own) -> bool) -> bool {
    any(e, &mut |q| matches!(q, Quantity::Own(o) if own(*o)), &mut |_| false)
}

//! Shapes of what flows from layer to layer: a list of units, rows × columns, or channels × rows × columns.

use std::fmt;

use super::Error;
use crate::value::MAX_ELEMENTS;

/// One to three axes, none of them 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape(Vec<usize>);

/// Rows and columns, once for each channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planes {
    pub channels: usize,
    pub rows: usize,
    pub columns: usize,
}

impl Shape {
    /// None where there are no axes or more than three, or one of them is 0.
    pub fn new(axes: Vec<usize>) -> Option<Shape> {
        ((1..=3).contains(&axes.len()) && !axes.contains(&0)).then_some(Shape(axes))
    }

    pub fn units(count: usize) -> Shape {
        Shape(vec![count])
    }

    pub fn axes(&self) -> &[usize] {
        &self.0
    }

    /// How many numbers it holds.
    pub fn count(&self) -> usize {
        self.0.iter().product()
    }

    /// The same, refused where it is too much for memory.
    pub fn checked(self) -> Result<Shape, Error> {
        let count = self.0.iter().try_fold(1usize, |n, a| n.checked_mul(*a));
        match count.is_some_and(|n| n <= MAX_ELEMENTS) {
            true => Ok(self),
            false => Err(Error::TooBig),
        }
    }

    /// Rows and columns, where it has them.
    pub fn planes(&self) -> Result<Planes, Error> {
        match self.0[..] {
            [rows, columns] => Ok(Planes { channels: 1, rows, columns }),
            [channels, rows, columns] => Ok(Planes { channels, rows, columns }),
            _ => Err(Error::NoPlanes(self.clone())),
        }
    }

    /// The shape of as many channels, or of none, with other rows and columns.
    pub fn with_places(&self, rows: usize, columns: usize) -> Shape {
        match self.0[..] {
            [channels, _, _] => Shape(vec![channels, rows, columns]),
            _ => Shape(vec![rows, columns]),
        }
    }
}

/// `32x28x28`
impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let axes: Vec<String> = self.0.iter().map(usize::to_string).collect();
        f.write_str(&axes.join("x"))
    }
}

//! A window that goes over rows and columns: how many places it has, and where they begin.

use std::fmt;

use super::{Error, Shape};

/// What happens at the edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Padding {
    /// The window stays inside
    #[default]
    Valid,
    /// As many places as there are strides in the picture; what is missing is divided between both edges, the odd one at
    /// the far edge
    Same,
}

/// Rows and columns of a window, and how far it moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub size: [usize; 2],
    pub stride: [usize; 2],
    pub padding: Padding,
}

/// Places of a window on an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Places {
    pub count: usize,
    /// How far the first one stands out over the near edge
    pub before: usize,
    pub size: usize,
    pub stride: usize,
}

impl Places {
    /// Length of the axis with its padding, as far as windows reach.
    pub fn reach(&self) -> usize {
        (self.count - 1) * self.stride + self.size
    }

    /// The part of place `k` that lies on an axis of `length`.
    pub fn inside(&self, k: usize, length: usize) -> std::ops::Range<usize> {
        let start = k * self.stride;
        start.saturating_sub(self.before)..(start + self.size).saturating_sub(self.before).min(length)
    }
}

impl Window {
    /// Its places over rows and columns.
    pub(super) fn over(&self, shape: &Shape) -> Result<[Places; 2], Error> {
        let planes = shape.planes()?;
        let axis = |k: usize, length: usize| {
            let (size, stride) = (self.size[k], self.stride[k]);
            match self.padding {
                Padding::Valid if size > length => Err(Error::Window(*self, shape.clone())),
                Padding::Valid => Ok(Places { count: (length - size) / stride + 1, before: 0, size, stride }),
                Padding::Same => {
                    let count = length.div_ceil(stride);
                    let reach = (count - 1) * stride + size;
                    Ok(Places { count, before: reach.saturating_sub(length) / 2, size, stride })
                }
            }
        };
        Ok([axis(0, planes.rows)?, axis(1, planes.columns)?])
    }
}

/// `5x5`
impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.size[0], self.size[1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(length: usize, size: usize, stride: usize, padding: Padding) -> (usize, usize) {
        let window = Window { size: [size; 2], stride: [stride; 2], padding };
        let [rows, _] = window.over(&Shape::new(vec![length, length]).unwrap()).unwrap();
        (rows.count, rows.before)
    }

    /// The rules that TensorFlow documents for "SAME" and "VALID".
    #[test]
    fn places_on_an_axis() {
        assert_eq!(places(28, 5, 1, Padding::Same), (28, 2));
        assert_eq!(places(28, 5, 2, Padding::Same), (14, 1));
        assert_eq!(places(7, 2, 2, Padding::Same), (4, 0));
        assert_eq!(places(7, 2, 3, Padding::Same), (3, 0));
        assert_eq!(places(28, 5, 1, Padding::Valid), (24, 0));
        assert_eq!(places(7, 3, 2, Padding::Valid), (3, 0));
        assert_eq!(places(5, 1, 3, Padding::Same), (2, 0));
    }

    #[test]
    fn a_window_larger_than_the_picture_is_refused() {
        let window = Window { size: [5, 2], stride: [1, 1], padding: Padding::Valid };
        let small = Shape::new(vec![4, 9]).unwrap();
        assert_eq!(window.over(&small), Err(Error::Window(window, small.clone())));
        assert!(Window { padding: Padding::Same, ..window }.over(&small).is_ok());
        assert_eq!(window.over(&Shape::units(9)), Err(Error::NoPlanes(Shape::units(9))));
    }
}

//! The software part of a hybrid: arrays → layers → arrays. A network is feed-forward, its weights are finished; what flows
//! is `f32`, sums of products are kept in `f64` runs, and every number is added up in one fixed order, so that results have
//! the same bits for any number of threads, images at a time and width of vectors.
//!
//! Knows arrays only: names of functions and files, units and circuits belong to whoever builds a [`Network`].

pub mod activation;
mod conv;
pub mod layer;
pub mod network;
mod pool;
mod product;
mod shape;
#[cfg(test)]
mod tests;
mod window;

pub use activation::Activation;
pub use layer::{Layer, Weights};
pub use network::{LayerId, Network, Replaced};
pub use shape::{Planes, Shape};
pub use window::{Padding, Window};

/// A number of axes that do not fit.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    #[error("a window goes over rows and columns, which {0} numbers in a list do not have")]
    NoPlanes(Shape),
    #[error("a window of {0} does not fit into {1}")]
    Window(Window, Shape),
    /// The shapes that serve, and what was given
    #[error("weights of shape {found:?}, not {}", shapes(.expected))]
    Weights { expected: Vec<Vec<usize>>, found: Vec<usize> },
    #[error("a bias of shape {found:?}, not [{expected}]")]
    Bias { expected: usize, found: Vec<usize> },
    #[error("{0} is no finite number")]
    NotFinite(f64),
    #[error("a layer of more than {} numbers", crate::value::MAX_ELEMENTS)]
    TooBig,
    #[error("{found:?} is not the input {expected}")]
    Input { expected: Shape, found: Vec<usize> },
    #[error("an array of shape {found:?} does not stand for a layer of {expected:?}")]
    Replaced { layer: LayerId, expected: Vec<usize>, found: Vec<usize> },
    /// Its activation is not one of the network's own: the layer must be replaced
    #[error("the activation of a layer is not known here")]
    Outside(LayerId),
}

/// `[32, 5, 5] or [32, 1, 5, 5]`
fn shapes(list: &[Vec<usize>]) -> String {
    list.iter().map(|s| format!("{s:?}")).collect::<Vec<_>>().join(" or ")
}

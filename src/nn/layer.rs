//! One layer: numbers of the layer before → weighted sums (or the largest, the mean) → activation.

use ndarray::ArrayD;

use super::conv::{Conv, Scratch};
use super::pool::{Pool, Take};
use super::product::{Product, Stride};
use super::{Activation, Error, Shape, Window};

/// What a layer does before its activation.
#[derive(Clone, Debug)]
enum Kind {
    Conv(Conv),
    Pool(Pool),
    Dense(Product),
    /// Flat, or the numbers as they are
    Same,
}

/// Finished weights, and what is added to the sums.
#[derive(Clone, Copy, Debug)]
pub struct Weights<'w> {
    pub matrix: &'w ArrayD<f64>,
    /// A number for each filter or unit
    pub bias: Option<&'w ArrayD<f64>>,
}

/// A layer for an input of one shape.
#[derive(Clone, Debug)]
pub struct Layer {
    kind: Kind,
    pub activation: Activation,
    /// Of its output
    pub shape: Shape,
}

impl Layer {
    /// Filters over windows of all channels, summed: a cross-correlation. Weights are filters × channels × rows × columns;
    /// the axis of a single channel may be left out, and a filter may be one row.
    ///
    /// # Errors
    /// A window that does not fit, weights or bias of another shape, numbers that are not finite.
    pub fn conv(input: &Shape, filters: usize, window: Window, weights: Weights) -> Result<Layer, Error> {
        let channels = input.planes()?.channels;
        let [rows, columns] = window.size;
        let mut serves = vec![vec![filters, channels, rows, columns]];
        if channels == 1 {
            serves.insert(0, vec![filters, rows, columns]);
        }
        serves.push(vec![filters, channels * rows * columns]);
        let conv = Conv::new(input, window, product(weights, filters, serves)?)?;
        let shape = conv.shape()?;
        Ok(Layer { kind: Kind::Conv(conv), activation: Activation::Identity, shape })
    }

    /// The shape that [`Layer::conv`] would give.
    pub fn conv_shape(input: &Shape, filters: usize, window: Window) -> Result<Shape, Error> {
        let [rows, columns] = window.over(input)?;
        Shape::new(vec![filters, rows.count, columns.count]).ok_or(Error::TooBig)?.checked()
    }

    /// A number for each unit, all inputs weighted and summed; inputs of several axes are flat, row by row. Weights are
    /// units × inputs.
    ///
    /// # Errors
    /// As [`Layer::conv`].
    pub fn dense(input: &Shape, units: usize, weights: Weights) -> Result<Layer, Error> {
        let product = product(weights, units, vec![vec![units, input.count()]])?;
        let shape = Shape::new(vec![units]).ok_or(Error::TooBig)?.checked()?;
        Ok(Layer { kind: Kind::Dense(product), activation: Activation::Identity, shape })
    }

    /// The largest number of each window, in each channel by itself.
    pub fn maxpool(input: &Shape, window: Window) -> Result<Layer, Error> {
        Layer::pool(input, window, Take::Largest)
    }

    /// The mean of each window, in each channel by itself; places outside the picture do not count.
    pub fn avgpool(input: &Shape, window: Window) -> Result<Layer, Error> {
        Layer::pool(input, window, Take::Mean)
    }

    fn pool(input: &Shape, window: Window, take: Take) -> Result<Layer, Error> {
        let pool = Pool::new(input, window, take)?;
        let shape = pool.shape(input);
        Ok(Layer { kind: Kind::Pool(pool), activation: Activation::Identity, shape })
    }

    /// All numbers as one list: channel by channel, row by row.
    pub fn flatten(input: &Shape) -> Layer {
        Layer { kind: Kind::Same, activation: Activation::Identity, shape: Shape::units(input.count()) }
    }

    /// Nothing but an activation.
    pub fn activation(input: &Shape, activation: Activation) -> Layer {
        Layer { kind: Kind::Same, activation, shape: input.clone() }
    }

    /// The same layer with another activation.
    pub fn with(self, activation: Activation) -> Layer {
        Layer { activation, ..self }
    }

    /// What comes before the activation, of several images one behind the other.
    pub(super) fn sums(&self, input: &[f32], images: usize, scratch: &mut Scratch) -> Vec<f32> {
        let (size, count) = (input.len() / images.max(1), self.shape.count());
        let mut out = vec![0.0; images * count];
        let each = input.chunks_exact(size.max(1)).zip(out.chunks_exact_mut(count));
        match &self.kind {
            Kind::Conv(conv) => each.for_each(|(x, y)| conv.apply(x, y, scratch)),
            Kind::Pool(pool) => each.for_each(|(x, y)| pool.apply(x, y)),
            Kind::Dense(product) => product.apply(input, &mut out, Stride { by_row: count, by_output: 1 }),
            Kind::Same => out.copy_from_slice(input),
        }
        out
    }
}

/// Weights that are one of the shapes `serves`, rounded to `f32`.
fn product(weights: Weights, outputs: usize, serves: Vec<Vec<usize>>) -> Result<Product, Error> {
    let Weights { matrix, bias } = weights;
    if !serves.iter().any(|s| s[..] == *matrix.shape()) {
        return Err(Error::Weights { expected: serves, found: matrix.shape().to_vec() });
    }
    if let Some(bias) = bias {
        // A file of one column or row is a vector too.
        let vector = bias.len() == outputs && bias.shape().iter().all(|n| *n == 1 || *n == outputs);
        if !vector {
            return Err(Error::Bias { expected: outputs, found: bias.shape().to_vec() });
        }
    }
    let bias: Vec<f64> = bias.into_iter().flatten().copied().collect();
    let flat: Vec<f32> = matrix.iter().map(|v| *v as f32).collect();
    let wrong = flat.iter().map(|v| f64::from(*v)).chain(bias.iter().copied()).find(|v| !v.is_finite());
    match wrong {
        Some(v) => Err(Error::NotFinite(v)),
        None => Ok(Product::new(&flat, outputs, bias)),
    }
}

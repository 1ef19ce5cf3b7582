//! What a layer makes of its weighted sums, number by number or, for softmax, of all that lies in one place.

use ndarray::ArrayD;

use super::Shape;

/// The functions that a network knows itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Activation {
    #[default]
    Identity,
    Relu,
    Tanh,
    Sigmoid,
    /// Over the channels of each place, else over all units
    Softmax,
    /// Not known here: whoever calls the network must say what the layer gives
    Outside,
}

impl Activation {
    /// Names in a netlist.
    pub const NAMES: [&str; 5] = ["identity", "relu", "tanh", "sigmoid", "softmax"];

    /// The activation of a lower-case name.
    pub fn named(lower: &str) -> Option<Activation> {
        Some(match lower {
            "identity" => Activation::Identity,
            "relu" => Activation::Relu,
            "tanh" => Activation::Tanh,
            "sigmoid" => Activation::Sigmoid,
            "softmax" => Activation::Softmax,
            _ => return None,
        })
    }

    /// The sums of one image or of many, each of a shape → outputs.
    pub fn over(self, sums: &mut ArrayD<f64>, shape: &Shape) {
        let mut values: Vec<f32> = sums.iter().map(|v| *v as f32).collect();
        values.chunks_exact_mut(shape.count()).for_each(|image| self.apply(image, shape));
        sums.iter_mut().zip(values).for_each(|(to, v)| *to = f64::from(v));
    }

    /// One image's sums → its outputs, in `f64` and back.
    pub(super) fn apply(self, values: &mut [f32], shape: &Shape) {
        let each = |values: &mut [f32], f: fn(f64) -> f64| values.iter_mut().for_each(|v| *v = f(f64::from(*v)) as f32);
        match self {
            Activation::Identity | Activation::Outside => {}
            // As numpy's maximum: what is no number stays none.
            Activation::Relu => values.iter_mut().for_each(|v| *v = if *v <= 0.0 { 0.0 } else { *v }),
            Activation::Tanh => each(values, f64::tanh),
            Activation::Sigmoid => each(values, |v| 1.0 / (1.0 + (-v).exp())),
            Activation::Softmax => {
                let places = match shape.axes() {
                    [_, rows, columns] => rows * columns,
                    _ => 1,
                };
                (0..places).for_each(|p| softmax(values, p, places));
            }
        }
    }
}

/// eˣ/Σeˣ over every `step`-th number from the first on; the largest is taken off before, which changes nothing but overflow.
fn softmax(values: &mut [f32], first: usize, step: usize) {
    let of = |values: &[f32]| values.iter().skip(first).step_by(step).copied().map(f64::from).collect::<Vec<f64>>();
    let list = of(values);
    let most = list.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = list.iter().map(|v| (v - most).exp()).collect();
    let total: f64 = powers.iter().sum();
    for (v, power) in values.iter_mut().skip(first).step_by(step).zip(powers) {
        *v = (power / total) as f32;
    }
}

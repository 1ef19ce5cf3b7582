//! Layers one behind the other: images → outputs of any layer, many images side by side.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use ndarray::{ArrayD, IxDyn};

use super::conv::Scratch;
use super::{Activation, Error, Layer, Shape};
use crate::value::MAX_ELEMENTS;

/// Images that a thread takes at a time: their numbers stay in its cache, and dense weights are read once for all of them.
const BATCH: usize = 16;

/// Place of a layer in its network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LayerId(pub usize);

/// Finished outputs of layers, in place of what they would give. With a batch its axis comes first; a list of as many
/// numbers serves too.
pub type Replaced = BTreeMap<LayerId, Arc<ArrayD<f64>>>;

/// A feed-forward network.
#[derive(Clone, Debug)]
pub struct Network {
    pub input: Shape,
    layers: Vec<Layer>,
}

/// Where the numbers come from that a computation begins with.
struct Source<'a> {
    values: &'a [f64],
    /// Numbers of an image
    size: usize,
    /// The first layer that computes
    next: usize,
}

/// How far a computation goes.
#[derive(Clone, Copy)]
struct Goal {
    layer: usize,
    /// Behind the activation of the layer, or before it
    activated: bool,
    threads: usize,
}

impl Network {
    pub fn new(input: Shape) -> Network {
        Network { input, layers: Vec::new() }
    }

    /// Adds a layer made for [`Network::output`].
    pub fn push(&mut self, layer: Layer) -> LayerId {
        self.layers.push(layer);
        LayerId(self.layers.len() - 1)
    }

    /// The shape of what the last layer gives.
    pub fn output(&self) -> &Shape {
        self.layers.last().map_or(&self.input, |l| &l.shape)
    }

    pub fn layer(&self, id: LayerId) -> Option<&Layer> {
        self.layers.get(id.0)
    }

    /// The last layer; none in a network of nothing but an input.
    pub fn last(&self) -> Option<LayerId> {
        self.layers.len().checked_sub(1).map(LayerId)
    }

    /// What the last layer gives for one image, or for each of a batch along a new first axis.
    ///
    /// # Errors
    /// An input or a replaced layer of another shape; a layer up to here whose activation is [`Activation::Outside`] and
    /// that is not replaced.
    pub fn forward(&self, x: &ArrayD<f64>, replaced: &Replaced) -> Result<ArrayD<f64>, Error> {
        match self.last() {
            Some(last) => self.activated(last, x, replaced, cores()),
            None => self.images(x).map(|_| x.clone()),
        }
    }

    /// What a layer gives, computed by at most so many threads. Errors as [`Network::forward`].
    pub fn activated(
        &self,
        layer: LayerId,
        x: &ArrayD<f64>,
        replaced: &Replaced,
        threads: usize,
    ) -> Result<ArrayD<f64>, Error> {
        self.compute(Goal { layer: layer.0, activated: true, threads }, x, replaced)
    }

    /// What a layer gives to its activation: the weighted sums of conv and dense. Otherwise as [`Network::activated`].
    pub fn sums(
        &self,
        layer: LayerId,
        x: &ArrayD<f64>,
        replaced: &Replaced,
        threads: usize,
    ) -> Result<ArrayD<f64>, Error> {
        self.compute(Goal { layer: layer.0, activated: false, threads }, x, replaced)
    }

    /// How many images an array holds; None where it is one image without an axis for a batch.
    pub fn images(&self, x: &ArrayD<f64>) -> Result<Option<usize>, Error> {
        match x.shape() {
            shape if shape == self.input.axes() => Ok(None),
            [n, image @ ..] if image == self.input.axes() => Ok(Some(*n)),
            shape => Err(Error::Input { expected: self.input.clone(), found: shape.to_vec() }),
        }
    }

    fn compute(&self, goal: Goal, x: &ArrayD<f64>, replaced: &Replaced) -> Result<ArrayD<f64>, Error> {
        let batch = self.images(x)?;
        let with_batch = |shape: &Shape| batch.into_iter().chain(shape.axes().iter().copied()).collect::<Vec<usize>>();
        for (id, array) in replaced {
            let Some(layer) = self.layer(*id) else { continue };
            let expected = with_batch(&layer.shape);
            let list = [expected.iter().product::<usize>()];
            if array.shape() != expected && array.shape() != list {
                return Err(Error::Replaced { layer: *id, expected, found: array.shape().to_vec() });
            }
        }
        // Everything before the last finished layer is of no matter.
        let finished = |id: &LayerId| id.0 < goal.layer || id.0 == goal.layer && goal.activated;
        let start = replaced.iter().rfind(|(id, _)| finished(id));
        let next = start.map_or(0, |(id, _)| id.0 + 1);
        let from = start.map_or(x, |(_, array)| array).as_standard_layout();
        let Some(last) = self.layers.get(goal.layer) else { return Ok(x.clone()) };
        let axes = with_batch(&last.shape);
        let count = last.shape.count();
        if axes.iter().product::<usize>() > MAX_ELEMENTS {
            return Err(Error::TooBig);
        }
        if next > goal.layer {
            return from.into_owned().into_shape_with_order(IxDyn(&axes)).map_err(|_| Error::TooBig);
        }
        let outside = |k: &usize| {
            let shown = *k < goal.layer || goal.activated;
            shown && self.layers.get(*k).is_some_and(|l| l.activation == Activation::Outside)
        };
        if let Some(k) = (next..=goal.layer).find(outside) {
            return Err(Error::Outside(LayerId(k)));
        }
        let size = if next == 0 { self.input.count() } else { self.layers[next - 1].shape.count() };
        let source = Source { values: from.as_slice().unwrap_or(&[]), size, next };
        let mut out = vec![0.0; axes.iter().product()];
        self.side_by_side(&source, goal, &mut out, count);
        ArrayD::from_shape_vec(IxDyn(&axes), out).map_err(|_| Error::TooBig)
    }

    /// Shares the images out among threads. Each image is computed by itself: results do not depend on who does it.
    fn side_by_side(&self, source: &Source, goal: Goal, out: &mut [f64], count: usize) {
        let jobs = source.values.chunks(BATCH * source.size).zip(out.chunks_mut(BATCH * count));
        let threads = goal.threads.min(jobs.len());
        let jobs = Mutex::new(jobs);
        let work = || {
            let mut scratch = Scratch::default();
            loop {
                let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some((from, to)) = job else { return };
                self.run(from, source, goal, to, &mut scratch);
            }
        };
        if threads <= 1 {
            return work();
        }
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(work);
            }
        });
    }

    /// A few images through all layers up to the goal.
    fn run(&self, from: &[f64], source: &Source, goal: Goal, to: &mut [f64], scratch: &mut Scratch) {
        let images = from.len() / source.size;
        let mut values: Vec<f32> = from.iter().map(|v| *v as f32).collect();
        for (k, layer) in self.layers.iter().enumerate().take(goal.layer + 1).skip(source.next) {
            values = layer.sums(&values, images, scratch);
            if k < goal.layer || goal.activated {
                for image in values.chunks_exact_mut(layer.shape.count()) {
                    layer.activation.apply(image, &layer.shape);
                }
            }
        }
        to.iter_mut().zip(values).for_each(|(to, v)| *to = f64::from(v));
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

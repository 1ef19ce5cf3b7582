//! A convolution (cross-correlation, as networks use the word): every place of a window is a row of numbers, a row of places
//! at a time goes through the product with all filters.

use super::product::{Product, Stride};
use super::window::{Places, Window};
use super::{Error, Planes, Shape};

/// Filters over windows of all channels.
#[derive(Clone, Debug)]
pub struct Conv {
    planes: Planes,
    places: [Places; 2],
    filters: Product,
}

/// What a thread keeps between images.
#[derive(Default)]
pub(super) struct Scratch {
    /// The picture with zeros around it
    padded: Vec<f32>,
    /// A row of places, each with its window
    patches: Vec<f32>,
}

impl Conv {
    /// `weights`: filters × channels × window, row-major.
    pub(super) fn new(input: &Shape, window: Window, filters: Product) -> Result<Conv, Error> {
        Ok(Conv { planes: input.planes()?, places: window.over(input)?, filters })
    }

    pub(super) fn shape(&self) -> Result<Shape, Error> {
        let [rows, columns] = self.places;
        Shape::new(vec![self.filters.outputs(), rows.count, columns.count]).ok_or(Error::TooBig)?.checked()
    }

    /// The sums of one image.
    pub(super) fn apply(&self, image: &[f32], out: &mut [f32], scratch: &mut Scratch) {
        let [rows, columns] = self.places;
        let (height, width) = (rows.reach(), columns.reach());
        self.pad(image, &mut scratch.padded, height, width);
        let size = self.filters.inputs();
        scratch.patches.resize(columns.count * size, 0.0);
        for r in 0..rows.count {
            for (c, patch) in scratch.patches.chunks_exact_mut(size).enumerate() {
                let mut lines = patch.chunks_exact_mut(columns.size);
                for plane in scratch.padded.chunks_exact(height * width) {
                    for i in 0..rows.size {
                        let from = (r * rows.stride + i) * width + c * columns.stride;
                        if let Some(line) = lines.next() {
                            line.copy_from_slice(&plane[from..from + columns.size]);
                        }
                    }
                }
            }
            let out = &mut out[r * columns.count..];
            self.filters.apply(&scratch.patches, out, Stride { by_row: 1, by_output: rows.count * columns.count });
        }
    }

    /// The picture as far as windows reach, zeros outside.
    fn pad(&self, image: &[f32], padded: &mut Vec<f32>, height: usize, width: usize) {
        let Planes { channels, rows, columns } = self.planes;
        let [top, left] = self.places.map(|p| p.before);
        padded.clear();
        padded.resize(channels * height * width, 0.0);
        let (high, wide) = (rows.min(height - top), columns.min(width - left));
        for (from, to) in image.chunks_exact(rows * columns).zip(padded.chunks_exact_mut(height * width)) {
            for r in 0..high {
                let at = (r + top) * width + left;
                to[at..at + wide].copy_from_slice(&from[r * columns..r * columns + wide]);
            }
        }
    }
}

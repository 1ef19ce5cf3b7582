//! Windows whose numbers become one: the largest, or the mean. Places outside the picture do not count.

use super::window::{Places, Window};
use super::{Error, Planes, Shape};

/// What a window gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Take {
    Largest,
    Mean,
}

/// A window over every channel by itself.
#[derive(Clone, Debug)]
pub struct Pool {
    planes: Planes,
    places: [Places; 2],
    take: Take,
}

impl Pool {
    pub(super) fn new(input: &Shape, window: Window, take: Take) -> Result<Pool, Error> {
        Ok(Pool { planes: input.planes()?, places: window.over(input)?, take })
    }

    /// The shape of what it makes of `input`.
    pub(super) fn shape(&self, input: &Shape) -> Shape {
        input.with_places(self.places[0].count, self.places[1].count)
    }

    pub(super) fn apply(&self, image: &[f32], out: &mut [f32]) {
        let Planes { rows, columns, .. } = self.planes;
        let [down, across] = self.places;
        let places = down.count * across.count;
        for (plane, out) in image.chunks_exact(rows * columns).zip(out.chunks_exact_mut(places)) {
            for (k, to) in out.iter_mut().enumerate() {
                let (r, c) = (down.inside(k / across.count, rows), across.inside(k % across.count, columns));
                let lines = r.map(|r| &plane[r * columns + c.start..r * columns + c.end]);
                *to = self.take.of(lines.flatten().copied());
            }
        }
    }
}

impl Take {
    fn of(self, numbers: impl Iterator<Item = f32>) -> f32 {
        match self {
            // What is no number stays none, as in numpy.
            Take::Largest => numbers.fold(f32::NEG_INFINITY, |m, v| match v > m || v.is_nan() {
                true if !m.is_nan() => v,
                _ => m,
            }),
            Take::Mean => {
                let (sum, count) = numbers.fold((0.0f64, 0.0f64), |(s, n), v| (s + f64::from(v), n + 1.0));
                (sum / count) as f32
            }
        }
    }
}

//! What the instances know → the inputs of a tape.

use super::graph::Source;
use super::piece::{Input, Piece};
use crate::device::places::Places;
use crate::device::{Memory, Point};

/// Where instances are looked at: between the last accepted point and the iterate.
#[derive(Clone, Copy)]
pub(super) struct Scene<'a> {
    pub at: &'a Point<'a>,
    pub memory: &'a Memory,
    /// States outside Newton: `memory.state` or `memory.trial`
    pub kept: &'a [f64],
}

impl Scene<'_> {
    #[inline(always)]
    fn kept(&self, i: usize, slot: usize, lane: usize) -> f64 {
        self.kept[(i * self.memory.slots.state + slot) * self.memory.lanes + lane]
    }
}

/// How values are come by: of an unknown by instance, terminal and lane, of time by lane, of what is neither unknown, time nor
/// state by instance and lane.
pub(super) struct Look<X, T, O> {
    pub x: X,
    pub time: T,
    pub other: O,
}

/// Fills `inputs[n * width + k]` for a block of instances and lanes.
#[inline(always)]
pub(super) fn gather<X, T, O>(
    piece: &Piece,
    scene: Scene,
    places: Places,
    inputs: &mut [f64],
    width: usize,
    look: Look<X, T, O>,
) where
    X: Fn(usize, usize, usize) -> f64,
    T: Fn(usize) -> f64,
    O: Fn(Source, usize, usize) -> f64,
{
    let Look { x, time, other } = look;
    for (input, row) in piece.inputs.iter().zip(inputs.chunks_exact_mut(width)) {
        match *input {
            Input::Derived(n) => places.each(row, |value, i, lane| *value = scene.memory.derived(i, n, lane)),
            Input::Moving(Source::Time) => places.each(row, |value, _, lane| *value = time(lane)),
            Input::Moving(Source::Kept(slot)) => {
                places.each(row, |value, i, lane| *value = scene.kept(i, slot, lane));
            }
            Input::Moving(Source::Difference(Some(plus), Some(minus))) => {
                places.each(row, |value, i, lane| *value = x(i, plus, lane) - x(i, minus, lane));
            }
            Input::Moving(Source::Difference(Some(plus), None)) => {
                places.each(row, |value, i, lane| *value = x(i, plus, lane));
            }
            Input::Moving(Source::Difference(None, Some(minus))) => {
                places.each(row, |value, i, lane| *value = -x(i, minus, lane));
            }
            Input::Moving(Source::Difference(None, None)) => row.fill(0.0),
            Input::Moving(source) => places.each(row, |value, i, lane| *value = other(source, i, lane)),
        }
    }
}

/// The results of a piece for a block of instances and lanes, `results[n * width + k]`, at the iterate; the rest of
/// `scratch` is working space.
#[inline(always)]
pub(super) fn evaluate<'s>(
    piece: &Piece,
    scene: Scene,
    places: Places,
    width: usize,
    scratch: &'s mut [f64],
) -> &'s mut [f64] {
    let at = scene.at;
    let look = Look { x: |i, t, lane| at.x(i, t, lane), time: |lane| at.time[lane], other: nothing };
    evaluate_at(piece, scene, places, width, scratch, look)
}

/// The same anywhere.
#[inline(always)]
pub(super) fn evaluate_at<'s, X, T, O>(
    piece: &Piece,
    scene: Scene,
    places: Places,
    width: usize,
    scratch: &'s mut [f64],
    look: Look<X, T, O>,
) -> &'s mut [f64]
where
    X: Fn(usize, usize, usize) -> f64,
    T: Fn(usize) -> f64,
    O: Fn(Source, usize, usize) -> f64,
{
    let (inputs, rest) = scratch.split_at_mut(width * piece.tape.inputs());
    let (results, registers) = rest.split_at_mut(width * piece.tape.outputs());
    gather(piece, scene, places, inputs, width, look);
    piece.tape.run(width, inputs, registers, results);
    results
}

/// Of sources that have no value where a piece is looked at.
pub(super) fn nothing(_: Source, _: usize, _: usize) -> f64 {
    f64::NAN
}

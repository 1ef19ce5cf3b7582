//! How long the next step may be: truncation error, bounds, corners.

use serde::{Deserialize, Serialize};

use crate::circuit::plan::Options;
use crate::device::Ticks;

/// Fraction by which the remembered size of a signal decays at each accepted point.
const FADE: f64 = 0.995;
/// Safety of the step that the error allows.
const SAFETY: f64 = 0.9;
/// Errors up to this multiple of what is allowed are taken.
const TOLERANCE: f64 = 2.0;
/// Largest growth from one step to the next.
const GROWTH: f64 = 2.0;
/// A leap: the same where the error is known, nothing was tried in vain and Newton's method was at ease. It aims at an error of this
/// multiple of what is allowed, and is given up where it meets more than that.
const LEAP: f64 = 8.0;
const AIM: f64 = 0.01;
const MET: f64 = 0.25;
/// A restart at reltol 1e-3 begins with this fraction of the way it could go.
const RESTART: f64 = 0.1;

/// The sizes that truncation errors are compared with: a decaying maximum of each unknown, `[unknown * lanes + lane]`.
#[derive(Clone, Serialize, Deserialize)]
pub struct Sizes {
    size: Vec<f64>,
}

impl Sizes {
    pub fn new(len: usize) -> Sizes {
        Sizes { size: vec![0.0; len] }
    }

    /// Takes an accepted value into account.
    pub fn see(&mut self, k: usize, value: f64) {
        self.size[k] = (self.size[k] * FADE).max(value.abs());
    }

    pub fn get(&self, k: usize, value: f64) -> f64 {
        self.size[k].max(value.abs())
    }
}

/// Steps shorter than this (s) are hard ones: something moves there that none can follow.
pub const HARD: f64 = 2e-14;

/// … and these may become so.
pub const NEARLY_HARD: f64 = 2e-12;

/// No step is shorter than this (s) for what a voltage is off by.
pub const FLOOR: f64 = 1e-14;

/// A transient that begins with initial conditions, not at rest, begins with this share of its first step, which nothing can judge.
pub const SETTLING: f64 = 0.01;

/// What an accepted step tells about how boldly to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// Nothing judged the step: it was the first since a restart.
    Blind,
    /// Its error is known, it was the first try, and Newton's method had hardly anything to do.
    AtEase,
    /// It was hard to get.
    Careful,
}

/// The step after one of length `h` whose error was `ratio` times what is allowed, by a formula of order `order`.
pub fn next_step(h: f64, ratio: f64, order: i32) -> f64 {
    grown(h, ratio, order, GROWTH)
}

/// The step after an accepted one.
pub fn step_on(h: f64, ratio: f64, order: i32, mood: Mood) -> f64 {
    match mood {
        Mood::Blind => h * GROWTH,
        Mood::AtEase if ratio > 0.0 => {
            let leap = (AIM / ratio).powf(1.0 / f64::from(order + 1)).min(LEAP);
            grown(h, ratio, order, GROWTH).max(h * leap)
        }
        _ => grown(h, ratio, order, GROWTH),
    }
}

fn grown(h: f64, ratio: f64, order: i32, most: f64) -> f64 {
    if ratio <= 0.0 {
        return h * most;
    }
    h * (SAFETY * ratio.powf(-1.0 / f64::from(order + 1))).clamp(0.1, most)
}

/// The allowed truncation error of a value of this size: 2·trtol·(reltol·size + abstol).
///
/// SPICE3 puts a third divided difference where a third derivative belongs (a factor of 6) and calls trtol, 7 by default,
/// the factor by which its estimate is too large. It compares with charges as they are now, we with the largest voltage of
/// late, which lets more pass where a signal begins to move: a third of its factor then means as many steps here as there,
/// with half the error (measured on rings, rectifiers and oscillators, `docs/compat.md`).
pub fn allowed(options: &Options, size: f64, abstol: f64) -> f64 {
    2.0 * options.trtol * (options.reltol * size + abstol)
}

/// The same of a current that a state has changed: with the root of SPICE's factor, since what a memory is off by stays.
pub fn kept(options: &Options, size: f64, abstol: f64) -> f64 {
    2.0 * options.trtol.max(1.0).sqrt() * (options.reltol * size + abstol)
}

/// Whether a step whose error was `ratio` times what is allowed is taken: a little too much only shortens the next one.
///
/// A leap that comes near what is allowed is not: it has met something that nothing before it told of.
pub fn tolerable(ratio: f64, leapt: bool) -> bool {
    ratio <= if leapt { MET } else { TOLERANCE }
}

/// Whether a step is longer than what follows upon one of `before` without a leap.
pub fn leaps(h: f64, before: f64) -> bool {
    h > 1.05 * walk(before)
}

/// The longest step after one of `before` that is no leap.
pub fn walk(before: f64) -> f64 {
    GROWTH * before
}

/// Whether the error of a step that is not yet solved to the end is so large that solving it is no use.
pub fn hopeless(ratio: f64) -> bool {
    ratio > 2.0 * TOLERANCE
}

/// The end of a step that wants to be `h` seconds from `now` and must land on `corner`:
/// never a sliver before the corner, rather two halves.
pub fn land(now: Ticks, h: f64, corner: Option<Ticks>) -> Ticks {
    let want = Ticks(now.0 + Ticks::from_seconds(h).0.max(1));
    match corner {
        Some(corner) if want >= corner => corner,
        Some(corner) if (corner.0 - now.0) < 2 * (want.0 - now.0) => Ticks(now.0 + ((corner.0 - now.0) / 2).max(1)),
        _ => want,
    }
}

/// The first step after a restart, from the step before it and the distance to the next corner (s).
pub fn restart_step(h: f64, to_corner: f64, reltol: f64) -> f64 {
    RESTART * caution(reltol) * h.min(to_corner)
}

/// How much shorter than at reltol 1e-3 a first step is. Nothing judges its truncation error, h²·x″/2 of Euler's formula: it
/// goes with √reltol, that this error goes with reltol.
pub fn caution(reltol: f64) -> f64 {
    (reltol / 1e-3).sqrt().clamp(1e-3, 1.0)
}

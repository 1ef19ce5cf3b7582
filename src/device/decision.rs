//! Discrete decisions (which way a comparator tips, which leg of a mux conducts) where no time passes: they follow the
//! iterate without a derivative, so that a circuit without feedback through them is solved exactly; after [`CHANGES`]
//! changes within one point a decision stays, so that a circuit that chases its own tail still comes to an end.

use super::{Memory, Mode};

/// How many slots of limiting memory a decision takes.
pub const SLOTS: usize = 2;

/// How often a decision may change from one accepted point to the next.
pub const CHANGES: f64 = 30.0;

/// The decision to load with, `fresh` being what the iterate says. The first iteration of an operating point starts over.
pub fn follow(memory: &mut Memory, mode: Mode, instance: usize, slot: usize, lane: usize, fresh: f64) -> f64 {
    follow_up_to(memory, mode, instance, slot, lane, fresh, CHANGES)
}

/// As [`follow`], with a number of changes of its own.
pub fn follow_up_to(
    memory: &mut Memory,
    mode: Mode,
    instance: usize,
    slot: usize,
    lane: usize,
    fresh: f64,
    most: f64,
) -> f64 {
    let (held, changes) = (memory.limit(instance, slot, lane), memory.limit(instance, slot + 1, lane));
    if mode == Mode::Start {
        memory.set_limit(instance, slot, lane, fresh);
        memory.set_limit(instance, slot + 1, lane, 0.0);
        return fresh;
    }
    if held == fresh || changes >= most {
        return held;
    }
    memory.decisions += 1;
    memory.set_limit(instance, slot, lane, fresh);
    memory.set_limit(instance, slot + 1, lane, changes + 1.0);
    fresh
}

/// What was decided, as the point is accepted: changes are counted anew.
pub fn settle(memory: &mut Memory, instance: usize, slot: usize, lane: usize) -> f64 {
    memory.set_limit(instance, slot + 1, lane, 0.0);
    memory.limit(instance, slot, lane)
}

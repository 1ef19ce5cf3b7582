//! `warn when`: conditions looked at where a point is accepted, and nowhere else; each instance counts once.

use super::device::Equations;
use super::gather::{Scene, evaluate};
use crate::device::memory::Warned;
use crate::device::places::Places;
use crate::device::{Memory, Point};
use crate::model::tape::BLOCK;

impl Equations {
    /// Conditions of one lane at an accepted point. The tape's results are pairs: condition, what it compares.
    pub(super) fn heed(&self, at: &Point, memory: &mut Memory, lane: usize, scratch: &mut [f64]) {
        let piece = &self.program.warnings;
        let count = self.definition.warnings.len();
        for start in (0..memory.instances).step_by(BLOCK) {
            let width = BLOCK.min(memory.instances - start);
            let seen = |memory: &Memory, i: usize, n: usize| memory.seen[(i * count + n) * memory.lanes + lane];
            if (start..start + width).all(|i| (0..count).all(|n| seen(memory, i, n))) {
                continue;
            }
            let scene = Scene { at, memory, kept: &memory.state };
            let results = evaluate(piece, scene, Places::lane(at.lanes, lane, start), width, scratch);
            for (n, pair) in results.chunks_exact(2 * width).enumerate() {
                for b in (0..width).filter(|b| pair[*b] != 0.0) {
                    if !seen(memory, start + b, n) {
                        memory.seen[((start + b) * count + n) * memory.lanes + lane] = true;
                        let first =
                            Warned { first: start + b, time: at.time[lane], value: pair[width + b], instances: 0 };
                        memory.warned[n * memory.lanes + lane].get_or_insert(first).instances += 1;
                    }
                }
            }
        }
    }
}

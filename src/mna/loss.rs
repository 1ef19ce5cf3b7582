//! Where the states of a device moved further than its currents can follow.

use super::assembly::Assembly;
use super::system::System;

/// Of Σ|∂I/∂V·V|: a current below this part of what it is made of is judged as if it were this part.
const LEAST: f64 = 0.1;

impl Assembly {
    /// The state of a device (by its unknown) whose way from `last` to `x`, with the slopes at `x`, takes more from a current of
    /// the device than there is. A law that is smooth on the way does not come to that: I ∝ exp(−s) does when s grows by more
    /// than 1, I ∝ 1/s only where s has passed its pole, and there a step has found a solution that the circuit never reaches.
    ///
    /// After `assemble` at `x`; currents below `least` (A) do not count.
    pub fn loss(&self, system: &System, x: &[f64], last: &[f64], lane: usize, least: f64) -> Option<usize> {
        system.groups.iter().zip(&self.blocks).filter(|(g, _)| !g.states.is_empty()).find_map(|(group, block)| {
            let state = |t: usize| group.states.iter().any(|s| s.0 == t);
            let voltage = |t: usize| group.terms.get(t).is_some_and(|&u| system.is_voltage(u as usize));
            let rows = || (0..group.width).filter(|&t| voltage(t) && !state(t));
            let count = group.pattern_g.len();
            group.terms.chunks_exact(group.width).enumerate().find_map(|(i, terms)| {
                rows().find_map(|row| {
                    let (mut change, mut made_of, mut mover) = (0.0, 0.0, (0, 0.0_f64));
                    for (e, &(_, column)) in group.pattern_g.iter().enumerate().filter(|(_, at)| at.0 == row) {
                        let slope = block.g[(i * count + e) * self.lanes + lane];
                        let k = terms[column] as usize * self.lanes + lane;
                        if state(column) {
                            let part = slope * (x[k] - last[k]);
                            change += part;
                            if part.abs() > mover.1 {
                                mover = (terms[column] as usize, part.abs());
                            }
                        } else {
                            made_of += (slope * x[k]).abs();
                        }
                    }
                    let current = block.f[(i * group.width + row) * self.lanes + lane];
                    let size = current.abs().max(LEAST * made_of).max(least);
                    (change * current < 0.0 && change.abs() > size).then_some(mover.0)
                })
            })
        })
    }
}

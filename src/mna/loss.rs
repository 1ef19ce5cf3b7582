//! What the states of devices do to their currents within a step: where they moved further than the currents can follow, and
//! what an error of theirs is worth.

use super::assembly::Assembly;
use super::system::{Group, System};

/// Of Σ|∂I/∂V·V|: a current below this part of what it is made of is judged as if it were this part.
const LEAST: f64 = 0.1;

/// The terminals of a device that are states with a charge, and the rows of its nodes.
fn is_state(group: &Group, t: usize) -> bool {
    group.states.iter().any(|s| s.0 == t) && group.pattern_c.iter().any(|at| at.0 == t)
}

fn is_node(system: &System, group: &Group, t: usize) -> bool {
    group.terms.get(t).is_some_and(|&u| system.is_voltage(u as usize)) && !group.states.iter().any(|s| s.0 == t)
}

impl Assembly {
    /// The step holds: what currents were is remembered.
    pub fn remember(&mut self, system: &System, lane: usize) {
        for (group, block) in system.groups.iter().zip(&mut self.blocks).filter(|(g, _)| !g.states.is_empty()) {
            debug_assert_eq!(block.before.len(), group.parts.len() * group.width * self.lanes);
            for k in (lane..block.before.len()).step_by(self.lanes) {
                block.before[k] = block.f[k];
            }
        }
    }

    /// Something jumped: what currents were is of no use.
    pub fn forget(&mut self, lane: usize) {
        for block in &mut self.blocks {
            block.before.iter_mut().skip(lane).step_by(self.lanes).for_each(|f| *f = f64::NAN);
        }
    }

    /// The state of a device (by its unknown) whose way from `last` to `x`, with the slopes at `x`, takes more from a current of
    /// the device than there is. A law that is smooth on the way does not come to that: I ∝ exp(−s) does when s grows by more
    /// than 1, I ∝ 1/s only where s has passed its pole, and there a step has found a solution that the circuit never reaches.
    ///
    /// Where `turned` is asked for, a state counts only if the current at the start of the step would have had another sign
    /// than it had: a steep law that no step is short enough for passes, a pole does not.
    ///
    /// After `assemble` at `x`; currents below `least` (A) do not count.
    pub fn loss(
        &self,
        system: &System,
        x: &[f64],
        last: &[f64],
        lane: usize,
        least: f64,
        turned: bool,
    ) -> Option<usize> {
        system.groups.iter().zip(&self.blocks).filter(|(g, _)| !g.states.is_empty()).find_map(|(group, block)| {
            let count = group.pattern_g.len();
            group.terms.chunks_exact(group.width).enumerate().find_map(|(i, terms)| {
                (0..group.width).filter(|&t| is_node(system, group, t)).find_map(|row| {
                    let (mut change, mut rest, mut made_of, mut mover) = (0.0, 0.0, 0.0, (0, 0.0_f64));
                    for (e, &(_, column)) in group.pattern_g.iter().enumerate().filter(|(_, at)| at.0 == row) {
                        let slope = block.g[(i * count + e) * self.lanes + lane];
                        let k = terms[column] as usize * self.lanes + lane;
                        let part = slope * (x[k] - last[k]);
                        if is_state(group, column) {
                            change += part;
                            if part.abs() > mover.1 {
                                mover = (terms[column] as usize, part.abs());
                            }
                        } else {
                            rest += part;
                            made_of += (slope * x[k]).abs();
                        }
                    }
                    let k = (i * group.width + row) * self.lanes + lane;
                    let (current, before) = (block.f[k], block.before[k]);
                    let size = current.abs().max(LEAST * made_of).max(least);
                    let turned = !turned || before.is_nan() || (current - change - rest) * before < 0.0;
                    (change * current < 0.0 && change.abs() > size && turned).then_some(mover.0)
                })
            })
        })
    }

    /// What errors of states do to a current of their device, at most, as a multiple of what is allowed for a current of its
    /// size (A) and of its slope by voltages (S), and the state that does most of it. `error` is that of a state by its unknown.
    ///
    /// After `assemble` at `x`.
    pub fn effect(
        &self,
        system: &System,
        x: &[f64],
        lane: usize,
        error: &dyn Fn(usize) -> f64,
        allowed: &dyn Fn(f64, f64) -> f64,
    ) -> (f64, usize) {
        let mut worst = (0.0, 0);
        for (group, block) in system.groups.iter().zip(&self.blocks).filter(|(g, _)| !g.states.is_empty()) {
            let count = group.pattern_g.len();
            for (i, terms) in group.terms.chunks_exact(group.width).enumerate() {
                for row in (0..group.width).filter(|&t| is_node(system, group, t)) {
                    let (mut change, mut made_of, mut steep, mut mover) = (0.0_f64, 0.0, 0.0, (0, 0.0_f64));
                    for (e, &(_, column)) in group.pattern_g.iter().enumerate().filter(|(_, at)| at.0 == row) {
                        let slope = block.g[(i * count + e) * self.lanes + lane];
                        if is_state(group, column) {
                            let part = slope * error(terms[column] as usize);
                            change += part;
                            if part.abs() > mover.1 {
                                mover = (terms[column] as usize, part.abs());
                            }
                        } else {
                            steep += slope.abs();
                            made_of += (slope * x[terms[column] as usize * self.lanes + lane]).abs();
                        }
                    }
                    let current = block.f[(i * group.width + row) * self.lanes + lane];
                    let ratio = change.abs() / allowed(current.abs().max(LEAST * made_of), steep);
                    if ratio > worst.0 {
                        worst = (ratio, mover.0);
                    }
                }
            }
        }
        worst
    }
}

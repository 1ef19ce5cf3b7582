//! One Newton iteration of a transient: factor, solve, move.

use super::failure::Failure;
use super::transient::Transient;
use crate::solve::SolveError;

impl Transient {
    /// Factors and solves the active lanes and moves their iterates.
    pub(super) fn solve(&mut self) -> Result<(), Failure> {
        let count = self.lanes.len();
        let slots = self.system.pattern.rows.len() * count;
        let solved = self.system.solved;
        self.stats.newton += 1;
        // The matrix of a linear circuit depends on a alone.
        if self.system.nonlinear || count > 1 || self.factored != self.a {
            self.factored.fill(f64::NAN);
            if let Err((lane, error)) = self.solver.factor(&self.assembly.jacobian[..slots], &self.active) {
                return self.singular(lane, &error);
            }
            self.factored.copy_from_slice(&self.a);
        }
        for (d, r) in self.dx.iter_mut().zip(&self.assembly.residual) {
            *d = -r;
        }
        self.solver.solve(&mut self.dx[count..(solved + 1) * count]);
        self.assembly.back_substitute(&self.system, &mut self.dx);
        for lane in 0..count {
            if self.active[lane] {
                self.update(lane);
                self.foresee(lane)?;
            }
        }
        Ok(())
    }

    /// A singular matrix at this step is tried again with a shorter one, unless steps are already very short.
    fn singular(&mut self, lane: usize, error: &SolveError) -> Result<(), Failure> {
        let time = self.lanes[lane].now.seconds();
        if self.lanes[lane].failures > 6 {
            return Err(Failure::solve(error, &self.system, Some(time)));
        }
        self.give_up(lane, error.column().map(|c| c + 1))
    }

    /// Moves a lane's iterate and notes how far, in tolerances.
    fn update(&mut self, lane: usize) {
        let count = self.lanes.len();
        let mut worst = (0, 0.0);
        let reach = reach(self.lanes[lane].iteration, self.options.itl4);
        for u in 1..self.system.unknowns() {
            let k = u * count + lane;
            let (old, d) = (self.x[k], self.dx[k]);
            let new = old + d;
            let size = self.sizes.get(k, old.abs().max(new.abs()));
            let ratio = d.abs() / (self.options.reltol * size + self.tolerances.unknown[u]);
            if ratio > worst.1 || ratio.is_nan() {
                worst = (u, ratio);
            }
            // Nets of kilovolts may go further than those of volts.
            self.x[k] = match reach {
                Some(reach) if self.system.is_voltage(u) => {
                    let most = reach * self.sizes.get(k, old.abs()).max(1.0);
                    old + d.clamp(-most, most)
                }
                _ => new,
            };
        }
        let state = &mut self.lanes[lane];
        state.iteration += 1;
        state.mover = worst.0;
        state.changes = [worst.1, state.changes[0]];
    }
}

/// How far an iteration may move a net, in volts or in sizes of it: anywhere (None), until the iteration has had twice its
/// time (as it may in the shortest steps), then less each time. A net that only saturated transistors hold has neither conductance nor capacitance until one of
/// them leaves saturation: Newton's method jumps over the place where that happens, from both sides and for ever.
fn reach(iteration: usize, itl4: usize) -> Option<f64> {
    iteration.checked_sub(2 * itl4.max(1)).map(|late| 0.9_f64.powi(late.min(1000) as i32))
}

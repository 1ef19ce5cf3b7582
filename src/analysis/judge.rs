//! Judging a trial step: has Newton converged (change, residual, rounding), is the truncation error small enough?

use super::failure::Failure;
use super::formula::{Formula, extrapolation};
use super::lane::Phase;
use super::newton::{NEGLIGIBLE, ROUNDING};
use super::pace::{allowed, next_step, tolerable};
use super::transient::{Transient, point};
use crate::device::Review;

/// From this iteration on a residual of nothing but rounding counts as converged.
const EXHAUSTED: usize = 4;

impl Transient {
    /// Looks at the residual of a lane's iterate. True: iterate once more.
    pub(super) fn judge(&mut self, lane: usize) -> Result<bool, Failure> {
        let count = self.lanes.len();
        let bad = (0..self.system.unknowns()).find(|u| !self.assembly.residual[u * count + lane].is_finite());
        self.lanes[lane].broken = bad;
        if bad.is_some() || self.assembly.local_failure[lane] {
            return self.give_up(lane, bad).map(|()| false);
        }
        let state = &self.lanes[lane];
        if state.iteration == 0 {
            return Ok(true);
        }
        let limited = self.memories.iter().any(|m| m.limited[lane]);
        let linear = !self.system.nonlinear;
        let (small_change, iteration, mover) = (state.small_change, state.iteration, state.mover);
        let settled = small_change && !limited && self.small_residual(lane);
        if linear || settled || (iteration >= EXHAUSTED && !limited && self.only_rounding(lane)) {
            self.conclude(lane)?;
            return Ok(false);
        }
        if iteration >= self.options.itl4 {
            return self.give_up(lane, Some(mover)).map(|()| false);
        }
        Ok(true)
    }

    fn small_residual(&mut self, lane: usize) -> bool {
        if self.residual_within(lane, 0.0, 0.0) {
            return true;
        }
        self.assembly.sum_jacobian(&self.system, &self.x, self.a[lane], lane);
        self.residual_within(lane, ROUNDING, NEGLIGIBLE)
    }

    /// Whether the residual is what rounding of x leaves of it: what the iterate still moves by is noise, however large.
    fn only_rounding(&mut self, lane: usize) -> bool {
        let count = self.lanes.len();
        self.assembly.sum_jacobian(&self.system, &self.x, self.a[lane], lane);
        (1..self.system.unknowns()).all(|u| {
            let k = u * count + lane;
            let terms = self.a[lane] * self.assembly.charge[k] + self.beta[k].abs() + self.assembly.leverage[k];
            terms.is_finite() && self.assembly.imbalance[k].abs() <= ROUNDING * terms
        })
    }

    /// Whether each row's residual is within its tolerance, with this share of Σ|J·x| for the rounding of x, or moves its own
    /// unknown by no more than the share `still` of its absolute tolerance.
    fn residual_within(&self, lane: usize, share: f64, still: f64) -> bool {
        let count = self.lanes.len();
        (1..self.system.unknowns()).all(|u| {
            let k = u * count + lane;
            let abstol = self.system.abstol(u, self.options.abstol, self.options.vntol);
            // What rounding leaves of a·Q + β where both are large.
            let rounding = ROUNDING * (self.a[lane] * self.assembly.charge[k] + self.beta[k].abs());
            let terms = self.options.reltol * self.assembly.magnitude[k] + abstol + rounding;
            let movement = still * self.system.abstol(u, self.options.vntol, self.options.abstol);
            let allowed = terms + share * self.assembly.leverage[k] + movement * self.assembly.diagonal[k];
            // Where a term or slope overflows, anything would be allowed.
            allowed.is_finite() && self.assembly.imbalance[k].abs() <= allowed
        })
    }

    /// The iteration converged: is the step good enough?
    fn conclude(&mut self, lane: usize) -> Result<(), Failure> {
        for (g, (group, memory)) in self.system.groups.iter().zip(&mut self.memories).enumerate() {
            let at = point(group, &self.x, &self.last, &self.time, &self.ticks, &self.options, self.lanes.len());
            if let Review::Cut(fraction) = group.device.review(&at, memory, lane) {
                self.lanes[lane].limiter = Some(g);
                return self.cut(lane, fraction);
            }
        }
        self.see_bounds(lane);
        let (ratio, culprit) = self.truncation(lane);
        (self.lanes[lane].error, self.lanes[lane].culprit) = (ratio, culprit);
        let order = if self.history.points[lane] < 3 { 1 } else { self.lanes[lane].formula.order() };
        if !tolerable(ratio) && self.options.fixed_step.is_none() {
            let h = next_step(self.lanes[lane].h, ratio, order);
            return self.reject(lane, h, culprit);
        }
        if self.watched {
            let state = &mut self.lanes[lane];
            (state.judged, state.phase) = ((ratio, order), Phase::Converged);
        } else {
            self.accept(lane, ratio, order);
        }
        Ok(())
    }

    /// Tries the step again, this fraction of it, to land on an event.
    pub(super) fn cut(&mut self, lane: usize, fraction: f64) -> Result<(), Failure> {
        let state = &mut self.lanes[lane];
        state.uncut = state.uncut.max(state.h);
        let h = state.h * fraction.clamp(1e-6, 0.999);
        self.reject(lane, h, 0)
    }

    /// Which unknowns a bound holds at the trial point.
    fn see_bounds(&mut self, lane: usize) {
        let count = self.lanes.len();
        self.held.iter_mut().skip(lane).step_by(count).for_each(|h| *h = false);
        let held = &mut self.held;
        for (group, memory) in self.system.groups.iter().zip(&self.memories) {
            let at = point(group, &self.x, &self.last, &self.time, &self.ticks, &self.options, count);
            group.device.bound(&at, memory, lane, &mut |instance, terminal| {
                held[group.terms[instance * group.width + terminal] as usize * count + lane] = true;
            });
        }
    }

    /// The largest truncation error of the trial step, as a multiple of what is allowed, and its unknown.
    fn truncation(&self, lane: usize) -> (f64, usize) {
        let state = &self.lanes[lane];
        let count = self.lanes.len();
        let points = self.history.points[lane];
        if points < 2 {
            return (0.0, 0);
        }
        let [h1, h2] = self.history.steps[lane];
        // Before three points are known the error is judged as if the formula were of first order.
        let formula = if points < 3 { Formula::Euler } else { state.formula };
        let share = formula.error_share(state.h, h1, h2);
        let weights = extrapolation(if formula.order() == 1 { 2 } else { 3 }, state.h, h1, h2);
        let mut worst = (0.0, 0);
        for u in (1..self.dynamic.len()).filter(|&u| self.dynamic[u]) {
            let k = u * count + lane;
            if self.held[k] {
                continue;
            }
            let predicted = self.history.extrapolate(lane, weights, k);
            let size = self.sizes.get(k, self.x[k]);
            let abstol = self.system.abstol(u, self.options.vntol, self.options.abstol);
            let ratio = share * (self.x[k] - predicted).abs() / allowed(&self.options, size, abstol);
            if ratio > worst.0 {
                worst = (ratio, u);
            }
        }
        worst
    }
}

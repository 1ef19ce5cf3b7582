//! Judging a trial step: has Newton converged (change, residual, rounding), is the truncation error small enough?

use super::failure::Failure;
use super::formula::{Formula, extrapolation};
use super::lane::Phase;
use super::newton::{NEGLIGIBLE, ROUNDING};
use super::pace::{allowed, hopeless, next_step, tolerable};
use super::transient::{Transient, point};
use crate::circuit::plan::Options;
use crate::device::layout::Role;
use crate::device::{Review, Ticks};
use crate::mna::System;

/// From this iteration on a residual of nothing but rounding counts as converged.
const EXHAUSTED: usize = 4;
/// How much of its tolerance the change of a next iteration may be where that iteration is left out.
const LEFT_OUT: f64 = 0.1;

/// So many times a step is halved because states moved too far for currents to follow; then only a current that turned counts.
const LOSSES: usize = 8;

/// What does not change from step to step of what judges it.
#[derive(Clone)]
pub struct Tolerances {
    /// Absolute tolerance of each unknown and of each row, in its own unit.
    pub unknown: Vec<f64>,
    row: Vec<f64>,
    /// The unknowns that carry truncation error.
    dynamic: Vec<u32>,
}

impl Tolerances {
    pub fn new(system: &System, options: &Options) -> Tolerances {
        let all = |volts: f64, amperes: f64| (0..system.unknowns()).map(|u| system.abstol(u, volts, amperes)).collect();
        let dynamic = system.dynamic().into_iter().enumerate();
        Tolerances {
            unknown: all(options.vntol, options.abstol),
            // A row of a net sums currents, a branch's row voltages.
            row: all(options.abstol, options.vntol),
            dynamic: dynamic.filter(|(_, dynamic)| *dynamic).map(|(u, _)| u as u32).collect(),
        }
    }
}

/// Whether Newton is done by the changes of its last two iterations, in tolerances: the last was within tolerance, or the
/// next would be, and well so. It converges quadratically: where the last change was Θ times the one before, the next is Θ²
/// times the last.
fn small_change([last, before]: [f64; 2]) -> bool {
    let rate = last / before;
    last <= 1.0 || rate < 0.5 && rate * rate * last <= LEFT_OUT
}

impl Transient {
    /// Looks at the residual of a lane's iterate. True: iterate once more.
    pub(super) fn judge(&mut self, lane: usize) -> Result<bool, Failure> {
        let count = self.lanes.len();
        let bad = (0..self.system.unknowns()).find(|u| !self.assembly.residual[u * count + lane].is_finite());
        let bad = bad.map(|u| self.state_at_fault(lane).unwrap_or(u));
        self.lanes[lane].broken = bad;
        if bad.is_some() || self.assembly.local_failure[lane] {
            return self.give_up(lane, bad).map(|()| false);
        }
        let state = &self.lanes[lane];
        if state.iteration == 0 {
            return Ok(true);
        }
        let limited = self.limited(lane);
        let linear = !self.system.nonlinear;
        let (changes, iteration, mover) = (state.changes, state.iteration, state.mover);
        let settled = small_change(changes) && !limited && self.small_residual(lane);
        if linear || settled || (iteration >= EXHAUSTED && !limited && self.only_rounding(lane)) {
            self.conclude(lane)?;
            return Ok(false);
        }
        if iteration >= self.options.itl4 {
            return self.give_up(lane, Some(mover)).map(|()| false);
        }
        Ok(true)
    }

    /// A state whose own equation is no number: it says more than the nets that follow from it.
    fn state_at_fault(&self, lane: usize) -> Option<usize> {
        let count = self.lanes.len();
        let state = |u: &usize| matches!(self.system.roles[*u], Role::State(..));
        (0..self.system.unknowns()).filter(state).find(|u| !self.assembly.imbalance[u * count + lane].is_finite())
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
            let charge = self.a[lane] * self.assembly.charge[k] + self.beta[k].abs();
            // What rounding leaves of a·Q + β where both are large.
            let rounding = ROUNDING * charge;
            let terms = self.options.reltol * self.assembly.magnitude[k] + self.tolerances.row[u];
            let movement = still * self.tolerances.unknown[u];
            let allowed = terms + rounding + share * self.assembly.leverage[k] + movement * self.assembly.diagonal[k];
            // Where a term or slope overflows, anything would be allowed.
            allowed.is_finite() && self.assembly.imbalance[k].abs() <= allowed
        })
    }

    /// After the first iteration the end of a step is known well enough to see that it is much too long.
    pub(super) fn foresee(&mut self, lane: usize) -> Result<(), Failure> {
        let first = self.lanes[lane].iteration == 1 && self.history.points[lane] >= 3;
        if !first || !self.system.nonlinear || self.options.fixed_step.is_some() || self.limited(lane) {
            return Ok(());
        }
        self.see_bounds(lane);
        let (ratio, culprit) = self.truncation(lane);
        if !hopeless(ratio) {
            return Ok(());
        }
        (self.lanes[lane].error, self.lanes[lane].culprit) = (ratio, culprit);
        let h = next_step(self.lanes[lane].h, ratio, self.lanes[lane].formula.order());
        self.reject(lane, h, culprit)
    }

    /// Whether a device was evaluated elsewhere than at the last iterate.
    fn limited(&self, lane: usize) -> bool {
        self.memories.iter().any(|m| m.limited[lane])
    }

    /// The iteration converged: is the step good enough?
    fn conclude(&mut self, lane: usize) -> Result<(), Failure> {
        for (g, (group, memory)) in self.system.groups.iter().zip(&mut self.memories).enumerate() {
            let at = point(group, &self.x, &self.last, &self.time, &self.ticks, &self.options, self.lanes.len());
            if let Review::Cut(fraction) = group.device.review(&at, memory, lane) {
                let state = &mut self.lanes[lane];
                if state.divisible() {
                    state.limiter = Some(g);
                    return self.cut(lane, fraction);
                }
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
        if self.options.fixed_step.is_none()
            && self.lanes[lane].divisible()
            && let Some(culprit) = self.loss(lane)
        {
            self.lanes[lane].culprit = culprit;
            self.lanes[lane].losses += 1;
            return self.reject(lane, self.lanes[lane].h / 2.0, culprit);
        }
        if self.watched {
            let state = &mut self.lanes[lane];
            (state.judged, state.phase) = ((ratio, order), Phase::Converged);
        } else {
            self.accept(lane, ratio, order);
        }
        Ok(())
    }

    /// Which state moved further than a current of its device can follow.
    fn loss(&self, lane: usize) -> Option<usize> {
        let turned = self.lanes[lane].losses >= LOSSES;
        self.assembly.loss(&self.system, &self.x, &self.last, lane, self.options.abstol, turned)
    }

    /// Tries the step again, this fraction of it, to land on an event.
    pub(super) fn cut(&mut self, lane: usize, fraction: f64) -> Result<(), Failure> {
        let state = &mut self.lanes[lane];
        state.uncut = state.uncut.max(state.h);
        // Time is whole ticks: a step of two that is cut a little would be the same step again, for ever.
        let ticks = state.end.0 - state.now.0;
        let shorter = Ticks::from_seconds(state.h * fraction.clamp(1e-6, 0.999));
        self.reject(lane, Ticks(shorter.0.clamp(1, (ticks - 1).max(1))).seconds(), 0)
    }

    /// Events without end: at this time, of these devices.
    pub(super) fn no_advance(&self, lane: usize) -> Failure {
        let state = &self.lanes[lane];
        let parts = state.crawler.map_or(&[][..], |g| &self.system.groups[g].parts);
        let who = match parts {
            [] => "a process".to_string(),
            [one] => self.system.circuit.part(*one).path.clone(),
            [first, ..] => format!("{} or one of its kind", self.system.circuit.part(*first).path),
        };
        let trace = state.trace.lines(&self.system);
        Failure::NoAdvance { time: state.now.seconds(), who, part: parts.first().copied(), trace }
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
        for u in self.tolerances.dynamic.iter().map(|&u| u as usize) {
            let k = u * count + lane;
            if self.held[k] {
                continue;
            }
            let predicted = self.history.extrapolate(lane, weights, k);
            let size = self.sizes.get(k, self.x[k]);
            let ratio =
                share * (self.x[k] - predicted).abs() / allowed(&self.options, size, self.tolerances.unknown[u]);
            if ratio > worst.0 {
                worst = (ratio, u);
            }
        }
        worst
    }
}

#[cfg(test)]
mod tests {
    use super::small_change;

    #[test]
    fn a_change_that_would_be_small_is_left_out() {
        assert!(small_change([0.9, 0.0]) && small_change([0.9, 0.1]), "within tolerance");
        assert!(small_change([9.0, 100.0]), "0.09² · 9 = 0.07");
        assert!(!small_change([20.0, 100.0]), "0.2² · 20 = 0.8");
        assert!(!small_change([2.0, 3.0]), "hardly converging");
        assert!(!small_change([5.0, 0.0]), "nothing is known yet");
        assert!(!small_change([f64::NAN, 1.0]));
    }
}

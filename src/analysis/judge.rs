//! Judging a trial step: has Newton converged (change, residual, rounding), is the truncation error small enough?

use super::failure::Failure;
use super::formula::{Formula, extrapolation};
use super::lane::{Onset, Phase};
use super::newton::{BALANCED, NEGLIGIBLE, NOTHING, ROUNDING};
use super::op::LARGEST;
use super::pace::{HARD, NEARLY_HARD, allowed, hopeless, kept, leaps, next_step, tolerable, walk};
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

/// So many times the iterations of other steps are a hard one's.
const PATIENCE: usize = 10;

/// What does not change from step to step of what judges it.
#[derive(Clone)]
pub struct Tolerances {
    /// Absolute tolerance of each unknown and of each row, in its own unit.
    pub unknown: Vec<f64>,
    row: Vec<f64>,
    /// The unknowns that carry truncation error.
    dynamic: Vec<u32>,
    /// Those of them that are states of devices, with equations of their own.
    pub(super) states: Vec<u32>,
    /// Whether an unknown is one of them: a derivative (`ddt`) is a state whose equation has no past
    is_moving_state: Vec<bool>,
}

impl Tolerances {
    pub fn new(system: &System, options: &Options) -> Tolerances {
        let all = |volts: f64, amperes: f64| (0..system.unknowns()).map(|u| system.abstol(u, volts, amperes)).collect();
        let moves = system.dynamic();
        let is_moving_state = moves.iter().enumerate().map(|(u, moves)| *moves && system.is_state(u)).collect();
        let dynamic: Vec<u32> = (0..).zip(&moves).filter(|(_, moves)| **moves).map(|(u, _)| u).collect();
        Tolerances {
            unknown: all(options.vntol, options.abstol),
            // A row of a net sums currents, a branch's row voltages.
            row: all(options.abstol, options.vntol),
            states: dynamic.iter().copied().filter(|&u| system.is_state(u as usize)).collect(),
            dynamic,
            is_moving_state,
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
            if state.onset == Onset::Jump && self.history.points[lane] < 2 {
                self.take_rates(lane);
            }
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
        // Where steps are as short as that, what has to move will not move less in a shorter one.
        let hard = self.lanes[lane].h < HARD && !self.lanes[lane].fine;
        let patience = if hard { PATIENCE } else { 1 };
        if iteration >= patience * self.options.itl4 {
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
            let still = movement * self.assembly.diagonal[k];
            let least = if self.tolerances.is_moving_state[u] { NOTHING * still } else { 0.0 };
            let still = still.min((BALANCED * self.assembly.magnitude[k]).max(least));
            let allowed = terms + rounding + share * self.assembly.leverage[k] + still;
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
        let (ratio, culprit) = self.bearable_truncation(lane, false);
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
        let count = self.lanes.len();
        // A current that overflows is told by its part; a voltage has no bound but this.
        let beyond = |u: &usize| self.system.is_voltage(*u) && self.x[u * count + lane].abs() > LARGEST;
        if let Some(u) = (1..self.system.unknowns()).find(beyond) {
            self.lanes[lane].broken = Some(u);
            return self.give_up(lane, Some(u));
        }
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
        let (ratio, culprit) = self.bearable_truncation(lane, true);
        (self.lanes[lane].error, self.lanes[lane].culprit) = (ratio, culprit);
        let order = if self.history.points[lane] < 3 { 1 } else { self.lanes[lane].formula.order() };
        let (h, h1) = (self.lanes[lane].h, self.history.steps[lane][0]);
        let leapt = self.history.points[lane] > 2 && leaps(h, h1);
        if !tolerable(ratio, leapt) && self.options.fixed_step.is_none() {
            let shorter = next_step(h, ratio, order);
            return self.reject(lane, if leapt { shorter.min(walk(h1)) } else { shorter }, culprit);
        }
        if self.options.fixed_step.is_none()
            && self.lanes[lane].divisible()
            && let Some(culprit) = self.loss(lane)
        {
            self.lanes[lane].culprit = culprit;
            self.lanes[lane].losses += 1;
            return self.reject(lane, self.lanes[lane].h / 2.0, culprit);
        }
        if self.watched && self.lanes[lane].lands() {
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
        state.tries += 1;
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

    /// Events of a part that leave hardly any time between them.
    pub(super) fn storm(&self, lane: usize, (group, instance, rate): (usize, usize, f64)) -> Failure {
        let part = self.system.groups[group].parts.get(instance).copied();
        let who = part.map_or_else(String::new, |p| self.system.circuit.part(p).path.clone());
        Failure::Storm { time: self.lanes[lane].now.seconds(), who, rate, part }
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

    /// At the first iterate of the first step after a jump: x is where the jump left it, and F of a state's row is what its
    /// charge does next.
    fn take_rates(&mut self, lane: usize) {
        for k in self.tolerances.states.iter().map(|&u| u as usize * self.lanes.len() + lane) {
            self.history.set_rate(k, -self.assembly.f[k]);
        }
    }

    /// The truncation error that counts. Where a capacitance vanishes, a voltage may turn faster than any step can follow although
    /// its charge moves smoothly. In the shortest steps, an error of a voltage therefore counts by what its charge
    /// would be worth at the capacitance that its node had of late.
    fn bearable_truncation(&mut self, lane: usize, solved: bool) -> (f64, usize) {
        let (ratio, culprit) = self.truncation(lane, solved, false);
        let h = self.lanes[lane].h;
        if ratio <= 1.0 || h > NEARLY_HARD || !self.system.is_voltage(culprit) {
            return (ratio, culprit);
        }
        self.assembly.find_own_capacitance(&self.system, lane);
        if h > HARD {
            return (ratio, culprit);
        }
        self.truncation(lane, solved, true)
    }

    /// The largest truncation error of the trial step, as a multiple of what is allowed, and its unknown. `solved` where the
    /// devices were evaluated at its end.
    ///
    /// Of the first step after a restart nothing is known, unless something jumped there: then states are judged by the rates
    /// that the jump gave them. What a state is off by counts also for what it does to the currents of its device,
    /// so that it makes no difference whether a model keeps a conductance or its logarithm.
    fn truncation(&self, lane: usize, solved: bool, by_charge: bool) -> (f64, usize) {
        let state = &self.lanes[lane];
        let count = self.lanes.len();
        let points = self.history.points[lane];
        let [h1, h2] = self.history.steps[lane];
        // Before three points are known the error is judged as if the formula were of first order.
        let formula = if points < 3 { Formula::Euler } else { state.formula };
        let share = formula.error_share(state.h, h1, h2);
        let weights = extrapolation(if formula.order() == 1 { 2 } else { 3 }, state.h, h1, h2);
        let unknowns = match points {
            0 | 1 if !solved || state.onset == Onset::Blind => return (0.0, 0),
            0 | 1 => &self.tolerances.states,
            _ => &self.tolerances.dynamic,
        };
        let error = |u: usize| {
            let k = u * count + lane;
            if self.held[k] {
                0.0
            } else if points < 2 {
                // Half the difference of implicit and explicit Euler is h²/2·x″.
                0.5 * self.history.bend(lane, k, state.h, self.assembly.q[k])
            } else {
                share * (self.x[k] - self.history.extrapolate(lane, weights, k))
            }
        };
        let mut worst = (0.0, 0);
        for u in unknowns.iter().map(|&u| u as usize) {
            let k = u * count + lane;
            let size = self.sizes.get(k, self.x[k]);
            let share = if by_charge && self.system.is_voltage(u) { self.assembly.capacitance_share(k) } else { 1.0 };
            let ratio = share * error(u).abs() / allowed(&self.options, size, self.tolerances.unknown[u]);
            if ratio > worst.0 {
                worst = (ratio, u);
            }
        }
        if solved {
            let (volts, amperes) = (self.options.vntol, self.options.abstol);
            // What an error of the voltages may do, one of the states may.
            let kept = |size: f64, steep: f64| kept(&self.options, size, amperes + volts * steep);
            let error = |u: usize| if self.tolerances.is_moving_state[u] { error(u) } else { 0.0 };
            let (ratio, u) = self.assembly.effect(&self.system, &self.x, lane, &error, &kept);
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

//! What happens at points in time: `when` conditions and hazards, found in the review of a step, landed on, and carried out
//! when the point is accepted.
//!
//! A condition fires once as it changes from false to true; one that is true at the start does not. A hazard has a budget,
//! an exponential random number, from which the integral of its rate over accepted steps is taken; it fires where nothing
//! is left, and draws a new one. A step that runs past an event is cut to end just behind it: within 10⁻⁴ of the length
//! at which the step saw it first.

use super::device::Equations;
use super::domain::Said;
use super::draws::law;
use super::gather::{Look, Scene, evaluate, evaluate_at, nothing};
use super::graph::{Place, Source};
use super::watch::Watched;
use crate::device::places::Places;
use crate::device::{Memory, Mode, Point, Review};
use crate::model::tape::BLOCK;
use crate::random::Stream;

/// How near behind an event a step must end, of its first length.
const NEAR: f64 = 1e-4;
/// Steps are not cut to less than this, s.
const SHORTEST: f64 = 4e-15;
/// Rounds of events that set off others at one point in time.
const ROUNDS: usize = 16;
/// So many events of one hazard within so many seconds are a storm.
const STORM: u64 = 10_000;
const STORM_TIME: f64 = 1e-4;
/// Of a value that a state is set to: rounding may take it this far beyond a bound.
const BEYOND: f64 = 1e-9;
/// A contribution that changes by more than this part of itself has jumped.
const JUMP: f64 = 1e-9;

impl Equations {
    /// Conditions and hazards over a trial step of one lane.
    pub(super) fn look(&self, at: &Point, memory: &mut Memory, lane: usize, scratch: &mut [f64]) -> Review {
        if self.program.jumps.is_empty() {
            return Review::Accept;
        }
        let slots = &self.program.slots;
        let piece = &self.program.watch;
        let mut earliest = 1.0_f64;
        for start in (0..memory.instances).step_by(BLOCK) {
            let width = BLOCK.min(memory.instances - start);
            let places = Places::lane(at.lanes, lane, start);
            if memory.state(start, slots.known(), lane) == 0.0 {
                let scene = Scene { at, memory, kept: &memory.state };
                let before = memory.state(start, slots.time(), lane);
                let look = Look { x: |i, t, lane| at.last(i, t, lane), time: |_| before, other: nothing };
                let results = evaluate_at(piece, scene, places, width, scratch, look);
                (0..width).for_each(|b| self.know(memory, (start + b, lane), |n| results[n * width + b]));
            }
            let (middle, rest) = scratch.split_at_mut(piece.space(width));
            if self.hazardous() {
                let scene = Scene { at, memory, kept: &memory.state };
                let halfway = |i: usize, t: usize, lane: usize| 0.5 * (at.last(i, t, lane) + at.x(i, t, lane));
                let now = 0.5 * (memory.state(start, slots.time(), lane) + at.time[lane]);
                evaluate_at(piece, scene, places, width, middle, Look { x: halfway, time: |_| now, other: nothing });
            }
            let scene = Scene { at, memory, kept: &memory.trial };
            let results = evaluate(piece, scene, places, width, rest);
            let inputs = width * piece.tape.inputs();
            for b in 0..width {
                let h = at.time[lane] - memory.state(start + b, slots.time(), lane);
                let place = (start + b, lane);
                let end = |n: usize| results[n * width + b];
                let half = |n: usize| middle[inputs + n * width + b];
                for e in 0..self.program.jumps.len() {
                    let fraction = match self.program.jumps[e].watched {
                        Watched::Becomes { condition, level } => {
                            self.cross(memory, place, e, h, end(condition) != 0.0, end(level))
                        }
                        Watched::Hazard { rate } => self.spend(memory, place, e, h, half(rate), end(rate)),
                        Watched::Telegraph(n) => {
                            let rate = self.telegraph_rate(memory, place, n);
                            both(memory, place, self.program.slots.level(e), rate);
                            self.spend(memory, place, e, h, rate, rate)
                        }
                    };
                    earliest = earliest.min(fraction);
                }
            }
        }
        if earliest < 1.0 { Review::Cut(earliest) } else { Review::Accept }
    }

    fn hazardous(&self) -> bool {
        self.program.jumps.iter().any(|j| matches!(j.watched, Watched::Hazard { .. }))
    }

    /// Takes results of the watching tape for those of the last accepted point; nothing fires.
    fn know(&self, memory: &mut Memory, (i, lane): (usize, usize), result: impl Fn(usize) -> f64) {
        let slots = &self.program.slots;
        let mut set = |slot: usize, value: f64| both(memory, (i, lane), slot, value);
        for (e, jump) in self.program.jumps.iter().enumerate() {
            match jump.watched {
                Watched::Becomes { condition, level } => {
                    set(slots.past(e), f64::from(result(condition) != 0.0));
                    set(slots.level(e), result(level));
                }
                Watched::Hazard { rate } => set(slots.level(e), result(rate)),
                // Its rate is asked for as it is needed.
                Watched::Telegraph(_) => {}
            }
        }
        set(slots.known(), 1.0);
    }

    /// How far a step should go that ends with event `e` due, which lies at `fraction` of it: 1 if near enough.
    fn land(&self, memory: &mut Memory, (i, lane): (usize, usize), e: usize, h: f64, fraction: f64) -> f64 {
        if !self.program.jumps[e].lands {
            return 1.0;
        }
        let slot = self.program.limited + e;
        let first = memory.limit(i, slot, lane).max(h);
        let near = NEAR * first;
        if (1.0 - fraction) * h <= near || h <= SHORTEST {
            return 1.0;
        }
        memory.set_limit(i, slot, lane, first);
        (fraction + 0.5 * near / h).max(SHORTEST / h).clamp(1e-6, 0.999)
    }

    /// A condition at the end of a step of length h.
    fn cross(&self, memory: &mut Memory, place: (usize, usize), e: usize, h: f64, holds: bool, level: f64) -> f64 {
        let slots = &self.program.slots;
        let (i, lane) = place;
        let before = memory.state(i, slots.past(e), lane) != 0.0;
        let from = memory.state(i, slots.level(e), lane);
        memory.set_trial(i, slots.past(e), lane, f64::from(holds));
        memory.set_trial(i, slots.level(e), lane, level);
        let fires = holds && !before;
        memory.set_trial(i, slots.fires(e), lane, f64::from(fires));
        if !fires {
            return 1.0;
        }
        let (below, above) = ((-from).max(0.0), level.max(0.0));
        let fraction = if below + above > 0.0 { below / (below + above) } else { 0.5 };
        self.land(memory, place, e, h, fraction)
    }

    /// Takes the integral of a hazard's rate over a step from its budget: Simpson's rule over the rate at the start, halfway
    /// and at the end.
    fn spend(&self, memory: &mut Memory, place: (usize, usize), e: usize, h: f64, half: f64, end: f64) -> f64 {
        let slots = &self.program.slots;
        let (i, lane) = place;
        memory.set_trial(i, slots.level(e), lane, end);
        let (start, half, end) = (memory.state(i, slots.level(e), lane).max(0.0), half.max(0.0), end.max(0.0));
        let budget = memory.state(i, slots.past(e), lane);
        let (simpson, chord) = (h * (start + 4.0 * half + end) / 6.0, h * (start + end) / 2.0);
        memory.set_trial(i, slots.past(e), lane, budget - simpson);
        let fires = budget - simpson <= 0.0;
        memory.set_trial(i, slots.fires(e), lane, f64::from(fires));
        // A rate that bends within the step by more than the rule can follow.
        if (simpson - chord).abs() > 0.1 * simpson + 1e-3 && h > SHORTEST {
            return 0.5;
        }
        if !fires {
            return 1.0;
        }
        // Where the integral of the parabola through the three rates has used the budget up.
        let spent = |f: f64| {
            let (b, c) = (-3.0 * start + 4.0 * half - end, 2.0 * start - 4.0 * half + 2.0 * end);
            h * f * (start + f * (b / 2.0 + f * c / 3.0))
        };
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..40 {
            let middle = 0.5 * (low + high);
            if spent(middle) < budget { low = middle } else { high = middle }
        }
        self.land(memory, place, e, h, high)
    }

    /// Carries out what fires at an accepted point. True if a contribution or a state that is an unknown jumped.
    pub(super) fn happen(&self, at: &Point, memory: &mut Memory, lane: usize, scratch: &mut [f64]) -> bool {
        let slots = &self.program.slots;
        let mut jumped = false;
        for i in 0..memory.instances {
            if at.mode == Mode::Dynamic {
                both(memory, (i, lane), slots.time(), at.time[lane]);
            }
            if self.program.jumps.is_empty() {
                continue;
            }
            if at.mode != Mode::Dynamic {
                let scene = Scene { at, memory, kept: &memory.state };
                let places = Places::lane(at.lanes, lane, i);
                let results = evaluate(&self.program.watch, scene, places, 1, scratch);
                self.know(memory, (i, lane), |n| results[n]);
                self.look_at_rates(at, memory, (i, lane));
                continue;
            }
            self.look_at_rates(at, memory, (i, lane));
            for e in 0..self.program.jumps.len() {
                // A step that ended short of its event tries again with nearly the same margin.
                let slot = self.program.limited + e;
                let fired = memory.state(i, slots.fires(e), lane) != 0.0;
                let first = if fired { 0.0 } else { 0.5 * memory.limit(i, slot, lane) };
                memory.set_limit(i, slot, lane, first);
            }
            if (0..self.program.jumps.len()).any(|e| memory.state(i, slots.fires(e), lane) != 0.0) {
                jumped |= self.fire(at, memory, (i, lane), scratch);
            }
        }
        jumped
    }

    /// A hazard has no rate below 0.
    fn look_at_rates(&self, at: &Point, memory: &mut Memory, (i, lane): (usize, usize)) {
        for &(said, _) in &self.program.said {
            let Said::Hazard(e) = said else { continue };
            let rate = memory.state(i, self.program.slots.level(e), lane);
            if rate.is_nan() || rate < 0.0 {
                self.say(memory, (i, lane), said, at.time[lane], rate);
            }
        }
    }

    /// All events due of one instance, in the order of the file, and those that they set off.
    fn fire(&self, at: &Point, memory: &mut Memory, (i, lane): (usize, usize), scratch: &mut [f64]) -> bool {
        let slots = &self.program.slots;
        let (before, rest) = scratch.split_at_mut(self.program.outputs.space(1));
        let inputs = self.program.outputs.tape.inputs();
        let count = self.program.outputs.tape.outputs();
        self.now(&self.program.outputs, at, memory, (i, lane), before, &[]);
        for _ in 0..ROUNDS {
            for e in 0..self.program.jumps.len() {
                if memory.state(i, slots.fires(e), lane) != 0.0 {
                    self.carry_out(e, at, memory, (i, lane), rest);
                }
            }
            let watched = self.now(&self.program.watch, at, memory, (i, lane), rest, &[]);
            let mut more = false;
            for (e, jump) in self.program.jumps.iter().enumerate() {
                let mut fires = false;
                match jump.watched {
                    Watched::Becomes { condition, level } => {
                        let holds = watched[condition] != 0.0;
                        fires = holds && memory.state(i, slots.past(e), lane) == 0.0;
                        both(memory, (i, lane), slots.past(e), f64::from(holds));
                        both(memory, (i, lane), slots.level(e), watched[level]);
                    }
                    Watched::Hazard { rate } => both(memory, (i, lane), slots.level(e), watched[rate]),
                    Watched::Telegraph(_) => {}
                }
                both(memory, (i, lane), slots.fires(e), f64::from(fires));
                more |= fires;
            }
            if !more {
                break;
            }
        }
        let after = self.now(&self.program.outputs, at, memory, (i, lane), rest, &[]);
        let before = &before[inputs..inputs + count];
        let moved = |n: usize| !memory.state(i, slots.jump(n), lane).is_nan();
        (0..self.program.jumping.len()).any(moved)
            || before.iter().zip(&*after).any(|(a, b)| (a - b).abs() > JUMP * a.abs().max(b.abs()))
    }

    /// One event of one instance.
    fn carry_out(&self, e: usize, at: &Point, memory: &mut Memory, place: (usize, usize), scratch: &mut [f64]) {
        let (i, lane) = place;
        let slots = &self.program.slots;
        let jump = &self.program.jumps[e];
        let count = memory.state(i, slots.count_of(e), lane);
        let key = memory.keys[lane];
        let mut drawn = Vec::with_capacity(jump.draws.len());
        for (n, args) in &jump.draws {
            let args = self.now(args, at, memory, place, scratch, &[]);
            let mut stream = Stream::in_time(key, &self.paths[i], &format!("when:{n}"));
            drawn.push((*n, stream.draw(&law(self.definition.draws[*n].law, args), count as u64)));
        }
        let values = self.now(&jump.values, at, memory, place, scratch, &drawn);
        let (values, wanted) = values.split_at(jump.sets.len());
        for (k, (value, wanted)) in values.iter().zip(wanted).enumerate() {
            if (value - wanted).abs() > BEYOND * value.abs().max(wanted.abs()) {
                self.say(memory, place, Said::Set(e, k), at.time[lane], *wanted);
            }
        }
        for (state, value) in jump.sets.iter().zip(values) {
            match self.program.places[*state] {
                Place::Kept(slot) | Place::Lattice(slot) => both(memory, place, slot, *value),
                Place::Unknown(_) => {
                    if let Some(n) = self.program.jumping.iter().position(|(s, _)| s == state) {
                        both(memory, place, slots.jump(n), *value);
                    }
                }
            }
        }
        both(memory, place, slots.count_of(e), count + 1.0);
        if matches!(jump.watched, Watched::Hazard { .. }) && (count as u64 + 1).is_multiple_of(STORM) {
            let (since, now) = (memory.state(i, slots.since(e), lane), at.time[lane]);
            if now - since < STORM_TIME {
                memory.storm = Some((i, STORM as f64 / (now - since)));
            }
            both(memory, place, slots.since(e), now);
        }
        if !matches!(jump.watched, Watched::Becomes { .. }) {
            let budget = memory.state(i, slots.past(e), lane) + self.budget(memory, place, e);
            both(memory, place, slots.past(e), budget);
        }
        if self.is_cycle(e) || matches!(jump.watched, Watched::Telegraph(_)) {
            self.refresh(memory, place, Some(e));
        }
    }

    /// What an event that happens at random may spend next.
    pub(super) fn budget(&self, memory: &Memory, (i, lane): (usize, usize), e: usize) -> f64 {
        let count = memory.state(i, self.program.slots.count_of(e), lane) as u64;
        match self.program.jumps[e].watched {
            Watched::Becomes { .. } => 0.0,
            Watched::Hazard { .. } => {
                Stream::in_time(memory.keys[lane], &self.paths[i], &format!("hazard:{e}")).exponential(count)
            }
            Watched::Telegraph(n) => self.telegraph_budget(memory, (i, lane), n, count),
        }
    }

    /// Results of a piece for one instance at an accepted point, states that have jumped there being what they became.
    fn now<'s>(
        &self,
        piece: &super::piece::Piece,
        at: &Point,
        memory: &Memory,
        (i, lane): (usize, usize),
        scratch: &'s mut [f64],
        drawn: &[(usize, f64)],
    ) -> &'s mut [f64] {
        let slots = &self.program.slots;
        let x = |i: usize, t: usize, lane: usize| {
            let n = self.program.jumping.iter().position(|(_, terminal)| *terminal == t);
            let jumped = n.map_or(f64::NAN, |n| memory.state(i, slots.jump(n), lane));
            if jumped.is_nan() { at.x(i, t, lane) } else { jumped }
        };
        let other = |source: Source, _: usize, _: usize| match source {
            Source::Draw(n) => drawn.iter().find(|d| d.0 == n).map_or(f64::NAN, |d| d.1),
            _ => f64::NAN,
        };
        let scene = Scene { at, memory, kept: &memory.state };
        let look = Look { x, time: |lane| at.time[lane], other };
        evaluate_at(piece, scene, Places::lane(at.lanes, lane, i), 1, scratch, look)
    }

    /// What events remember, at the start.
    pub(super) fn forget_events(&self, memory: &mut Memory, lane: usize) {
        let slots = &self.program.slots;
        if !self.program.watches() {
            return;
        }
        for i in 0..memory.instances {
            (slots.kept..slots.count()).for_each(|slot| both(memory, (i, lane), slot, 0.0));
            (0..self.program.jumping.len()).for_each(|n| both(memory, (i, lane), slots.jump(n), f64::NAN));
            for (e, jump) in self.program.jumps.iter().enumerate() {
                memory.set_limit(i, self.program.limited + e, lane, 0.0);
                if !matches!(jump.watched, Watched::Becomes { .. }) {
                    let budget = self.budget(memory, (i, lane), e);
                    both(memory, (i, lane), slots.past(e), budget);
                }
            }
        }
    }

    /// States that are unknowns and have jumped: calls `put(instance, terminal, value)` and forgets.
    pub(super) fn deposit_jumps(&self, memory: &mut Memory, lane: usize, put: &mut dyn FnMut(usize, usize, f64)) {
        for i in 0..memory.instances {
            for (n, &(_, terminal)) in self.program.jumping.iter().enumerate() {
                let value = memory.state(i, self.program.slots.jump(n), lane);
                if !value.is_nan() {
                    put(i, terminal, value);
                    both(memory, (i, lane), self.program.slots.jump(n), f64::NAN);
                }
            }
        }
    }
}

/// Sets a number of the memory, for good.
pub(super) fn both(memory: &mut Memory, (i, lane): (usize, usize), slot: usize, value: f64) {
    memory.set_state(i, slot, lane, value);
    memory.set_trial(i, slot, lane, value);
}

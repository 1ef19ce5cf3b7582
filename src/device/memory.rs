//! What a device remembers: parameters, what is derived from them, accepted state, limiting history; all with a lane axis.

use serde::{Deserialize, Serialize};

use crate::random::{Keys, Stream};

/// How many numbers an instance needs of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slots {
    /// Always `kind.params.len()`: the numeric parameters in their order (NaN: not given).
    pub params: usize,
    pub derived: usize,
    /// Accepted state; `load` writes `trial`, which replaces `state` when the step is accepted.
    pub state: usize,
    /// Kept from one Newton iteration to the next: the voltages a junction was last evaluated at.
    pub limit: usize,
    /// Working space of a load, in all (not for each instance or lane).
    pub scratch: usize,
    /// Conditions that a user is warned of
    pub warnings: usize,
}

/// Where a condition that a user is warned of held.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Warned {
    /// The instance in which it held first, when (s), and what the condition compared then
    pub first: usize,
    pub time: f64,
    pub value: f64,
    /// In how many instances it held so far
    pub instances: usize,
}

/// The memory of one device. Every vector is `[(instance * slots + slot) * lanes + lane]`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Memory {
    pub lanes: usize,
    pub instances: usize,
    pub slots: Slots,
    pub params: Vec<f64>,
    pub derived: Vec<f64>,
    pub state: Vec<f64>,
    pub trial: Vec<f64>,
    pub limit: Vec<f64>,
    /// Working space: `slots.scratch` numbers, of no meaning between loads.
    pub scratch: Vec<f64>,
    /// A value an instance: `load` need not evaluate it now ([`super::Device::rests`]).
    pub resting: Vec<bool>,
    /// A value an instance: it was limited in this load, in some lane.
    pub bent: Vec<bool>,
    /// A value a lane: this load evaluated somewhere else than at x, so the iteration has not converged.
    pub limited: Vec<bool>,
    /// How often a discrete decision changed where no time passes ([`super::decision`]).
    pub decisions: u64,
    /// The instance that limited last, for reports.
    pub culprit: Vec<u32>,
    /// Of the lane accepted last: the instance that events befall without end, and how many a second.
    pub storm: Option<(usize, f64)>,
    /// A value a lane: what its random numbers are keyed by.
    pub keys: Vec<Keys>,
    /// A value an instance and lane, of devices shaken by noise: where their random numbers come from.
    #[serde(skip)]
    pub streams: Vec<Stream>,
    /// `[warning * lanes + lane]`
    pub warned: Vec<Option<Warned>>,
    /// `[(instance * warnings + warning) * lanes + lane]`
    pub seen: Vec<bool>,
}

impl Memory {
    pub fn new(instances: usize, slots: Slots, lanes: usize) -> Memory {
        let zeros = |n: usize| vec![0.0; instances * n * lanes];
        Memory {
            lanes,
            instances,
            slots,
            params: zeros(slots.params),
            derived: zeros(slots.derived),
            state: zeros(slots.state),
            trial: zeros(slots.state),
            limit: zeros(slots.limit),
            scratch: vec![0.0; slots.scratch],
            resting: vec![false; instances],
            bent: vec![false; instances],
            limited: vec![false; lanes],
            decisions: 0,
            culprit: vec![0; lanes],
            storm: None,
            keys: vec![Keys::default(); lanes],
            streams: Vec::new(),
            warned: vec![None; slots.warnings * lanes],
            seen: vec![false; instances * slots.warnings * lanes],
        }
    }

    /// The streams of one lane.
    pub fn set_streams(&mut self, lane: usize, stream: impl Fn(usize) -> Stream) {
        for i in 0..self.instances {
            let own = stream(i);
            if self.streams.len() < self.instances * self.lanes {
                self.streams.resize(self.instances * self.lanes, own.clone());
            }
            self.streams[i * self.lanes + lane] = own;
        }
    }

    /// Random numbers and warnings of one-lane memories, one a lane.
    pub fn gather(&mut self, members: &[&Memory]) {
        let lanes = self.lanes;
        for (lane, member) in members.iter().enumerate() {
            member.warned.iter().enumerate().for_each(|(n, w)| self.warned[n * lanes + lane] = *w);
            member.seen.iter().enumerate().for_each(|(n, s)| self.seen[n * lanes + lane] = *s);
            self.keys[lane] = member.keys.first().copied().unwrap_or_default();
            if !member.streams.is_empty() {
                self.set_streams(lane, |i| member.streams[i].clone());
            }
        }
    }

    /// Whether a user was warned of this in an instance.
    pub fn told(&self, (instance, lane): (usize, usize), n: usize) -> bool {
        self.seen[(instance * self.slots.warnings + n) * self.lanes + lane]
    }

    /// A condition that a user is warned of holds in an instance; it counts once.
    pub fn warn(&mut self, (instance, lane): (usize, usize), n: usize, time: f64, value: f64) {
        let seen = &mut self.seen[(instance * self.slots.warnings + n) * self.lanes + lane];
        if !std::mem::replace(seen, true) {
            let first = Warned { first: instance, time, value, instances: 0 };
            self.warned[n * self.lanes + lane].get_or_insert(first).instances += 1;
        }
    }

    /// A parameter, by its place in `kind.params`.
    #[inline(always)]
    pub fn param(&self, instance: usize, slot: usize, lane: usize) -> f64 {
        self.params[(instance * self.slots.params + slot) * self.lanes + lane]
    }

    #[inline(always)]
    pub fn set_param(&mut self, instance: usize, slot: usize, lane: usize, value: f64) {
        self.params[(instance * self.slots.params + slot) * self.lanes + lane] = value;
    }

    /// Something `setup` computed.
    #[inline(always)]
    pub fn derived(&self, instance: usize, slot: usize, lane: usize) -> f64 {
        self.derived[(instance * self.slots.derived + slot) * self.lanes + lane]
    }

    #[inline(always)]
    pub fn set_derived(&mut self, instance: usize, slot: usize, lane: usize, value: f64) {
        self.derived[(instance * self.slots.derived + slot) * self.lanes + lane] = value;
    }

    /// The accepted state.
    #[inline(always)]
    pub fn state(&self, instance: usize, slot: usize, lane: usize) -> f64 {
        self.state[(instance * self.slots.state + slot) * self.lanes + lane]
    }

    #[inline(always)]
    pub fn set_state(&mut self, instance: usize, slot: usize, lane: usize, value: f64) {
        self.state[(instance * self.slots.state + slot) * self.lanes + lane] = value;
    }

    /// The state if this trial step is accepted.
    #[inline(always)]
    pub fn trial(&self, instance: usize, slot: usize, lane: usize) -> f64 {
        self.trial[(instance * self.slots.state + slot) * self.lanes + lane]
    }

    #[inline(always)]
    pub fn set_trial(&mut self, instance: usize, slot: usize, lane: usize, value: f64) {
        self.trial[(instance * self.slots.state + slot) * self.lanes + lane] = value;
    }

    /// Limiting history.
    #[inline(always)]
    pub fn limit(&self, instance: usize, slot: usize, lane: usize) -> f64 {
        self.limit[(instance * self.slots.limit + slot) * self.lanes + lane]
    }

    #[inline(always)]
    pub fn set_limit(&mut self, instance: usize, slot: usize, lane: usize, value: f64) {
        self.limit[(instance * self.slots.limit + slot) * self.lanes + lane] = value;
    }

    /// This load evaluated `instance` somewhere else than at x.
    #[inline(always)]
    pub fn mark_limited(&mut self, instance: usize, lane: usize) {
        self.limited[lane] = true;
        self.bent[instance] = true;
        self.culprit[lane] = instance as u32;
    }
}

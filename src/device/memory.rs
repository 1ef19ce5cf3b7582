//! What a device remembers: parameters, what is derived from them, accepted state, limiting history; all with a lane axis.

use crate::random::Stream;

/// How many numbers an instance needs of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
}

/// The memory of one device. Every vector is `[(instance * slots + slot) * lanes + lane]`.
#[derive(Clone, Debug, Default)]
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
    /// A value a lane: seed, draw and sweep point of its random numbers.
    pub keys: Vec<[u64; 3]>,
    /// A value an instance and lane, of devices shaken by noise: where their random numbers come from.
    pub streams: Vec<Stream>,
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
            keys: vec![[0; 3]; lanes],
            streams: Vec::new(),
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

    /// Random numbers of one-lane memories, one a lane.
    pub fn gather_random(&mut self, members: &[&Memory]) {
        for (lane, member) in members.iter().enumerate() {
            self.keys[lane] = member.keys.first().copied().unwrap_or_default();
            if !member.streams.is_empty() {
                self.set_streams(lane, |i| member.streams[i].clone());
            }
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

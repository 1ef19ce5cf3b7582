//! A transient of one circuit at an accepted point ⇄ bytes, so that another process can go on to the same bits.
//!
//! Pivots and what rests depend on everything that came before, and are not written. Instead every transient of one lane
//! begins anew with both after so many accepted points, whether somebody writes or not: from there its bits depend on what is
//! written alone.

use serde::{Deserialize, Serialize};

use super::failure::Failure;
use super::history::History;
use super::lane::Lane;
use super::lane_solver::LaneSolver;
use super::pace::Sizes;
use super::simulator::{Simulator, pivoting};
use super::sink::Stats;
use super::transient::{Transient, inputs};
use crate::device::{Memory, Ticks};
use crate::mna::Assembly;
use crate::solve::Solver;

/// Accepted points from one fresh start to the next.
const EVERY: u64 = 1024;

/// Everything that moves.
#[derive(Serialize, Deserialize)]
struct State {
    stats: Stats,
    lanes: Vec<Lane>,
    memories: Vec<Memory>,
    x: Vec<f64>,
    last: Vec<f64>,
    time: Vec<f64>,
    ticks: Vec<Ticks>,
    a: Vec<f64>,
    beta: Vec<f64>,
    held: Vec<bool>,
    history: History,
    sizes: Sizes,
}

impl Simulator {
    /// Pivots are chosen anew: what is solved next depends on nothing that was solved before.
    pub fn begin_anew(&mut self) {
        self.solver = Solver::new(&self.system.pattern, pivoting(&self.options));
        self.assembly = Assembly::new(&self.system, 1);
        self.relinearize();
    }
}

impl Transient {
    /// Whether the next step begins anew with pivots and what rests: another process can go on from here.
    pub fn renews(&self) -> bool {
        self.stats.accepted >= self.renewed + EVERY && matches!(self.solver, LaneSolver::One(_))
    }

    /// Begins anew with pivots and what rests, where it is time to.
    pub(super) fn renew(&mut self) -> Result<(), Failure> {
        if self.renews() { self.begin_anew() } else { Ok(()) }
    }

    fn begin_anew(&mut self) -> Result<(), Failure> {
        let count = self.lanes.len();
        self.renewed = self.stats.accepted;
        self.solver = LaneSolver::new(&self.system.pattern, pivoting(&self.options), count, None)?;
        self.factored.fill(f64::NAN);
        self.assembly = Assembly::new(&self.system, count);
        self.memories.iter_mut().for_each(|m| m.resting.fill(false));
        let at = inputs(&self.x, &self.last, (&self.time, &self.ticks), &self.a, &self.beta, &self.options, self.rest);
        self.assembly.relinearize(&self.system, &mut self.memories, &at);
        Ok(())
    }

    /// Everything that moves, at a point where it begins anew ([`Transient::renews`]).
    pub fn state(&self) -> Result<Vec<u8>, postcard::Error> {
        postcard::to_stdvec(&State {
            stats: self.stats,
            lanes: self.lanes.clone(),
            memories: self.memories.clone(),
            x: self.x.clone(),
            last: self.last.clone(),
            time: self.time.clone(),
            ticks: self.ticks.clone(),
            a: self.a.clone(),
            beta: self.beta.clone(),
            held: self.held.clone(),
            history: self.history.clone(),
            sizes: self.sizes.clone(),
        })
    }

    /// Goes on from there, in a transient of the same circuit. False where it is of another one.
    pub fn restore(&mut self, bytes: &[u8]) -> Result<bool, Failure> {
        let Ok(state) = postcard::from_bytes::<State>(bytes) else { return Ok(false) };
        let alike = |(a, b): (&Memory, &Memory)| a.params.len() == b.params.len() && a.state.len() == b.state.len();
        if state.x.len() != self.x.len()
            || state.memories.len() != self.memories.len()
            || !state.memories.iter().zip(&self.memories).all(alike)
        {
            return Ok(false);
        }
        for (own, kept) in self.memories.iter_mut().zip(state.memories) {
            // Numbers of a stream are found by their place in it.
            let streams = std::mem::take(&mut own.streams);
            *own = Memory { streams, ..kept };
        }
        (self.stats, self.lanes, self.history, self.sizes) = (state.stats, state.lanes, state.history, state.sizes);
        (self.x, self.last, self.time, self.ticks) = (state.x, state.last, state.time, state.ticks);
        (self.a, self.beta, self.held) = (state.a, state.beta, state.held);
        self.begin_anew().map(|()| true)
    }
}

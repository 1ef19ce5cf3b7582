//! A transient of one lane taken up at another solution without time passing: after a deposit, an operating point in its
//! midst, or a source that was told something new.

use super::lane::Onset;
use super::observe::View;
use super::pace::caution;
use super::simulator::Simulator;
use super::tran::charges;
use super::transient::{Transient, inputs};
use crate::device::Mode;

impl Simulator {
    /// Takes over solution, memories and time of a transient's only lane.
    pub fn take(&mut self, transient: &Transient) {
        self.x.clone_from(&transient.last);
        self.last.clone_from(&transient.last);
        self.memories.clone_from(&transient.memories);
        self.now = transient.now(0);
        self.relinearize();
    }
}

/// F and Q of every device at the present solution, into its assembly.
pub fn evaluate_at_rest(simulator: &mut Simulator) {
    charges(simulator, Mode::Linearize);
}

impl Transient {
    /// Goes on from a simulator's solution, its charges kept, at the time where it is; the next step is at most `first` (s).
    pub fn reseat(&mut self, simulator: &mut Simulator, first: f64) {
        charges(simulator, Mode::Linearize);
        self.x.clone_from(&simulator.x);
        self.last.clone_from(&simulator.x);
        self.memories.clone_from(&simulator.memories);
        let at = inputs(&self.x, &self.last, (&self.time, &self.ticks), &self.a, &self.beta, &self.options, self.rest);
        self.assembly.relinearize(&self.system, &mut self.memories, &at);
        self.beta.fill(0.0);
        self.history.points[0] = 0;
        self.history.push(0, 0.0, &self.x, &simulator.assembly.q, 0.0, &self.beta);
        self.lanes[0].coefficients = Default::default();
        self.lanes[0].onset = Onset::Jump;
        self.assembly.forget(0);
        for (k, x) in self.x.iter().enumerate() {
            self.sizes.see(k, *x);
        }
        self.jolt(first);
    }

    /// Starts again at first order: something outside has changed its mind. The next step is at most `first` (s).
    pub fn jolt(&mut self, first: f64) {
        self.history.restart(0);
        self.look_ahead(0);
        let state = &mut self.lanes[0];
        state.want = caution(self.options.reltol) * state.want.min(first);
    }

    /// Parts from what was: what happens at random from now on is that of the branch `name`, independent of all others.
    pub fn branch(&mut self, name: &str) {
        for (group, memory) in self.system.groups.iter().zip(&mut self.memories) {
            for lane in 0..memory.lanes {
                memory.keys[lane] = memory.keys[lane].branched(name);
                group.device.branch(memory, lane);
            }
        }
    }

    /// The end of the trial step of the only lane, before it is accepted; see [`Transient::step_watched`].
    pub fn trial(&self) -> View<'_> {
        View { x: &self.x, time: self.lanes[0].end.seconds(), part: 1.0, ..self.view(0) }
    }

    /// Whether something jumped at the last accepted point of the only lane.
    pub fn jumped(&self) -> bool {
        self.lanes[0].jumped
    }

    /// Whether the next step of the only lane begins anew, at first order.
    pub fn restarts(&self) -> bool {
        self.history.points[0] <= 1
    }

    /// The trial step of the only lane, s.
    pub fn trial_step(&self) -> f64 {
        self.lanes[0].h
    }
}

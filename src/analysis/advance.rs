//! A transient → its accepted points, one after the other: of one lane, under somebody's eyes, or of all lanes.

use super::failure::Failure;
use super::lane::Phase;
use super::observe::View;
use super::transient::Transient;
use crate::device::Ticks;

/// What [`Transient::step`] came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A point was accepted before the end asked for.
    Accepted,
    /// The end asked for is accepted.
    Reached,
}

impl Transient {
    /// Advances a one-lane transient by one accepted point, at most to `until`.
    pub fn step(&mut self, until: Ticks) -> Result<Step, Failure> {
        self.renew()?;
        self.aim(0, until);
        loop {
            self.tick()?;
            if std::mem::take(&mut self.lanes[0].just_accepted) {
                return Ok(if self.lanes[0].now >= until { Step::Reached } else { Step::Accepted });
            }
        }
    }

    /// As [`Transient::step`], but each step that is good is shown to `watch` before it is accepted: `Some(f)` cuts it to this
    /// fraction, so that it lands on an event.
    pub fn step_watched(
        &mut self,
        until: Ticks,
        watch: &mut dyn FnMut(&Transient) -> Result<Option<f64>, Failure>,
    ) -> Result<Step, Failure> {
        self.renew()?;
        self.aim(0, until);
        self.watched = true;
        let result = loop {
            if let Err(failure) = self.tick() {
                break Err(failure);
            }
            if self.lanes[0].phase != Phase::Converged {
                continue;
            }
            let outcome = match watch(self) {
                Ok(Some(fraction)) if self.lanes[0].divisible() => self.cut(0, fraction),
                Ok(_) => {
                    let (ratio, order) = self.lanes[0].judged;
                    self.accept(0, ratio, order);
                    self.lanes[0].just_accepted = false;
                    break Ok(if self.lanes[0].now >= until { Step::Reached } else { Step::Accepted });
                }
                Err(failure) => Err(failure),
            };
            if let Err(failure) = outcome {
                break Err(failure);
            }
        };
        self.watched = false;
        result
    }

    /// Sets where a lane has to stop.
    pub fn aim(&mut self, lane: usize, until: Ticks) {
        let state = &mut self.lanes[lane];
        state.until = until;
        state.phase = match state.phase {
            Phase::Done if state.now < until => Phase::Rest,
            phase => phase,
        };
    }

    /// Advances every lane to `until`, calling `see` at each accepted point of each lane.
    pub fn run(&mut self, until: Ticks, see: &mut dyn FnMut(usize, &View)) -> Result<(), Failure> {
        (0..self.lanes.len()).for_each(|lane| self.aim(lane, until));
        while self.lanes.iter().any(|l| l.phase != Phase::Done) {
            self.tick()?;
            for lane in 0..self.lanes.len() {
                if std::mem::take(&mut self.lanes[lane].just_accepted) {
                    see(lane, &self.view(lane));
                }
            }
        }
        Ok(())
    }
}

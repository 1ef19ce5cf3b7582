//! A trial step that was no good → a shorter one, or the reason why there is none.

use super::failure::Failure;
use super::lane::Phase;
use super::pace::{FLOOR, HARD};
use super::trace::Verdict;
use super::transient::Transient;
use crate::circuit::PartId;
use crate::device::{Memory, Ticks};
use crate::mna::Group;

impl Transient {
    /// Tries the step again, `h` long.
    pub(super) fn reject(&mut self, lane: usize, h: f64, culprit: usize) -> Result<(), Failure> {
        self.stats.rejected += 1;
        self.lanes[lane].tries += usize::from(culprit != 0);
        self.note(lane, Verdict::Rejected);
        let mut h = h;
        if h < HARD && culprit != 0 && !self.system.is_state(culprit) {
            // A current of a capacitance that has vanished alternates under the trapezoidal rule, however short the steps are, and
            // some nets and branches relax faster than any step: implicit Euler damps both. Its first step is not judged, so that it need
            // not be shorter than is worth it, nor as short as a tolerance asks for that is tight even for 0.
            self.history.restart(lane);
            h = h.max(FLOOR);
        }
        self.retry(lane, h, Some(culprit))
    }

    /// Newton failed: a much shorter step at first order.
    pub(super) fn give_up(&mut self, lane: usize, unknown: Option<usize>) -> Result<(), Failure> {
        self.stats.rejected += 1;
        self.lanes[lane].failures += 1;
        self.lanes[lane].tries += 1;
        self.history.restart(lane);
        let state = &mut self.lanes[lane];
        state.culprit = unknown.unwrap_or(0);
        state.limiter = self.memories.iter().position(|m| m.limited[lane]);
        self.note(lane, Verdict::NoConvergence);
        let h = self.lanes[lane].h / 8.0;
        self.retry(lane, h, unknown)
    }

    fn retry(&mut self, lane: usize, h: f64, unknown: Option<usize>) -> Result<(), Failure> {
        let state = &mut self.lanes[lane];
        if h * Ticks::PER_SECOND < 1.0 || self.options.fixed_step.is_some() && state.failures > 0 {
            return Err(self.too_small(lane, h, unknown.unwrap_or(0)));
        }
        state.want = h;
        state.phase = Phase::Rest;
        Ok(())
    }

    /// No step is short enough: what is no number, else what does not settle.
    fn too_small(&self, lane: usize, step: f64, unknown: usize) -> Failure {
        let state = &self.lanes[lane];
        let time = state.now.seconds();
        let blame = self.blame(lane);
        if let Some(broken) = state.broken {
            let part = self.broken_part(lane, broken);
            let why = blame.filter(|b| part.is_none_or(|p| p == b.part)).map_or(String::new(), |b| b.why);
            return Failure::NotFinite { unknown: self.system.name(broken), part, time: Some(time), why };
        }
        let trace = state.trace.lines(&self.system);
        let (what, part) = match (blame, unknown) {
            (Some(blame), _) => (format!("{}: {}", blame.path, blame.why), Some(blame.part)),
            (None, 0) => ("no unknown stands out".into(), None),
            (None, unknown) => {
                let whereabouts = self.whereabouts(lane, unknown).map_or(String::new(), |w| format!(" ({w})"));
                (format!("{} does not settle{whereabouts}", self.system.name(unknown)), self.system.part_at(unknown))
            }
        };
        Failure::StepTooSmall { time, step, unknown: what, part, trace }
    }

    /// The part whose equations are not finite: one with this unknown that says so, else the first with it.
    fn broken_part(&self, lane: usize, unknown: usize) -> Option<PartId> {
        let group = |(group, memory): (&Group, &Memory)| {
            let instance = memory.culprit[lane] as usize;
            let terms = group.terms.chunks_exact(group.width).nth(instance)?;
            let says = memory.limited[lane] && terms.contains(&(unknown as u32));
            group.parts.get(instance).copied().filter(|_| says)
        };
        self.system.groups.iter().zip(&self.memories).find_map(group).or_else(|| self.system.part_at(unknown))
    }
}

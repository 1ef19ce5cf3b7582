//! The last few steps of a lane, so that a failure can tell how it got there. Fixed in size: noting a step allocates nothing.

use std::fmt;

/// Steps kept.
const LENGTH: usize = 8;

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Accepted,
    Rejected,
    NoConvergence,
}

/// One attempt at a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attempt {
    /// s, where it began
    pub time: f64,
    /// s
    pub step: f64,
    pub order: i32,
    pub iterations: usize,
    pub verdict: Verdict,
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.verdict {
            Verdict::Accepted => "accepted",
            Verdict::Rejected => "rejected",
            Verdict::NoConvergence => "no convergence",
        };
        let Attempt { time, step, order, iterations, .. } = self;
        write!(f, "t = {time:.6e} h = {step:.3e} order {order} iterations {iterations} {verdict}")
    }
}

/// A ring of attempts.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    attempts: [Option<Attempt>; LENGTH],
    next: usize,
}

impl Trace {
    pub fn note(&mut self, attempt: Attempt) {
        self.attempts[self.next] = Some(attempt);
        self.next = (self.next + 1) % LENGTH;
    }

    /// Oldest first, as a failure quotes them.
    pub fn lines(&self) -> Vec<String> {
        let (new, old) = self.attempts.split_at(self.next);
        old.iter().chain(new).flatten().map(Attempt::to_string).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_eight_are_kept_in_order() {
        let mut trace = Trace::default();
        for k in 0..11 {
            let verdict = Verdict::Accepted;
            trace.note(Attempt { time: f64::from(k), step: 1.0, order: 2, iterations: 3, verdict });
        }
        let lines = trace.lines();
        assert_eq!(lines.len(), 8);
        assert!(lines[0].starts_with("t = 3.0") && lines[7].starts_with("t = 1.000000e1"), "{lines:?}");
    }
}

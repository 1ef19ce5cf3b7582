//! What became of attempts at a time step: the last few of a lane are kept, so that a failure can tell how it got there.
//! The ring is fixed in size: noting a step allocates nothing.

use crate::mna::System;

/// Steps kept.
const LENGTH: usize = 8;

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Accepted,
    Rejected,
    NoConvergence,
}

impl Verdict {
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Accepted => "accepted",
            Verdict::Rejected => "rejected",
            Verdict::NoConvergence => "no convergence",
        }
    }
}

/// One attempt at a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attempt {
    /// s, where it ends
    pub time: f64,
    /// s
    pub step: f64,
    pub order: i32,
    pub iterations: usize,
    pub verdict: Verdict,
    /// Truncation error as a multiple of what is allowed, NaN where it was not judged
    pub error: f64,
    /// The unknown that dominates the truncation error, or that moved most where Newton failed; 0: none
    pub unknown: usize,
    /// The group of devices that cut the step, or limited its iteration to the end
    pub limiter: Option<usize>,
}

impl Attempt {
    /// The name of [`Attempt::unknown`], empty for none.
    pub fn unknown_name(&self, system: &System) -> String {
        if self.unknown == 0 { String::new() } else { system.name(self.unknown) }
    }

    /// The devices of [`Attempt::limiter`], empty for none: `D1`, `D1 and 3 more`.
    pub fn limiter_name(&self, system: &System) -> String {
        let parts = self.limiter.and_then(|g| system.groups.get(g)).map_or(&[][..], |g| &g.parts);
        match parts {
            [] => String::new(),
            [one] => system.circuit.part(*one).path.clone(),
            [first, rest @ ..] => format!("{} and {} more", system.circuit.part(*first).path, rest.len()),
        }
    }

    fn line(&self, system: &System) -> String {
        let Attempt { time, step, order, iterations, verdict, .. } = self;
        let mut line =
            format!("t = {time:.9e} h = {step:.3e} order {order} iterations {iterations} {}", verdict.name());
        for name in [self.unknown_name(system), self.limiter_name(system)].iter().filter(|n| !n.is_empty()) {
            line += ", ";
            line += name;
        }
        line
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

    fn in_order(&self) -> impl Iterator<Item = &Attempt> {
        let (new, old) = self.attempts.split_at(self.next);
        old.iter().chain(new).flatten()
    }

    /// Oldest first, as a failure quotes them.
    pub fn lines(&self, system: &System) -> Vec<String> {
        self.in_order().map(|a| a.line(system)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_eight_are_kept_in_order() {
        let mut trace = Trace::default();
        for k in 0..11 {
            trace.note(Attempt {
                time: f64::from(k),
                step: 1.0,
                order: 2,
                iterations: 3,
                verdict: Verdict::Accepted,
                error: 0.5,
                unknown: 0,
                limiter: None,
            });
        }
        let times: Vec<f64> = trace.in_order().map(|a| a.time).collect();
        assert_eq!(times, [3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]);
    }
}

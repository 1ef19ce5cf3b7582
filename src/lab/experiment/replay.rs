//! What an earlier run heard of its circuit, heard once more from the beginning.

use super::tape::{Heard, Under};
use crate::device::Ticks;
use crate::process::history::History;

/// See the module.
pub struct Replay {
    pub under: Under,
    next: usize,
    /// Where this run is
    pub now: Ticks,
    pub signals: Vec<f64>,
    /// The past at the end of what was kept, once somebody looks back
    pub past: Option<History>,
    /// As much of it as was known where this run is
    pub known: History,
}

impl Replay {
    /// `signals` are the start values of signals.
    pub fn new(under: Under, signals: Vec<f64>) -> Replay {
        Replay { under, next: 0, now: Ticks(0), signals, past: None, known: History::default() }
    }

    /// None: all of it has been heard.
    pub fn next(&mut self) -> Option<&Heard> {
        self.next += 1;
        self.under.heard.get(self.next - 1)
    }

    /// Knows so many points of the past.
    pub fn looks_back(&mut self, count: usize) {
        if let Some(past) = &self.past {
            self.known.begin_of(past, count);
        }
    }
}

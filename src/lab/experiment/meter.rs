//! How far experiments are, for whoever wants to look from another thread.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::analysis::sink::Progress;

/// Counts points of sweeps and accepted points of transients.
#[derive(Debug, Default)]
pub struct Meter {
    points: AtomicU64,
    all: AtomicU64,
    steps: AtomicU64,
    /// Bits of the simulated time, s
    time: AtomicU64,
}

impl Meter {
    /// A transient went on to this time, s.
    pub fn point(&self, time: f64) {
        self.steps.fetch_add(1, Ordering::Relaxed);
        self.time.store(time.to_bits(), Ordering::Relaxed);
    }

    /// So many points more are to be computed.
    pub fn more(&self, count: usize) {
        self.all.fetch_add(count as u64, Ordering::Relaxed);
    }

    /// One of them is.
    pub fn done(&self) {
        self.points.fetch_add(1, Ordering::Relaxed);
    }

    /// Before the next experiment.
    pub fn reset(&self) {
        [&self.points, &self.all, &self.steps, &self.time].into_iter().for_each(|a| a.store(0, Ordering::Relaxed));
    }

    pub fn progress(&self) -> Progress {
        let (points, all) = (self.points.load(Ordering::Relaxed), self.all.load(Ordering::Relaxed));
        Progress {
            fraction: if all == 0 { 0.0 } else { points as f64 / all as f64 },
            time: f64::from_bits(self.time.load(Ordering::Relaxed)),
            steps: self.steps.load(Ordering::Relaxed),
        }
    }
}

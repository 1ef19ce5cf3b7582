//! How far experiments are, for whoever wants to look from another thread.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::analysis::sink::Progress;
use crate::process::notebook::Underway;

/// Counts points of sweeps and accepted points of transients.
#[derive(Debug, Default)]
pub struct Meter {
    points: AtomicU64,
    all: AtomicU64,
    steps: AtomicU64,
    /// Bits of the simulated time, s
    time: AtomicU64,
    /// How far the statements of an experiment without points are
    way: Mutex<Option<Underway>>,
}

impl Meter {
    /// How far an experiment is, where its statements show it.
    pub fn underway(&self, way: Option<Underway>) {
        if let Ok(mut slot) = self.way.lock() {
            *slot = way;
        }
    }

    /// 0 … 1; None where nobody knows.
    pub fn fraction(&self) -> Option<f64> {
        let (points, all) = (self.points.load(Ordering::Relaxed), self.all.load(Ordering::Relaxed));
        if all > 0 {
            // Until the first is done nobody knows how long one takes.
            return (points > 0).then(|| points as f64 / all as f64);
        }
        let Underway { now, share, until, then } = (*self.way.lock().ok()?)?;
        let time = f64::from_bits(self.time.load(Ordering::Relaxed)).clamp(now, until);
        Some(if until > now { share + (then - share) * (time - now) / (until - now) } else { share })
    }

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
        self.underway(None);
    }

    pub fn progress(&self) -> Progress {
        Progress {
            fraction: self.fraction().unwrap_or(0.0),
            time: f64::from_bits(self.time.load(Ordering::Relaxed)),
            steps: self.steps.load(Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_come_first_and_time_goes_on_between_waits() {
        let meter = Meter::default();
        assert_eq!(meter.fraction(), None);
        meter.underway(Some(Underway { now: 1.0, share: 0.25, until: 3.0, then: 0.75 }));
        meter.point(2.0);
        assert_eq!(meter.fraction(), Some(0.5));
        meter.more(4);
        assert_eq!(meter.fraction(), None);
        meter.done();
        assert_eq!(meter.fraction(), Some(0.25));
        meter.reset();
        assert_eq!(meter.fraction(), None);
    }
}

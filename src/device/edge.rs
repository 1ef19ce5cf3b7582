//! Finite edges of parts that act at events: a position between 0 and 1 that moves on a smooth curve, kept in device memory.

use super::{Memory, Ticks};

/// How many state slots an edge takes.
pub const SLOTS: usize = 4;

/// From `from` to `to` along 3u² − 2u³ in `length` seconds from `start`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Edge {
    pub from: f64,
    pub to: f64,
    /// s
    pub start: f64,
    /// s
    pub length: f64,
}

/// Points of time nearer to each other are the same one (s): a tick, or what f64 seconds resolve.
pub fn instant(time: f64) -> f64 {
    1.0 / Ticks::PER_SECOND + 4.0 * f64::EPSILON * time.abs()
}

impl Edge {
    /// Resting at a position.
    pub fn at(position: f64) -> Edge {
        Edge { from: position, to: position, start: 0.0, length: 0.0 }
    }

    pub fn end(&self) -> f64 {
        self.start + self.length
    }

    pub fn position(&self, time: f64) -> f64 {
        if time >= self.end() - instant(time) {
            return self.to;
        }
        let u = ((time - self.start) / self.length).clamp(0.0, 1.0);
        self.from + (self.to - self.from) * u * u * (3.0 - 2.0 * u)
    }

    /// Whether it takes time at all: then its start and its end are no corners, though steps should end there.
    pub fn smooth(&self) -> bool {
        self.length > instant(self.start)
    }

    /// Whether it is under way, between its start and its end.
    pub fn moving(&self, time: f64) -> bool {
        self.from != self.to && time >= self.start - instant(time) && time < self.end() - instant(time)
    }

    /// The longest step (s) from a time within it: half of it. By symmetry the trapezoidal rule is exact over both halves of what
    /// follows the position, and the truncation error sees the rest.
    pub fn longest_step(&self, time: f64) -> Option<f64> {
        self.moving(time).then_some(0.5 * self.length)
    }

    /// The same part on its way to another end from where it is at `time`, setting out at `start`; a whole way takes `length`.
    pub fn turn(&self, time: f64, to: f64, start: f64, length: f64) -> Edge {
        let from = self.position(time);
        Edge { from, to, start, length: length * (to - from).abs() }
    }

    /// Its start or its end, whichever comes first after a time.
    pub fn corner(&self, after: Ticks) -> Option<Ticks> {
        if self.from == self.to {
            return None;
        }
        [self.start, self.end()].map(Ticks::from_seconds).into_iter().filter(|&t| t > after).min()
    }

    /// From the accepted state, its slots beginning at `slot`.
    pub fn read(memory: &Memory, instance: usize, slot: usize, lane: usize) -> Edge {
        let s = |k| memory.state(instance, slot + k, lane);
        Edge { from: s(0), to: s(1), start: s(2), length: s(3) }
    }

    /// Into the accepted state.
    pub fn write(&self, memory: &mut Memory, instance: usize, slot: usize, lane: usize) {
        for (k, value) in [self.from, self.to, self.start, self.length].into_iter().enumerate() {
            memory.set_state(instance, slot + k, lane, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_turned_halfway_takes_half_the_way_back() {
        let up = Edge { from: 0.0, to: 1.0, start: 1e-6, length: 2e-7 };
        for (time, position) in [(0.9e-6, 0.0), (1.1e-6, 0.5), (1.2e-6, 1.0), (2e-6, 1.0)] {
            assert!((up.position(time) - position).abs() < 1e-12);
        }
        let down = up.turn(1.1e-6, 0.0, 1.1e-6, 4e-7);
        assert!((down.length - 2e-7).abs() < 1e-20);
        assert!((down.position(1.2e-6) - 0.25).abs() < 1e-9);
        assert!(down.moving(1.2e-6) && !down.moving(1.3e-6));
        assert_eq!((down.longest_step(1.2e-6), down.longest_step(1.3e-6)), (Some(0.5 * down.length), None));
    }

    #[test]
    fn corners_are_start_and_end() {
        let edge = Edge { from: 0.0, to: 1.0, start: 1e-6, length: 2e-7 };
        let t = Ticks::from_seconds;
        assert_eq!(edge.corner(t(0.0)), Some(t(1e-6)));
        assert_eq!(edge.corner(t(1e-6)), Some(t(1.2e-6)));
        assert_eq!(edge.corner(t(1.2e-6)), None);
        assert_eq!(Edge::at(1.0).corner(t(0.0)), None);
    }
}

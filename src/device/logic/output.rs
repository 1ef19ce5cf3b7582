//! An output of a logic part: where it is, where it is going, and when it sets out.

use crate::device::Memory;
use crate::device::edge::{self, Edge, instant};

/// How many state slots an output takes.
pub const SLOTS: usize = edge::SLOTS + 2;

/// Kept in the accepted state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Output {
    pub edge: Edge,
    /// What has been decided, 0 … 1
    pub goal: f64,
    /// When it sets out for its goal, s; infinite: it is there or on its way
    pub due: f64,
}

impl Output {
    /// Resting at a position.
    pub fn at(position: f64) -> Output {
        Output { edge: Edge::at(position), goal: position, due: f64::INFINITY }
    }

    pub fn read(memory: &Memory, instance: usize, slot: usize, lane: usize) -> Output {
        Output {
            edge: Edge::read(memory, instance, slot, lane),
            goal: memory.state(instance, slot + edge::SLOTS, lane),
            due: memory.state(instance, slot + edge::SLOTS + 1, lane),
        }
    }

    pub fn write(&self, memory: &mut Memory, instance: usize, slot: usize, lane: usize) {
        self.edge.write(memory, instance, slot, lane);
        memory.set_state(instance, slot + edge::SLOTS, lane, self.goal);
        memory.set_state(instance, slot + edge::SLOTS + 1, lane, self.due);
    }

    /// A decision: from `due` on it goes to `goal`. What was decided before and has not begun is forgotten.
    pub fn decide(&mut self, goal: f64, due: f64) {
        if goal != self.goal {
            self.goal = goal;
            self.due = if goal == self.edge.to { f64::INFINITY } else { due };
        }
    }

    /// Sets out if its time has come; a whole way takes `length` seconds, and any way where it is `stiff`.
    pub fn depart(&mut self, now: f64, length: f64, stiff: bool) -> bool {
        if self.due > now + instant(now) {
            return false;
        }
        let turned = self.edge.turn(self.due, self.goal, self.due, length);
        self.edge = if stiff { Edge { length, ..turned } } else { turned };
        self.due = f64::INFINITY;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_taken_back_in_time_is_none() {
        let mut out = Output::at(0.0);
        out.decide(1.0, 1e-9);
        assert_eq!(out.due, 1e-9);
        out.decide(0.0, 2e-9);
        assert_eq!(out, Output::at(0.0));
    }

    #[test]
    fn an_edge_begins_when_it_is_due_however_late_the_point() {
        let mut out = Output::at(0.0);
        out.decide(1.0, 1e-9);
        assert!(!out.depart(0.5e-9, 1e-9, false));
        assert!(out.depart(1e-9, 1e-9, false));
        assert_eq!(out.edge, Edge { from: 0.0, to: 1.0, start: 1e-9, length: 1e-9 });
        assert!(!out.depart(3e-9, 1e-9, false));
    }

    #[test]
    fn a_short_way_is_quick_unless_it_takes_time_to_settle() {
        for (stiff, length) in [(false, 0.25e-9), (true, 1e-9)] {
            let mut out = Output::at(0.0);
            out.decide(0.25, 0.0);
            out.depart(0.0, 1e-9, stiff);
            assert_eq!(out.edge.length, length);
        }
    }
}

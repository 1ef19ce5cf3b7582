//! What one lane of a transient knows of its step: where it is, where it goes, how the iteration stands.

use serde::{Deserialize, Serialize};

use super::formula::{Coefficients, Formula};
use super::trace::Trace;
use crate::device::Ticks;

/// Steps of at most so many femtoseconds hardly advance; so many events within such steps are an error.
const SHORT: i128 = 16;
const CRAWLED: usize = 10_000;

/// So many steps within one tick of time are an error.
const SLICES: usize = 100_000;

/// Where a lane is within its step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// At an accepted point; the next tick predicts a step.
    Rest,
    /// Iterating on a trial step.
    Iterate,
    /// The trial step is good; someone outside has yet to agree.
    Converged,
    Done,
}

/// What is known of an accepted point while no other since a restart is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Onset {
    /// Nothing.
    Blind,
    /// A state or a current jumped there: voltages may be those before the jump, what states do next is what their equations say.
    Jump,
    /// It is the first after a jump: voltages are those behind it, charges have the rates of the step to it.
    Landed,
}

/// One lane within its step.
#[derive(Clone, Serialize, Deserialize)]
pub struct Lane {
    pub phase: Phase,
    /// The last accepted point, the end of the trial step, and where to stop.
    pub now: Ticks,
    pub end: Ticks,
    pub until: Ticks,
    /// The step wanted next, s.
    pub want: f64,
    /// The trial step, s.
    pub h: f64,
    pub formula: Formula,
    pub coefficients: Coefficients,
    pub iteration: usize,
    /// The largest changes of the last two iterations, in tolerances; 0 where there was none.
    pub changes: [f64; 2],
    /// The unknown that moved most in the last iteration.
    pub mover: usize,
    /// The truncation error of the trial step as a multiple of what is allowed, NaN where it was not judged.
    pub error: f64,
    /// The unknown that decided about the step: it dominates the truncation error, or would not settle; 0: none.
    pub culprit: usize,
    /// The group of devices that cut the step or still limited its iteration.
    pub limiter: Option<usize>,
    pub corner: Option<Ticks>,
    /// Where the step must end at the latest: a corner or a landing.
    pub horizon: Option<Ticks>,
    pub failures: usize,
    /// Times that this step was halved because states moved further than currents can follow.
    pub losses: usize,
    /// Tries of this step that failed for its error or its iteration.
    pub tries: usize,
    /// Steps to come that do not leap, after one that was tried in vain.
    pub wary: usize,
    /// What is known of the last accepted point while it is the only one since a restart.
    pub onset: Onset,
    /// The unknown whose equation is not finite, if that is why the last iteration failed.
    pub broken: Option<usize>,
    /// The step (s) that a device cut to land on an event, 0 where none did: what a restart there goes by.
    pub uncut: f64,
    /// Events since the last step that was longer than hardly a tick, and the group of the last one.
    pub crawled: usize,
    pub crawler: Option<usize>,
    /// The instance that events befall without end (its group, its place), and how many a second.
    pub storm: Option<(usize, usize, f64)>,
    /// The longest step that devices allow (s): sources want so many points a period.
    pub bound: f64,
    /// Fine steps, one after the other, that a voltage or a current kept short.
    pub rings: u32,
    /// When they were first so many that they are damped from there (s), and the unknown of the last one.
    pub damped: Option<(f64, usize)>,
    pub just_accepted: bool,
    /// Something jumped at the last accepted point.
    pub jumped: bool,
    /// A state moves faster than the grid of time: steps are shorter than a tick, and time is told when the tick is full.
    pub fine: bool,
    /// How much of the present tick has passed, s, and in how many steps.
    pub within: f64,
    pub slices: usize,
    /// Of the converged trial step: truncation error as a multiple of what is allowed, and the order it was judged at.
    pub judged: (f64, i32),
    #[serde(skip)]
    pub trace: Trace,
}

impl Lane {
    /// At the start of a transient whose first step is to be `first` (s).
    pub fn new(first: f64) -> Lane {
        Lane {
            phase: Phase::Rest,
            now: Ticks(0),
            end: Ticks(0),
            until: Ticks(0),
            want: first,
            h: 0.0,
            formula: Formula::Euler,
            coefficients: Coefficients::default(),
            iteration: 0,
            changes: [0.0; 2],
            mover: 0,
            error: f64::NAN,
            culprit: 0,
            limiter: None,
            corner: None,
            horizon: None,
            failures: 0,
            losses: 0,
            tries: 0,
            wary: 0,
            onset: Onset::Blind,
            broken: None,
            uncut: 0.0,
            crawled: 0,
            crawler: None,
            storm: None,
            bound: f64::INFINITY,
            rings: 0,
            damped: None,
            just_accepted: false,
            jumped: false,
            fine: false,
            within: 0.0,
            slices: 0,
            judged: (0.0, 1),
            trace: Trace::default(),
        }
    }

    /// Takes note of an accepted step, at the end of which something jumped or not.
    pub fn crawl(&mut self, jumped: Option<usize>) {
        let short = self.end.0 - self.now.0 <= SHORT;
        self.crawled = if short { self.crawled + usize::from(jumped.is_some()) } else { 0 };
        self.crawler = jumped.or(self.crawler);
    }

    /// Whether time no longer passes: event follows upon event.
    pub fn stands(&self) -> bool {
        self.crawled >= CRAWLED
    }

    /// The length of a step that wants to be `want` (s) where a tick is divided: what is left of it, or no more than half of that.
    pub fn slice(&self, want: f64) -> f64 {
        let left = Ticks(1).seconds() - self.within;
        if want >= left { left } else { want.min(0.5 * left) }
    }

    /// Whether the trial step ends on the grid of time. What ends within a tick is nobody's business: no event can be told from
    /// one at its end.
    pub fn lands(&self) -> bool {
        !self.fine || self.h >= Ticks(1).seconds() - self.within
    }

    /// Takes note of an accepted step within a tick, or one that fills it.
    pub fn advance(&mut self) {
        if self.lands() {
            self.now = self.end;
            (self.within, self.slices) = (0.0, 0);
        } else {
            self.within += self.h;
            self.slices += 1;
        }
    }

    /// Whether a tick has no end.
    pub fn drags(&self) -> bool {
        self.slices >= SLICES
    }

    /// Whether the trial step is longer than time's smallest: an event within that happens at its end.
    pub fn divisible(&self) -> bool {
        self.end.0 - self.now.0 > 1
    }
}

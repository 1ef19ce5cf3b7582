//! The circuit as processes see it: what they may read and do between two steps ([`World`]), and how time passes ([`Plant`]).

use super::history::{History, Kept};
use super::program::{SignalId, SmuId};
use super::study::{Rows, Study};
use crate::circuit::PartId;
use crate::circuit::equation::Quantity;
use crate::device::Ticks;

/// What a source-measure unit holds its net at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Level {
    /// Nothing: 1 TΩ
    Float,
    /// V
    Voltage(f64),
    /// A, positive into the circuit
    Current(f64),
}

/// A change of one source-measure unit, starting now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drive {
    pub smu: SmuId,
    /// From this level; None: from where the net is.
    pub from: Option<Level>,
    pub to: Level,
    /// s: how long the way there takes, a straight line.
    pub over: f64,
    /// Compliance: A where it forces a voltage, V where it forces a current; infinite: none.
    pub limit: f64,
}

/// A state or parameter of a part, by its lower-case name, and what it becomes.
#[derive(Clone, Debug, PartialEq)]
pub struct Deposit {
    pub part: PartId,
    pub name: String,
    pub value: f64,
}

/// Why something could not be done; the text names nets, parts and times.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Stop {
    /// The analysis failed: no operating point, the step too small, …
    #[error("{}", .0.message)]
    Analysis(Box<crate::diag::Diagnostic>),
    /// A deposit outside the range of a state, a probe that does not exist, …
    #[error("{message}")]
    Refused { message: String, help: String },
    #[error("interrupted")]
    Interrupted,
}

/// What a process may see and do at a settled point. Nothing here takes simulated time.
pub trait World {
    fn now(&self) -> Ticks;

    /// A voltage, a current, a probe or the temperature at the last accepted point.
    fn quantity(&mut self, what: &Quantity) -> f64;

    /// A: into the circuit through a source-measure unit.
    fn current(&mut self, smu: SmuId) -> f64;

    /// J: delivered by one source-measure unit, or by all, since the start.
    fn energy(&mut self, smu: Option<SmuId>) -> f64;

    /// C: delivered by one source-measure unit, or by all, since the start.
    fn charge(&mut self, smu: Option<SmuId>) -> f64;

    /// J: into a part since the start, or since [`Plant::meter`] began to count.
    fn absorbed(&mut self, part: PartId) -> f64;

    fn signal(&self, signal: SignalId) -> f64;

    fn set_signal(&mut self, signal: SignalId, value: f64);

    /// Whether this is an accepted point of the circuit itself, and not a place that is only looked at.
    fn settled(&self) -> bool {
        false
    }

    /// Whether another process could go on from this point to the same bits.
    fn renews(&self) -> bool {
        false
    }

    /// What a process remembers of this settled point is not what it remembered before.
    fn remembered(&mut self) {}

    /// What the branches of the next `map` came to in an earlier run of which this one is the continuation.
    fn answered(&mut self) -> Option<Vec<u8>> {
        None
    }

    /// What the branches of a `map` came to, for a later run.
    fn answer(&mut self, _bytes: &dyn Fn() -> Vec<u8>) {}

    /// What a unit was told to hold its net at, and its compliance: the end of an edge under way, where a ramp is now.
    fn level(&mut self, smu: SmuId) -> (Level, f64);

    /// Several units set out at this instant; of two drives of one unit the later counts.
    fn drive(&mut self, drives: &[Drive]) -> Result<(), Stop>;

    /// Sets states and parameters at once.
    fn deposit(&mut self, values: &[Deposit]) -> Result<(), Stop>;

    /// The operating point now: every edge finished, states and signals held, capacitors open; no time passes.
    fn settle(&mut self) -> Result<(), Stop>;

    /// Rows of an analysis at the present state, a column for each number looked at. The circuit is then as it was.
    fn study(&mut self, study: &Study, see: &[Kept]) -> Result<Rows, Stop>;

    /// A copy of everything, to go on by itself: one branch of a `map`.
    fn branch(&mut self) -> Result<Box<dyn Plant + Send>, Stop>;

    /// Before somebody looks at the past: a circuit that has not been touched yet has its first point from now on.
    fn wake(&mut self) -> Result<(), Stop> {
        Ok(())
    }

    /// What was kept of the past; see [`Plant::keep`].
    fn history(&self) -> &History;
}

/// A [`World`] in which time can pass.
pub trait Plant: World {
    /// Goes on until `horizon`, or until `fires` is true, whichever comes first; true if it fired. With neither a horizon nor
    /// anything that can fire it goes on for ever.
    ///
    /// `fires` looks at a possible end of a step (or at a point between two, while a crossing is being located) and must not
    /// change what it sees. The point where it fired is accepted: it is true there, and was false up to the tolerance of the
    /// integrator before.
    fn advance(&mut self, horizon: Option<Ticks>, fires: &mut dyn FnMut(&mut dyn World) -> bool) -> Result<bool, Stop>;

    /// From now on keeps the value of each of these at every accepted point, the present one included.
    fn keep(&mut self, what: &[Kept]);

    /// Makes currents into pins of parts readable at every point from now on (one that is a charge's change needs to be
    /// followed from point to point).
    fn follow(&mut self, what: &[Quantity]);

    /// Counts the energy that goes into each of these parts from now on.
    fn meter(&mut self, parts: &[PartId]);

    /// As a world.
    fn world(&mut self) -> &mut dyn World;
}

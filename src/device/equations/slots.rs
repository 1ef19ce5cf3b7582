//! Where an instance keeps what: numbers of `memory.state` beside its states outside Newton.

/// Numbers that each event remembers.
const EACH: usize = 5;

/// Places of `memory.state`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slots {
    /// States outside Newton come first
    pub kept: usize,
    events: usize,
    jumping: usize,
    lattice: bool,
}

impl Slots {
    pub fn new(kept: usize, events: usize, jumping: usize, lattice: bool) -> Slots {
        Slots { kept, events, jumping, lattice }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        match self.events > 0 || self.lattice {
            true => self.jump(self.jumping),
            false => self.kept,
        }
    }

    /// Of a condition: whether it held at the last accepted point. Of a hazard: what is left of its budget.
    pub fn past(&self, event: usize) -> usize {
        self.kept + EACH * event
    }

    /// Of a condition: the number whose sign tells. Of a hazard: its rate, 1/s.
    pub fn level(&self, event: usize) -> usize {
        self.kept + EACH * event + 1
    }

    /// 1 where it happens at the end of this step.
    pub fn fires(&self, event: usize) -> usize {
        self.kept + EACH * event + 2
    }

    /// How often it has happened.
    pub fn count_of(&self, event: usize) -> usize {
        self.kept + EACH * event + 3
    }

    /// When the present storm-long series of it began, s.
    pub fn since(&self, event: usize) -> usize {
        self.kept + EACH * event + 4
    }

    /// Time of the last accepted point, s.
    pub fn time(&self) -> usize {
        self.kept + EACH * self.events
    }

    /// 1 as soon as the conditions at the last accepted point are known.
    pub fn known(&self) -> usize {
        self.time() + 1
    }

    /// Cells of the noise lattice that are done.
    pub fn cell(&self) -> usize {
        self.time() + 2
    }

    /// 1 where the instance carries a current, so that its noise matters to the circuit.
    pub fn alive(&self) -> usize {
        self.time() + 3
    }

    /// What the n-th of the states that jump becomes, NaN if nothing happens to it.
    pub fn jump(&self, n: usize) -> usize {
        self.time() + 4 + n
    }
}

//! What devices ask for before a matrix exists: unknowns, terminals, matrix entries, memory.

use std::collections::HashMap;

use super::memory::Slots;
use crate::circuit::kind::Label;
use crate::circuit::{Circuit, NetId, PartId};

/// An unknown of the system while it is being laid out; `Unknown::GROUND` is no unknown.
/// Nets come first (unknown n is net n); numbers change when locals are moved behind the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Unknown(pub u32);

impl Unknown {
    pub const GROUND: Unknown = Unknown(0);
}

impl From<NetId> for Unknown {
    fn from(net: NetId) -> Unknown {
        Unknown(net.0)
    }
}

/// What happens to a state where no time passes (operating point, DC sweep).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rest {
    /// Keeps its value: a memory.
    Held,
    /// Comes to rest: dQ/dt = 0 in its equation.
    Settles,
}

/// A state that touches only its own instance; it is eliminated before the solve.
#[derive(Clone, Copy, Debug)]
pub struct Local {
    pub start: f64,
    /// Typical size, for truncation error and convergence.
    pub scale: f64,
    /// Absolute tolerance, in its own unit.
    pub abstol: f64,
    pub rest: Rest,
}

/// What the solution of an unknown is, for tolerances and reports.
#[derive(Clone, Debug)]
pub enum Role {
    /// V, the voltage of a net
    Net(NetId),
    /// V, a node inside a part
    Inner(PartId, Label),
    /// A, the current of a branch
    Branch(PartId),
    /// Neither, inside a part
    State(PartId, Label, Local),
}

/// What one device asked for.
#[derive(Clone, Debug, Default)]
pub struct DeviceLayout {
    /// One part an instance, in the device's order.
    pub parts: Vec<PartId>,
    pub width: usize,
    /// `[instance * width + terminal]`
    pub terms: Vec<Unknown>,
    /// (row, column) as terminal numbers
    pub pattern_g: Vec<(usize, usize)>,
    pub pattern_c: Vec<(usize, usize)>,
    pub slots: Slots,
    pub linear: bool,
}

/// Collects what all devices ask for. A device sees one at a time: everything it asks is about itself.
pub struct Layout<'a> {
    pub circuit: &'a Circuit,
    /// Role of each unknown so far; index 0 is ground.
    pub roles: Vec<Role>,
    pub branches: HashMap<PartId, Unknown>,
    pub device: DeviceLayout,
}

impl<'a> Layout<'a> {
    /// Starts with one unknown for every net.
    pub fn new(circuit: &'a Circuit) -> Layout<'a> {
        let roles = (0..circuit.nets.len() as u32).map(|n| Role::Net(NetId(n))).collect();
        Layout { circuit, roles, branches: HashMap::new(), device: DeviceLayout::default() }
    }

    /// Adds an instance with these terminals; each call of a device gives equally many.
    /// An unknown may stand twice (a collapsed inner node).
    pub fn instance(&mut self, part: PartId, terminals: &[Unknown]) {
        debug_assert!(self.device.width == 0 || self.device.width == terminals.len());
        self.device.width = terminals.len();
        self.device.parts.push(part);
        self.device.terms.extend_from_slice(terminals);
    }

    /// The nets of a part's pins as unknowns.
    pub fn pins(&self, part: PartId) -> Vec<Unknown> {
        self.circuit.part(part).pins.iter().map(|&n| n.into()).collect()
    }

    /// The current unknown of a part: its own, or that of another part it senses (made when first asked for).
    pub fn branch(&mut self, part: PartId) -> Unknown {
        let next = Unknown(self.roles.len() as u32);
        let unknown = *self.branches.entry(part).or_insert(next);
        if unknown == next {
            self.roles.push(Role::Branch(part));
        }
        unknown
    }

    /// Another current of a part that no other part can sense.
    pub fn current(&mut self, part: PartId) -> Unknown {
        self.roles.push(Role::Branch(part));
        Unknown(self.roles.len() as u32 - 1)
    }

    /// A node inside a part.
    pub fn inner(&mut self, part: PartId, name: impl Into<Label>) -> Unknown {
        self.roles.push(Role::Inner(part, name.into()));
        Unknown(self.roles.len() as u32 - 1)
    }

    /// A state inside a part, eliminated before the solve.
    pub fn local(&mut self, part: PartId, name: impl Into<Label>, local: Local) -> Unknown {
        self.roles.push(Role::State(part, name.into(), local));
        Unknown(self.roles.len() as u32 - 1)
    }

    /// Nonzeros of ∂F/∂x and ∂Q/∂x as (row, column) of terminals; their order numbers the entries of `Stamps`.
    pub fn pattern(&mut self, g: &[(usize, usize)], c: &[(usize, usize)]) {
        self.device.pattern_g = g.to_vec();
        self.device.pattern_c = c.to_vec();
    }

    /// Numbers an instance keeps; `params` is filled in by the layout.
    pub fn memory(&mut self, derived: usize, state: usize, limit: usize) {
        self.device.slots = Slots { params: 0, derived, state, limit, ..self.device.slots };
    }

    /// Numbers that `load` and `setup` may work with, in all: `memory.scratch`.
    pub fn scratch(&mut self, numbers: usize) {
        self.device.slots.scratch = numbers;
    }

    /// Conditions that a user is warned of: `memory.warned`.
    pub fn warnings(&mut self, count: usize) {
        self.device.slots.warnings = count;
    }

    /// G and C do not depend on x, t or state, and F = G·x + what `excite` adds.
    pub fn linear(&mut self) {
        self.device.linear = true;
    }
}

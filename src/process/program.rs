//! What runs beside a circuit, as elaboration leaves it: instances with the names that their statements may use, signals and
//! source-measure units. The statements themselves are still syntax; their names are looked up in their [`Instance`].

use std::collections::HashMap;
use std::sync::Arc;

use super::machine::Functions;
use crate::circuit::equation::{Equation, Quantity};
use crate::circuit::{NetId, PartId};
use crate::diag::Span;
use crate::syntax::ast::{Always, Routine};
use crate::value::Value;

/// An instance of a subcircuit, or the netlist itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InstanceId(pub u32);

impl InstanceId {
    /// The netlist itself.
    pub const TOP: InstanceId = InstanceId(0);
}

/// A digital net: bit, integer or real.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SignalId(pub u32);

/// A source-measure unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SmuId(pub u32);

/// Everything beside the circuit.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// The netlist itself is the first; instances without names to look up are not here.
    pub instances: Vec<Instance>,
    pub signals: Vec<Signal>,
    pub smus: Vec<Smu>,
    /// Parameters of parts that change with signals
    pub followers: Vec<Follower>,
}

/// A parameter of a part that is an expression of signals.
#[derive(Clone, Debug)]
pub struct Follower {
    pub part: PartId,
    /// Lower case
    pub name: String,
    /// V(n) in it is the signal of number n − 1
    pub of: Equation,
    pub signals: Vec<SignalId>,
    /// What a draw of `.variation` multiplied it by
    pub drawn: f64,
}

impl Follower {
    /// Its value where signals have these.
    pub fn value(&self, signal: &dyn Fn(SignalId) -> f64) -> f64 {
        let value = self.of.value(&mut |quantity| match quantity {
            Quantity::Voltage(NetId(n @ 1..), _) => signal(SignalId(n - 1)),
            _ => 0.0,
        });
        value * self.drawn
    }
}

/// A `.signal` of one instance.
#[derive(Clone, Debug)]
pub struct Signal {
    /// `X1.fire`, `count[3]`
    pub path: String,
    pub start: f64,
    /// The source-measure unit that makes its net follow it with finite edges, where analog parts read it.
    pub driver: Option<PartId>,
    pub span: Span,
}

/// One net of a `.smu`.
#[derive(Clone, Debug)]
pub struct Smu {
    pub net: NetId,
    /// The part in the circuit that does it.
    pub part: PartId,
    /// s, rise and fall time
    pub edge: f64,
    /// Relative standard deviation of what a protocol reads.
    pub noise: f64,
    pub span: Span,
}

/// What the statements of an instance may name. All names in lower case.
#[derive(Clone, Debug, Default)]
pub struct Instance {
    /// `X1.Xa`; empty for the netlist itself.
    pub path: String,
    /// Where it stands; None for the netlist itself.
    pub parent: Option<InstanceId>,
    /// Its own parameters; what is not here is looked up in `parent`.
    pub params: HashMap<String, Value>,
    /// Nets by their name inside; a port is the net outside.
    pub nets: HashMap<String, Bus<NetId>>,
    /// Element lines: parts and instances.
    pub members: HashMap<String, Bus<Member>>,
    pub signals: HashMap<String, Bus<SignalId>>,
    /// `.protocol` blocks by name.
    pub protocols: HashMap<String, Arc<Routine>>,
    /// `.always` blocks, in file order.
    pub always: Vec<Arc<Always>>,
    /// What it and those around it may call, where it has `.func`s of its own
    pub functions: Option<Arc<Functions>>,
}

/// What an element line made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Member {
    Part(PartId),
    Instance(InstanceId),
}

/// What one name stands for: a single thing, or several by index.
#[derive(Clone, Debug, PartialEq)]
pub struct Bus<T> {
    /// First index and length of each axis; empty for a single thing. `row[1:8]` is [(1, 8)].
    pub axes: Vec<(i64, usize)>,
    /// Row-major; None where no such element exists (`Rb[i,j]` made for i from 1 on only has no hole: its axis starts at 1).
    pub items: Vec<Option<T>>,
}

impl<T: Copy> Bus<T> {
    pub fn single(item: T) -> Bus<T> {
        Bus { axes: Vec::new(), items: vec![Some(item)] }
    }

    /// The item at an index, one number an axis; None outside or in a hole.
    pub fn at(&self, index: &[i64]) -> Option<T> {
        if index.len() != self.axes.len() {
            return None;
        }
        let mut place = 0;
        for (&i, &(low, count)) in index.iter().zip(&self.axes) {
            let k = usize::try_from(i - low).ok().filter(|k| *k < count)?;
            place = place * count + k;
        }
        self.items.get(place).copied().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// x[1:2, 0:2] with a hole at [2, 1]
    #[test]
    fn indices_count_from_the_first() {
        let x = Bus { axes: vec![(1, 2), (0, 3)], items: vec![Some(10), Some(11), Some(12), Some(20), None, Some(22)] };
        assert_eq!((x.at(&[1, 2]), x.at(&[2, 0]), x.at(&[2, 1])), (Some(12), Some(20), None));
        assert_eq!((x.at(&[0, 0]), x.at(&[3, 0]), x.at(&[1, 3]), x.at(&[1])), (None, None, None, None));
        assert_eq!(Bus::single(5).at(&[]), Some(5));
    }
}

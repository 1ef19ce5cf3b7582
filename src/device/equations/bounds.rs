//! Bounds of states by complementarity.
//!
//! The unknown of a bounded state is w; the state itself is s = clip(w, low, high), and its row reads
//!
//! ```text
//! ds/dt − r(s, …) + (w − s)·k = 0        k = (|r| + 10⁻³·range) / (10⁻⁸·range)
//! ```
//!
//! Inside, w = s and the row is the state's own equation. At a bound s rests, and w stands beyond it by the part of the rate
//! that the bound holds back, λ = r − ds/dt, over k: at most 10⁻⁸ of the range. λ points outward as long as w is
//! beyond, so the state leaves the bound in the very step in which its rate turns. This is the normal map of the
//! complementarity problem (Robinson, Math. Oper. Res. 17 (1992) 691): piecewise smooth, its Jacobian regular, and it holds
//! whatever formula makes ds/dt of the charges.
//!
//! k is a scale, not a law: its slopes are left out of the Jacobian. With them an iterate far beyond a bound whose rate depends
//! on a voltage steeply would be thrown back inside by every change of that voltage, and Newton's method go in circles.

use super::graph::Graph;
use crate::model::dag::Id;
use crate::model::op::{Binary, Unary};

/// How far beyond a bound an unknown may stand, of the range.
const BEYOND: f64 = 1e-8;
/// 1/s: rates below this fraction of the range do not push it all that far.
const SLOW: f64 = 1e-3;

/// Low and high where there are any.
pub(super) type Bounds = (Option<Id>, Option<Id>);

/// clip(w, low, high)
pub(super) fn clip(graph: &mut Graph, w: Id, (low, high): Bounds) -> Id {
    let below = high.map_or(w, |high| graph.dag.binary(Binary::Min, w, high));
    low.map_or(below, |low| graph.dag.binary(Binary::Max, below, low))
}

/// The typical size of a state: its range, else its bound, else 1.
pub(super) fn range(graph: &mut Graph, (low, high): Bounds) -> Id {
    let zero = graph.dag.constant(0.0);
    let size = match (low, high) {
        (Some(low), Some(high)) => graph.dag.sub(high, low),
        (Some(bound), None) | (None, Some(bound)) => graph.dag.unary(Unary::Abs, bound),
        (None, None) => zero,
    };
    let (some, one) = (graph.dag.binary(Binary::Gt, size, zero), graph.dag.constant(1.0));
    graph.dag.select(some, size, one)
}

/// The value of a node, without its slopes: e^x at x = 0 in the form that is given its derivative.
fn frozen(graph: &mut Graph, value: Id) -> Id {
    let zero = graph.dag.constant(0.0);
    graph.dag.binary(Binary::Tangent, zero, value)
}

/// (w − s)·k
pub(super) fn resistance(graph: &mut Graph, w: Id, s: Id, rate: Id, range: Id) -> Id {
    let [slow, beyond] = [SLOW, BEYOND].map(|v| graph.dag.constant(v));
    let excess = graph.dag.sub(w, s);
    let speed = graph.dag.unary(Unary::Abs, rate);
    let floor = graph.dag.mul(slow, range);
    let speed = graph.dag.add(speed, floor);
    let reach = graph.dag.mul(beyond, range);
    let k = graph.dag.div(speed, reach);
    let k = frozen(graph, k);
    graph.dag.mul(excess, k)
}

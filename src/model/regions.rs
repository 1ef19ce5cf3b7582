//! Nodes that matter only where a select takes one of its sides, put together, so that a tape can pass over them where no
//! lane is in that region.
//!
//! A node's guard is the set of conditions that hold wherever its value is looked at: the guards of everything made of it,
//! each with the side of the select through which it looks, intersected. What a node computes where its guard does not hold
//! is never seen, so leaving it out changes no result.

use std::collections::{BTreeMap, BTreeSet};

use super::dag::{Dag, Id, Node};
use super::op::{Binary, Unary};

/// Conditions and whether they hold, in order.
pub type Guard = Vec<(Id, bool)>;

/// Nodes with one guard that are computed one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Empty: always
    pub guard: Guard,
    pub nodes: Vec<Id>,
    /// About how many additions they take
    pub work: usize,
}

/// Most conditions of a guard; more are forgotten, which only computes more.
const MOST: usize = 4;
/// Work below which asking costs more than computing.
const WORTH: usize = 12;

/// The nodes of `order` (arguments first) in an order that keeps guarded ones together. `known` needs no computing.
pub fn segments(dag: &Dag, order: &[Id], outputs: &[Id], known: &[Id]) -> Vec<Segment> {
    let guards = guards(dag, order, outputs);
    let place: BTreeMap<Id, usize> = order.iter().enumerate().map(|(n, id)| (*id, n)).collect();
    let mut users: Vec<Vec<usize>> = vec![Vec::new(); order.len()];
    let mut missing = vec![0; order.len()];
    for (n, &id) in order.iter().enumerate() {
        let conditions = guards[n].iter().map(|g| g.0).filter(|c| !known.contains(c));
        let needs: BTreeSet<usize> =
            dag.node(id).arguments().chain(conditions).filter_map(|a| place.get(&a).copied()).collect();
        missing[n] = needs.len();
        needs.into_iter().for_each(|a| users[a].push(n));
    }
    let mut ready: BTreeMap<&Guard, BTreeSet<usize>> = BTreeMap::new();
    for n in (0..order.len()).filter(|&n| missing[n] == 0) {
        ready.entry(&guards[n]).or_default().insert(n);
    }
    let mut found: Vec<Segment> = Vec::new();
    // The empty guard sorts first: what is always computed goes before what may be passed over.
    while let Some(guard) = ready.keys().next().copied() {
        let mut nodes = Vec::new();
        while let Some(n) = ready.get_mut(guard).and_then(BTreeSet::pop_first) {
            nodes.push(order[n]);
            for &user in &users[n] {
                missing[user] -= 1;
                if missing[user] == 0 {
                    ready.entry(&guards[user]).or_default().insert(user);
                }
            }
        }
        ready.remove(guard);
        let work = nodes.iter().map(|id| work(dag.node(*id))).sum();
        found.push(Segment { guard: if work < WORTH { Guard::new() } else { guard.clone() }, nodes, work });
    }
    found
}

fn guards(dag: &Dag, order: &[Id], outputs: &[Id]) -> Vec<Guard> {
    let place: BTreeMap<Id, usize> = order.iter().enumerate().map(|(n, id)| (*id, n)).collect();
    let mut guards: Vec<Option<Guard>> = vec![None; order.len()];
    let meet = |guards: &mut Vec<Option<Guard>>, id: Id, with: &Guard| {
        let Some(&n) = place.get(&id) else { return };
        guards[n] = Some(match guards[n].take() {
            None => with.clone(),
            Some(old) => old.into_iter().filter(|g| with.contains(g)).collect(),
        });
    };
    for &id in outputs {
        meet(&mut guards, id, &Guard::new());
    }
    for (n, &id) in order.iter().enumerate().rev() {
        let node = dag.node(id);
        if matches!(node, Node::Const(_) | Node::Input(_)) {
            guards[n] = None;
        }
        let own = guards[n].clone().unwrap_or_default();
        if let Node::Select(c, a, b) = node {
            meet(&mut guards, c, &own);
            for (side, holds) in [(a, true), (b, false)] {
                let mut inside = own.clone();
                if inside.len() < MOST && !inside.contains(&(c, holds)) {
                    inside.push((c, holds));
                    inside.sort_unstable();
                }
                meet(&mut guards, side, &inside);
            }
        } else {
            node.arguments().for_each(|a| meet(&mut guards, a, &own));
        }
    }
    guards.into_iter().map(Option::unwrap_or_default).collect()
}

/// About how many additions an operation takes.
fn work(node: Node) -> usize {
    match node {
        Node::Const(_) | Node::Input(_) => 0,
        Node::Unary(op, _) => match op {
            Unary::Neg | Unary::Abs | Unary::Not | Unary::Sign => 1,
            Unary::Floor | Unary::Ceil | Unary::Round | Unary::Trunc => 2,
            Unary::Sqrt => 6,
            _ => 20,
        },
        Node::Binary(op, ..) => match op {
            Binary::Div | Binary::Hypot => 6,
            Binary::Pow | Binary::AbsPow | Binary::SignPow | Binary::Atan2 => 50,
            Binary::Mod => 20,
            _ => 1,
        },
        Node::Select(..) => 2,
        Node::Table(..) | Node::Slope(..) => 20,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// c ? e^x·y : ln y, and c ? e^x : y: e^x is guarded by c, ln y by not c, y by nothing.
    #[test]
    fn what_one_side_looks_at_is_guarded() {
        let mut d = Dag::new();
        let (c, x, y) = (d.input(0), d.input(1), d.input(2));
        let e = d.unary(Unary::Exp, x);
        let scaled = d.mul(e, y);
        let log = d.unary(Unary::Ln, y);
        let (first, second) = (d.select(c, scaled, log), d.select(c, e, y));
        let order = d.reachable(&[first, second], &[c, x, y]);
        let found = segments(&d, &order, &[first, second], &[c, x, y]);
        let guarded = |id: Id| found.iter().find(|s| s.nodes.contains(&id)).unwrap().guard.clone();
        assert_eq!((guarded(e), guarded(scaled), guarded(log)), (vec![(c, true)], vec![(c, true)], vec![(c, false)]));
        assert!(guarded(first).is_empty() && guarded(second).is_empty());
        let all: usize = found.iter().map(|s| s.nodes.len()).sum();
        assert_eq!(all, order.len());
    }

    /// A node that is also an output, or a condition inside the other side, is always computed.
    #[test]
    fn what_is_looked_at_elsewhere_is_not() {
        let mut d = Dag::new();
        let (c, x) = (d.input(0), d.input(1));
        let e = d.unary(Unary::Exp, x);
        let s = d.select(c, e, x);
        let order = d.reachable(&[s, e], &[c, x]);
        assert!(segments(&d, &order, &[s, e], &[c, x]).iter().all(|s| s.guard.is_empty()));
    }
}

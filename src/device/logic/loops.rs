//! Loops of gates where no time passes: how often each part of a loop may change its mind before it keeps it.
//!
//! A ring of inverters has no operating point, a latch of two gates has two. Parts that drive each other in a circle change
//! together in every iteration; so the first of a circle gives up early, the others late enough for what it then holds to
//! go around. A latch comes to rest so, and a ring is at odds with itself at one place only, from where one edge sets out.

use std::collections::HashMap;

use petgraph::Direction;
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::function::Function;
use super::kinds::ALL;
use crate::circuit::{Circuit, NetId, PartId};

/// Changes of the first part of a loop.
const FIRST: usize = 8;
/// Changes of a part that is in no loop of logic parts alone; its inputs may depend on it in other ways.
const ALONE: usize = 30;

/// Of every logic part of a circuit: how often it may change within one operating point, beside what it takes for changes of
/// those before it to arrive.
pub fn limits(circuit: &Circuit) -> HashMap<PartId, f64> {
    let graph = graph(circuit);
    let mut depths: HashMap<NodeIndex, usize> = HashMap::new();
    let mut out = HashMap::new();
    // Who drives comes before who is driven.
    for mut circle in tarjan_scc(&graph).into_iter().rev() {
        circle.sort();
        let drivers = circle.iter().flat_map(|n| graph.neighbors_directed(*n, Direction::Incoming));
        let depth = drivers.filter_map(|n| depths.get(&n)).max().copied().unwrap_or(0);
        for (rank, node) in circle.iter().enumerate() {
            let own = if circle.len() == 1 { ALONE } else { FIRST + rank * (circle.len() + 2) };
            out.insert(graph[*node], (depth + own) as f64);
        }
        depths.extend(circle.iter().map(|n| (*n, depth + circle.len())));
    }
    out
}

/// Which logic part drives which.
fn graph(circuit: &Circuit) -> DiGraph<PartId, ()> {
    let is_logic = |p: &PartId| ALL.iter().any(|k| circuit.part(*p).kind.is(k));
    let parts: Vec<PartId> = circuit.part_ids().filter(is_logic).collect();
    let mut graph: DiGraph<PartId, ()> = DiGraph::with_capacity(parts.len(), 2 * parts.len());
    let mut drivers: HashMap<NetId, Vec<NodeIndex>> = HashMap::new();
    let pins = |part: PartId| {
        let p = circuit.part(part);
        (Function::of(&p.kind.name).wiring(p.pins.len()), &p.pins)
    };
    for &part in &parts {
        let node = graph.add_node(part);
        let (wiring, nets) = pins(part);
        wiring.outputs.iter().for_each(|&o| drivers.entry(nets[o]).or_default().push(node));
    }
    for node in graph.node_indices() {
        let (wiring, nets) = pins(graph[node]);
        for net in wiring.inputs.iter().map(|&k| nets[k]).filter(|n| *n != NetId::GROUND) {
            for &driver in drivers.get(&net).into_iter().flatten() {
                graph.update_edge(driver, node, ());
            }
        }
    }
    graph
}

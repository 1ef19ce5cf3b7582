//! Parts of the graph that run at one time, as tapes; what only parameters and temperature decide is computed once, by the
//! setup, and read from the memory.

use std::collections::HashSet;

use super::graph::{Graph, Source};
use crate::model::dag::{Id, Node};
use crate::model::tape::Tape;

/// An input of a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input {
    /// The n-th derived number
    Derived(usize),
    Moving(Source),
}

/// A tape and what it reads.
#[derive(Clone, Debug, Default)]
pub(super) struct Piece {
    pub tape: Tape,
    pub inputs: Vec<Input>,
}

impl Piece {
    /// What computes `roots`, `derived` being known.
    pub fn new(graph: &Graph, derived: &[Id], roots: &[Id]) -> Piece {
        // A number that is the same everywhere stays in the tape.
        let known: Vec<Id> = derived.iter().copied().filter(|d| graph.dag.value(*d).is_none()).collect();
        let reached = graph.dag.reachable(roots, &known);
        let used: HashSet<Id> =
            reached.iter().flat_map(|id| graph.dag.node(*id).arguments()).chain(roots.iter().copied()).collect();
        let (mut nodes, mut inputs) = (Vec::new(), Vec::new());
        for (n, id) in derived.iter().enumerate().filter(|(_, id)| used.contains(id) && known.contains(id)) {
            nodes.push(*id);
            inputs.push(Input::Derived(n));
        }
        for id in reached {
            if let Node::Input(n) = graph.dag.node(id)
                && let Some(source) = graph.names.sources.get(n as usize)
            {
                nodes.push(id);
                inputs.push(Input::Moving(*source));
            }
        }
        Piece { tape: Tape::compile(&graph.dag, &nodes, roots), inputs }
    }

    /// Numbers of working space for this many instances and lanes at a time: inputs, results, registers.
    pub fn space(&self, width: usize) -> usize {
        width * (self.tape.inputs() + self.tape.outputs()) + self.tape.scratch()
    }
}

/// The nodes that the setup computes: `wanted`, and whatever the roots read that never moves.
pub(super) fn derived(graph: &Graph, wanted: &[Id], roots: &[Id]) -> Vec<Id> {
    let moves = graph.depends(Source::moves);
    let moves = |id: Id| moves[id.0 as usize];
    let mut found: Vec<Id> = Vec::new();
    let mut known: HashSet<Id> = HashSet::new();
    for id in wanted {
        if known.insert(*id) {
            found.push(*id);
        }
    }
    for id in graph.dag.reachable(roots, &[]) {
        for a in graph.dag.node(id).arguments().filter(|_| moves(id)) {
            if !moves(a) && graph.dag.value(a).is_none() && known.insert(a) {
                found.push(a);
            }
        }
    }
    for &root in roots {
        if !moves(root) && graph.dag.value(root).is_none() && known.insert(root) {
            found.push(root);
        }
    }
    found
}

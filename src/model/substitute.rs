//! Nodes with other nodes in place of some they are made of; what that simplifies is simplified.

use std::collections::HashMap;

use super::dag::{Dag, Id, Node};

/// Each of `of` with the nodes that are keys of `replace` replaced.
pub fn substitute(dag: &mut Dag, of: &[Id], replace: &HashMap<Id, Id>) -> Vec<Id> {
    let leaves: Vec<Id> = replace.keys().copied().collect();
    let mut new = replace.clone();
    for id in dag.reachable(of, &leaves) {
        let node = rebuilt(dag, id, &new);
        new.insert(id, node);
    }
    of.iter().map(|id| new.get(id).copied().unwrap_or(*id)).collect()
}

/// A node made of the new nodes of those that it is made of.
pub(super) fn rebuilt(dag: &mut Dag, id: Id, new: &HashMap<Id, Id>) -> Id {
    let to = |id: Id| new.get(&id).copied().unwrap_or(id);
    match dag.node(id) {
        Node::Const(_) | Node::Input(_) => id,
        Node::Unary(op, a) => dag.unary(op, to(a)),
        Node::Binary(op, a, b) => dag.binary(op, to(a), to(b)),
        Node::Select(c, a, b) => dag.select(to(c), to(a), to(b)),
        Node::Table(t, a) => dag.piecewise(dag.table(t).clone(), to(a)),
        Node::Slope(t, a) => dag.slope(t, to(a)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::op::Unary;
    use super::*;

    /// e^(x + y) + y at y = 0 is e^x; x and what does not read y stay what they are.
    #[test]
    fn a_node_is_replaced_everywhere() {
        let mut d = Dag::new();
        let (x, y, zero) = (d.input(0), d.input(1), d.constant(0.0));
        let sum = d.add(x, y);
        let e = d.unary(Unary::Exp, sum);
        let all = d.add(e, y);
        let replaced = substitute(&mut d, &[all, x], &HashMap::from([(y, zero)]));
        let expected = d.unary(Unary::Exp, x);
        assert_eq!(replaced, [expected, x]);
    }
}

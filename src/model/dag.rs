//! A hash-consed graph of operations: equal expressions are one node, constants are folded, identities applied as nodes
//! are made. A node's arguments have smaller numbers than itself.

use std::collections::HashMap;

use super::math;
use super::op::{Binary, Unary};
use super::table::Table;

/// A node of a [`Dag`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(pub u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Node {
    /// The bits of a number
    Const(u64),
    /// The n-th input
    Input(u32),
    Unary(Unary, Id),
    Binary(Binary, Id, Id),
    /// condition, where it is not 0, else
    Select(Id, Id, Id),
    /// The n-th table at an argument
    Table(u32, Id),
    /// The slope of the n-th table at an argument
    Slope(u32, Id),
}

impl Node {
    /// The nodes it is made of.
    pub fn arguments(self) -> impl Iterator<Item = Id> {
        let args = match self {
            Node::Const(_) | Node::Input(_) => [None; 3],
            Node::Unary(_, a) | Node::Table(_, a) | Node::Slope(_, a) => [Some(a), None, None],
            Node::Binary(_, a, b) => [Some(a), Some(b), None],
            Node::Select(c, a, b) => [Some(c), Some(a), Some(b)],
        };
        args.into_iter().flatten()
    }
}

/// Whole exponents up to this size become multiplications.
const LARGEST_PRODUCT: f64 = 16.0;

#[derive(Clone, Debug, Default)]
pub struct Dag {
    nodes: Vec<Node>,
    known: HashMap<Node, Id>,
    tables: Vec<Table>,
}

impl Dag {
    pub fn new() -> Dag {
        Dag::default()
    }

    pub fn node(&self, id: Id) -> Node {
        self.nodes[id.0 as usize]
    }

    pub fn table(&self, n: u32) -> &Table {
        &self.tables[n as usize]
    }

    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// Its value if it is a constant.
    pub fn value(&self, id: Id) -> Option<f64> {
        match self.node(id) {
            Node::Const(bits) => Some(f64::from_bits(bits)),
            _ => None,
        }
    }

    fn is(&self, id: Id, value: f64) -> bool {
        self.value(id) == Some(value)
    }

    fn make(&mut self, node: Node) -> Id {
        let next = Id(self.nodes.len() as u32);
        let id = *self.known.entry(node).or_insert(next);
        if id == next {
            self.nodes.push(node);
        }
        id
    }

    pub fn constant(&mut self, value: f64) -> Id {
        self.make(Node::Const((value + 0.0).to_bits()))
    }

    pub fn input(&mut self, n: u32) -> Id {
        self.make(Node::Input(n))
    }

    /// −x if the node is one.
    fn negated(&self, id: Id) -> Option<Id> {
        match self.node(id) {
            Node::Unary(Unary::Neg, x) => Some(x),
            _ => None,
        }
    }

    pub fn unary(&mut self, op: Unary, a: Id) -> Id {
        if let Some(v) = self.value(a) {
            return self.constant(op.apply(v));
        }
        match (op, self.node(a)) {
            (Unary::Neg, Node::Unary(Unary::Neg, x)) => x,
            (Unary::Neg, Node::Binary(Binary::Sub, x, y)) => self.binary(Binary::Sub, y, x),
            (Unary::Abs, Node::Unary(Unary::Neg | Unary::Abs, x)) => self.make(Node::Unary(Unary::Abs, x)),
            (Unary::Abs, Node::Unary(Unary::Sqrt | Unary::Exp, _)) => a,
            _ => self.make(Node::Unary(op, a)),
        }
    }

    pub fn neg(&mut self, a: Id) -> Id {
        self.unary(Unary::Neg, a)
    }

    pub fn add(&mut self, a: Id, b: Id) -> Id {
        self.binary(Binary::Add, a, b)
    }

    pub fn sub(&mut self, a: Id, b: Id) -> Id {
        self.binary(Binary::Sub, a, b)
    }

    pub fn mul(&mut self, a: Id, b: Id) -> Id {
        self.binary(Binary::Mul, a, b)
    }

    pub fn div(&mut self, a: Id, b: Id) -> Id {
        self.binary(Binary::Div, a, b)
    }

    pub fn binary(&mut self, op: Binary, a: Id, b: Id) -> Id {
        if let (Some(x), Some(y)) = (self.value(a), self.value(b)) {
            return self.constant(op.apply(x, y));
        }
        let simpler = match op {
            Binary::Add => self.simpler_sum(a, b),
            Binary::Sub => self.simpler_difference(a, b),
            Binary::Mul => self.simpler_product(a, b),
            Binary::Div => self.simpler_quotient(a, b),
            Binary::Pow | Binary::AbsPow | Binary::SignPow => self.simpler_power(op, a, b),
            Binary::Min | Binary::Max if a == b => Some(a),
            Binary::Lt | Binary::Gt | Binary::Ne if a == b => Some(self.constant(0.0)),
            Binary::Le | Binary::Ge | Binary::Eq if a == b => Some(self.constant(1.0)),
            _ => None,
        };
        if let Some(id) = simpler {
            return id;
        }
        // Addition and multiplication commute to the bit; a constant comes first.
        let swap =
            matches!(op, Binary::Add | Binary::Mul) && (self.value(b).is_some() || (self.value(a).is_none() && b < a));
        let (a, b) = if swap { (b, a) } else { (a, b) };
        self.make(Node::Binary(op, a, b))
    }

    fn simpler_sum(&mut self, a: Id, b: Id) -> Option<Id> {
        if self.is(a, 0.0) {
            return Some(b);
        }
        if self.is(b, 0.0) {
            return Some(a);
        }
        match (self.negated(a), self.negated(b)) {
            (_, Some(y)) => Some(self.sub(a, y)),
            (Some(x), None) => Some(self.sub(b, x)),
            _ => None,
        }
    }

    fn simpler_difference(&mut self, a: Id, b: Id) -> Option<Id> {
        if a == b {
            return Some(self.constant(0.0));
        }
        if self.is(a, 0.0) {
            return Some(self.neg(b));
        }
        if self.is(b, 0.0) {
            return Some(a);
        }
        self.negated(b).map(|y| self.add(a, y))
    }

    fn simpler_product(&mut self, a: Id, b: Id) -> Option<Id> {
        let (a, b) = if self.value(b).is_some() { (b, a) } else { (a, b) };
        if let Some(c) = self.value(a) {
            if c == 0.0 {
                return Some(a);
            }
            if c == 1.0 {
                return Some(b);
            }
            if c == -1.0 {
                return Some(self.neg(b));
            }
            return match self.node(b) {
                Node::Unary(Unary::Neg, x) => {
                    let c = self.constant(-c);
                    Some(self.mul(c, x))
                }
                Node::Binary(Binary::Mul, d, x) => {
                    let product = c * self.value(d)?;
                    let product = self.constant(product);
                    Some(self.mul(product, x))
                }
                _ => None,
            };
        }
        match (self.negated(a), self.negated(b)) {
            (Some(x), Some(y)) => Some(self.mul(x, y)),
            (Some(x), None) => {
                let product = self.mul(x, b);
                Some(self.neg(product))
            }
            (None, Some(y)) => {
                let product = self.mul(a, y);
                Some(self.neg(product))
            }
            _ => None,
        }
    }

    fn simpler_quotient(&mut self, a: Id, b: Id) -> Option<Id> {
        if self.is(a, 0.0) {
            return Some(a);
        }
        if let Some(c) = self.value(b) {
            let inverse = self.constant(math::div(1.0, c));
            return Some(self.mul(inverse, a));
        }
        match (self.negated(a), self.negated(b)) {
            (Some(x), Some(y)) => Some(self.div(x, y)),
            (Some(x), None) => {
                let quotient = self.div(x, b);
                Some(self.neg(quotient))
            }
            (None, Some(y)) => {
                let quotient = self.div(a, y);
                Some(self.neg(quotient))
            }
            _ => None,
        }
    }

    /// Powers with a constant exponent: products, quotients and square roots where the exponent is ±1, …, ±16 or ±½.
    fn simpler_power(&mut self, op: Binary, x: Id, y: Id) -> Option<Id> {
        let y = self.value(y)?;
        if y == 0.0 {
            return if op == Binary::SignPow { None } else { Some(self.constant(1.0)) };
        }
        if y < 0.0 {
            let positive = self.constant(-y);
            let power = self.simpler_power(op, x, positive)?;
            let one = self.constant(1.0);
            return Some(self.div(one, power));
        }
        if y == 0.5 && op == Binary::AbsPow {
            return Some(self.unary(Unary::Sqrt, x));
        }
        if y.fract() != 0.0 || y > LARGEST_PRODUCT {
            return None;
        }
        let odd = y % 2.0 == 1.0;
        let base = match op {
            Binary::AbsPow if odd => self.unary(Unary::Abs, x),
            _ => x,
        };
        let product = self.product(base, y as u32);
        if op == Binary::SignPow && !odd {
            let size = self.unary(Unary::Sign, x);
            return Some(self.mul(size, product));
        }
        Some(product)
    }

    /// x^n for n ≥ 1 by squaring
    fn product(&mut self, x: Id, n: u32) -> Id {
        if n == 1 {
            return x;
        }
        let half = self.product(x, n / 2);
        let square = self.mul(half, half);
        if n % 2 == 1 { self.mul(square, x) } else { square }
    }

    pub fn select(&mut self, condition: Id, a: Id, b: Id) -> Id {
        if let Some(c) = self.value(condition) {
            return if c != 0.0 { a } else { b };
        }
        if a == b {
            return a;
        }
        match self.node(condition) {
            Node::Unary(Unary::Not, c) => self.select(c, b, a),
            _ => self.make(Node::Select(condition, a, b)),
        }
    }

    /// A table with constant points.
    pub fn piecewise(&mut self, table: Table, x: Id) -> Id {
        if let Some(v) = self.value(x) {
            return self.constant(table.value(v));
        }
        let n = self.tables.iter().position(|t| *t == table).unwrap_or_else(|| {
            self.tables.push(table);
            self.tables.len() - 1
        });
        self.make(Node::Table(n as u32, x))
    }

    /// The slope of a table that is already there.
    pub fn slope(&mut self, table: u32, x: Id) -> Id {
        self.make(Node::Slope(table, x))
    }

    /// Every node the roots are made of, each once, arguments before what is made of them; stops at `leaves`.
    pub fn reachable(&self, roots: &[Id], leaves: &[Id]) -> Vec<Id> {
        let mut seen = vec![false; self.nodes.len()];
        leaves.iter().for_each(|l| seen[l.0 as usize] = true);
        let mut order = Vec::new();
        let mut stack: Vec<(Id, bool)> = Vec::new();
        for &root in roots {
            stack.push((root, false));
            while let Some((id, done)) = stack.pop() {
                if done {
                    order.push(id);
                } else if !std::mem::replace(&mut seen[id.0 as usize], true) {
                    stack.push((id, true));
                    stack.extend(self.node(id).arguments().map(|a| (a, false)));
                }
            }
        }
        order
    }

    /// Of each node, whether it depends on an input that `counts`.
    pub fn depends(&self, counts: impl Fn(u32) -> bool) -> Vec<bool> {
        let mut depends = vec![false; self.nodes.len()];
        for (n, node) in self.nodes.iter().enumerate() {
            depends[n] = match node {
                Node::Input(i) => counts(*i),
                other => other.arguments().any(|a| depends[a.0 as usize]),
            };
        }
        depends
    }

    /// The values of all nodes; slow, for tests and constants.
    pub fn evaluate(&self, inputs: &[f64]) -> Vec<f64> {
        let mut values: Vec<f64> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let at = |id: &Id| values[id.0 as usize];
            values.push(match node {
                Node::Const(bits) => f64::from_bits(*bits),
                Node::Input(n) => inputs[*n as usize],
                Node::Unary(op, a) => op.apply(at(a)),
                Node::Binary(op, a, b) => op.apply(at(a), at(b)),
                Node::Select(c, a, b) => math::select(at(c), at(a), at(b)),
                Node::Table(t, a) => self.table(*t).value(at(a)),
                Node::Slope(t, a) => self.table(*t).slope(at(a)),
            });
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_expressions_are_one_node() {
        let mut d = Dag::new();
        let (x, y) = (d.input(0), d.input(1));
        let (a, b) = (d.add(x, y), d.add(y, x));
        assert_eq!(a, b);
        let (p, q) = (d.mul(a, b), d.mul(b, a));
        assert_eq!(p, q);
    }

    #[test]
    fn identities() {
        let mut d = Dag::new();
        let (x, y) = (d.input(0), d.input(1));
        let [zero, one, two, half, minus] = [0.0, 1.0, 2.0, 0.5, -1.0].map(|v| d.constant(v));
        assert_eq!(d.add(x, zero), x);
        assert_eq!(d.mul(one, x), x);
        assert_eq!(d.mul(x, zero), zero);
        assert_eq!(d.div(x, one), x);
        assert_eq!(d.sub(x, x), zero);
        let square = d.mul(x, x);
        assert_eq!(d.binary(Binary::Pow, x, two), square);
        let root = d.unary(Unary::Sqrt, x);
        assert_eq!(d.binary(Binary::AbsPow, x, half), root);
        let negative = d.neg(y);
        assert_eq!(d.mul(y, minus), negative);
        let difference = d.sub(x, y);
        assert_eq!(d.add(x, negative), difference);
        let (double, halved) = (d.mul(two, x), d.mul(half, x));
        assert_eq!(d.mul(half, double), x);
        assert_eq!(d.div(x, two), halved);
        assert_eq!(d.select(one, x, y), x);
        assert_eq!(d.select(y, x, x), x);
    }

    #[test]
    fn whole_powers_are_products() {
        let mut d = Dag::new();
        let x = d.input(0);
        for (op, n, at, value) in [
            (Binary::Pow, 3.0, -2.0, -8.0),
            (Binary::AbsPow, 3.0, -2.0, 8.0),
            (Binary::SignPow, 2.0, -3.0, -9.0),
            (Binary::Pow, -2.0, 4.0, 0.0625),
            (Binary::Pow, 13.0, 2.0, 8192.0),
        ] {
            let n = d.constant(n);
            let power = d.binary(op, x, n);
            assert!(!matches!(d.node(power), Node::Binary(o, ..) if o == op));
            assert_eq!(d.evaluate(&[at])[power.0 as usize], value);
        }
    }
}

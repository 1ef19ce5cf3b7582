//! Matrices of circuits by formula, for the tests and benches of the linear solver: (pattern, values).

use memspice::solve::Pattern;

/// Pseudo-random numbers in 0..1 that are the same everywhere: splitmix64.
pub struct Numbers(pub u64);

impl Numbers {
    pub fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e3779b97f4a7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d049bb133111eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Triplets of nodal analysis; node 0 is ground, unknown k is node k + 1, branches follow the nodes.
#[derive(Default)]
pub struct Nodal(pub Vec<(usize, usize, f64)>);

impl Nodal {
    pub fn conductance(&mut self, a: usize, b: usize, g: f64) {
        for (i, j, v) in [(a, a, g), (b, b, g), (a, b, -g), (b, a, -g)] {
            self.entry(i, j, v);
        }
    }

    /// The branch of a voltage source: its current leaves a and enters b; `branch` counts like a node.
    pub fn voltage_source(&mut self, a: usize, b: usize, branch: usize) {
        for (node, sign) in [(a, 1.0), (b, -1.0)] {
            self.entry(node, branch, sign);
            self.entry(branch, node, sign);
        }
    }

    pub fn entry(&mut self, i: usize, j: usize, v: f64) {
        if i > 0 && j > 0 {
            self.0.push((i - 1, j - 1, v));
        }
    }

    pub fn matrix(&self, n: usize) -> (Pattern, Vec<f64>) {
        Pattern::from_triplets(n, &self.0)
    }
}

/// A source and n resistors of 1 Ω in a chain with C/h = 1e-5 S at each node.
pub fn ladder(n: usize) -> (Pattern, Vec<f64>) {
    let mut m = Nodal::default();
    m.voltage_source(1, 0, n + 2);
    for k in 1..=n {
        m.conductance(k, k + 1, 1.0);
        m.conductance(k + 1, 0, 1e-5);
    }
    m.matrix(n + 2)
}

/// A side × side mesh of random conductances of some siemens, grounded at one corner.
pub fn grid(side: usize) -> (Pattern, Vec<f64>) {
    let mut numbers = Numbers(side as u64);
    let mut m = Nodal::default();
    for at in 0..side * side {
        if (at + 1) % side != 0 {
            m.conductance(at + 1, at + 2, 0.5 + numbers.next());
        }
        if at + side < side * side {
            m.conductance(at + 1, at + side + 1, 0.5 + numbers.next());
        }
    }
    m.conductance(1, 0, 1.0);
    m.matrix(side * side)
}

/// Deck d of the workloads: an n × n resistive array with 1 Ω line segments, n driven rows, n grounded columns.
pub fn crossbar(n: usize) -> (Pattern, Vec<f64>) {
    let mut numbers = Numbers(99);
    let mut m = Nodal::default();
    let (word, bit) = (|r, c| 1 + r * n + c, |r, c| 1 + n * n + r * n + c);
    let (input, branch) = (|r| 1 + 2 * n * n + r, |k| 1 + 2 * n * n + n + k);
    for r in 0..n {
        m.voltage_source(input(r), 0, branch(r));
        m.conductance(input(r), word(r, 0), 1.0);
        m.voltage_source(bit(n - 1, r), 0, branch(n + r));
        for c in 0..n {
            m.conductance(word(r, c), bit(r, c), 1e-6 + 99e-6 * numbers.next());
            if c + 1 < n {
                m.conductance(word(r, c), word(r, c + 1), 1.0);
            }
            if r + 1 < n {
                m.conductance(bit(r, c), bit(r + 1, c), 1.0);
            }
        }
    }
    m.matrix(2 * n * n + 3 * n)
}

/// Deck b: a ring of inverters, each a transconductance from its input to its output, with a supply.
pub fn ring(stages: usize) -> (Pattern, Vec<f64>) {
    let mut numbers = Numbers(7);
    let mut m = Nodal::default();
    let supply = stages + 1;
    m.voltage_source(supply, 0, stages + 2);
    for k in 1..=stages {
        let (input, output) = (k, k % stages + 1);
        m.conductance(output, 0, 1e-4 * numbers.next() + 1e-6);
        m.conductance(output, supply, 1e-4 * numbers.next() + 1e-6);
        m.conductance(input, output, 1e-5);
        m.conductance(input, supply, 1e-5);
        m.conductance(input, 0, 1e-4);
        for (row, gm) in [(output, 3e-4 * numbers.next()), (supply, -1e-4 * numbers.next())] {
            m.entry(row, input, gm);
            m.entry(row, supply, -gm);
        }
    }
    m.matrix(stages + 2)
}

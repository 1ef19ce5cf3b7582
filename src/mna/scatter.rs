//! From what devices load to rows and matrix slots, and products with the static matrices of linear devices.

use super::system::{Route, System};

/// One entry of a static matrix: unknowns of its row and column, and its slot.
#[derive(Clone, Copy)]
pub(super) struct Term {
    pub(super) row: u32,
    pub(super) column: u32,
    pub(super) slot: u32,
}

/// How large the terms of F of the linear devices are: between two nets what flows counts, g·(v − v₀), not the two products
/// g·v and g·v₀, which may be a million times as large; their sum says nothing about balance.
#[derive(Clone, Default)]
pub(super) struct Sizes {
    /// Entries whose row and column are nets: each beside the net of its row.
    between: Vec<Term>,
    /// All others.
    apart: Vec<Term>,
    /// Rows whose entries between nets do not cancel, and their sums, `[k * lanes + lane]`: what flows to ground.
    grounded: Vec<u32>,
    sums: Vec<f64>,
}

impl Sizes {
    pub(super) fn new(system: &System, terms: &[Term], matrix: &[f64], lanes: usize) -> Sizes {
        let net = |u: u32| system.is_voltage(u as usize);
        let (nets, apart): (Vec<Term>, Vec<Term>) = terms.iter().partition(|t| net(t.row) && net(t.column));
        let mut totals = vec![0.0; system.unknowns() * lanes];
        for term in &nets {
            for lane in 0..lanes {
                totals[term.row as usize * lanes + lane] += matrix[term.slot as usize * lanes + lane];
            }
        }
        let some = |u: &u32| totals[*u as usize * lanes..(*u as usize + 1) * lanes].iter().any(|v| *v != 0.0);
        let grounded: Vec<u32> = (1..system.unknowns() as u32).filter(some).collect();
        let sums = grounded.iter().flat_map(|&u| &totals[u as usize * lanes..(u as usize + 1) * lanes]);
        Sizes {
            between: nets.into_iter().filter(|t| t.row != t.column).collect(),
            apart,
            sums: sums.copied().collect(),
            grounded,
        }
    }

    /// Adds the terms' sizes at x to `magnitude`.
    #[inline(always)]
    pub(super) fn add(&self, matrix: &[f64], x: &[f64], magnitude: &mut [f64], lanes: usize) {
        for term in &self.between {
            let [row, column, slot] = [term.row, term.column, term.slot].map(|k| k as usize * lanes);
            for lane in 0..lanes {
                magnitude[row + lane] += (matrix[slot + lane] * (x[column + lane] - x[row + lane])).abs();
            }
        }
        multiply_sizes(&self.apart, matrix, x, magnitude, lanes);
        for (k, &row) in self.grounded.iter().enumerate() {
            let row = row as usize * lanes;
            for lane in 0..lanes {
                magnitude[row + lane] += (self.sums[k * lanes + lane] * x[row + lane]).abs();
            }
        }
    }
}

#[inline(always)]
pub(super) fn scatter(routes: &[Route], values: &[f64], into: &mut [f64], lanes: usize) {
    for route in routes {
        let (from, to) = (route.from as usize * lanes, route.to as usize * lanes);
        let (into, values) = (&mut into[to..to + lanes], &values[from..from + lanes]);
        for lane in 0..lanes {
            into[lane] += values[lane];
        }
    }
}

#[inline(always)]
pub(super) fn scatter_scaled(routes: &[Route], values: &[f64], scale: &[f64], into: &mut [f64], lanes: usize) {
    for route in routes {
        let (from, to) = (route.from as usize * lanes, route.to as usize * lanes);
        let (into, values) = (&mut into[to..to + lanes], &values[from..from + lanes]);
        for lane in 0..lanes {
            into[lane] += scale[lane] * values[lane];
        }
    }
}

/// The entries of the pattern whose slots are wanted.
pub(super) fn entries(system: &System, wanted: impl Fn(usize) -> bool) -> Vec<Term> {
    let pattern = &system.pattern;
    let mut found = Vec::new();
    for column in 0..pattern.n {
        for slot in (pattern.starts[column]..pattern.starts[column + 1]).filter(|&slot| wanted(slot)) {
            let row = pattern.rows[slot] as u32 + 1;
            found.push(Term { row, column: column as u32 + 1, slot: slot as u32 });
        }
    }
    found
}

/// Adds matrix·x to `rows`.
#[inline(always)]
pub(super) fn multiply(terms: &[Term], matrix: &[f64], x: &[f64], rows: &mut [f64], lanes: usize) {
    for term in terms {
        let [row, column, slot] = [term.row, term.column, term.slot].map(|k| k as usize * lanes);
        let (entry, x) = (&matrix[slot..slot + lanes], &x[column..column + lanes]);
        let sum = &mut rows[row..row + lanes];
        for lane in 0..lanes {
            sum[lane] += entry[lane] * x[lane];
        }
    }
}

/// Adds |terms| of matrix·x to `magnitude`.
#[inline(always)]
pub(super) fn multiply_sizes(terms: &[Term], matrix: &[f64], x: &[f64], magnitude: &mut [f64], lanes: usize) {
    for term in terms {
        let [row, column, slot] = [term.row, term.column, term.slot].map(|k| k as usize * lanes);
        for lane in 0..lanes {
            magnitude[row + lane] += (matrix[slot + lane] * x[column + lane]).abs();
        }
    }
}

/// Adds a device's F or Q to the rows, and its magnitudes.
#[inline(always)]
pub(super) fn gather_rows(routes: &[Route], from: &[f64], rows: &mut [f64], magnitude: &mut [f64], lanes: usize) {
    for route in routes {
        let (k, row) = (route.from as usize * lanes, route.to as usize * lanes);
        let (rows, magnitude) = (&mut rows[row..row + lanes], &mut magnitude[row..row + lanes]);
        for (lane, value) in from[k..k + lanes].iter().enumerate() {
            rows[lane] += value;
            magnitude[lane] += value.abs();
        }
    }
}

//! From what devices load to rows and matrix slots, and products with the static matrices of linear devices.

use super::system::{Route, System};

/// One entry of a static matrix: unknowns of its row and column, and its slot.
#[derive(Clone, Copy)]
pub(super) struct Term {
    pub(super) row: u32,
    pub(super) column: u32,
    pub(super) slot: u32,
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

/// Adds matrix·x to `rows` and the absolute terms to `magnitude`.
#[inline(always)]
pub(super) fn multiply(
    terms: &[Term],
    matrix: &[f64],
    x: &[f64],
    rows: &mut [f64],
    magnitude: &mut [f64],
    lanes: usize,
) {
    for term in terms {
        let (row, column, slot) = (term.row as usize * lanes, term.column as usize * lanes, term.slot as usize * lanes);
        let (entry, x) = (&matrix[slot..slot + lanes], &x[column..column + lanes]);
        let (sum, size) = (&mut rows[row..row + lanes], &mut magnitude[row..row + lanes]);
        for lane in 0..lanes {
            let product = entry[lane] * x[lane];
            sum[lane] += product;
            size[lane] += product.abs();
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

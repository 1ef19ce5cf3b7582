//! A factorization → tables without a decision in them, run over lanes: many systems of one pattern, each instruction
//! working on several.
//!
//! Arrays are lane-minor, `v[slot * lanes + lane]`; the kernels are compiled for 1, 4, 8 and 16 lanes. Products that go into
//! one entry are summed in registers, in the order in which [`super::lu`] subtracts them one by one: a lane has the same
//! bits at every width, and those of [`Lu::refactor`] with the same pivots. A single system gains nothing from a table
//! (measured: three index loads a product against one), so [`super::Solver`] does without.

use super::lu::Lu;
use super::scalar::Scalar;

/// Multiply-subtract operations up to which lanes together beat lanes one by one: beyond, they leave the cache.
pub const LIMIT: usize = 200_000;

/// The program of a factorization and its solve, for any number of lanes. One array holds the factors of a lane by columns:
/// entries above the diagonal, the inverted pivot, L.
#[derive(Clone, Debug)]
pub struct StraightLine {
    row_at: Vec<u32>,
    column_at: Vec<u32>,
    blocks: Vec<u32>,
    /// (index of the caller's value, slot), and the slots without one.
    scatter: Vec<(u32, u32)>,
    fill: Vec<u32>,
    columns: Vec<Column>,
    /// Pivot place of the row of each slot.
    rows: Vec<u32>,
    /// Largest sound magnitude of an entry of L; infinite elsewhere.
    bounds: Vec<f64>,
    /// Slots above the diagonal that products are subtracted from, by column.
    sums: Vec<u32>,
    /// Slots of L and U to multiply: for each of a column's sums, its pivot and its L, up to `pair_ends` of them.
    pairs: Vec<(u32, u32)>,
    pair_ends: Vec<u32>,
}

/// First slot, slot of the pivot and end of a column, and the end of its sums above the diagonal.
#[derive(Clone, Copy, Debug)]
struct Column {
    upper: usize,
    pivot: usize,
    end: usize,
    sums: usize,
}

impl StraightLine {
    /// Freezes the pivots and the pattern of a factorization.
    pub fn new<T: Scalar>(lu: &Lu<T>) -> StraightLine {
        let n = lu.n();
        let mut table = StraightLine {
            row_at: lu.row_at.clone(),
            column_at: lu.ordered.column_at.clone(),
            blocks: lu.ordered.blocks.clone(),
            scatter: Vec::new(),
            fill: Vec::new(),
            columns: Vec::with_capacity(n),
            rows: Vec::with_capacity(lu.entries()),
            bounds: Vec::with_capacity(lu.entries()),
            sums: Vec::new(),
            pairs: Vec::with_capacity(lu.operations()),
            pair_ends: Vec::with_capacity(lu.entries()),
        };
        let mut slot_of_row = vec![0u32; n];
        let mut pairs_of_row: Vec<Vec<(u32, u32)>> = vec![Vec::new(); n];
        for k in 0..n {
            let upper = table.rows.len();
            let off = lu.off.starts[k]..lu.off.starts[k + 1];
            table.scatter.extend(lu.off_sources[off.clone()].iter().copied().zip(upper as u32..));
            table.rows.extend(&lu.off.rows[off]);
            let above = &lu.upper.rows[lu.upper.starts[k]..lu.upper.starts[k + 1]];
            let below = lu.lower.starts[k]..lu.lower.starts[k + 1];
            for &row in above.iter().chain(&[k as u32]).chain(&lu.lower.rows[below.clone()]) {
                slot_of_row[row as usize] = table.rows.len() as u32;
                table.rows.push(row);
            }
            table.bounds.resize(table.rows.len() - below.len(), f64::INFINITY);
            table.bounds.extend(&lu.bounds[below]);
            for &(source, row) in &lu.entries[lu.entry_starts[k]..lu.entry_starts[k + 1]] {
                table.scatter.push((source, slot_of_row[row as usize]));
            }
            for &j in above {
                let Column { pivot, end, .. } = table.columns[j as usize];
                for lower in pivot + 1..end {
                    pairs_of_row[table.rows[lower] as usize].push((lower as u32, slot_of_row[j as usize]));
                }
            }
            let pivot = slot_of_row[k] as usize;
            for slot in pivot - above.len()..table.rows.len() {
                let pairs = &mut pairs_of_row[table.rows[slot] as usize];
                if slot >= pivot || !pairs.is_empty() {
                    if slot < pivot {
                        table.sums.push(slot as u32);
                    }
                    table.pairs.append(pairs);
                    table.pair_ends.push(table.pairs.len() as u32);
                }
            }
            table.columns.push(Column { upper, pivot, end: table.rows.len(), sums: table.sums.len() });
        }
        let mut filled = vec![false; table.rows.len()];
        table.scatter.iter().for_each(|&(_, slot)| filled[slot as usize] = true);
        table.fill.extend((0..).zip(&filled).filter(|(_, filled)| !**filled).map(|(slot, _)| slot));
        table
    }

    pub fn n(&self) -> usize {
        self.columns.len()
    }

    /// Length of the factors of one lane.
    pub fn slots(&self) -> usize {
        self.rows.len()
    }

    /// Factors `W` lanes, `first` to `first + W`, of values that have `lanes` lanes into `lu`, which has `W`.
    ///
    /// Tells of each lane whether its pivots were large enough and all finite; where not, its factors are of no use.
    pub fn refactor<const W: usize>(&self, values: &[f64], lanes: usize, first: usize, lu: &mut [f64]) -> [bool; W] {
        let lu = lu.as_chunks_mut::<W>().0;
        for &slot in &self.fill {
            lu[slot as usize] = [0.0; W];
        }
        // anything but 0 here is a fault of the lane; numbers, not bools, so that the sums stay in vectors
        let mut faults = [0.0; W];
        for &(source, slot) in &self.scatter {
            let from = source as usize * lanes + first;
            let slot = &mut lu[slot as usize];
            slot.copy_from_slice(&values[from..from + W]);
            for (fault, value) in faults.iter_mut().zip(slot) {
                *fault += *value * 0.0;
            }
        }
        let (mut pairs, mut ends, mut sum) = (0, self.pair_ends.iter(), 0);
        let mut entry = |lu: &[[f64; W]], slot: usize| {
            let end = ends.next().map_or(pairs, |&end| end as usize);
            let entry = less_products(lu[slot], lu, &self.pairs[pairs..end]);
            pairs = end;
            entry
        };
        for column in &self.columns {
            for &slot in &self.sums[sum..column.sums] {
                lu[slot as usize] = entry(lu, slot as usize);
            }
            sum = column.sums;
            let inverse = entry(lu, column.pivot).map(|pivot| 1.0 / pivot);
            for (fault, inverse) in faults.iter_mut().zip(inverse) {
                let size = inverse.abs();
                *fault += if size > 0.0 && size < f64::INFINITY { 0.0 } else { 1.0 };
            }
            lu[column.pivot] = inverse;
            for slot in column.pivot + 1..column.end {
                let mut entry = entry(lu, slot);
                let bound = self.bounds[slot];
                for (entry, (inverse, fault)) in entry.iter_mut().zip(inverse.into_iter().zip(&mut faults)) {
                    *entry *= inverse;
                    *fault += if entry.abs() <= bound { 0.0 } else { 1.0 };
                }
                lu[slot] = entry;
            }
        }
        faults.map(|fault| fault == 0.0)
    }

    /// Solves `W` lanes of `b`, which has `lanes`, with factors of `W` lanes; `y` has room for n × `W`.
    pub fn solve<const W: usize>(&self, lu: &[f64], b: &mut [f64], lanes: usize, first: usize, y: &mut [f64]) {
        let lu = lu.as_chunks::<W>().0;
        let y = y.as_chunks_mut::<W>().0;
        for (y, &row) in y.iter_mut().zip(&self.row_at) {
            let from = row as usize * lanes + first;
            y.copy_from_slice(&b[from..from + W]);
        }
        for bounds in self.blocks.windows(2).rev() {
            let block = bounds[0] as usize..bounds[1] as usize;
            for k in block.clone() {
                let Column { pivot, end, .. } = self.columns[k];
                self.subtract(lu, pivot + 1..end, y[k], y);
            }
            for k in block.rev() {
                let Column { upper, pivot, .. } = self.columns[k];
                for (y, inverse) in y[k].iter_mut().zip(lu[pivot]) {
                    *y *= inverse;
                }
                self.subtract(lu, upper..pivot, y[k], y);
            }
        }
        for (y, &column) in y.iter().zip(&self.column_at) {
            let to = column as usize * lanes + first;
            b[to..to + W].copy_from_slice(y);
        }
    }

    #[inline(always)]
    fn subtract<const W: usize>(
        &self,
        lu: &[[f64; W]],
        slots: std::ops::Range<usize>,
        x: [f64; W],
        y: &mut [[f64; W]],
    ) {
        for (entry, &row) in lu[slots.clone()].iter().zip(&self.rows[slots]) {
            for (y, (&entry, x)) in y[row as usize].iter_mut().zip(entry.iter().zip(x)) {
                *y -= entry * x;
            }
        }
    }
}

/// `sum − Σ lu[l]·lu[u]`, lane by lane and from left to right.
#[inline(always)]
fn less_products<const W: usize>(mut sum: [f64; W], lu: &[[f64; W]], pairs: &[(u32, u32)]) -> [f64; W] {
    for &(l, u) in pairs {
        let products = lu[l as usize].iter().zip(&lu[u as usize]);
        for (sum, (l, u)) in sum.iter_mut().zip(products) {
            *sum -= l * u;
        }
    }
    sum
}

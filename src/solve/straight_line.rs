//! A factorization → tables without a decision in them: which values go where, which products are subtracted from what.
//! For small systems, and for many systems of one pattern in lanes.
//!
//! Arrays are lane-minor, `v[slot * lanes + lane]`. The kernels are compiled for 1, 4, 8 and 16 lanes; each lane does the
//! same operations in the same order at every width, so a member's bits do not depend on its company.

use super::lu::Lu;
use super::scalar::Scalar;

/// Multiply-subtract operations up to which a table beats the column code: beyond, the table no longer fits the cache.
pub const LIMIT: usize = 200_000;

/// The program of a factorization and its solve. Slots of column k: entries above the diagonal, the inverted pivot, L.
#[derive(Clone, Debug)]
pub struct StraightLine {
    growth: f64,
    row_at: Vec<u32>,
    column_at: Vec<u32>,
    blocks: Vec<u32>,
    weights: Vec<f64>,
    /// (index of the caller's value, slot)
    scatter: Vec<(u32, u32)>,
    columns: Vec<Column>,
    products: Vec<Product>,
    /// Pivot place of the row of each slot.
    rows: Vec<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Column {
    upper: u32,
    pivot: u32,
    end: u32,
    /// Products of the columns up to and including this one.
    products: u32,
}

/// lu[target] ← lu[target] − lu[lower]·lu[upper]
#[derive(Clone, Copy, Debug)]
struct Product {
    target: u32,
    lower: u32,
    upper: u32,
}

impl StraightLine {
    /// Freezes the pivots and pattern of a factorization.
    pub fn new<T: Scalar>(lu: &Lu<T>) -> StraightLine {
        let n = lu.n();
        let mut scatter = Vec::new();
        let mut columns: Vec<Column> = Vec::with_capacity(n);
        let mut products = Vec::with_capacity(lu.operations());
        let mut rows: Vec<u32> = Vec::with_capacity(lu.entries());
        let mut slot_of_row = vec![0u32; n];
        for k in 0..n {
            let start = rows.len() as u32;
            let off = lu.off.starts[k]..lu.off.starts[k + 1];
            for (slot, &source) in (start..).zip(&lu.off_sources[off.clone()]) {
                scatter.push((source, slot));
            }
            rows.extend(&lu.off.rows[off]);
            let above = &lu.upper.rows[lu.upper.starts[k]..lu.upper.starts[k + 1]];
            let below = &lu.lower.rows[lu.lower.starts[k]..lu.lower.starts[k + 1]];
            for &row in above.iter().chain(&[k as u32]).chain(below) {
                slot_of_row[row as usize] = rows.len() as u32;
                rows.push(row);
            }
            for &(source, row) in &lu.entries[lu.entry_starts[k]..lu.entry_starts[k + 1]] {
                scatter.push((source, slot_of_row[row as usize]));
            }
            for &j in above {
                let from = columns[j as usize];
                products.extend((from.pivot + 1..from.end).map(|lower| Product {
                    target: slot_of_row[rows[lower as usize] as usize],
                    lower,
                    upper: slot_of_row[j as usize],
                }));
            }
            columns.push(Column {
                upper: start,
                pivot: slot_of_row[k],
                end: rows.len() as u32,
                products: products.len() as u32,
            });
        }
        StraightLine {
            growth: lu.options.growth,
            row_at: lu.row_at.clone(),
            column_at: lu.ordered.column_at.clone(),
            blocks: lu.ordered.blocks.clone(),
            weights: lu.weights.clone(),
            scatter,
            columns,
            products,
            rows,
        }
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
    /// `sound[l]` tells whether lane l's pivots were large enough and all finite; where not, its factors are of no use.
    pub fn refactor<T: Scalar, const W: usize>(
        &self,
        values: &[T],
        lanes: usize,
        first: usize,
        lu: &mut [T],
        sound: &mut [bool; W],
    ) {
        let lu = lu.as_chunks_mut::<W>().0;
        lu.fill([T::ZERO; W]);
        let mut finite = [T::ZERO; W];
        for &(source, slot) in &self.scatter {
            let from = source as usize * lanes + first;
            let slot = &mut lu[slot as usize];
            slot.copy_from_slice(&values[from..from + W]);
            for (sum, &value) in finite.iter_mut().zip(slot.iter()) {
                *sum += value * T::ZERO;
            }
        }
        *sound = finite.map(|sum| sum == T::ZERO);
        let mut done = 0;
        for (k, column) in self.columns.iter().enumerate() {
            for product in &self.products[done..column.products as usize] {
                let (l, u) = (lu[product.lower as usize], lu[product.upper as usize]);
                for (target, (l, u)) in lu[product.target as usize].iter_mut().zip(l.into_iter().zip(u)) {
                    *target -= l * u;
                }
            }
            done = column.products as usize;
            let pivot = lu[column.pivot as usize];
            let inverse = pivot.map(T::inverse);
            lu[column.pivot as usize] = inverse;
            let mut largest = [0.0; W];
            let below = column.pivot as usize + 1..column.end as usize;
            for (values, &row) in lu[below.clone()].iter_mut().zip(&self.rows[below]) {
                let weight = self.weights[row as usize];
                for ((value, inverse), largest) in values.iter_mut().zip(inverse).zip(&mut largest) {
                    let scaled = value.magnitude() * weight;
                    *largest = if scaled > *largest || scaled.is_nan() { scaled } else { *largest };
                    *value *= inverse;
                }
            }
            for l in 0..W {
                let enough = pivot[l].magnitude() * self.weights[k] >= self.growth * largest[l];
                sound[l] &= enough && pivot[l] != T::ZERO && inverse[l].is_finite();
            }
        }
    }

    /// Solves `W` lanes of `b`, which has `lanes`, with factors of `W` lanes; `y` has room for n × `W`.
    pub fn solve<T: Scalar, const W: usize>(&self, lu: &[T], b: &mut [T], lanes: usize, first: usize, y: &mut [T]) {
        let lu = lu.as_chunks::<W>().0;
        let y = y.as_chunks_mut::<W>().0;
        for (y, &row) in y.iter_mut().zip(&self.row_at) {
            let from = row as usize * lanes + first;
            y.copy_from_slice(&b[from..from + W]);
        }
        for bounds in self.blocks.windows(2).rev() {
            let block = bounds[0] as usize..bounds[1] as usize;
            for k in block.clone() {
                let column = self.columns[k];
                self.subtract(lu, column.pivot + 1..column.end, y[k], y);
            }
            for k in block.rev() {
                let column = self.columns[k];
                for (y, inverse) in y[k].iter_mut().zip(lu[column.pivot as usize]) {
                    *y *= inverse;
                }
                self.subtract(lu, column.upper..column.pivot, y[k], y);
            }
        }
        for (y, &column) in y.iter().zip(&self.column_at) {
            let to = column as usize * lanes + first;
            b[to..to + W].copy_from_slice(y);
        }
    }

    #[inline(always)]
    fn subtract<T: Scalar, const W: usize>(
        &self,
        lu: &[[T; W]],
        slots: std::ops::Range<u32>,
        x: [T; W],
        y: &mut [[T; W]],
    ) {
        let slots = slots.start as usize..slots.end as usize;
        for (entry, &row) in lu[slots.clone()].iter().zip(&self.rows[slots]) {
            for ((y, &entry), x) in y[row as usize].iter_mut().zip(entry).zip(x) {
                *y -= entry * x;
            }
        }
    }
}

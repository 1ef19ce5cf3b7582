//! Sparse LU by columns: pivots are chosen once, then the same pattern is refactored and solved without allocation.
//!
//! P·A·Q is block upper triangular; each diagonal block is L·U with unit L, and what lies right of the diagonal blocks is
//! kept as it is and enters in the solve. Rows of L and U are pivot places, ascending in each column, which is an order of
//! elimination.

use super::gilbert_peierls::{self, Factors};
use super::order::{Ordered, order};
use super::scalar::{Scalar, all_finite};
use super::{Pattern, Pivoting, SolveError};

/// Sparse columns with their values: column k is `starts[k]..starts[k + 1]`.
#[derive(Clone, Debug)]
pub struct Columns<T> {
    pub starts: Vec<usize>,
    pub rows: Vec<u32>,
    pub values: Vec<T>,
}

impl<T: Scalar> Columns<T> {
    pub fn with_capacity(n: usize, entries: usize) -> Columns<T> {
        let mut starts = Vec::with_capacity(n + 1);
        starts.push(0);
        Columns { starts, rows: Vec::with_capacity(entries), values: Vec::with_capacity(entries) }
    }

    /// Sorts the rows of each column.
    pub fn sort(&mut self) {
        let mut pairs: Vec<(u32, T)> = Vec::new();
        for bounds in self.starts.windows(2) {
            let rows = &mut self.rows[bounds[0]..bounds[1]];
            if rows.is_sorted() {
                continue;
            }
            let values = &mut self.values[bounds[0]..bounds[1]];
            pairs.clear();
            pairs.extend(rows.iter().copied().zip(values.iter().copied()));
            pairs.sort_unstable_by_key(|&(row, _)| row);
            for ((row, value), &pair) in rows.iter_mut().zip(values).zip(&pairs) {
                (*row, *value) = pair;
            }
        }
    }
}

/// What became of a refactorization with the old pivots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refactored {
    Done,
    /// A pivot has become too small (or something is not finite) in this column of the caller: choose new ones with
    /// [`Lu::factor`].
    NeedsPivots {
        column: usize,
    },
}

/// A factorization and the space to renew it.
#[derive(Clone, Debug)]
pub struct Lu<T> {
    pub(super) ordered: Ordered,
    pub(super) options: Pivoting,
    /// The caller's row at each pivot place.
    pub(super) row_at: Vec<u32>,
    pub(super) lower: Columns<T>,
    pub(super) upper: Columns<T>,
    pub(super) inverses: Vec<T>,
    /// How many columns of L from each one on have the same rows but for their own: a supernode's rest.
    alike: Vec<u32>,
    /// Largest sound magnitude of each entry of L.
    pub(super) bounds: Vec<f64>,
    /// Entries right of the diagonal blocks; `off_sources` says where their values come from.
    pub(super) off: Columns<T>,
    pub(super) off_sources: Vec<u32>,
    /// Entries of the diagonal blocks: from the caller's value to a pivot place, by column.
    pub(super) entry_starts: Vec<usize>,
    pub(super) entries: Vec<(u32, u32)>,
    work: Vec<T>,
    searched: u64,
}

impl<T: Scalar> Lu<T> {
    /// Orders the pattern.
    ///
    /// # Errors
    /// [`SolveError::Structural`]
    pub fn new(pattern: &Pattern, options: Pivoting) -> Result<Lu<T>, SolveError> {
        let ordered = order(pattern)?;
        let n = ordered.n;
        Ok(Lu {
            row_at: Vec::new(),
            lower: Columns::with_capacity(0, 0),
            upper: Columns::with_capacity(0, 0),
            inverses: Vec::new(),
            alike: Vec::new(),
            bounds: Vec::new(),
            off: Columns::with_capacity(0, 0),
            off_sources: Vec::new(),
            entry_starts: Vec::new(),
            entries: Vec::new(),
            work: vec![T::ZERO; n],
            searched: 0,
            ordered,
            options,
        })
    }

    pub fn n(&self) -> usize {
        self.ordered.n
    }

    /// Number of diagonal blocks.
    pub fn blocks(&self) -> usize {
        self.ordered.blocks.len() - 1
    }

    /// Entries of L and U with their diagonal, and those right of the diagonal blocks.
    pub fn entries(&self) -> usize {
        self.lower.rows.len() + self.upper.rows.len() + self.inverses.len() + self.off.rows.len()
    }

    /// Multiply-subtract operations of a refactorization.
    pub fn operations(&self) -> usize {
        self.upper.rows.iter().map(|&j| self.lower.starts[j as usize + 1] - self.lower.starts[j as usize]).sum()
    }

    /// Entries of L that the last factorization's depth-first searches looked at.
    pub fn searched(&self) -> u64 {
        self.searched
    }

    /// Factors with new pivots. Values are in the order of the pattern's rows.
    ///
    /// # Errors
    /// [`SolveError::Singular`], [`SolveError::NotFinite`]; the old factors are then still there.
    pub fn factor(&mut self, values: &[T]) -> Result<(), SolveError> {
        let factors = gilbert_peierls::factor(&self.ordered, values, &self.options, true)?;
        self.adopt(factors, values);
        Ok(())
    }

    fn adopt(&mut self, factors: Factors<T>, values: &[T]) {
        let n = self.ordered.n;
        let Factors { lower, upper, inverses, place, weights, searched } = factors;
        (self.lower, self.upper, self.inverses, self.searched) = (lower, upper, inverses, searched);
        self.row_at.resize(n, 0);
        let mut scale = vec![1.0; n];
        for (row, &k) in place.iter().enumerate() {
            self.row_at[k as usize] = self.ordered.row_at[row];
            scale[k as usize] = weights[row];
        }
        self.bounds.clear();
        for (k, column) in self.lower.starts.windows(2).enumerate() {
            let largest = scale[k] / self.options.growth;
            self.bounds.extend(self.lower.rows[column[0]..column[1]].iter().map(|&row| largest / scale[row as usize]));
        }
        self.alike = self.lower.alike();
        self.off = Columns::with_capacity(n, 0);
        self.off_sources.clear();
        self.entry_starts.clear();
        self.entry_starts.push(0);
        self.entries.clear();
        let mut outside: Vec<(u32, u32)> = Vec::new();
        for bounds in self.ordered.blocks.windows(2) {
            for k in bounds[0] as usize..bounds[1] as usize {
                outside.clear();
                for p in self.ordered.starts[k]..self.ordered.starts[k + 1] {
                    let (row, source) = (place[self.ordered.rows[p] as usize], self.ordered.sources[p]);
                    if row < bounds[0] {
                        outside.push((row, source));
                    } else {
                        self.entries.push((source, row));
                    }
                }
                self.entry_starts.push(self.entries.len());
                outside.sort_unstable();
                self.off.rows.extend(outside.iter().map(|&(row, _)| row));
                self.off_sources.extend(outside.iter().map(|&(_, source)| source));
                self.off.starts.push(self.off.rows.len());
            }
        }
        self.off.values.extend(self.off_sources.iter().map(|&s| values[s as usize]));
    }

    /// Factors new values with the old pivots; allocates nothing. Call only after a successful [`Lu::factor`].
    ///
    /// After [`Refactored::NeedsPivots`] the factors are of no use until the next success.
    pub fn refactor(&mut self, values: &[T]) -> Refactored {
        if !all_finite(values) {
            let at = values.iter().position(|v| !v.is_finite()).unwrap_or(0) as u32;
            let entry = self.ordered.sources.iter().position(|&s| s == at).unwrap_or(0);
            return self.needs_pivots(self.ordered.starts.partition_point(|&s| s <= entry) - 1);
        }
        match self.refactor_with(values, 1.0) {
            None => Refactored::Done,
            Some(place) => {
                self.work.fill(T::ZERO);
                self.needs_pivots(place)
            }
        }
    }

    fn needs_pivots(&self, place: usize) -> Refactored {
        Refactored::NeedsPivots { column: self.ordered.column_at[place] as usize }
    }

    /// The place where an entry of L exceeds its bound, in multiples of `slack`.
    fn refactor_with(&mut self, values: &[T], slack: f64) -> Option<usize> {
        let Lu { lower, upper, off, work, inverses, .. } = self;
        for (value, &source) in off.values.iter_mut().zip(&self.off_sources) {
            *value = values[source as usize];
        }
        let x = work.as_mut_slice();
        for k in 0..inverses.len() {
            for &(source, row) in &self.entries[self.entry_starts[k]..self.entry_starts[k + 1]] {
                x[row as usize] = values[source as usize];
            }
            let (mut p, end) = (upper.starts[k], upper.starts[k + 1]);
            while p < end {
                let j = upper.rows[p] as usize;
                let alike = (self.alike[j] as usize).min(end - p);
                p += match alike {
                    0 | 1 => lower.eliminate::<1>(j, x, &mut upper.values[p..]),
                    2 | 3 => lower.eliminate::<2>(j, x, &mut upper.values[p..]),
                    _ => lower.eliminate::<4>(j, x, &mut upper.values[p..]),
                };
            }
            let inverse = std::mem::take(&mut x[k]).inverse();
            inverses[k] = inverse;
            let size = inverse.magnitude();
            let mut sound = size > 0.0 && size < f64::INFINITY;
            let column = lower.starts[k]..lower.starts[k + 1];
            let stored = lower.values[column.clone()].iter_mut().zip(&self.bounds[column.clone()]);
            for (&row, (stored, &bound)) in lower.rows[column].iter().zip(stored) {
                let value = std::mem::take(&mut x[row as usize]) * inverse;
                sound &= value.magnitude() <= slack * bound;
                *stored = value;
            }
            if !sound {
                return Some(k);
            }
        }
        None
    }

    /// b ← A⁻¹b. `scratch` is at least as long as `b`.
    pub fn solve(&self, b: &mut [T], scratch: &mut [T]) {
        let y = &mut scratch[..self.ordered.n];
        for (y, &row) in y.iter_mut().zip(&self.row_at) {
            *y = b[row as usize];
        }
        for bounds in self.ordered.blocks.windows(2).rev() {
            let block = bounds[0] as usize..bounds[1] as usize;
            for k in block.clone() {
                self.lower.subtract(k, y[k], y);
            }
            for k in block.rev() {
                y[k] *= self.inverses[k];
                self.upper.subtract(k, y[k], y);
                self.off.subtract(k, y[k], y);
            }
        }
        for (&value, &column) in y.iter().zip(&self.ordered.column_at) {
            b[column as usize] = value;
        }
    }

    /// b ← A⁻ᵀb (transposed, not conjugated): adjoint sensitivities and noise. `scratch` is at least as long as `b`.
    pub fn solve_transposed(&self, b: &mut [T], scratch: &mut [T]) {
        let y = &mut scratch[..self.ordered.n];
        for (y, &column) in y.iter_mut().zip(&self.ordered.column_at) {
            *y = b[column as usize];
        }
        for bounds in self.ordered.blocks.windows(2) {
            let block = bounds[0] as usize..bounds[1] as usize;
            for k in block.clone() {
                let rest = y[k] - self.upper.dot(k, y) - self.off.dot(k, y);
                y[k] = rest * self.inverses[k];
            }
            for k in block.rev() {
                let known = self.lower.dot(k, y);
                y[k] -= known;
            }
        }
        for (&value, &row) in y.iter().zip(&self.row_at) {
            b[row as usize] = value;
        }
    }
}

impl<T: Scalar> Columns<T> {
    /// For each column, how many from it on share their rows: row j + 1 and those of column j + 1 are the rows of column j.
    fn alike(&self) -> Vec<u32> {
        let column = |j: usize| &self.rows[self.starts[j]..self.starts[j + 1]];
        let n = self.starts.len() - 1;
        let mut alike = vec![1; n];
        for j in (1..n).rev() {
            if column(j - 1).split_first().is_some_and(|(&first, rest)| first as usize == j && rest == column(j)) {
                alike[j - 1] = alike[j] + 1;
            }
        }
        alike
    }

    /// Takes the entries of U in rows j to j + W out of x and subtracts their multiples of W columns of L that are alike:
    /// each element of x is loaded and stored once for W products. Gives W.
    #[inline(always)]
    fn eliminate<const W: usize>(&self, j: usize, x: &mut [T], upper: &mut [T]) -> usize {
        let columns: [&[T]; W] = std::array::from_fn(|c| &self.values[self.starts[j + c]..self.starts[j + c + 1]]);
        let mut u = [T::ZERO; W];
        for c in 0..W {
            u[c] = std::mem::take(&mut x[j + c]);
            for b in 0..c {
                u[c] -= columns[b][c - b - 1] * u[b];
            }
        }
        upper[..W].copy_from_slice(&u);
        let rows = &self.rows[self.starts[j + W - 1]..self.starts[j + W]];
        let shared: [&[T]; W] = std::array::from_fn(|c| &columns[c][W - 1 - c..][..rows.len()]);
        match rows {
            [] => {}
            [first, .., last] if (last - first) as usize == rows.len() - 1 => {
                let x = &mut x[*first as usize..][..rows.len()];
                for (i, x) in x.iter_mut().enumerate() {
                    let mut value = *x;
                    for c in 0..W {
                        value -= shared[c][i] * u[c];
                    }
                    *x = value;
                }
            }
            _ => {
                for (i, &row) in rows.iter().enumerate() {
                    let x = &mut x[row as usize];
                    let mut value = *x;
                    for c in 0..W {
                        value -= shared[c][i] * u[c];
                    }
                    *x = value;
                }
            }
        }
        W
    }

    /// y ← y − (column k)·factor
    #[inline(always)]
    fn subtract(&self, k: usize, factor: T, y: &mut [T]) {
        let column = self.starts[k]..self.starts[k + 1];
        for (&row, &value) in self.rows[column.clone()].iter().zip(&self.values[column]) {
            y[row as usize] -= value * factor;
        }
    }

    /// (column k)ᵀ·y
    #[inline(always)]
    fn dot(&self, k: usize, y: &[T]) -> T {
        let column = self.starts[k]..self.starts[k + 1];
        let mut sum = T::ZERO;
        for (&row, &value) in self.rows[column.clone()].iter().zip(&self.values[column]) {
            sum += value * y[row as usize];
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A side × side grid of unit conductances with one more to ground at each node, and an upwind extra that makes it
    /// unsymmetric.
    fn grid(side: usize) -> (Pattern, Vec<f64>) {
        let mut triplets = Vec::new();
        for at in 0..side * side {
            triplets.push((at, at, 1.0));
            for next in [at + 1, at + side] {
                if next < side * side && (next != at + 1 || next % side != 0) {
                    triplets.extend([(at, at, 1.0), (next, next, 1.25), (at, next, -1.0), (next, at, -1.25)]);
                }
            }
        }
        Pattern::from_triplets(side * side, &triplets)
    }

    #[test]
    fn pruning_shortens_the_searches_and_changes_nothing_else() {
        let (pattern, values) = grid(24);
        let mut lu = Lu::new(&pattern, Pivoting::default()).unwrap();
        lu.factor(&values).unwrap();
        let unpruned = gilbert_peierls::factor(&lu.ordered, &values, &lu.options, false).unwrap();
        assert!(3 * lu.searched() < unpruned.searched, "{} against {}", lu.searched(), unpruned.searched);
        assert_eq!(lu.lower.rows, unpruned.lower.rows);
        assert_eq!(lu.upper.rows, unpruned.upper.rows);
    }

    #[test]
    fn rows_in_other_units_keep_their_pivots() {
        let (pattern, values) = grid(6);
        let scaled: Vec<f64> =
            values.iter().zip(&pattern.rows).map(|(&v, &row)| if row % 3 == 0 { v * 1e12 } else { v }).collect();
        let mut lu = Lu::new(&pattern, Pivoting::default()).unwrap();
        lu.factor(&values).unwrap();
        let rows = lu.row_at.clone();
        lu.factor(&scaled).unwrap();
        assert_eq!(lu.row_at, rows);
    }

    #[test]
    fn supernodes_of_a_grid_are_found() {
        // the last separator of a grid is dense: as many columns alike as the grid is wide, at least
        let (pattern, values) = grid(16);
        let mut lu = Lu::new(&pattern, Pivoting::default()).unwrap();
        lu.factor(&values).unwrap();
        assert!(lu.alike.iter().max() >= Some(&12), "{:?}", lu.alike);
    }

    #[test]
    fn blind_pivots_lose_digits_and_the_growth_test_brings_them_back() {
        // εx + y = 2, x − εy = 1 is factored for ε = 1; with ε = 1e-9 its solution is x = 1 + ε(2 − ε)/(1 + ε²)
        let matrix = |e: f64| Pattern::from_triplets(2, &[(0, 0, e), (0, 1, 1.0), (1, 0, 1.0), (1, 1, -e)]);
        let (pattern, before) = matrix(1.0);
        let (_, after) = matrix(1e-9);
        let exact = [1.0 + 2e-9 - 1e-18, 2.0 - 1e-9 - 2e-18];
        let error = |lu: &Lu<f64>| {
            let mut b = [2.0, 1.0];
            lu.solve(&mut b, &mut [0.0; 2]);
            b.iter().zip(exact).map(|(x, exact)| (x / exact - 1.0).abs()).fold(0.0, f64::max)
        };
        let mut lu = Lu::new(&pattern, Pivoting::default()).unwrap();
        lu.factor(&before).unwrap();
        assert_eq!(lu.refactor_with(&after, f64::INFINITY), None);
        assert!(error(&lu) > 1e-9, "{}", error(&lu));
        assert!(matches!(lu.refactor(&after), Refactored::NeedsPivots { .. }));
        lu.factor(&after).unwrap();
        assert!(error(&lu) < 1e-15, "{}", error(&lu));
    }

    #[test]
    fn transposed_solve_of_two_blocks() {
        // upper triangular by blocks {0, 1} and {2}: Aᵀx = b with x = (1, 2, 3)
        let (pattern, values) = Pattern::from_triplets(
            3,
            &[(0, 0, 4.0), (0, 1, 1.0), (1, 0, 2.0), (1, 1, 5.0), (0, 2, 7.0), (1, 2, -1.0), (2, 2, 3.0)],
        );
        let mut lu = Lu::new(&pattern, Pivoting::default()).unwrap();
        lu.factor(&values).unwrap();
        assert_eq!(lu.blocks(), 2);
        let mut b = [4.0 + 2.0 * 2.0, 1.0 + 2.0 * 5.0, 7.0 - 2.0 + 9.0];
        lu.solve_transposed(&mut b, &mut [0.0; 3]);
        for (x, expected) in b.iter().zip([1.0, 2.0, 3.0]) {
            assert!((x - expected).abs() < 1e-14, "{b:?}");
        }
    }
}

//! Ordered matrix and values → L, U and a row permutation: left-looking LU with threshold partial pivoting.
//!
//! Each column is a sparse triangular solve whose pattern a depth-first search over the columns of L finds (Gilbert and
//! Peierls, SIAM J. Sci. Stat. Comput. 9, 1988). Symmetric pruning keeps the search short: once U(j,k) and L(k,j) are both
//! there, all that column j leads to can be had through column k (Eisenstat and Liu, SIAM J. Sci. Comput. 14, 1993).

use super::lu::Columns;
use super::order::Ordered;
use super::scalar::{Scalar, all_finite};
use super::{Pivoting, SolveError};

/// L (unit diagonal left out), U (diagonal left out) and the inverted pivots; rows are pivot places, ascending.
#[derive(Debug)]
pub struct Factors<T> {
    pub lower: Columns<T>,
    pub upper: Columns<T>,
    pub inverses: Vec<T>,
    /// The pivot place of each row of the ordered matrix.
    pub place: Vec<u32>,
    /// 1 / (largest entry of the row), by ordered row: magnitudes are compared after this scaling.
    pub weights: Vec<f64>,
    /// Entries of L that the depth-first searches looked at.
    pub searched: u64,
}

const NONE: u32 = u32::MAX;

/// Factors the diagonal blocks of `ordered`.
///
/// # Errors
/// [`SolveError::Singular`] and [`SolveError::NotFinite`], columns in the caller's numbering.
pub fn factor<T: Scalar>(
    ordered: &Ordered,
    values: &[T],
    options: &Pivoting,
    prune: bool,
) -> Result<Factors<T>, SolveError> {
    let n = ordered.n;
    if !all_finite(values) {
        let at = values.iter().position(|v| !v.is_finite()).unwrap_or(0) as u32;
        let entry = ordered.sources.iter().position(|&s| s == at).unwrap_or(0);
        let column = ordered.starts.partition_point(|&s| s <= entry) - 1;
        return Err(SolveError::NotFinite { column: ordered.column_at[column] as usize });
    }
    let mut work = Work {
        ordered,
        values,
        options,
        prune,
        x: vec![T::ZERO; n],
        largest: 0.0,
        terms: Vec::new(),
        mark: vec![NONE; n],
        row_at: vec![NONE; n],
        diagonal: (0..n as u32).collect(),
        diagonal_of: (0..n as u32).collect(),
        pruned: vec![usize::MAX; n],
        reach: Vec::new(),
        stack: Vec::new(),
        factors: Factors {
            lower: Columns::with_capacity(n, 2 * values.len()),
            upper: Columns::with_capacity(n, 2 * values.len()),
            inverses: Vec::with_capacity(n),
            place: vec![NONE; n],
            weights: row_weights(ordered, values),
            searched: 0,
        },
    };
    for bounds in ordered.blocks.windows(2) {
        for k in bounds[0]..bounds[1] {
            work.column(k, bounds[0])?;
        }
    }
    let mut factors = work.factors;
    for row in &mut factors.lower.rows {
        *row = factors.place[*row as usize];
    }
    factors.lower.sort();
    factors.upper.sort();
    Ok(factors)
}

/// Inverse largest magnitude of each row inside its diagonal block, 1 for an empty row.
fn row_weights<T: Scalar>(ordered: &Ordered, values: &[T]) -> Vec<f64> {
    let mut largest = vec![0.0f64; ordered.n];
    for bounds in ordered.blocks.windows(2) {
        for p in ordered.starts[bounds[0] as usize]..ordered.starts[bounds[1] as usize] {
            let row = ordered.rows[p];
            if row >= bounds[0] {
                let row = &mut largest[row as usize];
                *row = row.max(values[ordered.sources[p] as usize].magnitude());
            }
        }
    }
    largest.iter().map(|&m| if m > f64::MIN_POSITIVE { 1.0 / m } else { 1.0 }).collect()
}

struct Work<'a, T> {
    ordered: &'a Ordered,
    values: &'a [T],
    options: &'a Pivoting,
    prune: bool,
    /// The column being solved, by ordered row.
    x: Vec<T>,
    /// Its largest scaled entry before elimination and among those of U.
    largest: f64,
    /// Sums of the magnitudes of the terms that made each value: only where a pivot is in doubt.
    terms: Vec<f64>,
    /// The last column whose search reached this row.
    mark: Vec<u32>,
    /// Ordered row of each pivot place.
    row_at: Vec<u32>,
    /// The row preferred as pivot of each column, and its inverse; a row lost to another column is replaced by that one's.
    diagonal: Vec<u32>,
    diagonal_of: Vec<u32>,
    /// Where a pruned column of L ends for the search.
    pruned: Vec<usize>,
    /// Pivot places in the pattern of the column, each before those it depends on.
    reach: Vec<u32>,
    stack: Vec<(u32, usize)>,
    /// While a block is worked on, the rows of its L are ordered rows.
    factors: Factors<T>,
}

impl<T: Scalar> Work<'_, T> {
    fn column(&mut self, k: u32, block: u32) -> Result<(), SolveError> {
        let start = self.factors.lower.rows.len();
        self.reach.clear();
        let entries = self.ordered.starts[k as usize]..self.ordered.starts[k as usize + 1];
        for p in entries.clone() {
            let row = self.ordered.rows[p];
            if row >= block && self.mark[row as usize] != k {
                self.visit(row, k);
            }
        }
        self.largest = 0.0;
        for p in entries {
            let row = self.ordered.rows[p] as usize;
            if row >= block as usize {
                self.x[row] = self.values[self.ordered.sources[p] as usize];
                self.largest = self.largest.max(self.scaled(row));
            }
        }
        self.eliminate();
        let chosen = self.choose_pivot(k, start, block)?;
        self.store(k, start, chosen);
        if self.prune {
            self.prune_columns(k);
        }
        Ok(())
    }

    /// Depth-first search from an unmarked row: marks what it reaches, lists pivotal places in postorder and other rows as
    /// those of the new column of L.
    fn visit(&mut self, row: u32, k: u32) {
        let lower = &mut self.factors.lower;
        self.mark[row as usize] = k;
        let place = self.factors.place[row as usize];
        if place == NONE {
            lower.rows.push(row);
            return;
        }
        self.stack.push((place, lower.starts[place as usize]));
        while let Some((j, from)) = self.stack.pop() {
            let end = self.pruned[j as usize].min(lower.starts[j as usize + 1]);
            let mut child = None;
            for p in from..end {
                self.factors.searched += 1;
                let row = lower.rows[p];
                if self.mark[row as usize] == k {
                    continue;
                }
                self.mark[row as usize] = k;
                let place = self.factors.place[row as usize];
                if place == NONE {
                    lower.rows.push(row);
                } else {
                    child = Some((p + 1, place));
                    break;
                }
            }
            match child {
                Some((next, place)) => {
                    self.stack.push((j, next));
                    self.stack.push((place, lower.starts[place as usize]));
                }
                None => self.reach.push(j),
            }
        }
    }

    fn scaled(&self, row: usize) -> f64 {
        self.x[row].magnitude() * self.factors.weights[row]
    }

    /// x ← L⁻¹x, sparse.
    fn eliminate(&mut self) {
        let lower = &self.factors.lower;
        for &j in self.reach.iter().rev() {
            let pivot_row = self.row_at[j as usize] as usize;
            let u = self.x[pivot_row];
            self.largest = self.largest.max(u.magnitude() * self.factors.weights[pivot_row]);
            let column = lower.starts[j as usize]..lower.starts[j as usize + 1];
            for (&row, &l) in lower.rows[column.clone()].iter().zip(&lower.values[column]) {
                self.x[row as usize] -= l * u;
            }
        }
    }

    /// The index in L's list of the row to pivot on.
    ///
    /// A value that rounding alone could have made is no candidate. L's scaled entries are bounded by the pivot rule, so a
    /// scaled value not far below the column's largest is above rounding; only for others are the terms summed.
    fn choose_pivot(&mut self, k: u32, start: usize, block: u32) -> Result<usize, SolveError> {
        let column = self.ordered.column_at[k as usize] as usize;
        if self.factors.lower.rows[start..].iter().any(|&row| !self.x[row as usize].is_finite()) {
            return Err(SolveError::NotFinite { column });
        }
        let doubtful = 1e5 * self.options.absolute.max(f64::EPSILON) * self.largest;
        match self.largest_candidate(k, start, |_| 0.0) {
            Some((at, scaled)) if scaled > doubtful => return Ok(at),
            _ => {}
        }
        self.sum_terms(k, block);
        let floor = |row: usize| {
            let terms = self.terms[row];
            (self.options.absolute * terms.min(1.0)).max(0.5 * f64::EPSILON * terms)
        };
        let chosen = self.largest_candidate(k, start, floor);
        let threshold = self.factors.lower.rows[start..].iter().map(|&row| floor(row as usize)).fold(0.0, f64::max);
        self.terms.clear();
        chosen.map(|(at, _)| at).ok_or_else(|| SolveError::Singular {
            column,
            threshold,
            dependent: self.dependent_columns(k, block),
        })
    }

    /// Among values above their floor the preferred one if it is large enough, else the largest; its index and scaled size.
    fn largest_candidate(&self, k: u32, start: usize, floor: impl Fn(usize) -> f64) -> Option<(usize, f64)> {
        let mut best: Option<(usize, f64)> = None;
        let mut diagonal = None;
        for (at, &row) in self.factors.lower.rows.iter().enumerate().skip(start) {
            if self.x[row as usize].magnitude() <= floor(row as usize) {
                continue;
            }
            let scaled = self.scaled(row as usize);
            if best.is_none_or(|(_, largest)| scaled > largest) {
                best = Some((at, scaled));
            }
            if row == self.diagonal[k as usize] {
                diagonal = Some((at, scaled));
            }
        }
        let (_, largest) = best?;
        diagonal.filter(|&(_, scaled)| scaled >= self.options.relative * largest).or(best)
    }

    /// The sums of magnitudes behind each value of x.
    fn sum_terms(&mut self, k: u32, block: u32) {
        let lower = &self.factors.lower;
        self.terms.resize(self.ordered.n, 0.0);
        for p in self.ordered.starts[k as usize]..self.ordered.starts[k as usize + 1] {
            let row = self.ordered.rows[p];
            if row >= block {
                self.terms[row as usize] = self.values[self.ordered.sources[p] as usize].magnitude();
            }
        }
        for &j in &self.reach {
            let u = self.x[self.row_at[j as usize] as usize];
            for p in lower.starts[j as usize]..lower.starts[j as usize + 1] {
                self.terms[lower.rows[p] as usize] += (lower.values[p] * u).magnitude();
            }
        }
    }

    /// The columns, `k` included, whose combination vanishes: c = U⁻¹u, where u is what elimination left of column k.
    fn dependent_columns(&self, k: u32, block: u32) -> Vec<usize> {
        let upper = &self.factors.upper;
        let mut c = vec![T::ZERO; (k - block) as usize];
        for &j in &self.reach {
            c[(j - block) as usize] = self.x[self.row_at[j as usize] as usize];
        }
        for j in (block..k).rev() {
            let at = (j - block) as usize;
            c[at] *= self.factors.inverses[j as usize];
            let solved = c[at];
            for p in upper.starts[j as usize]..upper.starts[j as usize + 1] {
                c[(upper.rows[p] - block) as usize] -= upper.values[p] * solved;
            }
        }
        let largest = c.iter().map(|v| v.magnitude()).fold(1.0, f64::max);
        let mut columns: Vec<usize> = (block..k)
            .filter(|&j| c[(j - block) as usize].magnitude() > 1e-8 * largest)
            .chain([k])
            .map(|j| self.ordered.column_at[j as usize] as usize)
            .collect();
        columns.sort_unstable();
        columns
    }

    /// Moves column k from x into L and U.
    fn store(&mut self, k: u32, start: usize, chosen: usize) {
        let Factors { lower, upper, inverses, place, .. } = &mut self.factors;
        let row = lower.rows.swap_remove(chosen);
        let inverse = self.x[row as usize].inverse();
        self.x[row as usize] = T::ZERO;
        place[row as usize] = k;
        self.row_at[k as usize] = row;
        inverses.push(inverse);
        let lost = self.diagonal[k as usize];
        if lost != row {
            let other = self.diagonal_of[row as usize];
            self.diagonal[other as usize] = lost;
            self.diagonal_of[lost as usize] = other;
        }
        for &row in &lower.rows[start..] {
            lower.values.push(self.x[row as usize] * inverse);
            self.x[row as usize] = T::ZERO;
        }
        lower.starts.push(lower.rows.len());
        for &j in &self.reach {
            let row = self.row_at[j as usize] as usize;
            upper.rows.push(j);
            upper.values.push(self.x[row]);
            self.x[row] = T::ZERO;
        }
        upper.starts.push(upper.rows.len());
    }

    /// Ends the search of each column j with U(j,k) ≠ 0 and L(k,j) ≠ 0 at its rows that are pivotal by now.
    fn prune_columns(&mut self, k: u32) {
        let Factors { lower, place, .. } = &mut self.factors;
        let pivot_row = self.row_at[k as usize];
        for &j in &self.reach {
            let j = j as usize;
            let (start, end) = (lower.starts[j], lower.starts[j + 1]);
            if self.pruned[j] != usize::MAX || !lower.rows[start..end].contains(&pivot_row) {
                continue;
            }
            let mut boundary = start;
            for p in start..end {
                if place[lower.rows[p] as usize] != NONE {
                    lower.rows.swap(boundary, p);
                    lower.values.swap(boundary, p);
                    boundary += 1;
                }
            }
            self.pruned[j] = boundary;
        }
    }
}

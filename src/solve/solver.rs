//! What Newton calls: values in, factors out; pivots are kept while they are good and chosen anew where they are not.

use super::lu::{Lu, Refactored};
use super::scalar::Scalar;
use super::{Pattern, Pivoting, SolveError};

/// Counts of what a solver has done and the size of its factors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SolverStats {
    pub unknowns: usize,
    /// Diagonal blocks of the block-triangular form.
    pub blocks: usize,
    /// Entries of L, U and right of the diagonal blocks.
    pub entries: usize,
    /// Multiply-subtracts of one refactorization.
    pub operations: usize,
    /// Factorizations that chose pivots, those forced by a pivot that had become too small among them.
    pub factors: usize,
    pub repivots: usize,
    /// Factorizations that kept the pivots.
    pub refactors: usize,
    pub solves: usize,
}

/// Sparse LU of matrices of one pattern.
#[derive(Clone, Debug)]
pub struct Solver<T> {
    pattern: Pattern,
    options: Pivoting,
    lu: Option<Lu<T>>,
    /// Whether the pivots are of use for new values, and the factors for a solve.
    pivoted: bool,
    factored: bool,
    scratch: Vec<T>,
    stats: SolverStats,
}

impl<T: Scalar> Solver<T> {
    /// Nothing is computed yet: the first [`Solver::factor`] orders the pattern.
    pub fn new(pattern: &Pattern, options: Pivoting) -> Solver<T> {
        Solver {
            pattern: pattern.clone(),
            options,
            lu: None,
            pivoted: false,
            factored: false,
            scratch: vec![T::ZERO; pattern.n],
            stats: SolverStats { unknowns: pattern.n, ..SolverStats::default() },
        }
    }

    /// Factors; values are in the order of the pattern's rows. Keeps the pivots as long as they are good, chooses new ones
    /// where they are not. Allocates only in the latter case.
    ///
    /// # Errors
    /// Every [`SolveError`]; a solve then gives NaN until a factorization succeeds.
    pub fn factor(&mut self, values: &[T]) -> Result<(), SolveError> {
        self.factored = false;
        let lu = match &mut self.lu {
            Some(lu) => lu,
            None => self.lu.insert(Lu::new(&self.pattern, self.options)?),
        };
        if self.pivoted {
            if lu.refactor(values) == Refactored::Done {
                self.stats.refactors += 1;
                self.factored = true;
                return Ok(());
            }
            self.stats.repivots += 1;
            self.pivoted = false;
        }
        lu.factor(values)?;
        self.stats.factors += 1;
        self.stats.blocks = lu.blocks();
        self.stats.entries = lu.entries();
        self.stats.operations = lu.operations();
        self.pivoted = true;
        self.factored = true;
        Ok(())
    }

    /// b ← A⁻¹b with the last factors. NaN if there are none.
    pub fn solve(&mut self, b: &mut [T]) {
        self.stats.solves += 1;
        match &self.lu {
            Some(lu) if self.factored => lu.solve(b, &mut self.scratch),
            _ => b.fill(T::ZERO * T::ZERO.inverse()),
        }
    }

    /// b ← A⁻ᵀb (not conjugated) with the last factors. NaN if there are none.
    pub fn solve_transposed(&mut self, b: &mut [T]) {
        self.stats.solves += 1;
        match &self.lu {
            Some(lu) if self.factored => lu.solve_transposed(b, &mut self.scratch),
            _ => b.fill(T::ZERO * T::ZERO.inverse()),
        }
    }

    pub fn stats(&self) -> SolverStats {
        self.stats
    }
}

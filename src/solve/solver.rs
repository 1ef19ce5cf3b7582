//! What Newton calls: values in, factors out, by whichever method suits the size; new pivots where the old ones fail.

use super::lu::{Lu, Refactored};
use super::scalar::Scalar;
use super::straight_line::{LIMIT, StraightLine};
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
    /// Whether refactorizations run from a table.
    pub straight_line: bool,
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
    table: Option<Table<T>>,
    /// Whether the pivots are of use for new values, and the factors for a solve.
    pivoted: bool,
    factored: bool,
    scratch: Vec<T>,
    stats: SolverStats,
}

#[derive(Clone, Debug)]
struct Table<T> {
    program: StraightLine,
    factors: Vec<T>,
}

impl<T: Scalar> Solver<T> {
    /// Nothing is computed yet: the first [`Solver::factor`] orders the pattern.
    pub fn new(pattern: &Pattern, options: Pivoting) -> Solver<T> {
        Solver {
            pattern: pattern.clone(),
            options,
            lu: None,
            table: None,
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
        if self.pivoted {
            if self.refactor(values) {
                self.stats.refactors += 1;
                self.factored = true;
                return Ok(());
            }
            self.stats.repivots += 1;
            self.pivoted = false;
        }
        let lu = match &mut self.lu {
            Some(lu) => lu,
            None => self.lu.insert(Lu::new(&self.pattern, self.options)?),
        };
        lu.factor(values)?;
        self.stats.factors += 1;
        self.stats.blocks = lu.blocks();
        self.stats.entries = lu.entries();
        self.stats.operations = lu.operations();
        self.stats.straight_line = self.stats.operations <= LIMIT;
        self.table = self.stats.straight_line.then(|| {
            let program = StraightLine::new(lu);
            let factors = vec![T::ZERO; program.slots()];
            Table { program, factors }
        });
        self.pivoted = true;
        self.factored = match &mut self.table {
            Some(table) => table.refactor(values),
            None => true,
        };
        Ok(())
    }

    fn refactor(&mut self, values: &[T]) -> bool {
        match (&mut self.table, &mut self.lu) {
            (Some(table), _) => table.refactor(values),
            (None, Some(lu)) => lu.refactor(values) == Refactored::Done,
            (None, None) => false,
        }
    }

    /// b ← A⁻¹b with the last factors. NaN if there are none.
    pub fn solve(&mut self, b: &mut [T]) {
        self.stats.solves += 1;
        match (&self.table, &self.lu) {
            (Some(table), _) if self.factored => {
                table.program.solve::<T, 1>(&table.factors, b, 1, 0, &mut self.scratch);
            }
            (None, Some(lu)) if self.factored => lu.solve(b, &mut self.scratch),
            _ => b.fill(T::ZERO * T::ZERO.inverse()),
        }
    }

    pub fn stats(&self) -> SolverStats {
        self.stats
    }
}

impl<T: Scalar> Table<T> {
    fn refactor(&mut self, values: &[T]) -> bool {
        let mut sound = [false];
        self.program.refactor::<T, 1>(values, 1, 0, &mut self.factors, &mut sound);
        sound[0]
    }
}

//! Linear systems: factor once, refactor on the same pattern, solve in place. Knows no device.
//!
//! [`Pattern`] → [`matching`] (a structural diagonal) → [`btf`] (block-triangular form) → [`order`] (minimum degree inside
//! the blocks) → [`lu`] (pivots, L and U) → [`straight_line`] (the same
//! factorization as tables, for ensembles). [`solver`] and [`batch`] are what Newton calls.

pub mod batch;
pub mod btf;
pub mod csmat;
pub mod dense;
mod gilbert_peierls;
pub mod lu;
pub mod matching;
pub mod order;
pub mod scalar;
pub mod solver;
pub mod straight_line;

use thiserror::Error;

pub use batch::BatchSolver;
pub use scalar::Scalar;
pub use solver::{Solver, SolverStats};

/// Why a matrix could not be factored. Rows and columns are in the caller's numbering.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum SolveError {
    /// No values can make these columns independent: the pattern itself is singular. All columns and rows that a maximum
    /// matching leaves alone, as many rows as columns, each list ascending.
    #[error("structurally singular: no pivot for columns {columns:?}, rows {rows:?}")]
    Structural { columns: Vec<usize>, rows: Vec<usize> },
    /// Every candidate pivot of `column` is below `threshold`. `dependent` is the set of columns, this one included, of which
    /// a combination vanishes: the nets that float together, the sources of one loop.
    #[error("singular: no pivot above {threshold:e} in column {column}; dependent columns {dependent:?}")]
    Singular { column: usize, threshold: f64, dependent: Vec<usize> },
    /// A value is not finite.
    #[error("a value of column {column} is not finite")]
    NotFinite { column: usize },
}

impl SolveError {
    /// The column where it shows first.
    pub fn column(&self) -> Option<usize> {
        match self {
            SolveError::Structural { columns, .. } => columns.first().copied(),
            SolveError::Singular { column, .. } | SolveError::NotFinite { column } => Some(*column),
        }
    }
}

/// The pattern of a square matrix, compressed by columns: rows of column j are `rows[starts[j]..starts[j + 1]]`, ascending.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Pattern {
    pub n: usize,
    pub starts: Vec<usize>,
    pub rows: Vec<usize>,
}

impl Pattern {
    /// Rows of column `j`, ascending.
    pub fn column(&self, j: usize) -> &[usize] {
        &self.rows[self.starts[j]..self.starts[j + 1]]
    }
}

/// How pivots are chosen and when fixed ones are given up. Magnitudes are compared after scaling each row by its largest
/// entry, so that a row in other units does not decide the choice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pivoting {
    /// The diagonal is the pivot if it is at least this fraction of the column's largest candidate (SPICE `pivrel`).
    pub relative: f64,
    /// A candidate must exceed this, or this times the largest terms of its sum where those are below 1 (SPICE `pivtol`):
    /// conductances of 1e-15 S are small, not singular.
    pub absolute: f64,
    /// A refactored pivot below this fraction of its column's largest candidate calls for new pivots: errors would grow by
    /// the inverse of it.
    pub growth: f64,
}

impl Default for Pivoting {
    fn default() -> Pivoting {
        Pivoting { relative: 1e-3, absolute: 1e-13, growth: 1e-5 }
    }
}

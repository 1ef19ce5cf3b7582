//! Linear systems: factor once, refactor on the same pattern, solve in place. Knows no device.

use thiserror::Error;

/// Why a matrix could not be factored. Columns are in the caller's numbering.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum SolveError {
    /// No entry can ever make these columns independent: the pattern itself is singular.
    #[error("structurally singular: no pivot for column {column}")]
    Structural { column: usize },
    /// Every candidate pivot of the column is zero or below the absolute pivot tolerance.
    #[error("singular: no pivot above {threshold:e} in column {column}")]
    Singular { column: usize, threshold: f64 },
    /// A value is not finite.
    #[error("a value of column {column} is not finite")]
    NotFinite { column: usize },
}

/// The pattern of a square matrix, compressed by columns: rows of column j are `rows[starts[j]..starts[j + 1]]`, ascending.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Pattern {
    pub n: usize,
    pub starts: Vec<usize>,
    pub rows: Vec<usize>,
}

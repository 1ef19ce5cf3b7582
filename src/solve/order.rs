//! Pattern → the permutation to factor it in: matching, block-triangular form, then minimum degree inside each block.
//!
//! Approximate minimum degree (Amestoy, Davis, Duff, SIAM J. Matrix Anal. Appl. 17, 1996) works on A + Aᵀ of each diagonal
//! block, which bounds the fill of L and U as long as pivots stay on the diagonal.

use super::btf::block_triangular;
use super::matching::match_columns;
use super::{Pattern, SolveError};

/// The matrix with rows and columns permuted: its block b covers rows and columns `blocks[b]..blocks[b + 1]`, and nothing
/// lies below the diagonal blocks.
#[derive(Clone, Debug)]
pub struct Ordered {
    pub n: usize,
    /// The caller's row and column at each place.
    pub row_at: Vec<u32>,
    pub column_at: Vec<u32>,
    pub blocks: Vec<u32>,
    /// The permuted columns, rows in no order: `rows[starts[k]..starts[k + 1]]`.
    pub starts: Vec<usize>,
    pub rows: Vec<u32>,
    /// Where the value of each entry is in the caller's array.
    pub sources: Vec<u32>,
}

/// Orders a square pattern for factoring.
///
/// # Errors
/// [`SolveError::Structural`] if no permutation gives a diagonal without zeros.
pub fn order(pattern: &Pattern) -> Result<Ordered, SolveError> {
    let n = pattern.n;
    let matched = match_columns(pattern)?;
    let blocks = block_triangular(pattern, &matched);
    let mut column_of_row = vec![0; n];
    for (j, &i) in matched.iter().enumerate() {
        column_of_row[i] = j;
    }
    let mut column_at: Vec<u32> = Vec::with_capacity(n);
    let mut local = vec![usize::MAX; n];
    for b in 0..blocks.starts.len() - 1 {
        let members = &blocks.columns[blocks.starts[b]..blocks.starts[b + 1]];
        for (at, &j) in members.iter().enumerate() {
            local[j] = at;
        }
        let places = minimum_degree(members.len(), |at, rows| {
            rows.extend(
                pattern.column(members[at]).iter().map(|&i| local[column_of_row[i]]).filter(|&r| r != usize::MAX),
            );
        });
        column_at.extend(places.iter().map(|&at| members[at] as u32));
        for &j in members {
            local[j] = usize::MAX;
        }
    }
    let row_at: Vec<u32> = column_at.iter().map(|&j| matched[j as usize] as u32).collect();
    let mut place_of_row = vec![0u32; n];
    for (place, &i) in row_at.iter().enumerate() {
        place_of_row[i as usize] = place as u32;
    }
    let mut starts = Vec::with_capacity(n + 1);
    let mut rows = Vec::with_capacity(pattern.rows.len());
    let mut sources = Vec::with_capacity(pattern.rows.len());
    starts.push(0);
    for &j in &column_at {
        for p in pattern.starts[j as usize]..pattern.starts[j as usize + 1] {
            rows.push(place_of_row[pattern.rows[p]]);
            sources.push(p as u32);
        }
        starts.push(rows.len());
    }
    let blocks = blocks.starts.iter().map(|&s| s as u32).collect();
    Ok(Ordered { n, row_at, column_at, blocks, starts, rows, sources })
}

/// Elimination order of one block: the column at each place. `column(j, rows)` appends the rows of column j.
fn minimum_degree(n: usize, column: impl Fn(usize, &mut Vec<usize>)) -> Vec<usize> {
    if n <= 2 {
        return (0..n).collect();
    }
    let mut starts = Vec::with_capacity(n + 1);
    let mut rows: Vec<usize> = Vec::new();
    starts.push(0);
    for j in 0..n {
        let start = rows.len();
        column(j, &mut rows);
        rows[start..].sort_unstable();
        starts.push(rows.len());
    }
    match amd::order(n, &starts, &rows, &amd::Control::default()) {
        Ok((places, _, _)) => places,
        Err(_) => (0..n).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arrow_is_eliminated_from_its_tips() {
        // a hub connected to all: eliminating it first would fill everything
        let n = 30;
        let (mut starts, mut rows) = (vec![0], Vec::new());
        for j in 0..n {
            if j == 0 {
                rows.extend(0..n);
            } else {
                rows.extend([0, j]);
            }
            starts.push(rows.len());
        }
        let ordered = order(&Pattern { n, starts, rows }).unwrap();
        let place = ordered.column_at.iter().position(|&j| j == 0).unwrap();
        assert!(place >= n - 2, "hub at {place}");
    }

    #[test]
    fn grounded_sources_are_peeled_off_as_blocks_of_one() {
        // node a driven by V, nodes b and c behind it: unknowns a b c i(V)
        let p = Pattern { n: 4, starts: vec![0, 3, 6, 8, 9], rows: vec![0, 1, 3, 0, 1, 2, 1, 2, 0] };
        let ordered = order(&p).unwrap();
        assert_eq!(ordered.blocks, [0, 1, 3, 4]);
        for k in 0..4 {
            let block = ordered.blocks.iter().rposition(|&s| s as usize <= k).unwrap();
            let end = ordered.blocks[block + 1];
            assert!(ordered.rows[ordered.starts[k]..ordered.starts[k + 1]].iter().all(|&r| r < end));
        }
    }
}

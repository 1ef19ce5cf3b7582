//! Pattern and matching → block upper triangular form: strongly connected components in the order in which a solve needs
//! them last to first.
//!
//! Tarjan's algorithm (SIAM J. Comput. 1, 1972) with an explicit stack: petgraph's is recursive and a chain of a million
//! unknowns would end the thread.

use super::Pattern;

/// Columns grouped by block: block b is `columns[starts[b]..starts[b + 1]]`. With the rows matched to them in the same
/// order, the entries of a block's columns lie in its own rows or in those of earlier blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocks {
    pub columns: Vec<usize>,
    pub starts: Vec<usize>,
}

const NONE: usize = usize::MAX;

/// The irreducible diagonal blocks of the matrix whose column j has its diagonal in row `row_of_column[j]`.
pub fn block_triangular(pattern: &Pattern, row_of_column: &[usize]) -> Blocks {
    let n = pattern.n;
    let mut column_of_row = vec![0; n];
    for (j, &i) in row_of_column.iter().enumerate() {
        column_of_row[i] = j;
    }
    let mut blocks = Blocks { columns: Vec::with_capacity(n), starts: vec![0] };
    let mut visited_as = vec![NONE; n];
    let mut low = vec![0; n];
    let mut done = vec![false; n];
    let mut clock = 0;
    let mut calls: Vec<(usize, usize)> = Vec::new();
    let mut component: Vec<usize> = Vec::new();
    for root in 0..n {
        if visited_as[root] != NONE {
            continue;
        }
        calls.push((root, pattern.starts[root]));
        while let Some((j, from)) = calls.pop() {
            if from == pattern.starts[j] && visited_as[j] == NONE {
                visited_as[j] = clock;
                low[j] = clock;
                clock += 1;
                component.push(j);
            }
            let mut child = None;
            for p in from..pattern.starts[j + 1] {
                let k = column_of_row[pattern.rows[p]];
                if visited_as[k] == NONE {
                    child = Some((p, k));
                    break;
                }
                if !done[k] {
                    low[j] = low[j].min(low[k]);
                }
            }
            if let Some((p, k)) = child {
                // entry p is read again after k returns, for low[k]
                calls.push((j, p));
                calls.push((k, pattern.starts[k]));
            } else if low[j] == visited_as[j] {
                while let Some(k) = component.pop() {
                    done[k] = true;
                    blocks.columns.push(k);
                    if k == j {
                        break;
                    }
                }
                blocks.starts.push(blocks.columns.len());
            }
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::solve::matching::match_columns;

    #[test]
    fn two_loops_and_a_one_way_link_are_two_blocks() {
        // 0 ⇄ 1, 2 ⇄ 3, and column 1 also acts on row 2: block {2, 3} must come first
        let p = Pattern { n: 4, starts: vec![0, 2, 5, 7, 9], rows: vec![0, 1, 0, 1, 2, 2, 3, 2, 3] };
        let mut blocks = block_triangular(&p, &match_columns(&p).unwrap());
        assert_eq!(blocks.starts, [0, 2, 4]);
        blocks.columns[..2].sort();
        assert_eq!(blocks.columns[..2], [2, 3]);
    }

    #[test]
    fn every_entry_lies_on_or_above_the_block_diagonal() {
        // a fixed scatter of entries over a full diagonal
        let n = 60;
        let (mut starts, mut rows) = (vec![0], Vec::new());
        for j in 0..n {
            let mut column = vec![j, (j * 7 + 3) % n];
            if j % 3 == 0 {
                column.push((j * j + 1) % n);
            }
            column.sort();
            column.dedup();
            rows.extend(column);
            starts.push(rows.len());
        }
        let p = Pattern { n, starts, rows };
        let matched = match_columns(&p).unwrap();
        let blocks = block_triangular(&p, &matched);
        let mut block_of_row = vec![0; n];
        for b in 0..blocks.starts.len() - 1 {
            for &j in &blocks.columns[blocks.starts[b]..blocks.starts[b + 1]] {
                block_of_row[matched[j]] = b;
            }
        }
        for j in 0..n {
            assert!(p.column(j).iter().all(|&i| block_of_row[i] <= block_of_row[matched[j]]));
        }
        assert!(blocks.starts.len() > 2);
    }

    #[test]
    fn a_chain_of_200_000_unknowns_does_not_overflow_the_stack() {
        let n = 200_000usize;
        let (mut starts, mut rows) = (vec![0], Vec::new());
        for j in 0..n {
            rows.extend(j.saturating_sub(1)..=(j + 1).min(n - 1));
            starts.push(rows.len());
        }
        let p = Pattern { n, starts, rows };
        let blocks = block_triangular(&p, &(0..n).collect::<Vec<_>>());
        assert_eq!(blocks.starts, [0, n]);
    }
}

//! Pattern → a row for each column with no row used twice: a diagonal without structural zeros.
//!
//! Maximum transversal by depth-first augmenting paths with cheap assignment (Duff, "On algorithms for obtaining a maximum
//! transversal", ACM TOMS 7, 1981). Diagonal entries are taken first, so a symmetric pattern keeps its diagonal.

use super::{Pattern, SolveError};

const NONE: usize = usize::MAX;

/// The row matched to each column.
///
/// # Errors
/// [`SolveError::Structural`] with every column and row that a maximum matching leaves alone.
pub fn match_columns(pattern: &Pattern) -> Result<Vec<usize>, SolveError> {
    let n = pattern.n;
    let mut column_of_row = vec![NONE; n];
    let mut open = Vec::new();
    for (j, owner) in column_of_row.iter_mut().enumerate() {
        if pattern.column(j).binary_search(&j).is_ok() {
            *owner = j;
        } else {
            open.push(j);
        }
    }
    let mut search = Search {
        pattern,
        untried: pattern.starts[..n].to_vec(),
        mark: vec![0; n],
        round: 0,
        path: Vec::new(),
        seen: Vec::new(),
    };
    let columns: Vec<usize> = open.into_iter().filter(|&j| !search.augment(j, &mut column_of_row)).collect();
    if !columns.is_empty() {
        let rows = (0..n).filter(|&i| column_of_row[i] == NONE).collect();
        return Err(SolveError::Structural { columns, rows });
    }
    let mut row_of_column = vec![0; n];
    for (i, &j) in column_of_row.iter().enumerate() {
        row_of_column[j] = i;
    }
    Ok(row_of_column)
}

/// Columns that a failed search saw: no path from them can ever reach a free row again.
const DEAD: usize = usize::MAX;

struct Search<'a> {
    pattern: &'a Pattern,
    /// Where to go on looking for a free row in each column; rows never become free again.
    untried: Vec<usize>,
    mark: Vec<usize>,
    round: usize,
    /// (column, next entry to follow, row it goes through)
    path: Vec<(usize, usize, usize)>,
    seen: Vec<usize>,
}

impl Search<'_> {
    /// Finds column `from` a row, moving others along an alternating path.
    fn augment(&mut self, from: usize, column_of_row: &mut [usize]) -> bool {
        self.round += 1;
        self.path.clear();
        self.seen.clear();
        self.enter(from);
        while let Some(&(j, next, _)) = self.path.last() {
            let depth = self.path.len() - 1;
            if let Some(row) = self.free_row(j, column_of_row) {
                self.path[depth].2 = row;
                for &(column, _, row) in &self.path {
                    column_of_row[row] = column;
                }
                return true;
            }
            let end = self.pattern.starts[j + 1];
            let step = (next..end).find_map(|p| {
                let row = self.pattern.rows[p];
                let owner = column_of_row[row];
                (self.mark[owner] != self.round && self.mark[owner] != DEAD).then_some((p, row, owner))
            });
            match step {
                Some((p, row, owner)) => {
                    self.path[depth].1 = p + 1;
                    self.path[depth].2 = row;
                    self.enter(owner);
                }
                None => {
                    self.path.pop();
                }
            }
        }
        for &j in &self.seen {
            self.mark[j] = DEAD;
        }
        false
    }

    fn enter(&mut self, j: usize) {
        self.mark[j] = self.round;
        self.seen.push(j);
        self.path.push((j, self.pattern.starts[j], NONE));
    }

    fn free_row(&mut self, j: usize, column_of_row: &[usize]) -> Option<usize> {
        while self.untried[j] < self.pattern.starts[j + 1] {
            let row = self.pattern.rows[self.untried[j]];
            self.untried[j] += 1;
            if column_of_row[row] == NONE {
                return Some(row);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(columns: &[&[usize]]) -> Pattern {
        let mut starts = vec![0];
        let mut rows = Vec::new();
        for c in columns {
            rows.extend_from_slice(c);
            starts.push(rows.len());
        }
        Pattern { n: columns.len(), starts, rows }
    }

    #[test]
    fn a_voltage_source_takes_the_row_of_its_node() {
        // nodes a, b and the branch of V(a): g_a g_ab 1 / g_ab g_b 0 / 1 0 0
        let p = pattern(&[&[0, 1, 2], &[0, 1], &[0]]);
        assert_eq!(match_columns(&p), Ok(vec![2, 1, 0]));
    }

    #[test]
    fn all_that_cannot_be_matched_is_named() {
        // columns 1, 2 and 3 have only row 0 between them
        let p = pattern(&[&[0, 3], &[0], &[0], &[0]]);
        let error = match_columns(&p).unwrap_err();
        let SolveError::Structural { columns, rows } = error else { panic!("{error}") };
        assert_eq!((columns.len(), rows), (2, vec![1, 2]));
    }

    #[test]
    fn an_empty_column_is_named_with_its_row() {
        let p = pattern(&[&[0], &[], &[0, 2]]);
        assert_eq!(match_columns(&p), Err(SolveError::Structural { columns: vec![1], rows: vec![1] }));
    }

    #[test]
    fn a_long_alternating_path_needs_no_deep_stack() {
        // column j < n−1 holds rows j and j+1 and owns j; the last holds row 0 only, so all must move down by one
        let n = 200_000;
        let mut starts = vec![0];
        let mut rows = Vec::new();
        for j in 0..n - 1 {
            rows.extend([j, j + 1]);
            starts.push(rows.len());
        }
        rows.push(0);
        starts.push(rows.len());
        let matched = match_columns(&Pattern { n, starts, rows }).unwrap();
        assert!((0..n).all(|j| matched[j] == (j + 1) % n));
    }
}

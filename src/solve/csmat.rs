//! [`Pattern`] with values ⇄ sprs' compressed columns: for products, prints and oracles.

use sprs::{CsMat, TriMat};

use super::Pattern;
use super::scalar::Scalar;

impl Pattern {
    /// From (row, column, value) triplets of an n × n matrix; those of one place are added. The values come in the order of
    /// the pattern's entries. Triplets outside the matrix are left out.
    pub fn from_triplets<T: Scalar>(n: usize, triplets: &[(usize, usize, T)]) -> (Pattern, Vec<T>) {
        let mut sorted: Vec<_> = triplets.iter().filter(|&&(i, j, _)| i < n && j < n).copied().collect();
        sorted.sort_by_key(|&(i, j, _)| (j, i));
        let mut pattern = Pattern { n, starts: vec![0; n + 1], rows: Vec::new() };
        let mut values: Vec<T> = Vec::new();
        let mut last = None;
        for (i, j, v) in sorted {
            match values.last_mut() {
                Some(sum) if last == Some((i, j)) => *sum += v,
                _ => {
                    pattern.rows.push(i);
                    pattern.starts[j + 1] += 1;
                    values.push(v);
                }
            }
            last = Some((i, j));
        }
        for j in 0..n {
            pattern.starts[j + 1] += pattern.starts[j];
        }
        (pattern, values)
    }

    /// The matrix with these values, by columns. None if there are not as many values as entries.
    pub fn matrix<T: Scalar>(&self, values: &[T]) -> Option<CsMat<T>> {
        let shape = (self.n, self.n);
        CsMat::try_new_csc(shape, self.starts.clone(), self.rows.clone(), values.to_vec()).ok()
    }

    /// The pattern of a square matrix of sprs and its values in the pattern's order. None if it is not square.
    pub fn from_matrix<T: Scalar>(matrix: &CsMat<T>) -> Option<(Pattern, Vec<T>)> {
        if matrix.rows() != matrix.cols() {
            return None;
        }
        let columns = if matrix.is_csc() { matrix.clone() } else { matrix.to_csc() };
        let (starts, rows, values) = columns.into_raw_storage();
        Some((Pattern { n: matrix.rows(), starts, rows }, values))
    }

    /// Assembles with sprs what a caller collects as triplets of ones: the pattern alone.
    pub fn from_entries(n: usize, entries: impl IntoIterator<Item = (usize, usize)>) -> Pattern {
        let mut triplets = TriMat::<u8>::new((n, n));
        for (i, j) in entries {
            if i < n && j < n {
                triplets.add_triplet(i, j, 0);
            }
        }
        let (starts, rows, _) = triplets.to_csc::<usize>().into_raw_storage();
        Pattern { n, starts, rows }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triplets_of_one_place_add_up_and_survive_the_way_to_sprs_and_back() {
        let (pattern, values) =
            Pattern::from_triplets(3, &[(2, 0, 1.0), (0, 0, 4.0), (2, 0, 0.5), (1, 1, 2.0), (1, 2, 3.0)]);
        assert_eq!((pattern.starts.as_slice(), pattern.rows.as_slice()), (&[0, 2, 3, 4][..], &[0, 2, 1, 1][..]));
        assert_eq!(values, [4.0, 1.5, 2.0, 3.0]);
        let matrix = pattern.matrix(&values).unwrap();
        assert_eq!(&matrix * &ndarray::arr1(&[1.0, 10.0, 100.0]), ndarray::arr1(&[4.0, 320.0, 1.5]));
        assert_eq!(Pattern::from_matrix(&matrix), Some((pattern.clone(), values.clone())));
        assert_eq!(Pattern::from_matrix(&matrix.to_csr()), Some((pattern.clone(), values)));
        assert_eq!(Pattern::from_entries(3, [(2, 0), (0, 0), (2, 0), (1, 1), (1, 2)]), pattern);
    }
}

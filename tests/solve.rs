//! The sparse solver against nalgebra's dense LU, and what it must say of matrices that have no solution.

mod solve_matrices;

use memspice::solve::dense::{solve_dense, solve_dense_complex};
use memspice::solve::lu::{Lu, Refactored};
use memspice::solve::{BatchSolver, Pattern, Pivoting, Scalar, SolveError, Solver};
use num_complex::Complex64;
use proptest::prelude::*;
use solve_matrices::{Nodal, Numbers, crossbar, grid, ladder, ring};

/// max |b − A x| / (max row sum · max |x|), by sprs.
fn residual<T: Scalar>(pattern: &Pattern, values: &[T], x: &[T], b: &[T]) -> f64 {
    let matrix = pattern.matrix(values).unwrap();
    let mut rest = b.to_vec();
    let mut row_sums = vec![0.0; pattern.n];
    for (&a, (i, j)) in matrix.iter() {
        rest[i] -= a * x[j];
        row_sums[i] += a.magnitude();
    }
    let norm = |v: &[T]| v.iter().map(|v| v.magnitude()).fold(0.0, f64::max);
    norm(&rest) / (row_sums.iter().copied().fold(0.0, f64::max) * norm(x))
}

fn right_side(n: usize) -> Vec<f64> {
    let mut numbers = Numbers(3);
    (0..n).map(|_| numbers.next() - 0.5).collect()
}

fn solved(pattern: &Pattern, values: &[f64], b: &[f64]) -> Vec<f64> {
    let mut solver = Solver::new(pattern, Pivoting::default());
    solver.factor(values).unwrap();
    let mut x = b.to_vec();
    solver.solve(&mut x);
    x
}

fn below(numbers: &mut Numbers, n: usize) -> usize {
    (numbers.next() * n as f64) as usize
}

/// A random sparse matrix with rows and columns shuffled: entries around a hidden diagonal that may be zero in the caller's.
fn random_matrix(n: usize, extra: usize, seed: u64) -> (Pattern, Vec<f64>) {
    let mut numbers = Numbers(seed);
    let mut permutation: Vec<usize> = (0..n).collect();
    for k in (1..n).rev() {
        permutation.swap(k, below(&mut numbers, k + 1));
    }
    let mut triplets: Vec<_> = (0..n).map(|k| (permutation[k], k, numbers.next() + 0.1)).collect();
    for _ in 0..extra {
        triplets.push((below(&mut numbers, n), below(&mut numbers, n), numbers.next() - 0.5));
    }
    Pattern::from_triplets(n, &triplets)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_matrices_agree_with_dense_lu(n in 1usize..60, density in 0usize..5, seed: u64) {
        let (pattern, values) = random_matrix(n, n * density, seed);
        let b = right_side(n);
        let expected = solve_dense(&pattern, &values, &b).unwrap();
        let size = expected.iter().map(|x| x.abs()).fold(0.0, f64::max);
        prop_assume!(size < 1e5);
        let x = solved(&pattern, &values, &b);
        let residual = residual(&pattern, &values, &x, &b);
        // What rounding leaves goes with the terms of the rows, and they with x.
        prop_assert!(residual < 1e-11 * size.max(1.0), "{residual:e} of {size:e}");
        for (x, e) in x.iter().zip(&expected) {
            prop_assert!((x - e).abs() <= 1e-8 * size, "{x} {e}");
        }
    }

    #[test]
    fn complex_matrices_agree_with_dense_lu(n in 1usize..40, seed: u64) {
        let (pattern, real) = random_matrix(n, 3 * n, seed);
        let mut numbers = Numbers(seed ^ 1);
        let values: Vec<_> = real.iter().map(|&re| Complex64::new(re, numbers.next() - 0.5)).collect();
        let b: Vec<_> = right_side(n).iter().map(|&re| Complex64::new(re, 1.0 - re)).collect();
        let expected = solve_dense_complex(&pattern, &values, &b).unwrap();
        let size = expected.iter().map(|x| x.norm()).fold(0.0, f64::max);
        prop_assume!(size < 1e5);
        let mut solver = Solver::new(&pattern, Pivoting::default());
        solver.factor(&values).unwrap();
        let mut x = b.clone();
        solver.solve(&mut x);
        let residual = residual(&pattern, &values, &x, &b);
        prop_assert!(residual < 1e-11, "{residual:e}");
        for (x, e) in x.iter().zip(&expected) {
            prop_assert!((x - e).norm() <= 1e-8 * size, "{x} {e}");
        }
    }

    #[test]
    fn a_refactorization_gives_what_a_factorization_gives(n in 2usize..50, seed: u64) {
        let (pattern, values) = random_matrix(n, 3 * n, seed);
        let mut numbers = Numbers(seed ^ 2);
        let changed: Vec<f64> = values.iter().map(|v| v * (0.8 + 0.4 * numbers.next())).collect();
        let b = right_side(n);
        let mut solver = Solver::new(&pattern, Pivoting::default());
        let mut lu = Lu::new(&pattern, Pivoting::default()).unwrap();
        for values in [&values, &changed] {
            prop_assume!(solver.factor(values).is_ok());
            let mut x = b.clone();
            solver.solve(&mut x);
            prop_assume!(x.iter().all(|x| x.abs() < 1e5));
            prop_assert!(residual(&pattern, values, &x, &b) < 1e-9);
            prop_assume!(lu.factor(values).is_ok());
            let mut transposed = b.clone();
            lu.solve_transposed(&mut transposed, &mut vec![0.0; n]);
            let matrix = pattern.matrix(values).unwrap().transpose_into().to_csc();
            let (pattern, values) = Pattern::from_matrix(&matrix).unwrap();
            prop_assert!(residual(&pattern, &values, &transposed, &b) < 1e-9);
        }
    }

    #[test]
    fn a_lane_has_the_same_bits_alone_in_any_company_and_by_columns(n in 2usize..30, lanes in 1usize..40, seed: u64) {
        let (pattern, nominal) = random_matrix(n, 2 * n, seed);
        let mut numbers = Numbers(seed ^ 3);
        let values: Vec<f64> = nominal.iter().flat_map(|&v| {
            (0..lanes).map(|_| v * (0.9 + 0.2 * numbers.next())).collect::<Vec<_>>()
        }).collect();
        let b: Vec<f64> = (0..n * lanes).map(|_| numbers.next() - 0.5).collect();
        let mut together = BatchSolver::new(&pattern, Pivoting::default(), lanes);
        prop_assume!(together.choose_pivots(&nominal).is_ok());
        let sound = together.factor(&values, &vec![true; lanes]).unwrap().to_vec();
        let mut x = b.clone();
        together.solve(&mut x);
        let mut alone = BatchSolver::new(&pattern, Pivoting::default(), 1);
        alone.choose_pivots(&nominal).unwrap();
        let mut columns = Lu::new(&pattern, Pivoting::default()).unwrap();
        columns.factor(&nominal).unwrap();
        for lane in 0..lanes {
            let own: Vec<f64> = values.iter().skip(lane).step_by(lanes).copied().collect();
            prop_assert_eq!(alone.factor(&own, &[true]).unwrap()[0], sound[lane]);
            prop_assert_eq!(columns.refactor(&own) == Refactored::Done, sound[lane]);
            if sound[lane] {
                let mut y: Vec<f64> = b.iter().skip(lane).step_by(lanes).copied().collect();
                let mut z = y.clone();
                alone.solve(&mut y);
                columns.solve(&mut z, &mut vec![0.0; n]);
                for k in 0..n {
                    prop_assert_eq!(y[k].to_bits(), x[k * lanes + lane].to_bits());
                    prop_assert_eq!(z[k].to_bits(), x[k * lanes + lane].to_bits());
                }
            }
        }
    }
}

#[test]
fn no_unknowns_is_no_trouble() {
    let (pattern, values) = Pattern::from_triplets::<f64>(0, &[]);
    assert!(solved(&pattern, &values, &[]).is_empty());
    let mut batch = BatchSolver::new(&pattern, Pivoting::default(), 3);
    assert_eq!(batch.factor(&values, &[true; 3]).unwrap(), [true; 3]);
}

#[test]
fn circuits_are_solved_to_rounding() {
    for (name, (pattern, values)) in
        [("ladder", ladder(10_000)), ("grid", grid(64)), ("crossbar", crossbar(24)), ("ring", ring(51))]
    {
        let b = right_side(pattern.n);
        let x = solved(&pattern, &values, &b);
        let residual = residual(&pattern, &values, &x, &b);
        assert!(residual < 1e-14, "{name}: {residual:e}");
    }
}

#[test]
fn a_ladder_has_no_fill_and_its_source_is_peeled_off() {
    let (pattern, values) = ladder(10_000);
    let mut solver = Solver::new(&pattern, Pivoting::default());
    solver.factor(&values).unwrap();
    let stats = solver.stats();
    assert_eq!(stats.entries, pattern.rows.len());
    assert_eq!(stats.blocks, 3);
}

#[test]
fn fill_of_a_grid_stays_near_minimum_degree() {
    let (pattern, values) = grid(64);
    let mut solver = Solver::new(&pattern, Pivoting::default());
    solver.factor(&values).unwrap();
    // 31 n log2(n)/4 entries bound nested dissection (George 1973); minimum degree does better at this size
    assert!(solver.stats().entries < 250_000, "{:?}", solver.stats());
}

#[test]
fn conductances_of_femtosiemens_are_not_singular() {
    let mut m = Nodal::default();
    m.conductance(1, 2, 1e-15);
    m.conductance(2, 0, 3e-15);
    let (pattern, values) = m.matrix(2);
    // 4 fA into node 1: 4/3 V on node 2, 4 V more on node 1
    let x = solved(&pattern, &values, &[4e-15, 0.0]);
    assert!((x[1] - 4.0 / 3.0).abs() < 1e-14 && (x[0] - 16.0 / 3.0).abs() < 1e-14, "{x:?}");
}

#[test]
fn a_loop_of_voltage_sources_names_its_branches() {
    // node 1–3, sources 1–2, 2–3 and 1–3 (branches 4 5 6), a resistor at node 1 and one at an uninvolved node 7
    let mut m = Nodal::default();
    m.voltage_source(1, 2, 4);
    m.voltage_source(2, 3, 5);
    m.voltage_source(1, 3, 6);
    m.conductance(1, 0, 1e-3);
    m.conductance(3, 7, 1e-3);
    m.conductance(7, 0, 1e-3);
    let (pattern, values) = m.matrix(7);
    match Solver::new(&pattern, Pivoting::default()).factor(&values) {
        Err(SolveError::Singular { dependent, .. }) => assert_eq!(dependent, [3, 4, 5]),
        Err(SolveError::Structural { columns, rows }) => assert!(columns.len() == 1 && rows.len() == 1),
        other => panic!("{other:?}"),
    }
}

#[test]
fn nets_that_float_together_are_named_together() {
    // 1–2–3 float; 4–5 are grounded
    let mut m = Nodal::default();
    m.conductance(1, 2, 1e-3);
    m.conductance(2, 3, 0.7e-5);
    m.conductance(4, 5, 1.0);
    m.conductance(5, 0, 1.0);
    let (pattern, values) = m.matrix(5);
    let error = Solver::new(&pattern, Pivoting::default()).factor(&values).unwrap_err();
    let SolveError::Singular { dependent, .. } = error else { panic!("{error}") };
    assert_eq!(dependent, [0, 1, 2]);
}

#[test]
fn a_net_without_any_equation_is_structural() {
    let (pattern, values) = Pattern::from_triplets(3, &[(0, 0, 1.0), (2, 0, 1.0), (0, 2, 1.0), (2, 2, 1.0)]);
    let error = Solver::new(&pattern, Pivoting::default()).factor(&values).unwrap_err();
    assert_eq!(error, SolveError::Structural { columns: vec![1], rows: vec![1] });
}

#[test]
fn a_value_that_is_not_finite_names_its_column() {
    let (pattern, values) = grid(4);
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut broken = values.clone();
        broken[pattern.starts[5]] = bad;
        let mut solver = Solver::new(&pattern, Pivoting::default());
        assert_eq!(solver.factor(&broken), Err(SolveError::NotFinite { column: 5 }));
        solver.factor(&values).unwrap();
        assert_eq!(solver.factor(&broken), Err(SolveError::NotFinite { column: 5 }));
        let mut x = [1.0; 16];
        solver.solve(&mut x);
        assert!(x.iter().all(|x| x.is_nan()));
        solver.factor(&values).unwrap();
    }
}

#[test]
fn a_switch_that_opens_forces_new_pivots() {
    // a conductance of 1 S at the near side of a floating source falls to 1e-12 S
    for cells in [3, 40] {
        let circuit = |g: f64| {
            let mut m = Nodal(grid_triplets(cells));
            let (node, branch) = (cells * cells + 1, cells * cells + 2);
            m.voltage_source(node, 1, branch);
            m.conductance(node, 0, g);
            m.matrix(cells * cells + 2)
        };
        let (pattern, closed) = circuit(1.0);
        let (_, open) = circuit(1e-12);
        let b = right_side(pattern.n);
        let mut solver = Solver::new(&pattern, Pivoting::default());
        solver.factor(&closed).unwrap();
        solver.factor(&open).unwrap();
        assert_eq!((solver.stats().factors, solver.stats().repivots), (2, 1), "{:?}", solver.stats());
        let mut x = b.clone();
        solver.solve(&mut x);
        assert!(residual(&pattern, &open, &x, &b) < 1e-15);
    }
}

fn grid_triplets(side: usize) -> Vec<(usize, usize, f64)> {
    let (pattern, values) = grid(side);
    (0..pattern.n)
        .flat_map(|j| (pattern.starts[j]..pattern.starts[j + 1]).map(move |p| (p, j)))
        .map(|(p, j)| (pattern.rows[p], j, values[p]))
        .collect()
}

#[test]
fn a_lane_that_needs_its_own_pivots_is_flagged_and_its_neighbors_are_not() {
    let (pattern, nominal) = Pattern::from_triplets(2, &[(0, 0, 1.0), (0, 1, 1.0), (1, 0, 1.0), (1, 1, -1.0)]);
    let lanes = 9;
    let mut values: Vec<f64> = nominal.iter().flat_map(|&v| [v; 9]).collect();
    values[3] = 1e-9;
    values[3 * lanes + 3] = -1e-9;
    values[5] = f64::NAN;
    values[lanes + 8] = f64::INFINITY;
    let mut active = [true; 9];
    active[7] = false;
    let mut batch = BatchSolver::new(&pattern, Pivoting::default(), lanes);
    let sound = batch.factor(&values, &active).unwrap();
    assert_eq!(sound, [true, true, true, false, true, false, true, false, false]);
}

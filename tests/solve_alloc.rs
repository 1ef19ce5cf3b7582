//! A Newton loop must not allocate: after the first factorization neither does a refactorization nor a solve.

mod solve_matrices;

use std::alloc::System;

use memspice::solve::{BatchSolver, Pivoting, Solver};
use num_complex::Complex64;
use solve_matrices::{crossbar, grid, ladder, ring};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Allocations and reallocations during `work`.
fn allocations(work: impl FnOnce()) -> usize {
    let region = Region::new(ALLOCATOR);
    work();
    let change = region.change();
    change.allocations + change.reallocations
}

/// A program of its own, without the test harness: its threads would be counted along.
fn main() {
    assert!(allocations(|| drop(std::hint::black_box(vec![0.0; 10]))) > 0);
    for (name, (pattern, values)) in
        [("ring", ring(51)), ("ladder", ladder(1000)), ("grid", grid(48)), ("crossbar", crossbar(32))]
    {
        let mut solver = Solver::new(&pattern, Pivoting::default());
        solver.factor(&values).unwrap();
        let mut b = vec![1.0; pattern.n];
        let count = allocations(|| {
            for _ in 0..10 {
                solver.factor(&values).unwrap();
                solver.solve(&mut b);
            }
        });
        assert_eq!((count, solver.stats().refactors), (0, 10), "{name}");

        let values: Vec<Complex64> = values.iter().map(|&v| Complex64::new(v, 0.1 * v)).collect();
        let mut solver = Solver::new(&pattern, Pivoting::default());
        solver.factor(&values).unwrap();
        let mut b = vec![Complex64::new(1.0, 0.0); pattern.n];
        let count = allocations(|| {
            solver.factor(&values).unwrap();
            solver.solve(&mut b);
        });
        assert_eq!(count, 0, "complex {name}");
    }
    for (pattern, values) in [ring(11), grid(48)] {
        let lanes = 13;
        let wide: Vec<f64> = values.iter().flat_map(|&v| vec![v; lanes]).collect();
        let (active, mut b) = (vec![true; lanes], vec![1.0; pattern.n * lanes]);
        let mut batch = BatchSolver::new(&pattern, Pivoting::default(), lanes);
        batch.choose_pivots(&values).unwrap();
        let count = allocations(|| {
            assert!(batch.factor(&wide, &active).unwrap().iter().all(|&sound| sound));
            batch.solve(&mut b);
        });
        assert_eq!(count, 0, "{lanes} lanes");
    }
    println!("refactor and solve allocate nothing");
}

//! Times of the linear solver: choosing pivots, refactoring, solving; lanes together against one by one.

#[path = "../tests/solve_matrices/mod.rs"]
mod solve_matrices;

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use memspice::solve::lu::Lu;
use memspice::solve::{BatchSolver, Pattern, Pivoting, Solver};
use num_complex::Complex64;
use solve_matrices::{crossbar, grid, ladder, ring};

fn matrices() -> Vec<(&'static str, Pattern, Vec<f64>)> {
    [
        ("ring51", ring(51)),
        ("ladder10k", ladder(10_000)),
        ("grid24", grid(24)),
        ("grid64", grid(64)),
        ("crossbar64", crossbar(64)),
    ]
    .map(|(name, (pattern, values))| (name, pattern, values))
    .into()
}

fn one_by_one(c: &mut Criterion) {
    for (name, pattern, values) in matrices() {
        let mut lu = Lu::new(&pattern, Pivoting::default()).unwrap();
        c.bench_function(&format!("{name}/order"), |b| {
            b.iter(|| Lu::<f64>::new(black_box(&pattern), Pivoting::default()))
        });
        c.bench_function(&format!("{name}/factor"), |b| b.iter(|| lu.factor(black_box(&values)).unwrap()));
        c.bench_function(&format!("{name}/columns"), |b| b.iter(|| lu.refactor(black_box(&values))));
        let mut solver = Solver::new(&pattern, Pivoting::default());
        solver.factor(&values).unwrap();
        println!("{name}: {:?}", solver.stats());
        c.bench_function(&format!("{name}/refactor"), |b| b.iter(|| solver.factor(black_box(&values)).unwrap()));
        let mut x = vec![1.0; pattern.n];
        c.bench_function(&format!("{name}/solve"), |b| {
            b.iter(|| {
                x.fill(1.0);
                solver.solve(black_box(&mut x));
            })
        });
        let values: Vec<_> = values.iter().map(|&v| Complex64::new(v, 0.1)).collect();
        let mut solver = Solver::new(&pattern, Pivoting::default());
        solver.factor(&values).unwrap();
        c.bench_function(&format!("{name}/complex"), |b| b.iter(|| solver.factor(black_box(&values)).unwrap()));
    }
}

fn lanes(c: &mut Criterion) {
    for (name, pattern, values) in matrices() {
        for lanes in [1, 8, 16] {
            let wide: Vec<f64> = values.iter().flat_map(|&v| vec![v; lanes]).collect();
            let active = vec![true; lanes];
            let mut batch = BatchSolver::new(&pattern, Pivoting::default(), lanes);
            batch.choose_pivots(&values).unwrap();
            c.bench_function(&format!("{name}/lanes{lanes}"), |b| {
                b.iter(|| batch.factor(black_box(&wide), &active).unwrap().len())
            });
        }
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10).warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_millis(500));
    targets = one_by_one, lanes
}
criterion_main!(benches);

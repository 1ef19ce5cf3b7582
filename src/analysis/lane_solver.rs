//! One face for the linear solves of a single circuit and of an ensemble.

use crate::solve::{BatchSolver, Pattern, Pivoting, SolveError, Solver};

use super::failure::Failure;

/// A single circuit picks its own pivots whenever it must. The members of an ensemble share the pivots of the nominal
/// one; a member whose factors would lose digits goes on with pivots of its own.
#[derive(Clone)]
pub enum LaneSolver {
    One(Box<Solver<f64>>),
    Many(Box<Ensemble>),
}

#[derive(Clone)]
pub struct Ensemble {
    batch: BatchSolver,
    pattern: Pattern,
    pivoting: Pivoting,
    lanes: usize,
    /// Members that left the common pivots.
    alone: Vec<Option<Solver<f64>>>,
    /// One lane's values, right-hand side
    values: Vec<f64>,
    b: Vec<Vec<f64>>,
}

impl LaneSolver {
    /// With the Jacobian of a nominal member: for an ensemble.
    pub fn new(
        pattern: &Pattern,
        pivoting: Pivoting,
        lanes: usize,
        nominal: Option<&[f64]>,
    ) -> Result<LaneSolver, Failure> {
        if lanes == 1 && nominal.is_none() {
            return Ok(LaneSolver::One(Box::new(Solver::new(pattern, pivoting))));
        }
        let mut batch = BatchSolver::new(pattern, pivoting, lanes);
        if let Some(nominal) = nominal {
            batch.choose_pivots(nominal)?;
        }
        Ok(LaneSolver::Many(Box::new(Ensemble {
            batch,
            pattern: pattern.clone(),
            pivoting,
            lanes,
            alone: (0..lanes).map(|_| None).collect(),
            values: vec![0.0; pattern.rows.len()],
            b: vec![vec![0.0; pattern.n]; lanes],
        })))
    }

    /// Factors the active lanes. An error names its lane.
    pub fn factor(&mut self, values: &[f64], active: &[bool]) -> Result<(), (usize, SolveError)> {
        match self {
            LaneSolver::One(solver) => solver.factor(values).map_err(|e| (0, e)),
            LaneSolver::Many(ensemble) => ensemble.factor(values, active),
        }
    }

    /// Solves in place, lane-minor.
    pub fn solve(&mut self, b: &mut [f64]) {
        match self {
            LaneSolver::One(solver) => solver.solve(b),
            LaneSolver::Many(ensemble) => ensemble.solve(b),
        }
    }
}

impl Ensemble {
    fn factor(&mut self, values: &[f64], active: &[bool]) -> Result<(), (usize, SolveError)> {
        let sound = self.batch.factor(values, active).map_err(|e| (0, e))?;
        for lane in 0..self.lanes {
            if !active[lane] || sound[lane] && self.alone[lane].is_none() {
                continue;
            }
            self.values.iter_mut().zip(values.iter().skip(lane).step_by(self.lanes)).for_each(|(own, v)| *own = *v);
            let solver = self.alone[lane].get_or_insert_with(|| Solver::new(&self.pattern, self.pivoting));
            solver.factor(&self.values).map_err(|e| (lane, e))?;
        }
        Ok(())
    }

    fn solve(&mut self, b: &mut [f64]) {
        for (lane, own) in self.b.iter_mut().enumerate().filter(|(lane, _)| self.alone[*lane].is_some()) {
            own.iter_mut().zip(b.iter().skip(lane).step_by(self.lanes)).for_each(|(own, v)| *own = *v);
        }
        self.batch.solve(b);
        for (lane, own) in self.b.iter_mut().enumerate() {
            if let Some(solver) = &mut self.alone[lane] {
                solver.solve(own);
                b.iter_mut().skip(lane).step_by(self.lanes).zip(own.iter()).for_each(|(v, own)| *v = *own);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// εx + y = 2, x − εy = 1, lane-minor: pivots chosen for ε = 1 lose digits where ε is 1e-9, and that member alone
    /// goes on with its own.
    #[test]
    fn a_member_that_would_lose_digits_leaves_the_common_pivots() {
        let matrix = |e: f64| Pattern::from_triplets(2, &[(0, 0, e), (0, 1, 1.0), (1, 0, 1.0), (1, 1, -e)]);
        let ((pattern, nominal), (_, hard)) = (matrix(1.0), matrix(1e-9));
        let mut solver = LaneSolver::new(&pattern, Pivoting::default(), 2, Some(&nominal)).unwrap();
        let values: Vec<f64> = nominal.iter().zip(&hard).flat_map(|(a, b)| [*a, *b]).collect();
        solver.factor(&values, &[true; 2]).unwrap();
        let mut b = [2.0, 2.0, 1.0, 1.0];
        solver.solve(&mut b);
        for (x, exact) in b.iter().zip([1.5, 1.0 + 2e-9 - 1e-18, 0.5, 2.0 - 1e-9 - 2e-18]) {
            assert!((x / exact - 1.0).abs() < 1e-15, "{b:?}");
        }
    }
}

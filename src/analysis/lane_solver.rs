//! One face for the linear solves of one lane and of many.

use crate::solve::{BatchSolver, Pattern, Pivoting, SolveError, Solver};

/// One lane picks its own pivots whenever it must; many lanes share the pivots of the first.
pub enum LaneSolver {
    One(Box<Solver<f64>>),
    Many(Box<BatchSolver>),
}

impl LaneSolver {
    pub fn new(pattern: &Pattern, pivoting: Pivoting, lanes: usize) -> LaneSolver {
        if lanes == 1 {
            LaneSolver::One(Box::new(Solver::new(pattern, pivoting)))
        } else {
            LaneSolver::Many(Box::new(BatchSolver::new(pattern, pivoting, lanes)))
        }
    }

    /// Factors the active lanes. An error names its lane.
    pub fn factor(&mut self, values: &[f64], active: &[bool]) -> Result<(), (usize, SolveError)> {
        match self {
            LaneSolver::One(solver) => solver.factor(values).map_err(|e| (0, e)),
            LaneSolver::Many(solver) => solver.factor(values, active),
        }
    }

    /// Solves in place, lane-minor.
    pub fn solve(&mut self, b: &mut [f64]) {
        match self {
            LaneSolver::One(solver) => solver.solve(b),
            LaneSolver::Many(solver) => solver.solve(b),
        }
    }
}

//! Many systems of one pattern, factored and solved together with the pivots of one of them.

use super::lu::{Lu, Refactored};
use super::straight_line::{LIMIT, StraightLine};
use super::{Pattern, Pivoting, SolveError};

/// LU over lanes. Arrays are lane-minor, `values[entry * lanes + lane]`. A lane's factors depend on its own values and the
/// nominal ones only: not on the other lanes, nor on how many there are.
#[derive(Clone, Debug)]
pub struct BatchSolver {
    pattern: Pattern,
    options: Pivoting,
    lanes: usize,
    method: Method,
    sound: Vec<bool>,
}

#[derive(Clone, Debug)]
enum Method {
    /// No pivots yet.
    None,
    /// One program, run over groups of 16, 8, 4 and single lanes.
    Table { program: Box<StraightLine>, groups: Vec<Group> },
    /// Past [`LIMIT`] operations lanes would leave the cache: one at a time.
    Columns { lanes: Vec<Lu<f64>>, values: Vec<f64>, b: Vec<f64>, scratch: Vec<f64> },
}

#[derive(Clone, Debug)]
struct Group {
    first: usize,
    width: usize,
    factors: Vec<f64>,
    y: Vec<f64>,
}

impl BatchSolver {
    /// Nothing is computed yet: [`BatchSolver::choose_pivots`] orders the pattern.
    pub fn new(pattern: &Pattern, options: Pivoting, lanes: usize) -> BatchSolver {
        BatchSolver { pattern: pattern.clone(), options, lanes, method: Method::None, sound: vec![false; lanes] }
    }

    pub fn lanes(&self) -> usize {
        self.lanes
    }

    /// Takes the pivots of all lanes from the values of the nominal member (one lane's worth).
    ///
    /// # Errors
    /// Every [`SolveError`].
    pub fn choose_pivots(&mut self, nominal: &[f64]) -> Result<(), SolveError> {
        let n = self.pattern.n;
        let mut lu = Lu::new(&self.pattern, self.options)?;
        lu.factor(nominal)?;
        self.method = if lu.operations() <= LIMIT {
            let program = Box::new(StraightLine::new(&lu));
            let groups = groups(self.lanes)
                .map(|(first, width)| Group {
                    first,
                    width,
                    factors: vec![0.0; program.slots() * width],
                    y: vec![0.0; n * width],
                })
                .collect();
            Method::Table { program, groups }
        } else {
            Method::Columns {
                lanes: vec![lu; self.lanes],
                values: vec![0.0; self.pattern.rows.len()],
                b: vec![0.0; n],
                scratch: vec![0.0; n],
            }
        };
        Ok(())
    }

    /// Factors the lanes; allocates nothing once pivots are chosen. Without [`BatchSolver::choose_pivots`] the first active
    /// lane is the nominal member. Gives a flag for each lane: its factors are good. A lane that is active and whose flag is
    /// false needs pivots of its own (see [`super::Solver`]); flags of other lanes are false.
    ///
    /// # Errors
    /// Every [`SolveError`], only while pivots are still to be chosen.
    pub fn factor(&mut self, values: &[f64], active: &[bool]) -> Result<&[bool], SolveError> {
        let lanes = self.lanes;
        if let (Method::None, Some(lane)) = (&self.method, active.iter().position(|&a| a)) {
            let nominal: Vec<f64> = values.iter().skip(lane).step_by(lanes).copied().collect();
            self.choose_pivots(&nominal)?;
        }
        match &mut self.method {
            Method::None => self.sound.fill(false),
            Method::Table { program, groups } => {
                for group in groups {
                    let sound = &mut self.sound[group.first..group.first + group.width];
                    if active[group.first..group.first + group.width].contains(&true) {
                        group.factor(program, values, lanes, sound);
                    }
                }
            }
            Method::Columns { lanes: factors, values: own, .. } => {
                for (lane, lu) in factors.iter_mut().enumerate().filter(|&(lane, _)| active[lane]) {
                    own.iter_mut().zip(values.iter().skip(lane).step_by(lanes)).for_each(|(own, &v)| *own = v);
                    self.sound[lane] = lu.refactor(own) == Refactored::Done;
                }
            }
        }
        self.sound.iter_mut().zip(active).for_each(|(sound, &active)| *sound &= active);
        Ok(&self.sound)
    }

    /// b ← A⁻¹b in every lane whose last factorization was good; other lanes of `b` become meaningless.
    pub fn solve(&mut self, b: &mut [f64]) {
        let lanes = self.lanes;
        match &mut self.method {
            Method::None => b.fill(f64::NAN),
            Method::Table { program, groups } => {
                for group in groups {
                    if self.sound[group.first..group.first + group.width].contains(&true) {
                        group.solve(program, b, lanes);
                    }
                }
            }
            Method::Columns { lanes: factors, b: own, scratch, .. } => {
                for (lane, lu) in factors.iter().enumerate().filter(|&(lane, _)| self.sound[lane]) {
                    own.iter_mut().zip(b.iter().skip(lane).step_by(lanes)).for_each(|(own, &v)| *own = v);
                    lu.solve(own, scratch);
                    b.iter_mut().skip(lane).step_by(lanes).zip(own.iter()).for_each(|(b, &v)| *b = v);
                }
            }
        }
    }
}

/// (first lane, width): as many 16s as fit, then an 8, a 4 and ones.
fn groups(lanes: usize) -> impl Iterator<Item = (usize, usize)> {
    let mut first = 0;
    std::iter::from_fn(move || {
        let width = [16, 8, 4, 1].into_iter().find(|w| first + w <= lanes)?;
        first += width;
        Some((first - width, width))
    })
}

impl Group {
    fn factor(&mut self, program: &StraightLine, values: &[f64], lanes: usize, sound: &mut [bool]) {
        match self.width {
            16 => self.factor_wide::<16>(program, values, lanes, sound),
            8 => self.factor_wide::<8>(program, values, lanes, sound),
            4 => self.factor_wide::<4>(program, values, lanes, sound),
            _ => self.factor_wide::<1>(program, values, lanes, sound),
        }
    }

    fn factor_wide<const W: usize>(
        &mut self,
        program: &StraightLine,
        values: &[f64],
        lanes: usize,
        sound: &mut [bool],
    ) {
        sound.copy_from_slice(&program.refactor::<W>(values, lanes, self.first, &mut self.factors));
    }

    fn solve(&mut self, program: &StraightLine, b: &mut [f64], lanes: usize) {
        match self.width {
            16 => program.solve::<16>(&self.factors, b, lanes, self.first, &mut self.y),
            8 => program.solve::<8>(&self.factors, b, lanes, self.first, &mut self.y),
            4 => program.solve::<4>(&self.factors, b, lanes, self.first, &mut self.y),
            _ => program.solve::<1>(&self.factors, b, lanes, self.first, &mut self.y),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_lanes_is_covered_once() {
        for lanes in 0..70 {
            let mut next = 0;
            for (first, width) in groups(lanes) {
                assert_eq!(first, next);
                next += width;
            }
            assert_eq!(next, lanes);
        }
    }
}

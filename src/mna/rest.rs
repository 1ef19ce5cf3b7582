//! Instances at rest: where no terminal moved noticeably since an instance was last evaluated, its F and Q are continued
//! linearly, F + G·Δx and Q + C·Δx, instead of being evaluated again.
//!
//! The error is of second order in Δx: for an exponential of 26 mV and Δx = 10 µV it is 7·10⁻⁸ of the current, far below
//! what Newton leaves. In a ring of 51 inverters nine of ten transistors rest at any time. One lane only.

use super::assembly::Inputs;
use super::system::Group;
use crate::device::{Memory, Mode};

/// Most terminals of a device that may rest.
const WIDEST: usize = 16;

/// Where the instances of one device were last evaluated.
#[derive(Clone)]
pub(super) struct Rest {
    /// `[instance * width + terminal]`
    x: Vec<f64>,
    /// Whether `x` and the blocks belong together. Where an instance was limited its `x` is not a number.
    known: bool,
}

impl Rest {
    pub(super) fn new(group: &Group, lanes: usize) -> Rest {
        let able = lanes == 1 && group.device.rests() && group.width <= WIDEST;
        Rest { x: vec![0.0; if able { group.terms.len() } else { 0 }], known: false }
    }

    /// Marks the instances that may rest. False: none may.
    pub(super) fn choose(&self, group: &Group, at: &Inputs, resting: &mut [bool]) -> bool {
        if self.x.is_empty() || at.rest == 0.0 || at.mode != Mode::Dynamic || !self.known {
            resting.fill(false);
            return false;
        }
        // A place that is not a number has moved.
        let still = |(was, term): (&f64, &u32)| (at.x[*term as usize] - was).abs() <= at.rest;
        let instances = self.x.chunks_exact(group.width).zip(group.terms.chunks_exact(group.width));
        for (rests, (x, terms)) in resting.iter_mut().zip(instances) {
            *rests = x.iter().zip(terms).all(still);
        }
        true
    }

    /// Notes where the instances that were just loaded stand.
    pub(super) fn remember(&mut self, group: &Group, at: &Inputs, memory: &Memory) {
        if self.x.is_empty() {
            return;
        }
        self.known = at.mode == Mode::Dynamic;
        let instances = self.x.chunks_exact_mut(group.width).zip(group.terms.chunks_exact(group.width));
        let flags = memory.resting.iter().zip(&memory.bent);
        for ((x, terms), (_, bent)) in instances.zip(flags).filter(|(_, (rests, _))| !**rests) {
            if *bent {
                x.fill(f64::NAN);
            } else {
                x.iter_mut().zip(terms).for_each(|(x, term)| *x = at.x[*term as usize]);
            }
        }
    }

    /// The next load evaluates every instance.
    pub(super) fn forget(&mut self, resting: &mut [bool]) {
        self.known = false;
        resting.fill(false);
    }

    /// Adds entries·Δx of the resting instances to the rows.
    pub(super) fn continue_linearly(
        &self,
        pattern: &[(usize, usize)],
        entries: &[f64],
        group: &Group,
        x: &[f64],
        resting: &[bool],
        rows: &mut [f64],
    ) {
        let n = pattern.len();
        let mut moves = [0.0; WIDEST];
        for i in (0..resting.len()).filter(|&i| resting[i]) {
            let terms = &group.terms[i * group.width..(i + 1) * group.width];
            let was = &self.x[i * group.width..(i + 1) * group.width];
            for ((d, term), was) in moves.iter_mut().zip(terms).zip(was) {
                *d = x[*term as usize] - was;
            }
            // Entries of one row follow each other: their sum is added once.
            let (mut row, mut sum) = (0, 0.0);
            for (&(r, c), entry) in pattern.iter().zip(&entries[i * n..(i + 1) * n]) {
                if r != row {
                    rows[terms[row] as usize] += sum;
                    (row, sum) = (r, 0.0);
                }
                sum += entry * moves[c];
            }
            rows[terms[row] as usize] += sum;
        }
    }
}

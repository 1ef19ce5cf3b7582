//! Blocks of numbers, one an instance and lane: which number belongs to which.

/// Instance and lane of each number of a block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places {
    pub lanes: usize,
    /// The place of the first number: instance · lanes + lane; of one lane alone, the instance.
    pub start: usize,
    /// This lane alone.
    pub only: Option<usize>,
}

impl Places {
    /// All lanes, from a place on.
    pub fn all(lanes: usize, start: usize) -> Places {
        Places { lanes, start, only: None }
    }

    /// One of the lanes, from an instance on.
    pub fn lane(lanes: usize, lane: usize, start: usize) -> Places {
        Places { lanes, start, only: Some(lane) }
    }

    /// Calls `act` with each number of a row, its instance and its lane.
    #[inline(always)]
    pub fn each(self, row: &mut [f64], mut act: impl FnMut(&mut f64, usize, usize)) {
        if self.lanes == 1 || self.only.is_some() {
            let lane = self.only.unwrap_or(0);
            row.iter_mut().enumerate().for_each(|(k, value)| act(value, self.start + k, lane));
            return;
        }
        let (mut i, mut lane) = (self.start / self.lanes, self.start % self.lanes);
        for value in row {
            act(value, i, lane);
            lane += 1;
            if lane == self.lanes {
                (i, lane) = (i + 1, 0);
            }
        }
    }
}

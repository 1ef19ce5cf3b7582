//! The numbers of one instance in one lane, out of a flat lane-minor slice.
//!
//! `W` is the number of lanes where the compiler shall know it, else 0: one lane is then indexed without a product or a
//! check. Which of both runs changes no bit of a result.

/// `N` numbers to read.
#[derive(Clone, Copy)]
pub struct Lane<'a, const N: usize, const W: usize> {
    values: &'a [f64],
    lanes: usize,
    lane: usize,
}

/// Numbers to write or add to.
pub struct LaneMut<'a, const W: usize> {
    values: &'a mut [f64],
    lanes: usize,
    lane: usize,
}

impl<'a, const N: usize, const W: usize> Lane<'a, N, W> {
    /// Of `instance`; `all` holds N numbers an instance.
    #[inline(always)]
    pub fn of(all: &'a [f64], instance: usize, lanes: usize, lane: usize) -> Lane<'a, N, W> {
        let lanes = if W == 0 { lanes } else { W };
        let start = instance * N * lanes;
        Lane { values: &all[start..start + N * lanes], lanes, lane }
    }

    #[inline(always)]
    pub fn get(&self, slot: usize) -> f64 {
        if W == 1 { self.values[slot] } else { self.values[slot * self.lanes + self.lane] }
    }
}

impl<'a, const W: usize> LaneMut<'a, W> {
    /// Of `instance`; `all` holds `count` numbers an instance.
    #[inline(always)]
    pub fn of(all: &'a mut [f64], count: usize, instance: usize, lanes: usize, lane: usize) -> LaneMut<'a, W> {
        let lanes = if W == 0 { lanes } else { W };
        let start = instance * count * lanes;
        LaneMut { values: &mut all[start..start + count * lanes], lanes, lane }
    }

    #[inline(always)]
    fn slot(&mut self, slot: usize) -> &mut f64 {
        if W == 1 { &mut self.values[slot] } else { &mut self.values[slot * self.lanes + self.lane] }
    }

    #[inline(always)]
    pub fn set(&mut self, slot: usize, value: f64) {
        *self.slot(slot) = value;
    }

    #[inline(always)]
    pub fn add(&mut self, slot: usize, value: f64) {
        *self.slot(slot) += value;
    }

    /// Adds to the first numbers in their order.
    #[inline(always)]
    pub fn add_all<const K: usize>(&mut self, values: [f64; K]) {
        if W == 1 {
            self.values[..K].iter_mut().zip(values).for_each(|(v, add)| *v += add);
        } else {
            values.into_iter().enumerate().for_each(|(k, add)| self.add(k, add));
        }
    }
}

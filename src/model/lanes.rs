//! A block of lanes through a tape, an instruction at a time over all of them, with the widest vectors the machine has.
//!
//! A region that few lanes are in is computed apart: what its steps read is gathered, lane behind lane, into a second set of
//! registers, and what is looked at behind it is scattered back. Other lanes keep whatever their registers held; a select
//! never looks at it.

use pulp::NullaryFnOnce;

use super::math;
use super::op::{Two, WithBinary, WithUnary};
use super::tape::{BLOCK, Instruction, Operand, Step, Tape};

/// Lanes of one block, to be run with the widest vectors the machine has. No instruction contracts a product and a sum, so
/// the bits are the same on all of them.
pub(super) struct Block<'a> {
    pub tape: &'a Tape,
    pub width: usize,
    pub start: usize,
    pub count: usize,
    pub inputs: &'a [f64],
    pub scratch: &'a mut [f64],
    pub outputs: &'a mut [f64],
}

/// Lanes of a block that are in a region, in order.
struct Picked {
    lanes: [u16; BLOCK],
    count: usize,
}

impl Picked {
    /// Those that have a 1.
    #[inline(always)]
    fn pick(&mut self, holds: &[u64]) {
        self.count = 0;
        for (lane, h) in holds.iter().enumerate() {
            self.lanes[self.count] = lane as u16;
            self.count += *h as usize;
        }
    }

    /// Those of the row `from`, one behind the other.
    #[inline(always)]
    fn gather(&self, from: &[f64], to: &mut [f64]) {
        for (to, &lane) in to.iter_mut().zip(&self.lanes[..self.count]) {
            *to = from[lane as usize];
        }
    }

    /// Back to where they came from.
    #[inline(always)]
    fn scatter(&self, from: &[f64], to: &mut [f64]) {
        for (from, &lane) in from.iter().zip(&self.lanes[..self.count]) {
            to[lane as usize] = *from;
        }
    }
}

impl NullaryFnOnce for Block<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Block { tape, width, start, count, inputs, scratch, outputs } = self;
        let (all, apart) = scratch.split_at_mut(tape.registers * BLOCK);
        let (apart, apart_inputs) = apart.split_at_mut(apart.len().min(tape.registers * BLOCK));
        let (mut holds, mut picked) = ([0; BLOCK], Picked { lanes: [0; BLOCK], count: 0 });
        // The region whose lanes are being computed apart, and the step at its end
        let mut inside: Option<(usize, usize)> = None;
        let mut next = 0;
        while let Some(step) = tape.steps.get(next) {
            if let Some((n, _)) = inside.take_if(|(_, end)| *end == next) {
                for &r in &tape.regions[n].gives {
                    picked.scatter(&apart[r * BLOCK..], &mut all[r * BLOCK..][..BLOCK]);
                }
            }
            next += 1;
            match *step {
                Step::Compute(target, instruction) => {
                    let (file, inputs, width, start, count) = match inside {
                        None => (&mut *all, inputs, width, start, count),
                        Some(_) => (&mut *apart, &*apart_inputs, BLOCK, 0, picked.count),
                    };
                    let (below, rest) = file.split_at_mut(target * BLOCK);
                    let (to, above) = rest.split_at_mut(BLOCK);
                    let to = &mut to[..count];
                    let rows = Rows { inputs, width, start, count, below, above, target };
                    match instruction {
                        Instruction::Unary(op, a) => op.visit(EachOne { a: rows.get(a), to }),
                        Instruction::Binary(op, a, b) => op.visit(EachTwo { a: rows.get(a), b: rows.get(b), to }),
                        Instruction::Select(c, a, b) => select(rows.get(c), rows.get(a), rows.get(b), to),
                        Instruction::Table(t, a) => {
                            let table = &tape.tables[t];
                            EachOne { a: rows.get(a), to }.with(|x| table.value(x));
                        }
                        Instruction::Slope(t, a) => {
                            let table = &tape.tables[t];
                            EachOne { a: rows.get(a), to }.with(|x| table.slope(x));
                        }
                    }
                }
                Step::Store(n, from) => {
                    let to = &mut outputs[n * width + start..][..count];
                    match from {
                        Operand::Const(v) => to.fill(v),
                        Operand::Input(i) => to.copy_from_slice(&inputs[i * width + start..][..count]),
                        Operand::Register(r) => to.copy_from_slice(&all[r * BLOCK..][..count]),
                    }
                }
                Step::Region(n) => {
                    let region = &tape.regions[n];
                    let rows = Rows { inputs, width, start, count, below: all, above: &[], target: usize::MAX };
                    let some = rows.count(&region.guard, &mut holds);
                    if some == 0 {
                        next += region.steps;
                    } else if region.worth_parting(some, count) {
                        rows.holds(&region.guard, &mut holds);
                        picked.pick(&holds[..count]);
                        let [from_inputs, from_registers] = &region.reads;
                        for &k in from_inputs {
                            let from = &inputs[k * width + start..][..count];
                            picked.gather(from, &mut apart_inputs[k * BLOCK..][..BLOCK]);
                        }
                        for &r in from_registers {
                            picked.gather(&all[r * BLOCK..][..BLOCK], &mut apart[r * BLOCK..][..BLOCK]);
                        }
                        inside = Some((n, next + region.steps));
                    }
                }
            }
        }
    }
}

/// What an instruction can read while it writes the register between `below` and `above`.
struct Rows<'a> {
    inputs: &'a [f64],
    width: usize,
    start: usize,
    count: usize,
    below: &'a [f64],
    above: &'a [f64],
    target: usize,
}

#[derive(Clone, Copy)]
enum Row<'a> {
    Same(f64),
    Each(&'a [f64]),
}

impl<'a> Rows<'a> {
    /// In how many lanes all of the conditions hold; `holds` may be written to.
    #[inline(always)]
    fn count(&self, guard: &[(Operand, bool)], holds: &mut [u64; BLOCK]) -> usize {
        match guard {
            [(condition, wanted)] => match self.get(*condition) {
                Row::Same(c) => self.count * usize::from((c != 0.0) == *wanted),
                Row::Each(c) => c.iter().map(|c| u64::from((*c != 0.0) == *wanted)).sum::<u64>() as usize,
            },
            _ => {
                self.holds(guard, holds);
                holds[..self.count].iter().sum::<u64>() as usize
            }
        }
    }

    /// 1 for each lane in which all of the conditions hold.
    #[inline(always)]
    fn holds(&self, guard: &[(Operand, bool)], holds: &mut [u64; BLOCK]) {
        for (n, (condition, wanted)) in guard.iter().enumerate() {
            let first = u64::from(n == 0);
            let holds = holds[..self.count].iter_mut();
            match self.get(*condition) {
                Row::Same(c) => holds.for_each(|h| *h = (*h | first) & u64::from((c != 0.0) == *wanted)),
                Row::Each(c) => holds.zip(c).for_each(|(h, c)| *h = (*h | first) & u64::from((*c != 0.0) == *wanted)),
            }
        }
    }

    #[inline(always)]
    fn get(&self, operand: Operand) -> Row<'a> {
        match operand {
            Operand::Const(v) => Row::Same(v),
            Operand::Input(n) => Row::Each(&self.inputs[n * self.width + self.start..][..self.count]),
            Operand::Register(r) if r < self.target => Row::Each(&self.below[r * BLOCK..][..self.count]),
            Operand::Register(r) => Row::Each(&self.above[(r - self.target - 1) * BLOCK..][..self.count]),
        }
    }
}

struct EachOne<'a> {
    a: Row<'a>,
    to: &'a mut [f64],
}

impl WithUnary for EachOne<'_> {
    type Output = ();
    #[inline(always)]
    fn with(self, f: impl Fn(f64) -> f64) {
        match self.a {
            Row::Same(a) => self.to.fill(f(a)),
            Row::Each(a) => {
                for (to, &a) in self.to.iter_mut().zip(a) {
                    *to = f(a);
                }
            }
        }
    }
}

struct EachTwo<'a> {
    a: Row<'a>,
    b: Row<'a>,
    to: &'a mut [f64],
}

impl WithBinary for EachTwo<'_> {
    type Output = ();
    #[inline(always)]
    fn with(self, f: impl Two) {
        let to = self.to;
        match (self.a, self.b) {
            (Row::Same(a), Row::Same(b)) => to.fill(f.at(a, b)),
            (Row::Same(a), Row::Each(b)) => {
                for (to, &b) in to.iter_mut().zip(b) {
                    *to = f.at(a, b);
                }
            }
            (Row::Each(a), Row::Same(b)) => {
                for (to, &a) in to.iter_mut().zip(a) {
                    *to = f.at(a, b);
                }
            }
            (Row::Each(a), Row::Each(b)) => {
                for ((to, &a), &b) in to.iter_mut().zip(a).zip(b) {
                    *to = f.at(a, b);
                }
            }
        }
    }
}

#[inline(always)]
fn select(condition: Row, a: Row, b: Row, to: &mut [f64]) {
    let condition = match condition {
        Row::Each(c) => c,
        Row::Same(c) => {
            match if c != 0.0 { a } else { b } {
                Row::Same(v) => to.fill(v),
                Row::Each(v) => to.copy_from_slice(v),
            }
            return;
        }
    };
    let lanes = to.iter_mut().zip(condition);
    match (a, b) {
        (Row::Same(a), Row::Same(b)) => lanes.for_each(|(to, &c)| *to = math::select(c, a, b)),
        (Row::Same(a), Row::Each(b)) => lanes.zip(b).for_each(|((to, &c), &b)| *to = math::select(c, a, b)),
        (Row::Each(a), Row::Same(b)) => lanes.zip(a).for_each(|((to, &c), &a)| *to = math::select(c, a, b)),
        (Row::Each(a), Row::Each(b)) => {
            lanes.zip(a).zip(b).for_each(|(((to, &c), &a), &b)| *to = math::select(c, a, b));
        }
    }
}

//! Instances at rest: where no terminal moved noticeably since an instance was last evaluated, its F and Q are continued
//! linearly, F + G·Δx and Q + C·Δx, instead of being evaluated again.
//!
//! The error is of second order in Δx: for an exponential of 26 mV and Δx = 10 µV it is 7·10⁻⁸ of the current, far below
//! what Newton leaves. In a ring of 51 inverters nine of ten transistors rest at any time. One lane only.
//!
//! What the resting instances load is kept in sums, [`Frozen`], that change only where an instance falls asleep or wakes:
//! all of them together then cost one product with a matrix.

use super::assembly::Inputs;
use super::block::Block;
use super::scatter::{Term, entries};
use super::system::{Group, Route, System};
use crate::device::{Memory, Mode};

/// After so many instances fell asleep or woke the sums are made anew, so that rounding does not add up.
const RENEW: usize = 4096;

/// Which instances of one device rest, and where they were last evaluated.
#[derive(Clone)]
pub(super) struct Rest {
    /// `[instance * width + terminal]`; empty where the device never rests. Where an instance was limited it is not a
    /// number.
    x: Vec<f64>,
    /// Whether `x` and the blocks belong together.
    known: bool,
    asleep: Vec<bool>,
    /// Stood still at the last evaluation: who does so again falls asleep. A pause of one iteration is not worth it.
    tired: Vec<bool>,
    /// Those not asleep, ascending.
    pub(super) awake: Vec<u32>,
    /// First of each instance's routes, and the end of the last's.
    rows: Vec<u32>,
    slots_g: Vec<u32>,
    slots_c: Vec<u32>,
}

impl Rest {
    pub(super) fn new(group: &Group, lanes: usize) -> Rest {
        let n = group.parts.len();
        let able = lanes == 1 && group.device.rests() && group.states.is_empty();
        let count = if able { n } else { 0 };
        let firsts = |routes: &[Route], width: usize| -> Vec<u32> {
            (0..=count).map(|i| routes.partition_point(|r| (r.from as usize) < i * width) as u32).collect()
        };
        Rest {
            x: vec![0.0; count * group.width],
            known: false,
            asleep: vec![false; count],
            tired: vec![false; count],
            awake: (0..count as u32).collect(),
            rows: firsts(&group.rows, group.width),
            slots_g: firsts(&group.slots_g, group.pattern_g.len()),
            slots_c: firsts(&group.slots_c, group.pattern_c.len()),
        }
    }

    /// Whether any instance rests: then `awake` says which are to be evaluated.
    pub(super) fn some(&self) -> bool {
        self.awake.len() < self.asleep.len()
    }

    /// Whether instances of this device may ever rest.
    fn able(&self) -> bool {
        !self.asleep.is_empty()
    }

    /// Routes of one instance: rows, entries of G, entries of C.
    pub(super) fn routes<'a>(&self, group: &'a Group, i: usize) -> [&'a [Route]; 3] {
        let of = |routes: &'a [Route], firsts: &[u32]| &routes[firsts[i] as usize..firsts[i + 1] as usize];
        [of(&group.rows, &self.rows), of(&group.slots_g, &self.slots_g), of(&group.slots_c, &self.slots_c)]
    }

    /// Notes where the instances that were just loaded stand.
    pub(super) fn remember(&mut self, group: &Group, at: &Inputs, bent: &[bool]) {
        self.known = at.mode == Mode::Dynamic;
        let width = group.width;
        for i in self.awake.iter().map(|&i| i as usize) {
            let x = &mut self.x[i * width..(i + 1) * width];
            if bent[i] {
                x.fill(f64::NAN);
            } else {
                x.iter_mut().zip(&group.terms[i * width..]).for_each(|(x, term)| *x = at.x[*term as usize]);
            }
        }
    }

    /// The next load evaluates every instance.
    fn wake(&mut self, resting: &mut [bool]) {
        self.known = false;
        self.asleep.fill(false);
        resting.fill(false);
        self.awake.clear();
        self.awake.extend(0..self.asleep.len() as u32);
    }
}

/// What the resting instances load: F = f + g·x, Q = q + c·x.
#[derive(Clone)]
pub(super) struct Frozen {
    /// By row
    f: Vec<f64>,
    q: Vec<f64>,
    /// Σ|terms| by row, as they were when the instances were evaluated
    magnitude: Vec<f64>,
    charge: Vec<f64>,
    /// By slot
    g: Vec<f64>,
    c: Vec<f64>,
    /// The slots that instances able to rest may fill.
    terms_g: Vec<Term>,
    terms_c: Vec<Term>,
    asleep: usize,
    changes: usize,
}

impl Frozen {
    pub(super) fn new(system: &System, blocks: &[Block]) -> Frozen {
        let able: Vec<&Group> =
            system.groups.iter().zip(blocks).filter(|(_, b)| b.rest.able()).map(|(g, _)| g).collect();
        let touched = |routes: fn(&Group) -> &[Route]| -> Vec<Term> {
            let mut touched = vec![false; system.pattern.rows.len()];
            able.iter().flat_map(|g| routes(g)).for_each(|route| touched[route.to as usize] = true);
            entries(system, |slot| touched[slot])
        };
        let rows = || vec![0.0; if able.is_empty() { 0 } else { system.unknowns() }];
        let slots = || vec![0.0; if able.is_empty() { 0 } else { system.pattern.rows.len() + 1 }];
        Frozen {
            f: rows(),
            q: rows(),
            magnitude: rows(),
            charge: rows(),
            g: slots(),
            c: slots(),
            terms_g: touched(|g| &g.slots_g),
            terms_c: touched(|g| &g.slots_c),
            asleep: 0,
            changes: 0,
        }
    }

    /// Every instance is awake.
    pub(super) fn forget(&mut self, blocks: &mut [Block], memories: &mut [Memory]) {
        for (block, memory) in blocks.iter_mut().zip(memories).filter(|(b, _)| b.rest.able()) {
            block.rest.wake(&mut memory.resting);
        }
        self.clear();
    }

    fn clear(&mut self) {
        for v in [&mut self.f, &mut self.q, &mut self.magnitude, &mut self.charge, &mut self.g, &mut self.c] {
            v.fill(0.0);
        }
        (self.asleep, self.changes) = (0, 0);
    }

    /// Decides for every instance whether it rests at this point.
    pub(super) fn choose(&mut self, system: &System, blocks: &mut [Block], memories: &mut [Memory], at: &Inputs) {
        if at.rest == 0.0 || at.mode != Mode::Dynamic {
            if self.asleep > 0 {
                self.forget(blocks, memories);
            }
            return;
        }
        if self.changes > RENEW {
            self.clear();
            for (group, block) in system.groups.iter().zip(blocks.iter()) {
                for i in (0..block.rest.asleep.len()).filter(|&i| block.rest.asleep[i]) {
                    self.add(group, block, i, 1.0);
                }
            }
            self.changes = 0;
        }
        for ((group, block), memory) in system.groups.iter().zip(blocks).zip(memories) {
            if !block.rest.able() || !block.rest.known {
                continue;
            }
            block.rest.awake.clear();
            for i in 0..block.rest.asleep.len() {
                let was = &block.rest.x[i * group.width..(i + 1) * group.width];
                let terms = &group.terms[i * group.width..];
                // A place that is not a number has moved.
                let still = was.iter().zip(terms).all(|(was, term)| (at.x[*term as usize] - was).abs() <= at.rest);
                let rests = still && (block.rest.asleep[i] || block.rest.tired[i] && block.is_finite(group, i));
                block.rest.tired[i] = still;
                if rests != block.rest.asleep[i] {
                    self.add(group, block, i, if rests { 1.0 } else { -1.0 });
                    block.rest.asleep[i] = rests;
                    memory.resting[i] = rests;
                }
                if !rests {
                    block.rest.awake.push(i as u32);
                }
            }
        }
    }

    /// Puts what an instance loaded into the sums, or takes it out of them again.
    fn add(&mut self, group: &Group, block: &Block, i: usize, sign: f64) {
        let rest = &block.rest;
        let [rows, slots_g, slots_c] = rest.routes(group, i);
        for route in rows {
            let (from, to) = (route.from as usize, route.to as usize);
            self.f[to] += sign * block.f[from];
            self.q[to] += sign * block.q[from];
            self.magnitude[to] += sign * block.f[from].abs();
            self.charge[to] += sign * block.q[from].abs();
        }
        let terms = &group.terms[i * group.width..];
        let x = &rest.x[i * group.width..];
        for (pattern, entries, rows) in
            [(&group.pattern_g, &block.g, &mut self.f), (&group.pattern_c, &block.c, &mut self.q)]
        {
            for (&(r, c), entry) in pattern.iter().zip(&entries[i * pattern.len()..]) {
                rows[terms[r] as usize] -= sign * entry * x[c];
            }
        }
        for (routes, entries, sums) in [(slots_g, &block.g, &mut self.g), (slots_c, &block.c, &mut self.c)] {
            for route in routes {
                sums[route.to as usize] += sign * entries[route.from as usize];
            }
        }
        self.changes += 1;
        self.asleep = if sign > 0.0 { self.asleep + 1 } else { self.asleep - 1 };
    }

    /// Adds what rests to `[f, q, magnitude, charge]` and the Jacobian G + a·C.
    pub(super) fn load(&self, x: &[f64], a: f64, rows: [&mut [f64]; 4], jacobian: &mut [f64]) {
        if self.asleep == 0 {
            return;
        }
        let [f, q, magnitude, charge] = rows;
        for (to, from) in [(&mut *f, &self.f), (&mut *q, &self.q), (magnitude, &self.magnitude), (charge, &self.charge)]
        {
            to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
        }
        for (terms, matrix, scale, rows) in [(&self.terms_g, &self.g, 1.0, f), (&self.terms_c, &self.c, a, q)] {
            for term in terms {
                let entry = matrix[term.slot as usize];
                jacobian[term.slot as usize] += scale * entry;
                rows[term.row as usize] += entry * x[term.column as usize];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::device::testing::{circuit, environment, model, numbers, part};
    use crate::device::{Mode, Ticks, mosfet};
    use crate::mna::{Assembly, Condensation, Inputs, System};

    const A: f64 = 1e9;
    const REST: f64 = 1e-5;

    /// Three inverters in a chain.
    fn chain() -> System {
        let mut c = circuit(&["vdd", "a", "b", "c", "d"]);
        let card = [("vto", 0.5), ("kp", 1e-4), ("lambda", 0.05), ("tox", 2e-8), ("cj", 4e-4), ("js", 1e-8)];
        let line = numbers(&[("l", 1e-6), ("w", 4e-6), ("ad", 4e-12), ("as", 4e-12)]);
        let n = model(&mut c, "n", "nmos", &card);
        let p = model(&mut c, "p", "pmos", &card);
        for (k, [from, to]) in [["a", "b"], ["b", "c"], ["c", "d"]].into_iter().enumerate() {
            part(&mut c, &mosfet::KIND, &format!("M{k}"), &[to, from, "0", "0"], Some(n), line.clone());
            part(&mut c, &mosfet::KIND, &format!("P{k}"), &[to, from, "vdd", "vdd"], Some(p), line.clone());
        }
        System::new(Arc::new(c), Condensation::Condensed).unwrap()
    }

    /// F + a·Q of every row and the Jacobian at the last of these points, with and without rest before it.
    fn at_the_last(system: &System, points: &[Vec<f64>], rest: f64) -> (Vec<f64>, Vec<f64>, usize) {
        let mut assembly = Assembly::new(system, 1);
        let mut memories = system.memories(&environment(), 1);
        let zeros = vec![0.0; system.unknowns()];
        let mut asleep = 0;
        for x in points {
            let at = Inputs {
                x,
                last: x,
                time: &[0.0],
                ticks: &[Ticks(0)],
                a: &[A],
                beta: &zeros,
                mode: Mode::Dynamic,
                transient: true,
                gmin: 1e-12,
                source: 1.0,
                shunt: 0.0,
                anchor: 0.0,
                clamps: &[],
                rest,
            };
            assembly.assemble(system, &mut memories, &at);
            memories.iter_mut().for_each(|m| m.state.clone_from(&m.trial));
            asleep = memories.iter().flat_map(|m| &m.resting).filter(|r| **r).count();
        }
        (assembly.residual.clone(), assembly.jacobian.clone(), asleep)
    }

    #[test]
    fn who_rests_is_continued_linearly() {
        let system = chain();
        let still = vec![0.0, 3.0, 1.4, 1.6, 1.1, 0.2];
        let mut moved = still.clone();
        moved.iter_mut().skip(1).enumerate().for_each(|(k, x)| *x += 0.9 * REST * (-1f64).powi(k as i32));
        let mut points = vec![still; 8];
        points.push(moved);
        let (all, _, none) = at_the_last(&system, &points, 0.0);
        let (some, _, asleep) = at_the_last(&system, &points, REST);
        assert_eq!((none, asleep), (0, 6));
        let largest = all.iter().fold(0.0, |m: f64, r| m.max(r.abs()));
        for (all, some) in all.iter().zip(&some) {
            // Without G·Δx and C·Δx it would be 1e-5.
            assert!((all - some).abs() < 1e-8 * largest, "{all} {some}");
        }
    }

    /// Falling asleep and waking a great many times leaves nothing in the sums.
    #[test]
    fn sums_do_not_drift() {
        let system = chain();
        let (low, high) = (vec![0.0, 3.0, 0.1, 2.9, 0.2, 2.8], vec![0.0, 3.0, 2.7, 0.3, 2.8, 0.1]);
        let mut points = Vec::new();
        for _ in 0..2000 {
            points.extend([low.clone(), low.clone(), low.clone(), low.clone(), high.clone(), high.clone()]);
        }
        let (all, jacobian, _) = at_the_last(&system, &points, 0.0);
        let (some, other, asleep) = at_the_last(&system, &points, REST);
        assert_eq!(asleep, 0, "all have just moved");
        let close = |a: &[f64], b: &[f64]| {
            let largest = a.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
            a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12 * largest)
        };
        assert!(close(&all, &some) && close(&jacobian, &other));
    }
}

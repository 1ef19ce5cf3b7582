//! Gathers what the devices load into residual R = F + a·Q + β and Jacobian J = G + a·C, for every lane at once.
//!
//! `a` and `β` come from whoever knows the integration formula (both 0 where no time passes). Linear devices are
//! loaded once; afterwards they cost two products with their static matrices.

use super::block::{Block, hold_states};
use super::rest::Frozen;
use super::scatter::{Sizes, Term, entries, gather_rows, multiply, multiply_sizes, scatter, scatter_scaled};
use super::system::{Group, System};
use crate::device::{Memory, Mode, Point, Ticks};

/// A net held near a voltage by a large conductance: `.ic` during an operating point, `.nodeset` at its start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Clamp {
    pub unknown: usize,
    pub value: f64,
    /// S
    pub conductance: f64,
}

/// Where and how to assemble. Slices are lane-minor.
pub struct Inputs<'a> {
    pub x: &'a [f64],
    /// Last accepted point; held states keep its values.
    pub last: &'a [f64],
    /// s, a value a lane
    pub time: &'a [f64],
    pub ticks: &'a [Ticks],
    /// 1/s, a value a lane
    pub a: &'a [f64],
    /// History part of dQ/dt, `beta[row * lanes + lane]`
    pub beta: &'a [f64],
    pub mode: Mode,
    /// This operating point starts a transient.
    pub transient: bool,
    pub gmin: f64,
    pub source: f64,
    /// S, from every net to ground
    pub shunt: f64,
    /// S, from every net to its value in `last`: pseudo-transient continuation
    pub anchor: f64,
    pub clamps: &'a [Clamp],
    /// V: an instance whose terminals all moved less since it was last evaluated is continued linearly (see `rest`);
    /// 0: never.
    pub rest: f64,
}

/// Everything assembled. Owned by a run; nothing is allocated after `new`.
#[derive(Clone)]
pub struct Assembly {
    pub lanes: usize,
    /// Jacobian in the order of the system's pattern, `[slot * lanes + lane]`; the slot behind the last takes what
    /// belongs to ground.
    pub jacobian: Vec<f64>,
    /// R by row = unknown, `[unknown * lanes + lane]`; condensed unknowns are eliminated from it
    pub residual: Vec<f64>,
    /// R of the full system: what convergence is judged by. Elimination multiplies the rounding of a state's row by the
    /// gain of its device.
    pub imbalance: Vec<f64>,
    /// Σ|terms| of each row, for its tolerance
    pub magnitude: Vec<f64>,
    /// Σ|terms| of Q of each row
    pub charge: Vec<f64>,
    /// Σ|J·x| of each row, by [`Assembly::sum_jacobian`]
    pub leverage: Vec<f64>,
    /// |∂R/∂x| of each row by its own unknown, with `leverage`.
    pub diagonal: Vec<f64>,
    /// ∂Q/∂x of each row by its own unknown, and the largest that it was, by [`Assembly::find_own_capacitance`]
    own_capacitance: Vec<f64>,
    largest_capacitance: Vec<f64>,
    pub f: Vec<f64>,
    pub q: Vec<f64>,
    static_g: Vec<f64>,
    static_c: Vec<f64>,
    /// Entries of the static matrices that are not zero in every lane.
    terms_g: Vec<Term>,
    terms_c: Vec<Term>,
    sizes: Sizes,
    pub(super) blocks: Vec<Block>,
    frozen: Frozen,
    /// An eliminated block was singular in this lane.
    pub local_failure: Vec<bool>,
    pub(super) scratch: Vec<f64>,
}

/// The point of evaluation as one device sees it.
fn point<'a>(group: &'a Group, lanes: usize, at: &Inputs<'a>) -> Point<'a> {
    Point {
        lanes,
        x: at.x,
        last: at.last,
        time: at.time,
        ticks: at.ticks,
        gmin: at.gmin,
        source: at.source,
        mode: at.mode,
        transient: at.transient,
        terms: &group.terms,
        width: group.width,
        part: 0.0,
    }
}

impl Assembly {
    pub fn new(system: &System, lanes: usize) -> Assembly {
        let slots = (system.pattern.rows.len() + 1) * lanes;
        let rows = system.unknowns() * lanes;
        let widest = system.groups.iter().map(|g| g.width).max().unwrap_or(0);
        let blocks: Vec<Block> = system.groups.iter().map(|g| Block::new(g, lanes)).collect();
        Assembly {
            lanes,
            jacobian: vec![0.0; slots],
            residual: vec![0.0; rows],
            imbalance: vec![0.0; rows],
            magnitude: vec![0.0; rows],
            charge: vec![0.0; rows],
            leverage: vec![0.0; rows],
            diagonal: vec![0.0; rows],
            own_capacitance: vec![0.0; rows],
            largest_capacitance: vec![0.0; rows],
            f: vec![0.0; rows],
            q: vec![0.0; rows],
            static_g: vec![0.0; slots],
            static_c: vec![0.0; slots],
            terms_g: Vec::new(),
            terms_c: Vec::new(),
            sizes: Sizes::default(),
            frozen: Frozen::new(system, &blocks),
            blocks,
            local_failure: vec![false; lanes],
            scratch: vec![0.0; 2 * widest],
        }
    }

    /// Loads the linear devices into the static matrices; after every setup.
    pub fn relinearize(&mut self, system: &System, memories: &mut [Memory], at: &Inputs) {
        self.static_g.fill(0.0);
        self.static_c.fill(0.0);
        self.frozen.forget(&mut self.blocks, memories);
        for ((group, memory), block) in system.groups.iter().zip(memories).zip(&mut self.blocks) {
            if group.linear {
                block.clear();
                let p = point(group, self.lanes, at);
                group.device.load(&p, memory, &mut block.stamps(group, self.lanes));
                scatter(&group.slots_g, &block.g, &mut self.static_g, self.lanes);
                scatter(&group.slots_c, &block.c, &mut self.static_c, self.lanes);
                // What is linear in x comes from G and C alone, wherever they were made.
                block.clear_sources();
            }
        }
        let lanes = self.lanes;
        let used = |values: &[f64]| entries(system, |k| values[k * lanes..(k + 1) * lanes].iter().any(|v| *v != 0.0));
        self.terms_g = used(&self.static_g);
        self.terms_c = used(&self.static_c);
        self.sizes = Sizes::new(system, &self.terms_g, &self.static_g, lanes);
    }

    /// R and J at a point.
    pub fn assemble(&mut self, system: &System, memories: &mut [Memory], at: &Inputs) {
        match self.lanes {
            1 => self.assemble_wide::<1>(system, memories, at),
            8 => self.assemble_wide::<8>(system, memories, at),
            16 => self.assemble_wide::<16>(system, memories, at),
            _ => self.assemble_wide::<0>(system, memories, at),
        }
    }

    /// `W` is the number of lanes, known to the compiler; 0 where it is not.
    fn assemble_wide<const W: usize>(&mut self, system: &System, memories: &mut [Memory], at: &Inputs) {
        let lanes = if W == 0 { self.lanes } else { W };
        self.frozen.choose(system, &mut self.blocks, memories, at);
        self.linear_part(system, at, lanes);
        if lanes == 1 {
            let rows = [&mut self.f[..], &mut self.q[..], &mut self.magnitude[..], &mut self.charge[..]];
            self.frozen.load(at.x, at.a[0], rows, &mut self.jacobian);
        }
        self.local_failure.fill(false);
        for ((group, memory), block) in system.groups.iter().zip(memories).zip(&mut self.blocks) {
            let p = point(group, lanes, at);
            if group.linear {
                if group.device.excites() {
                    block.clear_sources();
                    group.device.excite(&p, memory, &mut block.stamps(group, lanes));
                    gather_rows(&group.rows, &block.f, &mut self.f, &mut self.magnitude, lanes);
                }
                continue;
            }
            let some_rest = W == 1 && block.rest.some();
            if some_rest {
                block.clear_awake(group);
            } else {
                block.clear();
            }
            memory.limited.fill(false);
            memory.bent.fill(false);
            group.device.load(&p, memory, &mut block.stamps(group, lanes));
            block.rest.remember(group, at, &memory.bent);
            if some_rest {
                for i in block.rest.awake.iter().map(|&i| i as usize) {
                    let [rows, slots_g, slots_c] = block.rest.routes(group, i);
                    gather_rows(rows, &block.f, &mut self.f, &mut self.magnitude, lanes);
                    gather_rows(rows, &block.q, &mut self.q, &mut self.charge, lanes);
                    scatter(slots_g, &block.g, &mut self.jacobian, lanes);
                    scatter_scaled(slots_c, &block.c, at.a, &mut self.jacobian, lanes);
                }
                continue;
            }
            if matches!(at.mode, Mode::Start | Mode::Static) {
                hold_states(group, block, at, lanes);
            }
            gather_rows(&group.rows, &block.f, &mut self.f, &mut self.magnitude, lanes);
            gather_rows(&group.rows, &block.q, &mut self.q, &mut self.charge, lanes);
            if group.split.is_none() {
                scatter(&group.slots_g, &block.g, &mut self.jacobian, lanes);
                scatter_scaled(&group.slots_c, &block.c, at.a, &mut self.jacobian, lanes);
            }
        }
        self.balance(at, lanes);
        self.shunts(system, at);
        self.imbalance.copy_from_slice(&self.residual);
        for (g, group) in system.groups.iter().enumerate() {
            self.condense(g, group, at);
        }
        self.residual[..lanes].fill(0.0);
    }

    /// R = F + a·Q + β
    #[inline(always)]
    fn balance(&mut self, at: &Inputs, lanes: usize) {
        let rows = self.residual.chunks_exact_mut(lanes).zip(self.magnitude.chunks_exact_mut(lanes));
        let known = self.f.chunks_exact(lanes).zip(self.q.chunks_exact(lanes)).zip(at.beta.chunks_exact(lanes));
        let a = &at.a[..lanes];
        for ((r, m), ((f, q), beta)) in rows.zip(known) {
            for lane in 0..lanes {
                let dq = a[lane] * q[lane] + beta[lane];
                r[lane] = f[lane] + dq;
                m[lane] += dq.abs();
            }
        }
    }

    /// Q of every device at a point: initial charges.
    pub fn charges(&mut self, system: &System, memories: &mut [Memory], at: &Inputs) {
        self.q.fill(0.0);
        self.frozen.forget(&mut self.blocks, memories);
        for ((group, memory), block) in system.groups.iter().zip(memories).zip(&mut self.blocks) {
            block.clear();
            let p = point(group, self.lanes, at);
            group.device.load(&p, memory, &mut block.stamps(group, self.lanes));
            gather_rows(&group.rows, &block.q, &mut self.q, &mut self.charge, self.lanes);
            if group.linear {
                block.clear_sources();
            }
        }
    }

    /// What the charge of each row gains by its own unknown, after `assemble`.
    pub fn find_own_capacitance(&mut self, system: &System, lane: usize) {
        let lanes = self.lanes;
        self.own_capacitance.iter_mut().skip(lane).step_by(lanes).for_each(|c| *c = 0.0);
        for (group, block) in system.groups.iter().zip(&self.blocks) {
            let count = group.pattern_c.len();
            for (i, terms) in group.terms.chunks_exact(group.width).enumerate() {
                for (e, &(row, column)) in group.pattern_c.iter().enumerate() {
                    if terms[row] != terms[column] {
                        continue;
                    }
                    self.own_capacitance[terms[row] as usize * lanes + lane] += block.c[(i * count + e) * lanes + lane];
                }
            }
        }
        let found = self.own_capacitance.iter().zip(&mut self.largest_capacitance);
        found.skip(lane).step_by(lanes).for_each(|(c, most)| *most = most.max(c.abs()));
    }

    /// What is left of the largest capacitance of a row, 0 … 1.
    pub fn capacitance_share(&self, k: usize) -> f64 {
        let most = self.largest_capacitance[k];
        if most > 0.0 { self.own_capacitance[k].abs() / most } else { 1.0 }
    }

    /// F and Q of one terminal of one instance after `assemble` at `x`.
    pub fn terminal(
        &self,
        system: &System,
        place: (usize, usize),
        terminal: usize,
        lane: usize,
        x: &[f64],
    ) -> (f64, f64) {
        let (group, instance) = (&system.groups[place.0], place.1);
        let block = &self.blocks[place.0];
        let k = (instance * group.width + terminal) * self.lanes + lane;
        let (mut f, mut q) = (block.f[k], block.q[k]);
        if group.linear {
            let product = |list: &[(usize, usize)], values: &[f64]| -> f64 {
                let mine = list.iter().enumerate().filter(|(_, (r, _))| *r == terminal);
                mine.map(|(e, &(_, c))| {
                    let unknown = group.terms[instance * group.width + c] as usize;
                    values[(instance * list.len() + e) * self.lanes + lane] * x[unknown * self.lanes + lane]
                })
                .sum()
            };
            f += product(&group.pattern_g, &block.g);
            q += product(&group.pattern_c, &block.c);
        }
        (f, q)
    }

    /// Fills `leverage` and `diagonal` of one lane: how much of R hangs on the last digit of x. Inside a device large currents cancel
    /// before its row is gathered, so Σ|terms| does not show it.
    /// Rows of condensed devices count as they were before the elimination; `a` is the factor of C in J.
    pub fn sum_jacobian(&mut self, system: &System, x: &[f64], a: f64, lane: usize) {
        let lanes = self.lanes;
        for sums in [&mut self.leverage, &mut self.diagonal] {
            sums.iter_mut().skip(lane).step_by(lanes).for_each(|v| *v = 0.0);
        }
        for column in 0..system.pattern.n {
            let size = x[(column + 1) * lanes + lane].abs();
            for slot in system.pattern.starts[column]..system.pattern.starts[column + 1] {
                let row = (system.pattern.rows[slot] + 1) * lanes + lane;
                self.leverage[row] += self.jacobian[slot * lanes + lane].abs() * size;
                if system.pattern.rows[slot] == column {
                    self.diagonal[row] += self.jacobian[slot * lanes + lane].abs();
                }
            }
        }
        for (group, block) in system.groups.iter().zip(&self.blocks).filter(|(g, _)| g.split.is_some()) {
            for (pattern, values, factor) in [(&group.pattern_g, &block.g, 1.0), (&group.pattern_c, &block.c, a)] {
                for (i, terms) in group.terms.chunks_exact(group.width).enumerate() {
                    for (k, &(row, column)) in pattern.iter().enumerate() {
                        let value = factor * values[(i * pattern.len() + k) * lanes + lane];
                        let size = x[terms[column] as usize * lanes + lane].abs();
                        let at = terms[row] as usize * lanes + lane;
                        self.leverage[at] += value.abs() * size;
                        if row == column {
                            self.diagonal[at] += value.abs();
                        }
                    }
                }
            }
        }
    }

    /// J, F, Q of the linear devices: products with the static matrices. Where all devices are linear nobody asks for the
    /// sizes of the terms: their solution is exact.
    #[inline(always)]
    fn linear_part(&mut self, system: &System, at: &Inputs, lanes: usize) {
        for v in [&mut self.f, &mut self.q, &mut self.magnitude, &mut self.charge] {
            v.fill(0.0);
        }
        let a = &at.a[..lanes];
        let fixed = self.static_g.chunks_exact(lanes).zip(self.static_c.chunks_exact(lanes));
        for (j, (g, c)) in self.jacobian.chunks_exact_mut(lanes).zip(fixed) {
            for lane in 0..lanes {
                j[lane] = g[lane] + a[lane] * c[lane];
            }
        }
        multiply(&self.terms_g, &self.static_g, at.x, &mut self.f, lanes);
        multiply(&self.terms_c, &self.static_c, at.x, &mut self.q, lanes);
        if system.nonlinear {
            self.sizes.add(&self.static_g, at.x, &mut self.magnitude, lanes);
            multiply_sizes(&self.terms_c, &self.static_c, at.x, &mut self.charge, lanes);
        }
    }

    /// Conductances that belong to no device: shunts, anchors, clamps.
    fn shunts(&mut self, system: &System, at: &Inputs) {
        let lanes = self.lanes;
        let mut add = |unknown: usize, conductance: f64, lane: usize, volts: f64| {
            let k = unknown * lanes + lane;
            self.residual[k] += conductance * (at.x[k] - volts);
            // x cannot be nearer to `volts` than rounding lets it: both products count, not their difference.
            self.magnitude[k] += conductance * (at.x[k].abs() + volts.abs());
            self.jacobian[system.diagonal[unknown] as usize * lanes + lane] += conductance;
        };
        if at.shunt != 0.0 || at.anchor != 0.0 {
            for u in (1..=system.solved).filter(|&u| system.is_voltage(u)) {
                for lane in 0..lanes {
                    if at.shunt != 0.0 {
                        add(u, at.shunt, lane, 0.0);
                    }
                    if at.anchor != 0.0 {
                        add(u, at.anchor, lane, at.last[u * lanes + lane]);
                    }
                }
            }
        }
        for clamp in at.clamps {
            for lane in 0..lanes {
                add(clamp.unknown, clamp.conductance, lane, clamp.value);
            }
        }
    }
}

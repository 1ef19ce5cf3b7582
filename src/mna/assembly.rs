//! Gathers what the devices load into residual R = F + a·Q + β and Jacobian J = G + a·C, for every lane at once.
//!
//! `a` and `β` come from whoever knows the integration formula (both 0 where no time passes). Linear devices are
//! loaded once; afterwards they cost two products with their static matrices.

use super::rest::Rest;
use super::system::{Group, Route, System};
use crate::condense::{back_substitute, eliminate};
use crate::device;
use crate::device::{Memory, Mode, Point, Stamps, Ticks};

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
    pub f: Vec<f64>,
    pub q: Vec<f64>,
    static_g: Vec<f64>,
    static_c: Vec<f64>,
    /// Entries of the static matrices that are not zero in every lane.
    terms_g: Vec<Term>,
    terms_c: Vec<Term>,
    blocks: Vec<Block>,
    /// An eliminated block was singular in this lane.
    pub local_failure: Vec<bool>,
    scratch: Vec<f64>,
}

/// One entry of a static matrix: unknowns of its row and column, and its slot.
#[derive(Clone, Copy)]
struct Term {
    row: u32,
    column: u32,
    slot: u32,
}

/// What one device loads, before it is scattered.
struct Block {
    f: Vec<f64>,
    q: Vec<f64>,
    g: Vec<f64>,
    c: Vec<f64>,
    rest: Rest,
    /// Augmented dense blocks of condensed devices, `[(instance * lanes + lane) * block_len]`
    dense: Vec<f64>,
}

impl Block {
    fn new(group: &Group, lanes: usize) -> Block {
        let n = group.parts.len() * lanes;
        Block {
            f: vec![0.0; n * group.width],
            q: vec![0.0; n * group.width],
            g: vec![0.0; n * group.pattern_g.len()],
            c: vec![0.0; n * group.pattern_c.len()],
            rest: Rest::new(group, lanes),
            dense: vec![0.0; group.split.as_ref().map_or(0, |s| n * s.block_len())],
        }
    }

    /// Forgets F and Q; a linear device's G and C stay as they were loaded.
    fn clear_sources(&mut self) {
        self.f.fill(0.0);
        self.q.fill(0.0);
    }

    /// Forgets what instances that are not at rest loaded.
    fn clear_awake(&mut self, group: &Group, resting: &[bool]) {
        let (width, g, c) = (group.width, group.pattern_g.len(), group.pattern_c.len());
        for i in (0..group.parts.len()).filter(|&i| !resting[i]) {
            self.f[i * width..(i + 1) * width].fill(0.0);
            self.q[i * width..(i + 1) * width].fill(0.0);
            self.g[i * g..(i + 1) * g].fill(0.0);
            self.c[i * c..(i + 1) * c].fill(0.0);
        }
    }

    fn clear(&mut self) {
        for v in [&mut self.f, &mut self.q, &mut self.g, &mut self.c] {
            v.fill(0.0);
        }
    }

    fn stamps<'a>(&'a mut self, group: &Group, lanes: usize) -> Stamps<'a> {
        Stamps {
            lanes,
            width: group.width,
            f: &mut self.f,
            q: &mut self.q,
            g: &mut self.g,
            c: &mut self.c,
            entries_g: group.pattern_g.len(),
            entries_c: group.pattern_c.len(),
        }
    }
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
    }
}

impl Assembly {
    pub fn new(system: &System, lanes: usize) -> Assembly {
        let slots = (system.pattern.rows.len() + 1) * lanes;
        let rows = system.unknowns() * lanes;
        let widest = system.groups.iter().map(|g| g.width).max().unwrap_or(0);
        Assembly {
            lanes,
            jacobian: vec![0.0; slots],
            residual: vec![0.0; rows],
            imbalance: vec![0.0; rows],
            magnitude: vec![0.0; rows],
            charge: vec![0.0; rows],
            leverage: vec![0.0; rows],
            f: vec![0.0; rows],
            q: vec![0.0; rows],
            static_g: vec![0.0; slots],
            static_c: vec![0.0; slots],
            terms_g: Vec::new(),
            terms_c: Vec::new(),
            blocks: system.groups.iter().map(|g| Block::new(g, lanes)).collect(),
            local_failure: vec![false; lanes],
            scratch: vec![0.0; 2 * widest],
        }
    }

    /// Loads the linear devices into the static matrices; after every setup.
    pub fn relinearize(&mut self, system: &System, memories: &mut [Memory], at: &Inputs) {
        self.static_g.fill(0.0);
        self.static_c.fill(0.0);
        for ((group, memory), block) in system.groups.iter().zip(memories).zip(&mut self.blocks) {
            if group.linear {
                block.clear();
                let p = point(group, self.lanes, at);
                group.device.load(&p, memory, &mut block.stamps(group, self.lanes));
                scatter(&group.slots_g, &block.g, &mut self.static_g, self.lanes);
                scatter(&group.slots_c, &block.c, &mut self.static_c, self.lanes);
            }
        }
        self.terms_g = terms(system, &self.static_g, self.lanes);
        self.terms_c = terms(system, &self.static_c, self.lanes);
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
        self.linear_part(at, lanes);
        self.local_failure.fill(false);
        for ((group, memory), block) in system.groups.iter().zip(memories).zip(&mut self.blocks) {
            let p = point(group, lanes, at);
            if group.linear {
                if group.device.excites() {
                    block.clear_sources();
                    group.device.excite(&p, memory, &mut block.stamps(group, lanes));
                    gather_rows(group, &block.f, &mut self.f, &mut self.magnitude, lanes);
                }
                continue;
            }
            let resting = block.rest.choose(group, at, &mut memory.resting);
            if resting {
                block.clear_awake(group, &memory.resting);
            } else {
                block.clear();
            }
            memory.limited.fill(false);
            memory.bent.fill(false);
            group.device.load(&p, memory, &mut block.stamps(group, lanes));
            block.rest.remember(group, at, memory);
            if matches!(at.mode, Mode::Start | Mode::Static) {
                hold_states(group, block, at, lanes);
            }
            gather_rows(group, &block.f, &mut self.f, &mut self.magnitude, lanes);
            gather_rows(group, &block.q, &mut self.q, &mut self.charge, lanes);
            if resting {
                block.rest.continue_linearly(&group.pattern_g, &block.g, group, at.x, &memory.resting, &mut self.f);
                block.rest.continue_linearly(&group.pattern_c, &block.c, group, at.x, &memory.resting, &mut self.q);
            }
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
        for ((group, memory), block) in system.groups.iter().zip(memories).zip(&mut self.blocks) {
            block.clear();
            block.rest.forget(&mut memory.resting);
            let p = point(group, self.lanes, at);
            group.device.load(&p, memory, &mut block.stamps(group, self.lanes));
            gather_rows(group, &block.q, &mut self.q, &mut self.charge, self.lanes);
        }
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

    /// Fills `leverage` of one lane: how much of R hangs on the last digit of x. Inside a device large currents cancel
    /// before its row is gathered, so Σ|terms| does not show it.
    /// Rows of condensed devices count as they were before the elimination; `a` is the factor of C in J.
    pub fn sum_jacobian(&mut self, system: &System, x: &[f64], a: f64, lane: usize) {
        let lanes = self.lanes;
        self.leverage.iter_mut().skip(lane).step_by(lanes).for_each(|v| *v = 0.0);
        for column in 0..system.pattern.n {
            let size = x[(column + 1) * lanes + lane].abs();
            for slot in system.pattern.starts[column]..system.pattern.starts[column + 1] {
                let row = (system.pattern.rows[slot] + 1) * lanes + lane;
                self.leverage[row] += self.jacobian[slot * lanes + lane].abs() * size;
            }
        }
        for (group, block) in system.groups.iter().zip(&self.blocks).filter(|(g, _)| g.split.is_some()) {
            for (pattern, values, factor) in [(&group.pattern_g, &block.g, 1.0), (&group.pattern_c, &block.c, a)] {
                for (i, terms) in group.terms.chunks_exact(group.width).enumerate() {
                    for (k, &(row, column)) in pattern.iter().enumerate() {
                        let value = factor * values[(i * pattern.len() + k) * lanes + lane];
                        let size = x[terms[column] as usize * lanes + lane].abs();
                        self.leverage[terms[row] as usize * lanes + lane] += value.abs() * size;
                    }
                }
            }
        }
    }

    /// Changes of the condensed unknowns, from those of the solved ones: fills `dx` behind `system.solved`.
    pub fn back_substitute(&mut self, system: &System, dx: &mut [f64]) {
        let lanes = self.lanes;
        for (group, block) in system.groups.iter().zip(&self.blocks) {
            let Some(split) = &group.split else { continue };
            let (v, w, n) = (split.outer.len(), split.local.len(), group.width);
            let (dv, dw) = self.scratch.split_at_mut(v);
            for i in 0..group.parts.len() {
                for lane in 0..lanes {
                    let from = (i * lanes + lane) * split.block_len();
                    for (d, &t) in dv.iter_mut().zip(&split.outer) {
                        *d = dx[group.terms[i * n + t] as usize * lanes + lane];
                    }
                    back_substitute(&block.dense[from..from + split.block_len()], n, w, dv, &mut dw[..w]);
                    for (d, &t) in dw.iter().zip(&split.local) {
                        dx[group.terms[i * n + t] as usize * lanes + lane] = *d;
                    }
                }
            }
        }
    }

    /// J, F, Q and row magnitudes of the linear devices: products with the static matrices.
    #[inline(always)]
    fn linear_part(&mut self, at: &Inputs, lanes: usize) {
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
        multiply(&self.terms_g, &self.static_g, at.x, &mut self.f, &mut self.magnitude, lanes);
        multiply(&self.terms_c, &self.static_c, at.x, &mut self.q, &mut self.charge, lanes);
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

    /// Eliminates the local unknowns of one device and scatters what is left.
    fn condense(&mut self, g: usize, group: &Group, at: &Inputs) {
        let Some(split) = &group.split else { return };
        let lanes = self.lanes;
        let (n, w, v) = (group.width, split.local.len(), split.outer.len());
        let (stride, len) = (n + 1, split.block_len());
        let place = &split.positions;
        let block = &mut self.blocks[g];
        for i in 0..group.parts.len() {
            for lane in 0..lanes {
                let dense = &mut block.dense[(i * lanes + lane) * len..(i * lanes + lane + 1) * len];
                dense.fill(0.0);
                for (e, &(r, c)) in group.pattern_g.iter().enumerate() {
                    dense[place[r] * stride + place[c]] += block.g[(i * group.pattern_g.len() + e) * lanes + lane];
                }
                for (e, &(r, c)) in group.pattern_c.iter().enumerate() {
                    let value = block.c[(i * group.pattern_c.len() + e) * lanes + lane];
                    dense[place[r] * stride + place[c]] += at.a[lane] * value;
                }
                for &t in &split.local {
                    dense[place[t] * stride + n] = self.residual[group.terms[i * n + t] as usize * lanes + lane];
                }
                if !eliminate(dense, n, w) {
                    self.local_failure[lane] = true;
                    continue;
                }
                for (r, &t) in split.outer.iter().enumerate() {
                    let row = &dense[(w + r) * stride..(w + r + 1) * stride];
                    self.residual[group.terms[i * n + t] as usize * lanes + lane] += row[n];
                    for c in 0..v {
                        let slot = group.slots_outer[(i * v + r) * v + c] as usize;
                        self.jacobian[slot * lanes + lane] += row[w + c];
                    }
                }
            }
        }
    }
}

/// Where no time passes, the equation of a held state becomes x = its last accepted value.
fn hold_states(group: &Group, block: &mut Block, at: &Inputs, lanes: usize) {
    for &(t, local) in &group.states {
        if local.rest != device::Rest::Held {
            continue;
        }
        for i in 0..group.parts.len() {
            let unknown = group.terms[i * group.width + t] as usize;
            for lane in 0..lanes {
                let k = (i * group.width + t) * lanes + lane;
                block.f[k] = at.x[unknown * lanes + lane] - at.last[unknown * lanes + lane];
                block.q[k] = 0.0;
                let mut diagonal = 1.0;
                for (e, &(r, c)) in group.pattern_g.iter().enumerate() {
                    if r == t {
                        // The first (t, t) entry takes the 1.
                        let value = if c == t { std::mem::take(&mut diagonal) } else { 0.0 };
                        block.g[(i * group.pattern_g.len() + e) * lanes + lane] = value;
                    }
                }
                for (e, &(r, _)) in group.pattern_c.iter().enumerate() {
                    if r == t {
                        block.c[(i * group.pattern_c.len() + e) * lanes + lane] = 0.0;
                    }
                }
            }
        }
    }
}

#[inline(always)]
fn scatter(routes: &[Route], values: &[f64], into: &mut [f64], lanes: usize) {
    for route in routes {
        let (from, to) = (route.from as usize * lanes, route.to as usize * lanes);
        let (into, values) = (&mut into[to..to + lanes], &values[from..from + lanes]);
        for lane in 0..lanes {
            into[lane] += values[lane];
        }
    }
}

#[inline(always)]
fn scatter_scaled(routes: &[Route], values: &[f64], scale: &[f64], into: &mut [f64], lanes: usize) {
    for route in routes {
        let (from, to) = (route.from as usize * lanes, route.to as usize * lanes);
        let (into, values) = (&mut into[to..to + lanes], &values[from..from + lanes]);
        for lane in 0..lanes {
            into[lane] += scale[lane] * values[lane];
        }
    }
}

/// The entries of a static matrix that some lane has.
fn terms(system: &System, values: &[f64], lanes: usize) -> Vec<Term> {
    let pattern = &system.pattern;
    let mut found = Vec::new();
    for column in 0..pattern.n {
        for slot in pattern.starts[column]..pattern.starts[column + 1] {
            if values[slot * lanes..(slot + 1) * lanes].iter().any(|v| *v != 0.0) {
                let row = pattern.rows[slot] as u32 + 1;
                found.push(Term { row, column: column as u32 + 1, slot: slot as u32 });
            }
        }
    }
    found
}

/// Adds matrix·x to `rows` and the absolute terms to `magnitude`.
#[inline(always)]
fn multiply(terms: &[Term], matrix: &[f64], x: &[f64], rows: &mut [f64], magnitude: &mut [f64], lanes: usize) {
    for term in terms {
        let (row, column, slot) = (term.row as usize * lanes, term.column as usize * lanes, term.slot as usize * lanes);
        let (entry, x) = (&matrix[slot..slot + lanes], &x[column..column + lanes]);
        let (sum, size) = (&mut rows[row..row + lanes], &mut magnitude[row..row + lanes]);
        for lane in 0..lanes {
            let product = entry[lane] * x[lane];
            sum[lane] += product;
            size[lane] += product.abs();
        }
    }
}

/// Adds a device's F or Q to the rows, and its magnitudes.
#[inline(always)]
fn gather_rows(group: &Group, from: &[f64], rows: &mut [f64], magnitude: &mut [f64], lanes: usize) {
    for route in &group.rows {
        let (k, row) = (route.from as usize * lanes, route.to as usize * lanes);
        let (rows, magnitude) = (&mut rows[row..row + lanes], &mut magnitude[row..row + lanes]);
        for (lane, value) in from[k..k + lanes].iter().enumerate() {
            rows[lane] += value;
            magnitude[lane] += value.abs();
        }
    }
}

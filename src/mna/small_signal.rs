//! G and C at an operating point, as one complex matrix G + jω·C, condensed like the real one.

use num_complex::Complex64;

use super::assembly::Inputs;
use super::system::{Group, System};
use crate::condense::{Split, back_substitute, eliminate};
use crate::device::{Memory, Mode, Point, Stamps};

/// The linearized circuit (one lane).
pub struct SmallSignal {
    /// G + jω·C in the order of the system's pattern; one slot more, of ground
    pub matrix: Vec<Complex64>,
    static_g: Vec<f64>,
    static_c: Vec<f64>,
    /// G and C entries of each device
    entries: Vec<(Vec<f64>, Vec<f64>)>,
    /// Augmented blocks of condensed devices
    dense: Vec<Vec<Complex64>>,
}

impl SmallSignal {
    /// Linearizes at `at.x`, which must be a solution; `at.mode` must be [`Mode::Linearize`].
    pub fn new(system: &System, memories: &mut [Memory], at: &Inputs) -> SmallSignal {
        debug_assert_eq!(at.mode, Mode::Linearize);
        let slots = system.pattern.rows.len() + 1;
        let (mut static_g, mut static_c) = (vec![0.0; slots], vec![0.0; slots]);
        let mut entries = Vec::new();
        for (group, memory) in system.groups.iter().zip(memories) {
            let (g, c) = linearize(group, memory, at);
            if group.split.is_none() {
                group.slots_g.iter().for_each(|r| static_g[r.to as usize] += g[r.from as usize]);
                group.slots_c.iter().for_each(|r| static_c[r.to as usize] += c[r.from as usize]);
            }
            entries.push((g, c));
        }
        for u in (1..=system.solved).filter(|&u| system.is_voltage(u)) {
            static_g[system.diagonal[u] as usize] += at.shunt;
        }
        let dense = system
            .groups
            .iter()
            .map(|g| vec![Complex64::ZERO; g.split.as_ref().map_or(0, |s| s.block_len() * g.parts.len())]);
        SmallSignal { matrix: vec![Complex64::ZERO; slots], static_g, static_c, entries, dense: dense.collect() }
    }

    /// Fills `matrix` for an angular frequency (rad/s) and condenses `rhs` (by unknown, stimulus on the right-hand side).
    /// False if a local block is singular.
    pub fn assemble(&mut self, system: &System, omega: f64, rhs: &mut [Complex64]) -> bool {
        for ((m, g), c) in self.matrix.iter_mut().zip(&self.static_g).zip(&self.static_c) {
            *m = Complex64::new(*g, omega * c);
        }
        let mut regular = true;
        for ((group, (g, c)), dense) in system.groups.iter().zip(&self.entries).zip(&mut self.dense) {
            let Some(split) = &group.split else { continue };
            let (n, w, v) = (group.width, split.local.len(), split.outer.len());
            for i in 0..group.parts.len() {
                let block = &mut dense[i * split.block_len()..(i + 1) * split.block_len()];
                fill(group, split, (g, c), i, omega, block);
                for &t in &split.local {
                    // The block's last column is a residual: minus the right-hand side.
                    block[split.positions[t] * (n + 1) + n] = -rhs[group.terms[i * n + t] as usize];
                }
                regular &= eliminate(block, n, w);
                for (r, &t) in split.outer.iter().enumerate() {
                    let row = &block[(w + r) * (n + 1)..(w + r + 1) * (n + 1)];
                    rhs[group.terms[i * n + t] as usize] -= row[n];
                    for k in 0..v {
                        self.matrix[group.slots_outer[(i * v + r) * v + k] as usize] += row[w + k];
                    }
                }
            }
        }
        regular
    }

    /// What a unit current from one terminal of an instance to another does to a quantity, by the solution `y` of the
    /// transposed system for it: y·b, the part of b that falls on condensed unknowns carried over to the solved ones.
    pub fn transfer(
        &self,
        system: &System,
        (group, instance): (usize, usize),
        [from, to]: [usize; 2],
        omega: f64,
        y: &[Complex64],
    ) -> Complex64 {
        let place = &system.groups[group];
        let n = place.width;
        let terms = &place.terms[instance * n..(instance + 1) * n];
        let ends = [(from, -1.0), (to, 1.0)];
        let Some(split) = place.split.as_ref().filter(|s| s.local.contains(&from) || s.local.contains(&to)) else {
            return ends.iter().map(|&(t, sign)| y[terms[t] as usize] * sign).sum();
        };
        let (g, c) = &self.entries[group];
        let mut block = vec![Complex64::ZERO; split.block_len()];
        fill(place, split, (g, c), instance, omega, &mut block);
        for (t, sign) in ends {
            block[split.positions[t] * (n + 1) + n] -= sign;
        }
        eliminate(&mut block, n, split.local.len());
        let outer = split.outer.iter().enumerate();
        outer.map(|(r, &t)| -y[terms[t] as usize] * block[(split.local.len() + r) * (n + 1) + n]).sum()
    }

    /// Fills the condensed unknowns of a solution from the solved ones.
    pub fn back_substitute(&self, system: &System, x: &mut [Complex64]) {
        for (group, dense) in system.groups.iter().zip(&self.dense) {
            let Some(split) = &group.split else { continue };
            let mut dw = vec![Complex64::ZERO; split.local.len()];
            for i in 0..group.parts.len() {
                let terms = &group.terms[i * group.width..(i + 1) * group.width];
                let dv: Vec<Complex64> = split.outer.iter().map(|&t| x[terms[t] as usize]).collect();
                let block = &dense[i * split.block_len()..(i + 1) * split.block_len()];
                back_substitute(block, group.width, split.local.len(), &dv, &mut dw);
                for (d, &t) in dw.iter().zip(&split.local) {
                    x[terms[t] as usize] = *d;
                }
            }
        }
    }

    /// Current into a terminal's net, out of it into the device: Σ (G + jω·C)·x over the terminal's row of one instance.
    pub fn current(
        &self,
        system: &System,
        group: usize,
        instance: usize,
        terminal: usize,
        omega: f64,
        x: &[Complex64],
    ) -> Complex64 {
        let place = &system.groups[group];
        let (g, c) = &self.entries[group];
        let terms = &place.terms[instance * place.width..(instance + 1) * place.width];
        let row = |list: &[(usize, usize)], values: &[f64]| -> Complex64 {
            let mine = list.iter().enumerate().filter(|(_, (r, _))| *r == terminal);
            mine.map(|(e, &(_, col))| x[terms[col] as usize] * values[instance * list.len() + e]).sum()
        };
        row(&place.pattern_g, g) + Complex64::new(0.0, omega) * row(&place.pattern_c, c)
    }
}

/// The augmented block of a condensed instance, its last column zero.
fn fill(group: &Group, split: &Split, (g, c): (&[f64], &[f64]), i: usize, omega: f64, block: &mut [Complex64]) {
    let (n, place) = (group.width, &split.positions);
    block.fill(Complex64::ZERO);
    for (e, &(r, col)) in group.pattern_g.iter().enumerate() {
        block[place[r] * (n + 1) + place[col]] += g[i * group.pattern_g.len() + e];
    }
    for (e, &(r, col)) in group.pattern_c.iter().enumerate() {
        block[place[r] * (n + 1) + place[col]] += Complex64::new(0.0, omega * c[i * group.pattern_c.len() + e]);
    }
}

/// G and C entries of one device at a point.
fn linearize(group: &Group, memory: &mut Memory, at: &Inputs) -> (Vec<f64>, Vec<f64>) {
    let n = group.parts.len();
    let (mut f, mut q) = (vec![0.0; n * group.width], vec![0.0; n * group.width]);
    let (mut g, mut c) = (vec![0.0; n * group.pattern_g.len()], vec![0.0; n * group.pattern_c.len()]);
    let point = Point {
        lanes: 1,
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
    };
    let mut stamps = Stamps {
        lanes: 1,
        width: group.width,
        f: &mut f,
        q: &mut q,
        g: &mut g,
        c: &mut c,
        entries_g: group.pattern_g.len(),
        entries_c: group.pattern_c.len(),
    };
    group.device.load(&point, memory, &mut stamps);
    (g, c)
}

//! Condensed devices: elimination of their local unknowns before the solve, substitution after it.

use super::assembly::{Assembly, Inputs};
use super::system::{Group, System};
use crate::condense::{back_substitute, eliminate};

impl Assembly {
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

    /// Eliminates the local unknowns of one device and scatters what is left.
    pub(super) fn condense(&mut self, g: usize, group: &Group, at: &Inputs) {
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

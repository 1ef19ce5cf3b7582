//! What one device loads, before it is scattered.

use super::assembly::Inputs;
use super::rest::Rest;
use super::system::Group;
use crate::device;
use crate::device::Stamps;

/// What one device loads, before it is scattered.
#[derive(Clone)]
pub(super) struct Block {
    pub(super) f: Vec<f64>,
    pub(super) q: Vec<f64>,
    /// F at the last accepted point, of devices with states; NaN where it is not known
    pub(super) before: Vec<f64>,
    pub(super) g: Vec<f64>,
    pub(super) c: Vec<f64>,
    pub(super) rest: Rest,
    /// Augmented dense blocks of condensed devices, `[(instance * lanes + lane) * block_len]`
    pub(super) dense: Vec<f64>,
}

impl Block {
    pub(super) fn new(group: &Group, lanes: usize) -> Block {
        let n = group.parts.len() * lanes;
        Block {
            f: vec![0.0; n * group.width],
            q: vec![0.0; n * group.width],
            before: vec![f64::NAN; if group.states.is_empty() { 0 } else { n * group.width }],
            g: vec![0.0; n * group.pattern_g.len()],
            c: vec![0.0; n * group.pattern_c.len()],
            rest: Rest::new(group, lanes),
            dense: vec![0.0; group.split.as_ref().map_or(0, |s| n * s.block_len())],
        }
    }

    /// Forgets F and Q; a linear device's G and C stay as they were loaded.
    pub(super) fn clear_sources(&mut self) {
        self.f.fill(0.0);
        self.q.fill(0.0);
    }

    /// Forgets what the instances that are not at rest loaded.
    pub(super) fn clear_awake(&mut self, group: &Group) {
        let (width, g, c) = (group.width, group.pattern_g.len(), group.pattern_c.len());
        for i in self.rest.awake.iter().map(|&i| i as usize) {
            self.f[i * width..(i + 1) * width].fill(0.0);
            self.q[i * width..(i + 1) * width].fill(0.0);
            self.g[i * g..(i + 1) * g].fill(0.0);
            self.c[i * c..(i + 1) * c].fill(0.0);
        }
    }

    /// Whether all that one instance loaded, in its only lane, is finite.
    pub(super) fn is_finite(&self, group: &Group, i: usize) -> bool {
        let of = |values: &[f64], n: usize| values[i * n..(i + 1) * n].iter().all(|v| v.is_finite());
        of(&self.f, group.width)
            && of(&self.q, group.width)
            && of(&self.g, group.pattern_g.len())
            && of(&self.c, group.pattern_c.len())
    }

    pub(super) fn clear(&mut self) {
        for v in [&mut self.f, &mut self.q, &mut self.g, &mut self.c] {
            v.fill(0.0);
        }
    }

    pub(super) fn stamps<'a>(&'a mut self, group: &Group, lanes: usize) -> Stamps<'a> {
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

/// Where no time passes, the equation of a held state becomes x = its last accepted value.
pub(super) fn hold_states(group: &Group, block: &mut Block, at: &Inputs, lanes: usize) {
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

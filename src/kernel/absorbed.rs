//! Energy that goes into parts, `E(R1)`: ∫ Σ v·i dt over their pins, v and i being straight lines between accepted points.
//!
//! Over a step of h from (v₀, i₀) to (v₁, i₁) that is h/6·(2·v₀i₀ + v₀i₁ + v₁i₀ + 2·v₁i₁) for each pin.

use serde::{Deserialize, Serialize};

use crate::analysis::{Tracks, View, quantity};
use crate::circuit::PartId;
use crate::circuit::equation::Quantity;
use crate::device::Ticks;

/// One part that somebody asks for.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Meter {
    part: PartId,
    /// J
    energy: f64,
    /// Voltage (to ground) and current (into it) of each pin at the last point
    pins: Vec<(f64, f64)>,
}

/// All of them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Absorbed {
    list: Vec<Meter>,
    now: Ticks,
}

/// Voltage and current of each pin of a part.
fn pins(view: &View, tracks: &Tracks, part: PartId) -> Vec<(f64, f64)> {
    let nets = &view.system.circuit.part(part).pins;
    let one = |(k, net): (usize, &crate::circuit::NetId)| {
        let v = view.x[net.0 as usize * view.lanes + view.lane];
        (v, quantity(view, tracks, &Quantity::Current(part, k)))
    };
    nets.iter().enumerate().map(one).collect()
}

impl Absorbed {
    /// Whether a part is new here.
    pub fn add(&mut self, part: PartId) -> bool {
        let new = self.list.iter().all(|m| m.part != part);
        if new {
            self.list.push(Meter { part, energy: 0.0, pins: Vec::new() });
        }
        new
    }

    /// J; 0 of a part that nobody asked for
    pub fn of(&self, part: PartId) -> f64 {
        self.list.iter().find(|m| m.part == part).map_or(0.0, |m| m.energy)
    }

    /// A point that is not reached by time passing.
    pub fn start(&mut self, view: &View, tracks: &Tracks, now: Ticks) {
        self.now = now;
        self.list.iter_mut().for_each(|m| m.pins = pins(view, tracks, m.part));
    }

    /// Time passed since the last point.
    pub fn go_on(&mut self, view: &View, tracks: &Tracks, now: Ticks) {
        let h = Ticks(now.0.saturating_sub(self.now.0)).seconds();
        self.now = now;
        for m in &mut self.list {
            let end = pins(view, tracks, m.part);
            let work = |((v0, i0), (v1, i1)): (&(f64, f64), &(f64, f64))| v0 * (2.0 * i0 + i1) + v1 * (i0 + 2.0 * i1);
            m.energy += h / 6.0 * m.pins.iter().zip(&end).map(work).sum::<f64>();
            m.pins = end;
        }
    }
}

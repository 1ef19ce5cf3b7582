//! The two bulk junctions of a MOS transistor: current, and the depletion charge of an area and its edge, which share
//! potential and knee, so that one logarithm serves both.
//!
//! Source: ngspice 39, mos1load (T. Quarles).

use super::junction::Depletion;

/// Current and conductance at `v`; `gmin` in parallel.
#[inline]
pub fn current(v: f64, saturation: f64, vt: f64, gmin: f64) -> (f64, f64) {
    if v <= -3.0 * vt {
        (gmin * v - saturation, gmin)
    } else {
        let e = saturation * (v / vt).min(700.0).exp();
        (e - saturation + gmin * v, e / vt + gmin)
    }
}

/// Potential, gradings of area and edge, and the voltage of the knee: those of both junctions.
#[derive(Clone, Copy, Debug)]
pub struct Profile {
    pub potential: f64,
    pub bottom: f64,
    pub side: f64,
    pub knee: f64,
}

/// Capacitances at 0 V of area and edge (F); charge (C), capacitance (F) and its slope (F/V) of both at the knee.
#[derive(Clone, Copy, Debug)]
pub struct Junction {
    pub bottom: f64,
    pub side: f64,
    pub knee_charge: f64,
    pub knee_c: f64,
    pub knee_slope: f64,
}

impl Junction {
    pub const SLOTS: usize = 5;

    pub fn new(bottom: Depletion, side: Depletion) -> Junction {
        Junction {
            bottom: bottom.c0,
            side: side.c0,
            knee_charge: bottom.knee_charge + side.knee_charge,
            knee_c: bottom.knee_c + side.knee_c,
            knee_slope: bottom.knee_slope + side.knee_slope,
        }
    }

    /// Charge (C) and capacitance (F) at `v`.
    #[inline]
    pub fn charge(&self, profile: &Profile, v: f64) -> (f64, f64) {
        if self.bottom == 0.0 && self.side == 0.0 {
            return (0.0, 0.0);
        }
        if v >= profile.knee {
            let over = v - profile.knee;
            let charge = self.knee_charge + over * (self.knee_c + 0.5 * over * self.knee_slope);
            return (charge, self.knee_c + over * self.knee_slope);
        }
        let rest = 1.0 - v / profile.potential;
        let ln = if profile.bottom == 0.5 && (profile.side == 0.5 || self.side == 0.0) { 0.0 } else { rest.ln() };
        let root = 1.0 / rest.sqrt();
        let (mut q, mut c) = (0.0, 0.0);
        for (c0, grading) in [(self.bottom, profile.bottom), (self.side, profile.side)] {
            if c0 != 0.0 {
                let power = if grading == 0.5 { root } else { (-grading * ln).exp() };
                // ∫(1 − v/φ)^−m dv / φ
                let integral = if grading == 1.0 { -ln } else { (1.0 - rest * power) / (1.0 - grading) };
                q += c0 * integral;
                c += c0 * power;
            }
        }
        (q * profile.potential, c)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn area_and_edge_add_up() {
        for (mj, mjsw) in [(0.5, 0.5), (0.5, 0.33), (0.4, 1.0)] {
            let (bottom, side) = (Depletion::new(2e-15, 0.8, mj, 0.5), Depletion::new(1e-15, 0.8, mjsw, 0.5));
            let profile = Profile { potential: 0.8, bottom: mj, side: mjsw, knee: 0.4 };
            for v in [-3.0, -0.1, 0.3, 0.6] {
                let (q, c) = Junction::new(bottom, side).charge(&profile, v);
                let ((q1, c1), (q2, c2)) = (bottom.at(v), side.at(v));
                assert!((q - q1 - q2).abs() < 1e-14 * q.abs() && (c - c1 - c2).abs() < 1e-14 * c, "{mj} {mjsw} {v}");
            }
        }
    }
}

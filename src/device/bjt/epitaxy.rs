//! The lightly doped part of the collector: its current and the charge stored in it when it is flooded.
//!
//! ```text
//! K(v) = √(1 + gamma·exp(v/vt))
//! I    = (v + vt·(K(vbc) − K(vbx) − ln((1 + K(vbc))/(1 + K(vbx))))) / (rco·(1 + |v|/vo)),  v = vbc − vbx > 0
//! I    = v/rco for v ≤ 0
//! Q    = qco·(K(vbc) − K(0)) at the inner collector, qco·(K(vbx) − K(0)) at the outer one
//! ```
//!
//! vbc is the voltage from the base to the inner collector, vbx to the outer one. Source: G. M. Kull et al., IEEE Trans.
//! Electron Devices 32 (1985) 1103; as in ngspice 39 (bjtload), but the charges do not vanish where v changes its sign.

use super::setup::*;
use crate::device::slope::Slope;

const INNER: usize = 0;
const OUTER_SIDE: usize = 1;

/// Current from the outer to the inner collector (A), and the charges (C) from the base to the inner and to the outer one,
/// by vbc and vbx.
#[inline]
pub fn collector(n: &impl Fn(usize) -> f64, vbc: f64, vbx: f64, gmin: f64) -> (Slope, [Slope; 2]) {
    let vt = n(VT);
    let flood = |v: f64, side: usize| {
        let e = n(EPI_DOPING) * (v / vt).min(700.0).exp();
        let k = (1.0 + e).sqrt();
        Slope::voltage(v, side).chain(k, 0.5 * e / (vt * k))
    };
    let (inner, outer) = (flood(vbc, INNER), flood(vbx, OUTER_SIDE));
    let v = Slope::voltage(vbc, INNER) - Slope::voltage(vbx, OUTER_SIDE);
    let current = if v.v > 0.0 {
        let ratio = (inner + 1.0) / (outer + 1.0);
        let log = ratio.chain(ratio.v.ln(), 1.0 / ratio.v);
        (v + (inner - outer - log) * vt) / ((v * (1.0 / n(VO)) + 1.0) * n(RCO))
    } else {
        v * (1.0 / n(RCO))
    };
    // K(v) − K(0) without the difference
    let rest = (1.0 + n(EPI_DOPING)).sqrt();
    let stored = |k: Slope, v: f64, side: usize| {
        let e = (v / vt).min(700.0);
        let flood = Slope::voltage(v, side).chain(n(EPI_DOPING) * e.exp_m1(), n(EPI_DOPING) * e.exp() / vt);
        flood / (k + rest) * n(EPI_CHARGE)
    };
    (current + v * gmin, [stored(inner, vbc, INNER), stored(outer, vbx, OUTER_SIDE)])
}

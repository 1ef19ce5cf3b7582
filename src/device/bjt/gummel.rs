//! Voltages of the inner junctions → currents, base conductance and charges of the inner transistor, with exact
//! derivatives by vbe and vbc.
//!
//! ```text
//! If = is·(exp(vbe/nf·vt) − 1)      Ir = is·(exp(vbc/nr·vt) − 1)       the cube law below −3·n·vt, as in a diode
//! qb = (1 + (1 + 4·(If/ikf + Ir/ikr))^nk) / (2·(1 − vbc/vaf − vbe/var))
//! Ic = (If − Ir)/qb − Ir/br − Iₗc   Ib = If/bf + Iₗe + Ir/br + Iₗc     leaks Iₗ: exponentials with ne, nc
//! rb = rbm + (rb − rbm)/qb, or with irb  rbm + 3·(rb − rbm)·(tan z − z)/(z·tan² z), z by Ib/irb
//! Q  = tf·If·(1 + xtf·(If/(If + itf))²·exp(vbc/1.44·vtf))/qb   forward, tr·Ir reverse, and the depletion charges
//! ```
//!
//! Source: H. K. Gummel and H. C. Poon, Bell Syst. Tech. J. 49 (1970) 827; as in ngspice 39 (bjtload), in A, C, S, V.

use super::setup::*;
use crate::device::junction::{Depletion, ideal};
use crate::device::slope::Slope;

const EMITTER_SIDE: usize = 0;
const COLLECTOR_SIDE: usize = 1;

/// Ib/irb below which the base resistance is that of no current.
const LEAST: f64 = 1e-9;

/// Currents at the voltages of the junctions.
#[derive(Clone, Copy, Debug)]
pub struct Core {
    /// Into the inner collector, A
    pub collector: Slope,
    /// Into the inner base, A
    pub base: Slope,
    /// Of the base resistance, S; infinite where there is none
    pub spread: Slope,
    forward: Slope,
    reverse: Slope,
    /// Base charge over that at zero bias
    qb: Slope,
}

/// A saturation current's exponential by the voltage of one side.
#[inline(always)]
fn exponential(saturation: f64, v: f64, vte: f64, side: usize) -> Slope {
    let (i, g) = ideal(v, vte);
    Slope::voltage(v, side).chain(saturation * i, saturation * g)
}

#[inline(always)]
pub fn core(n: &impl Fn(usize) -> f64, vbe: f64, vbc: f64, gmin: f64) -> Core {
    let (be, bc) = (Slope::voltage(vbe, EMITTER_SIDE), Slope::voltage(vbc, COLLECTOR_SIDE));
    let leak = |saturation: f64, voltage: Slope, vte: f64, side: usize| {
        let floor = voltage * gmin;
        if saturation == 0.0 { floor } else { floor + exponential(saturation, voltage.v, vte, side) }
    };
    let forward = exponential(n(IS_FORWARD), vbe, n(VT_FORWARD), EMITTER_SIDE);
    let reverse = exponential(n(IS_REVERSE), vbc, n(VT_REVERSE), COLLECTOR_SIDE);
    let leak_e = leak(n(EMITTER_LEAK), be, n(VT_EMITTER_LEAK), EMITTER_SIDE);
    let leak_c = leak(n(COLLECTOR_LEAK), bc, n(VT_COLLECTOR_LEAK), COLLECTOR_SIDE);

    let early = Slope::constant(1.0) - bc * n(EARLY_FORWARD) - be * n(EARLY_REVERSE);
    let mut qb = Slope::constant(1.0) / early;
    if n(KNEE_FORWARD) != 0.0 || n(KNEE_REVERSE) != 0.0 {
        let load = (forward * n(KNEE_FORWARD) + reverse * n(KNEE_REVERSE)) * 4.0 + 1.0;
        let exponent = n(KNEE_EXPONENT);
        let rolled = match load.v {
            v if v <= 0.0 => Slope::constant(1.0),
            _ if exponent == 0.5 => load.sqrt(),
            v => load.chain(v.powf(exponent), exponent * v.powf(exponent - 1.0)),
        };
        qb = qb * (rolled + 1.0) * 0.5;
    }
    let back = reverse * (1.0 / n(GAIN_REVERSE)) + leak_c;
    let base = forward * (1.0 / n(GAIN_FORWARD)) + leak_e + back;
    Core { collector: (forward - reverse) / qb - back, base, spread: spread(n, base, qb), forward, reverse, qb }
}

/// The conductance of the base.
#[inline(always)]
fn spread(n: &impl Fn(usize) -> f64, base: Slope, qb: Slope) -> Slope {
    let (least, more, half) = (n(RB_LEAST), n(RB_MORE), n(RB_CURRENT));
    if least == 0.0 && more == 0.0 {
        return Slope::constant(f64::INFINITY);
    }
    let one = Slope::constant(1.0);
    if half == 0.0 {
        return one / (Slope::constant(more) / qb + least);
    }
    let ratio = if base.v / half > LEAST { base * (1.0 / half) } else { Slope::constant(LEAST) };
    // z = (√(1 + 144/π²·x) − 1)/(24/π²·√x), the numbers as SPICE rounds them, without the difference
    let z = ratio.sqrt() * (14.59025 / 2.4317) / ((ratio * 14.59025 + 1.0).sqrt() + 1.0);
    one / (crowding(z) * (3.0 * more) + least)
}

/// (tan z − z)/(z·tan² z)
#[inline(always)]
fn crowding(z: Slope) -> Slope {
    if z.v < 0.2 {
        // Its Taylor series: the difference would lose half of the digits.
        let square = z * z;
        let terms = [-5528.0 / 212837625.0, -4.0 / 18711.0, -8.0 / 4725.0, -4.0 / 315.0, -4.0 / 45.0, 1.0 / 3.0];
        return terms.into_iter().fold(Slope::ZERO, |sum, term| sum * square + term);
    }
    let tangent = z.v.tan();
    let tangent = z.chain(tangent, 1.0 + tangent * tangent);
    (tangent - z) / (z * tangent * tangent)
}

/// Charges from base to emitter and from base to collector, C.
#[inline(always)]
pub fn charges(n: &impl Fn(usize) -> f64, core: &Core, vbe: f64, vbc: f64) -> [Slope; 2] {
    let mut diffusion = core.forward;
    if n(TF) != 0.0 && vbe > 0.0 {
        let mut more = Slope::constant(n(XTF));
        if n(XTF) != 0.0 {
            if n(VTF) != 0.0 {
                more = more * (Slope::voltage(vbc, COLLECTOR_SIDE) * n(VTF)).exp();
            }
            if n(ITF) != 0.0 {
                let share = core.forward / (core.forward + n(ITF));
                more = more * share * share;
            }
        }
        diffusion = core.forward * (more + 1.0) / core.qb;
    }
    let emitter = diffusion * n(TF) + depletion(n, EMITTER, vbe, EMITTER_SIDE);
    let collector = core.reverse * n(TR) + depletion(n, COLLECTOR, vbc, COLLECTOR_SIDE);
    [emitter, collector]
}

/// Charge of the junction whose numbers start at `first`, by the voltage at `side`.
#[inline(always)]
pub fn depletion(n: &impl Fn(usize) -> f64, first: usize, v: f64, side: usize) -> Slope {
    let (q, c) = Depletion::from_slots(|k| n(first + k)).at(v);
    Slope::voltage(v, side).chain(q, c)
}

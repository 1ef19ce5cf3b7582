//! Operational amplifier: open-loop gain, gain–bandwidth, second pole, slew rate, offset, bias currents, soft rails, current limit.
//!
//! With d the differential input, y the integrator, z behind the second pole (both measured from the middle of the
//! rails), i the output current, h half the distance of the rails, ω = 2π·gbw and S the slew rate:
//!
//! ```text
//! e     = d + vos + common mode/cmrr − y/a0               what the integrator still sees: 0 at rest
//! dy/dt = S·tanh(ω·e/S) − κ·ω·over(y, (1 + 4k)·h)         (ω·e in place of S·tanh(ω·e/S) where no time passes)
//! dz/dt = 2π·pole2·(y − z)
//! middle + z − over(z, h) = V(out) + rout·i + (10 V/(2 %·imax))·over(i, imax)
//! ```
//!
//! over(x, L) is what is left of x beyond ±L: 0 below (1 − k)·L, a parabola across the knee, x − L beyond: the amplifier
//! is linear up to its knee, then saturates smoothly. The integrator itself is held κ = 100 times harder than the input
//! pulls, a few percent beyond the rails, so that it comes back from overload at once. The current limit is written as a
//! voltage over a current, which grows by 2 % at 10 V: a saturated iterate then has no slope near zero.
//!
//! Newton's method would jump between the rails, since a saturated stage does not feed back: an iterate that passes from
//! beyond one rail to beyond the other is evaluated halfway, where the amplifier is linear.

use std::borrow::Cow;

use std::f64::consts::TAU as TURN;

use super::{Device, Environment, Layout, Local, Memory, Mode, Point, Rest, Stamps, Unknown};
use crate::circuit::kind::{Conduct, Kind, ModelUse, Param, Path, optional_pin, pin, probe};
use crate::circuit::{Circuit, PartId};

const POSITIVE: f64 = f64::MIN_POSITIVE;
const ANY: f64 = f64::INFINITY;

pub static KIND: Kind = Kind {
    name: Cow::Borrowed("opamp"),
    letter: None,
    models: &["opamp"],
    model: ModelUse::Optional,
    doc: Cow::Borrowed("Operational amplifier: gain, bandwidth, slew rate, rails, current limit"),
    pins: Cow::Borrowed(&[
        pin("inp", "non-inverting input"),
        pin("inn", "inverting input"),
        pin("out", "output"),
        optional_pin(
            "vcc",
            "positive supply; without it the rails are vp and vn and the output current returns to ground",
        ),
        optional_pin("vee", "negative supply; ground where only vcc is given"),
    ]),
    positional: &[],
    params: Cow::Borrowed(&[
        Param::new("a0", 1e5, "", "open-loop gain").both().alias(&["avol", "gain"]).range(1e-3, ANY),
        Param::new("gbw", 1e6, "Hz", "gain–bandwidth product").both().range(POSITIVE, ANY),
        Param::absent("pole2", "Hz", "second pole; absent: none").both().range(POSITIVE, ANY),
        Param::absent("slew", "V/s", "slew rate; absent: unlimited").both().range(POSITIVE, ANY),
        Param::absent("slewn", "V/s", "slew rate of a falling output; as slew where absent")
            .both()
            .range(POSITIVE, ANY),
        Param::new("vos", 0.0, "V", "input offset: what a follower adds to its input").both(),
        Param::new("ib", 0.0, "A", "bias current into each input").both(),
        Param::new("ios", 0.0, "A", "bias current of inp less that of inn").both(),
        Param::absent("cmrr", "dB", "common-mode rejection; absent: perfect").both(),
        Param::absent("rin", "ohm", "resistance between the inputs; absent: none").both().range(POSITIVE, ANY),
        Param::new("cin", 0.0, "F", "capacitance between the inputs").both().range(0.0, ANY),
        Param::new("rout", 1.0, "ohm", "output resistance of the open loop").both().range(1e-6, ANY),
        Param::absent("imax", "A", "largest output current; absent: unlimited").both().range(POSITIVE, ANY),
        Param::new("vp", 5.0, "V", "positive rail where no supply is connected").both().alias(&["vmax"]),
        Param::new("vn", -5.0, "V", "negative rail where no supply is connected").both().alias(&["vmin"]),
        Param::new("drop", 0.0, "V", "how far the output stays from its supplies").both(),
        Param::new("iq", 0.0, "A", "current from vcc to vee").both(),
    ]),
    probes: Cow::Borrowed(&[
        probe("error", "V", "input that the integrator still sees: 0 at rest"),
        probe("iout", "A", "current out of the output pin"),
    ]),
    paths: Cow::Borrowed(&[
        Path { a: 0, b: 1, conduct: Conduct::No },
        Path { a: 2, b: Path::GROUND, conduct: Conduct::Yes },
        Path { a: 3, b: 4, conduct: Conduct::Yes },
    ]),
};

const INP: usize = 0;
const INN: usize = 1;
const OUT: usize = 2;
const VCC: usize = 3;
const VEE: usize = 4;
const Y: usize = 5;
const Z: usize = 6;
const I: usize = 7;

/// Where the entries of the patterns start.
const G_Y: usize = 0;
const G_Z: usize = 5;
const G_I: usize = 7;
const G_SUPPLY: usize = 12;
const G_IN: usize = 15;
const PATTERN_G: [(usize, usize); 19] = [
    (Y, INP),
    (Y, INN),
    (Y, VCC),
    (Y, VEE),
    (Y, Y),
    (Z, Y),
    (Z, Z),
    (I, OUT),
    (I, VCC),
    (I, VEE),
    (I, Z),
    (I, I),
    (OUT, I),
    (VCC, I),
    (VEE, I),
    (INP, INP),
    (INP, INN),
    (INN, INP),
    (INN, INN),
];
/// The input capacitance comes last: where no part has one, the inputs carry no charge.
const PATTERN_C: [(usize, usize); 6] = [(Y, Y), (Z, Z), (INP, INP), (INP, INN), (INN, INP), (INN, INN)];
const C_IN: usize = 2;

// Derived numbers.
/// 1/a0
const LEAK: usize = 0;
/// 1/(2π·gbw), s
const TAU: usize = 1;
/// 1/(2π·pole2), s; 0: no second pole
const TAU2: usize = 2;
/// Slew rates, V/s; infinite: unlimited
const UP: usize = 3;
const DOWN: usize = 4;
const VOS: usize = 5;
/// Bias currents, A
const IBP: usize = 6;
const IBN: usize = 7;
/// 1/cmrr
const COMMON: usize = 8;
const GIN: usize = 9;
const CIN: usize = 10;
const ROUT: usize = 11;
const IMAX: usize = 12;
/// Resistance beyond imax, ohm
const RLIM: usize = 13;
/// Rails, V; with supply pins what is added to their voltages
const HIGH: usize = 14;
const LOW: usize = 15;
const IQ: usize = 16;
const DERIVED: usize = 17;

/// Half the width of the knee of a limit, relative to it.
const KNEE: f64 = 0.02;
/// Where the integrator is held, in rails.
const HOLD: f64 = 1.0 + 4.0 * KNEE;
/// How much harder than its input pulls.
const KAPPA: f64 = 100.0;
/// Rails nearer to each other than this (V) fade into one.
const NARROW: f64 = 1e-3;
/// Supply currents pass from one rail to the other within this current, A.
const CROSSOVER: f64 = 1e-6;

struct OpAmp {
    parts: Vec<PartId>,
    supplied: bool,
    /// Some part has a capacitance between its inputs.
    charged: bool,
}

/// Parts with and without supply pins are two devices.
pub fn build(circuit: &Circuit, parts: &[PartId]) -> Vec<Box<dyn Device>> {
    let (supplied, bare): (Vec<PartId>, Vec<PartId>) = parts.iter().partition(|p| circuit.part(**p).pins.len() > VCC);
    let mut devices: Vec<Box<dyn Device>> = Vec::new();
    for (parts, supplied) in [(supplied, true), (bare, false)] {
        if !parts.is_empty() {
            let charged = parts.iter().any(|&p| circuit.setting(p, "cin").is_some());
            devices.push(Box::new(OpAmp { parts, supplied, charged }));
        }
    }
    devices
}

/// What of x is beyond ±limit, and its derivatives by x and by the limit.
fn over(x: f64, limit: f64) -> (f64, f64, f64) {
    let u = x.abs() / limit;
    if u <= 1.0 - KNEE {
        return (0.0, 0.0, 0.0);
    }
    let (e, slope) = if u < 1.0 + KNEE {
        let t = u - 1.0 + KNEE;
        (t * t / (4.0 * KNEE), t / (2.0 * KNEE))
    } else {
        (u - 1.0, 1.0)
    };
    (limit * e.copysign(x), slope, (e - u * slope) * x.signum())
}

/// [`over`] where Newton's method evaluates it: as the tangent there, taken at x.
fn over_limited(
    memory: &mut Memory,
    at: &Point,
    (i, lane): (usize, usize),
    slot: usize,
    x: f64,
    limit: f64,
) -> (f64, f64, f64) {
    let mut u = x;
    if !matches!(at.mode, Mode::Linearize | Mode::Initial) {
        let before = memory.limit(i, slot, lane);
        if x * before < 0.0 && x.abs().min(before.abs()) > (1.0 - KNEE) * limit / HOLD {
            u = 0.0;
            memory.mark_limited(i, lane);
        }
        memory.set_limit(i, slot, lane, u);
    }
    let (value, slope, by_limit) = over(u, limit);
    (value + slope * (x - u), slope, by_limit)
}

/// Half the distance of the rails and its derivative by their difference / 2: never zero, also before the supplies are up.
fn half_span(h: f64) -> (f64, f64) {
    let root = (h * h + 4.0 * NARROW * NARROW).sqrt();
    let half = if h > 0.0 { 0.5 * (h + root) } else { 2.0 * NARROW * NARROW / (root - h) };
    (half, half / root)
}

impl Device for OpAmp {
    fn layout(&mut self, layout: &mut Layout) {
        let volts = Local { start: 0.0, scale: 1.0, abstol: 1e-6, rest: Rest::Settles };
        let amperes = Local { start: 0.0, scale: 1e-3, abstol: 1e-9, rest: Rest::Settles };
        for &part in &self.parts {
            let mut terminals = layout.pins(part);
            terminals.resize(Y, Unknown::GROUND);
            terminals.push(layout.local(part, "y", volts));
            terminals.push(layout.local(part, "z", volts));
            terminals.push(layout.local(part, "i", amperes));
            layout.instance(part, &terminals);
        }
        let entries = if self.charged { PATTERN_C.len() } else { C_IN };
        layout.pattern(&PATTERN_G, &PATTERN_C[..entries]);
        layout.memory(DERIVED, 0, 2);
    }

    fn setup(&self, _env: &Environment, memory: &mut Memory, lane: usize) {
        let [a0, gbw, pole2, slew, slewn, vos] = KIND.places(["a0", "gbw", "pole2", "slew", "slewn", "vos"]);
        let [ib, ios, cmrr, rin, cin, rout] = KIND.places(["ib", "ios", "cmrr", "rin", "cin", "rout"]);
        let [imax, vp, vn, drop, iq] = KIND.places(["imax", "vp", "vn", "drop", "iq"]);
        for i in 0..memory.instances {
            let p = |slot| memory.param(i, slot, lane);
            let given = |v: f64, absent: f64| if v.is_nan() { absent } else { v };
            let up = given(p(slew), f64::INFINITY);
            let (top, bottom) = if self.supplied { (0.0, 0.0) } else { (p(vp), p(vn)) };
            let values: [f64; DERIVED] = [
                1.0 / p(a0),
                1.0 / (TURN * p(gbw)),
                given(1.0 / (TURN * p(pole2)), 0.0),
                up,
                given(p(slewn), up),
                p(vos),
                p(ib) + 0.5 * p(ios),
                p(ib) - 0.5 * p(ios),
                given(10f64.powf(-p(cmrr) / 20.0), 0.0),
                given(1.0 / p(rin), 0.0),
                p(cin),
                p(rout),
                given(p(imax), f64::INFINITY),
                given(10.0 / (0.02 * p(imax)), 0.0),
                top - p(drop),
                bottom + p(drop),
                p(iq),
            ];
            for (slot, value) in values.into_iter().enumerate() {
                memory.set_derived(i, slot, lane, value);
            }
        }
    }

    fn load(&self, at: &Point, memory: &mut Memory, out: &mut Stamps) {
        for i in 0..memory.instances {
            for lane in 0..at.lanes {
                let d = |slot| memory.derived(i, slot, lane);
                let x = |terminal| at.x(i, terminal, lane);
                let (vp, vn) = (x(INP), x(INN));
                let (supply_p, supply_n) = if self.supplied { (x(VCC), x(VEE)) } else { (0.0, 0.0) };
                let (high, low) = (supply_p + d(HIGH), supply_n + d(LOW));
                let (half, dhalf) = half_span(0.5 * (high - low));
                // By vcc, and with the other sign by vee.
                let dhalf = 0.5 * dhalf;

                let (held, held_y, held_limit) = over_limited(memory, at, (i, lane), 0, x(Y), HOLD * half);
                let (lost, lost_z, lost_limit) = over_limited(memory, at, (i, lane), 1, x(Z), half);
                let d = |slot| memory.derived(i, slot, lane);
                let common = 0.5 * d(COMMON);
                let leak = d(LEAK);
                let error = vp - vn + d(VOS) + common * (vp + vn) - leak * x(Y);
                let (rate, slope) = limited_rate(error, d(TAU), d(UP), d(DOWN), at.mode == Mode::Dynamic);
                out.f(i, Y, lane, KAPPA * held - rate);
                out.q(i, Y, lane, d(TAU) * x(Y));
                let by_half = KAPPA * held_limit * HOLD * dhalf;
                out.g(i, G_Y, lane, -slope * (1.0 + common));
                out.g(i, G_Y + 1, lane, -slope * (common - 1.0));
                out.g(i, G_Y + 2, lane, by_half);
                out.g(i, G_Y + 3, lane, -by_half);
                out.g(i, G_Y + 4, lane, slope * leak + KAPPA * held_y);
                out.c(i, 0, lane, d(TAU));

                out.f(i, Z, lane, x(Z) - x(Y));
                out.q(i, Z, lane, d(TAU2) * x(Z));
                out.g(i, G_Z, lane, -1.0);
                out.g(i, G_Z + 1, lane, 1.0);
                out.c(i, 1, lane, d(TAU2));

                let current = x(I);
                let (beyond, beyond_i, _) = over(current, d(IMAX));
                let (ohms, rlim) = (d(ROUT), d(RLIM));
                out.f(i, I, lane, x(OUT) + ohms * current + rlim * beyond - (0.5 * (high + low) + x(Z) - lost));
                out.g(i, G_I, lane, 1.0);
                out.g(i, G_I + 1, lane, -0.5 + lost_limit * dhalf);
                out.g(i, G_I + 2, lane, -0.5 - lost_limit * dhalf);
                out.g(i, G_I + 3, lane, lost_z - 1.0);
                out.g(i, G_I + 4, lane, ohms + rlim * beyond_i);

                out.f(i, OUT, lane, -current);
                out.g(i, G_SUPPLY, lane, -1.0);
                if self.supplied {
                    let root = current.hypot(CROSSOVER);
                    let sourced = 0.5 * (current + root);
                    let share = sourced / root;
                    let quiet = at.source * d(IQ);
                    out.f(i, VCC, lane, sourced + quiet);
                    out.f(i, VEE, lane, current - sourced - quiet);
                    out.g(i, G_SUPPLY + 1, lane, share);
                    out.g(i, G_SUPPLY + 2, lane, 1.0 - share);
                }

                let leak_in = d(GIN) * (vp - vn);
                out.f(i, INP, lane, at.source * d(IBP) + leak_in);
                out.f(i, INN, lane, at.source * d(IBN) - leak_in);
                out.conductance(i, G_IN, lane, d(GIN));
                if self.charged {
                    out.q(i, INP, lane, d(CIN) * (vp - vn));
                    out.q(i, INN, lane, -d(CIN) * (vp - vn));
                    out.capacitance(i, C_IN, lane, d(CIN));
                }
            }
        }
    }

    fn probe(&self, instance: usize, name: &str, at: &Point, memory: &Memory, lane: usize) -> Option<f64> {
        let d = |slot| memory.derived(instance, slot, lane);
        let x = |terminal| at.x(instance, terminal, lane);
        match name {
            "iout" => Some(x(I)),
            "error" => {
                let common = 0.5 * d(COMMON) * (x(INP) + x(INN));
                Some(x(INP) - x(INN) + d(VOS) + common - d(LEAK) * x(Y))
            }
            _ => None,
        }
    }
}

/// dy/dt in units of 1/τ (so volts of input) and its derivative by the error.
fn limited_rate(error: f64, tau: f64, up: f64, down: f64, moving: bool) -> (f64, f64) {
    let top = tau * if error < 0.0 { down } else { up };
    if !moving || top.is_infinite() {
        return (error, 1.0);
    }
    let t = (error / top).tanh();
    (top * t, 1.0 - t * t)
}

#[cfg(test)]
mod tests;

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

use std::f64::consts::TAU as TURN;

use super::{Device, Environment, Layout, Local, Memory, Mode, Point, Rest, Stamps, Unknown};
use crate::circuit::kind::{Conduct, Kind, ModelUse, Param, Path, Probe, optional_pin, pin};
use crate::circuit::{Circuit, PartId};

const POSITIVE: f64 = f64::MIN_POSITIVE;
const ANY: f64 = f64::INFINITY;

pub static KIND: Kind = Kind {
    name: "opamp",
    letter: None,
    models: &["opamp"],
    model: ModelUse::Optional,
    doc: "Operational amplifier: gain, bandwidth, slew rate, rails, current limit",
    pins: &[
        pin("inp", "non-inverting input"),
        pin("inn", "inverting input"),
        pin("out", "output"),
        optional_pin(
            "vcc",
            "positive supply; without it the rails are vp and vn and the output current returns to ground",
        ),
        optional_pin("vee", "negative supply; ground where only vcc is given"),
    ],
    positional: &[],
    params: &[
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
    ],
    probes: &[
        Probe { name: "error", unit: "V", doc: "input that the integrator still sees: 0 at rest" },
        Probe { name: "iout", unit: "A", doc: "current out of the output pin" },
    ],
    paths: &[
        Path { a: 0, b: 1, conduct: Conduct::No },
        Path { a: 2, b: Path::GROUND, conduct: Conduct::Yes },
        Path { a: 3, b: 4, conduct: Conduct::Yes },
    ],
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
const PATTERN_C: [(usize, usize); 6] = [(Y, Y), (Z, Z), (INP, INP), (INP, INN), (INN, INP), (INN, INN)];

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
}

/// Parts with and without supply pins are two devices.
pub fn build(circuit: &Circuit, parts: &[PartId]) -> Vec<Box<dyn Device>> {
    let (supplied, bare): (Vec<PartId>, Vec<PartId>) = parts.iter().partition(|p| circuit.part(**p).pins.len() > VCC);
    let mut devices: Vec<Box<dyn Device>> = Vec::new();
    for (parts, supplied) in [(supplied, true), (bare, false)] {
        if !parts.is_empty() {
            devices.push(Box::new(OpAmp { parts, supplied }));
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
        layout.pattern(&PATTERN_G, &PATTERN_C);
        layout.memory(DERIVED, 0, 0);
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

                let (held, held_y, held_limit) = over(x(Y), HOLD * half);
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
                let (lost, lost_z, lost_limit) = over(x(Z), half);
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
                out.q(i, INP, lane, d(CIN) * (vp - vn));
                out.q(i, INN, lane, -d(CIN) * (vp - vn));
                out.capacitance(i, 2, lane, d(CIN));
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
mod tests {
    use super::*;
    use crate::circuit::Circuit;
    use crate::device::testing::{Bench, circuit, net, numbers, part};
    use nalgebra::{DMatrix, DVector};

    /// An amplifier `U1 p n out` (or `U1 p n out vcc vee`) among resistors and sources that are solved by hand here.
    struct Stage {
        circuit: Circuit,
        bench: Bench,
        g: DMatrix<f64>,
        injected: DVector<f64>,
        x: DVector<f64>,
        iterations: usize,
    }

    impl Stage {
        fn new(pins: &[&str], settings: &[(&'static str, f64)]) -> Stage {
            let mut c = circuit(&["p", "n", "out", "vcc", "vee", "in"]);
            let u = part(&mut c, &KIND, "U1", pins, None, numbers(settings));
            let mut bench = Bench::new(&c, build, &[u]);
            bench.mode = Mode::Static;
            let n = bench.unknowns();
            // A gmin from every net, as a run would have it.
            let mut g = DMatrix::zeros(n, n);
            (0..=6).for_each(|k| g[(k, k)] = 1e-12);
            let (injected, x) = (DVector::zeros(n), DVector::zeros(n));
            Stage { circuit: c, bench, g, injected, x, iterations: 0 }
        }

        fn at(&self, name: &str) -> usize {
            net(&self.circuit, name).0 as usize
        }

        fn resistor(mut self, a: &str, b: &str, ohms: f64) -> Stage {
            let (a, b) = (self.at(a), self.at(b));
            for (r, c, sign) in [(a, a, 1.0), (a, b, -1.0), (b, a, -1.0), (b, b, 1.0)] {
                self.g[(r, c)] += sign / ohms;
            }
            self
        }

        /// A source of 1 mΩ.
        fn source(mut self, a: &str, volts: f64) -> Stage {
            self.set(a, volts);
            let a = self.at(a);
            self.g[(a, a)] += 1e3;
            self
        }

        fn set(&mut self, a: &str, volts: f64) {
            let a = self.at(a);
            self.injected[a] = 1e3 * volts;
        }

        fn load(mut self, a: &str, amperes: f64) -> Stage {
            let a = self.at(a);
            self.injected[a] -= amperes;
            self
        }

        /// F + a·(Q − q0) = 0 by full Newton steps from the present x.
        fn solve(&mut self, a: f64, q0: &DVector<f64>) {
            for iteration in 1..=50 {
                let here = self.bench.load(self.x.as_slice());
                let mut r = &here.f + a * (&here.q - q0) + &self.g * &self.x - &self.injected;
                let mut j = &here.g + a * &here.c + &self.g;
                j.row_mut(0).fill(0.0);
                j.column_mut(0).fill(0.0);
                (j[(0, 0)], r[0]) = (1.0, 0.0);
                let dx = j.lu().solve(&r).expect("a regular matrix");
                self.x -= &dx;
                if dx.amax() < 1e-9 * self.x.amax().max(1.0) {
                    self.iterations = iteration;
                    return;
                }
            }
            panic!("no convergence: {}", self.x);
        }

        fn settle(mut self) -> Stage {
            self.bench.mode = Mode::Static;
            let none = DVector::zeros(self.x.len());
            self.solve(0.0, &none);
            self
        }

        /// Implicit Euler with fixed steps; V(out) after each.
        fn run(&mut self, step: f64, steps: usize) -> Vec<f64> {
            self.bench.mode = Mode::Dynamic;
            let out = self.at("out");
            (0..steps)
                .map(|_| {
                    let q0 = self.bench.load(self.x.as_slice()).q;
                    self.solve(1.0 / step, &q0);
                    self.x[out]
                })
                .collect()
        }

        fn volts(&self, name: &str) -> f64 {
            self.x[self.at(name)]
        }
    }

    fn follower(settings: &[(&'static str, f64)]) -> Stage {
        Stage::new(&["p", "out", "out"], settings)
    }

    /// V(in) through 2 kΩ to the virtual ground, 200 kΩ back.
    fn inverter(settings: &[(&'static str, f64)]) -> Stage {
        Stage::new(&["0", "n", "out"], settings).resistor("in", "n", 2e3).resistor("n", "out", 200e3)
    }

    fn close(got: f64, want: f64, within: f64) {
        assert!((got - want).abs() <= within, "{got} is not {want} within {within}");
    }

    #[test]
    fn the_gain_of_the_open_loop_is_a0() {
        let s = Stage::new(&["p", "0", "out"], &[("a0", 2e4), ("rout", 50.0)]).source("p", 100e-6).settle();
        close(s.volts("out"), 2.0, 1e-8);
    }

    #[test]
    fn a_follower_misses_its_input_by_one_part_in_a0() {
        let s = follower(&[("a0", 1e5)]).source("p", 1.0).settle();
        close(s.volts("out"), 1.0 - 1.0 / 100_001.0, 1e-9);
    }

    #[test]
    fn a_follower_adds_its_offset() {
        close(follower(&[("vos", 2e-3), ("a0", 1e9)]).source("p", 1.0).settle().volts("out"), 1.002, 1e-7);
    }

    #[test]
    fn bias_current_flows_through_the_feedback_resistor() {
        let s = Stage::new(&["0", "n", "out"], &[("ib", 1e-9), ("ios", 0.2e-9), ("a0", 1e9)]).resistor("n", "out", 1e6);
        close(s.settle().volts("out"), 0.9e-3, 1e-9);
    }

    #[test]
    fn common_mode_leaks_through_finite_rejection() {
        let s = follower(&[("cmrr", 60.0), ("a0", 1e9)]).source("p", 1.0).settle();
        close(s.volts("out"), 1.001, 2e-6);
    }

    #[test]
    fn output_resistance_of_a_loaded_open_loop() {
        let s =
            Stage::new(&["p", "0", "out"], &[("rout", 50.0)]).source("p", 10e-6).resistor("out", "0", 50.0).settle();
        close(s.volts("out"), 0.5, 1e-8);
    }

    #[test]
    fn an_overdriven_inverter_stands_at_its_rail_within_ten_iterations() {
        for (volts, rail) in [(0.25, -4.95), (-0.25, 4.95), (-2.0, 4.95)] {
            let s = inverter(&[("vp", 5.0), ("vn", -5.0), ("drop", 0.05), ("imax", 40e-3)]);
            let s = s.resistor("out", "0", 25e3).source("in", volts).settle();
            close(s.volts("out"), rail, 1e-3);
            assert!(s.iterations <= 10, "{} iterations", s.iterations);
        }
    }

    #[test]
    fn linear_up_to_the_knee() {
        let s = inverter(&[("a0", 1e9)]).source("in", -0.0485).settle();
        close(s.volts("out"), 4.85, 1e-4);
    }

    #[test]
    fn rails_follow_the_supply_pins() {
        let stage = Stage::new(&["p", "0", "out", "vcc", "vee"], &[("drop", 0.1)]);
        let s = stage.source("vcc", 3.3).source("vee", 0.0).source("p", 1.0).settle();
        close(s.volts("out"), 3.2, 1e-4);
        let single = Stage::new(&["p", "0", "out", "vcc"], &[("drop", 0.1)]);
        close(single.source("vcc", 3.3).source("p", -1.0).settle().volts("out"), 0.1, 1e-4);
    }

    #[test]
    fn supplies_give_what_the_output_gives() {
        let pins = ["p", "0", "out", "vcc", "vee"];
        let s =
            Stage::new(&pins, &[]).source("vcc", 5.0).source("vee", -5.0).source("p", 1.0).resistor("out", "0", 1e3);
        let mut s = s.settle();
        let f = s.bench.load(s.x.as_slice()).f;
        close(f[s.at("vcc")], 5e-3, 1e-5);
        close(f[s.at("vcc")] + f[s.at("vee")] + f[s.at("out")], 0.0, 1e-15);
    }

    #[test]
    fn a_short_circuit_draws_imax() {
        let s = follower(&[("imax", 40e-3)]).source("p", 5.0).resistor("out", "0", 1.0).settle();
        close(s.volts("out"), 40e-3, 1e-3);
        let s = follower(&[("imax", 40e-3)]).source("p", 1.0).load("out", 30e-3).settle();
        close(s.volts("out"), 1.0, 1e-4);
    }

    #[test]
    fn a_small_step_of_a_follower_has_the_time_constant_of_its_bandwidth() {
        // 1 − exp(−2π·gbw·t) at one time constant; implicit Euler with h = τ/1000 is 1.8e-4 late.
        let tau = 1.0 / (TURN * 80e6);
        let mut s = follower(&[("gbw", 80e6), ("slew", 80e6)]).source("p", 0.0).settle();
        s.set("p", 1e-3);
        let out = s.run(tau / 1000.0, 1000);
        close(out[999] / 1e-3, 1.0 - (-1.0f64).exp(), 4e-4);
    }

    #[test]
    fn a_large_step_slews() {
        let mut s = follower(&[("gbw", 80e6), ("slew", 80e6), ("slewn", 40e6)]).source("p", -2.0).settle();
        s.set("p", 2.0);
        let up = s.run(1e-9, 80);
        close((up[29] - up[9]) / 20e-9, 80e6, 0.1e6);
        close(up[79], 2.0, 1e-3);
        s.set("p", -2.0);
        let down = s.run(1e-9, 60);
        close((down[29] - down[9]) / 20e-9, -40e6, 0.1e6);
    }

    #[test]
    fn an_overloaded_amplifier_comes_back_at_its_slew_rate() {
        let mut s = inverter(&[("gbw", 80e6), ("slew", 80e6)]).source("in", -1.0).settle();
        close(s.volts("out"), 5.0, 1e-3);
        s.set("in", 1.0);
        // 10 V of output and twice the 6 % to where the integrator is held: 133 ns of slewing.
        let out = s.run(1e-9, 150);
        close(out[149], -5.0, 1e-3);
        assert!(out[2] > 4.99 && out[10] < 4.5, "{out:?}");
    }

    #[test]
    fn the_second_pole_takes_its_phase() {
        // Follower with pole2 = gbw: poles of s² + ω·s + ω² (a0 → ∞), damping 1/2: the step overshoots by 16.3 %.
        let mut s = follower(&[("gbw", 1e6), ("pole2", 1e6), ("a0", 1e9), ("rout", 1e-3)]).source("p", 0.0).settle();
        s.set("p", 0.1);
        let out = s.run(1e-10, 12_000);
        let peak = out.iter().fold(0.0, |a: f64, &b| a.max(b));
        close(peak / 0.1, 1.163, 2e-3);
    }

    #[test]
    fn jacobians_agree_with_differences() {
        let pins = ["p", "n", "out", "vcc", "vee"];
        let mut s = Stage::new(
            &pins,
            &[
                ("slew", 1e6),
                ("pole2", 3e6),
                ("cmrr", 60.0),
                ("rin", 1e6),
                ("cin", 1e-12),
                ("imax", 10e-3),
                ("a0", 100.0),
            ],
        );
        for mode in [Mode::Static, Mode::Dynamic] {
            s.bench.mode = mode;
            // Unknowns: ground p n out vcc vee in y z i. Linear; in the knee; saturated, in current limit; supplies down.
            for x in [
                [0.0, 0.1, 0.05, 2.0, 5.0, -4.0, 0.0, 2.0, 2.1, 1e-3],
                [0.0, 0.1, 0.05, 2.0, 5.0, -4.0, 0.0, 4.6, 4.45, 10.1e-3],
                [0.0, 0.1, -0.3, -3.0, 5.0, -4.0, 0.0, -7.0, -6.0, -20e-3],
                [0.0, 0.1, -0.3, 0.2, 1e-3, 2e-3, 0.0, 0.3, 0.2, 1e-4],
            ] {
                s.bench.check_jacobians(&x, 1e-5);
            }
        }
    }
}

//! What data sheets state, measured on one amplifier among resistors: gain, offsets, rails, currents, steps.

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
    let s = Stage::new(&["p", "0", "out"], &[("rout", 50.0)]).source("p", 10e-6).resistor("out", "0", 50.0).settle();
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
    let s = Stage::new(&pins, &[]).source("vcc", 5.0).source("vee", -5.0).source("p", 1.0).resistor("out", "0", 1e3);
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
        &[("slew", 1e6), ("pole2", 3e6), ("cmrr", 60.0), ("rin", 1e6), ("cin", 1e-12), ("imax", 10e-3), ("a0", 100.0)],
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
            // The second load at a point is not limited any more.
            s.bench.load(&x);
            s.bench.check_jacobians(&x, 1e-5);
        }
    }
}

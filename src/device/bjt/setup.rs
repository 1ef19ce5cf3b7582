//! What the equations of a bipolar transistor need, from its parameters and its temperature.
//!
//! Source: ngspice 39, bjttemp (T. Quarles), with tlevc = 0.

use super::super::Environment;
use super::super::junction::{self, Depletion, KELVIN, capacitance_factor, potential, thermal_voltage};

// Derived numbers of an instance.
pub const VT: usize = 0;
/// Transistors in parallel: each has its gmin
pub const PARALLEL: usize = 34;
/// Transport saturation currents, forward and reverse
pub const IS_FORWARD: usize = 1;
pub const IS_REVERSE: usize = 2;
/// nf·vt, nr·vt, ne·vt, nc·vt
pub const VT_FORWARD: usize = 3;
pub const VT_REVERSE: usize = 4;
pub const VT_EMITTER_LEAK: usize = 5;
pub const VT_COLLECTOR_LEAK: usize = 6;
pub const EMITTER_LEAK: usize = 7;
pub const COLLECTOR_LEAK: usize = 8;
pub const GAIN_FORWARD: usize = 9;
pub const GAIN_REVERSE: usize = 10;
/// 1/V and 1/A, 0 where there is none
pub const EARLY_FORWARD: usize = 11;
pub const EARLY_REVERSE: usize = 12;
pub const KNEE_FORWARD: usize = 13;
pub const KNEE_REVERSE: usize = 14;
pub const KNEE_EXPONENT: usize = 15;
/// Least base resistance, what comes to it at zero bias, and the current that halves that; ohm, ohm, A
pub const RB_LEAST: usize = 16;
pub const RB_MORE: usize = 17;
pub const RB_CURRENT: usize = 18;
/// Series conductances, S
pub const G_COLLECTOR: usize = 19;
pub const G_EMITTER: usize = 20;
pub const TF: usize = 21;
pub const XTF: usize = 22;
/// 1/(1.44·vtf), 1/V
pub const VTF: usize = 23;
pub const ITF: usize = 24;
pub const TR: usize = 25;
pub const CRITICAL: usize = 26;
pub const CRITICAL_SUBSTRATE: usize = 27;
pub const IS_SUBSTRATE: usize = 28;
pub const VT_SUBSTRATE: usize = 29;
/// ohm·…, V, –, C of the epitaxial collector
pub const RCO: usize = 30;
pub const VO: usize = 31;
pub const EPI_DOPING: usize = 32;
pub const EPI_CHARGE: usize = 33;
/// Depletion of base–emitter, inner and outer base–collector, substrate
pub const EMITTER: usize = 35;
pub const COLLECTOR: usize = EMITTER + Depletion::SLOTS;
pub const OUTER: usize = COLLECTOR + Depletion::SLOTS;
pub const SUBSTRATE: usize = OUTER + Depletion::SLOTS;
pub const DERIVED: usize = SUBSTRATE + Depletion::SLOTS;

/// A grading above which a depletion charge has no finite limit.
const STEEPEST: f64 = 0.999;

/// The numbers of one instance. `p` is a parameter by its name; `below` the default of `subs`.
pub fn derive(p: impl Fn(&str) -> f64, below: f64, env: &Environment) -> [f64; DERIVED] {
    let given = |name: &str, default: f64| if p(name).is_nan() { default } else { p(name) };
    let t = given("temp", env.temp + p("dtemp")) + KELVIN;
    let t0 = given("tnom", env.tnom) + KELVIN;
    let (vt, dt) = (thermal_voltage(t), t - t0);
    let warm = |value: f64, first: &str, second: &str| value * (1.0 + dt * (p(first) + dt * p(second)));
    let subs = given("subs", below);
    let m = p("m");
    let area = p("area") * m;
    let [base, collector] = ["areab", "areac"].map(|name| given(name, p("area")) * m);
    let (reverse, substrate) = if subs > 0.0 { (base, collector) } else { (collector, base) };

    let law = (t / t0 - 1.0) * p("eg") / vt + p("xti") * (t / t0).ln();
    let gain = if p("tlev") == 1.0 { 1.0 + p("xtb") * dt } else { (t / t0).powf(p("xtb")) };
    let split = !p("ibe").is_nan() && !p("ibc").is_nan();
    let is = p("is") * law.exp();
    let (is_forward, is_reverse) = if split {
        (area * p("ibe") * (law / p("nf")).exp(), reverse * p("ibc") * (law / p("nr")).exp())
    } else {
        (area * is, area * is)
    };
    let inverse = |name: &str, first: &str, second: &str| match given(name, 0.0) {
        0.0 => 0.0,
        value => 1.0 / warm(value, first, second),
    };
    let conductance = |name: &str, first: &str, second: &str| match p(name) {
        0.0 => 0.0,
        ohm => area / warm(ohm, first, second),
    };
    let rb_least = warm(given("rbm", p("rb")), "trm1", "trm2") / area;
    let beta = |name: &str, [first, second]: [&str; 2]| {
        if p(first) != 0.0 || p(second) != 0.0 { warm(p(name), first, second) } else { p(name) * gain }
    };
    let depletion = |c: f64, v: f64, m: f64, fc: f64| {
        Depletion::new(c * capacitance_factor(v, m, t0, t), potential(v, t0, t), m, fc)
    };
    let grading = |name: &str, first: &str, second: &str| warm(p(name), first, second).min(STEEPEST);
    let (mje, mjc) = (grading("mje", "tmje1", "tmje2"), grading("mjc", "tmjc1", "tmjc2"));
    let cjc = p("cjc") * reverse;
    let is_substrate = given("iss", 0.0) * substrate * law.exp();
    let critical = |is: f64| if is > 0.0 { junction::critical_voltage(vt, is) } else { f64::INFINITY };

    let mut n = [0.0; DERIVED];
    n[VT] = vt;
    n[PARALLEL] = m;
    n[IS_FORWARD] = is_forward;
    n[IS_REVERSE] = is_reverse;
    n[VT_FORWARD] = vt * warm(p("nf"), "tnf1", "tnf2");
    n[VT_REVERSE] = vt * warm(p("nr"), "tnr1", "tnr2");
    n[VT_EMITTER_LEAK] = vt * warm(p("ne"), "tne1", "tne2");
    n[VT_COLLECTOR_LEAK] = vt * warm(p("nc"), "tnc1", "tnc2");
    n[EMITTER_LEAK] = area * given("ise", p("c2") * p("is")) * (law / p("ne")).exp() / gain;
    n[COLLECTOR_LEAK] = reverse * given("isc", p("c4") * p("is")) * (law / p("nc")).exp() / gain;
    n[GAIN_FORWARD] = beta("bf", ["tbf1", "tbf2"]);
    n[GAIN_REVERSE] = beta("br", ["tbr1", "tbr2"]);
    n[EARLY_FORWARD] = inverse("vaf", "tvaf1", "tvaf2");
    n[EARLY_REVERSE] = inverse("var", "tvar1", "tvar2");
    n[KNEE_FORWARD] = inverse("ikf", "tikf1", "tikf2") / area;
    n[KNEE_REVERSE] = inverse("ikr", "tikr1", "tikr2") / area;
    n[KNEE_EXPONENT] = p("nk");
    n[RB_LEAST] = rb_least;
    n[RB_MORE] = warm(p("rb"), "trb1", "trb2") / area - rb_least;
    n[RB_CURRENT] = warm(given("irb", 0.0), "tirb1", "tirb2") * area;
    n[G_COLLECTOR] = conductance("rc", "trc1", "trc2");
    n[G_EMITTER] = conductance("re", "tre1", "tre2");
    n[TF] = warm(p("tf"), "ttf1", "ttf2");
    n[XTF] = p("xtf");
    n[VTF] = if given("vtf", 0.0) != 0.0 { 1.0 / (1.44 * p("vtf")) } else { 0.0 };
    n[ITF] = warm(p("itf"), "titf1", "titf2") * area;
    n[TR] = warm(p("tr"), "ttr1", "ttr2");
    n[CRITICAL] = critical(area * is);
    n[CRITICAL_SUBSTRATE] = critical(is_substrate);
    n[IS_SUBSTRATE] = is_substrate;
    n[VT_SUBSTRATE] = vt * warm(p("ns"), "tns1", "tns2");
    n[RCO] = given("rco", 0.0) / m;
    n[VO] = p("vo");
    n[EPI_DOPING] = p("gamma");
    n[EPI_CHARGE] = p("qco") * m;
    let mjs = grading("mjs", "tmjs1", "tmjs2");
    for (first, depletion) in [
        (EMITTER, depletion(p("cje") * area, p("vje"), mje, p("fc"))),
        (COLLECTOR, depletion(cjc * p("xcjc"), p("vjc"), mjc, p("fc"))),
        (OUTER, depletion(cjc * (1.0 - p("xcjc")), p("vjc"), mjc, p("fc"))),
        (SUBSTRATE, depletion(p("cjs") * substrate, p("vjs"), mjs, 0.0)),
    ] {
        n[first..first + Depletion::SLOTS].copy_from_slice(&depletion.to_slots());
    }
    n
}

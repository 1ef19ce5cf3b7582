//! What the equations of a MOS transistor need, from its parameters, its process and its temperature.
//!
//! Source: ngspice 39, mos1temp (T. Quarles).

use super::Environment;
use super::junction::{self, BOLTZMANN, CHARGE, Depletion, KELVIN, band_gap, thermal_voltage};
use super::mosfet_bulk::Junction;
use super::mosfet_kind::KIND;

// Derived numbers of an instance.
pub const BETA: usize = 0;
pub const VBI: usize = 1;
pub const GAMMA: usize = 2;
pub const PHI: usize = 3;
pub const SQRT_PHI: usize = 4;
pub const LAMBDA: usize = 5;
pub const VTO: usize = 6;
pub const VT: usize = 7;
pub const IS_DRAIN: usize = 8;
pub const IS_SOURCE: usize = 9;
pub const CRITICAL_DRAIN: usize = 10;
pub const CRITICAL_SOURCE: usize = 11;
pub const COX: usize = 12;
/// Overlaps gate–source, gate–drain, gate–bulk
pub const OVERLAP: usize = 13;
pub const G_DRAIN: usize = 16;
pub const G_SOURCE: usize = 17;
/// Potential, grading of area and edge, knee of the bulk junctions
pub const PROFILE: usize = 18;
pub const DRAIN_JUNCTION: usize = PROFILE + 4;
pub const SOURCE_JUNCTION: usize = DRAIN_JUNCTION + Junction::SLOTS;
pub const DERIVED: usize = SOURCE_JUNCTION + Junction::SLOTS;

/// Resistance in series with drain or source, ohm, of one transistor.
pub fn series(own: f64, sheet: f64, squares: f64) -> f64 {
    if own.is_nan() { sheet * squares } else { own }
}

/// Permittivities of vacuum, F/m, as in ngspice's mos1.
const EPSILON: f64 = 8.854214871e-12;
const EPSILON_OXIDE: f64 = 3.9 * EPSILON;
/// 1/m³: carriers of intrinsic silicon
const INTRINSIC: f64 = 1.45e16;

/// vto, kp, gamma, phi and the oxide's capacitance of an area, where not given from doping and oxide.
struct Process {
    vto: f64,
    kp: f64,
    gamma: f64,
    phi: f64,
    cox: f64,
}

impl Process {
    /// `p` by name; `tnom` in K.
    fn new(sign: f64, p: impl Fn(&str) -> f64, tnom: f64) -> Process {
        let given = |name: &str, default: f64| if p(name).is_nan() { default } else { p(name) };
        let mut process = Process {
            vto: given("vto", 0.0),
            kp: given("kp", 2e-5),
            gamma: given("gamma", 0.0),
            phi: given("phi", 0.6),
            cox: 0.0,
        };
        let tox = p("tox");
        if tox.is_nan() || tox <= 0.0 {
            return process;
        }
        process.cox = EPSILON_OXIDE / tox;
        process.kp = given("kp", p("uo") * 1e-4 * process.cox);
        let doping = p("nsub") * 1e6;
        if doping.is_nan() || doping <= INTRINSIC {
            return process;
        }
        process.phi = given("phi", (2.0 * thermal_voltage(tnom) * (doping / INTRINSIC).ln()).max(0.1));
        process.gamma = given("gamma", (2.0 * 11.7 * EPSILON * CHARGE * doping).sqrt() / process.cox);
        let gap = band_gap(tnom);
        let gate = if p("tpg") == 0.0 { 3.2 } else { 3.25 + 0.5 * gap - sign * p("tpg") * 0.5 * gap };
        let work = gate - (3.25 + 0.5 * gap + sign * 0.5 * process.phi);
        let flat = work - p("nss") * 1e4 * CHARGE / process.cox;
        process.vto = given("vto", flat + sign * (process.gamma * process.phi.sqrt() + process.phi));
        process
    }
}

/// What a load needs, from the parameters (by place in `KIND.params`) and temperatures.
pub fn derive(sign: f64, params: impl Fn(usize) -> f64, env: &Environment) -> [f64; DERIVED] {
    let p = |name: &str| KIND.param(name).map_or(f64::NAN, &params);
    let given = |name: &str, default: f64| if p(name).is_nan() { default } else { p(name) };
    let t = given("temp", env.temp + p("dtemp")) + KELVIN;
    let t0 = given("tnom", env.tnom) + KELVIN;
    let process = Process::new(sign, p, t0);
    let (vt, gap, gap0) = (thermal_voltage(t), band_gap(t), band_gap(t0));
    let m = p("m");
    let (w, length) = (given("w", env.defw), given("l", env.defl) - 2.0 * p("ld"));
    let (ad, area_s) = (given("ad", env.defad), given("as", env.defas));

    let phi = junction::potential(process.phi, t0, t);
    // vto − γ·√φ of an n-channel transistor, moved by the band gap and half of what φ moved
    let vbi =
        sign * process.vto - process.gamma * process.phi.sqrt() + sign * 0.5 * (gap0 - gap) + 0.5 * (phi - process.phi);
    let grow = (CHARGE * gap0 / (BOLTZMANN * t0) - CHARGE * gap / (BOLTZMANN * t)).exp();
    let by_area = p("js") != 0.0 && ad != 0.0 && area_s != 0.0;
    let saturation = |area: f64| m * grow * if by_area { p("js") * area } else { p("is") };

    let (pb, mj, mjsw, fc) = (p("pb"), p("mj"), p("mjsw"), p("fc"));
    let potential = junction::potential(pb, t0, t);
    let junction = |own: &str, area: f64, edge: f64| {
        let bottom = m * given(own, p("cj") * area) * junction::capacitance_factor(pb, mj, t0, t);
        let side = m * p("cjsw") * edge * junction::capacitance_factor(pb, mjsw, t0, t);
        let j = Junction::new(Depletion::new(bottom, potential, mj, fc), Depletion::new(side, potential, mjsw, fc));
        [j.bottom, j.side, j.knee_charge, j.knee_c, j.knee_slope]
    };
    let conductance = |own: &str, squares: &str| {
        let r = series(p(own), p("rsh"), p(squares));
        if r > 0.0 { m / r } else { 0.0 }
    };

    let mut d = [0.0; DERIVED];
    d[BETA] = process.kp / (t / t0).powf(1.5) * m * w / length;
    d[VBI] = vbi;
    d[GAMMA] = process.gamma;
    d[PHI] = phi;
    d[SQRT_PHI] = phi.sqrt();
    d[LAMBDA] = p("lambda");
    d[VTO] = vbi + process.gamma * phi.sqrt();
    d[VT] = vt;
    d[IS_DRAIN] = saturation(ad);
    d[IS_SOURCE] = saturation(area_s);
    d[CRITICAL_DRAIN] = junction::critical_voltage(vt, d[IS_DRAIN]);
    d[CRITICAL_SOURCE] = junction::critical_voltage(vt, d[IS_SOURCE]);
    d[COX] = process.cox * length * m * w;
    d[OVERLAP..OVERLAP + 3].copy_from_slice(&[p("cgso") * m * w, p("cgdo") * m * w, p("cgbo") * m * length]);
    d[G_DRAIN] = conductance("rd", "nrd");
    d[G_SOURCE] = conductance("rs", "nrs");
    d[PROFILE..DRAIN_JUNCTION].copy_from_slice(&[potential, mj, mjsw, fc * potential]);
    d[DRAIN_JUNCTION..SOURCE_JUNCTION].copy_from_slice(&junction("cbd", ad, p("pd")));
    d[SOURCE_JUNCTION..].copy_from_slice(&junction("cbs", area_s, p("ps")));
    d
}

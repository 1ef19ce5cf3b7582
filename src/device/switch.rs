//! Switches: a conductance between p and n that a voltage (S) or the current of a source (W) turns on and off.
//!
//! On above vt + vh, off below vt − vh, between them as before, as in SPICE. In time a switch with hysteresis is an
//! event: a step that crosses a threshold is cut to land on it, and the switch turns at that accepted point. In operating
//! points, and without hysteresis always, ln G follows the cubic 3u² − 2u³ over a narrow window at the threshold, so that
//! Newton's method sees a smooth curve. A negative vh means no memory and a smooth passage from vt − |vh| to vt + |vh|; von and
//! voff, as in PSpice, say the same of its ends.

use std::borrow::Cow;

use super::controlled::SHARE;
use super::{Device, Environment, Layout, Memory, Mode, Noise, Point, Review, Stamps, Unknown};
use crate::circuit::kind::{Conduct, Kind, ModelUse, Param, Path, Probe, ValueKind, pin, probe};
use crate::circuit::{Circuit, PartId, Setting};

const PROBES: &[Probe] = &[probe("g", "S", "conductance"), probe("on", "", "1 where the switch remembers to be on")];

const RON: Param = Param::new("ron", 1.0, "ohm", "resistance when on").model().range(f64::MIN_POSITIVE, f64::INFINITY);
const ROFF: Param =
    Param::new("roff", 1e12, "ohm", "resistance when off").model().range(f64::MIN_POSITIVE, f64::INFINITY);
const M: Param = Param::new("m", 1.0, "", "number in parallel").range(0.0, f64::INFINITY);

pub static VOLTAGE: Kind = Kind {
    name: Cow::Borrowed("vswitch"),
    letter: Some('s'),
    models: &["sw", "vswitch"],
    model: ModelUse::Required,
    doc: Cow::Borrowed("Switch controlled by a voltage"),
    pins: Cow::Borrowed(&[
        pin("p", "first contact"),
        pin("n", "second contact"),
        pin("cp", "positive control"),
        pin("cn", "negative control"),
    ]),
    positional: &["initial"],
    params: Cow::Borrowed(&[
        Param::new("vt", 0.0, "V", "threshold").model(),
        Param::new("vh", 0.0, "V", "hysteresis: on above vt + vh, off below vt − vh; negative: a smooth passage")
            .model(),
        Param::absent("von", "V", "with voff: a smooth passage from off at voff to on at von, in place of vt and vh")
            .model(),
        Param::absent("voff", "V", "see von; above von where the switch is on below").model(),
        RON,
        ROFF,
        Param::new("initial", 0.0, "", "`on` or `off`: the state inside the hysteresis at the start")
            .of(ValueKind::Choice(&["off", "on"])),
        M,
    ]),
    probes: Cow::Borrowed(PROBES),
    paths: Cow::Borrowed(&[Path { a: 0, b: 1, conduct: Conduct::Yes }, Path { a: 2, b: 3, conduct: Conduct::No }]),
};

pub static CURRENT: Kind = Kind {
    name: Cow::Borrowed("iswitch"),
    letter: Some('w'),
    models: &["csw", "iswitch"],
    model: ModelUse::Required,
    doc: Cow::Borrowed("Switch controlled by the current of a voltage source"),
    pins: Cow::Borrowed(&[pin("p", "first contact"), pin("n", "second contact")]),
    positional: &["control", "initial"],
    params: Cow::Borrowed(&[
        Param::new("control", 0.0, "", "the voltage source whose current controls").of(ValueKind::Part),
        Param::new("it", 0.0, "A", "threshold").model(),
        Param::new("ih", 0.0, "A", "hysteresis: on above it + ih, off below it − ih; negative: a smooth passage")
            .model(),
        Param::absent("ion", "A", "with ioff: a smooth passage from off at ioff to on at ion, in place of it and ih")
            .model(),
        Param::absent("ioff", "A", "see ion; above ion where the switch is on below").model(),
        RON,
        ROFF,
        Param::new("initial", 0.0, "", "`on` or `off`: the state inside the hysteresis at the start")
            .of(ValueKind::Choice(&["off", "on"])),
        SHARE,
        M,
    ]),
    probes: Cow::Borrowed(PROBES),
    paths: Cow::Borrowed(&[Path { a: 0, b: 1, conduct: Conduct::Yes }]),
};

/// Derived: centers of the windows toward on and toward off, half a window (negative where on is below); ln of the off conductance, ln(on/off), both
/// ends; how near to land on a threshold, 0 without hysteresis.
const RISE: usize = 0;
const FALL: usize = 1;
const HALF: usize = 2;
const LN_OFF: usize = 3;
const LN_RATIO: usize = 4;
const G_OFF: usize = 5;
const G_ON: usize = 6;
const LAND: usize = 7;

/// State: 1 when on; time of the last accepted point.
const ON: usize = 0;
const TIME: usize = 1;

/// Steps shorter than this (s) are not cut to land on a threshold.
const SHORTEST: f64 = 1e-13;

struct Switch {
    kind: &'static Kind,
    parts: Vec<PartId>,
    /// What controls each switch of kind W.
    senses: Vec<PartId>,
    initially_on: Vec<bool>,
}

fn new(circuit: &Circuit, kind: &'static Kind, parts: Vec<PartId>, senses: Vec<PartId>) -> Vec<Box<dyn Device>> {
    let on = |&part: &PartId| matches!(circuit.setting(part, "initial"), Some(Setting::Text(t)) if t.eq_ignore_ascii_case("on"));
    let initially_on = parts.iter().map(on).collect();
    vec![Box::new(Switch { kind, parts, senses, initially_on })]
}

pub fn build_voltage(circuit: &Circuit, parts: &[PartId]) -> Vec<Box<dyn Device>> {
    new(circuit, &VOLTAGE, parts.to_vec(), Vec::new())
}

pub fn build_current(circuit: &Circuit, parts: &[PartId]) -> Vec<Box<dyn Device>> {
    let sense = |&part: &PartId| match circuit.setting(part, "control") {
        Some(Setting::Part(source)) => Some((part, *source)),
        _ => None,
    };
    let (parts, senses) = parts.iter().filter_map(sense).unzip();
    new(circuit, &CURRENT, parts, senses)
}

impl Switch {
    /// Conductance and its derivative by the control.
    #[inline]
    fn conductance(&self, memory: &Memory, i: usize, lane: usize, control: f64, mode: Mode) -> (f64, f64) {
        let d = |slot| memory.derived(i, slot, lane);
        let on = memory.state(i, ON, lane) != 0.0;
        if mode == Mode::Dynamic && d(LAND) > 0.0 {
            return (if on { d(G_ON) } else { d(G_OFF) }, 0.0);
        }
        let u = 0.5 + (control - if on { d(FALL) } else { d(RISE) }) / (2.0 * d(HALF));
        if u <= 0.0 {
            (d(G_OFF), 0.0)
        } else if u >= 1.0 {
            (d(G_ON), 0.0)
        } else {
            let g = (d(LN_OFF) + d(LN_RATIO) * u * u * (3.0 - 2.0 * u)).exp();
            (g, g * d(LN_RATIO) * 6.0 * u * (1.0 - u) / (2.0 * d(HALF)))
        }
    }
}

/// Terminals: p, n, control and its reference (ground for a current).
impl Device for Switch {
    fn layout(&mut self, layout: &mut Layout) {
        for (k, &part) in self.parts.iter().enumerate() {
            let mut terminals = layout.pins(part);
            if let Some(&source) = self.senses.get(k) {
                terminals.extend([layout.branch(source), Unknown::GROUND]);
            }
            layout.instance(part, &terminals);
        }
        layout.pattern(&[(0, 0), (0, 1), (1, 0), (1, 1), (0, 2), (0, 3), (1, 2), (1, 3)], &[]);
        layout.memory(8, 2, 0);
    }

    fn setup(&self, _env: &Environment, memory: &mut Memory, lane: usize) {
        let current = !self.senses.is_empty();
        let [vt, vh, von, voff] =
            self.kind.places(if current { ["it", "ih", "ion", "ioff"] } else { ["vt", "vh", "von", "voff"] });
        let [ron, roff, m] = self.kind.places(["ron", "roff", "m"]);
        let share = self.kind.param("share");
        for (i, &on) in self.initially_on.iter().enumerate() {
            let p = |slot| memory.param(i, slot, lane);
            // Of all copies' current, as it is measured.
            let share = share.map_or(1.0, p);
            let passage = [p(von), p(voff)].map(|v| v / share);
            let [on_at, off_at] = passage;
            let smooth = passage.iter().all(|v| !v.is_nan()) && on_at != off_at;
            let (threshold, hysteresis) = if smooth {
                (0.5 * (on_at + off_at), -0.5 * (on_at - off_at).abs())
            } else {
                (p(vt) / share, p(vh) / share)
            };
            let mut half = (1e-3 * (threshold.abs() + hysteresis.abs())).max(0.02 * hysteresis.abs());
            if half == 0.0 {
                half = if current { 1e-6 } else { 1e-3 };
            }
            if hysteresis < 0.0 {
                half = -hysteresis;
            }
            if smooth && on_at < off_at {
                half = -half;
            }
            let (g_on, g_off) = (p(m) / p(ron), p(m) / p(roff));
            // With hysteresis a window lies beyond its threshold, without it around.
            let (apart, land) =
                if hysteresis > 0.0 { (hysteresis + half, 1e-5 * (threshold.abs() + hysteresis)) } else { (0.0, 0.0) };
            let (rise, fall) = (threshold + apart, threshold - apart);
            let values = [rise, fall, half, g_off.ln(), (p(roff) / p(ron)).ln(), g_off, g_on, land];
            for (slot, value) in values.into_iter().enumerate() {
                memory.set_derived(i, slot, lane, value);
            }
            memory.set_state(i, ON, lane, f64::from(on));
            memory.set_state(i, TIME, lane, 0.0);
        }
    }

    fn load(&self, at: &Point, memory: &mut Memory, out: &mut Stamps) {
        for i in 0..memory.instances {
            for lane in 0..at.lanes {
                let (g, slope) = self.conductance(memory, i, lane, at.across(i, 2, 3, lane), at.mode);
                let v = at.across(i, 0, 1, lane);
                out.f(i, 0, lane, g * v);
                out.f(i, 1, lane, -g * v);
                out.conductance(i, 0, lane, g);
                for (entry, sign) in [1.0, -1.0, -1.0, 1.0].into_iter().enumerate() {
                    out.g(i, 4 + entry, lane, sign * slope * v);
                }
                for slot in [ON, TIME] {
                    memory.set_trial(i, slot, lane, memory.state(i, slot, lane));
                }
            }
        }
    }

    /// A step that runs over a threshold is cut to land just behind it, or in its window where there is no hysteresis.
    fn review(&self, at: &Point, memory: &mut Memory, lane: usize) -> Review {
        if at.mode != Mode::Dynamic {
            return Review::Accept;
        }
        let mut fraction = 1.0_f64;
        for i in 0..memory.instances {
            let d = |slot| memory.derived(i, slot, lane);
            let before = at.last(i, 2, lane) - at.last(i, 3, lane);
            let now = at.across(i, 2, 3, lane);
            let (land, half) = (d(LAND), d(HALF).abs());
            // Seen so that the control rises over 0 and should land between 0 and `far`.
            let (from, to, far) = if land == 0.0 {
                let (from, to) = (before - d(RISE), now - d(RISE));
                if from < to { (from + half, to + half, 2.0 * half) } else { (half - from, half - to, 2.0 * half) }
            } else if memory.state(i, ON, lane) == 0.0 {
                (before - d(RISE) + half, now - d(RISE) + half, land)
            } else {
                (d(FALL) + half - before, d(FALL) + half - now, land)
            };
            let step = at.time[lane] - memory.state(i, TIME, lane);
            if from < 0.0 && to > far && step > SHORTEST {
                fraction = fraction.min(((0.5 * far - from) / (to - from)).clamp(1e-3, 0.95));
            }
        }
        if fraction < 1.0 { Review::Cut(fraction) } else { Review::Accept }
    }

    fn accept(&self, at: &Point, memory: &mut Memory, lane: usize) -> bool {
        let mut jumped = false;
        for i in 0..memory.instances {
            let d = |slot| memory.derived(i, slot, lane);
            let control = at.across(i, 2, 3, lane);
            let before = memory.state(i, ON, lane) != 0.0;
            let on = if d(LAND) == 0.0 {
                control > d(RISE)
            } else if before {
                control >= d(FALL) + d(HALF)
            } else {
                control > d(RISE) - d(HALF)
            };
            jumped |= on != before && d(LAND) > 0.0;
            memory.set_state(i, ON, lane, f64::from(on));
            memory.set_state(i, TIME, lane, at.time[lane]);
        }
        jumped
    }

    fn noise(&self, i: usize, at: &Point, memory: &Memory, env: &Environment, add: &mut dyn FnMut(Noise)) {
        let g = self.conductance(memory, i, 0, at.across(i, 2, 3, 0), at.mode).0;
        add(Noise::thermal(0, 1, g, env.temp));
    }

    fn probe(&self, i: usize, name: &str, at: &Point, memory: &Memory, lane: usize) -> Option<f64> {
        match name {
            "g" => Some(self.conductance(memory, i, lane, at.across(i, 2, 3, lane), at.mode).0),
            "on" => Some(memory.state(i, ON, lane)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::testing::{Bench, circuit, model, numbers, part};

    fn bench(card: &[(&'static str, f64)], initial: &str) -> Bench {
        let mut c = circuit(&["p", "n", "c"]);
        let m = model(&mut c, "s", "sw", card);
        let initial = vec![("initial", Setting::Text(initial.into()))];
        let s = part(&mut c, &VOLTAGE, "S1", &["p", "n", "c", "0"], Some(m), initial);
        Bench::new(&c, build_voltage, &[s])
    }

    /// The conductance at this control voltage, which is then accepted.
    fn go(bench: &mut Bench, control: f64) -> f64 {
        let x = [0.0, 1.0, 0.0, control];
        let g = bench.load(&x).g[(1, 1)];
        bench.accept(&x);
        g
    }

    /// ngspice-39, `.model sm sw vt=5 vh=2 ron=1 roff=1meg`, control 0 → 10 → 0 V: on from 7 V, off again below 3 V.
    #[test]
    fn remembers_its_side_within_the_hysteresis() {
        let card = [("vt", 5.0), ("vh", 2.0), ("ron", 1.0), ("roff", 1e6)];
        let mut b = bench(&card, "off");
        let seen = [0.0, 5.0, 6.9, 7.1, 10.0, 5.0, 3.1, 2.9, 5.0].map(|v| go(&mut b, v));
        assert_eq!(seen, [1e-6, 1e-6, 1e-6, 1.0, 1.0, 1.0, 1.0, 1e-6, 1e-6]);
        // In time it turns at the end of the step.
        b.mode = Mode::Dynamic;
        let seen = [6.9, 7.1, 10.0, 5.0, 2.9, 5.0].map(|v| go(&mut b, v));
        assert_eq!(seen, [1e-6, 1e-6, 1.0, 1.0, 1.0, 1e-6]);
        assert!(!b.accept(&[0.0, 1.0, 0.0, 6.9]) && b.accept(&[0.0, 1.0, 0.0, 7.1]));
        assert_eq!(go(&mut bench(&[("vt", 0.0), ("vh", 1.0), ("roff", 1e6)], "on"), 0.0), 1.0);
        assert_eq!(go(&mut bench(&[("vt", 0.0), ("vh", 1.0), ("roff", 1e6)], "off"), 0.0), 1e-6);
    }

    #[test]
    fn the_threshold_is_the_geometric_middle_of_a_smooth_curve() {
        let mut b = bench(&[("vt", 2.0), ("ron", 1.0), ("roff", 1e6)], "off");
        assert!((go(&mut b, 2.0) - 1e-3).abs() < 1e-15);
        for control in [1.9, 1.9981, 1.9995, 2.0, 2.0007, 2.1] {
            b.check_jacobians(&[0.0, 0.3, -0.2, control], 1e-4);
        }
        let mut smooth = bench(&[("vt", 1.0), ("vh", -0.5), ("roff", 1e6)], "off");
        assert_eq!([go(&mut smooth, 0.5), go(&mut smooth, 1.5)], [1e-6, 1.0]);
        assert!((go(&mut smooth, 1.0) - 1e-3).abs() < 1e-15);
    }

    /// PSpice: between voff and von ln R follows a cubic that is halfway in the middle; voff above von turns it round.
    #[test]
    fn a_passage_is_given_by_its_ends() {
        for (on, off) in [(1.0, 0.5), (0.5, 1.0)] {
            let mut b = bench(&[("von", on), ("voff", off), ("ron", 1.0), ("roff", 1e6)], "off");
            assert_eq!([on, off].map(|v| go(&mut b, v)), [1.0, 1e-6]);
            assert!((go(&mut b, 0.75) - 1e-3).abs() < 1e-15);
            // u = 1/4: 3/16 − 1/32 = 5/32 of the way
            let quarter = off + 0.25 * (on - off);
            assert!((go(&mut b, quarter).ln() - (1e-6f64.ln() * (1.0 - 5.0 / 32.0))).abs() < 1e-9);
            b.check_jacobians(&[0.0, 0.3, -0.2, quarter], 1e-4);
        }
    }

    #[test]
    fn a_source_current_controls() {
        let mut c = circuit(&["p", "n", "a"]);
        let m = model(&mut c, "w", "csw", &[("it", 1e-3), ("ron", 2.0), ("roff", 1e6)]);
        let v = part(&mut c, &crate::device::vsource::KIND, "V1", &["a", "0"], None, numbers(&[("dc", 1.0)]));
        let w = part(&mut c, &CURRENT, "W1", &["p", "n"], Some(m), vec![("control", Setting::Part(v))]);
        let mut b = Bench::new(&c, build_current, &[w]);
        let branch = b.branch(v);
        let mut x = vec![0.0; b.unknowns()];
        (x[1], x[branch]) = (1.0, 0.5e-3);
        assert_eq!(b.load(&x).f[1], 1e-6);
        x[branch] = 1.1e-3;
        assert_eq!(b.load(&x).f[1], 0.5);
        x[branch] = 1.0002e-3;
        b.check_jacobians(&x, 1e-4);
    }

    #[test]
    fn a_step_over_the_threshold_is_cut_to_land_on_it() {
        let mut b = bench(&[("vt", 2.0), ("vh", 0.5), ("roff", 1e6)], "off");
        go(&mut b, 0.0);
        b.mode = Mode::Dynamic;
        b.time = 1e-6;
        let Review::Cut(f) = b.review(&[0.0, 1.0, 0.0, 10.0]) else { panic!("not cut") };
        assert!((f - 0.25).abs() < 2e-6, "{f}");
        assert_eq!(b.review(&[0.0, 1.0, 0.0, 2.50001]), Review::Accept);
        assert_eq!(b.review(&[0.0, 1.0, 0.0, 2.0]), Review::Accept);

        let mut smooth = bench(&[("vt", 2.0), ("roff", 1e6)], "off");
        go(&mut smooth, 0.0);
        smooth.mode = Mode::Dynamic;
        smooth.time = 1e-6;
        let Review::Cut(f) = smooth.review(&[0.0, 1.0, 0.0, 10.0]) else { panic!("not cut") };
        assert!((f - 0.2).abs() < 1e-3, "{f}");
        assert_eq!(smooth.review(&[0.0, 1.0, 0.0, 2.001]), Review::Accept);
    }
}

//! Capacitor: Q = C(T)·V, C(T) = C·(1 + tc1·ΔT + tc2·ΔT²), or from the size and the model's junction capacitances.
//!
//! Source: SPICE3 user's manual, "Capacitors" and "Semiconductor Capacitors".

use std::borrow::Cow;

use super::{Device, Environment, Layout, Memory, Mode, Point, Stamps};
use crate::circuit::kind::{Conduct, Kind, ModelUse, Param, Path, pin};
use crate::circuit::{Circuit, PartId};

pub static KIND: Kind = Kind {
    name: Cow::Borrowed("capacitor"),
    letter: Some('c'),
    models: &["c", "cap"],
    model: ModelUse::Optional,
    doc: Cow::Borrowed("Linear capacitor with temperature coefficients"),
    pins: Cow::Borrowed(&[pin("p", "positive"), pin("n", "negative")]),
    positional: &["c"],
    params: Cow::Borrowed(&[
        Param::absent(
            "c",
            "F",
            "capacitance; without it cj·(l − short)·(w − narrow) + 2·cjsw·(l − short + w − narrow)",
        )
        .both()
        .alias(&["cap", "capacitance"]),
        Param::absent("ic", "V", "voltage at the start of a transient with UIC"),
        Param::new("tc1", 0.0, "1/K", "first temperature coefficient").both().alias(&["tc"]),
        Param::new("tc2", 0.0, "1/K²", "second temperature coefficient").both(),
        Param::new("m", 1.0, "", "number in parallel").range(0.0, f64::INFINITY),
        Param::new("scale", 1.0, "", "factor on the capacitance"),
        Param::absent("temp", "°C", "temperature of this part"),
        Param::new("dtemp", 0.0, "K", "temperature above the circuit's"),
        Param::absent("l", "m", "length; defl of the model where absent"),
        Param::absent("w", "m", "width; defw of the model where absent"),
        Param::new("cj", 0.0, "F/m²", "capacitance of the area").model(),
        Param::new("cjsw", 0.0, "F/m", "capacitance of the edge").model(),
        Param::new("narrow", 0.0, "m", "narrowing by side etching").model(),
        Param::new("short", 0.0, "m", "shortening by etching").model(),
        Param::new("defl", 0.0, "m", "default length").model(),
        Param::new("defw", 1e-5, "m", "default width").model(),
        Param::absent("tnom", "°C", "temperature at which c holds").model().alias(&["tref"]),
    ]),
    probes: Cow::Borrowed(&[]),
    paths: Cow::Borrowed(&[Path { a: 0, b: 1, conduct: Conduct::No }]),
};

/// Capacitance, F
const C: usize = 0;

struct Capacitor {
    parts: Vec<PartId>,
}

pub fn build(_circuit: &Circuit, parts: &[PartId]) -> Vec<Box<dyn Device>> {
    vec![Box::new(Capacitor { parts: parts.to_vec() })]
}

impl Device for Capacitor {
    fn layout(&mut self, layout: &mut Layout) {
        for &part in &self.parts {
            let pins = layout.pins(part);
            layout.instance(part, &pins);
        }
        layout.pattern(&[], &[(0, 0), (0, 1), (1, 0), (1, 1)]);
        layout.memory(1, 0, 0);
        layout.linear();
    }

    fn setup(&self, env: &Environment, memory: &mut Memory, lane: usize) {
        let [c, tc1, tc2, m, scale, temp, dtemp] = KIND.places(["c", "tc1", "tc2", "m", "scale", "temp", "dtemp"]);
        let [l, w, cj, cjsw, narrow, short] = KIND.places(["l", "w", "cj", "cjsw", "narrow", "short"]);
        let [defl, defw, tnom] = KIND.places(["defl", "defw", "tnom"]);
        for i in 0..memory.instances {
            let p = |slot| memory.param(i, slot, lane);
            let given = |v: f64, default: f64| if v.is_nan() { default } else { v };
            let mut farads = p(c);
            if farads.is_nan() {
                let (l, w) = (given(p(l), p(defl)) - p(short), given(p(w), p(defw)) - p(narrow));
                farads = p(cj) * l * w + 2.0 * p(cjsw) * (l + w);
            }
            let dt = given(p(temp), env.temp + p(dtemp)) - given(p(tnom), env.tnom);
            let factor = 1.0 + dt * (p(tc1) + dt * p(tc2));
            let value = farads * p(m) * p(scale) * factor;
            memory.set_derived(i, C, lane, value);
        }
    }

    fn load(&self, at: &Point, memory: &mut Memory, out: &mut Stamps) {
        let [ic] = KIND.places(["ic"]);
        for i in 0..memory.instances {
            for lane in 0..at.lanes {
                let c = memory.derived(i, C, lane);
                let start = memory.param(i, ic, lane);
                let held = at.mode == Mode::Initial && !start.is_nan();
                let charge = c * if held { start } else { at.across(i, 0, 1, lane) };
                out.q(i, 0, lane, charge);
                out.q(i, 1, lane, -charge);
                out.capacitance(i, 0, lane, c);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::testing::{Bench, circuit, model, numbers, part};

    fn farads(settings: &[(&'static str, f64)], card: &[(&'static str, f64)]) -> f64 {
        let mut c = circuit(&["a", "b"]);
        let m = model(&mut c, "cmod", "c", card);
        let id = part(&mut c, &KIND, "C1", &["a", "b"], Some(m), numbers(settings));
        let at = Bench::new(&c, build, &[id]).load(&[0.0, 3.0, 1.0]);
        assert!((at.q[1] - 2.0 * at.c[(1, 1)]).abs() < 1e-12 * at.q[1] && at.q[2] == -at.q[1]);
        assert_eq!(at.c[(1, 2)], -at.c[(1, 1)]);
        at.c[(1, 1)]
    }

    #[test]
    fn value_multiplier_and_temperature() {
        assert_eq!(farads(&[("c", 1e-9)], &[]), 1e-9);
        assert!((farads(&[("c", 1e-9), ("m", 3.0), ("scale", 0.5)], &[]) - 1.5e-9).abs() < 1e-23);
        let warm = farads(&[("c", 1e-9), ("temp", 37.0)], &[("tc1", 1e-3), ("tc2", 1e-4)]);
        assert!((warm - 1.02e-9).abs() < 1e-22);
    }

    #[test]
    fn from_its_size() {
        // ngspice-39: the current at 1 Hz over 2π
        let card = [("cj", 1e-3), ("cjsw", 1e-9), ("narrow", 0.2e-6), ("short", 0.3e-6)];
        let c = farads(&[("l", 30e-6), ("w", 3e-6)], &card);
        assert!((2.0 * std::f64::consts::PI * c - 9.30917e-13).abs() < 1e-18);
    }

    #[test]
    fn starts_from_its_initial_voltage() {
        let mut c = circuit(&["a"]);
        let with = part(&mut c, &KIND, "C1", &["a", "0"], None, numbers(&[("c", 2e-9), ("ic", 3.0)]));
        let without = part(&mut c, &KIND, "C2", &["a", "0"], None, numbers(&[("c", 1e-9)]));
        let mut bench = Bench::new(&c, build, &[with, without]);
        bench.mode = Mode::Initial;
        assert!((bench.load(&[0.0, 5.0]).q[1] - (2e-9 * 3.0 + 1e-9 * 5.0)).abs() < 1e-24);
    }
}

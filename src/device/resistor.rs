//! Resistor: I = V / R(T), R(T) = R·(1 + tc1·ΔT + tc2·ΔT²), or from the sheet resistance of its model.
//!
//! Source: SPICE3 user's manual, "Resistors" and "Semiconductor Resistors".

use std::borrow::Cow;

use super::{Device, Environment, Layout, Memory, Noise, Point, Stamps, noise};
use crate::circuit::kind::{Conduct, Kind, ModelUse, Param, Path, pin};
use crate::circuit::{Circuit, PartId};

pub static KIND: Kind = Kind {
    name: Cow::Borrowed("resistor"),
    letter: Some('r'),
    models: &["r", "res"],
    model: ModelUse::Optional,
    doc: Cow::Borrowed("Linear resistor with temperature coefficients"),
    pins: Cow::Borrowed(&[pin("p", "positive"), pin("n", "negative")]),
    positional: &["r"],
    params: Cow::Borrowed(&[
        Param::absent("r", "ohm", "resistance; without it rsh·(l − 2·short)/(w − 2·narrow) of the model").both(),
        Param::new("tc1", 0.0, "1/K", "first temperature coefficient").both().alias(&["tc"]),
        Param::new("tc2", 0.0, "1/K²", "second temperature coefficient").both(),
        Param::new("m", 1.0, "", "number in parallel").range(0.0, f64::INFINITY),
        Param::new("scale", 1.0, "", "factor on the resistance"),
        Param::absent("temp", "°C", "temperature of this part"),
        Param::new("dtemp", 0.0, "K", "temperature above the circuit's"),
        Param::absent("l", "m", "length"),
        Param::absent("w", "m", "width; defw of the model where absent"),
        Param::absent("rsh", "ohm", "sheet resistance").model(),
        Param::new("narrow", 0.0, "m", "narrowing of each side by etching").model(),
        Param::new("short", 0.0, "m", "shortening of each end by etching").model(),
        Param::new("defw", 1e-5, "m", "default width").model(),
        Param::absent("tnom", "°C", "temperature at which r holds").model().alias(&["tref"]),
    ]),
    probes: Cow::Borrowed(&[]),
    paths: Cow::Borrowed(&[Path { a: 0, b: 1, conduct: Conduct::Yes }]),
};

/// Conductance, S
const G: usize = 0;

/// Ohm: what 0 ohm becomes.
const LEAST: f64 = 1e-3;

struct Resistor {
    parts: Vec<PartId>,
}

pub fn build(_circuit: &Circuit, parts: &[PartId]) -> Vec<Box<dyn Device>> {
    vec![Box::new(Resistor { parts: parts.to_vec() })]
}

impl Device for Resistor {
    fn layout(&mut self, layout: &mut Layout) {
        for &part in &self.parts {
            let pins = layout.pins(part);
            layout.instance(part, &pins);
        }
        layout.pattern(&[(0, 0), (0, 1), (1, 0), (1, 1)], &[]);
        layout.memory(1, 0, 0);
        layout.linear();
    }

    fn setup(&self, env: &Environment, memory: &mut Memory, lane: usize) {
        let [r, tc1, tc2, m, scale, temp, dtemp] = KIND.places(["r", "tc1", "tc2", "m", "scale", "temp", "dtemp"]);
        let [l, w, rsh, narrow, short, defw, tnom] = KIND.places(["l", "w", "rsh", "narrow", "short", "defw", "tnom"]);
        for i in 0..memory.instances {
            let p = |slot| memory.param(i, slot, lane);
            let given = |v: f64, default: f64| if v.is_nan() { default } else { v };
            let mut ohms = p(r);
            if ohms.is_nan() {
                ohms = p(rsh) * (p(l) - 2.0 * p(short)) / (given(p(w), p(defw)) - 2.0 * p(narrow));
            }
            // A sweep may pass through 0 ohm, of which there is no conductance.
            if ohms == 0.0 {
                ohms = LEAST;
            }
            let dt = given(p(temp), env.temp + p(dtemp)) - given(p(tnom), env.tnom);
            let factor = 1.0 + dt * (p(tc1) + dt * p(tc2));
            let g = p(m) / (ohms * p(scale) * factor);
            memory.set_derived(i, G, lane, g);
        }
    }

    fn load(&self, at: &Point, memory: &mut Memory, out: &mut Stamps) {
        for i in 0..memory.instances {
            for lane in 0..at.lanes {
                let g = memory.derived(i, G, lane);
                let current = g * at.across(i, 0, 1, lane);
                out.f(i, 0, lane, current);
                out.f(i, 1, lane, -current);
                out.conductance(i, 0, lane, g);
            }
        }
    }

    fn noise(&self, i: usize, _: &Point, memory: &Memory, env: &Environment, add: &mut dyn FnMut(Noise)) {
        add(Noise::thermal(0, 1, memory.derived(i, G, 0), noise::temperature(&KIND, i, memory, env.temp)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::testing::{Bench, circuit, model, numbers, part};

    /// ngspice-39: 1 A into `.model rmod r(rsh=50 narrow=0.2u short=0.3u)` of 30 by 3 µm.
    #[test]
    fn size_is_that_behind_the_mask() {
        let mut c = circuit(&["a", "b"]);
        let m = model(&mut c, "rmod", "r", &[("rsh", 50.0), ("narrow", 0.2e-6), ("short", 0.3e-6)]);
        let id = part(&mut c, &KIND, "R1", &["a", "b"], Some(m), numbers(&[("l", 30e-6), ("w", 3e-6)]));
        let g = Bench::new(&c, build, &[id]).load(&[0.0, 3.0, 1.0]).g[(1, 1)];
        assert!((1.0 / g - 565.3846).abs() < 1e-4, "{}", 1.0 / g);
    }

    fn siemens(settings: &[(&'static str, f64)]) -> f64 {
        let mut c = circuit(&["a", "b"]);
        let id = part(&mut c, &KIND, "R1", &["a", "b"], None, numbers(settings));
        Bench::new(&c, build, &[id]).load(&[0.0, 3.0, 1.0]).g[(1, 1)]
    }

    #[test]
    fn temperature_number_in_parallel_and_nothing() {
        assert_eq!(siemens(&[("r", 1e3), ("m", 2.0)]), 2e-3);
        let warm = siemens(&[("r", 1e3), ("temp", 127.0), ("tc1", 1e-3), ("tc2", 1e-5)]);
        assert!((1.0 / warm - 1.2e3).abs() < 1e-9);
        assert_eq!(siemens(&[("r", 0.0)]), 1e3);
    }
}

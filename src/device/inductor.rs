//! Inductor: V(p) − V(n) = L(T)·di/dt with its current i from p to n as an unknown: F = V(p) − V(n), Q = −L·i.

use std::borrow::Cow;

use super::{Device, Environment, Layout, Memory, Mode, Point, Stamps};
use crate::circuit::kind::{Conduct, Kind, ModelUse, Param, Path, pin};
use crate::circuit::{Circuit, PartId};

pub static KIND: Kind = Kind {
    name: Cow::Borrowed("inductor"),
    letter: Some('l'),
    models: &["l", "ind"],
    model: ModelUse::Optional,
    doc: Cow::Borrowed("Linear inductor with temperature coefficients"),
    pins: Cow::Borrowed(&[pin("p", "positive"), pin("n", "negative")]),
    positional: &["l"],
    params: Cow::Borrowed(&[
        Param::absent("l", "H", "inductance").both().alias(&["ind", "inductance"]),
        Param::absent("ic", "A", "current at the start of a transient with UIC"),
        Param::new("tc1", 0.0, "1/K", "first temperature coefficient").both().alias(&["tc"]),
        Param::new("tc2", 0.0, "1/K²", "second temperature coefficient").both(),
        Param::new("m", 1.0, "", "number in parallel").range(0.0, f64::INFINITY),
        Param::new("scale", 1.0, "", "factor on the inductance"),
        Param::absent("temp", "°C", "temperature of this part"),
        Param::new("dtemp", 0.0, "K", "temperature above the circuit's"),
        Param::absent("tnom", "°C", "temperature at which l holds").model().alias(&["tref"]),
    ]),
    probes: Cow::Borrowed(&[]),
    paths: Cow::Borrowed(&[Path { a: 0, b: 1, conduct: Conduct::Voltage }]),
};

/// Inductance, H
const L: usize = 0;

/// The inductance (H) of all in parallel at its temperature; `params` in the order of [`KIND`].
pub(super) fn henries(params: impl Fn(usize) -> f64, env: &Environment) -> f64 {
    let [l, tc1, tc2, m, scale, temp, dtemp, tnom] =
        KIND.places(["l", "tc1", "tc2", "m", "scale", "temp", "dtemp", "tnom"]).map(params);
    let given = |v: f64, default: f64| if v.is_nan() { default } else { v };
    let dt = given(temp, env.temp + dtemp) - given(tnom, env.tnom);
    l * scale * (1.0 + dt * (tc1 + dt * tc2)) / m
}

struct Inductor {
    parts: Vec<PartId>,
}

pub fn build(_circuit: &Circuit, parts: &[PartId]) -> Vec<Box<dyn Device>> {
    vec![Box::new(Inductor { parts: parts.to_vec() })]
}

impl Device for Inductor {
    fn layout(&mut self, layout: &mut Layout) {
        for &part in &self.parts {
            let mut terminals = layout.pins(part);
            terminals.push(layout.branch(part));
            layout.instance(part, &terminals);
        }
        layout.pattern(&[(0, 2), (1, 2), (2, 0), (2, 1)], &[(2, 2)]);
        layout.memory(1, 0, 0);
        layout.linear();
    }

    fn setup(&self, env: &Environment, memory: &mut Memory, lane: usize) {
        for i in 0..memory.instances {
            let l = henries(|slot| memory.param(i, slot, lane), env);
            memory.set_derived(i, L, lane, l);
        }
    }

    fn load(&self, at: &Point, memory: &mut Memory, out: &mut Stamps) {
        let [ic] = KIND.places(["ic"]);
        for i in 0..memory.instances {
            for lane in 0..at.lanes {
                let l = memory.derived(i, L, lane);
                let start = memory.param(i, ic, lane);
                let current = at.x(i, 2, lane);
                let held = at.mode == Mode::Initial && !start.is_nan();
                out.f(i, 0, lane, current);
                out.f(i, 1, lane, -current);
                out.f(i, 2, lane, at.across(i, 0, 1, lane));
                out.q(i, 2, lane, -l * if held { start } else { current });
                for (entry, sign) in [1.0, -1.0, 1.0, -1.0].into_iter().enumerate() {
                    out.g(i, entry, lane, sign);
                }
                out.c(i, 0, lane, -l);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::testing::{Bench, circuit, numbers, part};

    #[test]
    fn flux_of_2_mh_at_3_a() {
        let mut c = circuit(&["a", "b"]);
        let settings = [("l", 2e-3), ("m", 2.0), ("ic", 7.0), ("tc1", 0.01), ("dtemp", 10.0)];
        let l = part(&mut c, &KIND, "L1", &["a", "b"], None, numbers(&settings));
        let mut bench = Bench::new(&c, build, &[l]);
        let x = [0.0, 5.0, 1.0, 3.0];
        let at = bench.load(&x);
        assert_eq!((at.f[1], at.f[2], at.f[3]), (3.0, -3.0, 4.0));
        assert!((at.q[3] + 1.1e-3 * 3.0).abs() < 1e-17);
        bench.mode = Mode::Initial;
        assert!((bench.load(&x).q[3] + 1.1e-3 * 7.0).abs() < 1e-17);
    }
}

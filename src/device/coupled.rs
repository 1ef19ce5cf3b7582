//! Coupled inductors: M = k·√(L1·L2) adds −M·i2 to the flux equation of L1 and −M·i1 to that of L2.

use std::borrow::Cow;

use super::{Device, Environment, Layout, Memory, Mode, Point, Stamps, inductor};
use crate::circuit::kind::{Kind, Label, ModelUse, Param, ValueKind};
use crate::circuit::{Circuit, PartId, Setting};

pub static KIND: Kind = Kind {
    name: Cow::Borrowed("coupling"),
    letter: Some('k'),
    models: &[],
    model: ModelUse::None,
    doc: Cow::Borrowed("Coupling of inductors: of two, or of each pair of several"),
    pins: Cow::Borrowed(&[]),
    positional: &["inductor", "inductor", "k"],
    params: Cow::Borrowed(&[
        Param::new("inductor", 0.0, "", "the coupled inductors, one after the other").of(ValueKind::Part),
        Param::new("k", 1.0, "", "coefficient of coupling").range(-1.0, 1.0).alias(&["coupling", "coefficient"]),
    ]),
    probes: Cow::Borrowed(&[]),
    paths: Cow::Borrowed(&[]),
};

/// Mutual inductance, H
const M: usize = 0;

struct Inductance {
    part: PartId,
    params: Vec<f64>,
}

/// One an instance: the coupling and its two inductors.
struct Pair {
    coupling: PartId,
    inductors: [Inductance; 2],
}

struct Coupled {
    pairs: Vec<Pair>,
}

pub fn build(circuit: &Circuit, parts: &[PartId]) -> Vec<Box<dyn Device>> {
    let mut pairs = Vec::new();
    for &coupling in parts {
        let part_of = |(_, setting): &(Label, Setting)| match setting {
            Setting::Part(part) if circuit.part(*part).kind.is(&inductor::KIND) => Some(*part),
            _ => None,
        };
        let inductors: Vec<PartId> = circuit.part(coupling).settings.iter().filter_map(part_of).collect();
        for (n, &a) in inductors.iter().enumerate() {
            for &b in &inductors[n + 1..] {
                let inductors = [a, b].map(|part| Inductance { part, params: circuit.numbers(part) });
                pairs.push(Pair { coupling, inductors });
            }
        }
    }
    if pairs.is_empty() { Vec::new() } else { vec![Box::new(Coupled { pairs })] }
}

impl Device for Coupled {
    fn layout(&mut self, layout: &mut Layout) {
        for pair in &self.pairs {
            let branches = [0, 1].map(|k| layout.branch(pair.inductors[k].part));
            layout.instance(pair.coupling, &branches);
        }
        layout.pattern(&[], &[(0, 1), (1, 0)]);
        layout.memory(1, 0, 0);
        layout.linear();
    }

    fn setup(&self, env: &Environment, memory: &mut Memory, lane: usize) {
        let [k] = KIND.places(["k"]);
        for (i, pair) in self.pairs.iter().enumerate() {
            let [l1, l2] = [0, 1].map(|n| inductor::henries(|slot| pair.inductors[n].params[slot], env));
            let m = memory.param(i, k, lane) * (l1 * l2).abs().sqrt();
            memory.set_derived(i, M, lane, m);
        }
    }

    fn load(&self, at: &Point, memory: &mut Memory, out: &mut Stamps) {
        let [ic] = inductor::KIND.places(["ic"]);
        for (i, pair) in self.pairs.iter().enumerate() {
            for lane in 0..at.lanes {
                let m = memory.derived(i, M, lane);
                let [i1, i2] = [0, 1].map(|n| {
                    let start = pair.inductors[n].params[ic];
                    if at.mode == Mode::Initial && !start.is_nan() { start } else { at.x(i, n, lane) }
                });
                out.q(i, 0, lane, -m * i2);
                out.q(i, 1, lane, -m * i1);
                out.c(i, 0, lane, -m);
                out.c(i, 1, lane, -m);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::testing::{Bench, circuit, numbers, part};

    #[test]
    fn each_pair_of_three_inductors_shares_flux() {
        let mut c = circuit(&["a", "b", "c"]);
        let mut settings = numbers(&[("k", 0.5)]);
        let henries = [1e-3, 4e-3, 9e-3];
        for (net, l) in ["a", "b", "c"].into_iter().zip(henries) {
            let id = part(&mut c, &inductor::KIND, &format!("L{net}"), &[net, "0"], None, numbers(&[("l", l)]));
            settings.push(("inductor", Setting::Part(id)));
        }
        let k = part(&mut c, &KIND, "K1", &[], None, settings);
        let mut bench = Bench::new(&c, build, &[k]);
        let mut x = vec![0.0; bench.unknowns()];
        let branch = [0, 1, 2].map(|n| bench.branch(PartId(n)));
        (x[branch[0]], x[branch[1]], x[branch[2]]) = (1.0, 10.0, 100.0);
        let at = bench.load(&x);
        // M12 = 0.5·2 mH, M13 = 0.5·3 mH, M23 = 0.5·6 mH
        let expected = [-(1e-3 * 10.0 + 1.5e-3 * 100.0), -(1e-3 + 3e-3 * 100.0), -(1.5e-3 + 3e-3 * 10.0)];
        for (unknown, flux) in branch.into_iter().zip(expected) {
            assert!((at.q[unknown] - flux).abs() < 1e-15, "{} {flux}", at.q[unknown]);
        }
    }
}

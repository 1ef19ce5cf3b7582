//! Linear controlled sources: E (voltage by voltage), G (current by voltage), F (current by current), H (voltage by current).
//!
//! A source of current draws gain·control from p to n; a source of voltage holds V(p) − V(n) = gain·control with its current
//! as an unknown. The control of F and H is the current unknown of another part.

use std::borrow::Cow;

use super::{Device, Environment, Layout, Memory, Point, Stamps, Unknown};
use crate::circuit::kind::{Conduct, Kind, KindRef, ModelUse, Param, Path, Pin, ValueKind, pin};
use crate::circuit::{Circuit, PartId, Setting};

const PINS: &[Pin] = &[
    pin("p", "positive"),
    pin("n", "negative"),
    pin("cp", "positive of the controlling voltage"),
    pin("cn", "negative of the controlling voltage"),
];
const TWO_PINS: &[Pin] = &[pin("p", "positive"), pin("n", "negative")];

const CONTROL: Param = Param::new(
    "control",
    0.0,
    "",
    "the part whose current controls: a voltage source or another with a current of its own",
)
.of(ValueKind::Part);
const PARALLEL: Param = Param::new("m", 1.0, "", "number in parallel").range(0.0, f64::INFINITY);
const NO_PARALLEL: Param = Param::new("m", 1.0, "", "number in parallel; changes nothing").range(0.0, f64::INFINITY);

const HOLDS: &[Path] = &[Path { a: 0, b: 1, conduct: Conduct::Voltage }];
const DRAWS: &[Path] = &[Path { a: 0, b: 1, conduct: Conduct::Current }];

/// Set where the subcircuit around is multiplied.
pub const SHARE: Param =
    Param::new("share", 1.0, "", "part of the controlling current that counts; 1/m within a subcircuit of m copies");

pub static VCVS: Kind = Kind {
    name: Cow::Borrowed("vcvs"),
    letter: Some('e'),
    models: &[],
    model: ModelUse::None,
    doc: Cow::Borrowed("Voltage source controlled by a voltage"),
    pins: Cow::Borrowed(PINS),
    positional: &["gain"],
    params: Cow::Borrowed(&[Param::absent("gain", "V/V", "voltage gain"), NO_PARALLEL]),
    probes: Cow::Borrowed(&[]),
    paths: Cow::Borrowed(HOLDS),
};

pub static VCCS: Kind = Kind {
    name: Cow::Borrowed("vccs"),
    letter: Some('g'),
    models: &[],
    model: ModelUse::None,
    doc: Cow::Borrowed("Current source controlled by a voltage"),
    pins: Cow::Borrowed(PINS),
    positional: &["gain"],
    params: Cow::Borrowed(&[Param::absent("gain", "A/V", "transconductance"), PARALLEL]),
    probes: Cow::Borrowed(&[]),
    paths: Cow::Borrowed(DRAWS),
};

pub static CCCS: Kind = Kind {
    name: Cow::Borrowed("cccs"),
    letter: Some('f'),
    models: &[],
    model: ModelUse::None,
    doc: Cow::Borrowed("Current source controlled by a current"),
    pins: Cow::Borrowed(TWO_PINS),
    positional: &["control", "gain"],
    params: Cow::Borrowed(&[CONTROL, Param::absent("gain", "A/A", "current gain"), SHARE, PARALLEL]),
    probes: Cow::Borrowed(&[]),
    paths: Cow::Borrowed(DRAWS),
};

pub static CCVS: Kind = Kind {
    name: Cow::Borrowed("ccvs"),
    letter: Some('h'),
    models: &[],
    model: ModelUse::None,
    doc: Cow::Borrowed("Voltage source controlled by a current"),
    pins: Cow::Borrowed(TWO_PINS),
    positional: &["control", "gain"],
    params: Cow::Borrowed(&[CONTROL, Param::absent("gain", "V/A", "transresistance"), SHARE, NO_PARALLEL]),
    probes: Cow::Borrowed(&[]),
    paths: Cow::Borrowed(HOLDS),
};

/// gain·m (or gain alone for a voltage)
const GAIN: usize = 0;

struct Controlled {
    kind: KindRef,
    parts: Vec<PartId>,
    /// What senses, for F and H: one an instance.
    sensed: Vec<PartId>,
    /// ±1, then ±gain, in the order of the pattern
    fixed: &'static [f64],
    gains: &'static [f64],
}

/// Makes one of the four; they tell themselves apart by the kind of their parts.
pub fn build(circuit: &Circuit, parts: &[PartId]) -> Vec<Box<dyn Device>> {
    let Some(&first) = parts.first() else { return Vec::new() };
    let kind = circuit.part(first).kind.clone();
    let sensed = parts.iter().filter_map(|&part| match circuit.setting(part, "control") {
        Some(Setting::Part(sensed)) => Some(*sensed),
        _ => None,
    });
    let (fixed, gains): (&[f64], &[f64]) = match kind.letter {
        Some('e') => (&[1.0, -1.0, 1.0, -1.0], &[-1.0, 1.0]),
        Some('g') => (&[], &[1.0, -1.0, -1.0, 1.0]),
        Some('f') => (&[], &[1.0, -1.0]),
        _ => (&[1.0, -1.0, 1.0, -1.0], &[-1.0]),
    };
    vec![Box::new(Controlled { kind, parts: parts.to_vec(), sensed: sensed.collect(), fixed, gains })]
}

impl Controlled {
    fn holds_voltage(&self) -> bool {
        !self.fixed.is_empty()
    }
}

impl Device for Controlled {
    fn layout(&mut self, layout: &mut Layout) {
        let by_current = self.kind.pins.len() == 2;
        for (i, &part) in self.parts.iter().enumerate() {
            let mut terminals = layout.pins(part);
            if by_current {
                let sensed = self.sensed.get(i).map(|&s| layout.branch(s));
                terminals.push(sensed.unwrap_or(Unknown::GROUND));
            }
            if self.holds_voltage() {
                terminals.push(layout.branch(part));
            }
            layout.instance(part, &terminals);
        }
        let pattern: &[(usize, usize)] = match (by_current, self.holds_voltage()) {
            (false, true) => &[(0, 4), (1, 4), (4, 0), (4, 1), (4, 2), (4, 3)],
            (false, false) => &[(0, 2), (0, 3), (1, 2), (1, 3)],
            (true, true) => &[(0, 3), (1, 3), (3, 0), (3, 1), (3, 2)],
            (true, false) => &[(0, 2), (1, 2)],
        };
        layout.pattern(pattern, &[]);
        layout.memory(1, 0, 0);
        layout.linear();
    }

    fn setup(&self, _env: &Environment, memory: &mut Memory, lane: usize) {
        let [gain, m] = self.kind.places(["gain", "m"]);
        let share = self.kind.param("share");
        for i in 0..memory.instances {
            let parallel = if self.holds_voltage() { 1.0 } else { memory.param(i, m, lane) };
            let share = share.map_or(1.0, |slot| memory.param(i, slot, lane));
            memory.set_derived(i, GAIN, lane, memory.param(i, gain, lane) * share * parallel);
        }
    }

    fn load(&self, at: &Point, memory: &mut Memory, out: &mut Stamps) {
        for i in 0..memory.instances {
            for lane in 0..at.lanes {
                let gain = memory.derived(i, GAIN, lane);
                let values = self.fixed.iter().copied().chain(self.gains.iter().map(|s| s * gain));
                values.enumerate().for_each(|(entry, value)| out.g(i, entry, lane, value));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::testing::{Bench, circuit, numbers, part};
    use crate::device::vsource;

    #[test]
    fn e_holds_three_times_the_control() {
        let mut c = circuit(&["out", "ref", "a", "b"]);
        let e = part(&mut c, &VCVS, "E1", &["out", "ref", "a", "b"], None, numbers(&[("gain", 3.0), ("m", 5.0)]));
        let mut bench = Bench::new(&c, build, &[e]);
        let at = bench.load(&[0.0, 10.0, 1.0, 2.5, 0.5, 0.25]);
        assert_eq!(at.f.as_slice()[1..], [0.25, -0.25, 0.0, 0.0, 9.0 - 6.0]);
    }

    #[test]
    fn g_draws_from_p_to_n() {
        let mut c = circuit(&["out", "ref", "a", "b"]);
        let g = part(&mut c, &VCCS, "G1", &["out", "ref", "a", "b"], None, numbers(&[("gain", 1e-3), ("m", 2.0)]));
        let mut bench = Bench::new(&c, build, &[g]);
        let at = bench.load(&[0.0, 10.0, 1.0, 2.5, 0.5]);
        assert_eq!(at.f.as_slice()[1..], [4e-3, -4e-3, 0.0, 0.0]);
    }

    #[test]
    fn f_and_h_sense_the_current_of_a_source() {
        let mut c = circuit(&["out", "a"]);
        let v = part(&mut c, &vsource::KIND, "V1", &["a", "0"], None, numbers(&[]));
        let sensing = |gain| vec![("control", Setting::Part(v)), ("gain", Setting::Number(gain))];
        let f = part(&mut c, &CCCS, "F1", &["out", "0"], None, sensing(4.0));
        let h = part(&mut c, &CCVS, "H1", &["out", "0"], None, sensing(50.0));

        let mut bench = Bench::new(&c, build, &[f]);
        assert_eq!(bench.load(&[0.0, 7.0, 1.0, 0.1]).f[1], 0.4);

        let mut bench = Bench::new(&c, build, &[h]);
        let mut x = vec![0.0, 7.0, 1.0, 0.0, 0.0];
        (x[bench.branch(v)], x[bench.branch(h)]) = (0.1, 0.3);
        let at = bench.load(&x);
        assert_eq!((at.f[1], at.f[bench.branch(h)]), (0.3, 7.0 - 5.0));
    }
}

//! Independent current source: the current I(t) flows from p through it to n.

use std::borrow::Cow;

use super::Device;
use super::independent::{Fixes, independent};
use crate::circuit::kind::{Conduct, Kind, ModelUse, Param, Path, ValueKind, pin};
use crate::circuit::{Circuit, PartId};

pub static KIND: Kind = Kind {
    name: Cow::Borrowed("isource"),
    letter: Some('i'),
    models: &[],
    model: ModelUse::None,
    doc: Cow::Borrowed("Independent current source"),
    pins: Cow::Borrowed(&[pin("p", "the current enters here"), pin("n", "and leaves here")]),
    positional: &["dc"],
    params: Cow::Borrowed(&[
        Param::absent("dc", "A", "value in operating points and sweeps; without it the waveform's at time 0, else 0"),
        Param::new("acmag", 0.0, "A", "small-signal magnitude").alias(&["ac"]),
        Param::new("acphase", 0.0, "°", "small-signal phase"),
        Param::new("wave", 0.0, "A", "waveform in time: PULSE SIN EXP PWL SFFM AM").of(ValueKind::Wave),
        Param::new("m", 1.0, "", "number in parallel").range(0.0, f64::INFINITY),
    ]),
    probes: Cow::Borrowed(&[]),
    paths: Cow::Borrowed(&[Path { a: 0, b: 1, conduct: Conduct::Current }]),
};

pub fn build(circuit: &Circuit, parts: &[PartId]) -> Vec<Box<dyn Device>> {
    independent(circuit, parts, &KIND, Fixes::Current)
}

#[cfg(test)]
mod tests {
    use num_complex::Complex64;

    use super::*;
    use crate::device::testing::{Bench, circuit, numbers, part};

    #[test]
    fn two_in_parallel_draw_twice_the_current_from_p() {
        let mut c = circuit(&["a", "b"]);
        let i = part(&mut c, &KIND, "I1", &["a", "b"], None, numbers(&[("dc", 1e-3), ("m", 2.0)]));
        let at = Bench::new(&c, build, &[i]).load(&[0.0, 3.0, 1.0]);
        assert_eq!((at.f[1], at.f[2]), (2e-3, -2e-3));
    }

    #[test]
    fn a_phasor_of_2_at_90_degrees() {
        let mut c = circuit(&["a", "b"]);
        let i = part(&mut c, &KIND, "I1", &["a", "b"], None, numbers(&[("acmag", 2.0), ("acphase", 90.0)]));
        let bench = Bench::new(&c, build, &[i]);
        let mut seen = Vec::new();
        let unit = &bench.units[0];
        unit.device.stimulus(&unit.memory, 0, &mut |i, t, v| seen.push((i, t, v)));
        assert_eq!(seen.len(), 2);
        assert!((seen[0].2 - Complex64::new(0.0, 2.0)).norm() < 1e-15 && seen[1].2 == -seen[0].2);
    }
}

//! Independent voltage source: V(p) − V(n) = E(t), with the current from p to n through it as an unknown.

use std::borrow::Cow;

use super::Device;
use super::independent::{Fixes, independent};
use crate::circuit::kind::{Conduct, Kind, ModelUse, Param, Path, ValueKind, pin};
use crate::circuit::{Circuit, PartId};

pub static KIND: Kind = Kind {
    name: Cow::Borrowed("vsource"),
    letter: Some('v'),
    models: &[],
    model: ModelUse::None,
    doc: Cow::Borrowed("Independent voltage source"),
    pins: Cow::Borrowed(&[pin("p", "positive"), pin("n", "negative")]),
    positional: &["dc"],
    params: Cow::Borrowed(&[
        Param::absent("dc", "V", "value in operating points and sweeps; without it the waveform's at time 0, else 0"),
        Param::new("acmag", 0.0, "V", "small-signal magnitude").alias(&["ac"]),
        Param::new("acphase", 0.0, "°", "small-signal phase"),
        Param::new("wave", 0.0, "V", "waveform in time: PULSE SIN EXP PWL SFFM AM").of(ValueKind::Wave),
    ]),
    probes: Cow::Borrowed(&[]),
    paths: Cow::Borrowed(&[Path { a: 0, b: 1, conduct: Conduct::Voltage }]),
};

pub fn build(circuit: &Circuit, parts: &[PartId]) -> Vec<Box<dyn Device>> {
    independent(circuit, parts, &KIND, Fixes::Voltage)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::{Setting, Wave};
    use crate::device::testing::{Bench, circuit, numbers, part};
    use crate::device::{Mode, Ticks};

    #[test]
    fn fixes_the_voltage_and_carries_the_current_from_p_to_n() {
        let mut c = circuit(&["a", "b"]);
        let v = part(&mut c, &KIND, "V1", &["a", "b"], None, numbers(&[("dc", 2.0)]));
        let mut bench = Bench::new(&c, build, &[v]);
        let mut x = vec![0.0; bench.unknowns()];
        (x[1], x[2], x[bench.branch(v)]) = (5.0, 1.0, 0.25);
        let at = bench.load(&x);
        assert_eq!((at.f[1], at.f[2], at.f[3]), (0.25, -0.25, 5.0 - 1.0 - 2.0));
        bench.source = 0.5;
        assert_eq!(bench.load(&x).f[3], 3.0);
    }

    /// ngspice-39: `V1 a 0 DC 1 PULSE(0.5 5 …)` is 1 V in `.op` and `.dc`, 0.5 V in the operating point of `.tran`.
    #[test]
    fn dc_rules_operating_points_and_the_waveform_transients() {
        let mut c = circuit(&["a"]);
        let args = [0.5, 5.0, 1e-6, 1e-6, 1e-6, 1e-6, 9e-6].map(Some).to_vec();
        let wave = Setting::Wave(Wave { shape: "pulse".into(), args, repeat: None, delay: 0.0 });
        let settings = vec![("dc", Setting::Number(1.0)), ("wave", wave.clone())];
        let v = part(&mut c, &KIND, "V1", &["a", "0"], None, settings);
        let mut bench = Bench::new(&c, build, &[v]);
        let e = |bench: &mut Bench| -bench.load(&[0.0; 3]).f[2];
        bench.mode = Mode::Static;
        assert_eq!(e(&mut bench), 1.0);
        bench.transient = true;
        assert_eq!(e(&mut bench), 0.5);
        (bench.mode, bench.time) = (Mode::Dynamic, 2.5e-6);
        assert_eq!(e(&mut bench), 5.0);
        assert_eq!(bench.corner(Ticks(0)), Some(Ticks(1_000_000_000)));

        let w = part(&mut c, &KIND, "V2", &["a", "0"], None, vec![("wave", wave)]);
        let mut bench = Bench::new(&c, build, &[w]);
        bench.mode = Mode::Static;
        assert_eq!(e(&mut bench), 0.5);
    }
}

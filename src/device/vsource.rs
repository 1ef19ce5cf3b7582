//! Independent voltage source: V(p) − V(n) = E(t), with the current from p to n through it as an unknown.

use std::borrow::Cow;

use num_complex::Complex64;

use super::waveform::{ARGS, Args, Waveform};
use super::{Device, Environment, Layout, Memory, Mode, Point, Stamps, Ticks};
use crate::circuit::kind::{Conduct, Kind, ModelUse, Param, Path, ValueKind, pin};
use crate::circuit::{Circuit, PartId, Setting};

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

/// What voltage and current sources share: a value that depends on time, a phasor.
pub(super) struct Excitation {
    /// One an instance.
    waves: Vec<Option<Waveform>>,
}

/// Places of the numbers that [`Excitation::setup`] derives: value at rest, phasor, waveform.
pub(super) const DERIVED: usize = 3 + ARGS;

impl Excitation {
    pub(super) fn new(circuit: &Circuit, parts: &[PartId]) -> Excitation {
        let wave = |&part: &PartId| match circuit.setting(part, "wave") {
            Some(Setting::Wave(wave)) => Waveform::new(wave),
            _ => None,
        };
        Excitation { waves: parts.iter().map(wave).collect() }
    }

    /// `dc`, `acmag`, `acphase`: places of the parameters.
    pub(super) fn setup(&self, places: [usize; 3], env: &Environment, memory: &mut Memory, lane: usize) {
        for (i, wave) in self.waves.iter().enumerate() {
            let [dc, magnitude, phase] = places.map(|slot| memory.param(i, slot, lane));
            let phasor = Complex64::from_polar(magnitude, phase.to_radians());
            let mut rest = if dc.is_nan() { 0.0 } else { dc };
            if let Some(wave) = wave {
                let args = wave.resolve(env.tstep, env.tstop);
                for (k, arg) in args.into_iter().enumerate() {
                    memory.set_derived(i, 3 + k, lane, arg);
                }
                if dc.is_nan() {
                    rest = wave.value(&args, 0.0);
                }
            }
            for (k, value) in [rest, phasor.re, phasor.im].into_iter().enumerate() {
                memory.set_derived(i, k, lane, value);
            }
        }
    }

    fn args(memory: &Memory, i: usize, lane: usize) -> Args {
        std::array::from_fn(|k| memory.derived(i, 3 + k, lane))
    }

    /// The value at this point, source stepping included.
    #[inline]
    pub(super) fn value(&self, at: &Point, memory: &Memory, i: usize, lane: usize) -> f64 {
        let timed = at.transient || matches!(at.mode, Mode::Dynamic | Mode::Initial);
        at.source
            * match &self.waves[i] {
                Some(wave) if timed => wave.value(&Self::args(memory, i, lane), at.time[lane]),
                _ => memory.derived(i, 0, lane),
            }
    }

    pub(super) fn corner(&self, memory: &Memory, lane: usize, after: Ticks) -> Option<Ticks> {
        let corner = |(i, wave): (usize, &Option<Waveform>)| wave.as_ref()?.corner(&Self::args(memory, i, lane), after);
        self.waves.iter().enumerate().filter_map(corner).min()
    }

    pub(super) fn max_step(&self, at: &Point, memory: &Memory, lane: usize) -> Option<f64> {
        let bound = |(i, wave): (usize, &Option<Waveform>)| {
            wave.as_ref()?.max_step(&Self::args(memory, i, lane), at.time[lane])
        };
        self.waves.iter().enumerate().filter_map(bound).reduce(f64::min)
    }

    /// Whether a waveform jumps right after this point.
    pub(super) fn jumps(&self, at: &Point, memory: &Memory, lane: usize) -> bool {
        let jumps = |(i, wave): (usize, &Option<Waveform>)| {
            wave.as_ref().is_some_and(|w| w.jumps(&Self::args(memory, i, lane), at.time[lane]))
        };
        self.waves.iter().enumerate().any(jumps)
    }

    pub(super) fn phasor(memory: &Memory, i: usize, lane: usize) -> Complex64 {
        Complex64::new(memory.derived(i, 1, lane), memory.derived(i, 2, lane))
    }
}

struct VoltageSource {
    parts: Vec<PartId>,
    excitation: Excitation,
}

pub fn build(circuit: &Circuit, parts: &[PartId]) -> Vec<Box<dyn Device>> {
    vec![Box::new(VoltageSource { parts: parts.to_vec(), excitation: Excitation::new(circuit, parts) })]
}

impl Device for VoltageSource {
    fn layout(&mut self, layout: &mut Layout) {
        for &part in &self.parts {
            let mut terminals = layout.pins(part);
            terminals.push(layout.branch(part));
            layout.instance(part, &terminals);
        }
        layout.pattern(&[(0, 2), (1, 2), (2, 0), (2, 1)], &[]);
        layout.memory(DERIVED, 0, 0);
        layout.linear();
    }

    fn setup(&self, env: &Environment, memory: &mut Memory, lane: usize) {
        self.excitation.setup(KIND.places(["dc", "acmag", "acphase"]), env, memory, lane);
    }

    fn load(&self, at: &Point, memory: &mut Memory, out: &mut Stamps) {
        for i in 0..memory.instances {
            for lane in 0..at.lanes {
                for (entry, sign) in [1.0, -1.0, 1.0, -1.0].into_iter().enumerate() {
                    out.g(i, entry, lane, sign);
                }
            }
        }
    }

    fn excites(&self) -> bool {
        true
    }

    fn excite(&self, at: &Point, memory: &Memory, out: &mut Stamps) {
        for i in 0..memory.instances {
            for lane in 0..at.lanes {
                out.f(i, 2, lane, -self.excitation.value(at, memory, i, lane));
            }
        }
    }

    fn accept(&self, at: &Point, memory: &mut Memory, lane: usize) -> bool {
        self.excitation.jumps(at, memory, lane)
    }

    fn corner(&self, memory: &Memory, lane: usize, after: Ticks) -> Option<Ticks> {
        self.excitation.corner(memory, lane, after)
    }

    fn max_step(&self, at: &Point, memory: &Memory, lane: usize) -> Option<f64> {
        self.excitation.max_step(at, memory, lane)
    }

    fn stimulus(&self, memory: &Memory, lane: usize, add: &mut dyn FnMut(usize, usize, Complex64)) {
        for i in 0..memory.instances {
            add(i, 2, -Excitation::phasor(memory, i, lane));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::Wave;
    use crate::device::testing::{Bench, circuit, numbers, part};

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

//! Independent sources: a value that follows a waveform, or rests, drives a voltage or a current.

use num_complex::Complex64;

use super::waveform::{ARGS, Args, Waveform};
use super::{Device, Environment, Layout, Memory, Mode, Point, Stamps, Ticks};
use crate::circuit::kind::Kind;
use crate::circuit::{Circuit, PartId, Setting};

/// What voltage and current sources share: a value that depends on time, a phasor.
struct Excitation {
    /// One an instance.
    waves: Vec<Option<Waveform>>,
}

/// Places of the numbers that [`Excitation::setup`] derives: value at rest, phasor, waveform.
const DERIVED: usize = 3 + ARGS;

impl Excitation {
    fn new(circuit: &Circuit, parts: &[PartId]) -> Excitation {
        let wave = |&part: &PartId| match circuit.setting(part, "wave") {
            Some(Setting::Wave(wave)) => Waveform::new(wave),
            _ => None,
        };
        Excitation { waves: parts.iter().map(wave).collect() }
    }

    /// `dc`, `acmag`, `acphase`: places of the parameters.
    fn setup(&self, places: [usize; 3], env: &Environment, memory: &mut Memory, lane: usize) {
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
                    rest = wave.value(&args, Ticks(0));
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
    fn value(&self, at: &Point, memory: &Memory, i: usize, lane: usize) -> f64 {
        let timed = at.transient || matches!(at.mode, Mode::Dynamic | Mode::Initial);
        at.source
            * match &self.waves[i] {
                Some(wave) if timed => wave.value(&Self::args(memory, i, lane), at.ticks[lane]),
                _ => memory.derived(i, 0, lane),
            }
    }

    fn corner(&self, memory: &Memory, lane: usize, after: Ticks) -> Option<Ticks> {
        let corner = |(i, wave): (usize, &Option<Waveform>)| wave.as_ref()?.corner(&Self::args(memory, i, lane), after);
        self.waves.iter().enumerate().filter_map(corner).min()
    }

    fn max_step(&self, at: &Point, memory: &Memory, lane: usize) -> Option<f64> {
        let bound = |(i, wave): (usize, &Option<Waveform>)| {
            wave.as_ref()?.max_step(&Self::args(memory, i, lane), at.time[lane])
        };
        self.waves.iter().enumerate().filter_map(bound).reduce(f64::min)
    }

    /// Whether a waveform jumps right after this point.
    fn jumps(&self, at: &Point, memory: &Memory, lane: usize) -> bool {
        let jumps = |(i, wave): (usize, &Option<Waveform>)| {
            wave.as_ref().is_some_and(|w| w.jumps(&Self::args(memory, i, lane), at.ticks[lane]))
        };
        self.waves.iter().enumerate().any(jumps)
    }

    fn phasor(memory: &Memory, i: usize, lane: usize) -> Complex64 {
        Complex64::new(memory.derived(i, 1, lane), memory.derived(i, 2, lane))
    }
}

/// What a source fixes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fixes {
    /// V(p) − V(n) = E, with the current from p to n through it as an unknown
    Voltage,
    /// I flows from p through it to n, `m` times
    Current,
}

struct Independent {
    parts: Vec<PartId>,
    excitation: Excitation,
    fixes: Fixes,
    /// Places of dc, acmag, acphase
    places: [usize; 3],
    /// Place of m, of a current source
    m: Option<usize>,
}

/// The sources of one kind as one device.
pub(super) fn independent(
    circuit: &Circuit,
    parts: &[PartId],
    kind: &'static Kind,
    fixes: Fixes,
) -> Vec<Box<dyn Device>> {
    let places = kind.places(["dc", "acmag", "acphase"]);
    let excitation = Excitation::new(circuit, parts);
    vec![Box::new(Independent { parts: parts.to_vec(), excitation, fixes, places, m: kind.param("m") })]
}

impl Independent {
    /// The rows that the value stands in, and its factors there.
    fn rows(&self, memory: &Memory, i: usize, lane: usize) -> [(usize, f64); 2] {
        let m = self.m.map_or(1.0, |slot| memory.param(i, slot, lane));
        match self.fixes {
            Fixes::Voltage => [(2, -1.0), (2, 0.0)],
            Fixes::Current => [(0, m), (1, -m)],
        }
    }
}

impl Device for Independent {
    fn layout(&mut self, layout: &mut Layout) {
        for &part in &self.parts {
            let mut terminals = layout.pins(part);
            if self.fixes == Fixes::Voltage {
                terminals.push(layout.branch(part));
            }
            layout.instance(part, &terminals);
        }
        if self.fixes == Fixes::Voltage {
            layout.pattern(&[(0, 2), (1, 2), (2, 0), (2, 1)], &[]);
        }
        layout.memory(DERIVED, 0, 0);
        layout.linear();
    }

    fn setup(&self, env: &Environment, memory: &mut Memory, lane: usize) {
        self.excitation.setup(self.places, env, memory, lane);
    }

    fn load(&self, at: &Point, memory: &mut Memory, out: &mut Stamps) {
        if self.fixes == Fixes::Current {
            return;
        }
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
                let value = self.excitation.value(at, memory, i, lane);
                for (row, factor) in self.rows(memory, i, lane).into_iter().filter(|r| r.1 != 0.0) {
                    out.f(i, row, lane, factor * value);
                }
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
            let phasor = Excitation::phasor(memory, i, lane);
            for (row, factor) in self.rows(memory, i, lane).into_iter().filter(|r| r.1 != 0.0) {
                add(i, row, factor * phasor);
            }
        }
    }
}

//! Noise of parts: currents between two of their terminals, with their spectral densities at an operating point.
//!
//! Thermal 4·k·T·G of a conductance, shot 2·q·|I| of a junction, flicker kf·|I|^af/f. Densities are one-sided. Source:
//! Vladimirescu, The SPICE Book (1994), chapter 5; van der Ziel, Noise in Solid State Devices and Circuits (1986).

use super::Memory;
use super::junction::{BOLTZMANN, CHARGE, KELVIN};
use crate::circuit::kind::Kind;

/// One source of noise within an instance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Noise {
    /// Terminals
    pub from: usize,
    pub to: usize,
    /// A²/Hz
    pub white: f64,
    /// A²/Hz at 1 Hz; falls as 1/f
    pub flicker: f64,
}

impl Noise {
    /// Of a conductance (S) at a temperature in °C.
    pub fn thermal(from: usize, to: usize, siemens: f64, celsius: f64) -> Noise {
        Noise { from, to, white: 4.0 * BOLTZMANN * (celsius + KELVIN) * siemens.abs(), flicker: 0.0 }
    }

    /// Of a current (A) over a barrier.
    pub fn shot(from: usize, to: usize, amperes: f64, flicker: f64) -> Noise {
        Noise { from, to, white: 2.0 * CHARGE * amperes.abs(), flicker }
    }

    /// A²/Hz at a frequency in Hz
    pub fn density(&self, frequency: f64) -> f64 {
        self.white + self.flicker / frequency
    }
}

/// Whether parts of a kind make noise.
pub fn makes_noise(kind: &Kind) -> bool {
    matches!(&*kind.name, "resistor" | "diode" | "bjt" | "mosfet" | "vswitch" | "iswitch" | "switch" | "mux")
}

/// kf·|I|^af, in A²: flicker noise at 1 Hz.
pub fn flicker(kf: f64, af: f64, amperes: f64) -> f64 {
    if kf > 0.0 && amperes != 0.0 { kf * amperes.abs().powf(af) } else { 0.0 }
}

/// °C of an instance of a kind with `temp` and `dtemp`, in a circuit of this temperature.
pub fn temperature(kind: &Kind, instance: usize, memory: &Memory, celsius: f64) -> f64 {
    let [temp, dtemp] = kind.places(["temp", "dtemp"]);
    let own = memory.param(instance, temp, 0);
    if own.is_nan() { celsius + memory.param(instance, dtemp, 0) } else { own }
}

//! `dc` and `ac` within an experiment: what they sweep, and their rows as the statements after them see them, until one of
//! them acts on the circuit or lets time pass.

use serde::{Deserialize, Serialize};

use std::collections::HashMap;

use ndarray::{ArrayD, IxDyn};
use num_complex::Complex64;

use super::history::Kept;
use super::program::SmuId;
use crate::circuit::plan::AcScale;
use crate::circuit::{NetId, PartId};
use crate::value::Value;

/// What a `dc` gives one value after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swept {
    /// An independent source
    Source(PartId),
    /// The voltage that a source-measure unit forces
    Unit(SmuId),
}

/// One loop of a `dc`.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    pub what: Swept,
    pub values: Vec<f64>,
}

/// An analysis at the present state of the circuit: device states and signals are held, no time passes.
#[derive(Clone, Debug, PartialEq)]
pub enum Study {
    /// The first is the inner loop
    Dc(Vec<Sweep>),
    /// Hz
    Ac { scale: AcScale, points: usize, start: f64, stop: f64 },
    /// Of V(first, second), referred to a source; Hz
    Noise { output: (NetId, NetId), input: PartId, scale: AcScale, points: usize, start: f64, stop: f64 },
}

/// What one number of the circuit was, row by row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Column {
    Real(Vec<f64>),
    Phasors(Vec<Complex64>),
}

/// A column with a name: what is swept, row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    /// `V1`, `frequency`
    pub name: String,
    pub unit: &'static str,
    pub values: Vec<f64>,
}

/// Rows of an analysis, as the circuit gives them.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// The values of each loop, row by row, the inner one first: V, A or Hz
    pub scales: Vec<Vec<f64>>,
    pub units: Vec<&'static str>,
    /// For each number that was looked at
    pub columns: Vec<Column>,
    /// What the analysis itself gives: `onoise`, `inoise`
    pub named: Vec<Scale>,
}

/// Rows of an analysis under their names.
#[derive(Clone, Debug, Default)]
pub struct Curves {
    /// The inner loop first
    pub scales: Vec<Scale>,
    pub columns: HashMap<Kept, Column>,
    /// What the analysis itself gives
    pub named: Vec<Scale>,
}

/// What is taken of a phasor: the last letters of `vdb`, `ip`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aspect {
    Magnitude,
    Decibel,
    /// rad
    Phase,
    Real,
    Imaginary,
}

/// `vdb` → `v` and decibels; None where a name is no aspect of a voltage or current.
pub fn aspect(lower: &str) -> Option<(&'static str, Aspect)> {
    let base = if lower.starts_with('v') { "v" } else { "i" };
    let aspect = match lower {
        "vm" | "im" => Aspect::Magnitude,
        "vdb" | "idb" => Aspect::Decibel,
        "vp" | "ip" => Aspect::Phase,
        "vr" | "ir" => Aspect::Real,
        "vi" | "ii" => Aspect::Imaginary,
        _ => return None,
    };
    Some((base, aspect))
}

impl Aspect {
    fn of(self, v: Complex64) -> f64 {
        match self {
            Aspect::Magnitude => v.norm(),
            Aspect::Decibel => 20.0 * v.norm().log10(),
            Aspect::Phase => v.arg(),
            Aspect::Real => v.re,
            Aspect::Imaginary => v.im,
        }
    }
}

impl Curves {
    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.scales.first().map_or(0, |s| s.values.len())
    }

    /// The values under a lower-case name: those that were swept, or what the analysis itself gives.
    pub fn scale(&self, lower: &str) -> Option<Value> {
        let scale = self.scales.iter().chain(&self.named).find(|s| s.name.eq_ignore_ascii_case(lower))?;
        Some(Value::vector(scale.values.clone()))
    }

    /// Whether its numbers are phasors.
    pub fn phasors(&self) -> bool {
        self.columns.values().any(|c| matches!(c, Column::Phasors(_)))
    }

    /// Numbers of the circuit of one shape: rows first. None where one of them was not looked at.
    pub fn answer(&self, kept: &[Kept], shape: &[usize], aspect: Aspect) -> Option<Value> {
        let columns = kept.iter().map(|k| self.columns.get(k)).collect::<Option<Vec<&Column>>>()?;
        let at = |column: &Column, row: usize| match column {
            Column::Real(v) => aspect_of_real(aspect, v[row]),
            Column::Phasors(v) => aspect.of(v[row]),
        };
        let numbers = (0..self.rows()).flat_map(|row| columns.iter().map(move |c| at(c, row))).collect();
        let shape: Vec<usize> = std::iter::once(self.rows()).chain(shape.iter().copied()).collect();
        ArrayD::from_shape_vec(IxDyn(&shape), numbers).ok().map(Value::array)
    }
}

/// A number that has no phase is itself.
fn aspect_of_real(aspect: Aspect, v: f64) -> f64 {
    match aspect {
        Aspect::Magnitude | Aspect::Real => v,
        other => other.of(v.into()),
    }
}

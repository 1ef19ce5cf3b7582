//! What processes heard of their circuit, in its order ⇄ bytes. Who hears the same again comes to the same place, without a
//! circuit: from there another process goes on where a run was killed.
//!
//! Between two waits everything that is heard is on the tape; while time passes only those settled points at which a
//! process changed what it remembers.

use serde::{Deserialize, Serialize};

use crate::device::Ticks;
use crate::process::study::{Rows, Scale};
use crate::process::world::Level;

/// One thing heard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Heard {
    /// V, A, J, C or a probe
    Number(f64),
    /// What a unit holds, and its compliance
    Level(u8, f64, f64),
    /// Points that the past has
    Past(usize),
    /// An analysis
    Study(Study),
    /// What the branches of a `map` came to
    Answer(Vec<u8>),
    /// A settled point; what follows was heard there
    Point(Ticks),
    /// Time passed up to here; whether something was waited for
    Passed(Ticks, bool),
}

/// Rows of an analysis.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Study {
    scales: Vec<Vec<f64>>,
    units: Vec<String>,
    columns: Vec<crate::process::study::Column>,
    named: Vec<(String, String, Vec<f64>)>,
}

/// Units of analyses.
const UNITS: [&str; 5] = ["V", "A", "Hz", "V/√Hz", "A/√Hz"];

fn unit(text: &str) -> &'static str {
    UNITS.iter().copied().find(|u| *u == text).unwrap_or("")
}

impl From<&Rows> for Study {
    fn from(rows: &Rows) -> Study {
        Study {
            scales: rows.scales.clone(),
            units: rows.units.iter().map(|u| u.to_string()).collect(),
            columns: rows.columns.clone(),
            named: rows.named.iter().map(|s| (s.name.clone(), s.unit.to_string(), s.values.clone())).collect(),
        }
    }
}

impl From<Study> for Rows {
    fn from(s: Study) -> Rows {
        let named = s.named.into_iter().map(|(name, u, values)| Scale { name, unit: unit(&u), values });
        Rows {
            scales: s.scales,
            units: s.units.iter().map(|u| unit(u)).collect(),
            columns: s.columns,
            named: named.collect(),
        }
    }
}

impl Heard {
    pub fn level((level, limit): (Level, f64)) -> Heard {
        match level {
            Level::Float => Heard::Level(0, 0.0, limit),
            Level::Voltage(v) => Heard::Level(1, v, limit),
            Level::Current(i) => Heard::Level(2, i, limit),
        }
    }

    pub fn as_level(&self) -> Option<(Level, f64)> {
        match *self {
            Heard::Level(0, _, limit) => Some((Level::Float, limit)),
            Heard::Level(1, v, limit) => Some((Level::Voltage(v), limit)),
            Heard::Level(2, i, limit) => Some((Level::Current(i), limit)),
            _ => None,
        }
    }
}

/// A run under way: what was heard so far, and the circuit at the end of it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Under {
    pub heard: Vec<Heard>,
    pub circuit: Vec<u8>,
    /// Rows of each file of waves
    pub rows: Vec<u64>,
}

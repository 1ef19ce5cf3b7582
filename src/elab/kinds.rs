//! The kinds of parts an elaboration may use, and names that other simulators' libraries set without effect on a circuit.

use std::collections::HashMap;

use crate::circuit::kind::Kind;

/// Finds kinds by what a netlist calls them.
#[derive(Clone, Debug, Default)]
pub struct Kinds {
    all: Vec<&'static Kind>,
    letters: HashMap<char, Vec<&'static Kind>>,
    names: HashMap<String, &'static Kind>,
    models: HashMap<String, &'static Kind>,
}

impl Kinds {
    /// Of two kinds with one name or model type the first counts.
    pub fn new(all: impl IntoIterator<Item = &'static Kind>) -> Kinds {
        let mut out = Kinds { all: all.into_iter().collect(), ..Kinds::default() };
        for &kind in &out.all {
            if let Some(letter) = kind.letter {
                out.letters.entry(letter).or_default().push(kind);
            }
            out.names.entry(kind.name.to_ascii_lowercase()).or_insert(kind);
            for base in kind.models {
                out.models.entry(base.to_ascii_lowercase()).or_insert(kind);
            }
        }
        out
    }

    /// Kinds of an element letter, lower case.
    pub fn by_letter(&self, letter: char) -> &[&'static Kind] {
        self.letters.get(&letter).map_or(&[], Vec::as_slice)
    }

    pub fn by_name(&self, lower: &str) -> Option<&'static Kind> {
        self.names.get(lower).copied()
    }

    /// The kind whose `.model` cards are called `lower`.
    pub fn by_model(&self, lower: &str) -> Option<&'static Kind> {
        self.models.get(lower).or_else(|| self.names.get(lower)).copied()
    }

    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.all.iter().map(|k| &*k.name)
    }

    pub fn model_names(&self) -> impl Iterator<Item = &'static str> {
        self.all.iter().flat_map(|k| k.models.iter().copied().chain([&*k.name]))
    }
}

/// Every name a setting may have.
pub fn param_names(kind: &Kind) -> impl Iterator<Item = &str> {
    kind.params.iter().flat_map(|p| p.aliases.iter().copied().chain([&*p.name]))
}

/// Ratings, sources and viewer hints of other simulators' libraries.
const FOREIGN: &[&str] = &[
    "bv_max",
    "iave",
    "icrating",
    "ipk",
    "irms",
    "manufacturer",
    "mfg",
    "noiseless",
    "part",
    "pkg",
    "pn",
    "probe",
    "ptf",
    "qg",
    "rating",
    "rds",
    "ron_typ",
    "spiceline",
    "thermal",
    "type",
    "vceo",
    "vds",
    "version",
    "vpk",
    "vrev",
    "vendor",
];

/// Whether other simulators' libraries set this without effect on the circuit.
pub fn is_foreign(name: &str) -> bool {
    FOREIGN.iter().any(|f| f.eq_ignore_ascii_case(name))
}

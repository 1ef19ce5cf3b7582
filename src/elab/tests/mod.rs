//! Small decks beside what they must give.

mod cards;
mod expressions;
mod files;
mod hierarchy;
mod lines;
mod live;
mod mistakes;
mod overrides;
mod software;
mod variation;

use super::{DataRoots, Deck, Kinds, Overrides, elaborate};
use crate::circuit::equation::Equation;
use crate::circuit::{PartId, Setting};
use crate::diag::{Diagnostic, Severity};
use crate::{device::registry, syntax};

/// What a deck without its title line comes to.
pub fn deck_with(text: &str, overrides: &Overrides) -> (Option<Deck>, Vec<Diagnostic>) {
    let (ast, _, mut found) = syntax::parse_str("test.cir", &format!("a test\n{text}\n"));
    let kinds = Kinds::new(registry::REGISTRY.iter().map(|r| r.kind));
    let (deck, more) = elaborate(&ast, &kinds, overrides, &DataRoots::default());
    found.extend(more);
    (deck, found)
}

/// The deck of a text without errors.
pub fn deck(text: &str) -> Deck {
    let (deck, found) = deck_with(text, &Overrides::default());
    let errors: Vec<_> = found.iter().filter(|d| d.is_error()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    deck.expect("a deck without errors")
}

/// Codes of what is found, those about missing analyses and the graph left out.
pub fn codes(text: &str) -> Vec<&'static str> {
    let (_, found) = deck_with(text, &Overrides::default());
    let ours = |d: &&Diagnostic| d.code != "elab::no-analysis" && !d.code.starts_with("check::");
    found.iter().filter(ours).map(|d| d.code).collect()
}

/// The only finding about a deck, with its help.
pub fn finding(text: &str) -> (Severity, &'static str, String) {
    let (_, found) = deck_with(text, &Overrides::default());
    let ours: Vec<_> =
        found.iter().filter(|d| d.code != "elab::no-analysis" && !d.code.starts_with("check::")).collect();
    let [d] = ours[..] else { panic!("{ours:#?}") };
    (d.severity, d.code, d.help.clone().unwrap_or_default())
}

impl Deck {
    pub fn id(&self, path: &str) -> PartId {
        self.circuit.part_names[&path.to_ascii_lowercase()]
    }

    pub fn value(&self, path: &str, param: &str) -> f64 {
        self.circuit.number(self.id(path), param)
    }

    pub fn setting(&self, path: &str, param: &str) -> Setting {
        self.circuit.setting(self.id(path), param).expect("a setting").clone()
    }

    pub fn equation(&self, path: &str, param: &str) -> Equation {
        match self.setting(path, param) {
            Setting::Equation(e) => e,
            other => panic!("{other:?}"),
        }
    }

    /// `R1 a X1.b`: kind and nets of a part.
    pub fn line(&self, path: &str) -> String {
        let part = self.circuit.part(self.id(path));
        let nets: Vec<&str> = part.pins.iter().map(|n| self.circuit.net(*n).name.as_str()).collect();
        format!("{} {}", part.kind.name, nets.join(" "))
    }
}

//! What of a circuit goes to the files of analyses and transients: what `.save` names, or all nets and the currents of
//! sources, inductors and source-measure units.

use crate::analysis::sink::Column;
use crate::circuit::NetId;
use crate::circuit::equation::{Equation, Quantity};
use crate::lab::run::Deck;
use crate::process::history::Kept;
use crate::process::program::SmuId;

/// One column.
#[derive(Clone, Debug)]
pub struct Trail {
    pub column: Column,
    pub what: Kept,
}

impl Trail {
    fn new(name: String, unit: &'static str, what: Kept) -> Trail {
        Trail { column: Column { name, unit: unit.into() }, what }
    }
}

/// The columns of a deck.
pub fn trails(deck: &Deck) -> Vec<Trail> {
    let circuit = &deck.circuit;
    if let Some(saves) = &deck.plan.saves {
        let saved = saves.iter().filter_map(|o| deck.plan.observations.get(*o));
        return saved
            .filter_map(|o| match &o.equation {
                Equation::Quantity(q) => {
                    let unit = match q {
                        Quantity::Voltage(..) => "V",
                        Quantity::Current(..) => "A",
                        _ => "",
                    };
                    Some(Trail::new(o.label.clone(), unit, Kept::Quantity(q.clone())))
                }
                _ => None,
            })
            .collect();
    }
    let voltage = |k: usize| Kept::Quantity(Quantity::Voltage(NetId(k as u32), NetId::GROUND));
    let nets = circuit.nets.iter().enumerate().skip(1);
    let nets = nets.map(|(k, net)| Trail::new(format!("V({})", net.name), "V", voltage(k)));
    let has_branch = |p: &crate::circuit::PartId| matches!(circuit.part(*p).kind.letter, Some('v' | 'e' | 'h' | 'l'));
    let current = |p| Trail::new(format!("I({})", circuit.part(p).path), "A", Kept::Quantity(Quantity::Current(p, 0)));
    let units = deck.program.smus.iter().enumerate();
    let units =
        units.map(|(k, s)| Trail::new(format!("I({})", circuit.net(s.net).name), "A", Kept::Unit(SmuId(k as u32))));
    nets.chain(circuit.part_ids().filter(has_branch).map(current)).chain(units).collect()
}

//! Statements that are parsed and not yet elaborated: one report each. A pass that elaborates a kind of statement takes
//! its line out of [`later`].

use crate::diag::Diagnostic;
use crate::syntax::ast::{Item, Statement};

/// The card of a statement that this version has no meaning for.
fn later(statement: &Statement) -> Option<&'static str> {
    match statement {
        Statement::Network(_) => Some("network"),
        Statement::Element(_)
        | Statement::Model(_)
        | Statement::Subckt(_)
        | Statement::Param(_)
        | Statement::Func(_)
        | Statement::Function(_)
        | Statement::For(_)
        | Statement::Device(_)
        | Statement::Smu(_)
        | Statement::Signal(_)
        | Statement::Always(_)
        | Statement::Protocol(_)
        // Outside of Monte-Carlo runs everything is nominal.
        | Statement::Variation(_)
        | Statement::Experiment(_)
        | Statement::Card(_) => None,
    }
}

/// Reports each statement, in subcircuits and loops too, that cannot be elaborated yet.
pub fn report(items: &[Item], diagnostics: &mut Vec<Diagnostic>) {
    for item in items {
        match &item.kind {
            Statement::Subckt(subckt) => report(&subckt.items, diagnostics),
            Statement::For(block) => report(&block.items, diagnostics),
            other => {
                if let Some(card) = later(other) {
                    diagnostics.push(
                        Diagnostic::error("elab::card-not-yet", format!(".{card} is not yet supported"))
                            .at(item.span, "left out")
                            .help("this version runs elements, .subckt, .model, .param, .func, .for and the analysis cards"),
                    );
                }
            }
        }
    }
}

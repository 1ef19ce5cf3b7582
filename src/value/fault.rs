//! Why an expression has no value.

use crate::diag::{Diagnostic, Span};

/// Why an expression has no value.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// It reads the running circuit where a constant is wanted.
    #[error("depends on the running circuit")]
    Live(Span),
    /// It rests on something that is wrong and has been reported.
    #[error("already reported")]
    Said,
    /// A mistake, explained.
    #[error("{}", .0.message)]
    Wrong(Box<Diagnostic>),
}

impl Fault {
    pub fn new(code: &'static str, span: Span, message: impl Into<String>, label: impl Into<String>) -> Fault {
        Fault::Wrong(Box::new(Diagnostic::error(code, message).at(span, label)))
    }

    pub fn with_help(self, text: impl Into<String>) -> Fault {
        match self {
            Fault::Wrong(d) => Fault::Wrong(Box::new(d.help(text))),
            live => live,
        }
    }

    /// Says that the matter is a name that nothing has.
    pub fn missing(self, name: &str) -> Fault {
        match self {
            Fault::Wrong(d) => Fault::Wrong(Box::new(d.missing(name))),
            live => live,
        }
    }

    /// What to tell the user where a constant was needed.
    pub fn report(self) -> Option<Diagnostic> {
        Some(match self {
            Fault::Said => return None,
            Fault::Wrong(d) => *d,
            Fault::Live(span) => Diagnostic::error("elab::not-constant", "this value must be known before the run")
                .at(span, "known only while the circuit runs")
                .help(
                    "only sources, resistors, capacitors and inductors take expressions of voltages, currents and time",
                ),
        })
    }
}

/// A suggestion, where a known name is like the one written.
pub fn did_you_mean<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<String> {
    crate::diag::closest(name, known).map(|k| format!("did you mean '{k}'?"))
}

/// Wrong number of arguments.
pub fn arguments(name: &str, takes: &str, given: usize, span: Span) -> Fault {
    Fault::new("value::arguments", span, format!("{name}( ) takes {takes} arguments, not {given}"), "called here")
}

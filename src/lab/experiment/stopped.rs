//! Why an experiment, or a point of it, did not come to its end.

use crate::diag::Diagnostic;
use crate::lab::run::End;
use crate::process::scheduler::Halt;
use crate::value::fault::Fault;

/// See the module.
#[derive(Clone, Debug)]
pub enum Stopped {
    /// The netlist is wrong, for these values at least.
    Netlist(Vec<Diagnostic>),
    /// The simulation failed.
    Failed(Vec<Diagnostic>),
    Interrupted,
}

impl Stopped {
    pub fn failed(message: String) -> Stopped {
        Stopped::Failed(vec![Diagnostic::error("lab::failed", message)])
    }

    pub fn end(&self) -> End {
        match self {
            Stopped::Netlist(_) => End::Netlist,
            Stopped::Failed(_) => End::Simulation,
            Stopped::Interrupted => End::Interrupted,
        }
    }

    /// What is to be said, with the point where it happened.
    pub fn diagnostics(self, label: &str) -> Vec<Diagnostic> {
        let (Stopped::Netlist(mut list) | Stopped::Failed(mut list)) = self else { return Vec::new() };
        if !label.is_empty() {
            for d in list.iter_mut().filter(|d| d.is_error()) {
                d.message += &format!(", at {label}");
            }
        }
        list
    }
}

impl From<Fault> for Stopped {
    fn from(fault: Fault) -> Stopped {
        let Some(d) = fault.report() else { return Stopped::Netlist(Vec::new()) };
        match d.code {
            "process::interrupted" => Stopped::Interrupted,
            code if code != "process::refused"
                && ["process::", "value::", "lab::", "elab::"].iter().any(|p| code.starts_with(p)) =>
            {
                Stopped::Netlist(vec![d])
            }
            _ => Stopped::Failed(vec![d]),
        }
    }
}

impl From<Halt> for Stopped {
    fn from(halt: Halt) -> Stopped {
        match halt {
            Halt::Interrupted => Stopped::Interrupted,
            Halt::Fault(fault) => fault.into(),
        }
    }
}

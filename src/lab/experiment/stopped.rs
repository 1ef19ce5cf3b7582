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
    /// With what to say of it, if there is anything
    Interrupted(Vec<Diagnostic>),
}

impl Stopped {
    pub fn failed(message: String) -> Stopped {
        Stopped::Failed(vec![Diagnostic::error("lab::failed", message)])
    }

    pub fn end(&self) -> End {
        match self {
            Stopped::Netlist(_) => End::Netlist,
            Stopped::Failed(_) => End::Simulation,
            Stopped::Interrupted(_) => End::Interrupted,
        }
    }

    /// What is to be said, with the point where it happened.
    pub fn diagnostics(self, label: &str) -> Vec<Diagnostic> {
        let (Stopped::Netlist(mut list) | Stopped::Failed(mut list) | Stopped::Interrupted(mut list)) = self;
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
            "process::interrupted" => Stopped::Interrupted(Vec::new()),
            "value::interrupted" => Stopped::Interrupted(vec![d]),
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
            Halt::Interrupted(said) => Stopped::Interrupted(said.into_iter().map(|d| *d).collect()),
            Halt::Fault(fault) => fault.into(),
        }
    }
}

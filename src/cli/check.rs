//! `memspice check FILE…`: parse, elaborate, look for mistakes; simulate nothing.

use clap::Args;

use super::Exit;
use super::netlist::{Netlist, Reading};
use super::terminal::print;
use crate::diag::Severity;

/// Looks for mistakes without simulating.
#[derive(Args, Debug)]
pub struct Check {
    /// Netlists, or - for standard input
    #[arg(required = true)]
    pub files: Vec<String>,
    #[command(flatten)]
    pub reading: Reading,
    /// Print errors only
    #[arg(short, long)]
    pub quiet: bool,
}

pub fn run(args: &Check) -> Exit {
    let mut exit = Exit::Passed;
    for file in &args.files {
        let netlist = Netlist::read(file, &args.reading);
        netlist.show(&netlist.diagnostics, args.quiet);
        let count = |severity| netlist.diagnostics.iter().filter(|d| d.severity == severity).count();
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        let size = netlist.deck.as_ref().map_or(String::new(), |d| {
            let count = |n: usize, one: &str, many: &str| format!("{n} {}, ", if n == 1 { one } else { many });
            count(d.circuit.nets.len(), "net", "nets")
                + &count(d.circuit.parts.len(), "part", "parts")
                + &count(d.plan.analyses.len(), "analysis", "analyses")
        });
        if !args.quiet {
            print(&format!("{file}: {size}{}, {}\n", several(errors, "error"), several(warnings, "warning")));
        }
        if errors > 0 {
            exit = Exit::Netlist;
        }
    }
    exit
}

fn several(count: usize, name: &str) -> String {
    match count {
        0 => format!("no {name}s"),
        1 => format!("1 {name}"),
        n => format!("{n} {name}s"),
    }
}

//! The command line: one file a subcommand.

mod check;
pub mod devices;
mod fmt;
mod interrupt;
mod netlist;
mod review;
mod run;
mod show;
mod terminal;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// A circuit simulator for memristive and neuromorphic systems.
#[derive(Parser, Debug)]
#[command(version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Run(run::Run),
    Check(check::Check),
    Test(test::Test),
    Review(review::Review),
    Show(show::Show),
    Devices(devices::Devices),
    Fmt(fmt::Fmt),
}

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Passed,
    /// An assert or a snapshot failed.
    Failed,
    /// The netlist (or the command line) is wrong.
    Netlist,
    /// The simulation failed; what was computed is written.
    Simulation,
    /// Ctrl-C; what was computed is written.
    Interrupted,
}

impl Exit {
    pub fn code(self) -> u8 {
        match self {
            Exit::Passed => 0,
            Exit::Failed => 1,
            Exit::Netlist => 2,
            Exit::Simulation => 3,
            Exit::Interrupted => 130,
        }
    }
}

/// Reads the command line, does what it asks for.
pub fn main() -> ExitCode {
    let exit = match Cli::parse().command {
        Command::Run(args) => run::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Test(args) => test::run(&args),
        Command::Review(args) => review::run(&args),
        Command::Show(args) => show::run(&args),
        Command::Devices(args) => devices::run(&args),
        Command::Fmt(args) => fmt::run(&args),
    };
    ExitCode::from(exit.code())
}

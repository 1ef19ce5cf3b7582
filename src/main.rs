//! The `memspice` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    memspice::cli::main()
}

//! A netlist → the table of its transient, by the program itself.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::csv::Table;

/// Runs a netlist where it lies; its first transient.
pub fn run(netlist: &Path) -> Result<Table, String> {
    let out = tempfile::tempdir().map_err(|e| e.to_string())?;
    let run = Command::new(env!("CARGO_BIN_EXE_memspice"))
        .args(["run", "--quiet", "--format", "csv", "-o"])
        .arg(out.path())
        .arg(netlist)
        .output()
        .map_err(|e| e.to_string())?;
    let table = out.path().join("deck/tran.csv");
    if !run.status.success() || !table.exists() {
        return Err(format!("{}: {}\n{}", netlist.display(), run.status, String::from_utf8_lossy(&run.stderr)));
    }
    Ok(Table::read(&table))
}

/// Runs a netlist given as text.
pub fn run_text(text: &str) -> Result<Table, String> {
    let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
    let netlist = folder.path().join("deck.cir");
    fs::write(&netlist, text).map_err(|e| e.to_string())?;
    run(&netlist)
}

//! The folder in which the netlists of one page are saved and its commands run.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

pub struct Bench {
    folder: TempDir,
    /// Exit code of the last command, for `$ echo $?`.
    pub exit: i32,
}

impl Bench {
    pub fn new() -> std::io::Result<Self> {
        Ok(Self { folder: tempfile::tempdir()?, exit: 0 })
    }

    pub fn save(&self, name: &str, text: &str) -> Result<(), String> {
        fs::write(self.folder.path().join(name), text).map_err(|e| format!("{name}: {e}"))
    }

    pub fn read(&self, name: &str) -> Result<String, String> {
        fs::read_to_string(self.folder.path().join(name)).map_err(|e| format!("{name}: {e}"))
    }

    /// Runs memspice and gives what it says. Files of the repository are found as `netlists/…`.
    pub fn memspice(&mut self, arguments: &[String]) -> Result<String, String> {
        let done = Command::new(env!("CARGO_BIN_EXE_memspice"))
            .args(arguments)
            .current_dir(self.folder.path())
            .env("NO_COLOR", "1")
            .env("MEMSPICE_DATA", Path::new(env!("CARGO_MANIFEST_DIR")))
            .stdin(Stdio::null())
            .output()
            .map_err(|e| e.to_string())?;
        self.exit = done.status.code().unwrap_or(-1);
        Ok(format!("{}{}", String::from_utf8_lossy(&done.stderr), String::from_utf8_lossy(&done.stdout)))
    }

    /// Runs a netlist; its report, and what was said.
    pub fn run(&mut self, name: &str) -> Result<(Value, String), String> {
        let out = format!("checked/{name}");
        let said = self.memspice(&["run", name, "-o", out.as_str()].map(str::to_string))?;
        let report = self.read(&format!("{out}/report.json"))?;
        Ok((serde_json::from_str(&report).map_err(|e| e.to_string())?, said))
    }

    /// A line behind `$ `.
    pub fn command(&mut self, line: &str) -> Result<String, String> {
        match words(line).split_first() {
            Some((program, _)) if program == "echo" => Ok(self.exit.to_string()),
            Some((program, arguments)) if program == "memspice" => self.memspice(arguments),
            _ => Err(format!("only memspice and echo $? are run, not '{line}'")),
        }
    }

    /// The value of an operating point, as `V(a)`.
    pub fn point(&self, netlist: &str, name: &str) -> Option<f64> {
        let point = self.read(&format!("checked/{netlist}/deck/op.csv")).ok()?;
        point.lines().find_map(|l| l.to_lowercase().strip_prefix(&format!("{name},"))?.parse().ok())
    }
}

/// Words of a command line; `'…'` keeps blanks.
fn words(line: &str) -> Vec<String> {
    let mut out = Vec::new();
    for (k, part) in line.split('\'').enumerate() {
        match k % 2 {
            0 => out.extend(part.split_whitespace().map(str::to_string)),
            _ => out.push(part.to_string()),
        }
    }
    out
}

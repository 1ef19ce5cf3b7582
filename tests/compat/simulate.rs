//! A copy of a deck → the tables that `memspice run` writes of it.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::reference::Table;

/// Longest a deck may take, much more than any needs.
const LIMIT: Duration = Duration::from_secs(300);

/// Runs a netlist; its tables by analysis (`op`, `dc`, `ac`, `tran`, `meas`).
pub fn run(name: &str, text: &str) -> Result<HashMap<String, Table>, String> {
    let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
    let deck = folder.path().join(format!("{name}.cir"));
    fs::write(&deck, text).map_err(|e| e.to_string())?;
    let out = folder.path().join("out");
    let log = folder.path().join("log");
    let file = fs::File::create(&log).map_err(|e| e.to_string())?;
    let mut child = Command::new(env!("CARGO_BIN_EXE_memspice"))
        .args(["run", "--format", "csv", "--quiet", "-o"])
        .arg(&out)
        .arg(&deck)
        .stdin(Stdio::null())
        .stdout(file.try_clone().map_err(|e| e.to_string())?)
        .stderr(file)
        .spawn()
        .map_err(|e| e.to_string())?;
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().map_err(|e| e.to_string())? {
            break status;
        }
        if started.elapsed() > LIMIT {
            child.kill().map_err(|e| e.to_string())?;
            return Err(format!("not done after {LIMIT:?}"));
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    if !status.success() {
        let log = fs::read_to_string(&log).unwrap_or_default();
        return Err(format!("{status}\n{}", log.chars().take(3000).collect::<String>()));
    }
    tables(&out)
}

fn tables(out: &Path) -> Result<HashMap<String, Table>, String> {
    let mut found = HashMap::new();
    for analysis in ["op", "dc", "ac", "tran"] {
        let path = out.join("deck").join(format!("{analysis}.csv"));
        if path.exists() {
            found.insert(analysis.to_string(), Table::read(&path)?);
        }
    }
    let report = fs::read_to_string(out.join("report.json")).map_err(|e| format!("report.json: {e}"))?;
    let report: serde_json::Value = serde_json::from_str(&report).map_err(|e| format!("report.json: {e}"))?;
    let measures = report["experiments"][0]["measures"].as_object().cloned().unwrap_or_default();
    let (labels, values) =
        measures.iter().map(|(name, value)| (name.to_lowercase(), value.as_f64().unwrap_or(f64::NAN))).unzip();
    let names = vec!["name".to_string(), "value".to_string()];
    found.insert("meas".to_string(), Table { names, columns: vec![Vec::new(), values], labels });
    Ok(found)
}

//! Wrong netlists, each with one mistake, and the report each must give.
//!
//! The reports stand beside them as `NAME.snap`; `INSTA_UPDATE=always cargo test --test diagnostics` writes them anew, to
//! be read before they are committed: does each point at the place, name the cause, say what to do?

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad")
}

/// The wrong netlists by name.
fn netlists() -> Vec<String> {
    let entries = fs::read_dir(folder()).expect("tests/bad").map(|e| e.expect("an entry").path());
    let netlists = entries.filter(|p| p.extension().is_some_and(|e| e == "cir"));
    let mut names: Vec<String> =
        netlists.map(|p| p.file_stem().expect("a name").to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// What `memspice check` says and its exit status.
fn check(name: &str) -> (String, Option<i32>) {
    let done = Command::new(env!("CARGO_BIN_EXE_memspice"))
        .current_dir(folder())
        .args(["check", &format!("{name}.cir")])
        .env("NO_COLOR", "1")
        .env_remove("MEMSPICE_DATA")
        .output()
        .expect("memspice");
    let said = format!("{}{}", String::from_utf8_lossy(&done.stderr), String::from_utf8_lossy(&done.stdout));
    (said.replace(&*Path::new(env!("CARGO_MANIFEST_DIR")).to_string_lossy(), "…"), done.status.code())
}

/// Codes of a report: lines that are nothing but `room::what`.
fn codes(report: &str) -> Vec<String> {
    let is_code =
        |l: &&str| l.contains("::") && l.chars().all(|c| c.is_ascii_lowercase() || ":-0123456789".contains(c));
    report.lines().map(str::trim).filter(is_code).map(str::to_string).collect()
}

#[test]
fn each_mistake_gives_its_report() {
    let mut failed = Vec::new();
    for name in netlists() {
        let (report, status) = check(&name);
        let exit = if report.contains("×") { Some(2) } else { Some(0) };
        if status != exit || codes(&report).is_empty() {
            failed.push(format!("{name}: exit {status:?}, codes {:?}", codes(&report)));
        }
        insta::with_settings!({ snapshot_path => "bad", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name, report);
        });
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn forty_mistakes_have_codes_of_their_own() {
    let mut by_code: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let names = netlists();
    for name in &names {
        for code in codes(&check(name).0) {
            by_code.entry(code).or_default().insert(name.clone());
        }
    }
    assert!(names.len() >= 40, "{} netlists", names.len());
    assert!(by_code.len() >= 40, "only {} codes: {:?}", by_code.len(), by_code.keys());
}

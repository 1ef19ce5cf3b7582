//! The netlists of the repository hold together, and the seven examples of the language run.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn netlists(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(list) = std::fs::read_dir(folder) else { return };
    for path in list.flatten().map(|f| f.path()) {
        if path.is_dir() {
            netlists(&path, found);
        } else if path.extension().is_some_and(|e| e == "cir") {
            found.push(path);
        }
    }
    found.sort();
}

fn memspice(dir: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_memspice"));
    command.args(args).current_dir(dir).env("NO_COLOR", "1").env_remove("MEMSPICE_DATA").output().unwrap()
}

/// Codes of the errors that a check finds.
fn errors(file: &Path) -> Vec<String> {
    let output = memspice(&root(), &["check", "--quiet", &file.to_string_lossy()]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let code = |l: &&str| l.contains("::") && l.chars().all(|c| c.is_ascii_lowercase() || "-:0123456789".contains(c));
    let list: Vec<String> = said.lines().filter(code).map(str::to_string).collect();
    assert_eq!(output.status.code() == Some(0), list.is_empty(), "{}: {said}", file.display());
    list
}

/// Data that are not in the repository (MNIST, the synthetic letters) may be missing, and nothing else may be wrong.
fn sound(file: &Path) -> bool {
    errors(file).iter().all(|code| code == "value::no-file")
}

#[test]
fn every_netlist_of_the_repository_is_sound() {
    let mut list = Vec::new();
    netlists(&root().join("netlists"), &mut list);
    assert!(list.len() > 50, "{} netlists", list.len());
    // What stands in a .subckt of others has names of theirs.
    let part = |f: &&PathBuf| !f.ends_with("faces_1t1r/programming.cir");
    let wrong: Vec<&PathBuf> = list.iter().filter(part).filter(|f| !sound(f)).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// Those of the design are sound as they are, or where the language got better a copy in the repository is.
#[test]
fn every_netlist_of_the_design_is_sound_or_has_a_better_copy() {
    let design = root().join("../shared/design");
    let mut list = Vec::new();
    netlists(&design.join("examples"), &mut list);
    netlists(&design.join("netlists"), &mut list);
    let wrong = list.iter().filter(|f| !sound(f)).filter(|f| {
        let below = f.strip_prefix(&design).unwrap();
        let name = f.file_name().unwrap();
        let mut copies = vec![root().join("netlists").join(below.strip_prefix("netlists").unwrap_or(below))];
        copies.push(root().join("netlists/examples").join(name));
        !copies.iter().any(|c| c.exists() && sound(c))
    });
    let wrong: Vec<&PathBuf> = wrong.collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// Runs an example in a folder of its own, so that no snapshot is written beside it.
fn run(name: &str, args: &[&str]) -> serde_json::Value {
    let folder = tempfile::tempdir().unwrap();
    for part in ["examples", "models"] {
        std::fs::create_dir(folder.path().join(part)).unwrap();
        for file in std::fs::read_dir(root().join("netlists").join(part)).unwrap().flatten() {
            if file.path().extension().is_some_and(|e| e == "cir") {
                std::fs::copy(file.path(), folder.path().join(part).join(file.file_name())).unwrap();
            }
        }
    }
    let dir = folder.path().join("examples");
    let output = memspice(&dir, &[&["run", name, "-o", "out"], args].concat());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{name}: {said}");
    serde_json::from_str(&std::fs::read_to_string(dir.join("out/report.json")).unwrap()).unwrap()
}

#[test]
fn the_first_four_examples_run() {
    let staircase = run("1_write_verify_1t1r.cir", &["-e", "reset_staircase", "--format", "none"]);
    assert_eq!(staircase["experiments"][0]["asserts"].as_array().unwrap().len(), 8);
    run("2_crossbar_layer.cir", &["--format", "none"]);
    let fired = run("3_diffusive_lif.cir", &["--format", "none"]);
    let n = fired["experiments"][0]["measures"]["n"].as_f64().unwrap();
    assert!((2.0..15.0).contains(&n), "{n}");
    run("4_tdma_neuron.cir", &["--format", "none"]);
}

#[test]
fn the_last_three_examples_run() {
    run("5_montecarlo.cir", &["--format", "none"]);
    run("6_more.cir", &["--format", "none"]);
    let deck = run("7_classic_spice.cir", &["--format", "none"]);
    assert!(deck["experiments"][0]["measures"]["trise"].as_f64().unwrap() > 1e-12);
}

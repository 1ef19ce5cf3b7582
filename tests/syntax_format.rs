//! `memspice fmt`: the layout changes blanks only, once.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use memspice::syntax::{format, parse_str, print};
use proptest::prelude::*;

/// Everything but blanks and line ends.
fn ink(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn netlists(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            netlists(&path, found);
        } else if path.extension().is_some_and(|e| e == "cir") {
            found.push(path);
        }
    }
}

#[test]
fn netlists_of_the_project_keep_their_meaning() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["netlists", "tests/compat", "tests/bad", "../shared/design"] {
        netlists(&root.join(folder), &mut files);
    }
    assert!(files.len() > 50);
    for file in files {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        let once = format(&text);
        assert_eq!(ink(&once), ink(&text), "{}", file.display());
        assert_eq!(format(&once), once, "{}", file.display());
        let name = file.to_string_lossy();
        let (before, _, findings) = parse_str(&name, &text);
        if findings.iter().all(|d| !d.is_error()) {
            assert_eq!(print::print(&parse_str(&name, &once).0), print::print(&before), "{name}");
        }
    }
}

/// Runs `memspice fmt` on standard input or files: exit code and standard output.
fn memspice(args: &[&str], input: &str) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_memspice"));
    command.arg("fmt").args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn the_command() {
    let (rough, neat) = ("t\n.always a {\nx = 1\n}\n", "t\n.always a {\n  x = 1\n}\n");
    assert_eq!(memspice(&["-"], rough), (0, neat.into()));
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.cir");
    fs::write(&path, rough).unwrap();
    let name = path.to_str().unwrap();
    assert_eq!(memspice(&["--check", name], ""), (1, format!("{name}\n")));
    assert_eq!(fs::read_to_string(&path).unwrap(), rough);
    assert_eq!(memspice(&[name], ""), (0, String::new()));
    assert_eq!(fs::read_to_string(&path).unwrap(), neat);
    assert_eq!(memspice(&["--check", name], ""), (0, String::new()));
    let broken = "t\n.always a {\n  x = \n";
    fs::write(&path, broken).unwrap();
    assert_eq!(memspice(&[name], "").0, 2);
    assert_eq!(fs::read_to_string(&path).unwrap(), broken);
    assert_eq!(memspice(&["none.cir"], "").0, 2);
}

proptest! {
    #[test]
    fn any_text_keeps_its_ink(text in "title\n([Rxa1 =({)}'\";*+.,\n\t-]|\\.for i = 0:1 \\{|\\.protocol p\\(\\) \\{|if x \\{|\\} else \\{|\n\\}|; c|\n\n|\\.control|\\.endc|\\.end\n){0,50}") {
        let once = format(&text);
        prop_assert_eq!(ink(&once), ink(&text), "{}", once);
        let (ast, _, findings) = parse_str("before", &text);
        if findings.iter().all(|d| !d.is_error()) {
            prop_assert_eq!(format(&once), once.clone(), "{}", text);
            prop_assert_eq!(print::print(&parse_str("after", &once).0), print::print(&ast), "{}", text);
        }
    }
}

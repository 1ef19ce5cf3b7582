//! Devices, protocols and experiments: what they say, and the design files they come from.

use std::path::{Path, PathBuf};

use memspice::syntax::{LoadOptions, parse_file, parse_str, print, report};

/// The canonical form of a block, its title left out; panics with the reports when there are any.
fn read(text: &str) -> String {
    let (ast, sources, findings) = parse_str("test", &format!("title\n{text}"));
    let drawn: String = findings.iter().map(|d| report::render(d, &sources, false)).collect();
    assert!(findings.is_empty(), "{drawn}");
    print::print(&ast).split_once('\n').unwrap().1.to_owned()
}

fn netlists(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            netlists(&path, found);
        } else if path.extension().is_some_and(|e| e == "cir") {
            found.push(path);
        }
    }
}

#[test]
fn design_files_parse_and_read_back() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/design");
    if !folder.is_dir() {
        println!("skipped: no design files beside the project");
        return;
    }
    let mut files = Vec::new();
    netlists(&folder.join("netlists"), &mut files);
    netlists(&folder.join("examples"), &mut files);
    assert!(files.len() > 30);
    let search = vec![folder.join("netlists")];
    for file in files {
        let (ast, sources, findings) = parse_file(&file, &LoadOptions { root: None, search: search.clone() });
        let drawn: String =
            findings.iter().filter(|d| d.is_error()).map(|d| report::render(d, &sources, false)).collect();
        assert_eq!(drawn, "", "{}", file.display());
        let text = print::print(&ast.unwrap());
        assert_eq!(read(text.split_once('\n').unwrap().1), text.split_once('\n').unwrap().1, "{}", file.display());
    }
}

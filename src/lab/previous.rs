//! The report of an earlier run in an output folder → its files removed, so that what lies there is what the new report
//! lists.

use std::fs;
use std::path::{Component, Path};

use serde_json::Value;

/// Removes the files that `dir/report.json` lists, and the report itself; nothing where there is no report of ours.
/// Only files below `dir` are touched. What cannot be removed is overwritten or stays.
pub fn remove(dir: &Path) {
    let report = dir.join("report.json");
    let Ok(text) = fs::read(&report) else { return };
    let Ok(Value::Object(known)) = serde_json::from_slice(&text) else { return };
    let (Some(Value::Array(experiments)), true) = (known.get("experiments"), known.contains_key("version")) else {
        return;
    };
    let Ok(root) = fs::canonicalize(dir) else { return };
    let lists = experiments.iter().flat_map(|e| ["tables", "waves", "plots"].map(|list| &e[list]));
    for path in lists.filter_map(Value::as_array).flatten().filter_map(Value::as_str) {
        let plain = Path::new(path).components().all(|c| matches!(c, Component::Normal(_)));
        let Some(folder) = Path::new(path).parent().filter(|_| plain) else { continue };
        // A link may lead out of the folder.
        let inside = fs::canonicalize(root.join(folder)).is_ok_and(|real| real.starts_with(&root));
        if inside {
            let _ = fs::remove_file(root.join(path));
            if !folder.as_os_str().is_empty() {
                // Refused where anything else lies in it.
                let _ = fs::remove_dir(root.join(folder));
            }
        }
    }
    let _ = fs::remove_file(&report);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(report: &str, files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("out/deck")).unwrap();
        for file in files {
            fs::write(dir.path().join("out").join(file), "1").unwrap();
        }
        fs::write(dir.path().join("out/report.json"), report).unwrap();
        remove(&dir.path().join("out"));
        dir
    }

    fn there(dir: &tempfile::TempDir, file: &str) -> bool {
        dir.path().join("out").join(file).exists()
    }

    #[test]
    fn the_files_of_the_last_run_go_and_no_others() {
        let report = r#"{"version": "0", "experiments": [{"waves": ["deck/op.csv", "deck/gone.csv"], "plots": ["deck/op.svg"]}]}"#;
        let dir = folder(report, &["deck/op.csv", "deck/op.svg", "deck/mine.csv"]);
        assert!(!there(&dir, "deck/op.csv") && !there(&dir, "deck/op.svg") && !there(&dir, "report.json"));
        assert!(there(&dir, "deck/mine.csv"));
    }

    #[test]
    fn an_empty_folder_goes_with_them() {
        let dir = folder(r#"{"version": "0", "experiments": [{"waves": ["deck/op.csv"]}]}"#, &["deck/op.csv"]);
        assert!(!there(&dir, "deck"));
    }

    #[test]
    fn nothing_outside_the_folder_and_nothing_of_others() {
        let report = r#"{"version": "0", "experiments": [{"waves": ["../kept.csv", "/etc/hostname"]}]}"#;
        assert!(folder(report, &["../kept.csv"]).path().join("kept.csv").exists());
        let foreign = folder(r#"{"experiments": [{"waves": ["deck/op.csv"]}]}"#, &["deck/op.csv"]);
        assert!(there(&foreign, "deck/op.csv") && there(&foreign, "report.json"));
        assert!(there(&folder("no json", &["deck/op.csv"]), "deck/op.csv"));
    }
}

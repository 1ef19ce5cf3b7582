//! Every netlist in `docs/` and `README.md` runs, and gives the numbers that the text claims.
//!
//! A fence marked `spice` is a complete netlist; a fence marked `measures` behind it lists `name = value` of its measures,
//! `V(a) = value` of its operating point.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use memspice::syntax::number;

/// A netlist of a page, where it stands, and the numbers claimed of it.
struct Example {
    place: String,
    netlist: String,
    measures: Vec<(String, f64)>,
}

fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let entries = fs::read_dir(root.join("docs")).expect("docs");
    let mut pages: Vec<PathBuf> = entries.map(|e| e.expect("an entry").path()).collect();
    pages.push(root.join("README.md"));
    pages.retain(|p| p.extension().is_some_and(|e| e == "md") && p.exists());
    pages.sort();
    pages
}

fn examples(page: &Path) -> Vec<Example> {
    let text = fs::read_to_string(page).expect("a page");
    let name = page.file_name().expect("a name").to_string_lossy().into_owned();
    let mut out: Vec<Example> = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((k, line)) = lines.next() {
        let Some(kind) = line.strip_prefix("```").filter(|k| !k.is_empty()) else { continue };
        let body: Vec<&str> = lines.by_ref().map(|(_, l)| l).take_while(|l| !l.starts_with("```")).collect();
        match kind {
            "spice" => out.push(Example {
                place: format!("{name}:{}", k + 1),
                netlist: body.join("\n") + "\n",
                measures: Vec::new(),
            }),
            "measures" => {
                let example = out.last_mut().expect("a netlist before its measures");
                example.measures.extend(body.iter().map(|l| claim(l)));
            }
            _ => {}
        }
    }
    out
}

/// `rise = 2.197u`
fn claim(line: &str) -> (String, f64) {
    let (name, value) = line.split_once('=').expect("name = value");
    let value = number::parse(value.trim()).expect("a number").value;
    (name.trim().to_lowercase(), value)
}

#[test]
fn netlists_on_the_pages_run_and_give_the_numbers_claimed() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for example in pages().iter().flat_map(|p| examples(p)) {
        count += 1;
        if let Err(why) = run(&example) {
            wrong.push(format!("{}: {why}", example.place));
        }
    }
    assert!(count >= 7, "only {count} netlists found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn run(example: &Example) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
    let (deck, out) = (folder.path().join("example.cir"), folder.path().join("out"));
    fs::write(&deck, &example.netlist).map_err(|e| e.to_string())?;
    let done = Command::new(env!("CARGO_BIN_EXE_memspice"))
        .arg("run")
        .arg(&deck)
        .arg("-o")
        .arg(&out)
        .env("NO_COLOR", "1")
        .output()
        .map_err(|e| e.to_string())?;
    let said = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    if !done.status.success() {
        return Err(format!("{}\n{said}", done.status));
    }
    let report = fs::read_to_string(out.join("report.json")).map_err(|e| e.to_string())?;
    let report: serde_json::Value = serde_json::from_str(&report).map_err(|e| e.to_string())?;
    let findings = report["diagnostics"].as_array().cloned().unwrap_or_default();
    if findings.iter().any(|d| d["severity"] != "note") {
        return Err(format!("it has findings\n{said}"));
    }
    let measures = report["experiments"][0]["measures"].as_object().cloned().unwrap_or_default();
    let point = fs::read_to_string(out.join("deck/op.csv")).unwrap_or_default();
    for (name, wanted) in &example.measures {
        let in_point = point.lines().find_map(|l| l.to_lowercase().strip_prefix(&format!("{name},"))?.parse().ok());
        let found = measures.iter().find(|(n, _)| n.to_lowercase() == *name).and_then(|(_, v)| v.as_f64());
        let found = found.or(in_point);
        match found {
            Some(v) if (v - wanted).abs() <= 5e-3 * wanted.abs() => {}
            other => return Err(format!("{name} is {other:?}, the page says {wanted}")),
        }
    }
    Ok(())
}

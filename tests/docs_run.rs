//! Every netlist in `docs/` and `README.md` runs, and gives what the text says.
//!
//! | fence | what is tested |
//! |---|---|
//! | `spice [rc.cir]` | a complete netlist: it runs and nothing is found wrong with it |
//! | `spice rc.cir wrong` | something is found wrong with it |
//! | `spice rc.cir part` | it is saved for other fences of the page |
//! | `measures` | `name = value` of the measures of the netlist above, `V(a) = value` of its operating point |
//! | `console` | lines `$ memspice …` and `$ echo $?` are run in the folder of the page and say what stands below them |
//! | `csv FILE`, `text FILE` | what a file that they wrote holds |
//!
//! `…` in a line of its own stands for lines that the page does not show.

#[path = "docs_pages/alike.rs"]
mod alike;
#[path = "docs_pages/bench.rs"]
mod bench;
#[path = "docs_pages/fence.rs"]
mod fence;

use std::fs;
use std::path::{Path, PathBuf};

use memspice::syntax::number;
use serde_json::Value;

use alike::{close, difference};
use bench::Bench;
use fence::{Fence, fences};

fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["docs", "docs/statements"].map(|f| fs::read_dir(root.join(f)).expect("a folder of pages"));
    let mut pages: Vec<PathBuf> = folders.into_iter().flatten().map(|e| e.expect("an entry").path()).collect();
    pages.push(root.join("README.md"));
    pages.retain(|p| p.extension().is_some_and(|e| e == "md") && p.exists());
    pages.sort();
    pages
}

#[test]
fn netlists_on_the_pages_run_and_give_what_the_text_says() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for path in pages() {
        let page = fs::read_to_string(&path).expect("a page");
        let mut bench = Bench::new().expect("a folder");
        let mut ran = None;
        for fence in fences(&page) {
            count += usize::from(fence.kind == "spice");
            if let Err(why) = look(&fence, &mut bench, &mut ran) {
                wrong.push(format!("{}:{}: {why}", path.display(), fence.line));
            }
        }
    }
    assert!(count >= 7, "only {count} netlists found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The netlist that ran last, and its report.
struct Ran {
    netlist: String,
    report: Value,
}

fn look(fence: &Fence, bench: &mut Bench, ran: &mut Option<Ran>) -> Result<(), String> {
    match fence.kind.as_str() {
        "spice" => netlist(fence, bench, ran),
        "measures" => {
            let ran = ran.as_ref().ok_or("no netlist above")?;
            fence.body.iter().try_for_each(|line| claim(line, bench, ran))
        }
        "console" => console(fence, bench),
        "csv" | "text" => {
            let file = fence.file().ok_or("which file?")?;
            let apart = |text: &str| if fence.kind == "csv" { text.replace(',', " ") } else { text.to_string() };
            let page: Vec<String> = fence.body.iter().map(|l| apart(l)).collect();
            difference(&page, &apart(&bench.read(file)?)).map_or(Ok(()), Err)
        }
        _ => Ok(()),
    }
}

fn netlist(fence: &Fence, bench: &mut Bench, ran: &mut Option<Ran>) -> Result<(), String> {
    let name = fence.file().unwrap_or("example.cir");
    bench.save(name, &fence.text())?;
    if fence.says("part") {
        return Ok(());
    }
    let (report, said) = bench.run(name)?;
    let findings = report["diagnostics"].as_array().cloned().unwrap_or_default();
    let found = bench.exit != 0 || findings.iter().any(|d| d["severity"] != "note");
    *ran = Some(Ran { netlist: name.to_string(), report });
    match (found, fence.says("wrong")) {
        (true, false) => Err(format!("exit {}\n{said}", bench.exit)),
        (false, true) => Err("nothing is wrong with it".to_string()),
        _ => Ok(()),
    }
}

/// `rise = 2.197u`, of any experiment; `step.rise = 2.197u` of that one.
fn claim(line: &str, bench: &Bench, ran: &Ran) -> Result<(), String> {
    let (name, value) = line.split_once('=').ok_or("a line is: name = value")?;
    let name = name.trim().to_lowercase();
    let wanted = number::parse(value.trim()).ok_or_else(|| format!("'{value}' is no number"))?.value;
    let experiments = ran.report["experiments"].as_array().map(Vec::as_slice).unwrap_or_default();
    let measured = experiments.iter().find_map(|e| {
        let of = e["name"].as_str().unwrap_or_default().to_lowercase();
        let measures = e["measures"].as_object()?;
        let named = |n: &str| n.to_lowercase() == name || format!("{of}.{}", n.to_lowercase()) == name;
        measures.iter().find(|(n, _)| named(n)).and_then(|(_, v)| v.as_f64())
    });
    match measured.or_else(|| bench.point(&ran.netlist, &name)) {
        Some(v) if close(v, wanted) => Ok(()),
        other => Err(format!("{name} is {other:?}, the page says {wanted}")),
    }
}

fn console(fence: &Fence, bench: &mut Bench) -> Result<(), String> {
    let starts: Vec<usize> = (0..fence.body.len()).filter(|&k| fence.body[k].starts_with("$ ")).collect();
    for (n, &k) in starts.iter().enumerate() {
        let end = starts.get(n + 1).copied().unwrap_or(fence.body.len());
        let command = &fence.body[k][2..];
        let said = bench.command(command)?;
        if let Some(why) = difference(&fence.body[k + 1..end], &said) {
            return Err(format!("{command}: {why}"));
        }
    }
    Ok(())
}

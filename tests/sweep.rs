//! Every model of the library and every parameter set of it, through a resistor of next to nothing and of much, slowly and
//! fast, within its range and at twice 1 V: it runs to the end, gives numbers, and delivers no power.

#[allow(dead_code, reason = "shared by several tests; each uses a part")]
#[path = "models/csv.rs"]
mod csv;
#[allow(dead_code, reason = "shared by several tests; each uses a part")]
#[path = "models/memspice.rs"]
mod memspice;

use std::fs;
use std::path::{Path, PathBuf};

/// Amplitude, frequency, resistance: a sixth of what `MEMSPICE_SWEEP=all` goes through.
const SOME: [[&str; 3]; 6] = [
    ["0.5", "1k", "50"],
    ["1", "1", "1m"],
    ["1", "1meg", "1m"],
    ["2", "1k", "10k"],
    ["2", "1k", "1m"],
    ["2", "1meg", "1m"],
];

/// Of the current's largest value times the amplitude: what capacitances of contacts give back.
const GIVEN_BACK: f64 = 1e-5;

/// Noise on a lattice of nanoseconds.
const NOISIEST: &str = "stanford_v1_noise";

fn cases() -> Vec<[&'static str; 3]> {
    if std::env::var("MEMSPICE_SWEEP").is_ok_and(|v| v == "all") {
        let with = |a| ["1", "1k", "1meg"].into_iter().flat_map(move |f| ["1m", "50", "10k"].map(|r| [a, f, r]));
        return ["0.5", "1", "1.9", "2"].into_iter().flat_map(with).collect();
    }
    SOME.to_vec()
}

/// The devices of a file and their parameter sets.
fn parts(text: &str) -> Vec<String> {
    let first = |line: &str| line.split_whitespace().next().unwrap_or_default().to_string();
    let devices: Vec<String> = text.lines().filter_map(|l| l.strip_prefix(".device ")).map(first).collect();
    let sets = text.lines().filter_map(|l| l.strip_prefix(".model "));
    let sets = sets.filter(|l| l.split_whitespace().nth(1).is_some_and(|d| devices.iter().any(|e| e == d)));
    devices.iter().cloned().chain(sets.map(first)).collect()
}

/// What is wrong with a part in a case, if something is.
fn fault(file: &Path, part: &str, [amplitude, frequency, resistance]: [&str; 3]) -> Option<String> {
    let period = match frequency {
        "1" => 1.0,
        "1k" => 1e-3,
        _ => 1e-6,
    };
    let deck = format!(
        "a sweep\n.include \"{}\"\nV1 a 0 SIN(0 {amplitude} {frequency})\nR1 a b {resistance}\nX1 b 0 {part}\n\
         .tran {} {} 0 {}\n.save V(b) I(V1)\n.end\n",
        file.display(),
        period / 100.0,
        2.0 * period,
        period / 100.0
    );
    let table = match memspice::run_text(&deck) {
        Ok(table) => table,
        Err(why) => return Some(why),
    };
    let (v, i) = (table.column("V(b)"), table.column("I(V1)"));
    let size = i.iter().fold(0.0_f64, |m, i| m.max(i.abs()));
    if !(size > 0.0 && size.is_finite() && v.iter().all(|v| v.is_finite())) {
        return Some(format!("currents up to {size}"));
    }
    // The source delivers −i.
    let least = v.iter().zip(i).map(|(v, i)| -i * v).fold(0.0, f64::min);
    let allowed = GIVEN_BACK * size * amplitude.parse::<f64>().unwrap_or(1.0);
    (least < -allowed).then(|| format!("gives {least} W at currents up to {size} A"))
}

#[test]
fn every_parameter_set_runs_and_is_passive() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("netlists/models");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).expect("models").map(|e| e.expect("an entry").path()).collect();
    files.sort();
    let (mut faults, mut ran) = (Vec::new(), 0);
    for file in files {
        let text = fs::read_to_string(&file).expect("a model");
        for part in parts(&text) {
            // Every cell of a noise is gone through, however slow the drive is.
            let short = |case: &[&str; 3]| match case[1] {
                "1" => !text.contains("white("),
                "1k" => part != NOISIEST,
                _ => true,
            };
            for case in cases().into_iter().filter(short) {
                ran += 1;
                faults.extend(fault(&file, &part, case).map(|f| format!("{part} {case:?}: {f}")));
            }
        }
    }
    assert!(ran >= 300, "{ran}");
    assert!(faults.is_empty(), "{} of {ran}:\n{}", faults.len(), faults.join("\n"));
}

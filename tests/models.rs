//! Every model of `netlists/models` against an independent integration: `tests/models/NAME.cir` is run and compared with
//! `tests/models/references/NAME.csv`, which `tests/models/make_references.py` made from the papers' equations.

#[allow(dead_code, reason = "shared by several tests; each uses a part")]
#[path = "models/csv.rs"]
mod csv;
#[allow(dead_code, reason = "shared by several tests; each uses a part")]
#[path = "models/memspice.rs"]
mod memspice;

use std::fs;
use std::path::{Path, PathBuf};

use csv::Table;

/// Largest deviation, relative to a column's range, unless a deck says `* within: …`.
const WITHIN: f64 = 1e-4;

fn folder(of: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(of)
}

fn netlists(of: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder(of)).expect(of).map(|e| e.expect("an entry").path());
    let mut found: Vec<PathBuf> = entries.filter(|p| p.extension().is_some_and(|e| e == "cir")).collect();
    found.sort();
    found
}

/// Where a deck is further from its reference than it may be.
fn misses(deck: &Path) -> Vec<String> {
    let name = deck.file_stem().expect("a name").to_string_lossy().into_owned();
    let text = fs::read_to_string(deck).expect("a deck");
    let within =
        text.lines().find_map(|l| l.strip_prefix("* within: ")).map_or(WITHIN, |w| w.trim().parse().expect("a number"));
    let reference = Table::reference(&name);
    let ours = match memspice::run(deck) {
        Ok(ours) => ours,
        Err(why) => return vec![why],
    };
    let mut misses = Vec::new();
    for column in &reference.names[1..] {
        let deviations = reference.deviations(&ours, column);
        let (row, worst) =
            deviations.iter().enumerate().fold((0, 0.0), |w, (n, d)| if *d > w.1 || d.is_nan() { (n, *d) } else { w });
        if std::env::var_os("MEMSPICE_DEVIATIONS").is_some() {
            println!("{name} {column}: {worst:.1e}");
        }
        if worst.is_nan() || worst > within {
            misses.push(format!("{name} {column}: {worst:.2e}, worst at t = {:e}", reference.columns[0][row]));
        }
    }
    misses
}

#[test]
fn every_model_agrees_with_its_reference() {
    let only = std::env::var("MEMSPICE_MODELS").unwrap_or_default();
    let decks = netlists("tests/models");
    let chosen = |deck: &&PathBuf| {
        let name = deck.file_stem().unwrap_or_default().to_string_lossy();
        only.is_empty() || only.split(',').any(|o| o == name)
    };
    let misses: Vec<String> = decks.iter().filter(chosen).flat_map(|d| misses(d)).collect();
    assert!(misses.is_empty(), "{}", misses.join("\n"));
}

#[test]
fn every_model_says_where_it_comes_from() {
    for file in netlists("netlists/models") {
        let text = fs::read_to_string(&file).expect("a model");
        if !text.contains("\n.device") {
            continue;
        }
        for word in ["Source:", "Polarity:", "State:", "Valid:", "Uncertain:"] {
            assert!(text.contains(&format!("* {word}")), "{}: no {word}", file.display());
        }
    }
}

#[test]
fn every_device_has_a_deck() {
    let decks: String = netlists("tests/models").iter().map(|d| fs::read_to_string(d).expect("a deck")).collect();
    for file in netlists("netlists/models") {
        let text = fs::read_to_string(&file).expect("a model");
        let name = file.file_name().expect("a name").to_string_lossy().into_owned();
        let stochastic = name == "threshold_switch.cir";
        assert!(!text.contains("\n.device") || stochastic || decks.contains(&name), "{name}");
    }
}

/// Current and voltage of a passive device never have opposite signs: the loop is pinched.
#[test]
fn loops_go_through_the_origin() {
    for (deck, voltage, current, amplitude, frequency) in [
        ("linear_drift", "X[0].x", "I(V[0])", 1.2, 1.0),
        ("nonlinear_drift", "X1.w", "I(V1)", 1.15, 1.0),
        ("vteam", "X[1].x", "I(V[1])", 1.5, 10e6),
        ("pershin", "X1.R", "I(V1)", 3.0, 100e6),
        ("chang", "X1.x", "I(V1)", 1.2, 0.5),
        ("laiho_biolek", "X1.x", "I(V1)", 0.6, 1.0),
        ("knowm", "X1.x", "I(V1)", 0.5, 500.0),
        ("memdiode", "X1.h", "I(V1)", 1.4, 1.0),
        ("messaris", "X1.R", "I(V1)", 0.9, 10.0),
    ] {
        let ours = memspice::run(&folder("tests/models").join(format!("{deck}.cir"))).expect(deck);
        let largest = ours.column(current).iter().fold(0.0_f64, |m, i| m.max(i.abs()));
        let moved = ours.column(voltage);
        assert!(moved.iter().any(|x| *x != moved[0]), "{deck} does not switch");
        for (t, i) in ours.columns[0].iter().zip(ours.column(current)) {
            let v = amplitude * (2.0 * std::f64::consts::PI * frequency * t).sin();
            // The source delivers −i.
            assert!(-i * v >= -1e-9 * largest * amplitude, "{deck}: {i:e} A at {v:e} V, t = {t:e}");
        }
    }
}

//! Memristor crossbars on which other simulators stall: 8 x 8 VTEAM cells as behavioral sources and as native devices, with
//! wires, against integrations by scipy (`tests/models/make_crossbar_references.py`).
//!
//! The three cases of workload c3: rates five decades apart (`stiff`), a window whose bounds leave the resistance free to come
//! within 40 ohm of a pole (`dexp`), the state on 1 F, so that its currents are 1e8 A (`1F`).

#[allow(dead_code, reason = "shared by several tests; each uses a part")]
#[path = "models/csv.rs"]
mod csv;
#[allow(dead_code, reason = "shared by several tests; each uses a part")]
#[path = "models/memspice.rs"]
mod memspice;

use std::fmt::Write;

use csv::Table;

const BIOLEK: [&str; 2] = ["(1-V(x)^4)", "(1-(1-V(x))^4)"];
const DOUBLE: [&str; 2] = ["exp(-exp((V(x)-0.98)*50))", "exp(-exp((0.02-V(x))*50))"];
const PLAIN: &str = "Ron=10k Roff=1meg von=-0.7 voff=0.7 kon=-0.3 koff=0.3 aon=3 aoff=3";
const STIFF: &str = "Ron=1k Roff=300k von=-1.5 voff=0.3 kon=-216.2 koff=0.091 aon=4 aoff=4";

/// The cell as sources; the state stands on `farad`.
fn sources(parameters: &str, [off, on]: [&str; 2], farad: &str) -> String {
    format!(
        ".subckt cell p m {parameters} D=3n x0=0.5\n\
         Bm p m I = V(p,m)/({{Ron}}+({{Roff}}-{{Ron}})*V(x))\n\
         Bx 0 x I = {farad}*(V(p,m) > {{voff}} ? {{koff/D}}*(V(p,m)/{{voff}}-1)^{{aoff}}*{off} : \
         (V(p,m) < {{von}} ? {{kon/D}}*(V(p,m)/{{von}}-1)^{{aon}}*{on} : 0))\n\
         Cx x 0 {farad} IC={{x0}}\n\
         Rx x 0 1e18\n\
         .ends\n"
    )
}

/// The same equations as a device.
fn device(parameters: &str, windows: [&str; 2]) -> String {
    let [off, on] = windows.map(|w| w.replace("V(x)", "x"));
    format!(
        ".device cell (p m) {{\n\
         \x20 param {parameters} D=3n x0=0.5\n\
         \x20 state x = x0\n\
         \x20 let v = V(p,m)\n\
         \x20 I(p,m) = v/(Ron + (Roff - Ron)*x)\n\
         \x20 ddt(x) = v > voff ? koff/D*(v/voff - 1)^aoff*{off} : v < von ? kon/D*(v/von - 1)^aon*{on} : 0\n\
         }}\n"
    )
}

/// The library's VTEAM; there V > 0 sets.
fn library(parameters: &str) -> String {
    let parameters = parameters.replace("aon", "alphaon").replace("aoff", "alphaoff");
    format!(
        ".include \"{}/netlists/models/vteam.cir\"\n.model cell vteam (polarity=-1 {parameters} window=2 pw=2)\n",
        env!("CARGO_MANIFEST_DIR")
    )
}

/// 8 rows of pulses, 2 ohm a segment, 50 ohm out of each column.
fn crossbar(cell: &str, options: &str) -> String {
    let (drive, start) = (Table::reference("crossbar_drive"), Table::reference("crossbar_start"));
    let mut text = format!("8 x 8 VTEAM crossbar\n{cell}");
    let mut line = |l: std::fmt::Arguments| {
        let _ = text.write_fmt(l);
        text.push('\n');
    };
    for r in 0..8 {
        let (a, delay) = (drive.columns[0][r], drive.columns[1][r]);
        line(format_args!("Vr{r} in{r} 0 PULSE({:.4} {a:.4} {delay:.2}n 5n 5n 45n 100n)", -a));
        line(format_args!("Rin{r} in{r} w{r}_0 10"));
        for c in 0..8 {
            line(format_args!("Xm{r}_{c} w{r}_{c} b{r}_{c} cell x0={:.4}", start.columns[c][r]));
            if c < 7 {
                line(format_args!("Rw{r}_{c} w{r}_{c} w{r}_{} 2", c + 1));
            }
            if r < 7 {
                line(format_args!("Rb{r}_{c} b{r}_{c} b{}_{c} 2", r + 1));
            }
            line(format_args!("Cw{r}_{c} w{r}_{c} 0 0.1f"));
            line(format_args!("Cb{r}_{c} b{r}_{c} 0 0.1f"));
        }
    }
    for c in 0..8 {
        line(format_args!("Rs{c} b7_{c} 0 50"));
    }
    line(format_args!(".tran 1n 1u 0 1n uic"));
    line(format_args!(".save {}", (0..8).map(|c| format!("V(b7_{c})")).collect::<Vec<_>>().join(" ")));
    line(format_args!("{options}\n.end"));
    text
}

/// Root mean square over all columns and rows, each column relative to its range.
fn deviation(cell: &str, reference: &str, options: &str) -> f64 {
    let ours = memspice::run_text(&crossbar(cell, options)).expect("a run");
    let reference = Table::reference(reference);
    // The first row is before the wires are charged.
    let all: Vec<f64> =
        reference.names[1..].iter().flat_map(|name| reference.deviations(&ours, name).split_off(1)).collect();
    (all.iter().map(|d| d * d).sum::<f64>() / all.len() as f64).sqrt()
}

const TIGHT: &str = ".options reltol=1e-6 abstol=1e-15 vntol=1e-9";
const TIGHTER: &str = ".options reltol=1e-8 abstol=1e-16 vntol=1e-12";

const NATIVE: &str = ".options reltol=1e-6 abstol=1e-15 vntol=1e-9 trtol=1";

#[track_caller]
fn agrees(cell: &str, reference: &str, options: &str) {
    let error = deviation(cell, reference, options);
    assert!(error < 1e-3, "{reference}: {error:.2e}");
}

#[test]
fn stiff_as_sources() {
    agrees(&sources(STIFF, BIOLEK, "1e-9"), "crossbar_stiff", TIGHT);
}

#[test]
fn one_farad_as_sources() {
    agrees(&sources(PLAIN, BIOLEK, "1"), "crossbar_biolek", TIGHT);
}

#[test]
fn near_a_pole_as_sources() {
    agrees(&sources(PLAIN, DOUBLE, "1e-9"), "crossbar_dexp", TIGHTER);
}

#[test]
fn stiff_as_devices() {
    agrees(&device(STIFF, BIOLEK), "crossbar_stiff", NATIVE);
}

/// The deck whose sources hold the state on 1 F; a state of a device has no farads: its scale is its own.
#[test]
fn one_farad_as_devices() {
    agrees(&device(PLAIN, BIOLEK), "crossbar_biolek", NATIVE);
}

#[test]
fn near_a_pole_as_devices() {
    agrees(&device(PLAIN, DOUBLE), "crossbar_dexp", TIGHTER);
}

#[test]
fn plain_as_devices_of_the_library() {
    agrees(&library(PLAIN), "crossbar_biolek", NATIVE);
}

#[test]
fn they_finish_at_default_options() {
    for cell in [
        sources(STIFF, BIOLEK, "1e-9"),
        sources(PLAIN, BIOLEK, "1"),
        sources(PLAIN, DOUBLE, "1e-9"),
        device(STIFF, BIOLEK),
        device(PLAIN, BIOLEK),
        device(PLAIN, DOUBLE),
    ] {
        let ours = memspice::run_text(&crossbar(&cell, "")).expect("a run");
        assert_eq!(ours.columns[0].last(), Some(&1e-6));
    }
}

/// The rate of this model is 10^12 times as large at the start of a pulse as later; with edges of 1 ps a `when` starts it in the
/// midst of that.
#[test]
fn edges_of_a_picosecond() {
    let deck = include_str!("models/nili.cir").replace("edge=1n", "edge=1p");
    let deck = deck.replace("../../netlists", concat!(env!("CARGO_MANIFEST_DIR"), "/netlists"));
    let ours = memspice::run_text(&deck).expect("a run");
    assert_eq!(ours.columns[0].last(), Some(&1e-3));
}

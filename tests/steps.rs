//! `.step` (which ngspice does not have) of each thing it can sweep, and its order, against formulas.

use std::fs;
use std::process::Command;

/// Runs a netlist; rows of one of its tables as numbers, names first.
fn table(netlist: &str, analysis: &str) -> (Vec<String>, Vec<Vec<f64>>) {
    let folder = tempfile::tempdir().expect("a folder");
    let (deck, out) = (folder.path().join("deck.cir"), folder.path().join("out"));
    fs::write(&deck, format!("steps\n{netlist}\n.end\n")).expect("written");
    let run = Command::new(env!("CARGO_BIN_EXE_memspice")).arg("run").arg(&deck).arg("-o").arg(&out).output();
    let run = run.expect("memspice");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let text = fs::read_to_string(out.join("deck").join(format!("{analysis}.csv"))).expect("a table");
    let mut lines = text.lines().map(|l| l.split(','));
    let names = lines.next().expect("names").map(str::to_string).collect();
    (names, lines.map(|cells| cells.map(|c| c.parse().expect("a number")).collect()).collect())
}

/// Each row has these step values and then this voltage in the column `name`.
fn check(netlist: &str, analysis: &str, name: &str, expected: &[(&[f64], f64)]) {
    let (names, rows) = table(netlist, analysis);
    let k = names.iter().position(|n| n == name).unwrap_or_else(|| panic!("no {name} in {names:?}"));
    assert_eq!(rows.len(), expected.len(), "{rows:?}");
    for (row, (steps, value)) in rows.iter().zip(expected) {
        for (found, wanted) in row.iter().zip(*steps) {
            assert!((found - wanted).abs() <= 1e-9 * wanted.abs(), "step {found} instead of {wanted} in {rows:?}");
        }
        assert!((row[k] - value).abs() <= 1e-9 * value.abs(), "{} instead of {value} in {rows:?}", row[k]);
    }
}

const DIVIDER: &str = ".param r=1k\nV1 in 0 4\nR1 in a {r}\nR2 a 0 1k";

#[test]
fn a_parameter_linear() {
    let cards = ".step param r 1k 3k 1k\n.op";
    let rows: [(&[f64], f64); 3] = [(&[1e3], 2.0), (&[2e3], 4.0 / 3.0), (&[3e3], 1.0)];
    check(&format!("{DIVIDER}\n{cards}"), "op", "V(a)", &rows);
}

#[test]
fn a_parameter_from_a_list() {
    let rows: [(&[f64], f64); 2] = [(&[7e3], 0.5), (&[1e3], 2.0)];
    check(&format!("{DIVIDER}\n.step param r list 7k 1k\n.op"), "op", "V(a)", &rows);
}

#[test]
fn decades_and_octaves() {
    let third = |k: i32| 1e3 * 10f64.powf(f64::from(k) / 2.0);
    let value = |r: f64| 4e3 / (r + 1e3);
    let steps = [third(0), third(1), third(2)];
    let rows: Vec<(&[f64], f64)> = steps.chunks(1).map(|s| (s, value(s[0]))).collect();
    check(&format!("{DIVIDER}\n.step dec param r 1k 10k 2\n.op"), "op", "V(a)", &rows);
    let steps = [1e3, 2e3, 4e3];
    let rows: Vec<(&[f64], f64)> = steps.chunks(1).map(|s| (s, value(s[0]))).collect();
    check(&format!("{DIVIDER}\n.step oct param r 1k 4k 1\n.op"), "op", "V(a)", &rows);
}

#[test]
fn a_source() {
    let rows: [(&[f64], f64); 2] = [(&[-2.0], -1.0), (&[2.0], 1.0)];
    check(&format!("{DIVIDER}\n.step V1 -2 2 4\n.op"), "op", "V(a)", &rows);
}

#[test]
fn an_element_by_its_value() {
    let rows: [(&[f64], f64); 2] = [(&[1e3], 2.0), (&[3e3], 3.0)];
    check(&format!("{DIVIDER}\n.step R2 list 1k 3k\n.op"), "op", "V(a)", &rows);
}

#[test]
fn a_model_parameter() {
    let netlist =
        "V1 in 0 4\nR1 in a rm 1k\nR2 a 0 1k\n.model rm r(tc1=0)\n.temp 127\n.step rm(tc1) list 0 0.01 0.02\n.op";
    let rows: [(&[f64], f64); 3] = [(&[0.0], 2.0), (&[0.01], 4.0 / 3.0), (&[0.02], 1.0)];
    check(netlist, "op", "V(a)", &rows);
}

#[test]
fn the_temperature() {
    let netlist = "V1 in 0 4\nR1 in a 1k tc1=0.01\nR2 a 0 1k\n.op\n";
    let rows: [(&[f64], f64); 2] = [(&[27.0], 2.0), (&[127.0], 4.0 / 3.0)];
    check(&format!("{netlist}.step temp 27 127 100"), "op", "V(a)", &rows);
    check(&format!("{netlist}.temp 27 127"), "op", "V(a)", &rows);
}

#[test]
fn the_first_card_is_the_slowest() {
    let cards = ".step param r list 1k 3k\n.step V1 list 4 8\n.op";
    let rows: [(&[f64], f64); 4] = [(&[1e3, 4.0], 2.0), (&[1e3, 8.0], 4.0), (&[3e3, 4.0], 1.0), (&[3e3, 8.0], 2.0)];
    check(&format!("{DIVIDER}\n{cards}"), "op", "V(a)", &rows);
}

#[test]
fn a_sweep_runs_inside_a_step() {
    let cards = ".step param r list 1k 3k\n.dc V1 0 4 4";
    let rows: [(&[f64], f64); 4] = [(&[1e3, 0.0], 0.0), (&[1e3, 4.0], 2.0), (&[3e3, 0.0], 0.0), (&[3e3, 4.0], 1.0)];
    check(&format!("{DIVIDER}\n{cards}"), "dc", "V(a)", &rows);
}

/// |1/(1 + jωRC)|² = 1/2 at ω = 1/RC.
#[test]
fn small_signals_at_each_step() {
    let netlist = ".param c=1n\nV1 in 0 AC 1\nR1 in a 1k\nC1 a 0 {c}\n.step param c list 1n 2n\n.ac lin 1 159154.943091895 159154.943091895";
    let (_, rows) = table(netlist, "ac");
    let (names, _) = table(netlist, "ac");
    let [re, im] = ["re(V(a))", "im(V(a))"].map(|n| names.iter().position(|m| m == n).expect("a column"));
    let power: Vec<f64> = rows.iter().map(|r| r[re].powi(2) + r[im].powi(2)).collect();
    assert!((power[0] - 0.5).abs() < 1e-9 && (power[1] - 0.2).abs() < 1e-9, "{power:?}");
}

/// The structure of the circuit changes with a step: a ladder of n resistors.
#[test]
fn a_step_may_change_the_structure() {
    let netlist = ".param n=1\nV1 a[0] 0 6\n.for k = 1:n { R[k] a[k-1] a[k] 1k }\nRl a[n] 0 1k\nE1 out 0 a[n] 0 1\nRo out 0 1k\n\
                   .step param n 1 2 1\n.op\n.save V(out)";
    let rows: [(&[f64], f64); 2] = [(&[1.0], 3.0), (&[2.0], 2.0)];
    check(netlist, "op", "V(out)", &rows);
}

/// A series resistance from none on adds an inner node: V = V0 + I·rs.
#[test]
fn a_series_resistance_from_zero() {
    let deck = "I1 0 a 1m\nD1 a 0 dm\n.model dm d(is=1f)";
    let (names, rows) = table(&format!("{deck}\n.dc dm(rs) 0 200 100"), "dc");
    assert_eq!(names, ["dm(rs)", "V(a)"]);
    for (k, row) in rows.iter().enumerate() {
        let expected = rows[0][1] + 0.1 * k as f64;
        assert!((row[1] - expected).abs() < 1e-6, "{rows:?}");
    }
    let (_, stepped) = table(&format!("{deck}\n.step dm(rs) list 0 100 200\n.op"), "op");
    for (a, b) in rows.iter().zip(&stepped) {
        assert!((a[1] - b[1]).abs() < 1e-6, "{rows:?} {stepped:?}");
    }
}

/// |V2| = ω·k·√(L1·L2)·I1
#[test]
fn a_coupled_inductor() {
    let deck = "I1 0 a AC 1\nL1 a 0 1u\nL2 b 0 1u\nR2 b 0 1e12\nK1 L1 L2 0.5\n.ac lin 1 {1/(2*pi)} {1/(2*pi)}";
    let rows: [(&[f64], f64); 3] = [(&[1e-6], 0.5e-6), (&[4e-6], 1e-6), (&[9e-6], 1.5e-6)];
    check(&format!("{deck}\n.print ac VM(b)\n.step L1 list 1u 4u 9u"), "ac", "VM(b)", &rows);
}

#[test]
fn a_temperature_that_expressions_read() {
    let (_, rows) = table("V1 a 0 1\nR1 a 0 {1k*(1+temper/100)}\n.dc temp 0 100 50", "dc");
    let currents: Vec<f64> = rows.iter().map(|r| -r[2]).collect();
    for (found, wanted) in currents.iter().zip([1e-3, 1e-3 / 1.5, 0.5e-3]) {
        assert!((found - wanted).abs() < 1e-9, "{currents:?}");
    }
}

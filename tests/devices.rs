//! Parts of `.device` as users meet them: what is saved, plotted, deposited, warned about and refused.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

fn folder(netlist: &str) -> TempDir {
    let dir = TempDir::new().expect("a temporary folder");
    fs::write(dir.path().join("deck.cir"), netlist).expect("the netlist");
    dir
}

fn memspice(dir: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_memspice"))
        .args(["run", "deck.cir", "-o", "out"])
        .current_dir(dir)
        .env("NO_COLOR", "1")
        .output()
        .expect("memspice")
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout))
}

/// Runs a netlist that has nothing wrong; the folder with its results.
fn passes(netlist: &str) -> TempDir {
    let dir = folder(netlist);
    let output = memspice(dir.path());
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    dir
}

/// The names of the columns and the numbers of each row.
fn table(dir: &TempDir, file: &str) -> (Vec<String>, Vec<Vec<f64>>) {
    let text = fs::read_to_string(dir.path().join("out").join(file)).unwrap_or_else(|e| panic!("{file}: {e}"));
    let mut lines = text.lines();
    // What stands in quotes may hold commas.
    let parts = lines.next().unwrap_or_default().split('"').enumerate();
    let header: String = parts.map(|(k, p)| if k % 2 == 1 { p.replace(',', ";") } else { p.to_string() }).collect();
    let names = header.split(',').map(|n| n.replace(';', ",")).collect();
    (names, lines.map(|l| l.split(',').map(|v| v.parse().expect("a number")).collect()).collect())
}

fn near(got: f64, want: f64, within: f64) {
    assert!((got - want).abs() <= within, "{got} is not {want}");
}

/// Three parts `X[0:2]` and one `X1`, each with states x[0:3] that fall with 1 us and one y that rests.
const LAGS: &str = "states in arrays
.device lag (a b) {
  param tau=1u
  state x[0:3] = [1, 2, 3, 4] in -9:9
  state y = 0.5 in 0:1
  let z = 10*x[1:2]
  ddt(x[:]) = -x[:]/tau
  I(a,b) = V(a,b)*(1m + 1u*(sum(x) + y))
}
V1 in 0 1
X1 in 0 lag
.for i = 0:2 { X[i] in 0 lag }
";

#[test]
fn cards_name_arrays_of_states_and_of_parts() {
    let dir = passes(&format!(
        "{LAGS}.save X1.x[:] X1.z X[:].y X[0:1].x[2] X[2].x[1:2]\n.tran 10n 1u\n.options reltol=1e-5\n\
         .meas tran one find X[1].x[2] at=1u\n"
    ));
    let (names, rows) = table(&dir, "deck/tran.csv");
    let want = "time X1.x[0] X1.x[1] X1.x[2] X1.x[3] X1.z[0] X1.z[1] X[0].y X[1].y X[2].y X[0].x[2] X[1].x[2] X[2].x[1] X[2].x[2]";
    assert_eq!(names.join(" "), want);
    let last = rows.last().expect("rows");
    let fallen = (-1.0f64).exp();
    let values = [1.0, 2.0, 3.0, 4.0, 20.0, 30.0, 0.5 / fallen, 0.5 / fallen, 0.5 / fallen, 3.0, 3.0, 2.0, 3.0];
    values.iter().zip(&last[1..]).for_each(|(want, got)| near(*got, want * fallen, 2e-3 * want));
}

#[test]
fn arrays_of_states_are_deposited_read_and_drawn() {
    let dir = passes(&format!(
        "{LAGS}.experiment e {{
  tran 1n
  let k = 3
  X1.x[0] = 0.25
  X1.x[1:2] = [0.5, 0.75]
  X1.x[k] = 8
  X[:].x[1] = [5, 6, 7]
  X[0].x = 2
  X[1:2].x[:] = [[1, 2, 3, 4], [5, 6, 7, 8]]
  X[:].y = [0.1, 0.2, 0.3]
  X[:].y[1] = 0.9
  record a=X1.x, b=X[:].x, c=sum(X1.x[1:2]), d=X[2].x[k], e=X1.z[1], f=X[:].y
  tran 10n
  plot X1.x[:]
  plot X[:].x[1] vs time, X1.x
  snapshot X1.x[:] every 1n
}}\n"
    ));
    let (names, rows) = table(&dir, "e/table.csv");
    let at = |name: &str| rows[0][names.iter().position(|n| n == name).unwrap_or_else(|| panic!("{names:?}"))];
    for (k, want) in [0.25, 0.5, 0.75, 8.0].into_iter().enumerate() {
        assert_eq!(at(&format!("a[{k}]")), want);
    }
    for (part, want) in [[2.0; 4], [1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]].into_iter().enumerate() {
        (0..4).for_each(|k| assert_eq!(at(&format!("b[{part},{k}]")), want[k]));
    }
    assert_eq!((at("c"), at("d"), at("e")), (1.25, 8.0, 7.5));
    [0.1, 0.9, 0.3].into_iter().enumerate().for_each(|(k, want)| near(at(&format!("f[{k}]")), want, 1e-12));
    let (names, rows) = table(&dir, "e/plot.csv");
    assert_eq!(names.join(" "), "time X1.x[0] X1.x[1] X1.x[2] X1.x[3]");
    assert_eq!(rows[0][1..], [1.0, 2.0, 3.0, 4.0]);
    near(rows.last().expect("rows")[4], 8.0 * (-0.01f64).exp(), 2e-2);
    let (names, _) = table(&dir, "e/plot-2.csv");
    assert_eq!(names.len(), 1 + 3 + 4, "{names:?}");
}

#[test]
fn states_that_advance_outside_newton_are_deposited_too() {
    let dir = passes(
        "held states and states on a noise lattice
.device d (a b) {
  state held[1:3] = 0 in 0:9
  state n[0:1] = 0 in -9:9
  ddt(n[:]) = -n[:] + 1e-6*white(2, every=1u)
  when V(a,b) > 5 { held[1] = 1 }
  I(a,b) = 1m*V(a,b)*(1 + sum(held) + sum(n))
}
V1 a 0 1
X1 a 0 d
.experiment e {
  tran 1n
  X1.held[2] = 4
  X1.n[:] = [1, 2]
  record i=I(X1), h=X1.held, third=X1.held[3]
}
",
    );
    let (names, rows) = table(&dir, "e/table.csv");
    assert_eq!(names.join(" "), "i h[0] h[1] h[2] third");
    near(rows[0][0], 8e-3, 1e-9);
    assert_eq!(rows[0][1..], [0.0, 4.0, 0.0, 0.0]);
}

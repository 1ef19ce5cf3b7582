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

/// What a run of one device between a and ground says, V(a) = 2·sin: its exit status and its words.
fn driven(device: &str) -> (Option<i32>, String) {
    let dir = folder(&format!(
        "one device under a sine\n.device d (a b) {{\n{device}\n}}\nV1 a 0 sin(0 2 1k)\nX1 a 0 d\n.tran 1u 1m\n"
    ));
    let output = memspice(dir.path());
    (output.status.code(), said(&output))
}

#[test]
fn functions_that_leave_their_domain_are_said_with_part_and_time() {
    let (half, quarter) = (5e-4, 2.5e-4);
    for (device, text, from, to) in [
        ("I(a,b) = 1m*ln(1 + V(a,b))", "a logarithm of a number that is not positive in I(a,b)", half, 6e-4),
        ("let q = log10(1 + V(a,b))\nI(a,b) = 1m*q", "a logarithm of a number that is not positive in `q`", half, 6e-4),
        ("I(a,b) = 1m*sqrt(V(a,b))", "a square root of a negative number in I(a,b)", half, 5.2e-4),
        ("I(a,b) = 1m*asin(V(a,b))", "asin( ), acos( ) or atanh( ) of a number outside -1 … 1", 8.3e-5, quarter),
        ("I(a,b) = 1p*ln(1 + exp(1000*V(a,b)))", "exp( ) overflows in I(a,b)", 5.6e-5, 5.9e-5),
        ("I(a,b) = 1m/(1 + floor(V(a,b)))", "a division by 0 in I(a,b)", half, 5.1e-4),
        ("I(a,b) = 1m*max(0.5 - V(a,b), 0)^-0.3", "a division by 0 in I(a,b)", 4.0e-5, 4.3e-5),
        (
            "state w = 1 in 0:9\nddt(w) = 1k*ln(1 + V(a,b))\nI(a,b) = 1m*V(a,b)*w",
            "a logarithm of a number that is not positive in ddt(w)",
            half,
            6e-4,
        ),
        (
            "state w = 0.5 in 0:1\nwhen V(a,b) > 1 { w = 7 }\nI(a,b) = 1m*V(a,b)*w",
            "a `when` sets the state 'w' outside its range",
            8.3e-5,
            8.5e-5,
        ),
        (
            "state n = 0\nwhen hazard(-5*V(a,b)) { n += 1 }\nI(a,b) = 1m*V(a,b)*(1 + n)",
            "the rate of a hazard is negative",
            0.0,
            1e-5,
        ),
    ] {
        let (code, said) = driven(device);
        assert_eq!(code, Some(0), "{device}\n{said}");
        assert!(said.contains(text) && said.contains("X1 first:"), "{device}\n{said}");
        let after = said.split("at t = ").nth(1).unwrap_or_default();
        let time: f64 = after.split_whitespace().next().unwrap_or_default().parse().expect("a time");
        assert!((from..to).contains(&time), "{device}: {time}");
    }
}

/// What is in the branch that is not taken, saturates without effect, or is 0/0 for an instant: nothing is said.
#[test]
fn functions_that_change_nothing_are_not_said() {
    for device in [
        "I(a,b) = V(a,b) > 0.1 ? 1m*ln(V(a,b)/0.1) : 0",
        "I(a,b) = 1m/(1 + exp(10k*V(a,b)))",
        "let q = sqrt(V(a,b))\nI(a,b) = V(a,b) > 0 ? 1m*q : 0",
        "I(a,b) = 1m*V(a,b)*tanh(1000*V(a,b))",
        "state w = 0.5 in 0:1\nwhen V(a,b) > 1 { w = 0.7 }\nI(a,b) = 1m*V(a,b)*w",
        "state n = 0\nwhen hazard(max(V(a,b), 0)) { n += 1 }\nI(a,b) = 1m*V(a,b)*(1 + n)",
    ] {
        let (code, said) = driven(device);
        assert!(code == Some(0) && !said.contains('⚠'), "{device}\n{said}");
    }
}

#[test]
fn sources_of_expressions_say_it_too() {
    let dir = folder(
        "functions outside their domain\nV1 a 0 1\nB1 b 0 V=ln(V(a)-2)\nB2 a 0 I=sqrt(-V(a))*1m\nB3 a 0 I=asin(V(a))\n.op\n",
    );
    let output = memspice(dir.path());
    let said = said(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("B1 first: its argument = -1.0000e0") && said.contains("deck.cir:3:1"), "{said}");
    assert!(said.contains("a square root of a negative number") && said.contains("B2 first"), "{said}");
    assert!(!said.contains("B3 first"), "{said}");
}

/// The equation at fault is named with what it comes to, when no solution is found and when a run stops.
#[test]
fn what_overflows_is_named_with_its_value() {
    for (device, source, texts) in [
        ("I(a,b) = 1m*V(a,b)*(0.5 - V(a,b))^0.5", "1", &["X1 is not finite", "I(a,b) = NaN"][..]),
        (
            "state w = 0.5 in 0:1\nddt(w) = exp(1000*V(a,b))*sinh(400*V(a,b))\nI(a,b) = V(a,b)*(1m + w)",
            "1",
            &["X1 is not finite", "ddt(w) = inf"][..],
        ),
        (
            "state w = 0.5\nddt(w) = w*w*1k*V(a,b)\nI(a,b) = V(a,b)*(1m + w)",
            "1",
            &["X1.w does not settle (w = ", "ddt(w) = ", "needs a range", "t = 1.99"][..],
        ),
        ("state w = 0.5\nddt(w) = exp(1000*w)\nI(a,b) = V(a,b)*(1m + w)", "1", &["X1: ddt(w) = "][..]),
        (
            "state w = 0.1\nddt(w) = 100*V(a,b)/(0.5 - w)\nI(a,b) = 1m*w*V(a,b)",
            "1",
            &["X1 is involved", "ddt(w) = ", "5.0000e-1", "t = 7."][..],
        ),
        (
            "state w = 0.5 in 0:1\nddt(w) = -(0.1 - V(a,b))^0.5\nI(a,b) = V(a,b)*(1m + w)",
            "pwl(0 0 1m 1)",
            &["X1.w is not finite at t = 1.0", ": ddt(w) = NaN"][..],
        ),
    ] {
        let dir = folder(&format!(
            "an equation that blows up\n.device d (a b) {{\n{device}\n}}\nV1 a 0 {source}\nX1 a 0 d\n.tran 1u 10m\n"
        ));
        let output = memspice(dir.path());
        let said = said(&output);
        assert_eq!(output.status.code(), Some(3), "{device}\n{said}");
        texts.iter().for_each(|t| assert!(said.contains(t), "{t}\n{said}"));
        assert!(!said.contains("V1 is involved"), "{said}");
    }
    let dir = folder("a source that overflows\nV1 a 0 1\nB1 a 0 I=exp(1000*V(a))\n.op\n");
    let output = memspice(dir.path());
    let said = said(&output);
    assert!(output.status.code() == Some(3) && said.contains("B1 is not finite: its expression = 4.6"), "{said}");
}

/// dx = s·x dW: in Itô's sense the mean stays 1, the variance is e^(s²t) − 1 and the mean of ln x falls by s²t/2. In
/// Stratonovich's the mean would be e^(s²t/2) = 1.13 here.
#[test]
fn noise_is_itos() {
    let count = 4000.0_f64;
    let dir = passes(
        "noise that multiplies
.device d (a b) {
  state x[0:3999] = 1
  ddt(x[:]) = 0.5*x[:]*white(4000, every=1m)
  let m = mean(x[:])
  let q = mean(x[:]^2)
  let l = mean(ln(x[:]))
  I(a,b) = 1m*V(a,b)
}
V1 a 0 1
X1 a 0 d
.save V(a)
.tran 10m 1
.meas tran m find X1.m at=1
.meas tran q find X1.q at=1
.meas tran l find X1.l at=1
",
    );
    let report = fs::read_to_string(dir.path().join("out/report.json")).expect("a report");
    let report: serde_json::Value = serde_json::from_str(&report).expect("json");
    let measure = |name: &str| report["experiments"][0]["measures"][name].as_f64().expect(name);
    let (mean, square, log) = (measure("m"), measure("q"), measure("l"));
    let variance = 0.25f64.exp() - 1.0;
    near(mean, 1.0, 4.0 * (variance / count).sqrt());
    near(square - mean * mean, variance, 0.15 * variance);
    near(log, -0.125, 4.0 * 0.5 / count.sqrt());
}

/// What a `.model` sets stands beside the defaults of its device.
#[test]
fn a_model_is_shown_with_its_values() {
    let dir = folder(
        "a model\n.device d (a b) {\n  param g=1m vt=0.5 in 0:1 ; S, V\n  I(a,b) = V(a,b) > vt ? g*(V(a,b) - vt) : 0\n}\n\
         .model weak d (g={2*10u})\nX1 a 0 weak\nV1 a 0 1\n.op\n",
    );
    let show = |name: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_memspice"))
            .args(["show", "device", "deck.cir", name])
            .current_dir(dir.path())
            .env("NO_COLOR", "1")
            .output()
            .expect("memspice");
        said(&output)
    };
    let weak = show("WEAK");
    assert!(weak.contains("model WEAK of device d (a b)"), "{weak}");
    assert!(weak.contains("(the model; without it 0.001)") && weak.contains("vt = 0.5 V in 0:1"), "{weak}");
    assert!(!show("d").contains("the model"), "{}", show("d"));
}

/// Thousands of independent noises do not make the start of a run wait: four times as many, not sixteen times as long.
#[test]
fn thousands_of_noisy_states_start_soon() {
    let seconds = |count: usize| {
        let dir = folder(&format!(
            "many noises\n.device d (a b) {{\n  state x[0:{}] = 0 in -5:5\n  ddt(x[:]) = -1k*x[:] + white({count}, every=1u)\n  \
             I(a,b) = V(a,b)*(1m + 1n*sum(x))\n}}\nV1 a 0 1\nX1 a 0 d\n.save V(a)\n.tran 1u 2u\n",
            count - 1
        ));
        let started = std::time::Instant::now();
        let output = memspice(dir.path());
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        started.elapsed().as_secs_f64()
    };
    let (few, many) = (seconds(2500), seconds(10_000));
    assert!(many < 12.0 * few.max(0.1), "{few} s, {many} s");
}

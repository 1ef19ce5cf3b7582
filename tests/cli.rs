//! The program from outside: exit codes, reports, files.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

const RC: &str = "low pass
V1 in 0 DC 1 AC 1 PULSE(0 1 0 1n 1n 1)
R1 in out {r}
C1 out 0 1n
.param r=1k
.op
.tran 10n 5u
.meas tran half when v(out)=0.5
.meas tran never when v(out)=5
";

/// A folder with one netlist in it.
fn folder(netlist: &str) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("deck.cir"), netlist).unwrap();
    dir
}

fn memspice(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_memspice")).args(args).current_dir(dir).output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn report(dir: &Path, at: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(dir.join(at)).unwrap()).unwrap()
}

#[test]
fn a_deck_runs_and_says_where_its_results_are() {
    let dir = folder(RC);
    let output = memspice(dir.path(), &["run", "deck.cir"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).contains("half   693.1"), "{}", stdout(&output));
    let report = report(dir.path(), "out/deck/report.json");
    assert_eq!((&report["status"], &report["seed"]), (&"passed".into(), &1.into()));
    let deck = &report["experiments"][0];
    assert_eq!(deck["name"], "deck");
    // ln 2 · 1 µs
    assert!((deck["measures"]["half"].as_f64().unwrap() / 693.147e-9 - 1.0).abs() < 1e-3);
    assert_eq!(deck["measures"]["never"], Value::Null);
    assert_eq!(deck["waves"], serde_json::json!(["deck/op.csv", "deck/tran.csv"]));
    assert!(deck["stats"]["accepted"].as_u64().unwrap() > 100);
    let warning = &report["diagnostics"][0];
    assert_eq!(
        (&warning["code"], &warning["severity"], &warning["line"]),
        (&"lab::measure".into(), &"warning".into(), &9.into())
    );
    let csv = fs::read_to_string(dir.path().join("out/deck/deck/tran.csv")).unwrap();
    assert!(csv.starts_with("time,V(in),V(out),I(V1)\n0,0,0,0\n"), "{}", &csv[..80]);
    assert!(dir.path().join("out/deck/deck/tran.svg").exists());
}

#[test]
fn a_wrong_netlist_has_a_report_too() {
    let dir = folder("wrong\nR1 a 0 1k\nR2 a b\n.op\n");
    let output = memspice(dir.path(), &["run", "deck.cir", "-o", "results"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("deck.cir:3"), "{}", stderr(&output));
    let report = report(dir.path(), "results/report.json");
    assert_eq!(report["status"], "error");
    assert_eq!(report["experiments"], serde_json::json!([]));
    let error = report["diagnostics"].as_array().unwrap().iter().find(|d| d["severity"] == "error").unwrap();
    assert_eq!((&error["file"], &error["line"]), (&"deck.cir".into(), &3.into()));
    assert_eq!(code(&memspice(dir.path(), &["check", "deck.cir"])), 2);
}

#[test]
fn a_file_that_is_not_there_has_a_report_too() {
    let dir = tempfile::tempdir().unwrap();
    let output = memspice(dir.path(), &["run", "absent.cir"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("absent.cir"));
    assert_eq!(report(dir.path(), "out/absent/report.json")["status"], "error");
}

#[test]
fn a_failed_simulation_keeps_what_it_computed() {
    // V/1e15 = 1 + exp(V) has no solution.
    let netlist = "no solution\nV1 in 0 1\nR1 in 0 1\nB1 0 x I={1 + exp(V(x))}\nR2 x 0 1e15\n.op\n";
    let dir = folder(netlist);
    let output = memspice(dir.path(), &["run", "deck.cir"]);
    let report = report(dir.path(), "out/deck/report.json");
    assert_eq!(code(&output), 3, "{}{}", stdout(&output), stderr(&output));
    assert_eq!(report["status"], "error");
    assert_eq!(report["experiments"][0]["status"], "error");
    assert!(stdout(&output).contains("what was computed until then is written"));
}

#[test]
fn steps_make_measures_arrays() {
    let dir = folder(&(RC.to_string() + ".step param r list 1k 2k\n"));
    let output = memspice(dir.path(), &["run", "deck.cir", "--format", "csv,npy,raw", "--quiet"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!((stdout(&output), stderr(&output)), (String::new(), String::new()));
    let report = report(dir.path(), "out/deck/report.json");
    let half = report["experiments"][0]["measures"]["half"].as_array().unwrap();
    assert!((half[1].as_f64().unwrap() / half[0].as_f64().unwrap() - 2.0).abs() < 0.01, "{half:?}");
    let files = dir.path().join("out/deck/deck");
    let op = fs::read_to_string(files.join("op.csv")).unwrap();
    assert!(op.starts_with("r,V(in),V(out),I(V1)\n1000,1,1,"), "{op}");
    assert!(fs::read_to_string(files.join("tran.csv")).unwrap().contains("\n2000,0,0,0,0\n"));
    assert_eq!(&fs::read(files.join("tran.npy")).unwrap()[..6], b"\x93NUMPY");
    assert!(fs::read(files.join("deck.raw")).unwrap().starts_with(b"Title: low pass r=1e3\n"));
}

#[test]
fn parameters_come_from_the_command_line_and_netlists_from_a_pipe() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_memspice"))
        .args(["run", "-", "--param", "r=2k", "--format", "none"])
        .current_dir(dir.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(RC.as_bytes()).unwrap();
    assert_eq!(code(&child.wait_with_output().unwrap()), 0);
    let report = report(dir.path(), "out/stdin/report.json");
    let half = report["experiments"][0]["measures"]["half"].as_f64().unwrap();
    assert!((half / 1386.29e-9 - 1.0).abs() < 1e-3, "{half}");
    assert!(!dir.path().join("out/stdin/deck").exists());
}

#[test]
fn wrong_arguments_are_refused() {
    let dir = folder(RC);
    for args in [
        &["run", "deck.cir", "--format", "xls"][..],
        &["run", "deck.cir", "--param", "r"],
        &["run", "deck.cir", "--param", "r=abc"],
        &["run", "deck.cir", "--param", "rr=1"],
        &["devices", "resitor"],
        &["frobnicate"],
    ] {
        assert_eq!(code(&memspice(dir.path(), args)), 2, "{args:?}");
    }
}

#[test]
fn a_circuit_is_shown_as_text_and_dot() {
    let dir = folder(RC);
    let shown = |args: &[&str]| stdout(&memspice(dir.path(), &[&["show"], args].concat()));
    assert!(shown(&["graph", "deck.cir"]).contains("R1.n C1.p"));
    assert!(shown(&["graph", "deck.cir", "--format", "dot"]).starts_with("graph circuit {"));
    assert!(shown(&["tree", "deck.cir"]).contains("R1  resistor: in out"));
    assert!(shown(&["matrix", "deck.cir"]).contains("3 unknowns"));
    assert!(stdout(&memspice(dir.path(), &["devices", "r"])).contains("ohm"));
    assert_eq!(
        stdout(&memspice(dir.path(), &["check", "deck.cir"])),
        "deck.cir: 3 nets, 3 parts, 2 analyses, no errors, no warnings\n"
    );
}

#[test]
fn a_reader_that_goes_away_is_no_panic() {
    let dir = folder(RC);
    let mut child = Command::new(env!("CARGO_BIN_EXE_memspice"))
        .args(["devices"])
        .current_dir(dir.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((code(&output), stderr(&output)), (0, String::new()));
}

#[cfg(unix)]
#[test]
fn ctrl_c_keeps_what_is_there() {
    let dir = folder("long\nV1 in 0 SIN(0 1 1k)\nR1 in out 1k\nC1 out 0 1n\n.tran 1u 1000\n.save V(out)\n");
    let mut child = Command::new(env!("CARGO_BIN_EXE_memspice"))
        .args(["run", "deck.cir"])
        .current_dir(dir.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let csv = dir.path().join("out/deck/deck/tran.csv");
    while fs::metadata(&csv).map_or(0, |m| m.len()) < 20_000 {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(code(&output), 130, "{}", stderr(&output));
    let report = report(dir.path(), "out/deck/report.json");
    assert_eq!(report["status"], "interrupted");
    let text = fs::read_to_string(&csv).unwrap();
    assert!(text.ends_with('\n') && text.lines().last().unwrap().split(',').count() == 2);
}

#[test]
fn a_folder_that_cannot_be_made_is_said_before_simulating() {
    let dir = folder("divider\nV1 a 0 1\nR1 a 0 1k\n.op\n");
    let output = memspice(dir.path(), &["run", "deck.cir", "-o", "deck.cir"]);
    assert_eq!(code(&output), 3);
    assert!(stderr(&output).contains("cannot create the folder deck.cir") && stderr(&output).contains("-o"));
    assert!(stdout(&output).is_empty(), "{}", stdout(&output));
}

#[test]
fn a_run_takes_away_the_files_of_the_run_before() {
    let dir = folder(RC);
    let files = dir.path().join("out/deck/deck");
    assert_eq!(code(&memspice(dir.path(), &["run", "deck.cir", "--trace"])), 0);
    fs::write(files.join("notes.txt"), "mine").unwrap();
    assert!(files.join("tran.csv").exists() && files.join("tran-trace.csv").exists());
    assert_eq!(code(&memspice(dir.path(), &["run", "deck.cir", "--format", "raw"])), 0);
    let left: Vec<String> = fs::read_dir(&files)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.ends_with(".svg"))
        .collect();
    assert_eq!(left.len(), 2, "{left:?}");
    assert!(files.join("deck.raw").exists() && files.join("notes.txt").exists());
    assert_eq!(code(&memspice(dir.path(), &["run", "deck.cir", "--param", "r=oops"])), 2);
    assert!(!files.join("deck.raw").exists() && files.join("notes.txt").exists());
}

#[test]
fn parameters_of_the_command_line_are_expressions() {
    let dir = folder("divider\n.param r=1k x={2*r}\nV1 a 0 1\nR1 a b {x}\nR2 b 0 1k\n.op\n");
    let b = |params: &[&str]| {
        let output = memspice(dir.path(), &[&["run", "deck.cir"], params].concat());
        assert_eq!(code(&output), 0, "{params:?}: {}", stderr(&output));
        let csv = fs::read_to_string(dir.path().join("out/deck/deck/op.csv")).unwrap();
        let line = csv.lines().find(|l| l.starts_with("V(b),")).unwrap();
        line["V(b),".len()..].parse::<f64>().unwrap()
    };
    assert!((b(&["--param", "r=2*500"]) - 1.0 / 3.0).abs() < 1e-12);
    assert!((b(&["--param", "r={1k/2}"]) - 0.5).abs() < 1e-12);
    assert!((b(&["--param", "x=r+1k", "--param", "r=3k"]) - 0.2).abs() < 1e-12);
    let wrong = memspice(dir.path(), &["run", "deck.cir", "--param", "r=2*"]);
    assert_eq!(code(&wrong), 2);
    assert!(stderr(&wrong).contains("--param:1"), "{}", stderr(&wrong));
    let typo = memspice(dir.path(), &["run", "deck.cir", "--param", "rr=1"]);
    assert!(stderr(&typo).contains("did you mean 'r'"), "{}", stderr(&typo));
}

#[test]
fn a_failure_says_at_which_step_point() {
    let netlist = "no solution at k=1\n.param k=0\nV1 in 0 1\nR1 in 0 1\nB1 0 x I={k*(1 + exp(V(x)))}\nR2 x 0 1e15\n.op\n\
                   .step param k list 0 1\n";
    let dir = folder(netlist);
    for threads in ["1", "2"] {
        let output = memspice(dir.path(), &["run", "deck.cir", "--threads", threads]);
        assert_eq!(code(&output), 3);
        assert!(stderr(&output).contains("at k=1"), "{}", stderr(&output));
        let op = fs::read_to_string(dir.path().join("out/deck/deck/op.csv")).unwrap();
        assert_eq!(op.lines().count(), 2, "{op}");
    }
}

/// Spikes that reset a stochastic memristor, at four amplitudes; the first two are equal.
const SPIKES: &str = "spikes
.device cell (p n) {
  param r=1k l=1meg
  state y = 0
  state x = 0
  I(p,n) = V(p,n)/(r*(1 + y))
  ddt(x) = -x/1u + 1k*white(every=100n)
  when hazard(V(p,n) > 0 ? l*V(p,n) : 0) { y = y + uniform(0, 1) }
  warn when V(p,n) > 1.2 \"above its threshold\"
}
.param v=1
V1 in 0 PULSE(0 {v} 1u 10n 10n 5u 10u)
R1 in a 100
X1 a 0 cell
X2 a 0 cell
.step param v list 1 1 1.2 1.5
.tran 100n 50u
.save X1.y X2.y X1.x
";

#[test]
fn what_happens_at_random_is_the_same_for_any_number_of_threads() {
    let dir = folder(SPIKES);
    let run = |args: &[&str]| {
        let output = memspice(dir.path(), &[&["run", "deck.cir"], args].concat());
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        fs::read_to_string(dir.path().join("out/deck/deck/tran.csv")).unwrap()
    };
    let one = run(&["--threads", "1"]);
    assert_eq!(one, run(&["--threads", "2"]));
    assert_ne!(one, run(&["--threads", "2", "--seed", "2"]));
    // Each point of a sweep has random numbers of its own.
    let last = |v: &str, nth: usize| {
        let rows: Vec<Vec<&str>> = one.lines().map(|l| l.split(',').collect()).collect();
        let ends: Vec<&Vec<&str>> = rows.iter().filter(|r| r[0] == v && r[1] == "5e-5").collect();
        ends[nth][2..].iter().map(|f| f.to_string()).collect::<Vec<_>>()
    };
    assert_ne!(last("1", 0), last("1", 1));
}

#[test]
fn a_model_warns_where_it_means_nothing() {
    let dir = folder(&SPIKES.replace("R1 in a 100", "R1 in a 1m"));
    for threads in ["1", "2"] {
        let output = memspice(dir.path(), &["run", "deck.cir", "--threads", threads]);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        let said = stderr(&output);
        assert!(said.contains("cell: above its threshold, in 2 of 2 parts"), "{said}");
        assert!(said.contains("X1 first: V(p, n) = 1.5"), "{said}");
        let report = report(dir.path(), "out/deck/report.json");
        let found: Vec<_> = report["diagnostics"].as_array().unwrap().iter().map(|d| &d["code"]).collect();
        assert_eq!(found, ["run::outside-model"]);
    }
}

/// A run that its equations end says which part, which state and when, and at which line.
#[test]
fn equations_that_blow_up_are_named() {
    let cell = |rate: &str| {
        format!(
            "no end\n.device cell (a b) {{\n  state w = 1\n  I(a,b) = V(a,b)*(1m + w)\n  ddt(w) = {rate}\n}}\n\
             V1 a 0 PULSE(0 1 1m 1m 1m 1 2)\nR1 a b 1m\nX1 b 0 cell\n.tran 10m 2\n.save X1.w\n"
        )
    };
    // w = 1/(1 - t), and a root of what turns negative.
    for (rate, from, to) in [("w^2", 0.98, 1.02), ("(0.5 - V(a,b))^0.5 - w", 1.4e-3, 1.6e-3)] {
        let dir = folder(&cell(rate));
        let output = memspice(dir.path(), &["run", "deck.cir"]);
        assert_eq!(code(&output), 3, "{rate}");
        let said = stderr(&output);
        assert!(said.contains("X1.w") && said.contains("deck.cir:9:1"), "{said}");
        let after = said.split("t = ").nth(1).unwrap_or_default();
        let time: f64 = after.split_whitespace().next().unwrap_or_default().parse().unwrap();
        assert!((from..to).contains(&time), "{said}");
    }
    let deposit = "a state beyond its range\n.device cell (a b) {\n  state w = 0.2 in 0:1\n  I(a,b) = V(a,b)*(1m + w)\n  \
                   ddt(w) = -w\n}\n.smu a\nX1 a 0 cell\n.experiment e {\n  force a = 1\n  wait 1u\n  X1.w = 1.5\n}\n";
    let output = memspice(folder(deposit).path(), &["run", "deck.cir"]);
    assert_eq!(code(&output), 3);
    let said = stderr(&output);
    assert!(said.contains("X1.w = 1.5 lies outside 0") && said.contains("deck.cir:12:3"), "{said}");
}

/// Data that do not lie beside the netlist are looked for in `--data`.
#[test]
fn data_of_another_folder() {
    let dir = folder("a test\n.param w=csv(\"w.csv\")\nV1 a 0 {w[1]}\nR1 a 0 1k\n.op\n");
    fs::create_dir(dir.path().join("elsewhere")).unwrap();
    fs::write(dir.path().join("elsewhere/w.csv"), "1\n2.5\n").unwrap();
    let output = memspice(dir.path(), &["run", "deck.cir"]);
    assert!(code(&output) == 2 && stderr(&output).contains("--data DIR"), "{}", stderr(&output));
    let output = memspice(dir.path(), &["run", "deck.cir", "--data", "elsewhere"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let values = fs::read_to_string(dir.path().join("out/deck/deck/op.csv")).unwrap();
    assert!(values.contains("V(a),2.5"), "{values}");
}

/// On a terminal the points of a Monte-Carlo run are counted, with the time left as soon as one of them is done; in a pipe
/// nothing but the results appears.
#[cfg(unix)]
#[test]
fn progress_on_a_terminal_only() {
    let draws = "a test\n.smu in\nR1 in m 1k\nC1 m 0 1n\n.experiment e {\nmontecarlo 12 seed 1 {\nfor k = 1:4000 {\npulse in = 1 for 10n\nwait 10n\n}\nrecord v = V(m)\n}\nmeasure n = len(v)\n}\n";
    let dir = folder(draws);
    let output = memspice(dir.path(), &["run", "deck.cir", "--threads", "1"]);
    assert_eq!(stderr(&output), "");
    assert!(stdout(&output).contains("e: passed") && stdout(&output).contains("1 experiment passed"));
    let command = format!("{} run deck.cir --threads 1", env!("CARGO_BIN_EXE_memspice"));
    let mut script = Command::new("script");
    script.args(["-qefc", &command, "/dev/null"]).current_dir(dir.path()).stdin(Stdio::null());
    let Ok(output) = script.output() else { return println!("no `script` here: terminals are not tested") };
    let seen = stdout(&output);
    assert!(seen.contains("so far"), "before the first draw: {seen}");
    let share = |percent: &str| seen.contains(&format!("{percent} %")) && seen.contains("left");
    assert!((1..12).any(|k| share(&(100 * k / 12).to_string())), "{seen}");
}

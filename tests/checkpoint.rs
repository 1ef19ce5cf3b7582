//! Runs killed with `kill -9` and taken up again: the same bits as those that nobody disturbed.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// A rectifier: charges, a nonlinear part, and a source that never rests.
const RECTIFIER: &str = "
V1 in 0 SIN(0 2 1meg)
R1 in a 100
D1 a out d
C1 out 0 10n
R2 out 0 10k
.model d d (is=1e-14 n=1.2 cjo=2p)
";

fn folder(text: &str) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("test.cir"), format!("a test\n{text}\n")).unwrap();
    dir
}

fn command(dir: &Path, out: &str, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_memspice"));
    command.current_dir(dir).args(["run", "test.cir", "-o", out]).args(args).env("NO_COLOR", "1");
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn finish(dir: &Path, out: &str, args: &[&str]) {
    let output = command(dir, out, args).stderr(Stdio::piped()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Starts a run and kills it as soon as this file has something in it; the run must not have ended by itself.
fn kill_once_there(dir: &Path, out: &str, args: &[&str], file: &str) {
    let mut child = command(dir, out, args).spawn().unwrap();
    let begun = Instant::now();
    while fs::metadata(dir.join(file)).map_or(0, |m| m.len()) == 0 {
        assert!(begun.elapsed() < Duration::from_secs(120), "{file} never came");
        assert!(child.try_wait().unwrap().is_none(), "the run ended before {file} was there");
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    assert!(!child.wait().unwrap().success());
    assert!(!dir.join(out).join("report.json").exists(), "it had ended");
}

fn report(dir: &Path, out: &str) -> Value {
    serde_json::from_str(&fs::read_to_string(dir.join(out).join("report.json")).unwrap()).unwrap()
}

fn same(dir: &Path, file: &str) {
    let read = |out: &str| fs::read(dir.join(out).join(file)).unwrap();
    assert!(read("one") == read("two"), "{file} is another one");
}

/// A transient goes on at the last state that was kept; files, measures and work are those of one run.
#[test]
fn a_transient_goes_on() {
    let text = format!("{RECTIFIER}.tran 10n 1.5m 0 10n\n.meas tran high max V(out)\n.meas tran drawn avg I(V1)\n");
    let dir = folder(&text);
    let path = dir.path();
    finish(path, "one", &[]);
    let keep = ["--checkpoint", "kept", "--checkpoint-every", "0"];
    kill_once_there(path, "two", &keep, "kept.tran-0-0");
    finish(path, "two", &["--resume", "kept", "--checkpoint-every", "0", "--trace"]);
    same(path, "deck/tran.csv");
    let (one, two) = (report(path, "one"), report(path, "two"));
    let of = |r: &Value| (r["experiments"][0]["measures"].clone(), r["experiments"][0]["stats"]["accepted"].clone());
    assert_eq!(of(&one), of(&two));
    // It did not begin again.
    let trace = fs::read_to_string(path.join("two/deck/tran-trace.csv")).unwrap();
    let first: f64 = trace.lines().nth(1).unwrap().split(',').next().unwrap().parse().unwrap();
    assert!(first > 5e-6, "{first}");
    // And once more, after it came to its end: nothing is computed.
    finish(path, "two", &["--resume", "kept"]);
    same(path, "deck/tran.csv");
}

/// Finished points are kept, those under way begin anew: the same table for any number of threads.
#[test]
fn an_experiment_goes_on() {
    let text = format!(
        "{RECTIFIER}
.save V(out)
.experiment many {{
  montecarlo 12 seed 3 {{
    let r = normal(0, 1)
    tran 300u
    record r, end = V(out)*(1 + 0.1*r), high = max(V(out), from=0)
  }}
  measure m = mean(end), s = std(r)
  plot end vs run
  snapshot table within 1%
}}
.experiment after {{
  measure again = many.m
}}"
    );
    let dir = folder(&text);
    let path = dir.path();
    finish(path, "one", &["--threads", "2"]);
    kill_once_there(path, "two", &["--threads", "1", "--checkpoint", "kept"], "kept.points");
    let before = fs::metadata(path.join("kept.points")).unwrap().len();
    finish(path, "two", &["--threads", "2", "--resume", "kept"]);
    let points = fs::metadata(path.join("kept.points")).unwrap().len();
    assert!(before > 0 && points > 6 * before / 5, "{before} and {points} bytes");
    same(path, "many/table.csv");
    same(path, "many/tran.csv");
    same(path, "many/plot.csv");
    let of = |r: &Value| r["experiments"].as_array().unwrap().iter().map(|e| e["measures"].clone()).collect::<Vec<_>>();
    assert_eq!(of(&report(path, "one")), of(&report(path, "two")));
}

#[test]
fn a_checkpoint_of_another_run_is_refused() {
    let dir = folder("R1 a 0 1\nI1 0 a 1\n.op");
    finish(dir.path(), "one", &["--checkpoint", "kept"]);
    fs::write(dir.path().join("test.cir"), "a test\nR1 a 0 2\nI1 0 a 1\n.op\n").unwrap();
    let output = command(dir.path(), "two", &["--resume", "kept"]).stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3));
    assert!(said.contains("is of another run"), "{said}");
    let output = command(dir.path(), "two", &["--resume", "nothing"]).stderr(Stdio::piped()).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot be read"));
}

/// One long experiment goes on in its midst: what its statements heard is heard again, the circuit and its files go on. All
/// that depends on what came before is in it: variables, edges, draws, signals, meters, the past, a `map`, a `settle`, analyses,
/// and what a model had to say before the run was killed.
#[test]
fn a_single_experiment_goes_on() {
    let text = "
.options maxstep=20n
.smu r
R1 r c 1k
C1 c 0 1n
V9 z 0 DC 0 AC 1
R9 z c 1meg
.device meek (p n) {
  I(p,n) = 1n*V(p,n)
  warn when V(p,n) > 1.02 \"more than it bears\"
}
Xw c 0 meek
.signal seen=0 ups=0
.always watch {
  wait until rise(V(c) - 1.05)
  ups += 1
  wait until fall(V(c) - 1.02)
  seen += 1
}
.protocol branch(v) -> y {
  pulse r = v for 0.5u
  y = V(c)
}
.experiment long {
  force r = 1
  let drift = 0
  repeat n until n >= 400 max 4000 {
    wait 3u
    pulse r = 1.2 + 0.05*normal(0, 1) for 1u
    drift += V(c)
    if n == 3 {
      let b = map(branch, [1, 1.5, 2])
      measure b
      settle
      dc r 0 1 0.25
      measure rest = sum(V(c))
      ac dec 1 1 100
      measure far = sum(V(c))
      noise V(c) V9 dec 1 1 100
      measure hiss = onoise[0]
    }
    if n == 5 { record n, peak = max(V(c), from=time-2u), e = E(R1), s = seen }
  }
  wait until fall(V(c) - 1.001) timeout 10u
  record n, peak = max(V(c), from=time-2u), e = E(R1), s = seen
  measure x = V(c), drift, ups, seen, energy = E(r), t = time, first_up = first(V(c) > 1.1)
  plot V(c)
}";
    let dir = folder(text);
    let path = dir.path();
    finish(path, "one", &[]);
    let mut child = command(path, "two", &["--checkpoint", "kept", "--checkpoint-every", "0"]).spawn().unwrap();
    let begun = Instant::now();
    let under_way = || {
        let list = fs::read_dir(path).unwrap().flatten();
        list.filter(|f| f.file_name().to_string_lossy().starts_with("kept.points-")).map(|f| f.path()).next()
    };
    // Three states at least: the first is not the last.
    let mut seen = std::collections::BTreeSet::new();
    while seen.len() < 3 {
        assert!(begun.elapsed() < Duration::from_secs(120), "it is not kept");
        assert!(child.try_wait().unwrap().is_none(), "the run ended before it was kept");
        seen.extend(under_way().and_then(|p| fs::metadata(p).ok()).map(|m| m.len()).filter(|n| *n > 0));
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    assert!(!child.wait().unwrap().success());
    assert!(!path.join("two/report.json").exists(), "it had ended");
    finish(path, "two", &["--resume", "kept", "--trace"]);
    for file in ["table", "tran", "dc", "ac", "noise", "plot"] {
        same(path, &format!("long/{file}.csv"));
    }
    let (one, two) = (report(path, "one"), report(path, "two"));
    let of = |r: &Value| {
        let stats = &r["experiments"][0]["stats"];
        (r["experiments"][0]["measures"].clone(), stats["accepted"].clone(), stats["newton"].clone())
    };
    assert_eq!(of(&one), of(&two));
    let said = one["diagnostics"].to_string();
    assert!(said.contains("more than it bears"), "{said}");
    assert_eq!(said, two["diagnostics"].to_string());
    // It did not begin again, and what was under way is so no more.
    let trace = fs::read_to_string(path.join("two/long/tran-trace.csv")).unwrap();
    let first: f64 = trace.lines().nth(1).unwrap().split(',').next().unwrap().parse().unwrap();
    assert!(first > 10e-6, "{first}");
    assert!(under_way().is_none());
}

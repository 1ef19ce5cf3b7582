//! Experiments from the command line: small netlists, and what their reports must say.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// Runs a netlist with these arguments; its report, its exit code, what it said.
fn run(text: &str, args: &[&str]) -> (Value, i32, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("test.cir");
    std::fs::write(&file, format!("a test\n{text}\n")).unwrap();
    let (output, out) = run_file(&file, folder.path(), args);
    let report = std::fs::read_to_string(out.join("report.json")).unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (serde_json::from_str(&report).unwrap(), output.status.code().unwrap(), said)
}

fn run_file(file: &Path, folder: &Path, args: &[&str]) -> (Output, std::path::PathBuf) {
    let out = folder.join("out");
    let mut command = Command::new(env!("CARGO_BIN_EXE_memspice"));
    command.arg("run").arg(file).arg("-o").arg(&out).args(args).env("NO_COLOR", "1");
    (command.output().unwrap(), out)
}

fn measure(report: &Value, experiment: &str, name: &str) -> f64 {
    let list = report["experiments"].as_array().unwrap();
    let e = list.iter().find(|e| e["name"] == experiment).unwrap_or_else(|| panic!("no experiment {experiment}"));
    e["measures"][name].as_f64().unwrap_or_else(|| panic!("{experiment}.{name}: {}", e["measures"]))
}

fn near(got: f64, want: f64, share: f64) {
    assert!((got - want).abs() <= share * want.abs(), "{got:e} is not {want:e}");
}

const RC: &str = "
.param R=1k
.smu in
R1 in out {R}
C1 out 0 1n
.options reltol=1e-5
";

/// 1 − e^(−t/RC) at three resistors: a sweep restarts the circuit with another parameter.
#[test]
fn a_sweep_sets_a_parameter() {
    let text = format!(
        "{RC}
.experiment charge {{
  sweep R in [1k, 2k, 4k] {{
    force in = 1
    wait 1u
    record end = V(out)
  }}
  measure worst = max(abs(end - (1 - exp(-(1u - 0.5n)/(R*1n)))))
  assert len(end) == 3 and worst < 4e-4
}}"
    );
    let (report, code, said) = run(&text, &[]);
    assert_eq!((code, report["status"].as_str()), (0, Some("passed")), "{said}");
}

/// The past is looked back at: when, how often, how high.
#[test]
fn the_past_answers() {
    let text = format!(
        "{RC}
.experiment past {{
  force in = 0
  for k = 1:3 {{
    pulse in = 1 for 5u
    wait 5u
  }}
  measure crossing = first(V(out) > 0.5), rises = count(rise(V(out) - 0.5)), high = max(V(out), from=0),
          area = integ(V(in), from=0, until=7u)
}}"
    );
    let (report, code, said) = run(&text, &[]);
    assert_eq!(code, 0, "{said}");
    // On the chord between two kept points.
    near(measure(&report, "past", "crossing"), 1e-6 * 2f64.ln() + 0.5e-9, 2e-3);
    assert_eq!(measure(&report, "past", "rises"), 3.0);
    near(measure(&report, "past", "high"), 1.0 - (-5.0f64).exp(), 1e-3);
    near(measure(&report, "past", "area"), 5.001e-6, 1e-6);
}

/// A difference of two nets of one bus, and signals of many instances at once.
#[test]
fn buses_are_looked_back_at_and_set() {
    let text = "
.smu r[0:1]
.for k = 0:1 { R[k] r[k] 0 1k }
.subckt cell
.signal s=1
.ends
.for k = 0:2 { X[k] cell }
.experiment e {
  force r[0] = 3, r[1] = 1
  wait 1u
  X[:].s = [0, 4, 5]
  measure apart = max(V(r[0], r[1]), from=0), second = X[1].s, third = X[2].s
}";
    let (report, code, said) = run(text, &[]);
    assert_eq!(code, 0, "{said}");
    near(measure(&report, "e", "apart"), 2.0, 1e-6);
    assert_eq!((measure(&report, "e", "second"), measure(&report, "e", "third")), (4.0, 5.0));
}

/// What is drawn depends on seed and draw, not on how many threads there are.
#[test]
fn monte_carlo_runs_have_the_same_bits_on_any_number_of_threads() {
    let text = format!(
        "{RC}
.experiment many {{
  montecarlo 12 seed 5 {{
    sweep v in [1, 2] {{
      let r = normal(0, 1)
      force in = v
      tran 1u
      record r, end = V(out)*(1 + 0.1*r)
    }}
  }}
  measure m = mean(end), s = std(r)
}}"
    );
    let table = |threads: &str| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("test.cir");
        std::fs::write(&file, format!("a test\n{text}\n")).unwrap();
        let (output, out) = run_file(&file, folder.path(), &["--threads", threads]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        std::fs::read_to_string(out.join("many/table.csv")).unwrap()
    };
    let one = table("1");
    assert_eq!(one.lines().count(), 25);
    assert!(one.starts_with("run,v,r,end\n"), "{one}");
    assert_eq!(one, table("3"));
    let first: Vec<&str> = one.lines().skip(1).map(|l| l.split(',').nth(2).unwrap()).collect();
    let different: std::collections::HashSet<&&str> = first.iter().collect();
    assert!(different.len() > 10, "{first:?}");
}

/// A template with arguments, one made of it with another parameter, and a third that reads the results of both.
#[test]
fn templates_and_results_of_others() {
    let text = format!(
        "{RC}
.experiment verdict {{
  assert fast.end > slow.end
  measure ratio = fast.end/slow.end
}}
.experiment shot(v, time=1u) {{
  force in = v
  wait time
  measure end = V(out)
}}
.experiment fast = shot(1)
.experiment slow = shot(1, time=1u) with R=10k"
    );
    let (report, code, said) = run(&text, &[]);
    assert_eq!(code, 0, "{said}");
    let exact = (1.0 - (-0.9995f64).exp()) / (1.0 - (-0.09995f64).exp());
    near(measure(&report, "verdict", "ratio"), exact, 1e-3);
    let (report, code, _) = run(&text, &["-e", "slow"]);
    assert_eq!((code, report["experiments"].as_array().unwrap().len()), (0, 1));
    let (_, code, said) = run(&text, &["-e", "fasst"]);
    assert_eq!(code, 2);
    assert!(said.contains("lab::unknown-experiment") && said.contains("fast"), "{said}");
}

#[test]
fn a_failed_assert_fails_the_run_and_says_what_it_saw() {
    let text = format!("{RC}\n.experiment e {{\n  force in = 1\n  wait 10u\n  assert V(out) < 0.5 \"too high\"\n}}");
    let (report, code, said) = run(&text, &[]);
    assert_eq!((code, report["status"].as_str()), (1, Some("failed")));
    assert_eq!(report["experiments"][0]["asserts"][0]["passed"], false);
    assert_eq!(report["experiments"][0]["asserts"][0]["line"], 12);
    assert!(said.contains("too high") && said.contains("V(out) = "), "{said}");
}

/// What a point recorded before it went wrong is kept.
#[test]
fn rows_before_a_mistake_are_kept() {
    let text = format!(
        "{RC}
.experiment e {{
  sweep k in [1, 2, 3] {{
    record half = k/2
    if k == 3 {{ force in = [1, 2][k] }}
  }}
}}"
    );
    let (report, code, said) = run(&text, &["--threads", "1"]);
    assert_eq!((code, report["status"].as_str()), (2, Some("error")), "{said}");
    assert_eq!(report["experiments"][0]["tables"][0], "e/table.csv");
    assert!(said.contains("at k=3"), "{said}");
}

/// Everything wrong is said at once, with what was meant, and nothing runs: neither this experiment nor another.
#[test]
fn mistakes_are_found_before_anything_runs() {
    let text = format!(
        "{RC}
.experiment good {{
  measure x = 1
}}
.experiment bad {{
  shott(1)
  force inn = 1
  sweep R in [1k, 2k] {{
    wait 1u
    record charge = V(out), peak = max(V(oout), from=0)
  }}
  measure m = mean(chargee), n = sqrt(1, 2), o = good.xx, p = X1.g
  assert m > limit
}}
.experiment shot(v) {{
  force in = w
}}
.experiment typed with Rr=1k {{
  measure x = 1
}}"
    );
    let (report, code, said) = run(&text, &[]);
    assert_eq!((code, report["experiments"].as_array().unwrap().len()), (2, 0), "{said}");
    let found = |code: &str, line: u64, help: &str| {
        let list = report["diagnostics"].as_array().unwrap();
        let there = list.iter().any(|d| d["code"] == code && d["line"] == line);
        assert!(there && said.contains(help), "{code} in line {line}, {help}: {said}");
    };
    found("value::unknown-function", 13, "did you mean 'shot'?");
    found("process::unknown", 14, "did you mean 'in'?");
    found("process::unknown", 17, "did you mean 'out'?");
    found("value::unknown-name", 19, "did you mean 'charge'?");
    found("value::arguments", 19, "sqrt(x): square root");
    found("lab::no-results", 19, "did you mean 'x'?");
    found("value::unknown-name", 20, ".param limit=");
    found("value::unknown-name", 23, ".param w=");
    found("elab::unknown-override", 25, "did you mean 'r'?");
}

#[test]
fn mistakes_are_named() {
    let code = |body: &str| {
        let (report, code, _) = run(&format!("{RC}\n{body}"), &[]);
        assert_eq!(code, 2, "{body}");
        report["diagnostics"].as_array().unwrap().iter().find(|d| d["severity"] == "error").unwrap()["code"]
            .as_str()
            .unwrap()
            .to_string()
    };
    assert_eq!(code(".experiment e {\n  wait 1u\n  sweep k in [1, 2] { record k }\n}"), "lab::sweep-after-time");
    assert_eq!(code(".experiment a {\n  measure x = b.y\n}\n.experiment b {\n  measure y = a.x\n}"), "lab::circle");
    assert_eq!(code(".experiment a {\n  record x = 1\n  record y = 1\n}"), "lab::columns");
    assert_eq!(code(".experiment a = nothing(1)"), "lab::unknown-template");
    assert_eq!(code(".experiment t(x) {\n  measure x\n}\n.experiment a = t()"), "lab::template-arguments");
    assert_eq!(code(".experiment a with Q=1 {\n  measure x = 1\n}"), "elab::unknown-override");
    assert_eq!(code(".experiment a {\n  measure x = count(1 > 0)\n}"), "process::wave");
    assert_eq!(
        code(".experiment a {\n  repeat until 1 > 0 max 3 {\n    sweep k in [1] { record k }\n  }\n}"),
        "lab::sweep-place"
    );
}

/// Small things that statements of an experiment may do.
#[test]
fn arrays_masks_and_meters() {
    let text = "
.param N=1
.smu a r[0:1]
R1 a 0 1k
.for k = 0:1 { R[k] r[k] 0 1k }
.experiment arrays {
  let one = reshape(arange(3), 1, 3)
  let masked = one[[1] > 0]
  let none = one[[1] < 0]
  measure rows = len(masked), columns = len(masked[0]), left = len(none)
  measure counts = bincount([1, 1, 3], 6)
  for k = 1:3 { record n = k*k }
  measure final = last(mean(n, by=n)), start = first(n)
  assert n ~= [1, 4, 9.02] within 0.1 \"each of them\"
  assert n > 0
  assert elapsed() >= 0 and elapsed() < 1k
}
.experiment meters {
  force a = 2, r[:] = [1, 3]
  wait 1m
  measure one = E(a), all = E(), each = E(r[:]), charge = Q(a)
}";
    let (report, code, said) = run(text, &[]);
    assert_eq!(code, 0, "{said}");
    let of = |name: &str| measure(&report, "arrays", name);
    assert_eq!((of("rows"), of("columns"), of("left")), (1.0, 3.0, 0.0));
    assert_eq!((of("final"), of("start")), (9.0, 1.0));
    let list = |e: usize, name: &str| -> Vec<f64> {
        report["experiments"][e]["measures"][name].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
    };
    assert_eq!(list(0, "counts"), [0.0, 2.0, 0.0, 1.0, 0.0, 0.0]);
    near(measure(&report, "meters", "one"), 4e-6, 1e-4);
    near(measure(&report, "meters", "all"), 14e-6, 1e-4);
    near(list(1, "each")[1], 9e-6, 1e-4);
    near(measure(&report, "meters", "charge"), 2e-6, 1e-4);
}

/// What an array asserts must hold for all of its numbers, and the report shows them.
#[test]
fn one_number_of_many_fails_an_assert() {
    let text = format!("{RC}\n.experiment e {{\n  assert [1, 2, 3] ~= [1, 2, 3.2] within 5% \"not the last\"\n}}");
    let (report, code, said) = run(&text, &[]);
    assert_eq!((code, report["status"].as_str()), (1, Some("failed")), "{said}");
    assert!(said.contains("not the last"), "{said}");
}

/// What was recorded before the simulation failed is kept: of finished points, and of the one that failed.
#[test]
fn rows_before_a_failure_are_kept() {
    let text = "
.device bomb (a b) {
  state w = 0 in 0:10
  ddt(w) = 1meg
  I(a,b) = V(a,b)*1m + exp(2000*(w - 0.5))*1m
}
.smu in
Rs in a 1k
Xb a 0 bomb
.experiment e {
  montecarlo 3 {
    force in = 1
    wait 100n
    record early = V(a)
    if run == 1 { wait 5u }
  }
}";
    let (report, code, said) = run(text, &["--threads", "1"]);
    assert_eq!((code, report["status"].as_str()), (3, Some("error")), "{said}");
    assert_eq!(report["experiments"][0]["tables"][0], "e/table.csv", "{said}");
    assert!(said.contains("run=1"), "{said}");
}

/// What happens at random in time is another at each point of a sweep; draws of devices are the same (common random numbers).
#[test]
fn points_of_a_sweep_have_noise_of_their_own() {
    let text = "
.device noisy (a b) {
  param r=1k
  state n = 0
  ddt(n) = -n/1u + 1k*white(every=10n)
  I(a,b) = V(a,b)/r
}
.variation noisy { device r ~ normal(10%) }
.smu a
X1 a 0 noisy
.experiment e {
  montecarlo 2 seed 4 {
    sweep w in [1, 1] {
      force a = 1
      wait 5u
      record n = X1.n, i = I(a)
    }
  }
  assert n[0] != n[1] and n[2] != n[3] and n[0] != n[2]
  assert i[0] ~= i[1] within 1e-12
  assert abs(i[0] - i[2]) > 1u
}";
    let (report, code, said) = run(text, &[]);
    assert_eq!((code, report["status"].as_str()), (0, Some("passed")), "{said}");
}

/// `.options variation=0` silences source-measure units too.
#[test]
fn without_variation_readings_are_exact() {
    let text = |options: &str| {
        format!(
            "
.smu a noise=5%
R1 a 0 1k
{options}
.experiment e {{
  montecarlo 4 seed 2 {{
    force a = 1
    wait 1u
    record i = I(a)
  }}
  measure spread = std(i), outside = 0
}}
.experiment outside {{
  force a = 1
  wait 1u
  measure apart = abs(I(a) - 1m)
}}"
        )
    };
    let (report, code, said) = run(&text(""), &[]);
    assert_eq!(code, 0, "{said}");
    assert!(measure(&report, "e", "spread") > 1e-5);
    assert!(measure(&report, "outside", "apart") < 1e-9);
    let (report, code, said) = run(&text(".options variation=0"), &[]);
    assert_eq!(code, 0, "{said}");
    assert!(measure(&report, "e", "spread") < 1e-12);
}

/// A column that names itself beside one that takes time keeps its name.
#[test]
fn columns_beside_a_call_keep_their_names() {
    let text = "
.smu a
R1 a 0 1k
.protocol twice(v) -> y {
  force a = v
  wait 1u
  y = 2*V(a)
}
.experiment e {
  for x = 1:2 { record x, y = twice(x), abs(x) }
  measure worst = max(abs(y - 2*x))
}";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("test.cir");
    std::fs::write(&file, format!("a test\n{text}\n")).unwrap();
    let (output, out) = run_file(&file, folder.path(), &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let table = std::fs::read_to_string(out.join("e/table.csv")).unwrap();
    assert!(table.starts_with("x,y,abs(x)\n"), "{table}");
}

/// Everything that is drawn, in eight random circuits at two voltages: `.variation` of three kinds, start values, white noise,
/// a hazard with draws of its own.
const DRAWN: &str = "
.device cell (p n) {
  param r=1k l=1meg
  state y = 0
  state k = 0
  state x = normal(0, 1)
  state w = 0.1 in 0:1
  I(p,n) = V(p,n)/(r*(1 + w))
  ddt(x) = -x/1u + 1k*white(every=100n)
  ddt(w) = 2meg*V(p,n)^3*(1 - w) - 0.2meg*w
  when hazard(V(p,n) > 0 ? l*V(p,n) : 0) {
    y = y + uniform(0, 1)
    k = k + 1
  }
  cycle when V(p,n) > 0.5
}
.variation cell {
  device r ~ normal(10%)
  cycle  l ~ lognormal(20%)
  stuck  p=0.1 r ~ uniform(2k, 3k)
}
.smu in
R1 in a 100
C1 a 0 1p
X1 a 0 cell
.experiment many {
  montecarlo 8 seed 5 {
    sweep v in [1, 1.5] {
      force in = 0
      wait 1u
      for j = 1:4 {
        pulse in = v for 2u
        wait 1u
      }
      wait 20u - time
      record r=X1.r, l=X1.l, y=X1.y, k=X1.k, x=X1.x, s=X1.stuck, w=X1.w
    }
  }
}
";

/// What is drawn depends on seed, draw, path and purpose alone: not on threads, not on other parts, not on the steps that were
/// taken or rejected.
#[test]
fn draws_depend_on_nothing_but_their_keys() {
    let table = |text: &str, threads: &str| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("test.cir");
        std::fs::write(&file, format!("a test\n{text}\n")).unwrap();
        let (output, out) = run_file(&file, folder.path(), &["--threads", threads]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let report: serde_json::Value =
            serde_json::from_slice(&std::fs::read(out.join("report.json")).unwrap()).unwrap();
        let rejected = report["experiments"][0]["stats"]["rejected"].as_u64().unwrap();
        (std::fs::read_to_string(out.join("many/table.csv")).unwrap(), rejected)
    };
    // All columns but w, which is integrated and not drawn.
    let drawn =
        |table: &str| -> Vec<String> { table.lines().map(|l| l.rsplit_once(',').unwrap().0.to_string()).collect() };
    let (one, rejected) = table(DRAWN, "1");
    assert_eq!(one.lines().count(), 17);
    assert!(rejected > 20, "{rejected}");
    assert_eq!(one, table(DRAWN, "2").0, "to the bit");

    let beside =
        DRAWN.replace("X1 a 0 cell\n", "V9 z 0 SIN(0 1 1meg)\nX0 z 0 cell\nX9 z b cell\nR9 b 0 1k\nX1 a 0 cell\n");
    let (beside, _) = table(&beside, "2");
    assert_eq!(drawn(&one), drawn(&beside));
    assert_ne!(one, beside, "other steps were taken");

    let (fine, more) = table(&DRAWN.replace(".smu in", ".options reltol=1e-5\n.smu in"), "2");
    assert_eq!(drawn(&one), drawn(&fine));
    assert!(one != fine && more != rejected, "other steps were taken and rejected");
}

/// States that jump or run into their bounds at rates far above what a step can follow land there, and the run goes on.
#[test]
fn steep_states_land_on_their_bounds() {
    let models = concat!(env!("CARGO_MANIFEST_DIR"), "/netlists/models");
    // 2.3 V are on the device when it forms: dx/dt is 1e15/s, and the charge of the lines takes it to gmax.
    let forming = format!(
        "
.include \"{models}/tio2.cir\"
Xd c r tio2 vf=2.3 gf=150u g0=0.6u gmin=0.1u
R1 a c 350
R2 b r 350
C1 c 0 20f
C2 r 0 20f
.smu a b edge=1u
.experiment one {{
  force b = 0
  ramp I(a) = 5u to 300u limit 4 in 5m
  wait 10u
  measure g = Xd.g
}}"
    );
    // Rates up to 1e11/s, into a bound and out of it again at every half period.
    let sweeps = format!(
        "
.include \"{models}/vteam.cir\"
.smu a
X1 a 0 vteam_simmons
.experiment loops {{
  sweep v in [0.5, 0.8, 1.2, 2] {{
    for k = 1:2 {{
      ramp a = 0 to v in 0.25m
      ramp a = v to -v in 0.5m
      ramp a = -v to 0 in 0.25m
    }}
    record x = X1.x
  }}
  assert all(x >= 0) and all(x <= 1)
}}"
    );
    for (text, said) in [(forming, "g  300u"), (sweeps, "4 rows")] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("test.cir");
        std::fs::write(&file, format!("a test\n{text}\n")).unwrap();
        let (output, _) = run_file(&file, folder.path(), &[]);
        let out = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && out.contains(said), "{out}{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Numbers that make no sense are refused before anything runs, each with its place.
#[test]
fn numbers_without_sense_are_refused() {
    let text = |body: &str| format!(".smu a\nRa a 0 1k\n.experiment e {{\n{body}\n}}");
    for (body, code) in [
        ("tran", "lab::tran"),
        ("tran 1u 2u 3u", "lab::analysis"),
        ("op 3", "lab::analysis"),
        ("ac dec 0 1 10", "lab::ac"),
        ("dc a 0 1 -1", "lab::dc"),
        ("montecarlo 2.5 { record x = 1 }", "lab::montecarlo-count"),
        ("montecarlo 0 { record x = 1 }", "lab::montecarlo-count"),
        ("montecarlo 2 seed -1 { record x = 1 }", "lab::seed"),
        ("histogram [1, 2] fit gauss", "lab::fit"),
        ("histogram [1, 2] bins 0", "lab::bins"),
        ("histogram [1, 2] bins 9:1", "lab::bins"),
        ("snapshot V(a) every 0", "lab::snapshot"),
        ("snapshot V(a) within -1", "value::tolerance"),
    ] {
        let (report, code_of_exit, said) = run(&text(body), &[]);
        assert_eq!(code_of_exit, 2, "{body}: {said}");
        let codes: Vec<&str> =
            report["diagnostics"].as_array().unwrap().iter().filter_map(|d| d["code"].as_str()).collect();
        assert_eq!(codes, [code], "{body}: {said}");
        assert!(said.contains("help:"), "{body}: {said}");
    }
}

/// A loop without a wait is told before the run, and stops when it is asked to.
#[cfg(unix)]
#[test]
fn a_loop_that_takes_no_time_can_be_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("test.cir");
    let text = "a test\n.smu a\nRa a 0 1k\n.signal s=0\n.experiment e {\nmeasure before = 1\nforever { s += 1 }\n}\n";
    std::fs::write(&file, text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_memspice"));
    command.arg("run").arg(&file).arg("-o").arg(folder.path().join("out")).env("NO_COLOR", "1");
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let child = command.spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(700));
    let killed = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let asked = std::time::Instant::now();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(asked.elapsed().as_secs_f64() < 3.0, "{:?}", asked.elapsed());
    assert!(said.contains("process::no-wait") && said.contains("value::interrupted"), "{said}");
    let report: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.path().join("out/report.json")).unwrap()).unwrap();
    assert_eq!((report["status"].as_str(), measure(&report, "e", "before")), (Some("interrupted"), 1.0));
}

/// What was left out is said, and how to run it.
#[test]
fn slow_experiments_left_out_are_named() {
    let slow = ".smu a\nRa a 0 1k\n.experiment e slow { measure m = 1 }\n.experiment g slow { measure m = 2 }";
    let (report, code, said) = run(slow, &[]);
    assert_eq!((code, report["status"].as_str()), (0, Some("passed")), "{said}");
    assert!(said.contains("nothing was run: e and g are slow") && said.contains("-e e"), "{said}");
    let (report, _, said) = run(slow, &["--slow"]);
    assert_eq!((measure(&report, "g", "m"), said.as_str()), (2.0, ""));
}

/// A net and a part of one name in an experiment, and a measure of the name of an instance.
#[test]
fn names_of_several_kinds() {
    let text = "
.smu r[0:3]
.for i = 0:3 { R[i] r[i] 0 1k }
.subckt s p
.param g=5
R1 p 0 1k
.ends
X1 r[0] s
.experiment e {
  for i = 0:3 { force r[i] = 1 }
  wait 1u
  measure x1 = X1.g, again = X1.g + 1, sum = sum(I(r[1:3]))
}";
    let (report, code, said) = run(text, &[]);
    assert_eq!(code, 0, "{said}");
    assert_eq!((measure(&report, "e", "x1"), measure(&report, "e", "again")), (5.0, 6.0));
    near(measure(&report, "e", "sum"), 3e-3, 1e-6);
}

/// ½·CV² goes into the capacitor and as much into the resistor that charges it; a whole array is asked through its path.
#[test]
fn energies_and_currents_of_parts() {
    let text = "
.options reltol=1e-6
.smu a
R1 a c 1k
C1 c 0 1n
.subckt row p n=2
.for j = 0:n-1 { Xc[j] p cell }
.ends
.subckt cell p
Rr p q 2k
Rs q 0 2k
.ends
.for i = 0:2 { X[i] a row n=2 }
.experiment e {
  force a = 1
  wait 100u
  measure r = E(R1), c = E(C1), cell = E(X[2].Xc[1].Rr), all = E(a)
  let j = 1
  measure one = I(X[j].Xc[j - 1].Rr), sum = sum(I(X[0].Xc[:].Rr)), pin = I(X[1].Xc[0].Rr.n), q = V(X[2].Xc[j].q)
  measure crossed = count(rise(E(C1) - 0.1n))
}";
    let (report, code, said) = run(text, &[]);
    assert_eq!(code, 0, "{said}");
    let of = |name: &str| measure(&report, "e", name);
    near(of("c"), 0.5e-9, 2e-3);
    near(of("r"), 0.5e-9, 2e-3);
    near(of("cell"), 100e-6 / 4e3 / 2.0, 1e-4);
    near(of("all"), 6.0 * 100e-6 / 4e3 + 1e-9, 1e-4);
    near(of("one"), 0.25e-3, 1e-9);
    near(of("sum"), 0.5e-3, 1e-9);
    near(of("pin"), -0.25e-3, 1e-9);
    near(of("q"), 0.5, 1e-9);
    assert_eq!(of("crossed"), 1.0);
}

/// A nanosecond lasts as long after a day, and after months, as at the beginning: energies are those of the first.
#[test]
fn edges_and_energies_do_not_depend_on_the_date() {
    let text = "
.smu a
Ra a 0 1k
.experiment e {
  sweep start in [1n, 1e3, 1e5, 1e7] {
    wait start
    force a = 0
    wait 10n
    let e = E(a)
    pulse a = 1 for 1n
    wait 10n
    record pulse = E(a) - e
  }
  measure least = min(pulse), most = max(pulse)
}";
    let (report, code, said) = run(text, &[]);
    assert_eq!(code, 0, "{said}");
    // 1 ns at 1 V and two edges of ⅓ ns at 1 kΩ
    near(measure(&report, "e", "least"), 5.0 / 3.0 * 1e-12, 1e-6);
    near(measure(&report, "e", "most"), 5.0 / 3.0 * 1e-12, 1e-6);
}

/// Before time has passed: the operating point is all of the past. Columns without rows, and measures not reached.
#[test]
fn what_has_not_happened_yet() {
    let text = "
.smu a
Ra a 0 1k
.experiment before {
  measure never = first(V(a) > 0.5) == inf, top = max(V(a), from=0), ups = count(rise(V(a) - 0.5))
}
.experiment rows {
  sweep v in [1, 2, 3] { if v > 5 { record y = v } }
  measure n = len(y)
}
.experiment late {
  if V(a) > 1 { measure z = 1 }
  measure k = z
}";
    let (report, code, said) = run(text, &[]);
    assert_eq!(code, 2, "{said}");
    let of = |e: &str, name: &str| measure(&report, e, name);
    assert_eq!(
        (of("before", "never"), of("before", "top"), of("before", "ups"), of("rows", "n")),
        (1.0, 0.0, 0.0, 0.0)
    );
    assert!(said.contains("lab::unreached") && said.contains("the measure z has no value yet"), "{said}");
}

/// Two spellings of one name are noted.
#[test]
fn names_that_differ_by_case_are_one() {
    let text = ".smu a\nRa a 0 1k\n.experiment e {\nlet S = 1\nfor s = 1:3 { let k = s }\nmeasure S\n}";
    let (_, code, said) = run(text, &[]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("process::case") && said.contains("'S' and 's' are one variable"), "{said}");
}

/// Within the block of its `record` a name is what else has it, a signal, `time`, a parameter; behind it the column.
#[test]
fn columns_under_way_hide_nothing() {
    let text = "
.signal pulses=0
.param digit=[7, 8, 9]
.smu in
R1 in 0 1k
.experiment ledger {
  for i = 1:4 {
    pulses += 1
    wait 1u
    par {
      record pulses, twice = 2*pulses, time, t = time
      wait 1n
    }
  }
  measure mean = mean(pulses), same = all(time == t), double = all(twice == 2*pulses)
}
.experiment parameter {
  for p = 0:2 {
    let d = digit[p]
    record p, digit = d + 1
  }
  measure last = digit[2]
}
.experiment point {
  sweep k in [1, 2, 3] {
    pulses = k
    record pulses
    pulses += 10
    measure now = pulses
  }
  measure all = sum(pulses)
}";
    let (report, code, said) = run(text, &[]);
    assert_eq!(code, 0, "{said}");
    let of = |e: &str, name: &str| measure(&report, e, name);
    assert_eq!((of("ledger", "mean"), of("ledger", "same"), of("ledger", "double")), (2.5, 1.0, 1.0));
    assert_eq!((of("parameter", "last"), of("point", "now"), of("point", "all")), (10.0, 13.0, 6.0));
    // A column that holds something else than the parameter of its name is noted, once.
    assert_eq!(said.matches("process::column-name").count(), 1, "{said}");
}

/// Every point of a sweep has a file of its own, and what is saved takes no file that is there.
#[test]
fn saves_of_a_sweep() {
    let folder = tempfile::tempdir().unwrap();
    let text = "a test\nR1 a 0 1k\n.experiment e {\nmontecarlo 3 seed 1 {\nsave [run, 2*run] to \"g.npy\"\nrecord k = run\n}\nsave [1, 2] to \"table.csv\"\n}\n";
    let file = folder.path().join("test.cir");
    std::fs::write(&file, text).unwrap();
    let (output, out) = run_file(&file, folder.path(), &[]);
    assert!(output.status.success());
    for (k, name) in ["g.npy", "g-2.npy", "g-3.npy"].into_iter().enumerate() {
        let bytes = std::fs::read(out.join("e").join(name)).unwrap();
        let last = f64::from_le_bytes(bytes[bytes.len() - 8..].try_into().unwrap());
        assert_eq!(last, 2.0 * k as f64);
    }
    assert!(std::fs::read_to_string(out.join("e/table.csv")).unwrap().starts_with("run,k"));
    assert!(out.join("e/table-2.csv").exists());
}

/// Pictures drawn in a loop are told apart by its variable.
#[test]
fn pictures_of_a_loop() {
    let folder = tempfile::tempdir().unwrap();
    let text = "a test\n.smu a[0:1]\n.for i = 0:1 { Ra[i] a[i] 0 1k }\n.experiment e {\nlet maps = zeros(3, 2, 2)\nfor c = 0:2 { plot heatmap(maps[c,:,:]) }\nforce a[:] = 1\nwait 1n\nfor k = 0:1 { plot V(a[k]) }\n}\n";
    let file = folder.path().join("test.cir");
    std::fs::write(&file, text).unwrap();
    let (output, out) = run_file(&file, folder.path(), &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let picture = std::fs::read_to_string(out.join("e/plot.svg")).unwrap();
    for c in 0..3 {
        assert!(picture.contains(&format!("maps[{c}, :, :]")), "{c}");
    }
    let curves = std::fs::read_to_string(out.join("e/plot-2.csv")).unwrap();
    assert!(curves.starts_with("time,V(a[0]),V(a[1])"), "{}", curves.lines().next().unwrap());
}

/// Without `at=`, `by=` is nothing to draw by.
#[test]
fn draws_by_a_column_want_a_place() {
    let (_, code, said) = run("R1 a 0 1\n.experiment e { measure draw([1, 2], by=[0, 1]) }", &[]);
    assert!(code == 2 && said.contains("draw( ) takes by= and at= together"), "{said}");
}

/// A source in an experiment is as exact three days after its beginning: 1 ns at 1 V with edges of 1 ns, every millisecond.
#[test]
fn pulses_do_not_depend_on_the_date() {
    let once = |delay: f64| {
        let text = format!(
            "V1 p 0 PULSE(0 1 {delay:e} 1n 1n 1n 1m 3)\nR1 p 0 1k\n.smu b\nR3 b 0 1k\n.experiment e {{\nwait {delay:e}\nlet e = E(R1)\nwait 2u\nmeasure pulse = E(R1) - e\n}}"
        );
        let (report, code, said) = run(&text, &[]);
        assert_eq!(code, 0, "{said}");
        measure(&report, "e", "pulse")
    };
    // Two edges of ⅓ ns and 1 ns, at 1 mW
    for delay in [1e-3, 1e3, 3e5] {
        near(once(delay), 5.0 / 3.0 * 1e-12, 1e-6);
    }
}

/// A bar for each group, under its number.
#[test]
fn bars_of_groups() {
    let folder = tempfile::tempdir().unwrap();
    let text = "a test\n.smu a\nRa a 0 1k\n.experiment e {\nsweep v in [1, 2], n in [3, 5] {\nlet k = v*n\nrecord k\n}\nplot bars(mean(k, by=v)) vs v, bars([4, 5, 6])\nplot bars(V(a))\n}\n";
    let file = folder.path().join("test.cir");
    std::fs::write(&file, text).unwrap();
    let (output, out) = run_file(&file, folder.path(), &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let picture = std::fs::read_to_string(out.join("e/plot.svg")).unwrap();
    assert!(picture.contains("mean(k, by=v)") && picture.contains("[4, 5, 6]"), "{picture}");
    assert!(out.join("e/plot-2.svg").exists());
}

/// A signal that is measured under its own name goes on being the signal, as `time` does.
#[test]
fn what_measures_itself_stays_what_it_is() {
    let text = "
.signal pulses=0
.smu in
R1 in 0 1k
.experiment e {
  pulses = 1
  measure pulses, time
  pulses = 5
  wait until time > 2u timeout 20u
  pulses += 1
  measure after = pulses, t = time
}";
    let (report, code, said) = run(text, &[]);
    assert_eq!(code, 0, "{said}");
    let of = |name: &str| measure(&report, "e", name);
    assert_eq!((of("pulses"), of("time"), of("after")), (1.0, 0.0, 6.0));
    near(of("t"), 2e-6, 1e-3);
}

/// Before its `record` a column is read by mistake; in a loop it may have rows.
#[test]
fn a_column_read_too_early() {
    let early = "R1 a 0 1k\n.experiment e {\nassert all(w > 100)\nrecord w = 1\n}";
    let (_, code, said) = run(early, &[]);
    assert!(code == 2 && said.contains("lab::unreached") && said.contains("the column w has no rows yet"), "{said}");
    let running = "R1 a 0 1k\n.experiment e {\nrepeat n until len(w) > 3 max 10 { record w = n }\nmeasure n\n}";
    let (report, code, said) = run(running, &[]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(measure(&report, "e", "n"), 4.0);
}

/// A protocol where no time passes, a compliance of nothing.
#[test]
fn calls_and_limits_out_of_place() {
    let text =
        ".smu a\nR1 a 0 1k\n.protocol read() -> v { v = V(a) }\n.experiment e { wait until read() > 1 timeout 1u }";
    let (_, code, said) = run(text, &[]);
    assert!(code == 2 && said.contains("process::call-place") && said.contains("let x = read("), "{said}");
    let (_, code, said) = run(".smu a\nR1 a 0 1k\n.experiment e { force a = 1 limit 0 }", &[]);
    assert!(code == 2 && said.contains("process::limit"), "{said}");
}

/// `.func`s of a subcircuit are those of its protocols, with its own parameters; they hide those outside.
#[test]
fn functions_of_a_subcircuit() {
    let text = "
.param scale=5
.func twice(x) = 1000*x
.func outer(x) = x + scale
.subckt cell a gain=2
.func twice(x) = gain*x
.func thrice(x) -> y { y = 3*twice(x)/gain + outer(0) - scale }
.func now() = V(a)
.smu a
R1 a 0 1k
.protocol dbl(x) -> y { y = twice(x) }
.protocol tri(x) -> y { y = thrice(x) }
.protocol seen(x) -> y {
  force a = x
  wait 10n
  y = now()
}
.ends
X1 a cell
X2 b cell gain=4
.experiment e {
  measure one = X1.dbl(4), two = X2.dbl(4), tri = X2.tri(4), top = twice(1), v = X2.seen(0.5)
}";
    let (report, code, said) = run(text, &[]);
    assert_eq!(code, 0, "{said}");
    let of = |name: &str| measure(&report, "e", name);
    assert_eq!((of("one"), of("two"), of("tri"), of("top"), of("v")), (8.0, 16.0, 12.0, 1000.0, 0.5));
}

/// A parameter that follows a signal keeps the spread of its draw; where it leaves its range, what comes next says so.
#[test]
fn followed_parameters_vary_and_stay_in_range() {
    let device = "
.device mem (a b) {
  param G=1m in 0:1
  I(a,b) = g*V(a,b)
}
.signal k=1
.smu p
X1 p 0 mem g={1m*k}
";
    let (report, code, said) = run(
        &format!(
            "{device}
.variation mem {{ device g ~ lognormal(10%) }}
.experiment mc {{
  montecarlo 4 {{
    force p = 1
    wait 10n
    let before = I(p)
    k = 2
    wait 10n
    record before, share = I(p)/before
  }}
  measure off = max(abs(share - 2)), spread = max(before) - min(before)
}}"
        ),
        &[],
    );
    assert_eq!(code, 0, "{said}");
    assert!(measure(&report, "mc", "off") < 1e-9 && measure(&report, "mc", "spread") > 1e-6, "{said}");
    let (_, code, said) = run(&format!("{device}\n.experiment e {{\n force p = 1\n k = 5000\n settle\n}}"), &[]);
    assert!(code == 3 && said.contains("X1.g = 5 lies outside 0 … 1"), "{said}");
}

/// The values of an inner variable of a sweep may be made of those of an outer one.
#[test]
fn lists_of_a_sweep_follow_its_outer_variables() {
    let text = format!(
        "{RC}
.experiment e {{
  sweep v in [1, 2], u in [v, 2*v], k = 0:u {{ record w = u + v }}
  measure rows = len(w), last = w[12], sum = sum(w)
}}
.experiment none {{
  sweep v in [], u in [v] {{ record w = u }}
  measure rows = len(w)
}}"
    );
    let (report, code, said) = run(&text, &[]);
    assert_eq!(code, 0, "{said}");
    // v = 1: 2·2 + 3·3, v = 2: 3·4 + 5·6
    let found = ["rows", "last", "sum"].map(|name| measure(&report, "e", name));
    assert_eq!(found, [13.0, 6.0, 55.0]);
    assert_eq!(measure(&report, "none", "rows"), 0.0);
}

//! `memspice test` and `memspice review` from outside, and snapshots of real transients.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use memspice::analysis::sink::{Column, Header, Row};
use memspice::lab::snapshot::{Mode, Outcome, Place, Seen, Taken, Verdict, Within, check};
use memspice::lab::wave::Wave;

/// A low pass of 1 µs behind pulses with edges of 1 ns on the grid of its snapshot.
const RC: &str = "low pass
.param r=1k
V1 in 0 PULSE(0 1 1u 1n 1n 2u 5u)
R1 in out {r}
C1 out 0 1n
.tran 10n 20u
";

fn memspice(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_memspice")).args(args).current_dir(dir).output().unwrap()
}

fn said(output: &Output) -> (i32, String) {
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code().unwrap_or(-1), text)
}

/// The transient of a netlist as `tran.csv` has it.
fn transient(netlist: &str, args: &[&str]) -> Wave {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("deck.cir"), netlist).unwrap();
    let output = memspice(dir.path(), &[&["run", "deck.cir", "-o", "out"], args].concat());
    assert_eq!(output.status.code(), Some(0), "{}", said(&output).1);
    let text = fs::read_to_string(dir.path().join("out/deck/tran.csv")).unwrap();
    let mut lines = text.lines();
    let column = |name: &str| {
        let unit = if name == "time" {
            "s"
        } else if name.starts_with('I') {
            "A"
        } else {
            "V"
        };
        Column { name: name.into(), unit: unit.to_string().into() }
    };
    let names: Vec<Column> = lines.next().unwrap().split(',').map(column).collect();
    let scale = Some(names[0].clone());
    let header = Header { analysis: "tran", steps: vec![], scale, columns: names[1..].to_vec(), complex: false };
    let mut wave = Wave::new(&header);
    for line in lines {
        let values: Vec<f64> = line.split(',').map(|v| v.parse().unwrap()).collect();
        wave.push(values[0], Row::Real(&values[1..]));
    }
    wave
}

fn taken(wave: Wave, percent: f64) -> Taken {
    Taken {
        text: format!("V(in), V(out), I(V1) every 500n within {percent}%"),
        line: 7,
        ordinal: 1,
        within: Within::Percent(percent),
        shift: 0.0,
        seen: vec![Seen::Waves { waves: vec![wave], every: Some(500e-9), edge: 1e-9 }],
    }
}

#[test]
fn a_transient_is_itself_whatever_steps_it_took_and_another_with_another_resistor() {
    let dir = tempfile::tempdir().unwrap();
    let (netlist, picture) = (dir.path().join("rc.cir"), dir.path().join("out/rc/snapshot.svg"));
    let compare = |wave: Wave, mode| -> Verdict {
        let place = Place { netlist: &netlist, experiment: "deck" };
        check(&taken(wave, 1.0), &place, mode, Some(&picture)).unwrap()
    };
    assert_eq!(compare(transient(RC, &[]), Mode::Accept).outcome, Outcome::Accepted);
    for options in [".options reltol=1e-5", ".options method=gear", ".options reltol=3e-3"] {
        let verdict = compare(transient(&format!("{RC}{options}\n"), &[]), Mode::Pending);
        assert_eq!(verdict.outcome, Outcome::Same, "{options}: {:?}", verdict.sentences);
    }
    // At t = τ a resistor of 2 % more is 0.7 % of a volt, one of 5 % more is 1.8 %.
    assert_eq!(compare(transient(RC, &["--param", "r=1.02k"]), Mode::Pending).outcome, Outcome::Same);
    let verdict = compare(transient(RC, &["--param", "r=1.05k"]), Mode::Pending);
    assert_eq!(verdict.outcome, Outcome::Changed);
    assert!(verdict.sentences.iter().any(|s| s.starts_with("V(out) is off by")), "{:?}", verdict.sentences);
    assert!(!verdict.sentences.iter().any(|s| s.starts_with("V(in)")), "{:?}", verdict.sentences);
    assert!(fs::read_to_string(picture).unwrap().contains("V(out) (mV)"));

    let file = fs::read_to_string(dir.path().join("snapshots/rc__deck.snap")).unwrap();
    let edge = file.lines().find(|l| l.trim_start().starts_with("1 ")).unwrap();
    assert!(edge.contains("0..1"), "the edge of the source at 1 µs is a range: {file}");

    let review = said(&memspice(dir.path(), &["review"]));
    assert_eq!(review.0, 1, "{}", review.1);
    for text in ["changed  snapshots/rc__deck.snap   rc.cir:7   V(in), V(out)", "V(out) is off by", "1 snapshot waits"]
    {
        assert!(review.1.contains(text), "{text}: {}", review.1);
    }
    fs::remove_file(dir.path().join("snapshots/rc__deck.snap.new")).unwrap();
    assert_eq!(said(&memspice(dir.path(), &["review"])), (0, "no snapshots to review\n".into()));
}

#[test]
fn netlists_are_found_and_run() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        fs::create_dir_all(dir.path().join(name).parent().unwrap()).unwrap();
        fs::write(dir.path().join(name), text).unwrap();
    };
    write("a/rc.cir", RC);
    write("a/b/divider.cir", "divider\nV1 a 0 2\nR1 a b 1k\nR2 b 0 1k\n.op\n");
    write("a/library.cir", "parts\n.subckt load a b\nR1 a b 1k\n.ends\n");
    let (code, text) = said(&memspice(dir.path(), &["test", "a"]));
    assert_eq!(code, 0, "{text}");
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines[0].starts_with("ok        a/b/divider.cir deck") && lines[1].starts_with("ok        a/rc.cir deck"),
        "{text}"
    );
    assert!(text.contains("2 experiments: 2 ok in ") && !text.contains('\x1b'), "{text}");
    assert!(dir.path().join("out/test/a/rc/report.json").exists());

    let (code, text) = said(&memspice(dir.path(), &["test", "--quiet", "a"]));
    assert!(code == 0 && text.starts_with("\n2 experiments"), "{text}");
    write("a/wrong.cir", "wrong\nR1 a 0 1k\nR2 a b\n.op\n");
    let (code, text) = said(&memspice(dir.path(), &["test", "a"]));
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("error     a/wrong.cir") && text.contains("2 ok, 1 netlist is wrong"), "{text}");
    let (code, text) = said(&memspice(dir.path(), &["test", "a/library.cir"]));
    assert!(code == 2 && text.contains("nothing to test"), "{text}");
    let (code, text) = said(&memspice(dir.path(), &["test", "nowhere"]));
    assert!(code == 2 && text.contains("nowhere"), "{text}");
}

/// A step on an RC of 1 µs, at two capacitors too; a slow experiment.
const STEPS: &str = "low pass
.param r=1k c=1n
.smu in
R1 in out {r}
C1 out 0 {c}
.experiment step {
  force in = 1
  tran 5u
  measure final = V(out)
  snapshot V(out), final every 100n within 1%
}
.experiment capacitors {
  sweep c in [1n, 2n] {
    force in = 1
    tran 1u
    record v = V(out)
    snapshot V(out) every 200n within 1%
  }
  snapshot table within 0.5%
}
.experiment long slow {
  tran 1
}
";

#[test]
fn an_experiment_is_new_accepted_and_changed() {
    let dir = tempfile::tempdir().unwrap();
    let there = |name: &str| dir.path().join(name).exists();
    let test = |args: &[&str]| said(&memspice(dir.path(), &[&["test", "rc.cir"], args].concat()));
    fs::write(dir.path().join("rc.cir"), STEPS).unwrap();
    let (code, text) = test(&[]);
    assert_eq!(code, 1, "{text}");
    for line in [
        "new       rc.cir step",
        "snapshot V(out), final every 1e-07 within 1%   rc.cir:10   new",
        "2 experiments: 2 new in",
        "; 1 slow one left out",
        "3 new snapshots wait",
    ] {
        let line = line.replace("1e-07", "100n");
        assert!(text.contains(&line) || text.contains(&line.replace("100n", "1e-7")), "{line}: {text}");
    }
    let (code, text) = test(&["--accept"]);
    assert!(code == 0 && text.contains("2 experiments: 2 accepted"), "{text}");
    for file in ["step", "capacitors", "capacitors-2"] {
        assert!(
            there(&format!("snapshots/rc__{file}.snap")) && !there(&format!("snapshots/rc__{file}.snap.new")),
            "{file}"
        );
    }
    // 1 - 1/e and 1 - 1/√e after 1 µs
    let swept = fs::read_to_string(dir.path().join("snapshots/rc__capacitors.snap")).unwrap();
    assert!(swept.contains("[waves by c, time]"), "{swept}");
    let table = fs::read_to_string(dir.path().join("snapshots/rc__capacitors-2.snap")).unwrap();
    assert!(table.contains("[table by c]") && table.contains("0.63") && table.contains("0.39"), "{table}");
    let (code, text) = test(&[]);
    assert!(code == 0 && text.contains("2 experiments: 2 ok"), "{text}");

    // Other parameters from outside are compared, and are no news.
    let (code, text) = said(&memspice(dir.path(), &["run", "rc.cir", "-e", "step", "--param", "r=1.05k"]));
    assert!(code == 1 && text.contains("a snapshot differs: V(out) is off by 1."), "{text}");
    let report = fs::read_to_string(dir.path().join("out/rc/report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let step = &report["experiments"][0];
    assert_eq!((&step["status"], &step["snapshots"][0]["passed"]), (&"failed".into(), &false.into()));
    assert_eq!(step["plots"], serde_json::json!(["step/snapshot.svg"]));
    assert!(there("out/rc/step/snapshot.svg") && !there("snapshots/rc__step.snap.new"));

    fs::write(dir.path().join("rc.cir"), STEPS.replace("r=1k", "r=1.05k")).unwrap();
    let (code, text) = test(&[]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("changed   rc.cir step") && text.contains("out/test/rc/step/snapshot.svg"), "{text}");
    assert!(there("out/test/rc/step/snapshot.svg") && there("snapshots/rc__step.snap.new"));
    let (code, text) = said(&memspice(dir.path(), &["review"]));
    assert!(code == 1 && text.contains("changed  snapshots/rc__step.snap   rc.cir:10"), "{text}");
    assert_eq!(test(&["--accept"]).0, 0);
    assert_eq!(test(&[]).0, 0);
    assert!(!there("snapshots/rc__step.snap.new"));
}

#[test]
fn an_oscillator_may_start_late_where_the_statement_allows_it() {
    // Its period is 1.39 µs, so that 330 ns are a quarter of it.
    let netlist = |start: &str, shift: &str| {
        format!(
            "relaxation oscillator
.smu sup
R1 sup c 1k
C1 c 0 1n
.always relax {{
  wait {start}
  forever {{
    force sup = 1
    wait until V(c) > 2/3 timeout 1m
    force sup = 0
    wait until V(c) < 1/3 timeout 1m
  }}
}}
.experiment beat {{
  tran 20u
  snapshot V(c) every 100n within 2%{shift}
}}
"
        )
    };
    let dir = tempfile::tempdir().unwrap();
    let test = |text: String, args: &[&str]| {
        fs::write(dir.path().join("osc.cir"), text).unwrap();
        said(&memspice(dir.path(), &[&["test", "osc.cir"], args].concat()))
    };
    for (shift, code) in [(" shift 3u", 0), ("", 1)] {
        assert_eq!(test(netlist("100n", shift), &["--accept"]).0, 0);
        assert_eq!(test(netlist("100n", shift), &[]).0, 0);
        let (found, text) = test(netlist("430n", shift), &[]);
        assert_eq!(found, code, "{shift}: {text}");
    }
}

/// Nothing to compare with is not agreement; what is no number is kept and found again.
#[test]
fn a_new_snapshot_is_not_called_one_that_agrees() {
    let dir = tempfile::tempdir().unwrap();
    let netlist = "a test
.smu a
R1 a 0 1k
.experiment e {
  measure k = 0/0, one = 1
  snapshot k, one
}
";
    fs::write(dir.path().join("t.cir"), netlist).unwrap();
    let of = |args: &[&str]| said(&memspice(dir.path(), args));
    let (code, text) = of(&["run", "t.cir", "-o", "out"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("1 snapshot is new, not compared; `memspice test --accept` keeps it"), "{text}");
    assert!(!text.contains("agree"), "{text}");
    assert_eq!(of(&["test", "t.cir", "--accept"]).0, 0);
    let (code, text) = of(&["test", "t.cir"]);
    assert_eq!(code, 0, "{text}");
    let (_, text) = of(&["run", "t.cir", "-o", "out"]);
    assert!(text.contains("1 of 1 snapshots agree"), "{text}");
    fs::write(dir.path().join("t.cir"), netlist.replace("0/0", "1")).unwrap();
    assert_eq!(of(&["test", "t.cir"]).0, 1);
}

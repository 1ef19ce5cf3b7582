//! Netlists that mean harm: each ends in time, with a report that says where and what to do, and what it had computed.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What a run of a netlist said, and its exit code; it must end within a minute without a panic.
fn run(text: &str) -> (String, i32) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_memspice"));
    command.args(["run", "-", "-o"]).arg(folder.path().join("out")).env("NO_COLOR", "1");
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let begun = Instant::now();
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(format!("a test\n{text}\n").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(begun.elapsed() < Duration::from_secs(60), "it took {:?}", begun.elapsed());
    assert!(!said.contains("panicked"), "{said}");
    assert!(folder.path().join("out/report.json").exists(), "{said}");
    (said, output.status.code().unwrap_or(-1))
}

/// The netlist ends with this code, and says this.
fn ends(text: &str, code: i32, words: &[&str]) {
    let (said, exit) = run(text);
    for word in words {
        assert!(said.contains(word), "not a word of {word}: {said}");
    }
    assert_eq!(exit, code, "{said}");
}

const LOAD: &str = ".smu in\nR1 in m 1k\nC1 m 0 1n\n";

#[test]
fn zero_delay_loops() {
    let two = ".signal a=0 b=0\n.always one {\n wait until a == b\n a = 1 - b\n}\n.always two {\n wait until a != b\n b = a\n}";
    ends(&format!("{LOAD}{two}\n.experiment e {{ wait 1m }}"), 2, &["process::zero-delay-loop", "a == b", "a != b"]);
    // Through the circuit: a comparator without hysteresis or edges that contradicts itself.
    let loops = "X1 0 out out comparator rise=0 fall=0 vos=0.1\nR2 out 0 1k";
    ends(&format!("{LOAD}{loops}\n.experiment e {{ wait 1m }}"), 3, &["run::no-advance", "X1"]);
}

/// Copies of one `.always` write one signal at one instant.
#[test]
fn copies_that_fight() {
    let text = ".signal bus=0\n.subckt node x\nR1 x 0 1k\n.always talk {\n wait 1u\n bus = bus + 1\n}\n.ends\nX1 in node\nX2 in node";
    ends(&format!("{LOAD}{text}\n.experiment e {{ wait 1m }}"), 2, &["process::two-writers", "'bus'"]);
}

/// Both count: they share what is around them.
#[test]
fn branches_that_add() {
    let text = "let x = 0\npar {\n{ wait 1u\nx += 10 }\n{ wait 1u\nx += 10 }\n}\nassert x == 20";
    let (_, code) = run(&format!("{LOAD}.experiment e {{\n{text}\n}}"));
    assert_eq!(code, 0);
    let (_, code) = run(&format!(
        "{LOAD}.experiment e {{\nlet x = zeros(2)\npar {{\nx[0] = 1\nx[1] = 2\n}}\nassert sum(x) == 3\n}}"
    ));
    assert_eq!(code, 0);
}

#[test]
fn arguments_units_and_shapes() {
    let text = ".smu d[0:3]\n.for i = 0:3 { Rd[i] d[i] 0 1k }\n.protocol p(a, b) -> r { r = a*b }
.experiment e {\nlet x = p(1)\nlet y = p(1, 2, 3)\nforce m = 1\nforce d[:] = [1, 2, 3]\nforce d[4] = 1\nforce dd[0] = 1\n}";
    let places =
        ["p needs its argument 'b'", "p takes 2 arguments, not 3", "process::no-smu", "process::shape", "no place 4"];
    ends(&format!("{LOAD}{text}"), 2, &places);
}

#[test]
fn recursion() {
    let protocols = ".protocol a(n) -> r { r = b(n + 1) }\n.protocol b(n) -> r { r = a(n + 1) }\n.experiment e { measure x = a(0) }";
    ends(&format!("{LOAD}{protocols}"), 2, &["process::too-deep"]);
    // Each branch of a map would begin two of its own.
    let maps = ".protocol p(x) -> r { r = sum(map(p, [x, x])) }\n.experiment e { measure x = p(1) }";
    ends(&format!("{LOAD}{maps}"), 2, &["process::too-deep", "map itself"]);
    let blocks = ".func g(n) -> r { r = g(n + 1) }\n.experiment e { measure x = g(0) }";
    ends(&format!("{LOAD}{blocks}"), 2, &["value::too-deep"]);
    let each = ".experiment x { measure m = y.m }\n.experiment y { measure m = x.m }";
    let (said, code) = run(&format!("{LOAD}{each}"));
    assert!(code == 2 && said.contains("x") && said.contains("help"), "{said}");
}

#[test]
fn huge_numbers() {
    let one = |body: &str, code: &str| ends(&format!("{LOAD}.experiment e {{\n{body}\n}}"), 2, &[code]);
    one("let x = zeros(1e9)", "too long");
    one("sweep k in arange(1e12) { record k }", "value::array-too-big");
    one("let x = outer(ones(100000), ones(100000))", "value::array-too-big");
    one("montecarlo 1e12 seed 1 { record V(m) }", "lab::montecarlo-count");
    one("repeat n until n > 2 max 1.5 { wait 1u }", "process::passes");
}

/// A loop without an end, and a map without one, are over soon after Ctrl-C.
#[cfg(unix)]
#[test]
fn work_without_an_end_is_interrupted() {
    let map = ".protocol p(x) -> r {\nforce in = x\nwait 1n\nr = I(in)\n}\n.experiment e { measure x = sum(map(p, arange(3e6))) }";
    for text in [map, ".experiment e {\nlet n = 0\nfor i = 0:1e12 { n = n + 1 }\n}"] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("t.cir"), format!("a test\n{LOAD}{text}\n")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_memspice"));
        command.current_dir(&folder).args(["run", "t.cir"]).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let begun = Instant::now();
        while !folder.path().join("out/t").exists() && begun.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(20));
        }
        std::thread::sleep(Duration::from_secs(3));
        let told = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
        assert!(told.success());
        let begun = Instant::now();
        while child.try_wait().unwrap().is_none() {
            if begun.elapsed() > Duration::from_secs(30) {
                child.kill().unwrap();
                panic!("it goes on: {text}");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        assert_eq!(child.wait().unwrap().code(), Some(130));
        assert!(folder.path().join("out/t/report.json").exists());
    }
}

#[test]
fn waits_that_never_end() {
    for wait in ["wait until V(m) > 2", "wait until V(m) > V(m) + 1", "wait until time < 0"] {
        ends(&format!("{LOAD}.experiment e {{\nforce in = 1\n{wait}\n}}"), 2, &["process::stuck", wait, "timeout"]);
    }
    let two = ".signal a=0 b=0\n.always one {\nwait until b\na = 1\n}\n.always two {\nwait until a\nb = 1\n}";
    ends(&format!("{LOAD}{two}\n.experiment e {{ wait until a }}"), 2, &["process::stuck", "wait until a"]);
}

#[test]
fn data_that_are_not_there_or_cut() {
    let text =
        ".param w=csv(\"weights/w1.csv\")\n.param img=idx(\"mnist/t10k-images-idx3-ubyte.gz\")[0]\nR2 m 0 {1k*w[0,0]}";
    let places = ["weights/w1.csv", "put it beside the netlist", "fetch it from"];
    ends(&format!("{LOAD}{text}\n.experiment e {{ measure img[0,0] }}"), 2, &places);
    // The head of an npy promises six numbers, and two are there.
    let folder = tempfile::tempdir().unwrap();
    let mut head = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }".to_string();
    head.extend(std::iter::repeat_n(' ', 117 - head.len()).chain(['\n']));
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((head.len() as u16).to_le_bytes());
    bytes.extend(head.bytes());
    bytes.extend([1.0f64, 2.0].into_iter().flat_map(f64::to_le_bytes));
    std::fs::write(folder.path().join("cut.npy"), bytes).unwrap();
    let text = format!("a test\n{LOAD}.param g=npy(\"cut.npy\")\n.experiment e {{ measure g[0,0] }}\n");
    std::fs::write(folder.path().join("t.cir"), text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_memspice"));
    let output = command.current_dir(&folder).args(["run", "t.cir"]).env("NO_COLOR", "1").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && said.contains("cut short") && said.contains("[2, 3]"), "{said}");
}

/// Rows of other shapes are no rows of this table; those before stay, and the exit code is not 0.
#[test]
fn rows_that_differ() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("a test\n{LOAD}.experiment e {{\nfor n = 2:4 {{ record n, x = zeros(n > 3 ? 3 : 2) }}\n}}\n");
    std::fs::write(folder.path().join("t.cir"), text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_memspice"));
    let output = command.current_dir(&folder).args(["run", "t.cir"]).env("NO_COLOR", "1").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("lab::columns") && said.contains("shape [2]") && said.contains("shape [3]"), "{said}");
    let table = std::fs::read_to_string(folder.path().join("out/t/e/table.csv")).unwrap();
    assert_eq!(table.lines().count(), 3, "{table}");
}

/// What cannot be written is an error of the run.
#[test]
fn files_that_cannot_be_written() {
    ends(&format!("{LOAD}.experiment e {{\nsave [1, 2] to \"x.xyz\"\n}}"), 2, &["x.xyz", "neither csv nor npy"]);
    ends(&format!("{LOAD}.experiment e {{\nsave [1, 2] to \"../x.csv\"\n}}"), 3, &["x.csv", "cannot be written"]);
}

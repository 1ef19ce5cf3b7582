//! Hostile netlists: a report or a result, never a panic, never a hang, in bounded memory.
//!
//! Small sizes here; `MEMSPICE_FULL_SIZE=1` makes the long line 1 GB and the parameters a million.

use std::env;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What became of a netlist.
struct Ending {
    status: Option<i32>,
    said: String,
}

/// Runs a netlist in a folder of its own; fails when it takes longer than a minute.
fn run_bytes(netlist: &[u8]) -> Ending {
    run_in(tempfile::tempdir().expect("a folder").path(), "deck.cir", netlist)
}

fn run(netlist: &str) -> Ending {
    run_bytes(netlist.as_bytes())
}

fn run_in(folder: &Path, name: &str, netlist: &[u8]) -> Ending {
    fs::write(folder.join(name), netlist).expect("written");
    let log = folder.join("log");
    let file = fs::File::create(&log).expect("a log");
    let mut child = Command::new(env!("CARGO_BIN_EXE_memspice"))
        .current_dir(folder)
        .args(["run", name, "-o", "out"])
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .stdout(file.try_clone().expect("a log"))
        .stderr(file)
        .spawn()
        .expect("memspice");
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("a child") {
            break status;
        }
        if started.elapsed() > Duration::from_secs(60) {
            child.kill().expect("ended");
            panic!("a hang");
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let said = String::from_utf8_lossy(&fs::read(&log).expect("a log")).into_owned();
    assert!(!said.contains("panicked"), "{said}");
    assert!(status.code().is_some(), "killed by a signal: {said}");
    assert!(said.len() < 300_000, "{} bytes of report", said.len());
    Ending { status: status.code(), said }
}

impl Ending {
    /// The netlist is refused, with this code.
    fn refused(&self, code: &str) {
        assert_eq!(self.status, Some(2), "{}", self.said);
        assert!(self.said.contains(code), "{code} is missing in\n{}", self.said);
    }
}

fn full_size() -> bool {
    env::var_os("MEMSPICE_FULL_SIZE").is_some()
}

#[test]
fn binary_junk() {
    let junk: Vec<u8> = (0u32..50_000).map(|k| (k.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    run_bytes(&junk).refused("syntax::binary");
}

#[test]
fn junk_without_zero_bytes() {
    let junk: Vec<u8> = (0u32..50_000).map(|k| ((k.wrapping_mul(2_654_435_761) >> 13) as u8).max(1)).collect();
    assert_eq!(run_bytes(&junk).status, Some(2));
}

#[test]
fn printable_junk_on_many_lines() {
    let letters = b"RCLVMX.{}()[]'\"=+-*/ abc0159,;$\n";
    let junk: Vec<u8> =
        (0u32..100_000).map(|k| letters[(k.wrapping_mul(2_654_435_761) >> 16) as usize % letters.len()]).collect();
    assert_eq!(run_bytes(&junk).status, Some(2));
}

#[test]
fn a_very_long_line() {
    let length = if full_size() { 1 << 30 } else { 4 << 20 };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("long.inc");
    let mut file = std::io::BufWriter::new(fs::File::create(&path).expect("a file"));
    let piece = [b'a'; 4096];
    file.write_all(b"* a long line\nR1 a 0 {").expect("written");
    for _ in 0..length / piece.len() {
        file.write_all(&piece).expect("written");
    }
    file.write_all(b"}\n").expect("written");
    drop(file);
    let ending = run_in(folder.path(), "deck.cir", b"long\n.include \"long.inc\"\nV1 a 0 1\n.op\n.end\n");
    assert_eq!(ending.status, Some(2), "{}", ending.said);
}

#[test]
fn files_that_include_each_other() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("b.inc"), ".include \"c.inc\"\n").expect("written");
    fs::write(folder.path().join("c.inc"), ".include \"b.inc\"\n").expect("written");
    run_in(folder.path(), "a.cir", b"loop\n.include \"b.inc\"\n.op\n.end\n").refused("syntax::include-loop");
}

#[test]
fn a_file_that_is_missing() {
    run("missing\n.include \"nowhere.inc\"\n.op\n.end\n").refused("syntax::missing-file");
}

#[test]
fn parameters_that_are_no_numbers() {
    for value in ["{0/0}", "{1/0}", "{-1/0}", "{ln(0)}", "{sqrt(-1)}", "{1e308*10}", "{inf}"] {
        run(&format!("no number\nV1 a 0 1\nR1 a 0 {value}\n.op\n.end\n")).refused("elab::not-finite");
        let ending = run(&format!("no number\nV1 a 0 1\nR1 a 0 1k\n.tran 1n {value}\n.end\n"));
        assert_eq!(ending.status, Some(2), "{value}: {}", ending.said);
    }
}

#[test]
fn ten_thousand_nested_brackets() {
    for (open, close) in [("(", ")"), ("{", "}"), ("[", "]"), ("-(", ")"), ("abs(", ")"), ("r[", "]")] {
        let depth = 10_000;
        let value = format!("{}1{}", open.repeat(depth), close.repeat(depth));
        let ending = run(&format!("deep\nV1 a 0 1\nR1 a 0 {{{value}}}\n.op\n.end\n"));
        assert_eq!(ending.status, Some(2), "{open}: {}", ending.said);
    }
}

#[test]
fn long_chains_of_operators() {
    for link in ["+1", "*1", "^1", "-1", " and 1"] {
        let ending = run(&format!("long\nV1 a 0 1\nR1 a 0 {{1{}}}\n.op\n.end\n", link.repeat(20_000)));
        assert!(matches!(ending.status, Some(0 | 2)), "{link}: {}", ending.said);
    }
    let signs = "-".repeat(20_001);
    let ending = run(&format!("signs\nV1 a 0 1\nR1 a 0 {{{signs}1}}\n.op\n.end\n"));
    assert!(matches!(ending.status, Some(0 | 2)), "{}", ending.said);
}

#[test]
fn many_unused_parameters() {
    let count = if full_size() { 1_000_000 } else { 20_000 };
    let lines: String = (0..count).map(|k| format!(".param p{k}={{p{}+1}}\n", k + 1)).collect();
    let ending = run(&format!("many\n{lines}.param p{count}=1\nV1 a 0 1\nR1 a 0 1k\n.op\n.end\n"));
    assert_eq!(ending.status, Some(0), "{}", ending.said);
}

#[test]
fn functions_that_double_the_work() {
    let lines: String = (1..64).map(|k| format!(".func f{k}(x) {{f{}(x)+f{}(x)}}\n", k - 1, k - 1)).collect();
    let ending = run(&format!("doubling\n.func f0(x) {{x}}\n{lines}V1 a 0 1\nR1 a 0 {{f63(1)}}\n.op\n.end\n"));
    assert_eq!(ending.status, Some(2), "{}", ending.said);
}

#[test]
fn subcircuits_that_multiply() {
    let lines: String = (1..30).map(|k| format!(".subckt s{k} a\nX1 a s{}\nX2 a s{}\n.ends\n", k - 1, k - 1)).collect();
    let ending = run(&format!("doubling\n.subckt s0 a\nR1 a 0 1k\n.ends\n{lines}V1 a 0 1\nX1 a s29\n.op\n.end\n"));
    assert_eq!(ending.status, Some(2), "{}", ending.said);
}

#[test]
fn loops_without_end() {
    for bounds in ["0:1e12", "0:inf", "0:0/0", "1e12:0"] {
        let ending = run(&format!("loop\nV1 a 0 1\nR0 a 0 1k\n.for i = {bounds} {{ R[i] a 0 1k }}\n.op\n.end\n"));
        assert!(matches!(ending.status, Some(0 | 2)), "{bounds}: {}", ending.said);
    }
    let ending = run("bus\nV1 a 0 1\nX1 a[0:1e11] s\n.subckt s a\nR1 a 0 1k\n.ends\n.op\n.end\n");
    assert_eq!(ending.status, Some(2), "{}", ending.said);
}

#[test]
fn sweeps_without_end() {
    for card in [".dc V1 0 1 1e-30", ".dc V1 0 1e30 1", ".ac dec 1e12 1 1e9", ".step param p 0 1 1e-20\n.op"] {
        let ending = run(&format!("sweep\n.param p=1\nV1 a 0 AC 1\nR1 a 0 {{p+1k}}\n{card}\n.end\n"));
        assert_eq!(ending.status, Some(2), "{card}: {}", ending.said);
    }
}

#[test]
fn elements_that_run_away() {
    for netlist in [
        "V1 a 0 1\nR1 a b 1k\nC1 b 0 -1n\n.tran 1n 100n",
        "V1 a 0 PULSE(0 1 0 1n 1n 1u 2u)\nR1 a b -1k\nC1 b 0 1n\n.tran 10n 1u",
        "V1 a 0 PULSE(0 1 0 1n 1n 1u 2u)\nR1 a b 1k\nL1 b 0 -1u\n.tran 10n 1u",
        "V1 a 0 1\nR1 a b 1k\nB1 0 b I={exp(exp(V(b)))}\n.op",
        "V1 a 0 1\nR1 a b 1k\nB1 b 0 V={1/V(b)}\n.op",
        "V1 a 0 1\nR1 a b 1k\nB1 0 b I={sqrt(-V(a))}\n.op",
        "V1 a 0 1\nR1 a b 1k\nC1 b 0 q='exp(1000*V(b))'\n.tran 1n 100n",
        "V1 a 0 1e200\nD1 a 0 d\n.model d d\n.op",
    ] {
        let ending = run(&format!("runs away\n{netlist}\n.end\n"));
        assert!(matches!(ending.status, Some(0 | 2 | 3)), "{netlist}: {}", ending.said);
    }
}

#[test]
fn nothing_at_all() {
    for netlist in ["", "\n", "title", "title\n.end\n", "title\n.op\n", "title\n.tran 1n 1u\n.end\n"] {
        let ending = run(netlist);
        assert!(matches!(ending.status, Some(0 | 2)), "{netlist:?}: {}", ending.said);
    }
}

#[test]
fn a_quotient_by_zero_is_no_solution() {
    let ending = run("t\nV1 b 0 1\nR1 a 0 1k\nB1 a 0 I=1/(V(b)-1)\n.op\n.end\n");
    assert!(ending.status == Some(3) && ending.said.contains("run::not-finite"), "{}", ending.said);
}

//! The binary rawfile, byte by byte beside one that ngspice wrote of the same deck (`tests/rawfile/divider.raw`); with
//! `MEMSPICE_NGSPICE` set the ngspice on the path has to load ours.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One plot: the lines of its header as they stand there, and the bytes behind `Binary:`.
#[derive(Debug)]
struct Plot {
    head: Vec<String>,
    body: Vec<u8>,
}

impl Plot {
    fn field(&self, name: &str) -> &str {
        let line = self.head.iter().find_map(|l| l.strip_prefix(name)?.strip_prefix(": "));
        line.unwrap_or_else(|| panic!("no {name} in {:#?}", self.head)).trim_end()
    }

    fn count(&self, name: &str) -> usize {
        self.field(name).parse().expect("a number")
    }

    /// Index, name and type of each vector.
    fn vectors(&self) -> Vec<[&str; 3]> {
        let lines = self.head.iter().skip_while(|l| *l != "Variables:").skip(1);
        lines
            .map(|l| {
                let cells: Vec<&str> = l.strip_prefix('\t').expect("a tab").split('\t').collect();
                [cells[0], cells[1], cells[2]]
            })
            .collect()
    }

    /// Numbers of the body, eight bytes each, the least significant first.
    fn values(&self) -> Vec<f64> {
        self.body.as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b)).collect()
    }
}

/// Cuts a rawfile into plots by the counts in its headers, to the last byte.
fn plots(mut bytes: &[u8]) -> BTreeMap<String, Plot> {
    const BINARY: &[u8] = b"Binary:\n";
    let mut found = BTreeMap::new();
    while !bytes.is_empty() {
        let end = bytes.windows(BINARY.len()).position(|w| w == BINARY).expect("a plot has Binary:");
        let head = std::str::from_utf8(&bytes[..end]).expect("a header in ASCII").lines().map(str::to_string).collect();
        let mut plot = Plot { head, body: Vec::new() };
        let numbers = if plot.field("Flags") == "complex" { 2 } else { 1 };
        let size = 8 * numbers * plot.count("No. Variables") * plot.count("No. Points");
        let (body, rest) = bytes[end + BINARY.len()..].split_at(size);
        plot.body = body.to_vec();
        bytes = rest;
        found.insert(plot.field("Plotname").to_string(), plot);
    }
    found
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rawfile")
}

/// What memspice writes of the deck, into `out`.
fn written(out: &Path) -> PathBuf {
    let deck = folder().join("divider.cir");
    let run = Command::new(env!("CARGO_BIN_EXE_memspice"))
        .args(["run", "--format", "raw", "--quiet", "-o"])
        .arg(out)
        .arg(deck)
        .output()
        .expect("memspice");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    out.join("deck/deck.raw")
}

#[test]
fn a_rawfile_is_as_ngspice_writes_it() {
    let out = tempfile::tempdir().expect("a folder");
    let ours = plots(&fs::read(written(out.path())).expect("a rawfile"));
    let theirs = plots(&fs::read(folder().join("divider.raw")).expect("a rawfile"));
    assert_eq!(ours.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>());
    for (name, theirs) in &theirs {
        let ours = &ours[name];
        let keys = |plot: &Plot| -> Vec<String> {
            plot.head.iter().map(|l| l.split_once(':').map_or("", |(key, _)| key).to_string()).collect()
        };
        assert_eq!(keys(ours), keys(theirs), "{name}");
        // ngspice has its title in lower case.
        assert_eq!(ours.field("Title").to_lowercase(), theirs.field("Title"));
        assert_eq!(ours.field("Flags"), theirs.field("Flags"));
        // The same steps are not taken in time.
        if !name.starts_with("Transient") {
            assert_eq!(ours.count("No. Points"), theirs.count("No. Points"), "{name}");
        }
        for (ours, theirs) in ours.vectors().iter().zip(theirs.vectors()) {
            // A sweep is named after its source here, `v(v-sweep)` there.
            assert!(
                ours == &theirs || theirs[1] == "v(v-sweep)" && ours == &["0", "v1", "voltage"],
                "{ours:?} {theirs:?}"
            );
        }
        let (a, b) = (ours.values(), theirs.values());
        let width = a.len() / ours.count("No. Points");
        let last = |v: &[f64]| v[v.len() - width..].to_vec();
        let (a, b) = if name.starts_with("Transient") {
            ([&a[..width], &last(&a)].concat(), [&b[..width], &last(&b)].concat())
        } else {
            (a, b)
        };
        assert_eq!(a.len(), b.len(), "{name}");
        for (a, b) in a.iter().zip(&b) {
            assert!((a - b).abs() <= 1e-12 * b.abs() + 1e-100, "{name}: {a:e} instead of {b:e}");
        }
    }
}

#[test]
fn ngspice_loads_it() {
    if env::var_os("MEMSPICE_NGSPICE").is_none() {
        println!("skipped: set MEMSPICE_NGSPICE to load a rawfile with the ngspice on the path");
        return;
    }
    let out = tempfile::tempdir().expect("a folder");
    fs::copy(written(out.path()), out.path().join("ours.raw")).expect("copied");
    let script = "* load\n.control\nload ours.raw\n\
                  setplot op1\nlet rest = v(out)\n\
                  setplot dc1\nlet half = v(out)[2]\nlet swept = v1[2]\n\
                  setplot ac1\nlet f = real(frequency[2])\nlet re = real(v(out)[2])\nlet im = imag(v(out)[2])\n\
                  setplot tran1\nlet end = time[length(time)-1]\nlet amps = i(v1)[0]\n\
                  echo loaded $&op1.rest $&dc1.half $&dc1.swept $&ac1.f $&ac1.re $&ac1.im $&tran1.end $&tran1.amps\n\
                  quit\n.endc\n.end\n";
    fs::write(out.path().join("load.sp"), script).expect("written");
    let run = Command::new("ngspice").args(["-n", "-b", "load.sp"]).current_dir(out.path()).output().expect("ngspice");
    let said = String::from_utf8_lossy(&run.stdout);
    let line = said.lines().find_map(|l| l.strip_prefix("loaded ")).unwrap_or_else(|| panic!("{said}"));
    let got: Vec<f64> = line.split_whitespace().map(|w| w.parse().expect("a number")).collect();
    // 1/(2 + jωRC) at 100 kHz
    let x = std::f64::consts::TAU * 0.1;
    let want = [1.0, 0.5, 1.0, 1e5, 2.0 / (4.0 + x * x), -x / (4.0 + x * x), 2e-6, -1e-3];
    assert_eq!(got.len(), want.len(), "{said}");
    for (got, want) in got.iter().zip(want) {
        assert!((got - want).abs() <= 1e-5 * want.abs(), "{got} instead of {want}");
    }
}

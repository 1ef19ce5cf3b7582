//! A compat deck → what its comments say is compared, the copies that are run, and the rows of the table it covers.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Options of the copy without `.tran`; the same as in `make_references.py`.
pub const STATIC: &str = "reltol=1e-9 abstol=1e-16 vntol=1e-12 itl1=1000 itl2=1000";
/// Options of the copy with `.tran` alone, unless the deck's `tight:` line has its own.
pub const TRANSIENT: &str = "reltol=1e-6 abstol=1e-14 vntol=1e-9 chgtol=1e-16 itl4=100";

/// How the curves of one `compare:` line are held against the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Op,
    Dc,
    Ac,
    Wave,
    Oscillator,
    Meas,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Op => "op",
            Kind::Dc => "dc",
            Kind::Ac => "ac",
            Kind::Wave => "wave",
            Kind::Oscillator => "oscillator",
            Kind::Meas => "meas",
        }
    }

    /// The kind of a name that [`Kind::name`] gave.
    pub fn named(name: &str) -> Kind {
        let all = [Kind::Op, Kind::Dc, Kind::Ac, Kind::Wave, Kind::Oscillator, Kind::Meas];
        all.into_iter().find(|k| k.name() == name).expect("a kind")
    }

    pub fn analysis(self) -> &'static str {
        match self {
            Kind::Op => "op",
            Kind::Dc => "dc",
            Kind::Ac => "ac",
            Kind::Wave | Kind::Oscillator => "tran",
            Kind::Meas => "meas",
        }
    }

    pub fn is_static(self) -> bool {
        matches!(self, Kind::Op | Kind::Dc | Kind::Ac)
    }

    /// Largest deviation at equal tight settings.
    pub fn tolerance(self) -> f64 {
        if self.is_static() { 1e-6 } else { 1e-3 }
    }
}

/// `* compare: tran wave V(out) I(V1)`
#[derive(Clone, Debug)]
pub struct Compare {
    pub kind: Kind,
    pub signals: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct Deck {
    pub name: String,
    pub text: String,
    pub compares: Vec<Compare>,
    /// Largest step of the tight transient, seconds as written: `10n`.
    max_step: String,
    /// Options of the tight transient beside [`TRANSIENT`].
    own: String,
}

/// All decks of the folder, by name.
pub fn all() -> Vec<Deck> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compat");
    let mut decks: Vec<Deck> = fs::read_dir(folder)
        .expect("tests/compat")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "cir"))
        .map(Deck::read)
        .collect();
    decks.sort_by(|a, b| a.name.cmp(&b.name));
    decks
}

impl Deck {
    fn read(path: PathBuf) -> Deck {
        let text = fs::read_to_string(&path).expect("a deck");
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let mut compares = Vec::new();
        let (mut max_step, mut own) = (String::new(), String::new());
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("* compare: ") {
                let mut words = rest.split_whitespace();
                let kind = match words.next() {
                    Some("op") => Kind::Op,
                    Some("dc") => Kind::Dc,
                    Some("ac") => Kind::Ac,
                    Some("meas") => Kind::Meas,
                    Some("tran") if words.clone().next() == Some("oscillator") => Kind::Oscillator,
                    Some("tran") => Kind::Wave,
                    other => panic!("{name}: compare {other:?}"),
                };
                let skip = usize::from(kind.analysis() == "tran");
                compares.push(Compare { kind, signals: words.skip(skip).map(str::to_string).collect() });
            }
            if let Some(rest) = line.strip_prefix("* tight: max=") {
                let (step, options) = rest.split_once(' ').unwrap_or((rest, ""));
                (max_step, own) = (step.to_string(), options.to_string());
            }
        }
        assert!(!compares.is_empty(), "{name} compares nothing");
        Deck { name, text, compares, max_step, own }
    }

    pub fn has_static(&self) -> bool {
        self.compares.iter().any(|c| c.kind.is_static())
    }

    pub fn has_transient(&self) -> bool {
        self.compares.iter().any(|c| !c.kind.is_static())
    }

    /// The copy with `.op .dc .ac` alone.
    pub fn static_copy(&self, tight: bool) -> String {
        self.copy(&[".tran"], if tight { STATIC } else { "" }, None)
    }

    /// The copy with `.tran` and its measures alone.
    pub fn transient_copy(&self, tight: bool) -> String {
        let own: Vec<&str> = self.own.split_whitespace().collect();
        let key = |option: &str| option.split('=').next().unwrap_or("").to_string();
        let shared = TRANSIENT.split_whitespace().filter(|o| !own.iter().any(|p| key(p) == key(o)));
        let options: Vec<&str> = shared.chain(own.iter().copied()).collect();
        let options = if tight { options.join(" ") } else { String::new() };
        self.copy(&[".op", ".dc", ".ac"], &options, tight.then_some(self.max_step.as_str()))
    }

    fn copy(&self, drop: &[&str], options: &str, max_step: Option<&str>) -> String {
        let mut out: Vec<String> = Vec::new();
        for line in self.text.lines() {
            let lower = line.to_lowercase();
            let words: Vec<&str> = lower.split_whitespace().collect();
            let card = words.first().copied().unwrap_or("");
            if drop.contains(&card) || (card == ".meas" && drop.contains(&".tran")) {
                continue;
            }
            if card == ".end" {
                break;
            }
            match (card, max_step) {
                (".tran", Some(max)) => {
                    let uic = if words.last() == Some(&"uic") { " uic" } else { "" };
                    out.push(format!(".tran {} {} 0 {max}{uic}", words[1], words[2]));
                }
                _ => out.push(line.to_string()),
            }
        }
        if !options.is_empty() {
            out.push(format!(".options {options}"));
        }
        let wanted = |c: &&Compare| c.kind != Kind::Meas && c.kind.is_static() == drop.contains(&".tran");
        let signals: BTreeSet<&str> =
            self.compares.iter().filter(wanted).flat_map(|c| c.signals.iter().map(String::as_str)).collect();
        out.push(format!(".save {}", signals.into_iter().collect::<Vec<_>>().join(" ")));
        out.push(".end\n".to_string());
        out.join("\n")
    }

    /// `R op`, `M tran`, `POLY`, `.ic`: the rows of the table that this deck covers, read off its statements.
    pub fn rows(&self) -> BTreeSet<String> {
        let mut rows = BTreeSet::new();
        let analyses: BTreeSet<&str> =
            self.compares.iter().map(|c| c.kind.analysis()).filter(|a| *a != "meas").collect();
        let statements: Vec<String> =
            self.text.lines().skip(1).filter(|l| !l.starts_with('*')).map(str::to_uppercase).collect();
        for line in &statements {
            let letter = line.chars().next().unwrap_or(' ');
            if letter.is_ascii_alphabetic() {
                rows.extend(analyses.iter().map(|a| format!("{letter} {a}")));
            }
            for word in WAVES.iter().chain(&FORMS).filter(|w| line.contains(**w)) {
                rows.insert(word.trim_matches(['(', ')', '=', ' ']).to_string());
            }
            if let Some(card) = line.split_whitespace().next().filter(|w| w.starts_with('.')) {
                rows.insert(card.to_lowercase());
            }
            if line.starts_with('C') && (line.contains("C='") || line.contains("Q='")) {
                rows.insert("nonlinear C".to_string());
            }
            if line.starts_with(".SUBCKT") && line.contains('=') {
                rows.insert("subckt parameters".to_string());
            }
            if line.starts_with(".DC TEMP") {
                rows.insert("temperature sweep".to_string());
            }
            if line.starts_with(".DC") && line.split_whitespace().count() > 5 {
                rows.insert("nested sweep".to_string());
            }
            if line.starts_with(".TRAN") && line.ends_with("UIC") {
                rows.insert("UIC".to_string());
            }
            if line.starts_with(".AC") {
                rows.insert(line.split_whitespace().take(2).collect::<Vec<_>>().join(" ").to_lowercase());
            }
        }
        rows
    }
}

const WAVES: [&str; 6] = ["PULSE(", "SIN(", "EXP(", "PWL(", "SFFM(", "AM("];
const FORMS: [&str; 6] = ["POLY(", "VALUE=", "TABLE ", " IC=", " M=", "TIME)"];

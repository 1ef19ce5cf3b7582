//! What a `snapshot` statement saw → a verdict: compared with the file that is kept beside the netlist, within the
//! statement's tolerance. A new or changed one is written as `.snap.new` for `memspice review` or `cargo insta review`.
//!
//! `sample` puts waves on their grid, `text` and `front` make insta's file of sheets and `read` reads it,
//! `compare` finds what differs, `describe` and `picture` show it, `store` and `pending` know the files.

pub mod align;
pub mod compare;
pub mod describe;
pub mod front;
pub mod pending;
pub mod picture;
pub mod read;
pub mod sample;
pub mod sheet;
pub mod store;
pub mod text;
pub mod unit;
pub mod within;

use std::path::{Path, PathBuf};

pub use compare::Difference;
pub use sample::{Grid, GridError};
pub use sheet::{Column, Kind, Sheet};
pub use store::Stored;
pub use within::Within;

use super::report;
use super::wave::Wave;
use compare::{Shape, compare};
use front::Front;

/// What a statement saw, before it is put on a grid.
#[derive(Clone, Debug)]
pub enum Seen {
    /// Values, a table, an array, the rows of an operating point or a sweep
    Sheet(Sheet),
    /// Transients at their accepted points, one for each point of a sweep
    Waves {
        waves: Vec<Wave>,
        /// The grid, s; None chooses one of at least a hundred instants
        every: Option<f64>,
        /// The longest edge of sources that follow statements, s
        edge: f64,
    },
}

/// A `snapshot` statement and what it saw.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The statement without its first word: `V(out), table every 10u within 1%`
    pub text: String,
    /// Where it stands in the netlist, from 1
    pub line: usize,
    /// Among the snapshots of its experiment, from 1
    pub ordinal: usize,
    pub within: Within,
    /// The longest common shift in time that is removed from waves, s; 0 removes none
    pub shift: f64,
    pub seen: Vec<Seen>,
}

/// Whose snapshots they are.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    pub netlist: &'a Path,
    pub experiment: &'a str,
}

/// What is done about a snapshot that is new or differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Nothing
    Compare,
    /// It is written as `.snap.new`; one that does not differ removes the `.snap.new` of an earlier run.
    Pending,
    /// It is kept from now on.
    Accept,
}

/// How a comparison ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Same,
    /// Nothing is kept to compare it with.
    New,
    /// New or changed, and kept from now on
    Accepted,
    Changed,
}

/// What became of a snapshot.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    pub text: String,
    pub line: usize,
    /// The `.snap` file
    pub file: PathBuf,
    pub outcome: Outcome,
    pub difference: Difference,
    /// What differs, for people
    pub sentences: Vec<String>,
    /// The picture of the difference, where one was drawn
    pub picture: Option<PathBuf>,
    /// Files that could not be written, and why
    pub troubles: Vec<String>,
}

impl Verdict {
    /// Whether nothing contradicts what is kept; a new snapshot does not.
    pub fn passed(&self) -> bool {
        self.outcome != Outcome::Changed
    }

    /// As `report.json` has it.
    pub fn report(&self) -> report::Snapshot {
        report::Snapshot { text: self.text.clone(), passed: self.passed() }
    }
}

/// Compares what a statement saw with what is kept. Where it differs, both are drawn into the file `picture`.
pub fn check(taken: &Taken, place: &Place, mode: Mode, picture: Option<&Path>) -> Result<Verdict, GridError> {
    let file = store::path(place.netlist, place.experiment, taken.ordinal);
    let (kept, broken) = match Stored::load(&file) {
        Ok(kept) => (kept, None),
        Err(why) => (None, Some(why.to_string())),
    };
    let source = place.netlist.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (within, shift) = (taken.within, taken.shift);
    let front = Front { source, line: Some(taken.line), expression: taken.text.clone(), within, shift };
    let new = Stored { front, sheets: sheets(taken, kept.as_ref())? };
    // Read back, so that this run and a review see the same numbers.
    let text = new.write();
    let new = Stored::read(&text, &file).unwrap_or(new);

    let mut difference = Difference::default();
    let mut outcome = match (&kept, broken) {
        (Some(kept), _) => {
            difference = compare(&kept.sheets, &new.sheets, taken.within);
            if difference.is_none() { Outcome::Same } else { Outcome::Changed }
        }
        (None, None) => Outcome::New,
        (None, Some(why)) => {
            difference.shapes.push(Shape::Unreadable(why));
            Outcome::Changed
        }
    };
    let old = kept.map(|k| k.sheets).unwrap_or_default();
    let sentences = describe::sentences(&old, &new.sheets, &difference);
    let mut troubles = Vec::new();
    let drawn = picture.filter(|_| outcome == Outcome::Changed).and_then(|path| {
        let title = format!("{}: {}", place.experiment, taken.text);
        let svg = picture::svg(&title, &old, &new.sheets, &difference)?;
        let svg = svg.map_err(|e| e.to_string());
        let written = svg.and_then(|svg| store::write(path, &svg).map_err(|e| e.to_string()));
        written.map_err(|why| troubles.push(why)).is_ok().then(|| path.to_path_buf())
    });
    let differs = outcome != Outcome::Same;
    let done = match mode {
        Mode::Compare => Ok(()),
        Mode::Pending if differs => store::write(&store::pending(&file), &text),
        Mode::Accept if differs => {
            store::write(&store::pending(&file), &text).and_then(|()| store::accept(&file)).map(|()| {
                outcome = Outcome::Accepted;
            })
        }
        Mode::Pending | Mode::Accept => store::reject(&file),
    };
    troubles.extend(done.err().map(|e| e.to_string()));
    Ok(Verdict {
        text: taken.text.clone(),
        line: taken.line,
        file,
        outcome,
        difference,
        sentences,
        picture: drawn,
        troubles,
    })
}

/// What was seen, on its grid, shifted to what is kept where the statement allows it.
fn sheets(taken: &Taken, kept: Option<&Stored>) -> Result<Vec<Sheet>, GridError> {
    let over_time = |s: &&Sheet| s.kind == Kind::Waves && s.keys.last().is_some_and(|k| k.name == sample::TIME);
    let mut known = kept.iter().flat_map(|k| &k.sheets).filter(over_time);
    let mut one = |seen: &Seen| match seen {
        Seen::Sheet(sheet) => Ok(sheet.clone()),
        Seen::Waves { waves, every, edge } => {
            let span = |w: &Wave| w.scale.last().unwrap_or(&0.0) - w.scale.first().unwrap_or(&0.0);
            let every = every.unwrap_or_else(|| Grid::every_of(waves.iter().map(span).fold(0.0, f64::max)));
            let grid = Grid { every, edge: *edge, shift: taken.shift.max(0.0) };
            let shifts = known.next().map_or_else(Vec::new, |known| align::shifts(waves, &grid, known, taken.within));
            sample::sheet(waves, &grid, &shifts, taken.within)
        }
    };
    taken.seen.iter().map(&mut one).collect()
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;
    use std::fs;

    use super::*;
    use crate::lab::wave::tests::tran;

    /// The voltage of an RC of 1 µs after a step, with its resistor off by a share of `off`.
    fn rc(off: f64) -> Taken {
        let v = move |t: f64| 1.0 - (-t / (1e-6 * (1.0 + off))).exp();
        let wave = tran((0..=1000).map(|k| k as f64 * 5e-9), &[("V(out)", &v), ("V(in)", &|_| 1.0)]);
        taken(wave, 0.1e-6, 0.0)
    }

    fn taken(wave: Wave, every: f64, shift: f64) -> Taken {
        Taken {
            text: "V(out), V(in) every 100n within 1%".into(),
            line: 7,
            ordinal: 1,
            within: Within::Percent(1.0),
            shift,
            seen: vec![Seen::Waves { waves: vec![wave], every: Some(every), edge: 1e-9 }],
        }
    }

    struct Bench(tempfile::TempDir);

    impl Bench {
        fn new() -> Bench {
            Bench(tempfile::tempdir().unwrap())
        }

        fn check(&self, taken: &Taken, mode: Mode) -> Verdict {
            let netlist = self.0.path().join("rc.cir");
            let place = Place { netlist: &netlist, experiment: "step" };
            check(taken, &place, mode, Some(&self.0.path().join("out/step/snapshot.svg"))).unwrap()
        }

        fn there(&self, file: &str) -> bool {
            self.0.path().join(file).exists()
        }
    }

    const SNAP: &str = "snapshots/rc__step.snap";
    const NEW: &str = "snapshots/rc__step.snap.new";
    const SVG: &str = "out/step/snapshot.svg";

    #[test]
    fn new_accepted_same_changed() {
        let bench = Bench::new();
        let verdict = bench.check(&rc(0.0), Mode::Pending);
        assert_eq!((&verdict.outcome, verdict.passed()), (&Outcome::New, true));
        assert!(bench.there(NEW) && !bench.there(SNAP) && !bench.there(SVG));
        assert_eq!(bench.check(&rc(0.0), Mode::Accept).outcome, Outcome::Accepted);
        assert!(bench.there(SNAP) && !bench.there(NEW));

        // d/dτ of e^(-t/τ) is 1/e at t = τ: 2 % of τ are 0.74 % of the final value, 5 % are 1.8 %.
        assert_eq!(bench.check(&rc(0.02), Mode::Pending).outcome, Outcome::Same);
        let verdict = bench.check(&rc(0.05), Mode::Pending);
        assert_eq!((&verdict.outcome, verdict.passed()), (&Outcome::Changed, false));
        assert_eq!(verdict.report(), report::Snapshot { text: rc(0.0).text, passed: false });
        assert!(
            verdict.sentences[0].starts_with("V(out) is off by 1.8 tolerances of 9.93 mV"),
            "{:?}",
            verdict.sentences
        );
        assert!(verdict.sentences[0].contains("at time = 1 µs"), "{:?}", verdict.sentences);
        assert_eq!((verdict.sentences.len(), verdict.troubles.len()), (1, 0));
        assert!(bench.there(NEW) && bench.there(SVG) && verdict.picture.is_some());

        // As it was: what waited is out of date.
        assert_eq!(bench.check(&rc(0.0), Mode::Pending).outcome, Outcome::Same);
        assert!(!bench.there(NEW));
        assert_eq!(bench.check(&rc(0.05), Mode::Accept).outcome, Outcome::Accepted);
        assert_eq!(bench.check(&rc(0.05), Mode::Pending).outcome, Outcome::Same);
        assert_eq!(bench.check(&rc(0.0), Mode::Pending).outcome, Outcome::Changed);
    }

    #[test]
    fn comparing_alone_writes_no_snapshot() {
        let bench = Bench::new();
        assert_eq!(bench.check(&rc(0.0), Mode::Compare).outcome, Outcome::New);
        bench.check(&rc(0.0), Mode::Accept);
        assert_eq!(bench.check(&rc(0.5), Mode::Compare).outcome, Outcome::Changed);
        assert!(!bench.there(NEW) && bench.there(SVG));
    }

    #[test]
    fn a_reviewer_sees_what_the_run_saw() {
        let bench = Bench::new();
        bench.check(&rc(0.0), Mode::Accept);
        let verdict = bench.check(&rc(0.1), Mode::Pending);
        let load = |name: &str| Stored::load(&bench.0.path().join(name)).unwrap().unwrap();
        let (old, new) = (load(SNAP), load(NEW));
        assert_eq!(compare(&old.sheets, &new.sheets, new.front.within), verdict.difference);
        assert_eq!((new.front.line, old.front.line, &*new.front.source), (Some(7), None, "rc.cir"));
    }

    #[test]
    fn a_file_that_cannot_be_read_is_a_difference() {
        let bench = Bench::new();
        bench.check(&rc(0.0), Mode::Accept);
        fs::write(bench.0.path().join(SNAP), "---\nnothing\n").unwrap();
        let verdict = bench.check(&rc(0.0), Mode::Pending);
        assert_eq!(verdict.outcome, Outcome::Changed);
        assert!(verdict.sentences[0].contains("cannot be read"), "{:?}", verdict.sentences);
        bench.check(&rc(0.0), Mode::Accept);
        assert_eq!(bench.check(&rc(0.0), Mode::Pending).outcome, Outcome::Same);
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_told() {
        let bench = Bench::new();
        fs::write(bench.0.path().join("snapshots"), "a file").unwrap();
        let verdict = bench.check(&rc(0.0), Mode::Pending);
        assert!(verdict.troubles[0].contains("snapshots"), "{:?}", verdict.troubles);
    }

    /// Pulses of 1 µs from 0.5 µs on, whose edges take 1 ns, `late` seconds late.
    fn pulses(late: f64) -> Taken {
        let v = move |t: f64| {
            let phase = (t - late - 0.5e-6).rem_euclid(2e-6);
            (phase / 1e-9).clamp(0.0, 1.0) - ((phase - 1e-6) / 1e-9).clamp(0.0, 1.0)
        };
        let edges = (0..10).flat_map(|k| [0.0, 1e-9].map(|d| k as f64 * 1e-6 + 0.5e-6 + late + d));
        let times: Vec<f64> = std::iter::once(0.0).chain(edges).chain([9.9e-6]).collect();
        taken(tran(times.into_iter(), &[("V(out)", &v), ("V(in)", &|_| 1.0)]), 0.5e-6, 0.0)
    }

    #[test]
    fn an_edge_may_move_by_delta_and_no_more() {
        // δ = 0.1 % of 0.5 µs and two edges of 1 ns: 2.5 ns. Edges on the grid; edges that end, and edges that begin,
        // 1.3 ns from it, just outside of the half of δ that is looked at around an instant.
        for (kept, late, outcome) in [
            (0.0, 2.4e-9, Outcome::Same),
            (0.0, -2.4e-9, Outcome::Same),
            (-2.3e-9, 2.4e-9, Outcome::Same),
            (-2.3e-9, 2.7e-9, Outcome::Changed),
            (1.3e-9, -2.4e-9, Outcome::Same),
            (1.3e-9, -2.7e-9, Outcome::Changed),
        ] {
            let bench = Bench::new();
            bench.check(&pulses(kept), Mode::Accept);
            assert_eq!(bench.check(&pulses(kept + late), Mode::Compare).outcome, outcome, "{kept} {late}");
        }
    }

    #[test]
    fn an_oscillator_may_be_late_where_the_statement_allows_it() {
        let wave = |late: f64| {
            let v = move |t: f64| (TAU * (t - late) / 7e-6).sin();
            tran((0..20_000).map(|k| k as f64 * 5e-9), &[("V(out)", &v), ("V(in)", &|_| 1.0)])
        };
        let bench = Bench::new();
        bench.check(&taken(wave(0.0), 1e-6, 4e-6), Mode::Accept);
        assert_eq!(bench.check(&taken(wave(3e-6), 1e-6, 4e-6), Mode::Pending).outcome, Outcome::Same);
        assert_eq!(bench.check(&taken(wave(1e-6), 1e-6, 0.5e-6), Mode::Pending).outcome, Outcome::Changed);
        assert_eq!(bench.check(&taken(wave(1e-6), 1e-6, 0.0), Mode::Pending).outcome, Outcome::Changed);
    }
}

//! `memspice test PATH…`: runs the experiments of netlists and compares their snapshots with what is kept.

mod runner;
mod tally;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use clap::Args;

use super::Exit;
use super::interrupt::listen;
use super::netlist::Reading;
use super::terminal::{color_out, complain, print};
use crate::lab::snapshot::{Mode, pending};
use runner::{Ran, run_file};
use tally::{Tally, lines};

/// Runs the experiments of netlists and compares their snapshots.
#[derive(Args, Debug)]
pub struct Test {
    /// Netlists, or folders that are searched for *.cir
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// Keep new and changed snapshots from now on
    #[arg(long)]
    pub accept: bool,
    /// Folder for reports and pictures of differences
    #[arg(short, long, value_name = "DIR", default_value = "out/test")]
    pub out: PathBuf,
    /// Look for data files here too, before $MEMSPICE_DATA
    #[arg(long, value_name = "DIR")]
    pub data: Vec<PathBuf>,
    /// Print what did not pass, and the counts
    #[arg(short, long)]
    pub quiet: bool,
}

/// How netlists are run.
pub struct Settings {
    /// What is done about snapshots that are new or differ
    pub mode: Mode,
    /// Folder of the netlist's report and pictures
    pub out: PathBuf,
    pub reading: Reading,
    pub interrupted: Arc<AtomicBool>,
    /// No progress is shown.
    pub quiet: bool,
}

/// Runs one netlist and hands over each experiment as it ends; see [`run_file`].
type RunFile<'a> = &'a dyn Fn(&Path, &Settings, &mut dyn FnMut(Ran)) -> Option<usize>;

pub fn run(args: &Test) -> Exit {
    test(args, &run_file, &listen(), &mut print)
}

fn test(args: &Test, run_file: RunFile, interrupted: &Arc<AtomicBool>, print: &mut dyn FnMut(&str)) -> Exit {
    let files = match pending::files(&args.paths, &|name| name.ends_with(".cir")) {
        Ok(files) => files,
        Err(why) => {
            complain(&format!("error: {why}\n"));
            return Exit::Netlist;
        }
    };
    let started = Instant::now();
    let color = color_out();
    let mut tally = Tally::default();
    let mut exit = Exit::Passed;
    for file in &files {
        let settings = Settings {
            mode: if args.accept { Mode::Accept } else { Mode::Pending },
            out: folder(&args.out, file),
            reading: Reading { params: Vec::new(), data: args.data.clone() },
            interrupted: interrupted.clone(),
            quiet: args.quiet,
        };
        let mut each = |ran: Ran| {
            tally.count(&ran);
            if !args.quiet || ran.exit() != Exit::Passed {
                print(&lines(&file.display().to_string(), &ran, color));
            }
            exit = worse(exit, ran.exit());
        };
        match run_file(file, &settings, &mut each) {
            Some(slow) => tally.slow += slow,
            None => {
                tally.wrong += 1;
                print(&lines(&file.display().to_string(), &Ran::wrong(), color));
                exit = worse(exit, Exit::Netlist);
            }
        }
        if interrupted.load(Ordering::Relaxed) {
            exit = Exit::Interrupted;
            break;
        }
    }
    print(&tally.summary(started.elapsed().as_secs_f64()));
    if tally.nothing() {
        complain("error: nothing to test: no netlist with an experiment or an analysis there\n");
        return Exit::Netlist;
    }
    exit
}

/// The one that is more to be noticed.
fn worse(a: Exit, b: Exit) -> Exit {
    if b.code() > a.code() { b } else { a }
}

/// Results of a netlist lie as the netlist lies: `DIR/netlists/rc` for `netlists/rc.cir`.
fn folder(out: &Path, netlist: &Path) -> PathBuf {
    let plain = netlist.components().filter(|c| matches!(c, std::path::Component::Normal(_)));
    out.join(plain.collect::<PathBuf>().with_extension(""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::report::{Assert, Status};
    use crate::lab::run::End;
    use crate::lab::snapshot::{Place, Seen, Sheet, Taken, Within, check};

    /// An experiment that measures `value` and takes a snapshot of it and of a wave of this height.
    fn measuring(value: f64) -> impl Fn(&Path, &Settings, &mut dyn FnMut(Ran)) -> Option<usize> {
        move |netlist, settings, each| {
            let wave = crate::lab::wave::tests::tran((0..11).map(|k| k as f64 * 1e-6), &[("V(out)", &|t| value * t)]);
            let waves = Seen::Waves { waves: vec![wave], every: Some(1e-6), edge: 1e-9 };
            let taken = Taken {
                text: "mu, V(out) every 1u within 1%".into(),
                line: 5,
                ordinal: 1,
                within: Within::Percent(1.0),
                shift: 0.0,
                seen: vec![waves, Seen::Sheet(Sheet::values([("mu", "", value)]))],
            };
            let place = Place { netlist, experiment: "step" };
            let picture = settings.out.join("step/snapshot.svg");
            let verdict = check(&taken, &place, settings.mode, Some(&picture)).unwrap();
            each(Ran { verdicts: vec![verdict], ..Ran::of("step", End::Completed, Status::Passed) });
            Some(0)
        }
    }

    struct Bench(tempfile::TempDir);

    impl Bench {
        fn new() -> Bench {
            let dir = tempfile::tempdir().unwrap();
            std::fs::create_dir(dir.path().join("n")).unwrap();
            std::fs::write(dir.path().join("n/rc.cir"), "rc\n").unwrap();
            Bench(dir)
        }

        fn test(&self, accept: bool, run_file: RunFile) -> (Exit, String) {
            let (paths, out) = (vec![self.0.path().join("n")], self.0.path().join("out"));
            let args = Test { paths, accept, out, data: vec![], quiet: false };
            let mut said = String::new();
            let exit = test(&args, run_file, &Arc::default(), &mut |text| said += text);
            (exit, said.replace(&*self.0.path().to_string_lossy(), "."))
        }

        fn there(&self, name: &str) -> bool {
            self.0.path().join(name).exists()
        }
    }

    #[test]
    fn a_changed_snapshot_fails_and_accepting_it_passes() {
        let bench = Bench::new();
        let (exit, said) = bench.test(false, &measuring(4.0));
        assert_eq!(exit, Exit::Failed);
        assert!(said.starts_with("new       ./n/rc.cir step") && said.contains("1 new snapshot waits"), "{said}");
        let (exit, said) = bench.test(true, &measuring(4.0));
        assert_eq!(exit, Exit::Passed);
        assert!(said.starts_with("accepted  ./n/rc.cir step"), "{said}");
        let (exit, said) = bench.test(false, &measuring(4.02));
        assert_eq!(exit, Exit::Passed);
        assert!(said.starts_with("ok        ./n/rc.cir step") && said.contains("1 experiment: 1 ok"), "{said}");

        let (exit, said) = bench.test(false, &measuring(5.0));
        assert_eq!(exit, Exit::Failed);
        for text in [
            "changed   ./n/rc.cir step",
            "mu, V(out) every 1u within 1%",
            "./n/rc.cir:5",
            "off by 25 tolerances",
            "snapshot.svg",
            "memspice review",
        ] {
            assert!(said.contains(text), "{text}: {said}");
        }
        assert!(bench.there("n/snapshots/rc__step.snap.new"));
        let out = folder(&bench.0.path().join("out"), &bench.0.path().join("n/rc.cir"));
        assert!(std::fs::read_to_string(out.join("step/snapshot.svg")).unwrap().contains("V(out)"));
        assert_eq!(bench.test(true, &measuring(5.0)).0, Exit::Passed);
        assert!(!bench.there("n/snapshots/rc__step.snap.new"));
        assert_eq!(bench.test(false, &measuring(5.0)).0, Exit::Passed);
    }

    #[test]
    fn asserts_errors_and_wrong_netlists_count() {
        let bench = Bench::new();
        let failed = |_: &Path, _: &Settings, each: &mut dyn FnMut(Ran)| {
            let assert = |passed| Assert { text: "n < 5".into(), line: 9, passed };
            let asserts = vec![assert(true), assert(false)];
            each(Ran { asserts, ..Ran::of("count", End::Completed, Status::Failed) });
            each(Ran::of("other", End::Completed, Status::Passed));
            Some(3)
        };
        let (exit, said) = bench.test(false, &failed);
        assert_eq!(exit, Exit::Failed);
        assert!(said.contains("failed    ./n/rc.cir count") && said.contains("assert n < 5   ./n/rc.cir:9"), "{said}");
        assert!(said.contains("2 experiments: 1 ok, 1 failed") && said.contains("3 slow ones left out"), "{said}");
        assert_eq!(bench.test(false, &|_, _, _| None).0, Exit::Netlist);
        for (end, exit) in [(End::Simulation, Exit::Simulation), (End::Interrupted, Exit::Interrupted)] {
            let (found, said) = bench.test(false, &|_, _, each| {
                each(Ran::of("late", end, Status::Error));
                Some(0)
            });
            assert_eq!((found, said.contains("error     ./n/rc.cir late")), (exit, true), "{said}");
        }
        // Libraries have nothing to run.
        assert_eq!(bench.test(false, &|_, _, _| Some(0)).0, Exit::Netlist);
        assert_eq!(bench.test(false, &|_, _, _| Some(1)).0, Exit::Passed);
    }

    #[test]
    fn results_lie_as_netlists_lie() {
        let of = |netlist: &str| folder(Path::new("out/test"), Path::new(netlist));
        assert_eq!(of("netlists/rc.cir"), Path::new("out/test/netlists/rc"));
        assert_eq!(of("../a/./rc.cir"), Path::new("out/test/a/rc"));
    }
}

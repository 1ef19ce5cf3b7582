//! Decks made by hand through a whole run: files, measures, plots, and what is left of runs that end early.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::circuit::equation::{Equation, Function, Quantity};
use crate::circuit::plan::{
    Analysis, AnalysisKind, Edge, Event, Measure, MeasureKind, Observation, ParamExpr, Place, Print, Reduction, Sweep,
    Target,
};
use crate::circuit::{NetId, PartId, Setting, Wave as SourceWave};
use crate::device::testing::{circuit, net, numbers, part};
use crate::device::{capacitor, resistor, vsource};
use crate::diag::{FileId, Span};

const NOWHERE: Span = Span { file: FileId(0), start: 0, end: 0 };

/// V1 in 0 PULSE(0 1 0 1n 1n 1) DC 2; R1 in out 1k; C1 out 0 1n
fn rc() -> Circuit {
    let mut c = circuit(&["in", "out"]);
    let args = [0.0, 1.0, 0.0, 1e-9, 1e-9, 1.0].map(Some).to_vec();
    let wave = SourceWave { shape: "pulse".into(), args, repeat: None, delay: 0.0 };
    let mut v = numbers(&[("dc", 2.0), ("acmag", 1.0)]);
    v.push(("wave", Setting::Wave(wave)));
    part(&mut c, &vsource::KIND, "V1", &["in", "0"], None, v);
    part(&mut c, &resistor::KIND, "R1", &["in", "out"], None, numbers(&[("r", 1e3)]));
    part(&mut c, &capacitor::KIND, "C1", &["out", "0"], None, numbers(&[("c", 1e-9)]));
    c.title = "low pass".into();
    c
}

fn voltage(circuit: &Circuit, name: &str) -> Equation {
    Equation::Quantity(Quantity::Voltage(net(circuit, name), NetId::GROUND))
}

fn observation(label: &str, equation: Equation) -> Observation {
    Observation { label: label.into(), equation, span: NOWHERE }
}

fn analysis(kind: AnalysisKind) -> Analysis {
    Analysis { kind, span: NOWHERE }
}

fn transient() -> AnalysisKind {
    AnalysisKind::Tran { step: 1e-8, stop: 5e-6, start: 0.0, max_step: None, uic: false }
}

fn measure(analysis: &str, name: &str, kind: MeasureKind) -> Measure {
    Measure { analysis: analysis.into(), name: name.into(), kind, span: NOWHERE }
}

/// WHEN V(out)=0.5 RISE=1 of observation 0
fn half() -> Event {
    Event {
        left: Place::Curve(0),
        right: 0.5,
        right_of: None,
        edge: Edge::Rise,
        count: 1,
        after: 0.0,
        from: None,
        to: None,
    }
}

fn deck(circuit: Circuit, plan: Plan) -> Deck {
    Deck::new(elab::Deck { circuit, plan, ..elab::Deck::default() })
}

fn sweep(target: Target, label: &str, values: &[f64]) -> Sweep {
    Sweep { target, label: label.into(), values: values.to_vec(), span: NOWHERE }
}

struct Ran {
    dir: tempfile::TempDir,
    outcome: Outcome,
}

impl Ran {
    fn text(&self, file: &str) -> String {
        fs::read_to_string(self.dir.path().join("deck").join(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
    }
}

fn ran(deck: &Deck, change: impl Fn(&mut RunOptions), interrupt: bool) -> Ran {
    let dir = tempfile::tempdir().unwrap();
    let mut options = RunOptions {
        dir: dir.path().into(),
        formats: vec![Format::Csv],
        plots: true,
        room: VALUES_WITHOUT_SAVE,
        threads: 1,
        trace: false,
        checkpoint: None,
    };
    change(&mut options);
    // One thread is interrupted as soon as something is there, several are from the start.
    let interrupted = Arc::new(AtomicBool::new(interrupt && options.threads > 1));
    let mut quiet = |_| interrupted.store(interrupt, Ordering::Relaxed);
    let mut control = Control::new(&interrupted, &mut quiet);
    let again = |overrides: &Overrides| {
        let mut fresh = deck.clone();
        let circuit = Arc::make_mut(&mut fresh.circuit);
        for (path, name, value) in &overrides.parts {
            let part = circuit.part_names[&path.to_lowercase()];
            circuit.parts[part.0 as usize].settings.push((name.clone(), Setting::Number(*value)));
        }
        Ok(fresh)
    };
    let outcome = run(deck, "deck", &again, &options, &mut control);
    Ran { dir, outcome }
}

#[test]
fn a_stepped_transient_is_measured_at_every_point() {
    let c = rc();
    let plan = Plan {
        analyses: vec![analysis(transient())],
        steps: vec![sweep(Target::Part(PartId(1), "r".into()), "R1", &[1e3, 2e3])],
        observations: vec![observation("V(out)", voltage(&c, "out"))],
        measures: vec![
            measure(
                "tran",
                "twice",
                MeasureKind::Param(ParamExpr::Apply(
                    Function::Mul,
                    vec![ParamExpr::Measure("half".into()), ParamExpr::Number(2.0)],
                )),
            ),
            measure("tran", "half", MeasureKind::When(half())),
            measure("tran", "never", MeasureKind::When(Event { right: 7.0, ..half() })),
            measure("ac", "absent", MeasureKind::When(half())),
        ],
        ..Plan::default()
    };
    let ran = ran(&deck(c, plan), |_| {}, false);
    let outcome = &ran.outcome;
    assert_eq!(outcome.end, End::Completed);
    // ln 2 · RC, after an edge of 1 ns
    let tau = 2f64.ln() * 1e-6;
    let half = &outcome.measures[1];
    for (k, expected) in [tau, 2.0 * tau].into_iter().enumerate() {
        let got = half.values[k].unwrap();
        assert!((got - expected).abs() < 0.005 * expected, "{got} {expected}");
        assert_eq!(outcome.measures[0].values[k], Some(2.0 * got));
    }
    assert_eq!(half.unit, "s");
    assert_eq!(outcome.measures[2].values, [None, None]);
    assert_eq!(outcome.measures[3].values, [None, None]);
    assert_eq!(outcome.diagnostics.iter().filter(|d| d.code == "lab::measure").count(), 1);
    assert_eq!(outcome.diagnostics[0].help.as_deref(), Some("it has none at 1 more step point either"));
    assert!(outcome.diagnostics[0].message.contains("R1=1000"), "{:?}", outcome.diagnostics[0]);
    let csv = ran.text("tran.csv");
    assert!(csv.starts_with("R1,time,V(in),V(out),I(V1)\n1000,0,"), "{}", &csv[..60]);
    assert!(csv.lines().last().unwrap().starts_with("2000,"));
    assert!(ran.text("tran.svg").contains("R1=2000"));
    assert_eq!(outcome.experiment.waves, ["deck/tran.csv"]);
}

#[test]
fn operating_points_sweeps_and_phasors_have_files_of_their_own() {
    let c = rc();
    let db = Equation::apply(Function::Decibel, vec![voltage(&c, "out")]);
    let plan = Plan {
        analyses: vec![
            analysis(AnalysisKind::Op),
            analysis(AnalysisKind::Dc(vec![sweep(Target::Source(PartId(0)), "V1", &[0.0, 1.0, 2.0])])),
            analysis(AnalysisKind::Ac {
                scale: crate::circuit::plan::AcScale::Decade,
                points: 2,
                start: 1e3,
                stop: 1e7,
            }),
        ],
        observations: vec![observation("VDB(out)", db), observation("V(out)", voltage(&c, "out"))],
        prints: vec![Print { analysis: Some("ac".into()), observations: vec![0], against: None, span: NOWHERE }],
        measures: vec![measure(
            "dc",
            "mean",
            MeasureKind::Over { what: Reduction::Average, of: 1, from: None, to: None },
        )],
        ..Plan::default()
    };
    let ran = ran(&deck(c, plan), |o| o.formats = vec![Format::Csv, Format::Raw, Format::Npy], false);
    assert_eq!(ran.outcome.end, End::Completed);
    assert_eq!(ran.text("op.csv"), "name,value\nV(in),2\nV(out),2\nI(V1),0\n");
    assert_eq!(ran.text("dc.csv"), "V1,V(in),V(out),I(V1)\n0,0,0,0\n1,1,1,0\n2,2,2,0\n");
    let ac = ran.text("ac.csv");
    let head = "frequency,re(V(in)),im(V(in)),re(V(out)),im(V(out)),re(I(V1)),im(I(V1)),VDB(out)\n1000,1,0,";
    assert!(ac.starts_with(head), "{ac}");
    assert_eq!(ac.lines().count(), 1 + 9);
    assert!((ran.outcome.measures[0].values[0].unwrap() - 1.0).abs() < 1e-12);
    assert_eq!(ran.outcome.measures[0].unit, "V");
    let waves = &ran.outcome.experiment.waves;
    for file in ["deck/op.npy", "deck/ac.npy", "deck/dc.npy", "deck/deck.raw"] {
        assert!(waves.contains(&file.to_string()) && ran.dir.path().join(file).exists(), "{file}");
    }
    assert_eq!(ran.outcome.experiment.plots, ["deck/dc.svg", "deck/ac.svg"]);
}

#[test]
fn without_save_a_run_stops_at_its_limit_and_keeps_what_it_has() {
    let c = rc();
    let plan = Plan { analyses: vec![analysis(transient())], ..Plan::default() };
    let few = |o: &mut RunOptions| o.room = 30;
    let ran = ran(&deck(c.clone(), plan.clone()), few, false);
    assert_eq!(ran.outcome.end, End::Simulation);
    assert_eq!(ran.outcome.diagnostics[0].code, "lab::too-much");
    assert_eq!(ran.text("tran.csv").lines().count(), 1 + 10);

    let saved = Plan { observations: vec![observation("V(out)", voltage(&c, "out"))], saves: Some(vec![0]), ..plan };
    let ran = super::tests::ran(&deck(c, saved), few, false);
    assert_eq!(ran.outcome.end, End::Completed);
    assert!(ran.text("tran.csv").lines().count() > 100);
}

#[test]
fn an_interrupted_run_keeps_what_it_has() {
    let c = rc();
    let plan = Plan {
        analyses: vec![analysis(AnalysisKind::Op), analysis(transient())],
        observations: vec![observation("V(out)", voltage(&c, "out"))],
        measures: vec![measure("tran", "half", MeasureKind::When(half()))],
        ..Plan::default()
    };
    let ran = ran(&deck(c, plan), |_| {}, true);
    assert_eq!((ran.outcome.end, ran.outcome.experiment.status), (End::Interrupted, Status::Interrupted));
    assert_eq!(ran.outcome.measures[0].values, [None]);
    assert_eq!(ran.outcome.experiment.stats.accepted, 1);
    assert_eq!(ran.text("tran.csv").lines().count(), 2);
    assert!(ran.text("op.csv").contains("V(out),2"));
}

#[test]
fn the_first_step_card_is_the_slowest() {
    let plan = Plan {
        steps: vec![
            sweep(Target::Param("a".into()), "a", &[1.0, 2.0]),
            sweep(Target::Temperature, "temp", &[0.0, 50.0]),
        ],
        ..Plan::default()
    };
    assert_eq!(step_points(&plan), [[1.0, 0.0], [1.0, 50.0], [2.0, 0.0], [2.0, 50.0]]);
    assert_eq!(step_points(&Plan::default()), [[0.0; 0]]);
}

/// Eight points of a stepped deck with every analysis, one after another and by three threads.
#[test]
fn threads_change_no_bit() {
    let c = rc();
    let values: Vec<f64> = (1..9).map(|k| f64::from(k) * 500.0).collect();
    let ac = AnalysisKind::Ac { scale: crate::circuit::plan::AcScale::Decade, points: 5, start: 1e3, stop: 1e7 };
    let plan = Plan {
        analyses: vec![analysis(AnalysisKind::Op), analysis(transient()), analysis(ac)],
        steps: vec![sweep(Target::Part(PartId(1), "r".into()), "R1", &values)],
        observations: vec![observation("V(out)", voltage(&c, "out"))],
        measures: vec![measure("tran", "half", MeasureKind::When(half()))],
        ..Plan::default()
    };
    let deck = deck(c, plan);
    let with = |threads| {
        let all = |o: &mut RunOptions| {
            (o.threads, o.trace) = (threads, true);
            o.formats = vec![Format::Csv, Format::Raw];
        };
        ran(&deck, all, false)
    };
    let (one, three) = (with(1), with(3));
    assert_eq!(one.outcome.end, End::Completed);
    assert_eq!(one.outcome.experiment.measures, three.outcome.experiment.measures);
    assert_eq!(one.outcome.experiment.stats.newton, three.outcome.experiment.stats.newton);
    assert_eq!(one.outcome.experiment.tables, ["deck/tran-trace.csv"]);
    for file in ["op.csv", "tran.csv", "ac.csv", "tran-trace.csv", "tran.svg"] {
        assert_eq!(one.text(file), three.text(file), "{file}");
    }
    let raw = |ran: &Ran| fs::read(ran.dir.path().join("deck/deck.raw")).unwrap();
    let undated = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).lines().filter(|l| !l.starts_with("Date")).count();
    assert_eq!(undated(raw(&one)), undated(raw(&three)));
    let trace = one.text("tran-trace.csv");
    assert!(trace.starts_with("R1,time,h,order,iterations,verdict,error,unknown,device\n500,"), "{trace}");
    assert!(trace.contains("V(out)"), "{trace}");
}

#[test]
fn threads_keep_what_came_before_a_failure() {
    let c = rc();
    let plan = Plan {
        analyses: vec![analysis(transient())],
        steps: vec![sweep(Target::Part(PartId(1), "r".into()), "R1", &[1e3, 2e3, 3e3, 4e3, 5e3])],
        ..Plan::default()
    };
    let few = |threads| move |o: &mut RunOptions| (o.room, o.threads) = (1000, threads);
    let (one, four) = (ran(&deck(c.clone(), plan.clone()), few(1), false), ran(&deck(c, plan), few(4), false));
    assert_eq!((one.outcome.end, four.outcome.end), (End::Simulation, End::Simulation));
    assert_eq!(one.text("tran.csv"), four.text("tran.csv"));
}

#[test]
fn a_step_of_a_parameter_elaborates_again() {
    let c = rc();
    let plan = Plan {
        analyses: vec![analysis(AnalysisKind::Op)],
        steps: vec![sweep(Target::Param("v".into()), "v", &[1.0, 5.0])],
        ..Plan::default()
    };
    let again = |overrides: &Overrides| {
        let mut c = rc();
        c.parts[0].settings = vec![("dc".into(), Setting::Number(overrides.params[0].1.number().unwrap()))];
        Ok(deck(c, plan.clone()))
    };
    let dir = tempfile::tempdir().unwrap();
    let options = RunOptions {
        dir: dir.path().into(),
        formats: vec![Format::Csv],
        plots: true,
        room: 100,
        threads: 1,
        trace: false,
        checkpoint: None,
    };
    let interrupted = Arc::default();
    let mut quiet = |_| {};
    let mut control = Control::new(&interrupted, &mut quiet);
    let outcome = run(&deck(c, plan.clone()), "deck", &again, &options, &mut control);
    assert_eq!(outcome.end, End::Completed, "{:?}", outcome.diagnostics);
    let csv = fs::read_to_string(dir.path().join("deck/op.csv")).unwrap();
    assert_eq!(csv, "v,V(in),V(out),I(V1)\n1,1,1,0\n5,5,5,0\n");
    assert_eq!(outcome.experiment.plots, ["deck/op.svg"]);
}

#[test]
fn threads_are_interrupted_too() {
    let plan = Plan {
        analyses: vec![analysis(transient())],
        steps: vec![sweep(Target::Part(PartId(1), "r".into()), "R1", &[1e3, 2e3, 3e3])],
        ..Plan::default()
    };
    let ran = ran(&deck(rc(), plan), |o| o.threads = 3, true);
    assert_eq!((ran.outcome.end, ran.outcome.experiment.status), (End::Interrupted, Status::Interrupted));
}

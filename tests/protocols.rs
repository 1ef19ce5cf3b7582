//! Protocols beside real circuits: small netlists, what a protocol of theirs is called with and what it must give.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use memspice::analysis::environment;
use memspice::device::registry::REGISTRY;
use memspice::diag::{Diagnostic, FileId, Span};
use memspice::elab::{DataRoots, Kinds, Overrides, elaborate};
use memspice::kernel::{Bench, Setting};
use memspice::mna::{Condensation, System};
use memspice::process::machine::Machine;
use memspice::process::notebook::NoNotebook;
use memspice::process::program::InstanceId;
use memspice::process::scheduler::{Done, Halt, Job, Scheduler};
use memspice::syntax::ast::Name;
use memspice::syntax::parse_str;
use memspice::value::answer::Answer;
use memspice::value::data::Files;

const NOWHERE: Span = Span { file: FileId(0), start: 0, end: 0 };

/// Runs the protocol `main()` of a netlist; results by name, flat.
fn run(text: &str) -> Result<Vec<(String, Vec<f64>)>, Box<Diagnostic>> {
    run_within(text, 1e-5)
}

/// The same with this reltol.
fn run_within(text: &str, reltol: f64) -> Result<Vec<(String, Vec<f64>)>, Box<Diagnostic>> {
    let (ast, _, mut found) = parse_str("test.cir", &format!("a test\n{text}\n"));
    let kinds = Kinds::new(REGISTRY.iter().map(|r| r.kind));
    let (deck, more) = elaborate(&ast, &kinds, &Overrides::default(), &DataRoots::default());
    found.extend(more);
    if let Some(d) = found.iter().find(|d| d.is_error()) {
        return Err(Box::new(d.clone()));
    }
    let deck = deck.expect("a deck without errors");
    let options = memspice::circuit::plan::Options { reltol, trtol: 1.0, ..deck.plan.options };
    let (circuit, program) = (Arc::new(deck.circuit), Arc::new(deck.program));
    let system = Arc::new(System::new(circuit.clone(), Condensation::Condensed).expect("known kinds"));
    let env = environment(&options, 1e-9, 1e-3);
    let setting = Setting {
        options,
        env,
        max_step: f64::INFINITY,
        initial: Vec::new(),
        nodeset: Vec::new(),
        interrupted: Arc::new(AtomicBool::new(false)),
    };
    let mut bench = Bench::new(system, &setting, program.clone()).expect("an operating point");
    let files = Arc::new(Files::new(DataRoots::default()));
    let machine = Machine::new(circuit, program, deck.functions, files);
    let mut scheduler = Scheduler::new(&machine, 1, 0);
    let name = Name { text: "main".into(), span: NOWHERE };
    let job = Job::Protocol { at: InstanceId::TOP, name: &name, given: Vec::new() };
    match scheduler.perform(job, &mut bench, &NoNotebook) {
        Ok(Done { answer: Answer::Several(list), .. }) => {
            Ok(list.into_iter().map(|(n, v)| (n.to_string(), v.numbers())).collect())
        }
        Ok(Done { answer: Answer::One(v), .. }) => Ok(vec![(String::new(), v.numbers())]),
        Err(Halt::Fault(fault)) => Err(Box::new(fault.report().expect("a fault with a report"))),
        Err(Halt::Interrupted(_)) => panic!("nobody interrupted it"),
    }
}

fn result(text: &str, name: &str) -> Vec<f64> {
    let results = run(text).unwrap_or_else(|d| panic!("{}: {}", d.code, d.message));
    results.into_iter().find(|(n, _)| n == name).map(|(_, v)| v).unwrap_or_default()
}

fn near(got: f64, want: f64, share: f64) {
    assert!((got - want).abs() <= share * want.abs(), "{got:e} is not {want:e}");
}

/// tau = 1 us; each pulse of 1 V charges for 1 us and the net floats between pulses: 1 − e⁻ⁿ.
#[test]
fn a_pulse_train_charges_an_rc() {
    let text = "
.smu in edge=1n
R1 in out 1k
C1 out 0 1n
.protocol main() -> v {
  v = zeros(3)
  for k = 0:2 {
    pulse in = 1 for 1u
    v[k] = V(out)
    wait 5u
  }
}";
    let v = result(text, "v");
    for (k, v) in v.iter().enumerate() {
        near(*v, 1.0 - (-(k as f64 + 1.0)).exp(), 4e-3);
    }
}

/// `repeat` tests before its body, counts passes, and calls a protocol in its condition.
#[test]
fn a_repeat_counts_the_pulses_it_needs() {
    let text = "
.smu in
R1 in out 1k
C1 out 0 1n
.protocol level() -> x {
  wait 10n
  x = V(out)
}
.protocol main() -> n, last {
  repeat n until level() >= 0.9 max 50 { pulse in = 1 for 0.5u }
  last = V(out)
}";
    let results = run(text).unwrap_or_else(|d| panic!("{}: {}", d.code, d.message));
    // 1 − e^(−n/2) ≥ 0.9 from n = ln(10)·2 = 4.6 on
    assert_eq!(results[0].1, [5.0]);
    assert!(results[1].1[0] >= 0.9);
}

#[test]
fn a_wait_until_lands_on_its_crossing_and_a_timeout_ends_it() {
    let text = "
.smu in
R1 in out 1k
C1 out 0 1n
.protocol main() -> t, late {
  force in = 1
  wait until V(out) > 0.5 timeout 1m
  t = time
  wait until V(out) > 2 timeout 3u
  late = time - t
}";
    let results = run(text).unwrap_or_else(|d| panic!("{}: {}", d.code, d.message));
    near(results[0].1[0], 1e-6 * 2f64.ln() + 0.5e-9, 1e-3);
    near(results[1].1[0], 3e-6, 1e-12);
}

/// A ramp of 1 V in 1 ms stopped by a branch at 0.4 V holds what it has.
#[test]
fn the_first_branch_to_end_cancels_the_others() {
    let text = "
.smu in
R1 in 0 1k
.protocol main() -> v, t {
  par first {
    ramp in = 0 to 1 in 1m
    wait until V(in) > 0.4
  }
  t = time
  wait 1m
  v = V(in)
}";
    let results = run(text).unwrap_or_else(|d| panic!("{}: {}", d.code, d.message));
    near(results[0].1[0], 0.4, 1e-4);
    near(results[1].1[0], 0.4e-3, 1e-4);
}

/// Charging to 2/3 and discharging to 1/3 takes 2·RC·ln(2 + 3·(a/2)), a = edge/RC being what edges of 1 ns cost.
#[test]
fn a_relaxation_oscillator_of_an_always_has_its_period() {
    let text = "
.signal up=1 count=0
B1 drive 0 V={3*up}
R1 drive out 10k
C1 out 0 1n
.always relax {
  wait until V(out) > 2
  up = 0
  wait until V(out) < 1
  up = 1
  count += 1
}
.protocol main() -> period {
  wait until count >= 2
  let t = time
  wait until count >= 12
  period = (time - t)/10
}";
    let results = run_within(text, 1e-7).unwrap_or_else(|d| panic!("{}: {}", d.code, d.message));
    near(results[0].1[0], 2.0 * 10e-6 * (2.0 + 1.5e-4f64).ln(), 1e-4);
}

/// Protocols, signals and parameters belong to each copy; names lead into it.
#[test]
fn copies_have_protocols_of_their_own() {
    let text = "
.subckt cell a g=1m
.signal shots=0
R1 a 0 {1/g}
.protocol read() -> x {
  force a = 0.5
  wait 10n
  x = I(a)/0.5
  shots += 1
}
.smu a
.ends
X1 p cell g=2m
X2 q cell g=5m
.protocol main() -> g, n, r {
  let first = X1.read()
  X2.read()
  g = [first, X2.read()]
  n = [X1.shots, X2.shots]
  r = X2.R1.r
}";
    let results = run(text).unwrap_or_else(|d| panic!("{}: {}", d.code, d.message));
    near(results[0].1[0], 2e-3, 1e-6);
    near(results[0].1[1], 5e-3, 1e-6);
    assert_eq!(results[1].1, [1.0, 2.0]);
    near(results[2].1[0], 200.0, 1e-12);
}

/// Buses are forced by vectors, masks and slices; the last word counts.
#[test]
fn vectors_drive_buses() {
    let text = "
.smu b[0:3]
.for k = 0:3 { R[k] b[k] 0 1k }
.protocol main() -> v, i {
  force b[:] = [1, 2, 3, 4], b[1:2] = 0
  wait 10n
  v = V(b[:])
  i = I(b[:])
}";
    let results = run(text).unwrap_or_else(|d| panic!("{}: {}", d.code, d.message));
    let want = [1.0, 0.0, 0.0, 4.0];
    assert!(results[0].1.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-9));
    assert!(results[1].1.iter().zip(want).all(|(a, b)| (a - 1e-3 * b).abs() < 1e-9));
}

/// Branches of a map start from the same moment, and the circuit is then as it was.
#[test]
fn a_map_leaves_the_circuit_alone() {
    let text = "
.smu in
R1 in out 1k
C1 out 0 1n
.protocol shot(v) -> end {
  force in = v
  wait 1u
  end = V(out)
}
.protocol main() -> ends, after, now {
  ends = map(shot, [1, 2, 4])
  after = V(out)
  now = time
}";
    let results = run(text).unwrap_or_else(|d| panic!("{}: {}", d.code, d.message));
    let one = results[0].1[0];
    near(one, 1.0 - (-0.9995f64).exp(), 1e-3);
    near(results[0].1[2], 4.0 * one, 1e-3);
    assert_eq!((results[1].1[0], results[2].1[0]), (0.0, 0.0));
}

/// A `.device` in a protocol: its state is read, deposited and moved by pulses.
#[test]
fn a_memristor_is_written_and_read() {
    let text = "
.device drift (p n) {
  param k=1e6
  state w = 0.1 in 0:1
  let g = 1u + 99u*w
  I(p,n) = g*V(p,n)
  ddt(w) = V(p,n) > 0.5 ? k*(V(p,n) - 0.5) : 0
}
.smu a
X1 a 0 drift
.protocol main() -> before, after, put {
  before = X1.w
  pulse a = 1 for 1u
  after = X1.w
  X1.w = 0.25
  put = X1.g
}";
    let results = run(text).unwrap_or_else(|d| panic!("{}: {}", d.code, d.message));
    near(results[0].1[0], 0.1, 1e-12);
    near(results[1].1[0], 0.6, 2e-3);
    near(results[2].1[0], 25.75e-6, 1e-9);
}

#[test]
fn mistakes_are_named() {
    let code = |body: &str| {
        let text = format!(".smu a\nR1 a b 1k\nR2 b 0 1k\n.signal s=0\n.protocol main() -> x {{\n{body}\n}}");
        run(&text).err().map_or("", |d| d.code)
    };
    assert_eq!(code("force b = 1"), "process::no-smu");
    assert_eq!(code("force c = 1"), "process::unknown");
    assert_eq!(code("wait -1"), "process::time");
    assert_eq!(code("x = nothing + 1"), "value::unknown-name");
    assert_eq!(code("y = 1"), "process::unknown");
    assert_eq!(code("R1.q = 1"), "process::unknown");
    assert_eq!(code("R1.m = -1"), "process::refused");
    assert_eq!(code("record x"), "process::no-notebook");
}

#[test]
fn a_loop_without_time_is_stopped() {
    let text = "
.smu a
R1 a 0 1k
.signal x=0 y=0
.always one {
  wait until x == y
  x = 1 - y
}
.always two {
  wait until x != y
  y = x
}
.protocol main() { wait 1u }";
    assert_eq!(run(text).err().map_or("", |d| d.code), "process::zero-delay-loop");
}

/// relu([1·1 + 2·0.5, −3·1 + 4·0.5]), its sums, and the same of a measured voltage.
#[test]
fn a_network_between_measurements() {
    let text = "
.smu in
R1 in out 1k
R2 out 0 1k
.network n {
  input 2
  dense 2  activation=relu  weights={[[1, 2], [-3, 4]]}
}
.func half(s) = s/2
.func of(layer, x) = layer.sums(x)
.protocol main() -> y, s, h, l, f {
  let x, layer = [1, 0.5], n.dense1
  y = n(x)
  s = n.dense1.sums(x)
  force in = 2
  wait 1u
  h = n([V(out), 0.5], dense1=half)
  l = layer.sums([x, 2*x])[1,:]
  f = of(layer, x)
}";
    let results = run(text).unwrap_or_else(|d| panic!("{}: {}", d.code, d.message));
    let near = |name: &str, want: [f64; 2]| {
        let got = &results.iter().find(|(n, _)| n == name).unwrap().1;
        assert!(got.len() == 2 && got.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-5), "{name}: {got:?}");
    };
    near("y", [2.0, 0.0]);
    near("s", [2.0, -1.0]);
    near("h", [1.0, -0.5]);
    near("l", [4.0, -2.0]);
    near("f", [2.0, -1.0]);
}

/// A cell that gives back twice what it is given, measured as a current, as the activation of a layer: in the block, in a
/// call, in an instance, through a function that maps it.
#[test]
fn hardware_stands_between_the_layers_of_a_network() {
    let text = "
.subckt cell
.smu x
R1 x 0 500
.protocol twice(v) -> y {
  force x = v
  wait 1u
  y = 1k*I(x)
}
.ends
X1 cell
.smu z
R2 z 0 1k
.protocol minus(v) -> y {
  force z = -v
  wait 1u
  y = 1k*I(z)
}
.network soft {
  input 2
  dense 3                   weights={[[1, 2], [3, 4], [5, -6]]}
  dense 2  activation=relu  weights={[[1, 1, 0], [0, -1, 1]]}
}
.network hard {
  input 2
  dense 3  activation=X1.twice  weights={[[1, 2], [3, 4], [5, -6]]}
  dense 2  activation=minus     weights={[[1, 1, 0], [0, -1, 1]]}
}
.func by_circuit(s) = reshape(map(X1.twice, flat(s)), shape(s))
.func last(s) = s + 1
.protocol main() -> plain, path, func, both, block, sums, batch, over {
  let x = [1, 0.5]
  plain = soft(x)
  path = soft(x, dense1=X1.twice)
  func = soft(x, dense1=by_circuit)
  both = soft(x, dense1=X1.twice, dense2=minus)
  block = hard(x)
  sums = hard.dense2.sums(x)
  batch = hard.dense1([x, 2*x])[1,:]
  over = hard(x, dense1=[1, 2, 3], dense2=last)
}";
    let results = run(text).unwrap_or_else(|d| panic!("{}: {}", d.code, d.message));
    let near = |name: &str, want: &[f64]| {
        let got = &results.iter().find(|(n, _)| n == name).unwrap().1;
        assert!(got.len() == want.len() && got.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-4), "{name}: {got:?}");
    };
    // The sums of dense1 are 2, 5, 2.
    near("plain", &[7.0, 0.0]);
    near("path", &[14.0, 0.0]);
    near("func", &[14.0, 0.0]);
    near("both", &[-14.0, 6.0]);
    near("block", &[-14.0, 6.0]);
    near("sums", &[14.0, -6.0]);
    near("batch", &[8.0, 20.0, 8.0]);
    near("over", &[4.0, 2.0]);
}

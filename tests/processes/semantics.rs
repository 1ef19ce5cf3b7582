//! What happens first, what happens at once, what takes how long.

use crate::support::{Setup, close, near, run, run_text};

/// A net, a part and a variable may have one name: `force r[i]` drives nets, `X1.x` is of the part.
#[test]
fn nets_parts_and_numbers_of_one_name() {
    let text = "
.smu r[0:3]
.for i = 0:3 { R[i] r[i] 0 1k }
.signal x1=7
.device cell (p n) {
  state x = 0.2 in 0:1
  I(p,n) = 1u*x*V(p,n)
  ddt(x) = 0
}
X1 r[0] 0 cell
.protocol main() -> v, i, x, y {
  for i = 0:3 { force r[i] = i }
  wait 1u
  v = V(r[:])
  for k = 0:3 { i += I(R[k]) }
  let x1 = 3
  x = X1.x
  X1.x = 0.5
  y = X1.x + x1
}";
    assert_eq!(crate::support::mistakes(text), []);
    let out = run(text);
    assert_eq!(out.get("v"), [0.0, 1.0, 2.0, 3.0]);
    near(out.number("i"), 6e-3, 1e-6);
    near(out.number("x"), 0.2, 1e-9);
    near(out.number("y"), 3.5, 1e-9);
}

/// No branch at all: every result is an empty array.
#[test]
fn a_map_over_nothing() {
    let text = "
.smu a
R1 a 0 1k
.func twice(v) = f(v) + 0
.protocol f(v) -> p, q {
  force a = v
  wait 1u
  p = V(a)
}
.protocol main() -> n, m, k {
  let p, q = map(f, [])
  n = len(p) + len(q)
  m = len(map(twice, []))
  k = sum(p)
}";
    let out = run(text);
    assert_eq!((out.number("n"), out.number("m"), out.number("k")), (0.0, 0.0, 0.0));
}

/// Processes run in the order of the file: who comes before the writer sees the old value, who comes after it the new one.
#[test]
fn simultaneous_events_go_in_the_order_of_the_file() {
    let done = run("
R1 a 0 1
.signal go=0 a=0 early=-1 late=-1
.always before {
  wait until go == 1
  early = a
  wait until go == 0
}
.always writer {
  wait until go == 1
  a = 1
  wait until go == 0
}
.always after {
  wait until go == 1
  late = a
  wait until go == 0
}
.protocol main() -> seen, t {
  wait 1u
  go = 1
  wait until late >= 0
  seen = [early, late]
  t = time
}");
    assert_eq!(done.get("seen"), [0.0, 1.0]);
    near(done.number("t"), 1e-6, 1e-12);
}

#[test]
fn a_change_goes_through_a_chain_in_no_time() {
    let done = run("
R1 a 0 1
.signal a=0 b=0 c=0 d=0
.always cd {
  wait until d != c
  d = c
}
.always bc {
  wait until c != b
  c = b
}
.always ab {
  wait until b != a
  b = a
}
.protocol main() -> t {
  wait 2u
  a = 5
  wait until d == 5
  t = time
}");
    near(done.number("t"), 2e-6, 1e-12);
}

#[test]
fn two_writers_of_one_instant_are_named() {
    let text = "
R1 a 0 1
.signal x=0 go=0
.always one {
  wait until go == 1
  x = 1
  wait until go == 0
}
.always two {
  wait until go == 1
  x = 2
  wait until go == 0
}
.protocol main() {
  wait 1u
  go = 1
  wait 1u
}";
    let (d, places) = run_text(text, &Setup::default()).err().expect("a mistake");
    let lines: Vec<&str> = places.iter().map(|p| p[1].as_str()).collect();
    assert_eq!((d.code, &lines[..]), ("process::two-writers", &["x = 2", "x = 1"][..]));
    // A nanosecond apart the last write counts.
    let apart = text.replace("x = 2", "wait 1n\n  x = 2");
    assert!(run_text(&apart, &Setup::default()).is_ok());
}

#[test]
fn a_process_does_not_wake_itself_with_what_has_happened() {
    let done = run("
R1 a 0 1
.signal x=0
.protocol main() -> t {
  t = zeros(4)
  x = 1
  wait until x == 1 timeout 1u
  t[0] = time
  wait until rise(x) timeout 1u
  t[1] = time
  x = 0
  wait until fall(x) timeout 1u
  t[2] = time
  par {
    {
      wait 0.5u
      x = 1
    }
    wait until rise(x) timeout 1u
  }
  t[3] = time
}");
    for (got, want) in done.get("t").iter().zip([0.0, 1e-6, 2e-6, 2.5e-6]) {
        close(*got, want, 1e-18);
    }
}

#[test]
fn a_handshake_takes_no_time() {
    let done = run("
R1 a 0 1
.signal request=0 granted=0
.always arbiter {
  wait until request == 1
  granted = 1
  wait until request == 0
  granted = 0
}
.protocol main() -> n, t {
  repeat n until n == 3 max 10 {
    request = 1
    wait until granted == 1 timeout 1u
    request = 0
    wait until granted == 0 timeout 1u
    wait 1n
  }
  t = time
}");
    assert_eq!(done.number("n"), 3.0);
    near(done.number("t"), 3e-9, 1e-12);
}

/// 1 kΩ: at 0.5 mA it takes 0.5 V.
#[test]
fn compliance_wins_over_what_is_forced() {
    let done = run("
.smu a b
R1 a 0 1k
R2 b 0 1k
.protocol main() -> v, i {
  v, i = zeros(4), zeros(4)
  force a = 2 limit 0.5m
  wait 10n
  v[0], i[0] = V(a), I(a)
  force a = 0.2 limit 0.5m
  wait 10n
  v[1], i[1] = V(a), I(a)
  force a = -2 limit 0.5m
  wait 10n
  v[2], i[2] = V(a), I(a)
  force I(b) = 5m limit 1
  wait 10n
  v[3], i[3] = V(b), I(b)
}");
    for (k, v) in [0.5, 0.2, -0.5, 1.0].into_iter().enumerate() {
        near(done.get("v")[k], v, 1e-9);
        near(done.get("i")[k], v / 1e3, 1e-9);
    }
}

/// tau = 1 us: charged for 5 us, then the net floats; the pulse still gives it back the level before.
#[test]
fn a_net_may_float_during_a_pulse() {
    let done = run("
.smu in
R1 in out 1k
C1 out 0 1n
.protocol main() -> held, after, t {
  force in = 0.2
  wait 20u
  par {
    pulse in = 1 for 10u
    {
      wait 5u
      float in
      wait 4u
      held = V(out)
    }
  }
  t = time
  wait 20u
  after = V(out)
}");
    near(done.number("held"), 1.0 - 0.8 * (-5.0f64).exp(), 1e-4);
    near(done.number("after"), 0.2, 1e-5);
    near(done.number("t"), 30e-6 + 2e-9, 1e-9);
}

#[test]
fn branches_nest() {
    let done = run("
.smu a
R1 a 0 1k
.protocol main() -> t, v {
  t = zeros(3)
  par {
    wait 1u
    {
      wait 2u
      par {
        wait 3u
        {
          wait 1u
          wait 1u
        }
      }
    }
  }
  t[0] = time
  par {
    wait 1u
    par first {
      wait 5u
      wait 2u
    }
  }
  t[1] = time
  force a = 0.25
  wait 10n
  par first {
    par {
      wait 10u
      pulse a = 1 for 10u
    }
    wait 3u
  }
  t[2] = time
  wait 10n
  v = V(a)
}");
    for (got, want) in done.get("t").iter().zip([5e-6, 7e-6, 10.01e-6]) {
        near(*got, want, 1e-12);
    }
    // The cancelled pulse went back to the level before.
    near(done.number("v"), 0.25, 1e-9);
}

#[test]
fn a_timeout_is_exact_and_a_condition_that_holds_returns_at_once() {
    let done = run("
.smu a
R1 a 0 1k
.protocol main() -> t {
  t = zeros(3)
  wait until V(a) > 1 timeout 3u
  t[0] = time
  wait until V(a) < 1 timeout 3u
  t[1] = time
  force a = 2
  wait until V(a) > 1 timeout 3u
  t[2] = time
}");
    let t = done.get("t");
    close(t[0], 3e-6, 1e-18);
    close(t[1], 3e-6, 1e-18);
    // The middle of an edge of 1 ns.
    close(t[2], 3e-6 + 0.5e-9, 1e-14);
}

#[test]
fn a_crossing_exactly_on_a_corner() {
    let done = run("
V1 a 0 PWL(0 0 1u 1 2u 1 3u 0)
V2 b 0 PWL(0 0 1u 1 2u 0)
R1 a 0 1k
R2 b 0 1k
.protocol main() -> reached, peak, passed {
  par {
    {
      wait until V(a) >= 1 timeout 10u
      reached = time
    }
    {
      wait until V(b) >= 1 timeout 10u
      peak = time
    }
    {
      wait until V(a) > 1 timeout 10u
      passed = time
    }
  }
}");
    near(done.number("reached"), 1e-6, 1e-9);
    near(done.number("peak"), 1e-6, 1e-9);
    near(done.number("passed"), 10e-6, 1e-12);
}

/// A ramp is one step of the integrator; each crossing in it has its time, whoever waits for it.
#[test]
fn several_crossings_in_one_step() {
    let done = run("
V1 a 0 PWL(0 0 1m 1)
R1 a 0 1k
.signal low=0 high=0
.always one {
  wait until V(a) > 0.6
  high = time
  wait 1
}
.always two {
  wait until V(a) > 0.3
  low = time
  wait 1
}
.protocol main() -> t {
  wait until V(a) > 0.45
  t = time
  wait until V(a) > 0.75
  t = [low, t, high, time]
}");
    for (got, want) in done.get("t").iter().zip([0.3e-3, 0.45e-3, 0.6e-3, 0.75e-3]) {
        near(*got, want, 5e-6);
    }
}

/// Each pulse of 10 ns, its edge of 1 ns counted half, takes 1 − V to e^(−10.5 ns/1 us): e^(−2) from the 191st on.
#[test]
fn a_pulse_train_counts_the_pulses_that_charge_an_rc() {
    let done = run("
.smu in edge=1n
R1 in out 1k
C1 out 0 1n
.protocol main() -> n, v {
  repeat n until V(out) >= 1 - exp(-2) max 500 {
    pulse in = 1 for 10n
    wait 100n
  }
  v = V(out)
}");
    assert_eq!(done.number("n"), (2.0f64 / 10.5e-3).ceil());
    near(1.0 - done.number("v"), (-191.0 * 10.5e-3f64).exp(), 1e-3);
}

/// An edge under way is a level already told: a pulse gives the net back to where it was going.
#[test]
fn a_pulse_right_behind_a_force_returns_to_what_was_forced() {
    let done = run("
.smu a edge=5n
R1 a 0 1k
.protocol main() -> after {
  force a = 0.1
  wait 1u
  force a = 0
  pulse a = 1 for 1u
  wait 1u
  after = V(a)
}");
    near(done.number("after"), 0.0, 1e-9);
}

/// What stands to the left of a call that changes the circuit is read before it.
#[test]
fn lists_and_sums_are_evaluated_from_left_to_right() {
    let done = run("
.smu a
R1 a 0 1k
.signal s=1
.protocol f() -> r {
  s = 7
  force a = 2
  wait 1u
  r = 3
}
.protocol main() -> listed, summed, volts, array {
  let p, q = s, f()
  listed = [p, q, s]
  s = 1
  summed = s + 10*f()
  force a = 0
  wait 1u
  s = 1
  let v, w = V(a), f() + V(a)
  volts = [v, w]
  s = 1
  array = [s, f(), s]
}");
    assert_eq!(done.get("listed"), [1.0, 3.0, 7.0]);
    assert_eq!(done.get("summed"), [31.0]);
    let volts = done.get("volts");
    near(volts[0], 0.0, 1e-9);
    near(volts[1], 5.0, 1e-9);
    assert_eq!(done.get("array"), [1.0, 3.0, 7.0]);
}

/// Behind a unit that floats nothing but a capacitor holds the net; `settle` opens it, and the voltage stays.
#[test]
fn settle_leaves_a_floating_net_at_its_voltage() {
    let done = run("
.smu b c
Rb b m 1k
Cb m 0 1n
Rd c d 1k
Rl d 0 1meg
Cd d 0 1n
.protocol main() -> kept, drained, later {
  force b = 1, c = 1
  wait 20u
  float b, c
  settle
  kept = V(m)
  drained = V(d)
  wait 1u
  later = V(m)
}");
    near(done.number("kept"), 1.0, 1e-6);
    assert!(done.number("drained").abs() < 1e-5);
    near(done.number("later"), 1.0, 1e-5);
}

/// `{…}` is live where it names a signal or a voltage: sources and resistors follow it, with the edge of signals.
#[test]
fn sources_and_resistors_read_signals() {
    let done = run("
.signal s=0 g[0:1]=1
V1 a 0 {2*s + 0.5}
I1 0 b DC {s*1m}
V2 c 0 {V(a)/2}
R1 a 0 1k
R2 b 0 {1k + 1k*g[1]}
R3 c 0 1k
.protocol main() -> before, after {
  before = [V(a), V(b), V(c)]
  s = 1
  wait 1u
  g[1] = 0
  wait 1u
  after = [V(a), V(b), V(c)]
}");
    let close = |got: &[f64], want: [f64; 3]| got.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-6);
    assert!(close(done.get("before"), [0.5, 0.0, 0.25]), "{:?}", done.get("before"));
    assert!(close(done.get("after"), [2.5, 1.0, 1.25]), "{:?}", done.get("after"));
}

/// An edge that is waited for from the other side of it: the voltage must first come up before it can fall.
#[test]
fn an_edge_of_a_voltage_is_seen_from_either_side() {
    let done = run("
V1 a 0 PULSE(0 5 10u 1u 1u 20u 40u)
R1 a 0 1k
.signal n=0
.always counter {
  wait until fall(V(a) - 2.5)
  n += 1
}
.protocol main() -> first, times {
  wait until fall(V(a) - 2.5)
  first = time
  wait until rise(V(a) - 2.5)
  wait 0.4m - time
  times = n
}");
    near(done.number("first"), 31.5e-6, 1e-4);
    assert_eq!(done.number("times"), 10.0);
}

/// Ramps into 1 kΩ, their steps as long as they like: ∫ v²/R dt is V²·T/3R, of the meter as of the past.
#[test]
fn the_energy_of_a_ramp_is_exact() {
    let done = run("
.smu a
R1 a 0 1k
.protocol main() -> up, across, looked, rms {
  force a = 0
  wait 1u
  let e, t = E(a), time
  ramp a = 0 to 1 in 1m
  up = E(a) - e
  looked = integ(V(a)*I(a), from=t)
  rms = rms(V(a), from=t)
  ramp a = 1 to -1 in 1u
  e = E(a)
  ramp a = -1 to 1 in 1m
  across = E(a) - e
}");
    near(done.number("up"), 1e-6 / 3.0, 1e-6);
    near(done.number("across"), 1e-6 / 3.0, 1e-6);
    near(done.number("looked"), 1e-6 / 3.0, 1e-6);
    near(done.number("rms"), (1.0f64 / 3.0).sqrt(), 1e-6);
}

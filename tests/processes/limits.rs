//! Compliance of source-measure units: how a limited drive ends, and what flows where a net comes to its limit.

use crate::support::{Setup, close, near, run, run_text, run_with};

/// 1 V under 100 uA is 10 mV at 100 ohm: from there the edge back sets out, not from 1 V.
#[test]
fn the_edge_that_ends_a_limited_drive_begins_where_the_net_is() {
    let done = run("
.smu a
R1 a 0 100
.protocol main() -> i, after, peak, v {
  i = zeros(3)
  force a = 1 limit 100u
  wait 1u
  force a = 0
  wait 0.1n
  i[0] = I(a)
  wait 0.4n
  i[1] = I(a)
  wait 10n
  after = I(a)
  pulse a = 1 limit 100u for 1u
  peak = max(I(a), from=0)
  force I(a) = 1m limit 0.01
  wait 1u
  force I(a) = 0
  wait 0.1n
  v = V(a)
}");
    let i = done.get("i");
    near(i[0], 90e-6, 1e-6);
    near(i[1], 50e-6, 1e-6);
    close(done.number("after"), 0.0, 1e-12);
    near(done.number("peak"), 100e-6, 1e-6);
    near(done.number("v"), 9e-3, 1e-6);
}

/// From one limit straight to the other there is a solution between them: a ramp that begins away from its net.
#[test]
fn a_limited_ramp_may_begin_elsewhere() {
    let done = run("
.smu a
R1 a 0 10k
.protocol main() -> v, w {
  force I(a) = 50u limit 1
  wait 1u
  ramp a = 0 to -2 limit 1m in 5u
  v = V(a)
  for k = 1:3 {
    ramp a = 0 to 1 limit 1m in 1u
  }
  w = V(a)
}");
    close(done.number("v"), -2.0, 1e-9);
    close(done.number("w"), 1.0, 1e-9);
}

/// 100 uA bring 1 nF to 0.5 V with 500 pC and 125 pJ; nothing flows then, not on the way to the next point either.
#[test]
fn meters_know_that_a_current_ends_at_once() {
    let done = run("
.smu a
C1 a 0 1n
.protocol main() -> q, e {
  force I(a) = 100u limit 0.5
  wait 14u
  q = Q(a)
  e = E(a)
}");
    near(done.number("q"), 500e-12, 1e-2);
    near(done.number("e"), 125e-12, 2e-2);
}

/// 10 uA into 1 nF beside 100 kohm: v = 1 V (1 − exp(−t/100 us)) comes to 0.5 V at 100 us ln 2; from there on 5 uA flow, and the
/// capacitor takes none of them.
const CHARGED: &str = "
.smu b
C1 b 0 1n
R1 b 0 100k
.protocol main() -> v, i, q, t, after {
  par {
    force I(b) = 10u limit 0.5
    {
      wait until V(b) >= 0.4999999 timeout 1m
      t = time
    }
    wait 1m
  }
  v = V(b)
  i = I(b)
  q = Q(b)
  i = zeros(20)
  for k = 0:19 {
    wait 7.3u
    i[k] = I(b)
  }
  float b
  wait 100u
  after = V(b)
}";

#[test]
fn a_current_that_has_charged_its_net_to_the_limit_does_not_ring() {
    let ln2 = std::f64::consts::LN_2;
    let check = |reltol: f64, trtol: f64, bar: f64| {
        let done = run_with(CHARGED, &Setup { reltol, trtol, ..Setup::default() });
        let done = done.unwrap_or_else(|d| panic!("{}: {}", d.code, d.message));
        near(done.number("v"), 0.5, 1e-9);
        done.get("i").iter().for_each(|i| near(*i, 5e-6, 1e-6));
        near(done.number("t"), 100e-6 * ln2, bar);
        let arrived = 100e-6 * ln2;
        near(done.number("q"), 10e-6 * arrived + 5e-6 * (1e-3 - arrived), bar);
        near(done.number("after"), 0.5 / 1f64.exp(), 2.0 * bar);
    };
    check(1e-6, 1.0, 1e-4);
    // At the default tolerances currents are as exact as ever.
    check(1e-3, 7.0, 2e-2);
}

/// A voltage under a current limit is the same thing: 10 uA until the net is at its level, then what the resistor takes.
#[test]
fn a_limited_voltage_that_has_come_to_its_level_does_not_ring() {
    let done = run("
.smu b
C1 b 0 1n
R1 b 0 100k
.protocol main() -> i {
  force b = 0.5 limit 10u
  wait 200u
  i = zeros(20)
  for k = 0:19 {
    wait 7.3u
    i[k] = I(b)
  }
}");
    done.get("i").iter().for_each(|i| near(*i, 5e-6, 1e-6));
}

/// 3 V under 1 mA at 1 kohm: 1 V, and no curve between two points is above that.
#[test]
fn no_wave_is_above_the_compliance() {
    let done = run("
.smu a
R1 a 0 1k
.protocol main() -> most, when, often {
  pulse a = 3 limit 1m for 1u
  wait 1u
  most = max(V(a), from=0)
  when = first(V(a) > 1.0001)
  often = count(rise(V(a) - 1.0001))
}");
    near(done.number("most"), 1.0, 1e-6);
    assert_eq!(done.number("when"), f64::INFINITY);
    assert_eq!(done.number("often"), 0.0);
}

/// `first` looks at the past, `wait until` at the solution: both see the same crossing.
#[test]
fn the_past_is_as_exact_as_the_steps() {
    let done = run_with(
        "
.smu in
R1 in out 1k
C1 out 0 1n
.protocol main() -> t, past {
  t = zeros(3)
  past = zeros(3)
  force in = 1
  wait 10u
  past = [first(V(out) > 0.5), first(V(out) > 0.8), first(V(out) > 0.9)]
}",
        &Setup { reltol: 1e-4, trtol: 1.0, ..Setup::default() },
    )
    .unwrap_or_else(|d| panic!("{}: {}", d.code, d.message));
    for (t, v) in done.get("past").iter().zip([0.5f64, 0.8, 0.9]) {
        near(*t, -1e-6 * (1.0 - v).ln() + 0.5e-9, 1.5e-3);
    }
}

#[test]
fn a_unit_on_a_net_that_a_source_holds_is_a_loop() {
    for source in ["V1 a 0 1", "V1 a b 1\nR2 b 0 1\nE1 b 0 c 0 1\nV2 c 0 1", "B1 a 0 V={time}"] {
        let text = format!(".smu a\n{source}\nR1 a 0 1k\n.protocol main() -> x {{ force a = 2 }}");
        let code = run_text(&text, &Setup::default()).err().map(|(d, _)| d.code);
        assert_eq!(code, Some("check::voltage-loop"), "{source}");
    }
    let fine = run(".smu a\nV1 b 0 1\nR2 a b 1k\n.protocol main() -> v { force a = 2\n wait 1u\n v = V(a) }");
    near(fine.number("v"), 2.0, 1e-9);
}

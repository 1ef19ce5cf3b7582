//! Oscillators whose period has a closed form, edges included.

use crate::support::{Setup, near, run_with};

/// s: RC of the oscillators, and how long a signal takes from one value to the next
const TAU: f64 = 10e-6;
const EDGE: f64 = 1e-9;

/// What a ramp of 3 V to 0 within [`EDGE`] leaves on a capacitor behind RC, V·e^(t/τ): 3·(eᵃ − 1 − a)/a with a = edge/τ.
fn rest_of_edge() -> f64 {
    let a = EDGE / TAU;
    3.0 * (a.exp_m1() - a) / a
}

fn tight() -> Setup {
    Setup { reltol: 1e-9, vntol: 1e-9, trtol: 1.0, ..Setup::default() }
}

/// Between 1 and 2 V toward 0 and 3 V: from 2 V down, (2 + rest)·e^(−t/τ) = 1; upward the same.
#[test]
fn of_an_always() {
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
    let got = run_with(text, &tight()).unwrap();
    near(got.number("period"), 2.0 * TAU * (2.0 + rest_of_edge()).ln(), 1e-6);
}

/// The comparator's output passes its middle `late` = delay + rise/2 after the crossing; the capacitor goes on for so long,
/// to 3 − e^(−late/τ).
#[test]
fn of_a_comparator_and_an_always() {
    let text = "
.signal up=1 count=0
B1 drive 0 V={3*up}
B2 threshold 0 V={1 + up}
R1 drive out 10k
C1 out 0 1n
X1 out threshold decided comparator delay=200n rise=20n fall=20n
.always relax {
  wait until V(decided) > 2.5
  up = 0
  wait until V(decided) < 2.5
  up = 1
  count += 1
}
.protocol main() -> period {
  wait until count >= 2
  let t = time
  wait until count >= 12
  period = (time - t)/10
}";
    let late = 210e-9;
    let want = 2.0 * (late + TAU * (3.0 - (-late / TAU).exp() + rest_of_edge()).ln());
    let got = run_with(text, &tight()).unwrap();
    near(got.number("period"), want, 1e-6);
}

/// A condition is located on the solution itself, not on the line between two points: at loose tolerances the instant is off
/// by what the integrator is off, but the voltage there is the one that was waited for.
#[test]
fn a_crossing_is_one_of_the_solution() {
    let loose = Setup { reltol: 1e-3, vntol: 1e-6, trtol: 7.0, ..Setup::default() };
    let text = "
.smu in
R1 in out 1k
C1 out 0 1n
.protocol main() -> at, v {
  force in = 1
  wait until V(out) > 0.5
  at = time
  v = V(out)
}";
    let waited = run_with(text, &loose).unwrap();
    near(waited.number("v"), 0.5, 1e-6);
    near(waited.number("at"), 0.5e-9 + 1e-6 * std::f64::consts::LN_2, 1e-2);
}

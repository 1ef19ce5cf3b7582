//! `.smu … noise=`: readings are off by a random share in a Monte-Carlo run, and nowhere else.

use crate::support::{Outcome, Setup, near, run, run_with};

const TEXT: &str = "
.smu a noise=1%
.smu b
R1 a 0 1k
R2 b 0 1k
.protocol main() -> i, v, other, t {
  i = zeros(1000)
  force b = 1
  force a = 1
  wait until V(a) > 0.5
  t = time
  wait 10n
  for k = 0:999 { i[k] = I(a) }
  v = V(a)
  other = I(b)
}";

fn noisy(text: &str, draw: u64) -> Outcome {
    run_with(text, &Setup { noisy: true, draw, ..Setup::default() }).unwrap()
}

#[test]
fn are_exact_outside_of_a_monte_carlo_run() {
    assert!(run(TEXT).get("i").iter().all(|i| (i / 1e-3 - 1.0).abs() < 1e-9));
}

#[test]
fn have_the_spread_they_should() {
    let done = noisy(TEXT, 0);
    let n = 1000.0f64;
    let errors: Vec<f64> = done.get("i").iter().map(|i| i / 1e-3 - 1.0).collect();
    let mean = errors.iter().sum::<f64>() / n;
    let spread = (errors.iter().map(|e| e * e).sum::<f64>() / n).sqrt();
    assert!(mean.abs() < 4.0 * 0.01 / n.sqrt(), "{mean}");
    near(spread, 0.01, 4.0 / (2.0 * n).sqrt());
    assert!(done.number("v") != 1.0 && (done.number("v") - 1.0).abs() < 0.06);
    near(done.number("other"), 1e-3, 1e-9);
}

#[test]
fn depend_on_the_draw_and_the_unit_alone() {
    let (one, again, other) = (noisy(TEXT, 0), noisy(TEXT, 0), noisy(TEXT, 1));
    assert_eq!(one.get("i"), again.get("i"));
    assert_ne!(one.get("i"), other.get("i"));
    let more = TEXT.replace(".smu b", ".smu b c noise=2%\nR3 c 0 1k").replace("force b = 1", "force b = V(c)");
    assert_eq!(one.get("i"), noisy(&more, 0).get("i"));
}

/// A condition that is waited for is watched, not read.
#[test]
fn leave_crossings_where_they_are() {
    assert_eq!(noisy(TEXT, 3).number("t"), run(TEXT).number("t"));
}

#[test]
fn branches_of_maps_have_their_own() {
    let text = "
.smu a noise=1%
R1 a 0 1k
.protocol shot(v) -> i {
  force a = v
  wait 10n
  i = I(a)
}
.protocol main() -> first, second {
  first = map(shot, [1, 1])
  second = map(shot, [1, 1])
}";
    let done = noisy(text, 0);
    let all: Vec<f64> = done.get("first").iter().chain(done.get("second")).copied().collect();
    for (k, a) in all.iter().enumerate() {
        assert!(all[..k].iter().all(|b| b != a), "{all:?}");
    }
}

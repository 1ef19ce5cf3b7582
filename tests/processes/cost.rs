//! What costs time points: events do, silence does not.

use crate::support::{Setup, near, run, run_with};

/// 784 pulses of 100 ns on an RC of 1 us, with silence between.
fn points(silence: f64) -> usize {
    let text = format!(
        "
.smu in
R1 in out 1k
C1 out 0 1n
R2 out 0 1k
.protocol main() -> n {{
  for k = 0:783 {{
    pulse in = 1 for 100n
    wait {silence:e}
    n += 1
  }}
}}"
    );
    run(&text).times.len()
}

#[test]
fn silence_costs_edges_not_time() {
    let all: Vec<usize> = (-6..=0).map(|k| points(10f64.powi(k))).collect();
    // From 10 us on all is at rest between pulses: ten times the silence is a few steps more.
    assert!(all[6] < all[1] + all[1] / 2, "{all:?}");
    assert!(all.windows(2).skip(2).all(|w| w[1] < w[0] + 784 * 5), "{all:?}");
}

/// A capacitor behind 1 kΩ charged through a compliance of 0.5 mA, held at the limit until it has 0.5 V: 1 us, then the level.
fn charged(limit: &str, reltol: f64) -> (usize, f64) {
    let text = format!(
        "
.smu in
R1 in out 1k
C1 out 0 2n
.protocol main() -> v {{
  force in = 1 {limit}
  wait 20u
  v = V(out)
}}"
    );
    let done = run_with(&text, &Setup { reltol, ..Setup::default() }).unwrap();
    (done.times.len(), done.number("v"))
}

#[test]
fn a_compliance_does_not_chatter() {
    for reltol in [1e-3, 1e-5, 1e-7] {
        let ((free, v), (limited, w)) = (charged("", reltol), charged("limit 0.5m", reltol));
        near(v, 1.0 - (-10.0f64).exp(), 1e-3);
        near(w, 1.0 - 0.5 * (-9.0f64).exp(), 1e-3);
        assert!(limited < 2 * free, "{limited} points against {free}");
    }
}

/// A device that jumps from 1 MΩ to 1 kΩ within 10 ns once it sees 1 V: the unit goes into its limit and stays there.
#[test]
fn a_set_under_compliance_does_not_chatter() {
    let text = |limit: &str| {
        format!(
            "
.device cell (p n) {{
  state w = 0 in 0:1
  let g = 1u + 999u*w
  I(p,n) = g*V(p,n)
  ddt(w) = V(p,n) > 1 ? 100meg*(V(p,n) - 1) : 0
}}
.smu in
R1 in a 100
X1 a 0 cell
.protocol main() -> v, i, g {{
  ramp in = 0 to 2 {limit} in 10u
  v, i, g = V(in), I(in), X1.g
}}"
        )
    };
    let free = run(&text(""));
    let limited = run(&text("limit 100u"));
    near(limited.number("i"), 1e-4, 1e-9);
    assert!(limited.times.len() < 150, "{} points against {}", limited.times.len(), free.times.len());
    // From 5.3 us on the unit holds its limit, and nothing moves.
    let late = limited.times.iter().filter(|t| **t > 5.3e-6).count();
    assert!(late < 10, "{late} points at the limit");
}

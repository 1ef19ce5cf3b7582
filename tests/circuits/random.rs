//! What happens at random while a circuit runs, against the laws it must follow: cycles, telegraph noise, stuck parts, hazards
//! and noise of the shipped models.

use memspice::random::{Keys, Stream};

use super::support::{Netlist, Waves};

/// Kolmogorov–Smirnov: the largest distance of these times from an exponential law, times √n; above 1.63 once in a hundred.
fn distance(mut times: Vec<f64>, mean: f64) -> f64 {
    times.sort_by(f64::total_cmp);
    let n = times.len() as f64;
    let law = |t: f64| 1.0 - (-t / mean).exp();
    let apart = |(k, t): (usize, &f64)| (law(*t) - k as f64 / n).abs().max((law(*t) - (k + 1) as f64 / n).abs());
    times.iter().enumerate().map(apart).fold(0.0, f64::max) * n.sqrt()
}

/// When a column jumps up or down past a level: the points at which it is there.
fn jumps(waves: &Waves, column: &str, level: f64, upward: bool) -> Vec<f64> {
    let wave = &waves.columns[column];
    let past = |v: f64| (v > level) == upward;
    (1..wave.len()).filter(|&k| past(wave[k]) && !past(wave[k - 1])).map(|k| waves.time[k]).collect()
}

fn in_time(path: &str, purpose: &str) -> Stream {
    Stream::in_time(Keys { seed: 1, ..Keys::default() }, path, purpose)
}

/// Four pulses; a `cycle when` on each.
fn pulses(max: &str) -> Netlist {
    Netlist::new(&format!(
        "cycles\n\
         .device cell (p n) {{\n param g=1m k=3 b={{2*k}}\n state x = 0\n I(p,n) = g*V(p,n)\n ddt(x) = V(p,n) > 0.5 ? k : 0\n \
         cycle when V(p,n) > 0.5\n}}\n\
         .variation cell {{\n cycle g ~ lognormal(0.2) in 0.5m:2m\n cycle k ~ normal(10%)\n}}\n\
         V1 in 0 PULSE(0 1 1m 1u 1u 0.5m 1m)\nR1 in a 0.1\nX1 a 0 cell\nX2 a 0 cell k=6\n.tran 10u 4.9m 0 {max}\n.end\n"
    ))
}

#[test]
fn a_cycle_parameter_is_drawn_at_the_start_and_with_each_cycle() {
    let seen = ["X1.g", "X1.k", "X1.b", "X2.k", "X1.x", "a"];
    let waves = [pulses("50u"), pulses("5u")].map(|n| n.drawn(&[], 0).tran(&seen));
    let (mut g, mut k, mut k2) = (in_time("X1", "cycle:g"), in_time("X1", "cycle:k"), in_time("X2", "cycle:k"));
    let mut x = 0.0;
    for pulse in 0..5u64 {
        let g = (1e-3 * (0.2 * g.normal(pulse)).exp()).clamp(0.5e-3, 2e-3);
        let k = 3.0 * (1.0 + 0.1 * k.normal(pulse));
        let middle = 1e-3 * (pulse as f64 + 0.25);
        for w in &waves {
            assert!((w.at("X1.g", middle) / g - 1.0).abs() < 1e-12, "pulse {pulse}");
            assert!((w.at("X1.k", middle) / k - 1.0).abs() < 1e-12);
            // A default that follows k follows it here too.
            assert_eq!(w.at("X1.b", middle), 2.0 * w.at("X1.k", middle));
            assert!((w.at("X2.k", middle) / (6.0 * (1.0 + 0.1 * k2.normal(pulse))) - 1.0).abs() < 1e-12);
        }
        // The new rate holds for the pulse that drew it, to about a step of 50 µs.
        if pulse > 0 {
            x += 0.5e-3 * k;
            assert!((waves[1].at("X1.x", 1e-3 * (pulse as f64 + 0.9)) / x - 1.0).abs() < 0.01, "pulse {pulse}");
        }
    }
    let nominal = pulses("50u").deck(&[]).tran(&seen);
    assert!(nominal.columns["X1.g"].iter().all(|g| *g == 1e-3));
}

/// A conductance that jumps between 1 mS for 5 ms and 0.5 mS for 2 ms, on average.
fn telegraph(max: &str) -> Waves {
    let text = format!(
        "telegraph noise\n.device cell (p n) {{\n param g=1m\n I(p,n) = g*V(p,n)\n}}\n\
         .variation cell {{\n telegraph g ~ levels(1, 0.5, dwell=[5m, 2m])\n}}\n\
         V1 a 0 1\nX1 a 0 cell\n.tran 10m 7 0 {max}\n.end\n"
    );
    Netlist::new(&text).drawn(&[], 0).tran(&["X1.g"])
}

#[test]
fn telegraph_noise_stays_as_long_as_it_says_at_any_step() {
    let coarse = telegraph("50m");
    let (up, down) = (jumps(&coarse, "X1.g", 0.75e-3, true), jumps(&coarse, "X1.g", 0.75e-3, false));
    // From each rise to the next fall, and back.
    let stay = |from: &[f64], to: &[f64]| -> Vec<f64> {
        from.iter().filter_map(|t| to.iter().find(|u| *u > t).map(|u| u - t)).collect()
    };
    let (high, low) = (stay(&up, &down), stay(&down, &up));
    assert!(high.len() > 900 && low.len() > 900, "{} {}", high.len(), low.len());
    let mean = |times: &[f64]| times.iter().sum::<f64>() / times.len() as f64;
    for (times, expected) in [(high, 5e-3), (low, 2e-3)] {
        let (mean, distance) = (mean(&times), distance(times, expected));
        assert!(distance < 1.63, "{mean} instead of {expected}, distance {distance}");
    }
    let fine = telegraph("0.5m");
    for (a, b) in jumps(&coarse, "X1.g", 0.75e-3, true).iter().zip(jumps(&fine, "X1.g", 0.75e-3, true)) {
        assert!((a - b).abs() < 2e-5, "{a} {b}");
    }
}

#[test]
fn nothing_moves_in_a_stuck_part() {
    let netlist = Netlist::new(
        "stuck\n.param p=1\n\
         .device cell (p n) {\n param g=1m tau=1u\n state x = 0.3 in 0:1\n state T = 300 settles\n state y = 0\n state jumped = 0\n \
         I(p,n) = g*(1 + x + y)*V(p,n)*T/300\n ddt(x) = 1k*V(p,n)\n ddt(T) = (300 + 100*V(p,n) - T)/tau\n \
         ddt(y) = -y/tau + 1k*white(every=tau/10)\n when x > 0.4 { jumped = 1 }\n when hazard(1meg) { jumped = 2 }\n}\n\
         .variation cell {\n stuck p=p g ~ uniform(2m, 2m)\n}\n\
         V1 a 0 PULSE(0 1 1u 1u 1u 1 1)\nX1 a 0 cell\n.tran 1u 200u\n.end\n",
    );
    let seen = ["X1.x", "X1.T", "X1.y", "X1.jumped", "X1.stuck", "X1.g"];
    let w = netlist.drawn(&[], 0).tran(&seen);
    let held = |column: &str, value: f64| w.columns[column].iter().all(|v| (v - value).abs() < 1e-9 * value.max(1.0));
    assert!(held("X1.x", 0.3) && held("X1.T", 300.0) && held("X1.y", 0.0) && held("X1.jumped", 0.0), "{:?}", w.columns);
    assert!(held("X1.stuck", 1.0) && held("X1.g", 2e-3));
    let w = netlist.drawn(&[("p", 0.0)], 0).tran(&seen);
    assert!(w.last("X1.x") > 0.4 && w.last("X1.T") > 390.0 && w.last("X1.y") != 0.0 && w.last("X1.jumped") > 0.0);
    assert_eq!((w.last("X1.stuck"), w.last("X1.g")), (0.0, 1e-3));
}

/// At 0.52 V a switch fires after 20 ns on average (td·exp((vth − |V|)/vs)), and lets go after 20 µs (tr) below its hold voltage.
#[test]
fn threshold_switches_fire_and_let_go_at_random() {
    let count = 300;
    let netlist = |max: &str| {
        Netlist::new(&format!(
            "threshold switches\n.include \"models/threshold_switch.cir\"\n\
             V1 a 0 PWL(0 0 1n 0.52 300u 0.52 300.001u 0.05)\n\
             .for k = 0:{} {{\n X[k] a 0 threshold_switch\n}}\n.tran 1u 600u 0 {max}\n.end\n",
            count - 1
        ))
    };
    let names: Vec<String> = (0..count).map(|k| format!("X[{k}].on")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let waves = netlist("20u").deck(&[]).tran(&names);
    let mean = 1e-5 * (-0.02f64 / 0.02).exp();
    let fired: Vec<f64> = names.iter().map(|n| jumps(&waves, n, 0.5, true)[0]).collect();
    assert!(distance(fired.iter().map(|t| t - 1e-9).collect(), mean) < 1.63);
    // Those that are still on: all but a few.
    let gone: Vec<f64> =
        names.iter().filter_map(|n| jumps(&waves, n, 0.5, false).first().map(|t| t - 300e-6)).collect();
    assert!(gone.len() > count - 3 && distance(gone, 20e-6) < 1.63);
    // The same parts fire at the same times whatever the step.
    let fine = netlist("1u").deck(&[]).tran(&names[..5]);
    for (k, n) in names[..5].iter().enumerate() {
        assert!((jumps(&fine, n, 0.5, true)[0] - fired[k]).abs() < 1e-3 * mean + 5e-9);
    }
}

/// Without a voltage the gap diffuses: its variance grows as (dg0·√tref/(1 + exp((tcrit − T)/tsmth)))²·t, whatever the step.
#[test]
fn the_noise_of_stanford_v1_does_not_depend_on_the_step() {
    let count = 1000;
    let run = |step: &str| {
        let netlist = Netlist::new(&format!(
            "diffusion\n.include \"models/stanford_v1.cir\"\nV1 a 0 0\n\
             .for k = 0:{} {{\n X[k] a 0 stanford_v1_noise gap0=0.95\n}}\n.options fixed_step={step}\n.tran {step} 200n\n.end\n",
            count - 1
        ));
        let names: Vec<String> = (0..count).map(|k| format!("X[{k}].g")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let waves = netlist.deck(&[]).tran(&names);
        names.iter().map(|n| waves.last(n)).collect::<Vec<f64>>()
    };
    let (fine, coarse) = (run("1n"), run("20n"));
    let n = count as f64;
    let strength = 2e7 * 1e-9f64.sqrt() / (1.0 + ((450.0 - 298.0) / 500.0f64).exp());
    for gaps in [&fine, &coarse] {
        let mean = gaps.iter().sum::<f64>() / n;
        let variance = gaps.iter().map(|g| (g - mean).powi(2)).sum::<f64>() / (n - 1.0);
        let expected = strength * strength * 200e-9;
        assert!((mean - 0.95).abs() < 4.0 * (expected / n).sqrt(), "{mean}");
        assert!((variance / expected - 1.0).abs() < 4.0 * (2.0 / n).sqrt(), "{variance} {expected}");
    }
    assert!(fine.iter().zip(&coarse).all(|(a, b)| (a - b).abs() < 1e-9), "the same paths");
}

/// A filament without voltage: df = −γ f dt − γ σ √tref f² dW. Its mean is f0·e^(−γt) exactly; while the spread is small its
/// variance is (γσ)²·tref·f0⁴·e^(−2γt)·(1 − e^(−2γt))/2γ, whatever the step.
#[test]
fn the_noise_of_the_compact_diffusive_memristor_does_not_depend_on_the_step() {
    let count = 600;
    let run = |step: &str| {
        let netlist = Netlist::new(&format!(
            "decay\n.include \"models/diffusive.cir\"\nV1 a 0 0\n\
             .for k = 0:{} {{\n X[k] a 0 diffusive_noise f0=0.5 r0=0 beta=0 sf=2\n}}\n.options fixed_step={step}\n\
             .tran {step} 100u\n.end\n",
            count - 1
        ));
        let names: Vec<String> = (0..count).map(|k| format!("X[{k}].f")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let waves = netlist.deck(&[]).tran(&names);
        names.iter().map(|n| waves.last(n)).collect::<Vec<f64>>()
    };
    let (fine, coarse) = (run("1u"), run("10u"));
    let (n, gamma, time) = (count as f64, 5e3, 100e-6f64);
    let fade = (-gamma * time).exp();
    let expected =
        (gamma * 2.0f64).powi(2) * 1e-6 * 0.5f64.powi(4) * fade.powi(2) * (1.0 - fade.powi(2)) / (2.0 * gamma);
    for f in [&fine, &coarse] {
        let mean = f.iter().sum::<f64>() / n;
        let variance = f.iter().map(|g| (g - mean).powi(2)).sum::<f64>() / (n - 1.0);
        // Euler's cells of 1 us decay by 1 − γ·δ instead of e^(−γδ): 0.13 % of the mean.
        assert!((mean - 0.5 * fade).abs() < 4.0 * (expected / n).sqrt() + 1e-3, "{mean} {}", 0.5 * fade);
        assert!((variance / expected - 1.0).abs() < 4.0 * (2.0 / n).sqrt() + 0.05, "{variance} {expected}");
    }
    assert!(fine.iter().zip(&coarse).all(|(a, b)| (a - b).abs() < 1e-9), "the same paths");
}

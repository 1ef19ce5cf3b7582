//! Logic parts and converters in circuits, against closed forms and truth tables.

use crate::support::{Netlist, Waves};

fn close(got: f64, want: f64, within: f64) {
    assert!((got - want).abs() <= within, "{got:e} is not {want:e} within {within:e}");
}

fn waves(text: &str, nets: &[&str]) -> Waves {
    Netlist::new(&format!("logic\n{text}")).deck(&[]).tran(nets)
}

/// A ring of inverters with these parameters: the mean period of its later half, and the number of points a period took.
fn ring(gates: usize, parameters: &str, periods: f64, period: f64) -> (f64, f64) {
    let text = format!(
        ".for k = 0:{} {{ X[k] n[k] n[mod(k+1, {gates})] not {parameters} }}\n.tran {} {}",
        gates - 1,
        period / 10.0,
        periods * period
    );
    let waves = waves(&text, &["n[0]"]);
    let edges = waves.crossings("n[0]", 2.5, true);
    assert!(edges.len() > 4, "{} edges", edges.len());
    let half = edges.len() / 2;
    let count = edges.len() - 1 - half;
    ((edges[edges.len() - 1] - edges[half]) / count as f64, waves.time.len() as f64 / periods)
}

#[test]
fn a_ring_of_an_odd_number_of_gates_has_a_period_of_two_n_delays() {
    for gates in [1, 3, 5, 31] {
        let want = 2.0 * gates as f64 * 3e-9;
        let (period, points) = ring(gates, "delay=3n", 10.0, want);
        close(period / want, 1.0, 1e-6);
        assert!(points < 80.0 * gates as f64, "{points} points a period of {gates} gates");
    }
}

#[test]
fn a_ring_far_longer_than_newton_has_patience_for_still_has_its_period() {
    let (period, _) = ring(101, "delay=3n", 6.0, 606e-9);
    close(period / 606e-9, 1.0, 1e-6);
}

/// No delay at all: an output sets out a tenth of an edge after its input crossed, and is halfway half an edge later.
#[test]
fn a_ring_without_delay_goes_by_its_edges() {
    let want = 2.0 * 3.0 * 0.6 * 1e-9;
    let (period, points) = ring(3, "delay=0 rise=1n fall=1n", 10.0, want);
    close(period / want, 1.0, 1e-5);
    assert!(points < 300.0, "{points} points a period");
    // An inverter that drives itself turns back before it is there.
    let (_, points) = ring(1, "delay=0 rise=1n fall=1n", 10.0, 1e-9);
    assert!(points < 300.0, "{points} points a nanosecond");
}

/// Rising and falling edges of different length count by their middles; delays are the same.
#[test]
fn edges_of_different_length_do_not_change_the_period() {
    let (period, _) = ring(3, "delay=5n rise=1n fall=4n", 10.0, 30e-9);
    close(period / 30e-9, 1.0, 1e-6);
}

/// 1 kΩ drives 1 pF: each gate adds tau·ln 2 to its delay, tau being far shorter than the delay.
#[test]
fn a_ring_loaded_by_its_inputs_is_slower_by_tau_ln_2() {
    let want = 6.0 * (20e-9 + 1e-9 * 2f64.ln());
    let text = format!(
        ".for k = 0:2 {{ X[k] n[k] n[mod(k+1, 3)] not delay=20n rise=10p fall=10p rout=1k cin=1p }}
         .tran {} {}
         .options reltol=1e-6 vntol=1n",
        want / 10.0,
        10.0 * want
    );
    let edges = waves(&text, &["n[0]"]).crossings("n[0]", 2.5, true);
    let period = (edges[8] - edges[3]) / 5.0;
    close(period / want, 1.0, 1e-5);
}

#[test]
fn two_rings_beside_each_other_both_start_at_once() {
    let text = "X1 a b not
         X2 b c not
         X3 c a not
         X4 p q not delay=2n
         X5 q r not delay=2n
         X6 r p not delay=2n
         .tran 1n 40n";
    let waves = waves(text, &["a", "p"]);
    assert_eq!(waves.crossings("a", 2.5, true).len() + waves.crossings("a", 2.5, false).len(), 13);
    assert_eq!(waves.crossings("p", 2.5, true).len() + waves.crossings("p", 2.5, false).len(), 6);
}

#[test]
fn a_bistable_pair_settles_and_stays() {
    for pair in ["X1 a b not\nX2 b a not", "X1 0 b a nor\nX2 0 a b nor", "X1 a b buf\nX2 b c not\nX3 c a not"] {
        let deck = Netlist::new(&format!("pair\n{pair}\n.tran 1n 100n\n.op"));
        let v = deck.deck(&[]).op();
        let (a, b) = (v("a"), v("b"));
        assert!(!(0.1..4.9).contains(&a), "{a}");
        assert!(if pair.contains("buf") { (a - b).abs() < 0.1 } else { (a + b - 5.0).abs() < 0.1 }, "{a} {b}");
        let waves = deck.deck(&[]).tran(&["a"]);
        close(waves.last("a"), a, 1e-9);
        assert!(waves.time.len() < 120, "{} points", waves.time.len());
    }
}

#[test]
fn a_latch_of_two_gates_is_set_and_reset() {
    let text = "Vs s 0 PULSE(5 0 10n 1n 1n 5n)
         Vr r 0 PULSE(5 0 30n 1n 1n 5n)
         X1 s qn q nand
         X2 r q qn nand
         .tran 1n 60n";
    let waves = waves(text, &["q", "qn"]);
    for (t, q) in [(25e-9, 5.0), (50e-9, 0.0)] {
        close(waves.at("q", t), q, 1e-9);
        close(waves.at("qn", t), 5.0 - q, 1e-9);
    }
}

/// Eight combinations of three bits, 10 ns each; outputs in the middle of each.
#[test]
fn truth_tables() {
    let text = "V0 a[0] 0 PULSE(0 5 10n 0.1n 0.1n 9.9n 20n)
         V1 a[1] 0 PULSE(0 5 20n 0.1n 0.1n 19.9n 40n)
         V2 a[2] 0 PULSE(0 5 40n 0.1n 0.1n 39.9n 80n)
         X1 a[0:2] and and
         X2 a[0:2] or or
         X3 a[0:2] nand nand
         X4 a[0:2] nor nor
         X5 a[0:2] xor xor
         X6 a[0:2] xnor xnor
         X7 a[0] not not
         X8 a[0] buf buf
         X9 a[0:2] y[0:7] decoder
         .tran 1n 80n";
    let gates: [(&str, [u8; 8]); 8] = [
        ("and", [0, 0, 0, 0, 0, 0, 0, 1]),
        ("or", [0, 1, 1, 1, 1, 1, 1, 1]),
        ("nand", [1, 1, 1, 1, 1, 1, 1, 0]),
        ("nor", [1, 0, 0, 0, 0, 0, 0, 0]),
        ("xor", [0, 1, 1, 0, 1, 0, 0, 1]),
        ("xnor", [1, 0, 0, 1, 0, 1, 1, 0]),
        ("not", [1, 0, 1, 0, 1, 0, 1, 0]),
        ("buf", [0, 1, 0, 1, 0, 1, 0, 1]),
    ];
    let ys: Vec<String> = (0..8).map(|k| format!("y[{k}]")).collect();
    let nets: Vec<&str> = gates.iter().map(|g| g.0).chain(ys.iter().map(String::as_str)).collect();
    let waves = waves(text, &nets);
    for word in 0..8 {
        let t = 1e-8 * word as f64 + 7e-9;
        for (name, table) in gates {
            close(waves.at(name, t), 5.0 * f64::from(table[word]), 1e-9);
        }
        for (k, y) in ys.iter().enumerate() {
            close(waves.at(y, t), if k == word { 5.0 } else { 0.0 }, 1e-9);
        }
    }
}

#[test]
fn gates_see_thresholds_and_hysteresis() {
    // A triangle from 0 to 4 V and back, 1 V a microsecond.
    let text = "V1 in 0 PWL(0 0 4u 4 8u 0)
         X1 in a buf threshold=1
         X2 in b buf hyst=1 delay=10n
         .tran 10n 8u";
    let waves = waves(text, &["a", "b"]);
    for (net, up, down) in [("a", 1e-6 + 1e-9, 7e-6 + 1e-9), ("b", 3e-6 + 10e-9, 6e-6 + 10e-9)] {
        close(waves.crossings(net, 2.5, true)[0], up, 1e-12);
        close(waves.crossings(net, 2.5, false)[0], down, 1e-12);
    }
}

/// A pulse shorter than the delay, less half an edge, does not get through.
#[test]
fn delays_are_inertial() {
    let text = "V1 in 0 PULSE(0 5 10n 0.1n 0.1n 2n)
         X1 in short buf delay=5n
         X2 in long buf delay=2n
         .tran 0.1n 30n";
    let waves = waves(text, &["short", "long"]);
    assert_eq!(waves.crossings("short", 2.5, true).len(), 0);
    assert_eq!(waves.crossings("long", 2.5, true).len(), 1);
    close(waves.crossings("long", 2.5, true)[0], 10.05e-9 + 2e-9, 1e-12);
}

#[test]
fn flip_flops_divide_and_counters_count() {
    let text = "Vc clk 0 PULSE(0 5 5n 0.1n 0.1n 4.9n 10n)
         Vr reset 0 PULSE(0 5 62n 0.1n 0.1n 4n)
         Vh high 0 5
         X1 qn clk q 0 qn dff
         X2 high clk t tff
         X3 clk 0 c[0:2] counter
         X4 clk reset m[0:2] counter modulus=5
         X5 clk 0 f[0:1] counter clock=fall init=2
         .tran 1n 100n";
    let bits = |waves: &Waves, name: &str, n: usize, t: f64| -> f64 {
        (0..n).map(|k| waves.at(&format!("{name}[{k}]"), t) / 5.0 * 2f64.powi(k as i32)).sum()
    };
    let nets = ["q", "t", "c[0]", "c[1]", "c[2]", "m[0]", "m[1]", "m[2]", "f[0]", "f[1]"];
    let waves = waves(text, &nets);
    // The clock rises at 5, 15, … ns and falls at 10, 20, … ns.
    for k in 0..10 {
        let t = 1e-8 * k as f64 + 9e-9;
        let edges = k + 1;
        close(waves.at("q", t) / 5.0, f64::from(edges % 2), 1e-9);
        close(waves.at("t", t) / 5.0, f64::from(edges % 2), 1e-9);
        close(bits(&waves, "c", 3, t), f64::from(edges % 8), 1e-9);
        // Reset at 62 ns, after the sixth edge; the next one is at 65 ns, while reset is still high.
        let m = if edges <= 6 { edges % 5 } else { (edges - 7) % 5 };
        close(bits(&waves, "m", 3, t), f64::from(m), 1e-9);
        close(bits(&waves, "f", 2, t), f64::from((2 + k) % 4), 1e-9);
    }
}

#[test]
fn a_flip_flop_takes_what_was_there_before_the_edge() {
    // Data and clock move together: the old value counts; a shift register moves by one place a clock.
    let text = "Vc clk 0 PULSE(0 5 5n 0.1n 0.1n 4.9n 10n)
         X1 clk clk same dff
         Vd d 0 PULSE(0 5 1n 0.1n 0.1n 9.9n)
         X2 d clk s1 dff
         X3 s1 clk s2 dff
         X4 s2 clk s3 dff
         .tran 1n 60n";
    let waves = waves(text, &["same", "s1", "s2", "s3"]);
    for k in 0..6 {
        let t = 1e-8 * k as f64 + 9e-9;
        close(waves.at("same", t), 0.0, 1e-9);
        for (place, net) in ["s1", "s2", "s3"].into_iter().enumerate() {
            close(waves.at(net, t), if k == place { 5.0 } else { 0.0 }, 1e-9);
        }
    }
}

#[test]
fn a_latch_follows_and_holds() {
    let text = "Vd d 0 PULSE(0 5 5n 0.1n 0.1n 4.9n 10n)
         Ve en 0 PULSE(5 0 22n 0.1n 0.1n 10n)
         X1 d en q latch delay=1n
         .tran 1n 60n";
    let waves = waves(text, &["q"]);
    for (t, q) in [(9e-9, 5.0), (14e-9, 0.0), (19e-9, 5.0), (24e-9, 0.0), (29e-9, 0.0), (34e-9, 0.0), (39e-9, 5.0)] {
        close(waves.at("q", t), q, 1e-9);
    }
}

/// 2.5 V in 16 codes: the bits change where the ramp passes (k − ½)·LSB, each a nanosecond later.
#[test]
fn the_codes_of_a_converter_lie_where_they_should() {
    let text = "V1 in 0 PWL(0 0 16u 2.5)
         X1 in 0 b[0:3] adc top=2.5 clock=always
         X2 b[0:3] 0 out dac top=2.5 clock=always
         .tran 0.1u 16u";
    let waves = waves(text, &["b[0]", "out", "in"]);
    let up = waves.crossings("b[0]", 2.5, true);
    let down = waves.crossings("b[0]", 2.5, false);
    assert_eq!((up.len(), down.len()), (8, 7));
    for (k, t) in up.iter().enumerate() {
        close(*t, (2.0 * k as f64 + 0.5) * 1e-6 + 1e-9, 1e-11);
    }
    for (k, t) in down.iter().enumerate() {
        close(*t, (2.0 * k as f64 + 1.5) * 1e-6 + 1e-9, 1e-11);
    }
    // Integral nonlinearity: none. In the middle of every code the voltage comes back as it was.
    for k in 0..16 {
        close(waves.at("out", 1e-6 * k as f64), 2.5 / 16.0 * k as f64, 1e-9);
    }
    // Quantization: at most half a step.
    for k in 0..160 {
        let t = 1e-7 * k as f64 + 3e-8;
        if t < 15.4e-6 {
            assert!((waves.at("out", t) - waves.at("in", t)).abs() <= 0.5 * 2.5 / 16.0 + 1e-9, "at {t:e}");
        }
    }
}

/// A sine, sampled each microsecond by 10 bits: what is held is the sine at the rising clock, rounded.
#[test]
fn samples_are_taken_at_the_clock() {
    let text = "V1 in 0 SIN(0.5 0.45 37k)
         Vc clk 0 PULSE(0 1 0.5u 2n 2n 0.5u 1u)
         X1 in clk b[0:9] adc high=1
         X2 b[0:9] 0 out dac high=1 clock=always
         .tran 10n 40u
         .options reltol=1e-6";
    let waves = waves(text, &["out"]);
    for k in 0..39 {
        let sampled = 0.5e-6 + 1e-6 * k as f64 + 1e-9;
        let volts = 0.5 + 0.45 * (2.0 * std::f64::consts::PI * 37e3 * sampled).sin();
        close(waves.at("out", sampled + 0.3e-6), (volts * 1024.0).round() / 1024.0, 1e-9);
    }
}

/// 150 gates one behind the other have an operating point, and their delays add up.
#[test]
fn a_chain_has_an_operating_point_and_the_sum_of_its_delays() {
    let text = "V1 n[0] 0 PULSE(0 5 10n 0.2n 0.2n 1u)
         .for k = 0:149 { X[k] n[k] n[k+1] not delay=2n }
         .tran 1n 400n";
    let deck = Netlist::new(&format!("chain\n{text}\n.op"));
    close(deck.deck(&[]).op()("n[150]"), 0.0, 1e-9);
    let waves = deck.deck(&[]).tran(&["n[150]"]);
    close(waves.crossings("n[150]", 2.5, true)[0], 10.1e-9 + 150.0 * 2e-9, 1e-12);
}

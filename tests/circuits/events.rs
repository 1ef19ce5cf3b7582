//! Comparators, switches and multiplexers in circuits, against closed forms.

use crate::support::Netlist;

fn close(got: f64, want: f64, within: f64) {
    assert!((got - want).abs() <= within, "{got} is not {want} within {within}");
}

#[test]
fn relaxation_oscillator_has_its_period() {
    // Between 1.5 and 3.5 V toward 0 and 5 V: T = 2·R·C·ln(7/3). Its operating point chases its own tail.
    let deck = Netlist::new(
        "Schmitt trigger, resistor, capacitor
         Vr ref 0 2.5
         X1 ref c out comparator hyst=2 high=5 low=0 ron=1m
         R1 out c 10k
         C1 c 0 10n
         .tran 2u 2m
         .options reltol=1e-4",
    );
    let waves = deck.deck(&[]).tran(&["c", "out"]);
    let edges = waves.crossings("out", 2.5, true);
    let period = (edges[edges.len() - 1] - edges[1]) / (edges.len() - 2) as f64;
    let want = 2e-4 * (7.0f64 / 3.0).ln();
    close(period / want, 1.0, 1e-3);
    let (low, high) =
        waves.columns["c"].iter().skip(100).fold((9.0, 0.0), |(l, h): (f64, f64), v| (l.min(*v), h.max(*v)));
    close(low, 1.5, 5e-3);
    close(high, 3.5, 5e-3);
}

#[test]
fn edges_of_a_comparator_come_a_delay_after_the_zeros_of_a_sine() {
    let deck = Netlist::new(
        "Zero crossings
         V1 p 0 SIN(0 1 1k)
         X1 p 0 out comparator delay=1.3u rise=20n fall=40n high=3.3
         R1 out 0 1meg
         .tran 10u 2.2m",
    );
    let waves = deck.deck(&[]).tran(&["out"]);
    let (up, down) = (waves.crossings("out", 1.65, true), waves.crossings("out", 1.65, false));
    assert_eq!((up.len(), down.len()), (3, 2));
    for (k, t) in up.iter().enumerate().skip(1) {
        close(*t, 1e-3 * k as f64 + 1.3e-6 + 10e-9, 2e-9);
    }
    for (k, t) in down.iter().enumerate() {
        close(*t, 1e-3 * k as f64 + 0.5e-3 + 1.3e-6 + 20e-9, 2e-9);
    }
}

#[test]
fn an_open_collector_rises_through_its_pull_up() {
    // Off at 1 µs: 10 kΩ into 100 pF, 5 V; on: 50 Ω against 10 kΩ.
    let deck = Netlist::new(
        "Open collector
         .model lm comparator (out=open ron=50 roff=1g)
         V1 p 0 PWL(0 -1 0.99u -1 1.01u 1)
         X1 p 0 out lm
         Vc vcc 0 5
         R1 vcc out 10k
         C1 out 0 100p
         .tran 20n 5u",
    );
    let waves = deck.deck(&[]).tran(&["out"]);
    let low = 5.0 * 50.0 / 10_050.0;
    close(waves.at("out", 0.9e-6), low, 1e-6);
    for t in [1.5e-6_f64, 2e-6, 3e-6] {
        close(waves.at("out", t), 5.0 + (low - 5.0) * (-(t - 1e-6) / 1e-6).exp(), 5e-3);
    }
}

#[test]
fn a_mux_shows_one_input_after_the_other() {
    let deck = Netlist::new(
        "Three inputs
         .for k = 0:2 { V[k] in[k] 0 {k + 1} }
         Vs sel 0 PWL(0 0 10u 3)
         X1 in[0:2] out mux sel={floor(V(sel))} ron=100 roff=1g ton=10n toff=10n bbm=5n
         R1 out 0 100k
         .tran 0.1u 9.9u",
    );
    let waves = deck.deck(&[]).tran(&["out"]);
    for (t, volts) in [(1e-6, 1.0), (3.2e-6, 1.0), (3.5e-6, 2.0), (6.5e-6, 2.0), (6.8e-6, 3.0), (9.8e-6, 3.0)] {
        close(waves.at("out", t), volts * 100e3 / 100_100.0, 1e-4);
    }
    // Between two inputs none is connected.
    let dead = 10e-6 / 3.0 + 10e-9 + 2.5e-9;
    assert!(waves.at("out", dead) < 0.05, "{}", waves.at("out", dead));
}

/// A switch opens 10 ps fast on a hold capacitor of 100 pF behind 1 kΩ: half of the charge stays there.
fn held(qinj: &str) -> f64 {
    let deck = Netlist::new(&format!(
        "Sample and hold
         V1 in 0 1
         Vc c 0 PWL(0 1 1u 1 1.001u 0)
         X1 in hold switch on={{V(c) > 0.5}} ron=1k roff=1e15 toff=10p {qinj}
         C1 hold 0 100p
         .tran 10n 2u"
    ));
    deck.deck(&[]).tran(&["hold"]).last("hold")
}

#[test]
fn an_opening_switch_injects_half_its_charge_into_the_hold_capacitor() {
    close(held("qinj=0"), 1.0, 1e-5);
    close(held("qinj=2p"), 1.0 + 1e-12 / 100e-12, 1e-4);
    close(held("qinj=-2p"), 1.0 - 1e-12 / 100e-12, 1e-4);
}

/// Three capacitors of 100 pF at 1 V; the common one leaves the first input for the second. The opening contact pushes half
/// of the charge out at each of its ends, the closing one draws as much in: what the common pin gets it gives away again,
/// and shares the rest with the second input.
#[test]
fn a_mux_injects_charge_into_both_sides_of_a_channel() {
    for (qinj, step) in [(0.0, 0.0), (2e-12, 0.01), (-2e-12, -0.01)] {
        let deck = Netlist::new(&format!(
            "Two inputs that float
             Vs sel 0 PWL(0 0 1u 0 1.001u 1)
             X1 in[0:1] out mux sel={{V(sel) > 0.5}} ron=1k roff=1e15 ton=10p toff=10p bbm=100n qinj={qinj}
             C0 in[0] 0 100p ic=1
             C1 in[1] 0 100p ic=1
             C2 out 0 100p ic=1
             .tran 10n 4u uic"
        ));
        let waves = deck.deck(&[]).tran(&["in[0]", "in[1]", "out"]);
        close(waves.at("out", 1.09e-6), 1.0 + step, 1e-4);
        close(waves.last("in[0]"), 1.0 + step, 1e-4);
        close(waves.last("in[1]"), 1.0 - step / 2.0, 1e-4);
        close(waves.last("out"), 1.0 - step / 2.0, 1e-4);
    }
}

#[test]
fn the_on_resistance_and_the_hold_time_of_a_switch() {
    // Tracks with ron·C = 1 µs from 0 to 1 V, holds from 4 µs on.
    let deck = Netlist::new(
        "Track and hold
         V1 in 0 PULSE(0 1 1u 1n 1n 1 1)
         Vc c 0 PWL(0 1 4u 1 4.001u 0)
         X1 in hold switch on={V(c) > 0.5} ron=1k roff=1e12 ton=1n toff=1n
         C1 hold 0 1n
         .tran 20n 10u
         .options reltol=1e-4",
    );
    let waves = deck.deck(&[]).tran(&["hold"]);
    for t in [2e-6_f64, 3e-6, 3.9e-6] {
        close(waves.at("hold", t), 1.0 - (-(t - 1.0005e-6) / 1e-6).exp(), 1e-3);
    }
    close(waves.at("hold", 10e-6), 1.0 - (-3.0f64).exp(), 2e-3);
}

#[test]
fn parts_of_the_library_do_what_their_sheets_say() {
    // Howland source: 10 µA from 0.5 V; through a MAX313 that is on into 20 kΩ; an LM339 sees it above 0.1 V and lets go.
    let deck = Netlist::new(
        "Half of a neuron board
         .include \"models/opa4322.cir\"
         .include \"models/max313.cir\"
         .include \"models/lm339.cir\"
         Vi vi 0 0.5
         XU3 p m u3 opa4322
         R3 vi p 100k
         R4 u4 p 100k
         R5 m 0 100k
         R6 u3 m 100k
         R7 u3 isrc 50k
         XU4 isrc u4 u4 opa4322
         XS3 isrc mem max313 on=1
         XS4 isrc 0 max313 on=0
         Rm mem 0 20k
         Vt th 0 0.1
         Xc mem th comp lm339
         Vl vl 0 3.3
         Rl vl comp 10k
         .op",
    );
    let v = deck.deck(&[]).op();
    close(v("mem"), 0.2, 1e-4);
    close(v("comp"), 3.3, 1e-3);
}

//! Op-amp circuits against the closed forms of data sheets and textbooks.

use std::f64::consts::TAU;

use num_complex::Complex64;

use crate::support::Netlist;

fn close(got: f64, want: f64, within: f64) {
    assert!((got - want).abs() <= within, "{got} is not {want} within {within}");
}

#[test]
fn open_loop_has_its_gain_bandwidth_and_second_pole() {
    let deck = Netlist::new(
        "Open loop
         V1 p 0 DC 0 AC 1
         X1 p 0 out opamp a0=100k gbw=10meg pole2=20meg
         .ac dec 5 1 100meg",
    );
    let points = deck.deck(&[]).ac("out");
    assert_eq!(points.len(), 41);
    for (f, got) in points {
        let pole = |corner: f64| Complex64::new(1.0, f / corner);
        let want = 1e5 / (pole(100.0) * pole(20e6));
        assert!((got - want).norm() <= 1e-9 * want.norm(), "{f} Hz: {got}, closed form {want}");
    }
}

#[test]
fn follower_peaks_as_its_phase_margin_says() {
    // Loop gain gbw/(jf (1 + jf/pole2)), pole2 = gbw: 1 at 0.786 gbw, phase margin 51.8°, largest gain 1.155.
    let deck = Netlist::new(
        "Follower
         V1 p 0 AC 1
         X1 p out out opamp a0=1e9 gbw=1meg pole2=1meg rout=1u
         .ac lin 1001 1k 2meg",
    );
    let peak = deck.deck(&[]).ac("out").iter().map(|(_, v)| v.norm()).fold(0.0, f64::max);
    close(peak, 2.0 / 3.0f64.sqrt(), 1e-5);
}

#[test]
fn inverting_amplifier_follows_its_input_through_a_finite_bandwidth() {
    // Gain −10; noise gain 11, so one pole at gbw/11; the step is 10 mV.
    let deck = Netlist::new(
        "Inverting amplifier
         V1 in 0 PULSE(0 10m 1u 1p 1p 1 1)
         R1 in n 1k
         R2 n out 10k
         X1 0 n out opamp a0=1e7 gbw=1.1meg rout=1m
         .tran 10n 11u
         .options reltol=1e-5",
    );
    let waves = deck.deck(&[]).tran(&["out"]);
    for k in 1..100 {
        let t = 1e-7 * f64::from(k);
        let want = -0.1 * (1.0 - (-TAU * 0.1e6 * t).exp());
        close(waves.at("out", 1e-6 + t), want, 2e-5);
    }
}

#[test]
fn follower_slews_up_and_down_at_its_rates() {
    let deck = Netlist::new(
        "Large steps
         V1 p 0 PULSE(-4 4 1u 1n 1n 20u 40u)
         X1 p out out opamp gbw=10meg slew=1meg slewn=2meg vp=15 vn=-15
         .tran 0.1u 40u",
    );
    let waves = deck.deck(&[]).tran(&["out"]);
    let time = |level: f64, upward: bool| waves.crossings("out", level, upward)[0];
    close(4.0 / (time(2.0, true) - time(-2.0, true)), 1e6, 1e3);
    close(4.0 / (time(-2.0, false) - time(2.0, false)), 2e6, 2e3);
    close(waves.at("out", 20e-6), 4.0, 1e-3);
}

#[test]
fn a_chain_of_saturated_stages_has_an_operating_point() {
    // Each stage wants 100 times the supply of the one before it.
    let deck = Netlist::new(
        "Six stages in saturation
         V1 s0 0 1
         .for k = 0:5 {
           Ra[k] s[k] n[k] 1k
           Rb[k] n[k] s[k+1] 1meg
           Xu[k] 0 n[k] s[k+1] opamp a0=1meg vp=5 vn=-5 drop=50m imax=20m slew=1meg
         }
         R1 s0 s[0] 1
         .op",
    );
    let v = deck.deck(&[]).op();
    for k in 1..=6 {
        close(v(&format!("s[{k}]")), if k % 2 == 1 { -4.95 } else { 4.95 }, 1e-2);
    }
}

#[test]
fn an_output_with_supply_pins_stays_between_them_as_they_move() {
    let deck = Netlist::new(
        "Supplies of 3 V
         .param supply=3
         Vp vcc 0 {supply}
         V1 p 0 10
         X1 p out out vcc 0 opamp drop=0.1 imax=10m
         R1 out 0 1k
         .op",
    );
    for supply in [3.0, 5.0, 1.0] {
        close(deck.deck(&[("supply", supply)]).op()("out"), supply - 0.1, 1e-2);
    }
}

#[test]
fn current_limit_holds_a_short_circuit() {
    let deck = Netlist::new(
        "Short circuit through an ammeter
         V1 p 0 3
         X1 p out out opamp imax=25m
         Vs out 0 0
         .op",
    );
    close(deck.deck(&[]).op()("Vs"), 25e-3, 0.4e-3);
}

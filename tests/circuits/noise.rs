//! Noise over frequency, against closed forms and ngspice-39.

use std::collections::HashMap;

use crate::support::Netlist;

const BOLTZMANN: f64 = 1.380649e-23;

fn near(got: f64, want: f64, within: f64) {
    assert!((got - want).abs() <= within * want.abs(), "{got:e} is not {want:e}: off by {:.1e}", got / want - 1.0);
}

/// Roots of densities by column and frequency.
fn noise(text: &str) -> HashMap<String, Vec<f64>> {
    Netlist::new(text).deck(&[]).noise()
}

/// √(4kTR)/√(1 + (f/fc)²) behind R and C; its integral is kT/C, whatever R is.
#[test]
fn a_resistor_charges_a_capacitor_to_kt_over_c() {
    for ohms in [1e3, 1e6] {
        let fc = 1.0 / (2.0 * std::f64::consts::PI * ohms * 1e-12);
        let columns = noise(&format!(
            "kT/C
             V1 in 0 0
             R1 in out {ohms}
             C1 out 0 1p
             .noise V(out) V1 dec 40 1 {}
             .temp 26.85",
            1e4 * fc
        ));
        for (f, density) in columns["frequency"].iter().zip(&columns["onoise"]) {
            near(*density, (4.0 * BOLTZMANN * 300.0 * ohms / (1.0 + (f / fc).powi(2))).sqrt(), 1e-6);
        }
        // The input sees the resistor alone.
        columns["inoise"].iter().for_each(|d| near(*d, (4.0 * BOLTZMANN * 300.0 * ohms).sqrt(), 1e-6));
        let total = memspice::analysis::noise_total(&columns["frequency"], &columns["onoise"]);
        near(total, (BOLTZMANN * 300.0 / 1e-12).sqrt(), 1e-3);
    }
}

/// A diode at 1 mA: shot noise 2qI into its own kT/qI is kT/2 of noise voltage; its share is all there is.
#[test]
fn a_junction_makes_half_the_noise_of_its_resistance() {
    let columns = noise(
        "Shot noise
         .model dm d (is=1e-15)
         I1 0 a 1m
         D1 a 0 dm
         .noise V(a) I1 dec 1 10 1k",
    );
    let rd = 0.0258649 / 1e-3;
    near(columns["onoise"][0], (2.0 * 1.602176634e-19 * 1e-3_f64).sqrt() * rd, 1e-4);
    near(columns["inoise"][1], (2.0 * 1.602176634e-19 * 1e-3_f64).sqrt(), 1e-6);
    assert_eq!(columns["onoise"], columns["onoise(D1)"]);
}

/// An amplifier with flicker and thermal noise of transistor, diode and resistances, at 50 degrees.
/// ngspice-39: `print onoise_spectrum inoise_spectrum onoise_m1 …` after `.noise v(d) vin dec 5 10 100meg 1`.
#[test]
fn an_amplifier_is_as_noisy_as_in_ngspice() {
    let columns = noise(
        "Common source
         .model nm nmos (level=1 vto=0.7 kp=100u lambda=0.02 tox=20n kf=1e-27 af=1.2 rd=20 rs=30)
         .model dm d (is=1e-14 rs=10 cjo=1p kf=1e-14 af=1)
         Vdd vdd 0 3
         Vin in 0 DC 1 AC 1
         Rg in g 1k
         M1 d g 0 0 nm w=20u l=2u
         Rl vdd d 10k tc1=1e-3
         Cl d 0 1p
         R2 d x 5k
         D1 x 0 dm
         .noise V(d) Vin dec 5 10 100meg
         .temp 50",
    );
    let last = columns["onoise"].len() - 1;
    assert_eq!(last, 35);
    for (name, place, want) in [
        ("onoise", 0, 7.956306e-6),
        ("inoise", 0, 7.901513e-6),
        ("onoise", last, 4.702653e-9),
        ("inoise", last, 1.117495e-8),
        ("onoise(Rl)", 0, 4.554548e-9),
        ("onoise(M1)", 0, 7.956136e-6),
        ("onoise(D1)", 0, 5.125541e-8),
    ] {
        near(columns[name][place], want, 1e-5);
    }
}

/// A switch that is on is a resistor; the second of two outputs counts with its sign.
#[test]
fn switches_make_noise_and_outputs_are_differences() {
    let columns = noise(
        "Two halves
         V1 in 0 1
         X1 in a switch on=1 ron=1k
         R1 a 0 1g
         R2 in b 1k
         R3 b 0 1g
         .noise V(a, b) V1 lin 2 1k 2k",
    );
    near(columns["onoise(X1)"][0], columns["onoise(R2)"][0], 1e-9);
    near(columns["onoise"][0], (4.0 * BOLTZMANN * 300.15 * 2e3_f64).sqrt(), 1e-5);
    assert_eq!(columns["inoise"].len(), 2);
}

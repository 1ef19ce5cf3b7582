//! Voltages that turn faster than any step, and beginnings that nothing before tells of.

use crate::support::Netlist;

fn near(got: f64, want: f64, share: f64) {
    assert!((got - want).abs() <= share * want.abs(), "{got} is not {want}");
}

/// Stored charge alone keeps the diode conducting after its source has turned; when it is gone the voltage falls at once.
/// The storage time of tt = 10 ns with 43 mA forward and 57 mA in reverse is tt·ln(1 + IF/IR) = 5.6 ns.
#[test]
fn a_diode_without_any_other_capacitance_recovers() {
    let deck = Netlist::new(
        "Reverse recovery
         V1 a 0 PULSE(5 -5 10n 10p 10p 200n 500n)
         R1 a b 100
         D1 b 0 dm
         .model dm d(is=1e-14 tt=10n)
         .tran 0.1n 30n",
    );
    let waves = deck.deck(&[]).tran(&["b"]);
    let falls = waves.crossings("b", 0.0, false)[0] - 10e-9;
    near(falls, 10e-9 * (1.0f64 + 43.0 / 57.0).ln(), 0.03);
    near(waves.last("b"), -5.0, 1e-6);
}

/// Nothing but Meyer's capacitances at the output: it is algebraic wherever they vanish. At the end the transistor is on:
/// 3 V over 10 kohm against β·((2 V)·v − v²/2) with β = 5 mA/V² gives 29.7 mV.
#[test]
fn an_inverter_without_overlap_capacitances_switches() {
    let deck = Netlist::new(
        "NMOS inverter with a resistor
         Vdd dd 0 3
         V1 g 0 PULSE(0 3 10n 1n 1n 200n 500n)
         R1 dd d 10k
         M1 d g 0 0 nm w=50u l=1u
         .model nm nmos(level=1 vto=1 kp=100u tox=20n)
         .tran 1n 150n",
    );
    let waves = deck.deck(&[]).tran(&["d"]);
    near(waves.at("d", 9e-9), 3.0, 1e-6);
    let v = waves.last("d");
    // Tolerances go by the 3 V that it came from.
    near((3.0 - v) / 10e3, 5e-3 * (2.0 * v - 0.5 * v * v), 5e-3);
}

/// Gates that drive gates and nothing else: no output has a capacitance while its transistors are saturated (Meyer's gives the
/// drain none), and no conductance either (lambda = 0). Each gate still switches, and ends at its supply.
#[test]
fn gates_without_any_load_switch() {
    let models = ".model n nmos(level=1 vto=0.7 kp=100u tox=20n)
         .model p pmos(level=1 vto=-0.7 kp=40u tox=20n)
         Vdd dd 0 3";
    let nand = format!(
        "A NAND gate before an inverter
         {models}
         Mp1 y a dd dd p w=10u l=1u
         Mp2 y b dd dd p w=10u l=1u
         Mn1 y a x 0 n w=10u l=1u
         Mn2 x b 0 0 n w=10u l=1u
         Va a 0 PULSE(0 3 1n 0.1n 0.1n 5n 10n)
         Vb b 0 PULSE(0 3 3n 0.1n 0.1n 5n 10n)
         Mp3 z y dd dd p w=10u l=1u
         Mn3 z y 0 0 n w=5u l=1u
         .tran 0.1n 20n"
    );
    let waves = Netlist::new(&nand).deck(&[]).tran(&["y", "z"]);
    for (time, and) in [(0.5e-9, 0.0), (2.5e-9, 0.0), (5e-9, 3.0), (7.5e-9, 0.0), (12.5e-9, 0.0), (15e-9, 3.0)] {
        assert!((waves.at("z", time) - and).abs() < 0.03, "{} at {time}", waves.at("z", time));
        assert!((waves.at("y", time) - (3.0 - and)).abs() < 0.03, "{} at {time}", waves.at("y", time));
    }
    let pair = format!(
        "A differential pair, its output free
         {models}
         Mp1 o o dd dd p w=10u l=1u
         Mp2 y o dd dd p w=10u l=1u
         Mn1 o a s 0 n w=10u l=1u
         Mn2 y b s 0 n w=10u l=1u
         It s 0 50u
         Va a 0 PULSE(1.4 1.6 10n 1n 1n 50n 100n)
         Vb b 0 1.5
         .tran 0.1n 100n"
    );
    let waves = Netlist::new(&pair).deck(&[]).tran(&["y", "s"]);
    // Either side that loses takes its transistor out of saturation: y is at the source's end or at the supply's.
    assert!(waves.at("y", 40e-9) > 2.5, "{}", waves.at("y", 40e-9));
    assert!(waves.at("y", 90e-9) < waves.at("s", 90e-9) + 0.5, "{}", waves.at("y", 90e-9));
}

/// e^(−t/RC) from `.ic`, and an oscillator without losses from UIC: the first steps are as good as all others.
#[test]
fn what_begins_with_initial_conditions_begins_well() {
    let rc = Netlist::new(
        "Discharge
         R1 b 0 1k
         C1 b 0 1n
         .ic V(b)=1
         .tran 10u 100u",
    );
    let waves = rc.deck(&[]).tran(&["b"]);
    for (time, v) in waves.time.iter().zip(&waves.columns["b"]) {
        assert!((v - (-time / 1e-6).exp()).abs() < 0.01, "{v} at {time}");
    }
    let lc = Netlist::new(
        "No losses
         L1 a 0 1u ic=0
         C1 a 0 1u ic=1
         .options reltol=1e-6
         .tran 1u 100u uic",
    );
    let waves = lc.deck(&[]).tran(&["a"]);
    let late = waves.time.iter().zip(&waves.columns["a"]).filter(|(t, _)| **t > 50e-6);
    near(late.map(|(_, v)| v.abs()).fold(0.0, f64::max), 1.0, 2e-4);
}

/// A charge that follows its source has a current that jumps with the slope: C(v)·dv/dt, 10 pF · 0.6 V/ns at the end of the edge.
#[test]
fn the_current_of_a_nonlinear_capacitor_jumps_at_a_corner() {
    let deck = Netlist::new(
        "A nonlinear capacitor on a pulse
         V1 a 0 PULSE(0 3 10n 5n 5n 100n 200n)
         C1 a 0 c='1p*(1+V(a)^2)'
         B1 b 0 V={I(V1)}
         .tran 0.5n 40n",
    );
    let waves = deck.deck(&[]).tran(&["b"]);
    let most = waves.columns["b"].iter().fold(0.0f64, |m, v| m.max(v.abs()));
    near(most, 10e-12 * 0.6e9, 0.02);
    assert!(waves.at("b", 16e-9).abs() < 1e-9);
}

/// 12 V through 0.1 ohm into a load of 10 W: 11.916 V; the pole of 10 W/v at 0 V is no solution.
#[test]
fn a_pole_is_no_operating_point() {
    let load = |i: &str, guess: &str| {
        let text = format!("A pole\n V1 a 0 12\n R1 a b 0.1\n B1 b 0 I={{{i}}}\n {guess}\n .op");
        let deck = Netlist::new(&text).deck(&[]);
        let mut simulator = deck.simulator();
        let found = memspice::analysis::operating_point(&mut simulator, false, false);
        found.ok().map(|_| simulator.x[2])
    };
    // Newton begins without what has no value at 0 V.
    near(load("10/V(b)", "").expect("an operating point"), 11.9160, 1e-5);
    if let Some(found) = load("10*ln(V(b))", "") {
        assert!(found > 1.0, "{found} V");
    }
}

/// 1 mA into 10 kohm beside a load of 1 mW: v²/10k − 1m·v + 1m = 0 has two roots. There is none to be found from 0 V, where the
/// load has no current; Newton begins where `.nodeset` says.
#[test]
fn newton_begins_at_the_nodeset() {
    for (guess, root) in [(5.5, 5.0 + 15f64.sqrt()), (0.5, 5.0 - 15f64.sqrt())] {
        let text = format!("Two roots\n I1 0 b 1m\n R1 b 0 10k\n B1 b 0 I={{1m/V(b)}}\n .nodeset V(b)={guess}\n .op");
        let deck = Netlist::new(&text).deck(&[]);
        let mut simulator = deck.simulator();
        memspice::analysis::operating_point(&mut simulator, false, false).unwrap();
        near(simulator.x[1], root, 1e-6);
    }
}

/// Where a signal begins at 0 every error is large beside it, and tolerances that are tight even for 0 ask for steps below the
/// shortest there are. V of C under a ramp of 10 V/ns for 0.5 ns, damped at 2.5/ns.
#[test]
fn tolerances_that_no_step_meets_do_not_end_a_run() {
    let deck = Netlist::new(
        "RLC at tight tolerances
         V1 s 0 PULSE(0 5 1n 0.5n 0.5n 20n 50n)
         R1 s a 25
         L1 a b 5n
         C1 b 0 2p
         .options reltol=1e-6 abstol=1e-15 vntol=1e-9
         .tran 5p 4n 0 5p",
    );
    let (alpha, omega0) = (2.5e9f64, 1e10f64);
    let (omega, lag) = ((omega0 * omega0 - alpha * alpha).sqrt(), 2.0 * alpha / (omega0 * omega0));
    let ramp = |t: f64| {
        let swing = lag * (omega * t).cos() + (alpha * lag - 1.0) / omega * (omega * t).sin();
        if t > 0.0 { 1e10 * (t - lag + (-alpha * t).exp() * swing) } else { 0.0 }
    };
    let waves = deck.deck(&[]).tran(&["b"]);
    for (time, v) in waves.time.iter().zip(&waves.columns["b"]) {
        let exact = ramp(time - 1e-9) - ramp(time - 1.5e-9);
        assert!((v - exact).abs() < 5e-4, "{v} is not {exact} at {time}");
    }
}

/// `.options cshunt` is a capacitor from every net: 0.5 V after RC·ln 2.
#[test]
fn cshunt_loads_every_net() {
    let deck = Netlist::new(
        "cshunt
         V1 a 0 PULSE(0 1 0 1n)
         R1 a b 1k
         R2 b 0 1g
         .options cshunt=1n
         .tran 10n 5u",
    );
    near(deck.deck(&[]).tran(&["b"]).crossings("b", 0.5, true)[0], 1e-6 * 2f64.ln(), 2e-3);
}

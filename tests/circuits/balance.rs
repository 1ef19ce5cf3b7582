//! Kirchhoff's laws at every accepted point of nonlinear circuits, and charge over whole runs, from node voltages and
//! the equations in [`crate::laws`].

use crate::laws::{Diode, Mos, capacitor, resistor};
use crate::ledger::{Balance, Flow, balance};
use crate::support::{Netlist, Values};

/// Runs a deck and holds its books against a largest residual of currents and of charges.
fn balances(netlist: &str, [currents, charges]: [f64; 2], flows: &mut dyn FnMut(&Values) -> Vec<Flow>) {
    let found = balance(&Netlist::new(netlist).deck(&[]), flows);
    let Balance { points, where_worst, .. } = &found;
    println!("{points} points: Σi {:.1e}, ∫i·dt {:.1e}; {where_worst}", found.currents, found.charges);
    assert!(*points > 100, "{points} points");
    assert!(found.currents <= currents && found.charges <= charges, "{found:?}");
}

#[test]
fn bridge_rectifier() {
    let netlist = "Bridge rectifier, reservoir, every junction behind its resistance
         .model d1 d (is=76.9p cjo=26.5p m=0.333 n=1.45 tt=4.32u vj=0.75)
         Vs ac1 ac2 SIN(0 20 50)
         Rg ac2 0 1meg
         Rs ac1 a 0.5
         R1 a  j1 42m
         D1 j1 p  d1
         R2 ac2 j2 42m
         D2 j2 p d1
         R3 n j3 42m
         D3 j3 a d1
         R4 n j4 42m
         D4 j4 ac2 d1
         Cl p n 100u
         Rl p n 1k
         Rn n 0 1meg
         .tran 100u 40m
         .options reltol=1e-5";
    let d1 = Diode { is: 76.9e-12, n: 1.45, tt: 4.32e-6, cjo: 26.5e-12, vj: 0.75, m: 0.333 };
    balances(netlist, [1e-5, 1e-6], &mut |v| {
        let across = |a: &str, b: &str| v(a) - if b == "0" { 0.0 } else { v(b) };
        let mut flows = vec![Flow::Current("ac1", "ac2", v("Vs")), capacitor("p", "n", across("p", "n"), 100e-6)];
        let resistors = [("ac2", "0", 1e6), ("ac1", "a", 0.5), ("p", "n", 1e3), ("n", "0", 1e6)];
        let series = [("a", "j1", 0.042), ("ac2", "j2", 0.042), ("n", "j3", 0.042), ("n", "j4", 0.042)];
        flows.extend(resistors.iter().chain(&series).map(|&(a, b, ohm)| resistor(a, b, across(a, b), ohm)));
        for (a, c) in [("j1", "p"), ("j2", "p"), ("j3", "a"), ("j4", "ac2")] {
            flows.extend(d1.flows(a, c, across(a, c)));
        }
        flows
    });
}

const N: Mos = Mos {
    sign: 1.0,
    vto: 0.5,
    kp: 120e-6,
    gamma: 0.45,
    phi: 0.8,
    lambda: 0.06,
    tox: 9e-9,
    cgo: 0.3e-9,
    cgbo: 0.1e-9,
    w: 2e-6,
    l: 0.5e-6,
    // cj·area, cjsw·perimeter, js·area of 2 µm², 6 µm
    bottom: 0.9e-3 * 2e-12,
    side: 0.28e-9 * 6e-6,
    is: 1e-8 * 2e-12,
};
const P: Mos = Mos {
    sign: -1.0,
    vto: 0.6,
    kp: 40e-6,
    gamma: 0.4,
    phi: 0.8,
    lambda: 0.08,
    tox: 9e-9,
    cgo: 0.3e-9,
    cgbo: 0.1e-9,
    w: 5e-6,
    l: 0.5e-6,
    // 5 µm², 12 µm
    bottom: 1.1e-3 * 5e-12,
    side: 0.32e-9 * 12e-6,
    is: 1e-8 * 5e-12,
};
const PROCESS: &str = "
         .model nm nmos (level=1 vto=0.5 kp=120u gamma=0.45 phi=0.8 lambda=0.06 tox=9n cgso=0.3n cgdo=0.3n cgbo=0.1n
         + cj=0.9m mj=0.5 cjsw=0.28n mjsw=0.3 pb=0.9 js=1e-8)
         .model pm pmos (level=1 vto=-0.6 kp=40u gamma=0.4 phi=0.8 lambda=0.08 tox=9n cgso=0.3n cgdo=0.3n cgbo=0.1n
         + cj=1.1m mj=0.5 cjsw=0.32n mjsw=0.3 pb=0.9 js=1e-8)
         .subckt inv in out vdd
         M1 out in 0 0 nm w=2u l=0.5u as=2p ad=2p ps=6u pd=6u
         M2 out in vdd vdd pm w=5u l=0.5u as=5p ad=5p ps=12u pd=12u
         .ends";

/// Both transistors of an inverter.
fn inverter(v: &Values, input: &'static str, output: &'static str) -> Vec<Flow> {
    let mut flows = N.flows([output, input, "0", "0"], [v(output), v(input), 0.0, 0.0]);
    flows.extend(P.flows([output, input, "vdd", "vdd"], [v(output), v(input), v("vdd"), v("vdd")]));
    flows
}

#[test]
fn ring_of_five_inverters() {
    let netlist = format!(
        "Ring {PROCESS}
         Vsup vdd 0 3.3
         X1 s1 s2 vdd inv
         X2 s2 s3 vdd inv
         X3 s3 s4 vdd inv
         X4 s4 s5 vdd inv
         X5 s5 s1 vdd inv
         C1 s1 0 20f
         C2 s2 0 20f
         C3 s3 0 20f
         C4 s4 0 20f
         C5 s5 0 20f
         .ic v(s1)=0 v(s2)=3.3 v(s3)=0 v(s4)=3.3 v(s5)=0
         .tran 20p 4n
         .options reltol=1e-5"
    );
    const STAGES: [&str; 5] = ["s1", "s2", "s3", "s4", "s5"];
    balances(&netlist, [1e-5, 3e-4], &mut |v| {
        let mut flows = vec![Flow::Current("vdd", "0", v("Vsup"))];
        for k in 0..5 {
            flows.push(capacitor(STAGES[k], "0", v(STAGES[k]), 20e-15));
            flows.extend(inverter(v, STAGES[k], STAGES[(k + 1) % 5]));
        }
        flows
    });
}

#[test]
fn latch_that_is_set_and_reset() {
    let netlist = format!(
        "Latch {PROCESS}
         Vsup vdd 0 2.5
         X1 q qb vdd inv
         X2 qb q vdd inv
         Ms qb s 0 0 nm w=10u l=0.5u as=2p ad=2p ps=6u pd=6u
         Mr q r 0 0 nm w=10u l=0.5u as=2p ad=2p ps=6u pd=6u
         C1 q 0 10f
         C2 qb 0 10f
         Vs s 0 PULSE(0 2.5 2n 0.2n 0.2n 2n 20n)
         Vr r 0 PULSE(0 2.5 10n 0.2n 0.2n 2n 20n)
         .ic v(q)=0 v(qb)=2.5
         .tran 50p 20n
         .options reltol=1e-5"
    );
    let strong = Mos { w: 10e-6, ..N };
    balances(&netlist, [1e-5, 3e-4], &mut |v| {
        let mut flows: Vec<Flow> =
            [("vdd", "Vsup"), ("s", "Vs"), ("r", "Vr")].map(|(n, i)| Flow::Current(n, "0", v(i))).into();
        flows.extend(inverter(v, "q", "qb"));
        flows.extend(inverter(v, "qb", "q"));
        for (drain, gate) in [("qb", "s"), ("q", "r")] {
            flows.extend(strong.flows([drain, gate, "0", "0"], [v(drain), v(gate), 0.0, 0.0]));
            flows.push(capacitor(drain, "0", v(drain), 10e-15));
        }
        flows
    });
}

#[test]
fn charge_pump() {
    let netlist = "Dickson charge pump with MOS diodes
         .model nm nmos (level=1 vto=0.4 kp=100u gamma=0.3 phi=0.7 lambda=0.03 tox=10n cgso=0.2n cgdo=0.2n)
         Vsup vdd 0 1.8
         Vp p 0 PULSE(0 1.8 10n 2n 2n 46n 100n)
         Vq q 0 PULSE(1.8 0 10n 2n 2n 46n 100n)
         M1 vdd vdd n1 0 nm w=20u l=1u
         C1 n1 p 2p
         M2 n1 n1 n2 0 nm w=20u l=1u
         C2 n2 q 2p
         M3 n2 n2 out 0 nm w=20u l=1u
         Cout out 0 5p
         Rl out 0 1meg
         .tran 2n 500n
         .options reltol=1e-5";
    let m = Mos {
        sign: 1.0,
        vto: 0.4,
        kp: 100e-6,
        gamma: 0.3,
        phi: 0.7,
        lambda: 0.03,
        tox: 10e-9,
        cgo: 0.2e-9,
        cgbo: 0.0,
        w: 20e-6,
        l: 1e-6,
        bottom: 0.0,
        side: 0.0,
        is: 1e-14,
    };
    balances(netlist, [1e-5, 5e-4], &mut |v| {
        let mut flows: Vec<Flow> =
            [("vdd", "Vsup"), ("p", "Vp"), ("q", "Vq")].map(|(n, i)| Flow::Current(n, "0", v(i))).into();
        for (a, b) in [("vdd", "n1"), ("n1", "n2"), ("n2", "out")] {
            flows.extend(m.flows([a, a, b, "0"], [v(a), v(a), v(b), 0.0]));
        }
        flows.push(capacitor("n1", "p", v("n1") - v("p"), 2e-12));
        flows.push(capacitor("n2", "q", v("n2") - v("q"), 2e-12));
        flows.push(capacitor("out", "0", v("out"), 5e-12));
        flows.push(resistor("out", "0", v("out"), 1e6));
        flows
    });
}

#[test]
fn switched_capacitor_integrator() {
    let netlist = "Switched-capacitor integrator
         Vin in 0 SIN(0.2 0.5 60k)
         V1 p1 0 PULSE(0 1 20n 0.01n 0.01n 440n 1u)
         V2 p2 0 PULSE(0 1 520n 0.01n 0.01n 440n 1u)
         .model sw sw(vt=0.5 vh=0.05 ron=8k roff=1g)
         S1 in t p1 0 sw
         S2 x 0 p1 0 sw
         Cs t x 10p
         S3 t 0 p2 0 sw
         S4 x m p2 0 sw
         Ct t 0 0.2p
         Cx x 0 0.2p
         Cf m out 100p
         Rf m out 100meg
         E1 o 0 0 m 10k
         Ro o out 500
         Cm m 0 0.5p
         .tran 10n 5u
         .options reltol=1e-5";
    // A switch turns at the point that passes its threshold: until then it is as it was.
    let mut on = [false; 2];
    balances(netlist, [1e-5, 1e-6], &mut |v| {
        let across = |a: &str, b: &str| v(a) - if b == "0" { 0.0 } else { v(b) };
        let mut flows = vec![Flow::Current("in", "0", v("Vin")), Flow::Current("o", "0", v("E1"))];
        for (a, b, clock) in [("in", "t", 0), ("x", "0", 0), ("t", "0", 1), ("x", "m", 1)] {
            flows.push(resistor(a, b, across(a, b), if on[clock] { 8e3 } else { 1e9 }));
        }
        for (state, clock) in on.iter_mut().zip(["p1", "p2"]) {
            *state = if *state { v(clock) >= 0.45 } else { v(clock) > 0.55 };
        }
        let capacitors =
            [("t", "x", 10e-12), ("t", "0", 0.2e-12), ("x", "0", 0.2e-12), ("m", "out", 100e-12), ("m", "0", 0.5e-12)];
        flows.extend(capacitors.map(|(a, b, farad)| capacitor(a, b, across(a, b), farad)));
        flows.push(resistor("m", "out", across("m", "out"), 100e6));
        flows.push(resistor("o", "out", across("o", "out"), 500.0));
        flows
    });
}

#[test]
fn nonlinear_capacitors() {
    // The second is given by its capacitance: its charge is known to the test alone, 1n·(v + ½·ln cosh v).
    let netlist = "Capacitor given by its charge, and one by its capacitance
         V1 in 0 SIN(0 2 100k)
         R1 in a 1k
         C1 a 0 q='1n*V(a) + 0.3n*V(a)*V(a)*V(a)/3'
         R2 in b 1k
         C2 b 0 c='1n*(1 + 0.5*tanh(V(b)))'
         .tran 200n 30u
         .options reltol=1e-6";
    balances(netlist, [1e-6, 1e-3], &mut |v| {
        let (a, b) = (v("a"), v("b"));
        vec![
            Flow::Current("in", "0", v("V1")),
            resistor("in", "a", v("in") - a, 1e3),
            resistor("in", "b", v("in") - b, 1e3),
            Flow::Charge("a", "0", 1e-9 * a + 0.1e-9 * a.powi(3)),
            Flow::Rate("b", "0", [1e-9 * (1.0 + 0.5 * b.tanh()), b, 1e-9 * (b + 0.5 * b.cosh().ln())]),
        ]
    });
}

#[test]
fn fluxes_of_a_transformer_with_a_rectifier() {
    // Flux is the charge of a branch: v = dΦ/dt, with M = k·√(L1·L2).
    let netlist = "Transformer, diode, reservoir
         V1 in 0 SIN(0 50 400)
         R1 in pri 2
         L1 pri 0 200m
         L2 sec 0 8m
         K1 L1 L2 0.995
         R2 sec d 0.2
         Rsn sec sn 50
         Csn sn 0 100n
         D1 d out dm
         C1 out 0 47u
         Rl out 0 100
         .model dm d(is=1n n=1.6 cjo=30p tt=1u)
         .tran 25u 10m
         .options reltol=1e-5";
    let dm = Diode { is: 1e-9, n: 1.6, tt: 1e-6, cjo: 30e-12, vj: 1.0, m: 0.5 };
    let mutual = 0.995 * (0.2f64 * 8e-3).sqrt();
    balances(netlist, [1e-5, 2e-4], &mut |v| {
        let (i1, i2) = (v("L1"), v("L2"));
        let mut flows = vec![
            Flow::Current("in", "0", v("V1")),
            resistor("in", "pri", v("in") - v("pri"), 2.0),
            Flow::Current("pri", "0", i1),
            Flow::Current("sec", "0", i2),
            resistor("sec", "d", v("sec") - v("d"), 0.2),
            resistor("sec", "sn", v("sec") - v("sn"), 50.0),
            capacitor("sn", "0", v("sn"), 100e-9),
            capacitor("out", "0", v("out"), 47e-6),
            resistor("out", "0", v("out"), 100.0),
            Flow::Current("L1", "0", v("pri")),
            Flow::Charge("L1", "0", -(0.2 * i1 + mutual * i2)),
            Flow::Current("L2", "0", v("sec")),
            Flow::Charge("L2", "0", -(8e-3 * i2 + mutual * i1)),
        ];
        flows.extend(dm.flows("d", "out", v("d") - v("out")));
        flows
    });
}

/// The current of a part that is no unknown, about an operating point that is not 0: V/R, and C·dV/dt.
#[test]
fn currents_of_linear_parts_do_not_remember_the_operating_point() {
    let deck = Netlist::new(
        "A sine above its mean
         V1 a 0 SIN(1 1 1k)
         R1 a 0 1k
         C1 a 0 1u
         L1 a b 1m
         R2 b 0 1k
         .tran 10u 20m",
    );
    let waves = deck.deck(&[]).tran(&["a", "b", "I(R1)", "I(R2)", "I(C1)"]);
    let turn = 2e3 * std::f64::consts::PI;
    for k in 1..waves.time.len() {
        let volts = waves.columns["a"][k];
        assert!((waves.columns["I(R1)"][k] - 1e-3 * volts).abs() < 1e-12, "at {}", waves.time[k]);
        assert!((waves.columns["I(R2)"][k] - 1e-3 * waves.columns["b"][k]).abs() < 1e-12);
        let slope = turn * (turn * waves.time[k]).cos();
        assert!((waves.columns["I(C1)"][k] - 1e-6 * slope).abs() < 1e-4, "{}", waves.columns["I(C1)"][k]);
    }
    assert!(waves.time.len() > 1500, "long enough for the matrix to be made anew");
}

//! Steps of the integrator beside events, snapping states and noise: results that must not know them, and what they may cost.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// What a netlist's only experiment came to.
struct Ran {
    report: Value,
    code: i32,
    said: String,
    accepted: f64,
    rejected: f64,
}

fn run(text: &str) -> Ran {
    let folder = tempfile::tempdir().expect("a folder");
    let (deck, out) = (folder.path().join("deck.cir"), folder.path().join("out"));
    std::fs::write(&deck, text).expect("written");
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("netlists/models");
    std::os::unix::fs::symlink(models, folder.path().join("models")).expect("models");
    let mut command = Command::new(env!("CARGO_BIN_EXE_memspice"));
    command.arg("run").arg(&deck).arg("-o").arg(&out).arg("--stats").env("NO_COLOR", "1");
    let output = command.output().expect("memspice");
    let both = [&output.stdout[..], &output.stderr[..]].concat();
    let said = String::from_utf8_lossy(&both).into_owned();
    let report = std::fs::read_to_string(out.join("report.json")).expect("a report");
    let words: Vec<&str> = said.split_whitespace().collect();
    let count = |what: &str| {
        let at = words.iter().position(|w| w.trim_end_matches(',') == what).expect("statistics");
        words[at - 1].parse().expect("a count")
    };
    Ran {
        report: serde_json::from_str(&report).expect("json"),
        code: output.status.code().expect("a code"),
        accepted: count("accepted"),
        rejected: count("rejected"),
        said,
    }
}

impl Ran {
    fn measure(&self, experiment: &str, name: &str) -> f64 {
        let list = self.report["experiments"].as_array().expect("experiments");
        let found = list.iter().find(|e| e["name"] == experiment).expect("the experiment");
        found["measures"][name].as_f64().unwrap_or_else(|| panic!("no {name}: {}", self.said))
    }
}

/// At the event 2.3 V stand across the device: its state moves by 10¹⁵ a second, reaches its bound within a femtosecond and
/// stays there while the node empties through it.
#[test]
fn a_device_that_forms_lands_on_its_bound() {
    let ran = run("A device forms under a current ramp
.include \"models/tio2.cir\"
Xd c r tio2 vf=2.3 gf=150u g0=0.6u gmin=0.1u
R1 a c 350
R2 b r 350
C1 c 0 20f
C2 r 0 20f
.smu a b edge=1u
.experiment one {
  force b = 0
  ramp I(a) = 5u to 300u limit 4 in 5m
  wait 10u
  measure g = Xd.g, v = V(c) - V(r)
}
");
    assert_eq!(ran.code, 0, "{}", ran.said);
    assert!((ran.measure("one", "g") - 300e-6).abs() < 1e-9, "{}", ran.said);
    // 300 µA through 300 µS with the sinh of 0.4 V
    let v = ran.measure("one", "v");
    let current = 300e-6 * 0.2 * (v / 0.4).sinh() / (0.2f64 / 0.4).sinh();
    assert!((current - 300e-6).abs() < 1e-3 * 300e-6, "{v} V");
}

/// The same noise with steps of 25 ns at most and with any: when the device fires is the same on average.
#[test]
fn when_a_shaken_device_fires_does_not_know_the_steps() {
    let ran = run("Mean delay of a diffusive memristor
.include \"models/dmem.cir\"
Rx in n 50k
Cm n 0 4p
Xn n 0 dmem
.smu in edge=10n
.param w=1
V2 q 0 PULSE(0 1 0 {w} {w} {w} {4*w})
R2 q 0 1k
.experiment delay() {
  montecarlo 30 seed 7000 {
    force in = 0.7*0.65
    wait until Xn.R < 250k timeout 50u
    record d = time
  }
  measure m = mean(d)
}
.experiment fine = delay() with w=25n
.experiment coarse = delay()
");
    assert_eq!(ran.code, 0, "{}", ran.said);
    let (fine, coarse) = (ran.measure("fine", "m"), ran.measure("coarse", "m"));
    // Pairs: the standard error of the difference is far below that of either mean.
    assert!((coarse / fine - 1.0).abs() < 0.01, "{fine:e} and {coarse:e} s");
}

/// Its rate grows as it fires: the membrane is charged beyond what the model is made for.
#[test]
fn events_without_end_are_reported() {
    let ran = run("An event storm
.include \"models/hfo2.cir\"
Xm mem 0 hfo2 w0=0.99
Cm mem 0 50p
I1 0 mem 10u
.experiment a {
  wait 1m
}
");
    assert_eq!(ran.code, 3, "{}", ran.said);
    assert!(ran.said.contains("run::event-storm") && ran.said.contains("events of Xm come"), "{}", ran.said);
}

/// A switch closes and opens a capacitor's path: what happens at a signal costs a few steps, not a hundred.
#[test]
fn a_signal_event_is_cheap() {
    let ran = run("A switch on a signal
.signal s=0
V1 a 0 1
X1 a b switch on={s} ron=10 roff=10g ton=100n toff=95n con=20p coff=20p
R1 b c 1k
C1 c 0 1n
.experiment e {
  for k = 1:20 {
    s = 1
    wait 100u
    s = 0
    wait 100u
  }
  measure v = V(c)
}
");
    assert_eq!(ran.code, 0, "{}", ran.said);
    assert!(ran.accepted < 40.0 * 35.0, "{} steps for 40 events", ran.accepted);
    assert!(ran.rejected < 0.15 * ran.accepted, "{} of {} rejected", ran.rejected, ran.accepted);
}

/// x is the logarithm of the conductance, about −10: reltol·|x| would be a percent of it.
#[test]
fn it_makes_no_difference_whether_a_state_is_a_logarithm() {
    let ran = run("The same growth twice
.device logarithm (a b) {
  state x = -10
  I(a,b) = V(a,b)*exp(x)
  ddt(x) = 1k*exp(-10)*exp(-x)
}
.device plain (a b) {
  state g = exp(-10)
  I(a,b) = V(a,b)*g
  ddt(g) = 1k*exp(-10)*abs(V(a,b))
}
V1 a 0 1
X1 a 0 logarithm
X2 a 0 plain
.experiment e {
  wait 10m
  measure x = I(X1)/(11*exp(-10)) - 1, g = I(X2)/(11*exp(-10)) - 1
}
");
    assert_eq!(ran.code, 0, "{}", ran.said);
    let (x, g) = (ran.measure("e", "x"), ran.measure("e", "g"));
    assert!(x.abs() < 1e-2 && g.abs() < 1e-2, "{x:e} {g:e}");
}

/// A switch closes onto a diode that still conducts: the voltage between them jumps by volts, at a tolerance of microvolts.
/// ngspice-39, largest step 20 ns: 5.08 V and 0.73 A from peak to peak.
#[test]
fn a_voltage_may_jump_where_a_switch_closes() {
    let ran = run("A buck converter
.options reltol=1e-6
Vin in 0 12
Vt tri 0 PULSE(0 1 0 9u 0.9u 0.1u 10u)
B1 g 0 V=5/(1+exp(-200*(0.45-V(tri))))
S1 in sw g 0 sm
D1 0 sw dm
L1 sw out 47u
C1 out 0 47u
RL out 0 4
.model sm sw(vt=2.5 vh=0.5 ron=50m roff=10meg)
.model dm d(is=1e-8 n=1 rs=20m cjo=100p tt=5n)
.experiment e {
  tran 1m
  measure v = mean(V(out), from=0.9m, until=1m), i = max(I(L1), from=0.9m, until=1m) - min(I(L1), from=0.9m, until=1m)
}
");
    assert_eq!(ran.code, 0, "{}", ran.said);
    let (v, i) = (ran.measure("e", "v"), ran.measure("e", "i"));
    assert!((v - 5.081).abs() < 5e-3 && (i - 0.73).abs() < 5e-3, "{v} V, {i} A");
}

/// A transformer's leakage (1 mH) rings with the junction of its diode (26 pF) at 1 MHz for the half period that the diode is
/// off. The card asks for points every 100 us: nobody wants to see it, and without it the supply is what it is with Gear's formula.
#[test]
fn ringing_that_nobody_asked_to_see_is_damped() {
    let supply = |options: &str| {
        run(&format!(
            "A supply
             V1 p 0 SIN(0 325 50)
             R1 p a 10
             L1 a 0 10
             L2 s 0 0.05
             K1 L1 L2 0.99
             D1 s o dm
             C1 o 0 470u
             R2 o 0 100
             .model dm d(is=14.11n n=1.984 rs=33.89m cjo=25.89p m=.44 vj=.3245 tt=5.7u)
             {options}
             .tran 0.1m 60m
             .meas tran level find V(o) at=60m"
        ))
    };
    let level = |ran: &Ran| ran.report["experiments"][0]["measures"]["level"].as_f64().expect("a level");
    let (plain, gear) = (supply(""), supply(".options method=gear"));
    assert!(plain.said.contains("run::ringing") && !gear.said.contains("run::ringing"), "{}", plain.said);
    assert!(plain.accepted < 40_000.0, "{}", plain.accepted);
    assert!((level(&plain) / level(&gear) - 1.0).abs() < 2e-3, "{} {}", level(&plain), level(&gear));
}

/// A tank without losses to speak of (1 uH, 100 pF: 62.8 ns, Q = 10⁴) under a card that asks for points every 1 us: it still
/// oscillates at the end, at any tolerance. Its time constant is 2RC = 200 us.
#[test]
fn an_oscillation_somewhat_faster_than_the_card_is_followed() {
    for (reltol, tmax) in [("1e-3", ""), ("1e-4", ""), ("1e-5", ""), ("1e-3", "0 2n"), ("1e-3", "0 1n")] {
        let ran = run(&format!(
            "A tank
             L1 a 0 1u
             C1 a 0 100p ic=1
             R1 a 0 1meg
             .options reltol={reltol}
             .tran 1u 50u {tmax} uic
             .meas tran last max V(a) from=45u"
        ));
        let last = ran.report["experiments"][0]["measures"]["last"].as_f64().expect("an amplitude");
        assert!((last / (-45.0f64 / 200.0).exp() - 1.0).abs() < 0.1, "{reltol} {tmax}: {last}");
        assert!(!ran.said.contains("run::ringing"), "{}", ran.said);
    }
}

/// A carrier of 1 MHz that a source drives is no ringing, though the card asks for points every 100 us.
#[test]
fn a_carrier_is_followed() {
    let ran = run("A detector
V1 a 0 SIN(0 1 1meg)
L1 a b 1u
C1 b 0 100p
R1 b 0 1k
D1 b o dm
C2 o 0 10n
R2 o 0 100k
.model dm d(is=1e-9 cjo=1p)
.tran 100u 3m
.meas tran level avg V(o) from=2m");
    assert!(!ran.said.contains("run::ringing"), "{}", ran.said);
    let level = ran.report["experiments"][0]["measures"]["level"].as_f64().expect("a level");
    assert!(level > 0.7 && level < 1.0, "{level}");
}

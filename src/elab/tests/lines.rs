//! Element lines.

use super::{codes, deck, finding};
use crate::circuit::Setting;
use crate::diag::Severity;

#[test]
fn passives() {
    let d = deck(
        "R1 a 0 4.7k tc=1m,2u\nC1 a 0 c={2*3p} ic=1\nL1 a 0 10u\n.model rm r(rsh=50)\nR2 a 0 rm l=10u w=1u\nR3 a 0 {x}\n.param x=2",
    );
    assert_eq!(d.line("R1"), "resistor a 0");
    assert_eq!([d.value("R1", "r"), d.value("r1", "tc1"), d.value("r1", "tc2")], [4700.0, 1e-3, 2e-6]);
    assert_eq!([d.value("C1", "c"), d.value("C1", "ic"), d.value("L1", "l")], [6e-12, 1.0, 10e-6]);
    assert_eq!([d.value("R2", "rsh"), d.value("R2", "l"), d.value("R3", "r")], [50.0, 1e-5, 2.0]);
}

#[test]
fn sources() {
    let d = deck(
        "V1 a 0 5\nV2 b 0 DC 1 AC 2 45 SIN(0 1 1k)\nI1 a b ac pulse 0 1 1n 1n 1n 5n 10n\nV3 c 0 PWL(0 0 1u 1) r=0 td=2n\nR1 a b 1\nR2 c 0 1",
    );
    assert_eq!(d.value("V1", "dc"), 5.0);
    assert_eq!([d.value("V2", "dc"), d.value("V2", "acmag"), d.value("V2", "acphase")], [1.0, 2.0, 45.0]);
    assert_eq!(d.value("I1", "acmag"), 1.0);
    let Setting::Wave(w) = d.setting("I1", "wave") else { panic!() };
    assert_eq!((w.shape.as_str(), w.args.len(), w.args[5]), ("pulse", 7, Some(5e-9)));
    let Setting::Wave(w) = d.setting("V3", "wave") else { panic!() };
    assert_eq!((w.args.len(), w.repeat, w.delay), (4, Some(0.0), 2e-9));
}

#[test]
fn semiconductors() {
    let d = deck(
        ".model dm d(is=1e-15)\n.model nch nmos level=1 vto=0.7\nD1 a 0 dm 2 off\nM1 a b 0 0 nch w=2u l=1u m=3\nR1 b 0 1",
    );
    assert_eq!([d.value("D1", "is"), d.value("D1", "area"), d.value("D1", "off")], [1e-15, 2.0, 1.0]);
    assert_eq!([d.value("M1", "vto"), d.value("M1", "w"), d.value("M1", "m")], [0.7, 2e-6, 3.0]);
    assert_eq!(d.line("M1"), "mosfet a b 0 0");
}

#[test]
fn switches_couplings_and_built_ins() {
    let d = deck(
        ".model s1 sw(vt=1)\n.model w1 csw(it=1m)\nS1 a 0 b 0 s1 on\nVs b 0 1\nW1 a 0 Vs w1 off\nL1 a 0 1m\nL2 c 0 1m\nK1 L1 L2 0.9\nR2 a 0 1\nR3 b 0 1\n\
         .model ad opamp (gbw=80meg)\nX1 a b c ad slew=1meg\nX2 a b c a 0 opamp\nR1 c 0 1k",
    );
    assert_eq!(d.setting("S1", "initial"), Setting::Text("on".to_string()));
    assert_eq!(d.setting("W1", "control"), Setting::Part(d.id("Vs")));
    assert_eq!(d.value("K1", "k"), 0.9);
    assert_eq!([d.value("X1", "gbw"), d.value("X1", "slew")], [80e6, 1e6]);
    assert_eq!(d.line("X2"), "opamp a b c a 0");
}

#[test]
fn linear_controlled_sources() {
    let d = deck("V1 a 0 1\nE1 b 0 a 0 2\nG1 c 0 a b 1m\nF1 c 0 V1 3\nH1 d 0 V1 {2*5}\nR1 c d 1\nR2 b 0 1");
    assert_eq!((d.line("E1"), d.value("E1", "gain")), ("vcvs b 0 a 0".to_string(), 2.0));
    assert_eq!((d.line("G1"), d.value("G1", "gain")), ("vccs c 0 a b".to_string(), 1e-3));
    assert_eq!((d.setting("F1", "control"), d.value("F1", "gain")), (Setting::Part(d.id("V1")), 3.0));
    assert_eq!((d.line("H1"), d.value("H1", "gain")), ("ccvs d 0".to_string(), 10.0));
    let d = deck("X1 a s m=3\n.subckt s p\nE1 q 0 p 0 2\nG1 p 0 q 0 1\nR1 q 0 1\n.ends\nV1 a 0 1\nR9 a 0 1");
    assert_eq!([d.value("X1.G1", "m"), d.value("X1.R1", "m")], [3.0, 3.0]);
}

#[test]
fn mistakes_on_lines() {
    assert_eq!(codes("R1 a 0 1k\nr1 a 0 2k"), ["elab::duplicate-element"]);
    assert_eq!(codes("R1 a 0"), ["elab::no-value"]);
    assert_eq!(codes("Q1 c b e npn"), ["elab::unknown-model"]);
    assert_eq!(codes("Y1 a b 1"), ["elab::unknown-element"]);
    assert_eq!(codes("R1 a"), ["elab::too-few-nodes"]);
    assert_eq!(codes("M1 d g 0 n w=1u\n.model n nmos"), ["elab::no-model"]);
    assert_eq!(codes("R1 a 0 1.2.3"), ["elab::bad-number"]);
    assert_eq!(codes("R1 a 0 1M"), ["elab::milli"]);
    assert_eq!(codes("C1 a 0 1F"), ["elab::femto"]);
    assert_eq!(codes("R1 a 0 {0*1/0}"), ["elab::not-finite"]);
    assert_eq!(codes("R1 a 0 -5"), ["elab::negative-value"]);
    assert_eq!(codes("R1 a 0 1k scael=2"), ["elab::misspelled-parameter"]);
    assert_eq!(codes("R1 a 0 1k mfg=x"), ["elab::foreign-parameter"]);
    assert_eq!(codes("R1 a 0 1k zzz=3"), ["elab::ignored-parameter"]);
    assert_eq!(codes("R1 a 0 1k m=-1"), ["elab::range"]);
    assert_eq!(codes("V1 a 0 PWL(0 1 2)"), ["elab::pwl"]);
    assert_eq!(codes("V1 a 0 SON(0 1 1k)"), ["elab::unknown-wave"]);
    assert_eq!(codes("F1 a 0 R1 2\nR1 a 0 1"), ["elab::not-a-source"]);
    assert_eq!(codes("B1 a 0 I=2*I(R1)\nR1 a 0 1"), ["elab::unreadable"]);
    assert_eq!(codes(".model n npnn(bf=1)\nD1 a 0 n"), ["elab::unknown-model-type"]);
    assert_eq!(codes(".model n nmos(vto=1)\nD1 a 0 n"), ["elab::model-type"]);
}

#[test]
fn suggestions() {
    assert_eq!(
        finding("D1 a 0 dmood\n.model dmod d"),
        (Severity::Error, "elab::unknown-model", "did you mean 'dmod'?".to_string())
    );
    assert_eq!(finding("R1 a 0 {rlod}\n.param rload=1").2, "did you mean 'rload'?");
    assert_eq!(finding("X1 a b fliter\n.subckt filter a b\nR1 a b 1\n.ends").2, "did you mean 'filter'?");
    assert_eq!(finding("R1 a 0 {sqr(2)}").2, "did you mean 'sqrt'?");
}

#[test]
fn m_of_a_diode_is_its_multiplier_on_the_line_and_its_grading_in_the_model() {
    let d = deck("D1 a 0 dm 2 off m=3\nR1 a 0 1\n.model dm d(m=0.4 cjo=1p)");
    let values = ["m", "mj", "area", "off"].map(|name| d.value("D1", name));
    assert_eq!(values, [3.0, 0.4, 2.0, 1.0]);
}

#[test]
fn switches_take_their_state_and_their_control() {
    let d = deck("V1 c 0 1\nS1 a 0 c 0 sm ON\nW1 a 0 V1 wm off\nR1 a 0 1\n.model sm sw(vt=1)\n.model wm csw(it=1m)");
    assert_eq!(d.setting("S1", "initial"), Setting::Text("on".into()));
    assert_eq!(d.setting("W1", "control"), Setting::Part(d.id("V1")));
    assert_eq!(d.setting("W1", "initial"), Setting::Text("off".into()));
}

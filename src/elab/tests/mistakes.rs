//! Several mistakes in one deck: each is said, and nothing that only follows from another.

use super::{codes, deck, deck_with, finding};
use crate::diag::Severity;
use crate::elab::Overrides;

/// Every code found, in order.
fn all(text: &str) -> Vec<&'static str> {
    deck_with(text, &Overrides::default()).1.iter().map(|d| d.code).collect()
}

#[test]
fn the_graph_is_checked_beside_other_errors() {
    let text = "V1 a 0 1\nV2 a 0 2\nR1 a b 1k tc3x=1 narow=1\nR2 c d 1k\nR3 c d 1k\n.op\n.options reltl=1";
    assert_eq!(
        all(text),
        [
            "elab::ignored-parameter",
            "elab::misspelled-parameter",
            "elab::misspelled-option",
            "check::single-connection",
            "check::voltage-loop",
            "check::no-dc-path"
        ]
    );
}

#[test]
fn nothing_is_missed_at_the_nets_of_a_wrong_line() {
    assert_eq!(all("V1 a 0 1\nR1 a b 1k\nR2 b\n.op"), ["elab::too-few-nodes"]);
    assert_eq!(all("V1 a 0 1\nR1 a b 1k\nR2 b 0 {1+}\n.op"), ["syntax::element"]);
    assert_eq!(all("V1 a 0 1\nR1 a b 1k\nR2 b 0 {1+}\nR3 a c 1\n.op"), ["syntax::element", "check::single-connection"]);
    assert_eq!(all("V1 a 0 1\nR1 a 0 1\nX1 a b nosuch\nR2 b c 1\nR3 c b 1\n.op"), ["elab::unknown-subckt"]);
    assert_eq!(all("V1 a 0 1\nR1 a b 1\n.op\n.save V(b) V(q)"), ["elab::unknown-node"]);
}

#[test]
fn names_of_lost_lines_are_not_missed() {
    assert_eq!(all("V1 a 0 1\nD1 a 0 dm\n.model dm d(is=)\n.op"), ["syntax::model"]);
    assert_eq!(all("V1 a 0 1\nR1 a b\nR2 a b 1\nR3 b 0 1\n.op\n.print op I(R1) V(a)"), ["elab::no-value"]);
    assert_eq!(all("V1 a 0 1\nR1 a 0 {x}\n.param x={1+}\n.op"), ["syntax::param"]);
    assert_eq!(all("V1 a 0 1\nR1 a 0 {x}\n.include nowhere.lib\n.op"), ["syntax::missing-file"]);
    assert_eq!(all("V1 a 0 1\nR1 a 0 1\n.tran 1n {1+}\n.meas tran x max V(a)"), ["syntax::card"]);
}

#[test]
fn no_node_is_likened_to_ground() {
    let (_, found) = deck_with("V1 a 0 1\nR1 a 0 1\n.op\n.save V(n0)", &Overrides::default());
    assert_eq!(found[0].help, None);
}

#[test]
fn outputs_of_analyses_that_do_not_run() {
    let base = "V1 a 0 1\nR1 a 0 1\n.op\n";
    for card in [".print ac V(a)", ".plot tran V(a)", ".meas tran x max V(a)"] {
        let (severity, code, _) = finding(&format!("{base}{card}"));
        assert_eq!((severity, code), (Severity::Warning, "elab::absent-analysis"), "{card}");
    }
    assert_eq!(codes(&format!("{base}.print op V(a)\n.print V(a)")), [""; 0]);
}

#[test]
fn values_of_a_list() {
    let base = "V1 a 0 1\nR1 a 0 {r}\n.param r=1 x=3\n.op\n";
    let values = |card: &str| deck(&format!("{base}{card}")).plan.steps[0].values.clone();
    assert_eq!(values(".step param r list 1 x {2*x} 5k"), [1.0, 3.0, 6.0, 5000.0]);
    for (card, code) in [
        (".step param r list 1 abc 3", "elab::unknown-parameter"),
        (".step param r list 1 {1/0} 3", "elab::not-finite"),
        (".step param r list 1 k=2", "elab::not-a-number"),
        (".step R1(m) list 1 -2", "elab::range"),
    ] {
        assert_eq!(codes(&format!("{base}{card}")), [code], "{card}");
    }
    let d = deck(&format!("{base}V2 b 0 1\nR2 b 0 1\n.dc V1 list 1 2 V2 list 3 4"));
    assert_eq!(d.plan.analyses.len(), 2);
}

#[test]
fn one_thing_in_two_loops() {
    let base = "V1 a 0 1\nR1 a 0 1\n";
    assert_eq!(codes(&format!("{base}.op\n.step V1 1 2 1\n.step V1 3 4 1")), ["elab::swept-twice"]);
    assert_eq!(codes(&format!("{base}.dc V1 1 2 1 V1 3 4 1")), ["elab::swept-twice"]);
    assert_eq!(codes(&format!("{base}.dc V1 1 2 1\n.step V1 3 4 1")), ["elab::step-and-sweep"]);
    assert_eq!(deck(&format!("{base}.dc V1 1 2 1\n.step V1 3 4 1")).plan.steps[0].label, "step(V1)");
}

#[test]
fn short_names_have_suggestions_too() {
    let (severity, code, help) = finding("V1 a 0 1\nR1 a 0 1 mm=2\n.op");
    assert_eq!((severity, code, &help[..]), (Severity::Warning, "elab::ignored-parameter", "did you mean 'm'?"));
}

#[test]
fn models_that_nothing_uses() {
    let (severity, code, help) = finding("V1 a 0 1\nR1 a 0 1\n.model sw sw(vt=1 ronn=2)\n.op");
    assert_eq!((severity, code, &help[..]), (Severity::Warning, "elab::ignored-parameter", "did you mean 'ron'?"));
    let inside = "V1 a 0 1\nR1 a 0 1\n.subckt s p\nR1 p 0 1\n.model o opamp(slw=1)\n.ends\n.op";
    assert_eq!(codes(inside), ["elab::ignored-parameter"]);
    assert_eq!(codes("V1 a 0 1\nR1 a 0 1\n.model q npn(bff=1)\n.model d1 d(is=1f foo=2)\n.op"), [""; 0]);
}

#[test]
fn a_measure_blames_the_word_that_is_wrong() {
    let base = "V1 a 0 1\nR1 a 0 1\n.tran 1n 1u\n";
    for (card, code, help) in [
        (".meas trna half when V(a)=1", "elab::unknown-analysis", "did you mean 'tran'?"),
        (".meas tran find V(a) at=1n", "elab::measure", ".meas tran NAME find …"),
        (".meas foo", "elab::measure", ".meas tran NAME find V(out) at=1u"),
        (".meas tran x fnd V(a) at=1n", "elab::unknown-measure", "did you mean 'find'?"),
    ] {
        let (severity, found, text) = finding(&format!("{base}{card}"));
        assert_eq!((severity, found, &text[..]), (Severity::Error, code, help), "{card}");
    }
}

#[test]
fn words_that_a_parameter_may_be() {
    let base = "V1 a 0 1\nR1 o 0 1k\nX1 a 0 o comparator ";
    let (_, code, help) = finding(&format!("{base}out=opne\n.op"));
    assert_eq!((code, &help[..]), ("elab::choice", "did you mean 'open'?"));
    assert_eq!(codes(&format!("{base}out=open\n.op")), [""; 0]);
    assert_eq!(codes("V1 a 0 1\nS1 a 0 a 0 sm of\n.model sm sw(vt=1)\n.op"), ["elab::choice"]);
}

#[test]
fn controls_of_switches_read_what_sources_read() {
    let base = "V1 a 0 1\nR1 a b 1\nX1 b 0 switch on=";
    assert_eq!(codes(&format!("{base}{{I(R1)>1}}\n.op")), ["elab::unreadable"]);
    assert_eq!(codes(&format!("{base}{{ddt(V(a))>1}}\n.op")), ["elab::unreadable"]);
    assert_eq!(codes(&format!("{base}{{I(V1)>1 and V(a)>0}}\n.op")), [""; 0]);
}

#[test]
fn all_of_a_bus_on_an_element_line() {
    let sub = ".subckt s p[0:2]\nR0 p[0] 0 1\nR1 p[1] 0 1\nR2 p[2] 0 1\n.ends\n.op\n";
    let d = deck(&format!("{sub}X1 row[:] s\n.for k=0:2 {{ V[k] row[k] 0 1 }}"));
    assert_eq!(d.line("X1.R2"), "resistor row[2] 0");
    let nested = ".subckt t a\nX1 b[:] s\n.for k=0:2 { R[k] a b[k] 1 }\n.ends\n";
    let d = deck(&format!("{sub}{nested}V1 x 0 1\nX2 x t"));
    assert_eq!(d.line("X2.X1.R1"), "resistor X2.b[1] 0");
    assert_eq!(codes(&format!("{sub}V1 a 0 1\nX1 row[:] s")), ["elab::unknown-width"]);
    assert_eq!(codes(&format!("{sub}V1 row[1] 0 1\nX1 row[:] s")), ["elab::port-width"]);
}

#[test]
fn a_dollar_behind_a_blank_is_a_comment() {
    assert_eq!(codes("V1 a 0 1 $first\nR1 a 0 1 $ second\n$ third\n$fourth\n.op"), ["syntax::dollar"]);
    assert_eq!(codes("V1 a$b 0 1\nR1 a$b 0 1\n.op"), [""; 0]);
}

const ARRAY: &str = ".subckt array row[0:1] col[0:1] g=1\n.for i = 0:1, j = 0:1 { R[i,j] row[i] col[j] LINE }\n.ends\n\
                     .for i = 0:1 { Vr[i] r[i] 0 1 }\n.for j = 0:1 { Vc[j] c[j] 0 0 }\nXa r[0:1] c[0:1] array\n.op";

#[test]
fn ports_of_a_wrong_line_are_nets_outside() {
    assert_eq!(all(&ARRAY.replace("LINE", "{g}")), [""; 0]);
    assert_eq!(all(&ARRAY.replace("LINE", "{h}")), ["elab::unknown-parameter"]);
    assert_eq!(all(&ARRAY.replace("LINE", "{g*}")), ["syntax::element"]);
}

#[test]
fn a_wrong_name_never_passes_for_a_consequence() {
    let text = ARRAY.replace("LINE", "{g}");
    assert_eq!(all(&format!("{text}\n.save I(Vc[0:3])")), ["elab::unknown-part"]);
    assert_eq!(all(&format!("{text}\n.save V(r[0:3])")), ["elab::unknown-node"]);
    let b = "V1 a 0 1\nR1 a 0 1\nB1 b 0 V={V(a)+V(aa)}\nR2 b 0 1\n.op";
    assert_eq!(all(b), ["elab::unknown-node"]);
}

#[test]
fn a_loose_end_that_is_a_slip_of_the_pen() {
    let help = |text: &str| deck_with(text, &Overrides::default()).1[0].help.clone();
    assert_eq!(help("V1 in 0 1\nR1 in out 1\nC1 out 0 1\nR2 ou 0 1\n.op").as_deref(), Some("did you mean 'out'?"));
    assert_eq!(help("V1 n01 0 1\nR1 n01 n02 1\nR2 n02 0 1\nR3 n03 0 1\n.op"), None);
}

#[test]
fn a_wrong_loop_says_no_more_of_its_line() {
    assert_eq!(all("V1 a 0 1\nR1 a 0 1\n.for i = 0:3 Vr[i] r[i] 0 {0.1*(i+1)} }\n.op"), ["syntax::for"]);
}

#[test]
fn a_hundred_errors_are_enough() {
    let found = all(&"R1 a\n".repeat(500));
    assert_eq!(found.iter().filter(|c| **c == "elab::more").count(), 1);
    assert!(found.len() < 110, "{}", found.len());
}

#[test]
fn loops_that_multiply_to_too_much() {
    let text = "V1 a 0 1\nR1 a 0 {r}\n.param r=1 s=2\n.op\n.step param r 1 9999 1\n.step param s 1 9999 1";
    assert_eq!(codes(text), ["elab::too-many-steps"]);
}

#[test]
fn a_line_that_is_wrong_in_every_pass_is_told_once() {
    assert_eq!(all("V1 a 0 1\nR1 a 0 1\n.for i = 0:99999 { R[i] a x[i] {nope} }\n.op"), ["elab::unknown-parameter"]);
}

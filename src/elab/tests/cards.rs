//! Dot cards.

use super::{codes, deck, finding};
use crate::circuit::NetId;
use crate::circuit::equation::Function;
use crate::circuit::plan::{AcScale, AnalysisKind, Edge, MeasureKind, Method, ParamExpr, Place, Reduction, Target};
use crate::diag::Severity;

const RC: &str = "V1 in 0 1\nR1 in out 1k\nC1 out 0 1n\n";

fn rc(cards: &str) -> super::Deck {
    deck(&format!("{RC}{cards}"))
}

fn rc_codes(cards: &str) -> Vec<&'static str> {
    codes(&format!("{RC}{cards}"))
}

#[test]
fn analyses() {
    let d = rc(".param t=1u\n.op\n.tran 1n {2*t} 0 5n uic\n.ac dec 10 1 1meg");
    assert!(matches!(d.plan.analyses[0].kind, AnalysisKind::Op));
    let AnalysisKind::Tran { step, stop, start, max_step, uic } = d.plan.analyses[1].kind else { panic!() };
    assert_eq!((step, stop, start, max_step, uic), (1e-9, 2e-6, 0.0, Some(5e-9), true));
    let AnalysisKind::Ac { scale, points, start, stop } = d.plan.analyses[2].kind else { panic!() };
    assert_eq!((scale, points, start, stop), (AcScale::Decade, 10, 1.0, 1e6));
}

#[test]
fn sweeps() {
    let d = rc(
        ".param r=1 \n.model rm r(tc1=0)\nR2 out 0 rm r={r}\n.dc V1 0 1 0.1 temp 0 100 50\n.step param r list 1 2 5\n.step dec R1 1 100 2\n.step rm(tc1) 0 1m 0.5m",
    );
    let AnalysisKind::Dc(sweeps) = &d.plan.analyses[0].kind else { panic!() };
    assert_eq!((sweeps[0].target.clone(), sweeps[0].values.len()), (Target::Source(d.id("V1")), 11));
    assert_eq!((sweeps[1].target.clone(), sweeps[1].values.clone()), (Target::Temperature, vec![0.0, 50.0, 100.0]));
    assert_eq!(
        (d.plan.steps[0].target.clone(), d.plan.steps[0].values.clone()),
        (Target::Param("r".to_string()), vec![1.0, 2.0, 5.0])
    );
    assert_eq!(
        (d.plan.steps[1].target.clone(), d.plan.steps[1].values.len()),
        (Target::Part(d.id("R1"), "r".into()), 5)
    );
    assert_eq!(d.plan.steps[2].target, Target::Model("rm".to_string(), "tc1".into()));
}

#[test]
fn observations() {
    let d = rc(".save v(OUT) i(v1) V(in,out)\n.print ac vdb(out) vp(out)\n.plot tran V(out) {V(out)*2} @r1[r]\n.op");
    let labels: Vec<&str> = d.plan.observations.iter().map(|o| o.label.as_str()).collect();
    assert_eq!(labels, ["V(out)", "I(V1)", "V(in,out)", "VDB(out)", "VP(out)", "V(out) * 2", "@r1[r]"]);
    assert_eq!(d.plan.saves, Some(vec![0, 1, 2]));
    assert_eq!((d.plan.prints[0].analysis.as_deref(), &d.plan.plots[0].observations[..]), (Some("ac"), &[0, 5, 6][..]));
    assert_eq!(rc(".save all\n.op").plan.saves, None);
    let d = deck(".for k=0:2 { R[k] a[k] 0 1 }\nV1 a[0] 0 1\n.save V(a[:]) I(R[1:2])\n.op");
    let labels: Vec<&str> = d.plan.observations.iter().map(|o| o.label.as_str()).collect();
    assert_eq!(labels, ["V(a[0])", "V(a[1])", "V(a[2])", "I(R[1])", "I(R[2])"]);
}

#[test]
fn nets_inside_subcircuits() {
    let d = deck("X1 a s\n.subckt s p\nR1 p n 1\nR2 n 0 1\n.ic V(n)=2\n.ends\nV1 a 0 1\n.save V(x1.N) I(X1.R1)\n.op");
    assert_eq!(d.plan.observations[0].label, "V(X1.n)");
    assert_eq!(d.plan.initial, [(d.circuit.net_names["x1.n"], 2.0)]);
}

#[test]
fn initial_values_and_options() {
    let d = rc(
        ".ic V(out)=1 v(in)={2*1}\n.nodeset v(out)=3\n.options reltol=1e-5 method=gear itl1=200 post\n.temp 50\n.op",
    );
    let out = d.circuit.net_names["out"];
    assert_eq!((d.plan.initial[0], d.plan.nodeset[0]), ((out, 1.0), (out, 3.0)));
    assert_eq!(d.plan.initial[1], (NetId(1), 2.0));
    let o = &d.plan.options;
    assert_eq!((o.reltol, o.method, o.itl1, o.temp), (1e-5, Method::Gear, 200, 50.0));
}

#[test]
fn measures() {
    let d = rc(".tran 1n 1u\n\
         .meas tran tr trig v(out) val=0.1 rise=1 targ v(out) val=0.9 rise=last td=1n\n\
         .meas tran x find v(out) at=5n\n\
         .meas tran y find v(out) when v(in)=0.5 cross=2\n\
         .meas tran z when v(in)=v(out) fall=1\n\
         .meas tran m max v(out) from=1n to=1u\n\
         .meas tran i integral i(v1)\n\
         .meas tran d deriv v(out) at=1n\n\
         .meas tran p param='tr/2+x'\n\
         .meas q pp v(out)");
    let m = &d.plan.measures;
    let MeasureKind::Delay { from, to } = &m[0].kind else { panic!() };
    assert_eq!((from.right, from.edge, from.count), (0.1, Edge::Rise, 1));
    assert_eq!((to.right, to.count, to.after), (0.9, usize::MAX, 1e-9));
    assert!(matches!(m[1].kind, MeasureKind::FindAt { at, .. } if at == 5e-9));
    assert!(matches!(&m[2].kind, MeasureKind::FindWhen { when, .. } if when.right == 0.5 && when.count == 2));
    let MeasureKind::When(e) = &m[3].kind else { panic!() };
    assert!(matches!(e.left, Place::Curve(_)) && e.right_of.is_some() && e.edge == Edge::Fall);
    assert!(matches!(m[4].kind, MeasureKind::Over { what: Reduction::Maximum, from: Some(_), to: Some(_), .. }));
    assert!(matches!(m[5].kind, MeasureKind::Over { what: Reduction::Integral, from: None, .. }));
    assert!(matches!(m[6].kind, MeasureKind::DerivAt { .. }));
    let half = ParamExpr::Apply(Function::Div, vec![ParamExpr::Measure("tr".to_string()), ParamExpr::Number(2.0)]);
    let MeasureKind::Param(p) = &m[7].kind else { panic!() };
    assert_eq!(*p, ParamExpr::Apply(Function::Add, vec![half, ParamExpr::Measure("x".to_string())]));
    assert_eq!(m[8].analysis, "tran");
}

#[test]
fn mistakes_in_cards() {
    assert_eq!(rc_codes(".tran 1n"), Vec::<&str>::new());
    assert_eq!(rc_codes(".tran 1n -1u"), ["elab::tran"]);
    assert_eq!(rc_codes(".tran 1n 1u 2u"), ["elab::tran"]);
    assert_eq!(rc_codes(".ac 10 1 1k"), ["elab::ac"]);
    assert_eq!(rc_codes(".dc V1 0 1 -0.1"), ["elab::sweep"]);
    assert_eq!(rc_codes(".dc V2 0 1 0.1"), ["elab::unknown-source"]);
    assert_eq!(rc_codes(".op\n.options relto=1"), ["elab::misspelled-option"]);
    assert_eq!(rc_codes(".op\n.options nopage"), ["elab::option-without-effect"]);
    assert_eq!(rc_codes(".op\n.options zzz=1"), ["elab::ignored-option"]);
    assert_eq!(rc_codes(".op\n.options reltol=-1"), ["elab::option-value"]);
    assert_eq!(rc_codes(".op\n.four 1k V(out)"), ["elab::analysis-not-yet"]);
    assert_eq!(rc_codes(".noise V(out) V1 dec 10 1 1k"), Vec::<&str>::new());
    assert_eq!(rc_codes(".op\n.save V(x) V(y)\n.ic V(z)=1 V(u)=2\n.options gmin=-1 itl1=0").len(), 6);
    assert_eq!(rc_codes(".op\n.meas tran x fnd v(out) at=1"), ["elab::unknown-measure"]);
    assert_eq!(rc_codes(".op\n.meas tran x find v(out)"), ["elab::measure"]);
}

#[test]
fn names_that_are_nearly_right() {
    let of = |cards: &str| finding(&format!("{RC}{cards}"));
    assert_eq!(of(".op\n.save V(outt)"), (Severity::Error, "elab::unknown-node", "did you mean 'out'?".to_string()));
    assert_eq!(of(".op\n.save I(V11)"), (Severity::Error, "elab::unknown-part", "did you mean 'V1'?".to_string()));
    assert_eq!(of(".op\n.save @r1[tc11]").2, "did you mean 'tc1'?");
}

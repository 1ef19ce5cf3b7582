//! Expressions of voltages, currents and time.

use super::{Deck, codes, deck};
use crate::circuit::equation::{Equation, Quantity};
use crate::circuit::{NetId, Setting};

/// An equation as text: `Mul(2, V(a))`.
fn text(d: &Deck, e: &Equation) -> String {
    match e {
        Equation::Const(v) => v.to_string(),
        Equation::Quantity(Quantity::Voltage(a, NetId::GROUND)) => format!("V({})", d.circuit.net(*a).name),
        Equation::Quantity(Quantity::Voltage(a, b)) => {
            format!("V({},{})", d.circuit.net(*a).name, d.circuit.net(*b).name)
        }
        Equation::Quantity(Quantity::Current(p, pin)) => format!("I({},{pin})", d.circuit.part(*p).path),
        Equation::Quantity(Quantity::Probe(p, name)) => format!("{}.{name}", d.circuit.part(*p).path),
        Equation::Quantity(q) => format!("{q:?}"),
        Equation::Apply(f, args) => {
            let args: Vec<String> = args.iter().map(|a| text(d, a)).collect();
            format!("{f:?}({})", args.join(","))
        }
    }
}

const AROUND: &str = ".func square(x) {x*x}\nV1 a 0 1\nR1 a b 1\nR2 b 0 1\n";

/// Kind and equation of a line that is added to a divider.
fn of(line: &str, param: &str) -> String {
    let d = deck(&format!("{AROUND}{line}\nR8 c 0 1\nR9 d 0 1\n.op"));
    let name = line.split_whitespace().next().unwrap();
    format!("{}: {}", d.line(name), text(&d, &d.equation(name, param)))
}

#[test]
fn behavioral_sources() {
    assert_eq!(of("B1 c 0 V={2*V(a)^2}", "value"), "behavioral_voltage c 0: Mul(2,AbsPow(V(a),2))");
    assert_eq!(of("B1 c 0 I={V(a,b)*time}", "value"), "behavioral_current c 0: Mul(V(a,b),Time)");
    assert_eq!(of("B1 c 0 I={I(V1)+ddt(V(c))}", "value"), "behavioral_current c 0: Add(I(V1,0),Ddt(V(c)))");
    assert_eq!(of("B1 c 0 V={square(V(a))}", "value"), "behavioral_voltage c 0: Mul(V(a),V(a))");
}

#[test]
fn polynomials_tables_and_values() {
    assert_eq!(of("E1 c 0 POLY(1) a 0 1 2", "value"), "behavioral_voltage c 0: Add(1,Mul(2,V(a)))");
    assert_eq!(of("G1 c 0 POLY(2) a 0 b 0 0 1 2", "value"), "behavioral_current c 0: Add(Mul(1,V(a)),Mul(2,V(b)))");
    assert_eq!(of("F1 c 0 POLY(1) V1 0 3", "value"), "behavioral_current c 0: Mul(3,I(V1,0))");
    assert_eq!(of("E1 c 0 VALUE={V(a)*2}", "value"), "behavioral_voltage c 0: Mul(V(a),2)");
    assert_eq!(of("G1 c 0 TABLE {V(a)} = (0,0) (1,5)", "value"), "behavioral_current c 0: SmoothTable(V(a),0,0,1,5)");
}

#[test]
fn passives_by_expression() {
    assert_eq!(of("R3 c d {1k*(1+V(a))}", "value"), "behavioral_current c d: Div(V(c,d),Mul(1000,Add(1,V(a))))");
    assert_eq!(of("C3 c d c={1n*V(c)}", "c"), "nonlinear_capacitor c d: Mul(0.000000001,V(c))");
    assert_eq!(of("C3 c d Q={V(c)}", "q"), "nonlinear_capacitor c d: V(c)");
    assert_eq!(of("L3 c d flux={I(L3)}", "flux"), "nonlinear_inductor c d: I(L3,0)");
}

#[test]
fn names_inside_subcircuits() {
    let d = deck(&format!(
        "{AROUND}X1 a s m=2\n.subckt s p\nR1 p n 1\nB1 n 0 I={{V(p)*V(n)*k}}\nF1 n 0 Vs 3\nVs n q 0\nR2 q 0 1\n.ends\n.param k=2\n.op"
    ));
    assert_eq!(text(&d, &d.equation("X1.B1", "value")), "Mul(Mul(V(a),V(X1.n)),2)");
    assert_eq!(d.setting("X1.F1", "control"), Setting::Part(d.id("X1.Vs")));
}

#[test]
fn a_node_that_only_a_port_names_is_none() {
    let d = deck(&format!("{AROUND}X1 b nc s\n.subckt s p unused\nR1 p 0 1\n.ends\n.ic V(b)=1\n.op"));
    assert_eq!(d.circuit.nets.len(), 3);
    assert_eq!(d.plan.initial, [(d.circuit.net_names["b"], 1.0)]);
    assert_eq!(d.line("X1.R1"), "resistor b 0");
    assert!(d.circuit.nets.iter().all(|n| n.name != "nc"));
}

#[test]
fn mistakes_in_live_expressions() {
    let of = |line: &str| codes(&format!("{AROUND}{line}"));
    assert_eq!(of("B1 a b I={V(cc)}"), ["elab::unknown-node"]);
    assert_eq!(of("B1 a b I={I(V9)}"), ["elab::unknown-part"]);
    assert_eq!(of("B1 a b I={I(R1.drain)}"), ["elab::unknown-pin"]);
    assert_eq!(of("B1 a b I={1/0}"), ["elab::not-finite"]);
    assert_eq!(of("B1 a b"), ["elab::no-value"]);
    assert_eq!(of("B1 a b V={1} I={2}"), ["elab::both"]);
    assert_eq!(of("E1 c 0 POLY(2) a 0 1"), ["elab::poly"]);
    assert_eq!(of(&format!("E1 c 0 POLY(1) a 0{}", " 1".repeat(1001))), ["elab::poly"]);
    assert_eq!(of("E1 c 0 TABLE {V(a)} = (1,0) (0,1)"), ["elab::table"]);
    assert_eq!(of("E1 c 0 a 0"), ["elab::no-value"]);
}

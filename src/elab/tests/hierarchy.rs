//! Subcircuits, loops and buses.

use super::{codes, deck, deck_with};
use crate::elab::Overrides;
use crate::value::Value;

#[test]
fn nested_subcircuits_have_paths() {
    let d = deck(
        "V1 in 0 1\nX1 in out pair r=2k m=2\n\
         .subckt pair a b r=1k\n.param half={r/2}\nXl a n one\nR2 n b {half} m=3\n.subckt one p q\nR1 p q {r}\n.ends\n.ends",
    );
    assert_eq!(d.line("X1.Xl.R1"), "resistor in X1.n");
    assert_eq!(d.line("X1.R2"), "resistor X1.n out");
    assert_eq!([d.value("X1.Xl.R1", "r"), d.value("X1.R2", "r")], [2000.0, 1000.0]);
    assert_eq!([d.value("X1.Xl.R1", "m"), d.value("X1.R2", "m")], [2.0, 6.0]);
}

#[test]
fn defaults_overrides_and_scopes() {
    let d = deck(
        ".param g=5\nX1 a s PARAMS: r=7\nX2 a s\n.subckt s p r={g}\nR1 p 0 {r}\nD1 p 0 dm\n.model dm d(is={r})\n.ends\nD2 a 0 dm\n.model dm d(is=9f)",
    );
    assert_eq!([d.value("X1.R1", "r"), d.value("X2.R1", "r")], [7.0, 5.0]);
    assert_eq!([d.value("X1.D1", "is"), d.value("X2.D1", "is"), d.value("D2", "is")], [7.0, 5.0, 9e-15]);
    let o = Overrides { params: vec![("G".to_string(), Value::Number(3.0))], ..Overrides::default() };
    let (d, _) = deck_with(".param g=5\nR1 a 0 {g}\nR2 a 0 {2*g}", &o);
    assert_eq!(d.unwrap().value("R2", "r"), 6.0);
}

#[test]
fn equal_models_are_shared() {
    let d = deck(".for k=0:9 { X[k] a s }\n.subckt s p\nD1 p 0 dm\n.model dm d(is=1f)\n.ends\nR1 a 0 1");
    assert_eq!((d.circuit.parts.len(), d.circuit.models.len()), (11, 1));
}

#[test]
fn loops_and_buses() {
    let d = deck(
        "V1 r[0] 0 1\n.param n=3 g=[[1,2,3],[4,5,6]]\n.for i=0:1, j=0:n-1 {\n  Rm[i,j] c[j] r[i] {1/g[i,j]}\n}\n\
         Xa c[0:2] r[0:1] load w=3\n.subckt load in[0:w-1] out[0:1] w=2\n.for k=0:w-1 { R[k] in[k] out[0] 1k }\nRo out[0] out[1] 1\n.ends",
    );
    assert_eq!(d.line("Rm[1,2]"), "resistor c[2] r[1]");
    assert_eq!(d.value("Rm[1,2]", "r"), 1.0 / 6.0);
    assert_eq!(d.line("Xa.R[2]"), "resistor c[2] r[0]");
    assert_eq!(d.circuit.nets.len(), 6);
}

#[test]
fn globals_are_the_same_everywhere() {
    let d = deck(".global vdd\nX1 a s\n.subckt s p\nR1 p vdd 1\n.ends\nV1 vdd 0 1\nR2 a 0 1");
    assert_eq!(d.line("X1.R1"), "resistor a vdd");
}

#[test]
fn mistakes_in_the_hierarchy() {
    let sub = ".subckt s a b[0:2]\nR1 a b[0] 1\nR2 b[1] b[2] 1\n.ends\n";
    assert_eq!(codes(&format!("{sub}X1 x y[0:3] s")), ["elab::port-width"]);
    assert_eq!(codes(&format!("{sub}X1 x y s")), ["elab::port-width"]);
    assert_eq!(codes(&format!("{sub}X1 x s")), ["elab::port-count"]);
    assert_eq!(codes("X1 a s\n.subckt s p\nX2 p t\n.ends\n.subckt t q\nX3 q s\n.ends"), ["elab::recursive-subckt"]);
    assert_eq!(codes(".for k=0:2 { R[k] a[k-1] 0 1 }"), ["elab::negative-index"]);
    assert_eq!(codes(".for k=0:1e9 { R[k] a 0 1 }"), ["elab::too-big"]);
    assert_eq!(codes("X1 a 0 s\n.subckt s p[0:1]\nR1 p[2] 0 1\n.ends"), ["elab::bus-range"]);
}

#[test]
fn forty_levels_of_doubling_are_refused() {
    let mut text = String::from("X1 a s0\n");
    for k in 0..40 {
        text += &format!(".subckt s{k} a\nX1 a s{}\nX2 a s{}\n.ends\n", k + 1, k + 1);
    }
    text += ".subckt s40 a\nR1 a 0 1\n.ends";
    assert_eq!(codes(&text), ["elab::too-big"]);
}

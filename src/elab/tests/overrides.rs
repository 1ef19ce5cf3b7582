//! Values from outside: what steps, sweeps and the command line set.

use super::deck_with;
use crate::elab::Overrides;
use crate::value::Value;

const DECK: &str = ".param a=1 b={2*a}\n.model rm r(tc1=1)\nR1 x 0 rm r={b}\nR2 x 0 {temp}\nX1 x s\nV1 x 0 1\n\
                    .subckt s p\n.param a=7\nR3 p 0 {a}\n.ends\n.op";

#[test]
fn parameters_of_the_deck() {
    let o = Overrides { params: vec![("A".to_string(), Value::Number(5.0))], ..Overrides::default() };
    let d = deck_with(DECK, &o).0.unwrap();
    // A parameter of the same name inside a subcircuit is another one.
    assert_eq!([d.value("R1", "r"), d.value("X1.R3", "r")], [10.0, 7.0]);
}

#[test]
fn temperature() {
    let o = Overrides { temp: Some(85.0), ..Overrides::default() };
    let d = deck_with(DECK, &o).0.unwrap();
    assert_eq!((d.value("R2", "r"), d.plan.options.temp), (85.0, 85.0));
}

#[test]
fn models_and_parts() {
    let o = Overrides {
        models: vec![("RM".to_string(), "tc1".into(), 3.0)],
        parts: vec![("x1.r3".to_string(), "r".into(), 9.0)],
        ..Overrides::default()
    };
    let d = deck_with(DECK, &o).0.unwrap();
    assert_eq!([d.value("R1", "tc1"), d.value("X1.R3", "r")], [3.0, 9.0]);
}

#[test]
fn names_that_the_deck_does_not_have() {
    for o in [
        Overrides { params: vec![("aa".to_string(), Value::Number(1.0))], ..Overrides::default() },
        Overrides { models: vec![("rn".to_string(), "tc1".into(), 3.0)], ..Overrides::default() },
        Overrides { parts: vec![("R9".to_string(), "r".into(), 9.0)], ..Overrides::default() },
    ] {
        let (deck, found) = deck_with(DECK, &o);
        assert!(deck.is_none());
        assert!(found.iter().any(|d| d.code == "elab::unknown-override"), "{found:?}");
    }
}

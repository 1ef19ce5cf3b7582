//! State machines of bodies, and what looks wrong in their flow of control.

use memspice::process::bodies::bodies;
use memspice::process::fsm::{dot, fsm, text};

use crate::support::{lints, machine};

const NETLIST: &str = "
.smu a
R1 a 0 1k
.signal s=0
.always blink {
  wait until V(a) > 1
  s = 1
  wait 1u
  s = 0
}
.protocol level() -> v {
  wait 10n
  v = V(a)
}
.protocol tune(target) -> n {
  force a = 0.1
  repeat n until level() >= target max 20 {
    pulse a = 1 for 50n
    if s == 1 { float a }
  }
  par first {
    ramp a = 0 to 1 in 1m
    wait until V(a) > 0.5
  }
}";

fn shown(name: &str) -> String {
    let (machine, sources) = machine(NETLIST);
    let reads = |span| sources.snippet(span).to_string();
    let body = bodies(&machine).into_iter().find(|b| b.path == name).expect("a body");
    text(&fsm(&body, &reads))
}

#[test]
fn an_always_goes_round() {
    assert_eq!(
        shown("blink"),
        "always blink
  0  start
       → 1
  1  wait until V(a) > 1
       → 2  s = 1
  2  wait 1u
       → 1  s = 0
"
    );
}

#[test]
fn loops_branches_and_calls_are_states_and_guards() {
    assert_eq!(
        shown("tune"),
        "protocol tune
  0  start
       → 1  force a = 0.1
  1  level()
       → 2  [not (level() >= target)]
       → 3  [level() >= target]
  2  pulse a = 1 for 50n
       → 4
  3  par first
       branch 1
         0  start
              → 1
         1  ramp a = 0 to 1 in 1m
              → end
       branch 2
         0  start
              → 1
         1  wait until V(a) > 0.5
              → end
       → end
  4  back to the level before
       → 1  [s == 1]  float a
       → 3  [s == 1 and max reached]  float a
       → 1  [not (s == 1)]
       → 3  [not (s == 1) and max reached]
"
    );
}

#[test]
fn graphviz() {
    let (machine, sources) = machine(NETLIST);
    let reads = |span| sources.snippet(span).to_string();
    let all: Vec<_> = bodies(&machine).iter().map(|b| fsm(b, &reads)).collect();
    let dot = dot(&all);
    assert!(dot.starts_with("digraph fsm {") && dot.matches("subgraph cluster_").count() == 5, "{dot}");
    assert!(dot.contains("s0_1 -> s0_2 [label=\"s = 1\"];"), "{dot}");
}

/// Findings in the body of a protocol.
fn found(body: &str) -> Vec<(&'static str, String)> {
    lints(&format!(".smu a\nR1 a 0 1k\n.signal s=0\n.protocol main(p) -> x {{\n{body}\n}}"))
}

fn one(code: &'static str, place: &str) -> Vec<(&'static str, String)> {
    vec![(code, place.to_string())]
}

#[test]
fn statements_that_nothing_reaches() {
    assert_eq!(found("forever { wait 1u }\nx = 1\nx = 2"), one("process::unreachable", "x = 1"));
    assert_eq!(found("par { forever { wait 1u }\nwait 1u }\nx = 1"), one("process::unreachable", "x = 1"));
    assert_eq!(found("par first { forever { wait 1u }\nwait 1u }\nx = 1"), []);
    assert_eq!(found("if 0 { x = 1 }\nx = 2"), one("process::unreachable", "x = 1"));
}

#[test]
fn waits_and_loops_without_an_end() {
    assert_eq!(found("wait until 0 timeout 1u"), []);
    assert_eq!(found("wait until 1 > 2"), one("process::never-ends", "1 > 2"));
    assert_eq!(found("forever { x += 1 }"), one("process::no-wait", "forever { x += 1 }"));
    assert_eq!(found("forever { if s { wait 1u } }"), []);
    assert_eq!(found("forever { wait 0 }"), one("process::no-wait", "forever { wait 0 }"));
    let spins = |body: &str| found(body).iter().any(|f| f.0 == "process::no-wait");
    assert!(spins("repeat until V(a) > 1 { x += 1 }") && spins("repeat n until s { force a = n }"));
    assert!(!spins("repeat until x > 9 { x += 1 }") && !spins("repeat n until n > 3 { x += 1 }"));
    assert!(!spins("repeat until V(a) > 1 { settle }") && !spins("repeat until V(a) > 1 { wait 1u }"));
    assert!(!spins("repeat until normal(0, 1) > 3 { x += 1 }") && !spins("repeat until s max 9 { x += 1 }"));
    assert_eq!(
        lints("R1 a 0 1k\n.signal s=0\n.always busy { s = 1 - s }").first().map(|f| f.0),
        Some("process::no-wait")
    );
}

#[test]
fn what_nothing_bounds() {
    assert_eq!(found("wait until V(a) > 1"), one("process::unbounded", "wait until V(a) > 1"));
    assert_eq!(found("repeat until V(a) > 1 { wait 1u }"), one("process::unbounded", "repeat"));
    assert_eq!(found("par first { wait until V(a) > 1\nwait 1m }"), []);
    // In an `.always` a wait for ever is what it is for.
    assert_eq!(lints(".smu a\nR1 a 0 1k\n.signal s=0\n.always w { wait until V(a) > 1\ns = 1 }"), []);
}

#[test]
fn bounds_that_nobody_tests() {
    let wait = "wait until V(a) > 1 timeout 1m";
    assert_eq!(found(wait), one("process::untested", wait));
    assert_eq!(found(&format!("{wait}\nif V(a) > 1 {{ x = 1 }}")), []);
    assert_eq!(found(&format!("{wait}\nx = V(a)")), []);
    let loops = "until V(a) > 1 max 9 { wait 1u }";
    // In a branch, tested behind the par.
    assert_eq!(found(&format!("par first {{\nramp a = 0 to 1 in 1u\n{wait}\n}}\nx = V(a) > 1")), []);
    assert_eq!(found(&format!("par {{\nwait 1u\n{wait}\n}}")), one("process::untested", wait));
    assert_eq!(found(&format!("repeat {loops}")), one("process::untested", "repeat"));
    assert_eq!(found(&format!("repeat x {loops}")), []);
    assert_eq!(found(&format!("repeat n {loops}\nx = n < 9")), []);
}

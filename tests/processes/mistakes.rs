//! Wrong statements: a code, the place it points at, and what to do.

use crate::support::{Setup, run_text};

/// Code and place of what a body of `main` is stopped by; every report has its help.
fn stopped(body: &str) -> (&'static str, String) {
    let text = format!(
        "
.smu a b[0:3] r[1:2]
R1 a c 1k
R2 c 0 1k
.for k = 0:3 {{ Rb[k] b[k] 0 1k }}
.for k = 1:2 {{ Rr[k] r[k] 0 1k }}
.signal s[0:1]=0
.subckt cell p
R1 p 0 1k
.ends
X1 a cell
.protocol read(v, t=1u) -> i {{
  force a = v
  wait t
  i = I(a)
}}
.protocol main() -> x {{
{body}
}}"
    );
    match run_text(&text, &Setup::default()) {
        Ok(_) => ("", String::new()),
        Err((d, places)) => {
            assert!(d.help.is_some(), "{} has no help: {}", d.code, d.message);
            (d.code, places.first().map(|p| p[0].clone()).unwrap_or_default())
        }
    }
}

#[test]
fn indices_out_of_range() {
    assert_eq!(stopped("force b[7] = 1"), ("value::index", "b[7]".into()));
    assert_eq!(stopped("x = V(b[4])"), ("value::index", "b[4]".into()));
    assert_eq!(stopped("float r[0:2]"), ("value::index", "r[0:2]".into()));
    assert_eq!(stopped("s[2] = 1"), ("value::index", "s[2]".into()));
}

#[test]
fn arguments() {
    assert_eq!(stopped("x = read()"), ("value::arguments", "read()".into()));
    assert_eq!(stopped("x = read(1, 2, 3)"), ("value::arguments", "read(1, 2, 3)".into()));
    assert_eq!(stopped("x = read(1, tt=3)"), ("value::arguments", "tt".into()));
}

#[test]
fn nets_without_a_unit() {
    assert_eq!(stopped("force c = 1"), ("process::no-smu", "c".into()));
    assert_eq!(stopped("float c"), ("process::no-smu", "c".into()));
    assert_eq!(stopped("pulse c = 1 for 1u"), ("process::no-smu", "c".into()));
}

#[test]
fn shapes_and_types() {
    assert_eq!(stopped("force b[:] = [1, 2]"), ("process::shape", "[1, 2]".into()));
    assert_eq!(stopped("x = [1, 2] + [1, 2, 3]"), ("value::shape", "[1, 2] + [1, 2, 3]".into()));
    assert_eq!(stopped("if V(b[:]) > 1 { x = 1 }"), ("value::condition", "V(b[:]) > 1".into()));
    assert_eq!(stopped("wait [1, 2]"), ("value::not-a-number", "[1, 2]".into()));
    assert_eq!(stopped("wait -1u"), ("process::time", "wait -1u".into()));
    assert_eq!(stopped("force a = 1 limit -1"), ("process::limit", "a = 1 limit -1".into()));
    assert_eq!(stopped("force a = 1/0"), ("process::level", "a = 1/0".into()));
    assert_eq!(stopped("x = I(X1)"), ("process::net", "X1".into()));
}

#[test]
fn a_loop_that_takes_no_time_names_who_is_in_it() {
    let text = "
R1 a 0 1
.signal x=0 y=0
.always one {
  wait until x == y
  x = 1 - y
}
.always two {
  wait until x != y
  y = x
}
.protocol main() { wait 1u }";
    let (d, places) = run_text(text, &Setup::default()).err().expect("a mistake");
    assert_eq!(d.code, "process::zero-delay-loop");
    assert!(
        d.help.is_some()
            && places.iter().any(|p| p[1].contains("x == y"))
            && places.iter().any(|p| p[1].contains("x != y")),
        "{places:?}"
    );
}

/// What can be seen before a run is said by `memspice check`.
#[test]
fn what_the_text_shows_is_found_without_running() {
    let text = |body: &str| {
        format!(
            "
.smu a
R1 a c 1k
R2 c 0 1k
.protocol read(v) -> i {{
  force a = v
  wait 1u
  i = I(a)
}}
.protocol main() -> x {{
{body}
}}"
        )
    };
    let found = |body: &str| crate::support::lints(&text(body));
    assert_eq!(found("x = read()"), [("value::arguments", "read()".to_string())]);
    assert_eq!(found("force c = 1"), [("process::no-smu", "c".to_string())]);
    assert_eq!(found("pulse nothere = 1 for 1u"), [("process::unknown", "nothere".to_string())]);
    assert_eq!(found("x = read(1)"), []);
}

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
    assert_eq!(stopped("wait -1u"), ("process::time", "-1u".into()));
    assert_eq!(stopped("wait inf"), ("process::time", "inf".into()));
    assert_eq!(stopped("pulse a = 1 for -0.5n"), ("process::time", "-0.5n".into()));
    assert_eq!(stopped("repeat until 0 max 1.5 { wait 1u }"), ("process::passes", "1.5".into()));
    assert_eq!(stopped("x = map(V(a), [1, 2])"), ("process::map", "V(a)".into()));
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

/// What can be seen before a run is said by `memspice check`, all of it.
#[test]
fn what_the_text_shows_is_found_without_running() {
    let text = |body: &str| {
        format!(
            "
.smu a b[0:3]
R1 a c 1k
R2 c 0 1k
.for k = 0:3 {{ Rb[k] b[k] 0 1k }}
.signal s[0:1]=0 mode=0
.param gain=2 levels=[1, 2, 3]
.func twice(x) = 2*x
.func ramped(n) -> y {{
  y = arange(n) + temp
}}
.subckt cell p
.signal count=0
Rc p 0 1k
.protocol tune(target, tol=5%) -> n {{
  wait 1u
}}
.ends
.for k = 0:1 {{ Xc[k] a cell }}
.protocol read(v) -> i {{
  force a = v
  wait 1u
  i = I(a)
}}
.protocol two(v) -> p, q {{ wait 1u }}
.protocol nothing(v) {{ wait 1u }}
.protocol main() -> x {{
{body}
}}"
        )
    };
    let found = |body: &str| crate::support::mistakes(&text(body));
    let one = |body: &str| {
        let list = found(body);
        assert_eq!(list.len(), 1, "{body}: {list:?}");
        list.into_iter().next().unwrap_or_default()
    };
    // Calls
    assert_eq!(one("x = read()"), ("value::arguments", "read()".to_string()));
    assert_eq!(one("x = raed(1)"), ("value::unknown-function", "raed".to_string()));
    assert_eq!(one("x = twice(1, 2)"), ("value::arguments", "twice(1, 2)".to_string()));
    assert_eq!(one("x = ramped()"), ("value::arguments", "ramped()".to_string()));
    assert_eq!(one("x = sqrt(1, 2)"), ("value::arguments", "sqrt(1, 2)".to_string()));
    assert_eq!(one("x = mean([1, 2], axs=0)"), ("value::arguments", "axs".to_string()));
    assert_eq!(one("x = Xc[0].tune()"), ("value::arguments", "Xc[0].tune()".to_string()));
    assert_eq!(one("for k = 0:1 { x = Xc[k].tone(1) }"), ("process::unknown", "tone".to_string()));
    assert_eq!(one("x = map(raed, [1, 2])"), ("process::unknown", "raed".to_string()));
    // Names
    assert_eq!(one("x = gian"), ("value::unknown-name", "gian".to_string()));
    assert_eq!(one("y = 1"), ("process::unknown", "y".to_string()));
    assert_eq!(one("x = V(d)"), ("process::unknown", "d".to_string()));
    assert_eq!(one("x = I(R3)"), ("process::unknown", "R3".to_string()));
    assert_eq!(one("x = Xc[1].cuont"), ("process::unknown", "cuont".to_string()));
    assert_eq!(one("if gain > 1 { let k = 1 }\nx = k"), ("value::unknown-name", "k".to_string()));
    // Drives
    assert_eq!(one("force c = 1"), ("process::no-smu", "c".to_string()));
    assert_eq!(one("pulse nothere = 1 for 1u"), ("process::unknown", "nothere".to_string()));
    assert_eq!(one("for k = 0:3 { force c = k }"), ("process::no-smu", "c".to_string()));
    // Shapes
    assert_eq!(one("force b[:] = [1, 2]"), ("process::shape", "[1, 2]".to_string()));
    assert_eq!(one("force b[:] = 2*levels"), ("process::shape", "2*levels".to_string()));
    assert_eq!(one("x = V(b[4])"), ("value::index", "b[4]".to_string()));
    assert_eq!(one("x = levels + V(b[:])"), ("value::shape", "levels + V(b[:])".to_string()));
    assert_eq!(one("if V(b[:]) > 1 { x = 1 }"), ("value::condition", "V(b[:]) > 1".to_string()));
    assert_eq!(one("wait levels"), ("value::not-a-number", "levels".to_string()));
    assert_eq!(one("x = levels[3]"), ("value::index", "levels[3]".to_string()));
    assert_eq!(one("let q = [1, 2, 3]\nq[0] = [1, 2]"), ("value::shape", "q[0]".to_string()));
    assert_eq!(one("let q = [1, 2, 3]\nq[3] = 1"), ("value::index", "q[3]".to_string()));
    assert_eq!(one("let q = 3\nq[0] = 1"), ("value::index", "q[0]".to_string()));
    assert_eq!(one("mode[0] = 1"), ("value::index", "mode[0]".to_string()));
    assert_eq!(one("s[:] = [1, 2, 3]"), ("process::shape", "s[:]".to_string()));
    // Results
    assert_eq!(one("let a, b = 1"), ("value::count", "1".to_string()));
    assert_eq!(one("let a, b = levels"), ("value::count", "levels".to_string()));
    assert_eq!(one("x = read(1).j"), ("value::no-result", "j".to_string()));
    assert_eq!(one("x = Xc[0].tune(1).m"), ("value::no-result", "m".to_string()));
    assert_eq!(
        one("let a, b = two(1)\nlet c, d, e = map(two, [1, 2])\nx = a + b"),
        ("value::count", "map(two, [1, 2])".into())
    );
    assert_eq!(one("x = nothing(1)"), ("value::count", "nothing(1)".to_string()));
    assert_eq!(one("gain = 3"), ("process::parameter", "gain".to_string()));
    // Numbers
    assert_eq!(one("wait inf"), ("process::time", "inf".to_string()));
    assert_eq!(one("pulse a = 1 for -0.5n"), ("process::time", "-0.5n".to_string()));
    assert_eq!(one("wait until V(a) > 1 timeout -1m"), ("process::time", "-1m".to_string()));
    assert_eq!(one("repeat n until V(a) > 1 max -1 { wait 1u }"), ("process::passes", "-1".to_string()));
    assert_eq!(one("repeat n until V(a) > 1 max gain/4 { wait 1u }"), ("process::passes", "gain/4".to_string()));
    assert_eq!(one("x = V(a) ~= 1 within -1"), ("value::tolerance", "V(a) ~= 1 within -1".to_string()));
    assert_eq!(one("x = adc(0.5, 3, 1, 1)"), ("value::range", "adc(0.5, 3, 1, 1)".to_string()));
    // All in one report
    let all = found("x = gian\nforce c = 1\nx = raed(2)");
    assert_eq!(
        all.iter().map(|f| f.0).collect::<Vec<_>>(),
        ["value::unknown-name", "process::no-smu", "value::unknown-function"]
    );
    // And nothing of what is right
    assert_eq!(
        found(
            "let p, q = two(1)\nlet a, b = map(two, [1, 2])\nlet c, d = [1, 2]\nnothing(1)\nx = two(1).q + map(two, [3]).p[0]"
        ),
        []
    );
    assert_eq!(
        found("let q = zeros(4)\nq[1:2] = [1, 2]\ns[:] = [1, 0]\ns[gain/2] = 1\nfor k = 0:1 { s[k] = q[k] }"),
        []
    );
    assert_eq!(found("repeat n until V(a) > 1 max inf { wait 1u }\nwait until V(a) > 2 timeout inf\nx = n"), []);
    assert_eq!(
        found("x = read(1)\nlet m = Xc[:]\nfor k = 0:1 { m[k].count = k\nx = Xc[k].tune(1, tol=2%) + twice(V(b[k])) }"),
        []
    );
    assert_eq!(
        found(
            "let g = 0\ng = zeros(4)\nforce b[:] = g, a = gain\nx = map(read, levels)[0] + levels[gain] + s[1] + mode"
        ),
        []
    );
    assert_eq!(
        found(
            "repeat n until I(a) > 1u max 3 { pulse b[:] = [1, 2, 3, 4]*mode for 1u }\nx = n + max(V(b[:]), from=0) + count(rise(V(c) - 1))"
        ),
        []
    );
}

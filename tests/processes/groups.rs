//! What a path stands for: masks of a bus, slices of instances, variables around branches, parameters that follow signals.

use crate::support::{Setup, near, run, run_text};

fn refused(text: &str) -> Option<(&'static str, String)> {
    run_text(text, &Setup::default()).err().map(|(d, _)| (d.code, d.message.clone()))
}

#[test]
fn masks_address_nets_and_parts_as_they_do_places_of_arrays() {
    let done = run("
.smu d[1:4]
.for i = 1:4 { R[i] d[i] 0 {1k*i} }
.signal s[0:3]=0
.protocol main() -> v, of, i, r, hot, two, s3, places {
  let todo = [1, 0, 1, 0]
  force d[:] = [1, 2, 3, 4]
  wait 10n
  of = V(d[todo])
  i = I(d[todo])
  r = R[todo].r
  force d[todo] = 7
  force d[todo > 0 and V(d[:]) > 2] = 9
  wait 10n
  v = V(d[:])
  s[todo] = [5, 6]
  s3 = s
  let list = [2, 4]
  places = V(d[list])
  hot = V(d[[1, 1]])
}");
    assert_eq!(done.get("of").len(), 2);
    for (name, want) in [
        ("of", &[1.0, 3.0][..]),
        ("i", &[1e-3, 1e-3]),
        ("r", &[1e3, 3e3]),
        ("v", &[7.0, 2.0, 9.0, 4.0]),
        ("s3", &[5.0, 0.0, 6.0, 0.0]),
        ("places", &[2.0, 4.0]),
        ("hot", &[7.0, 7.0]),
    ] {
        assert_eq!(done.get(name).len(), want.len(), "{name}");
        done.get(name).iter().zip(want).for_each(|(got, want)| {
            assert!((got - want).abs() < 1e-9, "{name}: {:?}", done.get(name));
        });
    }
}

#[test]
fn slices_of_instances_have_their_signals_and_parameters() {
    let done = run("
.subckt cell p r=1k
.signal n=0 w[0:1]=0
R1 p 0 {r}
.ends
.smu a
.for i = 0:2 { X[i] a cell r={1k*(i + 1)} }
.protocol main() -> n, r, w, one {
  X[2].n = 7
  n = X[:].n
  r = X[:].r
  X[0:1].n = [4, 5]
  n = X[:].n
  X[:].w = [[1, 2], [3, 4], [5, 6]]
  w = X[:].w
  one = X[1].n
}");
    assert_eq!(done.get("n"), [4.0, 5.0, 7.0]);
    assert_eq!(done.get("r"), [1e3, 2e3, 3e3]);
    assert_eq!(done.get("w"), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    assert_eq!(done.number("one"), 5.0);
}

#[test]
fn a_number_does_not_hide_an_array_of_parts_of_its_name() {
    let done = run("
.device mem(a, b) {
  state w[0:2] = 0 in 0:5
  I(a, b) = 1m*V(a, b)
  ddt(w[0]) = 0
}
.smu a
X[0] a 0 mem
X[1] a 0 mem
.protocol main() -> x, w {
  x = 3
  X[1].w[:] = [1, 2, 3]
  w = X[1].w[:]
}");
    assert_eq!(done.get("w"), [1.0, 2.0, 3.0]);
}

/// Both count, and who waits for the sum hears of it.
#[test]
fn branches_share_the_variables_around_them() {
    let done = run("
R1 a 0 1
.protocol twice(t) -> n {
  n = 0
  par {
    { wait t
      n += 1 }
    { wait 2*t
      n += 10 }
  }
}
.protocol main() -> x, seen, first, nested, places {
  x = 0
  seen = 0
  places = zeros(2)
  par {
    { wait 1u
      x += 10 }
    { wait 1u
      x += 100 }
    { wait until x == 110 timeout 5u
      seen = time }
    { let x = 5
      wait 1u
      x += 1 }
    { wait 1u
      places[0] = 1 }
    { wait 2u
      places[1] = 2 }
  }
  nested = 0
  par {
    par {
      { wait 1u
        nested += 1 }
      { wait 2u
        nested += twice(1u) }
    }
    { wait 3u
      nested *= 2 }
  }
  first = 0
  par first {
    { wait 2u
      first = 7 }
    wait 1u
  }
}");
    assert_eq!(done.number("x"), 110.0);
    near(done.number("seen"), 1e-6, 1e-9);
    assert_eq!(done.get("places"), [1.0, 2.0]);
    // 1 at 1 us, doubled at 3 us; the call that began at 2 us ends at 4 us.
    assert_eq!(done.number("nested"), 13.0);
    assert_eq!(done.number("first"), 0.0);
}

#[test]
fn parameters_of_parts_follow_signals() {
    let done = run("
.device mem(a, b) {
  param g = 1m in 0:1
  I(a, b) = g*V(a, b)
}
.subckt cell p
.signal s=3
X1 p 0 mem g={1m*s}
.ends
.smu a b
.signal on[0:1]=[1, 0] k=1
X1 a 0 mem g={1m*(on[0] + 2*on[1])}
X2 b cell
Xm a 0 o opamp gbw={1meg*k}
R1 o 0 1k
.protocol main() -> i, inner {
  i = zeros(3)
  force a = 1, b = 1
  wait 1u
  i[0] = I(X1)
  on[1] = 1
  k = 2
  wait 1u
  i[1] = I(X1)
  inner = I(b)
  X2.s = 5
  on = 0
  wait 1u
  i[2] = I(X1)
  inner = [inner, I(b)]
}");
    for (got, want) in done.get("i").iter().zip([1e-3, 3e-3, 0.0]) {
        assert!((got - want).abs() < 1e-12, "{:?}", done.get("i"));
    }
    near(done.get("inner")[0], 3e-3, 1e-9);
    near(done.get("inner")[1], 5e-3, 1e-9);
    let deck = |g: &str| {
        format!(
            "
.device mem(a, b) {{
  param g = 1m in 0:1
  I(a, b) = g*V(a, b)
}}
.smu a
.signal s=1
X1 a 0 mem g={{{g}}}
.protocol main() -> x {{
  s = 5000
  wait 1u
}}"
        )
    };
    assert_eq!(refused(&deck("1m*s + V(a)")).map(|r| r.0), Some("elab::not-constant"));
    assert_eq!(refused(&deck("2*s")).map(|r| r.0), Some("elab::range"));
    let (code, message) = refused(&deck("1m*s")).expect("5 lies outside of the range");
    assert_eq!((code, message.contains("X1.g = 5")), ("process::refused", true), "{message}");
}

#[test]
fn two_of_one_name_are_told() {
    for (text, code) in [
        (".signal s=0\n.signal s=1", "elab::duplicate-signal"),
        (".signal s=0 S=1", "elab::duplicate-signal"),
        (".signal s[0:3]=0\n.signal s[2:4]=1", "elab::duplicate-signal"),
        (".protocol p() { wait 1u }\n.protocol P(x) { wait 2u }", "elab::duplicate-process"),
        (".always q { wait 1u }\n.always q { wait 2u }", "elab::duplicate-process"),
    ] {
        let found = refused(&format!("R1 a 0 1k\nV1 a 0 1\n{text}\n.protocol main() -> x {{ wait 1u }}"));
        assert_eq!(found.map(|r| r.0), Some(code), "{text}");
    }
}

//! `.func` with statements: software called by parameters.

use super::{codes, deck, finding};

/// The value of an expression, with functions given before it.
fn value(functions: &str, expr: &str) -> f64 {
    deck(&format!("{functions}\n.param result={{{expr}}}\nV1 a 0 {{result}}\nR1 a 0 1\n.op")).value("V1", "dc")
}

fn near(a: f64, b: f64, within: f64) {
    assert!((a - b).abs() <= within, "{a} is not {b} within {within}");
}

const BACK_PROPAGATION: &str = "
.param known = reshape(sin(arange(24)*1.7), 6, 4) klass = [0, 1, 2, 0, 1, 2]
.func bias(X) = hstack(X, ones(len(X), 1))
.func mlp(X, a1, a2) = dot(bias(tanh(dot(bias(X), a1))), a2)
.func right(out, t) = mean(argmax(out, axis=1) == t)
.func descend(a1, a2, goal, lr, epochs, lo1=-18, hi1=18, lo2=-18, hi2=18) -> w1, w2 {
  w1, w2 = a1, a2
  let X, t = bias(known), goal*(2*onehot(klass, 3) - 1)
  let m1, m2 = 0*w1, 0*w2
  for epoch = 1:epochs {
    let h = tanh(dot(X, w1))
    let e = (dot(bias(h), w2) - t)/6
    m1 = 0.9*m1 - lr*dot(transpose(X), dot(e, transpose(w2[0:2,:]))*(1 - h^2))
    m2 = 0.9*m2 - lr*dot(transpose(bias(h)), e)
    w1, w2 = clip(w1 + m1, lo1, hi1), clip(w2 + m2, lo2, hi2)
  }
}
.func fixed(epochs) -> a1, a2 {
  a1, a2 = descend(reshape(cos(arange(15)), 5, 3), reshape(cos(2*arange(12)), 4, 3), 1, 0.05, epochs)
}
.func learn(seed) -> a1, a2 {
  a1 = normal(0, 0.3, shape=[5, 3], seed=[seed, 1])
  a2 = normal(0, 0.3, shape=[4, 3], seed=[seed, 2])
  a1, a2 = descend(a1, a2, 1, 0.05, 1500)
}";

/// The same loop in numpy gives these numbers.
#[test]
fn back_propagation_as_numpy_does_it() {
    near(value(BACK_PROPAGATION, "sum(fixed(300))"), -2.8373412266567684, 1e-9);
    near(value(BACK_PROPAGATION, "fixed(300).a2[2,1]"), -1.3066018130223913, 1e-10);
    near(value(BACK_PROPAGATION, "mlp(known, fixed(300).a1, fixed(300).a2)[0,0]"), 0.9992285977859199, 1e-10);
}

#[test]
fn learning_from_seeded_weights() {
    let right = value(BACK_PROPAGATION, "right(mlp(known, learn(500).a1, learn(500).a2), klass)");
    assert!(right > 0.8, "{right} of six patterns, by chance 0.33");
    let twice = value(BACK_PROPAGATION, "sum(learn(500).a1 - learn(500).a1)");
    near(twice, 0.0, 0.0);
}

/// Pulses until a stochastic cell is above a threshold, by one exponential draw an event: the mean of many.
#[test]
fn the_law_of_firing() {
    let law = "
.func fire_law(vth, samples, seed) -> M {
  let w, done = clip(normal(0.057, 0.02, shape=samples, seed=seed), 0, 0.15), zeros(samples)
  M = zeros(samples)
  repeat pulse until all(done) max 400 {
    let left = 100u*(1 - done)
    repeat event until all(left <= 0) max 100 {
      let R = 8k*50^w
      let rate = 4400*exp((2.5*R/(R + 110) - 2.5)/0.12)
      left -= exponential(1, shape=samples, seed=[seed, pulse, event])/rate
      w = where(left > 0, 1 - (1 - w)*uniform(0, 1, shape=samples, seed=[seed, pulse, event, 1]), w)
    }
    M    += 1 - done
    done = done or 10u*8k*50^w > vth
  }
}";
    near(value(law, "mean(fire_law(0.5, 4000, 1))"), 4.825, 0.15);
    near(value(law, "mean(fire_law(1.0, 4000, 2))"), 5.749, 0.15);
}

#[test]
fn the_law_of_a_slot() {
    let law = "
.func slot_law(n, seed) -> k {
  let w, again = 0*n, ones(shape(n))
  k = 0*n
  for s = 0:max(n)-1 {
    let on = s < n
    w = where(again, clip(normal(0.057, 0.02, shape=shape(n), seed=[seed, s]), 0, 0.15), w)
    let left = 100u*on
    repeat event until all(left <= 0) max 100 {
      let R = 8k*50^w
      left -= exponential(1, shape=shape(n), seed=[seed, s, event])*exp((2.5 - 2.5*R/(R + 110))/0.12)/4400
      w = where(left > 0, 1 - (1 - w)*uniform(0, 1, shape=shape(n), seed=[seed, s, event, 1]), w)
    }
    again = on and 10u*8k*50^w > 0.7
    k += again
  }
}";
    near(value(law, "mean(slot_law(64*ones(600), 1))"), 12.137, 0.4);
}

#[test]
fn the_delta_rule() {
    let rule = "
.param face = reshape(integer(0, 255, shape=96, seed=3), 6, 16) who = [0, 1, 2, 0, 1, 2] beta=30 kappa=40u
.func name(S) = argmax(S, axis=1)
.func delta_rule(seed) -> W, epochs {
  W = 40u*lognormal(5%, shape=[3, 16], seed=seed)
  let S = 0.15*dot(face, transpose(W))
  repeat epochs until all(name(S) == who) max 150 {
    W = clip(W + kappa*dot(transpose(0.3*onehot(who, 3) - tanh(beta*S)), face/255), 4u, 160u)
    S = 0.15*dot(face, transpose(W))
  }
}";
    let epochs = value(rule, "delta_rule(1).epochs");
    assert!((1.0..=60.0).contains(&epochs), "{epochs}");
    near(value(rule, "max(delta_rule(1)) <= 160u and min(delta_rule(1).w) >= 4u"), 1.0, 0.0);
}

#[test]
fn statements() {
    for (body, expected) in [
        ("let e = ones(2, 4)\n e[:,3] = 0\n r = sum(e)", 6.0),
        ("let e = zeros(3)\n let c = e\n c[1] = 5\n r = sum(e)", 0.0),
        ("let a, b = 1, 2\n a, b = b, a\n r = 10*a + b", 21.0),
        ("let a = [1, 2, 3]\n a[[0, 2]] += 10\n r = sum(a)", 26.0),
        ("let a = [5, 6, 7]\n a[a > 5] = 0\n r = sum(a)", 5.0),
        ("r = 8\n r -= 2\n r *= 3\n r /= 9", 2.0),
        ("for i = 1:4 { r += i }", 10.0),
        ("for i = 3:1 { r += i }", 0.0),
        ("for v in [2, 5] { r = 10*r + v }", 25.0),
        ("for i = 0:1, j = 0:2 { r = 10*r + 3*i + j }", 12345.0),
        ("for i, j in where([[0, 1], [1, 0]]) { r = 100*r + 10*i + j }", 110.0),
        ("for a, b in [[1, 2], [3, 4]] { r += a*b }", 14.0),
        ("repeat n until r > 20 max 9 { r += 8 }\n r = n", 3.0),
        ("repeat n until 0 max 9 { r += 1 }\n r = n + r", 18.0),
        ("if x > 2 { r = 1 } else if x > 1 { r = 2 } else { r = 3 }", 2.0),
        ("if x > 5 or x < 0 { r = 1 }", 0.0),
        ("let y = 1\n if 1 { let y = 2\n y = 3 }\n r = y", 1.0),
        ("let g, m = deinterleave([1, 2, 3, 4])\n r = sum(g) - sum(m)", -2.0),
        ("let G = 4\n r = g", 4.0),
        ("r = (-2)^3", -8.0),
        ("r = max([1, 4]) + max(2, 3)", 7.0),
        ("r = x ~= 2.02 within 1%", 1.0),
        ("r = x ~= 2.1 within 0.05", 0.0),
        ("let none = zeros(0)\n if x == 2 and len(none) == 0 { r = 7 }", 7.0),
    ] {
        let func = format!(".func f(x, unused=3) -> r {{\n {body}\n}}");
        near(value(&func, "f(2)"), expected, 1e-12);
    }
}

#[test]
fn functions_call_functions() {
    let text = "
.func square(x) = x^2
.func hyp(a, b=4) -> c { c = sqrt(square(a) + square(b)) }
.func fact(n) -> r { r = n <= 1 ? 1 : n*fact(n - 1) }
.func minmax(a) -> low, high { low, high = min(a), max(a) }
.param base=3 table=[4, 9, 2]";
    for (expr, expected) in [
        ("hyp(base)", 5.0),
        ("hyp(b=12, a=5)", 13.0),
        ("fact(10)", 3628800.0),
        ("minmax(table)", 2.0),
        ("minmax(table).high", 9.0),
        ("square(minmax(table).HIGH)", 81.0),
    ] {
        near(value(text, expr), expected, 1e-9);
    }
}

/// A parameter that a function reads is evaluated before the one that calls it, wherever it stands.
#[test]
fn parameters_that_functions_read_come_first() {
    near(value(".param a=f(2)\n.func f(x) -> r { let k = 1\n r = k*x*b }\n.param b=c+1 k=a c=4", "a"), 10.0, 0.0);
    assert_eq!(codes(".param a=f(2)\n.func f(x) -> r { r = x*a }\nR1 b 0 1"), ["elab::parameter-cycle"]);
}

#[test]
fn functions_of_subcircuits_see_their_parameters() {
    let d = deck(
        ".subckt cell a b\n.param half=f(g)\n.func f(x) -> r { r = x*scale }\nR1 a b {half}\n.ends\n\
         .subckt other a b scale=2 g=5\n.func f(x) -> r { r = x*scale }\nR1 a b {f(g)}\n.ends\n\
         X1 n 0 other\nX2 n 0 other scale=4\nV1 n 0 1\n.op",
    );
    assert_eq!([d.value("X1.R1", "r"), d.value("X2.R1", "r")], [10.0, 20.0]);
}

#[test]
fn mistakes_in_statements() {
    for (body, code, help) in [
        ("r = y", "value::unknown-name", "declares"),
        ("y = 1", "value::undeclared", "let y"),
        ("let total = 1\n totl = 2", "value::undeclared", "did you mean 'total'?"),
        ("let a, b = [1, 2, 3]", "value::count", "several results"),
        ("if [1, 0] { r = 1 }", "value::condition", "any(…) or all(…)"),
        ("let a = zeros(3)\n a[3] = 1", "value::index", "0 to 2"),
        ("let a = zeros(3)\n a[0:1] = [1, 2, 3]", "value::shape", "numpy"),
        ("r[0] = 1", "value::index", "zeros"),
        ("repeat until 0 { r += 1 }", "value::endless", "max n"),
        ("r = f(x + 1)", "value::too-deep", "without end"),
        ("r = V(a)", "value::no-circuit", "argument"),
        ("wait 1u", "value::no-circuit", ".protocol"),
        ("r = normal(0, 1)", "value::seed", "seed=1"),
        ("for i, j in where([1, 1]) { r += 1 }", "value::count", ""),
        ("r = g(1)", "value::arguments", "g(a, b)"),
        ("r = g(1, 2, 3)", "value::arguments", "g(a, b)"),
        ("r = g(1, c=2)", "value::arguments", "g(a, b)"),
        ("r = g(a=1, 2)", "value::arguments", ""),
    ] {
        let text = format!(
            ".func g(a, b) -> r {{ r = a + b }}\n.func f(x) -> r {{\n {body}\n}}\n.param p=f(1)\nR1 n 0 {{1+p}}\nV1 n 0 1"
        );
        let (_, found, said) = finding(&text);
        assert_eq!(found, code, "{body}");
        assert!(said.contains(help), "{body}: {said}");
    }
}

#[test]
fn names_of_results() {
    let text = ".func f(x) -> low, high { low, high = x, 2*x }\n.param p=f(1).top\nR1 n 0 {p}";
    assert_eq!(codes(text), ["value::no-result"]);
}

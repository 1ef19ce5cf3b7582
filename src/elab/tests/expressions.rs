//! Parameters, functions and tensors.

use super::{codes, deck};

/// The value of an expression, with parameters given before it.
fn value(params: &str, expr: &str) -> f64 {
    deck(&format!("{params}\nV1 a 0 {{{expr}}}\nR1 a 0 1\n.op")).value("V1", "dc")
}

#[test]
fn spice_functions() {
    for (text, expected) in [
        ("(-2)^3", 8.0),
        ("-2**2", -4.0),
        ("pow(-2,3)", 8.0),
        ("pwrs(-2,3)", -8.0),
        ("log(exp(2))", 2.0),
        ("log10(1000)", 3.0),
        ("limit(5,0,3)", 3.0),
        ("max(1,5,3)-min(4,2)", 3.0),
        ("int(-2.7)+nint(2.6)", 1.0),
        ("u(2)+stp(-1)+uramp(3)", 4.0),
        ("sgn(-3)+sign(2,-1)", -3.0),
        ("table(1.5, 0,0, 1,10, 2,20)", 15.0),
        ("1>2 ? 5 : 7", 7.0),
        ("if(2>1, 5, 7)", 5.0),
        ("hypot(3,4)", 5.0),
        ("temp", 27.0),
    ] {
        assert!((value("", text) - expected).abs() < 1e-12, "{text} = {}", value("", text));
    }
}

#[test]
fn parameters_in_any_order() {
    assert_eq!(value(".param a={2*b} b={c+1}\n.param c=3", "a"), 8.0);
    assert_eq!(value(".param a=1\n.param a=2", "A"), 2.0);
    assert_eq!(value(".func f(x, y=2) {x*y+k}\n.param p={f(3)} k=10", "p+f(1,1)"), 27.0);
    assert_eq!(codes(".param a={b} b={c} c={a}\nR1 a 0 1"), ["elab::parameter-cycle"]);
    assert_eq!(
        codes(".func f(x) {g(x)}\n.func g(x) {f(x)+1}\nR1 a 0 {f(1)}").first(),
        Some(&"elab::recursive-function")
    );
    assert_eq!(codes(".param a={b} b={a}\nR1 a 0 {a+b}"), ["elab::parameter-cycle"]);
    assert_eq!(codes(".param a={zz}\nR1 a 0 {a}"), ["elab::unknown-parameter"]);
}

#[test]
fn tensors() {
    let w = ".param w=[[1,2,3],[4,5,6]] v=[1,0,2]";
    for (text, expected) in [
        ("w[1,2]", 6.0),
        ("sum(w[0:1,0])", 5.0),
        ("sum(w[:,2])", 9.0),
        ("dot(w,v)[1]", 16.0),
        ("dot(v,v)", 5.0),
        ("sum(outer(v,v))", 9.0),
        ("mean(w)", 3.5),
        ("max(w)", 6.0),
        ("argmax(v)", 2.0),
        ("max(sum(w, axis=0))", 9.0),
        ("len(w)", 2.0),
        ("sum(w*v)", 1.0 + 6.0 + 4.0 + 12.0),
        ("sum(w > 2)", 4.0),
        ("interleave(w, 10*w)[1,2]", 30.0),
        ("deinterleave(arange(6), 1)[2]", 5.0),
        ("transpose(w)[2,0]", 3.0),
        ("reshape(w, 3, 2)[2,1]", 6.0),
        ("onehot(2, 4)[2]", 1.0),
        ("sum(where(w > 3, w, 0))", 15.0),
        ("concat(v, v)[5]", 2.0),
        ("vstack(v, v)[1,2]", 2.0),
        ("hstack(w, w)[0,3]", 1.0),
        ("sum(relu(v-1))", 1.0),
        ("sum(clip(w, 2, 4))", 19.0),
        ("repeat(v, 2)[4]", 2.0),
        ("sum(arange(0.4, 1.9, 20m) > 0)", 75.0),
        ("5[3]", 5.0),
    ] {
        let expr = if text == "5[3]" { "k[3]" } else { text };
        let got = value(&format!("{w} k=5"), expr);
        assert!((got - expected).abs() < 1e-12, "{text} = {got}");
    }
}

#[test]
fn mistakes_in_expressions() {
    assert_eq!(codes(".param w=[1,2]\nR1 a 0 {w[2]}"), ["value::index"]);
    assert_eq!(codes(".param w=[1,2]\nR1 a 0 {w}"), ["elab::not-a-number"]);
    assert_eq!(codes(".param w=[1,2] v=[1,2,3] s={w+v}\nR1 a 0 1"), ["value::shape"]);
    assert_eq!(codes(".param z={zeros(1e6,1e6)}\nR1 a 0 1"), ["value::array-too-big"]);
    assert_eq!(codes("R1 a 0 {sin(1,2)}"), ["value::arguments"]);
    assert_eq!(codes(".param d={csv(\"none.csv\")}\nR1 a 0 1"), ["value::no-file"]);
    assert_eq!(codes("R1 a 0 1 m={V(a)}"), ["elab::not-constant"]);
}

#[test]
fn functions_that_double_their_work_end() {
    let mut text = String::from(".func f0(x) {x+1}\n");
    for k in 1..60 {
        text += &format!(".func f{k}(x) {{f{}(x)+f{}(x+1)}}\n", k - 1, k - 1);
    }
    assert_eq!(codes(&format!("{text}R1 a 0 {{f59(1)}}")), ["elab::too-long"]);
}

#[test]
fn many_unused_parameters() {
    let mut text = String::new();
    for k in 0..20000 {
        text += &format!(".param p{k}={{p{}+1}}\n", k + 1);
    }
    let d = deck(&format!("{text}.param p20000=1\nR1 a 0 {{p0}}\n.op"));
    assert_eq!(d.value("R1", "r"), 20001.0);
}

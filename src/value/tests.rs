//! Every function against numbers computed with numpy and scipy.

use std::f64::consts::{LN_10, SQRT_2};

use crate::random::{Draws, Stream};
use crate::syntax::ast::{ExprArg, Name};
use crate::syntax::parse_expr;

use super::builtin::Tools;
use super::data::Files;
use super::eval::eval;
use super::fault::Fault;
use super::scope::{Budget, Scope};
use super::{Answer, Value};
use crate::diag::Span;

/// Nothing but built-in functions, and a stream of random numbers.
struct Bare {
    files: Files,
    draws: Option<Draws>,
    budget: Budget,
}

impl Scope for Bare {
    fn name(&mut self, _: &str, _: Span) -> Result<Option<Value>, Fault> {
        Ok(None)
    }

    fn call(&mut self, _: &Name, _: &[ExprArg], _: Span) -> Result<Option<Answer>, Fault> {
        Ok(None)
    }

    fn tools(&mut self) -> Tools<'_> {
        Tools { files: &self.files, draws: self.draws.as_mut() }
    }

    fn budget(&mut self) -> &mut Budget {
        &mut self.budget
    }
}

fn run(text: &str, draws: Option<Draws>) -> Result<Value, Fault> {
    let mut scope = Bare { files: Files::default(), draws, budget: Budget::default() };
    eval(&parse_expr(text).unwrap(), &mut scope)
}

fn numbers(text: &str) -> Vec<f64> {
    match run(text, None) {
        Ok(v) => v.numbers(),
        Err(fault) => panic!("{text}: {fault}"),
    }
}

/// The code of what is wrong with an expression, and its help.
fn wrong(text: &str) -> (&'static str, String) {
    match run(text, None) {
        Err(fault) => fault.report().map(|d| (d.code, d.help.unwrap_or_default())).unwrap(),
        Ok(v) => panic!("{text} is {v:?}"),
    }
}

fn check(cases: &[(&str, &[f64])]) {
    for (text, expected) in cases {
        let got = numbers(text);
        assert_eq!(got.len(), expected.len(), "{text}: {got:?}");
        for (a, b) in got.iter().zip(*expected) {
            assert!((a - b).abs() <= 1e-11 * b.abs() || a == b, "{text}: {got:?} is not {expected:?}");
        }
    }
}

#[test]
fn reductions() {
    check(&[
        ("quantile([4, 1, 3, 2], 50%)", &[2.5]),
        ("quantile([4, 1, 3, 2], 0.9)", &[3.7]),
        ("quantile([1, 5, 3, 7], 0, by=[1, 1, 2, 2])", &[1.0, 3.0]),
        ("sum([[3, -1, 2], [0.5, 4, -2]])", &[6.5]),
        ("sum([[3, -1, 2], [0.5, 4, -2]], axis=0)", &[3.5, 3.0, 0.0]),
        ("sum([[3, -1, 2], [0.5, 4, -2]], axis=-1)", &[4.0, 2.5]),
        ("mean([[3, -1, 2], [0.5, 4, -2]])", &[1.0833333333333333]),
        ("mean([[3, -1, 2], [0.5, 4, -2]], axis=0)", &[1.75, 1.5, 0.0]),
        ("mean([[3, -1, 2], [0.5, 4, -2]], axis=-1)", &[1.3333333333333333, 0.8333333333333334]),
        ("max([[3, -1, 2], [0.5, 4, -2]])", &[4.0]),
        ("max([[3, -1, 2], [0.5, 4, -2]], axis=0)", &[3.0, 4.0, 2.0]),
        ("max([[3, -1, 2], [0.5, 4, -2]], axis=-1)", &[3.0, 4.0]),
        ("min([[3, -1, 2], [0.5, 4, -2]])", &[-2.0]),
        ("min([[3, -1, 2], [0.5, 4, -2]], axis=0)", &[0.5, -1.0, -2.0]),
        ("min([[3, -1, 2], [0.5, 4, -2]], axis=-1)", &[-1.0, -2.0]),
        ("prod([[3, -1, 2], [0.5, 4, -2]])", &[24.0]),
        ("prod([[3, -1, 2], [0.5, 4, -2]], axis=0)", &[1.5, -4.0, -4.0]),
        ("prod([[3, -1, 2], [0.5, 4, -2]], axis=-1)", &[-6.0, -4.0]),
        ("argmax([[3, -1, 2], [0.5, 4, -2]])", &[4.0]),
        ("argmax([[3, -1, 2], [0.5, 4, -2]], axis=0)", &[0.0, 1.0, 0.0]),
        ("argmax([[3, -1, 2], [0.5, 4, -2]], axis=-1)", &[0.0, 1.0]),
        ("argmin([[3, -1, 2], [0.5, 4, -2]])", &[5.0]),
        ("argmin([[3, -1, 2], [0.5, 4, -2]], axis=0)", &[1.0, 0.0, 1.0]),
        ("argmin([[3, -1, 2], [0.5, 4, -2]], axis=-1)", &[1.0, 2.0]),
        ("std([[3, -1, 2], [0.5, 4, -2]])", &[2.129488723196773]),
        ("std([[3, -1, 2], [0.5, 4, -2]], axis=0)", &[1.25, 2.5, 2.0]),
        ("std([[3, -1, 2], [0.5, 4, -2]], axis=-1)", &[1.699673171197595, 2.4608038433722332]),
        ("median([[3, -1, 2], [0.5, 4, -2]])", &[1.25]),
        ("median([[3, -1, 2], [0.5, 4, -2]], axis=0)", &[1.75, 1.5, 0.0]),
        ("median([[3, -1, 2], [0.5, 4, -2]], axis=-1)", &[2.0, 0.5]),
        ("any([[3, -1, 2], [0.5, 4, -2]])", &[1.0]),
        ("any([[3, -1, 2], [0.5, 4, -2]], axis=0)", &[1.0, 1.0, 1.0]),
        ("any([[3, -1, 2], [0.5, 4, -2]], axis=-1)", &[1.0, 1.0]),
        ("all([[3, -1, 2], [0.5, 4, -2]])", &[1.0]),
        ("all([[3, -1, 2], [0.5, 4, -2]], axis=0)", &[1.0, 1.0, 1.0]),
        ("all([[3, -1, 2], [0.5, 4, -2]], axis=-1)", &[1.0, 1.0]),
        ("max([[3, -1, 2], [0.5, 4, -2]], 1)", &[3.0, 1.0, 2.0, 1.0, 4.0, 1.0]),
        ("max(1, 5, 3)", &[5.0]),
        ("min([[3, -1, 2], [0.5, 4, -2]], [0, 1, 2])", &[0.0, -1.0, 2.0, 0.0, 1.0, -2.0]),
        ("any([0, 0])", &[0.0]),
        ("all([])", &[1.0]),
        ("sum([])", &[0.0]),
    ]);
}

#[test]
fn elementwise() {
    check(&[
        ("abs([[3, -1, 2], [0.5, 4, -2]])", &[3.0, 1.0, 2.0, 0.5, 4.0, 2.0]),
        (
            "exp([[3, -1, 2], [0.5, 4, -2]])",
            &[
                20.085536923187668,
                0.36787944117144233,
                7.38905609893065,
                1.6487212707001282,
                54.598150033144236,
                0.1353352832366127,
            ],
        ),
        ("floor([[3, -1, 2], [0.5, 4, -2]])", &[3.0, -1.0, 2.0, 0.0, 4.0, -2.0]),
        ("sign([[3, -1, 2], [0.5, 4, -2]])", &[1.0, -1.0, 1.0, 1.0, 1.0, -1.0]),
        (
            "tanh([[3, -1, 2], [0.5, 4, -2]])",
            &[
                0.9950547536867305,
                -0.7615941559557649,
                0.9640275800758169,
                0.46211715726000974,
                0.999329299739067,
                -0.9640275800758169,
            ],
        ),
        (
            "sin([[3, -1, 2], [0.5, 4, -2]])",
            &[
                0.1411200080598672,
                -0.8414709848078965,
                0.9092974268256817,
                0.479425538604203,
                -0.7568024953079282,
                -0.9092974268256817,
            ],
        ),
        (
            "cos([[3, -1, 2], [0.5, 4, -2]])",
            &[
                -0.9899924966004454,
                0.5403023058681398,
                -0.4161468365471424,
                0.8775825618903728,
                -0.6536436208636119,
                -0.4161468365471424,
            ],
        ),
        ("sqrt([4, 2])", &[2.0, SQRT_2]),
        ("ln([1, 10])", &[0.0, LN_10]),
        ("log10([1, 1000])", &[0.0, 3.0]),
        ("clip([[3, -1, 2], [0.5, 4, -2]], -1, 2)", &[2.0, -1.0, 2.0, 0.5, 2.0, -1.0]),
        ("relu([[3, -1, 2], [0.5, 4, -2]])", &[3.0, 0.0, 2.0, 0.5, 4.0, 0.0]),
        ("where([[3, -1, 2], [0.5, 4, -2]] > 0, [[3, -1, 2], [0.5, 4, -2]], 0)", &[3.0, 0.0, 2.0, 0.5, 4.0, 0.0]),
        ("where([3, 1, 2, 1] == 1)", &[1.0, 3.0]),
        ("[[1], [2]] + [10, 20]", &[11.0, 21.0, 12.0, 22.0]),
        ("2^[1, -1, 0.5]", &[2.0, 0.5, SQRT_2]),
        ("(-2)^3", &[-8.0]),
        ("[1, 0] and [1, 1]", &[1.0, 0.0]),
        ("[1, 0] or 0", &[1.0, 0.0]),
        ("not [1, 0]", &[0.0, 1.0]),
        (r#""wide" == "wide""#, &[1.0]),
        ("1 and 2", &[1.0]),
        ("0 or 3", &[1.0]),
    ]);
}

#[test]
fn building() {
    check(&[
        ("zeros(2, 3)", &[0.0, 0.0, 0.0, 0.0, 0.0, 0.0]),
        ("ones([2])", &[1.0, 1.0]),
        ("arange(4)", &[0.0, 1.0, 2.0, 3.0]),
        ("arange(1, 2, 0.25)", &[1.0, 1.25, 1.5, 1.75]),
        ("arange(5, 0, -2)", &[5.0, 3.0, 1.0]),
        ("onehot([2, 0], 3)", &[0.0, 0.0, 1.0, 1.0, 0.0, 0.0]),
        (r#"bits("1001 11")"#, &[1.0, 0.0, 0.0, 1.0, 1.0, 1.0]),
        ("reshape([[3, -1, 2], [0.5, 4, -2]], 3, 2)", &[3.0, -1.0, 2.0, 0.5, 4.0, -2.0]),
        ("shape(reshape([[3, -1, 2], [0.5, 4, -2]], -1, 1))", &[6.0, 1.0]),
        ("shape([[3, -1, 2], [0.5, 4, -2]])", &[2.0, 3.0]),
        ("len([[3, -1, 2], [0.5, 4, -2]])", &[2.0]),
        ("flat([[3, -1, 2], [0.5, 4, -2]])", &[3.0, -1.0, 2.0, 0.5, 4.0, -2.0]),
        ("transpose([[3, -1, 2], [0.5, 4, -2]])", &[3.0, 0.5, -1.0, 4.0, 2.0, -2.0]),
        ("shape(transpose([[3, -1, 2], [0.5, 4, -2]]))", &[3.0, 2.0]),
        ("concat([3, 1, 2, 1], [9])", &[3.0, 1.0, 2.0, 1.0, 9.0]),
        (
            "concat([[3, -1, 2], [0.5, 4, -2]], [[3, -1, 2], [0.5, 4, -2]], axis=1)",
            &[3.0, -1.0, 2.0, 3.0, -1.0, 2.0, 0.5, 4.0, -2.0, 0.5, 4.0, -2.0],
        ),
        ("concat([[1, 2], [3, 4]])", &[1.0, 2.0, 3.0, 4.0]),
        ("vstack([3, 1, 2, 1], [3, 1, 2, 1])", &[3.0, 1.0, 2.0, 1.0, 3.0, 1.0, 2.0, 1.0]),
        ("shape(vstack([3, 1, 2, 1], [3, 1, 2, 1]))", &[2.0, 4.0]),
        ("hstack([[3, -1, 2], [0.5, 4, -2]], ones(2, 1))", &[3.0, -1.0, 2.0, 1.0, 0.5, 4.0, -2.0, 1.0]),
        ("hstack([1, 2], [3])", &[1.0, 2.0, 3.0]),
        ("interleave([[1, 2], [3, 4]], [[5, 6], [7, 8]])", &[1.0, 2.0, 5.0, 6.0, 3.0, 4.0, 7.0, 8.0]),
        ("deinterleave([3, 1, 2, 1])", &[3.0, 2.0]),
        ("deinterleave([3, 1, 2, 1]).odd", &[1.0, 1.0]),
        ("deinterleave([3, 1, 2, 1], 1)", &[1.0, 1.0]),
        ("repeat([3, 1, 2, 1], 2)", &[3.0, 3.0, 1.0, 1.0, 2.0, 2.0, 1.0, 1.0]),
        ("repeat([[3, -1, 2], [0.5, 4, -2]], [1, 2], axis=0)", &[3.0, -1.0, 2.0, 0.5, 4.0, -2.0, 0.5, 4.0, -2.0]),
        (
            "repeat([[3, -1, 2], [0.5, 4, -2]], 2, axis=1)",
            &[3.0, 3.0, -1.0, -1.0, 2.0, 2.0, 0.5, 0.5, 4.0, 4.0, -2.0, -2.0],
        ),
        ("last([[3, -1, 2], [0.5, 4, -2]])", &[0.5, 4.0, -2.0]),
    ]);
}

#[test]
fn order() {
    check(&[
        ("sort([[3, -1, 2], [0.5, 4, -2]])", &[-1.0, 2.0, 3.0, -2.0, 0.5, 4.0]),
        ("sort([[3, -1, 2], [0.5, 4, -2]], axis=0)", &[0.5, -1.0, -2.0, 3.0, 4.0, 2.0]),
        ("argsort([[3, -1, 2], [0.5, 4, -2]])", &[1.0, 2.0, 0.0, 2.0, 0.0, 1.0]),
        ("argsort([3, 1, 2, 1])", &[1.0, 3.0, 2.0, 0.0]),
        ("rank([3, 1, 2, 1])", &[3.0, 0.5, 2.0, 0.5]),
        ("rank([[3, -1, 2], [0.5, 4, -2]], axis=1)", &[2.0, 0.0, 1.0, 1.0, 2.0, 0.0]),
        ("unique([3, 1, 2, 1])", &[1.0, 2.0, 3.0]),
        ("unique([[1, 2], [0, 5], [1, 2]], axis=0)", &[0.0, 5.0, 1.0, 2.0]),
        ("len(unique([[1, 2], [0, 5], [1, 2]], axis=0))", &[2.0]),
        ("bincount([0, 2, 2, 5])", &[1.0, 0.0, 2.0, 0.0, 0.0, 1.0]),
        ("bincount([1], minlength=3)", &[0.0, 1.0, 0.0]),
        ("diff([[3, -1, 2], [0.5, 4, -2]])", &[-4.0, 3.0, 3.5, -6.0]),
        ("diff([[3, -1, 2], [0.5, 4, -2]], axis=0)", &[-2.5, 5.0, -4.0]),
        ("increasing([1, 1, 2])", &[1.0]),
        ("decreasing([2, 1, 3])", &[0.0]),
    ]);
}

#[test]
fn products() {
    check(&[
        ("dot([[3, -1, 2], [0.5, 4, -2]], [[0, 1], [2, 3], [4, 5]])", &[6.0, 10.0, 0.0, 2.5]),
        ("dot([[3, -1, 2], [0.5, 4, -2]], [1, 2, 3])", &[7.0, 2.5]),
        ("dot([1, 2, 3], [4, 5, 6])", &[32.0]),
        ("dot([1, 2], [[3, -1, 2], [0.5, 4, -2]])", &[4.0, 7.0, -2.0]),
        ("dot(2, [3, 1, 2, 1])", &[6.0, 2.0, 4.0, 2.0]),
        (
            "dot([[3, -1, 2], [0.5, 4, -2]], reshape(arange(12), 2, 3, 2))",
            &[6.0, 10.0, 30.0, 34.0, 0.0, 2.5, 15.0, 17.5],
        ),
        ("shape(dot([[3, -1, 2], [0.5, 4, -2]], reshape(arange(12), 2, 3, 2)))", &[2.0, 2.0, 2.0]),
        (
            "dot(reshape(arange(12), 2, 2, 3), [[0, 1], [2, 3], [4, 5]])",
            &[10.0, 13.0, 28.0, 40.0, 46.0, 67.0, 64.0, 94.0],
        ),
        ("outer([1, 2], [3, 4, 5])", &[3.0, 4.0, 5.0, 6.0, 8.0, 10.0]),
        ("corr([1, 2, 3, 4], [1, 3, 2, 5])", &[0.8315218406202999]),
    ]);
}

#[test]
fn tests() {
    check(&[
        ("chisquare([16, 18, 16, 14, 12, 12], [16, 16, 16, 16, 16, 8])", &[0.6233876277495822]),
        ("chisquare([16, 18, 16, 14, 12, 12])", &[0.8491450360846096]),
        (r#"ks([0.61, -0.2, 1.4, -1.1, 0.3, 0.05, 2.2, -0.7], "normal", 0, 1)"#, &[0.9444463674524446]),
        (r#"ks([0.1, 0.4, 0.45, 0.9], "uniform", 0, 1)"#, &[0.7708]),
        (r#"ks([0.1, 0.4, 0.45, 0.9], "exponential", 0.5)"#, &[0.7687197002822486]),
        (r#"ks([0.1, 0.4, 0.45, 0.9], "lognormal", 0.8)"#, &[0.07506448057485919]),
        ("ks([0.61, -0.2, 1.4, -1.1, 0.3, 0.05, 2.2, -0.7], [0.1, 0.4, 0.45, 0.9])", &[0.3333333333333333]),
    ]);
}

#[test]
fn mistakes_have_codes_and_help() {
    for (text, code, help) in [
        ("dot([1, 2], [1, 2, 3])", "value::shape", "last axis"),
        ("[1, 2] + [1, 2, 3]", "value::shape", "as in numpy"),
        ("[[1, 2], [3]]", "value::shape", "concat"),
        ("sum([1], axis=2)", "value::shape", ""),
        ("sum([1], axes=0)", "value::arguments", "did you mean 'axis'?"),
        ("sum()", "value::arguments", "sum(a, axis=, by=)"),
        ("max([])", "value::empty", ""),
        ("[1, 2] ? 3 : 4", "value::condition", "any(…) or all(…)"),
        ("normal(0, 1)", "value::seed", "seed=1"),
        ("normal(1, seed=1)", "value::arguments", "normal("),
        ("normal(0, -1, seed=1)", "value::law", ""),
        ("uniform(2, 1, seed=1)", "value::law", ""),
        ("choice([1, 2], p=[0.5, 0.6], seed=1)", "value::law", ""),
        ("chisquare([1, 2], [1, 3])", "value::totals", "same number"),
        ("bits(\"012\")", "value::bits", ""),
        ("reshape([1, 2, 3], 2, 2)", "value::shape", "equally many"),
        ("zeros(1e6, 1e6)", "value::array-too-big", "at most"),
        ("ones(-1)", "value::not-an-integer", ""),
        ("arange(1e9)", "value::array-too-big", ""),
        ("repeat(ones(1000), 1e7)", "value::array-too-big", ""),
        ("onehot([3], 3)", "value::index", ""),
        ("V(a)", "value::no-circuit", "argument"),
        ("summ([1])", "value::unknown-function", "did you mean 'sum'?"),
        ("pie", "value::unknown-name", "declares"),
        ("deinterleave([1, 2]).evn", "value::no-result", "even, odd"),
        ("csv(\"nothing.csv\")", "value::no-file", "beside"),
        ("abs(\"x\")", "value::not-a-number", ""),
    ] {
        let (found, text_of_help) = wrong(text);
        assert_eq!(found, code, "{text}");
        assert!(text_of_help.contains(help), "{text}: {text_of_help}");
    }
}

#[test]
fn seeded_draws_repeat_and_have_their_shape() {
    assert_eq!(numbers("normal(0, 1, shape=[2, 3], seed=5)"), numbers("normal(0, 1, shape=[2, 3], seed=[5])"));
    assert_ne!(numbers("normal(0, 1, seed=5)"), numbers("normal(0, 1, seed=6)"));
    assert_ne!(numbers("uniform(0, 1, seed=[5, 1])"), numbers("uniform(0, 1, seed=[1, 5])"));
    check(&[
        ("shape(uniform(0, 1, shape=4, seed=1))", &[4.0]),
        ("shape(normal([1, 2, 3], 0.1, seed=1))", &[3.0]),
        ("normal([1, 2, 3], 0, shape=[2, 3], seed=1)", &[1.0, 2.0, 3.0, 1.0, 2.0, 3.0]),
        ("max(abs(mean(normal(5, 2, shape=[10000, 3], seed=1), axis=0) - 5)) < 0.08", &[1.0]),
        ("abs(std(normal(5, 2, shape=40000, seed=1)) - 2) < 0.03", &[1.0]),
        ("ks(normal(5, 2, shape=5000, seed=3), \"normal\", 5, 2) > 0.001", &[1.0]),
        ("ks(lognormal(0.5, shape=5000, seed=3), \"lognormal\", 0.5) > 0.001", &[1.0]),
        ("abs(mean(lognormal(0.5, mean=3, shape=40000, seed=3)) - 3) < 0.04", &[1.0]),
        ("ks(exponential(2, shape=5000, seed=3), \"exponential\", 2) > 0.001", &[1.0]),
        ("ks(loguniform(1u, 1m, shape=5000, seed=3), \"loguniform\", 1u, 1m) > 0.001", &[1.0]),
        ("chisquare(bincount(integer(0, 9, shape=10000, seed=4))) > 0.001", &[1.0]),
        ("unique(integer(3, 5, shape=100, seed=4))", &[3.0, 4.0, 5.0]),
        (
            "chisquare(bincount(choice([0, 1, 2], p=[20%, 30%, 50%], shape=10000, seed=4)), [2000, 3000, 5000]) > 0.001",
            &[1.0],
        ),
    ]);
}

/// A table of 3 rows at 1 and 2 at 2: each is drawn, none of another key.
#[test]
fn draws_from_a_table() {
    let table = "draw([10, 11, 12, 20, 21], by=[1, 1, 1, 2, 2], at=AT, seed=4)";
    let of = |at: &str| numbers(&table.replace("AT", at));
    let ones = of("ones(300)");
    assert!(ones.iter().all(|v| [10.0, 11.0, 12.0].contains(v)));
    [10.0, 11.0, 12.0].iter().for_each(|k| {
        let count = ones.iter().filter(|v| *v == k).count();
        assert!((70..130).contains(&count), "{k}: {count}");
    });
    assert!(of("[1.6, 9, 2]").iter().all(|v| *v >= 20.0) && of("[[-5, 1.4], [0, 1.5]]").iter().all(|v| *v < 20.0));
    assert_eq!(of("ones(300)"), ones);
    assert_eq!(numbers("draw([7], seed=1)"), [7.0]);
}

#[test]
fn draws_without_a_seed_are_the_callers() {
    let draws = || Some(Draws::new(Stream::new(1, 0, "test", "statements")));
    let twice = "uniform(0, 1) - uniform(0, 1)";
    assert_ne!(run(twice, draws()).unwrap(), Value::Number(0.0));
    assert_eq!(run(twice, draws()).unwrap(), run(twice, draws()).unwrap());
}

#[test]
fn every_name_is_a_name_once() {
    let mut names: Vec<&str> = super::builtin::all().map(|b| b.name).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn endless_depth_is_refused() {
    let deep = format!("{}1", "-".repeat(450));
    assert_eq!(wrong(&deep).0, "value::too-deep");
}

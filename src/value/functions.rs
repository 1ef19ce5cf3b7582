//! The table of all functions of expressions, and the page of the documentation made of it.

use std::fmt::Write;

use super::builtin::{Body, Builtin};
use super::call::Call;
use super::constants::CONSTANTS;
use super::converter::Converter;
use super::fault::Fault;
use super::{Value, arrange, build, linear, order, reduce, statistics};
use crate::circuit::equation::Function;

/// No upper bound on the number of arguments.
pub const MANY: usize = usize::MAX;
const SHAPED: &[&str] = &["shape", "seed"];
const AXIS: &[&str] = &["axis"];
const AXIS_OR_GROUPS: &[&str] = &["axis", "by"];

const fn row(
    name: &'static str,
    takes: &'static str,
    arity: (usize, usize),
    options: &'static [&'static str],
    body: Body,
    doc: &'static str,
) -> Builtin {
    Builtin { name, takes, arity, options, body, doc }
}

/// A function of numbers, element by element.
const fn each(name: &'static str, takes: &'static str, arity: usize, f: Function, doc: &'static str) -> Builtin {
    row(name, takes, (arity, arity), &[], Body::Scalar(f), doc)
}

/// A function that takes an axis away.
const fn fold(name: &'static str, f: fn(&Call) -> Result<Value, Fault>, doc: &'static str) -> Builtin {
    row(name, "a, axis=, by=", (1, 2), AXIS_OR_GROUPS, Body::Array(f), doc)
}

/// A function of arrays with a fixed number of arguments.
const fn array(
    name: &'static str,
    takes: &'static str,
    arity: (usize, usize),
    f: fn(&Call) -> Result<Value, Fault>,
    doc: &'static str,
) -> Builtin {
    row(name, takes, arity, &[], Body::Array(f), doc)
}

/// A function along an axis.
const fn along(name: &'static str, f: fn(&Call) -> Result<Value, Fault>, doc: &'static str) -> Builtin {
    row(name, "a, axis=-1", (1, 2), AXIS, Body::Array(f), doc)
}

/// A law of random numbers.
const fn law(name: &'static str, takes: &'static str, arity: usize, doc: &'static str) -> Builtin {
    row(name, takes, (arity, arity), SHAPED, Body::Draw, doc)
}

const fn file(name: &'static str, takes: &'static str, options: &'static [&'static str], doc: &'static str) -> Builtin {
    row(name, takes, (1, 1), options, Body::File, doc)
}

/// The functions under the headings of the reference.
pub const GROUPS: &[(&str, &[Builtin])] = &[
    (
        "Element by element",
        &[
            each("abs", "x", 1, Function::Abs, "\\|x\\|"),
            each("sqrt", "x", 1, Function::Sqrt, "square root"),
            each("exp", "x", 1, Function::Exp, "eˣ"),
            each("limexp", "x", 1, Function::LimExp, "eˣ, continued as a straight line above x = 80"),
            each("ln", "x", 1, Function::Ln, "natural logarithm"),
            each("log", "x", 1, Function::Ln, "natural logarithm, as in SPICE and numpy"),
            each("log10", "x", 1, Function::Log10, "decimal logarithm"),
            each("sin", "x", 1, Function::Sin, "sine of radians"),
            each("cos", "x", 1, Function::Cos, "cosine of radians"),
            each("tan", "x", 1, Function::Tan, "tangent of radians"),
            each("asin", "x", 1, Function::Asin, "inverse sine"),
            each("acos", "x", 1, Function::Acos, "inverse cosine"),
            each("atan", "x", 1, Function::Atan, "inverse tangent"),
            each("arctan", "x", 1, Function::Atan, "inverse tangent"),
            each("atan2", "y, x", 2, Function::Atan2, "angle of the point (x, y)"),
            each("sinh", "x", 1, Function::Sinh, "hyperbolic sine"),
            each("cosh", "x", 1, Function::Cosh, "hyperbolic cosine"),
            each("tanh", "x", 1, Function::Tanh, "hyperbolic tangent"),
            each("asinh", "x", 1, Function::Asinh, "inverse hyperbolic sine"),
            each("acosh", "x", 1, Function::Acosh, "inverse hyperbolic cosine"),
            each("atanh", "x", 1, Function::Atanh, "inverse hyperbolic tangent"),
            each("hypot", "x, y", 2, Function::Hypot, "√(x² + y²)"),
            each("pow", "x, y", 2, Function::AbsPow, "\\|x\\|^y, as in SPICE"),
            each("pwr", "x, y", 2, Function::AbsPow, "\\|x\\|^y"),
            each("pwrs", "x, y", 2, Function::SignPow, "sgn(x)·\\|x\\|^y"),
            each("floor", "x", 1, Function::Floor, "largest whole number not above x"),
            each("ceil", "x", 1, Function::Ceil, "smallest whole number not below x"),
            each("round", "x", 1, Function::Round, "nearest whole number, halves away from 0"),
            each("nint", "x", 1, Function::Round, "the same"),
            each("int", "x", 1, Function::Trunc, "x without its fraction"),
            each("trunc", "x", 1, Function::Trunc, "the same"),
            each("mod", "x, y", 2, Function::Mod, "remainder of x/y with the sign of x, as C's fmod"),
            row("sign", "x", (1, 2), &[], Body::CopySign, "−1, 0 or 1; sign(x, y) is \\|x\\|·sign(y), as in HSPICE"),
            each("sgn", "x", 1, Function::Sign, "−1, 0 or 1"),
            each("relu", "x", 1, Function::Ramp, "max(x, 0)"),
            each("uramp", "x", 1, Function::Ramp, "max(x, 0)"),
            each("u", "x", 1, Function::Step, "1 for x > 0, else 0"),
            each("stp", "x", 1, Function::Step, "the same"),
            each("not", "x", 1, Function::Not, "1 where x is 0, else 0"),
            each("clip", "x, low, high", 3, Function::Clip, "x, but low below low and high above high"),
            each("if", "c, a, b", 3, Function::Select, "a where c is not 0, else b"),
            each("ternary_fcn", "c, a, b", 3, Function::Select, "the same"),
            row(
                "where",
                "mask, a, b",
                (1, 3),
                &[],
                Body::Several(order::places_of),
                "a where the mask is not 0, else b; where(mask) gives the indices of its true places, one vector for each axis",
            ),
            row(
                "table",
                "x, x1, y1, x2, y2, …",
                (3, MANY),
                &[],
                Body::Table,
                "linear between the points, constant outside",
            ),
            row(
                "adc",
                "v, bits, low, high",
                (4, 4),
                &[],
                Body::Converter(Converter::Adc),
                "code of a voltage: (v − low)/LSB rounded, from 0 to 2^bits − 1, with LSB = (high − low)/2^bits",
            ),
            row(
                "dac",
                "code, bits, low, high",
                (4, 4),
                &[],
                Body::Converter(Converter::Dac),
                "voltage of a code: low + code·LSB",
            ),
            row(
                "max",
                "a, axis= or a, b, …",
                (1, MANY),
                AXIS,
                Body::Extreme(Function::Max, reduce::max),
                "the largest number of an array; of two or more arguments the larger, element by element",
            ),
            row(
                "min",
                "a, axis= or a, b, …",
                (1, MANY),
                AXIS,
                Body::Extreme(Function::Min, reduce::min),
                "the smallest number of an array; of two or more arguments the smaller, element by element",
            ),
        ],
    ),
    (
        "Over an array, or along one axis",
        &[
            fold("sum", reduce::sum, "sum"),
            fold("prod", reduce::prod, "product"),
            fold("mean", reduce::mean, "mean"),
            fold("median", reduce::median, "the middle one, or the mean of the two in the middle"),
            row(
                "quantile",
                "a, q, axis=, by=",
                (2, 3),
                AXIS_OR_GROUPS,
                Body::Array(reduce::quantile),
                "the number below which a share q of them lies",
            ),
            fold("std", reduce::std, "standard deviation of a population (ddof = 0)"),
            fold("argmax", reduce::argmax, "place of the first largest number"),
            fold("argmin", reduce::argmin, "place of the first smallest number"),
            fold("any", reduce::any, "1 if any number is not 0"),
            fold("all", reduce::all, "1 if no number is 0"),
        ],
    ),
    (
        "Arrays made",
        &[
            array("zeros", "n, …", (1, MANY), build::zeros, "zeros of a shape, given number by number or as one list"),
            array("ones", "n, …", (1, MANY), build::ones, "ones of a shape"),
            array(
                "arange",
                "start, stop, step",
                (1, 3),
                build::arange,
                "start, start + step, … below stop (which is not in it, as in numpy)",
            ),
            array(
                "onehot",
                "k, n",
                (2, 2),
                build::onehot,
                "for every k a row of n numbers, 1 at place k and 0 elsewhere",
            ),
            array("bits", "\"1001 1111\"", (1, 1), build::bits, "a vector of 0 and 1"),
        ],
    ),
    (
        "Shape",
        &[
            array("len", "a", (1, 1), arrange::len, "length of the first axis"),
            array("shape", "a", (1, 1), arrange::shape, "lengths of all axes"),
            array("flat", "a", (1, 1), arrange::flat, "all numbers as one vector, row by row"),
            array(
                "reshape",
                "a, n, …",
                (2, MANY),
                arrange::reshape,
                "the same numbers in another shape; one size may be −1",
            ),
            array("transpose", "a", (1, 1), arrange::transpose, "axes in reverse order"),
            row("concat", "a, b, …, axis=0", (1, MANY), AXIS, Body::Array(arrange::concat), "joined along an axis"),
            array("vstack", "a, b, …", (1, MANY), arrange::vstack, "one below the other"),
            array("hstack", "a, b, …", (1, MANY), arrange::hstack, "side by side"),
            array(
                "interleave",
                "a, b",
                (2, 2),
                arrange::interleave,
                "rows of a and b in turn: row 2k is a[k], row 2k + 1 is b[k]",
            ),
            row(
                "deinterleave",
                "a",
                (1, 2),
                &[],
                Body::Several(arrange::deinterleave),
                "undoes interleave: two results, rows 0 2 4 … and rows 1 3 5 …; deinterleave(a, 1) gives the second alone",
            ),
            row(
                "repeat",
                "a, n, axis=",
                (2, 3),
                AXIS,
                Body::Array(arrange::repeat),
                "every number n times, of the flat array or along an axis",
            ),
            array(
                "first",
                "a",
                (1, 1),
                arrange::first,
                "the first item of the first axis; of a voltage, current, probe or signal when something happened first, see the experiments",
            ),
            array("last", "a", (1, 1), arrange::last, "the last item of the first axis, likewise"),
        ],
    ),
    (
        "Order",
        &[
            along("sort", order::sort, "rising"),
            along(
                "argsort",
                order::argsort,
                "the places in rising order of their numbers; equal numbers keep their order",
            ),
            along(
                "rank",
                order::rank,
                "the place each number has in rising order, from 0; equal numbers share the mean of theirs",
            ),
            along("diff", order::diff, "each number less the one before it"),
            fold("unique", order::unique, "the different numbers, rising; with axis=0 the different items"),
            row(
                "bincount",
                "k, minlength=0",
                (1, 2),
                &["minlength"],
                Body::Array(order::bincount),
                "how often 0, 1, 2 … occur",
            ),
            array("increasing", "a", (1, 1), order::increasing, "1 if no number is smaller than the one before it"),
            array("decreasing", "a", (1, 1), order::decreasing, "1 if no number is larger than the one before it"),
        ],
    ),
    (
        "Products and statistics",
        &[
            array(
                "dot",
                "a, b",
                (2, 2),
                linear::dot,
                "sum of products over the last axis of a and the last but one of b",
            ),
            array("outer", "a, b", (2, 2), linear::outer, "every number of a times every number of b"),
            array("corr", "a, b", (2, 2), linear::corr, "Pearson's correlation coefficient"),
            array(
                "chisquare",
                "observed, expected",
                (1, 2),
                statistics::chisquare,
                "probability that counts are as far from the expected ones by chance (p-value)",
            ),
            row(
                "ks",
                "sample, \"law\", numbers or a, b",
                (2, 4),
                &["mean"],
                Body::Array(statistics::ks),
                "Kolmogorov–Smirnov: probability that a sample is as far from a law, or two samples from each other, by chance (p-value)",
            ),
        ],
    ),
    (
        "Random numbers",
        &[
            law("normal", "mean, deviation", 2, "normal (Gaussian)"),
            row(
                "lognormal",
                "sigma, mean=",
                (1, 1),
                &["mean", "shape", "seed"],
                Body::Draw,
                "exp(sigma·z), whose median is 1; with mean= scaled to that mean",
            ),
            law("uniform", "low, high", 2, "uniform"),
            law("loguniform", "low, high", 2, "its logarithm is uniform"),
            law("exponential", "mean", 1, "exponential"),
            law("integer", "low, high", 2, "whole numbers, both ends included"),
            row(
                "draw",
                "values, by=, at=",
                (1, 1),
                &["by", "at", "seed"],
                Body::Draw,
                "for each number of at= one of the values whose by= is nearest to it, as it was measured; without both one of all",
            ),
            row(
                "choice",
                "values, p=",
                (1, 1),
                &["p", "shape", "seed"],
                Body::Draw,
                "one of the values, with these probabilities or evenly",
            ),
        ],
    ),
    (
        "Files",
        &[
            file(
                "csv",
                "\"file\", cols=\"a:b\", else=\"file\"",
                &["cols", "else"],
                "a table of numbers, or columns of it by header or number",
            ),
            file("npy", "\"file\", else=\"file\"", &["else"], "an array of numpy"),
            file("npz", "\"file\", else=\"file\"", &["else"], "several arrays of numpy: npz(\"file\").name"),
            file("idx", "\"file\", else=\"file\"", &["else"], "an array in the format of MNIST"),
            file(
                "pgm",
                "\"file\", else=\"file\"",
                &["else"],
                "rows × columns of a portable grey map (P2 or P5), as they stand in it",
            ),
            file(
                "png",
                "\"file\", else=\"file\"",
                &["else"],
                "rows × columns of a picture, 0 to 255 or, of 16 bits, to 65535; colors are averaged",
            ),
        ],
    ),
    (
        "Of a running circuit",
        &[
            row("v", "net", (1, 2), &[], Body::Circuit, "voltage of a net, or between two; vm vp vdb vr vi of phasors"),
            row(
                "i",
                "part",
                (1, 1),
                &[],
                Body::Circuit,
                "current into the first pin of a part; im ip idb ir ii of phasors",
            ),
            each("ddt", "x", 1, Function::Ddt, "derivative with respect to time"),
            row("idt", "x, initial", (1, 2), &[], Body::Scalar(Function::Idt), "integral over time"),
            row("sdt", "x, initial", (1, 2), &[], Body::Scalar(Function::Idt), "the same"),
        ],
    ),
    (
        "Nominal values of other simulators' random numbers",
        &[
            row("agauss", "nominal, …", (2, MANY), &[], Body::Nominal, "its nominal value"),
            row("aunif", "nominal, …", (2, MANY), &[], Body::Nominal, "its nominal value"),
            row("gauss", "nominal, …", (2, MANY), &[], Body::Nominal, "its nominal value"),
            row("unif", "nominal, …", (2, MANY), &[], Body::Nominal, "its nominal value"),
            row(
                "limit",
                "x, low, high",
                (2, 3),
                &[],
                Body::Nominal,
                "clip(x, low, high); with two arguments the nominal value",
            ),
        ],
    ),
];

/// The reference of all functions: `docs/functions.md`.
pub fn markdown() -> String {
    let mut out = String::from(
        "# Functions\n\nWhat `{…}`, `.param`, `.func` and statements can call; made from the program's own table. Names and \
         meanings are numpy's where numpy has the function: `axis=` counts axes from 0 (or from the last by −1), arrays of \
         different shapes broadcast, 0 is false and everything else true.\n",
    );
    for (heading, rows) in GROUPS {
        let _ = write!(out, "\n## {heading}\n\n| function | value |\n|---|---|\n");
        for b in *rows {
            let options: String =
                b.options.iter().filter(|o| !b.takes.contains(&format!("{o}="))).map(|o| format!(", {o}=")).collect();
            let _ = writeln!(out, "| `{}({}{options})` | {} |", b.name, b.takes, b.doc);
        }
    }
    out.push_str("\n## Constants\n\n| name | value |\n|---|---|\n");
    for (name, value, doc) in CONSTANTS {
        let _ = writeln!(out, "| `{name}` | {value} {doc} |");
    }
    out
}

//! Dual numbers that know how far rounding may carry them: the oracle that the tape's values and derivatives are held
//! against, with the functions of `std` and rules of its own.
//!
//! Beside each value and slope stands its scale: the sum of the magnitudes of the terms it came from, with what earlier
//! terms contribute through first and second derivatives (running error analysis; Higham, Accuracy and Stability of
//! Numerical Algorithms, 3.3). A scale times the machine's precision is what rounding may do, however much cancels.

use crate::circuit::equation::{Equation, Function};

/// A number and its derivative by one input.
#[derive(Clone, Copy, Debug)]
pub struct Dual {
    pub value: f64,
    pub slope: f64,
    pub value_scale: f64,
    pub slope_scale: f64,
}

/// A function of up to two numbers at a point: value, ∂, ∂².
struct Rule {
    value: f64,
    first: [f64; 2],
    second: [[f64; 2]; 2],
}

impl Dual {
    pub fn constant(value: f64) -> Dual {
        Dual { value, slope: 0.0, value_scale: value.abs(), slope_scale: 0.0 }
    }

    pub fn input(value: f64) -> Dual {
        Dual { slope: 1.0, ..Dual::constant(value) }
    }
}

fn one(value: f64, first: f64, second: f64) -> Rule {
    Rule { value, first: [first, 0.0], second: [[second, 0.0], [0.0; 2]] }
}

fn two(value: f64, first: [f64; 2], [aa, ab, bb]: [f64; 3]) -> Rule {
    Rule { value, first, second: [[aa, ab], [ab, bb]] }
}

/// Chain rule for the slope, and its magnitudes for the scales.
fn chain(rule: Rule, args: &[Dual]) -> Dual {
    let Rule { value, first, second } = rule;
    let mut y = Dual { value_scale: value.abs(), ..Dual::constant(value) };
    for (i, a) in args.iter().enumerate() {
        y.slope += first[i] * a.slope;
        y.value_scale += first[i].abs() * a.value_scale;
        y.slope_scale += first[i].abs() * (a.slope.abs() + a.slope_scale);
        for (j, b) in args.iter().enumerate() {
            // 0·∞ where a slope is constant is nothing.
            if a.slope != 0.0 && b.value_scale != 0.0 {
                y.slope_scale += (second[i][j] * a.slope).abs() * b.value_scale;
            }
        }
    }
    y
}

/// Value and derivative of an equation by one of its inputs; `input` says what a leaf that is no constant is.
pub fn dual(equation: &Equation, input: &dyn Fn(&Equation) -> Dual) -> Dual {
    let Equation::Apply(f, args) = equation else {
        return equation.constant().map_or_else(|| input(equation), Dual::constant);
    };
    let args: Vec<Dual> = args.iter().map(|a| dual(a, input)).collect();
    match (f, args.as_slice()) {
        (Function::Min, [a, b]) => *if a.value < b.value { a } else { b },
        (Function::Max, [a, b]) => *if a.value > b.value { a } else { b },
        (Function::Clip, [x, low, high]) => {
            *if x.value < low.value {
                low
            } else if x.value > high.value {
                high
            } else {
                x
            }
        }
        (Function::Select, [c, a, b]) => *if c.value != 0.0 { a } else { b },
        (Function::Table, [x, points @ ..]) => table(*x, points),
        (Function::Limit, [x, _]) => *x,
        (Function::Ddt, _) => Dual::constant(0.0),
        (f, [a]) => {
            let mut y = chain(unary(*f, a.value), &args);
            if *f == Function::Tanh {
                // (1 − y)·(1 + y): no more digits than 1 has
                y.slope_scale += a.slope.abs();
            }
            y
        }
        (f, [a, b]) => chain(binary(*f, a.value, b.value), &args),
        other => unreachable!("{other:?}"),
    }
}

fn unary(f: Function, x: f64) -> Rule {
    let (size, sign) = (x.abs(), x.signum());
    match f {
        Function::Neg => one(-x, -1.0, 0.0),
        Function::LimExp if x > 80.0 => one(80f64.exp() * (x - 79.0), 80f64.exp(), 0.0),
        Function::Exp | Function::LimExp => one(x.exp(), x.exp(), x.exp()),
        Function::Ln => one(size.ln(), 1.0 / x, -1.0 / (x * x)),
        Function::Log10 => {
            let e = std::f64::consts::LOG10_E;
            one(size.log10(), e / x, -e / (x * x))
        }
        Function::Sqrt => one(size.sqrt(), 0.5 * sign / size.sqrt(), -0.25 / (size * size.sqrt())),
        Function::Abs => one(size, sign, 0.0),
        Function::Sign => one(if x == 0.0 { 0.0 } else { sign }, 0.0, 0.0),
        Function::Sin => one(x.sin(), x.cos(), -x.sin()),
        Function::Cos => one(x.cos(), -x.sin(), -x.cos()),
        Function::Tan => {
            let (t, slope) = (x.tan(), x.cos().powi(-2));
            one(t, slope, 2.0 * t * slope)
        }
        Function::Asin | Function::Acos => {
            let rest = (1.0 - x) * (1.0 + x);
            let (slope, second) = (1.0 / rest.sqrt(), x / (rest * rest.sqrt()));
            if f == Function::Asin { one(x.asin(), slope, second) } else { one(x.acos(), -slope, -second) }
        }
        Function::Atan => one(x.atan(), 1.0 / (1.0 + x * x), -2.0 * x / (1.0 + x * x).powi(2)),
        Function::Sinh => one(x.sinh(), x.cosh(), x.sinh()),
        Function::Cosh => one(x.cosh(), x.sinh(), x.cosh()),
        Function::Tanh => {
            let slope = x.cosh().powi(-2);
            one(x.tanh(), slope, -2.0 * x.tanh() * slope)
        }
        Function::Asinh => one(x.asinh(), (1.0 + x * x).powf(-0.5), -x * (1.0 + x * x).powf(-1.5)),
        Function::Acosh => {
            let rest = (x - 1.0) * (x + 1.0);
            one(x.acosh(), rest.powf(-0.5), -x * rest.powf(-1.5))
        }
        Function::Atanh => {
            let rest = (1.0 - x) * (1.0 + x);
            one(x.atanh(), 1.0 / rest, 2.0 * x / (rest * rest))
        }
        Function::Floor => one(x.floor(), 0.0, 0.0),
        Function::Ceil => one(x.ceil(), 0.0, 0.0),
        Function::Step => one(f64::from(x > 0.0), 0.0, 0.0),
        Function::Ramp => one(x.max(0.0), f64::from(x > 0.0), 0.0),
        other => one(other.value(&[x]).unwrap_or(f64::NAN), 0.0, 0.0),
    }
}

fn binary(f: Function, a: f64, b: f64) -> Rule {
    let (size, sign) = (a.abs(), a.signum());
    match f {
        Function::Add => two(a + b, [1.0, 1.0], [0.0; 3]),
        Function::Sub => two(a - b, [1.0, -1.0], [0.0; 3]),
        Function::Mul => two(a * b, [b, a], [0.0, 1.0, 0.0]),
        Function::Div => two(a / b, [1.0 / b, -a / (b * b)], [0.0, -1.0 / (b * b), 2.0 * a / (b * b * b)]),
        Function::AbsPow => {
            let (v, slope, ln) = (size.powf(b), size.powf(b - 1.0), size.ln());
            let second = [b * (b - 1.0) * size.powf(b - 2.0), slope * sign * (1.0 + b * ln), v * ln * ln];
            two(v, [b * slope * sign, v * ln], second)
        }
        Function::Pow => {
            let (v, slope, ln) = (a.powf(b), a.powf(b - 1.0), if a > 0.0 { a.ln() } else { 0.0 });
            let second = [b * (b - 1.0) * a.powf(b - 2.0), slope * (1.0 + b * ln), v * ln * ln];
            two(v, [b * slope, v * ln], second)
        }
        Function::SignPow => {
            let (v, slope, ln) = (sign * size.powf(b), size.powf(b - 1.0), size.ln());
            let second = [b * (b - 1.0) * size.powf(b - 2.0) * sign, slope * (1.0 + b * ln), v * ln * ln];
            two(v, [b * slope, v * ln], second)
        }
        Function::Atan2 => {
            let square = a * a + b * b;
            let second = [-2.0 * a * b, a * a - b * b, 2.0 * a * b].map(|s| s / (square * square));
            two(a.atan2(b), [b / square, -a / square], second)
        }
        Function::Hypot => {
            let r = a.hypot(b);
            two(r, [a / r, b / r], [b * b, -a * b, a * a].map(|s| s / (r * r * r)))
        }
        // Comparisons and what joins them
        other => two(other.value(&[a, b]).unwrap_or(f64::NAN), [0.0; 2], [0.0; 3]),
    }
}

/// Linear between points, constant outside.
fn table(x: Dual, points: &[Dual]) -> Dual {
    let points: Vec<(f64, f64)> = points.as_chunks::<2>().0.iter().map(|[x, y]| (x.value, y.value)).collect();
    let (first, last) = (points[0], points[points.len() - 1]);
    for pair in points.windows(2) {
        let ((xa, ya), (xb, yb)) = (pair[0], pair[1]);
        if (xa..xb).contains(&x.value) {
            let slope = (yb - ya) / (xb - xa);
            return chain(one(ya + slope * (x.value - xa), slope, 0.0), &[x]);
        }
    }
    chain(one(if x.value < first.0 { first.1 } else { last.1 }, 0.0, 0.0), &[x])
}

/// Which of its smooth pieces each function of an equation is on, in the order of appearance; none where rounding decides.
pub fn pieces(equation: &Equation, input: &dyn Fn(&Equation) -> Dual) -> Option<Vec<i64>> {
    let Equation::Apply(f, args) = equation else { return Some(Vec::new()) };
    let mut found = Vec::new();
    for a in args {
        found.extend(pieces(a, input)?);
    }
    let args: Vec<Dual> = args.iter().map(|a| dual(a, input)).collect();
    let zero = Dual::constant(0.0);
    // Where the first is above the second, unless they are too near to say.
    let above = |a: &Dual, b: &Dual| {
        let clear = (a.value - b.value).abs() > 1e-9 * (a.value_scale + b.value_scale);
        clear.then_some(i64::from(a.value > b.value))
    };
    let piece = match (f, args.as_slice()) {
        (Function::Min | Function::Max | Function::Gt | Function::Le, [a, b]) => above(a, b)?,
        (Function::Abs | Function::Sign | Function::Step | Function::Ramp, [x]) => above(x, &zero)?,
        // |x| inside, or a pole between
        (Function::Sqrt | Function::Ln | Function::Log10, [x]) => above(x, &zero)?,
        (Function::AbsPow | Function::SignPow, [x, _]) | (Function::Div, [_, x]) => above(x, &zero)?,
        (Function::Atan2, [y, x]) if x.value < 0.0 => above(y, &zero)?,
        (Function::Floor | Function::Ceil, [x]) => {
            above(x, &Dual::constant(x.value.round()))?;
            x.value.floor() as i64
        }
        (Function::LimExp, [x]) => above(x, &Dual::constant(80.0))?,
        (Function::Select, [c, ..]) => i64::from(c.value != 0.0),
        (Function::Clip, [x, low, high]) => above(x, low)? + above(x, high)?,
        (Function::Table, [x, points @ ..]) => points.iter().step_by(2).map(|p| above(x, p)).sum::<Option<i64>>()?,
        _ => 0,
    };
    found.push(piece);
    Some(found)
}

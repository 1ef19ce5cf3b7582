//! Equations evaluated node by node: slow but complete, for output expressions and as the oracle of the compiler.
//!
//! The real evaluator uses the functions of [`super::math`], so that `.print` shows what a behavioral source computes.

use num_complex::Complex64;

use super::math;
use super::op::{Binary, Unary};
use super::table::Table;
use crate::circuit::equation::{Equation, Function, Quantity};

/// The value of an equation, `value` being that of each quantity.
///
/// Functions of phasors are taken at real arguments (phase 0 or π). `ddt` and `idt` need a history that an output
/// expression does not have: NaN.
pub fn evaluate(equation: &Equation, value: &mut dyn FnMut(&Quantity) -> f64) -> f64 {
    match equation {
        Equation::Const(v) => *v,
        Equation::Quantity(q) => value(q),
        Equation::Apply(Function::Select, args) if args.len() == 3 => {
            let chosen = if evaluate(&args[0], value) != 0.0 { &args[1] } else { &args[2] };
            evaluate(chosen, value)
        }
        Equation::Apply(function, args) => {
            let args: Vec<f64> = args.iter().map(|a| evaluate(a, value)).collect();
            real(*function, &args)
        }
    }
}

/// What the simple functions are: of one number, of two, or neither.
enum Simple {
    One(Unary),
    Two(Binary),
    Other,
}

fn simple(function: Function) -> Simple {
    use Simple::{One, Other, Two};
    match function {
        Function::Add => Two(Binary::Add),
        Function::Sub => Two(Binary::Sub),
        Function::Mul => Two(Binary::Mul),
        Function::Div => Two(Binary::Div),
        Function::Neg => One(Unary::Neg),
        Function::Pow => Two(Binary::Pow),
        Function::AbsPow => Two(Binary::AbsPow),
        Function::SignPow => Two(Binary::SignPow),
        Function::Exp => One(Unary::Exp),
        Function::Ln => One(Unary::Ln),
        Function::Log10 => One(Unary::Log10),
        Function::Sqrt => One(Unary::Sqrt),
        Function::Abs => One(Unary::Abs),
        Function::Sign => One(Unary::Sign),
        Function::Sin => One(Unary::Sin),
        Function::Cos => One(Unary::Cos),
        Function::Tan => One(Unary::Tan),
        Function::Asin => One(Unary::Asin),
        Function::Acos => One(Unary::Acos),
        Function::Atan => One(Unary::Atan),
        Function::Sinh => One(Unary::Sinh),
        Function::Cosh => One(Unary::Cosh),
        Function::Tanh => One(Unary::Tanh),
        Function::Asinh => One(Unary::Asinh),
        Function::Acosh => One(Unary::Acosh),
        Function::Atanh => One(Unary::Atanh),
        Function::Atan2 => Two(Binary::Atan2),
        Function::Hypot => Two(Binary::Hypot),
        Function::Min => Two(Binary::Min),
        Function::Max => Two(Binary::Max),
        Function::Floor => One(Unary::Floor),
        Function::Ceil => One(Unary::Ceil),
        Function::Round => One(Unary::Round),
        Function::Trunc => One(Unary::Trunc),
        Function::Mod => Two(Binary::Mod),
        Function::Lt => Two(Binary::Lt),
        Function::Le => Two(Binary::Le),
        Function::Gt => Two(Binary::Gt),
        Function::Ge => Two(Binary::Ge),
        Function::Eq => Two(Binary::Eq),
        Function::Ne => Two(Binary::Ne),
        Function::And => Two(Binary::And),
        Function::Or => Two(Binary::Or),
        Function::Not => One(Unary::Not),
        _ => Other,
    }
}

/// A function of real numbers; a missing argument counts as 0.
fn real(function: Function, args: &[f64]) -> f64 {
    let [a, b, c] = [0, 1, 2].map(|n| args.get(n).copied().unwrap_or(0.0));
    match simple(function) {
        Simple::One(op) => return op.apply(a),
        Simple::Two(op) => return op.apply(a, b),
        Simple::Other => {}
    }
    match function {
        Function::LimExp => math::limexp(a),
        Function::Clip => math::min(math::max(a, b), c),
        Function::Step => math::truth(a > 0.0),
        Function::Ramp => math::max(a, 0.0),
        Function::Select => math::select(a, b, c),
        Function::Table | Function::SmoothTable => {
            let points = args.get(1..).unwrap_or(&[]).as_chunks::<2>().0;
            let table = Table::new(points.iter().map(|p| (p[0], p[1])));
            if function == Function::Table { table.value(a) } else { table.rounded().value(a) }
        }
        Function::Magnitude => a.abs(),
        Function::Phase if a < 0.0 => std::f64::consts::PI,
        Function::Decibel => 20.0 * math::log10(a),
        Function::Real => a,
        Function::Phase | Function::Imaginary => 0.0,
        _ => f64::NAN,
    }
}

/// The value of an equation of phasors, as an AC analysis prints it; the phase is in radians.
///
/// Arithmetic, powers, roots, exp, logarithms and trigonometric functions are those of complex numbers (`AbsPow` takes the
/// magnitude of its base, `Abs` is the magnitude). What orders or rounds numbers looks at real parts only. Division by 0 and
/// the logarithm of 0 are guarded as in [`super::math`].
pub fn evaluate_complex(equation: &Equation, value: &mut dyn FnMut(&Quantity) -> Complex64) -> Complex64 {
    match equation {
        Equation::Const(v) => (*v).into(),
        Equation::Quantity(q) => value(q),
        Equation::Apply(function, args) => {
            let args: Vec<Complex64> = args.iter().map(|a| evaluate_complex(a, value)).collect();
            complex(*function, &args)
        }
    }
}

fn complex(function: Function, args: &[Complex64]) -> Complex64 {
    let zero = Complex64::ZERO;
    let [a, b, c] = [0, 1, 2].map(|n| args.get(n).copied().unwrap_or(zero));
    match function {
        Function::Add => a + b,
        Function::Sub => a - b,
        Function::Mul => a * b,
        Function::Div if b.im == 0.0 => Complex64::new(math::div(a.re, b.re), math::div(a.im, b.re)),
        Function::Div => a / b,
        Function::Neg => -a,
        Function::Pow if a == zero => math::pow(0.0, b.re).into(),
        Function::Pow => a.powc(b),
        Function::AbsPow => math::abs_pow(a.norm(), b.re).into(),
        Function::Exp => a.exp(),
        Function::Ln | Function::Log10 if a.im == 0.0 => real(function, &[a.re]).into(),
        Function::Ln => a.ln(),
        Function::Log10 => a.log10(),
        Function::Sqrt => a.sqrt(),
        Function::Abs | Function::Magnitude => a.norm().into(),
        Function::Sin => a.sin(),
        Function::Cos => a.cos(),
        Function::Tan => a.tan(),
        Function::Asin => a.asin(),
        Function::Acos => a.acos(),
        Function::Atan => a.atan(),
        Function::Sinh => a.sinh(),
        Function::Cosh => a.cosh(),
        Function::Tanh => a.tanh(),
        Function::Asinh => a.asinh(),
        Function::Acosh => a.acosh(),
        Function::Atanh => a.atanh(),
        Function::Min => {
            if a.re < b.re {
                a
            } else {
                b
            }
        }
        Function::Max => {
            if a.re > b.re {
                a
            } else {
                b
            }
        }
        Function::Select => {
            if a != zero {
                b
            } else {
                c
            }
        }
        Function::Phase => a.arg().into(),
        Function::Decibel => (20.0 * math::log10(a.norm())).into(),
        Function::Real => a.re.into(),
        Function::Imaginary => a.im.into(),
        _ => {
            let parts: Vec<f64> = args.iter().map(|a| a.re).collect();
            real(function, &parts).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::NetId;

    fn v(n: u32) -> Equation {
        Equation::Quantity(Quantity::Voltage(NetId(n), NetId::GROUND))
    }

    fn number(v: f64) -> Equation {
        Equation::Const(v)
    }

    /// V(1) = 3, V(2) = −2
    fn at(equation: &Equation) -> f64 {
        evaluate(equation, &mut |q| match q {
            Quantity::Voltage(NetId(1), _) => 3.0,
            _ => -2.0,
        })
    }

    #[test]
    fn spice_powers_and_guards() {
        let apply = |f, args: &[Equation]| at(&Equation::apply(f, args));
        assert_eq!(apply(Function::AbsPow, &[v(2), number(3.0)]), 8.0);
        assert_eq!(apply(Function::Pow, &[v(2), number(3.0)]), -8.0);
        assert_eq!(apply(Function::Div, &[number(0.0), number(0.0)]), 0.0);
        assert_eq!(apply(Function::Clip, &[v(1), number(-1.0), number(1.0)]), 1.0);
        assert_eq!(apply(Function::Select, &[v(1), v(2), number(9.0)]), -2.0);
        assert_eq!(apply(Function::Decibel, &[number(100.0)]), 40.0);
        assert_eq!(apply(Function::Phase, &[v(2)]), std::f64::consts::PI);
        assert_eq!(apply(Function::Table, &[v(1), number(0.0), number(0.0), number(6.0), number(1.0)]), 0.5);
    }

    #[test]
    fn the_other_branch_is_not_evaluated() {
        let never = Equation::apply(Function::Ddt, [number(1.0)]);
        assert_eq!(at(&Equation::apply(Function::Select, [number(0.0), never, number(7.0)])), 7.0);
    }

    /// V(1) = 3 + 4j
    #[test]
    fn phasors() {
        let z = Complex64::new(3.0, 4.0);
        let apply = |f| evaluate_complex(&Equation::apply(f, [v(1)]), &mut |_| z);
        assert_eq!(apply(Function::Magnitude).re, 5.0);
        assert_eq!(apply(Function::Phase).re, 4f64.atan2(3.0));
        assert_eq!(apply(Function::Real).re, 3.0);
        assert_eq!(apply(Function::Imaginary).re, 4.0);
        assert!((apply(Function::Decibel).re - 13.979_400_086_720_376).abs() < 1e-14);
        let tenth = Equation::apply(Function::Decibel, [number(0.1)]);
        assert!((evaluate_complex(&tenth, &mut |_| z).re + 20.0).abs() < 1e-14);
        let square = evaluate_complex(&Equation::apply(Function::Mul, [v(1), v(1)]), &mut |_| z);
        assert_eq!(square, Complex64::new(-7.0, 24.0));
    }
}

//! Equations as numbers, one at a time: what output (`.save`, `.meas`, `.plot`) and controls of event parts need.
//! Slow beside a compiled tape, and complete.

use num_complex::Complex64;

use crate::circuit::equation::{Equation, Function, Quantity};

/// The value of an equation, given that of every quantity. NaN where it has none (`ddt` and `idt` need a history).
pub fn evaluate(equation: &Equation, of: &mut dyn FnMut(&Quantity) -> f64) -> f64 {
    match equation {
        Equation::Const(v) => *v,
        Equation::Quantity(q) => of(q),
        Equation::Apply(Function::Select, args) => match args.as_slice() {
            [c, a, b] => evaluate(if evaluate(c, of) != 0.0 { a } else { b }, of),
            _ => f64::NAN,
        },
        Equation::Apply(f, args) => {
            let values: Vec<f64> = args.iter().map(|a| evaluate(a, of)).collect();
            f.value(&values).unwrap_or(f64::NAN)
        }
    }
}

/// The same for phasors. Sums, products, powers and the functions that continue to complex arguments are complex; a
/// function that does not (`min`, `<`) sees real parts. Phase is in radians.
pub fn evaluate_complex(equation: &Equation, of: &mut dyn FnMut(&Quantity) -> Complex64) -> Complex64 {
    let (f, args) = match equation {
        Equation::Const(v) => return (*v).into(),
        Equation::Quantity(q) => return of(q),
        Equation::Apply(f, args) => (*f, args),
    };
    let z: Vec<Complex64> = args.iter().map(|a| evaluate_complex(a, of)).collect();
    match (f, z.as_slice()) {
        (Function::Add, [a, b]) => a + b,
        (Function::Sub, [a, b]) => a - b,
        (Function::Mul, [a, b]) => a * b,
        (Function::Div, [a, b]) => a / b,
        (Function::Neg, [a]) => -a,
        (Function::Pow, [a, b]) if b.im == 0.0 => a.powf(b.re),
        (Function::Pow, [a, b]) => a.powc(*b),
        (Function::Exp, [a]) => a.exp(),
        (Function::Ln, [a]) => a.ln(),
        (Function::Log10, [a]) => a.log10(),
        (Function::Sqrt, [a]) => a.sqrt(),
        (Function::Abs | Function::Magnitude, [a]) => a.norm().into(),
        (Function::Phase, [a]) => a.arg().into(),
        (Function::Decibel, [a]) => (20.0 * a.norm().log10()).into(),
        (Function::Real, [a]) => a.re.into(),
        (Function::Imaginary, [a]) => a.im.into(),
        (f, z) => {
            let real: Vec<f64> = z.iter().map(|v| v.re).collect();
            f.value(&real).unwrap_or(f64::NAN).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::circuit::NetId;

    #[test]
    fn decibels_of_a_divider() {
        let v = Quantity::Voltage(NetId(1), NetId::GROUND);
        let db = Equation::apply(Function::Decibel, [Equation::Quantity(v)]);
        let value = evaluate_complex(&db, &mut |_| Complex64::new(0.0, 0.1));
        assert!((value.re + 20.0).abs() < 1e-12);
    }

    #[test]
    fn the_other_branch_is_not_evaluated() {
        let c = |v| Equation::Const(v);
        let e = Equation::apply(Function::Select, [c(0.0), Equation::apply(Function::Ddt, [c(1.0)]), c(7.0)]);
        assert_eq!(evaluate(&e, &mut |_| 0.0), 7.0);
    }
}

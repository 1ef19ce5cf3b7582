//! Functions of expressions as numbers: how many arguments each takes and what it gives for real arguments.

use super::equation::Function;

/// Above this argument `limexp` goes on as a straight line.
pub const LIMEXP_KNEE: f64 = 80.0;

impl Function {
    /// Smallest and largest number of arguments.
    pub fn arity(self) -> (usize, usize) {
        use Function::*;
        match self {
            Add | Sub | Mul | Div | Pow | AbsPow | SignPow | Atan2 | Hypot | Min | Max | Mod => (2, 2),
            Lt | Le | Gt | Ge | Eq | Ne | And | Or => (2, 2),
            Clip | Select => (3, 3),
            Table | SmoothTable => (3, usize::MAX),
            Ddx | Limit => (2, 2),
            Idt => (1, 2),
            _ => (1, 1),
        }
    }

    /// Its value for real arguments; None where it needs a history ([`Function::Ddt`], [`Function::Idt`]), is no function
    /// of netlist expressions ([`Function::SmoothTable`]) or the number
    /// of arguments is wrong. Truth is 1 or 0; a real number is a phasor of phase 0 or pi.
    pub fn value(self, x: &[f64]) -> Option<f64> {
        use Function::*;
        let truth = |b: bool| if b { 1.0 } else { 0.0 };
        let value = match (self, x) {
            (Add, [a, b]) => a + b,
            (Sub, [a, b]) => a - b,
            (Mul, [a, b]) => a * b,
            (Div, [a, b]) => a / b,
            (Neg, [a]) => -a,
            (Pow, [a, b]) => a.powf(*b),
            (AbsPow, [a, b]) => a.abs().powf(*b),
            (SignPow, [a, b]) => sign(*a) * a.abs().powf(*b),
            (Exp, [a]) => a.exp(),
            (LimExp, [a]) if *a > LIMEXP_KNEE => LIMEXP_KNEE.exp() * (1.0 + a - LIMEXP_KNEE),
            (LimExp, [a]) => a.exp(),
            (Ln, [a]) => a.ln(),
            (Log10, [a]) => a.log10(),
            (Sqrt, [a]) => a.sqrt(),
            (Abs | Magnitude, [a]) => a.abs(),
            (Sign, [a]) => sign(*a),
            (Sin, [a]) => a.sin(),
            (Cos, [a]) => a.cos(),
            (Tan, [a]) => a.tan(),
            (Asin, [a]) => a.asin(),
            (Acos, [a]) => a.acos(),
            (Atan, [a]) => a.atan(),
            (Sinh, [a]) => a.sinh(),
            (Cosh, [a]) => a.cosh(),
            (Tanh, [a]) => a.tanh(),
            (Asinh, [a]) => a.asinh(),
            (Acosh, [a]) => a.acosh(),
            (Atanh, [a]) => a.atanh(),
            (Atan2, [a, b]) => a.atan2(*b),
            (Hypot, [a, b]) => a.hypot(*b),
            (Min, [a, b]) => a.min(*b),
            (Max, [a, b]) => a.max(*b),
            (Clip, [a, low, high]) => a.min(*high).max(*low),
            (Floor, [a]) => a.floor(),
            (Ceil, [a]) => a.ceil(),
            (Round, [a]) => a.round(),
            (Trunc, [a]) => a.trunc(),
            (Step, [a]) => truth(*a > 0.0),
            (Ramp, [a]) => a.max(0.0),
            (Mod, [a, b]) => a % b,
            (Lt, [a, b]) => truth(a < b),
            (Le, [a, b]) => truth(a <= b),
            (Gt, [a, b]) => truth(a > b),
            (Ge, [a, b]) => truth(a >= b),
            (Eq, [a, b]) => truth(a == b),
            (Ne, [a, b]) => truth(a != b),
            (And, [a, b]) => truth(*a != 0.0 && *b != 0.0),
            (Or, [a, b]) => truth(*a != 0.0 || *b != 0.0),
            (Not, [a]) => truth(*a == 0.0),
            (Limit, [a, _]) => *a,
            (Select, [c, a, b]) => {
                if *c != 0.0 {
                    *a
                } else {
                    *b
                }
            }
            (Table, [at, points @ ..]) if points.len() >= 2 && points.len() % 2 == 0 => table(*at, points),
            (Real, [a]) => *a,
            (Imaginary, [_]) => 0.0,
            (Phase, [a]) if *a < 0.0 => std::f64::consts::PI,
            (Phase, [_]) => 0.0,
            (Decibel, [a]) => 20.0 * a.abs().log10(),
            _ => return None,
        };
        Some(value)
    }
}

/// −1, 0 or 1.
fn sign(a: f64) -> f64 {
    if a == 0.0 { 0.0 } else { a.signum() }
}

/// Linear between the points x1, y1, x2, y2, … (x rising), constant outside.
fn table(at: f64, points: &[f64]) -> f64 {
    let mut left = (points[0], points[1]);
    if at <= left.0 {
        return left.1;
    }
    for right in points.chunks_exact(2).map(|p| (p[0], p[1])) {
        if at <= right.0 {
            return left.1 + (right.1 - left.1) * (at - left.0) / (right.0 - left.0);
        }
        left = right;
    }
    if at.is_nan() { at } else { left.1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers() {
        assert_eq!(Function::AbsPow.value(&[-2.0, 3.0]), Some(8.0));
        assert_eq!(Function::SignPow.value(&[-2.0, 3.0]), Some(-8.0));
        assert_eq!(Function::Pow.value(&[-2.0, 3.0]), Some(-8.0));
    }

    #[test]
    fn tables() {
        let points = [0.0, 1.0, 2.0, 5.0];
        let at = |x: f64| Function::Table.value(&[&[x], &points[..]].concat());
        assert_eq!([at(-1.0), at(0.5), at(2.0), at(9.0)], [Some(1.0), Some(2.0), Some(5.0), Some(5.0)]);
    }

    #[test]
    fn history_has_no_value() {
        assert_eq!(Function::Ddt.value(&[1.0]), None);
        assert_eq!(Function::Sin.value(&[1.0, 2.0]), None);
    }
}

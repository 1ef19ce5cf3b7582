//! The operations equations are made of, and the one place that says which function each of them is.

use super::math;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unary {
    Neg,
    Exp,
    Ln,
    Log10,
    Sqrt,
    Abs,
    Sign,
    Sin,
    Cos,
    Tan,
    Asin,
    Acos,
    Atan,
    Sinh,
    Cosh,
    Tanh,
    Asinh,
    Acosh,
    Atanh,
    Floor,
    Ceil,
    Round,
    Trunc,
    Not,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    Pow,
    AbsPow,
    SignPow,
    /// (x, e^min(x, 80)) → e^x up to 80, then the tangent: `limexp`, whose derivative is the second argument
    Tangent,
    Atan2,
    Hypot,
    Min,
    Max,
    Mod,
    Lt,
    Le,
    Gt,
    Ge,
    Eq,
    Ne,
    And,
    Or,
}

/// Does something with a function of one number, whichever it is.
pub trait WithUnary {
    type Output;
    fn with(self, f: impl Fn(f64) -> f64) -> Self::Output;
}

/// Does something with a function of two numbers, whichever it is.
pub trait WithBinary {
    type Output;
    fn with(self, f: impl Two) -> Self::Output;
}

/// A function of two numbers that is inlined wherever it is called, however large: a loop over lanes must have it inside.
pub trait Two {
    fn at(&self, a: f64, b: f64) -> f64;
}

impl<F: Fn(f64, f64) -> f64> Two for F {
    #[inline(always)]
    fn at(&self, a: f64, b: f64) -> f64 {
        self(a, b)
    }
}

struct Pow;
struct AbsPow;
struct SignPow;

impl Two for Pow {
    #[inline(always)]
    fn at(&self, a: f64, b: f64) -> f64 {
        math::pow(a, b)
    }
}

impl Two for AbsPow {
    #[inline(always)]
    fn at(&self, a: f64, b: f64) -> f64 {
        math::abs_pow(a, b)
    }
}

impl Two for SignPow {
    #[inline(always)]
    fn at(&self, a: f64, b: f64) -> f64 {
        math::sign_pow(a, b)
    }
}

impl Unary {
    /// Hands the function to `user`: compiled once for each function, so that a loop over lanes has it inside.
    #[inline(always)]
    pub fn visit<W: WithUnary>(self, user: W) -> W::Output {
        match self {
            Unary::Neg => user.with(|x| -x),
            Unary::Exp => user.with(math::exp),
            Unary::Ln => user.with(math::ln),
            Unary::Log10 => user.with(math::log10),
            Unary::Sqrt => user.with(math::sqrt),
            Unary::Abs => user.with(f64::abs),
            Unary::Sign => user.with(math::sign),
            Unary::Sin => user.with(math::sin),
            Unary::Cos => user.with(math::cos),
            Unary::Tan => user.with(math::tan),
            Unary::Asin => user.with(math::asin),
            Unary::Acos => user.with(math::acos),
            Unary::Atan => user.with(math::atan),
            Unary::Sinh => user.with(math::sinh),
            Unary::Cosh => user.with(math::cosh),
            Unary::Tanh => user.with(math::tanh),
            Unary::Asinh => user.with(math::asinh),
            Unary::Acosh => user.with(math::acosh),
            Unary::Atanh => user.with(math::atanh),
            Unary::Floor => user.with(f64::floor),
            Unary::Ceil => user.with(f64::ceil),
            Unary::Round => user.with(f64::round),
            Unary::Trunc => user.with(f64::trunc),
            Unary::Not => user.with(|x| math::truth(x == 0.0)),
        }
    }

    /// The function of one number.
    #[inline]
    pub fn apply(self, x: f64) -> f64 {
        struct Apply(f64);
        impl WithUnary for Apply {
            type Output = f64;
            #[inline(always)]
            fn with(self, f: impl Fn(f64) -> f64) -> f64 {
                f(self.0)
            }
        }
        self.visit(Apply(x))
    }
}

impl Binary {
    /// As [`Unary::visit`].
    #[inline(always)]
    pub fn visit<W: WithBinary>(self, user: W) -> W::Output {
        match self {
            Binary::Add => user.with(|a, b| a + b),
            Binary::Sub => user.with(|a, b| a - b),
            Binary::Mul => user.with(|a, b| a * b),
            Binary::Div => user.with(math::div),
            Binary::Pow => user.with(Pow),
            Binary::AbsPow => user.with(AbsPow),
            Binary::SignPow => user.with(SignPow),
            Binary::Tangent => user.with(|x, e| e + e * math::max(x - math::LIMEXP_FROM, 0.0)),
            Binary::Atan2 => user.with(math::atan2),
            Binary::Hypot => user.with(math::hypot),
            Binary::Min => user.with(math::min),
            Binary::Max => user.with(math::max),
            Binary::Mod => user.with(math::modulo),
            Binary::Lt => user.with(|a, b| math::truth(a < b)),
            Binary::Le => user.with(|a, b| math::truth(a <= b)),
            Binary::Gt => user.with(|a, b| math::truth(a > b)),
            Binary::Ge => user.with(|a, b| math::truth(a >= b)),
            Binary::Eq => user.with(|a, b| math::truth(a == b)),
            Binary::Ne => user.with(|a, b| math::truth(a != b)),
            Binary::And => user.with(|a, b| math::truth(a != 0.0 && b != 0.0)),
            Binary::Or => user.with(|a, b| math::truth(a != 0.0 || b != 0.0)),
        }
    }

    /// The function of two numbers.
    #[inline]
    pub fn apply(self, a: f64, b: f64) -> f64 {
        struct Apply(f64, f64);
        impl WithBinary for Apply {
            type Output = f64;
            #[inline(always)]
            fn with(self, f: impl Two) -> f64 {
                f.at(self.0, self.1)
            }
        }
        self.visit(Apply(a, b))
    }
}

//! Expressions whose names are resolved: leaves are numbers and quantities of the circuit.
//! Behavioral sources compile them; output (`.save`, `.meas`, `.plot`) evaluates them.

use super::definition::Own;
use super::{NetId, PartId};

/// Something a running circuit has a value for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Quantity {
    /// V(a, b), volts
    Voltage(NetId, NetId),
    /// Current into a pin of a part, amperes
    Current(PartId, usize),
    /// `X1.g`, `@m1[gm]`: what the device calls it, lower case
    Probe(PartId, String),
    /// Simulated time, seconds
    Time,
    /// Frequency of an AC analysis, hertz
    Frequency,
    /// Temperature, degrees Celsius
    Temperature,
    /// Inside a `.device`: what belongs to the instance itself
    Own(Own),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Equation {
    Const(f64),
    Quantity(Quantity),
    Apply(Function, Vec<Equation>),
}

/// Functions with their number of arguments fixed by [`Function::arity`]. Powers and logarithms are named for what they do:
/// the elaborator chooses (`x^y` of a SPICE expression is `AbsPow`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Function {
    Add,
    Sub,
    Mul,
    Div,
    Neg,
    /// x^y, NaN for a negative x and fractional y
    Pow,
    /// |x|^y: `^`, `**` and `pow` in SPICE expressions
    AbsPow,
    /// sgn(x)·|x|^y: `pwrs`, PSpice `PWRS`
    SignPow,
    Exp,
    /// exp, continued linearly above 80
    LimExp,
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
    Atan2,
    Hypot,
    Min,
    Max,
    /// clip(x, low, high): `limit(x, a, b)` with three arguments
    Clip,
    Floor,
    Ceil,
    Round,
    /// Truncation toward zero: `int`
    Trunc,
    /// 1 for x > 0, else 0: `u`, `stp`
    Step,
    /// max(x, 0): `uramp`
    Ramp,
    Mod,
    Lt,
    Le,
    Gt,
    Ge,
    Eq,
    Ne,
    And,
    Or,
    Not,
    /// c ? a : b
    Select,
    /// table(x, x1, y1, x2, y2, …): linear between points, constant outside
    Table,
    /// As `Table`, each corner rounded by a parabola within a tenth of the shorter segment beside it: TABLE of E and G,
    /// as ngspice computes it
    SmoothTable,
    /// Time derivative
    Ddt,
    /// Time integral from 0, with an optional initial value
    Idt,
    /// ddx(f, x): ∂f/∂x, x being a voltage or state of a `.device`
    Ddx,
    /// x, which Newton may change by no more than the second argument from one iteration to the next: `$limit(x, step)`
    Limit,
    // Of phasors: what VM, VP (radians), VDB, VR, VI show; real signals have phase 0 or pi.
    Magnitude,
    Phase,
    Decibel,
    Real,
    Imaginary,
}

impl Equation {
    pub fn apply(f: Function, args: impl Into<Vec<Equation>>) -> Equation {
        Equation::Apply(f, args.into())
    }

    /// Every quantity it reads, each once, in the order of appearance.
    pub fn quantities(&self) -> Vec<Quantity> {
        let mut found = Vec::new();
        self.visit(&mut |q| {
            if !found.contains(q) {
                found.push(q.clone());
            }
        });
        found
    }

    fn visit(&self, see: &mut impl FnMut(&Quantity)) {
        match self {
            Equation::Const(_) => {}
            Equation::Quantity(q) => see(q),
            Equation::Apply(_, args) => args.iter().for_each(|a| a.visit(see)),
        }
    }

    /// Calls `see` with every net it reads.
    pub fn nets(&self, see: &mut impl FnMut(NetId)) {
        self.visit(&mut |q| {
            if let Quantity::Voltage(a, b) = q {
                see(*a);
                see(*b);
            }
        });
    }

    /// Gives every net it reads another number.
    pub fn rename_nets(&mut self, rename: &impl Fn(&mut NetId)) {
        match self {
            Equation::Quantity(Quantity::Voltage(a, b)) => {
                rename(a);
                rename(b);
            }
            Equation::Apply(_, args) => args.iter_mut().for_each(|a| a.rename_nets(rename)),
            Equation::Const(_) | Equation::Quantity(_) => {}
        }
    }

    /// Its value, `quantity` being that of each quantity, with the functions of mathematics: what is not defined is NaN
    /// or infinite. The branch of a choice that is not taken is not looked at.
    pub fn value(&self, quantity: &mut dyn FnMut(&Quantity) -> f64) -> f64 {
        match self {
            Equation::Const(v) => *v,
            Equation::Quantity(q) => quantity(q),
            Equation::Apply(Function::Select, args) if args.len() == 3 => {
                let chosen = if args[0].value(quantity) != 0.0 { &args[1] } else { &args[2] };
                chosen.value(quantity)
            }
            Equation::Apply(function, args) => {
                let args: Vec<f64> = args.iter().map(|a| a.value(quantity)).collect();
                function.value(&args).unwrap_or(f64::NAN)
            }
        }
    }

    /// Whether ddt or idt stands in it.
    pub fn has_history(&self) -> bool {
        match self {
            Equation::Apply(Function::Ddt | Function::Idt, _) => true,
            Equation::Apply(_, args) => args.iter().any(Equation::has_history),
            Equation::Const(_) | Equation::Quantity(_) => false,
        }
    }

    /// Its value if it reads nothing of the circuit.
    pub fn constant(&self) -> Option<f64> {
        match self {
            Equation::Const(v) => Some(*v),
            _ => None,
        }
    }
}

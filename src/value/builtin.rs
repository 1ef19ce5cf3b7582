//! Every function of expressions, one row each.

use super::answer::Answer;
use super::call::Call;
use super::converter::{Converter, check_bits, check_range};
use super::data::Files;
use super::fault::{Fault, arguments, did_you_mean};
use super::functions::{GROUPS, MANY};
use super::{Value, apply, data, draw};
use crate::circuit::equation::Function;
use crate::diag::Span;
use crate::random::Draws;
use crate::syntax::ast::Name;

/// How a function is computed.
#[derive(Clone, Copy, Debug)]
pub enum Body {
    /// Element by element; also of voltages and currents while the circuit runs
    Scalar(Function),
    /// Of one argument by the first, of more element by element and pair by pair
    Extreme(Function, fn(&Call) -> Result<Value, Fault>),
    Array(fn(&Call) -> Result<Value, Fault>),
    Several(fn(&Call) -> Result<Answer, Fault>),
    /// A random number
    Draw,
    /// Reads a data file
    File,
    /// Has its nominal value, the first argument, outside a Monte-Carlo run
    Nominal,
    /// table(x, x1, y1, …)
    Table,
    /// The second argument's sign on the first argument's size
    CopySign,
    /// Between voltages and codes
    Converter(Converter),
    /// Only of quantities of the running circuit
    Circuit,
}

/// A function of expressions.
#[derive(Clone, Copy, Debug)]
pub struct Builtin {
    pub name: &'static str,
    /// Its arguments as the reference shows them
    pub takes: &'static str,
    /// Smallest and largest number of positional arguments
    pub arity: (usize, usize),
    /// Arguments that are given by name
    pub options: &'static [&'static str],
    pub body: Body,
    /// One line for the reference
    pub doc: &'static str,
}

/// All rows.
pub fn all() -> impl Iterator<Item = &'static Builtin> {
    GROUPS.iter().flat_map(|(_, rows)| rows.iter())
}

/// The row of a lower-case name.
pub fn find(lower: &str) -> Option<&'static Builtin> {
    all().find(|b| b.name == lower)
}

/// What a call of a built-in function needs beside its arguments.
#[derive(Debug)]
pub struct Tools<'t> {
    pub files: &'t Files,
    /// Where random numbers without a seed come from; None where they need one
    pub draws: Option<&'t mut Draws>,
}

impl Builtin {
    /// Its value for finished arguments.
    pub fn call(&self, args: &[Value], options: &[(Name, Value)], span: Span, tools: Tools) -> Result<Answer, Fault> {
        self.takes(args.len(), options, span)?;
        let call = Call { name: self.name, args, options, span };
        match self.body {
            Body::Scalar(f) => apply(f, args, span),
            Body::Extreme(f, _) if args.len() > 1 => {
                let first = args[0].clone();
                args[1..].iter().try_fold(first, |a, b| apply(f, &[a, b.clone()], span))
            }
            Body::Extreme(_, f) | Body::Array(f) => f(&call),
            Body::Several(_) if self.name == "where" && args.len() == 3 => apply(Function::Select, args, span),
            Body::Several(_) if self.name == "where" && args.len() == 2 => {
                Err(arguments("where", "1 or 3", 2, span).with_help("where(mask, a, b) chooses a or b"))
            }
            Body::Several(f) => return f(&call),
            Body::Draw => draw::draw(&call, tools.draws),
            Body::File => data::read(tools.files, self.name, args, options, span),
            Body::Nominal if self.name == "limit" && args.len() == 3 => apply(Function::Clip, args, span),
            Body::Nominal => Ok(args[0].clone()),
            Body::Table => {
                table_points(&args[1..], span)?;
                apply(Function::Table, args, span)
            }
            Body::Converter(c) => {
                args[1].numbers().into_iter().try_for_each(|bits| check_bits(bits, span))?;
                check_range(&args[2], &args[3], span)?;
                c.of(args, Value::Number, |f, args| apply(f, &args, span))
            }
            Body::CopySign if args.len() == 1 => apply(Function::Sign, args, span),
            Body::CopySign => {
                let size = apply(Function::Abs, &args[..1], span)?;
                apply(Function::Mul, &[size, apply(Function::Sign, &args[1..], span)?], span)
            }
            Body::Circuit => Err(Fault::Live(span)),
        }
        .map(Answer::One)
    }

    /// Whether it takes so many arguments in order, and these by name.
    pub fn takes(&self, count: usize, options: &[(Name, Value)], span: Span) -> Result<(), Fault> {
        let (least, most) = self.arity;
        if count < least || count > most {
            return Err(arguments(self.name, &self.count(), count, span).with_help(format!(
                "{}({}): {}",
                self.name,
                self.takes,
                self.doc.replace('\\', "")
            )));
        }
        if let Some((key, _)) = options.iter().find(|(n, _)| !self.options.contains(&n.lower().as_str())) {
            let message = format!("{}( ) has no option '{}'", self.name, key.text);
            let fault = Fault::new("value::arguments", key.span, message, "not known");
            return Err(match did_you_mean(&key.text, self.options.iter().copied()) {
                Some(help) => fault.with_help(help),
                None => fault.with_help(format!("it is called as {}({})", self.name, self.takes)),
            });
        }
        Ok(())
    }

    /// How many arguments it takes, in words.
    fn count(&self) -> String {
        match self.arity {
            (a, b) if a == b => a.to_string(),
            (a, MANY) => format!("at least {a}"),
            (a, b) if b == a + 1 => format!("{a} or {b}"),
            (a, b) => format!("{a} to {b}"),
        }
    }
}

/// The points of a table must be pairs of numbers with rising x.
pub fn table_points(points: &[Value], span: Span) -> Result<(), Fault> {
    if !points.len().is_multiple_of(2) {
        return Err(arguments("table", "an odd number, at least 3,", points.len() + 1, span));
    }
    let mut last = f64::NEG_INFINITY;
    for x in points.iter().step_by(2) {
        let x = x.number().unwrap_or(f64::NAN);
        if x.is_nan() || x < last {
            let message = "the points of a table must be numbers with rising x";
            return Err(Fault::new("value::table", span, message, "in this table"));
        }
        last = x;
    }
    Ok(())
}

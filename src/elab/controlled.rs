//! E F G H and B lines: linear, POLY, VALUE, TABLE, and expressions of voltages and currents.

use super::builder::Builder;
use super::eval::Context;
use super::fault::Fault;
use super::line::{Draft, Line};
use super::live::{Input, Shape, Want};
use crate::circuit::kind::{Kind, ValueKind};
use crate::diag::{Span, a};
use crate::syntax::ast::{Argument, Expr, Setting, Value};

/// Terms that a polynomial may have; its expression is as deep.
const MOST_COEFFICIENTS: usize = 1000;

/// What a setting that is an expression is set to.
fn one_expression(s: &Setting) -> Result<&Expr, Fault> {
    match &s.values[..] {
        [e] => Ok(e),
        _ => Err(Fault::new("elab::one-value", s.span, format!("'{}' takes one expression", s.name.text), "here")),
    }
}

impl<'a> Builder<'a> {
    /// E (voltage by voltage), F (current by current), G (current by voltage), H (voltage by current).
    pub fn controlled(&mut self, line: &Line<'a>) -> Result<(), Fault> {
        let letter = line.e.letter();
        let expression = ["value", "vol", "cur", "v", "i"].iter().find_map(|n| line.setting(n));
        if let Some(s) = expression {
            let e = one_expression(s)?;
            return self.expression(line, Want::plain(e), s.span, &[&s.name.text]);
        }
        for (k, value) in line.values.iter().enumerate() {
            match value {
                Value::Table { input, points, span } => {
                    let table = self.table(points, *span, line)?;
                    let want = Want::Equation { of: input, shape: Shape::Table(table), scale: 1.0 };
                    return self.expression(line, want, *span, &[]);
                }
                Value::Call { name, args, span } if name.is("poly") => {
                    let [Argument::Value(n)] = &args[..] else {
                        return Err(Fault::new(
                            "elab::poly",
                            *span,
                            "POLY(n) needs the number of its variables",
                            "here",
                        ));
                    };
                    let n = self.number(n, line)?;
                    return self.poly(line, k + 1, n, *span);
                }
                Value::Word(w) if k >= 2 && w.is("poly") => return self.poly(line, k + 1, 1.0, w.span),
                Value::Word(w) if k == 2 && (w.is("value") || w.is("vol") || w.is("cur")) => {
                    let Some(Value::Expr(e)) = line.values.get(3) else {
                        return Err(Fault::new(
                            "elab::no-value",
                            w.span,
                            "VALUE needs an expression",
                            "nothing follows",
                        )
                        .with_help("VALUE={…}"));
                    };
                    return self.expression(line, Want::plain(e), w.span, &[]);
                }
                Value::Word(w) if w.is("laplace") || w.is("freq") => {
                    return Err(not_yet(&w.text, w.span));
                }
                Value::Call { name, span, .. } if name.is("laplace") || name.is("freq") => {
                    return Err(not_yet(&name.text, *span));
                }
                _ => {}
            }
        }
        if let Some(s) = line.settings.iter().find(|s| s.name.is("laplace") || s.name.is("freq")) {
            return Err(not_yet(&s.name.text, s.span));
        }
        let name = match letter {
            'e' => "vcvs",
            'f' => "cccs",
            'g' => "vccs",
            _ => "ccvs",
        };
        let kind = self.kind(name, line)?;
        let count = kind.pins.len();
        let (pins, used) = self.pins(line, count, kind)?;
        let mut draft = Draft::new(kind, pins);
        self.positional(line, &mut draft, used)?;
        self.set(line, &mut draft)?;
        if let Some(last) = kind.positional.last()
            && !draft.has(last)
        {
            return Err(Fault::new(
                "elab::no-value",
                line.span,
                format!("{} needs a gain", line.e.name.text),
                "no gain here",
            ));
        }
        self.finish(line, draft)
    }

    /// B: `V=` or `I=`.
    pub fn behavioral(&mut self, line: &Line<'a>) -> Result<(), Fault> {
        match (line.setting("v"), line.setting("i")) {
            (Some(s), None) | (None, Some(s)) => {
                let e = one_expression(s)?;
                self.expression(line, Want::plain(e), s.span, &[&s.name.text])
            }
            (Some(a), Some(b)) => {
                let message = format!("{} has both V= and I=", line.e.name.text);
                Err(Fault::new("elab::both", a.span.to(b.span), message, "one of them"))
            }
            (None, None) => {
                let message = format!("{} needs V= or I=", line.e.name.text);
                Err(Fault::new("elab::no-value", line.span, message, "no expression here")
                    .with_help("B1 a b V={2*V(c)}"))
            }
        }
    }

    /// V or I whose level is an expression of the running circuit: `V1 a 0 {gain*V(x)}`, `I1 0 a {level}` of a signal.
    pub fn level(&mut self, line: &Line<'a>, of: &'a Expr) -> Result<(), Fault> {
        self.expression(line, Want::plain(of), of.span, &[])
    }

    /// A source of an expression: of voltage for E, H and B V=, of current for G, F and B I=. `taken` are the settings
    /// that have been read.
    fn expression(&mut self, line: &Line<'a>, want: Want<'a>, span: Span, taken: &[&str]) -> Result<(), Fault> {
        let voltage = match line.e.letter() {
            'b' => taken.iter().any(|t| t.eq_ignore_ascii_case("v")),
            letter => matches!(letter, 'e' | 'h' | 'v'),
        };
        let kind = self.kind(if voltage { "behavioral_voltage" } else { "behavioral_current" }, line)?;
        let (pins, _) = self.pins(line, 2, kind)?;
        let mut draft = Draft::new(kind, pins);
        draft.wants.push((equation_name(kind, line)?.into(), want, span));
        for s in &line.settings {
            if !taken.iter().any(|t| s.name.is(t)) {
                self.set_one(line, &mut draft, s)?;
            }
        }
        self.finish(line, draft)
    }

    /// POLY(n): n variables, then coefficients.
    fn poly(&mut self, line: &Line<'a>, from: usize, n: f64, span: Span) -> Result<(), Fault> {
        if !(1.0..=1000.0).contains(&n) || n.fract() != 0.0 {
            return Err(Fault::new(
                "elab::poly",
                span,
                format!("POLY({n}): a number of variables from 1 on is needed"),
                "here",
            ));
        }
        let n = n as usize;
        let by_voltage = matches!(line.e.letter(), 'e' | 'g');
        let count = if by_voltage { 2 * n } else { n };
        let few = || {
            let what = if by_voltage { "controlling nodes" } else { "controlling sources" };
            Fault::new(
                "elab::poly",
                span,
                format!("POLY({n}) needs {count} {what}, then coefficients"),
                "too few values follow",
            )
        };
        let mut inputs = Vec::with_capacity(n);
        if by_voltage {
            let mut nets = Vec::with_capacity(count);
            for k in from..from + count {
                let word = line.word(k).ok_or_else(few)?;
                nets.push(self.nets(word, &line.scope, &line.instance)?);
            }
            for pair in nets.chunks_exact(2) {
                let ([a], [b]) = (&pair[0][..], &pair[1][..]) else { return Err(few()) };
                inputs.push(Input::Nets(*a, *b));
            }
        } else {
            for k in from..from + count {
                let value = line.values.get(k).ok_or_else(few)?;
                inputs.push(Input::Part(self.part_name(value, line)?, value.span()));
            }
        }
        let mut coefficients = Vec::new();
        for value in line.values.get(from + count..).unwrap_or(&[]) {
            coefficients.push(self.number(value, line)?);
        }
        if coefficients.is_empty() {
            return Err(few());
        }
        if coefficients.len() > MOST_COEFFICIENTS {
            let message = format!("POLY({n}) has {} coefficients, more than {MOST_COEFFICIENTS}", coefficients.len());
            return Err(Fault::new("elab::poly", span, message, "too many values follow"));
        }
        self.expression(line, Want::Poly { inputs, coefficients, scale: 1.0 }, span, &[])
    }

    fn table(&mut self, points: &'a [(Expr, Expr)], span: Span, line: &Line<'a>) -> Result<Vec<f64>, Fault> {
        let context = Context::constant(self.shared, &line.scope);
        let mut out: Vec<f64> = Vec::with_capacity(2 * points.len());
        for (x, y) in points {
            let (x, y) = (context.number(x)?, context.number(y)?);
            if !x.is_finite() || !y.is_finite() || out.len() >= 2 && x < out[out.len() - 2] {
                return Err(Fault::new(
                    "elab::table",
                    span,
                    "the points of a table must be numbers with rising x",
                    "in this table",
                ));
            }
            out.extend([x, y]);
        }
        if out.is_empty() {
            return Err(Fault::new("elab::table", span, "a table needs points", "no points here")
                .with_help("TABLE {V(a)} = (0, 0) (1, 5)"));
        }
        Ok(out)
    }
}

/// The parameter of a behavioral kind that holds its expression.
fn equation_name(kind: &'static Kind, line: &Line) -> Result<&'static str, Fault> {
    kind.params.iter().find(|p| p.value == ValueKind::Equation).map(|p| &*p.name).ok_or_else(|| {
        Fault::new("elab::unexpected", line.span, format!("{} takes no expression", a(&kind.name)), "here")
    })
}

fn not_yet(what: &str, span: Span) -> Fault {
    Fault::new("elab::not-yet", span, format!("{} is not supported yet", what.to_uppercase()), "here")
        .with_help("VALUE={…} with ddt( ) and idt( ), or an RC network, may serve")
}

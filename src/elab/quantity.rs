//! Names of nets, parts and probes inside expressions.

use super::eval::Context;
use super::fault::Fault;
use super::functions;
use super::term::Term;
use super::value::Value;
use crate::circuit::equation::{Equation, Quantity};
use crate::circuit::{NetId, PartId};
use crate::diag::Span;
use crate::syntax::ast::{Expr, ExprArg, ExprKind, Name, Slot, Word};

/// Finds what expressions name in the flat circuit, as seen from one instance.
pub trait Quantities {
    fn net(&self, name: &str, span: Span) -> Result<NetId, Fault>;
    /// A part or a pin of a part: `R1`, `X1.V2`, `M1.d`.
    fn current(&self, name: &str, span: Span) -> Result<Quantity, Fault>;
    fn part(&self, name: &str) -> Option<PartId>;
    /// `name` of the part, if it has one.
    fn probe(&self, part: PartId, name: &str, span: Span) -> Result<Quantity, Fault>;
    /// The net that follows a signal.
    fn signal(&self, _lower: &str) -> Option<NetId> {
        None
    }
}

impl<'c, 'a> Context<'c, 'a> {
    /// `npz(f).name`, or a probe of a part.
    pub fn field(&self, base: &Expr, name: &Name, span: Span) -> Result<Term, Fault> {
        if let Some(result) = self.result(base, name)? {
            return Ok(result);
        }
        if let Some(live) = self.live
            && let Some(path) = self.path(base)?
            && let Some(part) = live.part(&path)
        {
            return live.probe(part, &name.text, span).map(|q| Term::Live(Equation::Quantity(q)));
        }
        if self.live.is_none()
            && matches!(base.kind, ExprKind::Name(_) | ExprKind::Field(..))
            && self.value(base).is_err()
        {
            return Err(Fault::Live(span));
        }
        match self.value(base)? {
            Value::Archive(arrays) => match arrays.get(&name.text) {
                Some(v) => Ok(Term::Fixed(v.clone())),
                None => {
                    let fault =
                        Fault::new("elab::no-array", span, format!("the file has no array '{}'", name.text), "here");
                    let names: Vec<&str> = arrays.keys().map(String::as_str).collect();
                    Err(fault.with_help(format!("it has {}", names.join(", "))))
                }
            },
            other => {
                let message = format!("{} has no part named '{}'", other.describe(), name.text);
                Err(Fault::new("elab::no-field", span, message, "here"))
            }
        }
    }

    /// The instance path an expression spells, if it spells one: `X1.Xm[3,4]`.
    pub fn path(&self, expr: &Expr) -> Result<Option<String>, Fault> {
        Ok(match &expr.kind {
            ExprKind::Name(n) => Some(n.clone()),
            ExprKind::Field(base, name) => self.path(base)?.map(|p| format!("{p}.{}", name.text)),
            ExprKind::Index(base, slots) => match self.path(base)? {
                None => None,
                Some(p) => {
                    let mut places = Vec::new();
                    for slot in slots {
                        let Slot::At(e) = slot else { return Ok(None) };
                        places.push(self.integer(e)?.to_string());
                    }
                    Some(format!("{p}[{}]", places.join(",")))
                }
            },
            _ => None,
        })
    }

    /// The full text of a word, its indices resolved: `row[3]`.
    pub fn word(&self, word: &Word) -> Result<String, Fault> {
        if word.index.is_empty() {
            return Ok(word.text.clone());
        }
        let mut places = Vec::with_capacity(word.index.len());
        for slot in &word.index {
            match slot {
                Slot::At(e) => places.push(self.integer(e)?.to_string()),
                Slot::Range(..) | Slot::All(_) => {
                    return Err(Fault::new("elab::bus-here", word.span, "one net is needed here, not a bus", "a bus")
                        .with_help(format!("pick one: {}[0]", word.text)));
                }
            }
        }
        Ok(format!("{}[{}]", word.text, places.join(",")))
    }

    /// What stands in `V( )`: names with their places; None where it is something else, as in `min(a, b)`.
    pub fn words(&self, args: &[ExprArg]) -> Result<Option<Vec<(String, Span)>>, Fault> {
        let mut words = Vec::with_capacity(args.len());
        for a in args {
            let text = match &a.value.kind {
                ExprKind::Node(w) => self.word(w)?,
                ExprKind::Number(v) => v.to_string(),
                _ => match self.path(&a.value)? {
                    Some(path) => path,
                    None => return Ok(None),
                },
            };
            words.push((text, a.value.span));
        }
        Ok(Some(words))
    }

    pub fn quantity(&self, lower: &str, words: &[(String, Span)], span: Span) -> Result<Term, Fault> {
        let Some(live) = self.live else { return Err(Fault::Live(span)) };
        let quantity = match (lower, words) {
            ("@", [(part, at), (probe, _)]) => {
                let id = live.part(part).ok_or_else(|| unknown_part(part, *at))?;
                live.probe(id, probe, span)?
            }
            (v, [(a, at)]) if v.starts_with('v') => Quantity::Voltage(live.net(a, *at)?, NetId::GROUND),
            (v, [(a, at), (b, bt)]) if v.starts_with('v') => Quantity::Voltage(live.net(a, *at)?, live.net(b, *bt)?),
            (i, [(part, at)]) if i.starts_with('i') => live.current(part, *at)?,
            (v, _) if v.starts_with('v') => {
                return Err(Fault::new("elab::arguments", span, "V( ) takes one node or two", "here"));
            }
            _ => return Err(Fault::new("elab::arguments", span, "I( ) takes one element", "here")),
        };
        let phasor = functions::phasor(lower);
        let equation = Equation::Quantity(quantity);
        Ok(Term::Live(match phasor {
            Some(f) => Equation::apply(f, [equation]),
            None => equation,
        }))
    }
}

pub fn unknown_part(name: &str, span: Span) -> Fault {
    Fault::new("elab::unknown-part", span, format!("there is no element '{name}'"), "not in the circuit").missing(name)
}

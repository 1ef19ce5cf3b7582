//! Paths through instances to nets, parts and their quantities, where not every index is known.

use super::Checker;
use super::statements::lenient;
use crate::diag::Span;
use crate::process::read::path_of;
use crate::syntax::ast::{Expr, ExprArg, ExprKind, Slot, Word};
use crate::value::fault::{Fault, did_you_mean};
use crate::value::{Handle, HandleKind, Value};

/// First character of the names of parts that stand for any of their bus.
const ANY: char = '%';

impl Checker<'_> {
    /// A path whose unknown indices are left out (of nets) or are those of the first part of a bus; whether it is the path
    /// itself.
    pub(super) fn path(&mut self, e: &Expr) -> (Expr, bool) {
        let span = e.span;
        match &e.kind {
            ExprKind::Index(base, slots) => {
                self.slots(slots);
                let (base, exact) = self.path(base);
                if self.constant_slots(slots) {
                    return (Expr { span, kind: ExprKind::Index(Box::new(base), slots.clone()) }, exact);
                }
                match self.handle(&base) {
                    Some(handle) => (self.any(&handle, span).unwrap_or(base), false),
                    None => (base, false),
                }
            }
            ExprKind::Field(base, name) => {
                let (base, exact) = self.path(base);
                (Expr { span, kind: ExprKind::Field(Box::new(base), name.clone()) }, exact)
            }
            ExprKind::Node(w) => {
                self.slots(&w.index);
                if self.constant_slots(&w.index) {
                    return (e.clone(), true);
                }
                let word = Word { index: Vec::new(), ..w.clone() };
                (Expr { span, kind: ExprKind::Node(word) }, false)
            }
            _ => (e.clone(), true),
        }
    }

    /// A path to nets without the indices that are not known, and whether it is the path itself. Its last step is a net, also
    /// where a part has the same name.
    pub(super) fn net_path(&mut self, e: &Expr) -> (Expr, bool) {
        if let Some(path) = path_of(e) {
            return self.net_path(&path);
        }
        match &e.kind {
            ExprKind::Index(base, slots) => {
                self.slots(slots);
                let (base, exact) = self.net_path(base);
                match self.constant_slots(slots) {
                    true => (Expr { span: e.span, kind: ExprKind::Index(Box::new(base), slots.clone()) }, exact),
                    false => (base, false),
                }
            }
            _ => self.path(e),
        }
    }

    /// The parts that a path leads to; None where it leads to something else, or nowhere.
    pub(super) fn handle(&mut self, path: &Expr) -> Option<Handle> {
        match self.sight(|s| crate::value::eval::eval(path, s)) {
            Ok(Value::Handle(h)) if h.kind == HandleKind::Part => Some(h),
            _ => None,
        }
    }

    /// One of several parts, under a name of its own.
    fn any(&mut self, handle: &Handle, span: Span) -> Option<Expr> {
        let first = self.machine.groups.first(handle, span)?;
        let name = format!("{ANY}{}", first.path.to_ascii_lowercase());
        self.frame.variables.declare(name.clone(), Value::Handle(first), span).ok()?;
        Some(Expr { span, kind: ExprKind::Name(name) })
    }

    /// Arguments of `V I E Q` without the indices that are not known.
    pub(super) fn nodes(&mut self, args: &[ExprArg]) -> (Vec<ExprArg>, bool) {
        let mut all = true;
        let list = args.iter().map(|a| {
            let (value, exact) = self.net_path(&a.value);
            all &= exact;
            ExprArg { name: a.name.clone(), value }
        });
        let list = list.collect();
        (list, all)
    }

    /// The quantity of parts that a path ends in.
    pub(super) fn quantity(&mut self, e: &Expr) -> super::Local {
        let (path, exact) = self.path(e);
        self.quantity_of(&path, exact)
    }

    /// The same of a path that was looked at already.
    pub(super) fn quantity_of(&mut self, path: &Expr, exact: bool) -> super::Local {
        let outcome = self.sight(|s| crate::value::eval::eval(path, s));
        // With other parameters it may be another device.
        if !self.around.fixed {
            return None;
        }
        let value = self.kept(outcome.or_else(|f| lenient(f, exact)))?;
        let real = matches!(value, Value::Handle(_));
        (exact && (real || !self.studied)).then_some(super::Sample { value, real })
    }

    pub(super) fn slots(&mut self, slots: &[Slot]) {
        for slot in slots {
            match slot {
                Slot::At(e) => drop(self.expression(e)),
                Slot::Range(a, b) => [a, b].into_iter().for_each(|e| drop(self.expression(e))),
                Slot::All(_) => {}
            }
        }
    }

    /// Whether every place of an index is known.
    pub(super) fn constant_slots(&mut self, slots: &[Slot]) -> bool {
        slots.iter().all(|slot| match slot {
            Slot::All(_) => true,
            Slot::At(e) => self.constant(e),
            Slot::Range(a, b) => self.constant(a) && self.constant(b),
        })
    }

    /// Whether an expression is made of numbers and of parameters that keep their values.
    fn constant(&self, e: &Expr) -> bool {
        let mut all = true;
        e.each(&mut |e| {
            all &= match &e.kind {
                ExprKind::Number(_) | ExprKind::Unary(..) | ExprKind::Binary(..) | ExprKind::List(_) => true,
                ExprKind::Name(n) => {
                    let lower = n.to_ascii_lowercase();
                    let own = || self.around.own.as_ref().is_some_and(|o| o.contains(&lower));
                    let here = || self.machine.program.instances.get(self.at.0 as usize);
                    let signal = || here().is_some_and(|i| i.signals.contains_key(&lower));
                    self.around.fixed
                        && self.local(&lower).is_none()
                        && !own()
                        && !signal()
                        && self.machine.functions.values.contains_key(&lower)
                }
                _ => false,
            };
        });
        all
    }
}

/// A name that nothing has.
pub(super) fn unknown(what: &str, name: &str, span: Span, known: &[String], help: &str) -> Fault {
    let fault = Fault::new("process::unknown", span, format!("there is no {what} '{name}' here"), "not known");
    match did_you_mean(name, known.iter().map(String::as_str)) {
        Some(like) => fault.with_help(like),
        None => fault.with_help(help),
    }
}

//! Which numbers of the circuit an expression reads, and which of them must be followed from point to point.

use super::history::Kept;
use super::numbers::names;
use super::program::Member;
use super::read::path_of;
use super::sight::Sight;
use crate::circuit::PartId;
use crate::circuit::equation::Quantity;
use crate::syntax::ast::visit::statements;
use crate::syntax::ast::{Expr, ExprArg, ExprKind, Name, Slot, Stmt, StmtKind, Word};
use crate::value::Value;
use crate::value::answer::Answer;
use crate::value::eval::owner;

/// Functions over the past, whatever their arguments.
const OVER_TIME: &[&str] = &["first", "last", "count", "integ"];
/// Functions over the past where they have `from=` or `until=`.
const OVER_TIME_FROM: &[&str] = &["max", "min", "mean", "rms"];
/// `.func`s that call `.func`s
pub(super) const DEEPEST: usize = 20;

/// Whether a call looks at the past.
pub(super) fn looks_back(lower: &str, args: &[ExprArg]) -> bool {
    let bounded = || args.iter().any(|a| a.name.as_ref().is_some_and(|n| n.is("from") || n.is("until")));
    OVER_TIME.contains(&lower) || OVER_TIME_FROM.contains(&lower) && bounded()
}

/// What statements need of the circuit before they run.
///
/// An analysis is looked at by what stands behind it.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    /// Its past is looked at.
    pub keep: Vec<Kept>,
    /// Currents that are read.
    pub follow: Vec<Quantity>,
    /// Parts whose energy is read
    pub meter: Vec<PartId>,
    /// Everything that statements with an analysis among them look at
    pub seen: Vec<Kept>,
}

/// How buses are taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// As the index says now
    Exact,
    /// The whole bus: nothing is known of the index yet
    Whole,
}

impl Sight<'_> {
    /// What statements of this instance need.
    pub fn needs(&mut self, list: &[Stmt], needs: &mut Needs) {
        let mut exprs: Vec<&Expr> = Vec::new();
        let mut drawn: Vec<&Expr> = Vec::new();
        statements(list, &mut |s| {
            s.expressions(&mut |e| exprs.push(e));
            if matches!(s.kind, StmtKind::Plot(_) | StmtKind::Snapshot { .. }) {
                s.expressions(&mut |e| drawn.push(e));
            }
        });
        let analysis = |s: &Stmt| matches!(&s.kind, StmtKind::Analysis(c) if c.name.is("dc") || c.name.is("ac"));
        let mut any = false;
        statements(list, &mut |s| any |= analysis(s));
        for e in exprs {
            self.needs_of(e, needs);
            if any {
                self.leaves(e, Extent::Whole, DEEPEST, &mut needs.seen);
            }
        }
        for e in drawn {
            if !matches!(&e.kind, ExprKind::Call { name, .. } if name.is("heatmap") || name.is("bars")) {
                self.leaves(e, Extent::Whole, DEEPEST, &mut needs.keep);
            }
        }
    }

    /// What an expression of this instance needs.
    pub fn needs_of(&mut self, e: &Expr, needs: &mut Needs) {
        let mut calls: Vec<(&Name, &[ExprArg])> = Vec::new();
        e.each(&mut |e| {
            if let ExprKind::Call { name, args } = &e.kind {
                calls.push((name, args));
            }
        });
        for (name, args) in calls {
            let lower = name.lower();
            if looks_back(&lower, args) {
                args.iter().for_each(|a| self.leaves(&a.value, Extent::Whole, DEEPEST, &mut needs.keep));
            }
            let mut found = Vec::new();
            if looks_back(&lower, args) {
                args.iter().for_each(|a| self.leaves(&a.value, Extent::Whole, DEEPEST, &mut found));
            } else if matches!(lower.as_str(), "i" | "e") {
                self.answered(&lower, args, name.span, Extent::Whole, &mut found);
            }
            for k in found {
                match k {
                    Kept::Quantity(q) if lower == "i" => needs.follow.push(q),
                    Kept::Absorbed(part) => needs.meter.push(part),
                    _ => {}
                }
            }
        }
    }

    /// Every number of the circuit that an expression reads.
    pub(super) fn leaves(&mut self, e: &Expr, extent: Extent, depth: usize, out: &mut Vec<Kept>) {
        match &e.kind {
            ExprKind::Call { name, args } => {
                let lower = name.lower();
                if self.answered(&lower, args, e.span, extent, out) {
                    return;
                }
                args.iter().for_each(|a| self.leaves(&a.value, extent, depth, out));
                let machine = self.machine;
                let functions = machine.functions_of(self.at);
                if let (Some(func), Some(depth)) = (functions.expressions.get(&lower), depth.checked_sub(1)) {
                    self.leaves(&func.body, Extent::Whole, depth, out);
                }
            }
            ExprKind::Name(n) => {
                let lower = n.to_ascii_lowercase();
                if self.variables.get(&lower).is_none() && self.notebook.name(&lower, self.columns).is_none() {
                    out.extend(self.signals_of(&lower).into_iter().map(Kept::Signal));
                }
            }
            ExprKind::Field(base, name) => {
                if !self.probed(base, name, extent, out) {
                    self.leaves(base, extent, depth, out);
                }
            }
            ExprKind::Index(base, _) if extent == Extent::Whole => self.leaves(base, extent, depth, out),
            _ => {
                let mut inner = Vec::new();
                e.children(&mut |c| inner.push(c));
                inner.into_iter().for_each(|c| self.leaves(c, extent, depth, out));
            }
        }
    }

    /// `V( )`, `I( )`, `E( )`, `Q( )`; false where the call is none of them.
    fn answered(
        &mut self,
        lower: &str,
        args: &[ExprArg],
        span: crate::diag::Span,
        extent: Extent,
        out: &mut Vec<Kept>,
    ) -> bool {
        let lower = super::study::aspect(lower).map_or(lower, |a| a.0);
        let whole: Vec<ExprArg>;
        let args = match extent {
            Extent::Exact => args,
            Extent::Whole => {
                whole = args.iter().map(|a| ExprArg { value: whole_bus(&a.value), ..a.clone() }).collect();
                &whole
            }
        };
        if let (Extent::Whole, "v", [a, b]) = (extent, lower, args) {
            // Any net of one bus with any of the other.
            let each = [a, b].map(std::slice::from_ref);
            return each.into_iter().all(|one| self.answered(lower, one, span, extent, out));
        }
        match self.asked(lower, args, span) {
            Ok(None) => false,
            Ok(Some((kept, _))) => {
                out.extend(kept);
                true
            }
            // What cannot be found is said where it is evaluated.
            Err(_) => true,
        }
    }

    /// `X1.w`, `X1.count`; false where the base is nothing of the circuit.
    fn probed(&mut self, base: &Expr, name: &Name, extent: Extent, out: &mut Vec<Kept>) -> bool {
        let base = if extent == Extent::Whole { whole_bus(base) } else { base.clone() };
        let Ok(Value::Handle(handle)) = owner(&base, self).map(Answer::first) else { return false };
        let Some(group) = self.machine.groups.of(&handle) else { return false };
        let lower = name.lower();
        for member in &group.members {
            match member {
                Member::Part(part) => {
                    let names = names(&self.machine.circuit.part(*part).kind, &lower);
                    out.extend(names.into_iter().map(|name| Kept::Quantity(Quantity::Probe(*part, name))));
                }
                Member::Instance(i) => {
                    let inside = self.machine.program.instances.get(i.0 as usize);
                    let bus = inside.and_then(|i| i.signals.get(&lower));
                    out.extend(bus.into_iter().flat_map(|b| b.items.iter().flatten()).map(|s| Kept::Signal(*s)));
                }
            }
        }
        true
    }
}

/// An expression without the indices of its buses.
fn whole_bus(e: &Expr) -> Expr {
    if let Some(path) = path_of(e) {
        return whole_bus(&path);
    }
    let kind = match &e.kind {
        ExprKind::Index(base, _) => return whole_bus(base),
        ExprKind::Node(w) => ExprKind::Node(Word { index: Vec::<Slot>::new(), ..w.clone() }),
        ExprKind::Field(base, name) => ExprKind::Field(Box::new(whole_bus(base)), name.clone()),
        other => other.clone(),
    };
    Expr { span: e.span, kind }
}

//! `.for` loops: their bodies once for each value, in a scope with the loop variables.

use std::rc::Rc;

use super::builder::Builder;
use super::eval::Context;
use super::instance::Instance;
use super::scope::Scope;
use super::term::Term;
use super::value::Value;
use crate::syntax::ast::{For, Over};

impl<'a> Builder<'a> {
    /// Loop `k` of a `.for` and those inside it; `bound` are the variables of the loops around.
    pub fn repeat(
        &mut self,
        f: &'a For,
        k: usize,
        bound: &mut Vec<(String, Term)>,
        scope: &Rc<Scope<'a>>,
        instance: &Rc<Instance>,
    ) {
        let Some(l) = f.loops.get(k) else {
            let given = bound.iter().filter_map(|(n, t)| match t {
                Term::Fixed(v) => Some((n.clone(), v.clone())),
                Term::Live(_) => None,
            });
            let inner = self.scope(Some(scope.clone()), &[], &f.items, given.collect());
            return self.body(&f.items, &inner, instance);
        };
        if k == 0 && self.passes(f, scope) > self.left() {
            // What is left is used up, so that nothing more is built.
            self.spend(u64::MAX, l.name.span);
            return;
        }
        let context = Context { locals: bound, ..Context::constant(self.shared, scope) };
        let values = match &l.over {
            Over::Range(a, b) => context.integer(a).and_then(|a| Ok((a, context.integer(b)?))).map(Values::Range),
            Over::List(e) => context.value(e).map(|v| Values::List(v.numbers())),
        };
        let values: Box<dyn Iterator<Item = f64>> = match values {
            Ok(Values::Range((a, b))) => Box::new((a..=b).map(|v| v as f64)),
            Ok(Values::List(list)) => Box::new(list.into_iter()),
            Err(fault) => {
                self.missing.refused.all = true;
                return self.fault(fault);
            }
        };
        for v in values {
            if !self.spend(1, l.name.span) {
                return;
            }
            bound.push((l.name.lower(), Term::Fixed(Value::Number(v))));
            self.repeat(f, k + 1, bound, scope, instance);
            bound.pop();
        }
    }
}

impl<'a> Builder<'a> {
    /// Passes of a loop, those inside it taken at the first value of those around; 0 where a bound is wrong.
    fn passes(&self, f: &'a For, scope: &Scope<'a>) -> u64 {
        let mut bound: Vec<(String, Term)> = Vec::new();
        let mut total: u64 = 1;
        for l in &f.loops {
            let context = Context { locals: &bound, ..Context::constant(self.shared, scope) };
            let (count, first) = match &l.over {
                Over::Range(a, b) => match (context.integer(a), context.integer(b)) {
                    (Ok(a), Ok(b)) => ((b - a + 1).max(0) as u64, a as f64),
                    _ => return 0,
                },
                Over::List(e) => match context.value(e) {
                    Ok(v) => (v.numbers().len() as u64, v.numbers().first().copied().unwrap_or(0.0)),
                    Err(_) => return 0,
                },
            };
            total = total.saturating_mul(count);
            bound.push((l.name.lower(), Term::Fixed(Value::Number(first))));
        }
        total
    }
}

/// The values of a loop variable.
enum Values {
    Range((i64, i64)),
    List(Vec<f64>),
}

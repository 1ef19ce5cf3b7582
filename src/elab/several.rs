//! Words that name several nets or numbers of parts at once → the name of each: `row[0:3]`, `X[:].g`, `X1.x[:]`, `X1.x`.

use super::bus;
use super::cards::Planner;
use super::eval::Context;
use super::fault::Fault;
use super::instance::{Instance, spread};
use crate::circuit::PartId;
use crate::diag::Span;
use crate::syntax::ast::{Expr, ExprKind, Slot, Word};
use crate::syntax::{parse_expr_at, print};
use crate::value::fault::did_you_mean;

/// Names that one word may stand for.
const MOST: usize = 1_000_000;

/// A step of a path with its index.
struct Step {
    name: String,
    index: Vec<Slot>,
}

impl<'p, 'a> Planner<'p, 'a> {
    /// The names that a word stands for, row by row; `[:]` is all that there is of the name.
    pub fn spread_word(
        &self,
        word: &Word,
        context: &Context<'_, 'a>,
        instance: &Instance,
    ) -> Result<Vec<String>, Fault> {
        let written = print::word(word);
        if !written.contains(['.', '[']) || self.is_net(&written, instance) {
            return Ok(vec![written]);
        }
        let Some(steps) = steps(word) else { return Ok(vec![context.word(word)?]) };
        let mut names = vec![String::new()];
        for (k, step) in steps.iter().enumerate() {
            let mut longer = Vec::with_capacity(names.len());
            for before in names {
                let base = if k == 0 { step.name.clone() } else { format!("{before}.{}", step.name) };
                if step.index.is_empty() {
                    longer.push(base);
                    continue;
                }
                let word = Word { text: base, index: step.index.clone(), span: word.span };
                let axes = bus::axes(&word, context, |k, _| self.whole(&word, k, instance))?;
                longer.extend(spread(&word.text, &axes, word.span)?);
                if longer.len() > MOST {
                    let message = format!("more than {MOST} names in one word");
                    return Err(Fault::new("elab::bus-too-wide", word.span, message, "this bus"));
                }
            }
            names = longer;
        }
        // An array without an index is all of it.
        match steps.last() {
            Some(last) if last.index.is_empty() => self.elements(names, word.span, instance),
            _ => Ok(names),
        }
    }

    fn is_net(&self, name: &str, instance: &Instance) -> bool {
        let lower = name.to_ascii_lowercase();
        let nets = &self.circuit.net_names;
        nets.contains_key(&lower) || nets.contains_key(&format!("{}{lower}", instance.lower))
    }

    /// The part that a name of an instance begins with, and what is left of it.
    fn owner<'n>(&self, name: &'n str, instance: &Instance) -> Option<(PartId, &'n str)> {
        let (path, rest) = name.rsplit_once('.')?;
        let lower = path.to_ascii_lowercase();
        let names = &self.circuit.part_names;
        let part = names.get(&format!("{}{lower}", instance.lower)).or_else(|| names.get(&lower));
        part.map(|part| (*part, rest))
    }

    /// First and last index of axis `k` of all that there is of a name.
    fn whole(&self, word: &Word, k: usize, instance: &Instance) -> Result<bus::Axis, Fault> {
        // What a part lets read is a bus too: X1.x[:]
        let axis = match self.owner(&word.text, instance) {
            Some((part, name)) if k == 0 => self.circuit.part(part).kind.array(name),
            Some(_) => None,
            None => {
                let names = self.circuit.net_names.keys().chain(self.circuit.part_names.keys());
                bus::extent(names, word, k, instance)
            }
        };
        axis.ok_or_else(|| match self.owner(&word.text, instance) {
            Some((part, name)) => {
                let part = self.circuit.part(part);
                let message = format!("'{}' has no array '{name}' to read", part.path);
                let bases: Vec<&str> =
                    part.kind.probes.iter().filter_map(|p| Some(p.name.split_once('[')?.0)).collect();
                let fault = Fault::new("elab::unknown-probe", word.span, message, "not known");
                match (did_you_mean(name, bases), part.kind.reads(name)) {
                    (Some(help), _) => fault.with_help(help),
                    (None, true) => fault.with_help(format!("{name} is one number: {}.{name}", part.path)),
                    (None, false) => fault,
                }
            }
            None => {
                let nets = self.circuit.nets.iter().map(|n| n.name.as_str());
                let parts = self.circuit.parts.iter().map(|p| p.path.as_str());
                let bases: Vec<&str> = nets.chain(parts).filter_map(|n| n.split_once('[').map(|b| b.0)).collect();
                super::cards::unknown("elab::unknown-node", "bus", &word.text, word.span, bases)
            }
        })
    }

    /// Names of arrays of a part as the names of their elements.
    fn elements(&self, names: Vec<String>, span: Span, instance: &Instance) -> Result<Vec<String>, Fault> {
        let mut out = Vec::with_capacity(names.len());
        for name in names {
            match self.owner(&name, instance).and_then(|(part, of)| self.circuit.part(part).kind.array(of)) {
                Some(axis) => out.extend(spread(&name, &[axis], span)?),
                None => out.push(name),
            }
        }
        Ok(out)
    }
}

/// The steps of a path of which one may stand for several; None: the word is what it is.
fn steps(word: &Word) -> Option<Vec<Step>> {
    if !word.text.contains('[') {
        return Some(vec![Step { name: word.text.clone(), index: word.index.clone() }]);
    }
    let mut steps = Vec::new();
    path(&parse_expr_at(&word.text, word.span).ok()?, &mut steps)?;
    let last = steps.last_mut()?;
    match (last.index.is_empty(), word.index.is_empty()) {
        (true, _) => last.index = word.index.clone(),
        (false, true) => {}
        (false, false) => return None,
    }
    Some(steps)
}

fn path(e: &Expr, out: &mut Vec<Step>) -> Option<()> {
    match &e.kind {
        ExprKind::Name(n) => out.push(Step { name: n.clone(), index: Vec::new() }),
        ExprKind::Field(base, name) => {
            path(base, out)?;
            out.push(Step { name: name.text.clone(), index: Vec::new() });
        }
        ExprKind::Index(base, slots) => {
            path(base, out)?;
            let last = out.last_mut().filter(|l| l.index.is_empty())?;
            last.index = slots.clone();
        }
        _ => return None,
    }
    Some(())
}

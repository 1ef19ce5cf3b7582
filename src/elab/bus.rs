//! The index of a bus word → first and last index of each axis; lines that name all of a bus wait until its nets are known.

use std::collections::HashMap;
use std::rc::Rc;

use super::builder::Builder;
use super::eval::Context;
use super::fault::Fault;
use super::instance::Instance;
use super::scope::Scope;
use crate::diag::Span;
use crate::syntax::ast::{Argument, Element, Item, Slot, Value, Word};

/// First and last index.
pub type Axis = (i64, i64);

/// The axes of an indexed word; `whole` says what `:` stands for on axis k.
pub fn axes(
    word: &Word,
    context: &Context,
    whole: impl Fn(usize, Span) -> Result<Axis, Fault>,
) -> Result<Vec<Axis>, Fault> {
    let axis = |(k, slot): (usize, &Slot)| match slot {
        Slot::At(e) => context.integer(e).map(|k| (k, k)),
        Slot::Range(a, b) => Ok((context.integer(a)?, context.integer(b)?)),
        Slot::All(span) => whole(k, *span),
    };
    word.index.iter().enumerate().map(axis).collect()
}

/// First and last index of axis `k` of a bus: as its port is declared, else among the names that there are.
pub fn extent<'n>(
    mut names: impl Iterator<Item = &'n String>,
    word: &Word,
    k: usize,
    instance: &Instance,
) -> Option<Axis> {
    let lower = word.text.to_ascii_lowercase();
    if let Some(axis) = instance.buses.get(&lower).and_then(|b| b.get(k)) {
        return Some(*axis);
    }
    let base = format!("{}{lower}[", instance.lower);
    let index = |n: &String| n.strip_prefix(&base)?.split_once(']')?.0.split(',').nth(k)?.parse::<i64>().ok();
    names.by_ref().filter_map(index).fold(None, |range: Option<Axis>, i| match range {
        None => Some((i, i)),
        Some((a, b)) => Some((a.min(i), b.max(i))),
    })
}

/// First and last index of each axis of every bus that nets belong to, by lower-case path.
#[derive(Default)]
pub struct Extents(HashMap<String, Vec<Axis>>);

impl Extents {
    /// Takes in a net by its lower-case path.
    pub fn see(&mut self, net: &str) {
        let Some((base, index)) = net.strip_suffix(']').and_then(|n| n.split_once('[')) else { return };
        let index = index.split(',').filter_map(|i| i.parse::<i64>().ok());
        match self.0.get_mut(base) {
            Some(axes) => axes.iter_mut().zip(index).for_each(|(a, i)| *a = (a.0.min(i), a.1.max(i))),
            None => {
                self.0.insert(base.to_string(), index.map(|i| (i, i)).collect());
            }
        }
    }
}

/// Axis `k` of a bus seen from an instance, when all other lines have been read.
pub fn known(extents: &Extents, word: &Word, k: usize, instance: &Instance, span: Span) -> Result<Axis, Fault> {
    let lower = word.text.to_ascii_lowercase();
    let declared = instance.buses.get(&lower).and_then(|b| b.get(k));
    let seen = || extents.0.get(&format!("{}{lower}", instance.lower)).and_then(|b| b.get(k));
    declared.or_else(seen).copied().ok_or_else(|| {
        let message = format!("the width of '{}' is not known: no other line names a net of it", word.text);
        Fault::new("elab::unknown-width", span, message, "all of it?").with_help("write the range: [0:n-1]")
    })
}

/// Lines of a body that name all of a bus whose width only its other lines tell.
#[derive(Default)]
pub struct Late<'a> {
    lines: Vec<(&'a Element, Span, Rc<Scope<'a>>)>,
    /// It is their turn.
    now: bool,
}

impl<'a> Builder<'a> {
    /// Every statement of a copy of a body, or of the deck itself.
    pub fn whole_body(&mut self, items: &'a [Item], scope: &Rc<Scope<'a>>, instance: &Rc<Instance>) {
        let outer = std::mem::take(&mut self.late);
        self.body(items, scope, instance);
        self.late.now = true;
        for (e, span, scope) in std::mem::take(&mut self.late.lines) {
            self.statement(e, span, &scope, instance);
        }
        self.late = outer;
        self.bench(items, scope, instance);
    }

    /// Puts a line off if it names all of a bus that is not a port; whether it did.
    pub fn put_off(&mut self, e: &'a Element, span: Span, scope: &Rc<Scope<'a>>, instance: &Instance) -> bool {
        let waits = |a: &Argument| match a {
            Argument::Value(Value::Word(w)) => {
                w.index.iter().any(|s| matches!(s, Slot::All(_)))
                    && !instance.buses.contains_key(&w.text.to_ascii_lowercase())
            }
            _ => false,
        };
        if self.late.now || !e.args.iter().any(waits) {
            return false;
        }
        self.late.lines.push((e, span, scope.clone()));
        true
    }
}

//! `.device` blocks → definitions, and their instances → parts.
//!
//! A definition is made anew only for other sizes of arrays: everything else that instances give stays a parameter.

mod arrays;
mod author;
mod calls;
mod cell;
mod check;
mod continuity;
mod declare;
mod equations;
mod finish;
mod instance;
mod jumps;
mod lower;

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::builder::Builder;
use super::eval::Shared;
use super::scope::Scope;
use crate::circuit::definition::Definition;
use crate::circuit::equation::Equation;
use crate::diag::Diagnostic;
use crate::syntax::ast::{Device, DeviceItem};
use crate::value::Value;
use author::{Author, Read};

/// Definitions of one device for different sizes; a device that is wrong has one without.
#[derive(Debug, Default)]
pub struct Variants {
    made: Vec<Made>,
    /// Some instance uses it.
    used: bool,
}

/// What an instance needs beside the parameters of its device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// `m`, copies in parallel
    pub multiplied: bool,
    /// `stuck`, not 0 where its states do not move
    pub stuck: bool,
}

#[derive(Debug)]
struct Made {
    definition: Option<Arc<Definition>>,
    /// Values of parameters that it is made for
    sizes: Vec<(usize, f64)>,
    form: Form,
    reads: Vec<Read>,
    /// Ranges of parameters
    ranges: Vec<Option<(Equation, Equation)>>,
    /// Bits of parameters at which its numbers have been looked at
    checked: HashSet<Vec<u64>>,
}

impl Made {
    fn fits(&self, given: &HashMap<String, f64>, form: Form, scope: &Scope) -> bool {
        let around = self.reads.iter().all(|r| value_at(scope, r).is_some_and(|v| *v == r.value));
        let Some(d) = &self.definition else { return around };
        around && self.form == form && {
            let values = d.parameters(&in_order(d, given));
            self.sizes.iter().all(|(k, v)| values.get(*k) == Some(v))
        }
    }
}

/// Given parameters in the order of the kind.
fn in_order(d: &Definition, given: &HashMap<String, f64>) -> Vec<Option<f64>> {
    d.kind.params.iter().map(|p| given.get(&p.name.to_ascii_lowercase()).copied()).collect()
}

/// A value that a definition rests on, seen from where a copy of it stands.
fn value_at<'s>(scope: &'s Scope, read: &Read) -> Option<&'s Value> {
    let mut at = scope;
    for f in &read.via {
        at = at.func(f)?.1;
    }
    at.value(&read.name)
}

impl<'a> Builder<'a> {
    /// The definition of a device for parameters that an instance gives, made once; None where it is wrong, which has been
    /// said. `home` is where the device stands.
    pub fn definition(
        &mut self,
        device: &'a Device,
        home: &Scope<'a>,
        given: &HashMap<String, f64>,
        form: Form,
    ) -> Option<Arc<Definition>> {
        let key = std::ptr::from_ref(device) as usize;
        let known = self.devices.entry(key).or_default();
        if let Some(made) = known.made.iter().find(|m| m.fits(given, form, home)) {
            return made.definition.clone();
        }
        let (mut made, found) = make(self.shared, home, device, given, form);
        for d in found {
            self.report(d);
        }
        let definition = made.definition.clone();
        made.checked.clear();
        self.devices.entry(key).or_default().made.push(made);
        definition
    }

    /// The parameters that sizes of arrays rest on, as far as a definition was made for them.
    pub fn sizes(&self, device: &Device, definition: &Arc<Definition>) -> Vec<usize> {
        let made = self.devices.get(&(std::ptr::from_ref(device) as usize)).into_iter().flat_map(|v| &v.made);
        let mut own = made.filter(|m| m.definition.as_ref().is_some_and(|d| Arc::ptr_eq(d, definition)));
        own.next().map_or(Vec::new(), |m| m.sizes.iter().map(|s| s.0).collect())
    }

    /// Devices that no instance uses are looked at too.
    pub fn unused_devices(&mut self, scope: &Scope<'a>) {
        let mut devices: Vec<&'a Device> = scope.definitions.devices.values().copied().collect();
        devices.sort_by_key(|d| d.name.span);
        for device in devices {
            let key = std::ptr::from_ref(device) as usize;
            if self.devices.get(&key).is_some_and(|v| v.used) {
                continue;
            }
            let Some(d) = self.definition(device, scope, &HashMap::new(), Form::default()) else { continue };
            let values = d.parameters(&vec![None; d.kind.params.len()]);
            for found in check::numbers(&d, &values, self.shared.temp, None) {
                self.report(found);
            }
        }
    }

    /// One definition of each device, for nominal sizes where it has been made for them.
    pub fn definitions(&self) -> Vec<Arc<Definition>> {
        let first = |v: &Variants| v.made.iter().find_map(|m| m.definition.clone());
        let mut out: Vec<Arc<Definition>> = self.devices.values().filter_map(first).collect();
        out.sort_by_key(|d| d.span);
        out
    }
}

/// A definition, and what is wrong with the device.
fn make<'a>(
    shared: &Shared,
    home: &Scope<'a>,
    device: &'a Device,
    given: &HashMap<String, f64>,
    form: Form,
) -> (Made, Vec<Diagnostic>) {
    let mut author = Author::new(home, device, given);
    author.declare_pins();
    for item in &device.items {
        if let DeviceItem::Param(p) = item {
            author.declare_param(p);
        }
    }
    for item in &device.items {
        if let DeviceItem::State(s) = item {
            author.declare_state(s);
        }
    }
    let named = author.states.len();
    author.foresee();
    author.foresee_voltages(&device.items);
    author.items(&device.items);
    author.starts();
    author.warn_constant_states(named);
    author.join_rates();
    if form.stuck {
        author.may_stick();
    }
    if form.multiplied {
        author.multiply();
    }
    let (definition, mut author) = author.finish();
    let mut found = std::mem::take(&mut author.found);
    if let Some(d) = &definition {
        let values = std::mem::take(&mut author.values);
        found.extend(continuity::jumps(d, &values, shared.temp));
    }
    let made = Made {
        definition: definition.map(Arc::new),
        sizes: author.sizes.into_iter().collect(),
        form,
        reads: author.reads,
        ranges: author.ranges,
        checked: HashSet::new(),
    };
    (made, found)
}

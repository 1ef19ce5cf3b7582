//! What models had to say of a run: `warn when` conditions that held somewhere, functions outside their domain, and the like.

use serde::{Deserialize, Serialize};

use super::transient::Transient;
use crate::device::Memory;
use crate::diag::{Diagnostic, Span};
use crate::mna::System;

/// Who says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Told {
    /// A model, of its instances
    Model,
    /// A transient, of a ringing that it damped
    Ringing,
}

/// A warning of one kind of device, or of a part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Warned {
    pub by: Told,
    /// Name of the device, and what its model says
    pub device: String,
    pub text: String,
    /// What was compared, as written, and its value in the first instance when it happened there (s)
    pub compared: String,
    pub value: f64,
    pub time: f64,
    /// Path of the first instance and its line
    pub path: String,
    pub part: Span,
    /// In how many instances of how many
    pub instances: usize,
    pub of: usize,
    /// The line of the device
    pub span: Span,
}

/// All warnings so far; of several lanes the first that has one counts.
pub fn warned(system: &System, memories: &[Memory]) -> Vec<Warned> {
    let mut out: Vec<Warned> = Vec::new();
    for (group, memory) in system.groups.iter().zip(memories).filter(|(_, m)| m.slots.warnings > 0) {
        if memory.warned.iter().all(Option::is_none) {
            continue;
        }
        for (notice, lanes) in group.device.notices().into_iter().zip(memory.warned.chunks_exact(memory.lanes)) {
            let Some(found) = lanes.iter().flatten().next() else { continue };
            let Some(part) = group.parts.get(found.first).map(|p| system.circuit.part(*p)) else { continue };
            let one = Warned {
                by: Told::Model,
                device: part.kind.name.to_string(),
                text: notice.text,
                compared: notice.compared,
                value: found.value,
                time: found.time,
                path: part.path.clone(),
                part: part.span,
                instances: found.instances,
                of: group.parts.len(),
                span: notice.span.unwrap_or(part.span),
            };
            // Models and sizes of one device are groups of their own.
            match out.iter_mut().find(|w| w.is(&one)) {
                Some(known) => known.join(one),
                None => out.push(one),
            }
        }
    }
    out
}

/// What a transient did that nobody asked for: from some time on it damped what rings much faster than the points that
/// `.tran` asks for.
pub fn ringing(transient: &Transient) -> Option<Warned> {
    let (time, unknown) = transient.damped(0)?;
    let system = &transient.system;
    let name = system.name(unknown);
    let part = system.circuit.part(system.part_at(unknown)?);
    Some(Warned {
        by: Told::Ringing,
        path: part.path.clone(),
        text: format!("{name} rings much faster than the step of .tran; this was damped, not followed"),
        device: name,
        compared: String::new(),
        value: 0.0,
        time,
        part: part.span,
        instances: 1,
        of: 1,
        span: part.span,
    })
}

impl Warned {
    /// Whether another is of the same line and says the same.
    fn is(&self, other: &Warned) -> bool {
        self.span == other.span && self.text == other.text
    }

    /// The same warning of other parts of the same circuit.
    fn join(&mut self, other: Warned) {
        let (instances, of) = (self.instances + other.instances, self.of + other.of);
        if other.time < self.time {
            *self = other;
        }
        (self.instances, self.of) = (instances, of);
    }

    /// Adds the warnings of another run of the circuit: of each the earliest stays, with the largest count.
    pub fn merge(into: &mut Vec<Warned>, more: Vec<Warned>) {
        for one in more {
            match into.iter_mut().find(|w| w.is(&one)) {
                Some(known) => {
                    let instances = known.instances.max(one.instances);
                    let earlier = one.time.total_cmp(&known.time).then_with(|| one.path.cmp(&known.path));
                    if earlier.then_with(|| one.value.total_cmp(&known.value)).is_lt() {
                        *known = one;
                    }
                    known.instances = instances;
                }
                None => into.push(one),
            }
        }
    }

    /// As a report at the line of the first instance.
    pub fn diagnostic(&self) -> Diagnostic {
        if self.by == Told::Ringing {
            let first = format!("first damped at t = {:.4e} s, by Gear's formula", self.time);
            let help = ".options method=trap follows every period, a smaller step in .tran too; a resistor at the part (the loss \
                        that it has) ends the ringing";
            return Diagnostic::note("run::ringing", self.text.clone()).at(self.part, first).help(help);
        }
        let (text, device, compared) = (&self.text, &self.device, &self.compared);
        let first = format!("{} first: {compared} = {:.4e} at t = {:.4e} s", self.path, self.value, self.time);
        let many = match self.of {
            1 => String::new(),
            of => format!(", in {} of {of} parts", self.instances),
        };
        let d = Diagnostic::warning("run::outside-model", format!("{device}: {text}{many}")).at(self.part, first);
        if self.span == self.part { d } else { d.at(self.span, "this line of the model") }
    }
}

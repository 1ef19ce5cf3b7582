//! States, lets and parameters of parts, by a path and a name: `X1.w`, `X[:].g`, `X[:].x[2]`, all with their shape.

use super::groups::{pick, shaped, unknown};
use super::history::Kept;
use super::program::Bus;
use super::sight::Sight;
use super::study::Aspect;
use crate::circuit::PartId;
use crate::circuit::equation::Quantity;
use crate::circuit::kind::{Kind, KindRef};
use crate::diag::Span;
use crate::syntax::ast::{Name, Slot};
use crate::value::Value;
use crate::value::eval::picks;
use crate::value::fault::Fault;

/// Parts and lower-case names, row by row, and their shape.
pub(super) type Numbers = (Vec<(PartId, String)>, Vec<usize>);

/// The lower-case names of the numbers that a part has under a name: those of its elements where it is an array.
pub(super) fn names(kind: &Kind, lower: &str) -> Vec<String> {
    match kind.array(lower) {
        Some((first, last)) => (first..=last).map(|k| format!("{lower}[{k}]")).collect(),
        None => vec![lower.to_string()],
    }
}

impl Sight<'_> {
    /// What `parts.name[…]` stands for. Axes of the parts come first, that of an array of states or lets last; an index
    /// picks from the array, or from the parts where each has one number.
    pub(super) fn numbers(
        &mut self,
        parts: &[PartId],
        shape: &[usize],
        name: &Name,
        slots: &[Slot],
        span: Span,
    ) -> Result<Numbers, Fault> {
        let machine = self.machine;
        let kind = |part: &PartId| &machine.circuit.part(*part).kind;
        let lower = name.lower();
        let Some(first) = parts.first().map(kind) else { return Ok((Vec::new(), shape.to_vec())) };
        let Some((low, high)) = first.array(&lower) else {
            known(first, name, &lower)?;
            let one = |part: PartId| (part, lower.clone());
            if slots.is_empty() || shape.is_empty() {
                return Ok((parts.iter().copied().map(one).collect(), shape.to_vec()));
            }
            let picks = picks(slots, Some(shape), self)?;
            let axes = shape.iter().map(|n| (0, *n)).collect();
            let bus = Bus { axes, items: parts.iter().copied().map(Some).collect() };
            let (parts, shape) = pick(&bus, &name.text, &picks, span)?;
            return Ok((parts.into_iter().map(one).collect(), shape));
        };
        if let Some(other) = parts.iter().find(|p| kind(p) != first && kind(p).array(&lower) != Some((low, high))) {
            let path = |p: &PartId| &machine.circuit.part(*p).path;
            let message = format!("{} and {} have not the same '{}'", path(&parts[0]), path(other), name.text);
            return Err(Fault::new("process::path", span, message, "arrays of different length")
                .with_help("name one of them, or those that are alike"));
        }
        let count = (high - low + 1) as usize;
        let picks = picks(slots, Some(&[count]), self)?;
        let bus = Bus { axes: vec![(low, count)], items: (low..=high).map(Some).collect() };
        let (places, inner) = pick(&bus, &name.text, &picks, span)?;
        let each = |part: &PartId| places.iter().map(|k| (*part, format!("{lower}[{k}]"))).collect::<Vec<_>>();
        Ok((parts.iter().flat_map(each).collect(), shape.iter().copied().chain(inner).collect()))
    }

    /// Their values: in an analysis one for each of its rows.
    pub(super) fn read_numbers(&mut self, (numbers, shape): Numbers) -> Value {
        let quantities = numbers.into_iter().map(|(part, name)| Quantity::Probe(part, name));
        if let Some(study) = &self.study {
            let kept: Vec<Kept> = quantities.clone().map(Kept::Quantity).collect();
            if let Some(v) = study.answer(&kept, &shape, Aspect::Magnitude) {
                return v;
            }
        }
        let values = quantities.map(|q| self.world.quantity(&q)).collect();
        shaped(values, &shape)
    }
}

/// Whether parts of a kind have one number of this name.
fn known(kind: &KindRef, name: &Name, lower: &str) -> Result<(), Fault> {
    // Every part of a .device says whether it is stuck.
    if kind.reads(lower) || lower == "stuck" && kind.definition().is_some() {
        return Ok(());
    }
    let known = kind.probes.iter().map(|p| &*p.name).chain(kind.params.iter().map(|p| &*p.name));
    Err(unknown(&format!("state or parameter of a {}:", kind.name), &name.text, name.span, known))
}

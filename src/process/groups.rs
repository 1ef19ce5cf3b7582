//! Parts, instances, nets and signals that a path of a body names: `X1.Xc[:,:].Xr`, `bl[0:3]`, all with their shape.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use ndarray::{ArrayD, IxDyn};

use super::program::{Bus, InstanceId, Member, Program};
use crate::circuit::PartId;
use crate::diag::Span;
use crate::value::fault::{Fault, did_you_mean};
use crate::value::index::{self, Pick};
use crate::value::{Handle, HandleKind, Value};

/// What a [`Handle`] of a process leads to.
#[derive(Clone, Debug)]
pub struct Group {
    /// Row-major
    pub members: Vec<Member>,
    pub shape: Vec<usize>,
    /// The bus it is the whole of, where it can still be indexed
    axes: Vec<(i64, usize)>,
}

/// Groups, and the number of each path.
type Table = (Vec<Arc<Group>>, HashMap<String, usize>);

/// Groups by their number; equal paths share one.
#[derive(Debug, Default)]
pub struct Groups {
    table: Mutex<Table>,
}

/// How long the axes of a bus are.
pub fn lengths(axes: &[(i64, usize)]) -> Vec<usize> {
    axes.iter().map(|a| a.1).collect()
}

/// The items of a bus that an index picks, and the shape of what is picked.
pub fn pick<T: Copy>(bus: &Bus<T>, name: &str, picks: &[Pick], span: Span) -> Result<(Vec<T>, Vec<usize>), Fault> {
    let taken: usize = picks.iter().map(Pick::takes).sum();
    if taken > bus.axes.len() {
        let message = match bus.axes.len() {
            0 => format!("'{name}' is a single one and takes no index"),
            axes => format!("'{name}' has {axes} {}, not {taken}", if axes == 1 { "axis" } else { "axes" }),
        };
        return Err(Fault::new("value::index", span, message, "too many indices").with_help(match bus.axes.len() {
            0 => format!("{name} without an index is it"),
            _ => format!("{name}[:] is all of it"),
        }));
    }
    picks.iter().zip(&bus.axes).try_for_each(|(pick, axis)| in_range(pick, *axis, name, span))?;
    let shape: Vec<usize> = bus.axes.iter().map(|a| a.1).collect();
    let (places, shape) = if picks.is_empty() {
        ((0..bus.items.len()).collect(), shape)
    } else {
        let count = bus.items.len();
        let all = ArrayD::from_shape_vec(IxDyn(&shape), (0..count).map(|k| k as f64).collect())
            .map_err(|_| Fault::new("process::index", span, format!("'{name}' has no such places"), "here"))?;
        let from_zero: Vec<Pick> = picks.iter().zip(&bus.axes).map(|(p, a)| shifted(p, a.0)).collect();
        let extra = picks.get(bus.axes.len()..).unwrap_or(&[]).iter().cloned();
        let picked = index::slice(&all, &from_zero.into_iter().chain(extra).collect::<Vec<_>>(), span)?;
        let shape = match &picked {
            Value::Array(a) => a.shape().to_vec(),
            _ => Vec::new(),
        };
        (picked.numbers().into_iter().map(|v| v as usize).collect::<Vec<usize>>(), shape)
    };
    let items: Option<Vec<T>> = places.into_iter().map(|k| bus.items.get(k).copied().flatten()).collect();
    items.map(|items| (items, shape)).ok_or_else(|| {
        Fault::new("process::index", span, format!("'{name}' has holes: not every place of this index exists"), "here")
    })
}

/// Whether an axis of a bus, its first index and its length, has the places of an index.
fn in_range(pick: &Pick, (low, count): (i64, usize), name: &str, span: Span) -> Result<(), Fault> {
    let high = low + count as i64 - 1;
    let far = match pick {
        Pick::At(i) => Some(*i).filter(|i| !(low..=high).contains(i)),
        Pick::Range(a, b) if a <= b => [*a, *b].into_iter().find(|i| !(low..=high).contains(i)),
        _ => None,
    };
    match far {
        None => Ok(()),
        Some(i) => Err(Fault::new("value::index", span, format!("'{name}' has no place {i}"), "outside of the bus")
            .with_help(format!("it goes from {low} to {high}, both included"))),
    }
}

/// An index of a bus as one that counts from 0.
fn shifted(pick: &Pick, low: i64) -> Pick {
    match pick {
        Pick::At(i) => Pick::At(i - low),
        Pick::Range(a, b) => Pick::Range(a - low, b - low),
        Pick::Places(list) => Pick::Places(Arc::new(list.mapv(|v| v - low as f64))),
        other => other.clone(),
    }
}

impl Groups {
    fn keep(&self, key: String, make: impl FnOnce() -> Result<Group, Fault>) -> Result<Handle, Fault> {
        let known = self.table.lock().ok().and_then(|t| t.1.get(&key).copied());
        let number = match known {
            Some(k) => k,
            None => {
                let group = Arc::new(make()?);
                let Ok(mut table) = self.table.lock() else { return Err(Fault::Said) };
                table.0.push(group);
                let k = table.0.len() - 1;
                table.1.insert(key.clone(), k);
                k
            }
        };
        Ok(Handle { kind: HandleKind::Part, path: format!("{key}#{number}").into() })
    }

    /// What a handle leads to.
    pub fn of(&self, handle: &Handle) -> Option<Arc<Group>> {
        let number: usize = handle.path.rsplit('#').next()?.parse().ok()?;
        self.table.lock().ok()?.0.get(number).cloned()
    }

    /// Lengths of the axes by which a handle is indexed.
    pub fn shape(&self, handle: &Handle) -> Option<Vec<usize>> {
        self.of(handle).map(|g| lengths(&g.axes))
    }

    /// The parts that a handle leads to, with their shape; None where instances are among them.
    pub fn parts(&self, handle: &Handle) -> Option<(Vec<PartId>, Vec<usize>)> {
        let group = self.of(handle)?;
        let part = |m: &Member| if let Member::Part(p) = m { Some(*p) } else { None };
        let parts: Option<Vec<PartId>> = group.members.iter().map(part).collect();
        parts.map(|parts| (parts, group.shape.clone()))
    }

    /// An element line of an instance, whole.
    pub fn member(&self, program: &Program, at: InstanceId, lower: &str) -> Option<Handle> {
        let bus = program.instances.get(at.0 as usize)?.members.get(lower)?;
        self.whole(bus, format!("{}.{lower}", at.0)).ok()
    }

    fn whole(&self, bus: &Bus<Member>, key: String) -> Result<Handle, Fault> {
        self.keep(key, || {
            let shape: Vec<usize> = bus.axes.iter().map(|a| a.1).collect();
            Ok(Group { members: bus.items.iter().flatten().copied().collect(), shape, axes: bus.axes.clone() })
        })
    }

    /// The first of a group, to stand for any of it; None of an empty one.
    pub fn first(&self, handle: &Handle, span: Span) -> Option<Handle> {
        let group = self.of(handle)?;
        let picks: Vec<Pick> = group.axes.iter().map(|a| Pick::At(a.0)).collect();
        if picks.is_empty() { Some(handle.clone()) } else { self.index(handle, &picks, span).ok() }
    }

    /// `group[…]`
    pub fn index(&self, handle: &Handle, picks: &[Pick], span: Span) -> Result<Handle, Fault> {
        let Some(group) = self.of(handle) else { return Err(Fault::Said) };
        let name = handle.path.split('#').next().unwrap_or("");
        self.keep(format!("{name}{picks:?}"), || {
            let bus = Bus { axes: group.axes.clone(), items: group.members.iter().map(|m| Some(*m)).collect() };
            let (members, shape) = pick(&bus, name, picks, span)?;
            Ok(Group { members, axes: shape.iter().map(|n| (0, *n)).collect(), shape })
        })
    }

    /// `group.name`: what every instance of the group calls so.
    pub fn inside(&self, program: &Program, handle: &Handle, lower: &str, span: Span) -> Result<Option<Handle>, Fault> {
        let Some(group) = self.of(handle) else { return Err(Fault::Said) };
        let bus = |m: &Member| match m {
            Member::Instance(i) => program.instances.get(i.0 as usize).and_then(|i| i.members.get(lower)),
            Member::Part(_) => None,
        };
        let Some(first) = group.members.first().and_then(&bus) else { return Ok(None) };
        let key = format!("{}.{lower}", handle.path.split('#').next().unwrap_or(""));
        self.keep(key, || {
            let mut members = Vec::new();
            for m in &group.members {
                let Some(bus) = bus(m).filter(|b| b.axes == first.axes) else {
                    let message = format!("not every instance here has the same '{lower}'");
                    return Err(Fault::new("process::path", span, message, "here")
                        .with_help("name one of them, or a slice of copies that are alike"));
                };
                members.extend(bus.items.iter().flatten().copied());
            }
            let axes: Vec<(i64, usize)> =
                group.shape.iter().map(|n| (0, *n)).chain(first.axes.iter().copied()).collect();
            Ok(Group { members, shape: axes.iter().map(|a| a.1).collect(), axes })
        })
        .map(Some)
    }
}

/// The only instance that a handle leads to.
pub fn instance(groups: &Groups, handle: &Handle, span: Span) -> Result<InstanceId, Fault> {
    match groups.of(handle).map(|g| g.members.clone()).as_deref() {
        Some([Member::Instance(i)]) => Ok(*i),
        Some([_]) => Err(Fault::new("process::path", span, "this is a part, not a subcircuit", "it has no protocols")
            .with_help("protocols stand in the netlist itself and in .subckt")),
        _ => Err(Fault::new("process::path", span, "this is not one instance", "choose one of them")
            .with_help("an index chooses one: X1[0].read( )")),
    }
}

/// Numbers with the shape of a group.
pub fn shaped(values: Vec<f64>, shape: &[usize]) -> Value {
    match ArrayD::from_shape_vec(IxDyn(shape), values) {
        Ok(a) => Value::array(a),
        Err(_) => Value::Broken,
    }
}

/// Names listed where none is like the one written.
const MOST_NAMES: usize = 12;

/// A name that nothing has, with a suggestion, or with what there is.
pub fn unknown<'k>(what: &str, name: &str, span: Span, known: impl IntoIterator<Item = &'k str>) -> Fault {
    let fault = Fault::new("process::unknown", span, format!("there is no {what} '{name}' here"), "not known");
    let mut known: Vec<&str> = known.into_iter().collect();
    if let Some(help) = did_you_mean(name, known.iter().copied()) {
        return fault.with_help(help);
    }
    known.sort_unstable();
    known.dedup();
    match known.len() {
        0 => fault.with_help("nothing of this kind is here"),
        n if n > MOST_NAMES => fault.with_help(format!("there are {}, …", known[..MOST_NAMES].join(", "))),
        1 => fault.with_help(format!("there is {}", known[0])),
        _ => fault.with_help(format!("there are {}", known.join(", "))),
    }
}

//! The system of equations of a circuit: which unknowns, which matrix entries, which devices fill them.

use std::collections::HashMap;
use std::sync::Arc;

use thiserror::Error;

use super::numbering::number;
use crate::circuit::{Circuit, PartId};
use crate::condense::Split;
use crate::device::layout::{DeviceLayout, Role};
use crate::device::registry::build_of;
use crate::device::{Device, Environment, Layout, Local, Memory, Rest, Slots};
use crate::solve::Pattern;

/// Why a circuit has no system.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum SystemError {
    /// A kind without a row in the registry.
    #[error("no device is registered for {0}")]
    NoDevice(String),
}

/// Whether local unknowns are eliminated before the solve. `Full` keeps them in the matrix: slower, the same answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condensation {
    Condensed,
    Full,
}

/// A device in place: its terminals as final unknowns, its entries as matrix slots.
pub struct Group {
    pub device: Box<dyn Device>,
    pub parts: Vec<PartId>,
    pub width: usize,
    /// `[instance * width + terminal]`
    pub terms: Vec<u32>,
    pub pattern_g: Vec<(usize, usize)>,
    pub pattern_c: Vec<(usize, usize)>,
    /// Where entries, F and Q of all instances go; what belongs to ground goes nowhere and is not listed.
    pub slots_g: Vec<Route>,
    pub slots_c: Vec<Route>,
    pub rows: Vec<Route>,
    pub slots: Slots,
    pub linear: bool,
    /// Terminals that are local states, with what they are.
    pub states: Vec<(usize, Local)>,
    /// Set where states are condensed.
    pub split: Option<Split>,
    /// With `split`: slot of every (outer row, outer column), `[(instance * v + row) * v + column]`.
    pub slots_outer: Vec<u32>,
}

/// From a place in a device's blocks (`instance * entries + entry`, or `instance * width + terminal`) to a matrix slot or
/// a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    pub from: u32,
    pub to: u32,
}

/// Everything about the equations that does not change during a run.
pub struct System {
    pub circuit: Arc<Circuit>,
    pub groups: Vec<Group>,
    /// Role of every unknown by its final number; 0 is ground.
    pub roles: Vec<Role>,
    /// Unknowns `1..=solved` are in the matrix (row and column u − 1), the others are condensed.
    pub solved: usize,
    pub pattern: Pattern,
    /// Slot of (u, u) for each solved unknown; `[0]` is the slot of ground.
    pub diagonal: Vec<u32>,
    /// Branch unknown of a part that has one.
    pub branches: HashMap<PartId, u32>,
    /// Where a part is: group and instance.
    pub places: HashMap<PartId, (usize, usize)>,
    /// Whether any device is nonlinear.
    pub nonlinear: bool,
}

impl System {
    /// Builds devices, lets them say what they need and fixes numbers and pattern.
    pub fn new(circuit: Arc<Circuit>, condensation: Condensation) -> Result<System, SystemError> {
        let devices = build_devices(&circuit)?;
        Ok(System::with_devices(circuit, devices, condensation))
    }

    /// The same with devices of one's own, for those who embed the engine. Every part belongs to one of them.
    pub fn with_devices(circuit: Arc<Circuit>, devices: Vec<Box<dyn Device>>, condensation: Condensation) -> System {
        let mut layout = Layout::new(&circuit);
        let mut laid_out: Vec<(Box<dyn Device>, DeviceLayout)> = Vec::new();
        for mut device in devices {
            device.layout(&mut layout);
            let mut own = std::mem::take(&mut layout.device);
            own.slots.params = own.parts.first().map_or(0, |p| circuit.part(*p).kind.params.len());
            if !own.parts.is_empty() {
                laid_out.push((device, own));
            }
        }
        let (roles, branches) = (layout.roles, layout.branches);
        let condensed = condensation == Condensation::Condensed;
        let numbering = number(&roles, |r| condensed && matches!(r, Role::State(..)));
        let mut final_roles = roles.clone();
        for (old, role) in roles.iter().enumerate() {
            final_roles[numbering.new[old] as usize] = role.clone();
        }
        let mut groups: Vec<Group> = laid_out
            .into_iter()
            .map(|(device, own)| place(device, own, &numbering.new, &final_roles, numbering.solved))
            .collect();
        let (pattern, diagonal) = lay_pattern(&mut groups, numbering.solved);
        let mut places = HashMap::new();
        for (g, group) in groups.iter().enumerate() {
            for (i, part) in group.parts.iter().enumerate() {
                places.insert(*part, (g, i));
            }
        }
        System {
            nonlinear: groups.iter().any(|g| !g.linear),
            groups,
            roles: final_roles,
            solved: numbering.solved,
            pattern,
            diagonal,
            branches: branches.into_iter().map(|(p, u)| (p, numbering.new[u.0 as usize])).collect(),
            places,
            circuit,
        }
    }

    /// Unknowns including ground and condensed ones: the length of x with one lane.
    pub fn unknowns(&self) -> usize {
        self.roles.len()
    }

    /// Fresh memory of every device, parameters filled in from the circuit, set up for `env`.
    pub fn memories(&self, env: &Environment, lanes: usize) -> Vec<Memory> {
        let mut memories: Vec<Memory> = Vec::with_capacity(self.groups.len());
        for group in &self.groups {
            let mut memory = Memory::new(group.parts.len(), group.slots, lanes);
            for (i, part) in group.parts.iter().enumerate() {
                for (slot, value) in self.circuit.numbers(*part).into_iter().enumerate() {
                    for lane in 0..lanes {
                        memory.set_param(i, slot, lane, value);
                    }
                }
            }
            for lane in 0..lanes {
                group.device.setup(env, &mut memory, lane);
            }
            memory.trial.clone_from(&memory.state);
            memories.push(memory);
        }
        memories
    }

    /// Sets a parameter of a part in one lane; the caller runs the group's `setup` and [`super::Assembly::relinearize`].
    pub fn set_param(&self, memories: &mut [Memory], part: PartId, name: &str, lane: usize, value: f64) -> bool {
        let Some(&(group, instance)) = self.places.get(&part) else { return false };
        let Some(slot) = self.circuit.part(part).kind.param(name) else { return false };
        memories[group].set_param(instance, slot, lane, value);
        true
    }

    /// What an unknown is called in a report: `V(out)`, `I(V1)`, `X1.w`.
    pub fn name(&self, unknown: usize) -> String {
        match &self.roles[unknown] {
            Role::Net(n) => format!("V({})", self.circuit.net(*n).name),
            Role::Inner(p, name) => format!("V({}.{name})", self.circuit.part(*p).path),
            Role::Branch(p) => format!("I({})", self.circuit.part(*p).path),
            Role::State(p, name, _) => format!("{}.{name}", self.circuit.part(*p).path),
        }
    }

    /// A part to blame for an unknown: the one it belongs to, else the first at the net.
    pub fn part_at(&self, unknown: usize) -> Option<PartId> {
        match &self.roles[unknown] {
            Role::Inner(p, _) | Role::Branch(p) | Role::State(p, ..) => Some(*p),
            Role::Net(n) => {
                let at = |(k, p): (usize, &crate::circuit::Part)| p.pins.contains(n).then_some(PartId(k as u32));
                self.circuit.parts.iter().enumerate().find_map(at)
            }
        }
    }

    /// Absolute tolerance of an unknown in its own unit, given those of voltages and currents.
    pub fn abstol(&self, unknown: usize, volts: f64, amperes: f64) -> f64 {
        match &self.roles[unknown] {
            Role::Net(_) | Role::Inner(..) => volts,
            Role::Branch(_) => amperes,
            Role::State(_, _, local) => local.abstol,
        }
    }

    /// Whether the charge of any device depends on an unknown: these carry truncation error.
    pub fn dynamic(&self) -> Vec<bool> {
        let mut dynamic = vec![false; self.unknowns()];
        for group in &self.groups {
            for terms in group.terms.chunks_exact(group.width) {
                group.pattern_c.iter().for_each(|&(_, c)| dynamic[terms[c] as usize] = true);
            }
        }
        dynamic[0] = false;
        dynamic
    }

    /// Whether an unknown is a state of a part, condensed or not.
    pub fn is_state(&self, unknown: usize) -> bool {
        matches!(self.roles[unknown], Role::State(..))
    }

    /// Whether an unknown is the voltage of a node.
    pub fn is_voltage(&self, unknown: usize) -> bool {
        matches!(self.roles[unknown], Role::Net(_) | Role::Inner(..))
    }

    /// States of these devices at their start, in every lane of the memories and of x.
    pub fn start_states(&self, memories: &mut [Memory], groups: std::ops::Range<usize>, x: &mut [f64]) {
        for (group, memory) in self.groups[groups.clone()].iter().zip(&mut memories[groups]) {
            let lanes = memory.lanes;
            for lane in 0..lanes {
                let mut put = |instance: usize, terminal: usize, value: f64| {
                    x[group.terms[instance * group.width + terminal] as usize * lanes + lane] = value;
                };
                group.device.start(memory, lane, &mut put);
            }
        }
    }

    /// Start values of an iterate: states at their start, all else 0.
    pub fn start(&self, lanes: usize) -> Vec<f64> {
        let mut x = vec![0.0; self.unknowns() * lanes];
        for (u, role) in self.roles.iter().enumerate() {
            if let Role::State(_, _, local) = role {
                x[u * lanes..(u + 1) * lanes].fill(local.start);
            }
        }
        x
    }
}

/// One device for the parts of one kind and model, in the order of first appearance.
fn build_devices(circuit: &Circuit) -> Result<Vec<Box<dyn Device>>, SystemError> {
    let mut order: Vec<Vec<PartId>> = Vec::new();
    let mut index = HashMap::new();
    for id in circuit.part_ids() {
        let part = circuit.part(id);
        let key = (part.kind.clone(), part.model, part.pins.len());
        let at = *index.entry(key).or_insert_with(|| {
            order.push(Vec::new());
            order.len() - 1
        });
        order[at].push(id);
    }
    let mut devices = Vec::new();
    for parts in order {
        let kind = &circuit.part(parts[0]).kind;
        let build = build_of(kind).ok_or_else(|| SystemError::NoDevice(kind.name.to_string()))?;
        devices.extend(build(circuit, &parts));
    }
    Ok(devices)
}

fn place(device: Box<dyn Device>, own: DeviceLayout, new: &[u32], roles: &[Role], solved: usize) -> Group {
    let terms: Vec<u32> = own.terms.iter().map(|u| new[u.0 as usize]).collect();
    // Which terminals are states is the same for every instance: look at the first.
    let states: Vec<(usize, Local)> = (0..own.width)
        .filter_map(|t| match &roles[terms[t] as usize] {
            Role::State(_, _, local) if terms[t] != 0 => Some((t, *local)),
            _ => None,
        })
        .collect();
    let mut pattern_g = own.pattern_g;
    for (t, local) in &states {
        // A held state's equation is replaced by x = held, which needs the diagonal.
        if local.rest == Rest::Held && !pattern_g.contains(&(*t, *t)) {
            pattern_g.push((*t, *t));
        }
    }
    let is_local = |t: usize| terms[t] as usize > solved;
    let split = (0..own.width).any(is_local).then(|| Split::new(own.width, is_local));
    let rows = terms.iter().enumerate().filter(|(_, t)| **t != 0);
    Group {
        rows: rows.map(|(k, t)| Route { from: k as u32, to: *t }).collect(),
        linear: own.linear && states.is_empty(),
        device,
        parts: own.parts,
        width: own.width,
        terms,
        pattern_g,
        pattern_c: own.pattern_c,
        slots_g: Vec::new(),
        slots_c: Vec::new(),
        slots: own.slots,
        states,
        split,
        slots_outer: Vec::new(),
    }
}

/// Collects the entries of all groups, compresses them by columns and tells every entry its slot.
fn lay_pattern(groups: &mut [Group], solved: usize) -> (Pattern, Vec<u32>) {
    let mut columns: Vec<Vec<u32>> = (0..solved).map(|u| vec![u as u32]).collect();
    let mut touch = |row: u32, column: u32| {
        if row > 0 && column > 0 {
            columns[column as usize - 1].push(row - 1);
        }
    };
    for group in groups.iter() {
        for terms in group.terms.chunks_exact(group.width) {
            match &group.split {
                Some(split) => {
                    for &r in &split.outer {
                        split.outer.iter().for_each(|&c| touch(terms[r], terms[c]));
                    }
                }
                None => {
                    for &(r, c) in group.pattern_g.iter().chain(&group.pattern_c) {
                        touch(terms[r], terms[c]);
                    }
                }
            }
        }
    }
    let mut starts = vec![0];
    let mut rows = Vec::new();
    for column in &mut columns {
        column.sort_unstable();
        column.dedup();
        rows.extend(column.iter().map(|&r| r as usize));
        starts.push(rows.len());
    }
    let dump = rows.len() as u32;
    let slot = |row: u32, column: u32| -> u32 {
        if row == 0 || column == 0 {
            return dump;
        }
        let (from, to) = (starts[column as usize - 1], starts[column as usize]);
        let found = rows[from..to].binary_search(&(row as usize - 1));
        found.map_or(dump, |k| (from + k) as u32)
    };
    for group in groups.iter_mut() {
        for (i, terms) in group.terms.chunks_exact(group.width).enumerate() {
            let of = |&(r, c): &(usize, usize)| slot(terms[r], terms[c]);
            let routes = |list: &[(usize, usize)]| -> Vec<Route> {
                let all = list
                    .iter()
                    .enumerate()
                    .map(|(e, entry)| Route { from: (i * list.len() + e) as u32, to: of(entry) });
                all.filter(|route| route.to != dump).collect()
            };
            match &group.split {
                Some(split) => {
                    for &r in &split.outer {
                        group.slots_outer.extend(split.outer.iter().map(|&c| of(&(r, c))));
                    }
                }
                None => {
                    group.slots_g.extend(routes(&group.pattern_g));
                    group.slots_c.extend(routes(&group.pattern_c));
                }
            }
        }
    }
    let diagonal = (0..=solved as u32).map(|u| slot(u, u)).collect();
    (Pattern { n: solved, starts, rows }, diagonal)
}

//! The circuit: nets and parts with numbers resolved, flat, every part with its path and its place in the netlist.
//!
//! Knows no file syntax and no number of a solution.

pub mod check;
pub mod definition;
pub mod equation;
pub mod evaluate;
pub mod function;
pub mod kind;
pub mod plan;
pub mod show;
pub mod unsteady;

use std::collections::HashMap;
use std::sync::Arc;

use petgraph::graph::{NodeIndex, UnGraph};

use crate::diag::Span;
use equation::Equation;
use kind::{KindRef, Label};
use unsteady::Unsteady;

/// A net; `NetId::GROUND` is node 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NetId(pub u32);

impl NetId {
    pub const GROUND: NetId = NetId(0);
}

#[derive(serde::Serialize, serde::Deserialize, Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PartId(pub u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModelId(pub u32);

/// A net: its path as written (`out`, `X1.row[3]`) and where it was first named.
#[derive(Clone, Debug)]
pub struct Net {
    pub name: String,
    pub span: Span,
}

/// A part: one instance of a [`kind::Kind`].
#[derive(Clone, Debug)]
pub struct Part {
    /// Instance path as written: `R1`, `X1.Xm[3,4]`.
    pub path: String,
    pub kind: KindRef,
    /// One net a pin, in the order of `kind.pins`.
    pub pins: Vec<NetId>,
    pub model: Option<ModelId>,
    /// What the line sets, by the canonical names of `kind.params`. `m` is already multiplied down the hierarchy.
    pub settings: Vec<(Label, Setting)>,
    pub span: Span,
}

/// A `.model` card as far as a circuit uses it.
#[derive(Clone, Debug)]
pub struct Model {
    pub name: String,
    /// What the card calls it, in lower case: `nmos`, `pmos`, `d`, `opamp`.
    pub base: String,
    pub settings: Vec<(Label, Setting)>,
    pub span: Span,
}

/// The value of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum Setting {
    Number(f64),
    /// `ic=0,1`; a PWL's points in turn: t0 v0 t1 v1 …
    Numbers(Vec<f64>),
    /// A keyword: `out=open`
    Text(String),
    /// An expression of voltages, currents and time, to be compiled
    Equation(Equation),
    /// Another part: the source that F, H and W sense; one of the inductors of K (once for each)
    Part(PartId),
    /// Other nets, in pairs: the controlling nodes of a POLY
    Nets(Vec<NetId>),
    /// The waveform of a source
    Wave(Wave),
}

/// The waveform of an independent source as written, numbers resolved; `None` where an argument was left out.
#[derive(Clone, Debug, PartialEq)]
pub struct Wave {
    /// `pulse sin exp pwl sffm am`
    pub shape: String,
    pub args: Vec<Option<f64>>,
    /// `r=` of a PWL: the time from which it repeats
    pub repeat: Option<f64>,
    /// `td=` of a PWL
    pub delay: f64,
}

#[derive(Clone, Debug, Default)]
pub struct Circuit {
    pub title: String,
    /// `nets[0]` is ground.
    pub nets: Vec<Net>,
    pub parts: Vec<Part>,
    pub models: Vec<Model>,
    /// Lower-case name → net, part.
    pub net_names: HashMap<String, NetId>,
    pub part_names: HashMap<String, PartId>,
    /// Parts whose parameters change while the circuit runs
    pub unsteady: HashMap<PartId, Arc<Unsteady>>,
}

/// What a vertex of [`Circuit::graph`] stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Vertex {
    Net(NetId),
    Part(PartId),
}

impl Circuit {
    pub fn part(&self, id: PartId) -> &Part {
        &self.parts[id.0 as usize]
    }

    pub fn net(&self, id: NetId) -> &Net {
        &self.nets[id.0 as usize]
    }

    pub fn model(&self, id: ModelId) -> &Model {
        &self.models[id.0 as usize]
    }

    pub fn part_ids(&self) -> impl Iterator<Item = PartId> + use<> {
        (0..self.parts.len() as u32).map(PartId)
    }

    /// What `name` is set to: on the line, else in the part's model.
    pub fn setting(&self, part: PartId, name: &str) -> Option<&Setting> {
        let part = self.part(part);
        let model = part.model.map(|m| &self.model(m).settings[..]).unwrap_or(&[]);
        // The last of a name wins, the line over the model.
        let find = |s: &'_ [(Label, Setting)]| s.iter().rposition(|(n, _)| *n == name);
        match find(&part.settings) {
            Some(i) => Some(&part.settings[i].1),
            None => find(model).map(|i| &model[i].1),
        }
    }

    /// A number: set on the line, else in the model, else the kind's default; NaN where none of the three gives one.
    pub fn number(&self, part: PartId, name: &str) -> f64 {
        let kind = &self.part(part).kind;
        match (self.setting(part, name), kind.definition()) {
            (Some(Setting::Number(v)), _) => *v,
            (_, None) => kind.default(name),
            (_, Some(_)) => kind.param(name).map_or(f64::NAN, |k| self.numbers(part)[k]),
        }
    }

    /// All numeric parameters of a part in the order of `kind.params`; see [`Circuit::number`].
    pub fn numbers(&self, part: PartId) -> Vec<f64> {
        let p = self.part(part);
        let mut given = vec![None; p.kind.params.len()];
        let model = p.model.map(|m| &self.model(m).settings[..]).unwrap_or(&[]);
        for (name, setting) in model.iter().chain(&p.settings) {
            if let (Setting::Number(v), Some(k)) = (setting, p.kind.param(name)) {
                given[k] = Some(*v);
            }
        }
        match p.kind.definition() {
            Some(definition) => definition.parameters(&given),
            None => p.kind.params.iter().zip(given).map(|(p, g)| g.or(p.default).unwrap_or(f64::NAN)).collect(),
        }
    }

    /// Nets and parts as vertices, a pin per edge (its weight is the index of the pin). Nets come first, in order, then parts.
    pub fn graph(&self) -> UnGraph<Vertex, usize> {
        let pins = self.parts.iter().map(|p| p.pins.len()).sum();
        let mut graph = UnGraph::with_capacity(self.nets.len() + self.parts.len(), pins);
        for n in 0..self.nets.len() {
            graph.add_node(Vertex::Net(NetId(n as u32)));
        }
        for (p, part) in self.parts.iter().enumerate() {
            let vertex = graph.add_node(Vertex::Part(PartId(p as u32)));
            for (k, net) in part.pins.iter().enumerate() {
                graph.add_edge(vertex, NodeIndex::new(net.0 as usize), k);
            }
        }
        graph
    }
}

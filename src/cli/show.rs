//! `memspice show graph|tree|matrix|device FILE`: a netlist as the simulator sees it.

use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::Exit;
use super::netlist::{Netlist, Reading};
use super::terminal::{complain, print};
use crate::circuit::definition::Definition;
use crate::circuit::show::{graph_dot, graph_text, tree_dot, tree_text};
use crate::mna::show::{matrix_dot, matrix_text};
use crate::mna::{Condensation, System};
use crate::model::derived::text;

/// Shows the circuit of a netlist, as text or for Graphviz.
#[derive(Args, Debug)]
pub struct Show {
    pub what: What,
    /// The netlist, or - for standard input
    pub file: String,
    /// With `device`: which of the file's devices; all without
    pub name: Option<String>,
    #[arg(long, value_enum, default_value = "text")]
    pub format: Form,
    #[command(flatten)]
    pub reading: Reading,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum What {
    /// Nets and the pins on them
    Graph,
    /// Instances, subcircuits opened
    Tree,
    /// The pattern of the system matrix
    Matrix,
    /// The equations of a .device: unknowns, F, Q and their derivatives
    Device,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    Text,
    Dot,
}

pub fn run(args: &Show) -> Exit {
    let netlist = Netlist::read(&args.file, &args.reading);
    netlist.show(&netlist.diagnostics, true);
    let Some(deck) = &netlist.deck else { return Exit::Netlist };
    let circuit = &deck.circuit;
    if args.what == What::Device {
        return devices(&netlist.devices, args.name.as_deref());
    }
    print(&match (args.what, args.format) {
        (What::Graph, Form::Text) => graph_text(circuit),
        (What::Graph, Form::Dot) => graph_dot(circuit),
        (What::Tree, Form::Text) => tree_text(circuit),
        (What::Tree, Form::Dot) => tree_dot(circuit),
        (What::Device, _) => String::new(),
        (What::Matrix, form) => match System::new(circuit.clone(), Condensation::Condensed) {
            Ok(system) if form == Form::Text => matrix_text(&system),
            Ok(system) => matrix_dot(&system),
            Err(error) => {
                complain(&format!("error: {error}\n"));
                return Exit::Netlist;
            }
        },
    });
    Exit::Passed
}

/// The derived systems of the devices of a netlist.
fn devices(devices: &[Arc<Definition>], name: Option<&str>) -> Exit {
    let chosen: Vec<&Arc<Definition>> =
        devices.iter().filter(|d| name.is_none_or(|n| d.kind.name.eq_ignore_ascii_case(n))).collect();
    if chosen.is_empty() {
        let names: Vec<&str> = devices.iter().map(|d| &*d.kind.name).collect();
        let message = match name {
            Some(n) => format!("the netlist defines no device `{n}`"),
            None => "the netlist defines no device".to_string(),
        };
        let help = match names.is_empty() {
            true => String::new(),
            false => format!("; it defines {}", names.join(", ")),
        };
        complain(&format!("error: {message}{help}\n"));
        return Exit::Netlist;
    }
    print(&chosen.iter().map(|d| text(d)).collect::<Vec<_>>().join("\n"));
    Exit::Passed
}

//! `memspice show graph|tree|matrix|device|fsm FILE`: a netlist as the simulator sees it.

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
use crate::process::bodies::{Body, bodies};
use crate::process::fsm::{self, Fsm, fsm};

/// Shows the circuit of a netlist, as text or for Graphviz.
#[derive(Args, Debug)]
pub struct Show {
    pub what: What,
    /// The netlist, or - for standard input
    pub file: String,
    /// With `device` and `fsm`: which of the file's devices or models of devices, protocols and `.always`; all without
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
    /// The state machines of .always and .protocol
    Fsm,
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
        return devices(&netlist, args.name.as_deref());
    }
    if args.what == What::Fsm {
        return machines(&netlist, args.name.as_deref(), args.format);
    }
    print(&match (args.what, args.format) {
        (What::Graph, Form::Text) => graph_text(circuit),
        (What::Graph, Form::Dot) => graph_dot(circuit),
        (What::Tree, Form::Text) => tree_text(circuit),
        (What::Tree, Form::Dot) => tree_dot(circuit),
        (What::Device | What::Fsm, _) => String::new(),
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

/// The state machines of what runs beside the circuit.
fn machines(netlist: &Netlist, name: Option<&str>, form: Form) -> Exit {
    let Some(machine) = netlist.machine() else { return Exit::Netlist };
    let all = bodies(&machine);
    let named = |b: &&Body| name.is_none_or(|n| b.path.eq_ignore_ascii_case(n) || b.name.is(n));
    let reads = |span| netlist.sources.snippet(span).to_string();
    let chosen: Vec<Fsm> = all.iter().filter(named).map(|b| fsm(b, &reads)).collect();
    if chosen.is_empty() {
        let names: Vec<&str> = all.iter().map(|b| b.path.as_str()).collect();
        let message = match name {
            Some(n) => format!("the netlist has no protocol or .always `{n}`"),
            None => "the netlist has neither a .protocol nor an .always".to_string(),
        };
        let help = if names.is_empty() { String::new() } else { format!("; it has {}", names.join(", ")) };
        complain(&format!("error: {message}{help}\n"));
        return Exit::Netlist;
    }
    print(&match form {
        Form::Text => chosen.iter().map(fsm::text).collect::<Vec<_>>().join("\n"),
        Form::Dot => fsm::dot(&chosen),
    });
    Exit::Passed
}

/// The derived systems of the devices of a netlist; of a `.model`, that of its device with what it sets.
fn devices(netlist: &Netlist, name: Option<&str>) -> Exit {
    let devices = &netlist.devices;
    if let Some((of, set)) = name.and_then(|n| netlist.model(n))
        && let Some(device) = devices.iter().find(|d| d.kind.name.eq_ignore_ascii_case(&of))
    {
        print(&format!("model {} of ", name.unwrap_or_default()));
        print(&text(device, &set));
        return Exit::Passed;
    }
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
    print(&chosen.iter().map(|d| text(d, &[])).collect::<Vec<_>>().join("\n"));
    Exit::Passed
}

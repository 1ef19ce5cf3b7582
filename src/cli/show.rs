//! `memspice show graph|tree|matrix FILE`: a netlist as the simulator sees it.

use clap::{Args, ValueEnum};

use super::Exit;
use super::netlist::{Netlist, Reading};
use super::terminal::{complain, print};
use crate::circuit::show::{graph_dot, graph_text, tree_dot, tree_text};
use crate::mna::show::{matrix_dot, matrix_text};
use crate::mna::{Condensation, System};

/// Shows the circuit of a netlist, as text or for Graphviz.
#[derive(Args, Debug)]
pub struct Show {
    pub what: What,
    /// The netlist, or - for standard input
    pub file: String,
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
    print(&match (args.what, args.format) {
        (What::Graph, Form::Text) => graph_text(circuit),
        (What::Graph, Form::Dot) => graph_dot(circuit),
        (What::Tree, Form::Text) => tree_text(circuit),
        (What::Tree, Form::Dot) => tree_dot(circuit),
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

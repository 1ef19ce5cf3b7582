//! A circuit → text or Graphviz dot: its graph of nets and parts, its tree of instances.

use std::collections::HashMap;
use std::fmt::Write;

use super::Circuit;

/// Every net with the pins on it.
pub fn graph_text(circuit: &Circuit) -> String {
    let mut pins: Vec<Vec<String>> = vec![Vec::new(); circuit.nets.len()];
    for part in &circuit.parts {
        for (k, net) in part.pins.iter().enumerate() {
            pins[net.0 as usize].push(format!(
                "{}.{}",
                part.path,
                part.kind.pins[part.kind.pin_of(k, part.pins.len())].name
            ));
        }
    }
    let width = circuit.nets.iter().map(|n| n.name.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for (net, pins) in circuit.nets.iter().zip(pins) {
        let _ = writeln!(text, "{:width$}  {}", net.name, pins.join(" "));
    }
    text
}

/// An undirected graph: nets are ellipses, parts boxes, an edge a pin.
pub fn graph_dot(circuit: &Circuit) -> String {
    let mut text = String::from("graph circuit {\n  node [fontname=\"sans-serif\"];\n");
    for (k, net) in circuit.nets.iter().enumerate() {
        let shape = if k == 0 { ", shape=doublecircle" } else { "" };
        let _ = writeln!(text, "  n{k} [label={}{shape}];", quoted(&net.name));
    }
    for (k, part) in circuit.parts.iter().enumerate() {
        let label = format!("{}\n{}", part.path, part.kind.name);
        let _ = writeln!(text, "  p{k} [label={}, shape=box];", quoted(&label));
        for (pin, net) in part.pins.iter().enumerate() {
            let name = &part.kind.pins[part.kind.pin_of(pin, part.pins.len())].name;
            let _ = writeln!(text, "  p{k} -- n{} [label={}, fontsize=9];", net.0, quoted(name));
        }
    }
    text + "}\n"
}

/// An instance: the parts inside it, or the part it is.
#[derive(Default)]
struct Branch<'a> {
    inside: Vec<(&'a str, Branch<'a>)>,
    /// Places in `inside`
    names: HashMap<&'a str, usize>,
    part: Option<usize>,
}

/// The hierarchy that instance paths describe, in the order of the netlist.
fn tree(circuit: &Circuit) -> Branch<'_> {
    let mut root = Branch::default();
    for (k, part) in circuit.parts.iter().enumerate() {
        let mut at = &mut root;
        for name in part.path.split('.') {
            let next = at.inside.len();
            let place = *at.names.entry(name).or_insert(next);
            if place == next {
                at.inside.push((name, Branch::default()));
            }
            at = &mut at.inside[place].1;
        }
        at.part = Some(k);
    }
    root
}

impl Branch<'_> {
    fn parts(&self) -> usize {
        usize::from(self.part.is_some()) + self.inside.iter().map(|b| b.1.parts()).sum::<usize>()
    }

    fn write(&self, circuit: &Circuit, indent: &str, text: &mut String) {
        for (k, (name, branch)) in self.inside.iter().enumerate() {
            let last = k + 1 == self.inside.len();
            let what = match branch.part.map(|p| &circuit.parts[p]) {
                Some(part) => {
                    let nets: Vec<&str> = part.pins.iter().map(|n| circuit.net(*n).name.as_str()).collect();
                    let model = part.model.map_or(String::new(), |m| format!(" {}", circuit.model(m).name));
                    format!("{}{model}: {}", part.kind.name, nets.join(" "))
                }
                None => format!("{} parts", branch.parts()),
            };
            let _ = writeln!(text, "{indent}{}{name}  {what}", if last { "└ " } else { "├ " });
            branch.write(circuit, &format!("{indent}{}", if last { "  " } else { "│ " }), text);
        }
    }

    fn dot(&self, circuit: &Circuit, id: &str, text: &mut String) {
        for (k, (name, branch)) in self.inside.iter().enumerate() {
            let child = format!("{id}_{k}");
            let kind = branch.part.map_or(String::new(), |p| format!("\n{}", circuit.parts[p].kind.name));
            let _ = writeln!(text, "  {child} [label={}];\n  {id} -> {child};", quoted(&format!("{name}{kind}")));
            branch.dot(circuit, &child, text);
        }
    }
}

/// The tree of instances, a line each.
pub fn tree_text(circuit: &Circuit) -> String {
    let title = if circuit.title.trim().is_empty() { "deck" } else { circuit.title.trim() };
    let mut text = format!("{title}  {} nets, {} parts\n", circuit.nets.len(), circuit.parts.len());
    tree(circuit).write(circuit, "", &mut text);
    text
}

/// The tree of instances as a directed graph.
pub fn tree_dot(circuit: &Circuit) -> String {
    let mut text = String::from("digraph instances {\n  node [fontname=\"sans-serif\", shape=box];\n  rankdir=LR;\n");
    let _ = writeln!(text, "  i [label={}];", quoted(circuit.title.trim()));
    tree(circuit).dot(circuit, "i", &mut text);
    text + "}\n"
}

/// A string of the dot language.
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::resistor;
    use crate::device::testing::{circuit, numbers, part};

    fn divider() -> Circuit {
        let mut c = circuit(&["in", "X1.mid"]);
        c.title = "a \"divider\"".into();
        part(&mut c, &resistor::KIND, "X1.Ra", &["in", "X1.mid"], None, numbers(&[("r", 1.0)]));
        part(&mut c, &resistor::KIND, "R2", &["X1.mid", "0"], None, numbers(&[("r", 1.0)]));
        part(&mut c, &resistor::KIND, "X1.Rb", &["X1.mid", "0"], None, numbers(&[("r", 1.0)]));
        c
    }

    #[test]
    fn a_net_lists_its_pins() {
        let expected = "0       R2.n X1.Rb.n\nin      X1.Ra.p\nX1.mid  X1.Ra.n R2.p X1.Rb.p\n";
        assert_eq!(graph_text(&divider()), expected);
    }

    #[test]
    fn instances_stand_under_their_subcircuit() {
        let expected = "a \"divider\"  3 nets, 3 parts\n├ X1  2 parts\n│ ├ Ra  resistor: in X1.mid\n\
                        │ └ Rb  resistor: X1.mid 0\n└ R2  resistor: X1.mid 0\n";
        assert_eq!(tree_text(&divider()), expected);
    }

    #[test]
    fn dot_names_nets_and_pins() {
        let dot = graph_dot(&divider());
        assert!(dot.contains("n2 [label=\"X1.mid\"];") && dot.contains("p1 -- n0 [label=\"n\", fontsize=9];"), "{dot}");
        assert!(tree_dot(&divider()).contains("i [label=\"a \\\"divider\\\"\"];"));
    }
}

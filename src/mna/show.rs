//! A system's matrix → text or Graphviz dot: which unknown stands in which equation.

use std::fmt::Write;

use super::System;
use crate::circuit::show::quoted;

/// Larger matrices are shown shrunk to this many rows.
const MOST_ROWS: usize = 100;

/// Size, number of entries, and the pattern: `#` where there is an entry, rows are equations.
pub fn matrix_text(system: &System) -> String {
    let (n, entries) = (system.solved, system.pattern.rows.len());
    let condensed = system.unknowns().saturating_sub(n + 1);
    let mut text = format!("{n} unknowns, {entries} entries, {condensed} states condensed\n");
    if n == 0 {
        return text;
    }
    let scale = n.div_ceil(MOST_ROWS);
    let size = n.div_ceil(scale);
    let mut dots = vec![vec![false; size]; size];
    for column in 0..n {
        for &row in &system.pattern.rows[system.pattern.starts[column]..system.pattern.starts[column + 1]] {
            dots[row / scale][column / scale] = true;
        }
    }
    if scale > 1 {
        let _ = writeln!(text, "each sign stands for {scale} × {scale} places");
    }
    let name = |row: usize| if scale > 1 { format!("{}", row * scale + 1) } else { system.name(row + 1) };
    let names: Vec<String> = (0..size).map(name).collect();
    let width = names.iter().map(|n| n.chars().count()).max().unwrap_or(0);
    for (name, dots) in names.iter().zip(&dots) {
        let signs: String = dots.iter().map(|d| if *d { '#' } else { '·' }).collect();
        let _ = writeln!(text, "{name:width$}  {signs}");
    }
    text
}

/// A directed graph: an edge from each unknown to the equations it stands in.
pub fn matrix_dot(system: &System) -> String {
    let mut text = String::from("digraph matrix {\n  node [fontname=\"sans-serif\"];\n");
    for column in 0..system.solved {
        let _ = writeln!(text, "  u{column} [label={}];", quoted(&system.name(column + 1)));
        for row in &system.pattern.rows[system.pattern.starts[column]..system.pattern.starts[column + 1]] {
            let _ = writeln!(text, "  u{column} -> u{row};");
        }
    }
    text + "}\n"
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::device::resistor;
    use crate::device::testing::{circuit, numbers, part};
    use crate::mna::Condensation;

    #[test]
    fn a_ladder_is_tridiagonal() {
        let mut c = circuit(&["a", "b", "c"]);
        for (name, nets) in [("R1", ["a", "b"]), ("R2", ["b", "c"]), ("R3", ["c", "0"])] {
            part(&mut c, &resistor::KIND, name, &nets, None, numbers(&[("r", 1.0)]));
        }
        let system = System::new(Arc::new(c), Condensation::Condensed).unwrap();
        let text = matrix_text(&system);
        let signs: Vec<&str> = text.lines().skip(1).filter_map(|l| l.split_whitespace().last()).collect();
        assert_eq!(signs, ["##·", "###", "·##"], "{text}");
        assert!(matrix_dot(&system).contains("u0 -> u1;"));
    }
}

//! One copy of a subcircuit: which nets its ports are, and how names inside it become names of the flat circuit.

use std::cell::Cell;
use std::collections::HashMap;

use super::fault::Fault;
use crate::circuit::NetId;
use crate::diag::Span;

/// Nets of one bus in one statement are at most this many.
const MAX_WIDTH: usize = 1_000_000;

/// First and last index of each axis of a bus, by lower-case name.
pub type Buses = HashMap<String, Vec<(i64, i64)>>;

/// A copy of a subcircuit, or the deck itself.
#[derive(Debug, Default)]
pub struct Instance {
    /// `X1.X2.`, as written; empty for the deck.
    pub prefix: String,
    /// The same in lower case.
    pub lower: String,
    /// Nets of ports by lower-case name, each element of a bus apart: `col[3]`.
    pub ports: HashMap<String, Port>,
    /// The ports that are buses
    pub buses: Buses,
    /// `m=` of this copy times those around it.
    pub multiplier: f64,
    /// Names of the subcircuits around this copy, outermost first.
    pub within: Vec<String>,
}

#[derive(Debug)]
pub struct Port {
    pub net: Cell<NetId>,
    pub used: Cell<bool>,
}

impl Instance {
    /// The deck itself.
    pub fn top() -> Instance {
        Instance { multiplier: 1.0, ..Instance::default() }
    }

    pub fn port(&self, lower: &str) -> Option<NetId> {
        self.ports.get(lower).map(|p| {
            p.used.set(true);
            p.net.get()
        })
    }
}

/// Whether a name is node 0.
pub fn is_ground(lower: &str) -> bool {
    matches!(lower, "0" | "gnd" | "gnd!")
}

/// Every combination of the indices, the last axis fastest, as text behind `base`: `row[0]`, `row[1]` …
pub fn spread(base: &str, axes: &[(i64, i64)], span: Span) -> Result<Vec<String>, Fault> {
    let count = axes.iter().try_fold(1i64, |n, (a, b)| n.checked_mul((b - a + 1).max(0)));
    let Some(count) = count.filter(|&n| n <= MAX_WIDTH as i64) else {
        return Err(Fault::new("elab::bus-too-wide", span, format!("more than {MAX_WIDTH} nets in one bus"), "here"));
    };
    if let Some((a, _)) = axes.iter().find(|(a, b)| *a < 0 && a <= b) {
        return Err(Fault::new("elab::negative-index", span, format!("index {a} is negative"), "here")
            .with_help("indices count from 0; check the bounds of the loop around this line"));
    }
    let mut out = Vec::with_capacity(count as usize);
    let mut at: Vec<i64> = axes.iter().map(|a| a.0).collect();
    for _ in 0..count {
        let places: Vec<String> = at.iter().map(i64::to_string).collect();
        out.push(format!("{base}[{}]", places.join(",")));
        for k in (0..axes.len()).rev() {
            if at[k] < axes[k].1 {
                at[k] += 1;
                break;
            }
            at[k] = axes[k].0;
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::FileId;

    #[test]
    fn a_bus_spreads_row_by_row() {
        let span = Span::new(FileId(0), 0, 0);
        assert_eq!(spread("c", &[(0, 1), (2, 3)], span).unwrap(), ["c[0,2]", "c[0,3]", "c[1,2]", "c[1,3]"]);
        assert!(spread("c", &[(3, 2)], span).unwrap().is_empty());
        assert!(spread("c", &[(-1, 2)], span).is_err());
        assert!(spread("c", &[(0, i64::MAX - 1), (0, 9)], span).is_err());
    }
}

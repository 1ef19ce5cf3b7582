//! Rows of equations as nodes of a graph → where each result and each derivative is stamped.

use super::places::Places;
use super::stamps::Stamps;
use crate::model::dag::Id;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    F(usize),
    Q(usize),
    /// An entry of the pattern
    G(usize),
    C(usize),
}

/// Adds sign · output somewhere.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stamp {
    pub output: usize,
    pub target: Target,
    pub sign: f64,
}

/// A row of the equations: F and Q of some terminals with their signs.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub terminals: Vec<(usize, f64)>,
    pub f: Option<Id>,
    pub q: Option<Id>,
}

/// Collects outputs and stamps, each output and each entry of a pattern once.
#[derive(Clone, Debug, Default)]
pub(super) struct Stamping {
    pub outputs: Vec<Id>,
    pub stamps: Vec<Stamp>,
    pub pattern_g: Vec<(usize, usize)>,
    pub pattern_c: Vec<(usize, usize)>,
}

impl Stamping {
    fn output(&mut self, id: Id) -> usize {
        self.outputs.iter().position(|o| *o == id).unwrap_or_else(|| {
            self.outputs.push(id);
            self.outputs.len() - 1
        })
    }

    fn entry(pattern: &mut Vec<(usize, usize)>, at: (usize, usize)) -> usize {
        pattern.iter().position(|p| *p == at).unwrap_or_else(|| {
            pattern.push(at);
            pattern.len() - 1
        })
    }

    /// F or Q of a row.
    pub fn value(&mut self, row: &Row, static_part: bool, id: Id) {
        let output = self.output(id);
        for &(terminal, sign) in &row.terminals {
            let target = if static_part { Target::F(terminal) } else { Target::Q(terminal) };
            self.stamps.push(Stamp { output, target, sign });
        }
    }

    /// ∂(row)/∂(plus) and −∂(row)/∂(minus)
    pub fn slope(&mut self, row: &Row, static_part: bool, by: (Option<usize>, Option<usize>), id: Id) {
        let output = self.output(id);
        for &(terminal, sign) in &row.terminals {
            for (column, side) in [(by.0, 1.0), (by.1, -1.0)] {
                let Some(column) = column else { continue };
                let target = match static_part {
                    true => Target::G(Stamping::entry(&mut self.pattern_g, (terminal, column))),
                    false => Target::C(Stamping::entry(&mut self.pattern_c, (terminal, column))),
                };
                self.stamps.push(Stamp { output, target, sign: sign * side });
            }
        }
    }
}

/// Adds one block of outputs, `outputs[n * width + k]`, where it belongs.
pub(super) fn scatter(stamps: &[Stamp], places: Places, width: usize, outputs: &mut [f64], out: &mut Stamps) {
    for stamp in stamps {
        let values = &mut outputs[stamp.output * width..][..width];
        let (into, slots, slot) = match stamp.target {
            Target::F(row) => (&mut *out.f, out.width, row),
            Target::Q(row) => (&mut *out.q, out.width, row),
            Target::G(entry) => (&mut *out.g, out.entries_g, entry),
            Target::C(entry) => (&mut *out.c, out.entries_c, entry),
        };
        let lanes = out.lanes;
        places.each(values, |value, i, lane| into[(i * slots + slot) * lanes + lane] += stamp.sign * *value);
    }
}

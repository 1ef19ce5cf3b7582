//! A DAG as a list of instructions on registers, run over lanes.
//!
//! A register is a row of [`BLOCK`] lanes (`lanes`). What matters only in a region (`regions`) is computed
//! for the lanes that are in it. Few lanes go through a scalar loop instead; both run the same functions in the same order, so
//! a lane's bits do not depend on how many others there are.

use pulp::Arch;

use super::dag::{Dag, Id, Node};
use super::lanes::Block;
use super::math;
use super::op::{Binary, Unary};
use super::regions::segments;
use super::table::Table;

/// Lanes that an instruction works on at a time: enough that choosing the instruction costs little, few enough that the
/// registers of most models stay in the first cache.
pub const BLOCK: usize = 256;
/// Up to this many lanes are done one after the other.
const FEW: usize = 3;
/// Fewer lanes than this are not worth taking apart.
const FEW_TO_PART: usize = 32;

/// Where an instruction reads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Operand {
    Const(f64),
    Input(usize),
    Register(usize),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Instruction {
    Unary(Unary, Operand),
    Binary(Binary, Operand, Operand),
    Select(Operand, Operand, Operand),
    Table(usize, Operand),
    Slope(usize, Operand),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Step {
    /// Into a register
    Compute(usize, Instruction),
    /// Into an output
    Store(usize, Operand),
    /// The following steps matter only for lanes that satisfy the guard of the n-th region
    Region(usize),
}

/// Steps that matter only where conditions hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Region {
    /// Conditions and whether they must hold
    pub guard: Vec<(Operand, bool)>,
    pub steps: usize,
    /// About how many additions they take a lane
    pub work: usize,
    /// What its steps read that is not computed by them: inputs, and registers
    pub reads: [Vec<usize>; 2],
    /// Registers that are looked at behind it
    pub gives: Vec<usize>,
}

impl Step {
    /// What it reads.
    fn operands(&self, regions: &[Region]) -> Vec<Operand> {
        match self {
            Step::Compute(_, instruction) => match *instruction {
                Instruction::Unary(_, a) | Instruction::Table(_, a) | Instruction::Slope(_, a) => vec![a],
                Instruction::Binary(_, a, b) => vec![a, b],
                Instruction::Select(c, a, b) => vec![c, a, b],
            },
            Step::Store(_, from) => vec![*from],
            Step::Region(n) => regions[*n].guard.iter().map(|g| g.0).collect(),
        }
    }
}

/// What carrying a number to and fro costs, in additions.
const CARRY: usize = 16;

impl Region {
    /// Whether it is less work to take `some` of `all` lanes apart than to compute all.
    #[inline]
    pub fn worth_parting(&self, some: usize, all: usize) -> bool {
        let carried = self.reads[0].len() + self.reads[1].len() + self.gives.len();
        all >= FEW_TO_PART && some * (self.work + CARRY * carried) < all * self.work
    }
}

/// Something that runs: inputs in, outputs out.
#[derive(Clone, Debug, Default)]
pub struct Tape {
    pub(super) steps: Vec<Step>,
    pub(super) tables: Vec<Table>,
    inputs: usize,
    outputs: usize,
    pub(super) registers: usize,
    pub(super) regions: Vec<Region>,
}

impl Tape {
    /// Compiles what computes `outputs` from the values of the nodes `inputs` (any nodes; every `Node::Input` the outputs
    /// depend on must be among them or hidden behind them, else it reads as 0).
    pub fn compile(dag: &Dag, inputs: &[Id], outputs: &[Id]) -> Tape {
        let found = dag.reachable(outputs, inputs);
        let segments = segments(dag, &found, outputs, inputs);
        let order: Vec<Id> = segments.iter().flat_map(|s| s.nodes.iter().copied()).collect();
        let mut tape =
            Tape { tables: dag.tables().to_vec(), inputs: inputs.len(), outputs: outputs.len(), ..Tape::default() };
        let size = order.iter().chain(inputs).chain(outputs).map(|id| id.0 as usize + 1).max().unwrap_or(0);
        let mut last_use = vec![0; size];
        for (n, &id) in order.iter().enumerate() {
            dag.node(id).arguments().for_each(|a| last_use[a.0 as usize] = n);
        }
        let mut first = 0;
        for segment in &segments {
            // A condition is asked for before the first node it guards.
            segment.guard.iter().for_each(|(c, _)| last_use[c.0 as usize] = last_use[c.0 as usize].max(first));
            first += segment.nodes.len();
        }
        let mut place = vec![Operand::Const(0.0); size];
        inputs.iter().enumerate().for_each(|(n, id)| place[id.0 as usize] = Operand::Input(n));
        let mut free: Vec<usize> = Vec::new();
        let store = |tape: &mut Tape, id: Id, from: Operand| {
            let wanted = outputs.iter().enumerate().filter(|(_, o)| **o == id);
            wanted.for_each(|(n, _)| tape.steps.push(Step::Store(n, from)));
        };
        inputs.iter().enumerate().for_each(|(n, &id)| store(&mut tape, id, Operand::Input(n)));
        let starts: Vec<usize> =
            segments.iter().scan(0, |next, s| Some(std::mem::replace(next, *next + s.nodes.len()))).collect();
        let mut open: Option<usize> = None;
        for (n, &id) in order.iter().enumerate() {
            if let Ok(s) = starts.binary_search(&n) {
                tape.close(&mut open);
                let guard = &segments[s].guard;
                if !guard.is_empty() {
                    let guard = guard.iter().map(|(c, holds)| (place[c.0 as usize], *holds)).collect();
                    open = Some(tape.steps.len());
                    tape.steps.push(Step::Region(tape.regions.len()));
                    tape.regions.push(Region { guard, work: segments[s].work, ..Region::default() });
                }
            }
            let node = dag.node(id);
            let at = |id: Id| place[id.0 as usize];
            let instruction = match node {
                Node::Const(bits) => {
                    place[id.0 as usize] = Operand::Const(f64::from_bits(bits));
                    store(&mut tape, id, place[id.0 as usize]);
                    continue;
                }
                Node::Input(_) => {
                    store(&mut tape, id, Operand::Const(0.0));
                    continue;
                }
                Node::Unary(op, a) => Instruction::Unary(op, at(a)),
                Node::Binary(op, a, b) => Instruction::Binary(op, at(a), at(b)),
                Node::Select(c, a, b) => Instruction::Select(at(c), at(a), at(b)),
                Node::Table(t, a) => Instruction::Table(t as usize, at(a)),
                Node::Slope(t, a) => Instruction::Slope(t as usize, at(a)),
            };
            // The target is never one of the arguments: lanes are read and written as separate slices.
            let target = free.pop().unwrap_or_else(|| {
                tape.registers += 1;
                tape.registers - 1
            });
            place[id.0 as usize] = Operand::Register(target);
            tape.steps.push(Step::Compute(target, instruction));
            store(&mut tape, id, Operand::Register(target));
            let mut done: Vec<Id> = node.arguments().chain([id]).filter(|a| last_use[a.0 as usize] <= n).collect();
            done.sort_unstable();
            done.dedup();
            for a in done {
                if let Operand::Register(r) = place[a.0 as usize] {
                    free.push(r);
                }
            }
        }
        tape.close(&mut open);
        for at in 0..tape.steps.len() {
            if let Step::Region(n) = tape.steps[at] {
                tape.look_around(at, n);
            }
        }
        tape
    }

    /// Ends the steps of a region.
    fn close(&mut self, open: &mut Option<usize>) {
        if let Some(at) = open.take()
            && let Step::Region(n) = self.steps[at]
        {
            self.regions[n].steps = self.steps.len() - at - 1;
        }
    }

    /// What the n-th region, whose steps follow step `at`, reads and what it gives.
    fn look_around(&mut self, at: usize, n: usize) {
        let end = at + 1 + self.regions[n].steps;
        let (mut reads, mut written) = ([Vec::new(), Vec::new()], Vec::new());
        for step in &self.steps[at + 1..end] {
            for operand in step.operands(&self.regions) {
                match operand {
                    Operand::Input(k) if !reads[0].contains(&k) => reads[0].push(k),
                    Operand::Register(r) if !written.contains(&r) && !reads[1].contains(&r) => reads[1].push(r),
                    _ => {}
                }
            }
            if let Step::Compute(r, _) = step
                && !written.contains(r)
            {
                written.push(*r);
            }
        }
        let looked_at = |r: &usize| {
            for step in &self.steps[end..] {
                if step.operands(&self.regions).contains(&Operand::Register(*r)) {
                    return true;
                }
                if matches!(step, Step::Compute(to, _) if to == r) {
                    return false;
                }
            }
            false
        };
        written.retain(looked_at);
        (self.regions[n].reads, self.regions[n].gives) = (reads, written);
    }

    pub fn inputs(&self) -> usize {
        self.inputs
    }

    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// How many numbers of scratch [`Tape::run`] needs.
    pub fn scratch(&self) -> usize {
        let apart = if self.regions.is_empty() { 0 } else { self.registers + self.inputs };
        (self.registers + apart) * BLOCK
    }

    /// How many instructions there are.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Evaluates `width` lanes: `inputs[n * width + lane]` → `outputs[n * width + lane]`. `scratch` holds at least
    /// [`Tape::scratch`] numbers of any value. Allocates nothing.
    pub fn run(&self, width: usize, inputs: &[f64], scratch: &mut [f64], outputs: &mut [f64]) {
        self.run_on(Arch::new(), width, inputs, scratch, outputs);
    }

    /// [`Tape::run`] with the vectors of a given machine.
    pub fn run_on(&self, machine: Arch, width: usize, inputs: &[f64], scratch: &mut [f64], outputs: &mut [f64]) {
        if width <= FEW {
            for lane in 0..width {
                self.run_one(width, lane, inputs, scratch, outputs);
            }
        } else {
            for start in (0..width).step_by(BLOCK) {
                let count = BLOCK.min(width - start);
                machine.dispatch(Block { tape: self, width, start, count, inputs, scratch, outputs });
            }
        }
    }

    fn run_one(&self, width: usize, lane: usize, inputs: &[f64], registers: &mut [f64], outputs: &mut [f64]) {
        let mut next = 0;
        while let Some(step) = self.steps.get(next) {
            next += 1;
            let at = |o: Operand| match o {
                Operand::Const(v) => v,
                Operand::Input(n) => inputs[n * width + lane],
                Operand::Register(r) => registers[r],
            };
            match *step {
                Step::Compute(target, instruction) => {
                    registers[target] = match instruction {
                        Instruction::Unary(op, a) => op.apply(at(a)),
                        Instruction::Binary(op, a, b) => op.apply(at(a), at(b)),
                        Instruction::Select(c, a, b) => math::select(at(c), at(a), at(b)),
                        Instruction::Table(t, a) => self.tables[t].value(at(a)),
                        Instruction::Slope(t, a) => self.tables[t].slope(at(a)),
                    }
                }
                Step::Store(n, from) => outputs[n * width + lane] = at(from),
                Step::Region(n) => {
                    let region = &self.regions[n];
                    if !region.guard.iter().all(|&(c, holds)| (at(c) != 0.0) == holds) {
                        next += region.steps;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// e^(x·y) + table(x) · (x > y ? x : y), and its parts, in any number of lanes.
    #[test]
    fn lanes_have_the_bits_of_the_graph_however_many_there_are() {
        let mut d = Dag::new();
        let (x, y) = (d.input(0), d.input(1));
        let product = d.mul(x, y);
        let e = d.unary(Unary::Exp, product);
        let t = d.piecewise(Table::new([(-1.0, 0.0), (0.5, 2.0), (2.0, -1.0)]), x);
        let above = d.binary(Binary::Gt, x, y);
        let larger = d.select(above, x, y);
        let scaled = d.mul(t, larger);
        let sum = d.add(e, scaled);
        let slope = d.slope(0, x);
        let seven = d.constant(7.0);
        let outputs = [sum, slope, seven, y, e];
        let tape = Tape::compile(&d, &[x, y], &outputs);
        for width in [1, 2, 3, 4, 5, 63, 64, 65, 200] {
            let inputs: Vec<f64> = (0..2 * width).map(|i| ((i * 37) % 101) as f64 / 30.0 - 1.5).collect();
            let mut scratch = vec![f64::NAN; tape.scratch()];
            let mut results = vec![f64::NAN; outputs.len() * width];
            tape.run(width, &inputs, &mut scratch, &mut results);
            for lane in 0..width {
                let values = d.evaluate(&[inputs[lane], inputs[width + lane]]);
                for (n, id) in outputs.iter().enumerate() {
                    assert_eq!(results[n * width + lane].to_bits(), values[id.0 as usize].to_bits());
                }
            }
        }
    }

    /// x > 1 ? e^x·√y : x < −1 ? (y > 0 ? ln y·sin x : cos x) : 0 and its derivatives by x, whichever regions the lanes are in.
    #[test]
    fn passing_over_regions_changes_no_bit() {
        let mut d = Dag::new();
        let (x, y, one, zero, minus) = (d.input(0), d.input(1), d.constant(1.0), d.constant(0.0), d.constant(-1.0));
        let (e, root, log, sin, cos) = (
            d.unary(Unary::Exp, x),
            d.unary(Unary::Sqrt, y),
            d.unary(Unary::Ln, y),
            d.unary(Unary::Sin, x),
            d.unary(Unary::Cos, x),
        );
        let (high, low, positive) =
            (d.binary(Binary::Gt, x, one), d.binary(Binary::Lt, x, minus), d.binary(Binary::Gt, y, zero));
        let (first, second) = (d.mul(e, root), d.mul(log, sin));
        let inner = d.select(positive, second, cos);
        let below = d.select(low, inner, zero);
        let f = d.select(high, first, below);
        let slope = crate::model::diff::derivatives(&mut d, &[f], x)[0];
        let tape = Tape::compile(&d, &[x, y], &[f, slope]);
        assert!(tape.regions.len() >= 3);
        for (width, from, to) in [(200, -3.0, 3.0), (64, -0.9, 0.9), (70, 1.1, 2.0), (5, -2.0, -1.5), (2, -2.0, 2.0)] {
            let at = |k: usize| from + (to - from) * ((k * 37) % 101) as f64 / 101.0;
            let inputs: Vec<f64> = (0..2 * width).map(at).collect();
            let (mut scratch, mut results) = (vec![f64::NAN; tape.scratch()], vec![f64::NAN; 2 * width]);
            tape.run(width, &inputs, &mut scratch, &mut results);
            for lane in 0..width {
                let values = d.evaluate(&[inputs[lane], inputs[width + lane]]);
                for (n, id) in [f, slope].iter().enumerate() {
                    assert_eq!(results[n * width + lane].to_bits(), values[id.0 as usize].to_bits());
                }
            }
        }
    }

    #[test]
    fn inner_nodes_can_be_inputs() {
        let mut d = Dag::new();
        let (x, p) = (d.input(0), d.input(1));
        let hoisted = d.unary(Unary::Exp, p);
        let y = d.mul(hoisted, x);
        let tape = Tape::compile(&d, &[x, hoisted], &[y]);
        let mut out = [0.0];
        tape.run(1, &[3.0, 5.0], &mut vec![0.0; tape.scratch()], &mut out);
        assert_eq!(out[0], 15.0);
        assert_eq!(tape.len(), 2);
    }

    #[test]
    fn registers_are_used_again() {
        let mut d = Dag::new();
        let mut y = d.input(0);
        for n in 0..100 {
            let c = d.constant(n as f64);
            let e = d.unary(Unary::Sin, y);
            y = d.add(e, c);
        }
        let x = d.input(0);
        assert!(Tape::compile(&d, &[x], &[y]).scratch() <= 3 * BLOCK);
    }
}

//! Shapes of one structure → one program: a tape for what only parameters and temperature decide, one for the equations
//! with all their derivatives, and where each result is stamped.

use super::behavioral_shape::{Reading, Shape};
use super::stamping::{Row, Stamp, Stamping};
use crate::circuit::equation::Equation;
use crate::model::dag::{Dag, Id, Node};
use crate::model::diff::derivatives;
use crate::model::guard::{Guard, any_outside, guards, matters};
use crate::model::lower::{Leaf, lower};
use crate::model::op::{Binary, Unary};
use crate::model::tape::Tape;

/// What the value of the equation is to the part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Output {
    /// The current from p to n
    Current,
    /// V(p) − V(n), with a current of its own as terminal 2
    Voltage,
}

/// An unknown that an equation brings along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inner {
    /// u = d(e)/dt
    Derivative,
    /// dy/dt = e
    Integral,
}

/// An input of the main tape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input {
    Difference(Option<usize>, Option<usize>),
    Time,
    /// The n-th result of the setup tape
    Hoisted(usize),
}

/// An input of the setup tape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Given {
    /// 0
    Time,
    /// °C
    Temperature,
    /// What multiplies the equation: parts in parallel, temperature coefficients
    Factor,
    /// The n-th number of the equation
    Number(usize),
}

#[derive(Clone, Debug)]
pub(super) struct Program {
    /// Results: hoisted values, then rates of sines (rad/s), then pairs (offset, slope) of what comparisons look at.
    pub setup: Tape,
    pub given: Vec<Given>,
    pub hoisted: usize,
    pub rates: usize,
    pub crossings: usize,
    pub main: Tape,
    pub inputs: Vec<Input>,
    /// Divisors that move, of the same inputs
    pub divisors: Tape,
    /// Of the same: not 0 where a function is outside its domain; pairs of whether that matters and its argument, in the
    /// order of `faults`
    pub suspect: Tape,
    pub verdicts: Tape,
    pub faults: Vec<&'static str>,
    pub stamps: Vec<Stamp>,
    pub pattern_g: Vec<(usize, usize)>,
    pub pattern_c: Vec<(usize, usize)>,
    /// Inner unknowns: the terminals after all others
    pub inner: Vec<Inner>,
    /// The equation depends on time itself.
    pub timed: bool,
}

/// What a DAG input stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Difference(Option<usize>, Option<usize>),
    Time,
    Temperature,
    Factor,
    Number(usize),
}

impl Source {
    /// Whether it changes from one iteration to the next.
    fn moves(self) -> bool {
        matches!(self, Source::Difference(..) | Source::Time)
    }
}

/// A DAG under construction.
#[derive(Default)]
struct Lowering {
    dag: Dag,
    sources: Vec<Source>,
    inner: Vec<(Inner, Id)>,
    numbers: usize,
}

impl Lowering {
    fn source(&mut self, source: Source) -> Id {
        let n = self.sources.iter().position(|s| *s == source).unwrap_or_else(|| {
            self.sources.push(source);
            self.sources.len() - 1
        });
        self.dag.input(n as u32)
    }

    fn difference(&mut self, plus: Option<usize>, minus: Option<usize>) -> Id {
        match (plus, minus) {
            (None, None) => self.dag.constant(0.0),
            (None, Some(_)) => {
                let x = self.source(Source::Difference(minus, None));
                self.dag.neg(x)
            }
            (Some(_), Some(_)) if self.sources.contains(&Source::Difference(minus, plus)) => {
                let x = self.source(Source::Difference(minus, plus));
                self.dag.neg(x)
            }
            _ => self.source(Source::Difference(plus, minus)),
        }
    }
}

impl Program {
    /// `shapes` have one structure; a number that is the same in all of them becomes part of the program.
    pub fn compile(shapes: &[&Shape], output: Output) -> Option<Program> {
        let template = *shapes.first()?;
        let mut terminals = template.terminals.clone();
        let first_inner = terminals.count();
        let mut low = Lowering::default();
        let mut lowered = |low: &mut Lowering, equation: &Option<Equation>| {
            let equation = equation.as_ref()?;
            let mut dag = std::mem::take(&mut low.dag);
            let id = lower(&mut dag, equation, &mut |dag, leaf| {
                std::mem::swap(dag, &mut low.dag);
                let id = leaf_node(low, shapes, &mut terminals, first_inner, leaf);
                std::mem::swap(dag, &mut low.dag);
                id
            });
            low.dag = dag;
            Some(id)
        };
        let value = lowered(&mut low, &template.value);
        let charge = lowered(&mut low, &template.charge);
        let factor = low.source(Source::Factor);
        let mut scale = |id: Option<Id>| id.map(|id| low.dag.mul(factor, id));
        let main = Row {
            f: scale(value),
            q: scale(charge),
            terminals: match output {
                Output::Current => vec![(0, 1.0), (1, -1.0)],
                Output::Voltage => vec![(2, -1.0)],
            },
        };
        let mut rows = vec![main];
        for (n, &(inner, e)) in low.inner.iter().enumerate() {
            rows.push(match inner {
                Inner::Derivative => Row { terminals: vec![(first_inner + n, 1.0)], f: None, q: Some(e) },
                Inner::Integral => Row { terminals: vec![(first_inner + n, -1.0)], f: Some(e), q: None },
            });
        }
        Some(assemble(low, rows, output, first_inner))
    }
}

/// The node of a leaf.
fn leaf_node(
    low: &mut Lowering,
    shapes: &[&Shape],
    terminals: &mut super::behavioral_shape::Terminals,
    first_inner: usize,
    leaf: Leaf,
) -> Id {
    match leaf {
        Leaf::Const(v) => {
            let n = low.numbers;
            low.numbers += 1;
            let same = shapes.iter().all(|s| s.numbers.get(n).is_some_and(|w| w.to_bits() == v.to_bits()));
            if same { low.dag.constant(v) } else { low.source(Source::Number(n)) }
        }
        Leaf::Quantity(q) => match terminals.reading(q) {
            Reading::Difference(plus, minus) => low.difference(plus, minus),
            Reading::Time => low.source(Source::Time),
            Reading::Temperature => low.source(Source::Temperature),
            Reading::Nothing => low.dag.constant(0.0),
        },
        Leaf::Ddt(of) => {
            low.inner.push((Inner::Derivative, of));
            low.source(Source::Difference(Some(first_inner + low.inner.len() - 1), None))
        }
        // No function of netlist expressions.
        Leaf::Limit(of, _) => of,
        Leaf::Idt(of, _) => {
            low.inner.push((Inner::Integral, of));
            low.source(Source::Difference(Some(first_inner + low.inner.len() - 1), None))
        }
    }
}

fn assemble(mut low: Lowering, rows: Vec<Row>, output: Output, first_inner: usize) -> Program {
    let divisors = divisors(&low, &rows);
    let domain = domain(&mut low, &rows);
    let mut stamping = Stamping::default();
    let zero = low.dag.constant(0.0);
    for row in &rows {
        for (id, static_part) in [(row.f, true), (row.q, false)] {
            let Some(id) = id else { continue };
            stamping.value(row, static_part, id);
            for (n, source) in low.sources.clone().into_iter().enumerate() {
                let Source::Difference(plus, minus) = source else { continue };
                let by = low.dag.input(n as u32);
                if let [slope] = derivatives(&mut low.dag, &[id], by)[..]
                    && slope != zero
                {
                    stamping.slope(row, static_part, (plus, minus), slope);
                }
            }
        }
    }
    // What does not depend on the equation: the branch of a voltage source, −u of a derivative, y of an integral.
    let one = low.dag.constant(1.0);
    let plain = |terminal, sign| Row { terminals: vec![(terminal, sign)], f: None, q: None };
    let inner: Vec<Inner> = low.inner.iter().map(|i| i.0).collect();
    let mut linear = |row: usize, static_part: bool, column: usize, sign: f64| {
        stamping.slope(&plain(row, sign), static_part, (Some(column), None), one);
        let x = low.source(Source::Difference(Some(column), None));
        stamping.value(&plain(row, sign), static_part, x);
    };
    if output == Output::Voltage {
        linear(0, true, 2, 1.0);
        linear(1, true, 2, -1.0);
        linear(2, true, 0, 1.0);
        linear(2, true, 1, -1.0);
    }
    for (n, inner) in inner.iter().enumerate() {
        linear(
            first_inner + n,
            *inner == Inner::Derivative,
            first_inner + n,
            match inner {
                Inner::Derivative => -1.0,
                Inner::Integral => 1.0,
            },
        );
    }
    tapes(low, stamping, inner, divisors, domain)
}

/// Divisors of the equations that depend on unknowns. What happens at their zeros is no solution to step over.
fn divisors(low: &Lowering, rows: &[Row]) -> Vec<Id> {
    let unknown = low.dag.depends(|n| matches!(low.sources[n as usize], Source::Difference(..)));
    let values: Vec<Id> = rows.iter().flat_map(|r| [r.f, r.q]).flatten().collect();
    let divisor = |id| match low.dag.node(id) {
        Node::Binary(Binary::Div, _, by) if unknown[by.0 as usize] => Some(by),
        _ => None,
    };
    let mut found: Vec<Id> = low.dag.reachable(&values, &[]).into_iter().filter_map(divisor).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// What tells whether functions are outside their domain.
struct Domain {
    suspect: Vec<Id>,
    verdicts: Vec<Id>,
    faults: Vec<&'static str>,
}

fn domain(low: &mut Lowering, rows: &[Row]) -> Domain {
    let values: Vec<Id> = rows.iter().flat_map(|r| [r.f, r.q]).flatten().collect();
    let moves = low.dag.depends(|n| low.sources[n as usize].moves());
    let found = guards(&mut low.dag, &values, |id| moves.get(id.0 as usize).copied().unwrap_or(true));
    let mut faults: Vec<&'static str> = found.iter().map(|g| g.fault).collect();
    faults.sort_unstable();
    faults.dedup();
    let suspect = if found.is_empty() { Vec::new() } else { vec![any_outside(&mut low.dag, &found)] };
    let verdict = |fault: &&str| {
        let own: Vec<Guard> = found.iter().copied().filter(|g| g.fault == *fault).collect();
        <[Id; 2]>::from(matters(&mut low.dag, &values, &own))
    };
    let verdicts = faults.iter().flat_map(verdict).collect();
    Domain { suspect, verdicts, faults }
}

/// Splits what moves from what only parameters decide and compiles both.
fn tapes(mut low: Lowering, stamping: Stamping, inner: Vec<Inner>, divisors: Vec<Id>, domain: Domain) -> Program {
    let timed = low.sources.contains(&Source::Time);
    let (rates, crossings) = if timed { watch_time(&mut low, &stamping.outputs) } else { (Vec::new(), Vec::new()) };
    let moves = low.dag.depends(|n| low.sources[n as usize].moves());
    let moves = |id: Id| moves[id.0 as usize];
    let mut hoisted: Vec<Id> = Vec::new();
    let Domain { suspect, verdicts, faults } = domain;
    let results: Vec<Id> = [&stamping.outputs, &divisors, &suspect, &verdicts].into_iter().flatten().copied().collect();
    for id in low.dag.reachable(&results, &[]) {
        let used = low.dag.node(id).arguments().filter(|_| moves(id)).chain(results.contains(&id).then_some(id));
        for a in used {
            if !moves(a) && low.dag.value(a).is_none() && !hoisted.contains(&a) {
                hoisted.push(a);
            }
        }
    }
    let (mut input_nodes, mut inputs) = (Vec::new(), Vec::new());
    let (mut given_nodes, mut given) = (Vec::new(), Vec::new());
    for (n, source) in low.sources.clone().into_iter().enumerate() {
        let node = low.dag.input(n as u32);
        match source {
            Source::Difference(plus, minus) => inputs.push(Input::Difference(plus, minus)),
            Source::Time => inputs.push(Input::Time),
            Source::Temperature => given.push(Given::Temperature),
            Source::Factor => given.push(Given::Factor),
            Source::Number(k) => given.push(Given::Number(k)),
        }
        if source.moves() {
            input_nodes.push(node)
        } else {
            given_nodes.push(node)
        }
        if source == Source::Time {
            given_nodes.push(node);
            given.push(Given::Time);
        }
    }
    for (n, id) in hoisted.iter().enumerate() {
        input_nodes.push(*id);
        inputs.push(Input::Hoisted(n));
    }
    let mut results = hoisted.clone();
    results.extend(&rates);
    results.extend(crossings.iter().flatten());
    Program {
        setup: Tape::compile(&low.dag, &given_nodes, &results),
        given,
        hoisted: hoisted.len(),
        rates: rates.len(),
        crossings: crossings.len(),
        main: Tape::compile(&low.dag, &input_nodes, &stamping.outputs),
        divisors: Tape::compile(&low.dag, &input_nodes, &divisors),
        suspect: Tape::compile(&low.dag, &input_nodes, &suspect),
        verdicts: Tape::compile(&low.dag, &input_nodes, &verdicts),
        faults,
        inputs,
        stamps: stamping.stamps,
        pattern_g: stamping.pattern_g,
        pattern_c: stamping.pattern_c,
        inner,
        timed,
    }
}

/// What time does by itself: the rates of arguments of sines and cosines that are straight lines of time, and (offset, slope)
/// of comparisons of such lines.
fn watch_time(low: &mut Lowering, outputs: &[Id]) -> (Vec<Id>, Vec<[Id; 2]>) {
    let time = low.source(Source::Time);
    let zero = low.dag.constant(0.0);
    let (mut rates, mut crossings) = (Vec::new(), Vec::new());
    for id in low.dag.reachable(outputs, &[]) {
        let watched = match low.dag.node(id) {
            Node::Unary(Unary::Sin | Unary::Cos | Unary::Tan, a) => (a, true),
            Node::Binary(Binary::Lt | Binary::Le | Binary::Gt | Binary::Ge, a, b) => (low.dag.sub(a, b), false),
            _ => continue,
        };
        let Some(&slope) = derivatives(&mut low.dag, &[watched.0], time).first() else { continue };
        let sources = &low.sources;
        let moves = low.dag.depends(|n| sources[n as usize].moves());
        let unknown = low.dag.depends(|n| matches!(sources[n as usize], Source::Difference(..)));
        if slope == zero || moves[slope.0 as usize] {
            continue;
        }
        if watched.1 {
            rates.push(slope);
        } else if !unknown[watched.0.0 as usize] {
            crossings.push([watched.0, slope]);
        }
    }
    rates.sort_unstable();
    rates.dedup();
    crossings.sort_unstable();
    crossings.dedup();
    (rates, crossings)
}

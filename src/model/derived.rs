//! A `.device` as text: what `memspice show device` prints. Unknowns, values, currents and rates (F), charges (Q), their
//! derivatives where they are not 0, events, noise and warnings.

use std::collections::HashMap;
use std::fmt::Write;

use super::dag::{Dag, Id, Node};
use super::diff::derivatives;
use super::lower::{Leaf, lower};
use super::op::{Binary, Unary};
use crate::circuit::definition::{Definition, Flow, Law, Own, Trigger};
use crate::circuit::equation::{Equation, Function, Quantity};
use crate::circuit::kind::Path;

/// Derivatives of more operations are counted and not written out.
const LONGEST: u64 = 60;

/// The system a device adds to a circuit; `set` is what a model of it sets, by lower-case name and as written.
pub fn text(d: &Definition, set: &[(String, String)]) -> String {
    let names = Names { d };
    let mut out = format!("device {} ({})\n", d.kind.name, join(d.kind.pins.iter().map(|p| p.name.to_string())));
    let section = |title: &str, rows: Vec<(String, String)>| {
        let width = rows.iter().map(|r| r.0.chars().count()).max().unwrap_or(0);
        let mut text = if rows.is_empty() { String::new() } else { format!("\n{title}\n") };
        for (left, right) in rows {
            let _ = writeln!(text, "  {}", format!("{left:width$} = {right}").trim_end());
        }
        text
    };
    let derived = Derived::new(d, &names);
    out += &section("parameters", parameters(d, &names, set));
    let _ = writeln!(
        out,
        "\nunknowns\n  {}",
        unknowns(d, &derived.graph).map(|o| names.own(o)).collect::<Vec<_>>().join("  ")
    );
    out += &section("states at the start", d.states.iter().map(|s| (s.name.to_string(), start(s, &names))).collect());
    out += &section(
        "values",
        d.lets.iter().enumerate().map(|(k, l)| (names.own(Own::Let(k)), names.text(&l.value))).collect(),
    );
    out += &section("F: currents, voltages and rates", flows(d, &names));
    out += &section("Q: charges", charges(d, &names));
    out += &section("derivatives that are not 0", derived.slopes(d, &names));
    out += &events(d, &names);
    for (n, w) in d.warnings.iter().enumerate() {
        let title = if n == 0 { "\nwarnings\n" } else { "" };
        let _ = writeln!(out, "{title}  when {} {:?}", names.text(&w.condition), w.text);
    }
    out += &paths(d);
    out
}

fn join(list: impl Iterator<Item = String>) -> String {
    list.collect::<Vec<_>>().join(" ")
}

fn parameters(d: &Definition, names: &Names, set: &[(String, String)]) -> Vec<(String, String)> {
    let row = |(k, p): (usize, &crate::circuit::kind::Param)| {
        let value = match d.defaults.get(k) {
            Some(Some(e)) => names.text(e),
            _ => p.default.map_or(String::new(), number),
        };
        let range = match p.range {
            (f64::NEG_INFINITY, f64::INFINITY) => String::new(),
            (low, high) => format!(" in {}:{}", number(low), number(high)),
        };
        let unit = if p.unit.is_empty() { String::new() } else { format!(" {}", p.unit) };
        let shown = match set.iter().rev().find(|s| p.name.eq_ignore_ascii_case(&s.0)) {
            Some((_, own)) => format!("{own}{unit}{range}  (the model; without it {value})"),
            None => format!("{value}{unit}{range}"),
        };
        (p.name.to_string(), shown)
    };
    d.kind.params.iter().enumerate().map(row).collect()
}

fn start(s: &crate::circuit::definition::State, names: &Names) -> String {
    let mut text = names.text(&s.start);
    if let (Some(low), Some(high)) = (&s.low, &s.high) {
        let _ = write!(text, "  in {}:{}", names.text(low), names.text(high));
    }
    for (is, word) in [(s.reflect, "reflect"), (s.settles, "settles"), (s.rate.is_none(), "held")] {
        if is {
            let _ = write!(text, "  {word}");
        }
    }
    text
}

/// `I(a,b)` of the k-th contribution; numbered where several have the same pins.
fn branch(d: &Definition, k: usize) -> String {
    let c = &d.contributions[k];
    let same = |n: usize| {
        let o = &d.contributions[n];
        (o.flow, o.plus, o.minus) == (c.flow, c.plus, c.minus)
    };
    let (before, all) = ((0..k).filter(|n| same(*n)).count(), (0..d.contributions.len()).filter(|n| same(*n)).count());
    let letter = if c.flow == Flow::Current { "I" } else { "V" };
    let number = if all > 1 { format!("#{}", before + 1) } else { String::new() };
    format!("{letter}{}{number}", Names { d }.pins(c.plus, c.minus))
}

fn flows(d: &Definition, names: &Names) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    for (k, c) in d.contributions.iter().enumerate() {
        if let (Some(f), _) = c.parts() {
            rows.push((branch(d, k), names.text(f)));
        }
    }
    let rates = d.states.iter().filter_map(|s| s.rate.as_ref().map(|r| (format!("ddt({})", s.name), names.text(r))));
    rows.extend(rates);
    rows
}

fn charges(d: &Definition, names: &Names) -> Vec<(String, String)> {
    let charge =
        |(k, c): (usize, &crate::circuit::definition::Contribution)| Some((branch(d, k), names.text(c.parts().1?)));
    d.contributions.iter().enumerate().filter_map(charge).collect()
}

/// What the equations are solved for: voltages they read, currents of voltage sources, states that have an equation.
fn unknowns(d: &Definition, graph: &Graph) -> impl Iterator<Item = Own> {
    let read = graph.inputs.iter().filter_map(|q| match q {
        Quantity::Own(own @ Own::Voltage(..)) => Some(*own),
        _ => None,
    });
    let sources = d.contributions.iter().enumerate().filter(|(_, c)| c.flow == Flow::Voltage);
    let states = d.states.iter().enumerate().filter(|(_, s)| s.rate.is_some());
    read.chain(sources.map(|(k, _)| Own::Current(k))).chain(states.map(|(k, _)| Own::State(k)))
}

/// All flows, charges and rates in one graph.
struct Derived {
    graph: Graph,
    roots: Vec<(String, Id)>,
}

impl Derived {
    fn new(d: &Definition, names: &Names) -> Derived {
        let mut graph = Graph { dag: Dag::new(), inputs: Vec::new(), lets: HashMap::new(), named: HashMap::new() };
        for (k, l) in d.lets.iter().enumerate() {
            let id = graph.lower(&l.value);
            graph.lets.insert(k, id);
            if !matches!(graph.dag.node(id), Node::Const(_) | Node::Input(_)) {
                graph.named.entry(id).or_insert_with(|| names.own(Own::Let(k)));
            }
        }
        let mut roots = Vec::new();
        for (k, c) in d.contributions.iter().enumerate() {
            let (flow, charge) = c.parts();
            roots.extend(flow.map(|f| (branch(d, k), graph.lower(f))));
            roots.extend(charge.map(|q| (format!("Q of {}", branch(d, k)), graph.lower(q))));
        }
        for s in &d.states {
            roots.extend(s.rate.as_ref().map(|r| (format!("ddt({})", s.name), graph.lower(r))));
        }
        Derived { graph, roots }
    }

    /// ∂/∂ voltages, currents and states.
    fn slopes(mut self, d: &Definition, names: &Names) -> Vec<(String, String)> {
        let ids: Vec<Id> = self.roots.iter().map(|r| r.1).collect();
        let mut rows = Vec::new();
        for n in 0..self.graph.inputs.len() {
            let Quantity::Own(own @ (Own::Voltage(..) | Own::Current(_) | Own::State(_))) = self.graph.inputs[n] else {
                continue;
            };
            if matches!(own, Own::State(k) if d.states[k].rate.is_none()) {
                continue;
            }
            let by = self.graph.dag.input(n as u32);
            let slopes = derivatives(&mut self.graph.dag, &ids, by);
            for ((name, _), slope) in self.roots.iter().zip(slopes) {
                if self.graph.dag.value(slope) != Some(0.0) {
                    rows.push((format!("∂ {name} / ∂ {}", names.own(own)), self.graph.text(slope, names)));
                }
            }
        }
        rows
    }
}

fn events(d: &Definition, names: &Names) -> String {
    let mut out = String::new();
    if !d.events.is_empty() || !d.cycles.is_empty() {
        out += "\nevents\n";
    }
    for e in &d.events {
        let condition = match &e.trigger {
            Trigger::Becomes(c) => names.text(c),
            Trigger::Hazard(rate) => format!("hazard({})", names.text(rate)),
        };
        let _ = writeln!(out, "  when {condition}");
        for (state, value) in &e.sets {
            let _ = writeln!(out, "    {} = {}", d.states[*state].name, names.text(value));
        }
    }
    for c in &d.cycles {
        let _ = writeln!(out, "  cycle when {}", names.text(c));
    }
    if !d.noises.is_empty() {
        out += "\nnoise\n";
    }
    for (k, n) in d.noises.iter().enumerate() {
        let _ = writeln!(out, "  {} every {} s", names.own(Own::White(k)), names.text(&n.every));
    }
    out
}

/// Which pins conduct to which.
fn paths(d: &Definition) -> String {
    let name = |k: usize| if k == Path::GROUND { "0".to_string() } else { d.kind.pins[k].name.to_string() };
    let path = |p: &Path| format!("{}-{} {:?}", name(p.a), name(p.b), p.conduct).to_lowercase();
    format!("\npaths\n  {}\n", d.kind.paths.iter().map(path).collect::<Vec<_>>().join(", "))
}

/// The lets and equations in one graph.
struct Graph {
    dag: Dag,
    inputs: Vec<Quantity>,
    lets: HashMap<usize, Id>,
    /// Nodes that are lets
    named: HashMap<Id, String>,
}

impl Graph {
    fn lower(&mut self, e: &Equation) -> Id {
        let Graph { dag, inputs, lets, .. } = self;
        lower(dag, e, &mut |dag, leaf| match leaf {
            Leaf::Const(v) => dag.constant(v),
            Leaf::Quantity(Quantity::Own(Own::Let(k))) if lets.contains_key(k) => lets[k],
            Leaf::Quantity(q) => {
                let n = inputs.iter().position(|i| i == q).unwrap_or_else(|| {
                    inputs.push(q.clone());
                    inputs.len() - 1
                });
                dag.input(n as u32)
            }
            Leaf::Limit(x, _) => x,
            Leaf::Ddt(_) | Leaf::Idt(..) => dag.constant(0.0),
        })
    }

    /// A node as an equation, lets by their names; None where it is too long to read.
    fn text(&self, id: Id, names: &Names) -> String {
        let mut left = LONGEST;
        match self.written(id, true, names, &mut left) {
            Some(text) => text.0,
            None => format!("… ({} operations)", self.dag.reachable(&[id], &[]).len()),
        }
    }

    /// Its text and how strongly it holds together.
    fn written(&self, id: Id, top: bool, names: &Names, left: &mut u64) -> Option<(String, u8)> {
        if let (Some(name), false) = (self.named.get(&id), top) {
            return Some((name.clone(), ATOM));
        }
        *left = left.checked_sub(1)?;
        Some(match self.dag.node(id) {
            Node::Const(bits) => signed(number(f64::from_bits(bits))),
            Node::Input(n) => (names.quantity(&self.inputs[n as usize]), ATOM),
            Node::Unary(Unary::Neg, a) => {
                let a = self.written(a, false, names, left)?;
                (format!("-{}", inside(a, PRODUCT)), SUM)
            }
            Node::Unary(op, a) => {
                let name = format!("{op:?}").to_lowercase();
                (format!("{name}({})", self.written(a, false, names, left)?.0), ATOM)
            }
            Node::Binary(op, a, b) => {
                let (a, b) = (self.written(a, false, names, left)?, self.written(b, false, names, left)?);
                infix(binary(op), &format!("{op:?}").to_lowercase(), a, b)
            }
            Node::Select(c, a, b) => {
                let [c, a, b] = [c, a, b].map(|i| self.written(i, false, names, left));
                choice(c?, a?, b?)
            }
            Node::Table(_, a) => (format!("table({})", self.written(a, false, names, left)?.0), ATOM),
            Node::Slope(_, a) => (format!("slope of table({})", self.written(a, false, names, left)?.0), ATOM),
        })
    }
}

const CHOICE: u8 = 1;
const OR: u8 = 2;
const AND: u8 = 3;
const COMPARISON: u8 = 4;
const SUM: u8 = 5;
const PRODUCT: u8 = 6;
const POWER: u8 = 7;
const ATOM: u8 = 9;

fn binary(op: Binary) -> Option<(&'static str, u8)> {
    Some(match op {
        Binary::Add => (" + ", SUM),
        Binary::Sub => (" - ", SUM),
        Binary::Mul => ("*", PRODUCT),
        Binary::Div => ("/", PRODUCT),
        Binary::Pow => ("^", POWER),
        Binary::Lt => (" < ", COMPARISON),
        Binary::Le => (" <= ", COMPARISON),
        Binary::Gt => (" > ", COMPARISON),
        Binary::Ge => (" >= ", COMPARISON),
        Binary::Eq => (" == ", COMPARISON),
        Binary::Ne => (" != ", COMPARISON),
        Binary::And => (" and ", AND),
        Binary::Or => (" or ", OR),
        _ => return None,
    })
}

fn function(f: Function) -> Option<(&'static str, u8)> {
    Some(match f {
        Function::Add => (" + ", SUM),
        Function::Sub => (" - ", SUM),
        Function::Mul => ("*", PRODUCT),
        Function::Div => ("/", PRODUCT),
        Function::Pow => ("^", POWER),
        Function::Lt => (" < ", COMPARISON),
        Function::Le => (" <= ", COMPARISON),
        Function::Gt => (" > ", COMPARISON),
        Function::Ge => (" >= ", COMPARISON),
        Function::Eq => (" == ", COMPARISON),
        Function::Ne => (" != ", COMPARISON),
        Function::And => (" and ", AND),
        Function::Or => (" or ", OR),
        _ => return None,
    })
}

type Written = (String, u8);

/// In parentheses unless it holds together more strongly.
fn inside(of: Written, strength: u8) -> String {
    if of.1 > strength { of.0 } else { format!("({})", of.0) }
}

fn infix(op: Option<(&'static str, u8)>, name: &str, a: Written, b: Written) -> Written {
    let Some((sign, strength)) = op else { return (format!("{name}({}, {})", a.0, b.0), ATOM) };
    // Sums and products go on to the right without parentheses where that means the same.
    let loose = matches!(sign, " + " | "*" | " and " | " or ");
    let left = if strength == POWER || strength == COMPARISON { strength } else { strength - 1 };
    let right = if loose { strength - 1 } else { strength };
    (format!("{}{sign}{}", inside(a, left), inside(b, right)), strength)
}

fn choice(c: Written, a: Written, b: Written) -> Written {
    (format!("{} ? {} : {}", inside(c, CHOICE), inside(a, CHOICE), b.0), CHOICE)
}

fn signed(text: String) -> Written {
    let strength = if text.starts_with('-') { SUM } else { ATOM };
    (text, strength)
}

/// Short where that is exact.
fn number(v: f64) -> String {
    let size = v.abs();
    if v == 0.0 || (1e-3..1e6).contains(&size) || !v.is_finite() { format!("{v}") } else { format!("{v:e}") }
}

/// What quantities of a device are called.
struct Names<'d> {
    d: &'d Definition,
}

impl Names<'_> {
    fn pins(&self, a: Option<usize>, b: Option<usize>) -> String {
        let name = |p: Option<usize>| p.map_or("0".to_string(), |k| self.d.kind.pins[k].name.to_string());
        match b {
            None => format!("({})", name(a)),
            b => format!("({},{})", name(a), name(b)),
        }
    }

    fn own(&self, own: Own) -> String {
        match own {
            Own::Voltage(a, b) => format!("V{}", self.pins(a, b)),
            Own::Current(k) => {
                let c = &self.d.contributions[k];
                format!("I{}", self.pins(c.plus, c.minus))
            }
            Own::Param(k) => self.d.kind.params[k].name.to_string(),
            Own::State(k) => self.d.states[k].name.to_string(),
            Own::Let(k) => self.d.lets[k].name.as_ref().map_or_else(|| format!("_{k}"), |n| n.to_string()),
            Own::White(k) => format!("white#{}", k + 1),
            Own::Draw(k) => {
                let draw = &self.d.draws[k];
                let law = match draw.law {
                    Law::Normal => "normal",
                    Law::Uniform => "uniform",
                    Law::Lognormal => "lognormal",
                    Law::Loguniform => "loguniform",
                    Law::Exponential => "exponential",
                };
                format!("{law}({})", draw.args.iter().map(|a| self.text(a)).collect::<Vec<_>>().join(", "))
            }
        }
    }

    fn quantity(&self, q: &Quantity) -> String {
        match q {
            Quantity::Own(own) => self.own(*own),
            Quantity::Time => "time".to_string(),
            Quantity::Temperature => "temp".to_string(),
            other => format!("{other:?}"),
        }
    }

    fn text(&self, e: &Equation) -> String {
        self.written(e).0
    }

    fn written(&self, e: &Equation) -> Written {
        match e {
            Equation::Const(v) => signed(number(*v)),
            Equation::Quantity(q) => (self.quantity(q), ATOM),
            Equation::Apply(Function::Neg, args) => (format!("-{}", inside(self.written(&args[0]), SUM)), SUM),
            Equation::Apply(Function::Not, args) => {
                (format!("not {}", inside(self.written(&args[0]), COMPARISON)), COMPARISON)
            }
            Equation::Apply(f, args) => match (f, &args[..]) {
                (Function::Select, [c, a, b]) => choice(self.written(c), self.written(a), self.written(b)),
                (f, [a, b]) if function(*f).is_some() => infix(function(*f), "", self.written(a), self.written(b)),
                (f, args) => {
                    let name = format!("{f:?}").to_lowercase();
                    let args: Vec<String> = args.iter().map(|a| self.text(a)).collect();
                    (format!("{name}({})", args.join(", ")), ATOM)
                }
            },
        }
    }
}

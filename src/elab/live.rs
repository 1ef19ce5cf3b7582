//! What waits until all nets and parts are known: equations of voltages and currents, and parts that other parts sense.

use std::rc::Rc;

use super::eval::{Context, Shared};
use super::fault::{Fault, did_you_mean};
use super::instance::{Instance, is_ground};
use super::parts::conducts;
use super::quantity::Quantities;
use super::scope::Scope;
use super::term::not_finite;
use crate::circuit::equation::{Equation, Function, Quantity};
use crate::circuit::kind::{Conduct, Kind, Label, Param};
use crate::circuit::{Circuit, NetId, PartId, Setting};
use crate::device::behavioral::{remembers, unreadable};
use crate::diag::{Span, a};
use crate::syntax::ast::Expr;

/// A setting of a part that waits.
pub struct Pending<'a> {
    pub part: PartId,
    pub name: Label,
    pub want: Want<'a>,
    pub span: Span,
    pub scope: Rc<Scope<'a>>,
    pub instance: Rc<Instance>,
}

/// What a setting waits for.
#[derive(Debug)]
pub enum Want<'a> {
    Part(String),
    Equation {
        of: &'a Expr,
        shape: Shape,
        scale: f64,
    },
    /// A number that signals give
    Followed {
        of: &'a Expr,
        param: Param,
    },
    /// Coefficients in SPICE's order
    Poly {
        inputs: Vec<Input>,
        coefficients: Vec<f64>,
        scale: f64,
    },
}

/// What an expression stands for.
#[derive(Clone, Debug)]
pub enum Shape {
    Plain,
    /// The current through a resistance: V(p, n)/e
    Resistance,
    /// x1, y1, x2, y2 … of a TABLE
    Table(Vec<f64>),
}

/// One of the variables of a POLY.
#[derive(Clone, Debug)]
pub enum Input {
    Nets(NetId, NetId),
    /// The current of a part
    Part(String, Span),
}

impl<'a> Want<'a> {
    pub fn plain(of: &'a Expr) -> Want<'a> {
        Want::Equation { of, shape: Shape::Plain, scale: 1.0 }
    }
}

impl Pending<'_> {
    /// The setting, all names resolved.
    pub fn resolve(&self, circuit: &Circuit, shared: &Shared) -> Result<Setting, Fault> {
        let view = View { circuit, instance: &self.instance };
        match &self.want {
            Want::Part(name) => {
                let part = view.sensed(name, self.span)?;
                let kind = &circuit.part(part).kind;
                match &*self.name {
                    "inductor" if kind.letter != Some('l') => {
                        let message = format!("'{name}' is {}, not an inductor", a(&kind.name));
                        Err(Fault::new("elab::not-an-inductor", self.span, message, "cannot be coupled"))
                    }
                    "control" if !conducts(kind, Conduct::Voltage) => {
                        let message = format!("the current of '{name}', {}, cannot control", a(&kind.name));
                        Err(Fault::new("elab::not-a-source", self.span, message, "not a voltage source")
                            .with_help("put a voltage source of 0 V in series with it and name that"))
                    }
                    _ => Ok(Setting::Part(part)),
                }
            }
            Want::Equation { of, shape, scale } => {
                let context = Context { live: Some(&view), ..Context::constant(shared, &self.scope) };
                let e = view.own_currents(logic(circuit, context.equation(of)?));
                let e = match shape {
                    Shape::Plain => e,
                    Shape::Table(points) => {
                        let points = points.iter().map(|&v| Equation::Const(v));
                        Equation::Apply(Function::SmoothTable, std::iter::once(e).chain(points).collect())
                    }
                    Shape::Resistance => {
                        let pins = &circuit.part(self.part).pins;
                        let across = Equation::Quantity(Quantity::Voltage(pins[0], pins[1]));
                        Equation::apply(Function::Div, [across, e])
                    }
                };
                self.equation(circuit, scaled(e, *scale))
            }
            // It becomes a setting where what follows signals is kept.
            Want::Followed { .. } => Err(Fault::Said),
            Want::Poly { inputs, coefficients, scale } => {
                let mut variables = Vec::with_capacity(inputs.len());
                for input in inputs {
                    variables.push(view.own_currents(Equation::Quantity(match input {
                        Input::Nets(a, b) => Quantity::Voltage(*a, *b),
                        Input::Part(name, span) => Quantity::Current(view.sensed(name, *span)?, 0),
                    })));
                }
                if let Some(v) = coefficients.iter().find(|v| !v.is_finite()) {
                    return Err(not_finite(*v, self.span));
                }
                self.equation(circuit, scaled(polynomial(&variables, coefficients), *scale))
            }
        }
    }

    /// All that is wrong with the setting, where `first` is.
    pub fn faults(&self, circuit: &Circuit, shared: &Shared, first: Fault) -> Vec<Fault> {
        let Want::Equation { of, .. } = &self.want else { return vec![first] };
        let view = View { circuit, instance: &self.instance };
        Context { live: Some(&view), ..Context::constant(shared, &self.scope) }.faults(of, first)
    }

    /// What share of the current of a part that controls this one is that of a single copy, where the subcircuit around both
    /// is multiplied.
    pub fn share(&self, circuit: &Circuit, control: &Setting) -> Option<f64> {
        let Setting::Part(part) = control else { return None };
        let share = View { circuit, instance: &self.instance }.share(*part);
        (&*self.name == "control" && share != 1.0).then_some(share)
    }

    /// The expression that could not be resolved.
    pub fn expression(&self) -> Option<&Expr> {
        match &self.want {
            Want::Equation { of, .. } => Some(of),
            Want::Part(_) | Want::Poly { .. } | Want::Followed { .. } => None,
        }
    }

    /// The setting, if the part's device can read all that the equation names.
    fn equation(&self, circuit: &Circuit, e: Equation) -> Result<Setting, Fault> {
        if remembers(circuit, self.part, &e) {
            let message = "ddt( ) and idt( ) cannot stand in the control of a switch";
            return Err(Fault::new("elab::unreadable", self.span, message, "in this expression")
                .with_help("let a source compute it, B1 x 0 V={ddt(V(a))}, and look at V(x) here"));
        }
        let message = match unreadable(circuit, self.part, &e) {
            None => return Ok(Setting::Equation(e)),
            Some(Quantity::Current(part, _)) => {
                let part = circuit.part(part);
                format!("the current of {}, {}, cannot stand in this expression", part.path, a(&part.kind.name))
            }
            Some(Quantity::Probe(part, name)) => {
                format!("{}.{name} cannot stand in this expression", circuit.part(part).path)
            }
            Some(_) => "the frequency cannot stand in this expression".to_string(),
        };
        let help = "voltages, time, temper and the currents of V, L, E, H and B V= can; a voltage source of 0 V in series \
                    measures any other current";
        Err(Fault::new("elab::unreadable", self.span, message, "in this expression").with_help(help))
    }
}

/// Where a signal is a truth (`not s3`, `a and b`), its net counts as true above the middle of an edge.
fn logic(circuit: &Circuit, e: Equation) -> Equation {
    let Equation::Apply(function, args) = e else { return e };
    let args = args.into_iter().map(|a| logic(circuit, a));
    let args = match function {
        Function::Not | Function::And | Function::Or => args
            .map(|a| match a {
                Equation::Quantity(Quantity::Voltage(net, _)) if circuit.net(net).name.starts_with("signal(") => {
                    Equation::apply(Function::Gt, [a, Equation::Const(0.5)])
                }
                other => other,
            })
            .collect(),
        _ => args.collect(),
    };
    Equation::Apply(function, args)
}

fn scaled(e: Equation, scale: f64) -> Equation {
    match scale == 1.0 {
        true => e,
        false => Equation::apply(Function::Mul, [Equation::Const(scale), e]),
    }
}

/// p0 + p1·x1 + p2·x2 + … + p·x1² + p·x1·x2 + …; a single coefficient of a single variable is p1.
///
/// Source: ngspice manual, "Polynomial (POLY) controlled sources".
pub fn polynomial(x: &[Equation], coefficients: &[f64]) -> Equation {
    if let ([x], [gain]) = (x, coefficients) {
        return Equation::apply(Function::Mul, [Equation::Const(*gain), x.clone()]);
    }
    let mut sum: Option<Equation> = None;
    // Factors of the present term as indices into x, never falling.
    let mut factors: Vec<usize> = Vec::new();
    for &c in coefficients {
        if c != 0.0 {
            let mut term = Equation::Const(c);
            for &k in &factors {
                term = Equation::apply(Function::Mul, [term, x[k].clone()]);
            }
            sum = Some(match sum {
                None => term,
                Some(s) => Equation::apply(Function::Add, [s, term]),
            });
        }
        match factors.iter().rposition(|&k| k + 1 < x.len()) {
            Some(at) => {
                let next = factors[at] + 1;
                factors[at..].fill(next);
            }
            None => factors = vec![0; factors.len() + 1],
        }
    }
    sum.unwrap_or(Equation::Const(0.0))
}

/// The finished circuit as names inside one instance see it.
pub struct View<'v> {
    pub circuit: &'v Circuit,
    pub instance: &'v Instance,
}

impl View<'_> {
    /// Names of nets of this instance, as they are written inside it.
    fn net_names(&self) -> impl Iterator<Item = &str> {
        let own = self.circuit.nets.iter().filter_map(|n| {
            n.name.get(..self.instance.prefix.len()).and_then(|p| {
                p.eq_ignore_ascii_case(&self.instance.prefix).then(|| &n.name[self.instance.prefix.len()..])
            })
        });
        // Ground is there always: no slip of the pen leads to it.
        own.chain(self.instance.ports.keys().map(String::as_str)).filter(|n| *n != "0")
    }

    fn part_names(&self) -> impl Iterator<Item = &str> {
        let prefix = &self.instance.prefix;
        self.circuit.parts.iter().filter_map(move |p| {
            p.path
                .get(..prefix.len())
                .and_then(|start| start.eq_ignore_ascii_case(prefix).then(|| &p.path[prefix.len()..]))
        })
    }

    fn unknown_part(&self, name: &str, span: Span) -> Fault {
        let fault = super::quantity::unknown_part(name, span);
        match did_you_mean(name, self.part_names()) {
            Some(help) => fault.with_help(help),
            None => fault,
        }
    }

    /// The current of a part within a multiplied subcircuit is that of all copies; names inside mean that of their own copy.
    fn share(&self, part: PartId) -> f64 {
        let path = &self.circuit.part(part).path;
        let inside =
            path.get(..self.instance.lower.len()).is_some_and(|p| p.eq_ignore_ascii_case(&self.instance.lower));
        if inside && self.instance.multiplier > 0.0 { 1.0 / self.instance.multiplier } else { 1.0 }
    }

    /// Currents of parts of all copies as those of one.
    fn own_currents(&self, e: Equation) -> Equation {
        if self.instance.multiplier == 1.0 {
            return e;
        }
        match e {
            Equation::Quantity(Quantity::Current(part, _)) => scaled(e, self.share(part)),
            Equation::Apply(function, args) => {
                Equation::Apply(function, args.into_iter().map(|a| self.own_currents(a)).collect())
            }
            other => other,
        }
    }

    /// A part whose current another one uses.
    fn sensed(&self, name: &str, span: Span) -> Result<PartId, Fault> {
        self.part(name).ok_or_else(|| self.unknown_part(name, span))
    }
}

impl Quantities for View<'_> {
    fn signal(&self, lower: &str) -> Option<NetId> {
        let own = super::bench::signal_net(&format!("{}{lower}", self.instance.lower));
        self.circuit.net_names.get(&own).copied()
    }

    fn net(&self, name: &str, span: Span) -> Result<NetId, Fault> {
        let lower = name.to_ascii_lowercase();
        if is_ground(&lower) {
            return Ok(NetId::GROUND);
        }
        if let Some(net) = self.instance.port(&lower) {
            return Ok(net);
        }
        let names = &self.circuit.net_names;
        if let Some(net) = names.get(&format!("{}{lower}", self.instance.lower)).or_else(|| names.get(&lower)) {
            return Ok(*net);
        }
        let fault =
            Fault::new("elab::unknown-node", span, format!("there is no node '{name}'"), "nothing is connected to it")
                .missing(name);
        Err(match did_you_mean(name, self.net_names()) {
            Some(help) => fault.with_help(help),
            None => fault,
        })
    }

    fn part(&self, name: &str) -> Option<PartId> {
        let lower = name.to_ascii_lowercase();
        let names = &self.circuit.part_names;
        names.get(&format!("{}{lower}", self.instance.lower)).or_else(|| names.get(&lower)).copied()
    }

    fn current(&self, name: &str, span: Span) -> Result<Quantity, Fault> {
        if let Some(part) = self.part(name) {
            return Ok(Quantity::Current(part, 0));
        }
        if let Some((owner, pin)) = name.rsplit_once(['.', ':'])
            && let Some(part) = self.part(owner)
        {
            let p = self.circuit.part(part);
            return match (0..p.pins.len())
                .find(|&k| p.kind.pins[p.kind.pin_of(k, p.pins.len())].name.eq_ignore_ascii_case(pin))
            {
                Some(k) => Ok(Quantity::Current(part, k)),
                None => {
                    let names: Vec<&str> = p.kind.pins.iter().map(|p| &*p.name).collect();
                    let message = format!("'{owner}' has no pin '{pin}'");
                    Err(Fault::new("elab::unknown-pin", span, message, "no such pin")
                        .with_help(format!("its pins are {}", names.join(", "))))
                }
            };
        }
        Err(self.unknown_part(name, span))
    }

    fn probe(&self, part: PartId, name: &str, span: Span) -> Result<Quantity, Fault> {
        let p = self.circuit.part(part);
        let lower = name.to_ascii_lowercase();
        if let Some(probe) = p.kind.probes.iter().find(|q| q.name.eq_ignore_ascii_case(name)) {
            return Ok(Quantity::Probe(part, probe.name.to_string()));
        }
        if let Some(k) = p.kind.find(name) {
            return Ok(Quantity::Probe(part, p.kind.params[k].name.to_string()));
        }
        match (lower.as_str(), &p.pins[..]) {
            // 0 where no `.variation` makes parts stick.
            ("stuck", _) if p.kind.definition().is_some() => return Ok(Quantity::Probe(part, lower)),
            ("i", [_, ..]) => return Ok(Quantity::Current(part, 0)),
            ("v", [a, b, ..]) => return Ok(Quantity::Voltage(*a, *b)),
            _ => {}
        }
        let fault =
            Fault::new("elab::unknown-probe", span, format!("'{}' has no '{name}' to read", p.path), "not known");
        let known: Vec<&str> = probes(&p.kind).collect();
        Err(match did_you_mean(name, known.iter().copied()) {
            Some(help) => fault.with_help(help),
            None if p.kind.definition().is_some() => fault.with_help(format!("it has {}", known.join(", "))),
            None => fault.with_help(format!("'memspice devices {}' lists what can be read", p.kind.name)),
        })
    }
}

fn probes(kind: &Kind) -> impl Iterator<Item = &str> {
    kind.probes.iter().map(|p| &*p.name).chain(super::kinds::param_names(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// c·x1·x2 … as text, for `polynomial` of time and frequency.
    fn text(e: &Equation) -> String {
        match e {
            Equation::Const(v) => v.to_string(),
            Equation::Quantity(Quantity::Time) => "x".to_string(),
            Equation::Quantity(_) => "y".to_string(),
            Equation::Apply(Function::Mul, a) => format!("{}{}", text(&a[0]), text(&a[1])),
            Equation::Apply(_, a) => format!("{} + {}", text(&a[0]), text(&a[1])),
        }
    }

    #[test]
    fn coefficients_are_in_spices_order() {
        let xy = [Equation::Quantity(Quantity::Time), Equation::Quantity(Quantity::Frequency)];
        let ten: Vec<f64> = (1..=10).map(f64::from).collect();
        assert_eq!(text(&polynomial(&xy, &ten)), "1 + 2x + 3y + 4xx + 5xy + 6yy + 7xxx + 8xxy + 9xyy + 10yyy");
        assert_eq!(text(&polynomial(&xy[..1], &[1.0, 2.0, 3.0])), "1 + 2x + 3xx");
        assert_eq!(text(&polynomial(&xy[..1], &[5.0])), "5x");
    }
}

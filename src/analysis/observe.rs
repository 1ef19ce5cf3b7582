//! From a solution to what a user asked to see: voltages, currents into pins, probes, expressions of them.

use num_complex::Complex64;

use super::formula::Coefficients;
use super::simulator::Simulator;
use super::sink::{Column, Header};
use super::tracks::Tracks;
use crate::circuit::equation::{Equation, Function, Quantity};
use crate::circuit::kind::Label;
use crate::circuit::plan::Observation;
use crate::device::{Memory, Mode, Point, Ticks};
use crate::mna::{Assembly, SmallSignal, System};
use crate::model::eval::{evaluate, evaluate_complex};

/// How a column is computed.
enum Watch {
    Unknown(usize),
    Negated(usize),
    Difference(usize, usize),
    Expression(Equation),
}

/// Computes the columns of a result at accepted points.
pub struct Observer {
    columns: Vec<Column>,
    watches: Vec<Watch>,
    tracks: Tracks,
    real: Vec<f64>,
    complex: Vec<Complex64>,
}

/// The solution seen at one accepted point, one lane.
pub struct View<'a> {
    pub system: &'a System,
    pub memories: &'a [Memory],
    pub assembly: &'a Assembly,
    pub x: &'a [f64],
    pub lanes: usize,
    pub lane: usize,
    /// s
    pub time: f64,
    /// °C
    pub temp: f64,
    pub gmin: f64,
    /// Of the formula that made this point; all 0 where no time passes.
    pub coefficients: Coefficients,
    /// How far along the trial step states outside Newton are looked at, 0 … 1; 0 at an accepted point
    pub part: f64,
}

impl Observer {
    /// Columns named as the observations are.
    pub fn new(system: &System, observations: &[&Observation]) -> Observer {
        let mut tracks = Tracks::default();
        let mut watches = Vec::new();
        for o in observations {
            for q in o.equation.quantities() {
                tracks.follow(system, &q);
            }
            watches.push(watch(system, &o.equation));
        }
        let columns =
            observations.iter().map(|o| Column { name: o.label.clone(), unit: unit(system, &o.equation) }).collect();
        Observer {
            columns,
            real: vec![0.0; watches.len()],
            complex: vec![Complex64::ZERO; watches.len()],
            watches,
            tracks,
        }
    }

    /// The header of a result with these columns.
    pub fn header(&self, analysis: &'static str, scale: Option<Column>, complex: bool) -> Header {
        Header { analysis, steps: Vec::new(), scale, columns: self.columns.clone(), complex }
    }

    /// What is remembered from point to point.
    pub fn memory(&self) -> Vec<[f64; 4]> {
        self.tracks.numbers()
    }

    /// Remembers it again.
    pub fn remember(&mut self, memory: &[[f64; 4]]) {
        self.tracks.remember(memory);
    }

    /// The columns at a point where no time passes.
    pub fn still(&mut self, simulator: &Simulator) -> &[f64] {
        self.row(&View {
            system: &simulator.system,
            memories: &simulator.memories,
            assembly: &simulator.assembly,
            x: &simulator.x,
            lanes: 1,
            lane: 0,
            time: 0.0,
            temp: simulator.env.temp,
            gmin: simulator.options.gmin,
            coefficients: Coefficients::default(),
            part: 0.0,
        })
    }

    /// The columns at an accepted point; also remembers the charges that the next point's currents need.
    pub fn row(&mut self, view: &View) -> &[f64] {
        self.tracks.update(view);
        self.columns_at(view)
    }

    /// The columns at the first point of a transient, whose devices were evaluated there; also remembers their charges.
    pub fn first_row(&mut self, view: &View) -> &[f64] {
        self.tracks.start(view);
        self.columns_at(view)
    }

    fn columns_at(&mut self, view: &View) -> &[f64] {
        for (value, watch) in self.real.iter_mut().zip(&self.watches) {
            let x = |u: usize| view.x[u * view.lanes + view.lane];
            *value = match watch {
                Watch::Unknown(u) => x(*u),
                Watch::Negated(u) => -x(*u),
                Watch::Difference(a, b) => x(*a) - x(*b),
                Watch::Expression(e) => evaluate(e, &mut |q| quantity(view, &self.tracks, q)),
            };
        }
        &self.real
    }

    /// The columns of a small-signal solution at a frequency (Hz).
    pub fn phasors(
        &mut self,
        system: &System,
        small: &SmallSignal,
        frequency: f64,
        temp: f64,
        x: &[Complex64],
    ) -> &[Complex64] {
        let omega = 2.0 * std::f64::consts::PI * frequency;
        let mut of = |q: &Quantity| match q {
            Quantity::Voltage(a, b) => x[a.0 as usize] - x[b.0 as usize],
            Quantity::Current(part, pin) => match branch_of(system, *part, *pin) {
                Some((u, sign)) => x[u] * sign,
                None => system
                    .places
                    .get(part)
                    .map_or(Complex64::ZERO, |&(g, i)| small.current(system, g, i, *pin, omega, x)),
            },
            Quantity::Frequency => frequency.into(),
            Quantity::Temperature => temp.into(),
            Quantity::Probe(..) | Quantity::Time | Quantity::Own(_) => Complex64::ZERO,
        };
        for (value, watch) in self.complex.iter_mut().zip(&self.watches) {
            *value = match watch {
                Watch::Unknown(u) => x[*u],
                Watch::Negated(u) => -x[*u],
                Watch::Difference(a, b) => x[*a] - x[*b],
                Watch::Expression(e) => evaluate_complex(e, &mut of),
            };
        }
        &self.complex
    }
}

/// The branch unknown that is the current into a pin, and its sign.
pub(super) fn branch_of(system: &System, part: crate::circuit::PartId, pin: usize) -> Option<(usize, f64)> {
    let &branch = system.branches.get(&part)?;
    match pin {
        0 => Some((branch as usize, 1.0)),
        1 => Some((branch as usize, -1.0)),
        _ => None,
    }
}

fn watch(system: &System, equation: &Equation) -> Watch {
    match equation {
        Equation::Quantity(Quantity::Voltage(a, b)) if b.0 == 0 => Watch::Unknown(a.0 as usize),
        Equation::Quantity(Quantity::Voltage(a, b)) => Watch::Difference(a.0 as usize, b.0 as usize),
        Equation::Quantity(Quantity::Current(part, pin)) => match branch_of(system, *part, *pin) {
            Some((u, sign)) if sign > 0.0 => Watch::Unknown(u),
            Some((u, _)) => Watch::Negated(u),
            None => Watch::Expression(equation.clone()),
        },
        other => Watch::Expression(other.clone()),
    }
}

/// Its value at an accepted point.
pub fn quantity(view: &View, tracks: &Tracks, q: &Quantity) -> f64 {
    let x = |u: usize| view.x[u * view.lanes + view.lane];
    match q {
        Quantity::Voltage(a, b) => x(a.0 as usize) - x(b.0 as usize),
        Quantity::Current(part, pin) => match branch_of(view.system, *part, *pin) {
            Some((u, sign)) => sign * x(u),
            None => tracks.value(view, *part, *pin),
        },
        Quantity::Probe(part, name) => probe(view, *part, name),
        Quantity::Time => view.time,
        Quantity::Temperature => view.temp,
        Quantity::Frequency | Quantity::Own(_) => 0.0,
    }
}

/// A named internal of a part: what its device says, else a parameter of that name.
fn probe(view: &View, part: crate::circuit::PartId, name: &str) -> f64 {
    let Some(&(g, instance)) = view.system.places.get(&part) else { return 0.0 };
    let group = &view.system.groups[g];
    let time = vec![view.time; view.lanes];
    let ticks = vec![Ticks::from_seconds(view.time); view.lanes];
    let at = Point {
        lanes: view.lanes,
        x: view.x,
        last: view.x,
        time: &time,
        ticks: &ticks,
        gmin: view.gmin,
        source: 1.0,
        mode: Mode::Linearize,
        transient: view.coefficients.a != 0.0,
        terms: &group.terms,
        width: group.width,
        part: view.part,
    };
    let memory = &view.memories[g];
    let parameter = || view.system.circuit.part(part).kind.param(name).map(|k| memory.param(instance, k, view.lane));
    group.device.probe(instance, name, &at, memory, view.lane).or_else(parameter).unwrap_or(0.0)
}

/// The unit a column of this equation has, where that is clear.
fn unit(system: &System, equation: &Equation) -> Label {
    let of = |e: &Equation| unit(system, e);
    match equation {
        Equation::Quantity(Quantity::Voltage(..)) => "V".into(),
        Equation::Quantity(Quantity::Current(..)) => "A".into(),
        Equation::Quantity(Quantity::Time) => "s".into(),
        Equation::Quantity(Quantity::Frequency) => "Hz".into(),
        Equation::Quantity(Quantity::Temperature) => "°C".into(),
        Equation::Quantity(Quantity::Probe(part, name)) => {
            let kind = &system.circuit.part(*part).kind;
            let probe = kind.probes.iter().find(|p| p.name.eq_ignore_ascii_case(name)).map(|p| p.unit.clone());
            probe.or_else(|| kind.param(name).map(|k| kind.params[k].unit.clone())).unwrap_or_default()
        }
        Equation::Apply(Function::Decibel, _) => "dB".into(),
        Equation::Apply(Function::Phase, _) => "rad".into(),
        Equation::Apply(
            Function::Magnitude | Function::Real | Function::Imaginary | Function::Neg | Function::Abs,
            args,
        ) => args.first().map_or_else(Label::default, of),
        Equation::Apply(Function::Add | Function::Sub, args) => {
            let mut units = args.iter().filter(|a| a.constant().is_none()).map(of);
            let first = units.next().unwrap_or_default();
            if units.all(|u| u == first) { first } else { "".into() }
        }
        Equation::Apply(function @ (Function::Mul | Function::Div), args) => match &args[..] {
            [a, b] => match (*function, &*of(a), &*of(b)) {
                (Function::Mul, "V", "A") | (Function::Mul, "A", "V") => "W".into(),
                (Function::Div, "A", "V") => "S".into(),
                (Function::Div, "V", "A") => "ohm".into(),
                _ => "".into(),
            },
            _ => "".into(),
        },
        _ => "".into(),
    }
}

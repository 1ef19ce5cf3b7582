//! Which columns an analysis computes, and who gets which of them: files, measures, plots.

use std::collections::{BTreeSet, HashMap};

use crate::circuit::equation::{Equation, Function, Quantity};
use crate::circuit::plan::{Event, Measure, MeasureKind, Observation, Place, Plan, Print};
use crate::circuit::{Circuit, NetId, PartId};
use crate::device::makes_noise;
use crate::diag::{FileId, Span};

/// Without a `.plot` card this many curves are still drawn.
const CURVES_WITHOUT_CARD: usize = 16;
/// Shares of parts in a noise analysis are columns up to this many.
const MOST_SHARES: usize = 100;
/// Internals of devices are listed up to this many.
const MOST_PROBES: usize = 100_000;

/// The columns of one analysis.
pub(super) struct Selection {
    pub observations: Vec<Observation>,
    /// The first of them go to the files.
    pub shown: usize,
    /// Which of them have no imaginary part in an AC analysis.
    pub real: Vec<bool>,
    /// Internals of the devices, for `devices.csv`.
    pub probes: Vec<usize>,
    /// Some measure is of this analysis.
    pub is_measured: bool,
    /// The ones kept in memory for measures.
    pub measured: Vec<usize>,
    /// For each observation of the plan its place among those measured.
    pub measured_of: Vec<Option<usize>>,
    /// The ones kept in memory for figures.
    pub drawn: Vec<usize>,
    pub figures: Vec<Curves>,
}

/// The columns of one figure, places among those drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Curves {
    pub columns: Vec<usize>,
    /// The abscissa, unless it is that of the analysis.
    pub against: Option<usize>,
}

impl Selection {
    pub fn new(circuit: &Circuit, plan: &Plan, analysis: &str) -> Selection {
        let mut columns =
            Columns { observations: Vec::new(), names: HashMap::new(), of_plan: vec![None; plan.observations.len()] };
        match &plan.saves {
            _ if analysis == "noise" => densities(circuit).for_each(|o| {
                columns.place(o);
            }),
            Some(saves) => saves.iter().for_each(|&o| columns.of(plan, o)),
            None => everything(circuit).for_each(|o| {
                columns.place(o);
            }),
        }
        let meant = |c: &&Print| c.analysis.as_ref().is_none_or(|a| a.eq_ignore_ascii_case(analysis));
        let plots: Vec<&Print> = plan.plots.iter().filter(meant).collect();
        let looked_at = plan.prints.iter().filter(meant).chain(plots.iter().copied());
        looked_at.flat_map(|c| c.observations.iter().chain(&c.against)).for_each(|&o| columns.of(plan, o));
        let shown = columns.observations.len();

        let measures = || plan.measures.iter().filter(|m| m.analysis == analysis);
        let measured: Vec<usize> = measures().flat_map(curves).collect();
        measured.iter().for_each(|&o| columns.of(plan, o));
        let before = columns.observations.len();
        if analysis == "op" {
            columns.observations.extend(probes(circuit));
        }
        let Columns { observations, of_plan, .. } = columns;

        let column = |o: &usize| of_plan.get(*o).copied().flatten();
        let curves_of = |p: &&Print| Curves {
            columns: p.observations.iter().filter_map(column).collect(),
            against: p.against.as_ref().and_then(column),
        };
        let mut figures: Vec<Curves> = plots.iter().map(curves_of).collect();
        if figures.is_empty() {
            let most = if analysis == "noise" { shown.min(CURVES_WITHOUT_CARD) } else { shown };
            // Who names a thing wants to see it, wherever it is.
            let default = default_figure(&observations[..most], plan.saves.is_some());
            figures.extend(default.into_iter().map(|columns| Curves { columns, against: None }));
        }
        let distinct = |columns: BTreeSet<usize>| columns.into_iter().collect::<Vec<usize>>();
        let drawn = distinct(figures.iter().flat_map(|f| f.columns.iter().chain(&f.against)).copied().collect());
        let measured = distinct(measured.iter().filter_map(column).collect());
        let place = |among: &[usize], column: usize| among.binary_search(&column).ok();
        Selection {
            shown,
            is_measured: measures().next().is_some(),
            real: observations.iter().map(|o| is_real(&o.equation)).collect(),
            probes: (before..observations.len()).collect(),
            measured_of: of_plan.iter().map(|c| c.and_then(|c| place(&measured, c))).collect(),
            figures: figures
                .into_iter()
                .map(|f| Curves {
                    columns: f.columns.into_iter().filter_map(|c| place(&drawn, c)).collect(),
                    against: f.against.and_then(|c| place(&drawn, c)),
                })
                .collect(),
            measured,
            drawn,
            observations,
        }
    }
}

struct Columns {
    observations: Vec<Observation>,
    /// By lower-case label.
    names: HashMap<String, usize>,
    /// For each observation of the plan its place in `observations`.
    of_plan: Vec<Option<usize>>,
}

impl Columns {
    /// The place of a column, new where no other has its name.
    fn place(&mut self, observation: Observation) -> usize {
        let next = self.observations.len();
        let place = *self.names.entry(observation.label.to_lowercase()).or_insert(next);
        if place == next {
            self.observations.push(observation);
        }
        place
    }

    fn of(&mut self, plan: &Plan, o: usize) {
        let Some(observation) = plan.observations.get(o) else { return };
        if self.of_plan[o].is_none() {
            self.of_plan[o] = Some(self.place(observation.clone()));
        }
    }
}

/// Parts with a column of their own in a noise analysis: those that make noise, if there are not too many.
pub(super) fn noisy(circuit: &Circuit) -> Vec<PartId> {
    let parts: Vec<PartId> = circuit.part_ids().filter(|p| makes_noise(&circuit.part(*p).kind)).collect();
    if parts.len() > MOST_SHARES { Vec::new() } else { parts }
}

/// The columns of a noise analysis, which fills them in this order.
fn densities(circuit: &Circuit) -> impl Iterator<Item = Observation> {
    let shares =
        noisy(circuit).into_iter().map(|p| (format!("onoise({})", circuit.part(p).path), circuit.part(p).span));
    let nowhere = Span::new(FileId(0), 0, 0);
    let all = ["onoise", "inoise"].map(|n| (n.to_string(), nowhere)).into_iter().chain(shares);
    all.map(|(label, span)| Observation { label, equation: Equation::Const(0.0), span })
}

/// All nets and the currents of sources and inductors.
fn everything(circuit: &Circuit) -> impl Iterator<Item = Observation> {
    let nets = circuit.nets.iter().enumerate().skip(1).map(|(k, net)| Observation {
        label: format!("V({})", net.name),
        equation: Equation::Quantity(Quantity::Voltage(NetId(k as u32), NetId::GROUND)),
        span: net.span,
    });
    let has_branch = |p: &crate::circuit::PartId| matches!(circuit.part(*p).kind.letter, Some('v' | 'e' | 'h' | 'l'));
    let currents = circuit.part_ids().filter(has_branch).map(|p| Observation {
        label: format!("I({})", circuit.part(p).path),
        equation: Equation::Quantity(Quantity::Current(p, 0)),
        span: circuit.part(p).span,
    });
    nets.chain(currents)
}

/// Every probe of every part: `M1.gm`.
fn probes(circuit: &Circuit) -> impl Iterator<Item = Observation> {
    let of_part = |p| {
        let part = circuit.part(p);
        part.kind.probes.iter().map(move |probe| Observation {
            label: format!("{}.{}", part.path, probe.name),
            equation: Equation::Quantity(Quantity::Probe(p, probe.name.to_lowercase())),
            span: part.span,
        })
    };
    circuit.part_ids().flat_map(of_part).take(MOST_PROBES)
}

/// The curves a measure looks at.
fn curves(measure: &Measure) -> Vec<usize> {
    let of_event = |event: &Event| -> Vec<usize> {
        let left = match event.left {
            Place::Curve(o) => Some(o),
            Place::At(_) => None,
        };
        left.into_iter().chain(event.right_of).collect()
    };
    match &measure.kind {
        MeasureKind::Delay { from, to } => [of_event(from), of_event(to)].concat(),
        MeasureKind::FindWhen { find: o, when } | MeasureKind::DerivWhen { of: o, when } => {
            [vec![*o], of_event(when)].concat()
        }
        MeasureKind::FindAt { find: o, .. } | MeasureKind::DerivAt { of: o, .. } => vec![*o],
        MeasureKind::When(event) => of_event(event),
        MeasureKind::Over { of, .. } => vec![*of],
        MeasureKind::Param(_) => vec![],
    }
}

/// Without a `.plot` card: what is shown, inside of subcircuits left out, if it is not too much for one figure.
fn default_figure(shown: &[Observation], named: bool) -> Option<Vec<usize>> {
    let outside: Vec<usize> = (0..shown.len()).filter(|&k| named || !is_inside(&shown[k].label)).collect();
    (1..=CURVES_WITHOUT_CARD).contains(&outside.len()).then_some(outside)
}

/// Whether a column is of the inside of a subcircuit: its path begins with an X line. Other names may have dots too.
fn is_inside(label: &str) -> bool {
    let path = label.strip_prefix("V(").or_else(|| label.strip_prefix("I(")).unwrap_or(label);
    path.contains('.') && path.starts_with(['x', 'X'])
}

/// Whether an equation of phasors has no imaginary part.
fn is_real(equation: &Equation) -> bool {
    use Function::{Decibel, Imaginary, Magnitude, Phase, Real};
    match equation {
        Equation::Const(_) => true,
        Equation::Quantity(q) => matches!(q, Quantity::Time | Quantity::Frequency | Quantity::Temperature),
        Equation::Apply(Magnitude | Phase | Decibel | Real | Imaginary, _) => true,
        Equation::Apply(_, args) => args.iter().all(is_real),
    }
}

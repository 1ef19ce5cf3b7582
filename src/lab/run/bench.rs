//! A step point → the circuit as its `.step` cards want it, and the analyses run on it.

use std::sync::Arc;

use super::selection::{Selection, noisy};
use super::{Deck, Elaborate};
use crate::analysis::{
    AcSweep, Control, DcSweep, Failure, NoiseSweep, Observer, Simulator, Sink, Stats, TranSpec, ac, dc, environment,
    noise, op, set_source, tran, warned,
};
use crate::circuit::plan::{AnalysisKind, Observation, Plan, Sweep, Target};
use crate::circuit::{Circuit, NetId, PartId};
use crate::diag::Diagnostic;
use crate::elab::Overrides;
use crate::mna::{Condensation, System, SystemError};
use crate::value::Value;

/// Why a step point was not finished.
pub(super) enum Stop {
    Failed(Failure, Option<Arc<System>>),
    Netlist(Vec<Diagnostic>),
}

/// A circuit at a step point, from which simulators are made.
pub(super) struct Bench<'a> {
    pub deck: Deck,
    pub system: Arc<System>,
    /// Sources and their values that `.step` cards set.
    sources: Vec<(PartId, f64)>,
    /// Everything else they set: other values may depend on it, and what unknowns there are.
    overrides: Overrides,
    elaborate: Elaborate<'a>,
}

impl<'a> Bench<'a> {
    /// The circuit with one value for each `.step` card of the deck, as the n-th point: what happens at random is another at
    /// each.
    pub fn new(deck: &Deck, (number, values): (usize, &[f64]), elaborate: Elaborate<'a>) -> Result<Bench<'a>, Stop> {
        let pairs = deck.plan.steps.iter().map(|s| &s.target).zip(values.iter().copied());
        let overrides = set(Overrides::default(), &deck.circuit, pairs);
        let mut deck = match overrides == Overrides::default() {
            true => deck.clone(),
            false => elaborate(&overrides).map_err(Stop::Netlist)?,
        };
        let source = |(step, value): (&Sweep, &f64)| match step.target {
            Target::Source(part) => Some((part, *value)),
            _ => None,
        };
        let sources = deck.plan.steps.iter().zip(values).filter_map(source).collect();
        let system = System::new(deck.circuit.clone(), Condensation::Condensed)
            .map(Arc::new)
            .map_err(|e: SystemError| Stop::Failed(e.into(), None))?;
        deck.plan.options.point = number as u64;
        Ok(Bench { deck, system, sources, overrides, elaborate })
    }

    /// Runs analysis `a` of the plan.
    pub fn run(
        &self,
        a: usize,
        observations: &[Observation],
        sink: &mut dyn Sink,
        control: &mut Control,
    ) -> Result<Stats, Failure> {
        let mut observer = Observer::new(&self.system, &observations.iter().collect::<Vec<_>>());
        match &self.deck.plan.analyses[a].kind {
            AnalysisKind::Op => {
                let mut simulator = self.simulator(0.0, 0.0)?;
                simulator.interrupted = control.interrupted.clone();
                let result = op(&mut simulator, &mut observer, sink);
                control.warned = warned(&simulator.system, &simulator.memories);
                result
            }
            AnalysisKind::Dc(sweeps) => {
                let mut rebuild = |more: &[(&Target, f64)]| self.rebuilt(more, observations.len());
                let sweep = DcSweep { sweeps, rebuild: &mut rebuild };
                dc(&mut self.simulator(0.0, 0.0)?, sweep, &mut observer, sink, control)
            }
            &AnalysisKind::Ac { scale, points, start, stop } => {
                let sweep = AcSweep { scale, points, start, stop };
                ac(&mut self.simulator(0.0, 0.0)?, &sweep, &mut observer, sink, control)
            }
            &AnalysisKind::Noise { output, input, scale, points, start, stop } => {
                let sweep = AcSweep { scale, points, start, stop };
                let parts = noisy(&self.deck.circuit);
                noise(&mut self.simulator(0.0, 0.0)?, &NoiseSweep { output, input, sweep, parts }, sink, control)
            }
            &AnalysisKind::Tran { step, stop, start, max_step, uic } => {
                let longest = self.deck.plan.options.max_step;
                let max_step = match max_step {
                    Some(own) => Some(own.min(longest)),
                    None => longest.is_finite().then_some(longest),
                };
                let spec = TranSpec { step, stop, start, max_step, uic };
                tran(self.simulator(step, stop)?, &spec, &mut observer, sink, control)
            }
        }
    }

    /// A simulator of the circuit at this step point; `tstep` and `tstop` of its transient.
    fn simulator(&self, tstep: f64, tstop: f64) -> Result<Simulator, Failure> {
        self.of(self.system.clone(), &self.deck.plan, tstep, tstop)
    }

    fn of(&self, system: Arc<System>, plan: &Plan, tstep: f64, tstop: f64) -> Result<Simulator, Failure> {
        let env = environment(&plan.options, tstep, tstop);
        let mut simulator = Simulator::new(system, plan.options.clone(), env);
        let by_unknown = |list: &[(NetId, f64)]| list.iter().map(|(n, v)| (n.0 as usize, *v)).collect();
        simulator.initial = by_unknown(&plan.initial);
        simulator.nodeset = by_unknown(&plan.nodeset);
        for (source, value) in &self.sources {
            set_source(&mut simulator, *source, *value)?;
        }
        Ok(simulator)
    }

    /// With other values besides those of the step point, and an observer of the first `columns` columns.
    fn rebuilt(&self, more: &[(&Target, f64)], columns: usize) -> Result<(Simulator, Observer), Failure> {
        let overrides = set(self.overrides.clone(), &self.deck.circuit, more.iter().copied());
        let deck = (self.elaborate)(&overrides).map_err(|diagnostics| {
            let why = diagnostics.iter().find(|d| d.is_error()).map(|d| d.message.clone()).unwrap_or_default();
            let values: Vec<String> = more.iter().map(|m| m.1.to_string()).collect();
            Failure::Sweep(format!("to {}: {why}", values.join(", ")))
        })?;
        let system = Arc::new(System::new(deck.circuit.clone(), Condensation::Condensed)?);
        let seen = Selection::new(&deck.circuit, &deck.plan, "dc").observations;
        let observer = Observer::new(&system, &seen.iter().take(columns).collect::<Vec<_>>());
        Ok((self.of(system, &deck.plan, 0.0, 0.0)?, observer))
    }
}

/// What must be set before elaboration; a value set before gives way.
fn set<'t>(mut overrides: Overrides, circuit: &Circuit, targets: impl Iterator<Item = (&'t Target, f64)>) -> Overrides {
    for (target, value) in targets {
        match target {
            Target::Param(name) => {
                overrides.params.retain(|p| p.0 != *name);
                overrides.params.push((name.clone(), Value::Number(value)));
            }
            Target::Temperature => overrides.temp = Some(value),
            Target::Part(part, name) => overrides.parts.push((circuit.part(*part).path.clone(), name.clone(), value)),
            Target::Model(model, name) => overrides.models.push((model.clone(), name.clone(), value)),
            Target::Source(_) => {}
        }
    }
    overrides
}

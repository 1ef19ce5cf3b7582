//! One point of an experiment: its circuit, elaborated with the values of sweeps and as one draw of a Monte-Carlo run.

use std::sync::Arc;

use super::Shared;
use super::plant::LazyPlant;
use super::spool::Opened;
use super::stopped::Stopped;
use super::tape::Under;
use crate::analysis::environment;
use crate::elab::{Draw, Overrides};
use crate::kernel::{Bench, Setting};
use crate::lab::number::engineering;
use crate::lab::run::Deck;
use crate::mna::{Condensation, System};
use crate::process::machine::Machine;
use crate::process::world::Stop;
use crate::value::Value;

/// s: what stands for TSTEP where a source leaves an edge out, and for TSTOP where it leaves a width or a period out.
const TSTEP: f64 = 1e-9;
const TSTOP: f64 = 1e9;

/// A circuit with everything that points of equal values share.
pub struct Ready {
    pub deck: Deck,
    pub system: Arc<System>,
    pub machine: Machine,
}

/// A point of an experiment.
#[derive(Clone)]
pub struct Place {
    pub overrides: Overrides,
    pub ready: Arc<Ready>,
    /// Sweep variables and `run`, in the order of their loops
    pub names: Vec<(String, Value)>,
    /// Number of the sweep point
    pub number: u64,
    /// Which point it is of all: `learn/0.3/1.12`
    pub key: String,
}

impl Place {
    /// The circuit of these values.
    pub fn new(shared: &Shared, overrides: Overrides, key: &str) -> Result<Place, Stopped> {
        let ready = ready(shared, &overrides)?;
        Ok(Place { overrides, ready, names: Vec::new(), number: 0, key: key.to_string() })
    }

    /// The same with other values; what does not change is shared.
    pub fn with(
        &self,
        shared: &Shared,
        overrides: Overrides,
        names: Vec<(String, Value)>,
        number: u64,
        key: String,
    ) -> Result<Place, Stopped> {
        let old = &self.overrides;
        let same = overrides.params == old.params
            && overrides.temp == old.temp
            && (!self.ready.deck.varies
                || overrides.draw.map(|d| (d.seed, d.run)) == old.draw.map(|d| (d.seed, d.run)));
        let ready = if same { self.ready.clone() } else { ready(shared, &overrides)? };
        Ok(Place { overrides, ready, names, number, key })
    }

    /// `vth=0.5 run=3`
    pub fn label(&self) -> String {
        let part = |(n, v): &(String, Value)| match v {
            Value::Number(v) => format!("{n}={}", engineering(*v, "").trim()),
            Value::Text(t) => format!("{n}={t}"),
            other => format!("{n}={}", other.describe()),
        };
        self.names.iter().map(part).collect::<Vec<_>>().join(" ")
    }

    /// Seed and number of the draw.
    pub fn draw(&self) -> (u64, u64) {
        match self.overrides.draw {
            Some(Draw { seed, run, .. }) => (seed, run),
            None => (self.ready.deck.plan.options.seed, 0),
        }
    }

    /// The circuit at its operating point, when it is needed.
    pub fn plant<'a>(&'a self, shared: &'a Shared, opened: &'a Opened) -> LazyPlant<'a> {
        let ready = self.ready.clone();
        let options = ready.deck.plan.options.clone();
        let ((seed, run), number) = (self.draw(), self.number);
        let signals = ready.deck.program.signals.iter().map(|s| s.start).collect();
        let temp = options.temp;
        let make = move |under: Option<&Under>| {
            let mut env = environment(&options, TSTEP, TSTOP);
            (env.seed, env.draw, env.point) = (seed, run, number);
            let setting = Setting {
                options: options.clone(),
                env,
                max_step: options.max_step,
                initial: ready.deck.plan.initial.clone(),
                nodeset: ready.deck.plan.nodeset.clone(),
                interrupted: shared.interrupted.clone(),
            };
            let bench = Bench::new(ready.system.clone(), &setting, ready.deck.program.clone());
            let mut bench = bench.map_err(|f| match f {
                crate::analysis::Failure::Interrupted => Stop::Interrupted,
                other => Stop::Analysis(Box::new(other.diagnostic(&ready.system))),
            })?;
            let spools =
                shared.spooling.attach(&mut bench, self, under.map(|u| &u.rows[..])).map_err(|e| Stop::Refused {
                    message: format!("the waves of this transient cannot be kept: {e}"),
                    help: "choose another folder with -o, or no files with --format none".into(),
                })?;
            if let Ok(mut list) = opened.lock() {
                list.extend(spools);
            }
            let meter = shared.meter.clone();
            bench.watch(Box::new(move |view, _| meter.point(view.time)));
            Ok(bench)
        };
        let kept = shared.journal.map(|journal| journal.under_way(&self.key));
        LazyPlant::new(Box::new(make), temp, signals, kept, opened)
    }
}

fn ready(shared: &Shared, overrides: &Overrides) -> Result<Arc<Ready>, Stopped> {
    let deck = (shared.elaborate)(overrides).map_err(Stopped::Netlist)?;
    let system = System::new(deck.circuit.clone(), Condensation::Condensed)
        .map_err(|e| Stopped::failed(crate::analysis::Failure::from(e).to_string()))?;
    let machine =
        Machine::new(deck.circuit.clone(), deck.program.clone(), deck.functions.clone(), shared.files.clone())
            .with_threads(shared.threads)
            .with_interrupt(shared.interrupted.clone());
    Ok(Arc::new(Ready { deck, system: Arc::new(system), machine }))
}

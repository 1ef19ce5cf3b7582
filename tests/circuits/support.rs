//! Netlists in, solutions out, for tests that compare them with other mathematics.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use memspice::analysis::formula::Coefficients;
use memspice::analysis::{
    AcSweep, Control, Header, NoiseSweep, Observer, Row, Simulator, Sink, TranSpec, Transient, ac, environment, noise,
    operating_point, rest, tran,
};
use memspice::circuit::Circuit;
use memspice::circuit::equation::{Equation, Quantity};
use memspice::circuit::plan::{AnalysisKind, Observation, Plan};
use memspice::device::Ticks;
use memspice::device::registry::REGISTRY;
use memspice::elab::{DataRoots, Draw, Kinds, Overrides, elaborate};
use memspice::mna::{Condensation, System};
use memspice::syntax::ast::Ast;
use memspice::syntax::{parse_bytes, source::Sources};
use num_complex::Complex64;

/// A parsed netlist, elaborated anew for each set of parameters.
pub struct Netlist {
    ast: Ast,
    data: DataRoots,
    kinds: Kinds,
}

/// The voltage of a net or the current of a source, by name.
pub type Values<'a> = dyn Fn(&str) -> f64 + 'a;

/// An elaborated one.
pub struct Deck {
    circuit: Arc<Circuit>,
    pub plan: Plan,
}

/// A transient: times, and the values of each column.
pub struct Waves {
    pub time: Vec<f64>,
    pub columns: HashMap<String, Vec<f64>>,
}

impl Netlist {
    /// A file of this repository.
    pub fn open(path: &str) -> Netlist {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        let text = std::fs::read_to_string(&path).expect("a netlist");
        Netlist::at(&path, &text)
    }

    /// A netlist in a test, as if it stood in a file at the root of this repository.
    pub fn new(text: &str) -> Netlist {
        Netlist::at(&Path::new(env!("CARGO_MANIFEST_DIR")).join("netlists/test.cir"), text)
    }

    fn at(path: &Path, text: &str) -> Netlist {
        let (ast, sources, findings) = parse_bytes(&path.to_string_lossy(), text.as_bytes(), &Default::default());
        assert!(findings.iter().all(|f| !f.is_error()), "{findings:#?}");
        let data = DataRoots { folders: folders(&sources), extra: Vec::new() };
        Netlist { ast, data, kinds: Kinds::new(REGISTRY.iter().map(|r| r.kind)) }
    }

    pub fn deck(&self, params: &[(&str, f64)]) -> Deck {
        self.elaborated(params, None)
    }

    /// One draw of a Monte-Carlo run.
    pub fn drawn(&self, params: &[(&str, f64)], run: u64) -> Deck {
        self.elaborated(params, Some(Draw { seed: 1, run, point: 0 }))
    }

    fn elaborated(&self, params: &[(&str, f64)], draw: Option<Draw>) -> Deck {
        let params = params.iter().map(|(n, v)| (n.to_string(), memspice::value::Value::Number(*v))).collect();
        let overrides = Overrides { params, draw, ..Overrides::default() };
        let (deck, findings) = elaborate(&self.ast, &self.kinds, &overrides, &self.data);
        let deck = deck.unwrap_or_else(|| panic!("{findings:#?}"));
        Deck { circuit: Arc::new(deck.circuit), plan: deck.plan }
    }
}

fn folders(sources: &Sources) -> Vec<std::path::PathBuf> {
    sources.iter().map(|(_, s)| Path::new(&s.path).parent().map(Path::to_path_buf).unwrap_or_default()).collect()
}

impl Deck {
    pub fn simulator(&self) -> Simulator {
        let (step, stop) = match self.transient() {
            Some(spec) => (spec.step, spec.stop),
            None => (0.0, 0.0),
        };
        let system = System::new(self.circuit.clone(), Condensation::Condensed).expect("a system");
        let options = self.plan.options.clone();
        let env = environment(&options, step, stop);
        let mut simulator = Simulator::new(Arc::new(system), options, env);
        simulator.nodeset = self.plan.nodeset.iter().map(|(n, v)| (n.0 as usize, *v)).collect();
        simulator
    }

    /// Solves the operating point; gives the voltage of a net, or the current of a source, by name.
    pub fn op(&self) -> impl Fn(&str) -> f64 + use<> {
        let mut simulator = self.simulator();
        operating_point(&mut simulator, false, false).unwrap_or_else(|e| panic!("{e}"));
        let circuit = self.circuit.clone();
        move |name| simulator.x[unknown(&circuit, &simulator.system, name)]
    }

    /// Runs the `.tran` card; shows every accepted point: its time (s), the formula that made it, and the voltage of a
    /// net or the current of a source by name.
    pub fn walk(&self, see: &mut dyn FnMut(f64, Coefficients, &Values)) {
        let spec = self.transient().expect("a .tran card");
        assert!(!spec.uic, "charges at the start are those of an operating point");
        let mut simulator = self.simulator();
        simulator.initial = self.plan.initial.iter().map(|(n, v)| (n.0 as usize, *v)).collect();
        let charges = rest(&mut simulator).unwrap_or_else(|e| panic!("{e}"));
        let system = simulator.system.clone();
        let mut transient =
            Transient::new(&[simulator], &[charges], spec.pace(), None).unwrap_or_else(|e| panic!("{e}"));
        let stop = Ticks::from_seconds(spec.stop);
        loop {
            let view = transient.view(0);
            see(view.time, view.coefficients, &|name| view.x[unknown(&self.circuit, &system, name)]);
            if transient.now(0) >= stop {
                return;
            }
            transient.step(stop).unwrap_or_else(|e| panic!("{e}"));
        }
    }

    fn transient(&self) -> Option<TranSpec> {
        self.plan.analyses.iter().find_map(|a| match a.kind {
            AnalysisKind::Tran { step, stop, start, max_step, uic } => {
                Some(TranSpec { step, stop, start, max_step, uic })
            }
            _ => None,
        })
    }

    /// Runs the `.tran` card and gives the voltages of these nets and what these parts let read.
    pub fn tran(&self, nets: &[&str]) -> Waves {
        let spec = self.transient().expect("a .tran card");
        let mut simulator = self.simulator();
        simulator.initial = self.plan.initial.iter().map(|(n, v)| (n.0 as usize, *v)).collect();
        let mut rows = Rows::default();
        let mut observer = self.observer(&simulator, nets);
        quietly(|control| tran(simulator, &spec, &mut observer, &mut rows, control)).unwrap_or_else(|e| panic!("{e}"));
        let column = |k: usize| rows.real.iter().map(|r| r[k]).collect();
        Waves { time: rows.scale, columns: nets.iter().enumerate().map(|(k, n)| (n.to_string(), column(k))).collect() }
    }

    /// The phasor of a net at each frequency of the `.ac` card.
    pub fn ac(&self, net: &str) -> Vec<(f64, Complex64)> {
        let sweep = self.plan.analyses.iter().find_map(|a| match a.kind {
            AnalysisKind::Ac { scale, points, start, stop } => Some(AcSweep { scale, points, start, stop }),
            _ => None,
        });
        let mut simulator = self.simulator();
        let mut rows = Rows::default();
        let mut observer = self.observer(&simulator, &[net]);
        let sweep = sweep.expect("an .ac card");
        quietly(|control| ac(&mut simulator, &sweep, &mut observer, &mut rows, control))
            .unwrap_or_else(|e| panic!("{e}"));
        rows.scale.into_iter().zip(rows.complex.into_iter().map(|r| r[0])).collect()
    }

    /// The columns of the `.noise` card, `frequency` among them; every part has its own.
    pub fn noise(&self) -> HashMap<String, Vec<f64>> {
        let spec = self.plan.analyses.iter().find_map(|a| match a.kind {
            AnalysisKind::Noise { output, input, scale, points, start, stop } => {
                let (sweep, parts) = (AcSweep { scale, points, start, stop }, self.circuit.part_ids().collect());
                Some(NoiseSweep { output, input, sweep, parts })
            }
            _ => None,
        });
        let mut simulator = self.simulator();
        let mut rows = Rows::default();
        let spec = spec.expect("a .noise card");
        quietly(|control| noise(&mut simulator, &spec, &mut rows, control)).unwrap_or_else(|e| panic!("{e}"));
        let names = rows.names.iter().enumerate();
        let mut out: HashMap<String, Vec<f64>> =
            names.map(|(k, n)| (n.clone(), rows.real.iter().map(|r| r[k]).collect())).collect();
        out.insert("frequency".into(), rows.scale);
        out
    }

    fn observer(&self, simulator: &Simulator, nets: &[&str]) -> Observer {
        let observe = |name: &&str| {
            let lower = name.to_lowercase();
            let quantity = match self.circuit.net_names.get(&lower) {
                Some(net) => Quantity::Voltage(*net, memspice::circuit::NetId::GROUND),
                None if lower.starts_with("i(") => {
                    let part = lower.trim_start_matches("i(").trim_end_matches(')');
                    Quantity::Current(self.circuit.part_names[part], 0)
                }
                None => {
                    let (part, probe) = lower.rsplit_once('.').unwrap_or_else(|| panic!("no net {name}"));
                    Quantity::Probe(self.circuit.part_names[part], probe.into())
                }
            };
            let span = self.circuit.parts[0].span;
            Observation { label: name.to_string(), equation: Equation::Quantity(quantity), span }
        };
        let observations: Vec<Observation> = nets.iter().map(observe).collect();
        Observer::new(&simulator.system, &observations.iter().collect::<Vec<_>>())
    }
}

/// The place of a net's voltage or a part's current in the solution.
fn unknown(circuit: &Circuit, system: &System, name: &str) -> usize {
    let name = name.to_lowercase();
    if let Some(net) = circuit.net_names.get(&name) {
        return net.0 as usize;
    }
    let part = circuit.part_names.get(&name).unwrap_or_else(|| panic!("no net or part {name}"));
    system.branches[part] as usize
}

impl Waves {
    /// The value of a column at a time, on the line between points.
    pub fn at(&self, column: &str, time: f64) -> f64 {
        let wave = &self.columns[column];
        let k = self.time.partition_point(|t| *t < time).clamp(1, self.time.len() - 1);
        let (t0, t1) = (self.time[k - 1], self.time[k]);
        wave[k - 1] + (wave[k] - wave[k - 1]) * ((time - t0) / (t1 - t0)).clamp(0.0, 1.0)
    }

    pub fn last(&self, column: &str) -> f64 {
        self.columns[column][self.time.len() - 1]
    }

    /// When a column passes a level, upward (true) or downward, on the line between points.
    pub fn crossings(&self, column: &str, level: f64, upward: bool) -> Vec<f64> {
        let wave = &self.columns[column];
        let passes = |k: &usize| {
            let (a, b) = (wave[*k] - level, wave[k + 1] - level);
            if upward { a < 0.0 && b >= 0.0 } else { a > 0.0 && b <= 0.0 }
        };
        let place = |k: usize| {
            let share = (level - wave[k]) / (wave[k + 1] - wave[k]);
            self.time[k] + share * (self.time[k + 1] - self.time[k])
        };
        (0..wave.len() - 1).filter(passes).map(place).collect()
    }
}

fn quietly<T>(run: impl FnOnce(&mut Control) -> T) -> T {
    let interrupted = Arc::default();
    run(&mut Control::new(&interrupted, &mut |_| {}))
}

#[derive(Default)]
struct Rows {
    names: Vec<String>,
    scale: Vec<f64>,
    real: Vec<Vec<f64>>,
    complex: Vec<Vec<Complex64>>,
}

impl Sink for Rows {
    fn begin(&mut self, header: &Header) -> std::io::Result<()> {
        self.names = header.columns.iter().map(|c| c.name.clone()).collect();
        Ok(())
    }

    fn row(&mut self, scale: f64, row: Row) -> std::io::Result<()> {
        self.scale.push(scale);
        match row {
            Row::Real(v) => self.real.push(v.to_vec()),
            Row::Complex(v) => self.complex.push(v.to_vec()),
        }
        Ok(())
    }

    fn end(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

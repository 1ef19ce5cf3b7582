//! Everything that moves in a run of one circuit: memories, matrix values, factors, the present solution.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::failure::Failure;
use crate::circuit::PartId;
use crate::circuit::plan::Options;
use crate::device::{Environment, Memory, Mode, Ticks};
use crate::mna::{Assembly, Inputs, System};
use crate::solve::{Pivoting, Solver};

/// A circuit ready to be analyzed, one lane.
pub struct Simulator {
    pub system: Arc<System>,
    pub options: Options,
    pub env: Environment,
    pub memories: Vec<Memory>,
    pub assembly: Assembly,
    pub solver: Solver<f64>,
    /// The present solution by unknown.
    pub x: Vec<f64>,
    /// The last accepted solution; held states keep these values.
    pub last: Vec<f64>,
    /// Newton's change, and before it the right-hand side.
    pub(super) dx: Vec<f64>,
    /// History part of dQ/dt; all 0 where no time passes.
    pub(super) zeros: Vec<f64>,
    /// What `.ic` and `.nodeset` say, by unknown.
    pub initial: Vec<(usize, f64)>,
    pub nodeset: Vec<(usize, f64)>,
    /// When: 0 but for operating points in the midst of a transient.
    pub now: Ticks,
    /// Newton iterations so far.
    pub iterations: u64,
    /// Set when the user wants to stop.
    pub interrupted: Arc<AtomicBool>,
}

/// The environment that the options describe; `tstep` and `tstop` are those of the transient to come, if any.
pub fn environment(options: &Options, tstep: f64, tstop: f64) -> Environment {
    Environment {
        temp: options.temp,
        tnom: options.tnom,
        gmin: options.gmin,
        tstep,
        tstop,
        defl: options.defl,
        defw: options.defw,
        defad: options.defad,
        defas: options.defas,
        seed: options.seed,
        draw: options.run,
        point: options.point,
    }
}

/// The pivot choice that the options ask for.
pub(super) fn pivoting(options: &Options) -> Pivoting {
    Pivoting { relative: options.pivrel, absolute: options.pivtol, ..Pivoting::default() }
}

impl Simulator {
    pub fn new(system: Arc<System>, options: Options, env: Environment) -> Simulator {
        let memories = system.memories(&env, 1);
        let assembly = Assembly::new(&system, 1);
        let solver = Solver::new(&system.pattern, pivoting(&options));
        let mut memories = memories;
        let mut x = system.start(1);
        system.start_states(&mut memories, 0..system.groups.len(), &mut x);
        let n = system.unknowns();
        let mut simulator = Simulator {
            options,
            env,
            memories,
            assembly,
            solver,
            last: x.clone(),
            x,
            dx: vec![0.0; n],
            zeros: vec![0.0; n],
            initial: Vec::new(),
            nodeset: Vec::new(),
            now: Ticks(0),
            iterations: 0,
            interrupted: Arc::default(),
            system,
        };
        simulator.relinearize();
        simulator
    }

    /// After a parameter or the temperature changed: derived values and static matrices anew.
    pub fn setup(&mut self) {
        for (group, memory) in self.system.groups.iter().zip(&mut self.memories) {
            group.device.setup(&self.env, memory, 0);
            memory.trial.clone_from(&memory.state);
        }
        self.start_states(0..self.system.groups.len());
        self.relinearize();
    }

    /// The states of these devices at their start again.
    pub(super) fn start_states(&mut self, groups: std::ops::Range<usize>) {
        let system = self.system.clone();
        for x in [&mut self.x, &mut self.last] {
            system.start_states(&mut self.memories, groups.clone(), x);
        }
    }

    /// Sets a parameter of a part and brings what depends on it up to date. False if there is no such parameter.
    pub fn set_param(&mut self, part: PartId, name: &str, value: f64) -> bool {
        let done = self.system.set_param(&mut self.memories, part, name, 0, value);
        if let Some(&(g, _)) = self.system.places.get(&part) {
            let group = &self.system.groups[g];
            let memory = &mut self.memories[g];
            group.device.setup(&self.env, memory, 0);
            memory.trial.clone_from(&memory.state);
            if group.linear {
                self.relinearize();
            }
            self.start_states(g..g + 1);
        }
        done
    }

    pub(super) fn relinearize(&mut self) {
        let zeros = vec![0.0; self.system.unknowns()];
        let at = Inputs { x: &zeros, ..self.still(&zeros, Mode::Static) };
        self.assembly.relinearize(&self.system, &mut self.memories, &at);
    }

    /// Inputs of a point where no time passes, at `x`.
    pub(super) fn still<'a>(&self, x: &'a [f64], mode: Mode) -> Inputs<'a> {
        Inputs {
            x,
            last: x,
            time: &[0.0],
            ticks: &[Ticks(0)],
            a: &[0.0],
            beta: x,
            mode,
            transient: false,
            gmin: self.options.gmin,
            source: 1.0,
            shunt: 0.0,
            anchor: 0.0,
            clamps: &[],
            rest: 0.0,
        }
    }

    /// S, from every net to ground: what `.options rshunt` asks for.
    pub(super) fn shunt(&self) -> f64 {
        1.0 / self.options.rshunt
    }

    /// A failure of the present matrix in the words of the circuit.
    pub(super) fn solve_failure(&self, error: &crate::solve::SolveError, time: Option<f64>) -> Failure {
        Failure::solve(error, &self.system, time)
    }
}

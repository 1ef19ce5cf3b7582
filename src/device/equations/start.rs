//! Parameters → derived numbers and the values states start from.

use super::device::Equations;
use super::draws::law;
use super::graph::Source;
use super::piece::Input;
use crate::circuit::definition::Own;
use crate::circuit::equation::Quantity;
use crate::device::memory::Memory;
use crate::random::Stream;

impl Equations {
    /// All parameters of an instance: defaults that follow others are computed where nothing was given or set.
    pub(super) fn parameters(&self, instance: usize, set: impl Fn(usize) -> f64) -> Vec<f64> {
        let kind = &self.definition.kind;
        let mut values: Vec<f64> = Vec::with_capacity(kind.params.len());
        for k in 0..kind.params.len() {
            let value = set(k);
            let untouched = !self.given[instance][k]
                && match self.numbers.get(instance).and_then(|n| n.get(k)) {
                    Some(number) => number.to_bits() == value.to_bits(),
                    None => true,
                };
            values.push(match self.definition.defaults.get(k) {
                Some(Some(follows)) if untouched => follows.value(&mut |q| match q {
                    Quantity::Own(Own::Param(n)) => values.get(*n).copied().unwrap_or(f64::NAN),
                    _ => f64::NAN,
                }),
                _ => value,
            });
        }
        values
    }

    /// The derived numbers of an instance.
    pub(super) fn derive(&self, mut parameters: Vec<f64>, temperature: f64) -> Vec<f64> {
        parameters.push(temperature);
        let setup = &self.program.setup;
        let mut derived = vec![0.0; self.program.derived];
        setup.run(1, &parameters, &mut vec![0.0; setup.scratch()], &mut derived);
        derived
    }

    /// What each state starts from; `draw` is a random number by its place among the draws and its law's arguments.
    pub(super) fn starts(
        &self,
        derived: impl Fn(usize) -> f64,
        mut draw: impl FnMut(usize, &[f64]) -> f64,
    ) -> Vec<f64> {
        let mut drawn = vec![f64::NAN; self.definition.draws.len()];
        for (n, args) in &self.program.draws {
            let args: Vec<f64> = args.iter().map(|&a| derived(a)).collect();
            drawn[*n] = draw(*n, &args);
        }
        let piece = &self.program.starts;
        let inputs: Vec<f64> = piece
            .inputs
            .iter()
            .map(|input| match input {
                Input::Derived(n) => derived(*n),
                Input::Moving(Source::Draw(n)) => drawn.get(*n).copied().unwrap_or(f64::NAN),
                // Nothing else exists yet.
                Input::Moving(_) => f64::NAN,
            })
            .collect();
        let mut starts = vec![0.0; self.definition.states.len()];
        piece.tape.run(1, &inputs, &mut vec![0.0; piece.tape.scratch()], &mut starts);
        starts
    }

    /// The start values of an instance in a lane, with its own random numbers.
    pub(super) fn drawn_starts(&self, memory: &Memory, instance: usize, lane: usize) -> Vec<f64> {
        let stream = |n: usize| Stream::once(memory.keys[lane], &self.paths[instance], &format!("start:{n}"));
        self.starts(
            |n| memory.derived(instance, n, lane),
            |n, args| stream(n).draw(&law(self.definition.draws[n].law, args), 0),
        )
    }
}

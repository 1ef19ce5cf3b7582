//! `dc`, `ac` and `noise` at the present state of a bench: device states and signals held, every edge finished; the bench is then as
//! it was.

use num_complex::Complex64;

use super::bench::Bench;
use super::glance::{current, meters};
use crate::analysis::sink::{Control, Header, Row, Sink};
use crate::analysis::{
    AcSweep, Failure, NoiseSweep, Observer, Tracks, View, ac, noise, operating_point, quantity, set_source,
};
use crate::circuit::equation::{Equation, Function, Quantity};
use crate::circuit::plan::Observation;
use crate::device::smu::{Order, Task};
use crate::diag::{FileId, Span};
use crate::process::history::Kept;
use crate::process::study::{Column, Rows, Scale, Study, Sweep, Swept};

impl Bench {
    /// The rows of an analysis.
    pub(super) fn analyzed(&mut self, study: &Study, see: &[Kept]) -> Result<Rows, Failure> {
        let memories = self.transient.memories.clone();
        self.finish_edges();
        let rows = match study {
            Study::Dc(sweeps) => self.swept(sweeps, see),
            &Study::Ac { scale, points, start, stop } => self.phasors(&AcSweep { scale, points, start, stop }, see),
            &Study::Noise { output, input, scale, points, start, stop } => {
                let sweep = AcSweep { scale, points, start, stop };
                self.noise(&NoiseSweep { output, input, sweep, parts: Vec::new() })
            }
        };
        self.transient.memories = memories;
        rows
    }

    /// Every unit is where it was going to.
    pub(super) fn finish_edges(&mut self) {
        let system = self.transient.system.clone();
        for unit in self.program.smus.iter().map(|s| s.part).chain(self.program.signals.iter().filter_map(|s| s.driver))
        {
            if let Some(&(group, instance)) = system.places.get(&unit) {
                let memory = &mut self.transient.memories[group];
                Order::read(memory, instance, 0).finished().write(memory, instance, 0);
            }
        }
    }

    fn swept(&mut self, sweeps: &[Sweep], see: &[Kept]) -> Result<Rows, Failure> {
        let count: usize = sweeps.iter().map(|s| s.values.len()).product();
        let units = sweeps.iter().map(|s| self.unit_of(s.what)).collect();
        let scales = vec![Vec::with_capacity(count); sweeps.len()];
        let mut rows = Rows { scales, units, ..Rows::default() };
        let mut columns: Vec<Vec<f64>> = vec![Vec::with_capacity(count); see.len()];
        let mut before: Option<Vec<f64>> = None;
        for row in 0..count {
            let mut rest = row;
            let mut point = Vec::with_capacity(sweeps.len());
            for (scale, s) in rows.scales.iter_mut().zip(sweeps) {
                let value = s.values[rest % s.values.len()];
                rest /= s.values.len();
                scale.push(value);
                point.push((s.what, value));
            }
            for &(what, value) in &point {
                if let Swept::Unit(smu) = what {
                    let part = self.smu_part(smu);
                    let order = Order { task: Task::Voltage, from: value, to: value, ..self.order_of(part) };
                    self.tell(part, order.finished());
                }
            }
            self.still.take(&self.transient);
            for &(what, value) in &point {
                if let Swept::Source(part) = what {
                    set_source(&mut self.still, part, value)?;
                }
            }
            // From the point before, else from nothing.
            let near = before.as_ref().is_some_and(|x| {
                self.still.x.clone_from(x);
                operating_point(&mut self.still, false, true).is_ok()
            });
            if !near {
                self.still.x.copy_from_slice(self.transient.solution());
                operating_point(&mut self.still, false, before.is_none())
                    .or_else(|_| operating_point(&mut self.still, false, false))?;
            }
            before = Some(self.still.x.clone());
            for (column, what) in columns.iter_mut().zip(see) {
                column.push(self.at_rest(what));
            }
        }
        rows.columns = columns.into_iter().map(Column::Real).collect();
        Ok(rows)
    }

    fn unit_of(&self, what: Swept) -> &'static str {
        let current = |part| self.transient.system.circuit.part(part).kind.letter == Some('i');
        if matches!(what, Swept::Source(part) if current(part)) { "A" } else { "V" }
    }

    /// A number of the circuit at the point just solved.
    fn at_rest(&self, what: &Kept) -> f64 {
        let still = &self.still;
        let view = View {
            assembly: &still.assembly,
            memories: &still.memories,
            x: &still.x,
            coefficients: Default::default(),
            ..self.transient.view(0)
        };
        match what {
            Kept::Quantity(q) => quantity(&view, &Tracks::default(), q),
            Kept::Unit(smu) => current(view.system, &view, self.smu_part(*smu)),
            Kept::Signal(signal) => self.signals.get(signal.0 as usize).copied().unwrap_or(0.0),
            Kept::Energy(smu) => meters(&self.program, &self.transient.view(0), *smu).0,
            Kept::Charge(smu) => meters(&self.program, &self.transient.view(0), *smu).1,
            Kept::Absorbed(part) => self.absorbed.of(*part),
        }
    }

    fn phasors(&mut self, sweep: &AcSweep, see: &[Kept]) -> Result<Rows, Failure> {
        self.still.take(&self.transient);
        let nowhere = Span { file: FileId(0), start: 0, end: 0 };
        let observations: Vec<Observation> = see
            .iter()
            .map(|k| Observation { label: String::new(), equation: self.equation(k), span: nowhere })
            .collect();
        let mut observer = Observer::new(&self.transient.system, &observations.iter().collect::<Vec<_>>());
        let mut take = Take { scale: Vec::new(), columns: vec![Vec::new(); see.len()], real: Vec::new() };
        let interrupted = self.interrupted.clone();
        let mut quiet = |_| {};
        let mut control = Control::new(&interrupted, &mut quiet);
        ac(&mut self.still, sweep, &mut observer, &mut take, &mut control)?;
        let columns = take.columns.into_iter().map(Column::Phasors).collect();
        Ok(Rows { scales: vec![take.scale], units: vec!["Hz"], columns, named: Vec::new() })
    }

    fn noise(&mut self, spec: &NoiseSweep) -> Result<Rows, Failure> {
        self.still.take(&self.transient);
        let mut take = Take { scale: Vec::new(), columns: Vec::new(), real: vec![Vec::new(); 2] };
        let interrupted = self.interrupted.clone();
        let mut quiet = |_| {};
        let mut control = Control::new(&interrupted, &mut quiet);
        noise(&mut self.still, spec, &mut take, &mut control)?;
        let input = self.unit_of(Swept::Source(spec.input));
        let units = ["V/√Hz", if input == "A" { "A/√Hz" } else { "V/√Hz" }];
        let named = ["onoise", "inoise"].into_iter().zip(units).zip(take.real);
        let named = named.map(|((name, unit), values)| Scale { name: name.into(), unit, values }).collect();
        Ok(Rows { scales: vec![take.scale], units: vec!["Hz"], columns: Vec::new(), named })
    }

    /// What has a phasor as an equation; everything else has none.
    fn equation(&self, what: &Kept) -> Equation {
        match what {
            Kept::Quantity(q) => Equation::Quantity(q.clone()),
            Kept::Unit(smu) => {
                let into = Equation::Quantity(Quantity::Current(self.smu_part(*smu), 0));
                Equation::Apply(Function::Neg, vec![into])
            }
            Kept::Signal(_) | Kept::Energy(_) | Kept::Charge(_) | Kept::Absorbed(_) => Equation::Const(0.0),
        }
    }
}

/// Keeps rows column by column.
struct Take {
    scale: Vec<f64>,
    columns: Vec<Vec<Complex64>>,
    real: Vec<Vec<f64>>,
}

impl Sink for Take {
    fn begin(&mut self, _: &Header) -> std::io::Result<()> {
        Ok(())
    }

    fn row(&mut self, scale: f64, row: Row) -> std::io::Result<()> {
        self.scale.push(scale);
        match row {
            Row::Complex(values) => self.columns.iter_mut().zip(values).for_each(|(c, v)| c.push(*v)),
            Row::Real(values) => self.real.iter_mut().zip(values).for_each(|(c, v)| c.push(*v)),
        }
        Ok(())
    }

    fn end(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

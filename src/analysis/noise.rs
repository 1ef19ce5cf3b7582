//! Small-signal noise over frequency: what every source of noise does to an output, by one solution of the transposed
//! system at each frequency, and the same referred to an input.
//!
//! With (G + jω·C)ᵀ·y = e for an output e·x, a current i from a to b does |y_b − y_a|·i to it. Source: Rohrer, Nagel, Meyer,
//! Weber, IEEE J. Solid-State Circuits 6 (1971) 204.

use std::f64::consts::PI;
use std::sync::atomic::Ordering;

use num_complex::Complex64;

use super::ac::{AcSweep, frequency_column, linearized};
use super::failure::Failure;
use super::simulator::{Simulator, pivoting};
use super::sink::{Column, Control, Header, Progress, Row, Sink, Stats};
use crate::circuit::{NetId, PartId};
use crate::device::{Mode, Noise, Point, Ticks};
use crate::mna::SmallSignal;
use crate::solve::Solver;

/// An `.noise` card.
#[derive(Clone, Debug, PartialEq)]
pub struct NoiseSweep {
    /// V(first, second)
    pub output: (NetId, NetId),
    /// An independent source of voltage or current
    pub input: PartId,
    pub sweep: AcSweep,
    /// Parts whose shares are columns of their own
    pub parts: Vec<PartId>,
}

/// One source of noise within the circuit.
struct Source {
    place: (usize, usize),
    noise: Noise,
    /// Among the parts with columns of their own
    column: Option<usize>,
}

/// The columns: of output and input, then of each part. Densities are roots: V/√Hz, or A/√Hz of a current source.
pub fn columns(simulator: &Simulator, spec: &NoiseSweep) -> Vec<Column> {
    let circuit = &simulator.system.circuit;
    let input = if circuit.part(spec.input).kind.letter == Some('i') { "A/√Hz" } else { "V/√Hz" };
    let named = |name: String, unit: &'static str| Column { name, unit: unit.into() };
    let own = spec.parts.iter().map(|p| named(format!("onoise({})", circuit.part(*p).path), "V/√Hz"));
    [named("onoise".into(), "V/√Hz"), named("inoise".into(), input)].into_iter().chain(own).collect()
}

/// Solves at every frequency and hands the densities to the sink.
pub fn noise(
    simulator: &mut Simulator,
    spec: &NoiseSweep,
    sink: &mut dyn Sink,
    control: &mut Control,
) -> Result<Stats, Failure> {
    let before = simulator.iterations;
    let mut small = linearized(simulator, control)?;
    let sources = sources(simulator, &spec.parts);
    let mut solver: Solver<Complex64> = Solver::new(&simulator.system.pattern, pivoting(&simulator.options));
    let columns = columns(simulator, spec);
    let mut row = vec![0.0; columns.len()];
    let scale = Some(frequency_column());
    sink.begin(&Header { analysis: "noise", steps: Vec::new(), scale, columns, complex: false })?;
    let frequencies = spec.sweep.frequencies();
    let mut stats = Stats { newton: simulator.iterations - before, ..Stats::default() };
    for (k, &frequency) in frequencies.iter().enumerate() {
        if control.interrupted.load(Ordering::Relaxed) {
            sink.end()?;
            return Err(Failure::Interrupted);
        }
        let answer = densities(simulator, spec, frequency, &sources, (&mut small, &mut solver), &mut row);
        if let Err(failure) = answer {
            sink.end()?;
            return Err(failure);
        }
        sink.row(frequency, Row::Real(&row))?;
        stats.accepted += 1;
        let fraction = (k + 1) as f64 / frequencies.len() as f64;
        (control.progress)(Progress { fraction, time: 0.0, steps: stats.accepted });
    }
    sink.end()?;
    Ok(stats)
}

/// Every source of noise at the operating point.
fn sources(simulator: &Simulator, parts: &[PartId]) -> Vec<Source> {
    let mut out = Vec::new();
    for (g, (group, memory)) in simulator.system.groups.iter().zip(&simulator.memories).enumerate() {
        let at = Point {
            lanes: 1,
            x: &simulator.x,
            last: &simulator.last,
            time: &[0.0],
            ticks: &[Ticks(0)],
            gmin: simulator.options.gmin,
            source: 1.0,
            mode: Mode::Linearize,
            transient: false,
            terms: &group.terms,
            width: group.width,
            part: 0.0,
        };
        for (i, part) in group.parts.iter().enumerate() {
            let column = parts.iter().position(|p| p == part);
            group.device.noise(i, &at, memory, &simulator.env, &mut |noise| {
                out.push(Source { place: (g, i), noise, column });
            });
        }
    }
    out
}

/// One row: output, input, shares.
fn densities(
    simulator: &Simulator,
    spec: &NoiseSweep,
    frequency: f64,
    sources: &[Source],
    (small, solver): (&mut SmallSignal, &mut Solver<Complex64>),
    row: &mut [f64],
) -> Result<(), Failure> {
    let system = &simulator.system;
    let omega = 2.0 * PI * frequency;
    let mut y = vec![Complex64::ZERO; system.unknowns()];
    let regular = small.assemble(system, omega, &mut y.clone());
    let slots = system.pattern.rows.len();
    solver.factor(&small.matrix[..slots]).map_err(|e| simulator.solve_failure(&e, None))?;
    y[spec.output.0.0 as usize] += 1.0;
    y[spec.output.1.0 as usize] -= 1.0;
    y[0] = Complex64::ZERO;
    solver.solve_transposed(&mut y[1..=system.solved]);
    row.fill(0.0);
    for source in sources {
        let ends = [source.noise.from, source.noise.to];
        let power = small.transfer(system, source.place, ends, omega, &y).norm_sqr() * source.noise.density(frequency);
        row[0] += power;
        if let Some(column) = source.column {
            row[2 + column] += power;
        }
    }
    let gain = match (system.branches.get(&spec.input), system.places.get(&spec.input)) {
        (Some(&branch), _) => y[branch as usize],
        (None, Some(&place)) => small.transfer(system, place, [0, 1], omega, &y),
        (None, None) => Complex64::ZERO,
    };
    row[1] = row[0] / gain.norm_sqr();
    row.iter_mut().for_each(|v| *v = v.sqrt());
    // An input that does nothing to the output has no equivalent noise.
    if gain.norm_sqr() == 0.0 {
        row[1] = 0.0;
    }
    match row.iter().all(|v| v.is_finite()) && regular {
        true => Ok(()),
        false => {
            let u = spec.output.0.0 as usize;
            Err(Failure::NotFinite { unknown: system.name(u), part: system.part_at(u), time: None, why: String::new() })
        }
    }
}

/// The root of the integral of the square of a density over frequency: each piece between two points is a power of f.
pub fn total(frequencies: &[f64], densities: &[f64]) -> f64 {
    let pieces = frequencies.windows(2).zip(densities.windows(2));
    let integral: f64 = pieces
        .map(|(f, d)| {
            let (a, b) = (d[0] * d[0], d[1] * d[1]);
            let ratio = f[1] / f[0];
            if a <= 0.0 || b <= 0.0 || f[0] <= 0.0 || ratio <= 1.0 {
                return 0.5 * (a + b) * (f[1] - f[0]);
            }
            // ∫ a·(f/f0)^p = a·f0·(r^(p+1) − 1)/(p + 1), with r^(p+1) = r·b/a
            let exponent = (b / a).ln() / ratio.ln() + 1.0;
            match exponent.abs() < 1e-9 {
                true => a * f[0] * ratio.ln(),
                false => f[0] * (b * ratio - a) / exponent,
            }
        })
        .sum();
    integral.sqrt()
}

#[cfg(test)]
mod tests {
    use super::total;

    #[test]
    fn totals_of_powers_of_frequency_are_exact() {
        let f: Vec<f64> = (0..=20).map(|k| 10f64.powf(f64::from(k) / 10.0)).collect();
        let of = |p: f64| total(&f, &f.iter().map(|f| f.powf(p / 2.0)).collect::<Vec<_>>()).powi(2);
        for (p, want) in [(0.0, 99.0), (-1.0, 100f64.ln()), (-2.0, 0.99), (1.0, 9999.0 / 2.0)] {
            assert!((of(p) - want).abs() < 1e-12 * want, "{p}: {} {want}", of(p));
        }
    }
}

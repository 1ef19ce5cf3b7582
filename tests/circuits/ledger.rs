//! Accepted points of a transient → whether currents and charges balance at every net, by equations of the test's own.
//!
//! Two books are kept for each net. At every accepted point the currents into it sum to nothing, those of charges by the
//! integration formula that made the point. Over the run ∫i·dt of what is no charge, by trapezoids over the accepted
//! points, is what the charges at the net grew by.

use std::collections::BTreeMap;

use memspice::analysis::formula::Coefficients;

use crate::support::{Deck, Values};

/// Something between two nets (ground is `0`), from the first to the second.
#[derive(Clone, Copy, Debug)]
pub enum Flow {
    /// A
    Current(&'static str, &'static str, f64),
    /// C, whose growth is a current
    Charge(&'static str, &'static str, f64),
    /// F and V: a capacitance that is the slope of no charge, taken at the middle of a step
    Capacitance(&'static str, &'static str, f64, f64),
    /// F, V and C: a current of capacitance times the rate of a voltage, and the charge it should amount to
    Rate(&'static str, &'static str, [f64; 3]),
}

/// How far the worst net is from balance.
#[derive(Debug)]
pub struct Balance {
    /// Largest |Σi| at a point, relative to Σ|i| there or, where that is smaller, to a hundredth of the net's largest.
    pub currents: f64,
    /// Largest |∫Σi·dt + ΔQ|, relative to ∫Σ|i|·dt
    pub charges: f64,
    pub points: usize,
    pub where_worst: String,
}

/// What is remembered of one charge: Q of this and the last two points, its current, and what a capacitance was.
#[derive(Clone, Copy, Default)]
struct Past {
    q: [f64; 3],
    current: f64,
    farad: f64,
    volts: f64,
}

/// At one net: sums of this point, and of the run.
#[derive(Clone, Copy, Default)]
struct Net {
    sum: f64,
    size: f64,
    resistive: f64,
    resistive_before: f64,
    exchanged: f64,
    exchanged_before: f64,
    charge: f64,
    charge_at_start: f64,
    delivered: f64,
    throughput: f64,
    largest: f64,
}

/// Keeps the books over the deck's transient; `flows` lists all that flows at a point, always in the same order.
pub fn balance(deck: &Deck, flows: &mut dyn FnMut(&Values) -> Vec<Flow>) -> Balance {
    let mut nets: BTreeMap<&'static str, Net> = BTreeMap::new();
    let mut pasts: Vec<Past> = Vec::new();
    let mut before = 0.0;
    let mut sums: Vec<(f64, &'static str, f64, f64)> = Vec::new();
    let mut points = 0;
    deck.walk(&mut |time, formula, value| {
        let flows = flows(value);
        pasts.resize(flows.len(), Past::default());
        nets.values_mut().for_each(|n| (n.sum, n.size, n.resistive, n.exchanged, n.charge) = Default::default());
        for (flow, past) in flows.iter().zip(&mut pasts) {
            let (from, to, current, charge) = match *flow {
                Flow::Current(a, b, amperes) => (a, b, amperes, None),
                Flow::Charge(a, b, q) => (a, b, past.step(formula, q, points), Some(q)),
                Flow::Capacitance(a, b, farad, volts) => {
                    let q = match points {
                        0 => farad * volts,
                        _ => past.q[0] + 0.5 * (farad + past.farad) * (volts - past.volts),
                    };
                    (past.farad, past.volts) = (farad, volts);
                    (a, b, past.step(formula, q, points), Some(q))
                }
                Flow::Rate(a, b, [farad, volts, q]) => (a, b, farad * past.step(formula, volts, points), Some(q)),
            };
            for (net, sign) in [(from, 1.0), (to, -1.0)] {
                let net = nets.entry(net).or_default();
                net.sum += sign * current;
                net.size += current.abs();
                match charge {
                    Some(q) => net.charge += sign * q,
                    None => {
                        (net.resistive, net.exchanged) = (net.resistive + sign * current, net.exchanged + current.abs())
                    }
                }
            }
        }
        for (name, net) in nets.iter_mut().filter(|(name, _)| **name != "0") {
            if points == 0 {
                // What `.ic` holds a net with is no part of the circuit.
                net.charge_at_start = net.charge;
            } else {
                sums.push((time, *name, net.sum.abs(), net.size));
                net.largest = net.largest.max(net.size);
                let half = 0.5 * (time - before);
                net.delivered += half * (net.resistive + net.resistive_before);
                net.throughput += half * (net.exchanged + net.exchanged_before);
            }
            (net.resistive_before, net.exchanged_before) = (net.resistive, net.exchanged);
        }
        before = time;
        points += 1;
    });
    let mut worst = Balance { currents: 0.0, charges: 0.0, points, where_worst: String::new() };
    for (time, name, sum, size) in sums {
        let relative = sum / size.max(1e-2 * nets[name].largest);
        // Not a number is worse than anything.
        if relative > worst.currents || relative.is_nan() {
            (worst.currents, worst.where_worst) = (relative, format!("{name} at {time:e} s: {sum:e} of {size:e} A"));
        }
    }
    for (name, net) in nets.iter().filter(|(name, _)| **name != "0") {
        let grown = net.charge - net.charge_at_start;
        let relative = (net.delivered + grown).abs() / net.throughput;
        if relative > worst.charges || relative.is_nan() {
            worst.charges = relative;
            worst.where_worst += &format!("; {name} ∫i·dt {:e}, ΔQ {grown:e} C", net.delivered);
        }
    }
    worst
}

impl Past {
    /// The current of a charge by a·Q + b·Q₋₁ + c·Q₋₂ + d·i₋₁.
    fn step(&mut self, formula: Coefficients, q: f64, points: usize) -> f64 {
        self.q = if points == 0 { [q; 3] } else { [q, self.q[0], self.q[1]] };
        let Coefficients { a, b, c, d } = formula;
        self.current = a * self.q[0] + b * self.q[1] + c * self.q[2] + d * self.current;
        self.current
    }
}

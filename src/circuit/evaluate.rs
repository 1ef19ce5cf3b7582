//! The equations of a `.device` at given numbers: what is checked before a run, and the oracle of compiled equations.

use super::definition::{Definition, Draw, Law, Own};
use super::equation::{Equation, Function, Quantity};

/// A state of one instance.
#[derive(Clone, Copy, Debug)]
pub struct Numbers<'n> {
    pub params: &'n [f64],
    pub states: &'n [f64],
    /// Voltage of each pin
    pub pins: &'n [f64],
    /// s
    pub time: f64,
    /// °C
    pub temp: f64,
}

/// A quantity that has another value than the rest says: the step of a difference quotient.
type Moved = Option<(Own, f64)>;

/// Relative step of difference quotients for `ddx`, and the least step.
const STEP: f64 = 1e-6;
const LEAST_STEP: f64 = 1e-9;

impl Definition {
    /// The start values of the states; random numbers are the middle of their law.
    pub fn starts(&self, params: &[f64], temp: f64) -> Vec<f64> {
        let at = Numbers { params, states: &[], pins: &[], time: 0.0, temp };
        self.states.iter().map(|s| self.at(&s.start, &at, &[])).collect()
    }

    /// All lets.
    pub fn lets_at(&self, at: &Numbers) -> Vec<f64> {
        self.some_lets(at, None, |_| true)
    }

    /// An equation, `lets` being [`Definition::lets_at`] there. Noise and the currents of voltages are 0, charges do not
    /// change; `ddx` is a difference quotient.
    pub fn at(&self, e: &Equation, at: &Numbers, lets: &[f64]) -> f64 {
        self.number(e, at, lets, None)
    }

    /// The lets that are wanted, which read no others; NaN in place of the rest.
    fn some_lets(&self, at: &Numbers, moved: Moved, wanted: impl Fn(usize) -> bool) -> Vec<f64> {
        let mut lets = Vec::with_capacity(self.lets.len());
        for (k, l) in self.lets.iter().enumerate() {
            let v = if wanted(k) { self.number(&l.value, at, &lets, moved) } else { f64::NAN };
            lets.push(v);
        }
        lets
    }

    /// Which lets an equation reads, those that these read included.
    fn read_by(&self, e: &Equation) -> Vec<bool> {
        let mut read = vec![false; self.lets.len()];
        let see = |read: &mut Vec<bool>, e: &Equation| {
            for q in e.quantities() {
                if let Quantity::Own(Own::Let(k)) = q
                    && let Some(k) = read.get_mut(k)
                {
                    *k = true;
                }
            }
        };
        see(&mut read, e);
        for k in (0..self.lets.len()).rev() {
            if read[k] {
                see(&mut read, &self.lets[k].value);
            }
        }
        read
    }

    fn own(&self, own: Own, at: &Numbers, lets: &[f64], moved: Moved) -> f64 {
        if let Some((which, value)) = moved
            && which == own
        {
            return value;
        }
        let pin = |p: Option<usize>| p.map_or(0.0, |k| at.pins.get(k).copied().unwrap_or(0.0));
        let of = |list: &[f64], k: usize| list.get(k).copied().unwrap_or(f64::NAN);
        match own {
            Own::Voltage(a, b) => pin(a) - pin(b),
            Own::Current(_) | Own::White(_) => 0.0,
            Own::Param(k) => of(at.params, k),
            Own::State(k) => of(at.states, k),
            Own::Let(k) => of(lets, k),
            Own::Draw(k) => self.draws.get(k).map_or(f64::NAN, |d| self.middle(d, at, lets, moved)),
        }
    }

    fn middle(&self, draw: &Draw, at: &Numbers, lets: &[f64], moved: Moved) -> f64 {
        let args: Vec<f64> = draw.args.iter().map(|a| self.number(a, at, lets, moved)).collect();
        match (draw.law, &args[..]) {
            (Law::Normal | Law::Exponential, [mean, ..]) => *mean,
            (Law::Uniform, [low, high]) => 0.5 * (low + high),
            (Law::Loguniform, [low, high]) => (low * high).sqrt(),
            (Law::Lognormal, [_, mean]) => *mean,
            (Law::Lognormal, [_]) => 1.0,
            _ => f64::NAN,
        }
    }

    fn number(&self, e: &Equation, at: &Numbers, lets: &[f64], moved: Moved) -> f64 {
        let of = |e: &Equation| self.number(e, at, lets, moved);
        match e {
            Equation::Const(v) => *v,
            Equation::Quantity(Quantity::Own(own)) => self.own(*own, at, lets, moved),
            Equation::Quantity(Quantity::Time) => at.time,
            Equation::Quantity(Quantity::Temperature) => at.temp,
            Equation::Quantity(_) => f64::NAN,
            Equation::Apply(Function::Select, args) if args.len() == 3 => {
                of(&args[if of(&args[0]) != 0.0 { 1 } else { 2 }])
            }
            Equation::Apply(Function::Ddt, _) => 0.0,
            Equation::Apply(Function::Ddx, args) => match &args[..] {
                [of, Equation::Quantity(Quantity::Own(by))] => self.quotient(of, *by, at),
                _ => f64::NAN,
            },
            Equation::Apply(f, args) => {
                let args: Vec<f64> = args.iter().map(of).collect();
                f.value(&args).unwrap_or(f64::NAN)
            }
        }
    }

    /// ∂e/∂by
    fn quotient(&self, e: &Equation, by: Own, at: &Numbers) -> f64 {
        let x = self.own(by, at, &[], None);
        let h = (STEP * x.abs()).max(LEAST_STEP);
        // Only what it reads: the let that this derivative stands in comes later.
        let read = self.read_by(e);
        let side = |x: f64| {
            let moved = Some((by, x));
            let lets = self.some_lets(at, moved, |k| read[k]);
            self.number(e, at, &lets, moved)
        };
        (side(x + h) - side(x - h)) / (2.0 * h)
    }
}

//! A sample → the most likely normal, lognormal, exponential or Poisson distribution.

use thiserror::Error;

use crate::lab::number::{prefix, rough, significant, takes_prefix};
use crate::value::special::{gamma_q, normal_cdf};

/// Which distribution is laid through a histogram.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fit {
    #[default]
    None,
    Normal,
    Lognormal,
    Exponential,
    Poisson,
}

impl Fit {
    /// The names a netlist may say.
    pub const NAMES: [&str; 4] = ["normal", "lognormal", "exponential", "poisson"];

    /// `fit normal`
    pub fn named(name: &str) -> Option<Fit> {
        match &name.to_ascii_lowercase()[..] {
            "normal" => Some(Fit::Normal),
            "lognormal" => Some(Fit::Lognormal),
            "exponential" => Some(Fit::Exponential),
            "poisson" => Some(Fit::Poisson),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Fit::None => "no",
            Fit::Normal => "normal",
            Fit::Lognormal => "lognormal",
            Fit::Exponential => "exponential",
            Fit::Poisson => "Poisson",
        }
    }
}

/// Why a sample has no such distribution.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum FitError {
    #[error("no {fit} fit: there are no values")]
    Empty { fit: &'static str },
    #[error("no {fit} fit: not all values are above zero")]
    NotPositive { fit: &'static str },
    #[error("no {fit} fit: a value is below zero")]
    Negative { fit: &'static str },
    #[error("no Poisson fit: not all values are whole numbers")]
    NotWhole,
    #[error("no {fit} fit: all values are equal")]
    Constant { fit: &'static str },
}

/// A distribution with its parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Law {
    /// The standard deviation divides by n, as likelihood asks.
    Normal {
        mean: f64,
        sd: f64,
    },
    /// Of ln x: mean and standard deviation
    Lognormal {
        mean: f64,
        sd: f64,
    },
    Exponential {
        mean: f64,
    },
    Poisson {
        mean: f64,
    },
}

/// The distribution of a kind under which values, each with the number of times it was seen, are most likely; None for
/// `Fit::None`.
///
/// # Errors
/// Values that no such distribution gives.
pub fn fit(kind: Fit, sample: &[(f64, f64)]) -> Result<Option<Law>, FitError> {
    let name = kind.name();
    let seen = || sample.iter().filter(|s| s.1 > 0.0);
    if kind != Fit::None && seen().next().is_none() {
        return Err(FitError::Empty { fit: name });
    }
    let (low, mean, sd) = moments(seen().copied());
    let constant = |sd: f64, mean: f64| sd <= 1e-12 * mean.abs() || sd == 0.0;
    match kind {
        Fit::None => Ok(None),
        Fit::Normal if constant(sd, mean) => Err(FitError::Constant { fit: name }),
        Fit::Normal => Ok(Some(Law::Normal { mean, sd })),
        Fit::Lognormal if low <= 0.0 => Err(FitError::NotPositive { fit: name }),
        Fit::Lognormal => {
            let (_, mean, sd) = moments(seen().map(|s| (s.0.ln(), s.1)));
            if sd <= 1e-12 { Err(FitError::Constant { fit: name }) } else { Ok(Some(Law::Lognormal { mean, sd })) }
        }
        Fit::Exponential | Fit::Poisson if low < 0.0 => Err(FitError::Negative { fit: name }),
        Fit::Poisson if seen().any(|s| s.0 != s.0.round()) => Err(FitError::NotWhole),
        Fit::Exponential | Fit::Poisson if mean == 0.0 => Err(FitError::Constant { fit: name }),
        Fit::Exponential => Ok(Some(Law::Exponential { mean })),
        Fit::Poisson => Ok(Some(Law::Poisson { mean })),
    }
}

/// The least value, the mean and the standard deviation of values with weights.
fn moments(sample: impl Iterator<Item = (f64, f64)> + Clone) -> (f64, f64, f64) {
    let total: f64 = sample.clone().map(|s| s.1).sum();
    let mean = sample.clone().map(|s| s.0 * s.1).sum::<f64>() / total;
    let variance = sample.clone().map(|s| (s.0 - mean).powi(2) * s.1).sum::<f64>() / total;
    (sample.map(|s| s.0).fold(f64::INFINITY, f64::min), mean, variance.sqrt())
}

impl Law {
    /// The probability of a value of at most `x`.
    pub fn below(&self, x: f64) -> f64 {
        match *self {
            Law::Normal { mean, sd } => normal_cdf((x - mean) / sd),
            Law::Exponential { .. } | Law::Poisson { .. } if x < 0.0 => 0.0,
            Law::Lognormal { .. } if x <= 0.0 => 0.0,
            Law::Lognormal { mean, sd } => normal_cdf((x.ln() - mean) / sd),
            Law::Exponential { mean } => -(-x / mean).exp_m1(),
            // P(k ≤ n) = Q(n + 1, λ)
            Law::Poisson { mean } => gamma_q(x.floor() + 1.0, mean),
        }
    }

    /// Whether only whole numbers have a probability.
    pub fn is_discrete(&self) -> bool {
        matches!(self, Law::Poisson { .. })
    }

    /// Name and parameters, a line each.
    pub fn describe(&self, unit: &str) -> Vec<String> {
        match *self {
            Law::Normal { mean, sd } => {
                let (factor, sign) = if takes_prefix(unit) { prefix(mean.abs().max(sd)) } else { (1.0, "") };
                // The mean to the digit of the deviation's third
                let digits = 3.0 + (mean.abs() / sd).log10().floor().clamp(-3.0, 12.0);
                let number = |v: f64, digits: f64| match digits < 1.0 {
                    true => "0".into(),
                    false => significant(v / factor, digits as usize).replace('-', "−"),
                };
                let line =
                    |name: &str, number: String| format!("{name} = {number} {sign}{unit}").trim_end().to_string();
                vec!["normal".into(), line("µ", number(mean, digits)), line("σ", number(sd, 3.0))]
            }
            Law::Lognormal { mean, sd } => {
                let median = rough(mean.exp(), unit);
                vec!["lognormal".into(), format!("median {median}"), format!("σ(ln) = {}", significant(sd, 3))]
            }
            Law::Exponential { mean } => vec!["exponential".into(), format!("mean {}", rough(mean, unit))],
            Law::Poisson { mean } => vec!["Poisson".into(), format!("λ = {}", significant(mean, 3))],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn once(values: &[f64]) -> Vec<(f64, f64)> {
        values.iter().map(|v| (*v, 1.0)).collect()
    }

    fn near(a: f64, b: f64) {
        assert!((a - b).abs() <= 1e-12 * b.abs(), "{a} {b}");
    }

    #[test]
    fn parameters_are_the_sample_s_moments() {
        let values = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0];
        assert_eq!(fit(Fit::Normal, &once(&values)).unwrap(), Some(Law::Normal { mean: 5.0, sd: 2.0 }));
        let counted = [(2.0, 1.0), (4.0, 3.0), (5.0, 2.0), (7.0, 1.0), (9.0, 1.0), (100.0, 0.0)];
        assert_eq!(fit(Fit::Normal, &counted).unwrap(), Some(Law::Normal { mean: 5.0, sd: 2.0 }));
        assert_eq!(fit(Fit::Exponential, &once(&values)).unwrap(), Some(Law::Exponential { mean: 5.0 }));
        assert_eq!(fit(Fit::Poisson, &once(&values)).unwrap(), Some(Law::Poisson { mean: 5.0 }));
        let Some(Law::Lognormal { mean, sd }) = fit(Fit::Lognormal, &once(&[1.0, 10.0, 100.0])).unwrap() else {
            panic!("no lognormal")
        };
        near(mean, 10f64.ln());
        near(sd, 10f64.ln() * (2.0f64 / 3.0).sqrt());
        assert_eq!(fit(Fit::None, &[]), Ok(None));
    }

    #[test]
    fn probabilities_are_those_of_closed_forms() {
        near(Law::Normal { mean: 5.0, sd: 2.0 }.below(5.0), 0.5);
        near(Law::Normal { mean: 5.0, sd: 2.0 }.below(7.0), 0.841_344_746_068_542_9);
        near(Law::Lognormal { mean: 1.0, sd: 0.5 }.below(1f64.exp()), 0.5);
        near(Law::Exponential { mean: 3.0 }.below(3.0), 1.0 - (-1f64).exp());
        let poisson = Law::Poisson { mean: 2.0 };
        near(poisson.below(2.0) - poisson.below(1.0), 2.0 * (-2f64).exp());
        near(poisson.below(0.5), (-2f64).exp());
        assert_eq!(poisson.below(-0.5), 0.0);
        assert_eq!(Law::Lognormal { mean: 1.0, sd: 0.5 }.below(0.0), 0.0);
    }

    #[test]
    fn parameters_are_written_to_the_digits_that_mean_something() {
        let lines = |mean, sd, unit| Law::Normal { mean, sd }.describe(unit)[1..].join(", ");
        assert_eq!(lines(-0.639e-6, 37.71e-6, "S"), "µ = −0.6 µS, σ = 37.7 µS");
        assert_eq!(lines(0.8621, 0.1104, "V"), "µ = 862 mV, σ = 110 mV");
        assert_eq!(lines(1000.123, 1.0, ""), "µ = 1000.12, σ = 1");
        assert_eq!(lines(1e-9, 1.0, ""), "µ = 0, σ = 1");
        let median = Law::Lognormal { mean: 1e5f64.ln(), sd: 0.2 }.describe("ohm");
        assert_eq!(median[1..], ["median 100 kohm", "σ(ln) = 0.2"]);
    }

    #[test]
    fn a_wrong_sample_says_why() {
        let why = |kind, values: &[f64]| fit(kind, &once(values)).unwrap_err().to_string();
        assert_eq!(why(Fit::Normal, &[]), "no normal fit: there are no values");
        assert_eq!(why(Fit::Normal, &[3.0, 3.0]), "no normal fit: all values are equal");
        assert_eq!(why(Fit::Lognormal, &[0.0, 3.0]), "no lognormal fit: not all values are above zero");
        assert_eq!(why(Fit::Lognormal, &[3.0, 3.0]), "no lognormal fit: all values are equal");
        assert_eq!(why(Fit::Exponential, &[-1.0, 3.0]), "no exponential fit: a value is below zero");
        assert_eq!(why(Fit::Poisson, &[0.5]), "no Poisson fit: not all values are whole numbers");
        assert_eq!(why(Fit::Poisson, &[0.0, 0.0]), "no Poisson fit: all values are equal");
    }

    #[test]
    fn names_of_netlists() {
        for name in Fit::NAMES {
            assert!(Fit::named(name).is_some_and(|f| f != Fit::None), "{name}");
        }
        assert_eq!((Fit::named("Normal"), Fit::named("gauss")), (Some(Fit::Normal), None));
    }
}

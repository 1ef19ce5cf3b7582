//! Distributions: a uniform number → a number of the law, by the inverse of its cumulative distribution.

use std::sync::Arc;

use super::quantile;
use super::stream::Stream;
use crate::model::math::{exp, ln};

/// A distribution.
#[derive(Clone, Debug, PartialEq)]
pub enum Law {
    Normal {
        mean: f64,
        deviation: f64,
    },
    /// e^(location + sigma·z)
    Lognormal {
        location: f64,
        sigma: f64,
    },
    Uniform {
        low: f64,
        high: f64,
    },
    /// Its logarithm is uniform
    Loguniform {
        low: f64,
        high: f64,
    },
    Exponential {
        mean: f64,
    },
    /// Whole numbers, both ends included
    Integer {
        low: f64,
        high: f64,
    },
    /// Values with the probability that one of them or an earlier one is drawn
    Choice(Arc<[(f64, f64)]>),
}

/// Why there is no such law.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LawError {
    #[error("{0}( ) takes {1}")]
    Arguments(&'static str, &'static str),
    #[error("{0}( ) needs {1}, not {2}")]
    Range(&'static str, &'static str, f64),
    #[error("choice( ) has {0} values and {1} probabilities")]
    Lengths(usize, usize),
    #[error("the probabilities of choice( ) must not be negative and must add up to 1; they add up to {0}")]
    Probabilities(f64),
    #[error("there is no distribution '{0}'")]
    Unknown(String),
}

impl Law {
    /// Names of distributions.
    pub const NAMES: &[&str] = &["normal", "lognormal", "uniform", "loguniform", "exponential", "integer", "choice"];

    /// A lognormal law of a given mean.
    pub fn lognormal_of_mean(sigma: f64, mean: f64) -> Law {
        Law::Lognormal { location: ln(mean) - 0.5 * sigma * sigma, sigma }
    }

    /// `choice(values, p=weights)`; without weights all are equally likely.
    pub fn choice(values: &[f64], weights: Option<&[f64]>) -> Result<Law, LawError> {
        let n = values.len();
        if n == 0 || weights.is_some_and(|w| w.len() != n) {
            return Err(LawError::Lengths(n, weights.map_or(0, <[f64]>::len)));
        }
        let even = 1.0 / n as f64;
        let weight = |k: usize| weights.map_or(even, |w| w[k]);
        let total: f64 = (0..n).map(weight).sum();
        if (0..n).any(|k| weight(k).is_nan() || weight(k) < 0.0) || (total - 1.0).abs() > 1e-6 {
            return Err(LawError::Probabilities(total));
        }
        let mut sum = 0.0;
        let steps = values.iter().enumerate().map(|(k, &v)| {
            sum += weight(k) / total;
            (sum, v)
        });
        Ok(Law::Choice(steps.collect()))
    }

    /// A law by name with its numbers: `normal(m, s)`, `lognormal(s, mean=m)` (without a mean its median is 1),
    /// `uniform(a, b)`, `loguniform(a, b)`, `exponential(mean)`, `integer(a, b)`. A `normal` needs both numbers here; see
    /// [`Spread::named`] for the relative one.
    pub fn named(name: &str, args: &[f64], mean: Option<f64>) -> Result<Law, LawError> {
        let ordered = |name: &'static str, low: f64, high: f64| match low <= high && (high - low).is_finite() {
            true => Ok((low, high)),
            false => Err(LawError::Range(name, "the smaller bound first", low)),
        };
        let positive = |name: &'static str, what: &'static str, v: f64| match v >= 0.0 && v.is_finite() {
            true => Ok(v),
            false => Err(LawError::Range(name, what, v)),
        };
        if mean.is_some() && name != "lognormal" {
            return Err(LawError::Arguments(known(name)?, "no option 'mean'"));
        }
        match (name, args) {
            ("normal", &[mean, deviation]) => {
                Ok(Law::Normal { mean, deviation: positive("normal", "a standard deviation of 0 or more", deviation)? })
            }
            ("lognormal", &[sigma]) => {
                let sigma = positive("lognormal", "a spread of 0 or more", sigma)?;
                match mean {
                    None => Ok(Law::Lognormal { location: 0.0, sigma }),
                    Some(m) if m > 0.0 && m.is_finite() => Ok(Law::lognormal_of_mean(sigma, m)),
                    Some(m) => Err(LawError::Range("lognormal", "a positive mean", m)),
                }
            }
            ("uniform", &[low, high]) => ordered("uniform", low, high).map(|(low, high)| Law::Uniform { low, high }),
            ("loguniform", &[low, high]) => {
                let (low, high) = ordered("loguniform", low, high)?;
                match low > 0.0 {
                    true => Ok(Law::Loguniform { low, high }),
                    false => Err(LawError::Range("loguniform", "positive bounds", low)),
                }
            }
            ("exponential", &[mean]) => {
                positive("exponential", "a mean of 0 or more", mean).map(|mean| Law::Exponential { mean })
            }
            ("integer", &[low, high]) => {
                let (low, high) = ordered("integer", low, high)?;
                match low.fract() == 0.0 && high.fract() == 0.0 {
                    true => Ok(Law::Integer { low, high }),
                    false => {
                        Err(LawError::Range("integer", "whole numbers", if low.fract() == 0.0 { high } else { low }))
                    }
                }
            }
            ("choice", _) => Err(LawError::Arguments("choice", "a list of values")),
            ("lognormal", _) => Err(LawError::Arguments("lognormal", "the standard deviation of the logarithm")),
            ("normal", _) => Err(LawError::Arguments("normal", "a mean and a standard deviation")),
            ("exponential", _) => Err(LawError::Arguments("exponential", "a mean")),
            _ => Err(LawError::Arguments(known(name)?, "a lower and an upper bound")),
        }
    }

    /// Its number where the cumulative probability is u, 0 < u < 1.
    #[inline]
    pub fn quantile(&self, u: f64) -> f64 {
        match self {
            Law::Normal { mean, deviation } => mean + deviation * quantile::normal(u),
            Law::Lognormal { location, sigma } => exp(location + sigma * quantile::normal(u)),
            Law::Uniform { low, high } => low + (high - low) * u,
            Law::Loguniform { low, high } => exp(ln(*low) + (ln(*high) - ln(*low)) * u).clamp(*low, *high),
            Law::Exponential { mean } => -mean * ln(1.0 - u),
            Law::Integer { low, high } => (low + ((high - low + 1.0) * u).floor()).min(*high),
            Law::Choice(steps) => {
                let k = steps.partition_point(|(sum, _)| *sum <= u);
                steps.get(k).or(steps.last()).map_or(f64::NAN, |(_, v)| *v)
            }
        }
    }
}

fn known(name: &str) -> Result<&'static str, LawError> {
    Law::NAMES.iter().find(|n| **n == name).copied().ok_or_else(|| LawError::Unknown(name.to_string()))
}

/// How a parameter of a device scatters: `~ normal(13%) in 0.6:1.45`.
#[derive(Clone, Debug, PartialEq)]
pub struct Spread {
    pub law: Law,
    /// The number drawn multiplies the nominal value instead of replacing it
    pub relative: bool,
    /// Values beyond these bounds are set to them
    pub bounds: Option<(f64, f64)>,
}

impl Spread {
    /// A law of `.variation` by name. `normal(r)` and `lognormal(s)`, `lognormal(s, mean=m)` are relative: they multiply
    /// the nominal value, by 1 + r·z and e^(s·z) or what has the mean m. All others are absolute.
    pub fn named(name: &str, args: &[f64], mean: Option<f64>) -> Result<Spread, LawError> {
        let (law, relative) = match (name, args) {
            ("normal", &[deviation]) => (Law::named(name, &[1.0, deviation], mean)?, true),
            ("lognormal", _) => (Law::named(name, args, mean)?, true),
            _ => (Law::named(name, args, mean)?, false),
        };
        Ok(Spread { law, relative, bounds: None })
    }

    /// The value of a parameter that is nominally `nominal`.
    pub fn draw(&self, nominal: f64, stream: &mut Stream, counter: u64) -> f64 {
        let v = stream.draw(&self.law, counter);
        let v = if self.relative { nominal * v } else { v };
        match self.bounds {
            Some((low, high)) => v.min(high).max(low),
            None => v,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str, args: &[f64]) -> Law {
        Law::named(name, args, None).unwrap()
    }

    /// Against `scipy.stats.*.ppf`.
    #[test]
    fn quantiles() {
        for (law, u, expected) in [
            (named("normal", &[0.057, 0.02]), 0.1, 0.031_368_968_689_107_98),
            (named("lognormal", &[0.3]), 0.9, 1.4688289779168713),
            (Law::named("lognormal", &[0.3], Some(2.0)).unwrap(), 0.9, 2.8083936082640295),
            (named("uniform", &[-1.0, 3.0]), 0.25, 0.0),
            (named("loguniform", &[1.0, 100.0]), 0.5, 10.0),
            (named("exponential", &[2.0]), 0.8, 3.218875824868201),
            (named("integer", &[3.0, 5.0]), 0.99, 5.0),
            (named("integer", &[3.0, 5.0]), 0.34, 4.0),
        ] {
            let v = law.quantile(u);
            assert!((v - expected).abs() <= 4e-15 * expected.abs().max(0.1), "{law:?}: {v} {expected}");
        }
    }

    #[test]
    fn choices_have_their_probabilities() {
        let law = Law::choice(&[10.0, 20.0, 30.0], Some(&[0.945, 0.04, 0.015])).unwrap();
        let mut s = Stream::new(1, 0, "", "choice");
        let n = 100_000;
        let count = |s: &mut Stream, v| (0..n).filter(|k| s.draw(&law, *k) == v).count() as f64 / n as f64;
        assert!((count(&mut s, 10.0) - 0.945).abs() < 0.003);
        assert!((count(&mut s, 30.0) - 0.015).abs() < 0.0015);
        assert_eq!(law.quantile(1.0 - 1e-16), 30.0);
        assert_eq!(Law::choice(&[1.0], Some(&[0.5])), Err(LawError::Probabilities(0.5)));
        assert_eq!(Law::choice(&[], None), Err(LawError::Lengths(0, 0)));
    }

    #[test]
    fn a_spread_is_relative_or_absolute_and_clipped() {
        let mut s = Stream::new(1, 0, "X1", "device:vs");
        let z = s.normal(5);
        let relative = Spread::named("normal", &[0.13], None).unwrap();
        assert_eq!(relative.draw(2.0, &mut s, 5), 2.0 * (1.0 + 0.13 * z));
        let absolute = Spread::named("normal", &[0.0, 0.13], None).unwrap();
        assert_eq!(absolute.draw(2.0, &mut s, 5), 0.13 * z);
        let clipped = Spread { bounds: Some((1.9, 2.1)), ..relative };
        for k in 0..100 {
            assert!((1.9..=2.1).contains(&clipped.draw(2.0, &mut s, k)));
        }
    }

    #[test]
    fn impossible_laws() {
        assert!(matches!(Law::named("normal", &[0.0, -1.0], None), Err(LawError::Range(..))));
        assert!(matches!(Law::named("uniform", &[2.0, 1.0], None), Err(LawError::Range(..))));
        assert!(matches!(Law::named("loguniform", &[0.0, 1.0], None), Err(LawError::Range(..))));
        assert!(matches!(Law::named("integer", &[0.5, 1.0], None), Err(LawError::Range(..))));
        assert!(matches!(Law::named("normal", &[1.0], None), Err(LawError::Arguments(..))));
        assert!(matches!(Law::named("poisson", &[1.0], None), Err(LawError::Unknown(_))));
    }
}

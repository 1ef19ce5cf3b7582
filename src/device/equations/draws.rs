//! Laws of random numbers with their arguments.

use crate::circuit::definition::Law;
use crate::random;

/// The law with its arguments; what is missing counts as the standard one.
pub(super) fn law(law: Law, args: &[f64]) -> random::Law {
    let [a, b] = [0, 1].map(|n| args.get(n).copied());
    match law {
        Law::Normal => random::Law::Normal { mean: a.unwrap_or(0.0), deviation: b.unwrap_or(1.0) },
        Law::Uniform => random::Law::Uniform { low: a.unwrap_or(0.0), high: b.unwrap_or(1.0) },
        Law::Lognormal => match b {
            Some(mean) => random::Law::lognormal_of_mean(a.unwrap_or(0.0), mean),
            None => random::Law::Lognormal { location: 0.0, sigma: a.unwrap_or(0.0) },
        },
        Law::Loguniform => random::Law::Loguniform { low: a.unwrap_or(1.0), high: b.unwrap_or(1.0) },
        Law::Exponential => random::Law::Exponential { mean: a.unwrap_or(1.0) },
    }
}

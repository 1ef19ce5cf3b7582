//! Random numbers of an instance: which stream, which law.

use crate::circuit::definition::Law;
use crate::random;
use crate::random::Stream;

/// Seed, draw and sweep point of a lane.
pub(in crate::device) type Key = [u64; 3];

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

/// The stream of start values: the same at every point of a sweep.
pub(super) fn at_start(key: Key, path: &str, draw: usize) -> Stream {
    Stream::new(key[0], key[1], path, &format!("start:{draw}"))
}

/// A stream of what happens in time: another at every point of a sweep.
pub(super) fn in_time(key: Key, path: &str, purpose: &str) -> Stream {
    Stream::new(key[0], key[1], path, purpose).at(key[2], "")
}

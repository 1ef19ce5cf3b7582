//! A stream of random numbers that is read at any place.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::key::{self, Keys};
use super::law::Law;
use super::quantile;

/// The numbers of one purpose of one thing in one draw. Number `counter` of it depends on its names and `counter` alone;
/// reading counters in rising order is fastest (about 10 ns), a jump costs a block of the generator more.
#[derive(Clone, Debug)]
pub struct Stream {
    rng: ChaCha8Rng,
    /// The counter whose words the generator gives next
    next: u64,
}

impl Stream {
    /// `path` is the part or process (`X1.Xm[3,4]`, case ignored), `purpose` what it draws (`device:vset`, `white:x`).
    pub fn new(seed: u64, draw: u64, path: &str, purpose: &str) -> Stream {
        Stream::keyed(key::key(seed, draw, path, purpose))
    }

    /// What `seed=[…]` of an expression means, for one function: the same numbers in every run.
    pub fn seeded(seeds: &[f64], purpose: &str) -> Stream {
        Stream::keyed(key::key(key::hash_numbers(seeds), seeds.len() as u64, "seed=", purpose))
    }

    fn keyed(key: [u8; 32]) -> Stream {
        Stream { rng: ChaCha8Rng::from_seed(key), next: 0 }
    }

    /// What is drawn once for a part: the same at every point of a sweep and in every branch.
    pub fn once(keys: Keys, path: &str, purpose: &str) -> Stream {
        Stream::new(keys.seed, keys.draw, path, purpose)
    }

    /// What happens in time: another at every point of a sweep and in every branch.
    pub fn in_time(keys: Keys, path: &str, purpose: &str) -> Stream {
        Stream::once(keys, path, purpose).at(keys.point, keys.branch)
    }

    /// The stream with these names at a point of a sweep and in a branch of `map`; independent for all of them.
    /// Point 0 of no branch (0) is the stream itself.
    pub fn at(mut self, point: u64, branch: u64) -> Stream {
        self.rng.set_stream(point.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ branch);
        self.rng.set_word_pos(u128::from(self.next) * 2);
        self
    }

    /// 64 random bits.
    #[inline]
    pub fn bits(&mut self, counter: u64) -> u64 {
        if counter != self.next {
            self.rng.set_word_pos(u128::from(counter) * 2);
        }
        self.next = counter.wrapping_add(1);
        self.rng.next_u64()
    }

    /// Uniform in the open interval (0, 1): an odd multiple of 2⁻⁵³.
    #[inline]
    pub fn uniform(&mut self, counter: u64) -> f64 {
        const STEP: f64 = 1.0 / (1u64 << 52) as f64;
        ((self.bits(counter) >> 12) as f64 + 0.5) * STEP
    }

    /// Normal with mean 0 and standard deviation 1.
    #[inline]
    pub fn normal(&mut self, counter: u64) -> f64 {
        quantile::normal(self.uniform(counter))
    }

    /// Exponential with mean 1.
    #[inline]
    pub fn exponential(&mut self, counter: u64) -> f64 {
        -crate::model::math::ln(self.uniform(counter))
    }

    /// A number of this law.
    #[inline]
    pub fn draw(&mut self, law: &Law, counter: u64) -> f64 {
        law.quantile(self.uniform(counter))
    }
}

/// A stream read from its start on: what statements draw one after another.
#[derive(Clone, Debug)]
pub struct Draws {
    stream: Stream,
    /// The counter of the next number
    pub counter: u64,
}

impl Draws {
    pub fn new(stream: Stream) -> Draws {
        Draws { stream, counter: 0 }
    }

    /// The next normal number with mean 0 and standard deviation 1.
    pub fn normal(&mut self) -> f64 {
        self.counter += 1;
        self.stream.normal(self.counter - 1)
    }

    /// The next number of this law.
    pub fn draw(&mut self, law: &Law) -> f64 {
        self.counter += 1;
        self.stream.draw(law, self.counter - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(n: u64, mut f: impl FnMut(u64) -> f64) -> f64 {
        (0..n).map(&mut f).sum::<f64>() / n as f64
    }

    /// These bits are promised: results of old runs rest on them. They were computed by another program from the definition
    /// of ChaCha8 and FNV-1a.
    #[test]
    fn golden_values() {
        let mut s = Stream::new(1, 0, "X1.Xm[3,4]", "device:vset");
        assert_eq!([s.bits(0), s.bits(1), s.bits(1_000_000_007)], GOLDEN_BITS);
        assert_eq!([s.normal(0), s.uniform(1), s.exponential(2)], GOLDEN_NUMBERS);
        let mut s = Stream::seeded(&[500.0, 1.0], "normal");
        assert_eq!(s.bits(0), GOLDEN_SEEDED);
        let mut s = Stream::new(1, 0, "X1.Xm[3,4]", "device:vset").at(2, key::hash("map[7]"));
        assert_eq!(s.bits(0), GOLDEN_BRANCH);
    }

    const GOLDEN_BITS: [u64; 3] = [0x1ecd_649e_7d74_9f28, 0xc6fe_0d40_c066_66d9, 0x296a_c881_3296_8d37];
    const GOLDEN_NUMBERS: [f64; 3] = [-1.1733808871870466, 0.7773140223584051, 1.5478362884666912];
    const GOLDEN_SEEDED: u64 = 0x4fbc_b2dd_071e_3f27;
    const GOLDEN_BRANCH: u64 = 0x59e9_f410_bebe_13c9;

    #[test]
    fn the_order_of_reading_is_nothing() {
        let mut forth = Stream::new(3, 1, "x", "white");
        let mut back = forth.clone();
        let a: Vec<f64> = (0..300).map(|k| forth.normal(k)).collect();
        let mut b: Vec<f64> = (0..300).rev().map(|k| back.normal(k)).collect();
        b.reverse();
        assert_eq!(a, b);
    }

    #[test]
    fn moments_of_the_normal() {
        let n = 200_000;
        let mut s = Stream::new(1, 0, "", "normal");
        let tolerance = 4.0 / (n as f64).sqrt();
        assert!(mean(n, |k| s.normal(k)).abs() < tolerance);
        assert!((mean(n, |k| s.normal(k).powi(2)) - 1.0).abs() < 1.5 * tolerance);
        assert!((mean(n, |k| s.normal(k).powi(4)) - 3.0).abs() < 10.0 * tolerance);
    }

    /// Kolmogorov–Smirnov: sup |F_n − F| < 1.95/√n with a probability of 0.999.
    #[test]
    fn uniforms_are_uniform() {
        let n = 100_000;
        let mut s = Stream::new(7, 2, "X9", "u");
        let mut u: Vec<f64> = (0..n).map(|k| s.uniform(k)).collect();
        u.sort_by(f64::total_cmp);
        let d = u.iter().enumerate().map(|(k, u)| (u - k as f64 / n as f64).abs()).fold(0.0, f64::max);
        assert!(d < 1.95 / (n as f64).sqrt(), "{d}");
        assert!(u[0] > 0.0 && u[u.len() - 1] < 1.0);
    }

    #[test]
    fn streams_of_other_names_are_independent() {
        let n = 100_000;
        let base = || Stream::new(1, 0, "Xm[0,0]", "device:g");
        let others = [
            Stream::new(1, 0, "Xm[0,1]", "device:g"),
            Stream::new(1, 0, "Xm[0,0]", "cycle:g"),
            Stream::new(2, 0, "Xm[0,0]", "device:g"),
            Stream::new(1, 1, "Xm[0,0]", "device:g"),
            base().at(1, 0),
            base().at(0, 3),
        ];
        for mut other in others {
            let mut s = base();
            let r = mean(n, |k| s.normal(k) * other.normal(k));
            assert!(r.abs() < 4.0 / (n as f64).sqrt(), "{r}");
        }
    }

    #[test]
    fn draws_go_on() {
        let mut draws = Draws::new(Stream::new(1, 0, "p", "draws"));
        let mut s = Stream::new(1, 0, "p", "draws");
        let law = Law::Uniform { low: 2.0, high: 4.0 };
        assert_eq!([draws.draw(&law), draws.draw(&law)], [s.draw(&law, 0), s.draw(&law, 1)]);
    }
}

//! Names of streams → keys of the generator.

use serde::{Deserialize, Serialize};

/// Basis and prime of FNV-1a, 64 bits (Fowler, Noll, Vo; RFC 9923).
const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// FNV-1a of a text, ASCII letters taken as lower case: names of netlists ignore case.
pub fn hash(text: &str) -> u64 {
    text.bytes().fold(BASIS, |h, b| (h ^ u64::from(b.to_ascii_lowercase())).wrapping_mul(PRIME))
}

/// FNV-1a of numbers, −0 taken as 0.
pub fn hash_numbers(numbers: &[f64]) -> u64 {
    let bytes = numbers.iter().flat_map(|v| (v + 0.0).to_bits().to_le_bytes());
    bytes.fold(BASIS, |h, b| (h ^ u64::from(b)).wrapping_mul(PRIME))
}

/// What random numbers of a run are keyed by, beside path and purpose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keys {
    pub seed: u64,
    /// Number of the draw
    pub draw: u64,
    /// Point of a sweep
    pub point: u64,
    /// Branch of a `map`; 0: none
    pub branch: u64,
}

impl Keys {
    /// Of a branch that parts from here.
    pub fn branched(self, name: &str) -> Keys {
        Keys { branch: hash(&format!("{:016x}/{name}", self.branch)), ..self }
    }
}

/// The 256-bit key of a stream: seed, draw, hash of the path, hash of the purpose, each little-endian.
pub fn key(seed: u64, draw: u64, path: &str, purpose: &str) -> [u8; 32] {
    let mut out = [0; 32];
    for (slot, word) in out.chunks_exact_mut(8).zip([seed, draw, hash(path), hash(purpose)]) {
        slot.copy_from_slice(&word.to_le_bytes());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fnv_1a_reference_values() {
        assert_eq!(hash(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(hash("a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(hash("foobar"), 0x8594_4171_f739_67e8);
        assert_eq!(hash("FooBar"), hash("foobar"));
    }

    #[test]
    fn a_key_holds_its_names_apart() {
        assert_ne!(key(1, 0, "x1", "g"), key(0, 1, "x1", "g"));
        assert_ne!(key(1, 0, "x1", "g"), key(1, 0, "g", "x1"));
        assert_eq!(key(1, 2, "", "")[..16], [1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(hash_numbers(&[0.0]), hash_numbers(&[-0.0]));
        assert_ne!(hash_numbers(&[1.0, 2.0]), hash_numbers(&[2.0, 1.0]));
    }
}

//! Random numbers that depend on nothing but their key: a seed, a draw, a path and a purpose name a [`Stream`], and a
//! counter names a number in it. Inserting a part, another order of evaluation or another number of threads change nothing.
//!
//! The generator is ChaCha8; every number takes two of its 32-bit words and goes through the inverse of a cumulative
//! distribution made of IEEE operations alone, so the bits are the same on every machine.

pub mod key;
pub mod law;
pub mod quantile;
pub mod stream;

pub use key::Keys;
pub use law::{Law, LawError, Spread};
pub use stream::{Draws, Stream};

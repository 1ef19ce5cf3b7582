//! Logic parts: gates, flip-flops, latch, counter, decoder, and the converters between voltages and codes.
//!
//! Every part is a number, its code: 0 or 1 of a gate or flip-flop, the count, the address, the sample of a converter.
//! Inputs are voltages that pass a threshold; outputs are voltages that follow the code on edges of finite length, behind a
//! resistance. A crossing of an input is located on the line between accepted points, the step is cut to land just behind
//! it, and what it changes is announced as a corner: nothing feeds back within a Newton iteration, no loop of gates needs
//! rounds without time passing, and a ring oscillates with the delays it has.
//!
//! ```text
//! crossing at t  →  the output sets out at t + max(delay − edge/2, edge/10), 3u² − 2u³ along the edge
//! ```
//!
//! so that `delay` is what data sheets mean, from the middle of one edge to the middle of the next. A change that is taken
//! back before the output has set out is none (inertial delay).

mod function;
mod kinds;
mod loops;
mod output;
mod part;
#[cfg(test)]
mod tests;

pub use kinds::{ADC, AND, BUF, COUNTER, DAC, DECODER, DFF, LATCH, NAND, NOR, NOT, OR, TFF, XNOR, XOR};
pub use part::build;

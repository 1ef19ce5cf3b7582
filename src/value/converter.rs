//! Voltages and codes of converters: `adc(v, bits, low, high)` and `dac(code, bits, low, high)`, put together from functions
//! of numbers so that they serve arrays and running circuits alike.
//!
//! ```text
//! LSB = (high − low)/2ᵇⁱᵗˢ      adc: clip(round((v − low)/LSB), 0, 2ᵇⁱᵗˢ − 1)      dac: low + clip(round(code), 0, 2ᵇⁱᵗˢ − 1)·LSB
//! ```

use super::fault::Fault;
use crate::circuit::equation::Function;
use crate::diag::Span;

/// Which way is converted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Converter {
    Adc,
    Dac,
}

impl Converter {
    /// Its value made of four arguments, `apply` being a function of some of them.
    pub fn of<T: Clone>(
        self,
        args: &[T],
        number: impl Fn(f64) -> T,
        mut apply: impl FnMut(Function, Vec<T>) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let [x, bits, low, high] = args else { return Err(Fault::Said) };
        let codes = apply(Function::Pow, vec![number(2.0), bits.clone()])?;
        let range = apply(Function::Sub, vec![high.clone(), low.clone()])?;
        let step = apply(Function::Div, vec![range, codes.clone()])?;
        let last = apply(Function::Sub, vec![codes, number(1.0)])?;
        let above = match self {
            Converter::Adc => {
                let above = apply(Function::Sub, vec![x.clone(), low.clone()])?;
                apply(Function::Div, vec![above, step.clone()])?
            }
            Converter::Dac => x.clone(),
        };
        let code = apply(Function::Round, vec![above])?;
        let code = apply(Function::Clip, vec![code, number(0.0), last])?;
        match self {
            Converter::Adc => Ok(code),
            Converter::Dac => {
                let above = apply(Function::Mul, vec![code, step])?;
                apply(Function::Add, vec![low.clone(), above])
            }
        }
    }
}

/// What is wrong with a number of bits.
pub fn check_bits(bits: f64, span: Span) -> Result<(), Fault> {
    if bits.fract() == 0.0 && (1.0..=MOST).contains(&bits) {
        return Ok(());
    }
    Err(Fault::new("value::bits", span, format!("a converter of {bits} bits is none"), "in this call")
        .with_help(format!("bits is a whole number from 1 to {MOST}")))
}

/// More bits than a number has digits for.
const MOST: f64 = 48.0;

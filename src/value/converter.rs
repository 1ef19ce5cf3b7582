//! Voltages and codes of converters: `adc(v, bits, low, high)` and `dac(code, bits, low, high)`, put together from functions
//! of numbers so that they serve arrays and running circuits alike.
//!
//! ```text
//! LSB = (high − low)/2ᵇⁱᵗˢ      adc: clip(round((v − low)/LSB), 0, 2ᵇⁱᵗˢ − 1)      dac: low + clip(round(code), 0, 2ᵇⁱᵗˢ − 1)·LSB
//! ```

use super::Value;
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

/// What is wrong with a range.
pub fn check_range(low: &Value, high: &Value, span: Span) -> Result<(), Fault> {
    let (low, high) = (low.numbers(), high.numbers());
    let pairs = low.iter().cycle().zip(high.iter().cycle()).take(low.len().max(high.len()));
    match pairs.into_iter().find(|(low, high)| low >= high) {
        Some((low, high)) => {
            let message = format!("a converter from {low} to {high} has no range");
            Err(Fault::new("value::range", span, message, "in this call")
                .with_help("the arguments are v, bits, low, high, and low is below high"))
        }
        None => Ok(()),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::FileId;
    use crate::value::{apply, builtin};

    const HERE: Span = Span { file: FileId(0), start: 0, end: 0 };

    fn call(name: &str, x: Value, bits: f64) -> Result<Vec<f64>, Fault> {
        let converter = if name == "adc" { Converter::Adc } else { Converter::Dac };
        check_bits(bits, HERE)?;
        let args = [x, Value::Number(bits), Value::Number(-1.0), Value::Number(1.0)];
        converter.of(&args, Value::Number, |f, args| apply(f, &args, HERE)).map(|v| v.numbers())
    }

    /// Three bits from −1 to 1 V: steps of 0.25 V, codes change halfway between.
    #[test]
    fn codes_and_voltages() {
        let volts = Value::vector(vec![-3.0, -1.0, -0.876, -0.874, 0.0, 0.74, 1.0, 9.0]);
        assert_eq!(call("adc", volts, 3.0).unwrap(), [0.0, 0.0, 0.0, 1.0, 4.0, 7.0, 7.0, 7.0]);
        let codes = Value::vector(vec![-1.0, 0.0, 4.4, 7.0, 8.0]);
        assert_eq!(call("dac", codes, 3.0).unwrap(), [-1.0, -1.0, 0.0, 0.75, 0.75]);
    }

    #[test]
    fn every_code_comes_back() {
        let codes: Vec<f64> = (0..4096).map(f64::from).collect();
        let volts = call("dac", Value::vector(codes.clone()), 12.0).unwrap();
        assert_eq!(call("adc", Value::vector(volts), 12.0).unwrap(), codes);
    }

    /// The mean square error of a converter is LSB²/12.
    #[test]
    fn quantization_noise() {
        let n = 64 * 1001;
        let volts: Vec<f64> = (0..n).map(|k| -1.0 + 1.9 * (f64::from(k) + 0.5) / f64::from(n)).collect();
        let back = call("dac", Value::vector(call("adc", Value::vector(volts.clone()), 6.0).unwrap()), 6.0).unwrap();
        let inside: Vec<f64> = volts.iter().zip(&back).map(|(v, b)| (v - b).powi(2)).collect();
        let rms = (inside.iter().sum::<f64>() / inside.len() as f64).sqrt();
        let lsb = 2.0 / 64.0;
        assert!((rms / (lsb / 12f64.sqrt()) - 1.0).abs() < 1e-2, "{rms}");
    }

    #[test]
    fn bits_are_whole() {
        assert!(call("adc", Value::Number(0.0), 2.5).is_err() && call("adc", Value::Number(0.0), 0.0).is_err());
        assert!(builtin::find("adc").is_some() && builtin::find("dac").is_some());
    }
}

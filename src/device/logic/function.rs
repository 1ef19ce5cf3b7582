//! What a logic part does with ones and zeros: which pin is what, the code that its inputs make, the outputs of a code.

/// The operation of a gate, before it is inverted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    And,
    Or,
    /// An odd number of ones
    Odd,
}

/// What a logic part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    Gate {
        gate: Gate,
        inverted: bool,
    },
    /// Takes d at a clock
    Data,
    /// Turns over at a clock where t is high
    Toggle,
    /// Follows d while enabled
    Latch,
    Counter,
    Decoder,
    Adc,
    Dac,
}

/// Which pins of a part are what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wiring {
    /// Pins that are one or zero
    pub inputs: Vec<usize>,
    /// The pin whose voltage is converted
    pub analog: Option<usize>,
    pub outputs: Vec<usize>,
    /// Which of `inputs` is the clock
    pub clock: Option<usize>,
}

impl Function {
    /// By the name of its kind.
    pub fn of(kind: &str) -> Function {
        let gate = |gate, inverted| Function::Gate { gate, inverted };
        match kind {
            "and" | "buf" => gate(Gate::And, false),
            "nand" | "not" => gate(Gate::And, true),
            "or" => gate(Gate::Or, false),
            "nor" => gate(Gate::Or, true),
            "xor" => gate(Gate::Odd, false),
            "xnor" => gate(Gate::Odd, true),
            "dff" => Function::Data,
            "tff" => Function::Toggle,
            "latch" => Function::Latch,
            "counter" => Function::Counter,
            "decoder" => Function::Decoder,
            "adc" => Function::Adc,
            _ => Function::Dac,
        }
    }

    /// Of a part with so many pins.
    pub fn wiring(self, pins: usize) -> Wiring {
        let last = pins - 1;
        let plain = Wiring::default();
        match self {
            Function::Gate { .. } => Wiring { inputs: (0..last).collect(), outputs: vec![last], ..plain },
            Function::Data | Function::Toggle | Function::Latch => Wiring {
                inputs: [0, 1, 3].into_iter().filter(|p| *p < pins).collect(),
                outputs: [2, 4].into_iter().filter(|p| *p < pins).collect(),
                clock: (self != Function::Latch).then_some(1),
                ..plain
            },
            Function::Counter => Wiring { inputs: vec![0, 1], outputs: (2..pins).collect(), clock: Some(0), ..plain },
            Function::Decoder => {
                let n = (1..pins).find(|n| n + (1usize << n.min(&60)) >= pins).unwrap_or(1);
                Wiring { inputs: (0..n).collect(), outputs: (n..pins).collect(), ..plain }
            }
            Function::Adc => Wiring { inputs: vec![1], analog: Some(0), outputs: (2..pins).collect(), clock: Some(0) },
            Function::Dac => {
                Wiring { inputs: (0..last).collect(), outputs: vec![last], clock: Some(last - 1), ..plain }
            }
        }
    }

    /// How many bits a code of the part has.
    pub fn bits(self, wiring: &Wiring) -> usize {
        match self {
            Function::Counter | Function::Adc => wiring.outputs.len(),
            Function::Dac => wiring.inputs.len() - 1,
            _ => 1,
        }
    }

    /// The code that the inputs make at any time, `held` being the code so far.
    pub fn settled(self, bits: usize, bit: &dyn Fn(usize) -> bool, held: f64) -> f64 {
        let reset = |k: usize| k < bits && bit(k);
        match self {
            Function::Gate { gate, inverted } => {
                let mut inputs = (0..bits).map(bit);
                let out = match gate {
                    Gate::And => inputs.all(|b| b),
                    Gate::Or => inputs.any(|b| b),
                    Gate::Odd => inputs.filter(|b| *b).count() % 2 == 1,
                };
                f64::from(out != inverted)
            }
            Function::Data | Function::Toggle if reset(2) => 0.0,
            Function::Counter if reset(1) => 0.0,
            Function::Latch if reset(2) => 0.0,
            Function::Latch if bit(1) => f64::from(bit(0)),
            Function::Decoder => number(bits, bit),
            _ => held,
        }
    }

    /// The code after an active edge of the clock; `sample` is the code of the voltage, `modulus` where a counter begins
    /// again.
    pub fn clocked(self, bits: usize, bit: &dyn Fn(usize) -> bool, held: f64, sample: f64, modulus: f64) -> f64 {
        match self {
            Function::Data => f64::from(bit(0)),
            Function::Toggle if bit(0) => 1.0 - held,
            Function::Counter if held + 1.0 >= modulus => 0.0,
            Function::Counter => held + 1.0,
            Function::Adc => sample,
            Function::Dac => number(bits - 1, bit),
            _ => held,
        }
    }

    /// Whether a change of this input alone may change the code.
    pub fn acts(self, wiring: &Wiring, input: usize, transparent: bool) -> bool {
        match self {
            Function::Data | Function::Toggle => input != 0,
            Function::Adc => !transparent,
            Function::Dac => transparent != (wiring.clock == Some(input)),
            _ => true,
        }
    }

    /// Where an output stands at a code, from 0 (low) to 1 (high).
    pub fn position(self, output: usize, code: f64, bits: usize) -> f64 {
        match self {
            Function::Counter | Function::Adc => (code / power(output)).floor() % 2.0,
            Function::Decoder => f64::from(code == output as f64),
            Function::Dac => code / power(bits),
            _ if output == 0 => code,
            _ => 1.0 - code,
        }
    }
}

/// 2ⁿ
pub fn power(n: usize) -> f64 {
    2f64.powi(n as i32)
}

/// The number that bits make, the lowest first.
fn number(bits: usize, bit: &dyn Fn(usize) -> bool) -> f64 {
    (0..bits).rev().fold(0.0, |n, k| 2.0 * n + f64::from(bit(k)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Codes of a part for all combinations of its inputs, the first input changing fastest.
    fn table(kind: &str, inputs: usize) -> Vec<f64> {
        (0..1 << inputs).map(|word| Function::of(kind).settled(inputs, &|k| word >> k & 1 == 1, 0.0)).collect()
    }

    #[test]
    fn truth_tables() {
        assert_eq!(table("and", 2), [0.0, 0.0, 0.0, 1.0]);
        assert_eq!(table("nand", 2), [1.0, 1.0, 1.0, 0.0]);
        assert_eq!(table("or", 2), [0.0, 1.0, 1.0, 1.0]);
        assert_eq!(table("nor", 2), [1.0, 0.0, 0.0, 0.0]);
        assert_eq!(table("xor", 2), [0.0, 1.0, 1.0, 0.0]);
        assert_eq!(table("xnor", 2), [1.0, 0.0, 0.0, 1.0]);
        assert_eq!(table("not", 1), [1.0, 0.0]);
        assert_eq!(table("buf", 1), [0.0, 1.0]);
        assert_eq!(table("xor", 3), [0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0]);
        assert_eq!(table("nand", 3).iter().sum::<f64>(), 7.0);
        assert_eq!(table("decoder", 3), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
    }

    #[test]
    fn a_latch_follows_while_enabled_and_a_reset_wins() {
        let latch = |d: bool, enable: bool, reset: bool| Function::Latch.settled(3, &|k| [d, enable, reset][k], 1.0);
        assert_eq!([latch(false, true, false), latch(false, false, false), latch(true, true, true)], [0.0, 1.0, 0.0]);
        assert_eq!(Function::Latch.settled(2, &|k| k == 1, 1.0), 0.0);
    }

    #[test]
    fn clocks() {
        let clocked = |f: Function, held: f64, data: bool| f.clocked(2, &|_| data, held, 9.0, 10.0);
        assert_eq!([clocked(Function::Data, 0.0, true), clocked(Function::Data, 1.0, false)], [1.0, 0.0]);
        assert_eq!([clocked(Function::Toggle, 1.0, true), clocked(Function::Toggle, 1.0, false)], [0.0, 1.0]);
        assert_eq!([clocked(Function::Counter, 8.0, false), clocked(Function::Counter, 9.0, false)], [9.0, 0.0]);
        assert_eq!(clocked(Function::Adc, 3.0, false), 9.0);
        // Bits 1 and 3 of four, then the clock.
        assert_eq!(Function::Dac.clocked(5, &|k| k % 2 == 1, 0.0, 0.0, 0.0), 10.0);
    }

    #[test]
    fn outputs_of_a_code() {
        let at = |kind: &str, count: usize, code: f64| -> Vec<f64> {
            (0..count).map(|k| Function::of(kind).position(k, code, 4)).collect()
        };
        assert_eq!(at("counter", 4, 10.0), [0.0, 1.0, 0.0, 1.0]);
        assert_eq!(at("decoder", 4, 2.0), [0.0, 0.0, 1.0, 0.0]);
        assert_eq!(at("dff", 2, 1.0), [1.0, 0.0]);
        assert_eq!(at("dac", 1, 4.0), [0.25]);
    }

    #[test]
    fn pins() {
        let w = Function::of("decoder").wiring(11);
        assert_eq!((w.inputs, w.outputs), (vec![0, 1, 2], (3..11).collect()));
        let w = Function::of("dff").wiring(4);
        assert_eq!((w.inputs, w.outputs, w.clock), (vec![0, 1, 3], vec![2], Some(1)));
        let w = Function::of("dac").wiring(10);
        assert_eq!(
            (w.inputs.len(), w.outputs, w.clock, Function::Dac.bits(&Function::Dac.wiring(10))),
            (9, vec![9], Some(8), 8)
        );
    }
}

//! The kinds of logic parts: names, pins, parameters.

use std::borrow::Cow;

use crate::circuit::kind::{
    Conduct, Kind, ModelUse, Param, Path, Pin, Probe, ValueKind, optional_pin, pin, probe, repeated_pin,
};

const POSITIVE: f64 = f64::MIN_POSITIVE;
const ANY: f64 = f64::INFINITY;
/// s: no edge is shorter
const SHORTEST: f64 = 1e-12;

const fn logic(
    name: &'static str,
    models: &'static [&'static str],
    doc: &'static str,
    pins: &'static [Pin],
    params: &'static [Param],
    paths: &'static [Path],
) -> Kind {
    Kind {
        name: Cow::Borrowed(name),
        letter: None,
        models,
        model: ModelUse::Optional,
        doc: Cow::Borrowed(doc),
        pins: Cow::Borrowed(pins),
        positional: &[],
        params: Cow::Borrowed(params),
        probes: Cow::Borrowed(PROBES),
        paths: Cow::Borrowed(paths),
    }
}

const PROBES: &[Probe] = &[
    probe("code", "", "what it has decided: 0 or 1, count, address, sample"),
    probe("level", "", "position of the first output: 0 low, 1 high"),
];

const fn seconds(name: &'static str, default: f64, doc: &'static str) -> Param {
    Param::new(name, default, "s", doc).both()
}

const HIGH: Param = Param::new("high", 5.0, "V", "voltage of a one").both();
const LOW: Param = Param::new("low", 0.0, "V", "voltage of a zero").both();
const THRESHOLD: Param =
    Param::absent("threshold", "V", "between zero and one at an input; absent: midway").both().alias(&["vth"]);
const HYST: Param =
    Param::new("hyst", 0.0, "V", "hysteresis of inputs, from the one threshold to the other").both().range(0.0, ANY);
const DELAY: Param =
    seconds("delay", 1e-9, "from the crossing at an input to the middle of the output's edge; at least 0.6 edges")
        .range(0.0, ANY)
        .alias(&["td"]);
const RISE: Param = seconds("rise", 1e-9, "duration of the rising edge").alias(&["trise", "tr"]).range(SHORTEST, ANY);
const FALL: Param = seconds("fall", 1e-9, "duration of the falling edge").alias(&["tfall", "tf"]).range(SHORTEST, ANY);
const ROUT: Param = Param::new("rout", 50.0, "ohm", "resistance of an output").both().range(POSITIVE, ANY);
const CIN: Param = Param::new("cin", 0.0, "F", "capacitance of an input to ground").both().range(0.0, ANY);
const INIT: Param = Param::new("init", 0.0, "", "code at the start").both().range(0.0, ANY);
const CLOCK: Param = Param::new("clock", 0.0, "", "the edge that counts: `rise` or `fall`")
    .of(ValueKind::Choice(&["rise", "fall"]))
    .both();
const SAMPLE: Param =
    Param::new("clock", 0.0, "", "the edge that counts: `rise` or `fall`; `always`: clk does nothing")
        .of(ValueKind::Choice(&["rise", "fall", "always"]))
        .both();
const MODULUS: Param = Param::absent("modulus", "", "counts to modulus − 1, then 0; absent: 2ⁿ").both().range(1.0, ANY);
const BOTTOM: Param = Param::absent("bottom", "V", "voltage of code 0; absent: `low`").both();
const TOP: Param = Param::absent("top", "V", "end of the range, code 2ⁿ if there were one; absent: `high`").both();

const GATE: &[Param] = &[HIGH, LOW, THRESHOLD, HYST, DELAY, RISE, FALL, ROUT, CIN];
const CLOCKED: &[Param] = &[HIGH, LOW, THRESHOLD, HYST, DELAY, RISE, FALL, ROUT, CIN, INIT, CLOCK];
const HELD: &[Param] = &[HIGH, LOW, THRESHOLD, HYST, DELAY, RISE, FALL, ROUT, CIN, INIT];
const COUNTED: &[Param] = &[HIGH, LOW, THRESHOLD, HYST, DELAY, RISE, FALL, ROUT, CIN, INIT, CLOCK, MODULUS];
const CONVERTER: &[Param] = &[HIGH, LOW, THRESHOLD, HYST, DELAY, RISE, FALL, ROUT, CIN, SAMPLE, BOTTOM, TOP];

const fn drives(pin: usize) -> Path {
    Path { a: pin, b: Path::GROUND, conduct: Conduct::Yes }
}

const GATE_PINS: &[Pin] = &[repeated_pin("in", "inputs"), pin("out", "output")];
const ONE_PINS: &[Pin] = &[pin("in", "input"), pin("out", "output")];
const SECOND: &[Path] = &[drives(1)];
const THIRD: &[Path] = &[drives(2)];

const fn gate(name: &'static str, models: &'static [&'static str], doc: &'static str) -> Kind {
    logic(name, models, doc, GATE_PINS, GATE, SECOND)
}

pub static AND: Kind = gate("and", &["and"], "AND gate: n inputs, then the output");
pub static OR: Kind = gate("or", &["or"], "OR gate: n inputs, then the output");
pub static NAND: Kind = gate("nand", &["nand"], "NAND gate: n inputs, then the output");
pub static NOR: Kind = gate("nor", &["nor"], "NOR gate: n inputs, then the output");
pub static XOR: Kind = gate("xor", &["xor"], "XOR gate, one for an odd number of ones: n inputs, then the output");
pub static XNOR: Kind = gate("xnor", &["xnor"], "XNOR gate, one for an even number of ones: n inputs, then the output");
pub static NOT: Kind = logic("not", &["not"], "Inverter", ONE_PINS, GATE, SECOND);
pub static BUF: Kind = logic("buf", &["buf"], "Buffer", ONE_PINS, GATE, SECOND);

const RESET: Pin = optional_pin("reset", "high: the output is zero at once");
const INVERSE: Pin = optional_pin("qn", "the output inverted");
const Q_PATHS: &[Path] = &[drives(2), drives(4)];

const DFF_PINS: &[Pin] = &[pin("d", "data"), pin("clk", "clock"), pin("q", "output"), RESET, INVERSE];

pub static DFF: Kind =
    logic("dff", &["dff"], "D flip-flop: takes d at the edge of its clock", DFF_PINS, CLOCKED, Q_PATHS);

const TFF_PINS: &[Pin] = &[pin("t", "toggle"), pin("clk", "clock"), pin("q", "output"), RESET, INVERSE];

pub static TFF: Kind = logic(
    "tff",
    &["tff"],
    "T flip-flop: turns over at the edge of its clock while t is high",
    TFF_PINS,
    CLOCKED,
    Q_PATHS,
);

const LATCH_PINS: &[Pin] = &[pin("d", "data"), pin("en", "enable"), pin("q", "output"), RESET, INVERSE];

pub static LATCH: Kind = logic(
    "latch",
    &["latch"],
    "Latch: follows d while en is high, holds it while en is low",
    LATCH_PINS,
    HELD,
    Q_PATHS,
);

const COUNTER_PINS: &[Pin] =
    &[pin("clk", "clock"), pin("reset", "high: 0 at once; node 0 where it is never reset"), repeated_pin("q", "bits")];

pub static COUNTER: Kind = logic(
    "counter",
    &["counter"],
    "Counter of as many bits as it has outputs, the lowest first",
    COUNTER_PINS,
    COUNTED,
    THIRD,
);

const DECODER_PINS: &[Pin] = &[repeated_pin("a", "address"), repeated_pin("y", "outputs 0, 1, 2, …")];

pub static DECODER: Kind = logic(
    "decoder",
    &["decoder"],
    "Decoder: n address bits, the lowest first, then 2ⁿ outputs of which the addressed one is high",
    DECODER_PINS,
    GATE,
    SECOND,
);

const ADC_PINS: &[Pin] = &[pin("in", "voltage"), pin("clk", "takes a sample"), repeated_pin("b", "bits")];

pub static ADC: Kind = logic(
    "adc",
    &["adc"],
    "Analog-to-digital converter of as many bits as it has outputs, the lowest first: code = round((V − bottom)/LSB), LSB = (top − bottom)/2ⁿ",
    ADC_PINS,
    CONVERTER,
    THIRD,
);

const DAC_PINS: &[Pin] = &[repeated_pin("b", "bits"), pin("clk", "takes the bits"), pin("out", "voltage")];

pub static DAC: Kind = logic(
    "dac",
    &["dac"],
    "Digital-to-analog converter of as many bits as it has inputs, the lowest first: V = bottom + code·(top − bottom)/2ⁿ",
    DAC_PINS,
    CONVERTER,
    THIRD,
);

/// All of them.
pub const ALL: [&Kind; 15] =
    [&AND, &OR, &NAND, &NOR, &XOR, &XNOR, &NOT, &BUF, &DFF, &TFF, &LATCH, &COUNTER, &DECODER, &ADC, &DAC];

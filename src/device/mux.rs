//! Multiplexer: n inputs and a common pin; the input that `sel` counts from 0 is connected, none where there is no such input.

use super::{Device, contacts};
use crate::circuit::kind::{Kind, ModelUse, Param, Probe, ValueKind, pin, repeated_pin};
use crate::circuit::{Circuit, PartId};

pub static KIND: Kind = Kind {
    name: "mux",
    letter: None,
    models: &["mux"],
    model: ModelUse::Optional,
    doc: "Analog multiplexer: n inputs, then the common pin",
    pins: &[repeated_pin("in", "inputs 0, 1, 2, …"), pin("com", "common")],
    positional: &[],
    params: &[
        Param::new("sel", 0.0, "", "expression of voltages and time: rounded, the number of the input")
            .of(ValueKind::Equation)
            .required(),
        contacts::RON,
        contacts::ROFF,
        contacts::COFF,
        contacts::CON,
        contacts::TON,
        contacts::TOFF,
        contacts::QINJ,
        Param::absent(
            "bbm",
            "s",
            "break before make: from the last input open to the next closing; absent: both at once",
        )
        .both()
        .range(0.0, f64::INFINITY),
    ],
    probes: &[
        Probe { name: "selected", unit: "", doc: "number of the input, -1: none" },
        Probe { name: "g", unit: "S", doc: "conductance of all contacts together" },
    ],
    paths: contacts::PATHS,
};

pub fn build(circuit: &Circuit, parts: &[PartId]) -> Vec<Box<dyn Device>> {
    contacts::build(circuit, parts, &KIND, "sel")
}

//! Multiplexer: n inputs and a common pin; the input that `sel` counts from 0 is connected, none where there is no such input.

use std::borrow::Cow;

use super::{Device, contacts};
use crate::circuit::kind::{Kind, ModelUse, Param, ValueKind, pin, probe, repeated_pin};
use crate::circuit::{Circuit, PartId};

pub static KIND: Kind = Kind {
    name: Cow::Borrowed("mux"),
    letter: None,
    models: &["mux"],
    model: ModelUse::Optional,
    doc: Cow::Borrowed("Analog multiplexer: n inputs, then the common pin"),
    pins: Cow::Borrowed(&[repeated_pin("in", "inputs 0, 1, 2, …"), pin("com", "common")]),
    positional: &[],
    params: Cow::Borrowed(&[
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
    ]),
    probes: Cow::Borrowed(&[
        probe("selected", "", "number of the input, -1: none"),
        probe("g", "S", "conductance of all contacts together"),
    ]),
    paths: Cow::Borrowed(contacts::PATHS),
};

pub fn build(circuit: &Circuit, parts: &[PartId]) -> Vec<Box<dyn Device>> {
    contacts::build(circuit, parts, &KIND, "sel")
}

//! Analog switch: one contact, closed while `on` is 1 (0.5 or more).

use std::borrow::Cow;

use super::{Device, contacts};
use crate::circuit::kind::{Kind, ModelUse, Param, ValueKind, pin, probe};
use crate::circuit::{Circuit, PartId};

pub static KIND: Kind = Kind {
    name: Cow::Borrowed("switch"),
    letter: None,
    models: &["switch"],
    model: ModelUse::Optional,
    doc: Cow::Borrowed("Analog switch driven by an expression"),
    pins: Cow::Borrowed(&[pin("a", "one side"), pin("b", "other side")]),
    positional: &[],
    params: Cow::Borrowed(&[
        Param::new("on", 0.0, "", "expression of voltages and time: closed from 0.5 upward")
            .of(ValueKind::Equation)
            .required(),
        contacts::RON,
        contacts::ROFF,
        contacts::COFF,
        contacts::CON,
        contacts::TON,
        contacts::TOFF,
        contacts::QINJ,
    ]),
    probes: Cow::Borrowed(&[probe("on", "", "1 when closed or closing"), probe("g", "S", "conductance")]),
    paths: Cow::Borrowed(contacts::PATHS),
};

pub fn build(circuit: &Circuit, parts: &[PartId]) -> Vec<Box<dyn Device>> {
    contacts::build(circuit, parts, &KIND, "on")
}

//! Analog switch: one contact, closed while `on` is 1 (0.5 or more).

use super::{Device, contacts};
use crate::circuit::kind::{Kind, ModelUse, Param, Probe, ValueKind, pin};
use crate::circuit::{Circuit, PartId};

pub static KIND: Kind = Kind {
    name: "switch",
    letter: None,
    models: &["switch"],
    model: ModelUse::Optional,
    doc: "Analog switch driven by an expression",
    pins: &[pin("a", "one side"), pin("b", "other side")],
    positional: &[],
    params: &[
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
    ],
    probes: &[
        Probe { name: "on", unit: "", doc: "1 when closed or closing" },
        Probe { name: "g", unit: "S", doc: "conductance" },
    ],
    paths: contacts::PATHS,
};

pub fn build(circuit: &Circuit, parts: &[PartId]) -> Vec<Box<dyn Device>> {
    contacts::build(circuit, parts, &KIND, "on")
}

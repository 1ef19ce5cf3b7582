//! Every kind of part and how its device is made: one row each.

use super::{
    Device, analog_switch, behavioral, bjt, capacitor, comparator, controlled, coupled, diode, equations, inductor,
    isource, logic, mosfet, mux, nonlinear, opamp, resistor, smu, switch, vsource,
};
use crate::circuit::kind::{Kind, KindRef};
use crate::circuit::{Circuit, PartId};

/// Makes the devices of parts that share kind and model: one, or several where the parts need differently many terminals.
pub type Build = fn(&Circuit, &[PartId]) -> Vec<Box<dyn Device>>;

/// A kind and its maker.
pub struct Row {
    pub kind: &'static Kind,
    pub build: Build,
}

/// All kinds, in the order `memspice devices` lists them.
pub static REGISTRY: &[Row] = &[
    Row { kind: &resistor::KIND, build: resistor::build },
    Row { kind: &capacitor::KIND, build: capacitor::build },
    Row { kind: &inductor::KIND, build: inductor::build },
    Row { kind: &coupled::KIND, build: coupled::build },
    Row { kind: &vsource::KIND, build: vsource::build },
    Row { kind: &isource::KIND, build: isource::build },
    Row { kind: &diode::KIND, build: diode::build },
    Row { kind: &bjt::KIND, build: bjt::build },
    Row { kind: &mosfet::KIND, build: mosfet::build },
    Row { kind: &switch::VOLTAGE, build: switch::build_voltage },
    Row { kind: &switch::CURRENT, build: switch::build_current },
    Row { kind: &opamp::KIND, build: opamp::build },
    Row { kind: &comparator::KIND, build: comparator::build },
    Row { kind: &analog_switch::KIND, build: analog_switch::build },
    Row { kind: &mux::KIND, build: mux::build },
    Row { kind: &logic::AND, build: logic::build },
    Row { kind: &logic::OR, build: logic::build },
    Row { kind: &logic::NAND, build: logic::build },
    Row { kind: &logic::NOR, build: logic::build },
    Row { kind: &logic::XOR, build: logic::build },
    Row { kind: &logic::XNOR, build: logic::build },
    Row { kind: &logic::NOT, build: logic::build },
    Row { kind: &logic::BUF, build: logic::build },
    Row { kind: &logic::DFF, build: logic::build },
    Row { kind: &logic::TFF, build: logic::build },
    Row { kind: &logic::LATCH, build: logic::build },
    Row { kind: &logic::COUNTER, build: logic::build },
    Row { kind: &logic::DECODER, build: logic::build },
    Row { kind: &logic::ADC, build: logic::build },
    Row { kind: &logic::DAC, build: logic::build },
    Row { kind: &controlled::VCVS, build: controlled::build },
    Row { kind: &controlled::CCCS, build: controlled::build },
    Row { kind: &controlled::VCCS, build: controlled::build },
    Row { kind: &controlled::CCVS, build: controlled::build },
    Row { kind: &behavioral::VOLTAGE, build: behavioral::build_voltage },
    Row { kind: &behavioral::CURRENT, build: behavioral::build_current },
    Row { kind: &nonlinear::CAPACITOR, build: nonlinear::build_capacitor },
    Row { kind: &nonlinear::INDUCTOR, build: nonlinear::build_inductor },
    Row { kind: &smu::KIND, build: smu::build },
];

/// The kind of an element letter (several for a letter: the first that fits decides), lower case.
pub fn by_letter(letter: char) -> impl Iterator<Item = &'static Kind> {
    REGISTRY.iter().map(|r| r.kind).filter(move |k| k.letter == Some(letter))
}

/// The kind of this name, whatever the case.
pub fn by_name(name: &str) -> Option<&'static Kind> {
    REGISTRY.iter().map(|r| r.kind).find(|k| k.name.eq_ignore_ascii_case(name))
}

/// The kind whose `.model` cards are called `base`.
pub fn by_model(base: &str) -> Option<&'static Kind> {
    REGISTRY.iter().map(|r| r.kind).find(|k| k.models.iter().any(|m| m.eq_ignore_ascii_case(base)))
}

/// The maker of a kind's devices.
pub fn build_of(kind: &KindRef) -> Option<Build> {
    match kind {
        KindRef::Defined(_) => Some(equations::build),
        KindRef::Builtin(_) => REGISTRY.iter().find(|r| kind.is(r.kind)).map(|r| r.build),
    }
}

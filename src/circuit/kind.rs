//! What a kind of part is called, what pins and parameters it has: data that elaboration checks against,
//! `memspice devices` prints and the reference tables in `docs/` are made from.

use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

use super::definition::Definition;

/// The name of a parameter, pin or state: fixed for what is built in, owned for what a `.device` defines.
pub type Label = Cow<'static, str>;

/// A kind of part. One static value in the file of each built-in device; part of its [`Definition`] for a `.device`.
#[derive(Clone, Debug)]
pub struct Kind {
    /// `resistor`, `opamp`; what `memspice devices NAME` and an `X` line call it.
    pub name: Label,
    /// The letter that starts its element lines, lower case; none for built-ins used through `X`.
    pub letter: Option<char>,
    /// Types in a `.model` card: `["nmos", "pmos"]`.
    pub models: &'static [&'static str],
    pub model: ModelUse,
    /// One line.
    pub doc: Label,
    pub pins: Cow<'static, [Pin]>,
    /// Parameters that may stand without a name after the pins and the model: `["r"]`, `["area"]`.
    pub positional: &'static [&'static str],
    pub params: Cow<'static, [Param]>,
    /// What `X1.name` can read besides the parameters.
    pub probes: Cow<'static, [Probe]>,
    /// How it conducts, for the checks on the graph.
    pub paths: Cow<'static, [Path]>,
}

/// The kind of a part: built in, or a `.device` of the netlist.
#[derive(Clone, Debug)]
pub enum KindRef {
    Builtin(&'static Kind),
    Defined(Arc<Definition>),
}

impl KindRef {
    /// Whether it is this built-in kind.
    pub fn is(&self, kind: &'static Kind) -> bool {
        matches!(self, KindRef::Builtin(k) if std::ptr::eq(*k, kind))
    }

    /// The equations of a `.device`.
    pub fn definition(&self) -> Option<&Arc<Definition>> {
        match self {
            KindRef::Builtin(_) => None,
            KindRef::Defined(d) => Some(d),
        }
    }
}

impl PartialEq for KindRef {
    /// The same kind, not an equal one.
    fn eq(&self, other: &KindRef) -> bool {
        match (self, other) {
            (KindRef::Builtin(a), KindRef::Builtin(b)) => std::ptr::eq(*a, *b),
            (KindRef::Defined(a), KindRef::Defined(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

impl Eq for KindRef {}

impl Hash for KindRef {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            KindRef::Builtin(kind) => std::ptr::from_ref(*kind).hash(state),
            KindRef::Defined(definition) => Arc::as_ptr(definition).hash(state),
        }
    }
}

impl Deref for KindRef {
    type Target = Kind;

    fn deref(&self) -> &Kind {
        match self {
            KindRef::Builtin(kind) => kind,
            KindRef::Defined(definition) => &definition.kind,
        }
    }
}

impl From<&'static Kind> for KindRef {
    fn from(kind: &'static Kind) -> KindRef {
        KindRef::Builtin(kind)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelUse {
    None,
    Optional,
    Required,
}

#[derive(Clone, Debug)]
pub struct Pin {
    pub name: Label,
    pub doc: Label,
    /// May be left unconnected: trailing pins only.
    pub optional: bool,
    /// Stands for one or more nets, such as the inputs of a mux; see [`Kind::fits`].
    pub repeats: bool,
}

/// A numeric or other parameter, of the instance or of its `.model`.
#[derive(Clone, Debug)]
pub struct Param {
    pub name: Label,
    pub aliases: &'static [&'static str],
    pub value: ValueKind,
    pub place: Place,
    /// None: not given means absent (NaN to the device) or derived from others, as `doc` says.
    pub default: Option<f64>,
    pub unit: Label,
    pub doc: Label,
    /// Values outside are refused.
    pub range: (f64, f64),
    /// The part means nothing without it.
    pub required: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    Number,
    Numbers,
    /// One of these words; the first is the default.
    Choice(&'static [&'static str]),
    Equation,
    Part,
    Nets,
    Wave,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Instance,
    Model,
    /// Either; the instance wins.
    Both,
}

#[derive(Clone, Debug)]
pub struct Probe {
    pub name: Label,
    pub unit: Label,
    pub doc: Label,
}

/// What two pins mean to each other at DC. A path to a pin that is left unconnected does not exist;
/// a path of a repeated pin is a path of each of its nets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Path {
    pub a: usize,
    pub b: usize,
    pub conduct: Conduct,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conduct {
    /// A DC path: resistor, junction, channel.
    Yes,
    /// Fixes the voltage between the pins: voltage source, inductor.
    Voltage,
    /// Fixes the current: current source.
    Current,
    /// No DC path: capacitor, gate. Pins of which no pair is listed do not touch at all.
    No,
}

impl Path {
    /// In place of a pin: node 0.
    pub const GROUND: usize = usize::MAX;
}

impl Kind {
    /// First and last index of an array that can be read, `x` of `x[0]`, `x[1]` …
    pub fn array(&self, name: &str) -> Option<(i64, i64)> {
        let index = |p: &Probe| -> Option<i64> {
            let (base, rest) = p.name.split_once('[')?;
            rest.strip_suffix(']')?.parse().ok().filter(|_| base.eq_ignore_ascii_case(name))
        };
        let mut found = self.probes.iter().filter_map(index);
        let first = found.next()?;
        Some((first, found.next_back().unwrap_or(first)))
    }

    /// Whether one number of this name can be read.
    pub fn reads(&self, name: &str) -> bool {
        self.probes.iter().any(|p| p.name.eq_ignore_ascii_case(name)) || self.find(name).is_some()
    }

    /// How many nets a line may connect.
    pub fn nets(&self) -> std::ops::RangeInclusive<usize> {
        let least = self.pins.iter().filter(|p| !p.optional).count();
        let most = if self.pins.iter().any(|p| p.repeats) { usize::MAX } else { self.pins.len() };
        least..=most
    }

    /// Whether a line may connect so many nets. One pin that repeats takes all that are left; of two the second takes 2ⁿ
    /// nets where the first takes n (a decoder).
    pub fn fits(&self, count: usize) -> bool {
        self.nets().contains(&count)
            && match self.pins.iter().filter(|p| p.repeats).count() {
                2 => {
                    let [n, outputs] = self.repeated(count);
                    u32::try_from(n).ok().and_then(|n| 1usize.checked_shl(n)) == Some(outputs)
                }
                _ => true,
            }
    }

    /// How many nets the pins that repeat stand for, of a line that connects `count`.
    fn repeated(&self, count: usize) -> [usize; 2] {
        let pins = self.pins.iter().filter(|p| p.repeats).count();
        let left = count.saturating_sub(self.pins.len() - pins);
        match pins {
            2 => {
                let n = (1..left).take_while(|n| n + (1usize << n.min(&60)) <= left).last().unwrap_or(1);
                [n, left.saturating_sub(n)]
            }
            _ => [left, 0],
        }
    }

    /// The place in `pins` of net `k` of a line that connects `count`.
    pub fn pin_of(&self, k: usize, count: usize) -> usize {
        let mut repeated = self.repeated(count).into_iter();
        let mut end = 0;
        let place = self.pins.iter().position(|p| {
            end += if p.repeats { repeated.next().unwrap_or(1) } else { 1 };
            k < end
        });
        place.unwrap_or(self.pins.len().saturating_sub(1))
    }

    /// The place of a parameter in `params`, by its canonical name.
    pub fn param(&self, name: &str) -> Option<usize> {
        self.params.iter().position(|p| p.name == name)
    }

    /// The place of a parameter in `params` by name or alias, whatever the case.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.params.iter().position(|p| p.is_called(name))
    }

    /// As [`Kind::find`], for a name on an element line ([`Place::Instance`]) or a `.model` card ([`Place::Model`]):
    /// `m` of a diode is its multiplier on the line and its grading coefficient in the model. A parameter that may
    /// not stand there is found if no other has the name.
    pub fn find_at(&self, name: &str, place: Place) -> Option<usize> {
        let here = |p: &Param| p.is_called(name) && (p.place == place || p.place == Place::Both);
        self.params.iter().position(here).or_else(|| self.find(name))
    }

    /// The places of several parameters: `let [r, m] = KIND.places(["r", "m"])`.
    pub fn places<const N: usize>(&self, names: [&str; N]) -> [usize; N] {
        names.map(|n| {
            let place = self.param(n);
            debug_assert!(place.is_some(), "{} has no parameter {n}", self.name);
            place.unwrap_or(self.params.len())
        })
    }

    /// NaN where the parameter has no default or does not exist.
    pub fn default(&self, name: &str) -> f64 {
        self.param(name).and_then(|k| self.params[k].default).unwrap_or(f64::NAN)
    }
}

/// What a built-in kind lets `X1.name` read.
pub const fn probe(name: &'static str, unit: &'static str, doc: &'static str) -> Probe {
    Probe { name: Cow::Borrowed(name), unit: Cow::Borrowed(unit), doc: Cow::Borrowed(doc) }
}

/// A pin that must be connected.
pub const fn pin(name: &'static str, doc: &'static str) -> Pin {
    Pin { name: Cow::Borrowed(name), doc: Cow::Borrowed(doc), optional: false, repeats: false }
}

/// A trailing pin that may be left unconnected.
pub const fn optional_pin(name: &'static str, doc: &'static str) -> Pin {
    Pin { name: Cow::Borrowed(name), doc: Cow::Borrowed(doc), optional: true, repeats: false }
}

/// A pin that stands for one or more nets.
pub const fn repeated_pin(name: &'static str, doc: &'static str) -> Pin {
    Pin { name: Cow::Borrowed(name), doc: Cow::Borrowed(doc), optional: false, repeats: true }
}

impl Param {
    /// By name or alias, whatever the case.
    pub fn is_called(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name) || self.aliases.iter().any(|a| a.eq_ignore_ascii_case(name))
    }

    /// A number of the instance, any finite value, with a default.
    pub const fn new(name: &'static str, default: f64, unit: &'static str, doc: &'static str) -> Param {
        Param {
            name: Cow::Borrowed(name),
            aliases: &[],
            value: ValueKind::Number,
            place: Place::Instance,
            default: Some(default),
            unit: Cow::Borrowed(unit),
            doc: Cow::Borrowed(doc),
            range: (f64::NEG_INFINITY, f64::INFINITY),
            required: false,
        }
    }

    /// A number that is absent unless given.
    pub const fn absent(name: &'static str, unit: &'static str, doc: &'static str) -> Param {
        let mut p = Param::new(name, 0.0, unit, doc);
        p.default = None;
        p
    }

    /// Not a plain number.
    pub const fn of(mut self, value: ValueKind) -> Param {
        self.value = value;
        self.default = None;
        self
    }

    /// Must be given.
    pub const fn required(mut self) -> Param {
        self.required = true;
        self
    }

    pub const fn model(mut self) -> Param {
        self.place = Place::Model;
        self
    }

    pub const fn both(mut self) -> Param {
        self.place = Place::Both;
        self
    }

    pub const fn alias(mut self, aliases: &'static [&'static str]) -> Param {
        self.aliases = aliases;
        self
    }

    /// Inclusive.
    pub const fn range(mut self, low: f64, high: f64) -> Param {
        self.range = (low, high);
        self
    }
}

#[cfg(test)]
mod tests {
    use crate::device::registry::by_name;

    /// Pins of each net of a line, by name.
    fn pins(kind: &str, count: usize) -> Vec<String> {
        let kind = by_name(kind).unwrap();
        (0..count).map(|k| kind.pins[kind.pin_of(k, count)].name.to_string()).collect()
    }

    #[test]
    fn nets_find_the_pins_that_repeat() {
        assert_eq!(pins("resistor", 2), ["p", "n"]);
        assert_eq!(pins("mux", 4), ["in", "in", "in", "com"]);
        assert_eq!(pins("counter", 4), ["clk", "reset", "q", "q"]);
        assert_eq!(pins("decoder", 6), ["a", "a", "y", "y", "y", "y"]);
    }

    #[test]
    fn a_decoder_has_two_to_the_n_outputs() {
        let decoder = by_name("decoder").unwrap();
        let fits: Vec<usize> = (0..25).filter(|n| decoder.fits(*n)).collect();
        assert_eq!(fits, [3, 6, 11, 20]);
        assert!(by_name("mux").unwrap().fits(9) && !by_name("mux").unwrap().fits(1));
    }
}

//! What a kind of part is called, what pins and parameters it has: data that elaboration checks against,
//! `memspice devices` prints and the reference tables in `docs/` are made from.

/// A kind of part. One static value in the file of each device.
#[derive(Debug)]
pub struct Kind {
    /// `resistor`, `opamp`; what `memspice devices NAME` and an `X` line call it.
    pub name: &'static str,
    /// The letter that starts its element lines, lower case; none for built-ins used through `X`.
    pub letter: Option<char>,
    /// Types in a `.model` card: `["nmos", "pmos"]`.
    pub models: &'static [&'static str],
    pub model: ModelUse,
    /// One line.
    pub doc: &'static str,
    pub pins: &'static [Pin],
    /// Parameters that may stand without a name after the pins and the model: `["r"]`, `["area"]`.
    pub positional: &'static [&'static str],
    pub params: &'static [Param],
    /// What `X1.name` can read besides the parameters.
    pub probes: &'static [Probe],
    /// How it conducts, for the checks on the graph.
    pub paths: &'static [Path],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelUse {
    None,
    Optional,
    Required,
}

#[derive(Debug)]
pub struct Pin {
    pub name: &'static str,
    pub doc: &'static str,
    /// May be left unconnected: trailing pins only.
    pub optional: bool,
    /// Stands for one or more nets (the inputs of a mux): the first pin only.
    pub repeats: bool,
}

/// A numeric or other parameter, of the instance or of its `.model`.
#[derive(Debug)]
pub struct Param {
    pub name: &'static str,
    pub aliases: &'static [&'static str],
    pub value: ValueKind,
    pub place: Place,
    /// None: not given means absent (NaN to the device) or derived from others, as `doc` says.
    pub default: Option<f64>,
    pub unit: &'static str,
    pub doc: &'static str,
    /// Values outside are refused.
    pub range: (f64, f64),
    /// The part means nothing without it.
    pub required: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    Number,
    Numbers,
    Text,
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

#[derive(Debug)]
pub struct Probe {
    pub name: &'static str,
    pub unit: &'static str,
    pub doc: &'static str,
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
    /// How many nets a line may connect.
    pub fn nets(&self) -> std::ops::RangeInclusive<usize> {
        let least = self.pins.iter().filter(|p| !p.optional).count();
        let most = if self.pins.iter().any(|p| p.repeats) { usize::MAX } else { self.pins.len() };
        least..=most
    }

    /// The place in `pins` of net `k` of a line that connects `count`.
    pub fn pin_of(&self, k: usize, count: usize) -> usize {
        let extra =
            if self.pins.first().is_some_and(|p| p.repeats) { count.saturating_sub(self.pins.len()) } else { 0 };
        k.saturating_sub(extra).min(self.pins.len().saturating_sub(1))
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

/// A pin that must be connected.
pub const fn pin(name: &'static str, doc: &'static str) -> Pin {
    Pin { name, doc, optional: false, repeats: false }
}

/// A trailing pin that may be left unconnected.
pub const fn optional_pin(name: &'static str, doc: &'static str) -> Pin {
    Pin { name, doc, optional: true, repeats: false }
}

/// A first pin that stands for one or more nets.
pub const fn repeated_pin(name: &'static str, doc: &'static str) -> Pin {
    Pin { name, doc, optional: false, repeats: true }
}

impl Param {
    /// By name or alias, whatever the case.
    pub fn is_called(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name) || self.aliases.iter().any(|a| a.eq_ignore_ascii_case(name))
    }

    /// A number of the instance, any finite value, with a default.
    pub const fn new(name: &'static str, default: f64, unit: &'static str, doc: &'static str) -> Param {
        Param {
            name,
            aliases: &[],
            value: ValueKind::Number,
            place: Place::Instance,
            default: Some(default),
            unit,
            doc,
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

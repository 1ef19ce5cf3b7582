//! `V( )`, `I( )`, `E( )`, `Q( )` of a process: voltages and currents at the last settled point, meters of units.

use super::groups::{instance, pick, shaped, unknown};
use super::history::Kept;
use super::program::{InstanceId, Member, SmuId};
use super::sight::Sight;
use super::study::{Aspect, aspect};
use crate::circuit::NetId;
use crate::circuit::equation::Quantity;
use crate::diag::Span;
use crate::syntax::ast::{ExprArg, ExprKind, Slot, Word};
use crate::value::answer::Answer;
use crate::value::eval::picks;
use crate::value::fault::Fault;
use crate::value::{Handle, Value};

/// Numbers of the circuit and their shape.
pub(super) type Asked = (Vec<Kept>, Vec<usize>);

/// Nets and their shape.
pub(super) type Nets = (Vec<NetId>, Vec<usize>);

impl Sight<'_> {
    /// The answer of the circuit to a call; None: it is no question to the circuit.
    pub fn circuit(&mut self, lower: &str, args: &[ExprArg], span: Span) -> Result<Option<Answer>, Fault> {
        let (base, aspect) = match aspect(lower) {
            Some((base, aspect)) => (base, Some(aspect)),
            None => (lower, None),
        };
        let Some((kept, shape)) = self.asked(base, args, span)? else { return Ok(None) };
        if let Some(study) = &self.study
            && (aspect.is_none() || study.phasors())
            && let Some(v) = study.answer(&kept, &shape, aspect.unwrap_or(Aspect::Magnitude))
        {
            return Ok(Some(Answer::One(v)));
        }
        if aspect.is_some() {
            let message = format!("{}( ) is of the phasors of an ac", lower.to_uppercase());
            return Err(Fault::new("process::phasor", span, message, "no ac stands right before it")
                .with_help("ac dec 10 1 1meg, and then what looks at its phasors"));
        }
        let values = kept.iter().map(|k| self.reading(k)).collect();
        Ok(Some(Answer::One(shaped(values, &shape))))
    }

    /// A number of the circuit as a unit shows it.
    fn reading(&mut self, what: &Kept) -> f64 {
        if let Kept::Quantity(Quantity::Voltage(a, b)) = what
            && *b != NetId::GROUND
        {
            let [a, b] = [*a, *b].map(|n| self.reading(&Kept::Quantity(Quantity::Voltage(n, NetId::GROUND))));
            return a - b;
        }
        let smu = match what {
            Kept::Unit(smu) => Some(*smu),
            Kept::Quantity(Quantity::Voltage(net, _)) => self.machine.smus.get(net).copied(),
            _ => None,
        };
        let value = what.read(self.world);
        smu.map_or(value, |smu| self.readings.show(self.machine, smu, value))
    }

    /// What a call asks the circuit for, and in what shape; None: it is no question to the circuit.
    pub fn asked(&mut self, lower: &str, args: &[ExprArg], span: Span) -> Result<Option<Asked>, Fault> {
        let words: Option<Vec<&Word>> = args
            .iter()
            .map(|a| match &a.value.kind {
                ExprKind::Node(w) => Some(w),
                _ => None,
            })
            .collect();
        if let (true, [a]) = (matches!(lower, "e" | "q"), args)
            && matches!(&a.value.kind, ExprKind::Name(_) | ExprKind::Index(..) | ExprKind::Field(..))
        {
            let (nets, shape) = self.net_path(&a.value)?;
            let units = nets.iter().map(|n| self.unit(*n, a.value.span)).collect::<Result<Vec<SmuId>, _>>()?;
            let meter = |u| if lower == "e" { Kept::Energy(Some(u)) } else { Kept::Charge(Some(u)) };
            return Ok(Some((units.into_iter().map(meter).collect(), shape)));
        }
        let voltage = |a: NetId, b: NetId| Kept::Quantity(Quantity::Voltage(a, b));
        let meter = |unit| if lower == "e" { Kept::Energy(unit) } else { Kept::Charge(unit) };
        Ok(Some(match (lower, words.as_deref()) {
            ("v", Some([a])) => {
                let (nets, shape) = self.nets(a)?;
                (nets.into_iter().map(|n| voltage(n, NetId::GROUND)).collect(), shape)
            }
            ("v", Some([a, b])) => {
                let ((first, shape), (second, _)) = (self.nets(a)?, self.nets(b)?);
                (first.into_iter().zip(second.into_iter().cycle()).map(|(a, b)| voltage(a, b)).collect(), shape)
            }
            ("i", Some([a])) => self.currents(a)?,
            ("e" | "q", Some(&[])) => (vec![meter(None)], Vec::new()),
            ("e" | "q", Some([a])) => {
                let (nets, shape) = self.nets(a)?;
                let units = nets.iter().map(|n| self.unit(*n, a.span)).collect::<Result<Vec<SmuId>, _>>()?;
                (units.into_iter().map(|u| meter(Some(u))).collect(), shape)
            }
            ("v" | "i", _) => {
                let message = format!("{}( ) takes a net or a part", lower.to_uppercase());
                return Err(Fault::new("process::net", span, message, "here").with_help("V(out), V(bl[0:3]), I(R1)"));
            }
            _ => return Ok(None),
        }))
    }

    /// The unit on a net.
    pub fn unit(&self, net: NetId, span: Span) -> Result<SmuId, Fault> {
        self.machine.smus.get(&net).copied().ok_or_else(|| {
            let name = &self.machine.circuit.net(net).name;
            Fault::new("process::no-smu", span, format!("no source-measure unit is on the net {name}"), "this net")
                .with_help(format!(".smu {name} puts one there"))
        })
    }

    /// Currents into the circuit from units, or into the first pin of parts (`I(X.pin)`: into that pin).
    fn currents(&mut self, word: &Word) -> Result<Asked, Fault> {
        if let Ok((nets, shape)) = self.nets(word)
            && let Ok(units) = nets.iter().map(|n| self.unit(*n, word.span)).collect::<Result<Vec<_>, _>>()
        {
            return Ok((units.into_iter().map(Kept::Unit).collect(), shape));
        }
        let (group, pin) = match self.parts(&word.text, &word.index, word.span) {
            Ok(handle) => (handle, None),
            Err(fault) => match word.text.rsplit_once('.') {
                Some((owner, pin)) => (self.parts(owner, &word.index, word.span)?, Some(pin)),
                None => return Err(fault),
            },
        };
        let Some(group) = self.machine.groups.of(&group) else { return Err(Fault::Said) };
        let mut values = Vec::with_capacity(group.members.len());
        for member in &group.members {
            let Member::Part(part) = *member else {
                return Err(Fault::new(
                    "process::net",
                    word.span,
                    "the current of a subcircuit is not one current",
                    "here",
                )
                .with_help("name a part inside, or put a source of 0 V in the way"));
            };
            let pins = &self.machine.circuit.part(part).kind.pins;
            let place = pin.map_or(Some(0), |pin| pins.iter().position(|p| p.name.eq_ignore_ascii_case(pin)));
            let Some(place) = place else {
                return Err(unknown("pin", pin.unwrap_or(""), word.span, pins.iter().map(|p| &*p.name)));
            };
            values.push(Kept::Quantity(Quantity::Current(part, place)));
        }
        Ok((values, group.shape.clone()))
    }

    /// Parts by a dotted path, the last step indexed.
    fn parts(&mut self, path: &str, index: &[Slot], span: Span) -> Result<Handle, Fault> {
        let mut steps = path.split('.');
        let first = steps.next().unwrap_or("").to_ascii_lowercase();
        let mut handle = match self.variables.get(&first) {
            Some(Value::Handle(h)) => h.clone(),
            _ => self
                .machine
                .groups
                .member(&self.machine.program, self.at, &first)
                .ok_or_else(|| unknown("net or part", path, span, self.names_here()))?,
        };
        for step in steps {
            let inner = self.machine.groups.inside(&self.machine.program, &handle, &step.to_ascii_lowercase(), span)?;
            handle = inner.ok_or_else(|| unknown("net or part", path, span, self.names_here()))?;
        }
        match picks(index, None, self)? {
            list if list.is_empty() => Ok(handle),
            list => self.machine.groups.index(&handle, &list, span),
        }
    }

    fn names_here(&self) -> Vec<&str> {
        self.here().into_iter().flat_map(|i| i.nets.keys().chain(i.members.keys()).map(String::as_str)).collect()
    }

    /// The nets of a word in `V( )`.
    pub fn nets(&mut self, word: &Word) -> Result<Nets, Fault> {
        let index = picks(&word.index, None, self)?;
        match word.text.rsplit_once('.') {
            Some((owner, name)) => {
                let handle = self.parts(owner, &[], word.span)?;
                let at = instance(&self.machine.groups, &handle, word.span)?;
                self.nets_of(at, name, &index, word.span)
            }
            None => self.nets_of(self.at, &word.text, &index, word.span),
        }
    }

    /// Nets of an instance by name.
    pub fn nets_of(
        &self,
        at: InstanceId,
        name: &str,
        index: &[crate::value::index::Pick],
        span: Span,
    ) -> Result<Nets, Fault> {
        let lower = name.to_ascii_lowercase();
        if matches!(lower.as_str(), "0" | "gnd") {
            return Ok((vec![NetId::GROUND], Vec::new()));
        }
        let instance = self.machine.program.instances.get(at.0 as usize);
        if let Some(bus) = instance.and_then(|i| i.nets.get(&lower)) {
            return pick(bus, name, index, span);
        }
        let path = instance.map_or("", |i| &i.path);
        let full = if path.is_empty() { lower.clone() } else { format!("{}.{lower}", path.to_ascii_lowercase()) };
        match self.machine.circuit.net_names.get(&full) {
            Some(net) => Ok((vec![*net], Vec::new())),
            None => {
                Err(unknown("net", name, span, instance.into_iter().flat_map(|i| i.nets.keys().map(String::as_str))))
            }
        }
    }

    /// The nets that a path outside `V( )` names: `bl[:]`, `X1.wl[0]`.
    pub fn net_path(&mut self, path: &crate::syntax::ast::Expr) -> Result<Nets, Fault> {
        let (base, slots) = match &path.kind {
            ExprKind::Index(base, slots) => (&**base, &slots[..]),
            _ => (path, &[][..]),
        };
        let index = picks(slots, None, self)?;
        match &base.kind {
            ExprKind::Name(n) => self.nets_of(self.at, n, &index, path.span),
            ExprKind::Node(w) => self.nets(w),
            ExprKind::Field(owner, name) => {
                let Value::Handle(handle) = crate::value::eval::owner(owner, self)?.first() else {
                    return Err(Fault::new("process::path", owner.span, "this is not a part of the circuit", "here")
                        .with_help("a path leads through instances to a net: X1.out"));
                };
                let at = instance(&self.machine.groups, &handle, owner.span)?;
                self.nets_of(at, &name.text, &index, path.span)
            }
            _ => Err(Fault::new("process::net", path.span, "a net is needed here", "this is none")
                .with_help("bl, bl[0:3], X1.wl[2]")),
        }
    }
}

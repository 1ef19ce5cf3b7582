//! `V( )`, `I( )`, `E( )`, `Q( )` of a process: voltages and currents at the last settled point, meters of units and parts.

use super::groups::{instance, lengths, pick, shaped, unknown};
use super::history::Kept;
use super::program::{InstanceId, Member, SmuId};
use super::sight::Sight;
use super::study::{Aspect, aspect};
use crate::circuit::equation::Quantity;
use crate::circuit::{NetId, PartId};
use crate::diag::Span;
use crate::syntax::ast::{Expr, ExprArg, ExprKind, Slot, Word};
use crate::syntax::parse_expr_at;
use crate::value::answer::Answer;
use crate::value::eval::{owner, picks};
use crate::value::fault::Fault;
use crate::value::index::Pick;
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
        if !matches!(lower, "v" | "i" | "e" | "q") {
            return Ok(None);
        }
        if args.iter().any(|a| path_of(&a.value).is_some()) {
            let of = |a: &ExprArg| ExprArg { name: None, value: path_of(&a.value).unwrap_or_else(|| a.value.clone()) };
            return self.asked(lower, &args.iter().map(of).collect::<Vec<_>>(), span);
        }
        let is_path = |a: &ExprArg| {
            a.name.is_none()
                && matches!(
                    &a.value.kind,
                    ExprKind::Node(_) | ExprKind::Name(_) | ExprKind::Index(..) | ExprKind::Field(..)
                )
        };
        let voltage = |a: NetId, b: NetId| Kept::Quantity(Quantity::Voltage(a, b));
        let paths = args.iter().all(is_path);
        Ok(Some(match (lower, args) {
            ("v", [a]) if paths => {
                let (nets, shape) = self.net_path(&a.value)?;
                (nets.into_iter().map(|n| voltage(n, NetId::GROUND)).collect(), shape)
            }
            ("v", [a, b]) if paths => {
                let ((first, shape), (second, _)) = (self.net_path(&a.value)?, self.net_path(&b.value)?);
                (first.into_iter().zip(second.into_iter().cycle()).map(|(a, b)| voltage(a, b)).collect(), shape)
            }
            ("i", [ExprArg { value: Expr { kind: ExprKind::Node(w), .. }, .. }]) => self.currents(w)?,
            ("i", [a]) if paths => match self.units(&a.value) {
                Ok((units, shape)) => (units.into_iter().map(Kept::Unit).collect(), shape),
                Err(fault) => self.currents_into(&a.value, fault)?,
            },
            ("e", []) => (vec![Kept::Energy(None)], Vec::new()),
            ("q", []) => (vec![Kept::Charge(None)], Vec::new()),
            ("e", [a]) if paths => match self.units(&a.value) {
                Ok((units, shape)) => (units.into_iter().map(|u| Kept::Energy(Some(u))).collect(), shape),
                Err(fault) => self.of_parts(&a.value, fault, Kept::Absorbed)?,
            },
            ("q", [a]) if paths => {
                let (units, shape) = self.units(&a.value)?;
                (units.into_iter().map(|u| Kept::Charge(Some(u))).collect(), shape)
            }
            ("v" | "i", _) => {
                let message = format!("{}( ) takes a net or a part", lower.to_uppercase());
                return Err(Fault::new("process::net", span, message, "here").with_help("V(out), V(bl[0:3]), I(R1)"));
            }
            _ => return Ok(None),
        }))
    }

    /// The units on the nets of a path.
    fn units(&mut self, path: &Expr) -> Result<(Vec<SmuId>, Vec<usize>), Fault> {
        let (nets, shape) = self.net_path(path)?;
        let units = nets.iter().map(|n| self.unit(*n, path.span)).collect::<Result<Vec<SmuId>, _>>()?;
        Ok((units, shape))
    }

    /// Currents into the first pin of parts, or into the pin that the path ends in.
    fn currents_into(&mut self, path: &Expr, otherwise: Fault) -> Result<Asked, Fault> {
        let into = |k: usize| move |part| Kept::Quantity(Quantity::Current(part, k));
        let outcome = self.of_parts(path, otherwise, into(0));
        let (Err(_), ExprKind::Field(base, pin)) = (&outcome, &path.kind) else { return outcome };
        let Ok((kept, _)) = self.of_parts(base, Fault::Said, into(0)) else { return outcome };
        let Some(Kept::Quantity(Quantity::Current(part, _))) = kept.first() else { return outcome };
        let pins = &self.machine.circuit.part(*part).kind.pins;
        match pins.iter().position(|p| p.name.eq_ignore_ascii_case(&pin.text)) {
            Some(k) => self.of_parts(base, Fault::Said, into(k)),
            None => Err(unknown("pin", &pin.text, pin.span, pins.iter().map(|p| &*p.name))),
        }
    }

    /// A number of each part that a path leads to; where it leads to none, `otherwise` is what to say.
    fn of_parts(&mut self, path: &Expr, otherwise: Fault, each: impl Fn(PartId) -> Kept) -> Result<Asked, Fault> {
        let is_net = !matches!(&otherwise, Fault::Wrong(d) if d.code == "process::unknown");
        let handle = match owner(path, self) {
            Ok(answer) => match answer.first() {
                Value::Handle(handle) => handle,
                _ => return Err(otherwise),
            },
            Err(fault) => return Err(if is_net { otherwise } else { fault }),
        };
        let Some(group) = self.machine.groups.of(&handle) else { return Err(otherwise) };
        let parts = group.members.iter().map(|m| match m {
            Member::Part(part) => Ok(each(*part)),
            Member::Instance(_) => Err(of_subcircuit(path.span)),
        });
        Ok((parts.collect::<Result<_, _>>()?, group.shape.clone()))
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
                return Err(of_subcircuit(word.span));
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

    /// Parts by a dotted path, its last step indexed.
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
        let shape = self.machine.groups.shape(&handle);
        match picks(index, shape.as_deref(), self)? {
            list if list.is_empty() => Ok(handle),
            list => self.machine.groups.index(&handle, &list, span),
        }
    }

    fn names_here(&self) -> Vec<&str> {
        self.here().into_iter().flat_map(|i| i.nets.keys().chain(i.members.keys()).map(String::as_str)).collect()
    }

    /// The nets of a word in `V( )`.
    pub fn nets(&mut self, word: &Word) -> Result<Nets, Fault> {
        let (at, name) = match word.text.rsplit_once('.') {
            Some((owner, name)) => {
                let handle = self.parts(owner, &[], word.span)?;
                (instance(&self.machine.groups, &handle, word.span)?, name)
            }
            None => (self.at, word.text.as_str()),
        };
        let index = self.places_of(at, name, &word.index)?;
        self.nets_of(at, name, &index, word.span)
    }

    /// What an index of a bus of nets of an instance names.
    fn places_of(&mut self, at: InstanceId, name: &str, slots: &[Slot]) -> Result<Vec<Pick>, Fault> {
        let instance = self.machine.program.instances.get(at.0 as usize);
        let axes = instance.and_then(|i| i.nets.get(&name.to_ascii_lowercase())).map(|bus| lengths(&bus.axes));
        picks(slots, axes.as_deref(), self)
    }

    /// Nets of an instance by name.
    pub fn nets_of(&self, at: InstanceId, name: &str, index: &[Pick], span: Span) -> Result<Nets, Fault> {
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
        match &base.kind {
            ExprKind::Name(n) => {
                let index = self.places_of(self.at, n, slots)?;
                self.nets_of(self.at, n, &index, path.span)
            }
            ExprKind::Node(w) => self.nets(w),
            ExprKind::Field(owner, name) => {
                let Value::Handle(handle) = crate::value::eval::owner(owner, self)?.first() else {
                    return Err(Fault::new("process::path", owner.span, "this is not a part of the circuit", "here")
                        .with_help("a path leads through instances to a net: X1.out"));
                };
                let at = instance(&self.machine.groups, &handle, owner.span)?;
                let index = self.places_of(at, &name.text, slots)?;
                self.nets_of(at, &name.text, &index, path.span)
            }
            _ => Err(Fault::new("process::net", path.span, "a net is needed here", "this is none")
                .with_help("bl, bl[0:3], X1.wl[2]")),
        }
    }
}

/// `X1.Xc[i,j].Xr` between the parentheses of `V( )` and `I( )` as the path that it is.
pub(super) fn path_of(e: &Expr) -> Option<Expr> {
    match &e.kind {
        ExprKind::Node(w) if w.index.is_empty() && w.text.contains('[') && w.text.contains('.') => {
            parse_expr_at(&w.text, w.span).ok().filter(|e| matches!(e.kind, ExprKind::Field(..) | ExprKind::Index(..)))
        }
        _ => None,
    }
}

fn of_subcircuit(span: Span) -> Fault {
    Fault::new("process::net", span, "a subcircuit has not one current or energy", "here")
        .with_help("name a part inside, or put a source of 0 V in the way")
}

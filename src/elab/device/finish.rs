//! What has been read of a `.device` → its definition: rates of states, how pins conduct, what can be looked at.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::author::Author;
use super::cell::own_quantity;
use crate::circuit::definition::{Definition, Flow, Own};
use crate::circuit::equation::{Equation, Function, Quantity};
use crate::circuit::kind::{Conduct, Kind, ModelUse, Param, Path, Pin};
use crate::diag::Diagnostic;

impl<'b, 'a> Author<'b, 'a> {
    /// `ddt(x)` of each state, branches joined.
    pub fn join_rates(&mut self) {
        for r in std::mem::take(&mut self.rates).into_iter().rev() {
            let state = &mut self.states[r.state];
            state.rate = Some(match (r.guard, state.rate.take()) {
                (None, _) => r.value,
                (Some(g), rest) => {
                    Equation::apply(Function::Select, [g, r.value, rest.unwrap_or(Equation::Const(0.0))])
                }
            });
        }
    }

    /// `stuck`: where it is not 0, no state moves. The equations do not read it.
    pub fn may_stick(&mut self) {
        let mut stuck = Param::new("stuck", 0.0, "", "1: its states do not move");
        stuck.place = crate::circuit::kind::Place::Instance;
        self.params.push(stuck);
        self.defaults.push(None);
        self.ranges.push(None);
        self.values.push(0.0);
    }

    /// Several copies in parallel: `m`, unless the device has a parameter of the name.
    pub fn multiply(&mut self) {
        let mut m = Param::new("m", 1.0, "", "copies in parallel").range(0.0, f64::INFINITY);
        m.place = crate::circuit::kind::Place::Instance;
        self.params.push(m);
        self.defaults.push(None);
        self.ranges.push(None);
        self.values.push(self.given.get("m").copied().unwrap_or(1.0));
        let by = own_quantity(Own::Param(self.params.len() - 1));
        let times = |e: Equation| Equation::apply(Function::Mul, [by.clone(), e]);
        for c in self.contributions.iter_mut().filter(|c| c.flow == Flow::Current) {
            let (flow, charge) = c.parts();
            let charge = charge.map(|q| Equation::apply(Function::Ddt, [times(q.clone())]));
            c.value = match (flow.map(|f| times(f.clone())), charge) {
                (Some(f), Some(q)) => Equation::apply(Function::Add, [f, q]),
                (Some(one), None) | (None, Some(one)) => one,
                (None, None) => Equation::Const(0.0),
            };
        }
    }

    pub fn finish(mut self) -> (Option<Definition>, Author<'b, 'a>) {
        if self.contributions.is_empty() && !self.broken {
            let message = format!("device '{}' has no contribution", self.device.name.text);
            let d = Diagnostic::error("elab::no-contribution", message)
                .at(self.device.name.span, "no current and no voltage")
                .help("I(a,b) = … says what flows from pin a to pin b");
            self.report(d);
        }
        if self.broken || self.found.iter().any(Diagnostic::is_error) {
            return (None, self);
        }
        let kind = Kind {
            name: self.device.name.text.clone().into(),
            letter: None,
            models: &[],
            model: ModelUse::Optional,
            doc: Cow::Borrowed("a .device of the netlist"),
            pins: self.device.pins.iter().map(|p| pin(&p.text)).collect(),
            positional: &[],
            params: std::mem::take(&mut self.params).into(),
            probes: std::mem::take(&mut self.probes).into(),
            paths: self.paths().into(),
        };
        let definition = Definition {
            kind,
            defaults: std::mem::take(&mut self.defaults),
            states: std::mem::take(&mut self.states),
            lets: std::mem::take(&mut self.lets),
            contributions: std::mem::take(&mut self.contributions),
            events: std::mem::take(&mut self.events),
            cycles: std::mem::take(&mut self.cycles),
            warnings: std::mem::take(&mut self.warnings),
            noises: std::mem::take(&mut self.noises),
            draws: std::mem::take(&mut self.draws),
            span: self.device.name.span,
        };
        (Some(definition), self)
    }

    /// How pairs of pins conduct.
    fn paths(&self) -> Vec<Path> {
        let mut lets: Vec<BTreeSet<usize>> = Vec::with_capacity(self.lets.len());
        for l in &self.lets {
            let mut pins = BTreeSet::new();
            read_pins(&l.value, &lets, &mut pins);
            lets.push(pins);
        }
        let mut out: Vec<Path> = Vec::new();
        let mut join = |a: Option<usize>, b: Option<usize>, conduct: Conduct| {
            let (a, b) = (a.unwrap_or(Path::GROUND), b.unwrap_or(Path::GROUND));
            let rank = |c: Conduct| match c {
                Conduct::Voltage => 3,
                Conduct::Yes => 2,
                Conduct::Current => 1,
                Conduct::No => 0,
            };
            match out.iter_mut().find(|p| (p.a, p.b) == (a, b) || (p.a, p.b) == (b, a)) {
                Some(old) if rank(old.conduct) < rank(conduct) => old.conduct = conduct,
                Some(_) => {}
                None => out.push(Path { a, b, conduct }),
            }
        };
        for c in &self.contributions {
            let conduct = match (c.flow, c.parts().0) {
                (Flow::Voltage, _) => Conduct::Voltage,
                (Flow::Current, None) => Conduct::No,
                (Flow::Current, Some(f)) => {
                    let mut pins = BTreeSet::new();
                    read_pins(f, &lets, &mut pins);
                    let own = [c.plus, c.minus].into_iter().flatten().any(|p| pins.contains(&p));
                    if own { Conduct::Yes } else { Conduct::Current }
                }
            };
            join(c.plus, c.minus, conduct);
        }
        // Pins that are only looked at touch the others, as a gate does.
        let mut read = BTreeSet::new();
        let rates = self.states.iter().filter_map(|s| s.rate.as_ref());
        for e in rates.chain(self.contributions.iter().map(|c| &c.value)) {
            read_pins(e, &lets, &mut read);
        }
        let first = (0..self.device.pins.len()).next();
        for p in read.into_iter().filter(|p| Some(*p) != first) {
            join(first, Some(p), Conduct::No);
        }
        out
    }
}

/// Pins whose voltage an equation reads, through lets.
fn read_pins(e: &Equation, lets: &[BTreeSet<usize>], out: &mut BTreeSet<usize>) {
    match e {
        Equation::Const(_) => {}
        Equation::Quantity(Quantity::Own(Own::Voltage(a, b))) => out.extend([*a, *b].into_iter().flatten()),
        Equation::Quantity(Quantity::Own(Own::Let(k))) => out.extend(lets.get(*k).into_iter().flatten()),
        Equation::Quantity(_) => {}
        Equation::Apply(_, args) => args.iter().for_each(|a| read_pins(a, lets, out)),
    }
}

fn pin(name: &str) -> Pin {
    Pin { name: name.to_string().into(), doc: Cow::Borrowed(""), optional: false, repeats: false }
}

//! Parameters of parts that follow signals → their values at the start, and how to compute them while the circuit runs.

use super::builder::Builder;
use super::eval::Context;
use super::fault::Fault;
use super::live::{Pending, View};
use super::settings::check_range;
use crate::circuit::equation::Quantity;
use crate::circuit::kind::Param;
use crate::circuit::{NetId, Setting};
use crate::process::program::{Follower, SignalId};
use crate::syntax::ast::Expr;

impl<'a> Builder<'a> {
    /// A number of a part that an expression of signals gives.
    pub fn follow(&mut self, pending: &Pending<'a>, of: &'a Expr, param: &Param) -> Result<(), Fault> {
        let view = View { circuit: &self.circuit, instance: &pending.instance };
        let context = Context { live: Some(&view), ..Context::constant(self.shared, &pending.scope) };
        let mut equation = context.equation(of)?;
        let signal = |net: NetId| self.bench.signal_of(&self.circuit.net(net).name);
        let mut signals: Vec<SignalId> = Vec::new();
        for quantity in equation.quantities() {
            let followed = match quantity {
                Quantity::Voltage(net, NetId::GROUND) => signal(net),
                _ => None,
            };
            signals.push(followed.ok_or_else(|| changes_by_itself(param, of))?);
        }
        if equation.has_history() {
            return Err(changes_by_itself(param, of));
        }
        // From here on a net is the number of a signal, counted from 1: that of ground is 0.
        equation.rename_nets(&|net: &mut NetId| *net = signal(*net).map_or(NetId::GROUND, |s| NetId(s.0 + 1)));
        let follower =
            Follower { part: pending.part, name: param.name.to_ascii_lowercase(), of: equation, signals, drawn: 1.0 };
        let start = follower.value(&|s| self.bench.start_of(s));
        check_range(param, start, of.span)?;
        self.circuit.parts[pending.part.0 as usize].settings.push((param.name.clone(), Setting::Number(start)));
        self.bench.followers.push(follower);
        Ok(())
    }
}

impl Builder<'_> {
    /// After a draw: the spread of a parameter goes with it, as the factor that its value at the start was drawn by.
    pub fn keep_spread(&mut self) {
        let mut followers = std::mem::take(&mut self.bench.followers);
        for follower in &mut followers {
            let start = follower.value(&|s| self.bench.start_of(s));
            let slot = self.circuit.part(follower.part).kind.find(&follower.name);
            let Some(drawn) = slot.map(|k| self.circuit.numbers(follower.part)[k]) else { continue };
            if start != 0.0 && drawn != start {
                follower.drawn = drawn / start;
            }
        }
        self.bench.followers = followers;
    }
}

fn changes_by_itself(param: &Param, of: &Expr) -> Fault {
    let message = format!("'{}' can follow signals, but neither voltages, currents nor time", param.name);
    Fault::new("elab::not-constant", of.span, message, "this changes while the circuit runs").with_help(
        "let an .always or a protocol set a signal; what depends on voltages at every instant is a B source or a .device",
    )
}

//! `force`, `float`, `pulse` and `ramp`: what source-measure units are told.

use super::frame::Before;
use super::program::SmuId;
use super::sight::{Sight, spread, stopped};
use super::world::{Drive, Level};
use crate::diag::Span;
use crate::syntax::ast::{self, Expr, Quantity};
use crate::value::eval::{eval, number};
use crate::value::fault::Fault;

impl Sight<'_> {
    fn edge(&self, smu: SmuId) -> f64 {
        self.machine.program.smus.get(smu.0 as usize).map_or(1e-9, |s| s.edge)
    }

    /// Units set out for what the drives say; a ramp (`over`) from where it says. Gives what they did before.
    pub fn set_out(&mut self, drives: &[ast::Drive], over: Option<f64>) -> Result<Vec<Before>, Fault> {
        let mut list: Vec<Drive> = Vec::new();
        let mut span = None;
        for d in drives {
            span = Some(span.unwrap_or(d.span));
            let (nets, shape) = self.net_path(&d.net)?;
            let first = eval(&d.value, self)?;
            let first = spread(&first, &shape, d.value.span)?;
            let last = match &d.to {
                Some(to) => {
                    let v = eval(to, self)?;
                    Some(spread(&v, &shape, to.span)?)
                }
                None => None,
            };
            let limit = d.limit.as_ref().map_or(Ok(f64::INFINITY), |l| number(l, self))?;
            if limit.is_nan() || limit <= 0.0 {
                return Err(Fault::new("process::limit", d.span, format!("a compliance of {limit} is none"), "here")
                    .with_help("limit takes a positive current (for a voltage) or voltage (for a current)"));
            }
            let level = |v: f64| match d.quantity {
                Quantity::Voltage => Level::Voltage(v),
                Quantity::Current => Level::Current(v),
            };
            for (k, net) in nets.iter().enumerate() {
                let smu = self.unit(*net, d.net.span)?;
                let target = last.as_ref().unwrap_or(&first)[k];
                if !target.is_finite() || !first[k].is_finite() {
                    let message = format!("a level of {target} cannot be forced");
                    return Err(Fault::new("process::level", d.span, message, "not a finite number")
                        .with_help("look for a division by 0, or a reading taken while nothing flowed"));
                }
                // The later of two drives of one net counts.
                list.retain(|other| other.smu != smu);
                list.push(Drive {
                    smu,
                    from: last.as_ref().map(|_| level(first[k])),
                    to: level(target),
                    over: over.unwrap_or_else(|| self.edge(smu)),
                    limit,
                });
            }
        }
        let before = list.iter().map(|d| {
            let (level, limit) = self.world.level(d.smu);
            Before { smu: d.smu, level, limit }
        });
        let before = before.collect();
        match span {
            Some(span) => self.world.drive(&list).map_err(|s| stopped(s, span)).map(|()| before),
            None => Ok(before),
        }
    }

    /// Units go back to what they did before a pulse. Gives the longest edge, s.
    pub fn give_back(&mut self, before: &[Before], span: Span) -> Result<f64, Fault> {
        let back = |b: &Before| Drive { smu: b.smu, from: None, to: b.level, over: self.edge(b.smu), limit: b.limit };
        let list: Vec<Drive> = before.iter().map(back).collect();
        self.world.drive(&list).map_err(|s| stopped(s, span))?;
        Ok(self.longest_edge(before))
    }

    pub fn longest_edge(&self, units: &[Before]) -> f64 {
        units.iter().map(|b| self.edge(b.smu)).fold(0.0, f64::max)
    }

    pub fn let_go(&mut self, nets: &[Expr]) -> Result<(), Fault> {
        for path in nets {
            let (nets, _) = self.net_path(path)?;
            let units = nets.iter().map(|n| self.unit(*n, path.span)).collect::<Result<Vec<SmuId>, _>>()?;
            let float = |smu| Drive { smu, from: None, to: Level::Float, over: 0.0, limit: f64::INFINITY };
            let list: Vec<Drive> = units.into_iter().map(float).collect();
            self.world.drive(&list).map_err(|s| stopped(s, path.span))?;
        }
        Ok(())
    }
}

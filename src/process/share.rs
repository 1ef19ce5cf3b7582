//! A process under way → how much of it is done, for whoever waits: passes of its loops, or the time that its waits take.

use super::code::{Code, OpKind};
use super::flow::constant;
use super::frame::{Loop, Process, State};
use super::notebook::Underway;
use crate::device::Ticks;

/// None where neither loops nor waits show it.
pub(super) fn underway(process: &Process, now: Ticks) -> Option<Underway> {
    let now = now.seconds();
    let loops: Vec<&Loop> = process.frames.iter().flat_map(|f| &f.loops).collect();
    if !loops.is_empty() {
        let share = passes(&loops)?;
        return Some(Underway { now, share, until: now, then: share });
    }
    let (State::Until(until), [frame]) = (&process.state, &process.frames[..]) else { return None };
    let end = until.seconds() + later(&frame.code, frame.next)?;
    (end > 0.0).then(|| Underway { now, share: now / end, until: until.seconds(), then: until.seconds() / end })
}

/// The share of nested loops that is done, the outermost first; None where the outermost has no bound.
fn passes(loops: &[&Loop]) -> Option<f64> {
    let mut share = 0.0;
    let mut part = 1.0;
    for (k, l) in loops.iter().enumerate() {
        let (done, all) = match l {
            Loop::Passes { passes, done } => (done.saturating_sub(1) as f64, passes.count() as f64),
            Loop::Repeat { done, max } => (*done, *max),
        };
        if !(all.is_finite() && all >= 1.0) {
            return if k == 0 { None } else { Some(share) };
        }
        share += part * (done / all).min(1.0);
        part /= all;
    }
    Some(share)
}

/// s: what is waited for after an operation; None where not everything that takes time says how long.
fn later(code: &Code, next: usize) -> Option<f64> {
    code.ops.get(next..)?.iter().try_fold(0.0, |sum, op| match &op.kind {
        OpKind::Wait(e) | OpKind::Ramp(_, e) | OpKind::Pulse(_, e) => Some(sum + constant(e)?),
        OpKind::Until { .. } | OpKind::Call { .. } | OpKind::Par { .. } | OpKind::Jump(_) => None,
        _ => Some(sum),
    })
}

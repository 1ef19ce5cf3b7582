//! Where a curve crosses a level or another curve.

use std::borrow::Cow;

use super::{Curves, Trouble};
use crate::circuit::plan::{Edge, Event};
use crate::lab::number::significant;

/// A place on a wave, on the stretch that ends with `row`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spot {
    pub row: usize,
    pub x: f64,
}

/// The place of the n-th crossing of `event`, counted from its TD or FROM on.
///
/// Reaching the level counts; leaving it counts only where the curve has not been on either side before, or came back
/// the way it went. Two curves that begin as one part there without crossing; a curve that begins on a level crosses it (both
/// as in ngspice 39).
pub(super) fn find(curves: &Curves, left: usize, event: &Event) -> Result<Spot, Trouble> {
    let (x, y) = (curves.x(), curves.y(left)?);
    let above: Cow<[f64]> = match event.right_of {
        Some(other) => y.iter().zip(curves.y(other)?.iter()).map(|(a, b)| a - b).collect(),
        None => y.iter().map(|a| a - event.right).collect(),
    };
    let direction = curves.direction();
    // TD = 0 stands for no TD: a sweep may well be negative.
    let starts = [(event.after != 0.0).then_some(event.after), event.from];
    let begun = |at: f64| starts.iter().flatten().all(|s| (at - s) * direction >= 0.0);
    let over = |at: f64| event.to.is_some_and(|to| (at - to) * direction > 0.0);

    let level = event.right_of.is_none();
    let mut side = 0.0;
    let (mut count, mut last) = (0, None);
    for i in curves.stretches() {
        let (from, to) = (above[i - 1], above[i]);
        let leaves = from == 0.0 && (side != 0.0 || level);
        let rises = (from < 0.0 && to >= 0.0) || (leaves && to > 0.0 && side <= 0.0);
        let falls = (from > 0.0 && to <= 0.0) || (leaves && to < 0.0 && side >= 0.0);
        if !rises && !falls {
            continue;
        }
        side = if rises { 1.0 } else { -1.0 };
        let wanted = match event.edge {
            Edge::Rise => rises,
            Edge::Fall => falls,
            Edge::Cross => true,
        };
        let at = x[i - 1] + (x[i] - x[i - 1]) * (from / (from - to));
        if !wanted || !begun(at) || over(at) {
            continue;
        }
        count += 1;
        last = Some(Spot { row: i, x: at });
        if count == event.count {
            return Ok(Spot { row: i, x: at });
        }
    }
    match last {
        Some(spot) if event.count == usize::MAX => Ok(spot),
        _ => Err(Trouble::NoCrossing(reason(&above, event, count))),
    }
}

fn reason(above: &[f64], event: &Event, count: usize) -> String {
    let edge = match event.edge {
        Edge::Rise => "rises through",
        Edge::Fall => "falls through",
        Edge::Cross => "crosses",
    };
    let level = match event.right_of {
        Some(_) => "the other curve".to_string(),
        None => significant(event.right, 6),
    };
    if count > 0 {
        let times = if count == 1 { "once".to_string() } else { format!("{count} times") };
        return format!("it {edge} {level} only {times} there");
    }
    let (low, high) = above.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
    let range = match event.right_of {
        Some(_) => String::new(),
        None => {
            format!("; it goes from {} to {}", significant(low + event.right, 4), significant(high + event.right, 4))
        }
    };
    format!("it never {edge} {level} there{range}")
}

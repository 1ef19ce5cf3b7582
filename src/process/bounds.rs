//! Numbers that statements take → themselves, or why they are none. Said alike before a run, of constants, and in it.

use crate::circuit::plan::AcScale;
use crate::diag::Span;
use crate::syntax::number::format;
use crate::value::fault::Fault;

/// Draws of one `montecarlo`, points of one sweep.
pub const MOST_POINTS: f64 = 1e7;
/// Bars of one histogram.
const MOST_BINS: f64 = 10_000.0;

fn whole(v: f64, least: f64, most: f64) -> Option<f64> {
    let near = v.round();
    ((v - near).abs() <= 1e-9 * near.abs().max(1.0) && (least..=most).contains(&near)).then_some(near)
}

/// A time that is to pass, s.
pub fn passing(seconds: f64, span: Span) -> Result<f64, Fault> {
    match seconds {
        t if (0.0..f64::INFINITY).contains(&t) => Ok(t),
        t if t == f64::INFINITY => Err(Fault::new("process::time", span, "an infinite time never passes", "here")
            .with_help("wait until … timeout 1m waits for something; forever { wait 1 } goes on until interrupted")),
        t => {
            let message = format!("a time of {} s cannot pass", format(t));
            Err(Fault::new("process::time", span, message, "here").with_help("times are positive"))
        }
    }
}

/// The longest that a condition is waited for, s; none is no bound.
pub fn timeout(seconds: f64, span: Span) -> Result<Option<f64>, Fault> {
    if seconds == f64::INFINITY { Ok(None) } else { passing(seconds, span).map(Some) }
}

/// The `max` of a `repeat`.
pub fn passes(max: f64, span: Span) -> Result<f64, Fault> {
    if max == f64::INFINITY {
        return Ok(max);
    }
    whole(max, 0.0, f64::MAX).ok_or_else(|| {
        Fault::new("process::passes", span, format!("a loop cannot pass {} times", format(max)), "here")
            .with_help("max takes a whole number, 0 or more")
    })
}

/// How many draws a `montecarlo` has.
pub fn draws(count: f64, span: Span) -> Result<u64, Fault> {
    whole(count, 1.0, MOST_POINTS).map(|n| n as u64).ok_or_else(|| {
        Fault::new("lab::montecarlo-count", span, format!("{} draws are not possible", format(count)), "here")
            .with_help("a whole number from 1 to ten million, as in montecarlo 100 seed 1 { … }")
    })
}

/// A seed of random numbers.
pub fn seed(v: f64, span: Span) -> Result<u64, Fault> {
    whole(v, 0.0, 9e15).map(|n| n as u64).ok_or_else(|| {
        Fault::new("lab::seed", span, format!("{} is no seed", format(v)), "here")
            .with_help("a whole number is, 0 or more")
    })
}

/// How many bars a histogram has.
pub fn bins(count: f64, span: Span) -> Result<usize, Fault> {
    whole(count, 1.0, MOST_BINS).map(|n| n as usize).ok_or_else(|| {
        Fault::new("lab::bins", span, format!("a histogram of {} bins is none", format(count)), "here")
            .with_help("bins 30 is a number of bins from 1 to 10000, bins 1:20 the whole numbers from 1 to 20")
    })
}

/// The ends of the axis of a histogram.
pub fn ends(low: f64, high: f64, span: Span) -> Result<(f64, f64), Fault> {
    match low.is_finite() && high.is_finite() && low <= high {
        true => Ok((low, high)),
        false => {
            let message = format!("bins from {} to {} are none", format(low), format(high));
            Err(Fault::new("lab::bins", span, message, "here").with_help("bins 1:20 goes from the lower to the higher"))
        }
    }
}

/// The grid of a snapshot, s.
pub fn grid(every: f64, span: Span) -> Result<f64, Fault> {
    match every > 0.0 && every.is_finite() {
        true => Ok(every),
        false => {
            let message = format!("a snapshot every {} s has no grid", format(every));
            Err(Fault::new("lab::snapshot", span, message, "here").with_help("every 10u takes a point each 10 µs"))
        }
    }
}

/// A tolerance, or the longest shift in time of a snapshot.
pub fn tolerance(v: f64, span: Span) -> Result<f64, Fault> {
    match v >= 0.0 {
        true => Ok(v),
        false => {
            let message = format!("nothing is nearer than {}", format(v));
            Err(Fault::new("value::tolerance", span, message, "here")
                .with_help("a tolerance is 0 or more: within 1% is relative, within 0.5 absolute"))
        }
    }
}

/// Points, first and last frequency of a sweep over frequencies, `what` being its card.
pub fn band(what: &str, scale: AcScale, [points, start, stop]: [f64; 3], span: Span) -> Result<usize, Fault> {
    let rising = start >= 0.0 && stop >= start && stop.is_finite() && (start > 0.0 || scale == AcScale::Linear);
    whole(points, 1.0, MOST_POINTS).filter(|_| rising).map(|n| n as usize).ok_or_else(|| {
        let message = format!("{what} needs a whole number of points and rising positive frequencies");
        Fault::new("lab::ac", span, message, "here").with_help(super::analysis::AC)
    })
}

/// How many points a sweep of a source has.
pub fn steps([start, stop, step]: [f64; 3], span: Span) -> Result<usize, Fault> {
    let count = ((stop - start) / step + 1e-9).floor() + 1.0;
    match (1.0..=MOST_POINTS).contains(&count) {
        true => Ok(count as usize),
        false => {
            let message = format!("from {} to {} by {} are no steps", format(start), format(stop), format(step));
            Err(Fault::new("lab::dc", span, message, "this sweep").with_help(super::analysis::DC))
        }
    }
}

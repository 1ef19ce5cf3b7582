//! Waveforms of independent sources: PULSE SIN EXP PWL SFFM AM as a function of time, with the times of their corners
//! and a bound on the step.
//!
//! Source: ngspice 39 manual, "Independent sources for voltage or current"; omitted arguments as measured there.
//! Where a waveform jumps (a PWL with two values at one time, a repeating one) its value at that time is the earlier one.

use std::f64::consts::TAU;

use super::Ticks;
use crate::circuit::Wave;

/// Numbers of a waveform with their defaults filled in; each shape says what they are.
pub const ARGS: usize = 8;
pub type Args = [f64; ARGS];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// v1 v2 td tr tf pw per, number of pulses (0: for ever)
    Pulse,
    /// vo va freq td theta phase(°)
    Sin,
    /// v1 v2 td1 tau1 td2 tau2
    Exp,
    /// start of the repetition (NaN: none), td; the points are in the waveform
    Pwl,
    /// vo va fc mdi fs phase of the carrier(°), of the signal(°)
    Sffm,
    /// va vo mf fc td phase(°)
    Am,
}

/// A waveform without the numbers that the analysis supplies (step, end).
#[derive(Clone, Debug)]
pub struct Waveform {
    shape: Shape,
    /// As written; 0 where left out, which means the same.
    args: Vec<f64>,
    /// Time (s) and value of a PWL, in order of time.
    points: Vec<(f64, f64)>,
    repeat: f64,
    delay: f64,
}

/// Two times this near are one: corners are rounded to ticks.
const NEAR: i128 = FINE;

/// Times of periodic waveforms are whole numbers of this fraction of a tick, so that the edges of a pulse months after the
/// beginning are those of the first.
const FINE: i128 = 1 << 24;

/// Beyond this (ticks) time stands still for a waveform.
const FAR: i128 = 1_000_000_000_000_000_000_000_000_000_000;

/// A time in these fractions; one that differs from whole ticks by rounding only is whole.
fn fine(seconds: f64) -> i128 {
    let ticks = seconds * Ticks::PER_SECOND;
    let whole = ticks.round();
    match (ticks - whole).abs() <= 4.0 * f64::EPSILON * ticks.abs() || whole.abs() >= FAR as f64 {
        true => exact(Ticks(whole as i128)),
        false => (ticks * FINE as f64).round() as i128,
    }
}

fn exact(t: Ticks) -> i128 {
    t.0.clamp(-FAR, FAR) * FINE
}

/// s
fn seconds(fine: i128) -> f64 {
    fine as f64 / (Ticks::PER_SECOND * FINE as f64)
}

fn to_ticks(fine: i128) -> Ticks {
    Ticks((fine + FINE / 2).div_euclid(FINE))
}

impl Waveform {
    /// None for a shape that is not known (elaboration has refused it).
    pub fn new(wave: &Wave) -> Option<Waveform> {
        let shape = match wave.shape.as_str() {
            "pulse" => Shape::Pulse,
            "sin" => Shape::Sin,
            "exp" => Shape::Exp,
            "pwl" => Shape::Pwl,
            "sffm" => Shape::Sffm,
            "am" => Shape::Am,
            _ => return None,
        };
        let args: Vec<f64> = wave.args.iter().map(|a| a.unwrap_or(0.0)).collect();
        let points = match shape {
            Shape::Pwl => args.chunks_exact(2).map(|p| (p[0], p[1])).collect(),
            _ => Vec::new(),
        };
        Some(Waveform { shape, args, points, repeat: wave.repeat.unwrap_or(f64::NAN), delay: wave.delay })
    }

    /// The numbers with defaults: `step` and `stop` (s) are those of the `.tran` card, 0 where there is none.
    pub fn resolve(&self, step: f64, stop: f64) -> Args {
        let arg = |k: usize| self.args.get(k).copied().unwrap_or(0.0);
        let or = |k: usize, default: f64| if arg(k) > 0.0 { arg(k) } else { default };
        let rate = |k: usize| match arg(k) {
            0.0 if stop > 0.0 => 1.0 / stop,
            f => f,
        };
        match self.shape {
            Shape::Pulse => [arg(0), arg(1), arg(2), or(3, step), or(4, step), or(5, stop), or(6, stop), arg(7)],
            Shape::Sin => [arg(0), arg(1), rate(2), arg(3), arg(4), arg(5).to_radians(), 0.0, 0.0],
            Shape::Exp => {
                let td1 = or(2, step);
                [arg(0), arg(1), td1, or(3, step), or(4, td1 + step), or(5, step), 0.0, 0.0]
            }
            Shape::Pwl => [self.repeat, self.delay, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
            Shape::Sffm => [arg(0), arg(1), rate(2), arg(3), rate(4), arg(5).to_radians(), arg(6).to_radians(), 0.0],
            Shape::Am => [arg(0), arg(1), rate(2), arg(3), arg(4), arg(5).to_radians(), 0.0, 0.0],
        }
    }

    /// The value at a time; `args` come from [`Waveform::resolve`].
    pub fn value(&self, args: &Args, at: Ticks) -> f64 {
        let t = at.seconds();
        match self.shape {
            Shape::Pulse => pulse(args, at),
            Shape::Sin => {
                let [vo, va, freq, td, theta, phase, ..] = *args;
                let t = t - td;
                if t <= 0.0 {
                    vo + va * phase.sin()
                } else {
                    vo + va * (TAU * freq * t + phase).sin() * (-t * theta).exp()
                }
            }
            Shape::Exp => {
                let [v1, v2, td1, tau1, td2, tau2, ..] = *args;
                let rise = if t > td1 { (v2 - v1) * -(-(t - td1) / tau1).exp_m1() } else { 0.0 };
                let fall = if t > td2 { (v1 - v2) * -(-(t - td2) / tau2).exp_m1() } else { 0.0 };
                v1 + rise + fall
            }
            Shape::Pwl => self.pwl(args, at),
            Shape::Sffm => {
                let [vo, va, fc, mdi, fs, carrier, signal, _] = *args;
                vo + va * (TAU * fc * t + carrier + mdi * (TAU * fs * t + signal).sin()).sin()
            }
            Shape::Am => {
                let [va, vo, mf, fc, td, phase, ..] = *args;
                let t = t - td;
                if t <= 0.0 { 0.0 } else { va * (vo + (TAU * mf * t + phase).sin()) * (TAU * fc * t + phase).sin() }
            }
        }
    }

    fn pwl(&self, args: &Args, at: Ticks) -> f64 {
        let [repeat, td, ..] = *args;
        let (Some(&first), Some(&last)) = (self.points.first(), self.points.last()) else { return 0.0 };
        let mut t = exact(at) - fine(td);
        if last.0 - repeat > 0.0 && t > fine(last.0) + NEAR {
            let repeat = fine(repeat);
            t = repeat + wrap(t - repeat, fine(last.0) - repeat);
        }
        let next = self.points.partition_point(|p| fine(p.0) < t - NEAR);
        match (next.checked_sub(1).map(|k| self.points[k]), self.points.get(next)) {
            (None, _) => first.1,
            (_, None) => last.1,
            (Some(a), Some(b)) => {
                let (from, to) = (fine(a.0), fine(b.0));
                a.1 + (b.1 - a.1) * (seconds(t - from) / seconds(to - from)).clamp(0.0, 1.0)
            }
        }
    }

    /// The first time after `after` at which value or slope jumps.
    pub fn corner(&self, args: &Args, after: Ticks) -> Option<Ticks> {
        match self.shape {
            Shape::Pulse => {
                let [_, _, td, tr, tf, pw, per, count] = *args;
                let within = [0.0, tr, tr + pw, tr + pw + tf].map(|offset| if offset < per { offset } else { 0.0 });
                let end = if count > 0.0 { td + count * per } else { f64::INFINITY };
                // The end of the last pulse is a corner only where a pulse is longer than its period.
                first_after(after, end, td, per, &within)
            }
            Shape::Sin => first_after(after, f64::INFINITY, args[3], f64::INFINITY, &[0.0]),
            Shape::Am => first_after(after, f64::INFINITY, args[4], f64::INFINITY, &[0.0]),
            Shape::Exp => first_after(after, f64::INFINITY, 0.0, f64::INFINITY, &[args[2], args[4]]),
            Shape::Sffm => None,
            Shape::Pwl => {
                let [repeat, td, ..] = *args;
                let (td, now) = (fine(td), exact(after));
                let next = |base: i128, points: &[(f64, f64)]| {
                    let from = points.partition_point(|p| fine(p.0) + base < now);
                    points[from..].iter().map(|p| to_ticks(fine(p.0) + base)).find(|&c| c > after)
                };
                let last = self.points.last()?.0;
                if last - repeat <= 0.0 || repeat.is_nan() {
                    return next(td, &self.points);
                }
                // Passes after the first begin behind `repeat`. Rounding may have put `now` on either side of a seam.
                let again = &self.points[self.points.partition_point(|p| p.0 <= repeat)..];
                let period = (fine(last) - fine(repeat)).max(1);
                let pass = (now - td - fine(repeat)).div_euclid(period).max(0);
                let first = if pass == 0 { next(td, &self.points) } else { next(td + pass * period, again) };
                first.or_else(|| next(td + (pass + 1) * period, again))
            }
        }
    }

    /// The longest step (s) that still follows the curve from time `t`: a sixteenth of the shortest period; for
    /// exponentials what keeps the chord within 1/512 of the swing.
    pub fn max_step(&self, args: &Args, t: f64) -> Option<f64> {
        let rate = match self.shape {
            Shape::Pulse | Shape::Pwl => return None,
            Shape::Exp => {
                let [_, _, td1, tau1, td2, tau2, ..] = *args;
                // A chord of e^(−t/τ) over h is off by h²/8τ²·e^(−t/τ).
                let step =
                    |td: f64, tau: f64| (t >= td && tau > 0.0).then(|| tau / 8.0 * ((t - td) / (2.0 * tau)).exp());
                return [step(td1, tau1), step(td2, tau2)].into_iter().flatten().reduce(f64::min);
            }
            // A damped sine is at rest after forty time constants.
            Shape::Sin if t < args[3] || (t - args[3]) * args[4] > 40.0 => return None,
            Shape::Am if t < args[4] => return None,
            Shape::Sin => args[2].abs(),
            // Twenty points of the fastest period of a modulated carrier.
            Shape::Sffm => 1.25 * (args[2].abs() + args[3].abs() * args[4].abs()),
            Shape::Am => 1.25 * (args[2].abs() + args[3].abs()),
        };
        (rate > 0.0).then(|| 1.0 / (16.0 * rate))
    }

    /// Whether the value itself jumps right after a time.
    pub fn jumps(&self, args: &Args, at: Ticks) -> bool {
        let may = match self.shape {
            Shape::Pulse => args[3] + args[4] + args[5] > args[6],
            Shape::Pwl => !self.repeat.is_nan() || self.points.windows(2).any(|p| p[0].0 == p[1].0),
            _ => false,
        };
        if !may {
            return false;
        }
        let [before, after, later] = [0, 4, 8].map(|k| self.value(args, Ticks(at.0.saturating_add(k))));
        // A finite slope changes the value as much over the second distance as over the first.
        (before - after).abs() > 10.0 * (after - later).abs() + 1e-12 * before.abs().max(after.abs())
    }
}

fn pulse(args: &Args, at: Ticks) -> f64 {
    let [v1, v2, td, tr, tf, pw, per, count] = *args;
    let period = fine(per);
    let mut t = exact(at) - fine(td);
    if count > 0.0 && t > (count as i128).saturating_mul(period).saturating_add(NEAR) {
        return v1;
    }
    if t > period + NEAR && period > 0 {
        t = wrap(t, period);
    }
    let t = seconds(t);
    if t <= 0.0 || t >= tr + pw + tf {
        v1
    } else if t < tr {
        v1 + (v2 - v1) * t / tr
    } else if t <= tr + pw {
        v2
    } else {
        v2 + (v1 - v2) * (t - tr - pw) / tf
    }
}

/// t modulo `period` in (0, period]: the end belongs to the period that it ends.
fn wrap(t: i128, period: i128) -> i128 {
    let rest = t.rem_euclid(period);
    if rest <= NEAR { rest + period } else { rest }
}

/// The first of `start + k·period + offset` (k = 0, 1, …) after `after` and not beyond `end`.
fn first_after(after: Ticks, end: f64, start: f64, period: f64, offsets: &[f64]) -> Option<Ticks> {
    let (repeats, start, period) = (period.is_finite() && period > 0.0, fine(start), fine(period));
    let from = if repeats { ((exact(after) - start).div_euclid(period.max(1)) - 1).max(0) } else { 0 };
    let end = if end.is_finite() { fine(end).saturating_add(NEAR) } else { i128::MAX };
    (0..if repeats { 4 } else { 1 })
        .flat_map(|k| {
            offsets.iter().map(move |offset| start + fine(*offset) + (from + k) * period * i128::from(repeats))
        })
        .filter(|&t| t <= end)
        .map(to_ticks)
        .filter(|&t| t > after)
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As on the card, after `.tran 0.5u 30u`.
    fn wave(shape: &str, args: &[f64]) -> (Waveform, Args) {
        let card =
            Wave { shape: shape.into(), args: args.iter().map(|&a| Some(a)).collect(), repeat: None, delay: 0.0 };
        let wave = Waveform::new(&card).unwrap();
        let args = wave.resolve(0.5e-6, 30e-6);
        (wave, args)
    }

    fn check(wave: &(Waveform, Args), table: &[(f64, f64)]) {
        for &(us, expected) in table {
            let value = wave.0.value(&wave.1, Ticks::from_seconds(us * 1e-6));
            assert!((value - expected).abs() < 2e-6 * expected.abs().max(1.0), "at {us} us: {value}, not {expected}");
        }
    }

    /// All corners up to the end, in microseconds.
    fn corners(wave: &(Waveform, Args), end: f64) -> Vec<f64> {
        let mut now = Ticks(-1);
        let mut all = Vec::new();
        while let Some(next) = wave.0.corner(&wave.1, now) {
            assert!(next > now);
            if next.seconds() > end * 1e-6 {
                break;
            }
            all.push((next.seconds() * 1e12).round() / 1e6);
            now = next;
        }
        all
    }

    // Values of ngspice-39, `linearize` after `.tran 0.5u 30u 0 0.5u` with a source of each kind.

    #[test]
    fn pulse_left_out_or_zero_edges_are_the_printing_step_and_widths_the_end() {
        let v = wave("pulse", &[1.0, 5.0, 2e-6, 0.0, 0.0, 3e-6, 10e-6]);
        check(
            &v,
            &[(0.0, 1.0), (2.0, 1.0), (2.25, 3.0), (2.5, 5.0), (5.5, 5.0), (6.0, 1.0), (12.25, 3.0), (12.5, 5.0)],
        );
        assert_eq!(corners(&v, 13.0), [2.0, 2.5, 5.5, 6.0, 12.0, 12.5]);
        let endless = wave("pulse", &[0.0, 1.0, 2e-6, 1e-6, 1e-6]);
        check(&endless, &[(2.5, 0.5), (3.0, 1.0), (30.0, 1.0)]);
        let width_zero = wave("pulse", &[0.0, 5.0, 0.0, 1e-6, 1e-6, 0.0, 10e-6]);
        check(&width_zero, &[(0.5, 2.5), (1.5, 5.0), (10.0, 5.0), (10.5, 2.5), (11.5, 5.0)]);
        let jumps = |us: f64| width_zero.0.jumps(&width_zero.1, Ticks::from_seconds(us * 1e-6));
        assert!(jumps(10.0) && !jumps(1.0));
    }

    /// A pulse of a picosecond is the same four months later.
    #[test]
    fn pulses_are_as_exact_after_months_as_at_the_beginning() {
        let v = wave("pulse", &[0.0, 1.0, 1e-12, 1e-12, 1e-12, 1e-12, 1e-3]);
        let start = Ticks(10_000_000 * 1_000_000_000_000_000);
        let first = v.0.corner(&v.1, start).unwrap();
        assert_eq!(first.0 - start.0, 1000);
        let at = |fs: i128| v.0.value(&v.1, Ticks(first.0 + fs));
        assert!([0, 500, 1500, 2500].map(at).iter().zip([0.0, 0.5, 1.0, 0.5]).all(|(a, b)| (a - b).abs() < 1e-9));
    }

    #[test]
    fn pulse_may_stop_after_a_number_of_pulses() {
        let v = wave("pulse", &[0.0, 1.0, 2e-6, 1e-6, 1e-6, 3e-6, 10e-6, 2.0]);
        check(&v, &[(2.5, 0.5), (4.0, 1.0), (7.0, 0.0), (12.5, 0.5), (14.0, 1.0), (17.0, 0.0), (24.0, 0.0)]);
        assert_eq!(corners(&v, 100.0), [2.0, 3.0, 6.0, 7.0, 12.0, 13.0, 16.0, 17.0, 22.0]);
    }

    #[test]
    fn sine_with_delay_damping_and_phase() {
        let v = wave("sin", &[1.0, 2.0, 1e6, 1e-6, 1e5, 30.0]);
        check(&v, &[(0.0, 2.0), (1.0, 2.0), (2.0, 1.904837), (2.5, 0.1392920), (3.0, 1.818731)]);
        assert_eq!(corners(&v, 30.0), [1.0]);
        assert_eq!(v.0.max_step(&v.1, 2e-6), Some(1e-6 / 16.0));
        assert_eq!(v.0.max_step(&v.1, 0.5e-6), None);
    }

    #[test]
    fn exponential_rises_and_falls() {
        let v = wave("exp", &[0.0, 1.0, 1e-6, 2e-6, 3e-6, 3e-6]);
        let e = |x: f64| 1.0 - f64::exp(-x);
        check(&v, &[(1.0, 0.0), (3.0, e(1.0)), (6.0, e(2.5) - e(1.0))]);
        assert_eq!(corners(&v, 30.0), [1.0, 3.0]);
        let zeros = wave("exp", &[0.0, 1.0, 0.0, 2e-6, 0.0, 3e-6]);
        check(&zeros, &[(1.0, 0.2211992), (1.5, e(0.5) - e(0.5 / 3.0))]);
    }

    #[test]
    fn piecewise_linear_repeats_from_a_point() {
        let card = Wave {
            shape: "pwl".into(),
            args: [1e-6, 1.0, 2e-6, 3.0, 4e-6, 0.0].map(Some).to_vec(),
            repeat: Some(2e-6),
            delay: 1e-6,
        };
        let wave = Waveform::new(&card).unwrap();
        let v = (wave.clone(), wave.resolve(0.5e-6, 30e-6));
        check(&v, &[(0.0, 1.0), (2.0, 1.0), (2.5, 2.0), (3.0, 3.0), (4.0, 1.5), (4.5, 0.75), (5.0, 0.0)]);
        check(&v, &[(5.5, 2.25), (6.0, 1.5), (7.5, 2.25), (8.5, 0.75), (29.5, 2.25), (30.0, 1.5)]);
        assert_eq!(corners(&v, 12.0), [2.0, 3.0, 5.0, 7.0, 9.0, 11.0]);
        let t = Ticks::from_seconds;
        assert!(v.0.jumps(&v.1, t(7e-6)) && !v.0.jumps(&v.1, t(3e-6)));
        // Ten million periods later
        check(&v, &[(2e7 + 5.5, 2.25), (2e7 + 7.5, 2.25)]);
    }

    #[test]
    fn piecewise_linear_holds_its_ends_and_may_jump() {
        let v = wave("pwl", &[1e-6, 1.0, 2e-6, 1.0, 2e-6, 4.0, 3e-6, 4.0]);
        check(&v, &[(0.0, 1.0), (2.0, 1.0), (2.001, 4.0), (9.0, 4.0)]);
        assert_eq!(corners(&v, 30.0), [1.0, 2.0, 3.0]);
        assert!(v.0.jumps(&v.1, Ticks::from_seconds(2e-6)));
    }

    #[test]
    fn modulated_carriers() {
        check(
            &wave("sffm", &[1.0, 2.0, 1e6, 3.0, 1e5, 30.0, 40.0]),
            &[(0.0, 2.272505), (3.0, 2.712779), (4.0, 1.618358)],
        );
        check(&wave("am", &[1.0, 2.0, 1e5, 1e6, 2e-6]), &[(0.0, 0.0), (2.0, 0.0), (3.5, 0.0)]);
        let peak = 2.0 + f64::sin(TAU * 1e5 * 1.25e-6);
        check(&wave("am", &[1.0, 2.0, 1e5, 1e6, 2e-6]), &[(3.25, peak)]);
    }
}

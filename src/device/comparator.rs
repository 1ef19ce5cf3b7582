//! Comparator: its output tips when V(inp) − V(inn) + vos passes ±hyst/2, a delay later, with finite edges.
//!
//! The crossing is located on the line between accepted points, the step is cut to land just behind it, and the edge is
//! announced as a landing: nothing feeds back within a Newton iteration. A second crossing before the delay has passed
//! takes the first one back (inertial delay). With s the position of the output between 0 (low) and 1 (high):
//!
//! ```text
//! push-pull        I(out) = (V(out) − low − s·(high − low))/ron
//! open collector   I(out) = (V(out) − low)·roff^(−s)·ron^(s − 1)        conducts when low, wants a pull-up
//! ```
//!
//! In an operating point the output follows its input (`decision`), inside the hysteresis it stays as it was.

use std::borrow::Cow;

use super::edge::{self, Edge, instant};
use super::{Device, Environment, Layout, Memory, Mode, Point, Review, Stamps, Ticks, decision};
use crate::circuit::kind::{Conduct, Kind, ModelUse, Param, Path, ValueKind, pin, probe};
use crate::circuit::{Circuit, PartId, Setting};

const POSITIVE: f64 = f64::MIN_POSITIVE;
const ANY: f64 = f64::INFINITY;

pub static KIND: Kind = Kind {
    name: Cow::Borrowed("comparator"),
    letter: None,
    models: &["comparator"],
    model: ModelUse::Optional,
    doc: Cow::Borrowed("Comparator with delay and hysteresis, push-pull or open collector"),
    pins: Cow::Borrowed(&[pin("inp", "non-inverting input"), pin("inn", "inverting input"), pin("out", "output")]),
    positional: &[],
    params: Cow::Borrowed(&[
        Param::new("vos", 0.0, "V", "input offset: adds to the input").both(),
        Param::new("hyst", 0.0, "V", "hysteresis, from the one threshold to the other").both().range(0.0, ANY),
        Param::new("delay", 0.0, "s", "from the crossing to the begin of the edge").both().range(0.0, ANY),
        Param::new("rise", 1e-9, "s", "duration of the rising edge").both().alias(&["trise", "tr"]).range(0.0, ANY),
        Param::new("fall", 1e-9, "s", "duration of the falling edge").both().alias(&["tfall", "tf"]).range(0.0, ANY),
        Param::new("high", 5.0, "V", "output when inp is above inn (push-pull)").both(),
        Param::new("low", 0.0, "V", "output when inp is below inn").both(),
        Param::new("ron", 50.0, "ohm", "output resistance when driving").both().range(POSITIVE, ANY),
        Param::new("roff", 1e9, "ohm", "output resistance of an open collector that is off")
            .both()
            .range(POSITIVE, ANY),
        Param::new("out", 0.0, "", "`pushpull` or `open`: open collector")
            .of(ValueKind::Choice(&["pushpull", "open"]))
            .both(),
    ]),
    probes: Cow::Borrowed(&[
        probe("level", "", "position of the output: 0 low, 1 high"),
        probe("decided", "", "what the input has decided, before the delay"),
    ]),
    paths: Cow::Borrowed(&[
        Path { a: 0, b: 1, conduct: Conduct::No },
        Path { a: 2, b: Path::GROUND, conduct: Conduct::Yes },
    ]),
};

const INP: usize = 0;
const INN: usize = 1;
const OUT: usize = 2;

// Derived numbers.
const VOS: usize = 0;
const BAND: usize = 1;
const DELAY: usize = 2;
const RISE: usize = 3;
const FALL: usize = 4;
const HIGH: usize = 5;
const LOW: usize = 6;
const GON: usize = 7;
const GOFF: usize = 8;
/// How exactly a crossing is landed on, s
const LANDING: usize = 9;
const DERIVED: usize = 10;

// Accepted state, after the four numbers of the output's edge.
const EDGE: usize = 0;
/// 0 or 1; NaN before the first accepted point
const DECIDED: usize = edge::SLOTS;
/// When the output sets out for what is decided, s; infinite: it has
const DUE: usize = edge::SLOTS + 1;
/// The last accepted time, s
const TIME: usize = edge::SLOTS + 2;
const STATE: usize = edge::SLOTS + 3;

struct Comparator {
    parts: Vec<PartId>,
    open: Vec<bool>,
}

pub fn build(circuit: &Circuit, parts: &[PartId]) -> Vec<Box<dyn Device>> {
    let is_open =
        |&p: &PartId| matches!(circuit.setting(p, "out"), Some(Setting::Text(t)) if t.eq_ignore_ascii_case("open"));
    vec![Box::new(Comparator { parts: parts.to_vec(), open: parts.iter().map(is_open).collect() })]
}

/// How far the input is beyond the threshold that would change `decided`: positive where it does.
fn beyond(memory: &Memory, i: usize, lane: usize, decided: f64, difference: f64) -> f64 {
    let d = difference + memory.derived(i, VOS, lane);
    let band = memory.derived(i, BAND, lane);
    if decided == 1.0 { -d - band } else { d - band }
}

/// What the input decides where no time passes.
fn verdict(at: &Point, memory: &Memory, i: usize, lane: usize) -> f64 {
    let before = memory.state(i, DECIDED, lane);
    let difference = at.across(i, INP, INN, lane);
    if before.is_nan() {
        return f64::from(difference + memory.derived(i, VOS, lane) > 0.0);
    }
    if beyond(memory, i, lane, before, difference) > 0.0 { 1.0 - before } else { before }
}

/// Position of the output.
fn level(at: &Point, memory: &mut Memory, i: usize, lane: usize) -> f64 {
    match at.mode {
        Mode::Dynamic | Mode::Linearize if !memory.state(i, DECIDED, lane).is_nan() => {
            Edge::read(memory, i, EDGE, lane).position(at.time[lane])
        }
        mode => {
            let fresh = verdict(at, memory, i, lane);
            decision::follow(memory, mode, i, 0, lane, fresh)
        }
    }
}

impl Device for Comparator {
    fn layout(&mut self, layout: &mut Layout) {
        for &part in &self.parts {
            let pins = layout.pins(part);
            layout.instance(part, &pins);
        }
        layout.pattern(&[(OUT, OUT)], &[]);
        layout.memory(DERIVED, STATE, decision::SLOTS);
    }

    fn setup(&self, _env: &Environment, memory: &mut Memory, lane: usize) {
        let [vos, hyst, delay, rise, fall] = KIND.places(["vos", "hyst", "delay", "rise", "fall"]);
        let [high, low, ron, roff] = KIND.places(["high", "low", "ron", "roff"]);
        for i in 0..memory.instances {
            let p = |slot| memory.param(i, slot, lane);
            let edges = p(rise).min(p(fall));
            let landing = (1e-3 * (p(delay) + edges)).max(1e-12);
            let values: [f64; DERIVED] = [
                p(vos),
                0.5 * p(hyst),
                p(delay),
                p(rise),
                p(fall),
                p(high),
                p(low),
                1.0 / p(ron),
                1.0 / p(roff),
                landing,
            ];
            for (slot, value) in values.into_iter().enumerate() {
                memory.set_derived(i, slot, lane, value);
            }
            Edge::at(0.0).write(memory, i, EDGE, lane);
            for (slot, value) in [(DECIDED, f64::NAN), (DUE, f64::INFINITY), (TIME, 0.0)] {
                memory.set_state(i, slot, lane, value);
            }
        }
    }

    fn load(&self, at: &Point, memory: &mut Memory, out: &mut Stamps) {
        for (i, &open) in self.open.iter().enumerate() {
            for lane in 0..at.lanes {
                for slot in 0..STATE {
                    memory.set_trial(i, slot, lane, memory.state(i, slot, lane));
                }
                let s = level(at, memory, i, lane);
                let d = |slot| memory.derived(i, slot, lane);
                let (g, target) = if open {
                    (d(GOFF).powf(s) * d(GON).powf(1.0 - s), d(LOW))
                } else {
                    (d(GON), d(LOW) + s * (d(HIGH) - d(LOW)))
                };
                out.f(i, OUT, lane, g * (at.x(i, OUT, lane) - at.source * target));
                out.g(i, 0, lane, g);
            }
        }
    }

    /// A step across a threshold is cut to end just behind the crossing.
    fn review(&self, at: &Point, memory: &mut Memory, lane: usize) -> Review {
        if at.mode != Mode::Dynamic {
            return Review::Accept;
        }
        let mut fraction = 1.0_f64;
        for i in 0..memory.instances {
            let step = at.time[lane] - memory.state(i, TIME, lane);
            let Some(crossing) = crossing(at, memory, i, lane) else { continue };
            let landing = memory.derived(i, LANDING, lane).max(8.0 * instant(at.time[lane]));
            if (1.0 - crossing) * step > landing {
                fraction = fraction.min(crossing + 0.5 * landing / step);
            }
        }
        if fraction < 1.0 { Review::Cut(fraction) } else { Review::Accept }
    }

    fn accept(&self, at: &Point, memory: &mut Memory, lane: usize) -> bool {
        let mut jumped = false;
        let time = at.time[lane];
        for i in 0..memory.instances {
            let before = memory.state(i, DECIDED, lane);
            if at.mode != Mode::Dynamic || before.is_nan() {
                let decided = match at.mode {
                    Mode::Dynamic => verdict(at, memory, i, lane),
                    _ => decision::settle(memory, i, 0, lane),
                };
                Edge::at(decided).write(memory, i, EDGE, lane);
                memory.set_state(i, DECIDED, lane, decided);
                memory.set_state(i, DUE, lane, f64::INFINITY);
            } else {
                if let Some(crossing) = crossing(at, memory, i, lane) {
                    let from = memory.state(i, TIME, lane);
                    // A change that has not reached the output yet is taken back.
                    let waiting = memory.state(i, DUE, lane).is_finite();
                    let due = from + crossing * (time - from) + memory.derived(i, DELAY, lane);
                    memory.set_state(i, DUE, lane, if waiting { f64::INFINITY } else { due });
                    memory.set_state(i, DECIDED, lane, 1.0 - before);
                }
                if memory.state(i, DUE, lane) <= time + instant(time) {
                    let to = memory.state(i, DECIDED, lane);
                    let length = memory.derived(i, if to == 1.0 { RISE } else { FALL }, lane);
                    let edge = Edge::read(memory, i, EDGE, lane).turn(time, to, time, length);
                    edge.write(memory, i, EDGE, lane);
                    memory.set_state(i, DUE, lane, f64::INFINITY);
                    jumped |= !edge.smooth();
                }
            }
            memory.set_state(i, TIME, lane, time);
        }
        jumped
    }

    fn landing(&self, memory: &Memory, lane: usize, after: Ticks) -> Option<Ticks> {
        let of = |i: usize| {
            let due = memory.state(i, DUE, lane);
            let due = due.is_finite().then(|| Ticks::from_seconds(due)).filter(|&t| t > after);
            due.into_iter().chain(Edge::read(memory, i, EDGE, lane).corner(after)).min()
        };
        (0..memory.instances).filter_map(of).min()
    }

    fn max_step(&self, at: &Point, memory: &Memory, lane: usize) -> Option<f64> {
        let edges = (0..memory.instances).map(|i| Edge::read(memory, i, EDGE, lane));
        edges.filter_map(|e| e.longest_step(at.time[lane])).reduce(f64::min)
    }

    fn probe(&self, i: usize, name: &str, at: &Point, memory: &Memory, lane: usize) -> Option<f64> {
        match name {
            "level" => Some(Edge::read(memory, i, EDGE, lane).position(at.time[lane])),
            "decided" => Some(memory.state(i, DECIDED, lane)),
            _ => None,
        }
    }
}

/// Where within the step, 0 … 1, the input crosses the threshold that changes what is decided.
fn crossing(at: &Point, memory: &Memory, i: usize, lane: usize) -> Option<f64> {
    let decided = memory.state(i, DECIDED, lane);
    let after = beyond(memory, i, lane, decided, at.across(i, INP, INN, lane));
    if decided.is_nan() || after <= 0.0 {
        return None;
    }
    let before = beyond(memory, i, lane, decided, at.last(i, INP, lane) - at.last(i, INN, lane));
    Some(if before < 0.0 { -before / (after - before) } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::testing::{Bench, circuit, numbers, part};

    fn bench(settings: &[(&'static str, f64)], out: &str) -> Bench {
        let mut c = circuit(&["p", "n", "out"]);
        let mut settings = numbers(settings);
        settings.push(("out", Setting::Text(out.into())));
        let part = part(&mut c, &KIND, "X1", &["p", "n", "out"], None, settings);
        let mut b = Bench::new(&c, build, &[part]);
        b.mode = Mode::Static;
        b
    }

    /// The current that `out` at 0 V gives for this input, which is then accepted.
    fn drive(b: &mut Bench, time: f64, input: f64) -> f64 {
        let x = [0.0, input, 0.0, 0.0];
        b.time = time;
        let f = b.load(&x).f[3];
        b.accept(&x);
        -f
    }

    fn close(got: f64, want: f64) {
        assert!((got - want).abs() <= 1e-9 * want.abs().max(1e-12), "{got} is not {want}");
    }

    #[test]
    fn static_output_follows_the_input_and_keeps_its_side_in_the_hysteresis() {
        let mut b = bench(&[("hyst", 0.2), ("high", 3.0), ("low", 1.0), ("ron", 100.0)], "pushpull");
        let seen = [-1.0, 0.05, 0.11, -0.05, -0.11].map(|v| drive(&mut b, 0.0, v));
        [10e-3, 10e-3, 30e-3, 30e-3, 10e-3].iter().zip(seen).for_each(|(want, got)| close(got, *want));
    }

    #[test]
    fn an_open_collector_conducts_when_low_and_only_then() {
        let mut b = bench(&[("ron", 50.0), ("roff", 1e8)], "open");
        b.accept(&[0.0, -1.0, 0.0, 0.0]);
        close(b.load(&[0.0, -1.0, 0.0, 5.0]).f[3], 0.1);
        close(b.load(&[0.0, 1.0, 0.0, 5.0]).f[3], 5e-8);
    }

    #[test]
    fn the_edge_comes_a_delay_after_the_crossing_and_takes_its_time() {
        let mut b = bench(&[("delay", 1e-6), ("rise", 2e-7), ("high", 5.0), ("ron", 50.0)], "pushpull");
        drive(&mut b, 0.0, -1.0);
        b.mode = Mode::Dynamic;
        close(drive(&mut b, 1e-6, -0.25), 0.0);
        // Crosses a quarter into the step from 1 to 2 µs: due at 2.25 µs.
        close(drive(&mut b, 2e-6, 0.75), 0.0);
        let t = Ticks::from_seconds;
        assert_eq!(b.landing(t(2e-6)), Some(t(2.25e-6)));
        close(drive(&mut b, 2.25e-6, 1.0), 0.0);
        assert_eq!(b.landing(t(2.25e-6)), Some(t(2.45e-6)));
        close(drive(&mut b, 2.35e-6, 1.0), 0.05);
        close(drive(&mut b, 2.45e-6, 1.0), 0.1);
        assert_eq!(b.landing(t(2.45e-6)), None);
    }

    #[test]
    fn a_pulse_shorter_than_the_delay_is_swallowed() {
        let mut b = bench(&[("delay", 1e-6)], "pushpull");
        drive(&mut b, 0.0, -1.0);
        b.mode = Mode::Dynamic;
        drive(&mut b, 1e-7, 1.0);
        assert!(b.landing(Ticks(0)).is_some());
        drive(&mut b, 5e-7, -1.0);
        assert_eq!(b.landing(Ticks(0)), None);
        close(drive(&mut b, 5e-6, -1.0), 0.0);
    }

    #[test]
    fn a_step_across_the_threshold_is_cut_to_land_behind_it() {
        let mut b = bench(&[("vos", 0.1), ("hyst", 0.2), ("delay", 1e-8), ("rise", 0.0)], "pushpull");
        drive(&mut b, 0.0, -1.0);
        b.mode = Mode::Dynamic;
        b.time = 1e-6;
        // −1 V → 1 V at 1 µs; −0.9 + 2·f = 0.1 at f = 1/2; lands half of a thousandth of the delay behind it.
        match b.review(&[0.0, 1.0, 0.0, 0.0]) {
            Review::Cut(f) => assert!((f - 0.500005).abs() < 1e-9, "{f}"),
            Review::Accept => panic!("not cut"),
        }
        assert_eq!(b.review(&[0.0, -0.1, 0.0, 0.0]), Review::Accept);
        b.time = 0.500005e-6;
        assert_eq!(b.review(&[0.0, 0.00001, 0.0, 0.0]), Review::Accept);
    }

    #[test]
    fn a_decision_that_chases_itself_comes_to_an_end() {
        let mut b = bench(&[], "pushpull");
        let seen: Vec<f64> =
            (0..100).map(|k| b.load(&[0.0, if k % 2 == 0 { 1.0 } else { -1.0 }, 0.0, 0.0]).f[3]).collect();
        assert!(seen[0] != seen[1] && seen[80..].iter().all(|f| *f == seen[80]));
    }

    #[test]
    fn jacobians_agree_with_differences() {
        for out in ["open", "pushpull"] {
            let mut b = bench(&[], out);
            b.check_jacobians(&[0.0, 1.0, 0.2, 2.0], 1e-6);
        }
    }
}

//! A bench against closed forms: pulses into an RC, crossings, settling, branches, compliance, meters.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::*;
use crate::analysis::environment;
use crate::circuit::equation::Quantity;
use crate::circuit::plan::Options;
use crate::circuit::{Circuit, NetId};
use crate::device::testing::{circuit, net, numbers, part};
use crate::device::{Ticks, capacitor, resistor, smu};
use crate::diag::{FileId, Span};
use crate::mna::{Condensation, System};
use crate::process::history::Kept;
use crate::process::program::{Program, Smu, SmuId};
use crate::process::world::{Deposit, Drive, Level, Plant, World};

const S: SmuId = SmuId(0);

/// A unit on `in`, 1 kΩ to `out`, 1 nF from there to ground: tau = 1 µs.
fn rc() -> (Bench, NetId) {
    let mut c: Circuit = circuit(&["in", "out"]);
    let unit = part(&mut c, &smu::KIND, "smu in", &["in"], None, vec![]);
    part(&mut c, &resistor::KIND, "R1", &["in", "out"], None, numbers(&[("r", 1e3)]));
    part(&mut c, &capacitor::KIND, "C1", &["out", "0"], None, numbers(&[("c", 1e-9)]));
    let (at, out) = (net(&c, "in"), net(&c, "out"));
    let span = Span { file: FileId(0), start: 0, end: 0 };
    let unit = Smu { net: at, part: unit, edge: 1e-9, noise: 0.0, span };
    let program = Program { smus: vec![unit], ..Program::default() };
    let system = Arc::new(System::new(Arc::new(c), Condensation::Condensed).unwrap());
    let options = Options { reltol: 1e-6, trtol: 0.05, ..Options::default() };
    let env = environment(&options, 1e-6, 1e-3);
    let setting = Setting {
        options,
        env,
        max_step: f64::INFINITY,
        initial: Vec::new(),
        nodeset: Vec::new(),
        interrupted: Arc::new(AtomicBool::new(false)),
    };
    (Bench::new(system, &setting, Arc::new(program)).unwrap(), out)
}

fn force(bench: &mut Bench, to: Level, limit: f64) {
    bench.drive(&[Drive { smu: S, from: None, to, over: 1e-9, limit }]).unwrap();
}

fn wait(bench: &mut Bench, seconds: f64) {
    let until = Ticks(bench.now().0 + Ticks::from_seconds(seconds).0);
    assert!(!bench.advance(Some(until), &mut |_| false).unwrap());
    assert_eq!(World::now(bench), until);
}

fn volts(world: &mut dyn World, net: NetId) -> f64 {
    world.quantity(&Quantity::Voltage(net, NetId::GROUND))
}

/// 1 − exp(−t/τ), the ramp of 1 ns counted: a line of length e delays by e/2 to first order. The first steps, at first
/// order, cost some 2e-5.
#[test]
fn a_forced_voltage_charges_the_capacitor() {
    let (mut bench, out) = rc();
    force(&mut bench, Level::Voltage(1.0), f64::INFINITY);
    wait(&mut bench, 2e-6);
    let exact = 1.0 - (-(2e-6 - 0.5e-9) / 1e-6_f64).exp();
    assert!((volts(&mut bench, out) - exact).abs() < 3e-5);
}

/// V(out) passes 0.5 at τ·ln 2.
#[test]
fn a_crossing_is_located() {
    let (mut bench, out) = rc();
    force(&mut bench, Level::Voltage(1.0), f64::INFINITY);
    let fired = bench.advance(Some(Ticks::from_seconds(1e-3)), &mut |w| volts(w, out) > 0.5).unwrap();
    assert!(fired && volts(&mut bench, out) > 0.5);
    let exact = 1e-6 * 2.0_f64.ln() + 0.5e-9;
    let at = World::now(&bench).seconds();
    assert!((at - exact).abs() < 5e-5 * exact, "{at:e} {exact:e}");
}

/// 1 mA into 1 nF raises it by 1 V a microsecond, up to the compliance of 2 V at the unit.
#[test]
fn a_forced_current_stops_at_its_compliance() {
    let (mut bench, out) = rc();
    force(&mut bench, Level::Voltage(0.0), f64::INFINITY);
    wait(&mut bench, 10e-9);
    force(&mut bench, Level::Current(1e-3), 2.0);
    wait(&mut bench, 0.5e-6);
    assert!((volts(&mut bench, out) - 0.4995).abs() < 1e-4);
    assert!((bench.current(S) - 1e-3).abs() < 1e-9);
    wait(&mut bench, 20e-6);
    assert!((volts(&mut bench, out) - 2.0).abs() < 1e-5);
    assert!(bench.current(S).abs() < 1e-8);
}

/// Charging C to V through R takes C·V of charge and C·V² of energy.
#[test]
fn meters_count_joules_and_coulombs() {
    let (mut bench, _) = rc();
    force(&mut bench, Level::Voltage(2.0), f64::INFINITY);
    wait(&mut bench, 40e-6);
    assert!((bench.charge(Some(S)) - 2e-9).abs() < 2e-13);
    assert!((bench.energy(None) - 4e-9).abs() < 4e-12);
}

#[test]
fn settling_takes_no_time_and_no_energy() {
    let (mut bench, out) = rc();
    force(&mut bench, Level::Voltage(3.0), f64::INFINITY);
    let before = World::now(&bench);
    bench.settle().unwrap();
    assert!((volts(&mut bench, out) - 3.0).abs() < 1e-9);
    assert_eq!((World::now(&bench), bench.energy(None)), (before, 0.0));
}

#[test]
fn a_floating_net_keeps_its_charge() {
    let (mut bench, out) = rc();
    force(&mut bench, Level::Voltage(1.0), f64::INFINITY);
    wait(&mut bench, 40e-6);
    force(&mut bench, Level::Float, f64::INFINITY);
    wait(&mut bench, 1e-6);
    assert!((volts(&mut bench, out) - 1.0).abs() < 2e-6);
}

/// What a branch does is not seen outside, and two branches of one moment are the same to the bit.
#[test]
fn branches_go_their_own_way() {
    let (mut bench, out) = rc();
    force(&mut bench, Level::Voltage(1.0), f64::INFINITY);
    wait(&mut bench, 1e-6);
    let here = volts(&mut bench, out);
    let ends: Vec<f64> = (0..2)
        .map(|_| {
            let mut branch = bench.branch().unwrap();
            branch.advance(Some(Ticks::from_seconds(3e-6)), &mut |_| false).unwrap();
            volts(branch.world(), out)
        })
        .collect();
    assert_eq!(ends[0].to_bits(), ends[1].to_bits());
    assert!(ends[0] > here && volts(&mut bench, out) == here);
}

/// R to 2 kΩ in the midst of the run: tau doubles.
#[test]
fn a_deposit_changes_a_parameter_at_once() {
    let (mut bench, out) = rc();
    force(&mut bench, Level::Voltage(1.0), f64::INFINITY);
    wait(&mut bench, 1e-6);
    let before = volts(&mut bench, out);
    let r = bench.system().circuit.part_names["r1"];
    let set = |name: &str, value| [Deposit { part: r, name: name.into(), value }];
    World::deposit(&mut bench, &set("r", 2e3)).unwrap();
    assert_eq!(volts(&mut bench, out), before);
    wait(&mut bench, 2e-6);
    let exact = 1.0 - (1.0 - before) * (-1.0_f64).exp();
    assert!((volts(&mut bench, out) - exact).abs() < 1e-5);
    assert!(World::deposit(&mut bench, &set("nothing", 1.0)).is_err());
}

#[test]
fn what_is_recorded_has_a_past() {
    let (mut bench, out) = rc();
    let kept = Kept::Quantity(Quantity::Voltage(out, NetId::GROUND));
    bench.keep(std::slice::from_ref(&kept));
    force(&mut bench, Level::Voltage(1.0), f64::INFINITY);
    wait(&mut bench, 5e-6);
    let past = World::history(&bench);
    let values = past.column(&kept).unwrap();
    assert_eq!((past.times()[0], values[0]), (0.0, 0.0));
    assert!(values.len() > 20 && values.windows(2).all(|w| w[1] >= w[0]));
    assert!(past.times().windows(2).all(|w| w[1] > w[0]));
}

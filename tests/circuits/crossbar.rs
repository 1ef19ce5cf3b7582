//! The first layer of the perceptron against a dense nodal solve that shares nothing with the simulator but the weights.

use crate::support::{Deck, Netlist, Waves};
use nalgebra::{DMatrix, DVector};

const ROWS: usize = 20;
const COLUMNS: usize = 17;
/// Multiplexer and contact, ohm
const PAD: f64 = 9.5 + 350.0;
/// One segment of a line, ohm
const SEGMENT: f64 = 5.0;
/// Of a hidden output, from −0.2 to 0.2 V
const FULL_SCALE: f64 = 0.4;
/// What an ad8034 on ±5 V reaches, through the divider of 25, V
const REACHED: f64 = (5.0 - 50e-3) / 25.0;
/// Of the hidden outputs' slope: 1/a0 of a difference amplifier of noise gain 101
const GAIN_ERROR: f64 = 101.0 / 1e5;

fn table(name: &str) -> Vec<Vec<f64>> {
    let path = format!("{}/netlists/crossbar_mlp/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("a table");
    let numbers = |l: &str| l.split(',').map(str::parse).collect::<Result<Vec<f64>, _>>().ok();
    text.lines().filter_map(numbers).collect()
}

/// Conductances of the array in siemens: plus and minus rows of each neuron in turn.
fn conductances() -> DMatrix<f64> {
    let (plus, minus) = (table("w1_plus.csv"), table("w1_minus.csv"));
    DMatrix::from_fn(ROWS, COLUMNS, |i, j| 1e-6 * if i % 2 == 0 { plus[i / 2][j] } else { minus[i / 2][j] })
}

/// Inputs of each letter as ±1, the bias last.
fn letters() -> Vec<Vec<f64>> {
    let path = format!("{}/netlists/crossbar_mlp/letters/train40.csv", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("the letters");
    let pixels = |l: &str| l.split(',').skip(3).map(|p| if p == "1" { 1.0 } else { -1.0 }).chain([1.0]).collect();
    text.lines().skip(1).map(pixels).collect()
}

/// Current into each row's pad at 0 V for 1 V at each column's pad, ROWS × COLUMNS: the array by nodal analysis, lines
/// contacted at their first crosspoint.
fn transconductances() -> DMatrix<f64> {
    let g = conductances();
    let column = |i: usize, j: usize| i * COLUMNS + j;
    let row = |i: usize, j: usize| (ROWS + i) * COLUMNS + j;
    let n = 2 * ROWS * COLUMNS;
    let mut y = DMatrix::<f64>::zeros(n, n);
    let mut connect = |a: usize, b: usize, siemens: f64| {
        for (r, c, sign) in [(a, a, 1.0), (b, b, 1.0), (a, b, -1.0), (b, a, -1.0)] {
            y[(r, c)] += sign * siemens;
        }
    };
    for i in 0..ROWS {
        for j in 0..COLUMNS {
            connect(column(i, j), row(i, j), g[(i, j)]);
            if i > 0 {
                connect(column(i - 1, j), column(i, j), 1.0 / SEGMENT);
            }
            if j > 0 {
                connect(row(i, j - 1), row(i, j), 1.0 / SEGMENT);
            }
        }
    }
    (0..COLUMNS).for_each(|j| y[(column(0, j), column(0, j))] += 1.0 / PAD);
    (0..ROWS).for_each(|i| y[(row(i, 0), row(i, 0))] += 1.0 / PAD);
    let mut injected = DMatrix::<f64>::zeros(n, COLUMNS);
    (0..COLUMNS).for_each(|j| injected[(column(0, j), j)] = 1.0 / PAD);
    let v = y.lu().solve(&injected).expect("a connected array");
    DMatrix::from_fn(ROWS, COLUMNS, |i, j| v[(row(i, 0), j)] / PAD)
}

/// Plus row less minus row of each neuron for these inputs, amperes.
fn differences(transconductances: &DMatrix<f64>, inputs: &[f64]) -> Vec<f64> {
    let currents = transconductances * DVector::from_row_slice(inputs);
    (0..ROWS / 2).map(|k| currents[2 * k] - currents[2 * k + 1]).collect()
}

const IDEAL_PADS: &str = r#"The array alone, its pads at known voltages
.include "crossbar_mlp/crossbar.cir"
.param Gp = csv("crossbar_mlp/w1_plus.csv") * 1u
.param Gm = csv("crossbar_mlp/w1_minus.csv") * 1u
.param driven=0
.for j = 0:16 { Vc[j] col[j] 0 {j == driven ? 1 : 0} }
.for i = 0:19 { Vr[i] row[i] 0 0 }
Xbar col[0:16] row[0:19] crossbar nr=20 nc=17 g=interleave(Gp, Gm)
.op
"#;

#[test]
fn linear_array_agrees_with_a_dense_nodal_solve() {
    let (exact, nominal) = (transconductances(), conductances());
    let netlist = Netlist::new(IDEAL_PADS);
    let mut loss = 0.0;
    for j in 0..COLUMNS {
        let value = netlist.deck(&[("driven", j as f64)]).op();
        for i in 0..ROWS {
            let got = value(&format!("Vr[{i}]"));
            let want = exact[(i, j)];
            assert!((got - want).abs() <= 1e-9 * want, "row {i}, column {j}: {got:e} A, dense solve {want:e} A");
            loss += (1.0 - got / nominal[(i, j)]) / (ROWS * COLUMNS) as f64;
        }
    }
    println!("mean loss of transconductance to the lines: {:.1} %", 100.0 * loss);
    assert!((0.2..0.3).contains(&loss), "mean loss {loss}");
}

fn hidden(value: impl Fn(&str) -> f64) -> Vec<f64> {
    (0..ROWS / 2).map(|k| value(&format!("h[{k}]"))).collect()
}

fn ideal(difference: f64) -> f64 {
    0.2 * (1e6 * difference).clamp(-1.0, 1.0)
}

/// With what the op-amps lack: 50 mV to their rails, and an infinite gain.
fn physical(difference: f64) -> f64 {
    (0.2e6 * difference * (1.0 - GAIN_ERROR)).clamp(-REACHED, REACHED)
}

/// Against 0.2·sat(1e6·ΔI) to 1 % of full scale. The largest deviation, 0.5 % of the span of 0.4 V or 1.0 % of 0.2 V, is
/// where a neuron saturates: its op-amps stay 50 mV from their rails of 5 V. With that and their finite gain in the
/// formula less than a tenth of it is left.
#[test]
fn hidden_outputs_saturate_with_the_difference_of_currents() {
    let netlist = Netlist::open("netlists/crossbar_mlp/layer1.cir");
    let exact = transconductances();
    let (mut worst, mut unexplained) = (0.0_f64, 0.0_f64);
    // At full swing nearly every neuron saturates; at a hundredth of it none does.
    for (swing, tolerance) in [(0.2, 1e-2), (0.02, 1e-2), (0.002, 1e-3)] {
        for (letter, inputs) in letters().iter().enumerate().step_by(if swing == 0.2 { 1 } else { 8 }) {
            let inputs: Vec<f64> = inputs.iter().map(|v| swing * v).collect();
            let got = hidden(netlist.deck(&[("letter", letter as f64), ("swing", swing)]).op());
            for (k, difference) in differences(&exact, &inputs).into_iter().enumerate() {
                let error = (got[k] - ideal(difference)).abs() / FULL_SCALE;
                worst = worst.max(error);
                unexplained = unexplained.max((got[k] - physical(difference)).abs() / FULL_SCALE);
                assert!(
                    error <= tolerance,
                    "swing {swing}, letter {letter}, neuron {k}: {} V, {difference:e} A",
                    got[k]
                );
            }
        }
    }
    println!("largest deviation: {:.3} % of full scale, {:.4} % unexplained", 100.0 * worst, 100.0 * unexplained);
    assert!(unexplained < 5e-4, "{unexplained} of full scale is not the rails' nor the gain's");
}

/// When the last output enters the band of 5 % around its final value for good.
fn settled(waves: &Waves) -> f64 {
    let late = |wave: &Vec<f64>| {
        let last = wave[wave.len() - 1];
        let outside = |k: &usize| (wave[*k] - last).abs() > 0.05 * last.abs();
        (0..wave.len()).rev().find(outside).map_or(0.0, |k| waves.time[k + 1])
    };
    waves.columns.values().map(late).fold(0.0, f64::max)
}

#[test]
fn outputs_settle_within_5_us_to_the_operating_point_of_the_next_letter() {
    let netlist = Netlist::open("netlists/crossbar_mlp/layer1.cir");
    let names: Vec<String> = (0..ROWS / 2).map(|k| format!("h[{k}]")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut slowest = 0.0_f64;
    for letter in [9, 19, 25, 29, 39] {
        let deck: Deck = netlist.deck(&[("letter", f64::from(letter))]);
        let measures: Vec<&str> = deck.plan.measures.iter().map(|m| m.name.as_str()).collect();
        assert_eq!((measures.len(), measures[3]), (10, "moves[3]"));
        let waves = deck.tran(&names);
        let rest = netlist.deck(&[("letter", f64::from((letter + 1) % 40))]).op();
        for name in &names {
            let error = (waves.last(name) - rest(name)).abs();
            assert!(error < 1e-3 * FULL_SCALE, "letter {letter}, {name}: {error} V off its operating point");
        }
        slowest = slowest.max(settled(&waves) - 1e-6);
    }
    println!("slowest of five transitions: {:.2} us", 1e6 * slowest);
    assert!(slowest > 0.1e-6 && slowest < 5e-6, "{slowest}");
}

/// e⁻²⁰ of a change is left 5 µs after it: at no tolerance does anything move any more.
#[test]
fn nothing_moves_any_more_after_5_us() {
    let netlist = Netlist::open("netlists/crossbar_mlp/layer1.cir");
    let names: Vec<String> = (0..ROWS / 2).map(|k| format!("h[{k}]")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let moves = |reltol: f64| {
        let mut deck = netlist.deck(&[("letter", 9.0)]);
        (deck.plan.options.reltol, deck.plan.options.vntol) = (reltol, 1e-3 * reltol);
        let waves = deck.tran(&names);
        let late = waves.time.iter().position(|t| *t >= 6e-6).expect("a late point");
        let swing = |name: &&str| {
            let (low, high) =
                waves.columns[*name][late..].iter().fold((9.0_f64, -9.0_f64), |(l, h), v| (l.min(*v), h.max(*v)));
            high - low
        };
        names.iter().map(swing).fold(0.0, f64::max)
    };
    let [default, tighter, tight] = [1e-3, 1e-4, 1e-5].map(moves);
    println!("{default:.1e} V, {tighter:.1e} V, {tight:.1e} V still to come at reltol 1e-3, 1e-4, 1e-5");
    assert!([default, tighter, tight].iter().all(|left| *left < 1e-5 * FULL_SCALE));
}

#[test]
fn six_letters_in_a_row_end_where_the_last_one_rests() {
    let names: Vec<String> = (0..ROWS / 2).map(|k| format!("h[{k}]")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let waves = Netlist::open("netlists/crossbar_mlp/letters.cir").deck(&[]).tran(&names);
    for (slot, letter) in [0, 10, 20, 30, 5, 15].into_iter().enumerate() {
        let layer = Netlist::open("netlists/crossbar_mlp/layer1.cir");
        let rest = layer.deck(&[("letter", f64::from(letter))]).op();
        for name in &names {
            let seen = waves.at(name, 3.99e-6 + 4e-6 * slot as f64);
            assert!((seen - rest(name)).abs() < 1e-3 * FULL_SCALE, "letter {letter}, {name}: {seen}");
        }
    }
}

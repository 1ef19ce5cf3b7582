//! Whole pictures as they are written: labels, numbers of curves, ticks, notes. `$MEMSPICE_PLOTS` names a folder in which
//! each picture is left to be looked at.

use super::*;

/// The picture of panels; its text.
fn drawn(name: &str, panels: Vec<Panel>) -> String {
    let svg = picture(&Picture { title: format!("A test: {name}"), panels }).unwrap();
    if let Ok(dir) = std::env::var("MEMSPICE_PLOTS") {
        std::fs::write(std::path::Path::new(&dir).join(format!("{name}.svg")), &svg).unwrap();
    }
    svg
}

fn has(svg: &str, texts: &[&str]) {
    for text in texts {
        assert!(texts_of(svg).iter().any(|t| t == text), "no '{text}' among {:?}", texts_of(svg));
    }
}

/// All texts in order.
fn texts_of(svg: &str) -> Vec<String> {
    svg.split("<text")
        .skip(1)
        .filter_map(|t| Some(t.split_once('>')?.1.split_once("</text>")?.0.trim().into()))
        .collect()
}

/// A number that an attribute of the elements of a kind has, each.
fn numbers(svg: &str, element: &str, attribute: &str) -> Vec<f64> {
    let of = |e: &str| {
        let e = e.split_once("/>")?.0;
        e.split_once(&format!(" {attribute}=\""))?.1.split_once('"')?.0.parse().ok()
    };
    svg.split(&format!("<{element}")).skip(1).filter_map(of).collect()
}

fn count(svg: &str, what: &str) -> usize {
    svg.matches(what).count()
}

fn series(name: &str, x: &[f64], y: &[f64]) -> Series {
    Series { name: name.into(), x: x.to_vec(), y: y.to_vec(), ..Series::default() }
}

fn curves(x: (&str, &str), y: (&str, &str), curves: Vec<Series>) -> Panel {
    let (x, y) = (AxisName::new(x.0, x.1), AxisName::new(y.0, y.1));
    Panel::Curves(Curves { x, y, curves, ..Curves::default() })
}

/// Numbers that look random, the same each time: 0 … 1.
fn noise(k: usize) -> f64 {
    // SplitMix64
    let z = (k as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ z >> 31) >> 11) as f64 / (1u64 << 53) as f64
}

/// Nearly normal: mean 0, standard deviation 1.
fn bell(k: usize) -> f64 {
    (0..12).map(|j| noise(12 * k + j)).sum::<f64>() - 6.0
}

#[test]
fn means_have_whiskers_and_names_outside() {
    let v = [0.5, 0.6, 0.7, 0.8, 0.9, 1.0];
    let curve = |name: &str, r: f64| Series {
        spread: Some(v.iter().map(|v| 1.5 - v).collect()),
        ..series(name, &v, &v.map(|v| 4.0 + 6.0 * (v - 0.4) * r))
    };
    let panel =
        curves(("v", "V"), ("mean(n, by=[v, R])", ""), vec![curve("R = 25 kohm", 1.0), curve("R = 35 kohm", 1.6)]);
    let svg = drawn("means", vec![panel]);
    has(&svg, &["v (V)", "mean(n, by=[v, R])", "R = 25 kohm", "R = 35 kohm", "0.6", "0.8", "1"]);
    // Six circles and one in the legend; squares are polygons.
    assert_eq!((count(&svg, "<circle"), count(&svg, "<polygon")), (7, 7));
}

#[test]
fn x_that_repeats_is_a_cloud() {
    let x: Vec<f64> = (0..400).map(|k| 20e-6 * (1.0 + (k % 5) as f64)).collect();
    let y: Vec<f64> = (0..400).map(|k| (k % 5) as f64 * 12.0 + 10.0 + 8.0 * bell(k)).collect();
    let svg = drawn("cloud", vec![curves(("target", "S"), ("pulses", ""), vec![series("n", &x, &y)])]);
    has(&svg, &["target (µS)", "pulses", "n", "20", "40", "60", "80", "100"]);
    assert_eq!(count(&svg, "<circle"), 401);
}

#[test]
fn a_loop_is_a_line_where_asked() {
    let phase = (0..=400).map(|k| k as f64 / 400.0 * std::f64::consts::TAU);
    let (v, i): (Vec<f64>, Vec<f64>) = phase.map(|p| (1.2 * p.sin(), 1e-4 * p.sin() * (1.5 - p.cos()))).unzip();
    let one = Series { look: Look::Line, ..series("I(bl)", &v, &i) };
    let svg = drawn("loop", vec![curves(("V(bl)", "V"), ("I(bl)", "A"), vec![one])]);
    has(&svg, &["V(bl) (V)", "I(bl) (µA)", "−1", "0", "1"]);
    assert_eq!(count(&svg, "<circle"), 0);
    // The only curve is what the axis says: no legend.
    assert_eq!(count(&svg, ">\nI(bl)\n"), 0);
}

#[test]
fn decades_make_a_logarithmic_axis() {
    let x: Vec<f64> = (0..60).map(|k| 0.4 + 0.01 * k as f64).collect();
    let y: Vec<f64> = x.iter().map(|v| 1e-9 * (v / 0.05).exp()).collect();
    let svg = drawn("decades", vec![curves(("v", "V"), ("current", "A"), vec![series("I", &x, &y)])]);
    has(&svg, &["current (A)", "10µ", "100µ", "1m", "10m", "100m"]);
    // Voltages stay linear, and so does what touches zero.
    let svg = drawn("linear", vec![curves(("t", "s"), ("V(c)", "V"), vec![series("V(c)", &x, &y)])]);
    has(&svg, &["V(c) (mV)", "0"]);
}

#[test]
fn what_goes_on_in_time_shares_its_axis() {
    let t: Vec<f64> = (0..2000).map(|k| k as f64 * 1e-6).collect();
    let wave = |f: f64, a: f64| t.iter().map(|t| a * (f * t).sin()).collect::<Vec<_>>();
    let line = |name: &str, y: &[f64]| Series { look: Look::Line, ..series(name, &t, y) };
    let steps = Series {
        look: Look::Steps,
        ..series("spike", &[0.0, 0.4e-3, 0.6e-3, 1.2e-3, 1.3e-3, 2e-3], &[0.0, 1.0, 0.0, 1.0, 0.0, 0.0])
    };
    let svg = drawn(
        "time",
        vec![
            curves(
                ("time", "s"),
                ("voltage", "V"),
                vec![line("V(in)", &wave(9e3, 0.3)), line("V(mem)", &wave(4e3, 0.7))],
            ),
            curves(("time", "s"), ("current", "A"), vec![line("I(Xn)", &wave(9e3, 3e-6))]),
            curves(("time", "s"), ("spike", ""), vec![steps]),
        ],
    );
    has(&svg, &["voltage (mV)", "current (µA)", "V(in)", "V(mem)", "I(Xn)", "spike"]);
    assert_eq!(texts_of(&svg).iter().filter(|t| *t == "time (ms)").count(), 1);
}

#[test]
fn curves_on_each_other_get_lanes() {
    let t: Vec<f64> = (0..2000).map(|k| k as f64 * 1e-8).collect();
    // Neurons that are either on or off
    let neuron = |k: usize| {
        let on = |t: f64| if noise(10 * (t / 4e-6) as usize + k) > 0.5 { 0.2 } else { -0.2 };
        Series { look: Look::Line, ..series(&format!("V(h[{k}])"), &t, &t.iter().map(|t| on(*t)).collect::<Vec<_>>()) }
    };
    let panel = |curves| Curves {
        x: AxisName::new("time", "s"),
        y: AxisName::new("voltage", "V"),
        curves,
        ..Curves::default()
    };
    let ten = panel((0..10).map(neuron).collect());
    let svg = drawn("lanes", vec![Panel::Curves(ten.clone())]);
    has(&svg, &["V(h[0])", "V(h[9])", "voltage of each from −200 mV to 200 mV", "time (µs)"]);
    // One quantity at several points of a sweep, few curves and curves apart stay together.
    for together in [
        Curves { family: true, ..ten.clone() },
        panel((0..4).map(neuron).collect()),
        panel((0..10).map(|k| Series { y: t.iter().map(|t| t * k as f64).collect(), ..neuron(k) }).collect()),
    ] {
        assert!(texts_of(&drawn("no_lanes", vec![Panel::Curves(together)])).iter().any(|t| t.starts_with("voltage (")));
    }
}

#[test]
fn values_that_are_not_numbers_are_left_out_and_counted() {
    let y = [1.0, f64::NAN, 3.0, f64::INFINITY, 5.0];
    let svg =
        drawn("missing", vec![curves(("run", ""), ("g", "S"), vec![series("g", &[0.0, 1.0, 2.0, 3.0, 4.0], &y)])]);
    has(&svg, &["2 of 5 points without a finite value are left out"]);
    assert_eq!(count(&svg, "<circle"), 3);
    // A gap between waves is nobody's fault.
    let gap = [0.0, f64::NAN, 2.0];
    let svg = drawn("gap", vec![curves(("x", ""), ("y", ""), vec![series("y", &gap, &gap)])]);
    assert!(!svg.contains("left out"));
}

#[test]
fn huge_data_are_thinned_but_for_their_extremes() {
    let x: Vec<f64> = (0..1_000_000).map(|k| k as f64).collect();
    let y: Vec<f64> = (0..1_000_000).map(|k| if k == 777_777 { 50.0 } else { noise(k) }).collect();
    let svg = drawn("huge", vec![curves(("sample", ""), ("noise", ""), vec![series("noise", &x, &y)])]);
    assert!(svg.len() < 100_000, "{}", svg.len());
    let mixed: Vec<f64> = (0..300_000).map(|k| noise(3 * k)).collect();
    let cloud = drawn("cloud_of_many", vec![curves(("x", ""), ("y", ""), vec![series("y", &mixed, &y[..300_000])])]);
    assert!(cloud.len() < 3_000_000, "{}", cloud.len());
}

#[test]
fn a_map_has_cells_ticks_and_a_bar_of_colors() {
    let g: Vec<f64> = (0..400)
        .map(|k| 20e-6 + 80e-6 * (0.5 + 0.5 * ((k % 20) as f64 * 0.4).sin() * ((k / 20) as f64 * 0.3).cos()))
        .collect();
    let heat =
        Heat { title: "g".into(), rows: 20, columns: 20, values: g, name: "conductance".into(), unit: "S".into() };
    let svg = drawn("map", vec![Panel::Heat(heat.clone())]);
    has(&svg, &["g", "conductance (µS)", "0", "10", "40", "60", "80"]);
    let holes = Heat {
        values: heat.values.iter().enumerate().map(|(k, v)| if k % 37 == 5 { f64::NAN } else { *v }).collect(),
        ..heat
    };
    let svg = drawn("holes", vec![Panel::Heat(holes)]);
    has(&svg, &["11 of 400 cells without a finite value are gray"]);
    assert_eq!(count(&svg, "#CDCDCD"), 11);
}

#[test]
fn both_signs_diverge_from_zero_and_few_cells_have_numbers() {
    let values = vec![-0.3, 0.12, 0.5, 0.0, -0.08, 0.25];
    let heat = Heat { title: "weights".into(), rows: 2, columns: 3, values, name: "w".into(), unit: String::new() };
    let svg = drawn("signs", vec![Panel::Heat(heat)]);
    // Zero is the light middle; −0.5 is as dark as 0.5.
    assert!(svg.contains("#ECE5E0") && svg.contains("#590008"), "colors");
    has(&svg, &["−0.3", "0.12", "0.5", "−0.08", "w"]);
}

#[test]
fn target_result_and_error_stand_side_by_side() {
    let at = |k: usize| (k / 20, k % 20);
    let target: Vec<f64> = (0..400).map(|k| 10e-6 * (1.0 + ((at(k).0 / 2 + at(k).1 / 2) % 10) as f64)).collect();
    let g: Vec<f64> = target.iter().enumerate().map(|(k, t)| t * (1.0 + 0.03 * bell(k))).collect();
    let miss: Vec<f64> = g.iter().zip(&target).map(|(g, t)| g / t - 1.0).collect();
    let heat = |title: &str, name: &str, unit: &str, values: &[f64]| {
        Panel::Heat(Heat {
            title: title.into(),
            rows: 20,
            columns: 20,
            values: values.to_vec(),
            name: name.into(),
            unit: unit.into(),
        })
    };
    let svg = drawn(
        "tuning",
        vec![heat("target", "g", "S", &target), heat("g", "g", "S", &g), heat("miss", "miss", "", &miss)],
    );
    has(&svg, &["target", "g", "miss", "g (µS)"]);
    let maps: Vec<Panel> = (0..32)
        .map(|c| {
            let values: Vec<f64> =
                (0..576).map(|k| ((k % 24) as f64 * 0.02 * c as f64).sin().max(0.0) * noise(k + c).sqrt()).collect();
            Panel::Heat(Heat {
                title: format!("maps[{c},:,:]"),
                rows: 24,
                columns: 24,
                values,
                name: "maps".into(),
                unit: String::new(),
            })
        })
        .collect();
    let svg = drawn("thirty_two", maps);
    has(&svg, &["maps[0,:,:]", "maps[31,:,:]", "maps"]);
    assert_eq!(texts_of(&svg).iter().filter(|t| *t == "maps").count(), 1, "one bar for all");
    assert!(svg.len() < 2_000_000, "{}", svg.len());
}

#[test]
fn matrices_of_any_shape() {
    let heat = |rows: usize, columns: usize| {
        let values = (0..rows * columns).map(|k| if k == rows * columns / 2 { 30.0 } else { noise(k) }).collect();
        Panel::Heat(Heat {
            title: format!("{rows} × {columns}"),
            rows,
            columns,
            values,
            name: "x".into(),
            unit: "V".into(),
        })
    };
    let svg = drawn("ribbon", vec![heat(1, 784)]);
    has(&svg, &["1 × 784"]);
    drawn("tower", vec![heat(128, 8)]);
    drawn("one_cell", vec![heat(1, 1)]);
    let svg = drawn("large", vec![heat(1000, 1500)]);
    assert!(svg.len() < 4_000_000, "{}", svg.len());
    assert!(svg.contains("farthest from the mean"));
    // The only large value of one and a half million
    assert!(svg.contains("#FDE725"), "an extreme is lost");
    drawn("shapes", vec![heat(3, 9), heat(9, 3), heat(20, 16), heat(4, 40)]);
}

#[test]
fn a_histogram_with_its_fit() {
    let values: Vec<f64> = (0..400).map(|k| (4.83 + 0.97 * bell(k)).round()).collect();
    let histogram = Histogram {
        name: "n".into(),
        unit: String::new(),
        sample: Sample::Values(values.clone()),
        bins: Bins::range(1.0, 20.0),
        fit: Fit::Normal,
    };
    let svg = drawn("spikes", vec![Panel::Histogram(histogram.clone())]);
    let mean = values.iter().sum::<f64>() / 400.0;
    let sd = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 400.0).sqrt();
    let number = |v| crate::lab::number::significant(v, 3);
    has(&svg, &["n", "count", "n = 400", "normal", &format!("µ = {}", number(mean)), &format!("σ = {}", number(sd))]);
    let kinds = values.iter().map(|v| *v as i64).collect::<std::collections::HashSet<_>>().len();
    // White page, a bar for each number that occurs, and one in the legend
    assert_eq!(count(&svg, "<rect"), 1 + kinds + 1);
    let poisson = Histogram { bins: Bins::Automatic, fit: Fit::Poisson, ..histogram.clone() };
    has(&drawn("poisson", vec![Panel::Histogram(poisson)]), &["Poisson", &format!("λ = {}", number(mean))]);
    let none = Histogram {
        sample: Sample::Values(values.iter().map(|v| -v).collect()),
        bins: Bins::Automatic,
        fit: Fit::Lognormal,
        ..histogram
    };
    has(&drawn("no_fit", vec![Panel::Histogram(none)]), &["no lognormal fit: not all values are above zero"]);
}

#[test]
fn histograms_of_quantities() {
    let set = Sample::Values((0..300).map(|k| 0.86 + 0.11 * bell(k)).chain([f64::NAN, 7.0]).collect());
    let voltage = Histogram {
        name: "first".into(),
        unit: "V".into(),
        sample: set,
        bins: Bins::range(-1.9, 1.9),
        fit: Fit::Normal,
    };
    let decades = Sample::Values((0..500).map(|k| 1e5 * (4.0 * bell(k)).exp()).collect());
    let resistance =
        Histogram { name: "R".into(), unit: "ohm".into(), sample: decades, fit: Fit::Lognormal, bins: Bins::Automatic };
    let waits = Sample::Values((0..500).map(|k| -1e-6 * noise(k).max(1e-9).ln()).collect());
    let exponential = Histogram {
        name: "delay".into(),
        unit: "s".into(),
        sample: waits,
        fit: Fit::Exponential,
        bins: Bins::Automatic,
    };
    let counts = Histogram {
        name: "bincount(n)".into(),
        sample: Sample::Counts(vec![0.0, 3.0, 12.0, 17.0, 9.0, 2.0]),
        fit: Fit::Poisson,
        ..Histogram::default()
    };
    let svg = drawn("four", [voltage, resistance, exponential, counts].map(Panel::Histogram).to_vec());
    has(
        &svg,
        &[
            "first (V)",
            "R (ohm)",
            "delay (µs)",
            "bincount(n)",
            "lognormal",
            "exponential",
            "Poisson",
            "n = 301",
            "n = 43",
        ],
    );
    assert!(
        svg.contains("1 of 302 values are not finite and left out")
            && svg.contains("1 of 301 values are outside the bins"),
        "{:?}",
        texts_of(&svg)
    );
}

#[test]
fn bars_stand_or_lie() {
    let label = |names: &[&str]| names.iter().map(|n| n.to_string()).collect::<Vec<_>>();
    let short = Bars {
        labels: label(&["ideal", "writes", "stuck", "wires"]),
        values: vec![0.98, 0.94, 0.83, 0.79],
        spread: Some(vec![0.0, 0.02, 0.05, f64::NAN]),
        y: AxisName::new("accuracy", ""),
        ..Bars::default()
    };
    let svg = drawn("bars", vec![Panel::Bars(short.clone())]);
    has(&svg, &["ideal", "wires", "accuracy", "0", "0.8"]);
    let long = Bars {
        labels: label(&[
            "floating point",
            "neuron, 16 spikes a slot",
            "neuron, 64 spikes a slot",
            "with write errors of 10 %",
            "with line resistance",
        ]),
        values: vec![0.0, -2e-6, 7e-6, 5e-6, f64::NAN],
        spread: None,
        y: AxisName::new("energy", "J"),
        ..Bars::default()
    };
    let svg = drawn("lying", vec![Panel::Bars(long)]);
    has(
        &svg,
        &["floating point", "with line resistance", "energy (µJ)", "−2", "1 of 5 values are not finite and left out"],
    );
    let many = Bars {
        labels: (0..400).map(|k| k.to_string()).collect(),
        values: (0..400).map(|k| 1e-5 * noise(k)).collect(),
        y: AxisName::new("g", "S"),
        ..Bars::default()
    };
    drawn("many_bars", vec![Panel::Bars(many)]);
    drawn("pair_of_bars", vec![Panel::Bars(short.clone()), Panel::Bars(Bars { title: "again".into(), ..short })]);
}

#[test]
fn kinds_of_panels_stand_together() {
    let t: Vec<f64> = (0..500).map(|k| k as f64 * 1e-6).collect();
    let y: Vec<f64> = t.iter().map(|t| (2e4 * t).sin()).collect();
    let line = Series { look: Look::Line, ..series("V(y)", &t, &y) };
    let x: Vec<f64> = (0..30).map(noise).collect();
    let cloud = series("out", &x, &x.iter().enumerate().map(|(k, x)| x + 0.05 * bell(k)).collect::<Vec<_>>());
    let heat = Heat {
        title: "w".into(),
        rows: 4,
        columns: 6,
        values: (0..24).map(bell).collect(),
        name: "w".into(),
        unit: String::new(),
    };
    let histogram = Histogram { name: "out".into(), sample: Sample::Values(x), ..Histogram::default() };
    let svg = drawn(
        "mixed",
        vec![
            curves(("time", "s"), ("V(y)", "V"), vec![line]),
            curves(("ideal", "V"), ("out", "V"), vec![cloud]),
            Panel::Histogram(histogram),
            Panel::Heat(heat.clone()),
            Panel::Heat(Heat { title: "w after training".into(), ..heat }),
        ],
    );
    has(&svg, &["time (µs)", "V(y) (V)", "ideal (mV)", "w after training"]);
}

#[test]
fn odd_data_do_not_break_a_picture() {
    let long = "a very long name of a curve that nobody can read to its end V(X1.Xbar.Xcell[12,7].inner)";
    for (k, y) in
        [&[][..], &[f64::NAN; 3], &[0.0], &[2.5; 3], &[1e140, -1e140], &[1e-320, 0.0], &[f64::MAX, f64::MIN, 1.0]]
            .iter()
            .enumerate()
    {
        let x: Vec<f64> = (0..y.len()).map(|k| k as f64).collect();
        for look in [Look::Automatic, Look::Line, Look::Marks, Look::LineMarks, Look::Steps] {
            let one = Series { look, spread: Some(y.to_vec()), ..series(long, &x, y) };
            let panels = vec![
                curves((long, "V"), (long, "A"), vec![one.clone(), one]),
                Panel::Heat(Heat {
                    title: long.into(),
                    rows: 1,
                    columns: y.len(),
                    values: y.to_vec(),
                    name: long.into(),
                    unit: "S".into(),
                }),
                Panel::Histogram(Histogram {
                    name: long.into(),
                    sample: Sample::Values(y.to_vec()),
                    fit: Fit::Normal,
                    ..Histogram::default()
                }),
                Panel::Bars(Bars {
                    labels: vec![long.into(); y.len()],
                    values: y.to_vec(),
                    spread: Some(y.to_vec()),
                    ..Bars::default()
                }),
            ];
            match picture(&Picture { title: long.repeat(4), panels: panels.clone() }) {
                Ok(svg) => {
                    assert!(k > 1, "something of nothing");
                    assert!(!svg.contains("NaN") && !svg.contains("inf"), "{y:?} {look:?}");
                    if look == Look::Automatic {
                        drawn(&format!("odd_{k}"), panels);
                    }
                }
                Err(error) => assert!(error == PlotError::Empty && k < 2, "{error} {y:?}"),
            }
        }
    }
    let odd = Series { y: vec![1.0], ..series("y", &[1.0, 2.0], &[]) };
    let error =
        picture(&Picture { title: String::new(), panels: vec![curves(("x", ""), ("y", ""), vec![odd])] }).unwrap_err();
    assert_eq!(error.to_string(), "y has 1 values where there should be 2");
    let heat = Heat { rows: 2, columns: 2, values: vec![1.0], title: "g".into(), ..Heat::default() };
    assert!(picture(&Picture { title: String::new(), panels: vec![Panel::Heat(heat)] }).is_err());
}

#[test]
fn nothing_leaves_the_page() {
    let x: Vec<f64> = (0..30).map(|k| k as f64).collect();
    let many = (0..30)
        .map(|k| series(&format!("V(h[{k}])"), &x, &x.iter().map(|x| x * k as f64).collect::<Vec<_>>()))
        .collect();
    let svg = drawn("many_curves", vec![curves(("x", ""), ("y", "V"), many)]);
    let (width, height) = (numbers(&svg, "rect", "width")[0], numbers(&svg, "rect", "height")[0]);
    assert!(numbers(&svg, "circle", "cx").iter().all(|x| (0.0..width).contains(x)));
    assert!(numbers(&svg, "circle", "cy").iter().all(|y| (0.0..height).contains(y)));
    assert!(svg.contains("of 30 curves"));
}

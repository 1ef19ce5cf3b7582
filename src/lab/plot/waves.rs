//! Waves → a picture: a panel for each unit, Bode panels for phasors, step points overlaid or below each other.

use std::collections::HashSet;

use super::PlotError;
use super::axis::{AxisName, Scale, bounds};
use super::curves::{Curves, Look, Series};
use super::phasor::{Show, values};
use super::picture::{Panel, Picture, with_notes};
use crate::lab::number::engineering;
use crate::lab::wave::Wave;

/// More curves than these in one panel are not told apart by color and dashes.
const MOST_IN_PANEL: usize = 14;
/// Panels of step points drawn below each other.
const MOST_PANELS: usize = 6;
/// More points than these are not marked.
const MOST_MARKED: usize = 100;

/// What to draw.
pub struct Figure<'a> {
    pub title: &'a str,
    /// One wave a step point, all with the same columns.
    pub waves: &'a [&'a Wave],
    /// Columns of the waves.
    pub columns: &'a [usize],
    /// The column that the others are drawn over, where values are real and it is not time or what is swept.
    pub against: Option<usize>,
    /// Of the waves' columns, those that have no imaginary part.
    pub real: &'a [bool],
}

/// Draws a figure. Where several columns at many step points would be too many curves for one panel, some step points
/// get panels of their own, below each other.
///
/// # Errors
/// Waves without values.
pub fn svg(figure: &Figure) -> Result<String, PlotError> {
    let apart = is_apart(figure);
    let chosen: Vec<&Wave> = match apart {
        true => spread(figure.waves.len(), (MOST_PANELS / units(figure)).max(2)).map(|k| figure.waves[k]).collect(),
        false => figure.waves.to_vec(),
    };
    let rows: Vec<&[&Wave]> = if apart { chosen.chunks(1).collect() } else { vec![&chosen] };
    let parts: Vec<Figure> = rows.into_iter().map(|waves| Figure { waves, ..*figure }).collect();
    let curves: Vec<Vec<(Group, Series)>> = parts.iter().map(|f| curves(f, !apart)).collect();
    let x = x_axis(figure, bounds(curves.iter().flatten().flat_map(|c| c.1.x.iter().copied())));
    let mut panels = Vec::new();
    for (part, curves) in parts.iter().zip(curves) {
        let title = if apart { step_label(&part.waves[0].header.steps).trim().to_string() } else { String::new() };
        let family = part.waves.len() > 1;
        let panel = |(y, curves)| Panel::Curves(Curves { title: title.clone(), x: x.clone(), y, curves, family });
        panels.extend(grouped(curves, part).into_iter().map(panel));
    }
    let notes = match figure.waves.len() > chosen.len() {
        true => vec![format!("{} of {} step points", chosen.len(), figure.waves.len())],
        false => Vec::new(),
    };
    with_notes(&Picture { title: figure.title.into(), panels }, &notes)
}

/// Whether step points need panels of their own.
fn is_apart(figure: &Figure) -> bool {
    let (waves, columns) = (figure.waves.len(), figure.columns.len());
    let curves = figure.waves.iter().all(|w| w.header.scale.is_some() && !w.header.complex);
    curves && waves > 1 && columns > 1 && waves * columns > MOST_IN_PANEL
}

/// Number of different units, at least 1.
fn units(figure: &Figure) -> usize {
    let of = |c: &usize| figure.waves.first().and_then(|w| w.header.columns.get(*c)).map_or("", |c| &*c.unit);
    figure.columns.iter().map(of).collect::<HashSet<&str>>().len().max(1)
}

/// At most `most` of `0..count` at equal distances, first and last among them.
fn spread(count: usize, most: usize) -> impl Iterator<Item = usize> {
    let shown = count.min(most);
    (0..shown).map(move |k| if shown < 2 { 0 } else { k * (count - 1) / (shown - 1) })
}

/// What a curve is grouped by: its unit and what is shown of it.
type Group = (String, Show);

/// The x axis, of values between two: frequencies over a wide range are logarithmic.
fn x_axis(figure: &Figure, range: Option<(f64, f64)>) -> AxisName {
    let Some(first) = figure.waves.first() else { return AxisName::default() };
    let about = figure.against.and_then(|c| first.header.columns.get(c)).or(first.header.scale.as_ref());
    let (name, unit) = match about {
        Some(about) => (about.name.clone(), about.unit.to_string()),
        None => (first.header.steps.last().map(|s| s.0.clone()).unwrap_or_default(), String::new()),
    };
    let log = unit == "Hz" && range.is_some_and(|(low, high)| low > 0.0 && high / low >= 5.0);
    AxisName { name, unit, scale: if log { Scale::Log } else { Scale::Linear } }
}

/// Every curve with its group, in order; `named` if labels tell the step points apart.
fn curves(figure: &Figure, named: bool) -> Vec<(Group, Series)> {
    match figure.waves.first().is_some_and(|w| w.header.scale.is_some()) {
        true => along_scale(figure, named),
        false => along_steps(figure),
    }
}

/// ` r=1k temp=27`: what tells the step points apart.
pub fn step_label(steps: &[(String, f64)]) -> String {
    steps.iter().map(|(name, v)| format!(" {name}={}", engineering(*v, ""))).collect()
}

fn along_scale(figure: &Figure, named: bool) -> Vec<(Group, Series)> {
    let mut found = Vec::new();
    for &column in figure.columns {
        for wave in figure.waves {
            let header = &wave.header;
            let Some(about) = header.columns.get(column) else { continue };
            let phasor = header.complex && !figure.real.get(column).copied().unwrap_or(false);
            let shows: &[Show] = if phasor { &[Show::Decibels, Show::Phase] } else { &[Show::Real] };
            for &show in shows {
                let values = match phasor {
                    true => values(&wave.phasors(column), show),
                    false => wave.real(column).into_owned(),
                };
                let unit = match show {
                    Show::Real => about.unit.to_string(),
                    Show::Decibels => format!("dB{}", about.unit),
                    Show::Phase => "°".into(),
                };
                let steps = if named { step_label(&header.steps) } else { String::new() };
                let name = format!("{}{steps}", about.name);
                let (x, y) = match figure.against {
                    Some(x) if !header.complex => (wave.real(x).into_owned(), values),
                    _ => broken_at_restarts(&wave.scale, &values),
                };
                found.push(((unit, show), Series { name, x, y, spread: None, look: Look::Line }));
            }
        }
    }
    found
}

/// Points of a curve; where a nested sweep starts again the curve is interrupted.
fn broken_at_restarts(x: &[f64], y: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let direction = x.windows(2).map(|w| w[1] - w[0]).find(|d| *d != 0.0).unwrap_or(1.0);
    let (mut xs, mut ys) = (Vec::with_capacity(x.len()), Vec::with_capacity(x.len()));
    for (k, (&x_k, &y_k)) in x.iter().zip(y).enumerate() {
        if k > 0 && (x_k - x[k - 1]) * direction < 0.0 {
            xs.push(f64::NAN);
            ys.push(f64::NAN);
        }
        xs.push(x_k);
        ys.push(y_k);
    }
    (xs, ys)
}

/// Operating points over the innermost step; the other steps make curves of their own.
fn along_steps(figure: &Figure) -> Vec<(Group, Series)> {
    let look = if figure.waves.len() > MOST_MARKED { Look::Line } else { Look::LineMarks };
    let mut found: Vec<(Group, Series)> = Vec::new();
    for &column in figure.columns {
        for wave in figure.waves {
            let Some(about) = wave.header.columns.get(column) else { continue };
            let Some(((_, x), outer)) = wave.header.steps.split_last() else { continue };
            let Some(&y) = wave.real(column).first() else { continue };
            let name = format!("{}{}", about.name, step_label(outer));
            let group = (about.unit.to_string(), Show::Real);
            match found.iter_mut().find(|(g, c)| *g == group && c.name == name) {
                Some((_, curve)) => {
                    curve.x.push(*x);
                    curve.y.push(y);
                }
                None => found.push((group, Series { name, x: vec![*x], y: vec![y], spread: None, look })),
            }
        }
    }
    found
}

/// `x` of X1.x and X2.x, the name of a curve alone.
fn common_name(curves: &[Series]) -> Option<&str> {
    let (first, rest) = curves.split_first()?;
    let last = |c: &Series| c.name.rsplit_once('.').map(|n| n.1.to_string());
    match rest.is_empty() {
        true => Some(&first.name),
        false if last(first).is_some() && rest.iter().all(|c| last(c) == last(first)) => {
            first.name.rsplit_once('.').map(|n| n.1)
        }
        false => None,
    }
}

/// The curves of each unit, with the y axis they share.
fn grouped(curves: Vec<(Group, Series)>, figure: &Figure) -> Vec<(AxisName, Vec<Series>)> {
    let mut groups: Vec<(Group, Vec<Series>)> = Vec::new();
    for (group, curve) in curves {
        match groups.iter_mut().find(|(g, _)| *g == group) {
            Some((_, members)) => members.push(curve),
            None => groups.push((group, vec![curve])),
        }
    }
    let first = figure.waves.first().zip(figure.columns.first()).and_then(|(w, c)| w.header.columns.get(*c));
    let alone = first.filter(|_| figure.columns.len() == 1).map(|c| c.name.clone());
    let named = |((unit, show), mut members): (Group, Vec<Series>)| {
        let quantity = match (show, &unit[..]) {
            (Show::Phase, _) => "phase",
            (Show::Decibels, _) | (_, "dB") => "magnitude",
            (_, "V") => "voltage",
            (_, "A") => "current",
            (_, "W") => "power",
            (_, "S") => "conductance",
            (_, "ohm") => "resistance",
            (_, "rad") => "phase",
            (_, "°C" | "K") => "temperature",
            _ => common_name(&members).unwrap_or("value"),
        }
        .to_string();
        // A step label alone says enough where there is one column.
        if let Some(column) = &alone {
            for curve in &mut members {
                let rest = curve.name.strip_prefix(&column[..]).map(str::trim_start).unwrap_or_default().to_string();
                if !rest.is_empty() {
                    curve.name = rest;
                }
            }
        }
        let name = alone.clone().filter(|_| show == Show::Real).unwrap_or(quantity);
        // Densities of noise fall over many decades.
        let scale = if unit.ends_with("/√Hz") { Scale::Log } else { Scale::Linear };
        (AxisName { name, unit, scale }, members)
    };
    groups.into_iter().map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::sink::{Column, Header, Row};
    use crate::lab::wave::tests::tran;
    use num_complex::Complex64;

    /// Writes the figure where `$MEMSPICE_PLOTS` says, to be looked at.
    fn look(name: &str, svg: &str) {
        if let Ok(dir) = std::env::var("MEMSPICE_PLOTS") {
            std::fs::write(std::path::Path::new(&dir).join(name), svg).unwrap();
        }
    }

    fn drawn(title: &str, waves: &[&Wave], real: &[bool]) -> String {
        let columns: Vec<usize> = (0..waves[0].header.columns.len()).collect();
        svg(&Figure { title, waves, columns: &columns, against: None, real }).unwrap()
    }

    fn rc(r: f64) -> Wave {
        let tau = r * 1e-9;
        let times = (0..=5000).map(|k| k as f64 * 1e-9);
        let v = move |t: f64| 1.0 - (-t / tau).exp();
        let mut wave = tran(times, &[("V(out)", &v), ("V(in)", &|_| 1.0), ("I(V1)", &move |t| (v(t) - 1.0) / r)]);
        wave.header.steps = vec![("rload".into(), r)];
        wave
    }

    #[test]
    fn volts_and_amperes_have_panels_of_their_own() {
        let mut wave = rc(1e3);
        wave.header.steps.clear();
        let svg = drawn("RC step response", &[&wave], &[]);
        look("tran.svg", &svg);
        for text in ["voltage (V)", "current (mA)", "time (µs)", "V(out)", "V(in)", "RC step response"] {
            assert!(svg.contains(text), "{text}");
        }
        assert!(svg.len() < 200_000, "{} bytes: not thinned", svg.len());
    }

    #[test]
    fn steps_are_overlaid_and_named() {
        let waves = [500.0, 1e3, 2e3].map(rc);
        let waves: Vec<&Wave> = waves.iter().collect();
        let svg = self::svg(&Figure { title: "three loads", waves: &waves, columns: &[0], against: None, real: &[] })
            .unwrap();
        look("steps.svg", &svg);
        assert!(svg.contains("rload=2000") && svg.contains("V(out) (V)"));
        let many: Vec<Wave> = (1..=30).map(|k| rc(100.0 * k as f64)).collect();
        let many: Vec<&Wave> = many.iter().collect();
        let together =
            self::svg(&Figure { title: "thirty loads", waves: &many, columns: &[0], against: None, real: &[] })
                .unwrap();
        look("many.svg", &together);
        assert!(together.contains("of 30 curves"));
        let apart = drawn("thirty loads, three columns", &many, &[]);
        look("apart.svg", &apart);
        for text in ["3 of 30 step points", "rload=100", "rload=3000", "voltage", "current"] {
            assert!(apart.contains(text), "{text}");
        }
    }

    #[test]
    fn phasors_are_drawn_as_bode() {
        let column = |name: &str, unit: &str| Column { name: name.into(), unit: unit.to_string().into() };
        let mut wave = Wave::new(&Header {
            analysis: "ac",
            steps: vec![],
            scale: Some(column("frequency", "Hz")),
            columns: vec![column("V(out)", "V"), column("V(X1.mid)", "V")],
            complex: true,
        });
        for k in 0..=120 {
            let f = 10f64.powf(1.0 + k as f64 / 20.0);
            let s = Complex64::new(0.0, f / 1e4);
            let low = 1.0 / (1.0 + s);
            wave.push(f, Row::Complex(&[low * low * low, low]));
        }
        let svg = drawn("three poles", &[&wave], &[]);
        look("bode.svg", &svg);
        for text in ["magnitude (dBV)", "phase (°)", "frequency (Hz)", "100k"] {
            assert!(svg.contains(text), "{text}");
        }
    }

    #[test]
    fn operating_points_are_drawn_over_the_step() {
        let column = |k: usize| Column { name: format!("V(hidden[{k}])"), unit: "V".into() };
        let waves: Vec<Wave> = (0..6)
            .map(|letter| {
                let mut wave = Wave::new(&Header {
                    analysis: "op",
                    steps: vec![("letter".into(), letter as f64)],
                    scale: None,
                    columns: (0..10).map(column).collect(),
                    complex: false,
                });
                let values: Vec<f64> = (0..10).map(|k| 0.2 * ((k * 7 + letter * 3) as f64).sin()).collect();
                wave.push(0.0, Row::Real(&values));
                wave
            })
            .collect();
        let waves: Vec<&Wave> = waves.iter().collect();
        let svg = drawn("hidden neurons", &waves, &[]);
        look("op.svg", &svg);
        assert!(svg.contains("letter") && svg.contains("hidden[9]") && svg.contains("circle"));
    }

    #[test]
    fn odd_values_do_not_break_a_figure() {
        let wave = tran([0.0, 1.0, 2.0, 3.0].into_iter(), &[("V(a)", &|t| if t == 1.0 { f64::NAN } else { 1e140 })]);
        assert!(drawn("gap", &[&wave], &[]).contains("<svg"));
        let empty = tran(std::iter::empty(), &[("V(a)", &|t| t)]);
        let columns = [0];
        let figure = Figure { title: "", waves: &[&empty], columns: &columns, against: None, real: &[] };
        assert_eq!(svg(&figure), Err(PlotError::Empty));
    }
}

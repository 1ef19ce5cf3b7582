//! What `plot` and `histogram` statements showed → pictures, and the curves as tables.

use super::notes::{Curve, Drawn, Sketch};
use crate::lab::plot::{AxisName, Bars, Bins, Curves, Fit, Heat, Histogram, Look, Panel, Picture, Sample, Series};

/// A picture of a statement: panels by unit, the points of a sweep one over the other.
pub fn picture(sketch: &Sketch, title: &str) -> Picture {
    let mut panels: Vec<Panel> = Vec::new();
    let mut labels: Vec<&str> = sketch.list.iter().map(|(l, _)| l.as_str()).collect();
    labels.dedup();
    let family = labels.len() > 1;
    for (label, drawn) in &sketch.list {
        let named = |name: &str| match (family, label.is_empty()) {
            (true, false) => format!("{name}, {label}"),
            _ => name.to_string(),
        };
        match drawn {
            Drawn::Curve(curve) => add(&mut panels, curve, named(&curve.name), family),
            Drawn::Heat { name, unit, rows, columns, values } => panels.push(Panel::Heat(Heat {
                title: named(name),
                rows: *rows,
                columns: *columns,
                values: values.clone(),
                name: name.clone(),
                unit: unit.to_string(),
            })),
            Drawn::Bars { name, unit, labels, values, spread } => panels.push(Panel::Bars(Bars {
                title: named(name),
                labels: labels.clone(),
                values: values.clone(),
                spread: spread.clone(),
                y: AxisName { name: name.clone(), unit: unit.to_string(), ..AxisName::default() },
            })),
            Drawn::Histogram { name, unit, values, bins, count, fit } => panels.push(Panel::Histogram(Histogram {
                name: named(name),
                unit: unit.to_string(),
                sample: Sample::Values(values.clone()),
                bins: match (bins, count) {
                    (Some((low, high)), _) => Bins::range(*low, *high),
                    (None, Some(n)) => Bins::Count(*n),
                    (None, None) => Bins::Automatic,
                },
                fit: fit.as_deref().and_then(Fit::named).unwrap_or_default(),
            })),
        }
    }
    Picture { title: title.to_string(), panels }
}

/// A curve joins the panel of its unit over the same axis.
fn add(panels: &mut Vec<Panel>, curve: &Curve, name: String, family: bool) {
    let x = AxisName { name: curve.x_name.clone(), unit: curve.x_unit.to_string(), ..AxisName::default() };
    let series = Series {
        name,
        x: curve.x.clone(),
        y: curve.y.clone(),
        spread: curve.spread.clone(),
        look: if curve.wave { Look::Line } else { Look::Automatic },
    };
    let own = panels.iter_mut().find_map(|p| match p {
        Panel::Curves(c) if c.x == x && c.y.unit == curve.unit => Some(c),
        _ => None,
    });
    match own {
        Some(panel) => {
            panel.curves.push(series);
            let quantity = quantity(curve.unit);
            if panel.y.name != quantity {
                panel.y.name = quantity.to_string();
            }
        }
        None => panels.push(Panel::Curves(Curves {
            title: String::new(),
            x,
            y: AxisName { name: curve.name.clone(), unit: curve.unit.to_string(), ..AxisName::default() },
            curves: vec![series],
            family,
        })),
    }
}

/// What several curves of one unit have in common.
fn quantity(unit: &str) -> &'static str {
    match unit {
        "V" => "voltage",
        "A" => "current",
        "J" => "energy",
        "C" => "charge",
        "s" => "time",
        _ => "value",
    }
}

/// The curves of a statement as rows: the point of a sweep, the abscissa, a column for each curve over it. None where
/// curves of one point are not over the same numbers.
pub fn rows(sketch: &Sketch) -> Option<Vec<Vec<String>>> {
    let curves: Vec<(&str, &Curve)> = sketch
        .list
        .iter()
        .filter_map(|(l, d)| if let Drawn::Curve(c) = d { Some((l.as_str(), c)) } else { None })
        .collect();
    let (first_label, first) = *curves.first()?;
    let labelled = curves.iter().any(|(l, _)| !l.is_empty());
    let names: Vec<&str> = curves.iter().take_while(|(l, _)| *l == first_label).map(|(_, c)| c.name.as_str()).collect();
    let heading = labelled.then_some("point").into_iter().chain([first.x_name.as_str()]).chain(names.iter().copied());
    let mut out = vec![heading.map(str::to_string).collect::<Vec<String>>()];
    for group in curves.chunk_by(|a, b| a.0 == b.0) {
        let x = &group[0].1.x;
        if group.len() != names.len() || group.iter().any(|(_, c)| c.x != *x) {
            return None;
        }
        for (k, x) in x.iter().enumerate() {
            let point = labelled.then(|| group[0].0.to_string());
            let values = group.iter().map(|(_, c)| c.y.get(k).map_or(String::new(), f64::to_string));
            out.push(point.into_iter().chain([x.to_string()]).chain(values).collect());
        }
    }
    Some(out)
}

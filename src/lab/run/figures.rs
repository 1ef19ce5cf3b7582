//! The plots of one analysis over all step points.

use std::path::Path;

use super::output::Output;
use crate::diag::Diagnostic;
use crate::lab::plot::{Figure, PlotError, svg};
use crate::lab::wave::Wave;

/// Draws `NAME.svg`, `NAME-plot-2.svg`, …; paths are relative to `dir`. What cannot be drawn is a warning.
pub(super) fn draw(output: &Output, dir: &Path, experiment: &str, title: &str) -> (Vec<String>, Vec<Diagnostic>) {
    let waves: Vec<&Wave> = output.waves.iter().filter(|w| !w.is_empty()).collect();
    let (mut paths, mut troubles) = (Vec::new(), Vec::new());
    // An operating point is a curve only over a step.
    let few = waves.iter().all(|w| w.header.scale.is_none()) && waves.len() < 2;
    if few || waves.is_empty() {
        return (paths, troubles);
    }
    for (k, figure) in output.figures.iter().enumerate().filter(|(_, f)| !f.columns.is_empty()) {
        let name = if k == 0 { output.name.clone() } else { format!("{}-plot-{}", output.name, k + 1) };
        let title = if title.trim().is_empty() { name.clone() } else { title.trim().to_string() };
        let path = format!("{experiment}/{name}.svg");
        let drawn = svg(&Figure {
            title: &title,
            waves: &waves,
            columns: &figure.columns,
            against: figure.against,
            real: &output.real,
        });
        let written = match drawn {
            Ok(text) => std::fs::write(dir.join(&path), text).map_err(|e| e.to_string()),
            Err(PlotError::Empty) => continue,
            Err(error) => Err(error.to_string()),
        };
        match written {
            Ok(()) => paths.push(path),
            Err(why) => troubles.push(Diagnostic::warning("lab::plot", format!("{path} is not drawn: {why}"))),
        }
    }
    (paths, troubles)
}

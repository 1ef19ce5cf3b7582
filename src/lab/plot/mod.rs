//! Results → SVG pictures. Waves and results of experiments become panels, panels become charts of layers or maps of cells,
//! which find their places on a page and are drawn in pixels.

mod axis;
mod bars;
mod bins;
mod canvas;
mod chart;
mod color;
mod curves;
mod fit;
mod heat;
mod histogram;
mod lanes;
mod legend;
mod maps;
mod mark;
mod phasor;
mod picture;
mod stack;
mod text;
mod thin;
mod tube;
mod waves;

#[cfg(test)]
mod tests;

use thiserror::Error;

pub use axis::{AxisName, Scale};
pub use bars::Bars;
pub use bins::Bins;
pub use curves::{Curves, Look, Series};
pub use fit::{Fit, FitError, Law, fit};
pub use heat::Heat;
pub use histogram::{Histogram, Sample};
pub use picture::{Panel, Picture, picture};
pub use tube::Tube;
pub(super) use waves::step_label;
pub use waves::{Figure, svg};

#[derive(Clone, Debug, PartialEq, Error)]
pub enum PlotError {
    #[error("there is nothing to plot")]
    Empty,
    #[error("{name} has {other} values where there should be {x}")]
    Lengths { name: String, x: usize, other: usize },
    #[error("the figure could not be drawn: {0}")]
    Drawing(String),
}

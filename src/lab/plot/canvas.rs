//! Lines, areas and texts in pixels → SVG text.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::Pos;

use super::PlotError;

pub use plotters::style::RGBColor;
pub use plotters::style::text_anchor::{HPos, VPos};

/// Drawing units a pixel: the backend knows whole units only.
const FINE: f64 = 8.0;
/// The backend writes a font of this size as 1.
const FONT_SCALE: f64 = 1.24;
const FONT: &str = "sans-serif";
/// Pixels of a dash and of the gap behind it
const DASH: (f64, f64) = (7.0, 4.0);

pub type Drawn = Result<(), PlotError>;
/// x to the right, y downward, pixels
pub type At = (f64, f64);

/// What is drawn on.
pub struct Canvas<'a> {
    area: DrawingArea<SVGBackend<'a>, Shift>,
}

/// How a text stands.
#[derive(Clone, Copy)]
pub struct Style {
    pub size: f64,
    pub color: RGBColor,
    pub h: HPos,
    pub v: VPos,
}

/// The SVG text of what `draw` draws on white.
pub fn svg(width: f64, height: f64, draw: impl FnOnce(&Canvas) -> Drawn) -> Result<String, PlotError> {
    let size = ((width * FINE).ceil() as u32, (height * FINE).ceil() as u32);
    let mut text = String::new();
    {
        let canvas = Canvas { area: SVGBackend::with_string(&mut text, size).into_drawing_area() };
        canvas.area.fill(&WHITE).map_err(problem)?;
        draw(&canvas)?;
        canvas.area.present().map_err(problem)?;
    }
    let fine = format!("width=\"{}\" height=\"{}\"", size.0, size.1);
    let shown = format!("width=\"{}\" height=\"{}\" stroke-linejoin=\"round\"", width.ceil(), height.ceil());
    let text = text.replacen(&fine, &shown, 1);
    // Thousands of cells need not say what is so without saying.
    Ok(text.replace(" opacity=\"1\"", "").replace(" stroke=\"none\"/>", "/>"))
}

fn problem(e: impl std::fmt::Display) -> PlotError {
    PlotError::Drawing(e.to_string())
}

fn fine(at: At) -> (i32, i32) {
    let unit = |v: f64| (v * FINE).round().clamp(-1e7, 1e7) as i32;
    (unit(at.0), unit(at.1))
}

impl Canvas<'_> {
    pub fn text(&self, text: &str, at: At, style: Style) -> Drawn {
        self.write(text, at, style, FontTransform::None)
    }

    /// Read from below; `at` is the middle of its upper edge, on the left.
    pub fn upright(&self, text: &str, at: At, size: f64, color: RGBColor) -> Drawn {
        self.write(text, at, Style { size, color, h: HPos::Center, v: VPos::Top }, FontTransform::Rotate270)
    }

    fn write(&self, text: &str, at: At, style: Style, turn: FontTransform) -> Drawn {
        if text.is_empty() {
            return Ok(());
        }
        let font = (FONT, style.size * FONT_SCALE * FINE).into_font().transform(turn);
        let style = font.color(&style.color).pos(Pos::new(style.h, style.v));
        self.area.draw(&Text::new(text.to_string(), fine(at), style)).map_err(problem)
    }

    pub fn line(&self, points: &[At], color: RGBColor, width: f64) -> Drawn {
        let stroke_width = (width * FINE).round() as u32;
        let style = ShapeStyle { color: color.to_rgba(), filled: false, stroke_width };
        self.area.draw(&PathElement::new(points.iter().copied().map(fine).collect::<Vec<_>>(), style)).map_err(problem)
    }

    pub fn dashed(&self, points: &[At], color: RGBColor, width: f64) -> Drawn {
        dashes(points, DASH.0, DASH.1).iter().try_for_each(|piece| self.line(piece, color, width))
    }

    /// A filled rectangle.
    pub fn rect(&self, from: At, to: At, color: RGBColor) -> Drawn {
        self.area.draw(&Rectangle::new([fine(from), fine(to)], color.filled())).map_err(problem)
    }

    /// A filled area, `opacity` 0 … 1.
    pub fn area(&self, points: &[At], color: RGBColor, opacity: f64) -> Drawn {
        let points: Vec<(i32, i32)> = points.iter().copied().map(fine).collect();
        self.area.draw(&Polygon::new(points, color.mix(opacity))).map_err(problem)
    }

    pub fn circle(&self, at: At, radius: f64, color: RGBColor, opacity: f64) -> Drawn {
        let radius = (radius * FINE).round() as i32;
        self.area.draw(&Circle::new(fine(at), radius, color.mix(opacity).filled())).map_err(problem)
    }
}

/// Cuts a path into dashes of `on` pixels with gaps of `off`.
fn dashes(path: &[At], on: f64, off: f64) -> Vec<Vec<At>> {
    let Some(&first) = path.first() else { return Vec::new() };
    let mut pieces = vec![];
    let mut piece = vec![first];
    let (mut drawing, mut left) = (true, on);
    for pair in path.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        let length = (b.0 - a.0).hypot(b.1 - a.1);
        let mut done = 0.0;
        while length - done > left {
            done += left;
            let part = done / length;
            let at = (a.0 + (b.0 - a.0) * part, a.1 + (b.1 - a.1) * part);
            if drawing {
                piece.push(at);
                pieces.push(std::mem::take(&mut piece));
            } else {
                piece = vec![at];
            }
            drawing = !drawing;
            left = if drawing { on } else { off };
        }
        left -= length - done;
        if drawing {
            piece.push(b);
        }
    }
    if piece.len() > 1 {
        pieces.push(piece);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_have_their_lengths_around_corners() {
        let pieces = dashes(&[(0.0, 0.0), (10.0, 0.0), (10.0, 10.0)], 7.0, 4.0);
        assert_eq!(pieces, [vec![(0.0, 0.0), (7.0, 0.0)], vec![(10.0, 1.0), (10.0, 8.0)]]);
        assert!(dashes(&[], 7.0, 4.0).is_empty());
    }

    #[test]
    fn texts_are_escaped() {
        let style = Style { size: 12.0, color: RGBColor(0, 0, 0), h: HPos::Left, v: VPos::Top };
        let text = svg(100.0, 50.0, |c| c.text("a < b & \"c\"", (1.0, 1.0), style)).unwrap();
        assert!(text.contains("a &lt; b &amp; &quot;c&quot;"), "{text}");
        assert!(text.contains("width=\"100\" height=\"50\""));
    }
}

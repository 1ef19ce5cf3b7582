//! Panels → SVG text: frame, grid, curves, labels, legend. Colors: Okabe and Ito; many curves of one column: viridis.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::Panel;
use super::axis::Axis;
use super::curve::{Curve, thin};

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), String>;

/// Drawing units a pixel: the backend knows whole units only.
const FINE: i32 = 8;
const WIDTH: i32 = 960 * FINE;
const PLOT_HEIGHT: i32 = 260 * FINE;
/// Where there are more panels than these they are lower.
const MANY: usize = 3;
const LOW_PLOT_HEIGHT: i32 = 150 * FINE;
const LEFT: i32 = 88 * FINE;
const TOP: i32 = 46 * FINE;
const GAP: i32 = 18 * FINE;
const BOTTOM: i32 = 60 * FINE;
const LEGEND_LINE: i32 = 19 * FINE;
/// Length of dashes and of the gaps between
const DASH: (f64, f64) = (7.0 * FINE as f64, 4.0 * FINE as f64);
/// Letters of a label shown
const LABEL: usize = 26;
/// Letters of the title shown
const TITLE: usize = 92;
/// The backend writes a font of this size as 1.
const FONT_SCALE: f64 = 1.24;
const FONT: &str = "sans-serif";
const INK: RGBColor = RGBColor(40, 40, 40);
const GRID: RGBColor = RGBColor(225, 225, 225);
const FAINT: RGBColor = RGBColor(242, 242, 242);

const PALETTE: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(60, 60, 60),
];

/// Points of the viridis color map at equal distances.
const VIRIDIS: [(f64, f64, f64); 6] = [
    (68.0, 1.0, 84.0),
    (65.0, 68.0, 135.0),
    (42.0, 120.0, 142.0),
    (34.0, 168.0, 132.0),
    (122.0, 209.0, 81.0),
    (210.0, 200.0, 40.0),
];

/// The rectangle of a panel, pixels.
#[derive(Clone, Copy)]
struct Frame {
    left: i32,
    right: i32,
    top: i32,
    bottom: i32,
}

/// Draws panels below each other over one x axis.
pub fn figure(title: &str, note: &str, x_name: &str, x: &Axis, panels: &[Panel]) -> Result<String, String> {
    let plot_height = if panels.len() > MANY { LOW_PLOT_HEIGHT } else { PLOT_HEIGHT };
    let gap = if panels.iter().any(|p| !p.caption.is_empty()) { 2 * GAP } else { GAP };
    let top_of_first = TOP + if panels[0].caption.is_empty() { 0 } else { GAP };
    let any_legend = panels.iter().any(|p| p.legend);
    let longest = panels.iter().filter(|p| p.legend).flat_map(|p| &p.curves).map(|c| c.label.chars().count()).max();
    let legend_width =
        if any_legend { (54 + 8 * longest.unwrap_or(0).clamp(10, LABEL) as i32) * FINE } else { 28 * FINE };
    let height = top_of_first + panels.len() as i32 * (plot_height + gap) - gap + BOTTOM;
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, (WIDTH as u32, height as u32)).into_drawing_area();
        area.fill(&WHITE).map_err(problem)?;
        let right = WIDTH - legend_width;
        let title = title.trim_start_matches(['*', ' ']);
        write(&area, &shorten_end(title, TITLE), (LEFT, TOP - 14 * FINE), 17.0, HPos::Left, VPos::Bottom)?;
        write(&area, note, (WIDTH - 12 * FINE, height - 12 * FINE), 12.5, HPos::Right, VPos::Bottom)?;
        for (k, panel) in panels.iter().enumerate() {
            let top = top_of_first + k as i32 * (plot_height + gap);
            let frame = Frame { left: LEFT, right, top, bottom: top + plot_height };
            draw_panel(&area, frame, x, panel, k + 1 == panels.len())?;
            if panel.legend {
                // Down to where the next legend begins.
                let rows = 1 + panels[k + 1..].iter().take_while(|p| !p.legend).count() as i32;
                draw_legend(&area, Frame { bottom: top + rows * (plot_height + gap) - gap, ..frame }, panel)?;
            }
        }
        let name = match x.unit.is_empty() {
            true => x_name.to_string(),
            false => format!("{x_name} ({})", x.unit),
        };
        write(&area, &name, ((LEFT + right) / 2, height - 12 * FINE), 14.0, HPos::Center, VPos::Bottom)?;
        area.present().map_err(problem)?;
    }
    let fine = format!("width=\"{WIDTH}\" height=\"{height}\"");
    Ok(text.replacen(&fine, &format!("width=\"{}\" height=\"{}\"", WIDTH / FINE, height / FINE), 1))
}

fn problem(e: impl std::fmt::Display) -> String {
    e.to_string()
}

fn write(area: &Area, text: &str, at: (i32, i32), size: f64, h: HPos, v: VPos) -> Drawn {
    let style = (FONT, size * FONT_SCALE * FINE as f64).into_font().color(&INK).pos(Pos::new(h, v));
    area.draw(&Text::new(text.to_string(), at, style)).map_err(problem)
}

fn line(area: &Area, points: Vec<(i32, i32)>, color: RGBColor, width: u32) -> Drawn {
    let style = ShapeStyle { color: color.to_rgba(), filled: false, stroke_width: width * FINE as u32 };
    area.draw(&PathElement::new(points, style)).map_err(problem)
}

fn draw_panel(area: &Area, frame: Frame, x: &Axis, panel: &Panel, last: bool) -> Drawn {
    let Frame { left, right, top, bottom } = frame;
    let plane = Plane { x, y: &panel.y, frame };
    let (to_x, to_y) = (|v: f64| plane.x(v), |v: f64| plane.y(v));
    for v in x.minor() {
        line(area, vec![(to_x(v), top), (to_x(v), bottom)], FAINT, 1)?;
    }
    for (v, label) in x.ticks(8) {
        line(area, vec![(to_x(v), top), (to_x(v), bottom)], GRID, 1)?;
        if last {
            line(area, vec![(to_x(v), bottom), (to_x(v), bottom + 5 * FINE)], INK, 1)?;
            write(area, &label, (to_x(v), bottom + 8 * FINE), 12.5, HPos::Center, VPos::Top)?;
        }
    }
    write(area, &panel.caption, (left, top - 4 * FINE), 12.5, HPos::Left, VPos::Bottom)?;
    for (v, label) in panel.y.ticks(((bottom - top) / (52 * FINE)) as usize) {
        line(area, vec![(left, to_y(v)), (right, to_y(v))], GRID, 1)?;
        line(area, vec![(left - 5 * FINE, to_y(v)), (left, to_y(v))], INK, 1)?;
        write(area, &label, (left - 9 * FINE, to_y(v)), 12.5, HPos::Right, VPos::Center)?;
    }
    let width = if panel.curves.len() > 20 { 1 } else { 2 };
    for (k, curve) in panel.curves.iter().enumerate() {
        let look = look(k, panel);
        draw_curve(area, curve, &plane, look, width)?;
        if panel.marks {
            draw_marks(area, curve, &plane, look.0)?;
        }
    }
    line(area, vec![(left, top), (right, top), (right, bottom), (left, bottom), (left, top)], INK, 1)?;
    let name = match panel.y.unit.is_empty() {
        true => panel.y_name.clone(),
        false => format!("{} ({})", panel.y_name, panel.y.unit),
    };
    let style = (FONT, 14.0 * FONT_SCALE * FINE as f64).into_font().transform(FontTransform::Rotate270).color(&INK);
    let style = style.pos(Pos::new(HPos::Center, VPos::Top));
    area.draw(&Text::new(name, (14 * FINE, (top + bottom) / 2), style)).map_err(problem)
}

/// Color and whether dashed. Steps of one column run through a color map, other curves through the palette, then dashed.
fn look(k: usize, panel: &Panel) -> (RGBColor, bool) {
    let count = panel.curves.len();
    if count > 2 * PALETTE.len() {
        let at = k as f64 / (count - 1) as f64 * (VIRIDIS.len() - 1) as f64;
        let i = (at as usize).min(VIRIDIS.len() - 2);
        let (a, b, part) = (VIRIDIS[i], VIRIDIS[i + 1], at - i as f64);
        let mix = |a: f64, b: f64| (a + (b - a) * part).round() as u8;
        return (RGBColor(mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2)), false);
    }
    (PALETTE[k % PALETTE.len()], k >= PALETTE.len())
}

/// The coordinate system of a panel.
struct Plane<'a> {
    x: &'a Axis,
    y: &'a Axis,
    frame: Frame,
}

impl Plane<'_> {
    fn x(&self, v: f64) -> i32 {
        self.frame.left + (self.x.part(v) * (self.frame.right - self.frame.left) as f64).round() as i32
    }

    fn y(&self, v: f64) -> i32 {
        self.frame.bottom - (self.y.part(v) * (self.frame.bottom - self.frame.top) as f64).round() as i32
    }

    fn pixels(&self) -> usize {
        ((self.frame.right - self.frame.left) / FINE) as usize
    }
}

fn draw_curve(area: &Area, curve: &Curve, plane: &Plane, (color, dash): (RGBColor, bool), width: u32) -> Drawn {
    let points = thin(&curve.points, plane.pixels(), |v| plane.x.part(v));
    for run in points.chunk_by(|a, b| a.1.is_finite() && b.1.is_finite()) {
        let pixels: Vec<(i32, i32)> =
            run.iter().filter(|p| p.1.is_finite()).map(|p| (plane.x(p.0), plane.y(p.1))).collect();
        if pixels.len() < 2 {
            continue;
        }
        match dash {
            false => line(area, pixels, color, width)?,
            true => {
                for piece in dashes(&pixels, DASH.0, DASH.1) {
                    line(area, piece, color, width)?;
                }
            }
        }
    }
    Ok(())
}

/// Cuts a path into dashes of `on` pixels with gaps of `off`.
fn dashes(path: &[(i32, i32)], on: f64, off: f64) -> Vec<Vec<(i32, i32)>> {
    let mut pieces = vec![];
    let mut piece = vec![path[0]];
    let (mut drawing, mut left) = (true, on);
    for pair in path.windows(2) {
        let (a, b) = ((pair[0].0 as f64, pair[0].1 as f64), (pair[1].0 as f64, pair[1].1 as f64));
        let length = (b.0 - a.0).hypot(b.1 - a.1);
        let mut done = 0.0;
        while length - done > left {
            done += left;
            let part = done / length;
            let at = ((a.0 + (b.0 - a.0) * part).round() as i32, (a.1 + (b.1 - a.1) * part).round() as i32);
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
            piece.push(pair[1]);
        }
    }
    if piece.len() > 1 {
        pieces.push(piece);
    }
    pieces
}

fn draw_marks(area: &Area, curve: &Curve, plane: &Plane, color: RGBColor) -> Drawn {
    if curve.points.len() > 100 {
        return Ok(());
    }
    for p in curve.points.iter().filter(|p| p.1.is_finite()) {
        area.draw(&Circle::new((plane.x(p.0), plane.y(p.1)), 4 * FINE, color.filled())).map_err(problem)?;
    }
    Ok(())
}

fn draw_legend(area: &Area, frame: Frame, panel: &Panel) -> Drawn {
    let room = ((frame.bottom - frame.top) / LEGEND_LINE) as usize;
    let total = panel.curves.len() + panel.left_out;
    let count = panel.curves.len();
    // Where not all find room, some at equal distances are named.
    let shown: Vec<usize> = match total > room {
        true => (0..room - 1).map(|k| k * (count - 1) / (room - 2)).collect(),
        false => (0..count).collect(),
    };
    let x = frame.right + 12 * FINE;
    for (row, &k) in shown.iter().enumerate() {
        let curve = &panel.curves[k];
        let y = frame.top + 9 * FINE + row as i32 * LEGEND_LINE;
        let (color, dash) = look(k, panel);
        match dash {
            false => line(area, vec![(x, y), (x + 20 * FINE, y)], color, 3)?,
            true => {
                for piece in dashes(&[(x, y), (x + 20 * FINE, y)], DASH.0, DASH.1) {
                    line(area, piece, color, 3)?;
                }
            }
        }
        write(area, &shorten(&curve.label, LABEL), (x + 26 * FINE, y), 12.5, HPos::Left, VPos::Center)?;
    }
    if total > shown.len() {
        let y = frame.top + 9 * FINE + shown.len() as i32 * LEGEND_LINE;
        let more = format!("of {total} curves");
        write(area, &more, (x + 26 * FINE, y), 12.5, HPos::Left, VPos::Center)?;
    }
    Ok(())
}

/// At most `most` characters; the end of a longer text is left out.
fn shorten_end(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.into(),
    }
}

/// At most `most` characters; the middle of a longer name is left out.
fn shorten(text: &str, most: usize) -> String {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() <= most {
        return text.into();
    }
    let (head, tail) = (most / 2, most - most / 2 - 1);
    chars[..head].iter().chain(['…'].iter()).chain(&chars[chars.len() - tail..]).collect()
}

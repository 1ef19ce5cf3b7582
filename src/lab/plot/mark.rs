//! Marks of points: shape and size → what is drawn.

use super::canvas::{At, Canvas, Drawn, RGBColor};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Circle,
    Square,
    Triangle,
    Diamond,
}

/// Shapes of curves in order
const SHAPES: [Shape; 4] = [Shape::Circle, Shape::Square, Shape::Triangle, Shape::Diamond];

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark {
    pub shape: Shape,
    /// Pixels
    pub radius: f64,
    pub opacity: f64,
}

impl Mark {
    /// The mark of the `k`-th of several curves of `points` points: where points are many, they are small and let those
    /// behind them be seen.
    pub fn of_curve(k: usize, points: usize) -> Mark {
        let (radius, opacity) = match points {
            0..=60 => (4.0, 1.0),
            61..=300 => (3.0, 0.8),
            301..=3000 => (2.2, 0.6),
            _ => (1.6, 0.5),
        };
        Mark { shape: SHAPES[k % SHAPES.len()], radius, opacity }
    }

    /// As a legend shows it.
    pub fn bold(self) -> Mark {
        Mark { radius: self.radius.max(3.0), opacity: 1.0, ..self }
    }

    pub fn draw(&self, canvas: &Canvas, at: At, color: RGBColor) -> Drawn {
        let r = self.radius;
        let around = |corners: &[At]| corners.iter().map(|c| (at.0 + c.0 * r, at.1 + c.1 * r)).collect::<Vec<_>>();
        // Shapes of about the area of the circle
        match self.shape {
            Shape::Circle => canvas.circle(at, r, color, self.opacity),
            Shape::Square => {
                canvas.area(&around(&[(-0.88, -0.88), (0.88, -0.88), (0.88, 0.88), (-0.88, 0.88)]), color, self.opacity)
            }
            Shape::Triangle => canvas.area(&around(&[(0.0, -1.3), (1.2, 0.85), (-1.2, 0.85)]), color, self.opacity),
            Shape::Diamond => {
                canvas.area(&around(&[(0.0, -1.3), (1.2, 0.0), (0.0, 1.3), (-1.2, 0.0)]), color, self.opacity)
            }
        }
    }
}

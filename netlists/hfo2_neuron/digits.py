"""Twenty digits of our own drawing, two of each, in the format of MNIST (not part of the build).

    python digits.py              needs numpy; writes digits.npy (20 x 28 x 28, 0..255) and digit_labels.npy beside itself

A digit is a few strokes in a box of 20 x 20 pixels, points between 0 and 1 from its upper left corner; the second of each
is another slant and another pen. As in MNIST the center of the ink comes to the center of the picture.
"""

from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
SIZE = 28


def arc(x, y, rx, ry, start, stop, points=24):
    """Points of an ellipse; angles in degrees, 0 to the right, 90 downward."""
    a = np.radians(np.linspace(start, stop, points))
    return [(x + rx * np.cos(t), y + ry * np.sin(t)) for t in a]


STROKES = {
    0: [arc(0.5, 0.5, 0.32, 0.46, 0, 360)],
    1: [[(0.32, 0.22), (0.52, 0.04), (0.52, 0.96)]],
    2: [arc(0.5, 0.28, 0.29, 0.25, -170, 35) + [(0.2, 0.94), (0.84, 0.94)]],
    3: [arc(0.46, 0.27, 0.28, 0.23, -150, 90) + arc(0.46, 0.73, 0.32, 0.24, -90, 150)],
    4: [[(0.58, 0.04), (0.16, 0.62), (0.88, 0.62)], [(0.66, 0.34), (0.66, 0.98)]],
    5: [[(0.8, 0.06), (0.3, 0.06), (0.25, 0.45)] + arc(0.47, 0.68, 0.31, 0.27, -140, 140)],
    6: [[(0.66, 0.03), (0.38, 0.3)] + arc(0.5, 0.7, 0.28, 0.27, 185, 545)],
    7: [[(0.16, 0.08), (0.82, 0.08), (0.42, 0.97)]],
    8: [arc(0.5, 0.27, 0.25, 0.22, 90, 450), arc(0.5, 0.73, 0.3, 0.24, -90, 270)],
    9: [arc(0.48, 0.3, 0.26, 0.25, 20, 380) + [(0.72, 0.4), (0.62, 0.97)]],
}


def distance(point, a, b):
    """From each point to the piece of line between a and b."""
    along = np.clip(((point - a) @ (b - a)) / max((b - a) @ (b - a), 1e-12), 0.0, 1.0)
    return np.linalg.norm(point - a - along[..., None] * (b - a), axis=-1)


def draw(strokes, slant, pen):
    """Grey levels of the digit: 255 within the pen, falling off over one pixel."""
    lines = [np.array([(20 * (x + slant * (0.5 - y)), 20 * y) for x, y in stroke]) for stroke in strokes]
    pieces = [(a, b) for line in lines for a, b in zip(line[:-1], line[1:])]
    weights = np.array([np.linalg.norm(b - a) for a, b in pieces])
    center = sum(w * (a + b) / 2 for w, (a, b) in zip(weights, pieces)) / weights.sum()
    y, x = np.mgrid[0:SIZE, 0:SIZE]
    pixels = np.stack([x, y], axis=-1) - (SIZE - 1) / 2 + center
    nearest = np.min([distance(pixels, a, b) for a, b in pieces], axis=0)
    return np.rint(255 * np.clip(pen + 0.5 - nearest, 0.0, 1.0)).astype(np.uint8)


def main():
    styles = [(0.0, 1.0), (0.22, 1.3)]
    digits = np.stack([draw(STROKES[k], *style) for style in styles for k in range(10)])
    np.save(HERE / "digits.npy", digits)
    np.save(HERE / "digit_labels.npy", np.tile(np.arange(10, dtype=np.uint8), 2))


if __name__ == "__main__":
    main()

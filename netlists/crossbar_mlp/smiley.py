"""The ten-level picture that tuning.cir writes: a smiling face, shaded from the upper left (not part of the build).

    python smiley.py              writes smiley.csv beside itself: 20 x 20 levels, 0 black .. 9 white
"""

from math import hypot
from pathlib import Path

SIZE = 20
CENTER = (SIZE - 1) / 2


def level(row, column):
    y, x = (row - CENTER) / CENTER, (column - CENTER) / CENTER
    distance = hypot(x, y)
    if distance > 0.95:
        return 9                                                 # paper
    if hypot(abs(x) - 0.37, y + 0.30) < 0.16:
        return 0                                                 # eyes
    if 0.47 < hypot(x, y - 0.02) < 0.66 and y > 0.18:
        return 1                                                 # mouth
    return round(8.3 - 3.0 * (x + y + 1.1) * distance)           # cheeks


def main():
    rows = [[level(row, column) for column in range(SIZE)] for row in range(SIZE)]
    text = "\n".join(",".join(map(str, row)) for row in rows) + "\n"
    (Path(__file__).parent / "smiley.csv").write_text(text)


if __name__ == "__main__":
    main()

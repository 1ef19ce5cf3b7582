"""Synthetic faces for the 1T1R array (not part of the build).

    python faces.py               needs numpy; writes synthetic/train.csv (9 faces) and synthetic/test.csv (24) beside itself

Three persons, eleven pictures of each, 20 rows x 16 columns of 0 (dark) .. 255, in the columns of the Yale set: class, subject,
condition, p0 .. p319. A face is an egg lit from one side (Lambert), with the hair, brows, eyes, nose and mouth of its person;
the expression moves brows, lids and mouth. Every picture is turned to another place by a fraction of a pixel and has grain.
"""

from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
ROWS, COLUMNS, FINE = 20, 16, 8                    # FINE x FINE points make a pixel

# half width and height of the head, albedo of skin and hair, height of the hair line, distance of the eyes, width of the mouth, beard
PERSONS = [
    dict(head=(0.74, 0.98), skin=0.62, hair=0.08, line=-0.50, eyes=0.33, mouth=0.30, beard=0.0),
    dict(head=(0.83, 0.94), skin=0.58, hair=0.12, line=-0.70, eyes=0.38, mouth=0.38, beard=0.8),
    dict(head=(0.66, 1.02), skin=0.66, hair=0.40, line=-0.36, eyes=0.28, mouth=0.24, beard=0.25),
]
# light from (x, y), lids (1 open), brows up, corners of the mouth up, mouth open, glasses, brightness of the lamp
CALM = dict(light=(0.0, -0.2), lids=1.0, brows=0.0, smile=0.0, open=0.0, glasses=False, lamp=1.0)
CONDITIONS = {
    "centerlight": dict(CALM, light=(0.0, 0.0), lamp=1.25),
    "normal": CALM,
    "sad": dict(CALM, brows=-0.03, smile=-0.10, lamp=0.95),
    "glasses": dict(CALM, glasses=True),
    "happy": dict(CALM, smile=0.14, open=0.04, lids=0.8),
    "leftlight": dict(CALM, light=(-1.1, -0.1)),
    "bareheaded": dict(CALM, light=(0.1, -0.3)),
    "rightlight": dict(CALM, light=(1.1, -0.1)),
    "sleepy": dict(CALM, lids=0.15, brows=0.02),
    "surprised": dict(CALM, lids=1.5, brows=0.10, open=0.16),
    "wink": dict(CALM, lids=0.5, smile=0.06),
}
TRAINING = ["centerlight", "normal", "sad"]


def smooth(distance, width=0.05):
    """1 inside (distance < 0), 0 outside."""
    return 1 / (1 + np.exp(np.clip(distance / width * 4, -50, 50)))


def draw(person, light, lids, brows, smile, open, glasses, lamp, shift, grain):
    """Grey levels, ROWS x COLUMNS."""
    y, x = np.mgrid[0:ROWS * FINE, 0:COLUMNS * FINE]
    x = ((x + 0.5) / (COLUMNS * FINE) * 2 - 1 + shift[0]) * 0.7
    y = ((y + 0.5) / (ROWS * FINE) * 2 - 1 + shift[1]) * 0.8
    wide, high = person["head"]
    egg = np.hypot(x / wide, y / high)
    head = smooth(egg - 1)
    albedo = person["skin"] * np.ones_like(x)
    side = np.abs(x)
    eye_y = -0.18
    beard = smooth(0.38 + 0.25 * side - y) * person["beard"]
    albedo *= 1 - 0.6 * beard
    eye = smooth(np.hypot((side - person["eyes"]) / 0.16, (y - eye_y) / (0.02 + 0.07 * lids)) - 1, 0.3)
    brow = smooth(np.maximum(np.abs(y - eye_y + 0.17 + brows) - 0.035, np.abs(side - person["eyes"]) - 0.19))
    curve = 0.52 - smile * (x / person["mouth"]) ** 2 + smile / 2
    mouth = smooth(np.maximum(np.abs(y - curve) - 0.035 - open, side - person["mouth"]))
    hair = smooth(y - person["line"] + 0.35 * side**2)
    for part, grey in [(eye, 0.15), (brow, person["hair"]), (mouth, 0.25), (hair, person["hair"])]:
        albedo = albedo * (1 - part) + grey * part
    if glasses:
        rim = smooth(np.abs(np.hypot((side - person["eyes"]) / 0.24, (y - eye_y) / 0.2) - 1) - 0.12, 0.1)
        albedo = albedo * (1 - rim) + 0.08 * rim
    nose = smooth(np.maximum(side - 0.05 - 0.1 * (y + 0.2), np.abs(y - 0.08) - 0.24))
    depth = np.sqrt(np.clip(1.15 - egg**2, 0.05, None))
    normal = np.stack([x / wide, 0.7 * y / high, depth + 0.25 * nose])
    normal[0] += 0.5 * nose * np.sign(x)
    normal /= np.linalg.norm(normal, axis=0)
    towards = np.array([light[0], light[1], 0.8])
    shade = 0.15 + 1.05 * np.clip(np.tensordot(towards / np.linalg.norm(towards), normal, 1), 0, None)
    behind = 0.3 - 0.2 * light[0] * x
    picture = head * albedo * shade + (1 - head) * behind
    picture = picture.reshape(ROWS, FINE, COLUMNS, FINE).mean(axis=(1, 3))
    return np.clip(np.rint(255 * (lamp * picture + 0.015 * grain)), 0, 255).astype(int)


def main():
    random = np.random.default_rng(8)
    (HERE / "synthetic").mkdir(exist_ok=True)
    rows = {"train": [], "test": []}
    for number, person in enumerate(PERSONS):
        for name, condition in CONDITIONS.items():
            shift, grain = random.normal(0, 0.02, 2), random.normal(0, 1, (ROWS, COLUMNS))
            face = draw(person, shift=shift, grain=grain, **condition)
            text = ",".join(str(level) for level in face.flat)
            rows["train" if name in TRAINING else "test"].append(f"{number},{number + 1},{name},{text}")
    head = "class,subject,condition," + ",".join(f"p{k}" for k in range(ROWS * COLUMNS))
    for name, lines in rows.items():
        (HERE / "synthetic" / f"{name}.csv").write_text("\n".join([head, *lines]) + "\n")


if __name__ == "__main__":
    main()

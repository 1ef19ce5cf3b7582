#!/usr/bin/env python3
"""Error against user time of memspice and ngspice at three tolerances, on ten decks: table and picture.

    cargo build --release
    benches/work_precision.py                   all decks, five runs each: docs/accuracy.md, docs/pictures/work_precision.svg
    benches/work_precision.py -n 3 ring5 e      three runs of two decks, to the screen only
    benches/work_precision.py -m PATH           another memspice binary

Decks are those of tests/compat and benches/workloads.py, made longer so that starting a process does not count. Both
programs get the same netlist with the same options: reltol, and abstol, vntol, chgtol in proportion (their defaults at
reltol 1e-3); every accepted point is written to a binary rawfile. Time is the user time of the process, the median of runs
that alternate between the programs: a busy machine distorts that least.

Error of a wave: at every accepted point the distance from the reference, as a mean square over time, relative to the
wave's range; the worst of the deck's signals. Error of an oscillator: of its mean period, relative. The reference is
ngspice's at reltol 1e-6 with a small largest step (column `step`), as in tests/compat/make_references.py; the column
`floor` is how far memspice with the same settings is from it, and errors near it mean nothing.
"""

import argparse
import math
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..")
sys.path.insert(0, os.path.join(ROOT, "tests", "compat"))
from make_references import number  # noqa: E402

SECTION = "## Error against time\n"
TOLERANCES = (1e-3, 1e-4, 1e-5)
TIGHT = "reltol=1e-6 abstol=1e-14 vntol=1e-9 chgtol=1e-16 itl4=100"

# name: stop, largest step, largest step of the reference, signals, oscillator?
DECKS = {
    "bridge_rectifier": ("4.8", "1m", "4u", "V(p) V(a) I(Vs)", False),
    "ring5": ("1u", "50p", "1p", "V(s1)", True),
    "cmos_latch": ("4u", "500p", "5p", "V(q) V(qb)", False),
    "charge_pump": ("60u", "10n", "0.1n", "V(n2) V(n4) V(out)", False),
    "switched_cap_integrator": ("200u", "200n", "0.5n", "V(out) V(t) V(x)", False),
    "relaxation_van_der_pol": ("60", "100m", "50u", "V(x)", True),
    "opamp_two_stage": ("200u", "100n", "1n", "V(out) V(d2)", False),
    "a": ("1u", "1n", "0.1n", "V(n1) V(n1000)", False),
    "b": ("100n", "100p", "2p", "V(s1)", True),
    "e": ("6", "1m", "20u", "V(a) V(p)", False),
}
WORKLOADS = {"a": "a_rc_ladder_10000.cir", "b": "b_ring51_100ns.cir", "e": "e_fullwave.cir"}
# Options that a reference needs beside TIGHT (of two values of one option ngspice takes the first).
OWN = {"bridge_rectifier": "abstol=1e-12 vntol=1e-6 chgtol=1e-14 trtol=700", "e": "abstol=1e-12 vntol=1e-6 chgtol=1e-14 trtol=700"}


def netlist(name, folder):
    if name in WORKLOADS:
        path = os.path.join(folder, WORKLOADS[name])
        if not os.path.exists(path):
            subprocess.run([sys.executable, os.path.join(HERE, "workloads.py"), folder], check=True)
    else:
        path = os.path.join(ROOT, "tests", "compat", name + ".cir")
    return open(path).read().splitlines()


def variant(lines, stop, step, options, signals):
    """The deck with its transient alone, up to `stop` by steps of at most `step`."""
    out = []
    for line in lines:
        words = line.lower().split()
        card = words[0] if words else ""
        if card in (".op", ".dc", ".ac", ".meas", ".save"):
            continue
        if card == ".end":
            break
        if card == ".tran":
            print_step = min(number(words[1]), number(step))
            line = f".tran {print_step:.6g} {stop} 0 {step}" + (" uic" if "uic" in words else "")
        out.append(line)
    return "\n".join(out + [f".options {options}", f".save {signals}", ".end", ""])


def last_plot(path):
    """The columns of the last plot of a real binary rawfile, by lower-case name."""
    data = open(path, "rb").read()
    mark = b"Binary:\n"
    at = data.rindex(b"No. Points:")
    body = data.index(mark, at) + len(mark)
    head = data[data.rindex(b"No. Variables:", 0, at):body].decode()
    n, points = (int(re.search(rf"No\. {what}: *(\d+)", head).group(1)) for what in ("Variables", "Points"))
    names = [line.split()[1].lower() for line in head[head.rindex("Variables:\n") + 11:].splitlines()[:n]]
    return dict(zip(names, np.frombuffer(data, "<f8", n * points, body).reshape(points, n).T))


def run(command, folder):
    """User time (s); stops where a program fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)} exits {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


class Programs:
    """Both simulators: a netlist in, user time and waves out."""

    def __init__(self, memspice, folder):
        self.memspice, self.folder = memspice, folder

    def __call__(self, program, text):
        with open(os.path.join(self.folder, "deck.cir"), "w") as out:
            out.write(text)
        if program == "memspice":
            raw = "ours/deck/deck.raw"
            command = [self.memspice, "run", "deck.cir", "--format", "raw", "-o", "ours", "--quiet"]
        else:
            raw = "theirs.raw"
            command = ["ngspice", "-b", "-r", raw, "deck.cir"]
        raw = os.path.join(self.folder, raw)
        if os.path.exists(raw):
            os.remove(raw)
        seconds = run(command, self.folder)
        return seconds, last_plot(raw)


def period(wave, signal):
    """Mean over all periods of the second half."""
    t, v = wave["time"], wave[signal]
    middle = (v[len(v) // 2:].max() + v[len(v) // 2:].min()) / 2
    k = np.nonzero((v[:-1] < middle) & (v[1:] >= middle))[0]
    rises = t[k] + (t[k + 1] - t[k]) * (middle - v[k]) / (v[k + 1] - v[k])
    rises = rises[rises > t[-1] / 2]
    return (rises[-1] - rises[0]) / (len(rises) - 1)


def error(wave, reference, signals, oscillates):
    worst = 0.0
    for signal in signals.lower().split():
        if oscillates:
            worst = max(worst, abs(period(wave, signal) / period(reference, signal) - 1))
            continue
        t = wave["time"]
        square = (wave[signal] - np.interp(t, reference["time"], reference[signal])) ** 2
        mean = np.sum((square[1:] + square[:-1]) / 2 * np.diff(t)) / (t[-1] - t[0])
        worst = max(worst, math.sqrt(mean) / np.ptp(reference[signal]))
    return worst


def measure(name, programs, runs):
    """(floor, {program: [(user time, error, points) by tolerance]})"""
    stop, step, fine, signals, oscillates = DECKS[name]
    lines = netlist(name, programs.folder)
    own = OWN.get(name, "").split()
    said = {o.split("=")[0] for o in own}
    tight = " ".join([o for o in TIGHT.split() if o.split("=")[0] not in said] + own)
    text = variant(lines, stop, fine, tight, signals)
    _, reference = programs("ngspice", text)
    floor = error(programs("memspice", text)[1], reference, signals, oscillates)
    found = {"memspice": [], "ngspice": []}
    for reltol in TOLERANCES:
        options = f"reltol={reltol:g} abstol={1e-9 * reltol:g} vntol={1e-3 * reltol:g} chgtol={1e-11 * reltol:g}"
        text = variant(lines, stop, step, options, signals)
        seconds, wave = {p: [] for p in found}, {}
        for _ in range(runs):
            for program in found:
                t, wave[program] = programs(program, text)
                seconds[program].append(t)
        for program, list_ in found.items():
            e = error(wave[program], reference, signals, oscillates)
            list_.append((statistics.median(seconds[program]), e, len(wave[program]["time"])))
    return floor, found


# The picture

WIDTH, HEIGHT, LEFT, TOP = 224, 200, 44, 40
COLORS = {"memspice": "#0b5cad", "ngspice": "#c2571a"}


def decades(values):
    return math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))


def panel(name, floor, found, x0, y0):
    points = [p for program in found.values() for p in program]
    (xa, xb), (ya, yb) = decades([p[0] for p in points]), decades([p[1] for p in points])
    w, h = WIDTH - LEFT - 14, HEIGHT - TOP - 30
    x = lambda v: x0 + LEFT + w * (math.log10(v) - xa) / (xb - xa)
    y = lambda v: y0 + TOP + h * (1 - (math.log10(v) - ya) / (yb - ya))
    out = [f'<text x="{x0 + LEFT}" y="{y0 + TOP - 8}" font-weight="bold">{name}</text>']
    label = lambda e: f'10<tspan dy="-4" font-size="8">{str(e).replace("-", "−")}</tspan>'
    for e in range(xa, xb + 1):
        at = x(10.0 ** e)
        out.append(f'<path d="M{at:.1f} {y0 + TOP}v{h}" stroke="#ddd"/>')
        out.append(f'<text x="{at:.1f}" y="{y0 + TOP + h + 15}" text-anchor="middle">{label(e)}</text>')
    for e in range(ya, yb + 1):
        at = y(10.0 ** e)
        out.append(f'<path d="M{x0 + LEFT} {at:.1f}h{w}" stroke="#ddd"/>')
        out.append(f'<text x="{x0 + LEFT - 5}" y="{at + 4:.1f}" text-anchor="end">{label(e)}</text>')
    if 10.0 ** ya < floor < 10.0 ** yb:
        out.append(f'<path d="M{x0 + LEFT} {y(floor):.1f}h{w}" stroke="#888" stroke-dasharray="2 3"/>')
    for program, list_ in found.items():
        color = COLORS[program]
        line = " ".join(f"{x(t):.1f},{y(e):.1f}" for t, e, _ in list_)
        out.append(f'<polyline points="{line}" fill="none" stroke="{color}" stroke-width="1.6"/>')
        for t, e, _ in list_:
            if program == "memspice":
                out.append(f'<circle cx="{x(t):.1f}" cy="{y(e):.1f}" r="3.2" fill="{color}"/>')
            else:
                out.append(f'<rect x="{x(t) - 3:.1f}" y="{y(e) - 3:.1f}" width="6" height="6" fill="{color}"/>')
    return out


def picture(results):
    columns = 5
    rows = math.ceil(len(results) / columns)
    width, height = columns * WIDTH + 20, rows * HEIGHT + 60
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
           'font-family="sans-serif" font-size="11" fill="#222">', f'<rect width="{width}" height="{height}" fill="#fff"/>',
           '<text x="44" y="24" font-size="14">Error against user time (s) at reltol 10⁻³, 10⁻⁴, 10⁻⁵</text>']
    for k, program in enumerate(COLORS):
        x = width - 260 + 120 * k
        mark = (f'<circle cx="{x}" cy="20" r="4" fill="{COLORS[program]}"/>' if program == "memspice" else
                f'<rect x="{x - 4}" y="16" width="8" height="8" fill="{COLORS[program]}"/>')
        out.append(f'{mark}<text x="{x + 10}" y="24">{program}</text>')
    for k, (name, (floor, found)) in enumerate(results.items()):
        out += panel(name, floor, found, WIDTH * (k % columns), 30 + HEIGHT * (k // columns))
    return "\n".join(out + ["</svg>", ""])


def table(results, version, runs):
    head = f"""
From here to the next section made by `benches/work_precision.py -n {runs}` with {version}. What is measured and how stands at the
head of that script. User times in seconds are medians of {runs} runs on a machine that did other work besides: trust ratios,
not times. The same error costs less where a curve lies further left.

![error against user time](pictures/work_precision.svg)

| deck | floor | reltol | memspice error | time | points | ngspice error | time | points |
|---|---|---|---|---|---|---|---|---|
"""
    rows = []
    for name, (floor, found) in results.items():
        for k, reltol in enumerate(TOLERANCES):
            ours, theirs = found["memspice"][k], found["ngspice"][k]
            start = f"| `{name}` | {floor:.0e} " if k == 0 else "| | "
            cells = " | ".join(f"{e:.1e} | {t:.3f} | {n}" for t, e, n in (ours, theirs))
            rows.append(f"{start}| {reltol:.0e} | {cells} |")
    decks = "\n".join(
        f"| `{name}` | {stop} | {step} | {fine} | {signals} | {'period' if oscillates else 'wave'} |"
        for name, (stop, step, fine, signals, oscillates) in DECKS.items() if name in results)
    return head + "\n".join(rows) + """

In deck a the steps are fixed by the deck.

| deck | stop, s | largest step | step of the reference | signals | error of |
|---|---|---|---|---|---|
""" + decks + "\n\n"


def main():
    args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args.add_argument("decks", nargs="*", default=[], help=" ".join(DECKS))
    args.add_argument("-n", type=int, default=5, help="runs of each")
    args.add_argument("-m", default=os.path.join(ROOT, "target", "release", "memspice"), help="memspice binary")
    args = args.parse_args()
    memspice = os.path.abspath(args.m)
    if not os.path.exists(memspice):
        sys.exit(f"{memspice} is missing: cargo build --release")
    version = re.search(r"ngspice-\S+", subprocess.run(["ngspice", "--version"], capture_output=True, text=True).stdout)
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        programs = Programs(memspice, folder)
        for name in args.decks or DECKS:
            results[name] = measure(name, programs, args.n)
            floor, found = results[name]
            print(f"{name}: floor {floor:.1e}")
            for program, list_ in found.items():
                print(f"  {program:9}" + "   ".join(f"{e:.1e} in {t:.3f} s, {n} points" for t, e, n in list_), flush=True)
    if not args.decks:
        os.makedirs(os.path.join(ROOT, "docs", "pictures"), exist_ok=True)
        with open(os.path.join(ROOT, "docs", "pictures", "work_precision.svg"), "w") as out:
            out.write(picture(results))
        path = os.path.join(ROOT, "docs", "accuracy.md")
        text = open(path).read()
        start = text.index(SECTION) + len(SECTION)
        with open(path, "w") as out:
            out.write(text[:start] + table(results, version.group(0), args.n) + text[text.index("## ", start):])


if __name__ == "__main__":
    main()

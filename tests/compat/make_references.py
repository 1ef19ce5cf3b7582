#!/usr/bin/env python3
"""Computes the reference beside each compat deck with ngspice, and ngspice's own error at its default settings.

    tests/compat/make_references.py            all decks, and tests/rawfile/divider.raw
    tests/compat/make_references.py rc_lowpass ring5
    tests/compat/make_references.py --into FOLDER          elsewhere, leaving the stored ones alone

For NAME.cir it writes NAME.ref (sections [op], [dc], [ac], [tran], [meas]), and a row for each signal in
ngspice_default_errors.csv. The deck itself says what is compared, in comments:

    * compare: op V(out) I(V1)             to 1e-6 max(|v|, 1 mV); currents to 1e-6 max(|i|, 1 uA)
    * compare: dc V(out)                   likewise, every row of the sweep
    * compare: ac V(out)                   to 1e-6 of the largest magnitude
    * compare: tran wave V(out)            to 0.1 % of the signal's range
    * compare: tran oscillator V(out)      period and amplitude to 0.1 %
    * compare: meas trise                  to 0.1 %
    * reference: PATTERN -> TEXT           rewrites lines for the reference, where ngspice would not find its way
    * tight: max=10n method=gear           largest step of the tight transient, and options it needs

Two copies of the deck are run. The static one (.op .dc .ac, no .tran) has the options STATIC appended; the transient
one (only .tran and its .meas) has TRANSIENT appended and the largest step as the fourth argument of .tran. tests/compat.rs
makes the same two copies for memspice. The transient reference is computed a second time with half the largest step;
the difference is the column `reference` of ngspice_default_errors.csv.
"""

import os
import re
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
STATIC = "reltol=1e-9 abstol=1e-16 vntol=1e-12 itl1=1000 itl2=1000"
TRANSIENT = "reltol=1e-6 abstol=1e-14 vntol=1e-9 chgtol=1e-16 itl4=100"
POINTS = 180


def number(text):
    m = re.match(r"^([+-]?[\d.]+(?:e[+-]?\d+)?)(meg|mil|[tgkmunpf])?", text.strip().lower())
    scale = {None: 1, "t": 1e12, "g": 1e9, "meg": 1e6, "k": 1e3, "m": 1e-3, "u": 1e-6, "n": 1e-9, "p": 1e-12,
             "f": 1e-15, "mil": 25.4e-6}
    return float(m.group(1)) * scale[m.group(2)]


class Deck:
    """A deck and what its comments say is compared."""

    def __init__(self, path):
        self.path = path
        self.name = os.path.basename(path)[:-4]
        self.lines = open(path).read().splitlines()
        self.compare = []
        self.max_step = None
        self.rewrite = None
        self.options = ""
        for line in self.lines:
            if m := re.match(r"\* compare: (\w+) (.*)", line):
                analysis, rest = m.group(1), m.group(2).split()
                kind = rest.pop(0) if analysis == "tran" else analysis
                self.compare.append((analysis, kind, rest))
            if m := re.match(r"\* reference: (.*) -> (.*)", line):
                self.rewrite = m.groups()
            if m := re.match(r"\* tight: max=(\S+)\s*(.*)", line):
                self.max_step, self.options = number(m.group(1)), m.group(2)
        cards = [line.lower().split()[0] for line in self.lines if line.startswith(".")]
        self.is_static = any(c in (".op", ".dc", ".ac") for c in cards)
        self.is_transient = ".tran" in cards

    def variant(self, drop, options, max_step=None, save=()):
        """The deck without the cards in `drop`, with options and a largest step."""
        out = []
        for line in self.lines:
            words = line.lower().split()
            card = words[0] if words else ""
            if card in drop or (card == ".meas" and ".tran" in drop):
                continue
            if card == ".end":
                break
            if card == ".tran" and max_step is not None:
                uic = " uic" if words[-1] == "uic" else ""
                args = [w for w in words[1:] if w != "uic"]
                start = args[2] if len(args) > 2 else "0"
                line = f".tran {args[0]} {args[1]} {start} {max_step:.9g}{uic}"
            out.append(line)
        if options:
            out.append(f".options {options}")
        if save:
            out.append(".save " + " ".join(save))
        return "\n".join(out + [".end", ""])

    def static(self, tight):
        signals = [s for a, _, names in self.compare if a in ("op", "dc", "ac") for s in names]
        text = self.variant({".tran"}, STATIC if tight else "", save=sorted(set(signals)))
        return re.sub(*self.rewrite, text) if tight and self.rewrite else text

    def tight_options(self):
        """TRANSIENT with what the deck says otherwise: of two values of one option ngspice takes the first."""
        own = self.options.split()
        names = {o.split("=")[0] for o in own}
        return " ".join([o for o in TRANSIENT.split() if o.split("=")[0] not in names] + own)

    def transient(self, tight, halve=1):
        signals = [s for a, _, names in self.compare if a == "tran" for s in names]
        options = self.tight_options() if tight else ""
        step = self.max_step / halve if tight else None
        return self.variant({".op", ".dc", ".ac"}, options, step, save=sorted(set(signals)))


def read_raw(path):
    """The plots of a binary rawfile: [(plot name, variable names, rows)]."""
    data = open(path, "rb").read()
    plots, at = [], 0
    while at < len(data):
        end = data.index(b"Binary:\n", at) + 8
        head = data[at:end].decode()
        field = lambda key: re.search(rf"^{key}: *(.*)$", head, re.M).group(1).strip()
        n, points = int(field("No. Variables")), int(field("No. Points"))
        names = [line.split()[1].lower() for line in head[head.index("Variables:\n") + 11:].splitlines()[:n]]
        width = 2 if "complex" in field("Flags") else 1
        values = struct.unpack_from(f"<{n * points * width}d", data, end)
        rows = [values[i * n * width:(i + 1) * n * width] for i in range(points)]
        if width == 2:
            rows = [[complex(r[2 * k], r[2 * k + 1]) for k in range(n)] for r in rows]
        plots.append((field("Plotname").lower(), names, rows))
        at = end + 8 * n * points * width
    return plots


def ngspice(text, folder, raw):
    """Runs a deck; its plots by analysis (raw), or what it prints (for .meas, which ngspice skips when it writes raw)."""
    deck, out = os.path.join(folder, "deck.cir"), os.path.join(folder, "out.raw")
    open(deck, "w").write(text)
    if os.path.exists(out):
        os.remove(out)
    command = ["ngspice", "-b"] + (["-r", out] if raw else []) + [deck]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    if not raw:
        return done.stdout
    if not os.path.exists(out):
        sys.exit(f"ngspice failed:\n{text}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    if "aborted" in done.stdout + done.stderr:
        sys.exit(f"ngspice gave up:\n{text}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    found = {}
    for plot, names, rows in read_raw(out):
        for key, words in (("op", "operating point"), ("dc", "dc transfer"), ("ac", "ac analysis"), ("tran", "transient")):
            if words in plot:
                found[key] = (names, rows)
    return found


def measures(printed):
    found = {}
    for m in re.finditer(r"^(\w+)\s*=\s*([-+\d.e]+)", printed, re.M):
        found[m.group(1).lower()] = float(m.group(2))
    return found


def at(times, values, t):
    """Linear interpolation."""
    low, high = 0, len(times) - 1
    if t <= times[0]:
        return values[0]
    if t >= times[-1]:
        return values[-1]
    while high - low > 1:
        mid = (low + high) // 2
        low, high = (mid, high) if times[mid] <= t else (low, mid)
    w = (t - times[low]) / (times[high] - times[low])
    return values[low] + w * (values[high] - values[low])


def grid(times, curves):
    """Half of the points evenly in time, half evenly along the curves, so that edges are looked at too."""
    start, stop = times[0], times[-1]
    even = [start + (stop - start) * k / (POINTS // 2) for k in range(1, POINTS // 2 + 1)]
    length = [0.0]
    spans = [max(c) - min(c) or 1.0 for c in curves]
    for k in range(1, len(times)):
        length.append(length[-1] + sum(abs(c[k] - c[k - 1]) / s for c, s in zip(curves, spans)))
    along = [at(length, times, length[-1] * (k + 0.5) / (POINTS // 2)) for k in range(POINTS // 2)] if length[-1] else []
    return sorted(set(even + along))


def oscillation(times, values):
    """Mean period over the last four periods and peak-to-peak amplitude over the last two."""
    half = len(times) // 2
    middle = (max(values[half:]) + min(values[half:])) / 2
    rises = [times[k - 1] + (times[k] - times[k - 1]) * (middle - values[k - 1]) / (values[k] - values[k - 1])
             for k in range(1, len(times)) if values[k - 1] < middle <= values[k]]
    n = min(4, len(rises) - 1)
    period = (rises[-1] - rises[-1 - n]) / n
    tail = [v for t, v in zip(times, values) if t >= rises[-1 - min(2, n)]]
    return period, max(tail) - min(tail)


def column(found, analysis, signal):
    names, rows = found[analysis]
    k = names.index(signal.lower())
    return [r[k] for r in rows]


def write_reference(deck, static, tran, meas, version, into):
    lines = [f"# {version}: ngspice -b -r out.raw {deck.name}.cir, regenerated by make_references.py"]
    for analysis, kind, signals in deck.compare:
        if analysis == "op":
            lines += [f"# .options {STATIC}", "[op]", "name,value"]
            lines += [f"{s},{column(static, 'op', s)[0]:.12g}" for s in signals]
        elif analysis in ("dc", "ac"):
            names, rows = static[analysis]
            ks = [0] + [names.index(s.lower()) for s in signals]
            head = [names[0]]
            for s in signals:
                head += [s] if analysis == "dc" else [f"re({s})", f"im({s})"]
            lines += [f"# .options {STATIC}", f"[{analysis}]", ",".join(head)]
            for r in rows:
                if analysis == "dc":
                    lines.append(",".join(f"{r[k]:.12g}" for k in ks))
                else:
                    cells = [f"{r[0].real:.12g}"]
                    for k in ks[1:]:
                        cells += [f"{r[k].real:.10g}", f"{r[k].imag:.10g}"]
                    lines.append(",".join(cells))
        elif analysis == "tran":
            said = f"# .options {deck.tight_options()}, largest step {deck.max_step:.9g}"
            times = column(tran, "tran", "time")
            curves = [column(tran, "tran", s) for s in signals]
            if kind == "oscillator":
                lines += [said, "[oscillator]", "name,period,amplitude"]
                for s, c in zip(signals, curves):
                    period, amplitude = oscillation(times, c)
                    lines.append(f"{s},{period:.9g},{amplitude:.9g}")
            else:
                lines += [said, "[tran]", ",".join(["time"] + signals)]
                lines.append(",".join(["range"] + [f"{max(c) - min(c):.7g}" for c in curves]))
                for t in grid(times, curves):
                    lines.append(",".join([f"{t:.12g}"] + [f"{at(times, c, t):.9g}" for c in curves]))
        elif analysis == "meas":
            lines += ["[meas]", "name,value"]
            lines += [f"{s},{meas[s.lower()]:.9g}" for s in signals]
    open(os.path.join(into, deck.name + ".ref"), "w").write("\n".join(lines) + "\n")


def deviation(deck, kind, signal, analysis, one, other):
    """How far `one` is from `other`, as compat.rs measures it: 1 is the whole range."""
    if one is None:
        return float("inf")
    if analysis == "meas":
        return abs(one[signal.lower()] - other[signal.lower()]) / max(abs(other[signal.lower()]), 1e-15)
    if analysis == "tran":
        t1, t2 = column(one, "tran", "time"), column(other, "tran", "time")
        c1, c2 = column(one, "tran", signal), column(other, "tran", signal)
        if kind == "oscillator":
            (p1, a1), (p2, a2) = oscillation(t1, c1), oscillation(t2, c2)
            return max(abs(p1 / p2 - 1), abs(a1 / a2 - 1))
        all_signals = next(names for a, _, names in deck.compare if a == "tran")
        points = grid(t2, [column(other, "tran", s) for s in all_signals])
        return max(abs(at(t1, c1, t) - at(t2, c2, t)) for t in points) / (max(c2) - min(c2) or 1.0)
    c1, c2 = column(one, analysis, signal), column(other, analysis, signal)
    if analysis == "ac":
        return max(abs(a - b) for a, b in zip(c1, c2)) / max(abs(b) for b in c2)
    floor = 1e-3 if signal.lower().startswith("v") else 1e-6
    return max(abs(a - b) / max(abs(b), floor) for a, b in zip(c1, c2))


def write_rawfile():
    """The rawfile that tests/rawfile.rs holds ours against."""
    subprocess.run(["ngspice", "-b", "-r", "divider.raw", "divider.cir"], cwd=os.path.join(HERE, "..", "rawfile"),
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)


def main():
    version = re.search(r"ngspice-\S+", subprocess.run(["ngspice", "--version"], capture_output=True, text=True).stdout)
    version = version.group(0)
    asked, into = sys.argv[1:], HERE
    if asked[:1] == ["--into"]:
        into, asked = asked[1], asked[2:]
    names = [a.removesuffix(".cir") for a in asked] or sorted(f[:-4] for f in os.listdir(HERE) if f.endswith(".cir"))
    if not asked and into == HERE:
        write_rawfile()
    table = os.path.join(into, "ngspice_default_errors.csv")
    rows = {}
    if os.path.exists(table):
        for line in open(table).read().splitlines():
            if not line.startswith("#") and not line.startswith("deck,"):
                cells = line.rsplit(",", 2)
                rows[cells[0]] = cells[1:]
    for name in names:
        deck = Deck(os.path.join(HERE, name + ".cir"))
        rows = {k: v for k, v in rows.items() if k.split(",")[0] != name}
        static = tran = meas = static0 = tran0 = meas0 = fine = fine_meas = None
        with tempfile.TemporaryDirectory() as folder:
            if deck.is_static:
                static = ngspice(deck.static(True), folder, True)
                try:
                    static0 = ngspice(deck.static(False), folder, True)
                except subprocess.TimeoutExpired:
                    static0 = None
            if deck.is_transient:
                tran, tran0 = (ngspice(deck.transient(t), folder, True) for t in (True, False))
                fine = ngspice(deck.transient(True, 2), folder, True)
            if any(a == "meas" for a, _, _ in deck.compare):
                meas, meas0 = (measures(ngspice(deck.transient(t), folder, False)) for t in (True, False))
                fine_meas = measures(ngspice(deck.transient(True, 2), folder, False))
        write_reference(deck, static, tran, meas, version, into)
        worst = [0.0, 0.0]
        for analysis, kind, signals in deck.compare:
            tight, default, finer = {"tran": (tran, tran0, fine), "meas": (meas, meas0, fine_meas)}.get(
                analysis, (static, static0, static))
            for s in signals:
                d = deviation(deck, kind, s, analysis, default, tight)
                r = deviation(deck, kind, s, analysis, tight, finer)
                rows[f"{name},{analysis},{kind},{s}"] = [f"{d:.3e}", f"{r:.1e}"]
                worst = [max(worst[0], d), max(worst[1], r)] if analysis in ("tran", "meas") else worst
        points = len(tran["tran"][1]) if tran else 0
        print(f"{name:28} default {worst[0]:.1e}  reference {worst[1]:.1e}  points {points}", flush=True)
    with open(table, "w") as out:
        out.write(f"# {version} at its default settings against the references; `reference`: the reference against half its step\n")
        out.write("deck,analysis,kind,signal,default,reference\n")
        for key in sorted(rows):
            out.write(",".join([key] + rows[key]) + "\n")


if __name__ == "__main__":
    main()

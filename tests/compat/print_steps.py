#!/usr/bin/env python3
"""How much of an error at default settings is chance: decks run with print steps of 0.9 to 1.1 times their own.

    tests/compat/print_steps.py MEMSPICE bridge_rectifier charge_pump

The print step of `.tran` bounds the largest step, and so says where points fall; of a wave that is compared on lines between
points the error changes with it. Prints least, median and largest error of eleven runs of both programs, measured as in
make_references.py, and the median of their points. Where the ranges overlap neither program is the better one.
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile

from make_references import HERE, Deck, deviation, ngspice, number, read_raw

FACTORS = [0.9 + 0.02 * k for k in range(11)]


def scaled(text, factor):
    """The netlist with another print step."""
    card = lambda m: f"{m.group(1)}{number(m.group(2)) * factor:.9g} "
    return re.sub(r"^(\.tran\s+)(\S+)\s", card, text, flags=re.M)


def memspice(binary, text, folder):
    with open(os.path.join(folder, "deck.cir"), "w") as out:
        out.write(text)
    command = [binary, "run", "deck.cir", "--format", "raw", "-o", "ours", "--quiet"]
    subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, check=True)
    _, names, rows = read_raw(os.path.join(folder, "ours", "deck", "deck.raw"))[-1]
    return {"tran": (names, rows)}


def main():
    binary = os.path.abspath(sys.argv[1])
    for name in sys.argv[2:]:
        deck = Deck(os.path.join(HERE, name + ".cir"))
        errors = {}
        with tempfile.TemporaryDirectory() as folder:
            tight = ngspice(deck.transient(True), folder, True)
            for factor in FACTORS:
                text = scaled(deck.transient(False), factor)
                for program, run in (("memspice", memspice(binary, text, folder)), ("ngspice", ngspice(text, folder, True))):
                    for analysis, kind, signals in deck.compare:
                        for s in signals if analysis == "tran" else []:
                            e = deviation(deck, kind, s, analysis, run, tight)
                            errors.setdefault((s, program), []).append((e, len(run["tran"][1])))
        for (s, program), found in sorted(errors.items()):
            e = sorted(e for e, _ in found)
            points = statistics.median(n for _, n in found)
            print(f"{name:24}{s:8}{program:10}{e[0]:.1e} {statistics.median(e):.1e} {e[-1]:.1e}  {points:.0f} points", flush=True)


if __name__ == "__main__":
    main()

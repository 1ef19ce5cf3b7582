#!/usr/bin/env python3
"""Times memspice against ngspice on the agreed workloads and prints ratios of medians (user time, ngspice / memspice).

    cargo build --release
    benches/compare_ngspice.py                  decks a, b, d(64), e; five runs each, alternating
    benches/compare_ngspice.py -n 11 b d        eleven runs of two of them
    benches/compare_ngspice.py -m PATH          another memspice binary

Both write binary rawfiles. A deck counts only if both exit with status 0; how far their last points are apart is printed,
relative to each column's largest value (the phase of an oscillator at its end is no measure of error). User time of the
child process, so that a busy machine distorts it least; the runs alternate for the same reason.
"""

import argparse
import array
import glob
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
DECKS = {
    "a": "a_rc_ladder_10000.cir",
    "b": "b_ring51_100ns.cir",
    "b1": "b_ring51_1us.cir",
    "c1": "c1_joglekar_1dev.cir",
    "c2": "c2_vteam_1dev.cir",
    "c3": "c3_vteam_xbar8.cir",
    "d": "d_xbar_op_64.cir",
    "d128": "d_xbar_op_128.cir",
    "e": "e_fullwave.cir",
}


def user_time(command, folder):
    """Runs a command; its user time in seconds and its exit status."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    done = subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before, done.returncode


def last_row(path):
    """Of the last plot of a real rawfile: the last value and the largest magnitude of each column, by lower-case name."""
    data = open(path, "rb").read()
    at = data.rindex(b"Binary:\n")
    head = data[:at].decode(errors="replace")
    head = head[head.rindex("Title:"):]
    n = int(re.search(r"No\. Variables: *(\d+)", head).group(1))
    names = [line.split()[1].lower() for line in head[head.index("Variables:\n") + 11:].splitlines()[:n]]
    values = array.array("d", data[at + 8:])
    return {name: (values[k - n], max(abs(v) for v in values[k::n])) for k, name in enumerate(names)}


def compare_last(one, other):
    """The largest difference between the ends of the columns both have, relative to the column's largest value."""
    common = set(one) & set(other) - {"time"}
    return max((abs(one[k][0] - other[k][0]) / (other[k][1] or 1.0) for k in common), default=float("nan"))


def main():
    args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args.add_argument("decks", nargs="*", default=["a", "b", "d", "e"], help=" ".join(DECKS))
    args.add_argument("-n", type=int, default=5, help="runs of each")
    args.add_argument("-m", default=os.path.join(HERE, "..", "target", "release", "memspice"), help="memspice binary")
    args = args.parse_args()
    memspice = os.path.abspath(args.m)
    if not os.path.exists(memspice):
        sys.exit(f"{memspice} is missing: cargo build --release")
    print(f"{'deck':22} {'memspice s':>11} {'ngspice s':>10} {'ratio':>6}  last point differs by")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, os.path.join(HERE, "workloads.py"), folder], check=True)
        for key in args.decks:
            deck = DECKS[key]
            ours, theirs, failed = [], [], None
            for _ in range(args.n):
                t, status = user_time([memspice, "run", deck, "--format", "raw", "-o", "ours", "--quiet"], folder)
                ours.append(t)
                failed = failed or (status and f"memspice exits {status}")
                t, status = user_time(["ngspice", "-b", "-r", "theirs.raw", deck], folder)
                theirs.append(t)
                failed = failed or (status and f"ngspice exits {status}")
            raws = glob.glob(os.path.join(folder, "ours", "**", "*.raw"), recursive=True)
            apart = "no rawfile"
            if raws and not failed:
                newest = max(raws, key=os.path.getmtime)
                apart = f"{compare_last(last_row(newest), last_row(os.path.join(folder, 'theirs.raw'))):.1e}"
            a, b = statistics.median(ours), statistics.median(theirs)
            print(f"{deck:22} {a:11.3f} {b:10.3f} {b / a if a else float('inf'):6.2f}  {failed or apart}", flush=True)


if __name__ == "__main__":
    main()

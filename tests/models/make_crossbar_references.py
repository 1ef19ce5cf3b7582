#!/usr/bin/env python3
"""Integrates the 8 x 8 VTEAM crossbars (workload c3) by scipy: references/crossbar_{biolek,stiff,dexp}.csv and the start
values and drives that tests/models.rs builds the netlists from, references/crossbar_{start,drive}.csv.

    tests/models/make_crossbar_references.py            all three, some minutes

64 states; the wires (2 ohm a segment, 10 ohm into a row, 50 ohm out of a column) are solved densely for every evaluation, and
the Jacobian of the states is exact. The 0.1 fF at each node are left out: 8e-8 A at the edges, into the sources. Radau,
rtol 1e-8, restarted at each corner of a drive.
"""

import os
import random
import sys

import numpy as np
import scipy
from scipy.integrate import Radau

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "references")
N, STOP, ROWS = 8, 1e-6, 200
RW, RIN, ROUT = 2.0, 10.0, 50.0


def start():
    """Amplitude (V) and delay (ns) of each row, start value of each state, rounded as workload c3 writes them."""
    rng = random.Random(1234)
    drives = []
    for _ in range(N):
        amplitude = 0.5 + 1.5 * rng.random()
        drives.append((round(amplitude, 4), round(rng.random() * 50, 2)))
    return drives, np.array([[round(0.05 + 0.9 * rng.random(), 4) for _ in range(N)] for _ in range(N)])


DRIVES, X0 = start()


def rows(t):
    """Voltage of each row: PULSE(-a a delay 5n 5n 45n 100n)."""
    out = []
    for a, delay in DRIVES:
        s = t * 1e9 - delay
        if s < 0:
            out.append(-a)
            continue
        s %= 100
        out.append(np.interp(s, [0, 5, 50, 55, 100], [-a, a, a, -a, -a]))
    return np.array(out)


def corners():
    times = {0.0, STOP}
    for _, delay in DRIVES:
        for period in range(-1, 11):
            for edge in (0, 5, 50, 55):
                t = round((delay + 100 * period + edge), 6) * 1e-9
                if delay + 100 * period >= 0 and 0 < t < STOP:
                    times.add(t)
    return sorted(times)


class Wires:
    """Conductances of everything but the memristors; nodes w[r,c] then b[r,c]."""

    def __init__(self):
        self.y = np.zeros((2 * N * N, 2 * N * N))
        self.inject = np.zeros((2 * N * N, N))
        w = lambda r, c: r * N + c
        b = lambda r, c: N * N + r * N + c
        for r in range(N):
            self.y[w(r, 0), w(r, 0)] += 1 / RIN
            self.inject[w(r, 0), r] = 1 / RIN
            for c in range(N):
                if c + 1 < N:
                    self.join(w(r, c), w(r, c + 1), 1 / RW)
                if r + 1 < N:
                    self.join(b(r, c), b(r + 1, c), 1 / RW)
        for c in range(N):
            self.y[b(N - 1, c), b(N - 1, c)] += 1 / ROUT
        self.out = [b(N - 1, c) for c in range(N)]
        self.up = np.arange(N * N)
        self.down = N * N + np.arange(N * N)

    def join(self, a, b, g):
        self.y[a, a] += g
        self.y[b, b] += g
        self.y[a, b] -= g
        self.y[b, a] -= g

    def solve(self, g, v, sensitive=False):
        """Voltages of the nodes, and S = A' Y^-1 A over the memristors."""
        y = self.y.copy()
        y[self.up, self.up] += g
        y[self.down, self.down] += g
        y[self.up, self.down] -= g
        y[self.down, self.up] -= g
        if not sensitive:
            return np.linalg.solve(y, self.inject @ v), None
        inverse = np.linalg.inv(y)
        across = inverse[self.up] - inverse[self.down]
        return inverse @ (self.inject @ v), across[:, self.up] - across[:, self.down]


WIRES = Wires()


class Model:
    def __init__(self, ron, roff, von, voff, kon, koff, aon, aoff, window):
        self.ron, self.roff, self.von, self.voff = ron, roff, von, voff
        self.kon, self.koff, self.aon, self.aoff, self.window, self.d = kon, koff, aon, aoff, window, 3e-9

    def conductance(self, x):
        r = self.ron + (self.roff - self.ron) * x
        return 1 / r, -(self.roff - self.ron) / r**2

    def rate(self, v, x):
        """dx/dt and its derivatives by v and x, element by element."""
        up, down = v > self.voff, v < self.von
        wo, dwo, wn, dwn = self.window(x)
        p = np.where(up, v / self.voff - 1, 0)
        m = np.where(down, v / self.von - 1, 0)
        f = self.koff / self.d * p**self.aoff * wo + self.kon / self.d * m**self.aon * wn
        fv = (self.koff / self.d * self.aoff * p ** (self.aoff - 1) / self.voff * wo * up
              + self.kon / self.d * self.aon * m ** (self.aon - 1) / self.von * wn * down)
        fx = self.koff / self.d * p**self.aoff * dwo + self.kon / self.d * m**self.aon * dwn
        return f, fv, fx

    def f(self, t, x):
        g, _ = self.conductance(x)
        u, _ = WIRES.solve(g, rows(t))
        return self.rate(u[WIRES.up] - u[WIRES.down], x)[0]

    def jacobian(self, t, x):
        g, dg = self.conductance(x)
        u, s = WIRES.solve(g, rows(t), True)
        v = u[WIRES.up] - u[WIRES.down]
        _, fv, fx = self.rate(v, x)
        return np.diag(fx) - fv[:, None] * s * (dg * v)[None, :]

    def outputs(self, t, x):
        return WIRES.solve(self.conductance(x)[0], rows(t))[0][WIRES.out]


def biolek(x):
    size = np.abs(x)
    return 1 - size**4, -4 * x**3, 1 - np.abs(1 - x) ** 4, 4 * (1 - x) ** 3


def dexp(x):
    e, o = np.exp(np.minimum((x - 0.98) * 50, 50)), np.exp(np.minimum((0.02 - x) * 50, 50))
    wo, wn = np.exp(-e), np.exp(-o)
    return wo, -50 * e * wo, wn, 50 * o * wn


MODELS = {
    "biolek": Model(10e3, 1e6, -0.7, 0.7, -0.3, 0.3, 3, 3, biolek),
    "stiff": Model(1e3, 300e3, -1.5, 0.3, -216.2, 0.091, 4, 4, biolek),
    "dexp": Model(10e3, 1e6, -0.7, 0.7, -0.3, 0.3, 3, 3, dexp),
}


def integrate(model):
    grid = np.linspace(0, STOP, ROWS)
    out = np.zeros((ROWS, N))
    x = X0.ravel().copy()
    out[0] = model.outputs(0.0, x)
    steps, least = 0, np.inf
    ends = corners()
    for left, right in zip(ends, ends[1:]):
        # Time in units of the segment, so that rounding of t does not limit the step.
        span = right - left
        solver = Radau(lambda s, y: span * model.f(left + s * span, y), 0.0, x, 1.0, rtol=1e-8, atol=1e-11,
                       jac=lambda s, y: span * model.jacobian(left + s * span, y))
        while solver.status == "running":
            message = solver.step()
            if solver.status == "failed":
                raise RuntimeError(f"{message} at {left + solver.t * span}")
            steps += 1
            least = min(least, 1 / model.conductance(solver.y)[0].max(), (1 / model.conductance(solver.y)[0]).min())
            t0, t1 = left + solver.t_old * span, left + solver.t * span
            inside = np.nonzero((grid > t0) & (grid <= t1))[0]
            if len(inside):
                dense = solver.dense_output()
                for n in inside:
                    out[n] = model.outputs(grid[n], dense((grid[n] - left) / span))
        x = solver.y.copy()
    print(f"{steps} steps, least resistance {least:.3g} ohm", flush=True)
    return grid, out


def save(name, names, table, note):
    with open(os.path.join(HERE, f"crossbar_{name}.csv"), "w") as f:
        f.write("# tests/models/make_crossbar_references.py\n")
        f.write(f"# python {sys.version.split()[0]}, numpy {np.__version__}, scipy {scipy.__version__}; {note}\n")
        f.write(",".join(names) + "\n")
        for row in table:
            f.write(",".join(f"{value:.9g}" for value in row) + "\n")


if __name__ == "__main__":
    save("drive", ["amplitude", "delay"], DRIVES, "V and ns of each row's pulse")
    save("start", [f"x{c}" for c in range(N)], X0, "state of each memristor, row by row")
    for name in sys.argv[1:] or MODELS:
        grid, out = integrate(MODELS[name])
        save(name, ["time"] + [f"V(b{N - 1}_{c})" for c in range(N)], np.column_stack([grid, out]), "Radau, rtol 1e-8")

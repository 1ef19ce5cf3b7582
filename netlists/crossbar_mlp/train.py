"""Weights of the 16-10-4 perceptron: the 40 letters in, conductances of both layers out (not part of the build).

    python train.py [seed]        needs numpy; writes w1_plus.csv w1_minus.csv w2_plus.csv w2_minus.csv beside itself

One row a neuron, one column an input (the bias is the last), in microsiemens. A weight is a pair of conductances of
which one rests at 10 uS: G+ = 10 uS + max(w, 0), G- = 10 uS + max(-w, 0).

The network of Merrikh Bayat et al., Nat. Commun. 9, 2331 (2018): hidden = 0.2 V tanh(1e6 V/A (I+ - I-)), inputs
+-0.2 V; so with a = 0.2e6 w the hidden values are tanh(x a). Two phases of batch gradient descent with momentum 0.9 on
the squared error: the second, from weights scaled up and for targets of +-10 V, spreads the weights over the range of
the devices (|w| <= 90 uS, so |a| <= 18).
"""

import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
LIMIT = 18.0
MICROSIEMENS = 5.0  # of w for a = 1


def letters(name):
    """Patterns as +-1 with a bias of 1 behind them, and their classes."""
    table = np.genfromtxt(HERE / "letters" / name, delimiter=",", names=True, dtype=None, encoding="utf-8")
    ink = np.stack([table[f"p{k}"] for k in range(16)], axis=1)
    return with_bias(2.0 * ink - 1.0), table["class"]


def with_bias(x):
    return np.hstack([x, np.ones((len(x), 1))])


def network(x, a1, a2):
    return with_bias(np.tanh(x @ a1)) @ a2


def accuracy(x, classes, a1, a2):
    return np.mean(network(x, a1, a2).argmax(axis=1) == classes)


def descend(x, targets, a1, a2, rate, epochs=2500):
    v1, v2 = np.zeros_like(a1), np.zeros_like(a2)
    for _ in range(epochs):
        h = np.tanh(x @ a1)
        e = (with_bias(h) @ a2 - targets) / len(x)
        g2 = with_bias(h).T @ e
        g1 = x.T @ ((e @ a2[:-1].T) * (1.0 - h * h))
        v1, v2 = 0.9 * v1 - rate * g1, 0.9 * v2 - rate * g2
        a1, a2 = np.clip(a1 + v1, -LIMIT, LIMIT), np.clip(a2 + v2, -LIMIT, LIMIT)
    return a1, a2


def train(seed):
    draw = np.random.default_rng(seed)
    a1, a2 = draw.normal(0.0, 0.3, (17, 10)), draw.normal(0.0, 0.3, (11, 4))
    x, classes = letters("train40.csv")
    targets = 2.0 * np.eye(4)[classes] - 1.0
    a1, a2 = descend(x, targets, a1, a2, rate=0.05)
    a1, a2 = np.clip(15.0 * a1, -LIMIT, LIMIT), np.clip(10.0 * a2, -LIMIT, LIMIT)
    return descend(x, 10.0 * targets, a1, a2, rate=0.02)


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    a1, a2 = train(seed)
    print(f"seed {seed}: train {accuracy(*letters('train40.csv'), a1, a2):.1%}, "
          f"test {accuracy(*letters('test640.csv'), a1, a2):.1%}, max |w1| {np.abs(a1).max() * MICROSIEMENS:.1f} uS")
    for layer, a in [("w1", a1), ("w2", a2)]:
        w = MICROSIEMENS * a.T
        for side, sign in [("plus", 1.0), ("minus", -1.0)]:
            np.savetxt(HERE / f"{layer}_{side}.csv", 10.0 + np.maximum(sign * w, 0.0), fmt="%.4f", delimiter=",")


if __name__ == "__main__":
    main()

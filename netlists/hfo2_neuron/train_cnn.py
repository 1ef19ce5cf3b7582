"""Trains the all-positive network of classifier.cir on MNIST (not part of the build).

    python train_cnn.py DIR [SEED]     needs numpy; DIR has the four files of MNIST; writes cnn_trained.npz and prints accuracies

Weights are non-negative and there is no bias, so ReLUs are identities and the pools the only nonlinearity; the readout is trained
with signs and made positive afterwards by a shift that all digits share. A quarter of an hour on one core.

1. Both convolutions and a readout together: two epochs of Adam on batches of 100, convolutions cut off at 0 after each step. The
   readout sees the features divided by their mean, a positive factor of each image, which inference leaves away.
2. The readout alone on the finished features: twelve epochs.
3. Channels scaled so that their largest response to 2000 images is 1; readout shifted and scaled into 0..1.
"""

import gzip
import sys
from pathlib import Path

import numpy as np

SIZE, PAD = 5, 2


def idx(path):
    data = gzip.decompress(path.read_bytes())
    axes = data[3]
    shape = np.frombuffer(data, ">u4", axes, 4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * axes).reshape(shape)


def windows(x):
    """Images x rows x columns x channels into images x rows x columns x (25 channels), zeros outside."""
    n, rows, columns, channels = x.shape
    padded = np.pad(x, ((0, 0), (PAD, PAD), (PAD, PAD), (0, 0)))
    view = np.lib.stride_tricks.sliding_window_view(padded, (SIZE, SIZE), axis=(1, 2))
    return np.ascontiguousarray(view.transpose(0, 1, 2, 4, 5, 3)).reshape(n, rows, columns, SIZE * SIZE * channels)


def spread(d, channels):
    """The transpose of windows."""
    n, rows, columns = d.shape[:3]
    d = d.reshape(n, rows, columns, SIZE, SIZE, channels)
    out = np.zeros((n, rows + 2 * PAD, columns + 2 * PAD, channels), d.dtype)
    for i in range(SIZE):
        for j in range(SIZE):
            out[:, i:i + rows, j:j + columns] += d[:, :, :, i, j]
    return out[:, PAD:-PAD, PAD:-PAD]


def pool(x):
    """Largest of each 2 x 2, and where it is."""
    n, rows, columns, channels = x.shape
    blocks = x.reshape(n, rows // 2, 2, columns // 2, 2, channels).transpose(0, 1, 3, 5, 2, 4).reshape(n, rows // 2, columns // 2, channels, 4)
    place = blocks.argmax(axis=-1)
    return np.take_along_axis(blocks, place[..., None], -1)[..., 0], place


def unpool(d, place):
    n, rows, columns, channels = d.shape
    blocks = np.zeros((n, rows, columns, channels, 4), d.dtype)
    np.put_along_axis(blocks, place[..., None], d[..., None], -1)
    return blocks.reshape(n, rows, columns, channels, 2, 2).transpose(0, 1, 4, 2, 5, 3).reshape(n, 2 * rows, 2 * columns, channels)


def forward(x, w1, w2):
    c1 = windows(x[..., None])
    h1, p1 = pool(c1 @ w1)
    c2 = windows(h1)
    h2, p2 = pool(c2 @ w2)
    return h2, (c1, p1, c2, p2)


def backward(d, w2, saved):
    c1, p1, c2, p2 = saved
    d2 = unpool(d, p2)
    g2 = c2.reshape(-1, c2.shape[-1]).T @ d2.reshape(-1, d2.shape[-1])
    d1 = unpool(spread(d2 @ w2.T, 32), p1)
    return c1.reshape(-1, c1.shape[-1]).T @ d1.reshape(-1, d1.shape[-1]), g2


class Adam:
    def __init__(self, shape):
        self.m, self.v, self.t = np.zeros(shape, np.float32), np.zeros(shape, np.float32), 0

    def step(self, gradient, rate):
        self.t += 1
        self.m += 0.1 * (gradient - self.m)
        self.v += 0.001 * (gradient**2 - self.v)
        return rate * (self.m / (1 - 0.9**self.t)) / (np.sqrt(self.v / (1 - 0.999**self.t)) + 1e-8)


def cosine(step, steps, end):
    return float(end + (1 - end) * 0.5 * (1 + np.cos(np.pi * step / steps)))


def slope(z, labels):
    """Of the cross-entropy of softmax(z), mean over the batch."""
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    p[np.arange(len(labels)), labels] -= 1
    return p / len(labels)


def flat(h2):
    return h2.transpose(0, 3, 1, 2).reshape(len(h2), -1)         # feature 49 channel + 7 row + column


def features(images, w1, w2):
    return np.vstack([flat(forward(images[k:k + 200], w1, w2)[0]) for k in range(0, len(images), 200)])


def train(images, labels, random, epochs=2, batch=100):
    r = [(random.uniform(0, 2, s) * 5 * (random.uniform(size=s) < 0.2)).astype(np.float32) for s in [(25, 32), (800, 64)]]
    unit = [np.float32(1 / 25), np.float32(1 / 800)]
    v = np.zeros((10, 3136), np.float32)
    adams = [Adam(a.shape) for a in (*r, v)]
    steps = epochs * len(images) // batch
    for step in range(steps):
        if step % (len(images) // batch) == 0:
            order = random.permutation(len(images))
        pick = order[step * batch % len(images):][:batch]
        rate = min(1, (step + 1) / 50) * cosine(step, steps, 0.02)
        w1, w2 = r[0] * unit[0], r[1] * unit[1]
        h2, saved = forward(images[pick], w1, w2)
        h = flat(h2)
        m = h.mean(axis=1, keepdims=True) + 1e-9
        y = h / m
        dz = slope(y @ v.T, labels[pick])
        dy = dz @ v
        dh = (dy - (dy * y).mean(axis=1, keepdims=True)) / m
        g1, g2 = backward(dh.reshape(-1, 64, 7, 7).transpose(0, 2, 3, 1), w2, saved)
        v -= adams[2].step(dz.T @ y, 0.005 * rate)
        for k, g in enumerate((g1 * unit[0], g2 * unit[1])):
            r[k] = np.maximum(r[k] - adams[k].step(g, 0.3 * rate), 0)
        if step % 200 == 0:
            print(f"step {step} of {steps}", flush=True)
    return r[0] * unit[0], r[1] * unit[1], v


def finish(v, h, labels, random, epochs=12, batch=200):
    y = h / h.mean(axis=1, keepdims=True)
    adam, steps = Adam(v.shape), epochs * len(y) // batch
    for step in range(steps):
        if step % (len(y) // batch) == 0:
            order = random.permutation(len(y))
        pick = order[step * batch % len(y):][:batch]
        gradient = slope(y[pick] @ v.T, labels[pick]).T @ y[pick] + 2e-5 * v
        v = v - adam.step(gradient, 4e-3 * cosine(step, steps, 0.01))
    return v


def main():
    folder, seed = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    random = np.random.default_rng(seed)
    images, tests = (idx(folder / f"{name}-images-idx3-ubyte.gz").astype(np.float32) / 255 for name in ("train", "t10k"))
    labels, wanted = (idx(folder / f"{name}-labels-idx1-ubyte.gz") for name in ("train", "t10k"))
    w1, w2, v = train(images, labels, random)
    scores = features(tests, w1, w2)
    print("test after step 1:", np.mean((scores @ v.T).argmax(axis=1) == wanted))
    v = finish(v, features(images, w1, w2), labels, random)
    print("test after step 2:", np.mean((scores @ v.T).argmax(axis=1) == wanted))
    h1 = pool(windows(images[:2000, :, :, None]) @ w1)[0]
    s1 = h1.max(axis=(0, 1, 2))
    s2 = np.maximum.reduce([forward(images[k:k + 200], w1, w2)[0].max(axis=(0, 1, 2)) for k in range(0, 2000, 200)])
    w2 = w2 * np.tile(s1, 25)[:, None] / s2
    v = v * np.repeat(s2, 49)
    readout = v - v.min(axis=0)
    w1 = w1 / s1
    np.savez(Path(__file__).parent / "cnn_trained.npz", w1=w1.T.reshape(32, 5, 5), readout=(readout / readout.max()).astype(np.float32),
             w2=w2.T.reshape(64, 5, 5, 32).transpose(0, 3, 1, 2))
    print("test, all weights positive:", np.mean((features(tests, w1, w2) @ readout.T).argmax(axis=1) == wanted))


if __name__ == "__main__":
    main()

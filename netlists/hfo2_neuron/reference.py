"""What the classifier makes of the twenty digits, by numpy alone (not part of the build).

    python reference.py           needs numpy; writes digits_reference.npz beside itself

Arrays as in the reference of the MNIST images: logits64 (20 x 10, float64), pred10k (20), and sums0, the sums over each layer of
the first image: weighted sums and pools of both convolutions, hidden units.
"""

from pathlib import Path

import numpy as np

HERE = Path(__file__).parent


def conv(x, w):
    """Cross-correlation of channels x rows x columns with filters x channels x 5 x 5, zeros outside."""
    rows, columns = x.shape[1:]
    padded = np.pad(x, ((0, 0), (2, 2), (2, 2)))
    windows = np.stack([padded[:, i:i + rows, j:j + columns] for i in range(5) for j in range(5)], axis=1)
    return np.einsum("fck,ckij->fij", w.reshape(*w.shape[:2], 25), windows)


def pool(x):
    return x.reshape(x.shape[0], x.shape[1] // 2, 2, x.shape[2] // 2, 2).max(axis=(2, 4))


def main():
    weights = {name: w.astype(float) for name, w in np.load(HERE / "cnn_compact.npz").items()}
    logits, sums = [], None
    for digit in np.load(HERE / "digits.npy") / 255:
        s1 = conv(digit[None], weights["w1"][:, None])
        h1 = pool(s1)
        s2 = conv(h1, weights["w2"])
        h2 = pool(s2)
        z = weights["readout"] @ h2.reshape(-1)
        logits.append(z)
        if sums is None:
            sums = [s1.sum(), h1.sum(), s2.sum(), h2.sum(), z.sum()]     # the hidden units of a digit add up to its output
    logits = np.array(logits)
    np.savez(HERE / "digits_reference.npz", logits64=logits, pred10k=logits.argmax(axis=1).astype(np.uint8), sums0=np.array(sums))


if __name__ == "__main__":
    main()

"""Layers of networks in numpy, float64: reference.npz, dense.npy and dense.csv beside this file.

Inputs and weights are small whole numbers, so that whatever only adds and multiplies is exact in float32 too.
Needs numpy alone: python3 reference.py
"""

import os

import numpy as np

rng = np.random.default_rng(4)
here = os.path.dirname(os.path.abspath(__file__))
out = {}


def whole(*shape, most=4):
    return rng.integers(-most, most + 1, shape).astype(float)


def edges(length, size, stride, padding):
    """Numbers of zeros before and behind an axis, as TensorFlow's documentation defines "SAME"."""
    if padding == "valid":
        return 0, 0
    missing = max((-(-length // stride) - 1) * stride + size - length, 0)
    return missing // 2, missing - missing // 2


def windows(x, size, stride, padding, fill):
    """(images, channels, rows, columns) -> (…, places down, places across, rows of a window, columns of it)"""
    pad = [edges(x.shape[a + 2], size[a], stride[a], padding) for a in range(2)]
    x = np.pad(x, [(0, 0), (0, 0), *pad], constant_values=fill)
    view = np.lib.stride_tricks.sliding_window_view(x, size, axis=(2, 3))
    return view[:, :, :: stride[0], :: stride[1]]


def conv(x, w, b=0, stride=(1, 1), padding="valid"):
    y = np.einsum("ncrsij,fcij->nfrs", windows(x, w.shape[2:], stride, padding, 0), w)
    return y + np.reshape(b, (1, -1, 1, 1))


def maxpool(x, size, stride, padding="valid"):
    return windows(x, size, stride, padding, -np.inf).max(axis=(4, 5))


def avgpool(x, size, stride, padding="valid"):
    return np.nanmean(windows(x, size, stride, padding, np.nan), axis=(4, 5))


def softmax(x, axis):
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def relu(x):
    return np.maximum(x, 0)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def keep(**arrays):
    out.update(arrays)


# One image, a stride, an even window, a picture without an axis of channels.
x, w, b = whole(2, 9, 8), whole(5, 2, 3, 3), whole(5)
keep(x_plain=x, w_plain=w, b_plain=b, y_plain=conv(x[None], w, b)[0])
x, w = whole(3, 2, 9, 8), whole(20, 2, 3, 5)
keep(x_same=x, w_same=w, y_same=conv(x, w, 0, (2, 1), "same"))
x, w = whole(3, 3, 8, 7), whole(6, 3, 4, 2)
keep(x_even=x, w_even=w, y_even=conv(x, w, 0, (3, 3), "same"), y_skip=conv(x, w, 0, (3, 2), "valid"))
x, w = whole(7, 6), whole(4, 3, 3)
keep(x_grey=x, w_grey=w, y_grey=conv(x[None, None], w[:, None], 0, (1, 1), "same")[0])
keep(y_rows=conv(x[None, None], w[:, None], 0, (1, 1), "valid")[0])

x = whole(4, 3, 7, 6, most=99)
keep(x_pool=x, y_max=maxpool(x, (2, 2), (2, 2)), y_max_same=maxpool(x, (3, 2), (2, 3), "same"))
keep(y_mean=avgpool(x, (2, 2), (2, 2)), y_mean_same=avgpool(x, (3, 2), (2, 3), "same"))

x, w, b = whole(5, 2, 3, 4), whole(17, 24), whole(17)
sums = x.reshape(5, 24) @ w.T + b
keep(x_dense=x, w_dense=w, b_dense=b, y_dense=sums, y_one=sums[2])
np.save(os.path.join(here, "dense.npy"), w.astype(np.float32))
np.savetxt(os.path.join(here, "dense.csv"), w, fmt="%g", delimiter=",")
keep(y_relu=relu(sums), y_tanh=np.tanh(sums / 8), y_sigmoid=sigmoid(sums / 8), y_softmax=softmax(sums / 8, 1))
planes = whole(2, 3, 4, 5)
keep(x_planes=planes, y_planes=softmax(planes, 1))

# A whole network of five images.
x = whole(5, 12, 11, most=2)
w1, w2, w3 = whole(6, 1, 3, 3, most=2), whole(7, 6, 3, 3, most=2) / 16, whole(3, 7 * 2 * 1) / 4
b2 = whole(7) / 4
s1 = conv(x[:, None], w1, 0, (1, 1), "same")
p1 = maxpool(relu(s1), (2, 2), (2, 2))
s2 = conv(p1, w2, b2)
a1 = avgpool(np.tanh(s2 / 16), (2, 2), (2, 2))
s3 = a1.reshape(5, -1) @ w3.T
keep(x_net=x, w1=w1, w2=w2, w3=w3, b2=b2, y_net_s1=s1, y_net_p1=p1, y_net_s2=s2, y_net_a1=a1, y_net=softmax(s3, 1))

np.savez_compressed(os.path.join(here, "reference.npz"), **{k: v.astype("<f8") for k, v in out.items()})

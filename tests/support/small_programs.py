"""Programs of a line each over vectors and matrices, by name. Start at `VECTORS` and `MATRICES`."""

import numpy as np

import jitgrad as jg
import jitgrad.numpy as jn


def tensor(*shape, seed=0):
    return jg.tensor(np.random.RandomState(seed).uniform(0.5, 1.5, shape), requires_grad=True)


def written(x, place, value):
    out = x * 1.0
    out[place] = value
    return out


def scaled(x, place):
    out = x * 1.0
    out[place] *= 3.0
    return out


def normalized(x):
    return (x - x.mean(0)) / jn.sqrt(x.var(0) + 1e-5)


def softmax(x):
    e = jn.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def halves(x):
    k = len(x) // 2
    return jn.concatenate([x[:k] * 2.0, x[k:] * 3.0])


def heat(x):
    around = x[2:, 1:-1] + x[:-2, 1:-1] + x[1:-1, 2:] + x[1:-1, :-2]
    return written(x, (slice(1, -1), slice(1, -1)), around)


VECTORS = {
    "chain": lambda x: jn.sin(x) * x + 2.0 * x,
    "reversed": lambda x: x[::-1] * x,
    "even": lambda x: x[::2] * 3.0,
    "differences": lambda x: x[1:] - x[:-1],
    "write": lambda x: written(x, slice(1, -1), x[2:] - x[:-2]),
    "scale even": lambda x: scaled(x, slice(None, None, 2)),
    "scale every third from behind": lambda x: scaled(x, slice(None, None, -3)),
    "scale even, differences": lambda x: jn.diff(scaled(x, slice(None, None, 2))),
    "halves": halves,
    "roll": lambda x: jn.roll(x, 2) * x,
    "there and back": lambda x: jn.concatenate([x, x[::-1]]),
    "scan": lambda x: jn.cumsum(x[::-1] * 2.0)[::-1] * x,
    "softmax": softmax,
    "normalized": normalized,
    "outer": lambda x: x[:, None] * x[None, :3],
    "distances": lambda x: jn.exp(-((x[:3, None] - x[None, :]) ** 2)).sum(1),
    "first": lambda x: x * x[0],
    "stack": lambda x: jn.stack([x * 2.0, x * 3.0], axis=1).sum(1),
    "beside another length": lambda x: (
        (x * 2.0).sum() * tensor(7) + (tensor(7, seed=1) * 3.0).mean()
    ),
    "two means": lambda x: (
        x.mean() * tensor(8, seed=1) / tensor(8, seed=2).mean() + jn.exp(x).sum()
    ),
}
MATRICES = {
    "product": lambda x: x * x + x,
    "plus transposed": lambda x: x + tensor(*x.shape[::-1], seed=1).T,
    "times transposed": lambda x: x * tensor(*x.shape[::-1], seed=1).T,
    "plus row": lambda x: x + tensor(x.shape[1], seed=1),
    "plus column": lambda x: x + tensor(x.shape[0], 1, seed=1),
    "by row sums": lambda x: x / x.sum(1, keepdims=True),
    "normalized": normalized,
    "softmax": softmax,
    "sum of columns": lambda x: (x * x).sum(0),
    "sum of rows": lambda x: (x * x).sum(1),
    "sum": lambda x: (x * x).sum(),
    "both sums": lambda x: jn.concatenate([x.sum(0), (x * x).sum(1)]),
    "both means": lambda x: x.mean(0)[None, :] * x.mean(1)[:, None],
    "product of rows": lambda x: jn.prod(x, 1),
    "greatest of columns": lambda x: x.max(0),
    "without first row": lambda x: x[1:] * 2.0,
    "without first column": lambda x: x[:, 1:] * 2.0,
    "steps": lambda x: x[::2, ::3] * 2.0,
    "flipped": lambda x: x[::-1] + x[:, ::-1] + x[::-1, ::-1],
    "turned": lambda x: x.T[::-1] * 2.0,
    "write row": lambda x: written(x, 0, 5.0),
    "scale column": lambda x: scaled(x, (slice(None), 0)),
    "scale steps": lambda x: scaled(x, (slice(None, None, 2), slice(1, None))),
    "heat": heat,
    "joined": lambda x: jn.concatenate([x, x * 2.0], 1) + jn.concatenate([x * 3.0, x], 1),
    "matmul": lambda x: jn.tanh(x @ tensor(x.shape[1], 3, seed=1) + tensor(3, seed=2)),
    "gram": lambda x: jn.exp(-(x @ x.T)),
    "scan": lambda x: jn.cumsum(x * x, 0) * x + jn.cumsum(x, 1),
    "flat": lambda x: x.reshape(-1) * 2.0,
    "transposed, flat": lambda x: x.T.reshape(-1) * 2.0,
    "distances": lambda x: ((x[:2, None, :] - x[None, 1:4, :]) ** 2).sum(2),
    "gather": lambda x: x[np.array([0, 2, 0])] * 2.0,
    "three axes": lambda x: (x[:, :3, None] * x[:, None, :]).sum(0),
    "two orders of three axes": lambda x: (
        tensor(*x.shape, 3) * tensor(*x.shape[::-1], 3, seed=1).transpose(1, 0, 2) + x[:, :, None]
    ),
    "exchanged": lambda x: jn.swapaxes(x[None] * tensor(2, 1, 1, seed=3), 0, 2).sum(1),
}

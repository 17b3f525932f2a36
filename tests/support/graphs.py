"""Hand-made operations and random graphs for the tests of the compiler, and a NumPy interpreter as
their oracle.

Independent of the catalogue, so that the compiler is tested by itself. Start at `random_graph` and
`interpret`.
"""

import math

import numpy as np

from jitgrad.base.dtypes import BOOL, FLOAT32, FLOAT64, INT64
from jitgrad.ir.node import Node, Op, const, leaf, number, toposort

DTYPES = [FLOAT64, FLOAT64, FLOAT64, FLOAT32, INT64, np.dtype("int32"), np.dtype("uint8"), BOOL]


def _grid(node, starts, shape):
    axes = [
        [int(s) + k * step for k in range(n)]
        for s, n, step in zip(starts, shape, node.arg, strict=True)
    ]
    return np.ix_(*axes) if axes else ()


def _slice(x, *starts, node):
    return x[_grid(node, starts, node.shape)] if node.size else np.zeros(node.shape, node.dtype)


def _pad(g, *starts, node):
    out = np.zeros(node.shape, node.dtype)
    if g.size:
        out[_grid(node, starts, g.shape)] = g
    return out


def _elementwise(name, function, code, cost=1):
    def reference(*arrays, node):
        return np.asarray(function(*arrays)).astype(node.dtype)

    return Op(name, "elementwise", reference, code=code, cost=cost)


def _lowest(dtype):
    return -math.inf if dtype.kind == "f" else np.iinfo(dtype).min


def _scan(ufunc):
    def reference(x, node):
        axis, reverse = node.arg
        turned = np.flip(x, axis) if reverse else x
        out = ufunc.accumulate(turned, axis, dtype=node.dtype)
        return np.flip(out, axis) if reverse else out

    return reference


def _recurrence(x, decay, node):
    axis, reverse = node.arg
    x, decay = (np.moveaxis(np.flip(v, axis) if reverse else v, axis, 0) for v in (x, decay))
    out, last = np.array(x), 0
    for i in range(len(x)):
        out[i] = last = np.where(decay[i] == 0, x[i], last * decay[i] + x[i])
    out = np.moveaxis(out, 0, axis)
    return np.flip(out, axis) if reverse else out


ADD = _elementwise("add", np.add, "({0} + {1})")
SUB = _elementwise("subtract", np.subtract, "({0} - {1})")
MUL = _elementwise("multiply", np.multiply, "({0} * {1})")
MAXIMUM = _elementwise("maximum", np.maximum, "maximum({0}, {1})")
SIN = _elementwise("sin", np.sin, "math.sin({0})", 20)
CAST = _elementwise("cast", lambda x: x, "np.{t}({0})")
WHERE = _elementwise("where", np.where, "({1} if {0} else {2})")
FLOOR_DIVIDE = _elementwise("floor_divide", np.floor_divide, "floor_divide({0}, {1})", 5)
REMAINDER = _elementwise("remainder", np.remainder, "remainder({0}, {1})", 5)
ISNAN = _elementwise("isnan", np.isnan, "({0} != {0})")
BROADCAST = Op("broadcast", "broadcast", lambda x, node: np.broadcast_to(x, node.shape))
PERMUTE = Op("permute", "permute", lambda x, node: x.transpose(node.arg))
RESHAPE = Op("reshape", "reshape", lambda x, node: x.reshape(node.shape))
SLICE = Op("slice", "slice", _slice)
PAD = Op("pad", "pad", _pad)
SUM = Op(
    "sum",
    "reduce",
    lambda x, node: np.sum(x, axis=node.arg, dtype=node.dtype),
    identity=lambda dtype: dtype.type(0),
    combine="({0} + {1})",
)
MAX = Op(
    "max",
    "reduce",
    lambda x, node: np.max(x, axis=node.arg),
    identity=_lowest,
    combine="maximum({0}, {1})",
)
ANY = Op(
    "any",
    "reduce",
    lambda x, node: np.any(x, axis=node.arg),
    identity=lambda _: False,
    combine="({0} or {1})",
)
CUMSUM = Op(
    "cumsum", "scan", _scan(np.add), identity=lambda dtype: dtype.type(0), combine="({0} + {1})"
)
CUMMAX = Op("cummax", "scan", _scan(np.maximum), identity=_lowest, combine="maximum({0}, {1})")
RECURRENCE = Op(
    "recurrence", "scan", _recurrence, identity=lambda dtype: dtype.type(0),
    combine="({0} * {2} + {1} if {2} != 0 else {1})",
)  # fmt: skip
MATMUL = Op("matmul", "call", lambda a, b, node: a @ b)


def apply(op, *sources, dtype=None):
    return Node(op, sources, None, sources[-1].shape, dtype or sources[-1].dtype)


def cast(x, dtype):
    if dtype.kind != "f" and x.dtype.kind == "f":
        x = apply(
            MUL, x, broadcast(const(0.0, x.dtype), x.shape)
        )  # what NumPy leaves undefined is not compared
    return x if x.dtype == dtype else apply(CAST, x, dtype=dtype)


def reshape(x, shape):
    return Node(RESHAPE, (x,), None, tuple(shape), x.dtype)


def broadcast(x, shape):
    if x.ndim < len(shape):
        x = reshape(x, (1,) * (len(shape) - x.ndim) + x.shape)
    return x if x.shape == tuple(shape) else Node(BROADCAST, (x,), None, tuple(shape), x.dtype)


def permute(x, axes):
    return Node(PERMUTE, (x,), tuple(axes), tuple(x.shape[a] for a in axes), x.dtype)


def _window(op, x, starts, shape, steps):
    starts = [s if isinstance(s, Node) else const(s) for s in starts]
    return Node(op, (x, *starts), tuple(steps), tuple(shape), x.dtype)


def cut(x, starts, shape, steps=None):
    return _window(SLICE, x, starts, shape, steps or (1,) * x.ndim)


def pad(x, starts, shape, steps=None):
    return _window(PAD, x, starts, shape, steps or (1,) * x.ndim)


def reduce(op, x, axes):
    return Node(
        op, (x,), tuple(axes), tuple(n for k, n in enumerate(x.shape) if k not in axes), x.dtype
    )


def interpret(roots, leaves, numbers):
    """The values of `roots` by NumPy, one node after the other; flat arrays and Python numbers."""
    values = {}
    for node in toposort(roots):
        if node.op.kind == "leaf":
            out = np.asarray(leaves[node.arg], node.dtype).reshape(node.shape)
        elif node.op.kind == "number":
            out = np.asarray(numbers[node.arg], node.dtype)
        else:
            with np.errstate(all="ignore"):
                out = np.asarray(node.op.reference(*[values[s] for s in node.src], node=node))
        values[node] = out
    return [values[r].reshape(-1) if r.ndim else values[r].item() for r in roots]


# ---------------------------------------------------------------------- random graphs


class _Generator:
    SIZES = (0, 1, 1, 2, 3, 5, 9)

    def __init__(self, rng):
        self.rng, self.leaves, self.numbers = rng, [], [rng.uniform(-2, 2), rng.randint(0, 3)]
        self.pool = [number(0, FLOAT64)]
        for _ in range(2):
            self.pool.append(
                self.leaf(tuple(rng.choice(self.SIZES) for _ in range(rng.randint(0, 3))))
            )

    def leaf(self, shape):
        dtype, values = self.rng.choice(DTYPES), np.random.RandomState(self.rng.randint(0, 9999))
        node = leaf(len(self.leaves), shape, dtype)
        data = (
            values.uniform(-3, 3, node.size)
            if dtype.kind == "f"
            else values.randint(0, 9, node.size)
        )
        data = (data % 2 if dtype.kind == "b" else data).astype(dtype)
        self.leaves.append(data if shape else data[0].item())
        return node

    def binary(self, x):
        y = cast(self.rng.choice([p for p in self.pool if p.shape == x.shape]), x.dtype)
        if x.dtype.kind == "b":
            return apply(WHERE, x, y, x)
        return apply(self.rng.choice([ADD, MUL, SUB, MAXIMUM]), x, y)

    def sin(self, x):
        return apply(SIN, x if x.dtype.kind == "f" else cast(x, FLOAT64))

    def cast(self, x):
        return cast(x, self.rng.choice(DTYPES))

    def broadcast(self, x):
        shape = (1,) * self.rng.randint(0, 1) + x.shape
        return broadcast(
            x,
            [
                self.rng.choice([0, 2, 4]) if n == 1 and self.rng.random() < 0.6 else n
                for n in shape
            ],
        )

    def permute(self, x):
        return permute(x, self.rng.sample(range(x.ndim), x.ndim))

    def reshape(self, x):
        shape = [n for n in x.shape if n != 1 or self.rng.random() < 0.5]
        if self.rng.random() < 0.4 and x.size:
            shape = [x.size]
        for _ in range(self.rng.randint(0, 1)):
            shape.insert(self.rng.randint(0, len(shape)), 1)
        return reshape(x, shape)

    def starts(self, starts):
        """Some of the starts as a number that is an argument."""
        same = self.numbers[1]
        return [number(1, INT64) if same == s and self.rng.random() < 0.5 else s for s in starts]

    def slice(self, x):
        starts, shape, steps = [], [], []
        for n in x.shape:
            step = self.rng.choice([1, 1, 1, 2, -1])
            m = min(self.rng.randint(min(1, n), n), -(-n // abs(step)))
            span = max(m - 1, 0) * abs(step)
            low = self.rng.randint(0, max(0, n - 1 - span))
            starts.append(low if step > 0 else low + span)
            shape.append(m)
            steps.append(step)
        return cut(x, self.starts(starts), shape, steps)

    def pad(self, x):
        starts, shape, steps = [], [], []
        for n in x.shape:
            step, low, high = (
                self.rng.choice([1, 1, 1, 2, 3, -1]),
                self.rng.randint(0, 2),
                self.rng.randint(0, 2),
            )
            span = (n - 1) * abs(step) + 1 if n else 0
            starts.append(low if step > 0 else low + max(span - 1, 0))
            shape.append(span + low + high)
            steps.append(step)
        return pad(x, self.starts(starts), shape, steps)

    def reduce(self, x):
        axes = sorted(self.rng.sample(range(x.ndim), self.rng.randint(1, x.ndim)))
        if x.dtype.kind == "b":
            return reduce(ANY, x, axes)
        return reduce(
            SUM if any(x.shape[a] == 0 for a in axes) else self.rng.choice([SUM, MAX]), x, axes
        )

    def scan(self, x):
        along = self.rng.randrange(x.ndim), self.rng.random() < 0.5
        if x.dtype.kind != "f":
            return x if x.dtype.kind == "b" else Node(CUMMAX, (x,), along, x.shape, x.dtype)
        src = (
            x,
            apply(
                SIN,
                self.rng.choice(
                    [p for p in self.pool if p.shape == x.shape and p.dtype == x.dtype]
                ),
            ),
        )
        op = self.rng.choice([CUMSUM, CUMMAX, RECURRENCE])
        return Node(op, src if op is RECURRENCE else (x,), along, x.shape, x.dtype)

    def step(self):
        x = self.rng.choice(self.pool[-6:])
        makers = [self.binary, self.binary, self.sin, self.cast, self.broadcast, self.reshape]
        if x.ndim:
            makers += [self.permute, self.slice, self.pad, self.reduce, self.reduce, self.scan]
        out = self.rng.choice(makers)(x)
        if out.size <= 4000 and out.ndim <= 5:
            self.pool.append(out)


def random_graph(rng, steps=14):
    """(roots, leaves, numbers) of a random program over small arrays of every dtype, also empty
    ones."""
    generator = _Generator(rng)
    for _ in range(steps):
        generator.step()
    pool = generator.pool
    roots = [*rng.sample(pool, min(len(pool), rng.randint(1, 4))), pool[-1]]
    return roots, generator.leaves, generator.numbers

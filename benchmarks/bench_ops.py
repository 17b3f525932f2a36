"""Every operation of the catalogue: its time forward and with its gradient, and forward beside NumPy.

The operands are made from the registry's entries, so a new entry is measured without a line here.
"""

import numpy as np

import jitgrad
from jitgrad.functions import FUNCTIONS
from jitgrad.ir import leaf
from jitgrad.ops import REGISTRY

from .common import ratio, warm

SIZES = [10**4, 10**6]
FLOAT = np.dtype(float)
CASES = {f"{name}-{k}": (entry, case) for name, entry in REGISTRY.items() for k, case in enumerate(entry.cases)}


def scaled(shape, by):
    """A shape with its lengths multiplied; 1 stays 1, and so does what is not a length."""
    return tuple(n * by if n > 1 else n for n in shape)


def scaled_case(case, by):
    return {name: scaled(value, by) if name == "shape" else value for name, value in case.items()}


def shapes_of(entry, by):
    n = entry.operands or len(entry.shapes)
    return [scaled(shape, by) for shape in entry.shapes or ((2, 3, 4),) * n]


def elements(entry, case, by):
    """Elements of the largest operand or of the result at this scale, by shape inference alone."""
    nodes = [leaf(k, shape, FLOAT) for k, shape in enumerate(shapes_of(entry, by))]
    if takes_integers(entry) or entry.host:
        return max(node.size for node in nodes)
    out = entry(nodes, **scaled_case(case, by)) if entry.operands is None else entry(*nodes, **scaled_case(case, by))
    return max(out.size, *(node.size for node in nodes))


def scale(entry, case, n):
    """The largest scale at which nothing has more than `n` elements."""
    low, high = 1, n
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if elements(entry, case, middle) <= n else (low, middle)
    return low


def takes_integers(entry):
    """Whether NumPy's function has no loop for floats."""
    types = getattr(entry.numpy, "types", ["d->d"])
    return not any("d" in t.split("->")[0] for t in types)


def operands(entry, by):
    """Arrays that the entry takes, from where it says it is to be sampled."""
    rng = np.random.default_rng(0)
    shapes = shapes_of(entry, by)
    ranges = entry.on if isinstance(entry.on[0], tuple) else (entry.on,) * len(shapes)
    out = [rng.uniform(*r, shape) for r, shape in zip(ranges, shapes)]
    if takes_integers(entry):
        return [x > np.mean(x) for x in out]
    if entry.args[0] == "condition":
        out[0] = out[0] > np.mean(out[0])
    if entry.host:
        high = min(shapes[0]) if entry.args[1] == "indices" else 3
        out[1] = rng.integers(0, high, shapes[1] if entry.shapes else shapes[0][:1])
    return out


def call(entry, function, xs, case):
    case = dict(case)
    positional = [case.pop("shape")] if "shape" in case else []
    return function(xs, **case) if entry.operands is None else function(*xs, *positional, **case)


class _Op:
    params = [list(CASES), SIZES]
    param_names = ["operation", "elements"]
    grad = False

    def setup(self, name, n):
        self.entry, case = CASES[name]
        by = scale(self.entry, case, n)
        self.case = scaled_case(case, by)
        self.arrays = operands(self.entry, by)
        self.function = FUNCTIONS[name.rsplit("-", 1)[0]]
        self.xs = [
            jitgrad.tensor(x, requires_grad=self.grad and x.dtype == FLOAT) if x.dtype.kind != "i" else x
            for x in self.arrays
        ]
        warm(self.step)


class _Forward(_Op):
    def step(self):
        return call(self.entry, self.function, self.xs, self.case).numpy()


class Forward(_Forward):
    """The operation, looked at."""

    def time_forward(self, name, n):
        self.step()


class ForwardOverNumpy(_Forward):
    """Times of jitgrad and of NumPy's function of the same name, in turns."""

    unit = "x NumPy"

    def setup(self, name, n):
        if CASES[name][0].numpy is None:
            raise NotImplementedError("NumPy has no such function")
        super().setup(name, n)
        try:
            self.by_numpy()
        except TypeError as error:
            raise NotImplementedError("NumPy's function has no such parameter") from error

    def by_numpy(self):
        with np.errstate(all="ignore"):
            out = call(self.entry, self.entry.numpy, self.arrays, self.case)
        return np.ascontiguousarray(out) if self.entry.view else out  # a view costs NumPy nothing before it is read

    def track_forward(self, name, n):
        return ratio(self.step, self.by_numpy)


class Gradient(_Op):
    """The operation, the sum of its result, and the gradient in every float operand."""

    grad = True

    def setup(self, name, n):
        if not CASES[name][0].differentiable:
            raise NotImplementedError("has no gradient")
        super().setup(name, n)

    def step(self):
        for x in self.xs:
            if isinstance(x, jitgrad.Tensor):
                x.grad = None
        call(self.entry, self.function, self.xs, self.case).sum().backward()

    def time_forward_and_backward(self, name, n):
        self.step()

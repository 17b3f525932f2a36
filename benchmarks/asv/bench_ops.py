"""Every operation of the catalogue, forward and with its gradient, beside NumPy.

The operands are made from the registry's entries, so a new entry is measured without a line here.
One process measures all of them, since asv starts one for each row; a row reads its figures from
there. Start at `Operation`.
"""

import math

import numpy as np

import jitgrad
from benchmarks import common
from benchmarks.common import Prepared, medians, warm
from jitgrad.frontend.functions import FUNCTIONS
from jitgrad.interpret.program import Program
from jitgrad.ir import leaf
from jitgrad.ops import REGISTRY

SIZES = [10**4, 10**6]
FLOAT = np.dtype(float)
CASES = {
    f"{name}-{k}": (entry, case)
    for name, entry in REGISTRY.items()
    for k, case in enumerate(entry.sampling.cases)
}
#: Entries with operands of one size: a parameter says how many bands there are.
FIXED = {"banded_solution"}


def kind(entry):
    return "composite" if entry.op is None else entry.op.kind


def scaled(shape, by):
    """A shape with its lengths multiplied; 1 stays 1, and so does what is not a length."""
    return tuple(n * by if n > 1 else n for n in shape)


def scaled_case(case, by):
    return {name: scaled(value, by) if name == "shape" else value for name, value in case.items()}


def shapes_of(entry, by):
    return [scaled(shape, by) for shape in entry.sampling.shapes]


def elements(entry, case, by):
    """Elements of the largest operand or of the result at this scale, by shape inference alone."""
    dtypes = [x.dtype for x in operands(entry, 1)]
    nodes = [
        leaf(k, s, dtype)
        for k, (s, dtype) in enumerate(zip(shapes_of(entry, by), dtypes, strict=True))
    ]
    case = scaled_case(case, by)
    try:
        out = entry(nodes, **case) if entry.operands is None else entry(*nodes, **case)
    except jitgrad.ShapeError:  # more than memory could hold
        return math.inf
    return max(out.size, *(node.size for node in nodes))


def scale(entry, case, n):
    """The largest scale at which nothing has more than `n` elements."""
    low, high = 1, n
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if elements(entry, case, middle) <= n else (low, middle)
    return low


def operands(entry, by):
    """Arrays that the entry takes, from where it says it is to be sampled."""
    return entry.sample(np.random.default_rng(0), shapes_of(entry, by))


def call(entry, function, xs, case):
    case = dict(case)
    positional = [case.pop("shape")] if "shape" in case else []
    return function(xs, **case) if entry.operands is None else function(*xs, *positional, **case)


class Operation:
    """One case of an entry on operands of about `n` elements: forward, by NumPy, and with its
    gradient."""

    def __init__(self, name, n):
        self.name, (self.entry, case) = name, CASES[name]
        by = scale(self.entry, case, n)
        self.case = scaled_case(case, by)
        self.arrays = operands(self.entry, by)
        self.function = FUNCTIONS[name.rsplit("-", 1)[0]]

    def steps(self):
        """{"forward", "numpy" and "gradient", where there is one: a step}."""
        found = {"forward": self.forward(), "numpy": self.numpy()}
        return found | ({"gradient": self.gradient()} if self.entry.differentiable else {})

    def tensors(self, grad):
        return [
            jitgrad.tensor(x, requires_grad=grad and x.dtype == FLOAT) if x.dtype.kind != "i" else x
            for x in self.arrays
        ]

    def forward(self):
        xs = self.tensors(False)
        return lambda: call(self.entry, self.function, xs, self.case).numpy()

    def gradient(self):
        xs = self.tensors(True)
        leaves = [x for x in xs if isinstance(x, jitgrad.Tensor) and x.requires_grad]

        def step():
            for x in leaves:
                x.grad = None
            out = call(self.entry, self.function, xs, self.case)
            (out.real if out.dtype.kind == "c" else out).sum().backward()

        return step

    def numpy(self):
        """NumPy's function of the same name; where it has none, the entry's formula, run by
        NumPy."""
        entry = self.entry

        def step():
            with np.errstate(all="ignore"):
                out = call(entry, entry.numpy, self.arrays, self.case)
            return (
                np.ascontiguousarray(out) if entry.view else out
            )  # a view costs NumPy nothing before it is read

        if entry.numpy is None:
            return self.formula()
        try:
            step()
        except TypeError:  # it has no such parameter
            return self.formula()
        return step

    def formula(self):
        nodes = [leaf(k, x.shape, x.dtype) for k, x in enumerate(self.arrays)]
        program = Program([call(self.entry, self.entry, nodes, self.case)])
        flat = [x.ravel() for x in self.arrays]
        return lambda: program(flat, [])


def measure(name, n):
    """{step: median seconds} of a case, in turns; a text instead where it failed."""
    try:
        steps = Operation(name, n).steps()
        for step in steps.values():
            warm(step)
        return medians(steps, common.BUDGET / 2)  # there are many
    except Exception as error:  # one operation's failure is a row, not the end of the others
        return f"{type(error).__name__}: {error}"


class Operations:
    """Over the time of NumPy's forward function; a gradient by hand takes at least as long as
    that."""

    params = [list(CASES), SIZES[-1:]]
    param_names = ["operation", "elements"]
    timeout = 60

    def setup_cache(self):
        names, sizes = Operations.params  # not those of the class that asv happens to ask
        return {(name, n): measure(name, n) for name in names for n in sizes}

    setup_cache.timeout = 1800

    def setup(self, rows, *case):
        if isinstance(rows[case], str):
            raise RuntimeError(rows[case])

    def track_forward_over_numpy(self, rows, *case):
        return rows[case]["forward"] / rows[case]["numpy"]

    track_forward_over_numpy.unit = "ratio"


class Gradients(Operations):
    track_forward_over_numpy = None

    def setup(self, rows, *case):
        super().setup(rows, *case)
        if "gradient" not in rows[case]:
            raise NotImplementedError("has no gradient")

    def track_gradient_over_numpy(self, rows, *case):
        return rows[case]["gradient"] / rows[case]["numpy"]

    track_gradient_over_numpy.unit = "ratio"


class Families(Prepared):
    """All operations of a kind, one after the other, of 1e4 elements: seconds, for comparing
    commits."""

    params = [sorted({kind(entry) for entry in REGISTRY.values()})]
    param_names = ["family"]
    timeout = 300

    def prepare(self, family):
        names = [name for name, (entry, _) in CASES.items() if kind(entry) == family]
        operations = [Operation(name, SIZES[0]) for name in names]
        self.forward = [operation.forward() for operation in operations]
        self.gradient = [
            operation.gradient() for operation in operations if operation.entry.differentiable
        ]
        for step in self.forward + self.gradient:
            warm(step)

    def time_forward(self, family):
        for step in self.forward:
            step()

    def time_gradient(self, family):
        for step in self.gradient:
            step()

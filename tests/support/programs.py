"""Random programs of operations, views, writes and looks, and their interpreters.

A program is data: the values of its leaves, and statements ``(kind, ...)`` on numbered variables.
`Dual` interprets it with NumPy and knows values and one directional derivative: a variable is a
pair of arrays, its values and its tangents, with the same aliasing, and every operation gets its
tangent by a complex step through the NumPy function itself. Values have NumPy's dtypes, tangents
are float64. `Library` runs it with a tensor module (jitgrad or torch). Start at `programs` (the
hypothesis strategy), `Dual` and `Library`.
"""

import contextlib

import numpy as np
from hypothesis import strategies as st

STEP = 1e-30
SHAPES = [(), (3,), (2, 3), (4,), (2, 2, 2), (3, 2), (1, 3), (0, 2)]


def real(x):
    return x.real if isinstance(x, np.ndarray) else x


#: name -> (operands, function of a module and them). Smooth, with values that stay moderate.
FUNCTIONS = {
    "sin": (1, lambda m, x: m.sin(x)),
    "cos": (1, lambda m, x: m.cos(x * 2)),
    "tanh": (1, lambda m, x: m.tanh(x)),
    "exp": (1, lambda m, x: m.exp(m.sin(x))),
    "square": (1, lambda m, x: x**2 / 2),
    "negative": (1, lambda m, x: -x),
    "number": (1, lambda m, x: 0.7 - x * 1.5),
    "add": (2, lambda m, x, y: x + y),
    "subtract": (2, lambda m, x, y: x - y),
    "multiply": (2, lambda m, x, y: x * y * 0.5),
    "divide": (2, lambda m, x, y: x / (m.sin(y) + 1.5)),
    "where": (2, lambda m, x, y: m.where(real(x) > 0.25, x, y)),
}
REDUCTIONS = {
    "sum": lambda m, x, axis, keep: m.sum(x, axis=axis, keepdims=keep),
    "mean": lambda m, x, axis, keep: m.mean(x, axis=axis, keepdims=keep),
    "prod": lambda m, x, axis, keep: (
        m.prod(x) if axis is None else m.prod(x, axis=axis, keepdims=keep)
    ),
    "cumprod": lambda m, x, axis, keep: m.cumprod(x, axis=axis),
    "cumsum": lambda m, x, axis, keep: m.cumsum(x, axis=axis),
}
VIEWS = {
    "index": lambda x, index: x[index],
    "transpose": lambda x, _: x.T if x.ndim == 2 else x[...],
    "reshape": lambda x, shape: x.reshape(shape),
    "axis": lambda x, _: x[None],
}
OPERATORS = {
    "=": lambda old, new: new,
    "+": lambda old, new: old + new,
    "*": lambda old, new: old * new,
}


class Pair:
    """Values and tangents, with the same layout."""

    def __init__(self, value, tangent):
        self.value, self.tangent = value, tangent
        self.shape, self.ndim = value.shape, value.ndim


class Dual:
    """The interpreter in NumPy; `slope` is the derivative of all that was backpropagated, along the
    leaves' tangents.

    `moved` are further variables with a direction each, as if a leaf were added to them when they
    are made."""

    def __init__(self, leaves, directions, moved=None):
        self.vars = [
            Pair(np.array(x), np.array(d)) for x, d in zip(leaves, directions, strict=True)
        ]
        self.recording, self.slope, self.seen, self.overlapped = True, 0.0, [], False
        self.moved, self.written = moved or {}, []

    def add(self, x):
        if len(self.vars) in self.moved:
            x = Pair(x.value, x.tangent + self.moved[len(self.vars)])
        self.vars.append(x)

    def call(self, function, *operands):
        dual = [x.value + 1j * STEP * x.tangent if isinstance(x, Pair) else x for x in operands]
        out = np.asarray(function(np, *dual))
        value = np.array(
            function(np, *(x.value if isinstance(x, Pair) else x for x in operands)), order="C"
        )
        tangent = (
            np.array(out.imag / STEP, order="C") if np.iscomplexobj(out) else np.zeros(value.shape)
        )
        return Pair(value, tangent if self.recording else np.zeros(value.shape))

    def view(self, name, x, what):
        make = VIEWS[name]
        value = make(x.value, what)
        if not self.recording:
            return Pair(value, np.zeros(value.shape))
        return Pair(value, make(x.tangent, what))

    def gather(self, x, index):
        return self.call(lambda m, x: x[index], x)

    def mask(self, x, level):
        return x.value > level

    def write(self, x, index, operator, new):
        self.written.append(x.value)
        self.overlapped |= isinstance(new, Pair) and np.shares_memory(x.value, new.value)
        old = Pair(x.value[index], x.tangent[index])
        out = self.call(lambda m, *a: OPERATORS[operator](*a), old, new)
        x.value[index] = out.value
        if self.recording:
            x.tangent[index] = out.tangent

    def detach(self, x):
        return Pair(x.value, np.zeros(x.shape))

    def clone(self, x):
        return self.call(lambda m, x: x + 0, x)

    def look(self, x, how):
        self.seen.append(np.array(x.value.sum() if how == "float" else x.value))

    def cast(self, x, dtype):
        return Pair(x.value.astype(dtype), np.array(x.tangent * self.recording))

    def hook(self, x):
        pass

    def double(self, x):
        x.tangent *= 2

    def backward(self, x, last):
        self.slope += x.tangent.sum()

    @contextlib.contextmanager
    def no_grad(self):
        before, self.recording = self.recording, False
        yield
        self.recording = before


class Library:
    """The interpreter on tensors of a module."""

    def __init__(self, lib, leaves, hooks=True):
        self.lib, self.hooks = lib, hooks
        self.vars = [lib.tensor(x, requires_grad=True) for x in leaves]
        self.leaves, self.seen = list(self.vars), []
        self.no_grad, self.add = lib.no_grad, self.vars.append

    def call(self, function, *operands):
        return function(self.lib, *operands)

    def view(self, name, x, what):
        return VIEWS[name](x, what)

    def gather(self, x, index):
        return x[index]

    def mask(self, x, level):
        return x > level

    def write(self, x, index, operator, new):
        if operator == "=":
            x[index] = new
        elif index is Ellipsis and operator == "+":
            x += new
        elif index is Ellipsis:
            x *= new
        elif operator == "+":
            x[index] += new
        else:
            x[index] *= new

    def detach(self, x):
        return x.detach()

    def clone(self, x):
        return x.clone()

    def look(self, x, how):
        if how == "float":
            self.seen.append(np.array(x.sum().item()))
        elif how == "bool":
            bool((x > 0).any())
            self.seen.append(np.array(np.asarray(x.detach())))
        else:
            repr(x)
            self.seen.append(np.array(np.asarray(x.detach())))

    def hook(self, x):
        if x.requires_grad and self.hooks:
            x.register_hook(lambda g: g * 1)

    def cast(self, x, dtype):
        dtype = getattr(self.lib, dtype)
        return x.clone() if x.dtype == dtype else x.to(dtype)

    def double(self, x):
        if x.requires_grad:
            x.register_hook(lambda g: g * 2)

    def backward(self, x, last):
        total = x.sum()
        if total.requires_grad:
            total.backward(retain_graph=not last)


def run(machine, statements):
    """Executes the statements on either machine, and a backward from the sum of every variable."""
    execute_all(machine, statements)
    total = None
    for x in machine.vars:
        part = machine.call(lambda m, x: m.sum(m.sin(x)), x)
        total = part if total is None else machine.call(lambda m, a, b: a + b, total, part)
    machine.backward(total, True)
    for x in machine.vars:
        machine.look(x, "array")
    return machine


def execute_all(machine, statements):
    for statement in statements:
        execute(machine, statement)
    return machine


def execute(machine, statement):
    kind, *what = statement
    variables = machine.vars
    if kind == "no_grad":
        with machine.no_grad():
            execute(machine, what[0])
    elif kind == "call":
        name, *operands = what
        machine.add(machine.call(FUNCTIONS[name][1], *[variables[i] for i in operands]))
    elif kind == "reduce":
        name, i, axis, keep = what
        machine.add(machine.call(lambda m, x: REDUCTIONS[name](m, x, axis, keep), variables[i]))
    elif kind == "matmul":
        machine.add(machine.call(lambda m, x, y: x @ y, variables[what[0]], variables[what[1]]))
    elif kind == "stack":
        machine.add(machine.call(lambda m, *xs: m.stack(xs), *[variables[i] for i in what]))
    elif kind == "view":
        i, name, spec = what
        machine.add(machine.view(name, variables[i], spec))
    elif kind == "gather":
        machine.add(machine.gather(variables[what[0]], what[1]))
    elif kind in ("detach", "clone"):
        machine.add(getattr(machine, kind)(variables[what[0]]))
    elif kind == "write":
        i, index, operator, source = what
        machine.write(
            variables[i],
            index,
            operator,
            source if isinstance(source, float) else variables[source],
        )
    elif kind == "masked":
        i, j, level, operator, number = what
        machine.write(variables[i], machine.mask(variables[j], level), operator, number)
    elif kind in ("hook", "double"):
        getattr(machine, kind)(variables[what[0]])
    elif kind == "cast":
        machine.add(machine.cast(variables[what[0]], what[1]))
    elif kind == "look":
        machine.look(variables[what[0]], what[1])
    else:
        machine.backward(variables[what[0]], False)


# --- the strategy ---------------------------------------------------------------------------------


KINDS = (
    ["call"] * 4
    + ["view"] * 4
    + ["write"] * 5
    + ["masked", "reduce", "reduce", "gather", "matmul", "stack", "clone"]
)
KINDS += ["look", "look", "hook"]
#: What keeps values out of the graph, and backward in the middle: with these the slope is not the
#: derivative of the values.
MODES = ["detach", "backward", "no_grad"]


@st.composite
def programs(draw, length=12, kinds=(*KINDS, *MODES), dtypes=("float64",)):
    """(leaves, statements), valid by construction: each statement is executed as it is drawn, for
    the shapes."""
    leaves = draw(
        st.lists(
            st.tuples(st.sampled_from(SHAPES), st.sampled_from(dtypes)), min_size=1, max_size=3
        )
    )
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    leaves = [np.asarray(rng.uniform(-1.5, 1.5, shape), dtype) for shape, dtype in leaves]
    writer = _Writer(draw, leaves, kinds)
    for _ in range(draw(st.integers(1, length))):
        writer.step()
    return leaves, writer.statements


#: Statements that make a tensor of its own.
FRESH = frozenset(("call", "reduce", "matmul", "stack", "gather", "clone"))


class _Writer:
    """Draws statements. `states`: how a variable may be written (free; leaf: no_grad; constant: not
    with tensors)."""

    def __init__(self, draw, leaves, kinds):
        self.draw, self.statements = draw, []
        self.kinds, self.quiet = [k for k in kinds if k != "no_grad"], "no_grad" in kinds
        self.machine = Dual(leaves, [np.zeros(x.shape) for x in leaves])
        self.states = ["leaf"] * len(leaves)

    def pick(self, choices):
        return self.draw(st.sampled_from(list(choices)))

    def variable(self, fits=lambda x: True):
        fitting = [i for i, x in enumerate(self.machine.vars) if fits(x)]
        # newer ones more often
        return self.pick(fitting + fitting[-3:]) if fitting else None

    def step(self):
        kind = self.pick(self.kinds)
        made = getattr(self, kind)()
        if made is None:
            return
        statement, state = made
        writes = kind in ("write", "masked")
        quiet = kind not in ("look", "hook", "double", "backward") and (
            (state == "leaf" and writes) or self.pick(range(8)) == 0
        )
        if quiet and not self.quiet:
            if state == "leaf" and writes:
                return
            quiet = False
        if quiet:
            statement = ("no_grad", statement)
            state = "quiet" if kind == "view" else state
        with np.errstate(all="ignore"):
            execute(self.machine, statement)
        self.statements.append(statement)
        if len(self.machine.vars) > len(self.states):
            self.states.append(state)

    def call(self):
        name = self.pick(FUNCTIONS)
        i = self.variable()
        if FUNCTIONS[name][0] == 1:
            return ("call", name, i), "free"
        return ("call", name, i, self.partner(self.machine.vars[i].shape)), "free"

    def partner(self, shape):
        """A variable that broadcasts with `shape`."""

        def fits(y):
            try:
                np.broadcast_shapes(shape, y.shape)
            except ValueError:
                return False
            return True

        return self.variable(fits)

    def reduce(self):
        i = self.variable()
        ndim = self.machine.vars[i].ndim
        name = self.pick(REDUCTIONS if ndim and self.machine.vars[i].value.size else ["sum"])
        axis = self.pick(
            [*range(ndim), None, -1]
            if ndim and name[:3] != "cum"
            else range(ndim)
            if ndim
            else [None]
        )
        return ("reduce", name, i, axis, bool(self.pick([0, 1])) and axis is not None), "free"

    def matmul(self):
        i = self.variable(lambda x: x.ndim == 2)
        j = (
            None
            if i is None
            else self.variable(
                lambda y: y.ndim == 2 and y.shape[0] == self.machine.vars[i].shape[1]
            )
        )
        return None if j is None else (("matmul", i, j), "free")

    def stack(self):
        i = self.variable()
        shape = self.machine.vars[i].shape
        return ("stack", i, self.variable(lambda y: y.shape == shape)), "free"

    def view(self):
        i = self.variable()
        x = self.machine.vars[i]
        name = self.pick(VIEWS) if x.ndim < 4 else "index"
        spec = (
            self.index(x.shape)
            if name == "index"
            else self.shape(x.value.size)
            if name == "reshape"
            else None
        )
        return ("view", i, name, spec), self.states[i]

    def shape(self, size):
        shapes = [
            s
            for s in [(-1,), (1, -1), (-1, 1), (2, -1), (-1, 3), (3, 2), (2, 2, -1), ()]
            if _fills(s, size)
        ]
        return self.pick(shapes) if shapes else (size,)

    def index(self, shape):
        """Slices, integers and new axes, with an ellipsis so that a 0-d result is a view."""
        steps = [
            slice(None),
            slice(1, None),
            slice(None, -1),
            slice(None, None, 2),
            slice(None, None, -1),
            slice(-2, None),
        ]
        items = []
        for n in shape[: self.pick(range(len(shape) + 1))]:
            items += [None] * (self.pick(range(6)) == 0)
            items.append(self.pick(steps + ([0, n - 1] if n else [])))
        return (*items, Ellipsis)

    def gather(self):
        i = self.variable(lambda x: x.ndim and x.shape[0])
        if i is None:
            return None
        n = self.machine.vars[i].shape[0]
        return ("gather", i, [self.pick(range(n)) for _ in range(3)]), "free"

    def detach(self):
        i = self.variable()
        return ("detach", i), {"leaf": "constant", "free": "constant"}.get(
            self.states[i], self.states[i]
        )

    def clone(self):
        return ("clone", self.variable()), "free"

    def look(self):
        return ("look", self.variable(), self.pick(["float", "bool", "array"])), None

    def cast(self):
        return ("cast", self.variable(), self.pick(["float32", "float64"])), "free"

    def double(self):
        """Only of what was made by the statement before: a hook sees the uses from before it,
        tangents do not."""
        last = self.statements[-1] if self.statements else ("",)
        return (("double", len(self.states) - 1), None) if last[0] in FRESH else None

    def hook(self):
        return ("hook", self.variable()), None

    def backward(self):
        return ("backward", self.variable()), None

    def write(self):
        i = self.variable()
        x, state = self.machine.vars[i], self.states[i]
        index = Ellipsis
        if x.ndim and self.pick(range(2)):
            index = self.index(x.shape)
        elif x.ndim and x.shape[0] and self.pick(range(4)) == 0:
            index = [self.pick(range(x.shape[0])) for _ in range(2)]
        operator = self.pick(OPERATORS)
        shape = x.value[index].shape
        source = self.variable(lambda y: _stretches(y.shape, shape))
        if state in ("constant", "quiet") or source is None or self.pick(range(3)) == 0:
            source = self.pick([0.5, -1.25, 0.0])
        return ("write", i, index, operator, source), "leaf" if state == "quiet" else state

    def masked(self):
        i = self.variable(lambda x: x.ndim)
        if i is None:
            return None
        shape = self.machine.vars[i].shape
        j = self.variable(lambda y: y.shape == shape)
        state = "leaf" if self.states[i] == "quiet" else self.states[i]
        return (
            "masked",
            i,
            j,
            self.pick([0.1, -0.4]),
            self.pick(OPERATORS),
            self.pick([0.5, 1.5]),
        ), state


def _fills(shape, size):
    known = int(np.prod([n for n in shape if n != -1]))
    return known == size if -1 not in shape else size > 0 and size % known == 0


def _stretches(shape, target):
    try:
        return np.broadcast_shapes(shape, target) == tuple(target)
    except ValueError:
        return False

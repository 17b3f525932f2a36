"""The registry: one `Entry` per operation, and the constructors that make entries.

An entry holds everything the rest of jitgrad knows of an operation: its NumPy counterpart, how it
is built in the IR, its static parameters, its documentation, where gradcheck samples it. Functions,
methods, operators, protocol dispatch, kernels, the NumPy tier, both derivative modes and the tests
are made from entries by walking `REGISTRY`; `tests/test_layers.py` lists the few places outside
`jitgrad.ops` that name an operation.

An entry is callable on IR nodes (and Python numbers), which is how derivative rules and composites
use it:

    tanh = elementwise("tanh", np.tanh, lambda x, out: 1 - out * out, ...)
    softplus = composite("softplus", None, lambda x: logaddexp(x, 0), ...)

Start at `Entry`, then `elementwise`, `movement` and `composite`.
"""

import functools
import itertools

import numpy as np

from ..base.dtypes import BOOL, FLOAT32, FLOAT64, INT64, SUPPORTED, as_dtype, is_float
from ..base.errors import ArgumentError, DTypeError
from ..ir import CONST, NUMBER, Node, Op, const
from ..ir.shapes import MOST, broadcast_shapes, check_ndim, drop_axes, keep_axes

REGISTRY: dict = {}
REQUIRED = object()


class Entry:
    """One public operation.

    Attributes
    ----------
    name : str
    numpy : callable or None
        The NumPy function it stands for: oracle of the tests and key of protocol dispatch.
    build : callable
        ``build(*operands, *params)`` -> Node, from nodes and weak Python numbers.
    operands : int or None
        How many tensors it takes; None for one sequence of tensors (`concatenate`).
    params : dict
        Static parameters after the operands, with defaults (`REQUIRED` for none).
    op : Op or None
        The primitive, where the entry is one.
    operator : str
        Name of the binary or unary operator, without underscores ("add", "neg"), or "".
    method : bool
        Whether `Tensor` has it as a method.
    methods : tuple of str
        Further names that the method has.
    properties : tuple of str
        Names of properties of `Tensor` that call it.
    in_place : str
        Name of the method that writes the result into the tensor ("add_"), or "".
    spread : str
        The parameter whose values the method also takes one by one, as ``x.reshape(2, 3)``, or "".
    optional : dict
        Operands that may be left out, and NumPy's older name of each.
    public : bool
        Whether users see it; others are parts of composites.
    view : bool, "dense" or "ordered"
        The result aliases the operand, as in NumPy; "dense": unless it is so laid out that NumPy
        would have to copy; "ordered": only if its elements lie one after the other.
    layout : callable or None
        ``layout(shape, strides, *params)`` -> the strides of the view, where its movements alone do
        not tell them.
    on : tuple
        Where gradcheck samples the operands: (low, high), or one such pair per operand.
    kink : dict
        Non-smooth points and the derivative claimed there; with the second one, if that is not 0.
    differentiable : bool
    level : bool
        Constant between its jumps: the derivative is 0 wherever there is one.
    aliases : tuple of str
        Further public names.
    shapes : tuple
        Operand shapes that the registry's tests use beside the usual ones.
    codes : frozenset
        Python numbers that, as second operand, become part of the code (exponents such as 2).
    guard : callable or None
        ``guard(*operands)`` raises where the operation does not take integers of such values.
    loop : callable
        ``loop(asked)`` -> (dtypes that the operands are computed in, dtype of the result), from
        dtypes and, for Python numbers, types.
    compares : bool
        The operands are compared: a Python integer may be beyond the dtype of the other.
    saturates : dict
        Operand -> whether a Python integer there may be above the dtype of the others, else below:
        it limits nothing.
    instead : dict
        Second operand of the operator, a Python number -> the entry that it stands for beside
        integers, as in NumPy.
    scipy : str
        The function of `scipy.special` of the same meaning, or "": tensors that are passed to that
        come here.
    host : callable or None
        ``host(shape, value, *params)`` -> array: checks the second operand by value, when it is
        recorded.
    along : callable or None
        Where that operand holds indices: ``along(shape, shape of it, *params)`` -> length and
        number of their axis, for a recording that cannot see them.
    """

    __slots__ = (
        "name",
        "numpy",
        "build",
        "operands",
        "params",
        "op",
        "operator",
        "method",
        "view",
        "on",
        "kink",
        "differentiable",
        "aliases",
        "doc",
        "shapes",
        "cases",
        "args",
        "codes",
        "host",
        "public",
        "guard",
        "methods",
        "properties",
        "in_place",
        "spread",
        "optional",
        "layout",
        "along",
        "scipy",
        "loop",
        "compares",
        "saturates",
        "instead",
        "level",
    )

    def __init__(
        self, name, numpy, build, operands, params=None, *, doc, op=None, operator="", method=True, view=False,
        on=(-2, 2), kink=None, differentiable=True, aliases=(), shapes=None, cases=({},), args="xyz", codes=frozenset(),
        host=None, public=True, guard=None, methods=(), properties=(), in_place="", spread="", optional=None,
        layout=None, along=None, scipy="", loop=None, compares=False, saturates=None, instead=None,
        level=False,
    ):  # fmt: skip
        self.name, self.numpy, self.build, self.operands = name, numpy, build, operands
        self.params, self.doc, self.op, self.operator = params or {}, doc, op, operator
        self.method, self.view, self.on, self.kink = method and public, view, on, kink or {}
        self.differentiable, self.aliases, self.shapes, self.cases, self.args = (
            differentiable, aliases, shapes, cases, args,
        )  # fmt: skip
        self.codes, self.host, self.along, self.public, self.guard = (
            codes,
            host,
            along,
            public,
            guard,
        )
        self.methods, self.properties, self.in_place, self.spread = (
            methods,
            properties,
            in_place,
            spread,
        )
        self.optional, self.layout, self.scipy = optional or {}, layout, scipy
        self.loop = (
            loop or (ufunc_dtypes(numpy) if isinstance(numpy, np.ufunc) else common_dtypes).of
        )
        self.compares, self.saturates, self.instead = compares, saturates or {}, instead or {}
        self.level = level
        if name in REGISTRY:
            raise ValueError(f"two entries named {name}")
        REGISTRY[name] = self

    def __call__(self, *args, **params):
        if not self.params and len(args) == self.operands and not params:
            return self.build(*args)
        if self.operands is None:
            return self.build(*args, *_static(self, (), params))
        return self.build(*args[: self.operands], *_static(self, args[self.operands :], params))

    def __repr__(self):
        return f"<entry {self.name}>"


def _static(entry, given, named):
    """The static parameters in order, defaults filled in."""
    values = [*given]
    for name in list(entry.params)[len(given) :]:
        value = named.pop(name, entry.params[name])
        if value is REQUIRED:
            raise ArgumentError(f"{entry.name}() needs {name}=")
        values.append(value)
    if named:
        raise ArgumentError(
            f"{entry.name}() has no parameter {', '.join(named)}; it has {', '.join(entry.params)}"
        )
    return values


# --- helpers every layer of the catalogue uses ----------------------------------------------------


def _cast_vjp(g, node):
    return (cast(g, node.src[0].dtype) if is_float(node.src[0].dtype) else None,)


CAST = Op(
    "cast", "elementwise", lambda x, node: x.astype(node.dtype), code="np.{t}({0})",
    vjp=_cast_vjp, jvp=lambda t, node: cast(t[0], node.dtype) if is_float(node.dtype) else None,
)  # fmt: skip
NONZERO = Op(
    "nonzero",
    "elementwise",
    lambda x, node: x != 0,
    code="({0} != 0)",
    vjp=lambda g, node: (None,),
    jvp=lambda t, node: None,
)


def stretched(x, shape):
    """What ``np.broadcast_to`` gives for an array of as many axes, without its Python code."""
    if not x.flags.c_contiguous or not x.size:
        return np.broadcast_to(x, shape)
    return np.ndarray(
        shape,
        x.dtype,
        x,
        0,
        tuple([0 if n == 1 else s for n, s in zip(x.shape, x.strides, strict=True)]),
    )


def _broadcast_vjp(g, node):
    x = node.src[0]
    axes = tuple(i for i, (n, m) in enumerate(zip(x.shape, node.shape, strict=True)) if n != m)
    return (reshape_to(reduce_sum(g, axes), x.shape),)


BROADCAST = Op(
    "broadcast", "broadcast", lambda x, node: stretched(x, node.shape),
    vjp=_broadcast_vjp, jvp=lambda t, node: broadcast(t[0], node.shape),
)  # fmt: skip
RESHAPE = Op(
    "reshape",
    "reshape",
    lambda x, node: x.reshape(node.shape),
    vjp=lambda g, node: (reshape_to(g, node.src[0].shape),),
    jvp=lambda t, node: reshape_to(t[0], node.shape),
)
SUM = Op(
    "sum",
    "reduce",
    lambda x, node: np.add.reduce(x, axis=node.arg, dtype=node.dtype),
    identity=lambda dtype: 0,
    combine="({0} + {1})",
    scales=True,
    vjp=lambda g, node: (expand(g, node.arg, node.src[0].shape),),
    jvp=lambda t, node: reduce_sum(t[0], node.arg),
)


def cast(x, dtype):
    """`x` converted to `dtype`."""
    if x.dtype == dtype:
        return x
    if x.op is CONST:
        return const(x.arg, dtype)
    return Node(NONZERO if dtype == BOOL else CAST, (x,), None, x.shape, dtype)


def reshape_to(x, shape):
    if x.shape == shape:
        return x
    if x.op is RESHAPE:
        x = x.src[0]
        if x.shape == shape:
            return x
    if len(shape) > MOST:
        check_ndim(shape)
    return Node(RESHAPE, (x,), None, shape, x.dtype)


def broadcast(x, shape):
    """`x` stretched to `shape`, which it broadcasts to."""
    if x.shape == shape:
        return x
    x = reshape_to(x, (1,) * (len(shape) - x.ndim) + x.shape)
    return x if x.shape == shape else Node(BROADCAST, (x,), None, shape, x.dtype)


def zeros(x):
    """Zeros of the shape and dtype of `x`."""
    return broadcast(const(0, x.dtype), x.shape)


def reduce_sum(x, axes):
    """Sum over `axes` (sorted), in x's own dtype."""
    if not axes:
        return x
    return Node(SUM, (x,), axes, drop_axes(x.shape, axes), x.dtype)


def expand(g, axes, shape):
    """Undoes a reduction over `axes` of something of `shape`: the value stands in every place it
    came from."""
    return broadcast(reshape_to(g, keep_axes(shape, axes)), shape)


def unbroadcast(g, shape):
    """The sum of `g` over the axes along which something of `shape` was stretched."""
    lead = g.ndim - len(shape)
    axes = tuple(i for i in range(g.ndim) if i < lead or (shape[i - lead] == 1 and g.shape[i] != 1))
    return reshape_to(reduce_sum(g, axes), shape)


def as_node(x):
    return x if isinstance(x, Node) else const(x)


# --- elementwise ----------------------------------------------------------------------------------


def by_dtypes(rule):
    """A dtype rule of operands, from one of the tuple of what each of them asks for, which runs
    once per tuple."""
    known = functools.lru_cache(256)(rule)

    def dtypes(operands):
        return known(
            tuple(
                [
                    x.dtype if type(x) is Node and x.op is not NUMBER else asked_by(x)
                    for x in operands
                ]
            )
        )

    dtypes.of = known
    return dtypes


FLOAT16 = np.dtype(np.float16)


def ufunc_dtypes(ufunc):
    """Dtype rule of a NumPy ufunc: -> (loop dtypes of the operands, dtype of the result).

    Where NumPy would answer float16 (sin of an int8) jitgrad, like PyTorch, answers float32.
    """

    def rule(asked):
        if {type}.issuperset(map(type, asked)):  # only Python numbers
            asked = [np.dtype(a) for a in asked]
        try:
            found = ufunc.resolve_dtypes((*asked, None))
            if FLOAT16 in found:
                found = ufunc.resolve_dtypes(
                    (*[FLOAT32 if isinstance(a, np.dtype) else a for a in asked], None)
                )
        except TypeError:
            names = ", ".join(str(a.__name__ if isinstance(a, type) else a) for a in asked)
            raise DTypeError(
                f"got dtypes ({names}) for {ufunc.__name__}, which is not defined for them, "
                f"expected {_taken(ufunc)}; "
                "convert with .astype first"
            ) from None
        *loop, out = found if SUPPORTED.issuperset(found) else map(as_dtype, found)
        return tuple(loop), out

    return by_dtypes(rule)


def _taken(ufunc):
    """The kinds of dtypes that a ufunc has loops for, in words."""
    kinds = {np.dtype(t[0]).kind for t in ufunc.types if t[0] in "?bBhHiIlLqQfd"}
    words = {"b": "bool", "i": "integers", "f": "floats"}
    return " or ".join(word for kind, word in words.items() if kind in kinds)


def asked_by(x):
    """The dtype that a node or number asks for, as a dtype rule takes it: for a weak number its
    type."""
    if not isinstance(x, Node):
        if type(x) not in (bool, int, float):
            raise DTypeError(
                f"got an operand of type {type(x).__name__}, expected a tensor, an array or a "
                "number"
            )
        return BOOL if type(x) is bool else type(x)
    if x.op is NUMBER:
        return {"f": float, "i": int, "b": BOOL}[x.dtype.kind]
    return x.dtype


def _common(asked):
    """The dtype of all that is asked for together, which weak numbers join last: for each operand,
    and the result."""
    strong = [a for a in asked if not isinstance(a, type)]
    if len(strong) == len(asked) and strong.count(strong[0]) == len(strong):
        return asked, strong[0]
    dtype = np.result_type(*strong) if strong else None
    for weak in (a for a in asked if isinstance(a, type)):
        dtype = weak if dtype is None else _join(dtype, weak)
    dtype = as_dtype(dtype)
    return (dtype,) * len(asked), dtype


common_dtypes = by_dtypes(_common)


@by_dtypes
def choice_dtypes(asked):
    """Dtype rule of a condition and the two operands it chooses from."""
    loop, out = _common(asked[1:])
    return (BOOL, *loop), out


def _join(dtype, weak):
    """The dtype that a dtype, or the kind of another weak number, has together with a weak
    number."""
    if isinstance(dtype, type):
        return float if float in (dtype, weak) else int
    if weak is float and dtype.kind != "f":
        return FLOAT64
    return INT64 if dtype == BOOL else dtype


def elementwise(
    name,
    numpy,
    partials=None,
    *,
    code=None,
    exact=None,
    check=None,
    prepare=None,
    scales=False,
    squared=None,
    cost=1,
    dtypes=None,
    floats=None,
    operands=None,
    **entry,
):
    """Registers an elementwise primitive.

    `partials(*operands, out)` gives the partial derivatives as formulas on nodes: one, or a tuple
    with one per operand; 1, -1, 0 and None are understood. They are IR, so they are fused,
    simplified and differentiated again. `floats` is the dtype of the result where all operands are
    of one float dtype, if it is not that."""
    ufunc = isinstance(numpy, np.ufunc)
    n = operands or (numpy.nin if ufunc else 1)
    rule = dtypes or ufunc_dtypes(numpy)

    def vjp(g, node):
        return list(map(_scale, itertools.repeat(g), _partials(node), node.src))

    def jvp(tangents, node):
        out = None
        for p, s, t in zip(_partials(node), node.src, tangents, strict=True):
            term = None if t is None else _scale(t, p, s)
            out = term if out is None else out if term is None else out + term
        return out

    def _partials(node):
        if partials is None or node.dtype.kind != "f":
            return (None,) * n
        p = partials(*node.src, node)
        return p if isinstance(p, tuple) else (p,)

    reference = entry.pop("reference", None)
    op = Op(
        name,
        "elementwise",
        reference or (lambda *xs, node: numpy(*xs)),
        into=(lambda *xs, node, out: numpy(*xs, out=out)) if ufunc and reference is None else None,
        code=code,
        exact=exact,
        check=check,
        prepare=prepare,
        scales=scales,
        cost=cost,
        vjp=vjp,
        jvp=jvp,
        squared=squared,
    )

    quick = dtypes is None and (partials is not None or floats is not None)

    def build(*xs):
        found = _one_float(xs) if quick else None
        if found is None:
            loop, out = rule(xs)
            src, shape = _alike(xs, loop)
            return Node(op, src, None, shape, out)
        src, shape, dtype = found
        return Node(op, src, None, shape, floats or dtype)

    return Entry(
        name, numpy, build, n, op=op, differentiable=partials is not None, loop=rule.of, **entry
    )


def _one_float(xs):
    """Operands of one float dtype and one shape, and these two, which weak numbers beside them
    take; else None.

    What rules of dtypes and shapes would find as well: asking them takes a first call 30 us.
    """
    dtype, weak = None, False
    for x in xs:
        if type(x) is not Node or x.op is NUMBER:
            weak = True
        elif dtype is None:
            dtype, shape = x.dtype, x.shape
        elif x.dtype is not dtype or x.shape != shape:
            return None
    if dtype is not FLOAT64 and dtype is not FLOAT32:
        return None
    if weak:
        src = []
        for x in xs:
            if type(x) is float or type(x) is int:
                x = broadcast(const(x, dtype), shape)
            elif type(x) is not Node or x.dtype is BOOL:
                return None
            elif x.op is NUMBER:
                x = broadcast(cast(x, dtype), shape)
            src.append(x)
        xs = tuple(src)
    return xs, shape, dtype


def _alike(xs, dtypes):
    """Operands in these dtypes and their common shape, and that."""
    shape = xs[0].shape if isinstance(xs[0], Node) else ()
    for x, dtype in zip(xs, dtypes, strict=True):
        if not isinstance(x, Node) or x.shape != shape or x.dtype != dtype:
            break
    else:
        return xs, shape
    nodes = [
        cast(x, dtype) if isinstance(x, Node) else const(x, dtype)
        for x, dtype in zip(xs, dtypes, strict=True)
    ]
    shape = broadcast_shapes(*[x.shape for x in nodes])
    return tuple([broadcast(x, shape) for x in nodes]), shape


def _scale(g, p, src):
    """g * p for a partial p that may be a plain 1, -1, 0 or None; None where src takes no
    gradient."""
    if p is None or src.dtype.kind != "f":
        return None
    if not isinstance(p, Node):
        return None if p == 0 else g if p == 1 else -g if p == -1 else g * p
    if _is_one(g) and p.shape == g.shape and p.dtype == g.dtype:
        return p
    return g * p if p.op.scaled is None else p.op.scaled(g, p)


def _is_one(g):
    """Whether `g` is 1 everywhere, as the cotangent of what is summed."""
    while g.op is BROADCAST or g.op is RESHAPE:
        g = g.src[0]
    return g.op is CONST and g.arg == 1


# --- the other kinds ------------------------------------------------------------------------------


def movement(name, numpy, build, params=None, *, doc, view=True, **entry):
    """Registers a shape operation of one operand, built from the movement primitives."""
    return Entry(name, numpy, build, 1, params, doc=doc, view=view, **entry)


def composite(name, numpy, build, params=None, *, operands=1, doc, **entry):
    """Registers an operation that is a formula of others: no rule, fusion makes it one kernel."""
    return Entry(name, numpy, build, operands, params, doc=doc, **entry)

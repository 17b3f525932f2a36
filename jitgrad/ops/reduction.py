"""Reductions over axes: the primitives, and the composites made of them (mean, var, std...).

Start at `reduce`. A primitive reduction works in the operand's dtype; the public entry casts first,
by NumPy's rules (a sum of small integers is an int64).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.dtypes import BOOL, FLOAT64, INT64, as_dtype, is_inexact, real_of
from ..base.errors import ArgumentError, DTypeError, ShapeError
from ..ir import Node, Op, const, size
from ..ir.shapes import Axes, drop_axes, keep_axes, normalize_axes, normalize_axis, reduced_axes
from .arithmetic import excess, root0, square_size
from .comparison import equal, isnan, logical_or, not_equal, where
from .complex_products import product_of_parts
from .exponential import exp, log
from .marks import anew, stop
from .primitives import SUM, broadcast, cast, expand, reduce_sum, reshape_to
from .records import Names
from .registry import composite, operation
from .rows import along_rows

if TYPE_CHECKING:
    from .registry import Entry

PARAMS = {"axis": None, "keepdims": False}
CASES: tuple = ({}, {"axis": 0}, {"axis": -1, "keepdims": True})


def _single(shape: tuple[int, ...], axes: tuple[int, ...]) -> bool:
    """Whether each result is of one element: it is that, with its derivatives of any order."""
    return all([shape[a] == 1 for a in axes])


def reduce(op: Op, x: Node, axis: Axes, keepdims: bool, dtype: np.dtype | None = None) -> Node:
    """The node of the primitive `op` over `axis` of `x`."""
    x = x if dtype is None or dtype is x.dtype else cast(x, dtype)
    axes = tuple(range(len(x.shape))) if axis is None else reduced_axes(axis, x.ndim)
    short = drop_axes(x.shape, axes)
    as_it_is = not axes or (op is not SUM and _single(x.shape, axes))  # 0 + -0.0 is 0.0
    out = reshape_to(x, short) if as_it_is else Node(op, (x,), axes, short, x.dtype)
    return reshape_to(out, keep_axes(x.shape, axes)) if keepdims else out


def _identity(kind: str) -> Callable[[np.dtype], Any]:
    def identity(dtype: np.dtype) -> Any:
        low = kind == "max"
        if dtype.kind == "f":
            return -np.inf if low else np.inf
        if dtype.kind == "c":
            return complex(-np.inf, -np.inf) if low else complex(np.inf, np.inf)
        if dtype.kind == "b":
            return not low
        return int(np.iinfo(dtype).min if low else np.iinfo(dtype).max)

    return identity


def _accumulator(dtype: np.dtype) -> np.dtype:
    """The dtype NumPy sums and multiplies in."""
    return np.dtype(np.uint64) if dtype.kind == "u" else INT64 if dtype.kind in "bi" else dtype


def _mask(node: Node) -> Node:
    """Which elements are the extreme. Where there is a nan, the result is nan, and the gradient
    goes to the nan: PyTorch's rule for all axes."""
    x = node.src[0]
    return logical_or(equal(x, expand(anew(node), node.arg, x.shape)), isnan(x))


def _extreme_vjp(g: Node, node: Node) -> tuple[Node | None, ...]:
    x = node.src[0]
    if not is_inexact(x.dtype):
        return (None,)
    mask = _mask(node)  # ties share evenly, as in PyTorch
    share = g / reduce_sum(cast(mask, x.dtype), node.arg)
    return (where(mask, expand(share, node.arg, x.shape), 0.0),)


def _extreme_jvp(t: Sequence[Any], node: Node) -> Node:
    x = node.src[0]
    mask = _mask(node)
    return reduce_sum(where(mask, t[0], 0.0), node.arg) / reduce_sum(cast(mask, x.dtype), node.arg)


def _others(node: Node) -> Node:
    """For each element, the product of the others; right, and so is its derivative, with any number
    of zeros.

    The factors that are 0 are kept apart: of one among the others the product is that factor, which
    has a derivative."""
    x = node.src[0]
    zero = equal(x, 0)
    count, zeros, safe = cast(zero, x.dtype), where(zero, x, 0.0), where(zero, 1.0, x)
    others = expand(reduce_sum(count, node.arg), node.arg, x.shape) - count
    factor = expand(reduce_sum(zeros, node.arg), node.arg, x.shape) - zeros
    product = expand(Node(PROD, (safe,), node.arg, node.shape, node.dtype), node.arg, x.shape)
    return product / safe * where(equal(others, 0), 1.0, where(equal(others, 1), factor, 0.0))


PROD = Op(
    "prod",
    "reduce",
    lambda x, node: np.multiply.reduce(x, axis=node.arg, dtype=node.dtype),
    identity=lambda dtype: 1,
    combine="({0} * {1})",
    vjp=lambda g, node: (expand(g, node.arg, node.src[0].shape) * _others(node),),
    jvp=lambda t, node: reduce_sum(_others(node) * t[0], node.arg),
    parts=product_of_parts,
)
MAX = Op(
    "max",
    "reduce",
    lambda x, node: np.maximum.reduce(x, axis=node.arg),
    identity=_identity("max"),
    combine="maximum({0}, {1})",
    chooses=True,
    vjp=_extreme_vjp,
    jvp=_extreme_jvp,
)
MIN = Op(
    "min",
    "reduce",
    lambda x, node: np.minimum.reduce(x, axis=node.arg),
    identity=_identity("min"),
    combine="minimum({0}, {1})",
    chooses=True,
    vjp=_extreme_vjp,
    jvp=_extreme_jvp,
)
ANY = Op(
    "any",
    "reduce",
    lambda x, node: np.logical_or.reduce(x, axis=node.arg),
    identity=lambda dtype: False,
    combine="({0} or {1})",
    vjp=lambda g, node: (None,),
    jvp=lambda t, node: None,
)
ALL = Op(
    "all",
    "reduce",
    lambda x, node: np.logical_and.reduce(x, axis=node.arg),
    identity=lambda dtype: True,
    combine="({0} and {1})",
    vjp=lambda g, node: (None,),
    jvp=lambda t, node: None,
)


def _accumulating(op: Op) -> Callable[..., Node]:
    def build(x: Node, axis: Axes, dtype: Any, keepdims: bool) -> Node:
        dtype = (
            as_dtype(dtype)
            if dtype is not None
            else None
            if x.dtype.kind == "f"
            else _accumulator(x.dtype)
        )
        return reduce(op, x, axis, keepdims, dtype)

    return build


def _extreme(op: Op) -> Callable[..., Node]:
    def build(x: Node, axis: Axes, keepdims: bool) -> Node:
        axes = reduced_axes(axis, x.ndim)
        if any(x.shape[a] == 0 for a in axes):
            raise ShapeError(
                f"got {op.name} over an empty axis of shape {x.shape}, which has no {op.name}; "
                "give it elements"
            )
        return reduce(op, x, axis, keepdims)

    return build


def _reduction(
    function: Callable[..., Any] | str,
    build: Callable[..., Node],
    doc: str,
    params: Mapping[str, Any] = PARAMS,
    **fields: Any,
) -> Entry:
    return operation(function, build, doc, params, **{"cases": CASES, **fields})


_TYPED = {"axis": None, "dtype": None, "keepdims": False}
sum_ = _reduction(
    np.sum,
    _accumulating(SUM),
    "The sum over `axis` (all axes by default).",
    _TYPED,
    op=SUM,
    slope="1 for each element: the gradient is broadcast over the axes that were summed.",
    complex=True,
)
prod = _reduction(
    np.prod,
    _accumulating(PROD),
    "The product over `axis` (all axes by default).",
    _TYPED,
    op=PROD,
    slope="The product of the other elements, right where some are 0, too.",
    complex=True,
)
_TIES = "1 for the {} element, else 0; elements that are equal share it evenly."
max_ = _reduction(
    np.max,
    _extreme(MAX),
    "The largest element along `axis` (of all by default); complex numbers are ordered by their "
    "real, then by their imaginary parts.",
    op=MAX,
    slope=_TIES.format("largest"),
    names=Names(aliases=("amax",)),
    complex=True,
)
min_ = _reduction(
    np.min,
    _extreme(MIN),
    "The smallest element along `axis` (of all by default); complex numbers are ordered by their "
    "real, then by their imaginary parts.",
    op=MIN,
    slope=_TIES.format("smallest"),
    names=Names(aliases=("amin",)),
    complex=True,
)
any_ = _reduction(
    np.any,
    lambda x, axis, keepdims: reduce(ANY, x, axis, keepdims, BOOL),
    "Whether any element is true, or not 0.",
    op=ANY,
    differentiable=False,
    complex=True,
)
all_ = _reduction(
    np.all,
    lambda x, axis, keepdims: reduce(ALL, x, axis, keepdims, BOOL),
    "Whether all elements are true, or not 0.",
    op=ALL,
    differentiable=False,
    complex=True,
)


# --- positions of extremes: NumPy's, no gradient --------------------------------------------------


def _position(function: Callable[..., Any], extreme: Any) -> Callable[..., Node]:
    op = Op(
        function.__name__,
        "call",
        lambda x, node: np.asarray(function(x, axis=node.arg), dtype=np.int64),
        vjp=lambda g, node: (None,),
        jvp=lambda t, node: None,
        batch=along_rows,
    )

    def build(x: Node, axis: Axes, keepdims: bool) -> Node:
        if x.size == 0 and (axis is None or x.shape[normalize_axis(axis, x.ndim)] == 0):
            raise ShapeError(f"got {op.name} of an empty axis of shape {x.shape}; give it elements")
        if axis is None:
            out = Node(op, (reshape_to(x, (x.size,)),), 0, (), INT64)
            return reshape_to(out, (1,) * x.ndim) if keepdims else out
        axis = normalize_axis(axis, max(x.ndim, 1))
        if x.ndim == 0:
            return const(0)
        out = Node(op, (x,), axis, drop_axes(x.shape, (axis,)), INT64)
        return reshape_to(out, keep_axes(x.shape, (axis,))) if keepdims else out

    doc = f"Where the first {extreme} element along `axis` is, or that of the flat tensor."
    return _reduction(function, build, doc, op=op, differentiable=False, complex=True)


argmax = _position(np.argmax, "largest")
argmin = _position(np.argmin, "smallest")

# --- composites -----------------------------------------------------------------------------------


def _count(x: Node, axes: tuple[int, ...]) -> int:
    return math.prod(x.shape[a] for a in axes)


def _float(x: Node) -> Node:
    return x if is_inexact(x.dtype) else cast(x, FLOAT64)


def _mean(x: Node, axis: Axes, dtype: Any, keepdims: bool) -> Node:
    if dtype is not None and not is_inexact(as_dtype(dtype)):
        raise DTypeError(
            f"got dtype={dtype} for a mean, expected a float or complex one: a mean in integers "
            "would be truncated on the way"
        )
    x = cast(x, as_dtype(dtype)) if dtype is not None else _float(x)
    # Of a 0-d value no axis may be named here: NumPy counts along it.
    axes = normalize_axes(axis, x.ndim)
    n = _count(x, axes)
    return reduce(SUM, x, axes, keepdims) / size(n if n else float("nan"), real_of(x.dtype))


mean = _reduction(
    np.mean,
    _mean,
    "The arithmetic mean over `axis` (all axes by default).",
    _TYPED,
    slope="1 / n for each of the n elements.",
    complex=True,
)


def _var(x: Node, axis: Axes, ddof: float, keepdims: bool, correction: float | None = None) -> Node:
    x = _float(x)
    axes = normalize_axes(axis, x.ndim)
    ddof = ddof if correction is None else correction
    if not isinstance(ddof, (int, float)):
        raise ArgumentError(
            f"got ddof = {ddof!r}, expected a number; name several axes as axis=(0, 1)"
        )
    d = x - _mean(x, axes, None, True)
    n, squares = _count(x, axes) - ddof, square_size(d)
    count = size(n if n > 0 else float("nan"), squares.dtype)
    return reduce(SUM, squares, axes, keepdims) / count


_VAR = {"axis": None, "ddof": 0, "keepdims": False, "correction": None}
var = _reduction(
    np.var,
    _var,
    "The variance over `axis`, with n - ddof degrees of freedom (0, as NumPy).",
    _VAR,
    cases=(*CASES, {"ddof": 1}),
    slope="d/dx = 2 * (x - mean) / (n - ddof).",
    complex=True,
)
std = _reduction(
    np.std,
    lambda *a: root0(_var(*a)),
    "The standard deviation over `axis`, the root of `var`.",
    _VAR,
    cases=(*CASES, {"ddof": 1}),
    slope="d/dx = (x - mean) / ((n - ddof) * out), and 0 where out is 0.",
    complex=True,
)


def _top(x: Node, axes: tuple[int, ...]) -> Node:
    """The maximum over `axes`, with length 1: a shift of `x`, on which no result depends, so no
    gradient goes there."""
    if not _count(x, axes):
        return broadcast(const(0, x.dtype), keep_axes(x.shape, axes))
    return stop(reduce(MAX, x, axes, True))


def _logsumexp(x: Node, axis: Axes, keepdims: bool) -> Node:
    x = _float(x)
    axes = reduced_axes(axis, x.ndim)
    top = _top(x, axes)
    out = log(reduce(SUM, exp(excess(x, broadcast(top, x.shape))), axes, True)) + top
    return out if keepdims else reshape_to(out, drop_axes(x.shape, axes))


logsumexp = _reduction(
    "logsumexp",
    _logsumexp,
    "log(sum(exp(x))) over `axis` (all axes by default), without overflow.",
    slope="d/dx = exp(x - out), the softmax of x; infinities that are equal share it evenly.",
    names=Names(scipy="logsumexp", reduces="logaddexp"),
)


def _shifted(x: Node, axis: Axes) -> tuple[Node, Node, Node]:
    """``x - max(x)`` over `axis`, the exponential of that, and its sum.

    The result is made of these, not of `logsumexp`: of x and a logarithm that is as large nothing
    is left but the roundings of both."""
    x = _float(x)
    axes = reduced_axes(axis, x.ndim)
    x = x - _top(x, axes)
    e = exp(x)
    return x, e, reduce(SUM, e, axes, True)


def _softmax(x: Node, axis: Axes) -> Node:
    _, e, total = _shifted(x, axis)
    return e / total


def _log_softmax(x: Node, axis: Axes) -> Node:
    x, _, total = _shifted(x, axis)
    return x - log(total)


def _along_axis(name: str, build: Callable[..., Node], doc: str, slope: str) -> Entry:
    names = Names(scipy=name)
    cases: tuple[dict[str, Any], ...] = ({}, {"axis": 0})
    return composite(name, build, doc, {"axis": -1}, cases=cases, slope=slope, names=names)


softmax = _along_axis(
    "softmax",
    _softmax,
    "exp(x) / sum(exp(x)) over `axis`, without overflow, whatever is added to x.",
    "The gradient g becomes out * (g - sum(g * out)).",
)
log_softmax = _along_axis(
    "log_softmax",
    _log_softmax,
    "log(softmax(x)) over `axis`, without overflow, whatever is added to x.",
    "The gradient g becomes g - exp(out) * sum(g).",
)
count_nonzero = _reduction(
    np.count_nonzero,
    lambda x, axis, keepdims: reduce(SUM, not_equal(x, 0), axis, keepdims, INT64),
    "How many elements are not 0.",
    differentiable=False,
    names=Names(method=False),
    complex=True,
)
ptp = _reduction(
    np.ptp,
    lambda x, axis, keepdims: max_(x, axis, keepdims) - min_(x, axis, keepdims),
    "The range over `axis` (all axes by default), max - min.",
    slope="1 for the largest element, -1 for the smallest; ties share it evenly.",
    names=Names(method=False),
    complex=True,
)

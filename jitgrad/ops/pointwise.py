"""The constructor of elementwise primitives: `elementwise` makes an `Op` with both derivative
rules, and its entry, from the formulas of the partial derivatives."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.dtypes import FLOAT32, FLOAT64, is_inexact
from ..ir import CONST, NUMBER, Node, Op, const
from ..ir.shapes import broadcast_shapes
from .primitives import BROADCAST, RESHAPE, broadcast, cast
from .promotion import ufunc_dtypes
from .registry import operation

if TYPE_CHECKING:
    from .promotion import Rule
    from .registry import Entry


def elementwise(
    function: Callable[..., Any] | str,
    partials: Callable[..., Any] | None,
    doc: str,
    *,
    numpy: Any = None,
    operands: int | None = None,
    code: str | None = None,
    exact: str | None = None,
    check: str | None = None,
    helper: str | None = None,
    prepare: tuple[str, ...] | None = None,
    scales: bool = False,
    squared: Callable[[Node], Node | None] | None = None,
    scaled: Callable[[Node, Node], Node] | None = None,
    cost: int = 1,
    dtypes: Rule | None = None,
    floats: np.dtype | None = None,
    reference: Callable[..., Any] | None = None,
    vjp: Callable[..., Sequence[Node | None]] | None = None,
    jvp: Callable[..., Node | None] | None = None,
    around: Callable[..., Node] | None = None,
    kind: str = "elementwise",
    batch: Callable[..., Node] | None = None,
    parts: Callable[..., Any] | None = None,
    complex: bool = False,
    **fields: Any,
) -> Entry:
    """Registers an elementwise primitive.

    `partials(*operands, out)` gives the partial derivatives as formulas on nodes: one, or a tuple
    with one per operand; 1, -1, 0 and None are understood. They are IR, so they are fused,
    simplified and differentiated again. `vjp` and `jvp` are rules that replace those made of them.

    `code` is the expression in kernels, by default a call of the helper of the operation's name:
    ``tanh({0})``. It and `exact`, `check`, `helper`, `prepare`, `scales`, `squared`, `scaled`,
    `cost` and `reference` are the fields of `Op`. `dtypes` is the rule of dtypes, if it is not that
    of NumPy's ufunc; `floats` the dtype of the result where all operands are of one float dtype, if
    it is not that. ``around(build, *operands)`` makes the node where `build` alone does not. Of the
    `kind` "call" NumPy computes it in both tiers; such a one needs `batch`, the field of `Op`.
    ``parts(*operands)`` gives the parts of the result from those of complex operands
    (`complex_parts`); without, complex operands are refused."""
    name = function if isinstance(function, str) else function.__name__
    numpy = numpy if isinstance(function, str) else function
    ufunc = isinstance(numpy, np.ufunc)
    n = operands or (numpy.nin if ufunc else 1)
    rule = dtypes or ufunc_dtypes(numpy)

    def of_partials(g: Node, node: Node) -> list[Node | None]:
        return list(map(_scale, itertools.repeat(g), values(node), node.src))

    def along_partials(tangents: Sequence[Node | None], node: Node) -> Node | None:
        out = None
        for p, s, t in zip(values(node), node.src, tangents, strict=True):
            term = None if t is None else _scale(t, p, s)
            out = term if out is None else out if term is None else out + term
        return out

    def values(node: Node) -> tuple[Any, ...]:
        if partials is None or not is_inexact(node.dtype):
            return (None,) * n
        p = partials(*node.src, node)
        return p if isinstance(p, tuple) else (p,)

    op = Op(
        name,
        kind,
        reference or (lambda *xs, node: numpy(*xs)),
        into=(lambda *xs, node, out: numpy(*xs, out=out)) if ufunc and reference is None else None,
        code=code or f"{name}({', '.join([f'{{{k}}}' for k in range(n)])})",
        exact=exact,
        check=check,
        helper=helper,
        prepare=prepare,
        scales=scales,
        cost=cost,
        vjp=vjp or of_partials,
        jvp=jvp or along_partials,
        squared=squared,
        scaled=scaled,
        batch=batch,
        parts=_without_node(parts),
    )

    quick = dtypes is None and (partials is not None or floats is not None)

    def build(*xs: Any) -> Node:
        found = _one_float(xs) if quick else None
        if found is None:
            loop, out = rule(xs)
            src, shape = _alike(xs, loop)
            return Node(op, src, None, shape, out)
        src, shape, dtype = found
        return Node(op, src, None, shape, floats or dtype)

    return operation(
        function,
        build if around is None else lambda *xs: around(build, *xs),
        doc,
        numpy=numpy,
        operands=n,
        op=op,
        loop=rule.of,
        partials=partials,
        differentiable=partials is not None,
        complex=complex | (parts is not None),
        **fields,
    )


def _without_node(parts: Callable[..., Any] | None) -> Callable[..., Any] | None:
    """`parts` as that of an `Op`, which is told the node."""
    return None if parts is None else lambda *xs, node: parts(*xs)


def _one_float(xs: tuple[Any, ...]) -> tuple[tuple[Node, ...], tuple[int, ...], np.dtype] | None:
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
            elif type(x) is not Node or x.dtype.kind in "bc":
                return None
            elif x.op is NUMBER:
                x = broadcast(cast(x, dtype), shape)
            src.append(x)
        xs = tuple(src)
    return xs, shape, dtype


def _alike(
    xs: tuple[Any, ...], dtypes: Sequence[np.dtype]
) -> tuple[tuple[Node, ...], tuple[int, ...]]:
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


def _scale(g: Node, p: Node | float | None, src: Node) -> Node | None:
    """g * p for a partial p that may be a plain 1, -1, 0 or None; None where src takes no
    gradient."""
    if p is None or not is_inexact(src.dtype):
        return None
    if not isinstance(p, Node):
        return None if p == 0 else g if p == 1 else -g if p == -1 else g * p
    if _is_one(g) and p.shape == g.shape and p.dtype == g.dtype:
        return p
    return g * p if p.op.scaled is None else p.op.scaled(g, p)


def _is_one(g: Node) -> bool:
    """Whether `g` is 1 everywhere, as the cotangent of what is summed."""
    while g.op is BROADCAST or g.op is RESHAPE:
        g = g.src[0]
    return g.op is CONST and g.arg == 1

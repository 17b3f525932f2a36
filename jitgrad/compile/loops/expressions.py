"""Expressions of kernels: literals, operations of the graph, reads and writes of memory.

An operation says its code as a template (`Op.code`, `Op.combine`); what is made of it here, with
the conversions that a dtype needs, is a template again, which is made once. Start at `expression`
and `combination`.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...base.dtypes import BOOL, COMPLEX128, FLOAT64, INT64
from .ir import Expr, Operand

if TYPE_CHECKING:
    from ...ir.node import Node


#: reductions of floats whose combination may be reordered, so that the loop vectorises
REORDERED = {"({0} + {1})": "fast_add({0}, {1})", "({0} * {1})": "fast_mul({0}, {1})"}
#: dtypes of Python's own numbers, which numba's arithmetic keeps
WIDE = frozenset((FLOAT64, INT64, COMPLEX128))
#: Operations that leave float32 a float32, in numba as in NumPy: a conversion compiles three times
#: as long as they do.
ARITHMETIC = {
    "({0} + {1})",
    "({0} - {1})",
    "({0} * {1})",
    "({0} / {1})",
    "({0} * {0})",
    "(-{0})",
    "(+{0})",
}

_SPECIAL = {"nan": "math.nan", "inf": "math.inf", "-inf": "-math.inf"}

#: What the sum of a block of float32 starts with.
ZERO = "np.float32(0.0)"


#: A term of a sum: whether it is there, a template and what stands in its places.
Term = tuple[bool, str, tuple[Operand, ...]]


@functools.cache
def name_of(dtype: np.dtype) -> str:
    """The name of a dtype, which NumPy makes anew each time."""
    return dtype.name


def literal(value: Any, dtype: np.dtype) -> str:
    """`value` as an expression of `dtype`."""
    if dtype.kind == "b":
        return str(bool(value))
    if dtype.kind == "c":
        text = f"complex({literal(value.real, FLOAT64)}, {literal(value.imag, FLOAT64)})"
    elif dtype.kind == "f":
        text = _SPECIAL.get(repr(float(value)), repr(float(value)))
    else:
        text = str(int(value))
    if dtype in WIDE:
        return f"({text})" if text.startswith("-") else text
    return f"np.{name_of(dtype)}({text})"


def baked(value: float) -> bool:
    """Whether the constant `value` may stand in the code: it must not be one that comes from a
    size."""
    if isinstance(value, bool) or not math.isfinite(value) or abs(value) in (0, 0.5, 1, 2, 3, 4):
        return True
    return not any(abs(v - round(v)) < 1e-9 * abs(v) for v in (value, 1 / value))


def _typed(form: str, dtype: np.dtype) -> str:
    """The template `form` converted to `dtype` where numba's arithmetic may have widened it."""
    if dtype in WIDE or dtype == BOOL or form.startswith(f"np.{dtype.name}("):
        return form
    return f"np.{dtype.name}({form})"


def read(place: Expr, dtype: np.dtype) -> Expr:
    """The value at `place` of an array; kernels see arrays of bool as bytes."""
    return Expr("({} != 0)", (place,)) if dtype.kind == "b" else place


def stored(value: Operand, dtype: np.dtype) -> Operand:
    return Expr("np.uint8({})", (value,)) if dtype.kind == "b" else value


def element(array: str, place: Operand) -> Expr:
    return Expr("{}[{}]", (array, place))


def plus(a: str, b: Operand) -> Expr:
    return Expr("{} + {}", (a, b))


def total(parts: Sequence[Term]) -> Operand:
    """The sum of `parts`: (whether it is taken off, a template, its operands) each."""
    form = ""
    operands: list[Operand] = []
    for negative, part, values in parts:
        form += (" - " if form else "-") + part if negative else (" + " if form else "") + part
        operands += values
    return Expr(form, tuple(operands)) if form else "0"


def cast_name(dtype: np.dtype) -> str:
    return "bool_" if dtype.kind == "b" else dtype.name


@functools.lru_cache(4096)
def _form(code: str, dtype: np.dtype, sources: tuple[np.dtype, ...]) -> str:
    """The template of an operation of operands of the dtypes `sources`."""
    form = code.replace("{t}", cast_name(dtype))
    if dtype.kind == "b" and sources[0].kind == "b":
        return f"({form} != 0)"  # True + True is 2 in a kernel
    kept = dtype.kind == "f" and code in ARITHMETIC and all(source == dtype for source in sources)
    return form if kept else _typed(form, dtype)


def expression(node: Node, args: Sequence[Operand], exact: bool = False) -> Expr:
    code = (exact and node.op.exact) or node.op.code
    return Expr(_form(code, node.dtype, tuple([s.dtype for s in node.src])), tuple(args))


def is_wide(node: Any) -> bool:
    """Whether a reduction accumulates in float64: long sums and products of float32 lose too much
    otherwise."""
    return node.dtype.name == "float32" and (
        node.op.combine in REORDERED or node.op.kind == "total"
    )


@functools.lru_cache(1024)
def _combining(code: str, dtype: np.dtype, wide: bool, reorder: bool) -> str:
    """The template that joins a value to an accumulator."""
    if reorder and dtype.kind == "f":
        code = REORDERED.get(code, code)
    return code if reorder and wide else _typed(code, dtype)


def combination(
    node: Any, acc: Operand, *values: Operand, reorder: bool = True, narrow: bool = False
) -> Expr:
    """The expression that joins `values` to the accumulator `acc` of the reduce or scan `node`; a
    `narrow` one is of float32 where others are of float64."""
    form = _combining(node.op.combine, node.dtype, is_wide(node), reorder)
    return Expr(_typed(form, node.dtype) if narrow else form, (acc, *values))


def joined(node: Node, place: Expr, value: Operand, reorder: bool = False) -> Operand:
    """What is stored at `place` in memory when the reduction `node` takes `value` in."""
    return stored(combination(node, read(place, node.dtype), value, reorder=reorder), node.dtype)


def identity_literal(node: Any) -> str:
    return literal(node.op.identity(node.dtype), node.dtype)


def start_of(node: Node) -> str:
    """What the accumulator of a reduction starts with."""
    return repr(float(node.op.identity(node.dtype))) if is_wide(node) else identity_literal(node)


def partial(node: Node, acc: str) -> Operand:
    """What an accumulator has at the end of a chunk, as a partial result."""
    return acc if is_wide(node) else stored(acc, node.dtype)


def accumulated(node: Node, acc: str) -> Operand:
    """What an accumulator has in the end, to be stored."""
    return Expr("np.float32({})", (acc,)) if is_wide(node) else stored(acc, node.dtype)


def sums_in_blocks(node: Node) -> bool:
    """Whether sums of a block stay narrow; products would overflow."""
    return is_wide(node) and not node.op.identity(node.dtype)


def kept_as(node: Node) -> np.dtype:
    """The dtype that the sums of `node` are kept in on the way."""
    return FLOAT64 if is_wide(node) else node.dtype


def is_constant(node: Node) -> bool:
    while node.op.kind in ("broadcast", "reshape", "permute"):
        node = node.src[0]
    return node.op.kind == "const"

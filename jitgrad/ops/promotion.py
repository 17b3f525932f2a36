"""Rules of dtypes: in which dtypes an operation computes, and which its result has.

A rule takes operands, nodes and weak Python numbers, and gives (dtypes of the loop, one per
operand, dtype of the result); ``rule.of`` is the same function of what the operands ask for: a
dtype, or for a Python number its type. Start at `ufunc_dtypes`, which asks NumPy.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ..base.dtypes import (
    BOOL,
    FLOAT32,
    FLOAT64,
    INT64,
    SUPPORTED,
    as_dtype,
    complex_of,
)
from ..base.errors import DTypeError
from ..ir import NUMBER, Node

if TYPE_CHECKING:

    class Rule(Protocol):
        """A rule of dtypes, as the module says."""

        #: The same, from what the operands ask for.
        of: Callable[[tuple], tuple[tuple, np.dtype]]

        def __call__(self, operands: Sequence[Any], /) -> tuple[tuple, np.dtype]: ...


def by_dtypes(rule: Callable[[tuple], tuple[tuple, np.dtype]]) -> Rule:
    """A dtype rule of operands, from one of the tuple of what each of them asks for, which runs
    once per tuple."""
    known = functools.lru_cache(256)(rule)

    def dtypes(operands: Sequence[Any]) -> tuple[tuple[np.dtype, ...], np.dtype]:
        return known(
            tuple(
                [
                    x.dtype if type(x) is Node and x.op is not NUMBER else asked_by(x)
                    for x in operands
                ]
            )
        )

    dtypes.of = known  # type: ignore[attr-defined]  # functions have attributes
    return dtypes  # type: ignore[return-value]


FLOAT16 = np.dtype(np.float16)


def ufunc_dtypes(ufunc: np.ufunc) -> Rule:
    """Dtype rule of a NumPy ufunc: -> (loop dtypes of the operands, dtype of the result).

    Where NumPy would answer float16 (sin of an int8) jitgrad, like PyTorch, answers float32.
    """

    def rule(asked: tuple) -> tuple[tuple[np.dtype, ...], np.dtype]:
        if {type}.issuperset(map(type, asked)):  # only Python numbers
            asked = tuple([np.dtype(a) for a in asked])
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


def _taken(ufunc: np.ufunc) -> str:
    """The kinds of dtypes that a ufunc has loops for, in words."""
    kinds = {np.dtype(t[0]).kind for t in ufunc.types if t[0] in "?bBhHiIlLqQfdFD"}
    words = {"b": "bool", "i": "integers", "f": "floats", "c": "complex numbers"}
    return " or ".join(word for kind, word in words.items() if kind in kinds)


def asked_by(x: Any) -> Any:
    """The dtype that a node or number asks for, as a dtype rule takes it: for a weak number its
    type."""
    if not isinstance(x, Node):
        if type(x) not in (bool, int, float, complex):
            raise DTypeError(
                f"got an operand of type {type(x).__name__}, expected a tensor, an array or a "
                "number"
            )
        return BOOL if type(x) is bool else type(x)
    if x.op is NUMBER:
        return {"f": float, "i": int, "b": BOOL, "c": complex}[x.dtype.kind]
    return x.dtype


def _common(asked: tuple) -> tuple[tuple, Any]:
    """The dtype of all that is asked for together, which weak numbers join last: for each operand,
    and the result."""
    strong = [a for a in asked if not isinstance(a, type)]
    if len(strong) == len(asked) and strong.count(strong[0]) == len(strong):
        return asked, strong[0]
    dtype: Any = np.result_type(*strong) if strong else None
    for weak in (a for a in asked if isinstance(a, type)):
        dtype = weak if dtype is None else _join(dtype, weak)
    dtype = as_dtype(dtype)
    return (dtype,) * len(asked), dtype


common_dtypes = by_dtypes(_common)


@by_dtypes
def choice_dtypes(asked: tuple) -> tuple[tuple[np.dtype, ...], np.dtype]:
    """Dtype rule of a condition and the two operands it chooses from."""
    loop, out = _common(asked[1:])
    return (BOOL, *loop), out


def _join(dtype: Any, weak: type) -> Any:
    """The dtype that a dtype, or the kind of another weak number, has together with a weak
    number."""
    if isinstance(dtype, type):
        return next((kind for kind in (complex, float) if kind in (dtype, weak)), int)
    if weak is complex:
        return complex_of(dtype)
    if weak is float and dtype.kind not in "fc":
        return FLOAT64
    return INT64 if dtype == BOOL else dtype

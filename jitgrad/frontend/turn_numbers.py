"""The number of the turn that `fori_loop` gives to its function: a 0-d tensor that operations take
for a Python number.

Beside a float it has that one's dtype, beside an integer too. Sums, differences and products of it
with Python numbers are such numbers again; all else makes an ordinary tensor of it. An integer that
is affine in the number of the turn, and in range in all turns, is an index as Python's integers
are: ``x[i]`` and ``x[i - 1:i + 1]`` are views (see `subscript`). Start at `turn_number`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from ..base.dtypes import FLOAT64, INT64
from ..base.errors import JitError
from ..ir import const
from ..ops.primitives import cast
from ..tape.handles import AbstractValue
from ..tape.segment import local
from ..tape.symbols import SymbolicScalar, TurnValue, turn_symbol
from .tensor import Tensor

if TYPE_CHECKING:
    from ..ir import Node


class TurnNumber(Tensor, TurnValue):
    """The number of a turn, or what is computed of it and Python numbers.

    Attributes
    ----------
    node : Node
    tracing : Trace
    """

    __slots__ = ("ends", "node", "symbol", "tracing")

    if TYPE_CHECKING:
        node: Node
        tracing: Any
        symbol: SymbolicScalar
        ends: tuple[int, int] | None

    def _write(self, *_: Any, **__: Any) -> NoReturn:
        raise JitError(
            "got a write to the number of the turn, expected a body that leaves it as it is; "
            "compute another: i + 1"
        )

    def __neg__(self) -> Any:
        return 0 - self


def turn_number(tracing: Any, node: Node, ends: tuple[int, int] | None) -> TurnNumber:
    """The tensor of the number that `node` is in the trace of a turn; as an index it goes from the
    first to the last of `ends`."""
    from ..tape.symbolic import Traced  # where functions are traced, it is there

    out = object.__new__(TurnNumber)
    out._seg, out._edge, out._x = None, None, None
    out._state, out._value = AbstractValue((), node.dtype, False), Traced(tracing, node)
    out.tracing, out.node, out.ends = tracing, node, ends
    out.symbol = turn_symbol(tracing, node, float if node.dtype.kind == "f" else int)
    tracing.made((out,))
    return out


#: Python's operators whose results are numbers of the turn again.
OPERATORS = [
    operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod
]  # fmt: skip


def _combined(function: Callable[[Any, Any], Any], x: Any, y: Any) -> Any:
    """The operator `function` of two, of which one or both are numbers of the turn; None where the
    result is none."""
    tracing = local.seg.tracing
    if not all([_is_number(v, tracing) for v in (x, y)]):
        return None
    nodes = [v.node if type(v) is TurnNumber else const(v) for v in (x, y)]
    if function is operator.truediv or FLOAT64 in [n.dtype for n in nodes]:
        nodes = [cast(n, FLOAT64) for n in nodes]
    node = function(*nodes)
    return turn_number(tracing, node, _ends(function, x, y) if node.dtype == INT64 else None)


def _ends(function: Callable[[Any, Any], Any], x: Any, y: Any) -> tuple[int, int] | None:
    """The first and last value of an integer that is affine in the number of the turn."""
    both = type(x) is type(y)
    if function not in OPERATORS[: 2 if both else 3]:
        return None
    a, b = [v.ends if type(v) is TurnNumber else (v, v) for v in (x, y)]
    return None if a is None or b is None else (function(a[0], b[0]), function(a[1], b[1]))


def _is_number(x: Any, tracing: Any) -> bool:
    """Whether `x` is a number of Python, or of the turn that is traced."""
    return type(x) in (int, float) or (type(x) is TurnNumber and x.tracing is tracing)


def _install(function: Callable[[Any, Any], Any]) -> None:
    name = function.__name__

    def method(x: Any, y: Any) -> Any:
        out = _combined(function, x, y)
        return getattr(Tensor, f"__{name}__")(x, y) if out is None else out

    def reflected(x: Any, y: Any) -> Any:
        out = _combined(function, y, x)
        return getattr(Tensor, f"__r{name}__")(x, y) if out is None else out

    for own, operation in (("", method), ("r", reflected), ("i", method)):
        setattr(TurnNumber, f"__{own}{name}__", operation)


for _function in OPERATORS:
    _install(_function)


def beside(operands: Sequence[Any]) -> tuple[Any, ...]:
    """The operands of an operation, in which numbers of the turn have the dtype of the tensors
    beside them, if there are any."""
    dtypes = [x.dtype for x in operands if isinstance(x, Tensor) and type(x) is not TurnNumber]
    kinds = {dtype.kind for dtype in dtypes}
    if "f" in kinds:
        return tuple([_as_float(x) for x in operands])
    if kinds and kinds <= {"i", "b"} and "i" in kinds:
        dtype = np.result_type(*dtypes)
        return tuple([_as_integer(x, dtype) for x in operands])
    return tuple(operands)


def _as_float(x: Any) -> Any:
    return x.symbol.as_float() if type(x) is TurnNumber and not x.tracing.closed else x


def _as_integer(x: Any, dtype: np.dtype) -> Any:
    is_other = type(x) is TurnNumber and x.dtype.kind == "i" and x.dtype != dtype
    return x.astype(dtype) if is_other else x

"""What the functions of `jitgrad.nn.functional` have in common: operands, and how losses are
reduced. Start at `reduced`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...base.errors import ArgumentError, DTypeError
from ...frontend.convert import as_operand
from ...frontend.functions import FUNCTIONS
from ...ir.shapes import as_int


class Catalogue:
    """The operations of the catalogue, as attributes."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return FUNCTIONS[name]


op = Catalogue()


def floats(x: Any, what: str = "input") -> Any:
    """An operand of a float dtype."""
    x = as_operand(x)
    if x.dtype.kind != "f":
        raise DTypeError(f"got {what} of dtype {x.dtype}, expected a float; use .double()")
    return x


def reduced(loss: Any, reduction: str) -> Any:
    """The losses of elements as they are, their mean, or their sum."""
    if reduction == "mean":
        return loss.mean()
    if reduction == "sum":
        return loss.sum()
    if reduction == "none":
        return loss
    raise ArgumentError(f"got reduction={reduction!r}, expected 'none', 'mean' or 'sum'")


def tuple_of(n: int, x: Any, what: str) -> tuple[int, ...]:
    """One integer for each of `n` axes, which may be given as one for all."""
    values = tuple(x) if isinstance(x, (tuple, list)) else (x,) * n
    values = values * n if len(values) == 1 else values
    if len(values) != n:
        raise ArgumentError(f"got {what}={x!r}, expected an integer or {n}")
    return tuple([as_int(v, what) for v in values])


def together(values: Sequence[Any]) -> list[Any]:
    """Operands as tensors of floats."""
    return [floats(v, "an operand") for v in values]

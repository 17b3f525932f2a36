"""The operations of the catalogue with those of special functions, as attributes of `op`: what
functions that SciPy writes in Python are formulas of. Start at `op`."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from ...base.errors import ArgumentError
from ...frontend.convert import as_operand
from ...frontend.functions import FUNCTIONS
from ...frontend.special_functions import load

load()
op = SimpleNamespace(**FUNCTIONS)


def floats(x: Any) -> Any:
    """An operand as a tensor of floats."""
    x = as_operand(x)
    return x if x.dtype.kind == "f" else x.to(float)


def not_exact(name: str, exact: bool) -> None:
    if exact:
        raise ArgumentError(
            f"got {name}(exact=True), which gives Python's integers, without a gradient; leave it "
            f"out, or use scipy.special.{name}"
        )

"""Calls of Python functions on arrays, as operations of a plan.

The function is no part of the graph: a plan hands it the arrays that it has at that point, and goes
on with what it gives. So a call is right each time that a plan runs, and what the function does in
it is its own affair. Shapes and dtypes of the results are known before. A call has no derivative.
Start at `host`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..base.dtypes import INT64
from ..base.errors import ArgumentError, DTypeError, GradientError, ShapeError
from ..ir import Node, Op
from .packing import Packing

Aval = tuple[tuple[int, ...], np.dtype]


class HostCall:
    """``function(*arrays)`` -> arrays of the shapes and dtypes `results`, called by `name` in
    errors; `method` says how it is called for many rows (`autodiff.rule_rows`), if it can be."""

    __slots__ = ("function", "method", "name", "results")

    def __init__(
        self,
        name: str,
        function: Callable[..., Sequence[Any]],
        results: Sequence[Aval],
        method: str | None = None,
    ) -> None:
        self.name, self.function, self.results = name, function, tuple(results)
        self.method = method

    def __repr__(self) -> str:
        return self.name


class HostGroup(NamedTuple):
    """Those results of a call, by number, that are in one array."""

    call: HostCall
    numbers: tuple[int, ...]

    def __repr__(self) -> str:
        return self.call.name


def _reference(*arrays: Any, node: Node) -> Any:
    call, numbers = node.arg
    out = call.function(*[np.array(x) for x in arrays])
    parts = [checked_result(call, k, np.asarray(out[k])) for k in numbers]
    return np.concatenate([x.reshape(-1) for x in parts], dtype=node.dtype, casting="unsafe")


def checked_result(call: HostCall, k: int, x: np.ndarray) -> np.ndarray:
    shape, dtype = call.results[k]
    if x.shape != shape:
        raise ShapeError(f"got result {k} of {call.name} of shape {x.shape}, expected {shape}")
    if x.dtype != dtype and not (dtype.kind == "f" and x.dtype.kind == "f"):
        raise DTypeError(
            f"got result {k} of {call.name} of dtype {x.dtype}, expected {dtype}; convert it with "
            ".astype"
        )
    return x


def _no_rule(*_: Any) -> Any:
    raise GradientError(
        "got a gradient through a function that is called on NumPy arrays, which has no derivative "
        "rule; give it one by jitgrad.custom_vjp, or use .detach() on its operands if they should "
        "count as constants"
    )


HOST = Op("host", "call", _reference, vjp=_no_rule, jvp=_no_rule)


def host(call: HostCall, sources: Sequence[Node]) -> list[Node]:
    """The results of a call on `sources`. It is made once for floats, and once for what else there
    is among the results."""
    groups: dict[np.dtype, list[int]] = {}
    floats = [dtype for _, dtype in call.results if dtype.kind == "f"]
    for k, (_, dtype) in enumerate(call.results):
        groups.setdefault(_common(dtype, floats), []).append(k)
    out: dict[int, Node] = {}
    for dtype, numbers in groups.items():
        shapes = {k: call.results[k][0] for k in numbers}
        packing = Packing(shapes, {k: call.results[k][1] for k in numbers})
        group = HostGroup(call, tuple(numbers))
        node = Node(HOST, tuple(sources), group, (packing.total,), dtype)
        out |= {k: packing.part(node, k) for k in numbers}
    return [out[k] for k in range(len(call.results))]


def _common(dtype: np.dtype, floats: Sequence[np.dtype]) -> np.dtype:
    """The dtype of the array that results of `dtype` are packed in."""
    if dtype.kind == "f":
        return np.result_type(*floats)
    if dtype.kind not in "biu":
        raise ArgumentError(f"got a result of dtype {dtype}, expected a float, integer or bool")
    return dtype if dtype == np.uint64 else INT64

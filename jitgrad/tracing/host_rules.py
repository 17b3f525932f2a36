"""Derivative rules that are called on arrays: what a call of the function has kept for its rule.

A program that is run again has the same plan, which knows nothing of one call: it hands the rule
the number of the record (`Token`), a value like others, and that is alive as long as the graph of
the call. Where a trace is under way, whose plan belongs to one record, the rule knows it. Start at
`HostRecord`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from typing import Any
from weakref import WeakValueDictionary

import numpy as np

from ..autodiff.derivative_rules import HostRule
from ..base.dtypes import INT64
from ..frontend.convert import as_operand
from ..frontend.tensor import Tensor
from ..tape.handles import from_value
from ..tape.segment import Segment, local

_numbers = itertools.count()
_records: WeakValueDictionary[int, HostRecord] = WeakValueDictionary()


class Token(int):
    """The number of a record, which holds it."""

    record: HostRecord


class HostRecord:
    """What the rule of one call is called with.

    Attributes
    ----------
    rule : callable
        ``rule(kept, cotangents)`` -> the cotangents of the inputs as tensors, None for zeros;
        `kept` are the arrays and tensors that the call kept, `cotangents` tensors, None for zeros.
    likes : list of (shape, dtype)
        The inputs.
    tensors : list of (bool, Tensor or None)
        Whether what was kept are tensors, and not arrays; and the tensor itself where it requires
        grad and is none of those `known` (arguments and results): the rule may differentiate by it.
    """

    __slots__ = ("__weakref__", "likes", "rule", "tensors")

    def __init__(
        self,
        rule: Callable[..., Sequence[Any]],
        inputs: Sequence[Any],
        kept: Sequence[Any],
        known: Sequence[Any] | None = None,
    ) -> None:
        self.rule, self.likes = rule, [(x.shape, x.dtype) for x in inputs]
        apart = known is not None and local.seg.tracing is None
        others = {id(x) for x in known or ()}
        self.tensors = [
            (
                isinstance(x, Tensor),
                x if apart and isinstance(x, Tensor) and _is_own(x, others) else None,
            )
            for x in kept
        ]

    def __call__(self, sources: Sequence[Any], cotangents: Sequence[Any]) -> list[np.ndarray]:
        first, last = len(self.likes), len(self.likes) + len(self.tensors)
        with apart():
            kept = [
                _same(t, x) if is_tensor else np.asarray(x)
                for x, (is_tensor, t) in zip(sources[first:last], self.tensors, strict=True)
            ]
            gs = [None if g is None else as_operand(g) for g in cotangents]
            return [
                np.zeros(shape, dtype) if c is None else np.asarray(c.detach())
                for c, (shape, dtype) in zip(self.rule(kept, gs), self.likes, strict=True)
            ]

    def host_rule(
        self, name: str, results: Sequence[Any], inputs: Sequence[Any], kept: Sequence[Any]
    ) -> tuple[HostRule, list[Any]]:
        """The rule, and its sources."""
        avals = tuple([(t.shape, t.dtype) for t in results])
        led, sources = tuple(range(len(inputs))), [*inputs, *[as_operand(x) for x in kept]]
        if local.seg.tracing is not None:
            return HostRule(name, avals, led, self), sources
        token = Token(next(_numbers))
        token.record = _records[int(token)] = self
        return HostRule(name, avals, led, _by_token), [*sources, from_value(token, (), INT64, None)]


def _is_own(t: Tensor, others: AbstractSet[int]) -> bool:
    return t.requires_grad and id(t) not in others


def _same(t: Tensor | None, x: Any) -> Any:
    """The tensor `t`, if it still has the values `x`, or a new one of these."""
    if t is not None and np.array_equal(np.asarray(t.detach()), x, equal_nan=True):
        return t
    return as_operand(x)


def _by_token(sources: Sequence[Any], cotangents: Sequence[Any]) -> list[np.ndarray]:
    return _records[int(sources[-1])](sources[:-1], cotangents)


@contextmanager
def apart() -> Iterator[None]:
    """While a plan calls a function of the user's: what that records is no part of what is pending,
    and has no gradient."""
    outer = local.seg
    local.seg = Segment(False)
    try:
        yield
    finally:
        local.seg = outer


def is_array(x: Any) -> bool:
    """Whether a plan can hand `x` to a rule; all else is kept as it is."""
    return isinstance(x, (Tensor, np.ndarray, np.generic)) and x.dtype.kind in "fbiu"

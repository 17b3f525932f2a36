"""Functions on arrays whose derivatives are functions on arrays again: those of another library.

A plan calls such a function as it calls others (`ops.host`). Its rule is made when a derivative is
asked for: a call of the function's own derivative (`ArrayFunction.pulled`), which has such a rule
itself, so that there are derivatives of any order. Start at `called`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..ir import Node
from ..ops.host import Aval, HostCall, host
from ..ops.primitives import zeros
from .derivative_rules import DerivativeRule, Nodes, packing_of, with_rule


class ArrayFunction:
    """A function of several arrays, with several results; ``function(*arrays)`` gives a sequence.

    Attributes
    ----------
    name : str
        Of the function, for errors and reports.
    """

    name: str

    def __call__(self, *arrays: Any) -> Sequence[Any]:
        raise NotImplementedError

    def pulled(self, led: tuple[int, ...], there: tuple[bool, ...]) -> ArrayFunction:
        """The function of these arrays, and of the cotangents of those float results that are
        `there`, that gives the cotangents of the arrays `led`."""
        raise NotImplementedError


class InRows(ArrayFunction):
    """A function for each of `size` rows: all arrays have the axis of rows in front."""

    def __init__(self, one: ArrayFunction, size: int) -> None:
        self.one, self.size, self.name = one, size, one.name

    def __call__(self, *arrays: Any) -> Sequence[Any]:
        each = [self.one(*[a[i] for a in arrays]) for i in range(self.size)]
        return [np.stack([np.asarray(x) for x in parts]) for parts in zip(*each, strict=True)]

    def pulled(self, led: tuple[int, ...], there: tuple[bool, ...]) -> ArrayFunction:
        return InRows(self.one.pulled(led, there), self.size)


@dataclass(frozen=True, slots=True, repr=False)
class ArrayRule(DerivativeRule):
    """The rule of a function on arrays that has derivatives."""

    function: ArrayFunction

    def pull(self, cotangents: Nodes, node: Node) -> Nodes:
        there = tuple([c is not None for c in cotangents])
        results = tuple([(node.src[k].shape, node.src[k].dtype) for k in self.led])
        sources = [*node.src, *[c for c in cotangents if c is not None]]
        return called(self.function.pulled(self.led, there), results, sources)

    def push(self, tangents: Nodes, node: Node) -> Nodes:
        # Cotangents are linear in those of the results: by these, their own cotangent is a tangent.
        given = [tangents[k] for k in self.led]
        n, count = len(node.src), len(self.results)
        pulled = self.function.pulled(self.led, (True,) * count)
        pushed = pulled.pulled(tuple(range(n, n + count)), tuple([t is not None for t in given]))
        packing = packing_of(self)
        zero = [zeros(packing.part(node, k)) for k in range(count)]
        return called(
            pushed, self.results, [*node.src, *zero, *[t for t in given if t is not None]]
        )


def called(function: ArrayFunction, results: Sequence[Aval], sources: Sequence[Node]) -> list[Node]:
    """The results of a call of a function on arrays, with its derivatives."""
    values = host(HostCall(function.name, function, results, "sequential"), sources)
    smooth = [k for k, (_, dtype) in enumerate(results) if dtype.kind in "fc"]
    led = tuple([k for k, s in enumerate(sources) if s.dtype.kind in "fc"])
    avals = tuple([results[k] for k in smooth])
    if not (smooth and led):
        return values
    rule = ArrayRule(function.name, avals, led, function)
    made = iter(with_rule([values[k] for k in smooth], rule, sources))
    return [next(made) if k in smooth else x for k, x in enumerate(values)]

"""What a function with a derivative rule gave, and what its rule reads of a call.

Start at `Results` and `Reads`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..autodiff.derivative_rules import TracedRule
from ..base.errors import ArgumentError
from ..base.tree import flatten
from ..frontend.convert import as_operand
from ..frontend.tensor import Tensor
from ..ir import substitute, toposort
from .custom_arguments import described
from .rule_traces import RuleTrace, as_tensor

if TYPE_CHECKING:
    from ..ir import Node


class Results:
    """What a function gave: its leaves as tensors; the `smooth` ones, by number, are floats."""

    def __init__(self, out: Any, function: Callable[..., Any]) -> None:
        leaves, self.names, self.rebuild = flatten(out, "result")
        self.leaves = [
            _tensor(x, name, function) for x, name in zip(leaves, self.names, strict=True)
        ]
        self.given = leaves
        self.smooth = [k for k, t in enumerate(self.leaves) if t.dtype.kind in "fc"]

    @property
    def values(self) -> list[Tensor]:
        return [self.leaves[k] for k in self.smooth]

    def outline(self) -> Callable[[Iterator[Any]], Any]:
        """`rebuild`, without what the container held."""
        return outline(self.rebuild, len(self.leaves))

    def made(self, values: Sequence[Any]) -> Any:
        """The container with others in the place of the smooth ones; the rest has no graph."""
        out = [t.detach() if t.requires_grad else t for t in self.leaves]
        for k, t in zip(self.smooth, values, strict=True):
            out[k] = t
        return self.rebuild(iter(out))


def outline(rebuild: Callable[[Iterator[Any]], Any], count: int) -> Callable[[Iterator[Any]], Any]:
    """`rebuild`, of a container that holds nothing of what the first one did."""
    return flatten(rebuild(iter(range(count))))[2]


class Like:
    """Shape and dtype of a tensor."""

    __slots__ = ("dtype", "shape")

    def __init__(self, t: Any) -> None:
        self.shape, self.dtype = t.shape, t.dtype

    @property
    def smooth(self) -> bool:
        return self.dtype.kind in "fc"

    def cotangent(self, g: Any) -> Any:
        """`g`, or zeros where there is none."""
        return as_operand(np.zeros(self.shape, self.dtype)) if g is None else g


def _tensor(x: Any, name: str, function: Callable[..., Any]) -> Any:
    try:
        return as_operand(x)
    except ArgumentError as error:
        raise type(error)(
            f"got {name} of {described(function)} that is no tensor: {error}"
        ) from None


class Reads:
    """What a rule reads, as stand-ins in its trace: leaves of arguments, results, and others. What
    is the same object is the same stand-in."""

    def __init__(self, trace: RuleTrace, given: Any, leaves: Sequence[Any], results: Results):
        self.trace, self.tensors = trace, dict[Any, Any]()
        self.places: dict[int, tuple[Any, Node]] = {}  # by the object: the stand-in, its leaf
        self.inputs: list[Node] = []
        self.outputs: list[Node] = []
        self._kept: list[Any] = []
        self.active = [given.leaves[k] for k in given.active]
        trace.given = list(given.leaves)
        for k, (x, got) in enumerate(zip(given.leaves, leaves, strict=True)):
            if isinstance(x, Tensor):
                proxy, node = self._stand_in(x, got, x)
                trace.given[k] = proxy
                if k in given.active:
                    self.inputs.append(node)
                else:
                    self.tensors[node] = x
        made = []
        for t, raw in zip(results.leaves, results.given, strict=True):
            # an argument that is given back is a result, too, with the derivative of the rule
            given_back = id(raw) in self.places
            proxy, node = self._stand_in(t, *(() if given_back else (raw, t)))
            made.append(proxy)
            if t.dtype.kind in "fc":
                self.outputs.append(node)
            else:
                self.tensors[node] = t
        trace.results = lambda: results.rebuild(iter(made))

    def _stand_in(self, like: Any, *objects: Any) -> tuple[Any, Node]:
        proxy, node = self.trace.parameter(like.shape, like.dtype)
        for x in objects:
            self.places[id(x)] = proxy, node
        self._kept += objects
        return proxy, node

    def of(self, x: Any) -> Any:
        """What the rule gets for a leaf of what was kept for it."""
        if not isinstance(x, (Tensor, np.ndarray, np.generic)):
            return x
        if id(x) in self.places:
            return self.places[id(x)][0]
        with self.trace.outside():
            t = as_operand(x)
        proxy, node = self._stand_in(t, x)
        self.tensors[node] = t
        return proxy

    def rule(
        self,
        name: str,
        results: Results,
        cotangents: Sequence[Node],
        gradients: Any,
        tangents: Sequence[Node] = (),
        pushed: Sequence[Node | None] = (),
    ) -> tuple:
        """The `TracedRule`, its sources and its numbers."""
        gradients = [(there, self._merged(nodes)) for there, nodes in gradients]
        pushed = self._merged(pushed)
        roots = [n for _, nodes in gradients for n in nodes] + list(pushed)
        captured, numbers = self.trace.read(roots)
        needed = _leaves_of(roots)
        outputs = [(k, n) for k, n in enumerate(self.outputs) if n in needed]
        values = results.values
        tensors = {n: t for n, t in self.tensors.items() if n in needed}
        with self.trace.outside():
            tensors |= {n: as_tensor(t) for n, t in captured}
        avals = tuple([(t.shape, t.dtype) for t in values])
        led = _led(len(self.inputs), gradients, tangents, needed)
        rule = TracedRule(
            name,
            avals,
            led,
            tuple(self.inputs),
            tuple(outputs),
            (*tensors, *[n for n, _ in numbers]),
            tuple(cotangents),
            tuple([(p, tuple([nodes[k] for k in led])) for p, nodes in gradients]),
            tuple([tangents[k] for k in led]) if tangents else (),
            tuple(pushed),
        )
        read = [values[k] for k, _ in outputs]
        return rule, [*self.active, *read, *tensors.values()], numbers

    def _merged(self, roots: Sequence[Node | None]) -> list[Node | None]:
        """`roots`, where what the rule has reached by itself is what stands for it already."""
        captured, _ = self.trace.read(roots)
        new = {n: self.places[id(t)][1] for n, t in captured if id(t) in self.places}
        found = iter(substitute([r for r in roots if r is not None], new))
        return [None if r is None else next(found) for r in roots]


def _led(
    count: int, gradients: Any, tangents: Sequence[Node], needed: set[Node]
) -> tuple[int, ...]:
    """The numbers of the inputs that have a derivative."""
    found = {k for _, nodes in gradients for k in range(count) if nodes[k] is not None}
    return tuple(sorted(found | {k for k, place in enumerate(tangents) if place in needed}))


def _leaves_of(roots: Sequence[Node | None]) -> set[Node]:
    return {n for n in toposort([r for r in roots if r is not None]) if not n.src}

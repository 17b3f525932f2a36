"""Which node of a graph is the first to make a nan: the graph is run again, node by node and turn
by turn.

Nodes whose origin is known (`base.anomaly`) are asked as wholes: a result of an operation that is
nan while its operands are not. What is nan on the way inside one operation, in the branch of a
choice that it does not take, is nobody's fault. Start at `first_made`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..base.origins import Origin
from ..control.turns import run_turns
from ..ir import CONST, LEAF, NUMBER, Node, toposort
from ..ops.marks import value_sources

#: Where values are what is looked for.
Wrong = Callable[[Any], Any]


class Made(NamedTuple):
    """Where a nan was made.

    Attributes
    ----------
    node : Node
        A result of an operation, or of the graph.
    origin : Origin or None
        The operation.
    value : array
        Of the node.
    operands : list of array
        What the operation was computed from, so far as that is known.
    turns : tuple of int
        The turns of loops, the outer ones first.
    """

    node: Node
    origin: Origin | None
    value: Any
    operands: list[Any]
    turns: tuple[int, ...] = ()


class _Found(Exception):
    """Ends the search."""

    def __init__(self, made: Made) -> None:
        super().__init__()
        self.made = made


def first_made(
    roots: Sequence[Node],
    leaves: Sequence[Any],
    numbers: Sequence[Any],
    origins: Mapping[Node, Origin],
    wrong: Wrong,
) -> Made | None:
    """The first result in the graph of `roots` that is wrong while nothing that it is computed from
    is; None if there is none.

    Parameters
    ----------
    roots : sequence of Node
    leaves, numbers : sequence
        As for a plan.
    origins : dict of Node to Origin
    wrong : callable
        ``wrong(array)`` -> where there is a nan in it.

    Returns
    -------
    Made or None
    """
    search = _Search(origins, wrong)
    given = {
        n: leaves[n.arg].reshape(n.shape) if n.shape else n.dtype.type(leaves[n.arg])
        for n in toposort(roots, value_sources)
        if n.op is LEAF
    }
    try:
        with np.errstate(all="ignore"):
            search.run(roots, given.__getitem__, lambda n: n.dtype.type(numbers[n.arg]))
    except _Found as found:
        return found.made
    return None


def _excuse(node: Node, given: Sequence[Any]) -> Any:
    """Where a node may be wrong, as sources are at the places `given`: anywhere, unless it is
    computed element by element; None if nowhere."""
    if not given:
        return None
    if node.op.kind not in ("elementwise", "broadcast"):
        return np.True_
    return functools.reduce(np.logical_or, [np.broadcast_to(x, node.shape) for x in given])


class _Search:
    def __init__(self, origins: Mapping[Node, Origin], wrong: Wrong) -> None:
        self.origins, self.wrong = origins, wrong

    def run(
        self, roots: Sequence[Node], leaf: Callable[[Node], Any], number: Callable[[Node], Any]
    ) -> list[Any]:
        """The values of `roots`; raises `_Found`."""
        values: dict[Node, Any] = {}
        excused: dict[Node, Any] = {}  # where operands of the operation were wrong already
        ends = frozenset(roots)
        for node in toposort(roots, value_sources):
            if node.op is LEAF:
                values[node] = leaf(node)
            elif node.op is NUMBER:
                values[node] = number(node)
            else:
                values[node] = self._computed(node, values)
            if self._is_wrong(node, values, excused, node in ends):
                operands = [values[s] for s in self._operands(node)]
                raise _Found(Made(node, self.origins.get(node), values[node], operands))
        return [values[root] for root in roots]

    def _is_wrong(
        self, node: Node, values: Mapping[Node, Any], excused: dict[Node, Any], is_end: bool
    ) -> bool:
        """Whether the operation that `node` is a result of is to blame; notes what is excused."""
        if node.op.kind == CONST.kind:  # of a rule, which has no other answer than its nan
            return False
        sources = value_sources(node)
        is_input = not sources or node.op.name == "loop"  # what is wrong in a loop was found there
        origin = self.origins.get(node)
        before = None if is_input else _excuse(node, [excused[s] for s in sources if s in excused])
        if not (is_input or is_end or (origin is not None and origin.whole)):
            if before is not None:
                excused[node] = before
            return False
        where = self.wrong(values[node])
        if not np.any(where):
            return False
        excused[node] = where
        return not is_input and (before is None or bool(np.any(where & ~before)))

    def _operands(self, node: Node) -> list[Node]:
        """What the operation of `node` is computed from: inputs, and results of other
        operations."""
        ends = lambda n: n is not node and getattr(self.origins.get(n), "whole", False)
        inner = toposort([node], lambda n: () if ends(n) else value_sources(n))
        return [n for n in inner if (ends(n) or not n.src) and n.op.kind != CONST.kind]

    def _computed(self, node: Node, values: Mapping[Node, Any]) -> Any:
        given = [values[s] for s in value_sources(node)]
        if node.op.name == "loop":
            return run_turns(given[0], given[1:], node, self._turn)
        if len(given) < len(node.src):  # a mark, of which the first source is the value
            return np.broadcast_to(given[0], node.shape)
        return node.op.reference(*given, node=node)

    def _turn(self, roots: Sequence[Node]) -> Callable[[Sequence[Any], int], list[Any]]:
        def turn(parameters: Sequence[Any], t: int) -> list[Any]:
            try:
                return self.run(roots, lambda n: parameters[n.arg], lambda n: np.int64(t))
            except _Found as found:
                made = found.made
                raise _Found(made._replace(turns=(t, *made.turns))) from None

        return turn

"""The NumPy interpreter: runs a graph node by node through each operation's `reference`.

It is the cold tier, the oracle of the compiled tier's tests, and ``config.compile = "never"``.
Values are as in a plan: flat arrays, and Python numbers for 0-d. A plan of small arrays is run as
it stands the first time (`Walk`): most are never seen again. A `Program` is made once per plan:
what is constant is computed then, each value has a register, which is emptied after its last use.
Programs of large arrays run most operations block by block (see `blocked`) and write in place what
nobody else reads. Start at `interpreter`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextvars import Context
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.config import config
from ..ir import CONST, LEAF, NUMBER, toposort, users
from ..ops import REGISTRY
from ..ops.marks import unmarked
from ..ops.movement import PAD, UPDATE, added, added_in_place, update_in_place
from ..ops.primitives import broadcast_array
from . import blocked
from .blocked import Stretch, split

if TYPE_CHECKING:
    from ..ir.node import Node


_ADD = REGISTRY["add"].op
#: Elements up to which values need not be freed after their last use, and planning would take
#: longer than running.
SMALL = 1 << 12
#: Runs after which planning pays nevertheless.
OFTEN = 4
#: Where NumPy is silent, as in kernels. Entered by one call in C, where ``np.errstate`` is Python
#: code.
_silent = Context()
_silent.run(np.seterr, all="ignore")


def _checked(function: Any) -> Any:
    """`function`; with the verifier on, its result is checked."""
    if not config.verify:
        return function
    from ..ir.verify import checked

    return checked(function)


def run(roots: Sequence[Node], leaves: Sequence[Any], numbers: Sequence[Any]) -> list[Any]:
    """The values of `roots`, once."""
    return interpreter(roots)(leaves, numbers)


_shape = attrgetter("shape")


def interpreter(roots: Sequence[Node]) -> Program | Walk:
    """What runs `roots` the first time."""
    order = toposort(roots)
    plain = unmarked(roots, order)
    if plain is not roots:
        return interpreter(plain)
    if any([n.op.name == "loop" for n in order]):
        from ..control import tidied  # most programs have none

        roots = tidied(roots)
        order = toposort(roots)
    widest = max(map(math.prod, set(map(_shape, order))), default=0)
    return Walk(order, roots) if widest <= SMALL and widest < 2 * blocked.BLOCK else Program(roots)


class Walk:
    """``walk(leaves, numbers)`` -> the values of `roots`, bit for bit those of a `Program`; `order`
    has their nodes.

    What is stretched stays as it was for as long as NumPy does that itself, as in `_unstretched`.
    """

    def __init__(self, order: Sequence[Node], roots: Sequence[Node]) -> None:
        self.order, self.roots, self.runs = order, roots, 0

    def __call__(
        self,
        leaves: Sequence[Any],
        numbers: Sequence[Any],
        limit: float | None = None,
    ) -> list[Any]:
        self.runs += 1
        return _silent.copy().run(self._run, leaves, numbers)

    def _run(self, leaves: Sequence[Any], numbers: Sequence[Any]) -> list[Any]:
        values: dict = {}
        value_of = values.__getitem__
        short: set = set()  # nodes whose value is not stretched yet
        verify = config.verify
        for node in self.order:
            op, src = node.op, node.src
            if src:
                kind = op.kind
                if kind == "broadcast":
                    values[node] = values[src[0]]
                    short.add(node)
                    continue
                given: Iterable[Any] = map(value_of, src)
                if short and (
                    short.issuperset(src) if kind == "elementwise" else not short.isdisjoint(src)
                ):
                    given = [
                        broadcast_array(x, s.shape) if s in short else x
                        for x, s in zip(given, src, strict=True)
                    ]
                function = _checked(op.reference) if verify else op.reference
                values[node] = function(*given, node=node)
            elif op is LEAF:
                value = leaves[node.arg]
                values[node] = value.reshape(node.shape) if node.shape else node.dtype.type(value)
            else:
                values[node] = node.dtype.type(numbers[node.arg] if op is NUMBER else node.arg)
        out = []
        for root in self.roots:
            value = broadcast_array(values[root], root.shape) if root in short else values[root]
            out.append(_given(value, root.shape, root.dtype))
        return out


class Program:
    """``program(leaves, numbers)`` -> the values of `roots`."""

    def __init__(self, roots: Sequence[Node]) -> None:
        order = toposort(roots)
        plain = unmarked(roots, order)
        if plain is not roots:
            roots, order = plain, toposort(plain)
        large = max(map(math.prod, set(map(_shape, order))), default=0) >= 2 * blocked.BLOCK
        if large:
            from ..compile import simplify  # programs of small arrays do without the compiler

            roots = simplify(roots, fusing=False)
            order = toposort(roots)
        at = {node: k for k, node in enumerate(order)}
        self.registers: list[Any] = [None] * len(order)
        self.leaves: list[tuple[int, int, tuple[int, ...], type]] = []
        self.numbers: list[tuple[int, int, type]] = []
        computed = []
        for k, node in enumerate(order):
            if node.op is LEAF:
                self.leaves.append((k, node.arg, node.shape, node.dtype.type))
            elif node.op is NUMBER:
                self.numbers.append((k, node.arg, node.dtype.type))
            elif node.op.kind == CONST.kind:
                self.registers[k] = node.dtype.type(node.arg)
            elif node.op.kind in _STILL and self.registers[at[node.src[0]]] is not None:
                self.registers[k] = node.op.reference(self.registers[at[node.src[0]]], node=node)
            else:
                computed.append(node)
        self.roots = [(at[root], root.shape, root.dtype) for root in roots]
        self.steps: list[tuple[Any, ...]] = (_in_blocks if large else _one_by_one)(
            computed, users(order), at, roots
        )
        self._free({at[root] for root in roots})

    def _free(self, kept: AbstractSet[int]) -> None:
        """Empties each register that a run fills after the last step that reads it."""
        seen = {*kept} | {k for k, value in enumerate(self.registers) if value is not None}
        for i in reversed(range(len(self.steps))):
            function, node, src, k = self.steps[i]
            dead = tuple({j for j in (*src, *((k,) if function else node.filled)) if j not in seen})
            seen.update(dead)
            self.steps[i] = (function, node, src, k, dead)

    def __call__(
        self,
        leaves: Sequence[Any],
        numbers: Sequence[Any],
        limit: float | None = None,
    ) -> list[Any]:
        """The values; `TooSlow` if a stretch would take longer than `limit` seconds."""
        return _silent.copy().run(self._run, leaves, numbers, limit)

    def _run(
        self,
        leaves: Sequence[Any],
        numbers: Sequence[Any],
        limit: float | None,
    ) -> list[Any]:
        values = self.registers.copy()
        for k, i, shape, kind in self.leaves:
            values[k] = leaves[i].reshape(shape) if shape else kind(leaves[i])
        for k, i, kind in self.numbers:
            values[k] = kind(numbers[i])
        memory: list = []  # of blocks
        for function, node, src, k, dead in self.steps:
            if function is None:
                node(values, limit, memory)
            else:
                values[k] = function(*[values[i] for i in src], node=node)
            for i in dead:
                values[i] = None
        return [_given(values[k], shape, dtype) for k, shape, dtype in self.roots]


def _needed(
    reads: dict[Node, tuple[Node, ...]], roots: Sequence[Node]
) -> dict[Node, tuple[Node, ...]]:
    """`reads` without the nodes that nobody reads, such as a broadcast that NumPy does itself."""
    needed = {*roots}
    for node in reversed(reads):
        if node in needed:
            needed.update(reads[node])
    return {node: sources for node, sources in reads.items() if node in needed}


def _one_by_one(
    computed: Sequence[Node],
    readers: Mapping[Node, list[Node]],
    at: Mapping[Node, int],
    roots: Sequence[Node],
) -> list[tuple[Any, ...]]:
    """A step per node: (function, node, registers read, register filled)."""
    reads = {
        node: _unstretched(node) if node.op.kind == "elementwise" else node.src for node in computed
    }
    steps = []
    for node, src in _needed(reads, roots).items():
        function = update_in_place if _owns(node, readers, roots) else node.op.reference
        steps.append((_checked(function), node, tuple([at[s] for s in src]), at[node]))
    return steps


def _in_blocks(
    computed: Sequence[Node],
    readers: Mapping[Node, list[Node]],
    at: Mapping[Node, int],
    roots: Sequence[Node],
) -> list[tuple[Any, ...]]:
    """Steps of large programs: (None, stretch, registers read, None) for the nodes of a stretch."""
    reads, pads = _sources(computed, readers, roots)
    reads = _needed(reads, roots)
    parts = split(reads, pads)
    last = _last_reads(parts, reads, roots, pads)
    steps: list[tuple[Any, ...]] = []
    fresh: set[Node] = set()  # results in memory that nothing else lies in
    for k, (nodes, together) in enumerate(parts):
        node = nodes[0]
        if together:
            stretch = Stretch(nodes, reads, at, {n for n in nodes if last[n] != k}, _checked)
            steps.append((None, stretch, stretch.read, None))
            fresh.update(nodes)
            continue
        src = reads[node]
        free = bool(src) and src[0] in fresh and last[src[0]] == k
        function = _checked(_reference_of(node, node in pads, free))
        steps.append((function, pads.get(node, node), tuple([at[s] for s in src]), at[node]))
        if node in pads or node.op in (PAD, UPDATE):
            fresh.add(node)
    return steps


def _sources(
    computed: Sequence[Node], readers: Mapping[Node, list[Node]], roots: Sequence[Node]
) -> tuple[dict[Node, tuple[Node, ...]], dict[Node, Node]]:
    """The sources of each node; and of the sums with a padded value that nobody else reads, that
    value: only its region is added, from the sources of the padding."""
    reads: dict = {}
    pads: dict = {}
    for node in computed:
        reads[node] = _unstretched(node) if node.op.kind == "elementwise" else node.src
        for x, pad in (node.src, node.src[::-1]) if node.op is _ADD else ():
            if x is not pad and pad in reads and _is_own_pad(pad, readers, roots):
                reads[node], pads[node] = (x, *reads.pop(pad)), pad
                break
    return reads, pads


def _is_own_pad(node: Node, readers: Mapping[Node, list[Node]], roots: Sequence[Node]) -> bool:
    """Whether a node is a padded value with one reader."""
    return node.op is PAD and len(readers[node]) == 1 and node not in roots


def _reference_of(node: Node, adds_region: bool, free: bool) -> Callable[..., Any]:
    """What computes a node alone: a sum that `adds_region`, or as its operation says; in place
    where the memory of its first source is `free`."""
    if adds_region:
        return added_in_place if free else added
    return update_in_place if free and node.op is UPDATE else node.op.reference


def _last_reads(
    parts: Sequence[tuple[list[Node], bool]],
    reads: Mapping[Node, tuple[Node, ...]],
    roots: Sequence[Node],
    pads: Mapping[Node, Node],
) -> dict[Node, int]:
    """The last part in which somebody reads each value, or what may lie in the same memory."""
    last: dict = dict.fromkeys(roots, len(parts))
    for k in reversed(range(len(parts))):
        nodes, together = parts[k]
        for node in reversed(nodes):
            alias = not together and node not in pads and node.op not in (PAD, UPDATE)
            through = max(k, last[node]) if alias else k
            for s in reads[node]:
                last[s] = max(last.get(s, k), through)
    return last


#: Kinds that only look at a constant from another side.
_STILL = frozenset(("broadcast", "reshape", "permute"))


def _owns(node: Node, readers: Mapping[Node, list[Node]], roots: Sequence[Node]) -> bool:
    """Whether an update may write to its operand: another update's result, read by nobody else."""
    return (
        node.op is UPDATE
        and node.src[0].op is UPDATE
        and len(readers[node.src[0]]) == 1
        and node.src[0] not in roots
    )


def _unstretched(node: Node) -> tuple[Node, ...]:
    """An elementwise node's sources without their broadcasts, which NumPy does itself, if one has
    the full shape."""
    short = tuple([s.src[0] if s.op.kind == "broadcast" else s for s in node.src])
    return short if any(s.shape == node.shape for s in short) else node.src


def _given(
    value: np.generic | np.ndarray, shape: tuple[int, ...], dtype: np.dtype
) -> float | np.ndarray:
    if not shape:
        return value.item() if value.dtype == dtype else dtype.type(value).item()
    return (value if value.dtype is dtype else value.astype(dtype)).ravel()

"""Stretches: parts of a graph that the NumPy interpreter runs block by block, so that temporaries
stay in the cache.

A whole-array temporary of NumPy is fresh memory, which costs more than the arithmetic: page faults,
and a way to memory and back per operation. Nodes that have the same leading axis and make each row
of their result of the same row of their operands (elementwise operations, reductions over other
axes, movements within rows) run together on some rows at a time. A reduction over the leading axis
ends a stretch: each block gives a partial result, joined by the same reduction. Only results that
are read elsewhere are whole arrays.

`split` finds the stretches; `Stretch` runs one.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from sys import getrefcount
from typing import TYPE_CHECKING, Any

import numpy as np

from ..ir import CONST

if TYPE_CHECKING:
    from ..ir.node import Node


#: Elements of a block: a handful of temporaries fits a second-level cache, and calls cost a tenth
#: of the work.
BLOCK = 1 << 15
#: Kinds that give another view of their operand: in a stretch only where their operand is made
#: there.
VIEWS = frozenset(("broadcast", "reshape", "permute", "slice"))
#: Blocks after which it is known how long a stretch will take.
PROBE = 8


class TooSlow(Exception):
    """A stretch would take longer than the limit; nothing was changed."""


class Rows:
    """What an operation's `reference` asks a node for, of some rows of it."""

    __slots__ = ("op", "src", "arg", "shape", "dtype")

    def __init__(
        self, node: Node, shape: tuple[int, ...], arg: tuple[int, ...] | None = None
    ) -> None:
        self.op, self.src, self.dtype, self.shape = node.op, node.src, node.dtype, shape
        self.arg = node.arg if arg is None else arg

    ndim = property(lambda self: len(self.shape))
    size = property(lambda self: math.prod(self.shape))


def closing(node: Node) -> bool:
    """Whether a row-wise node joins the rows: it gives one partial result per block."""
    return node.op.kind == "reduce" and 0 in node.arg


def _axis(node: Node) -> tuple[int, ...]:
    """(length of the leading axis, number of axes) of what a row-wise node is computed from."""
    x = node.src[0] if node.op.kind == "reduce" else node
    return x.shape[0], x.ndim


def _by_rows(source: Node, node: Node) -> bool:
    """Whether a row-wise node reads a source row by row, not whole."""
    length, rank = _axis(node)
    return (source.ndim == rank or node.op.kind in VIEWS) and source.shape[:1] == (length,)


def _rowwise(node: Node, made: AbstractSet[Node]) -> bool:
    """Whether rows of `node` are made of the same rows of its operands; `made`: by rows so far."""
    kind, shape = node.op.kind, node.shape
    if kind == "elementwise":
        return bool(shape) and shape[0] > 1
    if kind == "reduce":
        return node.src[0].shape[0] > 1
    if kind not in VIEWS or node.src[0] not in made or shape[:1] != node.src[0].shape[:1]:
        return False
    if kind == "permute":
        return node.arg[0] == 0
    first = node.src[-1] if kind != "slice" else node.src[1]
    return kind != "slice" or (first.op is CONST and first.arg == 0 and node.arg[0] == 1)


def split(
    reads: Mapping[Node, tuple[Node, ...]], alone: Mapping[Node, Node]
) -> list[tuple[list[Node], bool]]:
    """Lists of nodes that run together, in order; `reads` has the sources of each node to compute,
    sources first.

    A node's stage is later than those of whole values it reads, and not before those of values it
    reads by rows: so nodes of one stage and length need nothing of each other but rows. Those in
    `alone` are a list of their own."""
    stages: dict = {}
    groups: dict = {}
    made: set = set()
    for node, sources in reads.items():
        rowwise = node not in alone and _rowwise(node, made)
        stage = 0
        for s in sources:
            if s in stages:
                stage = max(stage, stages[s] + (not (rowwise and s in made and _by_rows(s, node))))
        if rowwise and node.op.kind in VIEWS and stages[node.src[0]] != stage:
            rowwise = False
        if not rowwise:
            stage = 1 + max((stages[s] for s in sources if s in stages), default=-1)
            groups[(stage, node)] = [node]
        else:
            groups.setdefault((stage, _axis(node)[0]), []).append(node)
            if not closing(node):
                made.add(node)
        stages[node] = stage
    parts = sorted(groups.items(), key=lambda item: item[0][0])
    return [(nodes, isinstance(key[1], int)) for key, nodes in parts]


#: What `getrefcount` says of what only a list refers to.
_FREE = next(map(getrefcount, [object()]))


def _room(memory: list[np.ndarray], shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """An array for a temporary in the first `memory` that nothing lies in any more, or in more of
    it.

    Fresh memory is page faults, until the C library has learned to keep what is freed: in a first
    call, always."""
    if math.prod(shape) > BLOCK:
        return np.empty(shape, dtype)
    room = BLOCK * max(8, dtype.itemsize)  # complex numbers have 16 bytes
    counts = [*map(getrefcount, memory)]
    for k, count in enumerate(counts):
        if count == _FREE and memory[k].nbytes >= room:
            return np.ndarray(shape, dtype, memory[k])
    memory.append(np.empty(room, np.uint8))
    return np.ndarray(shape, dtype, memory[-1])


class Stretch:
    """Nodes of one leading axis, as ``stretch(values, limit, memory)``, which reads and fills
    registers.

    `at` tells the register of a node; `wanted` are the nodes that others read; `checked` wraps what
    computes a node. `memory` is for temporaries, and the same for all stretches of a run."""

    def __init__(
        self,
        nodes: Sequence[Node],
        reads: Mapping[Node, tuple[Node, ...]],
        at: Mapping[Node, int],
        wanted: AbstractSet[Node],
        checked: Callable[..., Any],
    ) -> None:
        self.nodes, self.length = nodes, _axis(nodes[0])[0]
        widest = max(x.size for n in nodes for x in (n, n.src[0])) // self.length
        self.rows = min(self.length, max(1, BLOCK // max(widest, 1)))
        places: dict = {}
        self.cut: list[tuple[int, int]] = []
        self.whole: list[tuple[int, int]] = []
        self.outs: list[tuple[int, int, tuple[int, ...], np.dtype]] = []
        self.parts: list[tuple[int, int, Any, Rows]] = []
        for k, n in enumerate(nodes):
            for s in reads[n]:
                if s not in places:
                    places[s] = len(places)
                    (self.cut if _by_rows(s, n) else self.whole).append((places[s], at[s]))
            places[n] = len(places)
            if closing(n):
                self.parts.append((k, at[n], n.op.reference, Rows(n, n.shape, (0,))))
            elif n in wanted:
                self.outs.append((k, at[n], n.shape, n.dtype))
        self.read = tuple(dict.fromkeys(k for _, k in (*self.cut, *self.whole)))
        self.filled = tuple([k for _, k, *_ in (*self.outs, *self.parts)])
        self.size = len(places)
        self.steps = self._steps(nodes, reads, places, checked)
        self.variants: dict = {}

    @staticmethod
    def _steps(
        nodes: Sequence[Node],
        reads: Mapping[Node, tuple[Node, ...]],
        places: Mapping[Node, int],
        checked: Callable[..., Any],
    ) -> list[
        tuple[Callable[..., Any], Callable[..., Any] | None, tuple[int, ...], int, tuple[int, ...]]
    ]:
        """(function, the same into given memory or None, registers read, register filled, registers
        dead) of each."""
        last = {s: k for k, n in enumerate(nodes) for s in (n, *reads[n])}
        out = []
        for k, n in enumerate(nodes):
            dead = tuple([places[s] for s in dict.fromkeys((n, *reads[n])) if last[s] == k])
            into = n.op.into and checked(n.op.into)
            out.append(
                (
                    checked(n.op.reference),
                    into,
                    tuple([places[s] for s in reads[n]]),
                    places[n],
                    dead,
                )
            )
        return out

    def _rows(self, count: int) -> list[tuple[Any, ...]]:
        """The steps for a block of `count` rows, with what they ask of a node."""
        known = self.variants.get(count)
        if known is None:
            stubs = [n if closing(n) else Rows(n, (count, *n.shape[1:])) for n in self.nodes]
            takes: list[int | None] = [None] * len(stubs)
            for i, (k, *_) in enumerate(self.outs):
                takes[k] = i
            for i, (k, *_) in enumerate(self.parts):
                takes[k] = -1 - i
            known = self.variants[count] = [
                (*s, stub, t) for s, stub, t in zip(self.steps, stubs, takes, strict=True)
            ]
        return known

    def __call__(
        self,
        values: list[Any],
        limit: float | None,
        memory: list[np.ndarray],
    ) -> None:
        length, size = self.length, self.rows
        outs = [np.empty(shape, dtype) for _, _, shape, dtype in self.outs]
        parts: list = [[] for _ in self.parts]
        base: list[Any] = [None] * self.size
        for place, k in self.whole:
            base[place] = values[k]
        cut = [(place, values[k]) for place, k in self.cut]
        probe = PROBE * size if limit is not None else -1
        most = limit or 0.0
        begun = time.perf_counter()
        for start in range(0, length, size):
            stop = min(start + size, length)
            if start == probe and (time.perf_counter() - begun) * (length / start) > most:
                raise TooSlow
            block = base.copy()
            for place, value in cut:
                block[place] = value[start:stop]
            rows = [out[start:stop] for out in outs]
            self._run_block(block, self._rows(stop - start), rows, parts, memory)
        for (_, at, _, _), out in zip(self.outs, outs, strict=True):
            values[at] = out
        for (_, at, join, stub), found in zip(self.parts, parts, strict=True):
            values[at] = join(np.stack(found), node=stub) if len(found) > 1 else found[0]

    @staticmethod
    def _run_block(
        block: list[Any],
        steps: list[tuple[Any, ...]],
        outs: list[np.ndarray],
        parts: list[list[Any]],
        memory: list[np.ndarray],
    ) -> None:
        """Runs `steps` on the registers of a block: fills its rows of the results, `outs`, and adds
        a partial reduction to each of `parts`."""
        for function, into, src, k, dead, stub, take in steps:
            if into is not None:
                out = _room(memory, stub.shape, stub.dtype) if take is None else outs[take]
                block[k] = into(*[block[i] for i in src], node=stub, out=out)
                del out  # it counts
            else:
                block[k] = function(*[block[i] for i in src], node=stub)
                if take is not None and take >= 0:
                    outs[take][...] = block[k]
                elif take is not None:
                    parts[-1 - take].append(block[k])
            for i in dead:
                block[i] = None

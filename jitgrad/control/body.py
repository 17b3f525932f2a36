"""The body of a loop: a graph that is run once per turn, on values carried from turn to turn.

A `Body` is a graph over its *parameters*, leaves numbered in this order:

1. the carried values, as the turn finds them;
2. the invariants, which all turns read;
3. the elements that this turn reads of sequences, ``xs[t]``;

and over the number ``t`` of the turn (`TURN`). Its results are the next carried values, and then
what the turn hands out, ``ys[t]``. A loop that goes in reverse has its turns from the last to the
first; element, number and place of what is handed out are still those of ``t``.

The node of a loop has as sources the number of turns (0-d, or of shape (1,)), the first carried
values, the invariants and the sequences. A node has one value: the results of one dtype, one after
another in a flat array, each read by a slice (`part`). Places of what is handed out that no turn
reaches are zeros. Start at `Body`; `loop` makes the nodes.
"""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..base.dtypes import INT64
from ..base.errors import ArgumentError
from ..ir import CONST, Node, number, toposort
from ..ops.movement import SLICE
from ..ops.packing import Packing

#: The number of the turn, in a body.
TURN = number(0, INT64)


@dataclass(frozen=True, slots=True, repr=False)
class Body:
    """One turn.

    Attributes
    ----------
    parameters : tuple of Node
        Leaves 0, 1, ...: carried values, invariants, elements of sequences.
    results : tuple of Node
        The next carried values, of the shapes and dtypes of the first parameters; then what is
        handed out.
    carries, invariants : int
        How many of the parameters are carried values, and how many invariants.
    reverse : bool
        Whether the last turn is run first.
    condition : Node or None
        A bool of the carried values and invariants: the first turn that finds it false is not run,
        and ends the loop.
    """

    parameters: tuple[Node, ...]
    results: tuple[Node, ...]
    carries: int
    invariants: int
    reverse: bool = False
    condition: Node | None = None

    @property
    def roots(self) -> tuple[Node, ...]:
        """The results, and the condition where there is one."""
        return self.results if self.condition is None else (*self.results, self.condition)

    @property
    def still(self) -> range:
        """The numbers of the invariants."""
        return range(self.carries, self.carries + self.invariants)

    @property
    def moving(self) -> range:
        """The numbers of the elements of sequences."""
        return range(self.carries + self.invariants, len(self.parameters))

    def __repr__(self) -> str:
        size = sum(bool(n.src) for n in toposort(self.roots))
        return f"{size} operations, {self.carries} carried"


class Looped(NamedTuple):
    """The argument of a loop node: its value has the `results` of `body` with these numbers, which
    have one dtype. `length` is that of sequences and of what is handed out; no more turns are run,
    unless there is neither."""

    body: Body
    length: int | None
    results: tuple[int, ...]


def most_turns(looped: Looped) -> int | None:
    """How many turns there is room for, or None for any number."""
    body = looped.body
    bounded = body.moving or any(k >= body.carries for k in looped.results)
    return looped.length if bounded else None


def checked_turns(turns: Any, looped: Looped) -> int:
    """The number of turns of a call; an error if there is no room for as many."""
    count, most = max(int(np.reshape(turns, ())), 0), most_turns(looped)
    if most is not None and count > most:
        raise ArgumentError(f"got {count} turns of a loop, expected at most {most}")
    return count


def part_shape(looped: Looped, k: int) -> tuple[int, ...]:
    """The shape of result `k` after the loop."""
    node = looped.body.results[k]
    if k < looped.body.carries:
        return node.shape
    assert looped.length is not None
    return (looped.length, *node.shape)


def offsets(looped: Looped) -> tuple[dict[int, int], int]:
    """For each result that the value has, where it begins; and the length of the value."""
    out, total = {}, 0
    for k in looped.results:
        out[k] = total
        total += math.prod(part_shape(looped, k))
    return out, total


def _packing(looped: Looped) -> Packing:
    return Packing({k: part_shape(looped, k) for k in looped.results})


def part(value: Node, looped: Looped, k: int) -> Node:
    """Result `k` in the value of a loop node, or the part of its cotangent that belongs to it."""
    return _packing(looped).part(value, k)


def cotangent_part(g: Node, looped: Looped, k: int) -> Node | None:
    """The part of result `k` in a cotangent, None for zeros."""
    return _packing(looped).cotangent_part(g, k)


def packed(looped: Looped, parts: dict[int, Node]) -> Node:
    """The value of a loop node of some of its parts, a dict by number; zeros elsewhere."""
    return _packing(looped).packed(parts)


def part_taken(node: Node, reader: Node) -> int | None:
    """The number of the result that `reader` takes of a loop node, as `part` does; or None."""
    if reader.op is not SLICE or reader.arg != (1,) or reader.src[1].op is not CONST:
        return None
    begins, total = offsets(node.arg)
    ends = [*begins.values(), total][1:]
    for (k, begin), end in zip(begins.items(), ends, strict=True):
        if begin == reader.src[1].arg and reader.size == end - begin > 0:
            return k
    return None

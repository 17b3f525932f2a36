"""What an explanation says of loops: how many turns, what they carry and save, what they compute
again.

A backward loop reads what a forward loop has saved of its turns, and computes the rest of what it
needs again; that is found by putting one body on the parameters of the other. Loops in the turns of
a loop are reported with it. Start at `loop_report`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..compile import LEAFLIKE, MOVEMENT, simplify
from ..control import LOOP
from ..control.body import part_taken
from ..ir import CONST, Node, leaf, substitute, toposort
from ..ir.printer import counted, named, typed


@dataclass(frozen=True)
class PerTurn:
    """A value that a loop carries from turn to turn, or saves of each turn.

    Attributes
    ----------
    name : str
        Of what it is carried from at first; of what is saved, the operation.
    type : str
        dtype and shape, in a turn.
    bytes : int
        Of a turn.
    """

    name: str
    type: str
    bytes: int


@dataclass(frozen=True)
class LoopReport:
    """A loop that is a step of a plan, or of the turns of another loop.

    Attributes
    ----------
    turns : int or None
        How many there are; None where only a call knows.
    most : int or None
        How many there may be; None for any number.
    reverse : bool
        Whether the last turn is run first.
    way : str
        What runs the turns; "" for a loop in the turns of another.
    operations : tuple of str
        What a turn computes, in order.
    again : tuple of str
        Those of them that the turns of another loop have computed, and did not save.
    carries, saves : tuple of PerTurn
        What goes on from turn to turn, and what is kept of each turn: for the caller, or for
        another loop.
    loops : tuple of LoopReport
        Those in a turn.
    """

    turns: int | None
    most: int | None
    reverse: bool
    way: str
    operations: tuple[str, ...]
    again: tuple[str, ...]
    carries: tuple[PerTurn, ...]
    saves: tuple[PerTurn, ...]
    loops: tuple[LoopReport, ...]

    @property
    def title(self) -> str:
        """``loop of 100 turns``, in words."""
        if self.turns is not None:
            size = f"loop of {counted(self.turns, 'turn')}"
        elif self.most is not None:
            size = f"loop of at most {counted(self.most, 'turn')}"
        else:
            size = "loop of any number of turns"
        return size + ", the last one first" * self.reverse + (f", {self.way}" if self.way else "")


def loop_report(
    node: Node, order: Sequence[Node], names: Mapping[Node, str], way: str = ""
) -> LoopReport:
    """The report of the loop `node` in a graph with the nodes `order`, of which some have
    `names`."""
    body, length, _ = node.arg
    results = simplify(body.results)
    inside = toposort(results)
    own = named(inside)
    sources = [_base(s) for s in node.src[1:]]
    first = [names.get(s, "a constant") for s in sources[: body.carries]]
    saved = [results[k] for k in node.arg.results if k >= body.carries]
    loops = [n for n in inside if n.op is LOOP]
    is_known = node.src[0].op is CONST and body.condition is None
    bounded = length is not None or (node.src[0].op is CONST and node.src[0].arg < 1 << 60)
    return LoopReport(
        turns=int(node.src[0].arg) if is_known else None,
        most=(length or int(node.src[0].arg)) if bounded else None,
        reverse=body.reverse,
        way=way,
        operations=_operations(n for n in inside if n.op is not LOOP),
        again=_operations(_again(node, order)),
        carries=tuple(map(_value, first, body.parameters[: body.carries])),
        saves=tuple([_value(_said(n, body.parameters, first), n) for n in saved]),
        loops=tuple([loop_report(n, inside, own) for n in loops]),
    )


def _operations(nodes) -> tuple[str, ...]:
    skipped = MOVEMENT | LEAFLIKE
    return tuple([n.op.name for n in nodes if n.op.kind not in skipped])


def _value(name: str, node: Node) -> PerTurn:
    return PerTurn(name, typed(node), node.size * node.dtype.itemsize)


def _said(node: Node, parameters: Sequence[Node], carried: Sequence[str]) -> str:
    """What a turn hands out, in words: an operation, or what it found of a carried value."""
    if node in parameters[: len(carried)]:
        return f"{carried[node.arg]} before the turn"
    return node.op.name


def _base(x: Node) -> Node:
    while x.op.kind == "reshape":
        (x,) = x.src
    return x


def _handed(x: Node) -> tuple[Node, Node] | None:
    """The loop node of which `x` is what all turns have handed out, and that in a turn; or None."""
    x = _base(x)
    loop = x if x.op is LOOP else x.src[0] if x.src else x
    if loop.op is not LOOP:
        return None
    k = loop.arg.results[0] if x is loop else part_taken(loop, x)
    return None if k is None or k < loop.arg.body.carries else (loop, loop.arg.body.results[k])


def _again(node: Node, order: Sequence[Node]) -> list[Node]:
    """The operations of a turn that turns of a loop before have computed, too."""
    body, sources = node.arg.body, node.src[1:]
    read = {k: found for k in body.moving if (found := _handed(sources[k]))}
    out: dict[Node, Node] = {}
    for loop in dict.fromkeys([loop for loop, _ in read.values()]):
        other = loop.arg.body
        new = {p: leaf(("own", k), p.shape, p.dtype) for k, p in enumerate(body.parameters)}
        new |= {body.parameters[k]: x for k, (of, x) in read.items() if of is loop}
        still = {loop.src[1 + k]: other.parameters[k] for k in other.still}
        new |= {body.parameters[k]: still[s] for k in body.still if (s := sources[k]) in still}
        bodies = [n.arg.body for n in order if n.op is LOOP and n.src == loop.src]
        theirs = set(toposort([r for b in bodies for r in simplify(b.results)]))
        own = [n for n in toposort(simplify(body.results)) if n.src]
        moved = substitute(own, new)
        out |= {n: m for n, m in zip(own, moved, strict=True) if m in theirs}
    return [*out]

"""Loops without what nobody reads, and one loop for several that go through the same turns.

Derivative rules make whole loops: of all cotangents, though some are for no one; and the loop whose
carried values a derivative needs beside the loop of the value itself. Here loops with the same
sources and the same carried values become one, with what all of them hand out; and what of it is
not read, directly or by another turn, goes. A loop that a derivative has in blocks as well (see
`checkpoint`) is run in these alone. Products that can be made for all turns at once are (see
`fission`). Start at `tidied`.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence

from ..ir import Node, leaf, rebuilt, substitute, toposort, users
from ..ops.primitives import reshape_to
from .body import Body, packed, part_taken
from .checkpoint import in_blocks, lengths, too_much
from .fission import distributed
from .loop_node import LOOP, run_loop
from .merge import merged
from .scatter import scattered

#: A loop that becomes smaller may have been the only one to read what another hands out.
ROUNDS = 4


def tidied(roots: Sequence[Node]) -> Sequence[Node]:
    """`roots` with tidy loops; `roots` itself where there are none."""
    roots = _run_in_blocks(roots)
    for _ in range(ROUNDS):
        order = toposort(roots)
        if not any(n.op is LOOP for n in order):
            return roots
        new = scattered(merged(_round(roots, order)))
        if list(new) == list(roots):
            break
        roots = new
    new = distributed(roots)
    return roots if new is roots else _round(new, toposort(new))


class _Group:
    """Loop nodes with the same sources, parameters and carried values; what they hand out, by node
    of a turn, and which results anybody reads."""

    def __init__(self, node: Node) -> None:
        body = node.arg.body
        self.node, self.body = node, body
        self.read: dict[Node | int, None] = {}  # carried values by number, others by node

    def result(self, node: Node, k: int) -> Node | int:
        """Result `k` of a node of the group."""
        return k if k < self.body.carries else node.arg.body.results[k]

    def made(self, src: Sequence[Node]) -> dict[Node | int, Node]:
        """The results that are read, of one loop over the sources `src`."""
        body, (turns, *sources) = self.body, src
        handed = [r for r in self.read if isinstance(r, Node)]
        kept = self._kept(handed)
        numbers = [k for group in kept for k in group]
        smaller = _smaller(body, kept, handed)
        carried = {k: j for j, k in enumerate(kept[0])}
        wanted: dict[Node | int, int] = {k: j for k, j in carried.items() if k in self.read}
        wanted |= {r: len(carried) + j for j, r in enumerate(handed)}
        given = [sources[k] for k in numbers]
        out = run_loop(smaller, self.node.arg.length, turns, given, wanted.values())
        return {r: out[j] for r, j in wanted.items()}

    def _kept(self, handed: Iterable[Node]) -> list[list[int]]:
        """The numbers of the parameters that what is read depends on: carried values, invariants,
        elements."""
        live, reached = self._live(handed)
        parameters = self.body.parameters
        others = (self.body.still, self.body.moving)
        return [sorted(live), *([k for k in group if parameters[k] in reached] for group in others)]

    def _live(self, handed: Iterable[Node]) -> tuple[set[int], set[Node]]:
        """The numbers of the carried values that what is read depends on, and all that is
        reached."""
        body = self.body
        live = {k for k in self.read if isinstance(k, int)}
        extra = [*handed, *([] if body.condition is None else [body.condition])]
        while True:
            reached = set(toposort([*extra, *[body.results[k] for k in sorted(live)]]))
            now = live | {k for k in range(body.carries) if body.parameters[k] in reached}
            if now == live:
                return live, reached
            live = now


def _smaller(body: Body, kept: list[list[int]], handed: Sequence[Node]) -> Body:
    """`body` with the parameters `kept` (numbers) alone, which hands out `handed`."""
    old = [body.parameters[k] for group in kept for k in group]
    parameters = tuple([leaf(j, p.shape, p.dtype) for j, p in enumerate(old)])
    roots = [*[body.results[k] for k in kept[0]], *handed]
    roots += [] if body.condition is None else [body.condition]
    roots = substitute(roots, dict(zip(old, parameters, strict=True)))
    condition = None if body.condition is None else roots.pop()
    counts = len(kept[0]), len(kept[1])
    return Body(parameters, tuple(roots), *counts, body.reverse, condition)


def _round(roots: Sequence[Node], order: Sequence[Node]) -> list[Node]:
    groups, readers = _groups(order), users(order)
    parts: dict[Node, tuple[Node, int]] = {}  # slices of the values of loops: (loop, result)
    whole = {n for n in roots if n in groups}
    for node, group in groups.items():
        taken = {reader: part_taken(node, reader) for reader in readers[node]}
        known = {reader: k for reader, k in taken.items() if k is not None}
        if len(known) < len(taken):
            whole.add(node)
        parts |= {reader: (node, k) for reader, k in known.items()}
        for k in node.arg.results if node in whole else known.values():
            group.read[group.result(node, k)] = None
    return _rebuilt(roots, order, groups, parts, whole)


def _rebuilt(
    roots: Sequence[Node],
    order: Sequence[Node],
    groups: dict[Node, _Group],
    parts: dict[Node, tuple[Node, int]],
    whole: set[Node],
) -> list[Node]:
    new: dict[Node, Node] = {}
    made: dict[_Group, dict[Node | int, Node]] = {}
    for node in order:
        if node in parts:
            loop, k = parts[node]
            result = made[groups[loop]][groups[loop].result(loop, k)]
            new[node] = reshape_to(result, (result.size,))
        elif node in groups:
            group = groups[node]
            if group not in made:
                made[group] = group.made([new[s] for s in node.src])
            new[node] = _packed(node, group, made[group]) if node in whole else node
        else:
            new[node] = rebuilt(node, tuple([new[s] for s in node.src]))
    return [new[r] for r in roots]


def _run_in_blocks(roots: Sequence[Node]) -> Sequence[Node]:
    """`roots`, in which loops that there are in blocks, too, take their results from these."""
    order = toposort(roots)
    keys = {_key(n) for n in order if n.op is LOOP}
    forms = {n: levels for n in order if n.op is LOOP and (levels := _blocks_among(n, keys))}
    if not forms:
        return roots
    new: dict[Node, Node] = {}
    made: dict[Node, dict[int, Node]] = {}
    for node in order:
        src = [new[s] for s in node.src]
        loop = node.src[0] if node.src else node
        k = part_taken(loop, node) if loop in forms else None
        if k is not None:
            new[node] = reshape_to(made[loop][k], (node.size,))
        elif node in forms:
            made[node] = _blocks(node, src, forms[node])
            new[node] = packed(node.arg, {k: made[node][k] for k in node.arg.results})
        else:
            new[node] = rebuilt(node, tuple(src))
    return [new[r] for r in roots]


def _blocks_among(node: Node, keys: Container[tuple]) -> tuple[int, ...]:
    """The levels of blocks of a loop node of which there are loops with one of `keys`; or ()."""
    body, length, _ = node.arg
    if body.condition is not None or length is None:
        return ()
    carried = body.parameters[: body.carries]
    if not too_much(length, carried):
        return ()
    levels = lengths(length, carried)
    below = set(toposort(node.src))
    blocks = [*_blocks(node, node.src, levels).values()]
    between = toposort(blocks, lambda n: () if n in below else n.src)
    own = [n for n in between if n.op is LOOP and n not in below]
    return levels if any(_key(n) in keys for n in own) else ()


def _blocks(node: Node, src: Sequence[Node], levels: Sequence[int]) -> dict[int, Node]:
    return in_blocks(node.arg.body, node.arg.length, src[0], src[1:], levels)


def _key(node: Node) -> tuple:
    """What is equal for loop nodes that go through the same turns."""
    body = node.arg.body
    return (
        node.src, body.parameters, body.results[: body.carries], body.carries, body.invariants,
        body.reverse, body.condition, node.arg.length,
    )  # fmt: skip


def _groups(order: Sequence[Node]) -> dict[Node, _Group]:
    out: dict[Node, _Group] = {}
    known: dict[tuple, _Group] = {}
    for node in order:
        if node.op is LOOP:
            out[node] = known.setdefault(_key(node), _Group(node))
    return out


def _packed(node: Node, group: _Group, made: dict[Node | int, Node]) -> Node:
    """The value of a loop node, of its parts."""
    return packed(node.arg, {k: made[group.result(node, k)] for k in node.arg.results})

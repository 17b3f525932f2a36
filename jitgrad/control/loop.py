"""The derivatives of the loop node, which are loops again: so any order follows.

*Forward.* Tangents of carried values are carried beside them.

*Reverse.* The same turns, the other way round. Cotangents of carried values are carried; those of
invariants are sums, carried as well; those of elements of sequences are handed out. A turn's
derivative needs the carried values as that turn found them: the loop is run with these handed out,
and what else the derivative needs is computed from them again. Where they are too many, the loop is
differentiated in blocks of turns (`checkpoint`).

Only values that a cotangent or tangent reaches take part: which ones is found by following the body
until nothing is added. Start at `vjp` and `jvp`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from ..autodiff import pull_back, push_forward
from ..base.dtypes import INT64
from ..ir import CONST, Node, const, leaf, rebuilt, substitute, toposort
from ..ops.marks import differentiable_sources
from ..ops.primitives import cast, of_cotangents, reshape_to, zeros
from .body import TURN, Body, cotangent_part, packed
from .checkpoint import in_blocks, lengths, too_much
from .kept import worth_keeping
from .loop_node import LOOP, numbered, run_loop


def _marks(what: str, nodes: Mapping[int, Node]) -> dict[int, Node]:
    """For each number of a dict of nodes, a leaf like its node that stands for a derivative."""
    return {k: leaf((what, k), n.shape, n.dtype) for k, n in nodes.items()}


# --- reverse --------------------------------------------------------------------------------------


class _Reached(NamedTuple):
    """The numbers of what cotangents reach, in the order in which the backward loop has it."""

    carried: list[int]  # carried values: cotangents are carried, too
    handed: list[int]  # results that are handed out: their cotangents are read
    summed: list[int]  # invariants: cotangents are carried sums
    picked: list[int]  # sequences: cotangents of their elements are handed out

    @property
    def sources(self) -> list[int]:
        """The sources that get a cotangent."""
        return [*self.carried, *self.summed, *self.picked]


def vjp(g: Node, node: Node) -> tuple[Node | None, ...]:
    """Cotangents of the sources of a loop node, from the cotangent `g` of its value."""
    body, length, results = node.arg
    turns, *sources = node.src
    parts = {k: cotangent_part(g, node.arg, k) for k in results}
    given = {k: d for k, d in parts.items() if d is not None}
    if body.condition is not None:
        turns = _counted(body, length, turns, sources)
        body = replace(body, condition=None)
    reached = _reached(body, [*given])
    back, read = _backward(body, reached, keeps=True)
    kept = _of_each_turn(body, read)
    if too_much(length, kept):
        back, read = _backward(body, reached)
        kept = _of_each_turn(body, read)
    if too_much(length, kept):
        levels = lengths(length, body.parameters[: body.carries])
        return (None, *_through_blocks(body, length, turns, sources, given, levels))
    saved = _saved(body, length, turns, sources, kept)
    first = [given[k] if k in given else zeros(sources[k]) for k in reached.carried]
    first += [zeros(sources[k]) for k in reached.summed]
    values = [saved[p] if p in saved else sources[p.arg] for p in read]
    handed = [given[k] for k in reached.handed]
    out = run_loop(back, length, turns, [*first, *values, *handed])
    of = {k: out[j] for j, k in enumerate(reached.sources)}
    return (None, *[of.get(k) for k in range(len(sources))])


def _through_blocks(
    body: Body,
    length: int | None,
    turns: Node,
    sources: Sequence[Node],
    given: Mapping[int, Node],
    levels: Sequence[int],
) -> list[Node | None]:
    """The cotangents of the sources by the form of the loop in blocks."""
    stand = _marks("source", dict(enumerate(sources)))
    marks = _marks("given", given)
    out = in_blocks(body, length, turns, [*stand.values()], levels)
    start = _added([(out[k], marks[k]) for k in given])
    grads = pull_back(start, [*stand.values()])
    new = {stand[k]: x for k, x in enumerate(sources)} | {marks[k]: x for k, x in given.items()}
    found = iter(substitute([d for d in grads if d is not None], new))
    return [None if d is None else next(found) for d in grads]


def _added(pairs: Iterable[tuple[Node, Node]]) -> dict[Node, Node]:
    """Cotangents by node, of pairs in which a node may come several times."""
    out: dict[Node, Node] = {}
    for node, cot in pairs:
        out[node] = out[node] + cot if node in out else cot
    return out


def sources_led_to(body: Body, k: int) -> list[int]:
    """The numbers of the sources of a loop that a derivative of its result `k` leads to."""
    return _reached(body, [k]).sources


def _reached(body: Body, results: Sequence[int]) -> _Reached:
    """What the cotangents of `results` reach in a body, over all turns."""
    handed = [k for k in results if k >= body.carries]
    carried = _cotangents_carried(body, handed, [k for k in results if k < body.carries])
    led = led_to([body.results[k] for k in (*carried, *handed)], body.parameters)
    summed = [k for k in body.still if body.parameters[k] in led]
    picked = [k for k in body.moving if body.parameters[k] in led]
    return _Reached(carried, handed, summed, picked)


def _of_each_turn(body: Body, read: Iterable[Node]) -> list[Node]:
    """What of `read` a loop over the turns has to hand out: carried values, and what a turn
    computes."""
    return [p for p in read if p.src or p.arg < body.carries]


def _backward(body: Body, reached: _Reached, keeps: bool = False) -> tuple[Body, list[Node]]:
    """The body of the backward loop, and what it reads of `body`: invariants, then what is another
    in each turn. These are parameters, and where it `keeps` results that are expensive to compute,
    those as well."""
    carried, handed, summed, picked = reached
    cots = _marks("cot", {k: body.results[k] for k in (*carried, *handed)})
    grads = _of_turn(body, cots, reached.sources)
    kept = worth_keeping(body.results, [*grads.values()]) if keeps else []
    cut = set(kept)
    reads = set(toposort([*grads.values()], lambda n: () if n in cut else n.src))
    used = [p for p in body.parameters if p in reads]
    still = [p for p in used if p.arg in body.still]
    moving = [*[p for p in used if p.arg not in body.still], *kept]

    sums = _marks("total", {k: body.parameters[k] for k in summed})
    held = [*[cots[k] for k in carried], *sums.values()]
    old = [*held, *still, *moving, *[cots[k] for k in handed]]
    new = [*[grads[k] for k in carried], *[sums[k] + grads[k] for k in summed]]
    new += [grads[k] for k in picked]
    parameters = numbered(old)
    new = substitute(new, dict(zip(old, parameters, strict=True)))
    back = Body(parameters, tuple(new), len(held), len(still), not body.reverse)
    return back, [*still, *moving]


def led_to(roots: Iterable[Node], parameters: Iterable[Node]) -> set[Node]:
    """The parameters that derivatives of `roots` lead to."""
    reached = set(toposort(list(roots), differentiable_sources))
    return {p for p in parameters if p in reached and p.dtype.kind in "fc"}


def _cotangents_carried(body: Body, handed: list[int], last: Iterable[int]) -> list[int]:
    """The numbers of the carried values that a cotangent reaches: of what is `handed` out, and of
    the last values of those in `last`."""
    found = set(last)
    while True:
        led = led_to([body.results[k] for k in (*handed, *sorted(found))], body.parameters)
        now = found | {k for k in range(body.carries) if body.parameters[k] in led}
        if now == found:
            return sorted(found)
        found = now


def _of_turn(body: Body, cots: Mapping[int, Node], wanted: list[int]) -> dict[int, Node]:
    """The cotangents of the parameters `wanted` (numbers) in one turn, from those of its
    results."""
    start = _added([(body.results[k], cot) for k, cot in cots.items()])
    grads = pull_back(start, [body.parameters[k] for k in wanted])
    return {
        k: zeros(body.parameters[k]) if d is None else d for k, d in zip(wanted, grads, strict=True)
    }


def _saved(
    body: Body,
    length: int | None,
    turns: Node,
    sources: Sequence[Node],
    parameters: list[Node],
) -> dict[Node, Node]:
    """The carried values as each turn found them, those of `parameters`, by these."""
    if not parameters:
        return {}
    n, m = body.carries, body.moving.start
    old, results = [*body.parameters], [*body.results[:n]]
    if turns.op is not CONST and any(x.op is LOOP for x in toposort(results)):
        count = leaf("count", (), INT64)
        old.insert(m, count)
        sources = [*sources[:m], reshape_to(turns, ()), *sources[m:]]
        last = TURN + const(1) if body.reverse else count - TURN
        results = _unless(results, last <= const(1))
    made = numbered(old)
    new = substitute([*results, *parameters], dict(zip(old, made, strict=True)))
    still = body.invariants + len(old) - len(body.parameters)
    out = run_loop(
        Body(made, tuple(new), n, still, body.reverse), length, turns, sources, range(n, len(new))
    )
    return {p: out[n + j] for j, p in enumerate(parameters)}


def _unless(roots: Sequence[Node], last: Node) -> list[Node]:
    """`roots`, in which loops have no turns in the `last` turn of the loop around: its results are
    for no one, and with blocks of turns it may be most of what there is to do."""
    made: dict[Node, Node] = {}
    runs = const(1, INT64) - cast(last, INT64)
    for node in toposort(roots):
        src = [made[s] for s in node.src]
        if node.op is LOOP:
            src[0] = reshape_to(src[0], ()) * runs
        made[node] = rebuilt(node, tuple(src))
    return [made[r] for r in roots]


def _counted(body: Body, length: int | None, turns: Node, sources: Sequence[Node]) -> Node:
    """How many turns a loop with a condition has."""
    assert body.condition is not None
    n = body.carries
    old = (*body.parameters[:n], leaf("count", (), INT64), *body.parameters[n:])
    parameters = numbered(old)
    new = [*body.results[:n], old[n] + const(1), body.condition]
    new = substitute(new, dict(zip(old, parameters, strict=True)))
    counting = Body(
        parameters, tuple(new[:-1]), n + 1, body.invariants, body.reverse, condition=new[-1]
    )
    sources = (*sources[:n], const(0), *sources[n:])
    return run_loop(counting, length, turns, sources, [n])[n]


# --- forward --------------------------------------------------------------------------------------


def jvp(t: Sequence[Node | None], node: Node) -> Node | None:
    """The tangent of a loop node's value, from those of its sources, None for zero."""
    body, length, results = node.arg
    turns, *sources = node.src
    given, n = t[1:], body.carries
    marks = _marks("t", dict(enumerate(body.parameters)))
    varying, tangents = _tangents(body, marks, {k for k, x in enumerate(given) if x is not None})
    carried = [k for k in range(n) if k in varying]
    kept = {k: d for k in results if k >= n and (d := tangents[k]) is not None}
    if not kept and varying.isdisjoint(k for k in results if k < n):
        return None

    read: list[Node] = []
    for group in (range(n), body.still, body.moving):
        read += [sources[k] for k in group]
        read += [given[k] or zeros(sources[k]) for k in group if k in varying]
    new = [tangents[k] or zeros(body.parameters[k]) for k in carried]
    both = _with_tangents(body, marks, varying, [*new, *kept.values()])
    at = {k: n + j for j, k in enumerate(carried) if k in results}
    at |= {k: both.carries + j for j, k in enumerate(kept)}
    out = run_loop(both, length, turns, read, sorted(at.values()))
    return packed(node.arg, {k: out[j] for k, j in at.items()})


def _with_tangents(
    body: Body, marks: Mapping[int, Node], varying: set[int], tangents: list[Node]
) -> Body:
    """The body that carries tangents beside values: of the parameters in `varying` they are
    `marks`, and `tangents` are those of its results."""
    old: list[Node] = []
    counts = []
    for group in (range(body.carries), body.still, body.moving):
        also = [k for k in group if k in varying]
        old += [*[body.parameters[k] for k in group], *[marks[k] for k in also]]
        counts.append(len(group) + len(also))
    parameters = numbered(old)
    roots = [*body.results[: body.carries], *tangents]
    roots += [] if body.condition is None else [body.condition]
    roots = substitute(roots, dict(zip(old, parameters, strict=True)))
    condition = None if body.condition is None else roots.pop()
    return Body(parameters, tuple(roots), counts[0], counts[1], body.reverse, condition)


def _tangents(
    body: Body, marks: Mapping[int, Node], varying: set[int]
) -> tuple[set[int], list[Node | None]]:
    """The numbers of the parameters that have tangents, of which `varying` have them at first; and
    the tangents of the results in a turn, or None."""
    while True:
        known = {body.parameters[k]: marks[k] for k in varying}
        out = push_forward(body.results, known)
        now = varying | {k for k in range(body.carries) if out[k] is not None}
        if now == varying:
            return varying, out
        varying = now


LOOP.vjp, LOOP.jvp = of_cotangents(vjp), jvp

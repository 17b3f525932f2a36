"""Products of all turns as one: what a loop need not do turn by turn is done before or after it.

A product of matrices that reads nothing carried (the inputs of a recurrent layer, ``xs[t] @ U``) is
the same for all turns at once, of the stacked rows of all of them. It is computed before the loop,
and its rows are elements of a sequence. What no next turn reads is computed after the loop, of what
the turns hand out: results with a product in them (an output layer, the cotangents of inputs), and
sums of products that the turns add up (the cotangents of weights, ``H.T @ G`` of all rows instead
of the sum of as many products). The body keeps what depends on the turn before.

Operands of products that stand still are computed once.

The stacked rows are memory, for all turns; `config.checkpoint_mb` bounds it, and small products or
large ones stay where they are. Start at `distributed`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from ..autodiff import batch
from ..base.config import config
from ..ir import CONST, Node, leaf, rebuilt, substitute, toposort
from ..ops import REGISTRY
from ..ops.joining import CONCATENATE
from ..ops.linear_algebra import MATMUL
from ..ops.movement import permute
from ..ops.primitives import reduce_sum, reshape_to
from .body import TURN, Body
from .loop_node import numbered, run_loop
from .replace import Parts, Replacement, SameLoop, counted_loops, replaced
from .turn_slices import with_sequences

_ADD = REGISTRY["add"].op
#: Multiplications of a product in a turn, at least: a kernel does fewer beside what else it does.
LEAST = 1 << 9
#: Rows that a turn has of a product of all turns, from which one product for each turn is as fast:
#: its operands are in the cache. More, where the matrix that all share is of so many bytes
#: (docs/decisions/recurrent-nets.md).
ROWS, LARGE_ROWS, LARGE = 16, 128, 1 << 18
#: Kinds of operations that are computed for all turns as they are for one.
ALIKE = frozenset(("elementwise", "reshape", "broadcast", "permute", "reduce"))
MOVEMENTS = frozenset(("reshape", "permute"))


def distributed(roots: Sequence[Node]) -> Sequence[Node]:
    """`roots` with loops whose products are computed for all turns, where that is possible."""
    for divide in (ProductsBefore, ProductsAfter, OperandsBefore):
        roots = _with(roots, divide)
    return roots


def _with(roots: Sequence[Node], divide: Callable[[SameLoop], _Divided]) -> Sequence[Node]:
    found = []
    for loop in counted_loops(toposort(roots)):
        length = loop.length or 0
        if length > 1 and loop.turns.op is CONST and loop.turns.arg == length:
            made = divide(loop)
            if made.pays:
                found.append(Replacement(loop.nodes, (loop.turns, *loop.sources), made.parts))
    return replaced(roots, found) if found else roots


class _Divided(Protocol):
    """A loop of which a part is done before or after it, if that pays."""

    @property
    def pays(self) -> bool: ...

    def parts(self, new: Mapping[Node, Node]) -> Parts: ...


class _DividedTurn:
    """The body of a loop whose slices by the turn are elements of sequences, and what its nodes
    depend on."""

    def __init__(self, loop: SameLoop) -> None:
        self.loop, self.length = loop, loop.length or 0
        self.body, _ = self.with_sequences(loop.sources)
        self.order = toposort(self.body.results)
        p, body = self.body.parameters, self.body
        self.moving = self._from([p[k] for k in body.moving])
        #: What depends on carried values, or on the number of the turn.
        self.varying = self._from([*p[: body.carries], TURN])
        self.sums = self._sums()
        others = [r for k, r in enumerate(body.results[: body.carries]) if k not in self.sums]
        #: What the next turn depends on.
        self.needed = set(toposort(others))

    def with_sequences(self, sources: Sequence[Node]) -> tuple[Body, list[Node]]:
        body = self.loop.body
        if TURN not in toposort(body.results):
            return body, [*sources]
        return with_sequences(body, self.length, sources)

    def _from(self, given: Iterable[Node]) -> set[Node]:
        """What depends on `given`."""
        out = set(given)
        for n in self.order:
            if not out.isdisjoint(n.src):
                out.add(n)
        return out

    def _sums(self) -> dict[int, list[Node]]:
        """The carried values that are nothing but sums over turns, with what a turn adds."""
        body, out = self.body, {}
        for k in range(body.carries):
            terms = _terms(body.results[k], body.parameters[k])
            others = [r for j, r in enumerate(body.results) if j != k]
            if terms and body.parameters[k] not in toposort([*others, *terms]):
                out[k] = terms
        return out

    # ----- products

    def is_shared(self, node: Node) -> bool:
        """Whether the product `node` of all turns is one product of matrices, and faster than one
        for each turn: each has some rows of its own, or a column, and the other matrix stands
        still."""
        x, y = node.src
        mine = self.moving | self.varying
        if y not in mine:
            return y.ndim == 2 and x in mine and _is_worth_it(node, math.prod(x.shape[:-1]))
        is_column = x.ndim == y.ndim == 2 and y.shape[-1] == 1
        return is_column and x not in mine and _is_worth_it(node, 1)

    def is_alike(self, nodes: Iterable[Node]) -> bool:
        """Whether `nodes` can be computed for all turns as they are for one."""
        return all(map(self._is_simple, nodes))

    def _is_simple(self, node: Node) -> bool:
        if node in self.body.parameters:
            return node.arg in self.body.moving
        if node.op.kind in ("slice", "pad"):
            starts = node.src[1:]
            return self.moving.isdisjoint(starts) and self.varying.isdisjoint(starts)
        return node.op.kind in ALIKE or node.op in (MATMUL, CONCATENATE)

    # ----- all turns

    def rows(
        self, roots: Sequence[Node], stacked: Mapping[Node, Node], sources: Sequence[Node]
    ) -> list[Node]:
        """What `roots` are in all turns, of what nodes of a turn are in all of them."""
        body = self.body
        given = {body.parameters[k]: sources[k] for k in body.moving} | dict(stacked)
        marks = {
            n: leaf(("turns", j), (self.length, *n.shape), n.dtype) for j, n in enumerate(given)
        }
        made = batch(list(roots), marks, self.length)
        known = {mark: given[n] for n, mark in marks.items()}
        known |= {body.parameters[k]: sources[k] for k in body.still}
        found = [r if n is None else n for r, n in zip(roots, made, strict=True)]
        return substitute(found, known)

    def between(self, roots: Iterable[Node], edge: Collection[Node]) -> list[Node]:
        """What is another in each turn between `edge` and `roots`, these included."""
        mine = self.moving | self.varying
        nodes = toposort(list(roots), lambda n: () if n in edge else n.src)
        return [n for n in nodes if n in mine and n not in edge]

    def fits(self, nodes: Iterable[Node]) -> bool:
        """Whether there is memory for `nodes` of all turns, and for what is handed out."""
        body = self.body
        made = [*body.results[body.carries :], *nodes]
        each = sum(_bytes(n) for n in made if n.op.kind not in ("leaf", "broadcast", *MOVEMENTS))
        return self.length * each <= config.checkpoint_mb << 20


def _is_worth_it(product: Node, rows: int) -> bool:
    """Whether a product, of which each turn has so many rows, is not too small for it, nor fast
    enough in a turn."""
    work = product.size * product.src[0].shape[-1]
    is_large = work // rows * product.dtype.itemsize >= LARGE if rows else False
    return work >= LEAST and rows < (LARGE_ROWS if is_large else ROWS)


def _terms(node: Node, carried: Node) -> list[Node]:
    """What a turn adds to a carried value, if it does nothing else with it."""
    terms: list[Node] = []
    while node is not carried:
        if node.op is not _ADD:
            return []
        left, right = node.src
        if carried in toposort([right]):
            left, right = right, left
        terms += _added(right)
        node = left
    return terms


def _added(node: Node) -> list[Node]:
    """What is added up in `node`."""
    terms, todo = [], [node]
    while todo:
        term = todo.pop()
        if term.op is _ADD:
            todo += term.src[::-1]
        else:
            terms.append(term)
    return terms


def _bytes(node: Node) -> int:
    return math.prod(node.shape) * node.dtype.itemsize


# --- before the loop ------------------------------------------------------------------------------


class ProductsBefore(_DividedTurn):
    """The products of a turn that are computed before the loop: `chosen`."""

    def __init__(self, loop: SameLoop) -> None:
        super().__init__(loop)
        body, self.chosen = self.body, []
        sums = [_factors(t) or (t,) for terms in self.sums.values() for t in terms]
        others = [r for k, r in enumerate(body.results) if k not in self.sums]
        for node in toposort([*others, *[x for xs in sums for x in xs]]):
            if node in self.moving and node not in self.varying and self._is_one(node):
                self.chosen.append(node)

    def _is_one(self, node: Node) -> bool:
        if node.op is not MATMUL or not self.is_shared(node):
            return False
        between = self.between([node], self.chosen)
        return self.is_alike(between) and self.fits([*self.chosen, *between])

    @property
    def pays(self) -> bool:
        return bool(self.chosen)

    def parts(self, new: Mapping[Node, Node]) -> Parts:
        """The results of the loop over what `new` has for its sources."""
        body, given = self.with_sequences([new[s] for s in self.loop.sources])
        rows = self.rows(self.chosen, {}, given)
        first = len(body.parameters)
        marks = [leaf(first + k, n.shape, n.dtype) for k, n in enumerate(self.chosen)]
        results = substitute(body.results, dict(zip(self.chosen, marks, strict=True)))
        made = Body(
            (*body.parameters, *marks), tuple(results), body.carries, body.invariants, body.reverse
        )
        out = run_loop(made, self.length, new[self.loop.turns], [*given, *rows])
        return lambda _, k: out[k]


class OperandsBefore(_DividedTurn):
    """The operands of products that stand still, and are computed before the loop: `chosen`. A
    transpose is one, since BLAS takes up to 1.4 of the time for it (g @ W.T of 64 x 64)."""

    def __init__(self, loop: SameLoop) -> None:
        super().__init__(loop)
        self.chosen: list[Node] = []
        for node in self.order:
            if node.op is MATMUL and node.size * node.src[0].shape[-1] >= LEAST:
                new = [x for x in node.src if x not in self.chosen and self._is_computed(x)]
                self.chosen += dict.fromkeys(new)

    def _is_computed(self, node: Node) -> bool:
        """Whether `node` is computed of what stands still."""
        if node in self.moving or node in self.varying:
            return False
        while node.op.kind == "reshape":
            (node,) = node.src
        return bool(node.src) and any(n.op.kind == "leaf" for n in toposort([node]))

    @property
    def pays(self) -> bool:
        return bool(self.chosen)

    def parts(self, new: Mapping[Node, Node]) -> Parts:
        """The results of the loop over what `new` has for its sources."""
        body, given = self.with_sequences([new[s] for s in self.loop.sources])
        made = self.rows(self.chosen, {}, given)
        m = body.moving.start
        old = [*body.parameters[:m], *self.chosen, *body.parameters[m:]]
        parameters = numbered(old)
        results = substitute(body.results, dict(zip(old, parameters, strict=True)))
        still = body.invariants + len(made)
        divided = Body(parameters, tuple(results), body.carries, still, body.reverse)
        sources = [*given[:m], *made, *given[m:]]
        out = run_loop(divided, self.length, new[self.loop.turns], sources)
        return lambda _, k: out[k]


# --- after the loop -------------------------------------------------------------------------------


class _LateSum(NamedTuple):
    """A sum over turns, for the carried value `k`: of `term`, or where there are `factors` of what
    `term` is a movement of, the product of two matrices."""

    k: int
    term: Node
    factors: tuple[Node, ...]

    @property
    def roots(self) -> tuple[Node, ...]:
        return self.factors or (self.term,)


class ProductsAfter(_DividedTurn):
    """What is computed after the loop: the sums `taken`, and the results `late` (numbers) that are
    handed out. `handed` has the nodes that turns hand out for this."""

    def __init__(self, loop: SameLoop) -> None:
        super().__init__(loop)
        body = self.body
        self.handed: dict[Node, None] = {}
        self.taken: list[_LateSum] = []
        self.late: list[int] = []
        for k, terms in self.sums.items():
            for term in terms:
                one = _LateSum(k, term, self._factors(term))
                if self._is_late(one.roots, bool(one.factors)):
                    self.taken.append(one)
        for k in range(body.carries, len(body.results)):
            if self._is_sequence(k) or self._is_late((body.results[k],), False):
                self.late.append(k)

    def _factors(self, term: Node) -> tuple[Node, ...]:
        """Those of a product in `term` that is worth it, and of which both are another in each
        turn."""
        found, product = _factors(term), _product_in(term)
        if found is None or not _is_worth_it(product, product.src[1].shape[0]):
            return ()
        return found if all(x in self.moving | self.varying for x in product.src) else ()

    def _is_sequence(self, k: int) -> bool:
        p = self.body.results[k]
        return p in self.body.parameters and p.arg in self.body.moving

    def _is_late(self, roots: Sequence[Node], is_product: bool) -> bool:
        """Whether there is a product in what of `roots` no next turn reads, and it is computed
        after the loop: that is noted."""
        edge = self._edge(roots)
        between = self.between(roots, edge)
        products = [n for n in between if n.op is MATMUL]
        if not is_product and not products:
            return False
        if not all(map(self.is_shared, products)) or not self.is_alike(between):
            return False
        moving = self.body.moving
        made = [n for n in edge if n not in self.body.parameters or n.arg not in moving]
        handed = self.handed | dict.fromkeys(made)
        if not self.fits([*handed, *between]):
            return False
        self.handed = handed
        return True

    def _edge(self, roots: Sequence[Node]) -> dict[Node, None]:
        """What is read of the turns to compute `roots`: elements of sequences, carried values, and
        what turns compute anyway."""
        edge: dict[Node, None] = {}

        def sources(n: Node) -> Sequence[Node]:
            if n not in self.moving and n not in self.varying:
                return ()
            is_edge = n in self.body.parameters or (
                n in self.needed and n.op.kind not in MOVEMENTS and n.op.kind != "broadcast"
            )
            if is_edge:
                edge[n] = None
                return ()
            return n.src

        toposort(list(roots), sources)
        return edge

    @property
    def pays(self) -> bool:
        return bool(self.taken or self.late)

    def parts(self, new: Mapping[Node, Node]) -> Parts:
        """The results of the loop over what `new` has for its sources."""
        body, given = self.with_sequences([new[s] for s in self.loop.sources])
        left = self._left()
        gone = {k for k, terms in left.items() if not terms}
        numbers = [k for k in range(len(body.results)) if k not in gone and k not in self.late]
        results = [
            _plus(body.parameters[k], left[k]) if k in left else body.results[k] for k in numbers
        ]
        kept = [k for k in range(len(body.parameters)) if k not in gone]
        old = [body.parameters[k] for k in kept]
        parameters = tuple([leaf(j, p.shape, p.dtype) for j, p in enumerate(old)])
        roots = substitute([*results, *self.handed], dict(zip(old, parameters, strict=True)))
        carries = body.carries - len(gone)
        made = Body(parameters, tuple(roots), carries, body.invariants, body.reverse)
        out = run_loop(made, self.length, new[self.loop.turns], [given[k] for k in kept])
        found = {k: out[j] for j, k in enumerate(numbers)}
        stacked = {n: out[len(results) + j] for j, n in enumerate(self.handed)}
        found |= {k: reshape_to(given[k], body.parameters[k].shape) for k in gone}
        found |= self._computed(found, stacked, given)
        return lambda _, k: found[k]

    def _left(self) -> dict[int, list[Node]]:
        """What turns still add to the sums, by number."""
        taken = {(one.k, one.term) for one in self.taken}
        return {k: [t for t in ts if (k, t) not in taken] for k, ts in self.sums.items()}

    def _computed(
        self, found: Mapping[int, Node], stacked: Mapping[Node, Node], given: Sequence[Node]
    ) -> dict[int, Node]:
        """The results that are computed after the loop, by number."""
        roots = [self.body.results[k] for k in self.late]
        roots += [r for one in self.taken for r in one.roots]
        rows = iter(self.rows(roots, stacked, given))
        out = {k: next(rows) for k in self.late}
        for one in self.taken:
            pair = [next(rows) for _ in one.roots]
            total = _total(one, *pair) if one.factors else reduce_sum(pair[0], (0,))
            out[one.k] = (out[one.k] if one.k in out else found[one.k]) + total
        return out


def _plus(carried: Node, terms: Sequence[Node]) -> Node:
    for term in reversed(terms):
        carried = carried + term
    return carried


def _product_in(term: Node) -> Node:
    """What `term` is a movement of."""
    while term.op.kind in MOVEMENTS:
        (term,) = term.src
    return term


def _factors(term: Node) -> tuple[Node, Node] | None:
    """Matrices x and y, of which the product in `term` is ``x.T @ y``; None if there is none, or
    they are not in memory as they are."""
    product = _product_in(term)
    if product.op is not MATMUL or product.ndim != 2:
        return None
    x, y = product.src
    if x.ndim != 2 or y.ndim != 2:
        return None
    if x.shape[1] == 1:
        return reshape_to(x, (1, x.shape[0])), reshape_to(y, (1, y.shape[1]))
    if x.op.kind != "permute" or y.op.kind == "permute":
        return None
    return x.src[0], y


def _total(one: _LateSum, x: Node, y: Node) -> Node:
    """The sum over all turns of the product, of the `x` and `y` of all turns, as `one.term` has
    it."""
    x, y = (reshape_to(z, (z.shape[0] * z.shape[1], z.shape[2])) for z in (x, y))
    made = REGISTRY["matmul"](permute(x, (1, 0)), y)
    moves, term = [], one.term
    while term.op.kind in MOVEMENTS:
        moves.append(term)
        (term,) = term.src
    for move in reversed(moves):
        made = rebuilt(move, (made,))
    return made

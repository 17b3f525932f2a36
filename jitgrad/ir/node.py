"""`Node`: one value of a program, and `Op`: what computes it.

A program is a directed acyclic graph of nodes. A node is frozen and *interned*: building the same
operation on the same sources twice gives the same object, so common subexpressions are shared by
construction and a graph can be a dictionary key. Shapes and dtypes are settled when a node is
built.

Start at `Node`; `toposort` is how every pass walks a graph (without recursion: graphs are deep).
"""

from __future__ import annotations

import math
from _weakref import _remove_dead_weakref  # type: ignore[attr-defined]  # what WeakValueDictionary uses
from collections.abc import Callable, Hashable, Iterable, Mapping, Reversible, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple
from weakref import ref

import numpy as np

from ..base import anomaly
from ..base.dtypes import FLOAT64, NUMBER_DTYPE
from ..base.locks import lock


class Op:
    """What a node does. One instance per operation, made by the catalogue (`jitgrad.ops`).

    `kind` says how the compiler treats it, and is all that it may branch on:

    ============= ==============================================================================
    kind          meaning; ``src``; ``arg``
    ============= ==============================================================================
    leaf          an input array of the segment; (); its number
    number        a Python number of the segment, passed as an argument; (); its number
    const         a constant of a derivative rule, part of the code; (); the value
    elementwise   one value per element; all src have the node's own shape; None (or a cast)
    broadcast     (x,); None: x.shape is stretched, ranks equal, stretched axes have length 1 in x
    permute       (x,); axes
    reshape       (x,); None: C order, as NumPy
    slice         (x, *starts), one 0-d int64 start per axis; steps: out[i] = x[start + i * step]
    pad           adjoint of slice: (g, *starts); steps: zeros of the node's shape with
                  out[start + i * step] = g[i]
    update        (x, new, *starts); steps: x with out[start + i * step] = new[i]; `simplify` makes
                  it a choice per element
    gather        (x, *index), int64 arrays whose entries are places: of one shape, on the leading
                  axes of x; or with an axis as argument one array of x's rank:
                  out[..., i, ...] = x[..., index[..., i, ...], ...]
    reduce        (x,); axes, sorted: those axes are gone from the shape
    scan          (x,) or (x, y), of one shape; (axis, reverse)
    call          any other: run by NumPy through `reference`, or by `loops` of its own
    total         no value of a program, but a number that a block of a scan leaves (see `totals`)
    ============= ==============================================================================

    Attributes
    ----------
    name : str
    kind : str
    reference : callable
        ``reference(*arrays, node)`` -> array: what the node computes, in NumPy. Oracle of the
        tests, cold tier, and the fallback of kinds that have no kernel.
    into : callable or None
        elementwise, call: ``into(*arrays, node, out)``, the same in memory that is there; None
        where NumPy cannot.
    code : str or None
        elementwise: the expression in kernels, with ``{0}``, ``{1}``... for the sources and ``{t}``
        for the NumPy name of the result's dtype.
    exact : str or None
        elementwise: the expression for any operand, where `code` is for some only.
    check : str or None
        elementwise: the predicate that tells an operand that `code` is not for; loops raise a
        flag then.
    helper : str or None
        elementwise: the text of a function that `code` calls, which kernels have in theirs.
    prepare : tuple or None
        elementwise: what to compute of the last operand where it stands still in a loop, and the
        expressions that use it as ``{2}``, correctly rounded and not quite (for factors of
        products): a division becomes products.
    scales : bool
        Whether a relative error of an operand is one of the result, and no more: products, and sums
        of them.
    squared : callable or None
        elementwise: ``squared(node)`` -> what the square of the node is, in terms of its sources,
        where that has derivatives at a kink of the node.
    scaled : callable or None
        elementwise: ``scaled(g, node)`` -> a cotangent or tangent `g` times the node, which is the
        slope of a function with a kink; None for the product.
    cost : int
        elementwise, scan: flops per element, roughly; 20 and above is worth keeping instead of
        recomputing.
    flops : callable or None
        call: ``flops(node)`` -> those of the node, where they are not roughly one per element of
        the result.
    identity : callable or None
        reduce, scan: ``identity(dtype)`` -> the value to start from.
    combine : str or None
        reduce, scan: expression joining two partial results ``{0}`` and ``{1}``. For a scan of two
        sources: the next result from the one before ``{0}`` and the sources ``{1}``, ``{2}``.
    chooses : bool
        reduce, scan: whether a result is one of the elements, as extremes are.
    loops : callable or None
        call: ``loops(node, limits)`` -> the `Loops` that compute the node in the compiled tier, cut
        by the compiler's `Limits`, or None
        where NumPy does.
    totals : tuple
        scan: what a block of it leaves to those behind, if that is not its last result alone: an
        `Op` of kind "total" for each number, with `identity` and `combine` (of the number so far
        ``{0}`` and the sources). Made by `total`.
    join : callable or None
        scan: ``join(*totals, node)`` -> the results at the ends of blocks, from arrays with the
        totals of each, in the order of the scan; None where these do not tell, since products left
        the range: then the plan is run by NumPy. By default the `reference`, of the last results.
    vjp : callable
        ``vjp(g, node)`` -> one cotangent (Node or None) per source.
    jvp : callable
        ``jvp(tangents, node)`` -> the tangent of the node; a tangent may be None (zero).
    parts : callable or None
        elementwise: ``parts(*sources)`` -> the `Parts` of the result, or its node where it is real,
        from the `Parts` of complex sources and the nodes of real ones
        (`jitgrad.ops.complex_parts`); None where NumPy computes what is complex.
    batch : callable or None
        ``batch(rows, node, size)`` -> the node for `size` rows at once, along a new first axis;
        `rows` has each source with such an axis, or None where it is the same for all rows. None
        where the rule is that of the kind (`jitgrad.ops.batching`).
    """

    __slots__ = (
        "name",
        "kind",
        "reference",
        "into",
        "code",
        "exact",
        "check",
        "helper",
        "prepare",
        "scales",
        "cost",
        "identity",
        "combine",
        "chooses",
        "vjp",
        "jvp",
        "flops",
        "totals",
        "join",
        "loops",
        "squared",
        "scaled",
        "batch",
        "parts",
    )
    #: What operations of some kinds have, and others do not, as the table above says.
    reference: Any
    identity: Any
    combine: Any
    code: Any
    vjp: Any
    jvp: Any

    def __init__(
        self,
        name: str,
        kind: str,
        reference: Callable[..., Any] | None = None,
        *,
        into: Callable[..., Any] | None = None,
        code: str | None = None,
        exact: str | None = None,
        check: str | None = None,
        helper: str | None = None,
        prepare: tuple[str, ...] | None = None,
        scales: bool = False,
        cost: int = 1,
        identity: Callable[[np.dtype], Any] | None = None,
        combine: str | None = None,
        chooses: bool = False,
        vjp: Callable[..., Sequence[Node | None]] | None = None,
        jvp: Callable[..., Node | None] | None = None,
        flops: Callable[[Node], int] | None = None,
        totals: tuple[Op, ...] = (),
        join: Callable[..., Any] | None = None,
        loops: Callable[[Node, Any], Loops | None] | None = None,
        squared: Callable[[Node], Node | None] | None = None,
        scaled: Callable[[Node, Node], Node] | None = None,
        batch: Callable[[Sequence[Node | None], Node, int], Node] | None = None,
        parts: Callable[..., Any] | None = None,
    ) -> None:
        self.name, self.kind, self.reference, self.into = name, kind, reference, into
        self.code, self.exact, self.check, self.prepare = code, exact, check, prepare
        self.helper, self.chooses = helper, chooses
        self.scales, self.cost, self.identity, self.combine = scales, cost, identity, combine
        self.vjp, self.jvp, self.flops, self.loops = vjp, jvp, flops, loops
        self.squared, self.scaled, self.batch, self.parts = squared, scaled, batch, parts
        self.totals, self.join = totals or (self,), join or reference

    def __repr__(self) -> str:
        return f"<op {self.name}>"


class Loops(NamedTuple):
    """A call as compiled loops: `code` computes the units ``start <= u < stop``, of which there are
    `units`.

    It sees the operands, none of them 0-d, as flat arrays ``x0``, ``x1``... in C order, the result
    as ``out``, and `sizes` as ``n0``, ``n1``...; no other number in it may come from a length, so
    that all shapes share it, but for a few short ones that are worth a kernel each. Units run in
    any order, on several threads if their `work` (elements visited in all) pays for that, so each
    writes its own part of ``out``. With `parts`, ``out`` has so many arrays one after another, of
    the dtype `wide`, which are summed up afterwards.

    ``far = far | test`` notes that an operand is one that the loops are not for: NumPy runs the
    plan again, and computes what it does, or raises what it raises.

    `single` is the same for one kernel that does all, of `ones` units, where sizes are literals: a
    loop over a small state has it in its turns. Its text is of the forms that
    `compile.render.written` knows."""

    code: str
    sizes: tuple
    units: int
    work: int
    parts: int = 0
    wide: np.dtype | None = None
    single: str = ""
    ones: int = 0


def total(name: str, identity: float, combine: str) -> Op:
    """What a block of a scan leaves to those behind (see `Op.totals`)."""
    return Op(name, "total", identity=lambda dtype: identity, combine=combine)


class _Known(ref):
    """A weak reference to an interned node, with its key."""

    __slots__ = ("key",)
    key: tuple


#: Held while a node takes the place of an equal one that died.
_replacing = lock()


def _forget(known: _Known) -> None:
    _remove_dead_weakref(
        Node._interned, known.key
    )  # in one step: another thread may put an equal node there


class Node:
    """One value: ``op`` applied to ``src`` with the static argument ``arg``; has ``shape`` and
    ``dtype``.

    Calling ``Node(...)`` returns the existing node where there is an equal one.
    """

    __slots__ = ("op", "src", "arg", "shape", "dtype", "__weakref__")
    op: Op
    src: tuple[Node, ...]
    arg: Any
    shape: tuple[int, ...]
    dtype: np.dtype
    _interned: ClassVar[dict[tuple, _Known]] = {}

    def __new__(
        cls,
        op: Op,
        src: tuple[Node, ...],
        arg: Any,
        shape: tuple[int, ...],
        dtype: np.dtype,
    ) -> Node:
        # repr of a constant keeps 1, 1.0, True, -0.0 and nan apart, which equality does not.
        key = (op, src, repr(arg) if op is CONST else arg, shape, dtype)
        known = cls._interned.get(key)
        if known is not None:
            node = known()
            if node is not None:
                return node
        node = object.__new__(cls)
        node.op, node.src, node.arg, node.shape, node.dtype = op, src, arg, shape, dtype
        made = _Known(node, _forget)
        made.key = key
        known = cls._interned.setdefault(
            key, made
        )  # in one step: two threads must get the same node
        return node if known is made else _other(key, made, node)

    if TYPE_CHECKING:  # operators are installed from the catalogue

        def __add__(self, other: Node | float, /) -> Node: ...

        __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __add__
        __floordiv__ = __mod__ = __pow__ = __and__ = __or__ = __xor__ = __add__
        __lt__ = __le__ = __gt__ = __ge__ = __add__

        def __neg__(self) -> Node: ...

        __pos__ = __abs__ = __invert__ = __neg__

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    def __repr__(self) -> str:
        return f"<{self.op.name} {self.dtype}{list(self.shape)}>"


def _other(key: tuple, made: _Known, node: Node) -> Node:
    """The node that another thread has made of `key` since; or `node`, if that died."""
    with _replacing:
        other = Node._interned.setdefault(key, made)()
        if other is None:
            Node._interned[key], other = made, node
        return other


LEAF = Op("leaf", "leaf")
NUMBER = Op("number", "number")
CONST = Op("const", "const", lambda node: np.asarray(node.arg, node.dtype))
#: Kinds whose results are stored: kernels end there, and a graph keeps them for its backward.
BARRIERS = frozenset(("reduce", "scan", "call"))
#: A constant that comes from a shape: passed to kernels, never part of their code, so that all
#: shapes share them.
SIZE = Op("size", "const", lambda node: np.asarray(node.arg, node.dtype))


def leaf(index: Hashable, shape: tuple[int, ...], dtype: np.dtype) -> Node:
    return Node(LEAF, (), index, shape, dtype)


def number(index: int, dtype: np.dtype) -> Node:
    return Node(NUMBER, (), index, (), dtype)


#: Kind of dtypes -> the Python number that a constant of it has; integers for others.
_NUMBERS: dict[str, Callable[[Any], Any]] = {"b": bool, "f": float, "c": complex}


def const(value: Any, dtype: np.dtype | None = None) -> Node:
    """The 0-d constant `value` (a Python number)."""
    if dtype is None:
        dtype = NUMBER_DTYPE.get(type(value), FLOAT64)
    kind = _NUMBERS.get(dtype.kind, int)
    return Node(CONST, (), kind(value), (), dtype)


def size(value: float, dtype: np.dtype) -> Node:
    """The 0-d constant `value`, a number of elements."""
    return Node(SIZE, (), float(value), (), dtype)


def rebuilt(node: Node, src: tuple[Node, ...]) -> Node:
    """The operation of `node` on other sources of the same shapes and dtypes; `node` itself if they
    are its own."""
    if src == node.src:
        return node
    out = Node(node.op, src, node.arg, node.shape, node.dtype)
    if anomaly.threads:
        anomaly.carry(node, out)
    return out


def toposort(
    roots: Reversible[Node], sources: Callable[[Node], Sequence[Node]] | None = None
) -> list[Node]:
    """All nodes that `roots` need, sources first, each once; iterative, in a fixed order.

    `sources` is a function that gives those of a node, where not all of ``node.src`` are meant.
    """
    order: list[Node] = []
    done: set[Node] = set()
    stack: list[Any] = [*reversed(roots)]
    while stack:
        node = stack.pop()
        if node is None:  # what is below was waiting for its sources
            order.append(stack.pop())
        elif node not in done:
            done.add(node)
            src = node.src if sources is None else sources(node)
            if src:
                stack += (node, None)
                for s in reversed(src):
                    if s not in done:
                        stack.append(s)
            else:
                order.append(node)
    return order


def substitute(roots: Iterable[Node], new: Mapping[Node, Node]) -> list[Node]:
    """The graphs of `roots` with nodes replaced as the dict `new` says."""
    made = dict(new)
    for node in toposort(list(roots), lambda n: () if n in new else n.src):
        if node not in made:
            made[node] = rebuilt(node, tuple([made[s] for s in node.src]))
    return [made[r] for r in roots]


def toposort_by(order: Iterable[Node], roots: Reversible[Node]) -> list[Node]:
    """As `toposort`, with those nodes that are in `order` as they stand there, so far as sources
    come first."""
    needed = set(toposort(roots))
    return toposort([*[n for n in order if n in needed], *roots])


def users(order: Iterable[Node]) -> dict[Node, list[Node]]:
    """For each node of `order`, the nodes of `order` that read it."""
    out: dict[Node, list[Node]] = {node: [] for node in order}
    for node in order:
        for s in dict.fromkeys(node.src):
            out[s].append(node)
    return out

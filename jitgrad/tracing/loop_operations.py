"""From traced turns to loops on the tape: what the functions of `control_flow` have in common.

A turn (`bodies.TracedTurn`) becomes the `Body` of a loop, and the loop one operation on the tape,
whose results are parts of the node of the loop. Start at `settled` and `looped`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import numpy as np

from ..base.dtypes import NUMBER_DTYPE
from ..base.errors import ArgumentError, DTypeError, ShapeError
from ..base.tree import flatten
from ..control import Body, led_to, run_loop, sources_led_to
from ..frontend.convert import as_operand
from ..ir import leaf, number, substitute
from ..ops.primitives import cast
from ..tape.double import Formulas
from ..tape.symbols import kind_of
from ..tape.views import detaching
from .bodies import WEAK, Group, trace_turn

if TYPE_CHECKING:
    from ..frontend.tensor import Tensor
    from ..ir import Node
    from .bodies import TracedTurn


def operands_of(x: Any, what: str) -> Group:
    """The leaves of a container as tensors."""
    leaves, names, rebuild = flatten(x, what)
    return Group([_operand(v, n) for v, n in zip(leaves, names, strict=True)], names, rebuild)


def _operand(x: Any, name: str) -> Any:
    try:
        return as_operand(x)
    except DTypeError as error:
        raise DTypeError(f"got {name} of type {type(x).__name__}: {error}") from None


def avals(tensors: Iterable[Tensor]) -> list[tuple[tuple[int, ...], np.dtype]]:
    """The abstract values of tensors: shape and dtype of each."""
    return [(t.shape, t.dtype) for t in tensors]


#: The most turns of a loop that may have any number of them.
ANY = 1 << 62
#: Formulas by what they compute, as long as there are records of them, or few others came since:
#: those of a loop in a loop of Python are asked for again and again.
_known: WeakValueDictionary = WeakValueDictionary()
_recent: deque[Formulas] = deque(maxlen=64)


def recorded(
    name: str,
    key: Hashable,
    build: Callable[..., tuple[Sequence[Node], Sequence[AbstractSet[Node]] | None]],
    operands: Sequence[Any],
    numbers: Sequence[float],
) -> list[Any]:
    """One operation on the tape on `operands` and `numbers`. ``build(*nodes)`` of their nodes gives
    those of its results, and what derivatives of each lead to, or None where the nodes tell. Equal
    keys are equal formulas."""
    kinds = tuple([kind_of(n) for n in numbers])
    key = name, key, tuple(avals(operands)), kinds
    formulas = _known.get(key)
    if formulas is None:
        places = [leaf(k, t.shape, t.dtype) for k, t in enumerate(operands)]
        places += [number(k, NUMBER_DTYPE[kind]) for k, kind in enumerate(kinds)]
        nodes, led = build(*places)
        if not nodes:
            return []
        formulas = _known.setdefault(key, Formulas(nodes, (), led, name))
        formulas.opcode.formulas = formulas
        _recent.append(formulas)
    given = [operands[n.arg] for n in formulas.operands]
    return list(formulas.recorded(given, [numbers[n.arg] for n in formulas.numbers]))


def body_of(
    turn: TracedTurn,
    carried: Sequence[Node],
    results: Sequence[Node],
    elements: Sequence[Node] = (),
    extra: Sequence[Node] = (),
    reverse: bool = False,
    condition: Node | None = None,
    new: Sequence[tuple[Node, Node]] = (),
) -> Body:
    """The body of a turn: `carried` and `elements` are leaves among its parameters, `extra` leaves
    of invariants before what is captured; `new` replaces some leaves by formulas."""
    still = [*extra, *turn.captured, *turn.numbers]
    old = [*carried, *still, *elements]
    parameters = tuple([leaf(k, n.shape, n.dtype) for k, n in enumerate(old)])
    by = dict(zip(old, parameters, strict=True))
    by |= {n: substitute([formula], by)[0] for n, formula in new}
    roots = substitute([*results, *([] if condition is None else [condition])], by)
    condition = None if condition is None else roots.pop()
    return Body(parameters, tuple(roots), len(carried), len(still), reverse, condition)


def check_carry(name: str, before: Group, after: Group, numbers: Collection[int] = ()) -> None:
    """Whether a turn gives the carry that it got; of those that were Python `numbers`, the dtype is
    that of the turn."""
    if not _same_names(before, after):
        raise ArgumentError(
            f"got a body of {name} that gives back {listed(after.names)} for a carry of "
            f"{listed(before.names)}, expected the same containers"
        )
    leaves = zip(before.leaves, after.leaves, before.names, strict=True)
    for k, (t, node, n) in enumerate(leaves):
        if t.shape != node.shape:
            raise ShapeError(
                f"got a carry whose {n} has shape {t.shape} before a turn of {name} and "
                f"{node.shape} after it, expected the same"
            )
        if t.dtype != node.dtype and k not in numbers:
            raise DTypeError(
                f"got a carry whose {n} is {t.dtype} before a turn of {name} and {node.dtype} "
                "after it, expected the same; convert it with .astype"
            )


def _same_names(before: Group, after: Group) -> bool:
    return before.names == [n.replace("the carry", "init", 1) for n in after.names]


def listed(names: Sequence[str]) -> str:
    return ", ".join(names) if names else "nothing"


def settled(
    name: str,
    f: Callable[..., Any],
    init: Any,
    arguments: Callable[..., Any],
    unpack: Callable[[Any], list[tuple[Any, str]]],
) -> tuple[Group, TracedTurn]:
    """The leaves of `init` and the turn of `f`: numbers of Python have the dtype that the turn
    gives them."""
    start = operands_of(init, "init")
    given = [x if type(x) in WEAK else None for x in flatten(init)[0]]
    free = {k for k, x in enumerate(given) if x is not None}  # numbers that are still of no dtype
    for _ in range(3 * len(given) + 2):  # each takes one once, and may be promoted
        likes = [given[k] if k in free else a for k, a in enumerate(avals(start.leaves))]
        turn = trace_turn(name, f, arguments(likes, start.rebuild), unpack)
        after = turn.results[0]
        if not _same_names(start, after):
            break
        leaves = _promoted(start.leaves, after.leaves, given, free)
        changed = {k for k, t in enumerate(leaves) if t is not start.leaves[k]}
        if not changed and not free:
            break
        free = free - changed if changed else set()
        start = start._replace(leaves=leaves)
    check_carry(name, start, turn.results[0])
    return start, turn


def _promoted(
    leaves: Sequence[Tensor], nodes: Sequence[Node], given: Sequence[Any], free: set[int]
) -> list[Tensor]:
    """The leaves of a carry of which a turn makes `nodes`: those that were `given` as numbers take
    the dtype of theirs, if they are `free`, or are promoted."""
    out = []
    for k, (t, node) in enumerate(zip(leaves, nodes, strict=True)):
        dtype = node.dtype if k in free else np.promote_types(t.dtype, node.dtype)
        out.append(t if given[k] is None or dtype == t.dtype else t.astype(dtype))
    return out


def looped(
    name: str,
    body: Body,
    length: int | None,
    carried: Sequence[Any],
    turn: TracedTurn,
    sequences: Sequence[Any] = (),
    turns: Any = None,
) -> list[Any]:
    """The results of a loop, as tensors: of `length` turns, or of as many as the 0-d tensor `turns`
    says, at most `length`; None is any number."""
    operands = [*carried, *turn.tensors, *sequences, *([] if turns is None else [turns])]
    may_end = length in (0, None) or turns is not None or body.condition is not None
    kept = len(carried) if may_end else 0  # without a turn, they are the results
    operands = _cut(body, operands, kept, len(carried) + len(turn.tensors), len(turn.values))
    first, last = len(carried) + len(turn.tensors), len(operands)
    most = ANY if length is None else length
    numbers = tuple(turn.numbers)

    def build(*nodes: Any) -> tuple[list[Node], list[AbstractSet[Node]]]:
        given = [cast(x, p.dtype) for x, p in zip(nodes[last:], numbers, strict=True)]
        count = most if turns is None else nodes[last - 1]
        read = nodes[first : first + len(sequences)]
        sources = [*nodes[:first], *given, *read]
        out, results = run_loop(body, length, count, sources), range(len(body.results))
        led: list[AbstractSet[Node]] = [
            {sources[j] for j in sources_led_to(body, k)} for k in results
        ]
        return [out[k] for k in results], led

    #: What `build` depends on: how many of the operands are what.
    counts = len(carried), len(turn.tensors), len(numbers), len(sequences)
    return recorded(name, (body, length, turns is None, counts), build, operands, turn.values)


def _cut(body: Body, operands: Sequence[Any], kept: int, front: int, numbers: int) -> list[Any]:
    """The operands, without the graphs of those that no derivative leads to.

    The first `front` and those after the `numbers` are parameters of the body, of which the first
    `kept` stay as they are.
    """
    led = led_to(body.results, body.parameters)
    parameters = [*body.parameters[:front], *body.parameters[front + numbers :]]
    uncut = {*parameters[:kept], *led}
    cut = [
        detaching()(t) if t.requires_grad and p not in uncut else t
        for t, p in zip(operands, parameters, strict=False)
    ]
    return [*cut, *operands[len(cut) :]]

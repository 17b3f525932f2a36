"""Control flow traced as such: `scan`, `fori_loop`, `while_loop`, `cond`, `switch`, `map`.

The body of a loop is traced once (`bodies`) and becomes one node (`control`), so what a loop
costs to trace and to compile does not depend on its number of turns; gradients go through it, and
through what the body reaches. The names and meanings are those of `jax.lax`; results are tensors.
Start at `scan`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ..base.anomaly import in_turn, looks
from ..base.dtypes import BOOL, INT64
from ..base.errors import ArgumentError, DTypeError, ShapeError
from ..base.surface import surface
from ..base.tree import flatten
from ..control import TURN
from ..frontend.creation import zeros
from ..frontend.tensor import Tensor
from ..frontend.turn_numbers import turn_number
from ..ir import const, leaf
from ..ir.shapes import as_int
from ..ops.primitives import as_node, cast
from ..tape.handles import varies
from ..tape.record import materialise
from ..tape.segment import local
from .bodies import WEAK, Group, trace_turn
from .loop_operations import avals, body_of, check_carry, listed, looped, operands_of, settled


def _callable(f: Any, name: str) -> None:
    if not callable(f):
        raise ArgumentError(
            f"got an object of type {type(f).__name__} as the function of {name}, expected a "
            "callable"
        )


@surface
def scan(
    f: Callable[..., Any],
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
) -> tuple[Any, Any]:
    """A loop over the first axis of `xs`: ``carry, y = f(carry, x)`` in each turn.

    It means the same as

    .. code-block:: python

        carry, ys = init, []
        for x in xs:
            carry, y = f(carry, x)
            ys.append(y)
        return carry, stack(ys)

    but `f` is traced once: it must give the same operations in each turn, and may not ask
    for concrete values. Tensors it reaches beside its arguments take part, and get gradients.

    Parameters
    ----------
    f : callable
        ``f(carry, x)`` -> ``(carry, y)``. The carry keeps its containers, shapes and dtypes.
    init : container of array_like
        The first carry: tensors, arrays and numbers in tuples, lists, dicts, dataclasses.
    xs : container of array_like, shape (length, ...), optional
        What each turn gets an element of; None for a loop without, of `length` turns.
    length : int, optional
        The number of turns, if `xs` does not tell.
    reverse : bool
        From the last element to the first; ``ys`` has the order of `xs` all the same.

    Returns
    -------
    carry, ys
        The last carry, and what the turns gave, stacked: shape (length, ...) each.

    Raises
    ------
    ShapeError
        Sequences of several lengths; a carry that changes its shape.
    DTypeError
        A carry that changes its dtype.
    JitError
        `f` asks for a concrete value.

    References
    ----------
    ``jax.lax.scan``.

    Examples
    --------
    >>> x = jitgrad.tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> total, ys = jitgrad.scan(lambda s, x: (s * 0.5 + x, s), 0.0, x)
    >>> total
    tensor(4.2500, grad_fn=<...>)
    """
    _callable(f, "scan")
    sequences = operands_of(xs, "xs")
    length = _length(sequences, length)
    elements = [(t.shape[1:], t.dtype) for t in sequences.leaves]
    start, turn = settled(
        "scan",
        f,
        init,
        lambda likes, rebuild: [(likes, rebuild), (elements, sequences.rebuild)],
        _pair,
    )
    carry, ys = turn.results
    body = body_of(
        turn,
        turn.parameters[0],
        [*carry.leaves, *ys.leaves],
        turn.parameters[1],
        reverse=bool(reverse),
    )
    out = looped("scan", body, length, start.leaves, turn, sequences.leaves)
    n = len(start.leaves)
    return start.rebuild(iter(out[:n])), ys.rebuild(iter(out[n:]))


def _pair(out: Any) -> list[tuple[Any, str]]:
    if not isinstance(out, tuple) or len(out) != 2:
        raise ArgumentError(
            f"got {type(out).__name__} from the body of scan, expected (carry, y); y may be None"
        )
    return [(out[0], "the carry"), (out[1], "y")]


def _length(sequences: Group, length: int | None) -> int:
    for t, name in zip(sequences.leaves, sequences.names, strict=True):
        if not t.ndim:
            raise ShapeError(f"got {name} without axes to scan over, expected shape (length, ...)")
    lengths = {t.shape[0] for t in sequences.leaves}
    if length is not None:
        lengths.add(as_int(length, "length"))
    if len(lengths) > 1:
        each = ", ".join(
            f"{n} of {t.shape[0]}" for n, t in zip(sequences.names, sequences.leaves, strict=True)
        )
        raise ShapeError(
            f"got sequences of several lengths: {each}"
            + (f", with length={length}" if length is not None else "")
        )
    if not lengths:
        raise ArgumentError("got neither xs nor length for scan, expected one of them")
    (out,) = lengths
    if out < 0:
        raise ArgumentError(f"got length={out}, expected at least 0")
    return out


@surface
def map(f: Callable[..., Any], xs: Any) -> Any:
    """``f(x)`` for each element of the first axis of `xs`, stacked.

    Parameters
    ----------
    f : callable
        ``f(x)`` -> a tensor, or a container of tensors.
    xs : container of array_like, shape (length, ...)

    Returns
    -------
    container of tensor, shape (length, ...)

    Raises
    ------
    ShapeError
        Sequences of several lengths.
    JitError
        `f` asks for a concrete value.

    References
    ----------
    ``jax.lax.map``.

    Examples
    --------
    >>> jitgrad.map(lambda x: x * x.sum(), jitgrad.tensor([[1.0, 2.0], [3.0, 4.0]]))
    tensor([[ 3.,  6.],
            [21., 28.]])
    """
    _callable(f, "map")
    return scan(lambda _, x: (None, f(x)), None, xs)[1]


@surface
def fori_loop(start: Any, stop: Any, f: Callable[..., Any], init: Any) -> Any:
    """``x = f(i, x)`` for `i` from `start` to `stop` - 1, beginning with `init`.

    Parameters
    ----------
    start, stop : int
        Python integers. Under `jit` they may be arguments: each value of them is a trace, of one
        turn and of the same kernels.
    f : callable
        ``f(i, x)`` -> the next `x`, of the same containers, shapes and dtypes; `i` is a 0-d integer
        tensor that operations take for a Python number: ``i * x`` has the dtype of `x`. ``x[i]``,
        ``x[i + 1]`` and ``x[i:i + 2]`` are views of `x`, as by Python's integers; an index out of
        range is an error.
    init : container of array_like

    Returns
    -------
    container of tensor

    Raises
    ------
    ShapeError, DTypeError
        A value that changes its shape or dtype.
    JitError
        `f` asks for a concrete value.

    References
    ----------
    ``jax.lax.fori_loop``.

    Examples
    --------
    >>> jitgrad.fori_loop(0, 10, lambda i, x: x + i, 0)
    tensor(45)
    """
    _callable(f, "fori_loop")
    start, stop = as_int(start, "start"), as_int(stop, "stop")
    length = max(stop - start, 0)
    ends = start, max(stop - 1, start)

    def index_of(leaves: Iterator[Any]) -> Any:
        value = materialise(next(leaves))
        return turn_number(value.tracing, value.node, ends)

    init, turn = settled(
        "fori_loop",
        f,
        init,
        lambda likes, rebuild: [(_INDEX, index_of), (likes, rebuild)],
        _whole,
    )
    (index,), carried = turn.parameters
    counter = as_node(TURN) + const(start, INT64)
    body = body_of(turn, carried, turn.results[0].leaves, new=[(index, counter)])
    return init.rebuild(iter(looped("fori_loop", body, length, init.leaves, turn)))


#: What the index of a loop is like.
_INDEX = [((), INT64)]


def _whole(out: Any) -> list[tuple[Any, str]]:
    return [(out, "the carry")]


@surface
def while_loop(
    cond: Callable[..., Any], f: Callable[..., Any], init: Any, max_turns: int | None = None
) -> Any:
    """``x = f(x)`` as long as ``cond(x)``, beginning with `init`.

    Outside of `jit` this is Python's own loop, which materialises the condition in each turn.
    Within, the loop is traced, and only a call knows how many turns there are.

    Parameters
    ----------
    cond : callable
        ``cond(x)`` -> a bool, or a 0-d bool tensor.
    f : callable
        ``f(x)`` -> the next `x`, of the same containers, shapes and dtypes.
    init : container of array_like
    max_turns : int, optional
        The most turns that there may be. A gradient through the loop under `jit` keeps memory for
        as many; without it computes some of them again (see `config.checkpoint_mb`).

    Returns
    -------
    container of tensor

    Raises
    ------
    ArgumentError
        The loop goes on after `max_turns` turns.
    ShapeError, DTypeError
        A value that changes its shape or dtype.

    References
    ----------
    ``jax.lax.while_loop``, which has no reverse mode.

    Examples
    --------
    >>> x = jitgrad.tensor(3.0, requires_grad=True)
    >>> y = jitgrad.while_loop(lambda y: y < 100, lambda y: y * x, x)
    >>> y.backward()
    >>> y.item(), x.grad
    (243.0, tensor(405.))
    """
    _callable(cond, "while_loop")
    _callable(f, "while_loop")
    most = None if max_turns is None else as_int(max_turns, "max_turns")
    if most is not None and most < 0:
        raise ArgumentError(f"got max_turns={most}, expected at least 0")
    if local.seg.tracing is None:
        return _python_loop(cond, f, init, most)
    init, turn = settled(
        "while_loop",
        f,
        init,
        lambda likes, rebuild: [(likes, rebuild)],
        _whole,
    )
    asked = trace_turn("while_loop", cond, [(avals(init.leaves), init.rebuild)], _condition)
    turn, condition = turn.beside(asked)
    if condition.shape:
        raise ShapeError(
            f"got a condition of shape {condition.shape} for while_loop, expected a 0-d tensor; "
            "use .any() or .all()"
        )
    condition = cast(condition, BOOL)
    (carried,) = turn.parameters
    body = body_of(turn, carried, turn.results[0].leaves, condition=condition)
    return init.rebuild(iter(looped("while_loop", body, most, init.leaves, turn)))


def _python_loop(
    cond: Callable[..., Any], f: Callable[..., Any], init: Any, most: int | None
) -> Any:
    before, x, turns = operands_of(init, "init"), _copied(init, "init"), 0
    while _truth(cond(x), "while_loop"):
        if turns == most:
            raise ArgumentError(
                f"got a loop that goes on after max_turns={most} turns, expected it to end; pass "
                "more"
            )
        x, turns = (in_turn(turns, f, x) if looks() else f(x)), turns + 1
        if turns == 1:  # later turns do what the first does
            numbers = {k for k, v in enumerate(flatten(init)[0]) if type(v) in WEAK}
            check_carry("while_loop", before, operands_of(x, "the carry"), numbers)
    return _as_tensors(x)


def _as_tensors(x: Any) -> Any:
    group = operands_of(x, "the carry")
    return group.rebuild(iter(group.leaves))


def _copied(x: Any, what: str) -> Any:
    """A container with tensors of its own, so that writes to them are not seen outside, as they are
    not where a body is traced."""
    group = operands_of(x, what)
    return group.rebuild(iter([t.clone() for t in group.leaves]))


def _condition(out: Any) -> list[tuple[Any, str]]:
    return [(out, "the condition")]


@surface
def cond(pred: Any, f: Callable[..., Any], g: Callable[..., Any], *operands: Any) -> Any:
    """``f(*operands)`` where `pred` is true, else ``g(*operands)``.

    Outside of `jit`, and where the value of `pred` is known while `jit` traces, this is Python's
    ``if``. Else both are traced, and a call runs the one that it needs.

    Parameters
    ----------
    pred : bool or tensor of bool, 0-d
    f, g : callable
        They give the same containers, shapes and dtypes.
    *operands
        Containers of tensors, arrays and numbers.

    Returns
    -------
    container of tensor

    Raises
    ------
    ShapeError, DTypeError
        `f` and `g` give something else.

    References
    ----------
    ``jax.lax.cond``.

    Examples
    --------
    >>> jitgrad.cond(True, lambda x: x + 1, lambda x: x - 1, 2.0)
    tensor(3.)
    """
    return switch(_as_index(pred), (g, f), *operands)


def _as_index(pred: Any) -> Any:
    if isinstance(pred, Tensor):
        if pred.ndim:
            raise ShapeError(
                f"got a condition of shape {pred.shape} for cond, expected a 0-d tensor; use "
                ".all() or .any()"
            )
        return (pred != 0).astype(INT64) if varies(pred) else int(pred.item() != 0)
    return int(_truth(pred, "cond"))


def _truth(x: Any, what: str) -> bool:
    """Whether a condition holds: Python would take any text or list for one that does."""
    if not isinstance(x, (bool, int, float, np.bool_, np.number, np.ndarray, Tensor)):
        raise ArgumentError(
            f"got a condition of type {type(x).__name__} for {what}, expected a bool, a number or "
            "a 0-d tensor; compare, as in x > 0"
        )
    if isinstance(x, (np.ndarray, Tensor)) and x.ndim:
        raise ShapeError(
            f"got a condition of shape {x.shape} for {what}, expected a 0-d tensor; use .all() or "
            ".any()"
        )
    return bool(x)


@surface
def switch(index: Any, branches: Any, *operands: Any) -> Any:
    """``branches[index](*operands)``; an index out of range counts as the first or last.

    Outside of `jit`, and where the value of `index` is known while `jit` traces, the branch is
    called as it is. Else all are traced, and a call runs the one that it needs.

    Parameters
    ----------
    index : int or tensor of an integer dtype, 0-d
    branches : sequence of callable
        They give the same containers, shapes and dtypes.
    *operands
        Containers of tensors, arrays and numbers.

    Returns
    -------
    container of tensor

    Raises
    ------
    ShapeError, DTypeError
        The branches give different results.

    References
    ----------
    ``jax.lax.switch``.

    Examples
    --------
    >>> jitgrad.switch(1, [jitgrad.sin, jitgrad.cos, jitgrad.exp], 0.0)
    tensor(1.)
    """
    branches = list(branches)
    if not branches:
        raise ArgumentError("got no branches for switch, expected at least one function")
    for branch in branches:
        _callable(branch, "switch")
    if isinstance(index, Tensor) and varies(index):
        if index.ndim or index.dtype.kind not in "iu":
            raise DTypeError(
                f"got an index of shape {index.shape} and {index.dtype}, expected a 0-d integer"
            )
        return _chosen(index.clip(0, len(branches) - 1).astype(INT64), branches, operands)
    index = as_int(index.item() if isinstance(index, Tensor) else index, "index")
    given = [_copied(x, f"operand {k}") for k, x in enumerate(operands)]
    return _as_tensors(branches[min(max(index, 0), len(branches) - 1)](*given))


def _chosen(index: Tensor, branches: Sequence[Callable[..., Any]], operands: Sequence[Any]) -> Any:
    """The results of the branch that only a call knows: each branch is a loop of one turn or
    none, whose carried values are the results."""
    given = [operands_of(x, f"operand {k}") for k, x in enumerate(operands)]
    arguments = [(avals(group.leaves), group.rebuild) for group in given]
    tensors = [t for group in given for t in group.leaves]
    turns = [trace_turn("switch", branch, arguments, _branch) for branch in branches]
    first = turns[0].results[0]
    out = [zeros(n.shape, dtype=n.dtype) for n in first.leaves]
    for k, turn in enumerate(turns):
        _check_branch(first, turn.results[0], k)
        carried = [leaf(("result", j), n.shape, n.dtype) for j, n in enumerate(first.leaves)]
        extra = [node for nodes in turn.parameters for node in nodes]
        body = body_of(turn, carried, turn.results[0].leaves, extra=extra)
        once = (index == k).astype(INT64)
        turn.tensors[:0] = tensors
        out = looped("switch", body, 1, out, turn, turns=once)
    return first.rebuild(iter(out))


def _branch(out: Any) -> list[tuple[Any, str]]:
    return [(out, "the result")]


def _check_branch(first: Group, other: Group, k: int) -> None:
    if first.names != other.names:
        raise ArgumentError(
            f"got branch {k} that gives {listed(other.names)}, and branch 0 that gives "
            f"{listed(first.names)}, expected the same containers"
        )
    for a, b, n in zip(first.leaves, other.leaves, first.names, strict=True):
        if a.shape != b.shape or a.dtype != b.dtype:
            kind, what = ShapeError if a.shape != b.shape else DTypeError, n.removeprefix("the ")
            raise kind(
                f"got branches whose {what} is {a.dtype} of shape {a.shape} (branch 0) and "
                f"{b.dtype} of shape {b.shape} (branch {k}), expected the same"
            )

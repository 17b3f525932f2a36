"""`vmap`: a function of one row, as a function of many.

The function is traced once, on proxies for one row of each mapped argument, as the bodies of loops
are (`bodies`). The graph of that row becomes the graph of all rows by the rules of
`autodiff.batch`, and is one operation on the tape: what surrounds it fuses with it, differentiates
it and maps it again as it does any other. Start at `vmap`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..autodiff import batch
from ..base.errors import ArgumentError, AxisError, ShapeError
from ..base.surface import surface
from ..base.tree import flatten, is_container, parts
from ..frontend.tensor import Tensor
from ..ir import Node, leaf, substitute
from ..ir.shapes import as_int
from ..ops.movement import permute
from ..ops.rows import in_front, same_rows
from .bodies import Group, TracedTurn, Wording, trace_turn
from .loop_operations import operands_of, recorded

ROWS = Wording(
    "function",
    "rows",
    "take the conversion out of the function",
    "give the new value back as a result",
    "draw them before, of shape (rows, ...), and pass them as an argument",
)


@surface
def vmap(
    f: Callable[..., Any], in_axes: Any = 0, out_axes: Any = 0, axis_size: int | None = None
) -> Callable[..., Any]:
    """A function that maps `f` over an axis of its arguments: ``f`` is written for one row, and is
    computed for all rows at once.

    `f` is traced once in each call, for all rows: it may not ask for concrete values of what it is
    given. Each operation becomes one on all rows, never a loop over them. Gradients go through it,
    also to tensors that `f` reaches beside its arguments; `grad`, `hvp`, `.backward()`, writes to
    tensors of its own, `scan`, `cond` and `vmap` may be used within.

    Parameters
    ----------
    f : callable
        Takes and returns containers of tensors. Writes to its arguments are not seen outside.
    in_axes : int, None, or container of these
        Which axis of each argument is mapped; None for an argument that is the same for all rows,
        which may then be anything. A tuple has one for each positional argument; an entry may be a
        container like the argument, or like the outer part of it. Arguments by name are mapped over
        their first axis.
    out_axes : int, None, or container of these
        Where the axis of rows is in the results; None for one that is the same for all rows.
    axis_size : int, optional
        The number of rows, where no argument is mapped.

    Returns
    -------
    callable
        Gives tensors, in the containers that `f` gives.

    Raises
    ------
    ShapeError
        Mapped axes of several lengths, or a mapped argument without axes.
    AxisError
        An axis that an argument or a result does not have.
    ArgumentError
        `in_axes` or `out_axes` that do not fit the arguments or results; or no argument is mapped.
    JitError
        `f` asks for a concrete value, draws random numbers, or writes to a tensor from outside.

    References
    ----------
    ``jax.vmap``, whose names and meanings these are; ``torch.func.vmap``.

    Examples
    --------
    >>> x = jitgrad.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> jitgrad.vmap(lambda row: row * row.sum())(x)
    tensor([[ 3.,  6.],
            [21., 28.]])
    >>> jitgrad.vmap(jitgrad.grad(lambda w, x: (w * x).sum() ** 2), in_axes=(None, 0))(x[0], x)
    tensor([[ 10.,  20.],
            [ 66.,  88.]])
    >>> jitgrad.vmap(jitgrad.vmap(lambda a, b: a - b, (None, 0)), (0, None))(x[:, 0], x[:, 1])
    tensor([[-1., -3.],
            [ 1., -1.]])
    """
    if not callable(f):
        raise ArgumentError(
            f"got an object of type {type(f).__name__} as the function of vmap, expected a callable"
        )
    size = None if axis_size is None else as_int(axis_size, "axis_size")

    @functools.wraps(f, updated=())
    @surface
    def function(*args: Any, **kwargs: Any) -> Any:
        given = _arguments(args, kwargs, in_axes)
        return _mapped(f, given, _size(given, size), out_axes)

    return function


class _Argument(NamedTuple):
    """A leaf of the arguments: `given` as it came, or as a tensor with the axis that is mapped,
    None where none is."""

    given: Any
    name: str
    axis: int | None

    @property
    def is_tensor(self) -> bool:
        return isinstance(self.given, Tensor)

    @property
    def row(self) -> tuple[tuple[int, ...], np.dtype, bool]:
        """Shape and dtype of one row, and whether a gradient is wanted of it."""
        shape = self.given.shape
        if self.axis is not None:
            shape = (*shape[: self.axis], *shape[self.axis + 1 :])
        return shape, self.given.dtype, self.given.requires_grad


class _Arguments(NamedTuple):
    """The leaves of all arguments, and what makes ``(args, kwargs)`` of others."""

    leaves: list[_Argument]
    rebuild: Callable[[Iterator[Any]], Any]


def _arguments(args: tuple[Any, ...], kwargs: dict[str, Any], in_axes: Any) -> _Arguments:
    if isinstance(in_axes, (tuple, list)) and len(in_axes) != len(args):
        raise ArgumentError(
            f"got in_axes of {len(in_axes)} entries for {len(args)} positional arguments, expected "
            "one for each"
        )
    each = in_axes if isinstance(in_axes, (tuple, list)) else [in_axes] * len(args)
    found = [
        axis
        for k, (axes, x) in enumerate(zip(each, args, strict=True))
        for axis in _axes(axes, x, "in_axes", f"argument {k}")
    ]
    found += [0] * len(flatten(kwargs)[0])
    leaves, names, rebuild = flatten((args, kwargs), "")
    out = [
        _argument(x, _called(name), axis)
        for x, name, axis in zip(leaves, names, found, strict=True)
    ]
    return _Arguments(out, rebuild)


def _called(name: str) -> str:
    """How errors call a leaf of ``(args, kwargs)``, which is at `name` there."""
    group, _, rest = name[1:].partition("]")
    first, _, access = rest[1:].partition("]")
    return f"argument {first}{access}" if group == "0" else f"argument {first[1:-1]}{access}"


def _argument(x: Any, name: str, axis: int | None) -> _Argument:
    if axis is None:
        is_array = isinstance(x, (Tensor, np.ndarray, np.generic))
        return _Argument(operands_of(x, name).leaves[0] if is_array else x, name, None)
    (t,) = operands_of(x, name).leaves
    if not t.ndim:
        raise ShapeError(
            f"got {name} without axes to map over, expected one at least; give None in in_axes for "
            "what is the same for all rows"
        )
    if not -t.ndim <= axis < t.ndim:
        raise AxisError(
            f"got in_axes {axis} for {name} of shape {t.shape}, expected {-t.ndim} <= axis < "
            f"{t.ndim}"
        )
    return _Argument(t, name, axis % t.ndim)


def _axes(axes: Any, x: Any, what: str, name: str) -> list[int | None]:
    """The axis of each leaf of `x`, of an int, None, or a container like the outer part of `x`."""
    if axes is None or not is_container(axes):
        axis = None if axes is None else as_int(axes, what)
        return [axis] * len(flatten(x)[0])
    inner, given = dict(parts(axes)), parts(x) if is_container(x) else []
    if {access for access, _ in given} != set(inner):
        raise ArgumentError(
            f"got {what} {axes!r} for {name}, expected an int, None, or a container of the same "
            "parts: " + (", ".join(access for access, _ in given) or "it has none")
        )
    return [
        axis for access, part in given for axis in _axes(inner[access], part, what, name + access)
    ]


def _size(given: _Arguments, size: int | None) -> int:
    """The number of rows."""
    mapped = {a.name: a.given.shape[a.axis] for a in given.leaves if a.axis is not None}
    sizes = {*mapped.values(), *(() if size is None else (size,))}
    if not sizes:
        raise ArgumentError(
            "got no argument to map over: in_axes is None for all; map one of them, or give "
            "axis_size"
        )
    if len(sizes) > 1:
        each = ", ".join(f"{n} of {name}" for name, n in mapped.items())
        each += "" if size is None else f", with axis_size={size}"
        raise ShapeError(f"got mapped axes of several lengths: {each}; expected the same")
    (out,) = sizes
    if out < 0:
        raise ArgumentError(f"got axis_size={out}, expected at least 0")
    return out


# --- from the trace of a row to an operation ------------------------------------------------------


def _mapped(f: Callable[..., Any], given: _Arguments, size: int, out_axes: Any) -> Any:
    """The results of `f` for all rows."""
    tensors = [a for a in given.leaves if a.is_tensor]

    def arguments(proxies: Iterator[Any]) -> Any:
        return given.rebuild(
            iter([next(proxies) if a.is_tensor else a.given for a in given.leaves])
        )

    def called(both: Any) -> Any:
        args, kwargs = both
        return f(*args, **kwargs)

    row = trace_turn("vmap", called, [([a.row for a in tensors], arguments)], _result, ROWS)
    (result,) = row.results
    places = _axes(out_axes, result.rebuild(iter(result.leaves)), "out_axes", "the result")
    out = _recorded(row, tensors, result, places, size)
    return result.rebuild(iter(out))


def _result(out: Any) -> list[tuple[Any, str]]:
    return [(out, "the result")]


def _recorded(
    row: TracedTurn,
    tensors: Sequence[_Argument],
    result: Group,
    places: Sequence[int | None],
    size: int,
) -> list[Any]:
    """The operation of all rows on the tape."""
    old = [*row.parameters[0], *row.captured, *row.numbers]
    roots, axes = tuple(result.leaves), tuple([a.axis for a in tensors])

    def build(*nodes: Node) -> tuple[list[Node], None]:
        apart = [leaf(("row", k), n.shape, n.dtype) for k, n in enumerate(old)]
        one = substitute(roots, dict(zip(old, apart, strict=True)))
        mapped = {
            apart[k]: in_front(nodes[k], axis) for k, axis in enumerate(axes) if axis is not None
        }
        same = {x: n for x, n in zip(apart, nodes, strict=True) if x not in mapped}
        one = substitute(one, same)
        rows = batch(one, mapped, size)
        out = [
            _placed(x, r, place, size, name)
            for x, r, place, name in zip(one, rows, places, result.names, strict=True)
        ]
        return out, None

    #: Equal traces have equal nodes, since their leaves are numbered as they are met.
    key = roots, tuple(old), axes, tuple(places), size
    operands = [*[a.given for a in tensors], *row.tensors]
    return recorded("vmap", key, build, operands, row.values)


def _placed(x: Node, rows: Node | None, place: int | None, size: int, name: str) -> Node:
    """A result with the axis of rows at its place: `rows`, or None where all are `x`."""
    if place is None:
        if rows is not None:
            raise ArgumentError(
                f"got out_axes None for {name}, which differs from row to row; expected the axis "
                "where its rows go"
            )
        return x
    if not -x.ndim - 1 <= place <= x.ndim:
        raise AxisError(
            f"got out_axes {place} for {name} of shape {x.shape} in each row, expected "
            f"{-x.ndim - 1} <= axis <= {x.ndim}"
        )
    rows = same_rows(x, size) if rows is None else rows
    place %= x.ndim + 1
    return permute(rows, (*range(1, place + 1), 0, *range(place + 1, rows.ndim)))

"""`draw`: a picture of what computes a tensor, or of what a function would run.

Nothing is computed, and what is drawn stays as it was: the graph of a tensor is that of its place
in what was recorded, and a function is traced, as `jit` does it, with stand-ins for arguments that
are pending. What a picture shows is settled in `jitgrad.diagnostics.picture`. Start at `draw`.
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..autodiff import pull_back
from ..base import tree
from ..base.errors import ArgumentError, JitgradError
from ..base.surface import trimmed
from ..diagnostics.drawing import Drawing
from ..diagnostics.explain import names_of_values
from ..diagnostics.picture import BOXES, Box, Picture, picture_of
from ..frontend.tensor import Tensor
from ..ir import LEAF, NUMBER, Node, const, leaf, toposort
from ..tape.backward import leaf_of
from ..tape.handles import Handle, from_value
from ..tape.segment import Segment, State, local
from .jit import traced
from .transforms import value_and_grad


def draw(
    what: Any,
    *args: Any,
    path: str | os.PathLike[str] | None = None,
    backward: bool | None = None,
    format: str | None = None,
    engine: str = "auto",
    boxes: int = BOXES,
    **kwargs: Any,
) -> Drawing:
    """A picture of the graph of a tensor or function: operations with their shapes and dtypes, the
    kernels that they are fused to, their derivatives, loops as nested boxes.

    Nothing is computed, and nothing changes: a pending tensor stays pending. What is shown are the
    kernels that would compute this tensor, and its gradients, alone. A function is traced as under
    `jit`, so it may not ask for values.

    Parameters
    ----------
    what : Tensor or callable
        What to draw. A tensor is drawn back to where its recording began: what was computed before
        is an input.
    *args, **kwargs
        Arguments of the function. For a tensor, a path may stand here.
    path : str or path-like, optional
        A file to write to; its ending says the format.
    backward : bool, optional
        Whether to show derivatives: by default those of a tensor that requires grad, with
        respect to what it was computed from. For a function, True shows its `value_and_grad`.
    format : str, optional
        Of the file: "svg", "dot", or with Graphviz one of its formats, such as "pdf" or "png".
    engine : str
        "dot" lays out by Graphviz, "own" without, "auto" by Graphviz where it is installed.
    boxes : int
        How many boxes there may be: of larger graphs a kernel is one box, and what is furthest from
        the results is left out, with a note.

    Returns
    -------
    Drawing
        Notebooks show it; ``.svg`` and ``.dot`` are its texts, ``.save(path)`` writes it.

    Raises
    ------
    ArgumentError
        For what is no tensor and no function, and formats that nobody there can make.
    JitError
        For a function that asks for values.

    Examples
    --------
    >>> x = jitgrad.arange(3.0, requires_grad=True)
    >>> jitgrad.draw((jitgrad.sin(x) * x).sum())
    <drawing of 7 boxes in 1 kernel>
    >>> print(jitgrad.draw(jitgrad.exp, jitgrad.ones(3)).dot.splitlines()[0])
    digraph {
    """
    scope = sys._getframe(1).f_globals
    try:
        return _drawn(what, args, kwargs, scope, (path, backward, format, engine, boxes))
    except JitgradError as error:
        raise trimmed(error)  # noqa: B904 - its context is the user's own


def _drawn(what: Any, args: Any, kwargs: Any, scope: Any, options: Any) -> Drawing:
    path, backward, format, engine, boxes = options
    if isinstance(what, Handle):
        if path is None and len(args) == 1 and isinstance(args[0], (str, os.PathLike)):
            (path,), args = args, ()
        if args or kwargs:
            raise ArgumentError(
                "got a tensor and arguments, expected a tensor and at most a path, or a function "
                "and its arguments"
            )
        picture = _of_tensor(what, backward, names_of_values(scope), boxes)
    elif callable(what):
        picture = _of_function(what, args, kwargs, bool(backward), boxes)
    else:
        raise ArgumentError(
            f"got an object of type {type(what).__name__} to draw, expected a tensor or a "
            "function; pass the function and its arguments apart"
        )
    out = Drawing(picture, engine)
    if path is not None:
        out.save(path, format)
    elif format is not None:
        out.render(format)  # it says now what cannot be made
    return out


# --- of a tensor ----------------------------------------------------------------------------------


def _of_tensor(t: Handle, backward: bool | None, names: Mapping[int, str], boxes: int) -> Picture:
    name = names.get(id(t), "result")
    state, place = t._state, t._seg
    if t._value is not None:
        place = None
        if type(t._edge) is tuple:
            place, state = t._edge
    if type(state) is not State or place is None or state.slot < 0:
        return _alone(t, name)
    roots, labels = [state.node], [name]
    inputs = _inputs(state, place, names)
    if state.requires_grad and backward is not False:
        found, called = _derivatives(state, inputs)
        roots, labels = [*roots, *found], [*labels, *called]
    elif backward:
        raise ArgumentError(
            "got backward=True for a tensor that does not require grad; make what it is computed "
            "from require grad, or pass a function"
        )
    return picture_of(roots, 1, labels, inputs, boxes)


def _alone(t: Handle, name: str) -> Picture:
    """The picture of a tensor that no operation is known to compute."""
    shape = f"{t._state.dtype}[{', '.join(map(str, t._state.shape))}]"
    note = "no operation is known to compute it: it was given, or ran too long ago"
    if t._x is not None and t._x.stale:
        note = "a view of what was written to since: it is recorded anew when it is used"
    return Picture([Box((name, shape), "input", True)], [], [note])


def _inputs(state: State, place: Any, names: Mapping[int, str]) -> dict[Node, str]:
    """What leaves and numbers of a segment or graph are called."""
    leaves, numbers, edges = place.leaves or (), place.numbers or (), place.edges or ()
    earlier = {}
    for root, edge in zip(state.roots, edges, strict=False):
        if type(edge) is tuple:
            earlier[root] = f"result of {edge[1].node.op.name}"
    out = {}
    for node in toposort([state.node]):
        if node.op is NUMBER and node.arg < len(numbers):
            out[node] = repr(numbers[node.arg])
        elif node.op is LEAF:
            value = leaves[node.arg] if node.arg < len(leaves) else None
            out[node] = names.get(id(value)) or earlier.get(node, "input")
    return out


def _derivatives(state: State, inputs: dict[Node, str]) -> tuple[list[Node], list[str]]:
    """The gradients by the roots of a segment, and what they are called; notes the cotangent."""
    node = state.node
    if node.size == 1 and not node.shape:
        g = const(1.0, node.dtype)
    else:
        g = leaf("cotangent", node.shape, node.dtype)
        inputs[g] = "cotangent"
    found = pull_back({node: g}, state.roots, state.roots)
    pairs = [(d, r) for d, r in zip(found, state.roots, strict=True) if d is not None]
    called = [f"gradient by {inputs.get(r, r.op.name)}" for _, r in pairs]
    return [d for d, _ in pairs], called


# --- of a function --------------------------------------------------------------------------------


def _of_function(
    f: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any], backward: bool, boxes: int
) -> Picture:
    if local.seg.tracing is not None:
        raise ArgumentError("got draw() of a function while another is traced; call it outside")
    f = inspect.unwrap(f) if hasattr(f, "plans") else f
    names = _argument_names(f, args)
    by = tuple([k for k, x in enumerate(args) if _is_float(x)]) if backward else ()
    f = value_and_grad(f, argnums=by) if backward else f
    args = [_stand_in(x) for x in args]
    kwargs = {key: _stand_in(x) for key, x in kwargs.items()}
    outer = local.seg
    try:
        local.seg = Segment(outer.state.grad)  # what is pending stays so
        made, error = traced(f, tuple(args), kwargs, frozenset())
    finally:
        local.seg = outer
    try:
        if error is not None:
            raise error
        results = _results(made)
        called = ["result"] * len(results)
        if by:
            called[1:] = [f"gradient by {names[k]}" for k in by]
        nodes = [*results, *[node for kind, _, node in made.changes if kind == "write"]]
        called += ["written"] * (len(nodes) - len(called))
        inputs = _names_of_inputs(made, names)
        graph, _ = made._rolled(nodes)
    finally:
        made.trace.forget()
    if not nodes:
        return Picture([], [], ["nothing is computed: its results are what it was given"])
    return picture_of(graph, 1 if by else len(graph), called, inputs, boxes)


def _is_float(x: Any) -> bool:
    return getattr(getattr(x, "dtype", None), "kind", "") == "f" or type(x) is float


def _results(made: Any) -> list[Node]:
    """The nodes of the results of a trace, in their order."""
    found = {**made.recorded, **{name: node for name, node, _ in made.values}}
    order = [name for name in made.names.values() if name in found]
    return [found[name] for name in order]


def _argument_names(f: Callable[..., Any], args: Sequence[Any]) -> list[str]:
    """What positional arguments are called."""
    try:
        found = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        found = []
    known = [p.name for p in found if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return known[: len(args)] + [f"argument {k}" for k in range(len(known), len(args))]


def _stand_in(x: Any) -> Any:
    """An argument, with zeros for tensors in it that are pending."""
    if isinstance(x, Handle):
        if x._value is not None:
            return x
        state = x._state
        value = (
            np.zeros(state.shape, state.dtype).ravel()
            if state.shape
            else state.dtype.type(0).item()
        )
        make = leaf_of if state.requires_grad else _plain
        return make(value, state.shape, state.dtype)
    if x is None or not tree.is_container(x):
        return x
    return tree.made(x, [_stand_in(y) for _, y in tree.parts(x)])


def _plain(value: Any, shape: tuple[int, ...], dtype: np.dtype) -> Tensor:
    return from_value(value, shape, dtype, None)


def _names_of_inputs(made: Any, names: Sequence[str]) -> dict[Node, str]:
    """What the inputs of a trace are called: arguments, and what it reached from outside."""
    sources = made.trace.sources
    known: dict[int, str] = {}

    def name(source: Any, called: str) -> None:
        known[id(source)] = called
        for k, part in enumerate(source.parts):
            name(part, f"{called}[{k}]")

    for source, called in zip(sources.args.parts, names, strict=False):
        name(source, called)
    for source, called in zip(sources.kwargs.parts, sources.kwargs.data, strict=False):
        name(source, called)
    out = {}
    for node in toposort(_results(made)):
        if node.op is LEAF and type(node.arg) is int and node.arg < len(made.trace.inputs):
            given = made.trace.inputs[node.arg]
            own = "input" if given.value is None or node.shape else repr(given.value)
            out[node] = known.get(id(given.source)) or getattr(given.source, "name", None) or own
    return out

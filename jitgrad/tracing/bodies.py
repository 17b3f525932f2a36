"""A function of a turn, traced as the body of a loop (see `control.body`); or that of a row, for
`vmap`.

The function gets proxies for its arguments and is run once. What it reaches beside them (tensors
of closures, arrays, Python numbers) is an invariant of the loop, gradients included: it is looked
up in each call of the loop, since each call traces the function anew. It may not write to what it
reaches. Start at `trace_turn`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from ..base.errors import ArgumentError, JitError, JitgradError
from ..base.tree import flatten
from ..frontend.convert import as_operand
from ..ir import LEAF, NUMBER, const, leaf, substitute, toposort
from ..ops.primitives import cast
from ..tape.execute import flush
from ..tape.handles import Handle, from_value
from ..tape.record import materialise
from ..tape.segment import TURN_ROOT, Segment, active_traces, local
from ..tape.symbolic import Trace, Traced
from ..tape.symbols import node_in

if TYPE_CHECKING:
    import numpy as np

    from ..ir import Node

#: Numbers that have no dtype of their own.
WEAK = (int, float)


class Wording(NamedTuple):
    """How errors call what a function is traced for: "the body of scan, which is traced once for
    all turns"; and what they say to do."""

    part: str
    all: str
    convert: str
    write: str
    draw: str


TURNS = Wording(
    "body",
    "turns",
    "take the conversion out of the function, or write the loop in Python",
    "carry it: give the new value back",
    "draw them before, of shape (turns, ...), and pass them as a sequence",
)


class _Nowhere:
    """Where a trace of a turn finds things again: nowhere, as it is made for one call."""

    def find(self, t: Any) -> None:
        return None

    def array(self, a: Any, inside: Any) -> None:
        return None

    def all(self) -> tuple[()]:
        return ()


class TurnTrace(Trace):
    """The trace of a turn: what comes from outside is captured, in the order in which it is
    met."""

    #: Its states are those of the last call, in which nothing is to be looked for.
    rolls = False

    def __init__(self, name: str, words: Wording) -> None:
        super().__init__(_Nowhere())
        self.name = self.by = name
        self.words, self.root = words, TURN_ROOT
        self.where = f"in the {words.part} of {name}"
        self.once = f"{self.where}, which is traced once for all {words.all}"
        self.doing = f"{name} traces its function, once for all {words.all}", words.convert
        #: Number of the input -> the tensor; or of a constant its value, shape and dtype.
        self.captured: dict[Any, Any] = {}
        #: Of parameters that require grad: what is gone is nothing that an inner gradient may
        #: depend on (see `Reachability`).
        self.leaves: list[Any] = []

    def of(self, t: Handle, value: Any) -> Traced:
        if type(value) is Traced and value.tracing is self:
            return super().of(t, value)
        kept = self.wrapped.get(id(t))
        if kept is not None and kept[1] is value:
            return kept[2]
        aval = t._state.aval
        if self.is_own(t):
            out = self.leaf(aval.shape, aval.dtype, known=value)
            self.captured[out.node.arg] = value, aval.shape, aval.dtype
        else:
            self.touch(t)
            out = self.leaf(aval.shape, aval.dtype, aval.requires_grad)
            self.captured[out.node.arg] = t
        self.wrapped[id(t)] = t, value, out
        return out

    def node(self, value: Any, like: Any) -> Node:
        if type(value) is Traced and value.tracing is not self:  # of a trace around this one
            leaf = self.leaf(like.shape, like.dtype)
            self.captured[leaf.node.arg] = value, like.shape, like.dtype
            return leaf.node
        out = super().node(value, like)
        if out.op is LEAF and out.arg not in self.captured and type(value) is not Traced:
            self.captured[out.arg] = value, like.shape, like.dtype
        return out

    def number(self, value: Any, dtype: np.dtype) -> Node:
        node = node_in(self, value)
        return super().number(value, dtype) if node is None else cast(node, dtype)

    def parameter(
        self, shape: tuple[int, ...], dtype: np.dtype, requires_grad: bool = True
    ) -> tuple[Any, Node]:
        """The proxy for an argument, which may require grad, and its leaf."""
        grad = requires_grad and dtype.kind in "fc" and local.seg.state.grad
        value = self.leaf(shape, dtype, grad)
        t = from_value(value, shape, dtype, None)
        if grad:
            t.requires_grad_()
            self.leaves.append(t)
            t = t.clone()  # to which may be written
        return t, value.node

    def forget(self) -> None:
        super().forget()
        self.leaves.clear()

    def reaches(self, t: Handle) -> bool:
        return True

    def writes(self, t: Handle) -> None:
        if _is_outside(self, t):
            raise JitError(f"got a write to a tensor from outside {self.once}; {self.words.write}")

    def touch_grad(self, t: Handle) -> None:
        if not self.is_own(t):
            raise JitError(
                f"got .grad of a tensor from outside {self.where}; use jitgrad.grad within, or "
                "backward() outside"
            )

    def hook(self, t: Handle) -> None:
        raise JitError(f"got a hook on a tensor {self.once}; put it on a result, outside")

    def draw(self, make: Callable[[], Any], shape: tuple[int, ...], dtype: np.dtype) -> NoReturn:
        raise JitError(f"got random numbers drawn {self.once}; {self.words.draw}")

    def wants(self, tensors: Sequence[Handle]) -> None:
        pass


def _is_outside(trace: Trace, t: Any) -> bool:
    """Whether `t`, or what it is a view of, is none of the trace's own."""
    while t is not None:
        if id(t) not in trace.handles and not trace.is_own(t):
            return True
        t = t._x.parent if t._x is not None else None
    return False


class Group(NamedTuple):
    """Leaves of a container: nodes or tensors, what each is called, and what makes a container of
    others."""

    leaves: list
    names: list
    rebuild: Callable


class TracedTurn:
    """A traced turn.

    Attributes
    ----------
    parameters : list of list of Node
        The leaves of each argument.
    results : list of Group
        Of nodes over the parameters, `captured` and `numbers`.
    captured, tensors : list
        Leaves of what the function reached from outside, and the tensors themselves.
    numbers, values : list
        Nodes of Python numbers, and the numbers.
    """

    def __init__(
        self,
        trace: TurnTrace,
        parameters: list[list[Node]],
        results: list[Group],
        whole: Mapping[Node, Node],
    ) -> None:
        self.parameters = parameters
        if whole:
            results = [g._replace(leaves=substitute(g.leaves, whole)) for g in results]
        self.results = results
        self.captured, self.tensors, self.numbers, self.values = [], [], [], []
        for node in toposort([n for group in self.results for n in group.leaves]):
            if node.op is LEAF and node.arg in trace.captured:
                self.captured.append(node)
                self.tensors.append(trace.captured[node.arg])
            elif node.op is NUMBER:
                self.numbers.append(node)
                self.values.append(trace.numbers[node.arg])

    def beside(self, other: TracedTurn) -> tuple[TracedTurn, Node]:
        """The turn with what another function reaches, of the same arguments; and the result of
        that function over the parameters of this one."""
        out = copy.copy(self)
        apart = [*other.captured, *other.numbers]
        new = {n: leaf(("other", n.op.name, n.arg), n.shape, n.dtype) for n in apart}
        for theirs, ours in zip(other.parameters, self.parameters, strict=True):
            new |= zip(theirs, ours, strict=True)
        (result,) = substitute(other.results[0].leaves, new)
        out.captured = [*self.captured, *[new[n] for n in other.captured]]
        out.numbers = [*self.numbers, *[new[n] for n in other.numbers]]
        out.tensors, out.values = [*self.tensors, *other.tensors], [*self.values, *other.values]
        return out, result


def _integers(trace: TurnTrace, results: Sequence[Group], words: Wording) -> dict[Node, Node]:
    """Constants for the numbers of a turn that are Python ints, such as the index of ``x[1]``: a
    loop has them as these, since a compiled one can only read where it knows."""
    order = toposort([n for group in results for n in group.leaves]) if words is TURNS else ()
    numbers = [n for n in order if n.op is NUMBER and type(trace.numbers[n.arg]) is int]
    return {n: const(trace.numbers[n.arg], n.dtype) for n in numbers}


def trace_turn(
    name: str,
    function: Callable[..., Any],
    arguments: Sequence[tuple[Sequence[Any], Callable[..., Any]]],
    unpack: Callable[[Any], list[tuple[Any, str]]],
    words: Wording = TURNS,
) -> TracedTurn:
    """The `TracedTurn` of ``function(*arguments)``.

    Parameters
    ----------
    name : str
        Of the public function, for errors.
    arguments : list of (list of (shape, dtype[, requires_grad]) or number, callable)
        The leaves of each argument, and what makes it of tensors. A Python number is given as it
        is.
    unpack : callable
        ``unpack(out)`` -> the containers that the function gave back, a list of (container, name).
    words : Wording
        What it is traced for, if not for a loop.
    """
    flush(local.seg)
    outer = local.seg
    mode = outer.state.grad
    trace = TurnTrace(name, words)
    try:
        active_traces.append(trace)
        local.seg = Segment(mode, (), trace)
        given, parameters = [], []
        for likes, rebuild in arguments:
            made: list[tuple[Any, Any]] = [
                (like, None) if type(like) in WEAK else trace.parameter(*like) for like in likes
            ]
            parameters.append([node for _, node in made])
            given.append(rebuild(iter([t for t, _ in made])))
        out = function(*given)
        if local.seg.state.grad is not mode:
            raise ArgumentError(
                f"got a {words.part} of {name} that leaves gradients switched on or off; switch "
                "them within a with block"
            )
        results = [grouped(trace, x, what) for x, what in unpack(out)]
        turn = TracedTurn(trace, parameters, results, _integers(trace, results, words))
    finally:
        trace.close(mode)
        trace.forget()
        local.seg = outer
    turn.tensors = [
        t if isinstance(t, Handle) else from_value(t[0], t[1], t[2], None) for t in turn.tensors
    ]
    return turn


def grouped(trace: TurnTrace, x: Any, what: str) -> Group:
    leaves, names, rebuild = flatten(x, what)
    nodes = [result_node(trace, leaf, n) for leaf, n in zip(leaves, names, strict=True)]
    return Group(nodes, names, rebuild)


def result_node(trace: TurnTrace, x: Any, name: str) -> Node:
    """The node of a result of the function."""
    try:
        t = as_operand(x)
    except JitgradError as error:
        raise type(error)(f"got {name} that is no tensor: {error}") from None
    value = materialise(t)
    value = value if type(value) is Traced and value.tracing is trace else trace.of(t, value)
    return value.node

"""Derivative rules of functions: a rule traced on abstract values, and put on the tape.

The rule is a Python function of the user's. It is run once, when the function is called, on
stand-ins for cotangents and for what it reads: what it does to them is the graph of the rule
(`autodiff.derivative_rules.TracedRule`), and the results of the function are marked with it, in one
record. A rule that asks for values (it computes with NumPy, say) cannot be traced; it is called on
arrays when a plan runs (`HostRule`). Start at `RuleTrace` and `record_rule`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..autodiff import rule_rows as rule_rows  # how rules are batched
from ..autodiff.derivative_rules import DerivativeRule, RefusedRule, with_rule
from ..base.errors import JitError
from ..ir import LEAF, NUMBER, toposort
from ..ops.primitives import cast
from ..tape.execute import flush
from ..tape.handles import Handle, from_value
from ..tape.running import running
from ..tape.segment import Segment, active_traces, local
from .bodies import TurnTrace, Wording
from .custom_arguments import ForwardRun
from .loop_operations import recorded

if TYPE_CHECKING:
    import numpy as np

    from ..ir import Node

#: How often a rule may call its own function, on other arguments, within the call: as many orders
#: of derivative there are.
DEPTH = 4

RULES = Wording(
    "rule",
    "orders",
    "compute with operations on tensors, or take jit off",
    "write to a clone, and give it back",
    "draw them before",
)


class RuleTrace(TurnTrace):
    """The trace of a rule of `owner`; `given` are the stand-ins for the leaves of the arguments,
    and `results` makes those of the results: the function called on these gives those."""

    def __init__(self, name: str, owner: object) -> None:
        super().__init__(name, RULES)
        self.owner = owner
        self.given: list[Any] = []
        self.results: Callable[[], Any] | None = None
        self.around: Segment = local.seg
        self.where = self.once = f"in {name}, which is traced"
        self.doing = f"the derivative rule of {name} is traced", RULES.convert

    @contextmanager
    def outside(self) -> Iterator[None]:
        """Recording goes where the function was called."""
        here, local.seg = local.seg, self.around
        try:
            yield
        finally:
            self.around, local.seg = local.seg, here

    def draw(self, make: Callable[[], Any], shape: tuple[int, ...], dtype: np.dtype) -> Any:
        """Random numbers are drawn once for a call of the function, and are the same when its
        values are computed again."""
        with self.outside():
            if self.around.tracing is not None:
                return self.around.tracing.draw(make, shape, dtype)
            return from_value(make(), shape, dtype, None)

    def array(self, a: Any) -> Any:
        """An array that the rule reaches is found where the function was called."""
        around = self.around.tracing
        if around is None:
            return super().array(a)
        with self.outside():
            return around.array(a)

    def check(self, x: Any, fixed: bool = False) -> None:
        around = self.around.tracing
        if around is not None:
            with self.outside():
                around.check(x, fixed)

    @contextmanager
    def recording(self) -> Iterator[RuleTrace]:
        """While the user's function runs."""
        if local.seg.tracing is not None:
            flush(local.seg)  # what is pending there can only be linked
        self.around = local.seg
        mode = self.around.state.grad
        watch = ForwardRun(self.owner)  # type: ignore[arg-type]  # named in errors
        try:
            active_traces.append(self)
            local.seg = Segment(mode, (), self)
            with running(watch):
                yield self
        finally:
            self.asked = self.asked or watch.asked
            self.close(mode)
            self.forget()
            local.seg = self.around

    def gives_up(self, error: Exception) -> bool:
        """Whether the rule, which raised `error`, is no graph, but can be called on arrays: it asks
        for values, or, where a call runs at once, does what no trace can."""
        return self.asked or (self.around.tracing is None and isinstance(error, JitError))

    def read(self, roots: Sequence[Node | None]) -> tuple[list[Any], list[Any]]:
        """What `roots` are computed from beside parameters: (leaf, tensor) pairs, and (node of a
        number, number)."""
        tensors, numbers = [], []
        for node in toposort([r for r in roots if r is not None]):
            if node.op is LEAF and node.arg in self.captured:
                tensors.append((node, self.captured[node.arg]))
            elif node.op is NUMBER:
                numbers.append((node, self.numbers[node.arg]))
        return tensors, numbers


def as_tensor(captured: Any) -> Any:
    """What a trace captured, as a tensor."""
    if isinstance(captured, Handle):
        return captured
    value, shape, dtype = captured
    return from_value(value, shape, dtype, None)


def depth_of(owner: object) -> int:
    """How many rules of `owner` are being traced in this thread."""
    depth, trace = 0, local.seg.tracing
    while trace is not None:
        depth += isinstance(trace, RuleTrace) and trace.owner is owner
        around = getattr(trace, "around", None)
        trace = None if around is None else around.tracing
    return depth


def known_results(owner: object, leaves: Sequence[Any]) -> Any:
    """What `owner` gives for the arguments whose rule is being traced, or None: the rule of a
    function may call it for its results."""
    trace = local.seg.tracing
    if not isinstance(trace, RuleTrace) or trace.owner is not owner or trace.results is None:
        return None
    same = len(leaves) == len(trace.given) and all(
        a is b for a, b in zip(leaves, trace.given, strict=True)
    )
    return trace.results if same else None


def record_rule(
    name: str,
    values: Sequence[Any],
    rule: DerivativeRule,
    sources: Sequence[Any],
    numbers: Sequence[tuple[Node, Any]] = (),
) -> list[Any]:
    """The tensors `values`, float results of a function, with the derivatives of `rule`, whose
    sources are these tensors and numbers: one record."""
    if not values:
        return []
    n, m = len(values), len(values) + len(sources)
    dtypes = tuple([node.dtype for node, _ in numbers])

    def build(*nodes: Any) -> tuple[list[Node], list[set[Node]]]:
        given = [cast(x, d) for x, d in zip(nodes[m:], dtypes, strict=True)]
        led = {nodes[n + k] for k in rule.led}
        return with_rule(nodes[:n], rule, [*nodes[n:m], *given]), [led] * n

    key = rule, n, m, dtypes
    return recorded(name, key, build, [*values, *sources], [x for _, x in numbers])


def refused_results(name: str, values: Sequence[Any], inputs: Sequence[Any]) -> list[Any]:
    """`values` of a function whose rule calls it again and again: there is an error in the place of
    the derivative."""
    avals = tuple([(t.shape, t.dtype) for t in values])
    text = (
        f"got a derivative of order {DEPTH + 1} of {name}, whose rule calls the function itself on "
        f"other arguments; there are {DEPTH} orders"
    )
    rule = RefusedRule(name, avals, tuple(range(len(inputs))), text)
    return record_rule(name, values, rule, inputs)

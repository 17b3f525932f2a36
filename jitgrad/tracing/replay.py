"""A trace as one generated Python function: ``replay(args, kwargs)`` gives the results of a
later call, or GUARD_FAILED.

Its statements (`base.code`) are, in this order: those of the sources (`source`), which fetch what
the call is for, with guards that give GUARD_FAILED where it is not what was traced; results that
require grad, one record each on the tape, whose node is the whole formula; one call of the plan of
all other values; a handle for each of them; what the function changes outside; results that are
views; all in the function's own containers. For the call that was traced the guards are left
out. What the function calls is in `replay_calls`. Start at `CompiledCall`.
"""

from __future__ import annotations

import collections
import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.code import (
    Assign,
    Attempt,
    Effect,
    Guard,
    Return,
    call,
    expr,
    generated,
    joined,
    sequence,
)
from ..base.errors import JitError, JitgradError
from ..base.tree import is_container, made, parts
from ..compile import simplify
from ..control import Rolled, rolled
from ..frontend.convert import NESTED, put_together
from ..frontend.masked_selection import MaskedSelection, refusal
from ..frontend.tensor import Tensor
from ..ir import LEAF, NUMBER, leaf, number, substitute, toposort, toposort_by
from ..ops.marks import differentiable_sources
from ..runtime.plan import Plan
from ..tape.backward import AccumulateGrad
from ..tape.changes import changes
from ..tape.double import Formulas
from ..tape.handles import Handle, extra, from_value
from ..tape.record import materialise
from ..tape.segment import AbstractValue, local
from ..tape.symbolic import Unreplayable
from ..tape.symbols import SymbolicScalar
from ..tape.views import parent_of
from . import replay_calls
from .introspection import name_of
from .replay_graphs import is_freed, written_over

if TYPE_CHECKING:
    from ..base.code import Generated, Operand, Statement
    from ..ir import Node
    from ..tape.symbolic import Trace
    from ..tape.views import ViewStep
    from .source import Source


class GuardFailure:
    """What a replay gives for a call that it is not made for: `GUARD_FAILED`, in another process,
    too."""

    __slots__ = ()

    def __reduce__(self) -> str:
        return "GUARD_FAILED"


GUARD_FAILED = GuardFailure()
#: Errors of fetching what is no longer where it was.
GONE = (LookupError, AttributeError, ValueError, TypeError, ReferenceError)


class Binder:
    """Names for values of a generated text."""

    def __init__(self) -> None:
        self.scope = {
            "GUARD_FAILED": GUARD_FAILED,
            "GONE": GONE,
            "Tensor": Tensor,
            "ndarray": np.ndarray,
            "materialise": materialise,
            "new": object.__new__,
            "local": local,
            "from_value": from_value,
            "JitgradError": JitgradError,
        }
        self.names: dict[int, str] = {}
        self.counter = itertools.count()

    def __call__(self, value: Any) -> str:
        name = self.names.get(id(value))
        if name is None:
            name = self.names[id(value)] = f"K{next(self.counter)}"
            self.scope[name] = value
        return name

    def local(self, prefix: str) -> str:
        return f"{prefix}{next(self.counter)}"


class CompiledCall:
    """The generated function of a trace that has just ended, its `trace` still open, whose
    results are `out`."""

    def __init__(self, function: Callable[..., Any], trace: Trace, out: Any, mode: bool) -> None:
        self.trace, self.sources, self.mode, self.call = trace, trace.sources, mode, function
        self.bind, self.title = Binder(), name_of(function)
        self.results: dict[int, Any] = {}
        self.names: dict[int, str] = {}
        self.slopes: list[tuple[str, Callable[[], Any]]] = []
        self.kept: list[Any] = []
        self.constants: list[Any] = []
        self.lists: dict[Node, tuple[Node, ...]] = {}
        found = changes(trace)
        self.result = self._expression(out)
        self.grads = {id(what): self._expression(what) for kind, _, what in found if kind == "grad"}
        self._sort(found)
        self._plan(found)
        self._settle_leaves()

    # ------------------------------------------------------------------ results

    def _expression(self, x: Any) -> Callable[[], Any]:
        """A function that gives the expression of a result, once sources have names."""
        kind = type(x)
        if isinstance(x, Handle):
            return self._tensor(x)
        if kind is SymbolicScalar:
            return lambda: x.code
        if isinstance(x, np.ndarray):
            return self._array(x)
        if kind is MaskedSelection:
            raise refusal("a result")
        if x is None or not is_container(x):
            self.constants.append(x)
            return lambda: repr(x) if kind in (bool, type(None)) else self.bind(x)
        inner = [self._expression(y) for _, y in parts(x)]
        if kind in (list, tuple):
            return lambda: sequence([p() for p in inner], "[]" if kind is list else "()")
        if kind is dict:
            pairs = lambda: [
                expr("{}: {}", self.bind(k), p()) for k, p in zip(x, inner, strict=True)
            ]
            return lambda: expr("{{{}}}", joined(", ", pairs()))
        elements = lambda: sequence([p() for p in inner], "[]")
        return lambda: call(self.bind(made), self.bind(x), elements())

    def _array(self, x: np.ndarray) -> Callable[[], Any]:
        source = self.sources.array(x)
        if source is None:
            self.constants.append(x)
            return lambda: expr("{}.copy()", self.bind(x))
        source.used = True
        return lambda: source.var

    def _tensor(self, t: Handle) -> Callable[[], Any]:
        proxy = self.trace.proxies.get(id(t))
        if proxy is not None:
            proxy.source.used = True
            return lambda: proxy.source.var
        if not self.trace.is_own(t):
            source = self.trace.found(t)
            return lambda: source.var
        if id(t) not in self.names:
            materialise(t)
            if t._state.requires_grad and type(t._edge) is AccumulateGrad:
                raise JitError(
                    "got a leaf that requires grad, made by a function under jit, as a result: "
                    "its gradient would "
                    "be lost; return x.detach(), and call requires_grad_() on that outside"
                )
            self.names[id(t)] = f"t{len(self.names)}"
            self.results[id(t)] = t
            if t._x is not None and t._x.grad is not None:
                self.slopes.append((self.names[id(t)], self._tensor(t._x.grad)))
        name = self.names[id(t)]
        _, conversion = self.trace.handed.get(id(t), (t, None))
        return lambda: name if conversion is None else call(self.bind(conversion), name)

    def _sort(self, changes: Sequence[tuple[str, Source, Any]]) -> None:
        """Which results are formulas on the tape, which are values, which views; and which are of a
        graph that was freed, or that only a leaf of the function's own is in, which is gone."""
        self.recorded: dict[str, Node] = {}
        self.values: list[tuple[str, Node, Any]] = []
        self.lost: list[str] = []
        self.flat: dict[str, set[Node]] = {}
        self.views = self._views()
        made = {name for name, _, _ in self.views}
        moved = any(
            kind == "requires_grad" or (kind == "write" and _has_gradient(p))
            for kind, p, _ in changes
        )
        for key, t in self.results.items():
            name, node = self.names[key], materialise(t).node
            if name in made:
                continue
            self.flat[name] = written_over(t, node, self.trace) if t._state.requires_grad else set()
            requires_grad = t._state.requires_grad and bool(
                self.trace.differentiable(node) or self.flat[name]
            )
            freed = t._state.requires_grad and is_freed(t)
            if moved and t._state.requires_grad and not freed:
                raise Unreplayable("it changes a leaf, and its results require grad")
            if requires_grad and not freed:
                self.recorded[name] = node
                continue
            self.values.append((name, node, AbstractValue(t.shape, t.dtype, freed)))
            if t._state.requires_grad and not freed:
                self.lost.append(name)
        self._settle_formulas(changes)

    def _settle_formulas(self, changes: Sequence[tuple[str, Source, Any]]) -> None:
        """What is recorded with the results that require grad; and whether they can be recorded."""
        grads = {*self.recorded}
        if grads and self.trace.hooked:
            raise Unreplayable("it installs hooks, and its results require grad")
        if any(kind == "grad" and self.names.get(id(what)) in grads for kind, _, what in changes):
            raise Unreplayable("it makes gradients that require grad")
        if grads and not any(kind == "write" for kind, _, _ in changes):
            self._share_work()  # what is written needs the plan
        self.formulas = self._together() if grads else None

    def _share_work(self) -> None:
        """Takes values that are computed from what formulas compute to these: a plan of their own
        would compute it again."""
        computed = {n for n in toposort([*self.recorded.values()]) if n.src}
        values, self.values = self.values, []
        for name, node, aval in values:
            alone = computed.isdisjoint(toposort([node]))
            if alone or aval.requires_grad or name in self.lost:
                self.values.append((name, node, aval))
            else:
                self.recorded[name] = node

    def _together(self) -> Formulas:
        """The formulas, with loops; gradients go where those lead that were recorded."""
        nodes = list(self.recorded.values())
        graph, self.lists = self._rolled(nodes, True)
        flat = [self.flat[name] for name in self.recorded]
        led_to = [
            {*toposort([n], differentiable_sources), *f} for n, f in zip(nodes, flat, strict=True)
        ]
        for whole, elements in self.lists.items():
            for found in led_to:
                found.update(() if found.isdisjoint(elements) else (whole,))
        return Formulas(graph, (), led_to, flat={n for f in flat for n in f})

    def _views(self) -> list[tuple[str, Callable[[], Any], tuple[ViewStep, ...]]]:
        """Results that share memory with something: (name, a text of that, steps from there)
        each."""
        bases = {key: _base(t, self.trace) for key, t in self.results.items()}
        times = collections.Counter(id(base) for base, _ in bases.values())
        out = []
        for key, (base, steps) in bases.items():
            t, source = self.results[key], self.trace.source_of(base)
            if not steps or (source is not None and source.kind != "tensor"):
                continue
            if source is None and (
                times[id(base)] < 2 or _is_leaf(base)
            ):  # nobody can reach what it is a view of
                continue
            if t._state.requires_grad != (
                base._state.requires_grad and all(s.grad and not s.cuts for s in steps)
            ):
                raise Unreplayable("it changes how gradients go through a view that it gives back")
            out.append((self.names[key], self._tensor(base), steps))
        return out

    # ------------------------------------------------------------------ values

    def _plan(self, changes: Sequence[tuple[str, Source, Any]]) -> None:
        """The plan of the values; and what the sources have to fetch for it."""
        self.changes = [
            (kind, p, what.node if kind == "write" else what) for kind, p, what in changes
        ]
        roots = [node for _, node, _ in self.values] + [
            node for kind, _, node in self.changes if kind == "write"
        ]
        self.roots = list(dict.fromkeys(roots))
        graph, lists = self._rolled(self.roots)
        self.lists.update(lists)
        order = toposort(graph)
        self.inputs = sorted({n for n in order if n.op is LEAF}, key=lambda n: n.arg)
        self.numbers = sorted({n for n in order if n.op is NUMBER}, key=lambda n: n.arg)
        new = {n: leaf(k, n.shape, n.dtype) for k, n in enumerate(self.inputs)}
        new.update({n: number(k, n.dtype) for k, n in enumerate(self.numbers)})
        self.plan = (
            Plan(substitute(graph, new), f"jit of {self.title}", again=True) if self.roots else None
        )
        self._read_by(graph)

    def _read_by(self, graph: Sequence[Node]) -> None:
        """Notes of the sources that the plan and the formulas read their values."""
        shared = _shared([*graph, *simplify(graph)])
        given = self._written_out(self.inputs)
        for node in (*given, *self._written_out(self.formulas.operands if self.formulas else ())):
            source = self.trace.inputs[node.arg].source
            if source is not None and (node in given or source.kind != "tensor"):
                source.valued = True
                source.copied = source.copied or node in shared or node not in given

    def _written_out(self, inputs: Iterable[Node]) -> list[Node]:
        """The leaves of the trace among some inputs, and in those that are lists."""
        found = [m for n in inputs for m in self.lists.get(n, (n,))]
        return [n for n in found if n.op is LEAF]

    def _rolled(self, roots: Sequence[Node], with_slope: bool = False) -> Rolled:
        """The graph with loops, and the leaves in it that are lists of numbers."""
        known = {}
        order = toposort_by(self.trace.recorded, roots)
        for node in order:
            if node.op is NUMBER or (node.op is LEAF and not node.shape):
                value = self._known(node)
                if value is not None:
                    known[node] = value
        first = len(self.trace.inputs) + len(self.lists)
        return rolled(roots, known, first, with_slope, order)

    def _settle_leaves(self) -> None:
        """What a trace with gradients of tensors from outside is for: for leaves only, or for
        one that is none."""
        self.found = [
            p
            for p in self.sources.all()
            if p.kind in ("tensor", "array", "view") and self._is_found(p)
        ]
        wanted = [p for p in self.found if p.wanted]
        for p in self.found if wanted else ():
            p.rooted = True
            if (
                p.kind == "tensor"
                and p.data.requires_grad
                and type(p.object._edge) is not AccumulateGrad
                and wanted != [p]
            ):
                raise Unreplayable(
                    "it differentiates with respect to tensors from outside, and reads computed "
                    "ones"
                )

    def _is_found(self, source: Source) -> bool:
        changed = {id(p) for _, p, _ in self.changes}
        return (
            source.used
            or source.uses_grad
            or source.wanted
            or source.written
            or id(source) in changed
        )

    def _fetch(self, checked: bool) -> list[Statement]:
        """The statements that fetch what the call is for; without the guards, for the call that was
        traced."""
        bind = self.bind
        for source in self.sources.all():
            source.var = source.var if source.kind == "number" or source.access is None else None
        self.sources.settle()
        fetch = [s for source in self.sources.all() for s in source.statements(bind)]
        if not checked:
            return [s for s in fetch if not isinstance(s, Guard)]
        if (
            any(p.needed and (p.outside or p.parts) for p in self.sources.all() if p.access)
            or self.sources.grads
        ):
            fetch = [Attempt(tuple(fetch), (("GONE", (Return("GUARD_FAILED"),)),))]
        return [Guard(f"local.seg.state.grad is not {self.mode}", "GUARD_FAILED"), *fetch]

    def _body(self, checked: bool) -> list[Statement]:
        """The statements of the function; without the guards, for the call that was traced."""
        body = [*self._fetch(checked), *self._entangled(checked), *self._drawn()]
        if self.formulas is not None:
            operands = sequence([self._operand(n) for n in self.formulas.operands])
            numbers = sequence([self._number(n) for n in self.formulas.numbers])
            recorded = expr("{}.recorded({}, {})", self.bind(self.formulas), operands, numbers)
            body.append(Assign(tuple(self.recorded), recorded, unpacked=True))
        return [*body, *self._run(), *self._handles(), *self._effects(), Return(self.result())]

    def matcher(self) -> Callable[[tuple[Any, ...], dict[str, Any]], bool]:
        """A function that tells whether the trace serves a call."""
        match = self._generated([*self._fetch(True), Return("True")]).function
        return lambda args, kwargs: match(args, kwargs) is True

    def function(self, checked: bool = True) -> Any:
        return self.generated(checked).function

    def generated(self, checked: bool = True) -> Generated:
        """The function, and its text."""
        return self._generated(self._body(checked))

    def _generated(self, body: Sequence[Statement]) -> Generated:
        return generated("replay", "args, kwargs", body, self.bind.scope, f"<jit of {self.title}>")

    def _entangled(self, checked: bool) -> list[Statement]:
        """What is changed or differentiated must have the other names among what is read that it
        was traced with."""
        moved = dict.fromkeys(
            [p for _, p, _ in self.changes] + [p for p in self.found if p.wanted or p.written]
        )
        if not moved:
            return []
        proxies = {id(s.source) for s in self.trace.proxies.values()}
        parts = (
            list(moved),
            [p for p in self.found if id(p) in proxies],
            [p for p in self.found if id(p) not in proxies],
        )
        changed, given, outside = (tuple(p.object for p in part) for part in parts)
        groups = replay_calls.aliases(changed, given, outside)
        groups = () if groups in (replay_calls.EAGER, replay_calls.SAME) else groups
        found = [sequence([p.var for p in part]) for part in parts]
        eager = call(self.bind(self.call), "*args", "**kwargs")
        other = (
            expr(f"{{}} if e == {replay_calls.EAGER!r} else GUARD_FAILED", eager)
            if checked
            else eager
        )
        guarded = [p.var for p in moved if p.guarded]
        body: list[Statement] = [
            Assign(("e",), call(self.bind(replay_calls.aliases), *found)),
            Return(other, f"e != {groups!r}"),
        ]
        if guarded:
            body.insert(0, Return(eager, call(self.bind(replay_calls.guarded), *guarded)))
        if groups and not all(map(self._is_known, moved)):
            body.append(Return(eager))
        return body

    def _is_known(self, source: Source) -> bool:
        """Whether all that the tensor at a source is a view of is reached, too, so that others
        follow a write to it."""
        t = parent_of(source.object) if source.kind == "tensor" else None
        while t is not None and self.trace.reaches(t):
            t = parent_of(t)
        return t is None

    def _drawn(self) -> list[Statement]:
        self.draws = {}
        for k, node in enumerate(self.trace.inputs):
            if node.draw is not None:
                self.draws[k] = f"d{k}"
        return [
            Assign((name,), call(self.bind(self.trace.inputs[k].draw)))
            for k, name in self.draws.items()
        ]

    def _list(self, node: Node) -> Any:
        """The array of a list of numbers, or of arrays one after another."""
        nodes = self.lists[node]
        values = [None if n.shape else self._known(n) for n in nodes]
        if None not in values:
            self.kept.append(np.array(values, node.dtype))
            return self.bind(self.kept[-1])
        elements = [
            self._element(n) if v is None else self.bind(v)
            for n, v in zip(nodes, values, strict=True)
        ]
        if node.ndim > 1:
            return call(self.bind(np.concatenate), sequence(elements, "[]"))
        return call(self.bind(np.array), sequence(elements, "[]"), self.bind(node.dtype))

    def _element(self, node: Node) -> Any:
        return self._value(node) if node.op is LEAF else self._number(node)

    def _value(self, node: Node) -> Any:
        if node in self.lists:
            return self._list(node)
        given = self.trace.inputs[node.arg]
        if given.source is not None:
            return given.source.value
        return self.bind(given.value) if given.draw is None else self.draws[node.arg]

    def _operand(self, node: Node) -> Any:
        """The tensor of a leaf, or of a number in a list."""
        if node in self.lists:
            return self._list_operand(node)
        if node.op is not LEAF:
            return self._number(node)
        given = self.trace.inputs[node.arg]
        if given.source is not None and given.source.kind == "tensor":
            return given.source.var
        if given.value is not None:
            constant = from_value(given.value, node.shape, node.dtype, None)
            self.kept.append(constant)
            return self.bind(constant)
        shape, dtype = self.bind(node.shape), self.bind(node.dtype)
        return call("from_value", self._value(node), shape, dtype, "None")

    def _list_operand(self, node: Node) -> Any:
        """The tensor of a list, in which the elements keep their gradient."""
        nodes = self.lists[node]
        sources = [self.trace.inputs[n.arg].source for n in nodes if n.op is LEAF]
        if not any(p is not None and p.kind == "tensor" for p in sources):
            shape, dtype = self.bind(node.shape), self.bind(node.dtype)
            return call("from_value", self._list(node), shape, dtype, "None")
        elements = sequence([self._operand(n) for n in nodes], "[]")
        layout, dtype = self.bind(len(nodes)), self.bind(node.dtype)
        return call(self.bind(put_together), self.bind(NESTED), elements, layout, dtype)

    def _number(self, node: Node) -> Any:
        value = self.trace.numbers[node.arg]
        if type(value) is SymbolicScalar:
            return value.code
        self.kept.append(value)
        return self.bind(value)

    def _known(self, node: Node) -> Any:
        """The value of a number, a constant or a 0-d leaf that is the same in all calls, else
        None."""
        if node.op is LEAF:
            value = self.trace.inputs[node.arg].value
            return None if value is None else value.item() if hasattr(value, "item") else value
        value = self.trace.numbers[node.arg] if node.op is NUMBER else node.arg
        return None if type(value) is SymbolicScalar else value

    def _run(self) -> list[Statement]:
        if self.plan is None:
            return []
        leaves = sequence([self._value(n) for n in self.inputs], "[]")
        if any(type(self.trace.numbers[n.arg]) is SymbolicScalar for n in self.numbers):
            numbers: Operand = sequence([self._number(n) for n in self.numbers], "[]")
        else:
            self.kept.append([self.trace.numbers[n.arg] for n in self.numbers])
            numbers = self.bind(self.kept[-1])
        made = tuple([f"r{k}" for k in range(len(self.roots))])
        run = expr("{}.run({}, {})", self.bind(self.plan), leaves, numbers)
        return [Assign(made, run, unpacked=True)]

    def _handles(self) -> list[Statement]:
        out: list[Statement] = []
        at = {node: f"r{k}" for k, node in enumerate(self.roots)}
        for name, node, aval in self.values:
            edge = self.bind(replay_calls.FREED) if aval.requires_grad else "None"
            out.append(Assign((name,), call("new", "Tensor")))
            out += [
                Assign((expr(f"{{}}.{slot}", name),), value)
                for slot, value in (
                    ("_seg", "None"),
                    ("_x", "None"),
                    ("_edge", edge),
                    ("_state", self.bind(aval)),
                    ("_value", at[node]),
                )
            ]
        gone = [Assign((name,), call(self.bind(replay_calls.lost), name)) for name in self.lost]
        return [*out, *gone]

    def _effects(self) -> Sequence[Statement]:
        """Writes, then views that are given back, then gradients, which may be among those."""
        before: list[Statement] = []
        after: list[Statement] = []
        at = {node: f"r{k}" for k, node in enumerate(self.roots)}
        for kind, source, what in self.changes:
            v = source.var
            if kind == "write":
                before.append(Effect(call(self.bind(replay_calls.write), v, at[what])))
            elif kind == "requires_grad":
                before.append(Effect(expr("{}.requires_grad_({})", v, str(what))))
            else:
                after.append(self._gradient(v, self.grads[id(what)]()))
        after += [self._gradient(name, value()) for name, value in self.slopes]
        for name, base, steps in self.views:
            path = sequence([self._step(step) for step in steps])
            before.append(Assign((name,), call(self.bind(replay_calls.view), base(), path)))
        out = tuple(before + after)
        if len(out) < 2:
            return out
        # So that an interrupt leaves no half of them: see `base.locks`.
        again = Effect("raise")
        return [Attempt(out, (("JitgradError", (again,)), ("BaseException", (*out, again))))]

    def _gradient(self, name: Operand, value: Operand) -> Assign:
        return Assign((expr("{}({}).grad", self.bind(extra), name),), value)

    def _step(self, step: ViewStep) -> Operand:
        """A step of a view, with the numbers of the call."""
        self.kept.append(step)
        if any(type(n) is SymbolicScalar for n in step.numbers):
            numbers = [n.code if type(n) is SymbolicScalar else self.bind(n) for n in step.numbers]
            return call(self.bind(step.renumbered), sequence(numbers))
        return self.bind(step)


def _shared(roots: Iterable[Node]) -> set[Node]:
    """The leaves whose memory may be that of a root."""
    seen, stack = set(), list(roots)
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            moves = node.op.kind in ("reshape", "slice", "permute", "broadcast")
            if moves or (node.op.kind == "elementwise" and node.op.cost == 0):
                stack.extend(node.src)
    return {node for node in seen if node.op is LEAF}


def _base(t: Any, trace: Trace) -> tuple[Any, tuple[ViewStep, ...]]:
    """What a result is a view of, and the steps from there: something from outside, or made by the
    function."""
    steps: list[ViewStep] = []
    while (
        trace.is_own(t)
        and id(t) not in trace.proxies
        and parent_of(t) is not None
        and not _is_leaf(t)
    ):
        steps.insert(0, t._x.step)
        t = t._x.parent
    return t, tuple(steps)


def _is_leaf(t: Handle) -> bool:
    return t._state.requires_grad and type(t._edge) is AccumulateGrad


def _has_gradient(source: Source) -> bool:
    return isinstance(source.object, Handle) and source.data.requires_grad

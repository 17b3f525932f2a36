"""`explain`: what computes a value, kernel by kernel: what was fused into what, what is moved, how
long it takes.

What runs is caught by a watcher (see `jitgrad.runtime.events`). Each plan that was caught is
lowered again, which tells its kernels, and run a few times on the inputs it had, with a clock
around each kernel. That leaves the plan of the program and its values as they are. The figures are
made in `jitgrad.diagnostics.reports`, the text in `Explanation.__str__`. Start at `explain`.
"""

import sys
import threading
import time
from dataclasses import asdict, dataclass
from typing import Any

from ..base.config import config
from ..base.errors import ArgumentError, CompileError
from ..base.units import amount, counts, digits, seconds, table
from ..compile import Lowered
from ..interpret.program import Program
from ..ir import toposort
from ..ir.printer import counted
from ..runtime import events, watch
from ..runtime.plan import Plan
from ..runtime.stats import LOADED
from ..tape.handles import Handle
from ..tape.record import materialise
from ..tape.segment import State
from .reports import CaughtPlan, KernelReport, PlanReport, Times, report

#: Runs of a plan that are timed, and the seconds after which three are enough.
RUNS, ENOUGH = 20, 0.3
#: Lines of a list in the text; the attributes have all.
LINES = 12


class _Catch(events.Watcher):
    """The plans that run in this thread, in order."""

    def __init__(self) -> None:
        self.thread = threading.get_ident()
        self.plans: dict[Plan, CaughtPlan] = {}

    def ran(self, plan, leaves, numbers, out, compiled, seconds):
        if threading.get_ident() != self.thread:
            return
        caught = self.plans.get(plan)
        if caught is None:
            caught = self.plans[plan] = CaughtPlan(
                plan, [*leaves], [*numbers], [*out], compiled, seconds
            )
        caught.calls += 1

    def __enter__(self):
        events.start(self)
        return self

    def __exit__(self, *_):
        events.stop(self)


@dataclass(frozen=True, repr=False)
class Explanation:
    """What ran; ``print`` it.

    Attributes
    ----------
    plans : list of PlanReport
        What was recorded until a value was needed, each with its kernels.
    value : object
        What the function returned; for a tensor, the tensor.
    note : str
        What is to be said of the whole, if anything.
    """

    plans: list[PlanReport]
    value: Any
    note: str = ""

    @property
    def kernels(self) -> list[KernelReport]:
        """The kernels of all plans, in order."""
        return [kernel for plan in self.plans for kernel in plan.kernels]

    @property
    def source(self) -> str:
        """The emitted source of all kernels, each once."""
        return "\n\n".join(dict.fromkeys(kernel.source for kernel in self.kernels if kernel.source))

    def to_dict(self) -> dict[str, Any]:
        """All figures as plain dictionaries, lists, numbers and text, which ``json.dumps``
        takes."""
        return {"note": self.note, "plans": [asdict(plan) for plan in self.plans]}

    def __str__(self) -> str:
        parts = ["\n".join(_plan_lines(plan)) for plan in self.plans]
        return "\n\n".join([self.note] * bool(self.note) + parts)

    __repr__ = __str__


def explain(what: Any, *args: Any, **kwargs: Any) -> Explanation:
    """What computes a tensor, or what runs when a function is called: kernels, bytes, times,
    source.

    A pending tensor is materialised, which runs what is pending, as ``print`` does. For one that
    ran before, the kernels are those that compute it alone from what its recording began with. A
    function is called once, with its effects (``explain(y.backward)`` adds to gradients), what it
    returns is materialised, and all plans that run are explained.

    Then every plan runs again, for the times, on the inputs it had; that leaves values, gradients
    and what will run later as they are. Kernels are compiled for this, which takes some 0.1 to 0.5
    s each if they are not in the cache, unless `config.compile` is "never": then they are shown,
    and times are those of NumPy.

    Parameters
    ----------
    what : Tensor or callable
        What to explain. Of a function of `njit` it is the derivative for such arguments: its
        source, and what it keeps.
    *args, **kwargs
        Arguments of the function.

    Returns
    -------
    Explanation
        Its text says all; the figures are attributes: ``.plans``, ``.kernels`` (see
        `KernelReport`), ``.source``.

    Examples
    --------
    >>> x = jitgrad.ones(1000, requires_grad=True)
    >>> e = jitgrad.explain((jitgrad.sin(x) * x).sum())
    >>> e.kernels[0].operations, e.kernels[0].bytes_read
    (('sin', 'multiply', 'sum'), 8000)
    >>> e = jitgrad.explain(jitgrad.grad(lambda x: (x * x).sum()), jitgrad.ones(1000))
    >>> [kernel.bytes_written for kernel in e.kernels]
    [8000]
    """
    if hasattr(what, "gradients"):  # a function of njit has no plans, but a derivative
        return what.gradients.explained(args, kwargs)
    return explained(what, args, kwargs, sys._getframe(1).f_globals)


def explained(what, args, kwargs, scope):
    """The `Explanation`; `scope` has the names of the program."""
    if isinstance(what, Handle):
        if args or kwargs:
            raise ArgumentError(
                "got a tensor and arguments, expected a tensor alone, or a function and its "
                "arguments"
            )
        if what._value is not None:
            return _of_value(what, scope)
        call = lambda: what
    elif callable(what):
        call = lambda: what(*args, **kwargs)
        scope = {**scope, **_names_of(what, args, kwargs)}
    else:
        raise ArgumentError(
            f"got an object of type {type(what).__name__} to explain, expected a tensor or a "
            "function; "
            "pass the function and its arguments apart"
        )
    with _Catch() as caught:
        value = call()
        _look_at(value)
    names = names_of_values(scope)
    plans = [_explained(plan, names) for plan in caught.plans.values()]
    return Explanation(plans, value, "" if plans else "nothing ran: no value was pending")


def of_plan(plan):
    """The explanation of a plan, without times."""
    return Explanation([report(CaughtPlan(plan), plan.lowered(), {}, Times())], None)


def _look_at(value):
    """Looks at all tensors of a result, as its reader would."""
    if isinstance(value, Handle):
        materialise(value)
    elif isinstance(value, dict):
        _look_at(tuple(value.values()))
    elif isinstance(value, (tuple, list)):
        for part in value:
            _look_at(part)


def _of_value(t, scope):
    """The explanation of a tensor that has run."""
    state, graph = t._state, None
    if type(t._edge) is tuple:
        graph, state = t._edge
    if type(state) is not State or state.slot < 0:
        return Explanation(
            [], t, "no operation is known to compute it: it was given, or it ran too long ago"
        )
    plan = Plan([state.node], "one value", (("result", 1),))
    leaves, numbers = (graph.leaves, graph.numbers) if graph is not None else ((), ())
    used = {node.arg for node in toposort(plan.roots) if node.op.kind == "leaf"}
    there = all(i < len(leaves) and leaves[i] is not None for i in used)
    inputs = (leaves, numbers) if graph is not None and there else (None, None)
    return Explanation(
        [_explained(CaughtPlan(plan, *inputs, [t._value]), names_of_values(scope))], t
    )


def _names_of(f, args, kwargs):
    """The tensors that a function knows: its arguments, by the names of its parameters, and what it
    encloses."""
    import inspect

    inner, out = inspect.unwrap(f), {}
    names = getattr(getattr(inner, "__code__", None), "co_freevars", ())
    for name, cell in zip(names, getattr(inner, "__closure__", None) or (), strict=False):
        try:
            out[name] = cell.cell_contents
        except ValueError:
            pass  # it is not assigned yet
    try:
        bound = inspect.signature(f).bind(*args, **kwargs).arguments
    except (TypeError, ValueError):
        return out
    return {**out, **bound}


def names_of_values(scope):
    """The names of values, by their id: of tensors, and of their gradients."""
    out = {}
    for name, t in tuple(scope.items()):
        if isinstance(t, Handle) and not name.startswith("_"):
            gradient = None if t._x is None else t._x.grad
            for label, tensor in ((name, t), (f"{name}.grad", gradient)):
                value = None if tensor is None else tensor._value
                if value is not None and not isinstance(
                    value, (bool, int)
                ):  # small ints are one object each
                    out[id(value)] = label
    return out


def _explained(caught: CaughtPlan, names: dict[int, str]) -> PlanReport:
    """The `PlanReport` of a plan, timed on its inputs if they are there."""
    lowered = caught.plan.lowered()
    labels = {
        root: names[id(value)]
        for root, value in zip(lowered.fusion.roots, caught.out, strict=True)
        if id(value) in names
    }
    leaves = caught.leaves
    if leaves is not None:
        given = {node for node in toposort(lowered.fusion.roots) if node.op.kind == "leaf"}
        labels.update(
            (node, names[id(leaves[node.arg])]) for node in given if id(leaves[node.arg]) in names
        )
    return report(caught, lowered, labels, _measured(caught, lowered))


def _measured(caught: CaughtPlan, lowered: Lowered) -> Times:
    """The times of more runs on the same inputs, or why there are none."""
    leaves, numbers = caught.leaves, caught.numbers
    if leaves is None:
        return Times(problem="its inputs are gone, so it was not timed")
    if config.compile == "never":
        return Times(_runs(Program(caught.plan.roots), leaves, numbers))
    kernels: dict[int, list[tuple[float, bool]]] = {}
    note = lambda piece, spent, parallel: kernels.setdefault(piece.index, []).append(
        (spent, parallel)
    )
    try:
        run = watch.timed(lowered, note)
    except CompileError as error:
        return Times(problem=str(error).partition("\n")[0])
    run(leaves, numbers)
    kernels.clear()  # of the first run: it found the caches as they were
    return Times(_runs(run, leaves, numbers), kernels)


def _runs(run, leaves, numbers):
    out, start = [], time.perf_counter()
    while len(out) < 3 or (len(out) < RUNS and time.perf_counter() - start < ENOUGH):
        begun = time.perf_counter()
        run(leaves, numbers)
        out.append(time.perf_counter() - begun)
    return out


# --- as text --------------------------------------------------------------------------------------


def _plan_lines(plan):
    ran = f", {counted(plan.calls, 'run')}" if plan.calls else ""
    cold = "" if config.compile == "never" else ", which serves until they are compiled"
    how = "its kernels" if plan.compiled else f"NumPy{cold}"
    first = f", the first in {seconds(plan.first_seconds)} by {how}" if plan.first_seconds else ""
    lines = [f"{plan.title}: {counted(len(plan.kernels), 'kernel')}{ran}{first}"]
    if not plan.kernels:
        return [*lines, "  nothing is computed: its results are inputs, views of them, or empty"]
    moved = f"  moves {amount(plan.bytes_moved, 'B')}, {amount(plan.bytes_least, 'B')} at least"
    took = (
        f", in {seconds(plan.seconds)}{'' if plan.times_of_kernels else ' by NumPy'}"
        if plan.seconds
        else ""
    )
    lines.append(f"{moved}; {amount(plan.flops, 'flop')}{took}")
    lines += [f"  {plan.problem}"] if plan.problem else []
    if plan.groups:
        those = ", ".join([f"{first} to {last}" for first, last in plan.groups])
        lines.append(f"  in one call each, but for the clocks of this report: kernels {those}")
    for kernel in plan.kernels:
        lines += _kernel_lines(kernel)
    return lines


def _kernel_lines(k):
    over = {
        "scalar": "numbers",
        "scalars": "numbers",
        "call": "by NumPy",
        "loops": "those of its operation",
    }.get(k.kind, "")
    over = over or f"loop over {' x '.join(map(str, k.loops))}"
    if k.loop is not None:
        rows = _rows(5, [*_loop_rows(k.loop), *_measured_rows(k)])
        return [f"  {k.number}. {k.name}: {k.loop.title}", *rows, *_loops_within(k.loop)]
    lines = [f"  {k.number}. {k.name}: {k.kind}, {over}"]
    rows = [("computes", _short(counts(k.operations)) or "nothing: it copies")]
    rows += (
        [("again", f"{_short(counts(k.again))}: not kept, and computed by another kernel, too")]
        if k.again
        else []
    )
    return [*lines, *_rows(5, [*rows, *_measured_rows(k)])]


def _measured_rows(k):
    """What a kernel reads, keeps and takes."""
    rows = _listed("reads", [(_said(a), a.type, amount(a.bytes, "B"), a.why) for a in k.reads])
    rows += _listed("keeps", [(_said(a), a.type, amount(a.bytes, "B"), a.why) for a in k.keeps])
    rows += [("takes", _time(k))] if k.seconds is not None else []
    how = "taken from the disk cache" if k.origin == LOADED else k.origin
    rows += [("made", f"{how} in {seconds(k.compile_seconds)}")] if k.origin else []
    return rows + ([("file", k.path)] if k.path else [])


def _rows(indent, rows):
    return [f"{' ' * indent}{name:<9}{text}" for name, text in rows]


def _loop_rows(loop):
    """What a turn of a loop computes, carries and saves."""
    rows = [("computes", _short(counts(loop.operations)) or "nothing")]
    if loop.again:
        rows += [("again", f"{_short(counts(loop.again))}: not saved by the loop before")]
    size = loop.turns or loop.most
    carried = [(v.name, v.type, amount(v.bytes, "B"), "from turn to turn") for v in loop.carries]
    saved = [
        (v.name, v.type, amount(v.bytes, "B"), f"per turn, {amount(v.bytes * size, 'B')} in all")
        for v in loop.saves
    ]
    return [*rows, *_listed("carries", carried), *_listed("saves", saved)]


def _loops_within(loop, depth=1):
    """The lines of the loops in the turns of a loop."""
    lines = []
    for inner in loop.loops:
        lines.append(f"{' ' * (2 + 3 * depth)}in a turn: {inner.title}")
        lines += _rows(5 + 3 * depth, _loop_rows(inner))
        lines += _loops_within(inner, depth + 1)
    return lines


def _said(a):
    return f"{a.name} = {a.operation}" if a.operation else a.name


def _time(k):
    rates = [f"{digits(k.gbs)} GB/s"] if k.gbs else []
    rates += [amount(k.flops / k.seconds, "flop/s")] if k.flops and k.seconds else []
    threads = (
        [f"{counted(k.chunks, 'chunk')} on {counted(k.threads, 'thread')}"] if k.chunks else []
    )
    return ", ".join([seconds(k.seconds), *rates, *threads])


def _short(parts):
    return ", ".join(parts[:LINES]) + (
        f" and {len(parts) - LINES} more" if len(parts) > LINES else ""
    )


def _listed(head, rows):
    lines = table(rows[:LINES], (2,)) if rows else []
    lines += [f"and {len(rows) - LINES} more"] * (len(rows) > LINES)
    return [(head if not k else "", line) for k, line in enumerate(lines)]

"""Gradients on request: `backward`, `grad`, hooks; the switches are in `jitgrad.frontend.modes`.

The sweep itself is in `jitgrad.tape.backward`; this module turns tensors into its edges and back.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from weakref import ref

import numpy as np

from ..base.anomaly import looks
from ..base.dtypes import is_complex
from ..base.errors import ArgumentError, GradientError, ShapeError
from ..base.surface import surface
from ..tape import handles as tape
from ..tape.backward import AccumulateGrad, Sweep, start
from ..tape.execute import flush
from ..tape.gate import LOCK
from ..tape.reachability import Reachability, roots_of
from ..tape.record import materialise
from ..tape.segment import active_traces, in_mode, local
from ..tape.symbolic import Traced
from . import hooks
from .convert import as_operand

if TYPE_CHECKING:
    from ..tape.execute import Graph
    from ..tape.segment import State


def _cotangent(t: tape.Handle, gradient: Any, lead: int = 0) -> Any:
    """(cotangent tensor or None for an implicit 1) for an output, with `lead` axes in front."""
    if not t._state.requires_grad:
        raise GradientError(
            "got backward() on a tensor that does not require grad: nothing it was computed from "
            "does; "
            "call requires_grad_() on an input first"
        )
    if gradient is None:
        if t._state.shape and t.size != 1:
            raise GradientError(
                f"got backward() on a tensor of shape {t.shape} without a cotangent; "
                "pass gradient= of that shape, or reduce it with .sum()"
            )
        if is_complex(t._state.dtype):
            raise GradientError(
                f"got backward() on a tensor of dtype {t._state.dtype} without a cotangent, "
                "expected a real number: that of a complex one is a choice; take .real, .imag or "
                ".abs(), or pass gradient="
            )
        return None
    gradient = as_operand(gradient)
    if gradient.shape[lead:] != t.shape or gradient.ndim != lead + t.ndim:
        expected = "the same shape" + ", with an axis for the batch in front" * lead
        raise ShapeError(
            f"got a cotangent of shape {gradient.shape} for a tensor of shape {t.shape}, expected "
            f"{expected}"
        )
    return gradient.to(t.dtype)


def backward_from(
    t: tape.Handle, gradient: Any, retain_graph: bool | None, create_graph: bool, inputs: Any = None
) -> None:
    _backward([t], [_cotangent(t, gradient)], retain_graph, create_graph, inputs)


@surface
def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
) -> None:
    """Adds the gradient of the sum of `tensors` to the `.grad` of the leaves they were computed
    from, in one sweep.

    Parameters
    ----------
    tensors : Tensor or sequence of Tensor
    grad_tensors : array_like or sequence of array_like, optional
        Their cotangents; None, also for one of them, is 1 where a tensor has one element.
    retain_graph, create_graph, inputs
        As in `Tensor.backward`.

    Raises
    ------
    GradientError
        As in `Tensor.backward`.

    Examples
    --------
    >>> x = jitgrad.tensor([1.0, 2.0], requires_grad=True)
    >>> jitgrad.autograd.backward([x.sum(), x * x], grad_tensors=[None, [1.0, 10.0]])
    >>> x.grad
    tensor([ 3., 41.])
    """
    outputs = _sequence(tensors, "tensors")
    _backward(outputs, _cotangents(outputs, grad_tensors), retain_graph, create_graph, inputs)


def _cotangents(outputs: Sequence[tape.Handle], given: Any, lead: int = 0) -> list[Any]:
    """The cotangents of several outputs, of which one may be given without a list."""
    if given is not None and not isinstance(given, (list, tuple)):
        given = [given]
    given = [None] * len(outputs) if given is None else list(given)
    if len(given) != len(outputs):
        raise ArgumentError(
            f"got {len(given)} cotangents for {len(outputs)} outputs, expected as many"
        )
    return [_cotangent(t, g, lead) for t, g in zip(outputs, given)]


def _backward(
    outputs: Sequence[tape.Handle],
    cots: Sequence[Any],
    retain_graph: bool | None,
    create_graph: bool,
    inputs: Any,
) -> None:
    retain = create_graph if retain_graph is None else retain_graph
    if inputs is not None:
        inputs = _sequence(inputs, "inputs")
        for x, g in zip(
            inputs, swept(outputs, cots, inputs, retain, create_graph, accumulate=True)
        ):
            if g is not None and (
                x.is_leaf or not x.retains_grad
            ):  # what retains its gradient has it by now
                _accumulate(x, g, create_graph)
        return
    if len(outputs) > 1:  # one alone may have a joint plan
        flush(local.seg)
    sweep = _begun(retain, create_graph)
    for t, cot in zip(outputs, cots):
        start(sweep, t, cot, cot is None)
    _finish(sweep)


def _finish(sweep: Sweep) -> None:
    hooks.during(_swept_to_leaves, sweep)


def _swept_to_leaves(sweep: Sweep) -> None:
    sweep.run()
    for edge, g in sweep.leaves.items():
        leaf = edge.ref()
        if leaf is not None and leaf._edge is edge:
            _accumulate(leaf, _hooked(leaf, g, sweep.create), sweep.create)


def _hooked(leaf: tape.Handle, g: Any, create: bool, size: int | None = None) -> Any:
    """The gradient of a leaf as a tensor, after the leaf's hooks."""
    g = _as_tensor(leaf, g, size)
    if leaf._x is None or not leaf._x.hooks:
        return g
    check_not_batched(size)
    for hook in tuple(leaf._x.hooks.values()):
        new = in_mode(create, hook, g)
        g = g if new is None else _replacement(new, g)
    return g


def _replacement(new: Any, g: tape.Handle) -> Any:
    """What a hook gave for the gradient `g`."""
    if not isinstance(new, tape.Handle) or new.shape != g.shape:
        got = f"shape {new.shape}" if isinstance(new, tape.Handle) else type(new).__name__
        raise ShapeError(
            f"got {got} from a hook, expected None or a tensor of the gradient's shape {g.shape}"
        )
    return new.to(g.dtype)


def check_not_batched(size: int | None) -> None:
    if size is not None:
        raise GradientError(
            "got a hook on the way of gradients that have a batch axis, as for a Jacobian, "
            "expected none; remove the hook, or take one gradient after the other"
        )


def _as_tensor(like: tape.Handle, g: Any, size: int | None = None) -> Any:
    if isinstance(g, tape.Handle):
        return g
    shape, dtype = like._state.shape, like._state.dtype
    shape = shape if size is None else (size, *shape)
    if type(g) is Traced:
        return tape.from_value(g, shape, dtype, None)
    # A sum of 0-d cotangents is one of Python floats: round it to the dtype.
    return tape.from_value(g if shape else dtype.type(g).item(), shape, dtype, None)


def _accumulate(t: tape.Handle, g: tape.Handle, create: bool) -> None:
    # With create_graph, or from a hook, `g` may be a tensor that the user holds, too.
    if active_traces and local.seg.tracing is not None:
        local.seg.tracing.touch_grad(t)
    shared = create or (t._x is not None and t._x.hooks)
    with LOCK:  # threads may have a leaf in common
        x = tape._extra(t)
        if x.grad is None:
            x.grad = g.clone() if shared else g
        elif create:
            x.grad = x.grad + g
        else:
            in_mode(False, _add, x.grad, g)
    for hook in tuple(x.after.values()) if x.after else ():
        in_mode(create, hook, t)


def _add(total: tape.Handle, g: tape.Handle) -> None:
    total._write(total + g, cast=True)


@surface
def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool = False,
    materialize_grads: bool = False,
    is_grads_batched: bool = False,
) -> tuple[Any, ...]:
    """Gradients of `outputs` with respect to `inputs`, as a tuple; `.grad` is not touched.

    Parameters
    ----------
    outputs, inputs : Tensor or sequence of Tensor
    grad_outputs : tensor or sequence, optional
        Cotangents of the outputs; 1 where an output has one element.
    retain_graph, create_graph : bool
        As in `Tensor.backward`.
    allow_unused : bool
        Give None for an input no output depends on, instead of raising.
    is_grads_batched : bool
        Cotangents have an axis in front, and so have the gradients: one for each of its elements,
        in one pass.
    materialize_grads : bool
        Give zeros for an input no output depends on, instead of raising.

    Returns
    -------
    tuple of Tensor

    Raises
    ------
    GradientError
        An input does not require grad, or is unused.

    See Also
    --------
    https://pytorch.org/docs/stable/generated/torch.autograd.grad.html
    """
    outputs, inputs = _sequence(outputs, "outputs"), _sequence(inputs, "inputs")
    cots = _cotangents(outputs, grad_outputs, int(is_grads_batched))
    size = _batch_size(cots) if is_grads_batched else None
    for k, x in enumerate(inputs):
        if not x.requires_grad:
            raise GradientError(
                f"got input {k}, which does not require grad; call requires_grad_() on it before "
                "computing with it"
            )
    retain = create_graph if retain_graph is None else retain_graph
    found = swept(outputs, cots, inputs, retain, create_graph, size=size)
    if materialize_grads:
        lead = () if size is None else (size,)
        found = [
            _zeros((*lead, *x.shape), x.dtype) if g is None else g
            for g, x in zip(found, inputs, strict=True)
        ]
    for k, g in enumerate(found):
        if g is None and not allow_unused:
            raise GradientError(
                f"got input {k}, which no output depends on; pass allow_unused=True to get None "
                "for it"
            )
    return tuple(found)


def _batch_size(cots: Sequence[Any]) -> int:
    sizes = {0 if g is None else len(g) for g in cots}
    if len(sizes) != 1 or any(g is None for g in cots):
        raise ShapeError(
            f"got cotangents with batches of {sorted(sizes)}, expected one for each output, all "
            "with as many; pass grad_outputs"
        )
    return sizes.pop()


def _zeros(shape: tuple[int, ...], dtype: Any) -> tape.Handle:
    value = np.zeros(math.prod(shape), dtype) if shape else 0.0
    return tape.from_value(value, shape, dtype, None)


def _sequence(x: Any, what: str) -> list[tape.Handle]:
    """One tensor or several, as a list."""
    out = list(x) if isinstance(x, (list, tuple)) else [x]
    for t in out:
        if not isinstance(t, tape.Handle):
            raise ArgumentError(
                f"got {what} with an object of type {type(t).__name__}, expected tensors"
            )
    return out


def settle_value(t: tape.Handle) -> None:
    """Computes the value of a tensor that is pending; a trace notes only of that."""
    if t._value is None:
        materialise(t)


def swept(
    outputs: Sequence[tape.Handle],
    cots: Sequence[Any],
    inputs: Sequence[tape.Handle],
    retain: bool,
    create: bool,
    accumulate: bool = False,
    reaches: Reachability | None = None,
    size: int | None = None,
    fixed: bool = False,
) -> list[Any]:
    """The cotangents of `inputs`, with a leading axis of length `size` if `cots` have one;
    intermediate ones are cut out of their graphs for the time of the
    sweep."""
    if local.seg.tracing is not None:
        local.seg.tracing.wants(inputs)
    if len(outputs) > 1 or any(
        type(t._edge) is not AccumulateGrad for t in inputs
    ):  # else one joint plan will do
        flush(local.seg)
        for t in (*outputs, *inputs):
            settle_value(t)
    sweep = _begun(retain, create, reaches or Reachability(inputs), size, fixed)
    found: dict[Any, Any] = {}
    cuts = []
    for t in inputs:
        if type(t._edge) is tuple:
            graph, state = t._edge
            call = _collector(found, t._edge)
            _cut(graph, state, call, first=not accumulate and _leads_on(t, inputs))
            cuts.append((graph, state, call))
    try:
        for t, g in zip(outputs, cots):
            start(sweep, t, g, g is None)
        return hooks.during(_swept_to_inputs, sweep, inputs, found, size)
    finally:
        for graph, state, call in cuts:
            _uncut(graph, state, call)


def _swept_to_inputs(
    sweep: Sweep, inputs: Sequence[tape.Handle], found: Mapping[Any, Any], size: int | None
) -> list[Any]:
    """The cotangents of `inputs` after a sweep that has begun; of those within graphs, `found`."""
    sweep.run()
    out = []
    for t in inputs:
        if type(t._edge) is AccumulateGrad:
            g = sweep.leaves.get(t._edge)
            out.append(None if g is None else _hooked(t, g, sweep.create, size))
        else:
            g = found.get(t._edge)
            out.append(None if g is None else _as_tensor(t, g, size))
    return out


def _leads_on(t: tape.Handle, inputs: Sequence[tape.Handle]) -> bool:
    """Whether another wanted input lies behind `t`: then `grad` gives for `t` the gradient before
    its hooks, whose result only the others see, as in PyTorch; where `t` is the end, it gives that
    after them."""
    graph, state = t._edge
    if not (graph.cuts or {}).get(state):
        return False
    others = [x for x in inputs if x._edge != t._edge]
    return bool(others) and Reachability(others)(t._edge)


def _begun(*how: Any) -> Sweep:
    """A sweep of this thread."""
    if not looks():
        return Sweep(*how)
    from ..tape.checked_sweep import CheckedSweep

    return CheckedSweep(*how)


def reachability(outs: Sequence[tape.Handle], xs: Sequence[tape.Handle]) -> Reachability | None:
    """The reachability of `xs`, searched from `outs`; its `others` tells of other leaves. None if
    not all `xs` are leaves."""
    if any(type(x._edge) is not AccumulateGrad for x in xs):
        return None
    reaches = Reachability(xs)
    for t in outs:
        for edge in edges_behind(t):
            reaches(edge)
    return reaches


def edges_behind(t: tape.Handle) -> list[Any]:
    """Where cotangents of `t` go; it stays pending if it is."""
    if not t.requires_grad:
        return []
    seg, state = t._seg, t._state
    edges: Any = None if seg is None else seg.edges
    if t._edge is None and edges is None:  # it ran meanwhile
        materialise(t)
    return [t._edge] if t._edge is not None else [edges[i] for i in roots_of(state)]


def _collector(found: dict[Any, Any], edge: tuple[Any, ...]) -> Callable[..., None]:
    def call(sweep: Sweep, state: State, g: Any) -> None:
        found[edge] = g

    return call


def _cut(graph: Graph, state: State, call: Any, last: bool = True, first: bool = False) -> None:
    if graph.cuts is None:
        graph.cuts = {}
    calls = graph.cuts.setdefault(state, [])
    calls.insert(0 if first else len(calls) if last else sum(not c.last for c in calls), call)
    call.last = last


def _uncut(graph: Graph, state: State, call: Any) -> None:
    calls = (graph.cuts or {}).get(state, [])
    if call in calls:
        calls.remove(call)
        if not calls:
            del graph.cuts[state]
        graph.cuts = graph.cuts or None


class HookHandle:
    """What `register_hook` gives: `remove` takes the hook off again; once more does nothing."""

    def __init__(
        self, remove: Callable[[], Any], renew: Callable[[tape.Handle], None] | None = None
    ) -> None:
        self.remove, self.renew = remove, renew


def hook_on(t: tape.Handle, hook: Any) -> HookHandle:
    """Installs a hook (None: retain the gradient in ``.grad``, after all other hooks)."""
    if hook is not None and not callable(hook):
        raise ArgumentError(
            f"got a hook of type {type(hook).__name__}, expected a function of the gradient"
        )
    if active_traces and local.seg.tracing is not None:
        local.seg.tracing.hook(t)
    if type(t._edge) is AccumulateGrad:
        x = tape.extra(t)
        x.hooks = x.hooks or {}
        key = object()
        x.hooks[key] = hook
        return HookHandle(lambda: x.hooks.pop(key, None))
    materialise(t)
    graph, state = t._edge
    weak = ref(t)

    def call(sweep: Sweep, state: State, g: Any) -> Any:
        check_not_batched(sweep.size)
        target = weak()
        value = (
            tape.from_value(g, state.shape, state.dtype, None)
            if not isinstance(g, tape.Handle)
            else g
        )
        if hook is None:
            if target is not None:
                tape.extra(target).grad = value if target.grad is None else target.grad + value
            return None
        new = in_mode(sweep.create, hook, value)
        if new is None:
            return None
        new = _replacement(new, value)
        return new if isinstance(g, tape.Handle) else materialise(new)

    _cut(graph, state, call, last=hook is None)
    return HookHandle(lambda: _uncut(graph, state, call))


def hook_after(t: tape.Handle, hook: Any) -> HookHandle:
    """Installs a hook that is called with the leaf `t` once its gradient was added."""
    if not callable(hook):
        raise ArgumentError(
            f"got a hook of type {type(hook).__name__}, expected a function of the tensor"
        )
    if active_traces and local.seg.tracing is not None:
        local.seg.tracing.hook(t)
    x = tape.extra(t)
    x.after = x.after or {}
    key = object()
    x.after[key] = hook
    return HookHandle(lambda: x.after.pop(key, None))


def retain(t: tape.Handle) -> None:
    """Collects the gradient of `t`, a result of operations, in ``.grad``; after a write (`renew`),
    of its new value."""
    x = tape.extra(t)
    if x.retains is not None:
        x.retains.remove()
    x.retains = HookHandle(lambda: None, retain)
    if t.requires_grad and not t.is_leaf:
        x.retains.remove = hook_on(t, None).remove

"""Gradients on request: `backward`, `grad`, hooks; and the switches `no_grad` and `enable_grad`.

The sweep itself is in `jitgrad.tape.backward`; this module turns tensors into its edges and back.
"""

import functools
from weakref import ref

from ._errors import ArgumentError, GradientError, ShapeError
from .convert import as_operand
from .tape import tensors as tape
from .tape.backward import Accumulate, Sweep, start
from .tape.execute import flush
from .tape.segment import local, switch


def _cotangent(t, gradient):
    """(cotangent tensor or None for an implicit 1) for an output."""
    if not t.requires_grad:
        raise GradientError(
            "got backward() on a tensor that does not require grad: nothing it was computed from does; call requires_grad_() on an input first"
        )
    if gradient is None:
        if t.size != 1:
            raise GradientError(
                f"got backward() on a tensor of shape {t.shape} without a cotangent; pass gradient= of that shape, or reduce it with .sum()"
            )
        return None
    gradient = as_operand(gradient)
    if gradient.shape != t.shape:
        raise ShapeError(
            f"got a cotangent of shape {gradient.shape} for a tensor of shape {t.shape}, expected the same shape"
        )
    return gradient.to(t.dtype)


def backward_from(t, gradient, retain_graph, create_graph, inputs=None):
    cot = _cotangent(t, gradient)
    retain = create_graph if retain_graph is None else retain_graph
    if inputs is not None:
        inputs = [inputs] if not isinstance(inputs, (list, tuple)) else list(inputs)
        for x, g in zip(inputs, _swept([t], [cot], inputs, retain, create_graph)):
            if g is not None:
                _accumulate(x, g, create_graph)
        return
    sweep = Sweep(retain, create_graph)
    _begin(sweep, t, cot)
    _finish(sweep)


def _begin(sweep, t, cot):
    if sweep.create and cot is not None:
        start(sweep, t, cot, False)
    else:
        start(sweep, t, cot, cot is None)


def _finish(sweep):
    sweep.run()
    for edge, g in sweep.leaves.items():
        leaf = edge.ref()
        if leaf is not None:
            g = _as_tensor(leaf, g)
            for hook in (leaf._x.hooks or {}).values() if leaf._x is not None else ():
                new = hook(g)
                g = g if new is None else new
            _accumulate(leaf, g, sweep.create)


def _as_tensor(like, g):
    return g if isinstance(g, tape.Handle) else tape.from_value(g, like.shape, like.dtype, None)


def _accumulate(t, g, create):
    x = t._extra()
    if x.grad is None:
        x.grad = g
    elif create:
        x.grad = x.grad + g
    else:
        with no_grad():
            x.grad._write(x.grad + g, cast=True)


def grad(outputs, inputs, grad_outputs=None, retain_graph=None, create_graph=False, allow_unused=False):
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
    outputs, inputs = _sequence(outputs), _sequence(inputs)
    cots = [None] * len(outputs) if grad_outputs is None else _sequence(grad_outputs)
    if len(cots) != len(outputs):
        raise ArgumentError(f"got {len(cots)} cotangents for {len(outputs)} outputs, expected as many")
    cots = [_cotangent(t, g) for t, g in zip(outputs, cots)]
    for k, x in enumerate(inputs):
        if not x.requires_grad:
            raise GradientError(
                f"got input {k}, which does not require grad; call requires_grad_() on it before computing with it"
            )
    retain = create_graph if retain_graph is None else retain_graph
    found = _swept(outputs, cots, inputs, retain, create_graph)
    for k, g in enumerate(found):
        if g is None and not allow_unused:
            raise GradientError(f"got input {k}, which no output depends on; pass allow_unused=True to get None for it")
    return tuple(found)


def _sequence(x):
    return list(x) if isinstance(x, (list, tuple)) else [x]


def _swept(outputs, cots, inputs, retain, create):
    """The cotangents of `inputs`; intermediate ones are cut out of their graphs for the time of the sweep."""
    if any(t._data is None for t in (*outputs, *inputs)):
        flush(local.seg)
        for t in (*outputs, *inputs):
            tape.look(t)
    sweep = Sweep(retain, create, wanted=inputs)
    found, cuts = {}, []
    for t in inputs:
        if type(t._edge) is tuple:
            graph, state = t._edge
            call = _collector(found)
            _cut(graph, state, call)
            cuts.append((graph, state, call))
    try:
        for t, g in zip(outputs, cots):
            _begin(sweep, t, g)
        sweep.run()
    finally:
        for graph, state, call in cuts:
            _uncut(graph, state, call)
    out = []
    for t in inputs:
        g = sweep.leaves.get(t._edge) if type(t._edge) is Accumulate else found.get(t._edge[1])
        out.append(None if g is None else _as_tensor(t, g))
    return out


def _collector(found):
    def call(sweep, state, g):
        found[state] = g

    return call


def _cut(graph, state, call):
    if graph.cuts is None:
        graph.cuts = {}
    graph.cuts.setdefault(state, []).append(call)


def _uncut(graph, state, call):
    graph.cuts[state].remove(call)
    if not graph.cuts[state]:
        del graph.cuts[state]
    if not graph.cuts:
        graph.cuts = None


class HookHandle:
    """What `register_hook` gives: `remove` takes the hook off again."""

    def __init__(self, remove):
        self.remove = remove


def hook_on(t, hook):
    """Installs a hook (None: retain the gradient in ``.grad``)."""
    if type(t._edge) is Accumulate:
        x = t._extra()
        x.hooks = x.hooks or {}
        key = object()
        x.hooks[key] = hook
        return HookHandle(lambda: x.hooks.pop(key, None))
    tape.look(t)
    graph, state = t._edge
    weak = ref(t)

    def call(sweep, state, g):
        target = weak()
        value = tape.from_value(g, state.shape, state.dtype, None) if not isinstance(g, tape.Handle) else g
        if hook is None:
            if target is not None and sweep.wanted is None:
                target._extra().grad = value if target.grad is None else target.grad + value
            return None
        new = hook(value)
        return None if new is None else new if isinstance(g, tape.Handle) else tape.look(new)

    _cut(graph, state, call)
    return HookHandle(lambda: _uncut(graph, state, call))


class _Mode:
    """A switch of the gradient mode: a context manager, and a decorator."""

    def __init__(self, on):
        self.on = on
        self.before = []

    def __enter__(self):
        seg = local.seg
        self.before.append(seg.state.grad)
        seg.state = switch(seg.state, self.on)
        return self

    def __exit__(self, *error):
        seg = local.seg
        seg.state = switch(seg.state, self.before.pop())

    def __call__(self, function):
        @functools.wraps(function)
        def wrapped(*args, **kwargs):
            with _Mode(self.on):
                return function(*args, **kwargs)

        return wrapped


def _switch(on, doc):
    def make(function=None):
        return _Mode(on) if function is None else _Mode(on)(function)

    make.__doc__ = doc
    return make


no_grad = _switch(False, "Within it, or in a function decorated with it, results do not require grad.")
enable_grad = _switch(True, "Within it, or in a function decorated with it, results require grad again.")


def set_grad_enabled(mode):
    """`enable_grad` or `no_grad`, by a flag, as a context manager."""
    return _Mode(bool(mode))


def is_grad_enabled():
    """Whether results require grad now, in this thread."""
    return local.seg.state.grad

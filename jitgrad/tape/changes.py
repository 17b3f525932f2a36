"""What a traced function did to tensors and arrays from outside, which each call has to do again.

A change is (kind, source, what): "write" with the tensor of the new value; "grad" with the tensor
that is the gradient now, or None; "requires_grad" with a flag. Start at `changes`.
"""

from . import handles
from .record import materialise
from .symbolic import Unreplayable


def changes(trace):
    """The changes of a trace that has come to its end, and is not restored yet."""
    out = []
    for proxy in {id(s): s for s in trace.proxies.values()}.values():
        out += _of_proxy(proxy)
    written = {id(s.tensor) for s in trace.saved.values() if _is_written(trace, s)}
    for s in list(trace.saved.values()):
        out += _of_saved(trace, s, written)
    return out


def _of_proxy(proxy):
    requires_grad = isinstance(proxy.real, handles.Handle) and proxy.real._state.requires_grad
    written = materialise(proxy.tensor).origin() is not proxy.first.origin()
    out = _of_values(proxy.source, proxy.tensor, written, requires_grad, proxy.tensor is proxy.leaf)
    if proxy.source.uses_grad:
        if proxy.real._x is not None and proxy.real._x.hooks:
            raise Unreplayable("a tensor it differentiates has hooks")
        grad = handles.extra(proxy.leaf).grad
        if grad is not proxy.grad:
            if proxy.leaf is not proxy.tensor:
                raise Unreplayable("it leads a gradient on into what computed an argument")
            out.append(("grad", proxy.source, grad))
    elif proxy.leaf._x is not None and proxy.leaf._x.grad is not None:
        raise Unreplayable("it gives an argument a gradient in an unusual way")
    return out


def _of_saved(trace, s, written):
    t, out = s.tensor, []
    if t._x is not None and t._x.grad is not s.grad:
        out.append(("grad", trace.found(t), t._x.grad))
        if t._x.hooks:
            raise Unreplayable("a tensor it differentiates has hooks")
    parent = t._x.parent if t._x is not None else None
    if parent is not None and id(parent) in written:  # it follows what it is a view of
        return out
    wrote, is_leaf = id(t) in written, type(s.edge) is not tuple
    if wrote or s.state.requires_grad != t._state.requires_grad:
        out += _of_values(trace.found(t), t, wrote, s.state.requires_grad, is_leaf)
    return out


def _of_values(source, t, written, requires_grad, is_leaf):
    after = t._state.requires_grad
    if not written and requires_grad == after:
        return []
    if not is_leaf or (after and type(t._edge) is tuple) or (written and requires_grad != after):
        raise Unreplayable(
            "it writes to a tensor in a way that changes how gradients go through it"
        )
    source.rooted = True
    return [("write", source, materialise(t))] if written else [("requires_grad", source, after)]


def _is_written(trace, saved):
    """Whether the values of a tensor from outside changed: not that of a view that was stale, or
    became so."""
    t = saved.tensor
    if saved.stale or (t._x is not None and t._x.stale) or t._value is saved.value:
        return False
    first = trace.wrapped.get(id(t))
    return first is None or materialise(t).origin() is not first[2].origin()

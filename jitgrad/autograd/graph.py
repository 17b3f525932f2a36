"""`jitgrad.autograd.graph`: hooks on several tensors, and where values are kept, by the names of
`torch.autograd.graph`.

What a backward sweep needs is kept by the plan of a program, which decides what is cheaper to
compute again; it is no tensor, so there are no hooks that pack it (`saved_tensors_hooks`).
`jitgrad.checkpoint` keeps less. Start at `register_multi_grad_hook`.
"""

from __future__ import annotations

import sys as _sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

from ..base.errors import ArgumentError
from ..base.missing import missing as _missing
from ..base.surface import surface
from ..frontend.hooks import HookHandles, multi_grad_hook
from ..frontend.tensor import Tensor

__all__ = ["register_multi_grad_hook", "save_on_cpu"]


@surface
def register_multi_grad_hook(
    tensors: Sequence[Tensor], fn: Callable[[Any], None], *, mode: str = "all"
) -> HookHandles:
    """Calls ``fn(gradients)`` at the end of each backward sweep that computes a gradient of one of
    some tensors.

    Parameters
    ----------
    tensors : sequence of Tensor
        They require grad.
    fn : callable
        With mode "all" it gets a list with the gradient of each tensor, None for those that the
        sweep did not come to. With "any" it is called with the first gradient, once it is there.
    mode : str

    Returns
    -------
    handle
        Its `remove` takes the hook off again; as a context manager it does so at the end.

    References
    ----------
    ``torch.autograd.graph.register_multi_grad_hook``.

    Examples
    --------
    >>> x, y = [jitgrad.tensor(v, requires_grad=True) for v in (2.0, 3.0)]
    >>> handle = jitgrad.autograd.graph.register_multi_grad_hook((x, y), print)
    >>> (x * y).backward()
    [tensor(3.), tensor(2.)]
    """
    tensors = list(tensors)
    if not tensors or not all(isinstance(t, Tensor) for t in tensors):
        raise ArgumentError("got no tensors to put a hook on, expected a sequence of them")
    if not callable(fn):
        raise ArgumentError(f"got a hook of type {type(fn).__name__}, expected a function")
    if mode not in ("all", "any"):
        raise ArgumentError(f"got mode={mode!r}, expected 'all' or 'any'")
    hooks = multi_grad_hook(len(tensors), fn, mode == "any")
    return HookHandles([t.register_hook(h) for t, h in zip(tensors, hooks, strict=True)])


@contextmanager
def save_on_cpu(pin_memory: bool = False, device_type: str = "cpu") -> Iterator[None]:
    """Changes nothing: all values are on the CPU.

    Examples
    --------
    >>> x = jitgrad.tensor(2.0, requires_grad=True)
    >>> with jitgrad.autograd.graph.save_on_cpu():
    ...     y = x * x
    """
    yield


def __getattr__(name: str) -> NoReturn:
    raise _missing("jitgrad.autograd.graph", name, _sys.modules[__name__])

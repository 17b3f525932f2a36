"""Functions whose graph is made once: `const_graph`, which is `jitgrad.jit`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ..base.surface import surface
from ..tracing.jit import jit

__all__ = ["const_graph"]


@surface
def const_graph(fun: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable[..., Any]:
    """`fun` with its first arguments given, traced in its first call.

    Examples
    --------
    >>> from jitgrad.misc import const_graph
    >>> const_graph(lambda k, x: k * x, 2.0)(jitgrad.tensor([1.0, 2.0]))
    tensor([2., 4.])
    """
    return jit(partial(fun, *args, **kwargs))

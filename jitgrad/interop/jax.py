"""`jitgrad.interop.jax`: functions on tensors for JAX, and functions of JAX on tensors.

`to_jax` makes of a function on tensors one of JAX arrays, by ``jax.custom_vjp`` and
``jax.pure_callback``: `jax.jit`, `jax.grad` and `jax.vmap` take it. `from_jax` makes of a JAX
function one that tensors flow through. Gradients of any order go through both. JAX is imported when
one of them is called.
"""

from __future__ import annotations

import functools
import sys as _sys
from collections.abc import Callable
from typing import Any

import numpy as np

from ..base.missing import missing as _missing
from ..base.surface import surface
from ..base.tree import flatten
from .incoming import Incoming
from .outgoing import Outgoing, check_function

__all__ = ["from_jax", "to_jax"]


@functools.cache
def _library() -> Any:
    from .jax_library import JaxLibrary

    return JaxLibrary()


@surface
def to_jax(f: Callable[..., Any], *, result_shape_dtypes: Any = None) -> Callable[..., Any]:
    """A function on tensors as one of JAX arrays, through which JAX's gradients go.

    Parameters
    ----------
    f : callable
        Takes and gives containers of tensors. What is no array among the arguments, such as a
        Python number, it gets as it is. It is traced for the shapes of its results.
    result_shape_dtypes : container, optional
        What the results are like (objects with `shape` and `dtype`, such as
        ``jax.ShapeDtypeStruct``), for a function that asks for values, which cannot be traced.

    Returns
    -------
    callable
        Takes JAX and NumPy arrays in the place of tensors, and gives JAX arrays of the dtypes that
        `f` gives. `jax.jit`, reverse-mode derivatives of any order and `jax.vmap` (row by row) go
        through it. Floats have gradients, integers and bools have none.

    Raises
    ------
    DTypeError
        An argument or a result has 64 bits while ``jax_enable_x64`` is off: JAX would round it.
    JitError
        `f` asks for values, and `result_shape_dtypes` is not given.
    MissingError
        JAX is not installed.

    References
    ----------
    ``jax.custom_vjp``, ``jax.pure_callback``.

    Examples
    --------
    ::

        jax.config.update("jax_enable_x64", True)
        f = jitgrad.interop.jax.to_jax(lambda x: (jitgrad.sin(x) * x).sum())
        jax.jit(jax.grad(f))(jax.numpy.linspace(0.0, 1.0, 5))
    """
    check_function(f)

    @functools.wraps(f, updated=())
    @surface
    def function(*args: Any, **kwargs: Any) -> Any:
        from .jax_functions import applied

        library = _library()
        leaves, _, rebuild = flatten((args, kwargs), "arguments")
        kinds = (np.ndarray, np.generic)
        places = [k for k, x in enumerate(leaves) if library.is_array(x) or isinstance(x, kinds)]
        rest = [None if k in places else x for k, x in enumerate(leaves)]
        outgoing = Outgoing(f, rest, places, rebuild)
        given = [leaves[k] for k in places]
        arrays = [x if library.is_array(x) else library.given(x) for x in given]
        return applied(library, outgoing, arrays, result_shape_dtypes)

    return function


@surface
def from_jax(f: Callable[..., Any], *, result_shape_dtypes: Any = None) -> Callable[..., Any]:
    """A function of JAX arrays as one on tensors, through which gradients go.

    Parameters
    ----------
    f : callable
        Takes and gives containers of JAX arrays; ``jax.jit(g)`` is one.
    result_shape_dtypes : container, optional
        What the results are like, for a function that JAX cannot trace, and that is called under
        `jit`.

    Returns
    -------
    callable
        Takes tensors and arrays in the place of JAX arrays, and gives tensors of the dtypes that
        `f` gives. JAX computes the derivative from what ``jax.vjp`` keeps. Under `jit`, in loops,
        under `vmap` and for a second derivative `f` is called again.

    Raises
    ------
    DTypeError
        An argument has 64 bits while ``jax_enable_x64`` is off: JAX would round it; a gradient by
        complex numbers.
    JitError
        Shapes of results are not known under `jit`.
    MissingError
        JAX is not installed.

    References
    ----------
    ``jax.vjp``.

    Examples
    --------
    ::

        jax.config.update("jax_enable_x64", True)
        f = jitgrad.interop.jax.from_jax(jax.jit(jax.scipy.special.gammaln))
        x = jitgrad.linspace(1.0, 2.0, 5, requires_grad=True)
        f(x).sum().backward()
    """
    check_function(f)
    incoming = Incoming(_library(), f, result_shape_dtypes)

    @functools.wraps(f, updated=())
    @surface
    def function(*args: Any, **kwargs: Any) -> Any:
        return incoming(args, kwargs)

    return function


def __getattr__(name: str) -> Any:
    raise _missing("jitgrad.interop.jax", name, _sys.modules[__name__])


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})

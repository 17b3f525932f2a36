"""Functions of `jitgrad.njit`, and of numba, where a transform takes them.

On arrays they are differentiated by their own compiled derivatives (`jitgrad.loops`), without a
tape. Start at `of_njit`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..base.errors import ArgumentError
from ..frontend.tensor import Tensor
from .differentiated import Selection


def of_njit(f: Any) -> Any:
    """The function of `njit` that `f` is, or stands for; None for other functions."""
    if not hasattr(f, "py_func") or not hasattr(f, "targetoptions"):
        return None
    from .njit import of_numba

    return of_numba(f)


def takes_arrays(args: Any, kwargs: Any) -> bool:
    """Whether no argument of a call is a tensor."""
    for x in (*args, *kwargs.values()):
        if isinstance(x, Tensor):
            return False
        if isinstance(x, (tuple, list)) and not takes_arrays(x, {}):
            return False
    return True


def selected(asked: Selection, args: Any) -> Selection:
    """The arguments of a call that a function of njit is differentiated by: those asked for, else
    all that have floats in them."""
    if asked.given:
        return asked
    places = tuple([k for k, x in enumerate(args) if has_floats(x)])
    return Selection(places[0] if len(places) == 1 else places, None)


def has_floats(x: Any) -> bool:
    if isinstance(x, tuple):
        return any([has_floats(y) for y in x])
    if isinstance(x, (Tensor, np.ndarray, np.floating)):
        return x.dtype.kind == "f"
    return isinstance(x, float)


def value_and_grad(
    f: Any, argnums: Any, argnames: Any, has_aux: bool, args: Any, kwargs: Any
) -> tuple[Any, Any]:
    """That of a function of `njit`, on arrays."""
    from .njit import array_value_and_grad

    if has_aux:
        raise ArgumentError(
            "got has_aux for a function of njit on arrays, expected one that returns one number"
        )
    if argnames is not None:
        names = list(f.gradients.signature.parameters)
        one = isinstance(argnames, str)
        asked = (argnames,) if one else tuple(argnames)
        unknown = [n for n in asked if n not in names]
        if unknown:
            raise ArgumentError(f"got argnames with {unknown[0]!r}, expected some of {names}")
        places = tuple(map(names.index, asked))
        if argnums is not None:
            argnums = (*(argnums if isinstance(argnums, (tuple, list)) else (argnums,)), *places)
        else:
            argnums = places[0] if one else places
    count = len(f.gradients.signature.parameters)
    if argnums is not None:
        several = isinstance(argnums, (tuple, list))
        chosen = tuple(argnums) if several else (argnums,)
        if any(not -count <= k < count for k in chosen):
            raise ArgumentError(f"got argnums {argnums} for {count} arguments")
        chosen = tuple([k % count for k in chosen])
        argnums = chosen if several else chosen[0]
    return array_value_and_grad(f, argnums, args, kwargs)

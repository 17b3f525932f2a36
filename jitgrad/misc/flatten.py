"""Containers of parameters as one vector: `flatten`, in autograd's form.

Arrays are put together by NumPy, and tensors on the tape. Start at `flatten`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..base.errors import ShapeError
from ..base.surface import surface
from ..frontend.convert import as_operand
from ..frontend.functions import NAMES
from ..frontend.tensor import Tensor

__all__ = ["flatten", "flatten_func"]


@surface
def flatten(value: Any) -> tuple[Any, Callable[[Any], Any]]:
    """One vector of all elements of a container, and the function that makes the container of a
    vector again.

    Parameters
    ----------
    value : nested tuples, lists and dicts of tensors, arrays and numbers
        The keys of a dict can be sorted, and are.

    Returns
    -------
    vector : ndarray, or Tensor where one of the leaves is one
    unflatten : callable
        Of a vector of as many elements.

    Raises
    ------
    ShapeError
        A vector of another length is unflattened.

    See Also
    --------
    https://github.com/HIPS/autograd; `jitgrad.tree.ravel`, for containers of any kind.

    Examples
    --------
    >>> from jitgrad.misc import flatten
    >>> vector, unflatten = flatten({"w": np.array([[1.0, 2.0]]), "b": 3.0})
    >>> vector
    array([3., 1., 2.])
    >>> unflatten(vector + 1)
    {'w': array([[2., 3.]]), 'b': np.float64(4.0)}
    """
    leaves = [*_leaves(value)]
    shapes = [np.shape(x) for x in leaves]
    sizes = [int(np.prod(shape)) for shape in shapes]
    tensors = any([isinstance(x, Tensor) for x in leaves])
    parts: list[Any] = [(as_operand if tensors else np.asarray)(x).reshape(-1) for x in leaves]
    vector = (NAMES["concatenate"] if tensors else np.concatenate)(parts) if parts else np.zeros(0)

    @surface
    def unflatten(vector: Any) -> Any:
        if np.shape(vector) != (sum(sizes),):
            raise ShapeError(
                f"got a vector of shape {np.shape(vector)}, expected ({sum(sizes)},): as many "
                "elements as the container has"
            )
        found, start = [], 0
        for shape, size in zip(shapes, sizes, strict=True):
            found.append(vector[start : start + size].reshape(shape) if shape else vector[start])
            start += size
        return _rebuilt(value, iter(found))

    return vector, unflatten


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        value = [value[key] for key in sorted(value)]
    if not isinstance(value, (tuple, list)):
        yield value
        return
    for item in value:
        yield from _leaves(item)


def _rebuilt(value: Any, leaves: Iterator[Any]) -> Any:
    """A container like `value` of other leaves."""
    if isinstance(value, dict):
        found = {key: _rebuilt(value[key], leaves) for key in sorted(value)}
        return type(value)((key, found[key]) for key in value)
    if not isinstance(value, (tuple, list)):
        return next(leaves)
    items = [_rebuilt(item, leaves) for item in value]
    return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)


@surface
def flatten_func(
    f: Callable[..., Any], example: Any
) -> tuple[Callable[..., Any], Callable[[Any], Any], Any]:
    """A function of containers as one of vectors: ``(function, unflatten, vector)``, where `vector`
    is that of `example`, and `unflatten` makes containers like it.

    Examples
    --------
    >>> from jitgrad.misc.flatten import flatten_func
    >>> function, unflatten, vector = flatten_func(lambda p: {"out": 2 * p["x"]}, {"x": 3.0})
    >>> vector, function(vector)
    (array([3.]), array([6.]))
    """
    vector, unflatten = flatten(example)

    @surface
    def function(vector: Any, *args: Any) -> Any:
        return flatten(f(unflatten(vector), *args))[0]

    return function, unflatten, vector

"""`jitgrad.tree`: containers of tensors, as arguments and results of functions have them.

    >>> params = {"w": np.ones((2, 3)), "b": [0.5, None]}
    >>> jitgrad.tree.map(lambda p: p * 2, params)["b"]
    [1.0, None]
    >>> vector, unravel = jitgrad.tree.ravel(params)
    >>> vector.shape, unravel(vector)["w"].shape
    ((7,), (2, 3))

Tuples, lists, dicts, named tuples, dataclasses, None and classes of one's own (`register`) are
containers, nested as deep as one likes; all else is a leaf. A dict has the order of its keys.
"""

import math as _math
import sys as _sys
from collections.abc import Callable as _Callable
from collections.abc import Iterable as _Iterable
from collections.abc import Sequence as _Sequence
from typing import Any as _Any
from typing import TypeVar as _TypeVar

import numpy as _np

from .base import tree as _containers
from .base.errors import ArgumentError as _ArgumentError
from .base.errors import ShapeError as _ShapeError
from .base.missing import missing as _missing
from .base.surface import surface as _surface
from .frontend.convert import as_operand as _as_operand
from .frontend.creation import zeros as _zeros
from .frontend.functions import NAMES as _NAMES
from .frontend.tensor import Tensor as _Tensor

__all__ = ["Structure", "flatten", "leaves", "map", "ravel", "register", "structure", "unflatten"]

_T = _TypeVar("_T", bound=type)
_IsLeaf = _Callable[[_Any], bool] | None
Structure = _containers.Structure


@_surface
def leaves(tree: _Any, is_leaf: _IsLeaf = None) -> list[_Any]:
    """The leaves of a container, in order.

    Parameters
    ----------
    tree : any container, or a leaf
    is_leaf : callable, optional
        Whether a container is to count as a leaf; None counts as one if it says so.

    Examples
    --------
    >>> jitgrad.tree.leaves({"a": 1.0, "b": (2.0, None, [3.0])})
    [1.0, 2.0, 3.0]
    """
    return _containers.structured(tree, is_leaf)[0]


@_surface
def structure(tree: _Any, is_leaf: _IsLeaf = None) -> Structure:
    """What is left of a container without its leaves; equal for containers that are alike.

    Parameters
    ----------
    tree, is_leaf
        As in `leaves`.

    Examples
    --------
    >>> jitgrad.tree.structure({"a": 1.0, "b": (2.0, None)})
    Structure({'a': *, 'b': (*, None)})
    """
    return _containers.structured(tree, is_leaf)[1]


@_surface
def flatten(tree: _Any, is_leaf: _IsLeaf = None) -> tuple[list[_Any], Structure]:
    """``(leaves(tree), structure(tree))``.

    Parameters
    ----------
    tree, is_leaf
        As in `leaves`.

    Examples
    --------
    >>> jitgrad.tree.flatten([1.0, {"a": 2.0}])
    ([1.0, 2.0], Structure([*, {'a': *}]))
    """
    return _containers.structured(tree, is_leaf)


@_surface
def unflatten(structure: Structure, leaves: _Iterable[_Any]) -> _Any:
    """The container of a structure with these leaves.

    Parameters
    ----------
    structure : Structure
    leaves : iterable
        As many as the structure has.

    Raises
    ------
    ArgumentError
        There are too few leaves, or too many.

    Examples
    --------
    >>> jitgrad.tree.unflatten(jitgrad.tree.structure({"a": 0, "b": (0, 0)}), [1, 2, 3])
    {'a': 1, 'b': (2, 3)}
    """
    if not isinstance(structure, Structure):
        raise _ArgumentError(
            f"got a structure of type {type(structure).__name__}, expected what "
            "jitgrad.tree.structure gives; pass it first, and the leaves second"
        )
    return structure.unflatten(leaves)


@_surface
def map(f: _Callable[..., _Any], tree: _Any, *rest: _Any, is_leaf: _IsLeaf = None) -> _Any:
    """A container like `tree`, with ``f(leaf, *others)`` in the place of each leaf.

    Parameters
    ----------
    f : callable
    tree : any container, or a leaf
    *rest
        Containers that have something in the place of each leaf of `tree`: a leaf, or a container.
    is_leaf : callable, optional
        As in `leaves`.

    Raises
    ------
    ArgumentError
        A container of `rest` is unlike `tree`.

    Examples
    --------
    >>> params, grads = {"w": 1.0, "b": (2.0,)}, {"b": (10.0,), "w": 20.0}
    >>> jitgrad.tree.map(lambda p, g: p - 0.1 * g, params, grads)
    {'w': -1.0, 'b': (1.0,)}
    """
    return _containers.mapped(f, tree, rest, is_leaf)


@_surface
def ravel(tree: _Any) -> tuple[_Tensor, _Callable[[_Any], _Any]]:
    """One vector of all elements, and the function that makes the container of a vector again.

    Parameters
    ----------
    tree : any container, or a leaf
        The leaves are tensors, arrays and numbers.

    Returns
    -------
    vector : Tensor
        Of the dtype that the leaves have together; part of the graph of those that require grad.
    unravel : callable
        ``unravel(vector)`` is the container, of tensors where the vector is one and of NumPy arrays
        where that is one, each with the shape and the dtype of its leaf.

    See Also
    --------
    https://docs.jax.dev/en/latest/_autosummary/jax.flatten_util.ravel_pytree.html

    Examples
    --------
    >>> vector, unravel = jitgrad.tree.ravel({"w": np.array([[1.0, 2.0]]), "b": 3.0})
    >>> vector
    tensor([1., 2., 3.])
    >>> unravel(np.array([4.0, 5.0, 6.0]))
    {'w': array([[4., 5.]]), 'b': np.float64(6.0)}
    """
    found, how = _containers.structured(tree)
    parts = [_as_operand(leaf) for leaf in found]
    kinds = [(t.shape, t.dtype) for t in parts]
    total = sum(_math.prod(shape) for shape, _ in kinds)
    vector = _NAMES["concatenate"]([t.reshape((-1,)) for t in parts]) if parts else _zeros((0,))
    same = {dtype for _, dtype in kinds} == {vector.dtype}

    @_surface
    def unravel(vector: _Any) -> _Any:
        if not isinstance(vector, (_Tensor, _np.ndarray)):
            vector = _as_operand(vector)
        if vector.shape != (total,):
            raise _ShapeError(f"got a vector of shape {vector.shape}, expected ({total},)")
        out, start = [], 0
        for shape, dtype in kinds:
            size = _math.prod(shape)
            part = vector[start : start + size].reshape(shape) if shape else vector[start]
            out.append(part if same or part.dtype == dtype else part.astype(dtype))
            start += size
        return how.unflatten(out)

    return vector, unravel


@_surface
def register(
    cls: _T,
    flatten: _Callable[[_Any], tuple[_Sequence[_Any], _Any]],
    unflatten: _Callable[[_Any, _Sequence[_Any]], _Any],
) -> _T:
    """Makes the objects of a class containers, for all transforms.

    Parameters
    ----------
    cls : type
        Of no subclasses: each is registered itself.
    flatten : callable
        ``flatten(x)`` gives ``(parts, rest)``: what may hold leaves, and all else, which is
        compared by ``==``.
    unflatten : callable
        ``unflatten(rest, parts)`` makes an object.

    Returns
    -------
    type
        `cls`.

    Examples
    --------
    >>> class Line:
    ...     def __init__(self, slope, offset, label):
    ...         self.slope, self.offset, self.label = slope, offset, label
    >>> _ = jitgrad.tree.register(
    ...     Line,
    ...     lambda x: ((x.slope, x.offset), x.label),
    ...     lambda label, parts: Line(*parts, label),
    ... )
    >>> jitgrad.tree.leaves(Line(1.0, 2.0, "a"))
    [1.0, 2.0]
    """
    if not isinstance(cls, type) or issubclass(cls, _Tensor):
        raise _ArgumentError(f"got {cls!r} to register, expected a class of one's own")
    if not callable(flatten) or not callable(unflatten):
        raise _ArgumentError(
            "got no functions to register a class with, expected flatten(x) -> (parts, rest) and "
            "unflatten(rest, parts)"
        )
    return _containers.register(cls, flatten, unflatten)


def __getattr__(name: str) -> _Any:
    raise _missing("jitgrad.tree", name, _sys.modules[__name__])


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})

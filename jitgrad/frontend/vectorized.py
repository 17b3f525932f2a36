"""`jitgrad.vectorize`: functions of numbers as elementwise operations with derivatives.

What it makes is a ufunc of numba's, of a class that knows tensors; the entry that calls of tensors
record is made from the Python function (`loops.by_element`). Ufuncs of `numba.vectorize` get theirs
when they meet a tensor. Start at `vectorize`.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from ..base.errors import ArgumentError, JitgradError
from ..base.surface import trimmed
from ..loops.by_element import as_called, pointwise
from ..ops.promotion import ufunc_dtypes
from ..runtime.numba import ufuncs
from ..tape.symbols import SymbolicScalar
from .convert import as_operand
from .functions import make
from .tensor import Tensor


def vectorize(function: Any = None, /, *, identity: Any = None, **options: Any) -> Any:
    """Makes a function of numbers an elementwise operation, as `numba.vectorize`, with derivatives.

    Its loops, branches and calls of other functions are differentiated as they stand, for partial
    derivatives of any order. On tensors it is an operation like those of jitgrad: it broadcasts,
    and its emitted source becomes part of the kernels that it is fused into. On arrays and numbers,
    and in functions of numba's, it is a ufunc of numba's and nothing else.

    Parameters
    ----------
    function : callable
        A function made by ``def`` that takes numbers and returns one. Floats come in the dtype that
        the operands have together, which Python numbers join last; whole numbers come as they are.
    identity : int, optional
        That of `numba.vectorize`, for reductions of arrays.
    **options
        `cache` of `numba.vectorize`, and `fastmath`, which derivatives take as well.

    Returns
    -------
    callable
        A ufunc of numba's (`DUFunc`).

    Raises
    ------
    NotDifferentiable
        When it is called with tensors, and does what has no derivative; the text has the line.

    See Also
    --------
    https://numba.readthedocs.io/en/stable/user/vectorize.html

    Examples
    --------
    >>> @jitgrad.vectorize
    ... def kepler(m, e):
    ...     x = m
    ...     while abs(x - e * np.sin(x) - m) > 1e-13:
    ...         x -= (x - e * np.sin(x) - m) / (1 - e * np.cos(x))
    ...     return x
    >>> m = jitgrad.tensor([0.5, 1.0, 2.0], requires_grad=True)
    >>> y = kepler(m, 0.3)
    >>> y.sum().backward()
    >>> np.allclose(m.grad.numpy(), 1 / (1 - 0.3 * np.cos(y.detach().numpy())))
    True
    """
    if function is None:
        return functools.partial(vectorize, identity=identity, **options)
    if not inspect.isfunction(getattr(function, "py_func", function)):
        raise ArgumentError(
            f"got {function!r} for vectorize, expected a function made by def; give signatures to "
            "numba.vectorize, whose functions take tensors as well"
        )
    out = ufuncs.vectorized(function, identity, options)
    out.on_tensors = _OnTensors(out)
    return out


class _OnTensors:
    """What calls of a ufunc with tensors are: `entry` and its `function`, made once."""

    def __init__(self, ufunc: Any) -> None:
        self.ufunc = ufunc

    def has(self, args: tuple[Any, ...]) -> bool:
        """Whether an argument is a tensor."""
        return any([type(x) is Tensor or isinstance(x, Tensor) for x in args])

    @functools.cached_property
    def function(self) -> Callable[..., Any]:
        return make(self.entry)

    @functools.cached_property
    def entry(self) -> Any:
        function, options, frozen = ufuncs.parts_of(self.ufunc)
        names = tuple(inspect.signature(function).parameters)
        rule = ufunc_dtypes(frozen).of if frozen is not None else as_called
        return pointwise(function, options, names, rule)

    def __call__(self, *args: Any) -> Any:
        try:
            if len(args) != self.entry.operands:
                raise ArgumentError(
                    f"got {len(args)} operands for {self.entry.name}, expected "
                    f"{self.entry.operands}: {', '.join(self.entry.names.args)}"
                )
            return self.function(*map(_whole, args))
        except JitgradError as error:
            raise trimmed(error)  # noqa: B904 - its context is the user's own


def _whole(x: Any) -> Any:
    """An operand; Python's whole numbers stay whole, since the function may count with them."""
    if type(x) is SymbolicScalar and x.kind is int:
        x = x.concrete_value()
    return as_operand(np.asarray(x)) if type(x) is int or type(x) is bool else x


_OF_NUMBA: dict[Any, _OnTensors] = {}


def of_ufunc(ufunc: Any) -> Any:
    """What calls of a ufunc of numba's with tensors are; None for other ufuncs."""
    if not ufuncs.is_ufunc(ufunc):
        return None
    if ufunc not in _OF_NUMBA:
        _OF_NUMBA[ufunc] = _OnTensors(ufunc)
    return _OF_NUMBA[ufunc]

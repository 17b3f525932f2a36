"""The values of tensors as Python and NumPy have them: `ConcreteValues`, the part of `Tensor` that
materialises.

Each method here runs what is pending (`materialise`); what would lose a gradient in
silence goes through `jitgrad.frontend.implicit`. Start at `ConcreteValues`.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np

from ..base.dtypes import is_inexact
from ..base.errors import ArgumentError, DTypeError, GradientError, IndexOutOfRange, JitgradError
from ..base.surface import surfaces, trimmed
from ..tape.handles import Handle
from ..tape.record import concrete_value, materialise
from ..tape.segment import active_traces, local
from .implicit import ARRAY, NUMBER, check

#: Decimals of floats in text, as in PyTorch, where NumPy's print options have the precision that is
#: NumPy's default.
DIGITS, NUMPY_DIGITS = 4, 8


class ConcreteValues(Handle):
    """What a tensor tells of its values: numbers, truth, arrays, lists, iteration and text."""

    __slots__ = ()

    def numpy(self) -> np.ndarray:
        """The values as a NumPy array that cannot be written to, and that later writes to the
        tensor do not change.

        It shares memory with the values of the tensor, which a recorded program may still need;
        where it is to be written to (``g /= 2``), take a copy.

        Examples
        --------
        >>> g = jitgrad.ones(2).numpy().copy()
        >>> g /= 2
        """
        if self.requires_grad:
            raise GradientError(
                "got .numpy() of a tensor that requires grad, expected one that does not: an "
                "array has no gradient; "
                "functions of jitgrad, jitgrad.numpy and NumPy take the tensor itself and keep "
                "it; where no gradient "
                "is wanted, use .detach().numpy()"
            )
        return self._array()

    def _array(self) -> np.ndarray:
        value = materialise(self) if not active_traces else concrete_value(self)
        shape = self._state.shape
        if not shape:
            out = np.asarray(value, self.dtype)
        else:
            owner = value.base if isinstance(value.base, np.ndarray) else value
            owner.setflags(False)  # type: ignore[call-arg]  # write=False: its views cannot be made so again
            out = value.reshape(shape)
            out = out.view() if out is value else out
        out.setflags(False)  # type: ignore[call-arg]  # by position: quicker
        return out

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        check(self, ARRAY)
        out = self._array()
        if dtype is not None and np.dtype(dtype) != out.dtype:
            return out.astype(dtype)
        return out.copy() if copy else out

    def item(self, *index: Any) -> Any:
        """The one element as a Python number; of several, the one that an index names, as NumPy's
        method takes it."""
        try:
            if index:
                return self._element(index)
            shape = self._state.shape
            if shape and prod(shape) != 1:
                raise ArgumentError(
                    f"got item() of a tensor of shape {shape}, expected one element; "
                    "name it by an index, as in x.item(3) or x.item(1, 0), or use .tolist()"
                )
            value = materialise(self) if not active_traces else concrete_value(self)
            return value[0].item() if shape else value
        except JitgradError as error:
            raise trimmed(error)  # noqa: B904 - its context is the user's own

    def _element(self, index: tuple[Any, ...]) -> Any:
        try:
            return self._array().item(*index)
        except (IndexError, ValueError, TypeError, OverflowError) as error:
            raise IndexOutOfRange(
                f"got item{index} of a tensor of shape {self.shape}: {error}"
            ) from None

    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers."""
        return self._array().tolist()

    def _number(self, kind: type) -> Any:
        shape = self._state.shape
        if shape and self.size != 1:
            raise ArgumentError(
                f"got {kind.__name__}() of a tensor of shape {self.shape}, expected one element; "
                "name it by an index"
            )
        if self._state.requires_grad or self._x is not None:  # a view may be stale
            check(self, NUMBER)
        value = materialise(self) if not active_traces else concrete_value(self)
        value = value[0] if shape else value
        if kind is not complex and self.dtype.kind == "c":
            raise DTypeError(
                f"got {kind.__name__}() of a tensor of dtype {self.dtype}, expected a real number; "
                "take .real, .imag or .abs(), or complex() of it"
            )
        return kind(value)

    def __bool__(self) -> bool:
        try:
            shape = self._state.shape
            if shape and prod(shape) != 1:
                raise ArgumentError(
                    f"got the truth value of a tensor of shape {shape}, which is ambiguous; use "
                    ".any() or .all()"
                )
            value = materialise(self) if not active_traces else concrete_value(self)
            return bool(value[0] if shape else value)
        except JitgradError as error:
            raise trimmed(error)  # noqa: B904 - its context is the user's own

    def __float__(self) -> float:
        return self._number(float)

    def __int__(self) -> int:
        return self._number(int)

    def __complex__(self) -> complex:
        return self._number(complex)

    def __index__(self) -> int:
        if self.dtype.kind not in "iu" or self.shape:
            raise DTypeError(
                f"got a tensor of dtype {self.dtype} and shape {self.shape} as an index, expected "
                "a 0-d integer"
            )
        return concrete_value(self)

    def __iter__(self: Any) -> Iterator[Any]:
        if not self.shape:
            raise ArgumentError(
                "got iteration over a 0-d tensor, expected at least one dimension; use .item()"
            )
        return (self[i] for i in range(self.shape[0]))

    def __contains__(self, value: object) -> bool:
        found = self == value
        return bool(found.any()) if isinstance(found, Handle) else bool(found)

    def __repr__(self) -> str:
        trace = local.seg.tracing if active_traces else None
        if trace is not None and not trace.knows(self):
            return f"tensor(<traced by {trace.by}>, shape={self.shape}, dtype={self.dtype})"
        digits = (
            DIGITS
            if is_inexact(self.dtype) and np.get_printoptions()["precision"] == NUMPY_DIGITS
            else None
        )
        body = np.array2string(self._array(), separator=", ", prefix="tensor(", precision=digits)
        if not self.size and self.shape != (0,):
            body += f", shape={self.shape}"
        if self.dtype not in (np.float64, np.int64, np.bool_):
            body += f", dtype={self.dtype}"
        if self.requires_grad:
            body += ", requires_grad=True" if self.is_leaf else f", grad_fn={self.grad_fn}"
        return f"tensor({body})"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        if spec and self.shape:
            raise ArgumentError(
                f"got the format {spec!r} for a tensor of shape {self.shape}, expected one of no "
                "dimensions; "
                "format its elements, or print it under numpy.printoptions"
            )
        return format(self.item(), spec) if spec else str(self)


surfaces(ConcreteValues, but=("item", "__bool__"))

"""`Tensor`: the class users hold. Gradients, indexing and writes; operations are installed from the
catalogue.

The mechanics (pending values, views, rebinding) are in `jitgrad.tape.handles`; what Python and
NumPy get of the values is in `jitgrad.frontend.values`, copies are in `jitgrad.frontend.copies`.
Start at `Tensor`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from math import prod
from sys import _getframe
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.dtypes import as_dtype, is_inexact
from ..base.errors import (
    AliasError,
    ArgumentError,
    DTypeError,
    GradientError,
    GradientWarning,
    JitgradError,
    MissingError,
    ShapeError,
)
from ..base.surface import surfaces, trimmed
from ..tape import handles as tape
from ..tape import views
from ..tape.backward import AccumulateGrad
from ..tape.handles import adopt, extra, from_value
from ..tape.record import materialise, refresh, rooted
from ..tape.segment import active_traces, in_mode, local
from . import subscript
from .convert import DEVICES, as_flag, as_operand, check_device, from_data, written
from .convert import cast as cast_to
from .copies import Copies
from .gradients import backward_from, hook_after, hook_on, retain
from .values import ConcreteValues

if TYPE_CHECKING:
    import builtins

    from .grad_functions import GradFn
    from .gradients import HookHandle


class Tensor(ConcreteValues, Copies):
    """An array with a gradient: eager to use, recorded as it goes, computed when a value is needed.

    Made by `jitgrad.tensor` and the creation functions. Operators, NumPy functions and methods
    record; ``print``, ``float``, ``bool``, ``.numpy()`` and the like run what was recorded.

    Slices and rows are views, an element ``x[i]`` is a value, as in NumPy: ``x[i] += v`` writes to
    `x`, ``x[i].add_(v)`` raises. Methods with NumPy's names do what NumPy's do (``x.sort()`` is in
    place); those ending in ``_`` are PyTorch's, and write in place.

    Examples
    --------
    >>> jitgrad.tensor([1.0, 2.0], requires_grad=True).sum()
    tensor(3., grad_fn=<SumBackward>)
    """

    __slots__ = ()
    __array_priority__ = 1000

    # --- what it is -------------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of the axes, as a tuple."""
        return self._state.shape

    @shape.setter
    def shape(self, shape: Any) -> None:
        raise MissingError(
            f"got x.shape = {shape!r:.100}, which cannot be written; write x = "
            f"x.reshape({shape!r:.100})"
        )

    @property
    def dtype(self) -> np.dtype:
        """The NumPy dtype of the elements."""
        return self._state.dtype

    @dtype.setter
    def dtype(self, dtype: Any) -> None:
        raise MissingError(
            f"got x.dtype = {dtype!r:.100}, which cannot be written; write x = x.astype(dtype)"
        )

    @property
    def ndim(self) -> builtins.int:
        """The number of dimensions."""
        return len(self._state.shape)

    @property
    def size(self) -> builtins.int:
        """The number of elements."""
        return prod(self._state.shape)

    @property
    def itemsize(self) -> builtins.int:
        """The bytes of one element."""
        return self.dtype.itemsize

    @property
    def nbytes(self) -> builtins.int:
        """The bytes of all elements."""
        return self.size * self.dtype.itemsize

    @property
    def device(self) -> str:
        """Where the values are: always "cpu"."""
        return "cpu"

    def numel(self) -> builtins.int:
        """The number of elements."""
        return self.size

    def dim(self) -> builtins.int:
        """The number of dimensions."""
        return self.ndim

    def __len__(self) -> builtins.int:
        if not self.shape:
            raise ArgumentError(
                "got len() of a 0-d tensor, expected at least one dimension; use .size"
            )
        return self.shape[0]

    def explain(self) -> Any:
        """What computes the value, kernel by kernel; it is materialised for that.
        See `jitgrad.explain`.

        Examples
        --------
        >>> (jitgrad.ones(1000) * 2.0).explain().kernels[0].operations
        ('multiply',)
        """
        from ..diagnostics.explain import explained

        return explained(self, (), {}, _getframe(1).f_globals)

    def __divmod__(self, other: Any) -> tuple[Tensor, Tensor]:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> tuple[Tensor, Tensor]:
        return other // self, other % self

    # --- gradients --------------------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        """Whether gradients go to this tensor, or through it."""
        if self._x is not None and self._x.stale:
            refresh(self)
        return self._state.requires_grad

    @requires_grad.setter
    def requires_grad(self, value: Any) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, value: builtins.bool = True) -> Tensor:
        """Makes this a leaf whose gradient is collected in `.grad` (or not any more)."""
        value = as_flag(value, "requires_grad")
        if value == self.requires_grad:
            return self
        if not value:
            if not self.is_leaf:
                raise GradientError(
                    "got requires_grad_(False) on a result of operations; use .detach()"
                )
            materialise(self)
            adopt(self, from_value(self._value, self.shape, self.dtype, None))
            return self
        if not is_inexact(self.dtype):
            raise DTypeError(
                f"got requires_grad for dtype {self.dtype}, expected a float or complex dtype; "
                "convert with .double() first"
            )
        if self._value is None:
            adopt(self, rooted(self, AccumulateGrad(self)))
        else:
            adopt(self, from_value(self._value, self.shape, self.dtype, AccumulateGrad(self)))
        return self

    @property
    def is_leaf(self) -> builtins.bool:
        """Whether no operation that has a gradient made this tensor, so that `.grad` is collected
        here."""
        if active_traces and local.seg.tracing is not None:
            local.seg.tracing.asks_leaf(self)
        return not self.requires_grad or type(self._edge) is AccumulateGrad

    @property
    def grad(self) -> Any:
        """The gradient collected so far, or None."""
        if active_traces and local.seg.tracing is not None:
            local.seg.tracing.touch_grad(self)
        x = self._x
        if x is not None and x.grad is not None:
            return x.grad
        if self._state.requires_grad and type(self._edge) is not AccumulateGrad:
            _warn_of_no_leaf(self)
        return None

    @grad.setter
    def grad(self, value: Any) -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                raise ArgumentError(
                    f"got .grad of type {type(value).__name__}, expected a Tensor or None; use "
                    "jitgrad.tensor(value)"
                )
            if value.shape != self.shape:
                raise ShapeError(
                    f"got .grad of shape {value.shape}, expected the tensor's {self.shape}"
                )
            if value.dtype != self.dtype:
                raise DTypeError(
                    f"got .grad of {value.dtype}, expected the tensor's {self.dtype}; convert it "
                    "with .astype"
                )
        if active_traces and local.seg.tracing is not None:
            local.seg.tracing.touch_grad(self)
        if value is not None or self._x is not None:
            extra(self).grad = value

    @property
    def grad_fn(self) -> GradFn | None:
        """What computed this tensor: its ``name()``, and the ``next_functions`` that its gradients
        go to; None for leaves."""
        if self.is_leaf:
            return None
        from .grad_functions import grad_fn_of  # which few programs ask for

        return grad_fn_of(self)

    def backward(
        self,
        gradient: Any = None,
        retain_graph: builtins.bool | None = None,
        create_graph: builtins.bool = False,
        inputs: Any = None,
    ) -> None:
        """Adds the gradient of this tensor to the `.grad` of the leaves it was computed from.

        Parameters
        ----------
        gradient : array_like, optional
            The cotangent, of this tensor's shape; 1 for a tensor of one element.
        retain_graph : bool, optional
            Keep what a second call through the same graph needs. `create_graph` by default.
        create_graph : bool
            Record the backward itself, so that gradients have gradients.
        inputs : sequence of Tensor, optional
            Collect in these only.

        Raises
        ------
        GradientError
            Nothing requires grad, no cotangent for a tensor of several elements, or the graph was
            freed.
        """
        try:
            backward_from(self, gradient, retain_graph, create_graph, inputs)
        except JitgradError as error:
            raise trimmed(error)  # noqa: B904 - its context is the user's own

    def detach(self) -> Tensor:
        """The same values, through which no gradient goes; shares writes with this tensor."""
        return views.detached(self)

    def detach_(self) -> Tensor:
        """Cuts this tensor off from the graph it was computed in."""
        if active_traces and local.seg.tracing is not None:
            local.seg.tracing.detaches(self)
        adopt(self, views.detaching()(self))
        return self

    def retain_grad(self) -> None:
        """Collect the gradient of this result of operations in `.grad`, too."""
        if not self.requires_grad:
            raise GradientError("got retain_grad() on a tensor that does not require grad")
        if not self.is_leaf and not self.retains_grad:
            retain(self)

    @property
    def retains_grad(self) -> builtins.bool:
        """Whether `retain_grad` was called on this result of operations."""
        return self._x is not None and self._x.retains is not None

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> HookHandle:
        """Calls ``hook(grad)`` when the gradient is computed; what it returns replaces it, unless
        that is None."""
        if not self.requires_grad:
            raise GradientError(
                "got register_hook() on a tensor that does not require grad; call "
                "requires_grad_() first"
            )
        return hook_on(self, hook)

    def register_post_accumulate_grad_hook(self, hook: Callable[[Tensor], None]) -> HookHandle:
        """Calls ``hook(x)`` with this leaf `x` each time that a gradient was added to its `.grad`,
        as to make a step of an optimiser and let go of the gradient.

        Examples
        --------
        >>> x = jitgrad.tensor([1.0, 2.0], requires_grad=True)
        >>> handle = x.register_post_accumulate_grad_hook(lambda x: print(x.grad))
        >>> x.sum().backward()
        tensor([1., 1.])
        """
        if not self.requires_grad:
            raise GradientError(
                "got register_post_accumulate_grad_hook() on a tensor that does not require grad; "
                "call requires_grad_() first"
            )
        if not self.is_leaf:
            raise GradientError(
                "got register_post_accumulate_grad_hook() on a result of operations, expected a "
                "leaf, whose gradient is accumulated; use register_hook()"
            )
        return hook_after(self, hook)

    @property
    def data(self) -> Tensor:
        """The same values, through which no gradient goes, as `detach`; a tensor that is assigned
        becomes the value of this one, which stays what it is in the graph."""
        return views.detached(self)

    @data.setter
    def data(self, value: Any) -> None:
        if not isinstance(value, Tensor) or value.dtype != self.dtype:
            got = value.dtype if isinstance(value, Tensor) else type(value).__name__
            raise DTypeError(f"got x.data = something of {got}, expected a tensor of {self.dtype}")
        in_mode(False, self._write, value, False)

    def is_inference(self) -> builtins.bool:
        """False: there are no tensors that only `inference_mode` knows."""
        return False

    def zero_(self) -> Tensor:
        """Sets every element to 0."""
        return self.fill_(0)

    def fill_(self, value: Any) -> Tensor:
        """Sets every element to a value."""
        return self.copy_(value)

    fill = fill_

    # --- copies and casts -------------------------------------------------------------------------

    def astype(self, dtype: Any, copy: builtins.bool = True) -> Tensor:
        """The values in another dtype."""
        dtype = as_dtype(dtype)
        if dtype != self.dtype:
            return cast_to(self, dtype)
        return self.clone() if copy else self

    def to(self, dtype: Any) -> Tensor:
        """The values in another dtype; the tensor itself where it has that dtype, or for "cpu", the
        only device."""
        if type(dtype) is str and dtype.split(":")[0] in DEVICES:
            return self.to_device(dtype)
        return self if as_dtype(dtype) == self.dtype else self.astype(dtype)

    def to_device(self, device: Any, /, *, stream: None = None) -> Tensor:
        """The tensor itself, for "cpu", the only device; a method of the array API standard."""
        check_device(device)
        if stream is not None:
            raise ArgumentError(
                f"got stream={stream!r}, expected None: the CPU has no streams; leave it out"
            )
        return self

    def type(self, dtype: Any) -> Tensor:
        """As `to`."""
        return self.to(dtype)

    def double(self) -> Tensor:
        """As float64."""
        return self.to(np.float64)

    def float(self) -> Tensor:
        """As float32, as in PyTorch."""
        return self.to(np.float32)

    def long(self) -> Tensor:
        """As int64."""
        return self.to(np.int64)

    def int(self) -> Tensor:
        """As int32, as in PyTorch."""
        return self.to(np.int32)

    def bool(self) -> Tensor:
        """As bool."""
        return self.to(np.bool_)

    def contiguous(self) -> Tensor:
        """The tensor itself: its elements are in order as far as one can see."""
        return self

    def cpu(self) -> Tensor:
        """The tensor itself: there is no other device."""
        return self

    # --- shapes and indices beside the catalogue's ------------------------------------------------

    def reshape_as(self, other: Any) -> Tensor:
        """The same elements in the shape of another tensor."""
        return self.reshape(as_operand(other).shape)

    def nonzero(self) -> tuple[Tensor, ...]:
        """The indices of the elements that are not 0: one tensor per dimension, as in NumPy, and no
        gradient."""
        if not self.shape:
            raise ArgumentError(
                "got nonzero() of a 0-d tensor, expected at least one dimension; use bool(x)"
            )
        return tuple(from_data(index, None) for index in self._array().nonzero())

    # --- indexing ---------------------------------------------------------------------------------

    def __getitem__(self, index: Any) -> Tensor:
        try:
            if type(index) is int:
                return subscript.row(self, index)
            return subscript.get(self, index)
        except JitgradError as error:
            raise trimmed(error)  # noqa: B904

    def __setitem__(self, index: Any, value: Any) -> None:
        try:
            if self._x is not None and self._x.element:
                refuse_element(self, "item assignment")
            _check_writable(self)
            value = written(value, self._state.dtype)
            if not active_traces:
                subscript.assign(self, index, value)
                return
            part, new = subscript.assigned(self, index, value)
            if part is not None:
                part._write(new, cast=True)
        except JitgradError as error:
            raise trimmed(error)  # noqa: B904

    # --- writes -----------------------------------------------------------------------------------

    def _write(self, value: Tensor, cast: builtins.bool) -> None:
        """Rebinds this tensor, and what it views, to `value`."""
        _check_writable(self)
        got, own = value._state, self._state
        if got.shape != own.shape:
            raise ShapeError(
                f"got a result of shape {got.shape} to write in place to a tensor of shape "
                f"{own.shape}, "
                "expected the same shape; write x = x + y instead"
            )
        if got.dtype != own.dtype:
            if not cast and not np.can_cast(got.dtype, own.dtype, "same_kind"):
                raise DTypeError(
                    f"got a {got.dtype} result to write in place to a {own.dtype} tensor; convert "
                    "with .astype first"
                )
            value = cast_to(value, own.dtype)
        views.write(self, value)
        if self._x is not None and self._x.element:
            tape.own(self)

    def copy_(self, value: Any) -> Tensor:
        """Writes `value`, broadcast and cast, into this tensor."""
        refuse_element(self, "a write")
        _check_writable(self)
        self._write(subscript.fit(written(value, self.dtype), self.shape, self.dtype), cast=True)
        return self


def refuse_element(t: Any, what: str) -> None:
    """Raises for ``x[i]``, and what is a view of it: `what` is meant for `x`, which it would not
    reach."""
    while t is not None and t._x is not None:
        if t._x.element:
            raise AliasError(
                f"got {what} to an element x[i], which is a value and no view, so that x would "
                "stay as it is; write "
                "x[i] = value or x[i] += value, or name a part of x that is a view, as x[i:i+1]"
            )
        t = t._x.parent


def _warn_of_no_leaf(t: Any) -> None:
    if t.is_leaf or t.retains_grad:
        return
    warnings.warn(
        "got .grad of a result of operations, which is collected at leaves alone; call "
        ".retain_grad() on it before the backward, or take the .grad of the leaf",
        GradientWarning,
        stacklevel=3,
    )


def _check_writable(t: Any) -> None:
    if active_traces and local.seg.tracing is not None:
        local.seg.tracing.writes(t)
    if local.seg.state.grad and (t._x is not None or t._state.requires_grad):
        _check_grad(t)


def _check_grad(t: Any) -> None:
    """Raises an error where a write to `t` would cut a leaf off from its gradient."""
    what, grad_off = "a leaf tensor", False
    while t is not None:
        x = t._x
        if (t._state.requires_grad if x is None or not x.stale else t.requires_grad) and (
            t.is_leaf or grad_off
        ):
            if grad_off:
                raise AliasError(
                    "got a write, with gradients on, to a view made under jitgrad.no_grad() of a "
                    "tensor that requires "
                    "grad, which would cut that off from its gradient; make the view and write to "
                    "it in the same mode"
                )
            raise AliasError(
                f"got a write to {what} that requires grad; write to it under jitgrad.no_grad(), "
                "or to x.clone()"
            )
        if x is None or x.parent is None or x.form.cuts:
            return
        t, what, grad_off = x.parent, "a view of a leaf tensor", not x.form.grad


surfaces(Tensor, but=("__getitem__", "__setitem__", "backward", "explain"))
tape.Classes.tensor = Tensor

"""What the methods of `Generator` have in common: parameters, shapes, and how a draw becomes a
tensor.

Numbers are drawn by the method of `numpy.random.Generator` of that name, so that they are NumPy's.
With tensors as parameters, standard numbers are drawn, and a formula of operations makes of them
what NumPy's method would; gradients go through it (`Draws.located`). Start there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..base.dtypes import as_dtype
from ..base.errors import GradientError, ShapeError
from ..frontend.convert import as_leaf, as_operand, by_value
from ..frontend.creation import by_numpy, shape_from
from ..frontend.functions import FUNCTIONS
from ..frontend.stream import Stream
from ..frontend.tensor import Tensor
from ..ir.shapes import broadcast_shapes
from ..tape.segment import active_traces, local
from ..tape.symbols import SymbolicScalar

exp, expm1, power, sqrt, where = (
    FUNCTIONS[name] for name in ("exp", "expm1", "power", "sqrt", "where")
)
FITTING = "parameters that NumPy's method of this name takes"


def _shape(x: Any) -> tuple[int, ...]:
    return x.shape if isinstance(x, Tensor) else () if is_number(x) else np.shape(x)


def is_number(x: Any) -> bool:
    """Whether `x` is a number, also one of a trace."""
    return isinstance(x, (int, float, SymbolicScalar))


class Draws:
    """A stream of random numbers as tensors."""

    _stream: Stream

    # --- parameters -------------------------------------------------------------------------------

    def is_symbolic(self, parameters: Sequence[Any]) -> bool:
        """Whether a draw is a formula of these: of tensors, or of what only a later call knows."""
        traced = bool(active_traces) and local.seg.tracing is not None
        return any(
            isinstance(x, (Tensor, SymbolicScalar)) or (traced and isinstance(x, np.ndarray))
            for x in parameters
        )

    def value_of(self, name: str, parameter: str, x: Any) -> Any:
        """The value of a parameter to which no gradient goes."""
        if not isinstance(x, Tensor):
            return by_value(x.concrete_value() if isinstance(x, SymbolicScalar) else x)
        if x.requires_grad:
            raise GradientError(
                f"got {name}() with a {parameter} that requires grad, to which no gradient goes: "
                f"a draw is no smooth formula of it; pass {parameter}.detach()"
            )
        return x.numpy() if x.shape else x.item()

    def shape_of(self, *parameters: Any) -> tuple[int, ...]:
        """The shape that parameters have together."""
        return broadcast_shapes(*map(_shape, parameters))

    # --- draws ------------------------------------------------------------------------------------

    def standard(
        self,
        name: str,
        parameters: tuple[Any, ...],
        size: Any,
        dtype: Any,
        requires_grad: bool,
        more: Mapping[str, Any] | None = None,
    ) -> Any:
        """A draw of a method that takes a dtype."""
        size = None if size is None else shape_from(size)
        given = {"dtype": as_dtype(dtype), **(more or {})}

        def draw(rng: np.random.Generator) -> Any:
            method = getattr(rng, name)
            return by_numpy(name, method, *parameters, size, expected=FITTING, **given)

        return self._stream.drawn(draw, None, requires_grad)

    def valued(
        self,
        name: str,
        parameters: Mapping[str, Any],
        size: Any,
        dtype: Any,
        requires_grad: bool = False,
        more: Mapping[str, Any] | None = None,
    ) -> Any:
        """A draw of NumPy's method for the values of the parameters."""
        size = None if size is None else shape_from(size)
        given = {n: self.value_of(name, n, x) for n, x in parameters.items()}

        def draw(rng: np.random.Generator) -> Any:
            method = getattr(rng, name)
            return by_numpy(name, method, expected=FITTING, **given, size=size, **(more or {}))

        return self._stream.drawn(draw, dtype, requires_grad)

    def located(
        self,
        name: str,
        parameters: tuple[Any, ...],
        size: Any,
        draw: Callable[[np.random.Generator, tuple[int, ...]], Any],
        formula: Callable[..., Any],
        dtype: Any,
        requires_grad: bool,
    ) -> Any:
        """A draw that is a formula of standard numbers and of the parameters.

        Parameters
        ----------
        name : str
            NumPy's method, which draws where no parameter is a tensor.
        draw : callable
            ``draw(rng, shape)`` -> the standard numbers.
        formula : callable
            ``formula(z, *parameters)`` -> what the method gives.
        """
        if not self.is_symbolic(parameters):
            size = None if size is None else shape_from(size)

            def directly(rng: np.random.Generator) -> Any:
                return by_numpy(name, getattr(rng, name), *parameters, size, expected=FITTING)

            return self._stream.drawn(directly, dtype, requires_grad)
        given = [x if is_number(x) else as_operand(x) for x in parameters]
        together = self.shape_of(*given)
        shape = together if size is None else shape_from(size)
        if broadcast_shapes(together, shape) != shape:
            raise ShapeError(
                f"got parameters of {name}() of shape {together} for size={shape}, expected a "
                "shape that broadcasts to it"
            )
        z = self._stream.drawn(lambda rng: draw(rng, shape), None, False)
        return self.finished(formula(z, *given), dtype, requires_grad)

    def finished(self, out: Any, dtype: Any, requires_grad: bool) -> Any:
        """A result of the dtype that was asked for; a leaf, if that was."""
        out = out if dtype is None else out.to(dtype)
        return as_leaf(out, requires_grad)

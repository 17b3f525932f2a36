"""What JAX does for functions of its arrays on arrays: values, cotangents, and functions that give
cotangents. Start at `JaxLibrary`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..base.dtypes import as_dtype
from ..base.errors import DTypeError
from ..base.packages import library
from ..ops.host import Aval
from .incoming import KeptCall, Library, Listed

#: Dtypes that JAX has only where it is told to, and what it takes in their place else.
WIDE = {
    "float64": "float32",
    "int64": "int32",
    "uint64": "uint32",
    "complex128": "complex64",
}


class JaxLibrary(Library):
    """JAX."""

    name = "jax"

    def __init__(self) -> None:
        self.jax = library("jax", "jitgrad.interop.jax")

    def is_array(self, x: Any) -> bool:
        return isinstance(x, self.jax.Array)

    def check_dtype(self, dtype: Any, what: str) -> None:
        """Raises for a dtype that JAX would make a smaller one of."""
        if np.dtype(dtype).name in WIDE and not self.jax.config.jax_enable_x64:
            raise DTypeError(
                f"got {what} of dtype {dtype}, which JAX would make {WIDE[np.dtype(dtype).name]}; "
                'switch on jax.config.update("jax_enable_x64", True), or convert it by .astype'
            )

    def given(self, x: Any, what: str = "an argument") -> Any:
        """A JAX array of a copy of an array."""
        x = np.asarray(x)
        self.check_dtype(x.dtype, what)
        return self.jax.numpy.array(x)

    def array(self, x: Any) -> np.ndarray:
        out = np.asarray(x)
        as_dtype(out.dtype)
        return out

    # ------------------------------------------------------------------ calls

    def values(self, function: Listed, arrays: Sequence[Any]) -> list:
        return [self.array(x) for x in function([self.given(x) for x in arrays])]

    def keep(self, function: Listed, arrays: Sequence[Any], led: Sequence[int]) -> tuple[list, Any]:
        of, order = self._by(function, [self.given(x) for x in arrays], led)
        smooth, back, others = self.jax.vjp(of, *[self.given(arrays[k]) for k in led], has_aux=True)
        values, rest = iter(smooth), iter(others)
        out = [self.array(next(values) if s else next(rest)) for s in order]
        like = [(x.shape, x.dtype) for x in smooth]

        def pull(gs: Sequence[Any], wanted: Sequence[int], there: Sequence[bool]) -> list:
            given = [self.given(g, "a cotangent") for g in gs]
            found = dict(zip(led, back(self._filled(given, like, there)), strict=True))
            return [self.array(found[k]) for k in wanted]

        return out, KeptCall(pull)

    def pulled(self, function: Listed, led: Sequence[int], there: Sequence[bool]) -> Listed:
        count = sum(there)

        def cotangents(arguments: list) -> list:
            n = len(arguments) - count
            xs, gs = arguments[:n], arguments[n:]
            of, _ = self._by(function, xs, led)
            smooth, back, _ = self.jax.vjp(of, *[xs[k] for k in led], has_aux=True)
            like = [(x.shape, x.dtype) for x in smooth]
            return list(back(self._filled(gs, like, there)))

        return cotangents

    def shapes(self, function: Listed, avals: Sequence[Aval]) -> list[Aval]:
        for _, dtype in avals:
            self.check_dtype(dtype, "an argument")
        given = [self.jax.ShapeDtypeStruct(shape, dtype) for shape, dtype in avals]
        return [(tuple(x.shape), as_dtype(x.dtype)) for x in self.jax.eval_shape(function, given)]

    # ------------------------------------------------------------------ gradients

    def _by(
        self, function: Listed, xs: Sequence[Any], led: Sequence[int]
    ) -> tuple[Callable[..., tuple[list, list]], list[bool]]:
        """The function of the arguments `led` alone, which gives the float results and the others;
        and a list that then says of each result which it is."""
        order: list[bool] = []

        def of(*varied: Any) -> tuple[list, list]:
            given = list(xs)
            for k, x in zip(led, varied, strict=True):
                given[k] = x
            out = function(given)
            order[:] = [self.jax.numpy.issubdtype(x.dtype, np.inexact) for x in out]
            if any(x.dtype.kind == "c" for x in (*varied, *out)):
                raise DTypeError(
                    "got a gradient by complex numbers through a JAX function, whose convention is "
                    "the conjugate of jitgrad's; pass real and imaginary parts"
                )
            return (
                [x for x, smooth in zip(out, order, strict=True) if smooth],
                [x for x, smooth in zip(out, order, strict=True) if not smooth],
            )

        return of, order

    def _filled(self, gs: Sequence[Any], like: Sequence[Aval], there: Sequence[bool]) -> list:
        """The cotangents of all float results, zeros for those that are not `there`."""
        values, zeros = iter(gs), self.jax.numpy.zeros
        return [
            next(values) if h else zeros(shape, dtype)
            for h, (shape, dtype) in zip(there, like, strict=True)
        ]

"""What continuous and discrete distributions have in common: location and scale, values outside of
the support, parameters by place or by name, and moments.

Outside of the support a formula is given a place inside, so that its derivative there is no nan,
and what comes of it is not chosen: densities are 0 there, and so are slopes. Parameters for which
there is no such distribution give nan, as in SciPy. Start at `Distribution`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from ...base.errors import MissingError
from ...base.surface import surface
from ...frontend.creation import full
from ...frontend.tensor import Tensor
from ..special.catalogue import op
from .standard import INF, Formula, Frozen, Standard, is_number, operand, parameters_of, together


class Distribution:
    """What continuous and discrete distributions have in common."""

    #: Parameters behind the shapes, with their defaults.
    last: ClassVar[dict[str, float]] = {}

    def __init__(self, name: str, shapes: tuple[str, ...], standard: Standard, doc: str) -> None:
        self.name, self.standard = name, standard
        self.shapes = ", ".join(shapes) or None
        self._count, self._names = len(shapes), (*shapes, *self.last)
        self.__doc__ = doc

    def __repr__(self) -> str:
        return f"<jitgrad.scipy.stats.{self.name}>"

    @surface
    def __call__(self, *args: Any, **kwds: Any) -> Frozen:
        """The distribution with these parameters.

        Parameters
        ----------
        *args, **kwds
            The parameters, by place or by name.

        Returns
        -------
        Frozen

        Examples
        --------
        >>> jitgrad.scipy.stats.norm(1.0, 2.0).mean()
        tensor(1.)
        """
        self._parameters(args, kwds)  # raises
        return Frozen(self, args, kwds)

    def freeze(self, *args: Any, **kwds: Any) -> Frozen:
        """The same as a call."""
        return self(*args, **kwds)

    def _parameters(self, args: tuple, kwds: dict[str, Any]) -> list[Any]:
        return parameters_of(self.name, self._names, self.last, args, kwds)

    def _split(self, parameters: list[Any]) -> tuple[list[Any], Any, Any]:
        """(shapes, location, scale)."""
        shapes, rest = parameters[: self._count], parameters[self._count :]
        return shapes, rest[0], rest[1] if len(rest) > 1 else 1

    def _valid(self, shapes: Sequence[Any], scale: Any) -> Any:
        """Whether there is such a distribution: a tensor, or Python's True."""
        ok = True if is_number(scale) and scale > 0 else scale > 0
        if self.standard.valid is not None:
            found = self.standard.valid(*shapes)
            ok = found if ok is True else found & ok
        return ok

    def _given(self, x: Any, args: tuple, kwds: dict[str, Any]) -> tuple[Any, list[Any], Any, Any]:
        """(place, shapes, location, scale): the shapes as tensors."""
        shapes, loc, scale = self._split(self._parameters(args, kwds))
        loc, scale = operand(loc), operand(scale)
        x, *shapes = together(x, *shapes)
        return x, shapes, loc, scale

    def _place(self, x: Any, loc: Any, scale: Any) -> Any:
        """The place in the standard form."""
        x = x if is_number(loc) and loc == 0 else x - loc
        return x if is_number(scale) and scale == 1 else x / scale

    @staticmethod
    def _less_log(out: Any, scale: Any, sign: float) -> Any:
        """`out` and the logarithm of the scale with this sign."""
        if is_number(scale):
            return out if scale == 1 or scale <= 0 else out + sign * math.log(scale)
        return out + sign * op.log(scale)

    def _back(self, y: Any, loc: Any, scale: Any) -> Any:
        y = y if is_number(scale) and scale == 1 else y * scale
        return y if is_number(loc) and loc == 0 else y + loc

    def _masked(
        self,
        formula: Formula,
        y: Any,
        shapes: list[Any],
        outside: tuple[float, float],
        closed: bool,
        ok: Any,
        within: Any = True,
    ) -> Any:
        """`formula` within the support; below and above it the two numbers `outside`."""
        s = self.standard
        low, high = s.end("low", shapes), s.end("high", shapes)
        unbounded = is_number(low) and low == -INF and is_number(high) and high == INF
        if unbounded and within is True:
            out = self._finite(formula, y, shapes) if closed else formula(y, *shapes)
        else:
            inside = self._above(y, low, closed) & self._above(-y, -high, closed)
            inside = inside if within is True else inside & within
            out = formula(op.where(inside, y, s.end("inside", shapes)), *shapes)
            left, right = outside
            edge = left if left == right else op.where(y > low, right, left)
            out = op.where(inside, out, edge)
            ok = ~op.isnan(y) if ok is True else ok & ~op.isnan(y)
        return out if ok is True else op.where(ok, out, math.nan)

    @staticmethod
    def _above(y: Any, low: Any, closed: bool) -> Any:
        """Whether `y` is within an end of the support, which infinity is not."""
        return y >= low if closed and not (is_number(low) and low == -INF) else y > low

    def _finite(self, formula: Formula, y: Any, shapes: list[Any]) -> Any:
        """A logarithm of densities: at infinity terms may be of opposite signs."""
        infinite = op.isinf(y)
        place = op.where(infinite, self.standard.end("inside", shapes), y)
        return op.where(infinite, -INF, formula(place, *shapes))

    def _formula(self, what: str) -> Any:
        formula = getattr(self.standard, what)
        if formula is None:
            raise MissingError(
                f"jitgrad.scipy.stats.{self.name} has no {what!r}; use scipy.stats.{self.name} on "
                "values",
                name=what,
                obj=self,
            )
        return formula

    def _moment(self, what: str, args: tuple, kwds: dict[str, Any]) -> tuple[Any, Any, Any]:
        """(a moment of the standard form, location, scale)."""
        formula = self._formula(what)
        shapes, loc, scale = self._split(self._parameters(args, kwds))
        loc, scale = operand(loc), operand(scale)
        shapes = together(*shapes)
        dtype = np.result_type(
            *[v.dtype for v in (*shapes, loc, scale) if isinstance(v, Tensor)] or [np.dtype(float)]
        )
        out = formula(*shapes) if shapes else full((), formula(), dtype)
        ok = self._valid(shapes, scale)
        return out if ok is True else op.where(ok, out, math.nan), loc, scale

    @surface
    def mean(self, *args: Any, **kwds: Any) -> Any:
        """The mean.

        Parameters
        ----------
        *args, **kwds
            The parameters, by place or by name.

        Returns
        -------
        Tensor
            Of the shape that the parameters have together.

        Examples
        --------
        >>> jitgrad.scipy.stats.gamma.mean(2.0, scale=3.0)
        tensor(6.)
        """
        return self._back(*self._moment("mean", args, kwds))

    @surface
    def var(self, *args: Any, **kwds: Any) -> Any:
        """The variance.

        Parameters
        ----------
        *args, **kwds
            The parameters, by place or by name.

        Returns
        -------
        Tensor
            Of the shape that the parameters have together.

        Examples
        --------
        >>> jitgrad.scipy.stats.gamma.var(2.0, scale=3.0)
        tensor(18.)
        """
        out, _, scale = self._moment("var", args, kwds)
        return self._back(out, 0, scale * scale)

    def std(self, *args: Any, **kwds: Any) -> Any:
        """The standard deviation.

        Parameters
        ----------
        *args, **kwds
            The parameters, by place or by name.

        Returns
        -------
        Tensor
            Of the shape that the parameters have together.

        Examples
        --------
        >>> jitgrad.scipy.stats.expon.std(scale=3.0)
        tensor(3.)
        """
        return op.sqrt(self.var(*args, **kwds))

    @surface
    def entropy(self, *args: Any, **kwds: Any) -> Any:
        """The differential entropy, or that of a discrete distribution, in nats.

        Parameters
        ----------
        *args, **kwds
            The parameters, by place or by name.

        Returns
        -------
        Tensor
            Of the shape that the parameters have together.

        Examples
        --------
        >>> jitgrad.scipy.stats.norm.entropy(scale=2.0)
        tensor(2.1121)
        """
        out, _, scale = self._moment("entropy", args, kwds)
        return self._less_log(out, scale, 1.0)

    def support(self, *args: Any, **kwds: Any) -> tuple[Any, Any]:
        """The ends of the support.

        Parameters
        ----------
        *args, **kwds
            The parameters, by place or by name.

        Returns
        -------
        tuple
            Of two numbers or tensors.

        Examples
        --------
        >>> jitgrad.scipy.stats.uniform.support(1.0, 2.0)
        (1.0, 3.0)
        """
        shapes, loc, scale = self._split(self._parameters(args, kwds))
        shapes, loc, scale = together(*shapes), operand(loc), operand(scale)
        low, high = (self.standard.end(which, shapes) for which in ("low", "high"))
        return low * scale + loc, high * scale + loc

"""Continuous distributions: SciPy's methods of a `Standard`. Start at
`ContinuousDistribution.logpdf`."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from ...base.surface import surface
from ...frontend.tensor import Tensor
from ..special.catalogue import op
from .distribution import Distribution
from .standard import INF, generator_of, is_number, method, operand, together

_NORM = "jitgrad.scipy.stats.norm."


class ContinuousDistribution(Distribution):
    """A continuous distribution, with the methods of `scipy.stats.rv_continuous`."""

    last: ClassVar = {"loc": 0, "scale": 1}

    @method(
        "continuous", "The logarithm of the density.", (f"{_NORM}logpdf(0.0)", "tensor(-0.9189)")
    )
    def logpdf(self, x: Any, *args: Any, **kwds: Any) -> Any:
        x, shapes, loc, scale = self._given(x, args, kwds)
        y, ok = self._place(x, loc, scale), self._valid(shapes, scale)
        out = self._masked(self.standard.log_density, y, shapes, (-INF, -INF), True, ok)
        return self._less_log(out, scale, -1.0)

    @method("continuous", "The density.", (f"{_NORM}pdf(0.0)", "tensor(0.3989)"))
    def pdf(self, x: Any, *args: Any, **kwds: Any) -> Any:
        return op.exp(self.logpdf(x, *args, **kwds))

    def _function(
        self, what: str, x: Any, args: tuple, kwds: dict[str, Any], ends: tuple[float, float]
    ) -> Any:
        x, shapes, loc, scale = self._given(x, args, kwds)
        y, ok = self._place(x, loc, scale), self._valid(shapes, scale)
        return self._masked(self._formula(what), y, shapes, ends, False, ok)

    @method("continuous", "The distribution function.", (f"{_NORM}cdf(0.0)", "tensor(0.5)"))
    def cdf(self, x: Any, *args: Any, **kwds: Any) -> Any:
        return self._function("cdf", x, args, kwds, (0.0, 1.0))

    @method(
        "continuous",
        "The survival function, 1 - cdf, accurate where that is small.",
        (f"{_NORM}sf(10.0)", "tensor(7.6199e-24)"),
    )
    def sf(self, x: Any, *args: Any, **kwds: Any) -> Any:
        return self._function("sf", x, args, kwds, (1.0, 0.0))

    @method(
        "continuous",
        "The logarithm of the distribution function.",
        (f"{_NORM}logcdf(-40.0)", "tensor(-804.6084)"),
    )
    def logcdf(self, x: Any, *args: Any, **kwds: Any) -> Any:
        return self._function("logcdf", x, args, kwds, (-INF, 0.0))

    @method(
        "continuous",
        "The logarithm of the survival function.",
        (f"{_NORM}logsf(40.0)", "tensor(-804.6084)"),
    )
    def logsf(self, x: Any, *args: Any, **kwds: Any) -> Any:
        return self._function("logsf", x, args, kwds, (0.0, -INF))

    def _end(self, which: str, shapes: list[Any], loc: Any, scale: Any) -> Any:
        """An end of the support; an infinite one has no slope."""
        end = self.standard.end(which, shapes)
        if is_number(end):
            return self._back(end, loc, scale) if math.isfinite(end) else end
        finite = op.isfinite(end)
        return op.where(finite, self._back(op.where(finite, end, 0.0), loc, scale), end)

    def _inverse(
        self, what: str, q: Any, args: tuple, kwds: dict[str, Any], ends: tuple[str, str]
    ) -> Any:
        q, shapes, loc, scale = self._given(q, args, kwds)
        ok, inside = self._valid(shapes, scale), (q > 0) & (q < 1)
        formula = self._formula(what)
        out = self._back(formula(op.where(inside, q, 0.5), *shapes), loc, scale)
        at_0, at_1 = (self._end(end, shapes, loc, scale) for end in ends)
        edge = op.where(q == 0, at_0, op.where(q == 1, at_1, math.nan))
        out = op.where(inside, out, edge)
        return out if ok is True else op.where(ok, out, math.nan)

    @method(
        "continuous",
        "The inverse of the distribution function.",
        (f"{_NORM}ppf(0.975)", "tensor(1.96)"),
        "q",
    )
    def ppf(self, q: Any, *args: Any, **kwds: Any) -> Any:
        return self._inverse("ppf", q, args, kwds, ("low", "high"))

    @method(
        "continuous",
        "The inverse of the survival function.",
        (f"{_NORM}isf(0.025)", "tensor(1.96)"),
        "q",
    )
    def isf(self, q: Any, *args: Any, **kwds: Any) -> Any:
        return self._inverse("isf", q, args, kwds, ("high", "low"))

    def median(self, *args: Any, **kwds: Any) -> Any:
        """The median.

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
        >>> jitgrad.scipy.stats.expon.median()
        tensor(0.6931)
        """
        return self.ppf(0.5, *args, **kwds)

    def interval(self, confidence: Any, *args: Any, **kwds: Any) -> tuple[Any, Any]:
        """The ends of the interval about the median that has this probability.

        Parameters
        ----------
        confidence : array_like
            The probability.
        *args, **kwds
            The parameters, by place or by name.

        Returns
        -------
        tuple of Tensor

        Examples
        --------
        >>> jitgrad.scipy.stats.norm.interval(0.95)
        (tensor(-1.96), tensor(1.96))
        """
        rest = (1.0 - operand(confidence)) * 0.5
        return self.ppf(rest, *args, **kwds), self.isf(rest, *args, **kwds)

    @surface
    def rvs(self, *args: Any, size: Any = None, random_state: Any = None, **kwds: Any) -> Any:
        """Random numbers, as smooth functions of the parameters: gradients go to all of them.

        Standard draws are located and scaled; a distribution with shape parameters is drawn from
        by the inverse of its distribution function.

        Parameters
        ----------
        *args, **kwds
            The parameters, by place or by name.
        size : int or tuple of int, optional
            The shape; that of the parameters together by default.
        random_state : int or jitgrad.random.Generator, optional
            A seed, or the generator; that of `jitgrad.random` by default. SciPy draws other
            numbers for the same seed.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> scale = jitgrad.tensor(2.0, requires_grad=True)
        >>> jitgrad.scipy.stats.norm.rvs(scale=scale, size=3, random_state=0).sum().backward()
        >>> scale.grad
        tensor(0.634)
        """
        shapes, loc, scale = self._split(self._parameters(args, kwds))
        loc, scale, shapes = operand(loc), operand(scale), together(*shapes)
        tensors = [v for v in (*shapes, loc, scale) if isinstance(v, Tensor)]
        shape = np.broadcast_shapes(*[v.shape for v in tensors]) if size is None else size
        generator, standard = generator_of(random_state), self.standard
        if standard.draw is not None:
            out = standard.draw(generator, shape)
        else:
            out = self._formula("ppf")(generator.random(shape), *shapes)
        if tensors and all(v.dtype == np.float32 for v in tensors):
            out = out.to(np.float32)
        out, ok = self._back(out, loc, scale), self._valid(shapes, scale)
        return out if ok is True else op.where(ok, out, math.nan)

"""Distributions of whole numbers: SciPy's methods of a `Standard`. Start at
`DiscreteDistribution.logpmf`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar

from ...base.surface import surface
from ..special.catalogue import op
from .distribution import Distribution
from .standard import INF, Standard, generator_of, method

_POISSON = "jitgrad.scipy.stats.poisson."


class DiscreteDistribution(Distribution):
    """A distribution of whole numbers, with the methods of `scipy.stats.rv_discrete`."""

    last: ClassVar = {"loc": 0}

    def __init__(
        self,
        name: str,
        shapes: tuple[str, ...],
        standard: Standard,
        doc: str,
        draw: Callable[..., Any],
    ) -> None:
        super().__init__(name, shapes, standard, doc)
        self._draw = draw

    @method(
        "discrete",
        "The logarithm of the probability.",
        (f"{_POISSON}logpmf(2, 3.0)", "tensor(-1.4959)"),
        "k",
    )
    def logpmf(self, k: Any, *args: Any, **kwds: Any) -> Any:
        k, shapes, loc, _ = self._given(k, args, kwds)
        y = self._place(k, loc, 1)
        whole = op.floor(y) == y
        ok = self._valid(shapes, 1)
        return self._masked(self.standard.log_density, y, shapes, (-INF, -INF), True, ok, whole)

    @method("discrete", "The probability.", (f"{_POISSON}pmf(2, 3.0)", "tensor(0.224)"), "k")
    def pmf(self, k: Any, *args: Any, **kwds: Any) -> Any:
        return op.exp(self.logpmf(k, *args, **kwds))

    def _function(
        self, what: str, k: Any, args: tuple, kwds: dict[str, Any], ends: tuple[float, float]
    ) -> Any:
        k, shapes, loc, _ = self._given(k, args, kwds)
        y = op.floor(self._place(k, loc, 1))
        s, ok = self.standard, self._valid(shapes, 1)
        inside = (y >= s.end("low", shapes)) & (y < s.end("high", shapes))
        safe = op.where(inside, y, s.end("inside", shapes))
        out = getattr(s, what)(safe, *shapes)
        out = op.where(inside, out, op.where(y >= s.end("low", shapes), ends[1], ends[0]))
        nan = ~op.isnan(y)
        return op.where(nan if ok is True else ok & nan, out, math.nan)

    @method(
        "discrete",
        "The distribution function.",
        (f"{_POISSON}cdf(2, 3.0)", "tensor(0.4232)"),
        "k",
    )
    def cdf(self, k: Any, *args: Any, **kwds: Any) -> Any:
        return self._function("cdf", k, args, kwds, (0.0, 1.0))

    @method(
        "discrete",
        "The survival function, 1 - cdf, accurate where that is small.",
        (f"{_POISSON}sf(2, 3.0)", "tensor(0.5768)"),
        "k",
    )
    def sf(self, k: Any, *args: Any, **kwds: Any) -> Any:
        return self._function("sf", k, args, kwds, (1.0, 0.0))

    @method(
        "discrete",
        "The logarithm of the distribution function.",
        (f"{_POISSON}logcdf(2, 3.0)", "tensor(-0.8599)"),
        "k",
    )
    def logcdf(self, k: Any, *args: Any, **kwds: Any) -> Any:
        return self._function("logcdf", k, args, kwds, (-INF, 0.0))

    @method(
        "discrete",
        "The logarithm of the survival function.",
        (f"{_POISSON}logsf(2, 3.0)", "tensor(-0.5502)"),
        "k",
    )
    def logsf(self, k: Any, *args: Any, **kwds: Any) -> Any:
        return self._function("logsf", k, args, kwds, (0.0, -INF))

    @surface
    def rvs(self, *args: Any, size: Any = None, random_state: Any = None, **kwds: Any) -> Any:
        """Random whole numbers. They are no smooth functions of the parameters: no gradient goes
        to these.

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
            Of int64.

        Examples
        --------
        >>> jitgrad.scipy.stats.poisson.rvs(3.0, size=2, random_state=0).dtype
        dtype('int64')
        """
        shapes, loc, _ = self._split(self._parameters(args, kwds))
        return self._back(self._draw(generator_of(random_state), *shapes, size), loc, 1)

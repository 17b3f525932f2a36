"""Discrete distributions, and those of several numbers at once: methods of `Generator`, with
NumPy's names, parameters and values.

No gradient goes to their parameters, which may not require grad. Start at `Discrete.integers`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .draws import Draws


class Discrete(Draws):
    """The discrete distributions."""

    def integers(
        self,
        low: Any,
        high: Any = None,
        size: Any = None,
        dtype: Any = np.int64,
        endpoint: bool = False,
    ) -> Any:
        """Uniform integers in [low, high), or in [0, low).

        Parameters
        ----------
        low, high : int or array_like
            The bounds.
        size : int or tuple of int, optional
            The shape; that of the bounds together by default.
        dtype : dtype
            Of the result.
        endpoint : bool
            Whether `high` may be drawn.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> jitgrad.random.default_rng(0).integers(10, size=3)
        tensor([8, 6, 5])
        """
        given = {"low": low, "high": high}
        return self.valued(
            "integers", given, size, None, more={"dtype": dtype, "endpoint": endpoint}
        )

    def binomial(self, n: Any, p: Any, size: Any = None, *, dtype: Any = None) -> Any:
        """How many of `n` trials succeed.

        Parameters
        ----------
        n : float or array_like
            How often it is tried. It may not require grad.
        p : float or array_like
            The probability of success. It may not require grad.
        size : int or tuple of int, optional
            The shape; that of the parameters together by default.
        dtype : dtype, optional
            Of the result.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> jitgrad.random.default_rng(0).binomial(10, 0.5, size=3).shape
        (3,)
        """
        return self.valued("binomial", {"n": n, "p": p}, size, dtype)

    def negative_binomial(self, n: Any, p: Any, size: Any = None, *, dtype: Any = None) -> Any:
        """How many trials fail before `n` have succeeded.

        Parameters
        ----------
        n : float or array_like
            Successes that are waited for. It may not require grad.
        p : float or array_like
            The probability of success. It may not require grad.
        size : int or tuple of int, optional
            The shape; that of the parameters together by default.
        dtype : dtype, optional
            Of the result.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> jitgrad.random.default_rng(0).negative_binomial(3, 0.5, size=3).shape
        (3,)
        """
        return self.valued("negative_binomial", {"n": n, "p": p}, size, dtype)

    def geometric(self, p: Any, size: Any = None, *, dtype: Any = None) -> Any:
        """How many trials there are until one succeeds.

        Parameters
        ----------
        p : float or array_like
            The probability of success. It may not require grad.
        size : int or tuple of int, optional
            The shape; that of the parameters together by default.
        dtype : dtype, optional
            Of the result.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> jitgrad.random.default_rng(0).geometric(0.5, size=3).shape
        (3,)
        """
        return self.valued("geometric", {"p": p}, size, dtype)

    def hypergeometric(
        self, ngood: Any, nbad: Any, nsample: Any, size: Any = None, *, dtype: Any = None
    ) -> Any:
        """How many good ones are in a sample.

        Parameters
        ----------
        ngood : float or array_like
            Good ones. It may not require grad.
        nbad : float or array_like
            Bad ones. It may not require grad.
        nsample : float or array_like
            How many are taken. It may not require grad.
        size : int or tuple of int, optional
            The shape; that of the parameters together by default.
        dtype : dtype, optional
            Of the result.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> jitgrad.random.default_rng(0).hypergeometric(3, 4, 5, size=3).shape
        (3,)
        """
        return self.valued(
            "hypergeometric", {"ngood": ngood, "nbad": nbad, "nsample": nsample}, size, dtype
        )

    def logseries(self, p: Any, size: Any = None, *, dtype: Any = None) -> Any:
        """Values of the logarithmic distribution.

        Parameters
        ----------
        p : float or array_like
            The parameter, in [0, 1). It may not require grad.
        size : int or tuple of int, optional
            The shape; that of the parameters together by default.
        dtype : dtype, optional
            Of the result.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> jitgrad.random.default_rng(0).logseries(0.5, size=3).shape
        (3,)
        """
        return self.valued("logseries", {"p": p}, size, dtype)

    def poisson(self, lam: Any = 1.0, size: Any = None, *, dtype: Any = None) -> Any:
        """Values of Poisson's distribution.

        Parameters
        ----------
        lam : float or array_like
            The mean, at least 0. It may not require grad.
        size : int or tuple of int, optional
            The shape; that of the parameters together by default.
        dtype : dtype, optional
            Of the result.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> jitgrad.random.default_rng(0).poisson(3.0, size=3).shape
        (3,)
        """
        return self.valued("poisson", {"lam": lam}, size, dtype)

    def zipf(self, a: Any, size: Any = None, *, dtype: Any = None) -> Any:
        """Values of Zipf's distribution.

        Parameters
        ----------
        a : float or array_like
            The exponent, above 1. It may not require grad.
        size : int or tuple of int, optional
            The shape; that of the parameters together by default.
        dtype : dtype, optional
            Of the result.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> jitgrad.random.default_rng(0).zipf(2.0, size=3).shape
        (3,)
        """
        return self.valued("zipf", {"a": a}, size, dtype)

    def multinomial(self, n: Any, pvals: Any, size: Any = None, *, dtype: Any = None) -> Any:
        """How often each outcome comes, on a new last axis.

        Parameters
        ----------
        n : float or array_like
            How often it is tried. It may not require grad.
        pvals : float or array_like
            The probabilities of the outcomes. It may not require grad.
        size : int or tuple of int, optional
            The shape; that of the parameters together by default.
        dtype : dtype, optional
            Of the result.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> jitgrad.random.default_rng(0).multinomial(10, [0.25, 0.75], size=3).shape
        (3, 2)
        """
        return self.valued("multinomial", {"n": n, "pvals": pvals}, size, dtype)

    def multivariate_hypergeometric(
        self,
        colors: Any,
        nsample: Any,
        size: Any = None,
        method: str = "marginals",
        *,
        dtype: Any = None,
    ) -> Any:
        """How many of each colour are in a sample, on a new last axis.

        Parameters
        ----------
        colors : sequence of int
            How many there are of each colour.
        nsample : int
            How many are taken.
        size : int or tuple of int, optional
            The shape of what is drawn, before the axis of the colours.
        method : str
            "marginals" or "count": how it is done.
        dtype : dtype, optional
            Of the result.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> jitgrad.random.default_rng(0).multivariate_hypergeometric([3, 4], 5, size=3).shape
        (3, 2)
        """
        given = {"colors": colors, "nsample": nsample}
        more = {"method": method}
        return self.valued("multivariate_hypergeometric", given, size, dtype, more=more)

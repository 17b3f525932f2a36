"""Distributions whose draws are smooth formulas of a standard draw and of parameters, to which
gradients go: methods of `Generator`, with NumPy's names, parameters and values.

Start at `SmoothDraws.normal`; how a draw becomes a formula is in `Draws.located`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .draws import Draws, exp, expm1, power, sqrt, where


class SmoothDraws(Draws):
    """The distributions that gradients go through."""

    def normal(
        self,
        loc: Any = 0.0,
        scale: Any = 1.0,
        size: Any = None,
        *,
        dtype: Any = None,
        requires_grad: bool = False,
    ) -> Any:
        """Normal values.

        Parameters
        ----------
        loc : float or array_like
            The location; gradients go to it.
        scale : float or array_like
            The scale, at least 0; gradients go to it.
        size : int or tuple of int, optional
            The shape; that of the parameters together by default.
        dtype : dtype, optional
            Of the result.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> jitgrad.random.default_rng(0).normal(size=(2, 3)).shape
        (2, 3)
        """
        return self.located(
            "normal",
            (
                loc,
                scale,
            ),
            size,
            lambda rng, shape: rng.standard_normal(shape),
            lambda z, loc, scale: z * scale + loc,
            dtype,
            requires_grad,
        )

    def gumbel(
        self,
        loc: Any = 0.0,
        scale: Any = 1.0,
        size: Any = None,
        *,
        dtype: Any = None,
        requires_grad: bool = False,
    ) -> Any:
        """Values of Gumbel's distribution of largest values.

        Parameters
        ----------
        loc : float or array_like
            The location; gradients go to it.
        scale : float or array_like
            The scale, at least 0; gradients go to it.
        size : int or tuple of int, optional
            The shape; that of the parameters together by default.
        dtype : dtype, optional
            Of the result.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> jitgrad.random.default_rng(0).gumbel(size=(2, 3)).shape
        (2, 3)
        """
        return self.located(
            "gumbel",
            (
                loc,
                scale,
            ),
            size,
            lambda rng, shape: rng.gumbel(size=shape),
            lambda z, loc, scale: z * scale + loc,
            dtype,
            requires_grad,
        )

    def laplace(
        self,
        loc: Any = 0.0,
        scale: Any = 1.0,
        size: Any = None,
        *,
        dtype: Any = None,
        requires_grad: bool = False,
    ) -> Any:
        """Values of the double exponential distribution.

        Parameters
        ----------
        loc : float or array_like
            The location; gradients go to it.
        scale : float or array_like
            The scale, at least 0; gradients go to it.
        size : int or tuple of int, optional
            The shape; that of the parameters together by default.
        dtype : dtype, optional
            Of the result.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> jitgrad.random.default_rng(0).laplace(size=(2, 3)).shape
        (2, 3)
        """
        return self.located(
            "laplace",
            (
                loc,
                scale,
            ),
            size,
            lambda rng, shape: rng.laplace(size=shape),
            lambda z, loc, scale: z * scale + loc,
            dtype,
            requires_grad,
        )

    def logistic(
        self,
        loc: Any = 0.0,
        scale: Any = 1.0,
        size: Any = None,
        *,
        dtype: Any = None,
        requires_grad: bool = False,
    ) -> Any:
        """Values of the logistic distribution.

        Parameters
        ----------
        loc : float or array_like
            The location; gradients go to it.
        scale : float or array_like
            The scale, at least 0; gradients go to it.
        size : int or tuple of int, optional
            The shape; that of the parameters together by default.
        dtype : dtype, optional
            Of the result.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> jitgrad.random.default_rng(0).logistic(size=(2, 3)).shape
        (2, 3)
        """
        return self.located(
            "logistic",
            (
                loc,
                scale,
            ),
            size,
            lambda rng, shape: rng.logistic(size=shape),
            lambda z, loc, scale: z * scale + loc,
            dtype,
            requires_grad,
        )

    def lognormal(
        self,
        mean: Any = 0.0,
        sigma: Any = 1.0,
        size: Any = None,
        *,
        dtype: Any = None,
        requires_grad: bool = False,
    ) -> Any:
        """Values whose logarithm is normal.

        Parameters
        ----------
        mean : float or array_like
            The mean of the logarithm; gradients go to it.
        sigma : float or array_like
            Its standard deviation; gradients go to it.
        size : int or tuple of int, optional
            The shape; that of the parameters together by default.
        dtype : dtype, optional
            Of the result.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> jitgrad.random.default_rng(0).lognormal(size=(2, 3)).shape
        (2, 3)
        """
        return self.located(
            "lognormal",
            (
                mean,
                sigma,
            ),
            size,
            lambda rng, shape: rng.standard_normal(shape),
            lambda z, mean, sigma: exp(z * sigma + mean),
            dtype,
            requires_grad,
        )

    def uniform(
        self,
        low: Any = 0.0,
        high: Any = 1.0,
        size: Any = None,
        *,
        dtype: Any = None,
        requires_grad: bool = False,
    ) -> Any:
        """Uniform values in [low, high).

        Parameters
        ----------
        low : float or array_like
            The lower bound; gradients go to it.
        high : float or array_like
            The upper bound; gradients go to it.
        size : int or tuple of int, optional
            The shape; that of the parameters together by default.
        dtype : dtype, optional
            Of the result.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> jitgrad.random.default_rng(0).uniform(size=(2, 3)).shape
        (2, 3)
        """
        return self.located(
            "uniform",
            (
                low,
                high,
            ),
            size,
            lambda rng, shape: rng.random(shape),
            lambda z, low, high: z * (high - low) + low,
            dtype,
            requires_grad,
        )

    def exponential(
        self, scale: Any = 1.0, size: Any = None, *, dtype: Any = None, requires_grad: bool = False
    ) -> Any:
        """Values of the exponential distribution.

        Parameters
        ----------
        scale : float or array_like
            The scale, at least 0; gradients go to it.
        size : int or tuple of int, optional
            The shape; that of the parameters together by default.
        dtype : dtype, optional
            Of the result.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> jitgrad.random.default_rng(0).exponential(size=(2, 3)).shape
        (2, 3)
        """
        return self.located(
            "exponential",
            (scale,),
            size,
            lambda rng, shape: rng.standard_exponential(shape),
            lambda z, scale: z * scale,
            dtype,
            requires_grad,
        )

    def rayleigh(
        self, scale: Any = 1.0, size: Any = None, *, dtype: Any = None, requires_grad: bool = False
    ) -> Any:
        """Lengths of normal vectors in the plane.

        Parameters
        ----------
        scale : float or array_like
            The scale, at least 0; gradients go to it.
        size : int or tuple of int, optional
            The shape; that of the parameters together by default.
        dtype : dtype, optional
            Of the result.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> jitgrad.random.default_rng(0).rayleigh(size=(2, 3)).shape
        (2, 3)
        """
        return self.located(
            "rayleigh",
            (scale,),
            size,
            lambda rng, shape: rng.rayleigh(size=shape),
            lambda z, scale: z * scale,
            dtype,
            requires_grad,
        )

    def weibull(
        self, a: Any, size: Any = None, *, dtype: Any = None, requires_grad: bool = False
    ) -> Any:
        """Values of Weibull's distribution of scale 1.

        Parameters
        ----------
        a : float or array_like
            The exponent, above 0; gradients go to it.
        size : int or tuple of int, optional
            The shape; that of the parameters together by default.
        dtype : dtype, optional
            Of the result.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> jitgrad.random.default_rng(0).weibull(2.0, size=(2, 3)).shape
        (2, 3)
        """
        return self.located(
            "weibull",
            (a,),
            size,
            lambda rng, shape: rng.standard_exponential(shape),
            lambda z, a: power(z, 1.0 / a),
            dtype,
            requires_grad,
        )

    def pareto(
        self, a: Any, size: Any = None, *, dtype: Any = None, requires_grad: bool = False
    ) -> Any:
        """Values of the Lomax distribution, Pareto's shifted to 0.

        Parameters
        ----------
        a : float or array_like
            The exponent, above 0; gradients go to it.
        size : int or tuple of int, optional
            The shape; that of the parameters together by default.
        dtype : dtype, optional
            Of the result.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> jitgrad.random.default_rng(0).pareto(2.0, size=(2, 3)).shape
        (2, 3)
        """
        return self.located(
            "pareto",
            (a,),
            size,
            lambda rng, shape: rng.standard_exponential(shape),
            lambda z, a: expm1(z / a),
            dtype,
            requires_grad,
        )

    def power(
        self, a: Any, size: Any = None, *, dtype: Any = None, requires_grad: bool = False
    ) -> Any:
        """Values in [0, 1] with the density a * x ** (a - 1).

        Parameters
        ----------
        a : float or array_like
            The exponent, above 0; gradients go to it.
        size : int or tuple of int, optional
            The shape; that of the parameters together by default.
        dtype : dtype, optional
            Of the result.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> jitgrad.random.default_rng(0).power(2.0, size=(2, 3)).shape
        (2, 3)
        """
        return self.located(
            "power",
            (a,),
            size,
            lambda rng, shape: rng.standard_exponential(shape),
            lambda z, a: power(-expm1(-z), 1.0 / a),
            dtype,
            requires_grad,
        )

    def triangular(
        self,
        left: Any,
        mode: Any,
        right: Any,
        size: Any = None,
        *,
        dtype: Any = None,
        requires_grad: bool = False,
    ) -> Any:
        """Values of the triangular distribution.

        Parameters
        ----------
        left : float or array_like
            The lower bound; gradients go to it.
        mode : float or array_like
            Where the density is highest; gradients go to it.
        right : float or array_like
            The upper bound; gradients go to it.
        size : int or tuple of int, optional
            The shape; that of the parameters together by default.
        dtype : dtype, optional
            Of the result.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> jitgrad.random.default_rng(0).triangular(0.0, 1.0, 3.0, size=4).shape
        (4,)
        """
        return self.located(
            "triangular",
            (
                left,
                mode,
                right,
            ),
            size,
            lambda rng, shape: rng.random(shape),
            lambda z, left, mode, right: _triangle(z, left, mode, right),
            dtype,
            requires_grad,
        )

    def gamma(
        self,
        shape: Any,
        scale: Any = 1.0,
        size: Any = None,
        *,
        dtype: Any = None,
        requires_grad: bool = False,
    ) -> Any:
        """Values of the gamma distribution.

        Parameters
        ----------
        shape : float or array_like
            The shape, at least 0; it may not require grad.
        scale : float or array_like
            The scale, at least 0; gradients go to it.
        size : int or tuple of int, optional
            The shape; that of the parameters together by default.
        dtype : dtype, optional
            Of the result.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> jitgrad.random.default_rng(0).gamma(2.0, size=3).shape
        (3,)
        """
        shape = self.value_of("gamma", "shape", shape)
        if not self.is_symbolic((scale,)):
            return self.valued(
                "gamma", {"shape": shape, "scale": scale}, size, dtype, requires_grad
            )
        return self.located(
            "gamma",
            (scale,),
            size if size is not None else self.shape_of(shape, scale),
            lambda rng, size: rng.standard_gamma(shape, size),
            lambda z, scale: z * scale,
            dtype,
            requires_grad,
        )

    def multivariate_normal(
        self,
        mean: Any,
        cov: Any,
        size: Any = None,
        check_valid: str = "warn",
        tol: float = 1e-8,
        *,
        method: str = "svd",
        dtype: Any = None,
        requires_grad: bool = False,
    ) -> Any:
        """Normal vectors, on a new last axis.

        Parameters
        ----------
        mean : array_like
            Shape (n,); gradients go to it.
        cov : array_like
            The covariances, shape (n, n); they may not require grad.
        size : int or tuple of int, optional
            The shape of what is drawn, before the axis of the vectors.
        check_valid : str
            "warn", "raise" or "ignore": what is done for matrices that are no covariances.
        tol : float
            What counts as zero there.
        method : str
            "svd", "eigh" or "cholesky": how the root of `cov` is found.
        dtype : dtype, optional
            Of the result.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> jitgrad.random.default_rng(0).multivariate_normal([1.0, 2.0], np.eye(2), 3).shape
        (3, 2)
        """
        cov = self.value_of("multivariate_normal", "cov", cov)
        given = {"cov": cov, "check_valid": check_valid, "tol": tol, "method": method}
        if not self.is_symbolic((mean,)):
            given = {"mean": mean, **given}
            return self.valued("multivariate_normal", given, size, dtype, requires_grad)
        centre = np.zeros(np.shape(cov)[-1])
        z = self.valued("multivariate_normal", {"mean": centre, **given}, size, dtype, False)
        return self.finished(z + mean, dtype, requires_grad)


def _triangle(z: Any, left: Any, mode: Any, right: Any) -> Any:
    """The value of the triangular distribution at the share `z`."""
    base, first = right - left, mode - left
    rising = z <= first / base
    up = left + sqrt(where(rising, z * first * base, 1.0))
    down = right - sqrt(where(rising, 1.0, (1 - z) * (right - mode) * base))
    return where(rising, up, down)

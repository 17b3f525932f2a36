"""Continuous distributions to whose parameters no gradient goes, and those without parameters:
methods of `Generator`, with NumPy's names, parameters and values.

Parameters may not require grad. Start at `Continuous.random`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .draws import Draws


class Continuous(Draws):
    """Continuous distributions."""

    def beta(
        self, a: Any, b: Any, size: Any = None, *, dtype: Any = None, requires_grad: bool = False
    ) -> Any:
        """Values of the beta distribution, in [0, 1].

        Parameters
        ----------
        a : float or array_like
            It may not require grad.
        b : float or array_like
            It may not require grad.
        size : int or tuple of int, optional
            The shape; that of the parameters together by default.
        dtype : dtype, optional
            Of the result.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> jitgrad.random.default_rng(0).beta(2.0, 3.0, size=3).shape
        (3,)
        """
        return self.valued("beta", {"a": a, "b": b}, size, dtype, requires_grad)

    def chisquare(
        self, df: Any, size: Any = None, *, dtype: Any = None, requires_grad: bool = False
    ) -> Any:
        """Sums of squares of `df` standard normal values.

        Parameters
        ----------
        df : float or array_like
            It may not require grad.
        size : int or tuple of int, optional
            The shape; that of the parameters together by default.
        dtype : dtype, optional
            Of the result.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> jitgrad.random.default_rng(0).chisquare(3.0, size=3).shape
        (3,)
        """
        return self.valued("chisquare", {"df": df}, size, dtype, requires_grad)

    def noncentral_chisquare(
        self,
        df: Any,
        nonc: Any,
        size: Any = None,
        *,
        dtype: Any = None,
        requires_grad: bool = False,
    ) -> Any:
        """Sums of squares of normal values.

        Parameters
        ----------
        df : float or array_like
            It may not require grad.
        nonc : float or array_like
            It may not require grad.
        size : int or tuple of int, optional
            The shape; that of the parameters together by default.
        dtype : dtype, optional
            Of the result.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> jitgrad.random.default_rng(0).noncentral_chisquare(3.0, 1.0, size=3).shape
        (3,)
        """
        return self.valued(
            "noncentral_chisquare", {"df": df, "nonc": nonc}, size, dtype, requires_grad
        )

    def f(
        self,
        dfnum: Any,
        dfden: Any,
        size: Any = None,
        *,
        dtype: Any = None,
        requires_grad: bool = False,
    ) -> Any:
        """Values of the F distribution.

        Parameters
        ----------
        dfnum : float or array_like
            It may not require grad.
        dfden : float or array_like
            It may not require grad.
        size : int or tuple of int, optional
            The shape; that of the parameters together by default.
        dtype : dtype, optional
            Of the result.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> jitgrad.random.default_rng(0).f(3.0, 4.0, size=3).shape
        (3,)
        """
        return self.valued("f", {"dfnum": dfnum, "dfden": dfden}, size, dtype, requires_grad)

    def noncentral_f(
        self,
        dfnum: Any,
        dfden: Any,
        nonc: Any,
        size: Any = None,
        *,
        dtype: Any = None,
        requires_grad: bool = False,
    ) -> Any:
        """Values of the noncentral F distribution.

        Parameters
        ----------
        dfnum : float or array_like
            It may not require grad.
        dfden : float or array_like
            It may not require grad.
        nonc : float or array_like
            It may not require grad.
        size : int or tuple of int, optional
            The shape; that of the parameters together by default.
        dtype : dtype, optional
            Of the result.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> jitgrad.random.default_rng(0).noncentral_f(3.0, 4.0, 1.0, size=3).shape
        (3,)
        """
        return self.valued(
            "noncentral_f",
            {"dfnum": dfnum, "dfden": dfden, "nonc": nonc},
            size,
            dtype,
            requires_grad,
        )

    def standard_t(
        self, df: Any, size: Any = None, *, dtype: Any = None, requires_grad: bool = False
    ) -> Any:
        """Values of Student's t distribution.

        Parameters
        ----------
        df : float or array_like
            It may not require grad.
        size : int or tuple of int, optional
            The shape; that of the parameters together by default.
        dtype : dtype, optional
            Of the result.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> jitgrad.random.default_rng(0).standard_t(3.0, size=3).shape
        (3,)
        """
        return self.valued("standard_t", {"df": df}, size, dtype, requires_grad)

    def vonmises(
        self,
        mu: Any,
        kappa: Any,
        size: Any = None,
        *,
        dtype: Any = None,
        requires_grad: bool = False,
    ) -> Any:
        """Angles around `mu`, in [-pi, pi].

        Parameters
        ----------
        mu : float or array_like
            It may not require grad.
        kappa : float or array_like
            It may not require grad.
        size : int or tuple of int, optional
            The shape; that of the parameters together by default.
        dtype : dtype, optional
            Of the result.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> jitgrad.random.default_rng(0).vonmises(0.0, 4.0, size=3).shape
        (3,)
        """
        return self.valued("vonmises", {"mu": mu, "kappa": kappa}, size, dtype, requires_grad)

    def wald(
        self,
        mean: Any,
        scale: Any,
        size: Any = None,
        *,
        dtype: Any = None,
        requires_grad: bool = False,
    ) -> Any:
        """Values of the inverse Gaussian distribution.

        Parameters
        ----------
        mean : float or array_like
            It may not require grad.
        scale : float or array_like
            It may not require grad.
        size : int or tuple of int, optional
            The shape; that of the parameters together by default.
        dtype : dtype, optional
            Of the result.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> jitgrad.random.default_rng(0).wald(1.0, 2.0, size=3).shape
        (3,)
        """
        return self.valued("wald", {"mean": mean, "scale": scale}, size, dtype, requires_grad)

    def dirichlet(
        self, alpha: Any, size: Any = None, *, dtype: Any = None, requires_grad: bool = False
    ) -> Any:
        """Shares that add up to 1, on a new last axis.

        Parameters
        ----------
        alpha : float or array_like
            It may not require grad.
        size : int or tuple of int, optional
            The shape; that of the parameters together by default.
        dtype : dtype, optional
            Of the result.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> jitgrad.random.default_rng(0).dirichlet([1.0, 2.0], size=3).shape
        (3, 2)
        """
        return self.valued("dirichlet", {"alpha": alpha}, size, dtype, requires_grad)

    def random(
        self, size: Any = None, dtype: Any = np.float64, *, requires_grad: bool = False
    ) -> Any:
        """Uniform values in [0, 1).

        Parameters
        ----------
        size : int or tuple of int, optional
            The shape; a 0-d tensor by default.
        dtype : dtype
            float64 or float32.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> jitgrad.random.default_rng(0).random(2).round(4)
        tensor([0.637 , 0.2698])
        """
        return self.standard("random", (), size, dtype, requires_grad)

    def standard_normal(
        self, size: Any = None, dtype: Any = np.float64, *, requires_grad: bool = False
    ) -> Any:
        """Normal values of mean 0 and standard deviation 1.

        Parameters
        ----------
        size : int or tuple of int, optional
            The shape; a 0-d tensor by default.
        dtype : dtype
            float64 or float32.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> jitgrad.random.default_rng(0).standard_normal((2, 3)).shape
        (2, 3)
        """
        return self.standard("standard_normal", (), size, dtype, requires_grad)

    def standard_exponential(
        self,
        size: Any = None,
        dtype: Any = np.float64,
        method: str = "zig",
        *,
        requires_grad: bool = False,
    ) -> Any:
        """Values of the exponential distribution of scale 1.

        Parameters
        ----------
        size : int or tuple of int, optional
            The shape; a 0-d tensor by default.
        dtype : dtype
            float64 or float32.
        method : str
            "zig" or "inv": how they are made.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> jitgrad.random.default_rng(0).standard_exponential((2, 3)).shape
        (2, 3)
        """
        more = {"method": method}
        return self.standard("standard_exponential", (), size, dtype, requires_grad, more)

    def standard_gamma(
        self,
        shape: Any,
        size: Any = None,
        dtype: Any = np.float64,
        *,
        requires_grad: bool = False,
    ) -> Any:
        """Values of the gamma distribution of scale 1.

        Parameters
        ----------
        shape : float or array_like
            The shape, at least 0; it may not require grad.
        size : int or tuple of int, optional
            The shape of the result; that of `shape` by default.
        dtype : dtype
            float64 or float32.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> jitgrad.random.default_rng(0).standard_gamma(2.0, (2, 3)).shape
        (2, 3)
        """
        shape = self.value_of("standard_gamma", "shape", shape)
        return self.standard("standard_gamma", (shape,), size, dtype, requires_grad)

    def standard_cauchy(
        self, size: Any = None, *, dtype: Any = None, requires_grad: bool = False
    ) -> Any:
        """Values of Cauchy's distribution.

        Parameters
        ----------
        size : int or tuple of int, optional
            The shape; a 0-d tensor by default.
        dtype : dtype, optional
            Of the result.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> jitgrad.random.default_rng(0).standard_cauchy((2, 3)).shape
        (2, 3)
        """
        return self.valued("standard_cauchy", {}, size, dtype, requires_grad)

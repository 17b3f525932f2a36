"""Distributions of vectors: the multivariate normal distribution, that of Dirichlet, and the
multinomial one, in SciPy's calling forms. Start at `multivariate_normal`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...base.errors import ArgumentError, ShapeError
from ...base.surface import surface
from ..special.catalogue import op
from .standard import Frozen, generator_of, together

LOG_2PI = math.log(2 * math.pi)


class Multivariate:
    """What distributions of vectors have in common: a call freezes the parameters."""

    def __init__(self, name: str) -> None:
        self.name = name

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
        >>> jitgrad.scipy.stats.dirichlet([1.0, 3.0]).mean()
        tensor([0.25, 0.75])
        """
        return Frozen(self, args, kwds)


# --- normal ---------------------------------------------------------------------------------------


def _normal_parameters(mean: Any, cov: Any, dim: int | None = None) -> tuple[Any, Any]:
    """The mean (..., d) and the covariance (..., d, d)."""
    mean, cov = together(0.0 if mean is None else mean, cov)
    if dim is None:
        dim = max(mean.shape[-1] if mean.ndim else 1, cov.shape[-1] if cov.ndim else 1)
    if cov.ndim < 2:
        diagonal = op.broadcast_to(cov, (dim,))
        cov = diagonal.reshape((dim, 1)) * np.eye(dim, dtype=cov.dtype)
    mean = op.broadcast_to(mean, (dim,)) if not mean.ndim else mean
    if cov.shape[-1] != cov.shape[-2] or mean.shape[-1] != cov.shape[-1]:
        raise ShapeError(
            f"got a mean of shape {mean.shape} and a covariance of shape {cov.shape}, expected "
            "(..., d) and (..., d, d)"
        )
    return mean, cov


class MultivariateNormal(Multivariate):
    """The multivariate normal distribution, by a Cholesky factor of the covariance, which has to be
    positive definite."""

    @staticmethod
    def _refuse_singular(allow_singular: bool) -> None:
        if allow_singular:
            raise ArgumentError(
                "got allow_singular=True, expected False: there is no density of a singular "
                "covariance here; use scipy.stats.multivariate_normal on values"
            )

    @surface
    def logpdf(self, x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
        """The logarithm of the density.

        Parameters
        ----------
        x : array_like
            Places (..., d); for d = 1 also without that axis.
        mean : array_like, optional
            (d,); zeros by default.
        cov : array_like, default 1
            (d, d), symmetric and positive definite; a vector is a diagonal, a number a multiple
            of the identity.
        allow_singular : bool, default False
            Not supported.

        Returns
        -------
        Tensor
            Of shape (...).

        Raises
        ------
        ShapeError
            Where the shapes do not fit.
        numpy.linalg.LinAlgError
            Where the covariance is not positive definite.

        See Also
        --------
        scipy.stats.multivariate_normal

        Examples
        --------
        >>> jitgrad.scipy.stats.multivariate_normal.logpdf([0.0, 0.0], cov=[[2.0, 1.0], [1.0, 2.0]])
        tensor(-2.3872)
        """
        self._refuse_singular(allow_singular)
        (x,) = together(x)
        dim = x.shape[-1] if mean is None and np.ndim(cov) == 0 and x.ndim else None
        mean, cov = _normal_parameters(mean, cov, dim)
        d = mean.shape[-1]
        x = x.reshape((1,)) if x.ndim == 0 else x
        if x.ndim == 1 and d == 1:
            x = x.reshape((-1, 1)) if x.size != 1 else x
        if x.shape[-1] != d:
            raise ShapeError(
                f"got places of shape {x.shape} for a mean of shape {mean.shape}, expected (..., "
                f"{d})"
            )
        factor = op.cholesky(cov)
        off = x - mean
        flat = off.reshape((-1, d))
        if factor.ndim > 2:
            white = op.solve_triangular(factor, off.reshape((*off.shape, 1)), lower=True)
            squares = op.square(white).sum((-1, -2))
        else:
            white = op.solve_triangular(factor, op.matrix_transpose(flat), lower=True)
            squares = op.square(white).sum(0).reshape(off.shape[:-1])
        return -0.5 * (squares + d * LOG_2PI) - self._half_log_det(factor)

    @staticmethod
    def _half_log_det(factor: Any) -> Any:
        return op.log(op.diagonal(factor, axis1=-2, axis2=-1)).sum(-1)

    def pdf(self, x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
        """The density.

        Parameters
        ----------
        x, mean, cov, allow_singular
            As of `logpdf`.

        Returns
        -------
        Tensor
            Of shape (...).

        Examples
        --------
        >>> jitgrad.scipy.stats.multivariate_normal.pdf([0.0, 0.0])
        tensor(0.1592)
        """
        return op.exp(self.logpdf(x, mean, cov, allow_singular))

    @surface
    def entropy(self, mean: Any = None, cov: Any = 1) -> Any:
        """The differential entropy, in nats.

        Parameters
        ----------
        mean, cov
            As of `logpdf`.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> jitgrad.scipy.stats.multivariate_normal.entropy(cov=[[2.0, 1.0], [1.0, 2.0]])
        tensor(3.3872)
        """
        mean, cov = _normal_parameters(mean, cov)
        return 0.5 * mean.shape[-1] * (1 + LOG_2PI) + self._half_log_det(op.cholesky(cov))

    @surface
    def rvs(
        self, mean: Any = None, cov: Any = 1, size: Any = None, random_state: Any = None
    ) -> Any:
        """Random vectors, as smooth functions of the parameters.

        Parameters
        ----------
        mean, cov
            As of `logpdf`.
        size : int or tuple of int, optional
            How many; one by default.
        random_state : int or jitgrad.random.Generator, optional
            A seed, or the generator; that of `jitgrad.random` by default.

        Returns
        -------
        Tensor
            Of shape (*size, d).

        Examples
        --------
        >>> jitgrad.scipy.stats.multivariate_normal.rvs([0.0, 1.0], size=5).shape
        (5, 2)
        """
        mean, cov = _normal_parameters(mean, cov)
        shape = () if size is None else (size,) if isinstance(size, int) else tuple(size)
        z = generator_of(random_state).standard_normal((*shape, mean.shape[-1]))
        return mean + op.matmul(z, op.matrix_transpose(op.cholesky(cov)))


multivariate_normal = MultivariateNormal("multivariate_normal")

# --- Dirichlet ------------------------------------------------------------------------------------


def _columns(x: Any) -> Any:
    """A parameter (K,) beside places (K, ...)."""
    return lambda v: v.reshape((*v.shape, *(1,) * (x.ndim - 1)))


class Dirichlet(Multivariate):
    """The distribution of Dirichlet, of vectors of positive numbers that add up to 1."""

    @surface
    def logpdf(self, x: Any, alpha: Any) -> Any:
        """The logarithm of the density: -inf where `x` is no such vector, where SciPy raises.

        Parameters
        ----------
        x : array_like
            Places (K, ...); with K - 1 of them, the last one is what is missing to 1.
        alpha : array_like
            (K,), positive.

        Returns
        -------
        Tensor
            Of shape (...).

        Raises
        ------
        ShapeError
            Where the shapes do not fit.

        See Also
        --------
        scipy.stats.dirichlet

        Examples
        --------
        >>> jitgrad.scipy.stats.dirichlet.logpdf([0.2, 0.8], [2.0, 3.0])
        tensor(0.4292)
        """
        x, alpha = together(x, alpha)
        if alpha.ndim != 1 or not x.ndim or x.shape[0] not in (alpha.size, alpha.size - 1):
            raise ShapeError(
                f"got places of shape {x.shape} and alpha of shape {alpha.shape}, expected (K, "
                "...) or (K - 1, ...), and (K,)"
            )
        if x.shape[0] == alpha.size - 1:
            x = op.concatenate([x, 1.0 - x.sum(0, keepdims=True)], axis=0)
        ok = (x >= 0).all(0) & (op.absolute(x.sum(0) - 1.0) <= 1e-9)
        safe = op.where(ok, x, 1.0 / alpha.size)
        terms = op.xlogy(_columns(x)(alpha - 1.0), safe).sum(0)
        out = op.where(ok, terms - self._log_norm(alpha), -math.inf)
        return op.where((alpha > 0).all(), out, math.nan)

    @staticmethod
    def _log_norm(alpha: Any) -> Any:
        return op.gammaln(alpha).sum(-1) - op.gammaln(alpha.sum(-1))

    def pdf(self, x: Any, alpha: Any) -> Any:
        """The density.

        Parameters
        ----------
        x, alpha
            As of `logpdf`.

        Returns
        -------
        Tensor
            Of shape (...).

        Examples
        --------
        >>> jitgrad.scipy.stats.dirichlet.pdf([0.2, 0.8], [2.0, 3.0])
        tensor(1.536)
        """
        return op.exp(self.logpdf(x, alpha))

    @surface
    def mean(self, alpha: Any) -> Any:
        """The mean.

        Parameters
        ----------
        alpha : array_like
            (K,), positive.

        Returns
        -------
        Tensor
            Of shape (K,).

        Examples
        --------
        >>> jitgrad.scipy.stats.dirichlet.mean([1.0, 3.0])
        tensor([0.25, 0.75])
        """
        (alpha,) = together(alpha)
        return alpha / alpha.sum()

    @surface
    def var(self, alpha: Any) -> Any:
        """The variances of the elements.

        Parameters
        ----------
        alpha : array_like
            (K,), positive.

        Returns
        -------
        Tensor
            Of shape (K,).

        Examples
        --------
        >>> jitgrad.scipy.stats.dirichlet.var([1.0, 3.0])
        tensor([0.0375, 0.0375])
        """
        (alpha,) = together(alpha)
        total = alpha.sum()
        return alpha * (total - alpha) / (op.square(total) * (total + 1.0))

    @surface
    def entropy(self, alpha: Any) -> Any:
        """The differential entropy, in nats.

        Parameters
        ----------
        alpha : array_like
            (K,), positive.

        Returns
        -------
        Tensor

        Examples
        --------
        >>> jitgrad.scipy.stats.dirichlet.entropy([1.0, 1.0])
        tensor(0.)
        """
        (alpha,) = together(alpha)
        total = alpha.sum()
        rest = (total - alpha.size) * op.psi(total) - ((alpha - 1.0) * op.psi(alpha)).sum()
        return self._log_norm(alpha) + rest

    @surface
    def rvs(self, alpha: Any, size: Any = None, random_state: Any = None) -> Any:
        """Random vectors, as smooth functions of alpha: gamma variables over their sum.

        Parameters
        ----------
        alpha : array_like
            (K,), positive.
        size : int or tuple of int, optional
            How many; one by default.
        random_state : int or jitgrad.random.Generator, optional
            A seed, or the generator; that of `jitgrad.random` by default.

        Returns
        -------
        Tensor
            Of shape (*size, K).

        Examples
        --------
        >>> jitgrad.scipy.stats.dirichlet.rvs([1.0, 3.0], size=4).sum(-1)
        tensor([1., 1., 1., 1.])
        """
        (alpha,) = together(alpha)
        shape = () if size is None else (size,) if isinstance(size, int) else tuple(size)
        u = generator_of(random_state).random((*shape, alpha.size))
        draws = op.gammaincinv(alpha, u)
        return draws / draws.sum(-1, keepdims=True)


dirichlet = Dirichlet("dirichlet")

# --- multinomial ----------------------------------------------------------------------------------


class Multinomial(Multivariate):
    """The multinomial distribution: how often each of K outcomes of probabilities p is met in n
    trials. The last probability is what is missing to 1, as in SciPy."""

    @staticmethod
    def _probabilities(p: Any) -> Any:
        return op.concatenate([p[..., :-1], 1.0 - p[..., :-1].sum(-1, keepdims=True)], axis=-1)

    @surface
    def logpmf(self, x: Any, n: Any, p: Any) -> Any:
        """The logarithm of the probability.

        Parameters
        ----------
        x : array_like
            Numbers of outcomes, (..., K).
        n : array_like
            The number of trials.
        p : array_like
            Probabilities (..., K).

        Returns
        -------
        Tensor
            Of shape (...).

        See Also
        --------
        scipy.stats.multinomial

        Examples
        --------
        >>> jitgrad.scipy.stats.multinomial.logpmf([1, 2], 3, [0.5, 0.5])
        tensor(-0.9808)
        """
        x, n, p = together(x, n, p)
        p = self._probabilities(p)
        valid = ((p >= 0) & (p <= 1)).all(-1) & (n >= 0) & (op.floor(n) == n)
        inside = ((x >= 0) & (op.floor(x) == x)).all(-1) & (x.sum(-1) == n)
        safe = op.where(inside.reshape((*inside.shape, 1)), x, 0.0)
        terms = (op.xlogy(safe, p) - op.gammaln(safe + 1.0)).sum(-1)
        out = op.where(inside, op.gammaln(n + 1.0) + terms, -math.inf)
        return op.where(valid, out, math.nan)

    def pmf(self, x: Any, n: Any, p: Any) -> Any:
        """The probability.

        Parameters
        ----------
        x, n, p
            As of `logpmf`.

        Returns
        -------
        Tensor
            Of shape (...).

        Examples
        --------
        >>> jitgrad.scipy.stats.multinomial.pmf([1, 2], 3, [0.5, 0.5])
        tensor(0.375)
        """
        return op.exp(self.logpmf(x, n, p))

    @surface
    def mean(self, n: Any, p: Any) -> Any:
        """The mean, n p.

        Parameters
        ----------
        n, p
            As of `logpmf`.

        Returns
        -------
        Tensor
            Of shape (..., K).

        Examples
        --------
        >>> jitgrad.scipy.stats.multinomial.mean(4, [0.25, 0.75])
        tensor([1., 3.])
        """
        n, p = together(n, p)
        return (
            n.reshape((*n.shape, 1)) * self._probabilities(p)
            if n.ndim
            else n * (self._probabilities(p))
        )

    @surface
    def cov(self, n: Any, p: Any) -> Any:
        """The covariance.

        Parameters
        ----------
        n, p
            As of `logpmf`.

        Returns
        -------
        Tensor
            Of shape (..., K, K).

        Examples
        --------
        >>> jitgrad.scipy.stats.multinomial.cov(4, [0.25, 0.75])
        tensor([[ 0.75, -0.75],
                [-0.75,  0.75]])
        """
        n, p = together(n, p)
        p = self._probabilities(p)
        column = p.reshape((*p.shape, 1))
        out = column * np.eye(p.shape[-1], dtype=p.dtype) - column * p.reshape(
            (*p.shape[:-1], 1, p.shape[-1])
        )
        return (n.reshape((*n.shape, 1, 1)) if n.ndim else n) * out

    @surface
    def rvs(self, n: Any, p: Any, size: Any = None, random_state: Any = None) -> Any:
        """Random numbers of outcomes. No gradient goes to the parameters.

        Parameters
        ----------
        n, p
            As of `logpmf`.
        size : int or tuple of int, optional
            How many; one by default.
        random_state : int or jitgrad.random.Generator, optional
            A seed, or the generator; that of `jitgrad.random` by default.

        Returns
        -------
        Tensor
            Of int64, (*size, K).

        Examples
        --------
        >>> jitgrad.scipy.stats.multinomial.rvs(4, [0.25, 0.75], size=3).sum(-1)
        tensor([4, 4, 4])
        """
        return generator_of(random_state).multinomial(n, p, size)


multinomial = Multinomial("multinomial")

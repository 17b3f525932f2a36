"""Numbers of combinations and permutations, factorials, and the functions of the gamma family that
SciPy writes in Python. Start at `comb`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...base.errors import ArgumentError
from ...base.surface import surface
from ...ir.shapes import as_int
from .catalogue import floats, not_exact, op

#: The polygamma functions that kernels compute, by their order.
IN_KERNELS = {1: "_trigamma", 2: "_tetragamma", 3: "_pentagamma"}


@surface
def comb(N: Any, k: Any, *, exact: bool = False, repetition: bool = False) -> Any:
    """The number of combinations of N things taken k at a time: 0 unless 0 <= k <= N.

    Parameters
    ----------
    N, k : array_like
        Real numbers, of shapes that broadcast.
    exact : bool, default False
        Integers, which jitgrad does not have here.
    repetition : bool, default False
        A thing may be taken more than once.

    Returns
    -------
    Tensor
        Of the shape that the operands have together, of a float dtype.

    Raises
    ------
    ArgumentError
        Where `exact` is asked for.

    See Also
    --------
    scipy.special.comb

    Examples
    --------
    >>> jitgrad.scipy.special.comb(jitgrad.tensor([4.0, 5.0]), 2)
    tensor([ 6., 10.])
    """
    not_exact("comb", exact)
    n, k = floats(N), floats(k)
    if repetition:
        return comb(n + k - 1.0, k)
    inside = (k <= n) & (n >= 0) & (k >= 0)
    return op.where(inside, op.binom(op.where(inside, n, 1.0), op.where(inside, k, 0.0)), 0.0)


@surface
def perm(N: Any, k: Any, exact: bool = False) -> Any:
    """The number of permutations of N things taken k at a time: 0 unless 0 <= k <= N.

    Parameters
    ----------
    N, k : array_like
        Real numbers, of shapes that broadcast.
    exact : bool, default False
        Integers, which jitgrad does not have here.

    Returns
    -------
    Tensor
        Of the shape that the operands have together, of a float dtype.

    Raises
    ------
    ArgumentError
        Where `exact` is asked for.

    See Also
    --------
    scipy.special.perm

    Examples
    --------
    >>> jitgrad.scipy.special.perm(5.0, jitgrad.tensor([2.0, 3.0]))
    tensor([20., 60.])
    """
    not_exact("perm", exact)
    n, k = floats(N), floats(k)
    inside = (k <= n) & (n >= 0) & (k >= 0)
    n, k = op.where(inside, n, 1.0), op.where(inside, k, 0.0)
    return op.where(inside, op.poch(n - k + 1.0, k), 0.0)


@surface
def factorial(n: Any, exact: bool = False) -> Any:
    """The factorial, gamma(n + 1): 0 of negative numbers.

    Parameters
    ----------
    n : array_like
        Real numbers.
    exact : bool, default False
        Integers, which jitgrad does not have here.

    Returns
    -------
    Tensor
        Of the shape of `n`, of a float dtype.

    Raises
    ------
    ArgumentError
        Where `exact` is asked for.

    See Also
    --------
    scipy.special.factorial

    Examples
    --------
    >>> jitgrad.scipy.special.factorial(jitgrad.tensor([3.0, 5.0]))
    tensor([  6., 120.])
    """
    not_exact("factorial", exact)
    n = floats(n)
    inside = op.logical_not(n < 0)
    return op.where(inside, op.gamma(op.where(inside, n, 0.0) + 1.0), 0.0)


@surface
def polygamma(n: Any, x: Any) -> Any:
    """Derivative number n of the digamma function.

    Parameters
    ----------
    n : array_like
        Whole numbers, at least 0.
    x : array_like
        Real numbers.

    Returns
    -------
    Tensor
        Of the shape that the operands have together.

    Raises
    ------
    GradientError
        Where a gradient goes to `n`.

    See Also
    --------
    scipy.special.polygamma

    Examples
    --------
    >>> jitgrad.scipy.special.polygamma(1, jitgrad.tensor([1.0, 2.0]))
    tensor([1.6449, 0.6449])
    """
    if isinstance(n, (int, float, np.number)) and n in IN_KERNELS:
        return getattr(op, IN_KERNELS[int(n)])(x)
    return op.polygamma(floats(n), x)


@surface
def zeta(x: Any, q: Any = None) -> Any:
    """The zeta function of Riemann, or with `q` that of Hurwitz.

    Parameters
    ----------
    x : array_like
        Real numbers above 1.
    q : array_like, optional
        Real numbers above 0; 1 by default.

    Returns
    -------
    Tensor
        Of the shape that the operands have together.

    Raises
    ------
    GradientError
        Where a gradient goes to `x`.

    See Also
    --------
    scipy.special.zeta

    Examples
    --------
    >>> jitgrad.scipy.special.zeta(2.0, jitgrad.tensor([1.0, 2.0]))
    tensor([1.6449, 0.6449])
    """
    return op.riemann_zeta(floats(x)) if q is None else op.zeta(x, floats(q))


@surface
def multigammaln(a: Any, d: Any) -> Any:
    """The logarithm of the multivariate gamma function: nan where `a` is not above (d - 1) / 2,
    where SciPy raises.

    Parameters
    ----------
    a : array_like
        Real numbers.
    d : int
        The dimension, at least 1.

    Returns
    -------
    Tensor
        Of the shape of `a`.

    Raises
    ------
    ArgumentError
        Where `d` is no whole number, or below 1.

    See Also
    --------
    scipy.special.multigammaln

    Examples
    --------
    >>> jitgrad.scipy.special.multigammaln(jitgrad.tensor([2.0, 3.0]), 2)
    tensor([0.4516, 1.5502])
    """
    d, a = as_int(d, "d"), floats(a)
    if d < 1:
        raise ArgumentError(f"got d={d}, expected a dimension of at least 1")
    inside = a > 0.5 * (d - 1)
    safe = op.where(inside, a, float(d))
    parts = safe.reshape((*safe.shape, 1)) - 0.5 * np.arange(d, dtype=safe.dtype)
    total = op.gammaln(parts).sum(-1) + d * (d - 1) * 0.25 * math.log(math.pi)
    return op.where(inside, total, math.nan)


FUNCTIONS = (comb, factorial, multigammaln, perm, polygamma, zeta)

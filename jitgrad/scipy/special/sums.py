"""Sums of exponentials and shares in them, as SciPy has them, softplus and sinc. Start at
`logsumexp`."""

from __future__ import annotations

import math
from typing import Any

from ...base.surface import surface
from ...frontend.convert import as_operand
from .catalogue import floats, op


@surface
def logsumexp(
    a: Any, axis: Any = None, b: Any = None, keepdims: bool = False, return_sign: bool = False
) -> Any:
    """log(sum(b * exp(a))), without overflow.

    Parameters
    ----------
    a : array_like
        Exponents.
    axis : int or tuple of int, optional
        What is summed over; all axes by default.
    b : array_like, optional
        Factors of the exponentials, of a shape that broadcasts; 1 by default.
    keepdims : bool, default False
        Axes that are summed over stay, with length 1.
    return_sign : bool, default False
        The logarithm is that of the absolute value, and the sign of the sum is given, too; without
        it a negative sum gives nan.

    Returns
    -------
    Tensor, or tuple of Tensor
        Of the shape without `axis`; with `return_sign` the sign beside it.

    See Also
    --------
    scipy.special.logsumexp, jitgrad.logsumexp

    Examples
    --------
    >>> jitgrad.scipy.special.logsumexp(jitgrad.tensor([1.0, 2.0]), b=[1.0, -1.0], return_sign=True)
    (tensor(1.5413), tensor(-1.))
    """
    a = floats(a)
    if b is None:
        out = op.logsumexp(a, axis, keepdims=keepdims)
        return (out, (out > -math.inf).to(out.dtype)) if return_sign else out
    b = floats(b)
    counts = b != 0
    of_those = op.where(counts, a, -math.inf)
    top = op.max(of_those, axis, keepdims=True).detach()
    top = op.where(op.isfinite(top), top, 0.0)
    # what does not count must not overflow beside its 0
    total = (b * op.exp(op.where(counts, a - top, op.minimum(a - top, 700.0)))).sum(
        axis, keepdims=True
    )
    out = op.log(op.absolute(total) if return_sign else total) + top
    if not keepdims:
        axes = tuple(range(out.ndim)) if axis is None else axis
        out, total = op.squeeze(out, axes), op.squeeze(total, axes)
    return (out, op.sign(total)) if return_sign else out


@surface
def softmax(x: Any, axis: Any = None) -> Any:
    """exp(x) / sum(exp(x)), without overflow.

    Parameters
    ----------
    x : array_like
    axis : int or tuple of int, optional
        What is summed over; all axes by default, as in SciPy.

    Returns
    -------
    Tensor
        Of the shape of `x`.

    See Also
    --------
    scipy.special.softmax, jitgrad.softmax

    Examples
    --------
    >>> jitgrad.scipy.special.softmax(jitgrad.tensor([0.0, 0.0]))
    tensor([0.5, 0.5])
    """
    return op.softmax(as_operand(x), axis)


@surface
def log_softmax(x: Any, axis: Any = None) -> Any:
    """The logarithm of `softmax`, without overflow.

    Parameters
    ----------
    x : array_like
    axis : int or tuple of int, optional
        What is summed over; all axes by default, as in SciPy.

    Returns
    -------
    Tensor
        Of the shape of `x`.

    See Also
    --------
    scipy.special.log_softmax, jitgrad.log_softmax

    Examples
    --------
    >>> jitgrad.scipy.special.log_softmax(jitgrad.tensor([0.0, 1000.0]))
    tensor([-1000.,     0.])
    """
    return op.log_softmax(as_operand(x), axis)


@surface
def softplus(x: Any) -> Any:
    """log(1 + exp(x)), without overflow.

    Parameters
    ----------
    x : array_like

    Returns
    -------
    Tensor
        Of the shape of `x`.

    See Also
    --------
    scipy.special.softplus, jitgrad.softplus

    Examples
    --------
    >>> jitgrad.scipy.special.softplus(jitgrad.tensor([0.0, 1000.0]))
    tensor([6.9315e-01, 1.0000e+03])
    """
    return op.softplus(as_operand(x))


@surface
def sinc(x: Any) -> Any:
    """sin(pi x) / (pi x), 1 at 0.

    Parameters
    ----------
    x : array_like

    Returns
    -------
    Tensor
        Of the shape of `x`.

    See Also
    --------
    scipy.special.sinc, jitgrad.sinc

    Examples
    --------
    >>> jitgrad.scipy.special.sinc(jitgrad.tensor([0.0, 0.5]))
    tensor([1.    , 0.6366])
    """
    return op.sinc(as_operand(x))


FUNCTIONS = (log_softmax, logsumexp, sinc, softmax, softplus)

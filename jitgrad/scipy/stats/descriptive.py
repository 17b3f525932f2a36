"""Descriptive statistics of samples, as formulas of operations: moments, means, scores. Start at
`moment`.

Samples are along `axis`, 0 by default; None is all elements.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import numpy as jnp
from ...base.errors import ArgumentError
from ...base.surface import surface
from ...frontend.convert import as_operand

__all__ = ["entropy", "gmean", "gstd", "hmean", "kurtosis", "moment", "pmean", "sem", "skew"]
__all__ += ["variation", "zmap", "zscore"]


def _samples(x: Any, axis: Any, options: Any) -> tuple[Any, Any]:
    """Floats, and the axis; options of SciPy's that ask for something else are refused."""
    for key, value in options.items():
        if (key, value) not in (("nan_policy", "propagate"), ("keepdims", False)):
            raise ArgumentError(
                f"got {key}={value!r}, which jitgrad does not have for samples; leave it out, and "
                "give rows without nan"
            )
    t = as_operand(x)
    t = t if t.dtype.kind in "fc" else t.to(np.float64)
    return (t.reshape((-1,)), 0) if axis is None else (t, axis)


def _centred(x: Any, axis: Any) -> Any:
    return x - x.mean(axis=axis, keepdims=True)


@surface
def moment(a: Any, order: int = 1, axis: Any = 0, *, center: Any = None, **options: Any) -> Any:
    """The mean of the powers `order` of the distances from the mean, or from `center`."""
    x, axis = _samples(a, axis, options)
    distance = _centred(x, axis) if center is None else x - center
    return (distance**order).mean(axis=axis)


def _standardised(x: Any, axis: Any, order: int) -> Any:
    distance = _centred(x, axis)
    return (distance**order).mean(axis=axis) / (distance**2).mean(axis=axis) ** (order / 2)


@surface
def skew(a: Any, axis: Any = 0, bias: bool = True, **options: Any) -> Any:
    """The third moment beside the deviation; without `bias`, that of the population."""
    x, axis = _samples(a, axis, options)
    out, n = _standardised(x, axis, 3), x.shape[axis]
    return out if bias or n < 3 else out * (np.sqrt(n * (n - 1.0)) / (n - 2))


@surface
def kurtosis(a: Any, axis: Any = 0, fisher: bool = True, bias: bool = True, **options: Any) -> Any:
    """The fourth moment beside the deviation, minus 3 with `fisher`; without `bias`, that of the
    population."""
    x, axis = _samples(a, axis, options)
    out, n = _standardised(x, axis, 4), x.shape[axis]
    if not bias and n > 3:
        out = ((n * n - 1.0) * out - 3 * (n - 1) ** 2) / ((n - 2) * (n - 3)) + 3
    return out - 3 if fisher else out


@surface
def zmap(scores: Any, compare: Any, axis: Any = 0, ddof: int = 0, **options: Any) -> Any:
    """How many deviations of `compare` scores are from its mean."""
    x, over = _samples(compare, axis, options)
    mean, deviation = x.mean(axis=over, keepdims=True), x.std(over, ddof, True)
    if axis is None:
        mean, deviation = mean.reshape(()), deviation.reshape(())
    return (as_operand(scores) - mean) / deviation


@surface
def zscore(a: Any, axis: Any = 0, ddof: int = 0, **options: Any) -> Any:
    """How many deviations samples are from their mean."""
    return zmap(a, a, axis, ddof, **options)


def _mean(x: Any, axis: Any, weights: Any) -> Any:
    return jnp.average(x, axis, weights)


@surface
def gmean(a: Any, axis: Any = 0, dtype: Any = None, weights: Any = None, **options: Any) -> Any:
    """The geometric mean."""
    x, axis = _samples(a, axis, options)
    return jnp.exp(_mean(jnp.log(x if dtype is None else x.to(dtype)), axis, weights))


@surface
def hmean(a: Any, axis: Any = 0, dtype: Any = None, *, weights: Any = None, **options: Any) -> Any:
    """The harmonic mean, of numbers that are not negative."""
    x, axis = _samples(a, axis, options)
    return 1 / _mean(1 / (x if dtype is None else x.to(dtype)), axis, weights)


@surface
def pmean(a: Any, p: Any, *, axis: Any = 0, weights: Any = None, **options: Any) -> Any:
    """The power mean; for p = 0 the geometric one."""
    x, over = _samples(a, axis, options)
    if not np.ndim(p) and p == 0:
        return gmean(x, over, weights=weights)
    return _mean(x**p, over, weights) ** (1.0 / p)


@surface
def gstd(a: Any, axis: Any = 0, ddof: int = 1, **options: Any) -> Any:
    """The geometric standard deviation."""
    x, axis = _samples(a, axis, options)
    return jnp.exp(jnp.log(x).std(axis, ddof))


@surface
def sem(a: Any, axis: Any = 0, ddof: int = 1, **options: Any) -> Any:
    """The standard error of the mean."""
    x, axis = _samples(a, axis, options)
    return x.std(axis, ddof) / np.sqrt(x.shape[axis])


@surface
def variation(a: Any, axis: Any = 0, *, ddof: int = 0, **options: Any) -> Any:
    """The coefficient of variation: the deviation divided by the mean."""
    x, axis = _samples(a, axis, options)
    return x.std(axis, ddof) / x.mean(axis=axis)


@surface
def entropy(pk: Any, qk: Any = None, base: Any = None, axis: Any = 0, **options: Any) -> Any:
    """The entropy of probabilities, or relative to others; both are normalised."""
    from .. import special

    p, over = _samples(pk, axis, options)
    p = p / p.sum(axis=over, keepdims=True)
    if qk is None:
        terms = special.entr(p)
    else:
        q, over = _samples(qk, axis, options)
        terms = special.rel_entr(p, q / q.sum(axis=over, keepdims=True))
    out = terms.sum(axis=over)
    return out if base is None else out / np.log(base)

"""Comparisons of samples, as formulas of operations: correlation, a line through points, tests of
means, and what is left where extremes count little. Start at `pearsonr`.

The p-values of tests are those of distributions, and have gradients as these. Samples are along
`axis`, 0 by default.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ... import numpy as jnp
from ...base.errors import ArgumentError, ShapeError
from ...base.surface import surface
from . import continuous_forms
from .descriptive import _samples

__all__ = ["circmean", "circstd", "circvar", "f_oneway", "iqr", "linregress"]
__all__ += [
    "median_abs_deviation",
    "pearsonr",
    "trim_mean",
    "ttest_1samp",
    "ttest_ind",
    "ttest_rel",
]
__all__ += ["boxcox_llf", "wasserstein_distance", "yeojohnson_llf"]

SIDES = ("two-sided", "less", "greater")


class TestResult(NamedTuple):
    """The statistic of a test, and how probable a larger one is by chance."""

    statistic: Any
    pvalue: Any


class MeanTestResult(TestResult):
    """The same of a test of means, with the degrees of freedom as attribute."""

    df: Any = None


class FittedLine(NamedTuple):
    """A line through points, its correlation with the p-value, and the error of the slope."""

    slope: Any
    intercept: Any
    rvalue: Any
    pvalue: Any
    stderr: Any


class LinregressResult(FittedLine):
    """The same, with the error of the intercept as attribute."""

    intercept_stderr: Any = None


def _tested(statistic: Any, df: Any, alternative: str) -> MeanTestResult:
    out = MeanTestResult(statistic, _by_chance(statistic, df, alternative))
    out.df = df
    return out


def _by_chance(statistic: Any, df: Any, alternative: str) -> Any:
    """The p-value of a statistic that has Student's distribution."""
    if alternative not in SIDES:
        raise ArgumentError(f"got alternative={alternative!r}, expected one of {', '.join(SIDES)}")
    if alternative == "two-sided":
        return 2 * continuous_forms.t.sf(abs(statistic), df)
    return (continuous_forms.t.cdf if alternative == "less" else continuous_forms.t.sf)(
        statistic, df
    )


def _pair(x: Any, y: Any, axis: Any, options: Any) -> tuple[Any, Any, Any]:
    (x, over), (y, _) = _samples(x, axis, options), _samples(y, axis, options)
    if x.shape != y.shape or not x.ndim or x.shape[over] < 2:
        raise ShapeError(f"got samples of shapes {x.shape} and {y.shape}, expected pairs, of which "
                         "there are two at least")  # fmt: skip
    return x, y, over


@surface
def pearsonr(
    x: Any, y: Any, *, alternative: str = "two-sided", axis: Any = 0, **options: Any
) -> TestResult:
    """Pearson's coefficient of correlation, and its p-value."""
    if options.pop("method", None) is not None:
        raise ArgumentError("got method=, which jitgrad does not have for pearsonr; leave it out")
    x, y, over = _pair(x, y, axis, options)
    dx, dy = x - x.mean(axis=over, keepdims=True), y - y.mean(axis=over, keepdims=True)
    r = (dx * dy).sum(axis=over) / jnp.sqrt((dx * dx).sum(axis=over) * (dy * dy).sum(axis=over))
    n = x.shape[over]
    if n == 2:  # two points are on a line
        return TestResult(r, jnp.ones_like(r))
    ratio = r * jnp.sqrt((n - 2) / ((1 - r) * (1 + r)))
    return TestResult(r, _by_chance(ratio, n - 2, alternative))


@surface
def linregress(x: Any, y: Any, alternative: str = "two-sided", **options: Any) -> LinregressResult:
    """The line of least squares through points."""
    x, y, over = _pair(x, y, options.pop("axis", 0), options)
    n = x.shape[over]
    mean_x, mean_y = x.mean(axis=over, keepdims=True), y.mean(axis=over, keepdims=True)
    dx, dy = x - mean_x, y - mean_y
    xx, xy, yy = (p.sum(axis=over) for p in (dx * dx, dx * dy, dy * dy))
    slope, r = xy / xx, xy / jnp.sqrt(xx * yy)
    intercept = mean_y.reshape(slope.shape) - slope * mean_x.reshape(slope.shape)
    if n == 2:
        nothing = jnp.zeros_like(slope)
        return LinregressResult(slope, intercept, r, nothing, nothing)
    error = jnp.sqrt((1 - r * r) * yy / xx / (n - 2))
    of_line = error * jnp.sqrt(xx / n + (mean_x * mean_x).reshape(slope.shape))
    p = _by_chance(r * jnp.sqrt((n - 2) / ((1 - r) * (1 + r))), n - 2, alternative)
    out = LinregressResult(slope, intercept, r, p, error)
    out.intercept_stderr = of_line
    return out


# --- means ----------------------------------------------------------------------------------------


@surface
def ttest_1samp(
    a: Any, popmean: Any, axis: Any = 0, *, alternative: str = "two-sided", **options: Any
) -> MeanTestResult:
    """Student's test whether the mean of samples is `popmean`."""
    x, over = _samples(a, axis, options)
    n = x.shape[over]
    statistic = (x.mean(axis=over) - popmean) / jnp.sqrt(x.var(over, 1) / n)
    return _tested(statistic, n - 1, alternative)


@surface
def ttest_rel(
    a: Any, b: Any, axis: Any = 0, *, alternative: str = "two-sided", **options: Any
) -> MeanTestResult:
    """Student's test whether the mean of differences of pairs is 0."""
    x, y, over = _pair(a, b, axis, options)
    return ttest_1samp(x - y, 0.0, over, alternative=alternative)


@surface
def ttest_ind(
    a: Any,
    b: Any,
    *,
    axis: Any = 0,
    equal_var: bool = True,
    alternative: str = "two-sided",
    **options: Any,
) -> MeanTestResult:
    """Student's test whether two means are equal, or Welch's where variances are not
    (`equal_var=False`)."""
    if options.pop("trim", 0) or options.pop("method", None) is not None:
        raise ArgumentError("got trim= or method=, which jitgrad does not have for ttest_ind")
    (x, over), (y, _) = _samples(a, axis, options), _samples(b, axis, options)
    n, m = x.shape[over], y.shape[over]
    p, q = x.var(over, 1), y.var(over, 1)
    df: Any
    if equal_var:
        df = n + m - 2
        squared = ((n - 1) * p + (m - 1) * q) / df * (1 / n + 1 / m)
    else:
        p, q = p / n, q / m
        squared = p + q
        df = squared**2 / (p**2 / (n - 1) + q**2 / (m - 1))
    statistic = (x.mean(axis=over) - y.mean(axis=over)) / jnp.sqrt(squared)
    return _tested(statistic, df, alternative)


@surface
def f_oneway(*samples: Any, axis: Any = 0, **options: Any) -> TestResult:
    """The test of one-way analysis of variance whether means of groups are equal."""
    if not options.pop("equal_var", True) or len(samples) < 2:
        raise ArgumentError("got equal_var=False, or one group, expected groups with one variance")
    groups = [_samples(x, axis, options) for x in samples]
    over = groups[0][1]
    count = sum(x.shape[over] for x, _ in groups)
    mean: Any = sum(x.sum(axis=over) for x, _ in groups) / count
    between: Any = sum(x.shape[over] * (x.mean(axis=over) - mean) ** 2 for x, _ in groups)
    within: Any = sum(x.shape[over] * x.var(over) for x, _ in groups)
    low, high = len(groups) - 1, count - len(groups)
    statistic = (between / low) / (within / high)
    return TestResult(statistic, continuous_forms.f.sf(statistic, low, high))


# --- extremes -------------------------------------------------------------------------------------


@surface
def iqr(
    x: Any,
    axis: Any = None,
    rng: Any = (25, 75),
    scale: Any = 1.0,
    *,
    interpolation: str = "linear",
    **options: Any,
) -> Any:
    """The distance of two percentiles."""
    t, over = _samples(x, axis, options)
    if scale == "normal":
        scale = 1.3489795003921634
    low, high = jnp.percentile(t, np.asarray(sorted(rng)), axis=over, method=interpolation)
    return (high - low) / scale


@surface
def trim_mean(a: Any, proportiontocut: float, axis: Any = 0, **options: Any) -> Any:
    """The mean without a share of the smallest and of the largest."""
    x, over = _samples(a, axis, options)
    n = x.shape[over]
    cut = int(proportiontocut * n)
    if 2 * cut >= n:
        raise ArgumentError(f"got proportiontocut={proportiontocut}, which leaves nothing")
    return jnp.take(jnp.sort(x, axis=over), np.arange(cut, n - cut), axis=over).mean(axis=over)


@surface
def median_abs_deviation(
    x: Any, axis: Any = 0, center: Any = None, scale: Any = 1.0, **options: Any
) -> Any:
    """The median of distances from the median, or from what `center` gives."""
    t, over = _samples(x, axis, options)
    middle = (jnp.median if center is None else center)(t, axis=over)
    scale = 0.6744897501960817 if scale == "normal" else scale
    return jnp.median(abs(t - jnp.expand_dims(middle, over)), axis=over) / scale


@surface
def wasserstein_distance(u_values: Any, v_values: Any) -> Any:
    """The distance of two samples of numbers: the area between their distribution functions."""
    (u, _), (v, _) = _samples(u_values, 0, {}), _samples(v_values, 0, {})
    every = jnp.sort(jnp.concatenate([u, v]))
    steps, at = every[1:] - every[:-1], np.asarray(jnp.argsort(jnp.concatenate([u, v])))
    from_u = np.cumsum(at < u.size)[:-1] / u.size
    from_v = np.cumsum(at >= u.size)[:-1] / v.size
    return (steps * np.abs(from_u - from_v)).sum()


# --- angles, and powers ---------------------------------------------------------------------------


def _turning(samples: Any, high: float, low: float, axis: Any, options: Any) -> tuple[Any, Any]:
    """The mean sine and cosine of samples as angles."""
    x, over = _samples(samples, axis, options)
    angle = (x - low) * (2 * np.pi / (high - low))
    return jnp.sin(angle).mean(axis=over), jnp.cos(angle).mean(axis=over)


@surface
def circmean(
    samples: Any, high: float = 2 * np.pi, low: float = 0, axis: Any = None, **options: Any
) -> Any:
    """The mean of angles, or of what repeats from `low` to `high`."""
    s, c = _turning(samples, high, low, axis, options)
    return jnp.arctan2(s, c) % (2 * np.pi) * ((high - low) / (2 * np.pi)) + low


@surface
def circvar(
    samples: Any, high: float = 2 * np.pi, low: float = 0, axis: Any = None, **options: Any
) -> Any:
    """The variance of angles: 1 less the length of their mean."""
    return 1 - jnp.hypot(*_turning(samples, high, low, axis, options))


@surface
def circstd(
    samples: Any, high: float = 2 * np.pi, low: float = 0, axis: Any = None, **options: Any
) -> Any:
    """The deviation of angles."""
    if options.pop("normalize", False):
        raise ArgumentError("got normalize=True, which jitgrad does not have; divide the result")
    size = jnp.hypot(*_turning(samples, high, low, axis, options))
    return jnp.sqrt(-2 * jnp.log(size)) * ((high - low) / (2 * np.pi))


def _profile(x: Any, y: Any, power: Any, axis: Any) -> Any:
    """The likelihood of a transformation `y` with the derivative `x ** (power - 1)`."""
    n = y.shape[axis]
    return (power - 1) * jnp.log(x).sum(axis=axis) - n / 2 * jnp.log(y.var(axis))


@surface
def boxcox_llf(lmb: Any, data: Any, *, axis: Any = 0, **options: Any) -> Any:
    """The logarithm of the likelihood of the power `lmb` of Box and Cox."""
    from .. import special

    x, over = _samples(data, axis, options)
    return _profile(x, special.boxcox(x, lmb), lmb, over)


@surface
def yeojohnson_llf(lmb: Any, data: Any, *, axis: Any = 0, **options: Any) -> Any:
    """The logarithm of the likelihood of the power `lmb` of Yeo and Johnson."""
    from .. import special

    x, over = _samples(data, axis, options)
    size = 1 + abs(x)
    y = jnp.where(x >= 0, special.boxcox(size, lmb), -special.boxcox(size, 2 - lmb))
    slope = (jnp.sign(x) * jnp.log(size)).sum(axis=over)
    return (lmb - 1) * slope - x.shape[over] / 2 * jnp.log(y.var(over))

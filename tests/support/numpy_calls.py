"""Calls of NumPy functions, a line each, by the name of the function. Start at `CASES`."""

import numpy as np
from numpy_oracle import A, B

import jitgrad
import jitgrad.numpy as jnp

V, W = np.array([0.3, -1.2, 2.5, 0.7]), np.array([1.5, -0.5, 0.25])
MASK = np.array([[True, False, True], [True, True, False]])
C = np.random.default_rng(3).standard_normal((2, 3, 4))
STATISTICS = ("maximum", "minimum", "mean", "median")
METHODS = (
    "inverted_cdf",
    "averaged_inverted_cdf",
    "closest_observation",
    "interpolated_inverted_cdf",
    "hazen",
    "weibull",
    "median_unbiased",
    "normal_unbiased",
    "lower",
    "higher",
    "midpoint",
    "nearest",
    "linear",
)


def ours(x, name):
    """The function of `jitgrad.numpy` for tensors, where NumPy's own does not ask them."""
    return getattr(jnp if isinstance(x, jitgrad.Tensor) else np, name)


def filled(vector, width, axis, kwargs):
    """A function for `numpy.pad`, which writes into what it gets."""
    if width[0]:
        vector[: width[0]] = kwargs.get("factor", 2.0) * vector[width[0]]
    if width[1]:
        vector[-width[1] :] = vector[width[0]] * vector[-width[1] - 1]


# fmt: off
CASES = {
    "polyval": [lambda x, y: np.polyval(x[0], y), lambda x, y: np.polyval([1.0, 2.0], x),
                lambda x, y: np.polyval(np.poly1d([1.0, 2.0]), x)],
    "polyadd": [lambda x, y: np.polyadd(x[0], y[0, :2]), lambda x, y: np.polyadd([1], x[0])],
    "polysub": [lambda x, y: np.polysub(x[0], y[0, :2]), lambda x, y: np.polysub(x[0, 0], y[0])],
    "polymul": [lambda x, y: np.polymul(x[0], y[0, :2])],
    "polydiv": [lambda x, y, k=k: np.polydiv(x.reshape(-1), y[0])[k] for k in (0, 1)]
               + [lambda x, y: np.polydiv(x[0, :1], y[0])[1]],
    "polyder": [lambda x, y, m=m: np.polyder(x[0], m) for m in (0, 1, 2, 3)],
    "polyint": [lambda x, y: np.polyint(x[0]), lambda x, y: np.polyint(x[0], 2, y[0, :2]),
                lambda x, y: np.polyint(x[0], 2, 3.0)],
    "poly": [lambda x, y: np.poly(x[0])], "roots": [lambda x, y: np.roots(x[0]).real],
    "sort_complex": [lambda x, y: np.sort_complex(x).real],
    "polyfit": [lambda x, y: np.polyfit([0.0, 1.0, 3.0], x[0], 1), lambda x, y: np.polyfit([0.0, 1.0, 3.0], x.T, 2),
                lambda x, y: np.polyfit([0.0, 1.0, 3.0], x[0], 1, w=[1.0, 2.0, 0.5]),
                lambda x, y: np.polyfit(x[0], y[0], 1), lambda x, y: np.polyfit(x[0], y.T, 2, w=x[1] ** 2 + 1)]
               + [lambda x, y, k=k, c=c: np.polyfit(x[0], y[0], 1, w=x[1] ** 2 + 1, cov=c)[k]
                  for k in (0, 1) for c in (True, "unscaled")]
               + [lambda x, y: np.polyfit(x[0], y.T, 1, cov=True)[1],
                  lambda x, y: np.polyfit([1.0, 3.0, 2.0], y[0], 1, cov=True)[1]]
               + [lambda x, y, k=k: np.polyfit(x[0], y[0], 1, full=True)[k] for k in (0, 1, 3)],
    "ldexp": [lambda x, y: np.ldexp(x, 3), lambda x, y: np.ldexp(x, [[-2], [1]])],
    "frexp": [lambda x, y: np.frexp(x + 0.03)[0]],
    "i0": [lambda x, y: np.i0(x), lambda x, y: np.i0(x[0, 0]) * y],
    "modf": [lambda x, y: np.modf(x + 0.1)[0] * y, lambda x, y: np.modf(x + 0.1)[1] * y],
    "divmod": [lambda x, y: np.divmod(x + 0.03, y)[1], lambda x, y: np.divmod(x + 0.1, y)[0] * x],
    "unwrap": [lambda x, y: np.unwrap(3 * x), lambda x, y: np.unwrap(x, 0.5, axis=0, period=2.0),
               lambda x, y: np.unwrap(x, period=4.1)],
    "pad": [lambda x, y: np.pad(x, 1), lambda x, y: np.pad(x, ((0, 2), (1, 0)), constant_values=((0, 3), (4, 0))),
            lambda x, y: np.pad(x, ((1, 1), (0, 2)), constant_values=y[:, :2]),
            lambda x, y: np.pad(x, 2, constant_values=y[0, 0]), lambda x, y: np.pad(x, 0, constant_values=y[0, 0]),
            lambda x, y: np.pad(x, 2, "linear_ramp", end_values=((1.0, 2.0), (3.0, 4.0))),
            lambda x, y: np.pad(x, ((0, 3), (2, 0)), "linear_ramp", end_values=y[:, 1:]),
            lambda x, y: np.pad(x, 1, filled), lambda x, y: np.pad(x, ((0, 1), (2, 0)), filled, factor=3.0),
            lambda x, y: np.pad(x, 0, "mean"), lambda x, y: np.pad(x[:, :1], 3, "reflect", reflect_type="odd")]
           + [lambda x, y, m=m: np.pad(x, ((1, 1), (2, 1)), mode=m)
              for m in ("edge", "reflect", "symmetric", "wrap", *STATISTICS)]
           + [lambda x, y, m=m: np.pad(x, ((1, 2), (0, 2)), mode=m, stat_length=((1, 9), (2, 1))) for m in STATISTICS]
           + [lambda x, y, m=m, w=w: np.pad(x, w, m, reflect_type="odd")
              for m in ("reflect", "symmetric") for w in (1, ((0, 1), (2, 5)), ((3, 1), (9, 8)))],
    "apply_along_axis": [lambda x, y: np.apply_along_axis(lambda v: v.sum() ** 2, 0, x),
                         lambda x, y: np.apply_along_axis(lambda v: v[::-1] * v[0], 1, x * y),
                         lambda x, y: np.apply_along_axis(np.diag, -1, x),
                         lambda x, y: np.apply_along_axis(lambda v, k: v[k], 1, x, 2)],
    "apply_over_axes": [lambda x, y: np.apply_over_axes(np.sum, np.stack([x, y]), [0, -1]),
                        lambda x, y: np.apply_over_axes(np.cumsum, x * y, 1)],
    "piecewise": [lambda x, y: np.piecewise(x, [x < 0, x > 1], [lambda v: v * v, lambda v: 3 * v, 2.0]),
                  lambda x, y: np.piecewise(x, [x < 0], [lambda v, k: k * v], 2.0),
                  lambda x, y: np.piecewise(x[0], x[0] > 0, [np.sin, np.cos]),
                  lambda x, y: np.piecewise(x[0, 0], [x[0, 0] > 0], [lambda v: v**3])],
    "fromfunction": [lambda x, y: ours(x, "fromfunction")(lambda i, j: x[0, 0] * i + y[0, 0] * j, (2, 3))],
    "unique": [lambda x, y: np.unique(x), lambda x, y: np.unique(x[:, [0, 2]], axis=1),
               lambda x, y: np.unique(x * y, return_counts=True)[0],
               lambda x, y: np.unique(x, return_index=True, return_inverse=True)[0]],
    "unique_values": [lambda x, y: np.sort(np.unique_values(x * y))],
    "unique_all": [lambda x, y: np.unique_all(x * y).values], "unique_counts": [lambda x, y: np.unique_counts(x)[0]],
    "unique_inverse": [lambda x, y: np.unique_inverse(x).values],
    "union1d": [lambda x, y: np.union1d(x, 1.01 * y)], "setdiff1d": [lambda x, y: np.setdiff1d(x, [99.0])],
    "setxor1d": [lambda x, y: np.setxor1d(x, 1.01 * y[0])],
    "intersect1d": [lambda x, y: np.intersect1d(np.concatenate([x, y]), x),
                    lambda x, y: np.intersect1d(x, x, return_indices=True)[0]],
    "logspace": [lambda x, y: np.logspace(x[0, 0], y[0, 0], 4), lambda x, y: np.logspace(x, y, 3, base=2.0, axis=-1),
                 lambda x, y: np.logspace(0.0, 1.0, 3, base=x[0, 0] ** 2), lambda x, y: np.logspace(x[0], 1, 3)],
    "geomspace": [lambda x, y: np.geomspace(x[0, 0], y[0, 1], 5), lambda x, y: np.geomspace(x * x, y * y, 4, axis=1),
                  lambda x, y: np.geomspace(1.0, x[0, 0], 3, endpoint=False),
                  lambda x, y: np.geomspace(-x * x, -1.0, 3),
                  lambda x, y: np.geomspace(x[0, 0], 3.0, 1), lambda x, y: np.geomspace(x[0, 0], 3.0, 0)],
    "bincount": [lambda x, y: np.bincount([0, 2, 2], x[0]), lambda x, y: np.bincount([0, 1, 1], x[0], 5),
                 lambda x, y: np.bincount([3], y[0, :1], 2)],
    "histogram": [lambda x, y: np.histogram(A, 3, weights=y)[0], lambda x, y: np.histogram(A, [-2, 0, 4], weights=y)[0],
                  lambda x, y: np.histogram(A, 3, weights=y * y, density=True)[0],
                  lambda x, y: np.histogram(x, 3)[1], lambda x, y: np.histogram(x, 4, density=True)[0],
                  lambda x, y: np.histogram(x, 3, (-1.1, 2.2), weights=y)[0],
                  lambda x, y: np.histogram(A, 1.03 * np.sort(x.reshape(-1)), density=True)[0]],
    "histogramdd": [lambda x, y: np.histogramdd(C[0].T[:, :2], 2, weights=np.concatenate([x[0], y[0, :1]]))[0],
                    lambda x, y: np.histogramdd([A[0], B[0]], 2, weights=x[0] ** 2, density=True)[0]],
    "histogram2d": [lambda x, y: np.histogram2d(A[0], B[0], 3, weights=x[0])[0],
                    lambda x, y: np.histogram2d(A[0], B[0], [0.0, 1.0, 2.0], weights=y[0])[0]],
    "median": [lambda x, y: np.median(x), lambda x, y: np.median(x, axis=0),
               lambda x, y: np.median(x, 1, keepdims=True), lambda x, y: np.median(np.stack([x, y]), axis=(0, 2))],
    "quantile": [lambda x, y: np.quantile(x, 0.3), lambda x, y: np.quantile(x, [0.0, 0.7, 1.0], axis=1),
                 lambda x, y: np.quantile(x, [[0.2], [0.9]], axis=0, keepdims=True),
                 lambda x, y: np.quantile(x, 0.5 + 0.1 * y[0]),
                 lambda x, y: np.quantile(x, [0.3, 0.6], axis=1, method="inverted_cdf", weights=[1.0, 2.0, 3.0]),
                 lambda x, y: np.quantile(x, 0.4, method="inverted_cdf", weights=B * B)]
                + [lambda x, y, m=m: np.quantile(x * y, [0.0, 0.1, 0.5, 0.77, 1.0], method=m) for m in METHODS]
                + [lambda x, y, m=m: np.quantile(x, [0.3], axis=0, method=m, keepdims=True) for m in METHODS],
    "percentile": [lambda x, y: np.percentile(x, 30), lambda x, y: np.percentile(x, [10, 90], axis=1),
                   lambda x, y: np.percentile(x, 40, method="hazen"), lambda x, y: np.percentile(x, 50 + y[0])],
}
NAN = {
    "nanmedian": [lambda x: np.nanmedian(x), lambda x: np.nanmedian(x, axis=1)],
    "nanquantile": [lambda x, m=m: np.nanquantile(x, [0.2, 0.7], axis=1, method=m) for m in METHODS]
                   + [lambda x: np.nanquantile(x, 0.4, keepdims=True)],
    "nanpercentile": [lambda x: np.nanpercentile(x, [20.0, 60.0], axis=0)],
}
# fmt: on

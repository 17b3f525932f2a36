"""`jitgrad.scipy.stats`: distributions, by the names and calling forms of `scipy.stats`, with
gradients in the place and in all parameters.

    >>> from jitgrad.scipy import stats
    >>> scale = jitgrad.tensor(2.0, requires_grad=True)
    >>> stats.norm.logpdf([1.0, 3.0], loc=1.0, scale=scale).sum().backward()
    >>> scale.grad
    tensor(-0.5)
    >>> stats.norm(1.0, scale).cdf(1.0).item()
    0.5

A distribution is a row of a table: what it is in its standard form, as formulas of operations
(`continuous_forms`, `discrete_forms`). Location and scale, the support, and SciPy's calling forms
are the same for all (`distribution`). Those of vectors are in `multivariate`. Start at `norm`.
"""

import sys as _sys
import typing as _typing

from ...base.missing import missing as _missing
from . import comparisons as _comparisons
from . import descriptive as _descriptive
from .continuous_forms import (
    beta,
    cauchy,
    chi2,
    expon,
    f,
    gamma,
    gumbel_l,
    gumbel_r,
    halfnorm,
    invgamma,
    laplace,
    logistic,
    lognorm,
    norm,
    pareto,
    rayleigh,
    t,
    truncnorm,
    uniform,
    weibull_min,
)
from .discrete_forms import bernoulli, binom, geom, nbinom, poisson
from .multivariate import dirichlet, multinomial, multivariate_normal

__all__ = [
    "bernoulli",
    "beta",
    "binom",
    "cauchy",
    "chi2",
    "dirichlet",
    "expon",
    "f",
    "gamma",
    "geom",
    "gumbel_l",
    "gumbel_r",
    "halfnorm",
    "invgamma",
    "laplace",
    "logistic",
    "lognorm",
    "multinomial",
    "multivariate_normal",
    "nbinom",
    "norm",
    "pareto",
    "poisson",
    "rayleigh",
    "t",
    "truncnorm",
    "uniform",
    "weibull_min",
]

# Where modules are looked for: ``import autograd.scipy.stats.norm`` is how programs have them.
_sys.modules.update({f"{__name__}.{name}": globals()[name] for name in __all__})
for _home in (_comparisons, _descriptive):
    globals().update({name: getattr(_home, name) for name in _home.__all__})
__all__ = sorted([*__all__, *_comparisons.__all__, *_descriptive.__all__])


def __getattr__(name: str) -> _typing.NoReturn:
    raise _missing("jitgrad.scipy.stats", name, _sys.modules[__name__])


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})

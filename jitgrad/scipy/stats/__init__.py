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
from .half_lines import (
    betaprime,
    burr,
    burr12,
    chi,
    erlang,
    exponpow,
    exponweib,
    fatiguelife,
    fisk,
    foldcauchy,
    foldnorm,
    gengamma,
    gibrat,
    gompertz,
    halfcauchy,
    halfgennorm,
    halflogistic,
    invgauss,
    invweibull,
    levy,
    loglaplace,
    lomax,
    maxwell,
    mielke,
    nakagami,
    rice,
    wald,
)
from .intervals import (
    anglit,
    arcsine,
    bradford,
    cosine,
    johnsonsb,
    loguniform,
    powerlaw,
    reciprocal,
    semicircular,
    triang,
    truncexpon,
    truncpareto,
)
from .lines import (
    dgamma,
    dweibull,
    exponnorm,
    genextreme,
    genlogistic,
    gennorm,
    genpareto,
    hypsecant,
    johnsonsu,
    laplace_asymmetric,
    loggamma,
    moyal,
    norminvgauss,
    powernorm,
    skewcauchy,
    skewnorm,
    vonmises,
    vonmises_line,
    weibull_max,
    wrapcauchy,
)
from .multivariate import dirichlet, multinomial, multivariate_normal

__all__ = [
    "anglit",
    "arcsine",
    "bernoulli",
    "beta",
    "betaprime",
    "binom",
    "bradford",
    "burr",
    "burr12",
    "cauchy",
    "chi",
    "chi2",
    "cosine",
    "dgamma",
    "dirichlet",
    "dweibull",
    "erlang",
    "expon",
    "exponnorm",
    "exponpow",
    "exponweib",
    "f",
    "fatiguelife",
    "fisk",
    "foldcauchy",
    "foldnorm",
    "gamma",
    "genextreme",
    "gengamma",
    "genlogistic",
    "gennorm",
    "genpareto",
    "geom",
    "gibrat",
    "gompertz",
    "gumbel_l",
    "gumbel_r",
    "halfcauchy",
    "halfgennorm",
    "halflogistic",
    "halfnorm",
    "hypsecant",
    "invgamma",
    "invgauss",
    "invweibull",
    "johnsonsb",
    "johnsonsu",
    "laplace",
    "laplace_asymmetric",
    "levy",
    "loggamma",
    "logistic",
    "loglaplace",
    "lognorm",
    "loguniform",
    "lomax",
    "maxwell",
    "mielke",
    "moyal",
    "multinomial",
    "multivariate_normal",
    "nakagami",
    "nbinom",
    "norm",
    "norminvgauss",
    "pareto",
    "poisson",
    "powerlaw",
    "powernorm",
    "rayleigh",
    "reciprocal",
    "rice",
    "semicircular",
    "skewcauchy",
    "skewnorm",
    "t",
    "triang",
    "truncexpon",
    "truncnorm",
    "truncpareto",
    "uniform",
    "vonmises",
    "vonmises_line",
    "wald",
    "weibull_max",
    "weibull_min",
    "wrapcauchy",
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

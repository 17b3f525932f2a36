"""`jitgrad.random`: random numbers as tensors, by the names of `numpy.random.Generator`, whose
values they are for the same seed.

    >>> rng = jitgrad.random.default_rng(7)
    >>> rng.normal(0.0, 1.0, size=3).tolist() == np.random.default_rng(7).normal(size=3).tolist()
    True

The functions of the module are the methods of one generator, which stands behind `jitgrad.rand` and
its kin, too, and which `seed` and `jitgrad.manual_seed` seed. Start at `Generator`.
"""

import sys as _sys
from typing import NoReturn as _NoReturn

from ..base.missing import missing as _missing
from ..frontend.creation import manual_seed
from ..frontend.stream import DEFAULT as _DEFAULT
from .generator import Generator, default_rng

seed = manual_seed
_generator = Generator.__new__(Generator)
_generator._stream = _DEFAULT
beta = _generator.beta
binomial = _generator.binomial
bytes = _generator.bytes
chisquare = _generator.chisquare
choice = _generator.choice
dirichlet = _generator.dirichlet
exponential = _generator.exponential
f = _generator.f
gamma = _generator.gamma
geometric = _generator.geometric
gumbel = _generator.gumbel
hypergeometric = _generator.hypergeometric
integers = _generator.integers
laplace = _generator.laplace
logistic = _generator.logistic
lognormal = _generator.lognormal
logseries = _generator.logseries
multinomial = _generator.multinomial
multivariate_hypergeometric = _generator.multivariate_hypergeometric
multivariate_normal = _generator.multivariate_normal
negative_binomial = _generator.negative_binomial
noncentral_chisquare = _generator.noncentral_chisquare
noncentral_f = _generator.noncentral_f
normal = _generator.normal
pareto = _generator.pareto
permutation = _generator.permutation
permuted = _generator.permuted
poisson = _generator.poisson
power = _generator.power
random = _generator.random
rayleigh = _generator.rayleigh
shuffle = _generator.shuffle
standard_cauchy = _generator.standard_cauchy
standard_exponential = _generator.standard_exponential
standard_gamma = _generator.standard_gamma
standard_normal = _generator.standard_normal
standard_t = _generator.standard_t
triangular = _generator.triangular
uniform = _generator.uniform
vonmises = _generator.vonmises
wald = _generator.wald
weibull = _generator.weibull
zipf = _generator.zipf

__all__ = [
    "Generator",
    "beta",
    "binomial",
    "bytes",
    "chisquare",
    "choice",
    "default_rng",
    "dirichlet",
    "exponential",
    "f",
    "gamma",
    "geometric",
    "gumbel",
    "hypergeometric",
    "integers",
    "laplace",
    "logistic",
    "lognormal",
    "logseries",
    "manual_seed",
    "multinomial",
    "multivariate_hypergeometric",
    "multivariate_normal",
    "negative_binomial",
    "noncentral_chisquare",
    "noncentral_f",
    "normal",
    "pareto",
    "permutation",
    "permuted",
    "poisson",
    "power",
    "random",
    "rayleigh",
    "seed",
    "shuffle",
    "standard_cauchy",
    "standard_exponential",
    "standard_gamma",
    "standard_normal",
    "standard_t",
    "triangular",
    "uniform",
    "vonmises",
    "wald",
    "weibull",
    "zipf",
]


def __getattr__(name: str) -> _NoReturn:
    raise _missing("jitgrad.random", name, _sys.modules[__name__])


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})

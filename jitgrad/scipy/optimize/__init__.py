"""`jitgrad.scipy.optimize`: minima, roots and fits by SciPy's solvers, with exact derivatives.

    >>> minimize(lambda x: (x**4).sum() - x.sum(), np.ones(2), method="trust-exact", tol=1e-9).x
    array([0.62996052, 0.62996052])

Solvers get gradients, Hessians or their products, and Jacobians, compiled through `jit`. Solutions
are differentiable by what functions depend on, by the implicit function theorem
(`jitgrad.tracing.equations`). Classes of constraints are SciPy's. Start at `minimize`, `root` and
`least_squares`.
"""

import sys as _sys
from typing import Any as _Any

from ...base.extras import function_of as _function_of
from ...base.missing import missing as _missing
from .least_squares_fits import curve_fit, least_squares
from .minimisation import minimize, minimize_scalar
from .roots import fixed_point, root, root_scalar
from .rosenbrock import rosen, rosen_der, rosen_hess, rosen_hess_prod
from .scalar_roots import bisect, brenth, brentq, fsolve, newton, nnls, ridder, toms748

#: What SciPy's functions take and give.
_THEIRS = (
    *("Bounds", "LinearConstraint", "NonlinearConstraint", "OptimizeResult", "OptimizeWarning"),
    *("RootResults", "approx_fprime", "check_grad", "linear_sum_assignment", "show_options"),
)
__all__ = [
    "bisect",
    "brenth",
    "brentq",
    "curve_fit",
    "fixed_point",
    "fsolve",
    "least_squares",
    "minimize",
    "minimize_scalar",
    "newton",
    "nnls",
    "ridder",
    "root",
    "root_scalar",
    "rosen",
    "rosen_der",
    "rosen_hess",
    "rosen_hess_prod",
    "toms748",
]


def __getattr__(name: str) -> _Any:
    if name in _THEIRS:
        return _function_of("scipy.optimize", name)
    raise _missing("jitgrad.scipy.optimize", name, _sys.modules[__name__])


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})

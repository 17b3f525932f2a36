"""`jitgrad.scipy.integrate`: integrals and initial value problems with derivatives, by SciPy's
names.

    >>> solve_ivp(lambda t, y: -y, (0.0, 1.0), [1.0]).y[0, -1].round(3)
    np.float64(0.368)

Start at `solve_ivp` and `quad`.
"""

import sys as _sys
from typing import Any as _Any

from ...base.extras import function_of as _function_of
from ...base.missing import missing as _missing
from .initial_values import odeint, solve_ivp
from .quadrature import cumulative_simpson, cumulative_trapezoid, quad, romb, simpson, trapezoid

#: What SciPy's functions take and give.
_THEIRS = (
    "BDF",
    "DOP853",
    "LSODA",
    "OdeSolution",
    "OdeSolver",
    "RK23",
    "RK45",
    "Radau",
    "IntegrationWarning",
)
__all__ = [
    "cumulative_simpson",
    "cumulative_trapezoid",
    "odeint",
    "quad",
    "romb",
    "simpson",
    "solve_ivp",
    "trapezoid",
]


def __getattr__(name: str) -> _Any:
    if name in _THEIRS:
        return _function_of("scipy.integrate", name)
    raise _missing("jitgrad.scipy.integrate", name, _sys.modules[__name__])


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})

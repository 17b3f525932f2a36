"""The part of the catalogue that is SciPy's special functions.

`table` says what an entry is. The modules are read for their side effect of filling `SPECIAL`. This
package imports SciPy, and is imported when a function of it is asked for.
"""

from __future__ import annotations

from . import (
    bessel,
    distribution_functions,
    elliptic,
    error_integrals,
    gammas,
    hypergeometric,
    incomplete,
    of_complex,
    powers_and_angles,
    profiles,
)
from .table import SEVERAL, SPECIAL, UFUNCS

__all__ = [
    "SEVERAL",
    "SPECIAL",
    "UFUNCS",
    "bessel",
    "distribution_functions",
    "elliptic",
    "error_integrals",
    "gammas",
    "hypergeometric",
    "incomplete",
    "of_complex",
    "powers_and_angles",
    "profiles",
]

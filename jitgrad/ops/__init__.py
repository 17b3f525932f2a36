"""The catalogue: every operation, one entry each; with the simplifier, the only place that names
one.

`registry` says what an entry is. The modules are read for their side effect of filling `REGISTRY`.
"""

from . import (
    arrange,
    elementwise,
    indexing,
    kinks,
    linear_algebra,
    movement,
    order,
    powers,
    real,
    recurrence,
    reduction,
    reshaping,
    scan,
    special,
    statistical,
    trigonometric,
)
from .elementwise import install
from .registry import REGISTRY, REQUIRED, Entry

__all__ = [
    "REGISTRY",
    "REQUIRED",
    "Entry",
    "arrange",
    "elementwise",
    "indexing",
    "install",
    "kinks",
    "linear_algebra",
    "movement",
    "order",
    "powers",
    "real",
    "recurrence",
    "reduction",
    "reshaping",
    "scan",
    "special",
    "statistical",
    "trigonometric",
]

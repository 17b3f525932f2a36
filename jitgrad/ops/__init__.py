"""The catalogue: every operation, one entry each.

`registry` says what an entry is. The modules are read for their side effect of filling `REGISTRY`;
`node_operators` comes last, since operators of nodes are entries.
"""

from __future__ import annotations

from . import (
    activations,
    arithmetic,
    arrange,
    axes,
    bits,
    comparison,
    convolving,
    cosine,
    decompositions,
    exponential,
    fourier,
    indexing,
    joining,
    kinks,
    linear_algebra,
    lu_parts,
    matrix_equations,
    movement,
    order,
    piecewise,
    powers,
    real,
    recurrence,
    reduction,
    reshaping,
    rounding,
    scan,
    solving,
    solving_banded,
    special,
    statistical,
    trigonometric,
)
from .node_operators import install
from .registry import REGISTRY, REQUIRED, Entry

install()

__all__ = [
    "REGISTRY",
    "REQUIRED",
    "Entry",
    "activations",
    "arithmetic",
    "arrange",
    "axes",
    "bits",
    "comparison",
    "convolving",
    "cosine",
    "decompositions",
    "exponential",
    "fourier",
    "indexing",
    "joining",
    "kinks",
    "linear_algebra",
    "lu_parts",
    "matrix_equations",
    "movement",
    "order",
    "piecewise",
    "powers",
    "real",
    "recurrence",
    "reduction",
    "reshaping",
    "rounding",
    "scan",
    "solving",
    "solving_banded",
    "special",
    "statistical",
    "trigonometric",
]

"""NumPy functions composed of operations jitgrad has, by topic; each has NumPy's name, calling form
and meaning.

The modules are read for their side effect of filling `writes.HANDLERS`, when a function is first
asked for that no entry stands for. Start at the one of the topic.
"""

import functools


@functools.cache
def load():
    """Fills `writes.HANDLERS`."""
    from . import (  # noqa: F401
        applied,
        composed,
        contraction,
        counts,
        decompositions,
        grids,
        matrix_functions,
        numbers,
        padding,
        polynomials,
        quantiles,
        ranges,
        rearranged,
        scipy_matrices,
        sets,
        statistics,
        writes,
    )

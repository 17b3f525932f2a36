"""NumPy functions composed of operations jitgrad has, by topic; each has NumPy's name, calling form
and meaning.

The modules are read for their side effect of filling `special.HANDLERS`. Start at the one of the
topic.
"""

from . import applied, counts, grids, numbers, padding, polynomials, quantiles, ranges, sets  # noqa: F401

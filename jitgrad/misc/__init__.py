"""Autograd's helpers of programs: `flatten`, and in modules of their own `optimizers` and
`fixed_points`.

    >>> from jitgrad.misc import flatten
    >>> from jitgrad.misc.optimizers import adam

`jitgrad.tree` and `jitgrad.optim` have more. Start at `flatten`.
"""

from .flatten import flatten
from .tracers import const_graph

__all__ = ["const_graph", "flatten"]

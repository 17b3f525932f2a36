"""All that the text of a kernel calls, in one place: its decorators and memory, and NumPy's meaning
of operations.

A kernel is decorated with `body` (the loops), `entry` (the uniform chunk function ``chunk(start,
stop, part, args)`` a launch calls through its address) or `scalar`; what launches kernels with
`driver`. Kernels on disk import this module by name, and little else of jitgrad; the decorators are
those of `private`, where numba compiles a kernel, until `public` puts its own in their place.
"""

from ..numba import matrix_steps, support
from . import lane_values, memory
from .lane_values import gathered, scattered
from .memory import free, interrupted, offset_by, prefetch

_by_dtype = {**memory.BY_DTYPE, **lane_values.BY_DTYPE}
globals().update(_by_dtype)
for _module in (matrix_steps, support):
    globals().update({name: getattr(_module, name) for name in _module.__all__})

__all__ = [
    *matrix_steps.__all__,
    *support.__all__,
    *_by_dtype,
    "body",
    "driver",
    "entry",
    "free",
    "gathered",
    "interrupted",
    "offset_by",
    "prefetch",
    "scalar",
    "scattered",
]


def body(function):
    """The loops of a kernel, compiled with its entry."""
    return function


def entry(function):
    """The chunk function of a kernel."""
    from ..numba.private import entry

    return entry(function)


def scalar(signature):
    """A kernel of Python numbers, for the argument types of `signature`."""
    from ..numba.private import scalar

    return scalar(signature)


def driver(signature, **options):
    """What calls kernels, and what Python calls for it."""
    from ..numba.private import driver

    return driver(signature, **options)

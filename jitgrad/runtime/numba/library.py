"""All that the text of a kernel calls, in one place: its decorators and memory, and NumPy's meaning
of operations.

A kernel is decorated with `body` (the loops), `entry` (the uniform chunk function ``chunk(start,
stop, part, args)`` a launch calls through its address) or `scalar`. Kernels on disk import this
module by name, and nothing else of jitgrad; the decorators are those of `private`, until `public`
puts its own in their place.
"""

from ...base.dtypes import SUPPORTED
from . import matrix_steps, support
from .lane_values import gathered, lanes_maker, scattered
from .lowering import (
    fixed_maker,
    free,
    interrupted,
    item_type,
    local_maker,
    offset_by,
    prefetch,
    scratch_maker,
)
from .matrix_steps import *
from .support import *

__all__ = [
    *matrix_steps.__all__,
    *support.__all__,
    "body",
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
    from .private import entry

    return entry(function)


def scalar(signature):
    """A kernel of Python numbers, for the argument types of `signature`."""
    from .private import scalar

    return scalar(signature)


for _dtype in SUPPORTED:
    for _name, _make in (
        ("local", local_maker),
        ("scratch", scratch_maker),
        ("fixed", fixed_maker),
        ("lanes", lanes_maker),
    ):
        globals()[f"{_name}_{_dtype.name}"] = _make(item_type(_dtype))
        __all__.append(f"{_name}_{_dtype.name}")

"""The toolchain: LLVM, and what makes kernels runnable with it (`runtime.numba.build`), imported
when a kernel is first needed; numba with the first kernel that contains its functions.

Importing it takes 0.07 s, which most programs spend in the background, so who needs a kernel asks
whether that has begun, or is done. Everybody in the runtime asks here, and imports it by `load`.
"""

import sys

from .aside import aside

_BUILD = "jitgrad.runtime.numba.build"
_loaded = None
#: Functions that are called with it when it is there.
when_loaded: list = []


def has_begun():
    """Whether it is there, or being imported."""
    return _BUILD in sys.modules


def is_loaded():
    """Whether it is there, so that asking for it waits for nobody."""
    return _loaded is not None


def load():
    """The module `runtime.numba.build`. Waiting for modules that are being imported is for no
    thread that gets signals: see `aside`."""
    return _loaded or aside(_import)


def _import():
    global _loaded
    from .numba import build

    _loaded = build
    for function in when_loaded:
        function(build)
    return build

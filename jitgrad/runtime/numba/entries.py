"""How entries of derivatives are compiled: without numba's front end (`derivatives`) where their
text allows it, else by `numba.njit`. Start at `entry`.
"""

from numba import config as numba_config
from numba import njit

from ...base.config import config
from ..llvm.kernel_types import Unwritten
from . import api

__all__ = ["entry"]


def entry(signature, **options):
    """Decorates the entry of a derivative, as ``numba.njit(signature, **options)`` does."""

    def compiled(function):
        if config.numba == "fast" and not numba_config.BOUNDSCHECK:
            try:
                from .derivatives import Written

                return njit(signature, pipeline_class=Written, **options)(function)
            except Unwritten:
                pass  # it is numba's
            except (AttributeError, ImportError) as error:
                api.fall_back(error)
        return njit(signature, **options)(function)

    return compiled

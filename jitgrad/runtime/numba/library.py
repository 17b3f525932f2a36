"""All that the text of a kernel calls, in one place: its decorators and memory, and NumPy's meaning
of operations.

Kernels on disk import this module by name, and nothing else of jitgrad.
"""

from .build import *  # noqa: F403
from .support import *  # noqa: F403
